package functions

import "math"

// The Bessel functions of orders 0 and 1: below 8 Chebyshev series in x^2/32 - 1 (of J1(x)/x for order 1), from there on
//
//	Jn(x) = sqrt(2/(pi x)) (P cos(x - (2n+1) pi/4) - Q/x sin(x - (2n+1) pi/4))
//
// with P and Q as polynomials in (8/x)^2 within 2^-58 (Remez, 40 digits).
var (
	j0Small = [17]float64{
		0x1.4306e1f9314dbp-2, -0x1.1dd989ce98ea2p-7, 0x1.0f8afb7d3a552p-2, -0x1.7afa2e9c62a9ep-2, 0x1.43b8af58b7ffap-3, -0x1.1dd989ce98ea2p-5,
		0x1.3bd46ccab9dap-8, -0x1.e300651cd3ae3p-12, 0x1.104c067d74d17p-15, -0x1.d8f811cd3e853p-20, 0x1.46c4a4b32aa3bp-24, -0x1.703bda6758f6fp-29,
		0x1.593076e904d04p-34, -0x1.1192067e71726p-39, 0x1.73936aa3d0207p-45, -0x1.b5729d242acaep-51, 0x1.c2c89ea282aaap-57,
	}
	j1Small = [17]float64{
		0x1.4bf5ae47a615p-3, -0x1.3119e17fdbffdp-3, 0x1.49b9fb3408e33p-3, -0x1.52a8c7827daa8p-4, 0x1.6bf2c1f5f71e1p-6, -0x1.de030538b55bp-9,
		0x1.a8b56cedfe58p-12, -0x1.11188227a5012p-15, 0x1.0a8a3a628fc7bp-19, -0x1.98f754605f635p-24, 0x1.fac17c7273311p-29, -0x1.030d00d42d6f4p-33,
		0x1.bcc0916376113p-39, -0x1.453d2b4e985cbp-44, 0x1.9a36afedba862p-50, -0x1.c2dff424052f8p-56, 0x1.b3c9bd267e611p-62,
	}
	besselP0 = [15]float64{
		0x1p+0, -0x1.1fffffffffef4p-10, 0x1.cb5ffffeb3cdbp-16, -0x1.251ee6b66bc5p-19, 0x1.84bc6d568d38p-22, -0x1.b7f5aa3f22839p-24,
		0x1.7a4344c6b3c97p-25, -0x1.c1926bfb1c5bfp-26, 0x1.4842c68ab8663p-26, -0x1.fae081cf37b15p-27, 0x1.652bd9302ac3cp-27, -0x1.96c9b8a75e3e1p-28,
		0x1.4f69559cf63cdp-29, -0x1.5be1d4d9d2348p-31, 0x1.50db7ea200b49p-34,
	}
	besselQ0 = [15]float64{
		-0x1p-3, 0x1.2bffffffff602p-10, -0x1.d11dfff9c84ddp-15, 0x1.ba4c534dd3242p-18, -0x1.86150311f45b1p-20, 0x1.13890dbe37972p-21,
		-0x1.1b7040465c918p-22, 0x1.848017d720138p-23, -0x1.3aab061a88744p-23, 0x1.03f6e759564f8p-23, -0x1.7df6fa6e83c88p-24, 0x1.be5b5e44b3116p-25,
		-0x1.762551c905714p-26, 0x1.885f94fa25cd2p-28, -0x1.7ee9bb14ebb0cp-31,
	}
	besselP1 = [15]float64{
		0x1p+0, 0x1.dfffffffffee6p-10, -0x1.274fffff512a8p-15, 0x1.5a6a56a528eb2p-19, -0x1.b89156cb0c71ep-22, 0x1.e646e8f3bdec3p-24,
		-0x1.9b355d3cf57e5p-25, 0x1.e336999322c38p-26, -0x1.5e352f788fe29p-26, 0x1.0d29b18becbbdp-26, -0x1.7a553903dd252p-27, 0x1.ae37f44492p-28,
		-0x1.62639335221d3p-29, 0x1.6f555042d28f6p-31, -0x1.6389773e2a5c3p-34,
	}
	besselQ1 = [15]float64{
		0x1.8p-2, -0x1.a3ffffffff57fp-10, 0x1.1c3cfffcbba46p-14, -0x1.fe5811fd6f39p-18, 0x1.b3f979f7338b5p-20, -0x1.2dc8665b9c907p-21,
		0x1.322b54372f922p-22, -0x1.9fa734cfe991ap-23, 0x1.4e8f863fc67f6p-23, -0x1.135ab98256b69p-23, 0x1.93ae0f7a21a07p-24, -0x1.d71b36a0f1c6ep-25,
		0x1.8a8fc43958febp-26, -0x1.9d8dec070b577p-28, 0x1.936d4866332e3p-31,
	}
)

// chebyshev is c[0]/2 + sum c[k] T_k(t).
func chebyshev(c []float64, t float64) float64 {
	var a, b float64
	for k := len(c) - 1; k > 0; k-- {
		a, b = math.FMA(2*t, a, c[k]-b), a
	}
	return math.FMA(t, a, 0.5*c[0]-b)
}

// J01 is the Bessel function of the first kind of order 0, within 4 units of the last place of its envelope.
func J01(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 8:
		return chebyshev(j0Small[:], math.FMA(x, x/32, -1))
	case math.IsInf(x, 0):
		return 0
	case x != x:
		return math.NaN()
	}
	z := 64 / x / x
	sin, cos := Sincos1(x)
	p, q := horner(besselP0[:], z), horner(besselQ0[:], z)/x
	// the cosine and sine of x - pi/4, times sqrt(2)
	return (float64(p*(cos+sin)) - float64(q*(sin-cos))) / math.Sqrt(math.Pi*x)
}

// J11 is the Bessel function of the first kind of order 1.
func J11(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 8:
		return x * chebyshev(j1Small[:], math.FMA(x, x/32, -1))
	case math.IsInf(x, 0):
		return 0
	case x != x:
		return math.NaN()
	}
	z := 64 / a / a
	sin, cos := Sincos1(a)
	p, q := horner(besselP1[:], z), horner(besselQ1[:], z)/a
	// the cosine and sine of a - 3 pi/4, times sqrt(2)
	y := (float64(p*(sin-cos)) + float64(q*(sin+cos))) / math.Sqrt(math.Pi*a)
	return math.Copysign(1, x) * y
}
