package expr

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
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
	Start    []int    `json:"start,omitempty"`    // slice, slice_update
	Limit    []int    `json:"limit,omitempty"`    // slice, exclusive
	Stride   []int    `json:"stride,omitempty"`   // slice, positive; absent: all 1
	Low      []int    `json:"low,omitempty"`      // pad, may be negative
	High     []int    `json:"high,omitempty"`     // pad, may be negative
	Interior []int    `json:"interior,omitempty"` // pad, conv; absent: all 0
	Dilation []int    `json:"dilation,omitempty"` // conv: distance of kernel elements; absent: all 1
	Shift    []int    `json:"shift,omitempty"`    // roll, one per axis, numpy's sign
	Contract [2][]int `json:"contract,omitzero"`  // dot_general: summed axes of the left and the right operand
	Batch    [2][]int `json:"batch,omitzero"`     // dot_general: axes that run together
	N        int      `json:"n,omitempty"`        // conv groups (0: 1), integer_pow exponent, polygamma order, irfft length, result index, searchsorted shared axes
	Mode     string   `json:"mode,omitempty"`     // scatter: set add mul min max; slice_update: set add; searchsorted: left right
	Lower    bool     `json:"lower,omitempty"`    // triangular_solve
	Trans    bool     `json:"trans,omitempty"`    // triangular_solve, solve: solve with the transpose (never conjugated)
	Unit     bool     `json:"unit,omitempty"`     // triangular_solve: diagonal taken as 1
	Reverse  bool     `json:"reverse,omitempty"`  // cumulative, linear_recurrence, scan: from the end; remat: kept apart
	Unique   bool     `json:"unique,omitempty"`   // scatter: no index occurs twice
	Length   int      `json:"length,omitempty"`   // scan: steps, or the most of them; -1: no bound
	Carries  int      `json:"carries,omitempty"`  // scan: operands that go from step to step
	Slices   int      `json:"slices,omitempty"`   // scan: operands that are read slice by slice
	Counted  bool     `json:"counted,omitempty"`  // scan: the last operand is the number of steps

	Value      *array.Array `json:"-"`                    // const
	Transforms []Transform  `json:"transforms,omitempty"` // call, applied in this order
	Program    *Program     `json:"-"`                    // call, custom_jvp, custom_vjp, scan, remat
	expanded   *Program     // call: Program after Transforms
	Rules      []*Program   `json:"-"` // custom_jvp: (inputs, tangents) -> tangents; custom_vjp: forward, backward; scan: condition; switch: branches
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

// Body is the program that a scan or remat runs.
func (a *Attrs) Body() *Program { return a.body() }

// body is the program of the node with its calls expanded.
func (a *Attrs) body() *Program {
	if a.expanded != nil {
		return a.expanded
	}
	return a.Program
}

// attrs is never nil.
func (n *Node) attrs() *Attrs {
	if n.Attrs == nil {
		return &noAttrs
	}
	return n.Attrs
}

// Dtype is an element type: float64, float32, complex128, complex64, int64, int32 or bool.
type Dtype = array.Dtype

// Type is what is known of a value before anything runs: element type and shape. The shape is shared and never written to.
type Type struct {
	Dtype Dtype `json:"dtype"`
	Shape []int `json:"shape"`
}

// most is the largest number of elements a value may have: index arithmetic in bytes stays far from overflow.
const most = 1 << 46

// deepest is the largest rank.
const deepest = 32

// class is a set of dtypes.
type class uint8

const (
	real64 class = 1 << iota
	real32
	complex128s
	complex64s
	int64s
	int32s
	bools
)

const (
	floats    = real64 | real32
	complexes = complex128s | complex64s
	ints      = int64s | int32s
	inexact   = floats | complexes
	ordered   = floats | ints
	numbers   = inexact | ints
	anything  = numbers | bools
)

func classOf(d Dtype) class {
	switch d {
	case array.Float64:
		return real64
	case array.Float32:
		return real32
	case array.Complex128:
		return complex128s
	case array.Complex64:
		return complex64s
	case array.Int64:
		return int64s
	case array.Int32:
		return int32s
	case array.Bool:
		return bools
	}
	return 0
}

func (c class) String() string {
	s := ""
	for d, name := range map[class]string{floats: "float", complexes: "complex", ints: "int", bools: "bool"} {
		if c&d != 0 {
			s += " " + name
		}
	}
	return s
}

func (c class) list() (out []Dtype) {
	for _, d := range []Dtype{array.Float64, array.Float32, array.Complex128, array.Complex64, array.Int64, array.Int32, array.Bool} {
		if c.has(d) {
			out = append(out, d)
		}
	}
	return out
}

// has reports whether the dtype is in the set.
func (c class) has(d Dtype) bool { return classOf(d)&c != 0 }

// realOf is the dtype of the real part.
func realOf(d Dtype) Dtype {
	switch d {
	case array.Complex128:
		return array.Float64
	case array.Complex64:
		return array.Float32
	}
	return d
}

// complexOf is the complex dtype whose parts have dtype d.
func complexOf(d Dtype) Dtype {
	if d == array.Float32 || d == array.Complex64 {
		return array.Complex64
	}
	return array.Complex128
}

// Len is the number of elements.
func (t Type) Len() int { return count(t.Shape) }

