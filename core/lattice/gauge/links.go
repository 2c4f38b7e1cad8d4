package gauge

import (
	"fmt"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/spec"
)

// links are the neighbours of the sites of a periodic hypercubic lattice: link (mu, x) goes from x to up[mu][x].
type links struct {
	shape    []int
	d, sites int
	up, down [][]int32
}

// fitting refuses lattices on which there are no plaquettes, or on which one would contain a link twice.
func fitting(who string, l *geometry.Lattice) error {
	if l.Shape == nil {
		return spec.Expected(who+".lattice", "side lengths of a hypercubic lattice", "another lattice").With("argument", "lattice")
	}
	for _, n := range l.Shape {
		if n < 2 {
			return spec.Expected(who+".lattice", "side lengths of at least 2", fmt.Sprint(l.Shape)).With("argument", "lattice")
		}
	}
	if len(l.Shape) < 2 || len(l.Shape) > 6 {
		return spec.Expected(who+".lattice", "two to six dimensions", len(l.Shape)).With("argument", "lattice")
	}
	return nil
}

func newLinks(shape []int) *links {
	l := &links{shape: shape, d: len(shape), sites: 1}
	for _, n := range shape {
		l.sites *= n
	}
	below := l.sites
	for _, n := range shape {
		below /= n
		up, down := make([]int32, l.sites), make([]int32, l.sites)
		for x := range l.sites {
			at := x / below % n
			up[x] = int32(x + ((at+1)%n-at)*below)
			down[up[x]] = int32(x)
		}
		l.up, l.down = append(l.up, up), append(l.down, down)
	}
	return l
}

// of is the range of the links along an axis, each of width numbers.
func (l *links) of(z []float64, mu, width int) []float64 {
	n := l.sites * width
	return z[mu*n : (mu+1)*n]
}

// plaquettes is their number.
func (l *links) plaquettes() int { return l.sites * l.d * (l.d - 1) / 2 }

// longest are the largest sides of the Wilson loops that are recorded: half the shortest side.
func (l *links) longest() int {
	n := l.shape[0]
	for _, m := range l.shape {
		n = min(n, m)
	}
	return max(n/2, 1)
}
