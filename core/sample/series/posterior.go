package series

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// PMMH is particle marginal Metropolis-Hastings (C. Andrieu, A. Doucet, R. Holenstein, J. R. Stat. Soc. B 72, 269 (2010)): Gaussian steps of the parameters,
// accepted by the ratio of prior times estimated evidence. The estimates come from a bootstrap filter, or from one that is guided where the model
// has a proposal; they are unbiased, so that the chain draws from the exact posterior whatever the number of particles.
//
// The shape of the steps is adapted in warm-up to the acceptance (M. Vihola, Stat. Comput. 22, 997 (2012)). Choose particles so that the standard deviation
// of the log evidence that a filter gives is about 1: with far fewer the chain sticks.
type PMMH struct {
	// Particles of a filter.
	Particles int `spec:"particles" default:"200" range:"[1,1e9]"`
	// Mean acceptance that the steps are adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.2" range:"(0,1)"`
	// Size of the first steps, in unconstrained coordinates.
	StepSize float64 `spec:"step_size" default:"0.3" range:"(0,inf)"`
	// How parents are drawn by their weights in the filter.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of the particles below which the effective number leads to resampling.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// ParticleGibbs draws the path given the parameters by a filter that holds one particle on the path, with ancestor sampling (F. Lindsten, M. I. Jordan,
// T. B. Schoen, JMLR 15, 2145 (2014)), and then the parameters given the path by Metropolis steps on log p(path, y, parameters). Without parameters it
// draws paths. It is exact for any number of particles from 2 on.
//
// The model needs log_transition, and log_initial where there are parameters. The shape of the steps is adapted in warm-up.
type ParticleGibbs struct {
	// Particles of a filter.
	Particles int `spec:"particles" default:"50" range:"[2,1e9]"`
	// Metropolis steps of the parameters for each path.
	Moves int `spec:"moves" default:"10" range:"[1,1e6]"`
	// Mean acceptance that these are adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.234" range:"(0,1)"`
	// Size of the first steps, in unconstrained coordinates.
	StepSize float64 `spec:"step_size" default:"0.3" range:"(0,inf)"`
}

// walk proposes Gaussian steps S n whose shape S, a lower factor, is learnt.
type walk struct {
	n      int
	target float64
	shape  []float64
	noise  []float64
	moved  []float64
	count  int64
}

func newWalk(n int, size, target float64) *walk {
	w := &walk{n: n, target: target, shape: make([]float64, n*n), noise: make([]float64, n), moved: make([]float64, n)}
	for i := range n {
		w.shape[i*n+i] = size
	}
	return w
}

func (w *walk) propose(dst, z []float64, s *rng.Stream) {
	s.Normals(w.noise)
	for i := range w.n {
		w.moved[i] = 0
		for j := range i + 1 {
			w.moved[i] += float64(w.shape[i*w.n+j] * w.noise[j])
		}
		dst[i] = z[i] + w.moved[i]
	}
}

// learn stretches S along the step just tried where it was accepted more often than the target.
func (w *walk) learn(accept float64) {
	w.count++
	eta := min(1, float64(w.n)*functions.Exp1(-2.0/3*functions.Log1(float64(w.count))))
	length := 0.0
	for _, v := range w.noise {
		length += float64(v * v)
	}
	if length > 0 {
		sample.RankOne(w.shape, w.n, w.moved, eta*(accept-w.target)/length)
	}
}

// chain is one walker over parameters and paths.
type chain struct {
	key           rng.Key
	z, next       []float64
	theta, future []float64 // of z and of next
	prior, logZ   float64
	joint         float64 // log p(path, y, z), of particle Gibbs
	path          []float64
	ticks, warmup int64
	frozen        bool
	walk          *walk
	cloud         *cloud
	parameters    *headers
	complete      *headers
	record        *headers
	rows          [][]float64
	as            int64
	number        [2]float64
	accept        float64
	total         struct{ Accept, Count, Outside, Undefined, Sum, Squares, Filters float64 }
	stream        rng.Stream
}

// chains are an ensemble.
type chains struct {
	model  *StateSpace
	plan   *plan
	gibbs  *ParticleGibbs
	n      int
	chains []*chain
	params []contract.Params
}

const attempts = 50

func openPMMH(m *StateSpace, p *PMMH, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if m.Parameters.in[0].Len() == 0 {
		return nil, spec.Errorf(spec.SpecError, "PMMH: expected parameters to draw, the posterior has none").Try("erg.ParticleGibbs()")
	}
	plan, err := newPlan(m, p.Particles, p.Resampling, p.Threshold, false)
	if err != nil {
		return nil, err
	}
	return openChains(&chains{model: m, plan: plan}, p.StepSize, p.TargetAccept, walkers, start)
}

func openGibbs(m *StateSpace, g *ParticleGibbs, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
	plan, err := smoothingPlan(m, "ParticleGibbs", g.Particles, multinomial, 1, true)
	if err != nil {
		return nil, err
	}
	return openChains(&chains{model: m, plan: plan, gibbs: g}, g.StepSize, g.TargetAccept, walkers, start)
}

func openChains(e *chains, size, target float64, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
	m := e.model
	for _, p := range []*Program{&m.Parameters, &m.Record} {
		if err := need("PMMH, ParticleGibbs", "parameters: a posterior", p); err != nil {
			return nil, err
		}
	}
	e.n = m.Parameters.in[0].Len()
	single := func(p *Program) (*headers, error) {
		c, err := compile(p.source, p.captured)
		if err != nil {
			return nil, err
		}
		return c.headers(), nil
	}
	for w, walker := range walkers {
		c := &chain{key: walker.Key, warmup: walker.Warmup, z: make([]float64, e.n), next: make([]float64, e.n), theta: make([]float64, len(m.theta())),
			future: make([]float64, len(m.theta())), path: make([]float64, m.times()*e.plan.d), walk: newWalk(e.n, size, target), as: -1}
		var err error
		if c.parameters, err = single(&m.Parameters); err != nil {
			return nil, err
		}
		if c.record, err = single(&m.Record); err != nil {
			return nil, err
		}
		if e.gibbs != nil && e.n > 0 {
			if c.complete, err = single(&m.Complete); err != nil {
				return nil, err
			}
		}
		for i, t := range m.Record.out {
			c.rows = append(c.rows, make([]float64, (t.Len()*t.Dtype.Size()+7)/8))
			c.record.out[i].Data = array.Bytes(c.rows[i])[:t.Len()*t.Dtype.Size()]
		}
		if c.cloud, err = newCloud(e.plan, 1, true); err != nil {
			return nil, err
		}
		c.cloud.backDraws = 1
		if err := e.place(c, start, w, len(walkers)); err != nil {
			return nil, err
		}
		e.chains, e.params = append(e.chains, c), append(e.params, walker.Params)
	}
	return e, nil
}

// place finds where the chain begins: given, or uniform in [-2, 2]^n where prior and estimated evidence are above zero.
func (e *chains) place(c *chain, start contract.Start, w, walkers int) error {
	ctx := context.Background()
	s := c.key.Stream(math.MaxUint64)
	tries := attempts
	if a := start.Values; a != nil {
		if a.Dtype != array.Float64 || a.Len() != e.n && a.Len() != e.n*walkers {
			return spec.Errorf(spec.ShapeError, "start: expected float64 of shape (%d) or (%d, %d), got %s of %d", e.n, walkers, e.n, a.Dtype, a.Len()).With("argument", "start")
		}
		at := 0
		if a.Len() > e.n {
			at = w * e.n
		}
		copy(c.z, array.View[float64](a)[at:])
		tries = 1
	}
	var last error
	for k := range tries {
		if start.Values == nil {
			for i := range c.z {
				c.z[i] = 0
				if start.Kind == "random" {
					c.z[i] = float64(4*s.Float64()) - 2
				}
			}
		}
		var err error
		if c.prior, err = e.parametersOf(ctx, c, c.z, c.theta); err != nil {
			return err
		}
		if c.prior-c.prior != 0 {
			continue
		}
		c.logZ, last = e.filter(ctx, c, c.theta, c.key.Fold(1<<60+uint64(k)), nil)
		if last == nil {
			c.takePath(&s)
			return e.weighPath(ctx, c)
		}
	}
	if last != nil {
		return last
	}
	return spec.Errorf(spec.NonFiniteError, "start: the prior density is zero or not finite at %d places (unconstrained coordinates in [-2, 2])", tries).With("argument", "start")
}

func (e *chains) parametersOf(ctx context.Context, c *chain, z, theta []float64) (float64, error) {
	set(c.parameters.in, array.Bytes(z))
	set(c.parameters.out, array.Bytes(theta), array.Bytes(c.number[:1]))
	err := c.parameters.code.Run(ctx, nil, c.parameters.in, c.parameters.out)
	return c.number[0], err
}

// filter runs the cloud over all times; path is held, nil: none.
func (e *chains) filter(ctx context.Context, c *chain, theta []float64, key rng.Key, path []float64) (float64, error) {
	c.cloud.begin(key, theta)
	c.cloud.path = path
	for range e.model.times() {
		if err := c.cloud.advance(ctx, nil); err != nil {
			return 0, err
		}
	}
	return c.cloud.logZ, nil
}

func (c *chain) takePath(s *rng.Stream) {
	c.cloud.tracedPath(c.path, c.cloud.draw(&c.cloud.now, s.Float64()))
	c.as = -1
}

// weighPath computes log p(path, y, z) for particle Gibbs.
func (e *chains) weighPath(ctx context.Context, c *chain) (err error) {
	if c.complete != nil {
		c.joint, err = e.completeAt(ctx, c, c.z)
		if err == nil && c.joint-c.joint != 0 {
			err = spec.Errorf(spec.NonFiniteError, "the log density of parameters, path and observations is %v where the filter's weights are finite", c.joint).
				Try("log_initial and log_transition that are the densities of what initial and transition draw")
		}
	}
	return err
}

func (e *chains) completeAt(ctx context.Context, c *chain, z []float64) (float64, error) {
	set(c.complete.in, array.Bytes(z), array.Bytes(c.path))
	set(c.complete.out, array.Bytes(c.number[1:]))
	err := c.complete.code.Run(ctx, nil, c.complete.in, c.complete.out)
	return c.number[1], err
}

func (e *chains) Size() int { return len(e.chains) }

func (e *chains) SweepTo(ctx context.Context, walker int, target int64, _ *par.Team) error {
	c := e.chains[walker]
	for c.ticks < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if e.gibbs != nil {
			err = e.sweep(ctx, c)
		} else {
			err = e.step(ctx, c)
		}
		if err != nil {
			return err
		}
		c.ticks++
	}
	return nil
}

