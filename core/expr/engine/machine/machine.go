// Package machine writes AVX-512 machine code for loops over tiles: a list of element-wise steps becomes one loop in which every number stays
// in a register between its load and its store. Each step is one correctly rounded operation (or moves bits), so that the results are those
// of the kernels of core/simd that the engine runs elsewhere.
//
// Code lies in memory of its own, written once and then executable but not writable. Where the system gives no such memory, or on other
// processors, there is no code and the engine keeps to its kernels.
package machine

// Kind is what a step does.
type Kind uint8

// The steps. Less to GreaterEqual make masks, which Select alone takes; all others make vectors.
const (
	Load      Kind = iota // of the tile at a pointer
	Broadcast             // one element at a pointer, repeated
	Store                 // A to the tile at a pointer
	Add
	Sub
	Mul
	Div
	Max     // A if it is larger or NaN, else B
	Min     // A if it is smaller or NaN, else B
	MulZero // A B, 0 where A is 0
	Neg
	Abs
	Sqrt
	Rsqrt // 1 / sqrt(A), rounded twice
	Less
	LessEqual
	Equal
	NotEqual
	Greater
	GreaterEqual
	Select // B where mask A, else C
)

// Step takes results of earlier steps by their indices.
type Step struct {
	Kind    Kind
	A, B, C int32
	Pointer int32 // of Load, Broadcast and Store: place in the table
}

func (k Kind) operands() int {
	switch {
	case k <= Broadcast:
		return 0
	case k == Store || k >= Neg && k <= Rsqrt:
		return 1
	case k == Select:
		return 3
	}
	return 2
}

func (k Kind) mask() bool { return k >= Less && k <= GreaterEqual }

// Pointers is the number of tiles that one loop can go through.
const Pointers = 9

// assembler writes one loop.
type assembler struct {
	code  []byte
	wide  bool // float64
	steps []Step
	last  []int32 // step that uses a result last
	place []uint8 // register that holds it
	free  []uint8 // vector registers
	masks []uint8
	tile  map[int32]uint8 // general register that holds a pointer
	sign  bool
	one   bool
	zero  bool
}

// Registers that hold constants for the whole loop.
const (
	signRegister = 31
	oneRegister  = 30
	zeroRegister = 29
)

// general registers for pointers: rax rbx rsi r8 r9 r10 r11 r12 r13. rcx counts, rdx is the end, rdi the table.
var general = [Pointers]uint8{0, 3, 6, 8, 9, 10, 11, 12, 13}

// Assemble is the code of a loop over float64 (wide) or float32; false if it needs more registers than there are.
func Assemble(steps []Step, wide bool) (code []byte, ok bool) {
	a := &assembler{wide: wide, steps: steps, last: make([]int32, len(steps)), place: make([]uint8, len(steps)), tile: map[int32]uint8{}}
	for i := range steps {
		s := &steps[i]
		a.last[i] = int32(i)
		for k, x := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				a.last[x] = int32(i)
			}
		}
		switch s.Kind {
		case Neg, Abs:
			a.sign = true
		case Rsqrt:
			a.one = true
		case MulZero:
			a.zero = true
		case Load, Store:
			if _, known := a.tile[s.Pointer]; !known {
				if len(a.tile) == Pointers {
					return nil, false
				}
				a.tile[s.Pointer] = general[len(a.tile)]
			}
		}
	}
	for r := uint8(0); r < zeroRegister; r++ {
		a.free = append(a.free, r)
	}
	// before the loop
	for p := range int32(256) {
		if r, used := a.tile[p]; used {
			a.movePointer(r, p)
		}
	}
	for i := range steps {
		if steps[i].Kind == Broadcast {
			r, have := a.take()
			if !have {
				return nil, false
			}
			a.place[i] = r
			a.movePointer(rcx, steps[i].Pointer)
			a.broadcast(r)
		}
	}
	a.constants()
	free := append([]uint8{}, a.free...)
	a.bytes(0x31, 0xc9, 0x48, 0x85, 0xd2, 0x0f, 0x84) // xor ecx, ecx; test rdx, rdx; jz tail
	toTail := len(a.code)
	a.word(0)
	loop := len(a.code)
	if !a.body(0) {
		return nil, false
	}
	a.bytes(0x48, 0x83, 0xc1, a.lanes(), 0x48, 0x39, 0xd1, 0x0f, 0x82) // add rcx, lanes; cmp rcx, rdx; jb loop
	a.word(loop - len(a.code) - 4)
	a.patch(toTail)
	a.bytes(0xc5, 0xf8, 0x98, 0xc9, 0x0f, 0x84) // kortestw k1, k1; jz end
	toEnd := len(a.code)
	a.word(0)
	a.free = free
	if !a.body(1) {
		return nil, false
	}
	a.patch(toEnd)
	a.bytes(0xc5, 0xf8, 0x77, 0xc3) // vzeroupper; ret
	return a.code, true
}

