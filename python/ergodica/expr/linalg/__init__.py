"""numpy.linalg and the triangular solves of scipy.linalg."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import elementwise as e
from ergodica.expr import products
from ergodica.expr import reductions as r
from ergodica.expr import shapes as s
from ergodica.expr.products import dot, matmul, outer
from ergodica.expr.refuse import refuse
from ergodica.expr.values import FLOAT64, Value, active, lift


class EighResult(NamedTuple):
    eigenvalues: Any
    eigenvectors: Any


class EigResult(NamedTuple):
    eigenvalues: Any
    eigenvectors: Any


class SlogdetResult(NamedTuple):
    sign: Any
    logabsdet: Any


class QRResult(NamedTuple):
    Q: Any
    R: Any


class SVDResult(NamedTuple):
    U: Any
    S: Any
    Vh: Any


def _inexact(a: Any) -> Value:
    x = lift(a)
    return s.convert(x, FLOAT64) if x.dtype.kind in "bi" else x


def _matrix(a: Any) -> Value:
    x = _inexact(a)
    if x.ndim < 2:
        raise np.linalg.LinAlgError(f"expected matrices, got an array of shape {x.shape}")
    return x


def _real(x: Value) -> np.dtype:
    return e.part(x.dtype) if x.dtype.kind == "c" else x.dtype


def _square(a: Any) -> Value:
    x = _inexact(a)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"expected square matrices, got an array of shape {x.shape}")
    return x


def cholesky(a: Any, /, *, upper: bool = False) -> Value:
    x = _square(a)
    if upper:
        x = _adjoint(x)
    low = active().emit("cholesky", (x,), None, x.dtype, x.shape)
    return _adjoint(low) if upper else low


def _adjoint(x: Value) -> Value:
    return e.call(np.conjugate, s.swap_last(x))


def inv(a: Any) -> Value:
    x = _square(a)
    return active().emit("inv", (x,), None, x.dtype, x.shape)


def solve(a: Any, b: Any) -> Value:
    x, y = s.unify(_square(a), _inexact(b))
    column = y.ndim == 1
    if column:
        y = s.reshape(y, (*y.shape, 1))
    if y.shape[-2] != x.shape[-1]:
        raise ShapeError(f"solve: a matrix of shape {x.shape} and a right-hand side of shape {y.shape[:-1] if column else y.shape}")
    lead = s.common_shape(x.shape[:-2], y.shape[:-2])
    x, y = s.broadcast(x, lead + x.shape[-2:]), s.broadcast(y, lead + y.shape[-2:])
    z = active().emit("solve", (x, y), None, x.dtype, y.shape)
    return s.reshape(z, z.shape[:-1]) if column else z


def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **kwargs: Any) -> Value:
    """scipy.linalg.solve_triangular."""
    x, y = s.unify(_square(a), _inexact(b))
    column = y.ndim == x.ndim - 1
    if column:
        y = s.reshape(y, (*y.shape, 1))
    attrs: dict[str, Any] = {}
    if lower:
        attrs["lower"] = True
    if trans in (1, "T", 2, "C"):
        attrs["trans"] = True
        x = e.call(np.conjugate, x) if trans in (2, "C") else x
    if unit_diagonal:
        attrs["unit"] = True
    lead = s.common_shape(x.shape[:-2], y.shape[:-2])
    x, y = s.broadcast(x, lead + x.shape[-2:]), s.broadcast(y, lead + y.shape[-2:])
    z = active().emit("triangular_solve", (x, y), attrs or None, x.dtype, y.shape)
    return s.reshape(z, z.shape[:-1]) if column else z


def slogdet(a: Any) -> SlogdetResult:
    x = _square(a)
    real = _real(x)
    lead = x.shape[:-2]
    first = active().emit("slogdet", (x,), None, real, lead)
    log, sign = active().results(first, [(real, lead), (x.dtype, lead)])
    return SlogdetResult(sign, log)


def det(a: Any) -> Value:
    x = _square(a)
    n = x.shape[-1]
    if n <= 3:  # a polynomial: right where the matrix is singular
        m = [[s.at(s.at(x, x.ndim - 2, i), x.ndim - 2, j) for j in range(n)] for i in range(n)]
        if n == 0:
            return s.full(x.shape[:-2], 1, x.dtype)
        if n == 1:
            return m[0][0]
        two = lambda i, j: m[1][i] * m[2][j] - m[1][j] * m[2][i]
        return m[0][0] * m[1][1] - m[0][1] * m[1][0] if n == 2 else m[0][0] * two(1, 2) - m[0][1] * two(0, 2) + m[0][2] * two(0, 1)
    sign, log = slogdet(x)
    return sign * s.convert(e.call(np.exp, log), x.dtype)


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    x = _square(a)
    if UPLO.upper() == "U":
        x = _adjoint(x)
    real = _real(x)
    types = [(real, x.shape[:-1]), (x.dtype, x.shape)]
    return EighResult(*active().results(active().emit("eigh", (x,), None, *types[0]), types))


def eigvalsh(a: Any, UPLO: str = "L") -> Value:
    return eigh(a, UPLO).eigenvalues


def eig(a: Any) -> EigResult:
    """numpy.linalg.eig; complex also where all eigenvalues are real. Their order is LAPACK's."""
    x = _square(a)
    dtype = np.result_type(x.dtype, np.complex64)
    types = [(dtype, x.shape[:-1]), (dtype, x.shape)]
    return EigResult(*active().results(active().emit("eig", (x,), None, *types[0]), types))


