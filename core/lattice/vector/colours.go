package vector

import (
	"math/bits"
	"sync"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/checkered"
	"github.com/ergodica/ergodica/core/lattice/vector/lanes"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// colours is what walkers share that update a colour of a lattice at once.
type colours struct {
	*ON
	layout *checkered.Layout
	words  int          // of places in a page
	room   int          // places
	bonds  [2][]float64 // couplings by direction, where they differ
	sites  [2][]float64 // fields, component after component, where they differ
}

// newColours is nil where single sites have to do.
func newColours(m *ON) *colours {
	k := &colours{ON: m, layout: checkered.Lay(&m.Lattice), words: 16}
	if k.layout == nil {
		return nil
	}
	if m.N > 3 {
		k.words = 4
	}
	k.room = 64 * k.words
	if !m.J.Uniform() {
		k.bonds = k.layout.Bonds(&m.Lattice, m.J.Values)
	}
	if m.each {
		for c := range k.sites {
			k.sites[c] = make([]float64, m.N*k.layout.Size)
		}
		for n := range m.N {
			size := k.layout.Size
			checkered.Scatter(k.layout, &[2][]float64{k.sites[0][n*size : (n+1)*size], k.sites[1][n*size : (n+1)*size]}, m.h[n:], m.N)
		}
	}
	return k
}

// bench is what one worker works on.
type bench struct {
	x                 []float64 // fields, then directions
	u                 []float64 // uniform numbers
	sin, cos, d, side []float64
	cost, logs        []float64
	second            []float64 // d and side of places that are tried again
	c, again          []float64 // what draws need, of all places, and of those that are tried again
	passed            []uint64
	list              []int32
	stream            rng.Stream
}

func (k *colours) bench() *bench {
	b := &bench{x: make([]float64, k.N*k.room)}
	if k.N > 3 {
		return b
	}
	for _, x := range []*[]float64{&b.sin, &b.cos, &b.d, &b.side, &b.cost, &b.logs} {
		*x = make([]float64, k.room)
	}
	b.u, b.second, b.c, b.again = make([]float64, 2*k.room), make([]float64, 2*k.room), make([]float64, 4*k.room), make([]float64, 4*k.room)
	b.passed, b.list = make([]uint64, k.words), make([]int32, 0, k.room)
	return b
}

// around writes the fields of the places of a page into b.x; without couplings, those of the sites alone.
func (k *colours) around(b *bench, other []float64, colour, from, to int, coupled bool) {
	kernels, m := lanes.At(), k.layout
	n, at, ahead := 64*(to-from), 64*from, m.Ahead[colour][from:to]
	for c := range k.N {
		x, plane, h := b.x[c*k.room:c*k.room+n], other[c*m.Size:(c+1)*m.Size], 0.0
		if k.h != nil && !k.each {
			h = k.h[c]
		}
		switch {
		case !coupled:
			kernels.Field(x, plane, at, ahead, m.Across, 0, h)
		case k.bonds[colour] != nil:
			kernels.Bonds(x, plane, at, ahead, m.Across, k.bonds[colour], m.Size, h)
		default:
			kernels.Field(x, plane, at, ahead, m.Across, k.J.Scalar, h)
		}
		if k.each {
			simd.Add(x, x, k.sites[colour][c*m.Size+at:c*m.Size+at+n])
		}
	}
}

// energies makes what finds the energy of a walker: s.x over one colour has every bond once.
func (k *colours) energies() func(p *checkered.Planes[float64]) float64 {
	b, terms := k.bench(), make([]float64, k.room)
	return func(p *checkered.Planes[float64]) float64 {
		e, m := 0.0, k.layout
		for colour := range 2 {
			if colour == 1 && k.h == nil {
				break
			}
			for from := m.Within[0]; from < m.Within[1]; from += k.words {
				to := min(from+k.words, m.Within[1])
				k.around(b, p[1-colour], colour, from, to, colour == 0)
				lanes.At().Dot(terms, p[colour], 64*from, m.Size, b.x, k.room, k.N, m.Sites[colour][from:to])
				e += simd.Sum(terms[:64*(to-from)])
			}
		}
		return 0 - e
	}
}

// benches are those of a rule's workers.
type benches struct {
	*colours
	all []*bench
}

// Seat makes room.
func (k *benches) Seat(n int) {
	for len(k.all) < n {
		k.all = append(k.all, k.bench())
	}
}

// mirrors is reflection for a colour at once.
type mirrors struct{ benches }

// SetKT does nothing: energy is kept.
func (*mirrors) SetKT(float64) {}

// Name: there is nothing to report.
func (*mirrors) Name() string { return "" }

// Update reflects a page.
func (k *mirrors) Update(p *checkered.Planes[float64], colour, _, from, to, worker int, _ rng.Key, _ uint64) int {
	b, m := k.all[worker], k.layout
	k.around(b, p[1-colour], colour, from, to, true)
	lanes.At().Reflect(p[colour], 64*from, m.Size, b.x, k.room, k.N, m.Sites[colour][from:to])
	return 0
}

// baths is heatBath for a colour at once.
type baths struct {
	benches
	kT float64
}

// SetKT sets the temperature.
func (k *baths) SetKT(kT float64) { k.kT = kT }

// Name: nearly all change.
func (*baths) Name() string { return "" }

// Update draws a page.
func (k *baths) Update(p *checkered.Planes[float64], colour, page, from, to, worker int, key rng.Key, step uint64) int {
	b, m := k.all[worker], k.layout
	k.around(b, p[1-colour], colour, from, to, true)
	sites, own := m.Sites[colour][from:to], p[colour]
	switch k.N {
	case 2:
		k.planar(b, own, 64*from, sites, page, key, step)
	case 3:
		k.spatial(b, own, 64*from, sites, page, key, step)
	default:
		b.stream.Reset(key, step*uint64((m.Within[1]-m.Within[0]+k.words-1)/k.words)+uint64(page))
		k.others(b, own, 64*from, sites)
	}
	return 0
}

// planar is the rejection of planar in attempts: the first at every place of the page, the next at those that were rejected, in their order, and so on.
func (k *baths) planar(b *bench, own []float64, at int, sites []uint64, page int, key rng.Key, step uint64) {
	kernels, n := lanes.At(), 64*len(sites)
	pages := (k.layout.Within[1] - k.layout.Within[0] + k.words - 1) / k.words
	try := func(d, side, c []float64, m, attempt int) {
		key.Uniforms(b.u[:2*m], step, uint64(attempt*pages+page)*uint64(2*k.room))
		v := b.u[m : 2*m]
		functions.SincosTurns(b.sin[:m], b.cos[:m], b.u[:m])
		kernels.Try2(d, side, b.cost, v, b.sin, b.cos, c, k.room, m)
		functions.Log(b.logs[:m], v)
		kernels.Passed(b.passed[:(m+63)/64], b.logs, b.cost)
	}
	kernels.Aim2(b.x, b.c, k.room, n, 1/k.kT)
	try(b.d, b.side, b.c, n, 0)
	list := b.list[:0]
	for w, in := range sites {
		for o := in &^ b.passed[w]; o != 0; o &= o - 1 {
			list = append(list, int32(64*w+bits.TrailingZeros64(o)))
		}
	}
	for attempt := 1; len(list) > 0; attempt++ {
		for j, i := range list {
			for c := 0; c < 4*k.room; c += k.room {
				b.again[c+j] = b.c[c+int(i)]
			}
		}
		m := (len(list) + 7) &^ 7
		d, side := b.second[:k.room], b.second[k.room:]
		try(d, side, b.again, m, attempt)
		left := 0
		for j, i := range list {
			if b.passed[j/64]>>(j%64)&1 != 0 {
				b.d[i], b.side[i] = d[j], side[j]
			} else {
				list[left] = i
				left++
			}
		}
		list = list[:left]
	}
	kernels.End2(own, at, k.layout.Size, b.x, k.room, b.d, b.side, sites)
}

// spatial inverts the distribution of t, which is exponential.
func (k *baths) spatial(b *bench, own []float64, at int, sites []uint64, page int, key rng.Key, step uint64) {
	kernels, n := lanes.At(), 64*len(sites)
	kappa, logs := b.cost[:n], b.logs[:n]
	kernels.Aim3(b.x, k.room, n, kappa, logs, 1/k.kT)
	key.Uniforms(b.u[:2*n], step, uint64(page)*uint64(2*k.room))
	functions.Expm1(logs, logs)
	simd.Mul(logs, logs, b.u[:n])
	functions.Log1p(logs, logs)
	functions.SincosTurns(b.sin[:n], b.cos[:n], b.u[n:2*n])
	kernels.End3(own, at, k.layout.Size, b.x, k.room, logs, kappa, b.sin, b.cos, sites)
}

// others draw site by site.
func (k *baths) others(b *bench, own []float64, at int, sites []uint64) {
	var field, spin [64]float64
	x, s := field[:k.N], spin[:k.N]
	for w, in := range sites {
		for ; in != 0; in &= in - 1 {
			i := 64*w + bits.TrailingZeros64(in)
			for c := range x {
				x[c] = b.x[c*k.room+i]
			}
			Draw(s, x, k.kT, &b.stream)
			for c, v := range s {
				own[c*k.layout.Size+at+i] = v
			}
		}
	}
}

// prepareColours is a builder of walkers that update a colour at once; single makes those of single sites.
func prepareColours(m *ON, k *colours, reflections int, single func() (builder, error)) builder {
	s := &checkered.System[float64]{Layout: k.layout, Model: m, Width: m.N, Words: k.words, Energy: k.energies, Single: sync.OnceValues(single)}
	return func(w contract.Walker) (kernel, error) {
		var rules []checkered.Rule[float64]
		for range reflections {
			rules = append(rules, &mirrors{benches{colours: k}})
		}
		return checkered.New(s, w, append(rules, &baths{benches: benches{colours: k}})...), nil
	}
}
