package over

import (
	"context"
	"fmt"
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

// schedule is what annealing methods differ in.
type schedule struct {
	sweeps        int     // of the kernel after each step
	steps         int     // to each temperature; 0: by cess
	cess          float64 // conditional effective size that a step leaves
	ess           float64 // share of effective particles below which they are resampled: 0 never, above 1 always
	pilot         int     // particles of a population beside each that sets steps and kernels
	reference     string
	center, scale array.Field
}

// annealing takes populations from the reference to the highest temperature and on to each lower one. On the way from a to b the weight of a particle
// changes by exp(-(t'-t) D), D = u_b - u_a, with the share t of the way.
type annealing struct {
	schedule
	e       contract.Referenced
	tuned   contract.Tuned   // nil where kernels have nothing to tune
	batched contract.Batched // nil where walkers move alone
	chains  int
	n       int // particles of a population, its pilot's not counted
	order   []int
	kT      []float64 // of the nodes, falling
	all     []*population
	record  []recorded
	log     []float64 // weights of the draws, (kT, chain, draw)
	family  []int32   // and their families
}

// recorded is an observable with the rows of all populations at all nodes: (kT, chain, draw).
type recorded struct {
	contract.Observable
	data []byte
	size int
}

// population is one chain's particles and its pilot's.
type population struct {
	first int
	key   rng.Key
	own   crowd
	scout crowd // empty where there is no pilot
	state struct {
		Begun, Moving, Over bool
		Node, Step, Sweeps  int64
		At                  float64 // share of the way to the node
		LogZ                float64 // at the latest resampling
		Resampled           float64
	}
	found []float64 // for each node: log evidence, its error, effective size, families, rho_t, steps
}

const finds = 6

// crowd is particles that are weighed together.
type crowd struct {
	weights
	family []int32
	d      []float64
}

func newCrowd(n int) crowd {
	c := crowd{newWeights(n), make([]int32, n), make([]float64, n)}
	for i := range n {
		c.family[i], c.share[i] = int32(i), 1/float64(n)
	}
	return c
}

const (
	purposePilotWalker = 1 << 40
	purposeResample    = 1 << 41
	block              = 64 // walkers that one worker moves
)

func openAnnealing(s schedule, o contract.Order) (contract.Staged, error) {
	order, kT, err := climb(o.Walkers, o.Chains)
	if err != nil {
		return nil, err
	}
	slices.Reverse(order)
	slices.Reverse(kT)
	if o.Start.Values != nil {
		return nil, spec.Expected("start", "none: populations are drawn from the reference", "an array").With("argument", "start")
	}
	if o.Draws < 2 {
		return nil, spec.Expected("draws", "at least 2 particles", o.Draws).With("argument", "draws")
	}
	a := &annealing{schedule: s, chains: o.Chains, n: o.Draws, order: order, kT: kT}
	each := a.n + a.pilot
	if _, err := array.Plan(each*o.Chains, 1024, fmt.Sprintf("%d populations of %d particles", o.Chains, each)); err != nil {
		return nil, err
	}
	var walkers []contract.Walker
	for c := range o.Chains {
		key := o.Walkers[order[0]*o.Chains+c].Key
		p := &population{first: c * each, key: key, own: newCrowd(a.n), scout: newCrowd(a.pilot), found: make([]float64, finds*len(kT))}
		for i := range p.found {
			p.found[i] = math.NaN()
		}
		for i := range each {
			number := uint64(i)
			if i >= a.n {
				number = purposePilotWalker + uint64(i-a.n)
			}
			walkers = append(walkers, contract.Walker{Params: contract.Params{KT: kT[0], Reference: 1}, Key: key.Fold(number)})
		}
		a.all = append(a.all, p)
	}
	e, err := o.Inner(walkers, contract.Start{Kind: "ordered"})
	if err != nil {
		return nil, err
	}
	var ok bool
	if a.e, ok = e.(contract.Referenced); !ok {
		return nil, spec.Errorf(spec.SpecError, "this system has no reference distribution to begin from").With("argument", "method")
	}
	a.tuned, _ = e.(contract.Tuned)
	if b, ok := e.(contract.Batched); ok && b.Batch() > 0 {
		a.batched = b
	}
	if err := refer(a.e, s.reference, s.center, s.scale); err != nil {
		return nil, err
	}
	if a.record, err = records(e, o.Observe, len(kT)*o.Chains*a.n); err != nil {
		return nil, err
	}
	a.log, a.family = make([]float64, len(kT)*o.Chains*a.n), make([]int32, len(kT)*o.Chains*a.n)
	for i := range a.log {
		a.log[i] = math.NaN()
	}
	return a, nil
}

// refer places the reference: the prior of a target that has one, unless a Gaussian is asked for.
func refer(e contract.Referenced, reference string, center, scale array.Field) error {
	placed := !center.Uniform() || !scale.Uniform() || center.Scalar != 0 || scale.Scalar != 1
	if reference == "prior" || reference == "automatic" && !placed {
		if i, ok := e.(contract.Informed); ok {
			if used, err := i.UsePrior(); used || err != nil {
				return err
			}
		}
		if reference == "prior" {
			return spec.Errorf(spec.SpecError, "reference: this target has no prior to begin from").With("argument", "reference").
				Try("erg.Posterior(log_likelihood, prior=dict(mu=erg.distributions.Normal(0, 1), ...))")
		}
	}
	return e.SetReference(numbers(center), numbers(scale))
}

func numbers(f array.Field) []float64 {
	if f.Uniform() {
		return []float64{f.Scalar}
	}
	return f.Values
}

// records makes room for rows of the observables.
func records(e contract.Ensemble, names []string, rows int) (all []recorded, err error) {
	for _, name := range names {
		x, err := e.Observable(name)
		if err != nil {
			return nil, err
		}
		if x.Ragged != nil {
			return nil, spec.Expected("observe", "quantities of a fixed shape, from a method that finds populations", fmt.Sprintf("%q", name)).With("argument", "observe")
		}
		n, err := array.Count(append([]int{rows}, x.Shape...))
		if err != nil {
			return nil, err
		}
		if _, err := array.Plan(n, x.Dtype.Size(), "the draws of "+name); err != nil {
			return nil, err
		}
		r := recorded{x, make([]byte, n*x.Dtype.Size()), n / rows * x.Dtype.Size()}
		if x.Dtype == array.Float64 {
			f := array.Cast[float64](r.data)
			for i := range f {
				f[i] = math.NaN()
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// take writes row k of the observables of a walker.
func take(all []recorded, walker, k int) {
	for _, r := range all {
		r.Record(walker, r.data[k*r.size:(k+1)*r.size])
	}
}

// add gives the rows to the results; shape is that of a population's draws.
func add(all []recorded, out contract.Results, draws int) error {
	for _, r := range all {
		shape := append([]int{draws}, r.Shape...)
		dims := append([]string{"draw"}, r.Dims...)
		if len(r.Dims) != len(r.Shape) {
			dims = nil
		}
		full := append([]int{len(r.data) / max(r.size*draws, 1)}, shape...)
		if err := out.Add(r.Name, r.Dtype, shape, dims, array.Borrow("", r.Dtype, full, r.data)); err != nil {
			return err
		}
	}
	return nil
}

// state of the walkers of a population at share t of the way to its node.
func (a *annealing) params(node int64, t float64) contract.Params {
	if node == 0 {
		return contract.Params{KT: a.kT[0], Reference: 1 - t}
	}
	if t == 1 {
		return contract.Params{KT: a.kT[node]}
	}
	beta := float64((1-t)/a.kT[node-1]) + float64(t/a.kT[node])
	return contract.Params{KT: 1 / beta}
}

func (a *annealing) each() int { return a.n + a.pilot }

// blocks calls f for pieces of all populations that are not done.
func (a *annealing) blocks(ctx context.Context, workers int, f func(ctx context.Context, p *population, from, to int) error) error {
	block := block
	switch {
	case contract.AskedOf(a.e) != nil: // all particles ask together
		block = 1
	case a.batched != nil: // as many together as are worth it, and each worker has some
		block = max(block, min(a.batched.Batch(), (a.each()/(2*workers)+block-1)/block*block))
	}
	per := (a.each() + block - 1) / block
	return contract.Each(ctx, a.e, workers, per*len(a.all), func(ctx context.Context, i int) error {
		p := a.all[i/per]
		if p.state.Over {
			return nil
		}
		from := i % per * block
		return f(ctx, p, from, min(from+block, a.each()))
	})
}

// Stage is one step of every population: weights, resampling, tuning, moves.
func (a *annealing) Stage(ctx context.Context, workers int) (bool, error) {
	if err := a.blocks(ctx, workers, a.weigh); err != nil {
		return false, err
	}
	if err := par.Do(context.WithoutCancel(ctx), workers, len(a.all), func(c int) error { return a.step(a.all[c]) }); err != nil {
		return false, err
	}
	err := a.blocks(ctx, workers, func(ctx context.Context, p *population, from, to int) error {
		target := p.state.Sweeps + int64(a.sweeps)
		if a.batched != nil {
			return a.batched.SweepBatch(ctx, p.first+from, p.first+to, target)
		}
		for w := from; w < to; w++ {
			if err := a.e.SweepTo(ctx, p.first+w, target, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	err = a.blocks(context.WithoutCancel(ctx), workers, func(_ context.Context, p *population, from, to int) error {
		if p.state.At == 1 {
			row := (a.order[p.state.Node]*a.chains + p.first/a.each()) * a.n
			for i := from; i < min(to, a.n); i++ {
				take(a.record, p.first+i, row+i)
				a.log[row+i] = p.state.LogZ + p.own.log[i] + a.e.LogReference()
				a.family[row+i] = p.own.family[i]
			}
		}
		return nil
	})
	over := true
	for _, p := range a.all {
		s := &p.state
		if s.Moving {
			s.Moving = false
			s.Sweeps += int64(a.sweeps)
			if s.At == 1 {
				s.Node, s.At, s.Step = s.Node+1, 0, 0
				s.Over = int(s.Node) == len(a.kT)
			}
		}
		over = over && s.Over
	}
	return over, err
}

// step chooses where a population goes, weighs and resamples it, and sets its walkers.
func (a *annealing) step(p *population) error {
	s := &p.state
	if s.Moving || s.Over {
		return nil
	}
	s.Begun = true
	leader := &p.own
	if a.pilot > 0 {
		leader = &p.scout
	}
	s.Step++
	t := 1.0
	if a.steps > 0 {
		if int(s.Step) < a.steps {
			t = float64(s.Step) / float64(a.steps)
		}
	} else if far := leader.reach(1-s.At, a.cess); far < 1-s.At {
		t = s.At + max(far, 1e-15)
	}
	p.own.move(t - s.At)
	p.scout.move(t - s.At)
	s.At = t
	mean := p.own.normalise()
	if math.IsInf(mean, -1) {
		return spec.Errorf(spec.NonFiniteError, "the density is zero or not finite at kT = %v at all particles, which are drawn from the reference", a.kT[s.Node]).
			Try("another center and scale, or more draws")
	}
	p.scout.normalise()
	if t == 1 {
		count, squares := lineages(p.own.share, p.own.family)
		n := float64(a.n)
		f := p.found[int(s.Node)*finds:]
		f[0], f[1] = s.LogZ+mean+a.e.LogReference(), math.Sqrt(max(squares-1/n, 0))
		f[2], f[3], f[4], f[5] = p.own.size(), count, n*squares, float64(s.Step)
	}
	u := p.key.Fold(purposeResample).Fold(uint64(s.Node)).Stream(uint64(s.Step))
	if p.own.size() < a.ess*float64(a.n) {
		s.LogZ += mean
		s.Resampled++
		resample(a.e, p.first, p.own.weights, p.own.family, &u)
	}
	if a.pilot > 0 && p.scout.size() < 0.7*float64(a.pilot) {
		resample(a.e, p.first+a.n, p.scout.weights, p.scout.family, &u)
	}
	at := a.params(s.Node, t)
	for i := range a.each() {
		if err := a.e.SetParams(p.first+i, at); err != nil {
			return err
		}
	}
	if a.tuned != nil {
		by := [2]int{p.first, p.first + a.n}
		if a.pilot > 0 {
			by = [2]int{p.first + a.n, p.first + a.each()}
		}
		a.tuned.Tune([2]int{p.first, p.first + a.each()}, by, leader.share)
	}
	s.Moving = true
	return nil
}

// move changes the weights by a step.
func (c *crowd) move(step float64) {
	for i, d := range c.d {
		c.log[i] -= float64(step * d)
	}
}

// reach is the longest step, at most far, whose conditional effective size (sum W w)^2 / sum W w^2 is at least cess (Y. Zhou, A. M. Johansen,
// J. A. D. Aston, J. Comput. Graph. Stat. 25, 701 (2016)).
func (c *crowd) reach(far, cess float64) float64 {
	least := math.Inf(1)
	for i, d := range c.d {
		if c.share[i] > 0 {
			least = min(least, d)
		}
	}
	if math.IsInf(least, 1) {
		return far
	}
	w := make([]float64, len(c.d))
	size := func(step float64) float64 {
		for i, d := range c.d {
			w[i] = float64(-step * (d - least))
		}
		functions.Exp(w, w)
		sum, squares := 0.0, 0.0
		for i, x := range w {
			y := float64(c.share[i] * x)
			sum += y
			squares += float64(y * x)
		}
		return sum * sum / squares
	}
	if size(far) >= cess {
		return far
	}
	low, high := far, far
	for low > 1e-15 && size(low) < cess {
		high = low
		low *= 0.125
	}
	for high > 1.001*low {
		middle := math.Sqrt(low * high)
		if size(middle) >= cess {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// Progress is the way that the populations have gone.
func (a *annealing) Progress() (done, total float64, unit string) {
	for _, p := range a.all {
		done += float64(p.state.Node) + p.state.At
	}
	return done, float64(len(a.all) * len(a.kT)), "temperatures"
}

// Report adds the draws with their weights, and the evidences.
func (a *annealing) Report(out contract.Results) error {
	if err := add(a.record, out, a.n); err != nil {
		return err
	}
	if err := out.Add("log_weights", array.Float64, []int{a.n}, []string{"draw"}, a.log); err != nil {
		return err
	}
	if err := out.Add("family", array.Int32, []int{a.n}, []string{"draw"}, a.family); err != nil {
		return err
	}
	if err := out.Add("log_evidence", array.Float64, nil, nil, a.spread(0)); err != nil {
		return err
	}
	return out.Add("log_evidence_se", array.Float64, nil, nil, a.spread(1))
}

// spread is a finding of every population, (kT, chain).
func (a *annealing) spread(k int) []float64 {
	x := make([]float64, len(a.kT)*a.chains)
	for node, t := range a.order {
		for c, p := range a.all {
			x[t*a.chains+c] = p.found[node*finds+k]
		}
	}
	return x
}

// Info is what populations went through, and their kernels in the mean over particles.
func (a *annealing) Info() map[string][]float64 {
	all := map[string][]float64{"ess": a.spread(2), "families": a.spread(3), "rho_t": a.spread(4), "stages": a.spread(5)}
	x := make([]float64, len(a.kT)*a.chains)
	for i := range x {
		x[i] = a.all[i%a.chains].state.Resampled
	}
	all["resampled"] = x
	for name, values := range a.e.Info() {
		mean := make([]float64, len(a.kT)*a.chains)
		for i := range mean {
			p := a.all[i%a.chains]
			for _, v := range values[p.first : p.first+a.n] {
				mean[i] += v
			}
			if name != "divergences" && name != "evaluations" && name != "outside" && name != "undefined" {
				mean[i] /= float64(a.n)
			}
		}
		all[name] = mean
	}
	return all
}

func (a *annealing) saved() (all []any) {
	for _, p := range a.all {
		all = append(all, &p.state, p.found)
		for _, c := range []crowd{p.own, p.scout} {
			all = append(all, c.log, c.share, c.family, c.d)
		}
	}
	for _, r := range a.record {
		all = append(all, r.data)
	}
	return append(all, a.log, a.family)
}

// Save writes the state of populations, draws and walkers.
func (a *annealing) Save(w io.Writer) error {
	if err := saved.Put(w, a.saved()...); err != nil {
		return err
	}
	return a.e.Save(w)
}

// Load reads it.
func (a *annealing) Load(r io.Reader) error {
	if err := saved.Get(r, a.saved()...); err != nil {
		return err
	}
	for _, p := range a.all {
		s := &p.state
		if s.Node < 0 || int(s.Node) > len(a.kT) || (int(s.Node) == len(a.kT)) != s.Over || !(s.At >= 0 && s.At <= 1) {
			return spec.Errorf(spec.CheckpointError, "expected a place on the way of %d temperatures, the saved state has %d and %v", len(a.kT), s.Node, s.At)
		}
		for _, c := range []crowd{p.own, p.scout} {
			for _, f := range c.family {
				if f < 0 || int(f) >= len(c.family) {
					return spec.Errorf(spec.CheckpointError, "expected families below %d, the saved state has %d", len(c.family), f)
				}
			}
		}
	}
	return a.e.Load(r)
}
