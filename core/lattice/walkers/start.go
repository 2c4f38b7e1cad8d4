package walkers

import (
	"fmt"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

const startPurpose = 0x7374617274 // folds a walker's key into the one of its random start

// begin puts every walker at its start: "random", each with a draw of its own; "ordered"; or an array of any real dtype whose shape is that of a
// configuration after leading axes that broadcast over the walkers: (), (walkers), or (kT, chains).
func (e *Ensemble[T]) begin(start contract.Start) error {
	x := make([]T, e.size)
	var given []T
	if start.Values != nil {
		var err error
		if given, err = e.configurations(start.Values); err != nil {
			return err
		}
	}
	var stream rng.Stream
	for w, k := range e.Kernels {
		switch {
		case given != nil:
			copy(x, given[w*e.size%len(given):][:e.size])
		case start.Kind == "random", start.Kind == "":
			stream.Reset(e.Walkers[w].Key.Fold(startPurpose), 0)
			e.Model.Draw(x, &stream)
		case start.Kind == "ordered":
			e.Model.Ordered(x)
		default:
			return spec.Expected("start", `"random", "ordered" or an array of configurations`, fmt.Sprintf("%q", start.Kind))
		}
		k.Write(x)
	}
	return nil
}

// configurations are the values of an array: for one walker, or for as many as divide the ensemble, the last leading axis fastest.
func (e *Ensemble[T]) configurations(a *array.Array) ([]T, error) {
	lead := len(a.Shape) - len(e.shape)
	walkers := 1
	if lead >= 0 {
		for _, m := range a.Shape[:lead] {
			walkers *= m
		}
	}
	if lead < 0 || !slices.Equal(a.Shape[lead:], e.shape) || walkers < 1 || len(e.Kernels)%walkers != 0 {
		return nil, spec.Errorf(spec.ShapeError, "start: expected shape %v, or with leading axes that broadcast over %d walkers; got %v", e.shape, len(e.Kernels), a.Shape).
			With("argument", "start")
	}
	x, err := a.Float64s()
	if err != nil {
		return nil, spec.Errorf(spec.ShapeError, "start: expected %s, got dtype %s", e.Model.Values(), a.Dtype).With("argument", "start")
	}
	refuse := func(i int) error {
		return spec.Errorf(spec.SpecError, "start: expected %s, got %v at %v", e.Model.Values(), x[i], array.Unravel(i, a.Shape)).
			With("argument", "start").With("index", i)
	}
	values := make([]T, len(x))
	for i, v := range x {
		if values[i] = T(v); float64(values[i]) != v {
			return nil, refuse(i)
		}
	}
	for from := 0; from < len(values); from += e.size {
		if at, ok := e.Model.Admits(values[from : from+e.size]); !ok {
			return nil, refuse(from + at)
		}
	}
	return values, nil
}
