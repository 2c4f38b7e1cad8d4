package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/engine/lines"
)

// sorter sorts lines as keys of type E: keys are loaded from a line of x, sorted and stored to a line of out. stride is the distance of the
// line's elements; at of load is the place in the line of its first element, x that of the line.
type sorter[E any] struct {
	load  func(to []E, x unsafe.Pointer, at, stride int)
	sort  func(a, spare []E, x unsafe.Pointer, stride int)
	store func(out unsafe.Pointer, stride int, from []E, x unsafe.Pointer)
	merge func(to, x, y []E)
	split func(x, y []E, k int) int
}

// sorting makes sort and argsort.
func (pl *planner) sorting(s *stage, n *expr.Node) bool {
	d := pl.node(n.Args[0]).Type.Dtype
	if n.Op == expr.OpSort {
		switch d {
		case array.Float64:
			sortStages(pl, s, n, keySorter(lines.KeyOf64, lines.ValueOf64))
		case array.Float32:
			sortStages(pl, s, n, keySorter(lines.KeyOf32, lines.ValueOf32))
		case array.Int64:
			sortStages(pl, s, n, keySorter(func(x int64) uint64 { return uint64(x) ^ 1<<63 }, func(k uint64) int64 { return int64(k ^ 1<<63) }))
		case array.Int32:
			sortStages(pl, s, n, keySorter(func(x int32) uint32 { return uint32(x) ^ 1<<31 }, func(k uint32) int32 { return int32(k ^ 1<<31) }))
		case array.Bool:
			sortStages(pl, s, n, keySorter(func(x uint8) uint32 { return uint32(x) }, func(k uint32) uint8 { return uint8(k) }))
		case array.Complex128:
			sortStages(pl, s, n, complexSorter(real1[complex128], imag1[complex128], storeValues[complex128]))
		case array.Complex64:
			sortStages(pl, s, n, complexSorter(real1[complex64], imag1[complex64], storeValues[complex64]))
		}
		return s.unit != nil
	}
	switch d {
	case array.Float64:
		sortStages(pl, s, n, pairSorter(lines.Equal64))
	case array.Int64:
		sortStages(pl, s, n, pairSorter(func(x int64) uint64 { return uint64(x) ^ 1<<63 }))
	case array.Float32:
		sortStages(pl, s, n, placeSorter(pl, n, lines.Equal32))
	case array.Int32:
		sortStages(pl, s, n, placeSorter(pl, n, func(x int32) uint32 { return uint32(x) ^ 1<<31 }))
	case array.Bool:
		sortStages(pl, s, n, placeSorter(pl, n, func(x uint8) uint32 { return uint32(x) }))
	case array.Complex128:
		sortStages(pl, s, n, complexSorter(real1[complex128], imag1[complex128], storePlaces))
	case array.Complex64:
		sortStages(pl, s, n, complexSorter(real1[complex64], imag1[complex64], storePlaces))
	}
	return s.unit != nil
}

func ref[T any](x unsafe.Pointer, at int) *T {
	return (*T)(unsafe.Add(x, at*int(unsafe.Sizeof(*new(T)))))
}

// keySorter sorts values that are their keys.
func keySorter[T any, K lines.Key](key func(T) K, value func(K) T) *sorter[K] {
	return &sorter[K]{
		load: func(to []K, x unsafe.Pointer, at, stride int) {
			for i := range to {
				to[i] = key(*ref[T](x, (at+i)*stride))
			}
		},
		sort: func(a, spare []K, _ unsafe.Pointer, _ int) { lines.Sort(a, spare) },
		store: func(out unsafe.Pointer, stride int, from []K, _ unsafe.Pointer) {
			for i, k := range from {
				*ref[T](out, i*stride) = value(k)
			}
		},
		merge: lines.Merge[K], split: lines.Split[K],
	}
}

