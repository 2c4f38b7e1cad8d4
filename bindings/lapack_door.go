package native

import (
	"encoding/json"
	"sync"

	"github.com/ergodica/ergodica/bindings/lapack"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/definitions"
	"github.com/ergodica/ergodica/core/spec"
)

var lending sync.Mutex

// LapackPointers lends the core a LAPACK, {"dpotrf": address, ...} for lapack.Routines. It is first compared with the definitions of its results
// and with the plain library, on matrices of sizes 0 to size; from then on core/linalg factors by it. The answer is its name.
func LapackPointers(pointers string, size int64) (library string, err error) {
	defer guard(&err)
	lending.Lock()
	defer lending.Unlock()
	at := map[string]uintptr{}
	if err := json.Unmarshal([]byte(pointers), &at); err != nil {
		return "", spec.Errorf(spec.SpecError, "expected addresses by name: %v", err)
	}
	var sizes []int
	for n := range min(max(size, 1), 100) + 1 {
		sizes = append(sizes, int(n))
	}
	l, err := lapack.New(at)
	if err != nil {
		return "", err
	}
	if err := definitions.Verify(l, sizes); err != nil {
		return "", spec.Errorf(spec.InternalError, "LAPACK does not do what it is defined to do: %v", err)
	}
	if err := definitions.Compare(l, linalg.Plain{}, sizes); err != nil {
		return "", spec.Errorf(spec.InternalError, "LAPACK does not do what it is defined to do: %v", err)
	}
	linalg.Use(l)
	return l.Name(), nil
}
