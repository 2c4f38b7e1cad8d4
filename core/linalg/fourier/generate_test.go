package fourier

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

// A codelet is a transform of a few points written out: a list of operations on numbered values, from which the generator writes assembly for
// vectors of lanes and Go for one lane. All do the same operations in the same order.

type action int

const (
	aLoad   action = iota // part of an input
	aFactor               // part of a factor
	aAdd
	aSub
	aMul // a b
	aFma // c + a b
	aFnma
	aFms // a b - c
	aStore
)

// operation makes value number id (its place in the list) from values a, b, c; a b below 0 is constant -1-b, or a factor in memory from factors
// downwards.
type operation struct {
	do      action
	a, b, c int
	at      int // input or output, part in the last bit
}

const factors = -1000

// number is a complex value by the ids of its parts.
type number struct{ re, im int }

type codelet struct {
	ops       []operation
	constants *[]float64
	inMemory  bool // factors are operands from memory
	factor    map[int]int
}

func (c *codelet) emit(o operation) int {
	c.ops = append(c.ops, o)
	return len(c.ops) - 1
}

func (c *codelet) add(a, b int) int     { return c.emit(operation{do: aAdd, a: a, b: b}) }
func (c *codelet) sub(a, b int) int     { return c.emit(operation{do: aSub, a: a, b: b}) }
func (c *codelet) mul(a, b int) int     { return c.emit(operation{do: aMul, a: a, b: b}) }
func (c *codelet) fma(a, b, s int) int  { return c.emit(operation{do: aFma, a: a, b: b, c: s}) }
func (c *codelet) fnma(a, b, s int) int { return c.emit(operation{do: aFnma, a: a, b: b, c: s}) }
func (c *codelet) fms(a, b, s int) int  { return c.emit(operation{do: aFms, a: a, b: b, c: s}) }

func (c *codelet) sum(a, b number) number  { return number{c.add(a.re, b.re), c.add(a.im, b.im)} }
func (c *codelet) diff(a, b number) number { return number{c.sub(a.re, b.re), c.sub(a.im, b.im)} }

func (c *codelet) constant(x float64) int {
	k := slices.Index(*c.constants, x)
	if k < 0 {
		*c.constants = append(*c.constants, x)
		k = len(*c.constants) - 1
	}
	return -1 - k
}

func (c *codelet) part(k, part int) int {
	at := 2*k + part
	if c.inMemory {
		return factors - at
	}
	v, ok := c.factor[at]
	if !ok {
		v = c.emit(operation{do: aFactor, at: at})
		c.factor[at] = v
	}
	return v
}

// turned is x w for w = (wr, wi), operands of products.
func (c *codelet) turned(x number, wr, wi int) number {
	re, im := c.mul(x.re, wr), c.mul(x.re, wi)
	return number{c.fnma(x.im, wi, re), c.fma(x.im, wr, im)}
}

func (c *codelet) load(k int) number {
	return number{c.emit(operation{do: aLoad, at: 2 * k}), c.emit(operation{do: aLoad, at: 2*k + 1})}
}

func (c *codelet) store(k int, x number) {
	c.emit(operation{do: aStore, a: x.re, at: 2 * k})
	c.emit(operation{do: aStore, a: x.im, at: 2*k + 1})
}

// root is cos and -sin of 2 pi k / n, rounded once.
func root(k, n int) (c, s float64) {
	cos, sin := bigRoot(k, n, 200)
	rounded := func(f *big.Float) float64 {
		v, _ := f.Float64()
		if math.Abs(v) < 1e-30 {
			return 0
		}
		return v
	}
	return rounded(cos), rounded(sin.Neg(sin))
}

// bigRoot is cos and sin of 2 pi k / n by their series.
func bigRoot(k, n int, bits uint) (cos, sin *big.Float) {
	pi, _, err := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803", 10, bits, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	x := new(big.Float).SetPrec(bits).Mul(pi, big.NewFloat(float64(2*k)).SetPrec(bits))
	x.Quo(x, big.NewFloat(float64(n)))
	term := big.NewFloat(1).SetPrec(bits)
	cos, sin = big.NewFloat(0).SetPrec(bits), big.NewFloat(0).SetPrec(bits)
	for j := 1; j < 80; j++ {
		sum := cos
		if j%2 == 0 {
			sum = sin
		}
		if (j-1)/2%2 == 0 {
			sum.Add(sum, term)
		} else {
			sum.Sub(sum, term)
		}
		term.Mul(term, x).Quo(term, big.NewFloat(float64(j)))
	}
	return cos, sin
}

