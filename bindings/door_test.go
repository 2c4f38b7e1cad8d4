package native

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	arrows "github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/cdata"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/bindings/cmem"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

const magnet = `{"verb":"sample","system":{"type":"lattice.Ising","lattice":{"shape":[4,4]},"J":1.0,"h":%s,"periodic":true},"method":{"type":"Metropolis"},"seed":"1","kT":2.0,"sweeps":%d,"observe":["energy"]}`

// ledger counts what the lender of test arrays has out.
type ledger struct {
	memory.Allocator
	held int
}

func (l *ledger) Allocate(n int) []byte { l.held += n; return l.Allocator.Allocate(n) }
func (l *ledger) Free(b []byte)         { l.held -= cap(b); l.Allocator.Free(b) }
func (l *ledger) Reallocate(n int, b []byte) []byte {
	l.held += n - cap(b)
	return l.Allocator.Reallocate(n, b)
}

// structs are the two Arrow C structs of one array, as Python would make them.
type structs struct{ array, schema []byte }

func newStructs() structs {
	return structs{cmem.Allocator{}.Allocate(80), cmem.Allocator{}.Allocate(72)}
}

func (s structs) addresses() (int64, int64) {
	return int64(uintptr(unsafe.Pointer(&s.array[0]))), int64(uintptr(unsafe.Pointer(&s.schema[0])))
}

func (s structs) taken() bool { // release of the array is its ninth word, of the schema its eighth
	return *(*uintptr)(unsafe.Pointer(&s.array[64])) == 0 && *(*uintptr)(unsafe.Pointer(&s.schema[56])) == 0
}

func (s structs) free() {
	cmem.Allocator{}.Free(s.array)
	cmem.Allocator{}.Free(s.schema)
}

// lend makes structs that hold a.
func lend(a arrow.Array) structs {
	s := newStructs()
	x, y := s.addresses()
	cdata.ExportArrowArray(a, cdata.ArrayFromPtr(uintptr(x)), cdata.SchemaFromPtr(uintptr(y)))
	a.Release()
	return s
}

func floats(alloc memory.Allocator, x ...float64) arrow.Array {
	b := arrows.NewFloat64Builder(alloc)
	defer b.Release()
	b.AppendValues(x, nil)
	return b.NewArray()
}

func described1(s structs, shape, dtype string, borrow bool) string {
	a, b := s.addresses()
	return fmt.Sprintf(`[{"name":"h","array":%d,"schema":%d,"shape":%s,"dtype":%q,"borrow":%v}]`, a, b, shape, dtype, borrow)
}

type status struct {
	State   string
	Error   *spec.Error
	Results []struct {
		Name, Dtype, Kind string
		Shape             []int
	}
	Info map[string]any
}

func wait(t testing.TB, id int64) status {
	t.Helper()
	for range 1000 {
		text, err := JobWait(id, 50)
		require.NoError(t, err)
		var s status
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		if s.State == "done" || s.State == "failed" || s.State == "cancelled" {
			return s
		}
	}
	t.Fatal("the job does not end")
	return status{}
}

func wire(t testing.TB, err error) spec.Error {
	t.Helper()
	require.Error(t, err)
	var e spec.Error
	require.NoError(t, json.Unmarshal([]byte(err.Error()), &e), err.Error())
	return e
}

func TestArraysInAndOut(t *testing.T) {
	before := cmem.Held()
	for _, borrow := range []bool{false, true} {
		books := &ledger{Allocator: cmem.Allocator{}}
		h := make([]float64, 16)
		for i := range h {
			h[i] = 100
		}
		in := lend(floats(books, h...))
		id, err := JobOpen(fmt.Sprintf(magnet, `{"input":0}`, 1000), described1(in, "[4,4]", "float64", borrow))
		require.NoError(t, err)
		require.True(t, in.taken())
		require.Equal(t, borrow, books.held > 0, "a copy is made at once, a loan lasts until the job is closed")
		s := wait(t, id)
		require.Equal(t, "done", s.State)
		require.Equal(t, []int{1, 1000}, s.Results[0].Shape)

		out := newStructs()
		did, err := JobTake(id, 0, must(out.addresses())[0], must(out.addresses())[1])
		require.NoError(t, err)
		require.True(t, did)
		did, err = JobClose(id)
		require.NoError(t, err)
		require.True(t, did)
		require.Zero(t, books.held)

		a, b := out.addresses()
		_, got, err := cdata.ImportCArray(cdata.ArrayFromPtr(uintptr(a)), cdata.SchemaFromPtr(uintptr(b)))
		require.NoError(t, err)
		energies := got.(*arrows.Float64).Float64Values()
		require.Zero(t, uintptr(unsafe.Pointer(&energies[0]))%64)
		require.InDelta(t, -32-1600, energies[999], 1, "the field was read")
		got.Release()
		in.free()
		out.free()
		require.Equal(t, before, cmem.Held())
	}
}

