//go:build goexperiment.simd && amd64

#include "go_asm.h"
#include "textflag.h"

DATA numbers<>+0(SB)/8, $1.0
DATA numbers<>+8(SB)/8, $1e-280              // least
GLOBL numbers<>(SB), RODATA|NOPTR, $16

// What all three have: DI the fields of the row, R10 bytes from component to component, R9 bytes from channel to channel; of the site that turns R11 its bytes from
// the first one, SI its slice of tables, BX its spin, DX its changes, R13 its logarithm, R14 its numbers, CX how many sites turn, it included, R8 how many sites of its
// cell are left; R12 the field from outside of the next one; X13, X14, X15 its whole field.
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
	VMOVSD (AX)(R10*2), X15;        \
	VADDSD (R12), X13, X13;         \
	VADDSD 8(R12), X14, X14;        \
	VADDSD 16(R12), X15, X15;       \
	OUTSIDE

// R12 goes on to the next site, where there is one that turns.
#define OUTSIDE              \
	MOVQ    step-16(SP), R15; \
	XORL    AX, AX;           \
	CMPQ    CX, $1;           \
	CMOVQEQ AX, R15;          \
	ADDQ    R15, R12

// x, y, z are the field of the next site before this one turns. After the last it is some place, and not used.
#define NEXT(x, y, z)              \
	LEAQ   8(DI)(R11*1), AX;       \
	VMOVSD (AX), x;                \
	VMOVSD (AX)(R10*1), y;         \
	VMOVSD (AX)(R10*2), z;         \
	VADDSD (R12), x, x;            \
	VADDSD 8(R12), y, y;           \
	VADDSD 16(R12), z, z

// What the couplings to the next site are found at: xx, xy, xz from R15 on, yy, yz, zz from AX on, R9 apart.
#define NEAR                 \
	MOVQ (SI), R15;          \
	LEAQ 8(R15)(R11*1), R15; \
	LEAQ (R15)(R9*2), AX;    \
	ADDQ R9, AX

// What changes by b, c along y and z add to x, y, z, the field of the next one.
#define FURTHER(b, c, x, y, z)      \
	VFMADD231SD (R15)(R9*1), b, x;  \
	VFMADD231SD (AX), b, y;         \
	VFMADD231SD (AX)(R9*1), b, z;   \
	VFMADD231SD (R15)(R9*2), c, x;  \
	VFMADD231SD (AX)(R9*1), c, y;   \
	VFMADD231SD (AX)(R9*2), c, z

// A change of the site by a, b, c is x, y, z to the field of the next one.
#define TIMES(a, b, c, x, y, z)     \
	VMULSD      (R15), a, x;        \
	VMULSD      (R15)(R9*1), a, y;  \
	VMULSD      (R15)(R9*2), a, z;  \
	FURTHER(b, c, x, y, z)

// It is added to x, y, z.
#define ADD(a, b, c, x, y, z)       \
	VFMADD231SD (R15), a, x;        \
	VFMADD231SD (R15)(R9*1), a, y;  \
	VFMADD231SD (R15)(R9*2), a, z;  \
	FURTHER(b, c, x, y, z)

// The spin becomes X0, X1, X2, which makes X6, X7, X8 the difference.
#define SET                     \
	VSUBSD (BX), X0, X6;        \
	VSUBSD 8(BX), X1, X7;       \
	VSUBSD 16(BX), X2, X8;      \
	VMOVSD X0, (BX);            \
	VMOVSD X1, 8(BX);           \
	VMOVSD X2, 16(BX)

// What follows from the difference: changes, the fields of the row; then the next site is the one that turns. X9 and those that follow are kept.
#define FOLLOW(bytes)                    \
	MOVQ         l+0(FP), R15;           \
	MOVQ         Line_Width(R15), AX;    \
	SHLQ         $3, AX;                 \
	VADDSD       (DX), X6, X0;           \
	VADDSD       (DX)(AX*1), X7, X1;     \
	VADDSD       (DX)(AX*2), X8, X2;     \
	VMOVSD       X0, (DX);               \
	VMOVSD       X1, (DX)(AX*1);         \
	VMOVSD       X2, (DX)(AX*2);         \
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
	VBROADCASTSD X6, Y6;                 \
	VBROADCASTSD X7, Y7;                 \
	VBROADCASTSD X8, Y8;                 \
	MOVQ         places-24(SP), CX;      \
	MOVQ         DI, R8;                 \
