//go:build goexperiment.simd && amd64

package simd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the 256-bit kernels")

// The 256-bit kernels are the 512-bit ones with other widths: every *512_amd64.go has its *256_amd64.go.
func TestVector256IsGenerated(t *testing.T) {
	sources, err := filepath.Glob("*512_amd64.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, name := range sources {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(source), ")\n") // the imports
		if _, after, found := strings.Cut(body, "// The 256-bit kernels"); found {
			_, body, _ = strings.Cut(after, "\n")
		}
		want := head + ")\n\n// Code generated from " + name + " by TestVector256IsGenerated; DO NOT EDIT.\n" + strings.NewReplacer("512", "256", "x16", "x8", "x8", "x4",
			"[16]float32", "[8]float32", "[8]float64", "[4]float64", "[8]float32", "[4]float32", "[8]uint64", "[4]uint64", "1<<8", "1<<4", "i+8", "i+4", "i += 8", "i += 4").Replace(body)
		name = strings.Replace(name, "512", "256", 1)
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s is not what its 512-bit source makes it (%v): go test -run TestVector256IsGenerated -update", name, err)
		}
	}
}
