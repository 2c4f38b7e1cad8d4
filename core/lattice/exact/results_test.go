package exact

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// found collects what a solver gives.
type found struct {
	columns map[string][]float64
	shapes  map[string][]int
	done    float64
	total   float64
}

func (f *found) Alloc() memory.Allocator { return memory.DefaultAllocator }

func (f *found) Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error {
	if len(shape) != len(dims) {
		return fmt.Errorf("%s: shape %v, dims %v", name, shape, dims)
	}
	f.shapes[name] = shape
	switch x := data.(type) {
	case []float64:
		f.columns[name] = x
	case []int64:
		for _, k := range x {
			f.columns[name] = append(f.columns[name], float64(k))
		}
	default:
		return fmt.Errorf("%s is a %T", name, data)
	}
	return nil
}

func (f *found) Note(string, any) {}

func (f *found) Progress(done, total float64, _ string) { f.done, f.total = done, total }

func attempt(m *lattice.Ising, method string, kT []float64, observe ...string) (*found, error) {
	var at []contract.Params
	for _, x := range kT {
		at = append(at, contract.Params{KT: x})
	}
	for _, e := range Registry() {
		if e.Method == method {
			f := &found{columns: map[string][]float64{}, shapes: map[string][]int{}}
			return f, e.Solve(context.Background(), m, e.NewMethod(), at, observe, f)
		}
	}
	return nil, fmt.Errorf("no method %s", method)
}

func solved(t *testing.T, m *lattice.Ising, method string, kT []float64, observe ...string) *found {
	t.Helper()
	f, err := attempt(m, method, kT, observe...)
	require.NoError(t, err)
	require.Equal(t, f.total, f.done, "progress ends at its total")
	return f
}

func torus(sides ...int) *lattice.Ising { return magnet(sides, 1, 0, true) }

func magnet(sides []int, j, h float64, periodic ...bool) *lattice.Ising {
	l, err := geometry.NewHypercubic(sides, periodic...)
	if err != nil {
		panic(err)
	}
	return &lattice.Ising{Lattice: *l, J: array.Is(j), H: array.Is(h), Periodic: periodic}
}

// close12 compares relative to the larger of the reference and floor.
func close12(t *testing.T, want, got, floor float64, format string, args ...any) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 1e-12*max(math.Abs(want), floor) {
		t.Errorf("%s: want %.17g, got %.17g, relative error %.2g", fmt.Sprintf(format, args...), want, got, (got-want)/want)
	}
}

// draws are random numbers of a fixed seed, from -1 to 1.
func draws(seed uint64, n int) []float64 {
	x := make([]float64, n)
	rng.New(seed).Uniforms(x, 0, 0)
	for i := range x {
		x[i] = 2*x[i] - 1
	}
	return x
}

// Names that no solver gives, and temperatures that there are not, are refused by an error that says what there is.
func TestExactRefusals(t *testing.T) {
	graph, err := geometry.NewNetwork(3, [][2]int32{{0, 1}, {1, 2}, {2, 0}})
	require.NoError(t, err)
	triangle := &lattice.Ising{Lattice: *graph, J: array.Is(1)}
	bonds := torus(4, 4)
	bonds.J = array.Each(make([]float64, 32))
	wide := torus(24, 24)
	wide.J = array.Each(draws(9, 1152))
	for _, c := range []struct {
		m       *lattice.Ising
		method  string
		kT      float64
		observe string
		says    string
	}{
		{torus(4, 4), "Enumeration", 0, "", "expected a positive"},
		{torus(4, 4), "Kaufman", -1, "", "expected a positive"},
		{torus(4, 4), "Kaufman", math.Inf(1), "", "expected a positive"},
		{torus(4, 4), "Kaufman", math.NaN(), "", "expected a positive"},
		{torus(4, 4), "Kaufman", 1, "magnetization", "it gives: log_z"},
		{torus(3, 9), "Enumeration", 1, "", "at most 26 spins"},
		{wide, "TransferMatrix", 1, "", "few sites are open"},
		{triangle, "TransferMatrix", 1, "binder", "it gives: log_z"},
		{torus(17, 17), "TransferMatrix", 1, "", "at most 16 sites"},
		{magnet([]int{21, 21}, 1, 0, false), "TransferMatrix", 1, "", "20 when the length is open"},
		{torus(16, 100000), "TransferMatrix", 1, "", "operations"},
		{triangle, "Kaufman", 1, "", "two-dimensional"},
		{torus(4, 4, 4), "Kaufman", 1, "", "two-dimensional"},
		{bonds, "Kaufman", 1, "", "one J"},
		{magnet([]int{4, 4}, 1, 0.1, true), "Kaufman", 1, "", "no field"},
		{magnet([]int{4, 4}, 1, 0, true, false), "Kaufman", 1, "", "periodic=True"},
		{magnet([]int{4, 5}, -1, 0, true), "Kaufman", 1, "", "even sides"},
		{torus(1, 5), "Kaufman", 1, "", "at least 2"},
		{torus(16384, 16384), "Kaufman", 0.1, "", "Onsager()"},
		{torus(4, 4, 4), "Onsager", 1, "", "two-dimensional"},
	} {
		var observe []string
		if c.observe != "" {
			observe = []string{c.observe}
		}
		_, err := attempt(c.m, c.method, []float64{c.kT}, observe...)
		var e *spec.Error
		require.ErrorAs(t, err, &e, "%s %v", c.method, c.says)
		require.Equal(t, spec.SpecError, e.Class)
		require.Contains(t, e.Error(), c.says)
	}
}

// A cancelled solve returns the context's error.
func TestExactCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, e := range Registry() {
		f := &found{columns: map[string][]float64{}, shapes: map[string][]int{}}
		err := e.Solve(ctx, torus(4, 4), e.NewMethod(), []contract.Params{{KT: 1}}, nil, f)
		require.ErrorIs(t, err, context.Canceled, e.Method)
	}
}
