// Package functions has the transcendental functions of float64 and float32 on the levels of core/simd, with the same bits on each: the
// scalar function performs, element by element, the very operations of the vector kernel. NaN results are the one canonical math.NaN().
//
// Names that end in 1 work on one number, the others on slices, in 32 on slices of float32: Exp1(x), Exp(dst, x) and Exp32(dst, x).
package functions
