package contract

import (
	"strings"

	"github.com/ergodica/ergodica/core/spec"
)

// Chosen are the names that a solver gives: all that it has when none is asked for.
func Chosen(who string, observe, have []string) (map[string]bool, error) {
	set := map[string]bool{}
	for _, name := range have {
		set[name] = len(observe) == 0
	}
	for _, name := range observe {
		if _, ok := set[name]; !ok {
			return nil, spec.Errorf(spec.SpecError, "observe: %s does not give %q; it gives: %s", who, name, strings.Join(have, ", ")).With("argument", "observe")
		}
		set[name] = true
	}
	return set, nil
}
