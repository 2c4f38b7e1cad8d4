package job

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// Every wrong request is refused with the class and the words that help, before memory is taken.
func TestBadRequests(t *testing.T) {
	array.SetLimit(1 << 30)
	defer array.SetLimit(0)
	simulation := ask{"verb": "simulate", "sweeps": nil, "time": 1.0, "every": 0.1}
	solution := ask{"verb": "solve", "method": ask{"type": "Answer"}, "seed": nil, "chains": nil, "sweeps": nil}
	for _, c := range []struct {
		changes ask
		class   spec.Class
		text    string
	}{
		{ask{"verb": "teach"}, spec.SpecError, "one of sample, simulate, solve"},
		{ask{"verb": 3}, spec.SpecError, `a "verb"`},
		{ask{"verb": nil}, spec.SpecError, `a "verb"`},
		{ask{"sweps": 3}, spec.SpecError, `sample has no parameter "sweps"; it has: `},
		{ask{"system": nil}, spec.SpecError, "sample: system is required"},
		{ask{"system": "fake.Walk"}, spec.SpecError, `an object with a "type"`},
		{ask{"system": ask{}}, spec.SpecError, `an object with a "type"`},
		{ask{"system": ask{"type": "fake.Talk"}}, spec.SpecError, ", fake.Walk, lattice."},
		{ask{"system": ask{"type": "fake.Walk", "sights": 3}}, spec.SpecError, `fake has no parameter "sights"`},
		{ask{"system": ask{"type": "fake.Walk", "sites": 0}}, spec.SpecError, "fake.sites: expected a number in [1,1e15], got 0"},
		{ask{"system": ask{"type": "fake.Walk", "field": ask{"input": 0}}}, spec.SpecError, "an input index below 0"},
		{ask{"system": ask{"type": "fake.Walk", "field": []any{1, "nan"}}}, spec.NonFiniteError, "NaN"},
		{ask{"method": ask{"type": "Walk"}}, spec.SpecError, "Walk is no method to sample fake.Walk; there are: "},
		{ask{"method": ask{"type": "Answer"}}, spec.SpecError, "Answer fits the verb solve"},
		{ask{"method": ask{"type": "Steps", "parts": 0}}, spec.SpecError, "steps.parts"},
		{ask{"kT": nil}, spec.SpecError, "kT is required"},
		{ask{"kT": []float64{}}, spec.SpecError, "at least one temperature"},
		{ask{"kT": []float64{-1}}, spec.SpecError, "sample.kT[0]: expected a number in [0,inf), got -1"},
		{ask{"kT": "nan"}, spec.SpecError, "finite number, got NaN"},
		{ask{"kT": []any{1, "inf"}}, spec.SpecError, "kT[1]"},
		{ask{"kT": []any{1, nil}}, spec.SpecError, "kT[1]"},
		{ask{"kT": []float64{1, 2}}, spec.SpecError, `"scan"`},
		{ask{"scan": []string{"J"}}, spec.SpecError, "one of kT"},
		{ask{"chains": 0}, spec.SpecError, "sample.chains: expected a number in [1,1e12], got 0"},
		{ask{"chains": 1.5}, spec.SpecError, "an integer"},
		{ask{"chains": 1_000_000_000_000}, spec.MemoryError, "an ensemble of 1000000000000 walkers"},
		{ask{"first_chain": -1}, spec.SpecError, "first_chain"},
		{ask{"sweeps": 0}, spec.SpecError, "sample.sweeps"},
		{ask{"sweeps": "many"}, spec.SpecError, "an integer"},
		{ask{"sweeps": 8e15}, spec.MemoryError, "records of 2 walkers"},
		{ask{"sweeps": 1 << 27}, spec.MemoryError, "the record of x needs 2 GiB, the limit is 1 GiB"},
		{ask{"sweeps": 1 << 25, "observe": []string{"x", "sweeps"}}, spec.MemoryError, "the record of 2 x 33554432 rows"},
		{ask{"warmup": -1}, spec.SpecError, "warmup"},
		{ask{"every": 0}, spec.SpecError, "every"},
		{ask{"every": 21}, spec.SpecError, "at most sweeps = 20"},
		{ask{"observe": []string{}}, spec.SpecError, "at least one quantity"},
		{ask{"observe": []string{"x", "x"}}, spec.SpecError, `"x" twice`},
		{ask{"observe": []string{"y"}}, spec.SpecError, "one of x, sweeps"},
		{ask{"observe": []any{1}}, spec.SpecError, "a string"},
		{ask{"observe": []string{"sites"}, "system": ask{"type": "fake.Walk", "sites": 1e15}}, spec.MemoryError, ""},
		{ask{"python": []ask{{"name": "x"}}}, spec.SpecError, `"x" twice`},
		{ask{"python": []ask{{"name": ""}}}, spec.SpecError, "a name"},
		{ask{"python": []ask{{"name": "f", "shape": []int{-1}}}}, spec.SpecError, "sample.python[0]: fields.shape[0]"},
		{ask{"python": []ask{{"name": "f", "shape": []int{1e11, 1e11}}}}, spec.MemoryError, ""},
		{ask{"python": []ask{{"name": "f", "dtype": "float16"}}}, spec.SpecError, "one of float64"},
		{ask{"python": []ask{{"nom": "f"}}}, spec.SpecError, "name"},
		{ask{"seed": "-1"}, spec.SpecError, "from 0 to 2**64 - 1"},
		{ask{"seed": "18446744073709551616"}, spec.SpecError, "from 0 to 2**64 - 1"},
		{ask{"seed": 1.5}, spec.SpecError, "seed"},
		{ask{"start": "hot"}, spec.SpecError, `"random", "ordered"`},
		{ask{"start": ask{"input": 0}}, spec.SpecError, "an input index"},
		{ask{"threads": -1}, spec.SpecError, "threads"},
		{ask{"checkpoint": "x"}, spec.SpecError, "checkpoint"},
		{ask{"checkpoint": ask{"path": ""}}, spec.SpecError, "the path of a file"},
		{ask{"checkpoint": ask{"path": "a\x00b"}}, spec.SpecError, "the path of a file"},
		{ask{"checkpoint": ask{"path": "x", "seconds": 0}}, spec.SpecError, "seconds"},
		{ask{"checkpoint": ask{"path": "/no/such/folder/x"}}, spec.CheckpointError, "there is no folder /no/such/folder"},
		{ask{"checkpoint": ask{"path": t.TempDir()}}, spec.CheckpointError, "not a regular file"},
		{ask{"version": "9.9.9"}, spec.SpecError, "the version of the library"},
		{ask{"time": 1.0}, spec.SpecError, `no parameter "time"`},
		{merged(simulation, ask{"time": 0}), spec.SpecError, "simulate.time"},
		{merged(simulation, ask{"time": "inf"}), spec.SpecError, "finite"},
		{merged(simulation, ask{"every": -1}), spec.SpecError, "simulate.every"},
		{merged(simulation, ask{"every": 1e-300}), spec.SpecError, "at least time / 9e15"},
		{merged(simulation, ask{"every": 1e-12}), spec.MemoryError, "records"},
		{merged(simulation, ask{"warmup": 1}), spec.SpecError, `no parameter "warmup"`},
		{merged(solution, ask{"sweeps": 1}), spec.SpecError, `solve has no parameter "sweeps"`},
		{merged(solution, ask{"kT": []float64{}}), spec.SpecError, "at least one temperature"},
	} {
		err := refused(t, c.changes)
		require.Equal(t, c.class, err.Class, "%v: %v", c.changes, err)
		require.Contains(t, err.Message, c.text, "%v", c.changes)
	}
	for _, text := range []string{"", "null", "3", "[]", `"sample"`, `{"verb":`, `{"verb":"sample"}`, "{}"} {
		_, err := Open([]byte(text), nil, memory.NewGoAllocator())
		require.Equal(t, spec.SpecError, spec.Of(err).Class, text)
	}
}

