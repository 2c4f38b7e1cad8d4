package job

import (
	"math"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

var functions = ask{"python": []ask{{"name": "f"}, {"name": "g", "shape": []int{2}, "dtype": "int32"}}}

// lentBy is the memory at an address that a status tells.
func lentBy[T array.Element](b Buffer) []T {
	n, _ := array.Count(b.Shape)
	return unsafe.Slice((*T)(*(*unsafe.Pointer)(unsafe.Pointer(&b.Address))), n)
}

// evaluate answers one request: f is the first site, g the first two.
func evaluate(s *Served) {
	x, sites := lentBy[int8](s.Configurations), s.Configurations.Shape[1]
	f, g := lentBy[float64](s.Answers[0]), lentBy[int32](s.Answers[1])
	for w := range s.Walkers {
		f[w] = float64(x[w*sites])
		g[2*w], g[2*w+1] = int32(x[w*sites]), int32(x[w*sites+1])
	}
}

// serveAll answers until the job has ended.
func serveAll(t testing.TB, j *Job) *Status {
	served := j.Snapshot().Python
	for req := int64(0); ; {
		next, err := j.Next(max(req, 0), 50*time.Millisecond)
		require.NoError(t, err)
		if next == 0 {
			return end(t, j)
		}
		if next > 0 {
			evaluate(served)
		}
		req = next
	}
}

func TestRendezvous(t *testing.T) {
	shape := ask{"chains": 3, "sweeps": 40, "every": 2, "warmup": 5, "observe": []string{"x", "sites", "tail"}}
	plain, j := begin(t, shape), begin(t, shape, functions)
	s := serveAll(t, j)
	end(t, plain)
	require.Equal(t, Done, s.State)
	require.EqualValues(t, 20, s.Filled)
	names := []string{}
	for _, r := range s.Results {
		names = append(names, r.Name)
	}
	require.Equal(t, []string{"x", "sites", "f", "g", "tail", "tail", "final"}, names)
	require.Equal(t, bits(t, plain, 0), bits(t, j, 0), "the walkers do not feel that they are watched")
	require.Equal(t, bits(t, plain, 2), bits(t, j, 4))
	sites, f, g := numbers(t, j, 1), numbers(t, j, 2), numbers(t, j, 3)
	for r := range 60 {
		require.Equal(t, sites[3*r], f[r])
		require.Equal(t, sites[3*r:3*r+2], g[2*r:2*r+2])
	}
	require.Equal(t, []int{3, 20, 2}, s.Results[3].Shape)
	require.Equal(t, []string{"chain", "draw", "g_dim_0"}, s.Results[3].Dims)
}

func TestRendezvousOfASimulation(t *testing.T) {
	j := begin(t, ask{"verb": "simulate", "sweeps": nil, "time": 4, "every": 1, "observe": nil, "seed": "3"}, functions)
	s := serveAll(t, j)
	require.Equal(t, Done, s.State)
	require.EqualValues(t, 5, s.Filled)
	require.Equal(t, []float64{0}, numbers(t, j, 0)[:1])
}

func TestRequestsAreNumbered(t *testing.T) {
	j := begin(t, functions)
	s := j.Wait(time.Second)
	require.Equal(t, Request, s.State)
	require.EqualValues(t, 1, s.Request)
	for _, stale := range []int64{2, -1, 99} {
		_, err := j.Next(stale, 0)
		require.Equal(t, spec.SpecError, spec.Of(err).Class)
		require.False(t, j.Fail(stale, "no"))
	}
	again, err := j.Next(0, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1, again, "a request waits until it is answered")
	evaluate(s.Python)
	next, err := j.Next(1, time.Second)
	require.NoError(t, err)
	require.EqualValues(t, 2, next)
	_, err = j.Next(1, 0)
	require.Error(t, err, "answered once")
}

func TestFailAndCancelOfARequest(t *testing.T) {
	j := begin(t, functions)
	for range 3 {
		n, err := j.Next(j.Wait(time.Second).Request, time.Second)
		require.NoError(t, err)
		require.Positive(t, n)
	}
	s := j.Wait(0)
	require.True(t, j.Fail(s.Request, "ZeroDivisionError: division by zero"))
	require.False(t, j.Fail(s.Request, "again"))
	s = end(t, j)
	require.Equal(t, Failed, s.State)
	require.Equal(t, &spec.Error{Class: spec.PythonError, Message: "ZeroDivisionError: division by zero"}, s.Error)
	require.EqualValues(t, 3, s.Filled)
	n, err := j.Next(0, time.Second)
	require.NoError(t, err)
	require.Zero(t, n)

	j = begin(t, functions)
	require.Equal(t, Request, j.Wait(time.Second).State)
	require.True(t, j.Cancel())
	s = end(t, j)
	require.Equal(t, Cancelled, s.State, "a job that waits for Python can be cancelled")
	n, err = j.Next(1, time.Second)
	require.NoError(t, err, "an answer that comes too late is no error")
	require.Zero(t, n)

	j = begin(t, functions)
	require.Equal(t, Request, j.Wait(time.Second).State)
	require.True(t, j.Pause())
	require.Equal(t, Request, j.Wait(0).State, "the pause begins when the answer has come")
	n, err = j.Next(1, 20*time.Millisecond)
	require.NoError(t, err)
	require.EqualValues(t, -1, n)
	require.Equal(t, Paused, j.Wait(0).State)
	j.Resume()
	require.Equal(t, Request, j.Wait(time.Second).State)
	require.True(t, j.Close(), "also closed while it waits")
}

func TestAnswersThatAreNotFinite(t *testing.T) {
	j := begin(t, functions, ask{"sweeps": 3})
	served := j.Snapshot().Python
	for req := int64(1); req > 0; {
		require.Equal(t, Request, j.Wait(time.Second).State)
		evaluate(served)
		if req == 2 {
			lentBy[float64](served.Answers[0])[1] = math.Inf(1)
		}
		req, _ = j.Next(req, time.Second)
	}
	s := end(t, j)
	require.Equal(t, map[string]any{"f": map[string]any{"count": int64(1), "walker": 1, "record": int64(1)}}, s.Info["nonfinite"])
}

// One thread waits for requests, others look and cancel.
func TestRendezvousUnderManyHands(t *testing.T) {
	for range 20 {
		j := begin(t, functions, ask{"sweeps": 100000})
		var wait sync.WaitGroup
		wait.Go(func() {
			for req := int64(0); ; {
				next, err := j.Next(max(req, 0), 10*time.Millisecond)
				if next == 0 || err != nil {
					return
				}
				req = next
			}
		})
		wait.Go(func() {
			for range 10 {
				j.Wait(time.Millisecond)
				j.Pause()
				j.Snapshot()
				j.Resume()
			}
			j.Cancel()
		})
		wait.Wait()
		require.Equal(t, Cancelled, end(t, j).State)
	}
}

func BenchmarkRendezvous(b *testing.B) {
	j := begin(b, ask{"sweeps": 1 << 22, "python": []ask{{"name": "f"}}, "observe": []string{}})
	b.ResetTimer()
	req, _ := j.Next(0, time.Second)
	for range b.N {
		req, _ = j.Next(req, time.Second)
	}
}
