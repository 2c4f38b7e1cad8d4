"""The transformations: program -> program, composing to any order, inside traces and outside."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import Argnums, Function, call, handles, operands, scalar, select, smooth, tangents_of
from ergodica.expr.program import Sub, type_of


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Function:
    r"""The value of a real scalar function together with its gradient.

    .. math:: x \mapsto \left(f(x), \frac{\partial f}{\partial x}\right)

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar
        With ``has_aux``, a pair (scalar, anything).
    argnums : int or sequence of int, default 0
        The arguments to differentiate in; each may be a nested structure of float or complex arrays.
    has_aux : bool, default False

    Returns
    -------
    function
        Same arguments, returns ``(value, gradient)``, or ``((value, aux), gradient)``. The gradient has the structure, shapes and dtypes of the
        argument (a tuple for a sequence of ``argnums``). For a complex argument a + ib it is dL/da - i dL/db.

    Raises
    ------
    ShapeError
        The result is not a real scalar.
    SpecError
        Something in ``f`` cannot be traced; the message names the line and what to write instead.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> value, slope = erg.value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    >>> float(value), slope.tolist()
    (5.0, [2.0, 4.0])
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        wrt, tree = select(argnums, sub, "value_and_grad")
        scalar(sub, "value_and_grad", has_aux)
        n = len(sub.outs)
        types = sub.out_types + [sub.types[w][:2] for w in wrt]
        out = handles(call(sub, [{"kind": "value_and_grad", "wrt": wrt}], operands(sub, sub.leaves), types))
        return trees.build(sub.out_tree, out[:n]), trees.build(tree, out[n:])

    return Function("value_and_grad", f, body)


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Function:
    r"""The gradient of a real scalar function.

    .. math:: x \mapsto \frac{\partial f}{\partial x}

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar
        With ``has_aux``, a pair (scalar, anything).
    argnums : int or sequence of int, default 0
        The arguments to differentiate in; each may be a nested structure of float or complex arrays.
    has_aux : bool, default False
        Return ``(gradient, aux)``.

    Returns
    -------
    function
        Same arguments; returns an object of the structure, shapes and dtypes of the argument. For a complex argument a + ib it is dL/da - i dL/db.

    Raises
    ------
    ShapeError
        The result is not a real scalar.
    SpecError
        Something in ``f`` cannot be traced; the message names the line and what to write instead.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.grad(lambda x: np.sum(x**3))(np.array([1.0, 2.0])).tolist()
    [3.0, 12.0]
    >>> float(erg.grad(lambda x: x * erg.grad(lambda y: x + y)(1.0))(2.0))  # d/dx [x d/dy (x + y)]
    1.0
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        wrt, tree = select(argnums, sub, "grad")
        scalar(sub, "grad", has_aux)
        types = [sub.types[w][:2] for w in wrt]
        if not has_aux:
            return trees.build(tree, handles(call(sub, [{"kind": "grad", "wrt": wrt}], operands(sub, sub.leaves), types)))
        n = len(sub.outs)
        out = handles(call(sub, [{"kind": "value_and_grad", "wrt": wrt}], operands(sub, sub.leaves), sub.out_types + types))
        return trees.build(tree, out[n:]), trees.build(sub.out_tree, out[:n])[1]

    return Function("grad", f, body)


def hvp(f: Callable[..., Any], *args: Any, argnums: Argnums = 0) -> Any:
    r"""Product of the Hessian with a vector, in a small multiple of the cost of ``f``.

    .. math:: (x, v) \mapsto \frac{\partial^2 f}{\partial x^2} v

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar
    *args : optional
        ``hvp(f, x, v)`` is ``hvp(f)(x, v)``; with tuples, ``hvp(f, (x, y), (v, w))``, all of ``x, y`` are varied.
    argnums : int or sequence of int, default 0

    Returns
    -------
    function of (*arguments, v), or its result
        ``v`` and the result have the structure of the argument (a tuple for a sequence of ``argnums``).

    Raises
    ------
    ShapeError
        ``f`` is not a real scalar, or ``v`` does not have the shape of the argument.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.hvp(lambda x: np.sum(x**3))(np.array([1.0, 2.0]), np.array([1.0, 0.0])).tolist()
    [6.0, 0.0]
    """
    if len(args) == 2 and isinstance(args[0], tuple) and isinstance(args[1], tuple):
        return hvp(f, argnums=range(len(args[0])))(*args[0], args[1])
    if args:
        return hvp(f, argnums=argnums)(*args)

    def body(*given: Any, **kwargs: Any) -> Any:
        if len(given) < 2:
            raise SpecError(f"hvp: expected arguments and a direction, got {len(given)} arguments")
        *xs, v = given
        sub = Sub(f, tuple(xs), kwargs)
        wrt, tree = select(argnums, sub, "hvp")
        scalar(sub, "hvp", False)
        types = [sub.types[w][:2] for w in wrt]
        tangents = tangents_of(sub, wrt, trees.flatten(v)[1], "direction")
        return trees.build(tree, handles(call(sub, [{"kind": "hvp", "wrt": wrt}], operands(sub, sub.leaves) + tangents, types)))

    return Function("hvp", f, body)


def jacobian(f: Callable[..., Any], argnums: Argnums = 0, mode: str = "auto") -> Function:
    r"""All derivatives of all results.

    .. math:: J_{k, j} = \frac{\partial f_k}{\partial x_j}, \qquad \text{of shape } f\text{.shape} + x\text{.shape}

    Parameters
    ----------
    f : function of NumPy arrays
    argnums : int or sequence of int, default 0
    mode : {"auto", "reverse", "forward"}
        Reverse takes one sweep for each element of the result, forward one for each element of the argument; auto takes fewer.

    Returns
    -------
    function
        Returns, for each array of the result, the structure of the argument with arrays of shape ``result.shape + argument.shape``.

    Raises
    ------
    SpecError
        An argument is not of floats.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0])).tolist()
    [[3.0, 2.0], [1.0, 0.0]]
    """
    if mode not in ("auto", "reverse", "forward"):
        raise SpecError(f"jacobian: mode must be auto, reverse or forward, got {mode!r}")

    def body(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        wrt, tree = select(argnums, sub, "jacobian")
        if len(smooth(sub)) < len(sub.outs):
            raise SpecError(f"jacobian: {sub.name} returns integers or truth values, which have no derivative")
        rows = sum(math.prod(s) for _, s in sub.out_types)
        columns = sum(math.prod(sub.types[w][1]) for w in wrt)
        mixed = any(d.kind == "c" for d, _ in sub.out_types) and any(sub.types[w][0].kind != "c" for w in wrt)
        backward = not mixed and (mode == "reverse" or (mode == "auto" and rows <= columns))
        pick = lambda y, x: x[0] if backward else y[0]
        types = [(pick(y, sub.types[w]), y[1] + sub.types[w][1]) for y in sub.out_types for w in wrt]
        out = handles(call(sub, [{"kind": "jacrev" if backward else "jacfwd", "wrt": wrt}], operands(sub, sub.leaves), types))
        n = len(wrt)
        return trees.build(sub.out_tree, [trees.build(tree, out[k * n : (k + 1) * n]) for k in range(len(sub.outs))])

    return Function("jacobian", f, body)


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""All second derivatives of a real scalar function.

    .. math:: H_{ij} = \frac{\partial^2 f}{\partial x_i \partial x_j}, \qquad \text{of shape } x\text{.shape} + x\text{.shape}

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar
    argnums : int or sequence of int, default 0

    Returns
    -------
    function
        Returns an array, or for a nested argument its structure of structures.

    Raises
    ------
    ShapeError
        The result is not a real scalar.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0])).tolist()
    [[6.0, 2.0], [2.0, 0.0]]
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        sub = Sub(f, args, kwargs)
        wrt, tree = select(argnums, sub, "hessian")
        scalar(sub, "hessian", False)
        types = [(sub.types[a][0], sub.types[a][1] + sub.types[b][1]) for a in wrt for b in wrt]
        out = handles(call(sub, [{"kind": "hessian", "wrt": wrt}], operands(sub, sub.leaves), types))
        n = len(wrt)
        return trees.build(tree, [trees.build(tree, out[k * n : (k + 1) * n]) for k in range(n)])

    return Function("hessian", f, body)


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Function:
    r"""The function for a whole batch at once: written for one, applied to many.

    .. math:: y_b = f(x_b), \qquad b = 0, \dots, B - 1

    Parameters
    ----------
    f : function of NumPy arrays
    in_axes : int, None, or a structure of these, default 0
        The axis of each array that counts the batch; None for what is the same for all. A tuple has one entry for each argument, and each entry
        may follow the argument's structure.
    out_axes : int or a structure of ints, default 0
        Where the batch axis stands in the results.

    Returns
    -------
    function
        Row b of its result has the same bits whatever else is in the batch.

    Raises
    ------
    ShapeError
        Batch axes of different lengths, or none at all.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.vmap(np.dot, in_axes=(0, None))(np.eye(3), np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 3.0]
    """

    def body(*args: Any, **kwargs: Any) -> Any:
        leaves, drop, size = _batch("vmap", in_axes, args, kwargs)
        sub = Sub(f, args, kwargs, drop)
        out_at = trees.spread(out_axes, sub.out_tree, "out_axes")
        places = []
        types = []
        for (d, s), a in zip(sub.out_types, out_at, strict=True):
            if a is None:
                raise SpecError("vmap: out_axes=None is not known; every result has the batch axis")
            k = a % (len(s) + 1)
            places.append(k)
            types.append((d, (*s[:k], size, *s[k:])))
        ins = [-1 if a is None else a for a in drop] + [-1] * len(sub.trace.captured)
        transform = {"kind": "vmap", "in": ins, "out": places, "size": size}
        out = handles(call(sub, [transform], operands(sub, leaves), types))
        return trees.build(sub.out_tree, out)

    return Function("vmap", f, body)


def _batch(kind: str, in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], list[int | None], int]:
    """The arrays of a call, which axis of each counts the batch, and its length."""
    tree, leaves, names = trees.flatten((args, kwargs))
    axes = trees.spread(tuple(in_axes) if isinstance(in_axes, (list, tuple)) else in_axes, tree[2][0], "in_axes")
    axes += [0] * (len(leaves) - len(axes))  # keywords are mapped over axis 0
    drop: list[int | None] = []
    sizes = {}
    for x, a, name in zip(leaves, axes, names, strict=True):
        shape = type_of(x, name)[1]
        if a is None:
            drop.append(None)
            continue
        if not -len(shape) <= a < len(shape):
            raise ShapeError(f"{kind}: axis {a} of an array of shape {shape} ({name})", "Use in_axes=None for what is the same for all.")
        drop.append(a % len(shape))
        sizes[name] = shape[a]
    if not sizes:
        raise SpecError(f"{kind}: in_axes maps no array")
    if len(set(sizes.values())) > 1:
        raise ShapeError(f"{kind}: batch axes of different lengths: {', '.join(f'{k}: {n}' for k, n in sizes.items())}")
    return leaves, drop, next(iter(sizes.values()))


def per_example_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""Gradients of a loss for each example of a batch, not their mean.

    .. math:: g_b = \frac{\partial f(\theta, x_b, \dots)}{\partial \theta}, \qquad b = 0, \dots, B - 1

    It is ``vmap(grad(f))`` with the differentiated arguments common to all examples. The gradient of a layer's weights is then one batched outer
    product of its inputs and its cotangents, as fast as the gradient of the mean but for the memory written.

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar for one example
    argnums : int or sequence of int, default 0
        The arguments to differentiate in; they have no batch axis. All arrays of the others have it as axis 0.

    Returns
    -------
    function
        Same arguments, batched; returns an object of the structure of the argument, with an extra axis 0 of length B.

    Raises
    ------
    ShapeError
        The result is not a real scalar, or batch axes have different lengths.
    SpecError
        No argument has a batch axis.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> loss = lambda w, x, y: (w @ x - y) ** 2
    >>> X, Y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.0, 1.0])
    >>> erg.per_example_grad(loss)(np.array([1.0, 0.0]), X, Y).tolist()
    [[2.0, 4.0], [12.0, 16.0]]
    """
    return _per_example("per_example_grad", f, argnums)


