"""NumPy's indexing as slices, gathers and scatters: reading, functional writing, and ``x.at[i]``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr.refuse import refuse
from ergodica.expr.shapes import (
    axis_of,
    broadcast,
    broadcast_axes,
    common_shape,
    convert,
    full,
    iota,
    reshape,
    reverse,
    slice_,
    transpose,
)
from ergodica.expr.values import INT64, Shape, Value, active, lift


class Index:
    """An index, split: slices per axis of the array, then index arrays over some axes, then new axes.

    ``result`` of reading has the index arrays' axes where NumPy puts them.
    """

    def __init__(self, shape: Shape, key: Any) -> None:
        items = _expand(key, shape)
        self.shape = shape
        self.start: list[int] = []
        self.limit: list[int] = []
        self.step: list[int] = []
        self.turned: list[int] = []  # axes read backwards
        self.dropped: list[int] = []  # axes with an integer index
        self.arrays: dict[int, Any] = {}  # axis -> index array
        layout: list[Any] = []  # the result before arrays: axis numbers, None for a new axis
        axis = 0
        for item in items:
            if item is None:
                layout.append(None)
                continue
            n = shape[axis]
            if isinstance(item, slice):
                a, b, s = item.indices(n)
                count = len(range(a, b, s))
                if s < 0:
                    a, b, s = a + (count - 1) * s, a + 1, -s
                    if count == 0:
                        a, b = 0, 0
                    self.turned.append(axis)
                self.start.append(a)
                self.limit.append(max(a, b))
                self.step.append(s)
                layout.append(axis)
            elif _is_int(item):
                k = int(item.__index__())
                if not -n <= k < n:
                    raise IndexError(f"index {k} is out of bounds for axis {axis} with size {n}")
                self.start.append(k % n)
                self.limit.append(k % n + 1)
                self.step.append(1)
                self.dropped.append(axis)
            else:
                self.arrays[axis] = _positions(item, n, axis)
                self.start.append(0)
                self.limit.append(n)
                self.step.append(1)
            axis += 1
        self.sliced = tuple(-(-(b - a) // s) for a, b, s in zip(self.start, self.limit, self.step, strict=True))
        self.layout = layout
        self.first = self._place(items)
        self.index_shape: Shape = common_shape(*[a.shape for a in self.arrays.values()]) if self.arrays else ()

    def _place(self, items: list[Any]) -> int:
        """Where the index arrays' axes stand in the result: in front when the arrays are separated."""
        if not self.arrays:
            return 0
        advanced = [k for k, i in enumerate(items) if _is_array(i) or _is_int(i)]
        if advanced != list(range(advanced[0], advanced[-1] + 1)):
            return 0
        return sum(1 for i in items[: advanced[0]] if i is None or isinstance(i, slice))

    @property
    def kept(self) -> list[int]:
        """Axes of the array that stay as they are in the result, in order."""
        return [a for a in self.layout if a is not None]

    @property
    def rest(self) -> Shape:
        """Lengths of the result's axes that are not the index arrays'."""
        return tuple(1 if a is None else self.sliced[a] for a in self.layout)

    @property
    def result(self) -> Shape:
        """The shape of ``x[key]``."""
        r = self.rest
        return r[: self.first] + self.index_shape + r[self.first :] if self.arrays else r

    @property
    def basic(self) -> bool:
        """Whether NumPy would give a view."""
        return not self.arrays

    def read(self, x: Value) -> Value:
        """``x[key]``."""
        y = slice_(x, self.start, self.limit, self.step)
        y = reverse(y, self.turned)
        if not self.arrays:
            return reshape(y, self.rest)
        axes, arrays = self._gathered()
        live = [a for a in range(x.ndim) if a not in self.dropped]
        y = reshape(y, tuple(self.sliced[a] for a in live))
        at = tuple(live.index(a) for a in axes)
        shape = self.index_shape + tuple(n for k, n in enumerate(y.shape) if k not in at)
        y = active().emit("gather", (y, *arrays), {"axes": at}, x.dtype, shape)
        return self._arrange(y)

    def _gathered(self) -> tuple[list[int], list[Value]]:
        axes = sorted(self.arrays)
        arrays = [broadcast(_as_value(self.arrays[a]), self.index_shape) for a in axes]
        return axes, arrays

    def _arrange(self, y: Value) -> Value:
        """A gather's result, index axes first, in NumPy's order and with new axes."""
        n = len(self.index_shape)
        before = sum(1 for a in self.layout[: self.first] if a is not None)
        order = (*range(n, n + before), *range(n), *range(n + before, y.ndim))
        return reshape(transpose(y, order), self.result)

    def _disarrange(self, u: Value) -> Value:
        """The inverse of :meth:`_arrange`."""
        n = len(self.index_shape)
        kept = tuple(self.sliced[a] for a in self.kept)
        before = sum(1 for a in self.layout[: self.first] if a is not None)
        u = reshape(u, kept[:before] + self.index_shape + kept[before:])
        return transpose(u, (*range(before, before + n), *range(before), *range(before + n, u.ndim)))

    def write(self, x: Value, u: Any, mode: str = "set") -> Value:
        """A copy of ``x`` with ``x[key] = u``, or combined with ``u`` by add, mul, min, max."""
        result = self.result
        value = lift(u)
        lead = len(value.shape) - len(result)
        if lead > 0 and all(n == 1 for n in value.shape[:lead]):
            value = reshape(value, value.shape[lead:])
        value = broadcast(convert(value, x.dtype), result)
        if 0 in result:
            return x
        if not self.arrays:
            return self._write_block(x, value, mode)
        value = self._disarrange(value)
        axes, arrays = self._gathered()
        # axes that are sliced or dropped become index arrays too, unless they are whole
        n = len(self.index_shape)
        partial = [a for a in range(x.ndim) if a not in self.arrays and not self._whole(a)]
        sliced = [a for a in partial if a not in self.dropped]
        shape = self.index_shape + tuple(self.sliced[a] for a in sliced)
        kept = self.kept
        order = (*range(n), *(n + kept.index(a) for a in sliced), *(n + k for k, a in enumerate(kept) if a not in sliced))
        value = transpose(value, order)
        index: dict[int, Value] = {a: broadcast_axes(v, shape, tuple(range(n))) for a, v in zip(axes, arrays, strict=True)}
        for a in partial:
            if a in self.dropped:
                index[a] = full(shape, self.start[a], INT64)
            else:
                index[a] = broadcast_axes(self._along(a), shape, (n + sliced.index(a),))
        return _scatter(x, index, value, mode)

    def _whole(self, a: int) -> bool:
        return self.sliced[a] == self.shape[a] and a not in self.turned and a not in self.dropped

    def _along(self, a: int) -> Value:
        """The positions of a slice."""
        positions = np.arange(self.start[a], self.limit[a], self.step[a])
        return active().array(positions[::-1].copy() if a in self.turned else positions)

    def _write_block(self, x: Value, value: Value, mode: str) -> Value:
        value = reshape(value, tuple(1 if a in self.dropped else self.sliced[a] for a in range(x.ndim)))
        value = reverse(value, self.turned)
        if value.shape == x.shape:
            return value if mode == "set" else _combine(mode, x, value)
        partial = [a for a in range(x.ndim) if not self._whole(a)]
        if mode == "set" and len(partial) == 1 and self.step[partial[0]] == 1 and x.size <= 2 * value.size:
            from ergodica.expr.shapes import concatenate, cut

            a = partial[0]
            ends = [cut(x, a, 0, self.start[a]), value, cut(x, a, self.limit[a], x.shape[a])]
            return concatenate([p for p in ends if p.shape[a]], a)
        if mode not in ("set", "add"):
            value, mode = _combine(mode, slice_(x, self.start, self.limit, self.step), value), "set"
        attrs: dict[str, Any] = {"start": tuple(self.start), "mode": mode}
        if any(n != 1 for n in self.step):
            attrs["stride"] = tuple(self.step)
        return active().emit("slice_update", (x, value), attrs, x.dtype, x.shape)


