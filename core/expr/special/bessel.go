package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Bessel functions of real order: N. M. Temme's series for the second kinds below x = 2, Steed's continued fractions above, both kinds joined by
// their Wronskian, and recurrence over the order in the direction in which it is stable (N. M. Temme, J. Comput. Phys. 19, 324 (1975) and 21, 343 (1976);
// A. R. Barnett, Comput. Phys. Commun. 21, 297 (1981)); Hankel's expansion where x is large. Relative to the modulus sqrt(J^2 + Y^2), to I and to K they are
// good to some 1e-15 times a slowly growing function of x and order.

// mostOrder bounds the order; beyond it the result is NaN.
const mostOrder = 1e5

// reciprocalGamma are the Taylor coefficients of 1/Gamma(1+z) at 0.
var reciprocalGamma = [...]float64{1, 0.5772156649015329, -0.6558780715202539, -0.04200263503409524, 0.16653861138229148, -0.04219773455554433,
	-0.009621971527876973, 0.0072189432466631, -0.0011651675918590652, -0.00021524167411495098, 0.0001280502823881162, -2.013485478078824e-05,
	-1.2504934821426706e-06, 1.133027231981696e-06, -2.056338416977607e-07, 6.116095104481416e-09, 5.002007644469223e-09, -1.18127457048702e-09,
	1.0434267116911005e-10, 7.782263439905071e-12, -3.696805618642206e-12, 5.100370287454476e-13, -2.0583260535665066e-14, -5.348122539423018e-15,
	1.2267786282382608e-15, -1.1812593016974588e-16, 1.1866922547516004e-18}

// temme gives, for |m| <= 1/2: (1/Gamma(1-m) - 1/Gamma(1+m)) / 2m and the mean of the two, and the two.
func temme(m float64) (odd, even, minus, plus float64) {
	z := m * m
	for k := len(reciprocalGamma) - 1; k >= 0; k-- {
		if k%2 == 1 {
			odd = math.FMA(odd, z, -reciprocalGamma[k])
		} else {
			even = math.FMA(even, z, reciprocalGamma[k])
		}
	}
	return odd, even, even + float64(m*odd), even - float64(m*odd)
}

// sinPi is sin(pi x), cosPi cos(pi x).
func sinPi(x float64) float64 { s, _ := functions.SincosTurns1(turns(x)); return s }
func cosPi(x float64) float64 { _, c := functions.SincosTurns1(turns(x)); return c }

func turns(x float64) float64 { return x/2 - math.Floor(x/2) }

// start is what both of Temme's series begin with, and 2/pi times it for Y: p, q, f of order m.
func start(m, x float64) (p, q, f float64) {
	odd, even, minus, plus := temme(m)
	l := functions.Log1(2 / x)
	sigma := m * l
	e := functions.Exp1(sigma)
	ratio, angle := 1.0, 1.0 // sinh(sigma)/sigma, pi m / sin(pi m)
	if sigma != 0 {
		ratio = functions.Sinh1(sigma) / sigma
	}
	if m != 0 {
		angle = math.Pi * m / sinPi(m)
	}
	f = angle * (float64(functions.Cosh1(sigma)*odd) + float64(ratio*l*even))
	return 0.5 * e / plus, 0.5 / (e * minus), f
}

// ratio is C_v'/C_v at x of the solution that is small at 0, of J (sign -1) or I (+1), and its sign, by Lentz' method.
func ratio(v, x, sign float64) (f, s float64) {
	const tiny = 1e-290
	s = 1
	step := 2 / x
	f = max(v/x, tiny)
	b := step * v
	c, d := f, 0.0
	for range mostTerms + int(min(2*x, 1e6)) {
		b += step
		if d = b + float64(sign*d); math.Abs(d) < tiny {
			d = tiny
		}
		if c = b + sign/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		change := c * d
		f *= change
		if d < 0 {
			s = -s
		}
		if math.Abs(change-1) < 0x1p-52 {
			return f, s
		}
	}
	return math.NaN(), s
}

