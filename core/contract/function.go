package contract

import (
	"encoding/json"

	"github.com/ergodica/ergodica/core/spec"
)

// Function is a parameter that is a function in Python. It stays there; what is traced of it comes with the system.
type Function struct{}

// DecodeSpec takes null.
func (*Function) DecodeSpec(raw json.RawMessage, _ spec.Inputs, path string) error {
	if string(raw) != "null" {
		return spec.Expected(path, "null: a function is traced into the system", string(raw[:min(len(raw), 60)]))
	}
	return nil
}
