//go:build goexperiment.simd && amd64 && (linux || darwin)

#include "textflag.h"

// func enter(code unsafe.Pointer, table *unsafe.Pointer, whole int, rest uint64)
TEXT ·enter(SB), NOSPLIT, $8-32
	MOVQ  code+0(FP), AX
	MOVQ  table+8(FP), DI
	MOVQ  whole+16(FP), DX
	MOVQ  rest+24(FP), CX
	KMOVW CX, K1
	CALL  AX
	RET

// func enterBlock(code, block unsafe.Pointer) int
TEXT ·enterBlock(SB), NOSPLIT, $8-24
	MOVQ  code+0(FP), AX
	MOVQ  block+8(FP), DI
	CALL  AX
	MOVQ  AX, ret+16(FP)
	RET
