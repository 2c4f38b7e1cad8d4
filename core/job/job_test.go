package job

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

var slow = method(ask{"pause": 200}) // a sweep takes about a millisecond

func TestLifeOfAJob(t *testing.T) {
	j := begin(t, ask{"kT": []float64{1, 2, 3}, "scan": []string{"kT"}, "sweeps": 25, "every": 2, "warmup": 7, "observe": []string{"x", "sweeps", "sites"}})
	s := end(t, j)
	require.Equal(t, Done, s.State)
	require.Nil(t, s.Error)
	require.EqualValues(t, 12, s.Filled, "floor(25/2)")
	require.Equal(t, []Result{
		{"x", array.Float64, []int{3, 2, 12}, []string{"kT", "chain", "draw"}, 12, "dense"},
		{"sweeps", array.Int64, []int{3, 2, 12, 2}, []string{"kT", "chain", "draw", "what"}, 12, "dense"},
		{"sites", array.Int8, []int{3, 2, 12, 3}, []string{"kT", "chain", "draw", "sites_dim_0"}, 12, "dense"},
		{"final", array.Int8, []int{3, 2, 3}, []string{"kT", "chain", "final_dim_0"}, 12, "final"},
	}, s.Results)
	at := numbers(t, j, 1)
	for r := range 6 * 12 {
		require.EqualValues(t, 7+2*(r%12+1), at[2*r], "a record after every second sweep")
		require.EqualValues(t, 8, at[2*r+1], "warm-up ends once, after 7 sweeps")
	}
	require.Equal(t, "7", s.Info["seed"])
	require.Equal(t, map[string][]float64{"acceptance": make([]float64, 6)}, s.Info["kernel"])
	require.Equal(t, Progress{Done: 6 * 31, Total: 6 * 31, Unit: "steps", Phase: "sampling", Seconds: s.Progress.Seconds, Rate: s.Progress.Rate}, s.Progress)
	require.Len(t, s.Events, 1)
	require.Equal(t, "warmup", s.Events[0].Kind)
	require.Empty(t, j.Wait(0).Events, "events are told once")

	text, err := s.JSON()
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(text)), text)
	require.False(t, j.Pause())
	require.False(t, j.Cancel())
	require.True(t, j.Close())
	require.False(t, j.Close())
	_, err = j.Take(0)
	require.Equal(t, spec.ClosedError, spec.Of(err).Class)
}

func TestTakeOutlivesClose(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	j, err := Open(asked(), nil, alloc)
	require.NoError(t, err)
	end(t, j)
	a, err := j.Take(0)
	require.NoError(t, err)
	_, err = j.Take(2)
	require.Error(t, err)
	_, err = j.Take(-1)
	require.Error(t, err)
	j.Close()
	require.Positive(t, alloc.CurrentAlloc())
	require.Len(t, array.View[float64](a), 40)
	a.Release()
	require.Zero(t, alloc.CurrentAlloc())
}

// The bits depend on neither threads nor on how chains are split over jobs, nor on pauses. Catches: a key by walker instead of by chain, a
// slice that ends between two streams.
func TestSeedFixesTheBits(t *testing.T) {
	shape := ask{"kT": []float64{1, 2}, "scan": []string{"kT"}, "chains": 5, "sweeps": 300, "warmup": 3, "observe": []string{"x", "sites"}}
	reference := begin(t, shape, ask{"threads": 1})
	end(t, reference)
	want := bits(t, reference, 0)
	for _, threads := range []int{2, 3, 7, 64} {
		j := begin(t, shape, ask{"threads": threads}, method(ask{"work": 1 << 15}))
		end(t, j)
		require.Equal(t, want, bits(t, j, 0), threads)
		require.Equal(t, bits(t, reference, 1), bits(t, j, 1))
	}
	row := 8 * 300
	for first := range 5 {
		j := begin(t, shape, ask{"chains": 1, "first_chain": first})
		end(t, j)
		got := bits(t, j, 0)
		require.Equal(t, want[first*row:(first+1)*row], got[:row])
		require.Equal(t, want[(5+first)*row:(6+first)*row], got[row:])
	}
	other := begin(t, shape, ask{"seed": "8"})
	end(t, other)
	require.NotEqual(t, want, bits(t, other, 0))

	paused := begin(t, shape, method(ask{"pause": 5}))
	for range 4 {
		paused.Pause()
		for paused.Wait(time.Second).State == Running {
		}
		paused.Resume()
		time.Sleep(time.Millisecond)
	}
	end(t, paused)
	require.Equal(t, want, bits(t, paused, 0))
}

