package cloud

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// gradient computes reduced energies and their gradients of all particles of a cloud: one energy a particle, or one of the whole cloud.
type gradient interface {
	Gradient(ctx context.Context, team *par.Team, kT float64, z, u, g []float64) error
}

// mover advances one cloud by one step; where it fails, the particles are as they were.
type mover interface {
	step(ctx context.Context, team *par.Team, c *cloud) error
	// state are pointers to numbers and slices that the future depends on, beside the particles.
	state() []any
}

// cloud is one population. u has an entry for each particle, or one.
type cloud struct {
	n, d    int
	z, u, g []float64 // particles (n, d), reduced energies and gradients where they were before the last step
	kT      float64
	key     rng.Key
	number  int // among the clouds of the run
	ticks   int64
	field   gradient
	mover   mover
	measure float64 // what the mover follows, of the last step
	trace   []float64
}

// energies fills u and g at z, and refuses what is not finite.
func (c *cloud) energies(ctx context.Context, team *par.Team, kT float64) error {
	if err := c.field.Gradient(ctx, team, kT, c.z, c.u, c.g); err != nil {
		return err
	}
	return c.finite()
}

// finite looks for the first particle with an energy or a force that is not a number.
func (c *cloud) finite() error {
	whole := len(c.u) < c.n
	for i := range c.n {
		u, bad := 0.0, 0.0
		if !whole {
			u = c.u[i]
		}
		for _, x := range c.g[i*c.d : (i+1)*c.d] {
			bad += x - x
		}
		if bad+(u-u) == 0 {
			continue
		}
		what := "its force is not finite"
		switch {
		case math.IsInf(u, 1):
			what = "the density is zero there"
		case u-u != 0:
			what = fmt.Sprintf("the energy is %v", u)
		case whole && c.u[0]-c.u[0] != 0:
			what += fmt.Sprintf(", and the cloud's energy is %v", c.u[0])
		}
		z := append([]float64{}, c.z[i*c.d:min((i+1)*c.d, i*c.d+8)]...)
		for _, x := range z {
			if x-x != 0 || math.Abs(x) > 1e100 {
				what = "it has left all bounds"
			}
		}
		return spec.Errorf(spec.NonFiniteError, "particle %d of cloud %d, step %d, at coordinates %.6g: %s", i, c.number, c.ticks, z, what).
			With("particle", i).With("chain", c.number).With("step", c.ticks).Try("a smaller step, or another start")
	}
	if whole && c.u[0]-c.u[0] != 0 {
		return spec.Errorf(spec.NonFiniteError, "the energy of cloud %d is %v in step %d, with finite forces on all particles", c.number, c.u[0], c.ticks).
			With("chain", c.number).With("step", c.ticks).Try("a smaller step, or another start")
	}
	return nil
}

// steps is what all methods have in common.
type steps struct {
	count, every int64 // steps in all; between rows of the trace
	rows         int64
}

// follow spreads at most rows rows of a trace over count steps.
func follow(count, rows int) steps {
	s := steps{count: int64(count), every: 1}
	if rows > 0 {
		s.every = (s.count + int64(rows) - 1) / int64(rows)
		s.rows = s.count / s.every
	}
	return s
}

// flow is the work of a run: clouds that know nothing of each other.
type flow struct {
	steps
	clouds   []*cloud
	observed []observed
	recorder contract.Recorder
	follows  string // name of the measure
	extra    func(f *flow, out contract.Results) error
}

// observed is a quantity to report: the k-th of the recorder's.
type observed struct {
	contract.Quantity
	k int
}

// stageTime is how long a stage lasts.
const stageTime = 20 * time.Millisecond

func (f *flow) Stage(ctx context.Context, workers int) (bool, error) {
	end := time.Now().Add(stageTime)
	if 2*workers <= len(f.clouds) {
		err := par.Do(ctx, workers, len(f.clouds), func(i int) error {
			share := time.Now().Add(stageTime * time.Duration(workers) / time.Duration(len(f.clouds)))
			return f.advance(ctx, nil, f.clouds[i], share)
		})
		return f.done(), err
	}
	team := par.NewTeam(workers)
	defer team.Close()
	for _, c := range f.clouds {
		if err := f.advance(ctx, team, c, end); err != nil {
			return false, err
		}
		if !time.Now().Before(end) && c.ticks < f.count {
			break
		}
	}
	return f.done(), nil
}

func (f *flow) done() bool {
	for _, c := range f.clouds {
		if c.ticks < f.count {
			return false
		}
	}
	return true
}

// advance makes at least one step, and goes on until the deadline.
func (f *flow) advance(ctx context.Context, team *par.Team, c *cloud, deadline time.Time) error {
	for c.ticks < f.count {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.mover.step(ctx, team, c); err != nil {
			return err
		}
		c.ticks++
		f.note(c)
		if !time.Now().Before(deadline) {
			return nil
		}
	}
	return nil
}

