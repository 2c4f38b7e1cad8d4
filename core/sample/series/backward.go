package series

import (
	"context"
	"github.com/ergodica/ergodica/core/array"
	"math"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// pairing is a worker's room for pairs (x_{t-1}, x_t).
type pairing struct {
	logits, terms, first *headers
	before, after, logw  []float64 // rows of pairs
	out                  []float64
	h                    []float64 // terms, (pairs, k)
	all                  []float64 // logits of the targets of a group, (group, n)
	at                   []int     // chosen parents, (group, draws)
	u                    []float64
	goals                []float64 // targets of a group
	time                 [1]int64
}

func newPairing(p *plan, draws int) *pairing {
	rows := p.pairs
	q := &pairing{logits: p.logits.headers(), before: make([]float64, rows*p.d), after: make([]float64, rows*p.d), logw: make([]float64, rows),
		out: make([]float64, rows), all: make([]float64, p.group()*p.n), at: make([]int, p.group()*draws), u: make([]float64, p.group()*draws),
		goals: make([]float64, p.group()*p.d)}
	if p.terms != nil {
		q.terms, q.first, q.h = p.terms.headers(), p.firstTerms.headers(), make([]float64, rows*p.k)
	}
	return q
}

// group is how many targets one call treats.
func (p *plan) group() int { return max(p.pairs/p.n, 1) }

// parents draws for each of the targets x_t, (m, d), a number of parents at t-1 each with probability proportional to w p(x_t | x_{t-1}), into q.at. The
// uniform numbers are those of key from position first on.
func (c *cloud) parentsOf(ctx context.Context, q *pairing, x, logw, targets []float64, t, draws int, key rng.Key, first int) error {
	n, d, rows := c.n, c.d, c.pairs
	m := len(targets) / d
	q.time[0] = int64(t)
	for i, data := range [][]float64{q.before, q.after, nil, c.theta, q.logw} {
		if i != 2 {
			q.logits.in[i].Data = array.Bytes(data)
		}
	}
	q.logits.in[2].Data, q.logits.out[0].Data = array.Bytes(q.time[:]), array.Bytes(q.out)
	for base := 0; base < m*n; base += rows {
		for r := 0; r < rows; {
			target, i := (base+r)/n, (base+r)%n
			if target >= m {
				target, i = 0, 0 // what is left of the last call
			}
			run := min(rows-r, n-i)
			copy(q.before[r*d:(r+run)*d], x[i*d:(i+run)*d])
			copy(q.logw[r:r+run], logw[i:i+run])
			goal := targets[target*d : (target+1)*d]
			for k := range run {
				if d == 1 {
					q.after[r+k] = goal[0]
				} else {
					copy(q.after[(r+k)*d:(r+k+1)*d], goal)
				}
			}
			r += run
		}
		if err := q.logits.code.Run(ctx, nil, q.logits.in, q.logits.out); err != nil {
			return err
		}
		copy(q.all[base:m*n], q.out)
	}
	u := q.u[:m*draws]
	key.Uniforms(u, 0, uint64(first*draws))
	for target := range m {
		l := q.all[target*n : (target+1)*n]
		most := math.Inf(-1)
		for _, v := range l {
			if v > most || v != v {
				most = v
			}
		}
		if most-most != 0 {
			return spec.Errorf(spec.NonFiniteError, "time %d: expected finite log transition densities, got %v as the largest of log w + log p(x_t | x_{t-1}) at x_t = %v", t, most,
				targets[target*d:target*d+min(d, 8)]).With("time", t).Try("a log_transition that is the density of what transition draws")
		}
		for i := range l {
			l[i] -= most
		}
		functions.Exp(l, l)
		total := 0.0
		for _, v := range l {
			total += v
		}
		for j := range draws {
			q.at[target*draws+j] = pick(l, u[target*draws+j]*total)
		}
	}
	return nil
}

// groups lets the team's members take groups of m targets.
func (c *cloud) groups(team *par.Team, m int, do func(q *pairing, from, to int) error) error {
	size := c.group()
	for len(c.pair) < team.Size() {
		c.pair = append(c.pair, newPairing(c.plan, c.backDraws))
	}
	return share(team, (m+size-1)/size, func(w, i int) error { return do(c.pair[w], i*size, min((i+1)*size, m)) })
}

// paris carries the statistic from the generation before to the cloud now (J. Olsson, J. Westerborn, Bernoulli 23, 1951 (2017)):
//
//	tau_t^i = 1/M sum over j = 1..M of tau_{t-1}^J + h(x_{t-1}^J, x_t^i), J with probability proportional to w_{t-1}^J p(x_t^i | x_{t-1}^J).
func (c *cloud) paris(ctx context.Context, team *par.Team) (err error) {
	t, k, d, draws := c.t()-1, c.k, c.d, c.backDraws
	defer func() {
		if err == nil {
			c.carried = c.time
		}
	}()
	if t == 0 {
		return c.groups(team, c.n, func(q *pairing, from, to int) error {
			copy(q.after, c.now.x[from*d:to*d])
			if err := c.firstTermsOf(ctx, q, q.after); err != nil {
				return err
			}
			copy(c.tau[from*k:to*k], q.h)
			return nil
		})
	}
	before := &c.next
	key := c.key.Fold(uint64(t)).Fold(1 << 62)
	err = c.groups(team, c.n, func(q *pairing, from, to int) error {
		if err := c.parentsOf(ctx, q, before.x, before.logw, c.now.x[from*d:to*d], t, draws, key, from); err != nil {
			return err
		}
		next := c.tauNext[from*k : to*k]
		clear(next)
		all := (to - from) * draws
		for base := 0; base < all; base += c.pairs {
			rows := min(c.pairs, all-base)
			for r := range rows {
				parent, i := q.at[base+r], from+(base+r)/draws
				copy(q.before[r*d:(r+1)*d], before.x[parent*d:(parent+1)*d])
				copy(q.after[r*d:(r+1)*d], c.now.x[i*d:(i+1)*d])
			}
			if err := c.termsOf(ctx, q, t); err != nil {
				return err
			}
			for r := range rows {
				parent, i := q.at[base+r], (base+r)/draws
				for j := range k {
					next[i*k+j] += (c.tau[parent*k+j] + q.h[r*k+j]) / float64(draws)
				}
			}
		}
		return nil
	})
	if err == nil {
		c.tau, c.tauNext = c.tauNext, c.tau
	}
	return err
}

// expected is the weighted mean of tau.
func (c *cloud) expected(dst []float64) {
	clear(dst)
	g := &c.now
	for b := range g.parts {
		if !(g.parts[b].S[0] > 0) {
			continue
		}
		f := functions.Exp1(g.parts[b].M[0]-g.most) / g.total
		from, to := c.span(b)
		for i := from; i < to; i++ {
			if g.w[i] > 0 {
				for j := range dst {
					dst[j] += float64(float64(g.w[i]*f) * c.tau[i*c.k+j])
				}
			}
		}
	}
}

// lastOf draws where paths, (m, T, d), end.
func (c *cloud) lastOf(paths []float64, key rng.Key) {
	T, d := c.model.times(), c.d
	s := key.Stream(uint64(T - 1))
	for p := range len(paths) / (T * d) {
		i := c.draw(&c.now, s.Float64())
		copy(paths[(p*T+T-1)*d:(p*T+T)*d], c.now.x[i*d:(i+1)*d])
	}
}

// backwardPaths draws paths, (m, T, d), from the smoothing distribution of the generations that were kept (S. J. Godsill, A. Doucet, M. West,
// JASA 99, 156 (2004)).
func (c *cloud) backwardPaths(ctx context.Context, team *par.Team, paths []float64, key rng.Key) error {
	c.lastOf(paths, key)
	for t := c.model.times() - 2; t >= 0; t-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.backwardStep(ctx, team, paths, t, key.Fold(uint64(t))); err != nil {
			return err
		}
	}
	return nil
}