// jy are J and Y of order v >= 0 at x > 0.
func jy(v, x float64) (J, Y float64) {
	if v > mostOrder {
		return math.NaN(), math.NaN()
	}
	if x >= 30 {
		return climb(v, x)
	}
	down := int(v + 0.5)
	if x >= 2 {
		down = max(0, int(v-x+1.5))
	}
	m := v - float64(down)
	w := 2 / (math.Pi * x)
	f, s := ratio(v, x, -1)
	j, dj := s, s*f
	first := j
	for k := range down { // to order m
		n := v - float64(k)
		lower := float64(n/x*j) + dj
		dj = float64((n-1)/x*lower) - j
		if j = lower; math.Abs(j) > 1e250 {
			j, dj, first = j*1e-250, dj*1e-250, first*1e-250
		}
	}
	if j == 0 {
		j = 0x1p-60
	}
	f = dj / j
	var ym, next float64
	if x < 2 {
		p, q, g := start(m, x)
		p, q, g = p*(2/math.Pi), q*(2/math.Pi), g*(2/math.Pi)
		half := sinPi(m / 2)
		r := 0.0
		if m != 0 {
			r = 2 * half * half / m
		}
		c, t := 1.0, -x*x/4
		g0 := g + float64(r*q)
		sum, sum1 := g0, p
		for k := 1.0; k < 500; k++ {
			g = (float64(k*g) + p + q) / (float64(k*k) - float64(m*m))
			c *= t / k
			p /= k - m
			q /= k + m
			g0 = g + float64(r*q)
			sum += float64(c * g0)
			sum1 += float64(c*p) - float64(c*k*g0)
			if math.Abs(c*g0) < 0x1p-54*math.Abs(sum) {
				break
			}
		}
		ym = -sum
		next = -sum1 * 2 / x
		J = power(v, x, -1)
	} else {
		p, q := steed(m, x)
		g := (p - f) / q
		jm := math.Copysign(math.Sqrt(w/(q+float64(g*(p-f)))), j)
		ym = g * jm
		next = float64(m/x*ym) - float64(jm*(float64(g*p)+q))
		J = jm * (first / j)
	}
	for k := 1; k <= down; k++ {
		ym, next = next, float64((m+float64(k))*2/x*next)-ym
	}
	if down > 0 && math.IsNaN(ym) {
		ym = math.Inf(-1)
	}
	return J, ym
}

// power is the series (x/2)^v / Gamma(v+1) sum (sign x^2/4)^k / (k! (v+1) ... (v+k)) of J (sign -1) or I.
func power(v, x, sign float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; math.Abs(term) > 0x1p-56; k++ {
		term *= sign * x * x / 4 / (k * (v + k))
		sum += term
	}
	return functions.Pow1(x/2, v) * functions.Exp1(-functions.Lgamma1(v+1)) * sum
}

// climb is J and Y for x >= 30: upwards from the two lowest orders; J of orders over x, where that would grow, from Y and J'/J.
func climb(v, x float64) (J, Y float64) {
	m := v - math.Floor(v)
	j, y := hankel(m, x)
	j1, y1 := hankel(m+1, x)
	for n := m; n < v; n++ {
		y, y1 = y1, float64((n+1)*2/x*y1)-y
		if n < x {
			j, j1 = j1, float64((n+1)*2/x*j1)-j
		}
	}
	if y != y || math.IsInf(y, 0) {
		return 0, math.Inf(-1)
	}
	if v > x {
		f, _ := ratio(v, x, -1)
		j = 2 / (math.Pi * x) / (float64(v/x*y) - y1 - float64(f*y))
	}
	return j, y
}

