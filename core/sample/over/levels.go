package over

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// levels are the values of an observable that flat histograms know, evenly spaced: x belongs to the nearest.
type levels struct {
	name      string
	low, step float64
	n         int
}

// at is the level of x; -1 and n lie outside. What lies half-way between two belongs to the upper one whatever rounding has done to it, or a level
// might be met once and never again.
func (l levels) at(x float64) int {
	k := math.Floor((x-l.low)/l.step + (0.5 + 1e-9))
	return int(max(-1, min(k, float64(l.n))))
}

// span is what was asked for: from low to high in bins, or where nothing is said the levels that the system has.
type span struct {
	method, name string
	low, high    *float64
	bins         *int
}

// levels are those of the span in this ensemble.
func (s span) levels(e contract.Ensemble, o contract.Order) (levels, error) {
	if s.low != nil && s.high != nil {
		low, high, n := *s.low, *s.high, 100
		if s.bins != nil {
			n = *s.bins
		}
		if !(low < high) {
			return levels{}, spec.Expected("low, high", "low below high", []float64{low, high}).With("argument", "low")
		}
		return levels{s.name, low, (high - low) / float64(n-1), n}, nil
	}
	if s.low != nil || s.high != nil {
		return levels{}, spec.Errorf(spec.SpecError, "low, high: expected both, or neither where the system knows its levels").With("argument", "low")
	}
	if _, err := read(e, s.name, 0); err != nil { // there is no such quantity
		return levels{}, err
	}
	low, high, n := 0.0, 0.0, 0
	if g, ok := e.(contract.Graded); ok {
		low, high, n = g.Grades(s.name)
	}
	if s.bins != nil && n > 0 {
		n = *s.bins
	}
	if n < 2 || n > 1e7 {
		if err := e.SetBias(0, &contract.Bias{Observable: s.name, LogWeight: func(float64) float64 { return 0 }}); err != nil { // of which no range helps
			return levels{}, err
		}
		err := spec.Errorf(spec.SpecError, "low, high: expected the range of %q, of which this system does not know the levels", s.name).With("argument", "low")
		return levels{}, err.Try(s.suggest(o))
	}
	return levels{s.name, low, (high - low) / float64(n-1), n}, nil
}

// suggest is a call with the range of a few sweeps at the lowest temperature and at the highest.
func (s span) suggest(o contract.Order) string {
	more := ""
	if s.name != "energy" {
		more = ", observable=" + strconv.Quote(s.name)
	}
	cold, hot := o.Walkers[0], o.Walkers[0]
	for _, w := range o.Walkers {
		if w.Params.KT < cold.Params.KT {
			cold = w
		}
		if w.Params.KT > hot.Params.KT {
			hot = w
		}
	}
	const sweeps = 100
	cold.Warmup, hot.Warmup = sweeps, sweeps
	low, high := math.Inf(1), math.Inf(-1)
	if e, err := o.Inner([]contract.Walker{cold, hot}, contract.Start{Kind: "random"}); err == nil && contract.AskedOf(e) == nil {
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		for w := range 2 {
			for t := int64(1); t <= sweeps && e.SweepTo(ctx, w, t, nil) == nil; t++ {
				if x, err := read(e, s.name, w); err == nil && t > sweeps/2 && !math.IsInf(x, 0) {
					low, high = min(low, x), max(high, x)
				}
			}
		}
	}
	if !(low < high) {
		return "erg." + s.method + "(low=..., high=..." + more + ")"
	}
	return fmt.Sprintf("erg.%s(low=%.4g, high=%.4g%s), the range of a few sweeps at kT = %g and %g", s.method, low, high, more, cold.Params.KT, hot.Params.KT)
}

// read is a walker's value of a number that is recorded, or of an element such as x[2].
func read(e contract.Ensemble, name string, walker int) (float64, error) {
	whole, element := name, 0
	if at := strings.IndexByte(name, '['); at >= 0 {
		if _, err := fmt.Sscanf(name[at:], "[%d]", &element); err == nil {
			whole = name[:at]
		}
	}
	o, err := e.Observable(whole)
	if err != nil {
		return 0, err
	}
	n, err := array.Count(o.Shape)
	if err != nil {
		return 0, err
	}
	if o.Dtype != array.Float64 || o.Record == nil || element < 0 || element >= n || (whole == name && n > 1) {
		return 0, spec.Expected("observable", "a number that is recorded, or an element of one such as \"x[0]\"", name).With("argument", "observable")
	}
	row := make([]float64, n)
	o.Record(walker, array.FromSlice(array.Float64, row).Data)
	return row[element], nil
}
