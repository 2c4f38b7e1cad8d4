package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

// Transform is a program -> program map as it stands in a call node, applied in order.
//
// Kinds, for a program f with inputs x and outputs y:
//
//	"jvp"             (x, tangents of x[wrt]) -> (y, tangents of the inexact y)
//	"vjp"             (x, cotangents of the inexact y) -> (y, cotangents of x[wrt])
//	"grad"            x -> gradients of the real scalar y[0] in x[wrt]
//	"value_and_grad"  x -> (y, gradients of y[0]); the other outputs are auxiliary
//	"hvp"             (x, tangents of x[wrt]) -> tangents of the gradients
//	"jacfwd" "jacrev" x -> for each output, for each of wrt: y.shape + x.shape
//	"hessian"         x -> for each pair of wrt: x_i.shape + x_j.shape, of y[0]
//	"laplacian"       x -> (y, Laplacians of the inexact y in the real inputs wrt)
//	"value_grad_laplacian"  x -> (y, for each inexact y, for each of wrt: y.shape + x.shape, then the Laplacians)
//	"jet"             (x, derivatives 1 ... order of the paths x[wrt]) -> (y, derivatives of the inexact y), order of them for each; in: see Jet
//	"divergence"      x -> (y, sum over k of the traces of dy[k]/dx[wrt[k]])
//	"square_norms"    x -> for each y, whose axis 0 counts a batch, the sums of squares over the other axes
//	"vmap"            in[k] is the axis of input k that is mapped (-1: none), out[k] where it stands in output k
type Transform struct {
	Kind string `json:"kind"`
	Wrt  []int  `json:"wrt,omitempty"` // inputs, in order; absent: input 0
	In   []int  `json:"in,omitempty"`
	Out  []int  `json:"out,omitempty"`  // absent: all 0
	Size int    `json:"size,omitempty"` // vmap: length of the mapped axis

	Order int `json:"order,omitempty"` // jet
}

// Apply is the transformed program.
func (t Transform) Apply(p *Program) (*Program, error) {
	wrt := t.Wrt
	if wrt == nil {
		wrt = []int{0}
	}
	switch t.Kind {
	case "jvp":
		return Jvp(p, wrt)
	case "vjp":
		return Vjp(p, wrt)
	case "grad":
		return Grad(p, wrt)
	case "value_and_grad":
		return ValueAndGrad(p, wrt)
	case "hvp":
		return Hvp(p, wrt)
	case "jacfwd":
		return JacobianForward(p, wrt)
	case "jacrev":
		return Jacobian(p, wrt)
	case "hessian":
		return Hessian(p, wrt)
	case "laplacian":
		return Laplacian(p, wrt)
	case "value_grad_laplacian":
		return ValueGradLaplacian(p, wrt)
	case "divergence":
		return Divergence(p, wrt)
	case "jet":
		return Jet(p, wrt, t.Order, t.In)
	case "square_norms":
		return SquareNorms(p)
	case "vmap":
		return Vmap(p, t.In, t.Out, t.Size)
	}
	return nil, spec.Errorf(spec.SpecError, "transform %q is none of jvp, vjp, grad, value_and_grad, hvp, jacfwd, jacrev, hessian, laplacian, value_grad_laplacian, divergence, jet, square_norms, vmap", t.Kind)
}

// begin starts a program with the inputs of p, whose calls it expands first, and checks wrt.
func begin(p *Program, wrt []int) (*Builder, *Program, []ID, error) {
	p, err := Inline(p)
	if err == nil { // a slice that a loop takes again and again has one cotangent
		p, err = Optimize(p, Passes{Common: true, Prune: true})
	}
	if err != nil {
		return nil, nil, nil, err
	}
	b := NewBuilder()
	in := make([]ID, p.Inputs)
	for i := range in {
		in[i] = b.Input(p.Nodes[i].Type)
	}
	for k, w := range wrt {
		if w < 0 || w >= p.Inputs || slices.Contains(wrt[:k], w) {
			return nil, nil, nil, spec.Errorf(spec.SpecError, "wrt %v: expected distinct inputs of %d", wrt, p.Inputs)
		}
		if !p.Nodes[w].Type.inexact() {
			return nil, nil, nil, spec.Errorf(spec.SpecError, "no derivative in input %d of %v: it needs a float or complex dtype", w, p.Nodes[w].Type)
		}
	}
	return b, p, in, nil
}

