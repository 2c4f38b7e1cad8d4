package expr

import (
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/stretchr/testify/require"
)

// realOver is r's program over real inputs only (complex ones are made of two), each first run through before.
func (r rule) realOver(before func(b *Builder, x ID) ID) (p *Program, wrt []int) {
	var in []Type
	for _, t := range r.in {
		if t.complex() {
			in = append(in, t.with(realOf(t.Dtype)))
		}
		in = append(in, t.with(realOf(t.Dtype)))
	}
	full := r.program(r.in)
	p = program(in, func(b *Builder, x []ID) []ID {
		var args []ID
		for k, at := 0, 0; k < len(r.in); k, at = k+1, at+1 {
			switch t := r.in[k]; {
			case t.complex():
				args = append(args, b.Complex(before(b, x[at]), before(b, x[at+1])))
				at++
			case t.inexact():
				args = append(args, before(b, x[at]))
			default:
				args = append(args, x[at])
			}
		}
		return b.inline(full, args)
	})
	for k, t := range in {
		if t.inexact() {
			wrt = append(wrt, k)
		}
	}
	q := *p
	q.Outputs = nil
	for _, k := range p.smooth() {
		q.Outputs = append(q.Outputs, p.Outputs[k])
	}
	return &q, wrt
}

// byHessian are the Jacobians of p, and the Laplacians by forward derivatives of forward derivatives along one coordinate after the other.
func byHessian(t *testing.T, p *Program, wrt []int, x [][]complex128) (grads, laps [][]complex128) {
	for k := range p.Outputs {
		q := *p
		q.Outputs = p.Outputs[k : k+1]
		lap := make([]complex128, p.Nodes[p.Outputs[k]].Type.Len())
		for _, w := range wrt {
			grads = append(grads, eval(t, must(JacobianForward(&q, []int{w})), x...)[0])
			first := *must(Jvp(&q, []int{w}))
			first.Outputs = first.Outputs[1:]
			second := must(Jvp(&first, []int{w}))
			for u := range p.Nodes[w].Type.Len() {
				v := make([]complex128, p.Nodes[w].Type.Len())
				v[u] = 1
				for i, d := range eval(t, second, append(slices.Clone(x), v, v)...)[1] {
					lap[i] += d
				}
			}
		}
		laps = append(laps, lap)
	}
	return grads, laps
}

func requireLaplacian(t *testing.T, p *Program, wrt []int, x [][]complex128, tol float64, msg ...any) {
	t.Helper()
	q, err := ValueGradLaplacian(p, wrt)
	require.NoError(t, err, msg...)
	got := eval(t, q, x...)
	grads, laps := byHessian(t, p, wrt, x)
	for k, y := range eval(t, p, x...) {
		near(t, y, got[k], 1e-14, msg...)
	}
	got = got[len(p.Outputs):]
	for k := range grads {
		near(t, grads[k], got[k], tol, append([]any{"gradient", k}, msg...)...)
	}
	for k := range laps {
		near(t, laps[k], got[len(grads)+k], tol, append([]any{"laplacian", k}, msg...)...)
	}
}

// The Laplacian of every operation is the trace of its Hessian, with inputs that come as they are (every axis diagonal), through element-wise
// functions, and through a sum (dense). Catches: a relation that an operation does not keep, a cross term that is missing or masked wrong.
func TestLaplacianIsTheTraceOfTheHessian(t *testing.T) {
	before := map[string]func(b *Builder, x ID) ID{
		"plain":       func(_ *Builder, x ID) ID { return x },
		"elementwise": func(b *Builder, x ID) ID { return b.Add(x, b.Scale(b.Sin(x), 0.1)) },
		"mixed": func(b *Builder, x ID) ID {
			return b.Add(x, b.BroadcastTo(b.Scale(b.SumAll(b.Square(x)), 0.001), b.Type(x).Shape))
		},
	}
	for _, r := range rules() {
		if r.op == OpStopGradient || r.op == OpNextafter {
			continue
		}
		for name, f := range before {
			p, wrt := r.realOver(f)
			if len(wrt) == 0 || len(p.Outputs) == 0 {
				continue
			}
			s := noise(7)
			var x [][]complex128
			for i, u := range r.in {
				v := r.values(&s, i, u)
				if !u.complex() {
					x = append(x, v)
					continue
				}
				re, im := make([]complex128, len(v)), make([]complex128, len(v))
				for k, z := range v {
					re[k], im[k] = complex(real(z), 0), complex(imag(z), 0)
				}
				x = append(x, re, im)
			}
			if r.op == OpCustomVjp {
				_, err := Laplacian(p, wrt)
				require.ErrorContains(t, err, "no forward derivative")
				continue
			}
			requireLaplacian(t, p, wrt, x, 1e-10, r.name(), name)
		}
	}
}

