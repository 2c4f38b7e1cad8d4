package memory

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// spins is what models of n spins that all meet share: all but their energy.
type spins struct {
	n int
	h array.Field
}

// complete checks a field.
func (m *spins) complete(name string, n int, h array.Field) error {
	if !h.Uniform() && (len(h.Shape) != 1 || h.Shape[0] != n) {
		return spec.Errorf(spec.ShapeError, "%s.h: expected a number or shape (%d,), one per spin; got shape %v", name, n, h.Shape)
	}
	m.n, m.h = n, h
	return nil
}

// Layout is (N).
func (m *spins) Layout() ([]int, []string) { return []int{m.n}, []string{"site"} }

// Sites are the spins.
func (m *spins) Sites() int { return m.n }

// Unit of the work.
func (m *spins) Unit() string { return "spin updates" }

// Draw tosses fair coins.
func (m *spins) Draw(s []int8, u *rng.Stream) {
	for i := range s {
		s[i] = int8(u.Below(2))*2 - 1
	}
}

// LogReference is N log 2.
func (m *spins) LogReference() float64 { return float64(m.n) * math.Ln2 }

// Admits +1 and -1.
func (m *spins) Admits(s []int8) (int, bool) {
	for i, x := range s {
		if x != 1 && x != -1 {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (m *spins) Values() string { return "spins +1 or -1" }

// inField is the energy of the spins in the field.
func (m *spins) inField(s []int8) float64 {
	e := 0.0
	for i, x := range s {
		e -= float64(m.h.At(i) * float64(x))
	}
	return e
}

// field that a spin meets beside the others.
func (m *spins) field(i int) float64 { return m.h.At(i) }

// Observables are powers of the mean spin.
func (m *spins) Observables() []walkers.Observable[int8] {
	of := func(f func(x float64) float64) func(e *walkers.Ensemble[int8], walker int) float64 {
		return func(e *walkers.Ensemble[int8], walker int) float64 {
			sum := 0
			for _, x := range e.View(walker) {
				sum += int(x)
			}
			return f(float64(sum) / float64(m.n))
		}
	}
	return []walkers.Observable[int8]{
		{Name: "magnetization", Scalar: of(func(x float64) float64 { return x })},
		{Name: "|magnetization|", Scalar: of(func(x float64) float64 { return max(x, 0-x) })},
		{Name: "magnetization^2", Scalar: of(func(x float64) float64 { return x * x })},
		{Name: "magnetization^4", Scalar: of(func(x float64) float64 { return x * x * x * x })},
	}
}
