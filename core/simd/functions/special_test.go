package functions

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

var bigRootPi = bigOp().Sqrt(bigPi)

// bigErfc is 1 minus the Taylor series of erf below 4, and the continued fraction exp(-x^2) / sqrt(pi) / (x + (1/2)/(x + 1/(x + (3/2)/(x + ...
// from there on.
func bigErfc(x *big.Float) *big.Float {
	square := bigOp().Mul(x, x)
	if x.Cmp(bigFloat(4)) < 0 {
		return bigOp().Sub(bigFloat(1), bigErf(x))
	}
	d := bigOp().Copy(x)
	for n := 400; n > 0; n-- {
		d.Quo(bigFloat(float64(n)/2), d).Add(d, x)
	}
	return d.Quo(bigExp(square.Neg(square)), d.Mul(d, bigRootPi))
}

func bigErf(x *big.Float) *big.Float {
	square := bigOp().Mul(x, x)
	sum, power := bigOp(), bigOp().Copy(x)
	for n := 0; power.Sign() != 0 && power.MantExp(nil) > -bigBits; n++ {
		sum.Add(sum, bigOp().Quo(power, bigFloat(float64(2*n+1))))
		power.Mul(power, square).Quo(power, bigFloat(float64(-n-1)))
	}
	return sum.Quo(sum, bigRootPi).Mul(sum, bigFloat(2))
}

// bigAsin is Newton's method on sin.
func bigAsin(x float64) *big.Float {
	y := bigFloat(math.Asin(x))
	for range 6 {
		s, c := bigSincos(y)
		if c.Sign() == 0 || s.Sub(bigFloat(x), s).Sign() == 0 {
			break
		}
		y.Add(y, s.Quo(s, c))
	}
	return y
}

