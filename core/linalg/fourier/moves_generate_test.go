package fourier

import (
	"fmt"
	"strings"
)

// moves writes the kernels between arrays and blocks: lines* transpose eight (four) lines of eightbytes, columns* take complex numbers apart.
func (t target) moves(s *strings.Builder) []string {
	for _, name := range []string{"re", "im", "low", "high"} {
		t.index(s, name)
	}
	t.lines(s, "LinesIn", true, false)
	t.lines(s, "LinesOut", false, false)
	all := []string{t.name + "LinesIn", t.name + "LinesOut"}
	if t.double {
		t.lines(s, "LinesScaled", false, true)
		all = append(all, t.name+"LinesScaled")
	}
	t.columns(s)
	return append(all, t.name+"ColumnsIn", t.name+"ColumnsOut")
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

// canonical prepares the one NaN and the scale in registers 30 and 31 (14 and 15).
func (t target) canonical(line func(string, ...any)) (finish func(r, spare string)) {
	canon, scale := t.reg(t.registers()-2), t.reg(t.registers()-1)
	broadcast, bits := "VPBROADCASTD", "$0x7FC00000"
	if t.double {
		broadcast, bits = "VPBROADCASTQ", "$0x7FF8000000000001"
	}
	line("MOVQ %s, AX", bits)
	if t.wide {
		line("%s AX, %s", broadcast, canon)
	} else {
		line("VMOVQ AX, X%d", t.registers()-2)
		line("%s X%d, %s", broadcast, t.registers()-2, canon)
	}
	line("VBROADCASTS%s 56(DI), %s", t.ps()[1:], scale)
	return func(r, spare string) {
		line("VMUL%s %s, %s, %s", t.ps(), scale, r, r)
		if t.wide {
			line("VCMP%s $3, %s, %s, K1", t.ps(), r, r)
			line("VMOVA%s %s, K1, %s", t.ps(), canon, r)
			return
		}
		line("VCMP%s $3, %s, %s, %s", t.ps(), r, r, spare)
		line("VBLENDV%s %s, %s, %s, %s", t.ps(), spare, canon, r, r)
	}
}

// lines moves groups of eight (four) eightbytes of as many lines: vector k of a group is at block1 (k even) or block2, the next pair a stride on.
func (t target) lines(s *strings.Builder, name string, in, scaled bool) {
	line := t.begin(s, name)
	n := map[bool]int{true: 8, false: 4}[t.wide]
	var finish func(r, spare string)
	if scaled {
		finish = t.canonical(line)
	}
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
	s.WriteString("loop:\n")
	block := func(k int, write bool, r string) {
		base := []string{"SI", "DX"}[k%2]
		if write {
			line("VMOVUPD %s, (%s)", r, base)
		} else {
			line("VMOVUPD (%s), %s", base, r)
		}
		if k%2 == 1 {
			line("ADDQ CX, SI")
			line("ADDQ CX, DX")
		}
	}
	for k, r := range at {
		if in {
			line("VMOVUPD (%s)(R15*1), %s", r, t.reg(k))
		} else {
			block(k, false, t.reg(k))
		}
	}
	if scaled {
		for k := range n {
			finish(t.reg(k), t.reg(4))
		}
	}
	column := make([]string, n)
	for k := 0; k < n; k += 2 {
		line("VUNPCKLPD %s, %s, %s", t.reg(k+1), t.reg(k), t.reg(n+k))
		line("VUNPCKHPD %s, %s, %s", t.reg(k+1), t.reg(k), t.reg(n+k+1))
	}
	if t.wide {
		for odd := range 2 {
			b, c := 8+odd, 16+4*odd
			line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", b+2, b, c)
			line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", b+2, b, c+1)
			line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", b+6, b+4, c+2)
			line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", b+6, b+4, c+3)
			for half := range 2 { // columns odd + 2 half and that + 4
				line("VSHUFF64X2 $0x88, Z%d, Z%d, Z%d", c+2+half, c+half, 2*half+odd)
				line("VSHUFF64X2 $0xDD, Z%d, Z%d, Z%d", c+2+half, c+half, 4+2*half+odd)
			}
		}
		for k := range column {
			column[k] = t.reg(k)
		}
	} else {
		for odd := range 2 {
			line("VPERM2F128 $0x20, Y%d, Y%d, Y%d", 6+odd, 4+odd, odd)
			line("VPERM2F128 $0x31, Y%d, Y%d, Y%d", 6+odd, 4+odd, 2+odd)
		}
		for k := range column {
			column[k] = t.reg(k)
		}
	}
	for k, r := range at {
		if in {
			block(k, true, column[k])
		} else {
			line("VMOVUPD %s, (%s)(R15*1)", column[k], r)
		}
	}
	line("ADDQ $%d, R15", t.bytes())
	line("DECQ 40(DI)")
	line("JNZ loop")
	line("VZEROUPPER")
	line("RET")
}

// columns moves count elements of contiguous lanes, a step apart in the array.
func (t target) columns(s *strings.Builder) {
	ps, half := t.ps(), t.bytes()
	end := func(line func(string, ...any)) {
		line("ADDQ R8, SI")
		line("ADDQ CX, BX")
		line("ADDQ CX, DX")
		line("DECQ R9")
		line("JNZ loop")
		line("VZEROUPPER")
		line("RET")
	}
	pointers := func(line func(string, ...any)) {
		for k, r := range []string{"SI", "", "BX", "DX", "CX", "R9", "R8"} {
			if r != "" {
				line("MOVQ %d(DI), %s", 8*k, r)
			}
		}
	}
	line := t.begin(s, "ColumnsIn")
	pointers(line)
	if t.wide {
		line("VMOVUPD %s_re<>(SB), Z30", t.name)
		line("VMOVUPD %s_im<>(SB), Z31", t.name)
	}
	s.WriteString("loop:\n")
	line("VMOVUPD (SI), %s", t.reg(0))
	line("VMOVUPD %d(SI), %s", half, t.reg(1))
	line("PREFETCHT1 %d(SI)", 2*half)
	line("PREFETCHT1 %d(SI)", 4*half-1)
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
	end(line)

	line = t.begin(s, "ColumnsOut")
	finish := t.canonical(line)
	pointers(line)
	if t.wide {
		line("VMOVUPD %s_low<>(SB), Z28", t.name)
		line("VMOVUPD %s_high<>(SB), Z29", t.name)
	}
	s.WriteString("loop:\n")
	line("VMOVUPD (BX), %s", t.reg(0))
	line("VMOVUPD (DX), %s", t.reg(1))
	finish(t.reg(0), t.reg(4))
	finish(t.reg(1), t.reg(4))
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
	line("VMOVUPD %s, (SI)", t.reg(0))
	line("VMOVUPD %s, %d(SI)", t.reg(2), half)
	end(line)
}
