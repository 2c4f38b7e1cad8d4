package job

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

func savedAt(path string, seconds float64) ask {
	return ask{"checkpoint": ask{"path": path, "seconds": seconds}}
}

// everything is a run that has all there is to save.
var everything = ask{"kT": []float64{1, 2}, "scan": []string{"kT"}, "chains": 2, "sweeps": 400, "warmup": 30, "every": 2,
	"observe": []string{"x", "sweeps", "tail", "sites"}}

func TestContinueAfterCancel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run[1].ckpt") // brackets mean something to a glob
	reference := begin(t, everything, method(ask{"pause": 50}))
	resumed, filled := 0, int64(-1)
	for {
		j := begin(t, everything, method(ask{"pause": 50}), savedAt(path, 1000))
		if s := j.Snapshot(); filled >= 0 {
			require.Equal(t, map[string]any{"path": path, "filled": filled}, s.Info["resumed"])
			require.GreaterOrEqual(t, s.Filled, filled, "what was finished is there from the start")
			require.Equal(t, "resumed", s.Events[0].Kind)
			resumed++
		}
		time.Sleep(30 * time.Millisecond)
		j.Cancel()
		s := end(t, j)
		filled = s.Filled
		if s.State == Cancelled {
			j.Close()
			continue
		}
		require.Equal(t, Done, s.State, "%v", s.Error)
		end(t, reference)
		for k := range s.Results {
			require.Equal(t, bits(t, reference, k), bits(t, j, k), s.Results[k].Name)
		}
		break
	}
	require.Greater(t, resumed, 1)

	again := begin(t, everything, method(ask{"pause": 50}), savedAt(path, 1000))
	at := time.Now()
	s := end(t, again)
	require.Less(t, time.Since(at), time.Second)
	require.Equal(t, Done, s.State, "a finished run is there at once")
	require.Equal(t, bits(t, reference, 2), bits(t, again, 2))
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.Equal(t, []string{path}, left, "no draft stays")
}

func TestCheckpointOnDemandAndInTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := begin(t, slow, ask{"sweeps": 1_000_000}, savedAt(path, 0.02))
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	did, err := j.Checkpoint()
	require.NoError(t, err)
	require.True(t, did)
	require.FileExists(t, path)
	begun := time.Now()
	for n := 0; n < 3; {
		for _, e := range j.Wait(20 * time.Millisecond).Events {
			if e.Kind == "checkpoint" {
				n++
				require.Equal(t, path, e.Fields["path"])
			}
		}
		require.Less(t, time.Since(begun), 20*time.Second)
	}
	j.Pause()
	require.Equal(t, Paused, j.Wait(time.Second).State)
	did, err = j.Checkpoint()
	require.NoError(t, err)
	require.True(t, did, "also while paused")
	require.Equal(t, Paused, j.Snapshot().State)
	j.Cancel()
	end(t, j)
	did, err = j.Checkpoint()
	require.NoError(t, err)
	require.False(t, did, "the last one was written at the end")

	_, err = begin(t).Checkpoint()
	require.Equal(t, spec.CheckpointError, spec.Of(err).Class)
	_, err = begin(t, ask{"verb": "solve", "method": ask{"type": "Answer"}, "seed": nil, "chains": nil, "sweeps": nil, "observe": nil}).Checkpoint()
	require.Equal(t, spec.CheckpointError, spec.Of(err).Class)
}

func TestCheckpointWhilePythonIsAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	shape := ask{"sweeps": 30, "observe": []string{"x", "tail"}}
	reference := begin(t, shape, functions)
	serveAll(t, reference)
	j := begin(t, shape, functions, savedAt(path, 1000))
	for range 10 {
		s := j.Wait(time.Second)
		require.Equal(t, Request, s.State)
		evaluate(s.Python)
		_, err := j.Next(s.Request, time.Second)
		require.NoError(t, err)
	}
	did, err := j.Checkpoint()
	require.NoError(t, err)
	require.True(t, did)
	j.Cancel()
	require.EqualValues(t, 10, end(t, j).Filled)
	next := begin(t, shape, functions, savedAt(path, 1000))
	require.EqualValues(t, 10, next.Snapshot().Filled)
	s := serveAll(t, next)
	require.Equal(t, Done, s.State, "%v", s.Error)
	for k := range s.Results {
		require.Equal(t, bits(t, reference, k), bits(t, next, k), s.Results[k].Name)
	}
	require.Contains(t, refused(t, shape, ask{"python": []ask{{"name": "f", "id": "edited"}, functions["python"].([]ask)[1]}}, savedAt(path, 1)).Message, "python: file ")
}

func TestFaultsLeaveTheCheckpointBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := begin(t, method(ask{"fault": "panic", "fault_at": 50, "pause": 100}), ask{"sweeps": 1000}, savedAt(path, 1000))
	did, err := j.Checkpoint()
	require.NoError(t, err)
	require.True(t, did)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, Failed, end(t, j).State)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)

	j = begin(t, method(ask{"fault": "badsave"}), savedAt(filepath.Join(t.TempDir(), "x"), 1000))
	s := end(t, j)
	require.Equal(t, Failed, s.State)
	require.Equal(t, spec.CheckpointError, s.Error.Class)
	require.EqualValues(t, 20, s.Filled, "the records are there all the same")
}

func TestOneRunAPath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := begin(t, slow, ask{"sweeps": 1_000_000}, savedAt(path, 1000))
	_, err := j.Checkpoint()
	require.NoError(t, err)
	require.Contains(t, refused(t, slow, ask{"sweeps": 1_000_000}, savedAt(path, 1000)).Message, "another run")
	j.Cancel()
	end(t, j)
	end(t, begin(t, slow, ask{"sweeps": 10}, savedAt(path+"2", 1000)))
	next := begin(t, slow, ask{"sweeps": 1_000_000}, savedAt(path, 1000)) // the ended job is not closed, yet its path is free
	require.NotNil(t, next.Snapshot().Info["resumed"])
}

func TestOtherRequests(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	x := array.FromSlice(array.Float64, []float64{0.5})
	field := ask{"system": ask{"type": "fake.Walk", "field": ask{"input": 0}}}
	open := func(values []*array.Array, changes ...ask) (*Job, error) {
		return Open(asked(append([]ask{field, savedAt(path, 1000)}, changes...)...), values, memory.NewGoAllocator())
	}
	j, err := open([]*array.Array{x})
	require.NoError(t, err)
	end(t, j)
	j.Close()
	for _, c := range []struct {
		values  []*array.Array
		changes ask
		text    string
	}{
		{[]*array.Array{x}, ask{"sweeps": 40}, "sweeps: file 20, request 40"},
		{[]*array.Array{x}, ask{"seed": "8"}, `seed: file "7", request "8"`},
		{[]*array.Array{x}, ask{"kT": 2}, "kT: file [1], request [2]"},
		{[]*array.Array{x}, ask{"observe": []string{"sites"}}, `observe: file ["x"], request ["sites"]`},
		{[]*array.Array{x}, method(ask{"parts": 3}), "method.parts: file none, request 3"},
		{[]*array.Array{x}, ask{"start": "ordered"}, `start: file none, request "ordered"`},
		{[]*array.Array{array.FromSlice(array.Float64, []float64{0.25})}, nil, "input 0: file "},
		{[]*array.Array{x}, ask{"system": ask{"type": "fake.Walk"}}, `system.field`},
	} {
		_, err := open(c.values, c.changes)
		require.Equal(t, spec.CheckpointError, spec.Of(err).Class)
		require.Contains(t, err.Error(), c.text)
		require.Contains(t, err.Error(), "another path")
	}
	for _, same := range []ask{{"threads": 2}, {"scan": []string{"kT"}}, {"kT": 1.0}, {"version": Version}, {"seed": nil}} {
		j, err := open([]*array.Array{x}, same)
		require.NoError(t, err, "%v", same)
		require.Equal(t, "7", j.Snapshot().Info["seed"])
		require.Equal(t, Done, end(t, j).State)
		j.Close()
	}
}

