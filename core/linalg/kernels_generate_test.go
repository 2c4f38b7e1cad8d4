package linalg

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// asmType is one element type on one width of registers.
type asmType struct {
	name             string // of the kernels
	reg              string // Z or Y
	rows             int
	bytes            int // of a vector
	b0, broadcast    int // registers of B's row and of an element of A
	suffix           string
	element, canon   string
	move, broadcast1 string
}

var asmTypes = []asmType{
	{"f64z", "Z", 8, 64, 24, 27, "PD", "Q", "$0x7FF8000000000001", "VMOVUPD", "VBROADCASTSD"},
	{"f32z", "Z", 8, 64, 24, 27, "PS", "D", "$0x7FC00000", "VMOVUPS", "VBROADCASTSS"},
	{"f64y", "Y", 4, 32, 12, 15, "PD", "Q", "$0x7FF8000000000001", "VMOVUPD", "VBROADCASTSD"},
	{"f32y", "Y", 4, 32, 12, 15, "PS", "D", "$0x7FC00000", "VMOVUPS", "VBROADCASTSS"},
}

// rowAddress are the places of rows 0 to 7 of A: SI the first, R8 the row stride, R12, R13 and BX three, five and seven of it.
var rowAddress = [8]string{"(SI)", "(SI)(R8*1)", "(SI)(R8*2)", "(SI)(R12*1)", "(SI)(R8*4)", "(SI)(R13*1)", "(SI)(R12*2)", "(SI)(BX*1)"}

