package expr

import (
	"cmp"
	"slices"

	"github.com/ergodica/ergodica/core/array"
)

func init() {
	table[OpSort] = &def{arity: 1, attrs: "axis", dtypes: anything, infer: inferAxis, vmap: vmapAxis,
		jvp: func(b *Builder, n *Node, x []ID, _ ID, t []ID) ID {
			if t[0] == none {
				return none
			}
			return b.takeAlong(t[0], b.Along(OpArgsort, x[0], n.attrs().Axis), n.attrs().Axis)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range order(x[0], at) {
					out[0].copyFrom(at[j], x[0], at[k])
				}
			})
			return nil
		},
	}
	table[OpArgsort] = &def{arity: 1, attrs: "axis", dtypes: anything, vmap: vmapAxis,
		infer: func(t []Type, a *Attrs) (Type, error) {
			u, err := inferAxis(t, a)
			return u.with(array.Int64), err
		},
		eval: func(x []*val, n *Node, out []*val) error {
			lines(n.Type, n.attrs(), func(at []int) {
				for j, k := range order(x[0], at) {
					out[0].i[at[j]] = int64(k)
				}
			})
			return nil
		},
	}
	table[OpSearchsorted] = &def{arity: 2, attrs: "n mode", dtypes: ordered,
		infer: func(t []Type, a *Attrs) (Type, error) {
			k := a.N
			ok := k >= 0 && t[0].Rank() == k+1 && t[1].Rank() >= k && t[0].Dtype == t[1].Dtype && (a.Mode == "" || a.Mode == "left" || a.Mode == "right")
			if !ok || !slices.Equal(t[0].Shape[:k], t[1].Shape[:k]) {
				return t[0], shapeErr("searchsorted: %v in %v with %d shared axes, mode %q", t[1], t[0], k, a.Mode)
			}
			return t[1].with(array.Int64), nil
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			a := n.attrs()
			if !batched[0] && a.N == 0 {
				return b.emit(n.Op, a, x...)
			}
			return b.emit(n.Op, &Attrs{N: a.N + 1, Mode: a.Mode}, b.batchAll(x, batched, size)...)
		},
		eval: func(x []*val, n *Node, out []*val) error {
			m := x[0].Shape[n.attrs().N]
			per := count(x[1].Shape[n.attrs().N:])
			for k := range out[0].i {
				base := k / per * m
				for j := range m {
					c := compareAt(x[0], base+j, x[1], k)
					if c < 0 || c == 0 && n.attrs().Mode == "right" {
						out[0].i[k] = int64(j + 1)
					}
				}
			}
			return nil
		},
	}
}

// order is the stable ascending permutation of the elements at the given positions.
func order(x *val, at []int) []int {
	p := span(0, len(at))
	slices.SortStableFunc(p, func(i, j int) int { return compareAt(x, at[i], x, at[j]) })
	return p
}

// compareAt orders numbers with NaN last, complex ones by real, then imaginary part.
func compareAt(x *val, i int, y *val, j int) int {
	switch {
	case x.f != nil:
		return compareFloat(x.f[i], y.f[j])
	case x.c != nil:
		if c := compareFloat(real(x.c[i]), real(y.c[j])); c != 0 {
			return c
		}
		return compareFloat(imag(x.c[i]), imag(y.c[j]))
	}
	return cmp.Compare(x.i[i], y.i[j])
}

func compareFloat(x, y float64) int {
	switch {
	case x < y || y != y && x == x:
		return -1
	case x > y || x != x && y == y:
		return 1
	}
	return 0
}
