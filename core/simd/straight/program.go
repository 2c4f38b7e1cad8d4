// Package straight writes vector kernels as assembly from scalar Go functions without loops, so that the two do the same operations.
//
// Such a function has float64 or float32 arguments, results and variables, unsigned integers for their bits, and booleans. It may assign, call
// others of its kind, and branch: an if whose body assigns or returns; both ways are computed and merged. Of calls it knows math.FMA and FMA32,
// math.Sqrt, math.Abs, math.Copysign, the conversions to bits and back, horner and evenOdd on tables, least and most. Shifts are by constants.
package straight

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"os"
	"path/filepath"
	"strings"
)

type op uint8

const (
	opInput op = iota
	opConst
	opAdd
	opSub
	opMul
	opDiv
	opFMA // ±x y ± z
	opSqrt
	opLeast
	opMost
	opAnd
	opOr
	opXor
	opAndNot // x &^ y
	opAddBits
	opSubBits
	opLeft
	opRight
	opCompare
	opMaskAnd
	opMaskOr
	opMaskNot
	opSelect // x where z, else y
	opNeg
)

// node is one operation; nodes are shared by what they compute.
type node struct {
	op      op
	x, y, z *node
	bits    uint64 // of a constant; the number of an input, a shift, the predicate of a comparison
	minusXY bool
	minusZ  bool
	mask    bool
}

type key struct {
	op      op
	x, y, z *node
	bits    uint64
	mxy, mz bool
}

// Source is a package's functions, with the values of its constants and tables.
type Source struct {
	info   *types.Info
	funcs  map[string]*ast.FuncDecl
	tables map[string][]ast.Expr
	set    *token.FileSet
}

// Read parses the files of a folder that import no more than package math and this module.
func Read(folder string) (*Source, error) {
	s := &Source{info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}, funcs: map[string]*ast.FuncDecl{}, tables: map[string][]ast.Expr{}, set: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_amd64.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(s.set, name, text, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					s.funcs[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if !ok || d.Tok != token.VAR || len(v.Names) != len(v.Values) {
						continue
					}
					for i, value := range v.Values {
						if list, ok := value.(*ast.CompositeLit); ok {
							s.tables[v.Names[i].Name] = list.Elts
						}
					}
				}
			}
		}
	}
	check := types.Config{Error: func(error) {}, Importer: nowhere{}}
	_, _ = check.Check("functions", s.set, files, s.info)
	return s, nil
}

// File is the name of the file that function stands in, without its ending.
func (s *Source) File(function string) string {
	return strings.TrimSuffix(filepath.Base(s.set.Position(s.funcs[function].Pos()).Filename), ".go")
}

// nowhere knows the constants of package math and nothing else.
type nowhere struct{}

func (nowhere) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, filepath.Base(path))
	if path == "math" {
		for name, digits := range map[string]string{"Ln2": "0.693147180559945309417232121458176568075500134360255254120680009",
			"Pi": "3.14159265358979323846264338327950288419716939937510582097494459", "Sqrt2": "1.41421356237309504880168872420969807856967187537694807317667974",
			"MaxFloat64": "0x1.fffffffffffffp1023", "MaxFloat32": "0x1.fffffep127"} {
			p.Scope().Insert(types.NewConst(0, p, name, types.Typ[types.UntypedFloat], constant.MakeFromLiteral(digits, token.FLOAT, 0)))
		}
		f := func(name string, to types.BasicKind, from ...types.BasicKind) {
			var args []*types.Var
			for _, k := range from {
				args = append(args, types.NewParam(0, p, "", types.Typ[k]))
			}
			out := types.NewTuple(types.NewParam(0, p, "", types.Typ[to]))
			p.Scope().Insert(types.NewFunc(0, p, name, types.NewSignatureType(nil, nil, nil, types.NewTuple(args...), out, false)))
		}
		const d = types.Float64
		f("FMA", d, d, d, d)
		f("Sqrt", d, d)
		f("Abs", d, d)
		f("Copysign", d, d, d)
		f("Float64bits", types.Uint64, d)
		f("Float64frombits", d, types.Uint64)
		f("Float32bits", types.Uint32, types.Float32)
		f("Float32frombits", types.Float32, types.Uint32)
		f("NaN", d)
	}
	if strings.HasSuffix(path, "simd") {
		const s = types.Float32
		v := func() *types.Var { return types.NewParam(0, p, "", types.Typ[s]) }
		p.Scope().Insert(types.NewFunc(0, p, "FMA32", types.NewSignatureType(nil, nil, nil, types.NewTuple(v(), v(), v()), types.NewTuple(v()), false)))
	}
	p.MarkComplete()
	return p, nil
}

// program is the nodes of one kernel.
type program struct {
	s      *Source
	single bool
	known  map[key]*node
}

type scope map[string]*node

