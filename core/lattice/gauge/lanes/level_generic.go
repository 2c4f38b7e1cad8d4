//go:build !(goexperiment.simd && amd64)

package lanes

func level() *kernels { return &kernels1 }
