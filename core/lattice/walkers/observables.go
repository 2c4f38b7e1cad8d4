package walkers

import (
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// Observable finds a quantity by its name: "configuration" and "energy" of the whole lattice are of every model (a Driven one has no energy), the others
// its own.
func (e *Ensemble[T]) Observable(name string) (contract.Observable, error) {
	own := e.Model.Observables()
	names := []string{"energy", "configuration"}
	if _, driven := e.Model.(interface{ Driven() }); driven {
		names = names[1:]
	}
	switch {
	case name == "configuration":
		dtype, shape := e.Layout()
		return contract.Observable{Name: name, Dtype: dtype, Shape: shape, Dims: e.dims, Record: e.Configuration}, nil
	case name == names[0]:
		return scalar(name, func(w int) float64 { return e.Kernels[w].Energy() }), nil
	}
	for _, o := range own {
		switch {
		case o.Name != name:
			names = append(names, o.Name)
		case o.Open != nil:
			made, err := o.Open(e)
			made.Name = name
			return made, err
		default:
			return scalar(name, func(w int) float64 { return o.Scalar(e, w) }), nil
		}
	}
	if k, ok := e.Kernels[0].(Measured); ok {
		for i, q := range k.Quantities() {
			if q.Name == name {
				values := make([]func() float64, len(e.Kernels))
				for w, k := range e.Kernels {
					values[w] = k.(Measured).Quantities()[i].Value
				}
				return scalar(name, func(w int) float64 { return values[w]() }), nil
			}
			names = append(names, q.Name)
		}
	}
	return contract.Observable{}, spec.Errorf(spec.SpecError, "observe: %s has no observable %q; it has: %s", e.Model.Name(), name, strings.Join(names, ", ")).
		With("argument", "observe").With("observables", names)
}

func scalar(name string, value func(walker int) float64) contract.Observable {
	return contract.Observable{Name: name, Dtype: array.Float64, Record: func(w int, row []byte) { array.Cast[float64](row)[0] = value(w) }}
}

func dtype[T Value]() array.Dtype {
	var x T
	switch any(x).(type) {
	case int8:
		return array.Int8
	case uint8:
		return array.Uint8
	case int32:
		return array.Int32
	case int64:
		return array.Int64
	}
	return array.Float64
}
