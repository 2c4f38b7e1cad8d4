package density

import (
	"context"
	"slices"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/spec"
)

// Remote is a target that the library's caller evaluates, by rendezvous: a function in Python or PyTorch. z has the shape (n).
type Remote struct {
	// Size is n.
	N int `spec:"size" range:"[0,1e9]"`
	// Place is z -> the parameters, by Names, and log|dx/dz|.
	Place Program `spec:"place"`
	// Names of the parameters.
	Names []string `spec:"names"`
	// Gradients tells whether the caller can give them.
	Gradients bool `spec:"gradients"`
	// ID tells a checkpoint whether it continues with the same function.
	ID string `spec:"id" default:"\"\""`

	mu      sync.Mutex
	serving sync.Mutex
	at      contract.Rendezvous
	live    int
	asks    []*ask
	waiting int // of the live
	made    int // evaluators
}

// Traced marks a system whose Python class is written by hand.
func (*Remote) Traced() {}

func (r *Remote) Check() error {
	z := expr.Type{Dtype: array.Float64, Shape: []int{r.N}}
	if len(r.Place.in) == 0 {
		return spec.Errorf(spec.SpecError, "Remote.place: expected a program")
	}
	if err := SameTypes("Remote.place inputs", []expr.Type{z}, r.Place.in[:len(r.Place.in)-len(r.Place.captured)]); err != nil {
		return err
	}
	if len(r.Place.out) != len(r.Names)+1 || !r.Place.out[len(r.Names)].Equal(expr.Type{Dtype: array.Float64, Shape: []int{}}) {
		return spec.Expected("Remote.place results", "one for each name, and a number", len(r.Place.out))
	}
	return nil
}

func (r *Remote) Size() int { return r.N }

// HasGradient is false for functions without one.
func (r *Remote) HasGradient() bool { return r.Gradients }

func (r *Remote) Attend(b contract.Rendezvous) { r.at = b }

func (r *Remote) Enter(n int) {
	r.mu.Lock()
	r.live += n
	r.mu.Unlock()
}

// Leave lets the others be asked for: whoever leaves last before all wait serves them.
func (r *Remote) Leave() {
	r.mu.Lock()
	r.live--
	if r.waiting > 0 && r.waiting >= r.live {
		r.serve(context.Background())
		return
	}
	r.mu.Unlock()
}

// ask is one evaluator's question.
type ask struct {
	remote    *Remote
	id, rows  int
	gradients bool
	kT        float64
	z, u, g   []float64
	taken     bool // is being served
	done      chan error
}

func (r *Remote) Evaluator(rows int) (contract.Evaluator, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made++
	return &ask{remote: r, id: r.made, rows: rows, done: make(chan error, 1)}, nil
}

func (a *ask) Gradient(ctx context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	if !a.remote.Gradients {
		return spec.Errorf(spec.SpecError, "this function has no gradient").With("argument", "method").
			Try("erg.black_box(function, gradient=...), or a method that needs none: erg.RandomWalk()")
	}
	a.gradients, a.kT, a.z, a.u, a.g = true, kT, z, u, g
	return a.put(ctx)
}

func (a *ask) Value(ctx context.Context, _ *par.Team, kT float64, z, u []float64) error {
	a.gradients, a.kT, a.z, a.u, a.g = false, kT, z, u, nil
	return a.put(ctx)
}

// put waits until the question is answered; the last of those who are awaited puts all of them.
func (a *ask) put(ctx context.Context) error {
	r := a.remote
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	if r.at.Ask == nil {
		r.mu.Unlock()
		return spec.Errorf(spec.InternalError, "a function in Python is evaluated while its job runs alone")
	}
	a.taken = false
	r.asks = append(r.asks, a)
	r.waiting++
	if r.waiting >= r.live {
		r.serve(ctx)
		return <-a.done
	}
	r.mu.Unlock()
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
	}
	r.mu.Lock()
	if a.taken {
		r.mu.Unlock()
		return <-a.done
	}
	r.asks = slices.DeleteFunc(r.asks, func(b *ask) bool { return a == b })
	r.waiting--
	r.mu.Unlock()
	return ctx.Err()
}