def eigvals(a: Any) -> Value:
    return eig(a).eigenvalues


def qr(a: Any, mode: str = "reduced") -> Any:
    """numpy.linalg.qr. With mode="complete" a matrix of more rows than columns has no derivative: its last columns are any basis."""
    x = _matrix(a)
    if mode not in ("reduced", "r", "complete"):
        raise refuse(f"qr with mode={mode!r}", "Use mode='reduced', 'complete' or 'r'.")
    n, m = x.shape[-2:]
    full = mode == "complete" and n > m
    k = n if full else min(n, m)
    types = [(x.dtype, (*x.shape[:-2], n, k)), (x.dtype, (*x.shape[:-2], k, m))]
    out = QRResult(*active().results(active().emit("qr", (x,), {"mode": "full"} if full else None, *types[0]), types))
    return out.R if mode == "r" else out


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """numpy.linalg.svd. With full_matrices=True a matrix that is not square has no derivative: the further vectors are any basis."""
    x = _matrix(a)
    n, m = x.shape[-2:]
    full = full_matrices and compute_uv and n != m
    left, right = (n, m) if full else (min(n, m),) * 2
    lead = x.shape[:-2]
    types = [(x.dtype, (*lead, n, left)), (_real(x), (*lead, min(n, m))), (x.dtype, (*lead, right, m))]
    out = SVDResult(*active().results(active().emit("svd", (x,), {"mode": "full"} if full else None, *types[0]), types))
    return out if compute_uv else out.S


def svdvals(x: Any, /) -> Value:
    return svd(x, compute_uv=False)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Value:
    x = _matrix(a)
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else max(x.shape[-2:]) * float(np.finfo(x.dtype).eps) if rtol is None else rtol
    real, lead = _real(x), x.shape[:-2]
    cut = s.broadcast(s.convert(lift(rcond), real), lead)
    return active().emit("pinv", (x, cut), None, x.dtype, (*lead, x.shape[-1], x.shape[-2]))


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """numpy.linalg.lstsq. The residuals have the shape that a matrix of full rank gives them."""
    x, y = s.unify(_matrix(a), _inexact(b))
    if x.ndim != 2 or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise np.linalg.LinAlgError(f"lstsq: expected a matrix (M, N) and right-hand sides (M,) or (M, K), got {x.shape} and {y.shape}")
    cut = max(x.shape) * float(np.finfo(x.dtype).eps) if rcond is None else np.finfo(x.dtype).eps if np.ndim(rcond) == 0 and rcond == -1 else rcond
    w = svdvals(x)
    solution = dot(pinv(x, cut), y)
    rank = s.convert(_rank(w, cut), np.dtype(np.int32))
    if x.shape[0] > x.shape[1] > 0:
        off = y - dot(x, solution)
        size = e.call(np.square, e.real_of(off)) + e.call(np.square, e.imag_of(off)) if off.dtype.kind == "c" else e.call(np.square, off)
        residuals = r.sum_(size if off.ndim == 2 else s.reshape(size, (-1, 1)), 0)
    else:
        residuals = s.full((0,), 0, w.dtype)
    return solution, residuals, rank, w


