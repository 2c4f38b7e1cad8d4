package stats

import (
	"context"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// PairForms sums a kernel of two points over all pairs of different points, weighted in many ways at once:
//
//	total = sum_(i != j) K_ij,   forms[b] = sum_(i != j) w_bi w_bj K_ij,   linear[b] = sum_(i != j) w_bi K_ij.
//
// Inputs: points (n, d); where stein is set scores s (n, d), which make K Stein's kernel; then, optionally, weights w (b, n). With r = |x - y| the kernels
// are
//
//	rbf       k = exp(-r^2 / (2 h^2))
//	imq       k = (1 + r^2/h^2)^(-1/2)
//	distance  k = r
//
// and, with k = phi(r^2), Stein's is (Q. Liu, J. Lee, M. Jordan, ICML 2016; J. Gorham, L. Mackey, ICML 2017)
//
//	s_x.s_y phi + 2 phi' (x - y).(s_y - s_x) - 2 d phi' - 4 r^2 phi''.
//
// Pairs are computed in tiles of 256 x 256 and multiplied with the weights there: memory grows as n (d + b), time as n^2 (d + b).
type PairForms struct {
	// Kernel of two points.
	Kernel string `spec:"kernel" oneof:"rbf,imq,distance"`
	// Length scale.
	H float64 `spec:"h" default:"1.0" range:"(0,inf)"`
	// Whether scores are given.
	Stein bool `spec:"stein" default:"false"`
}

// pairs is one such sum.
type pairs struct {
	x, s   points
	signs  []int8    // weights, in
	reals  []float64 // one of the two
	b      int
	kernel string
	h      float64 // 1/h^2
}

// pairDesk is a worker's scratch: a tile of the kernel, the weights of its rows and columns by (weighting, point), their product.
type pairDesk struct {
	tile, scores, mixed, more []float64
	rowSums                   []float64
	ofRows, ofColumns, both   []float64
	products                  *linalg.Workspace
}

func (p *PairForms) run(ctx context.Context, in []*array.Array, out Results) error {
	if len(in) == 0 {
		return spec.Errorf(spec.ShapeError, "PairForms: expected points of shape (points, dimensions)")
	}
	k := pairs{kernel: p.Kernel, h: 1 / p.H / p.H}
	var err error
	if k.x, err = newPoints(in[0]); err != nil {
		return err
	}
	rest := in[1:]
	if p.Stein {
		if len(rest) == 0 || p.Kernel == "distance" {
			return spec.Expected("PairForms", "scores, and the kernel rbf or imq", p.Kernel)
		}
		if k.s, err = newPoints(rest[0]); err != nil {
			return err
		}
		if k.s.n != k.x.n || k.s.d != k.x.d {
			return spec.Errorf(spec.ShapeError, "%s: expected scores of shape (%d, %d), got %v", label(rest[0]), k.x.n, k.x.d, rest[0].Shape)
		}
		rest = rest[1:]
	}
	for _, a := range rest {
		if len(rest) > 1 || len(a.Shape) != 2 || a.Shape[1] != k.x.n {
			return spec.Errorf(spec.ShapeError, "%s: expected one array of weights of shape (weightings, %d), got %v", label(a), k.x.n, a.Shape)
		}
		k.b = a.Shape[0]
		if a.Dtype == array.Int8 {
			k.signs = array.View[int8](a)
		} else if k.reals, err = numbers(a); err != nil {
			return err
		}
	}
	total, forms, linear, err := k.sum(ctx)
	if err != nil {
		return err
	}
	if err := out.Add("total", array.Float64, []int{1}, []string{"one"}, []float64{total}); err != nil {
		return err
	}
	if err := out.Add("forms", array.Float64, []int{k.b}, []string{"weighting"}, forms); err != nil {
		return err
	}
	return out.Add("linear", array.Float64, []int{k.b}, []string{"weighting"}, linear)
}

// sum goes over tiles on and above the diagonal; a row of tiles is one task, whose sums are added in order at the end.
func (k *pairs) sum(ctx context.Context) (total float64, forms, linear []float64, err error) {
	count := k.x.count()
	if _, err = array.Plan(count*k.b*2, 8, "sums of weightings"); err != nil {
		return 0, nil, nil, err
	}
	totals, parts := make([]float64, count), make([]float64, 2*count*k.b)
	desks := sync.Pool{New: func() any {
		room := func(n int) []float64 { return make([]float64, n) }
		return &pairDesk{room(tileWidth * tileWidth), room(tileWidth), room(tileWidth), room(tileWidth), room(tileWidth),
			room(k.b * tileWidth), room(k.b * tileWidth), room(k.b * tileWidth), linalg.NewWorkspace(nil)}
	}}
	err = par.Do(ctx, 0, count, func(i int) error {
		d := desks.Get().(*pairDesk)
		defer desks.Put(d)
		part := parts[2*i*k.b : 2*(i+1)*k.b]
		k.load(d.ofRows, i)
		for j := i; j < count; j++ {
			if err := k.fill(ctx, d, i, j); err != nil {
				return err
			}
			if err := k.add(d, &totals[i], part[:k.b], part[k.b:], i, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, nil, err
	}
	forms, linear = make([]float64, k.b), make([]float64, k.b)
	for i := range count {
		total += totals[i]
		simd.Add(forms, forms, parts[2*i*k.b:(2*i+1)*k.b])
		simd.Add(linear, linear, parts[(2*i+1)*k.b:2*(i+1)*k.b])
	}
	return total, forms, linear, nil
}

// load writes the weights of a tile's points.
func (k *pairs) load(dst []float64, tile int) {
	n := k.x.width(tile)
	for b := range k.b {
		from, to := b*k.x.n+tile*tileWidth, dst[b*tileWidth:]
		if k.signs == nil {
			copy(to[:n], k.reals[from:])
			continue
		}
		for j, w := range k.signs[from : from+n] {
			to[j] = float64(w)
		}
	}
}

// fill computes the kernel of the points of tile i with those of tile j; with itself a point has 0.
func (k *pairs) fill(ctx context.Context, d *pairDesk, i, j int) error {
	n, x := k.x.width(j), k.x.tile(j)
	for r := range k.x.width(i) {
		if r%16 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, at := d.tile[r*tileWidth:r*tileWidth+n], i*tileWidth+r
		if k.s.n > 0 {
			scores, mixed := d.scores[:n], d.mixed[:n]
			simd.SteinTerms(row, scores, mixed, k.x.row(at), k.s.row(at), x, k.s.tile(j), tileWidth)
			k.stein(row, scores, mixed, d.more[:n])
		} else {
			simd.SquaredDistances(row, k.x.row(at), x, tileWidth)
			k.plain(row)
		}
		if i == j {
			row[r] = 0
		}
	}
	return nil
}

var one, three = []float64{1}, []float64{3}

// plain makes squared distances the kernel.
func (k *pairs) plain(row []float64) {
	switch k.kernel {
	case "rbf":
		simd.Mul(row, row, []float64{-0.5 * k.h})
		functions.Exp(row, row)
	case "imq":
		simd.MulAdd(row, row, []float64{k.h}, one)
		simd.Sqrt(row, row)
		simd.Div(row, one, row)
	default:
		simd.Sqrt(row, row)
	}
}

// stein makes the terms of simd.SteinTerms the kernel, phi (s_x.s_y - q (mixed - d)/h^2 - c q^2 r^2/h^4): q = 1 and c = 1 for rbf, q = 1/(1 + r^2/h^2) and
// c = 3 for imq.
func (k *pairs) stein(row, scores, mixed, q []float64) {
	h := []float64{k.h}
	simd.Sub(mixed, mixed, []float64{float64(k.x.d)})
	simd.Mul(mixed, mixed, h)
	simd.Mul(row, row, h) // r^2/h^2
	if k.kernel == "rbf" {
		simd.Mul(q, row, []float64{-0.5})
		functions.Exp(q, q)
		simd.MulAdd(row, row, h, mixed)
		simd.Sub(row, scores, row)
		simd.Mul(row, row, q)
		return
	}
	simd.Add(q, row, one)
	simd.Div(q, one, q)
	simd.Mul(row, row, q)
	simd.Mul(row, row, three)
	simd.MulAdd(row, row, h, mixed)
	simd.Mul(row, row, q)
	simd.Sub(row, scores, row)
	simd.Sqrt(q, q)
	simd.Mul(row, row, q)
}

// add puts a tile into the sums: one above the diagonal stands for its mirror image too.
func (k *pairs) add(d *pairDesk, total *float64, forms, linear []float64, i, j int) error {
	n, m := k.x.width(i), k.x.width(j)
	sums := d.rowSums[:n]
	for r := range sums {
		sums[r] = simd.Sum(d.tile[r*tileWidth : r*tileWidth+m])
	}
	twice := 2.0
	if i == j {
		twice = 1
	}
	*total += float64(twice * simd.Sum(sums))
	if k.b == 0 {
		return nil
	}
	k.load(d.ofColumns, j)
	view := func(x []float64, rows, cols int) linalg.Matrix[float64] {
		return linalg.Matrix[float64]{Data: x, Rows: rows, Cols: cols, Row: tileWidth, Col: 1}
	}
	if err := linalg.Multiply(view(d.both, k.b, n), view(d.ofColumns, k.b, m), view(d.tile, n, m).T(), false, d.products); err != nil {
		return err
	}
	for b := range k.b {
		w, y := d.ofRows[b*tileWidth:b*tileWidth+n], d.both[b*tileWidth:b*tileWidth+n]
		forms[b] += float64(twice * simd.Dot(w, y))
		linear[b] += simd.Dot(w, sums)
		if i != j {
			linear[b] += simd.Sum(y)
		}
	}
	return nil
}
