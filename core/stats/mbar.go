package stats

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// MBAR finds the free energies of states from draws of several of them, by multistate reweighting (M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129,
// 124105 (2008)): with reduced energies u_k(x_n) of all N draws in all K states and N_k draws of state k,
//
//	exp(-f_k) = sum_n exp(-u_k(x_n)) / D_n,   D_n = sum_l N_l exp(f_l - u_l(x_n)),   f_0 = 0.
//
// Newton's steps on the convex objective are taken where they lower the residual, else the equations are iterated. Inputs: u (K, N), counts (K).
// Results: f (K,); log_denominator (N,), log D_n; gram (K, K), sum_n W_nk W_nl of the weights W_nk = exp(f_k - u_k(x_n)) / D_n; residual (1,), the
// largest |log sum_n W_nk|; iterations (1,).
type MBAR struct {
	// Residual at which the iteration ends.
	Tolerance float64 `spec:"tolerance" default:"1e-12" range:"(0,inf)"`
	// Most iterations.
	Iterations int `spec:"iterations" default:"10000" range:"[1,1e9]"`
}

// MBARProducts are sums of columns c over the weights of [MBAR]: inputs u (K, N), log_denominator (N), f (K), c (M, N); result products (M, K),
// sum_n c_mn W_nk.
type MBARProducts struct{}

// MBARCombinations are sums of the weights of [MBAR] over states: inputs u (K, N), log_denominator (N), f (K), a (M, K); result combinations (M, N),
// sum_k a_mk W_nk.
type MBARCombinations struct{}

const (
	draws    = 512 // whose weights are made together
	segments = 64  // of the draws, whose sums are added in order
)

// states are reduced energies with the present free energies.
type states struct {
	k, n           int
	u              []float64
	f, denominator []float64
	logs           []float64 // log N_k
}

func newStates(u *array.Array) (*states, error) {
	if len(u.Shape) != 2 || u.Shape[0] == 0 || u.Shape[1] == 0 {
		return nil, spec.Errorf(spec.ShapeError, "%s: expected reduced energies of shape (states, draws), got %v", label(u), u.Shape)
	}
	s := &states{k: u.Shape[0], n: u.Shape[1]}
	var err error
	s.u, err = numbers(u)
	return s, err
}

// weighed is the states with what is known of them.
func weighed(in []*array.Array, wants string) (*states, []float64, error) {
	if len(in) != 4 {
		return nil, nil, spec.Errorf(spec.ShapeError, "expected reduced energies, log denominators, free energies and %s, got %d arrays", wants, len(in))
	}
	s, err := newStates(in[0])
	if err != nil {
		return nil, nil, err
	}
	if in[1].Len() != s.n || in[2].Len() != s.k || len(in[3].Shape) != 2 {
		return nil, nil, spec.Errorf(spec.ShapeError, "expected %d log denominators, %d free energies and %s, got shapes %v, %v, %v", s.n, s.k, wants, in[1].Shape, in[2].Shape, in[3].Shape)
	}
	if s.denominator, err = numbers(in[1]); err != nil {
		return nil, nil, err
	}
	if s.f, err = numbers(in[2]); err != nil {
		return nil, nil, err
	}
	x, err := numbers(in[3])
	return s, x, err
}

// each calls fn for stretches of draws, segment by segment; the stretches of one segment come in order.
func (s *states) each(ctx context.Context, room int, fn func(segment, from, to int, w []float64) error) error {
	return par.Do(ctx, 0, segments, func(segment int) error {
		w := make([]float64, room*draws)
		last := (segment + 1) * s.n / segments
		for from := segment * s.n / segments; from < last; from += draws {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := fn(segment, from, min(from+draws, last), w); err != nil {
				return err
			}
		}
		return nil
	})
}

// weights writes log W_nk for draws from..to, w[k draws + n].
func (s *states) weights(w []float64, from, to int) {
	for k := range s.k {
		row := w[k*draws : k*draws+to-from]
		simd.Sub(row, []float64{s.f[k]}, s.u[k*s.n+from:k*s.n+to])
		simd.Sub(row, row, s.denominator[from:to])
	}
}

// denominators fills log D.
func (s *states) denominators(ctx context.Context) error {
	return s.each(ctx, s.k+2, func(_, from, to int, w []float64) error {
		n := to - from
		top, sum := w[s.k*draws:s.k*draws+n], w[(s.k+1)*draws:(s.k+1)*draws+n]
		for i := range top {
			top[i], sum[i] = math.Inf(-1), 0
		}
		for k := range s.k {
			row := w[k*draws : k*draws+n]
			simd.Sub(row, []float64{s.f[k] + s.logs[k]}, s.u[k*s.n+from:k*s.n+to])
			simd.Max(top, top, row)
		}
		for k := range s.k {
			row := w[k*draws : k*draws+n]
			simd.Sub(row, row, top)
			functions.Exp(row, row)
			simd.Add(sum, sum, row)
		}
		functions.Log(sum, sum)
		simd.Add(s.denominator[from:to], top, sum)
		return nil
	})
}

