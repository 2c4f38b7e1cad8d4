package functions

import (
	"math"

	"github.com/ergodica/ergodica/core/simd"
)

// The functions of float32 are computed in float64 by shorter polynomials and rounded once (a quotient: its parts and itself, each once).
// Their range never leaves that of float64.

const (
	expLow32, expHigh32 = -110, 90
	tanhHigh32          = 10 // from here on tanh is 1
	erfHigh32           = 4  // and erf
)

// All of them by Remez' algorithm at 300 bits.
var (
	// exp(r) = 1 + r + r^2 q(r) within 2^-28.3.
	expPoly32 = [5]float64{0x1.0000005416fa1p-1, 0x1.55548efcaa485p-3, 0x1.55545a75b54dcp-5, 0x1.123b49364e913p-7, 0x1.6db67c0fabb11p-10}
	// log((1+s)/(1-s)) = 2s + s^3 R(s^2) within 2^-29 of itself.
	logPoly32 = [3]float64{0x1.55557a3324020p-1, 0x1.995eac396af57p-2, 0x1.31e45e6af22a0p-2}
	// sin(r) = r + r^3 S(r^2) and cos(r) = 1 - r^2/2 + r^4 C(r^2) within 2^-33.
	sinPoly32 = [4]float64{-0x1.5555554cd163dp-3, 0x1.111108a2c036ep-7, -0x1.a00fa55d42a4ap-13, 0x1.6cd9d30c97958p-19}
	cosPoly32 = [3]float64{0x1.55554ab78e514p-5, -0x1.6c0c8ba460be2p-10, 0x1.9a01fcbb02060p-16}
	// erf(a) = 1 - exp(-a S(a)), 0 <= a <= 4, within 2^-31 of itself.
	erfPoly32 = [10]float64{0x1.20dd750228cc9p+0, 0x1.45f308f1f64c4p-1, 0x1.a4f37f28b4eccp-4, -0x1.393978c824b2ep-6, -0x1.0951ce0c876a6p-12,
		0x1.d7ad3b8f8c030p-10, -0x1.844f698b22093p-11, 0x1.5f30aed6272acp-13, -0x1.662fd3f45113fp-16, 0x1.403175c0669bcp-20}
)

// reduceExp32 returns 2^k and exp(x - k log 2) - 1.
func reduceExp32(x float64) (scale, p float64) {
	t := math.FMA(x, log2e, magic)
	n := t - magic
	r := math.FMA(-n, math.Ln2, x)
	z := r * r
	c := &expPoly32
	even := math.FMA(math.FMA(c[4], z, c[2]), z, c[0])
	odd := math.FMA(c[3], z, c[1])
	return power2(int64(math.Float64bits(t) - math.Float64bits(magic))), math.FMA(z, math.FMA(odd, r, even), r)
}

func exp32(x float32) float32 {
	if x != x {
		return float32(math.NaN())
	}
	scale, p := reduceExp32(min(max(float64(x), expLow32), expHigh32))
	return float32((1 + p) * scale)
}

func log32(x float32) float32 {
	if !(x > 0) || x > math.MaxFloat32 {
		return float32(Log1(float64(x)))
	}
	k, f := splitLog(float64(x))
	s := f / (2 + f)
	z := s * s
	c := &logPoly32
	r := math.FMA(math.FMA(math.FMA(c[2], z, c[1]), z, c[0]), z, 2)
	return float32(math.FMA(s, r, k*math.Ln2))
}

func tanh32(x float32) float32 {
	if x != x {
		return float32(math.NaN())
	}
	a := math.Abs(float64(x))
	scale, p := reduceExp32(2 * min(a, tanhHigh32))
	e := math.FMA(p, scale, scale-1)
	return float32(math.Copysign(float64(float32(e)/float32(e+2)), float64(x)))
}

func sigmoid32(x float32) float32 {
	if x != x {
		return float32(math.NaN())
	}
	scale, p := reduceExp32(max(-math.Abs(float64(x)), expLow32))
	e := (1 + p) * scale
	if x < 0 {
		return float32(e) / float32(e+1) // e is exact: scale is a power of 2
	}
	return 1 / float32(e+1) // exact, too
}

func sincos32(x float32) (sin, cos float32) {
	v := float64(x)
	if !(math.Abs(v) < sincosMax) {
		s, c := sincosLarge(v)
		return float32(s), float32(c)
	}
	t := math.FMA(v, twoOverPi, magic)
	n := t - magic
	r := math.FMA(-n, halfPi2, math.FMA(-n, halfPi1, v))
	z := r * r
	s, c := &sinPoly32, &cosPoly32
	ps := math.FMA(math.FMA(math.FMA(s[3], z, s[2]), z, s[1]), z, s[0])
	pc := math.FMA(math.FMA(c[2], z, c[1]), z, c[0])
	y := r * math.FMA(z, ps, 1)
	w := math.FMA(float64(z*z), pc, math.FMA(z, -0.5, 1))
	q := math.Float64bits(t)
	if q&1 != 0 {
		y, w = w, y
	}
	y = math.Float64frombits(math.Float64bits(y) ^ q&2<<62)
	w = math.Float64frombits(math.Float64bits(w) ^ (q+1)&2<<62)
	return float32(y), float32(w)
}

