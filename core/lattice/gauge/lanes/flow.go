package lanes

import "math"

// Flow follows the gradient flow of Wilson's action, dU/dt = -g^2 dS/dU U, on links.
type Flow struct {
	*Links
	first, second         []float64 // fields of the algebra
	before, coarse, third []float64 // links and a field; made when they are needed
}

// NewFlow moves links.
func NewFlow(c *Links) *Flow {
	n := len(c.U) / c.Numbers() * c.Algebra()
	return &Flow{Links: c, first: make([]float64, n), second: make([]float64, n)}
}

// Step goes on for a time eps by a Runge-Kutta step of order 3 (M. Luescher, JHEP 08, 071 (2010)). If asked it tells by how much any number of a result of
// order 2, exp(2 Z1 - Z0) U, differs (P. Fritzsch, A. Ramos, JHEP 10, 008 (2013)), and Back undoes the step.
func (f *Flow) Step(eps float64, compare bool) (off float64) {
	if compare {
		f.before = append(f.before[:0], f.U...)
	}
	clear(f.first)
	f.Tangents(f.first, 1)
	f.Exponentials(f.first, eps/4)
	clear(f.second)
	f.Tangents(f.second, 1)
	if compare {
		f.compare(eps)
	}
	for k, x := range f.first { // 8/9 Z1 - 17/36 Z0
		f.first[k] = float64(8.0/9*f.second[k]) - float64(17.0/36*x)
	}
	f.Exponentials(f.first, eps)
	clear(f.second)
	f.Tangents(f.second, 0.75)
	for k, x := range f.first {
		f.second[k] -= x
	}
	f.Exponentials(f.second, eps)
	if compare {
		for k, x := range f.coarse {
			if e := math.Abs(x - f.U[k]); !(e <= off) {
				off = e
			}
		}
	}
	return off
}

// compare makes the coarse result, and leaves links as they are.
func (f *Flow) compare(eps float64) {
	now := f.U
	f.coarse = append(f.coarse[:0], f.before...)
	f.third = append(f.third[:0], f.second...)
	for k, x := range f.first {
		f.third[k] = float64(2*f.third[k]) - x
	}
	f.U = f.coarse
	f.Exponentials(f.third, eps)
	f.U = now
}

// Back undoes a step that compared.
func (f *Flow) Back() { copy(f.U, f.before) }
