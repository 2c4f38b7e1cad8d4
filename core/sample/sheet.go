package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
)

// sheet is the phase space of the chains of a batch in one piece, row by row: their leapfrogs are a few passes over it.
type sheet struct {
	p, v, w, half, full, metric, mean, stiff, d, t []float64
	rows                                           []point // z and g lie in the batch
	lost                                           []bool
	normals                                        rng.Flock
}

// flat tells whether chains are of HMC in flat space with leapfrogs, one number of steps, one metric without correlations, and one place on the path.
func flat(chains []*chain) bool {
	first, ok := chains[0].kernel.(*hmc)
	if !ok || first.shape != nil || len(first.stages) > 1 || first.metric.dense != nil || first.metric.root != nil {
		return false
	}
	for _, c := range chains {
		k, ok := c.kernel.(*hmc)
		if !ok || k.count != first.count || len(k.stages) > 1 || c.eval.share != chains[0].eval.share || len(k.metric.diagonal) != len(first.metric.diagonal) {
			return false
		}
	}
	return true
}

func (b *batch) paper(n int) *sheet {
	if b.sheet == nil {
		s := &sheet{rows: make([]point, width), lost: make([]bool, width)}
		for _, x := range []*[]float64{&s.p, &s.v, &s.w, &s.half, &s.full, &s.metric, &s.mean, &s.stiff, &s.d, &s.t} {
			*x = make([]float64, width*n)
		}
		for r := range s.rows {
			s.rows[r].z, s.rows[r].g = b.z[r*n:(r+1)*n], b.g[r*n:(r+1)*n]
		}
		b.sheet = s
	}
	return b.sheet
}

// trajectories is a transition of all chains, with the bits of each alone: rows that ran away go on unheeded.
func (b *batch) trajectories(ctx context.Context, chains []*chain) error {
	n, R := len(chains[0].at.z), len(chains)
	s, m := b.paper(n), R*n
	count, share := chains[0].kernel.(*hmc).count, chains[0].eval.share
	scaled := chains[0].kernel.(*hmc).metric.diagonal != nil
	row := func(x []float64, r int) []float64 { return x[r*n : (r+1)*n] }
	for r, c := range chains {
		c.stream.Reset(c.key, uint64(c.ticks))
		s.normals.Normals(&c.stream, row(s.p, r))
		b.kT[r] = c.eval.kT
		s.rows[r].set(&c.at)
	}
	s.normals.Done()
	for r, c := range chains {
		k := c.kernel.(*hmc)
		k.metric.shape(row(s.p, r))
		k.metric.apply(row(s.v, r), row(s.p, r))
		k.before = c.at.u + float64(0.5*dot(row(s.p, r), row(s.v, r)))
		k.stride(c)
		half, full := row(s.half, r), row(s.full, r)
		for i := range half {
			half[i], full[i] = 0.5*k.size, k.size
		}
		if scaled {
			copy(row(s.metric, r), k.metric.diagonal)
		}
		if share > 0 {
			copy(row(s.mean, r), c.eval.path.mean)
			copy(row(s.stiff, r), c.eval.path.stiff)
		}
		s.lost[r], c.note.steps = false, 0
	}
	b.points = b.points[:0] // z holds them
	eval, rows, err := b.rows(R)
	if err != nil {
		return err
	}
	mixed := b.mixed(rows)
	z, g, p, v, w, half := b.z[:m], b.g[:m], s.p[:m], s.v[:m], s.w[:m], s.half[:m]
	if !scaled { // velocities are momenta
		v, w = p, g
	}
	for range count {
		if scaled {
			simd.Mul(w, s.metric[:m], g)
			simd.Chain(simd.StepMul, simd.StepFrom, v, half, w, v)
		}
		simd.Chain(simd.StepMul, simd.StepFrom, p, half, g, p)
		simd.Chain(simd.StepMul, simd.StepAdd, z, s.full[:m], v, z)
		if err := b.gradients(ctx, eval, rows, mixed); err != nil {
			return err
		}
		b.judge(chains, share)
		if scaled {
			simd.Mul(w, s.metric[:m], g)
			simd.Chain(simd.StepMul, simd.StepFrom, v, half, w, v)
		}
		simd.Chain(simd.StepMul, simd.StepFrom, p, half, g, p)
	}
	for r, c := range chains {
		energy := math.Inf(1)
		if !s.lost[r] {
			if x := s.rows[r].u + float64(0.5*dot(p[r*n:(r+1)*n], v[r*n:(r+1)*n])); x-x == 0 {
				energy = x
			}
		}
		c.kernel.(*hmc).decide(c, &s.rows[r], energy)
		if err := c.done(ctx); err != nil {
			return err
		}
	}
	return nil
}

// judge is evaluator.settle of all rows.
func (b *batch) judge(chains []*chain, share float64) {
	s, n := b.sheet, len(chains[0].at.z)
	m := len(chains) * n
	g := b.g[:m]
	simd.Sub(s.t[:m], g, g)
	finite := simd.Sum(s.t[:m]) == 0
	if share > 0 {
		simd.Sub(s.d[:m], b.z[:m], s.mean[:m])
		simd.Mul(s.t[:m], s.stiff[:m], s.d[:m])
	}
	for r, c := range chains {
		if s.lost[r] {
			continue
		}
		p, e := &s.rows[r], c.eval
		e.gradients++
		c.note.steps++
		p.u = e.judge(p.z, b.u[r])
		if !finite && p.u-p.u == 0 {
			for _, x := range p.g {
				if x-x != 0 {
					p.u = e.judge(p.z, math.NaN())
					break
				}
			}
		}
		p.part = p.u
		if share > 0 {
			p.u = e.mixed(p.u, float64(0.5*fourfold(s.d[r*n:(r+1)*n], s.t[r*n:(r+1)*n])))
		}
		s.lost[r] = c.kernel.(*hmc).lost(p.u)
	}
	switch {
	case share == 0:
	case share == 1:
		copy(g, s.t[:m])
	default:
		one, rest := [1]float64{share}, [1]float64{1 - share}
		simd.Mul(s.t[:m], one[:], s.t[:m])
		simd.Chain(simd.StepMul, simd.StepAdd, g, rest[:], g, s.t[:m])
	}
}
