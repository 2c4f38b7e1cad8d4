package functions

import "math"

// The inverses of erf and of the normal distribution: erfinv(x) = x P(w), w = -log(1 - x^2), by P in w - 3.25 below 6.5, in sqrt(w) - 4.3 below 37,
// in sqrt(w) - 16.6 from there on, within 2^-56 of themselves (Remez, 45 digits).
var (
	erfinvNear = [27]float64{
		0x1.aeff02cbbb1f6p+0, 0x1.e8afc29b9bb59p-3, -0x1.9c7f37c13550ep-8, -0x1.548db55d3547ep-11, 0x1.74cd69f403ffbp-13, -0x1.efa1a93319b32p-17,
		-0x1.0ea7741e7dcp-20, 0x1.a544b63e2c266p-22, -0x1.1b44fd1c3a733p-25, -0x1.87bd745d0852bp-29, 0x1.09368601b765dp-30, -0x1.35f3c7dc89aeep-34,
		-0x1.37734ffd4aef9p-37, 0x1.56153ccb38e22p-39, -0x1.4350e28385df7p-43, -0x1.ea94e066c409ep-46, 0x1.bbc34fa45e4c6p-48, -0x1.3aab2a88d66f3p-52,
		-0x1.7a852fc54e9a2p-54, 0x1.27bbe66748327p-56, -0x1.fe7196b0f621dp-62, -0x1.4fefbb55fb819p-62, 0x1.7a5bfe6cbcf4cp-65, 0x1.4acdaddf0d94cp-69,
		-0x1.dc91d204dd7cbp-71, -0x1.ab5bb5350cc37p-82, 0x1.fc64e53d22e2ap-78,
	}
	erfinvFar = [29]float64{
		0x1.092264081b66fp+2, 0x1.029250c365291p+0, 0x1.4781c97290776p-11, -0x1.2947a5d460809p-11, 0x1.9cd5190231f26p-13, -0x1.e93f6002fd908p-15,
		0x1.3b2ba05b94e4ep-16, -0x1.113713a592dep-17, 0x1.2f4dafbb301b9p-18, -0x1.5423543011ee8p-19, 0x1.48464b5c3accdp-20, -0x1.e92672d1b22f6p-22,
		0x1.bdd56e816eecdp-24, 0x1.0d022d4f7fc3cp-27, -0x1.688666b63a7f8p-26, 0x1.78790b7825b7p-27, -0x1.a70ca26472c12p-29, 0x1.5500c10a92edcp-33,
		0x1.4e6cb11040c3cp-32, -0x1.51df8ac45b874p-33, 0x1.2656761534f4cp-35, -0x1.988356e1f7964p-41, -0x1.2b9e5da08f2c6p-39, 0x1.5a448b0ac775bp-40,
		-0x1.ada1a00427108p-42, -0x1.ab06612efd31fp-51, 0x1.12689ca656376p-45, -0x1.69dc1c1361a09p-48, -0x1.fe4af6953364bp-55,
	}
	ndtriTail = [33]float64{
		0x1.084d76a0543a4p+4, 0x1.00c9afbdc26d6p+0, -0x1.1309f229d829dp-13, 0x1.806c756f40b2fp-18, -0x1.0969a310e56f8p-22, 0x1.5df51d4526091p-27,
		-0x1.9fc2f4baba35bp-32, 0x1.77c2ce4aa6f89p-37, -0x1.608ebd7466172p-47, -0x1.296be4abef9bfp-45, 0x1.10f1616c29171p-48, -0x1.77bf4b3942495p-52,
		0x1.cd520883a86bap-56, -0x1.02f830fe037e5p-59, 0x1.1252cffe2d2b4p-63, -0x1.5f20884d4f401p-67, 0x1.c7bbf0fc71887p-71, -0x1.e1d947b419d97p-78,
		-0x1.a168af7d1ba8cp-79, -0x1.bc95b3375e317p-81, 0x1.d2797ec1f166dp-84, 0x1.374cd775ffc24p-87, -0x1.4ec239e7799c5p-90, -0x1.cf57fd41476f6p-94,
		0x1.a4e59d3688c0ep-97, 0x1.af0cd83c56f5fp-101, -0x1.63ac7e4771213p-104, -0x1.1f96bdb70e8e8p-108, 0x1.a878880e9fc87p-112, 0x1.c73af0ee5e7c5p-117,
		-0x1.3284ad2086835p-120, -0x1.6df9d5d13b23fp-126, 0x1.bc9566d084f1dp-130,
	}
)

// erfinvFactor is P(w).
func erfinvFactor(w float64) float64 {
	s := math.Sqrt(w)
	p := horner(erfinvFar[:], s-4.3)
	if w < 6.5 {
		p = evenOdd(erfinvNear[:], w-3.25)
	}
	return p
}

func erfinvFast(x float64) bool { return math.Abs(x) < 1 }

// erfinvPlain has 1 - x^2 as a product: its factors are exact where it is small.
func erfinvPlain(x float64) float64 {
	w := most(-logPlain((1-x)*(1+x)), 0)
	return x * erfinvFactor(w)
}

