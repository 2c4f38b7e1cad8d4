package lattice

import (
	"context"
	"math"
	"math/bits"

	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
)

// rows divides a hypercubic lattice with one coupling into clusters. A row along the last axis is a run of words, one bit a spin, its last
// word filled up with zeros. A node of the forest is a run of bonded sites inside a row, numbered from 1 in C order; 0 is the ghost.
type rows struct {
	hypercube
	J        float64
	model    *Ising
	length   int    // of a row
	width    int    // words of a row
	last     uint64 // lanes of a row's last word
	groups   int
	spins    [][8]uint64
	trial    [][8]uint64   // satisfied bonds of one axis
	bond     [][][8]uint64 // per axis: bond from a site to the next
	start    [][8]uint64   // first sites of runs
	before   []int32       // number of the last run that starts before a word
	forest   walkers.Forest
	nodes    int
	roots    [][8]uint64
	coins    [][8]uint64
	join     [1]rng.Threshold
	strength []float64       // different |h_i|
	ghost    []rng.Threshold // of each strength
	pulled   [][8]uint64     // per group and strength: sites with this field
	upward   [][8]uint64     // sites with h_i > 0
	aligned  [][8]uint64     // per group and strength: those of pulled that point along their field
	held     [][8]uint64     // sites bonded to the ghost
	divided  bool
	sizes    []int64
	tally    []int64
}

const (
	mostFields     = 16
	groupsPerCheck = 4096
)

func fitsRows(m *Ising, h *hypercube) bool {
	return m.Lattice.Shape != nil && m.J.Uniform() && len(h.shape) > 0 && len(strengths(m)) <= mostFields
}

// strengths are the different |h_i| but 0, at most one more than mostFields.
func strengths(m *Ising) []float64 {
	var found []float64
	for i := range max(1, len(m.H.Values)) {
		h := math.Abs(m.H.At(i))
		known := h == 0
		for _, x := range found {
			known = known || x == h
		}
		if !known && len(found) <= mostFields {
			found = append(found, h)
		}
	}
	return found
}

func newRows(m *Ising, h hypercube) *rows {
	axes := len(h.shape)
	r := &rows{hypercube: h, J: m.J.Scalar, model: m, length: h.shape[axes-1], strength: strengths(m)}
	r.width = (r.length + 63) / 64
	r.last = math.MaxUint64 >> (uint(-r.length) & 63)
	r.groups = (h.n/r.length*r.width + 7) / 8
	plane := func(k int) [][8]uint64 { return make([][8]uint64, k*r.groups) }
	r.spins, r.trial, r.start = plane(1), plane(1), plane(1)
	r.bond = make([][][8]uint64, axes)
	for d := range r.bond {
		r.bond[d] = plane(1)
	}
	r.before = make([]int32, 8*r.groups)
	r.forest = make(walkers.Forest, h.n+1)
	r.roots, r.coins = make([][8]uint64, h.n/512+2), make([][8]uint64, h.n/512+2)
	r.ghost = make([]rng.Threshold, len(r.strength))
	if k := len(r.strength); k > 0 {
		r.pulled, r.aligned, r.upward, r.held = plane(k), plane(k), plane(1), plane(1)
		for i := range h.n {
			word, bit := r.place(i)
			for j, x := range r.strength {
				if math.Abs(m.H.At(i)) == x {
					r.pulled[word/8*k+j][word%8] |= bit
				}
			}
			if m.H.At(i) > 0 {
				flat(r.upward)[word] |= bit
			}
		}
	}
	r.Write(ordered(h.n))
	return r
}

