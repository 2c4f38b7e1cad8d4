package memory

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/spec"
)

// PSpin is N spins that all meet in groups of p, with a coupling for each group:
//
//	p = 2   E = - sum_(i<j)   J_ij  s_i s_j     - sum_i h_i s_i,
//	p = 3   E = - sum_(i<j<k) J_ijk s_i s_j s_k - sum_i h_i s_i,   s_i = +1 or -1,   and so on.
//
// One number J for all makes the magnet of Curie and Weiss. erg.lattice.SherringtonKirkpatrick(N) and erg.lattice.random_p_spin(N) draw Gaussian couplings,
// with which p = 2 is a glass below kT = J and p = 3 one below kT = 0.651 J, by a transition of first order in the overlap.
//
// Every walker keeps the local fields, so that a spin that stays costs a few operations, one that turns N (p = 2), N^2 (p = 3), or p times its groups,
// (N-1)! / ((p-1)! (N-p)!) of them, for larger p, whose couplings take p numbers each. Couplings are kept as whole
// multiples of a power of two below 2^-60 of what a spin meets at most, in which fields are exact: nothing drifts, and nothing is summed again.
//
// # Observables
//
//	energy           E
//	magnetization    the mean spin, |magnetization|, magnetization^2, magnetization^4
//	configuration    the spins, int8, shape (N,); erg.lattice.overlaps of two runs is the order parameter of glasses
//
// # Methods
//
// erg.solve: ReplicaSymmetric, OneStepRSB (N to infinity), MeanField, BeliefPropagation, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki, and by these tempering, annealing, flat histograms. erg.simulate: HeatBath, Kawasaki and NFoldWay in
// continuous time. A sweep visits the spins one after the other ("checkerboard", which for spins that all meet is the same as "sequential") or at random.
//
// # Examples
//
//	>>> import numpy as np
//	>>> N = 200
//	>>> magnet = erg.lattice.PSpin(N, J=1.0 / N)
//	>>> run = erg.sample(magnet, kT=0.5, sweeps=500, warmup=100, observe=["|magnetization|"], seed=1)
//	>>> bool(abs(run["|magnetization|"].mean() - 0.957) < 0.01)
//	True
//
// # References
//
// D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975). B. Derrida, Phys. Rev. B 24, 2613 (1981). D. J. Gross, M. Mezard, Nucl. Phys. B 240, 431 (1984).
type PSpin struct {
	// Number of spins.
	N int `spec:"n" range:"[2,65536]"`
	// Spins that meet in a term.
	P int `spec:"p" default:"2" range:"[2,12]"`
	// Couplings: a number, or one for each group of p spins, i < j (< k < ...), in lexicographic order (that of itertools.combinations), which is
	// numpy.triu_indices(n, 1) for p = 2.
	J array.Field `spec:"J" default:"1.0" unit:"energy"`
	// Field; one number, or one for each spin, shape (N,).
	H array.Field `spec:"h" default:"0.0" unit:"energy"`
	// J and J0 of the law that couplings were drawn from, shape (2,): for erg.ReplicaSymmetric and erg.OneStepRSB, which know no more of them.
	Law array.Field `spec:"law" default:"0.0"`

	unit  float64
	row   int     // numbers of a row, N rounded up
	twice []int64 // 2 J / unit: (N, row), or (N, N, row)
	more  groups  // of more than three spins
	spins
}

const most3 = 2048 // spins, whose couplings in threes take 64 GiB

// Check completes a decoded PSpin.
func (m *PSpin) Check() error {
	if m.N < m.P {
		return spec.Expected("PSpin.n", fmt.Sprintf("at least p = %d spins", m.P), m.N).With("argument", "n")
	}
	if m.P == 3 && m.N > most3 {
		return spec.Expected("PSpin.n", fmt.Sprintf("at most %d spins that meet in threes", most3), m.N).With("argument", "n")
	}
	groups := binomial(m.N, m.P)
	if !m.J.Uniform() && (len(m.J.Shape) != 1 || float64(m.J.Shape[0]) != groups) {
		return spec.Errorf(spec.ShapeError, "PSpin.J: expected a number or shape (%.0f,), one per group of %d of %d spins; got shape %v", groups, m.P, m.N, m.J.Shape).With("argument", "J")
	}
	if !(m.Law.Zero() && m.Law.Uniform()) && (len(m.Law.Shape) != 1 || m.Law.Shape[0] != 2 || m.Law.Values[0] < 0) {
		return spec.Errorf(spec.ShapeError, "PSpin.law: expected shape (2,), J of at least 0 and J0; got shape %v", m.Law.Shape).With("argument", "law")
	}
	if err := m.complete("PSpin", m.N, m.H); err != nil {
		return err
	}
	m.row = (m.N + 7) &^ 7
	shape := []int{m.N, m.row}
	if m.P == 3 {
		shape = []int{m.N, m.N, m.row}
	}
	if m.P > 3 {
		shape = []int{0}
		if groups > 1<<30 {
			return spec.Expected("PSpin.n", fmt.Sprintf("at most 2^30 groups of %d spins", m.P), fmt.Sprintf("%.3g", groups)).With("argument", "n")
		}
	}
	size, err := array.Count(shape)
	if err != nil {
		return err
	}
	if _, err := array.Plan(size, 8, fmt.Sprintf("the couplings of %d spins", m.N)); err != nil {
		return err
	}
	meets := make([]float64, m.N)
	m.each(func(J float64, group []int) {
		for _, i := range group {
			meets[i] += math.Abs(J)
		}
	})
	most := 0.0
	for _, x := range meets {
		most = max(most, x)
	}
	if math.IsInf(most, 0) {
		return spec.Errorf(spec.NonFiniteError, "PSpin.J: the couplings of a spin sum to infinity").With("argument", "J")
	}
	_, exponent := math.Frexp(most)
	m.unit = math.Ldexp(1, max(exponent-60, -1022))
	if m.P > 3 {
		return m.list()
	}
	m.twice = make([]int64, size)
	m.each(func(J float64, group []int) {
		W := 2 * int64(math.RoundToEven(J/m.unit))
		i, j := group[0], group[1]
		if m.P == 2 {
			m.twice[i*m.row+j], m.twice[j*m.row+i] = W, W
			return
		}
		for _, g := range [][3]int{{i, j, group[2]}, {j, group[2], i}, {group[2], i, j}} {
			m.twice[(g[0]*m.N+g[1])*m.row+g[2]], m.twice[(g[0]*m.N+g[2])*m.row+g[1]] = W, W
		}
	})
	return nil
}

