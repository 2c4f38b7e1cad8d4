package native

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/cdata"
	"github.com/ergodica/ergodica/bindings/cmem"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// input is an array that came from Python: borrowed together with what keeps it alive, or a copy in C memory.
type input struct {
	*array.Array
	lender arrow.Array // nil for a copy
}

func (in *input) release() {
	in.Array.Release()
	if in.lender != nil {
		in.lender.Release()
		in.lender = nil
	}
}

func releaseAll(all []*input) {
	for _, in := range all {
		if in != nil {
			in.release()
		}
	}
}

// described is one input as it stands in the request.
type described struct {
	Name   string `json:"name"`
	Array  int64  `json:"array"`
	Schema int64  `json:"schema"`
	Shape  []int  `json:"shape"`
	Dtype  string `json:"dtype"`
	Borrow bool   `json:"borrow"`
}

// importAll takes every struct that the text names before it reports the first error, so that Python has nothing left to release.
func importAll(text string) ([]*input, error) {
	var all []described
	if text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return nil, spec.Errorf(spec.SpecError, "inputs: expected a list of arrays: %v", err)
		}
	}
	made := make([]*input, len(all))
	seen := map[int64]bool{}
	var first error
	for k, d := range all {
		if seen[d.Array] || seen[d.Schema] || d.Array == d.Schema {
			first = keep(first, spec.Errorf(spec.SpecError, "input %d: two structs at one address", k))
			continue
		}
		seen[d.Array], seen[d.Schema] = true, true
		in, err := d.take(k)
		made[k], first = in, keep(first, err)
	}
	if first != nil {
		releaseAll(made)
		return nil, first
	}
	return made, nil
}

func keep(first, next error) error {
	if first != nil {
		return first
	}
	return next
}

// take moves the structs out of Python's hands and compares what they hold with what is said.
func (d described) take(k int) (*input, error) {
	who := fmt.Sprintf("input %d", k)
	if d.Name != "" {
		who = d.Name
	}
	if d.Array <= 0 || d.Schema <= 0 || d.Array%8 != 0 || d.Schema%8 != 0 {
		return nil, spec.Errorf(spec.SpecError, "%s: expected addresses of two Arrow structs", who)
	}
	cArray := cdata.ArrayFromPtr(uintptr(d.Array))
	_, lender, err := cdata.ImportCArray(cArray, cdata.SchemaFromPtr(uintptr(d.Schema)))
	if err != nil {
		cdata.ReleaseCArrowArray(cArray)
		return nil, spec.Errorf(spec.ShapeError, "%s: no such array can be read: %v", who, err)
	}
	a, err := d.view(who, lender)
	if err != nil {
		lender.Release()
		return nil, err
	}
	if d.Borrow {
		return &input{a, lender}, nil
	}
	defer lender.Release()
	own, err := a.Copy(cmem.Allocator{})
	if err != nil {
		return nil, err
	}
	return &input{own, nil}, nil
}

// view is the lender's memory as an array.
func (d described) view(who string, lender arrow.Array) (*array.Array, error) {
	dtype := array.Dtype(d.Dtype)
	format, known := formats[dtype]
	if !known {
		return nil, spec.Errorf(spec.ShapeError, "%s: dtype %q does not cross the border; there are float64, float32, complex128, complex64, int64, int32, int8, uint8, uint64, bool", who, d.Dtype)
	}
	if !arrow.TypeEqual(lender.DataType(), format) {
		return nil, spec.Errorf(spec.ShapeError, "%s: expected Arrow type %s for dtype %s, got %s", who, format, dtype, lender.DataType())
	}
	if lender.NullN() != 0 {
		return nil, spec.Errorf(spec.ShapeError, "%s: expected an array without nulls, got %d of them", who, lender.NullN())
	}
	n, err := array.Count(d.Shape)
	if err != nil {
		return nil, err
	}
	if n != lender.Len() {
		return nil, spec.Errorf(spec.ShapeError, "%s: shape %v has %d elements, the buffer has %d", who, d.Shape, n, lender.Len())
	}
	size := dtype.Size()
	var bytes []byte
	if n > 0 {
		from := lender.Data().Offset() * size
		all := lender.Data().Buffers()[1].Bytes()
		if len(all) < from+n*size {
			return nil, spec.Errorf(spec.ShapeError, "%s: the buffer ends before the array does", who)
		}
		bytes = all[from : from+n*size : from+n*size]
	}
	shape := d.Shape
	if shape == nil {
		shape = []int{}
	}
	return array.Borrow(d.Name, dtype, shape, bytes), nil
}
