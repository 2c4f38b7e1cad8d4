package stats

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Sinkhorn is the entropic cost of moving weights a on points x to weights b on points y,
//
//	min over couplings P of sum_ij P_ij |x_i - y_j|^p + epsilon sum_ij P_ij log(P_ij / (a_i b_j)),
//
// by Sinkhorn's iteration on the logarithms of the scalings (M. Cuturi, NIPS 2013; J. Feydy et al., AISTATS 2019), with epsilon coming down from
// the largest cost by halves. Inputs: x (n, d), a (n), y (m, d), b (m), where a and b sum to 1; or x and a alone, for the cost to itself. Costs are
// computed anew in every iteration: memory grows as n + m. Results: value (1,), the dual sum_i a_i f_i + sum_j b_j g_j; f (n,) and g (m,); error (1,), the
// sum of |marginal - a|; iterations (1,).
type Sinkhorn struct {
	// Strength of the entropy, in units of the cost.
	Epsilon float64 `spec:"epsilon" range:"(0,inf)"`
	// Exponent of the distance.
	P int `spec:"p" default:"2" range:"[1,2]"`
	// Error at which the iteration ends.
	Tolerance float64 `spec:"tolerance" default:"1e-06" range:"(0,inf)"`
	// Most iterations.
	Iterations int `spec:"iterations" default:"10000" range:"[1,1e9]"`
}

// side is points with their weights: log holds log a, dual f, next what f becomes.
type side struct {
	points
	weight, log, dual, next []float64
}

func newSide(x, a *array.Array) (*side, error) {
	p, err := newPoints(x)
	if err != nil {
		return nil, err
	}
	s := &side{points: p, log: make([]float64, p.n), dual: make([]float64, p.n), next: make([]float64, p.n)}
	if s.weight, err = numbers(a); err != nil {
		return nil, err
	}
	if len(s.weight) != p.n {
		return nil, spec.Errorf(spec.ShapeError, "%s: expected weights of shape (%d), got %v", label(a), p.n, a.Shape)
	}
	functions.Log(s.log, s.weight)
	return s, nil
}

func (p *Sinkhorn) run(ctx context.Context, in []*array.Array, out Results) error {
	if len(in) != 2 && len(in) != 4 {
		return spec.Errorf(spec.ShapeError, "Sinkhorn: expected points and weights, once or twice, got %d arrays", len(in))
	}
	x, err := newSide(in[0], in[1])
	if err != nil {
		return err
	}
	y := x
	if len(in) == 4 {
		if y, err = newSide(in[2], in[3]); err != nil {
			return err
		}
		if x.d != y.d {
			return spec.Errorf(spec.ShapeError, "Sinkhorn: expected points of one dimension, got %d and %d", x.d, y.d)
		}
	}
	wrong, count, pace := math.Inf(1), 0, pace{omega: 1}
	for epsilon := max(p.largest(x, y), p.Epsilon); count < p.Iterations; count++ {
		if x == y {
			if err := p.update(ctx, x.next, x, x, epsilon); err != nil {
				return err
			}
			wrong = x.off(epsilon)
			x.move(0.5)
		} else {
			if err := p.update(ctx, y.next, y, x, epsilon); err != nil {
				return err
			}
			wrong = y.off(epsilon)
			y.move(pace.omega)
			if err := p.update(ctx, x.next, x, y, epsilon); err != nil {
				return err
			}
			wrong += x.off(epsilon)
			x.move(pace.omega)
		}
		if epsilon == p.Epsilon {
			if wrong < p.Tolerance {
				count++
				break
			}
			pace.learn(wrong)
		}
		epsilon = max(0.5*epsilon, p.Epsilon)
	}
	if x != y { // the marginal of y becomes exact
		if err := p.update(ctx, y.dual, y, x, p.Epsilon); err != nil {
			return err
		}
	}
	value := simd.Dot(x.weight, x.dual) + simd.Dot(y.weight, y.dual)
	err = along(out, "one", 1, column("value", func(int) float64 { return value }), column("error", func(int) float64 { return wrong }),
		counts("iterations", func(int) int64 { return int64(count) }))
	if err != nil {
		return err
	}
	if err := out.Add("f", array.Float64, []int{x.n}, []string{"x"}, x.dual); err != nil {
		return err
	}
	return out.Add("g", array.Float64, []int{y.n}, []string{"y"}, y.dual)
}

