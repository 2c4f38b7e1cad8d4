package straight

import (
	"fmt"
	"strings"
)

// Kernel is a function to be written for vectors.
type Kernel struct {
	Name  string // of the assembly function, before the width
	Func  string // the scalar function: one or two arguments, one or two results
	Fast  string // the function of the same arguments that tells where Func holds; "" for everywhere
	Width int    // of the elements in memory, 64 or 32 bits
	Two   bool   // it has two arguments
	Pair  bool   // it has two results
	Wide  bool   // float32 in memory, float64 in registers
}

// Constants collects the numbers of all kernels: of float64 (or its bits) and of float32.
type Constants struct {
	Double, Single []uint64
	places         map[[2]uint64]int
}

func (c *Constants) place(bits uint64, single bool) int {
	if c.places == nil {
		c.places = map[[2]uint64]int{}
	}
	list, kind := &c.Double, uint64(0)
	if single {
		list, kind = &c.Single, 1
	}
	k := [2]uint64{kind, bits}
	i, ok := c.places[k]
	if !ok {
		i = len(*list)
		c.places[k] = i
		*list = append(*list, bits)
	}
	return i
}

// writer is one kernel at one level.
type writer struct {
	out       strings.Builder
	wide      bool // AVX-512
	single    bool
	constants *Constants
	order     []*node
	at        int
	register  map[int]*node // of vectors
	masks     map[int]*node
	place     map[*node]int // where it is now
	slots     map[*node]int // on the stack
	frame     int
	next      map[*node][]int // later uses
	pinned    map[int]bool
}

// Write is the assembly of k: func(dst..., x... *T, groups int) (done int) stops at the first group that has an element outside Fast.
func (s *Source) Write(k Kernel, avx512 bool, constants *Constants) string {
	p := &program{s: s, single: k.Width == 32 && !k.Wide, known: map[key]*node{}}
	f := s.funcs[k.Func]
	var args []*node
	for i := range f.Type.Params.NumFields() {
		args = append(args, p.node(node{op: opInput, bits: uint64(i)}))
	}
	var fast *node
	if k.Fast != "" {
		fast = p.call(s.funcs[k.Fast], args)[0]
	}
	results := p.call(f, args)
	for i := range results {
		results[i] = p.plain(results[i])
	}
	w := &writer{wide: avx512, single: p.single, constants: constants, register: map[int]*node{}, masks: map[int]*node{}, place: map[*node]int{}, slots: map[*node]int{},
		next: map[*node][]int{}, pinned: map[int]bool{}}
	return w.kernel(k, args, fast, results)
}

func operands(n *node) []*node {
	var list []*node
	for _, x := range []*node{n.x, n.y, n.z} {
		if x != nil {
			list = append(list, x)
		}
	}
	return list
}

func (w *writer) schedule(roots ...*node) {
	seen := map[*node]bool{}
	var visit func(n *node)
	visit = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, x := range operands(n) {
			visit(x)
		}
		if n.op != opConst {
			w.order = append(w.order, n)
		}
	}
	for _, r := range roots {
		visit(r)
	}
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, "\t"+format+"\n", args...) }

func (w *writer) kernel(k Kernel, args []*node, fast *node, results []*node) string {
	level, bytes, lanes := 256, 32, 256/k.Width
	if w.wide {
		level, bytes, lanes = 512, 64, 512/k.Width
	}
	step := bytes
	if k.Wide {
		lanes /= 2
		step = bytes / 2
	}
	w.schedule(append([]*node{fast}, results...)...)
	cut := -1 // the place of the test
	if fast != nil {
		for i, n := range w.order {
			if n == fast {
				cut = i
			}
		}
	}
	for i, n := range w.order {
		for _, x := range operands(n) {
			w.next[x] = append(w.next[x], i)
		}
	}
	if fast != nil {
		w.next[fast] = append(w.next[fast], cut+1)
	}
	for _, r := range results {
		w.next[r] = append(w.next[r], len(w.order)+1)
	}
	pointers := []string{"DI", "R8"}[:len(results)]
	sources := []string{"SI", "DX"}[:len(args)]
	for i, n := range w.order {
		w.at = i
		if n.op == opInput {
			r := w.take()
			w.load(k, sources[n.bits], r)
			w.hold(n, r)
		} else {
			w.instruction(n)
		}
		if i == cut {
			w.test(fast, lanes)
		}
	}
	w.at = len(w.order)
	for i, r := range results {
		w.store(k, w.get(r), pointers[i])
	}
	body := w.out.String()
	w.out.Reset()
	size := 8*(len(results)+len(args)) + 16
	flags := "NOSPLIT"
	if w.frame*bytes > 256 {
		flags = "0"
	}
	fmt.Fprintf(&w.out, "TEXT ·%s%d(SB), %s, $%d-%d\n", k.Name, level, flags, w.frame*bytes, size)
	names := append([]string{"dst", "dst2"}[:len(results)], []string{"x", "y"}[:len(args)]...)
	for i, r := range append(append([]string{}, pointers...), sources...) {
		w.line("MOVQ %s+%d(FP), %s", names[i], 8*i, r)
	}
	w.line("MOVQ groups+%d(FP), CX", size-16)
	table := map[bool]string{true: "singles", false: "doubles"}[w.single]
	w.line("LEAQ ·%s%d(SB), BX", table, level)
	w.line("MOVQ CX, R9")
	w.out.WriteString("\nloop:\n" + body)
	for _, r := range append(append([]string{}, pointers...), sources...) {
		w.line("ADDQ $%d, %s", step, r)
	}
	w.line("DECQ CX")
	w.line("JNZ loop")
	w.out.WriteString("\nout:\n")
	w.line("SUBQ CX, R9")
	w.line("MOVQ R9, done+%d(FP)", size-8)
	w.line("VZEROUPPER")
	w.line("RET")
	return w.out.String()
}

