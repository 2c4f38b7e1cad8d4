package lines

import (
	"math"

	"github.com/ergodica/ergodica/core/expr/special"
	"github.com/ergodica/ergodica/core/simd"
)

// Number is what sums and products are of.
type Number interface {
	float64 | float32 | complex128 | complex64 | int64 | int32
}

// Ordered is what extremes are of.
type Ordered interface {
	float64 | float32 | int64 | int32 | uint8
}

// Block is the number of elements of a line over which a sum runs before it starts anew at the sum of what is before it, and segment that of
// elements which are added one by one: a sum of n terms has the error of about n/4096 + 100 additions, and its bits depend on places alone.
const (
	Block   = 1 << 14
	segment = 64
)

// SumBlock sets y to the running sums of x, at most a block of a line that starts with the given sum (none for the first block); from the end
// in reverse. It returns the sum of x. y may be x.
func SumBlock[T Number](y, x []T, reverse bool, before T, first bool) (total T) {
	var room [8 * segment]T
	n := len(x)
	for at := 0; at < n; at += len(room) {
		l := room[:min(len(room), n-at)]
		if reverse {
			for i := range l {
				l[i] = x[n-1-at-i]
			}
		} else {
			copy(l, x[at:])
		}
		segments(l)
		for s := 0; s < len(l); s += segment {
			part := l[s:min(s+segment, len(l))]
			last := part[len(part)-1]
			switch {
			case at+s == 0 && first:
				total = last
				continue
			case at+s == 0:
				shift(part, before)
				total = last
				continue
			case first:
				shift(part, total)
			default:
				shift(part, before+total)
			}
			total += last
		}
		if reverse {
			for i, v := range l {
				y[n-1-at-i] = v
			}
		} else {
			copy(y[at:], l)
		}
	}
	return total
}

// segments runs the sums of each segment, eight at a time.
func segments[T Number](l []T) {
	if len(l) == 8*segment {
		p := (*[8 * segment]T)(l)
		a, b, c, d, e, f, g, h := p[0], p[segment], p[2*segment], p[3*segment], p[4*segment], p[5*segment], p[6*segment], p[7*segment]
		for i := 1; i < segment; i++ {
			a += p[i]
			b += p[segment+i]
			c += p[2*segment+i]
			d += p[3*segment+i]
			e += p[4*segment+i]
			f += p[5*segment+i]
			g += p[6*segment+i]
			h += p[7*segment+i]
			p[i], p[segment+i], p[2*segment+i], p[3*segment+i], p[4*segment+i], p[5*segment+i], p[6*segment+i], p[7*segment+i] = a, b, c, d, e, f, g, h
		}
		return
	}
	for s := 0; s < len(l); s += segment {
		part := l[s:min(s+segment, len(l))]
		for i := 1; i < len(part); i++ {
			part[i] += part[i-1]
		}
	}
}

func shift[T Number](x []T, by T) {
	if len(x) >= 16 {
		switch v := any(x).(type) {
		case []float64:
			one := [1]float64{any(by).(float64)}
			simd.Add(v, one[:], v)
			return
		case []float32:
			one := [1]float32{any(by).(float32)}
			simd.Add(v, one[:], v)
			return
		}
	}
	for i := range x {
		x[i] = by + x[i]
	}
}

