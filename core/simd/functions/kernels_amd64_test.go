//go:build goexperiment.simd && amd64

package functions

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

// A kernel does the groups before the first one with an exception, writes nothing into that one, and says how many it did.
func TestKernelsStop(t *testing.T) {
	twin.OnLevels(t, func(t *testing.T) {
		lanes := lanes64()
		if lanes == 1 {
			return
		}
		x, y := make([]float64, 8*lanes), make([]float64, 8*lanes)
		x[5*lanes+1] = math.NaN()
		if done := kernel64(fExp, &y[0], &x[0], 8); done != 5 {
			t.Errorf("expected 5 groups, got %d", done)
		}
		for i, v := range y {
			if want := float64(1 - min(i/(5*lanes), 1)); v != want {
				t.Errorf("element %d: expected %v, got %v", i, want, v)
			}
		}
	})
}
