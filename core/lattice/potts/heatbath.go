package potts

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// heatBath draws a site's value from its distribution given the others, P(a) ~ exp((sum_j J_ij V(a, s_j) + U_i(a))/kT). Where every bond has one coupling
// and few neighbours can have few values, the running sums of P are listed by how many neighbours have each value; else the weights are products of what
// each neighbour contributes, or, where those underflow, computed from the energies.
type heatBath struct {
	*spins
	kT     float64
	shift  int       // bits of a count in an index of the list; 0 without list
	step   [256]int  // 1 << (shift a)
	sums   []float64 // the list, rows of q
	factor []float64 // (q, q): exp(J V(a, b)/kT), over the largest of a row; nil where couplings differ
	own    []float64 // exp(U(a)/kT) over the largest
}

const listed = 1 << 15 // rows of q of a list

func newHeatBath(m *spins) *heatBath {
	k := &heatBath{spins: m}
	if !m.J.Uniform() || m.each {
		return k
	}
	most := 1
	for i := range m.graph.Sites {
		most = max(most, m.graph.Degree(i))
	}
	bits := 0
	for 1<<bits <= most {
		bits++
	}
	if bits*m.q <= 15 {
		k.shift = bits
		for a := range m.q {
			k.step[a] = 1 << (bits * a)
		}
	}
	return k
}

// Name is that of the share that changed.
func (k *heatBath) Name() string { return "changed" }

// SetKT makes the list.
func (k *heatBath) SetKT(kT float64) {
	if k.kT = kT; !k.J.Uniform() || k.each || kT == 0 {
		k.sums, k.factor = nil, nil
		return
	}
	k.factor = k.exponentials(k.factor, k.pair, k.J.Scalar)
	if k.site != nil {
		k.own = k.exponentials(k.own, k.site, 1)
	}
	if k.shift == 0 {
		return
	}
	rows := 1 << (k.shift * k.q)
	if k.sums == nil {
		k.sums = make([]float64, rows*k.q)
	}
	x, mask := make([]float64, k.q), 1<<k.shift-1
	for row := range rows {
		for a := range k.q {
			if x[a] = 0; k.site != nil {
				x[a] = k.site[a]
			}
			for b := range k.q {
				x[a] += float64(k.J.Scalar * float64(k.pair[a*k.q+b]*float64(row>>(k.shift*b)&mask)))
			}
		}
		k.running(k.sums[row*k.q:], x)
	}
}

// exponentials are exp(scale x / kT) over the largest of each row of q.
func (k *heatBath) exponentials(dst, x []float64, scale float64) []float64 {
	dst = dst[:0]
	for from := 0; from < len(x); from += k.q {
		top := math.Inf(-1)
		for _, v := range x[from : from+k.q] {
			top = max(top, float64(scale*v))
		}
		for _, v := range x[from : from+k.q] {
			dst = append(dst, functions.Exp1((float64(scale*v)-top)/k.kT))
		}
	}
	return dst
}

// running are the sums of exp(x/kT) over the largest; at kT = 0 those of the largest alone.
func (k *heatBath) running(dst, x []float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	sum := 0.0
	for a, v := range x {
		switch {
		case v == top:
			sum++
		case k.kT > 0:
			sum += functions.Exp1((v - top) / k.kT)
		}
		dst[a] = sum
	}
}

// Visit draws the sites given.
func (k *heatBath) Visit(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	if k.sums != nil {
		return k.visitListed(s, sites, u)
	}
	var sums [256]float64
	c := sums[:k.q]
	for _, i := range sites {
		k.distribution(c, s, int(i))
		now := uint8(u.Pick(c))
		if now != s[i] {
			changed++
		}
		s[i] = now
	}
	return changed
}

func (k *heatBath) visitListed(s []uint8, sites []int32, u *rng.Stream) (changed int64) {
	start, to, q := k.graph.Start, k.graph.To, k.q
	for _, i := range sites {
		row := 0
		for _, j := range to[start[i]:start[i+1]] {
			row += k.step[s[j]]
		}
		now := uint8(u.Pick(k.sums[row*q : row*q+q]))
		if now != s[i] {
			changed++
		}
		s[i] = now
	}
	return changed
}

// distribution is the running sums of site i's weights.
func (k *heatBath) distribution(c []float64, s []uint8, i int) {
	if k.factor != nil {
		if k.own != nil {
			copy(c, k.own)
		} else {
			for a := range c {
				c[a] = 1
			}
		}
		for _, j := range k.graph.To[k.graph.Start[i]:k.graph.Start[i+1]] {
			for a, f := range k.factor[int(s[j])*k.q : (int(s[j])+1)*k.q] {
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
	k.running(c, x[:k.q])
}

// Width of a site.
func (k *heatBath) Width() int { return 1 }

// Propose is that of Metropolis.
func (k *heatBath) Propose(dst, s []uint8, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, u)
}

func prepareHeatBath(m walkers.Model[uint8], s *spins, order string) (builder, error) {
	o := walkers.NewOrder(s.graph, order)
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, s.energy, o, w, newHeatBath(s)), nil
	}, nil
}

func prepareGlauber(m walkers.Model[uint8], s *spins, _ *moves.HeatBath) (builder, error) {
	o := walkers.NewOrder(s.graph, "random")
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewEvents(m, s.energy, o, w, newHeatBath(s)), nil
	}, nil
}
