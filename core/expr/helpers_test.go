package expr

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/stretchr/testify/require"
)

func f64(shape ...int) Type  { return Type{array.Float64, append([]int{}, shape...)} }
func c128(shape ...int) Type { return Type{array.Complex128, append([]int{}, shape...)} }
func i64(shape ...int) Type  { return Type{array.Int64, append([]int{}, shape...)} }

// program builds f over inputs of the given types.
func program(in []Type, f func(b *Builder, x []ID) []ID) *Program {
	b := NewBuilder()
	x := make([]ID, len(in))
	for i, t := range in {
		x[i] = b.Input(t)
	}
	return b.Finish(f(b, x)...)
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// eval runs the reference on values given as complex numbers.
func eval(t testing.TB, p *Program, in ...[]complex128) [][]complex128 {
	t.Helper()
	q, err := Lower(p)
	require.NoError(t, err)
	require.Len(t, in, q.Inputs)
	vals := make([]*val, len(in))
	for i, x := range in {
		vals[i] = newVal(q.Nodes[i].Type)
		require.Equal(t, vals[i].Len(), len(x), "input %d", i)
		for k, v := range x {
			vals[i].set(k, v)
		}
	}
	out, err := run(q, vals)
	require.NoError(t, err)
	res := make([][]complex128, len(out))
	for i, o := range out {
		res[i] = make([]complex128, o.Len())
		for k := range res[i] {
			res[i][k] = o.get(k)
		}
	}
	return res
}

func reals(x ...float64) []complex128 {
	out := make([]complex128, len(x))
	for i, v := range x {
		out[i] = complex(v, 0)
	}
	return out
}

// noise is a fixed stream of numbers in (-1, 1).
type noise uint64

func (s *noise) next() float64 {
	*s = *s*6364136223846793005 + 1442695040888963407
	return float64(int64(*s)>>11) / 0x1p52
}

func (s *noise) fill(t Type, f func(float64) float64) []complex128 {
	out := make([]complex128, t.Len())
	for i := range out {
		re := s.next()
		if f != nil {
			re = f(re)
		}
		out[i] = complex(re, 0)
		if t.complex() {
			im := s.next()
			if f != nil {
				im = f(im)
			}
			out[i] = complex(re, im)
		}
	}
	return out
}

// pairing is Re sum u v.
func pairing(u, v []complex128) float64 {
	s := 0.0
	for i := range u {
		s += real(u[i] * v[i])
	}
	return s
}

func along(x, v []complex128, h float64) []complex128 {
	out := make([]complex128, len(x))
	for i := range x {
		out[i] = x[i] + complex(h, 0)*v[i]
	}
	return out
}

func near(t testing.TB, want, got []complex128, tol float64, msg ...any) {
	t.Helper()
	require.Len(t, got, len(want), msg...)
	scale, worst := 0.0, 0.0
	for i := range want {
		if want[i] == got[i] || cmplx.IsNaN(want[i]) && cmplx.IsNaN(got[i]) {
			continue
		}
		scale = max(scale, special.Cabs(want[i]))
		worst = max(worst, special.Cabs(want[i]-got[i]))
		if math.IsNaN(special.Cabs(want[i] - got[i])) {
			worst = math.Inf(1)
		}
	}
	if worst > tol*max(scale, 1) {
		require.Failf(t, "not near", "off by %.3g, scale %.3g, tolerance %.1g\nwant %v\ngot  %v\n%v", worst, scale, tol, want, got, msg)
	}
}
