package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// RandomWalk is Metropolis with Gaussian steps S n; in warm-up the matrix S is adapted to a mean acceptance (M. Vihola, Stat. Comput. 22, 997
// (2012)), so that steps take the shape of the density. It needs no gradient.
type RandomWalk struct {
	// Mean acceptance that S is adapted to.
	TargetAccept float64 `spec:"target_accept" default:"0.234" range:"(0,1)"`
	// Steps of one draw: what lies between is thrown away.
	Steps int `spec:"steps" default:"10" range:"[1,1e9]"`
	// S at the beginning is StepSize times 1; without warm-up it stays.
	StepSize float64 `spec:"step_size" default:"1.0" range:"(0,inf)"`
}

type randomWalk struct {
	n       int
	count   int
	target  float64
	shape   []float64 // S, lower
	noise   []float64
	moved   []float64
	next    point
	adapted int64
	sum     float64 // of acceptances in a transition
	scale   float64 // of S where a population sets it
}

func newRandomWalk(m *RandomWalk, n int, _ int64) (kernel, error) {
	if n > 1<<12 {
		return nil, spec.Expected("method", "one with gradients, such as NUTS, for more than 4096 dimensions", "RandomWalk").With("argument", "method")
	}
	k := &randomWalk{n: n, count: m.Steps, target: m.TargetAccept, shape: identity(n), noise: make([]float64, n), moved: make([]float64, n), next: newPoint(n)}
	for i := range n {
		k.shape[i*n+i] = m.StepSize
	}
	return k, nil
}

func (k *randomWalk) begin(context.Context, *chain, *rng.Stream) error { return nil }
func (k *randomWalk) slopeless()                                       {}
func (k *randomWalk) warm()                                            {}
func (k *randomWalk) state() []any                                     { return []any{k.shape, &k.adapted, &k.scale} }

func (k *randomWalk) transition(ctx context.Context, c *chain, _ *rng.Stream) error {
	return alone(ctx, c, k)
}

func (k *randomWalk) slope() bool { return false }

func (k *randomWalk) start(c *chain) { c.note.steps, k.sum = 0, 0 }

func (k *randomWalk) ask(c *chain) *point {
	if c.note.steps == int64(k.count) {
		return nil
	}
	for i := range k.noise {
		k.noise[i] = c.stream.Normal()
	}
	for i := range k.n {
		k.moved[i] = dot(k.shape[i*k.n:i*k.n+i+1], k.noise[:i+1])
		k.next.z[i] = c.at.z[i] + k.moved[i]
	}
	return &k.next
}

func (k *randomWalk) answer(c *chain) {
	accept := 0.0
	if !math.IsInf(k.next.u, 1) {
		accept = functions.Exp1(min(c.at.u-k.next.u, 0))
	}
	if c.stream.Float64() < accept {
		copy(c.at.z, k.next.z)
		c.at.u, c.at.part, c.at.kT, c.at.x = k.next.u, k.next.part, k.next.kT, k.next.x
	}
	c.visit()
	k.sum += accept
	c.note.steps++
	if c.warming() {
		k.learn(accept)
	}
}

func (k *randomWalk) end(c *chain) {
	c.note.accept, c.note.energy = k.sum/float64(k.count), c.at.u
}

func (k *randomWalk) adapt(context.Context, *chain, *rng.Stream, float64) error { return nil }

// learn makes S S' grow along the step just tried where it was accepted more often than the target, and shrink where less:
// S S' + eta (accept - target) (S n)(S n)' / |n|^2, by a rank-one change of the factor.
func (k *randomWalk) learn(accept float64) {
	k.adapted++
	eta := min(1, float64(k.n)*functions.Exp1(-2.0/3*functions.Log1(float64(k.adapted))))
	length := dot(k.noise, k.noise)
	if length == 0 {
		return
	}
	RankOne(k.shape, k.n, k.moved, eta*(accept-k.target)/length)
}

// RankOne turns the lower factor of A into that of A + a x x'; x is overwritten. Where A would not stay positive it is left (a >= -1/x'A^-1 x).
func RankOne(l []float64, n int, x []float64, a float64) {
	b := 1.0
	for j := range n {
		d := l[j*n+j]
		if d == 0 || x[j] == 0 {
			continue
		}
		r := float64(d*d) + float64(a/b*x[j]*x[j])
		if !(r > 0) {
			return
		}
		d2 := math.Sqrt(r)
		gamma := float64(d*d*b) + float64(a*x[j]*x[j])
		for i := j + 1; i < n; i++ {
			x[i] -= float64(x[j] / d * l[i*n+j])
			l[i*n+j] = float64(d2/d*l[i*n+j]) + float64(d2*a*x[j]/gamma*x[i])
		}
		b += float64(a * (x[j] / d) * (x[j] / d))
		l[j*n+j] = d2
	}
}
