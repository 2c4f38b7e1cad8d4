"""scipy.linalg's functions of traced arrays. Of their keywords those that change the result are obeyed, those on checks and memory ignored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr import linalg
from ergodica.expr import shapes as s
from ergodica.expr.linalg import _adjoint, _inexact, _matrix, _square
from ergodica.expr.products import matmul
from ergodica.expr.refuse import refuse
from ergodica.expr.values import INT64, Value, active, lift


class Pivots:
    """What ``lu_factor`` of a traced matrix gives in place of LAPACK's row exchanges; ``lu_solve`` takes it."""

    __slots__ = ("perm",)

    def __init__(self, perm: Value) -> None:
        self.perm = perm

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise refuse("the pivots of lu_factor in a traced function are for lu_solve alone", "Use np.linalg.slogdet, or scipy.linalg.lu.")

    __array__ = __len__ = __iter__ = __getitem__ = __eq__ = __ne__ = __lt__ = __add__ = __sub__ = __array_ufunc__ = _refuse
    __hash__: Any = None


def _lu(a: Any) -> tuple[Value, Value]:
    x = _square(a)
    types = [(x.dtype, x.shape), (INT64, x.shape[:-1])]
    lu, perm = active().results(active().emit("lu", (x,), None, *types[0]), types)
    return lu, perm


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Value, Pivots]:
    lu, perm = _lu(a)
    return lu, Pivots(perm)


def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Value:
    packed, pivots = lu_and_piv
    if isinstance(pivots, Pivots):
        perm = pivots.perm
    else:  # factors from outside
        order = np.arange(len(pivots))
        for i, p in enumerate(np.asarray(pivots)):
            order[[i, p]] = order[[p, i]]
        perm = lift(order)
    x, y = s.unify(_square(packed), _inexact(b))
    column = y.ndim == x.ndim - 1
    if column:
        y = s.reshape(y, (*y.shape, 1))
    if trans == 2:
        x, y = e.call(np.conjugate, x), y
    z = active().emit("lu_solve", (x, perm, y), {"trans": True} if trans else None, x.dtype, y.shape)
    return s.reshape(z, z.shape[:-1]) if column else z


def lu(a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False) -> Any:
    x = _matrix(a)
    if x.shape[-1] != x.shape[-2]:
        raise refuse(f"scipy.linalg.lu of matrices of shape {x.shape[-2:]}", "Use square matrices, or np.linalg.qr.")
    packed, perm = _lu(x)
    n = x.shape[-1]
    low = np.tril(np.ones((n, n), bool), -1)
    zero = e.like(packed, 0)
    lower = e.select(s.broadcast(lift(low), x.shape), packed, zero) + lift(np.eye(n, dtype=x.dtype))
    upper = e.select(s.broadcast(lift(~low), x.shape), packed, zero)
    # column i of p is the unit vector of perm[i]: a = p l u
    p = s.convert(s.reshape(perm, (*perm.shape[:-1], 1, n)) == lift(np.arange(n)[:, None]), linalg._real(x))
    if permute_l:
        return matmul(s.convert(p, x.dtype), lower), upper
    if p_indices:
        order = active().emit("argsort", (perm,), {"axis": perm.ndim - 1}, INT64, perm.shape)
        return s.convert(order, np.dtype(np.int32)), lower, upper
    return p, lower, upper


def solve(a: Any, b: Any, lower: bool = False, *args: Any, assume_a: Any = None, transposed: bool = False, **kwargs: Any) -> Value:
    x = lift(a)
    return linalg.solve(s.swap_last(x) if transposed else x, b)


def cholesky(a: Any, lower: bool = False, **kwargs: Any) -> Value:
    return linalg.cholesky(a, upper=not lower)


def _alone(b: Any, name: str) -> None:
    if b is not None:
        raise refuse(f"scipy.linalg.{name} of a pair of matrices", "Reduce it with np.linalg.cholesky(b) first.")


def _subset(w: Value, v: Value | None, by_index: Any, by_value: Any) -> Any:
    if by_value is not None:
        raise refuse("subset_by_value of a traced matrix: the number of results is not known", "Use subset_by_index.")
    if by_index is not None:
        low, high = (int(i) for i in by_index)
        w = s.cut(w, w.ndim - 1, low, high + 1)
        v = None if v is None else s.cut(v, v.ndim - 1, low, high + 1)
    return w if v is None else (w, v)


