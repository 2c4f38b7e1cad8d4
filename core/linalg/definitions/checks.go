package definitions

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/simd/functions"
)

func lower(i, j int) bool { return i >= j }
func upper(i, j int) bool { return i <= j }

// hermitian are matrices with random lower triangles; what is above the diagonal is not to be read. definite adds a multiple of 1.
func (t test[T, R, C]) hermitian(purpose uint64, definite bool) (given []T, full []matrix) {
	n := t.n
	given = t.random(purpose, n, n)
	for b := range batch {
		m := part(given, b, n, n)
		for i := range n {
			for j := range n {
				z := m.at(max(i, j), min(i, j))
				switch {
				case i < j:
					z = complex(real(z), -imag(z))
				case i == j:
					z = complex(real(z), 0)
				}
				m.a[i*n+j] = z
			}
		}
		if definite {
			s := float64(3 * float64(n) * m.largest())
			for i := range n {
				m.a[i*n+i] += complex(s, 0)
			}
		}
		for i := range n {
			for j := range n {
				z := m.at(i, j)
				if i < j {
					z = complex(math.NaN(), math.NaN())
				}
				given[(b*n+i)*n+j] = from[T](z)
				if i >= j {
					m.a[i*n+j] = part(given, b, n, n).at(i, j)
					m.a[j*n+i] = complex(real(m.a[i*n+j]), -imag(m.a[i*n+j]))
				}
			}
		}
		full = append(full, m)
	}
	return given, full
}

func (t test[T, R, C]) cholesky() error {
	n := t.n
	a, full := t.hermitian(1, true)
	l := make([]T, len(a))
	o := linalg.Cholesky(batch, n, l, a, t.w)
	well := func(b int) bool { return t.well(b, n) && (n == 0 || full[b].largest() > 0) }
	if err := t.outcome("cholesky", o, well); err != nil {
		return err
	}
	for b := range batch {
		x := part(l, b, n, n)
		if !well(b) {
			if !x.spoiled(lower) {
				return fmt.Errorf("cholesky: expected NaN in the lower triangle, got %v", x.a)
			}
			continue
		}
		if err := first(
			near("cholesky: l l^H", x.times(x.adjoint(true)), full[b], 8*t.eps*float64(n)*full[b].largest()),
			near("cholesky: above l", x, x.where(lower), 0)); err != nil {
			return err
		}
	}
	for i := range n { // indefinite
		for b := range batch {
			a[(b*n+i)*n+i] = -a[(b*n+i)*n+i]
		}
	}
	if o := linalg.Cholesky(batch, n, l, a, t.w); n > 0 && o.Failed != batch {
		return fmt.Errorf("cholesky of an indefinite matrix: %+v", o)
	}
	return nil
}

func (t test[T, R, C]) lu() error {
	n := t.n
	const m = 2
	a, rhs := t.random(2, n, n), test[T, R, C]{n: n, key: t.key}.random(3, n, m)
	lu, perm := make([]T, len(a)), make([]int64, batch*n)
	regular := func(b int) bool { return t.well(b, n) && !(t.kind == singular && n > 0) }
	if err := t.outcome("lu", linalg.LU(batch, n, lu, perm, a, t.w), regular); err != nil {
		return err
	}
	logdet, sign := make([]R, batch), make([]T, batch)
	if err := t.outcome("logdet", linalg.LogDet(batch, n, logdet, sign, a, t.w), func(b int) bool { return t.well(b, n) }); err != nil {
		return err
	}
	for _, trans := range []bool{false, true} {
		x, y, inv := make([]T, len(rhs)), make([]T, len(rhs)), make([]T, len(a))
		if err := first(
			t.outcome("solve", linalg.Solve(batch, n, m, x, a, rhs, trans, t.w), regular),
			t.outcome("lu_solve", linalg.LUSolve(batch, n, m, y, lu, perm, rhs, trans, t.w), regular),
			t.outcome("inverse", linalg.Inverse(batch, n, inv, a, t.w), regular)); err != nil {
			return err
		}
		for b := range batch {
			got, by, inverse, full := part(x, b, n, m), part(y, b, n, m), part(inv, b, n, n), part(a, b, n, n)
			if !regular(b) {
				if n > 0 && !(got.spoiled(nil) && by.spoiled(nil) && inverse.spoiled(nil)) {
					return fmt.Errorf("solve: expected NaN, got %v", got.a)
				}
				continue
			}
			op := full
			if trans {
				op = full.adjoint(false)
			}
			size := full.largest() * float64(n*n) * t.eps * 16
			if err := first(
				near("solve: a x", op.times(got), part(rhs, b, n, m), size*got.largest()),
				near("lu_solve: a x", op.times(by), part(rhs, b, n, m), size*by.largest()),
				near("inverse: a x", full.times(inverse), unit(n), size*inverse.largest())); err != nil {
				return err
			}
		}
	}
	for b := range batch {
		if !t.well(b, n) {
			if logdet[b] == logdet[b] || !part(lu, b, n, n).spoiled(nil) {
				return fmt.Errorf("lu: expected NaN")
			}
			continue
		}
		f, full := part(lu, b, n, n), part(a, b, n, n)
		l := f.where(func(i, j int) bool { return i > j })
		for i := range n {
			l.a[i*n+i] = 1
		}
		moved := matrix{n, n, make([]complex128, n*n)}
		seen := make([]bool, n)
		for i := range n {
			p := perm[b*n+i]
			if p < 0 || p >= int64(n) || seen[p] {
				return fmt.Errorf("lu: no permutation: %v", perm[b*n:(b+1)*n])
			}
			seen[p] = true
			copy(moved.a[i*n:(i+1)*n], full.a[int(p)*n:])
		}
		if l.largest() > math.Sqrt2*(1+t.eps) {
			return fmt.Errorf("lu: a multiplier of %g", l.largest())
		}
		if err := first(
			near("lu: l u", l.times(f.where(upper)), moved, 8*t.eps*float64(n)*full.largest()*float64(n)),
			t.determinant(f, perm[b*n:(b+1)*n], float64(logdet[b]), part(sign, b, 1, 1).a[0])); err != nil {
			return err
		}
	}
	return nil
}

