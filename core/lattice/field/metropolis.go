package field

import (
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// metropolis adds a normal number to a site and accepts with probability min(1, exp(-dS/kT)).
type metropolis struct {
	*conditional
	walkers.Stride
}

func (*metropolis) Name() string { return "acceptance" }

func (r *metropolis) Visit(z []float64, sites []int32, u *rng.Stream) (changed int64) {
	var next [1]float64
	for _, i := range sites {
		if dS := r.Propose(next[:], z, int(i), u); dS <= 0 || u.Float64() < functions.Exp1(-dS/r.kT) {
			z[i] = next[0]
			changed++
		}
	}
	return changed
}

// Width of a site.
func (*metropolis) Width() int { return 1 }

// Propose moves a site: dS = (w - v) (c (w + v)/2 + lam (w + v)(w^2 + v^2)/4 - x).
func (r *metropolis) Propose(dst, z []float64, i int, u *rng.Stream) float64 {
	c, x := r.given(z, i)
	v, w := z[i], z[i]+float64(r.Step*u.Normal())
	dst[0] = w
	both, squares := v+w, float64(v*v)+float64(w*w)
	return float64((w - v) * (float64(0.5*c*both) + float64(0.25*r.model.Lam*both*squares) - x))
}

func prepareMetropolis(m *Phi4, method *moves.Metropolis) (builder, error) {
	return m.rules(method.Order, func(c *conditional) []walkers.Rule[float64] {
		return []walkers.Rule[float64]{&metropolis{c, walkers.NewStride(method.Step)}}
	})
}
