//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

//go:noescape
func straightExp64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightExpm164x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightExp264x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1p64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog264x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1064x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightTanh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSigmoid64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSin64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCos64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightErf64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfc64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightTan64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsin64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcos64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtan64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightSinh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCosh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsinh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcosh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtanh64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightCbrt64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfinv64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightNdtr64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightNdtri64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogNdtr64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogSigmoid64x256(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogaddexp64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightXlogy64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightXlog1py64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPow64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPowSigned64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightAtan264x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightHypot64x256(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightSincos64x256(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightSincosTurns64x256(dst, dst2, x *float64, groups int) (done int)
