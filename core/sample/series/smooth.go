package series

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// FFBSi draws paths from the smoothing distribution: forward filtering, then backward simulation, in which x_t of a path is a particle drawn with
// probability proportional to w_t p(x_{t+1} | x_t) (S. J. Godsill, A. Doucet, M. West, JASA 99, 156 (2004)).
//
// The work is particles times paths a time. The model needs log_transition.
type FFBSi struct {
	// Number N of the filter.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// Paths that are drawn.
	Paths int `spec:"paths" default:"100" range:"[1,1e9]"`
	// How parents are drawn by their weights in the filter.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// PaRIS carries smoothed expectations of sums over the path along with the filter: every particle averages the sums of a few parents, drawn anew with
// probability proportional to w_{t-1} p(x_t | x_{t-1}) (J. Olsson, J. Westerborn, Bernoulli 23, 1951 (2017)).
//
// Nothing is stored of the past. The work is particles^2 a time. The bias is O(1/N). The model needs log_transition.
type PaRIS struct {
	// Number N.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// Parents drawn for each particle; with one the variance grows with the square of T.
	Parents int `spec:"parents" default:"2" range:"[1,1000]"`
	// How parents are drawn by their weights in the filter.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// PPG is PaRIS particle Gibbs (G. Cardoso, S. El Idrissi, S. Le Corff, E. Moulines, J. Olsson, ICML (2023)): PaRIS again and again, from the second time on
// with one particle held on a path that was drawn backwards from the generations before. The bias decays geometrically in the iterations, which are
// averaged from number discard on.
//
// Resampling is multinomial, at every time. The model needs log_transition.
type PPG struct {
	// Number N.
	Particles int `spec:"particles" default:"100" range:"[2,1e9]"`
	// Parents drawn for each particle.
	Parents int `spec:"parents" default:"2" range:"[1,1000]"`
	// Passes over the series; the first holds no path.
	Iterations int `spec:"iterations" default:"10" range:"[1,1e9]"`
	// Passes that are left out of the average.
	Discard int `spec:"discard" default:"1" range:"[0,1e9]"`
}

// Check refuses to average nothing.
func (p *PPG) Check() error {
	if p.Discard >= p.Iterations {
		return spec.Expected("PPG.discard", "fewer than iterations", p.Discard).With("argument", "discard")
	}
	return nil
}

// backward simulates paths after a filter.
type backward struct {
	plan  *plan
	paths int
}

func newBackward(m *StateSpace, f *FFBSi, order contract.Order) (contract.Staged, error) {
	p, err := smoothingPlan(m, "FFBSi", f.Particles, f.Resampling, f.Threshold, false)
	if err != nil {
		return nil, err
	}
	return newWork(&backward{p, f.Paths}, order)
}

func smoothingPlan(m *StateSpace, method string, n int, resampling string, threshold float64, conditioned bool) (*plan, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := need(method, "log_transition", &m.Pair); err != nil {
		return nil, err
	}
	p, err := newPlan(m, n, resampling, threshold, conditioned)
	if err != nil {
		return nil, err
	}
	return p, p.backwards()
}

func (s *backward) columns() []column {
	T, p := s.plan.model.times(), s.plan
	all := []column{{"paths", []int{s.paths, T, p.d}, []string{"path", "time", "state"}}}
	if p.k > 0 {
		all = append(all, column{"statistic", []int{p.k}, []string{"term"}})
	}
	return all
}

func (s *backward) units() (int, string) { return 2 * s.plan.model.times(), "times" }

func (s *backward) open(l *lane, workers int) (err error) {
	if l.cloud, err = newCloud(s.plan, workers, true); err != nil {
		return err
	}
	l.cloud.begin(l.key, s.plan.model.theta())
	l.cloud.backDraws = 1
	if s.plan.k > 0 && l.done == 0 {
		clear(l.out[1])
	}
	return nil
}

func (s *backward) unit(ctx context.Context, l *lane, team *par.Team) error {
	c, T := l.cloud, s.plan.model.times()
	if int(l.done) < T {
		return c.advance(ctx, team)
	}
	t, paths, key := 2*T-1-int(l.done), l.out[0], l.key.Fold(1<<63)
	if t == T-1 {
		c.lastOf(paths, key)
	} else if err := c.backwardStep(ctx, team, paths, t, key.Fold(uint64(t))); err != nil {
		return err
	}
	if c.k == 0 {
		return nil
	}
	return c.addTerms(ctx, l.out[1], paths, t)
}

func (s *backward) info(l *lane) map[string]float64 {
	return map[string]float64{"log_evidence": l.cloud.logZ}
}

func (s *backward) state(*lane) []any { return nil }

// forward carries statistics along with filters.
type forward struct {
	plan                *plan
	parents             int
	iterations, discard int
}

func newForward(m *StateSpace, f *PaRIS, order contract.Order) (contract.Staged, error) {
	p, err := smoothingPlan(m, "PaRIS", f.Particles, f.Resampling, f.Threshold, false)
	if err != nil {
		return nil, err
	}
	return startForward(&forward{p, f.Parents, 1, 0}, order)
}

func newPPG(m *StateSpace, f *PPG, order contract.Order) (contract.Staged, error) {
	p, err := smoothingPlan(m, "PPG", f.Particles, multinomial, 1, true)
	if err != nil {
		return nil, err
	}
	return startForward(&forward{p, f.Parents, f.Iterations, f.Discard}, order)
}

func startForward(f *forward, order contract.Order) (contract.Staged, error) {
	if f.plan.k == 0 {
		return nil, spec.Errorf(spec.SpecError, "expected a statistic to smooth").With("argument", "statistic").Try("statistic=lambda x, previous: x * previous")
	}
	return newWork(f, order)
}

func (f *forward) columns() []column {
	return []column{{"statistic", []int{f.plan.k}, []string{"term"}}, {"statistics", []int{f.iterations, f.plan.k}, []string{"iteration", "term"}}}
}

func (f *forward) units() (int, string) {
	return f.iterations * (f.plan.model.times() + 1), "times"
}

func (f *forward) open(l *lane, workers int) (err error) {
	c, err := newCloud(f.plan, workers, f.iterations > 1)
	if err != nil {
		return err
	}
	l.cloud = c
	c.begin(f.key(l), f.plan.model.theta())
	c.backDraws = f.parents
	c.tau, c.tauNext = make([]float64, c.n*c.k), make([]float64, c.n*c.k)
	if f.iterations > 1 {
		c.held = make([]float64, f.plan.model.times()*c.d)
		if int(l.done) >= f.plan.model.times()+1 {
			c.path = c.held
		}
	}
	return nil
}

// key is that of the iteration.
func (f *forward) key(l *lane) rng.Key {
	if iteration := l.done / int64(f.plan.model.times()+1); iteration > 0 {
		return l.key.Fold(uint64(iteration)).Fold(1 << 61)
	}
	return l.key
}

func (f *forward) unit(ctx context.Context, l *lane, team *par.Team) error {
	c, T := l.cloud, f.plan.model.times()
	iteration, t := int(l.done)/(T+1), int(l.done)%(T+1)
	if t < T {
		if c.carried == c.time {
			if err := c.advance(ctx, team); err != nil {
				return err
			}
		}
		return c.paris(ctx, team) // where it stopped, the cloud has advanced and the sums have not
	}
	if iteration+1 < f.iterations {
		if err := c.backwardPaths(ctx, team, c.held, c.key.Fold(1<<63)); err != nil {
			return err
		}
		c.path = c.held
	}
	c.expected(l.out[1][iteration*c.k : (iteration+1)*c.k])
	if iteration == 0 {
		c.firstZ = c.logZ
	}
	c.begin(l.key.Fold(uint64(iteration+1)).Fold(1<<61), c.theta)
	c.carried = 0
	if iteration+1 == f.iterations {
		clear(l.out[0])
		for i := f.discard; i < f.iterations; i++ {
			for j := range c.k {
				l.out[0][j] += l.out[1][i*c.k+j] / float64(f.iterations-f.discard)
			}
		}
	}
	return nil
}

func (f *forward) info(l *lane) map[string]float64 {
	return map[string]float64{"log_evidence": l.cloud.firstZ}
}

func (f *forward) state(l *lane) []any {
	c := l.cloud
	return []any{&c.carried, &c.firstZ, c.next.x, c.next.logw, c.held}
}
