package special

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// Elementary functions of one complex number from the real ones of simd; branch cuts as in C99 (Kahan, "Branch cuts for complex elementary
// functions", 1987).

// Cabs is |z|.
func Cabs(z complex128) float64 { return functions.Hypot1(real(z), imag(z)) }

// Cmul is x y, each product rounded before the sum: the bits do not depend on the compiler.
func Cmul(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	return complex(float64(a*c)-float64(b*d), float64(a*d)+float64(b*c))
}

// Cdiv is x / y by Smith's method, as NumPy has it.
func Cdiv(x, y complex128) complex128 {
	a, b, c, d := real(x), imag(x), real(y), imag(y)
	if math.Abs(c) >= math.Abs(d) {
		if c == 0 && d == 0 {
			return complex(a/math.Abs(c), b/math.Abs(c))
		}
		r := d / c
		s := 1 / (c + float64(d*r))
		return complex((a+float64(b*r))*s, (b-float64(a*r))*s)
	}
	r := c / d
	s := 1 / (float64(c*r) + d)
	return complex((float64(a*r)+b)*s, (float64(b*r)-a)*s)
}

// Csign is z/|z|, and 0 at 0.
func Csign(z complex128) complex128 {
	r := Cabs(z)
	if r == 0 {
		return 0
	}
	return complex(real(z)/r, imag(z)/r)
}

// Cexp is e^z.
func Cexp(z complex128) complex128 {
	e := functions.Exp1(real(z))
	if imag(z) == 0 {
		return complex(e, imag(z))
	}
	s, c := functions.Sincos1(imag(z))
	if e == 0 && !(math.IsInf(imag(z), 0) || imag(z) != imag(z)) || !math.IsInf(e, 0) {
		return complex(e*c, e*s)
	}
	if !math.IsInf(real(z), 0) { // exp overflows before the product may
		h := functions.Exp1(real(z) / 2)
		return complex(h*c*h, h*s*h)
	}
	return complex(e*c, e*s)
}

// Cexpm1 is e^z - 1 without cancellation near 0.
func Cexpm1(z complex128) complex128 {
	s, c := functions.Sincos1(imag(z))
	h := functions.Sin1(imag(z) / 2)
	em := functions.Expm11(real(z))
	return complex(math.FMA(em, c, -float64(2*h*h)), (em+1)*s)
}

// Clog is log z, log|z| by log1p where |z| is near 1.
func Clog(z complex128) complex128 {
	a, b := math.Abs(real(z)), math.Abs(imag(z))
	if a < b {
		a, b = b, a
	}
	arg := functions.Atan21(imag(z), real(z))
	r := functions.Hypot1(a, b)
	if r > 0.5 && r < 2 {
		return complex(0.5*functions.Log1p1(math.FMA(a-1, a+1, float64(b*b))), arg)
	}
	return complex(functions.Log1(r), arg)
}

// Clog1p is log(1 + z) without cancellation near 0.
func Clog1p(z complex128) complex128 {
	x, y := real(z), imag(z)
	return complex(0.5*functions.Log1p1(math.FMA(x, 2+x, float64(y*y))), functions.Atan21(y, 1+x))
}

// Csqrt is the square root with non-negative real part.
func Csqrt(z complex128) complex128 {
	x, y := real(z), imag(z)
	switch {
	case z == 0:
		return complex(0, y)
	case math.IsInf(y, 0):
		return complex(math.Inf(1), y)
	case x != x || y != y:
		return complex(math.NaN(), math.NaN())
	}
	scale := 1.0
	if a := max(math.Abs(x), math.Abs(y)); a > 0x1p1000 {
		x, y, scale = x/4, y/4, 2
	} else if a < 0x1p-1000 {
		x, y, scale = x*0x1p54, y*0x1p54, 0x1p-27
	}
	t := math.Sqrt((math.Abs(x) + functions.Hypot1(x, y)) / 2)
	if x >= 0 {
		return complex(scale*t, scale*(y/(2*t)))
	}
	return complex(scale*(math.Abs(y)/(2*t)), scale*math.Copysign(t, y))
}

// Csin is sin z.
func Csin(z complex128) complex128 {
	s, c := functions.Sincos1(real(z))
	return complex(s*functions.Cosh1(imag(z)), c*functions.Sinh1(imag(z)))
}

// Ccos is cos z.
func Ccos(z complex128) complex128 {
	s, c := functions.Sincos1(real(z))
	return complex(c*functions.Cosh1(imag(z)), -s*functions.Sinh1(imag(z)))
}

