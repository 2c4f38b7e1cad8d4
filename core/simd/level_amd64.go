//go:build goexperiment.simd && amd64

package simd

import "simd/archsimd"

func detect() Level {
	switch {
	case !archsimd.X86.AVX2() || !archsimd.X86.FMA():
		return Scalar
	case archsimd.X86.AVX512():
		return AVX512
	}
	return AVX2
}
