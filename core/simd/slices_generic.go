//go:build !(goexperiment.simd && amd64)

package simd

func (f function) vector(dst, x []float64) int    { return 0 }
func powVector(dst, x, y []float64) int           { return 0 }
func sincosVector(sin, cos, x []float64) int      { return 0 }
func sincosTurnsVector(sin, cos, u []float64) int { return 0 }
func (f function) vector32(dst, x []float32) int  { return 0 }
func widenVector(dst []float64, x []float32) int  { return 0 }
func narrowVector(dst []float32, x []float64) int { return 0 }