// Csinh is sinh z.
func Csinh(z complex128) complex128 { return turnBack(Csin(turn(z))) }

// Ccosh is cosh z.
func Ccosh(z complex128) complex128 { return Ccos(turn(z)) }

// turn is iz and turnBack -iz.
func turn(z complex128) complex128     { return complex(-imag(z), real(z)) }
func turnBack(z complex128) complex128 { return complex(imag(z), -real(z)) }

// Ctanh is tanh z.
func Ctanh(z complex128) complex128 {
	x, y := real(z), imag(z)
	s, c := functions.Sincos1(y)
	if math.Abs(x) > 20 {
		return complex(math.Copysign(1, x), 4*s*c*functions.Exp1(-2*math.Abs(x)))
	}
	sh := functions.Sinh1(x)
	d := math.FMA(c, c, float64(sh*sh)) // |cosh z|^2
	return complex(sh*math.Sqrt(1+float64(sh*sh))/d, s*c/d)
}

// Ctan is tan z.
func Ctan(z complex128) complex128 { return turnBack(Ctanh(turn(z))) }

// Casin is the principal arc sine.
func Casin(z complex128) complex128 {
	s1, s2 := Csqrt(1-z), Csqrt(1+z)
	re := functions.Atan21(real(z), float64(real(s1)*real(s2))-float64(imag(s1)*imag(s2)))
	return complex(re, functions.Asinh1(float64(real(s1)*imag(s2))-float64(imag(s1)*real(s2))))
}

// Cacos is the principal arc cosine.
func Cacos(z complex128) complex128 {
	s1, s2 := Csqrt(1-z), Csqrt(1+z)
	return complex(2*functions.Atan21(real(s1), real(s2)), functions.Asinh1(float64(real(s2)*imag(s1))-float64(imag(s2)*real(s1))))
}

// Cacosh is the principal inverse of cosh.
func Cacosh(z complex128) complex128 {
	s1, s2 := Csqrt(z-1), Csqrt(z+1)
	return complex(functions.Asinh1(float64(real(s1)*real(s2))+float64(imag(s1)*imag(s2))), 2*functions.Atan21(imag(s1), real(s2)))
}

// Casinh is the principal inverse of sinh.
func Casinh(z complex128) complex128 { return turnBack(Casin(turn(z))) }

// Catan is the principal arc tangent.
func Catan(z complex128) complex128 { return turnBack(Catanh(turn(z))) }

// Catanh is the principal inverse of tanh.
func Catanh(z complex128) complex128 {
	x, y := real(z), imag(z)
	re := 0.25 * functions.Log1p1(4*x/(float64((1-x)*(1-x))+float64(y*y)))
	if x < 0 { // keep log1p's argument away from -1
		re = -0.25 * functions.Log1p1(-4*x/(float64((1+x)*(1+x))+float64(y*y)))
	}
	return complex(re, 0.5*functions.Atan21(2*y, float64((1-x)*(1+x))-float64(y*y)))
}

// Clog2 is log z / log 2.
func Clog2(z complex128) complex128 { w := Clog(z); return complex(real(w)/math.Ln2, imag(w)/math.Ln2) }

// Clog10 is log z / log 10.
func Clog10(z complex128) complex128 {
	w := Clog(z)
	return complex(real(w)/math.Ln10, imag(w)/math.Ln10)
}

// Cexp2 is 2^z.
func Cexp2(z complex128) complex128 { return Cexp(complex(real(z)*math.Ln2, imag(z)*math.Ln2)) }

// Cpow is exp(y log x); small whole exponents by multiplication; x = 0 as 0^y for Re y > 0.
func Cpow(x, y complex128) complex128 {
	if n := real(y); imag(y) == 0 && n == math.Trunc(n) && math.Abs(n) < 100 {
		return CintegerPow(x, int(n))
	}
	if x == 0 {
		if real(y) > 0 {
			return 0
		}
		return complex(math.NaN(), math.NaN())
	}
	return Cexp(Cmul(y, Clog(x)))
}

// CintegerPow is x^n by squaring.
func CintegerPow(x complex128, n int) complex128 {
	m := uint(max(n, -n))
	out := complex(1, 0)
	for ; m > 0; m >>= 1 {
		if m&1 == 1 {
			out = Cmul(out, x)
		}
		x = Cmul(x, x)
	}
	if n < 0 {
		return Cdiv(1, out)
	}
	return out
}
