package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/ergodica/ergodica/core/simd"

	"github.com/ergodica/ergodica/core/simd/twin"
)

func realBits[T Real](x T) uint64 {
	if x != x {
		return 1 // which NaN is not promised
	}
	return math.Float64bits(float64(x))
}

func twinPair[T Real](name string, x, y, z T) T {
	nan := T(math.NaN())
	switch name {
	case "Add":
		return x + y
	case "Sub":
		return x - y
	case "Mul":
		return x * y
	case "Div":
		return x / y
	case "Max":
		switch {
		case x != x || y != y:
			return nan
		case x > y:
			return x
		}
		return y
	case "Min":
		switch {
		case x != x || y != y:
			return nan
		case x < y:
			return x
		}
		return y
	case "MulZero":
		if x == 0 && (y != y || y-y != 0) {
			return 0
		}
		return x * y
	case "+-":
		return T(x+y) - z
	case "*+":
		return T(x*y) + z
	case "-from":
		return z - T(x-y)
	case "**":
		return T(x*y) * z
	case "Neg":
		return -x
	case "Abs":
		return T(math.Abs(float64(x)))
	case "Sqrt":
		return T(math.Sqrt(float64(x)))
	case "Square":
		return x * x
	case "Floor":
		return T(math.Floor(float64(x)))
	case "Ceil":
		return T(math.Ceil(float64(x)))
	case "Trunc":
		return T(math.Trunc(float64(x)))
	case "Round":
		return T(math.RoundToEven(float64(x)))
	case "Canonical":
		return x
	case "MulAdd":
		if fmt.Sprintf("%T", x) == "float64" {
			return T(math.FMA(float64(x), float64(y), float64(z)))
		}
		return T(FMA32(float32(x), float32(y), float32(z)))
	}
	panic(name)
}

func testElementwise[T Real](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 0.5, 1.5, -2.5, 1e30, -1e-40, 3}
	number := func() T {
		if r.IntN(4) == 0 {
			return T(special[r.IntN(len(special))])
		}
		return T(10 * r.NormFloat64())
	}
	row := func(n int) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = number()
		}
		return x
	}
	type operations map[string]func(dst, a, b, c []T)
	all := operations{
		"Add": func(d, a, b, _ []T) { Add(d, a, b) }, "Sub": func(d, a, b, _ []T) { Sub(d, a, b) }, "Mul": func(d, a, b, _ []T) { Mul(d, a, b) }, "Div": func(d, a, b, _ []T) { Div(d, a, b) },
		"Max": func(d, a, b, _ []T) { Max(d, a, b) }, "Min": func(d, a, b, _ []T) { Min(d, a, b) }, "MulAdd": func(d, a, b, c []T) { MulAdd(d, a, b, c) },
		"MulZero": func(d, a, b, _ []T) { MulZero(d, a, b) }, "+-": func(d, a, b, c []T) { Chain(StepAdd, StepSub, d, a, b, c) }, "*+": func(d, a, b, c []T) { Chain(StepMul, StepAdd, d, a, b, c) },
		"-from": func(d, a, b, c []T) { Chain(StepSub, StepFrom, d, a, b, c) }, "**": func(d, a, b, c []T) { Chain(StepMul, StepMul, d, a, b, c) },
	}
	single := operations{
		"Neg": func(d, a, _, _ []T) { Neg(d, a) }, "Abs": func(d, a, _, _ []T) { Abs(d, a) }, "Sqrt": func(d, a, _, _ []T) { Sqrt(d, a) }, "Square": func(d, a, _, _ []T) { Square(d, a) },
		"Floor": func(d, a, _, _ []T) { Floor(d, a) }, "Ceil": func(d, a, _, _ []T) { Ceil(d, a) }, "Trunc": func(d, a, _, _ []T) { Trunc(d, a) }, "Round": func(d, a, _, _ []T) { Round(d, a) },
		"Canonical": func(d, a, _, _ []T) { Canonical(d, a) },
	}
	twin.OnLevels(t, func(t *testing.T) {
		for n := range 70 {
			for form := range 8 { // which operands are repeated
				x := [3][]T{row(n), row(n), row(n)}
				at := func(p, i int) T { return x[p][min(i, len(x[p])-1)] }
				check := func(name string, f func(dst, a, b, c []T)) {
					dst := make([]T, n+1)
					f(dst[:n], x[0], x[1], x[2])
					for i := range n {
						if want := twinPair(name, at(0, i), at(1, i), at(2, i)); realBits(dst[i]) != realBits(want) {
							t.Fatalf("%s(%v, %v, %v), element %d of %d, form %d: expected %v, got %v", name, at(0, i), at(1, i), at(2, i), i, n, form, want, dst[i])
						}
					}
					if dst[n] != 0 {
						t.Fatalf("%s wrote beyond %d", name, n)
					}
				}
				if form == 0 {
					for name, f := range single {
						check(name, f)
					}
				}
				for p := range 3 {
					if form>>p&1 != 0 {
						x[p] = row(1)
					}
				}
				for name, f := range all {
					check(name, f)
				}
				mask := make([]byte, n+1)
				for name, f := range map[string]func(dst []byte, a, b []T){"<": Less[T], "<=": LessEqual[T], "==": Equal[T], "!=": NotEqual[T]} {
					f(mask[:n], x[0], x[1])
					for i := range n {
						a, b := at(0, i), at(1, i)
						if want := map[string]bool{"<": a < b, "<=": a <= b, "==": a == b, "!=": a != b}[name]; (mask[i] == 1) != want || mask[i] > 1 {
							t.Fatalf("%v %s %v, element %d of %d: got %d", a, name, b, i, n, mask[i])
						}
					}
				}
				for i := range n {
					mask[i] = [3]byte{0, 1, 128}[r.IntN(3)]
				}
				dst := make([]T, n+1)
				Select(dst[:n], mask[:n], x[0], x[1])
				for i := range n {
					want := at(1, i)
					if mask[i] != 0 {
						want = at(0, i)
					}
					if realBits(dst[i]) != realBits(want) || dst[n] != 0 || mask[n] != 0 {
						t.Fatalf("Select, element %d of %d: expected %v, got %v", i, n, want, dst[i])
					}
				}
			}
		}
		odd := []T{T(math.Copysign(math.NaN(), -1)), 1, T(math.NaN()), 2, 3, 4, 5, 6, -T(math.NaN()), T(math.Copysign(math.NaN(), -1)), 1, 2, 3, 4, 5, 6, 7}
		Canonical(odd, odd)
		for i, x := range odd {
			if x != x && (math.Signbit(float64(x)) || math.Float32bits(float32(x)) != 0x7fc00000) {
				t.Errorf("NaN %d is not canonical", i)
			}
		}
	})
}

