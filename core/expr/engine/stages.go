package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
)

// stage adds the stage of a node that nests don't know. Its operands are in memory in C order.
func (pl *planner) stage(id expr.ID) error {
	n := pl.node(id)
	if n.Op == expr.OpDotGeneral || n.Op == expr.OpTranspose {
		pl.dot(id)
		return nil
	}
	results := []int32{pl.storage(id)}
	types := pl.p.ResultTypes(id)
	for k := 1; k < len(types); k++ {
		results = append(results, -1)
	}
	for _, i := range pl.results[id] {
		if k := pl.node(i).Attrs.N; results[k] < 0 {
			results[k] = pl.storage(i)
		} else {
			pl.v[i].mem = results[k]
		}
	}
	for k := range results {
		if results[k] < 0 {
			results[k] = pl.memory(memory{bytes: bytesOf(types[k])})
		}
	}
	s := stage{name: n.Op.String(), writes: results, cost: float64(n.Type.Len())}
	for k := range n.Args {
		s.reads = append(s.reads, pl.inputOf(pl.unwrapped(n, k)))
	}
	var err error
	switch {
	case n.Op == expr.OpScan:
		err = pl.scan(&s, id)
	case n.Op == expr.OpSwitch:
		err = pl.branches(&s, n.Attrs.Rules, "switch")
	case n.Op == expr.OpRemat:
		err = pl.branches(&s, []*expr.Program{n.Attrs.Body()}, "remat")
	case n.Type.Len() > 0 || len(types) > 1:
		pl.fillStage(&s, id)
	default:
		s.run = func(*call) error { return nil }
	}
	if err != nil {
		return err
	}
	at := pl.addStage(s)
	pl.v[id].stage = at
	for _, i := range pl.results[id] {
		pl.v[i].stage = at
	}
	return nil
}

func (pl *planner) fillStage(s *stage, id expr.ID) {
	n := pl.node(id)
	switch n.Op {
	case expr.OpCumsum, expr.OpCumprod, expr.OpCummax, expr.OpCummin, expr.OpLinearRecurrence:
		if pl.scanning(s, n) {
			return
		}
	case expr.OpArgmax, expr.OpArgmin:
		if pl.choosing(s, n) {
			return
		}
	case expr.OpSort, expr.OpArgsort:
		if pl.sorting(s, n) {
			return
		}
	case expr.OpSearchsorted:
		if pl.searching(s, n) {
			return
		}
	case expr.OpConcatenate, expr.OpPad, expr.OpSliceUpdate:
		pl.moves(s, n)
		return
	case expr.OpGather:
		pl.gather(s, n)
		return
	case expr.OpScatter:
		pl.scatter(s, n)
		return
	case expr.OpConv:
		pl.conv(s, n)
		return
	case expr.OpFft, expr.OpIfft, expr.OpRfft, expr.OpIrfft:
		pl.transform(s, n)
		return
	case expr.OpCholesky, expr.OpTriangularSolve, expr.OpSolve, expr.OpInv, expr.OpLu, expr.OpLuSolve, expr.OpSlogdet, expr.OpEigh, expr.OpQr, expr.OpSvd,
		expr.OpEig, expr.OpFunm, expr.OpFunmTangent, expr.OpAssignment:
		if pl.factor(s, id) {
			return
		}
	case expr.OpRandomBits, expr.OpRandomUniform, expr.OpRandomNormal, expr.OpRandomLoggamma, expr.OpRandomPoisson, expr.OpRandomBinomial,
		expr.OpRandomVonMises:
		pl.random(s, n)
		return
	}
	s.name += " (reference)"
	s.cost *= 100
	types := pl.p.ResultTypes(id)
	reads, writes := s.reads, s.writes
	s.run = func(c *call) error {
		view := func(m int32, t expr.Type) *array.Array {
			return &array.Array{Dtype: t.Dtype, Shape: t.Shape, Data: bytesAt(c.ptr(m), bytesOf(t))}
		}
		x, out := make([]*array.Array, len(reads)), make([]*array.Array, len(writes))
		for k, m := range reads {
			x[k] = view(m, pl.p.Nodes[n.Args[k]].Type)
		}
		for k, m := range writes {
			out[k] = view(m, types[k])
		}
		return pl.p.Evaluate(id, x, out)
	}
}

func bytesAt(p unsafe.Pointer, n int) []byte {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}
