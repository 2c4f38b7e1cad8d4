// Command specgen writes python/ergodica/_specs.py: one frozen dataclass for every Go struct that a spec decodes into. The Go structs are the
// single source of truth for names, defaults, units, ranges and texts; `make check` and a Go test compare the file with what specgen writes.
//
//	go run ./bindings/specgen            writes the file
//	go run ./bindings/specgen -check     says where it differs, status 1
//
// # From a Go struct to a docstring
//
//	// Metropolis flips single spins (N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953)).
//	//
//	// Text, and indented equations:
//	//
//	//	p = min(1, exp(-dE/kT))
//	//
//	// # Observables
//	//
//	//	acceptance ()   accepted share of the proposals
//	//
//	// # Examples
//	//
//	//	>>> erg.Metropolis(order="random").order
//	//	'random'
//	//
//	// # References
//	//
//	// N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953).
//	type Metropolis struct {
//		// Order in which sites are visited.
//		Order string `spec:"order" default:"\"checkerboard\"" oneof:"random,sequential,checkerboard"`
//	}
//
// The first paragraph is the summary. Text before the first heading stands before Parameters, which is made from the fields: their comments,
// and the tags default (JSON), unit, range and oneof that core/spec reads. Headings ("# Observables", any name) become the sections that
// follow, in the comment's order, after "Methods that fit" (of a system, from the registry); indented blocks keep their lines, and in a section they lose their indentation, so that examples run as doctests.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ergodica/ergodica/core/job"
)

const target = "python/ergodica/_specs.py"

// Spec is a struct to write: its name in a request ("lattice.Ising", "Wolff"), "system" or "method", its zero value, and for a system the
// methods that fit under each verb.
type Spec struct {
	Name, Kind string
	Staged     bool
	Unit       string
	Value      any
	Fits       map[string][]string
}

// registered are the structs of the registry.
func registered() []Spec {
	var specs []Spec
	for _, t := range job.Types() {
		if _, byHand := t.Value.(interface{ Traced() }); byHand {
			continue
		}
		s := Spec{Name: t.Name, Kind: t.Kind, Staged: t.Staged, Unit: t.Unit, Value: t.Value, Fits: map[string][]string{}}
		for _, m := range job.Methods() {
			if t.Kind == "system" && m.System == t.Name {
				s.Fits[m.Verb] = append(s.Fits[m.Verb], m.Method)
			}
		}
		specs = append(specs, s)
	}
	return specs
}

func main() {
	check := flag.Bool("check", false, "compare with the file instead of writing it")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	want, err := Python(root, registered())
	if err != nil {
		return err
	}
	file := filepath.Join(root, target)
	if !check {
		return os.WriteFile(file, want, 0o644)
	}
	return compare(file, want)
}

// compare names the first line in which the file is not what the Go structs say.
func compare(file string, want []byte) error {
	got, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	a, b := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || !bytes.Equal(a[i], b[i]) {
			return fmt.Errorf("%s differs from the Go structs at line %d; run: make generate", target, i+1)
		}
	}
	return nil
}

// moduleRoot is the nearest folder above that has a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = up
	}
}
