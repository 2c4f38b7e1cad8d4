//go:build goexperiment.simd && amd64

#include "textflag.h"
#include "philox_amd64.h"

DATA constants<>+0(SB)/8, $0xD2511F53
DATA constants<>+8(SB)/8, $0xCD9E8D57
DATA constants<>+16(SB)/8, $0x69288fa98 // 8 M0
DATA constants<>+24(SB)/8, $8
DATA constants<>+32(SB)/8, $63
DATA constants<>+40(SB)/8, $7
GLOBL constants<>(SB), RODATA|NOPTR, $48

DATA count8<>+0(SB)/8, $0
DATA count8<>+8(SB)/8, $1
DATA count8<>+16(SB)/8, $2
DATA count8<>+24(SB)/8, $3
DATA count8<>+32(SB)/8, $4
DATA count8<>+40(SB)/8, $5
DATA count8<>+48(SB)/8, $6
DATA count8<>+56(SB)/8, $7
GLOBL count8<>(SB), RODATA|NOPTR, $64

// struct classMasks
#define MASKS_TIE 64
#define MASKS_OPEN 72
#define MASKS_LOWER 80
#define MASKS_SIZE 88

// less = t > u, or less where the two agree; open = open where they agree.
#define PLANE512(u, t)                 \
	VPTERNLOGQ $0xD4, u, t, Z12;      \
	VPTERNLOGQ $0x90, u, t, Z14

// A list of words with open lanes: their bits, then which word of the run they are.
#define LIST_BITS 0
#define LIST_WORD 1088
#define SETTLED 2176
#define SETTLED_WORD 2240

#define SETTLE_WORD(k)               \
	MOVQ SETTLED_WORD+(8*k)(SP), BX; \
	MOVQ SETTLED+(8*k)(SP), DX;      \
	ORQ  DX, (DI)(BX*8)

// func lanesAVX512(dst *[8]uint64, n int, r, ties *rounds, low, tieLow uint32, class *[8]uint64, classes int, masks *classMasks)
TEXT ·lanesAVX512(SB), 0, $2304-64
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ r+16(FP), SI
	MOVQ ties+24(FP), R8
	MOVL low+32(FP), AX
	MOVQ class+40(FP), R9
	MOVQ classes+48(FP), R10
	MOVQ masks+56(FP), R11
	XORQ R12, R12              // length of the list

	VPBROADCASTQ constants<>+0(SB), Z30
	VPBROADCASTQ constants<>+8(SB), Z31
	VPBROADCASTQ constants<>+16(SB), Z29
	VPBROADCASTQ constants<>+24(SB), Z26
	VMOVDQU64    count8<>(SB), Z27
	VPBROADCASTQ AX, Z28
	VPADDQ       Z27, Z28, Z28
	VPMULUDQ     Z30, Z28, Z28

group:
	VMOVDQA64 Z28, Z3
	VPADDQ    Z29, Z3, Z9
	VPADDQ    Z29, Z9, Z15
	VPADDQ    Z29, Z15, Z21
	VPADDQ    Z29, Z21, Z28
	UNITS4(SI)

	// The thresholds' planes: Z0, Z2, Z4, Z5, Z6, Z8, Z10, Z11.
	VMOVDQU64   (R9), Z16
	VPANDQ.BCST 0(R11), Z16, Z0
	VPANDQ.BCST 8(R11), Z16, Z2
	VPANDQ.BCST 16(R11), Z16, Z4
	VPANDQ.BCST 24(R11), Z16, Z5
	VPANDQ.BCST 32(R11), Z16, Z6
	VPANDQ.BCST 40(R11), Z16, Z8
	VPANDQ.BCST 48(R11), Z16, Z10
	VPANDQ.BCST 56(R11), Z16, Z11
	VPANDQ.BCST MASKS_TIE(R11), Z16, Z12
	VPANDQ.BCST MASKS_OPEN(R11), Z16, Z14
	ADDQ        $64, R9
	MOVQ        R11, R13
	MOVQ        R10, DX
	JMP         next

