package gauge

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// U1 is compact U(1) lattice gauge theory with Wilson's plaquette action
//
//	S = beta sum_p (1 - cos P),   P_(mu nu)(x) = t_mu(x) + t_nu(x+mu) - t_mu(x+nu) - t_nu(x),
//
// with an angle t on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted once; configurations have the weight exp(-S/kT)
// with respect to Haar's measure dt/2pi, kT = 1 by convention. All numbers are in units of the lattice. In two dimensions beta -> infinity is the continuum,
// and the topological charge freezes on the way; in four the Coulomb phase begins at beta = 1.0111.
//
// # Observables
//
//	configuration        t, shape (d, *lattice), in [-pi, pi]
//	energy               S
//	action_density       S / N
//	plaquette            mean of cos P
//	wilson_loops         (r, t): mean of the cosine of the angle around rectangles of sides r+1 and t+1, up to half the shortest side, over
//	                     positions and planes
//	polyakov             (2,): real and imaginary part of the mean of exp(i sum t) along the first axis
//	|polyakov|           its modulus
//	topological_charge, topological_charge^2
//	                     of two dimensions: Q = (1/2pi) sum_p wrap(P), wrap to [-pi, pi), an integer
//
// # Examples
//
//	>>> theory = erg.lattice.U1((8, 8), beta=2.0)
//	>>> exact = erg.solve(theory)
//	>>> print(round(float(exact["plaquette"]), 6), round(float(exact["topological_charge^2"]), 4))
//	0.697775 1.2393
//	>>> run = erg.sample(theory, erg.HMC(steps=10), sweeps=300, warmup=200, seed=1, observe=["plaquette", "topological_charge"])
//	>>> print(abs(float(run["plaquette"].mean()) - 0.6978) < 0.02)
//	True
//
// # References
//
// K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, Commun. Math. Phys. 85, 39 (1982) for the charge.
type U1 struct {
	// Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov loops.
	Lattice geometry.Lattice `spec:"lattice"`
	// Inverse coupling 1/g^2.
	Beta float64 `spec:"beta" default:"1.0" range:"[0,inf)"`

	links *links
}

// Check completes a decoded U1.
func (m *U1) Check() error {
	if err := fitting("U1", &m.Lattice); err != nil {
		return err
	}
	m.links = newLinks(m.Lattice.Shape)
	return nil
}

// Size is the number of links.
func (m *U1) Size() int { return m.links.d * m.links.sites }

// Shape: angles.
func (m *U1) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "torus", Count: 1, Rows: m.Size(), Cols: 1}}
}

// Arrangement is (d, *lattice).
func (m *U1) Arrangement() []int { return append([]int{m.links.d}, m.links.shape...) }

// angles is one caller's scratch memory: sines and cosines of the plaquettes of a plane.
type angles struct {
	*links
	p, sin []float64
}

func newAngles(l *links) *angles {
	return &angles{l, make([]float64, l.sites), make([]float64, l.sites)}
}

// plane fills the angles of the plaquettes of a plane.
func (a *angles) plane(z []float64, mu, nu int) {
	s, t, right, up := a.of(z, mu, 1), a.of(z, nu, 1), a.up[mu], a.up[nu]
	for x := range a.p {
		a.p[x] = (s[x] - s[up[x]]) + (t[right[x]] - t[x])
	}
}

// sum is that of 1 - cos P = 2 sin^2(P/2), which stays exact where fields are weak; where g is there it takes dS/dt times f.
func (a *angles) sum(z, g []float64, f float64) (total float64) {
	clear(g)
	for mu := range a.d {
		for nu := mu + 1; nu < a.d; nu++ {
			a.plane(z, mu, nu)
			if g != nil {
				functions.Sin(a.sin, a.p)
				s, t, left, below := a.of(g, mu, 1), a.of(g, nu, 1), a.down[mu], a.down[nu]
				for x, y := range a.sin {
					s[x] += float64(f * (y - a.sin[below[x]]))
					t[x] -= float64(f * (y - a.sin[left[x]]))
				}
			}
			half := [1]float64{0.5}
			simd.Mul(a.p, a.p, half[:])
			functions.Sin(a.sin, a.p)
			total += 2 * simd.Dot(a.sin, a.sin)
		}
	}
	return total
}

// Evaluator works row after row.
func (m *U1) Evaluator(rows int) (contract.Evaluator, error) {
	return &u1Evaluator{newAngles(m.links), m.Beta, rows}, nil
}

type u1Evaluator struct {
	*angles
	beta float64
	rows int
}

func (e *u1Evaluator) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	n := e.d * e.sites
	for r := range e.rows {
		u[r] = e.beta / kT * e.sum(z[r*n:(r+1)*n], g[r*n:(r+1)*n], e.beta/kT)
	}
	return nil
}

func (e *u1Evaluator) Value(_ context.Context, _ *par.Team, kT float64, z, u []float64) error {
	n := e.d * e.sites
	for r := range e.rows {
		u[r] = e.beta / kT * e.sum(z[r*n:(r+1)*n], nil, 0)
	}
	return nil
}

