package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

var criticalKT = 2 / math.Log(1+math.Sqrt2)

// Small tori against Enumeration, above, below and at the critical point of the bulk. Catches the sign of g_0, double bonds of side 2 counted
// once, odd and even angles exchanged.
func TestKaufmanAgainstEnumeration(t *testing.T) {
	kT := []float64{0.3, 1, 2, criticalKT, 2.5, 10, 1000}
	for _, sides := range [][]int{{2, 2}, {2, 3}, {3, 2}, {2, 4}, {3, 3}, {3, 4}, {4, 3}, {4, 4}, {3, 5}, {4, 5}} {
		for _, j := range []float64{1, -1.5, 0} {
			if j < 0 && (sides[0]%2 == 1 || sides[1]%2 == 1) {
				continue
			}
			m := magnet(sides, j, 0, true)
			want, got := solved(t, m, "Enumeration", kT), solved(t, m, "Kaufman", kT)
			for _, name := range thermalNames {
				for i, x := range kT {
					close12(t, want.columns[name][i], got.columns[name][i], 1e-15, "%v J = %v: %s at kT = %v", sides, j, name, x)
				}
			}
		}
	}
}

// Larger tori against the transfer matrix.
func TestKaufmanAgainstTransferMatrix(t *testing.T) {
	kT := []float64{0.1, 0.7, 2, criticalKT, 3}
	for _, sides := range [][]int{{6, 8}, {8, 8}, {5, 9}, {3, 200}} {
		want, got := solved(t, torus(sides...), "TransferMatrix", kT), solved(t, torus(sides...), "Kaufman", kT)
		for _, name := range thermalNames {
			for i, x := range kT {
				close12(t, want.columns[name][i], got.columns[name][i], 1e-15, "%v: %s at kT = %v", sides, name, x)
			}
		}
	}
}

// At the critical point, A. E. Ferdinand, M. E. Fisher, Phys. Rev. 185, 832 (1969): with the theta functions of nome exp(-pi) on a square torus,
// log Z = N (log(2)/2 + 2 G/pi) + 0.639912, u = -sqrt 2 - 2 t2 t3 t4 / (t2 + t3 + t4) / L, c = 0.494539 log L + 0.138149, to O(1/L^2) and O(1/L).
// Away from it, the infinite lattice to all digits: exp(-L gap) is below rounding.
func TestKaufmanLarge(t *testing.T) {
	const t2, t3, t4 = 0.9135791381561668, 1.0864348112133080, 0.9135791381561668
	for _, l := range []int{64, 256, 1024} {
		n, side := float64(l)*float64(l), float64(l)
		kT := []float64{1.9, criticalKT, 3}
		f := solved(t, torus(l, l), "Kaufman", kT)
		require.InDelta(t, n*(math.Ln2/2+2*0.915965594177219/math.Pi)+0.639912, f.columns["log_z"][1], 0.1/side+1e-15*n)
		require.InDelta(t, -math.Sqrt2-2*t2*t3*t4/(t2+t3+t4)/side, f.columns["energy"][1]/n, 0.3/(n*side)+1e-9)
		require.InDelta(t, 0.494538589*math.Log(side)+0.138149, f.columns["heat_capacity"][1]/n, 0.2/side)
		if l < 256 {
			continue
		}
		o := solved(t, torus(l, l), "Onsager", kT)
		for _, i := range []int{0, 2} {
			for _, name := range []string{"energy", "heat_capacity"} {
				close12(t, o.columns[name+"_per_site"][i], f.columns[name][i]/n, 0, "L = %d: %s at kT = %v", l, name, kT[i])
			}
		}
		for _, name := range []string{"entropy", "free_energy"} {
			close12(t, o.columns[name+"_per_site"][2], f.columns[name][2]/n, 0, "L = %d: %s", l, name)
		}
	}
}

// The formulas of Onsager's doc comment in mpmath with 80 digits.
func TestOnsager(t *testing.T) {
	for kT, want := range map[float64][5]float64{
		0.25:  {-2.0000000000000032, -1.9999999999998987, 1.2968112089431485e-11, 4.1791760278623482e-13, 0.99999999999997467},
		0.5:   {-2.0000000563053672, -1.9999990988116571, 2.8852552716246463e-5, 1.9149874202209295e-6, 0.99999977462720857},
		1.0:   {-2.0003482837007103, -1.9971602041122511, 0.023379564686542134, 0.0031880795884591538, 0.9992757519570612},
		1.5:   {-2.0084431854243075, -1.9511165730783768, 0.19727454017699158, 0.038217741563953743, 0.98649960262149447},
		2.0:   {-2.0515856253898352, -1.745564575312554, 0.72487144860157393, 0.15301052503864059, 0.91131937787749598},
		2.25:  {-2.1039987259546113, -1.463102732587089, 2.0530770253887184, 0.28484266371889879, 0.67185402668327953},
		2.27:  {-2.1099014587863739, -1.410864432989398, 3.616401938544218, 0.30794582634228009, 0},
		2.5:   {-2.1984095519373705, -1.1060792037457909, 0.86169835683076363, 0.43693213927663182, 0},
		4.0:   {-3.0364259141418197, -0.55727224062849056, 0.17118841147563006, 0.61978841837833227, 0},
		100.0: {-69.324718889398992, -0.020003333760134961, 0.00020010002134278142, 0.69304715555638857, 0},
	} {
		got := onsager(1, kT)
		for c, name := range onsagerNames {
			close12(t, want[c], got[c], 0, "%s at kT = %v", name, kT)
		}
		f := solved(t, magnet([]int{3, 5}, -2, 0, true), "Onsager", []float64{2 * kT})
		close12(t, 2*want[1], f.columns["energy_per_site"][0], 0, "J = -2")
	}
	for _, kT := range []float64{1e-300, 1e-9, 1e-3, criticalKT, math.Nextafter(criticalKT, 9), 1e9, 1e300} {
		for c, x := range onsager(1, kT) {
			require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%s at kT = %v", onsagerNames[c], kT)
		}
	}
	close12(t, math.Ln2/2+2*0.915965594177219015/math.Pi, -onsager(1, criticalKT)[0]/criticalKT, 0, "free energy at the critical point")
}
