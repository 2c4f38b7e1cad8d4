//go:build goexperiment.simd && amd64

#include "go_asm.h"
#include "textflag.h"

DATA numbers<>+0(SB)/8, $1.0
DATA numbers<>+8(SB)/8, $1e-280              // least
DATA numbers<>+16(SB)/8, $0x7fffffffffffffff // all but the sign
DATA numbers<>+24(SB)/8, $0x8000000000000000
GLOBL numbers<>(SB), RODATA|NOPTR, $32

// What all three have: DI the fields of the row, R10 bytes from component to component, R9 bytes from channel to channel; of the site that turns R11 its bytes from
// the first one, SI its slice of tables, BX its spin, R12 its field from outside, DX its changes, R13 its logarithm, R14 its numbers, CX how many sites turn, it included,
// R8 how many sites of its cell are left; X13, X14, X15 its field, but for that from outside.
#define BEGIN                       \
	MOVQ   l+0(FP), AX;             \
	MOVQ   Line_Fields(AX), DI;     \
	MOVQ   Line_Component(AX), R10; \
	MOVQ   Line_M(AX), R9;          \
	MOVQ   Line_Tables(AX), SI;     \
	MOVQ   Line_Spins(AX), BX;      \
	MOVQ   Line_Outer(AX), R12;     \
	MOVQ   Line_Logs(AX), R13;      \
	MOVQ   Line_Sides(AX), R14;     \
	VXORPD X0, X0, X0;              \
	VSUBSD Line_KT(AX), X0, X0;     \
	VMOVSD X0, kt-8(SP);            \
	SHLQ   $3, R10;                 \
	SHLQ   $3, R9;                  \
	MOVQ   Line_Step(AX), R15;      \
	SHLQ   $3, R15;                 \
	MOVQ   R15, step-16(SP);        \
	MOVQ   Line_Places(AX), R15;    \
	MOVQ   R15, places-24(SP);      \
	MOVQ   from+8(FP), R11;         \
	MOVQ   step-16(SP), R15;        \
	IMULQ  R11, R15;                \
	ADDQ   R15, R12;                \
	MOVQ   AX, R15;                 \
	MOVQ   R11, AX;                 \
	XORQ   DX, DX;                  \
	MOVQ   Line_Width(R15), R8;     \
	DIVQ   R8;                      \
	SUBQ   DX, R8;                  \
	IMULQ  Line_Cell(R15), AX;      \
	ADDQ   DX, AX;                  \
	LEAQ   (R11)(R11*2), CX;        \
	MOVQ   Line_Changes(R15), DX;   \
	LEAQ   (DX)(AX*8), DX;          \
	LEAQ   (SI)(CX*8), SI;          \
	LEAQ   (BX)(CX*8), BX;          \
	MOVQ   to+16(FP), CX;           \
	SUBQ   R11, CX;                 \
	SHLQ   $3, R11;                 \
	LEAQ   (DI)(R11*1), AX;         \
	VMOVSD (AX), X13;               \
	VMOVSD (AX)(R10*1), X14;        \
	VMOVSD (AX)(R10*2), X15

// X0, X1, X2 are the whole field, X3 its square.
#define FIELD                     \
	VADDSD      (R12), X13, X0;   \
	VADDSD      8(R12), X14, X1;  \
	VADDSD      16(R12), X15, X2; \
	VMULSD      X0, X0, X3;       \
	VMULSD      X2, X2, X4;       \
	VFMADD231SD X1, X1, X3;       \
	VADDSD      X4, X3, X3

// The spin becomes X0, X1, X2, which makes X6, X7, X8 the difference.
#define SET                     \
	VSUBSD (BX), X0, X6;        \
	VSUBSD 8(BX), X1, X7;       \
	VSUBSD 16(BX), X2, X8;      \
	VMOVSD X0, (BX);            \
	VMOVSD X1, 8(BX);           \
	VMOVSD X2, 16(BX)

// Four places from o bytes on: fields x, y, z, the table's xx at R15 and yy at AX.
#define PLACES(o, x, y, z)                 \
	VMOVUPD     o(R15)(R9*1), Y10;         \
	VMOVUPD     o(R15)(R9*2), Y11;         \
	VMOVUPD     o(AX)(R9*1), Y12;          \
	VFMADD231PD o(R15), Y6, x;             \
	VFMADD231PD Y10, Y6, y;                \
	VFMADD231PD Y11, Y6, z;                \
	VFMADD231PD Y10, Y7, x;                \
	VFMADD231PD o(AX), Y7, y;              \
	VFMADD231PD Y12, Y7, z;                \
	VFMADD231PD Y11, Y8, x;                \
	VFMADD231PD Y12, Y8, y;                \
	VFMADD231PD o(AX)(R9*2), Y8, z

