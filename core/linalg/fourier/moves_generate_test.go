package fourier

import (
	"fmt"
	"math"
	"strings"
)

// moves writes the kernels between arrays and blocks: lines* transpose eight (four) lines of eightbytes, columns* take complex
// numbers apart. Those that leave blocks scale (doubles, for lines).
func (t target) moves(s *strings.Builder) []string {
	for _, name := range []string{"re", "im", "low", "high"} {
		t.index(s, name)
	}
	t.large(s)
	t.lines(s, "LinesIn", true)
	t.lines(s, "LinesOut", false)
	if t.wide {
		t.lines(s, "LinesPast", false)
	}
	t.columns(s)
	t.products(s)
	t.rows(s)
	all := []string{t.name + "Rows", t.name + "LinesIn", t.name + "LinesOut", t.name + "ColumnsIn", t.name + "ColumnsOut"}
	if t.wide {
		all = append(all, t.name+"LinesPast")
	}
	if t.double {
		t.turn(s)
		all = append(all, t.name+"Turn")
	}
	return all
}

// index are the tables of VPERMT2: real and imaginary parts of a vector pair, and the way back.
func (t target) index(s *strings.Builder, name string) {
	if !t.wide {
		return
	}
	lanes := t.bytes() / t.size()
	fmt.Fprintln(s)
	for k := range lanes {
		from := map[string]int{"re": 2 * k, "im": 2*k + 1, "low": k/2 + k%2*lanes, "high": lanes/2 + k/2 + k%2*lanes}[name]
		fmt.Fprintf(s, "DATA %s_%s<>+%d(SB)/%d, $%d\n", t.name, name, k*t.size(), t.size(), from)
	}
	fmt.Fprintf(s, "GLOBL %s_%s<>(SB), RODATA, $%d\n", t.name, name, t.bytes())
}

func (t target) begin(s *strings.Builder, name string) func(string, ...any) {
	fmt.Fprintf(s, "\n// func %s%s(m *motion)\nTEXT ·%s%s(SB), NOSPLIT, $0-8\n\tMOVQ m+0(FP), DI\n", t.name, name, t.name, name)
	return func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
}

// watch adds up what is loaded, times a number so large that the sums are finite only if no transform can overflow: in registers first, ..., first + n - 1.
func (t target) watch(line func(string, ...any), first, n int) (add func(r string), end func()) {
	for k := range n {
		if t.wide {
			line("VPXORQ Z%[1]d, Z%[1]d, Z%[1]d", first+k)
		} else {
			line("VXORPS Y%[1]d, Y%[1]d, Y%[1]d", first+k)
		}
	}
	large := fmt.Sprintf("%s_large<>(SB)", t.name)
	next := 0
	add = func(r string) {
		acc := t.reg(first + next%n)
		next++
		if t.wide {
			line("VFMADD231%s.BCST %s, %s, %s", t.ps(), large, r, acc)
		} else {
			line("VFMADD231%s %s, %s, %s", t.ps(), large, r, acc)
		}
	}
	end = func() {
		a := t.reg(first)
		for k := 1; k < n; k++ {
			line("VADD%s %s, %s, %s", t.ps(), t.reg(first+k), a, a)
		}
		line("VSUB%s %s, %s, %s", t.ps(), a, a, a)
		if t.wide {
			line("VCMP%s $3, %s, %s, K1", t.ps(), a, a)
			line("KMOVW K1, AX")
		} else {
			line("VCMP%s $3, %s, %s, %s", t.ps(), a, a, a)
			line("VMOVMSK%s %s, AX", t.ps(), a)
		}
		line("ORQ AX, 64(DI)")
	}
	return add, end
}