// sums are log sum_n W_nk, and the Gram matrix of the weights if asked for.
func (s *states) sums(ctx context.Context, gram []float64) ([]float64, error) {
	tops, sums := make([]float64, segments*s.k), make([]float64, segments*s.k)
	for i := range tops {
		tops[i] = math.Inf(-1)
	}
	var parts []float64
	if gram != nil {
		if _, err := array.Plan(segments*s.k*s.k, 8, "sums over pairs of states"); err != nil {
			return nil, err
		}
		parts = make([]float64, segments*s.k*s.k)
	}
	err := s.each(ctx, s.k, func(segment, from, to int, w []float64) error {
		s.weights(w, from, to)
		for k := range s.k {
			row, at := w[k*draws:k*draws+to-from], segment*s.k+k
			top := tops[at]
			for _, v := range row {
				if v > top {
					top = v
				}
			}
			if math.IsInf(top, -1) {
				clear(row)
				continue
			}
			sums[at] *= functions.Exp1(tops[at] - top)
			tops[at] = top
			simd.Sub(row, row, []float64{top})
			functions.Exp(row, row)
			sums[at] += simd.Sum(row)
			if gram != nil { // weights are near 1/N
				simd.Mul(row, row, []float64{functions.Exp1(top)})
			}
		}
		if gram == nil {
			return nil
		}
		m := linalg.Matrix[float64]{Data: w, Rows: s.k, Cols: to - from, Row: draws, Col: 1}
		return linalg.Multiply(linalg.Dense(parts[segment*s.k*s.k:(segment+1)*s.k*s.k], s.k, s.k), m, m.T(), true, nil)
	})
	if err != nil {
		return nil, err
	}
	for segment := range segments {
		if gram != nil {
			simd.Add(gram, gram, parts[segment*s.k*s.k:(segment+1)*s.k*s.k])
		}
	}
	out := make([]float64, s.k)
	for k := range out {
		logs := make([]float64, segments)
		for segment := range logs {
			logs[segment] = tops[segment*s.k+k] + functions.Log1(sums[segment*s.k+k])
		}
		out[k] = logSumExp(logs)
	}
	return out, nil
}

func (p *MBAR) run(ctx context.Context, in []*array.Array, out Results) error {
	if len(in) != 2 {
		return spec.Errorf(spec.ShapeError, "MBAR: expected reduced energies and numbers of draws, got %d arrays", len(in))
	}
	s, err := newStates(in[0])
	if err != nil {
		return err
	}
	counts, err := numbers(in[1])
	if err != nil {
		return err
	}
	if len(counts) != s.k || simd.Sum(counts) != float64(s.n) {
		return spec.Errorf(spec.ShapeError, "MBAR: expected the numbers of draws of %d states, %d together, got %v", s.k, s.n, counts)
	}
	s.f, s.denominator, s.logs = make([]float64, s.k), make([]float64, s.n), make([]float64, s.k)
	functions.Log(s.logs, counts)
	for k := range s.f { // the mean energy is a start: f = <u> - entropy
		if counts[k] > 0 {
			s.f[k] = start(s.u[k*s.n : (k+1)*s.n])
		}
	}
	gram, worst, count, err := s.solve(ctx, counts, p)
	if err != nil {
		return err
	}
	shift := s.f[0]
	simd.Sub(s.f, s.f, []float64{shift})
	simd.Sub(s.denominator, s.denominator, []float64{shift})
	if err := along(out, "one", 1, column("residual", func(int) float64 { return worst }), counts1("iterations", count)); err != nil {
		return err
	}
	if err := out.Add("gram", array.Float64, []int{s.k, s.k}, []string{"state", "other"}, gram); err != nil {
		return err
	}
	if err := out.Add("f", array.Float64, []int{s.k}, []string{"state"}, s.f); err != nil {
		return err
	}
	return out.Add("log_denominator", array.Float64, []int{s.n}, []string{"draw"}, s.denominator)
}

func counts1(name string, x int) columnOf { return counts(name, func(int) int64 { return int64(x) }) }

// start is the least energy of a state, which any draw may have.
func start(u []float64) float64 {
	least := math.Inf(1)
	for _, v := range u {
		least = min(least, v)
	}
	if math.IsInf(least, 0) {
		return 0
	}
	return least
}

// solve finds f; the Gram matrix is that of the solution.
func (s *states) solve(ctx context.Context, counts []float64, p *MBAR) (gram []float64, worst float64, count int, err error) {
	gram = make([]float64, s.k*s.k)
	before, plain := make([]float64, s.k), make([]float64, s.k)
	least, newton := math.Inf(1), false
	for {
		if err = s.denominators(ctx); err != nil {
			return nil, 0, 0, err
		}
		clear(gram)
		logs, err := s.sums(ctx, gram)
		if err != nil {
			return nil, 0, 0, err
		}
		worst = 0
		for k, v := range logs {
			if counts[k] > 0 {
				if v != v {
					return nil, 0, 0, spec.Errorf(spec.NonFiniteError, "MBAR: state %d has no draw of finite energy", k)
				}
				worst = max(worst, math.Abs(v))
			}
		}
		count++
		stalled := worst < 1e-9 && worst > 0.5*least
		if worst < p.Tolerance || count >= p.Iterations || stalled {
			// states without draws follow from the others
			simd.Sub(s.f, s.f, logs)
			if err = s.denominators(ctx); err != nil {
				return nil, 0, 0, err
			}
			clear(gram)
			_, err = s.sums(ctx, gram)
			return gram, worst, count, err
		}
		if newton && !(worst < least) { // it went astray
			copy(s.f, plain)
			newton, least = false, math.Inf(1)
			continue
		}
		least = min(least, worst)
		copy(before, s.f)
		simd.Sub(plain, s.f, logs)
		newton = worst < 3 && s.step(counts, logs, gram)
		if !newton {
			copy(s.f, plain)
		}
	}
}

