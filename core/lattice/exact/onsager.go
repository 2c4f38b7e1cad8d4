package exact

import (
	"context"
	"math"
	"math/big"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Onsager is the infinite square lattice without field (L. Onsager, Phys. Rev. 65, 117 (1944)), per site. The side lengths and the boundary of
// the model play no part; J may have either sign. With K = |J|/kT, k = 2 sinh 2K / cosh^2 2K, k' = 2 tanh^2 2K - 1 and the complete elliptic
// integrals K1(k) and E1(k), at every kT it gives
//
//	free_energy_per_site      f = -kT [log(2 cosh 2K) + (1/pi) int_0^(pi/2) log((1 + sqrt(1 - k^2 sin^2 x))/2) dx]
//	energy_per_site           u = -|J| coth 2K [1 + (2/pi) k' K1]
//	heat_capacity_per_site    (2/pi) (K coth 2K)^2 [2 K1 - 2 E1 - (1 - k') (pi/2 + k' K1)]
//	entropy_per_site          (u - f)/kT
//	spontaneous_magnetization (1 - sinh^-4 2K)^(1/8) below the critical temperature sinh(2K) = 1, else 0 (C. N. Yang, Phys. Rev. 85, 808
//	                          (1952)); for J < 0 it is that of one sublattice
//
// The heat capacity has a logarithmic singularity at kT = 2 |J| / log(1 + sqrt 2); no float64 is that number, and next to it the heat
// capacity is about 18.
type Onsager struct{}

var onsagerNames = []string{"free_energy_per_site", "energy_per_site", "heat_capacity_per_site", "entropy_per_site", "spontaneous_magnetization"}

func (*Onsager) solve(ctx context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("Onsager", observe, onsagerNames)
	if err != nil {
		return err
	}
	kT, err := temperatures(at)
	if err != nil {
		return err
	}
	if err := rectangular("Onsager", m); err != nil {
		return err
	}
	columns := make([][]float64, len(onsagerNames))
	for i, x := range kT {
		if err := ctx.Err(); err != nil {
			return err
		}
		row := onsager(math.Abs(m.J.Scalar), x)
		for c := range columns {
			columns[c] = append(columns[c], row[c])
		}
		out.Progress(float64(i+1), float64(len(kT)), "temperatures")
	}
	for c, name := range onsagerNames {
		if !set[name] {
			continue
		}
		if err := out.Add(name, array.Float64, nil, nil, columns[c]); err != nil {
			return err
		}
	}
	return nil
}

// onsager is one row of results, in the order of onsagerNames.
func onsager(j, kT float64) [5]float64 {
	k := j / kT
	switch {
	case k == 0:
		return [5]float64{-kT * math.Ln2, 0, 0, math.Ln2, 0}
	case 8*k > 760:
		return [5]float64{-2 * j, -2 * j, 0, 0, 1}
	}
	_, small := math.Frexp(k)
	p := precision(160 + int(24*k) + 8*max(-small, 0))
	coupling := p.quo(p.of(j), p.of(kT))
	u := p.exp(p.scaled(coupling, 1))
	one := p.of(1)
	s := p.scaled(p.sub(u, p.quo(one, u)), -1) // sinh 2K
	s2 := p.mul(s, s)
	sum := p.add(s2, one)
	coth := p.quo(p.sqrt(sum), s)
	prime := p.quo(p.sub(s2, one), sum) // k'
	modulus := p.quo(p.scaled(s2, 2), p.mul(sum, sum))
	quarter := p.scaled(p.pi(), -1)
	elliptic, less := p.elliptic(modulus, p.new().Abs(prime), quarter) // K1, K1 - E1

	share := p.new()
	if prime.Sign() != 0 {
		share = p.mul(prime, elliptic)
	}
	energy := p.mul(coth, p.add(one, p.quo(share, quarter)))
	heat := p.sub(p.scaled(less, 1), p.mul(p.sub(one, prime), p.add(quarter, share)))
	kc := p.mul(coupling, coth)
	heat = p.quo(p.mul(heat, p.mul(kc, kc)), quarter)

	above, _ := p.sub(p.of(2), energy).Float64() // (u - ground) / |J|
	e, _ := energy.Float64()
	c, _ := heat.Float64()
	kp, _ := prime.Float64()
	logZ := logZPerSite(k, math.Abs(kp))
	if k > 0.6 {
		logZ = p.logZFrozen(k, u, s)
	}
	m := 0.0
	if prime.Sign() > 0 {
		rest, _ := p.sub(one, p.quo(one, p.mul(s2, s2))).Float64()
		m = math.Sqrt(math.Sqrt(math.Sqrt(rest)))
	}
	return [5]float64{-2*j - float64(kT*logZ), -j * e, c, logZ + float64(k*above), m} // -2 j is exact
}

// elliptic is K(k) and K(k) - E(k) from k^2, k' and pi/2 by the arithmetic-geometric mean (M. Abramowitz, I. A. Stegun, 17.6).
func (p precision) elliptic(modulus, prime, quarter *big.Float) (k, less *big.Float) {
	a, b := p.of(1), p.new().Set(prime)
	sum := p.scaled(modulus, -1)
	for n := 0; ; n++ {
		c := p.scaled(p.sub(a, b), -1)
		if c.Sign() == 0 || c.MantExp(nil) < -int(p)*2/3 || n > 60 {
			break
		}
		a, b = p.scaled(p.add(a, b), -1), p.sqrt(p.mul(a, b))
		sum.Add(sum, p.scaled(p.mul(c, c), n))
	}
	k = p.quo(quarter, a)
	return k, p.mul(k, sum)
}

// logZPerSite is log Z per site less 2K. In x = pi/2 - atan(k' sinh t) the integrand decays exponentially and is analytic within |Im t| < pi/2,
// so that the trapezoidal rule is exact to rounding whatever k'.
func logZPerSite(k, prime float64) float64 {
	const step = 0.125
	value := functions.Log1p1(functions.Exp1(-4 * k))
	if prime == 0 {
		return value + catalanIntegral
	}
	sum := 0.0
	for i := 0; ; i++ {
		t := step * float64(i)
		sh, ch := prime*functions.Sinh1(t), prime*functions.Cosh1(t)
		inside := 1 / (1 + float64(sh*sh))
		root := float64(ch * math.Sqrt(inside))
		term := functions.Log1p1(float64(0.5*(root-1))) * ch * inside
		if i == 0 {
			term *= 0.5
		}
		sum += term
		if sh > 1e6 {
			break
		}
	}
	return value + step*sum/math.Pi
}

// catalanIntegral is (1/pi) int_0^(pi/2) log((1 + sin x)/2) dx = 2 G/pi - log 2, with Catalan's constant G.
const catalanIntegral = 2*0.915965594177219015054603514932384110774/math.Pi - math.Ln2

// logZFrozen is logZPerSite where that is small: half the mean of log(2 sinh(2K) exp(g(x) - 4K)) over n angles x, cosh g = cosh 2K coth 2K -
// cos x, which converges as exp(-n g(0)).
func (p precision) logZFrozen(k float64, u, s *big.Float) float64 {
	gap := 2*k + functions.Log1(functions.Tanh1(k))
	n := int((50 + float64(8*k)) / gap)
	one := p.of(1)
	g := p.add(s, p.quo(one, s))
	factor := p.quo(p.scaled(s, 1), p.mul(u, u))
	product := p.of(1)
	cosine := p.cosines(2 * n) // the angles are odd multiples of pi / 2n; those above pi repeat the others
	for q := 1; q < 2*n; q += 2 {
		c := p.sub(g, cosine[q])
		product.Mul(product, p.mul(factor, p.add(c, p.sqrt(p.sub(p.mul(c, c), one)))))
	}
	rest, _ := p.sub(product, one).Float64()
	return functions.Log1p1(rest) / float64(2*n)
}
