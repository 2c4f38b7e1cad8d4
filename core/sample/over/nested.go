package over

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// NestedSampling integrates over shells of the reference distribution. "live" points are drawn from it; again and again the worst ones, with the largest
//
//	D = u(kT) - u_reference,   u = E/kT - log|dx/dz|,
//
// are taken away, and copies of others are moved within D < D_worst by the kernel at the reference, under a bias that forbids the rest. Each point
// taken from n stands for a share 1 - exp(-1/n) of what was left of the reference's mass X, so that
//
//	Z = Z_reference sum_i (X_i-1 - X_i) exp(-D_i),
//
// which is unbiased in log X only; the error of log Z is sqrt(H / live), H the information. Points of equal D (spins) are told apart by labels drawn
// uniformly. It ends when the live points hold less than "tolerance" of Z at every kT; shells are ordered by D at the lowest kT.
//
// "draws" are drawn from all points by their weights, by a comb. The reference is that of SMC: fair coins for spins, for densities a Gaussian
// N(center, scale^2) of the unconstrained coordinates z.
//
// The mean is exact only as far as moves forget where they began: repeat with more sweeps and compare.
//
// # Observables
//
// Beside the system's: log_weights (draw,), equal within a population; log_evidence and log_evidence_se; information, H = log Z_reference - log Z - <D>.
//
// # Info
//
//	points      taken away, live ones included
//	ess         effective number of points
//	acceptance  of the kernel, of the latest moves
//
// # Examples
//
//	>>> import numpy as np
//	>>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
//	>>> run = erg.sample(wells, erg.NestedSampling(live=100), space=erg.Real(2), draws=200, chains=2, seed=1)
//	>>> run["x"].shape, run["log_evidence"].shape
//	((2, 200, 2), (2,))
//
// # References
//
// J. Skilling, Bayesian Anal. 1, 833 (2006). G. Ashton et al., Nat. Rev. Methods Primers 2, 39 (2022).
type NestedSampling struct {
	// How walkers move: RandomWalk for densities, Metropolis for spins where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Points of a population.
	Live int `spec:"live" default:"400" range:"[10,1e8]"`
	// Sweeps of a new point.
	Sweeps int `spec:"sweeps" default:"5" range:"[1,1e9]"`
	// Share of the points that are replaced at once.
	Replace float64 `spec:"replace" default:"0.1" range:"(0,0.5]"`
	// Share of the evidence in the live points at which it ends.
	Tolerance float64 `spec:"tolerance" default:"1e-3" range:"(0,1)"`
	// What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the marginal likelihood (of kT = 1), "gaussian" that of center
	// and scale; "automatic" the prior of a posterior of laws where center and scale are not given.
	Reference string `spec:"reference" default:"\"automatic\"" oneof:"automatic,prior,gaussian"`
	// Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for each. That of angles, spheres and
	// other surfaces is uniform.
	Center array.Field `spec:"center" default:"0.0"`
	// Its standard deviation.
	Scale array.Field `spec:"scale" default:"1.0"`
}

// Inner is the kernel.
func (m *NestedSampling) Inner() *contract.Kernel { return &m.Kernel }

// Preferred are its defaults: where infinite temperature is no distribution, what has a Gaussian comes first.
func (m *NestedSampling) Preferred() []string { return []string{"RandomWalk", "Metropolis"} }

// nest is the populations of a run.
type nest struct {
	*NestedSampling
	e      contract.Referenced
	tuned  contract.Tuned
	at     []contract.Params // the run's temperatures, in its order; D of each
	first  int               // the lowest
	draws  int
	record []recorded // rows without room: sizes
	all    []*shells
}

// shells is a population: its live points, and what was taken away.
type shells struct {
	key   rng.Key
	first int
	d     []float64 // (live, kT)
	label []float64
	gone  []float64 // D of the points taken away, (points, kT)
	mass  []float64 // log of their shares of the reference
	rows  [][]byte  // of every observable
	worst []int     // that are being replaced
	turns []int64   // sweeps of each walker
	state struct {
		Begun, Moving, Over bool
		Step                int64
		LogX, Limit, Label  float64
	}
}