func (b *Builder) inputsLike(ids []ID) []ID {
	out := make([]ID, len(ids))
	for i, x := range ids {
		out[i] = b.Input(b.Type(x))
	}
	return out
}

func at(in []ID, wrt []int) []ID {
	out := make([]ID, len(wrt))
	for k, w := range wrt {
		out[k] = in[w]
	}
	return out
}

// smooth are the outputs that can have tangents.
func (p *Program) smooth() (k []int) {
	for i, o := range p.Outputs {
		if p.Nodes[o].Type.inexact() {
			k = append(k, i)
		}
	}
	return k
}

// Jvp is (x, tangents of x[wrt]) -> (y, tangents of the float and complex outputs).
func Jvp(p *Program, wrt []int) (q *Program, err error) { return forward(p, wrt, false) }

func forward(p *Program, wrt []int, split bool) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	b.split = split
	tan := full32(len(in), none)
	for k, t := range b.inputsLike(at(in, wrt)) {
		tan[wrt[k]] = t
	}
	out, tout := b.jvp(p, in, tan)
	for _, k := range p.smooth() {
		out = append(out, b.instantiate(tout[k], b.Type(out[k])))
	}
	return b.finish(out)
}

// finish is Finish after a check that no placeholder is left.
func (b *Builder) finish(out []ID) (*Program, error) {
	q := b.Finish(out...)
	for i := q.Inputs; i < len(q.Nodes); i++ {
		if q.Nodes[i].Op == OpInput {
			return nil, spec.Errorf(spec.InternalError, "a tangent is left in a transposed program")
		}
	}
	return q, nil
}

// Linearize cuts the derivative of p at x in two, so that what does not depend on the direction is computed once: value is x -> (y, residuals),
// linear is (residuals, x, tangents of x[wrt]) -> tangents of the float and complex outputs; with reverse (residuals, x, cotangents of those
// outputs) -> cotangents of x[wrt].
func Linearize(p *Program, wrt []int, reverse bool) (value, linear *Program, err error) {
	defer catch(&err)
	var q *Program
	if reverse {
		q, err = Vjp(p, wrt)
	} else {
		q, err = forward(p, wrt, true)
	}
	if err == nil {
		q, err = Optimize(q, AllPasses)
	}
	if err != nil {
		return nil, nil, err
	}
	lin, out := make([]bool, q.Inputs), make([]bool, len(q.Outputs))
	for k := range lin {
		lin[k] = k >= p.Inputs
	}
	for k := range out {
		out[k] = k >= len(p.Outputs)
	}
	value, linear = splitProgram(q, lin, out)
	return value, linear, nil
}

// Vjp is (x, cotangents of the float and complex outputs) -> (y, cotangents of x[wrt]).
func Vjp(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	cts := full32(len(p.Outputs), none)
	for _, k := range p.smooth() {
		cts[k] = b.Input(p.Nodes[p.Outputs[k]].Type)
	}
	out, grads := b.vjp(p, in, wrt, func([]ID) []ID { return cts })
	return b.finish(append(out, grads...))
}

// scalar refuses programs whose first output is not a real scalar.
func scalar(p *Program) error {
	if len(p.Outputs) == 0 {
		return spec.Errorf(spec.SpecError, "grad: the program has no output")
	}
	if t := p.Nodes[p.Outputs[0]].Type; t.Rank() != 0 || !floats.has(t.Dtype) {
		return shapeErr("grad needs a real scalar result, got %v", t).Try("vjp or jacobian; for a complex result grad of its real part")
	}
	return nil
}

// ValueAndGrad is x -> (y, gradients of the real scalar y[0] in x[wrt]).
func ValueAndGrad(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err == nil {
		err = scalar(p)
	}
	if err != nil {
		return nil, err
	}
	out, grads := b.vjp(p, in, wrt, func(out []ID) []ID {
		cts := full32(len(out), none)
		cts[0] = b.like(out[0], 1)
		return cts
	})
	return b.finish(append(out, grads...))
}

// inOne is ValueAndGrad in one number by forward mode.
func inOne(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	tan := full32(len(in), none)
	tan[wrt[0]] = b.like(in[wrt[0]], 1)
	out, tout := b.jvp(p, in, tan)
	t := b.instantiate(tout[0], b.Type(out[0]))
	return b.finish(append(out, b.Reshape(b.Convert(t, b.Type(in[wrt[0]]).Dtype), b.Type(in[wrt[0]]).Shape)))
}

