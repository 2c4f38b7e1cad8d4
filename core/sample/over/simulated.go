package over

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// SimulatedTempering is one walker a chain whose temperature moves, too, among those of kT=[...]: the joint distribution is
//
//	p(x, k) proportional to exp(g_k - u_k(x)),   u_k = E/kT_k,
//
// and after "sweeps" sweeps k is drawn from p(k | x) (Gibbs). With g_k = -log Z_k all temperatures are visited equally. g is learnt in the warm-up: of a
// visit at k, g_j falls by a gain times p(j | x) for every j, the gain 1/t' after an initial stage (Wang and Landau's, with the conditional probabilities in
// place of indicators), and stands still from then on.
//
// Every draw serves every temperature: at kT_k it has the log weight
//
//	-u_k(x) - log sum_j exp(g_j - u_j(x)),
//
// the weight of the mixture from which x is drawn, whatever the rung it was on. Kernels whose steps adapt do not: give them a step that fits all
// temperatures, or use ParallelTempering.
//
// # Observables
//
// Beside the system's: log_weights (draw,); rung (draw,), the place of the temperature in kT; log_ratio, log Z_k - log Z_0 against the first of kT.
//
// # Info
//
//	visits       share of the draws on a temperature
//	round_trips  of the chain: from the lowest temperature to the highest and back
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising((4, 4))
//	>>> run = erg.sample(magnet, erg.SimulatedTempering(), kT=[1.5, 2.0, 3.0, 5.0], draws=2000, seed=1)
//	>>> run["energy"].shape, run["log_ratio"].shape
//	((4, 4, 2000), (4, 4))
//
// # References
//
// E. Marinari, G. Parisi, Europhys. Lett. 19, 451 (1992). Z. Tan, J. Comput. Graph. Stat. 26, 54 (2017) for the weights.
type SimulatedTempering struct {
	// How walkers move; the system's first method of fixed steps where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps between changes of temperature, and between draws.
	Sweeps int `spec:"sweeps" default:"1" range:"[1,1e9]"`
}

// Inner is the kernel.
func (m *SimulatedTempering) Inner() *contract.Kernel { return &m.Kernel }

// Preferred are its defaults.
func (m *SimulatedTempering) Preferred() []string { return singles() }

// wandering is the walkers of a run, with their records.
type wandering struct {
	*SimulatedTempering
	e      contract.Ensemble
	at     []contract.Params
	order  []int // temperatures from the lowest
	warmup int64
	draws  int
	all    []*wanderer
	record []recorded
	log    []float64 // (kT, chain, draw)
	rung   []int32
}

// wanderer is a chain: g, and where it is.
type wanderer struct {
	key     rng.Key
	g, u, p []float64
	visits  []float64
	state   struct {
		Tick, K, Last, Trips int64
	}
}

func (m *SimulatedTempering) open(o contract.Order) (contract.Staged, error) {
	order, kT, err := climb(o.Walkers, o.Chains)
	if err != nil {
		return nil, err
	}
	if len(kT) < 2 {
		return nil, spec.Expected("kT", "a sequence of at least two temperatures", kT[0]).With("argument", "kT").Try("kT=[0.5, 1.0, 2.0]")
	}
	t := &wandering{SimulatedTempering: m, order: order, warmup: o.Walkers[0].Warmup, draws: o.Draws}
	for k := range kT {
		t.at = append(t.at, contract.Params{KT: o.Walkers[k*o.Chains].Params.KT})
	}
	hot := order[len(order)-1]
	var walkers []contract.Walker
	for c := range o.Chains {
		key := o.Walkers[c].Key
		walkers = append(walkers, contract.Walker{Params: t.at[hot], Key: key})
		n := len(kT)
		x := &wanderer{key: key.Fold(purposeResample), g: make([]float64, n), u: make([]float64, n), p: make([]float64, n), visits: make([]float64, n)}
		x.state.K = int64(hot)
		t.all = append(t.all, x)
	}
	if t.e, err = o.Inner(walkers, o.Start); err != nil {
		return nil, err
	}
	rows := len(kT) * o.Chains * o.Draws
	if t.record, err = records(t.e, o.Observe, rows); err != nil {
		return nil, err
	}
	t.log, t.rung = make([]float64, rows), make([]int32, rows)
	for i := range t.log {
		t.log[i] = math.NaN()
	}
	return t, nil
}

const ticksOfStage = 64 // changes of temperature between two looks at the clock

// Stage advances every chain by some changes of temperature.
func (t *wandering) Stage(ctx context.Context, workers int) (bool, error) {
	last := t.warmup + int64(t.draws)
	over := true
	err := contract.Each(ctx, t.e, workers, len(t.all), func(ctx context.Context, c int) error {
		s := &t.all[c].state
		for goal := min(last, s.Tick-s.Tick%ticksOfStage+ticksOfStage); s.Tick < goal; {
			if err := t.e.SweepTo(ctx, c, (s.Tick+1)*int64(t.Sweeps), nil); err != nil {
				return err
			}
			if err := t.change(c); err != nil {
				return err
			}
		}
		return nil
	})
	for _, x := range t.all {
		over = over && x.state.Tick == last
	}
	return over && err == nil, err
}

