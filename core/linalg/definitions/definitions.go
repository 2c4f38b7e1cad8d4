// Package definitions checks a library of dense factorisations against what its results are defined to be, on random, graded, singular, huge,
// tiny, empty and non-finite matrices, and against another library.
package definitions

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// kinds of matrices.
const (
	ordinary = iota // normal entries
	graded          // columns of sizes 1 to 1e-8 (1e-3 in single precision)
	singular        // two rows and columns of zeros, or one where there is one
	huge            // the scale at which squares overflow
	tiny            // and vanish
	poisoned        // one entry NaN or infinite
	kinds
)

// Verify returns the first violation for matrices of the given sizes and rectangles, all dtypes; nil is what programs get: our own kernels for small
// matrices and the current library for others.
func Verify(f linalg.Factorizations, sizes []int) error {
	name := "ours"
	if f != nil {
		name = f.Name()
	}
	for _, n := range sizes {
		for kind := range kinds {
			for _, try := range []func() error{
				func() error { return verify[float64, float64, complex128](f, n, kind) },
				func() error { return verify[complex128, float64, complex128](f, n, kind) },
				func() error { return verify[float32, float32, complex64](f, n, kind) },
				func() error { return verify[complex64, float32, complex64](f, n, kind) },
			} {
				if err := try(); err != nil {
					return fmt.Errorf("%s, n = %d, kind %d: %w", name, n, kind, err)
				}
			}
		}
	}
	return nil
}

// batch is the number of matrices in a call.
const batch = 3

// test is one combination of library, dtype, size and kind; T are the matrices, R their real, C their complex type.
type test[T linalg.Real | linalg.Complex, R linalg.Real, C linalg.Complex] struct {
	n, kind int
	eps     float64
	key     rng.Key
	w       *linalg.Scratch
}

func verify[T linalg.Real | linalg.Complex, R linalg.Real, C linalg.Complex](f linalg.Factorizations, n, kind int) error {
	t := test[T, R, C]{n: n, kind: kind, eps: 0x1p-52, key: rng.New(5).Fold(uint64(n)).Fold(uint64(kind)), w: &linalg.Scratch{By: f}}
	if _, single := any(*new(R)).(float32); single {
		t.eps = 0x1p-23
	}
	for _, check := range []func() error{t.cholesky, t.lu, t.triangular, t.eigh, t.qr, t.svd, t.eig, t.schur, t.functions} {
		if err := check(); err != nil {
			return fmt.Errorf("%T: %w", *new(T), err)
		}
	}
	return nil
}

// random are batch matrices (rows, cols) of the kind, the same for all dtypes of one width up to imaginary parts.
func (t test[T, R, C]) random(purpose uint64, rows, cols int) []T {
	x := make([]float64, 2*batch*rows*cols)
	t.key.Fold(purpose).Normals(x, 0, 0)
	scale := 1.0
	small, great := 1e-8, 1e200
	if t.eps > 1e-10 {
		small, great = 1e-3, 1e25
	}
	switch t.kind {
	case huge:
		scale = great
	case tiny:
		scale = 1 / great
	}
	a := make([]T, batch*rows*cols)
	for k := range a {
		i, j := k/cols%rows, k%cols
		s := scale
		if t.kind == graded {
			s *= functions.Pow1(small, float64(j)/float64(cols))
		}
		if t.kind == singular && (i == rows/2 || j == cols/3) {
			s = 0
		}
		a[k] = from[T](complex(s*x[2*k], s*x[2*k+1]))
	}
	if t.kind == poisoned {
		for b := range batch {
			if b != 1 && rows*cols > 0 { // the middle one stays well
				a[b*rows*cols+(rows-1)*cols] = from[T](complex([3]float64{math.NaN(), 0, math.Inf(-1)}[b], 0))
			}
		}
	}
	return a
}

// well tells whether results of matrix b of the batch exist, apart from singularity.
func (t test[T, R, C]) well(b, elements int) bool {
	return t.kind != poisoned || b == 1 || elements == 0
}

// outcome wants exactly the matrices for which well is false to be counted.
func (t test[T, R, C]) outcome(who string, o linalg.Outcome, well func(b int) bool) error {
	want := 0
	for b := range batch {
		if !well(b) {
			want++
		}
	}
	if o.Failed != want || (want > 0 && well(o.First)) || (o.Status == linalg.OK) != (want == 0) {
		return fmt.Errorf("%s: expected %d failures, got %+v", who, want, o)
	}
	return nil
}

