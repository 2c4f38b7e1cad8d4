package functions

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// Values to 1400 bits by series, slow and obvious.
const bigBits = 1400

func bigFloat(x float64) *big.Float { return new(big.Float).SetPrec(bigBits).SetFloat64(x) }

func bigOp() *big.Float { return new(big.Float).SetPrec(bigBits) }

// bigSeries is the sum of x^n / n! over n = first, first+stride, ... with alternating signs if sign is -1.
func bigSeries(x *big.Float, first, stride int, sign int64) *big.Float {
	sum, term := bigOp(), bigFloat(1)
	for n := 1; n <= first; n++ {
		term.Mul(term, x).Quo(term, bigFloat(float64(n)))
	}
	for n := first; term.Sign() != 0 && term.MantExp(nil) > -bigBits; {
		sum.Add(sum, term)
		for range stride {
			n++
			term.Mul(term, x).Quo(term, bigFloat(float64(n)))
		}
		term.Mul(term, bigFloat(float64(sign)))
	}
	return sum
}

func bigExp(x *big.Float) *big.Float {
	e := bigSeries(bigOp().SetMantExp(x, -12), 0, 1, 1)
	for range 12 {
		e.Mul(e, e)
	}
	return e
}

func bigAtanInverse(n float64) *big.Float { // atan(1/n)
	sum, power := bigOp(), bigOp().Quo(bigFloat(1), bigFloat(n))
	for k := 1; power.MantExp(nil) > -bigBits; k += 2 {
		sum.Add(sum, bigOp().Quo(power, bigFloat(float64(k))))
		power.Quo(power, bigFloat(-n*n))
	}
	return sum
}

var bigPi = func() *big.Float { // J. Machin
	a := bigAtanInverse(5)
	a.Mul(a, bigFloat(4)).Sub(a, bigAtanInverse(239))
	return a.Mul(a, bigFloat(4))
}()

func bigLog(x *big.Float) *big.Float { // Newton's method on exp
	f, _ := bigOp().SetMantExp(x, -x.MantExp(nil)).Float64()
	y := bigFloat(math.Log(f))
	y.Add(y, bigOp().Mul(bigFloat(float64(x.MantExp(nil))), bigFloat(math.Ln2)))
	for range 6 {
		e := bigExp(bigOp().Neg(y))
		y.Add(y, bigOp().Sub(e.Mul(e, x), bigFloat(1)))
	}
	return y
}

func bigSincos(x *big.Float) (sin, cos *big.Float) {
	turn := bigOp().Mul(bigPi, bigFloat(2))
	n, _ := bigOp().Quo(x, turn).Int(nil)
	r := bigOp().Sub(x, bigOp().Mul(turn, bigOp().SetInt(n)))
	return bigSeries(r, 1, 2, -1), bigSeries(r, 0, 2, -1)
}

func bigAtan(x float64) *big.Float { return bigAtanOf(bigFloat(x)) }

// bigAtanOf is Newton's method on the sine of y - atan(x).
func bigAtanOf(x *big.Float) *big.Float {
	f, _ := x.Float64()
	y := bigFloat(math.Atan(f))
	for range 6 {
		s, c := bigSincos(y)
		d := bigOp().Sub(bigOp().Mul(x, c), s)
		y.Add(y, d.Quo(d, bigOp().Add(c, bigOp().Mul(x, s))))
	}
	return y
}

func bigCbrt(x float64) *big.Float {
	y := bigFloat(math.Cbrt(x))
	for range 6 {
		square := bigOp().Mul(y, y)
		d := bigOp().Sub(bigFloat(x), bigOp().Mul(square, y))
		y.Add(y, d.Quo(d, square.Mul(square, bigFloat(3))))
	}
	return y
}