def _rank(w: Value, relative: Any) -> Value:
    if w.shape[-1] == 0:
        return s.full(w.shape[:-1], 0, np.dtype(np.int64))
    limit = r.max_(w, -1, keepdims=True) * relative
    return r.count_nonzero(w > limit, -1)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Value:
    x = _inexact(A)
    if x.ndim < 2:
        return s.convert(r.any_(x != 0, None), np.dtype(np.int64))
    w = svdvals(x)
    if tol is None:
        return _rank(w, rtol if rtol is not None else max(x.shape[-2:]) * float(np.finfo(x.dtype).eps))
    limit = s.convert(lift(tol), w.dtype)
    return r.count_nonzero(w > s.reshape(limit, (*limit.shape, 1)), -1)


def cond(x: Any, p: Any = None) -> Value:
    v = _matrix(x)
    if p is None or p in (2, -2):
        w = svdvals(v)
        large, small = s.at(w, w.ndim - 1, 0), s.at(w, w.ndim - 1, w.shape[-1] - 1)
        return small / large if p == -2 else large / small
    return norm(v, p, (-2, -1)) * norm(inv(v), p, (-2, -1))


def tensorinv(a: Any, ind: int = 2) -> Value:
    x = _inexact(a)
    first, rest = x.shape[:ind], x.shape[ind:]
    return s.reshape(inv(s.reshape(x, (math.prod(first), math.prod(rest)))), (*rest, *first))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Value:
    x, y = _inexact(a), _inexact(b)
    if axes is not None:
        order = [k for k in range(x.ndim) if k not in {s.axis_of(i, x.ndim) for i in axes}]
        x = s.transpose(x, (*order, *[s.axis_of(i, x.ndim) for i in axes]))
    rest = x.shape[y.ndim :]
    n = math.prod(rest)
    return s.reshape(solve(s.reshape(x, (n, n)), s.reshape(y, (n,))), rest)


def matrix_power(a: Any, n: int) -> Value:
    x = _square(a)
    if n < 0:
        x, n = inv(x), -n
    result = None
    while n:
        if n & 1:
            result = x if result is None else matmul(result, x)
        n >>= 1
        if n:
            x = matmul(x, x)
    return result if result is not None else s.broadcast(active().array(np.eye(x.shape[-1], dtype=x.dtype)), x.shape)


def multi_dot(arrays: Any, *, out: Any = None) -> Value:
    """numpy.linalg.multi_dot, in the order of fewest products (T. H. Cormen et al., "Introduction to Algorithms", 15.2)."""
    xs = [lift(a) for a in arrays]
    k = len(xs)
    if k < 2:
        raise ValueError("multi_dot: expected at least two arrays")
    sizes = [1 if xs[0].ndim == 1 else xs[0].shape[0], *[x.shape[0] for x in xs[1:]], 1 if xs[-1].ndim == 1 else xs[-1].shape[-1]]
    cost = [[0.0] * k for _ in range(k)]
    split = [[0] * k for _ in range(k)]
    for length in range(2, k + 1):
        for i in range(k - length + 1):
            j = i + length - 1
            cost[i][j], split[i][j] = min((cost[i][m] + cost[m + 1][j] + sizes[i] * sizes[m + 1] * sizes[j + 1], m) for m in range(i, j))

    def product(i: int, j: int) -> Value:
        return xs[i] if i == j else dot(product(i, split[i][j]), product(split[i][j] + 1, j))

    return product(0, k - 1)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Value:
    """numpy.linalg.norm. The Euclidean norm has derivative 0 at 0."""
    v = _inexact(x)
    if axis is None:
        if ord is None or (ord == 2 and v.ndim == 1) or (ord in ("fro", "f") and v.ndim == 2):
            y = _euclid(v, None)
            return s.reshape(y, (1,) * v.ndim) if keepdims else y
        axis = tuple(range(v.ndim))
    axes = (axis,) if hasattr(axis, "__index__") else tuple(axis)
    axes = tuple(s.axis_of(a, v.ndim) for a in axes)
    size = e.call(np.absolute, v)
    if len(axes) == 1:
        if ord is None or ord == 2:
            return _euclid(v, axes, keepdims)
        if ord == math.inf:
            return r.max_(size, axes, keepdims=keepdims)
        if ord == -math.inf:
            return r.min_(size, axes, keepdims=keepdims)
        if ord == 0:
            return s.convert(r.count_nonzero(v, axes, keepdims), size.dtype)
        if ord == 1:
            return r.sum_(size, axes, keepdims=keepdims)
        return e.call(np.power, r.sum_(e.call(np.power, size, ord), axes, keepdims=keepdims), 1.0 / ord)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    y = _matrix_norm(v, ord, axes)
    return s.reshape(y, [1 if k in axes else v.shape[k] for k in range(v.ndim)]) if keepdims else y


