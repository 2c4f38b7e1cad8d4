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
    real = e.part(x.dtype) if x.dtype.kind == "c" else x.dtype
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
    real = e.part(x.dtype) if x.dtype.kind == "c" else x.dtype
    types = [(real, x.shape[:-1]), (x.dtype, x.shape)]
    return EighResult(*active().results(active().emit("eigh", (x,), None, *types[0]), types))


def eigvalsh(a: Any, UPLO: str = "L") -> Value:
    return eigh(a, UPLO).eigenvalues


def qr(a: Any, mode: str = "reduced") -> Any:
    x = _inexact(a)
    if mode not in ("reduced", "r"):
        raise refuse(f"qr with mode={mode!r}", "Use mode='reduced'.")
    n, m = x.shape[-2:]
    k = min(n, m)
    types = [(x.dtype, (*x.shape[:-2], n, k)), (x.dtype, (*x.shape[:-2], k, m))]
    out = QRResult(*active().results(active().emit("qr", (x,), None, *types[0]), types))
    return out.R if mode == "r" else out


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    x = _inexact(a)
    n, m = x.shape[-2:]
    k = min(n, m)
    if compute_uv and full_matrices and n != m:
        raise refuse("svd with full_matrices=True of a matrix that is not square", "Use np.linalg.svd(a, full_matrices=False).")
    real = e.part(x.dtype) if x.dtype.kind == "c" else x.dtype
    lead = x.shape[:-2]
    types = [(x.dtype, (*lead, n, k)), (real, (*lead, k)), (x.dtype, (*lead, k, m))]
    out = SVDResult(*active().results(active().emit("svd", (x,), None, *types[0]), types))
    return out if compute_uv else out.S


def svdvals(x: Any, /) -> Value:
    return svd(x, compute_uv=False)


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Value:
    x = _inexact(a)
    u, w, vh = svd(x, full_matrices=False)
    cut = (
        rcond if rcond is not None else rtol if rtol is not None else max(x.shape[-2:]) * float(np.finfo(w.dtype).eps) if rtol is not None else 1e-15
    )
    big = w > r.max_(w, -1, keepdims=True) * cut
    safe = e.select(big, w, e.like(w, 1))
    inverse = e.select(big, e.like(w, 1) / safe, e.like(w, 0))
    return matmul(_adjoint(vh) * s.reshape(inverse, (*inverse.shape[:-1], 1, inverse.shape[-1])), _adjoint(u))


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
    result = arrays[0]
    for a in arrays[1:]:
        result = dot(result, a)
    return result


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
    if ord in (None, "fro", "f"):
        return _euclid(v, axes, keepdims)
    if keepdims:
        raise refuse(f"norm with ord={ord!r} of matrices with keepdims", "Reshape its result instead.")
    m = s.transpose(v, (*[k for k in range(v.ndim) if k not in axes], *axes))
    size = e.call(np.absolute, m)
    if ord in (1, -1, math.inf, -math.inf):
        sums = r.sum_(size, -2 if ord in (1, -1) else -1)
        return r.max_(sums, -1) if ord > 0 else r.min_(sums, -1)
    w = svd(m, compute_uv=False)
    if ord == "nuc":
        return r.sum_(w, -1)
    if ord in (2, -2):
        return r.max_(w, -1) if ord == 2 else r.min_(w, -1)
    raise ValueError("Invalid norm order for matrices.")


def _euclid(v: Value, axis: Any, keepdims: bool = False) -> Value:
    square = e.call(np.square, e.real_of(v)) + e.call(np.square, e.imag_of(v)) if v.dtype.kind == "c" else e.call(np.square, v)
    return e.one("sqrt0", r.sum_(square, axis, keepdims=keepdims))


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    raise refuse("np.linalg.lstsq", "Solve the normal equations, np.linalg.solve(a.T @ a, a.T @ b), or use np.linalg.pinv(a) @ b.")


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Value:
    v = _inexact(x)
    if axis is None:
        y = norm(s.reshape(v, (-1,)), ord)
        return s.reshape(y, (1,) * v.ndim) if keepdims else y
    if isinstance(axis, tuple):
        if keepdims:
            raise refuse("vector_norm over several axes with keepdims", "Reshape its result instead.")
        axes = s.axes_of(axis, v.ndim)
        rest = [k for k in range(v.ndim) if k not in axes]
        v, axis = s.reshape(s.transpose(v, (*rest, *axes)), (*[v.shape[k] for k in rest], -1)), -1
    return norm(v, ord, axis, keepdims)


FUNCTIONS: dict[Any, Any] = {
    np.linalg.cholesky: cholesky, np.linalg.inv: inv, np.linalg.solve: solve, np.linalg.slogdet: slogdet, np.linalg.det: det, np.linalg.eigh: eigh,
    np.linalg.eigvalsh: eigvalsh, np.linalg.qr: qr, np.linalg.svd: svd, np.linalg.pinv: pinv, np.linalg.matrix_power: matrix_power,
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
