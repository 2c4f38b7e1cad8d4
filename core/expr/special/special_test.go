package special

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/stretchr/testify/require"
)

// Ends of the domains; catches overflow in between and wrong limits.
func TestEnds(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string][2]float64{
		"expit -inf": {functions.Sigmoid1(-inf), 0}, "expit inf": {functions.Sigmoid1(inf), 1}, "log_expit -inf": {functions.LogSigmoid1(-inf), -inf}, "log_expit inf": {functions.LogSigmoid1(inf), 0},
		"ndtr -inf": {functions.Ndtr1(-inf), 0}, "ndtr inf": {functions.Ndtr1(inf), 1}, "log_ndtr -inf": {functions.LogNdtr1(-inf), -inf}, "log_ndtr inf": {functions.LogNdtr1(inf), 0},
		"ndtri 0": {functions.Ndtri1(0), -inf}, "ndtri 1": {functions.Ndtri1(1), inf}, "digamma 0": {Digamma(0), -inf}, "digamma -0": {Digamma(math.Copysign(0, -1)), inf}, "digamma inf": {Digamma(inf), inf},
		"zeta 1": {Zeta(1, 2), inf}, "i0e inf": {I0e(inf), 0}, "i1e 0": {I1e(0), 0}, "polygamma 0": {Polygamma(1, 0), inf},
		"logsumexp empty": {Logsumexp(nil), -inf}, "logaddexp -inf": {functions.Logaddexp1(-inf, -inf), -inf}, "logaddexp inf": {functions.Logaddexp1(inf, 3), inf}, "xlogy": {functions.Xlogy1(0, inf), 0},
		"integer_pow": {IntegerPow(1e160, -2), 1e-320}, "integer_pow -0": {IntegerPow(math.Copysign(0, -1), -3), -inf}, "integer_pow inf": {IntegerPow(-inf, 3), -inf},
	} {
		require.Equal(t, c[1], c[0], name)
	}
	for name, v := range map[string]float64{"ndtri": functions.Ndtri1(1.5), "digamma": Digamma(-2), "zeta": Zeta(0.5, 1), "logaddexp": functions.Logaddexp1(math.NaN(), 1), "expit": functions.Sigmoid1(math.NaN())} {
		require.True(t, math.IsNaN(v), name)
	}
}

// Square and exponential undo their inverses over all quadrants and on the sides of the cuts.
func TestComplexInverses(t *testing.T) {
	for _, re := range []float64{-2, -0.3, 0, 0.7, 3} {
		for _, im := range []float64{-2, -1e-9, 0, math.Copysign(0, -1), 0.4, 3} {
			z := complex(re, im)
			for name, w := range map[string]complex128{
				"sqrt": Csqrt(z) * Csqrt(z), "sin": Csin(Casin(z)), "cos": Ccos(Cacos(z)), "tan": Ctan(Catan(z)),
				"sinh": Csinh(Casinh(z)), "cosh": Ccosh(Cacosh(z)), "tanh": Ctanh(Catanh(z)), "pow": Cpow(Cpow(z+10, 0.5), 2) - 10,
			} {
				require.Less(t, cmplx.Abs(w-z), 1e-13, "%s %v", name, z)
			}
			if z != 0 {
				require.Less(t, cmplx.Abs(Cexp(Clog(z))-z), 1e-14, "%v", z)
				require.Less(t, cmplx.Abs(Cexpm1(Clog1p(z))-z), 1e-14, "%v", z)
				require.InDelta(t, real(cmplx.Log(z)), real(Clog(z)), 1e-14)
				require.Equal(t, math.Signbit(im), math.Signbit(imag(Csqrt(z))), "the cut of sqrt at %v", z)
			}
		}
	}
}
