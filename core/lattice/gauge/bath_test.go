package gauge

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// baths are the heat baths of all theories on a lattice, with so many reflections before each, and Metropolis.
func baths(t *testing.T, shape []int, beta float64, reflections int) map[string]*walkers.Ensemble[float64] {
	all := map[string]*walkers.Ensemble[float64]{}
	bath, over := &moves.HeatBath{Order: "checkerboard"}, &moves.OverRelaxation{Reflections: reflections, Order: "checkerboard"}
	hop := &moves.Metropolis{Order: "checkerboard", Step: 1.2 / math.Sqrt(1+beta)}
	add := func(name string, m walkers.Model[float64], heat, both, hops builder, err error) {
		require.NoError(t, err)
		if reflections > 0 {
			heat = both
		}
		for name, build := range map[string]builder{name: heat, name + " by Metropolis": hops} {
			e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 1}, Key: rng.New(11)}}, contract.Start{Kind: "random"}, build)
			require.NoError(t, err)
			all[name] = e
		}
	}
	u := &U1{Lattice: lattice(t, shape), Beta: beta}
	require.NoError(t, u.Check())
	heat, err := u1HeatBath(u, bath)
	require.NoError(t, err)
	both, err := u1OverRelaxation(u, over)
	require.NoError(t, err)
	hops, err := u1Metropolis(u, hop)
	add("U1", u, heat, both, hops, err)
	two := &SU2{Lattice: lattice(t, shape), Beta: beta, Flow: []float64{0}}
	require.NoError(t, two.Check())
	heat, err = matrixHeatBath(two, bath)
	require.NoError(t, err)
	both, err = matrixOverRelaxation(two, over)
	require.NoError(t, err)
	hops, err = matrixMetropolis(two, hop)
	add("SU2", two, heat, both, hops, err)
	three := &SU3{Lattice: lattice(t, shape), Beta: beta, Flow: []float64{0}}
	require.NoError(t, three.Check())
	heat, err = matrixHeatBath(three, bath)
	require.NoError(t, err)
	both, err = matrixOverRelaxation(three, over)
	require.NoError(t, err)
	hops, err = matrixMetropolis(three, hop)
	add("SU3", three, heat, both, hops, err)
	return all
}

// Heat baths and reflections give the exact energy of the plane within 4.9 errors of blocks, on lattices with eight sites in a block and with one, for small
// and large alpha; so does Metropolis. Catches a strength that is off by a factor N, a subgroup's corner with a wrong sign, a lane that repeats another.
func TestHeatBathsInThePlane(t *testing.T) {
	for _, c := range []struct {
		shape       []int
		beta        float64
		reflections int
		sweeps      int64
	}{{[]int{4, 4}, 2.5, 0, 6400}, {[]int{3, 2}, 0.9, 0, 6400}, {[]int{4, 4}, 12, 2, 3200}, {[]int{8, 4}, 4, 1, 1600}} {
		for name, e := range baths(t, c.shape, c.beta, c.reflections) {
			m := e.Model.(planar)
			l, _ := m.plane()
			x := m.expand(c.beta, 14+int(math.Sqrt(100*c.beta/float64(l.sites))))
			_, slope, _ := x.derivatives(float64(l.sites))
			const blocks = 32
			var mean, square float64
			require.NoError(t, e.SweepTo(context.Background(), 0, 200, nil))
			for b := range int64(blocks) {
				sum := 0.0
				for s := range c.sweeps / blocks {
					require.NoError(t, e.SweepTo(context.Background(), 0, 200+b*c.sweeps/blocks+s+1, nil))
					sum += e.Kernels[0].Energy()
				}
				sum /= float64(c.sweeps / blocks)
				mean += sum / blocks
				square += sum * sum / blocks
			}
			se := math.Sqrt((square - mean*mean) / (blocks - 1))
			t.Log(name, c.shape, c.beta, "off", (mean+c.beta*slope)/se, "of", se)
			require.Less(t, math.Abs(mean+c.beta*slope), 4.9*se, "%s %v", name, c)
		}
	}
}

