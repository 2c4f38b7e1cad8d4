// Philox4x32-10 on 64-bit lanes: a lane holds one of the four words of its block in its lower half, the upper half is noise, which VPMULUDQ
// ignores. Every macro takes the state (a, b, c, d) and two free registers and leaves the new state in other places, as its comment says;
// the registers R hold pointers to the struct rounds (words_amd64.go).

#define ROUNDS_V2 0
#define ROUNDS_W0 4
#define ROUNDS_W2 8
#define ROUNDS_W3 12
#define ROUNDS_K0THIRD 16
#define ROUNDS_K 24
#define ROUNDS_LAST0 72
#define ROUNDS_LAST1 80

// One round with keys at K(R): the new state is (a, f, c, e). M0 and M1 are the multipliers.
#define ROUND512(M0, M1, R, K, a, b, c, d, e, f) \
	VPMULUDQ        M0, a, e;                   \
	VPMULUDQ        M1, c, f;                   \
	VPSRLQ          $32, f, a;                  \
	VPTERNLOGD.BCST $0x96, (K)(R), b, a;        \
	VPSRLQ          $32, e, c;                  \
	VPTERNLOGD.BCST $0x96, (K+4)(R), d, c

// Rounds 1 to 3 from d = M0 times the block index: the new state is (a, f, c, e).
#define FIRST512(M0, M1, R, a, b, c, d, e, f)      \
	VPSRLQ          $32, d, c;                    \
	VPXORD.BCST     ROUNDS_V2(R), c, c;           \
	VPMULUDQ        M1, c, b;                     \
	VPSRLQ          $32, b, a;                    \
	VPXORD.BCST     ROUNDS_W0(R), a, a;           \
	VPXORD.BCST     ROUNDS_W2(R), d, c;           \
	VPMULUDQ        M0, a, e;                     \
	VPMULUDQ        M1, c, f;                     \
	VPSRLQ          $32, f, a;                    \
	VPTERNLOGD.BCST $0x96, ROUNDS_K0THIRD(R), b, a; \
	VPSRLQ          $32, e, c;                    \
	VPXORD.BCST     ROUNDS_W3(R), c, c

// Round 10: f = word 0 << 32 | word 1, e = word 2 << 32 | word 3.
#define LAST512(M0, M1, R, a, b, c, d, e, f)      \
	VPMULUDQ        M0, a, e;                    \
	VPMULUDQ        M1, c, f;                    \
	VPSLLQ          $32, b, b;                   \
	VPTERNLOGQ.BCST $0x96, ROUNDS_LAST0(R), b, f; \
	VPSLLQ          $32, d, d;                   \
	VPTERNLOGQ.BCST $0x96, ROUNDS_LAST1(R), d, e

// All ten rounds of one unit of eight blocks; d = M0 times the block index at the start, results in b = word 0 << 32 | word 1 and
// d = word 2 << 32 | word 3.
#define UNIT512(M0, M1, R, a, b, c, d, e, f)                \
	FIRST512(M0, M1, R, a, b, c, d, e, f);                 \
	ROUND512(M0, M1, R, ROUNDS_K+0, a, f, c, e, d, b);     \
	ROUND512(M0, M1, R, ROUNDS_K+8, a, b, c, d, e, f);     \
	ROUND512(M0, M1, R, ROUNDS_K+16, a, f, c, e, d, b);    \
	ROUND512(M0, M1, R, ROUNDS_K+24, a, b, c, d, e, f);    \
	ROUND512(M0, M1, R, ROUNDS_K+32, a, f, c, e, d, b);    \
	ROUND512(M0, M1, R, ROUNDS_K+40, a, b, c, d, e, f);    \
	LAST512(M0, M1, R, a, f, c, e, d, b)

// Four units at once: Z0 to Z23 in rows (a, b, c, d, e, f), Z30 and Z31 the multipliers; Z3, Z9, Z15, Z21 = M0 times the block indices.
// Results: Z1, Z7, Z13, Z19 = word 0 << 32 | word 1; Z3, Z9, Z15, Z21 = word 2 << 32 | word 3.
#define EVEN4(STEP, R, K)                                    \
	STEP(Z30, Z31, R, K, Z0, Z5, Z2, Z4, Z3, Z1);           \
	STEP(Z30, Z31, R, K, Z6, Z11, Z8, Z10, Z9, Z7);         \
	STEP(Z30, Z31, R, K, Z12, Z17, Z14, Z16, Z15, Z13);     \
	STEP(Z30, Z31, R, K, Z18, Z23, Z20, Z22, Z21, Z19)

#define ODD4(STEP, R, K)                                     \
	STEP(Z30, Z31, R, K, Z0, Z1, Z2, Z3, Z4, Z5);           \
	STEP(Z30, Z31, R, K, Z6, Z7, Z8, Z9, Z10, Z11);         \
	STEP(Z30, Z31, R, K, Z12, Z13, Z14, Z15, Z16, Z17);     \
	STEP(Z30, Z31, R, K, Z18, Z19, Z20, Z21, Z22, Z23)

