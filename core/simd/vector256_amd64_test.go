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

// generated writes and checks the file that text becomes.
func generated(t *testing.T, name, source, text string, replaced ...string) {
	head, body, _ := strings.Cut(text, ")\n") // the imports
	if _, after, found := strings.Cut(body, "// The 256-bit kernels"); found {
		_, body, _ = strings.Cut(after, "\n")
	}
	if _, after, found := strings.Cut(body, "DO NOT EDIT.\n"); found {
		body = after
	}
	want := head + ")\n\n// Code generated from " + source + " by TestVector256IsGenerated; DO NOT EDIT.\n" + strings.NewReplacer(replaced...).Replace(body)
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s is not what its source makes it (%v): go test -run TestVector256IsGenerated -update", name, err)
	}
}

func read(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The element-wise kernels of float32 are those of float64, and all 256-bit kernels the 512-bit ones with other widths: every *512_amd64.go
// has its *256_amd64.go.
func TestVector256IsGenerated(t *testing.T) {
	const wide, single = "elementwise512_amd64.go", "elementwise32x512_amd64.go"
	generated(t, single, wide, read(t, wide), "Float64x8", "Float32x16", "Uint64x8", "Uint32x16", "[8]float64", "[16]float32", "float64", "float32", "[8]uint64", "[16]uint32",
		"64x512", "32x512", "1 << 63", "1 << 31", "i+8", "i+16", "i += 8", "i += 16")
	sources, err := filepath.Glob("*512_amd64.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, name := range sources {
		generated(t, strings.Replace(name, "512", "256", 1), name, read(t, name), "512", "256", "x16", "x8", "x8", "x4", "[16]float32", "[8]float32", "[8]float64", "[4]float64",
			"[8]float32", "[4]float32", "[8]uint64", "[4]uint64", "[16]uint32", "[8]uint32", "1<<8", "1<<4", "i+8", "i+4", "i += 8", "i += 4", "i+16", "i+8", "i += 16", "i += 8", "%8", "%4", "/8", "/4")
	}
}
