"""Directional derivatives and pullbacks: jvp, vjp, linearize, and the products of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Argnums, Function, call, emit, handles, operands, select, smooth, tangents_of, typed
from ergodica.expr.program import Program, Sub, linearized
from ergodica.expr.values import Shape, current
from ergodica.expr.verbs import hvp


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
        ``pullback(u)`` takes an object of the result's structure and returns a tuple with one entry for each argument. ``f`` was traced, and
        what does not depend on u computed, once; what it needs is kept.

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

    sub, y, apply = _halves("vjp", f, primals)
    live, wrt = smooth(sub), _varied(sub)

    def pullback(cotangents: Any) -> Any:
        given = trees.flatten(cotangents, trees.is_result)[1]
        if len(given) == len(sub.outs):
            given = [given[k] for k in live]
        if len(given) != len(live):
            raise SpecError(f"vjp: expected {len(live)} cotangents, got {len(given)}")
        pulled = apply([(x, sub.out_types[k], "cotangent") for x, k in zip(given, live, strict=True)])
        grads: list[Any] = [0.0] * len(sub.types)
        for w, g in zip(wrt, pulled, strict=True):
            grads[w] = g
        return trees.build(sub.tree[2][0], grads)

    return y, pullback


def _varied(sub: Sub) -> list[int]:
    return [k for k, (d, _, _) in enumerate(sub.types) if d.kind in "fc"]


Direction = tuple[Any, tuple[np.dtype, Shape], str]  # an array, the type it must have, what it is


def _halves(kind: str, f: Callable[..., Any], primals: tuple[Any, ...]) -> tuple[Sub, Any, Callable[[list[Direction]], list[Any]]]:
    """``f`` traced once: its result, and its derivative as a function of directions.

    Outside of traces the result is computed together with what the derivative needs of it, and that is kept.
    """
    if not callable(f):
        raise SpecError(f"{kind}: expected a function, got {type(f).__name__}")
    sub = Sub(f, primals, {})
    n, live, wrt = len(sub.outs), smooth(sub), _varied(sub)
    tangents, cotangents = [sub.types[w][:2] for w in wrt], [sub.out_types[k] for k in live]
    slopes = tangents if kind == "vjp" else cotangents

    if current() is not None:

        def within(directions: list[Direction]) -> list[Any]:
            transform = {"kind": "vjp" if kind == "vjp" else "jvp", "wrt": wrt}
            given = operands(sub, sub.leaves) + [typed(*d) for d in directions]
            return handles(call(sub, [transform], given, sub.out_types + slopes))[n:] if slopes else []

        result = handles(call(sub, [], operands(sub, sub.leaves), sub.out_types)) if n else []
        return sub, trees.build(sub.out_tree, result), within

    program, arrays = sub.wire()
    answer = linearized(program, wrt, kind == "vjp")
    residuals = [(np.dtype(t["dtype"]), tuple(t["shape"])) for t in answer["residuals"]]
    at = [t[:2] for t in sub.types] + [(a.dtype, a.shape) for a in arrays]
    value = Program._of(sub.name, answer["value"], at, sub.out_types + residuals)
    linear = Program._of(sub.name, answer["linear"], residuals + at + (cotangents if kind == "vjp" else tangents), slopes)
    point = [*sub.leaves, *arrays]
    out = value._run(point)
    kept = out[n:] + [np.array(x, t[0]) if read else x for x, t, read in zip(point, at, answer["reads"], strict=True)]

    def apply(directions: list[Direction]) -> list[Any]:
        if not slopes:
            return []
        if current() is None:
            return linear._run([*kept, *[_concrete(*d) for d in directions]])
        given = [typed(x, t, "residual") for x, t in zip(kept, residuals + at, strict=True)] + [typed(*d) for d in directions]
        return handles(emit(linear.wire(), None, given, slopes))

    return sub, trees.build(sub.out_tree, out[:n]), apply


def _concrete(x: Any, t: tuple[np.dtype, Shape], what: str) -> np.ndarray:
    """An array of this type."""
    a = np.asarray(x)
    if a.shape != t[1]:
        raise ShapeError(f"{what}: expected shape {t[1]}, got {a.shape}")
    if a.dtype.kind not in "biufc" or (a.dtype.kind == "c" and t[0].kind != "c"):
        raise ShapeError(f"{what}: expected {t[0]}, got {a.dtype}")
    return a.astype(t[0], copy=False)


def linearize(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    r"""Value, and the linear function :math:`v \mapsto \frac{\partial f}{\partial x} v` at this point.

    Parameters
    ----------
    f : function of NumPy arrays
    *primals : its arguments

    Returns
    -------
    (result, tangent function)
        The tangent function takes one direction for each argument. ``f`` was traced, and what does not depend on directions computed, once.

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
    sub, y, apply = _halves("linearize", f, primals)
    live, wrt = smooth(sub), _varied(sub)

    def forward(*tangents: Any) -> Any:
        given = trees.flatten(tuple(tangents))[1]
        if len(given) == len(sub.types):
            given = [given[w] for w in wrt]
        if len(given) != len(wrt):
            raise SpecError(f"tangent: expected {len(wrt)} arrays, got {len(given)}")
        pushed = apply([(x, sub.types[w][:2], f"tangent of {sub._argument(w)}") for x, w in zip(given, wrt, strict=True)])
        slopes: list[Any] = [0.0] * len(sub.outs)
        for k, t in zip(live, pushed, strict=True):
            slopes[k] = t
        return trees.build(sub.out_tree, slopes)

    return y, forward


