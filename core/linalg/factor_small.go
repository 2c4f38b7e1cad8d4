package linalg

import (
	"math"

	"github.com/ergodica/ergodica/core/linalg/lanes"
)

// Real matrices of at most smallest rows and columns are factored by our own kernels (package lanes), whatever the library: in groups that fill the
// lanes of vectors, the last ones alone.
const smallest = 24

// Group is the number of matrices of at most n rows and columns that are factored together; batches are best divided at its multiples.
func Group(complex bool, n int) int {
	if complex || n > smallest {
		return 1
	}
	return lanes.Width
}

// isSmall tells whether matrices of element type E and these sizes are; a library that w names does all by itself.
func isSmall[E float64 | complex128](w *Scratch, sizes ...int) bool {
	for _, n := range sizes {
		if n > smallest {
			return false
		}
	}
	return same[E, float64]() && (w == nil || w.By == nil)
}

// group is the matrices from first on that stand in the lanes.
type group struct{ first, used, lanes int }

// groups calls do for all of count matrices.
func groups(count int, do func(g group)) {
	for k := 0; k < count; {
		g := group{k, 1, 1}
		if lanes.Grouped() && count-k > 1 {
			g = group{k, min(lanes.Width, count-k), lanes.Width}
		}
		do(g)
		k += g.used
	}
}

// take puts the matrices of rows x cols of a into lanes, of triangles (lower) only those elements, and gives bits for what is not finite; there, and
// in lanes without a matrix, stand unit matrices.
func take[T Real | Complex](g group, rows, cols int, lower bool, x []float64, a []T) (bad uint8) {
	switch a := any(a).(type) {
	case []float64:
		bad = takeReal(g, rows, cols, lower, x, a)
	case []float32:
		bad = takeReal(g, rows, cols, lower, x, a)
	}
	for k := range g.lanes {
		if k < g.used && bad>>k&1 == 0 {
			continue
		}
		for i := range rows {
			for j := range cols {
				x[(i*cols+j)*g.lanes+k] = 0
				if i == j {
					x[(i*cols+j)*g.lanes+k] = 1
				}
			}
		}
	}
	return bad
}

func takeReal[T Real](g group, rows, cols int, lower bool, x []float64, a []T) (bad uint8) {
	size := rows * cols
	if wide, ok := any(a).([]float64); ok && g.used == lanes.Width && size > 0 { // all of it: what is not to be read is not
		lanes.Interleave(size, x, wide[g.first*size:], size)
	} else {
		for k := range g.used {
			m := a[(g.first+k)*size : (g.first+k+1)*size]
			for i := range rows {
				row := m[i*cols : (i+1)*cols]
				if lower {
					row = row[:i+1]
				}
				to := x[i*cols*g.lanes+k:]
				for j, v := range row {
					to[j*g.lanes] = float64(v)
				}
			}
		}
	}
	var off [lanes.Width]float64
	for i := range rows {
		last := cols
		if lower {
			last = i + 1
		}
		lanes.Spoilt(g.lanes, last, x[i*cols*g.lanes:], off[:])
	}
	for k := range g.used {
		if off[k] != 0 {
			bad |= 1 << k
		}
	}
	return bad
}

// give stores what stands in lane k at place k of a group of results of size elements, of all lanes in use.
func give[T Real | Complex](g group, size int, a []T, x []float64) {
	switch a := any(a).(type) {
	case []float64:
		giveReal(g, size, a, x)
	case []float32:
		giveReal(g, size, a, x)
	}
}

func giveReal[T Real](g group, size int, a []T, x []float64) {
	if wide, ok := any(a).([]float64); ok && g.used == lanes.Width && size > 0 {
		lanes.Separate(size, wide[g.first*size:], x, size)
		return
	}
	for k := range g.used {
		to := a[(g.first+k)*size : (g.first+k+1)*size]
		for i := range to {
			to[i] = T(x[i*g.lanes+k])
		}
	}
}

// spoilLane puts NaN everywhere, below the diagonal too.
func spoilLane(g group, k, size int, x []float64) {
	for i := range size {
		x[i*g.lanes+k] = math.NaN()
	}
}

func smallCholesky[T Real | Complex](count, n int, l, a []T, w *Scratch) (o Outcome) {
	x := Room[float64](w, n*n*lanes.Width)
	groups(count, func(g group) {
		bad := take(g, n, n, true, x, a)
		lanes.Cholesky(g.lanes, n, x)
		for k := range g.used {
			s := OK
			for i := range n {
				if d := x[(i*n+i)*g.lanes+k]; bad>>k&1 != 0 || !(d > 0) || math.IsInf(d, 0) {
					s = NotPositiveDefinite
				}
			}
			if !o.add(g.first+k, s) {
				for i := range n {
					for j := range i + 1 {
						x[(i*n+j)*g.lanes+k] = math.NaN()
					}
				}
			}
		}
		for i := range n {
			clear(x[(i*n+i+1)*g.lanes : (i+1)*n*g.lanes])
		}
		give(g, n*n, l, x)
	})
	return o
}

