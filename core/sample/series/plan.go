package series

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// blockRows is how many particles one call moves: they and what is made of them stay in the nearest cache. It fixes which random numbers a particle gets.
const blockRows = 1024

// kinds of steps.
const (
	opening = iota // t = 0
	openingBlind
	stepping
	steppingBlind
	looking
	opening0 // of the first block of a conditioned cloud: particle 0 stays on a given path
	openingBlind0
	stepping0
	steppingBlind0
	kinds
)

// plan is what clouds of n particles of a model share.
type plan struct {
	model        *StateSpace
	n, d, f      int // particles, numbers in a state, numbers that are averaged
	rows, blocks int
	tail         int // rows of the last block
	whole, last  [kinds]*compiled
	logits       *compiled // of pairs
	pairs        int       // rows of logits and of terms
	terms        *compiled // statistics of pairs
	firstTerms   *compiled
	k            int // numbers of a statistic
	resampling   string
	threshold    float64
	conditioned  bool
}

// newPlan compiles the steps that a filter takes. Conditioned clouds keep particle 0 on a given path.
func newPlan(m *StateSpace, n int, resampling string, threshold float64, conditioned bool) (*plan, error) {
	p := &plan{model: m, n: n, d: m.size(), f: m.size(), resampling: resampling, threshold: threshold, conditioned: conditioned}
	if m.Features.given() {
		p.f = m.Features.out[0].Len()
	}
	if _, err := array.Plan(n, 8*(4*p.d+6), "a cloud of particles"); err != nil {
		return nil, err
	}
	p.rows = min(n, blockRows)
	p.blocks = (n + p.rows - 1) / p.rows
	p.tail = n - (p.blocks-1)*p.rows
	some := map[bool]bool{}
	for t, missing := range m.missing {
		if t > 0 {
			some[missing] = true
		}
	}
	for kind, c := range []struct {
		use bool
		p   *Program
	}{{!m.missing[0], &m.First}, {m.missing[0], &m.FirstBlind}, {some[false], &m.Step}, {some[true], &m.StepBlind}} {
		if !c.use {
			continue
		}
		if err := p.compile(kind, c.p, false); err != nil {
			return nil, err
		}
		if conditioned {
			if err := p.compile(kind+opening0, c.p, true); err != nil {
				return nil, err
			}
		}
	}
	if m.Look.given() && some[false] {
		if err := p.compile(looking, &m.Look, false); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) compile(kind int, of *Program, pinned bool) (err error) {
	if p.whole[kind], err = p.step(kind, of, p.rows, pinned); err != nil {
		return err
	}
	p.last[kind] = p.whole[kind]
	if p.tail != p.rows && !pinned {
		p.last[kind], err = p.step(kind, of, p.tail, pinned)
	}
	return err
}

// step is the program of one block:
//
//	(two keys, x, y, t, theta, log w, shift, [path]) -> x', log w' = log w - shift + log G, w = exp(log w' - m), m = max, sum w, sum w^2, mean, sum w dev^2
//
// without x and t at t = 0. A pinned one sets particle 0 to its place on the path. What looks ahead gives log eta in place of x' and no moments.
func (p *plan) step(kind int, of *Program, rows int, pinned bool) (*compiled, error) {
	m := p.model
	first := kind%opening0 <= openingBlind && kind != looking
	blind := (kind%opening0)%2 == 1
	roles := []role{keyed, row, shared, shared, shared}
	switch {
	case first:
		roles = []role{keyed, shared, shared}
	case kind == looking:
		roles = []role{row, shared, shared, shared}
	}
	batched, err := of.batch(rows, roles...)
	if err != nil {
		return nil, err
	}
	captured := append([]*array.Array{}, of.captured...)
	var features *expr.Program
	if m.Features.given() && kind != looking {
		captured = append(captured, m.Features.captured...)
		if features, err = m.Features.batch(rows, row, shared, shared); err != nil {
			return nil, err
		}
	}
	weigh := &m.Weigh
	if first {
		weigh = &m.FirstWeigh
	}
	if pinned && !blind {
		captured = append(captured, weigh.captured...)
	}
	source, err := built(func(b *expr.Builder) []expr.ID {
		var in []expr.ID
		types := batched.InputTypes()
		own := len(types) - len(of.captured)
		for _, t := range types[:own] {
			in = append(in, b.Input(t))
		}
		vector, number := expr.Type{Dtype: array.Float64, Shape: []int{rows}}, expr.Type{Dtype: array.Float64, Shape: []int{}}
		logw, shift := b.Input(vector), b.Input(number)
		var place expr.ID
		if pinned {
			place = b.Input(expr.Type{Dtype: array.Float64, Shape: []int{p.d}})
		}
		var t expr.ID = -1
		theta := in[own-1]
		y := in[own-2]
		if !first {
			t, y = in[own-2], in[own-3]
		}
		inputs := func(p *Program) (ids []expr.ID) {
			for _, a := range p.captured {
				ids = append(ids, b.Input(expr.Type{Dtype: a.Dtype, Shape: a.Shape}))
			}
			return ids
		}
		in = append(in, inputs(of)...)
		var more, path []expr.ID
		if features != nil {
			more = inputs(&m.Features)
		}
		if pinned && !blind {
			path = inputs(weigh)
		}
		out := call(b, batched, in...)
		x, g := out[0], out[len(out)-1]
		if pinned {
			zero := b.Equal(b.Iota(array.Int64, []int{rows}, 0), b.Fill(expr.Type{Dtype: array.Int64, Shape: []int{rows}}, 0))
			g0 := b.Scalar(array.Float64, 0)
			if !blind {
				args := []expr.ID{place, y, theta}
				if !first {
					parent := b.Reshape(b.SliceAxis(in[2], 0, 0, 1), []int{p.d})
					args = []expr.ID{parent, place, y, t, theta}
				}
				g0 = call(b, weigh.source, append(args, path...)...)[0]
			}
			g = b.Select(zero, b.BroadcastTo(g0, []int{rows}), g)
			x = b.Select(b.Broadcast(zero, []int{rows, p.d}, []int{0}), b.BroadcastTo(place, []int{rows, p.d}), x)
		}
		next := b.Add(b.Sub(logw, b.BroadcastTo(shift, []int{rows})), g)
		most := b.Reduce(expr.OpReduceMax, next, 0)
		least := b.Scalar(array.Float64, complex(math.Inf(-1), 0))
		most = b.Select(b.Equal(most, least), b.Scalar(array.Float64, 0), most)
		w := b.Exp(b.Sub(next, b.BroadcastTo(most, []int{rows})))
		sum := b.Sum(w, 0)
		squares := b.Sum(b.Mul(w, w), 0)
		if kind == looking {
			return []expr.ID{g, next, w, most, sum, squares}
		}
		f := x
		if features != nil {
			if first {
				t = b.Scalar(array.Int64, 0)
			}
			f = call(b, features, append([]expr.ID{x, t, theta}, more...)...)[0]
		}
		wide, one := w, []int{}
		if p.f == 1 {
			f = b.Reshape(f, []int{rows})
		} else {
			wide, one = b.Broadcast(w, []int{rows, p.f}, []int{0}), []int{p.f}
		}
		mean := b.Div(b.Sum(b.Apply(expr.OpMulz, wide, f), 0), b.BroadcastTo(sum, one))
		dev := b.Sub(f, b.BroadcastTo(mean, b.Type(f).Shape))
		spread := b.Sum(b.Apply(expr.OpMulz, wide, b.Square(dev)), 0)
		return []expr.ID{x, next, w, most, sum, squares, b.Reshape(mean, []int{p.f}), b.Reshape(spread, []int{p.f})}
	})
	if err != nil {
		return nil, err
	}
	return compile(source, captured)
}

// backwards compiles log w + log p(x_t | x_{t-1}) of pairs, and the statistic of pairs where there is one.
func (p *plan) backwards() (err error) {
	m := p.model
	p.pairs = blockRows
	if p.n < blockRows {
		p.pairs = min(blockRows/p.n, p.n) * p.n
	}
	vector := expr.Type{Dtype: array.Float64, Shape: []int{p.pairs}}
	batched, err := m.Pair.batch(p.pairs, row, row, shared, shared)
	if err != nil {
		return err
	}
	source, err := built(func(b *expr.Builder) []expr.ID {
		var in []expr.ID
		types := batched.InputTypes()
		for _, t := range types[:4] {
			in = append(in, b.Input(t))
		}
		logw := b.Input(vector)
		for _, t := range types[4:] {
			in = append(in, b.Input(t))
		}
		return []expr.ID{b.Add(logw, call(b, batched, in...)[0])}
	})
	if err != nil {
		return err
	}
	if p.logits, err = compile(source, m.Pair.captured); err != nil || !m.Statistic.given() {
		return err
	}
	p.k = m.Statistic.out[0].Len()
	if m.FirstStatistic.out[0].Len() != p.k {
		return spec.Expected("StateSpace.first_statistic", "as many numbers as of statistic", m.FirstStatistic.out[0].Len())
	}
	if source, err = m.Statistic.batch(p.pairs, row, row, shared, shared); err != nil {
		return err
	}
	if p.terms, err = compile(source, m.Statistic.captured); err != nil {
		return err
	}
	if source, err = m.FirstStatistic.batch(p.pairs, row, shared); err != nil {
		return err
	}
	p.firstTerms, err = compile(source, m.FirstStatistic.captured)
	return err
}
