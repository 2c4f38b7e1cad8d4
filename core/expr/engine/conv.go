package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/simd"
)

// conv is a convolution: x (images, groups in, lengths), w (groups out, in, kernel), result (images, groups out, places).
type conv struct {
	images, groups, in, out               int
	lengths, kernel, places               []int
	stride, low, gap, dilation            []int // gap: distance of the elements of x
	stLengths, stKernel, stPlaces         []int
	lengthLen, kernelLen, placeLen, terms int
	x, w, to                              int32
	starts                                []int // at, for kernel elements and places on all axes but the last; -1 for none
	plane                                 bool  // rows of places lie as rows of x do: many are copied as one
}

func (pl *planner) convOf(s *stage, n *expr.Node) *conv {
	x, w, a := pl.node(n.Args[0]).Type.Shape, pl.node(n.Args[1]).Type.Shape, attrsOf(n)
	d := len(x) - 2
	or := func(v []int, none, plus int) []int {
		out := make([]int, d)
		for q := range out {
			if out[q] = none; v != nil {
				out[q] = v[q] + plus
			}
		}
		return out
	}
	groups := max(a.N, 1)
	c := &conv{images: x[0], groups: groups, in: w[1], out: w[0] / groups, lengths: x[2:], kernel: w[2:], places: n.Type.Shape[2:],
		stride: or(a.Stride, 1, 0), low: or(a.Low, 0, 0), gap: or(a.Interior, 1, 1), dilation: or(a.Dilation, 1, 0), x: s.reads[0], w: s.reads[1], to: s.writes[0]}
	c.stLengths, c.stKernel, c.stPlaces = strides(c.lengths), strides(c.kernel), strides(c.places)
	c.lengthLen, c.kernelLen, c.placeLen = count(c.lengths), count(c.kernel), count(c.places)
	c.terms = c.in * c.kernelLen
	l := d - 1
	if rows, lines := c.kernelLen/max(c.kernel[l], 1), c.placeLen/max(c.places[l], 1); rows*lines <= 1<<20 {
		c.starts = make([]int, 0, rows*lines)
		for k := range rows {
			for p := range lines {
				from, ok := c.at(k*c.kernel[l], p*c.places[l])
				if !ok {
					from = -1
				}
				c.starts = append(c.starts, from)
			}
		}
	}
	c.plane = d == 2 && c.stride[0] == 1 && c.stride[1] == 1 && c.gap[0] == 1 && c.gap[1] == 1 && c.places[1] == c.lengths[1]
	return c
}

// start is at by the table.
func (c *conv) start(k, p int) (int, bool) {
	if c.starts == nil {
		return c.at(k, p)
	}
	l := len(c.kernel) - 1
	from := c.starts[k/c.kernel[l]*(c.placeLen/c.places[l])+p/c.places[l]]
	return from, from >= 0
}

func (pl *planner) conv(s *stage, n *expr.Node) {
	c := pl.convOf(s, n)
	if c.terms == 0 || c.lengthLen == 0 {
		size := bytesOf(n.Type)
		s.units, s.unit = 1, func(f *frame, _ int) { clear(unsafe.Slice((*byte)(f.ptr[c.to]), size)) }
		return
	}
	s.cost = float64(n.Type.Len()) * float64(c.terms) / 8
	switch n.Type.Dtype {
	case array.Float64:
		if !slide(pl, s, c, linalg.Multiply[float64]) {
			tiles(pl, s, c, linalg.Multiply[float64])
		}
	case array.Float32:
		if !slide(pl, s, c, linalg.Multiply[float32]) {
			tiles(pl, s, c, linalg.Multiply[float32])
		}
	case array.Complex128:
		tiles(pl, s, c, linalg.MultiplyComplex[complex128])
	case array.Complex64:
		tiles(pl, s, c, linalg.MultiplyComplex[complex64])
	case array.Int64:
		direct[int64](s, c)
	case array.Int32:
		direct[int32](s, c)
	}
}

