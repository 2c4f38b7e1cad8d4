package expr

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// Programs survive the wire: same nodes, same attributes, same literals.
func TestWireRoundTrip(t *testing.T) {
	for _, r := range rules() {
		p := r.program(r.in)
		hasLinear := false
		for _, n := range p.Nodes {
			hasLinear = hasLinear || n.Op == OpCustomLinear
		}
		raw, err := p.MarshalJSON()
		require.NoError(t, err)
		q, err := Decode(raw)
		require.NoError(t, err, r.name())
		again, err := q.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, string(raw), string(again), r.name())
	}
}

const small = `{"version":1,"inputs":[{"dtype":"float64","shape":[3]}],"ops":["mul","reduce_sum","const"],"code":[2,0,1],` +
	`"args":[[],[0,0],[2]],"attrs":[{"axes":[0]},{"dtype":"float64","value":2.5}],"attr":[1,-1,0],"outputs":[3,1]}`

// What is wrong is refused with a text that names it.
func TestDecodeRefuses(t *testing.T) {
	_, err := Decode([]byte(small))
	require.NoError(t, err)
	for _, c := range []struct{ from, to, says string }{
		{`"version":1`, `"version":2`, "version"},
		{`"float64","shape"`, `"float16","shape"`, "float16"},
		{`[3]}`, `[-3]}`, "negative"},
		{`[3]}`, `[70000000000,70000000000]}`, "2^46"},
		{`"mul"`, `"mull"`, "mull"},
		{`"mul"`, `"custom_linear"`, "custom_linear"},
		{`[0,0]`, `[0,9]`, "9 is not among"},
		{`[0,0]`, `[0,-1]`, "not among"},
		{`[0,0]`, `[0,"0"]`, "operand ids"},
		{`[0,0]`, `[[0],0]`, "operand ids"},
		{`[0,0]`, `[0,1.5]`, "operand ids"},
		{`[0,0]`, `[0,99999999999]`, "operand ids"},
		{`[[],[0,0],[2]]`, `null`, "operand ids"},
		{`[[],[0,0],[2]]`, `[0,[0,0],[2]]`, "operand ids"},
		{`{"axes":[0]}`, `null`, "null"},
		{`[0,0]`, `[0]`, "expected 2 operands"},
		{`[0,0]`, `[0,1]`, "operands must have one dtype and shape"},
		{`{"axes":[0]}`, `{"axes":[1]}`, "axes [1]"},
		{`{"axes":[0]}`, `{"axes":[0],"lower":true}`, `no attribute "lower"`},
		{`{"axes":[0]}`, `{"axs":[0]}`, "axs"},
		{`"attr":[1,-1,0]`, `"attr":[1,-1,7]`, "out of range"},
		{`"attr":[1,-1,0]`, `"attr":[1,-1]`, "lengths"},
		{`"outputs":[3,1]`, `"outputs":[4]`, "output 4"},
		{`"value":2.5`, `"value":"many"`, "many"},
		{`"value":2.5`, `"value":2.5,"data":"AA=="`, "rank 0"},
		{`"value":2.5`, `"data":"AA=="`, "8 bytes"},
		{`"outputs"`, `"extra":1,"outputs"`, "extra"},
	} {
		require.Contains(t, small, c.from)
		_, err := Decode([]byte(strings.Replace(small, c.from, c.to, 1)))
		require.ErrorContains(t, err, c.says, c.to)
	}
}

// No text makes the decoder, the transformations or the passes panic; what decodes also runs, if it is small.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(small))
	for _, r := range rules() {
		raw, err := r.program(r.in).MarshalJSON()
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Decode(raw)
		if err != nil {
			return
		}
		elements := 0
		for _, n := range p.Nodes {
			elements += n.Type.Len()
			if elements > 1<<14 || len(p.Nodes) > 100 {
				return
			}
		}
		in := make([]*array.Array, p.Inputs)
		for i, u := range p.InputTypes() {
			in[i] = newVal(u).array()
		}
		_, _ = Reference(p, in)
		q, err := Optimize(p, AllPasses)
		require.NoError(t, err)
		_, err = q.MarshalJSON()
		require.NoError(t, err)
		wrt := []int{}
		for i, u := range p.InputTypes() {
			if u.inexact() {
				wrt = append(wrt, i)
			}
		}
		_, _ = Vjp(p, wrt)
		_, _ = Jvp(p, wrt)
		_, _ = Vmap(p, full(p.Inputs, 0), nil, 2)
	})
}

// unrolled is a loop of n operations written out.
func unrolled(n int) *Program {
	return program([]Type{f64(4)}, func(b *Builder, x []ID) []ID {
		v := x[0]
		for i := 0; i < n; i += 4 {
			v = b.Add(b.Sin(v), b.Mul(b.like(v, 1+1/float64(i+1)), x[0]))
		}
		return []ID{b.SumAll(v)}
	})
}

// An unrolled loop of 1e5 operations is decoded, differentiated twice, batched and optimised in linear time: ten times the length of 1e4 in
// about ten times the time. A quadratic step would take a hundred times.
func TestLongPrograms(t *testing.T) {
	cost := func(steps int) time.Duration {
		p := unrolled(steps)
		require.GreaterOrEqual(t, len(p.Nodes), steps)
		raw := must(json.Marshal(p))
		stage := func(name string, f func()) time.Duration {
			start := time.Now()
			f()
			d := time.Since(start)
			t.Logf("%d: %-12s %7.1f ms", steps, name, float64(d.Microseconds())/1e3)
			return d
		}
		var g *Program
		total := stage("decode", func() { p = must(Decode(raw)) })
		total += stage("value_and_grad", func() { g = must(ValueAndGrad(p, []int{0})) })
		total += stage("optimize", func() { g = must(Optimize(g, AllPasses)) })
		total += stage("hvp", func() { must(Hvp(p, []int{0})) })
		return total + stage("vmap", func() { must(Vmap(g, []int{0}, nil, 8)) })
	}
	ratio := math.Inf(1)
	for range 3 { // the machine may be busy once, a quadratic step is slow each time
		ratio = min(ratio, float64(cost(100_000))/float64(min(cost(10_000), cost(10_000))))
		if ratio < 40 { // linear: 10, quadratic: 100
			return
		}
	}
	t.Fatalf("ten times the length in %.0f times the time", ratio)
}
