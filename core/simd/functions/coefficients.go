package functions

// Coefficients are those of exp and log of float64, for code that is written elsewhere and has to give the same bits.
var Coefficients = struct{ Exp, Log []float64 }{expPoly[:], logPoly[:]}
