package lattice

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// rule turns the local field x_i = sum_j J_ij s_j + h_i into the probability that decides site i.
type rule int

const (
	metropolis rule = iota // argument s_i x_i, half of what the flip costs; the probability to flip
	heatBath               // argument x_i; the probability to point up
	inTurn                 // metropolis for orders that visit every site once: a flip that costs nothing is made every other time
)

// flips tells whether the rule decides to flip, not where to point.
func (r rule) flips() bool { return r != heatBath }

// probability is min(1, exp(-2 x/kT)) for metropolis and 1 / (1 + exp(-2 x/kT)) for heatBath, with their limits at kT = 0. inTurn has 1/2 at x = 0.
func (r rule) probability(x, kT float64) float64 {
	switch {
	case r != metropolis && x == 0:
		return 0.5
	case r.flips() && x <= 0:
		return 1
	case kT == 0 && (r.flips() || x < 0):
		return 0
	case kT == 0:
		return 1
	case r.flips():
		return functions.Exp1(-2 * (x / kT))
	}
	return 1 / (1 + functions.Exp1(-2*(x/kT)))
}

// share is what the share of the updates that changed a spin is called.
func (r rule) share() string {
	if r.flips() {
		return "acceptance"
	}
	return "changed"
}

func (r rule) threshold(x, kT float64) rng.Threshold { return rng.NewThreshold(r.probability(x, kT)) }

// local is what the walkers of one model share on the general path: the graph, the order of a sweep, and the couplings and fields in the
// form that makes a site's probability cheap. Where every coupling is unit * (-1, 0 or 1) and few fields are different, it is looked up by
// the sum of the neighbours; else it is computed from the local field.
type local struct {
	rule
	model *Ising
	graph *geometry.Graph
	order *walkers.Order

	unit   float64
	signs  []int8    // of the bonds at To; nil where all are +1
	values []float64 // the different fields; nil where a table does not pay
	class  []uint16  // of every site among values; nil if there is one
	width  int       // of a row of the table
	latest atomic.Pointer[listed]
}

// listed is the table at kT. Walkers of a population all have one.
type listed struct {
	kT    float64
	table []rng.Threshold
}

const tableLimit = 1 << 14 // entries

func newLocal(m *Ising, r rule, order string) (*local, error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	if _, err := array.Plan(g.Sites, 8, fmt.Sprintf("a walker of %d sites", g.Sites)); err != nil {
		return nil, err
	}
	l := &local{rule: r, model: m, graph: g, order: walkers.NewOrder(g, order)}
	l.integral()
	l.classify()
	return l, nil
}

// integral finds the common size of the couplings, if they have one.
func (l *local) integral() {
	J := l.model.J
	l.unit = J.Scalar
	if J.Uniform() {
		return
	}
	unit, one := size(J.Values)
	if l.unit = unit; !one {
		l.unit = math.NaN()
		return
	}
	l.signs = make([]int8, len(l.graph.Bond))
	for k, b := range l.graph.Bond {
		switch x := J.Values[b]; {
		case x > 0:
			l.signs[k] = 1
		case x < 0:
			l.signs[k] = -1
		}
	}
}

// classify lists the different fields, and gives up where a table would be too large.
func (l *local) classify() {
	if math.IsNaN(l.unit) {
		return
	}
	most := 0
	for i := range l.graph.Sites {
		most = max(most, l.graph.Degree(i))
	}
	l.width = 2*most + 1
	if l.width > tableLimit/2 {
		return
	}
	if l.model.H.Uniform() {
		l.values = []float64{l.model.H.Scalar}
		return
	}
	at := map[float64]uint16{}
	class := make([]uint16, l.graph.Sites)
	var values []float64
	for i, h := range l.model.H.Values {
		c, seen := at[h]
		if !seen {
			if 2*l.width*(len(values)+1) > tableLimit {
				return
			}
			c = uint16(len(values))
			at[h] = c
			values = append(values, h)
		}
		class[i] = c
	}
	l.values, l.class = values, class
}

// table lists the thresholds at kT, by (class, own spin, sum of the neighbours): row 2 class + (1 if the spin is up).
func (l *local) table(kT float64) []rng.Threshold {
	if l.values == nil {
		return nil
	}
	if x := l.latest.Load(); x != nil && x.kT == kT {
		return x.table
	}
	t := make([]rng.Threshold, 0, 2*l.width*len(l.values))
	for _, h := range l.values {
		for own := -1.0; own <= 1; own += 2 {
			for sum := -(l.width / 2); sum <= l.width/2; sum++ {
				x := float64(l.unit*float64(sum)) + h
				if l.flips() {
					x *= own
				}
				t = append(t, l.threshold(x, kT))
			}
		}
	}
	l.latest.Store(&listed{kT, t})
	return t
}

