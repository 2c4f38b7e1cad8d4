package job

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
	"github.com/stretchr/testify/require"
)

func init() { families = append(families, fakes) }

// fake is a system of random walks on the integers; its methods misbehave on request.
type fake struct {
	Sites int         `spec:"sites" default:"3" range:"[1,1e15]"`
	Field array.Field `spec:"field" default:"0.0"`
}

// steps is the method: a sweep makes parts steps with a pause (microseconds) before each, and may stop between any two.
type steps struct {
	Parts   int    `spec:"parts" default:"4" range:"[1,1e6]"`
	Pause   int    `spec:"pause" default:"0" range:"[0,1e9]"`
	Fault   string `spec:"fault" default:"\"\"" oneof:",panic,error,nan,noobs,badsave"`
	FaultAt int    `spec:"fault_at" default:"10"`
	Work    int    `spec:"work" default:"1"`
}

var liveSweeps atomic.Int64 // sweeps of all fakes, for tests of pausing

func fakes() []contract.Entry {
	entry := contract.Entry{System: "fake.Walk", Method: "Steps", NewSystem: func() any { return new(fake) }, NewMethod: func() any { return new(steps) }, Accuracy: "exact", Cite: []string{"nobody"}}
	entry.Open = func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
		e := &fakeEnsemble{fake: *system.(*fake), steps: *method.(*steps), walkers: walkers, at: make([]fakeWalker, len(walkers))}
		for w := range e.at {
			if start.Values != nil {
				x, err := start.Values.Float64s()
				if err != nil {
					return nil, err
				}
				e.at[w].X = int64(x[w%len(x)])
			}
		}
		return e, nil
	}
	sample, simulate, solve := entry, entry, entry
	sample.Verb, simulate.Verb = "sample", "simulate"
	solve = contract.Entry{Verb: "solve", System: "fake.Walk", Method: "Answer", NewSystem: entry.NewSystem, NewMethod: entry.NewMethod, Accuracy: "exact"}
	solve.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := method.(*steps)
		switch m.Fault {
		case "panic":
			panic("a bug")
		case "error":
			return spec.Errorf(spec.ConvergenceError, "no convergence after 3 steps, residual 0.1").With("residual", 0.1)
		}
		for k := range 3 {
			out.Progress(float64(k), 3, "steps")
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(m.Pause) * time.Microsecond):
			}
		}
		x, y := make([]float64, len(at)), make([]int64, 2*len(at))
		for i, p := range at {
			x[i], y[2*i] = 2*p.KT, int64(i)
		}
		out.Note("ledger", map[string]float64{"dropped": math.NaN()})
		if err := out.Add("twice", array.Float64, nil, nil, x); err != nil {
			return err
		}
		return out.Add("pair", array.Int64, []int{2}, []string{"side"}, y)
	}
	return []contract.Entry{sample, simulate, solve}
}

type fakeWalker struct{ Sweeps, Part, X, Warmed int64 }

type fakeEnsemble struct {
	fake
	steps
	walkers []contract.Walker
	at      []fakeWalker
}

func (e *fakeEnsemble) Size() int { return len(e.at) }

func (e *fakeEnsemble) SweepTo(ctx context.Context, w int, target int64, team *par.Team) error {
	s := &e.at[w]
	for s.Sweeps < target {
		for s.Part < int64(e.Parts) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if e.Pause > 0 {
				time.Sleep(time.Duration(e.Pause) * time.Microsecond)
			}
			stream := e.walkers[w].Key.Fold(uint64(s.Part)).Stream(uint64(s.Sweeps))
			s.X += int64(stream.Below(7)) - 3
			s.Part++
		}
		s.Part = 0
		s.Sweeps++
		liveSweeps.Add(1)
		if w == len(e.at)-1 && int(s.Sweeps) == e.FaultAt {
			switch e.Fault {
			case "panic":
				e.at[len(e.at)].X++
			case "error":
				return spec.Errorf(spec.NonFiniteError, "the energy is NaN")
			}
		}
	}
	return nil
}

func (e *fakeEnsemble) AdvanceTo(ctx context.Context, w int, t float64, team *par.Team) error {
	return e.SweepTo(ctx, w, int64(t), team)
}

func (e *fakeEnsemble) Warm(w int) { e.at[w].Warmed = e.at[w].Sweeps + 1 }

