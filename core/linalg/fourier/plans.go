package fourier

import (
	"sync"
	"unsafe"
)

// plan is what a transform of one length and type needs: the tables of the complex transform, over half the points if they are real and even.
type plan[T Real] struct {
	n      int
	tables *tables[T]
	mix    []T // exp(-2 pi i k / n), k = 0 to n/4
}

type planKey struct {
	n    int
	real bool
}

// plans keeps those that were made, up to a size; whoever runs one holds it.
type plans[T Real] struct {
	mu    sync.Mutex
	made  map[planKey]*plan[T]
	bytes int
}

const mostTables = 1 << 28 // bytes

var (
	plans64 plans[float64]
	plans32 plans[float32]
)

func planFor[T Real](n int, isReal bool) *plan[T] {
	var store any = &plans64
	if unsafe.Sizeof(*new(T)) == 4 {
		store = &plans32
	}
	s := store.(*plans[T])
	s.mu.Lock()
	defer s.mu.Unlock()
	key := planKey{n, isReal && n%2 == 0}
	if p := s.made[key]; p != nil {
		return p
	}
	p := &plan[T]{n: n}
	m := n
	if key.real {
		m = n / 2
		p.mix = make([]T, 0, m+2)
		for k := range m/2 + 1 {
			re, im := turn(k, n)
			p.mix = append(p.mix, T(re), T(im))
		}
	}
	p.tables = newTables(newNode(m), map[*node]*tables[T]{})
	if size := 8 * m * int(unsafe.Sizeof(*new(T))); s.made == nil || s.bytes+size > mostTables {
		s.made, s.bytes = map[planKey]*plan[T]{key: p}, size
	} else {
		s.made[key] = p
		s.bytes += size
	}
	return p
}
