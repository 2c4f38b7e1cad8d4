package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// cumulative is an operation along attribute axis, from the end with reverse, that combines the running value with each element.
func cumulative(on class, step func(run, x float64) float64, stepc func(run, x complex128) complex128, stepi func(run, x int64) int64) *def {
	return &def{arity: 1, attrs: "axis reverse", dtypes: on, infer: inferAxis,
		vmap: vmapAxis,
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range at {
					switch {
					case j == 0:
						out[0].copyFrom(k, x[0], k)
					case x[0].f != nil:
						out[0].f[k] = out[0].round(step(out[0].f[at[j-1]], x[0].f[k]))
					case x[0].c != nil:
						out[0].c[k] = out[0].roundc(stepc(out[0].c[at[j-1]], x[0].c[k]))
					default:
						out[0].i[k] = out[0].wrap(stepi(out[0].i[at[j-1]], x[0].i[k]))
					}
				}
			})
			return nil
		},
	}
}

// lines calls f with the positions of each line along a.Axis, in the order of the scan.
func lines(t Type, a *Attrs, f func(at []int)) {
	st := strides(t.Shape)
	keep := others(t.Rank(), []int{a.Axis})
	at := make([]int, t.Shape[a.Axis])
	walk(pick(t.Shape, keep), func(_ int, out []int) {
		base := offset(out, pick(st, keep))
		for j := range at {
			i := j
			if a.Reverse {
				i = len(at) - 1 - j
			}
			at[j] = base + i*st[a.Axis]
		}
		f(at)
	})
}

func inferAxis(t []Type, a *Attrs) (Type, error) {
	if a.Axis < 0 || a.Axis >= t[0].Rank() {
		return t[0], shapeErr("axis %d of %v", a.Axis, t[0])
	}
	return inferSame(t, a)
}

// vmapAxis is the batching of operations along attribute axis.
func vmapAxis(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
	a := *n.attrs()
	a.Axis++
	return b.emit(n.Op, &a, b.batchAll(x, batched, size)...)
}

func init() {
	table[OpCumsum] = cumulative(numbers, func(r, x float64) float64 { return r + x }, func(r, x complex128) complex128 { return r + x }, func(r, x int64) int64 { return r + x })
	table[OpCumsum].jvp = linearIn(0)
	table[OpCumsum].transpose = func(b *Builder, n *Node, ct ID, _ []bool) []ID {
		return []ID{b.emit(OpCumsum, &Attrs{Axis: n.attrs().Axis, Reverse: !n.attrs().Reverse}, ct)}
	}
	table[OpCumprod] = cumulative(numbers, func(r, x float64) float64 { return r * x }, mul, func(r, x int64) int64 { return r * x })
	table[OpCumprod].jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
		if t[0] == none {
			return none
		}
		return b.recurrence(n, x[0], b.mulz(t[0], b.delay(y, n.attrs(), 1)))
	}
	extreme := func(f func(r, x float64) float64, i func(r, x int64) int64, wins Op, start float64) *def {
		d := cumulative(ordered, f, nil, i)
		// T_k is t_k where x_k sets a new record, else T_(k-1).
		d.jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			record := b.Apply(wins, x[0], b.delay(y, n.attrs(), start))
			first := b.Equal(b.lineIndex(n), b.like(b.lineIndex(n), 0))
			record = b.Apply(OpOr, record, first)
			zero := b.like(x[0], 0)
			return b.recurrence(n, b.Select(record, zero, b.like(x[0], 1)), b.Select(record, t[0], zero))
		}
		return d
	}
	table[OpCummax] = extreme(func(r, x float64) float64 { return max(r, x) }, func(r, x int64) int64 { return max(r, x) }, OpGreater, math.Inf(-1))
	table[OpCummin] = extreme(func(r, x float64) float64 { return min(r, x) }, func(r, x int64) int64 { return min(r, x) }, OpLess, math.Inf(1))
	table[OpCumlogsumexp] = cumulative(floats, functions.Logaddexp1, nil, nil)
	table[OpCumlogsumexp].jvp = func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
		if t[0] == none {
			return none
		}
		z := b.finiteBelow(y)
		a := b.Exp(b.Sub(b.delay(y, n.attrs(), math.Inf(-1)), z))
		return b.recurrence(n, a, b.mulz(t[0], b.Exp(b.Sub(x[0], z))))
	}
	table[OpLinearRecurrence] = &def{arity: 2, attrs: "axis reverse", dtypes: inexact, infer: inferAxis, vmap: vmapAxis,
		jvp: func(b *Builder, n *Node, x []ID, y ID, t []ID) ID {
			s := t[1]
			if t[0] != none {
				s = b.addTo(s, b.mulz(t[0], b.delay(y, n.attrs(), 0)))
			}
			if s == none {
				return none
			}
			return b.recurrence(n, x[0], s)
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			back := *n.attrs()
			back.Reverse = !back.Reverse
			return []ID{none, b.emit(OpLinearRecurrence, &back, b.delay(n.Args[0], &back, 0), ct)}
		},
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range at {
					y := x[1].get(k)
					if j > 0 {
						if x[0].c != nil {
							y += mul(x[0].c[k], out[0].c[at[j-1]])
						} else {
							y = complex(float64(x[0].f[k]*out[0].f[at[j-1]])+x[1].f[k], 0)
						}
					}
					out[0].set(k, y)
				}
			})
			return nil
		},
	}
}

func (b *Builder) recurrence(n *Node, a, s ID) ID {
	return b.emit(OpLinearRecurrence, &Attrs{Axis: n.attrs().Axis, Reverse: n.attrs().Reverse}, a, s)
}

// delay moves x by one along the scan, with start in the first place.
func (b *Builder) delay(x ID, a *Attrs, start float64) ID {
	t := b.Type(x)
	m := t.Shape[a.Axis]
	if m == 0 {
		return x
	}
	shape := append([]int{}, t.Shape...)
	shape[a.Axis] = 1
	first := b.Fill(Type{t.Dtype, shape}, start)
	if a.Reverse {
		return b.emit(OpConcatenate, &Attrs{Axis: a.Axis}, b.SliceAxis(x, a.Axis, 1, m), first)
	}
	return b.emit(OpConcatenate, &Attrs{Axis: a.Axis}, first, b.SliceAxis(x, a.Axis, 0, m-1))
}

// lineIndex counts along the scan of n.
func (b *Builder) lineIndex(n *Node) ID {
	i := b.Iota("int64", n.Type.Shape, n.attrs().Axis)
	if n.attrs().Reverse {
		return b.Reverse(i, n.attrs().Axis)
	}
	return i
}
