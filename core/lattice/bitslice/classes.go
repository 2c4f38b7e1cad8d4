// Package bitslice sorts many lattice sites at once, one bit each, by the number of their neighbours that are set: sums in binary whose digits
// are words, and masks of the sites with a given sum. All levels of core/simd give the same bits.
package bitslice

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/simd"
)

// Group is 512 lanes, one site each.
type Group = [8]uint64

// Inputs are the words of as many groups of sites. All slices have the same length.
type Inputs struct {
	Own        []Group
	Valid      []Group   // lanes that are sites
	Neighbours [][]Group // every lane's neighbours, one slice for each direction
	Missing    [][]Group // lanes that lack a neighbour, one slice for each direction where this can be; there Neighbours counts as not set
}

// Classes says how a site's sum v is made and which sums get a mask: v counts the neighbours that are set, or that are unlike the site
// itself (then a missing neighbour must be given as like it); twice that plus the missing neighbours where some can be missing.
type Classes struct {
	Unlike bool // count neighbours that differ from the site
	Split  bool // v has one more digit above, that is set where the site is
	digits int  // of the count
	masked []pattern
	none   []pattern
}

// pattern is a sum as what has to be turned for all its digits to be ones; the last is the site's own.
type pattern [maxDigits + 1]Group

const (
	maxDigits  = 8
	fastDigits = 4 // the vector code keeps so many digits in registers
)

// NewClasses makes a mask for each sum in masked. Sums in none are those that are neither masked nor in the rest. most is the largest count.
func NewClasses(unlike, split bool, most int, masked, none []int) Classes {
	c := Classes{Unlike: unlike, Split: split, digits: max(1, bits.Len(uint(most)))}
	for _, v := range masked {
		c.masked = append(c.masked, c.pattern(v))
	}
	for _, v := range none {
		c.none = append(c.none, c.pattern(v))
	}
	return c
}

func (c *Classes) pattern(v int) (p pattern) {
	set := func(g *Group, zero bool) {
		for i := range g {
			if zero {
				g[i] = ^uint64(0)
			}
		}
	}
	for d := range c.digits {
		set(&p[d], v>>d&1 == 0)
	}
	set(&p[maxDigits], v>>c.digits&1 == 0)
	return p
}

// Sort writes the masks of group g to mask[g n], ..., mask[g n + n-1], n being the number of masked sums, and to rest[g] the sites whose sum is
// neither masked nor in none. Lanes that are no site are in no mask.
func (c *Classes) Sort(mask, rest []Group, in *Inputs) {
	switch {
	case len(rest) == 0:
	case c.digits > fastDigits || simd.Current() == simd.Scalar:
		c.sortScalar(mask, rest, in)
	default:
		c.sortVector(mask, rest, in)
	}
}

func (c *Classes) sortScalar(mask, rest []Group, in *Inputs) {
	base := 0
	if len(in.Missing) > 0 {
		base = 1
	}
	n := len(c.masked)
	for g := range rest {
		for i := range 8 {
			var sum [maxDigits]uint64
			own, turn := in.Own[g][i], uint64(0)
			if c.Unlike {
				turn = own
			}
			for _, m := range in.Missing {
				add(&sum, 0, c.digits, m[g][i])
			}
			for _, nb := range in.Neighbours {
				add(&sum, base, c.digits, nb[g][i]^turn)
			}
			left := in.Valid[g][i]
			for j := range c.masked {
				m := c.matches(&c.masked[j], &sum, own, in.Valid[g][i])
				mask[g*n+j][i] = m
				left &^= m
			}
			for j := range c.none {
				left &^= c.matches(&c.none[j], &sum, own, left)
			}
			rest[g][i] = left
		}
	}
}

// add adds one to the sums of the lanes in x, times 2^digit.
func add(sum *[maxDigits]uint64, digit, digits int, x uint64) {
	for d := digit; d < digits; d++ {
		sum[d], x = sum[d]^x, sum[d]&x
	}
}

func (c *Classes) matches(p *pattern, sum *[maxDigits]uint64, own, m uint64) uint64 {
	for d := range c.digits {
		m &= sum[d] ^ p[d][0]
	}
	if c.Split {
		m &= own ^ p[maxDigits][0]
	}
	return m
}
