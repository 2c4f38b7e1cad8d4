package walkers

import (
	"github.com/ergodica/ergodica/core/geometry"
)

// Order is how a sweep goes over the sites of a graph: "checkerboard" colour by colour, so that sites of a colour may be visited at the same time;
// "sequential" from 0 to N-1; "random" N sites drawn with replacement. Sites are cut into blocks, each of which draws from a stream of its own, and blocks
// into runs, after which a sweep may be interrupted.
type Order struct {
	Kind  string
	Sites []int32 // checkerboard: the sites colour by colour
	n     int
	runs  []run
}

// run is a set of visits of a sweep; block k of them has number block + k.
type run struct {
	from, to int
	block    int
	parallel bool
}

const (
	// BlockSites are visited with one stream.
	BlockSites = 1024
	runBlocks  = 256 // of a run
)

// NewOrder cuts the sweep of a graph.
func NewOrder(g *geometry.Graph, kind string) *Order {
	if kind != "checkerboard" {
		return newOrder(kind, nil, []int{0, g.Sites})
	}
	sites, colours := g.Colour()
	return newOrder(kind, sites, colours)
}

// OneByOne cuts the sweep of sites that all meet, each visit of which takes long: a run is one block, "checkerboard" is "sequential".
func OneByOne(sites int, kind string) *Order {
	if kind == "checkerboard" {
		kind = "sequential"
	}
	o := &Order{Kind: kind, n: sites}
	for from := 0; from < sites; from += BlockSites {
		o.runs = append(o.runs, run{from, min(from+BlockSites, sites), from / BlockSites, false})
	}
	return o
}

func newOrder(kind string, sites []int32, colours []int) *Order {
	o := &Order{Kind: kind, Sites: sites, n: colours[len(colours)-1]}
	block := 0
	for c := range len(colours) - 1 {
		for from := colours[c]; from < colours[c+1]; from += BlockSites * runBlocks {
			to := min(from+BlockSites*runBlocks, colours[c+1])
			o.runs = append(o.runs, run{from, to, block, kind == "checkerboard"})
			block += (to - from + BlockSites - 1) / BlockSites
		}
	}
	return o
}

// Blocks is the number of streams that a sweep uses.
func (o *Order) Blocks() uint64 {
	last := o.runs[len(o.runs)-1]
	return uint64(last.block + (last.to-last.from+BlockSites-1)/BlockSites)
}