// placeSorter sorts narrow keys with their places behind them in one word.
func placeSorter[T any](pl *planner, n *expr.Node, key func(T) uint32) any {
	if pl.node(n.Args[0]).Type.Shape[attrsOf(n).Axis] > 1<<32 {
		return pairSorter(func(x T) uint64 { return uint64(key(x)) })
	}
	return &sorter[uint64]{
		load: func(to []uint64, x unsafe.Pointer, at, stride int) {
			for i := range to {
				to[i] = uint64(key(*ref[T](x, (at+i)*stride)))<<32 | uint64(at+i)
			}
		},
		sort: func(a, spare []uint64, _ unsafe.Pointer, _ int) { lines.Sort(a, spare) },
		store: func(out unsafe.Pointer, stride int, from []uint64, _ unsafe.Pointer) {
			for i, k := range from {
				*ref[int64](out, i*stride) = int64(uint32(k))
			}
		},
		merge: lines.Merge[uint64], split: lines.Split[uint64],
	}
}

func storePlaces(out unsafe.Pointer, stride int, from []lines.Pair, _ unsafe.Pointer) {
	for i, p := range from {
		*ref[int64](out, i*stride) = p.At
	}
}

func storeValues[T any](out unsafe.Pointer, stride int, from []lines.Pair, x unsafe.Pointer) {
	for i, p := range from {
		*ref[T](out, i*stride) = *ref[T](x, int(p.At)*stride)
	}
}

func loadPairs[T any](key func(T) uint64) func(to []lines.Pair, x unsafe.Pointer, at, stride int) {
	return func(to []lines.Pair, x unsafe.Pointer, at, stride int) {
		for i := range to {
			to[i] = lines.Pair{Key: key(*ref[T](x, (at+i)*stride)), At: int64(at + i)}
		}
	}
}

func pairSorter[T any](key func(T) uint64) *sorter[lines.Pair] {
	return &sorter[lines.Pair]{load: loadPairs(key), sort: func(a, spare []lines.Pair, _ unsafe.Pointer, _ int) { lines.SortPairs(a, spare) },
		store: storePlaces, merge: lines.MergePairs, split: lines.SplitPairs}
}

func real1[T complex128 | complex64](x T) uint64 { return lines.Equal64(real(complex128(x))) }

func imag1[T complex128 | complex64](x T) uint64 { return lines.Equal64(imag(complex128(x))) }

// complexSorter sorts by imaginary, then by real parts.
func complexSorter[T any](re, im func(T) uint64, store func(out unsafe.Pointer, stride int, from []lines.Pair, x unsafe.Pointer)) *sorter[lines.Pair] {
	return &sorter[lines.Pair]{load: loadPairs(im), store: store, sort: func(a, spare []lines.Pair, x unsafe.Pointer, stride int) {
		lines.SortPairs(a, spare)
		for i, p := range a {
			a[i].Key = re(*ref[T](x, int(p.At)*stride))
		}
		lines.SortPairs(a, spare)
	}}
}

const (
	sharedSort = 1 << 15 // elements of a line that is sorted in blocks
	sortBlock  = 1 << 22 // the largest block: what is sorted without looking whether to stop
	mergeUnit  = 1 << 14
)

func sortStages(pl *planner, s *stage, n *expr.Node, how any) {
	switch h := how.(type) {
	case *sorter[uint32]:
		sortLines(pl, s, n, h)
	case *sorter[uint64]:
		sortLines(pl, s, n, h)
	case *sorter[lines.Pair]:
		sortLines(pl, s, n, h)
	}
}

