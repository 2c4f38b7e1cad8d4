package expr

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/spec"
)

// Reference runs a program slowly and obviously: one loop per operation, every value kept. It is the twin of the fast executor. float32 and
// complex64 results are those of the operation in double precision, rounded once.
func Reference(p *Program, inputs []*array.Array) (outputs []*array.Array, err error) {
	p, err = Lower(p)
	if err != nil {
		return nil, err
	}
	if len(inputs) != p.Inputs {
		return nil, shapeErr("expected %d inputs, got %d", p.Inputs, len(inputs))
	}
	in := make([]*val, len(inputs))
	for i, a := range inputs {
		if t := (Type{a.Dtype, a.Shape}); !t.Equal(p.Nodes[i].Type) {
			return nil, shapeErr("input %d: expected %v, got %v", i, p.Nodes[i].Type, t)
		}
		if len(a.Data) != a.Len()*a.Dtype.Size() {
			return nil, shapeErr("input %d: %d bytes for %v", i, len(a.Data), p.Nodes[i].Type)
		}
		in[i] = valOf(a)
	}
	out, err := run(p, in)
	for _, v := range out {
		outputs = append(outputs, v.array())
	}
	return outputs, err
}

func run(p *Program, in []*val) ([]*val, error) {
	values := make([]*val, len(p.Nodes))
	copy(values, in)
	several := map[ID][]*val{}
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		if n.Op == OpResult {
			values[i] = several[n.Args[0]][n.Attrs.N]
			continue
		}
		x := make([]*val, len(n.Args))
		for k, a := range n.Args {
			x[k] = values[a]
		}
		types := []Type{n.Type}
		d := table[n.Op]
		if d.results != nil {
			types = d.results(p.types(n.Args), n.attrs())
		}
		out := make([]*val, len(types))
		for k, t := range types {
			out[k] = newVal(t)
		}
		if d.eval == nil {
			return nil, spec.Errorf(spec.InternalError, "%s has no reference", n.Op)
		}
		if err := d.eval(x, n, out); err != nil {
			return nil, spec.Of(err).With("node", i)
		}
		values[i], several[ID(i)] = out[0], out
	}
	out := make([]*val, len(p.Outputs))
	for k, o := range p.Outputs {
		out[k] = values[o]
	}
	return out, nil
}

// val is an array in the slow reference: real numbers of both widths as float64 (float32 rounded after every operation), complex ones as
// complex128, integers and booleans as int64.
type val struct {
	Type
	f []float64
	c []complex128
	i []int64
}

func newVal(t Type) *val {
	v := &val{Type: t}
	switch n := t.Len(); {
	case floats.has(t.Dtype):
		v.f = make([]float64, n)
	case complexes.has(t.Dtype):
		v.c = make([]complex128, n)
	default:
		v.i = make([]int64, n)
	}
	return v
}

// get is element k as a complex number; integers over 2^53 lose bits here.
func (v *val) get(k int) complex128 {
	switch {
	case v.f != nil:
		return complex(v.f[k], 0)
	case v.c != nil:
		return v.c[k]
	}
	return complex(float64(v.i[k]), 0)
}

// set stores element k, rounded to the dtype.
func (v *val) set(k int, x complex128) {
	switch {
	case v.f != nil:
		v.f[k] = v.round(real(x))
	case v.c != nil:
		v.c[k] = v.roundc(x)
	default:
		v.i[k] = v.wrap(toInt(real(x)))
	}
}

// copyFrom stores element j of w, of the same dtype, at k.
func (v *val) copyFrom(k int, w *val, j int) {
	switch {
	case v.f != nil:
		v.f[k] = w.f[j]
	case v.c != nil:
		v.c[k] = w.c[j]
	default:
		v.i[k] = w.i[j]
	}
}

func (v *val) round(x float64) float64 {
	if v.Dtype == array.Float32 {
		return float64(float32(x))
	}
	return x
}

func (v *val) roundc(x complex128) complex128 {
	if v.Dtype == array.Complex64 {
		return complex128(complex64(x))
	}
	return x
}

func (v *val) wrap(x int64) int64 {
	switch v.Dtype {
	case array.Int32:
		return int64(int32(x))
	case array.Bool:
		if x != 0 {
			return 1
		}
		return 0
	}
	return x
}

// toInt truncates as NumPy does on this hardware: NaN and what does not fit become the smallest integer.
func toInt(x float64) int64 {
	if x != x || x >= 0x1p63 || x < -0x1p63 {
		return math.MinInt64
	}
	return int64(x)
}

// valOf copies an array.
func valOf(a *array.Array) *val {
	v := newVal(Type{a.Dtype, a.Shape})
	switch a.Dtype {
	case array.Float64:
		copy(v.f, array.View[float64](a))
	case array.Float32:
		for k, x := range array.View[float32](a) {
			v.f[k] = float64(x)
		}
	case array.Complex128:
		copy(v.c, array.View[complex128](a))
	case array.Complex64:
		for k, x := range array.View[complex64](a) {
			v.c[k] = complex128(x)
		}
	case array.Int64:
		copy(v.i, array.View[int64](a))
	case array.Int32:
		for k, x := range array.View[int32](a) {
			v.i[k] = int64(x)
		}
	default:
		for k, x := range a.Data {
			v.i[k] = int64(min(x, 1))
		}
	}
	return v
}

// array copies the value into Go memory.
func (v *val) array() *array.Array {
	switch v.Dtype {
	case array.Float64:
		return wrap(v.Type, append([]float64{}, v.f...))
	case array.Float32:
		return wrap(v.Type, each(v.f, func(x float64) float32 { return float32(x) }))
	case array.Complex128:
		return wrap(v.Type, append([]complex128{}, v.c...))
	case array.Complex64:
		return wrap(v.Type, each(v.c, func(x complex128) complex64 { return complex64(x) }))
	case array.Int64:
		return wrap(v.Type, append([]int64{}, v.i...))
	case array.Int32:
		return wrap(v.Type, each(v.i, func(x int64) int32 { return int32(x) }))
	}
	return wrap(v.Type, each(v.i, func(x int64) bool { return x != 0 }))
}

func wrap[T array.Element](t Type, x []T) *array.Array {
	a := array.FromSlice(t.Dtype, x, t.Shape...)
	if len(t.Shape) == 0 { // FromSlice reads no shape as one axis
		a.Shape = []int{}
	}
	return a
}

func each[S, T any](x []S, f func(S) T) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

// walk calls f for every index of shape in C order; at is overwritten between calls.
func walk(shape []int, f func(k int, at []int)) {
	n := count(shape)
	at := make([]int, len(shape))
	for k := range n {
		f(k, at)
		for d := len(shape) - 1; d >= 0; d-- {
			if at[d]++; at[d] < shape[d] {
				break
			}
			at[d] = 0
		}
	}
}

// offset is the position of index at.
func offset(at, strides []int) int {
	n := 0
	for d, i := range at {
		n += i * strides[d]
	}
	return n
}

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
	F3 func(x, y, z float64) float64
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
	for op, f := range ternaries {
		s[op] = Scalar{F3: f}
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
