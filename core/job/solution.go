package job

import (
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// shelf keeps named arrays that a solver or a statistic finds.
type shelf struct {
	alloc memory.Allocator
	mu    sync.Mutex
	found []result
	notes map[string]any
}

func (s *shelf) Alloc() memory.Allocator { return s.alloc }

// keep copies data (a slice of elements, or an array) into an array of the given shape; shown is the shape without axes that the run lacks.
func (s *shelf) keep(name string, dtype array.Dtype, shape, shown []int, dims []string, data any) error {
	src, err := bytesOf(dtype, data)
	if err != nil {
		return err
	}
	n, err := array.Count(shape)
	if err != nil {
		return err
	}
	if len(src) != n*dtype.Size() {
		return spec.Errorf(spec.InternalError, "%s: shape %v of %s does not fit %d bytes", name, shape, dtype, len(src))
	}
	if _, err := planned(len(src), 1, "the result "+name); err != nil {
		return err
	}
	a, err := array.New(s.alloc, dtype, shape...)
	if err != nil {
		return err
	}
	a.Name = name
	copy(a.Data, src)
	s.mu.Lock()
	s.found = append(s.found, result{a, shown, dims, "dense"})
	s.mu.Unlock()
	return nil
}

func (s *shelf) Note(key string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notes == nil {
		s.notes = map[string]any{}
	}
	s.notes[key] = value
}

func (s *shelf) results() []result {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found
}

func (s *shelf) info() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notes
}

func (s *shelf) release() {
	for _, r := range s.found {
		r.data.Release()
	}
	s.found = nil
}

func (*shelf) pausable() bool  { return false }
func (*shelf) saves() bool     { return false }
func (*shelf) filled() int64   { return 0 }
func (*shelf) served() *Served { return nil }

// bytesOf is the memory of a slice or an array of dtype.
func bytesOf(dtype array.Dtype, data any) ([]byte, error) {
	var a *array.Array
	switch x := data.(type) {
	case []float64:
		a = array.FromSlice(array.Float64, x)
	case []float32:
		a = array.FromSlice(array.Float32, x)
	case []complex128:
		a = array.FromSlice(array.Complex128, x)
	case []complex64:
		a = array.FromSlice(array.Complex64, x)
	case []int64:
		a = array.FromSlice(array.Int64, x)
	case []int32:
		a = array.FromSlice(array.Int32, x)
	case []int8:
		a = array.FromSlice(array.Int8, x)
	case []uint8:
		a = array.FromSlice(array.Uint8, x)
	case []uint64:
		a = array.FromSlice(array.Uint64, x)
	case []bool:
		a = array.FromSlice(array.Bool, x)
	case *array.Array:
		a = x
	default:
		return nil, spec.Errorf(spec.InternalError, "no result is made of %T", data)
	}
	if a.Dtype != dtype {
		return nil, spec.Errorf(spec.InternalError, "a result of dtype %s is given as %T", dtype, data)
	}
	return a.Data, nil
}

// solution is the runner of solve.
type solution struct {
	shelf
	req *request
	job *Job
}

func newSolution(r *request, alloc memory.Allocator) *solution {
	return &solution{shelf: shelf{alloc: alloc}, req: r}
}

func (s *solution) run(j *Job) error {
	s.job = j
	at := make([]contract.Params, len(s.req.kT))
	for i, kT := range s.req.kT {
		at[i].KT = kT
	}
	j.report(Progress{Phase: "solving"})
	return s.req.entry.Solve(j.ctx, s.req.system, s.req.method, at, s.req.observe, s)
}

// Add keeps values of shape (points, shape...); a run of one temperature that is no scan has no axis for it.
func (s *solution) Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error {
	full := append([]int{len(s.req.kT)}, shape...)
	dims = named(name, shape, dims)
	if !s.req.scan {
		return s.keep(name, dtype, full, full[1:], dims, data)
	}
	return s.keep(name, dtype, full, full, append([]string{"kT"}, dims...), data)
}

// Progress reports done of total in unit.
func (s *solution) Progress(done, total float64, unit string) {
	s.job.report(Progress{Done: done, Total: total, Unit: unit, Phase: "solving"})
}
