//go:build !(goexperiment.simd && amd64)

package fourier

import "github.com/ergodica/ergodica/core/simd"

func kernelsOf[T Real](simd.Level) *kernels { return plainKernels[T]() }