// A kernel of r rows and v vectors keeps r v accumulators; in a masked one the last vector holds fewer columns.
// With half, that vector is half as wide.
func (a asmType) kernel(s *strings.Builder, name string, r, v int, masked, half bool) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	reg := func(i int) string { return fmt.Sprintf("%s%d", a.reg, i) }
	column := func(i, j int) string { // register i as part of column j of vectors
		if half && j == v-1 {
			return fmt.Sprintf("Y%d", i)
		}
		return reg(i)
	}
	mask := reg(11)
	load := func(j int, from, to string) {
		at := fmt.Sprintf("%d(%s)", j*a.bytes, from)
		switch {
		case !masked || j < v-1:
			line("%s %s, %s", a.move, at, to)
		case a.reg == "Z":
			line("%s.Z %s, K1, %s", a.move, at, to)
		default:
			line("VMASKMOV%s %s, %s, %s", a.suffix, at, mask, to)
		}
	}
	fmt.Fprintf(s, "\n// func %s(t *tile)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, name)
	s.WriteString("top:\n")
	line("ARGUMENTS")
	if masked && a.reg == "Z" {
		line("KMOVW 72(DI), K1")
	} else if masked {
		line("MOVQ 80(DI), BX")
		line("VMOVUPD (BX), %s", mask)
	}
	if r > 3 {
		line("LEAQ (R8)(R8*2), R12")
	}
	if r > 5 {
		line("LEAQ (R12)(R8*2), R13")
	}
	if r > 7 {
		line("LEAQ (R12)(R8*4), BX")
	}
	line("MOVQ CX, DI")
	line("CMPQ DX, $1")
	line("JEQ onto")
	for i := range r * v {
		if a.reg == "Z" {
			line("VPXORQ %s, %s, %s", reg(i), reg(i), reg(i))
		} else {
			line("VXORPS %s, %s, %s", reg(i), reg(i), reg(i))
		}
	}
	line("JMP start")
	s.WriteString("onto:\n")
	for i := range r {
		for j := range v {
			load(j, "DI", column(i*v+j, j))
		}
		if i < r-1 {
			line("ADDQ R11, DI")
		}
	}
	s.WriteString("start:\n")
	last := a.reg == "Z" && r >= 4
	if last {
		line("CMPQ DX, $2")
		line("JEQ whole")
		line("CMPQ AX, $%d", lastTerms(v))
		line("JLE whole")
		line("SUBQ $%d, AX", lastTerms(v))
		line("MOVQ $3, DX")
		s.WriteString("whole:\n")
	}
	line("TESTQ AX, AX")
	line("JZ done")
	s.WriteString("loop:\n")
	for j := range v {
		load(j, "R15", column(a.b0+j, j))
	}
	for i := range r {
		if v == 1 && a.reg == "Z" {
			line("VFMADD231%s.BCST %s, %s, %s", a.suffix, rowAddress[i], column(a.b0, 0), column(i, 0))
			continue
		}
		b := a.broadcast
		if a.reg == "Z" {
			b += i % 4
		}
		line("%s %s, %s", a.broadcast1, rowAddress[i], reg(b))
		for j := range v {
			line("VFMADD231%s %s, %s, %s", a.suffix, column(a.b0+j, j), column(b, j), column(i*v+j, j))
		}
	}
	line("ADDQ R9, SI")
	line("ADDQ R10, R15")
	line("DECQ AX")
	line("JNZ loop")
	s.WriteString("done:\n")
	line("CMPQ DX, $2")
	if last {
		line("JHI tail")
	}
	line("JNE finish")
	line("MOVQ CX, DI")
	for i := range r {
		for j := range v {
			load(j, "DI", column(a.b0, j))
			line("VADD%s %s, %s, %s", a.suffix, column(i*v+j, j), column(a.b0, j), column(i*v+j, j))
		}
		if i < r-1 {
			line("ADDQ R11, DI")
		}
	}
	s.WriteString("finish:\n")
	canon, unordered := reg(a.b0), reg(a.b0+1)
	line("MOVQ %s, BX", a.canon)
	if a.reg == "Z" {
		line("VPBROADCAST%s BX, %s", a.element, canon)
	} else {
		line("VMOVQ BX, X%d", a.b0)
		line("VPBROADCAST%s X%d, %s", a.element, a.b0, canon)
	}
	for i := range r {
		for j := range v {
			acc := column(i*v+j, j)
			if a.reg == "Z" {
				line("VCMP%s $3, %s, %s, K2", a.suffix, acc, acc)
				line("VMOVA%s %s, K2, %s", a.suffix, column(a.b0, j), acc)
			} else {
				line("VCMP%s $3, %s, %s, %s", a.suffix, acc, acc, unordered)
				line("VBLENDV%s %s, %s, %s, %s", a.suffix, unordered, canon, acc, acc)
			}
			at := fmt.Sprintf("%d(CX)", j*a.bytes)
			switch {
			case !masked || j < v-1:
				line("%s %s, %s", a.move, acc, at)
			case a.reg == "Z":
				line("%s %s, K1, %s", a.move, acc, at)
			default:
				line("VMASKMOV%s %s, %s, %s", a.suffix, acc, mask, at)
			}
		}
		if i < r-1 {
			line("ADDQ R11, CX")
		}
	}
	line("MOVQ t+0(FP), DI")
	if last {
		s.WriteString("next:\n")
	}
	again(line)
	if last {
		a.tail(s, r, v, masked, column, load)
	}
}

// lastTerms is the number of terms over which the stores of v vectors a row spread.
func lastTerms(v int) int { return max(2, v) }