// particles makes programs of coordinates [n, 3] that take the sparse ways.
func particles(n int, f func(b *Builder, x ID) ID) *Program {
	return program([]Type{f64(n, 3)}, func(b *Builder, x []ID) []ID { return []ID{f(b, x[0])} })
}

// linearLayer is x @ w with fixed numbers in w.
func linearLayer(b *Builder, x ID, out int) ID {
	s := b.Type(x).Shape
	in := s[len(s)-1]
	seed := noise(uint64(31*in + out))
	w := newVal(f64(in, out))
	for k, v := range seed.fill(f64(in, out), nil) {
		w.set(k, v/complex(math.Sqrt(float64(in)), 0))
	}
	return b.Dot(x, b.Const(w.array()), [2][]int{{len(s) - 1}, {0}}, [2][]int{})
}

func pairDifferences(b *Builder, x ID) ID {
	n := b.Type(x).Shape[0]
	s := []int{n, n, 3}
	return b.Sub(b.Broadcast(x, s, []int{0, 2}), b.Broadcast(x, s, []int{1, 2}))
}

func norm(b *Builder, x ID) ID { return b.Apply(OpSqrt0, b.Sum(b.Square(x), b.Type(x).Rank()-1)) }

func networks() map[string]*Program {
	orbitals := func(b *Builder, x ID, n int) ID {
		return b.Tanh(linearLayer(b, b.Tanh(linearLayer(b, x, 5)), n))
	}
	iota := func(b *Builder, values ...float64) ID {
		v := newVal(i64(len(values)))
		for k, x := range values {
			v.set(k, complex(x, 0))
		}
		return b.Const(v.array())
	}
	return map[string]*Program{
		"mlp": particles(4, func(b *Builder, x ID) ID { return b.SumAll(orbitals(b, b.Reshape(x, []int{12}), 2)) }),
		"slater": particles(4, func(b *Builder, x ID) ID {
			envelope := b.Exp(b.Neg(norm(b, x)))
			return b.emit(OpSlogdet, nil, b.Mul(orbitals(b, x, 4), b.Broadcast(envelope, []int{4, 4}, []int{0})))
		}),
		"transposed slater": particles(4, func(b *Builder, x ID) ID { return b.emit(OpSlogdet, nil, b.Transpose(orbitals(b, x, 4), []int{1, 0})) }),
		"backflow slater": particles(3, func(b *Builder, x ID) ID {
			h := orbitals(b, x, 3)
			mean := b.Broadcast(b.Sum(h, 0), []int{3, 3}, []int{1})
			return b.emit(OpSlogdet, nil, b.Add(h, b.Sin(mean)))
		}),
		"spins": particles(5, func(b *Builder, x ID) ID { // two determinants of halves, and their features joined again
			up, down := orbitals(b, b.SliceAxis(x, 0, 0, 2), 2), orbitals(b, b.SliceAxis(x, 0, 2, 5), 3)
			both := b.emit(OpConcatenate, &Attrs{Axis: 0}, linearLayer(b, up, 2), linearLayer(b, down, 2))
			det := b.Add(b.emit(OpSlogdet, nil, up), b.emit(OpSlogdet, nil, down))
			return b.Add(det, b.SumAll(b.Tanh(both)))
		}),
		"complex determinant": particles(3, func(b *Builder, x ID) ID {
			a := b.emit(OpSlogdet, nil, b.Complex(orbitals(b, x, 3), b.Sin(linearLayer(b, x, 3))))
			return b.Mul(b.Exp(b.toComplex(a)), b.Result(a, 1))
		}),
		"jastrow": particles(4, func(b *Builder, x ID) ID {
			r := norm(b, pairDifferences(b, x))
			one := b.like(r, 1)
			e := b.eye(array.Bool, nil, 4, 4)
			return b.SumAll(b.Select(e, b.like(r, 0), b.Div(r, b.Add(one, r))))
		}),
		"pairs by lists": particles(4, func(b *Builder, x ID) ID {
			i, j := iota(b, 0, 0, 0, 1, 1, 2), iota(b, 1, 2, 3, 2, 3, 3)
			r := norm(b, b.Sub(b.Gather(x, []int{0}, i), b.Gather(x, []int{0}, j)))
			return b.SumAll(b.Div(r, b.Add(b.like(r, 1), r)))
		}),
		"pairs one by one": particles(4, func(b *Builder, x ID) ID {
			total := none
			for i := range 4 {
				for j := range i {
					r := norm(b, b.Sub(b.Reshape(b.SliceAxis(x, 0, i, i+1), []int{3}), b.Reshape(b.SliceAxis(x, 0, j, j+1), []int{3})))
					total = b.addTo(total, b.Exp(b.Neg(r)))
				}
			}
			return total
		}),
		"one vector": program([]Type{f64(12)}, func(b *Builder, x []ID) []ID {
			y := b.Reshape(x[0], []int{4, 3})
			return []ID{b.emit(OpSlogdet, nil, orbitals(b, y, 4)), b.SumAll(b.Sin(x[0])), b.Sum(b.Tanh(norm(b, pairDifferences(b, y))), 0)}
		}),
		"attention": particles(4, func(b *Builder, x ID) ID {
			h := b.Tanh(linearLayer(b, x, 6))
			q, k, v := linearLayer(b, h, 4), linearLayer(b, b.Sin(h), 4), linearLayer(b, b.Cos(h), 4)
			scores := b.Dot(q, k, [2][]int{{1}, {1}}, [2][]int{})
			top := b.Broadcast(b.emit(OpStopGradient, nil, b.Reduce(OpReduceMax, scores, 1)), []int{4, 4}, []int{0})
			e := b.Exp(b.Sub(scores, top))
			weights := b.Div(e, b.Broadcast(b.Sum(e, 1), []int{4, 4}, []int{0}))
			return b.SumAll(b.Square(b.MatMul(weights, v)))
		}),
		"attention by logsumexp": particles(4, func(b *Builder, x ID) ID {
			scores := b.Dot(x, x, [2][]int{{1}, {1}}, [2][]int{})
			weights := b.Exp(b.Sub(scores, b.Broadcast(b.Reduce(OpLogsumexp, scores, 1), []int{4, 4}, []int{0})))
			return b.MatMul(weights, x)
		}),
		"lattice": program([]Type{f64(6, 5)}, func(b *Builder, x []ID) []ID {
			y := x[0]
			around := b.Add(b.Roll(y, []int{0}, []int{1}), b.Roll(y, []int{1}, []int{-2}))
			return []ID{b.SumAll(b.Add(b.Mul(y, around), b.IntegerPow(y, 4))), b.Sum(b.Exp(b.Mul(around, b.Reverse(y, 0))), 1)}
		}),
		"flattened": particles(3, func(b *Builder, x ID) ID { return linearLayer(b, b.Square(b.Reshape(x, []int{9})), 2) }),
		"trace": program([]Type{f64(3, 3)}, func(b *Builder, x []ID) []ID {
			i := iota(b, 0, 1, 2)
			d := b.Gather(x[0], []int{0, 1}, i, i)
			return []ID{b.SumAll(b.Exp(d)), b.diagonal(b.MatMul(x[0], x[0]))}
		}),
		"two inputs": program([]Type{f64(3, 2), f64(2)}, func(b *Builder, x []ID) []ID {
			y := b.Mul(x[0], b.Broadcast(x[1], []int{3, 2}, []int{1}))
			return []ID{b.SumAll(b.Sin(y)), b.Dot(b.Sin(x[0]), b.Cos(x[1]), [2][]int{{1}, {0}}, [2][]int{})}
		}),
	}
}

