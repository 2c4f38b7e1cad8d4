package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

// graphWalker is what the walkers on any graph share: a byte a spin, and what decides it at kT.
type graphWalker struct {
	siteRule
	spins []int8
	key   rng.Key

	updates, hits int64 // since the warm-up
}

func newGraphWalker(l *local, w contract.Walker) graphWalker {
	k := graphWalker{siteRule: siteRule{local: l}, spins: make([]int8, l.graph.Sites), key: w.Key}
	k.SetKT(w.Params.KT)
	return k
}

func (k *graphWalker) Read(dst []int8)        { copy(dst, k.spins) }
func (k *graphWalker) Write(src []int8)       { copy(k.spins, src) }
func (k *graphWalker) Energy() float64        { return k.local.Energy(k.spins) }
func (k *graphWalker) magnetization() float64 { return float64(total(k.spins)) }
func (k *graphWalker) Warm()                  { k.updates, k.hits = 0, 0 }
func (k *graphWalker) Info() map[string]float64 {
	return map[string]float64{k.Name(): float64(k.hits) / float64(max(k.updates, 1))}
}
