// Package measure is how the targets of lattice models record: quantities one by one, each with the function that fills it, for methods over targets and
// for walkers alike.
package measure

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// Quantity is an array of float64 that belongs to a configuration; Fill may use scratch memory of one caller. What depends on the walker's temperature as
// well has At in its place.
type Quantity struct {
	Name  string
	Shape []int
	Fill  func(z, to []float64)
	At    func(kT float64, z, to []float64)
	Dims  []string // names of the dimensions; nil where they have none
}

// Of fills it for a walker at kT.
func (q *Quantity) Of(kT float64, z, to []float64) {
	if q.At != nil {
		q.At(kT, z, to)
		return
	}
	q.Fill(z, to)
}

// Number is a quantity of one number.
func Number(name string, f func(z []float64) float64) Quantity {
	return Quantity{Name: name, Fill: func(z, to []float64) { to[0] = f(z) }}
}

// Names are quantities as targets list them.
func Names(all []Quantity) []contract.Quantity {
	listed := make([]contract.Quantity, len(all))
	for k, q := range all {
		listed[k] = contract.Quantity{Name: q.Name, Dtype: array.Float64, Shape: q.Shape, Dims: q.Dims}
	}
	return listed
}

// Recorder computes quantities one by one.
type Recorder struct {
	all  []Quantity
	rows [][]byte
}

// New is one caller's recorder.
func New(all []Quantity) (*Recorder, error) { return &Recorder{all: all}, nil }

// Record computes all, for a walker at kT = 1.
func (r *Recorder) Record(ctx context.Context, z []float64) ([][]byte, error) {
	for k, q := range r.all {
		if len(r.rows) == k {
			n, err := array.Count(q.Shape)
			if err != nil {
				return nil, err
			}
			r.rows = append(r.rows, array.Bytes(make([]float64, n)))
		}
		if err := r.Measure(ctx, 1, z, k, r.rows[k]); err != nil {
			return nil, err
		}
	}
	return r.rows, nil
}

// Measure computes the k-th.
func (r *Recorder) Measure(_ context.Context, kT float64, z []float64, k int, row []byte) error {
	if k < 0 || k >= len(r.all) {
		return spec.Errorf(spec.InternalError, "there is no quantity %d of %d", k, len(r.all))
	}
	r.all[k].Of(kT, z, array.Cast[float64](row))
	return nil
}

// Observables are a target's quantities for walkers, each of which has a recorder of its own.
func Observables(t contract.Target) (all []walkers.Observable[float64]) {
	for k, q := range t.Quantities() {
		if q.Name == "configuration" || q.Name == "energy" { // every ensemble has them
			continue
		}
		all = append(all, walkers.Observable[float64]{Name: q.Name, Open: func(e *walkers.Ensemble[float64]) (contract.Observable, error) {
			recorders := make([]contract.Meter, e.Size())
			for w := range recorders {
				r, err := t.Recorder()
				if err != nil {
					return contract.Observable{}, err
				}
				recorders[w] = r.(contract.Meter)
			}
			return contract.Observable{Dtype: q.Dtype, Shape: q.Shape, Dims: q.Dims, Record: func(w int, row []byte) {
				if err := recorders[w].Measure(context.Background(), walkers.Temperature(e.Walkers[w].Params), e.View(w), k, row); err != nil {
					panic(err) // k is one of its own
				}
			}}, nil
		}})
	}
	return all
}
