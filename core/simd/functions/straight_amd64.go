//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

import "github.com/ergodica/ergodica/core/simd"

//go:noescape
func straightExp64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightExp64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightExpm164x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightExpm164x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightExp264x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightExp264x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1p64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1p64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog264x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog264x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1064x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1064x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightTanh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightTanh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSigmoid64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSigmoid64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSin64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSin64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCos64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCos64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightErf64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightErf64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfc64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfc64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightTan64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightTan64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsin64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsin64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcos64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcos64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtan64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtan64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSinh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSinh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCosh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCosh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsinh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsinh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcosh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcosh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtanh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtanh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCbrt64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCbrt64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightPow64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPow64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPowSigned64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPowSigned64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightAtan264x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightAtan264x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightHypot64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightHypot64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightSincos64x512(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightSincos64x256(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightSincosTurns64x512(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightSincosTurns64x256(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightExp32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightExp32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightExpm132x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightExpm132x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightExp232x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightExp232x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1p32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1p32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog232x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog232x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1032x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1032x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightTanh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightTanh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSigmoid32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSigmoid32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSin32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSin32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCos32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCos32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightTan32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightTan32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsin32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsin32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcos32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcos32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtan32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtan32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSinh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSinh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCosh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCosh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCbrt32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCbrt32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightErf32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightErf32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfc32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfc32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsinh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsinh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcosh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcosh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtanh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtanh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightPowSigned32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightPowSigned32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightPow32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightPow32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightHypot32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightHypot32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightAtan232x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightAtan232x256(dst, x, y *float32, groups int) (done int)

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
	}
	panic("no kernel")
}

func kernel64x2(f function, dst, x, y *float64, groups int) int {
	switch f {
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
	case fAtan2:
		if simd.Current() == simd.AVX512 {
			return straightAtan232x512(dst, x, y, groups)
		}
		return straightAtan232x256(dst, x, y, groups)
	}
	panic("no kernel")
}

func kernel32pair(f function, dst, dst2, x *float32, groups int) int {
	switch f {
	}
	panic("no kernel")
}

// The constants, and each of them in all lanes of 256 bits.
var (
	doubles512 = [241]uint64{0x7fffffffffffffff, 0x4086200000000000, 0x3ff71547652b82fe, 0x4338000000000000, 0xc338000000000000, 0x3fe62e42fefa3800, 0x3d2ef35793c76730, 0x3e5af4de97ca4194, 0x3ec71de0231960eb, 0x3f2a01a01abe7fe1, 0x3f811111111100dc, 0x3fc5555555555557, 0x3e21f730349868ce, 0x3e927e4db646b17e, 0x3efa01a01a6d889c, 0x3f56c16c16c162d4, 0x3fa5555555555556, 0x3fe0000000000000, 0x3ff0000000000000, 0x3ff, 0xbff0000000000000, 0x0, 0x408ff00000000000, 0x3fe62e42fefa39ef, 0x10000000000000, 0x7fefffffffffffff, 0x95f619980c433, 0x4330000000000000, 0xc3300000000003ff, 0xfffffffffffff, 0x3fe6a09e667f3bcd, 0x4000000000000000, 0x3fc39fe51a7c18f9, 0x3fcc71c62e3f11e6, 0x3fd99999999952d7, 0x3fc2b5900de53b32, 0x3fc7462b51cb66b1, 0x3fd2492492df281a, 0x3fe5555555555558, 0x7ff, 0x3c7777d0ffda0d24, 0x3d1fef311f12b358, 0x3c695355baaafad3, 0x3fdbcb7b1526e50e, 0x3fd34413509f7800, 0x4036000000000000, 0x8000000000000000, 0x7ff8000000000001, 0x4130000000000000, 0x3fe45f306dc9c883, 0x3ff921fb54442d18, 0x3c91a62633145c07, 0xb91f1976b7ed8fbc, 0xbda907cd8ff5ede7, 0x3e21eeb67d026ec6, 0xbe927e4fa16cc2d1, 0x3efa01a019f4ddfd, 0xbf56c16c16c16963, 0x3fa5555555555555, 0x3de5e0a4fc16be59, 0xbe5ae6008d114485, 0x3ec71de37946ed6d, 0xbf2a01a019e820ae, 0x3f81111111110bab, 0xbfc5555555555555, 0x2, 0x1, 0xbe0acdff90b8ebd8, 0xbe85c16e30fb0d45, 0xbeef4ca94990cb86, 0xbf4c02db072f3fe0, 0xbf9b82ce312062bc, 0xbfd812746b0379c2, 0x3e4d784936618cc2, 0x3ebb9827b1885f9b, 0x3f1f9a2bf73f0c68, 0x3f7565bccfa9a825, 0x3fbce2f21a041018, 0x3fc06eba8214db68, 0x4013cccccccccccd, 0x3d9560d31766e1e6, 0x3e16a6193097d983, 0x3e61eb486d3c221f, 0xbe8b7f64efa4f856, 0xbee44852117caea0, 0xbefb92dfa0c0a82f, 0x3f6033f5a0d36292, 0x3fa5477f099b54c5, 0x40051c9b0006c21a, 0xbde0636bc49abd28, 0xbe4248fddb69e0c4, 0xbe6f203ac486d7c9, 0x3ec1e2796d141e5c, 0x3efc852eb1821d29, 0xbf2f1b0491a56b00, 0xbf848c9d37f85c67, 0x3feafabc11a2afed, 0x3ffd97fbf27aa2a1, 0x403a000000000000, 0xc010000000000000, 0x4010000000000000, 0x3e16c727e26a9aed, 0xbe746f4dc7be0e1c, 0x3eb7e6942e12a9fc, 0xbef3c6f8ae33f2bf, 0x3f272cdad551d65b, 0xbf3269b5281708e3, 0xbf9b00c052c1f33e, 0xbfc645fd8a4bc17d, 0xbfe14eacb1ad033f, 0xbfef3fe31ecb49bf, 0xbe497cf8932d833a, 0x3e7fdcb8dc9165ee, 0xbeac3d7d3fec2ad2, 0x3ed3ae1298442287, 0xbece7cd4ff6dd65e, 0xbf3dd285142ef0ae, 0x3f7908f473dd3166, 0x3fb38dbd2c8c3143, 0x3fd52cac2371061f, 0x3fe8be202d26c6fd, 0x3ff18932bf08e154, 0xbf958b7d7b5b80b3, 0x3f6e455e6607f00d, 0x3f8758108a930662, 0x3f91c49eb75f472c, 0x3f9f1c71a935f9a0, 0x3fb333333332e13f, 0x3fa0b81a1fec7849, 0x3f9641dfa8051931, 0x3f861571aa277aef, 0x3f8ca2010682cb53, 0x3f96e8bdf1b52e6e, 0x3fa6db6db7214aa0, 0x3fc5555555555577, 0x170000000000000, 0xbc91a62633145c07, 0x3fda827999fcef32, 0x3fe921fb54442d18, 0x4003504f333f9de6, 0x3fa37ed3d18658bb, 0x3fadf116773840cd, 0x3fb3b111c64cd43c, 0x3fbc71c70e7a288b, 0x3fc99999999958eb, 0xbf9259d3f75eabe4, 0xbfa9cdc26225e8da, 0xbfb10ebdd9f871c7, 0xbfb745cf90b2062f, 0xbfc24924922b1214, 0xbfd555555555553d, 0x3c81a62633145c07, 0x3fe, 0x3e5af5eb62d1fd7b, 0x3ec71ddf8594a088, 0x3f2a01a01afe29cc, 0x3f8111111110f6b6, 0x3fc5555555555559, 0x3e928b071e164ccc, 0x3efa01996603e735, 0x3f56c16c185be683, 0x3fa555555554ffa6, 0x3fe000000000000c, 0x5f30000000000000, 0x599999999999a, 0x3fc347dd9eece44c, 0x3fc3b917ab7d4763, 0x3fcc71c8953463f1, 0x3fd99999999c9b85, 0x3fc091d708461f99, 0x3fc74589fe4be288, 0x3fd2492490251abf, 0x3fe555555555549d, 0xc000000000000000, 0x3feffffffffffff8, 0x8000000000000, 0xc330000000000000, 0x3fd5555555555555, 0xc008000000000000, 0x3f66760a13d21a41, 0xbfa5b0a38ee99a75, 0x3fd11712472c2e44, 0xbfec661245b1fb4e, 0x3ffb03b9701828cd, 0xbffec2f27483a3aa, 0x3ffe49b8f4b8745e, 0x3fc61f9add3c0ca4, 0x3fcc71c71c71c71c, 0x3fe5555555555555, 0x3fbe0386ce9e8bb1, 0x3fc1118cd522fba8, 0x3fc745d177ae0d81, 0x3fd2492492492523, 0x3fbdf7bbf1190ce3, 0x3fc3b1395b5f79d7, 0x3fcc71c71c6ea424, 0x3fd999999999999a, 0x3c85555555555555, 0x4320000000000000, 0x7e70000000000000, 0x7b0000000000000, 0x400921fb54442d18, 0x3ca1a62633145c07, 0x5fd0000000000000, 0x23d0000000000000, 0x4310000000000000, 0xbfd0000000000000, 0x401921fb54442d18, 0x3eb403175c0669bc, 0x3f25f30aed6272ac, 0x3f5d7ad3b8f8c030, 0xbf9393978c824b2e, 0x3fe45f308f1f64c4, 0xbef662fd3f45113f, 0xbf4844f698b22093, 0xbf30951ce0c876a6, 0x3fba4f37f28b4ecc, 0x3ff20dd750228cc9, 0x3f8123b49364e913, 0x3fc55548efcaa485, 0x3f56db67c0fabb11, 0x3fa55545a75b54dc, 0x3fe0000005416fa1, 0x3fd0180d69e30e3e, 0x3fd2300dc505279d, 0x3fd99a1c5e93edf3, 0x3fe55554ebe583f2, 0x36a0000000000000, 0x3fd5cf5837d18f71, 0x3fda58cd592f4820, 0x3fe277781608eddc, 0x3feec709d10de369, 0x40071547652bef86, 0x4072c00000000000, 0xc072c00000000000, 0x3f2448adc8498f75, 0x3f83b29b1b94cb3c, 0x3fcebfbe0cc429d6, 0x3f55f49c32b88b19, 0x3fac6aecb0a76d8c, 0x3fe62e430d007c14}
	singles512 = [99]uint32{0x7fffffff, 0x42ae0000, 0x3fb8aa3b, 0x4b400000, 0xcb400000, 0x3f317200, 0x35bfbe8e, 0x3f800000, 0x3c091d6c, 0x3e2aaa48, 0x3ab6b8aa, 0x3d2aaa64, 0x3f000000, 0x7f, 0xbf800000, 0x0, 0x42fc0000, 0x392223df, 0x3c1d9514, 0x3e75fdf0, 0x3aaf856b, 0x3d6357bc, 0x3f317218, 0x800000, 0x7f7fffff, 0x4afb0d, 0x4b000000, 0xcb00007f, 0x7fffff, 0x3f3504f3, 0x40000000, 0x3e98f1d8, 0x3eccaf62, 0x3f2aaabd, 0xff, 0x32a57060, 0x369a84fc, 0x3ede5bd9, 0xb22d91af, 0x3e9a2000, 0x41200000, 0xc0000000, 0x80000000, 0x7fc00000, 0x48000000, 0x3f22f983, 0x3fc90fdb, 0xb33bbd2e, 0x37ccf0eb, 0xbab6060e, 0x3d2aaaa5, 0xa6f72ced, 0xb94c8c1b, 0x3c08835f, 0xbe2aaaa2, 0x2, 0x1, 0xb9706098, 0x3cad8622, 0x3e08864e, 0x3b947fd2, 0x3c35b5d5, 0x3d5d82b7, 0x3eaaaab2, 0x3d2ced54, 0x3cc5d3cf, 0x3d3a4599, 0x3d9980b2, 0x3e2aaae5, 0x7e800000, 0x333bbd2e, 0x71800000, 0x3f490fdb, 0xbd5276e4, 0x3dd02643, 0xbe1128eb, 0x3e4cbdd5, 0xbeaaaa8a, 0xb2bbbd2e, 0x7e, 0x363af6b0, 0x39500fe6, 0x3c088872, 0x3e2aaaab, 0x37d52662, 0x3ab5fd3c, 0x3d2aaac3, 0x3eaaaaab, 0xc0400000, 0x3c41437f, 0xbe060317, 0x3f0bf7c8, 0xbf8e2cc9, 0x3fd7ba20, 0x3e638e39, 0x5d800000, 0x2b800000, 0x40490fdb, 0xb3bbbd2e}
	doubles256 [len(doubles512)][4]uint64
	singles256 [len(singles512)][8]uint32
)
