package exact

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/par"
	"github.com/stretchr/testify/require"
)

// Chains, strips and bars against Enumeration: every boundary, both signs of J, fields, frustrated odd rings, sides 1 and 2, from frozen (in
// logarithms) to free. Catches a reflection that is none, starts counted wrongly, a mirror image's magnetization with the wrong sign, odd lengths.
func TestTransferMatrixAgainstEnumeration(t *testing.T) {
	kT := []float64{0.02, 0.1, 0.5, 1.3, 2.3, 40}
	for _, c := range []struct {
		sides    []int
		periodic []bool
	}{
		{[]int{1}, []bool{true}}, {[]int{2}, []bool{true}}, {[]int{9}, []bool{true}}, {[]int{10}, []bool{false}},
		{[]int{2, 2}, []bool{true}}, {[]int{3, 4}, []bool{true}}, {[]int{4, 4}, []bool{true}}, {[]int{3, 5}, []bool{true, false}}, {[]int{5, 3}, []bool{true, false}},
		{[]int{4, 4}, []bool{false}}, {[]int{1, 6}, []bool{true}}, {[]int{2, 3, 2}, []bool{true, true, false}}, {[]int{2, 2, 4}, []bool{true}}, {[]int{3, 3, 2}, []bool{false, false, true}},
	} {
		for _, j := range []float64{1, -0.8, 0} {
			for _, h := range []float64{0, 0.3, -2} {
				m := magnet(c.sides, j, h, c.periodic...)
				want, got := solved(t, m, "Enumeration", kT), solved(t, m, "TransferMatrix", kT)
				for _, name := range transferNames {
					for i, x := range kT {
						// entropy is log Z + <E>/kT, <m> a difference, degenerate ground states differ by rounding
						floor := map[string]float64{"entropy": 0.01 * math.Abs(want.columns["log_z"][i]), "magnetization": 1e-3, "heat_capacity": 1e-13}[name]
						close12(t, want.columns[name][i], got.columns[name][i], floor, "%v %v J = %v h = %v: %s at kT = %v", c.sides, c.periodic, j, h, name, x)
					}
				}
			}
		}
	}
}

// A chain of a million spins has Z = a^N + b^N with the two eigenvalues of its transfer matrix.
func TestTransferMatrixLongChain(t *testing.T) {
	const n = 1000000
	k := 1 / 0.9
	f := solved(t, torus(n), "TransferMatrix", []float64{0.9})
	close12(t, n*math.Log(2*math.Cosh(k)), f.columns["log_z"][0], 0, "log Z")
	close12(t, -n*math.Tanh(k), f.columns["energy"][0], 0, "energy")
	close12(t, n*square(k/math.Cosh(k)), f.columns["heat_capacity"][0], 0, "heat capacity")
	close12(t, math.Exp(2*k)/0.9, f.columns["susceptibility"][0], 0, "susceptibility")
}

// The bits do not depend on the number of threads.
func TestTransferMatrixThreads(t *testing.T) {
	m := magnet([]int{6, 7}, 1, 0.1, true)
	defer par.SetThreads(0)
	par.SetThreads(1)
	one := solved(t, m, "TransferMatrix", []float64{2})
	par.SetThreads(3)
	require.Equal(t, one.columns, solved(t, m, "TransferMatrix", []float64{2}).columns)
}