def _matrix_norm(v: Value, ord: Any, axes: tuple[int, ...]) -> Value:
    if ord in (None, "fro", "f"):
        return _euclid(v, axes)
    m = s.transpose(v, (*[k for k in range(v.ndim) if k not in axes], *axes))
    if ord in (1, -1, math.inf, -math.inf):
        sums = r.sum_(e.call(np.absolute, m), -2 if ord in (1, -1) else -1)
        return r.max_(sums, -1) if ord > 0 else r.min_(sums, -1)
    if ord == "nuc":
        return r.sum_(svdvals(m), -1)
    if ord in (2, -2):
        w = svdvals(m)
        return r.max_(w, -1) if ord == 2 else r.min_(w, -1)
    raise ValueError("Invalid norm order for matrices.")


def _euclid(v: Value, axis: Any, keepdims: bool = False) -> Value:
    square = e.call(np.square, e.real_of(v)) + e.call(np.square, e.imag_of(v)) if v.dtype.kind == "c" else e.call(np.square, v)
    return e.one("sqrt0", r.sum_(square, axis, keepdims=keepdims))


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Value:
    v = _inexact(x)
    if axis is None:
        y = norm(s.reshape(v, (-1,)), ord)
        return s.reshape(y, (1,) * v.ndim) if keepdims else y
    if isinstance(axis, tuple):
        axes = s.axes_of(axis, v.ndim)
        rest = [k for k in range(v.ndim) if k not in axes]
        shape = [1 if k in axes else v.shape[k] for k in range(v.ndim)] if keepdims else [v.shape[k] for k in rest]
        return s.reshape(norm(s.reshape(s.transpose(v, (*rest, *axes)), (*[v.shape[k] for k in rest], -1)), ord, -1), shape)
    return norm(v, ord, axis, keepdims)


FUNCTIONS: dict[Any, Any] = {
    np.linalg.cholesky: cholesky, np.linalg.inv: inv, np.linalg.solve: solve, np.linalg.slogdet: slogdet, np.linalg.det: det, np.linalg.eigh: eigh,
    np.linalg.eigvalsh: eigvalsh, np.linalg.eig: eig, np.linalg.eigvals: eigvals, np.linalg.cond: cond, np.linalg.matrix_rank: matrix_rank,
    np.linalg.tensorinv: tensorinv, np.linalg.tensorsolve: tensorsolve,
    np.linalg.qr: qr, np.linalg.svd: svd, np.linalg.pinv: pinv, np.linalg.matrix_power: matrix_power,
    np.linalg.multi_dot: multi_dot, np.linalg.norm: norm, np.linalg.lstsq: lstsq, np.linalg.svdvals: svdvals, np.linalg.outer: outer,
    np.linalg.matmul: matmul, np.linalg.vector_norm: vector_norm,
    np.linalg.trace: lambda x, /, *, offset=0, dtype=None: products.trace(x, offset, -2, -1, dtype),
    np.linalg.cross: lambda a, b, /, *, axis=-1: products.cross(a, b, axis=axis),
    np.linalg.vecdot: lambda a, b, /, *, axis=-1: products.vecdot(a, b, axis),
    np.linalg.tensordot: lambda a, b, /, *, axes=2: products.tensordot(a, b, axes),
    np.linalg.diagonal: lambda x, /, *, offset=0: products.diagonal(lift(x), offset, -2, -1),
    np.linalg.matrix_transpose: lambda x, /: s.swap_last(lift(x)),
    np.linalg.matrix_norm: lambda x, /, *, keepdims=False, ord="fro": norm(x, ord, (-2, -1), keepdims),
}  # fmt: skip
