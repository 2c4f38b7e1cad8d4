package memory

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

type (
	kernel  = walkers.Kernel[int8]
	builder = walkers.Builder[int8]
)

// rule turns spins over with probability 1/(1 + exp(dE/kT)) (a heat bath) or min(1, exp(-dE/kT)); in turn, what costs nothing every other time.
type rule struct {
	*Hopfield
	kT   float64
	bath bool
	half bool
	M    []int32
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

// Sum counts M anew.
func (k *rule) Sum(s []int8) { k.sums(k.M, s) }

// cost is what turning spin i over costs.
func (k *rule) cost(s []int8, i int) float64 {
	return k.couplings(s, i) + float64(2*k.H.At(i)*float64(s[i]))
}

func (k *rule) couplings(s []int8, i int) float64 {
	d, twice := 0.0, 2*int32(s[i])
	for mu, xi := range k.xi[i*k.k : (i+1)*k.k] {
		at := k.table[mu] + k.M[mu]
		d += k.term[at] - k.term[at-twice*int32(xi)]
	}
	return d
}

func (k *rule) turn(s []int8, i int) {
	twice := 2 * int32(s[i])
	for mu, xi := range k.xi[i*k.k : (i+1)*k.k] {
		k.M[mu] -= twice * int32(xi)
	}
	s[i] = -s[i]
}

// Visit updates the sites given.
func (k *rule) Visit(s []int8, sites []int32, u *rng.Stream) (changed int64) {
	for _, i := range sites {
		if u.Less(rng.NewThreshold(k.probability(k.cost(s, int(i))))) == 1 {
			k.turn(s, int(i))
			changed++
		}
	}
	return changed
}

func (k *rule) probability(d float64) float64 {
	switch {
	case d == 0 && (k.bath || k.half):
		return 0.5
	case k.kT == 0 && d > 0:
		return 0
	case k.kT == 0:
		return 1
	case k.bath:
		return 1 / (1 + functions.Exp1(d/k.kT))
	case d <= 0:
		return 1
	}
	return functions.Exp1(-d / k.kT)
}

// Width of a site.
func (k *rule) Width() int { return 1 }

// Propose turns a spin over.
func (k *rule) Propose(dst, s []int8, i int, _ *rng.Stream) float64 {
	dst[0] = -s[i]
	return k.cost(s, i)
}

// Moved follows what was accepted.
func (k *rule) Moved(s []int8, i int, old []int8) {
	twice := 2 * int32(old[0])
	for mu, xi := range k.xi[i*k.k : (i+1)*k.k] {
		k.M[mu] -= twice * int32(xi)
	}
}

func prepare(m *Hopfield, order string, bath bool) (builder, error) {
	o := walkers.OneByOne(m.n, order)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, m.energy, o, w, &rule{Hopfield: m, bath: bath, half: order != "random", M: make([]int32, m.k)}), nil
	}, nil
}

func prepareClock(m *Hopfield, _ *moves.HeatBath) (builder, error) {
	o := walkers.OneByOne(m.n, "random")
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewEvents(m, m.energy, o, w, &rule{Hopfield: m, bath: true, M: make([]int32, m.k)}), nil
	}, nil
}

// Registry lists the methods.
func Registry() []contract.Entry {
	entries := []contract.Entry{
		walkers.Sampler("lattice.Hopfield", "HeatBath", func(m *Hopfield, method *moves.HeatBath) (builder, error) { return prepare(m, method.Order, true) }, moves.HeatBathCite),
		walkers.Sampler("lattice.Hopfield", "Metropolis", func(m *Hopfield, method *moves.Metropolis) (builder, error) { return prepare(m, method.Order, false) }, moves.MetropolisCite),
		walkers.Clock("lattice.Hopfield", "HeatBath", prepareClock, moves.HeatBathCite),
	}
	return append(entries, kinetics.Entries("lattice.Hopfield", (*Hopfield).kinetic)...)
}
