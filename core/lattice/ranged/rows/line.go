package rows

import "math"

// Line is a row of sites with three components each that turn one after the other. What one changes in the fields of the row is added at once, and the field of the
// next one is made from what it was before, so that its turn waits for nothing that is written.
type Line struct {
	Tables    [][]float64 // by site, as shifted for it: six channels, M numbers apart
	M         int
	Places    int // of the row, a multiple of 4
	Width     int // sites of a cell
	Cell      int // numbers from the changes of a cell to the next
	Component int // numbers from a component of the fields to the next

	Fields  []float64 // from the first site of the row on, as are all that follow
	Spins   []float64 // (sites, 3)
	Outer   []float64 // fields from outside, a site Step numbers after the other: 3 or 0
	Step    int
	Changes []float64 // of the spins: added, components of the sites of a cell side by side

	KT    float64
	Logs  []float64 // logarithms of uniform numbers, by visit
	Sides []float64 // sines of uniform angles by visit, and cosines, which begin so far apart; or proposed spins
	Apart int

	Turned int64 // Metropolis: how many have been accepted
}

// least is the square of a field that has a direction.
const least = 1e-280

// check looks how far vector loads reach, as they are not checked.
func (l *Line) check(from, to, logs, sides int) {
	sites := len(l.Tables)
	if from < 0 || to > sites || sites > l.Places || l.Places%4 != 0 || l.Step != 0 && l.Step != 3 {
		panic("rows: no such places in a line")
	}
	if from >= to {
		return
	}
	for _, t := range l.Tables[from:to] {
		_ = t[5*l.M:][:l.Places+1] // one more is read for the last site's next
	}
	_, _ = l.Fields[2*l.Component:][:l.Places+1], l.Spins[:3*sites]
	_ = l.Outer[:(sites-1)*l.Step+3]
	_ = l.Changes[:(sites-1)/l.Width*l.Cell+3*l.Width]
	_, _ = l.Logs[:logs], l.Sides[:sides]
}

// Draw turns the sites from, ..., to-1 to directions drawn from their distributions at KT, with the numbers of visit 0 and further on; it stops at a site for which these are
// not enough, as the wait is longer than the whole exponential distribution or there is no field, and tells which.
//
// With the field x, r = |x| and e = -kT log u, 1 - cos of the angle to it is e/r; to the side, the frame of T. Duff et al., J. Comput. Graph. Tech. 6, 1 (2017) is turned.
func (l *Line) Draw(from, to int) int {
	l.check(from, to, to-from, l.Apart+to-from)
	if done, ok := l.drawVector(from, to); ok {
		return done
	}
	for i := from; i < to; i++ {
		x, y, z := l.Field(i)
		square := math.FMA(y, y, float64(x*x)) + float64(z*z)
		r := math.Sqrt(square)
		e, over := float64(l.Logs[i-from]*(0-l.KT)), 1/square
		rest := r + r - e
		if !(rest >= 0 && square >= least) {
			return i
		}
		root := math.Sqrt(float64(e * rest))
		sin, cos := l.Sides[i-from], l.Sides[l.Apart+i-from]
		along := math.FMA(sin, y, float64(cos*x))
		bent := along / math.FMA(r, math.Abs(z), square)
		side := float64(r * over)
		t := float64((r - e) * over)
		l.Turn(i, [3]float64{
			math.FMA(root, float64(math.FMA(0-bent, x, cos)*side), float64(t*x)),
			math.FMA(root, float64(math.FMA(0-bent, y, sin)*side), float64(t*y)),
			math.FMA(0-root, math.Copysign(1, z)*float64(along*over), float64(t*z)),
		})
	}
	return to
}

// Field is the whole one of a site.
func (l *Line) Field(i int) (x, y, z float64) {
	h := l.Outer[i*l.Step:]
	return l.Fields[i] + h[0], l.Fields[l.Component+i] + h[1], l.Fields[2*l.Component+i] + h[2]
}

// Turn makes a spin another one.
func (l *Line) Turn(i int, s [3]float64) {
	own := (*[3]float64)(l.Spins[3*i:])
	l.change(i, [3]float64{s[0] - own[0], s[1] - own[1], s[2] - own[2]})
	*own = s
}

// change follows a spin that has turned.
func (l *Line) change(i int, d [3]float64) {
	c, w := l.Changes[i/l.Width*l.Cell+i%l.Width:], l.Width
	c[0], c[w], c[2*w] = c[0]+d[0], c[w]+d[1], c[2*w]+d[2]
	t, m := l.Tables[i], l.M
	f, n := l.Fields, l.Component
	for k := range l.Places {
		xx, xy, xz, yy, yz, zz := t[k], t[m+k], t[2*m+k], t[3*m+k], t[4*m+k], t[5*m+k]
		f[k] = math.FMA(xz, d[2], math.FMA(xy, d[1], math.FMA(xx, d[0], f[k])))
		f[n+k] = math.FMA(yz, d[2], math.FMA(yy, d[1], math.FMA(xy, d[0], f[n+k])))
		f[2*n+k] = math.FMA(zz, d[2], math.FMA(yz, d[1], math.FMA(xz, d[0], f[2*n+k])))
	}
}

// Try turns the sites from, ..., to-1 to spins proposed, by Metropolis: where what that costs is at most e.
func (l *Line) Try(from, to int) {
	l.check(from, to, to-from, 3*(to-from))
	if l.tryVector(from, to) {
		return
	}
	for i := from; i < to; i++ {
		x, y, z := l.Field(i)
		e, next, own := float64(l.Logs[i-from]*(0-l.KT)), *(*[3]float64)(l.Sides[3*(i-from):]), *(*[3]float64)(l.Spins[3*i:])
		if math.FMA(z, own[2]-next[2], math.FMA(y, own[1]-next[1], float64(x*(own[0]-next[0])))) <= e {
			l.Turned++
		} else {
			next = own
		}
		l.Turn(i, next)
	}
}

// Reflect turns the sites from, ..., to-1 about their fields by half a turn.
func (l *Line) Reflect(from, to int) {
	l.check(from, to, 0, 0)
	if l.reflectVector(from, to) {
		return
	}
	for i := from; i < to; i++ {
		x, y, z := l.Field(i)
		own := *(*[3]float64)(l.Spins[3*i:])
		next, square := own, math.FMA(y, y, float64(x*x))+float64(z*z)
		if square >= least {
			along := math.FMA(y, own[1], float64(x*own[0])) + float64(z*own[2])
			by := (along + along) / square
			next = [3]float64{math.FMA(by, x, 0-own[0]), math.FMA(by, y, 0-own[1]), math.FMA(by, z, 0-own[2])}
		}
		l.Turn(i, next)
	}
}