// note writes a row of the trace: the measure, then mean and variance of each coordinate.
func (f *flow) note(c *cloud) {
	if f.rows == 0 || c.ticks%f.every != 0 || c.ticks/f.every > f.rows {
		return
	}
	width := 1 + 2*c.d
	row := c.trace[(c.ticks/f.every-1)*int64(width):][:width]
	row[0] = c.measure
	mean, variance := row[1:1+c.d], row[1+c.d:]
	if m, ok := c.mover.(interface {
		follow(mean, variance []float64)
	}); ok {
		m.follow(mean, variance)
		return
	}
	moments(c.z, c.n, c.d, mean, variance)
}

// moments are the mean and the variance (over n) of each coordinate of particles z (n, d).
func moments(z []float64, n, d int, mean, variance []float64) {
	simd.SumColumns(mean, z, d, n)
	for k := range mean {
		mean[k] /= float64(n)
		variance[k] = 0
	}
	for i := range n {
		for k, x := range z[i*d : (i+1)*d] {
			x -= mean[k]
			variance[k] = math.FMA(x, x, variance[k])
		}
	}
	for k := range variance {
		variance[k] /= float64(n)
	}
}

func (f *flow) Progress() (done, total float64, unit string) {
	for _, c := range f.clouds {
		done += float64(c.ticks)
	}
	return done, float64(f.count) * float64(len(f.clouds)), "steps"
}

func (f *flow) Info() map[string][]float64 {
	all := map[string][]float64{}
	for _, c := range f.clouds {
		all["steps"] = append(all["steps"], float64(c.ticks))
		if m, ok := c.mover.(interface{ info() map[string]float64 }); ok {
			for name, x := range m.info() {
				all[name] = append(all[name], x)
			}
		}
	}
	return all
}

// Report adds what was asked for of every particle, and the traces: the measure, mean and variance of the coordinates after each kept step.
func (f *flow) Report(out contract.Results) error {
	first := f.clouds[0]
	data := make([][]byte, len(f.observed))
	for _, c := range f.clouds {
		for i := range c.n {
			rows, err := f.recorder.Record(context.Background(), c.z[i*c.d:(i+1)*c.d])
			if err != nil {
				return err
			}
			for q, o := range f.observed {
				if o.k >= 0 {
					data[q] = append(data[q], rows[o.k]...)
				}
			}
		}
	}
	for q, o := range f.observed {
		if o.k < 0 { // of the whole cloud
			values := make([]float64, 0, len(f.clouds))
			for _, c := range f.clouds {
				if err := c.field.Gradient(context.Background(), nil, 0, c.z, c.u, c.g); err != nil {
					return err
				}
				values = append(values, c.u[0]/float64(c.n))
			}
			if err := out.Add(o.Name, array.Float64, nil, nil, values); err != nil {
				return err
			}
			continue
		}
		if err := out.Add(o.Name, o.Dtype, append([]int{first.n}, o.Shape...), []string{"draw"}, &array.Array{Dtype: o.Dtype, Data: data[q]}); err != nil {
			return err
		}
	}
	if f.extra != nil {
		if err := f.extra(f, out); err != nil {
			return err
		}
	}
	return f.traces(out)
}

func (f *flow) traces(out contract.Results) error {
	rows := f.rows
	for _, c := range f.clouds {
		rows = min(rows, c.ticks/f.every)
	}
	if rows == 0 {
		return nil
	}
	d := f.clouds[0].d
	var measure, mean, variance []float64
	for _, c := range f.clouds {
		for r := range rows {
			row := c.trace[r*int64(1+2*d):]
			measure, mean, variance = append(measure, row[0]), append(mean, row[1:1+d]...), append(variance, row[1+d:1+2*d]...)
		}
	}
	if err := out.Add("trace_"+f.follows, array.Float64, []int{int(rows)}, []string{"step"}, measure); err != nil {
		return err
	}
	if err := out.Add("trace_mean", array.Float64, []int{int(rows), d}, []string{"step", "coordinate"}, mean); err != nil {
		return err
	}
	return out.Add("trace_variance", array.Float64, []int{int(rows), d}, []string{"step", "coordinate"}, variance)
}

func (f *flow) Save(w io.Writer) error {
	if err := saved.Put(w, int64(len(f.clouds))); err != nil {
		return err
	}
	for _, c := range f.clouds {
		if err := saved.Put(w, int64(c.n), int64(c.d), c.ticks, c.measure, c.z, c.trace); err != nil {
			return err
		}
		if err := saved.Put(w, c.mover.state()...); err != nil {
			return err
		}
	}
	return nil
}

func (f *flow) Load(r io.Reader) error {
	var clouds, n, d int64
	if err := saved.Get(r, &clouds); err != nil {
		return err
	}
	if clouds != int64(len(f.clouds)) {
		return spec.Errorf(spec.CheckpointError, "expected %d clouds, the saved state has %d", len(f.clouds), clouds)
	}
	for _, c := range f.clouds {
		if err := saved.Get(r, &n, &d); err != nil {
			return err
		}
		if n != int64(c.n) || d != int64(c.d) {
			return spec.Errorf(spec.CheckpointError, "expected %d particles in %d dimensions, the saved state has %d in %d", c.n, c.d, n, d)
		}
		if err := saved.Get(r, append([]any{&c.ticks, &c.measure, c.z, c.trace}, c.mover.state()...)...); err != nil {
			return err
		}
	}
	return nil
}
