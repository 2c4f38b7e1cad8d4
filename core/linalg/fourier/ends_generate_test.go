package fourier

import (
	"fmt"
	"math"
)

// What codelets do that take their inputs from an array or give it their outputs.

// unpack is the instruction that takes numbers apart, or puts them together, in an order of lanes of its own.
func (a *allocation) unpack(apart bool, part, x, y, to int) {
	r := a.t.reg
	if apart && !a.t.double {
		a.line("VSHUFPS %s, %s, %s, %s", []string{"$0x88", "$0xDD"}[part], r(y), r(x), r(to))
		return
	}
	a.line("VUNPCK%s%s %s, %s, %s", []string{"L", "H"}[part], a.t.ps(), r(y), r(x), r(to))
}

// cross turns eight lanes of eight elements into values, if eight of them, or more into the room behind the spill room.
func (a *allocation) cross(f form) {
	for block := range f.n / 8 {
		for part := range 2 {
			for k := range 8 {
				from := fmt.Sprintf("%d(SI)", 128*crossedNumber(k)+64*part)
				if block > 0 {
					from += "(R8*1)"
				}
				a.line("VMOVUPD %s, Z%d", from, 8*part+k)
			}
			a.t.transpose(a.line, 8*part, 16)
			for k := range 8 {
				if f.n > 8 {
					a.line("VMOVUPD Z%d, %d(DI)", 8*part+k, 64*(spillRoom+1+2*(8*block+crossedNumber(k))+part))
				}
			}
		}
	}
	for i, o := range a.ops {
		if f.n == 8 && o.do == aLoad {
			a.give(i, 8*(o.at%2)+crossedLane(o.at/2))
		}
	}
}

// take loads the numbers of all lanes into values i and i+1.
func (a *allocation) take(i int, low, high string, swap bool) {
	var regs [3]int
	for k := range regs {
		regs[k] = a.room(i, []int{i, i + 1})
		if k < 2 {
			a.give(i+k, regs[k])
		}
	}
	x, y, spare := regs[0], regs[1], regs[2]
	a.line("VMOVU%s %s, %s", a.t.ps(), low, a.t.reg(spare))
	a.line("VMOVU%s %s, %s", a.t.ps(), high, a.t.reg(y))
	if swap {
		a.unpack(true, 1, spare, y, x)
		a.unpack(true, 0, spare, y, y)
		return
	}
	a.unpack(true, 0, spare, y, x)
	a.unpack(true, 1, spare, y, y)
}

// giveAway stores values of the stores i and i+1, scaled, as the numbers of all lanes.
func (a *allocation) giveAway(i int, low, high string, swap, past bool) {
	v := []int{a.ops[i].a, a.ops[i+1].a}
	for _, x := range v {
		a.bring(x, i, v)
	}
	spare := a.room(i, v)
	re, im := a.register[v[0]], a.register[v[1]]
	for _, r := range []int{re, im} {
		a.line("VMUL%s.BCST %d(DI), %s, %s", a.t.ps(), 64*spillRoom, a.t.reg(r), a.t.reg(r))
	}
	a.line("VCMP%s $3, %s, %s, K2", a.t.ps(), a.t.reg(re), a.t.reg(im))
	a.line("KORW K2, K1, K1")
	if swap {
		re, im = im, re
	}
	a.unpack(false, 0, re, im, spare)
	a.unpack(false, 1, re, im, im)
	store := "VMOVU"
	if past {
		store = "VMOVNT"
	}
	for k := range 2 { // of the next block
		if past {
			break
		}
		a.line("PREFETCHT1 %s", further(low, (2+k)*a.t.bytes()))
	}
	a.line("%s%s %s, %s", store, a.t.ps(), a.t.reg(spare), low)
	a.line("%s%s %s, %s", store, a.t.ps(), a.t.reg(im), high)
	for _, x := range v {
		if a.next(x, i+1) < math.MaxInt {
			panic("a value is used after it was given away")
		}
		a.drop(x, i+1)
	}
}

// further is an address without a shift, n bytes on.
func further(address string, n int) string { return fmt.Sprintf("%d%s", n, address) }
