package potts

import (
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/checkered"
	"github.com/ergodica/ergodica/core/lattice/referee"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// The twins: bond by bond from the definitions.

func pottsEnergy(m *Potts) func(s []uint8) float64 {
	g, _ := m.Lattice.Graph()
	return func(s []uint8) float64 {
		e := 0.0
		for b, ends := range g.Ends {
			if s[ends[0]] == s[ends[1]] {
				e -= m.J.At(b)
			}
		}
		for i, a := range s {
			switch {
			case m.H.Uniform() && a == 0:
				e -= m.H.Scalar
			case len(m.H.Shape) == 1:
				e -= m.H.Values[a]
			case len(m.H.Shape) == 2:
				e -= m.H.Values[i*m.Q+int(a)]
			}
		}
		return e
	}
}

func clockEnergy(m *Clock) func(s []uint8) float64 {
	g, _ := m.Lattice.Graph()
	return func(s []uint8) float64 {
		e := 0.0
		angle := func(i int32) float64 { return 2 * math.Pi * float64(s[i]) / float64(m.Q) }
		for b, ends := range g.Ends {
			e -= m.J.At(b) * math.Cos(angle(ends[0])-angle(ends[1]))
		}
		for i := range s {
			e -= m.H.At(i) * math.Cos(angle(int32(i)))
		}
		return e
	}
}

func values(q int) (all []uint8) {
	for a := range q {
		all = append(all, uint8(a))
	}
	return all
}

func pottsOn(name string, q int, ends [][2]int32, sites int, J, h array.Field) referee.Tiny[uint8] {
	m := func() any {
		l, _ := geometry.NewNetwork(sites, ends)
		return &Potts{Lattice: *l, Q: q, J: J, H: h}
	}
	return referee.Tiny[uint8]{Name: name, Make: m, Values: values(q), Sites: sites, Energy: pottsEnergy(m().(*Potts))}
}

func clockOn(name string, q int, ends [][2]int32, sites int, J, h array.Field) referee.Tiny[uint8] {
	m := func() any {
		l, _ := geometry.NewNetwork(sites, ends)
		return &Clock{Lattice: *l, Q: q, J: J, H: h}
	}
	return referee.Tiny[uint8]{Name: name, Make: m, Values: values(q), Sites: sites, Energy: clockEnergy(m().(*Clock))}
}

// on puts a system on a hypercubic lattice, where a whole colour is drawn at a time.
func on(t *testing.T, name string, m func(l geometry.Lattice) any, q int, energy func(m any) func(s []uint8) float64, periodic bool, shape ...int) referee.Tiny[uint8] {
	fresh := func() any {
		l, err := geometry.NewHypercubic(shape)
		require.NoError(t, err)
		require.NoError(t, l.SetPeriodic([]bool{periodic}))
		return m(*l)
	}
	n := 1
	for _, l := range shape {
		n *= l
	}
	return referee.Tiny[uint8]{Name: name, Make: fresh, Values: values(q), Sites: n, Energy: energy(fresh())}
}

func grid(t *testing.T, name string, q int, J, h array.Field, periodic bool, shape ...int) referee.Tiny[uint8] {
	return on(t, name, func(l geometry.Lattice) any { return &Potts{Lattice: l, Q: q, J: J, H: h, Periodic: []bool{periodic}} }, q,
		func(m any) func(s []uint8) float64 { return pottsEnergy(m.(*Potts)) }, periodic, shape...)
}

var (
	pair     = [][2]int32{{0, 1}}
	triangle = [][2]int32{{0, 1}, {1, 2}, {2, 0}}
	kite     = [][2]int32{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {2, 3}}
	thrice   = [][2]int32{{0, 1}, {0, 1}, {0, 1}}
	none     = array.Is(0)
	uneven   = array.Each([]float64{0.7, 1.1, 0.4, 0.2, 0.9})
)

func pairwiseOn(name string, ends [][2]int32, sites int, site array.Field) referee.Tiny[uint8] {
	V := []float64{-0.5, 0.2, 1, 0.2, 0.1, -0.7, 1, -0.7, 0.3}
	m := func() any {
		l, _ := geometry.NewNetwork(sites, ends)
		return &Pairwise{Lattice: *l, Numbers: array.Each([]float64{-1, 0, 1}), Pair: array.Each(V, 3, 3), Site: site, J: array.Is(0.9)}
	}
	return referee.Tiny[uint8]{Name: name, Make: m, Values: values(3), Sites: sites, Energy: func(s []uint8) float64 {
		e := 0.0
		for _, b := range ends {
			e += 0.9 * V[3*int(s[b[0]])+int(s[b[1]])]
		}
		for i, a := range s {
			switch len(site.Shape) {
			case 1:
				e += site.Values[a]
			case 2:
				e += site.Values[3*i+int(a)]
			}
		}
		return e
	}}
}

// The table is of no symmetry at all, so that the order of the neighbours matters.
func tabledOn(t *testing.T, name string, q int, shape ...int) referee.Tiny[uint8] {
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	z := 2 * len(shape)
	dims := []int{q}
	size := q
	for range z {
		dims, size = append(dims, q), size*q
	}
	table := make([]float64, size)
	u := rng.New(8).Stream(0)
	for i := range table {
		table[i] = u.Normal()
	}
	n := l.Sites()
	m := func() any {
		l, _ := geometry.NewHypercubic(shape)
		return &Tabled{Lattice: *l, Numbers: array.Each([]float64{-1, 0, 1}[:q]), Table: array.Each(table, dims...)}
	}
	return referee.Tiny[uint8]{Name: name, Make: m, Values: values(q), Sites: n, Energy: func(s []uint8) float64 {
		e := 0.0
		for i := range n {
			row := int(s[i])
			for d, stride := 0, n; d < len(shape); d++ {
				stride /= shape[d]
				x := i / stride % shape[d]
				for _, to := range []int{x - 1, x + 1} {
					row = row*q + int(s[i+((to+shape[d])%shape[d]-x)*stride])
				}
			}
			e += table[row]
		}
		return e
	}}
}

// Planted one at a time and seen to fail: kT off by 5 % in running, in Metropolis and in join; a field left out of the list; a cluster's value drawn
// without its fields; a neighbour that joins whether its value is the image or not.
func TestEveryMethodLeavesBoltzmannInvariant(t *testing.T) {
	orders := []string{`{"order":"sequential"}`, `{"order":"random"}`}
	tested := referee.Balanced(t, Registry(), referee.With(map[string][]string{"HeatBath": orders, "Metropolis": orders}), map[string][]referee.Tiny[uint8]{
		"lattice.Potts": {
			pottsOn("pair", 4, pair, 2, array.Is(1), none),
			pottsOn("triangle", 3, triangle, 3, array.Is(0.8), none),
			pottsOn("two values", 2, triangle, 3, array.Is(0.8), none),
			pottsOn("frustrated triangle", 3, triangle, 3, array.Is(-0.8), none),
			pottsOn("triangle in a field", 3, triangle, 3, array.Is(0.8), array.Is(0.5)),
			pottsOn("field on each value", 3, pair, 2, array.Is(0.8), array.Each([]float64{0.5, -0.2, 0.1})),
			pottsOn("random fields", 3, pair, 2, array.Is(0.8), array.Each([]float64{0.5, -0.2, 0.1, 0, 0.3, 0.9}, 2, 3)),
			pottsOn("uneven kite", 2, kite, 4, uneven, none),
			pottsOn("two couplings", 3, kite, 4, array.Each([]float64{0.7, -0.4, 0.7, -0.4, 0.7}), array.Is(0.2)),
			pottsOn("two couplings of many values", 16, pair, 2, array.Is(0.7), none),
			pottsOn("many values", 7, pair, 2, array.Is(-1.1), array.Is(0.2)),
			pottsOn("three couplings of many values", 6, thrice, 2, array.Each([]float64{0.7, -0.9, 0.4}), none), // too many sums for a list
			pottsOn("couplings of many values in a field", 5, [][2]int32{{0, 1}, {0, 1}, {1, 2}, {1, 2}}, 3, array.Each([]float64{0.7, 0, 0.4, 0.7}), array.Each([]float64{0.5, -0.2, 0.1, 0.3, -0.4})),
			pottsOn("one site", 3, nil, 1, array.Is(1), array.Is(0.4)),
		},
		"lattice.Clock": {
			clockOn("triangle", 4, triangle, 3, array.Is(0.9), none),
			clockOn("frustrated triangle", 3, triangle, 3, array.Is(-0.9), none),
			clockOn("pair of five", 5, pair, 2, array.Is(1.3), none),
			clockOn("pair in fields", 5, pair, 2, array.Is(1.3), array.Each([]float64{0.4, -0.7})),
			clockOn("uneven kite", 2, kite, 4, uneven, none),
		},
		"lattice.Pairwise": {
			pairwiseOn("triangle", triangle, 3, none),
			pairwiseOn("triangle of sites", triangle, 3, array.Each([]float64{0.3, -0.1, 0.2})),
			pairwiseOn("pair of different sites", pair, 2, array.Each([]float64{0.3, -0.1, 0.2, 0, 0.7, -0.2}, 2, 3)),
		},
		"lattice.Tabled": {tabledOn(t, "ring of 3", 3, 3), tabledOn(t, "2x2 torus", 2, 2, 2), tabledOn(t, "ring of 5", 2, 5)},
	}, 1.3, 0.5)
	require.Len(t, tested, 13)
	for who, n := range tested {
		require.Greater(t, n, 5, who)
	}
}

// What draws a colour at a time. Planted one at a time and seen to fail: kT off by 5 %, a margin from the wrong end, a code of a missing neighbour that
// is a value's, the cuts of the wrong row; of Metropolis, rows of another own value, a proposal twice as likely as the other.
func TestColoursLeaveBoltzmannInvariant(t *testing.T) {
	var baths []contract.Entry
	for _, e := range Registry() {
		if e.Verb == "sample" && (e.Method == "HeatBath" || e.Method == "Metropolis") {
			baths = append(baths, e)
		}
	}
	tested := referee.Balanced(t, baths, nil, map[string][]referee.Tiny[uint8]{
		"lattice.Potts": {
			grid(t, "ring of 4", 3, array.Is(0.8), none, true, 4),
			grid(t, "2x2 torus", 3, array.Is(-0.7), none, true, 2, 2),
			grid(t, "2x2 torus in a field", 3, array.Is(0.8), array.Each([]float64{0.5, -0.2, 0.1}), true, 2, 2),
			grid(t, "open 2x3", 2, array.Is(0.8), array.Is(0.3), false, 2, 3),
			grid(t, "open chain of 4", 3, array.Is(0.9), none, false, 4),
			grid(t, "ring of 2", 4, array.Is(0.6), array.Is(-0.3), true, 2),
			grid(t, "cube", 2, array.Is(0.4), none, true, 2, 2, 2),
		},
		"lattice.Clock": {
			on(t, "ring of 4", func(l geometry.Lattice) any { return &Clock{Lattice: l, Q: 4, J: array.Is(0.9)} }, 4,
				func(m any) func(s []uint8) float64 { return clockEnergy(m.(*Clock)) }, true, 4),
			on(t, "2x2 torus", func(l geometry.Lattice) any { return &Clock{Lattice: l, Q: 3, J: array.Is(-0.6)} }, 3,
				func(m any) func(s []uint8) float64 { return clockEnergy(m.(*Clock)) }, true, 2, 2),
		},
	}, 1.3)
	require.Equal(t, map[string]int{"lattice.Potts HeatBath": 7, "lattice.Clock HeatBath": 2, "lattice.Potts Metropolis": 7, "lattice.Clock Metropolis": 2}, tested)
}

// What planes count is what the configuration has.
func TestSharesOfPlanes(t *testing.T) {
	for _, periodic := range []bool{true, false} {
		l, err := geometry.NewHypercubic([]int{6, 10})
		require.NoError(t, err)
		m := &Potts{Lattice: *l, Q: 3, J: array.Is(1), H: array.Is(0.3), Periodic: []bool{periodic}}
		require.NoError(t, m.Check())
		build, err := prepareHeatBath(m, &m.spins, "checkerboard")
		require.NoError(t, err)
		e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 0.9}, Key: rng.New(2)}}, contract.Start{Kind: "random"}, build)
		require.NoError(t, err)
		require.IsType(t, &checkered.Kernel[uint8]{}, e.Kernels[0])
		require.NoError(t, e.SweepTo(context.Background(), 0, 3, nil))
		s, want, got := e.View(0), make([]float64, 3), make([]float64, 3)
		m.occupation(want, s)
		m.shares(got, e, 0)
		require.Equal(t, want, got)
		require.InDelta(t, pottsEnergy(m)(s), e.Kernels[0].Energy(), 1e-12)
	}
}