func must(a, b int64) [2]int64 { return [2]int64{a, b} }

func TestInputsThatDoNotFit(t *testing.T) {
	before := cmem.Held()
	books := &ledger{Allocator: cmem.Allocator{}}
	nulls := func() arrow.Array {
		b := arrows.NewFloat64Builder(books)
		defer b.Release()
		b.AppendNull()
		b.Append(1)
		return b.NewArray()
	}
	booleans := func() arrow.Array {
		b := arrows.NewBooleanBuilder(books)
		defer b.Release()
		b.Append(true)
		return b.NewArray()
	}
	texts := func() arrow.Array {
		b := arrows.NewStringBuilder(books)
		defer b.Release()
		b.Append("x")
		return b.NewArray()
	}
	some := func(x ...float64) func() arrow.Array { return func() arrow.Array { return floats(books, x...) } }
	for _, c := range []struct {
		a            func() arrow.Array
		shape, dtype string
		text         string
	}{
		{nulls, "[2]", "float64", "without nulls, got 1"},
		{booleans, "[1]", "bool", "expected Arrow type uint8 for dtype bool, got bool"},
		{texts, "[1]", "float64", "got utf8"},
		{some(1, 2, 3), "[4]", "float64", "shape [4] has 4 elements, the buffer has 3"},
		{some(1, 2, 3), "[3]", "int64", "expected Arrow type int64"},
		{some(1, 2, 3), "[3]", "float16", "does not cross the border"},
		{some(1, 2, 3), "[-3]", "float64", "must not be negative"},
		{some(1, 2, 3), "[4611686018427387904,4611686018427387904]", "float64", "2^63"},
		{some(1, 2, 3), "[3]", "float64", "Ising.h: expected a number or shape (16,)"},
		{some(math.NaN()), "[1]", "float64", "NaN"},
	} {
		in := lend(c.a())
		_, err := JobOpen(fmt.Sprintf(magnet, `{"input":0}`, 10), described1(in, c.shape, c.dtype, false))
		require.Contains(t, wire(t, err).Message, c.text)
		require.True(t, in.taken(), c.text)
		require.Zero(t, books.held, c.text)
		in.free()
	}
	// Every input is taken and released although the first is wrong, and although the request is.
	for _, request := range []string{fmt.Sprintf(magnet, "0", 10), "{"} {
		a, b := lend(floats(books, 1)), lend(floats(books, 2))
		first, second := described1(a, "[7]", "float64", true), described1(b, "[1]", "float64", true)
		_, err := JobOpen(request, first[:len(first)-1]+","+second[1:])
		require.Contains(t, wire(t, err).Message, "shape [7]")
		require.True(t, a.taken() && b.taken())
		require.Zero(t, books.held)
		a.free()
		b.free()
	}
	a := lend(floats(books, 1))
	_, err := JobOpen("{", described1(a, "[1]", "float64", true))
	require.Error(t, err)
	require.True(t, a.taken())
	require.Zero(t, books.held)
	a.free()
	for _, inputs := range []string{"{", "3", `[{"array":0,"schema":0}]`, `[{"array":8,"schema":8}]`, `[{"array":"x"}]`, `[{"array":13,"schema":24}]`} {
		_, err := JobOpen(fmt.Sprintf(magnet, "0", 10), inputs)
		require.Equal(t, spec.SpecError, wire(t, err).Class, inputs)
	}
	require.Equal(t, before, cmem.Held())
}

