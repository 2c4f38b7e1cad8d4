package automata

import (
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// LifeLike is a cellular automaton of the plane in which a cell's next value depends on itself and the number n of its neighbours that are 1: a cell 0 becomes
// 1 where n is in born, a cell 1 stays where n is in survive (outer totalistic rules; J. H. Conway's Game of Life is born 3, survive 2, 3). flip
// turns every outcome round with a probability, independently. All cells change at once; a unit of time is a step. Beyond open edges cells are 0.
//
// # Observables
//
//	configuration             the cells, int8, in the shape of the lattice
//	density                   share of cells that are 1
//
// # Start
//
// "random" is 1 with probability density at each cell, "ordered" one cell 1, in the middle.
//
// # Examples
//
//	>>> glider = np.zeros((8, 8), int)
//	>>> glider[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
//	>>> run = erg.simulate(erg.lattice.LifeLike((8, 8)), time=4, every=4, start=glider, chains=1, observe=["configuration"], seed=1)
//	>>> bool((run["configuration"][0, -1] == np.roll(glider, (1, 1), (0, 1))).all())
//	True
//
// # References
//
// M. Gardner, Sci. Am. 223 (4), 120 (1970). N. H. Packard, S. Wolfram, J. Stat. Phys. 38, 901 (1985).
type LifeLike struct {
	events.Rates
	// Rows and columns.
	Lattice geometry.Lattice `spec:"lattice"`
	// Numbers of neighbours that make a cell 1.
	Born []int `spec:"born" default:"[3]" range:"[0,8]"`
	// Numbers of neighbours that keep a cell 1.
	Survive []int `spec:"survive" default:"[2,3]" range:"[0,8]"`
	// The eight cells around one, or the four that share a side with it.
	Neighbours string `spec:"neighbours" default:"\"moore\"" oneof:"moore,von neumann"`
	// Probability that an outcome is turned round.
	Flip float64 `spec:"flip" default:"0.0" range:"[0,1]"`
	// Share of ones at the start.
	Density float64 `spec:"density" default:"0.5" range:"[0,1]"`
	// Boundary: one value for both axes, or one for each.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Check wants a plane.
func (m *LifeLike) Check() error {
	if len(m.Lattice.Shape) != 2 {
		return spec.Expected("LifeLike.lattice", "rows and columns", m.Lattice.Shape).Try("lattice=(64, 64).")
	}
	if m.Neighbours != "moore" {
		for _, k := range append(append([]int(nil), m.Born...), m.Survive...) {
			if k > 4 {
				return spec.Expected("LifeLike.born, survive", "numbers of neighbours from 0 to 4", k)
			}
		}
	}
	if err := plan(m.Lattice.Sites()); err != nil {
		return err
	}
	return m.Lattice.SetPeriodic(m.Periodic)
}

// Name in messages.
func (m *LifeLike) Name() string { return "LifeLike" }

// Layout is rows and columns.
func (m *LifeLike) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites of the plane.
func (m *LifeLike) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *LifeLike) Unit() string { return "cell updates" }

// Draw tosses coins.
func (m *LifeLike) Draw(x []int8, u *rng.Stream) { toss(x, m.Density, u) }

// Ordered is one cell in the middle.
func (m *LifeLike) Ordered(x []int8) {
	clear(x)
	s := m.Lattice.Shape
	x[s[0]/2*s[1]+s[1]/2] = 1
}

// Admits 0 and 1.
func (m *LifeLike) Admits(x []int8) (int, bool) { return bit(x) }

// Values of a configuration.
func (m *LifeLike) Values() string { return "cells 0 or 1" }

// Observables beside the configuration.
func (m *LifeLike) Observables() []walkers.Observable[int8] { return density() }

// counting is a rule of counts: bit n of born and survive is whether n is in them.
type counting struct {
	born, survive uint16
	four          bool
	p             []rng.Threshold
}

func (m *LifeLike) counting() *counting {
	c := &counting{four: m.Neighbours != "moore"}
	for _, k := range m.Born {
		c.born |= 1 << k
	}
	for _, k := range m.Survive {
		c.survive |= 1 << k
	}
	if f := rng.NewThreshold(m.Flip); f.P() > 0 {
		c.p = []rng.Threshold{rng.NewThreshold(1 - float64(f.P())), f}
	}
	return c
}

func (c *counting) chances() []rng.Threshold { return c.p }

// next adds up neighbours bit by bit: in two planes the cells of a row above or below with those beside them, then all in four.
func (c *counting) next(p *plane, r int, sure []uint64, class [][]uint64) {
	here := p.row(r)
	north, south, out := p.row(r - 1)[:len(here)], p.row(r + 1)[:len(here)], sure[:len(here)]
	switch {
	case c.four:
		c.nextOfFour(north, here, south, out)
	case c.born == 1<<3 && c.survive == 1<<2|1<<3:
		conway(north, here, south, out)
	default:
		c.nextOfEight(north, here, south, out)
	}
	if class != nil {
		for w, x := range out {
			out[w], class[0][w], class[1][w] = 0, x, ^x
		}
	}
}

// conway is born 3, survive 2, 3: of the cells that have 2 or 3 neighbours those with 3, and those that live.
func conway(north, here, south, out []uint64) {
	var n, h, s uint64 // the words before
	na, ha, sa := north[0], here[0], south[0]
	for w := range out {
		nw, x, sw := na, ha, sa
		na, ha, sa = 0, 0, 0
		if w+1 < len(out) {
			na, ha, sa = north[w+1], here[w+1], south[w+1]
		}
		n1, n2 := full(nw<<1|n>>63, nw, nw>>1|na<<63)
		s1, s2 := full(sw<<1|s>>63, sw, sw>>1|sa<<63)
		west, east := x<<1|h>>63, x>>1|ha<<63
		h1, h2 := west^east, west&east
		n, h, s = nw, x, sw
		ones, carry := full(n1, s1, h1)
		t1, t2 := full(n2, s2, h2)
		out[w] = (t1 ^ carry) &^ (t2 ^ t1&carry) &^ (t2 & t1 & carry) & (ones | x)
	}
}

func (c *counting) nextOfEight(north, here, south, out []uint64) {
	var n, h, s uint64
	na, ha, sa := north[0], here[0], south[0]
	for w := range out {
		nw, x, sw := na, ha, sa
		na, ha, sa = 0, 0, 0
		if w+1 < len(out) {
			na, ha, sa = north[w+1], here[w+1], south[w+1]
		}
		n1, n2 := full(nw<<1|n>>63, nw, nw>>1|na<<63)
		s1, s2 := full(sw<<1|s>>63, sw, sw>>1|sa<<63)
		west, east := x<<1|h>>63, x>>1|ha<<63
		n, h, s = nw, x, sw
		ones, carry := full(n1, s1, west^east)
		t1, t2 := full(n2, s2, west&east)
		up := t1 & carry
		out[w] = c.outcome(x, ones, t1^carry, t2^up, t2&up)
	}
}

func (c *counting) nextOfFour(north, here, south, out []uint64) {
	before := uint64(0)
	for w, x := range here {
		after := uint64(0)
		if w+1 < len(here) {
			after = here[w+1]
		}
		west, east := x<<1|before>>63, x>>1|after<<63
		before = x
		a, b := north[w]^south[w], north[w]&south[w]
		d, e := west^east, west&east
		carry := a & d
		out[w] = c.outcome(x, a^d, b^e^carry, b&e|b&carry|e&carry, 0)
	}
}

// outcome of cells x whose numbers of neighbours are ones + 2 twos + 4 fours + 8 eights.
func (c *counting) outcome(x, ones, twos, fours, eights uint64) uint64 {
	born, stays := uint64(0), uint64(0)
	for k, both := 0, c.born|c.survive; both>>k != 0; k++ {
		if both>>k&1 == 0 {
			continue
		}
		is := (ones ^ -uint64(^k&1)) & (twos ^ -uint64(^k>>1&1)) & (fours ^ -uint64(^k>>2&1)) & (eights ^ -uint64(^k>>3&1))
		born |= is & -uint64(c.born>>k&1)
		stays |= is & -uint64(c.survive>>k&1)
	}
	return born ^ x&(born^stays)
}

// full adds three bits.
func full(a, b, c uint64) (sum, carry uint64) {
	x := a ^ b
	return x ^ c, a&b | x&c
}