// each visits all groups in order.
func (m *PSpin) each(visit func(J float64, group []int)) {
	n, group := 0, make([]int, m.P)
	if m.P > 3 {
		for k := range group {
			group[k] = k
		}
		for at := m.P - 1; at >= 0; n++ {
			visit(m.J.At(n), group)
			for at = m.P - 1; at >= 0 && group[at] == m.N-m.P+at; at-- {
			}
			if at >= 0 {
				group[at]++
				for k := at + 1; k < m.P; k++ {
					group[k] = group[k-1] + 1
				}
			}
		}
		return
	}
	for i := range m.N {
		for j := i + 1; j < m.N; j++ {
			group[0], group[1] = i, j
			if m.P == 2 {
				visit(m.J.At(n), group)
				n++
				continue
			}
			for k := j + 1; k < m.N; k++ {
				group[2] = k
				visit(m.J.At(n), group)
				n++
			}
		}
	}
}

// terms are those of all groups.
func (m *PSpin) terms() (*factors.Model, error) {
	if err := factors.TooMany(binomial(m.N, m.P)); err != nil {
		return nil, err
	}
	model := factors.Spins("PSpin", m.N, m.H)
	m.each(func(J float64, group []int) {
		at := make([]int32, m.P)
		for k, i := range group {
			at[k] = int32(i)
		}
		model.Group(J, at)
	})
	return model, nil
}

// Name in messages.
func (m *PSpin) Name() string { return "PSpin" }

// Ordered is all spins up.
func (m *PSpin) Ordered(s []int8) {
	for i := range s {
		s[i] = 1
	}
}

// localFields are what a walker knows of its configuration: x_i = sum of J s_j (s_k) over the groups of spin i, in units.
type localFields struct {
	*PSpin
	x    []int64
	down []int64 // all ones where a spin points down, else zero; 0 beyond N
}

func (m *PSpin) fields() fields {
	if m.P > 3 {
		return &groupFields{m, make([]int64, len(m.more.twice)), make([]int64, m.N)}
	}
	return &localFields{m, make([]int64, m.row), make([]int64, m.row)}
}

func (k *localFields) sum(s []int8) {
	for i, x := range s {
		k.down[i] = int64(x) >> 1
	}
	for i := range s {
		if k.P == 2 {
			k.x[i] = signed(k.twice[i*k.row:][:k.row], k.down) / 2
			continue
		}
		x := int64(0)
		for j, sj := range s {
			x += int64(sj) * signed(k.twice[(i*k.N+j)*k.row:][:k.row], k.down)
		}
		k.x[i] = x / 4
	}
}

func (k *localFields) bonds(s []int8) float64 {
	e := 0.0
	for i, x := range s {
		e -= float64(k.x[i] * int64(x))
	}
	return float64(e*k.unit) / float64(k.P)
}

func (k *localFields) couplings(s []int8, i int) float64 {
	return 2 * float64(s[i]) * float64(float64(k.x[i])*k.unit)
}

func (k *localFields) turn(s []int8, i int) {
	if k.P == 2 {
		add(k.x, k.twice[i*k.row:][:k.row], k.down[i])
	} else {
		sign := int64(s[i])
		for j := range s {
			k.x[j] -= sign * signed(k.twice[(i*k.N+j)*k.row:][:k.row], k.down)
		}
	}
	k.down[i] = ^k.down[i]
}

func (k *localFields) exchange(other fields) {
	o := other.(*localFields)
	k.x, o.x, k.down, o.down = o.x, k.x, o.down, k.down
}

func (k *localFields) adopt(other fields) {
	o := other.(*localFields)
	copy(k.x, o.x)
	copy(k.down, o.down)
}

// add subtracts w from x, or adds it where down is all ones.
func addScalar(x, w []int64, down int64) {
	for j, y := range w {
		x[j] -= (y ^ down) - down
	}
}

// signed sums w, negative where down is all ones.
func signedScalar(w, down []int64) int64 {
	sum := int64(0)
	for j, y := range w {
		sum += (y ^ down[j]) - down[j]
	}
	return sum
}
