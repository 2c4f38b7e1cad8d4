package field

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

type (
	kernel  = walkers.Kernel[float64]
	builder = walkers.Builder[float64]
)

// Name and the rest are what walkers ask.
func (*Phi4) Name() string { return "Phi4" }

// Layout is the arrangement with its dimensions.
func (m *Phi4) Layout() (shape []int, dims []string) {
	for d := range m.Arrangement() {
		dims = append(dims, fmt.Sprintf("x%d", d))
	}
	return m.Arrangement(), dims
}

// Sites is their number.
func (m *Phi4) Sites() int { return m.Size() }

// Unit of work.
func (*Phi4) Unit() string { return "site updates" }

// Draw makes a random start: there is no distribution of infinite temperature.
func (*Phi4) Draw(dst []float64, s *rng.Stream) {
	for k := range dst {
		dst[k] = float64(4*s.Float64()) - 2
	}
}

// LogReference is that of an infinite volume.
func (*Phi4) LogReference() float64 { return math.Inf(1) }

// Ordered is the field at 0.
func (*Phi4) Ordered(dst []float64) { clear(dst) }

// Admits finite numbers.
func (*Phi4) Admits(x []float64) (at int, ok bool) {
	for k, v := range x {
		if v-v != 0 {
			return k, false
		}
	}
	return 0, true
}

// Values in words.
func (*Phi4) Values() string { return "finite numbers" }

// Observables are the target's.
func (m *Phi4) Observables() []walkers.Observable[float64] { return measure.Observables(m) }

// conditional is the distribution of a site given its neighbours, exp(-(c phi^2/2 + lam phi^4/4 - x phi)/kT), c their number + mass2, x their sum + h.
type conditional struct {
	*action
	kT float64
}

func (r *conditional) SetKT(kT float64) { r.kT = kT }
func (*conditional) Name() string       { return "" }

func (r *conditional) given(z []float64, i int) (c, x float64) {
	x = r.model.H
	near := r.graph.To[r.graph.Start[i]:r.graph.Start[i+1]]
	for _, j := range near {
		x += z[j]
	}
	return float64(len(near)) + r.model.Mass2, x
}

// Visit draws sites by rejection: since (phi^2 - s)^2 >= 0, the Gaussian with lam (2 s phi^2 - s^2)/4 for lam phi^4/4 lies above, and is accepted with
// probability exp(-lam (phi^2 - s)^2 / (4 kT)). s is near the proposals' mean of phi^2, where most are.
func (r *conditional) Visit(z []float64, sites []int32, u *rng.Stream) int64 {
	lam := r.model.Lam
	for _, i := range sites {
		c, x := r.given(z, int(i))
		s := 0.0
		if lam > 0 {
			s = r.centre(c, x)
		}
		stiff := c + float64(lam*s)
		mean, sd := x/stiff, math.Sqrt(r.kT/stiff)
		for {
			v := mean + float64(sd*u.Normal())
			d := float64(v*v) - s
			if lam == 0 || u.Float64() < functions.Exp1(-0.25*lam*d*d/r.kT) {
				z[i] = v
				break
			}
		}
	}
	return int64(len(sites))
}

// centre solves s = kT/a + (x/a)^2, a = c + lam s, by bisection in a few steps: any s with a > 0 is exact, a good one is fast.
func (r *conditional) centre(c, x float64) float64 {
	lam := r.model.Lam
	low := max(0, -c/lam)
	high := low + 1
	excess := func(s float64) float64 {
		a := c + float64(lam*s)
		mean := x / a
		square := float64(mean * mean)
		return r.kT/a + square - s
	}
	for range 60 {
		if excess(high) < 0 {
			break
		}
		high = low + float64(2*(high-low))
	}
	for range 12 {
		middle := float64(0.5 * (low + high))
		if excess(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// mirror reflects sites about where the quadratic part is least, 2 x/c - phi, which leaves that part, and accepts by the quartic one.
type mirror struct{ *conditional }

func (mirror) Name() string { return "acceptance" }

func (r mirror) Visit(z []float64, sites []int32, u *rng.Stream) (changed int64) {
	for _, i := range sites {
		c, x := r.given(z, int(i))
		if c <= 0 {
			continue
		}
		v, w := z[i], 2*x/c-z[i]
		d := float64(v*v) - float64(w*w)
		if u.Float64() < functions.Exp1(min(0, 0.25*r.model.Lam*d*(float64(v*v)+float64(w*w))/r.kT)) {
			z[i] = w
			changed++
		}
	}
	return changed
}

func (m *Phi4) single(order string, reflections int) (builder, error) {
	return m.rules(order, func(rule *conditional) (rules []walkers.Rule[float64]) {
		for range reflections {
			rules = append(rules, mirror{rule})
		}
		return append(rules, rule)
	})
}

// rules is the kernel of some that visit sites in an order.
func (m *Phi4) rules(order string, make func(c *conditional) []walkers.Rule[float64]) (builder, error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	o := walkers.NewOrder(g, order)
	return func(w contract.Walker) (kernel, error) {
		a, err := newAction(m)
		if err != nil {
			return nil, err
		}
		a.graph = g
		return walkers.NewSingle(m, a.energy, o, w, make(&conditional{action: a})...), nil
	}, nil
}

func prepareHeatBath(m *Phi4, method *moves.HeatBath) (builder, error) {
	return m.single(method.Order, 0)
}

func prepareOverRelaxation(m *Phi4, method *moves.OverRelaxation) (builder, error) {
	return m.single(method.Order, method.Reflections)
}