// large is 2^127 or 2^60, as often as 32 bytes hold.
func (t target) large(s *strings.Builder) {
	fmt.Fprintln(s)
	for k := range 32 / t.size() {
		bits := uint64(math.Float32bits(0x1p60))
		if t.double {
			bits = math.Float64bits(0x1p127)
		}
		fmt.Fprintf(s, "DATA %s_large<>+%d(SB)/%d, $%#x\n", t.name, k*t.size(), t.size(), bits)
	}
	fmt.Fprintf(s, "GLOBL %s_large<>(SB), RODATA, $32\n", t.name)
}

// lines moves groups of eight (four) eightbytes of as many lines: vector k of a group is at block1 (k even) or block2, the next pair two vectors of doubles or
// four of singles on. The lines' bytes that are as far ahead as the caller says are fetched,
// but LinesPast stores past the caches, to lines that begin on cache lines.
func (t target) lines(s *strings.Builder, name string, in bool) {
	line := t.begin(s, name)
	n := map[bool]int{true: 8, false: 4}[t.wide]
	at := []string{"R8", "R9", "R10", "R11", "R12", "R13", "AX", "BX"}[:n]
	line("MOVQ 0(DI), SI")
	line("MOVQ 8(DI), CX")
	for k, r := range at {
		line("MOVQ %d(CX), %s", 8*k, r)
		line("ADDQ SI, %s", r)
	}
	line("MOVQ 16(DI), SI")
	line("MOVQ 24(DI), DX")
	line("MOVQ 32(DI), CX")
	line("XORL R15, R15")
	acc := t.registers() - 1
	add, end := func(string) {}, func() {}
	if t.double && in {
		add, end = t.watch(line, acc-3, 4)
	}
	scale := ""
	if t.double && !in {
		scale = t.reg(acc)
		line("VBROADCASTSD 56(DI), %s", scale)
	}
	s.WriteString("loop:\n")
	pair := 2 * t.bytes()
	if !t.double {
		pair *= 2
	}
	block := func(k int) string { return fmt.Sprintf("%d(%s)", k/2*pair, []string{"SI", "DX"}[k%2]) }
	store := "VMOVUPD"
	if name == "LinesPast" {
		store = "VMOVNTPD"
	} else {
		for _, r := range at {
			line("PREFETCHT1 (%s)(CX*1)", r)
		}
	}
	switch {
	case t.wide && in: // halves of two lines side by side, so that two steps are left
		for g := range 2 {
			for k, two := range [4][2]int{{0, 2}, {1, 3}, {4, 6}, {5, 7}} {
				line("VMOVUPD %d(%s)(R15*1), Y%d", 32*g, at[two[0]], k)
				line("VINSERTF64X4 $1, %d(%s)(R15*1), Z%d, Z%d", 32*g, at[two[1]], k, k)
				add(t.reg(k))
			}
			for k := range 2 {
				line("VUNPCKLPD Z%d, Z%d, Z%d", 2*k+1, 2*k, 4+k)
				line("VUNPCKHPD Z%d, Z%d, Z%d", 2*k+1, 2*k, 6+k)
			}
			for k := range 4 {
				line("VSHUFF64X2 %s, Z%d, Z%d, Z%d", []string{"$0x88", "$0xDD"}[k/2], 5+k%2*2, 4+k%2*2, 8+k)
				line("VMOVUPD Z%d, %s", 8+k, block(4*g+k))
			}
		}
	case t.wide:
		for k := range at {
			if t.double {
				line("VMULPD %s, %s, Z%d", block(k), scale, k)
			} else {
				line("VMOVUPD %s, Z%d", block(k), k)
			}
		}
		t.transpose(line, 0, 8)
		for k, r := range at {
			line("%s Z%d, (%s)(R15*1)", store, k, r)
		}
	default:
		for k, r := range at {
			if in {
				line("VMOVUPD (%s)(R15*1), Y%d", r, k)
				add(t.reg(k))
			} else if t.double {
				line("VMULPD %s, %s, Y%d", block(k), scale, k)
			} else {
				line("VMOVUPD %s, Y%d", block(k), k)
			}
		}
		t.transpose(line, 0, 4)
		for k, r := range at {
			if in {
				line("VMOVUPD Y%d, %s", k, block(k))
			} else {
				line("VMOVUPD Y%d, (%s)(R15*1)", k, r)
			}
		}
	}
	line("ADDQ $%d, SI", n/2*pair)
	line("ADDQ $%d, DX", n/2*pair)
	line("ADDQ $%d, R15", t.bytes())
	line("ADDQ $%d, CX", t.bytes())
	line("DECQ 40(DI)")
	line("JNZ loop")
	end()
	if store == "VMOVNTPD" {
		line("SFENCE")
	}
	line("VZEROUPPER")
	line("RET")
}

