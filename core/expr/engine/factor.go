package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/linalg"
)

// Factorisations are stages whose units are some matrices of the batch each, computed by core/linalg in planned memory, with scratch memory of
// the frame. A call that should stop does so between units. Which matrices are a unit changes no bit.

// factorUnit is the work in ns that a unit has at least, where the batch allows it.
const factorUnit = 40e3

// batchOf is a stage over count matrices.
type batchOf struct {
	count, m, n, cols int // m x n matrices; right-hand sides of cols columns
	in, out           []int32
	attrs             expr.Attrs
}

// slab are matrices from to to-1, of size elements each, in a memory.
func slab[T any](f *frame, mem int32, from, to, size int) []T {
	return unsafe.Slice((*T)(f.at(mem, from*size*int(unsafe.Sizeof(*new(T))))), (to-from)*size)
}

func (pl *planner) factor(s *stage, id expr.ID) bool {
	n := pl.node(id)
	a := pl.node(n.Args[0]).Type
	r := a.Rank()
	b := &batchOf{count: count(a.Shape[:r-2]), m: a.Shape[r-2], n: a.Shape[r-1], in: s.reads, out: s.writes}
	if n.Attrs != nil {
		b.attrs = *n.Attrs
	}
	if last := pl.node(n.Args[len(n.Args)-1]).Type; len(n.Args) > 1 {
		b.cols = last.Shape[last.Rank()-1]
	}
	var do func(f *frame, from, to int)
	wanted := func(k int) bool { return pl.wanted(id, k) }
	switch a.Dtype {
	case array.Float64:
		if n.Op == expr.OpAssignment {
			do = assigning[float64](b)
			break
		}
		do = factors[float64, float64, complex128](b, n.Op, wanted)
	case array.Float32:
		if n.Op == expr.OpAssignment {
			do = assigning[float32](b)
			break
		}
		do = factors[float32, float32, complex64](b, n.Op, wanted)
	case array.Complex128:
		do = factors[complex128, float64, complex128](b, n.Op, wanted)
	case array.Complex64:
		do = factors[complex64, float32, complex64](b, n.Op, wanted)
	}
	if do == nil {
		return false
	}
	for k, m := range s.writes {
		if !wanted(k) && (n.Op == expr.OpEigh || n.Op == expr.OpEig || n.Op == expr.OpSvd && !wanted(0) && !wanted(2)) {
			pl.mems[m].bytes = 0
		}
	}
	one := factorCost(n.Op, float64(max(b.m, b.n)), float64(min(b.m, b.n)), float64(b.cols))
	if a.Dtype == array.Complex128 || a.Dtype == array.Complex64 {
		one *= 4
	}
	group := linalg.Group(a.Dtype == array.Complex128 || a.Dtype == array.Complex64, max(b.m, b.n))
	each := max((int(factorUnit/one)+group-1)/group, 1) * group
	s.cost = one * float64(b.count)
	s.units = (b.count + each - 1) / each
	s.unit = func(f *frame, u int) {
		if !f.call.stopped() {
			do(f, u*each, min((u+1)*each, b.count))
		}
	}
	return true
}

// assigning finds assignments; the longest may take seconds, so that a call that should stop does so within one.
func assigning[T linalg.Real](b *batchOf) func(f *frame, from, to int) {
	return func(f *frame, from, to int) {
		if !linalg.Assign(to-from, b.m, b.n, slab[int64](f, b.out[0], from, to, b.m), slab[T](f, b.in[0], from, to, b.m*b.n), &f.factors, f.call.done) {
			f.call.stopped()
		}
	}
}

// factorCost is the time of one m x n matrix, roughly.
func factorCost(op expr.Op, m, n, cols float64) float64 {
	flops := 0.0
	switch op {
	case expr.OpAssignment: // m is the longer side
		flops = m * n * n
	case expr.OpCholesky:
		flops = m * n * n / 3
	case expr.OpLu, expr.OpSlogdet:
		flops = m * n * n * 2 / 3
	case expr.OpTriangularSolve:
		flops = m * n * cols
	case expr.OpLuSolve:
		flops = 2 * m * n * cols
	case expr.OpSolve:
		flops = m * n * (n + cols)
	case expr.OpInv, expr.OpQr:
		flops = 3 * m * n * n
	case expr.OpEigh:
		flops = 9 * m * n * n
	case expr.OpSvd, expr.OpEig:
		flops = 20 * m * n * n
	case expr.OpFunm:
		flops = 40 * m * n * n
	case expr.OpFunmTangent:
		flops = 320 * m * n * n
	}
	return 100 + flops/4
}

