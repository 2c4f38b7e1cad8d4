"""Products of arrays: dot, matmul, tensordot, einsum, diagonals and triangles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import elementwise as e
from ergodica.expr import reductions as r
from ergodica.expr import shapes as s
from ergodica.expr.refuse import refuse
from ergodica.expr.values import BOOL, Value, active, lift


def dot_general(x: Value, y: Value, contract: tuple[Sequence[int], Sequence[int]], batch: tuple[Sequence[int], Sequence[int]] = ((), ())) -> Value:
    """Sum over ``contract``; the result has the axes of ``batch``, the free axes of ``x``, those of ``y``."""
    for a, b in zip([*contract[0], *batch[0]], [*contract[1], *batch[1]], strict=True):
        if x.shape[a] != y.shape[b]:
            raise ShapeError(f"axes of lengths {x.shape[a]} and {y.shape[b]} do not fit, in a product of shapes {x.shape} and {y.shape}")
    free = [[k for k in range(v.ndim) if k not in c and k not in b] for v, c, b in ((x, contract[0], batch[0]), (y, contract[1], batch[1]))]
    shape = tuple([x.shape[a] for a in batch[0]] + [x.shape[a] for a in free[0]] + [y.shape[a] for a in free[1]])
    attrs: dict[str, Any] = {"contract": (tuple(contract[0]), tuple(contract[1]))}
    if batch[0]:
        attrs["batch"] = (tuple(batch[0]), tuple(batch[1]))
    return active().emit("dot_general", (x, y), attrs, x.dtype, shape)


def _numbers(*xs: Any) -> list[Value]:
    """Operands of one dtype that has products; booleans multiply as and, add as or."""
    values = s.unify(*xs)
    if values[0].dtype == BOOL:
        raise refuse("a product of two boolean arrays", "Convert one of them, with .astype(int).")
    return values


def dot(a: Any, b: Any, out: Any = None) -> Value:
    x, y = _numbers(a, b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    return dot_general(x, y, ((x.ndim - 1,), (max(y.ndim - 2, 0),)))


def matmul(a: Any, b: Any, **kwargs: Any) -> Value:
    x, y = _numbers(a, b)
    if x.ndim == 0 or y.ndim == 0:
        raise ShapeError("matmul: operands need at least one axis; use * for scalars")
    if x.ndim == 1 or y.ndim == 1 or (y.ndim == 2):
        if y.ndim == 1 and x.ndim > 1:
            return dot_general(x, y, ((x.ndim - 1,), (0,)))
        if x.ndim == 1 and y.ndim > 2:
            return dot_general(y, x, ((y.ndim - 2,), (0,)))
        return dot_general(x, y, ((x.ndim - 1,), (y.ndim - 2 if y.ndim > 1 else 0,)))
    lead = s.common_shape(x.shape[:-2], y.shape[:-2])
    if x.ndim == 2:
        z = dot_general(y, x, ((y.ndim - 2,), (1,)))  # (lead, columns, rows)
        return s.swap_last(z)
    x, y = s.broadcast(x, lead + x.shape[-2:]), s.broadcast(y, lead + y.shape[-2:])
    n = len(lead)
    return dot_general(x, y, ((n + 1,), (n,)), (tuple(range(n)), tuple(range(n))))


def vdot(a: Any, b: Any) -> Value:
    x, y = _numbers(a, b)
    return dot(e.call(np.conjugate, s.reshape(x, (-1,))), s.reshape(y, (-1,)))


def inner(a: Any, b: Any) -> Value:
    x, y = _numbers(a, b)
    if x.ndim == 0 or y.ndim == 0:
        return x * y
    return dot_general(x, y, ((x.ndim - 1,), (y.ndim - 1,)))


def vecdot(a: Any, b: Any, axis: int = -1) -> Value:
    x, y = _numbers(a, b)
    return r.sum_(e.call(np.conjugate, x) * y, axis)


def tensordot(a: Any, b: Any, axes: Any = 2) -> Value:
    x, y = _numbers(a, b)
    if hasattr(axes, "__index__"):
        n = int(axes)
        left, right = list(range(x.ndim - n, x.ndim)), list(range(n))
    else:
        left, right = ([k] if hasattr(k, "__index__") else list(k) for k in axes)
    return dot_general(x, y, ([s.axis_of(k, x.ndim) for k in left], [s.axis_of(k, y.ndim) for k in right]))


def outer(a: Any, b: Any, out: Any = None) -> Value:
    x, y = s.unify(a, b)
    return s.reshape(x, (-1, 1)) * s.reshape(y, (1, -1))


def kron(a: Any, b: Any) -> Value:
    x, y = s.unify(a, b)
    n = max(x.ndim, y.ndim)
    x, y = s.reshape(x, (1,) * (n - x.ndim) + x.shape), s.reshape(y, (1,) * (n - y.ndim) + y.shape)
    xs = tuple(m for k in x.shape for m in (k, 1))
    ys = tuple(m for k in y.shape for m in (1, k))
    return s.reshape(s.reshape(x, xs) * s.reshape(y, ys), tuple(p * q for p, q in zip(x.shape, y.shape, strict=True)))


def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Value:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = s.unify(a, b)
    x, y = s.move_axis(x, s.axis_of(axisa, x.ndim), x.ndim - 1), s.move_axis(y, s.axis_of(axisb, y.ndim), y.ndim - 1)
    n, m = x.shape[-1], y.shape[-1]
    if n not in (2, 3) or m not in (2, 3):
        raise ValueError("incompatible dimensions for cross product (dimension must be 2 or 3)")
    p = [s.at(x, x.ndim - 1, k) for k in range(n)]
    q = [s.at(y, y.ndim - 1, k) for k in range(m)]
    if n == m == 2:
        return p[0] * q[1] - p[1] * q[0]
    p += [p[0] * 0] * (3 - n)
    q += [q[0] * 0] * (3 - m)
    parts = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
    z = s.stack(parts, parts[0].ndim)
    return s.move_axis(z, z.ndim - 1, s.axis_of(axisc, z.ndim))


def einsum(*operands: Any, out: Any = None, optimize: Any = True, **kwargs: Any) -> Value:
    """numpy.einsum: any subscripts, in the order of contractions with the fewest multiplications (greedily from nine operands on)."""
    inputs, output, xs = _parse(operands)
    values = s.unify(*xs)
    if values[0].dtype == BOOL:
        raise refuse("einsum of booleans", "Convert them, with .astype(int).")
    terms = list(zip(inputs, values, strict=True))
    terms = [_diagonal(labels, v) for labels, v in terms]
    sizes: dict[str, int] = {}
    for labels, v in terms:
        if len(labels) != v.ndim:
            raise ShapeError(f"einsum: subscripts '{labels}' for an operand of shape {v.shape}")
        for c, n in zip(labels, v.shape, strict=True):
            if sizes.setdefault(c, n) not in (n, 1) and n != 1:
                raise ShapeError(f"einsum: '{c}' is {sizes[c]} and {n}")
            sizes[c] = max(sizes[c], n)
    terms = [(ls, s.broadcast(v, tuple(sizes[c] for c in ls))) for ls, v in terms]
    pairs = _order([ls for ls, _ in terms], output, sizes) if len(terms) <= 8 else []
    while len(terms) > 1:
        i, j = pairs.pop(0) if pairs else _cheapest(terms, output, sizes)
        second, first = terms.pop(j), terms.pop(i)
        rest = {c for ls, _ in terms for c in ls} | set(output)
        terms.append(_contract(first, second, rest))
    labels, v = terms[0]
    gone = [k for k, c in enumerate(labels) if c not in output]
    if gone:
        v = r.reduce("reduce_sum", v, tuple(gone))
        labels = "".join(c for c in labels if c in output)
    return s.transpose(v, [labels.index(c) for c in output])


def _parse(operands: tuple[Any, ...]) -> tuple[list[str], str, list[Any]]:
    """Subscripts with the ellipsis spelled out; also the form einsum(x, [0, 1], y, [1, 2], [0, 2])."""
    if not isinstance(operands[0], str):
        xs, subs = list(operands[0 : len(operands) // 2 * 2 : 2]), list(operands[1 : len(operands) // 2 * 2 : 2])
        letters = lambda sub: "".join("..." if k is Ellipsis else chr(97 + k) if k < 26 else chr(39 + k) for k in sub)
        text = ",".join(letters(sub) for sub in subs)
        if len(operands) % 2:
            text += "->" + letters(operands[-1])
        operands = (text, *xs)
    text, xs = operands[0].replace(" ", ""), list(operands[1:])
    left, arrow, right = text.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(xs):
        raise ValueError(f"einsum: {len(inputs)} subscripts for {len(xs)} operands")
    values = [lift(x) for x in xs]
    free = [chr(k) for k in range(0x3B1, 0x3B1 + 32)]
    most = 0
    for k, labels in enumerate(inputs):
        if "..." in labels:
            n = values[k].ndim - len(labels) + 3
            most = max(most, n)
    for k, labels in enumerate(inputs):
        if "..." in labels:
            n = values[k].ndim - len(labels) + 3
            inputs[k] = labels.replace("...", "".join(free[most - n : most]))
    dots = "".join(free[:most])
    if arrow:
        output = right.replace("...", dots)
    else:
        every = "".join(inputs)
        output = dots + "".join(sorted(c for c in set(every) if every.count(c) == 1 and c not in dots))
    for c in output:
        if c not in "".join(inputs) or output.count(c) > 1:
            raise ValueError(f"einsum: output subscript '{c}' does not occur once among the inputs")
    return inputs, output, xs


def _diagonal(labels: str, v: Value) -> tuple[str, Value]:
    """Repeated subscripts of one operand: its diagonal."""
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            v = diagonal(v, 0, i, j)
            labels = labels[:i] + labels[i + 1 : j] + labels[j + 1 :] + c
    return labels, v


def _order(operands: list[str], output: str, sizes: dict[str, int]) -> list[tuple[int, int]]:
    """The pairs to contract, as positions i < j in the list of operands, where the product of a pair goes to the end.

    Of all orders the one with the fewest multiplications, then the smallest intermediate results. Labels of a single operand are summed first.
    """
    bit = {c: 1 << k for k, c in enumerate(sizes)}
    lengths = list(sizes.values())
    sets = [sum(bit[c] for c in set(ls)) for ls in operands]
    every = (1 << len(operands)) - 1
    inside = [0] * (every + 1)
    for group in range(1, every + 1):
        low = group & -group
        inside[group] = inside[group ^ low] | sets[low.bit_length() - 1]
    result = sum(bit[c] for c in output)
    kept = [inside[group] & (inside[every ^ group] | result) for group in range(every + 1)]
    size = lru_cache(None)(lambda labels: math.prod(n for k, n in enumerate(lengths) if labels >> k & 1))
    best: dict[int, tuple[int, int, int]] = {1 << k: (0, 0, 0) for k in range(len(operands))}  # multiplications, results, first part
    for group in range(1, every + 1):
        if group in best:
            continue
        low, choices = group & -group, []
        part = (group - 1) & group
        while part:
            if part & low:
                (work, room, _), (work2, room2, _) = best[part], best[group ^ part]
                choices.append((work + work2 + size(kept[part] | kept[group ^ part]), room + room2 + size(kept[group]), part))
            part = (part - 1) & group
        best[group] = min(choices)
    places, pairs = [1 << k for k in range(len(operands))], []

    def contract(group: int) -> None:
        part = best[group][2]
        if part == 0:
            return
        contract(part)
        contract(group ^ part)
        i, j = sorted((places.index(part), places.index(group ^ part)))
        pairs.append((i, j))
        del places[j], places[i]
        places.append(group)

    contract(every)
    return pairs


def _cheapest(terms: list[tuple[str, Value]], output: str, sizes: dict[str, int]) -> tuple[int, int]:
    """The pair whose product has the smallest result over its operands, then the fewest multiplications."""
    best, pair = None, (0, 1)
    for i in range(len(terms)):
        for j in range(i + 1, len(terms)):
            both = set(terms[i][0]) | set(terms[j][0])
            rest = set(output).union(*(set(terms[k][0]) for k in range(len(terms)) if k not in (i, j)))
            size = lambda ls: math.prod(sizes[c] for c in ls)
            grown = size(both & rest) - size(terms[i][0]) - size(terms[j][0])
            cost = (grown, size(both))
            if best is None or cost < best:
                best, pair = cost, (i, j)
    return pair


def _contract(first: tuple[str, Value], second: tuple[str, Value], rest: set[str]) -> tuple[str, Value]:
    (ls, x), (ms, y) = first, second
    for alone in (0, 1):  # sum what occurs on one side only
        mine, v, other = ((ls, x, ms), (ms, y, ls))[alone]
        gone = [k for k, c in enumerate(mine) if c not in rest and c not in other]
        if gone:
            v = r.reduce("reduce_sum", v, tuple(gone))
            mine = "".join(c for k, c in enumerate(mine) if k not in gone)
        if alone:
            ms, y = mine, v
        else:
            ls, x = mine, v
    batch = [c for c in ls if c in ms and c in rest]
    contract = [c for c in ls if c in ms and c not in rest]
    if not contract:
        labels = ls + "".join(c for c in ms if c not in ls)
        if all(c in ls for c in ms) or all(c in ms for c in ls) or not batch:
            return labels, _align(ls, x, labels) * _align(ms, y, labels)
    labels = "".join(batch) + "".join(c for c in ls if c not in ms) + "".join(c for c in ms if c not in ls)
    return labels, dot_general(x, y, ([ls.index(c) for c in contract], [ms.index(c) for c in contract]),
                               ([ls.index(c) for c in batch], [ms.index(c) for c in batch]))  # fmt: skip


def _align(labels: str, v: Value, to: str) -> Value:
    v = s.transpose(v, [labels.index(c) for c in to if c in labels])
    sizes = dict(zip([c for c in to if c in labels], v.shape, strict=True))
    return s.reshape(v, tuple(sizes.get(c, 1) for c in to))


def diagonal(x: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    """numpy.diagonal: every (m+1)-th element of matrices of m columns, a view."""
    a, b = s.axis_of(axis1, x.ndim), s.axis_of(axis2, x.ndim)
    order = [k for k in range(x.ndim) if k not in (a, b)]
    x = s.transpose(x, (*order, a, b))
    *lead, n, m = x.shape
    k = max(0, min(n + min(offset, 0), m - max(offset, 0)))
    first = max(offset, 0) - min(offset, 0) * m if k else 0
    flat = s.reshape(x, (*lead, n * m))
    last = first + (k - 1) * (m + 1) + 1 if k else 0
    return s.slice_(flat, (0,) * len(lead) + (first,), (*lead, last), (1,) * len(lead) + (m + 1,))


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Value:
    return r.sum_(diagonal(lift(a), offset, axis1, axis2), -1, dtype=dtype)


def diag(v: Any, k: int = 0) -> Value:
    x = lift(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = x.shape[0] + abs(k)
    from ergodica.expr.indexing import Index

    rows = np.arange(x.shape[0])
    return Index((n, n), (rows - min(k, 0), rows + max(k, 0))).write(s.full((n, n), 0, x.dtype), x)


def _triangle(x: Value, k: int, lower: bool) -> Value:
    if x.ndim == 1:
        x = s.broadcast(x, (x.shape[0], x.shape[0]))
    mask = np.tri(x.shape[-2], x.shape[-1], k if lower else k - 1, dtype=bool)
    keep = s.broadcast(active().array(mask if lower else ~mask), x.shape)
    return e.select(keep, x, e.like(x, 0))


def tril(m: Any, k: int = 0) -> Value:
    return _triangle(lift(m), k, True)


def triu(m: Any, k: int = 0) -> Value:
    return _triangle(lift(m), k, False)


FUNCTIONS: dict[Any, Any] = {
    np.dot: dot, np.vdot: vdot, np.inner: inner, np.tensordot: tensordot, np.outer: outer, np.kron: kron, np.cross: cross, np.einsum: einsum,
    np.trace: trace, np.diag: diag, np.tril: tril, np.triu: triu,
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonal(lift(a), offset, axis1, axis2),
}  # fmt: skip