// columns moves count elements of contiguous lanes, a step apart in the array; 512-bit ones take fewer lanes as well, by masks.
func (t target) columns(s *strings.Builder) {
	ps, half := t.ps(), t.bytes()
	finish := func(line func(string, ...any), end func()) {
		line("ADDQ R8, SI")
		line("ADDQ R8, CX")
		line("ADDQ $%d, BX", 2*half)
		line("ADDQ $%d, DX", 2*half)
		line("DECQ R9")
		line("JNZ loop")
		end()
		line("VZEROUPPER")
		line("RET")
	}
	pointers := func(line func(string, ...any)) {
		for k, r := range []string{"SI", "", "BX", "DX", "CX", "R9", "R8"} {
			if r != "" {
				line("MOVQ %d(DI), %s", 8*k, r)
			}
		}
		line("ADDQ SI, CX")
	}
	masks := func(line func(string, ...any)) {
		if t.wide {
			line("KMOVW 72(DI), K1")
			line("KMOVW 80(DI), K2")
		}
	}
	line := t.begin(s, "ColumnsIn")
	pointers(line)
	if t.wide {
		line("VMOVUPD %s_re<>(SB), Z30", t.name)
		line("VMOVUPD %s_im<>(SB), Z31", t.name)
	}
	add, end := t.watch(line, 6, 4)
	masks(line)
	s.WriteString("loop:\n")
	if t.wide {
		line("VMOVU%s.Z (SI), K1, Z0", ps)
		line("VMOVU%s.Z %d(SI), K2, Z1", ps, half)
	} else {
		line("VMOVUPD (SI), %s", t.reg(0))
		line("VMOVUPD %d(SI), %s", half, t.reg(1))
	}
	add(t.reg(0))
	add(t.reg(1))
	line("PREFETCHT1 (CX)")
	line("PREFETCHT1 %d(CX)", 2*half-1)
	switch {
	case t.wide:
		line("VMOVAPD Z0, Z2")
		line("VPERMT2%s Z1, Z30, Z0", ps)
		line("VPERMT2%s Z1, Z31, Z2", ps)
	case t.double:
		line("VPERM2F128 $0x20, Y1, Y0, Y3")
		line("VPERM2F128 $0x31, Y1, Y0, Y4")
		line("VUNPCKLPD Y4, Y3, Y0")
		line("VUNPCKHPD Y4, Y3, Y2")
	default:
		line("VSHUFPS $0x88, Y1, Y0, Y3")
		line("VSHUFPS $0xDD, Y1, Y0, Y4")
		line("VPERMPD $0xD8, Y3, Y0")
		line("VPERMPD $0xD8, Y4, Y2")
	}
	line("VMOVUPD %s, (BX)", t.reg(0))
	line("VMOVUPD %s, (DX)", t.reg(2))
	finish(line, end)

	line = t.begin(s, "ColumnsOut")
	pointers(line)
	line("VBROADCASTS%s 56(DI), %s", ps[1:], t.reg(5))
	if t.wide {
		line("VMOVUPD %s_low<>(SB), Z28", t.name)
		line("VMOVUPD %s_high<>(SB), Z29", t.name)
	}
	masks(line)
	s.WriteString("loop:\n")
	line("VMUL%s (BX), %s, %s", ps, t.reg(5), t.reg(0))
	line("VMUL%s (DX), %s, %s", ps, t.reg(5), t.reg(1))
	line("PREFETCHT1 (CX)")
	line("PREFETCHT1 %d(CX)", 2*half-1)
	switch {
	case t.wide:
		line("VMOVAPD Z0, Z2")
		line("VPERMT2%s Z1, Z28, Z0", ps)
		line("VPERMT2%s Z1, Z29, Z2", ps)
	default:
		line("VUNPCKL%s Y1, Y0, Y3", ps)
		line("VUNPCKH%s Y1, Y0, Y4", ps)
		line("VPERM2F128 $0x20, Y4, Y3, Y0")
		line("VPERM2F128 $0x31, Y4, Y3, Y2")
	}
	if t.wide {
		line("VMOVU%s Z0, K1, (SI)", ps)
		line("VMOVU%s Z2, K2, %d(SI)", ps, half)
	} else {
		line("VMOVUPD %s, (SI)", t.reg(0))
		line("VMOVUPD %s, %d(SI)", t.reg(2), half)
	}
	finish(line, func() {})
}

