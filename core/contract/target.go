package contract

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
)

// Target is a density of z in R^n by its reduced energy: p(z) is proportional to exp(-u(z; kT)), u = E(x(z))/kT - log|dx/dz|. The map x(z), of a
// constrained space, is the target's own affair.
type Target interface {
	Size() int // n
	// Evaluator makes one caller's access to batches of rows points; what two evaluators do may overlap.
	Evaluator(rows int) (Evaluator, error)
	// Quantities are what can be recorded of a point, and Recorder makes one caller's access to them.
	Quantities() []Quantity
	Recorder() (Recorder, error)
}

// Evaluator computes u and its gradient for z of shape (rows, n) into u (rows) and g (rows, n). It allocates nothing; a row's bits do not depend on
// the other rows. +inf is zero probability; what else is not finite is for the caller to judge. A nil team is the caller alone.
type Evaluator interface {
	Gradient(ctx context.Context, team *par.Team, kT float64, z, u, g []float64) error
	Value(ctx context.Context, team *par.Team, kT float64, z, u []float64) error
}

// Mixed is an evaluator that also takes rows at temperatures of their own, kT (rows), with the bits of rows at one.
type Mixed interface {
	GradientAt(ctx context.Context, team *par.Team, kT, z, u, g []float64) error
	ValueAt(ctx context.Context, team *par.Team, kT, z, u []float64) error
}

// Curved is a target with second and third derivatives, or with a metric.
type Curved interface {
	Target
	Curvature() (Curvature, error) // an error where it was made without
}

// Curvature computes the matrix of second derivatives of u, (n, n), or a metric in its place, and its derivatives, d h_ij / d z_k at (i, j, k). It
// allocates nothing.
type Curvature interface {
	Metric() bool
	Curve(ctx context.Context, kT float64, z, h, dh []float64) error
}

// Prior is a normalised distribution that a target has beside its own: one caller's access.
type Prior interface {
	// Gradient is -log of its density of z, and fills the gradient.
	Gradient(ctx context.Context, z, g []float64) (u float64, err error)
	// Draw fills z with a draw, which a key fixes.
	Draw(ctx context.Context, key int64, z []float64) error
}

// Proposer is a prior that works on many points at once, a row each with the bits of the row alone. For each number of rows a program is made at the first
// call; later ones allocate nothing.
type Proposer interface {
	Prior
	// Propose draws a row for each key, z (len(keys), n), with -log of their densities, u (len(keys)).
	Propose(ctx context.Context, keys []int64, z, u []float64) error
	// Gradients are Gradient of each row.
	Gradients(ctx context.Context, z, u, g []float64) error
}

// HasPrior is a target that may have one; nil: it has none.
type HasPrior interface{ Prior() (Prior, error) }

// Quantity is an array that belongs to a point.
type Quantity struct {
	Name  string
	Dtype array.Dtype
	Shape []int
	Dims  []string // names of the dimensions; nil: its name and their numbers
}

// Rescaler is a recorder of an attended target, which need not be asked for an energy that is known: u is its reduced one at kT.
type Rescaler interface {
	Recorder
	RecordAt(ctx context.Context, z []float64, kT, u float64) ([][]byte, error)
	// Rescale is the reduced energy at another temperature.
	Rescale(ctx context.Context, z []float64, u, kT, other float64) (float64, error)
}

// Recorder computes all quantities of a point; what it returns is valid until it is called again.
type Recorder interface {
	Record(ctx context.Context, z []float64) ([][]byte, error)
}
