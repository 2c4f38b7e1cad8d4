package functions

import (
	"math"

	"github.com/ergodica/ergodica/core/simd"
)

// The elementary functions of float32, computed in float32. Coefficients: weighted minimax, rounded to float32 one after the other.
var (
	// exp(r) = 1 + r + r^2 q(r), |r| <= log(2)/2, within 2^-28.2.
	expPoly32 = [5]float32{0x1p-1, 0x1.55549p-3, 0x1.5554c8p-5, 0x1.123ad8p-7, 0x1.6d7154p-10}
	// 2^r = 1 + r P(r), |r| <= 1/2, within 2^-28.2.
	exp2Poly32 = [6]float32{0x1.62e43p-1, 0x1.ebfbep-3, 0x1.c6af78p-5, 0x1.3b2a28p-7, 0x1.5f0ad6p-10, 0x1.4447bep-13}
	// sinh(r) = r + r^3 S(r^2) and cosh(r) = 1 + r^2/2 + r^4 C(r^2), |r| <= 1, within 2^-29.
	sinhPoly32 = [4]float32{0x1.555556p-3, 0x1.1110e4p-7, 0x1.a01fccp-13, 0x1.75ed6p-19}
	coshPoly32 = [3]float32{0x1.555586p-5, 0x1.6bfa78p-10, 0x1.aa4cc4p-16}
	// log((1+s)/(1-s)) = 2s + s^3 R(s^2), |s| <= 3 - 2 sqrt(2), within 2^-30 of itself.
	logPoly32 = [3]float32{0x1.55557ap-1, 0x1.995ec4p-2, 0x1.31e3bp-2}
	// (a+2) exp(a^2) erfc(a) = erfcPoly320 + t (erfcPoly321 + t P(t)), t = 1/(a+2) - erfcMiddle32, 0 <= a <= 10.3, within 2^-29.4 of itself; (a+3) exp(a^2/2) times the
	// normal distribution function of -a = ndtrPoly320 + t (ndtrPoly321 + t P(t)), t = 1/(a+3) - ndtrMiddle32, 0 <= a <= 14.4, within 2^-29.5.
	erfcPoly32 = [10]float32{0x1.2b1ca0p+2, 0x1.7d8904p+0, -0x1.9ae1d4p+2, -0x1.dc5772p+1, 0x1.d16084p+3, 0x1.c6ec42p+0, -0x1.38e392p+5, 0x1.f49fa8p+4, 0x1.376aa6p+6, -0x1.29fabcp+7}
	ndtrPoly32 = [9]float32{0x1.1e3cd6p+3, 0x1.1529acp+3, -0x1.360dfap+4, -0x1.642d52p+5, 0x1.5eb69ep+6, 0x1.7f0530p+7, -0x1.33038cp+9, -0x1.177b7ep+9, 0x1.aa292ep+11}
	// x^(-1/3) on 1/2 <= x <= 4 within 2^-7.2 of itself.
	cbrtPoly32 = [5]float32{0x1.af744p+0, -0x1.1c5992p+0, 0x1.17ef9p-1, -0x1.0c062ep-3, 0x1.8286fep-7}
)

const (
	magic32      = 0x1.8p23
	log2e32      = 0x1.715476p0
	ln2hi32      = 0x1.62e4p-1 // 16 bits
	ln2lo32      = 0x1.7f7d1cp-20
	perLn2Hi32   = 0x1.715476p0
	perLn2Lo32   = 0x1.4ae0cp-26
	perLn10Hi32  = 0x1.bcb7b2p-2
	perLn10Lo32  = -0x1.5b235ep-27
	log2Hi32     = 0x1.344p-2 // of log10(2), 11 bits
	log2Lo32     = 0x1.3509f8p-18
	erfcPoly320  = 0x1.1f9d0cp+0
	erfcPoly321  = 0x1.88ea2cp+1
	erfcMiddle32 = 0x1.23e2a4p-2
	ndtrPoly320  = 0x1.9c3694p-1
	ndtrPoly321  = 0x1.bab818p+1
	ndtrMiddle32 = 0x1.852adcp-3
	logRoot32    = 0x3f3504f3 // the bits of sqrt(1/2)
	logShift32   = 0x3f800000 - logRoot32
)

