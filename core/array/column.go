package array

import (
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Column is the record of one quantity: rows of equal shape, planned at full size and filled in place. Walker w writes its r-th record to
// Row(w, r); different walkers may write at the same time, and a row that was written is never touched again.
type Column struct {
	*Array          // shape (walkers, records, row...)
	Dims   []string // names of the row's dimensions
	width  int      // bytes of a row
	rows   int
}

// NewColumn plans a column of walkers x records rows of the given shape.
func NewColumn(alloc memory.Allocator, name string, dtype Dtype, walkers, records int, row []int, dims []string) (*Column, error) {
	a, err := New(alloc, dtype, append([]int{walkers, records}, row...)...)
	if err != nil {
		return nil, err
	}
	a.Name = name
	n, _ := Count(row)
	return &Column{Array: a, Dims: dims, width: n * dtype.Size(), rows: records}, nil
}

// Row is the memory of record r of walker w.
func (c *Column) Row(w, r int) []byte {
	at := (w*c.rows + r) * c.width
	return c.Data[at : at+c.width : at+c.width]
}

// Ragged is a column whose rows differ in length: the values of all rows end to end, and the length of each. Each walker has its own.
type Ragged struct {
	Name    string
	Dtype   Dtype
	Lengths []int64
	chunks  [][]byte
	mu      sync.Mutex
}

const chunkBytes = 1 << 16

// Append adds one row; chunks that are full never move.
func (r *Ragged) Append(row []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Lengths = append(r.Lengths, int64(len(row)/r.Dtype.Size()))
	for len(row) > 0 {
		last := len(r.chunks) - 1
		if last < 0 || len(r.chunks[last]) == cap(r.chunks[last]) {
			r.chunks = append(r.chunks, make([]byte, 0, chunkBytes))
			last++
		}
		free := min(cap(r.chunks[last])-len(r.chunks[last]), len(row))
		r.chunks[last] = append(r.chunks[last], row[:free]...)
		row = row[free:]
	}
}

// JoinRagged lays the first rows rows of every walker's record end to end: offsets (walkers*rows+1) int64 and the values.
func JoinRagged(alloc memory.Allocator, walkers []*Ragged, rows int) (offsets, values *Array, err error) {
	total := int64(0)
	for _, w := range walkers {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, n := range w.Lengths[:rows] {
			total += n
		}
	}
	if offsets, err = New(alloc, Int64, len(walkers)*rows+1); err != nil {
		return nil, nil, err
	}
	if values, err = New(alloc, walkers[0].Dtype, int(total)); err != nil {
		offsets.Release()
		return nil, nil, err
	}
	at, off := int64(0), View[int64](offsets)
	dst, size := values.Data, walkers[0].Dtype.Size()
	for k, w := range walkers {
		need := int64(0)
		for r, n := range w.Lengths[:rows] {
			at += n
			need += n
			off[k*rows+r+1] = at
		}
		left := need * int64(size)
		for _, c := range w.chunks {
			n := min(int64(len(c)), left)
			copy(dst, c[:n])
			dst, left = dst[n:], left-n
		}
	}
	return offsets, values, nil
}
