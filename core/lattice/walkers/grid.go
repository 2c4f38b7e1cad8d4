package walkers

import "github.com/ergodica/ergodica/core/linalg/fourier"

// Grid transforms the values of a hypercubic lattice along each axis.
type Grid struct {
	shape      []int
	x          []complex128
	transforms *fourier.Workspace
}

// NewGrid makes room for a lattice.
func NewGrid(shape []int) *Grid {
	n := 1
	for _, l := range shape {
		n *= l
	}
	return &Grid{shape, make([]complex128, n), fourier.NewWorkspace(nil)}
}

// AddPower adds |sum_x value(x) exp(-i k x)|^2 / N to dst, in NumPy's order of frequencies.
func (g *Grid) AddPower(dst []float64, value func(site int) float64) {
	for i := range g.x {
		g.x[i] = complex(value(i), 0)
	}
	inner := 1
	for d := len(g.shape) - 1; d >= 0; d-- {
		n := g.shape[d]
		if err := fourier.Complex(g.transforms, g.x, g.x, len(g.x)/(inner*n), n, inner, false, 1); err != nil {
			panic(err) // the job's guard hands it on
		}
		inner *= n
	}
	for i, c := range g.x {
		re, im := real(c), imag(c)
		dst[i] += (float64(re*re) + float64(im*im)) / float64(len(g.x))
	}
}