// step is Newton's on the sampled states, the first of them fixed; false where its matrix is not positive.
func (s *states) step(counts, logs, gram []float64) bool {
	var at []int
	for k, n := range counts {
		if n > 0 {
			at = append(at, k)
		}
	}
	m := len(at) - 1
	if m < 1 {
		return false
	}
	h, g := make([]float64, m*m), make([]float64, m)
	for i := range m {
		a := at[i+1]
		g[i] = -counts[a] * functions.Expm11(logs[a])
		for j := range m {
			b := at[j+1]
			h[i*m+j] = -counts[a] * counts[b] * gram[a*s.k+b]
		}
		h[i*m+i] += float64(counts[a] * functions.Exp1(logs[a]))
	}
	if !solvePositive(h, g, m) {
		return false
	}
	for i, d := range g {
		s.f[at[i+1]] += d
	}
	return true
}

// solvePositive solves a x = b by Cholesky's factor, in place.
func solvePositive(a, b []float64, n int) bool {
	for j := range n {
		d := a[j*n+j] - simd.Dot(a[j*n:j*n+j], a[j*n:j*n+j])
		if !(d > 1e-14*a[j*n+j]) {
			return false
		}
		d = math.Sqrt(d)
		a[j*n+j] = d
		for i := j + 1; i < n; i++ {
			a[i*n+j] = (a[i*n+j] - simd.Dot(a[i*n:i*n+j], a[j*n:j*n+j])) / d
		}
		b[j] = (b[j] - simd.Dot(a[j*n:j*n+j], b[:j])) / d
	}
	for j := n - 1; j >= 0; j-- {
		b[j] /= a[j*n+j]
		for i := range j {
			b[i] -= float64(a[j*n+i] * b[j])
		}
	}
	return true
}

func (*MBARProducts) run(ctx context.Context, in []*array.Array, out Results) error {
	s, c, err := weighed(in, "columns (M, draws)")
	if err != nil {
		return err
	}
	m := in[3].Shape[0]
	if in[3].Shape[1] != s.n {
		return spec.Errorf(spec.ShapeError, "MBARProducts: expected columns of shape (M, %d), got %v", s.n, in[3].Shape)
	}
	parts, sum := make([]float64, segments*m*s.k), make([]float64, m*s.k)
	err = s.each(ctx, s.k, func(segment, from, to int, w []float64) error {
		s.weights(w, from, to)
		functions.Exp(w, w)
		return linalg.Multiply(linalg.Dense(parts[segment*m*s.k:(segment+1)*m*s.k], m, s.k), linalg.Matrix[float64]{Data: c[from:], Rows: m, Cols: to - from, Row: s.n, Col: 1},
			linalg.Matrix[float64]{Data: w, Rows: s.k, Cols: to - from, Row: draws, Col: 1}.T(), true, nil)
	})
	if err != nil {
		return err
	}
	for segment := range segments {
		simd.Add(sum, sum, parts[segment*m*s.k:(segment+1)*m*s.k])
	}
	return out.Add("products", array.Float64, []int{m, s.k}, []string{"column", "state"}, sum)
}

func (*MBARCombinations) run(ctx context.Context, in []*array.Array, out Results) error {
	s, a, err := weighed(in, "coefficients (M, states)")
	if err != nil {
		return err
	}
	m := in[3].Shape[0]
	if in[3].Shape[1] != s.k {
		return spec.Errorf(spec.ShapeError, "MBARCombinations: expected coefficients of shape (M, %d), got %v", s.k, in[3].Shape)
	}
	if _, err := array.Plan(m*s.n, 8, "combinations of weights"); err != nil {
		return err
	}
	sum := make([]float64, m*s.n)
	err = s.each(ctx, s.k, func(_, from, to int, w []float64) error {
		s.weights(w, from, to)
		functions.Exp(w, w)
		return linalg.Multiply(linalg.Matrix[float64]{Data: sum[from:], Rows: m, Cols: to - from, Row: s.n, Col: 1}, linalg.Dense(a, m, s.k),
			linalg.Matrix[float64]{Data: w, Rows: s.k, Cols: to - from, Row: draws, Col: 1}, false, nil)
	})
	if err != nil {
		return err
	}
	return out.Add("combinations", array.Float64, []int{m, s.n}, []string{"combination", "draw"}, sum)
}