// Accuracy against series at 1400 bits, like TestAccuracy. Catches a coefficient, a lost low part, a branch taken too early.
func TestSpecialAccuracy(t *testing.T) {
	big1 := func(f func(*big.Float) *big.Float) func(float64) *big.Float {
		return func(x float64) *big.Float { return f(bigFloat(x)) }
	}
	positive := make([]float64, 300)
	for i := range positive {
		positive[i] = math.Float64frombits(uint64(i+1) * (0x7fefffffffffffff / 301))
	}
	positive = append(positive, spread(200, 0.5, 2)...)
	for i, x := range positive {
		positive[i] = math.Abs(x)
	}
	for _, c := range []struct {
		name  string
		limit float64
		f     func(float64) float64
		g     func(x float64) *big.Float
		x     []float64
	}{
		{"erf", 1.5, Erf1, big1(bigErf), append(append(spread(400, -1.2, 1.2), spread(200, -4, 4)...), 1, -1, 3.9999, 1e-310)},
		{"erfc", 3, Erfc1, big1(bigErfc), append(append(append(spread(300, -2, 4), spread(700, 0.5, 1)...), spread(500, 4, 27.2)...), 0.5, 0.5842556498787608, 3.3801718891833783, 26.6, 27.226, -5.8)},
		{"tan", 2, Tan1, func(x float64) *big.Float { s, c := bigSincos(bigFloat(x)); return s.Quo(s, c) }, append(append(append(spread(300, -10, 10), spread(200, -1e6, 1e6)...), positive[150:300]...), 11, 22, 355, math.Pi/2, -1e22, 5.319372648326541e255)},
		{"asin", 1.6, Asin1, bigAsin, append(spread(300, -1, 1), math.Nextafter(1, 0), 0.5, -0.5000001, 0.8394256786415126)},
		{"acos", 1.5, Acos1, func(x float64) *big.Float { a := bigAsin(x); return a.Sub(bigOp().Mul(bigPi, bigFloat(0.5)), a) }, append(spread(300, -1, 1), math.Nextafter(1, 0), 0.99981, 0.5)},
		{"exp2", 1.1, Exp21, func(x float64) *big.Float { return bigExp(bigOp().Mul(bigFloat(x), bigLog(bigFloat(2)))) }, append(spread(200, -1074, 1023.9), 0.5, -0.5, 1023.999, -279.460960530336)},
		{"log2", 1.6, Log21, func(x float64) *big.Float { return bigOp().Quo(bigLog(bigFloat(x)), bigLog(bigFloat(2))) }, append(positive, 1.3980325072755388)},
		{"log10", 1.6, Log101, func(x float64) *big.Float { return bigOp().Quo(bigLog(bigFloat(x)), bigLog(bigFloat(10))) }, append(positive, 1.3219592761433379)},
		{"sigmoid", 2, Sigmoid1, func(x float64) *big.Float {
			return bigOp().Quo(bigFloat(1), bigOp().Add(bigFloat(1), bigExp(bigFloat(-x))))
		}, append(spread(300, -10, 10), spread(200, -745, 745)...)},
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

func TestPowAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	worst := 0.0
	for range 1000 {
		x := math.Exp2(2000*r.Float64() - 1000)
		switch r.IntN(3) {
		case 0:
			x = 1 + r.NormFloat64()*math.Exp2(-50*r.Float64())/8
		case 1:
			x = 4 * r.Float64()
		}
		x = math.Abs(x)
		y := 2 * (r.Float64() - 0.5) * math.Min(709/math.Abs(math.Log(x)), 1e15)
		if r.IntN(4) == 0 {
			y = math.Round(10 * r.NormFloat64())
		}
		got := Pow1(x, y)
		d := ulps(got, bigExp(bigOp().Mul(bigFloat(y), bigLog(bigFloat(x)))))
		if d > worst {
			worst = d
			t.Logf("pow(%v, %v): %.3f ulp", x, y, d)
		}
	}
	if !(worst <= 1.5) {
		t.Errorf("pow: expected at most 1.5 ulp, got %.3f", worst)
	}
	for n := range 40 { // whatever has an exact value has it
		if got := Pow1(3, float64(n)); n <= 33 && got != float64(int(math.Round(math.Pow(3, float64(n))))) {
			t.Errorf("3^%d: got %v", n, got)
		}
		if got := Log21(math.Ldexp(1, 20*n-500)); got != float64(20*n-500) {
			t.Errorf("log2 of 2^%d: got %v", 20*n-500, got)
		}
		if got := Log101(math.Pow10(n)); n <= 22 && got != float64(n) {
			t.Errorf("log10 of 10^%d: got %v", n, got)
		}
		if got := Exp21(float64(n - 20)); got != math.Ldexp(1, n-20) {
			t.Errorf("2^%d: got %v", n-20, got)
		}
	}
}

// The special cases of C99, annex F, as package math has them.
func TestPowEdges(t *testing.T) {
	values := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1e300, -1e300, 1e-300, 5e-324, -5e-324, 0x1p53, -0x1p53, 0x1p53 - 1, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64, 1.5}
	for _, x := range values {
		for _, y := range values {
			want, got := quiet(math.Pow(x, y)), Pow1(x, y)
			if math.IsInf(want, 0) || want != want || want == 0 || math.Abs(want) == 1 {
				if math.Float64bits(got) != math.Float64bits(want) {
					t.Errorf("pow(%v, %v): expected %v, got %v", x, y, want, got)
				}
			} else if math.Abs(got/want-1) > 1e-13 && math.Abs(want) > 1e-300 {
				t.Errorf("pow(%v, %v): expected %v, got %v", x, y, want, got)
			}
		}
	}
	for _, c := range []struct {
		name    string
		f       func(float64) float64
		x, want float64
	}{
		{"erf", Erf1, math.Inf(1), 1}, {"erf", Erf1, math.Inf(-1), -1}, {"erf", Erf1, math.NaN(), math.NaN()}, {"erf", Erf1, math.Copysign(0, -1), math.Copysign(0, -1)},
		{"erfc", Erfc1, math.Inf(1), 0}, {"erfc", Erfc1, math.Inf(-1), 2}, {"erfc", Erfc1, math.NaN(), math.NaN()}, {"erfc", Erfc1, 0, 1}, {"erfc", Erfc1, 27.4, 0},
		{"tan", Tan1, math.Copysign(0, -1), math.Copysign(0, -1)}, {"tan", Tan1, math.Inf(1), math.NaN()}, {"asin", Asin1, 1, math.Pi / 2}, {"asin", Asin1, 1.5, math.NaN()},
		{"asin", Asin1, math.Copysign(0, -1), math.Copysign(0, -1)}, {"acos", Acos1, 1, 0}, {"acos", Acos1, -1, math.Pi}, {"acos", Acos1, math.NaN(), math.NaN()}, {"acos", Acos1, -2, math.NaN()},
		{"exp2", Exp21, 1024, math.Inf(1)}, {"exp2", Exp21, -1074, 5e-324}, {"exp2", Exp21, -1076, 0}, {"exp2", Exp21, math.NaN(), math.NaN()},
		{"log2", Log21, 0, math.Inf(-1)}, {"log2", Log21, -1, math.NaN()}, {"log10", Log101, math.Inf(1), math.Inf(1)},
		{"sigmoid", Sigmoid1, math.Inf(-1), 0}, {"sigmoid", Sigmoid1, math.Inf(1), 1}, {"sigmoid", Sigmoid1, math.NaN(), math.NaN()}, {"sigmoid", Sigmoid1, 0, 0.5},
	} {
		if got := c.f(c.x); math.Float64bits(got) != math.Float64bits(c.want) {
			t.Errorf("%s(%v): expected %v, got %v", c.name, c.x, c.want, got)
		}
	}
}

// Probabilities of both outcomes add up to 1. Catches: 1 / (1 + e) beside e / (1 + e), which miss it in some percent of cases.
func TestSigmoidsOfBothSigns(t *testing.T) {
	for _, x := range append(spread(3000, -40, 40), spread(100, -760, 760)...) {
		if s := Sigmoid1(x) + Sigmoid1(-x); s != 1 {
			t.Errorf("sigmoid(x) + sigmoid(-x) at x = %v: expected 1, got %v", x, s)
		}
	}
}
