package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// siteRule is what decides a site of a walker on any graph, one byte a spin.
type siteRule struct {
	*local
	kT    float64
	table []rng.Threshold
}

// SetKT lists the thresholds.
func (k *siteRule) SetKT(kT float64) {
	k.kT = kT
	k.table = k.local.table(kT)
}

// Name is that of the share that changed.
func (k *siteRule) Name() string { return k.rule.share() }

// Visit decides the sites given.
func (k *siteRule) Visit(s []int8, sites []int32, u *rng.Stream) int64 {
	if k.table != nil && k.signs == nil && k.order.Sites != nil {
		return k.visitTable(s, sites, u)
	}
	changed := int64(0)
	for _, i := range sites {
		old := s[i]
		hit := int8(u.Less(k.at(s, int(i), k.table, k.kT)))
		now := 2*hit - 1
		if k.rule.flips() {
			now = old * (1 - 2*hit)
		}
		s[i] = now
		changed += int64((now ^ old) & 2 >> 1)
	}
	return changed
}

// visitTable is Visit colour by colour with one coupling, the commonest case, in one loop.
func (k *siteRule) visitTable(s []int8, sites []int32, u *rng.Stream) int64 {
	start, ends, table, class := k.graph.Start, k.graph.To, k.table, k.class
	width, changed := k.width, int64(0)
	for _, i := range sites {
		sum := width / 2
		for _, j := range ends[start[i]:start[i+1]] {
			sum += int(s[j])
		}
		old := s[i]
		row := int(old+1) >> 1
		if class != nil {
			row += 2 * int(class[i])
		}
		hit := int8(u.Less(table[row*width+sum]))
		now := 2*hit - 1
		if k.rule.flips() {
			now = old * (1 - 2*hit)
		}
		s[i] = now
		changed += int64((now ^ old) & 2 >> 1)
	}
	return changed
}

// single is a walker of single-site updates on any graph.
type single struct {
	*walkers.Single[int8]
	local *local
}

func newSingle(l *local, w contract.Walker) *single {
	return &single{walkers.NewSingle(l.model, l.Energy, l.order, w, &siteRule{local: l}), l}
}

func (k *single) magnetization() float64 { return float64(total(k.View())) }

// CopyFrom and SwapWith exchange slices.
func (k *single) CopyFrom(other kernel) bool {
	o, same := other.(*single)
	return same && k.Single.CopyFrom(o.Single)
}

func (k *single) SwapWith(other kernel) bool {
	o, same := other.(*single)
	return same && k.Single.SwapWith(o.Single)
}