// ulps is |got - want| in units of the last place of want.
func ulps(got float64, want *big.Float) float64 {
	w, _ := want.Float64()
	if math.IsInf(got, 0) || math.IsInf(w, 0) {
		if got == w {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(w)
	unit := math.Ldexp(1, max(e-53, -1074))
	d, _ := bigOp().Quo(bigOp().Sub(bigFloat(got), want), bigFloat(unit)).Float64()
	return math.Abs(d)
}

func spread(n int, low, high float64) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	x := make([]float64, n)
	for i := range x {
		x[i] = low + (high-low)*r.Float64()
		if i%3 == 0 { // many magnitudes
			x[i] *= math.Exp2(-60 * r.Float64())
		}
	}
	return x
}

// Accuracy of every function against series at 1400 bits. Catches a wrong coefficient, a lost correction term, a reduction that cancels.
func TestAccuracy(t *testing.T) {
	one := bigFloat(1)
	half := bigFloat(0.5)
	positive := func(x []float64) []float64 {
		for i := range x {
			x[i] = math.Abs(x[i])
		}
		return x
	}
	scales := make([]float64, 300) // positive numbers of all sizes, subnormal ones included
	for i := range scales {
		scales[i] = math.Float64frombits(uint64(i+1) * (0x7fefffffffffffff / 301))
	}
	scales = append(scales, 5e-324, 1e-310, 0x1p-1022, math.MaxFloat64, math.Nextafter(1, 0), math.Nextafter(1, 2), math.Sqrt2, math.Sqrt2/2)
	turns := func(u float64) *big.Float { return bigOp().Mul(bigFloat(2*u), bigPi) }
	above := func(x []float64) []float64 {
		for i := range x {
			x[i]++
		}
		return x
	}
	area := func(x float64, c *big.Float) *big.Float { // log(x + sqrt(x^2 + c))
		s := bigOp().Mul(bigFloat(x), bigFloat(x))
		return bigLog(s.Add(s.Sqrt(s.Add(s, c)), bigFloat(x)))
	}
	for _, c := range []struct {
		name  string
		limit float64
		f     func(float64) float64
		g     func(x float64) *big.Float
		x     []float64
	}{
		{"asinh", 2, Asinh1, func(x float64) *big.Float { return area(x, one) }, append(append(positive(spread(400, -3, 3)), scales[100:]...), 0.25, 0.34, 0.36)},
		{"acosh", 2.3, Acosh1, func(x float64) *big.Float { return area(x, bigFloat(-1)) }, append(append(above(spread(600, 0, 2)), scales[160:300]...), 1.1263064345296894)},
		{"atanh", 2, Atanh1, func(x float64) *big.Float {
			return bigOp().Mul(half, bigLog(bigOp().Quo(bigOp().Add(one, bigFloat(x)), bigOp().Sub(one, bigFloat(x)))))
		}, append(spread(500, -1, 1), math.Nextafter(1, 0), 0.2, 0.21, -0.999999)},
		{"atan", 1.9, Atan1, bigAtan, append(append(spread(500, -3, 3), scales...), tanEighth, 1/tanEighth, 0.43238211834694035)},
		{"cbrt", 1, Cbrt1, bigCbrt, append(append(spread(500, -30, 30), scales...), 27, 8e300)},
		{"hypot", 1, func(x float64) float64 { return Hypot1(x, 0.7*x) }, func(x float64) *big.Float {
			s := bigOp().Mul(bigFloat(x), bigFloat(x))
			y := bigFloat(0.7 * x)
			return s.Sqrt(s.Add(s, y.Mul(y, y)))
		}, append(spread(300, -1, 1), scales[1:300]...)},
		{"hypot of 1", 1, func(x float64) float64 { return Hypot1(1, x) }, func(x float64) *big.Float {
			s := bigOp().Mul(bigFloat(x), bigFloat(x))
			return s.Sqrt(s.Add(s, one))
		}, append(spread(300, -3, 3), scales...)},
		{"atan2 of 1", 2, func(x float64) float64 { return Atan21(x, 1) }, bigAtan, append(append(spread(300, -3, 3), scales...), tanEighth)},
		{"atan2 of -0.7", 2, func(x float64) float64 { return Atan21(x, -0.7) }, func(x float64) *big.Float {
			a := bigAtanOf(bigOp().Quo(bigFloat(x), bigFloat(-0.7)))
			if x < 0 {
				return a.Sub(a, bigPi)
			}
			return a.Add(a, bigPi)
		}, append(spread(300, -3, 3), scales...)},
		{"sinh", 2, Sinh1, func(x float64) *big.Float {
			return bigOp().Mul(half, bigOp().Sub(bigExp(bigFloat(x)), bigExp(bigFloat(-x))))
		}, spread(600, -3, 3)},
		{"exp", 1.1, Exp1, func(x float64) *big.Float { return bigExp(bigFloat(x)) }, append(spread(300, -745, 709.7), 709.78, -708.5, -745.1, 0x1p-60, -425.93889623085437)},
		{"log", 1, Log1, func(x float64) *big.Float { return bigLog(bigFloat(x)) }, append(append(positive(spread(100, 0.5, 2)), scales...), 2)},
		{"expm1", 2, Expm11, func(x float64) *big.Float { return bigOp().Sub(bigExp(bigFloat(x)), one) }, append(spread(200, -2, 2), spread(100, -50, 709.7)...)},
		{"log1p", 2, Log1p1, func(x float64) *big.Float { return bigLog(bigOp().Add(one, bigFloat(x))) }, append(spread(200, -0.999, 2), append(spread(50, 0, 1e6), scales[150:]...)...)},
		{"sinh", 2, Sinh1, func(x float64) *big.Float {
			return bigOp().Mul(half, bigOp().Sub(bigExp(bigFloat(x)), bigExp(bigFloat(-x))))
		}, append(spread(200, -3, 3), spread(100, -710, 710)...)},
		{"cosh", 2, Cosh1, func(x float64) *big.Float {
			return bigOp().Mul(half, bigOp().Add(bigExp(bigFloat(x)), bigExp(bigFloat(-x))))
		}, append(spread(200, -3, 3), spread(100, -710, 710)...)},
		{"tanh", 2.3, Tanh1, func(x float64) *big.Float {
			e := bigExp(bigFloat(2 * x))
			return bigOp().Quo(bigOp().Sub(e, one), bigOp().Add(e, one))
		}, append(append(spread(200, -1, 1), spread(100, -25, 25)...), append(spread(500, 0.17, 0.26), 0.22244182970403417)...)},
		{"sin", 1.6, Sin1, func(x float64) *big.Float { s, _ := bigSincos(bigFloat(x)); return s },
			append(append(spread(300, -10, 10), spread(200, -2e6, 2e6)...), append(scales, -16.228758476983984, 11, 22, 355, 5.319372648326541e255, 1<<20, 1<<20-1)...)},
		{"cos", 1.6, Cos1, func(x float64) *big.Float { _, c := bigSincos(bigFloat(x)); return c },
			append(append(spread(300, -10, 10), spread(200, -2e6, 2e6)...), append(scales, 11, 22, 355, 5.319372648326541e255, 1<<20, 1<<20-1)...)},
		{"sin of turns", 2, func(u float64) float64 { s, _ := SincosTurns1(u); return s }, func(u float64) *big.Float { s, _ := bigSincos(turns(u)); return s },
			append(spread(300, 0, 1), 0x1p-53, 1-0x1p-53, 0.125, 123456.789)},
		{"cos of turns", 2, func(u float64) float64 { _, c := SincosTurns1(u); return c }, func(u float64) *big.Float { _, c := bigSincos(turns(u)); return c },
			append(spread(300, 0, 1), 0x1p-53, 1-0x1p-53, 0.125, 123456.789)},
	} {
		worst, where := 0.0, 0.0
		for _, x := range c.x {
			if d := ulps(c.f(x), c.g(x)); !(d <= worst) {
				worst, where = d, x
			}
		}
		t.Logf("%-12s %.3f ulp at %x", c.name, worst, where)
		if !(worst <= c.limit) {
			t.Errorf("%s: expected at most %v ulp, got %.3f at %x", c.name, c.limit, worst, where)
		}
	}
}

// Ends and exceptions, to the bit.
func TestEdges(t *testing.T) {
	inf, nan, zero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	sin, cos := Sin1, Cos1
	for _, c := range []struct {
		name    string
		f       func(float64) float64
		x, want float64
	}{
		{"exp", Exp1, inf, inf}, {"exp", Exp1, -inf, 0}, {"exp", Exp1, nan, nan}, {"exp", Exp1, 0, 1}, {"exp", Exp1, zero, 1},
		{"exp", Exp1, 709.79, inf}, {"exp", Exp1, -745.2, 0}, {"exp", Exp1, -745.1, 5e-324},
		{"log", Log1, inf, inf}, {"log", Log1, 0, -inf}, {"log", Log1, zero, -inf}, {"log", Log1, -1, nan}, {"log", Log1, nan, nan}, {"log", Log1, 1, 0},
		{"log", Log1, -inf, nan},
		{"log1p", Log1p1, -1, -inf}, {"log1p", Log1p1, zero, zero}, {"log1p", Log1p1, -2, nan}, {"log1p", Log1p1, inf, inf}, {"log1p", Log1p1, 5e-324, 5e-324},
		{"expm1", Expm11, zero, zero}, {"expm1", Expm11, -inf, -1}, {"expm1", Expm11, inf, inf}, {"expm1", Expm11, nan, nan}, {"expm1", Expm11, 5e-324, 5e-324},
		{"sin", sin, zero, zero}, {"sin", sin, inf, nan}, {"sin", sin, nan, nan}, {"cos", cos, zero, 1}, {"cos", cos, -inf, nan}, {"sin", sin, 5e-324, 5e-324},
		{"tanh", Tanh1, zero, zero}, {"tanh", Tanh1, inf, 1}, {"tanh", Tanh1, -inf, -1}, {"tanh", Tanh1, nan, nan},
		{"sinh", Sinh1, zero, zero}, {"sinh", Sinh1, -inf, -inf}, {"cosh", Cosh1, -inf, inf}, {"cosh", Cosh1, nan, nan}, {"sinh", Sinh1, nan, nan},
	} {
		if got := c.f(c.x); math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%s(%v): expected %v, got %v", c.name, c.x, c.want, got)
		}
	}
	for i := range 9 {
		s, c := SincosTurns1(float64(i) / 4)
		if s != [4]float64{0, 1, 0, -1}[i%4] || c != [4]float64{1, 0, -1, 0}[i%4] {
			t.Errorf("%d quarter turns: got sin %v, cos %v", i, s, c)
		}
	}
	if s, c := SincosTurns1(1e300); s != 0 || c != 1 {
		t.Errorf("a whole number of turns: got sin %v, cos %v", s, c)
	}
	if s, c := SincosTurns1(inf); s == s || c == c {
		t.Errorf("infinitely many turns: got sin %v, cos %v", s, c)
	}
}
