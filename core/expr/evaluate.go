package expr

import (
	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/spec"
)

// ResultTypes are the types of all results of node id.
func (p *Program) ResultTypes(id ID) []Type {
	n := &p.Nodes[id]
	if d := table[n.Op]; d.results != nil {
		return d.results(p.types(n.Args), n.attrs())
	}
	return []Type{n.Type}
}

// Evaluate computes the results of node id by the slow reference, from the values x of its operands into out, whose memory is there.
func (p *Program) Evaluate(id ID, x, out []*array.Array) error {
	n := &p.Nodes[id]
	d := table[n.Op]
	if d == nil || d.eval == nil {
		return spec.Errorf(spec.InternalError, "%s has no reference", n.Op)
	}
	in := make([]*val, len(x))
	for k, a := range x {
		in[k] = valOf(a)
	}
	types := p.ResultTypes(id)
	results := make([]*val, len(types))
	for k, t := range types {
		results[k] = newVal(t)
	}
	if err := d.eval(in, n, results); err != nil {
		return spec.Of(err).With("node", int(id))
	}
	for k, v := range results {
		copy(out[k].Data, v.array().Data)
	}
	return nil
}

// Scalar is an element-wise operation at one element: of float64 (float32 is rounded afterwards), complex128 and int64 operands. Functions
// that an operation does not have are nil; so are all of those that are no functions of package special or simd (arithmetic, comparisons...).
type Scalar struct {
	F1 func(x float64) float64
	F2 func(x, y float64) float64
	C1 func(x complex128) complex128
	C2 func(x, y complex128) complex128
	I1 func(x int64) int64
	I2 func(x, y int64) int64
}

var scalars = func() (s [ops]Scalar) {
	for _, r := range unaryRows() {
		s[r.op] = Scalar{F1: r.f, C1: r.c, I1: r.i}
	}
	for _, r := range binaryRows() {
		s[r.op] = Scalar{F2: r.f, C2: r.c, I2: r.i}
	}
	s[OpSign] = Scalar{F1: sign, C1: special.Csign, I1: func(x int64) int64 { return max(min(x, 1), -1) }}
	return s
}()

// Scalar gives the functions of a node's operation.
func (n *Node) Scalar() Scalar {
	k := n.attrs().N
	switch n.Op {
	case OpIntegerPow:
		return Scalar{F1: func(x float64) float64 { return special.IntegerPow(x, k) }, C1: func(z complex128) complex128 { return special.CintegerPow(z, k) },
			I1: func(x int64) int64 { return intPow(x, int64(k)) }}
	case OpPolygamma:
		return Scalar{F1: func(x float64) float64 { return special.Polygamma(k, x) }}
	}
	return scalars[n.Op]
}
