package lattice

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// clusterBuilders are both methods in every layout that fits a model, by name.
func clusterBuilders(t *testing.T, m *Ising) map[string]builder {
	t.Helper()
	require.NoError(t, m.Check())
	g, err := m.Lattice.Graph()
	require.NoError(t, err)
	n, h := g.Sites, newHypercube(&m.Lattice)
	all := map[string]builder{
		"SwendsenWang on a graph": func(at contract.Walker) (kernel, error) { return newSwendsenWang(m, newNetwork(m, g), at), nil },
	}
	if fitsRows(m, &h) {
		all["SwendsenWang on rows"] = func(at contract.Walker) (kernel, error) { return newSwendsenWang(m, newRows(m, h), at), nil }
	}
	if m.H.Zero() {
		all["Wolff on a graph"] = func(at contract.Walker) (kernel, error) { return newWolff(n, newWolffGraph(m, g), at), nil }
		if fitsWolffLattice(m, &h) {
			all["Wolff on a lattice"] = func(at contract.Walker) (kernel, error) { return newWolff(n, newWolffLattice(m.J.Scalar, h), at), nil }
		}
	}
	return all
}

// The fast layouts have the law of the slow ones, element by element of the transition matrix, where both fit.
func TestClusterLayoutsAreTwins(t *testing.T) {
	pairs := 0
	for _, sys := range tinySystems() {
		m := sys.make()
		if m.Lattice.Sites() > 6 && len(m.Lattice.Shape) < 3 {
			continue
		}
		all := clusterBuilders(t, m)
		matrix := func(name string) [][]float64 {
			c := &chain{spins: make([]int8, m.Lattice.Sites()), open: func(k rng.Key) kernel {
				made, err := all[name](contract.Walker{Params: contract.Params{KT: 1.3}, Key: k})
				require.NoError(t, err)
				made.Warm()
				return made
			}}
			return c.matrix(t, sweepOnce)
		}
		for fast, slow := range map[string]string{"Wolff on a lattice": "Wolff on a graph", "SwendsenWang on rows": "SwendsenWang on a graph"} {
			if all[fast] == nil {
				continue
			}
			pairs++
			p, q := matrix(fast), matrix(slow)
			for a := range p {
				require.InDeltaSlice(t, q[a], p[a], 1e-13, "%s on %s, state %b", fast, sys.name, a)
			}
		}
	}
	require.Greater(t, pairs, 15)
}

// The energy of the 16x16 torus at kTc (B. Kaufman) by each method in each layout, and with the sign of J turned. 60 independent chains of 100
// sweeps; their means are compared by their own scatter. 6 standard errors of 60 means are a false alarm in 1e-7 (Student); the fixed seed
// lies at rest. Each chain must be long against its autocorrelation: the scatter of the means is at most 0.45 that of single sweeps (an ESS of
// 5). Catches kT off by 5 % (30 standard errors) and a neighbour lost at the boundary.
func TestClusterMethodsOnTheTorus(t *testing.T) {
	const chains, sweeps = 60, 100
	const exact = -1.4530648528134769 * 256
	for _, J := range []float64{1, -1} {
		for name, build := range clusterBuilders(t, isingOn(t, J, 0, nil, 16, 16)) {
			means, spread := make([]float64, chains), 0.0
			for c := range means {
				k, err := build(contract.Walker{Params: contract.Params{KT: squareTc}, Key: rng.New(5).Fold(uint64(c))})
				require.NoError(t, err)
				randomised := make([]int8, 256)
				randomSpins(randomised, rng.New(7).Fold(uint64(c)))
				k.Write(randomised)
				require.NoError(t, k.SweepTo(context.Background(), 60, nil))
				k.Warm()
				sum, squares := 0.0, 0.0
				for s := range int64(sweeps) {
					require.NoError(t, k.SweepTo(context.Background(), 61+s, nil))
					e := k.Energy()
					sum += e / sweeps
					squares += e * e / sweeps
				}
				means[c] = sum
				spread += (squares - sum*sum) / chains
			}
			within(t, fmt.Sprint(name, " J=", J), means, exact)
			mean, scatter := 0.0, 0.0
			for _, x := range means {
				mean += x / chains
			}
			for _, x := range means {
				scatter += (x - mean) * (x - mean) / (chains - 1)
			}
			require.Less(t, math.Sqrt(scatter/spread), 0.45, "%s: chains too short", name)
		}
	}
}

