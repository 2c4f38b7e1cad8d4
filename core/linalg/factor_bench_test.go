package linalg_test

import (
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
)

// Batches of small matrices, ns a matrix, one thread.
func BenchmarkSmall(b *testing.B) {
	for _, n := range []int{4, 8, 16, 24} {
		const count = 64
		a, x, y, z := make([]float64, count*n*n), make([]float64, count*n*n), make([]float64, count*n*n), make([]float64, count*n)
		rng.New(1).Normals(a, 0, 0)
		for i := range count * n {
			a[i*n+i%n] += 8
		}
		u := make([]float64, count*n*n)
		perm := make([]int64, count*n)
		w := &linalg.Scratch{}
		for name, run := range map[string]func(){
			"cholesky": func() { linalg.Cholesky(count, n, x, a, w) },
			"lu":       func() { linalg.LU(count, n, x, perm, a, w) },
			"solve":    func() { linalg.Solve(count, n, 1, z, a, a[:count*n], false, w) },
			"inverse":  func() { linalg.Inverse(count, n, x, a, w) },
			"eigh":     func() { linalg.Eigh(count, n, z, x, a, w) },
			"eigvalsh": func() { linalg.Eigh(count, n, z, nil, a, w) },
			"svd":      func() { linalg.SVD(count, n, n, u, z, y, a, false, w) },
			"svdvals":  func() { linalg.SVD(count, n, n, nil, z, nil, a, false, w) },
			"qr":       func() { linalg.QR(count, n, n, x, y, a, false, w) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count, "ns/matrix")
			})
		}
	}
}
