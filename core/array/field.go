package array

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/spec"
)

// Field is a parameter that is one number for all, or an array with a number for each: a coupling, a field. Real and finite, kept as float64.
type Field struct {
	Scalar float64
	Values []float64 // nil for a scalar
	Shape  []int     // of Values
}

// Uniform tells whether one number stands for all.
func (f Field) Uniform() bool { return f.Values == nil }

// At is the value of element i.
func (f Field) At(i int) float64 {
	if f.Values == nil {
		return f.Scalar
	}
	return f.Values[i]
}

// Zero tells whether every value is 0.
func (f Field) Zero() bool {
	if f.Values == nil {
		return f.Scalar == 0
	}
	for _, x := range f.Values {
		if x != 0 {
			return false
		}
	}
	return true
}

// Is makes a scalar field.
func Is(x float64) Field { return Field{Scalar: x} }

// Each makes a field with one value per element.
func Each(x []float64, shape ...int) Field {
	if len(shape) == 0 {
		shape = []int{len(x)}
	}
	return Field{Values: x, Shape: shape}
}

// DecodeSpec reads a number, a list of numbers, or {"input": k}.
func (f *Field) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	v, isInput, err := spec.InputIndex(raw, in, path)
	if err != nil {
		return err
	}
	switch {
	case isInput:
		a, ok := v.(*Array)
		if !ok {
			return spec.Errorf(spec.InternalError, "%s: input is a %T", path, v)
		}
		x, err := a.Float64s()
		if err != nil {
			return spec.Errorf(spec.ShapeError, "%s: expected real numbers, got dtype %s", path, a.Dtype)
		}
		if len(a.Shape) == 0 {
			*f = Field{Scalar: x[0]}
		} else {
			*f = Field{Values: x, Shape: a.Shape}
		}
	case len(raw) > 0 && raw[0] == '[':
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return spec.Expected(path, "a number or an array", string(raw))
		}
		x := make([]float64, len(items))
		for i, item := range items {
			if x[i], err = spec.Number(item, path); err != nil {
				return err
			}
		}
		*f = Field{Values: x, Shape: []int{len(x)}}
	default:
		x, err := spec.Number(raw, path)
		if err != nil {
			return err
		}
		*f = Field{Scalar: x}
	}
	return f.finite(path)
}

func (f *Field) finite(path string) error {
	if f.Values == nil {
		if bad(f.Scalar) {
			return spec.Errorf(spec.NonFiniteError, "%s: expected a finite number, got %v", path, f.Scalar)
		}
		return nil
	}
	for i, x := range f.Values {
		if bad(x) {
			return spec.Errorf(spec.NonFiniteError, "%s: expected finite numbers, got %v at %s", path, x, fmt.Sprint(Unravel(i, f.Shape))).With("index", i)
		}
	}
	return nil
}

func bad(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// Unravel is the multi-index of flat index i in C order.
func Unravel(i int, shape []int) []int {
	out := make([]int, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		out[d] = i % shape[d]
		i /= shape[d]
	}
	return out
}
