package definitions

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/linalg"
)

// near1 are matrices 2 + x with random x of norm about 1: their eigenvalues are far from the negative axis.
func (t test[T, R, C]) near1(purpose uint64) []T {
	n := t.n
	a := t.random(purpose, n, n)
	for k := range a {
		a[k] = scaled(a[k], 0.5/math.Sqrt(float64(n)))
	}
	for b := range batch {
		for i := range n {
			a[(b*n+i)*n+i] += from[T](2)
		}
	}
	return a
}

func scaled[T linalg.Real | linalg.Complex](x T, c float64) T {
	z := part([]T{x}, 0, 1, 1).a[0]
	return from[T](complex(c*real(z), c*imag(z)))
}

// taylor is exp a by 40 terms of a / 2^4, squared.
func (m matrix) taylor() matrix {
	const squarings = 4
	small := make([]complex128, m.rows)
	for i := range small {
		small[i] = complex(math.Ldexp(1, -squarings), 0)
	}
	x := m.scaled(small)
	term, sum := unit(m.rows), unit(m.rows)
	for k := 1; k < 40; k++ {
		for i := range small {
			small[i] = complex(1/float64(k), 0)
		}
		term = term.times(x).scaled(small)
		for i, z := range term.a {
			sum.a[i] += z
		}
	}
	for range squarings {
		sum = sum.times(sum)
	}
	return sum
}

func (m matrix) plus(o matrix) matrix {
	p := matrix{m.rows, m.cols, make([]complex128, len(m.a))}
	for i := range p.a {
		p.a[i] = m.a[i] + o.a[i]
	}
	return p
}

// block is [[a, e], [0, a]], and corner its upper right quarter.
func block(a, e matrix) matrix {
	n := a.rows
	m := matrix{2 * n, 2 * n, make([]complex128, 4*n*n)}
	for i := range n {
		copy(m.a[i*2*n:], a.a[i*n:(i+1)*n])
		copy(m.a[i*2*n+n:], e.a[i*n:(i+1)*n])
		copy(m.a[(n+i)*2*n+n:], a.a[i*n:(i+1)*n])
	}
	return m
}

func (m matrix) corner() matrix {
	n := m.rows / 2
	c := matrix{n, n, make([]complex128, n*n)}
	for i := range n {
		copy(c.a[i*n:(i+1)*n], m.a[i*2*n+n:])
	}
	return c
}

// functions: exp is its series, root root is a, exp log is a; derivatives likewise, those of root by root d + d root = e.
func (t test[T, R, C]) functions() error {
	if t.kind != ordinary && t.kind != poisoned {
		return nil
	}
	n := t.n
	a, e := t.near1(10), test[T, R, C]{n: n, key: t.key}.near1(11)
	of := func(f linalg.Function, a, e []T) ([]T, error) {
		y := make([]T, batch*n*n)
		return y, t.outcome("function of a matrix", linalg.MatrixFunction(f, batch, n, y, a, e, t.w), func(b int) bool { return t.well(b, n) })
	}
	var y [2][3][]T
	for f := linalg.Exp; f <= linalg.Root; f++ {
		for k, direction := range [][]T{nil, e} {
			var err error
			if y[k][f], err = of(f, a, direction); err != nil {
				return err
			}
		}
	}
	for b := range batch {
		at := func(k int, f linalg.Function) matrix { return part(y[k][f], b, n, n) }
		if !t.well(b, n) {
			if !at(0, linalg.Exp).spoiled(nil) || !at(1, linalg.Log).spoiled(nil) || !at(0, linalg.Root).spoiled(nil) {
				return fmt.Errorf("function of a matrix: expected NaN")
			}
			continue
		}
		x, d := part(a, b, n, n), part(e, b, n, n)
		both := block(x, d)
		series := both.taylor()
		r, dr := at(0, linalg.Root), at(1, linalg.Root)
		back := block(at(0, linalg.Log), at(1, linalg.Log)).taylor()
		tolerance := func(m matrix) float64 { return 64 * t.eps * float64(n+1) * m.largest() }
		if err := first(
			near("exp", at(0, linalg.Exp), x.taylor(), tolerance(x.taylor())),
			near("derivative of exp", at(1, linalg.Exp), series.corner(), tolerance(series)),
			near("root", r.times(r), x, tolerance(x)),
			near("derivative of root", r.times(dr).plus(dr.times(r)), d, tolerance(both)),
			near("log", at(0, linalg.Log).taylor(), x, 16*tolerance(x)),
			near("derivative of log", back.corner(), d, 16*tolerance(both))); err != nil {
			return err
		}
	}
	return nil
}

// schur wants a = z t z^H with unitary z and nothing below t's diagonal.
func (t test[T, R, C]) schur() error {
	n := t.n
	if t.w.By == nil || t.kind == poisoned || t.kind == huge || t.kind == tiny {
		return nil // what calls it scales
	}
	a := test[complex128, float64, complex128]{n: n, kind: t.kind, eps: 0x1p-52, key: t.key}.random(12, n, n)
	for b := range batch {
		full := part(a, b, n, n)
		x, z := append([]complex128{}, full.a...), make([]complex128, n*n)
		if s := t.w.By.Schur(n, x, z, t.w); s != linalg.OK {
			return fmt.Errorf("schur: %v", s)
		}
		u, r := matrix{n, n, z}, matrix{n, n, x}
		if err := first(
			near("schur: z^H z", u.adjoint(true).times(u), unit(n), 32*0x1p-52*float64(n+1)),
			near("schur: below t", r, r.where(upper), 0),
			near("schur: z t z^H", u.times(r).times(u.adjoint(true)), full, 32*0x1p-52*float64(n*n+1)*full.largest())); err != nil {
			return err
		}
	}
	return nil
}
