package functions

// Coefficients are those of exp and log, for code that is written elsewhere and has to give the same bits.
var Coefficients = struct {
	Exp, Ratio, Half, Log []float64
	Exp32, Log32          []float32
}{expPoly[:], ratioPoly[:], halfPoly[:], logPoly[:], expPoly32[:], logPoly32[:]}
