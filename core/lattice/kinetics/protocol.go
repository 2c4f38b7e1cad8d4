package kinetics

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/spec"
)

// factors of couplings, fields and kT at a time.
type factors struct{ J, H, KT float64 }

// protocol gives them.
type protocol struct {
	times  []float64
	at     []factors
	period float64
}

func newProtocol(m *moves.Driven) (*protocol, error) {
	times := m.Times.Values
	if m.Times.Uniform() {
		times = []float64{m.Times.Scalar}
	}
	if len(m.Times.Shape) > 1 || len(times) == 0 || !slices.IsSorted(times) {
		return nil, spec.Errorf(spec.SpecError, "Driven.times: expected numbers that do not fall, shape (n,); got %v", times).With("argument", "times").Try("Driven(times=[0, 10], h=[0, 1])")
	}
	for _, c := range []struct {
		name string
		f    array.Field
	}{{"J", m.J}, {"h", m.H}, {"kT", m.KT}} {
		if !c.f.Uniform() && (len(c.f.Shape) != 1 || len(c.f.Values) != len(times)) {
			return nil, spec.Errorf(spec.ShapeError, "Driven.%s: expected a number or shape (%d,), one per time; got shape %v", c.name, len(times), c.f.Shape).With("argument", c.name)
		}
	}
	if m.Period > 0 && (times[0] < 0 || times[len(times)-1] > m.Period) {
		return nil, spec.Expected("Driven.times", "times within the period", times).With("argument", "times")
	}
	p := &protocol{times: times, period: m.Period}
	for i := range times {
		f := factors{m.J.At(i), m.H.At(i), m.KT.At(i)}
		if f.KT < 0 {
			return nil, spec.Expected("Driven.kT", "factors of at least 0", f.KT).With("argument", "kT")
		}
		p.at = append(p.at, f)
	}
	return p, nil
}

// when gives the factors at a time.
func (p *protocol) when(t float64) factors {
	if p.period > 0 {
		t -= float64(math.Floor(t/p.period) * p.period)
	}
	after, _ := slices.BinarySearchFunc(p.times, t, func(x, t float64) int { // the first time after t
		if x <= t {
			return -1
		}
		return 1
	})
	switch after {
	case 0:
		return p.at[0]
	case len(p.times):
		return p.at[after-1]
	}
	a, b := p.at[after-1], p.at[after]
	s := (t - p.times[after-1]) / (p.times[after] - p.times[after-1])
	between := func(a, b float64) float64 { return a + float64(s*(b-a)) }
	return factors{between(a.J, b.J), between(a.H, b.H), between(a.KT, b.KT)}
}

// begin gives the factors of a start, before a jump at time 0.
func (p *protocol) begin(t float64) factors {
	switch {
	case t > 0 || p.period > 0 && p.times[0] > 0:
		return p.when(t)
	case p.period > 0:
		return p.at[0]
	}
	return p.when(math.Nextafter(0, -1))
}
