package memory

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/states"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

type (
	kernel  = walkers.Kernel[int8]
	builder = walkers.Builder[int8]
)

// system is a model whose walkers keep sums over their configurations.
type system interface {
	walkers.Model[int8]
	fields() fields
	field(i int) float64
	inField(s []int8) float64
	terms() (*factors.Model, error)
	law() (*law, error)
}

// fields are what a walker knows of its configuration, so that an update need not go through all spins.
type fields interface {
	sum(s []int8)                      // of a configuration that is new
	couplings(s []int8, i int) float64 // what turning spin i over costs in couplings
	turn(s []int8, i int)              // spin i, still as in s, is turned over
	bonds(s []int8) float64            // energy of the configuration that was summed, without the field
	exchange(other fields)             // with those of another walker of the model
	adopt(other fields)                // copies them
}

// rule turns spins over with probability 1/(1 + exp(dE/kT)) (a heat bath) or min(1, exp(-dE/kT)); in turn, what costs nothing every other time.
type rule struct {
	fields
	model system
	kT    float64
	bath  bool
	half  bool
}

func newRule(m system) *rule { return &rule{fields: m.fields(), model: m} }

// cost is what turning spin i over costs.
func (k *rule) cost(s []int8, i int) float64 {
	return k.couplings(s, i) + float64(2*k.model.field(i)*float64(s[i]))
}

// energy of the configuration.
func (k *rule) energy(s []int8) float64 { return k.bonds(s) + k.model.inField(s) }

// SetKT sets the temperature.
func (k *rule) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *rule) Name() string {
	if k.bath {
		return "changed"
	}
	return "acceptance"
}

// Sum begins with another configuration.
func (k *rule) Sum(s []int8) { k.sum(s) }

// Swap takes what the other rule knows of its configuration, and gives what this one does; Copy takes it alone.
func (k *rule) Swap(other walkers.Rule[int8]) { k.exchange(other.(*rule).fields) }

// Copy takes what the other rule knows.
func (k *rule) Copy(other walkers.Rule[int8]) { k.adopt(other.(*rule).fields) }

// Visit updates the sites given.
func (k *rule) Visit(s []int8, sites []int32, u *rng.Stream) (changed int64) {
	for _, i := range sites {
		if u.Less(rng.NewThreshold(walkers.Turned(k.cost(s, int(i)), k.kT, k.bath, k.half))) == 1 {
			k.turn(s, int(i))
			s[i] = -s[i]
			changed++
		}
	}
	return changed
}

// Width of a site.
func (k *rule) Width() int { return 1 }

// Propose turns a spin over.
func (k *rule) Propose(dst, s []int8, i int, _ *rng.Stream) float64 {
	dst[0] = -s[i]
	return k.cost(s, i)
}

// Moved follows what was accepted.
func (k *rule) Moved(s []int8, i int, _ []int8) { k.turn(s, i) }

func prepare(m system, order string, bath bool) builder {
	o := walkers.OneByOne(m.Sites(), order)
	return func(w contract.Walker) (kernel, error) {
		r := newRule(m)
		r.bath, r.half = bath, order != "random"
		return walkers.NewSingle(m, r.energy, o, w, r), nil
	}
}

func prepareClock(m system) builder {
	o := walkers.OneByOne(m.Sites(), "random")
	return func(w contract.Walker) (kernel, error) {
		r := newRule(m)
		r.bath = true
		return walkers.NewEvents(m, r.energy, o, w, r), nil
	}
}

// listed sums every state anew.
func listed(m system) states.Listed[int8] {
	return states.Listed[int8]{Name: m.Name(), Values: []int8{-1, 1}, Sites: m.Sites(), Energy: func(s []int8) float64 {
		r := newRule(m)
		r.sum(s)
		return r.energy(s)
	}, Means: states.Powers(func(s []int8) float64 {
		sum := 0
		for _, x := range s {
			sum += int(x)
		}
		return float64(sum) / float64(len(s))
	})}
}

func entries[S any, P interface {
	walkers.System[int8, S]
	system
}](name string) []contract.Entry {
	all := []contract.Entry{
		walkers.Sampler[int8, S](name, "HeatBath", func(m P, method *moves.HeatBath) (builder, error) { return prepare(m, method.Order, true), nil }, moves.HeatBathCite),
		walkers.Sampler[int8, S](name, "Metropolis", func(m P, method *moves.Metropolis) (builder, error) { return prepare(m, method.Order, false), nil }, moves.MetropolisCite),
		walkers.Clock[int8, S](name, "HeatBath", func(m P, _ *moves.HeatBath) (builder, error) { return prepareClock(m), nil }, moves.HeatBathCite),
		replicas[ReplicaSymmetric, S, P](name, "ReplicaSymmetric", (*ReplicaSymmetric).solve, replicaCite),
		states.Enumeration[int8, S, P](name, func(m P) states.Listed[int8] { return listed(m) }),
	}
	all = append(all, factors.Local[int8, S, P](name, func(m P) (*factors.Model, error) { return m.terms() })...)
	return append(all, kinetics.Entries[int8, S, P](name, func(m P) (*kinetics.Spins[int8], error) { return kinetic(m), nil })...)
}

// Registry lists the methods.
func Registry() []contract.Entry {
	return append(append(entries[Hopfield]("lattice.Hopfield"), entries[PSpin]("lattice.PSpin")...),
		replicas[OneStepRSB, PSpin]("lattice.PSpin", "OneStepRSB", (*OneStepRSB).solve, brokenCite))
}