// wanted tells whether anything reads result k of a node with several.
func (pl *planner) wanted(id expr.ID, k int) bool {
	if pl.read1 == nil {
		pl.read1 = make([]bool, len(pl.p.Nodes))
		for i := range pl.p.Nodes {
			if n := &pl.p.Nodes[i]; n.Op != expr.OpResult {
				for _, x := range n.Args {
					pl.read1[x] = true
				}
			}
		}
		for _, o := range pl.p.Outputs {
			pl.read1[o] = true
		}
	}
	if k == 0 {
		return pl.read1[id]
	}
	for _, i := range pl.results[id] {
		if pl.node(i).Attrs.N == k {
			return true
		}
	}
	return false
}

func factors[T linalg.Real | linalg.Complex, R linalg.Real, C linalg.Complex](b *batchOf, op expr.Op, wanted func(k int) bool) func(f *frame, from, to int) {
	m, n, cols := b.m, b.n, b.cols
	full := b.attrs.Mode == "full"
	k, left, right := min(m, n), min(m, n), min(m, n)
	if full {
		left, right = m, n
	}
	in, out := b.in, b.out
	trans, lower, unit := b.attrs.Trans, b.attrs.Lower, b.attrs.Unit
	switch op {
	case expr.OpCholesky:
		return func(f *frame, from, to int) {
			linalg.Cholesky(to-from, n, slab[T](f, out[0], from, to, n*n), slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpTriangularSolve:
		return func(f *frame, from, to int) {
			linalg.TriangularSolve(to-from, n, cols, slab[T](f, out[0], from, to, n*cols), slab[T](f, in[0], from, to, n*n),
				slab[T](f, in[1], from, to, n*cols), lower, trans, unit, &f.factors)
		}
	case expr.OpSolve:
		return func(f *frame, from, to int) {
			linalg.Solve(to-from, n, cols, slab[T](f, out[0], from, to, n*cols), slab[T](f, in[0], from, to, n*n),
				slab[T](f, in[1], from, to, n*cols), trans, &f.factors)
		}
	case expr.OpInv:
		return func(f *frame, from, to int) {
			linalg.Inverse(to-from, n, slab[T](f, out[0], from, to, n*n), slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpLu:
		return func(f *frame, from, to int) {
			linalg.LU(to-from, n, slab[T](f, out[0], from, to, n*n), slab[int64](f, out[1], from, to, n), slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpLuSolve:
		return func(f *frame, from, to int) {
			linalg.LUSolve(to-from, n, cols, slab[T](f, out[0], from, to, n*cols), slab[T](f, in[0], from, to, n*n),
				slab[int64](f, in[1], from, to, n), slab[T](f, in[2], from, to, n*cols), trans, &f.factors)
		}
	case expr.OpSlogdet:
		return func(f *frame, from, to int) {
			linalg.LogDet(to-from, n, slab[R](f, out[0], from, to, 1), slab[T](f, out[1], from, to, 1), slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpEigh:
		vectors := wanted(1)
		return func(f *frame, from, to int) {
			var v []T
			if vectors {
				v = slab[T](f, out[1], from, to, n*n)
			}
			linalg.Eigh(to-from, n, slab[R](f, out[0], from, to, n), v, slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpQr:
		return func(f *frame, from, to int) {
			linalg.QR(to-from, m, n, slab[T](f, out[0], from, to, m*left), slab[T](f, out[1], from, to, left*n), slab[T](f, in[0], from, to, m*n), full, &f.factors)
		}
	case expr.OpSvd:
		vectors := wanted(0) || wanted(2)
		return func(f *frame, from, to int) {
			var u, vh []T
			if vectors {
				u, vh = slab[T](f, out[0], from, to, m*left), slab[T](f, out[2], from, to, right*n)
			}
			linalg.SVD(to-from, m, n, u, slab[R](f, out[1], from, to, k), vh, slab[T](f, in[0], from, to, m*n), full, &f.factors)
		}
	case expr.OpEig:
		vectors := wanted(1)
		return func(f *frame, from, to int) {
			var v []C
			if vectors {
				v = slab[C](f, out[1], from, to, n*n)
			}
			linalg.Eig(to-from, n, slab[C](f, out[0], from, to, n), v, slab[T](f, in[0], from, to, n*n), &f.factors)
		}
	case expr.OpFunm, expr.OpFunmTangent:
		function := map[string]linalg.Function{"exp": linalg.Exp, "log": linalg.Log, "sqrt": linalg.Root}[b.attrs.Mode]
		return func(f *frame, from, to int) {
			var e []T
			if op == expr.OpFunmTangent {
				e = slab[T](f, in[1], from, to, n*n)
			}
			linalg.MatrixFunction(function, to-from, n, slab[T](f, out[0], from, to, n*n), slab[T](f, in[0], from, to, n*n), e, &f.factors)
		}
	}
	return nil
}
