package rng

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// Bounds at a false-alarm rate of 1e-6: sigma for a two-sided normal deviate, chiSquareBound for a sum of squares, ksBound for
// sqrt(n) times the Kolmogorov distance. All seeds are fixed, so that a test that passes once passes always; every test shows its power by
// applying itself to numbers with the planted fault that its comment names.
const (
	sigma   = 4.9
	ksBound = 2.7
)

func chiSquareBound(dof int) float64 { // E. B. Wilson, M. M. Hilferty (1931)
	k := float64(dof)
	c := 1 - 2/(9*k) + 4.76*math.Sqrt(2/(9*k))
	return k * c * c * c
}

func chiSquare(counts []int, total int) float64 {
	expected := float64(total) / float64(len(counts))
	sum := 0.0
	for _, n := range counts {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	return sum
}

// kolmogorov is sqrt(n) times the largest distance between the distribution of x and cdf.
func kolmogorov(x []float64, cdf func(float64) float64) float64 {
	slices.Sort(x)
	n := float64(len(x))
	d := 0.0
	for i, v := range x {
		f := cdf(v)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d * math.Sqrt(n)
}

func expect(t *testing.T, within bool, name string, got, bound float64) {
	t.Helper()
	if (math.Abs(got) <= bound) != within {
		t.Errorf("%s: expected within %.1f: %v, got %.2f", name, bound, within, got)
	}
}

// Bernoulli bits of two classes: totals, and counts lane by lane. Planted fault: p off by 1/512, as by one bit plane too few.
func TestLanesStatistics(t *testing.T) {
	const n = 20000
	var class [2][8]uint64
	for i := range 8 {
		class[0][i], class[1][i] = 0x5555555555555555, 0xaaaaaaaaaaaaaaaa
	}
	for _, p := range [][2]float64{{0.17, 0.029}, {0.5, 0.9}, {1 - 1.0/300, 1.0 / 300}} {
		var counts [512]int
		masks := make([][8]uint64, 0, 2*n)
		for range n {
			masks = append(masks, class[:]...)
		}
		dst := make([][8]uint64, n)
		New(1).BernoulliRun(dst, 3, 0, masks, []Threshold{NewThreshold(p[0]), NewThreshold(p[1])})
		for g := range dst {
			for lane := range counts {
				counts[lane] += int(dst[g][lane/64] >> (lane % 64) & 1)
			}
		}
		for j := range 2 {
			total, squares := 0.0, 0.0
			for lane := j; lane < 512; lane += 2 {
				d := float64(counts[lane]) - n*p[j]
				total += d
				squares += d * d
			}
			v := n * p[j] * (1 - p[j])
			expect(t, true, fmt.Sprint("total at p = ", p[j]), total/math.Sqrt(256*v), sigma)
			expect(t, true, fmt.Sprint("lanes at p = ", p[j]), squares/v, chiSquareBound(256))
			expect(t, false, fmt.Sprint("total at p + 1/512, p = ", p[j]), (total-256*n/512)/math.Sqrt(256*v), sigma)
		}
	}
}

// Correlations of fair lanes between neighbours: lanes, words, groups, steps, keys, and with the plain bits of the same key.
// Planted fault: one lane in a thousand copied from its neighbour group, as by a block index that repeats.
func TestLanesCorrelation(t *testing.T) {
	const n = 20000
	all := make([][8]uint64, n+1)
	for g := range all {
		for i := range all[g] {
			all[g][i] = ^uint64(0)
		}
	}
	draw := func(k Key, step uint64) [][8]uint64 {
		dst := make([][8]uint64, n+1)
		k.BernoulliRun(dst, step, 0, all, []Threshold{one / 2})
		return dst
	}
	score := func(a, b func(g, i int) uint64) float64 { // agreement of bits minus the expected one, in sigma
		equal := 0
		for g := range n {
			for i := range 8 {
				equal += bits.OnesCount64(^(a(g, i) ^ b(g, i)))
			}
		}
		return (float64(equal) - 256*n) / math.Sqrt(128*n)
	}
	k := New(7).Fold(2)
	x, next, other := draw(k, 5), draw(k, 6), draw(New(7).Fold(3), 5)
	plain := make([]uint64, 8*n)
	k.Bits(plain, 5, 0)
	at := func(x [][8]uint64) func(g, i int) uint64 { return func(g, i int) uint64 { return x[g][i] } }
	expect(t, true, "lanes", score(at(x), func(g, i int) uint64 { return bits.RotateLeft64(x[g][i], 1) }), sigma)
	expect(t, true, "words", score(at(x), func(g, i int) uint64 { return x[g][(i+1)%8] }), sigma)
	expect(t, true, "groups", score(at(x), func(g, i int) uint64 { return x[g+1][i] }), sigma)
	expect(t, true, "steps", score(at(x), at(next)), sigma)
	expect(t, true, "keys", score(at(x), at(other)), sigma)
	expect(t, true, "plain bits", score(at(x), func(g, i int) uint64 { return plain[8*g+i] }), sigma)
	expect(t, false, "groups with copies", score(at(x), func(g, i int) uint64 {
		copied := uint64(0)
		if (8*g+i)%16 == 0 {
			copied = 0x10001
		}
		return x[g+1][i]&^copied | x[g][i]&copied
	}), sigma)
}

// Below over all residues. Planted fault: no rejection, seen at n = 3 2^51, where every third number would come twice as often.
func TestBelowStatistics(t *testing.T) {
	s := New(4).Stream(0)
	for _, n := range []int{2, 3, 6, 7, 1000, 3 << 51, 1<<53 - 1} {
		cells := n
		if n > 1000 {
			cells = 3
		}
		counts, faulty := make([]int, cells), make([]int, cells)
		const total = 100000
		for range total {
			v := s.Below(n)
			if v < 0 || v >= n {
				t.Fatalf("Below(%d) = %d", n, v)
			}
			counts[v%cells]++
			high, _ := bits.Mul64(s.bits53()<<11, uint64(n))
			faulty[high%uint64(cells)]++
		}
		expect(t, true, fmt.Sprint("Below ", n), chiSquare(counts, total), chiSquareBound(cells-1))
		if n == 3<<51 {
			expect(t, false, "without rejection", chiSquare(faulty, total), chiSquareBound(cells-1))
		}
	}
}

// Uniform, exponential and normal numbers against their distributions, from keys and from streams; pairs of normals uncorrelated, also in
// their squares. Planted faults: a scale off by 4 %, a pair with one radius for cosines only.
func TestContinuousStatistics(t *testing.T) {
	const n = 200000
	k := New(5)
	s := k.Stream(9)
	fill := func(f func() float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = f()
		}
		return x
	}
	uniform := func(x float64) float64 { return min(max(x, 0), 1) }
	exponential := func(x float64) float64 { return -math.Expm1(-x) }
	normal := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	u, z := make([]float64, n), make([]float64, n)
	k.Uniforms(u, 1, 0)
	k.Normals(z, 2, 0)
	for i, v := range u {
		if v < 0 || v >= 1 || v*one != math.Trunc(v*one) {
			t.Fatalf("uniform %d: %x is not a multiple of 2^-53 in [0, 1)", i, v)
		}
	}

	products, squares, fourth := 0.0, 0.0, 0.0
	for i := 0; i < n; i += 2 {
		products += z[i] * z[i+1]
		squares += (z[i]*z[i] - 1) * (z[i+1]*z[i+1] - 1)
		fourth += z[i]*z[i]*z[i]*z[i] - 3
	}
	expect(t, true, "products of pairs", products/math.Sqrt(n/2), sigma)
	expect(t, true, "squares of pairs", squares/math.Sqrt(4*n/2), sigma)
	expect(t, true, "fourth moment", fourth/math.Sqrt(96*n/2), sigma)
	faulty := 0.0
	for i := 0; i < n; i += 2 {
		sin := z[i+1] / math.Hypot(z[i], z[i+1])
		faulty += (z[i]*z[i] - 1) * (2*sin*sin - 1)
	}
	expect(t, false, "squares of pairs without a common radius", faulty/math.Sqrt(n), sigma)

	var ones [53]int
	for _, v := range u {
		for b := range ones {
			ones[b] += int(uint64(v*one) >> b & 1)
		}
	}
	for b, c := range ones {
		expect(t, true, fmt.Sprint("bit ", b, " of uniforms"), (float64(c)-n/2)/math.Sqrt(n/4), sigma)
	}

	for _, c := range []struct {
		name string
		x    []float64
		cdf  func(float64) float64
	}{
		{"Uniforms", u, uniform}, {"Float64", fill(s.Float64), uniform}, {"Exponential", fill(s.Exponential), exponential},
		{"Normals", z, normal}, {"Normal", fill(s.Normal), normal},
	} {
		expect(t, true, c.name, kolmogorov(c.x, c.cdf), ksBound)
		for i := range c.x {
			c.x[i] *= 1.04
		}
		expect(t, false, c.name+" 4 % too wide", kolmogorov(c.x, c.cdf), ksBound)
	}
}

// Keys: folding is injective on what is used, does not commute, and separates neighbours in every bit. Planted fault: none needed, a
// linear fold fails the avalanche.
func TestFold(t *testing.T) {
	seen := map[uint64]bool{}
	k := New(0)
	flips := 0
	for i := range uint64(2000) {
		for _, f := range []Key{k.Fold(i), k.Fold(i << 32), k.Fold(i).Fold(1), New(i + 1).Fold(0)} {
			if i > 0 && seen[f.k] {
				t.Fatalf("the key %x came twice", f.k)
			}
			seen[f.k] = true
		}
		flips += bits.OnesCount64(k.Fold(i).k ^ k.Fold(i^1<<(i%64)).k)
	}
	expect(t, true, "flipped bits", (float64(flips)-32*2000)/math.Sqrt(16*2000*2), sigma)
	if k.Fold(1).Fold(2) == k.Fold(2).Fold(1) {
		t.Error("expected folds not to commute")
	}
}

func TestThreshold(t *testing.T) {
	for p, want := range map[float64]Threshold{
		-1: 0, 0: 0, 0x1p-54: 0, 0x1.8p-54: 1, 0x1p-53: 1, 0.5: one / 2, 1 - 0x1p-53: one - 1, 1: one, 2: one, math.Inf(1): one, math.Inf(-1): 0,
	} {
		if got := NewThreshold(p); got != want {
			t.Errorf("NewThreshold(%v): expected %d, got %d", p, want, got)
		}
	}
	if got := NewThreshold(math.NaN()); got != 0 {
		t.Errorf("NewThreshold(NaN): expected 0, got %d", got)
	}
	if p := NewThreshold(0.3).P(); math.Abs(p-0.3) > 0x1p-54 {
		t.Errorf("expected 0.3 to 2^-54, got %v", p)
	}
}

func TestAllocations(t *testing.T) {
	words, elements, floats := make([]uint32, 1000), make([]uint64, 1000), make([]float64, 1000)
	const groups = 20
	dst, class := make([][8]uint64, groups), make([][8]uint64, groups*5)
	p := make([]Threshold, 5)
	var s Stream
	n := 0
	onLevels(t, func(t *testing.T) {
		if a := testing.AllocsPerRun(10, func() {
			k := New(1).Fold(2)
			k.Words(words, 1, 3)
			k.Bits(elements, 1, 3)
			k.Uniforms(floats, 1, 3)
			k.Normals(floats, 1, 3)
			k.BernoulliRun(dst, 1, 0, class, p)
			k.BernoulliLanes(&dst[0], 1, 0, class[:2], p[:2])
			s.Reset(k, 4)
			fresh := k.Stream(5)
			for range 50 {
				n += s.Below(10) + int(s.Less(one/2)) + fresh.Below(3) + int(fresh.Normal()+fresh.Exponential())
			}
		}); a != 0 {
			t.Errorf("expected no allocation, got %v", a)
		}
	})
}
