package core_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fused matches a fused multiply-add in the compiler's assembly for arm64, with the source line that it comes from.
var fused = regexp.MustCompile(`\(([^()\s]+\.go):(\d+)\)\s+(FN?M(?:ADD|SUB)[DS])\s`)

// underConstruction are rooms whose products are not in order yet; the list only gets shorter.
var underConstruction = []string{"expr/"}

// complaint matches a compiler error among the assembly.
var complaint = regexp.MustCompile(`(?m)^\S+\.go:\d+:\d+: .*$`)

// A Go compiler may fuse x*y + z into one rounding, also across statements, and does so on arm64 but not on amd64: the same seed would give other
// bits. float64(x*y) forbids it. So the code is compiled for arm64, and every fused instruction must come from a line that asks for it
// (math.FMA) or whose comment says that the product is exact. Catches: x*y + z anywhere in core.
func TestNothingIsFusedUnasked(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles core for arm64")
	}
	for _, line := range fusedLines(t, ".", "./...") {
		if !startsWithAny(line, underConstruction) {
			t.Error(line)
		}
	}
}

func TestFusingIsFound(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("go.mod", "module planted\ngo 1.26\n")
	write("x.go", `package planted

import "math"

func Fuses(x, y, z float64) float64   { return x*y + z }
func Rounds(x, y, z float64) float64  { return float64(x*y) + z }
func Asks(x, y, z float64) float64    { return math.FMA(x, y, z) }
func Doubles(x, z float64) float64    { return 2*x + z } // exact
`)
	require.Len(t, fusedLines(t, dir, "./..."), 1)
}

func fusedLines(t *testing.T, dir, packages string) (faults []string) {
	list := exec.Command("go", "list", "-m", "-f", "{{.Path}}")
	list.Dir = dir
	module, err := list.Output()
	require.NoError(t, err)
	dir, err = filepath.Abs(dir)
	require.NoError(t, err)
	build := exec.Command("go", "build", "-gcflags="+strings.TrimSpace(string(module))+"/...=-S", packages)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOEXPERIMENT=", "GOFLAGS=-buildvcs=false")
	listing, err := build.CombinedOutput()
	require.NoError(t, err, "%s", bytes.Join(complaint.FindAll(listing, -1), []byte("\n")))
	seen := map[string]bool{}
	for _, m := range fused.FindAllSubmatch(listing, -1) {
		seen[string(m[1])+":"+string(m[2])] = true
	}
	for place := range seen {
		i := strings.LastIndex(place, ":")
		n, _ := strconv.Atoi(place[i+1:])
		text, err := os.ReadFile(place[:i])
		if err != nil {
			continue // a line of the standard library, inlined
		}
		line := strings.TrimSpace(string(bytes.Split(text, []byte("\n"))[n-1]))
		_, comment, _ := strings.Cut(line, "//")
		if !strings.Contains(line, "math.FMA(") && !strings.Contains(comment, "exact") {
			file, _ := filepath.Rel(dir, place[:i])
			faults = append(faults, fmt.Sprintf("%s:%d: %s", file, n, line))
		}
	}
	sort.Strings(faults)
	return faults
}