func (c *chain) warming() bool { return c.ticks < c.warmup && !c.frozen }

// step is one of PMMH. Where ctx ends it nothing has changed.
func (e *chains) step(ctx context.Context, c *chain) error {
	c.stream.Reset(c.key, uint64(c.ticks))
	c.walk.propose(c.next, c.z, &c.stream)
	u := c.stream.Float64()
	prior, err := e.parametersOf(ctx, c, c.next, c.future)
	if err != nil {
		return err
	}
	accept, logZ := 0.0, math.Inf(-1)
	if prior-prior == 0 {
		if logZ, err = e.filter(ctx, c, c.future, c.key.Fold(uint64(c.ticks)), nil); err != nil {
			if ctx.Err() != nil || !errors.As(err, new(*spec.Error)) || spec.Of(err).Class != spec.NonFiniteError {
				return err
			}
			logZ = math.Inf(-1)
			if slices.ContainsFunc(c.cloud.next.logw, func(l float64) bool { return l != l }) {
				c.total.Undefined++
			}
		}
		accept = functions.Exp1(min(0, logZ+prior-c.logZ-c.prior))
	}
	if math.IsInf(logZ, -1) {
		c.total.Outside++
	}
	if u < accept {
		c.z, c.next = c.next, c.z
		c.theta, c.future = c.future, c.theta
		c.prior, c.logZ = prior, logZ
		c.takePath(&c.stream)
	}
	c.note(accept)
	if c.warming() {
		c.walk.learn(accept)
	}
	return nil
}

