package functions

// scalar32 are the functions themselves: where the one in float32 does not hold, that of float64 rounded.
var scalar32 = [...]struct {
	fast  func(float32) bool
	plain func(float32) float32
	wide  func(float64) float64
}{
	fExp: {expFast32, expPlain32, Exp1}, fExpm1: {expFast32, expm1Plain32, Expm11}, fExp2: {exp2Fast32, exp2Plain32, Exp21},
	fLog: {normal32, logPlain32, Log1}, fLog1p: {log1pFast32, log1pPlain32, Log1p1}, fLog2: {normal32, log2Plain32, Log21}, fLog10: {normal32, log10Plain32, Log101},
	fTanh: {nil, tanhAll32, nil}, fSigmoid: {expFast32, sigmoidPlain32, Sigmoid1}, fSin: {turnFast32, sinPlain32, Sin1}, fCos: {turnFast32, cosPlain32, Cos1},
	fErf: {nil, nil, erfWide}, fErfc: {nil, erfcAll32, nil}, fTan: {turnFast32, tanPlain32, Tan1}, fAsin: {arcFast32, asinPlain32, Asin1}, fAcos: {arcFast32, acosPlain32, Acos1},
	fAtan: {atanFast32, atanPlain32, Atan1}, fSinh: {expFast32, sinhPlain32, Sinh1}, fCosh: {expFast32, coshPlain32, Cosh1}, fAsinh: {nil, nil, asinh32},
	fAcosh: {nil, nil, acosh32}, fAtanh: {nil, nil, atanh32}, fCbrt: {cbrtFast32, cbrtPlain32, Cbrt1},
	fErfinv: {nil, nil, Erfinv1}, fNdtr: {nil, ndtrAll32, nil}, fNdtri: {nil, nil, Ndtri1}, fLogNdtr: {nil, nil, LogNdtr1}, fLogSigmoid: {nil, nil, LogSigmoid1},
}

func (f function) one32(x float32) float32 {
	s := &scalar32[f]
	if s.plain != nil && (s.fast == nil || s.fast(x)) {
		return s.plain(x)
	}
	return float32(s.wide(float64(x)))
}

func asinh32(x float64) float64 {
	if asinhFast(x) {
		return asinhWide(x)
	}
	return Asinh1(x)
}

func acosh32(x float64) float64 {
	if acoshFast(x) {
		return acoshWide(x)
	}
	return Acosh1(x)
}

func atanh32(x float64) float64 {
	if atanhFastWide(x) {
		return atanhWide(x)
	}
	return Atanh1(x)
}

// one32x2 is pow, atan2 or hypot.
func (f function) one32x2(x, y float32) float32 {
	a, b := float64(x), float64(y)
	switch f {
	case fPow:
		if powFastWide(a, b) {
			return float32(powWide(a, b))
		}
		if powSignedFastWide(a, b) {
			return float32(powSignedWide(a, b))
		}
	case fAtan2:
		if atan2Fast32(x, y) {
			return atan2Plain32(x, y)
		}
	case fHypot:
		if hypotFast(a, b) {
			return float32(hypotPlain(a, b))
		}
	}
	return float32(scalar2[f-fPow](a, b))
}

// slice32 is [function.slice].
func (f function) slice32(dst, x []float32) {
	dst = dst[:len(x)]
	lanes := lanes32(f)
	i := 0
	for i+1 < len(x) && lanes > 1 {
		if i+lanes <= len(x) {
			i += lanes * kernel32(f, &dst[i], &x[i], (len(x)-i)/lanes)
		} else {
			rest := [16]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
			copy(rest[:], x[i:])
			if kernel32(f, &rest[0], &rest[0], 1) == 1 {
				copy(dst[i:], rest[:])
				return
			}
		}
		for end := min(i+lanes, len(x)); i < end; i++ {
			dst[i] = f.one32(x[i])
		}
	}
	for ; i < len(x); i++ {
		dst[i] = f.one32(x[i])
	}
}

func (f function) slice32x2(dst, x, y []float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	lanes := lanes32(f)
	i := 0
	for i+1 < len(x) && lanes > 1 {
		if i+lanes <= len(x) {
			i += lanes * kernel32x2(f, &dst[i], &x[i], &y[i], (len(x)-i)/lanes)
			if f == fPow && i+lanes <= len(x) && kernel32x2(fPowSigned, &dst[i], &x[i], &y[i], 1) == 1 {
				i += lanes
				continue
			}
		} else {
			a, b := [16]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, [16]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
			copy(a[:], x[i:])
			copy(b[:], y[i:])
			if kernel32x2(f, &a[0], &a[0], &b[0], 1) == 1 {
				copy(dst[i:], a[:])
				return
			}
		}
		for end := min(i+lanes, len(x)); i < end; i++ {
			dst[i] = f.one32x2(x[i], y[i])
		}
	}
	for ; i < len(x); i++ {
		dst[i] = f.one32x2(x[i], y[i])
	}
}