// Interrupted wherever a kernel looks at its context, saved, loaded into a fresh walker and continued: the bits of an uninterrupted run. The
// lattices are large enough that clusters and updates are left half-way. Catches a queue, a coin counter or a place in the sweep that is not saved.
func TestClusterInterruptSaveContinue(t *testing.T) {
	for _, m := range []*Ising{isingOn(t, 1, 0, nil, 300, 310), isingOn(t, -1, 0, []bool{true, false, false}, 40, 51, 45), isingOn(t, 1, 0.1, nil, 300, 310)} {
		for name, build := range clusterBuilders(t, m) {
			const target = 6
			fresh := func() kernel {
				k, err := build(contract.Walker{Params: contract.Params{KT: 2}, Key: rng.New(3)})
				require.NoError(t, err)
				return k
			}
			whole, parts := fresh(), fresh()
			require.NoError(t, whole.SweepTo(context.Background(), target, nil))
			cuts := 0
			for stop := 0; ; stop = stop%40 + 1 {
				err := parts.SweepTo(&countdown{context.Background(), stop}, target, nil)
				var saved bytes.Buffer
				require.NoError(t, parts.Save(&saved))
				parts = fresh()
				text := saved.Bytes()
				require.NoError(t, parts.Load(bytes.NewReader(text)), name)
				require.Error(t, fresh().Load(bytes.NewReader(text[:len(text)-1])))
				if err == nil {
					break
				}
				require.ErrorIs(t, err, context.Canceled)
				cuts++
			}
			require.Greater(t, cuts, 2, name)
			require.Equal(t, whole.Info(), parts.Info(), name)
			a, b := make([]int8, m.Lattice.Sites()), make([]int8, m.Lattice.Sites())
			whole.Read(a)
			parts.Read(b)
			require.Equal(t, a, b, "%s %v", name, m.Lattice.Shape)
		}
	}
}

// A damaged state is refused with its class, whatever byte of the counters is changed, and never panics.
func TestClusterLoadRefuses(t *testing.T) {
	for name, build := range clusterBuilders(t, isingOn(t, 1, 0, nil, 4, 4)) {
		k, err := build(contract.Walker{Params: contract.Params{KT: 2}, Key: rng.New(3)})
		require.NoError(t, err)
		require.NoError(t, k.SweepTo(context.Background(), 3, nil))
		var saved bytes.Buffer
		require.NoError(t, k.Save(&saved))
		refused := 0
		for at := range saved.Len() {
			text := bytes.Clone(saved.Bytes())
			text[at] ^= 0x80
			if err := k.Load(bytes.NewReader(text)); err != nil {
				require.Equal(t, spec.CheckpointError, spec.Of(err).Class, name)
				refused++
			}
		}
		require.GreaterOrEqual(t, refused, 16+2, name)
	}
}

// The same bits for teams of 1, 2, 3 and 7 and on every SIMD level, for both methods, with fields, in two and three dimensions and with rows
// of odd lengths.
func TestClusterBitsDoNotDependOnTheMachine(t *testing.T) {
	level := simd.Current()
	defer func() { require.NoError(t, simd.Use(level)) }()
	for _, m := range []*Ising{isingOn(t, 1, 0, nil, 513, 131), isingOn(t, -1, 0.02, []bool{true, false}, 257, 300), isingOn(t, 0.5, 0, []bool{false, true, true}, 65, 33, 34)} {
		for name, build := range clusterBuilders(t, m) {
			var first []int8
			for _, l := range simd.Levels() {
				require.NoError(t, simd.Use(l))
				for _, size := range []int{1, 2, 3, 7} {
					k, err := build(contract.Walker{Params: contract.Params{KT: 2.2}, Key: rng.New(8)})
					require.NoError(t, err)
					team := par.NewTeam(size)
					require.NoError(t, k.SweepTo(context.Background(), 3, team))
					team.Close()
					s := make([]int8, m.Lattice.Sites())
					k.Read(s)
					if first == nil {
						first = s
					}
					require.True(t, bytes.Equal(array.Cast[byte](bytesOf(first)), bytesOf(s)), "%s, %v, team of %d", name, l, size)
				}
			}
		}
	}
}

func bytesOf(s []int8) []byte { return array.FromSlice(array.Int8, s).Data }

// The number of clusters in a sweep settles at N over their mean size and stays; without warm-up it is 1.
func TestWolffSweepLength(t *testing.T) {
	for name, build := range clusterBuilders(t, isingOn(t, 1, 0, nil, 32, 32)) {
		k, err := build(contract.Walker{Params: contract.Params{KT: 3.5}, Key: rng.New(3)})
		require.NoError(t, err)
		w, ok := k.(*wolff)
		if !ok {
			continue
		}
		w.Warm()
		require.NoError(t, w.SweepTo(context.Background(), 10, nil))
		require.EqualValues(t, 1, w.Info()["clusters_per_sweep"], name)
		require.EqualValues(t, 10, w.Info()["clusters"], name)

		k, err = build(contract.Walker{Params: contract.Params{KT: 3.5}, Key: rng.New(4)})
		require.NoError(t, err)
		w = k.(*wolff)
		require.NoError(t, w.SweepTo(context.Background(), 200, nil))
		w.Warm()
		perSweep := w.Info()["clusters_per_sweep"]
		require.NoError(t, w.SweepTo(context.Background(), 400, nil))
		require.Equal(t, perSweep, w.Info()["clusters_per_sweep"])
		require.InEpsilon(t, 1024, perSweep*w.Info()["cluster_size"], 0.1, name)
	}
}

