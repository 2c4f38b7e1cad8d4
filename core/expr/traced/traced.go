// Package traced reads programs that were traced by the face, with the arrays that they captured.
package traced

import (
	"encoding/json"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// Decode reads {"program": wire form of core/expr, "arrays": [{"input": k}, ...]}: a program whose last inputs are the arrays.
func Decode(raw json.RawMessage, in spec.Inputs, path string) (source *expr.Program, captured []*array.Array, err error) {
	var w struct {
		Program json.RawMessage   `json:"program"`
		Arrays  []json.RawMessage `json:"arrays"`
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, nil, spec.Errorf(spec.SpecError, "%s: %v", path, err)
	}
	if source, err = read(w.Program); err != nil {
		return nil, nil, err
	}
	for _, r := range w.Arrays {
		v, ok, err := spec.InputIndex(r, in, path)
		if err != nil {
			return nil, nil, err
		}
		a, isArray := v.(*array.Array)
		if !ok || !isArray {
			return nil, nil, spec.Expected(path+".arrays", `{"input": k}`, string(r))
		}
		captured = append(captured, a)
	}
	types := source.InputTypes()
	if len(captured) > len(types) {
		return nil, nil, spec.Expected(path+".arrays", "at most the program's inputs", len(captured))
	}
	for k, a := range captured {
		if want, got := types[len(types)-len(captured)+k], (expr.Type{Dtype: a.Dtype, Shape: a.Shape}); !want.Equal(got) {
			return nil, nil, spec.Expected(path+".arrays", want.String(), got.String())
		}
	}
	return source, captured, nil
}