// sum is that of the neighbours of i, weighted with the signs of the bonds.
func (l *local) sum(s []int8, i int) int {
	from, to := l.graph.Start[i], l.graph.Start[i+1]
	total := 0
	if l.signs == nil {
		for _, j := range l.graph.To[from:to] {
			total += int(s[j])
		}
		return total
	}
	sign := l.signs[from:to]
	for k, j := range l.graph.To[from:to] {
		total += int(sign[k] * s[j])
	}
	return total
}

// field is the local field of i.
func (l *local) field(s []int8, i int) float64 { return l.pull(s, i) + l.model.H.At(i) }

// pull is what the neighbours of i make of it, with the bonds in the order of the graph.
func (l *local) pull(s []int8, i int) float64 {
	if !math.IsNaN(l.unit) {
		return float64(l.unit * float64(l.sum(s, i)))
	}
	from, to := l.graph.Start[i], l.graph.Start[i+1]
	bond, x := l.graph.Bond[from:to], 0.0
	for k, j := range l.graph.To[from:to] {
		x += float64(l.model.J.Values[bond[k]] * float64(s[j]))
	}
	return x
}

// at is the threshold of site i: from the table, or computed.
func (l *local) at(s []int8, i int, table []rng.Threshold, kT float64) rng.Threshold {
	own := int(s[i])
	if table != nil {
		row := (own + 1) >> 1
		if l.class != nil {
			row += 2 * int(l.class[i])
		}
		return table[row*l.width+l.width/2+l.sum(s, i)]
	}
	x := l.field(s, i)
	if l.flips() {
		x *= float64(own)
	}
	return l.threshold(x, kT)
}

// Energy of a configuration.
func (l *local) Energy(s []int8) float64 {
	e := l.couplings(s)
	if l.model.H.Uniform() {
		return e - float64(l.model.H.Scalar*float64(total(s)))
	}
	for i, h := range l.model.H.Values {
		e -= float64(h * float64(s[i]))
	}
	return e
}

// couplings are the energy of the bonds; whole numbers are summed as such.
func (l *local) couplings(s []int8) float64 {
	e := 0.0
	if !math.IsNaN(l.unit) {
		twice := 0
		for i := range s {
			twice += int(s[i]) * l.sum(s, i)
		}
		e = 0 - float64(l.unit*float64(twice/2))
	} else {
		for b, ends := range l.graph.Ends {
			e -= float64(l.model.J.Values[b] * float64(s[ends[0]]*s[ends[1]]))
		}
	}
	return e
}

func total(s []int8) int {
	m := 0
	for _, x := range s {
		m += int(x)
	}
	return m
}

// costs of Ising spins: a flip of s_i costs 2 s_i (sum_j J_ij s_j + h_i).
type costs struct {
	kinetics.Plain[int8]
	*local
}

// Cost of a flip.
func (k costs) Cost(s []int8, i int, to int8) (couplings, fields float64) {
	if to == s[i] {
		return 0, 0
	}
	twice := float64(2 * int(s[i]))
	return float64(twice * k.pull(s, i)), float64(twice * k.model.H.At(i))
}

func kineticSpins(m *Ising) (*kinetics.Spins[int8], error) {
	l, err := newLocal(m, metropolis, "random")
	if err != nil {
		return nil, err
	}
	return &kinetics.Spins[int8]{
		Model: m, Graph: l.graph, Q: 2, Other: func(x int8, _ int) int8 { return -x },
		Parts: func(s []int8) (couplings, fields float64) {
			for i, x := range s {
				fields -= float64(m.H.At(i) * float64(x))
			}
			return l.couplings(s), fields
		},
		Steps: func(of func(x float64)) {
			for b := range max(1, len(m.J.Values)) {
				of(4 * m.J.At(b))
			}
			for i := range l.graph.Sites {
				sum := m.H.At(i)
				for _, b := range l.graph.Bond[l.graph.Start[i]:l.graph.Start[i+1]] {
					sum += m.J.At(int(b))
				}
				of(2 * sum)
			}
		},
		Reach: func(i int) []int32 { return neighbours(l.graph, i) },
		Costs: func() kinetics.Costs[int8] { return costs{local: l} },
	}, nil
}

func neighbours(g *geometry.Graph, i int) []int32 { return g.To[g.Start[i]:g.Start[i+1]] }
