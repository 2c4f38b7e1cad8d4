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
	met   []number // in the order of their first use
	times []int
	kept  []number // those in registers vectors - len(kept), ...
	least int      // registers that no step takes
}

// ask counts a use, and tells the register of a number that is kept.
func (n *numbers) ask(x number) (r uint8, kept bool) {
	if k := slices.Index(n.kept, x); k >= 0 {
		return uint8(vectors - len(n.kept) + k), true
	}
	k := slices.Index(n.met, x)
	if k < 0 {
		k = len(n.met)
		n.met, n.times = append(n.met, x), append(n.times, 0)
	}
	n.times[k]++
	return 0, false
}

// most are the numbers that are asked for most often, as many as there is room for.
func (n *numbers) most(room int) (kept []number) {
	order := make([]int, len(n.met))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return n.times[j] - n.times[i] })
	for _, i := range order[:min(len(order), room)] {
		kept = append(kept, n.met[i])
	}
	return kept
}

// Assemble is the code of a loop; false if it needs more registers than there are. It is written twice: the second time registers that were left
// over hold a second vector, if its functions make each other wait, and constants.
func Assemble(l Loop) (code []byte, ok bool) {
	if l.waits() {
		l.Steps = minusTwices(l.Steps)
	}
	if trusting(l.Steps) {
		sorted := l
		var effects int
		sorted.Steps, effects = effectsLast(l.Steps)
		if code, ok = assembled(sorted, effects); ok {
			return code, true
		}
	}
	return assembled(l, 0)
}

func assembled(l Loop, effects int) (code []byte, ok bool) {
	a := newAssembler(l, effects, nil, 0)
	if !a.assemble() {
		return nil, false
	}
	room, own := a.least, uint8(0)
	if used := vectors - a.least - a.shared; l.waits() && vectors-1-2*used-a.shared >= 0 {
		room, own = vectors-1-2*used-a.shared, uint8(used)
	}
	if kept := a.most(room); len(kept) > 0 || own > 0 {
		a = newAssembler(l, effects, kept, own)
		if !a.assemble() {
			return nil, false
		}
	}
	return a.code, true
}

func newAssembler(l Loop, effects int, kept []number, own uint8) *assembler {
	a := &assembler{Loop: l, wide: l.Wide, last: make([]int32, len(l.Steps)), place: make([]uint8, len(l.Steps)), numbers: numbers{kept: kept, least: vectors}, own: own, effects: effects, asks: true}
	a.suspected()
	return a
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
