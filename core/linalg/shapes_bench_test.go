package linalg

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/ergodica/ergodica/core/par"
)

// shapesOf networks: rows, terms, columns; whether A and B are read transposed.
var shapesOf = []struct {
	m, k, n int
	ta, tb  bool
}{
	{256, 2, 64, false, false}, {256, 64, 64, false, false}, {256, 64, 1, false, false},
	{64, 256, 1, true, false}, {256, 1, 64, false, true}, {64, 256, 64, true, false}, {256, 64, 64, false, true}, {2, 256, 64, true, false}, {64, 256, 2, true, false},
	{128, 784, 512, false, false}, {128, 512, 512, false, false}, {128, 512, 10, false, false},
	{512, 128, 10, true, false}, {128, 10, 512, false, true}, {512, 128, 512, true, false}, {128, 512, 512, false, true}, {784, 128, 512, true, false},
	{256, 256, 256, false, false}, {512, 512, 512, false, false}, {1024, 1024, 1024, false, false},
}

func benchShapes[T Real](b *testing.B, workers int) {
	team := par.NewTeam(workers)
	defer team.Close()
	for _, s := range shapesOf {
		name := fmt.Sprintf("%dx%dx%d", s.m, s.k, s.n)
		if s.ta {
			name += "a"
		}
		if s.tb {
			name += "b"
		}
		b.Run(name, func(b *testing.B) {
			a, m, c := Dense(make([]T, s.m*s.k), s.m, s.k), Dense(make([]T, s.k*s.n), s.k, s.n), Dense(make([]T, s.m*s.n), s.m, s.n)
			if s.ta {
				a.Row, a.Col = 1, s.m
			}
			if s.tb {
				m.Row, m.Col = 1, s.k
			}
			for i := range a.Data {
				a.Data[i] = T(i%7) - 3
			}
			for i := range m.Data {
				m.Data[i] = T(i%5) - 2
			}
			w := NewWorkspace(team)
			low := time.Hour
			flops := 2 * s.m * s.k * s.n
			reps := 1 + 200_000/flops
			stop := time.Now().Add(400 * time.Millisecond)
			for time.Now().Before(stop) {
				start := time.Now()
				for range reps {
					_ = Multiply(c, a, m, false, w)
				}
				low = min(low, time.Since(start))
			}
			for range b.N {
			}
			ns := float64(low) / float64(reps)
			b.ReportMetric(float64(flops)/ns, "GFLOP/s")
			b.ReportMetric(float64(s.m*s.k+s.k*s.n+s.m*s.n)*float64(unsafe.Sizeof(*new(T)))/ns, "GB/s")
			b.ReportMetric(ns, "ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func BenchmarkShapesFloat64(b *testing.B)    { benchShapes[float64](b, 1) }
func BenchmarkShapesFloat32(b *testing.B)    { benchShapes[float32](b, 1) }
func BenchmarkShapesFloat64by2(b *testing.B) { benchShapes[float64](b, 2) }
func BenchmarkShapesFloat32by2(b *testing.B) { benchShapes[float32](b, 2) }
