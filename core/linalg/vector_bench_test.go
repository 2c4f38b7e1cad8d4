package linalg

import (
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/par"
)

// A x, x B and products shared by two workers.
func BenchmarkVector(b *testing.B) {
	for _, n := range []int{32, 100, 128, 512, 2048} {
		data, x, y := make([]float64, n*n), make([]float64, n), make([]float64, n)
		m := Dense(data, n, n)
		w := NewWorkspace(nil)
		for name, f := range map[string]func(){
			"Ax": func() { _ = Multiply(Dense(y, n, 1), m, Dense(x, n, 1), false, w) },
			"xB": func() { _ = Multiply(Dense(y, 1, n), Dense(x, 1, n), m, false, w) },
		} {
			b.Run(fmt.Sprint(name, n), func(b *testing.B) {
				b.ReportMetric(8*float64(n)*float64(n)/float64(best(b, f).Nanoseconds()), "GB/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func BenchmarkWorkers(b *testing.B) {
	for _, n := range []int{64, 128, 256, 1024} {
		x := make([]float64, 3*n*n)
		c, a, m := Dense(x[:n*n], n, n), Dense(x[n*n:2*n*n], n, n), Dense(x[2*n*n:], n, n)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprint(n, "by", workers), func(b *testing.B) {
				team := par.NewTeam(workers)
				defer team.Close()
				w := NewWorkspace(team)
				d := best(b, func() { _ = Multiply(c, a, m, false, w) })
				b.ReportMetric(2*float64(n)*float64(n)*float64(n)/float64(d.Nanoseconds()), "GFLOP/s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
