//go:build goexperiment.simd && amd64

// Code generated from the scalar functions by core/simd/straight; DO NOT EDIT.

package functions

//go:noescape
func straightExp32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightExpm132x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightExp232x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1p32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog232x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLog1032x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightTanh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSigmoid32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSin32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCos32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightTan32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsin32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcos32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtan32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightSinh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCosh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightCbrt32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightErf32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfc32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAsinh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAcosh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightAtanh32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightErfinv32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightNdtr32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightNdtri32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLogNdtr32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightLogSigmoid32x256(dst, x *float32, groups int) (done int)

//go:noescape
func straightPowSigned32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightPow32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightHypot32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightLogaddexp32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightXlogy32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightXlog1py32x256(dst, x, y *float32, groups int) (done int)

//go:noescape
func straightAtan232x256(dst, x, y *float32, groups int) (done int)
