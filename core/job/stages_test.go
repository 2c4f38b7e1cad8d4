package job

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
	"github.com/stretchr/testify/require"
)

func init() { families = append(families, driven) }

// joint drives the walkers of any system together; crowd finds a population of them.
type joint struct {
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	// Hold is a tick after which nothing returns for 100 ms.
	Hold int64 `spec:"hold" default:"-1"`
}

func (m *joint) Inner() *contract.Kernel { return &m.Kernel }

type crowd struct {
	Kernel contract.Kernel `spec:"kernel" default:"null"`
	Stages int             `spec:"stages" default:"30"`
	Pause  int             `spec:"pause" default:"0"`
	Fault  string          `spec:"fault" default:"\"\""`
}

func (m *crowd) Inner() *contract.Kernel { return &m.Kernel }

func driven() []contract.Entry {
	return []contract.Entry{
		{Verb: "sample", System: contract.Any, Method: "Joint", NewMethod: func() any { return new(joint) }, Accuracy: "exact",
			Drive: func(_, method any, o contract.Order) (contract.Ensemble, error) {
				e, err := o.Inner(o.Walkers, o.Start)
				return together{e, method.(*joint).Hold}, err
			}},
		{Verb: "sample", System: contract.Any, Method: "Crowd", NewMethod: func() any { return new(crowd) }, Accuracy: "finite N",
			Stages: func(system, method any, o contract.Order) (contract.Staged, error) {
				var walkers []contract.Walker
				for _, w := range o.Walkers {
					for i := range o.Draws {
						walkers = append(walkers, contract.Walker{Params: w.Params, Key: w.Key.Fold(uint64(i))})
					}
				}
				e, err := o.Inner(walkers, o.Start)
				return &crowded{e: e, crowd: method.(*crowd), draws: o.Draws}, err
			}},
	}
}

type together struct {
	contract.Ensemble
	hold int64
}

