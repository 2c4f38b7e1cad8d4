package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/discrete"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// DiscreteGibbs draws the sites of Binary and Integers one after the other, each from its law given the others, for which the energies of all its values
// are computed in one batch: the heat bath of any energy (S. Geman, D. Geman, IEEE PAMI 6, 721 (1984)). It needs no gradient.
type DiscreteGibbs struct {
	// Passes over all sites of one draw.
	Sweeps int `spec:"sweeps" default:"1" range:"[1,1e9]"`
}

// LocallyInformed changes one site of Binary or Integers at a time: y, which differs from x at one site, is proposed with a probability proportional to
// g(p(y)/p(x)), where g(t) = t g(1/t), and accepted with min(1, Z(x)/Z(y)), Z the sum of these weights (G. Zanella, J. Am. Stat. Assoc. 115, 852 (2020)).
// A step costs the energies of all y, computed in batches. It needs no gradient.
type LocallyInformed struct {
	// Steps of one draw; by a coin there is one more, lest where all are accepted draws keep the parity of flips.
	Steps int `spec:"steps" default:"10" range:"[1,1e9]"`
	// g(t): t/(1+t) is "barker", the root of t "sqrt".
	Balancing string `spec:"balancing" default:"\"barker\"" oneof:"barker,sqrt"`
}

// GibbsWithGradients changes one site of Binary or Integers at a time by 1, up or down, proposed with a probability proportional to exp(-+ u'_i(x) / 2),
// u' the gradient of E/kT as a function of real x, with Metropolis' correction (W. Grathwohl, K. Swersky, M. Hashemi, D. Duvenaud, C. Maddison, ICML
// (2021), arXiv:2102.04509). A step costs one gradient. It is exact for any energy that has one at all points, and quick where differences follow it.
type GibbsWithGradients struct {
	// Steps of one draw; by a coin there is one more, lest where all are accepted draws keep the parity of flips.
	Steps int `spec:"steps" default:"10" range:"[1,1e9]"`
}

// Follows: integers.
func (*DiscreteGibbs) Follows(kind string) bool      { return contract.Block{Kind: kind}.Discrete() }
func (*LocallyInformed) Follows(kind string) bool    { return contract.Block{Kind: kind}.Discrete() }
func (*GibbsWithGradients) Follows(kind string) bool { return contract.Block{Kind: kind}.Discrete() }

// move puts a value at a site.
type move struct{ site, value int }

// hopping is what kernels on sites share.
type hopping struct {
	sites discrete.Sites
	count int   // of sweeps or steps
	was   point // where the transition began
}

func (h *hopping) begin(context.Context, *chain, *rng.Stream) error          { return nil }
func (h *hopping) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }
func (h *hopping) warm()                                                     {}
func (h *hopping) state() []any                                              { return nil }
func (h *hopping) back(c *chain, err error) error                            { c.at.set(&h.was); return err }
func (h *hopping) open(c *chain)                                             { h.was.set(&c.at); c.note = note{} }
func (h *hopping) steps(s *rng.Stream) int                                   { return h.count + int(s.Less(rng.NewThreshold(0.5))) }

func newHopping(s discrete.Sites, count int) hopping { return hopping{s, count, newPoint(len(s))} }

// accepted decides, and notes how likely it was.
func accepted(s *rng.Stream, c *chain, log float64) bool {
	a := functions.Exp1(min(log, 0))
	c.note.accept += a
	return s.Bernoulli(rng.NewThreshold(a))
}

// around evaluates points that differ from a chain's at one site, rows of them at once.
type around struct {
	moves []move
	found []point // u, part and x of each move
	eval  contract.Evaluator
	rows  int
	z, u  []float64
}

// newAround has room for a number of moves. What a batch holds stays below some megabytes.
func newAround(n, moves int) *around {
	return &around{rows: max(1, min(moves, 1024, (1<<18)/max(n, 1))), moves: make([]move, 0, moves), found: make([]point, moves)}
}

