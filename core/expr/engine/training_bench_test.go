package engine

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

// adam is one training step as a program: inputs are data, then parameters, first moments, second moments and the number of the step; outputs the loss
// and the last four anew. loss is a program of data and parameters.
func adam(loss *expr.Program, data int) *expr.Program {
	in := loss.InputTypes()
	parameters := in[data:]
	var wrt []int
	for k := range parameters {
		wrt = append(wrt, data+k)
	}
	gradient := withGrad(loss, wrt...)
	d := parameters[0].Dtype
	types := append([]expr.Type{}, in...)
	for range 2 {
		types = append(types, parameters...)
	}
	types = append(types, typ(d))
	return program(types, func(b *expr.Builder, x []expr.ID) []expr.ID {
		n := len(parameters)
		p, m, v, step := x[data:data+n], x[data+n:data+2*n], x[data+2*n:data+3*n], x[data+3*n]
		first, err := b.Call(gradient, nil, x[:len(in)]...)
		if err != nil {
			panic(err)
		}
		out := []expr.ID{first}
		step = b.Add(step, b.Scalar(d, 1))
		scale := func(beta complex128) expr.ID {
			return b.Sub(b.Scalar(d, 1), b.Apply(expr.OpPow, b.Scalar(d, beta), step))
		}
		c1, c2 := scale(0.9), scale(0.999)
		var ps, ms, vs []expr.ID
		for k := range n {
			shape := parameters[k].Shape
			g := b.Result(first, k+1)
			mk := b.Add(b.Scale(m[k], 0.9), b.Scale(g, 0.1))
			vk := b.Add(b.Scale(v[k], 0.999), b.Scale(b.Square(g), 0.001))
			hat := b.Div(mk, b.BroadcastTo(c1, shape))
			root := b.Sqrt(b.Div(vk, b.BroadcastTo(c2, shape)))
			move := b.Scale(b.Div(hat, b.Add(root, b.Fill(parameters[k], 1e-8))), 1e-3)
			ps, ms, vs = append(ps, b.Sub(p[k], move)), append(ms, mk), append(vs, vk)
		}
		out = append(append(append(append(out, ps...), ms...), vs...), step)
		return out
	})
}

// train steps a program whose outputs behind the first are its inputs behind data, in two places by turns.
func train(b *testing.B, p *expr.Program, data, threads int) {
	team := par.NewTeam(threads)
	defer team.Close()
	ex := must(Compile(p, Options{}))
	s := noise(1)
	var in []*array.Array
	for _, t := range p.InputTypes() {
		a := s.fill(t)
		if t.Dtype == array.Float32 {
			for i, x := range array.View[float32](a) {
				array.View[float32](a)[i] = float32(math.Abs(float64(x)) / math.Sqrt(float64(t.Len()+1)))
			}
		} else {
			for i, x := range array.View[float64](a) {
				array.View[float64](a)[i] = math.Abs(x) / math.Sqrt(float64(t.Len()+1))
			}
		}
		in = append(in, a)
	}
	out := outputs(p)
	other := append(append([]*array.Array{}, in[:data]...), out[1:]...)
	back := append([]*array.Array{out[0]}, in[data:]...)
	ctx := context.Background()
	step := func() {
		if err := ex.Run(ctx, team, in, out); err != nil {
			b.Fatal(err)
		}
		if err := ex.Run(ctx, team, other, back); err != nil {
			b.Fatal(err)
		}
	}
	step()
	b.ReportAllocs()
	best := time.Hour
	for b.Loop() {
		start := time.Now()
		step()
		best = min(best, time.Since(start)/2)
	}
	b.ReportMetric(float64(best), "best-ns/step")
	if os.Getenv("PROFILE") != "" {
		var low []Stage
		for range 300 {
			st, err := ex.Profile(ctx, team, in, out)
			if err != nil {
				b.Fatal(err)
			}
			if low == nil {
				low = st
			}
			for k := range st {
				low[k].Elapsed = min(low[k].Elapsed, st[k].Elapsed)
			}
		}
		sum := time.Duration(0)
		for _, st := range low {
			sum += st.Elapsed
			fmt.Println(st)
		}
		fmt.Println("sum", sum)
	}
}

func BenchmarkTrain(b *testing.B) {
	for _, threads := range []int{1, 2} {
		for _, d := range []array.Dtype{array.Float64, array.Float32} {
			b.Run(fmt.Sprintf("flow/%v/%d", d, threads), func(b *testing.B) { train(b, adam(flow(d, 256), 2), 2, threads) })
		}
		b.Run(fmt.Sprintf("mlp/%d", threads), func(b *testing.B) { train(b, adam(mlp(array.Float32, 128), 2), 2, threads) })
	}
}
