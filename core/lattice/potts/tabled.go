package potts

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Tabled is spins of a few values with any energy of a site and all its z neighbours together, on a lattice where every site has z:
//
//	E = sum_i e(s_i; s_j1, ..., s_jz),   s_i = 0, ..., q-1,
//
// j1, ..., jz the neighbours of i in the order of the lattice: on hypercubic ones one back and one on along axis 0, then along axis 1, ...; elsewhere in the
// order of the bonds. erg.lattice.Model makes it of a function in NumPy.
//
// # Observables
//
//	energy             of the whole lattice, E
//	magnetization      the mean of numbers[s_i]
//	|magnetization|, magnetization^2, magnetization^4
//	occupation         (q,): the share of the sites with each value
//	configuration      the numbers s of the values, uint8, in the shape of the lattice (or (sites,))
//
// # Methods
//
// erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven.
type Tabled struct {
	// Side lengths of a hypercubic lattice, or any graph.
	Lattice geometry.Lattice `spec:"lattice"`
	// What the numbers 0, ..., q-1 stand for, shape (q,), 2 <= q <= 256.
	Numbers array.Field `spec:"numbers"`
	// e, shape (q,) * (1 + z): the site's own value first.
	Table array.Field `spec:"table" unit:"energy"`
	// Boundary of a hypercubic lattice: one value for all axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
	spins
	z    int
	near []int32   // (sites, z): the neighbours
	meet [][]int32 // of each site: those whose energy it is part of, itself included, each once
}

// Check completes a decoded Tabled.
func (m *Tabled) Check() error {
	q, err := valuesOf("Tabled", m.Numbers)
	if err != nil {
		return err
	}
	if err := m.complete("Tabled", &m.Lattice, m.Periodic, q, array.Is(0)); err != nil {
		return err
	}
	m.near, m.z, err = neighbours(&m.Lattice, m.graph)
	if err != nil {
		return err
	}
	if len(m.Table.Shape) != m.z+1 || slices.ContainsFunc(m.Table.Shape, func(n int) bool { return n != q }) {
		return spec.Errorf(spec.ShapeError, "Tabled.table: expected %d axes of length %d, the site's and its %d neighbours'; got shape %v", m.z+1, q, m.z, m.Table.Shape)
	}
	m.meet = make([][]int32, m.graph.Sites)
	for i := range m.meet {
		all := append([]int32{int32(i)}, m.near[i*m.z:(i+1)*m.z]...)
		slices.Sort(all)
		m.meet[i] = slices.Compact(all)
	}
	return nil
}

// neighbours lists those of every site in order; all must have as many.
func neighbours(l *geometry.Lattice, g *geometry.Graph) (near []int32, z int, err error) {
	if z = g.Degree(0); l.Shape != nil {
		z = 0
		for d, n := range l.Shape {
			if !l.Periodic[d] && n > 1 {
				return nil, 0, spec.Mismatch("an energy of all neighbours together", "the same number of neighbours at every site", "open boundaries").Try("periodic=True, or pair= and site=")
			}
			if n > 1 {
				z += 2
			}
		}
		stride := g.Sites
		near = make([]int32, g.Sites*z)
		at := 0
		for _, n := range l.Shape {
			if stride /= n; n == 1 {
				continue
			}
			for i := range g.Sites {
				x := i / stride % n
				near[i*z+at] = int32(i + ((x+n-1)%n-x)*stride)
				near[i*z+at+1] = int32(i + ((x+1)%n-x)*stride)
			}
			at += 2
		}
		return near, z, nil
	}
	for i := range g.Sites {
		if g.Degree(i) != z {
			return nil, 0, spec.Mismatch("an energy of all neighbours together", "the same number of neighbours at every site", "a graph where they differ").Try("pair= and site=")
		}
		near = append(near, g.To[g.Start[i]:g.Start[i+1]]...)
	}
	return near, z, nil
}

// Name in messages.
func (m *Tabled) Name() string { return "Tabled" }

// Observables are beside energy and configuration.
func (m *Tabled) Observables() []walkers.Observable[uint8] { return m.means(m.Numbers.Values) }

// at is e of one site.
func (m *Tabled) at(s []uint8, i int) float64 {
	row := int(s[i])
	for _, j := range m.near[i*m.z : (i+1)*m.z] {
		row = row*m.q + int(s[j])
	}
	return m.Table.Values[row]
}

func (m *Tabled) energy(s []uint8) float64 {
	e := 0.0
	for i := range s {
		e += m.at(s, i)
	}
	return e
}

// order visits sites whose energies share no site at the same time: colours of the graph of sites that are at most two bonds apart.
func (m *Tabled) order(kind string) (*walkers.Order, error) {
	var ends [][2]int32
	if kind == "checkerboard" {
		for i := range m.graph.Sites {
			var far []int32
			for _, j := range m.meet[i] {
				far = append(far, m.meet[j]...)
			}
			slices.Sort(far)
			for _, j := range slices.Compact(far) {
				if int(j) > i {
					ends = append(ends, [2]int32{int32(i), j})
				}
			}
		}
	}
	g, err := geometry.NewGraph(m.graph.Sites, ends)
	if err != nil {
		return nil, err
	}
	return walkers.NewOrder(g, kind), nil
}

// tabledRule draws or proposes by the energies of the sites that meet; for a moment the site has the other value, which nobody else reads.
type tabledRule struct {
	*Tabled
	kT   float64
	bath bool
	half bool // of two values visited in turn, what costs nothing is accepted every other time
}

// SetKT sets the temperature.
func (k *tabledRule) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *tabledRule) Name() string {
	if k.bath {
		return "changed"
	}
	return "acceptance"
}

func (k *tabledRule) around(s []uint8, i int) float64 {
	e := 0.0
	for _, j := range k.meet[i] {
		e += k.at(s, int(j))
	}
	return e
}

// Visit updates the sites given.
func (k *tabledRule) Visit(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	var room, sums [256]float64
	var next [1]uint8
	for _, i := range sites {
		old := s[i]
		if k.bath {
			for a := range k.q {
				s[i] = uint8(a)
				room[a] = 0 - k.around(s, int(i))
			}
			running(sums[:k.q], room[:k.q], k.kT)
			s[i] = uint8(u.Pick(sums[:k.q]))
		} else {
			p := walkers.Turned(k.Propose(next[:], s, int(i), u), k.kT, false, k.half)
			if u.Less(rng.NewThreshold(p)) == 1 {
				s[i] = next[0]
			}
		}
		if s[i] != old {
			changed++
		}
	}
	return changed
}

// Width of a site.
func (k *tabledRule) Width() int { return 1 }

// Propose is one of the other values.
func (k *tabledRule) Propose(dst, s []uint8, i int, u *rng.Stream) float64 {
	old := s[i]
	before := k.around(s, i)
	now := (int(old) + 1 + u.Below(k.q-1)) % k.q
	s[i] = uint8(now)
	d := k.around(s, i) - before
	s[i] = old
	dst[0] = uint8(now)
	if math.Abs(d) < 1e-14*(1+math.Abs(before)) { // a difference of sums that are equal but for their rounding
		d = 0
	}
	return d
}

func prepareTabled(m *Tabled, order string, bath bool) (builder, error) {
	o, err := m.order(order)
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, m.energy, o, w, &tabledRule{Tabled: m, bath: bath, half: m.q == 2 && order != "random"}), nil
	}, nil
}

func prepareTabledClock(m *Tabled, _ *moves.HeatBath) (builder, error) {
	o, err := m.order("random")
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewEvents(m, m.energy, o, w, &tabledRule{Tabled: m, bath: true}), nil
	}, nil
}
