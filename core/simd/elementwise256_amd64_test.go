//go:build goexperiment.simd && amd64

package simd_test

import (
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

// The element-wise kernels of float32 are those of float64, and all 256-bit kernels the 512-bit ones with other widths.
func Test256IsGenerated(t *testing.T) {
	const wide, single = "elementwise512_amd64.go", "elementwise32x512_amd64.go"
	twin.Generated(t, single, wide, twin.Read(t, wide), "Float64x8", "Float32x16", "Uint64x8", "Uint32x16", "[8]float64", "[16]float32", "float64", "float32", "[8]uint64", "[16]uint32",
		"64x512", "32x512", "1 << 63", "1 << 31", "i+8", "i+16", "i += 8", "i += 16")
	twin.Narrower(t)
}
