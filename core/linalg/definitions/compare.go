package definitions

import (
	"fmt"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
)

// Compare returns the first difference, beyond rounding, between what two libraries make of well-conditioned matrices, where results are unique.
func Compare(f, g linalg.Factorizations, sizes []int) error {
	for _, n := range sizes {
		for _, try := range []func() error{
			func() error { return compare[float64, float64](f, g, n) },
			func() error { return compare[complex128, float64](f, g, n) },
		} {
			if err := try(); err != nil {
				return fmt.Errorf("%s and %s differ, n = %d: %w", f.Name(), g.Name(), n, err)
			}
		}
	}
	return nil
}

func compare[T linalg.Real | linalg.Complex, R linalg.Real](f, g linalg.Factorizations, n int) error {
	t := test[T, R, complex128]{n: n, eps: 0x1p-52, key: rng.New(6).Fold(uint64(n))}
	a, b := t.random(1, n, n), t.random(2, n, 2)
	definite, _ := t.hermitian(3, true)
	for k := range batch {
		for i := range n {
			a[(k*n+i)*n+i] += from[T](complex(float64(2*n), 0))
		}
	}
	type results struct{ chol, lu, x, q, r, logdet, sign, w, s matrix }
	of := func(f linalg.Factorizations) (o results) {
		w := &linalg.Scratch{By: f}
		room := func(k int) []T { return make([]T, batch*k) }
		l, lu, x, q, r, sign := room(n*n), room(n*n), room(2*n), room(n*n), room(n*n), room(1)
		perm, logdet, e, s := make([]int64, batch*n), make([]R, batch), make([]R, batch*n), make([]R, batch*n)
		linalg.Cholesky(batch, n, l, definite, w)
		linalg.LU(batch, n, lu, perm, a, w)
		linalg.LUSolve(batch, n, 2, x, lu, perm, b, true, w)
		linalg.QR(batch, n, n, q, r, a, false, w)
		linalg.LogDet(batch, n, logdet, sign, a, w)
		linalg.Eigh(batch, n, e, nil, definite, w)
		linalg.SVD(batch, n, n, nil, s, nil, a, false, w)
		return results{part(l, 0, batch, n*n), part(lu, 0, batch, n*n), part(x, 0, batch, 2*n), part(q, 0, batch, n*n),
			part(r, 0, batch, n*n), part(logdet, 0, batch, 1), part(sign, 0, batch, 1), part(e, 0, batch, n), part(s, 0, batch, n)}
	}
	x, y := of(f), of(g)
	tolerance := func(m matrix) float64 { return 64 * t.eps * float64(n) * (1 + m.largest()) }
	return first(
		near("cholesky", x.chol, y.chol, tolerance(y.chol)), near("lu", x.lu, y.lu, tolerance(y.lu)), near("lu_solve", x.x, y.x, tolerance(y.x)),
		near("q", x.q, y.q, tolerance(y.q)), near("r", x.r, y.r, tolerance(y.r)), near("logdet", x.logdet, y.logdet, tolerance(y.logdet)),
		near("sign", x.sign, y.sign, tolerance(y.sign)), near("eigvalsh", x.w, y.w, tolerance(y.w)), near("singular values", x.s, y.s, tolerance(y.s)))
}
