package over

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// WeightedEuler moves and weighs the particles of a FeynmanKac by Euler steps of h = t_{k+1} - t_k,
//
//	x' = x + drift h + noise sqrt(h) normal,   log w' = log w + U h,
//
// with drift, noise and U taken at (x, t_k), and resamples by a systematic comb where few particles are effective. Without controls and functions of
// the cloud exp(log_weights) averages without bias to the normaliser of the process in discrete time, which is O(h) from that in continuous time.
//
// "draws" are the particles of each of "chains" independent populations. Means, errors and effective sizes of the run are those of weighted draws.
//
// # Observables
//
// x and functions of it; log_weights (draw,), family (draw,), the first particle that a draw descends from, log_evidence, the logarithm of the mean
// weight, and log_evidence_se, from the weights of the families; after each step (before it resamples) trace_ess, the effective particles, trace_log_evidence and,
// with controls, trace_control (step, control), their coefficients.
//
// # Info
//
//	ess         effective particles at the end
//	families    first particles that have descendants
//	rho_t       particles times the sum of squared weights of families
//	resampled   times of a population
//
// # Examples
//
//	>>> import numpy as np
//	>>> walk = erg.FeynmanKac(  # exp(-x^2 t / 2) N(0, 1), with its normaliser (1 + t)^(-1/2), by weights alone
//	...     np.linspace(0, 1, 11), initial=lambda key: erg.random.normal(key), drift=lambda x, t: 0 * x, log_weight_rate=lambda x, t: -(x**2) / 2
//	... )
//	>>> run = erg.sample(walk, erg.WeightedEuler(ess=0.0), draws=5000, seed=1)
//	>>> run["x"].shape, bool(abs(run.log_evidence.value + np.log(2) / 2) < 0.02)
//	((4, 5000), True)
//
// # References
//
// P. Del Moral, Feynman-Kac Formulae, Springer (2004). A. Lee, N. Whiteley, Biometrika 105, 609 (2018).
type WeightedEuler struct {
	// Share of effective particles below which they are resampled; 0 never, above 1 after each step.
	ESS float64 `spec:"ess" default:"0.5" range:"[0,2]"`
}

// weighing are populations that know nothing of each other.
type weighing struct {
	*WeightedEuler
	f        *density.FeynmanKac
	n, d, k  int
	start    contract.Start
	recorder contract.Recorder
	observed []int // of the recorder's quantities
	all      []*weighed
}

// weighed is one population.
type weighed struct {
	weights
	number   int
	key      rng.Key
	step     *density.Stepper
	x, to, v []float64
	theta    []float64
	family   []int32
	source   []int
	state    struct {
		Done      int64
		LogZ      float64 // at the latest resampling
		Resampled float64
	}
	trace []float64 // of each step: effective size, log evidence, coefficients
}

