package simd

// Widen sets dst[i] = float64(x[i]); the two have one length.
func Widen(dst []float64, x []float32) {
	dst = dst[:len(x)]
	for i := widenVector(dst, x); i < len(x); i++ {
		dst[i] = float64(x[i])
	}
}

// Narrow sets dst[i] = float32(x[i]), rounded to nearest; the two have one length.
func Narrow(dst []float32, x []float64) {
	dst = dst[:len(x)]
	for i := narrowVector(dst, x); i < len(x); i++ {
		dst[i] = float32(x[i])
	}
}