// smallLU factors a group in x and gives each lane's status.
func smallLU(g group, n int, x []float64, perm []int64, bad uint8) (status [lanes.Width]Status) {
	lanes.LU(g.lanes, n, x, perm)
	for k := range g.used {
		for i := range n {
			if x[(i*n+i)*g.lanes+k] == 0 {
				status[k] = Singular
			}
		}
		if bad>>k&1 != 0 {
			status[k] = NonFinite
			spoilLane(g, k, n*n, x)
		}
	}
	return status
}

func smallFactorLU[T Real | Complex](count, n int, lu []T, perm []int64, a []T, w *Scratch) (o Outcome) {
	x, p := Room[float64](w, n*n*lanes.Width), Room[int64](w, n*lanes.Width)
	groups(count, func(g group) {
		bad := take(g, n, n, false, x, a)
		status := smallLU(g, n, x, p, bad)
		for k := range g.used {
			o.add(g.first+k, status[k])
			for i := range n {
				perm[(g.first+k)*n+i] = p[i*g.lanes+k]
			}
		}
		give(g, n*n, lu, x)
	})
	return o
}

func smallLogDet[T Real | Complex, R Real](count, n int, logdet []R, sign, a []T, w *Scratch) (o Outcome) {
	x, p := Room[float64](w, n*n*lanes.Width), Room[int64](w, n*lanes.Width)
	f, perm, one := Room[float64](w, n*n), Room[int64](w, n), Room[float64](w, 1)
	groups(count, func(g group) {
		bad := take(g, n, n, false, x, a)
		status := smallLU(g, n, x, p, bad)
		for k := range g.used {
			for i := range n {
				f[i*n+i], perm[i] = x[(i*n+i)*g.lanes+k], p[i*g.lanes+k]
			}
			log, turn := determinant(n, f, perm)
			if status[k] == NonFinite {
				o.add(g.first+k, NonFinite)
			}
			one[0] = real(turn)
			logdet[g.first+k] = R(log)
			give(group{g.first + k, 1, 1}, 1, sign, one)
		}
	})
	return o
}

// smallLUSolve: y are right-hand sides whose rows are permuted already, or are to be permuted back.
func smallLUSolve(g group, n, m int, x, y []float64, trans bool) {
	lanes.TriangularSolve(g.lanes, n, m, x, y, !trans, trans, !trans)
	lanes.TriangularSolve(g.lanes, n, m, x, y, trans, trans, trans)
}

// takeRows puts row perm[i] of right-hand sides into row i of lanes, and giveRows row i into row perm[i] of results.
func takeRows[T Real | Complex](g group, k, n, m int, x []float64, b []T, perm []int64) {
	switch b := any(b).(type) {
	case []float64:
		takeRowsReal(g, k, n, m, x, b, perm)
	case []float32:
		takeRowsReal(g, k, n, m, x, b, perm)
	}
}

func takeRowsReal[T Real](g group, k, n, m int, x []float64, b []T, perm []int64) {
	for i := range n {
		p := i
		if perm != nil {
			p = int(perm[i*g.lanes+k])
		}
		row := b[((g.first+k)*n+p)*m:][:m]
		for j, v := range row {
			x[(i*m+j)*g.lanes+k] = float64(v)
		}
	}
}

// finishSolution puts row i of lane k into row perm[i], or NaN everywhere.
func finishSolution(g group, k, n, m int, y, room []float64, perm []int64, s Status) {
	if s != OK {
		spoilLane(g, k, n*m, y)
	}
	if perm != nil && s == OK {
		for i := range n {
			p := int(perm[i*g.lanes+k])
			for j := range m {
				room[p*m+j] = y[(i*m+j)*g.lanes+k]
			}
		}
		for i, v := range room[:n*m] {
			y[i*g.lanes+k] = v
		}
	}
}

// smallSolve factors a, or takes the factors lu with permutations given; b nil is the unit matrix.
func smallSolve[T Real | Complex](count, n, m int, x, a, b []T, given []int64, trans bool, w *Scratch) (o Outcome) {
	f, y, room := Room[float64](w, n*n*lanes.Width), Room[float64](w, n*m*lanes.Width), Room[float64](w, n*m)
	perm := Room[int64](w, n*lanes.Width)
	groups(count, func(g group) {
		bad := take(g, n, n, false, f, a)
		var status [lanes.Width]Status
		if given == nil {
			status = smallLU(g, n, f, perm, bad)
		} else {
			status = checkFactors(g, n, f, perm, given, bad)
		}
		clear(y[:n*m*g.lanes])
		for k := range g.used {
			for i := range n {
				if status[k] != OK {
					f[(i*n+i)*g.lanes+k] = 1
				} else if b == nil {
					y[(i*m+int(perm[i*g.lanes+k]))*g.lanes+k] = 1
				}
			}
			if status[k] != OK || b == nil {
				continue
			}
			if trans {
				takeRows(g, k, n, m, y, b, nil)
			} else {
				takeRows(g, k, n, m, y, b, perm)
			}
		}
		smallLUSolve(g, n, m, f, y, trans)
		back := perm
		if !trans {
			back = nil
		}
		for k := range g.used {
			o.add(g.first+k, status[k])
			finishSolution(g, k, n, m, y, room, back, status[k])
		}
		give(g, n*m, x, y)
	})
	return o
}