func openWeighted(system, method any, o contract.Order) (contract.Staged, error) {
	f := system.(*density.FeynmanKac)
	w := &weighing{WeightedEuler: method.(*WeightedEuler), f: f, n: f.Particles(), d: f.Size(), k: f.Controls(), start: o.Start}
	if o.Draws != w.n {
		return nil, spec.Expected("draws", "as many particles as the system was traced for", o.Draws).With("argument", "draws")
	}
	rows, err := array.Count([]int{f.Steps, 2 + w.k})
	if err != nil {
		return nil, err
	}
	if _, err := array.Plan(len(o.Walkers), 8*(w.n*(2*w.d+5)+rows), fmt.Sprintf("%d populations of %d particles with their traces", len(o.Walkers), w.n)); err != nil {
		return nil, err
	}
	if w.recorder, err = f.Recorder(); err != nil {
		return nil, err
	}
	all := f.Quantities()
	for _, name := range o.Observe {
		k := slices.IndexFunc(all, func(q contract.Quantity) bool { return q.Name == name })
		if k < 0 {
			return nil, spec.Expected("observe", "one of "+strings.Join(f.Names, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
		}
		w.observed = append(w.observed, k)
	}
	for i, walker := range o.Walkers {
		p := &weighed{weights: newWeights(w.n), number: i, key: walker.Key, x: make([]float64, w.n*w.d), to: make([]float64, w.n*w.d), v: make([]float64, w.n),
			theta: make([]float64, w.k), family: make([]int32, w.n), source: make([]int, w.n), trace: make([]float64, rows)}
		for j := range p.family {
			p.family[j] = int32(j)
		}
		if p.step, err = f.Stepper(); err != nil {
			return nil, err
		}
		if err := w.place(p, len(o.Walkers)); err != nil {
			return nil, err
		}
		p.normalise()
		w.all = append(w.all, p)
	}
	return w, nil
}

// place puts the particles of a population: those given for it or for all, or draws of the start.
func (w *weighing) place(p *weighed, populations int) error {
	if a := w.start.Values; a != nil {
		each := w.n * w.d
		if a.Dtype != array.Float64 || a.Len() != each && a.Len() != each*populations {
			return spec.Expected("start", fmt.Sprintf("float64 of %d particles, or of %d for each population", w.n, w.n), fmt.Sprintf("%s of %v", a.Dtype, a.Shape)).With("argument", "start")
		}
		at := 0
		if a.Len() > each {
			at = p.number * each
		}
		copy(p.x, array.View[float64](a)[at:at+each])
	} else if there, err := w.f.Place(context.Background(), int64(p.key.Fold(purposeStart).Word()), p.x); err != nil {
		return err
	} else if !there {
		return spec.Expected("start", "particles, or a FeynmanKac with an initial", "none").With("argument", "start")
	}
	for i, x := range p.x {
		if x-x != 0 {
			return spec.Errorf(spec.NonFiniteError, "particle %d of population %d begins at %v", i/w.d, p.number, p.x[i/w.d*w.d:][:min(w.d, 8)]).With("argument", "start")
		}
	}
	return nil
}

const purposeStart = 1 << 42

// weighedTime is how long a stage lasts, about.
const weighedTime = 40 * time.Millisecond

// Stage lets populations go on side by side, or one after another where they are fewer than workers.
func (w *weighing) Stage(ctx context.Context, workers int) (bool, error) {
	var open []*weighed
	for _, p := range w.all {
		if p.state.Done < int64(w.f.Steps) {
			open = append(open, p)
		}
	}
	if len(open) >= workers {
		err := par.Do(ctx, workers, len(open), func(i int) error {
			share := time.Now().Add(weighedTime * time.Duration(workers) / time.Duration(len(open)))
			return w.advance(ctx, nil, open[i], share)
		})
		return err == nil && w.done(), err
	}
	team := par.NewTeam(workers)
	defer team.Close()
	until := time.Now().Add(weighedTime)
	for _, p := range open {
		if err := w.advance(ctx, team, p, until); err != nil {
			return false, err
		}
	}
	return w.done(), nil
}

func (w *weighing) done() bool {
	for _, p := range w.all {
		if p.state.Done < int64(w.f.Steps) {
			return false
		}
	}
	return true
}

// advance makes at least one step.
func (w *weighing) advance(ctx context.Context, team *par.Team, p *weighed, until time.Time) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.one(ctx, team, p); err != nil {
			return err
		}
		if p.state.Done == int64(w.f.Steps) || !time.Now().Before(until) {
			return nil
		}
	}
}

// one is a step of a population; where it fails, or ctx ends it, the population is as it was.
func (w *weighing) one(ctx context.Context, team *par.Team, p *weighed) error {
	s := &p.state
	if err := p.step.Step(ctx, team, int64(p.key.Fold(uint64(s.Done)).Word()), s.Done, p.x, p.log, p.to, p.v, p.theta); err != nil {
		return err
	}
	if err := w.finite(p); err != nil {
		return err
	}
	p.x, p.to = p.to, p.x
	for i, v := range p.v {
		p.log[i] += v
	}
	mean := p.normalise()
	if math.IsInf(mean, -1) {
		return spec.Errorf(spec.NonFiniteError, "no particle of population %d has a weight after step %d: log_weight_rate is -inf for all", p.number, s.Done).
			With("chain", p.number).With("step", s.Done).Try("more draws, or another start")
	}
	row := p.trace[int(s.Done)*(2+w.k):][:2+w.k]
	row[0], row[1] = p.size(), s.LogZ+mean
	copy(row[2:], p.theta)
	if row[0] < w.ESS*float64(w.n) {
		u := p.key.Fold(purposeResample).Stream(uint64(s.Done))
		p.resample(p.source, u.Float64(), p.family, func(to, from int) { copy(p.x[to*w.d:(to+1)*w.d], p.x[from*w.d:(from+1)*w.d]) })
		s.LogZ += mean
		s.Resampled++
	}
	s.Done++
	return nil
}

// finite looks for the first particle that a step made something else than a number of, or gave an infinite weight.
func (w *weighing) finite(p *weighed) error {
	for k, theta := range p.theta {
		if theta-theta != 0 {
			return spec.Errorf(spec.NonFiniteError, "population %d, step %d: the coefficient of control %d is %v: a control, its divergence or the score is not finite", p.number, p.state.Done, k, theta).
				With("chain", p.number).With("step", p.state.Done)
		}
	}
	for i, v := range p.v {
		bad := 0.0
		for _, x := range p.to[i*w.d : (i+1)*w.d] {
			bad += x - x
		}
		if bad == 0 && v == v && !math.IsInf(v, 1) {
			continue
		}
		what := "drift or noise is not finite"
		if bad == 0 {
			what = fmt.Sprintf("log_weight_rate gives %v", v)
		}
		return spec.Errorf(spec.NonFiniteError, "particle %d of population %d, step %d, at %.6g: %s", i, p.number, p.state.Done, p.x[i*w.d:][:min(w.d, 8)], what).
			With("particle", i).With("chain", p.number).With("step", p.state.Done).Try("smaller steps, or another start")
	}
	return nil
}

