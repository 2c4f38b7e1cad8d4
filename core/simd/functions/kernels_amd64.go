//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

import "github.com/ergodica/ergodica/core/simd"

func kernel64(f function, dst, x *float64, groups int) int {
	switch f {
	case fExp:
		if simd.Current() == simd.AVX512 {
			return straightExp64x512(dst, x, groups)
		}
		return straightExp64x256(dst, x, groups)
	case fExpm1:
		if simd.Current() == simd.AVX512 {
			return straightExpm164x512(dst, x, groups)
		}
		return straightExpm164x256(dst, x, groups)
	case fExp2:
		if simd.Current() == simd.AVX512 {
			return straightExp264x512(dst, x, groups)
		}
		return straightExp264x256(dst, x, groups)
	case fLog:
		if simd.Current() == simd.AVX512 {
			return straightLog64x512(dst, x, groups)
		}
		return straightLog64x256(dst, x, groups)
	case fLog1p:
		if simd.Current() == simd.AVX512 {
			return straightLog1p64x512(dst, x, groups)
		}
		return straightLog1p64x256(dst, x, groups)
	case fLog2:
		if simd.Current() == simd.AVX512 {
			return straightLog264x512(dst, x, groups)
		}
		return straightLog264x256(dst, x, groups)
	case fLog10:
		if simd.Current() == simd.AVX512 {
			return straightLog1064x512(dst, x, groups)
		}
		return straightLog1064x256(dst, x, groups)
	case fTanh:
		if simd.Current() == simd.AVX512 {
			return straightTanh64x512(dst, x, groups)
		}
		return straightTanh64x256(dst, x, groups)
	case fSigmoid:
		if simd.Current() == simd.AVX512 {
			return straightSigmoid64x512(dst, x, groups)
		}
		return straightSigmoid64x256(dst, x, groups)
	case fSin:
		if simd.Current() == simd.AVX512 {
			return straightSin64x512(dst, x, groups)
		}
		return straightSin64x256(dst, x, groups)
	case fCos:
		if simd.Current() == simd.AVX512 {
			return straightCos64x512(dst, x, groups)
		}
		return straightCos64x256(dst, x, groups)
	case fErf:
		if simd.Current() == simd.AVX512 {
			return straightErf64x512(dst, x, groups)
		}
		return straightErf64x256(dst, x, groups)
	case fErfc:
		if simd.Current() == simd.AVX512 {
			return straightErfc64x512(dst, x, groups)
		}
		return straightErfc64x256(dst, x, groups)
	case fTan:
		if simd.Current() == simd.AVX512 {
			return straightTan64x512(dst, x, groups)
		}
		return straightTan64x256(dst, x, groups)
	case fAsin:
		if simd.Current() == simd.AVX512 {
			return straightAsin64x512(dst, x, groups)
		}
		return straightAsin64x256(dst, x, groups)
	case fAcos:
		if simd.Current() == simd.AVX512 {
			return straightAcos64x512(dst, x, groups)
		}
		return straightAcos64x256(dst, x, groups)
	case fAtan:
		if simd.Current() == simd.AVX512 {
			return straightAtan64x512(dst, x, groups)
		}
		return straightAtan64x256(dst, x, groups)
	case fSinh:
		if simd.Current() == simd.AVX512 {
			return straightSinh64x512(dst, x, groups)
		}
		return straightSinh64x256(dst, x, groups)
	case fCosh:
		if simd.Current() == simd.AVX512 {
			return straightCosh64x512(dst, x, groups)
		}
		return straightCosh64x256(dst, x, groups)
	case fAsinh:
		if simd.Current() == simd.AVX512 {
			return straightAsinh64x512(dst, x, groups)
		}
		return straightAsinh64x256(dst, x, groups)
	case fAcosh:
		if simd.Current() == simd.AVX512 {
			return straightAcosh64x512(dst, x, groups)
		}
		return straightAcosh64x256(dst, x, groups)
	case fAtanh:
		if simd.Current() == simd.AVX512 {
			return straightAtanh64x512(dst, x, groups)
		}
		return straightAtanh64x256(dst, x, groups)
	case fCbrt:
		if simd.Current() == simd.AVX512 {
			return straightCbrt64x512(dst, x, groups)
		}
		return straightCbrt64x256(dst, x, groups)
	case fErfinv:
		if simd.Current() == simd.AVX512 {
			return straightErfinv64x512(dst, x, groups)
		}
		return straightErfinv64x256(dst, x, groups)
	case fNdtr:
		if simd.Current() == simd.AVX512 {
			return straightNdtr64x512(dst, x, groups)
		}
		return straightNdtr64x256(dst, x, groups)
	case fNdtri:
		if simd.Current() == simd.AVX512 {
			return straightNdtri64x512(dst, x, groups)
		}
		return straightNdtri64x256(dst, x, groups)
	case fLogNdtr:
		if simd.Current() == simd.AVX512 {
			return straightLogNdtr64x512(dst, x, groups)
		}
		return straightLogNdtr64x256(dst, x, groups)
	case fLogSigmoid:
		if simd.Current() == simd.AVX512 {
			return straightLogSigmoid64x512(dst, x, groups)
		}
		return straightLogSigmoid64x256(dst, x, groups)
	}
	panic("no kernel")
}