func TestSlicesAndEmptyInputs(t *testing.T) {
	whole := floats(cmem.Allocator{}, 1, 2, 3, 4, 5)
	part := arrows.NewSlice(whole, 1, 4)
	whole.Release()
	in := lend(part)
	all, err := importAll(described1(in, "[3]", "float64", true))
	require.NoError(t, err)
	x, err := all[0].Float64s()
	require.NoError(t, err)
	require.Equal(t, []float64{2, 3, 4}, x)
	releaseAll(all)
	in.free()
	for _, borrow := range []bool{false, true} {
		in = lend(floats(cmem.Allocator{}))
		all, err = importAll(described1(in, "[0,3]", "float64", borrow))
		require.NoError(t, err)
		require.Zero(t, all[0].Len())
		releaseAll(all)
		in.free()
	}
	require.Zero(t, cmem.Held())
}

// Plans larger than the machine are refused while they are plans.
func TestHugeRequests(t *testing.T) {
	for old, huge := range map[string]string{`"lattice":{"shape":[4,4]}`: `"lattice":{"shape":[1048576,1048576]}`, `"kT":2.0`: `"kT":2.0,"chains":100000000000`,
		`"shape":[4,4]},"J":1.0,"h":0`: `"shape":[1024,1024]},"chains":1000000`, `"sweeps":10`: `"sweeps":1000000000000`} {
		text := fmt.Sprintf(magnet, "0", 10)
		require.Contains(t, text, old)
		_, err := JobOpen(strings.Replace(text, old, huge, 1), "")
		require.Contains(t, []spec.Class{spec.MemoryError, spec.SpecError}, wire(t, err).Class, huge)
	}
	require.Zero(t, cmem.Held())
}

func TestHandles(t *testing.T) {
	id, err := JobOpen(fmt.Sprintf(magnet, "0", 10), "")
	require.NoError(t, err)
	wait(t, id)
	_, err = JobTake(id, 9, 8, 8)
	require.Equal(t, spec.SpecError, wire(t, err).Class)
	_, err = JobTake(id, 0, 0, 0)
	require.Equal(t, spec.SpecError, wire(t, err).Class)
	did, err := JobClose(id)
	require.True(t, did && err == nil)
	did, err = JobClose(id)
	require.True(t, !did && err == nil, "closing twice is fine")
	for _, stale := range []int64{id, 0, -1, id + 1000} {
		for name, call := range map[string]func() error{
			"wait":       func() error { _, err := JobWait(stale, 10); return err },
			"next":       func() error { _, err := JobNext(stale, 0, 10); return err },
			"fail":       func() error { _, err := JobFail(stale, 1, ""); return err },
			"pause":      func() error { _, err := JobPause(stale); return err },
			"resume":     func() error { _, err := JobResume(stale); return err },
			"cancel":     func() error { _, err := JobCancel(stale); return err },
			"checkpoint": func() error { _, err := JobCheckpoint(stale); return err },
			"snapshot":   func() error { _, err := JobSnapshot(stale); return err },
			"take":       func() error { _, err := JobTake(stale, 0, 8, 8); return err },
		} {
			require.Equal(t, spec.ClosedError, wire(t, call()).Class, name)
		}
	}
	_, err = JobClose(id + 1000)
	require.Equal(t, spec.ClosedError, wire(t, err).Class)
	require.Zero(t, cmem.Held())
}

func TestCyclesFromManyThreads(t *testing.T) {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for k := range 100 {
				id, err := JobOpen(fmt.Sprintf(magnet, "0", 1+k*100), "[]")
				if err != nil {
					t.Error(err)
					return
				}
				if k%3 > 0 {
					_, _ = JobWait(id, 1)
				}
				out := newStructs()
				a, b := out.addresses()
				if _, err := JobTake(id, 0, a, b); err != nil {
					t.Error(err)
				}
				_, _ = JobClose(id)
				cdata.ReleaseCArrowArray(cdata.ArrayFromPtr(uintptr(a)))
				cdata.ReleaseCArrowSchema(cdata.SchemaFromPtr(uintptr(b)))
				out.free()
			}
		})
	}
	all.Wait()
	require.Zero(t, cmem.Held())
}

