package twin

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the kernels that are generated from others")

// Generated writes and checks the file that text becomes.
func Generated(t *testing.T, name, source, text string, replaced ...string) {
	head, body, _ := strings.Cut(text, ")\n") // the imports
	if _, after, found := strings.Cut(body, "// The 256-bit kernels"); found {
		_, body, _ = strings.Cut(after, "\n")
	}
	if _, after, found := strings.Cut(body, "DO NOT EDIT.\n"); found {
		body = after
	}
	want := head + ")\n\n// Code generated from " + source + " by Test256IsGenerated; DO NOT EDIT.\n" + strings.NewReplacer(replaced...).Replace(body)
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s is not what its source makes it (%v): go test -run Test256IsGenerated -update", name, err)
	}
}

// Read is a file of the test's folder.
func Read(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Narrower checks that every *256_amd64.go of the folder is its *512_amd64.go with other widths.
func Narrower(t *testing.T) {
	sources, err := filepath.Glob("*512_amd64.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, name := range sources {
		Generated(t, strings.Replace(name, "512", "256", 1), name, Read(t, name), "512", "256", "x16", "x8", "x8", "x4", "[16]float32", "[8]float32", "[8]float64", "[4]float64",
			"[8]float32", "[4]float32", "[8]uint64", "[4]uint64", "[16]uint32", "[8]uint32", "1<<8", "1<<4", "i+8", "i+4", "i += 8", "i += 4", "i+16", "i+8", "i += 16", "i += 8", "%8", "%4", "/8", "/4")
	}
}

// Update tells whether generated files are written instead of checked only.
func Update() bool { return *update }