func kernel64x2(f function, dst, x, y *float64, groups int) int {
	switch f {
	case fLogaddexp:
		if simd.Current() == simd.AVX512 {
			return straightLogaddexp64x512(dst, x, y, groups)
		}
		return straightLogaddexp64x256(dst, x, y, groups)
	case fXlogy:
		if simd.Current() == simd.AVX512 {
			return straightXlogy64x512(dst, x, y, groups)
		}
		return straightXlogy64x256(dst, x, y, groups)
	case fXlog1py:
		if simd.Current() == simd.AVX512 {
			return straightXlog1py64x512(dst, x, y, groups)
		}
		return straightXlog1py64x256(dst, x, y, groups)
	case fPow:
		if simd.Current() == simd.AVX512 {
			return straightPow64x512(dst, x, y, groups)
		}
		return straightPow64x256(dst, x, y, groups)
	case fPowSigned:
		if simd.Current() == simd.AVX512 {
			return straightPowSigned64x512(dst, x, y, groups)
		}
		return straightPowSigned64x256(dst, x, y, groups)
	case fAtan2:
		if simd.Current() == simd.AVX512 {
			return straightAtan264x512(dst, x, y, groups)
		}
		return straightAtan264x256(dst, x, y, groups)
	case fHypot:
		if simd.Current() == simd.AVX512 {
			return straightHypot64x512(dst, x, y, groups)
		}
		return straightHypot64x256(dst, x, y, groups)
	}
	panic("no kernel")
}

func kernel64pair(f function, dst, dst2, x *float64, groups int) int {
	switch f {
	case fSincos:
		if simd.Current() == simd.AVX512 {
			return straightSincos64x512(dst, dst2, x, groups)
		}
		return straightSincos64x256(dst, dst2, x, groups)
	case fSincosTurns:
		if simd.Current() == simd.AVX512 {
			return straightSincosTurns64x512(dst, dst2, x, groups)
		}
		return straightSincosTurns64x256(dst, dst2, x, groups)
	}
	panic("no kernel")
}