// Wave functions and their parts: the sparse Jacobians of particles, pairs, spins, lists and lattices.
func TestLaplacianOfWaveFunctions(t *testing.T) {
	for name, p := range networks() {
		s := noise(3)
		var x [][]complex128
		var wrt []int
		for i, u := range p.InputTypes() {
			x, wrt = append(x, s.fill(u, nil)), append(wrt, i)
		}
		requireLaplacian(t, p, wrt, x, 1e-10, name)
	}
}

// Under vmap, and differentiated in parameters, a Laplacian is a program like any other: its gradient is that of the trace of the Hessian.
func TestLaplacianComposes(t *testing.T) {
	p := program([]Type{f64(3, 2), f64(2, 3)}, func(b *Builder, x []ID) []ID {
		return []ID{b.emit(OpSlogdet, nil, b.Tanh(b.MatMul(x[0], x[1])))}
	})
	s := noise(9)
	x, w := s.fill(f64(2, 3, 2), nil), s.fill(f64(2, 3), nil)
	q := must(Laplacian(p, []int{0}))
	batch := eval(t, must(Vmap(q, []int{0, -1}, nil, 2)), x, w)
	for k := range 2 {
		one := eval(t, q, x[6*k:6*k+6], w)
		near(t, one[0], batch[0][k:k+1], 1e-13)
		near(t, one[1], batch[1][k:k+1], 1e-12)
	}
	lap := *q
	lap.Outputs = q.Outputs[1:]
	g := eval(t, must(Grad(&lap, []int{1})), x[:6], w)[0]
	const h = 1e-4
	for i := range w {
		v := make([]complex128, len(w))
		v[i] = 1
		up, down := eval(t, &lap, x[:6], along(w, v, h))[0][0], eval(t, &lap, x[:6], along(w, v, -h))[0][0]
		require.InDelta(t, real(up-down)/(2*h), real(g[i]), 1e-4*max(1, math.Abs(real(g[i]))))
	}
}

