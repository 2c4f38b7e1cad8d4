// Package lanes updates unit vectors of the places of a page at once: fields, reflections, and draws about fields, with the same bits on every level of SIMD.
// Which places are sites is a bit each; what is computed for others is not used.
package lanes

import "math"

// Kernels are what a level of SIMD offers. Planes have one number a place, size from a component to the next, and reach beyond a page, which begins at place at of
// them; other slices are room numbers from a component to the next and begin with the page. Words of 64 places say what is a site (sites) and whether a place's
// second neighbour along its row is one further on (ahead), else one back; across is how far away the others are, both ways.
type Kernels struct {
	// Field writes J sum_j s_j + h, one component.
	Field func(x, other []float64, at int, ahead []uint64, across []int, J, h float64)
	// Bonds writes sum_j J_j s_j + h, one component; the couplings of direction d are at J[d size + at] and further on: those to the same place, to the second
	// along the row, then back and on across rows.
	Bonds func(x, other []float64, at int, ahead []uint64, across []int, J []float64, size int, h float64)
	// Reflect is s = 2 (s.x) x / x^2 - s where x is not 0.
	Reflect func(own []float64, at, size int, x []float64, room, n int, sites []uint64)
	// Dot writes s.x of sites, else 0.
	Dot func(dst, own []float64, at, size int, x []float64, room, n int, sites []uint64)
	// Aim2 makes x a direction, (1, 0) where it is 0, and writes kappa = beta |x|, at most 1e150, and what draws at kappa need, behind each other.
	Aim2 func(x, c []float64, room, places int, beta float64)
	// Try2 makes sines and cosines of a uniform angle and v uniform in [0, 1) a proposal: d = 1 - t, the side, its cost, and in v cost/v.
	Try2 func(d, side, cost, v, sin, cos, c []float64, room, places int)
	// Passed marks where log(cost/v) + 1 >= cost.
	Passed func(dst []uint64, logs, cost []float64)
	// End2 writes sites.
	End2 func(own []float64, at, size int, x []float64, room int, d, side []float64, sites []uint64)
	// Aim3 makes x a direction, (0, 0, 1) where it is 0, and writes kappa, from 1e-200 to 1e150, and -2 kappa.
	Aim3 func(x []float64, room, places int, kappa, twice []float64, beta float64)
	// End3 writes sites; logs are log(1 + u (exp(-2 kappa) - 1)).
	End3 func(own []float64, at, size int, x []float64, room int, logs, kappa, sin, cos []float64, sites []uint64)
}

const (
	most  = 1e150
	least = 1e-200
)

// At is the kernels of the current level.
func At() *Kernels { return level() }

// plain are the twins of the vectors.
var plain = Kernels{Field: field, Bonds: bonds, Reflect: reflect, Dot: dot, Aim2: aim2, Try2: try2, Passed: passed, End2: end2, Aim3: aim3, End3: end3}

func beside(at int, ahead uint64, l int) int { return at - 1 + 2*int(ahead>>l&1) }

func field(x, other []float64, at int, ahead []uint64, across []int, J, h float64) {
	for w, word := range ahead {
		for l := range 64 {
			p := at + 64*w + l
			sum := other[beside(p, word, l)] + other[p]
			for _, s := range across {
				sum = sum + other[p-s] + other[p+s]
			}
			x[64*w+l] = math.FMA(sum, J, h)
		}
	}
}

func bonds(x, other []float64, at int, ahead []uint64, across []int, J []float64, size int, h float64) {
	for w, word := range ahead {
		for l := range 64 {
			p := at + 64*w + l
			sum := math.FMA(other[p], J[p], h)
			sum = math.FMA(other[beside(p, word, l)], J[size+p], sum)
			for d, s := range across {
				sum = math.FMA(other[p-s], J[(2+2*d)*size+p], sum)
				sum = math.FMA(other[p+s], J[(3+2*d)*size+p], sum)
			}
			x[64*w+l] = sum
		}
	}
}

// each calls f for the sites of a page.
func each(sites []uint64, f func(i int)) {
	for w, word := range sites {
		for l := range 64 {
			if word>>l&1 != 0 {
				f(64*w + l)
			}
		}
	}
}

func reflect(own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	each(sites, func(i int) {
		square, along := 0.0, 0.0
		for k := range n {
			v := x[k*room+i]
			square, along = math.FMA(v, v, square), math.FMA(v, own[k*size+at+i], along)
		}
		if square > least {
			f := (along + along) / square
			for k := range n {
				s := &own[k*size+at+i]
				*s = math.FMA(x[k*room+i], f, 0-*s)
			}
		}
	})
}

