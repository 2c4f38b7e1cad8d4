// Package memory holds spins that all meet: networks that store patterns, Hopfield's and its dense relatives, and glasses of random couplings.
package memory

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Hopfield is N spins that store K patterns xi^mu by Hebb's rule, in groups of p spins:
//
//	E = - (1/N^(p-1)) sum_mu sum_(i1 < ... < ip) xi^mu_i1 s_i1 ... xi^mu_ip s_ip - sum_i h_i s_i,   s_i = +1 or -1.
//
// No index occurs twice in a term, so that p = 2 is -(1/2N) sum_mu (sum_i xi^mu_i s_i)^2 up to a constant. Patterns are +1 and -1, or 0 where they say nothing
// (diluted patterns, of which a network retrieves several at once); for p = 2 any whole numbers, such as sums over examples. With fair patterns p = 2 retrieves up to K = 0.138 N of them at kT = 0, p > 2 up to
// about N^(p-1).
//
// An update costs K operations: what a spin meets is known from the K sums M_mu = sum_i xi^mu_i s_i, of which the elementary symmetric polynomial of each
// pattern is a function.
//
// # Observables
//
//	energy           E
//	overlaps         (K,): m_mu = M_mu / N
//	magnetization    the mean spin, |magnetization|, magnetization^2, magnetization^4
//	configuration    the spins, int8, shape (N,)
//
// # Methods
//
// erg.solve: ReplicaSymmetric (N to infinity), MeanField, BeliefPropagation, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven. A sweep visits the spins one after the other ("checkerboard", which for
// spins that all meet is the same as "sequential") or at random.
//
// # Examples
//
//	>>> import numpy as np
//	>>> patterns = np.random.default_rng(1).choice([-1, 1], (10, 400))
//	>>> network = erg.lattice.Hopfield(patterns)
//	>>> noisy = patterns[0] * np.where(np.arange(400) < 80, -1, 1)
//	>>> run = erg.sample(network, kT=0.05, sweeps=20, chains=1, start=noisy, observe=["overlaps"], seed=1)
//	>>> bool(run["overlaps"][0, -1, 0] > 0.98)
//	True
//
// # References
//
// J. J. Hopfield, Proc. Natl. Acad. Sci. USA 79, 2554 (1982). E. Gardner, J. Phys. A 20, 3453 (1987). D. Krotov, J. J. Hopfield, NIPS 29 (2016). E. Agliari,
// A. Barra, A. Galluzzi, F. Guerra, F. Moauro, Phys. Rev. Lett. 109, 268101 (2012).
type Hopfield struct {
	// Patterns, shape (K, N): +1, -1 or 0; for p = 2 whole numbers from -127 to 127.
	Patterns array.Field `spec:"patterns"`
	// Spins that meet in a term.
	P int `spec:"p" default:"2" range:"[2,12]"`
	// Field; one number, or one for each spin, shape (N,).
	H array.Field `spec:"h" default:"0.0" unit:"energy"`

	k     int
	xi    []int8    // (N, K)
	term  []float64 // by sums of squares of patterns: N^(1-p) times the polynomial, by M
	table []int32   // of each pattern: where M = 0 stands in term
	spins
}

// Check completes a decoded Hopfield.
func (m *Hopfield) Check() error {
	s := m.Patterns.Shape
	if len(s) != 2 || s[0] < 1 || s[1] < m.P {
		return spec.Errorf(spec.ShapeError, "Hopfield.patterns: expected shape (K, N), N at least p = %d; got shape %v", m.P, s)
	}
	m.k = s[0]
	if err := m.complete("Hopfield", s[1], m.H); err != nil {
		return err
	}
	m.xi = make([]int8, m.k*m.n)
	sizes, reach, different := make([]int, m.k), 0, map[int]int{}
	for mu := range m.k {
		far := 0
		for i, x := range m.Patterns.Values[mu*m.n : (mu+1)*m.n] {
			if x != math.Trunc(x) || math.Abs(x) > 127 || m.P > 2 && math.Abs(x) > 1 {
				return spec.Expected("Hopfield.patterns", "+1, -1 or 0 (for p = 2 whole numbers from -127 to 127)", x).With("index", []int{mu, i})
			}
			m.xi[i*m.k+mu] = int8(x)
			sizes[mu] += int(x * x)
			far += int(math.Abs(x))
		}
		reach = max(reach, far)
		different[sizes[mu]] = 0
	}
	if n, err := array.Plan(len(different)*(2*reach+1), 8, "the polynomials of patterns with different numbers of zeros"); err != nil || n > 8<<28 {
		return spec.Errorf(spec.SpecError, "Hopfield.patterns: %d different sums of squares make tables of %d numbers", len(different), n/8).With("argument", "patterns")
	}
	m.table, m.term = make([]int32, m.k), nil
	for mu, size := range sizes {
		if different[size] == 0 {
			different[size] = len(m.term) + reach
			for M := -reach; M <= reach; M++ {
				m.term = append(m.term, polynomial(m.P, float64(M), float64(size), float64(m.n)))
			}
		}
		m.table[mu] = int32(different[size])
	}
	return nil
}

