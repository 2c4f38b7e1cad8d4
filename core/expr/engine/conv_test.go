package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/par"
)

// Convolutions in 1, 2 and 3 dimensions, with every attribute, and their derivatives, at every dtype: one set of bits, near the reference.
func TestConvolutions(t *testing.T) {
	ones := func(d, n int) (out []int) {
		for range d {
			out = append(out, n)
		}
		return out
	}
	tried := 0
	s := noise(3)
	for round := range 48 {
		dim := 1 + round%3
		groups := 1 + s.below(3)
		in, out := 1+s.below(3), 1+s.below(7)
		x, w := []int{s.below(5), groups * in}, []int{groups * out, in}
		if round%10 == 0 {
			x[0], w[0], w[1], x[1], groups = 3, 20, 12, 12, 1
		}
		most := []int{700, 30, 9}[dim-1]
		for range dim {
			x, w = append(x, 1+s.below(most)), append(w, 1+s.below(5))
		}
		a := &expr.Attrs{N: groups, Low: ones(dim, 0), High: ones(dim, 0), Stride: ones(dim, 1), Interior: ones(dim, 0), Dilation: ones(dim, 1)}
		for q := range dim {
			a.Low[q], a.High[q] = s.below(6)-2, s.below(6)-2
			if round%4 > 1 {
				a.Stride[q], a.Dilation[q] = 1+s.below(3), 1+s.below(3)
			}
			if round%4 == 3 {
				a.Interior[q] = s.below(3)
			}
		}
		for _, d := range dtypes {
			if round%5 != 0 && d != array.Float64 {
				continue
			}
			in := []expr.Type{typ(d, x...), typ(d, w...)}
			ok := true
			p := program(in, func(b *expr.Builder, v []expr.ID) []expr.ID {
				y, err := b.Emit(expr.OpConv, a, v...)
				if ok = err == nil; !ok {
					return nil
				}
				return []expr.ID{y}
			})
			if !ok {
				continue
			}
			if p.OutputTypes()[0].Len() > 0 {
				tried++
			}
			values := []*array.Array{s.fill(in[0]), s.fill(in[1])}
			tolerance := map[array.Dtype]float64{array.Float32: 1e-4, array.Complex64: 1e-4}[d] + 1e-12
			everyone(t, p, values, tolerance)
			if d == array.Int64 || d == array.Int32 {
				continue
			}
			g := must(expr.Vjp(p, []int{0, 1}))
			everyone(t, g, append(values, s.fill(g.Type(2))), tolerance)
		}
	}
	require.Greater(t, tried, 40)
}

// What networks and lattices have, large enough for several tiles and blocks of terms.
func TestLargeConvolutions(t *testing.T) {
	team := par.NewTeam(2)
	defer team.Close()
	for _, c := range []struct {
		x, w []int
		low  int
	}{{[]int{3, 16, 32, 32}, []int{32, 16, 3, 3}, 1}, {[]int{5, 1, 40, 40}, []int{1, 1, 3, 3}, 1}, {[]int{2, 1, 5000}, []int{2, 1, 9}, 4}, {[]int{40, 3, 5, 5}, []int{5, 3, 3, 3}, 1}, {[]int{4, 3, 18, 21}, []int{4, 3, 3, 5}, 1}, {[]int{2, 2, 1300}, []int{3, 2, 7}, 1}} {
		d := len(c.x) - 2
		a := &expr.Attrs{Low: []int{c.low, c.low}[:d], High: []int{c.low, c.low}[:d]}
		p := program([]expr.Type{f64(c.x...), f64(c.w...)}, func(b *expr.Builder, v []expr.ID) []expr.ID {
			return []expr.ID{must(b.Emit(expr.OpConv, a, v...))}
		})
		s := noise(2)
		g := must(expr.Vjp(p, []int{0, 1}))
		in := []*array.Array{s.fill(p.Type(0)), s.fill(p.Type(1)), s.fill(g.Type(2))}
		everyone(t, g, in, 1e-11)
		ex := must(Compile(g, Options{}))
		out := outputs(g)
		for _, tm := range []*par.Team{nil, team} {
			f := func() { require.NoError(t, ex.Run(context.Background(), tm, in, out)) }
			f()
			require.Zero(t, testing.AllocsPerRun(3, f))
		}
	}
}

func BenchmarkConvolution(b *testing.B) {
	for name, c := range map[string]struct {
		x, w []int
		low  int
	}{"network": {[]int{32, 16, 32, 32}, []int{32, 16, 3, 3}, 1}, "lattice": {[]int{64, 1, 66, 66}, []int{1, 1, 3, 3}, 0}} {
		a := &expr.Attrs{Low: []int{c.low, c.low}, High: []int{c.low, c.low}}
		p := program([]expr.Type{f64(c.x...), f64(c.w...)}, func(b *expr.Builder, v []expr.ID) []expr.ID {
			return []expr.ID{must(b.Emit(expr.OpConv, a, v...))}
		})
		g := must(expr.Vjp(p, []int{1}))
		gx := must(expr.Vjp(p, []int{0}))
		for kind, q := range map[string]*expr.Program{"forward": p, "kernel": g, "x": gx} {
			s := noise(1)
			var in []*array.Array
			for _, ty := range q.InputTypes() {
				in = append(in, s.fill(ty))
			}
			ex, out := must(Compile(q, Options{})), outputs(q)
			b.Run(name+"/"+kind, func(b *testing.B) {
				for range b.N {
					require.NoError(b, ex.Run(context.Background(), nil, in, out))
				}
			})
		}
	}
}
