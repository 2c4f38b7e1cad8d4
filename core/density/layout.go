package density

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// Captured matrices with so many numbers are laid out anew; beyond, what is read lies in memory, whose speed is that of either kernel.
const (
	leastLaid = 1 << 8
	mostLaid  = 1 << 21
)

// laid reads matrices that it multiplies by a vector from the left as A x from transposed copies, which are further inputs: x' A' goes through memory
// as it lies, with many sums side by side. Products are summed in the same order. It gives the places of the captured arrays whose copies they are.
func laid(p *expr.Program, first int) (*expr.Program, []int, error) {
	p, err := expr.Lower(p)
	if err != nil {
		return nil, nil, err
	}
	var copied []int
	place := map[expr.ID]int{}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		if k := slow(p, expr.ID(i)); k >= 0 {
			at := p.Nodes[i].Args[k]
			if _, known := place[at]; int(at) >= first && !known {
				place[at] = len(copied)
				copied = append(copied, int(at)-first)
			}
		}
	}
	if copied == nil {
		return p, nil, nil
	}
	// inputs, copies, the copies transposed back, the rest
	extra := len(copied)
	q := &expr.Program{Nodes: slices.Clone(p.Nodes[:p.Inputs]), Inputs: p.Inputs + extra}
	back := make([]expr.Node, extra)
	for k, c := range copied {
		was := p.Nodes[first+c].Type
		q.Nodes = append(q.Nodes, expr.Node{Op: expr.OpInput, Type: expr.Type{Dtype: was.Dtype, Shape: []int{was.Shape[1], was.Shape[0]}}})
		back[k] = expr.Node{Op: expr.OpTranspose, Args: []expr.ID{expr.ID(p.Inputs + k)}, Attrs: &expr.Attrs{Axes: []int{1, 0}}, Type: was}
	}
	q.Nodes = append(q.Nodes, back...)
	moved := func(id expr.ID) expr.ID {
		if int(id) < p.Inputs {
			return id
		}
		return id + expr.ID(2*extra)
	}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := p.Nodes[i]
		n.Args = slices.Clone(n.Args)
		swap := slow(p, expr.ID(i))
		for k, a := range n.Args {
			if at, known := place[a]; known && k == swap {
				n.Args[k] = expr.ID(p.Inputs + extra + at)
			} else {
				n.Args[k] = moved(a)
			}
		}
		q.Nodes = append(q.Nodes, n)
	}
	for _, o := range p.Outputs {
		q.Outputs = append(q.Outputs, moved(o))
	}
	return q, copied, nil
}

// slow is the operand of node id that is an input multiplied as A x by a vector; -1: none.
func slow(p *expr.Program, id expr.ID) int {
	n := &p.Nodes[id]
	if n.Op != expr.OpDotGeneral {
		return -1
	}
	for k, x := range n.Args {
		t, other := p.Nodes[x].Type, p.Nodes[n.Args[1-k]].Type
		if int(x) < p.Inputs && t.Dtype == array.Float64 && t.Rank() == 2 && t.Len() >= leastLaid && t.Len() <= mostLaid && t.Shape[0] > 1 && other.Rank() == 1 && slices.Equal(n.Attrs.Contract[k], []int{1}) {
			return k
		}
	}
	return -1
}

// turned is the transposed copy of a matrix.
func turned(a *array.Array) *array.Array {
	rows, columns := a.Shape[0], a.Shape[1]
	from, to := array.Cast[float64](a.Data), make([]float64, rows*columns)
	for i := range rows {
		for j := range columns {
			to[j*rows+i] = from[i*columns+j]
		}
	}
	return array.Borrow("", a.Dtype, []int{columns, rows}, array.Bytes(to))
}
