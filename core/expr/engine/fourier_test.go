package engine

import (
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// Transforms of every kind along every axis are those of the slow reference, with one set of bits for all levels and teams. Catches: strides of a
// middle axis, a scale left out, a chain in place that overwrites what is read again.
func TestFourier(t *testing.T) {
	for _, d := range []array.Dtype{array.Complex128, array.Complex64} {
		reals, tolerance := array.Float64, 1e-13
		if d == array.Complex64 {
			reals, tolerance = array.Float32, 1e-5
		}
		for _, shape := range [][]int{{1}, {7}, {64}, {3, 5, 4}, {8, 16}, {2, 17, 9}, {13, 1}, {0, 4}, {100, 3}} {
			for axis := range shape {
				if shape[axis] == 0 {
					continue
				}
				a := &expr.Attrs{Axis: axis}
				half := append([]int(nil), shape...)
				half[axis] = shape[axis]/2 + 1
				p := program([]expr.Type{typ(d, shape...), typ(reals, shape...), typ(d, half...)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
					emit := func(op expr.Op, a *expr.Attrs, x expr.ID) expr.ID { return must(b.Emit(op, a, x)) }
					square := b.Mul(x[0], x[0])
					chain := emit(expr.OpIfft, &expr.Attrs{}, emit(expr.OpFft, a, square)) // in place
					kept := emit(expr.OpFft, a, x[0])
					twice := b.Add(kept, emit(expr.OpFft, a, kept)) // not in place
					spectrum := emit(expr.OpFft, &expr.Attrs{Axis: len(shape) - 1}, emit(expr.OpRfft, a, x[1]))
					return []expr.ID{chain, twice, spectrum, emit(expr.OpIrfft, &expr.Attrs{Axis: axis, N: shape[axis]}, x[2]), emit(expr.OpIfft, a, emit(expr.OpIfft, a, x[0]))}
				})
				var s noise = 5
				in := []*array.Array{s.fill(typ(d, shape...)), s.fill(typ(reals, shape...)), s.fill(typ(d, half...))}
				everywhere(t, p, in, tolerance)
			}
		}
	}
}

// withTransforms is a spectral step on a plane, as programs write it.
func withTransforms(n int) *expr.Program {
	return program([]expr.Type{typ(array.Complex128, n, n), f64(n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		along := func(op expr.Op, x expr.ID) expr.ID {
			for axis := range 2 {
				x = must(b.Emit(op, &expr.Attrs{Axis: axis}, x))
			}
			return x
		}
		y := along(expr.OpIfft, b.Mul(along(expr.OpFft, x[0]), b.Convert(x[1], array.Complex128)))
		return []expr.ID{y, must(b.Emit(expr.OpRfft, &expr.Attrs{Axis: 1}, x[1]))}
	})
}
