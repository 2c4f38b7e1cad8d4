package exact

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"sync"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Kaufman is the exact solution of the square lattice on a finite torus of L x M sites, without field (B. Kaufman, Phys. Rev. 76, 1232
// (1949)). With K = J/kT,
//
//	Z = (2 sinh 2K)^(L M/2) / 2 * [ prod 2 cosh(M g_(2r+1)/2) + prod 2 sinh(M g_(2r+1)/2) + prod 2 cosh(M g_(2r)/2) + prod 2 sinh(M g_(2r)/2) ],
//	cosh g_l = cosh 2K coth 2K - cos(pi l/L),   g_0 = 2K + log tanh K,
//
// products over r = 0..L-1; g_0 changes sign at the bulk's critical point and takes the last term's sign with it. At every kT it gives
//
//	log_z            log Z
//	free_energy      -kT log Z
//	energy           <E> of the whole system
//	heat_capacity    d<E>/dkT of the whole system
//	entropy          log Z + <E>/kT
//
// J may be negative when both sides are even: flipping one sublattice changes its sign. On an axis of length 2 both bonds between two sites count,
// as everywhere in this package.
//
// The formula is evaluated in as many bits as its cancellations take (about 130 near the critical point, 12 J/kT more at low kT), in exp(g)
// instead of g, together with its first two derivatives: every result is right to the last digits at any kT, the critical one included.
// The cost grows as min(L, M) log(max(L, M)): about 10 ms for 1024 x 1024.
type Kaufman struct{}

const kaufmanExponent = 2e9 // of 2, that a big.Float may have

func (*Kaufman) solve(ctx context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("Kaufman", observe, thermalNames)
	if err != nil {
		return err
	}
	kT, err := temperatures(at)
	if err != nil {
		return err
	}
	if err := rectangular("Kaufman", m); err != nil {
		return err
	}
	sides := m.Lattice.Shape
	switch {
	case !m.Lattice.Periodic[0] || !m.Lattice.Periodic[1]:
		return spec.Mismatch("Kaufman", "periodic=True on both axes", fmt.Sprintf("periodic = %v", m.Lattice.Periodic)).Try("TransferMatrix() for layers of up to 20 sites")
	case min(sides[0], sides[1]) < 2:
		return spec.Mismatch("Kaufman", "sides of at least 2", fmt.Sprintf("%v", sides)).Try("TransferMatrix()")
	case m.J.Scalar < 0 && (sides[0]%2 == 1 || sides[1]%2 == 1):
		return spec.Mismatch("Kaufman", "even sides when J < 0 (odd rings are frustrated)", fmt.Sprintf("J = %v on %v", m.J.Scalar, sides)).Try("TransferMatrix() for layers of up to 16 sites")
	}
	rows := make([]thermal, len(kT))
	var mu sync.Mutex
	done := 0
	err = par.Do(ctx, 0, len(kT), func(i int) (err error) {
		rows[i], err = kaufman(ctx, min(sides[0], sides[1]), max(sides[0], sides[1]), math.Abs(m.J.Scalar), kT[i])
		mu.Lock()
		defer mu.Unlock()
		done++
		out.Progress(float64(done), float64(len(kT)), "temperatures")
		return err
	})
	if err != nil {
		return err
	}
	return deliver(out, set, rows)
}

// rectangular refuses all but a two-dimensional hypercubic lattice with one J and no field.
func rectangular(who string, m *lattice.Ising) error {
	needs := "a two-dimensional lattice with one J and no field"
	switch {
	case len(m.Lattice.Shape) != 2:
		has := fmt.Sprintf("sides %v", m.Lattice.Shape)
		if m.Lattice.Shape == nil {
			has = "a graph"
		}
		return spec.Mismatch(who, needs, has).Try("TransferMatrix() on a bar, Enumeration() up to 26 spins")
	case !m.J.Uniform():
		return spec.Mismatch(who, needs, fmt.Sprintf("J of shape %v", m.J.Shape)).Try("Enumeration() up to 26 spins, or sample")
	case !m.H.Zero():
		return spec.Mismatch(who, needs, "a field h").Try("TransferMatrix() for layers of up to 16 sites")
	}
	return nil
}

// kaufman solves the torus of l x n sites, l <= n, at one temperature.
func kaufman(ctx context.Context, l, n int, j, kT float64) (thermal, error) {
	sites := float64(l * n)
	ground := float64(-2 * sites * j)
	k := j / kT
	var t thermal
	switch {
	case k == 0:
		t.shifted(kT, 0, float64(sites*math.Ln2), 0, 0)
		return t, nil
	case 8*k > 760+functions.Log1(sites): // exp(-8K), the weight of one flipped spin, underflows
		t.shifted(kT, ground, math.Ln2, 0, 0)
		return t, nil
	case 3*sites*max(k, 1) > kaufmanExponent:
		return t, spec.Mismatch("Kaufman", fmt.Sprintf("L M J/kT below %.0g", kaufmanExponent/3), fmt.Sprintf("%.3g", sites*max(k, 1))).Try("Onsager() for the infinite lattice")
	}
	_, small := math.Frexp(k)
	_, large := math.Frexp(sites)
	p := precision(128 + int(12*k) + 8*max(-small, 0) + 4*large)

	coupling := p.quo(p.of(j), p.of(kT))
	f := p.exp(p.scaled(coupling, 1))
	u := jet{f, p.scaled(f, 1), p.scaled(f, 2)} // exp(2K) as a function of K
	one, minus := p.of(1), p.of(-1)
	back := p.inverse(u)
	twoSinh := p.plus(u, p.negative(back))
	g := p.plus(p.double(twoSinh, -1), p.inverse(p.double(twoSinh, -1))) // cosh 2K coth 2K
	cosine := p.cosines(l)

	base := p.times(p.power(twoSinh, l), p.power(back, 2*l)) // (2 sinh 2K)^l exp(-4Kl), the square of what each row brings
	var z jet
	for parity := 1; parity >= 0; parity-- {
		all, cosh, sinh := p.jet(1, 0, 0), p.jet(1, 0, 0), p.jet(1, 0, 0)
		for q := parity; q <= l; q += 2 {
			if err := ctx.Err(); err != nil {
				return t, err
			}
			var e jet // exp(g_q)
			if q == 0 {
				e = p.times(u, p.times(p.shift(u, minus), p.inverse(p.shift(u, one))))
			} else {
				c := p.shift(g, p.new().Neg(cosine[q]))
				e = p.plus(c, p.root(p.shift(p.times(c, c), minus)))
			}
			en := p.power(e, n)
			up, down := p.shift(en, one), p.shift(en, minus)
			times := 2 // q and 2l-q
			if q == 0 || q == l {
				times = 1
			}
			for range times {
				all, cosh, sinh = p.times(all, e), p.times(cosh, up), p.times(sinh, down)
			}
		}
		term := p.times(p.power(p.root(p.times(base, p.inverse(all))), n), p.plus(cosh, sinh))
		if parity == 1 {
			z = term
		} else {
			z = p.double(p.plus(z, term), -1)
		}
	}
	// z is Z exp(-2 L M K): energies are over the ground state.
	slope := p.quo(z.d, z.f)
	curve := p.sub(p.quo(z.dd, z.f), p.mul(slope, slope))
	mean, _ := p.mul(coupling, slope).Float64()
	variance, _ := p.mul(p.mul(coupling, coupling), curve).Float64()
	mantissa := new(big.Float)
	exponent := z.f.MantExp(mantissa)
	m, _ := mantissa.Float64()
	t.shifted(kT, ground, float64(float64(exponent)*math.Ln2)+functions.Log1(m), -mean, variance)
	energy, _ := p.add(slope, p.of(2*sites)).Float64()
	t.energy = -j * energy
	return t, nil
}