func TestPauseAndResume(t *testing.T) {
	j := begin(t, slow, ask{"sweeps": 1_000_000, "chains": 3})
	require.Equal(t, Running, j.Wait(5*time.Millisecond).State)
	require.True(t, j.Pause())
	s := j.Wait(time.Second)
	require.Equal(t, Paused, s.State)
	seconds, swept := s.Progress.Seconds, liveSweeps.Load()
	time.Sleep(30 * time.Millisecond)
	require.Equal(t, Paused, j.Wait(10*time.Millisecond).State)
	s = j.Snapshot()
	require.Equal(t, swept, liveSweeps.Load(), "nothing moves")
	require.Less(t, s.Progress.Seconds-seconds, 0.1, "pauses are not work; the one that lasts is counted when it ends")
	require.True(t, j.Resume())
	require.False(t, j.Resume())
	require.Equal(t, Running, j.Wait(10*time.Millisecond).State)
	require.Greater(t, j.Wait(100*time.Millisecond).Filled, s.Filled)
	require.True(t, j.Pause())
	require.True(t, j.Cancel(), "a paused job can be cancelled")
	require.Equal(t, Cancelled, end(t, j).State)
}

func TestCancelKeepsWhatIsFinished(t *testing.T) {
	j := begin(t, slow, ask{"sweeps": 1_000_000, "chains": 3})
	whole := begin(t, ask{"sweeps": 500, "chains": 3})
	for j.Wait(10*time.Millisecond).Filled < 5 {
	}
	at := time.Now()
	require.True(t, j.Cancel())
	s := end(t, j)
	require.Less(t, time.Since(at), time.Second)
	require.Equal(t, Cancelled, s.State)
	require.Equal(t, spec.Interrupted, s.Error.Class)
	require.GreaterOrEqual(t, s.Filled, int64(5))
	end(t, whole)
	got, want := numbers(t, j, 0), numbers(t, whole, 0)
	for w := range 3 {
		n := min(int(s.Filled), 500)
		require.Equal(t, want[500*w:500*w+n], got[1_000_000*w:1_000_000*w+n])
	}
}