// checkFactors puts permutations into lanes and finds factors of singular matrices.
func checkFactors(g group, n int, f []float64, perm, given []int64, bad uint8) (status [lanes.Width]Status) {
	for k := range g.used {
		if bad>>k&1 != 0 {
			status[k] = Singular
		}
		for i := range n {
			p := given[(g.first+k)*n+i]
			if p < 0 || p >= int64(n) || f[(i*n+i)*g.lanes+k] == 0 {
				p, status[k] = int64(i), Singular
			}
			perm[i*g.lanes+k] = p
		}
	}
	return status
}

func smallTriangularSolve[T Real | Complex](count, n, m int, x, a, b []T, lower, trans, unit bool, w *Scratch) {
	f, y := Room[float64](w, n*n*lanes.Width), Room[float64](w, n*m*lanes.Width)
	groups(count, func(g group) {
		clear(f[:n*n*g.lanes])
		for k := range g.used {
			takeRows(g, k, n, n, f, a, nil)
			takeRows(g, k, n, m, y, b, nil)
		}
		lanes.TriangularSolve(g.lanes, n, m, f, y, lower, trans, unit)
		give(g, n*m, x, y)
	})
}

func smallQR[T Real | Complex](count, m, n int, q, r, a []T, width int, w *Scratch) (o Outcome) {
	k := min(m, n)
	x, y, t := Room[float64](w, m*n*lanes.Width), Room[float64](w, m*width*lanes.Width), Room[float64](w, width*n*lanes.Width)
	groups(count, func(g group) {
		bad := take(g, m, n, false, x, a)
		exponents := scaleLanes(g, m*n, x, 300)
		lanes.QR(g.lanes, m, n, width, x, y)
		clear(t[:width*n*g.lanes])
		for i := range k {
			copy(t[(i*n+i)*g.lanes:(i+1)*n*g.lanes], x[(i*n+i)*g.lanes:])
		}
		for l := range g.used {
			s := OK
			if bad>>l&1 != 0 {
				s = NonFinite
				spoilLane(g, l, m*width, y)
				for i := range width {
					for j := min(i, n); j < n; j++ {
						t[(i*n+j)*g.lanes+l] = math.NaN()
					}
				}
			}
			if e := exponents[l]; e != 0 {
				for i := range width * n {
					t[i*g.lanes+l] = math.Ldexp(t[i*g.lanes+l], e)
				}
			}
			o.add(g.first+l, s)
		}
		give(g, m*width, q, y)
		give(g, width*n, r, t)
	})
	return o
}

// scaleLanes divides each lane by a power of 2 that makes its largest element about 1, where its exponent is beyond limit.
func scaleLanes(g group, size int, x []float64, limit int) (exponents [lanes.Width]int) {
	var most, factor [lanes.Width]float64
	lanes.Largest(g.lanes, size, x, most[:])
	scaled, far := false, false
	for k := range g.lanes {
		_, e := math.Frexp(most[k])
		factor[k] = 1
		if e < -limit || e > limit {
			exponents[k], factor[k] = e, math.Ldexp(1, -e)
			scaled, far = true, far || e <= -1000 || e >= 1000
		}
	}
	switch {
	case far:
		for i := range size * g.lanes {
			x[i] = math.Ldexp(x[i], -exponents[i%g.lanes])
		}
	case scaled:
		lanes.Times(g.lanes, size, x, factor[:])
	}
	return exponents
}

// sorted stores the values d of lane k, scaled back, in order, and where they stood.
func sorted(g group, k, n int, d []float64, exponent int, descending bool, order []int64, values []float64) {
	for i := range n { // insertion
		j, v := i, d[i*g.lanes+k]
		for ; j > 0 && (descending && values[j-1] < v || !descending && values[j-1] > v); j-- {
			order[j], values[j] = order[j-1], values[j-1]
		}
		order[j], values[j] = int64(i), v
	}
	if exponent != 0 {
		for i := range values[:n] {
			values[i] = math.Ldexp(values[i], exponent)
		}
	}
}

