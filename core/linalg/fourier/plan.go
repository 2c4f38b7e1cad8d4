package fourier

import (
	"math"
	"sync"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// node is a way to transform n points. It depends on n alone, so that a line has the same bits in any batch, on any level.
type node struct {
	n    int
	kind kind
	room int // elements of scratch memory

	// split: n = a.n b.n. First a.n transforms b of the points n_a + a.n n_b, then factors exp(-2 pi i n_a k_b / n), then b.n transforms a over n_a.
	a, b *node

	// prime: a cyclic convolution by two transforms a of length m.
	perm []int32 // rader: powers g^q of a generator modulo n
}

type kind int

const (
	byCodelet kind = iota
	bySplit
	byRader     // C. M. Rader, Proc. IEEE 56, 1107 (1968): n prime, n - 1 smooth
	byBluestein // L. I. Bluestein, IEEE Trans. Audio Electroacoust. 18, 451 (1970)
)

// longest is the length up to which radices follow each other; longer ones are split near their square root, so that both parts stay in the caches.
const longest = 8192

// operations of a codelet.
var work = [maxRadix + 1]float64{0, 0, 4, 14, 16, 36, 40, 66, 52, 100, 92, 150, 104, 204, 160, 178, 160}

// passCost is what reading and writing a point costs, in operations.
const passCost = 5

// turnedCost is what turned codelets of 16 points cost more, a point: their values are more than the registers, and their places a power of two apart.
const turnedCost = 3

// smoothPart is the largest divisor of n without prime factors over 13.
func smoothPart(n int) int {
	rest := n
	for _, p := range []int{2, 3, 5, 7, 11, 13} {
		for rest%p == 0 {
			rest /= p
		}
	}
	return n / rest
}

type planner map[int]*node

func newNode(n int) *node { return planner{}.node(n) }

func (pl planner) node(n int) *node {
	if nd := pl[n]; nd != nil {
		return nd
	}
	nd := &node{n: n}
	pl[n] = nd
	smooth := smoothPart(n)
	switch {
	case n <= maxRadix:
	case smooth == n && n > longest:
		nd.split(pl, middle(n))
	case smooth == n:
		nd.split(pl, radix(n))
	case smooth > longest:
		nd.split(pl, middle(smooth))
	case smooth > 1 && smooth <= maxRadix:
		nd.split(pl, smooth)
	case smooth > 1:
		nd.split(pl, radix(smooth))
	default:
		if p := smallestPrime(n); p < n {
			nd.split(pl, p)
			break
		}
		m := n - 1
		nd.kind = byRader
		if smoothPart(m) == m {
			nd.perm = powers(n)
		} else {
			nd.kind, m = byBluestein, fastLength(2*n-1)
		}
		nd.a = pl.node(m)
		nd.room = 2*m + nd.a.room
	}
	return nd
}

func (nd *node) split(pl planner, a int) {
	nd.kind = bySplit
	nd.a, nd.b = pl.node(a), pl.node(nd.n/a)
	nd.room = nd.b.room
	if nd.a.kind != byCodelet {
		nd.room = max(nd.room, a+nd.a.room)
	}
}

func smallestPrime(n int) int {
	for p := 2; p*p <= n; p++ {
		if n%p == 0 {
			return p
		}
	}
	return n
}

// middle is the divisor of n next to its square root.
func middle(n int) int {
	best := 1
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			best = d
		}
	}
	return n / best
}

// radix is the last of the radices of least cost whose product is n: one that fills the lanes of a line in parts, but not more elements than a set of the
// nearest cache has lines, which are a power of two apart.
func radix(n int) int {
	type choice struct {
		cost float64
		last int
	}
	memo := map[int]choice{}
	var best func(n int) choice
	best = func(n int) choice {
		if c, ok := memo[n]; ok {
			return c
		}
		c := choice{cost: math.Inf(1)}
		if n <= maxRadix {
			c = choice{work[n]/float64(n) + passCost, n}
		}
		for r := 2; r <= maxRadix; r++ {
			if n%r != 0 || n == r {
				continue
			}
			cost := best(n/r).cost + (work[r]+float64(4*(r-1)))/float64(r) + passCost
			if r == 16 {
				cost += turnedCost
			}
			if cost < c.cost-1e-9 || cost < c.cost+1e-9 && suits(r) > suits(c.last) {
				c = choice{cost, r}
			}
		}
		memo[n] = c
		return c
	}
	return best(n).last
}

// suits grades a last radix.
func suits(r int) int {
	if r < 8 {
		return r
	}
	return 32 - r
}

// fastLength is the smallest length >= n of the form 2^a 3^b 5^c with a >= 4, or a power of two below that.
func fastLength(n int) int {
	best := 1
	for best < n {
		best *= 2
	}
	for five := 1; five < best; five *= 5 {
		for m := five; m < best; m *= 3 {
			k := m * 16
			for k < n {
				k *= 2
			}
			best = min(best, k)
		}
	}
	return best
}

// powers are g^0, g^1, ..., g^(p-2) modulo the prime p for its least generator g.
func powers(p int) []int32 {
	for g := 2; ; g++ {
		list := []int32{1}
		for x := g; x != 1; x = x * g % p {
			list = append(list, int32(x))
		}
		if len(list) == p-1 {
			return list
		}
	}
}

