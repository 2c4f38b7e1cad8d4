//go:build goexperiment.simd && amd64

#include "textflag.h"
#include "philox_amd64.h"

DATA multipliers<>+0(SB)/8, $0xD2511F53
DATA multipliers<>+8(SB)/8, $0xCD9E8D57
DATA multipliers<>+16(SB)/8, $0x69288fa98 // 8 M0
GLOBL multipliers<>(SB), RODATA|NOPTR, $24

DATA float53<>+0(SB)/8, $0x3ca0000000000000 // 2^-53
DATA float53<>+8(SB)/8, $0x4530000000000000 // 2^84
DATA float53<>+16(SB)/8, $0x4330000000000000 // 2^52
DATA float53<>+24(SB)/8, $0x4530000000100000 // 2^84 + 2^52
GLOBL float53<>(SB), RODATA|NOPTR, $32

// Which block of a unit each lane takes, so that unpacking puts them in order.
DATA order512<>+0(SB)/8, $0
DATA order512<>+8(SB)/8, $4
DATA order512<>+16(SB)/8, $1
DATA order512<>+24(SB)/8, $5
DATA order512<>+32(SB)/8, $2
DATA order512<>+40(SB)/8, $6
DATA order512<>+48(SB)/8, $3
DATA order512<>+56(SB)/8, $7
GLOBL order512<>(SB), RODATA|NOPTR, $64

DATA order256<>+0(SB)/8, $0
DATA order256<>+8(SB)/8, $2
DATA order256<>+16(SB)/8, $1
DATA order256<>+24(SB)/8, $3
DATA order256<>+32(SB)/8, $4
DATA order256<>+40(SB)/8, $6
DATA order256<>+48(SB)/8, $5
DATA order256<>+56(SB)/8, $7
GLOBL order256<>(SB), RODATA|NOPTR, $64

// From (p, q) = (word 0 << 32 | word 1, word 2 << 32 | word 3) to elements in the order of memory: s blocks 0 to 3, q blocks 4 to 7.
#define UNPACK512(p, q, s)   \
	VPRORQ      $32, p, p;  \
	VPRORQ      $32, q, q;  \
	VPUNPCKLQDQ q, p, s;    \
	VPUNPCKHQDQ q, p, q

#define UNIT_INTERVAL(x)            \
	VCVTUQQ2PD x, x;               \
	VMULPD.BCST float53<>+0(SB), x, x