def per_example_grad_norm(f: Callable[..., Any], argnums: Argnums = 0) -> Function:
    r"""Euclidean norms of the gradients of a loss for each example of a batch.

    .. math:: n_b = \left\Vert \frac{\partial f(\theta, x_b, \dots)}{\partial \theta} \right\Vert_2, \qquad
        \Vert x g^T \Vert^2 = \Vert x \Vert^2 \Vert g \Vert^2, \quad
        \Big\Vert \sum_t x_t g_t^T \Big\Vert^2 = \sum_{t, s} (x_t \cdot x_s) (g_t \cdot g_s)

    Over all differentiated arrays together. Gradients that are outer products, as those of a layer's weights, are not formed.

    Parameters
    ----------
    f : function of NumPy arrays, returning a real scalar for one example
    argnums : int or sequence of int, default 0
        The arguments to differentiate in; they have no batch axis. All arrays of the others have it as axis 0.

    Returns
    -------
    function
        Same arguments, batched; returns an array of shape (B,).

    Raises
    ------
    ShapeError
        The result is not a real scalar, or batch axes have different lengths.
    SpecError
        No argument has a batch axis.

    References
    ----------
    I. Goodfellow, "Efficient per-example gradient computations", arXiv:1510.01799 (2015).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> loss = lambda w, x, y: (w @ x - y) ** 2
    >>> X, Y = np.array([[3.0, 4.0], [0.0, 1.0]]), np.array([0.0, 1.0])
    >>> erg.per_example_grad_norm(loss)(np.array([1.0, 0.0]), X, Y).tolist()
    [30.0, 2.0]
    """
    return _per_example("per_example_grad_norm", f, argnums)