four:                                    \
	VMOVUPD      (R8), Y0;               \
	VMOVUPD      (R8)(R10*1), Y1;        \
	VMOVUPD      (R8)(R10*2), Y2;        \
	VMOVUPD      (R15)(R9*1), Y3;        \
	VMOVUPD      (R15)(R9*2), Y4;        \
	VMOVUPD      (AX)(R9*1), Y5;         \
	VFMADD231PD  (R15), Y6, Y0;          \
	VFMADD231PD  Y3, Y6, Y1;             \
	VFMADD231PD  Y4, Y6, Y2;             \
	VFMADD231PD  Y3, Y7, Y0;             \
	VFMADD231PD  (AX), Y7, Y1;           \
	VFMADD231PD  Y5, Y7, Y2;             \
	VFMADD231PD  Y4, Y8, Y0;             \
	VFMADD231PD  Y5, Y8, Y1;             \
	VFMADD231PD  (AX)(R9*2), Y8, Y2;     \
	VMOVUPD      Y0, (R8);               \
	VMOVUPD      Y1, (R8)(R10*1);        \
	VMOVUPD      Y2, (R8)(R10*2);        \
	ADDQ         $32, R8;                \
	ADDQ         $32, R15;               \
	ADDQ         $32, AX;                \
	SUBQ         $4, CX;                 \
	JNZ          four;                   \
	MOVQ         cell-32(SP), R8;        \
	MOVQ         left-40(SP), CX;        \
	DECQ         CX;                     \
	OUTSIDE;                             \
	ADDQ         $8, R13;                \
	ADDQ         $bytes, R14;            \
	ADDQ         $8, R11;                \
	ADDQ         $24, SI;                \
	ADDQ         $24, BX;                \
	TESTQ        CX, CX

// The squares of the field across z, X12, and of all of it, and what waits for them: X9 its length, X10 and X11 1 over them.
#define SQUARES                         \
	VMULSD       X13, X13, X12;         \
	VMULSD       X15, X15, X11;         \
	VFMADD231SD  X14, X14, X12;         \
	VADDSD       X11, X12, X11;         \
	VMOVSD       numbers<>+0(SB), X0;   \
	VSQRTSD      X11, X11, X9;          \
	VDIVSD       X12, X0, X10;          \
	VDIVSD       X11, X0, X11

// func draw256(l *Line, from, to int) int
TEXT ·draw256(SB), NOSPLIT, $40-32
	BEGIN
	MOVQ   l+0(FP), AX
	VXORPD X0, X0, X0
	VSUBSD Line_KT(AX), X0, X0
	VMOVSD X0, kt-8(SP)
	SQUARES

site:
	VMOVSD       numbers<>+8(SB), X2
	VUCOMISD     X2, X12
	JCS          stop                 // below, or not a number
	VMULSD       X11, X12, X1
	VUCOMISD     X2, X1
	JCS          stop
	VMOVSD       (R13), X3
	VMULSD       kt-8(SP), X3, X3     // e
	VADDSD       X3, X3, X4
	VMULSD       X10, X4, X4
	VMULSD       X3, X3, X5
	VMULSD       X10, X5, X5
	VFMSUB213SD  X5, X9, X4           // rest
	VXORPD       X8, X8, X8
	VUCOMISD     X8, X4
	JCS          stop
	VSQRTSD      X4, X4, X10          // root
	VSUBSD       X3, X9, X3
	VMULSD       X11, X3, X3          // t
	MOVQ         l+0(FP), AX
	MOVQ         Line_Apart(AX), AX
	VMULSD       X11, X9, X9
	VMULSD       (R14)(AX*8), X9, X9  // cos
	VMULSD       (R14), X11, X11      // sin
	VMULSD       X12, X11, X12
	VSUBSD       X12, X8, X8
	VMULSD       X15, X11, X11        // lift
	VMULSD       X13, X11, X6
	VMULSD       X14, X11, X7
	VFMADD231SD  X14, X9, X6
	VFNMADD231SD X13, X9, X7          // the side is X6, X7, X8
	VMULSD       X13, X3, X0
	VMULSD       X14, X3, X1
	VMULSD       X15, X3, X2
	VMOVSD       (BX), X9
	VMOVSD       8(BX), X11
	VMOVSD       16(BX), X12
	VFMSUB231SD  X13, X3, X9
	VFMSUB231SD  X14, X3, X11
	VFMSUB231SD  X15, X3, X12         // the difference but for the root
	NEXT(X3, X4, X5)
	NEAR
	ADD(X9, X11, X12, X3, X4, X5)
	TIMES(X6, X7, X8, X13, X14, X15)
	VFMADD213SD  X3, X10, X13
	VFMADD213SD  X4, X10, X14
	VFMADD213SD  X5, X10, X15
	VFMADD231SD  X6, X10, X0
	VFMADD231SD  X7, X10, X1
	VFMADD231SD  X8, X10, X2
	SET
	SQUARES
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
	MOVQ   l+0(FP), AX
	VMOVSD Line_KT(AX), X0
	VMOVSD X0, kt-8(SP)

