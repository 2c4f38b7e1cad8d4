package series

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// GridFilter filters and smooths states of one number by sums over equally spaced points (G. Kitagawa, JASA 82, 1032 (1987)): the referee of particle
// filters. Densities are those of the model; what lies outside of [low, high] is lost, and what varies within a step of the grid is not seen.
//
// The work is points^2 a time. It needs the densities of initial state and transition.
type GridFilter struct {
	// First point.
	Low float64 `spec:"low"`
	// Last point.
	High float64 `spec:"high"`
	// How many points.
	Points int `spec:"points" default:"1001" range:"[2,100000]"`
}

// Check refuses an empty interval.
func (g *GridFilter) Check() error {
	if !(g.Low < g.High) {
		return spec.Expected("GridFilter.high", fmt.Sprintf("a number above low = %v", g.Low), g.High).With("argument", "high")
	}
	return nil
}

// solveGrid needs of the model pair; first_weigh as (x, y_0, theta) -> log p(x_0) + log p(y_0 | x_0), and weigh as log p(y_t | x_t).
func solveGrid(ctx context.Context, system, method any, _ []contract.Params, observe []string, out contract.Results) error {
	m, g := system.(*StateSpace), method.(*GridFilter)
	if err := m.check(); err != nil {
		return err
	}
	if m.size() != 1 {
		return spec.Errorf(spec.ShapeError, "GridFilter: expected states of one number, got %d", m.size()).Try("erg.BootstrapFilter()")
	}
	for _, p := range []*Program{&m.Pair, &m.FirstWeigh, &m.Weigh} {
		if err := need("GridFilter", "log_initial and log_transition", p); err != nil {
			return err
		}
	}
	n, T := g.Points, m.times()
	h := (g.High - g.Low) / float64(n-1)
	x := make([]float64, n)
	for i := range x {
		x[i] = g.Low + float64(h*float64(i))
	}
	if _, err := array.Plan(n, 8*(2*T+n), "a transition matrix between the points of a grid"); err != nil {
		return err
	}
	each := func(p *Program, roles ...role) (*compiled, error) {
		source, err := p.batch(n, roles...)
		if err != nil {
			return nil, err
		}
		return compile(source, p.captured)
	}
	first, err := each(&m.FirstWeigh, row, shared, shared)
	if err != nil {
		return err
	}
	weigh, err := each(&m.Weigh, row, row, shared, shared, shared)
	if err != nil {
		return err
	}
	pair, err := each(&m.Pair, shared, row, shared, shared) // from one point to all
	if err != nil {
		return err
	}
	s := &gridding{m: m, x: x, h: h, n: n, pair: pair, matrix: make([]float64, n*n)}
	logw, p := make([]float64, n), make([]float64, n)
	filtered, predicted := make([][]float64, T), make([][]float64, T)
	likelihood, total := make([]float64, T), 0.0
	for t := range T {
		if t == 0 {
			q := first.headers()
			set(q.in, array.Bytes(x), m.observation(0), array.Bytes(m.theta()))
			set(q.out, array.Bytes(logw))
			if err := q.code.Run(ctx, nil, q.in, q.out); err != nil {
				return err
			}
			for i := range p {
				p[i] = 1
			}
		} else {
			if err := s.transitions(ctx, t); err != nil {
				return err
			}
			s.predict(p, filtered[t-1])
			clear(logw)
			if !m.missing[t] {
				q := weigh.headers()
				set(q.in, array.Bytes(x), array.Bytes(x), m.observation(t), array.Bytes([]int64{int64(t)}), array.Bytes(m.theta()))
				set(q.out, array.Bytes(logw))
				if err := q.code.Run(ctx, nil, q.in, q.out); err != nil {
					return err
				}
			}
		}
		predicted[t] = slices.Clone(p)
		most := slices.Max(logw)
		if most-most != 0 {
			return spec.Errorf(spec.NonFiniteError, "time %d: expected finite log densities on the grid, the largest is %v", t, most).With("time", t)
		}
		sum := 0.0
		for i := range p {
			p[i] = float64(p[i] * functions.Exp1(logw[i]-most))
			sum += p[i]
		}
		if !(sum > 0) || math.IsInf(sum, 1) {
			return spec.Errorf(spec.NonFiniteError, "time %d: the density on the grid sums to %v", t, sum).With("time", t).Try("other low and high")
		}
		for i := range p {
			p[i] /= sum
		}
		total += most + functions.Log1(sum)
		if t == 0 {
			total += functions.Log1(h) // p was 1 there, not a probability
		}
		likelihood[t] = total
		filtered[t] = slices.Clone(p)
		out.Progress(float64(t+1), float64(T), "times")
	}
	mean, variance := s.moments(filtered)
	smoothed, err := s.smooth(ctx, filtered, predicted)
	if err != nil {
		return err
	}
	smoothMean, smoothVariance := s.moments(smoothed)
	time := []string{"time"}
	return addColumns(out, observe, []column{{"mean", []int{T, 1}, []string{"time", "state"}}, {"variance", []int{T, 1}, []string{"time", "state"}}, {"log_likelihood", []int{T}, time},
		{"smoothed_mean", []int{T, 1}, []string{"time", "state"}}, {"smoothed_variance", []int{T, 1}, []string{"time", "state"}},
		{"density", []int{T, n}, []string{"time", "point"}}, {"points", []int{n}, []string{"point"}}},
		[][]float64{mean, variance, likelihood, smoothMean, smoothVariance, s.densities(filtered), x})
}

