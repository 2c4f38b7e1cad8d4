package simd_test

import (
	"testing"

	. "github.com/ergodica/ergodica/core/simd"
)

// Levels are those from the best down to Scalar; Use takes these and no others.
func TestUse(t *testing.T) {
	before := Current()
	all := Levels()
	if all[len(all)-1] != Scalar || all[0] != before {
		t.Errorf("expected levels from %v to scalar, got %v", before, all)
	}
	for l := Scalar - 1; l <= AVX512+1; l++ {
		offered := false
		for _, have := range all {
			offered = offered || have == l
		}
		err := Use(l)
		if offered != (err == nil) {
			t.Errorf("Use(%v) with levels %v: got %v", l, all, err)
		}
		if offered && Current() != l {
			t.Errorf("expected %v in use, got %v", l, Current())
		}
	}
	if err := Use(before); err != nil {
		t.Fatal(err)
	}
}
