package factors

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
)

// report collects the results of approximations at all temperatures.
type report struct {
	set     map[string]bool
	names   []string
	shown   []Shown
	kT      []float64
	columns Columns
	points  [][]float64 // F of stationary points, ascending, by temperature
}

func newReport(who string, shown []Shown, names []string, at []contract.Params, observe []string) (*report, error) {
	r := &report{shown: shown, names: slices.Clone(names), columns: Columns{}, points: make([][]float64, 1, len(at)+1)}
	for _, s := range shown {
		r.names = append(r.names, s.Name)
	}
	var err error
	if r.set, err = contract.Chosen(who, observe, r.names); err != nil {
		return nil, err
	}
	r.kT, err = Temperatures(at)
	return r, err
}

// found notes a stationary point, unless there is one of the same free energy.
func (r *report) found(free, scale float64) bool {
	last := &r.points[len(r.points)-1]
	at, _ := slices.BinarySearch(*last, free)
	for k := max(0, at-1); k < min(at+1, len(*last)); k++ {
		if math.Abs((*last)[k]-free) < 1e-9*(scale+math.Abs(free)) {
			return false
		}
	}
	*last = slices.Insert(*last, at, free)
	return true
}

// thermal ends a temperature.
func (r *report) thermal(kT, free, energy, entropy float64) {
	for name, x := range map[string]float64{"log_z": -free / kT, "free_energy": free, "energy": energy, "entropy": entropy} {
		r.columns[name] = append(r.columns[name], x)
	}
	r.points = append(r.points, nil)
}

func (r *report) show(x []float64) {
	for _, s := range r.shown {
		if r.set[s.Name] {
			r.columns[s.Name] = append(r.columns[s.Name], s.Of(x)...)
		}
	}
}

func (r *report) deliver(out contract.Results) error {
	most := 0
	for _, p := range r.points {
		most = max(most, len(p))
	}
	for k := range r.kT {
		for n := range most {
			x := math.NaN()
			if n < len(r.points[k]) {
				x = r.points[k][n]
			}
			r.columns["stationary_free_energy"] = append(r.columns["stationary_free_energy"], x)
		}
	}
	for _, name := range r.names {
		if !r.set[name] {
			continue
		}
		var shape []int
		var dims []string
		if name == "stationary_free_energy" {
			shape, dims = []int{most}, []string{"point"}
		}
		for _, s := range r.shown {
			if s.Name == name {
				shape, dims = s.Shape, s.Dims
			}
		}
		if err := out.Add(name, array.Float64, shape, dims, r.columns[name]); err != nil {
			return err
		}
	}
	return nil
}
