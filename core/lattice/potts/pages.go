package potts

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/checkered"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// paged is what walkers of a few values on a lattice of two colours share: a site's distribution is found by the sum of the codes of its neighbours, powers of
// their number + 1, so that the sum tells how many have which value; where none can be missing, value 0 has the code 0.
type paged struct {
	*spins
	layout *checkered.Layout
	code   []uint8
	values [256]uint8 // by code
	rows   int
	z      int
	affine bool // V(a, b) = level + height delta(a, b)
	level  float64
	height float64
	tries  bool // Metropolis: the distributions depend on a site's value as well, whose rows follow those of the value before
	latest atomic.Pointer[drawn]
}

// drawn are the distributions at one temperature.
type drawn struct {
	kT    float64
	picks *rng.Picks
}

// newPaged is nil where single sites have to do.
func newPaged(m *spins, tries bool) *paged {
	k := &paged{spins: m, tries: tries}
	if m.q > rng.PickOutcomes || m.each || !m.J.Uniform() {
		return nil
	}
	if k.layout = checkered.Lay(m.lattice); k.layout == nil {
		return nil
	}
	k.z = 2 + 2*len(k.layout.Across)
	next := 1
	for a := range m.q {
		c := 0
		if a > 0 || k.layout.Open {
			if c = next; next > rng.PickRows {
				return nil
			}
			next *= k.z + 1
		}
		k.code = append(k.code, uint8(c))
		k.values[c] = uint8(a)
	}
	k.rows = int(k.code[m.q-1])*k.z + 1
	if all := k.rows; all > rng.PickRows || (tries && all*m.q > rng.PickRows) {
		return nil
	}
	k.level, k.height, k.affine = m.heights()
	return k
}

// at is what decides at kT, made anew where it is not the latest one's.
func (k *paged) at(kT float64) *rng.Picks {
	if d := k.latest.Load(); d != nil && d.kT == kT {
		return d.picks
	}
	kinds := 1
	if k.tries {
		kinds = k.q
	}
	sums, x, counts := make([]float64, kinds*k.rows*k.q), make([]float64, k.q), make([]int, k.q)
	for row := range k.rows {
		rest, all := row, 0
		for a := k.q - 1; a >= 0; a-- {
			if counts[a] = 0; k.code[a] > 0 {
				counts[a] = rest / int(k.code[a])
				rest %= int(k.code[a])
			}
			all += counts[a]
		}
		if !k.layout.Open {
			counts[0] = max(k.z-all, 0) // other rows never come up
		}
		for a := range x {
			if x[a] = 0; k.site != nil {
				x[a] = k.site[a]
			}
			for b, n := range counts {
				x[a] += float64(k.J.Scalar * float64(k.pair[a*k.q+b]*float64(n)))
			}
		}
		for own := range kinds {
			c := sums[(own*k.rows+row)*k.q:][:k.q]
			if k.tries {
				tried(c, x, own, kT)
			} else {
				running(c, x, kT)
			}
		}
	}
	d := &drawn{kT, rng.NewPicks(sums, k.code)}
	k.latest.Store(d)
	return d.picks
}

// tried are the running sums of where a site of a value goes that proposes one of the others, each as likely, and accepts it with probability
// min(1, exp((x[a] - x[own])/kT)); of two values, what costs nothing every other time.
func tried(dst, x []float64, own int, kT float64) {
	stay := 1.0
	for a, v := range x {
		if a == own {
			dst[a] = 0
			continue
		}
		d := x[own] - v
		if math.Abs(d) < 1e-14*(1+math.Abs(v)) { // sums that are equal but for their rounding
			d = 0
		}
		dst[a] = walkers.Turned(d, kT, false, len(x) == 2) / float64(len(x)-1)
		stay -= dst[a]
	}
	dst[own] = max(stay, 0)
	for a := range dst[1:] {
		dst[a+1] += dst[a]
	}
}

// energies makes what finds the energy of a walker.
func (k *paged) energies() func(p *checkered.Planes[uint8]) float64 {
	if k.affine {
		return k.energy
	}
	x := make([]uint8, k.Sites())
	return func(p *checkered.Planes[uint8]) float64 {
		checkered.Gather(k.layout, x, 1, (*[2][]uint8)(p))
		k.plain(x)
		return k.spins.energy(x)
	}
}

// energy counts neighbours that are alike.
func (k *paged) energy(p *checkered.Planes[uint8]) float64 {
	m := k.layout
	alike := m.Alike(p[0], p[1], 0)
	e := float64(k.J.Scalar * (float64(k.height*float64(alike)) + float64(k.level*float64(k.lattice.Bonds()))))
	if k.site != nil {
		for a, c := range k.code {
			e += float64(k.site[a] * float64(m.Number(p, c)))
		}
	}
	return 0 - e
}

func (k *paged) coded(x []uint8) {
	for i, a := range x {
		x[i] = k.code[a]
	}
}

func (k *paged) plain(x []uint8) {
	for i, c := range x {
		x[i] = k.values[c]
	}
}

// pageRule draws the sites of a colour from their distributions given the others, 64 at a time.
type pageRule struct {
	*paged
	picks  *rng.Picks
	sums   [][]uint8  // of each worker
	before [256]uint8 // rows before those of a value, by code
}

func newPageRule(k *paged) *pageRule {
	r := &pageRule{paged: k}
	for a, c := range k.code {
		if k.tries {
			r.before[c] = uint8(a * k.rows)
		}
	}
	return r
}

// SetKT finds the distributions.
func (k *pageRule) SetKT(kT float64) { k.picks = k.at(kT) }

// Name is that of the share that changed.
func (k *pageRule) Name() string {
	if k.tries {
		return "acceptance"
	}
	return "changed"
}

// Seat makes room.
func (k *pageRule) Seat(n int) {
	for len(k.sums) < n {
		k.sums = append(k.sums, make([]uint8, rng.PickLanes))
	}
}

// Update draws a page.
func (k *pageRule) Update(p *checkered.Planes[uint8], colour, page, from, to, worker int, key rng.Key, step uint64) int {
	sums := k.sums[worker][:64*(to-from)]
	k.layout.Sums(sums, p[1-colour], colour, from, to)
	if k.tries {
		for i, c := range p[colour][64*from : 64*to] {
			sums[i] += k.before[c]
		}
	}
	return key.PickEach(p[colour][64*from:64*to], sums, k.layout.Sites[colour][from:to], step, uint64(page), k.picks)
}

// preparePages is a builder of walkers that draw a colour at a time; single makes those of single sites.
func preparePages(m walkers.Model[uint8], k *paged, single func() (builder, error)) builder {
	s := &checkered.System[uint8]{Layout: k.layout, Model: m, Width: 1, Words: rng.PickLanes / 64, Energy: k.energies, Coded: k.coded, Plain: k.plain, Single: sync.OnceValues(single)}
	return func(w contract.Walker) (kernel, error) { return checkered.New(s, w, newPageRule(k)), nil }
}
