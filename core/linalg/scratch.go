package linalg

// Scratch is the memory that factorisations need besides their arguments. It grows to the largest need that it has seen, so that steady use
// allocates nothing, and serves one call at a time. The zero value is ready; nil means new memory.
type Scratch struct {
	By Factorizations // nil: [Current], and our own kernels for small real matrices

	reals     stack[float64]
	complexes stack[complex128]
	longs     stack[int64]
	ints      stack[int32]
	products  Workspace
}

func (w *Scratch) library() Factorizations {
	if w.By != nil {
		return w.By
	}
	return Current()
}

// stack gives parts of one block from its front; what does not fit is made, and fits the next time.
type stack[E any] struct {
	block      []E
	used, most int
}

func (s *stack[E]) take(n int) []E {
	s.used += n
	s.most = max(s.most, s.used)
	if s.used > len(s.block) {
		return make([]E, n)
	}
	return s.block[s.used-n : s.used : s.used]
}

func (s *stack[E]) back(used int) {
	s.used = used
	if used == 0 && s.most > len(s.block) {
		s.block = make([]E, s.most)
	}
}

// Mark is a place in a Scratch to which Free goes back.
type Mark struct{ reals, complexes, longs, ints int }

// Mark is the present place.
func (w *Scratch) Mark() Mark { return Mark{w.reals.used, w.complexes.used, w.longs.used, w.ints.used} }

// Free gives back everything taken since m.
func (w *Scratch) Free(m Mark) {
	w.reals.back(m.reals)
	w.complexes.back(m.complexes)
	w.longs.back(m.longs)
	w.ints.back(m.ints)
}

// Room takes n elements of undefined content.
func Room[E float64 | complex128 | int64 | int32](w *Scratch, n int) []E {
	var s any
	switch any(*new(E)).(type) {
	case float64:
		s = &w.reals
	case complex128:
		s = &w.complexes
	case int64:
		s = &w.longs
	case int32:
		s = &w.ints
	}
	return s.(*stack[E]).take(n)
}
