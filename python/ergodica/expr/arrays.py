"""NumPy's array functions, one small definition each: joining, splitting, moving, choosing, filling."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr import reductions as r
from ergodica.expr import shapes as s
from ergodica.expr.indexing import Index, take, take_along_axis
from ergodica.expr.refuse import refuse
from ergodica.expr.values import BOOL, Value, active, lift


def where(condition: Any, *xy: Any) -> Any:
    if len(xy) != 2:
        raise refuse("np.where with one argument: the shape of the result would depend on values", "Use np.where(condition, a, b).")
    p = s.convert(lift(condition), BOOL)
    x, y = s.unify(*(e.plain(v) for v in xy))
    shape = s.common_shape(p.shape, x.shape, y.shape)
    return e.select(s.broadcast(p, shape), s.broadcast(x, shape), s.broadcast(y, shape))


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Value:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    out = default
    values = s.unify(*choicelist, default)
    out = values[-1]
    for p, x in zip(reversed(condlist), reversed(values[:-1]), strict=True):
        out = where(p, x, out)
    return out


def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None, **kwargs: Any) -> Any:
    low, high = (a_min if r.given(a_min) else min), (a_max if r.given(a_max) else max)
    x: Any = lift(a)
    if r.given(low):
        x = e.call(np.maximum, x, low)
    return e.call(np.minimum, x, high) if r.given(high) else x


def concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Value:
    parts = s.unify(*arrays)
    if dtype is not None:
        parts = [s.convert(p, np.dtype(dtype)) for p in parts]
    if axis is None:
        return s.concatenate([s.reshape(p, (-1,)) for p in parts], 0)
    if parts[0].ndim == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    return s.concatenate(parts, s.axis_of(axis, parts[0].ndim))


def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Value:
    parts = s.unify(*arrays)
    if any(p.shape != parts[0].shape for p in parts):
        raise ValueError("all input arrays must have the same shape")
    y = s.stack(parts, s.axis_of(axis, parts[0].ndim + 1))
    return s.convert(y, np.dtype(dtype)) if dtype is not None else y


def _at_least(x: Value, n: int) -> Value:
    if n == 3 and x.ndim < 3:
        return s.reshape(x, {0: (1, 1, 1), 1: (1, x.size, 1)}.get(x.ndim, (*x.shape, 1)))
    return s.reshape(x, (1,) * (n - x.ndim) + x.shape) if x.ndim < n else x


def _atleast(n: int) -> Any:
    def f(*arys: Any) -> Any:
        out = [_at_least(lift(a), n) for a in arys]
        return out[0] if len(out) == 1 else tuple(out)

    return f


def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Value:
    parts = [_at_least(v, 1) for v in s.unify(*tup)]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1, dtype=dtype)


def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Value:
    return concatenate([_at_least(v, 2) for v in s.unify(*tup)], 0, dtype=dtype)


def dstack(tup: Any) -> Value:
    return concatenate([_at_least(v, 3) for v in s.unify(*tup)], 2)


def column_stack(tup: Any) -> Value:
    return concatenate([s.reshape(v, (-1, 1)) if v.ndim < 2 else v for v in s.unify(*tup)], 1)


def block(arrays: Any) -> Value:
    def depth(x: Any) -> int:
        return 1 + max(depth(y) for y in x) if isinstance(x, list) else 0

    def join(x: Any, level: int) -> Any:
        if not isinstance(x, list):
            return _at_least(lift(x), n) if n < 3 else lift(x)
        return concatenate([join(y, level + 1) for y in x], axis=-(n - level))

    n = max(depth(arrays), 1)
    return join(arrays, 0)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Value]:
    x = lift(ary)
    k = s.axis_of(axis, x.ndim)
    n = x.shape[k]
    if np.ndim(indices_or_sections) == 0:
        m = int(indices_or_sections)
        cuts = [0]
        for j in range(m):
            cuts.append(cuts[-1] + n // m + (j < n % m))
    else:
        cuts = [0, *[max(0, min(n, c if c >= 0 else c + n)) for c in (int(c) for c in indices_or_sections)], n]
    return [s.cut(x, k, a, max(a, b)) for a, b in itertools.pairwise(cuts)]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Value]:
    x = lift(ary)
    if np.ndim(indices_or_sections) == 0 and x.shape[axis] % int(indices_or_sections):
        raise ValueError("array split does not result in an equal division")
    return array_split(x, indices_or_sections, axis)


def roll(a: Any, shift: Any, axis: Any = None) -> Value:
    x = lift(a)
    if isinstance(getattr(shift, "_value", None), object) and hasattr(shift, "_value") and shift._k is None:
        raise refuse("np.roll by a traced shift", "Use np.take(x, (np.arange(n) - shift) % n, axis=0).")
    if axis is None:
        return s.reshape(s.roll(s.reshape(x, (-1,)), [int(shift) % max(x.size, 1)], [0]), x.shape)
    shifts, axes = np.broadcast_arrays(shift, axis)
    total: dict[int, int] = {}
    for n, k in zip(np.atleast_1d(shifts), np.atleast_1d(axes), strict=True):
        a_ = s.axis_of(k, x.ndim)
        total[a_] = total.get(a_, 0) + int(n)
    total = {k: n % x.shape[k] for k, n in total.items() if x.shape[k] and n % x.shape[k]}
    return s.roll(x, list(total.values()), list(total))


def flip(m: Any, axis: Any = None) -> Value:
    x = lift(m)
    return s.reverse(x, s.axes_of(axis, x.ndim))


def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Value:
    x = lift(m)
    a, b = (s.axis_of(c, x.ndim) for c in axes)
    order = list(range(x.ndim))
    order[a], order[b] = b, a
    if k % 4 == 1:
        return s.transpose(s.reverse(x, (b,)), order)
    if k % 4 == 3:
        return s.reverse(s.transpose(x, order), (b,))
    return s.reverse(x, sorted((a, b))) if k % 4 else x


def tile(A: Any, reps: Any) -> Value:
    x = lift(A)
    n = s.shape_of(reps)
    ndim = max(x.ndim, len(n))
    n, x = (1,) * (ndim - len(n)) + n, _at_least(x, ndim) if ndim < 3 else s.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    x = s.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
    wide = s.reshape(x, tuple(m for k in x.shape for m in (1, k)))
    wide = s.broadcast(wide, tuple(m for c, k in zip(n, x.shape, strict=True) for m in (c, k)))
    return s.reshape(wide, tuple(c * k for c, k in zip(n, x.shape, strict=True)))


def repeat(a: Any, repeats: Any, axis: Any = None) -> Value:
    x = lift(a)
    if axis is None:
        x, axis = s.reshape(x, (-1,)), 0
    k = s.axis_of(axis, x.ndim)
    if np.ndim(repeats) == 0:
        n = int(repeats)
        shape = (*x.shape[: k + 1], n, *x.shape[k + 1 :])
        wide = s.broadcast(s.reshape(x, (*x.shape[: k + 1], 1, *x.shape[k + 1 :])), shape)
        return s.reshape(wide, (*x.shape[:k], x.shape[k] * n, *x.shape[k + 1 :]))
    return take(x, np.repeat(np.arange(x.shape[k]), np.asarray(repeats)), k)


def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Value:
    x = lift(array)
    if isinstance(pad_width, dict):
        widths = np.zeros((x.ndim, 2), int)
        for k, w in pad_width.items():
            widths[k] = w
    else:
        widths = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2))
    if mode == "constant":
        fill = kwargs.get("constant_values", 0)
        low, high = [int(w[0]) for w in widths], [int(w[1]) for w in widths]
        if type(fill) in (int, float) and fill == 0:
            return s.pad(x, low, high)
        if np.ndim(fill) and not hasattr(fill, "_value"):
            ends = np.broadcast_to(np.asarray(fill), (x.ndim, 2))
            for k in range(x.ndim):
                for side in (0, 1):
                    shape = (*x.shape[:k], int(widths[k][side]), *x.shape[k + 1 :])
                    extra = s.full(shape, ends[k][side], x.dtype)
                    x = s.concatenate([extra, x] if side == 0 else [x, extra], k)
            return x
        mask = s.pad(s.full(x.shape, True, BOOL), low, high)
        return where(mask, s.pad(x, low, high), s.convert(lift(fill), x.dtype))
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        for k in range(x.ndim):
            positions = np.pad(np.arange(x.shape[k]), tuple(int(w) for w in widths[k]), mode=mode, **kwargs)
            if len(positions) != x.shape[k]:
                x = take(x, positions, k)
        return x
    raise refuse(f"np.pad with mode={mode!r}", "Use constant, edge, wrap, reflect or symmetric.")


def expand_dims(a: Any, axis: Any) -> Value:
    x = lift(a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    n = x.ndim + len(axes)
    new = s.axes_of(tuple(axes), n)
    rest = iter(x.shape)
    return s.reshape(x, tuple(1 if k in new else next(rest) for k in range(n)))


def squeeze(a: Any, axis: Any = None) -> Value:
    x = lift(a)
    axes = s.axes_of(axis, x.ndim) if axis is not None else tuple(k for k, n in enumerate(x.shape) if n == 1)
    if any(x.shape[k] != 1 for k in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return s.reshape(x, tuple(n for k, n in enumerate(x.shape) if k not in axes))


def transpose(a: Any, axes: Any = None) -> Value:
    x = lift(a)
    return s.transpose(x, tuple(range(x.ndim))[::-1] if axes is None else [s.axis_of(k, x.ndim) for k in axes])


def swapaxes(a: Any, axis1: int, axis2: int) -> Value:
    x = lift(a)
    i, j = s.axis_of(axis1, x.ndim), s.axis_of(axis2, x.ndim)
    order = list(range(x.ndim))
    order[i], order[j] = j, i
    return s.transpose(x, order)


def moveaxis(a: Any, source: Any, destination: Any) -> Value:
    x = lift(a)
    src = [s.axis_of(k, x.ndim) for k in (source if isinstance(source, (tuple, list)) else (source,))]
    dst = [s.axis_of(k, x.ndim) for k in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    order = [k for k in range(x.ndim) if k not in src]
    for d, k in sorted(zip(dst, src, strict=True)):
        order.insert(d, k)
    return s.transpose(x, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> Value:
    x = lift(a)
    k = s.axis_of(axis, x.ndim)
    start = start + x.ndim if start < 0 else start
    return s.move_axis(x, k, start - 1 if k < start else start)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Value:
    return s.broadcast(lift(array), s.shape_of(shape))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Value, ...]:
    xs = [lift(a) for a in args]
    shape = s.common_shape(*[x.shape for x in xs])
    return tuple(s.broadcast(x, shape) for x in xs)


def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Value, ...]:
    xs = [lift(x) for x in xi]
    n = len(xs)
    order = list(range(n))
    if indexing == "xy" and n > 1:
        order[0], order[1] = 1, 0
    out = []
    for k, x in enumerate(xs):
        shape = [1] * n
        shape[order[k]] = x.size
        out.append(s.reshape(x, tuple(shape)))
    full = s.common_shape(*[x.shape for x in out])
    return tuple(out) if sparse else tuple(s.broadcast(x, full) for x in out)


def _like(number: Any) -> Any:
    def f(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> np.ndarray:
        x = lift(a)
        return np.full(s.shape_of(shape) if shape is not None else x.shape, number, np.dtype(dtype) if dtype is not None else x.dtype)

    return f


def full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Value:
    x = lift(a)
    fill = s.convert(lift(fill_value), np.dtype(dtype) if dtype is not None else x.dtype)
    return s.broadcast(fill, s.shape_of(shape) if shape is not None else x.shape)


def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0, *,
             device: Any = None) -> Any:  # fmt: skip
    a, b = s.unify(start, stop, 1.0)[:2]
    steps = num - 1 if endpoint else num
    t = active().array(np.arange(num) / max(steps, 1)) if num != 1 else s.full((1,), 0.0, np.dtype(float))
    shape = s.common_shape(a.shape, b.shape)
    t = s.reshape(s.convert(t, a.dtype), (num,) + (1,) * len(shape))
    y = a + (b - a) * t
    if endpoint and num > 1:
        y = s.concatenate([s.cut(y, 0, 0, num - 1), s.reshape(s.broadcast(b, shape), (1, *shape))], 0)
    y = s.move_axis(y, 0, s.axis_of(axis, y.ndim))
    y = s.convert(y, np.dtype(dtype)) if dtype is not None else y
    return (y, (b - a) / max(steps, 1)) if retstep else y


def append(arr: Any, values: Any, axis: Any = None) -> Value:
    return concatenate((arr, values), axis)


def _positions(obj: Any) -> Any:
    return np.asarray(obj) if not isinstance(obj, slice) else obj


def delete(arr: Any, obj: Any, axis: Any = None) -> Value:
    x = lift(arr)
    if axis is None:
        x, axis = s.reshape(x, (-1,)), 0
    k = s.axis_of(axis, x.ndim)
    return take(x, np.delete(np.arange(x.shape[k]), _positions(obj)), k)


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Value:
    x = lift(arr)
    if axis is None:
        x, axis = s.reshape(x, (-1,)), 0
    k = s.axis_of(axis, x.ndim)
    n = x.shape[k]
    where_ = np.insert(np.arange(n), _positions(obj), -1)
    new = where_ < 0
    shape = (*x.shape[:k], len(where_), *x.shape[k + 1 :])
    old = take(x, np.where(new, 0, where_), k)
    return Index(shape, (slice(None),) * k + (np.nonzero(new)[0] if np.ndim(obj) else int(np.nonzero(new)[0][0]),)).write(old, values)


def reshape(a: Any, shape: Any, order: str = "C") -> Value:
    x = lift(a)
    if order == "F" and x.ndim + (len(shape) if hasattr(shape, "__len__") else 1) > 2:
        new = s.shape_of(shape)
        back = transpose(x)
        return transpose(s.reshape(back, new[::-1]))
    if order not in ("C", "A", "K", "F"):
        raise ValueError("order must be one of 'C', 'F', 'A', or 'K'")
    return s.reshape(x, shape)


FUNCTIONS: dict[Any, Any] = {
    np.triu_indices_from: lambda arr, k=0: np.triu_indices(lift(arr).shape[-2], k, lift(arr).shape[-1]),
    np.tril_indices_from: lambda arr, k=0: np.tril_indices(lift(arr).shape[-2], k, lift(arr).shape[-1]),
    np.diag_indices_from: lambda arr: np.diag_indices(lift(arr).shape[0], lift(arr).ndim),
    np.where: where, np.select: select, np.clip: clip, np.concatenate: concatenate, np.stack: stack, np.hstack: hstack, np.vstack: vstack,
    np.dstack: dstack, np.column_stack: column_stack, np.block: block, np.array_split: array_split, np.split: split,
    np.hsplit: lambda a, n: split(a, n, 0 if lift(a).ndim == 1 else 1), np.vsplit: lambda a, n: split(a, n, 0),
    np.dsplit: lambda a, n: split(a, n, 2),
    np.unstack: lambda x, /, *, axis=0: tuple(s.at(lift(x), s.axis_of(axis, lift(x).ndim), k) for k in range(lift(x).shape[axis])),
    np.roll: roll, np.flip: flip, np.fliplr: lambda m: flip(m, 1), np.flipud: lambda m: flip(m, 0), np.rot90: rot90, np.tile: tile,
    np.repeat: repeat, np.pad: pad, np.expand_dims: expand_dims, np.squeeze: squeeze, np.transpose: transpose, np.swapaxes: swapaxes,
    np.moveaxis: moveaxis, np.rollaxis: rollaxis, np.broadcast_to: broadcast_to, np.broadcast_arrays: broadcast_arrays, np.meshgrid: meshgrid,
    np.reshape: lambda a, /, shape=None, order="C", *, newshape=None, copy=None: reshape(a, shape if shape is not None else newshape, order),
    np.ravel: lambda a, order="C": reshape(a, (-1,), order), np.atleast_1d: _atleast(1), np.atleast_2d: _atleast(2), np.atleast_3d: _atleast(3),
    np.zeros_like: _like(0), np.ones_like: _like(1), np.empty_like: _like(0), np.full_like: full_like, np.linspace: linspace,
    np.append: append, np.delete: delete, np.insert: insert, np.copy: lambda a, order="K", subok=False: lift(a),
    np.take: lambda a, indices, axis=None, out=None, mode="raise": take(lift(a), indices, axis, mode),
    np.take_along_axis: lambda arr, indices, axis=-1: take_along_axis(lift(arr), indices, axis),
    np.choose: lambda a, choices, out=None, mode="raise": select([lift(a) == k for k in range(len(choices))], list(choices)),
    np.iscomplexobj: lambda x: lift(x).dtype.kind == "c", np.isrealobj: lambda x: lift(x).dtype.kind != "c",
    np.shape: lambda a: lift(a).shape, np.ndim: lambda a: lift(a).ndim,
    np.size: lambda a, axis=None: lift(a).size if axis is None else lift(a).shape[axis],
    np.result_type: lambda *xs: np.result_type(*[s.weakest(e.plain(x)) if hasattr(x, "_value") else x for x in xs]),
    np.can_cast: lambda a, to, casting="safe": np.can_cast(lift(a).dtype, to, casting),

}  # fmt: skip
