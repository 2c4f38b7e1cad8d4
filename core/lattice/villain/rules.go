package villain

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

type (
	kernel  = walkers.Kernel[float64]
	builder = walkers.Builder[float64]
)

const (
	softest = 1e-3 // least stiffness of a proposal
	windows = 64   // more n on each side than such a bond has
)

// rule is a visit of a site: HeatBath's, or Metropolis' by a normal step.
type rule struct {
	*Villain
	walkers.Stride
	kT   float64
	bath bool
}

// SetKT sets the temperature.
func (k *rule) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *rule) Name() string {
	if k.bath {
		return "changed"
	}
	return "acceptance"
}

// gain is the logarithm of the weight that angle x of site i has over theta, over that of the proposals where they are of Gaussians.
func (k *rule) gain(theta []float64, i int, x float64) (d float64) {
	for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
		K, other := k.K.At(int(k.graph.Bond[e])), theta[k.graph.To[e]]
		d += (logWeight(K, x-other) - logWeight(K, theta[i]-other)) / k.kT
		if soft := k.soft(K); k.bath {
			d -= logWeight(soft, x-other) - logWeight(soft, theta[i]-other)
		}
	}
	return d
}

// soft is the stiffness with which an angle is proposed.
func (k *rule) soft(K float64) float64 { return max(K/k.kT, softest) }

// certain tells that proposals have the very weight.
func (k *rule) certain() bool { return k.bath && k.kT == 1 }

// draw proposes an angle for site i: the n of its bonds given the angles, then its angle given these. That is reversible with respect to the weight with soft
// stiffnesses.
func (k *rule) draw(theta []float64, i int, u *rng.Stream) float64 {
	var sums [2*windows + 1]float64
	mean, stiff := 0.0, 0.0
	for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
		K := k.soft(k.K.At(int(k.graph.Bond[e])))
		d := wrap(theta[i] - theta[k.graph.To[e]])
		far := min(int((9/math.Sqrt(K)+math.Pi)/(2*math.Pi))+1, windows) // exp(-81/2) of the largest
		sum := 0.0
		for n := -far; n <= far; n++ {
			x := d - float64(2*math.Pi*float64(n))
			sum += functions.Exp1(float64(-0.5 * K * (float64(x*x) - float64(d*d))))
			sums[n+far] = sum
		}
		n := u.Pick(sums[:2*far+1]) - far
		mean -= float64(K * (d - float64(2*math.Pi*float64(n))))
		stiff += K
	}
	if stiff == 0 {
		return math.Pi * (2*u.Float64() - 1)
	}
	return wrap(theta[i] + mean/stiff + u.Normal()/math.Sqrt(stiff))
}

// Visit updates the sites given.
func (k *rule) Visit(theta []float64, sites []int32, u *rng.Stream) (changed int64) {
	for _, i := range sites {
		x := 0.0
		if k.bath {
			x = k.draw(theta, int(i), u)
		} else {
			x = wrap(theta[i] + float64(k.Step*u.Normal()))
		}
		if !k.certain() {
			if d := k.gain(theta, int(i), x); d < 0 && u.Float64() >= functions.Exp1(d) {
				continue
			}
		}
		theta[i] = x
		changed++
	}
	return changed
}

// Adapt is for Metropolis' steps.
func (k *rule) Adapt(sweep int64, share float64) {
	if !k.bath {
		k.Stride.Adapt(sweep, share)
	}
}

func prepare(m *Villain, order string, bath bool, step float64) (builder, error) {
	o := walkers.NewOrder(m.graph, order)
	return func(w contract.Walker) (kernel, error) {
		if w.Params.KT == 0 {
			return nil, spec.Expected("kT", "a number above 0 for Villain, 1 by convention", 0).With("argument", "kT")
		}
		return walkers.NewSingle(m, m.energy, o, w, &rule{Villain: m, bath: bath, Stride: walkers.NewStride(step)}), nil
	}, nil
}

// Registry lists the methods.
func Registry() []contract.Entry {
	return []contract.Entry{
		contract.Named("lattice.Villain", func() any { return new(Villain) }),
		walkers.Sampler("lattice.Villain", "HeatBath", func(m *Villain, method *moves.HeatBath) (builder, error) { return prepare(m, method.Order, true, 0) },
			moves.HeatBathCite),
		walkers.Sampler("lattice.Villain", "Metropolis", func(m *Villain, method *moves.Metropolis) (builder, error) {
			return prepare(m, method.Order, false, method.Step)
		}, moves.MetropolisCite),
		meanField(),
	}
}