func (p *program) fail(at ast.Node, format string, args ...any) {
	panic(fmt.Sprintf("%s: %s", p.s.set.Position(at.Pos()), fmt.Sprintf(format, args...)))
}

func (p *program) node(n node) *node {
	k := key{n.op, n.x, n.y, n.z, n.bits, n.minusXY, n.minusZ}
	if old := p.known[k]; old != nil {
		return old
	}
	out := &n
	p.known[k] = out
	return out
}

func (p *program) constant(bits uint64) *node { return p.node(node{op: opConst, bits: bits}) }

func (p *program) number(x float64) *node {
	if p.single {
		return p.constant(uint64(math.Float32bits(float32(x))))
	}
	return p.constant(math.Float64bits(x))
}

func (p *program) sign() *node {
	if p.single {
		return p.constant(1 << 31)
	}
	return p.constant(1 << 63)
}

func (p *program) binary(o op, x, y *node) *node {
	return p.node(node{op: o, x: p.plain(x), y: p.plain(y)})
}

// negative is -x: a constant, or a sign that a fused product takes in.
func (p *program) negative(x *node) *node {
	switch x.op {
	case opConst:
		return p.constant(x.bits ^ p.sign().bits)
	case opNeg:
		return x.x
	}
	return p.node(node{op: opNeg, x: x})
}

func (p *program) fma(x, y, z *node) *node {
	n := node{op: opFMA, x: x, y: y, z: z}
	for _, f := range []**node{&n.x, &n.y} {
		if (*f).op == opNeg {
			*f, n.minusXY = (*f).x, !n.minusXY
		}
	}
	if n.z.op == opNeg {
		n.z, n.minusZ = n.z.x, true
	}
	return p.node(n)
}

// call inlines f.
func (p *program) call(f *ast.FuncDecl, args []*node) []*node {
	vars := scope{}
	i := 0
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			vars[name.Name] = args[i]
			i++
		}
	}
	named := []string{}
	if f.Type.Results != nil {
		for _, field := range f.Type.Results.List {
			for _, name := range field.Names {
				named = append(named, name.Name)
			}
		}
	}
	return p.block(f.Body.List, vars, named)
}

func (p *program) block(list []ast.Stmt, vars scope, named []string) []*node {
	for i, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			p.assign(s, vars)
		case *ast.ReturnStmt:
			return p.results(s, vars, named)
		case *ast.IfStmt:
			if s.Init != nil || s.Else != nil {
				p.fail(s, "an if without else and assignment")
			}
			mask := p.value(s.Cond, vars)
			inner := scope{}
			for k, v := range vars {
				inner[k] = v
			}
			if r, ok := s.Body.List[len(s.Body.List)-1].(*ast.ReturnStmt); ok {
				p.block(s.Body.List[:len(s.Body.List)-1], inner, named)
				then, rest := p.results(r, inner, named), p.block(list[i+1:], vars, named)
				for j := range rest {
					rest[j] = p.choose(mask, then[j], rest[j])
				}
				return rest
			}
			p.block(s.Body.List, inner, named)
			for k, v := range vars {
				if inner[k] != v {
					vars[k] = p.choose(mask, inner[k], v)
				}
			}
		default:
			p.fail(s, "a statement that vectors do not have")
		}
	}
	return nil
}

func (p *program) choose(mask, x, y *node) *node {
	if x == y {
		return x
	}
	return p.node(node{op: opSelect, x: p.plain(x), y: p.plain(y), z: mask})
}

// plain is x with a sign that stands apart brought in.
func (p *program) plain(x *node) *node {
	if x.op == opNeg {
		return p.node(node{op: opXor, x: x.x, y: p.sign()})
	}
	return x
}

func (p *program) results(r *ast.ReturnStmt, vars scope, named []string) []*node {
	if len(r.Results) == 0 {
		out := make([]*node, len(named))
		for i, name := range named {
			out[i] = vars[name]
		}
		return out
	}
	return p.values(r.Results, vars)
}

func (p *program) values(list []ast.Expr, vars scope) []*node {
	if len(list) == 1 {
		if c, ok := list[0].(*ast.CallExpr); ok {
			if id, ok := c.Fun.(*ast.Ident); ok && p.s.funcs[id.Name] != nil && builtin[id.Name] == nil && !onTable[id.Name] {
				return p.call(p.s.funcs[id.Name], p.arguments(c, vars))
			}
		}
	}
	out := make([]*node, len(list))
	for i, e := range list {
		out[i] = p.value(e, vars)
	}
	return out
}

func (p *program) arguments(c *ast.CallExpr, vars scope) []*node { return p.values(c.Args, vars) }

func (p *program) assign(s *ast.AssignStmt, vars scope) {
	values := p.values(s.Rhs, vars)
	for i, l := range s.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			p.fail(l, "a variable")
		}
		switch s.Tok {
		case token.ASSIGN, token.DEFINE:
			vars[id.Name] = values[i]
		default:
			p.fail(s, "plain assignment")
		}
	}
}