func (m *NestedSampling) open(o contract.Order) (contract.Staged, error) {
	order, kT, err := climb(o.Walkers, o.Chains)
	if err != nil {
		return nil, err
	}
	n := &nest{NestedSampling: m, first: order[0], draws: o.Draws}
	for t := range kT {
		n.at = append(n.at, contract.Params{KT: o.Walkers[t*o.Chains].Params.KT})
	}
	if o.Start.Values != nil {
		return nil, spec.Expected("start", "none: points are drawn from the reference", "an array").With("argument", "start")
	}
	if _, err := array.Plan(m.Live*o.Chains, 1024, "the live points"); err != nil {
		return nil, err
	}
	var walkers []contract.Walker
	for c := range o.Chains {
		key := o.Walkers[c].Key
		s := &shells{key: key, first: c * m.Live, d: make([]float64, m.Live*len(kT)), label: make([]float64, m.Live), turns: make([]int64, m.Live), rows: make([][]byte, len(o.Observe))}
		s.state.Limit, s.state.Label = math.Inf(1), 1
		for i := range m.Live {
			walkers = append(walkers, contract.Walker{Params: contract.Params{KT: kT[0], Reference: 1}, Key: key.Fold(uint64(i))})
		}
		n.all = append(n.all, s)
	}
	e, err := o.Inner(walkers, contract.Start{Kind: "ordered"})
	if err != nil {
		return nil, err
	}
	var ok bool
	if n.e, ok = e.(contract.Referenced); !ok {
		return nil, spec.Errorf(spec.SpecError, "this system has no reference distribution to begin from").With("argument", "method")
	}
	n.tuned, _ = e.(contract.Tuned)
	if err := refer(n.e, m.Reference, m.Center, m.Scale); err != nil {
		return nil, err
	}
	for c, s := range n.all {
		for i := range m.Live {
			if err := e.SetBias(c*m.Live+i, &contract.Bias{Observable: contract.Excess, LogWeight: s.limit}); err != nil {
				return nil, err
			}
		}
	}
	n.record, err = records(e, o.Observe, 1)
	return n, err
}

// limit lets pass what lies below it, and of what is equal to it the label's share.
func (s *shells) limit(x float64) float64 {
	l := s.state.Limit
	switch {
	case math.IsInf(l, 1):
		return 0
	case !(x <= l+float64(1e-12*max(1, math.Abs(l)))):
		return math.Inf(-1)
	case s.equal(x):
		return functions.Log1(s.state.Label)
	}
	return 0
}

func (s *shells) equal(x float64) bool { return level(x, s.state.Limit) }

// level tells whether two values of D are those of one plateau, which sums in another order, or followed from move to move, round differently.
func level(x, y float64) bool {
	return x == y || math.Abs(x-y) <= float64(1e-12*max(1, math.Abs(y)))
}

// ranked are the live points, the worst first: by D, and by labels on plateaus.
func (n *nest) ranked(s *shells) []int {
	rank := make([]int, n.Live)
	for i := range rank {
		rank[i] = i
	}
	d := func(i int) float64 { return s.d[i*len(n.at)+n.first] }
	slices.SortFunc(rank, func(a, b int) int { return cmp.Or(cmp.Compare(d(b), d(a)), a-b) })
	for from, to := 0, 0; from < len(rank); from = to {
		for to = from + 1; to < len(rank) && level(d(rank[to-1]), d(rank[to])); to++ {
		}
		slices.SortFunc(rank[from:to], func(a, b int) int { return cmp.Or(cmp.Compare(s.label[b], s.label[a]), a-b) })
	}
	return rank
}

// Stage replaces the worst points of every population once.
func (n *nest) Stage(ctx context.Context, workers int) (bool, error) {
	if !n.all[0].state.Begun {
		if err := contract.Each(ctx, n.e, workers, n.Live*len(n.all), func(_ context.Context, i int) error { return n.draw(n.all[i/n.Live], i%n.Live) }); err != nil {
			return false, err
		}
	}
	if err := par.Do(context.WithoutCancel(ctx), workers, len(n.all), func(c int) error { return n.choose(n.all[c]) }); err != nil {
		return false, err
	}
	per := len(n.all[0].worst)
	for _, s := range n.all {
		per = max(per, len(s.worst))
	}
	err := contract.Each(ctx, n.e, workers, per*len(n.all), func(ctx context.Context, i int) error {
		s := n.all[i/per]
		if s.state.Over || i%per >= len(s.worst) {
			return nil
		}
		k := s.worst[i%per]
		return n.e.SweepTo(ctx, s.first+k, s.turns[k], nil)
	})
	if err != nil {
		return false, err
	}
	over := true
	for _, s := range n.all {
		if s.state.Moving {
			u := s.key.Fold(purposeResample).Stream(uint64(s.state.Step))
			for _, i := range s.worst {
				if err := n.weigh(s, i); err != nil {
					return false, err
				}
				s.label[i] = u.Float64()
				if s.equal(s.d[i*len(n.at)+n.first]) {
					s.label[i] *= s.state.Label
				}
			}
			s.state.Moving = false
		}
		over = over && s.state.Over
	}
	return over, nil
}

// weigh fills D of a point at every temperature.
func (n *nest) weigh(s *shells, i int) error {
	u := make([]float64, len(n.at)+1)
	if err := n.e.Reduced(s.first+i, u, append(slices.Clone(n.at), contract.Params{KT: n.at[0].KT, Reference: 1})); err != nil {
		return err
	}
	for t := range n.at {
		d := u[t] - u[len(n.at)]
		if d != d {
			d = math.Inf(1)
		}
		s.d[i*len(n.at)+t] = d
	}
	return nil
}

