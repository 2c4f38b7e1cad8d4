package fourier

import (
	"flag"
	"fmt"
	"go/format"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files")

// target is one element type on one width of registers.
type target struct {
	name   string
	double bool
	wide   bool // 512 bits
}

var targets = []target{{"f64z", true, true}, {"f64y", true, false}, {"f32z", false, true}, {"f32y", false, false}}

func (t target) registers() int { return map[bool]int{true: 32, false: 16}[t.wide] }
func (t target) bytes() int     { return map[bool]int{true: 64, false: 32}[t.wide] }
func (t target) size() int      { return map[bool]int{true: 8, false: 4}[t.double] }
func (t target) reg(k int) string {
	return fmt.Sprintf("%s%d", map[bool]string{true: "Z", false: "Y"}[t.wide], k)
}
func (t target) ps() string { return map[bool]string{true: "PD", false: "PS"}[t.double] }

// place is where inputs or outputs are: element k at base + k stride.
type place struct {
	base, base8 string
	times       map[int]string // stride times 1, 3, 5, 7
}

func (p place) element(k int) string {
	base := p.base
	if k >= 8 {
		base, k = p.base8, k-8
	}
	if k == 0 {
		return "(" + base + ")"
	}
	odd, scale := k, 1
	for odd%2 == 0 {
		odd, scale = odd/2, scale*2
	}
	return fmt.Sprintf("(%s)(%s*%d)", base, p.times[odd], scale)
}

func (p place) prepare(line func(string, ...any), n int) {
	if n > 8 {
		line("LEAQ (%s)(%s*8), %s", p.base, p.times[1], p.base8)
	}
	for _, m := range []int{3, 5, 7} {
		if m < n || n > 8 {
			line("LEAQ (%s)(%s*2), %s", p.times[m-2], p.times[1], p.times[m])
		}
	}
}

// allocation gives values registers as they are needed; what is used last goes to the spill room.
type allocation struct {
	t        target
	ops      []operation
	line     func(string, ...any)
	uses     [][]int
	register []int // of a value, or -1
	slot     []int
	holds    []int // value in a register, or -1
	free     []bool
}

func (t target) allocate(ops []operation, line func(string, ...any)) *allocation {
	a := &allocation{t: t, ops: ops, line: line, uses: make([][]int, len(ops)), register: make([]int, len(ops)), slot: make([]int, len(ops)), holds: make([]int, t.registers())}
	for i, o := range ops {
		a.register[i], a.slot[i] = -1, -1
		for _, v := range o.operands() {
			a.uses[v] = append(a.uses[v], i)
		}
	}
	for r := range a.holds {
		a.holds[r] = -1
	}
	return a
}

func (o operation) operands() (v []int) {
	switch o.do {
	case aStore:
		return []int{o.a}
	case aAdd, aSub, aMul:
		v = []int{o.a, o.b}
	case aFma, aFnma, aFms:
		v = []int{o.a, o.b, o.c}
	}
	kept := v[:0]
	for _, x := range v {
		if x >= 0 {
			kept = append(kept, x)
		}
	}
	return kept
}

// next is the first use of v after i.
func (a *allocation) next(v, i int) int {
	for _, u := range a.uses[v] {
		if u > i {
			return u
		}
	}
	return math.MaxInt
}

func (a *allocation) room(i int, keep []int) int {
	worst, at := -1, -1
	for r, v := range a.holds {
		if v < 0 {
			return r
		}
		kept := false
		for _, k := range keep {
			kept = kept || k == v
		}
		if n := a.next(v, i-1); !kept && n > at {
			worst, at = r, n
		}
	}
	v := a.holds[worst]
	if a.slot[v] < 0 {
		for s := 0; ; s++ {
			if s == len(a.free) {
				a.free = append(a.free, true)
			}
			if a.free[s] {
				a.free[s], a.slot[v] = false, s
				break
			}
		}
		a.line("VMOVUPD %s, %d(DI)", a.t.reg(worst), a.slot[v]*a.t.bytes())
	}
	a.register[v], a.holds[worst] = -1, -1
	return worst
}

func (a *allocation) give(v, r int) { a.register[v], a.holds[r] = r, v }

// bring sees that v is in a register.
func (a *allocation) bring(v, i int, keep []int) {
	if a.register[v] >= 0 {
		return
	}
	r := a.room(i, keep)
	a.line("VMOVUPD %d(DI), %s", a.slot[v]*a.t.bytes(), a.t.reg(r))
	a.give(v, r)
}

// drop frees what is not used after i.
func (a *allocation) drop(v, i int) {
	if a.next(v, i) < math.MaxInt {
		return
	}
	if r := a.register[v]; r >= 0 {
		a.holds[r], a.register[v] = -1, -1
	}
	if s := a.slot[v]; s >= 0 {
		a.free[s], a.slot[v] = true, -1
	}
}

func (a *allocation) run(f form, in, out place, w string) {
	t, ps := a.t, a.t.ps()
	memory := func(v int) (suffix, operand string) {
		suffix = map[bool]string{true: ".BCST", false: ""}[t.wide]
		if v > factors {
			return suffix, fmt.Sprintf("%s_constants<>+%d(SB)", t.name, (-1-v)*32)
		}
		at := factors - v
		if f.vector {
			return "", fmt.Sprintf("%d(%s)", at*t.bytes(), w)
		}
		return suffix, fmt.Sprintf("%d(%s)", at*t.size(), w)
	}
	where := func(at int, p place) string {
		address := p.element(at / 2)
		if f.mirror {
			address = []string{"(SI)", "(DX)"}[at/2]
		}
		if at%2 == 1 {
			address = fmt.Sprintf("%d%s", t.bytes(), address)
		}
		return address
	}
	if f.crossed {
		a.cross(f)
	}
	fetched := 0
	fetch := func(to int) {
		for ; f.taken && fetched < min(to, 2*f.n); fetched++ {
			if fetched == 16 {
				a.line("LEAQ (R14)(%s*8), R14", in.times[1])
			}
			p := place{base: "R14", base8: "R14", times: in.times}
			a.line("PREFETCHT1 %d%s", fetched%2*t.bytes(), p.element(fetched/2))
		}
	}
	for i, o := range a.ops {
		fetch(2 * f.n * i / len(a.ops))
		if f.taken && o.do == aLoad {
			if o.at%2 == 0 {
				a.take(i, where(o.at, in), where(o.at+1, in), f.swap)
			}
			continue
		}
		if f.crossed && o.do == aLoad {
			if f.n > 8 {
				r := a.room(i, nil)
				a.give(i, r)
				a.line("VMOVUPD %d(DI), %s", 64*(spillRoom+1+o.at), t.reg(r))
			}
			continue
		}
		if f.given && o.do == aStore {
			if o.at%2 == 0 {
				a.giveAway(i, where(o.at, out), where(o.at+1, out), f.swap, f.past)
			}
			continue
		}
		args := o.operands()
		for _, v := range args {
			a.bring(v, i, args)
		}
		reg := func(v int) string { return t.reg(a.register[v]) }
		switch o.do {
		case aStore:
			a.line("VMOVU%s %s, %s", ps, reg(o.a), where(o.at, out))
			a.drop(o.a, i)
		case aLoad:
			r := a.room(i, nil)
			a.give(i, r)
			a.line("VMOVU%s %s, %s", ps, where(o.at, in), t.reg(r))
		case aFactor:
			r := a.room(i, nil)
			a.give(i, r)
			if f.vector {
				a.line("VMOVU%s %d(%s), %s", ps, o.at*t.bytes(), w, t.reg(r))
			} else {
				a.line("VBROADCASTS%s %d(%s), %s", ps[1:], o.at*t.size(), w, t.reg(r))
			}
		case aAdd, aSub, aMul:
			name := map[action]string{aAdd: "VADD", aSub: "VSUB", aMul: "VMUL"}[o.do] + ps
			x := reg(o.a)
			var y string
			if o.b >= 0 {
				y = reg(o.b)
			} else {
				var suffix string
				suffix, y = memory(o.b)
				name += suffix
			}
			for _, v := range args {
				a.drop(v, i)
			}
			r := a.room(i, args)
			a.give(i, r)
			a.line("%s %s, %s, %s", name, y, x, t.reg(r))
		default:
			name := map[action]string{aFma: "VFMADD", aFnma: "VFNMADD", aFms: "VFMSUB"}[o.do]
			x, s := reg(o.a), reg(o.c)
			var y, suffix string
			if o.b >= 0 {
				y = reg(o.b)
			} else {
				suffix, y = memory(o.b)
			}
			dies := func(v int) bool { return a.next(v, i) == math.MaxInt }
			switch {
			case dies(o.c):
				r := a.register[o.c]
				a.line("%s231%s%s %s, %s, %s", name, ps, suffix, y, x, s)
				a.finish(i, r, args)
			case dies(o.a):
				r := a.register[o.a]
				a.line("%s132%s%s %s, %s, %s", name, ps, suffix, y, s, x)
				a.finish(i, r, args)
			case o.b >= 0 && dies(o.b):
				r := a.register[o.b]
				a.line("%s132%s %s, %s, %s", name, ps, x, s, y)
				a.finish(i, r, args)
			default:
				r := a.room(i, args)
				a.line("VMOVA%s %s, %s", ps, s, t.reg(r))
				a.line("%s231%s%s %s, %s, %s", name, ps, suffix, y, x, t.reg(r))
				a.give(i, r)
				for _, v := range args {
					a.drop(v, i)
				}
			}
		}
	}
}

// finish gives register r, whose value dies at i, to value i.
func (a *allocation) finish(i, r int, args []int) {
	for _, v := range args {
		a.drop(v, i)
	}
	a.give(i, r)
}

// assemble writes a form: a loop of p.count turns.
func (t target) assemble(s *strings.Builder, f form, constants *[]float64) {
	line := func(format string, args ...any) { fmt.Fprintf(s, "\t"+format+"\n", args...) }
	name := t.name + strings.ToUpper(f.name[:1]) + f.name[1:]
	fmt.Fprintf(s, "\n// func %s(p *pass)\nTEXT ·%s(SB), NOSPLIT, $0-8\n", name, name)
	line("MOVQ p+0(FP), DI")
	line("MOVQ 0(DI), SI")
	in := place{"SI", "R12", map[int]string{1: "R8", 3: "R9", 5: "R10", 7: "R11"}}
	out := place{"DX", "R15", map[int]string{1: "AX", 3: "BX", 5: "CX", 7: "R13"}}
	w := "CX"
	if f.n == 1 {
		w = "BX"
	}
	if f.given {
		w = "R14"
		line("KXORW K1, K1, K1")
	}
	turns := f.turns || f.mirror
	if turns {
		line("MOVQ 16(DI), %s", w)
	}
	switch {
	case f.mirror:
		line("MOVQ 8(DI), DX")
	case f.place:
		line("MOVQ 32(DI), R8")
		in.prepare(line, f.n)
		out = in
	default:
		line("MOVQ 8(DI), DX")
		if f.n > 1 {
			line("MOVQ 32(DI), R8")
			line("MOVQ 40(DI), AX")
			in.prepare(line, f.n)
			out.prepare(line, f.n)
		}
	}
	s.WriteString("loop:\n")
	if f.taken {
		line("MOVQ 80(DI), R14")
		line("ADDQ SI, R14")
	}
	var body strings.Builder
	a := t.allocate(f.build(constants, t.wide || f.vector), func(format string, args ...any) { fmt.Fprintf(&body, "\t"+format+"\n", args...) })
	a.run(f, in, out, w)
	spills := len(a.free) > 0 || f.given
	if spills {
		line("MOVQ 72(DI), DI")
	}
	s.WriteString(body.String())
	if spills {
		line("MOVQ p+0(FP), DI")
	}
	line("ADDQ 48(DI), SI")
	if f.n > 8 {
		line("ADDQ 48(DI), R12")
	}
	switch {
	case f.mirror:
		line("SUBQ 48(DI), DX")
	case !f.place:
		line("ADDQ 56(DI), DX")
		if f.n > 8 {
			line("ADDQ 56(DI), R15")
		}
	}
	if turns {
		line("ADDQ 64(DI), %s", w)
	}
	line("DECQ 24(DI)")
	line("JNZ loop")
	if f.given {
		line("KMOVW K1, AX")
		line("ORQ AX, 88(DI)")
	}
	if f.past {
		line("CMPQ 80(DI), $0")
		line("JEQ more")
		line("SFENCE")
		s.WriteString("more:\n")
	}
	line("VZEROUPPER")
	line("RET")
	if len(a.free) > spillRoom {
		panic(fmt.Sprint(name, " spills ", len(a.free)))
	}
}

const generatedHead = "// Code generated by TestCodeletsAreGenerated; DO NOT EDIT.\n\n"
const vectorHead = "//go:build goexperiment.simd && amd64\n\n"

func generated(t *testing.T) map[string]string {
	files := map[string]string{}
	var plain, decl strings.Builder
	plain.WriteString(generatedHead + "package fourier\n\nimport \"unsafe\"\n")
	var constants []float64
	table := func(s *strings.Builder, typ, prefix, arg string) {
		fmt.Fprintf(s, "codelets{\n")
		for _, list := range []string{"plain", "turned"} {
			fmt.Fprintf(s, "\t\t%s: [maxRadix + 1]func(*pass){", list)
			for _, n := range radices {
				if n > 1 || list == "plain" {
					name := fmt.Sprintf("%s%d", list, n)
					if prefix != "" {
						name = prefix + strings.ToUpper(name[:1]) + name[1:]
					}
					fmt.Fprintf(s, "%d: %s%s, ", n, name, arg)
				}
			}
			s.WriteString("},\n")
		}
		for _, name := range []string{"scale", "scaleLanes", "mix", "unmix"} {
			full := name
			if prefix != "" {
				full = prefix + strings.ToUpper(name[:1]) + name[1:]
			}
			fmt.Fprintf(s, "\t\t%s: %s%s,\n", name, full, arg)
		}
		lists := map[string][]int{}
		if strings.HasSuffix(prefix, "z") {
			lists["Taken"], lists["Given"] = ends, ends[1:]
		}
		if prefix == "f64z" {
			lists["Crossed"] = crossings
		}
		for _, list := range slices.Sorted(maps.Keys(lists)) {
			fmt.Fprintf(s, "\t\t%s: [maxRadix + 1][%d]func(*pass){", strings.ToLower(list), map[bool]int{true: 4, false: 2}[list == "Crossed"])
			for _, n := range lists[list] {
				name := fmt.Sprintf("%s%s%d", prefix, list, n)
				fmt.Fprintf(s, "%d: {%s_0, %[2]s_1", n, name)
				if list == "Crossed" {
					fmt.Fprintf(s, ", %s_2, %[1]s_3", name)
				}
				s.WriteString("}, ")
			}
			s.WriteString("},\n")
		}
		s.WriteString("\t}")
	}
	for _, f := range forms() {
		f.plain(&plain, &constants)
	}
	plain.WriteString("\nfunc plainCodelets[T Real]() codelets {\n\treturn ")
	table(&plain, "", "", "[T]")
	plain.WriteString("\n}\n")
	files["codelets.go"] = plain.String()
	decl.WriteString(vectorHead + generatedHead + "package fourier\n")
	for _, t := range targets {
		var s, body strings.Builder
		var constants []float64
		all := forms()
		if t.wide {
			all = append(all, endForms(t.double)...)
		}
		for _, f := range all {
			t.assemble(&body, f, &constants)
			name := t.name + strings.ToUpper(f.name[:1]) + f.name[1:]
			fmt.Fprintf(&decl, "\n//go:noescape\nfunc %s(p *pass)\n", name)
		}
		for _, m := range t.moves(&body) {
			fmt.Fprintf(&decl, "\n//go:noescape\nfunc %s(m *motion)\n", m)
		}
		fmt.Fprintf(&decl, "\n//go:noescape\nfunc %sProducts(p *pass)\n", t.name)
		s.WriteString(vectorHead + generatedHead + "#include \"textflag.h\"\n\n")
		for k, x := range constants {
			for lane := range 32 / t.size() {
				if t.double {
					fmt.Fprintf(&s, "DATA %s_constants<>+%d(SB)/8, $%#x\n", t.name, 32*k+8*lane, math.Float64bits(x))
				} else {
					fmt.Fprintf(&s, "DATA %s_constants<>+%d(SB)/4, $%#x\n", t.name, 32*k+4*lane, math.Float32bits(float32(x)))
				}
			}
		}
		fmt.Fprintf(&s, "GLOBL %s_constants<>(SB), RODATA, $%d\n", t.name, 32*len(constants))
		s.WriteString(body.String())
		files["codelets_"+t.name+"_amd64.s"] = s.String()
		fmt.Fprintf(&decl, "\nvar %sCodelets = ", t.name)
		table(&decl, "", t.name, "")
		decl.WriteString("\n")
	}
	files["codelets_amd64.go"] = decl.String()
	for name, text := range files {
		if strings.HasSuffix(name, ".go") {
			b, err := format.Source([]byte(text))
			if err != nil {
				t.Fatal(name, err)
			}
			files[name] = string(b)
		}
	}
	return files
}

// The assembly, its declarations and the Go twins are what this folder's generator writes; go test -run TestCodeletsAreGenerated -update writes them.
func TestCodeletsAreGenerated(t *testing.T) {
	for name, want := range generated(t) {
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the generator writes (%v)", name, err)
		}
	}
}
