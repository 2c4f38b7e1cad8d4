//go:build !(goexperiment.simd && amd64)

package waves

func (s *Sums) setVector(dst, src []float64, width int) bool { return false }

func mixVector(f, s, table []float64, columns, width, reals, pairs int) bool { return false }