// Every element-wise kernel of both types, at every length to 69, with every choice of repeated operands, on every level. Catches: an
// operand exchanged, a NaN lost by Max, a mask one byte off, a store beyond the end.
func TestElementwiseTwin(t *testing.T) {
	t.Run("float64", testElementwise[float64])
	t.Run("float32", testElementwise[float32])
}

func TestElementwiseAllocatesNothing(t *testing.T) {
	x, mask := make([]float64, 1000), make([]byte, 1000)
	if n := testing.AllocsPerRun(100, func() { Add(x, x, x[:1]); Sqrt(x, x); Select(x, mask, x, x) }); n > 0 {
		t.Errorf("expected no allocation, got %v", n)
	}
}

func BenchmarkElementwise(b *testing.B) {
	x, y, z := rampTo1(1024), rampTo1(1024), rampTo1(1024)
	x4, y4, mask := make([]float32, 1024), make([]float32, 1024), make([]byte, 1024)
	b.Run("Add", func(b *testing.B) { twin.Bench(b, 1024, func() { Add(z, x, y) }) })
	b.Run("AddScalar", func(b *testing.B) { twin.Bench(b, 1024, func() { Add(z, x, y[:1]) }) })
	b.Run("Div", func(b *testing.B) { twin.Bench(b, 1024, func() { Div(z, x, y) }) })
	b.Run("Max", func(b *testing.B) { twin.Bench(b, 1024, func() { Max(z, x, y) }) })
	b.Run("MulAdd", func(b *testing.B) { twin.Bench(b, 1024, func() { MulAdd(z, x, y, z) }) })
	b.Run("Less", func(b *testing.B) { twin.Bench(b, 1024, func() { Less(mask, x, y) }) })
	b.Run("Select", func(b *testing.B) { twin.Bench(b, 1024, func() { Select(z, mask, x, y) }) })
	b.Run("Add32", func(b *testing.B) { twin.Bench(b, 1024, func() { Add(y4, x4, y4) }) })
}