// serve answers all questions that wait; the lock is held, and given back.
func (r *Remote) serve(ctx context.Context) {
	all := r.asks
	r.asks, r.waiting = nil, 0
	for _, a := range all {
		a.taken = true
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b *ask) int { return a.id - b.id })
	r.serving.Lock()
	err := r.answer(ctx, all)
	r.serving.Unlock()
	for _, a := range all {
		a.done <- err
	}
	r.mu.Lock()
	if r.asks == nil {
		r.asks = all[:0] // the memory is used again
	}
	r.mu.Unlock()
}

// answer puts the rows into the buffers, as many at once as they hold, asks, and takes the answers.
func (r *Remote) answer(ctx context.Context, all []*ask) error {
	n := r.N
	z, u, g, kT := array.View[float64](r.at.Z), array.View[float64](r.at.U), array.View[float64](r.at.G), array.View[float64](r.at.KT)
	room := len(u)
	for a, row := 0, 0; a < len(all); {
		gradients, filled := all[a].gradients, 0
		firstAsk, firstRow := a, row
		for a < len(all) && filled < room && all[a].gradients == gradients {
			q := all[a]
			m := min(q.rows-row, room-filled)
			copy(z[filled*n:], q.z[row*n:(row+m)*n])
			for i := range m {
				kT[filled+i] = q.kT
			}
			filled += m
			if row += m; row == q.rows {
				a, row = a+1, 0
			}
		}
		if err := r.at.Ask(ctx, filled, gradients); err != nil {
			return err
		}
		for b, from, at := firstAsk, firstRow, 0; at < filled; {
			q := all[b]
			m := min(q.rows-from, filled-at)
			copy(q.u[from:from+m], u[at:])
			if gradients {
				copy(q.g[from*n:(from+m)*n], g[at*n:(at+m)*n])
			}
			at += m
			if from += m; from == q.rows {
				b, from = b+1, 0
			}
		}
	}
	return nil
}

// Quantities are the parameters and the energy.
func (r *Remote) Quantities() (all []contract.Quantity) {
	for k, name := range r.Names {
		all = append(all, contract.Quantity{Name: name, Dtype: r.Place.out[k].Dtype, Shape: r.Place.out[k].Shape})
	}
	return append(all, contract.Quantity{Name: "energy", Dtype: array.Float64})
}

type remoteRecorder struct {
	recorder
	ask contract.Evaluator
	u   [1]float64
}

func (r *Remote) Recorder() (contract.Recorder, error) {
	c, err := newRecorder(&r.Place)
	if err != nil {
		return nil, err
	}
	e, err := r.Evaluator(1)
	return &remoteRecorder{recorder: *c, ask: e}, err
}

// Record asks for the energy.
func (c *remoteRecorder) Record(ctx context.Context, z []float64) ([][]byte, error) {
	if err := c.ask.Value(ctx, nil, 1, z, c.u[:]); err != nil {
		return nil, err
	}
	return c.RecordAt(ctx, z, 1, c.u[0])
}

// Rescale knows E = kT (u + log|dx/dz|).
func (c *remoteRecorder) Rescale(ctx context.Context, z []float64, u, kT, other float64) (float64, error) {
	rows, err := c.recorder.Record(ctx, z)
	if err != nil {
		return 0, err
	}
	jacobian := array.Cast[float64](rows[len(rows)-1])[0]
	return float64(kT*(u+jacobian))/other - jacobian, nil
}

// RecordAt finds the energy from the reduced one.
func (c *remoteRecorder) RecordAt(ctx context.Context, z []float64, kT, u float64) ([][]byte, error) {
	rows, err := c.recorder.Record(ctx, z)
	if err != nil {
		return nil, err
	}
	last := array.Cast[float64](rows[len(rows)-1])
	last[0] = kT * (u + last[0])
	return rows, nil
}
