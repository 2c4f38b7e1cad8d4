//go:build goexperiment.simd && amd64

#include "textflag.h"

// Fields x, y, z of four places from o bytes on, in the registers of that name, change by one move: Y9, Y10, Y11 are its components, R8 its xx, R12 its yy.
#define PLACES(o, x, y, z)                \
	VMOVUPD     o(R8)(R9*1), Y12;         \
	VMOVUPD     o(R8)(R9*2), Y13;         \
	VMOVUPD     o(R12)(R9*1), Y14;        \
	VFMADD231PD o(R8), Y9, x;             \
	VFMADD231PD Y12, Y9, y;               \
	VFMADD231PD Y13, Y9, z;               \
	VFMADD231PD Y12, Y10, x;              \
	VFMADD231PD o(R12), Y10, y;           \
	VFMADD231PD Y14, Y10, z;              \
	VFMADD231PD Y13, Y11, x;              \
	VFMADD231PD Y14, Y11, y;              \
	VFMADD231PD o(R12)(R9*2), Y11, z

#define LOAD(o, x, y, z)         \
	VMOVUPD o(DI), x;            \
	VMOVUPD o(DI)(R10*1), y;     \
	VMOVUPD o(DI)(R10*2), z

#define STORE(o, x, y, z)        \
	VMOVUPD x, o(DI);            \
	VMOVUPD y, o(DI)(R10*1);     \
	VMOVUPD z, o(DI)(R10*2)

#define MOVE                             \
	MOVQ         (SI)(R11*1), R8;        \
	ADDQ         R13, R8;                \
	LEAQ         (R8)(R9*2), R12;        \
	ADDQ         R9, R12;                \
	VBROADCASTSD 0(AX)(R11*1), Y9;       \
	VBROADCASTSD 8(AX)(R11*1), Y10;      \
	VBROADCASTSD 16(AX)(R11*1), Y11;     \
	ADDQ         $24, R11

// With 32 registers sixteen places fit.
#define WIDE(o, x, y, z)                  \
	VMOVUPD     o(R8)(R9*1), Y19;         \
	VMOVUPD     o(R8)(R9*2), Y20;         \
	VMOVUPD     o(R12)(R9*1), Y21;        \
	VFMADD231PD o(R8), Y16, x;            \
	VFMADD231PD Y19, Y16, y;              \
	VFMADD231PD Y20, Y16, z;              \
	VFMADD231PD Y19, Y17, x;              \
	VFMADD231PD o(R12), Y17, y;           \
	VFMADD231PD Y21, Y17, z;              \
	VFMADD231PD Y20, Y18, x;              \
	VFMADD231PD Y21, Y18, y;              \
	VFMADD231PD o(R12)(R9*2), Y18, z

// func tensors256(f *float64, component int, from *int32, rows, stride, line, sixteens int, t *[]float64, d *[3]float64, n, m int)
//
// A slice and three components are both 24 bytes. A row begins with so many sixteens of places, for which the CPU must have AVX-512VL.
TEXT ·tensors256(SB), NOSPLIT, $0-88
	MOVQ f+0(FP), DI
	MOVQ component+8(FP), R10
	MOVQ from+16(FP), BX
	MOVQ rows+24(FP), CX
	MOVQ t+56(FP), SI
	MOVQ d+64(FP), AX
	MOVQ n+72(FP), R14
	MOVQ m+80(FP), R9
	SHLQ $3, R10
	SHLQ $3, R9
	IMULQ $24, R14

row:
	TESTQ   CX, CX
	JZ      done
	DECQ    CX
	MOVLQSX (BX), R13
	ADDQ    $4, BX
	SHLQ    $3, R13
	MOVQ    line+40(FP), DX
	MOVQ    sixteens+48(FP), R15

sixteen:
	DECQ R15
	JLT  twelve
	LOAD(0, Y0, Y1, Y2)
	LOAD(32, Y3, Y4, Y5)
	LOAD(64, Y6, Y7, Y8)
	LOAD(96, Y9, Y10, Y11)
	XORQ R11, R11

sixteenMove:
	MOVQ         (SI)(R11*1), R8
	ADDQ         R13, R8
	LEAQ         (R8)(R9*2), R12
	ADDQ         R9, R12
	VBROADCASTSD 0(AX)(R11*1), Y16
	VBROADCASTSD 8(AX)(R11*1), Y17
	VBROADCASTSD 16(AX)(R11*1), Y18
	ADDQ         $24, R11
	WIDE(0, Y0, Y1, Y2)
	WIDE(32, Y3, Y4, Y5)
	WIDE(64, Y6, Y7, Y8)
	WIDE(96, Y9, Y10, Y11)
	CMPQ R11, R14
	JLT  sixteenMove
	STORE(0, Y0, Y1, Y2)
	STORE(32, Y3, Y4, Y5)
	STORE(64, Y6, Y7, Y8)
	STORE(96, Y9, Y10, Y11)
	ADDQ $128, DI
	ADDQ $128, R13
	SUBQ $16, DX
	JMP  sixteen

twelve:
	CMPQ DX, $12
	JLT  eight
	LOAD(0, Y0, Y1, Y2)
	LOAD(32, Y3, Y4, Y5)
	LOAD(64, Y6, Y7, Y8)
	XORQ R11, R11

twelveMove:
	MOVE
	PLACES(0, Y0, Y1, Y2)
	PLACES(32, Y3, Y4, Y5)
	PLACES(64, Y6, Y7, Y8)
	CMPQ R11, R14
	JLT  twelveMove
	STORE(0, Y0, Y1, Y2)
	STORE(32, Y3, Y4, Y5)
	STORE(64, Y6, Y7, Y8)
	ADDQ $96, DI
	ADDQ $96, R13
	SUBQ $12, DX
	JMP  twelve

eight:
	CMPQ DX, $8
	JLT  four
	LOAD(0, Y0, Y1, Y2)
	LOAD(32, Y3, Y4, Y5)
	XORQ R11, R11

eightMove:
	MOVE
	PLACES(0, Y0, Y1, Y2)
	PLACES(32, Y3, Y4, Y5)
	CMPQ R11, R14
	JLT  eightMove
	STORE(0, Y0, Y1, Y2)
	STORE(32, Y3, Y4, Y5)
	ADDQ $64, DI
	ADDQ $64, R13
	SUBQ $8, DX

four:
	TESTQ DX, DX
	JZ    next
	LOAD(0, Y0, Y1, Y2)
	XORQ R11, R11

fourMove:
	MOVE
	PLACES(0, Y0, Y1, Y2)
	CMPQ R11, R14
	JLT  fourMove
	STORE(0, Y0, Y1, Y2)
	ADDQ $32, DI

next:
	MOVQ stride+32(FP), DX
	SUBQ line+40(FP), DX
	LEAQ (DI)(DX*8), DI
	JMP  row

done:
	VZEROUPPER
	RET
