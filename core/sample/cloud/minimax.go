package cloud

import (
	"context"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// MinimaxLangevin finds the equilibrium of a zero-sum game, min over mu and max over nu of int F dmu dnu + kT KL(mu|rho) - kT KL(nu|rho'), by two clouds whose
// forces are those of the averages of their opponents over the past (mean-field Langevin averaged gradient, MFL-AG):
//
//	x -= step [sum_s s^q grad_x F(x, nu_s) / sum_s s^q + kT grad U(x)] - sqrt(2 kT step) n, s = 1 ... t,
//
// and y alike with the other sign. The averages are kept as reservoirs of memory x N particles, each of which is replaced by one of the latest with
// probability t^q / sum_s s^q; each step's force is that of so many of them as opponents says.
//
// What converges are the averages: average_x, average_y of the run, samples of them by the name of their slot. trace_mean and trace_variance are those of
// the averaged measures in the coordinates (x, y), exact sums over all the past; x and y are the last particles. trace_payoff is the mean of F(x, nu) - F(mu, y) against
// the averages, with the priors' energies times kT.
type MinimaxLangevin struct {
	// Steps of every particle.
	Steps int `spec:"steps" default:"3000" range:"[1,1e12]"`
	// Step of the dynamics.
	Step float64 `spec:"step" default:"0.01" range:"(0,inf)"`
	// q, the power of time in the weights of the averages.
	Power float64 `spec:"power" default:"1.0" range:"[0,100]"`
	// Particles of the averages that a force is taken from.
	Opponents int `spec:"opponents" default:"64" range:"[1,1e7]"`
	// Particles of the averages, in units of N.
	Memory int `spec:"memory" default:"16" range:"[1,1e6]"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

// BestResponse finds the equilibrium of a zero-sum game by mean-field Langevin anchored best response (MFL-ABR): against the clouds of this outer step
// both players' particles walk inner Langevin steps, which brings them near their best responses exp(-dL/kT); then each particle of either cloud is
// replaced by its walker with probability rate. Its last clouds converge, not averages.
//
// The run has trace_payoff, trace_mean and trace_variance (over N) of the coordinates (x, y) after each kept outer step.
type BestResponse struct {
	// Outer steps.
	Steps int `spec:"steps" default:"200" range:"[1,1e12]"`
	// Langevin steps in each.
	Inner int `spec:"inner" default:"50" range:"[1,1e9]"`
	// Step of the dynamics.
	Step float64 `spec:"step" default:"0.02" range:"(0,inf)"`
	// Part of the particles that is replaced.
	Rate float64 `spec:"rate" default:"0.1" range:"(0,1]"`
	// Particles of the other cloud that a force is taken from.
	Opponents int `spec:"opponents" default:"64" range:"[1,1e7]"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

// ofGame is what methods for games have in common.
func ofGame(g *density.Game, s steps, opponents int) (plan, error) {
	if g.Opponents() != opponents {
		return plan{}, spec.Expected("opponents", fmt.Sprintf("%d, as the game was traced", g.Opponents()), opponents)
	}
	return plan{system: g, steps: s, follows: "payoff", whole: true, spread: 1, field: func(n int) (gradient, error) {
		if n != g.Particles() {
			return nil, spec.Expected("draws", "as many particles as the game was traced for", n)
		}
		return g.Field()
	}}, nil
}

func openMinimax(system, method any, o contract.Order) (contract.Staged, error) {
	m := method.(*MinimaxLangevin)
	p, err := ofGame(system.(*density.Game), follow(m.Steps, m.Trace), m.Opponents)
	if err != nil {
		return nil, err
	}
	if _, err := array.Plan(len(o.Walkers), 8*m.Memory*o.Draws*p.system.Size(), "the reservoirs of the averages"); err != nil {
		return nil, err
	}
	p.mover = func(c *cloud) (mover, error) { return newMinimax(m, c), nil }
	f, err := p.open(o)
	if err != nil {
		return nil, err
	}
	f.extra = averages
	return f, nil
}

type minimax struct {
	*MinimaxLangevin
	seen          int64   // clouds in the averages
	total         float64 // sum of s^q
	slots         []float64
	against       []float64
	noise, chance []float64
	mean, square  []float64 // weighted, of all the past
	now, spread   []float64
	stream        rng.Stream
}

func newMinimax(m *MinimaxLangevin, c *cloud) *minimax {
	room := func(n int) []float64 { return make([]float64, n) }
	return &minimax{MinimaxLangevin: m, slots: room(m.Memory * c.n * c.d), against: room(m.Opponents * c.d), noise: room(c.n * c.d), chance: room(m.Memory * c.n),
		mean: room(c.d), square: room(c.d), now: room(c.d), spread: room(c.d)}
}

func (m *minimax) state() []any { return []any{&m.seen, &m.total, m.slots, m.mean, m.square} }

func (m *minimax) step(ctx context.Context, team *par.Team, c *cloud) error {
	c.key.Normals(m.noise, uint64(c.ticks), 0)
	if m.seen == c.ticks { // not yet, where a step begins anew
		m.remember(c)
	}
	m.stream.Reset(c.key, uint64(c.ticks))
	choose(m.against, m.slots, c.d, &m.stream)
	if err := c.opposed(ctx, team, m.against); err != nil {
		return err
	}
	c.walk(c.z, m.Step, m.noise)
	return nil
}

// remember puts the cloud into the averages.
func (m *minimax) remember(c *cloud) {
	m.seen++
	weight := functions.Pow1(float64(m.seen), m.Power)
	m.total += weight
	p := weight / m.total
	c.key.Uniforms(m.chance, uint64(c.ticks), 1<<40)
	for k, u := range m.chance {
		if u < p {
			copy(m.slots[k*c.d:(k+1)*c.d], c.z[k%c.n*c.d:(k%c.n+1)*c.d])
		}
	}
	moments(c.z, c.n, c.d, m.now, m.spread)
	for k, x := range m.now {
		m.mean[k] += float64(p * (x - m.mean[k]))
		m.square[k] += float64(p * (math.FMA(x, x, m.spread[k]) - m.square[k]))
	}
}

// follow writes what stands in the trace in place of the moments of the particles.
func (m *minimax) follow(mean, variance []float64) {
	copy(mean, m.mean)
	for k, x := range m.mean {
		variance[k] = math.FMA(-x, x, m.square[k])
	}
}

// choose fills rows of d with random ones of slots, from equal parts of them in turn.
func choose(to, slots []float64, d int, s *rng.Stream) {
	count, all := len(to)/d, len(slots)/d
	for k := range count {
		from, upto := all*k/count, all*(k+1)/count
		j := s.Below(max(upto-from, 1)) + min(from, all-1)
		copy(to[k*d:(k+1)*d], slots[j*d:(j+1)*d])
	}
}

// opposed fills u and g against others.
func (c *cloud) opposed(ctx context.Context, team *par.Team, others []float64) error {
	c.field.(*density.Field).Against(others)
	err := c.energies(ctx, team, c.kT)
	c.measure = c.u[0] / float64(c.n)
	return err
}

// walk is a Langevin step.
func (c *cloud) walk(z []float64, h float64, noise []float64) {
	size := math.Sqrt(2 * c.kT * h)
	for i := range z {
		z[i] += float64(size*noise[i]) - float64(h*c.g[i])
	}
}

// averages reports the reservoirs, through the quantities of the particles.
func averages(f *flow, out contract.Results) error {
	for _, o := range f.observed {
		var data []byte
		for _, c := range f.clouds {
			slots := c.mover.(*minimax).slots
			for at := 0; at < len(slots); at += c.d {
				rows, err := f.recorder.Record(context.Background(), slots[at:at+c.d])
				if err != nil {
					return err
				}
				data = append(data, rows[o.k]...)
			}
		}
		count := len(f.clouds[0].mover.(*minimax).slots) / f.clouds[0].d
		if err := out.Add("average_"+o.Name, o.Dtype, append([]int{count}, o.Shape...), []string{"slot"}, &array.Array{Dtype: o.Dtype, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

func openBest(system, method any, o contract.Order) (contract.Staged, error) {
	m := method.(*BestResponse)
	p, err := ofGame(system.(*density.Game), follow(m.Steps, m.Trace), m.Opponents)
	if err != nil {
		return nil, err
	}
	p.mover = func(c *cloud) (mover, error) {
		room := func(n int) []float64 { return make([]float64, n) }
		return &best{BestResponse: m, kept: room(c.n * c.d), noise: room(c.n * c.d), against: room(m.Opponents * c.d), split: system.(*density.Game).Split}, nil
	}
	return p.open(o)
}

type best struct {
	*BestResponse
	kept, noise, against []float64
	split                int // coordinates of x
	stream               rng.Stream
}

func (b *best) state() []any { return nil }

func (b *best) step(ctx context.Context, team *par.Team, c *cloud) error {
	copy(b.kept, c.z)
	b.stream.Reset(c.key, uint64(c.ticks))
	for k := range b.Inner {
		choose(b.against, b.kept, c.d, &b.stream)
		if err := c.opposed(ctx, team, b.against); err != nil {
			copy(c.z, b.kept)
			return err
		}
		c.key.Normals(b.noise, uint64(c.ticks), uint64(k*len(b.noise)))
		c.walk(c.z, b.Step, b.noise)
	}
	for i := range c.n {
		at := i * c.d
		for _, part := range [2][2]int{{0, b.split}, {b.split, c.d}} {
			if b.stream.Float64() >= b.Rate {
				copy(c.z[at+part[0]:at+part[1]], b.kept[at+part[0]:at+part[1]])
			}
		}
	}
	return nil
}