class:
	ADDQ      $MASKS_SIZE, R13
	VMOVDQU64 (R9), Z16
	VPTERNLOGQ.BCST $0xF8, 0(R13), Z16, Z0
	VPTERNLOGQ.BCST $0xF8, 8(R13), Z16, Z2
	VPTERNLOGQ.BCST $0xF8, 16(R13), Z16, Z4
	VPTERNLOGQ.BCST $0xF8, 24(R13), Z16, Z5
	VPTERNLOGQ.BCST $0xF8, 32(R13), Z16, Z6
	VPTERNLOGQ.BCST $0xF8, 40(R13), Z16, Z8
	VPTERNLOGQ.BCST $0xF8, 48(R13), Z16, Z10
	VPTERNLOGQ.BCST $0xF8, 56(R13), Z16, Z11
	VPTERNLOGQ.BCST $0xF8, MASKS_TIE(R13), Z16, Z12
	VPTERNLOGQ.BCST $0xF8, MASKS_OPEN(R13), Z16, Z14
	ADDQ      $64, R9

next:
	DECQ DX
	JNE  class

	PLANE512(Z21, Z11)
	PLANE512(Z19, Z10)
	PLANE512(Z15, Z8)
	PLANE512(Z13, Z6)
	PLANE512(Z9, Z5)
	PLANE512(Z7, Z4)
	PLANE512(Z3, Z2)
	PLANE512(Z1, Z0)
	VMOVDQU64 Z12, (DI)
	ADDQ      $64, DI

	VPTESTMQ      Z14, Z14, K1
	VPCOMPRESSQ.Z Z14, K1, Z17
	VPCOMPRESSQ.Z Z27, K1, Z18
	VMOVDQU64     Z17, LIST_BITS(SP)(R12*8)
	VMOVDQU64     Z18, LIST_WORD(SP)(R12*8)
	VPADDQ        Z26, Z27, Z27
	KMOVW         K1, BX
	POPCNTL       BX, BX
	ADDQ          BX, R12
	DECQ          CX
	JNE           group

	// Settle the list, one lane of eight words at a time; what is left of a word goes back to the list.
	TESTQ R12, R12
	JEQ   done
	MOVQ  dst+0(FP), DI
	MOVL  tieLow+36(FP), AX
	MOVQ  class+40(FP), R9
	VPBROADCASTQ AX, Z28
	VPBROADCASTQ constants<>+32(SB), Z27
	VPBROADCASTQ constants<>+40(SB), Z26
	MOVQ  R10, AX
	SHLQ  $3, AX
	VPBROADCASTQ AX, Z25       // words of class masks per group

pass:
	XORQ CX, CX                // read
	XORQ SI, SI                // written

batch:
	MOVQ        R12, BX
	SUBQ        CX, BX
	MOVL        $0xFF, DX
	BZHIL       BX, DX, DX
	KMOVW       DX, K1
	VMOVDQU64.Z LIST_BITS(SP)(CX*8), K1, Z0
	VMOVDQU64.Z LIST_WORD(SP)(CX*8), K1, Z1
	VPXORQ      Z2, Z2, Z2
	VPSUBQ      Z0, Z2, Z2
	VPANDQ      Z0, Z2, Z2       // the lowest lane
	VPLZCNTQ    Z2, Z3
	VPSUBQ      Z3, Z27, Z3
	VPSLLQ      $6, Z1, Z4
	VPADDQ      Z4, Z3, Z3
	VPADDQ      Z28, Z3, Z3
	VPMULUDQ    Z30, Z3, Z7
	UNIT512(Z30, Z31, R8, Z4, Z5, Z6, Z7, Z8, Z9)
	VPSRLQ      $19, Z5, Z5

	VPSRLQ   $3, Z1, Z11
	VPMULUDQ Z25, Z11, Z11
	VPANDQ   Z26, Z1, Z12
	VPADDQ   Z12, Z11, Z11
	VPXORQ   Z10, Z10, Z10
	MOVQ     R9, R13
	MOVQ     R11, R14
	MOVQ     R10, DX

threshold:
	KMOVW        K1, K2
	VPXORQ       Z12, Z12, Z12
	VPGATHERQQ   (R13)(Z11*8), K2, Z12
	VPTESTMQ     Z12, Z2, K3
	VPBROADCASTQ MASKS_LOWER(R14), K3, Z10
	ADDQ         $64, R13
	ADDQ         $MASKS_SIZE, R14
	DECQ         DX
	JNE          threshold

	VPCMPUQ     $1, Z10, Z5, K4
	VMOVDQA64.Z Z2, K4, Z13
	VMOVDQU64   Z13, SETTLED(SP)
	VMOVDQU64   Z1, SETTLED_WORD(SP)

	VPXORQ        Z2, Z0, Z14
	VPTESTMQ      Z14, Z14, K5
	VPCOMPRESSQ.Z Z14, K5, Z14
	VPCOMPRESSQ.Z Z1, K5, Z15
	VMOVDQU64     Z14, LIST_BITS(SP)(SI*8)
	VMOVDQU64     Z15, LIST_WORD(SP)(SI*8)
	KMOVW         K5, BX
	POPCNTL       BX, BX
	ADDQ          BX, SI

	SETTLE_WORD(0)
	SETTLE_WORD(1)
	SETTLE_WORD(2)
	SETTLE_WORD(3)
	SETTLE_WORD(4)
	SETTLE_WORD(5)
	SETTLE_WORD(6)
	SETTLE_WORD(7)

	ADDQ $8, CX
	CMPQ CX, R12
	JLT  batch
	MOVQ SI, R12
	TESTQ R12, R12
	JNE  pass