// turn is exp(-2 pi i k / n), 0 <= k < n, within 0.6 ulp: the angle is exact, reduced to an eighth of a turn.
func turn(k, n int) (re, im float64) {
	p, swap := 8*k, false
	c, s := 1.0, -1.0
	if p > 4*n {
		p, s = 8*n-p, 1
	}
	if p > 2*n {
		p, c = 4*n-p, -1
	}
	if p > n {
		p, swap = 2*n-p, true
	}
	const high, low = 0x1.921fb54442d18p2, 0x1.1a62633145c07p-52 // 2 pi
	d := float64(8 * n)
	q := float64(p) / d
	rest := math.FMA(-q, d, float64(p)) / d
	x := q * high
	dx := math.FMA(q, high, -x) + math.FMA(q, low, float64(rest*high))
	sn, cs := functions.Sincos1(x)
	sn, cs = math.FMA(dx, cs, sn), math.FMA(-dx, sn, cs)
	if swap {
		sn, cs = cs, sn
	}
	return c * cs, s * sn
}

// inner is the number of points of the longest transform.
func (nd *node) inner() int {
	if nd.kind == byCodelet || nd.kind == bySplit {
		return nd.n
	}
	return nd.a.n
}

// tables are a node's numbers in type T.
type tables[T Real] struct {
	*node
	a, b    *tables[T]
	factors []T // split: of k_b, then n_a = 1, 2, ...
	chirp   []T // bluestein: exp(-pi i j^2 / n)
	back    []T // bluestein: the same for j = n-1, ..., 1
	kernel  []T // rader, bluestein: transform of what the points are convolved with, over m

	crossed struct { // factors of crossed codelets: block of k_b, n_a from 1 on, parts, lane
		once  sync.Once
		table []T
	}
	lanes [5]struct { // factors for 2^i lanes of k_b: block, n_a, parts, lane
		once  sync.Once
		table []T
	}
}

func newTables[T Real](nd *node, made map[*node]*tables[T]) *tables[T] {
	if t := made[nd]; t != nil {
		return t
	}
	t := &tables[T]{node: nd}
	made[nd] = t
	if nd.kind == byCodelet {
		return t
	}
	t.a = newTables(nd.a, made)
	switch nd.kind {
	case bySplit:
		t.b = newTables(nd.b, made)
		a, b := nd.a.n, nd.b.n
		t.factors = make([]T, 0, 2*b*(a-1))
		for k := range b {
			for j := 1; j < a; j++ {
				re, im := turn(k*j, nd.n)
				t.factors = append(t.factors, T(re), T(im))
			}
		}
	case byRader: // y_(g^-q) = x_0 + sum_r x_(g^r) exp(-2 pi i g^(r-q) / n)
		m := nd.a.n
		h := make([]float64, 0, 2*m)
		for q := range m {
			re, im := turn(int(nd.perm[(m-q)%m]), nd.n)
			h = append(h, re/float64(m), im/float64(m))
		}
		t.kernel = transformed[T](nd.a, h)
	case byBluestein: // k j = (k^2 + j^2 - (k-j)^2)/2
		m := nd.a.n
		h := make([]float64, 2*m)
		for j := range nd.n {
			re, im := turn(j*j%(2*nd.n), 2*nd.n)
			t.chirp = append(t.chirp, T(re), T(im))
			re, im = re/float64(m), -im/float64(m)
			h[2*j], h[2*j+1] = re, im
			if j > 0 {
				h[2*(m-j)], h[2*(m-j)+1] = re, im
			}
		}
		for j := nd.n - 1; j > 0; j-- {
			t.back = append(t.back, t.chirp[2*j], t.chirp[2*j+1])
		}
		t.kernel = transformed[T](nd.a, h)
	}
	return t
}

// transformed is the transform of h in double precision, as T.
func transformed[T Real](nd *node, h []float64) []T {
	out := make([]float64, len(h))
	w := workerFor[float64](simd.Scalar, nd)
	run(w, newTables(nd, map[*node]*tables[float64]{}), address(h), 16, address(out), 16, w.scratch)
	t := make([]T, len(h))
	for k, x := range out {
		t[k] = T(x)
	}
	return t
}

// byLanes are the factors as vectors of 2^log lanes, for n_a = 0 as well; the last block of lanes and that of n_a are filled up.
func (t *tables[T]) byLanes(log int) []T {
	l := &t.lanes[log]
	l.once.Do(func() {
		width := 1 << log
		a, b := t.a.n, t.b.n
		l.table = make([]T, 0, 2*up(a, width)*up(b, width))
		for k := 0; k < b; k += width {
			for j := range up(a, width) {
				for part := range 2 {
					for i := range width {
						x := T(1 - part)
						if 0 < j && j < a {
							x = t.factors[2*(min(k+i, b-1)*(a-1)+j-1)+part]
						}
						l.table = append(l.table, x)
					}
				}
			}
		}
	})
	return l.table
}

// crossing are the factors of crossed codelets, for blocks of eight k_b.
func (t *tables[T]) crossing() []T {
	t.crossed.once.Do(func() {
		a := t.a.n
		for k := 0; k < t.b.n; k += 8 {
			for j := range 2 * (a - 1) {
				for l := range 8 {
					t.crossed.table = append(t.crossed.table, t.factors[2*(k+crossedNumber(l))*(a-1)+j])
				}
			}
		}
	})
	return t.crossed.table
}

// up is n rounded up to a multiple of width.
func up(n, width int) int { return (n + width - 1) / width * width }
