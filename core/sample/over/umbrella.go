package over

import (
	"context"
	"io"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// UmbrellaSampling holds walkers in overlapping windows of an observable x, by harmonic biases
//
//	u -> E/kT + K/2 (x - c_w)^2,   c_w = low ... high in "windows" even steps,
//
// one walker for each window in each chain, and joins what they saw by the multistate Bennett acceptance ratio, as if all draws came from one mixture
//
//	log weight of a draw = -log sum_w exp(f_w - K/2 (x - c_w)^2),   f_w from exp(-f_w) = mean of exp(-K/2 (x - c_w)^2) under these weights.
//
// draws are all windows' together: "draws" must be a multiple of "windows", and the first draws / windows of them are those of the first window.
//
// # Observables
//
// Beside the system's: log_weights (draw,), to the system without biases; coordinate (draw,), x; window (draw,); free_energy (window,), f_w - f_0.
//
// # Examples
//
//	>>> import numpy as np
//	>>> wells = lambda x: 8 * (x[0] ** 2 - 1) ** 2 + 0.5 * x[1] ** 2
//	>>> method = erg.UmbrellaSampling(observable="x[0]", low=-1.3, high=1.3, windows=14, K=60.0)
//	>>> run = erg.sample(wells, method, space=erg.Real(2), draws=14 * 100, warmup=200, chains=2, seed=1)
//	>>> run["free_energy"].shape
//	(2, 14)
//
// # References
//
// G. M. Torrie, J. P. Valleau, J. Comput. Phys. 23, 187 (1977). M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129, 124105 (2008).
type UmbrellaSampling struct {
	// "energy", "magnetization", a recorded number, an element as in "x[0]".
	Observable string `spec:"observable" default:"\"energy\""`
	// Centre of the first window; where neither it nor high is given, windows go over all levels that the system has, which Ising and Potts know.
	Low *float64 `spec:"low" default:"null"`
	// Centre of the last.
	High *float64 `spec:"high" default:"null"`
	// Number of windows.
	Windows int `spec:"windows" default:"20" range:"[2,1e6]"`
	// Stiffness, in units of 1/x^2 (not of energy): the width of a window is 1/sqrt(K), the distance to the next one where it is not given.
	K *float64 `spec:"K" default:"null" range:"(0,inf)"`
	// How walkers move; single-site updates, or for densities RandomWalk where none is given.
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Sweeps between draws.
	Sweeps int `spec:"sweeps" default:"1" range:"[1,1e9]"`
}

// Inner is the kernel.
func (m *UmbrellaSampling) Inner() *contract.Kernel { return &m.Kernel }

// Preferred are its defaults.
func (m *UmbrellaSampling) Preferred() []string { return singles() }

// windows are the walkers of a run: (kT, chain, window).
type windows struct {
	*UmbrellaSampling
	levels // the centres
	stiff  float64
	e      contract.Ensemble
	warmup int64
	draws  int // of a population
	each   int // of a window
	pops   int
	tick   []int64
	x      []float64 // (kT, chain, draw)
	now    []float64 // of each walker
	record []recorded
}

func (m *UmbrellaSampling) open(o contract.Order) (contract.Staged, error) {
	if o.Draws%m.Windows != 0 {
		return nil, spec.Expected("draws", "a multiple of the number of windows", o.Draws).With("argument", "draws").Try("draws=windows * 100")
	}
	n := len(o.Walkers)
	u := &windows{UmbrellaSampling: m, warmup: o.Walkers[0].Warmup, draws: o.Draws, each: o.Draws / m.Windows, pops: n,
		tick: make([]int64, n*m.Windows), x: make([]float64, n*o.Draws), now: make([]float64, n*m.Windows)}
	var walkers []contract.Walker
	for _, w := range o.Walkers {
		if !(w.Params.KT > 0) {
			return nil, spec.Expected("kT", "temperatures above 0", w.Params.KT).With("argument", "kT")
		}
		for i := range m.Windows {
			walkers = append(walkers, contract.Walker{Params: w.Params, Key: w.Key.Fold(uint64(i)), Warmup: w.Warmup})
		}
	}
	var err error
	if u.e, err = o.Inner(walkers, o.Start); err != nil {
		return nil, err
	}
	if u.levels, err = (span{"UmbrellaSampling", m.Observable, m.Low, m.High, &m.Windows}).levels(u.e, o); err != nil {
		return nil, err
	}
	if u.stiff = 1 / float64(u.step*u.step); m.K != nil {
		u.stiff = *m.K
	}
	for w := range walkers {
		c := u.centre(w % m.Windows)
		b := &contract.Bias{Observable: m.Observable, LogWeight: func(x float64) float64 { return float64(-0.5 * u.stiff * (x - c) * (x - c)) },
			Visit: func(x float64) { u.now[w] = x }}
		if err := u.e.SetBias(w, b); err != nil {
			return nil, err
		}
	}
	for i := range u.x {
		u.x[i] = math.NaN()
	}
	u.record, err = records(u.e, o.Observe, n*o.Draws)
	return u, err
}

// centre of a window.
func (u *windows) centre(w int) float64 { return u.low + float64(u.step*float64(w)) }

// Stage advances every window by some draws.
func (u *windows) Stage(ctx context.Context, workers int) (bool, error) {
	last := u.warmup + int64(u.each)
	err := contract.Each(ctx, u.e, workers, len(u.tick), func(ctx context.Context, w int) error {
		t := &u.tick[w]
		for goal := min(last, *t-*t%ticksOfStage+ticksOfStage); *t < goal; {
			next := *t + 1
			sweeps := min(next, u.warmup) + max(0, next-u.warmup)*int64(u.Sweeps)
			if err := u.e.SweepTo(ctx, w, sweeps, nil); err != nil {
				return err
			}
			if next == u.warmup {
				u.e.Warm(w)
			}
			if *t = next; next > u.warmup {
				row := w/u.Windows*u.draws + w%u.Windows*u.each + int(next-u.warmup) - 1
				take(u.record, w, row)
				u.x[row] = u.now[w]
			}
		}
		return nil
	})
	over := err == nil
	for _, t := range u.tick {
		over = over && t == last
	}
	return over, err
}

// Progress is in draws, the warm-up's with them.
func (u *windows) Progress() (done, total float64, unit string) {
	for _, t := range u.tick {
		done += float64(t)
	}
	return done, float64(len(u.tick)) * float64(u.warmup+int64(u.each)), "draws"
}

// Report joins the windows of each population.
func (u *windows) Report(out contract.Results) error {
	if err := add(u.record, out, u.draws); err != nil {
		return err
	}
	log, free, window := make([]float64, len(u.x)), make([]float64, u.pops*u.Windows), make([]int32, len(u.x))
	for p := range u.pops {
		u.join(u.x[p*u.draws:(p+1)*u.draws], log[p*u.draws:(p+1)*u.draws], free[p*u.Windows:(p+1)*u.Windows])
		for i := range u.draws {
			window[p*u.draws+i] = int32(i / u.each)
		}
	}
	if err := out.Add("log_weights", array.Float64, []int{u.draws}, []string{"draw"}, log); err != nil {
		return err
	}
	if err := out.Add("coordinate", array.Float64, []int{u.draws}, []string{"draw"}, u.x); err != nil {
		return err
	}
	if err := out.Add("window", array.Int32, []int{u.draws}, []string{"draw"}, window); err != nil {
		return err
	}
	return out.Add("free_energy", array.Float64, []int{u.Windows}, []string{"window"}, free)
}

// join solves for f as M. R. Shirts and J. D. Chodera do, from f summed window by window; log are the weights, of mean 1.
func (u *windows) join(x, log, f []float64) {
	n, k := len(x), len(f)
	bias := make([]float64, n*k)
	for i, y := range x {
		if y != y { // interrupted
			for i := range log {
				log[i] = math.NaN()
			}
			return
		}
		for w := range k {
			d := y - u.centre(w)
			bias[i*k+w] = float64(0.5 * u.stiff * d * d)
		}
	}
	for w := 1; w < k; w++ { // one-sided estimates along the windows
		sum := math.Inf(-1)
		for i := (w - 1) * u.each; i < w*u.each; i++ {
			sum = add2(sum, bias[i*k+w-1]-bias[i*k+w])
		}
		f[w] = f[w-1] - (sum - functions.Log1(float64(u.each)))
	}
	found, row, curved := make([]float64, k), make([]float64, k), make([]float64, k*k)
	for range 200 {
		clear(found)
		clear(curved)
		for i := range x {
			top := math.Inf(-1)
			for w := range k {
				row[w] = f[w] - bias[i*k+w]
				top = max(top, row[w])
			}
			for w := range k {
				row[w] -= top
			}
			functions.Exp(row, row)
			sum := 0.0
			for _, y := range row {
				sum += y
			}
			log[i] = -top - functions.Log1(sum)
			for w, y := range row {
				if y /= sum; y < 1e-12 {
					continue
				}
				found[w] += y
				for v := range w {
					curved[w*k+v] -= float64(y * (row[v] / sum))
				}
				curved[w*k+w] += float64(y * (1 - y))
			}
		}
		if u.newton(f, found, curved) < 1e-10 {
			break
		}
	}
	mean := math.Inf(-1)
	for _, y := range log {
		mean = add2(mean, y)
	}
	mean -= functions.Log1(float64(n))
	for i := range log {
		log[i] -= mean
	}
}

// newton moves f to where each window has as many draws as the mixture gives it, found = each: by Newton's step with the slope of found, or where that is
// long by the fixed point f - log(found / each); f_0 stays. It returns the largest change.
func (u *windows) newton(f, found, slope []float64) float64 {
	k, each := len(f), float64(u.each)
	step, safe := make([]float64, k), true
	for w := range k {
		step[w] = each - found[w]
		safe = safe && math.Abs(step[w]) < 0.3*each
	}
	for w := 1; w < k && safe; w++ { // Cholesky in place, of the rows and columns without the first
		for v := 1; v <= w; v++ {
			x := slope[w*k+v]
			for i := 1; i < v; i++ {
				x -= float64(slope[w*k+i] * slope[v*k+i])
			}
			if v < w {
				slope[w*k+v] = x / slope[v*k+v]
			} else if safe = x > 1e-9; safe {
				slope[w*k+w] = math.Sqrt(x)
			}
		}
	}
	if safe {
		for w := 1; w < k; w++ {
			for v := 1; v < w; v++ {
				step[w] -= float64(slope[w*k+v] * step[v])
			}
			step[w] /= slope[w*k+w]
		}
		for w := k - 1; w > 0; w-- {
			for v := w + 1; v < k; v++ {
				step[w] -= float64(slope[v*k+w] * step[v])
			}
			step[w] /= slope[w*k+w]
		}
		step[0] = 0
	} else {
		for w := range k {
			step[w] = -functions.Log1(max(found[w], 1e-300) / each)
		}
	}
	change, first := 0.0, step[0]
	for w := range k {
		d := step[w] - first
		f[w] += d
		change = max(change, math.Abs(d))
	}
	return change
}

// Info is that of the kernels, in the mean over windows.
func (u *windows) Info() map[string][]float64 {
	all := map[string][]float64{}
	for name, values := range u.e.Info() {
		mean := make([]float64, u.pops)
		for w, v := range values {
			mean[w/u.Windows] += v / float64(u.Windows)
		}
		all[name] = mean
	}
	return all
}

func (u *windows) saved() []any {
	all := []any{u.tick, u.x, u.now}
	for _, r := range u.record {
		all = append(all, r.data)
	}
	return all
}

// Save writes windows, draws and walkers.
func (u *windows) Save(w io.Writer) error {
	if err := saved.Put(w, u.saved()...); err != nil {
		return err
	}
	return u.e.Save(w)
}

// Load reads them.
func (u *windows) Load(r io.Reader) error {
	if err := saved.Get(r, u.saved()...); err != nil {
		return err
	}
	for _, t := range u.tick {
		if t < 0 || t > u.warmup+int64(u.each) {
			return spec.Errorf(spec.CheckpointError, "expected at most %d draws of a window, the saved state has %d", u.each, t)
		}
	}
	return u.e.Load(r)
}