// apart takes n numbers of each lane out, one lane after the other.
func apart(g group, n int, to, x []float64) {
	if g.lanes == 1 {
		copy(to, x[:n])
		return
	}
	lanes.Separate(n, to, x, n)
}

// inOrder copies rows of n numbers, those beyond the order last, and transposes them if they shall be columns.
func inOrder(rows, n int, to, from []float64, order []int64, columns bool) {
	for i := range rows {
		at := i
		if i < len(order) {
			at = int(order[i])
		}
		row := from[at*n : (at+1)*n]
		switch {
		case !columns || rows == n:
			copy(to[i*n:], row)
		default:
			for j, v := range row {
				to[j*rows+i] = v
			}
		}
	}
	if columns && rows == n {
		lanes.Transpose(n, to[:n*n])
	}
}

func smallEigh[T Real | Complex, R Real](count, n int, values []R, vectors, a []T, w *Scratch) (o Outcome) {
	x, d := Room[float64](w, n*n*lanes.Width), Room[float64](w, n*lanes.Width)
	var z []float64
	if vectors != nil {
		z = Room[float64](w, n*n*lanes.Width)
	}
	work := Room[float64](w, lanes.Work(n))
	order, e, v := Room[int64](w, n), Room[float64](w, n), Room[float64](w, n*n)
	groups(count, func(g group) {
		bad := take(g, n, n, true, x, a)
		for i := range n {
			for j := range i {
				copy(x[(j*n+i)*g.lanes:(j*n+i+1)*g.lanes], x[(i*n+j)*g.lanes:])
			}
		}
		exponents := scaleLanes(g, n*n, x, 0)
		failed := lanes.Eigh(g.lanes, n, x, d, z, work, bad)
		if z != nil {
			apart(g, n*n, x, z)
		}
		for k := range g.used {
			s := OK
			switch {
			case bad>>k&1 != 0:
				s = NonFinite
			case failed>>k&1 != 0:
				s = NotConverged
			}
			sorted(g, k, n, d, exponents[k], false, order, e)
			if z != nil {
				inOrder(n, n, v, x[k*n*n:], order, true)
			}
			if !o.add(g.first+k, s) {
				spoil(e)
				spoil(v)
			}
			one := group{g.first + k, 1, 1}
			give(one, n, values, e)
			if z != nil {
				give(one, n*n, vectors, v)
			}
		}
	})
	return o
}

// smallSVD: of matrices with fewer rows than columns the transposes are taken, and u and vh change places.
func smallSVD[T Real | Complex, R Real](count, m, n int, u []T, values []R, vh, a []T, full bool, w *Scratch) (o Outcome) {
	long, short := max(m, n), min(m, n)
	left := short
	if full {
		left = long
	}
	x, d := Room[float64](w, m*n*lanes.Width), Room[float64](w, short*lanes.Width)
	var y, z, ys, zs []float64
	if u != nil {
		y, z = Room[float64](w, left*long*lanes.Width), Room[float64](w, short*short*lanes.Width)
		ys, zs = Room[float64](w, left*long*lanes.Width), Room[float64](w, short*short*lanes.Width)
	}
	turned, work := Room[float64](w, m*n*lanes.Width), Room[float64](w, lanes.Work(long))
	order, e, v := Room[int64](w, short), Room[float64](w, short), Room[float64](w, left*long)
	groups(count, func(g group) {
		bad := take(g, m, n, false, x, a)
		exponents, b := scaleLanes(g, m*n, x, 0), x
		if m < n {
			b = turned
			for i := range m {
				for j := range n {
					copy(b[(j*m+i)*g.lanes:(j*m+i+1)*g.lanes], x[(i*n+j)*g.lanes:])
				}
			}
		}
		failed := lanes.SVD(g.lanes, long, short, left, b, d, y, z, work, bad)
		if u != nil {
			apart(g, left*long, ys, y)
			apart(g, short*short, zs, z)
		}
		for k := range g.used {
			s := OK
			switch {
			case bad>>k&1 != 0:
				s = NonFinite
			case failed>>k&1 != 0:
				s = NotConverged
			}
			sorted(g, k, short, d, exponents[k], true, order, e)
			if !o.add(g.first+k, s) {
				spoil(e)
			}
			one := group{g.first + k, 1, 1}
			give(one, short, values, e)
			if u == nil {
				continue
			}
			longest, shortest := u, vh
			if m < n {
				longest, shortest = vh, u
			}
			for _, side := range []struct {
				to         []T
				rows, cols int
				from       []float64
				columns    bool
			}{{longest, left, long, ys, m >= n}, {shortest, short, short, zs, m < n}} {
				size := side.rows * side.cols
				inOrder(side.rows, side.cols, v, side.from[k*size:], order, side.columns)
				if s != OK {
					spoil(v[:size])
				}
				give(one, size, side.to, v)
			}
		}
	})
	return o
}
