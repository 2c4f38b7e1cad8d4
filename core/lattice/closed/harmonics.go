package closed

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// HarmonicExpansion is chains and rings of unit vectors of n components, with any couplings and no field, exactly. On spherical harmonics of degree l, of which there are d_l, the
// transfer along a bond of K = J/kT is a number times the area S of the sphere,
//
//	lambda_l(K) = Gamma(n/2) (2/K)^(n/2-1) I_(n/2-1+l)(K),   exp(K s.s') = sum_l lambda_l(K) d_l P_l(s.s'),
//
// so that Z = S^N prod_b lambda_0(K_b) for an open chain and S^N sum_l d_l prod_b lambda_l(K_b) for a ring (where a frustrated ring's terms cancel at low
// kT and more than 8 digits would be lost, it is refused). Two spins with bonds A between them and, on a ring, B the other way round have
//
//	<s.s'> Z / S^N = sum_l a_l (prod_A lambda_l prod_B lambda_(l+1) + prod_A lambda_(l+1) prod_B lambda_l),   a_l = d_l - a_(l-1).
//
// # Results
//
//	log_z             with respect to the uniform measure on spheres, like the weights of the model
//	free_energy, energy, heat_capacity, entropy
//	                  of the whole system
//	correlation       (sites,): <s_0 . s_r>
//	correlation_length
//	                  -1 / log(I_(n/2)(|K|) / I_(n/2-1)(|K|)) of the infinite chain, for one J
//	magnetization^2   <|m|^2>, m the mean spin, for one J
//
// # Examples
//
//	>>> ring = erg.lattice.Heisenberg((12,))
//	>>> exact = erg.solve(ring, erg.HarmonicExpansion(), kT=0.5)
//	>>> print(exact["energy"].round(4), exact["correlation"][:3].round(4))
//	-6.4545 [1.     0.5379 0.2904]
//
// # References
//
// M. E. Fisher, Am. J. Phys. 32, 343 (1964). G. S. Joyce, Phys. Rev. 155, 478 (1967). H. E. Stanley, Phys. Rev. 179, 570 (1969).
type HarmonicExpansion struct{}

var harmonicCite = []string{"M. E. Fisher, Am. J. Phys. 32, 343 (1964), doi:10.1119/1.1970340", "G. S. Joyce, Phys. Rev. 155, 478 (1967), doi:10.1103/PhysRev.155.478",
	"H. E. Stanley, Phys. Rev. 179, 570 (1969), doi:10.1103/PhysRev.179.570"}

// degrees are log(lambda_l / lambda_0) of one bond, and log lambda_0, as functions of K; odd degrees have the sign of K.
type degrees struct {
	ratio []jet // of l
	zero  jet
}

// expand finds the ratios lambda_(l+1) / lambda_l = I_(nu+l+1)/I_(nu+l) = A_(n+2l), with A' = 1 - A^2 - (n + 2l - 1) A/K.
func expand(n int, K float64, most int) degrees {
	k := math.Abs(K)
	_, logs := vector.Langevin(n, k)
	var d degrees
	sum := jet{}
	d.ratio = append(d.ratio, sum)
	for l := range most {
		A, _ := vector.Langevin(n+2*l, k)
		over := 1 / float64(n+2*l) // A/K
		if k > 0 {
			over = A / k
		}
		odd := float64(n + 2*l - 1)
		first := 1 - float64(A*A) - float64(odd*over)
		second := 0.0
		if k > 0 {
			second = 0 - float64(2*A*first) - float64(odd*(first-over)/k)
		}
		if l == 0 {
			d.zero = jet{logs, A, first}
		}
		if k == 0 {
			break
		}
		sum = sum.plus(jet{A, first, second}.log())
		d.ratio = append(d.ratio, sum)
		if sum.f < -200 {
			break
		}
	}
	if K < 0 {
		for l := range d.ratio {
			d.ratio[l].d = 0 - d.ratio[l].d
		}
		d.zero.d = 0 - d.zero.d
	}
	return d
}