// A snapshot's records are final. Catches: a row counted before it is written.
func TestSnapshotIsAnImmutablePrefix(t *testing.T) {
	j := begin(t, method(ask{"pause": 1, "parts": 1}), ask{"sweeps": 3000, "chains": 4, "observe": []string{"sweeps"}})
	for {
		s := j.Snapshot()
		a, err := j.Take(0)
		require.NoError(t, err)
		for w := range 4 {
			for r, x := range array.View[int64](a)[6000*w : 6000*w+2*int(s.Filled)] {
				if r%2 == 0 && x != int64(r/2+1) {
					t.Fatalf("walker %d, record %d: %d", w, r/2, x)
				}
			}
		}
		a.Release()
		if s.State.ended() {
			require.EqualValues(t, 3000, s.Filled)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestFaultsOfKernels(t *testing.T) {
	for _, threads := range []int{1, 2} {
		j := begin(t, method(ask{"fault": "panic"}), ask{"threads": threads, "chains": 3})
		s := end(t, j)
		require.Equal(t, Failed, s.State)
		require.Equal(t, spec.InternalError, s.Error.Class)
		require.Contains(t, s.Error.Message, "index out of range")
		require.Contains(t, s.Error.Stack, "fake_test.go", "the stack tells where")

		j = begin(t, method(ask{"fault": "error"}), ask{"threads": threads})
		s = end(t, j)
		require.Equal(t, Failed, s.State)
		require.Equal(t, spec.NonFiniteError, s.Error.Class)
		require.GreaterOrEqual(t, s.Filled, int64(0))
	}
	j := begin(t, method(ask{"fault": "nan", "fault_at": 15}), ask{"sweeps": 20})
	s := end(t, j)
	require.Equal(t, Done, s.State)
	require.Equal(t, map[string]any{"x": map[string]any{"count": int64(12), "walker": 0, "record": int64(14)}}, s.Info["nonfinite"])
	require.Equal(t, "nonfinite", s.Events[0].Kind)
	text, err := s.JSON()
	require.NoError(t, err)
	require.Contains(t, text, `"nonfinite":{"x":{"count":12,"record":14,"walker":0}}`)
}

func TestSimulate(t *testing.T) {
	verb := ask{"verb": "simulate", "sweeps": nil, "time": 10.0, "every": 2.5, "observe": []string{"sweeps"}}
	j := begin(t, verb)
	s := end(t, j)
	require.Equal(t, Done, s.State)
	require.Equal(t, Result{"sweeps", array.Int64, []int{2, 5, 2}, []string{"chain", "time", "what"}, 5, "dense"}, s.Results[0])
	var times []float64
	for i, x := range numbers(t, j, 0) {
		if i%2 == 0 {
			times = append(times, x)
		}
	}
	require.Equal(t, []float64{0, 2, 5, 7, 10, 0, 2, 5, 7, 10}, times)

	for text, records := range map[string]int64{"[0.3,0.1]": 4, "[1,3]": 1, "[1,0.1]": 11, "[0.99999,0.1]": 10} {
		var p [2]float64
		require.NoError(t, json.Unmarshal([]byte(text), &p))
		j := begin(t, verb, ask{"time": p[0], "every": p[1]})
		require.Equal(t, records, end(t, j).Filled, text)
	}
}

func TestRagged(t *testing.T) {
	j := begin(t, ask{"observe": []string{"tail", "x"}, "sweeps": 50})
	s := end(t, j)
	require.Equal(t, Done, s.State)
	require.Len(t, s.Results, 4)
	require.Equal(t, "dense", s.Results[0].Kind)
	require.Equal(t, Result{"tail", array.Int64, []int{101}, []string{"row"}, 50, "offsets"}, s.Results[1])
	x, offsets, values := numbers(t, j, 0), numbers(t, j, 1), numbers(t, j, 2)
	for r := range 100 {
		require.EqualValues(t, int64(x[r])&3, offsets[r+1]-offsets[r])
		for _, v := range values[int(offsets[r]):int(offsets[r+1])] {
			require.Equal(t, x[r], v)
		}
	}
}

func TestSolve(t *testing.T) {
	verb := ask{"verb": "solve", "method": ask{"type": "Answer"}, "seed": nil, "chains": nil, "sweeps": nil, "observe": nil}
	j := begin(t, verb, ask{"kT": []float64{1, 3}, "scan": []string{"kT"}})
	s := end(t, j)
	require.Equal(t, Done, s.State)
	require.Equal(t, []Result{
		{"twice", array.Float64, []int{2}, []string{"kT"}, 0, "dense"},
		{"pair", array.Int64, []int{2, 2}, []string{"kT", "side"}, 0, "dense"},
	}, s.Results)
	require.Equal(t, []float64{2, 6}, numbers(t, j, 0))
	text, err := s.JSON()
	require.NoError(t, err)
	require.Contains(t, text, `"ledger":{"dropped":"nan"}`)

	j = begin(t, verb, ask{"kT": 2})
	require.Equal(t, [][]int{nil, {2}}, [][]int{shapeOf(end(t, j), 0), shapeOf(j.Snapshot(), 1)})

	for fault, class := range map[string]spec.Class{"panic": spec.InternalError, "error": spec.ConvergenceError} {
		j = begin(t, verb, ask{"method": ask{"type": "Answer", "fault": fault}})
		require.Equal(t, class, end(t, j).Error.Class)
	}
	j = begin(t, verb, ask{"method": ask{"type": "Answer", "pause": 1_000_000_000}})
	require.False(t, j.Pause(), "a solver does not pause")
	j.Cancel()
	require.Equal(t, Cancelled, end(t, j).State)
}

func shapeOf(s *Status, k int) []int {
	if len(s.Results[k].Shape) == 0 {
		return nil
	}
	return s.Results[k].Shape
}

func TestJobsAtTheSameTime(t *testing.T) {
	reference := begin(t, ask{"sweeps": 200})
	end(t, reference)
	want := bits(t, reference, 0)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 5 {
				j, err := Open(asked(ask{"sweeps": 200}), nil, memory.NewGoAllocator())
				if err != nil {
					t.Error(err)
					return
				}
				for !j.Wait(10 * time.Millisecond).State.ended() {
				}
				a, err := j.Take(0)
				if err != nil || string(a.Data) != string(want) {
					t.Error("other bits")
				}
				j.Close()
			}
		})
	}
	wait.Wait()
}

