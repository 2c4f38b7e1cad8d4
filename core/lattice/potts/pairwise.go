package potts

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Pairwise is spins of a few values with any energy of pairs and of single sites, on a lattice or any graph:
//
//	E = sum_(i,j) J_ij V(s_i, s_j) + sum_i U_i(s_i),   s_i = 0, ..., q-1,
//
// each bond counted once. erg.lattice.Model makes it of functions in NumPy.
//
// # Observables
//
//	energy             of the whole lattice, E
//	magnetization      the mean of values[s_i]
//	|magnetization|, magnetization^2, magnetization^4
//	occupation         (q,): the share of the sites with each value
//	configuration      the numbers s of the values, uint8, in the shape of the lattice (or (sites,))
//
// # Methods
//
// erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon.
type Pairwise struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// What the numbers 0, ..., q-1 stand for, shape (q,), 2 <= q <= 256.
	Numbers array.Field `spec:"numbers"`
	// Energies of pairs, symmetric, shape (q, q).
	Pair array.Field `spec:"pair" unit:"energy"`
	// Energies of sites, shape (q,) or (sites, q).
	Site array.Field `spec:"site" default:"0.0" unit:"energy"`
	// Factor of each bond: one number, or shape (bonds,).
	J array.Field `spec:"J" default:"1.0"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
	spins
}

// valuesOf is q for the numbers that stand for values.
func valuesOf(name string, v array.Field) (int, error) {
	if q := len(v.Values); len(v.Shape) == 1 && q >= 2 && q <= 256 {
		return q, nil
	}
	return 0, spec.Errorf(spec.ShapeError, "%s.numbers: expected shape (q,), 2 <= q <= 256; got shape %v", name, v.Shape)
}

// Check completes a decoded Pairwise.
func (m *Pairwise) Check() error {
	q, err := valuesOf("Pairwise", m.Numbers)
	if err != nil {
		return err
	}
	if len(m.Pair.Shape) != 2 || m.Pair.Shape[0] != q || m.Pair.Shape[1] != q {
		return spec.Errorf(spec.ShapeError, "Pairwise.pair: expected shape (%d, %d); got shape %v", q, q, m.Pair.Shape)
	}
	m.spins = spins{}
	for a := range q {
		for b := range q {
			if m.Pair.Values[a*q+b] != m.Pair.Values[b*q+a] {
				return spec.Expected("Pairwise.pair", "a symmetric matrix", [2]float64{m.Pair.Values[a*q+b], m.Pair.Values[b*q+a]})
			}
			m.pair = append(m.pair, 0-m.Pair.Values[a*q+b])
		}
	}
	n := m.Lattice.Sites()
	switch shape := m.Site.Shape; {
	case m.Site.Uniform():
	case len(shape) == 1 && shape[0] == q:
		m.site = negatives(m.Site.Values)
	case len(shape) == 2 && shape[0] == n && shape[1] == q:
		m.site, m.each = negatives(m.Site.Values), true
	default:
		return spec.Errorf(spec.ShapeError, "Pairwise.site: expected shape (%d,), one per value, or (%d, %d), one per site and value; got shape %v", q, n, q, shape)
	}
	return m.complete("Pairwise", &m.Lattice, m.Periodic, q, m.J)
}

func negatives(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = 0 - v
	}
	return y
}

// Name in messages.
func (m *Pairwise) Name() string { return "Pairwise" }

// Observables are beside energy and configuration.
func (m *Pairwise) Observables() []walkers.Observable[uint8] {
	return m.means(m.Numbers.Values)
}

// PreparePairwiseHeatBath makes walkers of any number of values.
func PreparePairwiseHeatBath(m *Pairwise, method *moves.HeatBath) (walkers.Builder[uint8], error) {
	return prepareHeatBath(m, &m.spins, method.Order)
}

// PreparePairwiseMetropolis makes walkers of any number of values.
func PreparePairwiseMetropolis(m *Pairwise, method *moves.Metropolis) (walkers.Builder[uint8], error) {
	return prepareMetropolis(m, &m.spins, method.Order)
}

// AsIsing are the couplings and fields of E = shift - sum J_ij x_i x_j - sum h_i x_i, where x = 2 s - 1 are the signs of two values; false where there are
// more of them, or where numbers overflow. With V(s, t) = A + B (x + y) + C x y it is -J C that couples, and a site has -B J from each of its bonds.
func (m *Pairwise) AsIsing() (J, h array.Field, shift float64, ok bool) {
	if m.q != 2 {
		return J, h, 0, false
	}
	p := m.pair // -V
	A, B, C := (p[0]+p[3]+(p[1]+p[1]))/4, (p[3]-p[0])/4, (p[0]+p[3]-(p[1]+p[1]))/4
	field := make([]float64, m.graph.Sites)
	for b, ends := range m.graph.Ends {
		Jb := m.J.At(b)
		shift -= float64(A * Jb)
		field[ends[0]] += float64(B * Jb)
		field[ends[1]] += float64(B * Jb)
	}
	if m.site != nil {
		for i := range field {
			u := m.fields(i)
			field[i] += (u[1] - u[0]) / 2 // exact
			shift -= (u[1] + u[0]) / 2    // exact
		}
	}
	h = array.Each(field)
	if same(field) {
		h = array.Is(field[0])
	}
	if J = array.Is(m.J.Scalar * C); !m.J.Uniform() {
		each := make([]float64, len(m.J.Values))
		for b, Jb := range m.J.Values {
			each[b] = Jb * C
		}
		J = array.Each(each)
	}
	for _, x := range append([]float64{shift, J.Scalar}, append(field, J.Values...)...) {
		if x-x != 0 {
			return J, h, shift, false
		}
	}
	return J, h, shift, true
}

func same(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return len(x) > 0
}

// means are powers of the mean of what the values stand for.
func (m *spins) means(numbers []float64) []walkers.Observable[uint8] {
	of := func(f func(x float64) float64) func(e *ensemble, walker int) float64 {
		return func(e *ensemble, walker int) float64 {
			var rho [256]float64
			m.shares(rho[:m.q], e, walker)
			x := 0.0
			for a, r := range rho[:m.q] {
				x += float64(r * numbers[a])
			}
			return f(x)
		}
	}
	return []walkers.Observable[uint8]{
		{Name: "magnetization", Scalar: of(func(x float64) float64 { return x })},
		{Name: "|magnetization|", Scalar: of(func(x float64) float64 { return max(x, 0-x) })},
		{Name: "magnetization^2", Scalar: of(func(x float64) float64 { return x * x })},
		{Name: "magnetization^4", Scalar: of(func(x float64) float64 { return x * x * x * x })},
		{Name: "occupation", Open: m.occupations},
	}
}
