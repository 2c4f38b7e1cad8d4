package ranged

import (
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/ranged/rows"
	"github.com/ergodica/ergodica/core/lattice/states"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// bath draws a spin from its distribution given the others; terms quadratic in it accept or reject.
type bath struct {
	follower
	kT    float64
	turns vector.Turns
}

// SetKT sets the temperature.
func (k *bath) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed, where not all do.
func (k *bath) Name() string {
	if k.quadratic {
		return "changed"
	}
	return ""
}

// Visit draws the sites given.
func (k *bath) Visit(s []float64, sites []int32, u *rng.Stream) (changed int64) {
	k.begin(s, len(sites))
	defer k.f.end()
	if k.spatial() {
		return k.visitSpatial(s, sites, u)
	}
	var field, room [64]float64
	n := k.N
	x, next := field[:n], room[:n]
	for _, at := range sites {
		i := int(at)
		k.local(x, i)
		vector.Draw(next, x, k.kT, u)
		if k.quadratic && !accepted(k.own(s[i*n:], i)-k.own(next, i), k.kT, u) {
			continue
		}
		k.set(s, next, i)
		changed++
	}
	return changed
}

// visitSpatial is Visit for three components and tensors.
func (k *bath) visitSpatial(s []float64, sites []int32, u *rng.Stream) int64 {
	k.turns.Fill(len(sites), u)
	k.lines(s, sites, func(l *rows.Line, from, to, v int) int {
		l.KT = k.kT
		l.Logs, l.Sides, l.Apart = k.turns.From(v)
		at := l.Draw(from, to)
		if at == to {
			return to
		}
		x, y, z := l.Field(at)
		l.Turn(at, k.turns.Draw(x, y, z, k.kT, v+at-from, u))
		return at + 1
	})
	return int64(len(sites))
}

func accepted(dE, kT float64, u *rng.Stream) bool {
	return dE <= 0 || kT > 0 && u.Float64() < functions.Exp1(-dE/kT)
}

// Propose turns a spin by some half a radian.
func (k *bath) Propose(dst, s []float64, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, 0.5, u)
}

// metropolis turns a spin a little; where it has an axis, it then draws it or its opposite: one that turned wherever it may would turn a spin without
// couplings every sweep, there and back.
type metropolis struct {
	follower
	walkers.Stride
	kT            float64
	normals, logs []float64
}

// SetKT sets the temperature.
func (k *metropolis) SetKT(kT float64) { k.kT = kT }

// Name is that of the share of turns that are accepted.
func (k *metropolis) Name() string { return "acceptance" }

// Visit tries the sites given.
func (k *metropolis) Visit(s []float64, sites []int32, u *rng.Stream) (changed int64) {
	k.begin(s, len(sites))
	defer k.f.end()
	if k.spatial() {
		return k.visitSpatial(s, sites, u)
	}
	var field, room [64]float64
	n := k.N
	x, next := field[:n], room[:n]
	for _, at := range sites {
		i := int(at)
		if accepted(k.propose(next, s, i, k.Step, u), k.kT, u) {
			k.set(s, next, i)
			changed++
		}
		if !k.quadratic {
			continue
		}
		k.local(x, i)
		dE := 0.0
		for p, v := range s[i*n : i*n+n] {
			next[p] = 0 - v
			dE += float64(2 * x[p] * v)
		}
		if u.Float64() < walkers.Turned(dE, k.kT, true, false) {
			k.set(s, next, i)
		}
	}
	return changed
}

// visitSpatial is Visit for three components and tensors.
func (k *metropolis) visitSpatial(s []float64, sites []int32, u *rng.Stream) int64 {
	n := len(sites)
	pairs := (3*n + 1) / 2
	if len(k.logs) < n+pairs {
		k.normals, k.logs = make([]float64, 2*pairs), make([]float64, n+pairs)
	}
	logs, sin, cos := k.logs[:n+pairs], k.normals[:pairs], k.normals[pairs:2*pairs]
	u.Polar(logs, sin, cos)
	rng.Stretch(logs[n:], sin, cos)
	k.lines(s, sites, func(l *rows.Line, from, to, v int) int {
		l.KT, l.Logs, l.Sides = k.kT, logs[v:], k.normals[3*v:]
		l.Propose(from, to, k.Step)
		l.Try(from, to)
		return to
	})
	turned := k.f.line.Turned
	k.f.line.Turned = 0
	return turned
}

// Propose turns a spin.
func (k *metropolis) Propose(dst, s []float64, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, k.Step, u)
}

// reflection turns spins about their fields by half a turn; the heat bath beside it keeps the fields.
type reflection struct{ k *spins }

// SetKT does nothing: energy is kept.
func (reflection) SetKT(float64) {}

// Name: there is nothing to report.
func (reflection) Name() string { return "" }