// inForward is p after t where that is the derivative in one real number: in forward mode, as are the derivatives of that kind which p takes itself. The
// n-th then costs n+1 times the program, not 2^n. It is nil where t is another transformation or something has no forward mode; also where p takes
// no such derivative, unless it stands in another one.
func (t Transform) inForward(p *Program, inside bool) *Program {
	wrt := t.Wrt
	if wrt == nil {
		wrt = []int{0}
	}
	if t.Kind != "grad" && t.Kind != "value_and_grad" || len(wrt) != 1 || uint(wrt[0]) >= uint(p.Inputs) {
		return nil
	}
	if x := p.Nodes[wrt[0]].Type; x.Len() != 1 || !floats.has(x.Dtype) || scalar(p) != nil || p.backwardOnly() {
		return nil
	}
	q := &Program{Nodes: slices.Clone(p.Nodes), Inputs: p.Inputs, Outputs: p.Outputs}
	for i := range q.Nodes {
		n := &q.Nodes[i]
		if n.Op != OpCall || len(n.Attrs.Transforms) != 1 {
			continue
		}
		if f := n.Attrs.Transforms[0].inForward(n.Attrs.Program, true); f != nil {
			a := *n.Attrs
			a.expanded = f
			n.Attrs, inside = &a, true
		}
	}
	if !inside {
		return nil
	}
	q, err := inOne(q, wrt)
	if err != nil {
		return nil
	}
	if t.Kind == "grad" {
		q.Outputs = q.Outputs[len(q.Outputs)-1:]
		q = Prune(q)
	}
	return q
}

// backwardOnly tells that something in p has a derivative rule for reverse mode alone.
func (p *Program) backwardOnly() bool {
	return slices.ContainsFunc(p.Nodes, func(n Node) bool {
		if n.Op == OpCustomVjp || n.Op == OpCustomLinear {
			return true
		}
		a := n.attrs()
		return a.Program != nil && a.Program.backwardOnly() || slices.ContainsFunc(a.Rules, (*Program).backwardOnly)
	})
}

// Grad is x -> gradients of the real scalar y[0] in x[wrt]; of a complex input a + ib it is dL/da - i dL/db.
func Grad(p *Program, wrt []int) (*Program, error) {
	q, err := ValueAndGrad(p, wrt)
	if err != nil {
		return nil, err
	}
	r := *q
	r.Outputs = q.Outputs[len(p.Outputs):]
	return Prune(&r), nil
}

// Hvp is (x, tangents v of x[wrt]) -> H v, the tangents of the gradients: forward over reverse.
func Hvp(p *Program, wrt []int) (*Program, error) {
	g, err := Grad(p, wrt)
	if err != nil {
		return nil, err
	}
	j, err := Jvp(g, wrt)
	if err != nil {
		return nil, err
	}
	r := *j
	r.Outputs = j.Outputs[len(wrt):]
	return Prune(&r), nil
}

// Vmap turns a program for one element into one for size of them: axis in[k] of input k is mapped (-1: not), and the mapped axis stands at
// out[k] of output k (nil: all 0).
func Vmap(p *Program, in, out []int, size int) (q *Program, err error) {
	defer catch(&err)
	p, err = Inline(p)
	if err != nil {
		return nil, err
	}
	if len(in) != p.Inputs || out != nil && len(out) != len(p.Outputs) || size < 0 {
		return nil, spec.Errorf(spec.SpecError, "vmap: in %v, out %v, size %d for %d inputs and %d outputs", in, out, size, p.Inputs, len(p.Outputs))
	}
	b := NewBuilder()
	ids, flags := make([]ID, p.Inputs), make([]bool, p.Inputs)
	for i := range ids {
		t := p.Nodes[i].Type
		if flags[i] = in[i] >= 0; flags[i] {
			if in[i] > t.Rank() {
				return nil, shapeErr("vmap: axis %d of an input of rank %d", in[i], t.Rank()+1)
			}
			t.Shape = slices.Insert(slices.Clone(t.Shape), in[i], size)
		}
		ids[i] = b.Input(t)
	}
	for i := range ids {
		if flags[i] {
			ids[i] = b.moveAxis(ids[i], in[i], 0)
		}
	}
	outs, batched := b.vmap(p, ids, flags, size)
	outs = b.batchAll(outs, batched, size)
	for k, o := range out {
		if o < 0 || o >= b.Type(outs[k]).Rank() {
			return nil, shapeErr("vmap: out axis %d of a result of rank %d", o, b.Type(outs[k]).Rank())
		}
		outs[k] = b.moveAxis(outs[k], 0, o)
	}
	return b.finish(outs)
}