// addTerms adds to dst the means over paths of the statistic's term that has x_t as the earlier state, and of the first term at t = 0.
func (c *cloud) addTerms(ctx context.Context, dst, paths []float64, t int) error {
	T, d, k := c.model.times(), c.d, c.k
	m := len(paths) / (T * d)
	sum := make([]float64, k)
	add := func(rows int, q *pairing) {
		for r := range rows {
			for j := range k {
				sum[j] += q.h[r*k+j] / float64(m)
			}
		}
	}
	err := c.groups(nil, 1, func(q *pairing, _, _ int) error {
		for base := 0; base < m; base += c.pairs {
			rows := min(c.pairs, m-base)
			for r := range rows {
				at := (base+r)*T + t
				copy(q.before[r*d:(r+1)*d], paths[at*d:(at+1)*d])
				if t+1 < T {
					copy(q.after[r*d:(r+1)*d], paths[(at+1)*d:(at+2)*d])
				}
			}
			if t+1 < T {
				if err := c.termsOf(ctx, q, t+1); err != nil {
					return err
				}
				add(rows, q)
			}
			if t == 0 {
				if err := c.firstTermsOf(ctx, q, q.before); err != nil {
					return err
				}
				add(rows, q)
			}
		}
		return nil
	})
	if err == nil {
		for j := range dst {
			dst[j] += sum[j]
		}
	}
	return err
}

// termsOf fills q.h with the statistic of the pairs before, after, the later at t.
func (c *cloud) termsOf(ctx context.Context, q *pairing, t int) error {
	q.time[0] = int64(t)
	set(q.terms.in, array.Bytes(q.before), array.Bytes(q.after), array.Bytes(q.time[:]), array.Bytes(c.theta))
	set(q.terms.out, array.Bytes(q.h))
	return q.terms.code.Run(ctx, nil, q.terms.in, q.terms.out)
}

// firstTermsOf fills q.h with the first term of x_0.
func (c *cloud) firstTermsOf(ctx context.Context, q *pairing, x []float64) error {
	set(q.first.in, array.Bytes(x), array.Bytes(c.theta))
	set(q.first.out, array.Bytes(q.h))
	return q.first.code.Run(ctx, nil, q.first.in, q.first.out)
}

// backwardStep sets the paths at t, given those at t+1.
func (c *cloud) backwardStep(ctx context.Context, team *par.Team, paths []float64, t int, key rng.Key) error {
	T, d := c.model.times(), c.d
	return c.groups(team, len(paths)/(T*d), func(q *pairing, from, to int) error {
		for p := from; p < to; p++ {
			copy(q.goals[(p-from)*d:(p-from+1)*d], paths[(p*T+t+1)*d:(p*T+t+2)*d])
		}
		if err := c.parentsOf(ctx, q, c.past.x[t], c.past.logw[t], q.goals[:(to-from)*d], t+1, 1, key, from); err != nil {
			return err
		}
		for p := from; p < to; p++ {
			i := q.at[p-from]
			copy(paths[(p*T+t)*d:(p*T+t+1)*d], c.past.x[t][i*d:(i+1)*d])
		}
		return nil
	})
}

// tracedPath follows the ancestors of particle i at T-1.
func (c *cloud) tracedPath(path []float64, i int) {
	for t := c.model.times() - 1; t >= 0; t-- {
		copy(path[t*c.d:(t+1)*c.d], c.past.x[t][i*c.d:(i+1)*c.d])
		i = int(c.past.ancestors[t][i])
	}
}
