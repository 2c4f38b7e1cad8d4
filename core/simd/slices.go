package simd

// Exp sets dst[i] = Exp1(x[i]). dst may be x; the two have one length.
func Exp(dst, x []float64) {
	dst = dst[:len(x)]
	for i := expVector(dst, x); i < len(x); i++ {
		dst[i] = Exp1(x[i])
	}
}

// Log sets dst[i] = Log1(x[i]). dst may be x; the two have one length.
func Log(dst, x []float64) {
	dst = dst[:len(x)]
	for i := logVector(dst, x); i < len(x); i++ {
		dst[i] = Log1(x[i])
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
