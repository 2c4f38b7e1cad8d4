package functions

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// The special functions against mpmath (testdata/make_special.py): 1e-13 relative, or 4 eps times the condition number. Catches a coefficient, a
// branch taken too early, a recurrence that cancels.
func TestSpecialTable(t *testing.T) {
	text, err := os.ReadFile("testdata/special.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string]struct{ X, Y, Condition []float64 }
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(float64) float64{"lgamma": Lgamma1, "j0": J01, "j1": J11, "erfinv": Erfinv1, "ndtri": Ndtri1, "ndtr": Ndtr1, "log_ndtr": LogNdtr1, "log_expit": LogSigmoid1} {
		table := tables[name]
		if len(table.X) < 50 {
			t.Errorf("%s: %d points", name, len(table.X))
		}
		worst, where := 0.0, 0.0
		for i, x := range table.X {
			want := table.Y[i]
			d := math.Abs(f(x)-want) / math.Max(math.Abs(want), 0x1p-1022) / math.Max(1e-13, 4*0x1p-52*table.Condition[i])
			if want == 0 {
				d = math.Abs(f(x)) / 1e-16
			}
			if !(d <= worst) {
				worst, where = d, x
			}
		}
		t.Logf("%-10s %.3f of the tolerance at %v", name, worst, where)
		if !(worst <= 1) {
			t.Errorf("%s: %.3f times the tolerance at %v", name, worst, where)
		}
	}
}