func from[T linalg.Real | linalg.Complex](z complex128) (t T) {
	switch p := any(&t).(type) {
	case *float64:
		*p = real(z)
	case *float32:
		*p = float32(real(z))
	case *complex128:
		*p = z
	case *complex64:
		*p = complex64(z)
	}
	return t
}

// matrix is a dense complex matrix, computed with the obvious way.
type matrix struct {
	rows, cols int
	a          []complex128
}

// part is matrix b of a batch.
func part[T linalg.Real | linalg.Complex](x []T, b, rows, cols int) matrix {
	m := matrix{rows, cols, make([]complex128, rows*cols)}
	for i := range m.a {
		switch v := any(x[b*rows*cols+i]).(type) {
		case float64:
			m.a[i] = complex(v, 0)
		case float32:
			m.a[i] = complex(float64(v), 0)
		case complex128:
			m.a[i] = v
		case complex64:
			m.a[i] = complex128(v)
		}
	}
	return m
}

func (m matrix) at(i, j int) complex128 { return m.a[i*m.cols+j] }

func (m matrix) times(o matrix) matrix {
	p := matrix{m.rows, o.cols, make([]complex128, m.rows*o.cols)}
	for i := range m.rows {
		for k := range m.cols {
			for j := range o.cols {
				p.a[i*o.cols+j] += times(m.at(i, k), o.at(k, j))
			}
		}
	}
	return p
}

func times(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	return complex(float64(a*c)-float64(b*d), float64(a*d)+float64(b*c))
}

// adjoint is m^H, or m^T.
func (m matrix) adjoint(conjugate bool) matrix {
	t := matrix{m.cols, m.rows, make([]complex128, len(m.a))}
	for i := range m.rows {
		for j := range m.cols {
			z := m.at(i, j)
			if conjugate {
				z = complex(real(z), -imag(z))
			}
			t.a[j*m.rows+i] = z
		}
	}
	return t
}

func (m matrix) where(keep func(i, j int) bool) matrix {
	k := matrix{m.rows, m.cols, make([]complex128, len(m.a))}
	for i := range m.rows {
		for j := range m.cols {
			if keep(i, j) {
				k.a[i*m.cols+j] = m.at(i, j)
			}
		}
	}
	return k
}

// columns are the first k.
func (m matrix) columns(k int) matrix {
	p := matrix{m.rows, k, make([]complex128, m.rows*k)}
	for i := range m.rows {
		copy(p.a[i*k:(i+1)*k], m.a[i*m.cols:])
	}
	return p
}

func unit(n int) matrix {
	e := matrix{n, n, make([]complex128, n*n)}
	for i := range n {
		e.a[i*n+i] = 1
	}
	return e
}

// scaled multiplies column j by s[j].
func (m matrix) scaled(s []complex128) matrix {
	p := matrix{m.rows, m.cols, make([]complex128, len(m.a))}
	for k, z := range m.a {
		p.a[k] = times(z, s[k%m.cols])
	}
	return p
}

// largest is the largest part of an entry; NaN if there is one.
func (m matrix) largest() float64 {
	most := 0.0
	for _, z := range m.a {
		most = max(most, math.Abs(real(z)), math.Abs(imag(z)))
	}
	return most
}

// spoiled tells whether there is nothing but NaN where keep says (nil: everywhere).
func (m matrix) spoiled(keep func(i, j int) bool) bool {
	for i := range m.rows {
		for j := range m.cols {
			if z := m.at(i, j); (keep == nil || keep(i, j)) && real(z) == real(z) {
				return false
			}
		}
	}
	return true
}

// near wants |x - y| <= tolerance, entry by entry; a NaN is not near.
func near(who string, x, y matrix, tolerance float64) error {
	for i := range x.a {
		d := x.a[i] - y.a[i]
		if off := max(math.Abs(real(d)), math.Abs(imag(d))); !(off <= tolerance) {
			return fmt.Errorf("%s: entry %d: got %v, expected %v to %g", who, i, x.a[i], y.a[i], tolerance)
		}
	}
	return nil
}

// orthonormal wants orthonormal columns.
func (t test[T, R, C]) orthonormal(who string, q matrix) error {
	return near(who+": products of columns", q.adjoint(true).times(q), unit(q.cols), 20*t.eps*float64(q.rows+1))
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
