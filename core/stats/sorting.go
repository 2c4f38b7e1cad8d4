package stats

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// sorting is scratch memory for ranks.
type sorting struct {
	keys, otherKeys   []uint64
	order, otherOrder []uint32
	z, folded, flat   []float64
}

// sortedOrder are the indices of x in ascending order of its values, equal ones in the order of x; x has no NaN. Radix sort by 11 bits at a time.
func (s *sorting) sortedOrder(x Chains) []uint32 {
	n := len(x) * x.Draws()
	keys, other := fit(&s.keys, n), fit(&s.otherKeys, n)
	order, otherOrder := fit(&s.order, n), fit(&s.otherOrder, n)
	i := 0
	for _, series := range x {
		for _, v := range series {
			b := math.Float64bits(v + 0) // -0 as 0
			keys[i], order[i] = b^(uint64(int64(b)>>63)|1<<63), uint32(i)
			i++
		}
	}
	const digit = 11
	for shift := 0; shift < 64; shift += digit {
		var count [1<<digit + 1]int
		for _, k := range keys {
			count[k>>shift&(1<<digit-1)+1]++
		}
		if count[keys[0]>>shift&(1<<digit-1)+1] == n {
			continue
		}
		for d := range 1 << digit {
			count[d+1] += count[d]
		}
		for i, k := range keys {
			d := k >> shift & (1<<digit - 1)
			other[count[d]], otherOrder[count[d]] = k, order[i]
			count[d]++
		}
		keys, other, order, otherOrder = other, keys, otherOrder, order
	}
	s.keys, s.otherKeys, s.order, s.otherOrder = keys, other, order, otherOrder
	return order
}

// normalScores writes to z[order[k]] the normal quantile of (rank - 3/8)/(n + 1/4), where values of equal value(k) share their mean rank.
func normalScores(z []float64, order []uint32, value func(k int) float64) {
	n := len(order)
	for k := 0; k < n; {
		v := value(k)
		end := k + 1
		for end < n && value(end) == v {
			end++
		}
		rank := float64(0.5 * float64(k+1+end))
		score := normalQuantile((rank - 0.375) / (float64(n) + 0.25))
		for ; k < end; k++ {
			z[order[k]] = score
		}
	}
}

// normalQuantile is the inverse of the normal distribution function for 0 < p < 1 within 1e-15 (M. J. Wichura, algorithm AS 241, Appl. Statist.
// 37, 477 (1988)).
func normalQuantile(p float64) float64 {
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		return q * horner(r, &nearNumerator) / horner(r, &nearDenominator)
	}
	r := math.Sqrt(-functions.Log1(min(p, 1-p)))
	x := 0.0
	if r <= 5 {
		x = horner(r-1.6, &tailNumerator) / horner(r-1.6, &tailDenominator)
	} else {
		x = horner(r-5, &farNumerator) / horner(r-5, &farDenominator)
	}
	return math.Copysign(x, q)
}

func horner(x float64, c *[8]float64) float64 {
	y := c[7]
	for k := 6; k >= 0; k-- {
		y = math.FMA(y, x, c[k])
	}
	return y
}

var (
	nearNumerator = [8]float64{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
		4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3}
	nearDenominator = [8]float64{1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
		2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}
	tailNumerator = [8]float64{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4}
	tailDenominator = [8]float64{1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}
	farNumerator = [8]float64{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7}
	farDenominator = [8]float64{1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}
)
