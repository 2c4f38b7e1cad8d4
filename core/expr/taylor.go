package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/spec"
)

// Taylor mode: the coefficients of y(t) = f(x(t)), y(t) = y_0 + y_1 t + y_2 t^2 + ..., to any order, at a cost that grows with the square of
// the order (nested forward mode: as its exponential). For an operation f the JVP of the op table says y'(t) = D(x(t), y(t)) x'(t), so
//
//	y_k = [t^(k-1)] D x' / k,
//
// where the nodes of D are series themselves, needed to order k - 1 only: with products by Cauchy's formula and division by its recurrence
// (G. Corliss, Y. F. Chang, ACM TOMS 8, 114 (1982)) the known recurrences of exp, log, sin, tanh, ... come out, and those of all other
// operations. Coefficients are made when they are asked for.

type taylor struct {
	*Builder
	order  int
	known  map[ID][]ID // coefficients, from the first on; unknown where nobody asked yet
	varies map[ID]bool
	shift  map[ID]ID   // v is dx/dt of this x: its coefficients are (k+1) x_(k+1)
	slopes map[ID][]ID // dy/dt of the results of a node
	linear map[ID]bool
}

const unknown ID = -2

// changes reports whether x depends on t.
func (s *taylor) changes(x ID) bool {
	v, ok := s.varies[x]
	if !ok {
		n := &s.p.Nodes[x]
		d := table[n.Op]
		args := n.Args
		if n.Op == OpResult {
			args = s.p.Nodes[args[0]].Args
		}
		v = n.Type.inexact() && (n.Op == OpResult || d.jvp != nil || d.jvps != nil || d.forward != nil || d.within != nil) && slices.ContainsFunc(args, s.changes)
		s.varies[x] = v
	}
	return v
}

// coefficient is that of t^k, none if it is zero.
func (s *taylor) coefficient(x ID, k int) ID {
	if k == 0 {
		return x
	}
	if !s.changes(x) {
		return none
	}
	row := s.known[x]
	if row == nil {
		row = full32(s.order, unknown)
		s.known[x] = row
	}
	if row[k-1] == unknown {
		row[k-1] = s.compute(x, k)
	}
	return row[k-1]
}

func (s *taylor) compute(x ID, k int) ID {
	if from, ok := s.shift[x]; ok {
		return s.times(s.coefficient(from, k+1), float64(k+1))
	}
	n := s.p.Nodes[x]
	switch op := n.Op; {
	case op == OpInput: // beyond the order that is given
		return none
	case op == OpResult:
		return s.result(n.Args[0], n.Attrs.N, k)
	case op == OpMul || op == OpMulz || op == OpDotGeneral:
		return s.product(n, k)
	case op == OpDiv && s.changes(n.Args[1]):
		// z_k = (x_k - sum_j>0 z_(k-j) y_j) / y_0
		rest := s.convolve(k, 1, func(j int) ID { return s.of(OpMul, nil, s.coefficient(x, k-j), s.coefficient(n.Args[1], j)) })
		return s.of(OpDiv, nil, s.minus(s.coefficient(n.Args[0], k), rest), n.Args[1])
	case op == OpIntegerPow && n.attrs().N != 0:
		return s.power(x, n, k)
	case op == OpSolve && s.changes(n.Args[0]):
		// op(a_0) z_k = b_k - sum_j>0 op(a_j) z_(k-j)
		rest := s.convolve(k, 1, func(j int) ID {
			a := s.coefficient(n.Args[0], j)
			if a != none && n.attrs().Trans {
				a = s.swapLast(a)
			}
			return s.matrices(a, s.coefficient(x, k-j))
		})
		return s.of(OpSolve, n.Attrs, n.Args[0], s.minus(s.coefficient(n.Args[1], k), rest))
	case op == OpInv:
		rest := s.convolve(k, 1, func(j int) ID { return s.matrices(s.coefficient(n.Args[0], j), s.coefficient(x, k-j)) })
		return s.minus(none, s.matrices(x, rest))
	}
	return s.result(x, 0, k)
}

// of applies op where no operand is zero.
func (s *taylor) of(op Op, a *Attrs, x ...ID) ID {
	if slices.Contains(x, none) {
		return none
	}
	return s.emit(op, a, x...)
}

func (s *taylor) matrices(x, y ID) ID {
	if x == none || y == none {
		return none
	}
	return s.MatMul(x, y)
}

func (s *taylor) minus(x, y ID) ID {
	switch {
	case y == none:
		return x
	case x == none:
		return s.Neg(y)
	}
	return s.Sub(x, y)
}

func (s *taylor) times(x ID, v float64) ID {
	if x == none || v == 1 {
		return x
	}
	return s.Scale(x, v)
}

// convolve is the sum of term(j), from j to k.
func (s *taylor) convolve(k, from int, term func(j int) ID) ID {
	total := none
	for j := from; j <= k; j++ {
		total = s.addTo(total, term(j))
	}
	return total
}

// product is Cauchy's formula for a bilinear operation; a square has each pair once.
func (s *taylor) product(n Node, k int) ID {
	x, y := n.Args[0], n.Args[1]
	term := func(j int) ID { return s.of(n.Op, n.Attrs, s.coefficient(x, j), s.coefficient(y, k-j)) }
	if u, v := &s.p.Nodes[x], &s.p.Nodes[y]; n.Op == OpMul && u.Op == OpSub && v.Op == OpAdd && u.Args[1] == v.Args[1] && s.sameNumber(u.Args[0], v.Args[0]) {
		// (c - u) (c + u), as in the derivative of atanh, changes as -u^2
		return s.minus(none, s.product(Node{Op: OpMul, Args: []ID{u.Args[1], u.Args[1]}}, k))
	}
	if x != y || n.Op == OpDotGeneral {
		return s.convolve(k, 0, term)
	}
	total := s.times(s.convolve((k-1)/2, 0, term), 2)
	if k%2 == 0 {
		total = s.addTo(total, term(k/2))
	}
	return total
}

