//go:build !(goexperiment.simd && amd64)

package simd

func leafVector(lane *[8]float64, x, y []float64, dot bool) int { return 0 }

func leaves4(x, y []float64, dot bool) [4]float64 { return leaves4Scalar(x, y, dot) }
