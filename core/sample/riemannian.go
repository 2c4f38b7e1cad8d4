package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// RiemannianHMC follows Hamilton's equations with a mass matrix G(z) that changes from place to place (M. Girolami, B. Calderhead, J. R. Stat. Soc. B 73,
// 123 (2011)),
//
//	H = u + log det G / 2 + p' G^-1 p / 2,
//
// by the generalised leapfrog, whose steps are implicit, reversible and keep volumes; a step that
// does not lead back is rejected. G is the matrix of second derivatives of u with each eigenvalue l
// replaced by l coth(Alpha l), about |l| and at least 1/Alpha (SoftAbs; M. Betancourt, arXiv:1212.4693). So steps become short where the density
// bends sharply, as in the neck of a funnel. A step costs some ten evaluations of third derivatives: n is small, and where the bend is alike
// everywhere NUTS is faster.
type RiemannianHMC struct {
	// Steps of a trajectory.
	Steps int `spec:"steps" default:"10" range:"[1,1e6]"`
	// Hardness of SoftAbs; its inverse is the least eigenvalue of G.
	Alpha float64 `spec:"alpha" default:"1.0" range:"(0,inf)"`
	// Mean acceptance that the step size is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.9" range:"(0,1)"`
	// Step of the leapfrog; 0 is adapted.
	StepSize float64 `spec:"step_size" default:"0.0" range:"[0,inf)"`
	// Relative half width of the steps drawn.
	Jitter float64 `spec:"jitter" default:"0.2" range:"[0,1)"`
	// Iterations after which an implicit step that has not settled is given up, and the trajectory rejected.
	Iterations int `spec:"iterations" default:"100" range:"[1,1e6]"`
}

// bent is a point with its metric: H = V' diag(l) V, G = V' diag(f(l)) V.
type bent struct {
	point
	h, dh   []float64
	work    *eigenWork
	f, rise []float64 // f(l), df/dl
	half    float64   // log det G / 2
}

func newBent(n int) *bent {
	row := func() []float64 { return make([]float64, n) }
	return &bent{newPoint(n), make([]float64, n*n), make([]float64, n*n*n), newEigenWork(n), row(), row(), 0}
}

type riemannian struct {
	RiemannianHMC
	n             int
	sizes         stepSize
	curve         contract.Curvature
	from, now, on *bent
	p, mid, last  []float64
	other         []float64
	a, b, slope   []float64
	w, v          []float64 // (n, n)
}

func newRiemannian(m *RiemannianHMC, n int, _ int64) (kernel, error) {
	if n > 200 {
		return nil, spec.Expected("method", "one without third derivatives, such as NUTS, for more than 200 dimensions", "RiemannianHMC").With("argument", "method")
	}
	row := func() []float64 { return make([]float64, n) }
	k := &riemannian{RiemannianHMC: *m, n: n, from: newBent(n), now: newBent(n), on: newBent(n), p: row(), mid: row(), last: row(), other: row(), a: row(), b: row(),
		slope: row(), w: make([]float64, n*n), v: make([]float64, n*n)}
	k.sizes = stepSize{Step: m.StepSize, Target: m.TargetAccept}
	return k, nil
}

func (k *riemannian) ready(c *chain) (err error) {
	if k.curve != nil {
		return nil
	}
	t, ok := c.eval.from.(contract.Curved)
	if !ok {
		return spec.Errorf(spec.SpecError, "RiemannianHMC needs second derivatives of the density, which this system does not give").With("argument", "method")
	}
	k.curve, err = t.Curvature()
	return err
}

func (k *riemannian) begin(ctx context.Context, c *chain, s *rng.Stream) error {
	if err := c.descend(ctx); err != nil {
		return err
	}
	if k.StepSize == 0 {
		k.sizes.restart(0.3, 1)
	}
	return nil
}