// draw makes a live point.
func (n *nest) draw(s *shells, i int) error {
	u := s.key.Fold(uint64(i)).Stream(math.MaxUint64)
	if err := n.e.DrawReference(s.first+i, &u); err != nil {
		return err
	}
	err := n.weigh(s, i)
	s.label[i] = u.Float64()
	return err
}

// choose takes the worst points away and copies others to their places.
func (n *nest) choose(s *shells) error {
	st := &s.state
	if st.Moving || st.Over {
		return nil
	}
	T, live := len(n.at), n.Live
	if !st.Begun {
		st.Begun = true
		if math.IsInf(slices.Min(s.d), 1) {
			return spec.Errorf(spec.NonFiniteError, "the density is zero or not finite at all %d live points, which are drawn from the reference", live).
				Try("another center and scale, or more live points")
		}
	}
	rank := n.ranked(s)
	if n.ends(s) {
		last := st.LogX - functions.Log1(float64(live))
		for _, i := range rank {
			n.bury(s, i, last)
		}
		st.Over = true
		s.worst = nil
		return nil
	}
	count := max(1, int(float64(n.Replace*float64(live))))
	for count < live && math.IsInf(s.d[rank[count]*T+n.first], 1) {
		count++ // where the density is 0: all at once, since no walker moves there
	}
	s.worst = rank[:count]
	for j, i := range s.worst {
		step := 1 / float64(live-j)
		n.bury(s, i, st.LogX+functions.Log1(-functions.Expm11(-step)))
		st.LogX -= step
	}
	edge := s.worst[count-1]
	if st.Limit, st.Label = s.d[edge*T+n.first], s.label[edge]; math.IsInf(st.Limit, 1) {
		st.Limit, st.Label = math.MaxFloat64/2, 1
	}
	st.Step++
	if n.tuned != nil {
		weights := make([]float64, live)
		for _, i := range rank[count:] {
			weights[i] = 1
		}
		n.tuned.Tune([2]int{s.first, s.first + live}, [2]int{s.first, s.first + live}, weights)
	}
	u := s.key.Fold(purposeResample + 1).Stream(uint64(st.Step))
	for _, i := range s.worst {
		n.e.CopyWalker(s.first+i, s.first+rank[count+u.Below(live-count)])
		s.turns[i] += int64(n.Sweeps)
	}
	st.Moving = true
	return nil
}

// bury keeps a point that is taken away, with its share of the reference.
func (n *nest) bury(s *shells, i int, mass float64) {
	s.gone = append(s.gone, s.d[i*len(n.at):(i+1)*len(n.at)]...)
	s.mass = append(s.mass, mass)
	for k, r := range n.record {
		at := len(s.rows[k])
		s.rows[k] = append(s.rows[k], make([]byte, r.size)...)
		r.Record(s.first+i, s.rows[k][at:])
	}
}

// ends tells whether the live points hold little of the evidence at every temperature.
func (n *nest) ends(s *shells) bool {
	T := len(n.at)
	for t := range T {
		z, rest := math.Inf(-1), math.Inf(-1)
		for i, m := range s.mass {
			z = add2(z, m-s.gone[i*T+t])
		}
		for i := range n.Live {
			rest = add2(rest, s.state.LogX-functions.Log1(float64(n.Live))-s.d[i*T+t])
		}
		if !(rest < functions.Log1(n.Tolerance)+add2(z, rest)) {
			return false
		}
	}
	return true
}

// Progress is in what the reference's mass was shrunk by; where it ends is not known.
func (n *nest) Progress() (done, total float64, unit string) {
	for _, s := range n.all {
		done -= s.state.LogX
		total += max(10, -1.2*s.state.LogX)
		if s.state.Over {
			total += s.state.LogX*-1 - max(10, -1.2*s.state.LogX)
		}
	}
	return done, total, "e-foldings"
}