func merged(a, b ask) ask {
	m := ask{}
	for _, x := range []ask{a, b} {
		for k, v := range x {
			m[k] = v
		}
	}
	return m
}

func TestMemoryBesideWhatIsHeld(t *testing.T) {
	array.SetLimit(1 << 20)
	defer array.SetLimit(0)
	end(t, begin(t, ask{"sweeps": 1 << 15}))
	Held = func() int64 { return 1<<20 - 1<<18 }
	defer func() { Held = func() int64 { return 0 } }()
	err := refused(t, ask{"sweeps": 1 << 15})
	require.Equal(t, spec.MemoryError, err.Class)
	require.Contains(t, err.Message, "beside 786432 bytes of earlier results")
}

func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		seed any
		want string
	}{{"18446744073709551615", "18446744073709551615"}, {12, "12"}, {"0", "0"}} {
		require.Equal(t, c.want, begin(t, ask{"seed": c.seed}).Snapshot().Info["seed"])
	}
	a, b := begin(t, ask{"seed": nil}), begin(t, ask{"seed": nil})
	require.NotEqual(t, a.Snapshot().Info["seed"], b.Snapshot().Info["seed"], "drawn")
	end(t, a)
	again := begin(t, ask{"seed": a.Snapshot().Info["seed"]})
	end(t, again)
	require.Equal(t, bits(t, a, 0), bits(t, again, 0))
}

