package potts

import (
	"math"
	"math/bits"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// bath is what the walkers of a model share: the different couplings, and the distributions at the latest temperature.
type bath struct {
	*spins
	couplings []float64 // the different ones; none where they are too many, or fields differ from site to site
	class     []uint8   // of the bonds at graph.To; nil where there is one
	step      []int32   // (couplings, q): what a neighbour adds to the number of a row of the list; nil without list
	width     []int     // bits of a count, by coupling
	rows      int
	likes     bool // alike neighbours decide
	height    float64
	degree    int // most neighbours
	latest    atomic.Pointer[distributions]
}

// distributions are P(a) ~ exp((sum_j J_ij V(a, s_j) + U_i(a))/kT) at one temperature.
type distributions struct {
	kT     float64
	sums   []float64 // the list: running sums by how many neighbours have each value with each coupling, rows of q
	factor []float64 // (couplings, q, q): exp(J V(a, b)/kT), over the largest of a row
	own    []float64 // exp(U(a)/kT) over the largest
	alike  *alike    // nil where it does not fit
}

const (
	listed   = 1 << 15 // most rows of a list
	separate = 16      // most different couplings
)

func newBath(m *spins) *bath {
	k := &bath{spins: m}
	if m.each {
		return k
	}
	number := map[float64]uint8{}
	for b := range max(1, len(m.J.Values)) {
		J := m.J.At(b)
		if _, known := number[J]; !known {
			if len(number) == separate {
				k.couplings = nil
				return k
			}
			number[J] = uint8(len(number))
			k.couplings = append(k.couplings, J)
		}
	}
	if len(k.couplings) > 1 {
		for _, b := range m.graph.Bond {
			k.class = append(k.class, number[m.J.Values[b]])
		}
	}
	most, counts := make([]int, len(k.couplings)), make([]int, len(k.couplings))
	for i := range m.graph.Sites {
		clear(counts)
		for e := m.graph.Start[i]; e < m.graph.Start[i+1]; e++ {
			counts[k.classOf(e)]++
		}
		for c, n := range counts {
			most[c] = max(most[c], n)
		}
	}
	k.rows = 1
	for _, n := range most {
		w := bits.Len(uint(n))
		k.width = append(k.width, w)
		for range m.q {
			if k.step = append(k.step, int32(k.rows)); k.rows <= listed {
				k.rows <<= w
			}
		}
	}
	k.likes = k.fits()
	if k.rows > listed || k.likes && k.rows*k.q > 16*m.graph.Sites { // a list is faster, but takes longer to make than to use
		k.step = nil
	}
	return k
}

func (k *bath) classOf(e int32) int {
	if k.class == nil {
		return 0
	}
	return int(k.class[e])
}

// at is what decides at kT, made anew where it is not the latest one's.
func (k *bath) at(kT float64) *distributions {
	if d := k.latest.Load(); d != nil && d.kT == kT {
		return d
	}
	d := &distributions{kT: kT}
	if k.couplings != nil && kT > 0 {
		if k.site != nil {
			d.own = k.exponentials(k.site, 1, kT)
		}
		if d.alike = k.newAlike(kT, d.own); d.alike == nil {
			for _, J := range k.couplings {
				d.factor = append(d.factor, k.exponentials(k.pair, J, kT)...)
			}
			if k.step != nil {
				d.sums = k.list(kT)
			}
		}
	}
	k.latest.Store(d)
	return d
}

func (k *bath) list(kT float64) []float64 {
	sums, x := make([]float64, k.rows*k.q), make([]float64, k.q)
	for row := range k.rows {
		for a := range k.q {
			if x[a] = 0; k.site != nil {
				x[a] = k.site[a]
			}
			for c, J := range k.couplings {
				for b := range k.q {
					n := row / int(k.step[c*k.q+b]) & (1<<k.width[c] - 1)
					x[a] += float64(J * float64(k.pair[a*k.q+b]*float64(n)))
				}
			}
		}
		running(sums[row*k.q:], x, kT)
	}
	return sums
}

// exponentials are exp(scale x / kT) over the largest of each row of q.
func (k *bath) exponentials(x []float64, scale, kT float64) (dst []float64) {
	for from := 0; from < len(x); from += k.q {
		top := math.Inf(-1)
		for _, v := range x[from : from+k.q] {
			top = max(top, float64(scale*v))
		}
		for _, v := range x[from : from+k.q] {
			dst = append(dst, functions.Exp1((float64(scale*v)-top)/kT))
		}
	}
	return dst
}

// heatBath draws a site's value from its distribution given the others: among its neighbours' values where alike is all that counts, from a list where few neighbours can have few
// values and couplings, else by weights that are products of what each neighbour contributes, or, where those underflow or couplings are many, computed from the energies.
type heatBath struct {
	*bath
	d *distributions
}

func newHeatBath(b *bath) *heatBath { return &heatBath{bath: b} }

// Name is that of the share that changed.
func (k *heatBath) Name() string { return "changed" }

// SetKT finds the distributions.
func (k *heatBath) SetKT(kT float64) { k.d = k.at(kT) }

// running are the sums of exp(x/kT) over the largest; at kT = 0 those of the largest alone.
func running(dst, x []float64, kT float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	sum := 0.0
	for a, v := range x {
		switch {
		case v == top:
			sum++
		case kT > 0:
			sum += functions.Exp1((v - top) / kT)
		}
		dst[a] = sum
	}
}

// Visit draws the sites given.
func (k *heatBath) Visit(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	switch {
	case k.d.alike != nil:
		return k.visitAlike(s, sites, u)
	case k.d.sums != nil && k.class == nil:
		return k.visitListed(s, sites, u)
	case k.d.sums != nil:
		return k.visitClasses(s, sites, u)
	}
	var sums [256]float64
	c := sums[:k.q]
	for _, i := range sites {
		k.distribution(c, s, int(i))
		changed += draw(s, i, c, u)
	}
	return changed
}

func draw(s []uint8, i int32, sums []float64, u *rng.Stream) int64 {
	old, now := s[i], uint8(u.Pick(sums))
	s[i] = now
	return int64((uint(old^now) + 255) >> 8)
}

func (k *heatBath) visitListed(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	start, to, q, step := k.graph.Start, k.graph.To, k.q, k.step
	for _, i := range sites {
		row := 0
		for _, j := range to[start[i]:start[i+1]] {
			row += int(step[s[j]])
		}
		changed += draw(s, i, k.d.sums[row*q:row*q+q], u)
	}
	return changed
}

func (k *heatBath) visitClasses(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	q := k.q
	for _, i := range sites {
		row := 0
		for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
			row += int(k.step[int(k.class[e])*q+int(s[k.graph.To[e]])])
		}
		changed += draw(s, i, k.d.sums[row*q:row*q+q], u)
	}
	return changed
}