// Exp32 sets dst[i] to exp(x[i]) within 1 ulp of float32, as the functions below are. dst may be x; the two have one length.
func Exp32(dst, x []float32) { fExp.slice32(dst, x) }

// Expm132 is [Expm11] for float32.
func Expm132(dst, x []float32) { fExpm1.slice32(dst, x) }

// Exp232 is [Exp21] for float32.
func Exp232(dst, x []float32) { fExp2.slice32(dst, x) }

// Log32 is [Log1] for float32.
func Log32(dst, x []float32) { fLog.slice32(dst, x) }

// Log1p32 is [Log1p1] for float32.
func Log1p32(dst, x []float32) { fLog1p.slice32(dst, x) }

// Log232 is [Log21] for float32.
func Log232(dst, x []float32) { fLog2.slice32(dst, x) }

// Log1032 is [Log101] for float32.
func Log1032(dst, x []float32) { fLog10.slice32(dst, x) }

// Tanh32 is [Tanh1] for float32.
func Tanh32(dst, x []float32) { fTanh.slice32(dst, x) }

// Sigmoid32 is [Sigmoid1] for float32.
func Sigmoid32(dst, x []float32) { fSigmoid.slice32(dst, x) }

// Sin32 is [Sin1] for float32.
func Sin32(dst, x []float32) { fSin.slice32(dst, x) }

// Cos32 is [Cos1] for float32.
func Cos32(dst, x []float32) { fCos.slice32(dst, x) }

// Tan32 is [Tan1] for float32.
func Tan32(dst, x []float32) { fTan.slice32(dst, x) }

// Asin32 is [Asin1] for float32.
func Asin32(dst, x []float32) { fAsin.slice32(dst, x) }

// Acos32 is [Acos1] for float32.
func Acos32(dst, x []float32) { fAcos.slice32(dst, x) }

// Atan32 is [Atan1] for float32.
func Atan32(dst, x []float32) { fAtan.slice32(dst, x) }

// Sinh32 is [Sinh1] for float32.
func Sinh32(dst, x []float32) { fSinh.slice32(dst, x) }

// Cosh32 is [Cosh1] for float32.
func Cosh32(dst, x []float32) { fCosh.slice32(dst, x) }

// Asinh32 is [Asinh1] for float32.
func Asinh32(dst, x []float32) { fAsinh.slice32(dst, x) }

// Acosh32 is [Acosh1] for float32.
func Acosh32(dst, x []float32) { fAcosh.slice32(dst, x) }

// Atanh32 is [Atanh1] for float32.
func Atanh32(dst, x []float32) { fAtanh.slice32(dst, x) }

// Cbrt32 is [Cbrt1] for float32.
func Cbrt32(dst, x []float32) { fCbrt.slice32(dst, x) }

// Erf32 is [Erf1] for float32.
func Erf32(dst, x []float32) { fErf.slice32(dst, x) }

// Erfc32 is [Erfc1] for float32, within 1.25 ulp.
func Erfc32(dst, x []float32) { fErfc.slice32(dst, x) }

// Pow32 is [Pow1] for float32. dst may be x or y.
func Pow32(dst, x, y []float32) { fPow.slice32x2(dst, x, y) }

// Atan232 is [Atan21] for float32. dst may be y or x.
func Atan232(dst, y, x []float32) { fAtan2.slice32x2(dst, y, x) }

// Hypot32 is [Hypot1] for float32. dst may be x or y.
func Hypot32(dst, x, y []float32) { fHypot.slice32x2(dst, x, y) }

// Erfinv32 is [Erfinv1] for float32.
func Erfinv32(dst, x []float32) { fErfinv.slice32(dst, x) }

// Ndtr32 is [Ndtr1] for float32, within 1.25 ulp.
func Ndtr32(dst, x []float32) { fNdtr.slice32(dst, x) }

// Ndtri32 is [Ndtri1] for float32.
func Ndtri32(dst, x []float32) { fNdtri.slice32(dst, x) }

// LogNdtr32 is [LogNdtr1] for float32.
func LogNdtr32(dst, x []float32) { fLogNdtr.slice32(dst, x) }

// LogSigmoid32 is [LogSigmoid1] for float32.
func LogSigmoid32(dst, x []float32) { fLogSigmoid.slice32(dst, x) }

// Logaddexp32 is [Logaddexp1] for float32. dst may be x or y.
func Logaddexp32(dst, x, y []float32) { fLogaddexp.slice32x2(dst, x, y) }

// Xlogy32 is [Xlogy1] for float32. dst may be x or y.
func Xlogy32(dst, x, y []float32) { fXlogy.slice32x2(dst, x, y) }

// Xlog1py32 is [Xlog1py1] for float32. dst may be x or y.
func Xlog1py32(dst, x, y []float32) { fXlog1py.slice32x2(dst, x, y) }
