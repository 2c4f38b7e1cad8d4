package machine

import "slices"

// A MulZero is an ordinary product unless a factor is infinite or NaN, and then that product is NaN. A body therefore multiplies, and before anything is
// stored or folded looks whether a result is NaN: if so, all of it is done again behind the loop by products that ask. Steps that store or fold stand
// last, and the suspects are the results that are looked at, few of them, such that NaN of any MulZero shows in one.

// trusting tells that there are such products and that they seldom meet what is infinite or NaN, as those beside a comparison may in every vector: the
// dead branch of a selection.
func trusting(steps []Step) bool {
	products := false
	for i := range steps {
		if steps[i].Kind.mask() {
			return false
		}
		products = products || steps[i].Kind == MulZero
	}
	return products
}

// effectsLast is the steps in an order in which those that store or fold come last, and the place of the first of them.
func effectsLast(steps []Step) (sorted []Step, effects int) {
	at := make([]int32, len(steps))
	for _, last := range []bool{false, true} {
		for i, s := range steps {
			if s.Kind.nothing() != last {
				continue
			}
			at[i] = int32(len(sorted))
			s.A, s.B, s.C = at[s.A], at[s.B], at[s.C]
			sorted = append(sorted, s)
		}
		if !last {
			effects = len(sorted)
		}
	}
	return sorted, effects
}

// suspected finds the suspects: all steps of such a loop are NaN where an operand is.
func (a *assembler) suspected() {
	from, shown, stored := make([]bool, len(a.Steps)), make([]bool, len(a.Steps)), make([]bool, len(a.Steps))
	for i := range a.Steps {
		s := &a.Steps[i]
		from[i] = s.Kind == MulZero
		for k, x := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				from[i] = from[i] || from[x]
				stored[x] = stored[x] || s.Kind.nothing()
			}
		}
	}
	for i := a.effects - 1; i >= 0; i-- {
		s := &a.Steps[i]
		if from[i] && stored[i] && !shown[i] {
			a.suspects, shown[i] = append(a.suspects, int32(i)), true
		}
		for k, x := range [3]int32{s.A, s.B, s.C} {
			if k < s.Kind.operands() {
				shown[x] = shown[x] || shown[i]
			}
		}
	}
}

// look jumps where a suspect is NaN; it tells where that jump is.
func (a *assembler) look() (found int) {
	r := a.place[a.suspects[0]]
	if len(a.suspects) > 1 {
		sum, _ := a.take()
		for _, s := range a.suspects[1:] {
			a.op(0x58, sum, r, a.place[s])
			r = sum
		}
		a.free = append(a.free, sum)
	}
	a.compare(moment, r, r, isUnordered, 0)
	a.testMasks()
	return a.jump(ifNotZero)
}

// again writes a body that the jump goes to, with products that ask, and lets it come back here.
func (a *assembler) again(found int, free []uint8, k uint8, at int) {
	turn, end := a.turn, len(a.code)
	a.later = append(a.later, func() {
		a.patch(found)
		a.turn, a.asks, a.free = turn, true, free
		a.steps(0, len(a.Steps), slices.Clone(a.last), k, at)
		a.back(a.jump(0), end)
		a.turn = first
	})
}

// product is d <- x y, and where there are no suspects 0 where that is NaN and x is 0.
func (a *assembler) product(d, x, y uint8) {
	a.op(0x59, d, x, y)
	if a.asks {
		a.compare(moment, d, d, isUnordered, 0)
		a.compare(moment, x, zeroRegister, isEqual, moment)
		a.move(a.wide, d, zeroRegister, moment, false)
	}
}
