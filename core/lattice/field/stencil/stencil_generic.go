//go:build !(goexperiment.simd && amd64)

package stencil

func forceVector(q Quartic, f, from []float64, a *Rows) int                  { return 0 }
func leapVector(q Quartic, to, p, from []float64, a *Rows, b, s float64) int { return 0 }