func TestStartAndInputs(t *testing.T) {
	x := array.FromSlice(array.Int64, []int64{1000, -1000})
	j, err := Open(asked(ask{"start": ask{"input": 0}, "sweeps": 1}), []*array.Array{x}, memory.NewGoAllocator())
	require.NoError(t, err)
	defer j.Close()
	end(t, j)
	got := numbers(t, j, 0)
	require.InDelta(t, 1000, got[0], 12)
	require.InDelta(t, -1000, got[1], 12)
}

func TestStatistic(t *testing.T) {
	x := array.FromSlice(array.Float64, []float64{1, 2, 3, 5, 2, 1, 4, 4, 3, 1, 2, 2}, 2, 6)
	open := func(request string) (*Job, error) {
		return Open([]byte(request), []*array.Array{x, x}, memory.NewGoAllocator())
	}
	j, err := open(`{"verb":"stats","method":{"type":"Summary"},"inputs":[1]}`)
	require.NoError(t, err)
	defer j.Close()
	s := end(t, j)
	require.Equal(t, Done, s.State, "%v", s.Error)
	require.Equal(t, "mean", s.Results[0].Name)
	require.InDelta(t, 2.5, numbers(t, j, 0)[0], 1e-12)
	for _, bad := range []string{`{"verb":"stats","method":{"type":"Luck"}}`, `{"verb":"stats","method":{"type":"Summary"},"inputs":[2]}`, `{"verb":"stats","method":{"type":"Summary","x":1}}`, `{"verb":"stats"}`} {
		_, err := open(bad)
		require.Equal(t, spec.SpecError, spec.Of(err).Class, bad)
	}
}

func TestPlainNumbers(t *testing.T) {
	s := &Status{State: Done, Info: map[string]any{"a": math.Inf(-1), "b": []float64{math.NaN(), 1}, "c": map[string]any{"d": math.Inf(1)}, "e": complex(1, math.NaN()), "f": nil, "g": int8(3)}}
	text, err := s.JSON()
	require.NoError(t, err)
	require.Contains(t, text, `"info":{"a":"-inf","b":["nan",1],"c":{"d":"inf"},"e":[1,"nan"],"f":null,"g":3}`)
	s.Info["h"] = func() {}
	text, err = s.JSON()
	require.NoError(t, err)
	require.Contains(t, text, "unreadable")
}

// Whatever text comes in, Open answers with a typed error that is no bug of ours, or with a job that can be closed.
func FuzzOpen(f *testing.F) {
	f.Add(asked())
	f.Add(asked(ask{"python": []ask{{"name": "f", "shape": []int{2}}}, "start": ask{"input": 0}, "checkpoint": nil}))
	f.Add(asked(ask{"verb": "simulate", "sweeps": nil, "time": 3, "every": 0.5}))
	f.Add([]byte(`{"verb":"solve","system":{"type":"lattice.Ising","lattice":{"shape":[2,2]}},"method":{"type":"Enumeration"},"kT":[1]}`))
	f.Add([]byte(`{"verb":"sample","system":{"type":"lattice.Ising","lattice":{"sites":3,"edges":{"input":1}},"J":-1,"h":[1,2,3]},"method":{"type":"Wolff"},"seed":"1","kT":2,"sweeps":3,"observe":["energy"]}`))
	f.Add([]byte(`{"verb":"stats","method":{"type":"Summary"},"inputs":[0]}`))
	array.SetLimit(1 << 24)
	inputs := []*array.Array{
		array.FromSlice(array.Float64, []float64{1, -1, 1, math.NaN()}, 2, 2),
		array.FromSlice(array.Int64, []int64{0, 1, 1, 2}, 2, 2),
		array.FromSlice[float64](array.Float64, nil, 0),
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var head map[string]json.RawMessage
		if json.Unmarshal(raw, &head) == nil {
			delete(head, "checkpoint") // it would write files where it pleases
			raw, _ = json.Marshal(head)
		}
		j, err := Open(raw, inputs, memory.NewGoAllocator())
		if err != nil {
			e := spec.Of(err)
			require.NotEqual(t, spec.InternalError, e.Class, "%v\n%s", e, e.Stack)
			require.NotEmpty(t, e.Message)
			return
		}
		s := j.Wait(time.Millisecond)
		_, err = s.JSON()
		require.NoError(t, err)
		j.Close()
		if s = j.Snapshot(); s.Error != nil {
			require.NotEqual(t, spec.InternalError, s.Error.Class, "%v\n%s", s.Error, s.Error.Stack)
		}
	})
}