#define UNITS4(R)                                            \
	FIRST512(Z30, Z31, R, Z0, Z1, Z2, Z3, Z4, Z5);          \
	FIRST512(Z30, Z31, R, Z6, Z7, Z8, Z9, Z10, Z11);        \
	FIRST512(Z30, Z31, R, Z12, Z13, Z14, Z15, Z16, Z17);    \
	FIRST512(Z30, Z31, R, Z18, Z19, Z20, Z21, Z22, Z23);    \
	EVEN4(ROUND512, R, ROUNDS_K+0);                         \
	ODD4(ROUND512, R, ROUNDS_K+8);                          \
	EVEN4(ROUND512, R, ROUNDS_K+16);                        \
	ODD4(ROUND512, R, ROUNDS_K+24);                         \
	EVEN4(ROUND512, R, ROUNDS_K+32);                        \
	ODD4(ROUND512, R, ROUNDS_K+40);                         \
	LAST512(Z30, Z31, R, Z0, Z5, Z2, Z4, Z3, Z1);           \
	LAST512(Z30, Z31, R, Z6, Z11, Z8, Z10, Z9, Z7);         \
	LAST512(Z30, Z31, R, Z12, Z17, Z14, Z16, Z15, Z13);     \
	LAST512(Z30, Z31, R, Z18, Z23, Z20, Z22, Z21, Z19)

// The same with 256-bit registers, of which there are 16: two half units (four blocks each) at once, Y0 to Y5 and Y6 to Y11; Y12 and Y13 are
// the multipliers, Y14 and Y15 keys.
#define KEYS256(R, K0, K1)          \
	VPBROADCASTD (K0)(R), Y14;     \
	VPBROADCASTD (K1)(R), Y15

#define ROUND256(a, b, c, d, e, f) \
	VPMULUDQ Y12, a, e;           \
	VPMULUDQ Y13, c, f;           \
	VPSRLQ   $32, f, a;           \
	VPXOR    b, Y14, b;           \
	VPXOR    b, a, a;             \
	VPSRLQ   $32, e, c;           \
	VPXOR    d, Y15, d;           \
	VPXOR    d, c, c

#define EVEN256(R, K)                        \
	KEYS256(R, K, K+4);                     \
	ROUND256(Y0, Y5, Y2, Y4, Y3, Y1);       \
	ROUND256(Y6, Y11, Y8, Y10, Y9, Y7)

#define ODD256(R, K)                         \
	KEYS256(R, K, K+4);                     \
	ROUND256(Y0, Y1, Y2, Y3, Y4, Y5);       \
	ROUND256(Y6, Y7, Y8, Y9, Y10, Y11)

#define FIRST256(a, b, c, d) \
	VPSRLQ   $32, d, c;     \
	VPXOR    Y14, c, c;     \
	VPMULUDQ Y13, c, b;     \
	VPSRLQ   $32, b, a;     \
	VPXOR    Y15, a, a

#define THIRD256(a, b, c, d, e, f) \
	VPMULUDQ Y12, a, e;           \
	VPMULUDQ Y13, c, f;           \
	VPSRLQ   $32, f, a;           \
	VPXOR    b, a, a;             \
	VPXOR    Y14, a, a;           \
	VPSRLQ   $32, e, c;           \
	VPXOR    Y15, c, c

#define LAST256(a, b, c, d, e, f) \
	VPMULUDQ Y12, a, e;          \
	VPMULUDQ Y13, c, f;          \
	VPSLLQ   $32, b, b;          \
	VPXOR    Y14, b, b;          \
	VPXOR    b, f, f;            \
	VPSLLQ   $32, d, d;          \
	VPXOR    Y15, d, d;          \
	VPXOR    d, e, e

// One unit: Y3 and Y9 = M0 times the block indices of its halves. Results: Y1, Y7 = word 0 << 32 | word 1; Y3, Y9 = word 2 << 32 | word 3.
#define UNIT256(R)                             \
	KEYS256(R, ROUNDS_V2, ROUNDS_W0);         \
	FIRST256(Y0, Y1, Y2, Y3);                 \
	FIRST256(Y6, Y7, Y8, Y9);                 \
	KEYS256(R, ROUNDS_W2, ROUNDS_W3);         \
	VPXOR Y14, Y3, Y2;                        \
	VPXOR Y14, Y9, Y8;                        \
	VPBROADCASTD ROUNDS_K0THIRD(R), Y14;      \
	THIRD256(Y0, Y1, Y2, Y3, Y4, Y5);         \
	THIRD256(Y6, Y7, Y8, Y9, Y10, Y11);       \
	EVEN256(R, ROUNDS_K+0);                   \
	ODD256(R, ROUNDS_K+8);                    \
	EVEN256(R, ROUNDS_K+16);                  \
	ODD256(R, ROUNDS_K+24);                   \
	EVEN256(R, ROUNDS_K+32);                  \
	ODD256(R, ROUNDS_K+40);                   \
	VPBROADCASTQ ROUNDS_LAST0(R), Y14;        \
	VPBROADCASTQ ROUNDS_LAST1(R), Y15;        \
	LAST256(Y0, Y5, Y2, Y4, Y3, Y1);          \
	LAST256(Y6, Y11, Y8, Y10, Y9, Y7)