// off is the sum of |row of the coupling - a| for the scalings before the update.
func (s *side) off(epsilon float64) float64 {
	sum := 0.0
	for i, w := range s.weight {
		if w > 0 {
			sum += float64(w * math.Abs(functions.Expm11((s.dual[i]-s.next[i])/epsilon)))
		}
	}
	return sum
}

// move goes by omega times the update.
func (s *side) move(omega float64) {
	if omega == 1 {
		copy(s.dual, s.next)
		return
	}
	simd.Sub(s.next, s.next, s.dual)
	simd.MulAdd(s.dual, s.next, []float64{omega}, s.dual)
}

// pace chooses the over-relaxation. Where the plain iteration contracts errors by rate, omega = 2/(1 + sqrt(1 - rate)) is the best near the solution, and
// errors at a smaller omega contract by the mu of Young's (mu + omega - 1)^2 = mu omega^2 rate (T. Lehmann, M.-K. von Renesse, A. Sambale,
// A. Uschmajew, Optim. Lett. 16, 2209 (2022)), which tells rate anew. Where errors do not fall the plain iteration takes over.
type pace struct {
	omega, first, least float64
	count, since        int // iterations in this window of learning, and since the error was least
}

const learning = 20

func (p *pace) learn(wrong float64) {
	p.since++
	if p.least == 0 || wrong < p.least {
		p.least, p.since = wrong, 0
	}
	if p.since > 3*learning || wrong > 1e3*p.least {
		*p = pace{omega: 1, least: wrong}
	}
	if p.count == 0 {
		p.first = wrong
	}
	if p.count++; p.count <= learning {
		return
	}
	mu := functions.Exp1(functions.Log1(wrong/p.first) / learning)
	p.count = 0
	gap, excess := 2-p.omega, mu+p.omega-1
	switch {
	case mu >= 1:
		gap *= 1.5
	case mu-(p.omega-1) > 0.2*gap: // below the best omega
		rate := min(excess*excess/(mu*p.omega*p.omega), 1)
		gap = max(2-2/(1+math.Sqrt(1-rate)), 0.7*gap)
	default:
		gap *= 1.1
	}
	p.omega = 2 - min(gap, 1)
}

// largest bounds the cost: the p-th power of the diagonal of the box around all points.
func (p *Sinkhorn) largest(x, y *side) float64 {
	sum := 0.0
	for k := range x.d {
		low, high := math.Inf(1), math.Inf(-1)
		for _, s := range []*side{x, y} {
			for i := range s.n {
				low, high = min(low, s.rows[i*s.d+k]), max(high, s.rows[i*s.d+k])
			}
		}
		sum += float64((high - low) * (high - low))
	}
	if p.P == 1 {
		return math.Sqrt(sum)
	}
	return sum
}

const passing = 16 // rows that share a pass over the tiles

// update sets dst[i] = -epsilon log sum_j b_j exp((g_j - C_ij)/epsilon) for the points i of x, j of y.
func (p *Sinkhorn) update(ctx context.Context, dst []float64, x, y *side, epsilon float64) error {
	inverse := 1 / epsilon
	g := make([]float64, y.n)
	simd.MulAdd(g, y.dual, []float64{inverse}, y.log)
	return par.Do(ctx, 0, (x.n+passing-1)/passing, func(part int) error {
		first := part * passing
		rows := min(passing, x.n-first)
		v := make([]float64, rows*y.n)
		for t := range y.count() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at, n := t*tileWidth, y.width(t)
			for r := range rows {
				c := v[r*y.n+at : r*y.n+at+n]
				simd.SquaredDistances(c, x.row(first+r), y.tile(t), tileWidth)
				if p.P == 1 {
					simd.Sqrt(c, c)
				}
				simd.MulAdd(c, c, []float64{-inverse}, g[at:at+n])
			}
		}
		for r := range rows {
			dst[first+r] = -epsilon * logSumExp(v[r*y.n:(r+1)*y.n])
		}
		return nil
	})
}

// logSumExp is log sum exp(x_i); x is overwritten.
func logSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	if math.IsInf(top, 0) {
		return top
	}
	simd.Sub(x, x, []float64{top})
	functions.Exp(x, x)
	return top + functions.Log1(simd.Sum(x))
}
