package simd

// Step is one of the operations of a chain.
type Step = operation

// The steps of a chain; From takes the number so far from the operand.
const (
	StepAdd  Step = opAdd
	StepSub  Step = opSub
	StepMul  Step = opMul
	StepFrom Step = opFrom
)

// Chain sets dst[i] = (a[i] first b[i]) second c[i], both rounded: first is StepAdd, StepSub or StepMul, second may be StepFrom too.
func Chain[T Real](first, second Step, dst, a, b, c []T) {
	var ra, rb, rc [repeats]T
	a, ma := operand(&ra, a, len(dst))
	b, mb := operand(&rb, b, len(dst))
	c, mc := operand(&rc, c, len(dst))
	for i := chainVector(first, second, dst, a, b, c, ma, mb, mc); i < len(dst); i++ {
		dst[i] = step(second, step(first, a[i&ma], b[i&mb]), c[i&mc])
	}
}

func step[T Real](op Step, x, y T) T {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opFrom:
		return y - x
	}
	return T(x * y)
}
