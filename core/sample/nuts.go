package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// NUTS is Hamiltonian Monte Carlo that follows a trajectory until it turns back (M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014)), with
// multinomial choice along it and the generalised criterion (M. Betancourt, arXiv:1701.02434), as in Stan: the criterion is also tried across the
// borders of subtrees. Step size and metric adapt in warm-up, by dual averaging and in windows of doubling length. A step in which the energy changes by
// more than 2 is divided (N. Bou-Rabee, B. Carpenter, T. S. Kleppe, S. Liu, arXiv:2506.18746), so that chains go into the necks of
// hierarchical models and out again.
type NUTS struct {
	// Mean acceptance that the step size is adapted to; higher means shorter steps.
	TargetAccept float64 `spec:"target_accept" default:"0.8" range:"(0,1)"`
	// A trajectory has at most 2^MaxDepth - 1 steps.
	MaxDepth int `spec:"max_depth" default:"10" range:"[1,20]"`
	// Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out, the covariance, or none.
	Metric string `spec:"metric" default:"\"low_rank\"" oneof:"low_rank,diagonal,dense,unit"`
	// Step of the leapfrog; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// A step in which the energy changes too much, as in the neck of a funnel, is halved so often; 0: never.
	Halvings int `spec:"halvings" default:"4" range:"[0,20]"`
}

// nuts is the kernel of one chain. Trees are built in place: each level of the recursion has its own scratch.
type nuts struct {
	*hamiltonian
	depth          int
	fwd, bck, pick phase // ends of the trajectory, proposal of the present doubling
	levels         []level
	rho, other     []float64
	ends           [4][]float64 // p and v at the inner ends of the two parts
	start          float64      // energy
	leaves         int
	count, metro   float64 // points of the trajectory, and their acceptance
	diverged       bool
	Halvings       []int64 // one number
	Tries          []int64 // of the present window: steps halved, those for which it was enough, transitions
	mark, probe    phase
}

// earlyDepth is the deepest tree in the first eighth of the warm-up.
const earlyDepth = 8

// level is the scratch of a subtree of one depth.
type level struct {
	pick              phase
	rhoInit, rhoFinal []float64
	pInit, pFinal     []float64 // at the end of the first half, at the beginning of the second
	vInit, vFinal     []float64
}

func newNUTS(m *NUTS, n int, warmup int64) (kernel, error) {
	h, err := newHamiltonian(m.Metric, n, m.StepSize, m.TargetAccept, warmup)
	if err != nil {
		return nil, err
	}
	k := &nuts{hamiltonian: h, depth: m.MaxDepth, fwd: newPhase(h.metric), bck: newPhase(h.metric), pick: newPhase(h.metric), Halvings: []int64{int64(m.Halvings)}, Tries: make([]int64, 3), mark: newPhase(h.metric), probe: newPhase(h.metric)}
	row := func() []float64 { return make([]float64, n) }
	k.rho, k.other = row(), row()
	for i := range k.ends {
		k.ends[i] = row()
	}
	return k, nil
}

// scratch is level d, made when it is first needed.
func (k *nuts) scratch(d int) *level {
	for len(k.levels) <= d {
		n := len(k.rho)
		row := func() []float64 { return make([]float64, n) }
		k.levels = append(k.levels, level{newPhase(k.metric), row(), row(), row(), row(), row(), row()})
	}
	return &k.levels[d]
}

