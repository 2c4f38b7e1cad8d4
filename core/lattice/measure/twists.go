package measure

import (
	"fmt"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/spec"
)

// Helicity is the helicity modulus (spin stiffness) of spins that turn about some axes, of which rotations is the number,
//
//	1/(N d rotations) sum over axes mu of sum_b E''_b - sum over rotations (sum_b E'_b)^2 / kT,
//
// b the bonds along mu, E' and E” the derivatives of a bond's energy by the angle by which it is twisted. of adds E' of bond b from i to j to those of its
// axis, one for each rotation, and returns the sum of E”. It refuses lattices that cannot be twisted.
func Helicity(l *geometry.Lattice, g *geometry.Graph, of func(z []float64, b int, i, j int32, slopes []float64) (bends float64), rotations float64) (Quantity, error) {
	if l.Shape == nil {
		return Quantity{}, spec.Mismatch("helicity", "a hypercubic lattice", fmt.Sprintf("a graph of %d sites", l.Sites())).Try(`observe="energy"`)
	}
	for d, periodic := range l.Periodic {
		if !periodic {
			return Quantity{}, spec.Mismatch("helicity", "periodic axes", fmt.Sprintf("axis %d open", d)).Try("periodic=True")
		}
	}
	axes := make([]int, len(g.Ends)) // of the bonds
	for b := 0; b < len(axes); {
		for d, n := range l.Shape {
			if n > 1 {
				axes[b] = d
				b++
			}
		}
	}
	long := 0
	for _, n := range l.Shape {
		if n > 1 {
			long++
		}
	}
	twist := make([][3]float64, len(l.Shape))
	return Quantity{Name: "helicity", At: func(kT float64, z, to []float64) {
		clear(twist)
		var bends, squares float64
		for b, ends := range g.Ends {
			bends += of(z, b, ends[0], ends[1], twist[axes[b]][:])
		}
		for _, t := range twist {
			squares += float64(t[0]*t[0]) + float64(t[1]*t[1]) + float64(t[2]*t[2])
		}
		to[0] = (bends - squares/kT) / (rotations * float64(l.Sites()*long))
	}}, nil
}

// Vortices is the share of the plaquettes of a lattice of two dimensions with a winding: the sum of turns from a corner to the next is not 0.
func Vortices(l *geometry.Lattice, turns func(i, j int) int) float64 {
	rows, cols := l.Shape[0], l.Shape[1]
	count, total := 0, 0
	for r := range rows {
		for c := range cols {
			if r == rows-1 && !l.Periodic[0] || c == cols-1 && !l.Periodic[1] || rows == 1 || cols == 1 {
				continue
			}
			a, b, d, g := r*cols+c, r*cols+(c+1)%cols, (r+1)%rows*cols+(c+1)%cols, (r+1)%rows*cols+c
			total++
			if turns(a, b)+turns(b, d)+turns(d, g)+turns(g, a) != 0 {
				count++
			}
		}
	}
	return float64(count) / float64(max(total, 1))
}
