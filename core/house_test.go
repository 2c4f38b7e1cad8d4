package core_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// rooms lists the house from the ground up: a package imports only packages above it, or to its left in the same line; systems (alone)
// never import each other.
var rooms = [][]string{
	{"spec", "simd", "rng", "par", "array"},
	{"linalg", "expr", "stats"},
	{"geometry"},
	{"contract", "transition"},
	{"lattice", "particles", "quantum", "field", "jump", "density"},
	{"simulate", "sample", "learn", "solve"},
	{"job"},
}

const (
	home        = "github.com/ergodica/ergodica/"
	systems     = 4   // the line of rooms whose members do not know each other
	longestFile = 600 // lines; over it there are two concepts in the file
	fullestRoom = 30  // source files without tests ("about 25"); over it there are two rooms in the folder
)

// guests are the modules that core may import, beside Go's own packages.
var guests = []string{"github.com/apache/arrow/go/v17/", "gonum.org/v1/gonum/"}

// notOurs are the functions whose bits differ between platforms, or that would speak to a notebook's file descriptors or end its process.
var notOurs = map[string]map[string]string{
	"math":       banned("use core/simd/functions", "Exp Exp2 Expm1 Log Log2 Log10 Log1p Pow Cbrt Hypot Sin Cos Sincos Tan Asin Acos Atan Atan2 Sinh Cosh Tanh Asinh Acosh Atanh Erf Erfc Erfinv Erfcinv Gamma Lgamma J0 J1 Jn Y0 Y1 Yn"),
	"math/cmplx": banned("use core/simd/functions", "Exp Log Log10 Pow Sqrt Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Cot Abs Phase Polar Rect"),
	"fmt":        banned("events go through the job", "Print Printf Println"),
	"os":         banned("return an error", "Exit"),
	"runtime":    banned("return an error", "Goexit"),
}

// notAllowed are packages that core does not import at all.
var notAllowed = map[string]string{
	"C":            "cgo belongs in bindings",
	"math/rand":    "use core/rng: a seed fixes the bits",
	"math/rand/v2": "use core/rng: a seed fixes the bits",
	"log":          "events go through the job",
}

func banned(instead, names string) map[string]string {
	m := map[string]string{}
	for _, n := range strings.Fields(names) {
		m[n] = instead
	}
	return m
}

// source is one parsed Go file of core; room is the first folder of its path.
type source struct {
	path, room string
	test       bool
	file       *ast.File
	set        *token.FileSet
}

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("core/%s:%d", s.path, s.set.Position(n.Pos()).Line)
}

func sources(t *testing.T, tree fs.FS) []source {
	var all []source
	require.NoError(t, fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		text, err := fs.ReadFile(tree, p)
		if err != nil {
			return err
		}
		s := source{path: p, room: strings.Split(p, "/")[0], test: strings.HasSuffix(p, "_test.go"), set: token.NewFileSet()}
		s.file, err = parser.ParseFile(s.set, p, text, parser.SkipObjectResolution)
		all = append(all, s)
		return err
	}))
	return all
}

// floor is the line and place of a room in the list.
func floor(room string) (line, place int, ok bool) {
	for i, r := range rooms {
		for j, name := range r {
			if name == room {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

func imports(all []source) (faults []string) {
	for _, s := range all {
		if path.Dir(s.path) == "." {
			continue // this file
		}
		line, place, known := floor(s.room)
		if !known {
			faults = append(faults, fmt.Sprintf("core/%s is not a room of the house", s.room))
			continue
		}
		for _, spec := range s.file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if why, no := notAllowed[name]; no && !s.test {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", s.at(spec), name, why))
			}
			inside, ours := strings.CutPrefix(name, home)
			switch {
			case ours:
				other, isCore := strings.CutPrefix(inside, "core/")
				other = strings.Split(other, "/")[0]
				l, p, ok := floor(other)
				below := !ok || l > line || (l == line && p > place)
				neighbour := l == line && line == systems && other != s.room
				if !isCore || (other != s.room && below) || neighbour {
					faults = append(faults, fmt.Sprintf("%s: %s may not import %s", s.at(spec), s.room, inside))
				}
			case strings.Contains(strings.Split(name, "/")[0], ".") && !s.test && !startsWithAny(name, guests):
				faults = append(faults, fmt.Sprintf("%s imports %s, a new dependency", s.at(spec), name))
			}
		}
	}
	return faults
}

func startsWithAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// statements finds goroutines outside core/par, and calls or values of functions in notOurs (in core/simd those of math are allowed).
func statements(all []source) (faults []string) {
	for _, s := range all {
		if s.test {
			continue
		}
		names := map[string]map[string]string{} // local package name
		for _, spec := range s.file.Imports {
			full, _ := strconv.Unquote(spec.Path.Value)
			if list := notOurs[full]; list != nil && !(s.room == "simd" && strings.HasPrefix(full, "math")) {
				local := path.Base(full)
				if spec.Name != nil {
					local = spec.Name.Name
				}
				if local == "." {
					faults = append(faults, fmt.Sprintf("%s: dot import of %s", s.at(spec), full))
				}
				names[local] = list
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if s.room != "par" {
					faults = append(faults, fmt.Sprintf("%s starts a goroutine: use core/par", s.at(n)))
				}
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok && names[id.Name][n.Sel.Name] != "" {
					faults = append(faults, fmt.Sprintf("%s uses %s.%s: %s", s.at(n), id.Name, n.Sel.Name, names[id.Name][n.Sel.Name]))
				}
			}
			return true
		})
	}
	return faults
}

// sizes finds files and folders that hold two concepts: Go and Python sources, tests included in the first rule; generated files are exempt.
func sizes(t *testing.T, tree fs.FS, folders ...string) (faults []string) {
	for _, top := range folders {
		if _, err := fs.Stat(tree, top); err != nil {
			continue
		}
		count := map[string]int{}
		require.NoError(t, fs.WalkDir(tree, top, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "_gen" || d.Name() == "__pycache__" || p == "tests/energies") { // the last is data: functions as users wrote them
				return fs.SkipDir
			}
			if d.IsDir() || !(strings.HasSuffix(p, ".go") || strings.HasSuffix(p, ".py")) {
				return nil
			}
			text, err := fs.ReadFile(tree, p)
			if err != nil {
				return err
			}
			if !strings.HasSuffix(p, "_test.go") && !strings.HasPrefix(d.Name(), "test_") {
				count[path.Dir(p)]++
			}
			head := text[:min(len(text), 300)]
			generated := strings.Contains(string(head), "do not edit") || strings.Contains(string(head), "DO NOT EDIT")
			if n := strings.Count(string(text), "\n"); n > longestFile && !generated {
				faults = append(faults, fmt.Sprintf("%s has %d lines, over %d: two concepts?", p, n, longestFile))
			}
			return nil
		}))
		for dir, n := range count {
			if n > fullestRoom {
				faults = append(faults, fmt.Sprintf("%s has %d source files, over %d: two rooms?", dir, n, fullestRoom))
			}
		}
	}
	return faults
}