// products multiplies count vectors of complex numbers where they are, with the operations of a turned point.
func (t target) products(s *strings.Builder) {
	fmt.Fprintln(s)
	for k := range t.bytes() / t.size() {
		bits := uint64(1-k%2) << (8*t.size() - 1)
		fmt.Fprintf(s, "DATA %s_signs<>+%d(SB)/%d, $%#x\n", t.name, k*t.size(), t.size(), bits)
	}
	fmt.Fprintf(s, "GLOBL %s_signs<>(SB), RODATA, $%d\n", t.name, t.bytes())
	name := t.name + "Products"
	fmt.Fprintf(s, "\n// func %s(p *pass)\nTEXT ·%s(SB), NOSPLIT, $0-8\n\tMOVQ p+0(FP), DI\n", name, name)
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	for k, r := range []string{"SI", "DX", "BX", "CX"} {
		line("MOVQ %d(DI), %s", 8*k, r)
	}
	r := t.reg
	line("VMOVUPD %s_signs<>(SB), %s", t.name, r(5))
	s.WriteString("loop:\n")
	line("VMOVUPD (SI), %s", r(0))
	line("VMOVUPD (BX), %s", r(1))
	if t.double {
		line("VMOVDDUP %s, %s", r(0), r(2))
		line("VPERMILPD $0xFF, %s, %s", r(0), r(3))
		line("VPERMILPD $0x55, %s, %s", r(1), r(4))
	} else {
		line("VMOVSLDUP %s, %s", r(0), r(2))
		line("VMOVSHDUP %s, %s", r(0), r(3))
		line("VPERMILPS $0xB1, %s, %s", r(1), r(4))
	}
	if t.wide {
		line("VPXORQ %s, %s, %s", r(5), r(4), r(4))
	} else {
		line("VXORPD %s, %s, %s", r(5), r(4), r(4))
	}
	line("VMUL%s %s, %s, %s", t.ps(), r(1), r(2), r(2))
	line("VFMADD231%s %s, %s, %s", t.ps(), r(4), r(3), r(2))
	line("VMOVUPD %s, (DX)", r(2))
	for _, at := range []string{"SI", "DX", "BX"} {
		line("ADDQ $%d, %s", t.bytes(), at)
	}
	line("DECQ CX")
	line("JNZ loop")
	line("VZEROUPPER")
	line("RET")
}

