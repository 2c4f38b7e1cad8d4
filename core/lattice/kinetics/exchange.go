package kinetics

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// exchange is the rule of Kawasaki. What it visits are bonds, or sites that look for any other one.
type exchange[T walkers.Value] struct {
	Costs[T]
	ends       [][2]int32 // nil: any two
	metropolis bool
	half       bool // what costs nothing is done every other time
	kT         float64
}

// keeping is an exchange whose account is part of a saved state.
type keeping[T walkers.Value] struct {
	*exchange[T]
	Keeper
}

// SetKT sets the temperature.
func (k *exchange[T]) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *exchange[T]) Name() string { return "acceptance" }

// Visit tries the pairs given.
func (k *exchange[T]) Visit(x []T, pairs []int32, u *rng.Stream) (changed int64) {
	for _, b := range pairs {
		i, j := int(b), 0
		if k.ends != nil {
			i, j = int(k.ends[b][0]), int(k.ends[b][1])
		} else if j = u.Below(len(x) - 1); j >= i {
			j++
		}
		a, c := x[i], x[j]
		if a == c {
			continue
		}
		c1, f1 := k.Cost(x, i, c)
		k.Set(x, i, c)
		c2, f2 := k.Cost(x, j, a)
		d := exact(c1+c2+f1+f2, c1, c2, f1, f2)
		p := 0.5
		if d != 0 || !k.half {
			p = probability(k.metropolis, d, k.kT)
		}
		if u.Less(rng.NewThreshold(p)) == 0 {
			k.Set(x, i, a)
			continue
		}
		k.Set(x, j, a)
		changed++
	}
	return changed
}

// pairs is the order of a sweep over bonds, or sites.
func (m *Spins[T]) pairs(method *moves.Kawasaki) (*walkers.Order, [][2]int32, error) {
	n := m.sites()
	var ends [][2]int32
	if method.Pairs == "neighbours" && m.Graph != nil {
		ends = m.Graph.Ends
		n = len(ends)
	}
	if n == 0 || m.sites() < 2 {
		return nil, nil, spec.Mismatch("Kawasaki", "two sites to exchange", "none with a bond between").Try("HeatBath()")
	}
	return walkers.NewOrder(&geometry.Graph{Sites: n}, "random"), ends, nil
}

func (m *Spins[T]) kawasaki(method *moves.Kawasaki, clock bool) (walkers.Builder[T], error) {
	o, ends, err := m.pairs(method)
	if err != nil {
		return nil, err
	}
	return func(w contract.Walker) (walkers.Kernel[T], error) {
		own := &exchange[T]{Costs: m.Costs(), ends: ends, metropolis: method.Rates == "metropolis", half: !clock}
		var rule walkers.Rule[T] = own
		if k, ok := own.Costs.(Keeper); ok {
			rule = keeping[T]{own, k}
		}
		if clock {
			return walkers.NewEvents(m.Model, m.energy, o, w, rule), nil
		}
		return walkers.NewSingle(m.Model, m.energy, o, w, rule), nil
	}, nil
}