func (c *chain) note(accept float64) {
	c.accept = accept
	if !c.warming() {
		c.total.Accept += accept
		c.total.Count++
	}
}

// sweep is one of particle Gibbs: the path, then the parameters.
func (e *chains) sweep(ctx context.Context, c *chain) error {
	c.stream.Reset(c.key, uint64(c.ticks))
	key := c.key.Fold(uint64(c.ticks))
	u := c.stream.Float64()
	c.cloud.ancestor = func(ctx context.Context) (int, error) {
		cloud, t := c.cloud, c.cloud.t()
		if len(cloud.pair) == 0 {
			cloud.pair = append(cloud.pair, newPairing(e.plan, 1))
		}
		q := cloud.pair[0]
		err := cloud.parentsOf(ctx, q, cloud.now.x, cloud.now.logw, c.path[t*cloud.d:(t+1)*cloud.d], t, 1, key.Fold(uint64(t)).Fold(1<<62), 0)
		return q.at[0], err
	}
	logZ, err := e.filter(ctx, c, c.theta, key, c.path)
	if err != nil {
		return err
	}
	c.logZ = logZ
	c.cloud.tracedPath(c.path, c.cloud.draw(&c.cloud.now, u))
	c.as = -1
	if c.complete == nil {
		c.note(1)
		return nil
	}
	quiet := context.WithoutCancel(ctx) // the path has changed
	if err := e.weighPath(quiet, c); err != nil {
		return err
	}
	sum := 0.0
	for range e.gibbs.Moves {
		c.walk.propose(c.next, c.z, &c.stream)
		joint, err := e.completeAt(quiet, c, c.next)
		if err != nil {
			return err
		}
		accept := 0.0
		switch {
		case joint != joint || math.IsInf(joint, 1):
			c.total.Undefined++
		case math.IsInf(joint, -1):
			c.total.Outside++
		default:
			accept = functions.Exp1(min(0, joint-c.joint))
		}
		if c.stream.Float64() < accept {
			c.z, c.next = c.next, c.z
			c.joint = joint
		}
		sum += accept
		if c.warming() {
			c.walk.learn(accept)
		}
	}
	if c.prior, err = e.parametersOf(quiet, c, c.z, c.theta); err != nil {
		return err
	}
	c.note(sum / float64(e.gibbs.Moves))
	return nil
}

