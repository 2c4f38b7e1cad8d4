package lattice

import (
	"fmt"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

const startPurpose = 0x7374617274 // folds a walker's key into the one of its random start

// begin puts every walker at its start: "random" spins, each with a bit of its own; "ordered", all +1; or an array of +1 and -1 of any
// real dtype, whose shape is that of the lattice after leading axes that broadcast over the walkers: (), (walkers), or (kT, chains).
func (e *ensemble) begin(start contract.Start) error {
	n := e.model.Lattice.Sites()
	s := make([]int8, n)
	var given []float64
	if start.Values != nil {
		var err error
		if given, err = e.configurations(start.Values); err != nil {
			return err
		}
	}
	for w, k := range e.kernels {
		switch {
		case given != nil:
			for i, x := range given[w*n%len(given):][:n] {
				s[i] = int8(x)
			}
		case start.Kind == "random", start.Kind == "":
			randomSpins(s, e.walkers[w].Key.Fold(startPurpose))
		case start.Kind == "ordered":
			for i := range s {
				s[i] = 1
			}
		default:
			return spec.Expected("start", `"random", "ordered" or an array of spins`, fmt.Sprintf("%q", start.Kind))
		}
		k.write(s)
	}
	return nil
}

func randomSpins(s []int8, key rng.Key) {
	var words [64]uint64
	for at := 0; at < len(s); at += 64 * len(words) {
		key.Bits(words[:], 0, uint64(at/64))
		for i := at; i < min(len(s), at+64*len(words)); i++ {
			s[i] = int8(words[(i-at)/64]>>(i%64)&1)<<1 - 1
		}
	}
}

// configurations are the spins of an array: for one walker, or for as many as divide the ensemble, the last leading axis fastest.
func (e *ensemble) configurations(a *array.Array) ([]float64, error) {
	lead := len(a.Shape) - len(e.shape)
	walkers := 1
	if lead >= 0 {
		for _, m := range a.Shape[:lead] {
			walkers *= m
		}
	}
	if lead < 0 || !slices.Equal(a.Shape[lead:], e.shape) || walkers < 1 || len(e.kernels)%walkers != 0 {
		return nil, spec.Errorf(spec.ShapeError, "start: expected shape %v, or with leading axes that broadcast over %d walkers; got %v", e.shape, len(e.kernels), a.Shape).
			With("argument", "start")
	}
	x, err := a.Float64s()
	if err != nil {
		return nil, spec.Errorf(spec.ShapeError, "start: expected spins +1 or -1, got dtype %s", a.Dtype).With("argument", "start")
	}
	for i, s := range x {
		if s != 1 && s != -1 {
			return nil, spec.Errorf(spec.SpecError, "start: expected spins +1 or -1, got %v at %v", s, array.Unravel(i, a.Shape)).
				With("argument", "start").With("index", i)
		}
	}
	return x, nil
}