def gauss_newton(f: Callable[..., Any], loss: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""Product of a vector with the generalised Gauss-Newton matrix of loss(f(x)).

    .. math:: (x, v) \mapsto J^T H_\ell J v, \qquad J = \frac{\partial f}{\partial x}, \quad H_\ell = \frac{\partial^2 \ell}{\partial f^2}

    The Hessian of loss(f(x)) without the curvature of f; positive semidefinite where the loss is convex. For a sum of squares it is
    :math:`2 J^T J v`.

    Parameters
    ----------
    f : function of NumPy arrays
        Its result, floats of any structure, is the argument of the loss.
    loss : function of that result, returning a real scalar
    argnums : int or sequence of int, default 0

    Returns
    -------
    function of (*arguments, v)
        ``v`` and the result have the structure of the argument (a tuple for a sequence of ``argnums``).

    Raises
    ------
    ShapeError
        The loss is not a real scalar, or ``v`` does not have the shape of the argument.
    SpecError
        ``f`` returns integers.

    References
    ----------
    N. N. Schraudolph, Neural Comput. 14, 1723 (2002).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> A = np.array([[1.0, 2.0], [0.0, 1.0]])
    >>> product = erg.gauss_newton(lambda x: A @ x, lambda y: np.sum(y**2))
    >>> product(np.zeros(2), np.array([1.0, 0.0])).tolist()  # 2 A^T A v
    [2.0, 4.0]
    """

    def curvature(sub: Sub, y: list[Any], slopes: list[Any]) -> list[Any]:
        if len(slopes) < len(y):
            raise SpecError(f"gauss_newton: {sub.name} returns integers or truth values, which have no derivative")
        result = trees.build(sub.out_tree, y)
        return trees.flatten(hvp(loss)(result, trees.build(sub.out_tree, slopes)))[1]

    return _between("gauss_newton", f, argnums, curvature)


def fisher(f: Callable[..., Any], argnums: Argnums = 0, centered: bool = False) -> Function:
    r"""Product of a vector with the Fisher information, or the quantum geometric tensor, of samples.

    .. math:: (\theta, v) \mapsto F v = \frac{1}{B} \sum_{b=1}^{B} \mathrm{Re}\left[ O_b^* \left(O_b \cdot v\right) \right], \qquad
        O_b = \frac{\partial f_b}{\partial \theta}

    At the cost of one forward and one reverse derivative; no matrix is made. Natural gradients and stochastic reconfiguration solve
    :math:`F \delta = g` by conjugate gradients with it.

    Parameters
    ----------
    f : function of NumPy arrays
        Returns the B log-probabilities of samples drawn from the model, an array of any shape; or log psi, possibly complex.
    argnums : int or sequence of int, default 0
        The parameters; nested structures of floats.
    centered : bool, default False
        Subtract the mean of O over the samples, as unnormalised models need; the mean of a normalised log-probability's is zero.

    Returns
    -------
    function of (*arguments, v)
        ``v`` and the result have the structure of the argument (a tuple for a sequence of ``argnums``).

    Raises
    ------
    ShapeError
        ``v`` does not have the shape of the argument.
    SpecError
        ``f`` does not return one array of floats.

    References
    ----------
    S. Amari, Neural Comput. 10, 251 (1998); S. Sorella, Phys. Rev. Lett. 80, 4558 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.array([-1.0, 1.0])
    >>> log_p = lambda m: -((x - m) ** 2) / 2  # normal, up to a constant
    >>> float(erg.fisher(log_p)(0.0, 1.0))
    1.0
    """

    def curvature(sub: Sub, y: list[Any], slopes: list[Any]) -> list[Any]:
        if len(y) != 1 or len(slopes) != 1:
            raise SpecError(f"fisher: {sub.name} must return one array of floats, it returns {len(y)} arrays, {len(slopes)} of floats")
        d = slopes[0]
        if centered:
            d = d - np.mean(d)
        return [np.conj(d) / max(d.size, 1)]

    return _between("fisher", f, argnums, curvature)


def _between(kind: str, f: Callable[..., Any], argnums: Argnums, curvature: Callable[[Sub, list[Any], list[Any]], list[Any]]) -> Function:
    """v -> J^T curvature(J v)."""

    def body(*given: Any, **kwargs: Any) -> Any:
        if len(given) < 2:
            raise SpecError(f"{kind}: expected arguments and a direction, got {len(given)} arguments")
        *xs, v = given
        sub = Sub(f, tuple(xs), kwargs)
        wrt, tree = select(argnums, sub, kind)
        n, live = len(sub.outs), smooth(sub)
        inputs, types = operands(sub, sub.leaves), [sub.out_types[k] for k in live]
        along = tangents_of(sub, wrt, trees.flatten(v)[1], "direction")
        out = handles(call(sub, [{"kind": "jvp", "wrt": wrt}], inputs + along, sub.out_types + types))
        cts = [typed(x, t, "curvature") for x, t in zip(curvature(sub, out[:n], out[n:]), types, strict=True)]
        back = call(sub, [{"kind": "vjp", "wrt": wrt}], inputs + cts, sub.out_types + [sub.types[w][:2] for w in wrt])
        return trees.build(tree, handles(back[n:]))

    return Function(kind, f, body)