done:
	VZEROUPPER
	RET

#define PLANE256(T, K)             \
	VMOVDQU (32*K)(SP)(R13*1), Y12; \
	VPXOR   Y12, T, Y13;          \
	VPANDN  Y8, Y13, Y8;          \
	VPANDN  T, Y12, Y12;          \
	VPOR    Y12, Y8, Y8;          \
	VPANDN  Y9, Y13, Y9

#define CLASS256(K, T)             \
	VPBROADCASTQ (K)(R14), Y14;   \
	VPAND        Y14, Y12, Y14;   \
	VPOR         Y14, T, T

// func lanesAVX2(dst *[8]uint64, n int, r *rounds, low uint32, class *[8]uint64, classes int, masks *classMasks, open *[8]uint64)
TEXT ·lanesAVX2(SB), 0, $512-64
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ r+16(FP), SI
	MOVL low+24(FP), AX
	MOVQ class+32(FP), R9
	MOVQ classes+40(FP), R10
	MOVQ masks+48(FP), R11
	MOVQ open+56(FP), R8

group:
	VPBROADCASTQ constants<>+0(SB), Y12
	VPBROADCASTQ constants<>+8(SB), Y13
	XORQ R13, R13

unit:
	VMOVQ        AX, X14
	VPBROADCASTQ X14, Y14
	VPADDQ       count8<>+0(SB), Y14, Y3
	VPADDQ       count8<>+32(SB), Y14, Y9
	VPMULUDQ     Y12, Y3, Y3
	VPMULUDQ     Y12, Y9, Y9
	UNIT256(SI)
	VMOVDQU Y1, 0(SP)(R13*1)
	VMOVDQU Y3, 32(SP)(R13*1)
	VMOVDQU Y7, 256(SP)(R13*1)
	VMOVDQU Y9, 288(SP)(R13*1)
	ADDQ $8, AX
	ADDQ $64, R13
	CMPQ R13, $256
	JLT  unit

	// Lanes 0 to 255 by the planes at 0(SP), lanes 256 to 511 by those at 256(SP). Thresholds: Y0 to Y7; less: Y8; open: Y9.
	XORQ R13, R13
	XORQ R12, R12              // 0, then 32: half of every vector

half:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	VPXOR Y4, Y4, Y4
	VPXOR Y5, Y5, Y5
	VPXOR Y6, Y6, Y6
	VPXOR Y7, Y7, Y7
	VPXOR Y8, Y8, Y8
	VPXOR Y9, Y9, Y9
	MOVQ  R10, DX
	MOVQ  R9, BX
	MOVQ  R11, R14

class:
	VMOVDQU (BX)(R12*1), Y12
	CLASS256(0, Y0)
	CLASS256(8, Y1)
	CLASS256(16, Y2)
	CLASS256(24, Y3)
	CLASS256(32, Y4)
	CLASS256(40, Y5)
	CLASS256(48, Y6)
	CLASS256(56, Y7)
	CLASS256(MASKS_TIE, Y8)
	CLASS256(MASKS_OPEN, Y9)
	ADDQ $64, BX
	ADDQ $MASKS_SIZE, R14
	DECQ DX
	JNE  class

	PLANE256(Y7, 7)
	PLANE256(Y6, 6)
	PLANE256(Y5, 5)
	PLANE256(Y4, 4)
	PLANE256(Y3, 3)
	PLANE256(Y2, 2)
	PLANE256(Y1, 1)
	PLANE256(Y0, 0)
	VMOVDQU Y8, (DI)(R12*1)
	VMOVDQU Y9, (R8)(R12*1)
	ADDQ $256, R13
	ADDQ $32, R12
	CMPQ R12, $64
	JLT  half

	MOVQ BX, R9
	ADDQ $64, DI
	ADDQ $64, R8
	DECQ CX
	JNE  group
	VZEROUPPER
	RET
