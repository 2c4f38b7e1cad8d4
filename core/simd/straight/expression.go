package straight

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"math"
)

// comparisons by the predicates of VCMPPD.
var comparisons = map[token.Token]uint64{token.EQL: 0, token.LSS: 1, token.LEQ: 2, token.NEQ: 4, token.GEQ: 13, token.GTR: 14}

func (p *program) value(e ast.Expr, vars scope) *node {
	if id, ok := e.(*ast.Ident); ok && vars[id.Name] != nil {
		return vars[id.Name]
	}
	if tv := p.s.info.Types[e]; tv.Value != nil {
		return p.literal(e, tv)
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return p.value(e.X, vars)
	case *ast.UnaryExpr:
		x := p.value(e.X, vars)
		switch e.Op {
		case token.SUB:
			return p.negative(x)
		case token.NOT:
			return p.node(node{op: opMaskNot, x: x, mask: true})
		}
	case *ast.BinaryExpr:
		return p.operator(e, vars)
	case *ast.CallExpr:
		return p.function(e, vars)
	case *ast.IndexExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			if i, ok := constant.Int64Val(p.s.info.Types[e.Index].Value); ok && p.s.tables[id.Name] != nil {
				return p.table(id)[i]
			}
		}
	}
	p.fail(e, "an expression that vectors do not have")
	return nil
}

func (p *program) literal(e ast.Expr, tv types.TypeAndValue) *node {
	basic, _ := tv.Type.Underlying().(*types.Basic)
	if basic != nil && basic.Info()&types.IsInteger != 0 && basic.Kind() != types.UntypedInt {
		v, ok := constant.Uint64Val(constant.ToInt(tv.Value))
		if !ok {
			p.fail(e, "an unsigned constant")
		}
		return p.constant(v)
	}
	if p.single {
		v, _ := constant.Float32Val(constant.ToFloat(tv.Value))
		return p.number(float64(v))
	}
	v, _ := constant.Float64Val(constant.ToFloat(tv.Value))
	return p.number(v)
}

func (p *program) table(id *ast.Ident) []*node {
	elements := p.s.tables[id.Name]
	if elements == nil {
		p.fail(id, "a table")
	}
	out := make([]*node, len(elements))
	for i, e := range elements {
		out[i] = p.literal(e, p.s.info.Types[e])
	}
	return out
}

func (p *program) operator(e *ast.BinaryExpr, vars scope) *node {
	x, y := p.value(e.X, vars), p.value(e.Y, vars)
	bits := p.isBits(e.X)
	if predicate, ok := comparisons[e.Op]; ok {
		return p.node(node{op: opCompare, x: p.plain(x), y: p.plain(y), bits: predicate, mask: true})
	}
	switch e.Op {
	case token.ADD, token.SUB:
		if bits {
			return p.binary(map[token.Token]op{token.ADD: opAddBits, token.SUB: opSubBits}[e.Op], x, y)
		}
		if e.Op == token.SUB {
			y = p.negative(y)
		}
		switch { // of the forms x + y, x - y, y - x, -(x + y)
		case y.op == opNeg:
			return p.binary(opSub, p.plain(x), y.x)
		case x.op == opNeg:
			return p.binary(opSub, y, x.x)
		}
		return p.binary(opAdd, x, y)
	case token.MUL, token.QUO:
		o := map[token.Token]op{token.MUL: opMul, token.QUO: opDiv}[e.Op]
		if x.op == opNeg {
			return p.negative(p.binary(o, x.x, p.plain(y)))
		}
		if y.op == opNeg {
			return p.negative(p.binary(o, x, y.x))
		}
		return p.binary(o, x, y)
	case token.AND:
		return p.binary(opAnd, x, y)
	case token.OR:
		return p.binary(opOr, x, y)
	case token.XOR:
		return p.binary(opXor, x, y)
	case token.AND_NOT:
		return p.binary(opAndNot, x, y)
	case token.SHL, token.SHR:
		n, ok := constant.Uint64Val(p.s.info.Types[e.Y].Value)
		if !ok {
			p.fail(e, "a constant shift")
		}
		return p.node(node{op: map[token.Token]op{token.SHL: opLeft, token.SHR: opRight}[e.Op], x: x, bits: n})
	case token.LAND:
		return p.node(node{op: opMaskAnd, x: x, y: y, mask: true})
	case token.LOR:
		return p.node(node{op: opMaskOr, x: x, y: y, mask: true})
	}
	p.fail(e, "an operator that vectors do not have")
	return nil
}