func (a *assembler) take() (r uint8, ok bool) {
	if len(a.free) == 0 {
		return 0, false
	}
	r = a.free[0] // the one free for longest
	a.free = a.free[1:]
	return r, true
}

// body writes the steps once, loads and stores under mask k (0: none).
func (a *assembler) body(k uint8) bool {
	a.masks = []uint8{3, 4, 5, 6, 7}
	release := func(i int32, at int) {
		if a.last[i] != int32(at) || a.steps[i].Kind == Broadcast || a.steps[i].Kind == Store {
			return
		}
		a.last[i] = -1 - a.last[i] // once, though it be two operands
		if a.steps[i].Kind.mask() {
			a.masks = append(a.masks, a.place[i])
		} else {
			a.free = append(a.free, a.place[i])
		}
	}
	for i := range a.steps {
		s := &a.steps[i]
		var x [3]uint8
		for k, o := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				x[k] = a.place[o]
			}
		}
		switch {
		case s.Kind == Broadcast:
			continue
		case s.Kind == Store:
			a.memory(0x11, x[0], a.tile[s.Pointer], k, false)
		case s.Kind.mask():
			if len(a.masks) == 0 {
				return false
			}
			a.place[i], a.masks = a.masks[0], a.masks[1:]
			a.compare(a.place[i], x[0], x[1], [...]uint8{17, 18, 0, 4, 30, 29}[s.Kind-Less])
		default:
			d, have := a.take()
			if !have {
				return false
			}
			a.place[i] = d
			a.compute(s, d, x, k)
		}
		for k, o := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				release(o, i)
			}
		}
		release(int32(i), i)
	}
	for i := range a.last {
		if a.last[i] < 0 {
			a.last[i] = -1 - a.last[i]
		}
	}
	return true
}

// compute writes one step; d is none of its operands' registers.
func (a *assembler) compute(s *Step, d uint8, x [3]uint8, k uint8) {
	const first = 2 // mask for a moment
	switch s.Kind {
	case Load:
		a.memory(0x10, d, a.tile[s.Pointer], k, k != 0)
	case Add:
		a.op(0x58, d, x[0], x[1])
	case Mul:
		a.op(0x59, d, x[0], x[1])
	case Sub:
		a.op(0x5c, d, x[0], x[1])
	case Div:
		a.op(0x5e, d, x[0], x[1])
	case Max, Min:
		code := byte(0x5f)
		if s.Kind == Min {
			code = 0x5d
		}
		a.compare(first, x[0], x[0], 0)
		a.op(code, d, x[0], x[1])
		a.evex(op{m: 2, pp: 1, w: a.wide, code: 0x65, reg: d, v: x[0], rm: d, mask: first}) // vblendm: d where x is a number, else x
	case MulZero:
		a.compare(first, x[0], zeroRegister, 4)
		a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0x59, reg: d, v: x[0], rm: x[1], mask: first, clear: true})
	case Neg:
		a.op(0x57, d, x[0], signRegister)
	case Abs:
		a.op(0x55, d, signRegister, x[0]) // not sign, and x
	case Sqrt:
		a.op(0x51, d, 0, x[0])
	case Rsqrt:
		a.op(0x51, d, 0, x[0])
		a.op(0x5e, d, oneRegister, d)
	case Select:
		a.evex(op{m: 2, pp: 1, w: a.wide, code: 0x65, reg: d, v: x[2], rm: x[1], mask: x[0]})
	}
}
