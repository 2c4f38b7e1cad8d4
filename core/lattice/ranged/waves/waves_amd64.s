//go:build goexperiment.simd && amd64

#include "textflag.h"

// func sums256(dst, src *float64, start, from *int32, by *float64, rows, width int)
TEXT ·sums256(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ start+16(FP), BX
	MOVQ from+24(FP), R8
	MOVQ by+32(FP), R9
	MOVQ rows+40(FP), CX
	MOVQ width+48(FP), DX

row:
	TESTQ   CX, CX
	JZ      done
	DECQ    CX
	MOVLQSX (BX), R10
	MOVLQSX 4(BX), R11 // terms R10, ..., R11 - 1
	ADDQ    $4, BX
	MOVQ    DX, R12
	MOVQ    SI, R13 // the first of the columns

three:
	CMPQ    R12, $12
	JLT     one
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	MOVQ    R10, AX
	JMP     threeMore

threeTerm:
	MOVLQSX      (R8)(AX*4), R14
	VBROADCASTSD (R9)(AX*8), Y3
	LEAQ         (R13)(R14*8), R14
	VFMADD231PD  (R14), Y3, Y0
	VFMADD231PD  32(R14), Y3, Y1
	VFMADD231PD  64(R14), Y3, Y2
	INCQ         AX

threeMore:
	CMPQ    AX, R11
	JLT     threeTerm
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	ADDQ    $96, DI
	ADDQ    $96, R13
	SUBQ    $12, R12
	JMP     three

one:
	TESTQ   R12, R12
	JZ      row
	VMOVUPD (DI), Y0
	MOVQ    R10, AX
	JMP     oneMore

oneTerm:
	MOVLQSX      (R8)(AX*4), R14
	VBROADCASTSD (R9)(AX*8), Y3
	VFMADD231PD  (R13)(R14*8), Y3, Y0
	INCQ         AX

oneMore:
	CMPQ    AX, R11
	JLT     oneTerm
	VMOVUPD Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, R13
	SUBQ    $4, R12
	JMP     one

done:
	VZEROUPPER
	RET

// Four sums of a complex wave with what column R10 (of s, SI) adds: its table is at R11, the imaginary part of it R9 bytes on, and f at DI.
#define PAIR(o, re, less, im, more)   \
	VMOVUPD     o(R11), Y14;          \
	VMOVUPD     o(R11)(R9*1), Y15;    \
	VFMADD231PD Y14, Y12, re;         \
	VFMADD231PD Y14, Y13, im;         \
	VFMADD231PD Y15, Y13, less;       \
	VFMADD231PD Y15, Y12, more

// func mix256(f, s, table *float64, columns, width, reals, pairs int)
TEXT ·mix256(SB), NOSPLIT, $0-56
	MOVQ f+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ table+16(FP), DX
	MOVQ columns+24(FP), R8
	MOVQ width+32(FP), R9
	MOVQ reals+40(FP), CX
	SHLQ $3, R9 // bytes of a row

real:
	DECQ CX
	JLT  pairs
	MOVQ R9, R12 // bytes that are left of the row
	MOVQ DX, BX  // its first column

realThree:
	CMPQ    R12, $96
	JLT     realOne
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	XORQ    R10, R10
	MOVQ    BX, R11

realThreeColumn:
	VBROADCASTSD (SI)(R10*8), Y12
	VFMADD231PD  (R11), Y12, Y0
	VFMADD231PD  32(R11), Y12, Y1
	VFMADD231PD  64(R11), Y12, Y2
	ADDQ         R9, R11
	INCQ         R10
	CMPQ         R10, R8
	JLT          realThreeColumn
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y1, 32(DI)
	VMOVUPD      Y2, 64(DI)
	ADDQ         $96, DI
	ADDQ         $96, BX
	SUBQ         $96, R12
	JMP          realThree

realOne:
	TESTQ   R12, R12
	JZ      realDone
	VMOVUPD (DI), Y0
	XORQ    R10, R10
	MOVQ    BX, R11

realOneColumn:
	VBROADCASTSD (SI)(R10*8), Y12
	VFMADD231PD  (R11), Y12, Y0
	ADDQ         R9, R11
	INCQ         R10
	CMPQ         R10, R8
	JLT          realOneColumn
	VMOVUPD      Y0, (DI)
	ADDQ         $32, DI
	ADDQ         $32, BX
	SUBQ         $32, R12
	JMP          realOne

realDone:
	ADDQ  R9, SI
	MOVQ  R9, AX
	IMULQ R8, AX
	ADDQ  AX, DX
	JMP   real

pairs:
	MOVQ pairs+48(FP), CX

pair:
	DECQ CX
	JLT  done
	MOVQ R9, R12
	MOVQ DX, BX
	LEAQ (SI)(R9*1), R13 // imaginary parts

pairThree:
	CMPQ    R12, $96
	JLT     pairOne
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD (DI)(R9*1), Y3
	VMOVUPD 32(DI)(R9*1), Y4
	VMOVUPD 64(DI)(R9*1), Y5
	VXORPD  Y6, Y6, Y6
	VXORPD  Y7, Y7, Y7
	VXORPD  Y8, Y8, Y8
	VXORPD  Y9, Y9, Y9
	VXORPD  Y10, Y10, Y10
	VXORPD  Y11, Y11, Y11
	XORQ    R10, R10
	MOVQ    BX, R11

pairThreeColumn:
	VBROADCASTSD (SI)(R10*8), Y12
	VBROADCASTSD (R13)(R10*8), Y13
	PAIR(0, Y0, Y6, Y3, Y9)
	PAIR(32, Y1, Y7, Y4, Y10)
	PAIR(64, Y2, Y8, Y5, Y11)
	LEAQ         (R11)(R9*2), R11
	INCQ         R10
	CMPQ         R10, R8
	JLT          pairThreeColumn
	VSUBPD       Y6, Y0, Y0
	VSUBPD       Y7, Y1, Y1
	VSUBPD       Y8, Y2, Y2
	VADDPD       Y9, Y3, Y3
	VADDPD       Y10, Y4, Y4
	VADDPD       Y11, Y5, Y5
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y1, 32(DI)
	VMOVUPD      Y2, 64(DI)
	VMOVUPD      Y3, (DI)(R9*1)
	VMOVUPD      Y4, 32(DI)(R9*1)
	VMOVUPD      Y5, 64(DI)(R9*1)
	ADDQ         $96, DI
	ADDQ         $96, BX
	SUBQ         $96, R12
	JMP          pairThree

pairOne:
	TESTQ   R12, R12
	JZ      pairDone
	VMOVUPD (DI), Y0
	VMOVUPD (DI)(R9*1), Y3
	VXORPD  Y6, Y6, Y6
	VXORPD  Y9, Y9, Y9
	XORQ    R10, R10
	MOVQ    BX, R11

pairOneColumn:
	VBROADCASTSD (SI)(R10*8), Y12
	VBROADCASTSD (R13)(R10*8), Y13
	PAIR(0, Y0, Y6, Y3, Y9)
	LEAQ         (R11)(R9*2), R11
	INCQ         R10
	CMPQ         R10, R8
	JLT          pairOneColumn
	VSUBPD       Y6, Y0, Y0
	VADDPD       Y9, Y3, Y3
	VMOVUPD      Y0, (DI)
	VMOVUPD      Y3, (DI)(R9*1)
	ADDQ         $32, DI
	ADDQ         $32, BX
	SUBQ         $32, R12
	JMP          pairOne

pairDone:
	ADDQ  R9, DI // the imaginary parts
	LEAQ  (SI)(R9*2), SI
	MOVQ  R9, AX
	IMULQ R8, AX
	LEAQ  (DX)(AX*2), DX
	JMP   pair

done:
	VZEROUPPER
	RET
