package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// descent is x -> x - 0.1 (x - mean of the batch), with the loss (x - mean)^2 / 2.
func descent(t *testing.T, batch int) *Training {
	b := expr.NewBuilder()
	number, whole := expr.Type{Dtype: array.Float64, Shape: []int{}}, expr.Type{Dtype: array.Int64, Shape: []int{}}
	x, y := b.Input(number), b.Input(expr.Type{Dtype: array.Float64, Shape: []int{batch}})
	b.Input(whole)
	b.Input(whole)
	d := b.Sub(x, b.Scale(b.Sum(y, 0), 1/float64(batch)))
	p := b.Finish(b.Scale(b.Square(d), 0.5), b.Sub(x, b.Scale(d, 0.1)))
	raw, err := p.MarshalJSON()
	require.NoError(t, err)
	text, err := json.Marshal(map[string]any{
		"step": map[string]any{"program": json.RawMessage(raw), "arrays": []any{}}, "state": []any{map[string]int{"input": 0}},
		"data": []any{map[string]int{"input": 1}}, "batch": batch, "records": []string{"loss"},
	})
	require.NoError(t, err)
	rows := make([]float64, 10)
	for k := range rows {
		rows[k] = float64(k * k)
	}
	start := array.FromSlice(array.Float64, []float64{3})
	start.Shape = []int{}
	tr := new(Training)
	require.NoError(t, tr.DecodeSpec(text, spec.Inputs{start, array.FromSlice(array.Float64, rows, 10)}, ""))
	return tr
}

func opened(t *testing.T, p Plan) *Trainer {
	r, err := descent(t, 4).Open(p)
	require.NoError(t, err)
	r.History = []*array.Array{array.FromSlice(array.Float64, make([]float64, p.Rows()))}
	return r
}

func finish(t *testing.T, r *Trainer) float64 {
	require.NoError(t, r.Advance(context.Background(), nil, time.Now().Add(time.Hour)))
	return array.View[float64](r.Now()[0])[0]
}

// A training that is saved after any of its steps goes on to the same bits, also in the middle of a row of the history.
func TestSavedAnywhere(t *testing.T) {
	plan := Plan{Key: rng.New(7), Steps: 11, Every: 3}
	whole := opened(t, plan)
	end := finish(t, whole)
	part := opened(t, plan)
	for stop := range plan.Steps {
		require.NoError(t, part.Advance(context.Background(), nil, time.Time{})) // one step
		var b bytes.Buffer
		require.NoError(t, part.Save(&b))
		rest := opened(t, plan)
		require.NoError(t, rest.Load(&b))
		require.Equal(t, end, finish(t, rest), stop)
		require.Equal(t, whole.History[0].Data, rest.History[0].Data, stop)
	}
	rows, _ := whole.Filled()
	require.Equal(t, int64(4), rows)
	require.Error(t, opened(t, plan).Load(bytes.NewReader(make([]byte, 20))))
}

// Every row comes once an epoch, wherever the batches begin; places can be asked for in any sequence.
func TestOrder(t *testing.T) {
	o, again := newOrder("shuffled", rng.New(3), 7), newOrder("shuffled", rng.New(3), 7)
	var all []int
	for k := range int64(14) {
		rows := make([]int, 3)
		o.fill(rows, 3*k)
		all = append(all, rows...)
	}
	for e := range 6 {
		epoch := slices.Clone(all[7*e : 7*e+7])
		slices.Sort(epoch)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, epoch)
	}
	back := make([]int, 42)
	for k := 41; k >= 0; k-- {
		again.fill(back[k:k+1], int64(k))
	}
	require.Equal(t, all, back)
}

// A step allocates nothing.
func TestStepAllocatesNothing(t *testing.T) {
	r := opened(t, Plan{Key: rng.New(7), Steps: 1 << 20, Every: 1 << 10})
	ctx := context.Background()
	step := func() {
		if err := r.once(ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	step()
	require.Zero(t, testing.AllocsPerRun(200, step))
}
