package potts

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/checkered"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

type (
	kernel             = walkers.Kernel[uint8]
	builder            = walkers.Builder[uint8]
	ensemble           = walkers.Ensemble[uint8]
	contractObservable = contract.Observable
)

// spins is what a model is to the kernels: E = - sum_b J_b V(s_i, s_j) - sum_i U_i(s_i).
type spins struct {
	lattice *geometry.Lattice
	graph   *geometry.Graph
	q       int
	J       array.Field
	pair    []float64 // V, (q, q), symmetric
	site    []float64 // U, (q) or (sites, q); nil where it is 0
	each    bool      // U is of each site
}

func (m *spins) complete(name string, l *geometry.Lattice, periodic []bool, q int, J array.Field) (err error) {
	if err := walkers.Coupled(name, l, periodic, J); err != nil {
		return err
	}
	m.lattice, m.q, m.J = l, q, J
	m.graph, err = l.Graph()
	return err
}

// Layout is the lattice's shape, or (sites).
func (m *spins) Layout() ([]int, []string) { return walkers.SiteLayout(m.lattice) }

// Sites of the lattice.
func (m *spins) Sites() int { return m.lattice.Sites() }

// Unit of the work.
func (m *spins) Unit() string { return "spin updates" }

// Draw makes independent uniform values.
func (m *spins) Draw(s []uint8, u *rng.Stream) {
	for i := range s {
		s[i] = uint8(u.Below(m.q))
	}
}

// LogReference is N log q.
func (m *spins) LogReference() float64 {
	return float64(m.lattice.Sites()) * functions.Log1(float64(m.q))
}

// Ordered is value 0 everywhere.
func (m *spins) Ordered(s []uint8) { clear(s) }

// Admits values below q.
func (m *spins) Admits(s []uint8) (int, bool) {
	for i, x := range s {
		if int(x) >= m.q {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *spins) Values() string { return "values from 0 to q-1" }

// fields are the site energies U_i of site i.
func (m *spins) fields(i int) []float64 {
	if m.each {
		return m.site[i*m.q : (i+1)*m.q]
	}
	return m.site
}

// energy of a configuration.
func (m *spins) energy(s []uint8) float64 {
	couplings, fields := m.parts(s)
	return couplings + fields
}

// parts of the energy.
func (m *spins) parts(s []uint8) (couplings, fields float64) {
	e := 0.0
	if m.J.Uniform() {
		for _, ends := range m.graph.Ends {
			e += m.pair[int(s[ends[0]])*m.q+int(s[ends[1]])]
		}
		e *= m.J.Scalar
	} else {
		for b, ends := range m.graph.Ends {
			e += float64(m.J.Values[b] * m.pair[int(s[ends[0]])*m.q+int(s[ends[1]])])
		}
	}
	if m.site != nil {
		for i, a := range s {
			fields += m.fields(i)[a]
		}
	}
	return 0 - e, 0 - fields
}

// local are minus the energies of site i for each of its values, given the others.
func (m *spins) local(dst []float64, s []uint8, i int) {
	if clear(dst); m.site != nil {
		copy(dst, m.fields(i))
	}
	for k := m.graph.Start[i]; k < m.graph.Start[i+1]; k++ {
		J, row := m.J.At(int(m.graph.Bond[k])), int(s[m.graph.To[k]])*m.q
		for a, v := range m.pair[row : row+m.q] {
			dst[a] += float64(J * v)
		}
	}
}

// occupation is the share of the sites with each value.
func (m *spins) occupation(rho []float64, s []uint8) {
	var counts [256]int
	for _, a := range s {
		counts[a]++
	}
	for a := range rho {
		rho[a] = float64(counts[a]) / float64(len(s))
	}
}

// shares is occupation of a walker, by whole planes where it has them.
func (m *spins) shares(rho []float64, e *ensemble, walker int) {
	if k, ok := e.Kernels[walker].(*checkered.Kernel[uint8]); ok {
		if r, ok := k.Rules()[0].(*pageRule); ok {
			for a, c := range r.code {
				rho[a] = float64(r.layout.Number(k.Planes(), c)) / float64(m.Sites())
			}
			return
		}
	}
	m.occupation(rho, e.View(walker))
}

func (m *spins) occupations(e *ensemble) (contract.Observable, error) {
	return contract.Observable{Dtype: array.Float64, Shape: []int{m.q}, Dims: []string{"value"}, Record: func(w int, row []byte) {
		m.shares(array.Cast[float64](row), e, w)
	}}, nil
}
