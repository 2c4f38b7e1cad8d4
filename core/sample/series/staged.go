package series

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// column is a result of every chain.
type column struct {
	name  string
	shape []int
	dims  []string
}

// routine is what a method does to one chain.
type routine interface {
	columns() []column
	units() (perChain int, unit string)
	// open makes what the chain works with.
	open(l *lane, workers int) error
	// unit does unit number l.done of the chain; where it fails, or ctx ends it, nothing has changed that it would not do again.
	unit(ctx context.Context, l *lane, team *par.Team) error
	// info adds what is reported of a finished chain.
	info(l *lane) map[string]float64
	// state are pointers and slices that the rest of an open chain depends on.
	state(l *lane) []any
}

// lane is one chain.
type lane struct {
	key   rng.Key
	done  int64
	cloud *cloud // while it is at work
	own   any    // of the routine
	out   [][]float64
	info  map[string]float64
}

// work are chains that a routine finishes one by one: those that nobody works at have no cloud.
type work struct {
	routine routine
	lanes   []*lane
	units   int64
	unit    string
	asked   []bool
	workers int
}

// stageTime is how long a stage lasts, about.
const stageTime = 40 * time.Millisecond

func newWork(r routine, order contract.Order) (*work, error) {
	w := &work{routine: r}
	perChain, unit := r.units()
	w.units, w.unit = int64(perChain), unit
	columns := r.columns()
	w.asked = make([]bool, len(columns))
	names := make([]string, len(columns))
	size := 0
	for i, c := range columns {
		names[i] = c.name
		n, err := array.Count(append([]int{len(order.Walkers)}, c.shape...))
		if err != nil {
			return nil, err
		}
		size += n
	}
	if _, err := array.Plan(size, 8, "the results of all chains"); err != nil {
		return nil, err
	}
	for _, name := range order.Observe {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, spec.Expected("observe", "one of "+strings.Join(names, ", "), fmt.Sprintf("%q", name)).With("argument", "observe")
		}
		w.asked[i] = true
	}
	for _, walker := range order.Walkers {
		l := &lane{key: walker.Key}
		for _, c := range columns {
			n, _ := array.Count(c.shape)
			l.out = append(l.out, undefined(n))
		}
		w.lanes = append(w.lanes, l)
	}
	return w, nil
}

// undefined are n numbers that are not known yet.
func undefined(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.NaN()
	}
	return x
}

// Stage lets chains go on for a while: side by side where there are as many as workers, else one after another, each shared among them.
func (w *work) Stage(ctx context.Context, workers int) (bool, error) {
	var open []*lane
	for _, l := range w.lanes {
		if l.done < w.units {
			open = append(open, l)
		}
	}
	if len(open) == 0 {
		return true, nil
	}
	w.workers = max(w.workers, workers, 1)
	until := time.Now().Add(stageTime)
	var err error
	if workers > 1 && len(open) < workers {
		team := par.NewTeam(workers)
		defer team.Close()
		for _, l := range open {
			if err = w.run(ctx, l, team, until); err != nil {
				break
			}
		}
	} else {
		err = par.Do(ctx, workers, len(open), func(i int) error { return w.run(ctx, open[i], nil, until) })
	}
	if err != nil {
		return false, err
	}
	for _, l := range open {
		if l.done < w.units {
			return false, nil
		}
	}
	return true, nil
}

func (w *work) run(ctx context.Context, l *lane, team *par.Team, until time.Time) error {
	for l.done < w.units && time.Now().Before(until) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.cloud == nil {
			if err := w.routine.open(l, w.workers); err != nil {
				return err
			}
		}
		l.cloud.room(team.Size())
		if err := w.routine.unit(ctx, l, team); err != nil {
			return err
		}
		if l.done++; l.done == w.units {
			l.info = w.routine.info(l)
			l.cloud, l.own = nil, nil
		}
	}
	return nil
}

// Progress counts units of all chains.
func (w *work) Progress() (done, total float64, unit string) {
	for _, l := range w.lanes {
		done += float64(l.done)
	}
	return done, float64(w.units) * float64(len(w.lanes)), w.unit
}

// Report adds the columns that were asked for.
func (w *work) Report(out contract.Results) error {
	for i, c := range w.routine.columns() {
		if !w.asked[i] {
			continue
		}
		var all []float64
		for _, l := range w.lanes {
			all = append(all, l.out[i]...)
		}
		if err := out.Add(c.name, array.Float64, c.shape, c.dims, all); err != nil {
			return err
		}
	}
	return nil
}

// Info are numbers of finished chains.
func (w *work) Info() map[string][]float64 {
	all := map[string][]float64{}
	for i, l := range w.lanes {
		for name, x := range l.info {
			if all[name] == nil {
				all[name] = undefined(len(w.lanes))
			}
			all[name][i] = x
		}
	}
	return all
}

// Save writes every chain: its results, and what an open one has at hand.
func (w *work) Save(to io.Writer) error {
	if err := saved.Put(to, int64(len(w.lanes)), w.units); err != nil {
		return err
	}
	for _, l := range w.lanes {
		if err := saved.Put(to, l.done, l.cloud != nil); err != nil {
			return err
		}
		for _, o := range l.out {
			if err := saved.Put(to, o); err != nil {
				return err
			}
		}
		if l.cloud != nil {
			if err := saved.Put(to, append(l.cloud.state(), w.routine.state(l)...)...); err != nil {
				return err
			}
		}
		if l.done == w.units {
			names := infoNames(l.info)
			if err := saved.Put(to, int64(len(names))); err != nil {
				return err
			}
			for _, n := range names {
				if err := saved.Put(to, int64(len(n)), []byte(n), l.info[n]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func infoNames(info map[string]float64) []string {
	var names []string
	for n := range info {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Load reads what Save wrote.
func (w *work) Load(from io.Reader) error {
	var lanes, units int64
	if err := saved.Get(from, &lanes, &units); err != nil {
		return err
	}
	if lanes != int64(len(w.lanes)) || units != w.units {
		return spec.Errorf(spec.CheckpointError, "expected %d chains of %d %s, the saved state has %d of %d", len(w.lanes), w.units, w.unit, lanes, units)
	}
	for _, l := range w.lanes {
		var open bool
		if err := saved.Get(from, &l.done, &open); err != nil {
			return err
		}
		for _, o := range l.out {
			if err := saved.Get(from, o); err != nil {
				return err
			}
		}
		if open {
			if err := w.routine.open(l, max(w.workers, 1)); err != nil {
				return err
			}
			if err := saved.Get(from, append(l.cloud.state(), w.routine.state(l)...)...); err != nil {
				return err
			}
		}
		if l.done == w.units {
			var count, size int64
			if err := saved.Get(from, &count); err != nil {
				return err
			}
			l.info = map[string]float64{}
			for range min(count, 1000) {
				var x float64
				if err := saved.Get(from, &size); err != nil {
					return err
				}
				name := make([]byte, min(size, 100))
				if err := saved.Get(from, name, &x); err != nil {
					return err
				}
				l.info[string(name)] = x
			}
		}
	}
	return nil
}

// state are pointers to all that the cloud's future depends on.
func (c *cloud) state() []any {
	g := &c.now
	all := []any{&c.time, &c.logZ, &c.step, &c.resampled, g.x, g.logw, g.w, g.parts, &g.shift, &g.total, &g.most, &g.ess, c.mean, c.spread, c.tau}
	if c.past != nil {
		for t := range c.past.x {
			all = append(all, c.past.x[t], c.past.logw[t], c.past.ancestors[t])
		}
	}
	return all
}
