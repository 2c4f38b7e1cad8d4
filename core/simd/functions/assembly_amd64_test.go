//go:build goexperiment.simd && amd64

package functions

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

// The constants in assembly are those of the Go code, to the last bit, which a comparison of results may not feel.
func TestAssemblyConstants(t *testing.T) {
	want := map[string]uint64{
		"abs": 1<<63 - 1, "logShift": logShift, "logExponent": 0x433 << 52, "mantissa": mantissa, "logRoot": logRoot, "bias": 1023, "nan": math.Float64bits(math.NaN()),
	}
	for name, x := range map[string]float64{"one": 1, "two": 2, "logBias": 0x1p52 + 1023, "ln2hi": ln2hi, "ln2lo": ln2lo, "thirdsHi": twoThirdsHi, "thirdsLo": twoThirdsLo,
		"span": erfSpan, "log2e": log2e, "magic": magic} {
		want[name] = math.Float64bits(x)
	}
	for name, table := range map[string][]float64{"c": powPoly[:], "near": erfPoly[:], "far": erfTailPoly[:], "exp": expPoly[:]} {
		for i, x := range table {
			want[fmt.Sprint(name, i)] = math.Float64bits(x)
		}
	}
	seen := 0
	for _, file := range []string{"pow512_amd64.s", "erf512_amd64.s"} {
		for _, m := range regexp.MustCompile(`(?m)^DATA .*\$(0x[0-9a-f]+) // (\w+)$`).FindAllStringSubmatch(twin.Read(t, file), -1) {
			seen++
			if bits, err := strconv.ParseUint(m[1], 0, 64); err != nil || bits != want[m[2]] {
				t.Errorf("%s: expected %#x for %s, got %s", file, want[m[2]], m[2], m[1])
			}
		}
	}
	if seen != 70 {
		t.Errorf("expected 70 constants, got %d", seen)
	}
}
