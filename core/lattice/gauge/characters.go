package gauge

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// CharacterExpansion is gauge theory on a two-dimensional torus of V plaquettes, exactly: with the coefficients a_r of the weight of a plaquette in the
// characters of the group and the dimensions d_r of its representations r,
//
//	Z = sum_r (a_r / d_r)^V
//
// (A. A. Migdal, Sov. Phys. JETP 42, 413 (1975)). U(1): a_n = I_n(b), b = beta/kT. SU(2): a_n = (2n/b) I_n(b), d_n = n. SU(3): sums of determinants of
// I_k(b/3) (A. B. Balantekin, J. Math. Phys. 25, 2028 (1984)). At every kT it gives
//
//	log_z           of integrals over normalised Haar measures
//	energy          <S>
//	heat_capacity   d<S>/dkT
//	plaquette       mean of (1/N) Re tr of a plaquette
//
// and for U(1), from Z with a theta term, where n becomes a real number,
//
//	topological_charge^2   <Q^2>
//	charge_distribution    P(Q) for Q = -m, ..., m, beyond which it is below 1e-16
//	charges                these Q
//
// # Examples
//
//	>>> exact = erg.solve(erg.lattice.U1((8, 8), beta=4.0), erg.CharacterExpansion())
//	>>> print(round(float(exact["plaquette"]), 6), round(float(exact["topological_charge^2"]), 6))
//	0.86353 0.482016
//	>>> print(exact["charge_distribution"][exact["charges"] == 0].round(6))
//	[0.574421]
type CharacterExpansion struct{}

// expansion are the weight's coefficients in one group: those of a plaquette, exp(-b (1 - Re tr U / N)), times d, in some order; near lists for each
// representation those in its product with the fundamental one and its conjugate.
type expansion struct {
	a, dimension []float64
	near         [][]int
	share        float64 // 1 - Re tr U / N is 1 - share sum chi
}

// abelian is U(1)'s, n = -most to most.
func abelian(b float64, most int) expansion {
	bessel := scaledBessel(b, most)
	e := expansion{share: 0.5}
	for n := -most; n <= most; n++ {
		e.a, e.dimension = append(e.a, bessel[max(n, -n)]), append(e.dimension, 1)
		e.near = append(e.near, within([]int{n + most - 1, n + most + 1}, 2*most+1))
	}
	return e
}

// spinors is SU(2)'s, n = 1 to most: n (2/b) I_n = I_(n-1) - I_(n+1).
func spinors(b float64, most int) expansion {
	bessel := scaledBessel(b, most+1)
	e := expansion{share: 0.5}
	for n := 1; n <= most; n++ {
		e.a, e.dimension = append(e.a, bessel[n-1]-bessel[n+1]), append(e.dimension, float64(n))
		e.near = append(e.near, within([]int{n - 2, n}, most))
	}
	return e
}

