package lattice

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// One biased move, by every outcome of its choices, obeys detailed balance with exp(-E/kT + f(x)). Catches a bias of the wrong sign, one looked up at
// the old value, an energy that does not follow the flip, a limit that lets through.
func TestBiasedBalance(t *testing.T) {
	biases := map[string]contract.Bias{
		"skewed":    {Observable: "energy", LogWeight: func(e float64) float64 { return 0.3*e - 0.05*e*e }},
		"limit":     {Observable: "energy", LogWeight: func(e float64) float64 { return limit(e < 1.5) }},
		"magnet":    {Observable: "magnetization", LogWeight: func(m float64) float64 { return -2 * (m - 0.3) * (m - 0.3) }},
		"reference": {Observable: contract.Excess, LogWeight: func(x float64) float64 { return limit(x < 0.9) }},
	}
	for _, s := range tinySystems() {
		m := s.make()
		if m.Lattice.Sites() > 6 {
			continue
		}
		for name, b := range biases {
			for _, r := range []rule{metropolis, heatBath} {
				for _, kT := range []float64{1.7, math.Inf(1)} {
					l, err := newLocal(m, r, "random")
					require.NoError(t, err)
					w := contract.Walker{Params: contract.Params{KT: 1.7}}
					c := &chain{spins: make([]int8, m.Lattice.Sites()), open: func(key rng.Key) kernel {
						w.Key = key
						k, err := newBiased(l, w, kT, &b)
						require.NoError(t, err)
						return k
					}}
					p := c.matrix(t, func(k kernel, key rng.Key) {
						u := key.Stream(0)
						k.(*biased).visitSome(&u, 1)
					})
					pi := make([]float64, 1<<len(c.spins))
					sum := 0.0
					for state := range pi {
						configuration(c.spins, state)
						e, err := m.Energy(c.spins)
						require.NoError(t, err)
						x := map[string]float64{"energy": e, contract.Excess: e / 1.7, "magnetization": float64(total(c.spins)) / float64(len(c.spins))}[b.Observable]
						pi[state] = math.Exp(-e/kT + b.LogWeight(x))
						sum += pi[state]
					}
					if sum == 0 {
						continue
					}
					for state := range pi {
						pi[state] /= sum
					}
					require.Less(t, p.Current(pi), 1e-12, "%s %s %v %v", s.name, name, r, kT)
				}
			}
		}
	}
}

func limit(inside bool) float64 {
	if inside {
		return 0
	}
	return math.Inf(-1)
}

// A walker's bias can be set, changed, saved and taken away; energies follow the moves; clusters refuse it. The path to the reference is a temperature,
// and at its end spins are coins.
func TestBiasesAndReference(t *testing.T) {
	m := isingOn(t, 1, 0.25, nil, 8, 6)
	build, err := PrepareMetropolis(m, &moves.Metropolis{})
	require.NoError(t, err)
	make := func() *ensemble {
		e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 2, Reference: 0.25}, Key: rng.New(3)}, {Params: contract.Params{KT: 1}, Key: rng.New(4)}},
			contract.Start{}, build)
		require.NoError(t, err)
		require.NoError(t, e.SetBias(0, &contract.Bias{Observable: "energy", LogWeight: func(e float64) float64 { return 0.1 * e }}))
		return e
	}
	e := make()
	require.NoError(t, e.SweepTo(context.Background(), 0, 100, nil))
	s := e.Read(0, 0)
	energy, err := m.Energy(s)
	require.NoError(t, err)
	require.InDelta(t, energy, e.Kernels[0].Energy(), 1e-9)
	u := []float64{0, 0, 0}
	require.NoError(t, e.Reduced(0, u, []contract.Params{{KT: 2}, {KT: 2, Reference: 0.25}, {KT: 2, Reference: 1}}))
	require.InDeltaSlice(t, []float64{energy / 2, 0.75 * energy / 2, 0}, u, 1e-9)
	var kept bytes.Buffer
	require.NoError(t, e.Save(&kept))
	again := make()
	require.NoError(t, again.Load(&kept))
	for _, x := range []*ensemble{e, again} {
		require.NoError(t, x.SweepTo(context.Background(), 0, 150, nil))
	}
	require.Equal(t, e.Read(0, 0), again.Read(0, 0))
	before := append([]int8(nil), e.Read(0, 0)...)
	e.SwapWalkers(0, 1)
	require.Equal(t, before, e.Read(1, 1))
	e.CopyWalker(0, 1)
	require.NoError(t, e.SetBias(0, nil))
	require.Equal(t, int64(150), e.Kernels[0].Sweeps())
	require.Equal(t, before, e.Read(0, 0))
	wolff, err := prepareSwendsenWang(m, &moves.SwendsenWang{})
	require.NoError(t, err)
	c, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 2}}}, contract.Start{}, wolff)
	require.NoError(t, err)
	require.Equal(t, spec.SpecError, spec.Of(c.SetBias(0, &contract.Bias{Observable: "energy"})).Class)
	require.Error(t, e.SetBias(0, &contract.Bias{Observable: "colour"}))

	ups, u0 := 0, rng.New(9).Stream(0)
	for range 1000 {
		require.NoError(t, e.DrawReference(1, &u0))
		for _, x := range e.Read(1, 1) {
			ups += int(x+1) / 2
		}
	}
	require.InDelta(t, 24000, ups, 4.9*math.Sqrt(48000)/2)
	require.InDelta(t, 48*math.Log(2), e.LogReference(), 1e-12)
}