func sin32(x float32) float32 { s, _ := sincos32(x); return s }

func cos32(x float32) float32 { _, c := sincos32(x); return c }

func erf32(x float32) float32 {
	if x != x {
		return float32(math.NaN())
	}
	a := min(math.Abs(float64(x)), erfHigh32)
	scale, p := reduceExp32(-float64(a * evenOdd(erfPoly32[:], a)))
	return float32(math.Copysign(math.FMA(-p, scale, 1-scale), float64(x)))
}

// scalar32 are the functions of float32 with kernels of their own; the others are those of float64, rounded.
var scalar32 = [...]func(float32) float32{fExp: exp32, fLog: log32, fTanh: tanh32, fSigmoid: sigmoid32, fSin: sin32, fCos: cos32, fErf: erf32, fErfc: nil}

func (f function) slice32(dst, x []float32) {
	dst = dst[:len(x)]
	one := scalar32[f]
	if one == nil {
		f.through64(dst, x)
		return
	}
	i := f.vector32(dst, x)
	if i+1 < len(x) && simd.Current() != simd.Scalar {
		rest := [8]float32{1, 1, 1, 1, 1, 1, 1, 1}
		copy(rest[:], x[i:])
		f.vector32(rest[:], rest[:])
		copy(dst[i:], rest[:])
		return
	}
	for ; i < len(x); i++ {
		dst[i] = one(x[i])
	}
}

// part is how many numbers pass through float64 at a time.
const part = 128

func (f function) through64(dst, x []float32) {
	var wide [part]float64
	for len(x) > 0 {
		n := min(part, len(x))
		simd.Widen(wide[:n], x[:n])
		f.slice(wide[:n], wide[:n])
		simd.Narrow(dst[:n], wide[:n])
		dst, x = dst[n:], x[n:]
	}
}

// Exp32 sets dst[i] to exp(x[i]) within 1 ulp of float32. dst may be x; the two have one length. So do the functions below.
func Exp32(dst, x []float32) { fExp.slice32(dst, x) }

// Expm132 is exp(x) - 1 within 1 ulp.
func Expm132(dst, x []float32) { fExpm1.slice32(dst, x) }

// Exp232 is 2^x within 1 ulp.
func Exp232(dst, x []float32) { fExp2.slice32(dst, x) }

// Log32 is the natural logarithm within 1 ulp.
func Log32(dst, x []float32) { fLog.slice32(dst, x) }

// Log1p32 is log(1+x) within 1 ulp.
func Log1p32(dst, x []float32) { fLog1p.slice32(dst, x) }

// Log232 is the logarithm to base 2 within 1 ulp.
func Log232(dst, x []float32) { fLog2.slice32(dst, x) }

// Log1032 is the logarithm to base 10 within 1 ulp.
func Log1032(dst, x []float32) { fLog10.slice32(dst, x) }

// Tanh32 is tanh(x) within 2 ulp.
func Tanh32(dst, x []float32) { fTanh.slice32(dst, x) }

// Sigmoid32 is 1 / (1 + exp(-x)) within 2 ulp.
func Sigmoid32(dst, x []float32) { fSigmoid.slice32(dst, x) }

// Sin32 is sin(x) within 1 ulp.
func Sin32(dst, x []float32) { fSin.slice32(dst, x) }

// Cos32 is cos(x) within 1 ulp.
func Cos32(dst, x []float32) { fCos.slice32(dst, x) }

// Erf32 is the error function within 1 ulp.
func Erf32(dst, x []float32) { fErf.slice32(dst, x) }

// Erfc32 is 1 - erf(x) within 1 ulp.
func Erfc32(dst, x []float32) { fErfc.slice32(dst, x) }

// Pow32 is x^y within 1 ulp. dst may be x or y.
func Pow32(dst, x, y []float32) {
	var a, b [part]float64
	dst, y = dst[:len(x)], y[:len(x)]
	for len(x) > 0 {
		n := min(part, len(x))
		simd.Widen(a[:n], x[:n])
		simd.Widen(b[:n], y[:n])
		Pow(a[:n], a[:n], b[:n])
		simd.Narrow(dst[:n], a[:n])
		dst, x, y = dst[n:], x[n:], y[n:]
	}
}
