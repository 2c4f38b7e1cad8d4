package learn

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
)

// Show is what the caller sees where evaluations are asked of it: copies of the first arrays of the state, the members' keys, and where its answers go.
type Show struct {
	State []*array.Array
	Keys  []int64
	Found []*array.Array
}

// names of all evaluations: those of the program, then those that the caller makes.
func (t *Training) names() []string {
	return append(t.Evaluations[:len(t.Evaluations):len(t.Evaluations)], t.Asked...)
}

// looks says whether anything is evaluated.
func (r *Trainer) looks() bool { return r.evaluate != nil || len(r.Asked) > 0 }

// shown makes the memory that the caller sees.
func (r *Trainer) shown() {
	for _, a := range r.State[:r.Shows] {
		r.Show.State = append(r.Show.State, fresh(a.Dtype, a.Shape, 0))
	}
	r.Show.Keys, r.Show.Found = r.keys, r.seen[len(r.Evaluations):]
}

// ask has the caller evaluate a state after a step.
func (r *Trainer) ask(ctx context.Context, state []*array.Array, after int64) error {
	if len(r.Asked) == 0 {
		return nil
	}
	for k, a := range r.Show.State {
		copy(a.Data, state[k].Data)
	}
	return r.plan.Look(ctx, after)
}

// Strange is an evaluation that was no number: how often, and where first.
type Strange struct {
	Name         string
	Count        int64
	Step, Member int64
}

// Strange evaluations so far.
func (r *Trainer) Strange() (all []Strange) {
	rows, filled := r.plan.Evaluations(), r.evaluated.Load()
	for c, name := range r.names() {
		s := Strange{Name: name}
		values := array.View[float64](r.Evaluated[c])
		for row := range filled {
			for m := range int64(r.members()) {
				if x := values[m*rows+row]; x-x != 0 {
					if s.Count == 0 {
						s.Step, s.Member = r.plan.Begin+min((row+1)*r.plan.EvaluateEvery, r.k), m
					}
					s.Count++
				}
			}
		}
		if s.Count > 0 {
			all = append(all, s)
		}
	}
	return all
}