func (e *chains) Warm(walker int) { e.chains[walker].frozen = true }

// Observable: the record program's quantities, log_evidence and acceptance.
func (e *chains) Observable(name string) (contract.Observable, error) {
	if k := slices.Index(e.model.Names, name); k >= 0 {
		t := e.model.Record.out[k]
		var dims []string
		for i := range t.Rank() {
			dims = append(dims, fmt.Sprintf("%s_dim_%d", name, i))
		}
		return contract.Observable{Name: name, Dtype: t.Dtype, Shape: t.Shape, Dims: dims, Record: func(w int, row []byte) {
			c := e.chains[w]
			if c.as != c.ticks {
				set(c.record.in, array.Bytes(c.z), array.Bytes(c.path))
				if err := c.record.code.Run(context.Background(), nil, c.record.in, c.record.out); err != nil {
					panic(spec.Of(err))
				}
				c.as = c.ticks
			}
			copy(row, c.record.out[k].Data)
		}}, nil
	}
	notes := map[string]func(c *chain) float64{"log_evidence": func(c *chain) float64 { return c.logZ }, "acceptance": func(c *chain) float64 { return c.accept }}
	f, ok := notes[name]
	if !ok {
		all := append(slices.Clone(e.model.Names), "acceptance", "log_evidence")
		return contract.Observable{}, spec.Expected("observe", "one of "+strings.Join(all, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
	}
	return contract.Observable{Name: name, Dtype: array.Float64, Record: func(w int, row []byte) { array.Cast[float64](row)[0] = f(e.chains[w]) }}, nil
}

// Reduced is known at kT = 1 alone, and there by an estimate.
func (e *chains) Reduced(walker int, dst []float64, at []contract.Params) error {
	for i, p := range at {
		if err := plain(p); err != nil {
			return err
		}
		dst[i] = -e.chains[walker].logZ - e.chains[walker].prior
	}
	return nil
}

func plain(p contract.Params) error {
	if p.KT != 1 || len(p.Extra) > 0 {
		return spec.Errorf(spec.SpecError, "the posterior of a state-space model has no temperature: expected kT = 1, got %v", p.KT).With("argument", "kT")
	}
	return nil
}

func (e *chains) SetParams(_ int, p contract.Params) error { return plain(p) }

func (e *chains) SetBias(_ int, b *contract.Bias) error {
	if b == nil {
		return nil
	}
	return spec.Errorf(spec.SpecError, "PMMH and ParticleGibbs cannot follow a bias").With("argument", "method")
}

// configuration are what CopyWalker copies.
func (c *chain) configuration() [][]float64 { return [][]float64{c.z, c.theta, c.path} }

func (e *chains) CopyWalker(dst, src int) {
	a, b := e.chains[dst], e.chains[src]
	for i, x := range a.configuration() {
		copy(x, b.configuration()[i])
	}
	a.prior, a.logZ, a.joint, a.as = b.prior, b.logZ, b.joint, -1
}

func (e *chains) SwapWalkers(i, j int) {
	a, b := e.chains[i], e.chains[j]
	a.z, b.z, a.theta, b.theta, a.path, b.path = b.z, a.z, b.theta, a.theta, b.path, a.path
	a.prior, b.prior, a.logZ, b.logZ, a.joint, b.joint, a.as, b.as = b.prior, a.prior, b.logZ, a.logZ, b.joint, a.joint, -1, -1
}

func (e *chains) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, c := range e.chains {
		add := func(name string, x float64) { all[name] = append(all[name], x) }
		add("acceptance", c.total.Accept/max(c.total.Count, 1))
		add("outside", c.total.Outside)
		add("undefined", c.total.Undefined)
	}
	return all
}

func (e *chains) Layout() (array.Dtype, []int) { return array.Float64, []int{e.n} }

func (e *chains) Configuration(walker int, dst []byte) { copy(dst, array.Bytes(e.chains[walker].z)) }

func (e *chains) Work() (float64, string) {
	return float64(e.plan.n) * float64(e.model.times()), "particle steps"
}

func (c *chain) state() []any {
	return []any{c.z, c.theta, &c.prior, &c.logZ, &c.joint, c.path, &c.ticks, &c.frozen, c.walk.shape, &c.walk.count, &c.accept, &c.total}
}

func (e *chains) Save(w io.Writer) error {
	if err := saved.Put(w, int64(len(e.chains)), int64(e.n), int64(e.model.times())); err != nil {
		return err
	}
	for _, c := range e.chains {
		if err := saved.Put(w, c.state()...); err != nil {
			return err
		}
	}
	return nil
}

func (e *chains) Load(r io.Reader) error {
	var count, n, T int64
	if err := saved.Get(r, &count, &n, &T); err != nil {
		return err
	}
	if count != int64(len(e.chains)) || n != int64(e.n) || T != int64(e.model.times()) {
		return spec.Errorf(spec.CheckpointError, "expected %d chains of %d parameters, the saved state has %d of %d", len(e.chains), e.n, count, n)
	}
	for _, c := range e.chains {
		if err := saved.Get(r, c.state()...); err != nil {
			return err
		}
		c.as = -1
	}
	return nil
}
