package over

import (
	"context"
	"io"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// how is what flat-histogram methods differ in.
type how struct {
	levels
	sweeps int // between draws
	flat   float64
	final  float64 // Wang and Landau's increment at the end; 0: the recursion of multicanonical sampling
	rounds int     // of that recursion
	length int     // sweeps of its first round, and between two looks at the histogram of Wang and Landau
}

// flatness is one walker a chain whose bias makes a histogram flat.
type flatness struct {
	how
	e      contract.Ensemble
	kT     []float64 // of the run, in its order
	warmup int64
	draws  int
	all    []*learner
	record []recorded
	log    []float64 // weights (kT, chain, draw)
	counts float64   // log of the number of states, NaN where there is none
}

// learner is a chain: the bias f of each level, the histogram, and where it is in its schedule.
type learner struct {
	bias, hits []float64
	seen       []bool
	state      struct {
		Phase        int64 // 0 warm-up, 1 learning, 2 drawing, 3 done
		Target       int64 // sweeps
		Round, Drawn int64
		Increment    float64
		Moves        float64
		Inside       bool
	}
}

func openFlat(s span, h how, o contract.Order) (contract.Staged, error) {
	_, kT, err := climb(o.Walkers, o.Chains)
	if err != nil {
		return nil, err
	}
	base := kT[len(kT)-1]
	f := &flatness{how: h, warmup: o.Walkers[0].Warmup, draws: o.Draws, counts: math.NaN()}
	for t := range len(kT) {
		f.kT = append(f.kT, o.Walkers[t*o.Chains].Params.KT)
	}
	var walkers []contract.Walker
	for c := range o.Chains {
		walkers = append(walkers, contract.Walker{Params: contract.Params{KT: base}, Key: o.Walkers[c].Key, Warmup: f.warmup})
	}
	if f.e, err = o.Inner(walkers, o.Start); err != nil {
		return nil, err
	}
	if f.levels, err = s.levels(f.e, o); err != nil {
		return nil, err
	}
	for range o.Chains {
		l := &learner{bias: make([]float64, f.n), hits: make([]float64, f.n), seen: make([]bool, f.n)}
		l.state.Increment, l.state.Target = 1, f.warmup
		f.all = append(f.all, l)
	}
	if err := f.e.SetBias(0, f.rule(f.all[0])); err != nil { // kernels and observables that cannot are refused now
		return nil, err
	}
	if err := f.e.SetBias(0, nil); err != nil {
		return nil, err
	}
	if f.e, err = o.Inner(walkers, o.Start); err != nil {
		return nil, err
	}
	if r, ok := f.e.(contract.Referenced); ok && f.name == "energy" {
		u := []float64{1}
		if err := f.e.Reduced(0, u, []contract.Params{{KT: base, Reference: 1}}); err == nil && u[0] == 0 { // every state has the same weight there: they are counted
			f.counts = r.LogReference()
		}
	}
	rows := len(kT) * o.Chains * o.Draws
	if f.record, err = records(f.e, o.Observe, rows); err != nil {
		return nil, err
	}
	f.log = make([]float64, rows)
	for i := range f.log {
		f.log[i] = math.NaN()
	}
	return f, nil
}

// rule is the bias of a chain. Before it has come inside for the first time it is drawn there.
func (f *flatness) rule(l *learner) *contract.Bias {
	return &contract.Bias{Observable: f.name, LogWeight: func(x float64) float64 {
		k := f.at(x)
		switch {
		case k >= 0 && k < f.n:
			return l.bias[k]
		case l.state.Inside || x != x:
			return math.Inf(-1)
		}
		return -max(f.low-x, x-f.low-float64(f.step*float64(f.n-1))) / f.step
	}, Visit: func(x float64) {
		k := f.at(x)
		if k < 0 || k >= f.n {
			return
		}
		s := &l.state
		s.Inside = true
		l.hits[k]++
		s.Moves++
		if s.Phase == 1 && f.final > 0 {
			if !l.seen[k] { // a level that comes to light begins as the rarest so far
				l.bias[k] = l.highest()
			}
			l.bias[k] -= s.Increment
		}
		l.seen[k] = true
	}}
}

func (l *learner) highest() float64 {
	top := math.Inf(-1)
	for k, b := range l.bias {
		if l.seen[k] {
			top = max(top, b)
		}
	}
	if math.IsInf(top, -1) {
		return 0
	}
	return top
}

// Stage takes every chain one look further.
func (f *flatness) Stage(ctx context.Context, workers int) (bool, error) {
	if err := contract.Each(ctx, f.e, workers, len(f.all), f.advance); err != nil {
		return false, err
	}
	over := true
	for _, l := range f.all {
		over = over && l.state.Phase == 3
	}
	return over, nil
}

func (f *flatness) advance(ctx context.Context, c int) error {
	l := f.all[c]
	s := &l.state
	if s.Phase == 3 {
		return nil
	}
	if err := f.e.SweepTo(ctx, c, s.Target, nil); err != nil {
		return err
	}
	switch {
	case s.Phase == 0:
		f.e.Warm(c)
		s.Phase = 1
		if err := f.e.SetBias(c, f.rule(l)); err != nil {
			return err
		}
		s.Target += int64(f.length)
	case s.Phase == 1:
		if !s.Inside && s.Target > f.warmup+int64(f.length)*1000 {
			return spec.Errorf(spec.ConvergenceError, "%s never came between low = %v and high = %v", f.name, f.low, f.low+float64(f.step*float64(f.n-1))).
				Try("a range that contains values of a random start")
		}
		over := l.learn(&f.how)
		if f.final == 0 {
			if err := f.e.SetBias(c, f.rule(l)); err != nil { // it is another one now
				return err
			}
		}
		if over {
			s.Phase = 2
			clear(l.hits)
			s.Target += int64(f.sweeps)
			break
		}
		s.Target += int64(f.length)
		if f.final == 0 {
			s.Target += int64(f.length) * s.Round
		}
	default:
		if err := f.draw(c); err != nil {
			return err
		}
		if s.Drawn++; int(s.Drawn) == f.draws {
			s.Phase = 3
		}
		s.Target += int64(f.sweeps)
	}
	return nil
}

// learn looks at the histogram; true where the bias is done.
func (l *learner) learn(h *how) bool {
	s := &l.state
	if !s.Inside {
		return false
	}
	if h.final == 0 { // B. A. Berg: a level's bias falls by what its histogram has; levels that were not visited take their neighbour's
		for k, n := range l.hits {
			if n > 0 {
				l.bias[k] -= functions.Log1(n)
			}
		}
		l.spread()
		clear(l.hits)
		s.Round++
		return int(s.Round) >= h.rounds
	}
	known, total, least := 0.0, 0.0, math.Inf(1)
	for k, n := range l.hits {
		if l.seen[k] {
			known++
			total += n
			least = min(least, n)
		}
	}
	if slow := known / s.Moves; s.Increment <= slow || s.Round < 0 { // from here on as 1/t
		s.Round = -1
		s.Increment = slow
	} else if least >= h.flat*total/known {
		s.Increment *= 0.5
		s.Round++
		clear(l.hits)
	}
	return s.Increment <= h.final
}

// spread levels the bias beyond what was visited.
func (l *learner) spread() {
	last := -1
	for k := range l.bias {
		if !l.seen[k] {
			continue
		}
		if last < 0 {
			for j := range k {
				l.bias[j] = l.bias[k]
			}
		}
		for j := last + 1; last >= 0 && j < k; j++ {
			l.bias[j] = max(l.bias[last], l.bias[k])
		}
		last = k
	}
	for j := last + 1; last >= 0 && j < len(l.bias); j++ {
		l.bias[j] = l.bias[last]
	}
}

// draw records a draw with its weights at every temperature.
func (f *flatness) draw(c int) error {
	s := &f.all[c].state
	at := []contract.Params{{KT: 0}}
	for _, T := range f.kT {
		at = append(at, contract.Params{KT: T})
		at[0].KT = max(at[0].KT, T)
	}
	u := make([]float64, len(at))
	if err := f.e.Reduced(c, u, at); err != nil {
		return err
	}
	x, err := read(f.e, f.name, c)
	if err != nil {
		return err
	}
	k := f.at(x)
	for t := range f.kT {
		r := (t*len(f.all)+c)*f.draws + int(s.Drawn)
		take(f.record, c, r)
		f.log[r] = u[0] - u[t+1]
		if k >= 0 && k < f.n {
			f.log[r] -= f.all[c].bias[k]
		} else {
			f.log[r] = math.Inf(-1)
		}
	}
	return nil
}

// Progress is in stages of the schedule: half for learning, half for draws.
func (f *flatness) Progress() (done, total float64, unit string) {
	for _, l := range f.all {
		done += float64(l.state.Drawn)
	}
	return done, float64(f.draws * len(f.all)), "draws"
}

// shares are log probabilities of the levels at the highest temperature: the bias, corrected by the histogram of the draws' sweeps.
func (l *learner) shares() []float64 {
	p, top := make([]float64, len(l.bias)), math.Inf(-1)
	for k, b := range l.bias {
		p[k] = math.Inf(-1)
		if l.hits[k] > 0 {
			p[k] = functions.Log1(l.hits[k]) - b
		} else if l.seen[k] && l.state.Phase < 2 {
			p[k] = -b
		}
		top = max(top, p[k])
	}
	sum := 0.0
	for _, x := range p {
		sum += functions.Exp1(x - top)
	}
	for k := range p {
		p[k] -= top + functions.Log1(sum)
	}
	return p
}

// Report adds draws, levels and what was learnt of them.
func (f *flatness) Report(out contract.Results) error {
	if err := add(f.record, out, f.draws); err != nil {
		return err
	}
	C, T := len(f.all), len(f.kT)
	base := 0.0
	for _, x := range f.kT {
		base = max(base, x)
	}
	level, logP, hits := make([]float64, T*C*f.n), make([]float64, T*C*f.n), make([]float64, T*C*f.n)
	logG, logZ := make([]float64, T*C*f.n), make([]float64, T*C)
	log := slices.Clone(f.log)
	for c, l := range f.all {
		p := l.shares()
		g, norm := make([]float64, f.n), math.Inf(-1)
		for k := range g {
			g[k] = p[k] + (f.low+float64(f.step*float64(k)))/base
			norm = add2(norm, g[k])
		}
		if f.counts != f.counts {
			norm = 0
		} else {
			norm -= f.counts
		}
		for t, kT := range f.kT {
			at := (t*C + c) * f.n
			z, sum := math.Inf(-1), math.Inf(-1)
			for k := range g {
				x := f.low + float64(f.step*float64(k))
				level[at+k], hits[at+k], logG[at+k] = x, l.hits[k], g[k]-norm
				z = add2(z, g[k]-norm-x/kT)
				q := p[k]
				if f.name == "energy" {
					q -= x/kT - x/base
				}
				logP[at+k] = q
				sum = add2(sum, q)
			}
			for k := range g {
				logP[at+k] -= sum
			}
			logZ[t*C+c] = z
		}
		for t := range f.kT { // a chain's draws carry its evidence, where there is one
			w := log[(t*C+c)*f.draws : (t*C+c+1)*f.draws]
			mean := math.Inf(-1)
			for _, x := range w {
				mean = add2(mean, x)
			}
			mean -= functions.Log1(float64(f.draws))
			if f.counts == f.counts {
				mean -= logZ[t*C+c]
			}
			for i := range w {
				w[i] -= mean
			}
		}
	}
	if err := out.Add("log_weights", array.Float64, []int{f.draws}, []string{"draw"}, log); err != nil {
		return err
	}
	dims := []string{"level"}
	if err := out.Add("levels", array.Float64, []int{f.n}, dims, level); err != nil {
		return err
	}
	if err := out.Add("log_p", array.Float64, []int{f.n}, dims, logP); err != nil {
		return err
	}
	if err := out.Add("histogram", array.Float64, []int{f.n}, dims, hits); err != nil {
		return err
	}
	if f.name == "energy" {
		if err := out.Add("log_g", array.Float64, []int{f.n}, dims, logG); err != nil {
			return err
		}
	}
	if f.counts == f.counts {
		return out.Add("log_evidence", array.Float64, nil, nil, logZ)
	}
	return nil
}

// add2 is log(e^x + e^y).
func add2(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) {
		return x
	}
	return x + functions.Log1p1(functions.Exp1(y-x))
}

