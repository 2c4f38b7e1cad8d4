//go:build !(goexperiment.simd && amd64)

package lanes

func level() *Kernels { return &plain }
