package simd

import "testing"

func benchLevels(b *testing.B, n int, f func()) {
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
			for range b.N {
				f()
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*n), "ns/element")
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

func BenchmarkExp(b *testing.B) {
	x, y := rampTo1(1024), make([]float64, 1024)
	benchLevels(b, len(x), func() { Exp(y, x) })
}

func BenchmarkLog(b *testing.B) {
	x, y := rampTo1(1024), make([]float64, 1024)
	benchLevels(b, len(x), func() { Log(y, x) })
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
