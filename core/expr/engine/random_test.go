package engine

import (
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// Draws have the bits of the reference, which takes them one by one, at every length around the blocks, for every number of threads and on
// every level. Catches a block that starts at a wrong position and a key that is read from a wrong row.
func TestRandomStages(t *testing.T) {
	for _, n := range []int{0, 1, 7, drawBlock - 1, drawBlock + 1, 3*drawBlock + 5} {
		for _, d := range []array.Dtype{array.Float64, array.Float32} {
			p := program([]expr.Type{typ(array.Int64, 3), typ(d, 3, n)}, func(b *expr.Builder, x []expr.ID) (out []expr.ID) {
				a := b.Exp(x[1])
				out = append(out, must(b.Emit(expr.OpRandomFold, nil, x[0], x[0])))
				for _, op := range []expr.Op{expr.OpRandomLoggamma, expr.OpRandomPoisson, expr.OpRandomVonMises} {
					out = append(out, must(b.Emit(op, nil, x[0], a)))
				}
				out = append(out, must(b.Emit(expr.OpRandomBinomial, nil, x[0], b.Apply(expr.OpFloor, b.Scale(a, 30)), b.Apply(expr.OpExpit, x[1]))))
				for _, op := range []expr.Op{expr.OpRandomUniform, expr.OpRandomNormal} {
					out = append(out, must(b.Emit(op, &expr.Attrs{Dtype: d, Shape: []int{n}}, x[0])))
				}
				bits := map[array.Dtype]array.Dtype{array.Float64: array.Int64, array.Float32: array.Int32}[d]
				return append(out, must(b.Emit(expr.OpRandomBits, &expr.Attrs{Dtype: bits, Shape: []int{n}}, x[0])))
			})
			s := noise(n)
			values := []*array.Array{s.fill(typ(array.Int64, 3)), s.fill(typ(d, 3, n))}
			everywhere(t, p, values, 1e-6) // exp of the parameters is not the reference's to the last bit in float32
			if d == array.Float64 {
				same(t, must(expr.Reference(p, values)), runs(t, p, nil, values), p.String())
			}
		}
	}
}
