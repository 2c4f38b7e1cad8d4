"""Loops as one operation: scan, fori_loop, while_loop, map."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import handles
from ergodica.expr.control.inner import Carry, captured, direct, emit, wire
from ergodica.expr.program import Sub, name_of
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import BOOL, INT64, lift


def scan(f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False) -> tuple[Any, Any]:
    r"""A loop that hands a carry from step to step, reads slices and stacks what each step returns.

    .. math:: (c_{k+1}, y_k) = f(c_k, x_k), \qquad k = 0, \dots, n - 1

    The step is traced and compiled once, whatever the length. Derivatives of both modes and any order, ``vmap`` and nesting hold; reverse mode stores
    of each step what its derivative needs (use :func:`remat` on ``f`` to store only the carries).

    Parameters
    ----------
    f : function of (carry, x), returning (carry, y)
        The carry has the structure, shapes and dtypes of ``init``; ``y`` is any structure of arrays, or None.
    init : array or nested structure
        c_0. Numbers of Python take the dtype that the step gives them.
    xs : array or nested structure, optional
        Arrays with one leading axis of length n; step k sees row k of each. None: ``f`` gets None.
    length : int, optional
        n, needed where ``xs`` is None.
    reverse : bool, default False
        From the last row to the first; y_k still stands at row k.

    Returns
    -------
    (carry, ys)
        The last carry, and the structure of ``y`` with arrays of shape (n,) + y.shape.

    Raises
    ------
    ShapeError
        The carry changes its shape or dtype (the part is named), or rows differ in number.
    SpecError
        The structure of the carry changes, ``f`` does not return a pair, or the length is not known.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> last, path = erg.scan(lambda x, r: (r * x * (1 - x), x), 0.5, np.full(4, 2.0))
    >>> float(last), path.tolist()
    (0.5, [0.5, 0.5, 0.5, 0.5])
    >>> float(erg.grad(lambda a: erg.scan(lambda c, _: (c * a, None), 1.0, length=3)[0])(2.0))
    12.0
    """
    if length is not None:
        length = operator.index(length)
        if length < 0:
            raise SpecError(f"scan: length must not be negative, got {length}")

    def body(init: Any, xs: Any) -> Any:
        return _scan(f, init, xs, length, reverse)

    return direct("scan", f, body, init, xs)


def _scan(f: Callable[..., Any], init: Any, xs: Any, length: int | None, reverse: bool) -> Any:
    name = name_of(f)
    tree, leaves, names = trees.flatten(xs)
    slices = [lift(x) for x in leaves]
    if xs is not None and not slices:
        raise SpecError("scan: xs holds no arrays", "Pass np.array(xs), or xs=None and length.")
    rows = {} if length is None else {"length": length}
    for v, at in zip(slices, names, strict=True):
        if not v.shape:
            raise ShapeError(f"scan: xs{at} is a number; each array of xs has one row for each step")
        rows[f"xs{at}"] = v.shape[0]
    if not rows:
        raise SpecError("scan: expected xs or length", "erg.scan(f, init, length=n)")
    if len(set(rows.values())) > 1:
        raise ShapeError(f"scan: different numbers of steps: {', '.join(f'{k}: {n}' for k, n in rows.items())}")
    n = next(iter(rows.values()))
    carry = Carry(init)
    while True:
        drop = [None] * len(carry.values) + [0] * len(slices)
        sub = Sub(f, (carry.built(), trees.build(tree, handles(slices))), {}, drop)
        out = sub.out_tree
        if out is trees.LEAF or out[0] != "list" or len(out[2]) != 2:
            raise SpecError(f"scan: {name} must return a pair (carry, y)", "Return (carry, None) where nothing is to be stacked.")
        k = len(trees.spread(None, out[2][0], ""))
        if carry.settle("scan", name, out[2][0], sub.outs[:k]):
            break
    consts = captured(sub)
    types = carry.types + [(v.dtype, (n, *v.shape)) for v in sub.outs[k:]]
    if not types:
        return trees.build(carry.tree, []), trees.build(out[2][1], [])
    attrs: dict[str, Any] = {"program": wire(sub, consts), "length": n, "carries": k, "slices": len(slices)}
    if reverse:
        attrs["reverse"] = True
    results = emit("scan", attrs, [*carry.values, *slices, *consts], types)
    return trees.build(carry.tree, results[:k]), trees.build(out[2][1], results[k:])


def fori_loop(lo: Any, hi: Any, body: Callable[..., Any], init: Any) -> Any:
    r"""``for i in range(lo, hi): carry = body(i, carry)`` as one operation.

    Parameters
    ----------
    lo, hi : int
        Numbers known while the function is traced make a :func:`scan`; traced ones a :func:`while_loop`, which has forward derivatives only.
    body : function of (i, carry), returning the carry
        ``i`` is an int64 scalar.
    init : array or nested structure

    Returns
    -------
    The last carry, of the structure of ``init``; ``init`` where ``hi <= lo``.

    Raises
    ------
    ShapeError
        The carry changes its shape or dtype; the part is named.

    Examples
    --------
    >>> import ergodica as erg
    >>> int(erg.fori_loop(1, 6, lambda i, c: c * i, 1))
    120
    """

    def loop(lo: Any, hi: Any, init: Any) -> Any:
        if _known(lo) and _known(hi):
            n = max(operator.index(hi) - operator.index(lo), 0)
            step: Callable[..., Any] = lambda c, _: ((c[0] + 1, body(c[0], c[1])), None)
            step.__name__ = name_of(body)
            return _scan(step, (np.int64(operator.index(lo)), init), None, n, False)[0][1]
        start, stop = (_integer(x, "fori_loop") for x in (lo, hi))
        onward: Callable[..., Any] = lambda c: (c[0] + 1, c[1], body(c[0], c[2]))
        onward.__name__ = name_of(body)
        return _while(lambda c: c[0] < c[1], onward, (start, stop, init), None)[2]

    return direct("fori_loop", body, loop, lo, hi, init)


def _known(x: Any) -> bool:
    return isinstance(x, (int, np.integer)) and not hasattr(x, "_value")


def _integer(x: Any, kind: str) -> Tracer:
    from ergodica.expr.shapes import convert

    v = lift(x)
    if v.shape or v.dtype.kind not in "ib":
        raise ShapeError(f"{kind}: expected an integer, got {v.dtype} of shape {v.shape}")
    return Tracer(convert(v, INT64))


def while_loop(cond: Callable[..., Any], body: Callable[..., Any], init: Any, max_steps: int | None = None) -> Any:
    r"""``while cond(carry): carry = body(carry)`` as one operation.

    Forward derivatives (``jvp``, ``jacobian(mode="forward")``) always hold. Reverse mode needs ``max_steps``: the loop then stores the carry at
    ``sqrt(max_steps)`` checkpoints at most and repeats the steps between two of them on the way back. In ``vmap`` each element has its own number of
    steps: the loop runs until the last has ended, those that have keep their carry.

    Parameters
    ----------
    cond : function of the carry, returning a truth value
    body : function of the carry, returning the next
    init : array or nested structure
        Numbers of Python take the dtype that the step gives them.
    max_steps : int, optional
        The loop ends after so many steps even if ``cond`` is still true.

    Returns
    -------
    The last carry, of the structure of ``init``.

    Raises
    ------
    ShapeError
        The carry changes its shape or dtype (the part is named), or ``cond`` does not return one truth value.
    SpecError
        A reverse derivative without ``max_steps``.

    Examples
    --------
    >>> import ergodica as erg
    >>> float(erg.while_loop(lambda x: x > 1.0, lambda x: x / 2, 10.0))
    0.625
    >>> float(erg.grad(lambda x: erg.while_loop(lambda y: y > 1.0, lambda y: y / 2, x, max_steps=20))(10.0))
    0.0625
    """
    if max_steps is not None:
        max_steps = operator.index(max_steps)
        if max_steps < 0:
            raise SpecError(f"while_loop: max_steps must not be negative, got {max_steps}")
    return direct("while_loop", body, lambda init: _while(cond, body, init, max_steps), init)


def _while(cond: Callable[..., Any], body: Callable[..., Any], init: Any, max_steps: int | None) -> Any:
    carry = Carry(init)
    if not carry.values:
        raise SpecError("while_loop: the carry holds no numbers, so that the loop could not end")
    while True:
        sub = Sub(body, (carry.built(),), {})
        if carry.settle("while_loop", name_of(body), sub.out_tree, sub.outs):
            break
    test = Sub(cond, (carry.built(),), {})
    if test.out_tree is not trees.LEAF or test.outs[0].shape or test.outs[0].dtype != BOOL:
        got = f"{test.outs[0].dtype} of shape {test.outs[0].shape}" if test.out_tree is trees.LEAF else "a structure"
        raise ShapeError(f"while_loop: {name_of(cond)} must return one truth value, it returns {got}", "Use np.any(...) or np.all(...).")
    consts = captured(test, sub)
    attrs = {"program": wire(sub, consts), "rules": [wire(test, consts)], "carries": len(carry.values)}
    attrs["length"] = -1 if max_steps is None else max_steps
    results = emit("scan", attrs, [*carry.values, *consts], [*carry.types, (INT64, ())])
    return trees.build(carry.tree, results[:-1])


def map(f: Callable[..., Any], xs: Any, batch_size: int | None = None) -> Any:
    r"""``vmap`` in batches, one after the other, for what is too large to hold at once.

    .. math:: y_k = f(x_k), \qquad k = 0, \dots, n - 1

    Parameters
    ----------
    f : function of one row of ``xs``
    xs : array or nested structure of arrays with one leading axis of length n
    batch_size : int, optional
        Rows that are mapped together; None: one.

    Returns
    -------
    The structure of the results, each with a leading axis of length n. Row k has the bits of ``vmap(f)(xs)``.

    Raises
    ------
    ShapeError
        Leading axes of different lengths.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.map(np.sum, np.arange(10.0).reshape(5, 2), batch_size=2).tolist()
    [1.0, 5.0, 9.0, 13.0, 17.0]
    """
    if batch_size is not None:
        batch_size = operator.index(batch_size)
        if batch_size < 1:
            raise SpecError(f"map: batch_size must be positive, got {batch_size}")

    def rows_of(g: Callable[..., Any], xs: Any) -> Any:
        step = lambda _, x: (None, g(x))
        step.__name__ = name_of(f)
        return _scan(step, None, xs, None, False)[1]

    def body(xs: Any) -> Any:
        from ergodica.expr.verbs import vmap

        if batch_size is None:
            return rows_of(f, xs)
        tree, leaves, names = trees.flatten(xs)
        rows = {np.shape(x)[0] if np.shape(x) else None for x in leaves}
        if len(rows) != 1 or None in rows:
            shapes = ", ".join(f"xs{at}: {np.shape(x)}" for x, at in zip(leaves, names, strict=True))
            raise ShapeError(f"map: leading axes of different lengths: {shapes}")
        n = next(iter(rows))
        assert n is not None
        many = n - n % batch_size
        batched = vmap(f)
        parts = []
        if many or not n:
            blocks = [x[:many].reshape((many // batch_size, batch_size, *np.shape(x)[1:])) for x in leaves]
            parts.append(rows_of(batched, trees.build(tree, blocks)))
        flat = [trees.flatten(p)[1] for p in parts]
        out = [y.reshape((many, *y.shape[2:])) for p in flat for y in p]
        if n > many:
            rest = batched(trees.build(tree, [x[many:] for x in leaves]))
            parts.append(rest)
            tail = trees.flatten(rest)[1]
            out = [np.concatenate([a, b]) for a, b in zip(out, tail, strict=True)] if out else tail
        return trees.build(trees.flatten(parts[0])[0], out)

    return direct("map", f, body, xs)
