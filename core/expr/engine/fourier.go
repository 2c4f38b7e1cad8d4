package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/linalg/fourier"
)

// transform makes the stage of a Fourier transform: one pass over the lines along its axis.
func (pl *planner) transform(s *stage, n *expr.Node) {
	from, to := pl.node(n.Args[0]).Type, n.Type
	axis := n.Attrs.Axis
	outer, inner := count(to.Shape[:axis]), count(to.Shape[axis+1:])
	length := max(from.Shape[axis], to.Shape[axis])
	if n.Op == expr.OpRfft {
		length = from.Shape[axis]
	} else if n.Op == expr.OpIrfft {
		length = n.Attrs.N
	}
	x, y, nx, ny := s.reads[0], s.writes[0], from.Len(), to.Len()
	s.cost = 3 * float64(max(nx, ny))
	scale := 1.0
	if n.Op == expr.OpIfft || n.Op == expr.OpIrfft {
		scale = 1 / float64(length)
	}
	inverted, double := n.Op == expr.OpIfft, to.Dtype == array.Complex128 || to.Dtype == array.Float64
	s.run = func(c *call) error {
		w, px, py := c.transforms, c.ptr(x), c.ptr(y)
		switch {
		case n.Op == expr.OpRfft && double:
			return fourier.FromReal(w, unsafe.Slice((*complex128)(py), ny), unsafe.Slice((*float64)(px), nx), outer, length, inner, scale)
		case n.Op == expr.OpRfft:
			return fourier.FromReal(w, unsafe.Slice((*complex64)(py), ny), unsafe.Slice((*float32)(px), nx), outer, length, inner, scale)
		case n.Op == expr.OpIrfft && double:
			return fourier.ToReal(w, unsafe.Slice((*float64)(py), ny), unsafe.Slice((*complex128)(px), nx), outer, length, inner, scale)
		case n.Op == expr.OpIrfft:
			return fourier.ToReal(w, unsafe.Slice((*float32)(py), ny), unsafe.Slice((*complex64)(px), nx), outer, length, inner, scale)
		case double:
			return fourier.Complex(w, unsafe.Slice((*complex128)(py), ny), unsafe.Slice((*complex128)(px), nx), outer, length, inner, inverted, scale)
		default:
			return fourier.Complex(w, unsafe.Slice((*complex64)(py), ny), unsafe.Slice((*complex64)(px), nx), outer, length, inner, inverted, scale)
		}
	}
}

// transformInPlace lets what only a transform reads be computed in the memory of its result: a transform along several axes has one array.
func (pl *planner) transformInPlace() {
	uses := make([]int, len(pl.p.Nodes))
	for i := range pl.p.Nodes {
		for _, x := range pl.p.Nodes[i].Args {
			uses[x]++
		}
	}
	for _, o := range pl.p.Outputs {
		uses[o]++
	}
	for i := len(pl.p.Nodes) - 1; i >= pl.p.Inputs; i-- {
		n := pl.node(expr.ID(i))
		if n.Op != expr.OpFft && n.Op != expr.OpIfft {
			continue
		}
		x := n.Args[0]
		if v := &pl.v[x]; uses[x] == 1 && v.mem < 0 && (v.kind == kStage || v.kind == kElement && v.need) {
			v.mem = pl.storage(expr.ID(i))
		}
	}
}
