//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

//go:noescape
func straightExp64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightExpm164x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightExp264x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1p64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog264x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLog1064x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightTanh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSigmoid64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSin64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCos64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightErf64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfc64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightTan64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsin64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcos64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtan64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightSinh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCosh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAsinh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAcosh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightAtanh64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightCbrt64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightErfinv64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightNdtr64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightNdtri64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogNdtr64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogSigmoid64x512(dst, x *float64, groups int) (done int)

//go:noescape
func straightLogaddexp64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightXlogy64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightXlog1py64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPow64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightPowSigned64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightAtan264x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightHypot64x512(dst, x, y *float64, groups int) (done int)

//go:noescape
func straightSincos64x512(dst, dst2, x *float64, groups int) (done int)

//go:noescape
func straightSincosTurns64x512(dst, dst2, x *float64, groups int) (done int)
