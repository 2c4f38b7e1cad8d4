// Package geometry is where sites are and which of them meet: graphs and lattices.
package geometry

import (
	"fmt"
	"sort"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Graph is a set of sites 0..Sites-1 with undirected bonds. Two bonds between the same sites are two bonds; a bond from a site to itself is
// refused. The bonds at site i are To[Start[i]:Start[i+1]] with their numbers in Bond: bond b joins Ends[b][0] and Ends[b][1].
type Graph struct {
	Sites int
	Ends  [][2]int32
	Start []int32
	To    []int32
	Bond  []int32
}

// maxSites keeps site and bond numbers inside int32.
const maxSites = 1 << 30

// NewGraph builds the neighbour lists of the given bonds.
func NewGraph(sites int, ends [][2]int32) (*Graph, error) {
	if sites < 1 || sites > maxSites {
		return nil, spec.Expected("lattice", fmt.Sprintf("between 1 and %d sites", maxSites), sites)
	}
	if len(ends) > maxSites/2 {
		return nil, spec.Expected("lattice", fmt.Sprintf("at most %d bonds", maxSites/2), len(ends))
	}
	if _, err := array.Plan(4*len(ends)+sites, 8, fmt.Sprintf("a graph of %d sites and %d bonds", sites, len(ends))); err != nil {
		return nil, err
	}
	g := &Graph{Sites: sites, Ends: ends, Start: make([]int32, sites+1), To: make([]int32, 2*len(ends)), Bond: make([]int32, 2*len(ends))}
	for b, e := range ends {
		for _, i := range e {
			if i < 0 || int(i) >= sites {
				return nil, spec.Errorf(spec.SpecError, "lattice: bond %d joins sites %d and %d; sites run from 0 to %d", b, e[0], e[1], sites-1)
			}
			g.Start[i+1]++
		}
		if e[0] == e[1] {
			return nil, spec.Errorf(spec.SpecError, "lattice: bond %d joins site %d to itself", b, e[0])
		}
	}
	for i := range sites {
		g.Start[i+1] += g.Start[i]
	}
	next := append([]int32(nil), g.Start[:sites]...)
	for b, e := range ends {
		for side := range 2 {
			i := e[side]
			g.To[next[i]], g.Bond[next[i]] = e[1-side], int32(b)
			next[i]++
		}
	}
	return g, nil
}

// Degree is the number of bonds at site i.
func (g *Graph) Degree(i int) int { return int(g.Start[i+1] - g.Start[i]) }

// Colours gives every site one of count colours such that no bond joins two of the same: greedy in the order of the sites, so two colours for a bipartite
// connected graph whose sites are numbered along its bonds, and at most one more than the largest degree.
func (g *Graph) Colours() (colour []int, count int) {
	colour = make([]int, g.Sites)
	taken := map[int]bool{}
	most := 0
	for i := range g.Sites {
		clear(taken)
		for _, j := range g.To[g.Start[i]:g.Start[i+1]] {
			if int(j) < i {
				taken[colour[j]] = true
			}
		}
		for taken[colour[i]] {
			colour[i]++
		}
		most = max(most, colour[i])
	}
	return colour, most + 1
}

// Colour lists sites by their [Graph.Colours]: colour c is sites[start[c]:start[c+1]].
func (g *Graph) Colour() (sites []int32, start []int) {
	colour, count := g.Colours()
	sites = make([]int32, g.Sites)
	for i := range sites {
		sites[i] = int32(i)
	}
	sort.SliceStable(sites, func(a, b int) bool { return colour[sites[a]] < colour[sites[b]] })
	start = make([]int, count+1)
	for _, c := range colour {
		start[c+1]++
	}
	for c := range count {
		start[c+1] += start[c]
	}
	return sites, start
}
