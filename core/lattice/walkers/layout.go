package walkers

import (
	"fmt"

	"github.com/ergodica/ergodica/core/geometry"
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
