package fourier

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/par"
)

// rate reports 5 N log2 N over the best time of a call.
func rate(b *testing.B, flops float64, f func() error) {
	best := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		best = min(best, float64(time.Since(start).Nanoseconds()))
	}
	b.ReportMetric(flops/best, "GFLOP/s")
	b.ReportMetric(best/1000, "us")
}

func BenchmarkComplex(b *testing.B) {
	for _, s := range [][2]int{{1000, 1024}, {100, 4096}, {10000, 64}, {1000, 1000}, {16, 64}, {16, 1024}, {16, 4096}, {1, 256}, {1, 1024}, {1, 4096}, {1, 1 << 20}, {64, 8192}, {32, 16384}, {16, 65536}, {8, 99991}, {1, 1000000}, {1, 10007}, {1000, 127}, {1000, 243}, {1000, 1009}} {
		b.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(b *testing.B) {
			w := NewWorkspace(nil)
			z := make([]complex128, s[0]*s[1])
			out := make([]complex128, s[0]*s[1])
			rate(b, 5*float64(s[0]*s[1])*math.Log2(float64(s[1])), func() error { return Complex(w, out, z, s[0], s[1], 1, false, 1) })
		})
	}
}

func BenchmarkPlane(b *testing.B) {
	for _, n := range []int{256, 1024} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d/%d", n, workers), func(b *testing.B) {
				team := par.NewTeam(workers)
				defer team.Close()
				w := NewWorkspace(team)
				z := make([]complex128, n*n)
				out := make([]complex128, n*n)
				rate(b, 10*float64(n*n)*math.Log2(float64(n)), func() error {
					if err := Complex(w, out, z, n, n, 1, false, 1); err != nil {
						return err
					}
					return Complex(w, out, out, 1, n, n, false, 1)
				})
			})
		}
	}
}

func BenchmarkColumns(b *testing.B) {
	for _, s := range [][2]int{{256, 8}, {1024, 8}, {256, 256}, {1024, 1024}, {1000, 1000}, {128, 16384}} {
		b.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(b *testing.B) {
			w := NewWorkspace(nil)
			z := make([]complex128, s[0]*s[1])
			out := make([]complex128, s[0]*s[1])
			rate(b, 5*float64(s[0]*s[1])*math.Log2(float64(s[0])), func() error { return Complex(w, out, z, 1, s[0], s[1], false, 1) })
		})
	}
}