def _combine(mode: str, x: Value, u: Value) -> Value:
    return e.call({"add": np.add, "mul": np.multiply, "min": np.minimum, "max": np.maximum}[mode], x, u)


def _scatter(x: Value, index: dict[int, Value], u: Value, mode: str) -> Value:
    axes = tuple(sorted(index))
    return active().emit("scatter", (x, *[index[a] for a in axes], u), {"axes": axes, "mode": mode}, x.dtype, x.shape)


def _is_int(i: Any) -> bool:
    if isinstance(i, (int, np.integer)) and not isinstance(i, bool):
        return True
    return isinstance(i, np.ndarray) and i.ndim == 0 and i.dtype.kind in "iu"


def _is_array(i: Any) -> bool:
    return isinstance(i, (np.ndarray, Value)) and not _is_int(i)


def _expand(key: Any, shape: Shape) -> list[Any]:
    """A key as one item per axis of the array, and Nones: Ellipsis and masks spelled out."""
    items: list[Any] = []
    for i in key if isinstance(key, tuple) else (key,):
        value = getattr(i, "_value", None)
        if value is not None:
            i = i._k if i._k is not None else value()
        if isinstance(i, (list, tuple)):
            i = lift(i) if any(hasattr(j, "_value") for j in i) else np.asarray(i, dtype=np.intp if len(i) == 0 else None)
        if isinstance(i, (bool, np.bool_)):
            i = np.asarray(i)
        if isinstance(i, Value) and i.dtype.kind == "b":
            raise refuse(
                "a traced mask as an index: the shape of the result would depend on values", "Use np.where(mask, a, b), which keeps the shape."
            )
        if isinstance(i, np.ndarray) and i.dtype.kind == "b":
            if i.ndim == 0:
                raise refuse("a single truth value as an index", "Use x[None] or x[:0].")
            at = sum(1 for j in items if j is not None and j is not Ellipsis)
            _check_mask(i, items, shape, at)
            items.extend(np.nonzero(i))
        elif isinstance(i, (slice, int, np.integer, np.ndarray, Value)) or i is None or i is Ellipsis:
            items.append(i)
        elif hasattr(i, "__index__"):
            items.append(int(i.__index__()))
        elif hasattr(i, "__array__"):
            items.append(np.asarray(i))
        else:
            raise IndexError(f"only integers, slices, ellipsis, None and integer or boolean arrays are valid indices, got {type(i).__name__}")
    used = sum(1 for i in items if i is not None and i is not Ellipsis)
    if used > len(shape):
        raise IndexError(f"too many indices for an array of {len(shape)} dimensions: {used} were indexed")
    fill = [slice(None)] * (len(shape) - used)
    where = [k for k, i in enumerate(items) if i is Ellipsis]
    if len(where) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if where:
        items[where[0] : where[0] + 1] = fill
    else:
        items += fill
    return items