// The last terms go row by row, so that stores, of which there is one in two cycles, stand between sums and not behind them all. A sum of all
// results is NaN where one of them is, or where infinities of both signs meet: then they are stored again.
func (a asmType) tail(s *strings.Builder, r, v int, masked bool, column func(i, j int) string, load func(j int, from, to string)) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	const first, second, firstA, secondA = 24, 28, 27, 31
	s.WriteString("tail:\n")
	for j := range v {
		load(j, "R15", column(first+j, j))
	}
	line("ADDQ R10, R15")
	for j := range v {
		load(j, "R15", column(second+j, j))
	}
	line("LEAQ (SI)(R9*1), DI")
	three := lastTerms(v) == 3 // the last one has no registers for B
	if three {
		line("ADDQ R10, R15")
		line("LEAQ (SI)(R9*2), R9")
	}
	for i := range r {
		line("%s %s, Z%d", a.broadcast1, rowAddress[i], firstA)
		line("%s %s, Z%d", a.broadcast1, strings.Replace(rowAddress[i], "SI", "DI", 1), secondA)
		for j := range v {
			acc := column(i*v+j, j)
			line("VFMADD231%s %s, %s, %s", a.suffix, column(first+j, j), column(firstA, j), acc)
			line("VFMADD231%s %s, %s, %s", a.suffix, column(second+j, j), column(secondA, j), acc)
		}
		if three {
			line("%s %s, Z%d", a.broadcast1, strings.Replace(rowAddress[i], "SI", "R9", 1), firstA)
		}
		for j := range v {
			acc, k := column(i*v+j, j), ""
			if masked && j == v-1 {
				k = "K1, "
			}
			if three {
				line("VFMADD231%s %d(R15), %s, %s%s", a.suffix, j*a.bytes, column(firstA, j), k, acc)
			}
			line("%s %s, %s%d(CX)", a.move, acc, k, j*a.bytes)
		}
		if i < r-1 {
			line("ADDQ R11, CX")
		}
	}
	line("MOVQ t+0(FP), DI")
	n := r * v // at least four
	for i := range n {
		if i < 4 {
			line("VADD%s Z%d, Z%d, Z%d", a.suffix, i, (i+4)%n, first+i)
		} else if i >= 8 {
			line("VADD%s Z%d, Z%d, Z%d", a.suffix, i, first+i%4, first+i%4)
		}
	}
	for _, pair := range [][2]int{{1, 0}, {3, 2}, {2, 0}} {
		line("VADD%s Z%d, Z%d, Z%d", a.suffix, first+pair[0], first+pair[1], first+pair[1])
	}
	line("VCMP%s $3, Z%d, Z%d, K2", a.suffix, first, first)
	line("KORTESTW K2, K2")
	line("JZ next")
	line("MOVQ 16(DI), CX")
	line("JMP finish")
}

// A row of A times B, n vectors of columns at once, of which the last is masked: pieces of B's rows, of long ones with the rows ahead fetched.
func (a asmType) wide(s *strings.Builder, n int) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	k := func(i int) string {
		if i == n-1 {
			return "K1, "
		}
		return ""
	}
	fmt.Fprintf(s, "\n// func %sWide%d(t *tile)\nTEXT ·%sWide%d(SB), NOSPLIT, $0-8\n\tARGUMENTS\n", a.name, n, a.name, n)
	if n == 8 {
		line("LEAQ (R15)(R10*8), R12")
	}
	line("KMOVW 72(DI), K1")
	line("CMPQ DX, $1")
	line("JEQ onto")
	for i := range n {
		line("VPXORQ Z%d, Z%d, Z%d", i, i, i)
	}
	line("JMP loop")
	s.WriteString("onto:\n")
	for i := range n {
		line("%s %d(CX), %sZ%d", a.move, 64*i, k(i), i)
	}
	s.WriteString("loop:\n")
	line("%s (SI), Z8", a.broadcast1)
	for i := range n {
		if n == 8 {
			line("PREFETCHT0 %d(R12)", 64*i)
		}
		line("VFMADD231%s %d(R15), Z8, %sZ%d", a.suffix, 64*i, k(i), i)
	}
	line("ADDQ R9, SI")
	line("ADDQ R10, R15")
	if n == 8 {
		line("ADDQ R10, R12")
	}
	line("DECQ AX")
	line("JNZ loop")
	line("CMPQ DX, $2")
	line("JNE finish")
	for i := range n {
		line("VADD%s %d(CX), Z%d, %sZ%d", a.suffix, 64*i, i, k(i), i)
	}
	s.WriteString("finish:\n")
	line("MOVQ %s, BX", a.canon)
	line("VPBROADCAST%s BX, Z9", a.element)
	for i := range n {
		line("VCMP%s $3, Z%d, Z%d, K2", a.suffix, i, i)
		line("VMOVA%s Z9, K2, Z%d", a.suffix, i)
		line("%s Z%d, %s%d(CX)", a.move, i, k(i), 64*i)
	}
	line("VZEROUPPER")
	line("RET")
}

