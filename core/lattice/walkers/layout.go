package walkers

import (
	"fmt"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/spec"
)

// SiteLayout is the shape of one value a site: the lattice's, or (sites).
func SiteLayout(l *geometry.Lattice) (shape []int, dims []string) {
	if l.Shape == nil {
		return []int{l.Sites()}, []string{"site"}
	}
	return l.Shape, AxisNames("x", len(l.Shape))
}

// AxisNames are x0, x1, ...
func AxisNames(letter string, n int) []string {
	names := make([]string, n)
	for d := range names {
		names[d] = fmt.Sprint(letter, d)
	}
	return names
}

// Coupled sets a lattice's boundary and compares the couplings of a model with its bonds.
func Coupled(model string, l *geometry.Lattice, periodic []bool, J array.Field) error {
	if err := l.SetPeriodic(periodic); err != nil {
		return err
	}
	if b := l.Bonds(); !J.Uniform() && (len(J.Shape) != 1 || len(J.Values) != b) {
		return spec.Errorf(spec.ShapeError, "%s.J: expected a number or shape (%d,), one per bond; got shape %v", model, b, J.Shape)
	}
	return nil
}
