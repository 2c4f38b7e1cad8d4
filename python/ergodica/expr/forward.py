"""Directional derivatives and pullbacks: jvp, vjp, linearize."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ergodica.errors import SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Function, call, handles, operands, smooth, tangents_of, typed
from ergodica.expr.program import Sub


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""Value and directional derivative (forward mode).

    .. math:: (x, v) \mapsto \left(f(x), \frac{\partial f}{\partial x} v\right)

    Parameters
    ----------
    f : function of NumPy arrays
    primals : sequence of arguments
    tangents : sequence of directions, one for each argument, of its structure and shapes

    Returns
    -------
    (result, tangent of the result)
        Both of the result's structure; integer and boolean results have the tangent 0.0.

    Raises
    ------
    ShapeError
        A tangent does not have the shape of its argument.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> y, dy = erg.jvp(np.square, (3.0,), (1.0,))
    >>> float(y), float(dy)
    (9.0, 6.0)
    """

    def body(primals: Any, tangents: Any) -> Any:
        sub = Sub(f, tuple(primals), {})
        wrt = [k for k, (d, _, _) in enumerate(sub.types) if d.kind in "fc"]
        given = trees.flatten(tuple(tangents))[1]
        if len(given) == len(sub.types):
            given = [given[w] for w in wrt]
        out = _jvp_call(sub, sub.leaves, wrt, given)
        return out

    return _direct("jvp", f, body, tuple(primals), tuple(tangents))


def _jvp_call(sub: Sub, leaves: list[Any], wrt: list[int], given: list[Any]) -> tuple[Any, Any]:
    n, live = len(sub.outs), smooth(sub)
    types = sub.out_types + [sub.out_types[k] for k in live]
    args = operands(sub, leaves) + tangents_of(sub, wrt, given, "tangent")
    out = handles(call(sub, [{"kind": "jvp", "wrt": wrt}], args, types))
    slopes: list[Any] = [0.0] * n
    for k, t in zip(live, out[n:], strict=True):
        slopes[k] = t
    return trees.build(sub.out_tree, out[:n]), trees.build(sub.out_tree, slopes)


def _direct(kind: str, f: Callable[..., Any], body: Callable[..., Any], *args: Any) -> Any:
    return Function(kind, f, body)(*args)


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    r"""Value, and the function that pulls a cotangent back (reverse mode).

    .. math:: u \mapsto u^T \frac{\partial f}{\partial x}

    without conjugation for complex numbers.

    Parameters
    ----------
    f : function of NumPy arrays
    *primals : its arguments

    Returns
    -------
    (result, pullback)
        ``pullback(u)`` takes an object of the result's structure and returns a tuple with one entry for each argument.

    Raises
    ------
    ShapeError
        A cotangent does not have the shape of its result.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> y, pullback = erg.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))[0].tolist()
    [2.0, 40.0]
    """

    def value(*args: Any) -> Any:
        return f(*args)

    def pull(u: Any, *args: Any) -> Any:
        sub = Sub(f, args, {})
        wrt = [k for k, (d, _, _) in enumerate(sub.types) if d.kind in "fc"]
        live = smooth(sub)
        given = trees.flatten(u, trees.is_result)[1]
        if len(given) == len(sub.outs):
            given = [given[k] for k in live]
        if len(given) != len(live):
            raise SpecError(f"vjp: expected {len(live)} cotangents, got {len(given)}")
        cts = [typed(x, sub.out_types[k], "cotangent") for x, k in zip(given, live, strict=True)]
        n = len(sub.outs)
        types = sub.out_types + [sub.types[w][:2] for w in wrt]
        out = handles(call(sub, [{"kind": "vjp", "wrt": wrt}], operands(sub, sub.leaves) + cts, types))
        grads: list[Any] = [0.0] * len(sub.types)
        for w, g in zip(wrt, out[n:], strict=True):
            grads[w] = g
        return trees.build(sub.tree[2][0], grads)

    result = _direct("vjp", f, value, *primals)

    def pullback(cotangents: Any) -> Any:
        return _direct("vjp", f, pull, cotangents, *primals)

    return result, pullback


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    r"""Value, and the linear function :math:`v \mapsto \frac{\partial f}{\partial x} v` at this point.

    Parameters
    ----------
    f : function of NumPy arrays
    *primals : its arguments

    Returns
    -------
    (result, tangent function)
        The tangent function takes one direction for each argument.

    Raises
    ------
    ShapeError
        A tangent does not have the shape of its argument.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> y, forward = erg.linearize(np.sin, 0.0)
    >>> float(forward(2.0))
    2.0
    """
    result = _direct("linearize", f, lambda *args: f(*args), *primals)

    def forward(*tangents: Any) -> Any:
        return jvp(f, primals, tangents)[1]

    return result, forward