// Every damage is a CheckpointError: each byte flipped, each length cut short, and bytes that lie although their checksum is right.
func TestDamagedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	shape := ask{"kT": []float64{1, 2}, "scan": []string{"kT"}, "sweeps": 3, "chains": 1, "observe": []string{"x", "tail"}}
	end(t, begin(t, shape, savedAt(path, 1000)))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	try := func(b []byte, what string) {
		require.NoError(t, os.WriteFile(path, b, 0o644))
		j, err := Open(asked(shape, savedAt(path, 1000)), nil, memory.NewGoAllocator())
		if err == nil {
			end(t, j)
			j.Close()
			t.Fatal(what)
		}
		require.Equal(t, spec.CheckpointError, spec.Of(err).Class, "%s: %v", what, err)
		require.Contains(t, err.Error(), path)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		try(b, fmt.Sprint("flipped ", i))
	}
	for n := range whole {
		try(whole[:n], fmt.Sprint("cut to ", n))
	}
	try(append(bytes.Clone(whole), 0), "longer")
	try([]byte("ERGODICA"), "magic alone")
	try(bytes.Repeat([]byte("x"), 10000), "another file")

	sum := func(b []byte) []byte {
		return binary.LittleEndian.AppendUint32(b[:len(b)-4:len(b)-4], crc32.Checksum(b[:len(b)-4], castagnoli))
	}
	header := int(binary.LittleEndian.Uint32(whole[12:16]))
	payload := 16 + header
	silent := 0
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		b := bytes.Clone(whole)
		at := payload + r.IntN(len(b)-payload-4)
		b[at] = byte(r.Uint32())
		if r.IntN(3) == 0 && at+8 < len(b) {
			binary.LittleEndian.PutUint64(b[at:], r.Uint64()>>r.IntN(64))
		}
		require.NoError(t, os.WriteFile(path, sum(b), 0o644))
		j, err := Open(asked(shape, savedAt(path, 1000)), nil, memory.NewGoAllocator())
		if err != nil {
			require.Equal(t, spec.CheckpointError, spec.Of(err).Class, "%v", err)
			continue
		}
		silent++ // records and the ensemble's state may say anything
		s := end(t, j)
		if s.Error != nil {
			require.NotEqual(t, spec.InternalError, s.Error.Class, "%v\n%s", s.Error, s.Error.Stack)
		}
		j.Close()
	}
	require.Less(t, silent, 500)
	try(sum(append(bytes.Clone(whole), 0)), "a byte too many, with its checksum")
	try(sum(whole[:len(whole)-1]), "a byte too few, with its checksum")
	b := bytes.Clone(whole)
	b[8] = 2
	try(sum(b), "another format")
	require.NoError(t, os.WriteFile(path, bytes.Replace(sum(whole), []byte(`"version":"`+Version+`"`), []byte(`"version":"7`+Version[1:]+`"`), 1), 0o644))
	text, _ := os.ReadFile(path)
	require.NoError(t, os.WriteFile(path, sum(text), 0o644))
	require.Contains(t, refused(t, shape, savedAt(path, 1000)).Message, "written by ergodica 7")
}

const childPath = "ERGODICA_TEST_CHECKPOINT"

// TestChild is the process that is killed: it runs, or continues, the run of everything and writes its records down.
func TestChild(t *testing.T) {
	path := os.Getenv(childPath)
	if path == "" {
		t.Skip("runs in a process of its own")
	}
	j, err := Open(asked(everything, method(ask{"pause": 100}), savedAt(path, 0.001)), nil, memory.NewGoAllocator())
	if err != nil {
		fmt.Println(spec.Wire(err))
		os.Exit(3)
	}
	s := end(t, j)
	var all [][]byte
	for k := range s.Results {
		all = append(all, bits(t, j, k))
	}
	b, err := json.Marshal(all)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".records", b, 0o644))
}

// Killed at random moments, the run continues to the bits of one that was not. Catches: a rename before the data is whole, rows counted before
// they are written, a cursor inside a sweep that is not saved.
func TestContinueAfterKill(t *testing.T) {
	reference := begin(t, everything)
	s := end(t, reference)
	path := filepath.Join(t.TempDir(), "run")
	r := rand.New(rand.NewPCG(3, 4))
	kills, found, scale := 0, 0, time.Duration(1)
	for {
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), childPath+"="+path)
		var said bytes.Buffer
		child.Stdout = &said
		require.NoError(t, child.Start())
		done := make(chan error, 1)
		go func() { done <- child.Wait() }()
		patience := scale * time.Duration(10+r.IntN(90)) * time.Millisecond
		if kills >= 8 && found > 2 {
			patience = time.Minute
		}
		select {
		case err := <-done:
			require.NoError(t, err, said.String())
		case <-time.After(patience):
			require.NoError(t, child.Process.Kill())
			if <-done; kills < 100 {
				kills++
			}
			if _, err := os.Stat(path); err == nil {
				found++
			} else {
				scale *= 2 // so busy a machine that nothing had been saved
			}
			continue
		}
		break
	}
	require.Greater(t, found, 2, "kills that left a checkpoint")
	b, err := os.ReadFile(path + ".records")
	require.NoError(t, err)
	var all [][]byte
	require.NoError(t, json.Unmarshal(b, &all))
	require.Len(t, all, len(s.Results))
	for k := range all {
		require.Equal(t, bits(t, reference, k), all[k], s.Results[k].Name)
	}
}

func BenchmarkCheckpoint(b *testing.B) {
	path := filepath.Join(b.TempDir(), "run")
	j := begin(b, slow, ask{"sweeps": 1 << 20, "chains": 4}, savedAt(path, 1000))
	b.ResetTimer()
	for range b.N {
		_, _ = j.Checkpoint()
	}
}
