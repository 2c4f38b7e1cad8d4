package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// EllipticalSlice moves along ellipses through the present point and a draw from a Gaussian N(m, C), the prior (I. Murray, R. P. Adams,
// D. J. C. MacKay, AISTATS 2010):
//
//	z' = m + (z - m) cos a + (d - m) sin a,    d ~ N(m, C),
//
// with a slice of what the density has beside the Gaussian, so that nothing is tuned. The energy is the whole one, with the Gaussian in it; any m and C
// leave the density invariant, those of its prior make the moves long. It needs no gradient. m and C are those of unconstrained coordinates;
// angles stay in [-pi, pi], as the Gaussian is not periodic.
type EllipticalSlice struct {
	// C: a variance, variances (n), or a matrix (n, n).
	Covariance array.Field `spec:"covariance" default:"1.0"`
	// m: a number or one for each coordinate.
	Mean array.Field `spec:"mean" default:"0.0"`
	// Ellipses of one draw.
	Steps int `spec:"steps" default:"10" range:"[1,1e9]"`
}

type elliptical struct {
	n, count int
	mean     []float64
	factor   []float64 // lower, (n, n); nil: root
	root     []float64
	draw     []float64 // about the mean
	white    []float64
	next     point
}

func newElliptical(m *EllipticalSlice, n int, _ int64) (kernel, error) {
	k := &elliptical{n: n, count: m.Steps, mean: make([]float64, n), root: make([]float64, n), draw: make([]float64, n), white: make([]float64, n), next: newPoint(n)}
	if !m.Mean.Uniform() && len(m.Mean.Values) != n {
		return nil, spec.Errorf(spec.ShapeError, "mean: expected a number or shape (%d,), got %v", n, m.Mean.Shape).With("argument", "mean")
	}
	for i := range k.mean {
		k.mean[i] = m.Mean.At(i)
	}
	c := m.Covariance
	wrong := func(what string) error {
		return spec.Errorf(spec.SpecError, "covariance: expected %s", what).With("argument", "covariance")
	}
	switch {
	case c.Uniform() || len(c.Shape) == 1 && c.Shape[0] == n:
		for i := range k.root {
			if !(c.At(i) > 0) {
				return nil, wrong("variances above 0")
			}
			k.root[i] = math.Sqrt(c.At(i))
		}
	case len(c.Shape) == 2 && c.Shape[0] == n && c.Shape[1] == n:
		for i := range n {
			for j := range i {
				if math.Abs(c.Values[i*n+j]-c.Values[j*n+i]) > 1e-10*math.Sqrt(math.Abs(c.Values[i*n+i]*c.Values[j*n+j])) {
					return nil, wrong("a symmetric matrix")
				}
			}
		}
		if k.factor = cholesky(c.Values, n); k.factor == nil {
			return nil, wrong("a positive definite matrix")
		}
	default:
		return nil, spec.Errorf(spec.ShapeError, "covariance: expected a number, shape (%d,) or (%d, %d), got %v", n, n, n, c.Shape).With("argument", "covariance")
	}
	return k, nil
}

func (k *elliptical) begin(context.Context, *chain, *rng.Stream) error          { return nil }
func (k *elliptical) slopeless()                                                {}
func (k *elliptical) warm()                                                     {}
func (k *elliptical) state() []any                                              { return nil }
func (k *elliptical) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }

// excess is u without the Gaussian.
func (k *elliptical) excess(p *point) float64 {
	w := k.white
	for i := range w {
		d := p.z[i] - k.mean[i]
		if k.factor == nil {
			w[i] = d / k.root[i]
		} else {
			w[i] = (d - dot(k.factor[i*k.n:i*k.n+i], w[:i])) / k.factor[i*k.n+i]
		}
	}
	return p.u - float64(0.5*dot(w, w))
}

func (k *elliptical) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	c.note.steps, c.note.accept, c.note.energy, c.note.diverging = 0, 1, c.at.u, false
	for range k.count {
		s.Normals(k.white)
		for i := range k.draw {
			if k.factor == nil {
				k.draw[i] = k.root[i] * k.white[i]
			} else {
				k.draw[i] = dot(k.factor[i*k.n:i*k.n+i+1], k.white[:i+1])
			}
		}
		level := k.excess(&c.at) - functions.Log1p1(-s.Float64())
		angle := float64(2 * math.Pi * s.Float64())
		low, high := angle-2*math.Pi, angle
		for high-low > 1e-14 {
			sin, cos := functions.Sincos1(angle)
			for i, m := range k.mean {
				k.next.z[i] = m + (float64(cos*(c.at.z[i]-m)) + float64(sin*k.draw[i]))
			}
			c.note.steps++
			if err := c.eval.valueAt(ctx, &k.next); err != nil {
				return err
			}
			if k.next.u-k.next.u == 0 && !c.beyond(k.next.z) && k.excess(&k.next) < level {
				c.at.set(&k.next)
				break
			}
			if angle < 0 {
				low = angle
			} else {
				high = angle
			}
			angle = low + float64((high-low)*s.Float64())
		}
	}
	c.visit()
	return nil
}
