//go:build goexperiment.simd && amd64

package functions

import "testing"

// The tables of both levels hold the same constants, which a comparison of results may not feel to the last bit.
func TestConstants(t *testing.T) {
	for i, lanes := range doubles256 {
		for _, c := range lanes {
			if c != doubles512[i] {
				t.Fatalf("constant %d: expected %x, got %x", i, doubles512[i], c)
			}
		}
	}
	for i, lanes := range singles256 {
		for _, c := range lanes {
			if c != singles512[i] {
				t.Fatalf("constant %d of float32: expected %x, got %x", i, singles512[i], c)
			}
		}
	}
}
