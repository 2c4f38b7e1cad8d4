//go:build goexperiment.simd && amd64

package bitslice

import "simd/archsimd"

// counts tells whether the CPU counts bits in vectors.
var counts = archsimd.X86.AVX512VPOPCNTDQ()

func (r *Rows) slotsVector(dst, other []Group, from int, flip uint64) {
	low := archsimd.BroadcastUint64x8(r.low())
	top := archsimd.BroadcastUint64x8(r.low() << (r.Bits - 1))
	one := archsimd.BroadcastUint64x8(1)
	turn := archsimd.BroadcastUint64x8(uint64(r.Bits - 1))
	flips := archsimd.BroadcastUint64x8(flip)
	for g := range dst {
		x := archsimd.LoadUint64x8(&other[from+g])
		right := archsimd.LoadUint64x8((*Group)(r.Right[8*(from+g):])).Xor(flips)
		a := x.ShiftLeft(one).AndNot(low).Or(x.ShiftRight(turn).And(low))
		b := x.ShiftRight(one).AndNot(top).Or(x.ShiftLeft(turn).And(top))
		a.AndNot(right).Or(b.And(right)).Store(&dst[g])
	}
	archsimd.ClearAVXUpperBits()
}

// spread8 makes bits of lanes from bits of rows, for 1, 2 and 4 words a row.
func spread8(rows uint64, width int) uint8 {
	switch width {
	case 1:
		return uint8(rows)
	case 2:
		rows = rows&1 | rows&2<<1 | rows&4<<2 | rows&8<<3
		return uint8(rows | rows<<1)
	case 4:
		return uint8(rows&1*0x0f | rows>>1&1*0xf0)
	}
	return -uint8(rows & 1)
}

func (r *Rows) wordsVector(dst, other []Group, from int, flip uint64) {
	// where lanes take their bit from, and how far it moves: inside a row, and at its ends
	var before, after Group
	var down, up [2]Group
	width, groups := min(r.Width, 8), max(r.Width/8, 1)
	turn := uint64(r.Bits-1) & 63
	for i := range 8 {
		before[i], after[i] = uint64(i+15)%16, uint64(i+1) // from 8 on: of the group at the other side
		for end := range 2 {
			down[end][i], up[end][i] = 63, 63
		}
		if i%width == 0 {
			down[1][i] = turn
		}
		if i%width == width-1 {
			up[1][i] = turn
		}
		if width < 8 {
			before[i], after[i] = uint64(i/width*width+(i+width-1)%width), uint64(i/width*width+(i+1)%width)
		}
	}
	one := archsimd.BroadcastUint64x8(1)
	left, right := archsimd.LoadUint64x8(&before), archsimd.LoadUint64x8(&after)
	rowsHere := 8 / width
	row, col := from*8/r.Width, from%groups
	for g := range dst {
		at := from + g
		prev, next, downs, ups := at-1, at+1, &down[0], &up[0]
		if col == 0 {
			prev, downs = at+groups-1, &down[1]
		}
		if col == groups-1 {
			next, ups = at-groups+1, &up[1]
		}
		mask := archsimd.Mask64x8FromBits(spread8((r.Right[row>>6]^flip)>>(row&63), width))
		x := archsimd.LoadUint64x8(&other[at])
		a := x.ConcatPermute(archsimd.LoadUint64x8(&other[prev]), left).ShiftRight(archsimd.LoadUint64x8(downs)).Or(x.ShiftLeft(one))
		b := x.ConcatPermute(archsimd.LoadUint64x8(&other[next]), right).ShiftLeft(archsimd.LoadUint64x8(ups)).Or(x.ShiftRight(one))
		b.Merge(a, mask).Store(&dst[g])
		if col++; col == groups {
			row, col = row+rowsHere, 0
		}
	}
	archsimd.ClearAVXUpperBits()
}

func flipVector(own, hit, rest []Group, draw bool) int {
	if !counts {
		return flipScalar(own, hit, rest, draw)
	}
	keep := archsimd.LoadUint64x8(&zeros)
	if draw {
		keep = archsimd.LoadUint64x8(&ones)
	}
	sum := archsimd.LoadUint64x8(&zeros)
	for g := range own {
		x := archsimd.LoadUint64x8(&own[g])
		f := archsimd.LoadUint64x8(&hit[g]).Or(archsimd.LoadUint64x8(&rest[g])).Xor(x.And(keep))
		x.Xor(f).Store(&own[g])
		sum = sum.Add(f.OnesCount())
	}
	return total(sum)
}

func (in *Inputs) unlikeVector() int {
	if !counts {
		return in.unlikeScalar()
	}
	sum := archsimd.LoadUint64x8(&zeros)
	for _, nb := range in.Neighbours {
		for g := range in.Own {
			x := archsimd.LoadUint64x8(&in.Own[g]).Xor(archsimd.LoadUint64x8(&nb[g])).And(archsimd.LoadUint64x8(&in.Valid[g]))
			sum = sum.Add(x.OnesCount())
		}
	}
	return total(sum)
}

func countVector(x []Group) int {
	if !counts {
		return countScalar(x)
	}
	sum := archsimd.LoadUint64x8(&zeros)
	for g := range x {
		sum = sum.Add(archsimd.LoadUint64x8(&x[g]).OnesCount())
	}
	return total(sum)
}

func total(sum archsimd.Uint64x8) int {
	var lanes Group
	sum.Store(&lanes)
	archsimd.ClearAVXUpperBits()
	n := uint64(0)
	for _, x := range lanes {
		n += x
	}
	return int(n)
}