// colours is SU(3)'s, by Dynkin's labels (p, q) below most: sum over m of det I_(l_j - j + i + m), l = (p + q, q, 0).
func colours(b float64, most int) expansion {
	reach := 2*most + int(math.Sqrt(80*b)) + 20
	bessel := scaledBessel(b/3, reach+2*most+4)
	I := func(k int) float64 {
		if k < 0 {
			k = -k
		}
		if k >= len(bessel) {
			return 0
		}
		return bessel[k]
	}
	e := expansion{share: 1.0 / 6}
	for p := range most {
		for q := range most {
			l, sum := [3]int{p + q, q, 0}, 0.0
			for m := -reach; m <= reach; m++ {
				var d [3][3]float64
				for i := range d {
					for j := range d {
						d[i][j] = I(l[j] - j + i + m)
					}
				}
				minor := func(i, j, k, n int) float64 { return float64(d[i][k]*d[j][n]) - float64(d[i][n]*d[j][k]) }
				sum += float64(d[0][0]*minor(1, 2, 1, 2)) - float64(d[0][1]*minor(1, 2, 0, 2)) + float64(d[0][2]*minor(1, 2, 0, 1))
			}
			e.a = append(e.a, sum)
			e.dimension = append(e.dimension, float64((p+1)*(q+1)*(p+q+2))/2)
			var near []int
			for _, s := range [][2]int{{1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {-1, 0}} {
				if x, y := p+s[0], q+s[1]; x >= 0 && y >= 0 && x < most && y < most {
					near = append(near, x*most+y)
				}
			}
			e.near = append(e.near, near)
		}
	}
	return e
}

func within(all []int, n int) (kept []int) {
	for _, k := range all {
		if k >= 0 && k < n {
			kept = append(kept, k)
		}
	}
	return kept
}

// slope are the derivatives of coefficients with respect to b.
func (e *expansion) slope(a []float64) []float64 {
	d := make([]float64, len(a))
	for r := range a {
		sum := 0.0
		for _, s := range e.near[r] {
			sum += a[s]
		}
		d[r] = float64(e.share*sum) - a[r]
	}
	return d
}

// derivatives are log Z for V plaquettes, and its first and second derivative with respect to b.
func (e *expansion) derivatives(V float64) (log, first, second float64) {
	slope := e.slope(e.a)
	bend := e.slope(slope)
	largest := 0.0
	for r, a := range e.a {
		largest = max(largest, a/e.dimension[r])
	}
	var z, z1, z2 float64
	for r, a := range e.a {
		x := a / e.dimension[r] / largest
		if !(x > 0) {
			continue
		}
		w := functions.Exp1(V * functions.Log1(x))
		if w < 1e-40 {
			continue
		}
		u, v := slope[r]/a, bend[r]/a
		z += w
		z1 += float64(w * V * u)
		z2 += float64(w * V * (v + float64((V-1)*u*u)))
	}
	first = z1 / z
	return float64(V*functions.Log1(largest)) + functions.Log1(z), first, z2/z - float64(first*first)
}

// planar is a theory that the method knows: its lattice, beta, and expansion.
type planar interface {
	plane() (l *links, beta float64)
	expand(b float64, most int) expansion
}

func (m *U1) plane() (*links, float64)           { return m.links, m.Beta }
func (*U1) expand(b float64, most int) expansion { return abelian(b, most) }

func (*CharacterExpansion) solve(ctx context.Context, m planar, at []contract.Params, observe []string, out contract.Results) error {
	names := []string{"log_z", "energy", "heat_capacity", "plaquette"}
	_, charged := m.(*U1)
	if charged {
		names = append(names, "topological_charge^2", "charge_distribution", "charges")
	}
	set, err := contract.Chosen("CharacterExpansion", observe, names)
	if err != nil {
		return err
	}
	l, beta := m.plane()
	if l.d != 2 {
		return spec.Mismatch("CharacterExpansion", "two dimensions", "more").With("argument", "lattice").Try("erg.sample(system)")
	}
	V := float64(l.sites)
	columns := map[string][]float64{}
	most := 0 // the largest charge at any temperature
	for _, p := range at {
		if !(p.KT > 0) || math.IsInf(p.KT, 1) || len(p.Extra) > 0 {
			return spec.Expected("kT", "a positive, finite temperature, and no other parameter", p.KT)
		}
		if b := beta / p.KT; b > 1e6 {
			return spec.Expected("beta/kT", "at most 1e6", b).With("argument", "beta")
		}
		most = max(most, largestCharge(beta/p.KT, l.sites))
	}
	for _, p := range at {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := beta / p.KT
		e := m.expand(b, 14+int(math.Sqrt(100*b/V)))
		log, first, second := e.derivatives(V)
		for name, x := range map[string]float64{"log_z": log, "energy": -beta * first, "heat_capacity": b * b * second, "plaquette": 1 + first/V} {
			columns[name] = append(columns[name], x)
		}
		if charged && (set["topological_charge^2"] || set["charge_distribution"]) {
			P := charges(b, l.sites, most)
			square := 0.0
			for k, x := range P {
				square += float64(float64((k-most)*(k-most)) * x)
			}
			columns["topological_charge^2"] = append(columns["topological_charge^2"], square)
			columns["charge_distribution"] = append(columns["charge_distribution"], P...)
		}
		for q := -most; q <= most; q++ {
			columns["charges"] = append(columns["charges"], float64(q))
		}
	}
	for _, name := range names {
		var shape []int
		var dims []string
		if name == "charge_distribution" || name == "charges" {
			shape, dims = []int{2*most + 1}, []string{"charge"}
		}
		if set[name] {
			if err := out.Add(name, array.Float64, shape, dims, columns[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// largestCharge is where P(Q) is below 1e-16, of independent plaquettes, which have more.
func largestCharge(b float64, V int) int {
	variance := float64(V) * newWave(b, 128).spread() / float64(4*math.Pi*math.Pi)
	return min(V/2, 6+int(9*math.Sqrt(variance)))
}

// charges are P(Q) for Q = -most to most: (1/Z) int f(v)^V cos(2 pi v Q) dv, by the trapezoidal rule, in which charges 2 most + 2 apart are one.
func charges(b float64, V, most int) []float64 {
	steps, reach, nodes := 2*most+2, 60, 256
	if V < 8 { // f falls as 1/v
		reach, nodes = 400, 1024
	}
	w := newWave(b, nodes)
	f0 := w.value(0)
	P := make([]float64, 2*most+1)
	small := 0
	for k := 0; k < reach*steps && small < 2*steps; k++ {
		f := w.value(float64(k)/float64(steps)) / f0
		x := functions.Exp1(float64(V) * functions.Log1(math.Abs(f)))
		if small++; x > 1e-20 {
			small = 0
		}
		if f < 0 && V%2 == 1 {
			x = -x
		}
		if k > 0 {
			x *= 2
		}
		for i := range P {
			_, c := functions.SincosTurns1(float64(k*max(i-most, most-i)%steps) / float64(steps))
			P[i] += float64(x * c)
		}
	}
	sum := 0.0
	for _, x := range P {
		sum += x
	}
	for i := range P {
		P[i] = max(P[i]/sum, 0)
	}
	return P
}
