package stats

import (
	"github.com/ergodica/ergodica/core/array"
)

// columnOf is one result with a number for each quantity.
type columnOf struct {
	name string
	of   func(q int) float64
	int  func(q int) int64
}

func column(name string, of func(q int) float64) columnOf { return columnOf{name: name, of: of} }

func counts(name string, of func(q int) int64) columnOf { return columnOf{name: name, int: of} }

// table adds columns of shape (quantities,).
func table(out Results, quantities int, columns ...columnOf) error {
	return along(out, "quantity", quantities, columns...)
}

func along(out Results, dim string, quantities int, columns ...columnOf) error {
	shape, dims := []int{quantities}, []string{dim}
	for _, c := range columns {
		var err error
		if c.int != nil {
			err = out.Add(c.name, array.Int64, shape, dims, filled(quantities, c.int))
		} else {
			err = out.Add(c.name, array.Float64, shape, dims, filled(quantities, c.of))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func filled[T any](n int, of func(q int) T) []T {
	x := make([]T, n)
	for q := range x {
		x[q] = of(q)
	}
	return x
}
