package exact

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// TransferMatrix sums over all states exactly, layer by layer or site by site: chains, strips and bars of any finite length, with any boundary, couplings and
// fields, and any graph of which few sites are open at a time, such as trees. At every kT it gives
//
//	log_z            log Z,  Z = Tr T^L on a periodic length L, <1| T^(L-1) |1> on an open one
//	free_energy      -kT log Z
//	energy           <E> of the whole system
//	heat_capacity    d<E>/dkT of the whole system
//	entropy          log Z + <E>/kT
//	magnetization    <m>, m the mean spin; exactly 0 without field
//	magnetization^2  <m^2>
//	susceptibility   d<m>/dh = N (<m^2> - <m>^2) / kT, per site
//
// Ising with one J and one h on a hypercubic lattice: the transfer runs along the axis that costs least. A layer across it has W sites; T = D^(1/2) V D^(1/2) is
// never built: D, the bonds and fields inside a layer, is a diagonal of 2^W weights, and V, the bonds between layers, acts site by site (H. A. Kramers, G. H.
// Wannier, Phys. Rev. 60, 252 (1941); L. Onsager, Phys. Rev. 65, 117 (1944)). One application costs W 2^W operations. A periodic length starts from every layer
// that is not the image of another under translation, reflection or, without field, a flip of all spins; T^L is reached from
// both sides, so that L/2 applications do. Layers go up to 16 sites with periodic length, 20 with open length, and work is refused above
// 2e11 operations.
//
// Every vector element carries, beside its weight, mean and variance of the energy and of the magnetization over the paths that it sums; two
// paths that meet are mixed. Thus derivatives are exact and nothing cancels, neither for long strips nor at low kT; where weights would
// underflow, logarithms are kept instead.
//
// Potts, Clock and Pairwise (what Model makes of energies of pairs), with one coupling and one set of fields on a hypercubic lattice: layers of at most 4096 states
// and 2e10 operations, the thermal results, and correlation_length = 1 / log(lambda_1 / |lambda_2|) along the transfer of the infinite strip, lambda the
// eigenvalues of T by Lanczos' iteration.
//
// All others (couplings or fields that differ, any graph, Tabled models of several sites together): sites are summed over one after the other, each leaving a table
// over the sites that it met (U. Bertele, F. Brioschi, Nonserial Dynamic Programming, 1972), in the cheapest of a few orders; tables have at most 2^20 states (20
// open Ising spins: strips of 20 sites with open length, 10 with periodic length), and work is refused above 2e9 terms. Entropies are carried as such, so that no
// kT is too low. Magnetizations are those of the numbers that values stand for (Ising, Pairwise, Tabled).
type TransferMatrix struct{}

const (
	closedLayer  = 16
	openLayer    = 20
	transferWork = 2e11
	safeRange    = 500 // largest -log weight at which weights are kept as they are: exp(-700) is the smallest number
)

// paths is a set of paths with the same ends: their total weight (or its logarithm), mean energy over the reference and magnetization, and
// the variances of both.
type paths struct{ weight, energy, variance, m, square float64 }

// joined is the union of two disjoint sets, b the lighter one with its part of the weight. Means move from a's, so that small ones keep their
// digits and errors of many steps do not add up.
func joined(a, b *paths, weight, part float64) paths {
	both := part * (1 - part)
	de, dm := b.energy-a.energy, b.m-a.m
	return paths{
		weight:   weight,
		energy:   math.FMA(part, de, a.energy),
		variance: math.FMA(both, float64(de*de), math.FMA(part, b.variance-a.variance, a.variance)),
		m:        math.FMA(part, dm, a.m),
		square:   math.FMA(both, float64(dm*dm), math.FMA(part, b.square-a.square, a.square)),
	}
}

func join(a, b *paths) paths {
	if a.weight < b.weight {
		a, b = b, a
	}
	weight := a.weight + b.weight
	if b.weight == 0 {
		return *a
	}
	return joined(a, b, weight, b.weight/weight)
}

// joinLog is join with weights in logarithms.
func joinLog(a, b *paths) paths {
	if a.weight < b.weight {
		a, b = b, a
	}
	if math.IsInf(b.weight, -1) {
		return *a
	}
	r := functions.Exp1(b.weight - a.weight)
	return joined(a, b, a.weight+functions.Log1p1(r), r/(1+r))
}