func (e *fakeEnsemble) Observable(name string) (contract.Observable, error) {
	switch name {
	case "x":
		return contract.Observable{Name: name, Dtype: array.Float64, Record: func(w int, row []byte) {
			x := float64(e.at[w].X)
			if e.Fault == "nan" && int(e.at[w].Sweeps) >= e.FaultAt {
				x = math.NaN()
			}
			array.Cast[float64](row)[0] = x
		}}, nil
	case "sweeps":
		return contract.Observable{Name: name, Dtype: array.Int64, Shape: []int{2}, Dims: []string{"what"}, Record: func(w int, row []byte) {
			r := array.Cast[int64](row)
			r[0], r[1] = e.at[w].Sweeps, e.at[w].Warmed
		}}, nil
	case "sites":
		return contract.Observable{Name: name, Dtype: array.Int8, Shape: []int{e.Sites}, Record: func(w int, row []byte) { e.Configuration(w, row) }}, nil
	case "tail":
		return contract.Observable{Name: name, Dtype: array.Int32, Ragged: func(w int) []byte {
			n := int(e.at[w].X&3) + 1
			row := make([]int32, n)
			for i := range row {
				row[i] = int32(e.at[w].X)
			}
			return array.FromSlice(array.Int32, row).Data[:4*(n-1)]
		}}, nil
	}
	return contract.Observable{}, spec.Expected("observe", "one of x, sweeps, sites, tail", name)
}

func (e *fakeEnsemble) Reduced(int, []float64, []contract.Params) error { return nil }
func (e *fakeEnsemble) SetParams(int, contract.Params) error            { return nil }
func (e *fakeEnsemble) SetBias(int, *contract.Bias) error               { return nil }
func (e *fakeEnsemble) CopyWalker(dst, src int)                         { e.at[dst] = e.at[src] }
func (e *fakeEnsemble) SwapWalkers(a, b int)                            { e.at[a], e.at[b] = e.at[b], e.at[a] }
func (e *fakeEnsemble) Info() map[string][]float64 {
	return map[string][]float64{"acceptance": make([]float64, len(e.at))}
}
func (e *fakeEnsemble) Layout() (array.Dtype, []int) { return array.Int8, []int{e.Sites} }
func (e *fakeEnsemble) Work() (float64, string)      { return float64(e.steps.Work), "steps" }
func (e *fakeEnsemble) Load(r io.Reader) error       { return saved.Get(r, e.at) }
func (e *fakeEnsemble) Save(w io.Writer) error {
	if e.Fault == "badsave" {
		return fmt.Errorf("no disk")
	}
	return saved.Put(w, e.at)
}

func (e *fakeEnsemble) Configuration(w int, dst []byte) {
	for i := range dst {
		dst[i] = byte(e.at[w].X + int64(i))
	}
}

// ask is a request with some keys changed; nil removes one.
type ask map[string]any

func asked(changes ...ask) []byte {
	r := ask{"verb": "sample", "system": ask{"type": "fake.Walk"}, "method": ask{"type": "Steps"}, "seed": "7", "kT": []float64{1}, "chains": 2,
		"sweeps": 20, "observe": []string{"x"}}
	for _, c := range changes {
		for k, v := range c {
			if v == nil {
				delete(r, k)
			} else {
				r[k] = v
			}
		}
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

func method(changes ...ask) ask {
	m := ask{"type": "Steps"}
	for _, c := range changes {
		for k, v := range c {
			m[k] = v
		}
	}
	return ask{"method": m}
}

// begin opens a job with memory that is counted, and closes it at the end of the test.
func begin(t testing.TB, changes ...ask) *Job {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	j, err := Open(asked(changes...), nil, alloc)
	require.NoError(t, err)
	t.Cleanup(func() {
		j.Close()
		require.Zero(t, alloc.CurrentAlloc(), "memory is given back")
	})
	return j
}

func refused(t testing.TB, changes ...ask) *spec.Error {
	t.Helper()
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	j, err := Open(asked(changes...), nil, alloc)
	if err == nil {
		j.Close()
	}
	require.Error(t, err)
	require.Zero(t, alloc.CurrentAlloc())
	return spec.Of(err)
}

// end waits until the job has ended and gives its status, with the events of all that time.
func end(t testing.TB, j *Job) *Status {
	t.Helper()
	var events []Event
	for range 2000 {
		s := j.Wait(20 * time.Millisecond)
		events = append(events, s.Events...)
		if s.State.ended() {
			s.Events = events
			return s
		}
	}
	t.Fatal("the job does not end")
	return nil
}

// bits are the bytes of result k.
func bits(t testing.TB, j *Job, k int) []byte {
	t.Helper()
	a, err := j.Take(k)
	require.NoError(t, err)
	defer a.Release()
	return append([]byte(nil), a.Data...)
}

func numbers(t testing.TB, j *Job, k int) []float64 {
	t.Helper()
	a, err := j.Take(k)
	require.NoError(t, err)
	defer a.Release()
	x, err := a.Float64s()
	require.NoError(t, err)
	return x
}