// basis are the unit arrays of type t, stacked along axis 0.
func (b *Builder) basis(t Type) ID {
	n := t.Len()
	return b.Reshape(b.eye(t.Dtype, nil, n, n), cat([]int{n}, t.Shape))
}

// JacobianForward is x -> for each output and each of wrt the array of shape y.shape + x.shape, by mapped JVPs: one column of x at a time.
func JacobianForward(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	cols := make([][]ID, len(p.Outputs))
	for _, w := range wrt {
		t := b.Type(in[w])
		one := NewBuilder()
		ids := one.inputsOf(p)
		tan := full32(len(in), none)
		tan[w] = one.Input(t)
		_, tout := one.jvp(p, ids, tan)
		for k, o := range p.Outputs {
			tout[k] = one.instantiate(tout[k], p.Nodes[o].Type)
		}
		f := one.Finish(tout...)
		n := t.Len()
		outs, batched := b.vmap(f, append(slices.Clone(in), b.basis(t)), append(make([]bool, len(in)), true), n)
		for k, o := range b.batchAll(outs, batched, n) {
			o = b.moveAxis(o, 0, b.Type(o).Rank()-1)
			s := b.Type(o).Shape
			cols[k] = append(cols[k], b.Reshape(o, cat(s[:len(s)-1], t.Shape)))
		}
	}
	return b.finish(slices.Concat(cols...))
}

func (b *Builder) inputsOf(p *Program) []ID {
	ids := make([]ID, p.Inputs)
	for i := range ids {
		ids[i] = b.Input(p.Nodes[i].Type)
	}
	return ids
}

// Jacobian is JacobianForward by mapped VJPs: one row, an element of y, at a time.
func Jacobian(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	var all []ID
	for k, o := range p.Outputs {
		t := p.Nodes[o].Type
		if !t.inexact() {
			throw(shapeErr("jacobian: output %d is %v; it needs a float or complex dtype", k, t))
		}
		for _, w := range wrt {
			if t.complex() && !p.Nodes[w].Type.complex() {
				throw(shapeErr("jacobian: complex output %d of the real input %d", k, w).Try("jacfwd"))
			}
		}
		one := NewBuilder()
		ids := one.inputsOf(p)
		ct := one.Input(t)
		_, grads := one.vjp(p, ids, wrt, func(out []ID) []ID {
			cts := full32(len(out), none)
			cts[k] = ct
			return cts
		})
		f := one.Finish(grads...)
		n := t.Len()
		outs, batched := b.vmap(f, append(slices.Clone(in), b.basis(t)), append(make([]bool, len(in)), true), n)
		for _, g := range b.batchAll(outs, batched, n) {
			all = append(all, b.Reshape(g, cat(t.Shape, b.Type(g).Shape[1:])))
		}
	}
	return b.finish(all)
}

// Hessian is x -> for each pair (i, j) of wrt the second derivatives of y[0], of shape x_i.shape + x_j.shape: forward over reverse.
func Hessian(p *Program, wrt []int) (*Program, error) {
	g, err := Grad(p, wrt)
	if err != nil {
		return nil, err
	}
	return JacobianForward(g, wrt)
}

// Laplacian is x -> (y, Laplacians of the float and complex outputs in the real inputs wrt, of the shapes of y).
func Laplacian(p *Program, wrt []int) (*Program, error) {
	q, err := ValueGradLaplacian(p, wrt)
	if err != nil {
		return nil, err
	}
	y, smooth := len(p.Outputs), len(p.smooth())
	r := *q
	r.Outputs = slices.Concat(q.Outputs[:y], q.Outputs[len(q.Outputs)-smooth:])
	return Prune(&r), nil
}

// ValueGradLaplacian is x -> (y, for each float or complex output, for each of wrt: y.shape + x.shape, then the Laplacians of these outputs).
func ValueGradLaplacian(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := beginReal("laplacian", p, wrt)
	if err != nil {
		return nil, err
	}
	l, out, c := b.propagate(p, in, wrt, true)
	var laps []ID
	for _, k := range p.smooth() {
		t := p.Nodes[p.Outputs[k]].Type
		for i, w := range wrt {
			out = append(out, l.gradient(c[k].jac, i, t, p.Nodes[w].Type.Shape))
		}
		laps = append(laps, b.instantiate(c[k].lap, t))
	}
	return b.finish(append(out, laps...))
}

