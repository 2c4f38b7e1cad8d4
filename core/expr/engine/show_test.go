package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// The list of stages names what runs, and Profile times it: the gradient of phi^4 is one nest whatever the rolls.
func TestShow(t *testing.T) {
	p := must(expr.Grad(phi4(64, 64), []int{0}))
	ex := must(Compile(p, Options{}))
	require.Len(t, ex.Stages(), 1)
	s := noise(1)
	stages := must(ex.Profile(context.Background(), nil, []*array.Array{s.fill(p.Type(0))}, outputs(p)))
	require.Positive(t, stages[0].Elapsed)
	require.Equal(t, 64*64*64, stages[0].N)
	require.Contains(t, stages[0].String(), "262144 elements in tiles of 512, shared: 5 loads")
	var names []string
	for _, st := range must(Compile(withGrad(flow(array.Float64, 256), 2, 3, 4, 5, 6, 7), Options{})).Stages() {
		names = append(names, st.Name)
	}
	require.Contains(t, names, "dot_general")
	require.Contains(t, names, "reduce_sum of columns")
}