// line1 copies elements start, start + step, ... of the line x, whose own are gap apart, to dst; 0 where there is none.
func line1[T any](dst, x []T, start, step, gap int) {
	if gap == 1 {
		lo := 0
		if start < 0 {
			lo = min((-start+step-1)/step, len(dst))
		}
		hi := len(dst)
		if room := len(x) - start; room <= 0 {
			hi = lo
		} else {
			hi = max(min((room+step-1)/step, hi), lo)
		}
		clear(dst[:lo])
		clear(dst[hi:])
		if step == 1 && lo < hi {
			copy(dst[lo:hi], x[start+lo:])
			return
		}
		for j := lo; j < hi; j++ {
			dst[j] = x[start+j*step]
		}
		return
	}
	clear(dst)
	for j := range dst {
		if v := start + j*step; v >= 0 && v%gap == 0 && v/gap < len(x) {
			dst[j] = x[v/gap]
		}
	}
}

// at is the offset in an image of the line that kernel element k and place p meet on all axes but the last; false where there is none.
func (c *conv) at(k, p int) (int, bool) {
	from := 0
	for q := range len(c.kernel) - 1 {
		i, o := k/c.stKernel[q]%c.kernel[q], p/c.stPlaces[q]%c.places[q]
		v := o*c.stride[q] + i*c.dilation[q] - c.low[q]
		if v < 0 || v%c.gap[q] != 0 || v/c.gap[q] >= c.lengths[q] {
			return 0, false
		}
		from += v / c.gap[q] * c.stLengths[q]
	}
	return from, true
}

const (
	tileBytes = 2048      // of a row of a tile: columns
	tileRoom  = 256 << 10 // bytes of a block of terms
	fewUnits  = 8
)

// tiles makes the convolution a matrix product of the kernel (out, terms) with columns, one for each place of an image, whose elements are copied
// from x; some hundred columns and terms at a time. The sum over terms ascends, as in every product.
func tiles[T linalg.Real | linalg.Complex](pl *planner, s *stage, c *conv, multiply func(y, a, b linalg.Matrix[T], onto bool, w *linalg.Workspace) error) {
	size := int(unsafe.Sizeof(*new(T)))
	width, lanes := tileBytes/size, 64/size
	group, parts := 1, 1 // images of a tile, or tiles of an image
	if c.placeLen >= width {
		parts = (c.placeLen + width - 1) / width
		width = ((c.placeLen+parts-1)/parts + lanes - 1) / lanes * lanes
		parts = (c.placeLen + width - 1) / width
	} else {
		group = max(1, width/c.placeLen)
		for group > 1 && (c.images+group-1)/group*c.groups < fewUnits {
			group--
		}
		width = group * c.placeLen
	}
	blocks := (c.images + group - 1) / group
	block := max(8, tileRoom/(size*width))
	along := c.places[len(c.places)-1] >= c.kernel[len(c.kernel)-1] // a copied line runs over places, or over kernel elements
	pl.room = max(pl.room, (block*width+c.out*width)*size+2*line)
	s.units = blocks * parts * c.groups
	s.unit = func(f *frame, u int) {
		g, t, first := u%c.groups, u/c.groups%parts, u/c.groups/parts*group
		images := min(group, c.images-first)
		p0 := t * width
		p1 := min(p0+width, c.placeLen)
		cols := images * (p1 - p0)
		x := elements[T](f, c.x, 0, c.images*c.groups*c.in*c.lengthLen)
		room := scratch[T](f, block*width+c.out*width)
		y := linalg.Matrix[T]{Data: room[block*width:], Rows: c.out, Cols: cols, Row: cols, Col: 1}
		out := elements[T](f, c.to, (first*c.groups+g)*c.out*c.placeLen, ((images-1)*c.groups+1)*c.out*c.placeLen)
		if images == 1 {
			y.Data, y.Row = out[p0:], c.placeLen
		}
		w := elements[T](f, c.w, g*c.out*c.terms, c.out*c.terms)
		for t0 := 0; t0 < c.terms; t0 += block {
			n := min(block, c.terms-t0)
			b := linalg.Matrix[T]{Data: room[:n*cols], Rows: n, Cols: cols, Row: cols, Col: 1}
			if !along {
				b.Row, b.Col = 1, n
			}
			for i := range images {
				from := x[((first+i)*c.groups+g)*c.in*c.lengthLen:][:c.in*c.lengthLen]
				if along {
					fillPlaces(c, room[i*(p1-p0):], cols, from, t0, n, p0, p1)
				} else {
					fillTerms(c, room[i*(p1-p0)*n:], from, t0, n, p0, p1)
				}
			}
			if err := multiply(y, linalg.Matrix[T]{Data: w[t0:], Rows: c.out, Cols: n, Row: c.terms, Col: 1}, b, t0 > 0, &f.products); err != nil {
				f.call.fail(u, err)
				return
			}
			if s.cost > longStage && f.call.stopped() {
				return
			}
		}
		if images == 1 {
			return
		}
		for i := range images {
			for o := range c.out {
				copy(out[(i*c.groups*c.out+o)*c.placeLen:][:c.placeLen], y.Data[o*cols+i*c.placeLen:])
			}
		}
	}
}

