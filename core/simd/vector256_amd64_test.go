//go:build goexperiment.simd && amd64

package simd

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write vector256_amd64.go")

// The 256-bit kernels are the 512-bit ones with other widths.
func TestVector256IsGenerated(t *testing.T) {
	source, err := os.ReadFile("vector512_amd64.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(source), "// The 256-bit kernels")
	_, body, _ = strings.Cut(body, "\n\n")
	head, _, _ := strings.Cut(string(source), "// The 256-bit kernels")
	want := head + "// Code generated from vector512_amd64.go by TestVector256IsGenerated; DO NOT EDIT.\n\n" + strings.NewReplacer(
		"512", "256", "x8", "x4", "[8]float64", "[4]float64", "[8]uint64", "[4]uint64", "1<<8", "1<<4", "i+8", "i+4", "i += 8", "i += 4").Replace(body)
	if *update {
		if err := os.WriteFile("vector256_amd64.go", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("vector256_amd64.go")
	if err != nil || string(got) != want {
		t.Errorf("vector256_amd64.go is not what vector512_amd64.go makes it (%v): go test -run TestVector256IsGenerated -update", err)
	}
}
