package simulate

import (
	"bytes"
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// wells is E = sum x^4/4 + x^3/5 + x_i x_i+1 / 2, +inf beyond 50.
type wells int

func (n wells) Size() int                                           { return int(n) }
func (n wells) Evaluator(int) (contract.Evaluator, error)           { return n, nil }
func (n wells) Recorder() (contract.Recorder, error)                { return n, nil }
func (n wells) Record(context.Context, []float64) ([][]byte, error) { return nil, nil }
func (n wells) Quantities() []contract.Quantity {
	return []contract.Quantity{{Name: "x", Dtype: array.Float64, Shape: []int{int(n) / 2, 2}}}
}

func (n wells) Gradient(ctx context.Context, team *par.Team, kT float64, z, u, g []float64) error {
	u[0] = 0
	for i, x := range z {
		next := z[(i+1)%len(z)]
		u[0] += float64(x*x*x*x/4) + float64(x*x*x/5) + float64(0.5*x*next)
		g[i] = float64(x*x*x) + float64(0.6*x*x) + float64(0.5*(next+z[(i+len(z)-1)%len(z)]))
		if math.Abs(x) > 50 {
			u[0] = math.Inf(1)
		}
	}
	return nil
}

func (n wells) Value(ctx context.Context, team *par.Team, kT float64, z, u []float64) error {
	return nil
}

func methods() map[string]method {
	one := array.Is(1.3)
	all := map[string]method{
		"GLE":        &GeneralisedLangevin{array.Each([]float64{1, 2}), array.Is(0.5), 0.3, 0.05, "OBABO", one},
		"NoseHoover": &NoseHoover{0.7, 3, 0.05, one}, "Verlet": &Verlet{0.05, one},
	}
	for _, s := range []string{"BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA", "BBK", "GJF"} {
		all[s] = &Langevin{0.7, 0.05, s, array.Each([]float64{1, 2}, 2, 1)}
	}
	for _, s := range []string{"Euler", "Heun", "SRK", "LeimkuhlerMatthews"} {
		all[s] = &Overdamped{one, 0.05, s}
	}
	return all
}

func opened(t testing.TB, m method, start contract.Start) *ensemble {
	t.Helper()
	var walkers []contract.Walker
	for k := range 2 {
		walkers = append(walkers, contract.Walker{Params: contract.Params{KT: 0.5}, Key: rng.New(3).Fold(uint64(k)), Every: 0.25})
	}
	e, err := open(wells(4), m, walkers, start)
	require.NoError(t, err)
	return e
}

func until(t testing.TB, e *ensemble, time float64) {
	t.Helper()
	for k := range e.walkers {
		require.NoError(t, e.AdvanceTo(context.Background(), k, time, nil))
	}
}

// A saved and loaded run goes on to the bits of one that was not; a steady step allocates nothing. Catches state that Save forgets: thermostats,
// hidden variables, heat, a force that is kept from the step before.
func TestSaveAndGoOn(t *testing.T) {
	for name, m := range methods() {
		whole, first, rest := opened(t, m, contract.Start{Kind: "random"}), opened(t, m, contract.Start{Kind: "random"}), opened(t, m, contract.Start{Kind: "ordered"})
		until(t, whole, 5)
		until(t, first, 2.5)
		var kept bytes.Buffer
		require.NoError(t, first.Save(&kept))
		require.Error(t, rest.Load(bytes.NewReader(kept.Bytes()[:kept.Len()-1])))
		require.NoError(t, rest.Load(bytes.NewReader(kept.Bytes())))
		until(t, rest, 5)
		for k := range whole.walkers {
			a, b := whole.walkers[k], rest.walkers[k]
			require.Equal(t, a.x, b.x, name)
			require.Equal(t, a.v, b.v, name)
			require.EqualValues(t, 100, a.steps)
		}
		require.Equal(t, whole.Info(), rest.Info(), name)
		if o, err := whole.Observable("conserved"); err == nil {
			p, _ := rest.Observable("conserved")
			x, y := make([]byte, 8), make([]byte, 8)
			o.Record(0, x)
			p.Record(0, y)
			require.Equal(t, x, y, name)
		}
		to := int64(20)
		require.Zero(t, testing.AllocsPerRun(20, func() { to++; _ = whole.SweepTo(context.Background(), 0, to, nil) }), name)
	}
}

// The exponential of a small matrix and the factor of what it leaves of 1, against closed forms: a rotation that is damped, and a stiff decay.
func TestExponential(t *testing.T) {
	const a, w = 0.3, 5.0
	p := exponential([]float64{-a, w, -w, -a}, 2)
	c, s := math.Exp(-a)*math.Cos(w), math.Exp(-a)*math.Sin(w)
	require.InDeltaSlice(t, []float64{c, s, -s, c}, p, 1e-14)
	require.InDeltaSlice(t, []float64{math.Sqrt(1 - math.Exp(-2*a)), 0, 0, math.Sqrt(1 - math.Exp(-2*a))}, remainder(p, 2), 1e-14)
	require.InDeltaSlice(t, []float64{1, 0, 0, 0}, exponential([]float64{0, 0, 0, -1e5}, 2), 1e-14)
	require.Equal(t, []float64{0, 0, 0, 1}, remainder([]float64{1, 0, 0, 0}, 2))
}

// Bad masses and starts are refused, and a walker that leaves says when.
func TestRefusals(t *testing.T) {
	walkers := []contract.Walker{{Params: contract.Params{KT: 0.5}, Key: rng.New(3), Every: 0.25}}
	for _, m := range []method{&Verlet{0.1, array.Each([]float64{1, 2, 3})}, &Verlet{0.1, array.Each([]float64{1, 2, 3, 0})}, &Overdamped{array.Is(-1), 0.1, "Euler"}, &Verlet{1e-300, array.Is(1)}} {
		_, err := open(wells(4), m, walkers, contract.Start{Kind: "random"})
		require.Error(t, err)
	}
	_, err := open(wells(4), &Verlet{0.1, array.Is(1)}, walkers, contract.Start{Values: array.FromSlice(array.Float64, []float64{0, 0, 0, 99}, 4)})
	require.Equal(t, spec.NonFiniteError, spec.Of(err).Class)
	e := opened(t, &Overdamped{array.Is(1), 0.25, "Euler"}, contract.Start{Values: array.FromSlice(array.Float64, []float64{9, 9, 9, 9}, 4)})
	err = e.AdvanceTo(context.Background(), 1, 100, nil)
	require.Equal(t, spec.NonFiniteError, spec.Of(err).Class)
	require.ErrorContains(t, err, "at time 0.25 of chain 1")
}
