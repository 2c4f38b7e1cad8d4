package learn

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/rng"
)

// order is the sequence of rows that a member sees, a function of its key and the place in the sequence alone: row i of epoch e stands at e n + i, so
// that each row comes once an epoch, also where batches lie across two.
type order struct {
	kind  string
	key   rng.Key
	n     int
	epoch int // of perm; -1: none yet
	perm  []int
	draw  rng.Stream
	next  int // the epoch that perm is becoming that of, with left swaps to go; -1: none
	left  int
}

func newOrder(kind string, key rng.Key, n int) *order {
	o := &order{kind: kind, key: key, n: n, epoch: -1, next: -1}
	if kind == "shuffled" {
		o.perm = make([]int, n)
	}
	return o
}

// fill writes the rows of places first, first + 1, ...; stopped, it is called again.
func (o *order) fill(ctx context.Context, rows []int, first int64) error {
	n := int64(o.n)
	switch o.kind {
	case "sequential":
		for k := range rows {
			rows[k] = int((first + int64(k)) % n)
		}
	case "replacement":
		o.draw.Reset(o.key, uint64(first))
		for k := range rows {
			rows[k] = o.draw.Below(o.n)
		}
	default:
		for len(rows) > 0 {
			if e := int(first / n); e != o.epoch {
				if err := o.shuffle(ctx, e); err != nil {
					return err
				}
			}
			m := copy(rows, o.perm[first%n:])
			rows, first = rows[m:], first+int64(m)
		}
	}
	return nil
}

// shuffle draws the order of an epoch (R. A. Fisher and F. Yates; every order has the same probability). Of 1e8 rows it takes seconds: stopped, it goes
// on where it stood.
func (o *order) shuffle(ctx context.Context, epoch int) error {
	if o.next != epoch {
		for i := range o.perm {
			o.perm[i] = i
		}
		o.draw.Reset(o.key, uint64(epoch))
		o.epoch, o.next, o.left = -1, epoch, o.n-1
	}
	for ; o.left > 0; o.left-- {
		if o.left%(1<<16) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		i, j := o.left, o.draw.Below(o.left+1)
		o.perm[i], o.perm[j] = o.perm[j], o.perm[i]
	}
	o.epoch, o.next = epoch, -1
	return nil
}

// gather copies rows of a column to dst.
func gather(dst []byte, a *array.Array, rows []int) {
	width := len(a.Data) / a.Shape[0]
	if width == 8 { // numbers: faster than calls of copy
		to, from := array.Cast[int64](dst), array.Cast[int64](a.Data)
		for k, r := range rows {
			to[k] = from[r]
		}
		return
	}
	for k, r := range rows {
		copy(dst[k*width:(k+1)*width], a.Data[r*width:])
	}
}