// butterfly is e + w o and e - w o for w = exp(-2 pi i k / n); the first product is by the smaller of tan and cot of the angle.
func (c *codelet) butterfly(e, o number, k, n int) (plus, minus number) {
	cs, sn := root(k, n)
	switch {
	case sn == 0:
		return c.sum(e, o), c.diff(e, o)
	case cs == 0: // w = -i
		return number{c.add(e.re, o.im), c.sub(e.im, o.re)}, number{c.sub(e.re, o.im), c.add(e.im, o.re)}
	}
	var t number
	scale := cs
	switch tan := sn / cs; {
	case 8*k == n:
		t = number{c.add(o.re, o.im), c.sub(o.im, o.re)}
	case 8*k == 3*n:
		t = number{c.sub(o.re, o.im), c.add(o.im, o.re)}
	case math.Abs(tan) < 1:
		x := c.constant(tan)
		t = number{c.fnma(o.im, x, o.re), c.fma(o.re, x, o.im)}
	default:
		x := c.constant(cs / sn)
		t, scale = number{c.fms(o.re, x, o.im), c.fma(o.im, x, o.re)}, sn
	}
	x := c.constant(scale)
	return number{c.fma(t.re, x, e.re), c.fma(t.im, x, e.im)}, number{c.fnma(t.re, x, e.re), c.fnma(t.im, x, e.im)}
}

// dft is the transform of n points that x gives.
func (c *codelet) dft(n int, x func(k int) number) []number {
	y := make([]number, n)
	switch {
	case n == 1:
		y[0] = x(0)
	case n == 2:
		a, b := x(0), x(1)
		y[0], y[1] = c.sum(a, b), c.diff(a, b)
	case n&(n-1) == 0:
		e := c.dft(n/2, func(k int) number { return x(2 * k) })
		o := c.dft(n/2, func(k int) number { return x(2*k + 1) })
		for k := range n / 2 {
			y[k], y[k+n/2] = c.butterfly(e[k], o[k], k, n)
		}
	case n == 9:
		var a [3][]number
		for j := range 3 {
			a[j] = c.dft(3, func(k int) number { return x(3*k + j) })
		}
		for k := range 3 {
			b := c.dft(3, func(j int) number {
				if j*k == 0 {
					return a[j][k]
				}
				cs, sn := root(j*k, 9)
				return c.turned(a[j][k], c.constant(cs), c.constant(sn))
			})
			for j := range 3 {
				y[k+3*j] = b[j]
			}
		}
	case n == 6 || n == 10 || n == 12 || n == 14 || n == 15: // coprime factors need no twiddles (I. J. Good, J. R. Stat. Soc. B 20, 361 (1958))
		p := map[int]int{6: 3, 10: 5, 12: 3, 14: 7, 15: 5}[n]
		q := n / p
		a := make([][]number, q)
		for j := range q {
			a[j] = c.dft(p, func(k int) number { return x((p*j + q*k) % n) })
		}
		for k := range p {
			b := c.dft(q, func(j int) number { return a[j][k] })
			for j := range q {
				for out := range n {
					if out%q == j && out%p == k {
						y[out] = b[j]
					}
				}
			}
		}
	default:
		c.odd(n, x, y)
	}
	return y
}

// odd is a transform of an odd prime length by the sums and differences of x_k and x_(n-k).
func (c *codelet) odd(n int, x func(k int) number, y []number) {
	h := (n - 1) / 2
	x0 := x(0)
	t, u := make([]number, h+1), make([]number, h+1)
	for k := 1; k <= h; k++ {
		a, b := x(k), x(n-k)
		t[k], u[k] = c.sum(a, b), c.diff(a, b)
	}
	all := x0
	for k := 1; k <= h; k++ {
		all = c.sum(all, t[k])
	}
	y[0] = all
	for j := 1; j <= h; j++ {
		a := x0
		var b number
		for k := 1; k <= h; k++ {
			cs, sn := root(j*k%n, n)
			w := c.constant(cs)
			a = number{c.fma(t[k].re, w, a.re), c.fma(t[k].im, w, a.im)}
			s, into := c.constant(math.Abs(sn)), c.fma
			if sn > 0 {
				into = c.fnma
			}
			if k == 1 {
				b = number{c.mul(u[k].re, s), c.mul(u[k].im, s)} // j < n/2: sn < 0
			} else {
				b = number{into(u[k].re, s, b.re), into(u[k].im, s, b.im)}
			}
		}
		y[j], y[n-j] = number{c.add(a.re, b.im), c.sub(a.im, b.re)}, number{c.sub(a.re, b.im), c.add(a.im, b.re)} // a - i b, a + i b
	}
}

