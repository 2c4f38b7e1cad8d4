package twostate

import (
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/potts"
	"github.com/ergodica/ergodica/core/lattice/referee"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// Energies without any symmetry between the values, so that each of the three parts of a bond counts.
var (
	lopsided = []float64{-0.5, 0.2, 0.2, 0.9}
	three    = []float64{-0.5, 0.2, 1, 0.2, 0.1, -0.7, 1, -0.7, 0.3}
)

func on(l geometry.Lattice, V []float64, site, J array.Field) *potts.Pairwise {
	q := 2
	if len(V) == 9 {
		q = 3
	}
	return &potts.Pairwise{Lattice: l, Numbers: array.Each([]float64{-1, 0.5, 2}[:q]), Pair: array.Each(V, q, q), Site: site, J: J}
}

// energy is the slow twin.
func energy(ends [][2]int32, q int, V []float64, site, J array.Field, s []uint8) float64 {
	e := 0.0
	for b, ij := range ends {
		e += J.At(b) * V[q*int(s[ij[0]])+int(s[ij[1]])]
	}
	for i, a := range s {
		switch len(site.Shape) {
		case 1:
			e += site.Values[a]
		case 2:
			e += site.Values[q*i+int(a)]
		}
	}
	return e
}

func tiny(name string, ends [][2]int32, sites int, V []float64, site, J array.Field) referee.Tiny[uint8] {
	values := []uint8{0, 1, 2}
	if len(V) == 4 {
		values = values[:2]
	}
	return referee.Tiny[uint8]{Name: name, Values: values, Sites: sites, Make: func() any {
		l, _ := geometry.NewNetwork(sites, ends)
		return on(*l, V, site, J)
	}, Energy: func(s []uint8) float64 { return energy(ends, len(values), V, site, J, s) }}
}

// Planted one at a time and seen to fail: a bond's field on one of its ends alone; half the fields of sites; the constant left out of the energy; values
// read as spins of the other sign; a bias at the spins' energy.
func TestEveryMethodLeavesBoltzmannInvariant(t *testing.T) {
	orders := []string{`{"order":"sequential"}`, `{"order":"random"}`}
	triangle, pair, kite := [][2]int32{{0, 1}, {1, 2}, {2, 0}}, [][2]int32{{0, 1}}, [][2]int32{{0, 1}, {1, 2}, {2, 0}, {2, 3}, {2, 3}}
	none, uneven := array.Is(0), array.Each([]float64{0.7, -1.1, 0.4, 0.2, 0.9})
	tested := referee.Balanced(t, Registry(), map[string][]string{"HeatBath": orders, "Metropolis": orders}, map[string][]referee.Tiny[uint8]{
		"lattice.Pairwise": {
			tiny("three values", triangle, 3, three, array.Each([]float64{0.3, -0.1, 0.2}), array.Is(0.9)),
			tiny("three values in uneven fields", pair, 2, three, array.Each([]float64{0.3, -0.1, 0.2, 0, 0.7, -0.2}, 2, 3), array.Is(0.9)),
			tiny("signs", triangle, 3, []float64{-1, 1, 1, -1}, none, array.Is(0.8)),
			tiny("two values", triangle, 3, lopsided, none, array.Is(0.8)),
			tiny("two values in a field", triangle, 3, lopsided, array.Each([]float64{0.3, -0.4}), array.Is(-0.8)),
			tiny("uneven kite", kite, 4, lopsided, array.Each([]float64{0.3, -0.1, 0.2, 0, 0.7, -0.2, 0, 0.1}, 4, 2), uneven),
		},
	}, 1.3, 0.5)
	require.Len(t, tested, 2)
}

func TestInterruptSaveContinue(t *testing.T) {
	orders := []string{`{"order":"sequential"}`, `{"order":"random"}`}
	for _, shape := range [][]int{{40, 30}, {3, 5}} { // packed, and not
		referee.Resumes[uint8](t, Registry(), map[string][]string{"HeatBath": orders, "Metropolis": orders}, func(string) any {
			l, err := geometry.NewHypercubic(shape)
			require.NoError(t, err)
			return on(*l, lopsided, array.Is(0), array.Is(1))
		}, 0.9, 12)
	}
}

// Whatever the couplings, the boundary and the bias, the energy that a kernel keeps is that of the definition.
func TestEnergies(t *testing.T) {
	u := rng.New(4).Stream(0)
	l, err := geometry.NewHypercubic([]int{4, 6})
	require.NoError(t, err)
	g, err := l.Graph()
	require.NoError(t, err)
	couplings, fields := make([]float64, len(g.Ends)), make([]float64, 2*24)
	for _, x := range [][]float64{couplings, fields} {
		for i := range x {
			x[i] = u.Normal()
		}
	}
	for _, J := range []array.Field{array.Is(1), array.Is(-0.3), array.Each(couplings)} {
		for _, site := range []array.Field{array.Is(0), array.Each([]float64{0.2, -0.5}), array.Each(fields, 24, 2)} {
			for _, entry := range Registry() {
				e, err := entry.Open(on(*l, lopsided, site, J), entry.NewMethod(), []contract.Walker{{Params: contract.Params{KT: 1.5}, Key: rng.New(5)}}, contract.Start{Kind: "random"})
				require.NoError(t, err)
				s, had := make([]uint8, 24), []float64{0}
				var seen, weighed float64 // in the end both are of where the walker stands
				check := func() {
					e.Configuration(0, s)
					want := energy(g.Ends, 2, lopsided, site, J, s)
					require.NoError(t, e.Reduced(0, had, []contract.Params{{KT: 1}}))
					require.InDelta(t, want, had[0], 1e-12)
				}
				check()
				require.NoError(t, e.SweepTo(t.Context(), 0, 7, nil))
				check()
				require.NoError(t, e.SetBias(0, &contract.Bias{Observable: "energy", LogWeight: func(E float64) float64 {
					weighed = E
					return 0.1 * E
				}, Visit: func(E float64) { seen = E }}))
				require.NoError(t, e.SweepTo(t.Context(), 0, 9, nil))
				check()
				require.InDelta(t, had[0], seen, 1e-12)
				require.InDelta(t, had[0], weighed, 1e-12)
				require.Error(t, e.SetBias(0, &contract.Bias{Observable: "magnetization"}))
			}
		}
	}
}
