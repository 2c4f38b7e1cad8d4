package exact

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// Enumeration visits all 2^N configurations of up to 26 spins, on any graph, with any couplings and fields. At every kT it gives
//
//	log_z            log Z,  Z = sum over states of exp(-E/kT)
//	free_energy      -kT log Z
//	energy           <E> of the whole system, like the observable energy of a sample
//	heat_capacity    d<E>/dkT = (<E^2> - <E>^2) / kT^2 of the whole system
//	entropy          log Z + <E>/kT
//	magnetization, |magnetization|, magnetization^2, magnetization^4
//	                 <m>, <|m|>, <m^2>, <m^4> of the mean spin m = sum_i s_i / N
//	susceptibility   d<m>/dh = N (<m^2> - <m>^2) / kT, per site
//	binder           1 - <m^4> / (3 <m^2>^2)
//
// and the full distributions: magnetization_level (N+1,), the values of m, with magnetization_degeneracy, the number of states, and
// magnetization_probability; and the same for energy_level (levels,), ascending. Energy levels are given without being asked for when there
// are at most 4096 of them; with observe=["distribution"], always. They are refused for more than 20 spins whose energies have no common
// unit (random couplings), since then nearly every state is a level of its own.
//
// Neighbouring states of a Gray code differ by one spin, so a state costs a few additions: 26 spins take about half a second on one core. Energies
// are integers, multiples of 2^-61 of the largest energy possible, hence without drift, and states of equal energy are found
// exactly. Where couplings have a common unit, states are counted in a table over (energy, spins up) and any number of temperatures costs
// nothing more; else each temperature costs one exponential per state. Weights are relative to the ground state: no kT is too small.
//
// Potts, Clock, Pairwise, Tabled (what Model makes), Hopfield and LongRangeIsing are listed up to 2^22 states, with log_z, free_energy, energy,
// heat_capacity, entropy and the means of their magnetizations; no distributions.
type Enumeration struct{}

const (
	enumerableSpins  = 26
	separateSpins    = 20      // most spins whose energies may all differ when levels are asked for
	countedStates    = 1 << 20 // largest table over (energy, spins up)
	givenLevels      = 4096    // most energy levels given without being asked for
	blockBits        = 14      // states between looks at the context
	enumerationParts = 256     // fixed, so that sums have one order
)

func (e *Enumeration) solve(ctx context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("Enumeration", observe, append(momentNames[:len(momentNames):len(momentNames)], "distribution"))
	if err != nil {
		return err
	}
	kT, err := temperatures(at)
	if err != nil {
		return err
	}
	if n := m.Lattice.Sites(); n > enumerableSpins {
		return spec.Mismatch("Enumeration", fmt.Sprintf("at most %d spins", enumerableSpins), fmt.Sprintf("%d", n)).Try("TransferMatrix() on a strip, Kaufman() on a torus without field, or sample")
	}
	w, err := newEnumerator(m)
	if err != nil {
		return err
	}
	w.progress = func(done, total int) { out.Progress(float64(done), float64(total), "states") }
	asked := set["distribution"] && len(observe) > 0
	if asked && !w.table && w.n > separateSpins {
		e := spec.Errorf(spec.SpecError, "Enumeration: the energies of these couplings have no common unit, so that %d spins have up to 2^%d levels; a distribution is given up to %d spins", w.n, w.n, separateSpins)
		return e.Try(`observe=["energy", "heat_capacity"], or couplings that are multiples of one number`)
	}
	d := &enumerated{kT: kT, rows: make([]thermal, len(kT)), up: make([][]float64, len(kT)), unit: w.unit}
	if w.table {
		err = d.count(ctx, w)
	} else {
		err = d.weigh(ctx, w, set["distribution"] && (asked || 1<<w.n <= givenLevels))
	}
	if err == nil {
		err = deliver(out, set, d.rows)
	}
	if err != nil || !set["distribution"] {
		return err
	}
	return d.deliver(out, w.n, asked)
}

// enumerator holds the model in integers: energies are multiples of unit.
type enumerator struct {
	n        int
	start    []int32 // neighbours of i are start[i]:start[i+1], double bonds merged
	to       []int32
	j        []int64 // of each neighbour
	h        []int64 // of each site; 0 when the field is uniform and states are counted
	common   int64   // j and h are in units of it
	uniform  int64   // field that is added to the cells of the table
	unit     float64
	span     int64 // -span <= E <= span for the energy of j and h
	table    bool  // states are counted, not weighed
	half     bool  // the last spin stays up: j and h give a state and its mirror image the same energy
	progress func(done, total int)
}