func nan32() float32 { return float32(math.NaN()) }

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) & (1<<31 - 1)) }

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) } // one rounding in effect

func copysign32(x, sign float32) float32 {
	return math.Float32frombits(math.Float32bits(x)&(1<<31-1) | math.Float32bits(sign)&(1<<31))
}

func least32(a, b float32) float32 {
	if a < b {
		return a
	}
	return b
}

func most32(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

func horner32(c []float32, x float32) float32 {
	y := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		y = simd.FMA32(y, x, c[i])
	}
	return y
}

// evenOdd32 is the polynomial c at x as [evenOdd] has it.
func evenOdd32(c []float32, x float32) float32 {
	z := x * x
	n := len(c) - 1
	a, b := c[n], c[n-1]
	for i := n - 2; i > 0; i -= 2 {
		a, b = simd.FMA32(a, z, c[i]), simd.FMA32(b, z, c[i-1])
	}
	if n&1 != 0 {
		return simd.FMA32(a, x, b)
	}
	return simd.FMA32(b, x, simd.FMA32(a, z, c[0]))
}

// power32At is 2^n for the whole number n = t - magic32, -126 <= n <= 127.
func power32At(t float32) float32 { return math.Float32frombits((math.Float32bits(t) + 127) << 23) }

// reduceExp32 returns t, which stands for k = t - magic32, and r = x - k log 2.
func reduceExp32(x float32) (t, r float32) {
	t = simd.FMA32(x, log2e32, magic32)
	n := t - magic32
	return t, simd.FMA32(-n, ln2lo32, simd.FMA32(-n, ln2hi32, x))
}

func expFast32(x float32) bool { return abs32(x) <= 87 }

func expPlain32(x float32) float32 {
	t, r := reduceExp32(x)
	u := 1 + r
	return (u + simd.FMA32(float32(r*r), evenOdd32(expPoly32[:], r), (1-u)+r)) * power32At(t)
}

// expm1Sum32 is exp(x) - 1 as a rounded sum and what it lacks.
func expm1Sum32(x float32) (e, low float32) {
	t := simd.FMA32(x, log2e32, magic32)
	n := t - magic32
	first := simd.FMA32(-n, ln2hi32, x) // exact
	r := simd.FMA32(-n, ln2lo32, first)
	z := r * r
	q := evenOdd32(expPoly32[:], r)
	p := simd.FMA32(z, q, r)
	rest := simd.FMA32(z, q, r-p) + simd.FMA32(-n, ln2lo32, first-r)
	scale := power32At(t)
	one := scale - 1
	e = simd.FMA32(p, scale, one)
	return e, simd.FMA32(rest, scale, simd.FMA32(p, scale, one-e)+((scale-one)-1))
}

func expm1Plain32(x float32) float32 {
	e, low := expm1Sum32(x)
	y := e + low
	if x == 0 {
		y = x
	}
	return y
}

func exp2Fast32(x float32) bool { return abs32(x) <= 126 }

func exp2Plain32(x float32) float32 {
	t := x + magic32
	r := x - (t - magic32)
	return simd.FMA32(r, evenOdd32(exp2Poly32[:], r), 1) * power32At(t)
}

// tanhAll32 is tanh(x) = e / (e+2), e = exp(2x) - 1, with what the last place of each lacks.
func tanhAll32(x float32) float32 {
	a := least32(abs32(x), 10)
	e, low := expm1Sum32(a + a)
	d := e + 2
	lost := (e - (d - 2)) + low
	inverse := 1 / d
	y := float32(e * inverse)
	y = simd.FMA32(simd.FMA32(-y, lost, simd.FMA32(-y, d, e)+low), inverse, y)
	y = math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&(1<<31))
	if x != x {
		y = nan32()
	}
	return y
}