func (w *writer) name(r int) string {
	if w.wide {
		return fmt.Sprintf("Z%d", r)
	}
	return fmt.Sprintf("Y%d", r)
}

func (w *writer) load(k Kernel, source string, r int) {
	if k.Wide {
		w.line("VCVTPS2PD (%s), %s", source, w.name(r))
	} else {
		w.line("VMOVU%s (%s), %s", w.suffix(), source, w.name(r))
	}
}

func (w *writer) store(k Kernel, r int, pointer string) {
	if !k.Wide {
		w.line("VMOVU%s %s, (%s)", w.suffix(), w.name(r), pointer)
		return
	}
	if w.wide {
		w.line("VCVTPD2PS Z%d, Y%d", r, r)
		w.line("VMOVUPS Y%d, (%s)", r, pointer)
	} else {
		w.line("VCVTPD2PSY Y%d, X%d", r, r)
		w.line("VMOVUPS X%d, (%s)", r, pointer)
	}
}

func (w *writer) suffix() string {
	if w.single {
		return "PS"
	}
	return "PD"
}

// test leaves the loop unless the mask is all ones.
func (w *writer) test(fast *node, lanes int) {
	r := w.place[fast]
	w.at++
	switch {
	case w.wide && lanes == 16:
		w.line("KORTESTW K%d, K%d", r, r)
		w.line("JCC out")
	case w.wide:
		w.line("KORTESTB K%d, K%d", r, r)
		w.line("JCC out")
	default:
		w.line("VMOVMSK%s Y%d, AX", w.suffix(), r)
		w.line("CMPL AX, $%d", 1<<lanes-1)
		w.line("JNE out")
	}
	w.release(fast)
	w.at--
}

// later is the next use of n after this place.
func (w *writer) later(n *node) int {
	for _, u := range w.next[n] {
		if u > w.at {
			return u
		}
	}
	return 1 << 30
}

func (w *writer) release(n *node) {
	r, held := w.place[n]
	if !held || w.later(n) < 1<<30 {
		return
	}
	delete(w.place, n)
	if n.mask && w.wide {
		delete(w.masks, r)
	} else {
		delete(w.register, r)
	}
}

// take is a free register; what is needed last makes room.
func (w *writer) take() int {
	count := 16
	if w.wide {
		count = 32
	}
	worst, far := -1, -1
	for r := range count {
		n := w.register[r]
		if n == nil && !w.pinned[r] {
			return r
		}
		if n != nil && !w.pinned[r] && w.later(n) > far {
			worst, far = r, w.later(n)
		}
	}
	n := w.register[worst]
	if _, saved := w.slots[n]; !saved && n.op != opConst {
		w.slots[n] = w.frame
		w.line("VMOVUPS %s, %d(SP)", w.name(worst), w.frame*w.bytes())
		w.frame++
	}
	delete(w.place, n)
	delete(w.register, worst)
	return worst
}

func (w *writer) bytes() int {
	if w.wide {
		return 64
	}
	return 32
}

func (w *writer) hold(n *node, r int) { w.register[r], w.place[n] = n, r }

// get brings n into a register and keeps it there for this instruction.
func (w *writer) get(n *node) int {
	r, held := w.place[n]
	if !held {
		r = w.take()
		if n.op == opConst {
			w.constant(n, r)
		} else {
			w.line("VMOVUPS %d(SP), %s", w.slots[n]*w.bytes(), w.name(r))
		}
		w.hold(n, r)
	}
	w.pinned[r] = true
	return r
}

func (w *writer) constant(n *node, r int) {
	i := w.constants.place(n.bits, w.single)
	switch {
	case n.bits == 0:
		w.line("VXORPS X%[1]d, X%[1]d, X%[1]d", r)
	case !w.wide:
		w.line("VMOVUPS %d(BX), %s", 32*i, w.name(r))
	case w.single:
		w.line("VBROADCASTSS %d(BX), %s", 4*i, w.name(r))
	default:
		w.line("VBROADCASTSD %d(BX), %s", 8*i, w.name(r))
	}
}

// memory is n as the last operand of an instruction: a constant in memory, else a register; dot is what the instruction's name ends in.
func (w *writer) memory(n *node) (text, dot string) {
	if _, held := w.place[n]; n.op != opConst || held {
		return w.name(w.get(n)), ""
	}
	i := w.constants.place(n.bits, w.single)
	switch {
	case !w.wide:
		return fmt.Sprintf("%d(BX)", 32*i), ""
	case w.single:
		return fmt.Sprintf("%d(BX)", 4*i), ".BCST"
	}
	return fmt.Sprintf("%d(BX)", 8*i), ".BCST"
}

// finish lets the operands go and gives n the register r.
func (w *writer) finish(n *node, r int) {
	w.pinned = map[int]bool{}
	for _, x := range operands(n) {
		if q, held := w.place[x]; held && q == r && w.register[r] == x {
			delete(w.place, x)
			delete(w.register, r)
			continue
		}
		w.release(x)
	}
	w.hold(n, r)
}

// target is the register of one of the operands if its value is not needed any more, else a free one.
func (w *writer) target(from ...*node) int {
	for _, x := range from {
		if r, held := w.place[x]; held && w.later(x) == 1<<30 && !(x.mask && w.wide) {
			return r
		}
	}
	return w.take()
}
