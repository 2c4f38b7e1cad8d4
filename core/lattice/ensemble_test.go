package lattice

import (
	"context"
	"math"
	"math/cmplx"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

func openOn(t testing.TB, m *Ising, start contract.Start, kT ...float64) *ensemble {
	var all []contract.Walker
	for i, x := range kT {
		all = append(all, contract.Walker{Params: contract.Params{KT: x}, Key: rng.New(21).Fold(uint64(i))})
	}
	build, err := PrepareMetropolis(m, &moves.Metropolis{})
	require.NoError(t, err)
	e, err := walkers.Open(m, all, start, build)
	require.NoError(t, err)
	return e
}

func record(t testing.TB, e *ensemble, name string, w int) []float64 {
	o, err := e.Observable(name)
	require.NoError(t, err)
	n, err := array.Count(o.Shape)
	require.NoError(t, err)
	row := make([]float64, n)
	o.Record(w, array.FromSlice(array.Float64, row).Data)
	return row
}

// The observables against their definitions, on lattices with odd, open and unit axes. Catches a wrong normalisation, a pair across an open end,
// a transform along the wrong axis.
func TestObservablesMatchDefinitions(t *testing.T) {
	for _, c := range []struct {
		periodic []bool
		shape    []int
	}{{nil, []int{4, 6}}, {[]bool{false}, []int{5, 3}}, {[]bool{true, false}, []int{130, 4}}, {nil, []int{3, 1, 70}}, {nil, []int{9}}, {nil, []int{1, 1}}, {nil, []int{2, 2, 3}}, {nil, []int{64, 128}}} {
		m := isingOn(t, 1, 0.5, c.periodic, c.shape...)
		e := openOn(t, m, contract.Start{Kind: "random"}, 1, 2)
		for w := range 2 {
			s := append([]int8(nil), e.Read(w, w)...)
			n, sum := float64(len(s)), float64(total(s))
			want, err := m.Energy(s)
			require.NoError(t, err)
			require.InDelta(t, want, record(t, e, "energy", w)[0], 1e-9)
			require.Equal(t, sum/n, record(t, e, "magnetization", w)[0])
			require.Equal(t, math.Abs(sum/n), record(t, e, "|magnetization|", w)[0])
			require.InDelta(t, math.Pow(sum/n, 2), record(t, e, "magnetization^2", w)[0], 1e-15)
			require.InDelta(t, math.Pow(sum/n, 4), record(t, e, "magnetization^4", w)[0], 1e-15)
			require.InDeltaSlice(t, twoPointTwin(m.Lattice.Shape, m.Lattice.Periodic, s), record(t, e, "two_point", w), 1e-13)
			if len(s) < 1000 {
				require.InDeltaSlice(t, structureTwin(m.Lattice.Shape, s), record(t, e, "structure_factor", w), 1e-9)
			}
			mean := 0.0
			for _, x := range record(t, e, "structure_factor", w) {
				mean += x / n
			}
			require.InDelta(t, 1, mean, 1e-9)
		}
	}
}

func twoPointTwin(shape []int, periodic []bool, s []int8) []float64 {
	reach := -1
	for d, n := range shape {
		r := n - 1
		if periodic[d] {
			r = n / 2
		}
		if n > 1 && (reach < 0 || r < reach) {
			reach = r
		}
	}
	out := []float64{1}
	for r := 1; r <= reach; r++ {
		sum, pairs := 0.0, 0.0
		for i := range s {
			stride := 1
			for d := len(shape) - 1; d >= 0; d-- {
				n := shape[d]
				x := i / stride % n
				if n > 1 && (periodic[d] || x+r < n) {
					sum += float64(s[i] * s[i+((x+r)%n-x)*stride])
					pairs++
				}
				stride *= n
			}
		}
		out = append(out, sum/pairs)
	}
	return out
}

func structureTwin(shape []int, s []int8) []float64 {
	out := make([]float64, len(s))
	for k := range s {
		sum := complex(0, 0)
		for i := range s {
			phase := 0.0
			kd, xd := array.Unravel(k, shape), array.Unravel(i, shape)
			for d, n := range shape {
				phase += 2 * math.Pi * float64(kd[d]*xd[d]) / float64(n)
			}
			sum += complex(float64(s[i]), 0) * cmplx.Exp(complex(0, -phase))
		}
		out[k] = real(sum*cmplx.Conj(sum)) / float64(len(s))
	}
	return out
}

// Recording allocates nothing once it has begun.
func TestRecordAllocatesNothing(t *testing.T) {
	for _, m := range []*Ising{isingOn(t, 1, 0.5, nil, 8, 12), isingOn(t, 1, 0.5, nil, 9, 12)} {
		e := openOn(t, m, contract.Start{}, 2)
		for _, name := range []string{"energy", "magnetization", "|magnetization|", "magnetization^2", "magnetization^4", "configuration", "two_point", "structure_factor"} {
			o, err := e.Observable(name)
			require.NoError(t, err)
			n, _ := array.Count(o.Shape)
			row := make([]byte, max(1, n)*o.Dtype.Size())
			require.Zero(t, testing.AllocsPerRun(20, func() { o.Record(0, row) }), name)
		}
		ctx, at := context.Background(), int64(0)
		require.Zero(t, testing.AllocsPerRun(20, func() { at++; _ = e.SweepTo(ctx, 0, at, nil) }))
	}
}

func TestStarts(t *testing.T) {
	m := isingOn(t, 1, 0, nil, 2, 4)
	ordered := openOn(t, m, contract.Start{Kind: "ordered"}, 1, 2)
	require.Equal(t, 8, total(ordered.Read(1, 1)))
	a := openOn(t, m, contract.Start{Kind: "random"}, 1, 2)
	require.NotEqual(t, a.Read(0, 0), a.Read(1, 1))

	one := []int8{1, -1, 1, 1, -1, -1, -1, 1}
	b := openOn(t, m, contract.Start{Values: array.FromSlice(array.Int8, one, 2, 4)}, 1, 2)
	require.Equal(t, one, b.Read(0, 0))
	require.Equal(t, one, b.Read(1, 1))
	two := []float64{1, -1, 1, 1, -1, -1, -1, 1, 1, 1, 1, 1, -1, 1, 1, -1}
	c := openOn(t, m, contract.Start{Values: array.FromSlice(array.Float64, two, 2, 2, 4)}, 1, 2, 1, 2)
	require.Equal(t, one, c.Read(2, 2))
	require.Equal(t, []int8{1, 1, 1, 1, -1, 1, 1, -1}, c.Read(3, 3))

	a.CopyWalker(0, 1)
	require.Equal(t, a.Read(0, 1), a.Read(1, 1))

	build, err := PrepareMetropolis(m, &moves.Metropolis{})
	require.NoError(t, err)
	w := []contract.Walker{{Params: contract.Params{KT: 1}}, {Params: contract.Params{KT: 1}}}
	for _, bad := range []contract.Start{
		{Kind: "warm"},
		{Values: array.FromSlice(array.Int8, one, 8)},
		{Values: array.FromSlice(array.Int8, []int8{1, 1, 1, 0, 1, 1, 1, 1}, 2, 4)},
		{Values: array.FromSlice(array.Float64, []float64{1, 1, 1, math.NaN(), 1, 1, 1, 1}, 2, 4)},
		{Values: array.FromSlice(array.Int8, make([]int8, 24), 3, 2, 4)},
		{Values: array.FromSlice(array.Int8, []int8{}, 0, 2, 4)},
		{Values: array.FromSlice(array.Complex128, make([]complex128, 8), 2, 4)},
	} {
		_, err := walkers.Open(m, w, bad, build)
		require.Error(t, err)
		require.NotEqual(t, spec.InternalError, spec.Of(err).Class)
	}
}

func TestEnsembleRefuses(t *testing.T) {
	m := isingOn(t, 1, 0, nil, 4, 4)
	build, err := PrepareMetropolis(m, &moves.Metropolis{})
	require.NoError(t, err)
	for _, p := range []contract.Params{{KT: -1}, {KT: math.NaN()}, {KT: math.Inf(1)}, {KT: 1, Extra: map[string]float64{"J": 2}}} {
		_, err := walkers.Open(m, []contract.Walker{{Params: p}}, contract.Start{}, build)
		require.Equal(t, spec.SpecError, spec.Of(err).Class)
	}
	_, err = walkers.Open(m, nil, contract.Start{}, build)
	require.Error(t, err)
	e := openOn(t, m, contract.Start{}, 1)
	_, err = e.Observable("energi")
	require.ErrorContains(t, err, "it has: energy, configuration, magnetization")
	require.Error(t, e.Reduced(0, make([]float64, 1), []contract.Params{{KT: 0}}))
	dst := make([]float64, 2)
	require.NoError(t, e.Reduced(0, dst, []contract.Params{{KT: 2}, {KT: 4}}))
	require.Equal(t, []float64{e.Kernels[0].Energy() / 2, e.Kernels[0].Energy() / 4}, dst)
	g, err := geometry.NewNetwork(3, [][2]int32{{0, 1}})
	require.NoError(t, err)
	graph := openOn(t, &Ising{Lattice: *g, J: array.Is(1)}, contract.Start{}, 1)
	for _, name := range []string{"two_point", "structure_factor"} {
		_, err := graph.Observable(name)
		require.ErrorContains(t, err, "needs a hypercubic lattice")
	}
}

// The layout is chosen by the model and the order alone.
func TestWhatPacks(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		want     bool
		periodic []bool
		shape    []int
	}{
		{yes, []bool{yes}, []int{4, 6}}, {no, []bool{yes}, []int{3, 4}}, {yes, []bool{no, yes}, []int{3, 4}}, {yes, []bool{yes}, []int{1, 4}},
		{no, []bool{yes}, []int{1, 1}}, {yes, []bool{no}, []int{3}}, {no, []bool{yes, no}, []int{5, 3}},
	} {
		require.Equal(t, c.want, packs(isingOn(t, 1, 0, c.periodic, c.shape...)), "%v", c)
	}
	m := isingOn(t, 1, 0, nil, 2, 2)
	m.H = array.Each([]float64{0, 0, 0, 0})
	require.True(t, packs(m))
}
