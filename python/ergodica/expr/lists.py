"""Lists of traced values where NumPy takes them for arrays: ``np.sum([a, b])``, ``np.exp([a, b])``, ``np.r_[a, b]``.

NumPy's protocols look at the arguments themselves, not into lists. While something is traced, user code gets these functions with lists of traced
values stacked first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from ergodica.expr import arrays, dispatch
from ergodica.expr import shapes as s
from ergodica.expr.elementwise import UFUNCS
from ergodica.expr.refuse import refuse
from ergodica.expr.tracer import FUNCTIONS, Tracer, wrap

JOINING = {
    np.concatenate,
    np.stack,
    np.hstack,
    np.vstack,
    np.dstack,
    np.column_stack,
    np.block,
    np.select,
    np.meshgrid,
    np.broadcast_arrays,
    np.einsum,
    np.linalg.multi_dot,
    np.choose,
    np.piecewise,
    np.reshape,
    np.broadcast_to,
    np.transpose,
    np.tile,
    np.expand_dims,
    np.moveaxis,
}


def stacked(x: Any) -> Any:
    """A list that holds traced values as one array; anything else as it is."""
    return wrap(s.nested(x)) if type(x) in (list, tuple) and s.traced_inside(x) else x


class WithLists:
    """A function of NumPy that also takes lists of traced values."""

    __slots__ = ("__dict__", "_f")

    def __init__(self, f: Any) -> None:
        self._f = f
        self.__name__, self.__doc__ = f.__name__, f.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._f is np.take and any(type(x) is Tracer for x in (*args[1:], *kwargs.values())):  # NumPy asks the first argument alone
            return dispatch.function(np.take, args, kwargs)
        for x in args:
            if type(x) is list or type(x) is tuple:
                return self._f(*[stacked(y) for y in args], **kwargs)
        return self._f(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        x = getattr(self._f, name)
        return WithLists(x) if name in ("reduce", "outer", "accumulate") else x

    def __eq__(self, other: Any) -> Any:
        return other is self or other is self._f

    def __hash__(self) -> int:
        return hash(self._f)


class _Joined:
    """``np.r_`` and ``np.c_``."""

    def __init__(self, original: Any, columns: bool) -> None:
        self._original, self._columns = original, columns

    def __getitem__(self, key: Any) -> Any:
        items = key if isinstance(key, tuple) else (key,)
        if not s.traced_inside(list(items)):
            return self._original[key]
        if any(isinstance(i, str) for i in items):
            raise refuse("np.r_ with directions in a string, of traced values", "Use np.concatenate or np.stack.")
        parts = [np.r_[i] if isinstance(i, slice) else stacked(i) for i in items]
        if self._columns:
            return wrap(arrays.column_stack(parts))
        return wrap(arrays.concatenate([np.atleast_1d(p) for p in parts]))


def replacements() -> dict[Any, dict[str, Callable[..., Any]]]:
    """By module and name."""
    out: dict[Any, dict[str, Any]] = {np: {}, np.linalg: {}, np.fft: {}, scipy.special: {}}
    for module, found in out.items():
        for name in dir(module):
            f = getattr(module, name, None)
            try:
                known = f in FUNCTIONS or (isinstance(f, np.ufunc) and f.__name__ in UFUNCS)
            except TypeError:
                continue
            if known and f not in JOINING:
                found[name] = WithLists(f)
    out[np] |= {"r_": _Joined(np.r_, False), "c_": _Joined(np.c_, True)}
    return out
