//go:build !(goexperiment.simd && amd64)

package simd

func detect() Level { return Scalar }
