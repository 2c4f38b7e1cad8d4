package machine

// A function is a chain of operations that wait for each other, longer than a processor looks ahead. Two vectors in one body, operation by operation
// in turn, have two such chains. Registers 1 to own belong to the first vector, the next own to the second, all others to both. Register 0 is nobody's,
// since it stands where an operation has no second operand.

// Vectors that operations are written for.
const (
	first = iota
	second
	both
)

// momentSecond is the second vector's mask for a moment. Masks that hold comparisons are no part of such loops.
const momentSecond = 3

// waits tells that two vectors at once are of use and that a body can be written for them.
func (l *Loop) waits() bool {
	long := false
	for i := range l.Steps {
		switch s := &l.Steps[i]; {
		case s.Roll != 0 || s.Kind.folds() || s.Kind.mask() || s.Kind == Select || s.Kind == Truth || s.Kind == Log && l.Wide:
			return false
		case s.Kind >= Exp && s.Kind <= Expit:
			long = true
		}
	}
	return long
}

// ofSecond is the operation on the second vector.
func (a *assembler) ofSecond(o op) op {
	its := func(r uint8) uint8 {
		if r > 0 && r <= a.own {
			return r + a.own
		}
		return r
	}
	switch {
	case o.code == 0xc2: // a comparison
		o.reg = a.maskOf(second, o.reg)
	case o.m == 1 && (o.code == 0x72 || o.code == 0x73): // a shift, where this is a part of the code
	default:
		o.reg = its(o.reg)
	}
	o.v = its(o.v)
	if o.from == register {
		o.rm = its(o.rm)
	}
	if o.from == indexed {
		o.offset += 64
	}
	o.mask = a.maskOf(second, o.mask)
	return o
}

func (a *assembler) maskOf(vector int, k uint8) uint8 {
	if vector == second && k == moment {
		return momentSecond
	}
	return k
}

// evex writes an operation for the vectors whose turn it is.
func (a *assembler) evex(o op) {
	if a.turn != second {
		a.write(o)
	}
	if a.turn != first {
		a.write(a.ofSecond(o))
	}
}

// minusTwices has -(x + x) as one step, which such loops wait less for: sums and signs have units of their own, but a processor looks ahead by operations.
func minusTwices(steps []Step) (fewer []Step) {
	uses, at := make([]int, len(steps)), make([]int32, len(steps))
	for i := range steps {
		for k, x := range [3]int32{steps[i].A, steps[i].B, steps[i].C} {
			if k < steps[i].Kind.operands() {
				uses[x]++
			}
		}
	}
	for i, s := range steps {
		if t := steps[s.A]; s.Kind == Neg && t.Kind == Add && t.A == t.B && uses[s.A] == 1 {
			at[i] = at[s.A]
			fewer[at[i]].Kind = minusTwice
			continue
		}
		at[i] = int32(len(fewer))
		s.A, s.B, s.C = at[s.A], at[s.B], at[s.C]
		fewer = append(fewer, s)
	}
	return fewer
}
