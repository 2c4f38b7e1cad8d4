package simd

import "math"

// SquaredDistances sets dst[j] to the sum over k of (p[k] - x[k stride + j])^2 by ascending k, each term fused into the sum: the distances of one
// point to points that are the columns of x.
func SquaredDistances(dst, p, x []float64, stride int) {
	if len(p) > 0 {
		_ = x[(len(p)-1)*stride:][:len(dst)]
	}
	for j := squaredDistancesVector(dst, p, x, stride); j < len(dst); j++ {
		sum := 0.0
		for k, v := range p {
			d := v - x[k*stride+j]
			sum = math.FMA(d, d, sum)
		}
		dst[j] = sum
	}
}

// SteinTerms compares a point p with its score s to points that are the columns of x with scores that are those of g, over ascending k, fused:
//
//	distance[j] = sum (p[k] - x[k stride + j])^2
//	scores[j]   = sum s[k] g[k stride + j]
//	mixed[j]    = sum (p[k] - x[k stride + j]) (g[k stride + j] - s[k])
func SteinTerms(distance, scores, mixed, p, s, x, g []float64, stride int) {
	n := len(distance)
	scores, mixed, s = scores[:n], mixed[:n], s[:len(p)]
	if len(p) > 0 {
		_, _ = x[(len(p)-1)*stride:][:n], g[(len(p)-1)*stride:][:n]
	}
	for j := steinTermsVector(distance, scores, mixed, p, s, x, g, stride); j < n; j++ {
		var r, a, b float64
		for k, v := range p {
			d, e := v-x[k*stride+j], g[k*stride+j]
			r = math.FMA(d, d, r)
			a = math.FMA(s[k], e, a)
			b = math.FMA(d, e-s[k], b)
		}
		distance[j], scores[j], mixed[j] = r, a, b
	}
}
