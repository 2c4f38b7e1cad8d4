"""Branches of which one runs, and functions that run again for their derivative: cond, switch, remat."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Function, operands
from ergodica.expr.control.inner import captured, direct, emit, inside, wire
from ergodica.expr.program import Sub, name_of
from ergodica.expr.values import BOOL, INT64, Value, lift


def cond(p: Any, f: Callable[..., Any], g: Callable[..., Any], *args: Any) -> Any:
    r"""``f(*args) if p else g(*args)`` as one operation, of which one branch runs.

    Derivatives of both modes run the same branch. Where ``vmap`` gives each element a ``p`` of its own, both branches run for all of them and the
    results are selected, as with ``np.where``.

    Parameters
    ----------
    p : bool, or a number that counts as true unless it is 0
        A truth value of Python takes its branch at once, while the function is traced.
    f, g : functions of ``*args``
        Both return one structure with the same shapes and dtypes; numbers of Python take the dtype of the other branch.
    *args : arrays or nested structures

    Returns
    -------
    The branch's result.

    Raises
    ------
    ShapeError
        The branches return other shapes or dtypes (the part is named), or ``p`` is an array.
    SpecError
        The branches return other structures.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> root = lambda x: erg.cond(x > 0, np.sqrt, lambda x: 0.0, x)
    >>> float(root(4.0)), float(root(-4.0)), float(erg.grad(root)(4.0))
    (2.0, 0.0, 0.25)
    """
    if isinstance(p, (bool, np.bool_)) and not hasattr(p, "_value"):
        return f(*args) if p else g(*args)

    def body(p: Any, args: Any) -> Any:
        v = lift(p)
        if v.shape:
            raise ShapeError(f"cond: expected one truth value, got shape {v.shape}", "Use np.where, np.any or np.all, or vmap.")
        from ergodica.expr.elementwise import call
        from ergodica.expr.shapes import convert

        truth = v if v.dtype == BOOL else call(np.not_equal, v, 0)
        return _switch("cond", convert(truth, INT64), (g, f), args)

    return direct("cond", f, body, p, args)


def switch(i: Any, branches: Sequence[Callable[..., Any]], *args: Any) -> Any:
    r"""``branches[i](*args)`` as one operation, of which one branch runs; ``i`` below 0 means the first, beyond the last the last.

    Derivatives of both modes run the same branch. Where ``vmap`` gives each element an ``i`` of its own, all branches run and the results are
    selected.

    Parameters
    ----------
    i : int
    branches : sequence of functions of ``*args``
        All return one structure with the same shapes and dtypes.
    *args : arrays or nested structures

    Returns
    -------
    The branch's result.

    Raises
    ------
    ShapeError
        The branches return other shapes or dtypes (the part is named), or ``i`` is not one integer.
    SpecError
        There is no branch, or they return other structures.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> [float(erg.switch(i, [np.sin, np.cos, lambda x: 0.5 * x], 0.0)) for i in (0, 1, 7)]
    [0.0, 1.0, 0.0]
    """
    branches = tuple(branches)
    if not branches or not all(callable(f) for f in branches):
        raise SpecError("switch: expected a sequence of functions")
    if isinstance(i, (int, np.integer)) and not isinstance(i, bool) and not hasattr(i, "_value"):
        return branches[min(max(operator.index(i), 0), len(branches) - 1)](*args)

    def body(i: Any, args: Any) -> Any:
        from ergodica.expr.shapes import convert

        v = lift(i)
        if v.shape or v.dtype.kind != "i":
            raise ShapeError(f"switch: expected one integer, got {v.dtype} of shape {v.shape}", "Use np.take or np.select for arrays, or vmap.")
        return _switch("switch", convert(v, INT64), branches, args)

    return direct("switch", branches[0], body, i, args)


def _switch(kind: str, index: Value, branches: Sequence[Callable[..., Any]], args: Any) -> Any:
    from ergodica.expr.shapes import convert

    subs = [Sub(f, args, {}) for f in branches]
    first = subs[0]
    for f, sub in zip(branches[1:], subs[1:], strict=True):
        if trees.key(sub.out_tree) != trees.key(first.out_tree):
            raise SpecError(f"{kind}: {name_of(branches[0])} and {name_of(f)} return other structures")
    if not first.outs:
        return trees.build(first.out_tree, [])
    want: list[Any] = []
    _, _, names = trees.flatten(trees.build(first.out_tree, range(len(first.outs))), trees.is_result)
    for k, at in enumerate(names):
        outs = [sub.outs[k] for sub in subs]
        firm = [v.dtype for v in outs if not v.weak]
        dtype = firm[0] if firm else outs[0].dtype
        for f, v in zip(branches, outs, strict=True):
            if v.shape != outs[0].shape or (v.dtype != dtype and not v.weak):
                raise ShapeError(
                    f"{kind}: result{at} is {dtype} of shape {outs[0].shape} in one branch and {v.dtype} of shape {v.shape} in {name_of(f)}",
                    "Let all branches return one shape and dtype.",
                )
        want.append(dtype)
    for sub in subs:
        with inside(sub):
            sub.outs = [convert(v, d) for v, d in zip(sub.outs, want, strict=True)]
    consts = captured(*subs)
    given = operands(first, first.leaves)[: len(first.leaves)]
    attrs = {"rules": [wire(sub, consts) for sub in subs]}
    return trees.build(first.out_tree, emit("switch", attrs, [index, *given, *consts], first.out_types))


def remat(f: Callable[..., Any]) -> Function:
    r"""The function itself, whose reverse derivative stores its arguments alone and computes the rest again (rematerialisation).

    Memory for time: the insides of ``f`` are not kept between the forward and the backward sweep; the backward sweep runs ``f`` once more. Around
    the step of a :func:`scan` only the carries are stored. ``program.show("stages")`` and ``program.bytes`` tell the memory.

    Parameters
    ----------
    f : function of arrays or nested structures

    Returns
    -------
    function
        Same arguments, results and derivatives.

    Raises
    ------
    SpecError
        Something in ``f`` cannot be traced.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> A = np.random.default_rng(0).normal(size=(64, 64)) / 8
    >>> def chain(x, block):
    ...     for _ in range(8):
    ...         x = block(x)
    ...     return x.sum()
    >>> def block(x):
    ...     for _ in range(8):
    ...         x = np.tanh(A @ x)
    ...     return x
    >>> kept, again = (erg.compile(erg.grad(lambda x: chain(x, b))).program(A) for b in (block, erg.remat(block)))
    >>> bool((kept(A) == again(A)).all()), again.bytes < kept.bytes / 2
    (True, True)
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        if not sub.outs:
            return trees.build(sub.out_tree, [])
        given = operands(sub, sub.leaves)
        return trees.build(sub.out_tree, emit("remat", {"program": wire(sub, sub.trace.captured)}, given, sub.out_types))

    return Function("remat", f, body)
