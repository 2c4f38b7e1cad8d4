package machine

// Factors that several products ask about (MulZero) are compared with zero once, as long as there are mask registers that no comparison needs.

// beginMasks frees all mask registers but those of rolls, and counts who asks about which factor.
func (a *assembler) beginMasks() {
	a.masks = append(a.masks[:0], []uint8{3, 4, 5, 6, 7}[len(a.rolls):]...)
	if a.own > 0 { // the others are the second vector's
		a.masks = []uint8{4, 5}
	}
	a.asked, a.known = make([]int32, len(a.Steps)), make([]uint8, len(a.Steps))
	for i := range a.Steps {
		if s := &a.Steps[i]; s.Kind == MulZero {
			a.asked[s.A]++
		}
	}
}

// takeMask is a free mask register, if need be that of a factor.
func (a *assembler) takeMask() (k uint8, ok bool) {
	if n := len(a.masks); n > 0 {
		k, a.masks = a.masks[0], a.masks[1:]
		return k, true
	}
	for i, k := range a.known {
		if k != 0 {
			a.known[i] = 0
			return k, true
		}
	}
	return 0, false
}

// nonzero is a mask of where step i is not zero, for the next instruction.
func (a *assembler) nonzero(i int32) uint8 {
	a.asked[i]--
	k := a.known[i]
	if k == 0 {
		k = moment
		if a.asked[i] > 0 && len(a.masks) > 0 {
			k, _ = a.takeMask()
			a.known[i] = k
		}
		a.compare(k, a.place[i], zeroRegister, 4, 0)
	}
	if a.asked[i] == 0 && k != moment {
		a.known[i] = 0
		a.masks = append(a.masks, k)
	}
	return k
}
