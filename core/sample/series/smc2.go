package series

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// SMC2 filters the parameters too: draws of the parameters, each with a particle filter of its own, are weighed by what their filters say of every new
// observation; where their effective number has fallen, they are drawn anew and moved by steps of particle marginal Metropolis-Hastings
// (N. Chopin, P. E. Jacob, O. Papaspiliopoulos, J. R. Stat. Soc. B 75, 397 (2013)). It starts from draws of the prior, which must be able to make them.
//
// The evidence is unbiased for any numbers of particles; posterior means are biased by O(1/draws). Filters are bootstrap filters, guided where
// the model has a proposal.
type SMC2 struct {
	// Particles of a filter.
	Particles int `spec:"particles" default:"200" range:"[1,1e9]"`
	// Share of the draws below which their effective number leads to new ones.
	Threshold float64 `spec:"threshold" default:"0.5" range:"(0,1]"`
	// Metropolis steps that move a draw.
	Moves int `spec:"moves" default:"3" range:"[1,1000]"`
}

// member is a draw of the parameters with its filter.
type member struct {
	z, theta []float64
	prior    float64
	logw     float64
	cloud    *cloud
	moved    int64 // steps of this rejuvenation that are done
}

// population is one chain.
type population struct {
	key      rng.Key
	members  []*member
	time     int64
	epoch    int64 // rejuvenations that have begun
	moving   bool
	logZ     float64
	accepted float64
	tried    float64
	shape    []float64
	over     bool
}

// squared is the work.
type squared struct {
	model       *StateSpace
	plan        *plan
	method      *SMC2
	n, draws    int
	populations []*population
	parameters  *compiled
	record      *compiled
	asked       []int
}

func newSquared(m *StateSpace, s *SMC2, order contract.Order) (contract.Staged, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	for _, p := range []*Program{&m.Parameters, &m.Record} {
		if err := need("SMC2", "parameters: a posterior", p); err != nil {
			return nil, err
		}
	}
	plan, err := newPlan(m, s.Particles, systematic, 0.5, false)
	if err != nil {
		return nil, err
	}
	w := &squared{model: m, plan: plan, method: s, n: m.Parameters.in[0].Len(), draws: order.Draws}
	if w.parameters, err = compile(m.Parameters.source, m.Parameters.captured); err != nil {
		return nil, err
	}
	begin := order.Start.Values
	if begin == nil || begin.Dtype != array.Float64 || begin.Len() != len(order.Walkers)*w.draws*w.n {
		return nil, spec.Errorf(spec.ShapeError, "SMC2: expected draws of the prior as the start, float64 of shape (%d, %d, %d)", len(order.Walkers), w.draws, w.n).With("argument", "start")
	}
	start := array.View[float64](begin)
	if w.record, err = compile(m.Record.source, m.Record.captured); err != nil {
		return nil, err
	}
	for _, name := range order.Observe {
		k := slices.Index(m.Names, name)
		if k < 0 || name == "states" {
			return nil, spec.Expected("observe", "names of parameters", fmt.Sprintf("%q", name)).With("argument", "observe")
		}
		w.asked = append(w.asked, k)
	}
	for _, walker := range order.Walkers {
		p := &population{key: walker.Key, shape: make([]float64, w.n*w.n)}
		for i := range w.draws {
			a := &member{z: make([]float64, w.n), theta: make([]float64, len(m.theta()))}
			if a.cloud, err = newCloud(plan, 1, false); err != nil {
				return nil, err
			}
			start = start[copy(a.z, start):]
			if a.prior, err = w.parametersOf(a.z, a.theta); err != nil {
				return nil, err
			}
			if a.prior-a.prior != 0 {
				return nil, spec.Errorf(spec.NonFiniteError, "the log prior density is %v at a draw of the prior, coordinates %v", a.prior, a.z).With("argument", "prior")
			}
			a.cloud.begin(p.filterKey(i), a.theta)
			p.members = append(p.members, a)
		}
		w.populations = append(w.populations, p)
	}
	return w, nil
}

// filterKey is that of the i-th filter between two rejuvenations.
func (p *population) filterKey(i int) rng.Key { return p.key.Fold(uint64(p.epoch)).Fold(uint64(i)) }

func (w *squared) parametersOf(z, theta []float64) (float64, error) {
	h := w.parameters.headers()
	var prior [1]float64
	set(h.in, array.Bytes(z))
	set(h.out, array.Bytes(theta), array.Bytes(prior[:]))
	err := h.code.Run(context.Background(), nil, h.in, h.out)
	return prior[0], err
}

// Stage does a time, or one step of all draws that are moved, of the first population that is not done.
func (w *squared) Stage(ctx context.Context, workers int) (bool, error) {
	for _, p := range w.populations {
		if p.over {
			continue
		}
		team := par.NewTeam(workers)
		defer team.Close()
		if p.moving {
			return false, w.rejuvenate(ctx, p, team)
		}
		return false, w.observe(ctx, p, team)
	}
	return true, nil
}

