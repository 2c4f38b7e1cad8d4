package job

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// models are Ising models of every kind that kernels tell apart; inputs 0 and 1 are edges and couplings.
var models = map[string]ask{
	"torus":     {"lattice": ask{"shape": []int{8, 6}}},
	"line":      {"lattice": ask{"shape": []int{67}}, "periodic": false},
	"odd":       {"lattice": ask{"shape": []int{5, 7}}},
	"cube":      {"lattice": ask{"shape": []int{4, 4, 6}}, "J": -1},
	"magnetic":  {"lattice": ask{"shape": []int{6, 8}}, "h": 0.3, "periodic": []bool{true, false}},
	"glass":     {"lattice": ask{"sites": 5, "edges": ask{"input": 0}}, "J": ask{"input": 1}},
	"one":       {"lattice": ask{"shape": []int{1}}},
	"two bonds": {"lattice": ask{"shape": []int{2, 2}}},
	"large":     {"lattice": ask{"shape": []int{128, 128}}},
}

var modelInputs = []*array.Array{
	array.FromSlice(array.Int64, []int64{0, 1, 1, 2, 2, 0, 3, 4, 3, 4}, 5, 2), // a triangle, and two sites joined twice
	array.FromSlice(array.Float64, []float64{1, -1, 0.5, 2, -0.25}),
}

// eachMethod calls try for every method that samples or simulates, on every model that it fits.
func eachMethod(t *testing.T, try func(t *testing.T, base ask)) {
	for _, e := range lattice.Registry() {
		if e.Open == nil {
			continue
		}
		fits := 0
		for name, model := range models {
			base := ask{"verb": e.Verb, "system": merged(ask{"type": e.System}, model), "method": ask{"type": e.Method}, "kT": []float64{1.5, 2.5},
				"scan": []string{"kT"}, "chains": 2, "sweeps": 60, "warmup": 20, "observe": []string{"energy", "configuration"}}
			if e.Verb == "simulate" {
				base = merged(base, ask{"sweeps": nil, "warmup": nil, "time": 60, "every": 1})
			}
			j, err := Open(asked(base), modelInputs, memory.NewGoAllocator())
			if err != nil {
				require.Equal(t, spec.SpecError, spec.Of(err).Class, "%s %s on %s: %v", e.Verb, e.Method, name, err)
				continue
			}
			j.Close()
			fits++
			t.Run(fmt.Sprintf("%s %s %s", e.Verb, e.Method, name), func(t *testing.T) { try(t, base) })
		}
		require.Positive(t, fits, e.Method)
	}
}

func beginModel(t *testing.T, changes ...ask) *Job {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	j, err := Open(asked(changes...), modelInputs, alloc)
	require.NoError(t, err)
	t.Cleanup(func() {
		j.Close()
		require.Zero(t, alloc.CurrentAlloc())
	})
	return j
}

// The same seed gives the same bits on one thread and on several, on every SIMD level, with chains split over jobs, and interrupted at any
// moment; a run that is cancelled again and again continues from its checkpoint to the same bits.
func TestEveryMethodKeepsItsBits(t *testing.T) {
	eachMethod(t, func(t *testing.T, base ask) {
		reference := beginModel(t, base, ask{"threads": 1})
		s := end(t, reference)
		require.Equal(t, Done, s.State, "%v", s.Error)
		same := func(j *Job, why string) {
			s := end(t, j)
			require.Equal(t, Done, s.State, "%s: %v", why, s.Error)
			for k := range 2 {
				require.Equal(t, bits(t, reference, k), bits(t, j, k), why)
			}
		}
		same(beginModel(t, base, ask{"threads": 3}), "three threads")
		same(beginModel(t, base, ask{"threads": 16}), "teams of four")
		for _, level := range simd.Levels()[1:] {
			require.NoError(t, simd.Use(level))
			same(beginModel(t, base), level.String())
			require.NoError(t, simd.Use(simd.Levels()[0]))
		}
		width := len(bits(t, reference, 0)) / 4
		for first := range 2 {
			j := beginModel(t, base, ask{"chains": 1, "first_chain": first})
			end(t, j)
			part := bits(t, j, 0)
			for temperature := range 2 {
				at := (2*temperature + first) * width
				require.Equal(t, bits(t, reference, 0)[at:at+width], part[temperature*width:(temperature+1)*width], "chains split")
			}
		}
		paused := beginModel(t, base)
		for range 5 {
			paused.Pause()
			paused.Wait(20 * time.Millisecond)
			paused.Resume()
		}
		same(paused, "paused")

		path := filepath.Join(t.TempDir(), "run")
		for patience := 50 * time.Microsecond; ; patience = patience * 3 / 2 {
			j := beginModel(t, base, savedAt(path, 1000))
			time.Sleep(patience)
			j.Cancel()
			if end(t, j).State == Done {
				same(j, "cancelled and continued")
				break
			}
			j.Close()
		}
	})
}

func TestEveryMethodRefusesUnknownWords(t *testing.T) {
	for _, e := range entries() {
		if _, traced := e.NewSystem().(interface{ Traced() }); traced {
			continue // its programs come from the face, where its methods are refused alike
		}
		verb := ask{"verb": e.Verb}
		switch e.Verb {
		case "simulate":
			verb = ask{"verb": e.Verb, "sweeps": nil, "time": 1, "every": 1}
		case "solve":
			verb = ask{"verb": e.Verb, "sweeps": nil, "chains": nil, "seed": nil, "observe": nil}
		}
		system := ask{"type": e.System}
		switch {
		case e.System == "lattice.Elementary":
			system["lattice"] = ask{"shape": []int{16}}
		case strings.HasPrefix(e.System, "lattice."):
			system["lattice"] = ask{"shape": []int{4, 4}}
		case e.System == "Density":
			same := ask{"program": ask{"version": 1, "inputs": []ask{{"dtype": "float64", "shape": []int{}}}, "ops": []string{}, "code": []int{}, "args": [][]int{},
				"attrs": []ask{}, "attr": []int{}, "outputs": []int{0}}}
			system["reduced"], system["value"], system["record"], system["names"] = same, same, same, []string{"x"}
		}
		method := ask{"type": e.Method, "colour": 3}
		text, fault := json.Marshal(system)
		require.NoError(t, fault)
		err := spec.Of(spec.Decode(text, e.NewSystem(), nil))
		if err != nil && strings.Contains(err.Message, "is required") { // arrays, which the face has: the method alone
			text, fault = json.Marshal(method)
			require.NoError(t, fault)
			err = spec.Of(spec.Decode(text, e.NewMethod(), nil))
		} else {
			err = refused(t, verb, ask{"system": system, "method": method})
		}
		require.Equal(t, spec.SpecError, err.Class)
		require.Contains(t, err.Message, `has no parameter "colour"`)
	}
}