func TestImportsGoUp(t *testing.T) { require.Empty(t, imports(sources(t, os.DirFS(".")))) }

func TestStatementsAreOurs(t *testing.T) { require.Empty(t, statements(sources(t, os.DirFS(".")))) }

func TestFilesAndRoomsAreSmall(t *testing.T) {
	require.Empty(t, sizes(t, os.DirFS(".."), "core", "bindings", "python", "tests"))
}

// Each rule finds the fault that it is there for, and nothing in its neighbours.
func TestHouseRulesCatch(t *testing.T) {
	tree := fstest.MapFS{}
	add := func(name, text string) { tree[name] = &fstest.MapFile{Data: []byte(text)} }
	add("spec/up.go", "package spec\nimport _ \""+home+"core/par\"")
	add("par/left.go", "package par\nimport _ \""+home+"core/spec\"\nfunc f() { go f() }")
	add("quantum/side.go", "package quantum\nimport _ \""+home+"core/lattice\"")
	add("stats/sub/x.go", "package sub\nimport _ \""+home+"core/stats\"\nimport _ \""+home+"bindings\"")
	add("job/cgo.go", "package job\nimport \"C\"\nimport _ \"math/rand\"\nimport _ \"example.org/new\"\nimport _ \"gonum.org/v1/gonum/mat\"")
	add("attic/x.go", "package attic")
	add("stats/x.go", "package stats\nimport m \"math\"\nimport \"fmt\"\nvar f = m.Exp\nvar g = m.Sqrt(2)\nfunc h() { go fmt.Println(m.Inf(1)) }")
	add("simd/x.go", "package simd\nimport \"math\"\nvar f = math.Exp")
	add("stats/x_test.go", "package stats\nimport \"math\"\nvar f2 = math.Exp\nfunc h2() { go h() }")
	all := sources(t, tree)
	require.ElementsMatch(t, []string{
		"core/attic is not a room of the house",
		"core/job/cgo.go:2 imports C: cgo belongs in bindings",
		"core/job/cgo.go:3 imports math/rand: use core/rng: a seed fixes the bits",
		"core/job/cgo.go:4 imports example.org/new, a new dependency",
		"core/quantum/side.go:2: quantum may not import core/lattice",
		"core/spec/up.go:2: spec may not import core/par",
		"core/stats/sub/x.go:3: stats may not import bindings",
	}, imports(all))
	require.ElementsMatch(t, []string{
		"core/stats/x.go:4 uses m.Exp: use core/simd/functions",
		"core/stats/x.go:6 starts a goroutine: use core/par",
		"core/stats/x.go:6 uses fmt.Println: events go through the job",
	}, statements(all))
	full := fstest.MapFS{"core/long.go": {Data: []byte(strings.Repeat("\n", longestFile+1))}, "core/made.go": {Data: []byte("// DO NOT EDIT" + strings.Repeat("\n", longestFile+1))}}
	for i := range fullestRoom + 1 {
		full[fmt.Sprintf("core/wide/f%d.py", i)] = &fstest.MapFile{}
	}
	require.Len(t, sizes(t, full, "core"), 2)
}
