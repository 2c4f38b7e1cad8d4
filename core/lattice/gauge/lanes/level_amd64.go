//go:build goexperiment.simd && amd64

package lanes

import "github.com/ergodica/ergodica/core/simd"

func level() *kernels {
	switch simd.Current() {
	case simd.AVX512:
		return &kernels512
	case simd.AVX2:
		return &kernels256
	}
	return &kernels1
}