// change draws the temperature anew, learns from it in the warm-up and records after it.
func (t *wandering) change(c int) error {
	x := t.all[c]
	s := &x.state
	if err := t.e.Reduced(c, x.u, t.at); err != nil {
		return err
	}
	total := math.Inf(-1)
	for k, u := range x.u {
		total = add2(total, x.g[k]-u)
	}
	u, sum, k := x.key.Stream(uint64(s.Tick)), 0.0, 0
	for j := range x.p {
		x.p[j] = functions.Exp1(x.g[j] - x.u[j] - total)
	}
	for r := u.Float64(); k < len(x.p)-1; k++ {
		if sum += x.p[k]; r < sum {
			break
		}
	}
	if err := t.e.SetParams(c, t.at[k]); err != nil {
		return err
	}
	s.K = int64(k)
	if s.Tick < t.warmup { // gain 1/T until a tenth of the warm-up is over, then 1/t
		n := float64(len(x.g))
		gain := min(1, n/max(1, float64(s.Tick)-float64(0.1*float64(t.warmup))))
		for j, p := range x.p {
			x.g[j] -= float64(gain * p)
		}
		first := x.g[0]
		for j := range x.g {
			x.g[j] -= first
		}
	} else {
		i := int(s.Tick - t.warmup)
		for j := range t.at {
			r := (j*len(t.all)+c)*t.draws + i
			take(t.record, c, r)
			t.log[r], t.rung[r] = -x.u[j]-total, int32(k)
		}
		x.visits[k]++
		switch k {
		case t.order[0]:
			if s.Last == 1 {
				s.Trips++
			}
			s.Last = -1
		case t.order[len(t.order)-1]:
			s.Last = 1
		}
	}
	s.Tick++
	return nil
}

// Progress is in draws, the warm-up's with them.
func (t *wandering) Progress() (done, total float64, unit string) {
	for _, x := range t.all {
		done += float64(x.state.Tick)
	}
	return done, float64((t.warmup + int64(t.draws)) * int64(len(t.all))), "draws"
}

// Report adds the draws, their weights and the ratios of partition functions.
func (t *wandering) Report(out contract.Results) error {
	if err := add(t.record, out, t.draws); err != nil {
		return err
	}
	C := len(t.all)
	log, ratio := make([]float64, len(t.log)), make([]float64, len(t.at)*C)
	for c := range t.all {
		for k := range t.at {
			w := t.log[(k*C+c)*t.draws : (k*C+c+1)*t.draws]
			mean := math.Inf(-1)
			for _, x := range w {
				mean = add2(mean, x)
			}
			mean -= functions.Log1(float64(t.draws))
			ratio[k*C+c] = mean
			for i, x := range w { // chains have g of their own: each has the weight of its draws
				log[(k*C+c)*t.draws+i] = x - mean
			}
		}
		first := ratio[c]
		for k := range t.at {
			ratio[k*C+c] -= first
		}
	}
	if err := out.Add("log_weights", array.Float64, []int{t.draws}, []string{"draw"}, log); err != nil {
		return err
	}
	if err := out.Add("rung", array.Int32, []int{t.draws}, []string{"draw"}, t.rung); err != nil {
		return err
	}
	return out.Add("log_ratio", array.Float64, nil, nil, ratio)
}

// Info is where chains have been.
func (t *wandering) Info() map[string][]float64 {
	all := map[string][]float64{}
	for name, values := range t.e.Info() {
		for range t.at {
			all[name] = append(all[name], values...)
		}
	}
	for k := range t.at {
		for _, x := range t.all {
			all["visits"] = append(all["visits"], x.visits[k]/float64(max(1, x.state.Tick-t.warmup)))
			all["round_trips"] = append(all["round_trips"], float64(x.state.Trips))
		}
	}
	return all
}

func (t *wandering) saved() (all []any) {
	for _, x := range t.all {
		all = append(all, &x.state, x.g, x.visits)
	}
	for _, r := range t.record {
		all = append(all, r.data)
	}
	return append(all, t.log, t.rung)
}

// Save writes chains, draws and walkers.
func (t *wandering) Save(w io.Writer) error {
	if err := saved.Put(w, t.saved()...); err != nil {
		return err
	}
	return t.e.Save(w)
}

// Load reads them.
func (t *wandering) Load(r io.Reader) error {
	if err := saved.Get(r, t.saved()...); err != nil {
		return err
	}
	for _, x := range t.all {
		if s := x.state; s.Tick < 0 || s.Tick > t.warmup+int64(t.draws) || s.K < 0 || int(s.K) >= len(t.at) {
			return spec.Errorf(spec.CheckpointError, "expected a place in the run, the saved state has %+v", s)
		}
	}
	return t.e.Load(r)
}