// Features of one particle carry derivatives in its own coordinates: the program's largest array shows it.
func TestLaplacianKeepsParticlesApart(t *testing.T) {
	const n = 16
	largest := func(f func(b *Builder, x ID) ID) int {
		size := 0
		q := must(Optimize(must(Laplacian(particles(n, f), []int{0})), AllPasses))
		for _, node := range q.Nodes {
			if node.Op != OpBroadcastInDim && node.Op != OpIota {
				size = max(size, node.Type.Len())
			}
		}
		return size
	}
	features := func(b *Builder, x ID) ID { return b.SumAll(b.Tanh(linearLayer(b, b.Tanh(linearLayer(b, x, 5)), 5))) }
	require.Equal(t, 3*n*5, largest(features))
	require.Equal(t, 3*n*n, largest(func(b *Builder, x ID) ID {
		r := norm(b, pairDifferences(b, x))
		return b.SumAll(b.Tanh(r))
	}))
	require.LessOrEqual(t, largest(func(b *Builder, x ID) ID {
		return b.emit(OpSlogdet, nil, b.Tanh(linearLayer(b, x, n)))
	}), 3*n*n)
}

// Compiling grows with the program, not faster.
func TestLaplacianIsLinearInTheProgram(t *testing.T) {
	nodes := func(layers int) int {
		return len(must(Laplacian(particles(4, func(b *Builder, x ID) ID {
			for range layers {
				x = b.Tanh(linearLayer(b, x, 3))
			}
			return b.SumAll(x)
		}), []int{0})).Nodes)
	}
	require.Equal(t, nodes(40)-nodes(30), nodes(30)-nodes(20))
}

func TestLaplacianRefuses(t *testing.T) {
	p := program([]Type{c128(3), i64(2)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(x[0])} })
	for _, wrt := range [][]int{{0}, {1}, {2}, {-1}} {
		for _, f := range []func(*Program, []int) (*Program, error){Laplacian, Divergence} {
			_, err := f(p, wrt)
			require.Error(t, err, wrt)
		}
	}
	_, err := Divergence(program([]Type{f64(3)}, func(b *Builder, x []ID) []ID { return []ID{b.SumAll(x[0])} }), []int{0})
	require.ErrorContains(t, err, "its coordinates are")
}

// The divergence is the trace of the Jacobian, of fields that keep the coordinates apart, mix them, or permute them.
func TestDivergenceIsTheTraceOfTheJacobian(t *testing.T) {
	fields := map[string]func(b *Builder, x ID) ID{
		"apart":    func(b *Builder, x ID) ID { return b.Sin(b.Mul(x, x)) },
		"mixed":    func(b *Builder, x ID) ID { return b.Tanh(linearLayer(b, b.Sin(linearLayer(b, x, 5)), 3)) },
		"all":      func(b *Builder, x ID) ID { return b.Mul(x, b.BroadcastTo(b.SumAll(b.Exp(x)), b.Type(x).Shape)) },
		"shifted":  func(b *Builder, x ID) ID { return b.Mul(b.Roll(x, []int{0}, []int{1}), b.Sin(x)) },
		"reversed": func(b *Builder, x ID) ID { return b.Exp(b.Reverse(x, 0, 1)) },
		"swapped":  func(b *Builder, x ID) ID { return b.Sin(b.Transpose(x, []int{1, 0})) },
		"long":     func(b *Builder, x ID) ID { return b.Reshape(b.Sin(b.Reshape(x, []int{9})), []int{3, 3}) },
		"none":     func(b *Builder, x ID) ID { return b.like(x, 2) },
	}
	for name, f := range fields {
		p := particles(3, f)
		s := noise(2)
		x := s.fill(f64(3, 3), nil)
		j := eval(t, must(JacobianForward(p, []int{0})), x)[0]
		want := complex(0, 0)
		for i := range 9 {
			want += j[10*i]
		}
		got := eval(t, must(Divergence(p, []int{0})), x)
		near(t, []complex128{want}, got[len(got)-1], 1e-12, name)
	}
}
