package sample

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/discrete"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/transition"
)

// whole is a target of integers with E = h.z + z.Jz + sum of z_i^3 / 9: skewed, with differences that the gradient does not give.
func whole(t testing.TB, h, J []float64, blocks ...contract.Block) contract.Target {
	n := len(h)
	constant := func(b *expr.Builder, x []float64, shape ...int) expr.ID {
		return b.Const(array.FromSlice(array.Float64, x, shape...))
	}
	d := target(t, n, func(b *expr.Builder, z expr.ID) expr.ID {
		quadratic := b.Sum(b.Mul(b.Mul(constant(b, J, n, n), b.Broadcast(z, []int{n, n}, []int{0})), b.Broadcast(z, []int{n, n}, []int{1})), 0, 1)
		cubic := b.Scale(b.Sum(b.Mul(z, b.Square(z)), 0), 1.0/9)
		return b.Add(b.Add(b.Sum(b.Mul(constant(b, h, n), z), 0), quadratic), cubic)
	}).(*density.Density)
	d.Blocks = blocks
	require.NoError(t, d.Check())
	return d
}

// spins are Ising spins on 2 x 3 sites with unequal fields and bonds, in zeros and ones; counts are of 4, 4 and 2 values, in two blocks.
func spins(t testing.TB) (contract.Target, discrete.Sites) {
	h, J := make([]float64, 6), make([]float64, 36)
	for i := range h {
		h[i] = 0.7*float64(i) - 1.3
	}
	for k, bond := range [][2]int{{0, 1}, {1, 2}, {3, 4}, {4, 5}, {0, 3}, {1, 4}, {2, 5}} {
		J[bond[0]*6+bond[1]] = 0.3*float64(k) - 1.1
	}
	return whole(t, h, J, contract.Block{Kind: "integers", Count: 1, Rows: 6, Cols: 2}), discrete.Sites{2, 2, 2, 2, 2, 2}
}

func counts(t testing.TB) (contract.Target, discrete.Sites) {
	J := []float64{0.3, -0.4, 0.5, 0, 0.1, -0.6, 0, 0, 0}
	return whole(t, []float64{-0.9, 0.4, 0.2}, J, contract.Block{Kind: "integers", Count: 1, Rows: 2, Cols: 4}, contract.Block{Kind: "integers", Count: 1, Rows: 1, Cols: 2}), discrete.Sites{4, 4, 2}
}

var hops = map[string]func(s discrete.Sites) (kernel, error){
	"DiscreteGibbs":          func(s discrete.Sites) (kernel, error) { return newDiscreteGibbs(&DiscreteGibbs{1}, s) },
	"LocallyInformed barker": func(s discrete.Sites) (kernel, error) { return newLocallyInformed(&LocallyInformed{1, "barker"}, s) },
	"LocallyInformed sqrt":   func(s discrete.Sites) (kernel, error) { return newLocallyInformed(&LocallyInformed{1, "sqrt"}, s) },
	"GibbsWithGradients":     func(s discrete.Sites) (kernel, error) { return newGibbsWithGradients(&GibbsWithGradients{1}, s) },
}

func hopper(t testing.TB, d contract.Target, s discrete.Sites, kT float64, build func(s discrete.Sites) (kernel, error)) *ensemble {
	w := []contract.Walker{{Params: contract.Params{KT: kT}, Key: rng.New(3)}}
	return must(open(d, w, contract.Start{Kind: "random"}, func(int, int64) (kernel, error) { return build(s) }))
}

// Every method that the registry offers on integers has its matrices here.
func TestDiscreteMethods(t *testing.T) {
	d, _ := counts(t)
	for _, e := range Registry() {
		m := e.NewMethod()
		if e.System != "Density" || spec.Decode([]byte("{}"), m, nil) != nil {
			continue
		}
		if f, ok := m.(contract.Follower); !ok || !f.Follows("integers") {
			continue
		}
		_, err := e.Open(d, m, []contract.Walker{{Params: contract.Params{KT: 1}}}, contract.Start{Kind: "random"})
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(slices.Collect(maps.Keys(hops)), func(name string) bool { return strings.HasPrefix(name, e.Method) }), e.Method)
	}
}

