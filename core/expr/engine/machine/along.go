package machine

import "slices"

// flat is a row of rdx elements in whole vectors and a rest under mask 1.
func (a *assembler) flat() {
	free := slices.Clone(a.free)
	a.bytes(0x31, 0xc9, 0x48, 0x85, 0xd2) // xor ecx, ecx; test rdx, rdx
	toRest := a.jump(ifZero)
	toEven := a.flatPairs()
	top := len(a.code)
	a.body(0, 0)
	a.bytes(0x48, 0x83, 0xc1, byte(a.lanes()), 0x48, 0x39, 0xd1) // add rcx, lanes; cmp rcx, rdx
	a.back(a.jump(ifBelow), top)
	a.patch(toRest)
	if toEven > 0 {
		a.patch(toEven)
	}
	a.bytes(0xc5, 0xf8, 0x98, 0xc9) // kortestw k1, k1
	toEnd := a.jump(ifZero)
	a.free = free
	a.body(1, 0)
	a.patch(toEnd)
}

// segment is a run of vectors of a row that read on the same sides of all rolls, or one vector.
type segment struct{ from, to int }

func (a *assembler) segments() (list []segment) {
	if a.Row == 0 {
		return nil
	}
	lanes := a.lanes()
	alone := func(v int) bool { // it crosses the end of the row or of a roll
		if (v+1)*lanes > a.Row {
			return true
		}
		for i := range a.Steps {
			if r := a.Steps[i].Roll; r > v*lanes && r < (v+1)*lanes {
				return true
			}
		}
		return false
	}
	starts := func(v int) bool {
		for i := range a.Steps {
			if r := a.Steps[i].Roll; r != 0 && r == v*lanes {
				return true
			}
		}
		return false
	}
	for v := 0; v*lanes < a.Row; v++ {
		if k := len(list) - 1; k < 0 || alone(v) || alone(v-1) || starts(v) {
			list = append(list, segment{v, v + 1})
		} else {
			list[k].to++
		}
	}
	return list
}

func (a *assembler) segment(s segment) {
	free := slices.Clone(a.free)
	lanes := a.lanes()
	k := uint8(0)
	if s.to*lanes > a.Row {
		k = 1
	}
	a.count(s.from * lanes)
	repeated := func(from, to, vectors int) {
		top := len(a.code)
		a.body(k, from*lanes)
		if to-from > vectors {
			a.bytes(0x48, 0x83, 0xc1, byte(vectors*lanes), 0x48, 0x81, 0xf9) // add rcx, lanes; cmp rcx, end
			a.word(to * lanes)
			a.back(a.jump(ifBelow), top)
		}
		a.free = slices.Clone(free)
	}
	if n := (s.to - s.from) / 2 * 2; a.own > 0 && n > 0 {
		a.turn = both
		repeated(s.from, s.from+n, 2)
		a.turn = first
		if s.from += n; s.from == s.to {
			return
		}
		a.count(s.from * lanes)
	}
	repeated(s.from, s.to, 1)
}

// flatPairs goes through pairs of vectors while rdx elements have some, and tells the jump to where none is left.
func (a *assembler) flatPairs() (toEven int) {
	if a.own == 0 {
		return 0
	}
	free := slices.Clone(a.free)
	step := byte(2 * a.lanes())
	left := func() { a.bytes(0x4c, 0x8d, 0x79, step, 0x4c, 0x39, 0xfa) } // lea r15, [rcx + step]; cmp rdx, r15
	left()
	toOne := a.jump(ifBelow)
	top := len(a.code)
	a.turn = both
	a.body(0, 0)
	a.turn = first
	a.free = free
	a.bytes(0x48, 0x83, 0xc1, step) // add rcx, step
	left()
	a.back(a.jump(ifNotCarry), top)
	a.patch(toOne)
	a.bytes(0x48, 0x39, 0xd1) // cmp rcx, rdx
	return a.jump(ifNotCarry)
}
