package gauge

import (
	"context"
	"fmt"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// turning adds a normal angle to a link of U(1) and accepts with probability min(1, exp(-dS/kT)).
type turning struct {
	*U1
	walkers.Stride
	over float64 // beta/kT
	kT   float64
}

func (r *turning) SetKT(kT float64) { r.over, r.kT = r.Beta/kT, kT }
func (*turning) Name() string       { return "acceptance" }

func (r *turning) Visit(z []float64, sites []int32, u *rng.Stream) (changed int64) {
	for _, link := range sites {
		t, gain := r.try(z, int(link), u)
		if d := float64(r.over * gain); d >= 0 || u.Float64() < functions.Exp1(d) {
			z[link] = t
			changed++
		}
	}
	return changed
}

// try is another angle, and what the sum of cosines gains by it: length (cos(t' - angle) - cos(t - angle)).
func (r *turning) try(z []float64, link int, u *rng.Stream) (t, gain float64) {
	angle, length := r.links.toward(z, link)
	t = wrapped(z[link] + float64(r.Step*u.Normal()))
	return t, float64(length * (functions.Cos1(t-angle) - functions.Cos1(z[link]-angle)))
}

// Width of a link.
func (*turning) Width() int { return 1 }

// Propose turns a link.
func (r *turning) Propose(dst, z []float64, link int, u *rng.Stream) float64 {
	t, gain := r.try(z, link, u)
	dst[0] = t
	return -r.Beta * gain
}

func u1Metropolis(m *U1, method *moves.Metropolis) (builder, error) {
	return m.single(method.Order, func() []walkers.Rule[float64] {
		return []walkers.Rule[float64]{&turning{U1: m, Stride: walkers.NewStride(method.Step)}}
	})
}

// hops is a walker of Metropolis for links of matrices: a sweep tries every link once, colour by colour and axis by axis. Under a bias, which is one on the
// energy of all links, they are judged one after another, and sweeps take steps of Step, Step/2, Step/4 and Step/8 in turn, since what a bias leaves open
// may be much narrower than the distribution at kT.
type hops struct {
	*bath
	walkers.Stride
	accepted, tried int64
	warming         bool
	bias            *contract.Bias
	scale           float64 // what the bias is of: E over this
	kT              float64
	total           float64 // E under a bias, followed from link to link
}

func matrixMetropolis[M matrixModel](m M, method *moves.Metropolis) (builder, error) {
	return func(w contract.Walker) (kernel, error) {
		return &hops{bath: m.own().newBath(w, 0), Stride: walkers.NewStride(method.Step), warming: w.Warmup > 0, kT: w.Params.KT}, nil
	}, checkerboard(method.Order)
}

func (k *hops) SweepTo(ctx context.Context, target int64, team *par.Team) error {
	return walkers.StepTo(ctx, &k.done, target, team, k.step)
}

// WithBias puts it under one on the energy.
func (k *hops) WithBias(w contract.Walker, kT float64, b *contract.Bias) (kernel, error) {
	if k.bias = b; b == nil {
		return k, nil
	}
	switch b.Observable {
	case "energy":
		k.scale = 1
	case contract.Excess:
		k.scale = w.Params.KT
	default:
		return nil, spec.Expected("observable", fmt.Sprintf("energy for a bias on SU%d", k.Group), b.Observable).With("argument", "observable")
	}
	k.kT = kT
	k.follow()
	return k, nil
}

// judge accepts with probability min(1, exp(-dE/kT + f(E + dE) - f(E))).
func (k *hops) judge(gain, u float64) bool {
	dE := -float64(k.beta * gain)
	d := k.bias.LogWeight((k.total+dE)/k.scale) - k.bias.LogWeight(k.total/k.scale) - dE/k.kT
	yes := d >= 0 || u < functions.Exp1(d) // NaN, from outside a limit to outside, is neither
	if yes {
		k.total += dE
	}
	if k.bias.Visit != nil {
		k.bias.Visit(k.total / k.scale)
	}
	return yes
}

// SetKT changes the weight of the energy.
func (k *hops) SetKT(kT float64) {
	k.kT = kT
	k.bath.SetKT(kT)
}

// Write is told of another configuration.
func (k *hops) Write(src []float64) {
	k.bath.Write(src)
	k.follow()
}

// follow sums the energy anew.
func (k *hops) follow() {
	if k.bias != nil {
		k.total = k.bath.Energy()
	}
}

// Energy is followed under a bias, which knows no other.
func (k *hops) Energy() float64 {
	if k.bias != nil {
		return k.total
	}
	return k.bath.Energy()
}

// step is a batch.
func (k *hops) step(*par.Team) error {
	all := int64(len(k.batches))
	x := k.batches[k.cursor]
	size, judge := k.Step, (func(gain, u float64) bool)(nil)
	if k.bias != nil {
		size, judge = size/float64(int(1)<<(k.done%4)), k.judge
	}
	k.accepted += int64(k.b.Hop(x.mu, x.from, x.count, k.strength, size, k.key, uint64(k.done*all+k.cursor)*2, judge))
	k.tried += int64(x.count * k.layout.Lanes)
	if k.cursor++; k.cursor < all {
		return nil
	}
	k.cursor = 0
	if k.done++; k.done%polish == 0 {
		k.b.Unitary()
		k.follow()
	}
	if k.warming {
		k.Adapt(k.done, float64(k.accepted)/float64(k.tried))
		k.accepted, k.tried = 0, 0
	}
	return nil
}

func (k *hops) Warm() {
	k.warming = false
	k.accepted, k.tried = 0, 0
}

func (k *hops) Info() map[string]float64 {
	return map[string]float64{"acceptance": float64(k.accepted) / float64(max(k.tried, 1))}
}

func (k *hops) Save(w io.Writer) error {
	if err := k.bath.Save(w); err != nil {
		return err
	}
	return saved.Put(w, k.Step, k.accepted, k.tried, k.warming, k.total)
}

func (k *hops) Load(r io.Reader) error {
	if err := k.bath.Load(r); err != nil {
		return err
	}
	return saved.Get(r, &k.Step, &k.accepted, &k.tried, &k.warming, &k.total)
}
