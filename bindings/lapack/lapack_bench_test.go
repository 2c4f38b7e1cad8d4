package lapack

import (
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
)

// One matrix a call, from row-major to row-major, one thread. SciPy beside it: scipy.linalg.lapack.dpotrf(a, overwrite_a=1) and its like.
func BenchmarkFactor(b *testing.B) {
	l := scipys(b)
	for _, n := range []int{8, 16, 64, 100, 512} {
		x := make([]float64, n*n)
		rng.New(1).Normals(x, 0, 0)
		a, y, z, v, perm := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n), make([]float64, n), make([]int64, n)
		for i := range n {
			for j := range n {
				a[i*n+j] = x[i*n+j] + x[j*n+i]
			}
			a[i*n+i] += float64(6 * n)
		}
		for _, by := range []linalg.Factorizations{l, linalg.Plain{}} {
			w := &linalg.Scratch{By: by}
			for name, run := range map[string]func(){
				"potrf":        func() { linalg.Cholesky(1, n, y, a, w) },
				"getrf":        func() { linalg.LU(1, n, y, perm, x, w) },
				"solve":        func() { linalg.Solve(1, n, 1, v, x, x[:n], false, w) },
				"syevd":        func() { linalg.Eigh(1, n, v, y, a, w) },
				"syevd values": func() { linalg.Eigh(1, n, v, nil, a, w) },
				"geqrf":        func() { linalg.QR(1, n, n, y, z, x, false, w) },
				"gesdd":        func() { linalg.SVD(1, n, n, y, v, z, x, false, w) },
			} {
				b.Run(fmt.Sprintf("%s/%d/%s", name, n, by.Name()), func(b *testing.B) {
					for b.Loop() {
						run()
					}
				})
			}
		}
	}
}