// fillPlaces writes rows for terms t0..t0+n, row cells apart, of the columns for places p0..p1.
func fillPlaces[T any](c *conv, to []T, row int, x []T, t0, n, p0, p1 int) {
	l := len(c.places) - 1
	run, run1 := c.places[l], c.kernel[l]
	for t := range n {
		k := (t0 + t) % c.kernelLen
		channel := x[(t0+t)/c.kernelLen*c.lengthLen:][:c.lengthLen]
		shift := k%c.kernel[l]*c.dilation[l] - c.low[l]
		dst := to[t*row:]
		if c.plane {
			fillPlane(c, dst[:p1-p0], channel, k/run1*c.dilation[0]-c.low[0], shift, p0)
			continue
		}
		for p := p0; p < p1; {
			o := p % run
			m := min(run-o, p1-p)
			part := dst[p-p0 : p-p0+m]
			if from, ok := c.start(k, p); ok {
				line1(part, channel[from:from+c.lengths[l]], o*c.stride[l]+shift, c.stride[l], c.gap[l])
			} else {
				clear(part)
			}
			p += m
		}
	}
}

// fillPlane writes the elements dy rows and dx columns from places p0, p0 + 1, ...: all as they lie, then zeros where a row or column is outside.
func fillPlane[T any](c *conv, dst, x []T, dy, dx, p0 int) {
	w, h := c.lengths[1], c.lengths[0]
	from := p0 + dy*w + dx
	lo := min(max(-from, 0), len(dst))
	hi := max(lo, min(len(dst), len(x)-from))
	if lo < hi {
		copy(dst[lo:hi], x[from+lo:])
	}
	clear(dst[:lo])
	clear(dst[hi:])
	first, behind := min(max(-dx, 0), w), max(min(w-dx, w), 0) // columns that are there
	for p := p0 - p0%w; p < p0+len(dst); p += w {
		a, b := max(p-p0, 0), min(p-p0+w, len(dst))
		if y := p/w + dy; y < 0 || y >= h || first >= behind {
			clear(dst[a:b])
			continue
		}
		for i := a; i < min(p-p0+first, b); i++ {
			dst[i] = *new(T)
		}
		for i := max(p-p0+behind, a); i < b; i++ {
			dst[i] = *new(T)
		}
	}
}

