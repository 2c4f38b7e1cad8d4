package potts

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// metropolis proposes one of the other values and accepts it with probability min(1, exp(-dE/kT)). Two values visited in turn accept what costs nothing
// every other time, or spins whose neighbours cancel would turn over in step for ever.
type metropolis struct {
	*spins
	kT   float64
	half bool
}

// SetKT sets the temperature.
func (k *metropolis) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed.
func (k *metropolis) Name() string { return "acceptance" }

// Visit tries the sites given.
func (k *metropolis) Visit(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	var next [1]uint8
	for _, i := range sites {
		p := walkers.Turned(k.propose(next[:], s, int(i), u), k.kT, false, k.half)
		if u.Less(rng.NewThreshold(p)) == 1 {
			s[i] = next[0]
			changed++
		}
	}
	return changed
}

// Width of a site.
func (k *metropolis) Width() int { return 1 }

// Propose is one of the other values of a site.
func (k *metropolis) Propose(dst, s []uint8, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, u)
}

func (m *spins) propose(dst, s []uint8, i int, u *rng.Stream) float64 {
	old := int(s[i])
	now := old + 1 + u.Below(m.q-1)
	if now >= m.q {
		now -= m.q
	}
	dst[0] = uint8(now)
	d := 0.0
	if m.site != nil {
		x := m.fields(i)
		d = x[old] - x[now]
	}
	for k := m.graph.Start[i]; k < m.graph.Start[i+1]; k++ {
		row := m.pair[int(s[m.graph.To[k]])*m.q:]
		d += float64(m.J.At(int(m.graph.Bond[k])) * (row[old] - row[now]))
	}
	return d
}

func prepareMetropolis(m walkers.Model[uint8], s *spins, order string) (builder, error) {
	if order == "checkerboard" {
		if k := newPaged(s, true); k != nil {
			return preparePages(m, k, func() (builder, error) { return prepareSingleMetropolis(m, s, "random") }), nil
		}
	}
	return prepareSingleMetropolis(m, s, order)
}

func prepareSingleMetropolis(m walkers.Model[uint8], s *spins, order string) (builder, error) {
	o := walkers.NewOrder(s.graph, order)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, s.energy, o, w, &metropolis{spins: s, half: s.q == 2 && order != "random"}), nil
	}, nil
}
