package walkers

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
)

// Value is what a configuration consists of: spins and heights are integers, angles and components numbers.
type Value interface {
	int8 | uint8 | int32 | int64 | float64
}

// Model is what the walkers of a system share whatever moves them.
type Model[T Value] interface {
	// Name is the system's in messages: "Ising".
	Name() string
	// Layout is the shape of a configuration with the names of its dimensions; its product is the number of values.
	Layout() (shape []int, dims []string)
	// Sites is the number of elementary updates in a sweep, Unit what they are called: "spin updates".
	Sites() int
	Unit() string
	// Draw makes a configuration of the reference distribution, which is infinite temperature; LogReference is the logarithm of its number of states (or
	// of their volume).
	Draw(dst []T, s *rng.Stream)
	LogReference() float64
	// Ordered makes a ground state of the ferromagnet, or what stands for it.
	Ordered(dst []T)
	// Admits tells whether what a user gave is a configuration; Values says what it should consist of: "spins +1 or -1".
	Admits(x []T) (at int, ok bool)
	Values() string
	// Observables are beside "configuration" and "energy", which every model has.
	Observables() []Observable[T]
}

// Observable is a quantity by its name: a number (Scalar), or anything else (Open).
type Observable[T Value] struct {
	Name   string
	Scalar func(e *Ensemble[T], walker int) float64
	Open   func(e *Ensemble[T]) (contract.Observable, error)
}

// Kernel is one walker of a model under one method, in whatever layout is fastest for it. Its random numbers come from the walker's key with the
// sweep number as step, so that a walker's future depends on its configuration, its step counter and its key alone.
type Kernel[T Value] interface {
	// SweepTo finishes sweeps until the counter is target; on ctx.Done it returns ctx.Err() within 0.1 s at a point from which the next
	// call goes on to the same bits (between sweeps, or with a cursor inside one when sweeps are long).
	SweepTo(ctx context.Context, target int64, team *par.Team) error
	Sweeps() int64
	Read(dst []T)  // the configuration, in C order of the sites
	Write(src []T) // replaces it
	Energy() float64
	SetKT(kT float64)
	Warm()                    // warm-up is over: nothing adapts from here on
	Info() map[string]float64 // acceptance, cluster sizes
	Save(w io.Writer) error   // everything but model, kT and key
	Load(r io.Reader) error
}

// Viewed is a kernel that holds its configuration as Read would write it.
type Viewed[T Value] interface{ View() []T }

// Clocked is a kernel in continuous time: every event up to and including time happens. A sweep is one unit of it.
type Clocked interface {
	AdvanceTo(ctx context.Context, time float64) error
}

// Measured is a kernel with quantities of its own, which do not belong to the configuration: a demon's energy, work.
type Measured interface{ Quantities() []Quantity }

// Quantity is a number by its name.
type Quantity struct {
	Name  string
	Value func() float64
}

// Biased is a kernel that can be replaced by one whose weight has a bias; nil is a bias of 0.
type Biased[T Value] interface {
	WithBias(w contract.Walker, kT float64, b *contract.Bias) (Kernel[T], error)
}

// Paired is a kernel that copies or exchanges configurations with another of its kind faster than by Read and Write; false where it is of another.
type Paired[T Value] interface {
	CopyFrom(other Kernel[T]) bool
	SwapWith(other Kernel[T]) bool
}

// Builder makes the kernel of one walker; what the walkers of a model share is made once, before it.
type Builder[T Value] func(w contract.Walker) (Kernel[T], error)

// StepTo takes steps, each a part of a sweep, until done is target; between two it may be interrupted.
func StepTo(ctx context.Context, done *int64, target int64, team *par.Team, step func(*par.Team) error) error {
	for *done < target {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(team); err != nil {
			return err
		}
	}
	return nil
}