def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, subset_by_index: Any = None, subset_by_value: Any = None, **kwargs: Any) -> Value:
    _alone(b, "eigvalsh")
    return _subset(linalg.eigvalsh(a, "L" if lower else "U"), None, subset_by_index, subset_by_value)


def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, subset_by_index: Any = None, subset_by_value: Any = None, **kwargs: Any
) -> Any:
    _alone(b, "eigh")
    w, v = linalg.eigh(a, "L" if lower else "U")
    return _subset(w, None if eigvals_only else v, subset_by_index, subset_by_value)


def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, **kwargs: Any) -> Any:
    _alone(b, "eig")
    if left:
        raise refuse("scipy.linalg.eig with left=True", "Take the inverse of the right eigenvectors: their rows are the left ones.")
    return tuple(linalg.eig(a)) if right else linalg.eigvals(a)


def eigvals(a: Any, b: Any = None, **kwargs: Any) -> Value:
    _alone(b, "eigvals")
    return linalg.eigvals(a)


def qr(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", pivoting: bool = False, check_finite: bool = True) -> Any:
    if pivoting or mode == "raw":
        raise refuse("scipy.linalg.qr with pivoting or mode='raw'", "Use mode='economic' or 'full'.")
    out = linalg.qr(a, {"full": "complete", "economic": "reduced", "r": "complete"}[mode])
    return (out.R,) if mode == "r" else tuple(out)


def cho_factor(a: Any, lower: bool = False, **kwargs: Any) -> Any:
    return cholesky(a, lower), lower


def cho_solve(c_and_lower: Any, b: Any, **kwargs: Any) -> Value:
    c, lower = c_and_lower
    low = lift(c) if lower else _adjoint(lift(c))
    return linalg.solve_triangular(low, linalg.solve_triangular(low, b, lower=True), trans="C", lower=True)


def lstsq(a: Any, b: Any, cond: Any = None, *args: Any, **kwargs: Any) -> Any:
    return linalg.lstsq(a, b, np.finfo(_inexact(a).dtype).eps if cond is None else cond)


def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    x = _matrix(a)
    if atol is not None:
        raise refuse("scipy.linalg.pinv with atol", "Use rtol.")
    cut = max(x.shape[-2:]) * float(np.finfo(x.dtype).eps) if rtol is None else rtol
    y = linalg.pinv(x, cut)
    return (y, linalg._rank(linalg.svdvals(x), cut)) if return_rank else y


def _function(mode: str) -> Callable[..., Value]:
    def apply(A: Any, *args: Any, **kwargs: Any) -> Value:
        x = _square(A)
        return active().emit("funm", (x,), {"mode": mode}, x.dtype, x.shape)

    apply.__name__ = {"exp": "expm", "log": "logm", "sqrt": "sqrtm"}[mode]
    return apply


def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: bool = True) -> Any:
    x, y = s.unify(_square(A), _square(E))
    tangent = active().emit("funm_tangent", (x, y), {"mode": "exp"}, x.dtype, x.shape)
    return (_function("exp")(x), tangent) if compute_expm else tangent


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lu_factor": lu_factor, "lu_solve": lu_solve, "lu": lu, "solve": solve, "cholesky": cholesky, "cho_factor": cho_factor, "cho_solve": cho_solve,
    "eigvalsh": eigvalsh, "eigh": eigh, "eig": eig, "eigvals": eigvals, "qr": qr, "lstsq": lstsq, "pinv": pinv, "expm": _function("exp"),
    "logm": _function("log"), "sqrtm": _function("sqrt"), "expm_frechet": expm_frechet, "solve_triangular": linalg.solve_triangular,
    "inv": lambda a, *args, **k: linalg.inv(a), "det": lambda a, *args, **k: linalg.det(a), "svdvals": lambda a, *args, **k: linalg.svdvals(a),
    "svd": lambda a, full_matrices=True, compute_uv=True, *args, **k: linalg.svd(a, full_matrices, compute_uv),
    "norm": lambda a, ord=None, axis=None, keepdims=False, **k: linalg.norm(a, ord, axis, keepdims),
}  # fmt: skip