// Two threads serve one job in every way at once, under the race detector.
func TestManyHandsOnOneJob(t *testing.T) {
	for range 5 {
		j := begin(t, slow, ask{"sweeps": 100_000, "observe": []string{"x", "tail"}})
		var wait sync.WaitGroup
		for hand := range 6 {
			wait.Go(func() {
				for k := range 20 {
					switch (hand + k) % 6 {
					case 0:
						j.Pause()
					case 1:
						j.Resume()
					case 2:
						_, _ = j.Snapshot().JSON()
					case 3:
						j.Wait(time.Millisecond)
					case 4:
						if a, err := j.Take(0); err == nil {
							a.Release()
						}
					case 5:
						_, _ = j.Next(0, time.Millisecond)
					}
				}
				j.Close()
			})
		}
		wait.Wait()
		require.True(t, j.Snapshot().State.ended())
	}
}

func TestNoGoroutineStays(t *testing.T) {
	runtime.GC()
	before := runtime.NumGoroutine()
	for range 30 {
		j, err := Open(asked(slow, ask{"sweeps": 100000, "chains": 1, "threads": 4}, method(ask{"work": 1 << 20, "pause": 10})), nil, memory.NewGoAllocator())
		require.NoError(t, err)
		j.Wait(2 * time.Millisecond)
		j.Close()
	}
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}

func TestUnclosedPanicsStayInside(t *testing.T) {
	old := families
	defer func() { families = old }()
	families = append(families, func() []contract.Entry { panic("registry") })
	_, err := Open(asked(), nil, memory.NewGoAllocator())
	require.Equal(t, spec.InternalError, spec.Of(err).Class)
}

func TestWaitGivesUp(t *testing.T) {
	j := begin(t, slow, ask{"sweeps": 1_000_000})
	at := time.Now()
	require.Equal(t, Running, j.Wait(50*time.Millisecond).State)
	require.InDelta(t, 0.05, time.Since(at).Seconds(), 0.045)
	n, err := j.Next(0, 10*time.Millisecond)
	require.NoError(t, err)
	require.EqualValues(t, -1, n)
}

// The version stands once here and once in pyproject.toml.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile("../../pyproject.toml")
	require.NoError(t, err)
	require.True(t, strings.Contains(string(text), "\nversion = \""+Version+"\"\n"))
}

func TestTypesHaveOneSpec(t *testing.T) {
	seen := map[string]bool{}
	for _, info := range Types() {
		require.False(t, seen[info.Name], info.Name)
		seen[info.Name] = true
		require.NotNil(t, info.Value)
	}
	require.True(t, seen["lattice.Ising"] && seen["Metropolis"])
	require.NotEmpty(t, Methods())
}

func TestThreadsOfThePackage(t *testing.T) {
	defer par.SetThreads(0)
	par.SetThreads(3)
	j := begin(t, ask{"chains": 9})
	require.EqualValues(t, 3, end(t, j).Info["threads"])
	j = begin(t, ask{"chains": 1}, method(ask{"work": 1 << 20}))
	require.EqualValues(t, 3, end(t, j).Info["threads"], "one walker, a team of three")
	require.NoError(t, context.Background().Err())
}

func BenchmarkJob(b *testing.B) {
	const ising = `{"verb":"sample","system":{"type":"lattice.Ising","lattice":{"shape":[4,4]},"J":1,"h":0,"periodic":true},"method":{"type":"Metropolis"},"seed":"1","kT":[2.0],"sweeps":1,"observe":["energy"]}`
	for b.Loop() {
		j, err := Open([]byte(ising), nil, memory.NewGoAllocator())
		if err != nil {
			b.Fatal(err)
		}
		for j.Wait(time.Second).State == Running {
		}
		j.Close()
	}
}