// Report adds the draws and the evidences.
func (n *nest) Report(out contract.Results) error {
	T, C := len(n.at), len(n.all)
	log, evidence, se, information := make([]float64, T*C*n.draws), make([]float64, T*C), make([]float64, T*C), make([]float64, T*C)
	rows := make([][]byte, len(n.record))
	for k, r := range n.record {
		rows[k] = make([]byte, T*C*n.draws*r.size)
	}
	for c, s := range n.all {
		for t := range T {
			at := t*C + c
			if len(s.mass) == 0 {
				for _, x := range [][]float64{log[at*n.draws : (at+1)*n.draws], evidence[at : at+1], se[at : at+1], information[at : at+1]} {
					for i := range x {
						x[i] = math.NaN()
					}
				}
				continue
			}
			w := newWeights(len(s.mass))
			for i, m := range s.mass {
				w.log[i] = m - s.gone[i*T+t]
			}
			z := w.normalise() + functions.Log1(float64(len(s.mass)))
			mean := 0.0
			for i, x := range w.share {
				if x > 0 {
					mean += float64(x * s.gone[i*T+t])
				}
			}
			evidence[at], information[at] = z+n.e.LogReference(), -mean-z
			se[at] = math.Sqrt(max(information[at], 0) / float64(n.Live))
			u := s.key.Fold(purposeResample + 2).Stream(uint64(t))
			for i, j := range combed(w.share, n.draws, &u) {
				log[at*n.draws+i] = evidence[at]
				for k, r := range n.record {
					copy(rows[k][(at*n.draws+i)*r.size:], s.rows[k][j*r.size:(j+1)*r.size])
				}
			}
		}
	}
	for k, r := range n.record {
		if err := add([]recorded{{r.Observable, rows[k], r.size}}, out, n.draws); err != nil {
			return err
		}
	}
	if err := out.Add("log_weights", array.Float64, []int{n.draws}, []string{"draw"}, log); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		data []float64
	}{{"log_evidence", evidence}, {"log_evidence_se", se}, {"information", information}} {
		if err := out.Add(x.name, array.Float64, nil, nil, x.data); err != nil {
			return err
		}
	}
	return nil
}

// combed are n places in a systematic comb over shares, in random order.
func combed(share []float64, n int, s *rng.Stream) []int {
	pick := make([]int, n)
	u, sum, i := s.Float64(), 0.0, -1
	for k := range pick {
		for i < len(share)-1 && (i < 0 || float64(sum*float64(n)) <= float64(k)+u) {
			i++
			sum += share[i]
		}
		pick[k] = i
	}
	for k := n - 1; k > 0; k-- {
		j := s.Below(k + 1)
		pick[k], pick[j] = pick[j], pick[k]
	}
	return pick
}

// Info is what populations went through.
func (n *nest) Info() map[string][]float64 {
	all := map[string][]float64{"points": nil, "ess": nil}
	inner := n.e.Info()
	for t := range n.at {
		for _, s := range n.all {
			w := newWeights(len(s.mass))
			for i, m := range s.mass {
				w.log[i] = m - s.gone[i*len(n.at)+t]
			}
			w.normalise()
			all["points"], all["ess"] = append(all["points"], float64(len(s.mass))), append(all["ess"], w.size())
			for name, values := range inner {
				sum := 0.0
				for _, v := range values[s.first : s.first+n.Live] {
					sum += v
				}
				if name != "evaluations" && name != "outside" && name != "undefined" && name != "divergences" {
					sum /= float64(n.Live)
				}
				all[name] = append(all[name], sum)
			}
		}
	}
	return all
}

// Save writes populations and walkers.
func (n *nest) Save(w io.Writer) error {
	for _, s := range n.all {
		worst := make([]int64, len(s.worst))
		for i, x := range s.worst {
			worst[i] = int64(x)
		}
		if err := saved.Put(w, &s.state, s.d, s.label, s.turns, int64(len(s.mass)), s.mass, s.gone, int64(len(worst)), worst); err != nil {
			return err
		}
		for _, rows := range s.rows {
			if err := saved.Put(w, rows); err != nil {
				return err
			}
		}
	}
	return n.e.Save(w)
}

// Load reads them.
func (n *nest) Load(r io.Reader) error {
	for _, s := range n.all {
		var points, count int64
		if err := saved.Get(r, &s.state, s.d, s.label, s.turns, &points); err != nil {
			return err
		}
		if points < 0 || points > 1<<40 {
			return spec.Errorf(spec.CheckpointError, "expected a number of points, the saved state has %d", points)
		}
		s.mass, s.gone = make([]float64, points), make([]float64, points*int64(len(n.at)))
		if err := saved.Get(r, s.mass, s.gone, &count); err != nil {
			return err
		}
		if count < 0 || count > int64(n.Live) {
			return spec.Errorf(spec.CheckpointError, "expected at most %d points on the move, the saved state has %d", n.Live, count)
		}
		worst := make([]int64, count)
		if err := saved.Get(r, worst); err != nil {
			return err
		}
		s.worst = nil
		for _, x := range worst {
			if x < 0 || x >= int64(n.Live) {
				return spec.Errorf(spec.CheckpointError, "expected points below %d, the saved state has %d", n.Live, x)
			}
			s.worst = append(s.worst, int(x))
		}
		for k, x := range n.record {
			s.rows[k] = make([]byte, int(points)*x.size)
			if err := saved.Get(r, s.rows[k]); err != nil {
				return err
			}
		}
	}
	return n.e.Load(r)
}