// Total is the sum that SumBlock returns.
func Total[T Number](x []T, reverse bool) (total T) {
	n := len(x)
	for at := 0; at < n; at += segment {
		m := min(segment, n-at)
		var s T
		if reverse {
			s = x[n-1-at]
			for i := 1; i < m; i++ {
				s += x[n-1-at-i]
			}
		} else {
			s = x[at]
			for _, v := range x[at+1 : at+m] {
				s += v
			}
		}
		if at == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}

// Scan is a running product or extreme.
type Scan uint8

// What Steps does.
const (
	Add Scan = iota
	Mul
	Max
	Min
)

// Steps runs along rows of width elements at distances of step: row 0 of y is that of x, row i that of x with row i-1 of y; in reverse from
// the last one. So width lines that lie side by side are scanned at once.
func Steps[T Number](y, x []T, width, step int, reverse bool, how Scan) {
	switch y := any(y).(type) {
	case []float64:
		vectorSteps(y, any(x).([]float64), width, step, reverse, how)
	case []float32:
		vectorSteps(y, any(x).([]float32), width, step, reverse, how)
	case []int64:
		steps(y, any(x).([]int64), width, step, reverse, how)
	case []int32:
		steps(y, any(x).([]int32), width, step, reverse, how)
	case []complex128:
		complexSteps(y, any(x).([]complex128), width, step, reverse, how)
	case []complex64:
		complexSteps(y, any(x).([]complex64), width, step, reverse, how)
	}
}

// order is the first row, its distance to the next one, and the number of those, of n elements in all.
func order(n, width, step int, reverse bool) (from, by, rows int) {
	rows = (n-width)/step + 1
	if reverse {
		return (rows - 1) * step, -step, rows
	}
	return 0, step, rows
}

// vector is the width of rows from which on vector kernels are faster than a loop.
const vector = 16

func vectorSteps[T simd.Real](y, x []T, width, step int, reverse bool, how Scan) {
	if width < vector {
		steps(y, x, width, step, reverse, how)
		return
	}
	f := [...]func(dst, a, b []T){simd.Add[T], simd.Mul[T], simd.Max[T], simd.Min[T]}[how]
	at, by, n := order(len(x), width, step, reverse)
	copy(y[at:at+width], x[at:])
	for range n - 1 {
		before := y[at : at+width]
		at += by
		f(y[at:at+width], before, x[at:at+width])
	}
}

func steps[T float64 | float32 | int64 | int32](y, x []T, width, step int, reverse bool, how Scan) {
	at, by, n := order(len(x), width, step, reverse)
	copy(y[at:at+width], x[at:at+width])
	for range n - 1 {
		before := y[at : at+width]
		at += by
		z, u := y[at:at+width], x[at:at+width]
		switch how {
		case Add:
			for i, v := range before {
				z[i] = v + u[i]
			}
		case Mul:
			for i, v := range before {
				z[i] = v * u[i]
			}
		case Max:
			for i, v := range before {
				if w := u[i]; !(v > w || v != v) {
					v = w
				}
				z[i] = v
			}
		case Min:
			for i, v := range before {
				if w := u[i]; !(v < w || v != v) {
					v = w
				}
				z[i] = v
			}
		}
	}
}

// Line is Steps for a single line.
func Line[T Number](y, x []T, reverse bool, how Scan) {
	switch y := any(y).(type) {
	case []float64:
		line(y, any(x).([]float64), reverse, how)
	case []float32:
		line(y, any(x).([]float32), reverse, how)
	case []int64:
		line(y, any(x).([]int64), reverse, how)
	case []int32:
		line(y, any(x).([]int32), reverse, how)
	default:
		Steps(any(y).([]T), x, 1, 1, reverse, how)
	}
}

func line[T float64 | float32 | int64 | int32](y, x []T, reverse bool, how Scan) {
	n := len(x)
	k, by := 0, 1
	if reverse {
		k, by = n-1, -1
	}
	v := x[k]
	y[k] = v
	k += by
	switch how {
	case Mul:
		for ; uint(k) < uint(n); k += by {
			v *= x[k]
			y[k] = v
		}
	case Max:
		for ; uint(k) < uint(n); k += by {
			if u := x[k]; !(v > u || v != v) {
				v = u
			}
			y[k] = v
		}
	case Min:
		for ; uint(k) < uint(n); k += by {
			if u := x[k]; !(v < u || v != v) {
				v = u
			}
			y[k] = v
		}
	}
}

func complexSteps[T complex128 | complex64](y, x []T, width, step int, reverse bool, how Scan) {
	at, by, n := order(len(x), width, step, reverse)
	copy(y[at:at+width], x[at:at+width])
	for range n - 1 {
		before := y[at : at+width]
		at += by
		for i, v := range before {
			if how == Add {
				y[at+i] = v + x[at+i]
			} else {
				y[at+i] = T(special.Cmul(complex128(v), complex128(x[at+i])))
			}
		}
	}
}

// Recurrence is Steps for y_i = a_i y_(i-1) + b_i, row 0 that of b; of real numbers with one rounding.
func Recurrence[T simd.Real | complex128 | complex64](y, a, b []T, width, step int, reverse bool) {
	switch y := any(y).(type) {
	case []float64:
		recurrence(y, any(a).([]float64), any(b).([]float64), width, step, reverse, math.FMA)
	case []float32:
		recurrence(y, any(a).([]float32), any(b).([]float32), width, step, reverse, simd.FMA32)
	case []complex128:
		complexRecurrence(y, any(a).([]complex128), any(b).([]complex128), width, step, reverse)
	case []complex64:
		complexRecurrence(y, any(a).([]complex64), any(b).([]complex64), width, step, reverse)
	}
}

func recurrence[T simd.Real](y, a, b []T, width, step int, reverse bool, fma func(a, x, b T) T) {
	at, by, n := order(len(b), width, step, reverse)
	copy(y[at:at+width], b[at:at+width])
	if w, one := any(y).([]float64); one && width == 1 {
		a, b := any(a).([]float64), any(b).([]float64)
		for v := w[at]; n > 1; n-- {
			at += by
			v = math.FMA(a[at], v, b[at])
			w[at] = v
		}
		return
	}
	for range n - 1 {
		before := y[at : at+width]
		at += by
		if width >= vector {
			simd.MulAdd(y[at:at+width], a[at:at+width], before, b[at:at+width])
			continue
		}
		for i, v := range before {
			y[at+i] = fma(a[at+i], v, b[at+i])
		}
	}
}

func complexRecurrence[T complex128 | complex64](y, a, b []T, width, step int, reverse bool) {
	at, by, n := order(len(b), width, step, reverse)
	copy(y[at:at+width], b[at:at+width])
	for range n - 1 {
		before := y[at : at+width]
		at += by
		for i, v := range before {
			y[at+i] = T(special.Cmul(complex128(a[at+i]), complex128(v))) + b[at+i]
		}
	}
}

// searched is the number of elements of which the extreme is found before it is looked for.
const searched = 2048

// ArgMax is the place of the first largest element, or of the first NaN. x is not empty.
func ArgMax[T Ordered](x []T) int { return extreme(x, true) }

// ArgMin is the place of the first smallest element, or of the first NaN.
func ArgMin[T Ordered](x []T) int { return extreme(x, false) }

func extreme[T Ordered](x []T, most bool) int {
	switch y := any(x).(type) {
	case []float64:
		return best(y, most)
	case []float32:
		return best(y, most)
	}
	at, m := 0, x[0]
	for i, v := range x {
		if most && v > m || !most && v < m {
			at, m = i, v
		}
	}
	return at
}

// best folds parts of x into lanes; where their extreme beats the one so far it is looked for.
func best[T simd.Real](x []T, most bool) int {
	const width = 128
	at, m := 0, x[0]
	var room [width]T
	for from := 0; from < len(x) && m == m; from += searched {
		part := x[from:min(from+searched, len(x))]
		l := room[:min(width, len(part))]
		copy(l, part)
		for k := width; k < len(part); k += width {
			fold(l[:min(width, len(part)-k)], part[k:], most)
		}
		for len(l) >= 32 {
			half := len(l) / 2
			fold(l[:half], l[len(l)-half:], most)
			l = l[:len(l)-half]
		}
		v := l[0]
		for _, u := range l[1:] {
			if Better(u, v, most) {
				v = u
			}
		}
		if from > 0 && !Better(v, m, most) {
			continue
		}
		at, m = from+place(part, v), v
	}
	return at
}

// place finds the first v, or the first NaN if v is one.
func place[T simd.Real](x []T, v T) int {
	i := 0
	if v != v {
		for x[i] == x[i] {
			i++
		}
		return i
	}
	for ; i+4 <= len(x) && x[i] != v && x[i+1] != v && x[i+2] != v && x[i+3] != v; i += 4 {
	}
	for x[i] != v {
		i++
	}
	return i
}

// fold keeps in l the extremes of l and as many elements of x.
func fold[T simd.Real](l, x []T, most bool) {
	if most {
		simd.Max(l, l, x[:len(l)])
	} else {
		simd.Min(l, l, x[:len(l)])
	}
}

// Better tells that v at a later place replaces m as the extreme.
func Better[T Ordered](v, m T, most bool) bool {
	return m == m && (most && !(v <= m) || !most && !(v >= m))
}

// Search counts, for each v, the elements of x, sorted with NaN last, that are below it; with right also those equal to it.
func Search[T float64 | float32 | int64 | int32](to []int64, x, v []T, right bool) {
	for i, k := range v {
		at := 0
		switch {
		case k != k && right:
			at = len(x)
		case k != k:
			for n := len(x); n > 0; {
				half := (n + 1) / 2
				u := x[at+half-1]
				at += half & -one(u == u)
				n -= half
			}
		case right:
			for n := len(x); n > 0; {
				half := (n + 1) / 2
				at += half & -one(x[at+half-1] <= k)
				n -= half
			}
		default:
			for n := len(x); n > 0; {
				half := (n + 1) / 2
				at += half & -one(x[at+half-1] < k)
				n -= half
			}
		}
		to[i] = int64(at)
	}
}

// one is 1 for true, without a jump.
func one(b bool) int {
	var i int
	if b {
		i = 1
	}
	return i
}
