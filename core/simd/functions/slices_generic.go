//go:build !(goexperiment.simd && amd64)

package functions

func (f function) vector(dst, x []float64) int    { return 0 }
func powVector(dst, x, y []float64) int           { return 0 }
func sincosVector(sin, cos, x []float64) int      { return 0 }
func sincosTurnsVector(sin, cos, u []float64) int { return 0 }
func (f function) vector32(dst, x []float32) int  { return 0 }