// sigmoidPlain32 is 1 / (1 + e), e = exp(-|x|), or e times that, with what the last places lack.
func sigmoidPlain32(x float32) float32 {
	t, r := reduceExp32(-abs32(x))
	z := r * r
	q := evenOdd32(expPoly32[:], r)
	p := simd.FMA32(z, q, r)
	scale := power32At(t)
	u := 1 + p
	low := float32((simd.FMA32(z, q, r-p) + (p - (u - 1))) * scale)
	e := float32(u * scale)
	d := 1 + e
	lost := (e - (d - 1)) + low
	n := float32(1)
	if x < 0 {
		n = e
	}
	if x >= 0 {
		low = 0
	}
	inverse := 1 / d
	y := float32(n * inverse)
	return simd.FMA32(simd.FMA32(-y, lost, simd.FMA32(-y, d, n)+low), inverse, y)
}

// product32 is c + t (b + t q), t = u - middle, as a rounded sum and what it lacks, for sums between half and twice c and b.
func product32(c, b, u, middle, t, q float32) (p, rest float32) {
	s := simd.FMA32(t, q, b)
	p = simd.FMA32(t, s, c)
	rest = simd.FMA32(t, simd.FMA32(t, q, b-s), simd.FMA32(t, s, c-p))
	return p, simd.FMA32(u-(middle+t), s, rest)
}

// tail32 is exp(-square - low) (u + lost u) (p + rest), where an error of u counts weight times; subnormal results are rounded once.
func tail32(square, low, u, lost, weight, p, rest float32) float32 {
	high := u * p
	last := simd.FMA32(float32(high*lost), weight, simd.FMA32(u, rest, simd.FMA32(u, p, -high)))
	t, r := reduceExp32(-square)
	e := 1 + r
	few := simd.FMA32(float32(r*r), evenOdd32(expPoly32[:], r), (1-e)+r)
	whole := e + few
	y := simd.FMA32(high, e, simd.FMA32(high, simd.FMA32(-low, whole, few), float32(last*whole)))
	return float32(y*power32At(t+64)) * 0x1p-64
}

func erfcAll32(x float32) float32 {
	a := least32(abs32(x), 10.3)
	d := a + 2
	u := 1 / d
	lost := simd.FMA32(-u, a-(d-2), simd.FMA32(-u, d, 1))
	t := u - erfcMiddle32
	p, rest := product32(erfcPoly320, erfcPoly321, u, erfcMiddle32, t, evenOdd32(erfcPoly32[:], t))
	square := a * a
	y := tail32(square, simd.FMA32(a, a, -square), u, lost, simd.FMA32(2.5, u, 1), p, rest)
	if x < 0 {
		y = 2 - y
	}
	if x != x {
		y = nan32()
	}
	return y
}

func ndtrAll32(x float32) float32 {
	a := least32(abs32(x), 14.4)
	d := a + 3
	u := 1 / d
	lost := simd.FMA32(-u, a-(d-3), simd.FMA32(-u, d, 1))
	t := u - ndtrMiddle32
	p, rest := product32(ndtrPoly320, ndtrPoly321, u, ndtrMiddle32, t, evenOdd32(ndtrPoly32[:], t))
	square := a * a
	y := tail32(0.5*square, 0.5*simd.FMA32(a, a, -square), u, lost, simd.FMA32(3.6, u, 1.2), p, rest)
	if x > 0 {
		y = 1 - y
	}
	if x != x {
		y = nan32()
	}
	return y
}

// halves32 returns exp(k log 2)/2 and exp(-k log 2)/2 for a = k log 2 + r + low, cosh(r) - 1 and sinh(r) - r + low; k = 0 below 1, where a
// difference of exponentials would cancel.
func halves32(a float32) (up, down, c, r, s float32) {
	t := simd.FMA32(a, log2e32, magic32)
	if a < 1 {
		t = magic32
	}
	n := t - magic32
	first := simd.FMA32(-n, ln2hi32, a) // exact
	r = simd.FMA32(-n, ln2lo32, first)
	z := r * r
	c = simd.FMA32(0.5*r, r, float32(float32(z*z)*horner32(coshPoly32[:], z)))
	s = simd.FMA32(float32(r*z), horner32(sinhPoly32[:], z), simd.FMA32(-n, ln2lo32, first-r))
	b := math.Float32bits(t)
	return math.Float32frombits((b + 126) << 23), math.Float32frombits((126 - b) << 23), c, r, s
}