def _check_mask(mask: np.ndarray, items: list[Any], shape: Shape, at: int) -> None:
    if Ellipsis not in [i for i in items if i is None or i is Ellipsis] and mask.shape != shape[at : at + mask.ndim]:
        raise IndexError(f"boolean index of shape {mask.shape} did not match the indexed axes {shape[at : at + mask.ndim]}")


def _positions(i: Any, n: int, axis: int) -> Any:
    """Index arrays as positions from the front: concrete ones checked, traced ones wrapped."""
    if isinstance(i, Value):
        if i.dtype.kind != "i":
            raise IndexError(f"arrays used as indices must be of integer type, got {i.dtype}")
        i = convert(i, INT64)
        return e.select(i < 0, i + n, i)
    if i.dtype.kind not in "iu":
        raise IndexError(f"arrays used as indices must be of integer type, got {i.dtype}")
    a = i.astype(np.int64)
    if a.size and (a.min() < -n or a.max() >= n):
        bad = a.min() if a.min() < -n else a.max()
        raise IndexError(f"index {bad} is out of bounds for axis {axis} with size {n}")
    return np.where(a < 0, a + n, a)


def _as_value(i: Any) -> Value:
    return i if isinstance(i, Value) else active().array(i)


def take(x: Value, indices: Any, axis: int | None = None, mode: str = "raise") -> Value:
    """numpy.take. A traced index with mode "raise" is checked when the program runs."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    a = axis_of(axis, x.ndim)
    n = x.shape[a]
    i = e.plain(indices)
    if isinstance(i, (int, float)):
        i = np.asarray(i)
    if mode == "clip":
        i = e.call(np.minimum, e.call(np.maximum, i, 0), n - 1)
    elif mode == "wrap":
        i = e.call(np.remainder, i, n)
    if isinstance(i, np.generic):
        i = np.asarray(i)
    return Index(x.shape, (slice(None),) * a + (i,)).read(x)


def take_along_axis(x: Value, indices: Any, axis: int | None = -1) -> Value:
    """numpy.take_along_axis, as a gather over all axes."""
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    a = axis_of(axis, x.ndim)
    i = e.plain(indices)
    if not isinstance(i, (np.ndarray, Value)):
        i = np.asarray(i)
    i = _as_value(_positions(i, x.shape[a], a))
    shape = list(common_shape((*x.shape[:a], 1, *x.shape[a + 1 :]), (*i.shape[:a], 1, *i.shape[a + 1 :])))
    shape[a] = i.shape[a]
    s = tuple(shape)
    index = [broadcast(i, s) if k == a else broadcast_axes(iota(n), s, (k,)) if n > 1 else full(s, 0, INT64) for k, n in enumerate(x.shape)]
    return active().emit("gather", (x, *index), {"axes": tuple(range(x.ndim))}, x.dtype, s)
