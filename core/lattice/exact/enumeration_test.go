package exact

import (
	"math"
	"math/big"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/par"
	"github.com/stretchr/testify/require"
)

// bySum is the obvious twin of Enumeration: every configuration's energy from scratch, weights and sums in 200 bits, variances by a second pass.
func bySum(t *testing.T, m *lattice.Ising, kT float64) map[string]float64 {
	t.Helper()
	require.NoError(t, m.Check())
	const p = precision(200)
	n := m.Lattice.Sites()
	states := 1 << n
	energy, mean, weight := make([]float64, states), make([]float64, states), make([]*big.Float, states)
	lowest := math.Inf(1)
	s := make([]int8, n)
	for k := range states {
		up := 0
		for i := range s {
			s[i] = int8(k>>i&1)*2 - 1
			up += int(s[i])
		}
		e, err := m.Energy(s)
		require.NoError(t, err)
		energy[k], mean[k] = e, float64(up)/float64(n)
		lowest = min(lowest, e)
	}
	average := func(of func(k int) float64) float64 {
		sum, total := p.new(), p.new()
		for k, w := range weight {
			sum.Add(sum, p.mul(w, p.of(of(k))))
			total.Add(total, w)
		}
		x, _ := p.quo(sum, total).Float64()
		return x
	}
	z := p.new()
	known := map[float64]*big.Float{}
	for k := range weight {
		w, ok := known[energy[k]]
		if !ok {
			w = p.exp(p.quo(p.sub(p.of(lowest), p.of(energy[k])), p.of(kT)))
			known[energy[k]] = w
		}
		weight[k] = w
		z.Add(z, w)
	}
	total, _ := z.Float64()
	out := map[string]float64{
		"log_z":         math.Log(total) - lowest/kT,
		"energy":        lowest + average(func(k int) float64 { return energy[k] - lowest }),
		"magnetization": average(func(k int) float64 { return mean[k] }), "|magnetization|": average(func(k int) float64 { return math.Abs(mean[k]) }),
		"magnetization^2": average(func(k int) float64 { return mean[k] * mean[k] }), "magnetization^4": average(func(k int) float64 { return math.Pow(mean[k], 4) }),
	}
	excess := average(func(k int) float64 { return energy[k] - lowest })
	out["free_energy"] = -kT * out["log_z"]
	out["entropy"] = math.Log(total) + excess/kT
	out["heat_capacity"] = average(func(k int) float64 { return square(energy[k] - lowest - excess) }) / (kT * kT)
	out["susceptibility"] = float64(n) * average(func(k int) float64 { return square(mean[k] - out["magnetization"]) }) / kT
	out["binder"] = 1 - out["magnetization^4"]/(3*out["magnetization^2"]*out["magnetization^2"])
	return out
}

