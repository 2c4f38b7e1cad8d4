package functions

import (
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

func rampTo1(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i+1) / float64(n)
	}
	return x
}

var sink float64

func BenchmarkFunctions(b *testing.B) {
	x, z, y, w := rampTo1(1024), make([]float64, 1024), make([]float64, 1024), make([]float64, 1024)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range z {
		z[i], w[i] = 2*r.NormFloat64(), 1.7
	}
	for _, c := range []struct {
		name string
		f    func(dst, x []float64)
	}{{"Exp", Exp}, {"Expm1", Expm1}, {"Exp2", Exp2}, {"Log", Log}, {"Log1p", Log1p}, {"Log2", Log2}, {"Log10", Log10}, {"Tanh", Tanh}, {"Sigmoid", Sigmoid},
		{"Sin", Sin}, {"Cos", Cos}, {"Erf", Erf}, {"Erfc", Erfc}, {"Tan", Tan}, {"Asin", Asin}, {"Acos", Acos}, {"Atan", Atan}, {"Sinh", Sinh}, {"Cosh", Cosh}, {"Asinh", Asinh},
		{"Acosh", Acosh}, {"Atanh", Atanh}, {"Cbrt", Cbrt}, {"Atan2", func(dst, x []float64) { Atan2(dst, x, w) }}, {"Hypot", func(dst, x []float64) { Hypot(dst, x, w) }},
		{"Pow", func(dst, x []float64) { Pow(dst, x, w) }}} {
		b.Run(c.name+"/0..1", func(b *testing.B) { twin.Bench(b, len(x), func() { c.f(y, x) }) })
		if false && c.name[0] != 'L' && c.name != "Pow" {
			b.Run(c.name+"/normal", func(b *testing.B) { twin.Bench(b, len(x), func() { c.f(y, z) }) })
		}
	}
}
func BenchmarkSincos(b *testing.B) {
	x, y, z := rampTo1(1024), make([]float64, 1024), make([]float64, 1024)
	twin.Bench(b, len(x), func() { Sincos(y, z, x) })
}
func BenchmarkSincosTurns(b *testing.B) {
	x, y, z := rampTo1(1024), make([]float64, 1024), make([]float64, 1024)
	twin.Bench(b, len(x), func() { SincosTurns(y, z, x) })
}
func BenchmarkExp1(b *testing.B) {
	x := 0.3
	for range b.N {
		x = Exp1(-x)
	}
	sink = x
}
func BenchmarkLog1(b *testing.B) {
	x := 0.3
	for range b.N {
		x = 2 + Log1(x)
	}
	sink = x
}