// What follows from the difference: changes, the next site's field, before what is read of it is written, the fields of the row. The last site's next is some place, and not used.
#define FOLLOW(bytes)                    \
	MOVQ         l+0(FP), R15;           \
	MOVQ         Line_Width(R15), AX;    \
	SHLQ         $3, AX;                 \
	VADDSD       (DX), X6, X9;           \
	VADDSD       (DX)(AX*1), X7, X10;    \
	VADDSD       (DX)(AX*2), X8, X11;    \
	VMOVSD       X9, (DX);               \
	VMOVSD       X10, (DX)(AX*1);        \
	VMOVSD       X11, (DX)(AX*2);        \
	ADDQ         $8, DX;                 \
	DECQ         R8;                     \
	JNZ          within;                 \
	SUBQ         AX, DX;                 \
	MOVQ         Line_Cell(R15), AX;     \
	LEAQ         (DX)(AX*8), DX;         \
	MOVQ         Line_Width(R15), R8;    \
within:                                  \
	MOVQ         R8, cell-32(SP);        \
	MOVQ         CX, left-40(SP);        \
	MOVQ         (SI), R15;              \
	LEAQ         (R15)(R9*2), AX;        \
	ADDQ         R9, AX;                 \
	LEAQ         (DI)(R11*1), CX;        \
	VMOVSD       8(CX), X13;             \
	VMOVSD       8(CX)(R10*1), X14;      \
	VMOVSD       8(CX)(R10*2), X15;      \
	LEAQ         (R15)(R11*1), CX;       \
	VMOVSD       8(CX)(R9*1), X10;       \
	VMOVSD       8(CX)(R9*2), X11;       \
	VFMADD231SD  8(CX), X6, X13;         \
	VFMADD231SD  X10, X6, X14;           \
	VFMADD231SD  X11, X6, X15;           \
	LEAQ         (AX)(R11*1), CX;        \
	VMOVSD       8(CX)(R9*1), X12;       \
	VFMADD231SD  X10, X7, X13;           \
	VFMADD231SD  8(CX), X7, X14;         \
	VFMADD231SD  X12, X7, X15;           \
	VFMADD231SD  X11, X8, X13;           \
	VFMADD231SD  X12, X8, X14;           \
	VFMADD231SD  8(CX)(R9*2), X8, X15;   \
	VBROADCASTSD X6, Y6;                 \
	VBROADCASTSD X7, Y7;                 \
	VBROADCASTSD X8, Y8;                 \
	MOVQ         places-24(SP), CX;      \
	MOVQ         DI, R8;                 \
eight:                                   \
	VMOVUPD      (R8), Y0;               \
	VMOVUPD      (R8)(R10*1), Y1;        \
	VMOVUPD      (R8)(R10*2), Y2;        \
	SUBQ         $8, CX;                 \
	JLT          four;                   \
	VMOVUPD      32(R8), Y3;             \
	VMOVUPD      32(R8)(R10*1), Y4;      \
	VMOVUPD      32(R8)(R10*2), Y5;      \
	PLACES(0, Y0, Y1, Y2);               \
	PLACES(32, Y3, Y4, Y5);              \
	VMOVUPD      Y0, (R8);               \
	VMOVUPD      Y1, (R8)(R10*1);        \
	VMOVUPD      Y2, (R8)(R10*2);        \
	VMOVUPD      Y3, 32(R8);             \
	VMOVUPD      Y4, 32(R8)(R10*1);      \
	VMOVUPD      Y5, 32(R8)(R10*2);      \
	ADDQ         $64, R8;                \
	ADDQ         $64, R15;               \
	ADDQ         $64, AX;                \
	TESTQ        CX, CX;                 \
	JNZ          eight;                  \
	JMP          followed;               \
four:                                    \
	PLACES(0, Y0, Y1, Y2);               \
	VMOVUPD      Y0, (R8);               \
	VMOVUPD      Y1, (R8)(R10*1);        \
	VMOVUPD      Y2, (R8)(R10*2);        \
followed:                                \
	MOVQ         cell-32(SP), R8;        \
	MOVQ         left-40(SP), CX;        \
	ADDQ         step-16(SP), R12;       \
	ADDQ         $8, R13;                \
	ADDQ         $bytes, R14;            \
	ADDQ         $8, R11;                \
	ADDQ         $24, SI;                \
	ADDQ         $24, BX;                \
	DECQ         CX