// determinant compares with the product over the diagonal of u and the number of inversions of the permutation.
func (t test[T, R, C]) determinant(u matrix, perm []int64, logdet float64, sign complex128) error {
	log, turn := 0.0, complex(1, 0)
	for i := range u.rows {
		d := u.at(i, i)
		size := functions.Hypot1(real(d), imag(d))
		log += functions.Log1(size)
		turn = times(turn, complex(real(d)/size, imag(d)/size))
		for j := range i {
			if perm[j] > perm[i] {
				turn = -turn
			}
		}
	}
	if math.IsInf(log, -1) {
		if !math.IsInf(logdet, -1) || sign != 0 {
			return fmt.Errorf("logdet of a singular matrix: %g, %v", logdet, sign)
		}
		return nil
	}
	n := float64(u.rows + 1)
	return near("logdet", matrix{1, 2, []complex128{complex(logdet, 0), sign}}, matrix{1, 2, []complex128{complex(log, 0), turn}}, t.eps*n*(1+math.Abs(log))*4)
}

func (t test[T, R, C]) triangular() error {
	if t.kind != ordinary {
		return nil // a system with the triangle of a random matrix is ill-conditioned enough
	}
	n := t.n
	for _, m := range []int{0, 1, 3} {
		for code := range 8 {
			low, trans, one := code&1 > 0, code&2 > 0, code&4 > 0
			a, rhs, x := t.random(4, n, n), t.random(5, n, m), make([]T, batch*n*m)
			for b := range batch {
				for i := range n {
					for j := range n {
						k := (b*n+i)*n + j
						if i == j && one || i != j && (i > j) != low {
							a[k] = from[T](complex(math.NaN(), 0)) // not to be read
						}
					}
				}
			}
			linalg.TriangularSolve(batch, n, m, x, a, rhs, low, trans, one, t.w)
			for b := range batch {
				op := part(a, b, n, n).where(func(i, j int) bool { return i == j && !one || i != j && (i > j) == low })
				for i := range n {
					if one {
						op.a[i*n+i] = 1
					}
				}
				if trans {
					op = op.adjoint(false)
				}
				got := part(x, b, n, m)
				tolerance := 16 * t.eps * float64(n) * op.largest() * got.largest()
				if err := near(fmt.Sprintf("triangular_solve %d: a x", code), op.times(got), part(rhs, b, n, m), tolerance); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (t test[T, R, C]) eigh() error {
	n := t.n
	a, full := t.hermitian(6, false)
	values, alone, v := make([]R, batch*n), make([]R, batch*n), make([]T, len(a))
	well := func(b int) bool { return t.well(b, n) }
	if err := first(
		t.outcome("eigvalsh", linalg.Eigh(batch, n, alone, nil, a, t.w), well),
		t.outcome("eigh", linalg.Eigh(batch, n, values, v, a, t.w), well)); err != nil {
		return err
	}
	for b := range batch {
		w, only, q := part(values, b, 1, n), part(alone, b, 1, n), part(v, b, n, n)
		if !well(b) {
			if !w.spoiled(nil) || !only.spoiled(nil) || !q.spoiled(nil) {
				return fmt.Errorf("eigh: expected NaN, got %v", w.a)
			}
			continue
		}
		for i := 1; i < n; i++ {
			if real(w.a[i]) < real(w.a[i-1]) {
				return fmt.Errorf("eigh: values not ascending: %v", w.a)
			}
		}
		tolerance := 16 * t.eps * float64(n*n) * full[b].largest()
		if err := first(
			t.orthonormal("eigh", q),
			near("eigh: a v", full[b].times(q), q.scaled(w.a), tolerance),
			near("eigvalsh", only, w, tolerance)); err != nil {
			return err
		}
	}
	return nil
}

// shapes are rectangles of size n.
func shapes(n int) [][2]int { return [][2]int{{n, n}, {n, n + 3}, {n + 3, n}, {n/2 + 1, 2*n + 1}} }

func (t test[T, R, C]) qr() error {
	for code, s := range append(shapes(t.n), shapes(t.n)...) {
		m, n := s[0], s[1]
		full := code >= len(shapes(t.n))
		k := min(m, n)
		if full {
			k = m
		}
		a, q, r := t.random(7, m, n), make([]T, batch*m*k), make([]T, batch*k*n)
		well := func(b int) bool { return t.well(b, m*n) }
		if err := t.outcome("qr", linalg.QR(batch, m, n, q, r, a, full, t.w), well); err != nil {
			return err
		}
		for b := range batch {
			x, y, z := part(q, b, m, k), part(r, b, k, n), part(a, b, m, n)
			if !well(b) {
				if !x.spoiled(nil) || !y.spoiled(upper) {
					return fmt.Errorf("qr: expected NaN, got %v", x.a)
				}
				continue
			}
			for i := range min(m, n) {
				if imag(y.at(i, i)) != 0 {
					return fmt.Errorf("qr: diagonal of r: %v", y.at(i, i))
				}
			}
			if err := first(
				t.orthonormal("qr", x),
				near("qr: q r", x.times(y), z, 16*t.eps*float64(m+n)*z.largest()),
				near("qr: below r", y, y.where(upper), 0)); err != nil {
				return fmt.Errorf("(%d, %d): %w", m, n, err)
			}
		}
	}
	return nil
}

func (t test[T, R, C]) svd() error {
	for code, shape := range append(shapes(t.n), shapes(t.n)...) {
		m, n := shape[0], shape[1]
		k := min(m, n)
		left, right, all := k, k, code >= len(shapes(t.n))
		if all {
			left, right = m, n
		}
		a, u, vh := t.random(8, m, n), make([]T, batch*m*left), make([]T, batch*right*n)
		s, alone := make([]R, batch*k), make([]R, batch*k)
		well := func(b int) bool { return t.well(b, m*n) }
		if err := first(
			t.outcome("singular values", linalg.SVD(batch, m, n, nil, alone, nil, a, false, t.w), well),
			t.outcome("svd", linalg.SVD(batch, m, n, u, s, vh, a, all, t.w), well)); err != nil {
			return err
		}
		for b := range batch {
			x, w, only, y, full := part(u, b, m, left), part(s, b, 1, k), part(alone, b, 1, k), part(vh, b, right, n), part(a, b, m, n)
			if !well(b) {
				if !x.spoiled(nil) || !w.spoiled(nil) || !y.spoiled(nil) {
					return fmt.Errorf("svd: expected NaN, got %v", w.a)
				}
				continue
			}
			for i := range k {
				if real(w.a[i]) < 0 || i > 0 && real(w.a[i]) > real(w.a[i-1]) {
					return fmt.Errorf("svd: values not descending: %v", w.a)
				}
			}
			tolerance := 16 * t.eps * float64((m+n)*k) * full.largest()
			if err := first(
				t.orthonormal("svd: u", x), t.orthonormal("svd: vh^H", y.adjoint(true)),
				near("svd: u s vh", x.columns(k).scaled(w.a).times(y.adjoint(false).columns(k).adjoint(false)), full, tolerance),
				near("svd: values", only, w, tolerance)); err != nil {
				return fmt.Errorf("(%d, %d): %w", m, n, err)
			}
		}
	}
	return nil
}

func (t test[T, R, C]) eig() error {
	n := t.n
	a := t.random(9, n, n)
	values, alone, v := make([]C, batch*n), make([]C, batch*n), make([]C, len(a))
	well := func(b int) bool { return t.well(b, n) }
	if err := first(
		t.outcome("eigvals", linalg.Eig(batch, n, alone, nil, a, t.w), well),
		t.outcome("eig", linalg.Eig(batch, n, values, v, a, t.w), well)); err != nil {
		return err
	}
	for b := range batch {
		w, only, q, full := part(values, b, 1, n), part(alone, b, 1, n), part(v, b, n, n), part(a, b, n, n)
		if !well(b) {
			if !w.spoiled(nil) || !only.spoiled(nil) || !q.spoiled(nil) {
				return fmt.Errorf("eig: expected NaN, got %v", w.a)
			}
			continue
		}
		size := full.largest()
		var sum, trace, sumAlone complex128
		for j := range n {
			length := 0.0
			for i := range n {
				z := q.at(i, j)
				length += float64(real(z)*real(z)) + float64(imag(z)*imag(z))
			}
			if !(math.Abs(length-1) <= 8*t.eps*float64(n)) {
				return fmt.Errorf("eig: a vector of square %g", length)
			}
			sum, trace, sumAlone = sum+w.a[j], trace+full.at(j, j), sumAlone+only.a[j]
		}
		tolerance := 32 * t.eps * float64(n*n) * size
		if err := first(
			near("eig: a v", full.times(q), q.scaled(w.a), tolerance),
			near("eig: trace", matrix{1, 2, []complex128{sum, sumAlone}}, matrix{1, 2, []complex128{trace, trace}}, tolerance)); err != nil {
			return err
		}
	}
	return nil
}