var harmonicNames = append(append([]string(nil), factors.ThermalNames...), "correlation", "correlation_length", "magnetization^2")

func (*HarmonicExpansion) solve(ctx context.Context, m *vector.ON, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("HarmonicExpansion", observe, harmonicNames)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	l := &m.Lattice
	if len(l.Shape) != 1 || !m.H.Zero() {
		return spec.Mismatch("HarmonicExpansion", "a chain or a ring, and no field", "another lattice, or a field").Try("erg.MeanField(), or erg.sample(system)")
	}
	N, bonds := l.Shape[0], l.Bonds()
	if !m.J.Uniform() && len(observe) == 0 {
		set["correlation_length"], set["magnetization^2"] = false, false
	}
	if !m.J.Uniform() && (set["correlation_length"] || set["magnetization^2"]) {
		return spec.Mismatch("correlation_length", "one J", "couplings that differ").Try(`observe="correlation"`)
	}
	columns := factors.Columns{}
	for _, T := range kT {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := ring{n: m.N, N: N, closed: bonds == N}
		for b := range bonds {
			if K := m.J.At(b) / T; b == 0 || !m.J.Uniform() {
				r.bonds = append(r.bonds, expand(m.N, K, 4000))
				r.odd = append(r.odd, K < 0)
				r.weight = append(r.weight, m.J.At(b))
			} else {
				r.bonds, r.odd, r.weight = append(r.bonds, r.bonds[0]), append(r.odd, r.odd[0]), append(r.weight, r.weight[0])
			}
		}
		r.signs = append(r.signs, false)
		for k, odd := range r.odd {
			r.signs = append(r.signs, r.signs[k] != odd)
		}
		log, first, second, ok := r.whole()
		if !ok {
			return spec.Expected("kT", "a temperature at which the terms of a frustrated ring leave more than 1e-8 of the largest", T)
		}
		// first and second are derivatives with respect to beta, of K = beta J
		columns.Thermals(T, 0, float64(float64(N)*vector.LogSphere(m.N))+log, -first/T, 0)
		last := len(columns["heat_capacity"]) - 1
		columns["heat_capacity"][last] = second / (T * T)
		if set["correlation"] || set["magnetization^2"] {
			g := r.correlations()
			columns["correlation"] = append(columns["correlation"], g...)
			if m.J.Uniform() {
				columns["magnetization^2"] = append(columns["magnetization^2"], r.square(g))
			}
		}
		if m.J.Uniform() {
			A, _ := vector.Langevin(m.N, math.Abs(m.J.Scalar)/T)
			xi := 0.0
			if A > 0 {
				xi = -1 / functions.Log1(A)
			}
			columns["correlation_length"] = append(columns["correlation_length"], xi)
		}
	}
	for _, name := range harmonicNames {
		var shape []int
		var dims []string
		if name == "correlation" {
			shape, dims = []int{N}, []string{"r"}
		}
		if set[name] {
			if err := out.Add(name, array.Float64, shape, dims, columns[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// ring is a chain with the expansions of its bonds.
type ring struct {
	n, N   int
	closed bool
	bonds  []degrees
	odd    []bool
	weight []float64 // J
	signs  []bool    // of the product of the first k
}

// dimension is the number of harmonics of degree l.
func (r *ring) dimension(l int) float64 {
	if l == 0 {
		return 1
	}
	d := float64(2*l+r.n-2) / float64(l) // (2l + n - 2)/l C(l + n - 3, l - 1)
	for k := 1; k < l; k++ {
		d *= float64(r.n-2+k) / float64(k)
		if math.IsInf(d, 1) {
			return d
		}
	}
	return d
}

// degree is the product over bonds of lambda_l / lambda_0 as a jet of its logarithm in beta, with its sign; false where it vanishes.
func (r *ring) degree(l, from, to int) (sum jet, negative, ok bool) {
	for b := from; b < to; b++ {
		if l >= len(r.bonds[b].ratio) {
			return sum, false, false
		}
		x, J := r.bonds[b].ratio[l], r.weight[b]
		sum = sum.plus(jet{x.f, float64(J * x.d), float64(J * J * x.dd)})
		negative = negative != (r.odd[b] && l%2 == 1)
	}
	return sum, negative, true
}

// whole is log Z / S^N with derivatives by beta.
func (r *ring) whole() (log, first, second float64, ok bool) {
	for b, d := range r.bonds {
		J := r.weight[b]
		log += d.zero.f
		first += float64(J * d.zero.d)
		second += float64(J * J * d.zero.dd)
	}
	if !r.closed {
		return log, first, second, true
	}
	var z jet
	largest := 0.0
	for l := 0; ; l++ {
		sum, negative, ok := r.degree(l, 0, len(r.bonds))
		if !ok {
			break
		}
		x := sum.exp().scaled(r.dimension(l))
		if negative {
			x = x.scaled(-1)
		}
		z = z.plus(x)
		largest = max(largest, math.Abs(x.f))
		if math.Abs(x.dd) < 1e-18*math.Abs(z.dd) && math.Abs(x.f) < 1e-18*z.f && math.Abs(x.d) <= 1e-18*math.Abs(z.d) {
			break
		}
	}
	x := z.log()
	return log + x.f, first + x.d, second + x.dd, z.f > 1e-8*largest
}

// correlations are <s_0 . s_r>.
func (r *ring) correlations() []float64 {
	g := make([]float64, r.N)
	g[0] = 1
	if !r.closed {
		for k := 1; k < r.N; k++ {
			g[k] = 0
			if x, negative, ok := r.degree(1, k-1, k); ok {
				g[k] = float64(g[k-1] * functions.Exp1(x.f))
				if negative {
					g[k] = 0 - g[k]
				}
			}
		}
		return g
	}
	N := len(r.bonds)
	z, a := 0.0, 0.0
	here, next := r.prefixes(0), []float64(nil)
	for l := 0; here != nil; l++ {
		next = r.prefixes(l + 1)
		d := r.dimension(l)
		x := float64(d * functions.Exp1(here[N]))
		if l%2 == 1 && r.negative(N) {
			x = 0 - x
		}
		z += x
		a = d - a
		if next == nil {
			break
		}
		for k := 1; k < r.N; k++ {
			y := functions.Exp1(here[k] + next[N] - next[k])
			w := functions.Exp1(next[k] + here[N] - here[k])
			first, all := r.negative(k), r.negative(N)
			if l%2 == 0 { // next is odd
				if first != all {
					y = 0 - y
				}
				if first {
					w = 0 - w
				}
			} else {
				if first {
					y = 0 - y
				}
				if first != all {
					w = 0 - w
				}
			}
			g[k] += float64(a * (y + w))
		}
		if math.Abs(x) < 1e-18*math.Abs(z) {
			break
		}
		here = next
	}
	for k := 1; k < r.N; k++ {
		g[k] /= z
	}
	return g
}

// prefixes are the sums of log(lambda_l / lambda_0) over the first k bonds; nil where one vanishes.
func (r *ring) prefixes(l int) []float64 {
	sums := make([]float64, len(r.bonds)+1)
	for b := range r.bonds {
		if l >= len(r.bonds[b].ratio) {
			return nil
		}
		sums[b+1] = sums[b] + r.bonds[b].ratio[l].f
	}
	return sums
}

// negative tells whether the first k bonds have an odd number of negative couplings.
func (r *ring) negative(k int) bool { return r.signs[k] }

// square is <|m|^2> of equal bonds.
func (r *ring) square(g []float64) float64 {
	sum := float64(r.N)
	for k := 1; k < r.N; k++ {
		pairs := float64(2 * (r.N - k))
		if r.closed {
			pairs = float64(r.N)
		}
		sum += float64(pairs * g[k])
	}
	return sum / float64(r.N*r.N)
}
