package machine

import "slices"

// number is a constant of one width.
type number struct {
	wide bool
	bits uint64
}

// numbers are the constants that steps take: a vector of one is a load from the pool each time, of which there is one a cycle, or stays in a register for
// the whole loop.
type numbers struct {
	asked []number // in the order of their first use
	times []int
	kept  []number // those in registers vectors - len(kept), ...
	least int      // registers that no step takes
}

// ask counts a use, and tells the register of a number that is kept.
func (n *numbers) ask(x number) (r uint8, kept bool) {
	if k := slices.Index(n.kept, x); k >= 0 {
		return uint8(vectors - len(n.kept) + k), true
	}
	k := slices.Index(n.asked, x)
	if k < 0 {
		k = len(n.asked)
		n.asked, n.times = append(n.asked, x), append(n.times, 0)
	}
	n.times[k]++
	return 0, false
}

// most are the numbers that are asked for most often, as many as there are registers for.
func (n *numbers) most() (kept []number) {
	order := make([]int, len(n.asked))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return n.times[j] - n.times[i] })
	for _, i := range order[:min(len(order), n.least)] {
		kept = append(kept, n.asked[i])
	}
	return kept
}

// Assemble is the code of a loop; false if it needs more registers than there are. It is written twice: the second time registers that were left
// over hold constants.
func Assemble(l Loop) (code []byte, ok bool) {
	a := newAssembler(l, nil)
	if !a.assemble() {
		return nil, false
	}
	if kept := a.most(); len(kept) > 0 {
		a = newAssembler(l, kept)
		if !a.assemble() {
			return nil, false
		}
	}
	return a.code, true
}

func newAssembler(l Loop, kept []number) *assembler {
	return &assembler{Loop: l, wide: l.Wide, last: make([]int32, len(l.Steps)), place: make([]uint8, len(l.Steps)), numbers: numbers{kept: kept, least: vectors}}
}

// keepNumbers fills the registers of those that are kept.
func (a *assembler) keepNumbers() {
	kept := a.kept
	a.kept = nil
	for k, x := range kept {
		code := byte(0x18)
		if x.wide {
			code = 0x19
		}
		a.evex(op{m: 2, pp: 1, w: x.wide, code: code, reg: uint8(vectors - len(kept) + k), from: constant, bits: x.bits})
	}
	a.kept = kept
}
