package expr

import (
	"github.com/ergodica/ergodica/core/array"
)

// ID numbers a value of a program: inputs first, then nodes in order. Every operand has a smaller id than the node that uses it.
type ID = int32

// none is the symbolic zero: the tangent or cotangent of a value on which nothing depends. It never stands in a finished program.
const none ID = -1

// Node is one value: the inputs of a program are nodes of OpInput, literals nodes of OpConst.
//
// An operation with several results is the id of the first; the others are OpResult nodes with Attrs.N = 1, 2, ... on it.
type Node struct {
	Op    Op
	Args  []ID
	Attrs *Attrs // nil without attributes; shared between nodes and never written to
	Type  Type
}

// Attrs are the attributes of an operation; which of them an operation has stands in the op table (see Table), all others are zero.
type Attrs struct {
	Dtype    Dtype    `json:"dtype,omitempty"`    // convert, iota, const
	Shape    []int    `json:"shape,omitempty"`    // broadcast_in_dim, reshape, iota, const
	Axes     []int    `json:"axes,omitempty"`     // broadcast_in_dim, transpose, reductions, reverse, roll, gather, scatter
	Axis     int      `json:"axis,omitempty"`     // iota, concatenate, cumulative, sort, argsort, argmax, argmin, fft
	Start    []int    `json:"start,omitempty"`    // slice
	Limit    []int    `json:"limit,omitempty"`    // slice, exclusive
	Stride   []int    `json:"stride,omitempty"`   // slice, positive; absent: all 1
	Low      []int    `json:"low,omitempty"`      // pad, may be negative
	High     []int    `json:"high,omitempty"`     // pad, may be negative
	Interior []int    `json:"interior,omitempty"` // pad; absent: all 0
	Shift    []int    `json:"shift,omitempty"`    // roll, one per axis, numpy's sign
	Contract [2][]int `json:"contract,omitzero"`  // dot_general: summed axes of the left and the right operand
	Batch    [2][]int `json:"batch,omitzero"`     // dot_general: axes that run together
	N        int      `json:"n,omitempty"`        // integer_pow exponent, polygamma order, irfft length, result index, searchsorted shared axes
	Mode     string   `json:"mode,omitempty"`     // scatter: set add mul min max; searchsorted: left right
	Lower    bool     `json:"lower,omitempty"`    // triangular_solve
	Trans    bool     `json:"trans,omitempty"`    // triangular_solve, solve: solve with the transpose (never conjugated)
	Unit     bool     `json:"unit,omitempty"`     // triangular_solve: diagonal taken as 1
	Reverse  bool     `json:"reverse,omitempty"`  // cumulative, linear_recurrence: from the end
	Unique   bool     `json:"unique,omitempty"`   // scatter: no index occurs twice

	Value      *array.Array `json:"-"`                    // const
	Transforms []Transform  `json:"transforms,omitempty"` // call, applied in this order
	Program    *Program     `json:"-"`                    // call, custom_jvp, custom_vjp
	expanded   *Program     // call: Program after Transforms
	Rules      []*Program   `json:"-"` // custom_jvp: (inputs, tangents) -> tangents; custom_vjp: forward, backward
}

// Program is a typed list of nodes in static single assignment. The first Inputs nodes are its inputs. A finished program is immutable and
// may be used from several goroutines.
type Program struct {
	Nodes   []Node
	Inputs  int
	Outputs []ID
}

// InputTypes are the types of the inputs.
func (p *Program) InputTypes() []Type { return p.types(span32(0, p.Inputs)) }

// OutputTypes are the types of the outputs.
func (p *Program) OutputTypes() []Type { return p.types(p.Outputs) }

// Type is the type of value id.
func (p *Program) Type(id ID) Type { return p.Nodes[id].Type }

func (p *Program) types(ids []ID) []Type {
	t := make([]Type, len(ids))
	for i, id := range ids {
		t[i] = p.Nodes[id].Type
	}
	return t
}

func span32(start, stop int) []ID {
	out := make([]ID, 0, stop-start)
	for i := start; i < stop; i++ {
		out = append(out, ID(i))
	}
	return out
}

var noAttrs Attrs

// attrs is never nil.
func (n *Node) attrs() *Attrs {
	if n.Attrs == nil {
		return &noAttrs
	}
	return n.Attrs
}