// fillTerms writes, one behind the other, the columns for places p0..p1 of n terms from t0 on.
func fillTerms[T any](c *conv, to []T, x []T, t0, n, p0, p1 int) {
	l := len(c.kernel) - 1
	run := c.kernel[l]
	for p := p0; p < p1; p++ {
		shift := p%c.places[l]*c.stride[l] - c.low[l]
		dst := to[(p-p0)*n:][:n]
		for t := 0; t < n; {
			k := (t0 + t) % c.kernelLen
			i := k % run
			m := min(run-i, n-t)
			part := dst[t : t+m]
			if from, ok := c.start(k, p); ok {
				channel := x[(t0+t)/c.kernelLen*c.lengthLen:]
				line1(part, channel[from:from+c.lengths[l]], i*c.dilation[l]+shift, c.dilation[l], c.gap[l])
			} else {
				clear(part)
			}
			t += m
		}
	}
}

const (
	slideOut  = 4         // channels out up to which sliding is faster than a product
	slideRoom = 512 << 10 // bytes of a padded image
	slideLen  = 1 << 10   // elements that are summed together

	slideProducts = 2 // channels out from which on they are summed together, by products
)

// slide adds, for each kernel element, its multiple of the padded image moved by its place: one pass over consecutive numbers, of which those
// between the rows are thrown away. The terms of every sum are those of the product, in its order.
func slide[T simd.Real](pl *planner, s *stage, c *conv, multiply func(y, a, b linalg.Matrix[T], onto bool, w *linalg.Workspace) error) bool {
	d := len(c.kernel)
	padded := make([]int, d)
	for q := range d {
		if c.stride[q] != 1 || c.gap[q] != 1 {
			return false
		}
		padded[q] = c.places[q] + (c.kernel[q]-1)*c.dilation[q]
	}
	size := int(unsafe.Sizeof(*new(T)))
	all := count(padded)
	if c.out > slideOut || c.in*all*size > slideRoom || 4*c.placeLen < all {
		return false
	}
	st := strides(padded)
	offsets := make([]int, c.kernelLen)
	for k := range offsets {
		for q := range d {
			offsets[k] += k / c.stKernel[q] % c.kernel[q] * c.dilation[q] * st[q]
		}
	}
	last := d - 1
	span := 1 // from the first place to behind the last one
	for q := range d {
		span += (c.places[q] - 1) * st[q]
	}
	sums := slideLen
	if c.out >= slideProducts {
		sums *= c.out
	}
	pl.room = max(pl.room, (c.in*all+sums)*size+2*line)
	s.units = c.images * c.groups
	s.unit = func(f *frame, u int) {
		x := elements[T](f, c.x, u*c.in*c.lengthLen, c.in*c.lengthLen)
		room := scratch[T](f, c.in*all+sums)
		image, sum := room[:c.in*all], room[c.in*all:]
		c.enlarge(padded, func(i, to, from int) {
			dst := image[i*all+to:][:padded[last]]
			if from < 0 {
				clear(dst)
			} else {
				line1(dst, x[i*c.lengthLen+from:][:c.lengths[last]], -c.low[last], 1, 1)
			}
		})
		if c.out >= slideProducts {
			slideTogether(f, c, u, image, sum, all, span, offsets, st, multiply)
			return
		}
		for o := range c.out {
			w := elements[T](f, c.w, (u%c.groups*c.out+o)*c.terms, c.terms)
			out := elements[T](f, c.to, (u*c.out+o)*c.placeLen, c.placeLen)
			for from := 0; from < span; from += slideLen {
				part := sum[:min(slideLen, span-from)]
				clear(part)
				for i := range c.in {
					for k, at := range offsets {
						t := i*c.kernelLen + k
						simd.MulAdd(part, w[t:t+1], image[i*all+from+at:][:len(part)], part)
					}
				}
				keepPlaces(c, st, out, part, from)
			}
		}
	}
	return true
}

