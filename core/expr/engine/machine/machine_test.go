package machine

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/simd/functions"
)

type real interface{ float32 | float64 }

func twin[T real](k Kind, x, y, z T) T {
	truth := func(is bool) T {
		if is {
			return y
		}
		return x
	}
	switch k {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	case Max:
		if x > y || x != x {
			return x
		}
		return y
	case Min:
		if x < y || x != x {
			return x
		}
		return y
	case MulZero:
		if x == 0 && (y != y || y-y != 0) {
			return 0
		}
		return x * y
	case Neg:
		return -x
	case Abs:
		return T(math.Abs(float64(x)))
	case Sqrt:
		return T(math.Sqrt(float64(x)))
	case Rsqrt:
		return 1 / T(math.Sqrt(float64(x)))
	case Floor:
		return T(math.Floor(float64(x)))
	case Ceil:
		return T(math.Ceil(float64(x)))
	case Trunc:
		return T(math.Trunc(float64(x)))
	case Round:
		return T(math.RoundToEven(float64(x)))
	case Exp, Log, Tanh, Expit:
		return function(k, []T{x})[0]
	case Less:
		return truth(x < y)
	case LessEqual:
		return truth(x <= y)
	case Equal:
		return truth(x == y)
	case NotEqual:
		return truth(x != y)
	case Greater:
		return truth(x > y)
	case GreaterEqual:
		return truth(x >= y)
	}
	return z
}

// function is the kernel of core/simd.
func function[T real](k Kind, x []T) []T {
	out := make([]T, len(x))
	if x, ok := any(x).([]float64); ok {
		map[Kind]func(dst, x []float64){Exp: functions.Exp, Log: functions.Log, Tanh: functions.Tanh, Expit: functions.Sigmoid}[k](any(out).([]float64), x)
	}
	if x, ok := any(x).([]float32); ok {
		map[Kind]func(dst, x []float32){Exp: functions.Exp32, Log: functions.Log32, Tanh: functions.Tanh32, Expit: functions.Sigmoid32}[k](any(out).([]float32), x)
	}
	return out
}

func bits[T real](x T) uint64 {
	if x != x {
		return 1
	}
	return math.Float64bits(float64(x))
}

// Every step at both widths, all lengths of the rest, with a repeated operand too, against one number at a time. A comparison chooses between
// its operands. Catches a wrong field of an instruction, a mask that writes beyond the end, a register that is given away too early.
func testSteps[T real](t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	wide := unsafe.Sizeof(T(0)) == 8
	r := rand.New(rand.NewPCG(1, 2))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 0.5, -2.5, 1e30, -1e-40, 3}
	row := func(n int) []T {
		x := make([]T, n+1)
		for i := range x {
			if x[i] = T(10 * r.NormFloat64()); r.IntN(4) == 0 {
				x[i] = T(special[r.IntN(len(special))])
			}
		}
		return x
	}
	for k := Add; k <= GreaterEqual; k++ {
		for _, second := range []Kind{Load, Broadcast} {
			steps := []Step{{Kind: Load, Pointer: 0}, {Kind: second, Pointer: 1}, {Kind: k, A: 0, B: 1}}
			if k.mask() {
				steps = append(steps, Step{Kind: Select, A: 2, B: 1, C: 0})
			}
			steps = append(steps, Step{Kind: Store, A: int32(len(steps) - 1), Pointer: 2})
			code, ok := Assemble(Loop{Steps: steps, Wide: wide})
			require.True(t, ok)
			loops := Make(code)
			require.NotNil(t, loops)
			for n := range 70 {
				x, y, d := row(n), row(n), make([]T, n+1)
				d[n] = 77
				table := Table{At: [Pointers]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]), unsafe.Pointer(&d[0])}}
				loops.Run(0, wide, &table, n)
				for i := range n {
					b := y[i]
					if second == Broadcast {
						b = y[0]
					}
					require.Equal(t, bits(twin(k, x[i], b, 0)), bits(d[i]), "kind %d, element %d of %d: %v %v gives %v", k, i, n, x[i], b, d[i])
				}
				require.Equal(t, T(77), d[n], "kind %d wrote beyond %d", k, n)
			}
		}
	}
}

