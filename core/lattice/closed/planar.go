// Package closed has answers in closed form for models in the limit of many sites, and for rings of vectors.
package closed

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Houtappel is the infinite triangular, honeycomb and kagome lattice of Ising spins without field, per site. Side lengths and boundary of the crystal play no part; J may
// have either sign. With K = J/kT, C = cosh 2K, S = sinh 2K the triangular lattice has
//
//	log z_t(K) = log 2 + (1/8 pi^2) int int_0^2pi log[C^3 + S^3 - S (cos a + cos b + cos(a + b))] da db,
//
// of which one integral is done in closed form and the other by panels that shrink towards its singularities. Summing over every other site of the honeycomb lattice, with
// exp(4 K') = 2 cosh 2L - 1, and decorating its bonds, with w = exp(4K) and exp(2L) = (w + 1)/2, give
//
//	log z_h(L) = (log A(L) + log z_t(K'))/2,                                     A = 2 cosh(L) exp(K'),
//	log z_k(K) = log 2 + L - (log(w + 3) + 2K)/3 + (2/3) log z_h(L).
//
// # Results
//
//	free_energy_per_site, energy_per_site, heat_capacity_per_site, entropy_per_site
//	spontaneous_magnetization    below the critical temperature; of one sublattice for a honeycomb antiferromagnet, 0 for the frustrated others.
//	                             Triangular: m^8 = 1 - 16 x^3 / ((1 + 3x) (1 - x)^3), x = exp(-4K); honeycomb: m_t(K');
//	                             kagome: m_h(L) (1 - 4/(w+1)^2)^(1/2)
//	critical_temperature         |J| times 4/log 3 = 3.6410, 2/log(2 + sqrt 3) = 1.5187, 4/log(3 + 2 sqrt 3) = 2.1433; 0 where frustrated
//
// Frustrated lattices keep an entropy of 0.32307 (triangular) and 0.50183 (kagome) a site at kT = 0.
//
// # Examples
//
//	>>> exact = erg.solve(erg.lattice.Ising(erg.lattice.triangular((4, 4)), J=-1.0), erg.Houtappel(), kT=0.05)
//	>>> print(exact["energy_per_site"].round(6), exact["entropy_per_site"].round(6))
//	-1.0 0.323066
//
// # References
//
// R. M. F. Houtappel, Physica 16, 425 (1950). G. H. Wannier, Phys. Rev. 79, 357 (1950). K. Kano, S. Naya, Prog. Theor. Phys. 10, 158 (1953). R. B. Potts, Phys. Rev. 88, 352
// (1952) and S. Naya, Prog. Theor. Phys. 11, 53 (1954) for magnetizations.
type Houtappel struct{}

var houtappelCite = []string{"R. M. F. Houtappel, Physica 16, 425 (1950), doi:10.1016/0031-8914(50)90130-3", "G. H. Wannier, Phys. Rev. 79, 357 (1950), doi:10.1103/PhysRev.79.357",
	"K. Kano, S. Naya, Prog. Theor. Phys. 10, 158 (1953), doi:10.1143/ptp/10.2.158", "R. B. Potts, Phys. Rev. 88, 352 (1952), doi:10.1103/PhysRev.88.352"}

var planarNames = []string{"free_energy_per_site", "energy_per_site", "heat_capacity_per_site", "entropy_per_site", "spontaneous_magnetization", "critical_temperature"}

func (*Houtappel) solve(_ context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("Houtappel", observe, planarNames)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	c := m.Lattice.Crystal
	needs := "a triangular, honeycomb or kagome lattice of nearest neighbours, one J and no field"
	switch {
	case c == nil:
		return spec.Mismatch("Houtappel", needs, "another lattice").Try("Onsager() for the square lattice")
	case (c.Name != "triangular" && c.Name != "honeycomb" && c.Name != "kagome") || len(c.Distances) > 1:
		return spec.Mismatch("Houtappel", needs, fmt.Sprintf("%s with %d shells", c.Name, len(c.Distances)))
	case !m.J.Uniform() || !m.H.Zero():
		return spec.Mismatch("Houtappel", needs, "couplings that differ, or a field")
	}
	J := m.J.Scalar
	solve := map[string]func(K float64) (excess jet, ground, magnetization float64){"triangular": triangular, "honeycomb": honeycomb, "kagome": kagome}[c.Name]
	critical := map[string]float64{"triangular": 4 / functions.Log1(3), "honeycomb": 2 / functions.Log1(2+math.Sqrt(3)), "kagome": 4 / functions.Log1(3+2*math.Sqrt(3))}[c.Name]
	if J < 0 && c.Name != "honeycomb" {
		critical = 0
	}
	columns := factors.Columns{}
	for _, T := range kT {
		k := math.Abs(J) / T
		x, ground, moment := solve(J / T) // log z - ground |K|, with derivatives by |K|
		if k > 170 {                      // nothing is left but the ground states
			k = 170
			x, ground, moment = solve(math.Copysign(k, J))
		}
		for name, y := range map[string]float64{
			"free_energy_per_site": 0 - float64(math.Abs(J)*ground) - float64(T*x.f), "energy_per_site": -math.Abs(J) * (ground + x.d), "heat_capacity_per_site": float64(k * k * x.dd),
			"entropy_per_site": x.f - float64(k*x.d), "spontaneous_magnetization": moment, "critical_temperature": critical * math.Abs(J),
		} {
			columns[name] = append(columns[name], y)
		}
	}
	return columns.Deliver(out, set, planarNames)
}

