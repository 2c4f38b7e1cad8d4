package functions

// Coefficients are those of exp and log of float64, and of exp of float32, for code that is written elsewhere and has to give the same bits.
var Coefficients = struct {
	Exp, Log []float64
	Exp32    []float32
}{expPoly[:], logPoly[:], expPoly32[:]}
