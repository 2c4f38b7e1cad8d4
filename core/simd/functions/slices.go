package functions

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
	fTan
	fAsin
	fAcos
	fAtan
	fSinh
	fCosh
	fAsinh
	fAcosh
	fAtanh
	fCbrt
	fErfinv
	fNdtr
	fNdtri
	fLogNdtr
	fLogSigmoid
	fPow
	fAtan2
	fHypot
	fLogaddexp
	fXlogy
	fXlog1py
	fSincos
	fSincosTurns
	fPowSigned // Pow where a base is not positive
)

// scalar are the functions themselves.
var scalar = [...]func(float64) float64{Exp1, Expm11, Exp21, Log1, Log1p1, Log21, Log101, Tanh1, Sigmoid1, Sin1, Cos1, Erf1, Erfc1,
	Tan1, Asin1, Acos1, Atan1, Sinh1, Cosh1, Asinh1, Acosh1, Atanh1, Cbrt1, Erfinv1, Ndtr1, Ndtri1, LogNdtr1, LogSigmoid1}

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

// Tan sets dst[i] = Tan1(x[i]).
func Tan(dst, x []float64) { fTan.slice(dst, x) }

// Asin sets dst[i] = Asin1(x[i]).
func Asin(dst, x []float64) { fAsin.slice(dst, x) }

// Acos sets dst[i] = Acos1(x[i]).
func Acos(dst, x []float64) { fAcos.slice(dst, x) }

// Atan sets dst[i] = Atan1(x[i]).
func Atan(dst, x []float64) { fAtan.slice(dst, x) }

// Sinh sets dst[i] = Sinh1(x[i]).
func Sinh(dst, x []float64) { fSinh.slice(dst, x) }

// Cosh sets dst[i] = Cosh1(x[i]).
func Cosh(dst, x []float64) { fCosh.slice(dst, x) }

// Asinh sets dst[i] = Asinh1(x[i]).
func Asinh(dst, x []float64) { fAsinh.slice(dst, x) }

// Acosh sets dst[i] = Acosh1(x[i]).
func Acosh(dst, x []float64) { fAcosh.slice(dst, x) }

// Atanh sets dst[i] = Atanh1(x[i]).
func Atanh(dst, x []float64) { fAtanh.slice(dst, x) }

// Cbrt sets dst[i] = Cbrt1(x[i]).
func Cbrt(dst, x []float64) { fCbrt.slice(dst, x) }

// Pow sets dst[i] = Pow1(x[i], y[i]). dst may be x or y; the three have one length.
func Pow(dst, x, y []float64) { fPow.slice2(dst, x, y) }

// Atan2 sets dst[i] = Atan21(y[i], x[i]). dst may be y or x; the three have one length.
func Atan2(dst, y, x []float64) { fAtan2.slice2(dst, y, x) }

// Hypot sets dst[i] = Hypot1(x[i], y[i]). dst may be x or y; the three have one length.
func Hypot(dst, x, y []float64) { fHypot.slice2(dst, x, y) }

// Erfinv sets dst[i] = Erfinv1(x[i]).
func Erfinv(dst, x []float64) { fErfinv.slice(dst, x) }

// Ndtr sets dst[i] = Ndtr1(x[i]).
func Ndtr(dst, x []float64) { fNdtr.slice(dst, x) }

// Ndtri sets dst[i] = Ndtri1(x[i]).
func Ndtri(dst, x []float64) { fNdtri.slice(dst, x) }

// LogNdtr sets dst[i] = LogNdtr1(x[i]).
func LogNdtr(dst, x []float64) { fLogNdtr.slice(dst, x) }

// LogSigmoid sets dst[i] = LogSigmoid1(x[i]).
func LogSigmoid(dst, x []float64) { fLogSigmoid.slice(dst, x) }

// Logaddexp sets dst[i] = Logaddexp1(x[i], y[i]). dst may be x or y; the three have one length.
func Logaddexp(dst, x, y []float64) { fLogaddexp.slice2(dst, x, y) }

