package special

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The Wronskians J Y' - J' Y = 2 / (pi x) and I K' - I' K = -1/x, with the recurrences for the derivatives, over orders and places on both sides of
// every border between two ways of computing; orders below 0 by the recurrence over the order. Catches a border at which one way is not good yet, and a
// wrong reflection.
func TestBesselFunctionsBelongTogether(t *testing.T) {
	for _, v := range []float64{0, 0.3, 0.5, 1, 2.49, 2.51, 9, 29.9, 30.3, 80, 200, 1500} {
		for _, x := range []float64{0.01, 0.6, 1.999, 2.001, 7, 29.9, 30.1, 79, 81, 600, 2e4, 1e7} {
			if s := Jv(v+1, x)*Yv(v, x) - Jv(v, x)*Yv(v+1, x); Jv(v+1, x) > 1e-250 || x > v {
				require.InEpsilon(t, 2/(math.Pi*x), s, 2e-12, "J, Y: order %v at %v", v, x)
			}
			if s := Ive(v, x)*Kve(v+1, x) + Ive(v+1, x)*Kve(v, x); Ive(v+1, x) > 1e-250 {
				require.InEpsilon(t, 1/x, s, 1e-12, "I, K: order %v at %v", v, x)
			}
		}
	}
	for _, v := range []float64{-0.2, -0.5, -1.7, -3.4, -8} {
		for _, x := range []float64{0.4, 3, 40} {
			for _, f := range []func(v, x float64) float64{Jv, Yv} {
				require.InDelta(t, 2*v/x*f(v, x), f(v-1, x)+f(v+1, x), 1e-12*(1+math.Abs(f(v-1, x))), "order %v at %v", v, x)
			}
			require.InDelta(t, 2*v/x*Ive(v, x), Ive(v-1, x)-Ive(v+1, x), 1e-12*(1+math.Abs(Ive(v-1, x))), "order %v at %v", v, x)
			require.InDelta(t, 2*v/x*Kve(v, x), Kve(v+1, x)-Kve(v-1, x), 1e-12*Kve(v-1, x), "order %v at %v", v, x)
		}
	}
}

// What scipy.special has at the edges.
func TestSpecialEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct{ got, want float64 }{
		{Jv(0, 0), 1}, {Jv(2, 0), 0}, {Jv(-2, 0), 0}, {Jv(0.5, -1), nan}, {Jv(3, -1.5), -Jv(3, 1.5)}, {Jv(-0.5, 0), inf}, {Jv(1, inf), 0},
		{Yv(0, 0), -inf}, {Yv(0.5, 0), -inf}, {Yv(1, -1), nan}, {Yv(2, inf), 0}, {Yv(200, 1e-3), -inf}, {Jv(2e5, 1), nan}, {Jv(nan, 1), nan}, {Jv(1, nan), nan},
		{Ive(0, 0), 1}, {Ive(1, 0), 0}, {Ive(1, -2), -Ive(1, 2)}, {Ive(0.5, -1), nan}, {Ive(-0.5, 0), inf}, {Kve(0, 0), inf}, {Kve(1, -1), nan}, {Kve(-1.5, 2), Kve(1.5, 2)},
		{E1(0), inf}, {E1(-1), nan}, {E1(inf), 0}, {Expi(0), -inf}, {Expi(-inf), 0}, {Expi(inf), inf}, {Expi(nan), nan},
		{LambertW(0), 0}, {LambertW(inf), inf}, {LambertW(-0.4), nan}, {LambertW(nan), nan},
		{Betainc(1, 2, 0), 0}, {Betainc(1, 2, 1), 1}, {Betainc(0, 1, 0.5), 1}, {Betainc(1, 0, 0.5), 0}, {Betainc(1, 1, 1.5), nan}, {Betainc(-1, 1, 0.5), nan}, {Betainc(nan, 1, 0.5), nan},
	} {
		if math.IsNaN(c.want) {
			require.True(t, math.IsNaN(c.got), "%v", c)
		} else {
			require.Equal(t, c.want, c.got, "%v", c)
		}
	}
}
