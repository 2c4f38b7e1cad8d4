package job

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/geometry/ewald"
	"github.com/ergodica/ergodica/core/lattice/flows"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/stats"
)

// computations are the functions of arrays and parameters that the verb stats knows: one line for each room.
func computations() []stats.Entry {
	return slices.Concat(stats.Registry(), geometry.Registry(), ewald.Registry(), flows.Registry())
}

// statistic is the runner of stats: one function of arrays.
type statistic struct {
	shelf
	entry  stats.Entry
	params any
	inputs []*array.Array
}

func newStatistic(raw []byte, in spec.Inputs, inputs []*array.Array, alloc memory.Allocator) (*statistic, error) {
	var r statistics
	if err := spec.Decode(raw, &r, in); err != nil {
		return nil, err
	}
	s := &statistic{shelf: shelf{alloc: alloc}, inputs: inputs}
	var names []string
	for _, e := range computations() {
		if e.Name == r.Method.Type {
			s.entry = e
		}
		names = append(names, e.Name)
	}
	if s.entry.Run == nil {
		return nil, spec.Expected("method", "one of "+list(names), strconv.Quote(r.Method.Type))
	}
	s.params = s.entry.New()
	if err := spec.Decode(r.Method.raw, s.params, in); err != nil {
		return nil, err
	}
	if len(r.Inputs) > 0 {
		s.inputs = nil
	}
	for _, k := range r.Inputs {
		if k >= len(inputs) {
			return nil, spec.Expected("inputs", fmt.Sprintf("indices below %d", len(inputs)), k)
		}
		s.inputs = append(s.inputs, inputs[k])
	}
	return s, nil
}

func (s *statistic) run(j *Job) error {
	j.report(Progress{Phase: "computing"})
	return s.entry.Run(j.ctx, s.params, s.inputs, s)
}

// Add keeps values of exactly this shape.
func (s *statistic) Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error {
	shape = append([]int{}, shape...)
	return s.keep(name, dtype, shape, shape, named(name, shape, dims), data)
}
