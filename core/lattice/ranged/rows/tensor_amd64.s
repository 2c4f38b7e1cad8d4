//go:build goexperiment.simd && amd64

#include "textflag.h"

// func tensor512(f, t *float64, from *int32, rows, stride, m int, d *[3]float64)
TEXT ·tensor512(SB), NOSPLIT, $0-56
	MOVQ         f+0(FP), DI
	MOVQ         t+8(FP), SI
	MOVQ         from+16(FP), BX
	MOVQ         rows+24(FP), CX
	MOVQ         stride+32(FP), DX
	MOVQ         m+40(FP), R9
	MOVQ         d+48(FP), AX
	VBROADCASTSD 0(AX), Z0
	VBROADCASTSD 8(AX), Z1
	VBROADCASTSD 16(AX), Z2
	SHLQ         $3, DX
	SHLQ         $3, R9
	MOVQ         CX, R10
	IMULQ        DX, R10
	LEAQ         (DI)(R10*1), R10 // y
	LEAQ         (R10)(R10*1), R11
	SUBQ         DI, R11          // z

row:
	TESTQ   CX, CX
	JZ      done
	MOVLQSX (BX), R8
	ADDQ    $4, BX
	DECQ    CX
	LEAQ    (SI)(R8*8), R8
	LEAQ    (R8)(R9*2), R12
	ADDQ    R9, R12
	XORQ    R13, R13

more:
	VMOVUPD     (R8)(R9*1), Z3  // xy
	VMOVUPD     (R8)(R9*2), Z4  // xz
	VMOVUPD     (R12)(R9*1), Z5 // yz
	VMOVUPD     (DI)(R13*1), Z6
	VMOVUPD     (R10)(R13*1), Z7
	VMOVUPD     (R11)(R13*1), Z8
	VFMADD231PD (R8), Z0, Z6
	VFMADD231PD Z3, Z0, Z7
	VFMADD231PD Z4, Z0, Z8
	VFMADD231PD Z3, Z1, Z6
	VFMADD231PD (R12), Z1, Z7
	VFMADD231PD Z5, Z1, Z8
	VFMADD231PD Z4, Z2, Z6
	VFMADD231PD Z5, Z2, Z7
	VFMADD231PD (R12)(R9*2), Z2, Z8
	VMOVUPD     Z6, (DI)(R13*1)
	VMOVUPD     Z7, (R10)(R13*1)
	VMOVUPD     Z8, (R11)(R13*1)
	ADDQ        $64, R8
	ADDQ        $64, R12
	ADDQ        $64, R13
	CMPQ        R13, DX
	JLT         more
	ADDQ        DX, DI
	ADDQ        DX, R10
	ADDQ        DX, R11
	JMP         row

done:
	VZEROUPPER
	RET

// func tensor256(f, t *float64, from *int32, rows, stride, m int, d *[3]float64)
TEXT ·tensor256(SB), NOSPLIT, $0-56
	MOVQ         f+0(FP), DI
	MOVQ         t+8(FP), SI
	MOVQ         from+16(FP), BX
	MOVQ         rows+24(FP), CX
	MOVQ         stride+32(FP), DX
	MOVQ         m+40(FP), R9
	MOVQ         d+48(FP), AX
	VBROADCASTSD 0(AX), Y0
	VBROADCASTSD 8(AX), Y1
	VBROADCASTSD 16(AX), Y2
	SHLQ         $3, DX
	SHLQ         $3, R9
	MOVQ         CX, R10
	IMULQ        DX, R10
	LEAQ         (DI)(R10*1), R10 // y
	LEAQ         (R10)(R10*1), R11
	SUBQ         DI, R11          // z

row:
	TESTQ   CX, CX
	JZ      done
	MOVLQSX (BX), R8
	ADDQ    $4, BX
	DECQ    CX
	LEAQ    (SI)(R8*8), R8
	LEAQ    (R8)(R9*2), R12
	ADDQ    R9, R12
	XORQ    R13, R13

more:
	VMOVUPD     (R8)(R9*1), Y3  // xy
	VMOVUPD     (R8)(R9*2), Y4  // xz
	VMOVUPD     (R12)(R9*1), Y5 // yz
	VMOVUPD     (DI)(R13*1), Y6
	VMOVUPD     (R10)(R13*1), Y7
	VMOVUPD     (R11)(R13*1), Y8
	VFMADD231PD (R8), Y0, Y6
	VFMADD231PD Y3, Y0, Y7
	VFMADD231PD Y4, Y0, Y8
	VFMADD231PD Y3, Y1, Y6
	VFMADD231PD (R12), Y1, Y7
	VFMADD231PD Y5, Y1, Y8
	VFMADD231PD Y4, Y2, Y6
	VFMADD231PD Y5, Y2, Y7
	VFMADD231PD (R12)(R9*2), Y2, Y8
	VMOVUPD     Y6, (DI)(R13*1)
	VMOVUPD     Y7, (R10)(R13*1)
	VMOVUPD     Y8, (R11)(R13*1)
	ADDQ        $32, R8
	ADDQ        $32, R12
	ADDQ        $32, R13
	CMPQ        R13, DX
	JLT         more
	ADDQ        DX, DI
	ADDQ        DX, R10
	ADDQ        DX, R11
	JMP         row

done:
	VZEROUPPER
	RET