// func fillAVX512(dst unsafe.Pointer, n int, r *rounds, low uint32, as form)
TEXT ·fillAVX512(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ r+16(FP), SI
	MOVL low+24(FP), AX
	MOVQ as+32(FP), DX

	VPBROADCASTQ multipliers<>+0(SB), Z30
	VPBROADCASTQ multipliers<>+8(SB), Z31
	VPBROADCASTQ multipliers<>+16(SB), Z29
	VPBROADCASTQ AX, Z28
	VPADDQ       order512<>(SB), Z28, Z28
	VPMULUDQ     Z30, Z28, Z28

four:
	SUBQ $4, CX
	JLT  rest
	VMOVDQA64 Z28, Z3
	VPADDQ    Z29, Z3, Z9
	VPADDQ    Z29, Z9, Z15
	VPADDQ    Z29, Z15, Z21
	VPADDQ    Z29, Z21, Z28
	UNITS4(SI)
	UNPACK512(Z1, Z3, Z0)
	UNPACK512(Z7, Z9, Z6)
	UNPACK512(Z13, Z15, Z12)
	UNPACK512(Z19, Z21, Z18)
	TESTQ DX, DX
	JEQ   store
	VPSRLQ $11, Z0, Z0
	VPSRLQ $11, Z3, Z3
	VPSRLQ $11, Z6, Z6
	VPSRLQ $11, Z9, Z9
	VPSRLQ $11, Z12, Z12
	VPSRLQ $11, Z15, Z15
	VPSRLQ $11, Z18, Z18
	VPSRLQ $11, Z21, Z21
	CMPQ  DX, $1
	JEQ   store
	UNIT_INTERVAL(Z0)
	UNIT_INTERVAL(Z3)
	UNIT_INTERVAL(Z6)
	UNIT_INTERVAL(Z9)
	UNIT_INTERVAL(Z12)
	UNIT_INTERVAL(Z15)
	UNIT_INTERVAL(Z18)
	UNIT_INTERVAL(Z21)

store:
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z3, 64(DI)
	VMOVDQU64 Z6, 128(DI)
	VMOVDQU64 Z9, 192(DI)
	VMOVDQU64 Z12, 256(DI)
	VMOVDQU64 Z15, 320(DI)
	VMOVDQU64 Z18, 384(DI)
	VMOVDQU64 Z21, 448(DI)
	ADDQ $512, DI
	JMP  four

rest:
	ADDQ $4, CX
	JEQ  done

single:
	VMOVDQA64 Z28, Z3
	VPADDQ    Z29, Z28, Z28
	UNIT512(Z30, Z31, SI, Z0, Z1, Z2, Z3, Z4, Z5)
	UNPACK512(Z1, Z3, Z0)
	TESTQ DX, DX
	JEQ   storeSingle
	VPSRLQ $11, Z0, Z0
	VPSRLQ $11, Z3, Z3
	CMPQ  DX, $1
	JEQ   storeSingle
	UNIT_INTERVAL(Z0)
	UNIT_INTERVAL(Z3)

storeSingle:
	VMOVDQU64 Z0, (DI)
	VMOVDQU64 Z3, 64(DI)
	ADDQ $128, DI
	DECQ CX
	JNE  single

done:
	VZEROUPPER
	RET

#define UNPACK256(p, q, s)   \
	VPSHUFD     $0xB1, p, p; \
	VPSHUFD     $0xB1, q, q; \
	VPUNPCKLQDQ q, p, s;    \
	VPUNPCKHQDQ q, p, q

// x < 2^53 as a float64 times 2^-53: (2^84 + upper half) - (2^84 + 2^52) + (2^52 + lower half), all exact.
#define UNIT_INTERVAL256(x)       \
	VPSRLQ    $32, x, Y1;        \
	VPOR      Y14, Y1, Y1;       \
	VPBLENDD  $0xAA, Y15, x, x;  \
	VSUBPD    Y4, Y1, Y1;        \
	VADDPD    Y1, x, x;          \
	VMULPD    Y5, x, x

// func fillAVX2(dst unsafe.Pointer, n int, r *rounds, low uint32, as form)
TEXT ·fillAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ r+16(FP), SI
	MOVL low+24(FP), AX
	MOVQ as+32(FP), DX
	VPBROADCASTQ multipliers<>+0(SB), Y12
	VPBROADCASTQ multipliers<>+8(SB), Y13

unit:
	TESTQ CX, CX
	JEQ   done
	VMOVQ        AX, X14
	VPBROADCASTQ X14, Y14
	VPADDQ       order256<>+0(SB), Y14, Y3
	VPADDQ       order256<>+32(SB), Y14, Y9
	VPMULUDQ     Y12, Y3, Y3
	VPMULUDQ     Y12, Y9, Y9
	UNIT256(SI)
	UNPACK256(Y1, Y3, Y0)
	UNPACK256(Y7, Y9, Y6)
	TESTQ DX, DX
	JEQ   store
	VPSRLQ $11, Y0, Y0
	VPSRLQ $11, Y3, Y3
	VPSRLQ $11, Y6, Y6
	VPSRLQ $11, Y9, Y9
	CMPQ  DX, $1
	JEQ   store

	VPBROADCASTQ float53<>+8(SB), Y14
	VPBROADCASTQ float53<>+16(SB), Y15
	VPBROADCASTQ float53<>+24(SB), Y4
	VPBROADCASTQ float53<>+0(SB), Y5
	UNIT_INTERVAL256(Y0)
	UNIT_INTERVAL256(Y3)
	UNIT_INTERVAL256(Y6)
	UNIT_INTERVAL256(Y9)

store:
	VMOVDQU Y0, (DI)
	VMOVDQU Y3, 32(DI)
	VMOVDQU Y6, 64(DI)
	VMOVDQU Y9, 96(DI)
	ADDQ $128, DI
	ADDQ $8, AX
	DECQ CX
	JMP  unit

done:
	VZEROUPPER
	RET
