"""Derivatives of models whose rows do not see each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError


def divergence(f: Callable[..., Any], x: Any, *rows: Any) -> Any:
    """The divergence (batch,) of f(x, *rows) in x (batch, ...)."""
    from ergodica.expr.operators import divergence as exact
    from ergodica.expr.verbs import vmap

    return vmap(lambda x, *r: exact(lambda y: f(y[None], *[a[None] for a in r])[0])(x))(x, *rows)


def probes(key: Any, count: int, x: Any) -> Any:
    """Random signs (count, *x.shape)."""
    return random.rademacher(key, (count, *np.shape(x))).astype(x.dtype)


def estimated(f: Callable[[Any], Any], x: Any, signs: Any) -> tuple[Any, Any]:
    """f(x), and the mean of v' J v over probes v (count, *x.shape), for each row."""
    from ergodica.expr.forward import jvp
    from ergodica.expr.verbs import vmap

    def along(v: Any) -> Any:
        y, slope = jvp(f, (x,), (v,))
        return y, np.sum(slope * v, axis=tuple(range(1, np.ndim(x))))

    if np.shape(signs)[0] == 1:
        return along(signs[0])
    return f(x), np.mean(vmap(lambda v: along(v)[1])(signs), axis=0)


def scalar_slopes(s: Callable[..., Any], x: Any, *rows: Any) -> tuple[Any, Any]:
    """s(x, *rows) (batch,) and its gradient in x."""
    from ergodica.expr.verbs import value_and_grad

    def total(x: Any) -> Any:
        each = scalar(s(x, *rows), x)
        return np.sum(each), each

    (_, each), slope = value_and_grad(total, has_aux=True)(x)
    return each, slope


def scalar_curves(s: Callable[..., Any], x: Any, *rows: Any) -> tuple[Any, Any, Any]:
    """s, its gradient and its Laplacian, for each row."""
    from ergodica.expr.operators import value_grad_laplacian
    from ergodica.expr.verbs import vmap

    def row(x: Any, *r: Any) -> Any:
        return value_grad_laplacian(lambda y: scalar(s(y[None], *[a[None] for a in r]), y[None])[0])(x)

    return vmap(row)(x, *rows)


def scalar(y: Any, x: Any) -> Any:
    """One number a row, (batch,) or (batch, 1)."""
    n = np.shape(x)[0]
    if np.shape(y) not in ((n,), (n, 1)):
        raise ShapeError(f"expected a model with a number for each of {n} rows, shape ({n},) or ({n}, 1); it returns shape {np.shape(y)}",
                         fields={"argument": "model"})  # fmt: skip
    return np.reshape(y, (n,))
