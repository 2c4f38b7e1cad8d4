package machine

import "math"

// A fold keeps eight lanes: element i of the row goes to lane i mod 8. Sums run in float64 at both widths.

func (a *assembler) begin(k Kind, acc uint8) {
	switch k {
	case Sum:
		a.clear(acc)
	case Most:
		a.fill(a.wide, acc, math.Inf(-1), 0)
	case Least:
		a.fill(a.wide, acc, math.Inf(1), 0)
	}
}

// fold takes vector x into the lanes, elements under mask k alone.
func (a *assembler) fold(kind Kind, acc, x, k uint8) {
	if kind != Sum {
		a.extreme(kind, acc, x, k)
		if !a.wide {
			t, _ := a.take()
			a.upper(t, x)
			if k != 0 {
				a.shiftMask(moment, k)
				k = moment
			}
			a.extreme(kind, acc, t, k)
			a.free = append(a.free, t)
		}
		return
	}
	if k != 0 {
		t, _ := a.take()
		defer func() { a.free = append(a.free, t) }()
		a.move(a.wide, t, x, k, true)
		x = t
	}
	if a.wide {
		a.add(acc, acc, x)
		return
	}
	t, _ := a.take()
	a.widened(t, x)
	a.add(acc, acc, t)
	a.upper(t, x)
	a.widened(t, t)
	a.add(acc, acc, t)
	a.free = append(a.free, t)
}

// extreme is acc <- acc if it is larger (smaller) than x or NaN, else x.
func (a *assembler) extreme(kind Kind, acc, x, k uint8) {
	a.compare(moment, acc, acc, isEqual, k)
	a.evex(op{m: 1, pp: a.pp(), w: a.wide, code: 0x5f - 2*uint8(kind-Most), reg: acc, v: acc, rm: x, mask: moment})
}

// finish folds lanes 4-7 on 0-3, 2-3 on 0-1, 1 on 0 and stores the result.
func (a *assembler) finish(kind Kind, acc, pointer uint8) {
	t, ok := a.take()
	if !ok {
		return
	}
	wide := a.wide || kind == Sum
	for _, half := range []int{4, 2, 1} {
		switch {
		case wide && half == 4:
			a.upper(t, acc)
		case wide && half == 2 || half == 4: // vextractf64x2
			a.evex(op{m: 3, pp: 1, w: true, code: 0x19, reg: acc, rm: t, hasImm: true, imm: 1})
		case wide || half == 2: // vpermilpd: the other of each pair
			a.evex(op{m: 3, pp: 1, w: true, code: 0x05, reg: t, rm: acc, hasImm: true, imm: 0x55})
		default: // vpermilps
			a.evex(op{m: 3, pp: 1, code: 0x04, reg: t, rm: acc, hasImm: true, imm: 0x55})
		}
		if kind == Sum {
			a.add(acc, acc, t)
		} else {
			a.extreme(kind, acc, t, 0)
		}
	}
	a.free = append(a.free, t)
	a.compareAt(wide, moment, acc, acc, isUnordered, 0)
	a.fill(wide, acc, math.NaN(), moment)
	if wide { // vmovsd
		a.evex(op{m: 1, pp: 3, w: true, code: 0x11, reg: acc, from: plain, base: pointer})
	} else {
		a.evex(op{m: 1, pp: 2, code: 0x11, reg: acc, from: plain, base: pointer})
	}
}
