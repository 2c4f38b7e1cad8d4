package cloud

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// MeanFieldLangevin minimises F(mu) + kT int mu log mu over probability measures by N particles with the forces -N dF(mu_N)/dx_i, the gradients of the
// first variation of F, and noise of the temperature kT, in the coordinates of the space:
//
//	dx = -g dt + sqrt(2 kT) dW                              friction = 0, by Euler steps,
//	dx = v dt, dv = -friction v dt - g dt + sqrt(2 friction kT) dW
//
// where each step integrates all but g, which is frozen, exactly. Steps of size h shift the stationary law by O(h), N particles that of mu by O(1/N). draws is
// the number of particles, chains that of independent clouds.
//
// The run has trace_objective, F(mu_N) before each kept step, trace_mean and trace_variance (over N) of the coordinates after it.
type MeanFieldLangevin struct {
	// Steps of every particle.
	Steps int `spec:"steps" default:"1000" range:"[1,1e12]"`
	// h.
	Step float64 `spec:"step" default:"0.01" range:"(0,inf)" unit:"time"`
	// Of the underdamped dynamics; 0 is overdamped.
	Friction float64 `spec:"friction" default:"0.0" range:"[0,inf)" unit:"1/time"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

func openMeanField(system, method any, o contract.Order) (contract.Staged, error) {
	m, f := method.(*MeanFieldLangevin), system.(*density.Functional)
	p := ofFunctional(f, follow(m.Steps, m.Trace))
	p.mover = func(c *cloud) (mover, error) { return newMeanField(m, c), nil }
	return p.open(o)
}

// ofFunctional is what methods for functionals have in common.
func ofFunctional(f *density.Functional, s steps) plan {
	return plan{system: f, steps: s, follows: "objective", whole: true, valued: true, spread: 1, field: func(n int) (gradient, error) {
		if n != f.Particles() {
			return nil, spec.Expected("draws", "as many particles as the functional was traced for", n)
		}
		return f.Field()
	}}
}

type meanField struct {
	*MeanFieldLangevin
	v, noise []float64
	kick     kick
	members  int
	cloud    *cloud
	share    func(w int)
}

// kick is an exact step of length h with a frozen force: x += drift v - push g + xv n_1 + x n_2, v = keep v - drift g + v n_1.
type kick struct{ keep, drift, push, v, xv, x float64 }

func newKick(h, friction, kT float64) kick {
	if friction == 0 {
		return kick{push: h, x: math.Sqrt(2 * kT * h)}
	}
	a := float64(friction * h)
	q := -functions.Expm11(-a) // 1 - exp(-a)
	var second, third float64  // a - q, and 2a - 2q - q^2 = 2a - 3 + 4 exp(-a) - exp(-2a)
	if a >= 1 {
		second, third = a-q, float64(2*(a-q))-float64(q*q)
	} else { // the alternating series: both are small differences
		term, two := a, 2.0
		for k := 2.0; k < 40; k++ {
			term = float64(term * (-a / k))
			two *= 2
			second -= term
			third -= float64(term * (4 - two))
		}
	}
	varV := kT * -functions.Expm11(-2*a)
	k := kick{keep: 1 - q, drift: q / friction, push: second / (friction * friction), v: math.Sqrt(varV)}
	k.xv = kT * q * q / friction / k.v
	k.x = math.Sqrt(max(kT*third/(friction*friction)-float64(k.xv*k.xv), 0))
	return k
}

func newMeanField(m *MeanFieldLangevin, c *cloud) *meanField {
	f := &meanField{MeanFieldLangevin: m, noise: make([]float64, 2*c.n*c.d), kick: newKick(m.Step, m.Friction, c.kT)}
	if m.Friction > 0 {
		f.v = make([]float64, c.n*c.d)
		c.key.Normals(f.v, math.MaxUint64-1, 0)
		for i := range f.v {
			f.v[i] *= math.Sqrt(c.kT)
		}
	} else {
		f.noise = f.noise[:c.n*c.d]
	}
	f.share = f.part
	return f
}

func (f *meanField) state() []any { return []any{f.v} }

func (f *meanField) step(ctx context.Context, team *par.Team, c *cloud) error {
	if err := c.energies(ctx, team, c.kT); err != nil {
		return err
	}
	c.measure = c.u[0] / float64(c.n)
	f.cloud, f.members = c, team.Size()
	return team.Run(f.share)
}

func (f *meanField) part(w int) {
	c, k := f.cloud, f.kick
	size := c.n * c.d
	from, to := size*w/f.members, size*(w+1)/f.members
	z, g, n := c.z, c.g, f.noise
	c.key.Normals(n[from:to], uint64(c.ticks), uint64(from))
	if f.v == nil {
		for i := from; i < to; i++ {
			z[i] += float64(k.x*n[i]) - float64(k.push*g[i])
		}
		return
	}
	c.key.Normals(n[size+from:size+to], uint64(c.ticks), uint64(size+from))
	for i := from; i < to; i++ {
		v := f.v[i]
		z[i] += float64(k.drift*v) - float64(k.push*g[i]) + float64(k.xv*n[i]) + float64(k.x*n[size+i])
		f.v[i] = float64(k.keep*v) - float64(k.drift*g[i]) + float64(k.v*n[i])
	}
}
