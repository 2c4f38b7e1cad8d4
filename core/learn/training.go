// Package learn runs trainings: a program that makes a step is called again and again, with batches of data and keys of its own.
//
// What a model, an objective and an optimiser are, the program knows alone; here are the order of the data, the record of what a step tells, the
// evaluation beside it, the end of it, and the state from which it goes on to the same bits.
package learn

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// Training is what is trained, as programs. M members are trained as one batch; M = 0 is one model without an axis of members.
//
//	step:     (state..., batch..., key (M), k) -> (records (M) float64..., state...)
//	evaluate: (state..., key (M), k) -> records (M) float64...
type Training struct {
	Step     density.Program `spec:"step"`
	Evaluate density.Program `spec:"evaluate" default:"null"`
	// State are parameters and whatever else a step hands to the next one.
	State Arrays `spec:"state"`
	// Data are columns of n rows, of which a batch has Batch; none where the step captured what it needs.
	Data  Arrays `spec:"data" default:"[]"`
	Batch int    `spec:"batch" default:"0" range:"[0,1e12]"`
	// Order is how rows follow one another: every epoch in a new order, in theirs, or drawn with replacement.
	Order string `spec:"order" default:"\"shuffled\"" oneof:"shuffled,sequential,replacement"`
	// Shared says that all members see the same batch.
	Shared  bool `spec:"shared" default:"false"`
	Members int  `spec:"members" default:"0" range:"[0,1e6]"`
	// Records and Evaluations are the names of what the programs find; the first record is the loss.
	Records     []string `spec:"records"`
	Evaluations []string `spec:"evaluations" default:"[]"`
	// Asked are evaluations that the caller makes, of the first Shows arrays of the state.
	// Identities are hashes of their functions, by which a checkpoint knows that it continues with the same ones.
	Asked      []string `spec:"asked" default:"[]"`
	Shows      int      `spec:"shows" default:"0" range:"[0,1e12]"`
	Identities []string `spec:"identities" default:"[]"`
	// Asks says that batches are asked of the caller.
	Asks bool `spec:"asks" default:"false"`
	// Sourced says that they come from walkers that move beside the training.
	Sourced bool `spec:"sourced" default:"false"`
	// Monitor is the evaluation whose smallest value is the best state; training stops when it has not fallen by Least for Patience evaluations in
	// a row (0: never).
	Monitor  string  `spec:"monitor" default:"\"\""`
	Patience int     `spec:"patience" default:"0" range:"[0,1e12]"`
	Least    float64 `spec:"least" default:"0" range:"[0,inf)"`
}

// Arrays are inputs of a request.
type Arrays []*array.Array

// DecodeSpec reads [{"input": k}, ...].
func (a *Arrays) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	var all []json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return spec.Expected(path, "a list of inputs", string(raw))
	}
	for k, r := range all {
		v, ok, err := spec.InputIndex(r, in, fmt.Sprintf("%s[%d]", path, k))
		if err != nil {
			return err
		}
		x, is := v.(*array.Array)
		if !ok || !is {
			return spec.Expected(fmt.Sprintf("%s[%d]", path, k), `{"input": k}`, string(r))
		}
		*a = append(*a, x)
	}
	return nil
}

// DecodeSpec reads the fields.
func (t *Training) DecodeSpec(raw json.RawMessage, in spec.Inputs, _ string) error {
	type fields Training // without this method
	return spec.Decode(raw, (*fields)(t), in)
}

// Traced marks what is written by hand in Python, since it traces functions.
func (*Training) Traced() {}

func typeOf(a *array.Array) expr.Type { return expr.Type{Dtype: a.Dtype, Shape: a.Shape} }

// of is a type of each member.
func (t *Training) of(d array.Dtype, shape ...int) expr.Type {
	if t.Members > 0 {
		shape = append([]int{t.Members}, shape...)
	}
	if shape == nil {
		shape = []int{}
	}
	return expr.Type{Dtype: d, Shape: shape}
}

// batch are the types of the step's arguments that are data.
func (t *Training) batch() (types []expr.Type) {
	own := t.own()
	return own[len(t.State) : len(own)-2]
}

// own are the step's arguments without what was captured.
func (t *Training) own() []expr.Type {
	in := t.Step.Source().InputTypes()
	return in[:max(len(in)-len(t.Step.Captured()), 0)]
}

// Check compares the programs with the arrays.
func (t *Training) Check() error {
	if t.Step.Source() == nil {
		return spec.Expected("learn.step", "a program", "null")
	}
	var state []expr.Type
	for _, a := range t.State {
		state = append(state, typeOf(a))
	}
	own := t.own()
	if len(t.Records) == 0 {
		return spec.Expected("learn.records", "at least the loss", 0)
	}
	if len(own) < len(state)+2 {
		return spec.Expected("learn.step inputs", fmt.Sprintf("at least %d", len(state)+2), len(own))
	}
	tail := []expr.Type{t.of(array.Int64), {Dtype: array.Int64, Shape: []int{}}}
	in := append(append(append([]expr.Type{}, state...), t.batch()...), tail...)
	if err := density.SameTypes("learn.step inputs", in, own); err != nil {
		return err
	}
	if err := density.SameTypes("learn.step results", append(t.numbers(len(t.Records)), state...), t.Step.Source().OutputTypes()); err != nil {
		return err
	}
	if err := t.checkData(); err != nil {
		return err
	}
	if t.Shows > len(t.State) {
		return spec.Expected("learn.shows", fmt.Sprintf("at most %d", len(t.State)), t.Shows)
	}
	if t.Monitor != "" && t.monitor() < 0 {
		return spec.Expected("learn.monitor", fmt.Sprintf("one of %v", t.names()), t.Monitor)
	}
	if t.Evaluate.Source() == nil {
		if len(t.Evaluations) > 0 {
			return spec.Expected("learn.evaluations", "none without a program", len(t.Evaluations))
		}
		return nil
	}
	e := t.Evaluate.Source()
	args := e.InputTypes()
	args = args[:max(len(args)-len(t.Evaluate.Captured()), 0)]
	if err := density.SameTypes("learn.evaluate inputs", append(append([]expr.Type{}, state...), tail...), args); err != nil {
		return err
	}
	return density.SameTypes("learn.evaluate results", t.numbers(len(t.Evaluations)), e.OutputTypes())
}

func (t *Training) numbers(n int) (types []expr.Type) {
	for range n {
		types = append(types, t.of(array.Float64))
	}
	return types
}

func (t *Training) checkData() error {
	types := t.batch()
	if t.Asks || t.Sourced {
		return nil
	}
	if len(t.Data) != len(types) {
		return spec.Expected("learn.data", fmt.Sprintf("%d columns", len(types)), len(t.Data))
	}
	for k, a := range t.Data {
		if len(a.Shape) == 0 || a.Shape[0] != t.Data[0].Shape[0] || a.Shape[0] == 0 {
			return spec.Expected("learn.data", "columns of equally many rows, at least one", a.Shape)
		}
		want := expr.Type{Dtype: a.Dtype, Shape: append([]int{t.Batch}, a.Shape[1:]...)}
		if !t.Shared {
			want = t.of(a.Dtype, want.Shape...)
		}
		if !want.Equal(types[k]) || t.Batch == 0 {
			return spec.Expected("learn.batch", types[k].String(), want.String())
		}
	}
	return nil
}

func (t *Training) monitor() int {
	if t.Monitor == "" {
		return -1
	}
	return slices.Index(t.names(), t.Monitor)
}