// Info is what chains went through.
func (f *flatness) Info() map[string][]float64 {
	all := map[string][]float64{}
	put := func(name string, x func(c int) float64) {
		v := make([]float64, len(f.kT)*len(f.all))
		for i := range v {
			v[i] = x(i % len(f.all))
		}
		all[name] = v
	}
	for name, values := range f.e.Info() {
		put(name, func(c int) float64 { return values[c] })
	}
	put("moves", func(c int) float64 { return f.all[c].state.Moves })
	put("flatness", func(c int) float64 {
		known, total, least := 0.0, 0.0, math.Inf(1)
		for k, n := range f.all[c].hits {
			if f.all[c].seen[k] {
				known++
				total += n
				least = min(least, n)
			}
		}
		return least * known / total
	})
	if f.final > 0 {
		put("increment", func(c int) float64 { return f.all[c].state.Increment })
	}
	return all
}

func (f *flatness) saved() (all []any) {
	for _, l := range f.all {
		all = append(all, &l.state, l.bias, l.hits, l.seen)
	}
	for _, r := range f.record {
		all = append(all, r.data)
	}
	return append(all, f.log)
}

// Save writes chains, draws and walkers.
func (f *flatness) Save(w io.Writer) error {
	if err := saved.Put(w, f.saved()...); err != nil {
		return err
	}
	return f.e.Save(w)
}

// Load reads them; walkers get their biases first.
func (f *flatness) Load(r io.Reader) error {
	if err := saved.Get(r, f.saved()...); err != nil {
		return err
	}
	for c, l := range f.all {
		s := &l.state
		if s.Phase < 0 || s.Phase > 3 || s.Drawn < 0 || int(s.Drawn) > f.draws {
			return spec.Errorf(spec.CheckpointError, "expected a place in the schedule, the saved state has %+v", *s)
		}
		if s.Phase > 0 {
			if err := f.e.SetBias(c, f.rule(l)); err != nil {
				return err
			}
		}
	}
	return f.e.Load(r)
}