func ordered(n int) []int8 {
	s := make([]int8, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

// place is the word of site i and its bit there.
func (r *rows) place(i int) (word int, bit uint64) {
	row, x := i/r.length, i%r.length
	return row*r.width + x/64, 1 << (x & 63)
}

func (r *rows) SetKT(kT float64) {
	r.join[0] = joinThreshold(r.J, kT)
	for j, h := range r.strength {
		r.ghost[j] = joinThreshold(h, kT)
	}
}

func (r *rows) update(ctx context.Context, key rng.Key, step uint64, team *par.Team) (int, error) {
	r.divided = false
	for d := range r.bond {
		r.satisfied(d)
		if err := r.toss(ctx, r.bond[d], key, step, d, r.trial, r.join[:]); err != nil {
			return 0, err
		}
	}
	if len(r.strength) > 0 {
		r.align()
		if err := r.toss(ctx, r.held, key, step, len(r.bond), r.aligned, r.ghost); err != nil {
			return 0, err
		}
	}
	r.number()
	if err := r.merge(ctx); err != nil {
		return 0, err
	}
	f := r.forest[:r.nodes]
	clusters := orient(r.coins, r.roots, f, key, step)
	r.turn()
	r.divided = true
	return clusters, nil
}

// toss draws the bonds of one kind, with numbers of its own.
func (r *rows) toss(ctx context.Context, dst [][8]uint64, key rng.Key, step uint64, kind int, class [][8]uint64, p []rng.Threshold) error {
	for g := 0; g < r.groups; g += groupsPerCheck {
		if g > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		end := min(g+groupsPerCheck, r.groups)
		key.BernoulliRun(dst[g:end], step, uint64(kind*r.groups+g), class[g*len(p):end*len(p)], p)
	}
	return nil
}

// satisfied marks in trial the bonds along an axis whose energy is negative.
func (r *rows) satisfied(axis int) {
	s, t := flat(r.spins), flat(r.trial)
	same := ^uint64(0)
	if r.J < 0 {
		same = 0
	}
	w := r.width
	for i, row := 0, 0; i < r.n; i, row = i+r.length, row+w {
		here, out := s[row:row+w], t[row:row+w]
		if axis == len(r.shape)-1 {
			for k := range w - 1 {
				out[k] = here[k] ^ (here[k]>>1 | here[k+1]<<63) ^ same
			}
			x := here[w-1]
			end := uint((r.length - 1) & 63)
			lanes := r.last
			if !r.periodic[axis] {
				lanes >>= 1
			}
			out[w-1] = (x ^ (x>>1 | here[0]&1<<end) ^ same) & lanes
			continue
		}
		j := r.step(i, axis, false)
		if j == i {
			clear(out)
			continue
		}
		next := s[j/r.length*w:][:w]
		for k, x := range here {
			out[k] = x ^ next[k] ^ same
		}
		out[w-1] &= r.last
	}
}

// align marks the sites that point along their field.
func (r *rows) align() {
	k := len(r.strength)
	for g := range r.spins {
		for i, s := range r.spins[g] {
			along := ^(s ^ r.upward[g][i])
			for j := range k {
				r.aligned[g*k+j][i] = r.pulled[g*k+j][i] & along
			}
		}
	}
}

// number finds the runs.
func (r *rows) number() {
	bond, start := flat(r.bond[len(r.bond)-1]), flat(r.start)
	count := int32(0)
	for row := 0; row < r.n/r.length*r.width; row += r.width {
		carry := uint64(0)
		for k := row; k < row+r.width; k++ {
			b := bond[k]
			s := ^(b<<1 | carry)
			carry = b >> 63
			if k == row+r.width-1 {
				s &= r.last
			}
			start[k] = s
			r.before[k] = count
			count += int32(bits.OnesCount64(s))
		}
	}
	r.nodes = int(count) + 1
	r.forest[:r.nodes].Reset()
}

// node is the run that covers bit b of a word.
func node(before int32, start uint64, b int) int32 {
	return before + int32(bits.OnesCount64(start&(2<<b-1)))
}

// merge joins runs that are bonded across rows, around the boundary, and to the ghost.
func (r *rows) merge(ctx context.Context) error {
	w, axes := r.width, len(r.shape)
	bond, start, held := flat(r.bond[axes-1]), flat(r.start), flat(r.held)
	f := r.forest[:r.nodes]
	work := 0
	for i, row := 0, 0; i < r.n; i, row = i+r.length, row+w {
		if work += r.length; work >= visitsPerCheck {
			work = 0
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		for d := range axes - 1 {
			back, forth := r.step(i, d, true), r.step(i, d, false)
			if back < i {
				r.mergeRows(f, row, back/r.length*w, flat(r.bond[d])[back/r.length*w:][:w])
			}
			if forth < i {
				r.mergeRows(f, row, forth/r.length*w, flat(r.bond[d])[row:][:w])
			}
		}
		end := row + w - 1
		if bond[end]>>((r.length-1)&63)&1 != 0 {
			f.Join(r.before[row]+1, r.before[end]+int32(bits.OnesCount64(start[end])))
		}
		if held != nil {
			for k := row; k < row+w; k++ {
				for v := held[k]; v != 0; v &= v - 1 {
					f.Join(0, node(r.before[k], start[k], bits.TrailingZeros64(v)))
				}
			}
		}
	}
	return nil
}

// mergeRows joins two rows of words from a and b on by the bonds between them. A bond whose left neighbour joined the same runs is skipped.
func (r *rows) mergeRows(f walkers.Forest, a, b int, bond []uint64) {
	start := flat(r.start)
	sa, sb := start[a:a+len(bond)], start[b:b+len(bond)]
	na, nb := r.before[a:a+len(bond)], r.before[b:b+len(bond)]
	carry := uint64(0)
	for k, v := range bond {
		x, y := sa[k], sb[k]
		shifted := v<<1 | carry
		carry = v >> 63
		for v &^= shifted &^ (x | y); v != 0; v &= v - 1 {
			bit := bits.TrailingZeros64(v)
			f.Join(node(na[k], x, bit), node(nb[k], y, bit))
		}
	}
}

// turn flips the sites of the clusters that orient chose: the runs' coins become toggles at their starts, and a running parity spreads them.
func (r *rows) turn() {
	start, spins, coins := flat(r.start), flat(r.spins), flat(r.coins)
	f := r.forest[:r.nodes]
	at := 0
	for row := 0; row < r.n/r.length*r.width; row += r.width {
		now := uint64(0)
		for k := row; k < row+r.width; k++ {
			enter, toggle := now, uint64(0)
			for s := start[k]; s != 0; s &= s - 1 {
				at++
				c := coin(coins, f[at])
				toggle |= (c ^ now) << (bits.TrailingZeros64(s) & 63)
				now = c
			}
			spins[k] ^= parity(toggle) ^ -enter
		}
		spins[row+r.width-1] &= r.last
	}
}

// parity of the bits up to and including each.
func parity(x uint64) uint64 {
	x ^= x << 1
	x ^= x << 2
	x ^= x << 4
	x ^= x << 8
	x ^= x << 16
	x ^= x << 32
	return x
}

func (r *rows) clusterSizes() []int64 {
	r.sizes = r.sizes[:0]
	if !r.divided {
		return r.sizes
	}
	if r.tally == nil {
		r.tally = make([]int64, len(r.forest))
	}
	f, start := r.forest[:r.nodes], flat(r.start)
	clear(r.tally[:r.nodes])
	for i := range r.n / r.length * r.width {
		lanes := uint64(math.MaxUint64)
		if i%r.width == r.width-1 {
			lanes = r.last
		}
		at := r.before[i]
		first := bits.OnesCount64(lanes)
		if s := start[i]; s != 0 {
			first = bits.TrailingZeros64(s)
		}
		r.tally[f[at]] += int64(first)
		for s := start[i]; s != 0; {
			from := bits.TrailingZeros64(s)
			s &= s - 1
			to := bits.OnesCount64(lanes)
			if s != 0 {
				to = bits.TrailingZeros64(s)
			}
			at++
			r.tally[f[at]] += int64(to - from)
		}
	}
	for x, root := range f {
		if int(root) == x && (x > 0 || len(r.strength) > 0) {
			r.sizes = append(r.sizes, r.tally[x])
		}
	}
	return r.sizes
}

func (r *rows) Read(dst []int8) {
	s := flat(r.spins)
	for i := range dst {
		word, bit := r.place(i)
		dst[i] = -1
		if s[word]&bit != 0 {
			dst[i] = 1
		}
	}
}

func (r *rows) Write(src []int8) {
	r.divided = false
	s := flat(r.spins)
	clear(s)
	for i, x := range src {
		word, bit := r.place(i)
		if x > 0 {
			s[word] |= bit
		}
	}
}

func (r *rows) Energy() float64 {
	satisfied, bonds := 0, 0
	for d, n := range r.shape {
		r.satisfied(d)
		for _, t := range flat(r.trial) {
			satisfied += bits.OnesCount64(t)
		}
		if r.periodic[d] {
			bonds += r.n
		} else {
			bonds += r.n / n * (n - 1)
		}
	}
	sum := -math.Abs(r.J) * float64(2*satisfied-bonds)
	if len(r.strength) > 0 {
		r.align()
		for j, h := range r.strength {
			along, all := 0, 0
			for g := range r.groups {
				for i, x := range r.aligned[g*len(r.strength)+j] {
					along += bits.OnesCount64(x)
					all += bits.OnesCount64(r.pulled[g*len(r.strength)+j][i])
				}
			}
			sum -= float64(h * float64(2*along-all))
		}
	}
	return sum
}

func (r *rows) magnetization() float64 {
	up := 0
	for _, s := range flat(r.spins) {
		up += bits.OnesCount64(s)
	}
	return float64(2*up - r.n)
}
