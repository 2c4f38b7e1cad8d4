package vector

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// eventChain is a walker of EventChain.
type eventChain struct {
	mover
	length float64
	e, f   []float64 // the plane of a chain, n > 2
	whole  walkers.Whole
}

func prepareEventChain(m *ON, method *moves.EventChain) (builder, error) {
	if m.h != nil {
		return nil, spec.Mismatch("EventChain", "a model without site fields", "an ON with h").Try("OverRelaxation()")
	}
	length := method.Length
	if length == 0 {
		length = 0.5 * float64(m.Lattice.Sites())
	}
	return func(w contract.Walker) (kernel, error) {
		if w.Params.KT == 0 {
			return nil, spec.Mismatch("EventChain", "kT above 0", "kT = 0").Try("HeatBath()")
		}
		k := &eventChain{mover: newMover(m, w), length: length, e: make([]float64, m.N), f: make([]float64, m.N)}
		k.whole.Move = k.chain
		return k, nil
	}, nil
}

// SweepTo makes chains.
func (k *eventChain) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.sweepTo(ctx, target, &k.whole)
}

// Info by its own names.
func (k *eventChain) Info() map[string]float64 {
	all := k.state.Info()
	return map[string]float64{"events": all["cluster_size"], "chains_per_sweep": all["clusters_per_sweep"]}
}

// plane draws two directions at right angles.
func (k *eventChain) plane(u *rng.Stream) {
	direction(k.e, u)
	for {
		direction(k.f, u)
		along := dot(k.e, k.f)
		for c, x := range k.e {
			k.f[c] -= float64(along * x)
		}
		if r := math.Sqrt(dot(k.f, k.f)); r > 1e-3 {
			for c := range k.f {
				k.f[c] /= r
			}
			return
		}
	}
}

func (k *eventChain) spin(i int32) []float64 { return k.s[int(i)*k.N : int(i)*k.N+k.N] }

// part of a spin in the plane.
func (k *eventChain) part(i int32) (x, y float64) {
	s := k.spin(i)
	if k.N == 2 {
		return s[0], s[1]
	}
	return dot(s, k.e), dot(s, k.f)
}

// turn a spin in the plane.
func (k *eventChain) turn(i int32, angle float64) {
	sin, cos := functions.Sincos1(angle)
	x, y := k.part(i)
	a, b := float64(cos*x)-float64(sin*y), float64(sin*x)+float64(cos*y)
	s := k.spin(i)
	if k.N == 2 {
		r := 1 / math.Sqrt(float64(a*a)+float64(b*b))
		s[0], s[1] = float64(a*r), float64(b*r)
		return
	}
	for c := range s {
		s[c] += float64((a-x)*k.e[c]) + float64((b-y)*k.f[c])
	}
}

// chain makes one, and returns the number of its events and its end.
func (k *eventChain) chain(u *rng.Stream) int {
	if k.N > 2 {
		k.plane(u)
	}
	i, left := int32(u.Below(k.Lattice.Sites())), k.length
	if k.kT == 0 {
		return 1
	}
	for events := 1; ; events++ {
		x, y := k.part(i)
		far, next := math.Inf(1), i
		for b := k.graph.Start[i]; b < k.graph.Start[i+1]; b++ {
			j := k.graph.To[b]
			v, w := k.part(j)
			J := k.J.At(int(k.graph.Bond[b]))
			if d := k.reach(float64(J*(float64(v*x)+float64(w*y))), float64(J*(float64(v*y)-float64(w*x))), u); d < far {
				far, next = d, j
			}
		}
		if far >= left {
			k.turn(i, left)
			return events
		}
		k.turn(i, far)
		left -= far
		i = next
	}
}

// reach is the angle up to the event of a factor of energy -A cos(x), given A cos(x) and A sin(x), A > 0 by the choice of x: uphill from 0 to pi.
func (k *eventChain) reach(cos, sin float64, u *rng.Stream) float64 {
	climb := float64(k.kT * u.Exponential())
	A := math.Sqrt(float64(cos*cos) + float64(sin*sin))
	if A == 0 {
		return math.Inf(1)
	}
	x := functions.Atan21(sin, cos)
	climb /= A
	if x > 0 {
		climb += 1 - cos/A
	}
	turns := math.Floor(climb / 2)
	top := math.Sqrt(min(max(float64(0.5*climb)-turns, 0), 1)) // 1 - cos(y) = 2 sin(y/2)^2
	return max(0, float64(2*(float64(math.Pi*turns)+functions.Asin1(top)))-x)
}
