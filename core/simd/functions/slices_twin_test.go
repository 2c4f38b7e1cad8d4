package functions

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

// samples are numbers of every kind: ordinary ones in long rows, so that whole vectors stay on the fast path, then single exceptions.
func samples(n int) []float64 {
	r := rand.New(rand.NewPCG(3, 4))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0xfff0000000000123), 5e-324,
		-1e-310, 0x1p-1022, math.MaxFloat64, -math.MaxFloat64, 708, -708, 708.0000001, 710, -746, 1 << 20, 1<<20 - 0.5, 1 << 50, 1, -1}
	x := make([]float64, n)
	for i := range x {
		switch {
		case i/64%4 == 3 && r.IntN(4) == 0:
			x[i] = special[r.IntN(len(special))]
		case i/64%4 == 2:
			x[i] = 1400*r.Float64() - 700
		case i/64%4 == 1:
			x[i] = r.Float64()
		default:
			x[i] = math.Exp(20*r.NormFloat64()) * float64(1-2*r.IntN(2))
		}
	}
	return x
}

// The functions on slices against their scalar forms, bit for bit, on every level: all lengths to 40 and long ones, at all offsets of a
// vector, in place too. Catches a coefficient out of place, an unmasked exception, a tail off by one.
func TestSlicesTwin(t *testing.T) {
	x := samples(3000)
	r := rand.New(rand.NewPCG(5, 6))
	exponents := samples(3000)
	for i := range exponents {
		switch i / 32 % 3 {
		case 1:
			exponents[i] = 3 * r.NormFloat64()
		case 2:
			exponents[i] = math.Round(3 * r.NormFloat64())
		}
	}
	same := func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }
	twin.OnLevels(t, func(t *testing.T) {
		for n := range 41 {
			if n == 40 {
				n = 2900
			}
			for offset := range 9 {
				if n == 2900 && offset > 2 {
					break
				}
				for start := 0; start+n <= len(x)-9; start += 173 {
					in := x[start+offset : start+offset+n]
					for name, f := range map[string]struct {
						all func(dst, x []float64)
						one func(float64) float64
					}{"Exp": {Exp, Exp1}, "Log": {Log, Log1}, "Expm1": {Expm1, Expm11}, "Exp2": {Exp2, Exp21}, "Log1p": {Log1p, Log1p1}, "Log2": {Log2, Log21}, "Log10": {Log10, Log101},
						"Tanh": {Tanh, Tanh1}, "Sigmoid": {Sigmoid, Sigmoid1}, "Sin": {Sin, Sin1}, "Cos": {Cos, Cos1}, "Erf": {Erf, Erf1}, "Erfc": {Erfc, Erfc1},
						"Tan": {Tan, Tan1}, "Asin": {Asin, Asin1}, "Acos": {Acos, Acos1}, "Atan": {Atan, Atan1}, "Sinh": {Sinh, Sinh1}, "Cosh": {Cosh, Cosh1}, "Asinh": {Asinh, Asinh1},
						"Acosh": {Acosh, Acosh1}, "Atanh": {Atanh, Atanh1}, "Cbrt": {Cbrt, Cbrt1},
						"Erfinv": {Erfinv, Erfinv1}, "Ndtr": {Ndtr, Ndtr1}, "Ndtri": {Ndtri, Ndtri1}, "LogNdtr": {LogNdtr, LogNdtr1}, "LogSigmoid": {LogSigmoid, LogSigmoid1},
						"Pow": {func(dst, x []float64) { Pow(dst, x, exponents[:len(x)]) }, nil}, "Atan2": {func(dst, x []float64) { Atan2(dst, x, exponents[:len(x)]) }, nil},
						"Hypot": {func(dst, x []float64) { Hypot(dst, x, exponents[:len(x)]) }, nil}, "Logaddexp": {func(dst, x []float64) { Logaddexp(dst, x, exponents[:len(x)]) }, nil},
						"Xlogy": {func(dst, x []float64) { Xlogy(dst, exponents[:len(x)], x) }, nil}, "Xlog1py": {func(dst, x []float64) { Xlog1py(dst, exponents[:len(x)], x) }, nil}} {
						got := make([]float64, n+1)
						f.all(got[:n], in)
						inPlace := append([]float64(nil), in...)
						f.all(inPlace, inPlace)
						for i, v := range in {
							var want float64
							switch {
							case f.one != nil:
								want = f.one(v)
							case name == "Pow":
								want = Pow1(v, exponents[i])
							case name == "Atan2":
								want = Atan21(v, exponents[i])
							case name == "Logaddexp":
								want = Logaddexp1(v, exponents[i])
							case name == "Xlogy":
								want = Xlogy1(exponents[i], v)
							case name == "Xlog1py":
								want = Xlog1py1(exponents[i], v)
							default:
								want = Hypot1(v, exponents[i])
							}
							if !same(got[i], want) || !same(inPlace[i], want) {
								t.Fatalf("%s(%v), element %d of %d: expected %x, got %x and in place %x", name, v, i, n, want, got[i], inPlace[i])
							}
						}
						if got[n] != 0 {
							t.Fatalf("%s wrote beyond %d", name, n)
						}
					}
					for name, f := range map[string]struct {
						all func(a, b, x []float64)
						one func(float64) (float64, float64)
					}{"Sincos": {Sincos, Sincos1}, "SincosTurns": {SincosTurns, SincosTurns1}} {
						sin, cos := make([]float64, n+1), make([]float64, n+1)
						copy(cos, in)
						f.all(sin[:n], cos[:n], cos[:n])
						for i, v := range in {
							if s, c := f.one(v); !same(sin[i], s) || !same(cos[i], c) {
								t.Fatalf("%s(%v), element %d of %d: expected %x, %x, got %x, %x", name, v, i, n, s, c, sin[i], cos[i])
							}
						}
					}
				}
			}
		}
	})
}
