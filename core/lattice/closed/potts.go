package closed

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/potts"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Baxter is the infinite square lattice of Potts spins without field, J > 0, at its transition, whatever kT is asked for. With 2 cosh(theta) = sqrt(q) for q > 4 and
// 2 cos(mu) = sqrt(q) for q <= 4
//
//	critical_temperature            kTc = J / log(1 + sqrt q), where the model is its own dual
//	critical_free_energy_per_site   -kTc [log(q)/2 + theta + 2 sum_n exp(-n theta) tanh(n theta)/n], q > 4,
//	                                -kTc [log(q)/2 + int_-inf^inf sinh((pi - mu) x) tanh(mu x) / (x sinh(pi x)) dx], q <= 4
//	critical_energy_per_site        -J (1 + 1/sqrt q): of both phases, the mean of the two where they differ
//	latent_heat_per_site            2 J (1 + 1/sqrt q) tanh(theta/2) prod_n tanh^2(n theta), q > 4; else 0
//	critical_magnetization          of the ordered phase, prod_n (1 - x^(2n-1)) / (1 + x^(2n)), x = exp(-2 theta), q > 4; else 0
//
// On triangular and honeycomb lattices critical_temperature alone: J / log(1 + v) with v^3 + 3 v^2 = q and v^3 - 3 q v = q^2.
//
// # Examples
//
//	>>> exact = erg.solve(erg.lattice.Potts((8, 8), q=10), erg.Baxter())
//	>>> print(exact["latent_heat_per_site"].round(4), exact["critical_magnetization"].round(4))
//	0.696 0.8571
//
// # References
//
// R. J. Baxter, J. Phys. C 6, L445 (1973); J. Phys. A 15, 3329 (1982). R. J. Baxter, H. N. V. Temperley, S. E. Ashley, Proc. R. Soc. London A 358, 535 (1978). F. Y. Wu, Rev.
// Mod. Phys. 54, 235 (1982).
type Baxter struct{}

var baxterCite = []string{"R. J. Baxter, J. Phys. C 6, L445 (1973), doi:10.1088/0022-3719/6/23/005", "R. J. Baxter, J. Phys. A 15, 3329 (1982), doi:10.1088/0305-4470/15/10/035",
	"R. J. Baxter, H. N. V. Temperley, S. E. Ashley, Proc. R. Soc. London A 358, 535 (1978), doi:10.1098/rspa.1978.0026"}

var baxterNames = []string{"critical_temperature", "critical_free_energy_per_site", "critical_energy_per_site", "latent_heat_per_site", "critical_magnetization"}

func (*Baxter) solve(_ context.Context, m *potts.Potts, at []contract.Params, observe []string, out contract.Results) error {
	l, names := &m.Lattice, baxterNames
	crystal := l.Crystal != nil && (l.Crystal.Name == "triangular" || l.Crystal.Name == "honeycomb") && len(l.Crystal.Distances) == 1
	if crystal {
		names = names[:1]
	}
	set, err := contract.Chosen("Baxter", observe, names)
	if err != nil {
		return err
	}
	if !crystal && len(l.Shape) != 2 {
		return spec.Mismatch("Baxter", "a square, triangular or honeycomb lattice", "another one")
	}
	if !m.J.Uniform() || !(m.J.Scalar > 0) || !m.H.Zero() {
		return spec.Mismatch("Baxter", "one J above 0 and no field", "others").With("argument", "J")
	}
	q, J := float64(m.Q), m.J.Scalar
	root := math.Sqrt(q)
	v := root
	if crystal {
		v = boundary(q, l.Crystal.Name == "triangular")
	}
	kTc := J / functions.Log1p1(v)
	found := []float64{kTc, 0, -J * (1 + 1/root), 0, 0}
	if m.Q > 4 {
		theta := functions.Acosh1(0.5 * root)
		sum, heat, moment := theta, 2*J*(1+1/root)*functions.Tanh1(0.5*theta), 1.0
		for n := 1.0; n*theta < 45; n++ {
			t := functions.Tanh1(n * theta)
			sum += float64(2 * functions.Exp1(-n*theta) * t / n)
			heat *= t * t
			moment *= (1 - functions.Exp1(-2*(float64(2*n)-1)*theta)) / (1 + functions.Exp1(-4*n*theta))
		}
		found[1], found[3], found[4] = -kTc*(float64(0.5*functions.Log1(q))+sum), heat, moment
	} else {
		found[1] = -kTc * (float64(0.5*functions.Log1(q)) + continuous(functions.Acos1(0.5*root)))
	}
	columns := factors.Columns{}
	for range at {
		for k, name := range names {
			columns[name] = append(columns[name], found[k])
		}
	}
	return columns.Deliver(out, set, names)
}

// boundary is v = exp(J/kTc) - 1 by Newton's iteration from above.
func boundary(q float64, triangular bool) float64 {
	v := 2 + 2*q
	for range 200 {
		f, d := float64(v*v*(v+3))-q, 3*v*(v+2)
		if !triangular {
			f, d = float64(v*(float64(v*v)-float64(3*q)))-float64(q*q), 3*(float64(v*v)-q)
		}
		next := v - f/d
		if math.Abs(next-v) <= 1e-16*v {
			break
		}
		v = next
	}
	return v
}

// continuous is the integral for q <= 4, with y = mu x: 2 int_0^inf exp(-y) r tanh(y)/y dy, r = (1 - exp(-2 (pi/mu - 1) y)) / (1 - exp(-2 pi y/mu)).
func continuous(mu float64) float64 {
	sum := 0.0
	for from := 0.0; from < 42; from++ {
		for n, t := range legendre.x {
			y := from + float64(0.5*(1+t))
			r := 1.0
			if mu > 0 {
				r = functions.Expm11(-2*(math.Pi/mu-1)*y) / functions.Expm11(-2*math.Pi/mu*y)
			}
			sum += float64(legendre.w[n] * functions.Exp1(-y) * r * functions.Tanh1(y) / y)
		}
	}
	return sum
}
