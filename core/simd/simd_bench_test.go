package simd

import (
	"math/rand/v2"
	"testing"
	"time"
)

// benchLevels reports the shortest time of f per element in many tries: other work on the machine only adds to it.
func benchLevels(b *testing.B, n int, f func()) {
	const tries, span = 200, 100 * time.Microsecond
	before := Current()
	defer func() {
		if err := Use(before); err != nil {
			b.Fatal(err)
		}
	}()
	for _, l := range Levels() {
		if err := Use(l); err != nil {
			b.Fatal(err)
		}
		b.Run(l.String(), func(b *testing.B) {
			low := time.Duration(1 << 62)
			calls := 1
			for try := 0; try < tries; try++ {
				start := time.Now()
				for range calls {
					f()
				}
				d := time.Since(start)
				if d < span && try < 20 {
					calls *= 2
					continue
				}
				low = min(low, d*1000/time.Duration(calls))
			}
			for range b.N {
			}
			b.ReportMetric(float64(low)/1000/float64(n), "ns/element")
			b.ReportMetric(0, "ns/op")
		})
	}
}

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
		{"Sin", Sin}, {"Cos", Cos}, {"Erf", Erf}, {"Erfc", Erfc}, {"Pow", func(dst, x []float64) { Pow(dst, x, w) }}} {
		b.Run(c.name+"/0..1", func(b *testing.B) { benchLevels(b, len(x), func() { c.f(y, x) }) })
		if c.name[0] != 'L' && c.name != "Pow" {
			b.Run(c.name+"/normal", func(b *testing.B) { benchLevels(b, len(x), func() { c.f(y, z) }) })
		}
	}
}

func BenchmarkSincos(b *testing.B) {
	x, y, z := rampTo1(1024), make([]float64, 1024), make([]float64, 1024)
	benchLevels(b, len(x), func() { Sincos(y, z, x) })
}

func BenchmarkSincosTurns(b *testing.B) {
	x, y, z := rampTo1(1024), make([]float64, 1024), make([]float64, 1024)
	benchLevels(b, len(x), func() { SincosTurns(y, z, x) })
}

func BenchmarkSum(b *testing.B) {
	x := rampTo1(1 << 14)
	benchLevels(b, len(x), func() { sink += Sum(x) })
}

func BenchmarkDot(b *testing.B) {
	x := rampTo1(1 << 12)
	benchLevels(b, len(x), func() { sink += Dot(x, x) })
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
