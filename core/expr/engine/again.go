package engine

import "github.com/ergodica/ergodica/core/expr"

// light are the operations that cost no more than a look into memory.
func light(op expr.Op) bool {
	switch op {
	case expr.OpNeg, expr.OpAdd, expr.OpSub, expr.OpMul, expr.OpMulz, expr.OpAbs, expr.OpMax, expr.OpMin, expr.OpSelect, expr.OpReal, expr.OpImag, expr.OpConj, expr.OpComplex, expr.OpConvert:
		return true
	}
	return op >= expr.OpEqual && op <= expr.OpGreaterEqual
}

// Values of another nest are computed again, rather than stored there and read here, from leastAgain elements on (what is stored then leaves the
// nearest cache) where mostAgain light operations make them from values that are in memory anyway, and few of those are not read here already.
const (
	leastAgain = 1024
	mostAgain  = 12
	mostFresh  = 2
)

// again tells that nest s computes whole value id of another nest once more.
func (s *nest) again(pl *planner, id expr.ID) bool {
	if s.n < leastAgain || len(s.items) > mostItems {
		return false
	}
	stack, met := []expr.ID{id}, map[expr.ID]bool{id: true}
	fresh := 0
	for len(stack) > 0 {
		u := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := pl.node(u)
		if !light(n.Op) {
			return false
		}
		for _, x := range n.Args {
			v := pl.viewOf(x)
			r := &pl.v[v.root]
			if met[v.root] || r.kind == kElement && r.nest == s {
				continue
			}
			lay := v.layout()
			if key, known := keyOf(v.root, &lay); known {
				if _, here := s.memo[key]; here {
					continue
				}
			}
			switch whole := v.isWhole(); {
			case r.kind == kElement && !r.need && whole && light(pl.node(v.root).Op):
				met[v.root] = true
				if len(met) > mostAgain {
					return false
				}
				stack = append(stack, v.root)
			case whole && r.kind != kConst:
				met[v.root] = true
				fresh++
			}
		}
	}
	if pl.v[id].need { // it can be read as well
		return fresh == 0 && len(met) <= mostAgain/3
	}
	return fresh <= mostFresh
}

// mostKept bounds the values that are kept so that one exponential is made once.
const mostKept = 2

// halves has what follows from expit(-x), an activation's derivative, computed where expit(x) is, beside which it costs a division (machine.Decay),
// and kept for the stages that come later, which then read it in place of x and expit(x).
func (pl *planner) halves() {
	plus := map[expr.ID]bool{} // x of expit(x)
	level := make([]int, len(pl.v))
	for i := range pl.p.Nodes {
		n := &pl.p.Nodes[i]
		for _, x := range n.Args {
			level[i] = max(level[i], level[x])
		}
		if k := pl.v[i].kind; k == kReduce || k == kStage || k == kPart {
			level[i]++
		}
		if n.Op == expr.OpExpit && pl.v[i].kind == kElement {
			plus[n.Args[0]] = true
		}
	}
	from := make([]expr.ID, len(pl.v)) // the expit(-x) beside which a value is computed
	kept := map[expr.ID][]expr.ID{}
	for i := range pl.p.Nodes {
		n := &pl.p.Nodes[i]
		from[i] = -1
		if pl.v[i].kind != kElement || n.Type.Len() < leastAgain {
			continue
		}
		if n.Op == expr.OpExpit {
			if x := pl.node(n.Args[0]); x.Op == expr.OpNeg && plus[x.Args[0]] {
				from[i] = expr.ID(i)
			}
		}
		for _, x := range n.Args {
			switch half := from[x]; {
			case half < 0:
			case level[x] == level[i]:
				from[i] = half
			case !pl.v[x].need:
				pl.v[x].need = true
				kept[half] = append(kept[half], x)
			}
		}
	}
	for _, list := range kept {
		if len(list) > mostKept {
			for _, x := range list {
				pl.v[x].need = false
			}
		}
	}
}