// expit(x) and expit(-x) in one loop, in both orders, have one exponential and the bits of each alone. Catches a sign that is taken for the other,
// at zero and NaN too, and a register or a place of the second vector of a pair that is the first's.
func testPairs[T real](t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	wide := unsafe.Sizeof(T(0)) == 8
	r := rand.New(rand.NewPCG(5, 6))
	inf := math.Inf(1)
	x := []T{0, T(math.Copysign(0, -1)), T(inf), T(-inf), T(math.NaN()), 86.5, -86.5, 87.5, -87.5, 103, -103, 700, -700, 740, -740, 800, -800, 1e-30, -1e-30}
	for range 500 {
		x = append(x, T(8*r.NormFloat64()))
	}
	minus := make([]T, len(x))
	for i := range x {
		minus[i] = -x[i]
	}
	for _, first := range []int32{0, 1} {
		steps := []Step{{Kind: Load}, {Kind: Neg, A: 0}, {Kind: Expit, A: first}, {Kind: Store, A: 2, Pointer: 1}, {Kind: Expit, A: 1 - first},
			{Kind: Store, A: 4, Pointer: 2}}
		code, ok := Assemble(Loop{Steps: steps, Wide: wide})
		require.True(t, ok)
		alone, ok := Assemble(Loop{Steps: steps[:4], Wide: wide})
		require.True(t, ok)
		require.Less(t, len(code), 2*len(alone)-200)
		loops := Make(code)
		require.NotNil(t, loops)
		y, z := make([]T, len(x)), make([]T, len(x))
		table := Table{At: [Pointers]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&y[0]), unsafe.Pointer(&z[0])}}
		loops.Run(0, wide, &table, len(x))
		if first == 1 {
			y, z = z, y
		}
		plus, less := function(Expit, x), function(Expit, minus)
		for i := range x {
			require.Equal(t, bits(plus[i]), bits(y[i]), "expit(%v)", x[i])
			require.Equal(t, bits(less[i]), bits(z[i]), "expit(%v)", -x[i])
		}
		for row := 1; row <= 70; row++ { // pairs of vectors, one more, and a rest
			code, ok := Assemble(Loop{Steps: steps, Wide: wide, Row: row})
			require.True(t, ok)
			loops := Make(code)
			require.NotNil(t, loops)
			clear(y)
			clear(z)
			for p := range 3 {
				table.Step[p] = row * int(unsafe.Sizeof(T(0)))
			}
			rows := len(x) / row
			loops.RunRows(0, &table, rows)
			for i := range x[:rows*row] {
				one, two := table.At[1+first], table.At[2-first]
				require.Equal(t, bits(plus[i]), bits(unsafe.Slice((*T)(one), len(x))[i]), "row %d: expit(%v)", row, x[i])
				require.Equal(t, bits(less[i]), bits(unsafe.Slice((*T)(two), len(x))[i]), "row %d: expit(%v)", row, -x[i])
			}
			for _, d := range [][]T{y[rows*row:], z[rows*row:]} {
				for _, v := range d {
					require.Zero(t, v)
				}
			}
		}
	}
}

// Products that ask about one factor, beside a function, in vectors by twos: each vector has masks of its own. Catches one that is the other's.
func testFactorsOfPairs[T real](t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	r := rand.New(rand.NewPCG(7, 9))
	const n = 101
	x, f, y := make([]T, n), make([]T, n), make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
		if f[i] = T(r.IntN(2)); r.IntN(5) == 0 {
			x[i] = T(math.Inf(1))
		}
	}
	steps := []Step{{Kind: Load}, {Kind: Load, Pointer: 1}, {Kind: Tanh, A: 0}, {Kind: MulZero, A: 1, B: 0}, {Kind: Max, A: 2, B: 3}, {Kind: MulZero, A: 1, B: 2},
		{Kind: MulZero, A: 5, B: 0}, {Kind: Add, A: 4, B: 6}, {Kind: MulZero, A: 1, B: 7}, {Kind: MulZero, A: 5, B: 8}, {Kind: Store, A: 9, Pointer: 2}}
	code, ok := Assemble(Loop{Steps: steps, Wide: unsafe.Sizeof(T(0)) == 8})
	require.True(t, ok)
	loops := Make(code)
	table := Table{At: [Pointers]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&f[0]), unsafe.Pointer(&y[0])}}
	loops.Run(0, unsafe.Sizeof(T(0)) == 8, &table, n)
	tanh := function(Tanh, x)
	times := func(a, b T) T { return twin(MulZero, a, b, 0) }
	for i := range x {
		five := times(f[i], tanh[i])
		want := times(five, times(f[i], twin(Max, tanh[i], times(f[i], x[i]), 0)+times(five, x[i])))
		require.Equal(t, bits(want), bits(y[i]), "element %d: %v %v", i, x[i], f[i])
	}
}

func TestFactorsOfPairs(t *testing.T) {
	testFactorsOfPairs[float64](t)
	testFactorsOfPairs[float32](t)
}

func TestPairs64(t *testing.T) { testPairs[float64](t) }
func TestPairs32(t *testing.T) { testPairs[float32](t) }

func TestSteps64(t *testing.T) { testSteps[float64](t) }
func TestSteps32(t *testing.T) { testSteps[float32](t) }