func newEnumerator(m *lattice.Ising) (*enumerator, error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	most := 0.0
	for b := range g.Ends {
		most += math.Abs(m.J.At(b))
	}
	for i := range g.Sites {
		most += math.Abs(m.H.At(i))
	}
	if math.IsInf(most, 1) {
		return nil, spec.Errorf(spec.NonFiniteError, "Enumeration: the sum of |J| and |h| overflows float64")
	}
	_, exponent := math.Frexp(most)
	integer := func(x float64) int64 { return int64(math.RoundToEven(math.Ldexp(x, 61-exponent))) }

	w := &enumerator{n: g.Sites, start: make([]int32, g.Sites+1), h: make([]int64, g.Sites), unit: math.Ldexp(1, exponent-61), half: true}
	for i := range g.Sites {
		row := map[int32]int64{}
		for k := g.Start[i]; k < g.Start[i+1]; k++ {
			row[g.To[k]] += integer(m.J.At(int(g.Bond[k])))
		}
		for j := range int32(g.Sites) {
			if row[j] == 0 {
				continue
			}
			w.to, w.j = append(w.to, j), append(w.j, row[j])
			w.common = gcd(w.common, row[j])
			if int(j) > i {
				w.span += max(row[j], -row[j])
			}
		}
		w.start[i+1] = int32(len(w.to))
		if h := integer(m.H.At(i)); m.H.Uniform() {
			w.uniform = h
		} else {
			w.h[i] = h
			w.common = gcd(w.common, h)
			w.span += max(h, -h)
			w.half = w.half && h == 0
		}
	}
	w.common = max(w.common, 1)
	if w.table = w.span/w.common < countedStates/int64(w.n+1); w.table {
		w.span /= w.common
		for k := range w.j {
			w.j[k] /= w.common
		}
		for i := range w.h {
			w.h[i] /= w.common
		}
		return w, nil
	}
	w.common = 1
	if w.uniform != 0 {
		for i := range w.h {
			w.h[i] = w.uniform
		}
		w.span += int64(w.n) * max(w.uniform, -w.uniform)
		w.uniform, w.half = 0, false
	}
	return w, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// free is the number of spins that take both values.
func (w *enumerator) free() int {
	if w.half {
		return w.n - 1
	}
	return w.n
}

// visit walks through block b of 2^blockBits states (or all of them, if they are fewer) in the order of the Gray code of the lowest spins;
// the other spins are the bits of b. see gets the energy of j and h, and the number of spins up.
func (w *enumerator) visit(b int, see func(energy int64, up int)) {
	var s [enumerableSpins]int64
	low := min(w.free(), blockBits)
	up := 0
	for i := range w.n {
		s[i] = -1
		if i >= w.free() || (i >= low && b>>(i-low)&1 == 1) {
			s[i] = 1
			up++
		}
	}
	energy := int64(0)
	for i := range w.n {
		energy -= w.h[i] * s[i]
		for k := w.start[i]; k < w.start[i+1]; k++ {
			if int(w.to[k]) > i {
				energy -= w.j[k] * s[i] * s[w.to[k]]
			}
		}
	}
	see(energy, up)
	for step := 1; step < 1<<low; step++ {
		i := bits.TrailingZeros(uint(step))
		field := w.h[i]
		to := w.to[w.start[i]:w.start[i+1]]
		for k, j := range w.j[w.start[i]:w.start[i+1]] {
			field += j * s[to[k]]
		}
		energy += 2 * s[i] * field
		s[i] = -s[i]
		up += int(s[i])
		see(energy, up)
	}
}

func (w *enumerator) blocks() int { return 1 << (w.free() - min(w.free(), blockBits)) }

// parts runs fn for every part of the blocks; a part is the same whatever the number of workers.
func (w *enumerator) parts(ctx context.Context, pass, passes int, fn func(part, block int)) error {
	blocks := w.blocks()
	n := min(blocks, enumerationParts)
	var mu sync.Mutex
	done := 0
	return par.Do(ctx, 0, n, func(i int) error {
		for b := blocks * i / n; b < blocks*(i+1)/n; b++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			fn(i, b)
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		w.progress((pass*n+done)<<w.free()/(n*passes), 1<<w.free())
		return nil
	})
}

// cell is a number of states of one energy, in units of the enumerator, and one number of spins up.
type cell struct {
	energy int64
	up     int
	states uint64
}

// count tabulates the states.
func (w *enumerator) count(ctx context.Context) ([]cell, error) {
	var mu sync.Mutex
	var idle [][]uint64
	width := w.n + 1
	err := w.parts(ctx, 0, 1, func(_, b int) {
		mu.Lock()
		var t []uint64
		if len(idle) > 0 {
			t, idle = idle[len(idle)-1], idle[:len(idle)-1]
		}
		mu.Unlock()
		if t == nil {
			t = make([]uint64, int(w.span+1)*width)
		}
		w.visit(b, func(energy int64, up int) { t[int((energy+w.span)>>1)*width+up]++ })
		mu.Lock()
		idle = append(idle, t)
		mu.Unlock()
	})
	if err != nil {
		return nil, err
	}
	var cells []cell
	for k := range idle[0] {
		up, mirror := k%width, k-k%width+w.n-k%width
		states := uint64(0)
		for _, t := range idle {
			states += t[k]
			if w.half {
				states += t[mirror]
			}
		}
		if states > 0 {
			energy := (2*int64(k/width) - w.span) * w.common
			cells = append(cells, cell{energy - w.uniform*int64(2*up-w.n), up, states})
		}
	}
	slices.SortFunc(cells, func(a, b cell) int { return cmp.Or(cmp.Compare(a.energy, b.energy), cmp.Compare(a.up, b.up)) })
	return cells, nil
}
