package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// descent is x -> x - 0.1 (x - mean of the batch) for a number or n of them, with the mean of (x - mean)^2 / 2.
func descent(t *testing.T, batch int, n ...int) *Training {
	b := expr.NewBuilder()
	shape := append([]int{}, n...)
	number, whole := expr.Type{Dtype: array.Float64, Shape: shape}, expr.Type{Dtype: array.Int64, Shape: []int{}}
	x, y := b.Input(number), b.Input(expr.Type{Dtype: array.Float64, Shape: []int{batch}})
	b.Input(whole)
	b.Input(whole)
	d := b.Sub(x, b.BroadcastTo(b.Scale(b.Sum(y, 0), 1/float64(batch)), shape))
	loss := b.Scale(b.Square(d), 0.5)
	if len(n) > 0 {
		loss = b.Scale(b.Sum(loss, 0), 1/float64(n[0]))
	}
	p := b.Finish(loss, b.Sub(x, b.Scale(d, 0.1)))
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
	first := make([]float64, number.Len())
	for k := range first {
		first[k] = 3
	}
	start := array.FromSlice(array.Float64, first)
	start.Shape = shape
	tr := new(Training)
	require.NoError(t, tr.DecodeSpec(text, spec.Inputs{start, array.FromSlice(array.Float64, rows, 10)}, ""))
	return tr
}

func opened(t *testing.T, p Plan, n ...int) *Trainer {
	r, err := descent(t, 4, n...).Open(p)
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

// A state that is large changes in place, to the bits that it has elsewhere; a batch that is no number leaves it as it was.
func TestLargeState(t *testing.T) {
	plan := Plan{Key: rng.New(7), Steps: 11, Every: 3}
	for _, n := range []int{8, leastInPlace / 8} {
		r := opened(t, plan, n)
		require.Equal(t, n > 8, r.state[0][0] == r.state[1][0])
		require.Equal(t, finish(t, opened(t, plan)), finish(t, r))
		x := array.View[float64](r.Now()[0])
		require.Equal(t, x[0], x[n-1])

		r = opened(t, plan, n)
		for range 3 {
			require.NoError(t, r.Advance(context.Background(), nil, time.Time{}))
		}
		before := bytes.Clone(r.Now()[0].Data)
		rows := array.View[float64](r.Data[0])
		for k := range rows {
			rows[k] = math.NaN()
		}
		require.Equal(t, spec.NonFiniteError, spec.Of(r.Advance(context.Background(), nil, time.Time{})).Class)
		require.Equal(t, before, r.Now()[0].Data)
		k, _ := r.Steps()
		require.Equal(t, int64(3), k)
	}
}

// An evaluation that is stopped is made again, its step is not; a training is not over before its last evaluation, nor is one that is saved there.
func TestStoppedEvaluations(t *testing.T) {
	asked := map[int64]int{}
	plan := Plan{Key: rng.New(7), Steps: 5, Every: 1, EvaluateEvery: 2, Look: func(_ context.Context, after int64) error {
		if asked[after]++; asked[after] == 1 {
			return context.Canceled
		}
		return nil
	}}
	for _, n := range []int{8, leastInPlace / 8} {
		clear(asked)
		open := func() *Trainer {
			tr := descent(t, 4, n)
			tr.Asked, tr.Shows = []string{"seen"}, 1
			r, err := tr.Open(plan)
			require.NoError(t, err)
			r.History = []*array.Array{array.FromSlice(array.Float64, make([]float64, plan.Rows()))}
			r.Evaluated = []*array.Array{array.FromSlice(array.Float64, make([]float64, plan.Evaluations()))}
			return r
		}
		r := open()
		for over := false; !over; _, over = r.Steps() {
			if err := r.Advance(context.Background(), nil, time.Time{}); err != nil {
				require.ErrorIs(t, err, context.Canceled)
				var b bytes.Buffer
				require.NoError(t, r.Save(&b))
				r = open()
				require.NoError(t, r.Load(&b))
			}
		}
		require.Equal(t, map[int64]int{2: 2, 4: 2, 5: 2}, asked)
		_, evaluations := r.Filled()
		require.Equal(t, int64(3), evaluations)
		require.Equal(t, finish(t, opened(t, Plan{Key: rng.New(7), Steps: 5, Every: 1})), array.View[float64](r.Now()[0])[0])
	}
}

// Every row comes once an epoch, wherever the batches begin; places can be asked for in any sequence.
func TestOrder(t *testing.T) {
	o, again := newOrder("shuffled", rng.New(3), 7), newOrder("shuffled", rng.New(3), 7)
	ctx := context.Background()
	var all []int
	for k := range int64(14) {
		rows := make([]int, 3)
		require.NoError(t, o.fill(ctx, rows, 3*k))
		all = append(all, rows...)
	}
	for e := range 6 {
		epoch := slices.Clone(all[7*e : 7*e+7])
		slices.Sort(epoch)
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6}, epoch)
	}
	back := make([]int, 42)
	for k := 41; k >= 0; k-- {
		require.NoError(t, again.fill(ctx, back[k:k+1], int64(k)))
	}
	require.Equal(t, all, back)
}

// The order of many rows is stopped in the midst, and goes on to the same order.
func TestStoppedOrder(t *testing.T) {
	const n = 3<<16 + 5
	whole, part := newOrder("shuffled", rng.New(3), n), newOrder("shuffled", rng.New(3), n)
	want, rows := make([]int, n), make([]int, n)
	require.NoError(t, whole.fill(context.Background(), want, 0))
	stops := 0
	for part.fill(&once{Context: context.Background()}, rows, 0) != nil {
		stops++
	}
	require.Equal(t, 2, stops)
	require.Equal(t, want, rows)
}

// once is a context that is over when it is asked for the second time.
type once struct {
	context.Context
	asked bool
}

func (c *once) Err() error {
	if c.asked {
		return context.Canceled
	}
	c.asked = true
	return nil
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