// Visit reflects the sites given.
func (r reflection) Visit(s []float64, sites []int32, _ *rng.Stream) int64 {
	k := r.k
	k.begin(s, len(sites))
	defer k.f.end()
	if k.spatial() {
		k.lines(s, sites, func(l *rows.Line, from, to, _ int) int {
			l.Reflect(from, to)
			return to
		})
		return int64(len(sites))
	}
	var field [64]float64
	n := k.N
	x := field[:n]
	for _, at := range sites {
		i := int(at)
		k.local(x, i)
		square, along := 0.0, 0.0
		for p, v := range s[i*n : i*n+n] {
			square += float64(x[p] * x[p])
			along += float64(x[p] * v)
		}
		if square > 0 {
			for p, v := range s[i*n : i*n+n] {
				x[p] = float64(2*along/square*x[p]) - v
			}
			k.set(s, x, i)
		}
	}
	return int64(len(sites))
}

type (
	vectorBuilder = walkers.Builder[float64]
	vectorKernel  = walkers.Kernel[float64]
)

// build is a kernel of rules that share their fields.
func build(m *LongRangeON, order string, rules func(k *spins) []walkers.Rule[float64]) vectorBuilder {
	o := walkers.OneByOne(m.sites, order)
	return func(w contract.Walker) (vectorKernel, error) {
		k := &spins{LongRangeON: m, f: newFields(&m.couplings, order != "random")}
		return walkers.NewSingle(m, k.energy, o, w, rules(k)...), nil
	}
}

func prepareHeatBath(m *LongRangeON, method *moves.HeatBath) (vectorBuilder, error) {
	return build(m, method.Order, func(k *spins) []walkers.Rule[float64] {
		return []walkers.Rule[float64]{&bath{follower: follower{spins: k}}}
	}), nil
}

func prepareMetropolis(m *LongRangeON, method *moves.Metropolis) (vectorBuilder, error) {
	return build(m, method.Order, func(k *spins) []walkers.Rule[float64] {
		return []walkers.Rule[float64]{&metropolis{follower: follower{spins: k}, Stride: walkers.NewStride(method.Step)}}
	}), nil
}

func prepareOverRelaxation(m *LongRangeON, method *moves.OverRelaxation) (vectorBuilder, error) {
	if err := refuseQuadratic(m, "OverRelaxation"); err != nil {
		return nil, err
	}
	return build(m, method.Order, func(k *spins) (rules []walkers.Rule[float64]) {
		for range method.Reflections {
			rules = append(rules, reflection{k})
		}
		return append(rules, &bath{follower: follower{spins: k}})
	}), nil
}

func prepareGlauber(m *LongRangeON, _ *moves.HeatBath) (vectorBuilder, error) {
	o := walkers.OneByOne(m.sites, "random")
	return func(w contract.Walker) (vectorKernel, error) {
		k := &spins{LongRangeON: m, f: newFields(&m.couplings, false)}
		return walkers.NewEvents(m, k.energy, o, w, &bath{follower: follower{spins: k}}), nil
	}, nil
}

// Registry lists the methods.
func Registry() []contract.Entry {
	return slices.Concat([]contract.Entry{
		walkers.Sampler("lattice.LongRangeIsing", "HeatBath", func(m *LongRangeIsing, method *moves.HeatBath) (builder, error) {
			return prepareIsing(m, method.Order, true, false)
		}, moves.HeatBathCite),
		walkers.Sampler("lattice.LongRangeIsing", "Metropolis", func(m *LongRangeIsing, method *moves.Metropolis) (builder, error) {
			return prepareIsing(m, method.Order, false, false)
		}, moves.MetropolisCite),
		walkers.Clock("lattice.LongRangeIsing", "HeatBath", func(m *LongRangeIsing, _ *moves.HeatBath) (builder, error) {
			return prepareIsing(m, "random", true, true)
		}, moves.HeatBathCite),
		contract.Named("lattice.LongRangeON", func() any { return new(LongRangeON) }),
		walkers.Sampler("lattice.LongRangeON", "HeatBath", prepareHeatBath, moves.HeatBathCite),
		walkers.Sampler("lattice.LongRangeON", "Metropolis", prepareMetropolis, moves.MetropolisCite),
		walkers.Sampler("lattice.LongRangeON", "OverRelaxation", prepareOverRelaxation, moves.OverRelaxationCite),
		walkers.Clock("lattice.LongRangeON", "HeatBath", prepareGlauber, moves.HeatBathCite),
		factors.MeanFields[float64]("lattice.LongRangeON", (*LongRangeON).theory),
		states.Enumeration("lattice.LongRangeIsing", (*LongRangeIsing).listed),
	}, kinetics.Entries("lattice.LongRangeIsing", kinetic), factors.Local[int8]("lattice.LongRangeIsing", (*LongRangeIsing).terms))
}
