package sample

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// StretchMove moves the chains of each temperature as one ensemble (J. Goodman, J. Weare, CAMCoS 5, 65 (2010)): a walker's proposal lies on the line through
// it and a random walker of the other half,
//
//	y = x_j + s (x_i - x_j), s in [1/a, a] with density ~ s^(-1/2), accepted with min(1, s^(d-1) p(y)/p(x_i)).
//
// All of one half move at once, then the other half. The method behaves alike for all targets that linear maps turn into each other, and asks for no
// derivative and no scale; beyond some 20 dimensions it is slow and can mislead. Angles stay in [-pi, pi]. At least 2 d chains,
// and 4, are needed. There is nothing to adapt: warmup are draws that are left out.
type StretchMove struct {
	// a.
	Scale float64 `spec:"scale" default:"2.0" range:"(1,inf)"`
	// Moves of each walker in one draw: what lies between is thrown away.
	Steps int `spec:"steps" default:"1" range:"[1,1e9]"`
}

// DifferentialEvolution moves the chains of each temperature as one ensemble (C. J. F. ter Braak, Stat. Comput. 16, 239 (2006)): a walker's proposal is
// y = x_i + gamma (x_j - x_k) + noise n for two random walkers of the other half and normal n, accepted with min(1, p(y)/p(x_i)); with probability
// jump gamma is 1, so that walkers find other modes. Halves take turns as for StretchMove. At least 2 d chains, and 4, are needed.
type DifferentialEvolution struct {
	// gamma; 0 is 2.38/sqrt(2 d).
	Gamma float64 `spec:"gamma" default:"0.0" range:"[0,inf)"`
	// Standard deviation of the noise, small beside the target's width.
	Noise float64 `spec:"noise" default:"1e-5" range:"(0,inf)"`
	// Probability of a step with gamma = 1.
	Jump float64 `spec:"jump" default:"0.1" range:"[0,1]"`
	// Moves of each walker in one draw: what lies between is thrown away.
	Steps int `spec:"steps" default:"1" range:"[1,1e9]"`
}

// proposal fills y for the walker at x from places of the other half, and gives the logarithm of the weight of the way there.
type proposal func(y, x []float64, other []*chain, s *rng.Stream) float64

func (m *StretchMove) proposal() proposal {
	return func(y, x []float64, other []*chain, s *rng.Stream) float64 {
		from := other[s.Below(len(other))].at.z
		r := float64((m.Scale-1)*s.Float64()) + 1
		r = r * r / m.Scale
		for k := range y {
			y[k] = math.FMA(r, x[k]-from[k], from[k])
		}
		if other[0].beyond(y) { // by the seam there would be another way back
			return math.Inf(-1)
		}
		return float64(len(x)-1) * functions.Log1(r)
	}
}

func (m *DifferentialEvolution) proposal() proposal {
	return func(y, x []float64, other []*chain, s *rng.Stream) float64 {
		j, k := s.Below(len(other)), s.Below(len(other)-1)
		if k >= j {
			k++
		}
		gamma := m.Gamma
		if gamma == 0 {
			gamma = 2.38 / math.Sqrt(2*float64(len(x)))
		}
		if s.Float64() < m.Jump {
			gamma = 1
		}
		a, b := other[j].at.z, other[k].at.z
		for q := range y {
			y[q] = x[q] + float64(gamma*(a[q]-b[q])) + float64(m.Noise*s.Normal())
		}
		return 0
	}
}

// flock is an ensemble in which the walkers of one temperature move together.
type flock struct {
	*ensemble
	propose proposal
	steps   int
	halves  [][2][]*chain // of each temperature
	next    []point       // of each walker
	half    int
	size    int // of the team
	ctx     context.Context
	faults  []error
	share   func(w int)
}

// flying is the kernel of a walker of a flock, which moves it.
type flying struct{}

func (flying) begin(context.Context, *chain, *rng.Stream) error          { return nil }
func (flying) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }
func (flying) warm()                                                     {}
func (flying) state() []any                                              { return nil }
func (flying) slopeless()                                                {}
func (flying) transition(context.Context, *chain, *rng.Stream) error {
	return spec.Errorf(spec.InternalError, "a walker of a flock cannot move alone")
}