func (e together) AllTo(ctx context.Context, target int64, workers int) error {
	err := par.Do(ctx, workers, e.Size(), func(w int) error { return e.SweepTo(ctx, w, target, nil) })
	if target == e.hold {
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

type crowded struct {
	*crowd
	e     contract.Ensemble
	draws int
	stage int64
}

func (c *crowded) Stage(ctx context.Context, workers int) (bool, error) {
	time.Sleep(time.Duration(c.Pause) * time.Microsecond)
	if c.Fault == "panic" && c.stage == 3 {
		panic("a bug")
	}
	if err := par.Do(ctx, workers, c.e.Size(), func(w int) error { return c.e.SweepTo(ctx, w, c.stage+1, nil) }); err != nil {
		return false, err
	}
	c.stage++
	return int(c.stage) == c.Stages, nil
}

func (c *crowded) Progress() (done, total float64, unit string) {
	return float64(c.stage), float64(c.Stages), "stages"
}
func (c *crowded) Info() map[string][]float64 {
	return map[string][]float64{"stages": {float64(c.stage)}}
}
func (c *crowded) Save(w io.Writer) error {
	if err := saved.Put(w, c.stage); err != nil {
		return err
	}
	return c.e.Save(w)
}
func (c *crowded) Load(r io.Reader) error {
	if err := saved.Get(r, &c.stage); err != nil {
		return err
	}
	return c.e.Load(r)
}
func (c *crowded) Report(out contract.Results) error {
	o, err := c.e.Observable("x")
	if err != nil {
		return err
	}
	x := make([]float64, c.e.Size())
	for w := range x {
		o.Record(w, array.FromSlice(array.Float64, x[w:w+1]).Data)
	}
	return out.Add("x", array.Float64, []int{c.draws}, []string{"draw"}, x)
}

var crowdOf = ask{"method": ask{"type": "Crowd", "kernel": ask{"type": "Steps", "parts": 3}}, "kT": []float64{1, 2}, "scan": []string{"kT"}, "sweeps": 7}

// Walkers that are driven together, one with nothing between them, are those that move alone, for any number of threads and through a checkpoint.
func TestTogether(t *testing.T) {
	alone := begin(t, everything, method(ask{"parts": 3}))
	end(t, alone)
	kernel := ask{"type": "Steps", "parts": 3}
	for _, threads := range []int{1, 2, 3} {
		j := begin(t, everything, ask{"method": ask{"type": "Joint", "kernel": kernel}, "threads": threads})
		s := end(t, j)
		require.Equal(t, Done, s.State, "%v", s.Error)
		for k := range s.Results {
			require.Equal(t, bits(t, alone, k), bits(t, j, k), s.Results[k].Name)
		}
	}
	path := filepath.Join(t.TempDir(), "run")
	for {
		slow := ask{"type": "Steps", "parts": 3, "pause": 30}
		j := begin(t, everything, ask{"method": ask{"type": "Joint", "kernel": slow}}, savedAt(path, 1000))
		time.Sleep(40 * time.Millisecond)
		j.Cancel()
		if s := end(t, j); s.State == Done {
			for k := range s.Results {
				require.Equal(t, bits(t, alone, k), bits(t, j, k), s.Results[k].Name)
			}
			return
		}
		j.Close()
	}
}

// Whatever tick a cancellation finds, the checkpoint continues to the same bits. The file of a run that was stopped between the last tick of warm-up
// and its mark was once refused as damaged.
func TestCancelAtEveryTick(t *testing.T) {
	kernel := ask{"type": "Steps", "parts": 3}
	shape := ask{"warmup": 4, "sweeps": 6, "seed": "5"}
	alone := begin(t, shape, ask{"method": ask{"type": "Joint", "kernel": kernel}})
	require.Equal(t, Done, end(t, alone).State)
	for tick := range 10 {
		path := filepath.Join(t.TempDir(), "run")
		held := ask{"method": ask{"type": "Joint", "kernel": kernel, "hold": tick + 1}}
		j := begin(t, shape, held, savedAt(path, 1000))
		time.Sleep(20 * time.Millisecond)
		j.Cancel()
		end(t, j)
		j.Close()
		j = begin(t, shape, held, savedAt(path, 1000))
		require.Equal(t, Done, end(t, j).State)
		require.Equal(t, bits(t, alone, 0), bits(t, j, 0), "tick %d", tick+1)
	}
}

func TestStages(t *testing.T) {
	reference := begin(t, crowdOf)
	s := end(t, reference)
	require.Equal(t, Done, s.State, "%v", s.Error)
	require.Equal(t, []int{2, 2, 7}, s.Results[0].Shape)
	require.Equal(t, []string{"kT", "chain", "draw"}, s.Results[0].Dims)
	require.Equal(t, map[string][]float64{"stages": {30}}, s.Info["kernel"])
	for _, threads := range []int{1, 2, 3} {
		j := begin(t, crowdOf, ask{"threads": threads})
		end(t, j)
		require.Equal(t, bits(t, reference, 0), bits(t, j, 0))
	}
	part := begin(t, crowdOf, ask{"first_chain": 1, "chains": 1})
	end(t, part)
	require.Equal(t, numbers(t, reference, 0)[7:14], numbers(t, part, 0)[:7], "a chain by its number")

	path := filepath.Join(t.TempDir(), "run")
	for {
		slow := ask{"type": "Crowd", "kernel": ask{"type": "Steps", "parts": 3}, "pause": 3000}
		j := begin(t, crowdOf, ask{"method": slow}, savedAt(path, 1000))
		time.Sleep(30 * time.Millisecond)
		j.Cancel()
		if s := end(t, j); s.State == Done {
			require.Equal(t, bits(t, reference, 0), bits(t, j, 0))
			require.Contains(t, s.Info, "resumed")
			return
		}
		require.Len(t, j.Snapshot().Results, 1, "what was found so far is kept")
		j.Close()
	}
}

func TestFaultsOfStages(t *testing.T) {
	s := end(t, begin(t, ask{"method": ask{"type": "Crowd", "fault": "panic"}}))
	require.Equal(t, Failed, s.State)
	require.Equal(t, spec.InternalError, s.Error.Class)
	require.Equal(t, spec.SpecError, refused(t, ask{"method": ask{"type": "Crowd", "kernel": ask{"type": "Crowd"}}}).Class)
	require.Equal(t, spec.SpecError, refused(t, ask{"method": ask{"type": "Joint", "kernel": 3}}).Class)
	require.Equal(t, spec.SpecError, refused(t, ask{"method": ask{"type": "Joint", "kernel": ask{"type": "Steps", "pars": 3}}}).Class)
	require.Equal(t, spec.SpecError, refused(t, ask{"method": ask{"type": "Crowd"}}, functions).Class)
	require.Equal(t, spec.SpecError, refused(t, ask{"verb": "simulate", "method": ask{"type": "Joint"}, "sweeps": nil, "time": 3, "every": 1}).Class)
}