func dot(dst, own []float64, at, size int, x []float64, room, n int, sites []uint64) {
	clear(dst[:64*len(sites)])
	each(sites, func(i int) {
		along := 0.0
		for k := range n {
			along = math.FMA(x[k*room+i], own[k*size+at+i], along)
		}
		dst[i] = along
	})
}

// With s = sqrt(1 + 4 kappa^2), tau = 1 + s and b = tau + sqrt(2 tau), the proposal of Best and Fisher has rho = 2 kappa / b and, without loss of digits,
// 1 - rho = (1 + 1/(s + 2 kappa) + sqrt(2 tau)) / b; what is kept is kappa, 2 rho, (1 - rho)^2 and kappa (r - 1) = (1 - rho)^2 b / 4.
func aim2(x, c []float64, room, places int, beta float64) {
	for i := range places {
		a, b := x[i], x[room+i]
		r := math.Sqrt(math.FMA(b, b, float64(a*a)))
		e, f, kappa := 1.0, 0.0, 0.0
		if r > 0 {
			over := 1 / r
			e, f, kappa = float64(a*over), float64(b*over), min(float64(r*beta), most)
		}
		twice := kappa + kappa
		s := math.Sqrt(math.FMA(twice, twice, 1))
		tau := 1 + s
		root := math.Sqrt(tau + tau)
		sum := tau + root
		over := 1 / sum
		short := float64((1 + 1/(s+twice) + root) * over)
		square := float64(short * short)
		x[i], x[room+i] = e, f
		c[i], c[room+i], c[2*room+i] = kappa, float64((twice+twice)*over), square
		c[3*room+i] = float64(float64(square*sum) * 0.25)
	}
}

// At the angle psi, cos 2 psi = 1 - 2 sin^2 = 2 cos^2 - 1 gives 1 - t = (1 - rho)^2 (2 sin^2) / ((1 - rho)^2 + 2 rho (2 cos^2)), and kappa (r - t) the cost.
func try2(d, side, cost, v, sin, cos, c []float64, room, places int) {
	for i := range places {
		s, z, square := sin[i], cos[i], c[2*room+i]
		p, q := float64(s*s), float64(z*z)
		p, q = p+p, q+q
		x := float64(square*p) / math.FMA(c[room+i], q, square)
		y := math.FMA(c[i], x, c[3*room+i])
		d[i], side[i], cost[i], v[i] = x, float64(s*z), y, y/v[i]
	}
}

func passed(dst []uint64, logs, cost []float64) {
	for w := range dst {
		dst[w] = 0
		for l := range 64 {
			if logs[64*w+l]+1 >= cost[64*w+l] {
				dst[w] |= 1 << l
			}
		}
	}
}

func end2(own []float64, at, size int, x []float64, room int, d, side []float64, sites []uint64) {
	each(sites, func(i int) {
		v := d[i]
		t, w := 1-v, math.Sqrt(float64(v*(2-v)))
		if side[i] < 0 {
			w = 0 - w
		}
		e, f := x[i], x[room+i]
		own[at+i], own[size+at+i] = math.FMA(t, e, 0-float64(w*f)), math.FMA(t, f, float64(w*e))
	})
}

func aim3(x []float64, room, places int, kappa, twice []float64, beta float64) {
	for i := range places {
		a, b, c := x[i], x[room+i], x[2*room+i]
		r := math.Sqrt(math.FMA(c, c, math.FMA(b, b, float64(a*a))))
		e, f, g, k := 0.0, 0.0, 1.0, least
		if r > 0 {
			over := 1 / r
			e, f, g, k = float64(a*over), float64(b*over), float64(c*over), max(min(float64(r*beta), most), least)
		}
		x[i], x[room+i], x[2*room+i], kappa[i], twice[i] = e, f, g, k, 0-(k+k)
	}
}

// The frame is that of T. Duff et al., J. Comput. Graph. Tech. 6, 1 (2017).
func end3(own []float64, at, size int, x []float64, room int, logs, kappa, sin, cos []float64, sites []uint64) {
	each(sites, func(i int) {
		d := min((0-logs[i])/kappa[i], 2)
		t, w := 1-d, math.Sqrt(float64(d*(2-d)))
		u, v := float64(w*cos[i]), float64(w*sin[i])
		e, f, g := x[i], x[room+i], x[2*room+i]
		sign := 1.0
		if g < 0 {
			sign = -1
		}
		p := -1 / (sign + g)
		ep := float64(e * p)
		q := float64(ep * f)
		own[at+i] = math.FMA(v, q, math.FMA(u, math.FMA(float64(sign*e), ep, 1), float64(t*e)))
		own[size+at+i] = math.FMA(v, math.FMA(float64(f*f), p, sign), math.FMA(u, float64(sign*q), float64(t*f)))
		own[2*size+at+i] = float64(t*g) - math.FMA(v, f, float64(u*float64(sign*e)))
	})
}