// Erfinv1 is the inverse of the error function, infinite at -1 and 1, NaN outside.
func Erfinv1(x float64) float64 {
	switch {
	case erfinvFast(x):
		return erfinvPlain(x)
	case math.Abs(x) == 1:
		return math.Copysign(math.Inf(1), x)
	}
	return math.NaN()
}

func ndtriFast(p float64) bool { return p >= 0x1p-1020 && p < 1 }

// ndtriPlain is sqrt(2) erfinv(2p-1), where 1 - (2p-1)^2 is 4p(1-p).
func ndtriPlain(p float64) float64 {
	w := most(-logPlain(4*p*(1-p)), 0)
	f := erfinvFactor(least(w, 37))
	if w > 37 {
		f = horner(ndtriTail[:], math.Sqrt(w)-16.6)
	}
	return math.Sqrt2 * (2*p - 1) * f // exact
}

// Ndtri1 is the inverse of [Ndtr1], NaN outside [0, 1].
func Ndtri1(p float64) float64 {
	switch {
	case ndtriFast(p):
		return ndtriPlain(p)
	case p == 0:
		return math.Inf(-1)
	case p == 1:
		return math.Inf(1)
	case p > 0 && p < 1:
		w := -(Log1(p) + 2*math.Ln2)
		return -math.Sqrt2 * horner(ndtriTail[:], math.Sqrt(w)-16.6)
	}
	return math.NaN()
}

func ndtrFast(x float64) bool { return math.Abs(x) <= 36 }

func ndtrPlain(x float64) float64 { return 0.5 * erfcPlain(-x*(1/math.Sqrt2)) }

// Ndtr1 is the normal distribution function.
func Ndtr1(x float64) float64 {
	if ndtrFast(x) {
		return ndtrPlain(x)
	}
	return 0.5 * Erfc1(-x*(1/math.Sqrt2))
}

func logNdtrPlain(x float64) float64 {
	e := 0.5 * erfcPlain(math.Abs(x)*(1/math.Sqrt2))
	y := logPlain(e)
	if x >= 0 {
		y = log1pPlain(-e)
	}
	return y
}

// LogNdtr1 is log(Ndtr1(x)); below -36 by the asymptotic series of the Mills ratio.
func LogNdtr1(x float64) float64 {
	switch {
	case ndtrFast(x):
		return logNdtrPlain(x)
	case x != x:
		return math.NaN()
	case x > 0:
		return -0.5 * Erfc1(x*(1/math.Sqrt2))
	case math.IsInf(x, -1):
		return x
	}
	u := 1 / (x * x)
	s := 0.0
	for k := 9; k >= 1; k-- {
		s = -float64(2*k-1) * u * (1 + s)
	}
	return -float64(0.5*x*x) - Log1(-x) - log2Pi/2 + Log1p1(s)
}

const log2Pi = 1.8378770664093454836

func logSigmoidPlain(x float64) float64 { return least(x, 0) - log1pPlain(expPlain(-math.Abs(x))) }

// LogSigmoid1 is log(Sigmoid1(x)).
func LogSigmoid1(x float64) float64 {
	if expFast(x) {
		return logSigmoidPlain(x)
	}
	return min(x, 0) - Log1p1(Exp1(-math.Abs(x)))
}

func logaddexpFast(x, y float64) bool {
	return math.Abs(x-y) <= 708 && math.Abs(x) <= 0x1p900
}

func logaddexpPlain(x, y float64) float64 {
	return most(x, y) + log1pPlain(expPlain(-math.Abs(x-y)))
}

// Logaddexp1 is log(e^x + e^y).
func Logaddexp1(x, y float64) float64 {
	switch {
	case logaddexpFast(x, y):
		return logaddexpPlain(x, y)
	case x == y: // infinities of one sign
		return x
	case x != x || y != y:
		return math.NaN()
	}
	return max(x, y)
}

func xlogyFast(x, y float64) bool { return normal(y) && finite(x) }

func xlogyPlain(x, y float64) float64 {
	z := x * logPlain(y)
	if x == 0 {
		z = 0
	}
	return z
}

// Xlogy1 is x log(y), 0 where x is 0 unless y is NaN.
func Xlogy1(x, y float64) float64 {
	switch {
	case xlogyFast(x, y):
		return xlogyPlain(x, y)
	case x == 0 && y == y:
		return 0
	}
	return quiet(x * Log1(y))
}

func xlog1pyFast(x, y float64) bool { return log1pFast(y) && finite(x) }

func xlog1pyPlain(x, y float64) float64 {
	z := x * log1pPlain(y)
	if x == 0 {
		z = 0
	}
	return z
}

// Xlog1py1 is x log(1 + y), 0 where x is 0 unless y is NaN.
func Xlog1py1(x, y float64) float64 {
	switch {
	case xlog1pyFast(x, y):
		return xlog1pyPlain(x, y)
	case x == 0 && y == y:
		return 0
	}
	return quiet(x * Log1p1(y))
}