// Under a bias f(E) = -cE, links of matrices have the law of 1/kT + c, with the energy followed to the one that is there, and a chain that is saved
// under a bias goes on to its bits. Catches a sign of the bias, a gain that is off by N, a lane that is judged twice, an energy that is not followed.
func TestMetropolisUnderABias(t *testing.T) {
	const c, sweeps, blocks = 0.8, 3200, 32
	for _, shape := range [][]int{{4, 4}, {3, 2}} {
		for name, e := range baths(t, shape, 2.5, 0) {
			k, ok := e.Kernels[0].(*hops)
			if !ok {
				continue
			}
			bias := func() *contract.Bias {
				return &contract.Bias{Observable: "energy", LogWeight: func(x float64) float64 { return -c * x }}
			}
			require.NoError(t, e.SetBias(0, bias()))
			m := e.Model.(planar)
			l, _ := m.plane()
			x := m.expand(2.5*(1+c), 20)
			_, slope, _ := x.derivatives(float64(l.sites))
			var mean, square float64
			for b := range int64(blocks) {
				sum := 0.0
				for s := range int64(sweeps / blocks) {
					require.NoError(t, e.SweepTo(context.Background(), 0, b*sweeps/blocks+s+1, nil))
					sum += k.Energy() / (sweeps / blocks)
				}
				mean += sum / blocks
				square += sum * sum / blocks
				require.InDelta(t, k.bath.Energy(), k.Energy(), 1e-9)
			}
			se := math.Sqrt((square - mean*mean) / (blocks - 1))
			t.Log(name, shape, "off", (mean+2.5*slope)/se, "of", se)
			require.Less(t, math.Abs(mean+2.5*slope), 4.9*se, "%s %v", name, shape)

			var state bytes.Buffer
			require.NoError(t, e.Save(&state))
			require.NoError(t, e.SweepTo(context.Background(), 0, sweeps+7, nil))
			other := baths(t, shape, 2.5, 0)[name]
			require.NoError(t, other.SetBias(0, bias()))
			require.NoError(t, other.Load(&state))
			require.NoError(t, other.SweepTo(context.Background(), 0, sweeps+7, nil))
			require.Equal(t, e.View(0), other.View(0))
			require.Equal(t, k.Energy(), other.Kernels[0].Energy())
		}
	}
}

// Reflections keep S and move every link; chains have the same bits on every level, and after a detour through a saved state.
func TestReflections(t *testing.T) {
	for _, shape := range [][]int{{4, 4}, {3, 2, 3}, {8, 4, 4}} {
		for _, g := range []lanes.Group{2, 3} {
			layout := lanes.New(shape)
			c := lanes.NewLinks(layout, g)
			z := make([]float64, layout.D*layout.Sites*g.Numbers())
			rng.New(3).Normals(z, 0, 0)
			c.Load(z)
			c.Unitary()
			before := c.Plaquettes(nil)
			at := append([]float64{}, c.U...)
			b := lanes.NewBath(c)
			for mu := range layout.D {
				for k := range int32(layout.Blocks) {
					b.Update(mu, k, 1, 0.7, rng.New(1), 0, true)
				}
			}
			require.InDelta(t, before, c.Plaquettes(nil), 1e-10)
			for k := 0; k < len(at); k += g.Numbers() * lanes.Width {
				require.NotEqual(t, at[k], c.U[k])
			}
		}
	}
	first := map[string][]float64{}
	twin.OnLevels(t, func(t *testing.T) {
		for name, e := range baths(t, []int{4, 8}, 3, 1) {
			require.NoError(t, e.SweepTo(context.Background(), 0, 20, nil))
			x := append([]float64{}, e.View(0)...)
			if first[name] == nil {
				first[name] = x
			}
			require.Equal(t, first[name], x, name)
		}
	})
}