func sinhPlain32(x float32) float32 {
	up, down, c, r, s := halves32(abs32(x))
	d, e := up-down, up+down
	lost := (up - d) - down
	return copysign32(d+simd.FMA32(e, r, simd.FMA32(e, s, simd.FMA32(d, c, lost))), x)
}

func coshPlain32(x float32) float32 {
	up, down, c, r, s := halves32(abs32(x))
	d, e := up-down, up+down
	lost := down - (e - up)
	return e + simd.FMA32(d, r, simd.FMA32(d, s, simd.FMA32(e, c, lost)))
}

func normal32(x float32) bool { return x >= 0x1p-126 && x <= math.MaxFloat32 }

// splitLog32 writes a positive normal x as 2^k (1+f) with sqrt(1/2) <= 1+f < sqrt(2).
func splitLog32(x float32) (k, f float32) {
	b := math.Float32bits(x) + logShift32
	k = math.Float32frombits(0x4b000000|b>>23) - (0x1p23 + 127)
	return k, math.Float32frombits(b&(1<<23-1)+logRoot32) - 1
}

// logParts32 is log(1+f) = f - square + low.
func logParts32(f float32) (square, low float32) {
	s := f / (2 + f)
	z := s * s
	square = float32(0.5*f) * f
	return square, float32(s * simd.FMA32(z, horner32(logPoly32[:], z), square))
}

func logPlain32(x float32) float32 {
	k, f := splitLog32(x)
	return logOf32(k, f, 0)
}

// logOf32 is the logarithm of 2^k (1+f), and c.
func logOf32(k, f, c float32) float32 {
	square, low := logParts32(f)
	return simd.FMA32(k, ln2hi32, f-(square-(simd.FMA32(k, ln2lo32, c)+low)))
}

func log1pFast32(x float32) bool { return x > -1 && x <= math.MaxFloat32 }

// log1pPlain32 adds what the sum loses, over 1+f by a short series.
func log1pPlain32(x float32) float32 {
	u := 1 + x
	lost := x - (u - 1)
	b := math.Float32bits(u) + logShift32
	k, f := splitLog32(u)
	c := float32(float32(0.5*lost*math.Float32frombits((255-b>>23)<<23)) * simd.FMA32(f, f-1, 1))
	if k == 0 {
		f, c = x, 0
	}
	y := logOf32(k, f, c)
	if x == 0 {
		y = x
	}
	return y
}

// logSum32 is f - square + low as a rounded sum and what it lacks.
func logSum32(f float32) (high, low float32) {
	square, low := logParts32(f)
	high = f - square
	return high, ((f - high) - square) + low
}

func log2Plain32(x float32) float32 {
	k, f := splitLog32(x)
	high, low := logSum32(f)
	return k + simd.FMA32(high, perLn2Hi32, simd.FMA32(high, perLn2Lo32, float32(low*perLn2Hi32)))
}

func log10Plain32(x float32) float32 {
	k, f := splitLog32(x)
	high, low := logSum32(f)
	rest := simd.FMA32(high, perLn10Lo32, simd.FMA32(low, perLn10Hi32, float32(k*log2Lo32)))
	return simd.FMA32(k, log2Hi32, simd.FMA32(high, perLn10Hi32, rest))
}

func cbrtFast32(x float32) bool { return normal32(abs32(x)) }

// cbrtPlain32 is [cbrtPlain] with a refinement of third order.
func cbrtPlain32(x float32) float32 {
	b := math.Float32bits(abs32(x))
	e := math.Float32frombits(0x4b000000|b>>23) - (0x1p23 + 127)
	t := simd.FMA32(e, 1.0/3, magic32)
	k := t - magic32
	m := math.Float32frombits((b&(1<<23-1) | 127<<23) + math.Float32bits(simd.FMA32(k, -3, e)+magic32)<<23)
	r := horner32(cbrtPoly32[:], m)
	h := simd.FMA32(-float32(float32(r*r)*r), m, 1)
	r = simd.FMA32(float32(r*h), simd.FMA32(h, 2.0/9, 1.0/3), r)
	s := float32(r * r)
	y := float32(m * s)
	y = simd.FMA32(simd.FMA32(-float32(y*y), y, m), float32(s*(1.0/3)), y)
	return copysign32(y*power32At(t), x)
}