// Sixteen rows of A, whose terms are contiguous, times a column, over blocks of 4 (float64) or 8 (float32) terms, which AX counts: each block is
// transposed in registers, so that its columns are added in their order. The results are contiguous. Of pairs, eight rows of A are multiplied
// by eight rows of B, bStep apart, each by its own.
func (a asmType) column(s *strings.Builder, name string, pairs bool) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	fmt.Fprintf(s, "\n// func %s(t *tile)\nTEXT ·%s(SB), NOSPLIT, $8-8\ntop:\n\tARGUMENTS\n", name, name)
	line("MOVQ 120(DI), DI")
	line("MOVQ DI, ahead-8(SP)")
	n, wide := 4, a.name == "f32z"
	if wide {
		n = 8
	}
	groups := 16 / n
	if pairs {
		groups = 8 / n
	}
	if wide || pairs { // three, five and seven strides of B
		line("LEAQ (R10)(R10*2), R9")
		line("LEAQ (R9)(R10*2), R11")
	}
	line("LEAQ (SI)(R8*8), DI")
	line("LEAQ (R8)(R8*2), R12")
	line("LEAQ (R12)(R8*2), R13")
	line("LEAQ (R12)(R8*4), BX")
	for g := range groups {
		line("VXORPS Y%d, Y%d, Y%d", g, g, g)
	}
	line("CMPQ DX, $1")
	line("JNE start")
	for g := range groups {
		line("%s %d(CX), Y%d", a.move, 32*g, g)
	}
	s.WriteString("start:\n")
	if wide || pairs {
		line("LEAQ (R9)(R10*4), DX")
	}
	s.WriteString("loop:\n")
	of := [8]string{"(R15)", "(R15)(R10*1)", "(R15)(R10*2)", "(R15)(R9*1)", "(R15)(R10*4)", "(R15)(R11*1)", "(R15)(R9*2)", "(R15)(DX*1)"}
	if pairs { // what will be read soon, of A and of B in turn: a line of the cache holds two steps; CX is free
		line("MOVQ ahead-8(SP), CX")
		line("TESTL $1, AX")
		line("JZ other")
		line("ADDQ SI, CX")
		for i := range 8 {
			line("PREFETCHT0 %s", strings.Replace(rowAddress[i], "SI", "CX", 1))
		}
		line("JMP near\nother:")
		line("ADDQ R15, CX")
		for i := range 8 {
			line("PREFETCHT0 %s", strings.Replace(of[i], "R15", "CX", 1))
		}
		s.WriteString("near:\n")
	}
	if !wide && !pairs {
		for k := range n {
			line("VBROADCASTSD (R15), Y%d", 4+k)
			line("ADDQ R10, R15")
		}
	}
	in, out := 8, 12
	if wide {
		in, out = 16, 24
	}
	// n rows at the addresses, and their columns in registers to, to+1, ...
	turn := func(addresses []string, to int, done func(k int)) {
		for i := range n {
			line("%s %s, Y%d", a.move, addresses[i], in+i)
		}
		for i := 0; i < n; i += 2 {
			line("VUNPCKL%s Y%d, Y%d, Y%d", a.suffix, in+i+1, in+i, out+i)
			line("VUNPCKH%s Y%d, Y%d, Y%d", a.suffix, in+i+1, in+i, out+i+1)
		}
		for i := 0; wide && i < n; i += 4 {
			for k := range 2 {
				line("VSHUFPS $0x44, Y%d, Y%d, Y%d", out+i+k+2, out+i+k, in+i+2*k)
				line("VSHUFPS $0xEE, Y%d, Y%d, Y%d", out+i+k+2, out+i+k, in+i+2*k+1)
			}
		}
		for k := range n {
			if wide {
				line("VSHUFF32X4 $%d, Y%d, Y%d, Y%d", 3*(k/4), in+k%4+4, in+k%4, to+k)
			} else {
				line("VPERM2F128 $0x%d, Y%d, Y%d, Y%d", 20+11*(k/2), out+k%2+2, out+k%2, to+k)
			}
			done(k)
		}
	}
	for g := range groups {
		var rows []string
		for i := range n {
			at := rowAddress[(g*n+i)%8]
			if g*n+i >= 8 {
				at = strings.Replace(at, "SI", "DI", 1)
			}
			rows = append(rows, at)
		}
		switch {
		case pairs && wide:
			turn(rows, 8, func(int) {})
			turn(of[:], 24, func(k int) { line("VFMADD231PS Y%d, Y%d, Y%d", 24+k, 8+k, g) })
		case pairs:
			turn(rows, 4, func(int) {})
			turn(of[4*g:], 8, func(k int) { line("VFMADD231PD Y%d, Y%d, Y%d", 8+k, 4+k, g) })
		case wide:
			turn(rows, 24, func(k int) { line("VFMADD231PS.BCST %s, Y%d, Y%d", of[k], 24+k, g) })
		default:
			turn(rows, 8, func(k int) { line("VFMADD231PD Y%d, Y%d, Y%d", 4+k, 8+k, g) })
		}
	}
	switch {
	case pairs:
		line("ADDQ $32, R15")
	case wide:
		line("LEAQ (R15)(R10*8), R15")
	}
	line("ADDQ $32, SI")
	line("ADDQ $32, DI")
	line("DECQ AX")
	line("JNZ loop")
	line("MOVQ t+0(FP), DI")
	line("MOVQ 16(DI), CX")
	line("CMPQ 64(DI), $2")
	line("JNE finish")
	for g := range groups {
		line("VADD%s %d(CX), Y%d, Y%d", a.suffix, 32*g, g, g)
	}
	s.WriteString("finish:\n")
	line("MOVQ %s, BX", a.canon)
	line("VMOVQ BX, X4")
	line("VPBROADCAST%s X4, Y4", a.element)
	for g := range groups {
		line("VCMP%s $3, Y%d, Y%d, Y5", a.suffix, g, g)
		line("VBLENDV%s Y5, Y4, Y%d, Y%d", a.suffix, g, g)
		line("%s Y%d, %d(CX)", a.move, g, 32*g)
	}
	again(line)
}