// polynomial is the elementary symmetric polynomial e_p of x_i = xi_i s_i over N^(p-1), by Newton's identities: the power sums are M for odd powers and
// the pattern's sum of squares for even ones.
func polynomial(p int, M, squares, N float64) float64 {
	e := make([]float64, p+1) // of x_i / N
	e[0] = 1
	scale := make([]float64, p+1)
	scale[0] = 1
	for i := 1; i <= p; i++ {
		scale[i] = scale[i-1] / N
	}
	for k := 1; k <= p; k++ {
		for i := 1; i <= k; i++ {
			power := M
			if i%2 == 0 {
				power = 0 - squares
			}
			e[k] += float64(e[k-i] * float64(power*scale[i]))
		}
		e[k] /= float64(k)
	}
	return e[p] * N
}

// terms are those of pairs, by Hebb's rule.
func (m *Hopfield) terms() (*factors.Model, error) {
	if m.P != 2 {
		return nil, spec.Mismatch("an approximation of every spin", "a Hopfield network of pairs", "p above 2").With("argument", "p")
	}
	if err := factors.TooMany(float64(m.n) * float64(m.n) / 2); err != nil {
		return nil, err
	}
	model := factors.Spins("Hopfield", m.n, m.h)
	for i := range m.n {
		for j := range i {
			sum := 0
			for mu, xi := range m.xi[i*m.k : (i+1)*m.k] {
				sum += int(xi) * int(m.xi[j*m.k+mu])
			}
			model.Group(float64(sum)/float64(m.n), []int32{int32(j), int32(i)})
		}
	}
	return model, nil
}

// Name in messages.
func (m *Hopfield) Name() string { return "Hopfield" }

// Ordered is the first pattern, +1 where it says nothing.
func (m *Hopfield) Ordered(s []int8) {
	for i := range s {
		if s[i] = m.xi[i*m.k]; s[i] == 0 {
			s[i] = 1
		}
	}
}

// sums are M_mu.
func (m *Hopfield) sums(dst []int32, s []int8) {
	clear(dst)
	for i, x := range s {
		for mu, xi := range m.xi[i*m.k : (i+1)*m.k] {
			dst[mu] += int32(x) * int32(xi)
		}
	}
}

// patternSums are what a walker knows of its configuration.
type patternSums struct {
	*Hopfield
	M []int32
}

func (m *Hopfield) fields() fields { return &patternSums{m, make([]int32, m.k)} }

func (k *patternSums) sum(s []int8) { k.sums(k.M, s) }

func (k *patternSums) bonds([]int8) float64 {
	e := 0.0
	for mu, x := range k.M {
		e -= k.term[k.table[mu]+x]
	}
	return e
}

func (k *patternSums) couplings(s []int8, i int) float64 {
	d, twice := 0.0, 2*int32(s[i])
	for mu, xi := range k.xi[i*k.k : (i+1)*k.k] {
		at := k.table[mu] + k.M[mu]
		d += k.term[at] - k.term[at-twice*int32(xi)]
	}
	return d
}

func (k *patternSums) turn(s []int8, i int) {
	twice := 2 * int32(s[i])
	for mu, xi := range k.xi[i*k.k : (i+1)*k.k] {
		k.M[mu] -= twice * int32(xi)
	}
}

func (k *patternSums) exchange(other fields) {
	k.M, other.(*patternSums).M = other.(*patternSums).M, k.M
}

func (k *patternSums) adopt(other fields) { copy(k.M, other.(*patternSums).M) }

// Observables are beside energy and configuration.
func (m *Hopfield) Observables() []walkers.Observable[int8] {
	return append([]walkers.Observable[int8]{
		{Name: "overlaps", Open: func(e *walkers.Ensemble[int8]) (contract.Observable, error) {
			sums := make([][]int32, e.Size())
			for w := range sums {
				sums[w] = make([]int32, m.k)
			}
			return contract.Observable{Dtype: array.Float64, Shape: []int{m.k}, Dims: []string{"pattern"}, Record: func(w int, row []byte) {
				m.sums(sums[w], e.View(w))
				for mu, x := range sums[w] {
					array.Cast[float64](row)[mu] = float64(x) / float64(m.n)
				}
			}}, nil
		}},
	}, m.spins.Observables()...)
}
