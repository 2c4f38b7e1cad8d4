//go:build goexperiment.simd && amd64

#include "textflag.h"

// The constants of log.go and pow.go.
DATA logDoubleTable<>+0(SB)/8, $0x7fffffffffffffff // abs
DATA logDoubleTable<>+8(SB)/8, $0x00095f619980c433 // logShift
DATA logDoubleTable<>+16(SB)/8, $0x4330000000000000 // logExponent
DATA logDoubleTable<>+24(SB)/8, $0x43300000000003ff // logBias
DATA logDoubleTable<>+32(SB)/8, $0x000fffffffffffff // mantissa
DATA logDoubleTable<>+40(SB)/8, $0x3fe6a09e667f3bcd // logRoot
DATA logDoubleTable<>+48(SB)/8, $0x3ff0000000000000 // one
DATA logDoubleTable<>+56(SB)/8, $0x4000000000000000 // two
DATA logDoubleTable<>+64(SB)/8, $0x3fe62e42fefa3800 // ln2hi
DATA logDoubleTable<>+72(SB)/8, $0x3d2ef35793c76730 // ln2lo
DATA logDoubleTable<>+80(SB)/8, $0x3fe5555555555555 // thirdsHi
DATA logDoubleTable<>+88(SB)/8, $0x3c85555555555555 // thirdsLo
DATA logDoubleTable<>+96(SB)/8, $0x3fd999999999999a // c0
DATA logDoubleTable<>+104(SB)/8, $0x3fd2492492492523 // c1
DATA logDoubleTable<>+112(SB)/8, $0x3fcc71c71c6ea424 // c2
DATA logDoubleTable<>+120(SB)/8, $0x3fc745d177ae0d81 // c3
DATA logDoubleTable<>+128(SB)/8, $0x3fc3b1395b5f79d7 // c4
DATA logDoubleTable<>+136(SB)/8, $0x3fc1118cd522fba8 // c5
DATA logDoubleTable<>+144(SB)/8, $0x3fbdf7bbf1190ce3 // c6
DATA logDoubleTable<>+152(SB)/8, $0x3fbe0386ce9e8bb1 // c7
GLOBL logDoubleTable<>(SB), RODATA, $160

// func logDoubles512(high, low, x *float64, groups int)
//
// logDouble of splitLog(|x|), eight at a time. In assembly because the compiler keeps but 16 of the 32 registers in use, and what it puts on
// the stack in their place costs half the time.
TEXT ·logDoubles512(SB), NOSPLIT, $0-32
	MOVQ high+0(FP), DI
	MOVQ low+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ groups+24(FP), CX
	LEAQ logDoubleTable<>(SB), BX
	VBROADCASTSD 48(BX), Z31
	VBROADCASTSD 56(BX), Z30
	VBROADCASTSD 80(BX), Z29

loop:
	VMOVUPD (DX), Z0
	VPANDQ.BCST 0(BX), Z0, Z0
	VPADDQ.BCST 8(BX), Z0, Z0
	VPSRLQ $52, Z0, Z1
	VPORQ.BCST 16(BX), Z1, Z1
	VSUBPD.BCST 24(BX), Z1, Z1 // k
	VPANDQ.BCST 32(BX), Z0, Z2
	VPADDQ.BCST 40(BX), Z2, Z2
	VSUBPD Z31, Z2, Z2 // f
	VADDPD Z30, Z2, Z3 // t
	VSUBPD Z30, Z3, Z4
	VSUBPD Z2, Z4, Z4
	VDIVPD Z3, Z31, Z5
	VMULPD Z5, Z2, Z6 // s
	VFNMADD231PD Z3, Z6, Z2
	VFMADD231PD Z4, Z6, Z2
	VMULPD Z5, Z2, Z7 // sLow
	VMULPD Z6, Z6, Z8 // z
	VMOVAPD Z8, Z9
	VFMSUB231PD Z6, Z6, Z9
	VADDPD Z6, Z6, Z10
	VFMADD231PD Z7, Z10, Z9 // zLow
	VMULPD Z8, Z8, Z11 // w
	VBROADCASTSD 144(BX), Z12
	VBROADCASTSD 152(BX), Z13
	VFMADD213PD.BCST 128(BX), Z11, Z12
	VFMADD213PD.BCST 136(BX), Z11, Z13
	VFMADD213PD.BCST 112(BX), Z11, Z12
	VFMADD213PD.BCST 120(BX), Z11, Z13
	VFMADD213PD.BCST 96(BX), Z11, Z12
	VFMADD213PD.BCST 104(BX), Z11, Z13
	VFMADD213PD Z12, Z8, Z13
	VMULPD Z29, Z8, Z14 // u
	VMOVAPD Z14, Z15
	VFMSUB231PD Z29, Z8, Z15
	VFMADD231PD.BCST 88(BX), Z8, Z15
	VFMADD231PD Z29, Z9, Z15
	VFMADD231PD Z13, Z11, Z15 // uLow
	VMULPD Z14, Z6, Z16 // v
	VMOVAPD Z16, Z17
	VFMSUB231PD Z14, Z6, Z17
	VFMADD231PD Z15, Z6, Z17
	VFMADD231PD Z14, Z7, Z17 // vLow
	VMULPD.BCST 64(BX), Z1, Z18 // a
	VADDPD Z10, Z18, Z19 // h
	VADDPD Z16, Z19, Z20 // high
	VMOVUPD Z20, (DI)
	VSUBPD Z19, Z18, Z18
	VADDPD Z10, Z18, Z18
	VSUBPD Z20, Z19, Z19
	VADDPD Z16, Z19, Z19
	VADDPD Z7, Z7, Z7
	VADDPD Z17, Z7, Z7
	VFMADD231PD.BCST 72(BX), Z1, Z7
	VADDPD Z7, Z19, Z19
	VADDPD Z19, Z18, Z18
	VMOVUPD Z18, (SI)
	ADDQ $64, DX
	ADDQ $64, DI
	ADDQ $64, SI
	DECQ CX
	JNZ loop
	VZEROUPPER
	RET
