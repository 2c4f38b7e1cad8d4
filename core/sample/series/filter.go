package series

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
)

// BootstrapFilter moves particles by the transition and weighs them by the observation (N. J. Gordon, D. J. Salmond, A. F. M. Smith, IEE Proc. F 140,
// 107 (1993)).
//
// The evidence that it estimates, p(y_0, ..., y_{T-1}), is unbiased (its logarithm is not: it lies below by about half its variance); means are biased
// by O(1/N). Particles are resampled before a step where the effective number 1 / sum of w^2 has fallen below threshold N.
type BootstrapFilter struct {
	// Number N.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// How parents are drawn by their weights: all but "multinomial" have a smaller variance.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// GuidedFilter moves particles by the model's proposal, which knows the observation, and weighs them by
// p(y_t | x_t) p(x_t | x_{t-1}) / q(x_t | x_{t-1}, y_t) (A. Doucet, S. Godsill, C. Andrieu, Stat. Comput. 10, 197 (2000)).
//
// The model needs a proposal with its density, and the densities of transition and initial state.
type GuidedFilter struct {
	// Number N.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// How parents are drawn by their weights: all but "multinomial" have a smaller variance.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// AuxiliaryFilter draws parents by their weights times eta_t(x_{t-1}), how well they foresee y_t (M. K. Pitt, N. Shephard, JASA 94, 590 (1999)), and
// divides their children's weights by it. The proposal is the model's where it has one, else the transition.
//
// The model needs log_lookahead, log eta_t. With eta_t = p(y_t | x_{t-1}) and the best proposal no child differs in weight.
type AuxiliaryFilter struct {
	// Number N.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// How parents are drawn by their weights: all but "multinomial" have a smaller variance.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number, by weights that look ahead, leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"1.0" range:"[0,1]"`
}

// HamiltonianFilter moves particles by the transition and then, in levels, towards the observation: with b_k = (k/K)^2 a particle's weight is
// multiplied by p(y_t | x)^(b_k - b_{k-1}), after which one step of Hamiltonian Monte Carlo (leapfrog, accepted or not) leaves
// p(x | x_{t-1}) p(y_t | x)^b_k invariant, its parent held fixed (annealed importance sampling within a time: R. M. Neal, Stat. Comput. 11, 125 (2001)).
//
// The evidence stays unbiased, no proposal is needed, and weights vary less than those of the bootstrap filter. The model needs the densities of
// transition and initial state; its scale(y, t, b, theta), where it has one, multiplies the step size at each level.
type HamiltonianFilter struct {
	// Number N.
	Particles int `spec:"particles" default:"1000" range:"[1,1e9]"`
	// Levels K.
	Levels int `spec:"levels" default:"10" range:"[1,1000]"`
	// Leapfrog steps of a move.
	Steps int `spec:"steps" default:"5" range:"[1,1000]"`
	// Size of a leapfrog step, in units of x, for unit masses.
	StepSize float64 `spec:"step_size" default:"0.5" range:"(0,inf)"`
	// How parents are drawn by their weights: all but "multinomial" have a smaller variance.
	Resampling string `spec:"resampling" default:"\"systematic\"" oneof:"systematic,stratified,residual,multinomial"`
	// Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
	Threshold float64 `spec:"threshold" default:"0.5" range:"[0,1]"`
}

// filtering records a cloud at each time.
type filtering struct{ plan *plan }

func newFiltering(m *StateSpace, n int, resampling string, threshold float64, order contract.Order) (contract.Staged, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	p, err := newPlan(m, n, resampling, threshold, false)
	if err != nil {
		return nil, err
	}
	return newWork(&filtering{p}, order)
}

func (f *filtering) columns() []column {
	T, p := f.plan.model.times(), f.plan
	time := []string{"time"}
	return []column{
		{"mean", []int{T, p.f}, []string{"time", "feature"}}, {"variance", []int{T, p.f}, []string{"time", "feature"}},
		{"ess", []int{T}, time}, {"log_likelihood", []int{T}, time},
		{"particles", []int{p.n, p.d}, []string{"particle", "state"}}, {"log_weights", []int{p.n}, []string{"particle"}},
	}
}

func (f *filtering) units() (int, string) { return f.plan.model.times(), "times" }

func (f *filtering) open(l *lane, workers int) (err error) {
	if l.cloud, err = newCloud(f.plan, workers, false); err == nil {
		l.cloud.begin(l.key, f.plan.model.theta())
	}
	return err
}

func (f *filtering) unit(ctx context.Context, l *lane, team *par.Team) error {
	c := l.cloud
	if err := c.advance(ctx, team); err != nil {
		return err
	}
	t := c.t() - 1
	copy(l.out[0][t*c.f:], c.mean)
	copy(l.out[1][t*c.f:], c.spread)
	l.out[2][t], l.out[3][t] = c.now.ess, c.logZ
	if c.t() == c.model.times() {
		copy(l.out[4], c.now.x)
		for i, v := range c.now.logw {
			l.out[5][i] = v - c.now.shift
		}
	}
	return nil
}

func (f *filtering) info(l *lane) map[string]float64 {
	return map[string]float64{"log_evidence": l.cloud.logZ, "resampled": float64(l.cloud.resampled)}
}

func (f *filtering) state(*lane) []any { return nil }
