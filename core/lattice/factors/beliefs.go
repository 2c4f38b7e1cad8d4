package factors

import (
	"context"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// BeliefPropagation is the approximation of Bethe and Peierls, the cavity method on one graph: what a site hears from one term does not know of the others. With
// messages m from terms t to sites i and the fields of sites psi,
//
//	n_it(a) = psi_i(a) prod_(u at i, u != t) m_ui(a),   m_ti(a) = sum over the values of t's other sites j of exp(-E_t/kT) prod_j n_jt,
//	log Z   = sum_t log sum exp(-E_t/kT) prod_j n_jt + sum_i log sum_a psi_i prod_t m_ti - sum_(i,t) log sum_a n_it m_ti.
//
// Exact on trees; on lattices with z neighbours it is the Bethe lattice, kTc = 2 J / log(z/(z-2)) for Ising spins; on sparse random graphs it is exact in the limit of
// many sites as long as there is one state (no replica symmetry breaking). On other graphs log_z is neither a bound from below nor from above.
//
// # Results
//
//	log_z, free_energy        of Bethe, of the whole system
//	energy, entropy           of the beliefs, the same as from derivatives of log Z
//	heat_capacity             d<E>/dkT, from the derivatives of all messages
//	magnetization, local_magnetization, occupation, local_occupation
//	                          of the beliefs b_i(a) ~ psi_i prod_t m_ti, as for MeanField
//	stationary_free_energy    (points,) of the fixed points that were found, ascending, NaN where there are fewer than at other temperatures
//
// Messages begin with sites in each value, in none, in alternating values and at random; the fixed point of the lowest free energy is taken. They are renewed
// in turn; where they do not come to rest (frustrated loops), more damping may help. Without fields the disordered point is a fixed point at any temperature; where
// it is the only one that is found and has a negative entropy, it is not to be believed.
//
// # Examples
//
//	>>> found = erg.solve(erg.lattice.Ising(erg.lattice.random_regular(200, 4, seed=1)), erg.BeliefPropagation(), kT=[2.6, 3.1])
//	>>> print(abs(found["magnetization"]).round(2))    # kTc = 2 / log 2 = 2.885
//	[0.66 0.  ]
//
// # References
//
// H. A. Bethe, Proc. R. Soc. London A 150, 552 (1935). J. S. Yedidia, W. T. Freeman, Y. Weiss, IEEE Trans. Inf. Theory 51, 2282 (2005). M. Mezard, A. Montanari,
// Information, Physics, and Computation (2009).
type BeliefPropagation struct {
	// Random messages from which it begins, beside the ordered ones.
	Starts int `spec:"starts" default:"2" range:"[0,100000]"`
	// Share of the old message's logarithm in the new one.
	Damping float64 `spec:"damping" default:"0.0" range:"[0,1)"`
	// Rounds in which every message is renewed, at most.
	Rounds int `spec:"rounds" default:"5000" range:"[1,100000000]"`
}

// BeliefCite are its sources.
var BeliefCite = []string{"H. A. Bethe, Proc. R. Soc. London A 150, 552 (1935), doi:10.1098/rspa.1935.0122",
	"J. S. Yedidia, W. T. Freeman, Y. Weiss, IEEE Trans. Inf. Theory 51, 2282 (2005), doi:10.1109/TIT.2005.850085"}

// messages are logarithms at a temperature, each with its derivative with respect to beta, which stands behind it.
type messages struct {
	*Discrete
	beta  float64
	first []int       // of a term: its messages begin there
	m     [][]float64 // to the site at each place of a term, (2 Q)
	sum   [][]float64 // of a site: its field and all messages, (2 Q)
}

// add sums fields and messages anew.
func (g *messages) add() {
	for i, sum := range g.sum {
		clear(sum)
		for k, n := range g.terms[i] {
			t := &g.Terms[n]
			if len(t.At) > 1 {
				for a, v := range g.m[g.first[n]+int(g.place[i][k])] {
					sum[a] += v
				}
				continue
			}
			for a, e := range t.Energy {
				sum[a] -= float64(t.Scale * e * g.beta)
				sum[g.Q+a] -= float64(t.Scale * e)
			}
		}
	}
}

func (d *Discrete) messages(kT float64) *messages {
	g := &messages{Discrete: d, beta: 1 / kT}
	for range d.Sites {
		g.sum = append(g.sum, make([]float64, 2*d.Q))
	}
	for _, t := range d.Terms {
		g.first = append(g.first, len(g.m))
		if len(t.At) > 1 {
			for range t.At {
				g.m = append(g.m, make([]float64, 2*d.Q))
			}
		}
	}
	return g
}

// begin from probabilities of sites, with the derivatives at zero: messages are what the other sites of a term say.
func (g *messages) begin(x []float64) {
	row := make([]float64, g.Q)
	for n := range g.Terms {
		t := &g.Terms[n]
		if len(t.At) == 1 {
			continue
		}
		for place := range t.At {
			clear(row)
			g.contract(row, t, place, x, nil)
			for a, e := range row {
				g.m[g.first[n]+place][a] = -e * g.beta
			}
		}
	}
}

// send renews the message of a term to the site at place; it returns how far it moved.
func (g *messages) send(n, place int, damping float64, room *room) float64 {
	t, q := &g.Terms[n], g.Q
	for j, i := range t.At {
		k := g.first[n] + j
		for a := range 2 * q {
			room.from[j][a] = g.sum[i][a] - g.m[k][a]
		}
	}
	next := room.next[:2*q]
	g.gather(t, place, room)
	for a := range q {
		z, slope := 0.0, 0.0
		for k, v := range room.logs[a] {
			w := functions.Exp1(v - room.top[a])
			z += w
			slope += float64(w * room.slopes[a][k])
		}
		next[a] = room.top[a] + functions.Log1(z)
		next[q+a] = slope / z
	}
	level, slope := 0.0, 0.0
	for a := range q {
		level += next[a] / float64(q)
		slope += next[q+a] / float64(q)
	}
	k, far := g.first[n]+place, 0.0
	for a := range q {
		next[a] -= level
		next[q+a] -= slope
		if damping > 0 {
			next[a] = float64((1-damping)*next[a]) + float64(damping*g.m[k][a])
			next[q+a] = float64((1-damping)*next[q+a]) + float64(damping*g.m[k][q+a])
		}
		far = max(far, math.Abs(next[a]-g.m[k][a])/(1+math.Abs(next[a])), math.Abs(next[q+a]-g.m[k][q+a])/(1+math.Abs(next[q+a]))*1e-3)
	}
	sum := g.sum[t.At[place]]
	for a, v := range next {
		sum[a] += v - g.m[k][a]
	}
	copy(g.m[k], next)
	return far
}

// room is scratch of one term.
type room struct {
	from         [][]float64 // what each site of a term says, without the term
	next         []float64
	logs, slopes [][]float64 // of every state of the others, by the value at place
	top          []float64
	values       []int
}

func (g *messages) room() *room {
	most := 1
	for _, t := range g.Terms {
		most = max(most, len(t.At))
	}
	r := &room{next: make([]float64, 2*g.Q), top: make([]float64, g.Q), values: make([]int, most)}
	for range most {
		r.from = append(r.from, make([]float64, 2*g.Q))
	}
	for range g.Q {
		r.logs, r.slopes = append(r.logs, nil), append(r.slopes, nil)
	}
	return r
}

// gather lists the log weights of a term's states with what its sites say, by the value of the site at place, whose own words are left out; place -1 counts all,
// as value 0.
func (g *messages) gather(t *Term, place int, r *room) {
	for a := range r.logs {
		r.logs[a], r.slopes[a], r.top[a] = r.logs[a][:0], r.slopes[a][:0], math.Inf(-1)
	}
	values := r.values[:len(t.At)]
	clear(values)
	for _, e := range t.Energy {
		slope := 0 - float64(t.Scale*e)
		x := float64(slope * g.beta)
		for j, b := range values {
			if j != place {
				x += r.from[j][b]
				slope += r.from[j][g.Q+b]
			}
		}
		a := 0
		if place >= 0 {
			a = values[place]
		}
		r.logs[a], r.slopes[a], r.top[a] = append(r.logs[a], x), append(r.slopes[a], slope), max(r.top[a], x)
		for k := len(values) - 1; k >= 0; k-- {
			if values[k]++; values[k] < g.Q {
				break
			}
			values[k] = 0
		}
	}
}

// settle renews messages until none moves.
func (g *messages) settle(ctx context.Context, method *BeliefPropagation) (bool, error) {
	r := g.room()
	var leap leap
	for round := range method.Rounds {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if round%2 == 0 {
			leap.look(g.m)
		}
		g.add()
		far := 0.0
		for n := range g.Terms {
			if round%2 == 1 { // to and fro, as chains need it
				n = len(g.Terms) - 1 - n
			}
			if len(g.Terms[n].At) > 1 {
				for place := range g.Terms[n].At {
					far = max(far, g.send(n, place, method.Damping, r))
				}
			}
		}
		if far < 1e-13 {
			return true, nil
		}
		if math.IsNaN(far) {
			return false, nil
		}
	}
	return false, nil
}

// leap jumps ahead where all messages move by the same factor lambda every two rounds: by lambda/(1 - lambda) of the last step (A. C. Aitken).
type leap struct {
	last, step []float64
	waited     int
	lambda     float64
}

func (l *leap) look(m [][]float64) {
	if l.last == nil {
		for _, row := range m {
			l.last = append(l.last, row...)
		}
		l.step = make([]float64, len(l.last))
		return
	}
	var now, before, both float64
	k := 0
	for _, row := range m {
		for _, v := range row {
			d := v - l.last[k]
			now += float64(d * d)
			before += float64(l.step[k] * l.step[k])
			both += float64(d * l.step[k])
			l.last[k], l.step[k] = v, d
			k++
		}
	}
	was := l.lambda
	l.lambda = both / before
	l.waited++
	steady := both*both > 0.9999*now*before && math.Abs(l.lambda-was) < 0.02*(1-l.lambda)
	if l.waited < 6 || !steady || l.lambda < 0.3 || l.lambda >= 1 {
		return
	}
	k = 0
	for _, row := range m {
		for a := range row {
			row[a] += float64(l.lambda / (1 - l.lambda) * l.step[k])
			l.last[k] = row[a]
			k++
		}
	}
	l.waited = 0
}

// whole is log Z with the mean energy, and its derivative with respect to beta; beliefs are left in x.
func (g *messages) whole(x []float64) (logZ, energy, slope float64) {
	r, q := g.room(), g.Q
	site := func(i int, f func(p float64, a int)) {
		top, z := math.Inf(-1), 0.0
		for a := range q {
			top = max(top, g.sum[i][a])
		}
		for a := range q {
			z += functions.Exp1(g.sum[i][a] - top)
		}
		for a := range q {
			f(functions.Exp1(g.sum[i][a]-top)/z, a)
		}
		logZ += top + functions.Log1(z)
	}
	for i := range g.Sites {
		var field, mean, cross float64
		site(i, func(p float64, a int) {
			x[i*q+a] = p
			e := 0.0
			for _, n := range g.terms[i] {
				if t := &g.Terms[n]; len(t.At) == 1 {
					e += float64(t.Scale * t.Energy[a])
				}
			}
			field += float64(p * e)
			mean += float64(p * g.sum[i][q+a])
			cross += float64(p * e * g.sum[i][q+a])
		})
		energy += field
		slope += cross - float64(field*mean)
	}
	for n := range g.Terms {
		t := &g.Terms[n]
		if len(t.At) == 1 {
			continue
		}
		for j, i := range t.At {
			k := g.first[n] + j
			top, z := math.Inf(-1), 0.0
			for a := range 2 * q {
				r.from[j][a] = g.sum[i][a] - g.m[k][a]
			}
			for a := range q {
				top = max(top, g.sum[i][a])
			}
			for a := range q {
				z += functions.Exp1(g.sum[i][a] - top)
			}
			logZ -= top + functions.Log1(z)
		}
		g.gather(t, -1, r)
		var z, mean, drift, cross float64
		for k, v := range r.logs[0] {
			w := functions.Exp1(v - r.top[0])
			e := float64(t.Scale * t.Energy[k])
			z += w
			mean += float64(w * e)
			drift += float64(w * r.slopes[0][k])
			cross += float64(w * e * r.slopes[0][k])
		}
		logZ += r.top[0] + functions.Log1(z)
		energy += mean / z
		slope += cross/z - float64(mean/z*(drift/z))
	}
	return logZ, energy, slope
}

// BeliefNames are the results beside those that the model shows.
var BeliefNames = append(append([]string(nil), ThermalNames...), "stationary_free_energy")

func (method *BeliefPropagation) solve(ctx context.Context, m *Model, at []contract.Params, observe []string, out contract.Results) error {
	d := m.Theory()
	r, err := newReport("BeliefPropagation", d.Shown(), BeliefNames, at, observe)
	if err != nil {
		return err
	}
	for k, T := range r.kT {
		var best []float64
		var free, energy, slope float64
		err := starts(d, method.Starts, func(x []float64) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			g := d.messages(T)
			g.begin(x)
			ok, err := g.settle(ctx, method)
			if err != nil || !ok {
				return err
			}
			logZ, e, s := g.whole(x)
			if f := -T * logZ; r.found(f, float64(d.Sites)*T) && (best == nil || f < free) {
				best, free, energy, slope = slices.Clone(x), f, e, s
			}
			return nil
		})
		if err != nil {
			return err
		}
		if best == nil {
			return spec.Errorf(spec.ConvergenceError, "BeliefPropagation: messages did not come to rest in %d rounds at kT = %v", method.Rounds, T).Try("damping=0.5, or another kT")
		}
		r.thermal(T, free, energy, (energy-free)/T)
		r.columns["heat_capacity"] = append(r.columns["heat_capacity"], -slope/(T*T))
		r.show(best)
		out.Progress(float64(k+1), float64(len(r.kT)), "temperatures")
	}
	return r.deliver(out)
}