var legendre = func() (nodes struct{ x, w [16]float64 }) {
	quad.Legendre{}.FixedLocations(nodes.x[:], nodes.w[:], -1, 1)
	return nodes
}()

// average over an angle from 0 to pi, by panels that shrink towards both ends of each of the pieces between the places given.
func average(places []float64, f func(a float64) jet) jet {
	var sum jet
	panel := func(from, to float64) {
		for n, t := range legendre.x {
			sum = sum.plus(f(0.5 * (from + to + float64((to-from)*t))).scaled(0.5 * (to - from) * legendre.w[n] / math.Pi))
		}
	}
	for n := range len(places) - 1 {
		low, high := places[n], places[n+1]
		half := 0.5 * (high - low)
		for from, step := 0.0, 1e-8; from < half; from, step = from+step, 2*step {
			to := min(from+step, half)
			panel(low+from, low+to)
			panel(high-to, high-from)
		}
	}
	return sum
}

// triangular is log z less that of a ground state, 3 K or |K|: with t = exp(-4|K|) half the mean of log(4 D), D = (1 + 3t^2)/4 - t (1-t)/2 g for K > 0 and D =
// (3 + t^2)/4 + (1-t)/2 g for K < 0, g = cos a + cos b + cos(a + b), the mean over b of log(P - Q cos b) being log((P + (P^2 - Q^2)^(1/2))/2).
func triangular(K float64) (excess jet, ground, magnetization float64) {
	k := math.Abs(K)
	t := jet{-4 * k, -4, 0}.exp()
	tt := t.times(t)
	if K >= 0 {
		less := constant(1).plus(t.scaled(-1))
		slope := t.times(less).scaled(2)
		excess = average([]float64{0, math.Pi}, func(a float64) jet {
			c, h := functions.Cos1(a), functions.Cos1(0.5*a)
			p := tt.scaled(3).plus(slope.scaled(-c)) // P - 1
			q := slope.scaled(2 * h)
			return wave(p, q)
		}).scaled(0.5)
		return excess, 3, moment(t.f)
	}
	slope := constant(2).plus(t.scaled(-2))
	excess = average([]float64{0, 2 * math.Pi / 3, math.Pi}, func(a float64) jet {
		c, h := functions.Cos1(a), functions.Cos1(0.5*a)
		p := constant(2).plus(tt).plus(slope.scaled(c)) // P - 1
		return wave(p, slope.scaled(2*h))
	}).scaled(0.5)
	return excess, 1, 0
}

// wave is log((P + (P^2 - Q^2)^(1/2))/2) of P = 1 + p.
func wave(p, q jet) jet {
	P := constant(1).plus(p)
	square := P.plus(q).times(P.plus(q.scaled(-1)))
	square.f = max(square.f, 1e-18) // what rounding leaves of nothing
	root := square.root()
	over := p.scaled(2).plus(p.times(p)).plus(q.times(q).scaled(-1)).times(constant(1).plus(root).inverse()) // root - 1
	return p.plus(over).scaled(0.5).log1p()
}

// moment is the spontaneous magnetization of the triangular lattice, x = exp(-4K).
func moment(x float64) float64 {
	if 3*x >= 1 {
		return 0
	}
	rest := 1 - x
	return math.Sqrt(math.Sqrt(math.Sqrt(max(0, 1-16*x*x*x/(float64(1+float64(3*x))*rest*rest*rest)))))
}

// honeycomb is log z less 3 |L| / 2: half of log(1 + y) + log(1 + y^2 - y) + what the triangular lattice has over its ground state, y = exp(-2|L|).
func honeycomb(K float64) (excess jet, ground, magnetization float64) {
	L := jet{math.Abs(K), 1, 0}
	y := L.scaled(-2).exp()
	less := y.times(y).plus(y.scaled(-1)).log1p()
	other := L.scaled(0.5).plus(less.scaled(0.25)) // K' = log(2 cosh 2L - 1) / 4
	t, _, m := triangular(other.f)
	return y.log1p().plus(less).plus(other.of(t.f, t.d, t.dd)).scaled(0.5), 1.5, m
}

// kagome is log z less 2 K or 2 |K| / 3, with t = exp(-4|K|).
func kagome(K float64) (excess jet, ground, magnetization float64) {
	k := jet{math.Abs(K), 1, 0}
	t := k.scaled(-4).exp()
	if K >= 0 {
		L := k.scaled(2).plus(t.log1p().scaled(0.5)).plus(constant(-0.5 * math.Ln2))
		h, _, m := honeycomb(L.f)
		// tanh 2L' = (1 - 4 / (w + 1)^2)^(1/2), w = 1/t
		part := 2 * t.f / (1 + t.f)
		return t.log1p().plus(t.scaled(3).log1p().scaled(-1.0 / 3)).plus(L.of(h.f, h.d, h.dd).scaled(2.0 / 3)), 2, m * math.Sqrt(max(0, 1-float64(part*part)))
	}
	L := constant(0.5 * math.Ln2).plus(t.log1p().scaled(-0.5)) // its absolute value
	h, _, _ := honeycomb(L.f)
	return constant(math.Ln2).plus(constant(3).plus(t).log().scaled(-1.0 / 3)).plus(L.of(h.f, h.d, h.dd).scaled(2.0 / 3)), 2.0 / 3, 0
}
