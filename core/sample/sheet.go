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
	before                                         []float64
	count                                          []int64 // gradients of a row that is not lost
	lost                                           []bool
	normals                                        rng.Flock
	streams                                        []rng.Stream // near each other, as those of the chains are not
	path                                           *path        // of mean and stiff, at its version
	version                                        int
}

// flat tells whether chains are of HMC in flat space with leapfrogs, one number of steps, one metric without correlations, and one place on the path.
func flat(chains []*chain) bool {
	first, ok := chains[0].kernel.(*hmc)
	if !ok || chains[0].eval.path.prior != nil || first.shape != nil || len(first.stages) > 1 || first.metric.dense != nil || first.metric.root != nil {
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
		s := &sheet{rows: make([]point, width), before: make([]float64, width), count: make([]int64, width), lost: make([]bool, width), streams: make([]rng.Stream, width)}
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
		s.streams[r].Reset(c.key, uint64(c.ticks))
		s.normals.Normals(&s.streams[r], row(s.p, r))
		b.kT[r] = c.eval.kT
		s.rows[r].set(&c.at)
	}
	s.normals.Done()
	even := true
	for r, c := range chains {
		k, p := c.kernel.(*hmc), row(s.p, r)
		v := p
		if scaled {
			v = row(s.v, r)
			copy(row(s.metric, r), k.metric.diagonal)
			k.metric.shape(p)
			k.metric.apply(v, p)
		}
		k.before = c.at.u + float64(0.5*dot(p, v))
		k.stride(&s.streams[r])
		even = even && k.size == chains[0].kernel.(*hmc).size
		s.before[r], s.count[r], s.lost[r] = k.before, 0, false
	}
	half, full := s.half[:1], s.full[:1] // of each row, or of all
	if !even {
		half, full = s.half[:m], s.full[:m]
	}
	for i := range half {
		size := chains[i/n].kernel.(*hmc).size
		half[i], full[i] = 0.5*size, size
	}
	if path := chains[0].eval.path; share > 0 && (s.path != path || s.version != path.version) {
		for r := range width {
			copy(row(s.mean, r), path.mean)
			copy(row(s.stiff, r), path.stiff)
		}
		s.path, s.version = path, path.version
	}
	b.points = b.points[:0] // z holds them
	eval, rows, err := b.rows(R)
	if err != nil {
		return err
	}
	mixed := b.mixed(rows)
	z, g, p, v, w := b.z[:m], b.g[:m], s.p[:m], s.v[:m], s.w[:m]
	if !scaled { // velocities are momenta
		v, w = p, g
	}
	for range count {
		if scaled {
			simd.Mul(w, s.metric[:m], g)
			simd.Chain(simd.StepMul, simd.StepFrom, v, half, w, v)
		}
		simd.Chain(simd.StepMul, simd.StepFrom, p, half, g, p)
		simd.Chain(simd.StepMul, simd.StepAdd, z, full, v, z)
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
		c.eval.gradients += s.count[r]
		c.note.steps = s.count[r]
		c.kernel.(*hmc).decide(c, &s.streams[r], &s.rows[r], energy)
		if c.warming() { // adaptation draws on
			c.stream = s.streams[r]
		}
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
	sum := simd.Sum(g)
	finite := sum-sum == 0 // else some may not be
	if share > 0 {
		simd.Sub(s.d[:m], b.z[:m], s.mean[:m])
		simd.Mul(s.t[:m], s.stiff[:m], s.d[:m])
	}
	for r, u := range b.u[:len(chains)] {
		if s.lost[r] {
			continue
		}
		s.count[r]++
		p := &s.rows[r]
		if u-u != 0 || !finite {
			u = chains[r].eval.judge(p.z, u)
			for _, x := range p.g {
				if x-x != 0 && u-u == 0 {
					u = chains[r].eval.judge(p.z, math.NaN())
				}
			}
		}
		p.u, p.part, p.kT = u, u, chains[r].eval.kT
		if share > 0 {
			p.u = chains[r].eval.mixed(u, float64(0.5*fourfold(s.d[r*n:(r+1)*n], s.t[r*n:(r+1)*n])))
		}
		s.lost[r] = !(p.u-s.before[r] <= divergent)
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