// bend fills the metric at a point, whose u and gradient are filled. It is false where there is none.
func (k *riemannian) bend(ctx context.Context, c *chain, x *bent) (bool, error) {
	if math.IsInf(x.u, 1) {
		return false, nil
	}
	if err := k.curve.Curve(ctx, c.eval.kT, x.z, x.h, x.dh); err != nil {
		return false, err
	}
	for i := range k.n { // symmetric to the last bit
		for j := range i {
			m := 0.5 * (x.h[i*k.n+j] + x.h[j*k.n+i])
			x.h[i*k.n+j], x.h[j*k.n+i] = m, m
		}
	}
	if !x.work.run(x.h) {
		return false, nil
	}
	x.half = 0
	for i, l := range x.work.values {
		x.f[i], x.rise[i] = softAbs(l, k.Alpha)
		x.half += float64(0.5 * functions.Log1(x.f[i]))
	}
	return x.half-x.half == 0, nil
}

// softAbs is f = l coth(a l) and df/dl.
func softAbs(l, a float64) (f, rise float64) {
	x := float64(a * l)
	if math.Abs(x) < 1e-4 {
		return (1 + float64(x*x/3)) / a, 2 * x / 3
	}
	c := 1 / functions.Tanh1(x)
	return l * c, c - float64(x*(float64(c*c)-1))
}

// rows is y = M x, columns y = M' x.
func (k *riemannian) rows(y, m, x []float64) {
	for i := range y {
		y[i] = dot(m[i*k.n:(i+1)*k.n], x)
	}
}

func (k *riemannian) columns(y, m, x []float64) {
	clear(y)
	for i, f := range x {
		for j, v := range m[i*k.n : (i+1)*k.n] {
			y[j] += float64(f * v)
		}
	}
}

// velocity is G^-1 p; a holds V p over f.
func (k *riemannian) velocity(y []float64, x *bent, p []float64) {
	k.rows(k.a, x.work.vectors, p)
	for i, f := range x.f {
		k.a[i] /= f
	}
	k.columns(y, x.work.vectors, k.a)
}

func (k *riemannian) energy(x *bent, p []float64) float64 {
	k.velocity(k.b, x, p)
	return x.u + x.half + float64(0.5*dot(p, k.b))
}

// force is dH/dz = du/dz + sum_ij W_ij dh_ij/dz / 2 with W = V' (diag(f'/f) - J a a') V, J_ij = (f_i - f_j)/(l_i - l_j).
func (k *riemannian) force(x *bent, p []float64) {
	n, l := k.n, x.work.values
	k.velocity(k.b, x, p)
	for i := range n {
		for j := range n {
			d := l[i] - l[j]
			ratio := (x.f[i] - x.f[j]) / d
			if math.Abs(d) < 1e-6*(math.Abs(l[i])+math.Abs(l[j])+1/k.Alpha) {
				ratio = 0.5 * (x.rise[i] + x.rise[j])
			}
			k.w[i*n+j] = -float64(ratio * k.a[i] * k.a[j])
		}
		k.w[i*n+i] += x.rise[i] / x.f[i]
	}
	for i := range n { // v = w V, then w = V' v
		k.columns(k.v[i*n:(i+1)*n], x.work.vectors, k.w[i*n:(i+1)*n])
	}
	clear(k.w)
	for i := range n {
		for r := range n {
			f := x.work.vectors[i*n+r]
			for j, y := range k.v[i*n : (i+1)*n] {
				k.w[r*n+j] += float64(f * y)
			}
		}
	}
	copy(k.slope, x.g)
	for ij, w := range k.w {
		for m, d := range x.dh[ij*n : (ij+1)*n] {
			k.slope[m] += float64(0.5 * w * d)
		}
	}
}

// settled tells whether an iterate has stopped to change, and keeps it.
func settled(x, last []float64) bool {
	same := near(x, last, 1e-11)
	copy(last, x)
	return same
}

func near(x, y []float64, within float64) bool {
	for i, v := range x {
		if !(math.Abs(v-y[i]) <= within*(1+math.Abs(v))) {
			return false
		}
	}
	return true
}