func openFlock(t contract.Target, propose proposal, steps int, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
	least := max(4, 2*t.Size())
	f := &flock{propose: propose, steps: steps}
	e, err := open(t, walkers, start, func(int, int64) (kernel, error) { return flying{}, nil })
	if err != nil {
		return nil, err
	}
	f.ensemble = e
	for from := 0; from < len(walkers); {
		to := from + 1
		for to < len(walkers) && walkers[to].Params.KT == walkers[from].Params.KT {
			to++
		}
		if to-from < least {
			return nil, spec.Expected("chains", fmt.Sprintf("at least %d walkers for %d dimensions", least, t.Size()), to-from).With("argument", "chains").Try(fmt.Sprintf("chains=%d", 2*least))
		}
		var halves [2][]*chain
		for w := from; w < to; w++ {
			if w > from && slices.Equal(e.chains[w].at.z, e.chains[from].at.z) {
				return nil, spec.Expected("start", "places that differ from walker to walker", "equal ones").With("argument", "start")
			}
			halves[(w-from)%2] = append(halves[(w-from)%2], e.chains[w])
		}
		f.halves = append(f.halves, halves)
		from = to
	}
	for range walkers {
		f.next = append(f.next, newPoint(t.Size()))
	}
	f.faults = make([]error, len(walkers))
	f.share = f.part
	return f, nil
}

// AllTo makes transitions of all walkers; a draw is done or not begun.
func (f *flock) AllTo(ctx context.Context, target int64, workers int) error {
	team := par.NewTeam(workers)
	defer team.Close()
	f.ctx, f.size = ctx, team.Size()
	for f.chains[0].ticks < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, c := range f.chains {
			if err := c.fresh(ctx); err != nil {
				return err
			}
			c.stream.Reset(c.key, uint64(c.ticks))
			c.note.accept, c.note.steps = 0, 0
		}
		f.ctx = context.WithoutCancel(ctx) // a draw is not cut
		for range f.steps {
			for f.half = range 2 {
				if err := team.Run(f.share); err != nil {
					return err
				}
				for _, err := range f.faults {
					if err != nil {
						return err
					}
				}
			}
		}
		for _, c := range f.chains {
			c.note.accept /= float64(f.steps)
			c.note.energy = c.at.u
			if err := c.done(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// part moves the walkers of one member of the team, of the half whose turn it is.
func (f *flock) part(w int) {
	at := 0
	for _, halves := range f.halves {
		for _, c := range halves[f.half] {
			if at%f.size == w {
				f.faults[at] = f.move(c, halves[1-f.half], &f.next[at])
			}
			at++
		}
	}
}

func (f *flock) move(c *chain, other []*chain, next *point) error {
	way := f.propose(next.z, c.at.z, other, &c.stream)
	if err := c.eval.valueAt(f.ctx, next); err != nil {
		return err
	}
	accept := 0.0
	if !math.IsInf(next.u, 1) {
		accept = functions.Exp1(min(way+c.at.u-next.u, 0))
	}
	if c.stream.Float64() < accept {
		copy(c.at.z, next.z)
		c.at.u, c.at.part, c.at.kT, c.at.x = next.u, next.part, next.kT, next.x
	}
	c.visit()
	c.note.accept += accept
	c.note.steps++
	return nil
}

// SweepTo is for walkers that move alone.
func (f *flock) SweepTo(context.Context, int, int64, *par.Team) error {
	return spec.Errorf(spec.InternalError, "walkers of a flock move together")
}

func flockEntry[M any, P interface {
	*M
	proposal() proposal
}](name string, steps func(P) int, cite ...string) contract.Entry {
	e := entry[M](name, nil, cite...).Entry
	e.Unit = "all"
	e.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		m := method.(P)
		return openFlock(system.(contract.Target), m.proposal(), steps(m), walkers, start)
	}
	return e
}