func (k *nuts) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.kick(c, s)
	k.start = k.now.energy
	k.leaves, k.count, k.metro, k.diverged = 0, 0, 0, false
	k.fwd.set(&k.now)
	k.bck.set(&k.now)
	copy(k.rho, k.now.p)
	sum := 0.0 // log of the trajectory's weight
	c.note.depth = 0
	k.pick.set(&k.now)
	sample := &k.now // position that is taken; its phase is not needed any more
	deepest := k.depth
	if c.ticks < c.warmup/8 && !c.frozen { // while the metric is poor a longer trajectory does not pay
		deepest = min(deepest, earlyDepth)
	}
	for c.note.depth < int64(deepest) {
		forward := s.Float64() < 0.5
		end, sign := &k.bck, -1.0
		if forward {
			end, sign = &k.fwd, 1
		}
		// the old part's inner end is where the new one begins
		pOld, vOld, pNew, vNew := k.ends[0], k.ends[1], k.ends[2], k.ends[3]
		copy(pOld, end.p)
		copy(vOld, end.v)
		clear(k.other)
		part := math.Inf(-1)
		valid, err := k.tree(ctx, c.eval, s, end, &k.pick, int(c.note.depth), sign, pNew, vNew, k.other, &part)
		if err != nil {
			return err
		}
		if !valid {
			break
		}
		c.note.depth++
		if part > sum || s.Float64() < functions.Exp1(part-sum) {
			sample.point.set(&k.pick.point)
		}
		sum = logSum(sum, part)
		// rho of the whole, and of each part joined to the other's inner end
		back, front := k.bck.v, k.fwd.v
		innerOldP, innerNewP := pOld, pNew
		keeps := k.goesOn(back, front, k.rho, k.other)
		if forward { // old part is behind
			keeps = keeps && k.goesOn(back, vNew, k.rho, innerNewP) && k.goesOn(vOld, front, k.other, innerOldP)
		} else {
			keeps = keeps && k.goesOn(back, vOld, k.other, innerOldP) && k.goesOn(vNew, front, k.rho, innerNewP)
		}
		for i, x := range k.other {
			k.rho[i] += x
		}
		if !keeps {
			break
		}
	}
	c.at.set(&sample.point)
	c.note.accept = 0
	if k.count > 0 {
		c.note.accept = k.metro / k.count
	}
	c.note.steps, c.note.diverging, c.note.energy = int64(k.leaves), k.diverged, k.start
	c.visit()
	return nil
}

// goesOn is the criterion: the sum a + b of momenta still points along the velocities at both ends.
func (k *nuts) goesOn(v, w, a, b []float64) bool {
	var x, y float64
	w, a, b = w[:len(v)], a[:len(v)], b[:len(v)]
	for i := range v {
		r := a[i] + b[i]
		x += float64(v[i] * r)
		y += float64(w[i] * r)
	}
	return x > 0 && y > 0
}

// tree extends the trajectory at end by 2^depth steps. It sets the proposal and the momentum and velocity where the subtree begins, and adds its
// momenta to rho and its weight to sum. It is false where the subtree turns back or diverges.
func (k *nuts) tree(ctx context.Context, eval *evaluator, s *rng.Stream, end, pick *phase, depth int, sign float64, pBegin, vBegin, rho []float64, sum *float64) (bool, error) {
	if depth == 0 {
		energy, goes, err := k.stride(ctx, eval, end, sign*k.steps.Step)
		if err != nil {
			return false, err
		}
		k.leaves++
		k.count++
		k.metro += min(1, functions.Exp1(min(k.start-energy, 0)))
		if !goes {
			return false, nil
		}
		d := k.start - end.energy
		k.diverged = !(d > -divergent)
		*sum = logSum(*sum, d)
		pick.point.set(&end.point)
		copy(pBegin, end.p)
		copy(vBegin, end.v)
		for i, x := range end.p {
			rho[i] += x
		}
		return !k.diverged, nil
	}
	l := k.scratch(depth)
	clear(l.rhoInit)
	clear(l.rhoFinal)
	one, two := math.Inf(-1), math.Inf(-1)
	if ok, err := k.tree(ctx, eval, s, end, pick, depth-1, sign, pBegin, vBegin, l.rhoInit, &one); !ok || err != nil {
		return false, err
	}
	copy(l.pInit, end.p)
	copy(l.vInit, end.v)
	if ok, err := k.tree(ctx, eval, s, end, &l.pick, depth-1, sign, l.pFinal, l.vFinal, l.rhoFinal, &two); !ok || err != nil {
		return false, err
	}
	both := logSum(one, two)
	*sum = logSum(*sum, both)
	if two > both || s.Float64() < functions.Exp1(two-both) {
		pick.point.set(&l.pick.point)
	}
	for i := range rho {
		rho[i] += l.rhoInit[i] + l.rhoFinal[i]
	}
	return k.goesOn(vBegin, end.v, l.rhoInit, l.rhoFinal) && k.goesOn(vBegin, l.vFinal, l.rhoInit, l.pFinal) &&
		k.goesOn(l.vInit, end.v, l.rhoFinal, l.pInit), nil
}

// logSum is log(e^x + e^y).
func logSum(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) || math.IsInf(x, 1) {
		return x
	}
	return x + functions.Log1p1(functions.Exp1(y-x))
}