// Clusters of most of the lattice grow in several goes. Planted and seen to fail: a stream that begins anew where a cluster goes on; marks that stay when a state is read.
func TestClustersInterrupted(t *testing.T) {
	for _, e := range Registry() {
		if e.Method != "Wolff" || e.System != "lattice.Potts" {
			continue
		}
		referee.Grows(t, func() contract.Ensemble {
			l, err := geometry.NewHypercubic([]int{200, 300})
			require.NoError(t, err)
			m := &Potts{Lattice: *l, Q: 3, J: array.Is(1)}
			made, err := e.Open(m, e.NewMethod(), []contract.Walker{{Params: contract.Params{KT: 0.6}, Key: rng.New(1)}}, contract.Start{Kind: "ordered"})
			require.NoError(t, err)
			return made
		}, 6, 10)
	}
}

func TestInterruptSaveContinue(t *testing.T) {
	orders := []string{`{"order":"sequential"}`, `{"order":"random"}`}
	referee.Resumes[uint8](t, Registry(), referee.With(map[string][]string{"HeatBath": orders, "Metropolis": orders}), func(system string) any {
		l, err := geometry.NewHypercubic([]int{40, 30})
		require.NoError(t, err)
		numbers, pair := array.Each([]float64{-1, 1}), array.Each([]float64{-1, 1, 1, -1}, 2, 2)
		switch system {
		case "lattice.Clock":
			return &Clock{Lattice: *l, Q: 6, J: array.Is(1)}
		case "lattice.Pairwise":
			return &Pairwise{Lattice: *l, Numbers: numbers, Pair: pair, J: array.Is(1)}
		case "lattice.Tabled":
			table := make([]float64, 32)
			for i := range table {
				table[i] = float64(i % 5)
			}
			return &Tabled{Lattice: *l, Numbers: numbers, Table: array.Each(table, 2, 2, 2, 2, 2)}
		}
		return &Potts{Lattice: *l, Q: 3, J: array.Is(1)}
	}, 0.9, 12)
}