// transpose turns eight (four) vectors of eightbytes from register first on into their columns, by way of twice (once) as many from register spare on.
func (t target) transpose(line func(string, ...any), first, spare int) {
	n := t.bytes() / 8
	for k := 0; k < n; k += 2 {
		line("VUNPCKLPD %s, %s, %s", t.reg(first+k+1), t.reg(first+k), t.reg(spare+k))
		line("VUNPCKHPD %s, %s, %s", t.reg(first+k+1), t.reg(first+k), t.reg(spare+k+1))
	}
	for odd := range 2 {
		b, c := spare+odd, spare+8+4*odd
		if !t.wide {
			line("VPERM2F128 $0x20, Y%d, Y%d, Y%d", b+2, b, first+odd)
			line("VPERM2F128 $0x31, Y%d, Y%d, Y%d", b+2, b, first+2+odd)
			continue
		}
		line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", b+2, b, c)
		line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", b+2, b, c+1)
		line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", b+6, b+4, c+2)
		line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", b+6, b+4, c+3)
		for half := range 2 { // columns odd + 2 half and that + 4
			line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", c+2+half, c+half, first+2*half+odd)
			line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", c+2+half, c+half, first+4+2*half+odd)
		}
	}
}

// turn takes lanes of elements at base to elements of lanes at block1 and turns all but the first of them, count times: the next elements to read are
// ahead bytes on, factors are vectors at offsets.
func (t target) turn(s *strings.Builder) {
	line := t.begin(s, "Turn")
	n, half := t.bytes()/8, t.bytes()
	for k, r := range []string{"SI", "BX", "DX", "", "R8", "CX"} {
		if r != "" {
			line("MOVQ %d(DI), %s", 8*k, r)
		}
	}
	line("XORL R9, R9")
	s.WriteString("loop:\n")
	for part := range 2 {
		for k := range n {
			line("VMOVUPD %d(SI), %s", (2*k+part)*half, t.reg(part*n+k))
		}
		t.transpose(line, part*n, n+part*n+map[bool]int{true: 0, false: 4 - 4*part}[t.wide])
	}
	re, im := t.reg(t.registers()-1), t.reg(t.registers()-2)
	for k := range n {
		if k == 0 {
			line("TESTQ R9, R9")
			line("JZ first")
		}
		x, y := t.reg(k), t.reg(n+k)
		wr, wi := fmt.Sprintf("%d(BX)", 2*k*half), fmt.Sprintf("%d(BX)", (2*k+1)*half)
		line("VMULPD %s, %s, %s", wr, x, re)
		line("VMULPD %s, %s, %s", wi, x, im)
		line("VFNMADD231PD %s, %s, %s", wi, y, re)
		line("VFMADD231PD %s, %s, %s", wr, y, im)
		line("VMOVUPD %s, %d(DX)", re, 2*k*half)
		line("VMOVUPD %s, %d(DX)", im, (2*k+1)*half)
		if k == 0 {
			line("JMP others")
			s.WriteString("first:\n")
			line("VMOVUPD %s, (DX)", x)
			line("VMOVUPD %s, %d(DX)", y, half)
			line("INCQ R9")
			s.WriteString("others:\n")
		}
	}
	line("ADDQ R8, SI")
	line("ADDQ $%d, BX", 2*n*half)
	line("ADDQ $%d, DX", 2*n*half)
	line("DECQ CX")
	line("JNZ loop")
	line("VZEROUPPER")
	line("RET")
}

// rows copies count vectors, times scale, from base to block1: step bytes on there, ahead bytes here.
func (t target) rows(s *strings.Builder) {
	line := t.begin(s, "Rows")
	for k, r := range []string{"SI", "", "BX", "", "CX", "R9", "R8"} {
		if r != "" {
			line("MOVQ %d(DI), %s", 8*k, r)
		}
	}
	line("VBROADCASTS%s 56(DI), %s", t.ps()[1:], t.reg(1))
	add, end := t.watch(line, 2, 1)
	s.WriteString("loop:\n")
	line("VMUL%s (SI), %s, %s", t.ps(), t.reg(1), t.reg(0))
	add(t.reg(0))
	line("VMOVUPD %s, (BX)", t.reg(0))
	line("ADDQ R8, SI")
	line("ADDQ CX, BX")
	line("DECQ R9")
	line("JNZ loop")
	end()
	line("VZEROUPPER")
	line("RET")
}