func kernel32(f function, dst, x *float32, groups int) int {
	switch f {
	case fExp:
		if simd.Current() == simd.AVX512 {
			return straightExp32x512(dst, x, groups)
		}
		return straightExp32x256(dst, x, groups)
	case fExpm1:
		if simd.Current() == simd.AVX512 {
			return straightExpm132x512(dst, x, groups)
		}
		return straightExpm132x256(dst, x, groups)
	case fExp2:
		if simd.Current() == simd.AVX512 {
			return straightExp232x512(dst, x, groups)
		}
		return straightExp232x256(dst, x, groups)
	case fLog:
		if simd.Current() == simd.AVX512 {
			return straightLog32x512(dst, x, groups)
		}
		return straightLog32x256(dst, x, groups)
	case fLog1p:
		if simd.Current() == simd.AVX512 {
			return straightLog1p32x512(dst, x, groups)
		}
		return straightLog1p32x256(dst, x, groups)
	case fLog2:
		if simd.Current() == simd.AVX512 {
			return straightLog232x512(dst, x, groups)
		}
		return straightLog232x256(dst, x, groups)
	case fLog10:
		if simd.Current() == simd.AVX512 {
			return straightLog1032x512(dst, x, groups)
		}
		return straightLog1032x256(dst, x, groups)
	case fTanh:
		if simd.Current() == simd.AVX512 {
			return straightTanh32x512(dst, x, groups)
		}
		return straightTanh32x256(dst, x, groups)
	case fSigmoid:
		if simd.Current() == simd.AVX512 {
			return straightSigmoid32x512(dst, x, groups)
		}
		return straightSigmoid32x256(dst, x, groups)
	case fSin:
		if simd.Current() == simd.AVX512 {
			return straightSin32x512(dst, x, groups)
		}
		return straightSin32x256(dst, x, groups)
	case fCos:
		if simd.Current() == simd.AVX512 {
			return straightCos32x512(dst, x, groups)
		}
		return straightCos32x256(dst, x, groups)
	case fTan:
		if simd.Current() == simd.AVX512 {
			return straightTan32x512(dst, x, groups)
		}
		return straightTan32x256(dst, x, groups)
	case fAsin:
		if simd.Current() == simd.AVX512 {
			return straightAsin32x512(dst, x, groups)
		}
		return straightAsin32x256(dst, x, groups)
	case fAcos:
		if simd.Current() == simd.AVX512 {
			return straightAcos32x512(dst, x, groups)
		}
		return straightAcos32x256(dst, x, groups)
	case fAtan:
		if simd.Current() == simd.AVX512 {
			return straightAtan32x512(dst, x, groups)
		}
		return straightAtan32x256(dst, x, groups)
	case fSinh:
		if simd.Current() == simd.AVX512 {
			return straightSinh32x512(dst, x, groups)
		}
		return straightSinh32x256(dst, x, groups)
	case fCosh:
		if simd.Current() == simd.AVX512 {
			return straightCosh32x512(dst, x, groups)
		}
		return straightCosh32x256(dst, x, groups)
	case fCbrt:
		if simd.Current() == simd.AVX512 {
			return straightCbrt32x512(dst, x, groups)
		}
		return straightCbrt32x256(dst, x, groups)
	case fErf:
		if simd.Current() == simd.AVX512 {
			return straightErf32x512(dst, x, groups)
		}
		return straightErf32x256(dst, x, groups)
	case fErfc:
		if simd.Current() == simd.AVX512 {
			return straightErfc32x512(dst, x, groups)
		}
		return straightErfc32x256(dst, x, groups)
	case fAsinh:
		if simd.Current() == simd.AVX512 {
			return straightAsinh32x512(dst, x, groups)
		}
		return straightAsinh32x256(dst, x, groups)
	case fAcosh:
		if simd.Current() == simd.AVX512 {
			return straightAcosh32x512(dst, x, groups)
		}
		return straightAcosh32x256(dst, x, groups)
	case fAtanh:
		if simd.Current() == simd.AVX512 {
			return straightAtanh32x512(dst, x, groups)
		}
		return straightAtanh32x256(dst, x, groups)
	case fErfinv:
		if simd.Current() == simd.AVX512 {
			return straightErfinv32x512(dst, x, groups)
		}
		return straightErfinv32x256(dst, x, groups)
	case fNdtr:
		if simd.Current() == simd.AVX512 {
			return straightNdtr32x512(dst, x, groups)
		}
		return straightNdtr32x256(dst, x, groups)
	case fNdtri:
		if simd.Current() == simd.AVX512 {
			return straightNdtri32x512(dst, x, groups)
		}
		return straightNdtri32x256(dst, x, groups)
	case fLogNdtr:
		if simd.Current() == simd.AVX512 {
			return straightLogNdtr32x512(dst, x, groups)
		}
		return straightLogNdtr32x256(dst, x, groups)
	case fLogSigmoid:
		if simd.Current() == simd.AVX512 {
			return straightLogSigmoid32x512(dst, x, groups)
		}
		return straightLogSigmoid32x256(dst, x, groups)
	}
	panic("no kernel")
}

func kernel32x2(f function, dst, x, y *float32, groups int) int {
	switch f {
	case fPowSigned:
		if simd.Current() == simd.AVX512 {
			return straightPowSigned32x512(dst, x, y, groups)
		}
		return straightPowSigned32x256(dst, x, y, groups)
	case fPow:
		if simd.Current() == simd.AVX512 {
			return straightPow32x512(dst, x, y, groups)
		}
		return straightPow32x256(dst, x, y, groups)
	case fHypot:
		if simd.Current() == simd.AVX512 {
			return straightHypot32x512(dst, x, y, groups)
		}
		return straightHypot32x256(dst, x, y, groups)
	case fLogaddexp:
		if simd.Current() == simd.AVX512 {
			return straightLogaddexp32x512(dst, x, y, groups)
		}
		return straightLogaddexp32x256(dst, x, y, groups)
	case fXlogy:
		if simd.Current() == simd.AVX512 {
			return straightXlogy32x512(dst, x, y, groups)
		}
		return straightXlogy32x256(dst, x, y, groups)
	case fXlog1py:
		if simd.Current() == simd.AVX512 {
			return straightXlog1py32x512(dst, x, y, groups)
		}
		return straightXlog1py32x256(dst, x, y, groups)
	case fAtan2:
		if simd.Current() == simd.AVX512 {
			return straightAtan232x512(dst, x, y, groups)
		}
		return straightAtan232x256(dst, x, y, groups)
	}
	panic("no kernel")
}
