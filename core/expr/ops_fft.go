package expr

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Discrete Fourier transforms along one axis, in numpy's conventions:
// fft X_k = sum_n x_n e^(-2 pi i k n / N); ifft with the other sign and 1/N; rfft the first N/2+1 of a real x; irfft its inverse.
func init() {
	table[OpFft] = fourier(complexes, -1)
	table[OpIfft] = fourier(complexes, 1)
	// Transforms are symmetric matrices: the transpose without conjugation is the transform itself.
	for _, op := range []Op{OpFft, OpIfft} {
		table[op].transpose = func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			return []ID{b.emit(n.Op, n.Attrs, ct)}
		}
	}
	table[OpRfft] = &def{arity: 1, attrs: "axis", dtypes: floats, jvp: linearIn(0), vmap: vmapAxis,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if _, err := inferAxis(t, a); err != nil {
				return t[0], err
			}
			if t[0].Shape[a.Axis] < 1 {
				return t[0], shapeErr("rfft: no points along axis %d of %v", a.Axis, t[0])
			}
			shape := slices.Clone(t[0].Shape)
			shape[a.Axis] = shape[a.Axis]/2 + 1
			return Type{complexOf(t[0].Dtype), shape}, nil
		},
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			axis := n.attrs().Axis
			m := b.Type(n.Args[0]).Shape[axis]
			return []ID{b.Real(b.emit(OpFft, &Attrs{Axis: axis}, b.PadAxis(ct, axis, 0, m-b.Type(ct).Shape[axis])))}
		},
		eval: func(x []*val, n *Node, out []*val) error {
			axis := n.attrs().Axis
			each2(x[0], out[0], axis, func(in, to []complex128) { dft(in, to, -1) })
			return nil
		},
	}
	table[OpIrfft] = &def{arity: 1, attrs: "axis n", dtypes: complexes, jvp: linearIn(0), vmap: vmapAxis,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if _, err := inferAxis(t, a); err != nil {
				return t[0], err
			}
			if a.N < 1 || t[0].Shape[a.Axis] != a.N/2+1 {
				return t[0], shapeErr("irfft: length %d needs %d points along axis %d of %v; slice or pad first", a.N, a.N/2+1, a.Axis, t[0])
			}
			shape := slices.Clone(t[0].Shape)
			shape[a.Axis] = a.N
			return Type{realOf(t[0].Dtype), shape}, nil
		},
		// x_n = (1/N) sum_k m_k Re(X_k e^(2 pi i k n / N)), m = 1 at k = 0 and N/2, else 2.
		transpose: func(b *Builder, n *Node, ct ID, _ []bool) []ID {
			a := n.attrs()
			y := b.Conj(b.emit(OpRfft, &Attrs{Axis: a.Axis}, ct))
			t := b.Type(y)
			d := realOf(t.Dtype)
			k := b.Iota("int64", t.Shape, a.Axis)
			edge := b.Equal(k, b.like(k, 0))
			if a.N%2 == 0 {
				edge = b.Apply(OpOr, edge, b.Equal(k, b.like(k, float64(a.N/2))))
			}
			one := b.Fill(Type{d, t.Shape}, 1/float64(a.N))
			weight := b.Select(edge, one, b.Scale(one, 2))
			return []ID{b.Mul(y, b.Convert(weight, t.Dtype))}
		},
		eval: func(x []*val, n *Node, out []*val) error {
			axis, m := n.attrs().Axis, n.attrs().N
			each2(x[0], out[0], axis, func(in, to []complex128) {
				full := make([]complex128, m)
				for k := range full {
					if k < len(in) {
						full[k] = in[k]
					} else {
						full[k] = complex(real(in[m-k]), -imag(in[m-k]))
					}
				}
				full[0] = complex(real(full[0]), 0)
				if m%2 == 0 {
					full[m/2] = complex(real(full[m/2]), 0)
				}
				dft(full, to, 1)
			})
			return nil
		},
	}
}

func fourier(on class, sign int) *def {
	return &def{arity: 1, attrs: "axis", dtypes: on, infer: inferAxis, jvp: linearIn(0), vmap: vmapAxis,
		eval: func(x []*val, n *Node, out []*val) error {
			each2(x[0], out[0], n.attrs().Axis, func(in, to []complex128) { dft(in, to, sign) })
			return nil
		},
	}
}

// each2 runs f over the lines of x and out along axis, which may differ in length there.
func each2(x, out *val, axis int, f func(in, to []complex128)) {
	sx, so := strides(x.Shape), strides(out.Shape)
	keep := others(x.Rank(), []int{axis})
	in, to := make([]complex128, x.Shape[axis]), make([]complex128, out.Shape[axis])
	walk(pick(x.Shape, keep), func(_ int, at []int) {
		px, po := offset(at, pick(sx, keep)), offset(at, pick(so, keep))
		for j := range in {
			in[j] = x.get(px + j*sx[axis])
		}
		f(in, to)
		for j, v := range to {
			out.set(po+j*so[axis], v)
		}
	})
}

// dft sums the definition; to may be shorter than x. The inverse (sign 1) divides by N.
func dft(x, to []complex128, sign int) {
	n := len(x)
	for k := range to {
		var s complex128
		for j, v := range x {
			sn, cs := functions.SincosTurns1(float64(k*j%n) / float64(n))
			s += mul(v, complex(cs, math.Copysign(1, float64(sign))*sn))
		}
		if sign > 0 {
			s /= complex(float64(n), 0)
		}
		to[k] = s
	}
}
