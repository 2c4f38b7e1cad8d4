//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

//go:noescape
func straightExp32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightExpm132x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightExp232x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1p32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog232x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1032x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightTanh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSigmoid32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSin32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCos32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightTan32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsin32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcos32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtan32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightSinh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCosh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightCbrt32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightErf32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfc32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsinh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcosh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtanh32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfinv32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightNdtr32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightNdtri32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLogNdtr32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightLogSigmoid32x512(dst, x *float32, groups int) (done int)

//go:noescape
func straightPowSigned32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightPow32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightHypot32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightLogaddexp32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightXlogy32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightXlog1py32x512(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightAtan232x512(dst, x, y *float32, groups int) (done int)