func (a *around) look(ctx context.Context, c *chain) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	n := len(c.at.z)
	if a.z == nil {
		a.z, a.u = make([]float64, a.rows*n), make([]float64, a.rows)
		if a.rows > 1 {
			if a.eval, err = c.eval.from.Evaluator(a.rows); err != nil {
				return err
			}
		}
	}
	for from := 0; from < len(a.moves); from += a.rows {
		moves := a.moves[from:min(from+a.rows, len(a.moves))]
		for r := range a.rows { // rows that are not needed repeat the position
			copy(a.z[r*n:(r+1)*n], c.at.z)
			if r < len(moves) {
				a.z[r*n+moves[r].site] = float64(moves[r].value)
			}
		}
		if a.rows == 1 {
			err = c.eval.target.Value(ctx, nil, c.eval.kT, a.z, a.u)
		} else {
			err = a.eval.Value(ctx, nil, c.eval.kT, a.z, a.u)
		}
		if err != nil {
			return err
		}
		for r := range moves {
			p := &a.found[from+r]
			p.z = a.z[r*n : (r+1)*n]
			if err := c.eval.settle(ctx, p, a.u[r], false); err != nil {
				return err
			}
		}
	}
	return nil
}

// take moves the chain.
func (a *around) take(c *chain, m int) {
	p := &a.found[m]
	c.at.z[a.moves[m].site] = float64(a.moves[m].value)
	c.at.u, c.at.part, c.at.kT, c.at.x = p.u, p.part, p.kT, p.x
}

// others appends the moves of a site.
func (a *around) others(z []float64, i, values int) {
	for v := range values {
		if float64(v) != z[i] {
			a.moves = append(a.moves, move{i, v})
		}
	}
}

type discreteGibbs struct {
	hopping
	near   *around
	choice *discrete.Choice
}

func newDiscreteGibbs(m *DiscreteGibbs, s discrete.Sites) (kernel, error) {
	return &discreteGibbs{newHopping(s, m.Sweeps), newAround(len(s), s.Most()-1), discrete.NewChoice(s.Most())}, nil
}

func (k *discreteGibbs) slopeless() {}

func (k *discreteGibbs) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.open(c)
	for range k.count {
		for i, values := range k.sites {
			if values == 1 {
				continue
			}
			k.near.moves = k.near.moves[:0]
			k.near.others(c.at.z, i, values)
			if err := k.near.look(ctx, c); err != nil {
				return k.back(c, err)
			}
			k.choice.Log = append(k.choice.Log[:0], -c.at.u)
			for m := range k.near.moves {
				k.choice.Log = append(k.choice.Log, -k.near.found[m].u)
			}
			if k.choice.Weigh(); !math.IsInf(k.choice.Sum, -1) {
				if m := k.choice.Draw(s); m > 0 {
					k.near.take(c, m-1)
				}
			}
			c.visit()
			c.note.steps++
		}
	}
	c.note.accept, c.note.energy = 1, c.at.u
	return nil
}

type locallyInformed struct {
	hopping
	root       bool
	near, next *around
	here, over *discrete.Choice // of the moves from x and from y
}

func newLocallyInformed(m *LocallyInformed, s discrete.Sites) (kernel, error) {
	n := s.Others()
	if n > 1<<22 {
		return nil, spec.Expected("method", "one that does not compute all neighbours, such as DiscreteGibbs, where there are more than 4194304", "LocallyInformed").With("argument", "method")
	}
	return &locallyInformed{newHopping(s, m.Steps), m.Balancing == "sqrt", newAround(len(s), n), newAround(len(s), n), discrete.NewChoice(n), discrete.NewChoice(n)}, nil
}

func (k *locallyInformed) slopeless() {}

// weigh fills log g of all moves from where the chain is.
func (k *locallyInformed) weigh(ctx context.Context, c *chain, a *around, w *discrete.Choice) error {
	a.moves, w.Log = a.moves[:0], w.Log[:0]
	for i, values := range k.sites {
		a.others(c.at.z, i, values)
	}
	if err := a.look(ctx, c); err != nil {
		return err
	}
	for m := range a.moves {
		u := a.found[m].u
		d := max(-math.MaxFloat64, min(c.at.u-u, math.MaxFloat64)) // finite where the position itself has no probability
		switch {
		case math.IsInf(u, 1):
			d = math.Inf(-1)
		case k.root:
			d *= 0.5
		case d > 0: // log t/(1+t)
			d = -functions.Log1p1(functions.Exp1(-d))
		default:
			d -= functions.Log1p1(functions.Exp1(d))
		}
		w.Log = append(w.Log, d)
	}
	w.Weigh()
	return nil
}

