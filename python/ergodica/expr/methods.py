"""Operators of traced arrays, in place and not, and those methods that are NumPy functions of the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import generic, ndarray  # by name: attributes of np are watched while something is traced

from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.concrete import is_sparse
from ergodica.expr.tracer import Tracer, wrap
from ergodica.expr.values import Value


def _method(func: Any) -> Callable[..., Any]:
    def method(self: Tracer, *args: Any, **kwargs: Any) -> Any:
        return func(self, *args, **kwargs)

    method.__doc__ = f"``numpy.{func.__name__}``."
    return method


for _f in (np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min, np.any, np.all, np.argmax, np.argmin, np.cumsum, np.cumprod, np.ptp, np.ravel,
           np.swapaxes, np.repeat, np.take, np.clip, np.round, np.trace, np.diagonal, np.argsort, np.searchsorted, np.compress, np.choose,
           np.nonzero):  # fmt: skip
    if not hasattr(Tracer, _f.__name__):
        setattr(Tracer, _f.__name__, _method(_f))
for _name, _f in (("max", np.max), ("min", np.min), ("round", np.round)):
    setattr(Tracer, _name, _method(_f))


def in_place(x: Tracer, new: Any) -> Any:
    """``x op= y``: a new value for the handle; numbers are immutable, so they give a new one."""
    if not x.shape and not x._frozen:
        return new
    if not np.can_cast(new.dtype, x.dtype, "same_kind"):
        raise TypeError(f"cannot cast the result of an in-place operation from {new.dtype} to {x.dtype}")
    if np.shape(new) != x.shape:
        raise ValueError(f"non-broadcastable output operand with shape {x.shape} doesn't match the broadcast shape {np.shape(new)}")
    x._check_writable()
    y = e.plain(new)
    if isinstance(new, Tracer):
        y = new._operand()
    x._store(s.convert(y, x.dtype) if isinstance(y, Value) else np.asarray(y).astype(x.dtype))
    return x


def _binary(ufunc: np.ufunc, swap: bool) -> Callable[[Any, Any], Any]:
    def operator(x: Tracer, y: Any) -> Any:
        if not isinstance(y, (Tracer, int, float, complex, ndarray, generic, list, tuple)):
            if ufunc is np.multiply and is_sparse(y) and not type(y).__name__.endswith("_array"):  # whose * is the matrix product
                return x.__matmul__(y) if not swap else x.__rmatmul__(y)
            return NotImplemented
        p, q = x._operand(), e.plain(y)
        if not isinstance(p, Value) and not isinstance(q, Value):
            return wrap(ufunc(q, p) if swap else ufunc(p, q))
        out = e.apply(ufunc, (q, p) if swap else (p, q))
        if isinstance(p, Value) and p.weak and isinstance(out, Value) and out.dtype == p.dtype and (
                (isinstance(q, Value) and q.weak) or type(q) in (int, float)):  # fmt: skip
            out = Value(out.trace, out.id, out.dtype, out.shape, True)
        return Tracer(out)

    return operator


def _augmented(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    plain = _binary(ufunc, False)

    def operator(x: Tracer, y: Any) -> Any:
        if x.shape or x._frozen:
            x._check_writable()
        new = plain(x, y)
        return new if new is NotImplemented else in_place(x, new)

    return operator


e.install_operators(Tracer, _binary)
for _name, _u in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.divide), ("floordiv", np.floor_divide),
                  ("mod", np.remainder), ("pow", np.power), ("and", np.bitwise_and), ("or", np.bitwise_or), ("xor", np.bitwise_xor),
                  ("lshift", np.left_shift), ("rshift", np.right_shift)):  # fmt: skip
    setattr(Tracer, f"__i{_name}__", _augmented(_u))
