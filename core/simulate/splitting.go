package simulate

import "context"

// splitting moves by a word: each letter is the exact flow of a part of
//
//	dx = v dt (A),   m dv = -grad E dt (B),   a bath that acts on v (O),
//
// for a time of h over the number of times that the letter stands in the word.
type splitting struct {
	word    string
	parts   [3]float64 // times of A, B, O
	bath    bath       // nil without O
	divided []float64  // time of B over the masses
}

// bath acts on velocities; part numbers its actions within a step.
type bath interface {
	act(w *walker, part int)
	conserving
	state() []any
}

// newSplitting takes a word without its bath.
func newSplitting(word string, w *walker) *splitting {
	var count [3]float64
	for _, letter := range word {
		count[place(letter)]++
	}
	s := &splitting{word: word, divided: make([]float64, len(w.x))}
	for k, n := range count {
		s.parts[k] = w.h / max(n, 1)
	}
	for i, m := range w.mass {
		s.divided[i] = s.parts[1] / m
	}
	return s
}

func place(letter rune) int {
	switch letter {
	case 'A':
		return 0
	case 'B':
		return 1
	}
	return 2
}

func (s *splitting) step(ctx context.Context, w *walker) error {
	part := 0
	for _, letter := range s.word {
		switch letter {
		case 'A':
			a := s.parts[0]
			for i, v := range w.v {
				w.x[i] += float64(a * v)
			}
			w.fresh = false
		case 'B':
			if err := w.force(ctx); err != nil {
				return err
			}
			b := s.divided[:len(w.v)]
			for i, g := range w.g {
				w.v[i] -= float64(b[i] * g)
			}
		default:
			s.bath.act(w, part)
			part++
		}
	}
	return nil
}

func (s *splitting) added(w *walker) float64 {
	if s.bath == nil {
		return 0
	}
	return s.bath.added(w)
}

func (s *splitting) state() []any {
	if s.bath == nil {
		return nil
	}
	return s.bath.state()
}
