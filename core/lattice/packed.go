package lattice

import (
	"github.com/ergodica/ergodica/core/contract"
)

type packing struct{}

func packs(*Ising) bool                                         { return false }
func newPacking(*Ising, rule) (*packing, error)                 { return nil, nil }
func newPacked(p *packing, w contract.Walker) (*general, error) { return nil, nil }