// Mover moves angles and momenta in place.
func (m *U1) Mover() (contract.Mover, error) {
	n := m.Size()
	return &u1Mover{angles: newAngles(m.links), beta: m.Beta, z: make([]float64, n), momentum: make([]float64, n)}, nil
}

type u1Mover struct {
	*angles
	beta, over  float64 // beta, beta/kT
	z, momentum []float64
}

func (v *u1Mover) Begin(kT float64, z, p []float64) {
	v.over = v.beta / kT
	copy(v.z, z)
	copy(v.momentum, p)
}

func (v *u1Mover) kick(b float64) {
	f := b * v.over
	for mu := range v.d {
		for nu := mu + 1; nu < v.d; nu++ {
			v.plane(v.z, mu, nu)
			functions.Sin(v.sin, v.p)
			s, t, left, below := v.of(v.momentum, mu, 1), v.of(v.momentum, nu, 1), v.down[mu], v.down[nu]
			for x, y := range v.sin {
				s[x] -= float64(f * (y - v.sin[below[x]]))
				t[x] += float64(f * (y - v.sin[left[x]]))
			}
		}
	}
}

func (v *u1Mover) Step(b, a float64) {
	v.kick(b)
	drift := [1]float64{a}
	simd.MulAdd(v.z, drift[:], v.momentum, v.z)
}

func (v *u1Mover) End(b float64, z, p []float64) {
	v.kick(b)
	copy(z, v.z)
	copy(p, v.momentum)
}

// wrapped is x in [-pi, pi).
func wrapped(x float64) float64 { return x - float64(2*math.Pi*math.Floor((x+math.Pi)/(2*math.Pi))) }

// charge is Q of two dimensions.
func (a *angles) charge(z []float64) float64 {
	a.plane(z, 0, 1)
	sum := 0.0
	for _, x := range a.p {
		sum += wrapped(x)
	}
	return math.Round(sum / (2 * math.Pi))
}

// loops are the mean cosines around rectangles.
func (a *angles) loops(z, to []float64) {
	n := a.longest()
	clear(to)
	for mu := range a.d {
		for nu := range a.d {
			if mu != nu {
				a.rectangles(z, to, n, mu, nu)
			}
		}
	}
	for i := range to {
		to[i] /= float64(a.d * (a.d - 1) * a.sites)
	}
}

// rectangles adds the cosines of those with sides along mu and nu.
func (a *angles) rectangles(z, to []float64, n, mu, nu int) {
	for x := range a.sites {
		corner, bottom := x, 0.0
		for r := range n { // along mu by r+1
			bottom += a.of(z, mu, 1)[corner]
			corner = int(a.up[mu][corner])
			left, right, y, far := 0.0, 0.0, x, corner
			for t := range n { // along nu by t+1
				left += a.of(z, nu, 1)[y]
				right += a.of(z, nu, 1)[far]
				y, far = int(a.up[nu][y]), int(a.up[nu][far])
				top := 0.0
				for k, w := 0, y; k <= r; k++ {
					top += a.of(z, mu, 1)[w]
					w = int(a.up[mu][w])
				}
				to[r*n+t] += functions.Cos1(bottom + right - top - left)
			}
		}
	}
}

// polyakov is the mean of exp(i sum t) along the first axis.
func (a *angles) polyakov(z, to []float64) {
	first := a.of(z, 0, 1)
	slice := a.sites / a.shape[0]
	var re, im float64
	for x := range slice {
		sum := 0.0
		for t := range a.shape[0] {
			sum += first[t*slice+x]
		}
		s, c := functions.Sincos1(sum)
		re += c
		im += s
	}
	to[0], to[1] = re/float64(slice), im/float64(slice)
}

func (m *U1) quantities() []measure.Quantity {
	a := newAngles(m.links)
	energy := func(z []float64) float64 { return m.Beta * a.sum(z, nil, 0) }
	n := a.longest()
	all := []measure.Quantity{
		{Name: "configuration", Shape: m.Arrangement(), Fill: func(z, to []float64) { copy(to, z) }},
		measure.Number("energy", energy),
		measure.Number("action_density", func(z []float64) float64 { return energy(z) / float64(a.sites) }),
		measure.Number("plaquette", func(z []float64) float64 { return 1 - a.sum(z, nil, 0)/float64(a.plaquettes()) }),
		{Name: "wilson_loops", Shape: []int{n, n}, Fill: a.loops},
		{Name: "polyakov", Shape: []int{2}, Fill: a.polyakov},
		measure.Number("|polyakov|", func(z []float64) float64 {
			var p [2]float64
			a.polyakov(z, p[:])
			return functions.Hypot1(p[0], p[1])
		}),
	}
	if a.d == 2 {
		all = append(all, measure.Number("topological_charge", a.charge),
			measure.Number("topological_charge^2", func(z []float64) float64 { q := a.charge(z); return q * q }))
	}
	return all
}

// Quantities are listed at the type.
func (m *U1) Quantities() []contract.Quantity { return measure.Names(m.quantities()) }

// Recorder computes quantities one by one.
func (m *U1) Recorder() (contract.Recorder, error) { return measure.New(m.quantities()) }