// solve finds the momentum at the middle of a step from x, p' = p - e/2 dH/dz(x, p'), and its end, z' = x + e/2 (G^-1(x) + G^-1(z')) p', by
// iteration. It is false where they do not settle.
func (k *riemannian) solve(ctx context.Context, c *chain, x, end *bent, p, mid []float64, e float64) (bool, error) {
	copy(mid, p)
	copy(k.last, mid)
	done := false
	for i := 0; i < k.Iterations && !done; i++ {
		k.force(x, mid)
		for i, f := range k.slope {
			mid[i] = p[i] - float64(0.5*e*f)
		}
		done = settled(mid, k.last)
	}
	if !done {
		return false, nil
	}
	k.velocity(k.slope, x, mid)
	for i, z := range x.z {
		end.z[i] = z + float64(e*k.slope[i])
	}
	copy(k.last, end.z)
	done = false
	for range k.Iterations {
		if err := c.eval.at(ctx, &end.point); err != nil {
			return false, err
		}
		c.note.steps++
		if valid, err := k.bend(ctx, c, end); !valid {
			return false, err
		}
		if done {
			return true, nil
		}
		k.velocity(k.b, end, mid)
		for i, z := range x.z {
			end.z[i] = z + float64(0.5*e*(k.slope[i]+k.b[i]))
		}
		done = settled(end.z, k.last)
	}
	return false, nil
}

// step is one of the generalised leapfrog. It is false where it cannot be made, or would not lead back: implicit equations may have several
// solutions, and the one that is found from the other end may be another.
func (k *riemannian) step(ctx context.Context, c *chain, e float64) (bool, error) {
	if ok, err := k.solve(ctx, c, k.now, k.on, k.p, k.mid, e); !ok {
		return false, err
	}
	k.force(k.on, k.mid)
	for i, f := range k.slope {
		k.p[i] = k.mid[i] - float64(0.5*e*f)
	}
	if ok, err := k.solve(ctx, c, k.on, k.from, k.p, k.other, -e); !ok {
		return false, err
	}
	if !near(k.other, k.mid, 1e-7) || !near(k.from.z, k.now.z, 1e-7) {
		return false, nil
	}
	k.now, k.on = k.on, k.now
	return true, nil
}

func (k *riemannian) transition(ctx context.Context, c *chain, s *rng.Stream) error {
	if err := k.ready(c); err != nil {
		return err
	}
	k.now.point.set(&c.at)
	c.note.steps, c.note.accept, c.note.energy, c.note.diverging = 0, 0, c.at.u, true
	valid, err := k.bend(ctx, c, k.now)
	if err != nil {
		return err
	}
	for i, f := range k.now.f { // p = V' sqrt(f) noise
		k.a[i] = math.Sqrt(f) * s.Normal()
	}
	if !valid {
		return spec.Errorf(spec.NonFiniteError, "RiemannianHMC: the second derivatives are not finite at chain's position").With("argument", "method")
	}
	k.columns(k.p, k.now.work.vectors, k.a)
	before := k.energy(k.now, k.p)
	c.note.energy = before
	e := k.sizes.Step
	if k.Jitter > 0 {
		e *= 1 + float64(k.Jitter*(2*s.Float64()-1))
	}
	for range k.Steps {
		if valid, err = k.step(ctx, c, e); err != nil {
			return err
		}
		if !valid {
			break
		}
	}
	if valid {
		d := before - k.energy(k.now, k.p)
		if c.note.diverging = !(d > -divergent); !c.note.diverging {
			c.note.accept = functions.Exp1(min(d, 0))
		}
	}
	if s.Float64() < c.note.accept {
		c.at.set(&k.now.point)
	}
	c.visit()
	return nil
}

func (k *riemannian) adapt(_ context.Context, _ *chain, _ *rng.Stream, accept float64) error {
	if k.StepSize == 0 {
		k.sizes.learn(accept)
	}
	return nil
}

func (k *riemannian) warm() {
	if k.StepSize == 0 {
		k.sizes.freeze()
	}
}

func (k *riemannian) state() []any { return []any{&k.sizes} }
