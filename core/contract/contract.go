// Package contract holds the small interfaces in which systems and methods meet, and the entries by which the registry knows them.
package contract

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
)

// Params is a point in the space of states at which walkers are weighed: the temperature and any scalar of the system by its name.
type Params struct {
	KT float64
	// Reference is the share r of the reference distribution on the geometric path u = (1-r) u(kT) + r u_reference; 0 is the system itself.
	Reference float64
	Extra     map[string]float64
}

// Walker is what an ensemble needs to know of one walker at its birth: where it stands and the key of all its random numbers.
type Walker struct {
	Params Params
	Key    rng.Key
	Warmup int64   // sweeps in which its kernel may adapt
	Every  float64 // time between records of a simulation
}

// Ensemble is a set of walkers that move, can be measured, weighed at other states, copied and saved. Calls for different walkers may run
// at the same time; calls for one walker may not.
type Ensemble interface {
	Size() int
	// SweepTo advances a walker until its counter of finished sweeps is target. It stops early with ctx.Err() at the next point from which
	// it can go on: calling it again with the same target gives the bits of an uninterrupted call. team is what the walker may use inside.
	SweepTo(ctx context.Context, walker int, target int64, team *par.Team) error
	// Warm tells every kernel that adapts that its warm-up is over: from here on nothing adapts.
	Warm(walker int)
	// Observable finds a quantity by name; the error lists the names there are.
	Observable(name string) (Observable, error)
	// Reduced writes -log of the unnormalised weight, E/kT, of a walker's configuration at each state, without its bias; +inf is zero weight.
	Reduced(walker int, dst []float64, at []Params) error
	SetParams(walker int, p Params) error
	// SetBias gives a walker another weight beside that of its state; nil takes it away. Mismatch where its kernel cannot follow.
	SetBias(walker int, b *Bias) error
	// CopyWalker gives dst the configuration of src, SwapWalkers exchanges two. Keys, counters, states, biases and what kernels have learnt stay.
	CopyWalker(dst, src int)
	SwapWalkers(a, b int)
	// Info is what the walkers' kernels report (acceptance, cluster sizes), one value per walker and name.
	Info() map[string][]float64
	// Save and Load carry everything that the future of a walker depends on.
	Save(w io.Writer) error
	Load(r io.Reader) error
	// Configurations are written for Python-callable observables: a walker's configuration in the dtype and shape of Layout.
	Layout() (array.Dtype, []int)
	Configuration(walker int, dst []byte)
	// Work is the number of elementary updates in one sweep of one walker, with its unit, for the progress report.
	Work() (perSweep float64, unit string)
}

// Timed is an ensemble with a continuous clock: AdvanceTo is SweepTo in time.
type Timed interface {
	Ensemble
	AdvanceTo(ctx context.Context, walker int, time float64, team *par.Team) error
}

// Advance is SweepTo a tick, and with a time between ticks (above 0) AdvanceTo that of a Timed ensemble.
func Advance(ctx context.Context, e Ensemble, walker int, tick int64, every float64, team *par.Team) error {
	if every > 0 {
		return e.(Timed).AdvanceTo(ctx, walker, float64(tick)*every, team)
	}
	return e.SweepTo(ctx, walker, tick, team)
}

// Observable is one quantity, recorded per walker and draw. Record writes a row; a ragged observable returns its row from Ragged instead.
// Both may be called for different walkers at the same time and allocate nothing in steady state.
type Observable struct {
	Name   string
	Dtype  array.Dtype
	Shape  []int    // of a row; nil for a scalar
	Dims   []string // names of the row's dimensions
	Record func(walker int, row []byte)
	Ragged func(walker int) []byte
}

// Start is where walkers begin: "random", "ordered", or configurations given as an array broadcast over the walkers.
type Start struct {
	Kind   string
	Values *array.Array
}

// Results collects what a solver finds: named arrays with named dimensions, without the leading kT axis of a scan.
type Results interface {
	Alloc() memory.Allocator
	// Add keeps values of shape (points, shape...), one row per temperature.
	Add(name string, dtype array.Dtype, shape []int, dims []string, data any) error
	Note(key string, value any)
	// Progress reports done of total in unit.
	Progress(done, total float64, unit string)
}

// Any is the System of methods that work over the ensembles of any system that has a method of walkers for the same verb: tempering, annealing.
// Their parameter Kernel says which; they get its Opener.
const Any = "*"

// Over is what a method over ensembles has: the method of the walkers that it drives.
type Over interface{ Inner() *Kernel }

// Prefers is a method over ensembles that would rather have one of these kernels, the first that the system has, where none is named.
type Prefers interface{ Preferred() []string }

// Entry is one line of the registry: a method that fits a system under a verb. Exactly one of Open, Drive, Stages and Solve is set.
type Entry struct {
	Verb   string // "sample", "simulate", "solve"
	System string // "lattice.Ising", Targets, or Any
	Method string // "Wolff"
	// NewSystem and NewMethod make the structs that the spec decodes into.
	NewSystem, NewMethod func() any
	// Accuracy is "exact", "O(dt^p)" or "finite N".
	Accuracy string
	Unit     string // what does not fall apart into runs of its own: "" a walker or population, "ladder" the temperatures of a chain, "all"
	Cite     []string
	Open     func(system, method any, walkers []Walker, start Start) (Ensemble, error)
	Drive    func(system, method any, order Order) (Ensemble, error) // of methods over ensembles
	Stages   func(system, method any, order Order) (Staged, error)
	Solve    func(ctx context.Context, system, method any, at []Params, observe []string, out Results) error
}