// Xlogy sets dst[i] = Xlogy1(x[i], y[i]). dst may be x or y; the three have one length.
func Xlogy(dst, x, y []float64) { fXlogy.slice2(dst, x, y) }

// Xlog1py sets dst[i] = Xlog1py1(x[i], y[i]). dst may be x or y; the three have one length.
func Xlog1py(dst, x, y []float64) { fXlog1py.slice2(dst, x, y) }

// Sincos sets sin[i], cos[i] = Sincos1(x[i]). Either may be x; the three have one length.
func Sincos(sin, cos, x []float64) {
	fSincos.pair(sin, cos, x, Sincos1)
}

// SincosTurns sets sin[i], cos[i] = SincosTurns1(u[i]). Either may be u; the three have one length.
func SincosTurns(sin, cos, u []float64) {
	fSincosTurns.pair(sin, cos, u, SincosTurns1)
}

// slice is dst[i] = f(x[i]): whole groups by the kernel, which stops at one with an exception in it, the rest as a group filled up with ones.
func (f function) slice(dst, x []float64) {
	dst = dst[:len(x)]
	lanes := lanes64()
	i := 0
	for i+1 < len(x) && lanes > 1 {
		if i+lanes <= len(x) {
			i += lanes * kernel64(f, &dst[i], &x[i], (len(x)-i)/lanes)
		} else {
			rest := [8]float64{1, 1, 1, 1, 1, 1, 1, 1}
			copy(rest[:], x[i:])
			if kernel64(f, &rest[0], &rest[0], 1) == 1 {
				copy(dst[i:], rest[:])
				return
			}
		}
		for end := min(i+lanes, len(x)); i < end; i++ {
			dst[i] = scalar[f](x[i])
		}
	}
	for ; i < len(x); i++ {
		dst[i] = scalar[f](x[i])
	}
}

// scalar2 are the functions of two numbers, from fPow on.
var scalar2 = [...]func(x, y float64) float64{Pow1, Atan21, Hypot1, Logaddexp1, Xlogy1, Xlog1py1}

func (f function) slice2(dst, x, y []float64) {
	dst, y = dst[:len(x)], y[:len(x)]
	lanes, one := lanes64(), scalar2[f-fPow]
	i := 0
	for i+1 < len(x) && lanes > 1 {
		if i+lanes <= len(x) {
			i += lanes * kernel64x2(f, &dst[i], &x[i], &y[i], (len(x)-i)/lanes)
			if f == fPow && i+lanes <= len(x) && kernel64x2(fPowSigned, &dst[i], &x[i], &y[i], 1) == 1 {
				i += lanes
				continue
			}
		} else {
			a, b := [8]float64{1, 1, 1, 1, 1, 1, 1, 1}, [8]float64{1, 1, 1, 1, 1, 1, 1, 1}
			copy(a[:], x[i:])
			copy(b[:], y[i:])
			if kernel64x2(f, &a[0], &a[0], &b[0], 1) == 1 {
				copy(dst[i:], a[:])
				return
			}
		}
		for end := min(i+lanes, len(x)); i < end; i++ {
			dst[i] = one(x[i], y[i])
		}
	}
	for ; i < len(x); i++ {
		dst[i] = one(x[i], y[i])
	}
}

func (f function) pair(dst, dst2, x []float64, one func(float64) (float64, float64)) {
	dst, dst2 = dst[:len(x)], dst2[:len(x)]
	lanes := lanes64()
	i := 0
	for lanes > 1 && i+lanes <= len(x) {
		i += lanes * kernel64pair(f, &dst[i], &dst2[i], &x[i], (len(x)-i)/lanes)
		for end := min(i+lanes, len(x)); i < end; i++ {
			dst[i], dst2[i] = one(x[i])
		}
	}
	for ; i < len(x); i++ {
		dst[i], dst2[i] = one(x[i])
	}
}