// steed is p + iq, where (J' + iY') / (J + iY) = p + iq, by Lentz' method.
func steed(m, x float64) (p, q float64) {
	b := complex(2*x, 2)
	a := 0.25 - m*m
	f := b
	c, d := f, complex(0, 0)
	small := func(z complex128) complex128 {
		if z == 0 {
			return complex(1e-290, 0)
		}
		return z
	}
	f = complex(0x1p-100, 0)
	c = f
	for k := 1.0; k < mostTerms; k++ {
		d = Cdiv(1, small(b+complex(a*real(d), a*imag(d))))
		t := Cdiv(complex(a, 0), c)
		c = small(b + t)
		step := Cmul(c, d)
		f = Cmul(f, step)
		if math.Abs(real(step)-1)+math.Abs(imag(step)) < 0x1p-52 {
			break
		}
		b += complex(0, 2)
		a += 2 * k
	}
	return -0.5/x - imag(f)/x, 1 + real(f)/x
}

// hankel is J and Y for x well above the square of the order: NIST Handbook, 10.17.
func hankel(v, x float64) (J, Y float64) {
	p, q, term := 1.0, 0.0, 1.0
	for k := 1.0; k < 200; k++ {
		next := term * (float64(4*v*v) - float64((2*k-1)*(2*k-1))) / (8 * k * x)
		if math.Abs(next) > math.Abs(term) && k > v || next == 0 {
			break
		}
		switch term = next; int(k) % 4 {
		case 0:
			p += term
		case 1:
			q += term
		case 2:
			p -= term
		case 3:
			q -= term
		}
		if math.Abs(term) < 0x1p-56 {
			break
		}
	}
	s, c := functions.Sincos1(x)
	h := v/2 + 0.25
	sh, ch := sinPi(h), cosPi(h)
	cosine, sine := float64(c*ch)+float64(s*sh), float64(s*ch)-float64(c*sh)
	amplitude := math.Sqrt(2 / (math.Pi * x))
	return amplitude * (float64(p*cosine) - float64(q*sine)), amplitude * (float64(p*sine) + float64(q*cosine))
}

// ik are exp(-x) I and exp(x) K of order v >= 0 at x > 0.
func ik(v, x float64) (I, K float64) {
	if v > mostOrder {
		return math.NaN(), math.NaN()
	}
	if math.IsInf(x, 1) {
		return 0, 0
	}
	if x >= 100+2*v*v {
		return largeIK(v, x)
	}
	down := int(v + 0.5)
	m := v - float64(down)
	f, _ := ratio(v, x, 1)
	i, di := 1.0, f
	first := i
	for k := range down {
		n := v - float64(k)
		lower := float64(n/x*i) + di
		di = float64((n-1)/x*lower) + i
		if i = lower; i > 1e250 {
			i, di, first = i*1e-250, di*1e-250, first*1e-250
		}
	}
	f = di / i
	var km, next float64
	if x < 2 {
		p, q, g := start(m, x)
		c, t := 1.0, x*x/4
		sum, sum1 := g, p
		for k := 1.0; k < 500; k++ {
			g = (float64(k*g) + p + q) / (float64(k*k) - float64(m*m))
			c *= t / k
			p /= k - m
			q /= k + m
			sum += float64(c * g)
			sum1 += float64(c*p) - float64(c*k*g)
			if math.Abs(c*g) < 0x1p-54*math.Abs(sum) {
				break
			}
		}
		e := functions.Exp1(x)
		km, next = sum*e, sum1*2/x*e
	} else {
		a1 := 0.25 - m*m
		a, b := -a1, 2*(1+x)
		d := 1 / b
		h, change := d, d
		q1, q2, q, c := 0.0, 1.0, a1, a1
		s := 1 + float64(q*change)
		for k := 2.0; k < mostTerms && a1 != 0; k++ {
			a -= 2 * (k - 1)
			c *= -a / k
			q1, q2 = q2, (q1-float64(b*q2))/a
			q += float64(c * q2)
			b += 2
			d = 1 / (b + float64(a*d))
			change *= float64(b*d) - 1
			h += change
			s += float64(q * change)
			if math.Abs(q*change) < 0x1p-54*math.Abs(s) {
				break
			}
		}
		km = math.Sqrt(math.Pi/(2*x)) / s
		next = km * (m + x + 0.5 - float64(a1*h)) / x
	}
	I = first / i / (x * (float64(f*km) - float64(m/x*km) + next))
	if x < 2 {
		I = power(v, x, 1) * functions.Exp1(-x)
	}
	for k := 1; k <= down; k++ {
		km, next = next, float64((m+float64(k))*2/x*next)+km
	}
	return I, km
}

