package linalg

import (
	"fmt"
	"testing"
	"time"
)

// best is the shortest time of f in several tries: other work on the machine only adds to it.
func best(b *testing.B, f func()) time.Duration {
	const tries, span = 15, 10 * time.Millisecond
	n := 1
	for {
		start := time.Now()
		for range n {
			f()
		}
		if time.Since(start) > span/4 {
			break
		}
		n *= 2
	}
	low := time.Duration(1 << 62)
	for range tries {
		start := time.Now()
		for range n {
			f()
		}
		low = min(low, time.Since(start)/time.Duration(n))
	}
	for range b.N {
	}
	return low
}

func benchMultiply[T Real](b *testing.B) {
	for _, n := range []int{4, 8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := make([]T, 3*n*n)
			for i := range x {
				x[i] = T(i%7) - 3
			}
			c, a, m := Dense(x[:n*n], n, n), Dense(x[n*n:2*n*n], n, n), Dense(x[2*n*n:], n, n)
			w := NewWorkspace(nil)
			d := best(b, func() { _ = Multiply(c, a, m, false, w) })
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)/float64(d.Nanoseconds()), "GFLOP/s")
			b.ReportMetric(float64(d.Nanoseconds()), "ns")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func benchBatch[T Real](b *testing.B) {
	for _, n := range []int{2, 3, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			many := 2000000 / (n * n * n)
			size := n * n
			x := make([]T, 3*many*size)
			c, a, m := Dense(x[:many*size], n, n), Dense(x[many*size:], n, n), Dense(x[2*many*size:], n, n)
			w := NewWorkspace(nil)
			d := best(b, func() { _ = MultiplyBatch(many, c, a, m, size, size, size, false, w) })
			b.ReportMetric(2*float64(n)*float64(n)*float64(n)*float64(many)/float64(d.Nanoseconds()), "GFLOP/s")
			b.ReportMetric(float64(d.Nanoseconds())/float64(many), "ns/product")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func BenchmarkBatchFloat64(b *testing.B) { benchBatch[float64](b) }

func BenchmarkBatchFloat32(b *testing.B) { benchBatch[float32](b) }

func BenchmarkMultiplyFloat64(b *testing.B) { benchMultiply[float64](b) }

func BenchmarkMultiplyFloat32(b *testing.B) { benchMultiply[float32](b) }