// sortLines sorts short lines whole. Long ones are sorted in 4^k blocks, which are merged pairwise: as many as the team or the length asks for,
// which changes no bit, since the order is total (argsort's by places).
func sortLines[E any](pl *planner, s *stage, n *expr.Node, how *sorter[E]) {
	t := pl.node(n.Args[0]).Type
	a := axisOf(t.Shape, attrsOf(n).Axis)
	size, width := t.Dtype.Size(), n.Type.Dtype.Size()
	x, out := s.reads[0], s.writes[0]
	room := func() int32 { return pl.memory(memory{bytes: a.len() * int(unsafe.Sizeof(*new(E)))}) }
	keys, spare := room(), room()
	line := func(f *frame, l int) unsafe.Pointer { return unsafe.Add(f.ptr[x], a.start(l)*size) }
	target := func(f *frame, l, at int) unsafe.Pointer {
		return unsafe.Add(f.ptr[out], (a.start(l)+at*a.inner)*width)
	}
	sort := func(f *frame, l, from, to int) {
		k := elements[E](f, keys, l*a.n+from, to-from)
		how.load(k, line(f, l), from, a.inner)
		how.sort(k, elements[E](f, spare, l*a.n+from, to-from), line(f, l), a.inner)
	}
	s.cost = 12 * float64(a.len())
	if a.n < sharedSort || a.lines() >= fewLines && a.n <= sortBlock || how.merge == nil {
		units, per := divided(a.lines(), a.n)
		s.writes = append(s.writes, keys, spare)
		s.units = units
		s.unit = func(f *frame, u int) {
			for l := u * per; l < min((u+1)*per, a.lines()); l++ {
				sort(f, l, 0, a.n)
				how.store(target(f, l, 0), a.inner, elements[E](f, keys, l*a.n, a.n), line(f, l))
			}
		}
		return
	}
	most := 16
	for a.n/most > sortBlock {
		most *= 4
	}
	blocks := func(f *frame) int {
		switch {
		case a.n > sortBlock || f.workers > 4:
			return most
		case f.workers > 1:
			return 4
		}
		return 1
	}
	pl.addStage(stage{name: s.name + " of blocks", reads: s.reads, writes: []int32{keys, spare}, cost: s.cost, units: a.lines() * most, unit: func(f *frame, u int) {
		if k, b := u%most, blocks(f); k < b {
			sort(f, u/most, a.n*k/b, a.n*(k+1)/b)
		}
	}})
	chunks := (a.n + mergeUnit - 1) / mergeUnit
	from, to := keys, spare
	for w := 1; w < most; w *= 2 {
		x, y := from, to
		pl.addStage(stage{name: s.name + " merges", reads: []int32{x}, writes: []int32{y}, cost: s.cost / 4, units: a.lines() * chunks, unit: func(f *frame, u int) {
			if b := blocks(f); w < b {
				lo := u % chunks * mergeUnit
				at := u / chunks * a.n
				mergeChunk(how, elements[E](f, y, at, a.n), elements[E](f, x, at, a.n), lo, min(a.n, lo+mergeUnit), w, b)
			}
		}})
		from, to = to, from
	}
	s.reads = append(s.reads, keys)
	s.units, s.cost = a.lines()*chunks, float64(a.len())
	s.unit = func(f *frame, u int) {
		l, lo := u/chunks, u%chunks*mergeUnit
		how.store(target(f, l, lo), a.inner, elements[E](f, keys, l*a.n+lo, min(mergeUnit, a.n-lo)), line(f, l))
	}
}

// mergeChunk fills places lo to hi of y, where neighbouring runs of w of the blocks are merged.
func mergeChunk[E any](how *sorter[E], y, x []E, lo, hi, w, blocks int) {
	n := len(x)
	for g := 0; g < blocks; g += 2 * w {
		begin, middle, end := n*g/blocks, n*(g+w)/blocks, n*(g+2*w)/blocks
		from, to := max(lo, begin), min(hi, end)
		if from >= to {
			continue
		}
		i := how.split(x[begin:middle], x[middle:end], from-begin)
		how.merge(y[from:to], x[begin+i:middle], x[middle+from-begin-i:end])
	}
}

// searching makes searchsorted.
func (pl *planner) searching(s *stage, n *expr.Node) bool {
	switch pl.node(n.Args[0]).Type.Dtype {
	case array.Float64:
		searchingOf[float64](pl, s, n)
	case array.Float32:
		searchingOf[float32](pl, s, n)
	case array.Int64:
		searchingOf[int64](pl, s, n)
	case array.Int32:
		searchingOf[int32](pl, s, n)
	}
	return s.unit != nil
}

func searchingOf[T float64 | float32 | int64 | int32](pl *planner, s *stage, n *expr.Node) {
	shared, right := attrsOf(n).N, attrsOf(n).Mode == "right"
	m := pl.node(n.Args[0]).Type.Shape[shared]
	per := count(n.Type.Shape[shared:])
	sorted, v, out := s.reads[0], s.reads[1], s.writes[0]
	const most = 1 << 10
	parts := (per + most - 1) / most
	s.units = n.Type.Len() / per * parts
	s.cost = 20 * float64(n.Type.Len())
	s.unit = func(f *frame, u int) {
		line, from := u/parts, u%parts*most
		at, k := line*per+from, min(most, per-from)
		lines.Search(elements[int64](f, out, at, k), elements[T](f, sorted, line*m, m), elements[T](f, v, at, k), right)
	}
}