func (s *taylor) sameNumber(x, y ID) bool {
	u, ok := s.uniform(x)
	v, both := s.uniform(y)
	return ok && both && u == v
}

// power is x^n as the product of two halves, 1 / x^-n for negative n.
func (s *taylor) power(y ID, n Node, k int) ID {
	x, e := n.Args[0], n.Attrs.N
	parts := s.slopes[y]
	if parts == nil {
		if e < 0 {
			parts = []ID{s.Div(s.like(x, 1), s.IntegerPow(x, -e))}
		} else if e > 1 {
			half := s.power1(x, e/2)
			rest := half
			if e%2 == 1 {
				rest = s.power1(x, e-e/2)
			}
			parts = []ID{s.Mul(half, rest)}
		} else {
			parts = []ID{x}
		}
		s.slopes[y] = parts
	}
	return s.coefficient(parts[0], k)
}

func (s *taylor) power1(x ID, n int) ID {
	if n == 1 {
		return x
	}
	return s.IntegerPow(x, n)
}

// result is coefficient k of a result of node first: that of its JVP along dx/dt.
func (s *taylor) result(first ID, which, k int) ID {
	n := s.p.Nodes[first]
	args := slices.Clone(n.Args)
	y := []ID{first}
	if table[n.Op].results != nil {
		for j := 1; j < s.p.Results(first); j++ {
			y = append(y, s.Result(first, j))
		}
	}
	along := func(t []ID) []ID {
		if slices.Max(t) == none {
			return full32(len(y), none)
		}
		switch d := table[n.Op]; {
		case d.forward != nil:
			_, ty := d.forward(s.Builder, &n, args, t)
			return ty
		case d.jvps != nil:
			return d.jvps(s.Builder, &n, args, y, t)
		}
		ids := span32(0, int(first)+1)
		return []ID{s.tangent(pushed{p: &s.p, ids: ids, at: first}, args, t)}
	}
	linear, ok := s.linear[first]
	if !ok {
		set := make([]bool, len(args))
		for i, x := range args {
			set[i] = s.changes(x)
		}
		f := s.alone(&n, args)
		g, _ := tangentsOf(f, set)
		h, _ := secondOf(f, g, set)
		linear = len(h.Outputs) == 0
		s.linear[first] = linear
	}
	t := make([]ID, len(args))
	if linear {
		for i, x := range args {
			t[i] = none
			if s.changes(x) {
				t[i] = s.coefficient(x, k)
			}
		}
		return along(t)[which]
	}
	if s.slopes[first] == nil {
		for i, x := range args {
			t[i] = none
			if s.changes(x) { // a node of its own: what it stands for is not its operand's series
				t[i] = s.emit(OpReshape, &Attrs{Shape: s.Type(x).Shape}, s.instantiate(s.coefficient(x, 1), s.Type(x)))
				s.shift[t[i]], s.varies[t[i]] = x, true
			}
		}
		s.slopes[first] = along(t)
	}
	d := s.slopes[first][which]
	if d == none {
		return none
	}
	return s.times(s.coefficient(d, k-1), 1/float64(k))
}

// Jet is (x, for each of wrt the derivatives 1 ... order at t = 0 of the path x(t)) -> (y, for each float or complex output its derivatives
// 1 ... order). Where given is not nil, only those derivatives of the paths are inputs whose entry (order entries for each of wrt) is not 0.
func Jet(p *Program, wrt []int, order int, given []int) (q *Program, err error) {
	defer catch(&err)
	b, p, in, err := begin(p, wrt)
	if err != nil {
		return nil, err
	}
	if order < 1 || order > 64 || given != nil && len(given) != order*len(wrt) {
		return nil, spec.Errorf(spec.SpecError, "jet: order %d and %d entries for %d inputs; the order is from 1 to 64", order, len(given), len(wrt))
	}
	s := &taylor{b, order, map[ID][]ID{}, map[ID]bool{}, map[ID]ID{}, map[ID][]ID{}, map[ID]bool{}}
	for k, w := range wrt {
		s.known[in[w]] = full32(order, none)
		for j := range order {
			if given == nil || given[k*order+j] != 0 {
				s.known[in[w]][j] = b.Input(b.Type(in[w]))
				s.varies[in[w]] = true
			}
		}
	}
	for _, w := range wrt {
		for j, x := range s.known[in[w]] {
			s.known[in[w]][j] = s.times(x, 1/factorial(j+1))
		}
	}
	ids := make([]ID, len(p.Nodes))
	copy(ids, in)
	var args []ID
	for i := p.Inputs; i < len(p.Nodes); i++ {
		n := &p.Nodes[i]
		args = mapped(args, n.Args, ids)
		ids[i] = b.copyNode(n, args)
		if n.Op == OpCustomVjp && slices.ContainsFunc(args, s.changes) {
			throw(table[OpCustomLinear].eval(nil, nil, nil))
		}
		for k := 1; k <= order && table[n.Op].results == nil; k++ {
			s.coefficient(ids[i], k)
		}
	}
	out := mapped(nil, p.Outputs, ids)
	for _, k := range p.smooth() {
		for j := 1; j <= order; j++ {
			c := s.times(s.coefficient(ids[p.Outputs[k]], j), factorial(j))
			out = append(out, b.instantiate(c, p.Nodes[p.Outputs[k]].Type))
		}
	}
	return b.finish(out)
}

func factorial(n int) float64 {
	f := 1.0
	for k := 2; k <= n; k++ {
		f *= float64(k)
	}
	return f
}