// func draw256(l *Line, from, to int) int
TEXT ·draw256(SB), NOSPLIT, $40-32
	BEGIN

site:
	FIELD
	VSQRTSD      X3, X3, X4           // r
	VMOVSD       numbers<>+0(SB), X7
	VDIVSD       X3, X7, X7           // over
	VMOVSD       (R13), X5
	VMULSD       kt-8(SP), X5, X5     // e
	VADDSD       X4, X4, X6
	VSUBSD       X5, X6, X6           // rest
	VXORPD       X8, X8, X8
	VUCOMISD     X8, X6
	JCS          stop                 // below, or not a number
	VUCOMISD     numbers<>+8(SB), X3
	JCS          stop
	VMULSD       X5, X6, X6
	VSQRTSD      X6, X6, X6           // root
	VMULSD       X7, X4, X8           // side
	VSUBSD       X5, X4, X9
	VMULSD       X7, X9, X9           // t
	MOVQ         l+0(FP), AX
	MOVQ         Line_Apart(AX), AX
	VMOVSD       (R14), X11           // sin
	VMOVSD       (R14)(AX*8), X12     // cos
	VMULSD       X0, X12, X5
	VFMADD231SD  X1, X11, X5          // along
	VMOVSD       numbers<>+16(SB), X10
	VANDPD       X2, X10, X10
	VFMADD213SD  X3, X4, X10
	VDIVSD       X10, X5, X10         // bent
	VFNMADD231SD X0, X10, X12
	VFNMADD231SD X1, X10, X11
	VMULSD       X8, X12, X12
	VMULSD       X8, X11, X11
	VMULSD       X7, X5, X5
	VMOVSD       numbers<>+24(SB), X10
	VANDPD       X2, X10, X10
	VXORPD       X10, X5, X5
	VMULSD       X9, X0, X0
	VMULSD       X9, X1, X1
	VMULSD       X9, X2, X2
	VFMADD231SD  X12, X6, X0
	VFMADD231SD  X11, X6, X1
	VFNMADD231SD X5, X6, X2
	SET
	FOLLOW(8)
	JNZ          site

stop:
	SHRQ $3, R11
	MOVQ R11, ret+24(FP)
	VZEROUPPER
	RET

// func try256(l *Line, from, to int)
TEXT ·try256(SB), NOSPLIT, $40-24
	BEGIN

site:
	VADDSD      (R12), X13, X3
	VADDSD      8(R12), X14, X4
	VADDSD      16(R12), X15, X5
	VMOVSD      (BX), X0
	VMOVSD      8(BX), X1
	VMOVSD      16(BX), X2
	VMOVSD      (R14), X6
	VMOVSD      8(R14), X7
	VMOVSD      16(R14), X8
	VSUBSD      X6, X0, X9
	VSUBSD      X7, X1, X10
	VSUBSD      X8, X2, X11
	VMULSD      X9, X3, X3
	VFMADD231SD X10, X4, X3
	VFMADD231SD X11, X5, X3           // the cost
	VMOVSD      (R13), X4
	VMULSD      kt-8(SP), X4, X4      // e
	VCMPSD      $2, X4, X3, X4        // the cost is at most that
	MOVQ        l+0(FP), AX
	VMOVQ       X4, R15
	SUBQ        R15, Line_Turned(AX)
	VBLENDVPD   X4, X6, X0, X0
	VBLENDVPD   X4, X7, X1, X1
	VBLENDVPD   X4, X8, X2, X2
	SET
	FOLLOW(24)
	JNZ         site
	VZEROUPPER
	RET

// func reflect256(l *Line, from, to int)
TEXT ·reflect256(SB), NOSPLIT, $40-24
	BEGIN

site:
	FIELD
	VMOVSD      (BX), X6
	VMOVSD      8(BX), X7
	VMOVSD      16(BX), X8
	VMULSD      X6, X0, X4
	VMULSD      X8, X2, X5
	VFMADD231SD X7, X1, X4
	VADDSD      X5, X4, X4            // along
	VADDSD      X4, X4, X4
	VDIVSD      X3, X4, X4            // by
	VMOVSD      numbers<>+8(SB), X5
	VCMPSD      $2, X3, X5, X5        // there is a field
	VFMSUB213SD X6, X4, X0
	VFMSUB213SD X7, X4, X1
	VFMSUB213SD X8, X4, X2
	VBLENDVPD   X5, X0, X6, X0
	VBLENDVPD   X5, X1, X7, X1
	VBLENDVPD   X5, X2, X8, X2
	SET
	FOLLOW(0)
	JNZ         site
	VZEROUPPER
	RET
