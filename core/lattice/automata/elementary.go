package automata

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// Elementary is a cellular automaton of a line of cells 0 and 1 in which a cell's next value depends on itself and its two neighbours: with S. Wolfram's
// number of the rule,
//
//	x_i(t+1) = bit (4 x_(i-1) + 2 x_i + x_(i+1)) of the rule.
//
// With eight numbers in place of the rule, entry k is the probability of 1 after the neighbourhood k: the Domany-Kinzel automaton is one of those. flip turns
// every outcome round with a probability, independently (noise). All cells change at once; a unit of time is a step. Beyond open ends cells are 0.
//
// # Observables
//
//	configuration             the cells, int8, (cells,)
//	density                   share of cells that are 1
//
// # Start
//
// "random" is 1 with probability density at each cell, "ordered" one cell 1, number cells // 2.
//
// # Examples
//
//	>>> run = erg.simulate(erg.lattice.Elementary((9,), rule=90), time=3, every=1, start="ordered", chains=1, observe=["configuration"], seed=1)
//	>>> for row in run["configuration"][0]: print("".join("o*"[x] for x in row))
//	oooo*oooo
//	ooo*o*ooo
//	oo*ooo*oo
//	o*o*o*o*o
//
// # References
//
// S. Wolfram, Rev. Mod. Phys. 55, 601 (1983). E. Domany, W. Kinzel, Phys. Rev. Lett. 53, 311 (1984).
type Elementary struct {
	events.Rates
	// Number of cells.
	Lattice geometry.Lattice `spec:"lattice"`
	// Number of the rule, 0 to 255, or the eight probabilities of 1.
	Rule array.Field `spec:"rule" default:"110.0"`
	// Probability that an outcome is turned round.
	Flip float64 `spec:"flip" default:"0.0" range:"[0,1]"`
	// Share of ones at the start.
	Density float64 `spec:"density" default:"0.5" range:"[0,1]"`
	// Whether the line is a ring.
	Periodic []bool `spec:"periodic" default:"true"`
}

// Synchronous lets all cells follow the rule at once, step after step; a unit of time is a step.
type Synchronous struct{}

// Registry lists the package's systems.
func Registry() []contract.Entry {
	return []contract.Entry{
		walkers.Clock("lattice.Elementary", "Synchronous", func(m *Elementary, _ *Synchronous) (walkers.Builder[int8], error) {
			return func(w contract.Walker) (walkers.Kernel[int8], error) {
				return newWalker(m, m.table(), newPlane(1, m.Lattice.Sites(), false, m.Lattice.Periodic[0]), w), nil
			}, nil
		}, "S. Wolfram, Rev. Mod. Phys. 55, 601 (1983), doi:10.1103/RevModPhys.55.601"),
		walkers.Clock("lattice.LifeLike", "Synchronous", func(m *LifeLike, _ *Synchronous) (walkers.Builder[int8], error) {
			return func(w contract.Walker) (walkers.Kernel[int8], error) {
				s := m.Lattice.Shape
				return newWalker(m, m.counting(), newPlane(s[0], s[1], m.Lattice.Periodic[0], m.Lattice.Periodic[1]), w), nil
			}, nil
		}, "M. Gardner, Sci. Am. 223 (4), 120 (1970), doi:10.1038/scientificamerican1070-120"),
	}
}

// Check wants a line, and a rule or probabilities.
func (m *Elementary) Check() error {
	if len(m.Lattice.Shape) != 1 {
		return spec.Expected("Elementary.lattice", "a number of cells", m.Lattice.Shape).Try("lattice=(64,).")
	}
	if m.Rule.Uniform() {
		if r := m.Rule.Scalar; !(r >= 0 && r <= 255 && r == math.Trunc(r)) {
			return spec.Expected("Elementary.rule", "a whole number from 0 to 255, or eight probabilities", r)
		}
	} else if len(m.Rule.Values) != 8 {
		return spec.Errorf(spec.ShapeError, "Elementary.rule: expected a whole number from 0 to 255, or eight probabilities; got shape %v", m.Rule.Shape)
	} else {
		for _, p := range m.Rule.Values {
			if !(p >= 0 && p <= 1) {
				return spec.Expected("Elementary.rule", "probabilities from 0 to 1", p)
			}
		}
	}
	if err := plan(m.Lattice.Sites()); err != nil {
		return err
	}
	return m.Lattice.SetPeriodic(m.Periodic)
}