// Every result against the twin: graphs and lattices, couplings with a common unit (counted) and without (weighed), uniform, site and no fields, at
// temperatures from frozen to free. Catches a missed bond, a double bond counted once, a wrong flip of the Gray code, mirrored states lost.
func TestEnumerationAgainstSum(t *testing.T) {
	star, err := geometry.NewNetwork(7, [][2]int32{{0, 1}, {0, 2}, {0, 3}, {3, 0}, {1, 2}, {5, 6}})
	require.NoError(t, err)
	one, err := geometry.NewNetwork(1, nil)
	require.NoError(t, err)
	random := torus(3, 4)
	random.J = array.Each(draws(1, 24))
	fields := torus(2, 5)
	fields.H = array.Each(draws(2, 10), 2, 5)
	glass := torus(3, 4)
	signs := draws(3, 24)
	for i := range signs {
		signs[i] = math.Copysign(1, signs[i])
	}
	glass.J = array.Each(signs)
	both := magnet([]int{2, 2, 3}, 0, 0, true, false, false)
	both.J = array.Each(draws(4, 12+6+8))
	both.H = array.Is(0.37)
	big := torus(4, 4)
	big.J = array.Each(draws(5, 32))
	for name, m := range map[string]*lattice.Ising{
		"star": {Lattice: *star, J: array.Is(1.25), H: array.Is(-0.1)}, "one": {Lattice: *one, J: array.Is(1), H: array.Is(0.3)}, "free one": {Lattice: *one, J: array.Is(1)},
		"torus": torus(3, 4), "pairs": torus(2, 2), "antiferromagnet": magnet([]int{3, 3}, -0.7, 0, true), "open, field": magnet([]int{3, 4}, 0.1, 0.3, false),
		"random bonds": random, "random fields": fields, "glass": glass, "random bonds, field": both, "no coupling": magnet([]int{3, 3}, 0, 0.2, true), "two blocks": big,
	} {
		kT := []float64{0.05, 0.8, 2.3, 50}
		got := solved(t, m, "Enumeration", kT)
		for i, x := range kT {
			want := bySum(t, m, x)
			for column, w := range want {
				close12(t, w, got.columns[column][i], 1e-15, "%s: %s at kT = %v", name, column, x)
			}
			for _, of := range []string{"energy", "magnetization"} {
				if of == "energy" && name == "two blocks" {
					require.NotContains(t, got.columns, "energy_level") // too many to be given without being asked for
					continue
				}
				levels := got.shapes[of+"_level"][0]
				p, level, states := got.columns[of+"_probability"], got.columns[of+"_level"], got.columns[of+"_degeneracy"]
				require.Len(t, p, len(kT)*levels)
				total, all, mean := 0.0, 0.0, 0.0
				for k := i * levels; k < (i+1)*levels; k++ {
					total += p[k]
					mean += p[k] * level[k]
					all += states[k]
				}
				close12(t, 1, total, 0, "%s: sum of %s probabilities", name, of)
				close12(t, want[of], mean, 1, "%s: mean of %s levels at kT = %v", name, of, x)
				require.Equal(t, math.Ldexp(1, m.Lattice.Sites()), all)
			}
		}
	}
}

// The 4x4 torus has the density of states of P. D. Beale, Phys. Rev. Lett. 76, 78 (1996).
func TestEnumerationLevels(t *testing.T) {
	f := solved(t, torus(4, 4), "Enumeration", []float64{1}, "distribution")
	require.Equal(t, []float64{-32, -24, -20, -16, -12, -8, -4, 0, 4, 8, 12, 16, 20, 24, 32}, f.columns["energy_level"])
	require.Equal(t, []float64{2, 32, 64, 424, 1728, 6688, 13568, 20524, 13568, 6688, 1728, 424, 64, 32, 2}, f.columns["energy_degeneracy"])
	require.Len(t, f.columns, 6)
	_, err := attempt(&lattice.Ising{Lattice: torus(3, 7).Lattice, J: array.Each(draws(6, 42))}, "Enumeration", []float64{1}, "distribution")
	require.ErrorContains(t, err, "common unit")
}

// The bits do not depend on the number of threads.
func TestEnumerationThreads(t *testing.T) {
	m := torus(3, 6)
	m.J = array.Each(draws(7, 36))
	defer par.SetThreads(0)
	par.SetThreads(1)
	one := solved(t, m, "Enumeration", []float64{0.5, 2})
	par.SetThreads(3)
	require.Equal(t, one.columns, solved(t, m, "Enumeration", []float64{0.5, 2}).columns)
}

// No temperature is too small: the ground state with its degeneracy, and no NaN.
func TestEnumerationFrozen(t *testing.T) {
	m := torus(3, 3)
	m.J = array.Each(draws(8, 18))
	for _, m := range []*lattice.Ising{m, torus(3, 3)} {
		f := solved(t, m, "Enumeration", []float64{1e-300, 1e-3})
		for name, x := range f.columns {
			for _, v := range x[:len(x)/2] {
				require.False(t, math.IsNaN(v), name)
			}
		}
		close12(t, math.Ln2, f.columns["entropy"][0], 0, "entropy")
		require.Zero(t, f.columns["heat_capacity"][0])
	}
}