// The exact matrix of each kernel leaves exp(-E/kT) invariant and mixes; that of one step is reversible (a scan is not). Batches narrower than the
// neighbourhood change nothing. Catches the missing normaliser Z(x)/Z(y) of LocallyInformed (drift 0.06), gradients at x in place of y in the way back,
// an energy without kT, an off-by-one in a site's values.
func TestDiscreteMatrices(t *testing.T) {
	for name, build := range hops {
		for _, make := range []func(t testing.TB) (contract.Target, discrete.Sites){spins, counts} {
			d, sites := make(t)
			for _, rows := range []int{0, 3} {
				e := hopper(t, d, sites, 1.3, build)
				c, states := e.chains[0], 1
				if k, ok := c.kernel.(*locallyInformed); ok && rows > 0 {
					k.near.rows, k.next.rows = rows, rows
				}
				for _, v := range sites {
					states *= v
				}
				put := func(a int) {
					for i, v := range sites {
						c.at.z[i], a = float64(a%v), a/v
					}
					c.ticks = 0
					require.NoError(t, c.eval.at(context.Background(), &c.at))
				}
				get := func() (a int) {
					for i := len(sites) - 1; i >= 0; i-- {
						a = a*sites[i] + int(c.at.z[i])
					}
					return a
				}
				pi := transition.Boltzmann(states, func(a int) float64 { put(a); return 1.3 * c.at.u }, 1.3)
				p, err := transition.Matrix(states, put, get, func(k rng.Key) {
					c.key = k
					require.NoError(t, c.tick(context.Background()))
					before := c.at.u
					require.NoError(t, c.eval.at(context.Background(), &c.at))
					require.InDelta(t, c.at.u, before, 1e-13)
				})
				require.NoError(t, err, name)
				require.Less(t, p.Drift(pi), 1e-13, name)
				require.NoError(t, p.Mixing(pi), name)
				if name != "DiscreteGibbs" {
					require.Less(t, p.Current(pi), 1e-13, name)
				}
			}
		}
	}
}

// On independent sites without energies, where every step is accepted, draws do not keep the parity of flips.
func TestDiscreteParity(t *testing.T) {
	d := whole(t, []float64{-1.0 / 9, -1.0 / 9}, make([]float64, 4), contract.Block{Kind: "integers", Count: 1, Rows: 2, Cols: 2})
	for _, name := range []string{"LocallyInformed sqrt", "GibbsWithGradients"} {
		e := hopper(t, d, discrete.Sites{2, 2}, 1, hops[name])
		odd := 0
		for i := range 400 {
			require.NoError(t, e.SweepTo(context.Background(), 0, int64(i+1), nil))
			odd += int(e.chains[0].at.z[0]+e.chains[0].at.z[1]) & 1
		}
		require.InDelta(t, 200, odd, 75, name)
	}
}

// A chain that is saved and loaded goes on with the same bits; steady steps allocate nothing; a step that is cut short leaves the chain where it was.
func TestDiscretePromises(t *testing.T) {
	for name, build := range hops {
		d, sites := counts(t)
		a, b := hopper(t, d, sites, 1, build), hopper(t, d, sites, 1, build)
		require.NoError(t, a.SweepTo(context.Background(), 0, 7, nil))
		var file bytes.Buffer
		require.NoError(t, a.Save(&file))
		require.NoError(t, b.Load(&file))
		require.NoError(t, a.SweepTo(context.Background(), 0, 60, nil))
		stopped, cancel := context.WithCancel(context.Background())
		cancel()
		before := append([]float64{}, b.chains[0].at.z...)
		require.Error(t, b.SweepTo(stopped, 0, 60, nil))
		require.Equal(t, before, b.chains[0].at.z)
		require.NoError(t, b.SweepTo(context.Background(), 0, 60, nil))
		require.Equal(t, a.chains[0].at, b.chains[0].at, name)
		to := int64(60)
		require.Zero(t, testing.AllocsPerRun(20, func() {
			to++
			if err := a.SweepTo(context.Background(), 0, to, nil); err != nil {
				panic(errors.New(name))
			}
		}), name)
	}
}
