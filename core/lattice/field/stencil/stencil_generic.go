//go:build !(goexperiment.simd && amd64)

package stencil

func forceVector(q Quartic, f, from []float64, r Row) int                  { return 0 }
func leapVector(q Quartic, to, p, from []float64, r Row, b, a float64) int { return 0 }