func (k *locallyInformed) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.open(c)
	known := false
	for range k.steps(s) {
		if !known || c.eval.bias != nil { // a bias may have learned
			if err := k.weigh(ctx, c, k.near, k.here); err != nil {
				return k.back(c, err)
			}
		}
		known = true
		c.note.steps++
		if math.IsInf(k.here.Sum, -1) {
			c.visit()
			continue
		}
		m := k.here.Draw(s)
		site := k.near.moves[m].site
		z, u, part, x := c.at.z[site], c.at.u, c.at.part, c.at.x
		k.near.take(c, m)
		if err := k.weigh(ctx, c, k.next, k.over); err != nil {
			return k.back(c, err)
		}
		if accepted(s, c, k.here.Sum-k.over.Sum) {
			k.near, k.next, k.here, k.over = k.next, k.near, k.over, k.here
		} else {
			c.at.z[site], c.at.u, c.at.part, c.at.x = z, u, part, x
		}
		c.visit()
	}
	c.note.accept, c.note.energy = c.note.accept/float64(c.note.steps), c.at.u
	return nil
}

type gibbsWithGradients struct {
	hopping
	next       point
	here, over *discrete.Choice
}

func newGibbsWithGradients(m *GibbsWithGradients, s discrete.Sites) (kernel, error) {
	return &gibbsWithGradients{newHopping(s, m.Steps), newPoint(len(s)), discrete.NewChoice(2 * len(s)), discrete.NewChoice(2 * len(s))}, nil
}

// weigh fills the weights of moves 2i, down, and 2i+1, up.
func (k *gibbsWithGradients) weigh(p *point, w *discrete.Choice) {
	w.Log = w.Log[:0]
	for i, values := range k.sites {
		down, up := 0.5*p.g[i], -0.5*p.g[i]
		if p.g[i]-p.g[i] != 0 { // where a chain begins outside
			down, up = 0, 0
		}
		if p.z[i] == 0 {
			down = math.Inf(-1)
		}
		if p.z[i] == float64(values-1) {
			up = math.Inf(-1)
		}
		w.Log = append(w.Log, down, up)
	}
	w.Weigh()
}

func (k *gibbsWithGradients) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	k.open(c)
	k.weigh(&c.at, k.here)
	for range k.steps(s) {
		c.note.steps++
		if math.IsInf(k.here.Sum, -1) {
			continue
		}
		m := k.here.Draw(s)
		copy(k.next.z, c.at.z)
		k.next.z[m/2] += float64(2*(m%2) - 1)
		if err := c.eval.at(ctx, &k.next); err != nil {
			return k.back(c, err)
		}
		if !math.IsInf(k.next.u, 1) {
			k.weigh(&k.next, k.over)
			back := k.over.Log[m^1] - k.over.Sum
			if accepted(s, c, c.at.u-k.next.u+back-(k.here.Log[m]-k.here.Sum)) {
				c.at.set(&k.next)
				k.here, k.over = k.over, k.here
			}
		}
		c.visit()
	}
	c.note.accept, c.note.energy = c.note.accept/float64(c.note.steps), c.at.u
	return nil
}

// discreteEntry is the line of a method on sites.
func discreteEntry[M any](name string, build func(m *M, s discrete.Sites) (kernel, error), cite ...string) contract.Entry {
	e := entry[M](name, nil, cite...).Entry
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		t := system.(*density.Density)
		s := discrete.New(t.Shape())
		if s == nil {
			return nil, spec.Errorf(spec.SpecError, "%s moves in erg.Binary and erg.Integers alone", name).With("argument", "method").
				Try("erg.NUTS(), or erg.Gibbs over blocks of integers and of real numbers")
		}
		made, err := open(t, walkers, start, func(int, int64) (kernel, error) { return build(method.(*M), s) })
		if err != nil {
			return nil, err
		}
		return made, nil
	}
	return e
}
