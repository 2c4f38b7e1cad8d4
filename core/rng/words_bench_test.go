package rng

import (
	"testing"

	"github.com/ergodica/ergodica/core/simd"
)

func benchLevels(b *testing.B, f func(b *testing.B)) {
	before := simd.Current()
	defer func() {
		if err := simd.Use(before); err != nil {
			b.Fatal(err)
		}
	}()
	for _, l := range simd.Levels() {
		if err := simd.Use(l); err != nil {
			b.Fatal(err)
		}
		b.Run(l.String(), f)
	}
}

func rate(b *testing.B, perOp int, unit string) {
	b.ReportMetric(float64(perOp)*float64(b.N)/b.Elapsed().Seconds(), unit)
}

func BenchmarkWords(b *testing.B) {
	dst := make([]uint32, 4096)
	benchLevels(b, func(b *testing.B) {
		for i := range b.N {
			New(1).Words(dst, uint64(i), 0)
		}
		rate(b, len(dst), "words/s")
	})
}

func BenchmarkUniforms(b *testing.B) {
	dst := make([]float64, 4096)
	benchLevels(b, func(b *testing.B) {
		for i := range b.N {
			New(1).Uniforms(dst, uint64(i), 0)
		}
		rate(b, len(dst), "numbers/s")
	})
}

func BenchmarkNormals(b *testing.B) {
	dst := make([]float64, 4096)
	benchLevels(b, func(b *testing.B) {
		for i := range b.N {
			New(1).Normals(dst, uint64(i), 0)
		}
		rate(b, len(dst), "numbers/s")
	})
}

func BenchmarkStreamReset(b *testing.B) {
	var s Stream
	sum := 0
	benchLevels(b, func(b *testing.B) {
		for i := range b.N {
			s.Reset(New(1), uint64(i))
			sum += s.Below(1000)
		}
	})
	_ = sum
}

func BenchmarkStreamLess(b *testing.B) {
	s := New(1).Stream(0)
	p := NewThreshold(0.3)
	n := uint32(0)
	benchLevels(b, func(b *testing.B) {
		for range b.N {
			n += s.Less(p)
		}
	})
	_ = n
}

func BenchmarkStreamBelow(b *testing.B) {
	s := New(1).Stream(0)
	sum := 0
	benchLevels(b, func(b *testing.B) {
		for range b.N {
			sum += s.Below(1000)
		}
	})
	_ = sum
}

func BenchmarkStreamNormal(b *testing.B) {
	s := New(1).Stream(0)
	sum := 0.0
	benchLevels(b, func(b *testing.B) {
		for range b.N {
			sum += s.Normal()
		}
	})
	_ = sum
}