// bar is a model cut into equal layers along one axis.
type bar struct {
	axis, length, width int
	closed              bool
	sites               int
	j, h                float64
	layer               *geometry.Lattice
	energy              []float64 // of a layer in each of its 2^width states, over the lowest
	lowest              float64
	starts              []start // of a closed bar
	work                float64
}

// start is a layer state that stands for times states; mirror tells that it stands for their flipped images too.
type start struct {
	state, times int
	mirror       bool
}

func (*TransferMatrix) solve(ctx context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error {
	if m.Lattice.Shape == nil || !m.J.Uniform() || !m.H.Uniform() {
		terms, err := terms(m)
		if err != nil {
			return err
		}
		return factors.Transfer(ctx, terms, at, observe, out)
	}
	set, err := contract.Chosen("TransferMatrix", observe, transferNames)
	if err != nil {
		return err
	}
	kT, err := temperatures(at)
	if err != nil {
		return err
	}
	b, err := cut(m)
	if err != nil {
		return err
	}
	out.Note("transfer_axis", b.axis)
	rows := make([]thermal, len(kT))
	total := float64(len(kT) * max(len(b.starts), 1))
	var done atomic.Int64
	var mu sync.Mutex
	step := func() {
		mu.Lock()
		defer mu.Unlock()
		out.Progress(float64(done.Add(1)), total, "vectors")
	}
	for t, x := range kT {
		if rows[t], err = b.at(ctx, x, step); err != nil {
			return err
		}
	}
	return deliver(out, set, rows)
}

// cut chooses the axis along which the transfer costs least.
func cut(m *lattice.Ising) (*bar, error) {
	l := &m.Lattice
	var best *bar
	for axis := range l.Shape {
		b := &bar{axis: axis, length: l.Shape[axis], closed: l.Periodic[axis] && l.Shape[axis] > 1, sites: l.Sites(), j: m.J.Scalar, h: m.H.Scalar}
		b.width = b.sites / b.length
		if b.width > openLayer || (b.closed && b.width > closedLayer) {
			continue
		}
		across, periodic := []int{1}, []bool{false}
		for d, n := range l.Shape {
			if d != axis {
				across, periodic = append(across, n), append(periodic, l.Periodic[d])
			}
		}
		layer, err := geometry.NewHypercubic(across, periodic...)
		if err != nil {
			return nil, err
		}
		b.layer = layer
		b.work = float64(b.width) * math.Ldexp(float64(b.length+1)/2, b.width)
		if b.closed { // about so many starts are left of 2^width
			b.work *= math.Ldexp(1, b.width) / float64(b.symmetries())
		}
		if best == nil || b.work < best.work {
			best = b
		}
	}
	if best == nil || best.work > transferWork {
		has := fmt.Sprintf("lattice %v", l.Shape)
		if best != nil {
			has = fmt.Sprintf("lattice %v, which takes %.1g operations", l.Shape, best.work)
		}
		return nil, spec.Mismatch("TransferMatrix", fmt.Sprintf("layers of at most %d sites (%d when the length is open) and at most %.0g operations", closedLayer, openLayer, float64(transferWork)), has).
			Try("Kaufman() on a periodic rectangle without field, or sample")
	}
	return best, best.prepare()
}

// symmetries is the number of translations, reflections and flips that map layers on layers of the same weight.
func (b *bar) symmetries() int {
	n := 1
	for d, side := range b.layer.Shape {
		if side > 1 {
			n *= 2
		}
		if side > 2 && b.layer.Periodic[d] {
			n *= side
		}
	}
	if b.h == 0 {
		n *= 2
	}
	return n
}

// prepare tabulates the energies of a layer and, for a closed bar, the starts.
func (b *bar) prepare() error {
	g, err := b.layer.Graph()
	if err != nil {
		return err
	}
	b.energy = make([]float64, 1<<b.width)
	b.lowest = math.Inf(1)
	for s := range b.energy {
		unlike, up := 0, 0
		for _, e := range g.Ends {
			unlike += (s>>e[0] ^ s>>e[1]) & 1
		}
		for i := range b.width {
			up += s >> i & 1
		}
		b.energy[s] = -float64(b.j*float64(len(g.Ends)-2*unlike)) - float64(b.h*float64(2*up-b.width))
		b.lowest = min(b.lowest, b.energy[s])
	}
	for s := range b.energy {
		b.energy[s] -= b.lowest
	}
	if b.closed {
		b.starts = b.representatives()
	}
	return nil
}

// representatives are the smallest states of each class of layers.
func (b *bar) representatives() []start {
	moves := b.moves()
	seen := make([]bool, 1<<b.width)
	flip := 1<<b.width - 1
	var out []start
	var class []int
	for s := range seen {
		if seen[s] {
			continue
		}
		seen[s] = true
		class = append(class[:0], s)
		for k := 0; k < len(class); k++ {
			for _, to := range moves {
				image := 0
				for i, j := range to {
					image |= class[k] >> i & 1 << j
				}
				if !seen[image] {
					seen[image] = true
					class = append(class, image)
				}
			}
		}
		mirror := b.h == 0 && !seen[s^flip]
		if mirror {
			for _, c := range class {
				seen[c^flip] = true
			}
		}
		out = append(out, start{s, len(class), mirror})
	}
	return out
}

// moves are permutations of a layer's sites that generate its symmetries: a step along each periodic axis and a reflection of each.
func (b *bar) moves() [][]int {
	var out [][]int
	stride := 1
	for d := len(b.layer.Shape) - 1; d >= 0; d-- {
		side := b.layer.Shape[d]
		step, turn := make([]int, b.width), make([]int, b.width)
		for i := range b.width {
			x := i / stride % side
			step[i] = i + ((x+1)%side-x)*stride
			turn[i] = i + (side-1-2*x)*stride
		}
		if side > 1 {
			out = append(out, turn)
		}
		if side > 2 && b.layer.Periodic[d] {
			out = append(out, step)
		}
		stride *= side
	}
	return out
}

// at solves one temperature.
func (b *bar) at(ctx context.Context, kT float64, step func()) (thermal, error) {
	s := &strip{bar: b, kT: kT, cost: 2 * math.Abs(b.j)}
	highest := 0.0
	for _, e := range b.energy {
		highest = max(highest, e)
	}
	s.logs = (highest+float64(float64(b.width)*s.cost))/kT > safeRange
	s.broken = s.weightOf(s.cost)
	s.half = make([]float64, len(b.energy))
	for k, e := range b.energy {
		s.half[k] = s.weightOf(0.5 * e)
	}
	var all paths
	var err error
	if b.closed {
		all, err = s.trace(ctx, step)
	} else if all, err = s.between(ctx, -1); err == nil {
		step()
	}
	if err != nil {
		return thermal{}, err
	}
	links := b.length - 1
	if b.closed {
		links = b.length
	}
	reference := float64(float64(b.length)*b.lowest) - float64(float64(links*b.width)*math.Abs(b.j))
	n := float64(b.sites)
	var t thermal
	t.shifted(kT, reference, all.weight, all.energy/kT, square(math.Sqrt(max(all.variance, 0))/kT))
	if b.h != 0 {
		t.m = all.m / n
	}
	t.m2 = (all.square + float64(all.m*all.m)) / (n * n)
	t.chi = all.square / (n * kT)
	return t, nil
}

// strip is a bar at one temperature. A broken bond between layers has the energy cost over one that is not.
type strip struct {
	*bar
	kT, cost float64
	logs     bool // weights are kept as logarithms
	broken   float64
	half     []float64 // weight of D^(1/2)
}

func (s *strip) weightOf(energy float64) float64 {
	if s.logs {
		return -energy / s.kT
	}
	return functions.Exp1(-energy / s.kT)
}

func (s *strip) nothing() float64 {
	if s.logs {
		return math.Inf(-1)
	}
	return 0
}

// trace sums over the starts; weights of the result are logarithms.
func (s *strip) trace(ctx context.Context, step func()) (paths, error) {
	each := make([]paths, len(s.starts))
	err := par.Do(ctx, 0, len(each), func(i int) (err error) {
		each[i], err = s.between(ctx, s.starts[i].state)
		step()
		return err
	})
	all := paths{weight: math.Inf(-1)}
	for i, p := range each {
		p.weight += functions.Log1(float64(s.starts[i].times))
		all = joinLog(&all, &p)
		if s.starts[i].mirror {
			p.m = -p.m
			all = joinLog(&all, &p)
		}
	}
	return all, err
}

// between sums the paths from a layer state back to itself, or, for state -1, from any state to any other; the weight is a logarithm.
func (s *strip) between(ctx context.Context, state int) (paths, error) {
	v := make([]paths, len(s.energy))
	for k := range v {
		v[k].weight = s.weightOf(0)
		if state >= 0 && k != state {
			v[k].weight = s.nothing()
		}
	}
	links := s.length
	if state < 0 {
		links--
		s.layerHalf(v)
	}
	var common tally
	for range links / 2 {
		grown, err := s.apply(ctx, v)
		if err != nil {
			return paths{}, err
		}
		common.add(grown)
	}
	common.double()
	u := v
	if links%2 == 1 {
		u = slices.Clone(v)
		grown, err := s.apply(ctx, u)
		if err != nil {
			return paths{}, err
		}
		common.add(grown)
	}
	all := s.inner(u, v)
	if !s.logs {
		all.weight = functions.Log1(all.weight)
	}
	common.add(all)
	return common.total(), nil
}

// apply is v = D^(1/2) V D^(1/2) v. What the heaviest element has then is taken off all elements and returned, its weight as a logarithm.
func (s *strip) apply(ctx context.Context, v []paths) (paths, error) {
	s.layerHalf(v)
	for i := range s.width {
		if err := ctx.Err(); err != nil {
			return paths{}, err
		}
		s.site(v, 1<<i)
	}
	s.layerHalf(v)
	top := v[0]
	for k := range v {
		if v[k].weight > top.weight {
			top = v[k]
		}
	}
	for k := range v {
		p := &v[k]
		if s.logs {
			p.weight -= top.weight
		} else {
			p.weight /= top.weight
		}
		p.energy -= top.energy
		p.variance -= top.variance
		p.m -= top.m
		p.square -= top.square
	}
	if !s.logs {
		top.weight = functions.Log1(top.weight)
	}
	return top, nil
}

// tally adds up what many layers have in common, with the rounding errors kept (T. J. Dekker, Numer. Math. 18, 224 (1971)).
type tally struct{ sum, low paths }

func (t *tally) add(p paths) {
	add := func(sum, low *float64, x float64) {
		s := *sum + x
		part := s - *sum
		*low += (*sum - (s - part)) + (x - part)
		*sum = s
	}
	add(&t.sum.weight, &t.low.weight, p.weight)
	add(&t.sum.energy, &t.low.energy, p.energy)
	add(&t.sum.variance, &t.low.variance, p.variance)
	add(&t.sum.m, &t.low.m, p.m)
	add(&t.sum.square, &t.low.square, p.square)
}

func (t *tally) double() {
	for _, p := range []*paths{&t.sum, &t.low} {
		*p = paths{2 * p.weight, 2 * p.energy, 2 * p.variance, 2 * p.m, 2 * p.square}
	}
}

func (t *tally) total() paths {
	a, b := &t.sum, &t.low
	return paths{a.weight + b.weight, a.energy + b.energy, a.variance + b.variance, a.m + b.m, a.square + b.square}
}

// layerHalf is v = D^(1/2) v.
func (s *strip) layerHalf(v []paths) {
	for k := range v {
		p := &v[k]
		if s.logs {
			p.weight += s.half[k]
		} else {
			p.weight *= s.half[k]
		}
		p.energy += float64(0.5 * s.energy[k])
		p.m += float64(0.5 * float64(2*bits.OnesCount(uint(k))-s.width))
	}
}

// site lets the spin of one bit pass to the next layer.
func (s *strip) site(v []paths, bit int) {
	for k := 0; k < len(v); k += 2 * bit {
		lower, upper := v[k:k+bit], v[k+bit:k+2*bit]
		for i := range lower {
			a, b := lower[i], upper[i]
			if s.j < 0 {
				a, b = b, a
			}
			c, d := a, b
			c.energy += s.cost
			d.energy += s.cost
			if s.logs {
				c.weight += s.broken
				d.weight += s.broken
				lower[i], upper[i] = joinLog(&a, &d), joinLog(&b, &c)
			} else {
				c.weight *= s.broken
				d.weight *= s.broken
				lower[i], upper[i] = join(&a, &d), join(&b, &c)
			}
		}
	}
}

// inner is the sum over k of the paths of u that end in k, continued by those of v from there. It uses up u.
func (s *strip) inner(u, v []paths) paths {
	for k, q := range v {
		p := u[k]
		if s.logs {
			p.weight += q.weight
		} else {
			p.weight *= q.weight
		}
		u[k] = paths{p.weight, p.energy + q.energy, p.variance + q.variance, p.m + q.m, p.square + q.square}
	}
	for n := len(u) / 2; n > 0; n /= 2 {
		for k := range n {
			if s.logs {
				u[k] = joinLog(&u[k], &u[k+n])
			} else {
				u[k] = join(&u[k], &u[k+n])
			}
		}
	}
	return u[0]
}
