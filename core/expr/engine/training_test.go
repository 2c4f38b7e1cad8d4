package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/stretchr/testify/require"
)

// A product whose only reader is a transpose is written as that reads it, with the bits that it has elsewhere: rows and columns change places, and
// axes of batches stand among them. The last order leaves neither rows nor columns in one piece, so that there is a copy.
func TestProductsWrittenTransposed(t *testing.T) {
	cases := []struct {
		x, y            []int
		contract, batch [2][]int
		axes            []int
		copies          int
	}{
		{[]int{37, 19}, []int{19, 23}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{300, 70}, []int{300, 90}, [2][]int{{0}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{1, 19}, []int{19, 23}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{31, 19}, []int{19, 1}, [2][]int{{1}, {0}}, [2][]int{{}, {}}, []int{1, 0}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{0, 2, 1, 3}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{0, 3, 1, 2}, 0},
		{[]int{3, 5, 9, 17}, []int{3, 5, 17, 8}, [2][]int{{3}, {2}}, [2][]int{{0, 1}, {0, 1}}, []int{1, 0, 3, 2}, 0},
		{[]int{4, 6, 7}, []int{7, 5, 3}, [2][]int{{2}, {0}}, [2][]int{{}, {}}, []int{2, 3, 0, 1}, 0},
		{[]int{3, 9, 17}, []int{3, 17, 8}, [2][]int{{2}, {1}}, [2][]int{{0}, {0}}, []int{1, 2, 0}, 1},
	}
	for _, d := range []array.Dtype{array.Float64, array.Float32} {
		for k, c := range cases {
			s := noise(k)
			types := []expr.Type{typ(d, c.x...), typ(d, c.y...)}
			in := []*array.Array{s.fill(types[0]), s.fill(types[1])}
			product := program(types, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Dot(x[0], x[1], c.contract, c.batch)}
			})
			turned := program(types, func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Transpose(b.Dot(x[0], x[1], c.contract, c.batch), c.axes)}
			})
			everywhere(t, turned, in, map[array.Dtype]float64{array.Float64: 1e-13, array.Float32: 1e-5}[d])
			alone := program(product.OutputTypes(), func(b *expr.Builder, x []expr.ID) []expr.ID {
				return []expr.ID{b.Transpose(x[0], c.axes)}
			})
			same(t, runs(t, alone, nil, runs(t, product, nil, in)), runs(t, turned, nil, in), fmt.Sprint(d, k))
			require.Len(t, must(Compile(turned, Options{})).Stages(), 1+c.copies, "%v %d", d, k)
		}
	}
}

// A step of Adam goes once through each array: its factors are made before the gradient, and the gradient is where it is read.
func TestAdamIsOneNest(t *testing.T) {
	for _, st := range must(Compile(adam(mlp(array.Float32, 128), 2), Options{})).Stages() {
		if st.N == 784*512 {
			require.Contains(t, st.Text, "4 loads")
			require.True(t, strings.HasSuffix(st.Text, "sub"), st.Text)
		}
	}
}

// Rows of a maximum are read in loops though what masks them repeats over longer ones.
func TestMaskedMaximum(t *testing.T) {
	const batch, n = 6, 64
	p := program([]expr.Type{f64(batch, n, n)}, func(b *expr.Builder, x []expr.ID) []expr.ID {
		i, j := b.Iota(array.Int64, []int{n, n}, 0), b.Iota(array.Int64, []int{n, n}, 1)
		seen := b.Broadcast(b.Apply(expr.OpLessEqual, j, i), []int{batch, n, n}, []int{1, 2})
		return []expr.ID{b.Reduce(expr.OpReduceMax, b.Select(seen, x[0], b.Fill(f64(batch, n, n), -1e30)), 2)}
	})
	s := noise(3)
	x := s.fill(f64(batch, n, n))
	spoil(&s, x)
	everywhere(t, p, []*array.Array{x}, 0)
}
