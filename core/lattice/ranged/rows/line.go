package rows

import "math"

// Line is a row of sites with three components each that turn one after the other. What one changes in the fields of the row is added at once. The field of the
// next one is made beside that, of what is known before the turn is, so that its turn waits for little; it may differ in the last digits from what is written.
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

// least is the square of a field that has a direction, and of its part across z as much of it.
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
// not enough, as the wait is longer than the whole exponential distribution or the field has no part across z, and tells which.
//
// With the field f = (x, y, z), r = |f| and e = -kT log u, 1 - cos of the angle to it is e / r. With w^2 = x^2 + y^2 the spin is
//
//	t f + root side,   t = (r - e) / r^2,   root^2 = e (2 r - e) / w^2,   side = cos (y, -x, 0) / r + sin (x z, y z, -w^2) / r^2,
//
// in which root alone waits for a second square root, and the next field is linear in it.
func (l *Line) Draw(from, to int) int {
	l.check(from, to, to-from, l.Apart+to-from)
	if done, ok := l.drawVector(from, to); ok {
		return done
	}
	f := l.begin(from)
	for i := from; i < to; i++ {
		x, y, z := f[0], f[1], f[2]
		flat := math.FMA(y, y, float64(x*x))
		square := flat + float64(z*z)
		r, over, wide := math.Sqrt(square), 1/square, 1/flat
		e := float64(l.Logs[i-from] * (0 - l.KT))
		rest := math.FMA(float64((e+e)*wide), r, 0-float64(float64(e*e)*wide))
		if !(rest >= 0 && flat >= least && float64(flat*over) >= least) {
			return i
		}
		root := math.Sqrt(rest)
		t := float64((r - e) * over)
		cos, sin := float64(float64(r*over)*l.Sides[l.Apart+i-from]), float64(over*l.Sides[i-from])
		lift := float64(sin * z)
		side := [3]float64{math.FMA(cos, y, float64(lift*x)), math.FMA(0-cos, x, float64(lift*y)), 0 - float64(sin*flat)}
		if i+1 < to {
			own := l.Spins[3*i:]
			a := l.add(l.begin(i+1), i, [3]float64{math.FMA(t, x, 0-own[0]), math.FMA(t, y, 0-own[1]), math.FMA(t, z, 0-own[2])})
			b := l.times(i, side)
			f = [3]float64{math.FMA(b[0], root, a[0]), math.FMA(b[1], root, a[1]), math.FMA(b[2], root, a[2])}
		}
		l.Turn(i, [3]float64{math.FMA(root, side[0], float64(t*x)), math.FMA(root, side[1], float64(t*y)), math.FMA(root, side[2], float64(t*z))})
	}
	return to
}

// begin is the field of a site before others have turned.
func (l *Line) begin(i int) (f [3]float64) {
	f[0], f[1], f[2] = l.Field(i)
	return f
}

// tensor couples site i to place k.
func (l *Line) tensor(i, k int) (xx, xy, xz, yy, yz, zz float64) {
	t, m := l.Tables[i][k:], l.M
	return t[0], t[m], t[2*m], t[3*m], t[4*m], t[5*m]
}

// times is what a change of site i by d is to the field of the next one.
func (l *Line) times(i int, d [3]float64) [3]float64 {
	xx, xy, xz, yy, yz, zz := l.tensor(i, i+1)
	return [3]float64{
		math.FMA(xz, d[2], math.FMA(xy, d[1], float64(xx*d[0]))),
		math.FMA(yz, d[2], math.FMA(yy, d[1], float64(xy*d[0]))),
		math.FMA(zz, d[2], math.FMA(yz, d[1], float64(xz*d[0]))),
	}
}

// add adds it, term by term.
func (l *Line) add(f [3]float64, i int, d [3]float64) [3]float64 {
	xx, xy, xz, yy, yz, zz := l.tensor(i, i+1)
	return [3]float64{
		math.FMA(xz, d[2], math.FMA(xy, d[1], math.FMA(xx, d[0], f[0]))),
		math.FMA(yz, d[2], math.FMA(yy, d[1], math.FMA(xy, d[0], f[1]))),
		math.FMA(zz, d[2], math.FMA(yz, d[1], math.FMA(xz, d[0], f[2]))),
	}
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
	f, n := l.Fields, l.Component
	for k := range l.Places {
		xx, xy, xz, yy, yz, zz := l.tensor(i, k)
		f[k] = math.FMA(xz, d[2], math.FMA(xy, d[1], math.FMA(xx, d[0], f[k])))
		f[n+k] = math.FMA(yz, d[2], math.FMA(yy, d[1], math.FMA(xy, d[0], f[n+k])))
		f[2*n+k] = math.FMA(zz, d[2], math.FMA(yz, d[1], math.FMA(xz, d[0], f[2*n+k])))
	}
}

// Propose makes of normal vectors, three numbers for each of the sites from, ..., to-1, spins that differ from those there by about step: unit vectors along their sums with step times them.
func (l *Line) Propose(from, to int, step float64) {
	own, next := l.Spins[3*from:3*to], l.Sides[:3*(to-from)]
	for i := 0; i < len(next); i += 3 {
		if i += proposeVector(next[i:], own[i:], step); i == len(next) {
			break
		}
		s, d := (*[3]float64)(own[i:]), (*[3]float64)(next[i:])
		x, y, z := s[0]+float64(step*d[0]), s[1]+float64(step*d[1]), s[2]+float64(step*d[2])
		if square := float64(x*x) + float64(y*y) + float64(z*z); square < least {
			*d = *s
		} else {
			over := 1 / math.Sqrt(square)
			d[0], d[1], d[2] = float64(x*over), float64(y*over), float64(z*over)
		}
	}
}

// Try turns the sites from, ..., to-1 to spins proposed, by Metropolis: where what that costs is at most e = -kT log u.
func (l *Line) Try(from, to int) {
	l.check(from, to, to-from, 3*(to-from))
	if l.tryVector(from, to) {
		return
	}
	f := l.begin(from)
	for i := from; i < to; i++ {
		next, own := [3]float64(l.Sides[3*(i-from):]), [3]float64(l.Spins[3*i:])
		d := [3]float64{next[0] - own[0], next[1] - own[1], next[2] - own[2]}
		taken := math.FMA(f[2], d[2], math.FMA(f[1], d[1], float64(f[0]*d[0]))) >= float64(l.Logs[i-from]*l.KT)
		if taken {
			l.Turned++
		} else {
			next, d = own, [3]float64{}
		}
		if i+1 < to {
			by := l.times(i, d)
			f = l.begin(i + 1)
			f = [3]float64{f[0] + by[0], f[1] + by[1], f[2] + by[2]}
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
	f := l.begin(from)
	for i := from; i < to; i++ {
		x, y, z := f[0], f[1], f[2]
		own := [3]float64(l.Spins[3*i:])
		next, square := own, math.FMA(y, y, float64(x*x))+float64(z*z)
		if square >= least {
			along := math.FMA(y, own[1], float64(x*own[0])) + float64(z*own[2])
			by := (along + along) / square
			next = [3]float64{math.FMA(by, x, 0-own[0]), math.FMA(by, y, 0-own[1]), math.FMA(by, z, 0-own[2])}
		}
		if i+1 < to {
			f = l.add(l.begin(i+1), i, [3]float64{next[0] - own[0], next[1] - own[1], next[2] - own[2]})
		}
		l.Turn(i, next)
	}
}
