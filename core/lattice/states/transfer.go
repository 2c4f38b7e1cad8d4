package states

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/exact"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Pairs is a model of q values with one energy for all bonds and one for all sites of a hypercubic lattice, E = sum pair[s_i q + s_j] + sum site[s_i].
type Pairs struct {
	Lattice    *geometry.Lattice
	Q          int
	Pair, Site []float64
}

const (
	widest = 4096 // states of a layer
	work   = 2e10
)

var transferred = append(append([]string(nil), factors.ThermalNames...), "correlation_length")

// TransferMatrix is the entry for a system; its functions are called after its Check. pairs tells whether it is alike everywhere on a hypercubic lattice, local
// its terms where it is not, or where magnetizations are asked for.
func TransferMatrix[T walkers.Value, S any, P walkers.System[T, S]](name string, pairs func(m P) (Pairs, bool), local func(m P) *factors.Model) contract.Entry {
	e := walkers.Line[S, exact.TransferMatrix]("solve", name, "TransferMatrix", "H. A. Kramers, G. H. Wannier, Phys. Rev. 60, 252 (1941), doi:10.1103/PhysRev.60.252")
	e.Solve = func(ctx context.Context, system, _ any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(P)
		if err := m.Check(); err != nil {
			return err
		}
		p, alike := pairs(m)
		l := local(m)
		if !alike || (l.Numbers != nil && slices.ContainsFunc(observe, func(name string) bool { return name != "correlation_length" && !slices.Contains(transferred, name) })) {
			return factors.Transfer(ctx, l, at, observe, out)
		}
		return transfer(ctx, p, at, observe, out)
	}
	return e
}

// bar is a lattice cut into layers; energies are over lowest, that of a layer and its links.
type bar struct {
	Pairs
	length, width, states int
	closed                bool
	layer                 []float64 // energy of each state of a layer, over its lowest
	link                  []float64 // pair over its lowest
	reference             float64
	work                  float64
}

// lump is a set of paths: their weight, and mean and variance of (E - reference)/kT.
type lump struct{ weight, mean, variance float64 }

func join(a, b lump) lump {
	w := a.weight + b.weight
	if w == 0 {
		return lump{}
	}
	p := b.weight / w
	d := b.mean - a.mean
	return lump{w, math.FMA(p, d, a.mean), math.FMA(float64(p*(1-p)), float64(d*d), math.FMA(p, b.variance-a.variance, a.variance))}
}

func cut(m Pairs) (*bar, error) {
	l := m.Lattice
	var best *bar
	for axis, length := range l.Shape {
		b := &bar{Pairs: m, length: length, width: l.Sites() / length, closed: l.Periodic[axis] && length > 1}
		states := 1.0
		for range b.width {
			states *= float64(m.Q)
		}
		if states > widest {
			continue
		}
		b.states = int(states)
		b.work = states * float64(m.Q*b.width*length)
		if b.closed {
			b.work *= states
		}
		if best == nil || b.work < best.work {
			across, periodic := []int{1}, []bool{false}
			for d, n := range l.Shape {
				if d != axis {
					across, periodic = append(across, n), append(periodic, l.Periodic[d])
				}
			}
			g, err := geometry.NewHypercubic(across, periodic...)
			if err != nil {
				return nil, err
			}
			if err := b.prepare(g); err != nil {
				return nil, err
			}
			best = b
		}
	}
	if best == nil || best.work > work {
		return nil, spec.Mismatch("TransferMatrix", fmt.Sprintf("layers of at most %d states and %.0g operations", widest, float64(work)), fmt.Sprintf("lattice %v of %d values", l.Shape, m.Q)).
			Try("Enumeration(), or sample")
	}
	return best, nil
}

func (b *bar) prepare(layer *geometry.Lattice) error {
	g, err := layer.Graph()
	if err != nil {
		return err
	}
	b.layer = make([]float64, b.states)
	low := math.Inf(1)
	s := make([]int, b.width)
	for state := range b.layer {
		rest := state
		for i := range s {
			s[i] = rest % b.Q
			rest /= b.Q
		}
		for _, e := range g.Ends {
			b.layer[state] += b.Pair[s[e[0]]*b.Q+s[e[1]]]
		}
		for _, a := range s {
			if b.Site != nil {
				b.layer[state] += b.Site[a]
			}
		}
		low = min(low, b.layer[state])
	}
	for state := range b.layer {
		b.layer[state] -= low
	}
	least := math.Inf(1)
	for _, v := range b.Pair {
		least = min(least, v)
	}
	for _, v := range b.Pair {
		b.link = append(b.link, v-least)
	}
	links := b.length - 1
	if b.closed {
		links++
	}
	b.reference = float64(float64(b.length)*low) + float64(float64(links*b.width)*least)
	return nil
}

// hot is a bar at one temperature.
type hot struct {
	*bar
	half, halfMean []float64 // of half a layer: weight, energy/kT
	pass, passMean []float64 // of a link
}

func (b *bar) at(kT float64) *hot {
	h := &hot{bar: b}
	for _, e := range b.layer {
		h.half = append(h.half, functions.Exp1(-0.5*e/kT))
		h.halfMean = append(h.halfMean, 0.5*e/kT)
	}
	for _, e := range b.link {
		h.pass = append(h.pass, functions.Exp1(-e/kT))
		h.passMean = append(h.passMean, e/kT)
	}
	return h
}

func (h *hot) layers(v []lump) {
	for k := range v {
		v[k].weight = float64(v[k].weight * h.half[k])
		v[k].mean += h.halfMean[k]
	}
}

