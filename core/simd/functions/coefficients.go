package functions

// Coefficients are those of exp and log, at both widths, for code that is written elsewhere and has to give the same bits.
var Coefficients = struct{ Exp, Log, Exp32, Log32 []float64 }{expPoly[:], logPoly[:], expPoly32[:], logPoly32[:]}