// observe lets all filters do a time.
func (w *squared) observe(ctx context.Context, p *population, team *par.Team) error {
	err := share(team, len(p.members), func(_, i int) error {
		a := p.members[i]
		if a.cloud.time > p.time {
			return nil // before it was interrupted
		}
		err := a.cloud.advance(ctx, nil)
		if err != nil && ctx.Err() == nil && spec.Of(err).Class == spec.NonFiniteError && !slices.ContainsFunc(a.cloud.next.logw, func(l float64) bool { return l != l }) {
			a.cloud.time, a.cloud.step = p.time+1, math.Inf(-1) // these parameters cannot have made the observation
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	before, after := w.total(p), 0.0
	for _, a := range p.members {
		a.logw += a.cloud.step
	}
	if after = w.total(p); math.IsInf(after, -1) {
		return spec.Errorf(spec.NonFiniteError, "time %d: no draw of the parameters could have made this observation", p.time).With("time", p.time).Try("more draws")
	}
	p.logZ += after - before
	p.time++
	squares := 0.0
	for _, a := range p.members {
		v := functions.Exp1(a.logw - after)
		squares += float64(v * v)
	}
	last := int(p.time) == w.model.times()
	if 1/squares < w.method.Threshold*float64(w.draws) || last {
		return w.redraw(p)
	}
	return nil
}

// total is the logarithm of the sum of weights.
func (w *squared) total(p *population) float64 {
	most := math.Inf(-1)
	for _, a := range p.members {
		most = max(most, a.logw)
	}
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for _, a := range p.members {
		sum += functions.Exp1(a.logw - most)
	}
	return most + functions.Log1(sum)
}

// redraw gives equal weights: draws are copied by their weights, systematically, and will be moved by steps of the shape of their weighted covariance.
func (w *squared) redraw(p *population) error {
	total, n := w.total(p), w.n
	mean, cov := make([]float64, n), make([]float64, n*n)
	for _, a := range p.members {
		v := functions.Exp1(a.logw - total)
		for i := range n {
			mean[i] += float64(v * a.z[i])
		}
	}
	for _, a := range p.members {
		v := functions.Exp1(a.logw - total)
		for i := range n {
			for j := range n {
				cov[i*n+j] += float64(float64(v*(a.z[i]-mean[i])) * (a.z[j] - mean[j]))
			}
		}
	}
	cholesky(p.shape, cov, n, 2.38*2.38/float64(n))
	p.epoch++
	stream := p.key.Fold(1 << 61).Stream(uint64(p.epoch))
	u := stream.Float64()
	parents, sum, k := make([]int, w.draws), 0.0, 0
	for i, a := range p.members {
		sum += float64(functions.Exp1(a.logw-total) * float64(w.draws))
		for k < w.draws && (float64(k)+u < sum || i == w.draws-1) {
			parents[k] = i
			k++
		}
	}
	// a draw with children keeps its place for the first of them; the others take those of draws without
	free, taken := []int{}, make([]bool, w.draws)
	for _, i := range parents {
		taken[i] = true
	}
	for i := range taken {
		if !taken[i] {
			free = append(free, i)
		}
	}
	for k, i := range parents {
		if k > 0 && parents[k-1] == i {
			p.members[free[0]].copyFrom(p.members[i])
			free = free[1:]
		}
	}
	for i, a := range p.members {
		a.logw, a.moved = 0, 0
		a.cloud.key = p.filterKey(i)
	}
	p.moving = true
	return nil
}

func (a *member) copyFrom(b *member) {
	copy(a.z, b.z)
	copy(a.theta, b.theta)
	a.prior = b.prior
	x, y := a.cloud.state(), b.cloud.state()
	for i := range x {
		switch to := x[i].(type) {
		case []float64:
			copy(to, y[i].([]float64))
		case []part:
			copy(to, y[i].([]part))
		case *float64:
			*to = *y[i].(*float64)
		case *int64:
			*to = *y[i].(*int64)
		}
	}
}

// cholesky is the lower factor of scale times a, whose diagonal is raised where it vanishes.
func cholesky(l, a []float64, n int, scale float64) {
	for i := range n {
		for j := range i + 1 {
			s := float64(a[i*n+j] * scale)
			if i == j {
				s += 1e-12 + float64(1e-9*s)
			}
			for k := range j {
				s -= float64(l[i*n+k] * l[j*n+k])
			}
			if i == j {
				l[i*n+i] = math.Sqrt(max(s, 1e-24))
			} else {
				l[i*n+j] = s / l[j*n+j]
			}
		}
	}
}

// rejuvenate moves every draw; each step runs a new filter up to now.
func (w *squared) rejuvenate(ctx context.Context, p *population, team *par.Team) error {
	accepted := make([]float64, len(p.members))
	err := share(team, len(p.members), func(_, i int) error {
		a := p.members[i]
		z, theta := make([]float64, w.n), make([]float64, len(a.theta))
		var other *cloud
		for a.moved < int64(w.method.Moves) {
			key := p.filterKey(i).Fold(1<<62 + uint64(a.moved))
			s := key.Stream(0)
			noise := make([]float64, w.n)
			s.Normals(noise)
			for j := range z {
				z[j] = a.z[j]
				for k := range j + 1 {
					z[j] += float64(p.shape[j*w.n+k] * noise[k])
				}
			}
			prior, err := w.parametersOf(z, theta)
			if err != nil {
				return err
			}
			if prior-prior == 0 {
				if other == nil {
					if other, err = newCloud(w.plan, 1, false); err != nil {
						return err
					}
				}
				other.begin(key, theta)
				possible := true
				for range p.time {
					if err = other.advance(ctx, nil); err != nil {
						if ctx.Err() != nil || spec.Of(err).Class != spec.NonFiniteError {
							return err
						}
						possible = false
						break
					}
				}
				if possible && s.Float64() < functions.Exp1(min(0, other.logZ+prior-a.cloud.logZ-a.prior)) {
					copy(a.z, z)
					copy(a.theta, theta)
					a.prior = prior
					a.cloud, other = other, a.cloud
					a.cloud.theta, a.cloud.key = a.theta, p.filterKey(i)
					accepted[i]++
				}
			}
			a.moved++
		}
		return nil
	})
	for _, x := range accepted {
		p.accepted += x
	}
	if err != nil {
		return err
	}
	p.tried += float64(w.method.Moves * len(p.members))
	p.moving = false
	p.over = int(p.time) == w.model.times()
	return nil
}

// Progress counts times.
func (w *squared) Progress() (done, total float64, unit string) {
	for _, p := range w.populations {
		done += float64(p.time)
	}
	return done, float64(w.model.times() * len(w.populations)), "times"
}

// Report adds the parameters that were asked for.
func (w *squared) Report(out contract.Results) error {
	h := w.record.headers()
	path := make([]float64, w.model.times()*w.plan.d)
	columns := make([][]byte, len(w.record.out))
	for _, p := range w.populations {
		for _, a := range p.members {
			rows := make([][]byte, len(w.record.out))
			for k, t := range w.record.out {
				rows[k] = make([]byte, t.Len()*t.Dtype.Size())
			}
			set(h.in, array.Bytes(a.z), array.Bytes(path))
			set(h.out, rows...)
			if err := h.code.Run(context.Background(), nil, h.in, h.out); err != nil {
				return err
			}
			for k, r := range rows {
				columns[k] = append(columns[k], r...)
			}
		}
	}
	for _, k := range w.asked {
		t, name := w.record.out[k], w.model.Names[k]
		dims := []string{"draw"}
		for i := range t.Rank() {
			dims = append(dims, fmt.Sprintf("%s_dim_%d", name, i))
		}
		if err := out.Add(name, t.Dtype, append([]int{w.draws}, t.Shape...), dims, array.Borrow(name, t.Dtype, append([]int{len(w.populations), w.draws}, t.Shape...), columns[k])); err != nil {
			return err
		}
	}
	return nil
}

// Info are evidence, acceptance and rejuvenations.
func (w *squared) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, p := range w.populations {
		z := p.logZ
		if !p.over {
			z = math.NaN()
		}
		all["log_evidence"] = append(all["log_evidence"], z)
		all["acceptance"] = append(all["acceptance"], p.accepted/max(p.tried, 1))
		all["rejuvenations"] = append(all["rejuvenations"], float64(p.epoch))
	}
	return all
}

func (w *squared) state() (all []any) {
	for _, p := range w.populations {
		all = append(all, &p.time, &p.epoch, &p.moving, &p.logZ, &p.accepted, &p.tried, p.shape, &p.over)
		for _, a := range p.members {
			all = append(all, a.z, a.theta, &a.prior, &a.logw, &a.moved)
			all = append(all, a.cloud.state()...)
		}
	}
	return all
}

// Save writes all draws and their filters.
func (w *squared) Save(to io.Writer) error {
	return saved.Put(to, append([]any{int64(len(w.populations)), int64(w.draws)}, w.state()...)...)
}

// Load reads what Save wrote.
func (w *squared) Load(from io.Reader) error {
	var populations, draws int64
	if err := saved.Get(from, &populations, &draws); err != nil {
		return err
	}
	if populations != int64(len(w.populations)) || draws != int64(w.draws) {
		return spec.Errorf(spec.CheckpointError, "expected %d populations of %d draws, the saved state has %d of %d", len(w.populations), w.draws, populations, draws)
	}
	if err := saved.Get(from, w.state()...); err != nil {
		return err
	}
	for _, p := range w.populations {
		for i, a := range p.members {
			a.cloud.key, a.cloud.theta = p.filterKey(i), a.theta
		}
	}
	return nil
}