// form is what a codelet does around its transform.
type form struct {
	name string
	// n points; with factors, those from skip on are turned first. In place: the strides of the outputs are those of the inputs.
	n               int
	turns           bool
	skip            int
	place           bool
	vector          bool // factors are vectors of lanes, else one for all lanes
	mirror, unmixed bool // the last step of a transform of reals, or the first of one to reals
	taken, given    bool // inputs or outputs are in an array
	swap            bool // with their parts in each other's place
	crossed         bool // inputs are turned from lanes into elements
	past            bool // outputs are stored past the caches
}

func forms() []form {
	var all []form
	for _, n := range radices {
		all = append(all, form{name: fmt.Sprintf("plain%d", n), n: n})
		if n > 1 {
			all = append(all, form{name: fmt.Sprintf("turned%d", n), n: n, turns: true, skip: 1, place: true})
		}
	}
	return append(all,
		form{name: "scale", n: 1, turns: true},
		form{name: "scaleLanes", n: 1, turns: true, vector: true},
		form{name: "mix", n: 2, mirror: true, place: true},
		form{name: "unmix", n: 2, mirror: true, unmixed: true, place: true})
}

// endForms are those of taken and given, which vectors of 512 bits have.
func endForms(double bool) (all []form) {
	for _, n := range crossings {
		for k := range 4 {
			if double {
				all = append(all, form{name: fmt.Sprintf("crossed%d_%d", n, k), n: n, turns: true, skip: 1, vector: true, given: true, swap: k%2 == 1, crossed: true, past: k >= 2})
			}
		}
	}

	for _, n := range ends {
		for k, swap := range []bool{false, true} {
			all = append(all, form{name: fmt.Sprintf("taken%d_%d", n, k), n: n, taken: true, swap: swap})
			if n > 1 {
				all = append(all, form{name: fmt.Sprintf("given%d_%d", n, k), n: n, turns: true, skip: 1, given: true, swap: swap})
			}
		}
	}
	return all
}

func (f form) build(constants *[]float64, inMemory bool) []operation {
	c := &codelet{constants: constants, inMemory: inMemory, factor: map[int]int{}}
	if f.mirror {
		c.mirror(f.unmixed)
		return c.ops
	}
	y := c.dft(f.n, func(k int) number {
		x := c.load(k)
		if f.turns && k >= f.skip {
			x = c.turned(x, c.part(k-f.skip, 0), c.part(k-f.skip, 1))
		}
		return x
	})
	for k, v := range y {
		c.store(k, v)
	}
	return early(c.ops, f.given)
}

// early moves stores to where their values are made, in pairs if those of both parts, but behind all loads: inputs and outputs may be the same memory.
func early(ops []operation, pairs bool) []operation {
	last := 0
	stores := map[int][]operation{}
	for i, o := range ops {
		if o.do == aLoad {
			last = i
		}
	}
	for i, o := range ops {
		if o.do == aStore {
			at := max(o.a, last)
			if pairs {
				at = max(at, ops[i+1-2*(o.at%2)].a)
			}
			stores[at] = append(stores[at], o)
		}
	}
	to := make([]int, len(ops))
	id := func(v int) int {
		if v < 0 {
			return v
		}
		return to[v]
	}
	var out []operation
	for i, o := range ops {
		if o.do != aStore {
			o.a, o.b, o.c = id(o.a), id(o.b), id(o.c)
			to[i] = len(out)
			out = append(out, o)
		}
		for _, s := range stores[i] {
			s.a = id(s.a)
			out = append(out, s)
		}
	}
	return out
}

