//go:build !(goexperiment.simd && amd64)

package lines

func fourMaps(_, _, _, _ []float64) bool { return false }

func fourRuns(_, _, _, _, _ []float64) bool { return false }