// Divergence is x -> (y, sum over k of the traces of dy[k]/dx[wrt[k]], output k having the shape of that input).
func Divergence(p *Program, wrt []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := beginReal("divergence", p, wrt)
	if err != nil {
		return nil, err
	}
	if len(p.Outputs) != len(wrt) {
		return nil, shapeErr("divergence: expected %d outputs, one for each input it is taken in, got %d", len(wrt), len(p.Outputs))
	}
	l, out, c := b.propagate(p, in, wrt, false)
	total := none
	for k, w := range wrt {
		x, y := p.Nodes[w].Type, p.Nodes[p.Outputs[k]].Type
		if !slices.Equal(x.Shape, y.Shape) || !y.inexact() {
			return nil, shapeErr("divergence: output %d is %v, its coordinates are %v", k, y, x)
		}
		total = b.addTo(total, l.trace(c[k].jac, k, x.Shape))
	}
	return b.finish(append(out, b.instantiate(total, Type{p.Nodes[p.Outputs[0]].Type.Dtype, []int{}})))
}

// beginReal is begin for derivatives that sum over real coordinates.
func beginReal(what string, p *Program, wrt []int) (*Builder, *Program, []ID, error) {
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, w := range wrt {
		if p.Nodes[w].Type.complex() {
			return nil, nil, nil, spec.Errorf(spec.SpecError, "%s: input %d is %v; it sums over real coordinates", what, w, p.Nodes[w].Type).Try("x + 1j * y of real x and y")
		}
	}
	return b, p, in, nil
}

// SquareNorms is x -> for each output [batch, ...] the sums of |y|^2 over all axes but the first, without making outer products.
func SquareNorms(p *Program) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, nil)
	if err != nil {
		return nil, err
	}
	var out []ID
	for k, y := range b.inline(p, in) {
		if t := b.Type(y); t.Rank() == 0 || !t.inexact() {
			return nil, shapeErr("square_norms: output %d is %v; it needs a batch axis and a float or complex dtype", k, t)
		}
		out = append(out, b.squareNorms(y))
	}
	return b.finish(out)
}

// squareNorms follows y to the product it is: with axes (batch, free x, free y), |sum_t x_t y_t|^2 is the sum over t and s of
// (x_t . x_s) (y_t . y_s), which is cheaper where few t are summed.
func (b *Builder) squareNorms(y ID) ID {
	n, t := &b.p.Nodes[y], b.Type(y)
	rest := span(1, t.Rank())
	switch n.Op {
	case OpNeg:
		return b.squareNorms(n.Args[0])
	case OpTranspose:
		if n.attrs().Axes[0] == 0 {
			return b.squareNorms(n.Args[0])
		}
	case OpReshape:
		if from := b.Type(n.Args[0]).Shape; len(from) > 0 && from[0] == t.Shape[0] {
			return b.squareNorms(n.Args[0])
		}
	case OpDotGeneral:
		a := n.attrs()
		if t.complex() || len(a.Batch[0]) != 1 {
			break
		}
		args, terms := slices.Clone(n.Args), 1
		d := dims(a, b.Type(args[0]).Rank(), b.Type(args[1]).Rank())
		var free [2]int
		for s, x := range args {
			free[s] = count(pick(b.Type(x).Shape, d.free[s]))
		}
		for _, axis := range a.Contract[0] {
			terms *= b.Type(args[0]).Shape[axis]
		}
		if terms*(free[0]+free[1]) >= free[0]*free[1] {
			break
		}
		var grams [2]ID
		for s, x := range args { // [batch, t..., s...]
			own := cat(a.Batch[s], d.free[s])
			x = b.Transpose(x, cat(own, a.Contract[s]))
			x = b.Reshape(x, []int{t.Shape[0], free[s], terms})
			grams[s] = b.Dot(x, x, [2][]int{{1}, {1}}, [2][]int{{0}, {0}})
		}
		return b.Sum(b.Mul(grams[0], grams[1]), 1, 2)
	}
	if t.complex() {
		return b.Sum(b.Add(b.Square(b.Real(y)), b.Square(b.Imag(y))), rest...)
	}
	return b.Sum(b.Square(y), rest...)
}