def _per_example(kind: str, f: Callable[..., Any], argnums: Argnums) -> Function:
    numbers = [int(argnums)] if hasattr(argnums, "__index__") else [int(n) for n in argnums]

    def body(*args: Any, **kwargs: Any) -> Any:
        common = {n % max(len(args), 1) for n in numbers}
        leaves, drop, size = _batch(kind, [None if k in common else 0 for k in range(len(args))], args, kwargs)
        sub = Sub(f, args, kwargs, drop)
        wrt, tree = select(argnums, sub, kind)
        scalar(sub, kind, False)
        ins = [-1 if a is None else a for a in drop] + [-1] * len(sub.trace.captured)
        transforms: list[dict[str, Any]] = [{"kind": "grad", "wrt": wrt}, {"kind": "vmap", "in": ins, "size": size}]
        types = [(d, (size, *s)) for d, s, _ in (sub.types[w] for w in wrt)]
        if kind == "per_example_grad":
            return trees.build(tree, handles(call(sub, transforms, operands(sub, leaves), types)))
        norms = [(np.zeros((), d).real.dtype, s[:1]) for d, s in types]
        squares = handles(call(sub, [*transforms, {"kind": "square_norms"}], operands(sub, leaves), norms))
        return np.sqrt(sum(squares[1:], squares[0]))

    return Function(kind, f, body)