// -(x + x) beside a function, also where x + x has another use. Catches a sum that is left out though it is stored, and one that stays negative.
func TestMinusTwice(t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	steps := []Step{{Kind: Load}, {Kind: Tanh, A: 0}, {Kind: Add, A: 1, B: 1}, {Kind: Neg, A: 2}, {Kind: Add, A: 0, B: 0}, {Kind: Neg, A: 4}, {Kind: Mul, A: 3, B: 5},
		{Kind: Store, A: 6, Pointer: 1}, {Kind: Store, A: 4, Pointer: 2}, {Kind: Store, A: 3, Pointer: 3}}
	code, ok := Assemble(Loop{Steps: steps, Wide: true})
	require.True(t, ok)
	require.Less(t, len(minusTwices(steps)), len(steps))
	const n = 37
	x := []float64{math.Copysign(0, -1), 0, math.Inf(1), -math.MaxFloat64, 5e-324}
	for len(x) < n {
		x = append(x, rand.NormFloat64())
	}
	table := Table{At: [Pointers]unsafe.Pointer{unsafe.Pointer(&x[0])}}
	var out [3][n]float64
	for k := range out {
		table.At[k+1] = unsafe.Pointer(&out[k][0])
	}
	Make(code).Run(0, true, &table, n)
	tanh := function(Tanh, x)
	for i := range x {
		for k, want := range [3]float64{-(tanh[i] + tanh[i]) * -(x[i] + x[i]), x[i] + x[i], -(tanh[i] + tanh[i])} {
			require.Equal(t, bits(want), bits(out[k][i]), "element %d: %v", i, x[i])
		}
	}
}

// Random lists of steps, in place too, until the registers run out, with many products of zeros and infinities. Catches a body that is not done again,
// or with products that do not ask, with comparisons (where all products ask) and without.
func TestRandomLoops(t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	r := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for round := range 400 {
		var steps []Step
		for p := range 1 + r.IntN(8) {
			steps = append(steps, Step{Kind: Load, Pointer: int32(p)})
		}
		inputs := len(steps)
		pick := func() int32 {
			for {
				if i := int32(r.IntN(len(steps))); !steps[i].Kind.mask() {
					return i
				}
			}
		}
		for range 5 + r.IntN(60) {
			next := Step{Kind: Add + Kind(r.IntN(int([...]Kind{Expit, GreaterEqual}[round%2]-Add)+1)), A: pick(), B: pick()}
			if r.IntN(4) == 0 {
				next = Step{Kind: MulZero, A: int32(r.IntN(inputs)), B: pick()}
			}
			steps = append(steps, next)
			if last := len(steps) - 1; steps[last].Kind.mask() {
				steps = append(steps, Step{Kind: Select, A: int32(last), B: pick(), C: pick()})
			}
		}
		steps = append(steps, Step{Kind: Store, A: pick(), Pointer: int32(inputs)}, Step{Kind: Store, A: int32(len(steps) - 1), Pointer: 0})
		code, ok := Assemble(Loop{Steps: steps, Wide: true})
		if !ok {
			refused++
			continue
		}
		loops := Make(code)
		const n = 21
		rows := make([][]float64, inputs)
		var table Table
		for p := range rows {
			rows[p] = make([]float64, n)
			for i := range rows[p] {
				switch r.IntN(16) {
				case 0:
					rows[p][i] = math.Inf(1)
				case 1, 2, 3, 4: // 0
				default:
					rows[p][i] = r.NormFloat64()
				}
			}
			table.At[p] = unsafe.Pointer(&rows[p][0])
		}
		want, other, otherWant := make([]float64, n), make([]float64, n), make([]float64, n)
		table.At[inputs] = unsafe.Pointer(&other[0])
		truth := make([]bool, len(steps))
		for i := range want {
			v := make([]float64, len(steps))
			for k, s := range steps {
				switch {
				case s.Kind == Load:
					v[k] = rows[s.Pointer][i]
				case s.Kind.mask():
					a, b := v[s.A], v[s.B]
					truth[k] = map[Kind]bool{Less: a < b, LessEqual: a <= b, Equal: a == b, NotEqual: a != b, Greater: a > b, GreaterEqual: a >= b}[s.Kind]
				case s.Kind == Select:
					if v[k] = v[s.C]; truth[s.A] {
						v[k] = v[s.B]
					}
				case s.Kind == Store && s.Pointer == 0:
					want[i] = v[s.A]
				case s.Kind == Store:
					otherWant[i] = v[s.A]
				default:
					v[k] = twin(s.Kind, v[s.A], v[s.B], 0)
				}
			}
		}
		loops.Run(0, true, &table, n)
		for i := range want {
			require.Equal(t, bits(want[i]), bits(rows[0][i]), "round %d, element %d", round, i)
			require.Equal(t, bits(otherWant[i]), bits(other[i]), "round %d, element %d", round, i)
		}
	}
	require.Less(t, refused, 300)
}