func (p *program) isBits(e ast.Expr) bool {
	b, _ := p.s.info.Types[e].Type.Underlying().(*types.Basic)
	return b != nil && b.Info()&types.IsInteger != 0
}

func (p *program) function(c *ast.CallExpr, vars scope) *node {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	if onTable[name] {
		list := p.table(c.Args[0].(*ast.SliceExpr).X.(*ast.Ident))
		x := p.value(c.Args[1], vars)
		if name == "horner" || name == "horner32" {
			return p.horner(list, x)
		}
		return p.evenOdd(list, x)
	}
	if f := p.s.funcs[name]; f != nil && builtin[name] == nil {
		return p.call(f, p.arguments(c, vars))[0]
	}
	args := p.arguments(c, vars)
	if name == "FMA" || name == "FMA32" {
		return p.fma(args[0], args[1], args[2])
	}
	if (name == "float64" || name == "float32") && len(args) == 1 {
		return args[0]
	}
	if b := builtin[name]; b != nil {
		for i := range args {
			args[i] = p.plain(args[i])
		}
		return b(p, args)
	}
	p.fail(c, "%s is not known to vectors", name)
	return nil
}

var onTable = map[string]bool{"horner": true, "evenOdd": true, "horner32": true, "evenOdd32": true}

var builtin = map[string]func(p *program, a []*node) *node{
	"Sqrt":            func(p *program, a []*node) *node { return p.node(node{op: opSqrt, x: a[0]}) },
	"sqrt32":          func(p *program, a []*node) *node { return p.node(node{op: opSqrt, x: a[0]}) },
	"Abs":             (*program).abs,
	"abs32":           (*program).abs,
	"Copysign":        (*program).copysign,
	"copysign32":      (*program).copysign,
	"Float64bits":     func(p *program, a []*node) *node { return a[0] },
	"Float64frombits": func(p *program, a []*node) *node { return a[0] },
	"Float32bits":     func(p *program, a []*node) *node { return a[0] },
	"Float32frombits": func(p *program, a []*node) *node { return a[0] },
	"least":           func(p *program, a []*node) *node { return p.binary(opLeast, a[0], a[1]) },
	"most":            func(p *program, a []*node) *node { return p.binary(opMost, a[0], a[1]) },
	"least32":         func(p *program, a []*node) *node { return p.binary(opLeast, a[0], a[1]) },
	"most32":          func(p *program, a []*node) *node { return p.binary(opMost, a[0], a[1]) },
	"NaN":             func(p *program, a []*node) *node { return p.number(math.NaN()) },
	"nan32":           func(p *program, a []*node) *node { return p.number(math.NaN()) },
}

func (p *program) abs(a []*node) *node { return p.binary(opAnd, a[0], p.constant(p.sign().bits-1)) }

func (p *program) copysign(a []*node) *node {
	return p.binary(opOr, p.abs(a[:1]), p.binary(opAnd, a[1], p.sign()))
}

func (p *program) horner(c []*node, x *node) *node {
	y := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		y = p.fma(y, x, c[i])
	}
	return y
}

// evenOdd does the operations of the function of that name.
func (p *program) evenOdd(c []*node, x *node) *node {
	z := p.binary(opMul, x, x)
	n := len(c) - 1
	a, b := c[n], c[n-1]
	for i := n - 2; i > 0; i -= 2 {
		a, b = p.fma(a, z, c[i]), p.fma(b, z, c[i-1])
	}
	if n&1 != 0 {
		return p.fma(a, x, b)
	}
	return p.fma(b, x, p.fma(a, z, c[0]))
}
