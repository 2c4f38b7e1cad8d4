package simd_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	. "github.com/ergodica/ergodica/core/simd"

	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/simd/twin"
)

// sumTwin follows the definition by recursion.
func sumTwin(x []float64) float64 {
	if len(x) > Leaf {
		left := Leaf
		for 2*left < len(x) {
			left *= 2
		}
		return sumTwin(x[:left]) + sumTwin(x[left:])
	}
	var l [8]float64
	for i, v := range x {
		l[i%8] += v
	}
	return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

func dotTwin(x, y []float64) float64 {
	if len(x) > Leaf {
		left := Leaf
		for 2*left < len(x) {
			left *= 2
		}
		return dotTwin(x[:left], y[:left]) + dotTwin(x[left:], y[left:])
	}
	var l [8]float64
	for i, v := range x {
		l[i%8] = math.FMA(v, y[i], l[i%8])
	}
	return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

// Sums and dot products on every level against the recursive definition, bit for bit: every length to 100, around multiples of a leaf and
// of four leaves, long ones, NaN and infinities. Catches lanes added in another order, a leaf dropped, a tree that leans the other way.
func TestReduceTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x, y := make([]float64, 40000), make([]float64, 40000)
	for i := range x {
		x[i], y[i] = math.Exp(5*r.NormFloat64())*r.NormFloat64(), r.NormFloat64()
	}
	var lengths []int
	for n := range 100 {
		lengths = append(lengths, n)
	}
	for m := 1; m < 24; m++ {
		lengths = append(lengths, m*Leaf-1, m*Leaf, m*Leaf+1, m*Leaf+9)
	}
	lengths = append(lengths, 32767, 32768, 32769, 39991)
	twin.OnLevels(t, func(t *testing.T) {
		for _, n := range lengths {
			for offset := range 3 {
				a, b := x[offset:offset+n], y[2*offset:2*offset+n]
				if got, want := Sum(a), sumTwin(a); got != want {
					t.Fatalf("sum of %d: expected %x, got %x", n, want, got)
				}
				if got, want := Dot(a, b), dotTwin(a, b); got != want {
					t.Fatalf("dot product of %d: expected %x, got %x", n, want, got)
				}
			}
		}
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			for _, n := range []int{1, 9, 600, 5000} {
				a := append([]float64(nil), x[:n]...)
				a[n/2], a[n-1] = bad, -bad
				if n == 1 {
					a[0] = bad - bad
				}
				if got := Sum(a); math.Float64bits(got) != math.Float64bits(math.NaN()) {
					t.Errorf("sum of %d with %v: expected the canonical NaN, got %x", n, bad, math.Float64bits(got))
				}
				if got := Dot(y[:n], a); math.Float64bits(got) != math.Float64bits(math.NaN()) && bad != bad {
					t.Errorf("dot product of %d with %v: expected the canonical NaN, got %x", n, bad, math.Float64bits(got))
				}
			}
		}
	})
}

// The error of a sum of 40000 positive numbers is far below what adding them in a row leaves. Catches a tree that is none.
func TestSumError(t *testing.T) {
	x := make([]float64, 40000)
	exact := new(big.Float).SetPrec(300)
	for i := range x {
		x[i] = 1 / float64(i+1)
		exact.Add(exact, big.NewFloat(x[i]))
	}
	want, _ := exact.Float64()
	if got := Sum(x); math.Abs(got-want) > 4e-15 {
		t.Errorf("expected %v, got %v", want, got)
	}
}

func TestReduceAllocates(t *testing.T) {
	x := make([]float64, 10000)
	twin.OnLevels(t, func(t *testing.T) {
		if n := testing.AllocsPerRun(10, func() { Sum(x); Dot(x, x); functions.Exp(x, x); functions.Log(x, x); functions.Sincos(x, x, x) }); n != 0 {
			t.Errorf("expected no allocation, got %v", n)
		}
	})
}