// again ends a kernel: the next tile, or the return.
func again(line func(format string, args ...any)) {
	line("DECQ 88(DI)")
	line("JLE end")
	for i := range 3 {
		line("MOVQ %d(DI), AX", 96+8*i)
		line("ADDQ AX, %d(DI)", 8*i)
	}
	line("JMP top\nend:")
	line("VZEROUPPER")
	line("RET")
}

// Lines of A, whose terms are contiguous, into rows: 8 x 8 (float32) or 4 x 4 (float64) blocks transposed in registers. AX counts blocks.
func (a asmType) lines(s *strings.Builder) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	n := a.bytes / 8
	if a.suffix == "PS" {
		n = a.bytes / 4
	}
	fmt.Fprintf(s, "\n// func %sLines(t *tile)\nTEXT ·%sLines(SB), NOSPLIT, $0-8\ntop:\n\tARGUMENTS\n", a.name, a.name)
	line("LEAQ (R8)(R8*2), R12")
	line("LEAQ (R12)(R8*2), R13")
	line("LEAQ (R12)(R8*4), BX")
	s.WriteString("loop:\n")
	for i := range n {
		line("%s %s, Y%d", a.move, rowAddress[i], i)
	}
	for i := 0; i < n; i += 2 {
		line("VUNPCKL%s Y%d, Y%d, Y%d", a.suffix, i+1, i, 8+i)
		line("VUNPCKH%s Y%d, Y%d, Y%d", a.suffix, i+1, i, 9+i)
	}
	from, half := 8, 2 // registers whose halves are columns i and i + n/2, for the first and last lines
	if n == 8 {
		for i := 0; i < n; i += 4 {
			for k := range 2 {
				line("VSHUFPS $0x44, Y%d, Y%d, Y%d", 10+i+k, 8+i+k, i+2*k)
				line("VSHUFPS $0xEE, Y%d, Y%d, Y%d", 10+i+k, 8+i+k, i+2*k+1)
			}
		}
		from, half = 0, 4
	}
	for k := range n {
		imm := "$0x20"
		if k >= half {
			imm = "$0x31"
		}
		line("VPERM2F128 %s, Y%d, Y%d, Y%d", imm, from+k%half+half, from+k%half, 15-from)
		line("%s Y%d, (CX)", a.move, 15-from)
		line("ADDQ R11, CX")
	}
	line("ADDQ $32, SI")
	line("DECQ AX")
	line("JNZ loop")
	again(line)
}