// largeIK is the expansion for x well above the square of the order: NIST Handbook, 10.40.
func largeIK(v, x float64) (I, K float64) {
	plus, minus, term := 1.0, 1.0, 1.0
	for k := 1.0; k < 200 && math.Abs(term) > 0x1p-56; k++ {
		term *= (float64(4*v*v) - float64((2*k-1)*(2*k-1))) / (8 * k * x)
		plus += term
		if int(k)%2 == 1 {
			minus -= term
		} else {
			minus += term
		}
	}
	return minus / math.Sqrt(2*math.Pi*x), plus * math.Sqrt(math.Pi/(2*x))
}

// reflected tells how a Bessel function of order v at x < 0 is that at -x: by a sign if v is whole.
func reflected(v float64) (sign float64, ok bool) {
	if v != math.Floor(v) {
		return math.NaN(), false
	}
	return 1 - 2*math.Abs(math.Mod(v, 2)), true
}

// Jv is the Bessel function of the first kind of real order v; NaN where it is complex.
func Jv(v, x float64) float64 {
	sign, whole := reflected(v)
	switch {
	case v != v || x != x || x < 0 && !whole:
		return math.NaN()
	case x < 0:
		return sign * Jv(v, -x)
	case whole && v < 0:
		return sign * Jv(-v, x)
	case math.IsInf(x, 1):
		return 0
	case x == 0 && v == 0:
		return 1
	case x == 0 && v > 0:
		return 0
	case x == 0:
		return math.Copysign(math.Inf(1), gammaSign(1+v))
	case v < 0:
		J, Y := jy(-v, x)
		return float64(cosPi(-v)*J) - float64(sinPi(-v)*Y)
	}
	J, _ := jy(v, x)
	return J
}

// gammaSign is the sign of Gamma(x).
func gammaSign(x float64) float64 {
	if x < 0 && math.Mod(math.Floor(x), 2) != 0 {
		return -1
	}
	return 1
}

// Yv is the Bessel function of the second kind of real order v, for x >= 0.
func Yv(v, x float64) float64 {
	sign, whole := reflected(v)
	switch {
	case !(x >= 0) || v != v:
		return math.NaN()
	case math.IsInf(x, 1):
		return 0
	case whole && v < 0:
		return sign * Yv(-v, x)
	case x == 0 && v >= 0:
		return math.Inf(-1)
	case x == 0 && cosPi(v) == 0:
		return 0
	case x == 0:
		return -math.Copysign(math.Inf(1), cosPi(v))
	case v < 0:
		J, Y := jy(-v, x)
		return float64(sinPi(-v)*J) + float64(cosPi(-v)*Y)
	}
	_, Y := jy(v, x)
	return Y
}

// Ive is exp(-|x|) times the modified Bessel function of the first kind of real order v; NaN where that is complex.
func Ive(v, x float64) float64 {
	sign, whole := reflected(v)
	switch {
	case v != v || x != x || x < 0 && !whole:
		return math.NaN()
	case x < 0:
		return sign * Ive(v, -x)
	case whole && v < 0:
		return Ive(-v, x)
	case x == 0 && v == 0:
		return 1
	case x == 0 && v > 0:
		return 0
	case x == 0:
		return math.Copysign(math.Inf(1), gammaSign(1+v))
	case v < 0:
		I, K := ik(-v, x)
		return I + float64(2/math.Pi*sinPi(-v)*K*functions.Exp1(-2*x))
	}
	I, _ := ik(v, x)
	return I
}

// Kve is exp(x) times the modified Bessel function of the second kind of real order v, for x >= 0.
func Kve(v, x float64) float64 {
	switch {
	case !(x >= 0) || v != v:
		return math.NaN()
	case x == 0:
		return math.Inf(1)
	}
	_, K := ik(math.Abs(v), x)
	return K
}
