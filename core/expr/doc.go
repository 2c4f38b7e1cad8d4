// Package expr is the array-program engine: typed programs with static shapes, their derivatives, batches and simplifications, all as
// program -> program, and a slow reference executor.
//
// # Programs
//
// A [Program] is a list of nodes in static single assignment with dense ids: inputs are ids 0..Inputs-1, node k follows. Every operand of an
// operation has its dtype and shape spelled out: nothing promotes or broadcasts by itself. convert changes the dtype, broadcast_in_dim the
// shape. An operation with several results is the id of its first; result(n=1), result(n=2), ... on it are the others.
//
// # Operations
//
// Shapes: x[...] is the operand's; "same" means that operands have one dtype and shape. Attributes in braces, those with ? may be absent.
//
//	const{dtype, shape?, value | data}          literal: value for rank 0, base64 little-endian data else
//	neg abs sign sqrt rsqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh
//	floor ceil round trunc                      element-wise; abs of complex is real; round is half to even; these four keep the dtype
//	erf erfc erfinv lgamma digamma expit log_expit ndtr ndtri log_ndtr i0e i1e j0 j1 exp1 expi lambertw   real
//	sqrt0                                       sqrt whose derivative at 0 is 0: norm is sqrt0(reduce_sum(x*x))
//	integer_pow{n}                              x^n, n any integer; polygamma{n}, n >= 0
//	not                                         logical for bool, bitwise for integers (and or xor alike)
//	real imag conj, complex(re, im)             complex parts; abs, real, imag of complex are real
//	convert{dtype}                              not from complex to real (take real first)
//	is_nan is_finite is_inf -> bool             equal not_equal less less_equal greater greater_equal -> bool
//	add sub mul div pow atan2 hypot max min mod fmod floor_divide logaddexp xlogy xlog1py zeta gammainc gammaincc copysign nextafter
//	jv yv ive kve(order, x)                     Bessel functions of real order, ive by exp(-|x|), kve by exp(x); no derivative in the order
//	betainc(a, b, x)                            betainc_slope_a, betainc_slope_b: its derivatives in a and b
//	and or xor shift_left shift_right           two operands, same; mod has Python's sign, fmod C's; max and min carry NaN
//	mulz(t, c)                                  t c, but 0 where t is 0 and c infinite or NaN; made by derivatives
//	select(p, x, y)                             p bool of the shape of x
//	stop_gradient                               identity without derivative
//	iota{dtype, shape, axis}                    index along axis
//	broadcast_in_dim{shape, axes}               axis d of x becomes axis axes[d] (ascending); x[d] is shape[axes[d]] or 1
//	reshape{shape} transpose{axes}              result axis d is axis axes[d] of x
//	slice{start, limit, stride?}                per axis, stride > 0, negative steps are reverse and slice
//	slice_update{start, stride?, mode}(x, u)    x[start::stride] of u.shape set to u, or u added (mode set or add)
//	pad{low, high, interior?}                   with zeros (false); negative low and high cut
//	concatenate{axis}(x, ...)  reverse{axes}  roll{axes, shift}
//	reduce_sum reduce_prod reduce_max reduce_min reduce_any reduce_all logsumexp {axes}    axes leave the shape
//	argmax argmin {axis} -> int64               first extremum, first NaN
//	cumsum cumprod cummax cummin cumlogsumexp {axis, reverse?}
//	linear_recurrence{axis, reverse?}(a, b)     y_k = a_k y_(k-1) + b_k, y_(-1) = 0
//	sort{axis} argsort{axis} -> int64           stable, NaN last (complex: by real, then imaginary part)
//	searchsorted{n?, mode?}(a, v) -> int64      first n axes shared, then a[m]; mode left (default) or right
//	gather{axes}(x, i_1, ..., i_k)              i of one shape and int dtype, in range; result i.shape + x.shape without axes
//	scatter{axes, mode, unique?}(x, i_1, ..., i_k, u)   u has the shape of that gather; mode set (last wins) add mul min max
//	dot_general{contract, batch}(x, y)          result: batch axes, free axes of x, free axes of y
//	conv{stride?, low?, high?, interior?, dilation?, n?}(x, w)   x[images, n in, space], w[n out, in, kernel], n groups: sum over c, k of
//	                                            x[., c, (p stride + k dilation - low) / (interior + 1)] w[., c, k], 0 where there is no such element
//	fft ifft rfft {axis}, irfft{axis, n}        numpy's scaling; fft and ifft of complex, rfft of real, irfft of complex to real length n
//	cholesky(a)                                 lower factor; reads the lower triangle; leading axes are batches (all of linear algebra)
//	triangular_solve{lower?, trans?, unit?}(a, b)   b[..., n, m]
//	solve{trans?}(a, b)  inv(a)                 b[..., n, m]
//	lu(a) -> packed, perm int64; lu_solve{trans?}(lu, perm, b); slogdet(a) -> log|det|, sign
//	eigh(a) -> w, v; eig(a) -> w, v complex; qr{mode?}(a) -> q, r; svd{mode?}(a) -> u, s, vh    mode full: square q, u and vh; absent: reduced
//	assignment(c[..., n, m]) -> int64 [..., n]  columns of the rows, all different, with the smallest sum of costs; m >= n; no derivative
//	pinv(a, cut)                                singular values not above cut max s count as 0
//	funm{mode}(a)  funm_tangent{mode}(a, e)     mode exp, log, sqrt; the derivative in the direction e
//	spectral_diagonal(a, w, v, m)  singular_diagonal(a, u, s, vh, m)    Re diag(v^H m v), Re diag(u^H m v); made by derivatives
//	spectral(a, w, v, g)  singular(a, u, s, vh, g)      v diag(g) v^H, u diag(g) vh; likewise
//	random_bits random_uniform random_normal {dtype, shape}(key)    keys int64[K], words of rng.Key; result K + shape, element k a function of (key, k)
//	random_loggamma random_poisson random_von_mises(key, parameter) parameters K + S, one draw each; poisson -> int64,
//	random_binomial(key, trials, probability)   also
//	random_fold(key, part) -> int64             element-wise; loggamma_slope(a, y), von_mises_slope(k, t): implicit derivatives of draws
//	call{program, transforms?}(x, ...)          expanded by Inline; captured outer values are extra operands
//	custom_jvp{program, rules: [jvp]}           jvp: (inputs, tangents) or (inputs, outputs, tangents) -> tangents of the outputs
//	custom_vjp{program, rules: [fwd, bwd]}      fwd: inputs -> (outputs, residuals), bwd: (residuals, cotangents) -> cotangents of the inputs;
//	                                            with a third rule, the jvp (inputs, tangents) -> tangents of the outputs, forward mode too
//	custom_solve{n, rules: [solve, tsolve, matvec]}   (n consts, b) -> x with matvec(consts, x) = b; tsolve: (consts, b) of the transposed system
//	scan{program, length, carries, slices, rules?: [condition], counted?, reverse?}(carries, slices, consts, count?)
//	                                            step: (carries, a slice of axis 0 of each, consts) -> (carries, ys); results: the last carries,
//	                                            ys stacked. With a condition, (carries, consts) -> bool, it goes on while that is true, at most
//	                                            length steps (-1: any number), and the last result is their number; rows of ys behind it are
//	                                            undefined. Counted: the number of steps is the last operand
//	switch{rules: branches}(i int64, x, ...)    branch min(max(i, 0), n-1) of x; the others do not run
//	remat{program}(x, ...)                      program, of which a reverse derivative stores the operands alone
//
// A matrix without Cholesky factor and a singular one in solve or inv give NaN, not an error. In core/linalg the names are Cholesky, LU, LUSolve,
// Solve, Inverse, LogDet, TriangularSolve, Eigh, QR, SVD, Eig, MatrixFunction; by LAPACK they are potrf, getrf, getri, trsm and trsv, syevd and heevd,
// gelqf with orglq and unglq, gesdd, geev, zgees; in Go gonum's for real matrices, the textbook for complex ones.
//
// segment_sum(x, ids, n) is scatter{add} into zeros; take and fancy indexing are gather and transpose; take_along_axis is gather with iotas.
//
// # Derivatives
//
// Reverse mode is forward mode followed by a transposition of its linear part. The gradient of a real loss L in a complex z = a + ib is
// dL/da - i dL/db; the pairing of cotangent and tangent is Re(sum u v), never conjugated. An exactly zero cotangent meets an infinite or NaN
// partial derivative as 0 (mulz). Ties: reductions and binary max, min share equally; abs and sign have derivative 0 at 0; sort follows its
// stable order; cummax keeps the first. Linear algebra of Hermitian matrices differentiates as a function of the Hermitian part. Symmetric functions
// of degenerate eigenvalues and singular values have exact first and second derivatives, vectors in degenerate blocks NaN: see ops_spectral.go.
//
// The Laplacian is propagated forward: J' = f' J, L' = f' L + f2[J, J], with f' and f2, its derivative, from the JVP applied once and twice. A Jacobian is a sum
// of blocks that say on which index of an axis of the input an element depends; what an operation does to that is in [laplacer.follow], and
// what it does not know makes the axis dense. Taylor series come from y' = JVP(x, y, x'): coefficient k of y is coefficient k - 1 of the right
// side over k; products, quotients and what is linear have their formulas, all other nodes of the rule are asked in the same way.
//
// # Adding an operation
//
// Its name goes into the list of optable.go (element-wise ones between OpNeg and OpSelect), its row into the ops_*.go of its kind: type rule,
// JVP as nodes that are linear in the tangents, transpose if it is linear itself, batching, slow reference. Its line goes into rules_test.go
// (which tries all of these) and its values into testdata/make_cases.py; a test fails without them. A nil JVP says that the derivative is 0.
//
// # Wire form
//
//	{"version": 1, "inputs": [{"dtype": "float64", "shape": [3]}], "ops": ["mul", "reduce_sum"], "code": [0, 1],
//	 "args": [[0, 0], [1]], "attrs": [{"axes": [0]}], "attr": [-1, 0], "outputs": [2]}
//
// Node k has id len(inputs)+k, applies ops[code[k]] to args[k] with attributes attrs[attr[k]] (-1: none). [Decode] checks everything.
package expr