const asmHead = `//go:build goexperiment.simd && amd64

// Code generated by TestKernelsAreGenerated; DO NOT EDIT.

`

const asmArguments = `#include "textflag.h"

#define ARGUMENTS \
	MOVQ t+0(FP), DI; \
	MOVQ 0(DI), SI; \
	MOVQ 8(DI), R15; \
	MOVQ 16(DI), CX; \
	MOVQ 24(DI), AX; \
	MOVQ 32(DI), R8; \
	MOVQ 40(DI), R9; \
	MOVQ 48(DI), R10; \
	MOVQ 56(DI), R11; \
	MOVQ 64(DI), DX
`

type asmForm struct {
	suffix, run  string
	vectors      int
	masked, half bool
}

func (a asmType) forms() []asmForm {
	if a.reg == "Z" { // masks cost nothing
		return []asmForm{{"", "Run", 3, true, false}, {"h", "RunHalf", 3, true, true}}
	}
	return []asmForm{{"", "Run", 3, false, false}, {"m", "RunMasked", 2, true, false}} // three vectors leave no register for a mask
}

func generated() map[string]string {
	var decl strings.Builder
	decl.WriteString(asmHead + "package linalg\n")
	files := map[string]string{}
	for _, a := range asmTypes {
		var s strings.Builder
		s.WriteString(asmHead + asmArguments)
		for _, form := range a.forms() {
			var cases strings.Builder
			for r := 1; r <= a.rows; r++ {
				for v := 1; v <= form.vectors; v++ {
					name := fmt.Sprintf("%s%dx%d%s", a.name, r, v, form.suffix)
					a.kernel(&s, name, r, v, form.masked, form.half)
					fmt.Fprintf(&decl, "\n//go:noescape\nfunc %s(t *tile)\n", name)
					fmt.Fprintf(&cases, "\tcase %d:\n\t\t%s(t)\n", r<<2|v, name)
				}
			}
			fmt.Fprintf(&decl, "\nfunc %s%s(t *tile, rows, vectors int) {\n\tswitch rows<<2 | vectors {\n%s\t}\n}\n", a.name, form.run, cases.String())
		}
		if a.reg == "Z" {
			var cases strings.Builder
			for n := 4; n <= 8; n++ {
				a.wide(&s, n)
				fmt.Fprintf(&decl, "\n//go:noescape\nfunc %sWide%d(t *tile)\n", a.name, n)
				fmt.Fprintf(&cases, "\tcase %d:\n\t\t%sWide%d(t)\n", n, a.name, n)
			}
			fmt.Fprintf(&decl, "\nfunc %sRunWide(t *tile, vectors int) {\n\tswitch vectors {\n%s\t}\n}\n", a.name, cases.String())
		} else {
			a.lines(&s)
			fmt.Fprintf(&decl, "\n//go:noescape\nfunc %sLines(t *tile)\n", a.name)
		}
		if a.name == "f64y" || a.name == "f32z" {
			for _, kind := range []string{"Column", "Pairs"} {
				a.column(&s, a.name+kind, kind == "Pairs")
				fmt.Fprintf(&decl, "\n//go:noescape\nfunc %s%s(t *tile)\n", a.name, kind)
			}
		}
		files["kernels_"+a.name+"_amd64.s"] = s.String()
	}
	files["kernels_amd64.go"] = decl.String()
	return files
}

// The assembly and its declarations are what this file writes; go test -run TestKernelsAreGenerated -update writes them.
func TestKernelsAreGenerated(t *testing.T) {
	for name, want := range generated() {
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what kernels_generate_test.go writes (%v)", name, err)
		}
	}
}
