package straight

import "fmt"

var twoOperand = map[op]string{opAdd: "VADDP", opSub: "VSUBP", opMul: "VMULP", opDiv: "VDIVP", opLeast: "VMINP", opMost: "VMAXP"}

var bitwise = map[op]string{opAnd: "VPAND", opOr: "VPOR", opXor: "VPXOR", opAddBits: "VPADD", opSubBits: "VPSUB"}

func (w *writer) instruction(n *node) {
	letter, size := "D", "Q"
	if w.single {
		letter, size = "S", "D"
	}
	switch n.op {
	case opAdd, opMul, opSub, opDiv, opLeast, opMost:
		x, y := n.x, n.y
		if (n.op == opAdd || n.op == opMul) && x.op == opConst && y.op != opConst {
			x, y = y, x
		}
		a := w.get(x)
		b, dot := w.memory(y)
		r := w.target(x, y)
		w.line("%s%s%s %s, %s, %s", twoOperand[n.op], letter, dot, b, w.name(a), w.name(r))
		w.finish(n, r)
	case opAnd, opOr, opXor, opAddBits, opSubBits:
		x, y := n.x, n.y
		if n.op != opSubBits && x.op == opConst && y.op != opConst {
			x, y = y, x
		}
		name := bitwise[n.op]
		if w.wide || n.op == opAddBits || n.op == opSubBits {
			name += size
		}
		a := w.get(x)
		b, dot := w.memory(y)
		r := w.target(x, y)
		w.line("%s%s %s, %s, %s", name, dot, b, w.name(a), w.name(r))
		w.finish(n, r)
	case opAndNot: // x &^ y
		name := "VPANDN"
		if w.wide {
			name += size
		}
		b := w.get(n.y)
		a, dot := w.memory(n.x)
		r := w.target(n.x, n.y)
		w.line("%s%s %s, %s, %s", name, dot, a, w.name(b), w.name(r))
		w.finish(n, r)
	case opLeft, opRight:
		a := w.get(n.x)
		r := w.target(n.x)
		w.line("%s%s $%d, %s, %s", map[op]string{opLeft: "VPSLL", opRight: "VPSRL"}[n.op], size, n.bits, w.name(a), w.name(r))
		w.finish(n, r)
	case opSqrt:
		a := w.get(n.x)
		r := w.target(n.x)
		w.line("VSQRTP%s %s, %s", letter, w.name(a), w.name(r))
		w.finish(n, r)
	case opFMA:
		w.fused(n, letter)
	case opCompare:
		a := w.get(n.x)
		b, dot := w.memory(n.y)
		if w.wide {
			m := w.takeMask()
			w.line("VCMPP%s%s $%d, %s, %s, K%d", letter, dot, n.bits, b, w.name(a), m)
			w.finishMask(n, m)
			return
		}
		r := w.target(n.x, n.y)
		w.line("VCMPP%s $%d, %s, %s, %s", letter, n.bits, b, w.name(a), w.name(r))
		w.finish(n, r)
	case opMaskAnd, opMaskOr, opMaskNot:
		w.logic(n)
	case opSelect:
		w.selected(n, letter)
	default:
		panic(fmt.Sprint("no instruction for ", n.op))
	}
}

// fused is ±x y ± z: one operand gives its register to the result, a constant may stay in memory.
func (w *writer) fused(n *node, letter string) {
	name := map[[2]bool]string{{false, false}: "VFMADD", {true, false}: "VFNMADD", {false, true}: "VFMSUB", {true, true}: "VFNMSUB"}[[2]bool{n.minusXY, n.minusZ}]
	x, y, z := n.x, n.y, n.z
	if x.op == opConst && y.op != opConst {
		x, y = y, x
	}
	dies := func(v *node) bool {
		_, held := w.place[v]
		return held && w.later(v) == 1<<30
	}
	loose := func(v *node) bool { _, held := w.place[v]; return v.op == opConst && !held }
	// form, destination, other register, last operand
	form, d, o, l := "213", x, y, z // d = o d + l
	switch {
	case loose(z) && !dies(x) && loose(y):
		d, o = y, x
	case loose(z) && dies(x) || loose(z) && !dies(y) && x != y:
	case loose(z):
		d, o = y, x
	case loose(y) && dies(z):
		form, d, o, l = "231", z, x, y // d = o l + d
	case loose(y):
		form, d, o, l = "132", x, z, y // d = d l + o
	case dies(z):
		form, d, o, l = "231", z, x, y
	case dies(y) && !dies(x):
		d, o = y, x
	}
	if dies(d) && d != o && d != l {
		r := w.get(d)
		other := w.name(w.get(o))
		last, dot := w.memory(l)
		w.line("%s%sP%s%s %s, %s, %s", name, form, letter, dot, last, other, w.name(r))
		w.finish(n, r)
		return
	}
	if loose(d) && d != o && d != l { // needed again, and cheaper to load again
		r := w.take()
		w.constant(d, r)
		w.pinned[r] = true
		other := w.name(w.get(o))
		last, dot := w.memory(l)
		w.line("%s%sP%s%s %s, %s, %s", name, form, letter, dot, last, other, w.name(r))
		w.finish(n, r)
		return
	}
	a := w.get(d)
	other := w.name(w.get(o))
	last, dot := w.memory(l)
	r := w.take()
	w.line("VMOVAP%s %s, %s", letter, w.name(a), w.name(r))
	w.line("%s%sP%s%s %s, %s, %s", name, form, letter, dot, last, other, w.name(r))
	w.finish(n, r)
}

func (w *writer) takeMask() int {
	for m := 1; m < 8; m++ {
		if w.masks[m] == nil {
			return m
		}
	}
	panic("more than seven masks")
}

func (w *writer) finishMask(n *node, m int) {
	w.pinned = map[int]bool{}
	for _, x := range operands(n) {
		w.release(x)
	}
	w.masks[m], w.place[n] = n, m
}

func (w *writer) logic(n *node) {
	if !w.wide {
		a := w.get(n.x)
		switch n.op {
		case opMaskNot:
			r := w.take()
			w.line("VPCMPEQD %[1]s, %[1]s, %[1]s", w.name(r))
			w.line("VPXOR %s, %s, %s", w.name(a), w.name(r), w.name(r))
			w.finish(n, r)
		default:
			b := w.get(n.y)
			r := w.target(n.x, n.y)
			w.line("%s %s, %s, %s", map[op]string{opMaskAnd: "VPAND", opMaskOr: "VPOR"}[n.op], w.name(b), w.name(a), w.name(r))
			w.finish(n, r)
		}
		return
	}
	m := w.takeMask()
	suffix := "B"
	if w.single {
		suffix = "W"
	}
	switch n.op {
	case opMaskNot:
		w.line("KNOT%s K%d, K%d", suffix, w.place[n.x], m)
	default:
		w.line("%s%s K%d, K%d, K%d", map[op]string{opMaskAnd: "KAND", opMaskOr: "KOR"}[n.op], suffix, w.place[n.y], w.place[n.x], m)
	}
	w.finishMask(n, m)
}

func (w *writer) selected(n *node, letter string) {
	b := w.get(n.y)
	a, dot := w.memory(n.x)
	if w.wide {
		r := w.target(n.x, n.y)
		w.line("VBLENDMP%s%s %s, %s, K%d, %s", letter, dot, a, w.name(b), w.place[n.z], w.name(r))
		w.finish(n, r)
		return
	}
	m := w.get(n.z)
	r := w.target(n.x, n.y)
	w.line("VBLENDVP%s %s, %s, %s, %s", letter, w.name(m), a, w.name(b), w.name(r))
	w.finish(n, r)
}
