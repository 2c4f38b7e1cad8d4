// Package twin is what the tests of vector kernels share: every level in turn, the shortest time of many, kernels written from others.
package twin

import (
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/simd"
)

// OnLevels runs f on every level.
func OnLevels(t *testing.T, f func(t *testing.T)) {
	before := simd.Current()
	defer func() {
		if err := simd.Use(before); err != nil {
			t.Fatal(err)
		}
	}()
	for _, l := range simd.Levels() {
		if err := simd.Use(l); err != nil {
			t.Fatal(err)
		}
		t.Run(l.String(), f)
	}
}

// Bench reports the shortest time of f per element in many tries: other work on the machine only adds to it.
func Bench(b *testing.B, n int, f func()) {
	const tries, span = 200, 100 * time.Microsecond
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
