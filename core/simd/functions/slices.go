package functions

import "github.com/ergodica/ergodica/core/simd"

// function is one with a vector kernel.
type function uint8

const (
	fExp function = iota
	fExpm1
	fExp2
	fLog
	fLog1p
	fLog2
	fLog10
	fTanh
	fSigmoid
	fSin
	fCos
	fErf
	fErfc
)

// scalar are the functions themselves.
var scalar = [...]func(float64) float64{Exp1, Expm11, Exp21, Log1, Log1p1, Log21, Log101, Tanh1, Sigmoid1, Sin1, Cos1, Erf1, Erfc1}

// slice is dst[i] = f(x[i]): whole groups by the kernel, the rest as a group filled up with ones.
func (f function) slice(dst, x []float64) {
	dst = dst[:len(x)]
	i := f.vector(dst, x)
	if i+1 < len(x) && simd.Current() != simd.Scalar {
		rest := [8]float64{1, 1, 1, 1, 1, 1, 1, 1}
		copy(rest[:], x[i:])
		f.vector(rest[:], rest[:])
		copy(dst[i:], rest[:])
		return
	}
	for one := scalar[f]; i < len(x); i++ {
		dst[i] = one(x[i])
	}
}

// Exp sets dst[i] = Exp1(x[i]). dst may be x; the two have one length. So do the functions below.
func Exp(dst, x []float64) { fExp.slice(dst, x) }

// Expm1 sets dst[i] = Expm11(x[i]).
func Expm1(dst, x []float64) { fExpm1.slice(dst, x) }

// Exp2 sets dst[i] = Exp21(x[i]).
func Exp2(dst, x []float64) { fExp2.slice(dst, x) }

// Log sets dst[i] = Log1(x[i]).
func Log(dst, x []float64) { fLog.slice(dst, x) }

// Log1p sets dst[i] = Log1p1(x[i]).
func Log1p(dst, x []float64) { fLog1p.slice(dst, x) }

// Log2 sets dst[i] = Log21(x[i]).
func Log2(dst, x []float64) { fLog2.slice(dst, x) }

// Log10 sets dst[i] = Log101(x[i]).
func Log10(dst, x []float64) { fLog10.slice(dst, x) }

// Tanh sets dst[i] = Tanh1(x[i]).
func Tanh(dst, x []float64) { fTanh.slice(dst, x) }

// Sigmoid sets dst[i] = Sigmoid1(x[i]).
func Sigmoid(dst, x []float64) { fSigmoid.slice(dst, x) }

// Sin sets dst[i] = Sin1(x[i]).
func Sin(dst, x []float64) { fSin.slice(dst, x) }

// Cos sets dst[i] = Cos1(x[i]).
func Cos(dst, x []float64) { fCos.slice(dst, x) }

// Erf sets dst[i] = Erf1(x[i]).
func Erf(dst, x []float64) { fErf.slice(dst, x) }

// Erfc sets dst[i] = Erfc1(x[i]).
func Erfc(dst, x []float64) { fErfc.slice(dst, x) }

// Pow sets dst[i] = Pow1(x[i], y[i]). dst may be x or y; the three have one length.
func Pow(dst, x, y []float64) {
	dst, y = dst[:len(x)], y[:len(x)]
	i := powVector(dst, x, y)
	if i+1 < len(x) && simd.Current() != simd.Scalar {
		a, b := [8]float64{1, 1, 1, 1, 1, 1, 1, 1}, [8]float64{}
		copy(a[:], x[i:])
		copy(b[:], y[i:])
		powVector(a[:], a[:], b[:])
		copy(dst[i:], a[:])
		return
	}
	for ; i < len(x); i++ {
		dst[i] = Pow1(x[i], y[i])
	}
}

// Sincos sets sin[i], cos[i] = Sincos1(x[i]). Either may be x; the three have one length.
func Sincos(sin, cos, x []float64) {
	sin, cos = sin[:len(x)], cos[:len(x)]
	for i := sincosVector(sin, cos, x); i < len(x); i++ {
		sin[i], cos[i] = Sincos1(x[i])
	}
}

// SincosTurns sets sin[i], cos[i] = SincosTurns1(u[i]). Either may be u; the three have one length.
func SincosTurns(sin, cos, u []float64) {
	sin, cos = sin[:len(u)], cos[:len(u)]
	for i := sincosTurnsVector(sin, cos, u); i < len(u); i++ {
		sin[i], cos[i] = SincosTurns1(u[i])
	}
}