func TestGuard(t *testing.T) {
	broken := func() (err error) {
		defer guard(&err)
		var none []int
		return fmt.Errorf("%d", none[len(none)])
	}
	e := wire(t, broken())
	require.Equal(t, spec.InternalError, e.Class)
	require.Contains(t, e.Stack, "door_test.go")
	full := func() (err error) {
		defer guard(&err)
		cmem.Allocator{}.Allocate(1 << 62)
		return nil
	}
	require.Equal(t, spec.MemoryError, wire(t, full()).Class)
}

func TestConfigureAndInfo(t *testing.T) {
	var about struct {
		Version string
		Levels  []string
		SIMD    string
		Threads int
		Memory  int64
		Methods []struct{ Verb, System, Method string }
		Jobs    int
	}
	info := func() {
		text, err := Info()
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(text), &about))
	}
	info()
	require.NotEmpty(t, about.Methods)
	require.Positive(t, about.Memory)
	require.Equal(t, about.Levels[0], about.SIMD)
	memory := about.Memory
	defer func() { _, _ = Configure(`{"threads":0,"simd":"auto","memory":-1}`) }()
	text, err := Configure(`{"threads":3,"simd":"scalar","memory":1000}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"threads":3,"simd":"scalar","memory":1000}`, text)
	_, err = JobOpen(fmt.Sprintf(magnet, "0", 1000), "")
	require.Equal(t, spec.MemoryError, wire(t, err).Class)
	for _, level := range about.Levels {
		_, err = Configure(fmt.Sprintf(`{"simd":%q}`, strings.ToLower(strings.ReplaceAll(level, "-", ""))))
		require.NoError(t, err)
		info()
		require.Equal(t, level, about.SIMD)
	}
	for _, bad := range []string{`{"simd":"mmx"}`, `{"threads":-2}`, `{"threads":"x"}`, `{"memory":"x"}`, `{"cores":2}`, ``, `[]`} {
		_, err = Configure(bad)
		require.Equal(t, spec.SpecError, wire(t, err).Class, bad)
	}
	_, err = Configure(`{"memory":-1}`)
	require.NoError(t, err)
	info()
	require.Equal(t, memory, about.Memory)
	require.Equal(t, 3, about.Threads)
}

// Two processes' worth of work through the door: cancel reaches a long run at once.
func TestCancelThroughTheDoor(t *testing.T) {
	id, err := JobOpen(strings.Replace(fmt.Sprintf(magnet, "0", 100_000_000), "[4,4]", "[512,512]", 1), "")
	require.NoError(t, err)
	_, err = JobWait(id, 50)
	require.NoError(t, err)
	at := time.Now()
	did, err := JobCancel(id)
	require.True(t, did && err == nil)
	s := wait(t, id)
	require.Equal(t, "cancelled", s.State)
	require.Less(t, time.Since(at), time.Second)
	require.Equal(t, spec.Interrupted, s.Error.Class)
	_, err = JobClose(id)
	require.NoError(t, err)
	require.Zero(t, cmem.Held())
}

func BenchmarkJobCycle(b *testing.B) {
	request := fmt.Sprintf(magnet, "0", 1)
	out := newStructs()
	defer out.free()
	x, y := out.addresses()
	for b.Loop() {
		id, err := JobOpen(request, "")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = JobWait(id, 50)
		_, _ = JobTake(id, 0, x, y)
		_, _ = JobClose(id)
		cdata.ReleaseCArrowArray(cdata.ArrayFromPtr(uintptr(x)))
		cdata.ReleaseCArrowSchema(cdata.SchemaFromPtr(uintptr(y)))
	}
}

func BenchmarkArrayIn(b *testing.B) {
	whole := floats(cmem.Allocator{}, make([]float64, 100)...)
	defer whole.Release()
	s := newStructs()
	defer s.free()
	x, y := s.addresses()
	for b.Loop() {
		whole.Retain()
		cdata.ExportArrowArray(whole, cdata.ArrayFromPtr(uintptr(x)), cdata.SchemaFromPtr(uintptr(y)))
		all, err := importAll(described1(s, "[100]", "float64", true))
		if err != nil {
			b.Fatal(err)
		}
		releaseAll(all)
		whole.Release()
	}
}
