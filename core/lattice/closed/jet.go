package closed

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// jet is a function of one variable at a point: its value and first two derivatives.
type jet struct{ f, d, dd float64 }

func constant(x float64) jet { return jet{x, 0, 0} }

func (a jet) plus(b jet) jet { return jet{a.f + b.f, a.d + b.d, a.dd + b.dd} }

func (a jet) times(b jet) jet {
	return jet{
		float64(a.f * b.f),
		float64(a.d*b.f) + float64(a.f*b.d),
		float64(a.dd*b.f) + float64(2*a.d*b.d) + float64(a.f*b.dd),
	}
}

func (a jet) scaled(x float64) jet { return jet{float64(x * a.f), float64(x * a.d), float64(x * a.dd)} }

// of is g(a) from g and its derivatives at a.
func (a jet) of(g, d, dd float64) jet {
	return jet{g, float64(d * a.d), float64(dd*a.d*a.d) + float64(d*a.dd)}
}

func (a jet) root() jet {
	r := math.Sqrt(a.f)
	return a.of(r, 0.5/r, -0.25/(r*a.f))
}

func (a jet) inverse() jet {
	r := 1 / a.f
	return a.of(r, -r*r, 2*r*r*r)
}

func (a jet) log() jet { return a.of(functions.Log1(a.f), 1/a.f, -1/(a.f*a.f)) }

// log1p keeps the digits of small a.
func (a jet) log1p() jet {
	r := 1 / (1 + a.f)
	return a.of(functions.Log1p1(a.f), r, -r*r)
}

func (a jet) exp() jet {
	e := functions.Exp1(a.f)
	return a.of(e, e, e)
}