func TestClusterStepsAllocateNothing(t *testing.T) {
	for _, h := range []float64{0, 0.1} {
		for name, build := range clusterBuilders(t, isingOn(t, 1, h, nil, 20, 70)) {
			k, err := build(contract.Walker{Params: contract.Params{KT: 2.5}, Key: rng.New(3)})
			require.NoError(t, err)
			ctx, done := context.Background(), int64(0)
			step := func() {
				done++
				_ = k.SweepTo(ctx, done, nil)
				if c, ok := k.(clustered); ok {
					c.clusterSizes()
				}
			}
			for range 30 {
				step()
			}
			require.LessOrEqual(t, testing.AllocsPerRun(50, step), 0.1, name) // a longer list of sizes than ever may come
		}
	}
}

func TestWolffRefusesFields(t *testing.T) {
	for _, m := range []*Ising{isingOn(t, 1, 0.5, nil, 4, 4), onLattice([]int{2, 2}, wrapped, one, array.Each([]float64{0, 0, 0, 1}, 2, 2))()} {
		_, err := prepareWolff(m, &moves.Wolff{})
		require.ErrorContains(t, err, "Wolff needs a model without site fields")
		require.ErrorContains(t, err, "SwendsenWang()")
	}
}

// At kT = 0 a ferromagnet in its ground state is one cluster, and nothing leaves the ground states.
func TestClustersAtZeroTemperature(t *testing.T) {
	m := isingOn(t, 1, 0, nil, 6, 6)
	for name, build := range clusterBuilders(t, m) {
		k, err := build(contract.Walker{Key: rng.New(3)})
		require.NoError(t, err)
		k.Warm()
		require.NoError(t, k.SweepTo(context.Background(), 20, nil))
		require.EqualValues(t, -72, k.Energy(), name)
		require.EqualValues(t, 36, k.Info()["cluster_size"], name)
	}
	k, err := prepareSwendsenWang(isingOn(t, 1, -0.5, nil, 6, 6), &moves.SwendsenWang{})
	require.NoError(t, err)
	s, err := k(contract.Walker{Key: rng.New(3)})
	require.NoError(t, err)
	s.Write(bytes16(36, -1))
	require.NoError(t, s.SweepTo(context.Background(), 20, nil))
	require.EqualValues(t, -36, s.(summed).magnetization())
}

func bytes16(n int, x int8) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// The sizes of the clusters add up to N, spins in a cluster agree, and the improved estimator has the mean of m^2: given the clusters, m^2
// after the update has that very expectation, so their differences are uncorrelated in time and 6 standard errors of 4000 are a false alarm
// in 2e-9. Catches a cluster turned over together with another one, and sizes that miss the part of a run in a second word.
func TestClusterSizes(t *testing.T) {
	for _, shape := range [][]int{{16, 16}, {5, 130}, {3, 4, 5}} {
		m := isingOn(t, 1, 0, nil, shape...)
		n := float64(m.Lattice.Sites())
		for name, build := range clusterBuilders(t, m) {
			e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 2.5}, Key: rng.New(3)}}, contract.Start{Kind: "ordered"}, build)
			require.NoError(t, err)
			sizes, err := e.Observable("cluster_sizes")
			if _, ok := e.Kernels[0].(*wolff); ok {
				require.ErrorContains(t, err, "SwendsenWang()")
				continue
			}
			require.NoError(t, err)
			require.Empty(t, sizes.Ragged(0))
			improved, err := e.Observable("cluster_magnetization^2")
			require.NoError(t, err)
			difference, row := make([]float64, 4000), make([]byte, 8)
			for i := range difference {
				sweepOnce(e.Kernels[0], rng.Key{})
				sum := int64(0)
				for _, x := range array.Cast[int64](sizes.Ragged(0)) {
					require.Positive(t, x)
					sum += x
				}
				require.EqualValues(t, n, sum, name)
				improved.Record(0, row)
				mean := magnetization(e, 0) / n
				difference[i] = array.Cast[float64](row)[0] - mean*mean
			}
			within(t, name, difference, 0)
		}
	}
}

// Both layouts see the same clusters: with certain bonds (kT = 0) the sizes are those of the domains.
func TestClusterSizesOfDomains(t *testing.T) {
	m := isingOn(t, 1, 0, []bool{false, true}, 2, 70)
	s := make([]int8, 140)
	for i := range s {
		s[i] = 1
		if x := i % 70; i < 70 && x >= 60 || i < 70 && x < 5 {
			s[i] = -1 // a domain of 15 that reaches around the boundary
		}
	}
	for name, build := range clusterBuilders(t, m) {
		k, err := build(contract.Walker{Key: rng.New(3)})
		require.NoError(t, err)
		if c, ok := k.(*swendsenWang); ok {
			k.Write(s)
			sweepOnce(k, rng.Key{})
			require.Equal(t, []int64{15, 125}, c.clusterSizes(), name)
			require.EqualValues(t, 2, k.Info()["clusters"])
		}
	}
}