// slideTogether does all channels at once: the kernel's elements along a line meet rows of the padded image that overlap, so that a product takes them
// without a copy.
func slideTogether[T simd.Real](f *frame, c *conv, u int, image, sums []T, all, span int, offsets, st []int,
	multiply func(y, a, b linalg.Matrix[T], onto bool, w *linalg.Workspace) error) {
	last := len(st) - 1
	run := c.kernel[last]
	w := elements[T](f, c.w, u%c.groups*c.out*c.terms, c.out*c.terms)
	out := elements[T](f, c.to, u*c.out*c.placeLen, c.out*c.placeLen)
	for from := 0; from < span; from += slideLen {
		n := min(slideLen, span-from)
		clear(sums)
		y := linalg.Matrix[T]{Data: sums, Rows: c.out, Cols: n, Row: slideLen, Col: 1}
		for i := range c.in {
			for k := 0; k < c.kernelLen; k += run {
				a := linalg.Matrix[T]{Data: w[i*c.kernelLen+k:], Rows: c.out, Cols: run, Row: c.terms, Col: 1}
				b := linalg.Matrix[T]{Data: image[i*all+from+offsets[k]:], Rows: run, Cols: n, Row: c.dilation[last], Col: 1}
				if err := multiply(y, a, b, true, &f.products); err != nil {
					f.call.fail(u, err)
					return
				}
			}
		}
		for o := range c.out {
			keepPlaces(c, st, out[o*c.placeLen:][:c.placeLen], sums[o*slideLen:][:n], from)
		}
	}
}

// enlarge calls f with the channel, the place in the padded image and that in x of each line; the latter is -1 outside.
func (c *conv) enlarge(padded []int, f func(i, to, from int)) {
	last := len(padded) - 1
	rows := count(padded[:last])
	for i := range c.in {
		for r := range rows {
			from, rest, ok := 0, r, true
			for q := last - 1; q >= 0; q-- {
				v := rest%padded[q] - c.low[q]
				rest /= padded[q]
				ok = ok && v >= 0 && v < c.lengths[q]
				from += v * c.stLengths[q]
			}
			if !ok {
				from = -1
			}
			f(i, r*padded[last], from)
		}
	}
}

// keepPlaces copies the places among elements from.. of the padded image to out.
func keepPlaces[T any](c *conv, st []int, out, part []T, from int) {
	last := len(st) - 1
	run := c.places[last]
	for line := range count(c.places[:last]) {
		at, rest := 0, line
		for q := last - 1; q >= 0; q-- {
			at += rest % c.places[q] * st[q]
			rest /= c.places[q]
		}
		lo, hi := max(at, from), min(at+run, from+len(part))
		if lo < hi {
			copy(out[line*run+lo-at:line*run+hi-at], part[lo-from:])
		}
		if at >= from+len(part) {
			return
		}
	}
}

// direct convolves integers.
func direct[T int64 | int32](s *stage, c *conv) {
	s.units = c.images * c.groups * c.out
	l := len(c.kernel) - 1
	s.unit = func(f *frame, u int) {
		g := u / c.out
		x := elements[T](f, c.x, g*c.in*c.lengthLen, c.in*c.lengthLen)
		w := elements[T](f, c.w, u%(c.groups*c.out)*c.terms, c.terms)
		out := elements[T](f, c.to, u*c.placeLen, c.placeLen)
		for p := range out {
			var sum T
			for k := 0; k < c.kernelLen; k += c.kernel[l] {
				from, ok := c.at(k, p)
				if !ok {
					continue
				}
				for i := range c.kernel[l] {
					v := p%c.places[l]*c.stride[l] + i*c.dilation[l] - c.low[l]
					if v < 0 || v%c.gap[l] != 0 || v/c.gap[l] >= c.lengths[l] {
						continue
					}
					for j := range c.in {
						sum += x[j*c.lengthLen+from+v/c.gap[l]] * w[j*c.kernelLen+k+i]
					}
				}
			}
			out[p] = sum
		}
	}
}