// Rank is the number of axes.
func (t Type) Rank() int { return len(t.Shape) }

// Equal reports whether dtype and shape agree.
func (t Type) Equal(u Type) bool { return t.Dtype == u.Dtype && slices.Equal(t.Shape, u.Shape) }

func (t Type) String() string { return string(t.Dtype) + shapeText(t.Shape) }

// inexact reports whether values of this type have derivatives.
func (t Type) inexact() bool { return inexact.has(t.Dtype) }

func (t Type) complex() bool { return complexes.has(t.Dtype) }

func (t Type) with(d Dtype) Type { return Type{d, t.Shape} }

func shapeText(s []int) string {
	b := []byte{'['}
	for i, n := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, n)
	}
	return string(append(b, ']'))
}

func appendInt(b []byte, n int) []byte {
	if n < 0 {
		return appendInt(append(b, '-'), -n)
	}
	if n >= 10 {
		b = appendInt(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

func count(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// check refuses unknown dtypes, negative lengths, ranks over 32 and more than 2^46 elements.
func (t Type) check() error {
	if classOf(t.Dtype) == 0 {
		return shapeErr("dtype %q is none of float64, float32, complex128, complex64, int64, int32, bool", t.Dtype)
	}
	if len(t.Shape) > deepest {
		return shapeErr("rank %d is over %d", len(t.Shape), deepest)
	}
	n := 1
	for _, s := range t.Shape {
		if s < 0 {
			return shapeErr("shape %v: lengths must not be negative", t.Shape)
		}
		if s > most || n > most/max(s, 1) {
			return shapeErr("shape %v has more than 2^46 elements", t.Shape)
		}
		n *= max(s, 1)
	}
	return nil
}

func shapeErr(format string, args ...any) *spec.Error {
	return spec.Errorf(spec.ShapeError, format, args...)
}

// strides of a dense C-ordered array, in elements.
func strides(shape []int) []int {
	s := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		s[i] = n
		n *= shape[i]
	}
	return s
}

// axesOK reports whether axes are distinct and within the rank.
func axesOK(axes []int, rank int) bool {
	var seen uint64
	for _, a := range axes {
		if a < 0 || a >= rank || seen>>uint(a)&1 == 1 {
			return false
		}
		seen |= 1 << uint(a)
	}
	return true
}

// without is shape with the given axes left out.
func without(shape, axes []int) []int {
	out := make([]int, 0, len(shape))
	for i, n := range shape {
		if !slices.Contains(axes, i) {
			out = append(out, n)
		}
	}
	return out
}

// others are the axes of a rank that are not among axes, in order.
func others(rank int, axes ...[]int) []int {
	out := make([]int, 0, rank)
next:
	for i := range rank {
		for _, a := range axes {
			if slices.Contains(a, i) {
				continue next
			}
		}
		out = append(out, i)
	}
	return out
}

// span is start, start+1, ..., stop-1.
func span(start, stop int) []int {
	out := make([]int, 0, max(stop-start, 0))
	for i := start; i < stop; i++ {
		out = append(out, i)
	}
	return out
}

func cat(parts ...[]int) []int { return slices.Concat(parts...) }

// shifted adds k to every element.
func shifted(x []int, k int) []int {
	out := make([]int, len(x))
	for i, v := range x {
		out[i] = v + k
	}
	return out
}

// pick is x at the given positions.
func pick(x, at []int) []int {
	out := make([]int, len(at))
	for i, a := range at {
		out[i] = x[a]
	}
	return out
}

func full(n, v int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// String lists the program, one node a line: %id = op{attributes}(operands) : type.
func (p *Program) String() string {
	var s strings.Builder
	for i := range p.Nodes {
		n := &p.Nodes[i]
		fmt.Fprintf(&s, "%%%d = %s%s(", i, n.Op, attrsText(n.Attrs))
		for k, x := range n.Args {
			if k > 0 {
				s.WriteString(", ")
			}
			fmt.Fprintf(&s, "%%%d", x)
		}
		fmt.Fprintf(&s, ") : %v\n", n.Type)
	}
	s.WriteString("return")
	for _, o := range p.Outputs {
		fmt.Fprintf(&s, " %%%d", o)
	}
	return s.String()
}

func attrsText(a *Attrs) string {
	if a == nil {
		return ""
	}
	if v := a.Value; v != nil {
		if v.Len() > 8 {
			return fmt.Sprintf("{%d elements}", v.Len())
		}
		return fmt.Sprintf("{%s}", literalText(v))
	}
	raw, err := json.Marshal(*a)
	if err != nil {
		return "{?}"
	}
	text := strings.ReplaceAll(strings.Trim(string(raw), "{}"), `"`, "")
	if a.Program != nil {
		text = fmt.Sprintf("program of %d nodes %s", len(a.Program.Nodes), text)
	}
	return "{" + text + "}"
}

func literalText(a *array.Array) string {
	v := valOf(a)
	var parts []string
	for k := range v.Len() {
		switch {
		case v.f != nil:
			parts = append(parts, fmt.Sprint(v.f[k]))
		case v.c != nil:
			parts = append(parts, fmt.Sprint(v.c[k]))
		default:
			parts = append(parts, fmt.Sprint(v.i[k]))
		}
	}
	return strings.Join(parts, " ")
}