site:
	VMOVSD      (R14), X6
	VMOVSD      8(R14), X7
	VMOVSD      16(R14), X8
	VMOVSD      (BX), X0
	VMOVSD      8(BX), X1
	VMOVSD      16(BX), X2
	VSUBSD      X0, X6, X9
	VSUBSD      X1, X7, X10
	VSUBSD      X2, X8, X11
	NEAR
	TIMES(X9, X10, X11, X3, X5, X12)
	VMULSD      X9, X13, X4
	VFMADD231SD X10, X14, X4
	VFMADD231SD X11, X15, X4
	VMOVSD      (R13), X13
	VMULSD      kt-8(SP), X13, X13
	VCMPSD      $2, X4, X13, X4       // what it gives is at least kT log u
	MOVQ        l+0(FP), AX
	VMOVQ       X4, R15
	SUBQ        R15, Line_Turned(AX)
	NEXT(X13, X14, X15)
	VANDPD      X4, X3, X3
	VANDPD      X4, X5, X5
	VANDPD      X4, X12, X12
	VADDSD      X3, X13, X13
	VADDSD      X5, X14, X14
	VADDSD      X12, X15, X15
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
	VMULSD      X13, X13, X3
	VMULSD      X15, X15, X4
	VFMADD231SD X14, X14, X3
	VADDSD      X4, X3, X3            // square
	VMOVSD      (BX), X6
	VMOVSD      8(BX), X7
	VMOVSD      16(BX), X8
	VMULSD      X6, X13, X4
	VMULSD      X8, X15, X5
	VFMADD231SD X7, X14, X4
	VADDSD      X5, X4, X4            // along
	VADDSD      X4, X4, X4
	VDIVSD      X3, X4, X4            // by
	VMOVSD      numbers<>+8(SB), X5
	VCMPSD      $2, X3, X5, X5        // there is a field
	VFMSUB213SD X6, X4, X13
	VFMSUB213SD X7, X4, X14
	VFMSUB213SD X8, X4, X15
	VBLENDVPD   X5, X13, X6, X0
	VBLENDVPD   X5, X14, X7, X1
	VBLENDVPD   X5, X15, X8, X2
	SET
	NEXT(X13, X14, X15)
	NEAR
	ADD(X6, X7, X8, X13, X14, X15)
	FOLLOW(0)
	JNZ         site
	VZEROUPPER
	RET

// func propose256(next, own *float64, step float64, fours int) int
TEXT ·propose256(SB), NOSPLIT, $0-40
	MOVQ         next+0(FP), DI
	MOVQ         own+8(FP), SI
	VBROADCASTSD step+16(FP), Y15
	MOVQ         fours+24(FP), CX
	VBROADCASTSD numbers<>+0(SB), Y14
	VBROADCASTSD numbers<>+8(SB), Y13
	XORQ         AX, AX

vectors:
	VMULPD    (DI), Y15, Y0
	VMULPD    32(DI), Y15, Y1
	VMULPD    64(DI), Y15, Y2
	VADDPD    (SI), Y0, Y0                // x0 y0 z0 x1
	VADDPD    32(SI), Y1, Y1              // y1 z1 x2 y2
	VADDPD    64(SI), Y2, Y2              // z2 x3 y3 z3
	VMULPD    Y0, Y0, Y3
	VMULPD    Y1, Y1, Y4
	VMULPD    Y2, Y2, Y5
	VBLENDPD  $4, Y4, Y3, Y6
	VBLENDPD  $2, Y5, Y6, Y6              // x0 x3 x2 x1
	VBLENDPD  $2, Y3, Y4, Y7
	VBLENDPD  $4, Y5, Y7, Y7              // y1 y0 y3 y2
	VBLENDPD  $2, Y4, Y5, Y8
	VBLENDPD  $4, Y3, Y8, Y8              // z2 z1 z0 z3
	VPERMPD   $0x6c, Y6, Y6
	VPERMPD   $0xb1, Y7, Y7
	VPERMPD   $0xc6, Y8, Y8
	VADDPD    Y7, Y6, Y6
	VADDPD    Y8, Y6, Y6
	VCMPPD    $1, Y13, Y6, Y9             // below
	VMOVMSKPD Y9, DX
	TESTL     DX, DX
	JNZ       made
	VSQRTPD   Y6, Y6
	VDIVPD    Y6, Y14, Y6
	VPERMPD   $0x40, Y6, Y7
	VPERMPD   $0xa5, Y6, Y8
	VPERMPD   $0xfe, Y6, Y9
	VMULPD    Y7, Y0, Y0
	VMULPD    Y8, Y1, Y1
	VMULPD    Y9, Y2, Y2
	VMOVUPD   Y0, (DI)
	VMOVUPD   Y1, 32(DI)
	VMOVUPD   Y2, 64(DI)
	ADDQ      $96, DI
	ADDQ      $96, SI
	INCQ      AX
	DECQ      CX
	JNZ       vectors

made:
	MOVQ AX, ret+32(FP)
	VZEROUPPER
	RET