// The listed distribution, the product of factors and the energies themselves agree, at kT where factors underflow, too.
func TestHeatBathForms(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{3, 4})
	require.NoError(t, err)
	m := &Potts{Lattice: *l, Q: 3, J: array.Is(-1), H: array.Each([]float64{0.3, 0, -0.2})}
	require.NoError(t, m.Check())
	s := make([]uint8, 12)
	u := rng.New(3).Stream(0)
	m.Draw(s, &u)
	for _, kT := range []float64{2, 0.1, 1e-3, 0} {
		k := newHeatBath(newBath(&m.spins))
		k.SetKT(kT)
		for i := range s {
			var x, want, got [3]float64
			m.local(x[:], s, i)
			running(want[:], x[:], kT)
			k.distribution(got[:], s, i)
			row := 0
			for _, j := range m.graph.To[m.graph.Start[i]:m.graph.Start[i+1]] {
				row += int(k.step[s[j]])
			}
			for a := range want {
				require.InDelta(t, want[a]/want[2], got[a]/got[2], 1e-14)
				if kT > 0 {
					require.InDelta(t, want[a]/want[2], k.d.sums[row*3+a]/k.d.sums[row*3+2], 1e-14)
				}
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{3, 4})
	require.NoError(t, err)
	require.ErrorContains(t, (&Potts{Lattice: *l, Q: 3, H: array.Each([]float64{1, 2})}).Check(), "(3,)")
	require.ErrorContains(t, (&Potts{Lattice: *l, Q: 3, J: array.Each([]float64{1, 2})}).Check(), "(24,)")
	require.ErrorContains(t, (&Clock{Lattice: *l, Q: 3, H: array.Each([]float64{1, 2})}).Check(), "(12,)")
	for _, e := range Registry() {
		if e.Verb != "sample" || (e.Method != "Wolff" && e.Method != "SwendsenWang") || e.System != "lattice.Potts" {
			continue
		}
		l, err := geometry.NewHypercubic([]int{3, 4})
		require.NoError(t, err)
		m := &Potts{Lattice: *l, Q: 3, J: array.Is(-1), H: array.Is(1)}
		_, err = e.Open(m, e.NewMethod(), []contract.Walker{{Params: contract.Params{KT: 1}}}, contract.Start{})
		require.Error(t, err)
	}
}