func plan(cells int) error {
	_, err := array.Plan(cells, 4, fmt.Sprintf("an automaton of %d cells", cells))
	return err
}

// Name in messages.
func (m *Elementary) Name() string { return "Elementary" }

// Layout is the line.
func (m *Elementary) Layout() ([]int, []string) { return events.Layout(&m.Lattice) }

// Sites of the line.
func (m *Elementary) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *Elementary) Unit() string { return "cell updates" }

// Draw tosses coins.
func (m *Elementary) Draw(x []int8, u *rng.Stream) { toss(x, m.Density, u) }

// Ordered is one cell in the middle.
func (m *Elementary) Ordered(x []int8) {
	clear(x)
	x[len(x)/2] = 1
}

// Admits 0 and 1.
func (m *Elementary) Admits(x []int8) (int, bool) { return bit(x) }

// Values of a configuration.
func (m *Elementary) Values() string { return "cells 0 or 1" }

// Observables beside the configuration.
func (m *Elementary) Observables() []walkers.Observable[int8] { return density() }

func toss(x []int8, density float64, u *rng.Stream) {
	t := rng.NewThreshold(density)
	for i := range x {
		x[i] = int8(u.Less(t))
	}
}

func bit(x []int8) (int, bool) {
	for i, y := range x {
		if y != 0 && y != 1 {
			return i, false
		}
	}
	return 0, true
}

func density() []walkers.Observable[int8] {
	return []walkers.Observable[int8]{{Name: "density", Scalar: func(e *walkers.Ensemble[int8], w int) float64 {
		n := 0
		x := e.Read(w, w)
		for _, y := range x {
			n += int(y)
		}
		return float64(n) / float64(len(x))
	}}}
}

// table is a rule of three cells: neighbourhoods with one probability of 1 are a class.
type table struct {
	certain uint8   // neighbourhoods after which a cell is 1
	members []uint8 // of each class
	p       []rng.Threshold
}

func (m *Elementary) table() *table {
	t := new(table)
	at := map[rng.Threshold]int{}
	for k := range 8 {
		p := 0.0
		if m.Rule.Uniform() {
			p = float64(int(m.Rule.Scalar) >> k & 1)
		} else {
			p = m.Rule.Values[k]
		}
		chance := rng.NewThreshold(float64(p*(1-m.Flip)) + float64((1-p)*m.Flip))
		switch chance.P() {
		case 0:
		case 1:
			t.certain |= 1 << k
		default:
			c, seen := at[chance]
			if !seen {
				c = len(t.p)
				at[chance] = c
				t.p, t.members = append(t.p, chance), append(t.members, 0)
			}
			t.members[c] |= 1 << k
		}
	}
	return t
}

func (t *table) chances() []rng.Threshold { return t.p }

func (t *table) next(p *plane, r int, sure []uint64, class [][]uint64) {
	row := p.row(r)
	apply(t.certain, row, sure)
	for c, set := range t.members {
		apply(set, row, class[c])
	}
}

// apply sets the cells whose neighbourhood is in a set of the eight: a choice by the left cell between choices by the cell itself between what its right
// neighbour makes of the two bits that are left.
func apply(set uint8, row, out []uint64) {
	var low, both [4]uint64 // of left and centre: the outcome where the right cell is 0, and whether it is another where that is 1
	for k := range low {
		a, b := -uint64(set>>(2*k)&1), -uint64(set>>(2*k+1)&1)
		low[k], both[k] = a, a^b
	}
	before := uint64(0)
	for w, x := range row {
		after := uint64(0)
		if w+1 < len(row) {
			after = row[w+1]
		}
		left, right := x<<1|before>>63, x>>1|after<<63
		before = x
		g0, g1 := low[0]^right&both[0], low[1]^right&both[1]
		g2, g3 := low[2]^right&both[2], low[3]^right&both[3]
		g0 ^= x & (g0 ^ g1)
		g2 ^= x & (g2 ^ g3)
		out[w] = g0 ^ left&(g0^g2)
	}
}