// apply is v = D^(1/2) V D^(1/2) v; it returns the logarithm by which weights were divided.
func (h *hot) apply(v []lump) float64 {
	h.layers(v)
	var from [256]lump
	for stride := 1; stride < len(v); stride *= h.Q {
		for k := range v {
			if k/stride%h.Q != 0 {
				continue
			}
			for a := range h.Q {
				from[a] = v[k+a*stride]
			}
			for b := range h.Q {
				var sum lump
				for a := range h.Q {
					x := from[a]
					x.weight = float64(x.weight * h.pass[a*h.Q+b])
					x.mean += h.passMean[a*h.Q+b]
					sum = join(sum, x)
				}
				v[k+b*stride] = sum
			}
		}
	}
	h.layers(v)
	top := 0.0
	for k := range v {
		top = max(top, v[k].weight)
	}
	for k := range v {
		v[k].weight /= top
	}
	return functions.Log1(top)
}

// whole sums all paths of the bar; the weight is a logarithm.
func (h *hot) whole(ctx context.Context) (lump, error) {
	if !h.closed {
		v := make([]lump, h.states)
		for k := range v {
			v[k].weight = 1
		}
		h.layers(v)
		logs := 0.0
		for range h.length - 1 {
			if err := ctx.Err(); err != nil {
				return lump{}, err
			}
			logs += h.apply(v)
		}
		h.layers(v)
		var all lump
		for _, x := range v {
			all = join(all, x)
		}
		all.weight = logs + functions.Log1(all.weight)
		return all, nil
	}
	back := make([]lump, h.states)
	if err := par.Do(ctx, 0, h.states, func(k int) error {
		v := make([]lump, h.states)
		v[k].weight = 1
		logs := 0.0
		for range h.length {
			if err := ctx.Err(); err != nil {
				return err
			}
			logs += h.apply(v)
		}
		back[k] = v[k]
		back[k].weight = logs + functions.Log1(v[k].weight)
		return nil
	}); err != nil {
		return lump{}, err
	}
	top := math.Inf(-1)
	for _, x := range back {
		top = max(top, x.weight)
	}
	var all lump
	for _, x := range back {
		x.weight = functions.Exp1(x.weight - top)
		all = join(all, x)
	}
	all.weight = top + functions.Log1(all.weight)
	return all, nil
}

// correlation is 1 / log(lambda_1 / |lambda_2|) of the transfer matrix, by Lanczos' iteration with all vectors orthogonal to each other.
func (h *hot) correlation(ctx context.Context) (float64, error) {
	n := h.states
	steps := min(n, 160)
	times := func(x []float64) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = float64(x[k] * h.half[k])
		}
		var from [256]float64
		for stride := 1; stride < n; stride *= h.Q {
			for k := range v {
				if k/stride%h.Q != 0 {
					continue
				}
				for a := range h.Q {
					from[a] = v[k+a*stride]
				}
				for b := range h.Q {
					sum := 0.0
					for a := range h.Q {
						sum += float64(from[a] * h.pass[a*h.Q+b])
					}
					v[k+b*stride] = sum
				}
			}
		}
		for k := range v {
			v[k] = float64(v[k] * h.half[k])
		}
		return v
	}
	var basis [][]float64
	var diagonal, beside []float64
	x := make([]float64, n)
	for k := range x { // no symmetry of the layer
		x[k] = 1 + float64(float64((k*7919+13)%1009)/1009)
	}
	norm := math.Sqrt(inner(x, x))
	first := norm
	for norm > 1e-13*first && len(basis) < steps {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		for k := range x {
			x[k] /= norm
		}
		basis = append(basis, x)
		y := times(x)
		diagonal = append(diagonal, inner(x, y))
		for range 2 {
			for _, b := range basis {
				p := inner(b, y)
				for k := range y {
					y[k] -= float64(p * b[k])
				}
			}
		}
		norm = math.Sqrt(inner(y, y))
		if len(basis) == 1 {
			first = math.Abs(diagonal[0])
		}
		beside = append(beside, norm)
		x = y
	}
	m := len(basis)
	t := mat.NewSymDense(m, nil)
	for k := range m {
		t.SetSym(k, k, diagonal[k])
		if k+1 < m {
			t.SetSym(k, k+1, beside[k])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, false) {
		return 0, spec.Errorf(spec.ConvergenceError, "TransferMatrix: eigenvalues were not found")
	}
	values := eigen.Values(nil)
	largest, second := values[m-1], 0.0
	for _, v := range values[:m-1] {
		second = max(second, math.Abs(v))
	}
	if second < 1e-14*largest {
		return 0, nil
	}
	return 1 / functions.Log1(largest/second), nil
}

func inner(a, b []float64) float64 {
	s := 0.0
	for k, x := range a {
		s += float64(x * b[k])
	}
	return s
}

func transfer(ctx context.Context, m Pairs, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("TransferMatrix", observe, transferred)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	b, err := cut(m)
	if err != nil {
		return err
	}
	columns := factors.Columns{}
	for _, T := range kT {
		h := b.at(T)
		all, err := h.whole(ctx)
		if err != nil {
			return err
		}
		if math.IsNaN(all.weight) || math.IsInf(all.weight, 0) {
			return spec.Expected("kT", "a temperature at which weights of a layer are numbers above 0", T)
		}
		columns.Thermals(T, b.reference, all.weight, all.mean, all.variance)
		if set["correlation_length"] {
			xi, err := h.correlation(ctx)
			if err != nil {
				return err
			}
			columns["correlation_length"] = append(columns["correlation_length"], xi)
		}
	}
	return columns.Deliver(out, set, transferred)
}