// Progress counts steps of all populations.
func (w *weighing) Progress() (done, total float64, unit string) {
	for _, p := range w.all {
		done += float64(p.state.Done)
	}
	return done, float64(w.f.Steps) * float64(len(w.all)), "steps"
}

// Report adds particles, weights and traces; of an interrupted run as far as all populations have come.
func (w *weighing) Report(out contract.Results) error {
	data := make([][]byte, len(w.observed))
	var logw, logZ, se, ess, evidence, control []float64
	var family []int32
	steps := int64(w.f.Steps)
	for _, p := range w.all {
		steps = min(steps, p.state.Done)
	}
	for _, p := range w.all {
		for i := range w.n {
			rows, err := w.recorder.Record(context.Background(), p.x[i*w.d:(i+1)*w.d])
			if err != nil {
				return err
			}
			for q, k := range w.observed {
				data[q] = append(data[q], rows[k]...)
			}
			logw = append(logw, p.state.LogZ+p.log[i])
		}
		family = append(family, p.family...)
		mean := p.normalise()
		_, squares := lineages(p.share, p.family)
		logZ, se = append(logZ, p.state.LogZ+mean), append(se, math.Sqrt(max(squares-1/float64(w.n), 0)))
		for r := range int(steps) {
			row := p.trace[r*(2+w.k):][:2+w.k]
			ess, evidence, control = append(ess, row[0]), append(evidence, row[1]), append(control, row[2:]...)
		}
	}
	for q, k := range w.observed {
		o := w.f.Quantities()[k]
		if err := out.Add(o.Name, o.Dtype, append([]int{w.n}, o.Shape...), []string{"draw"}, &array.Array{Dtype: o.Dtype, Data: data[q]}); err != nil {
			return err
		}
	}
	type column struct {
		name  string
		shape []int
		dims  []string
		data  any
	}
	columns := []column{{"log_weights", []int{w.n}, []string{"draw"}, logw}, {"log_evidence", nil, nil, logZ}, {"log_evidence_se", nil, nil, se}}
	if steps > 0 {
		columns = append(columns, column{"trace_ess", []int{int(steps)}, []string{"step"}, ess}, column{"trace_log_evidence", []int{int(steps)}, []string{"step"}, evidence})
	}
	if steps > 0 && w.k > 0 {
		columns = append(columns, column{"trace_control", []int{int(steps), w.k}, []string{"step", "control"}, control})
	}
	for _, c := range columns {
		if err := out.Add(c.name, array.Float64, c.shape, c.dims, c.data); err != nil {
			return err
		}
	}
	return out.Add("family", array.Int32, []int{w.n}, []string{"draw"}, family)
}

// Info are numbers of each population.
func (w *weighing) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, p := range w.all {
		p.normalise()
		count, squares := lineages(p.share, p.family)
		for name, x := range map[string]float64{"ess": p.size(), "families": count, "rho_t": squares * float64(w.n), "resampled": p.state.Resampled} {
			all[name] = append(all[name], x)
		}
	}
	return all
}

func (w *weighing) saved() (all []any) {
	for _, p := range w.all {
		all = append(all, &p.state, p.x, p.log, p.family, p.trace)
	}
	return all
}

// Save writes all populations.
func (w *weighing) Save(to io.Writer) error {
	return saved.Put(to, append([]any{int64(len(w.all)), int64(w.n), int64(w.d)}, w.saved()...)...)
}

// Load reads what Save wrote.
func (w *weighing) Load(from io.Reader) error {
	var populations, n, d int64
	if err := saved.Get(from, &populations, &n, &d); err != nil {
		return err
	}
	if populations != int64(len(w.all)) || n != int64(w.n) || d != int64(w.d) {
		return spec.Errorf(spec.CheckpointError, "expected %d populations of %d particles in %d dimensions, the saved state has %d of %d in %d", len(w.all), w.n, w.d, populations, n, d)
	}
	if err := saved.Get(from, w.saved()...); err != nil {
		return err
	}
	for _, p := range w.all {
		if p.state.Done < 0 || p.state.Done > int64(w.f.Steps) {
			return spec.Errorf(spec.CheckpointError, "expected at most %d steps, the saved state has made %d", w.f.Steps, p.state.Done)
		}
		for _, f := range p.family {
			if f < 0 || int(f) >= w.n {
				return spec.Errorf(spec.CheckpointError, "expected families below %d, the saved state has %d", w.n, f)
			}
		}
	}
	return nil
}
