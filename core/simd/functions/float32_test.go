package functions

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/simd/twin"
)

var functions32 = []struct {
	name  string
	limit float64
	f     func(dst, x []float32)
	one   func(float64) float64
}{
	{"Exp", 1, Exp32, Exp1},
	{"Expm1", 1, Expm132, Expm11},
	{"Exp2", 1, Exp232, Exp21},
	{"Log", 1, Log32, Log1},
	{"Log1p", 1, Log1p32, Log1p1},
	{"Log2", 1, Log232, Log21},
	{"Log10", 1, Log1032, Log101},
	{"Tanh", 1, Tanh32, Tanh1},
	{"Sigmoid", 1, Sigmoid32, Sigmoid1},
	{"Sin", 1, Sin32, Sin1},
	{"Cos", 1, Cos32, Cos1},
	{"Tan", 1, Tan32, Tan1},
	{"Asin", 1, Asin32, Asin1},
	{"Acos", 1, Acos32, Acos1},
	{"Atan", 1, Atan32, Atan1},
	{"Sinh", 1, Sinh32, Sinh1},
	{"Cosh", 1, Cosh32, Cosh1},
	{"Asinh", 1, Asinh32, Asinh1},
	{"Acosh", 1, Acosh32, Acosh1},
	{"Atanh", 1, Atanh32, Atanh1},
	{"Cbrt", 1, Cbrt32, Cbrt1},
	{"Erf", 1, Erf32, Erf1},
	{"Erfinv", 1, Erfinv32, Erfinv1},
	{"Ndtr", 1.25, Ndtr32, Ndtr1},
	{"Ndtri", 1, Ndtri32, Ndtri1},
	{"LogNdtr", 1, LogNdtr32, LogNdtr1},
	{"LogSigmoid", 1, LogSigmoid32, LogSigmoid1},
	{"Erfc", 1.25, Erfc32, Erfc1},
}

func ulps32(got float32, want float64) float64 {
	w := float32(want)
	if got == w || w != w && math.Float32bits(got) == math.Float32bits(float32(math.NaN())) {
		return 0
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// The functions of float32 against those of float64 for numbers of every size, and on every level the same bits at every length, in place and
// not. Catches: a polynomial too short, an exception not taken out, a tail off by one, a level with other bits.
func TestFloat32(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	x := make([]float32, 100000)
	for i := range x {
		switch i / 100 % 5 {
		case 0:
			x[i] = math.Float32frombits(r.Uint32())
		case 1:
			x[i] = float32(3 * r.NormFloat64())
		case 2:
			x[i] = float32(r.Float64())
		case 3:
			x[i] = float32(200*r.Float64() - 100)
		default: // near zeros and poles
			x[i] = float32(float64(r.IntN(80000)) * math.Pi / 2)
		}
	}
	copy(x, []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1e-45, -1e-45, math.MaxFloat32, 88.72284, -103.9, -104, 1 << 20})
	for _, c := range functions32 {
		var first []float32
		twin.OnLevels(t, func(t *testing.T) {
			got := make([]float32, len(x))
			c.f(got, x)
			if first == nil {
				first = got
				worst, where := 0.0, float32(0)
				for i, v := range x {
					if d := ulps32(got[i], c.one(float64(v))); !(d <= worst) {
						worst, where = d, v
					}
				}
				t.Logf("%-8s %.3f ulp at %v", c.name, worst, where)
				if !(worst <= c.limit) {
					t.Errorf("%s: expected at most %v ulp, got %.3f at %v", c.name, c.limit, worst, where)
				}
				for i := range 2 {
					if z := c.one(float64(x[i])); z == 0 && math.Signbit(z) != math.Signbit(float64(got[i])) {
						t.Errorf("%s loses the sign of %v", c.name, x[i])
					}
				}
			}
			for i := range x {
				if math.Float32bits(got[i]) != math.Float32bits(first[i]) {
					t.Fatalf("%s(%v): expected %x as on the first level, got %x", c.name, x[i], first[i], got[i])
				}
			}
			for n := range 40 {
				at := 37 * n
				part := append([]float32(nil), x[at:at+n+1]...)
				c.f(part[:n], part[:n])
				for i := range n {
					if math.Float32bits(part[i]) != math.Float32bits(first[at+i]) {
						t.Fatalf("%s(%v), element %d of %d: expected %x, got %x", c.name, x[at+i], i, n, first[at+i], part[i])
					}
				}
				if math.Float32bits(part[n]) != math.Float32bits(x[at+n]) {
					t.Fatalf("%s wrote beyond %d", c.name, n)
				}
			}
		})
	}
}

func TestFunctionsAllocateNothing(t *testing.T) {
	x, y := make([]float64, 1000), make([]float32, 1000)
	if n := testing.AllocsPerRun(100, func() { Exp(x, x); Pow(x, x, x); Log32(y, y); Pow32(y, y, y) }); n > 0 {
		t.Errorf("expected no allocation, got %v", n)
	}
}

func BenchmarkFloat32(b *testing.B) {
	x, y := make([]float32, 1024), make([]float32, 1024)
	for i := range x {
		x[i] = float32(i+1) / 1025
	}
	for _, c := range functions32 {
		b.Run(c.name, func(b *testing.B) { twin.Bench(b, len(x), func() { c.f(y, x) }) })
	}
	b.Run("Atan2", func(b *testing.B) { twin.Bench(b, len(x), func() { Atan232(y, x, x) }) })
	b.Run("Hypot", func(b *testing.B) { twin.Bench(b, len(x), func() { Hypot32(y, x, x) }) })
	b.Run("Pow", func(b *testing.B) { twin.Bench(b, len(x), func() { Pow32(y, x, x) }) })
}