// gridding is a grid with the transition matrix of one time: matrix[i*n+j] = p(x_j | x_i) h.
type gridding struct {
	m      *StateSpace
	x      []float64
	h      float64
	n      int
	pair   *compiled
	matrix []float64
}

func set(to []*array.Array, data ...[]byte) {
	for i, d := range data {
		to[i].Data = d
	}
}

func (s *gridding) transitions(ctx context.Context, t int) error {
	return par.Do(ctx, 0, s.n, func(i int) error {
		q := s.pair.headers()
		row := s.matrix[i*s.n : (i+1)*s.n]
		set(q.in, array.Bytes(s.x[i:i+1]), array.Bytes(s.x), array.Bytes([]int64{int64(t)}), array.Bytes(s.m.theta()))
		set(q.out, array.Bytes(row))
		if err := q.code.Run(ctx, nil, q.in, q.out); err != nil {
			return err
		}
		functions.Exp(row, row)
		for j := range row {
			row[j] *= s.h
		}
		return nil
	})
}

// predict is the density before an observation, times h.
func (s *gridding) predict(p, before []float64) {
	clear(p)
	for i, w := range before {
		if w > 0 {
			for j, q := range s.matrix[i*s.n : (i+1)*s.n] {
				p[j] += float64(w * q)
			}
		}
	}
}

// smooth multiplies filtered densities by what later observations say.
func (s *gridding) smooth(ctx context.Context, filtered, predicted [][]float64) ([][]float64, error) {
	T := len(filtered)
	all := make([][]float64, T)
	all[T-1] = filtered[T-1]
	ratio := make([]float64, s.n)
	for t := T - 2; t >= 0; t-- {
		if err := s.transitions(ctx, t+1); err != nil {
			return nil, err
		}
		for j := range ratio {
			ratio[j] = 0
			if predicted[t+1][j] > 0 {
				ratio[j] = all[t+1][j] / predicted[t+1][j]
			}
		}
		all[t] = make([]float64, s.n)
		for i := range all[t] {
			all[t][i] = filtered[t][i] * simd.Dot(s.matrix[i*s.n:(i+1)*s.n], ratio)
		}
	}
	return all, nil
}

func (s *gridding) moments(p [][]float64) (mean, variance []float64) {
	for _, w := range p {
		total := simd.Sum(w)
		m := simd.Dot(w, s.x) / total
		v := 0.0
		for i, x := range s.x {
			v += float64(w[i] * float64((x-m)*(x-m)))
		}
		mean, variance = append(mean, m), append(variance, v/total)
	}
	return mean, variance
}

func (s *gridding) densities(p [][]float64) []float64 {
	all := flat(p)
	for i := range all {
		all[i] /= s.h
	}
	return all
}

// addColumns gives what was asked for; all where nothing was.
func addColumns(out contract.Results, observe []string, columns []column, data [][]float64) error {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	for _, o := range observe {
		if !slices.Contains(names, o) {
			return spec.Expected("observe", "one of "+strings.Join(names, ", "), fmt.Sprintf("%q", o)).With("argument", "observe")
		}
	}
	for i, c := range columns {
		if len(observe) == 0 || slices.Contains(observe, c.name) {
			if err := out.Add(c.name, array.Float64, c.shape, c.dims, data[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