// mirror works on a = Z_k and b = Z_(M-k), M = N/2, with w = exp(-2 pi i k / N):
//
//	mix    2 X_k = (a + b*) - i w (a - b*),    2 X_(M-k) = ((a + b*) + i w (a - b*))*
//	unmix  Z_k = (a + b*) + i w* (a - b*),     Z_(M-k) = ((a + b*) - i w* (a - b*))*,  both with their parts swapped
func (c *codelet) mirror(back bool) {
	a, b := c.load(0), c.load(1)
	if back {
		a.re, a.im, b.re, b.im = a.im, a.re, b.im, b.re
	}
	e := number{c.add(a.re, b.re), c.sub(a.im, b.im)}
	d := number{c.sub(a.re, b.re), c.add(a.im, b.im)}
	wr, wi := c.part(0, 0), c.part(0, 1)
	p, q := c.mul(d.re, wi), c.mul(d.re, wr)
	if back {
		re, im := c.fms(d.im, wr, p), c.fma(d.im, wi, q) // of i w* d, but re with the other sign
		c.store(0, number{c.add(e.im, im), c.sub(e.re, re)})
		c.store(1, number{c.sub(im, e.im), c.add(e.re, re)})
		return
	}
	re, im := c.fma(d.im, wr, p), c.fms(d.im, wi, q) // of -i w d
	c.store(0, number{c.add(e.re, re), c.add(e.im, im)})
	c.store(1, number{c.sub(e.re, re), c.sub(im, e.im)})
}

// The Go twin of a form.
func (f form) plain(s *strings.Builder, constants *[]float64) {
	ops := f.build(constants, false)
	fmt.Fprintf(s, "\nfunc %s[T Real](p *pass) {\n\tsize := int(unsafe.Sizeof(*new(T)))\n\tfor k := range p.count {\n", f.name)
	fmt.Fprintf(s, "\t\ts := unsafe.Add(p.src, k*p.si)\n")
	out, stride := "d", "p.ds"
	switch {
	case f.mirror:
		fmt.Fprintf(s, "\t\td := unsafe.Add(p.dst, -k*p.si)\n")
	case f.place:
		out, stride = "s", "p.ss"
	default:
		fmt.Fprintf(s, "\t\td := unsafe.Add(p.dst, k*p.di)\n")
	}
	if f.turns || f.mirror {
		fmt.Fprintf(s, "\t\tw := unsafe.Add(p.factors, k*p.ti)\n")
	}
	at := func(base, stride string, at int) string {
		k, part := at/2, at%2
		if f.mirror {
			base, k = []string{"s", "d"}[k], 0
		}
		var shift []string
		if k > 0 {
			shift = append(shift, strings.TrimPrefix(fmt.Sprintf("%d*%s", k, stride), "1*"))
		}
		if part > 0 {
			shift = append(shift, "size")
		}
		if shift == nil {
			return fmt.Sprintf("*(*T)(%s)", base)
		}
		return fmt.Sprintf("*(*T)(unsafe.Add(%s, %s))", base, strings.Join(shift, "+"))
	}
	value := func(v int) string {
		if v < 0 {
			return fmt.Sprintf("%v", (*constants)[-1-v])
		}
		return fmt.Sprintf("v%d", v)
	}
	for id, o := range ops {
		a, b, c := value(o.a), value(o.b), value(o.c)
		var e string
		switch o.do {
		case aLoad:
			e = at("s", "p.ss", o.at)
		case aFactor:
			e = fmt.Sprintf("*(*T)(unsafe.Add(w, %d*size))", o.at)
		case aAdd:
			e = a + " + " + b
		case aSub:
			e = a + " - " + b
		case aMul:
			e = fmt.Sprintf("T(%s * %s)", a, b)
		case aFma:
			e = fmt.Sprintf("fma(%s, %s, %s)", a, b, c)
		case aFnma:
			e = fmt.Sprintf("fma(-%s, %s, %s)", a, b, c)
		case aFms:
			e = fmt.Sprintf("fma(%s, %s, -%s)", a, b, c)
		case aStore:
			fmt.Fprintf(s, "\t\t%s = %s\n", at(out, stride, o.at), a)
			continue
		}
		fmt.Fprintf(s, "\t\tv%d := %s\n", id, e)
	}
	s.WriteString("\t}\n}\n")
}