// distribution is the running sums of site i's weights.
func (k *heatBath) distribution(c []float64, s []uint8, i int) {
	if k.d.factor != nil {
		if k.d.own != nil {
			copy(c, k.d.own)
		} else {
			for a := range c {
				c[a] = 1
			}
		}
		for e := k.graph.Start[i]; e < k.graph.Start[i+1]; e++ {
			row := (k.classOf(e)*k.q + int(s[k.graph.To[e]])) * k.q
			for a, f := range k.d.factor[row : row+k.q] {
				c[a] *= f
			}
		}
		sum := 0.0
		for a, w := range c {
			sum += w
			c[a] = sum
		}
		if sum > 1e-200 {
			return
		}
	}
	var x [256]float64
	k.local(x[:k.q], s, i)
	running(c, x[:k.q], k.d.kT)
}

// Width of a site.
func (k *heatBath) Width() int { return 1 }

// Propose is that of Metropolis.
func (k *heatBath) Propose(dst, s []uint8, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, u)
}

func prepareHeatBath(m walkers.Model[uint8], s *spins, order string) (builder, error) {
	if order == "checkerboard" {
		if k := newPaged(s, false); k != nil {
			return preparePages(m, k, func() (builder, error) { return prepareSingleBath(m, s, "random") }), nil
		}
	}
	return prepareSingleBath(m, s, order)
}

func prepareSingleBath(m walkers.Model[uint8], s *spins, order string) (builder, error) {
	o, b := walkers.NewOrder(s.graph, order), newBath(s)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, s.energy, o, w, newHeatBath(b)), nil
	}, nil
}

func prepareGlauber(m walkers.Model[uint8], s *spins, _ *moves.HeatBath) (builder, error) {
	o, b := walkers.NewOrder(s.graph, "random"), newBath(s)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewEvents(m, s.energy, o, w, newHeatBath(b)), nil
	}, nil
}
