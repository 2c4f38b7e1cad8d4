"""Convolutions and pooling on lattices of one to three and more dimensions, channels before space."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import elementwise as e
from ergodica.expr import shapes as s
from ergodica.expr.compiled import everywhere
from ergodica.expr.indexing import take
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import BOOL, FLOAT64, INT64, Value, active, lift

Padding = str | int | Sequence[Any]
_NAMES = ("valid", "same", "periodic")


def _each(x: Any, d: int, what: str) -> tuple[int, ...]:
    """A positive number for each axis of space."""
    values = (x,) * d if hasattr(x, "__index__") else tuple(x)
    if len(values) != d or any(not hasattr(v, "__index__") or isinstance(v, bool) or v < 1 for v in values):
        raise SpecError(f"{what}: expected a positive int, or {d} of them, one for each axis of space, got {x!r}")
    return tuple(int(v) for v in values)


def _paddings(padding: Any, d: int, what: str) -> list[Any]:
    """For each axis of space a name, or how much stands before and behind it."""
    items = [padding] * d if isinstance(padding, str) or hasattr(padding, "__index__") else list(padding)
    out: list[Any] = []
    for p in items:
        if isinstance(p, str) and p in _NAMES:
            out.append(p)
        elif hasattr(p, "__index__") and p >= 0:
            out.append((int(p), int(p)))
        elif isinstance(p, (tuple, list)) and len(p) == 2 and all(hasattr(v, "__index__") and v >= 0 for v in p):
            out.append((int(p[0]), int(p[1])))
        else:
            raise SpecError(f"{what}: padding {p!r} is none of {', '.join(map(repr, _NAMES))}, an int >= 0, a pair of them", 'Use padding="same".')
    if len(out) != d:
        raise SpecError(f"{what}: padding for {len(out)} axes of {d}", 'One name or int is for all axes, as padding="same".')
    return out


def _same(n: int, reach: int, stride: int) -> tuple[int, int]:
    """What makes ceil(n / stride) places."""
    total = max((-(-n // stride) - 1) * stride + reach - n, 0)
    return total // 2, total - total // 2


def _around(x: Value, axis: int, low: int, high: int) -> Value:
    """``x`` continued periodically."""
    n = x.shape[axis]
    if not low and not high:
        return x
    if n == 0:
        raise ShapeError(f"periodic padding of an axis without elements, shape {x.shape}")
    if low > n or high > n:
        return take(x, np.arange(-low, n + high) % n, axis)
    ends = [s.cut(x, axis, n - low, n), x, s.cut(x, axis, 0, high)]
    return s.concatenate([p for p in ends if p.shape[axis]], axis)


@everywhere
def conv(
    x: Any,
    kernel: Any,
    stride: int | Sequence[int] = 1,
    padding: Padding = "valid",
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
    transposed: bool = False,
    input_dilation: int | Sequence[int] = 1,
) -> Any:
    r"""A convolution over the last axes, as networks and stencils have it: the kernel is not turned around.

    .. math:: y_{n, o, p} = \sum_{c, k} x_{n, c, \, p s + k d - l} \; w_{o, c, k}

    with stride :math:`s`, dilation :math:`d` and :math:`l` elements of padding in front, for places p and kernel elements k of one, two, three or
    more dimensions.

    Parameters
    ----------
    x : array (..., channels, *space)
        Leading axes are images; there may be none.
    kernel : array (out, channels / groups, *kernel)
        As torch's ``weight``; with ``transposed``, (channels, out / groups, *kernel).
    stride : int or one for each axis of space, default 1
    padding : {"valid", "same", "periodic"}, int, or a sequence with one of these or a pair of ints for each axis, default "valid"
        "valid" adds nothing, "same" zeros so that ceil(length / stride) places come out, the odd one behind, "periodic" what stands on the other
        side (a torus) for as many places; ints are zeros on both sides.
    dilation : int or one for each axis, default 1
        Distance of the kernel's elements.
    groups : int, default 1
        Channels in and out fall into so many groups that do not see each other.
    transposed : bool, default False
        The transposed map, from places to x: strides spread x out, padding is cut off the result. Its length is
        (length - 1) stride + (kernel - 1) dilation + 1 less the padding, or length x stride for "same" and "periodic".
    input_dilation : int or one for each axis, default 1
        Zeros between the elements of x: their distance.

    Returns
    -------
    array (..., out, *places)

    Raises
    ------
    ShapeError
        Channels do not fit the kernel and groups.
    SpecError
        A stride, padding or dilation that is none.

    References
    ----------
    V. Dumoulin, F. Visin, arXiv:1603.07285.

    Examples
    --------
    The Laplacian of a field on a periodic lattice:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> stencil = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])[None, None]
    >>> phi = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> y = erg.conv(phi, stencil, padding="periodic")
    >>> bool(np.all(y[0, 0] == sum(np.roll(phi[0, 0], s, a) for s in (-1, 1) for a in (0, 1)) - 4 * phi[0, 0]))
    True
    >>> erg.conv(np.ones((8, 3, 32, 32)), np.ones((16, 3, 3, 3)), stride=2, padding="same").shape
    (8, 16, 16, 16)
    """
    v, w = s.unify(x, kernel)
    if v.dtype == BOOL:
        v, w = s.convert(v, INT64), s.convert(w, INT64)
    d = w.ndim - 2
    if d < 1 or v.ndim < d + 1:
        raise ShapeError(f"conv: expected x (..., channels, *space) and kernel (out, channels / groups, *kernel), got shapes {v.shape} and {w.shape}")
    (g,) = _each(groups, 1, "conv: groups")
    space = v.shape[v.ndim - d :]
    lead = v.shape[: v.ndim - d - 1]
    v = s.reshape(v, (math.prod(lead), v.shape[v.ndim - d - 1], *space))
    steps, gaps, spread = _each(stride, d, "conv: stride"), _each(dilation, d, "conv: dilation"), _each(input_dilation, d, "conv: input_dilation")
    if v.shape[1] % g or w.shape[0] % g or (w.shape[0] if transposed else w.shape[1] * g) != v.shape[1]:
        want = (v.shape[1], "out / groups") if transposed else ("out", f"{v.shape[1]} / {g}")
        raise ShapeError(f"conv: x has {v.shape[1]} channels; expected a kernel ({want[0]}, {want[1]}, *kernel) for {g} groups, got shape {w.shape}")
    if any(n < 1 for n in w.shape[2:]):
        raise ShapeError(f"conv: a kernel of shape {w.shape} has no elements")
    pads = _paddings(padding, d, "conv")
    if transposed:
        if any(n != 1 for n in spread):
            raise SpecError(
                "conv: a transposed convolution with input_dilation", "Its stride is one: erg.conv(x, kernel, stride=2, transposed=True)."
            )
        y = _transposed(v, w, steps, pads, gaps, g)
    else:
        low, high = [0] * d, [0] * d
        for q, p in enumerate(pads):
            reach = (w.shape[2 + q] - 1) * gaps[q] + 1
            n = max((v.shape[2 + q] - 1) * spread[q] + 1, 0)
            if p == "periodic":
                front = (reach - 1) // 2
                if spread[q] != 1:
                    raise SpecError("conv: periodic padding with input_dilation", "Use transposed=True.")
                v = _around(v, 2 + q, front, reach - 1 - front)
            elif p == "same":
                low[q], high[q] = _same(n, reach, steps[q])
            elif p != "valid":
                low[q], high[q] = p
        y = _emit(v, w, steps, low, high, spread, gaps, g)
    return Tracer(s.reshape(y, (*lead, *y.shape[1:])))


def _emit(
    x: Value, w: Value, stride: Sequence[int], low: Sequence[int], high: Sequence[int], spread: Sequence[int], dilation: Sequence[int], groups: int
) -> Value:
    """The operation itself."""
    places = []
    for q, (n, k) in enumerate(zip(x.shape[2:], w.shape[2:], strict=True)):
        room = max((n - 1) * spread[q] + 1, 0) + low[q] + high[q] - (k - 1) * dilation[q] - 1
        places.append(room // stride[q] + 1 if room >= 0 else 0)
    attrs: dict[str, Any] = {"stride": tuple(stride), "low": tuple(low), "high": tuple(high), "dilation": tuple(dilation)}
    if groups > 1:
        attrs["n"] = groups
    if any(n > 1 for n in spread):
        attrs["interior"] = tuple(n - 1 for n in spread)
    return active().emit("conv", (x, w), attrs, x.dtype, (x.shape[0], w.shape[0], *places))


def _transposed(x: Value, w: Value, stride: Sequence[int], pads: list[Any], dilation: Sequence[int], groups: int) -> Value:
    """The kernel (channels, out / groups, ...) turned around, with channels in and out exchanged in each group, over x spread out."""
    channels, out, kernel = w.shape[0], w.shape[1], w.shape[2:]
    space = range(3, 3 + len(kernel))
    w = s.transpose(s.reshape(w, (groups, channels // groups, out, *kernel)), (0, 2, 1, *space))
    w = s.reverse(s.reshape(w, (groups * out, channels // groups, *kernel)), tuple(range(2, 2 + len(kernel))))
    low, high = [], []
    for q, p in enumerate(pads):
        n, reach, step = x.shape[2 + q], (kernel[q] - 1) * dilation[q] + 1, stride[q]
        before, behind = (0, 0) if isinstance(p, str) else p
        if p == "same":
            before = max(reach - step, 0) // 2
            behind = reach - step - before
        elif p == "periodic":
            more = -(-(reach - 1) // step)
            x = _around(x, 2 + q, more, more)
            before = more * step + (reach - 1) // 2
            behind = (n + 2 * more - 1) * step + reach - before - n * step
        low.append(reach - 1 - before)
        high.append(reach - 1 - behind)
    return _emit(x, w, (1,) * len(kernel), low, high, stride, dilation, groups)


def _pool(
    x: Any, window: Any, stride: Any, padding: Padding, what: str, fill: Callable[[np.dtype], Any], fold: np.ufunc
) -> tuple[Value, tuple[int, ...], list[Any]]:
    """Windows folded axis by axis, as strided slices; also the windows, and for each axis (length, padding before, behind)."""
    v = lift(x)
    d = len(window) if not hasattr(window, "__index__") else v.ndim - 2
    if d < 1 or v.ndim < d:
        raise ShapeError(f"{what}: expected x (..., channels, *space), got shape {v.shape} for a window {window!r}")
    size = _each(window, d, f"{what}: window")
    steps = size if stride is None else _each(stride, d, f"{what}: stride")
    around = []
    for q, p in enumerate(_paddings(padding, d, what)):
        axis, k = v.ndim - d + q, size[q]
        n = v.shape[axis]
        low, high = _same(n, k, steps[q]) if p == "same" else (0, 0) if isinstance(p, str) else p
        if p == "periodic":
            v = _around(v, axis, (k - 1) // 2, k - 1 - (k - 1) // 2)
        elif low or high:
            empty = [s.full((*v.shape[:axis], m, *v.shape[axis + 1 :]), fill(v.dtype), v.dtype) for m in (low, high)]
            v = s.concatenate([y for y in (empty[0], v, empty[1]) if y.shape[axis]], axis)
        around.append((n, low, high))
        places = max((v.shape[axis] - k) // steps[q] + 1, 0)
        start, limit, step = [0] * v.ndim, list(v.shape), [1] * v.ndim
        step[axis] = steps[q]
        parts = []
        for i in range(k):
            start[axis], limit[axis] = i, max(i + (places - 1) * steps[q] + 1, i) if places else i
            parts.append(s.slice_(v, start, limit, step) if places else s.cut(v, axis, 0, 0))
        v = functools.reduce(lambda y, z: e.call(fold, y, z), parts)
    return v, steps, around


def _lowest(dtype: np.dtype) -> Any:
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


@everywhere
def max_pool(x: Any, window: int | Sequence[int], stride: int | Sequence[int] | None = None, padding: Padding = "valid") -> Any:
    r"""The largest element of each window.

    .. math:: y_{p} = \max_{0 \le k < K} x_{p s + k - l}

    Parameters
    ----------
    x : real array (..., channels, *space)
    window : int or one for each axis of space
        An int is for all axes after the first two; a sequence for the last so many.
    stride : int or one for each axis, default the window
    padding : as in :func:`conv`, default "valid"
        What is padded is never the largest.

    Returns
    -------
    array (..., channels, *places)
        Its derivative goes to the largest element; equal ones share it pairwise.

    Raises
    ------
    ShapeError, SpecError
        As in :func:`conv`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.max_pool(np.arange(16.0).reshape(1, 1, 4, 4), 2)[0, 0].tolist()
    [[5.0, 7.0], [13.0, 15.0]]
    """
    if lift(x).dtype.kind not in "fi":
        raise SpecError(f"max_pool: expected real numbers, got {lift(x).dtype}")
    return Tracer(_pool(x, window, stride, padding, "max_pool", _lowest, np.maximum)[0])


@everywhere
def average_pool(
    x: Any, window: int | Sequence[int], stride: int | Sequence[int] | None = None, padding: Padding = "valid", count_padding: bool = True
) -> Any:
    r"""The mean of each window.

    .. math:: y_{p} = \frac{1}{K} \sum_{0 \le k < K} x_{p s + k - l}

    Parameters
    ----------
    x : array (..., channels, *space)
    window : int or one for each axis of space
        An int is for all axes after the first two; a sequence for the last so many.
    stride : int or one for each axis, default the window
    padding : as in :func:`conv`, default "valid"
    count_padding : bool, default True
        Padded zeros count as elements, as in torch.

    Returns
    -------
    array (..., channels, *places)

    Raises
    ------
    ShapeError, SpecError
        As in :func:`conv`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.average_pool(np.arange(8.0).reshape(1, 1, 8), 4).tolist()
    [[[1.5, 5.5]]]
    """
    v = lift(x)
    if v.dtype.kind in "bi":
        v = s.convert(v, FLOAT64)
    total, steps, around = _pool(v, window, stride, padding, "average_pool", lambda dtype: 0, np.add)
    d = len(steps)
    size = _each(window, d, "average_pool: window")
    if count_padding:
        return Tracer(e.call(np.multiply, total, 1.0 / math.prod(size)))
    number = np.ones((1,) * d)
    for q, (n, low, high) in enumerate(around):
        inside = np.concatenate([np.zeros(low), np.ones(n), np.zeros(high)])
        places = total.shape[total.ndim - d + q]
        if len(inside) == n and places:  # periodic, or nothing padded
            counted = np.full(places, float(size[q]))
        else:
            counted = np.array([inside[p * steps[q] : p * steps[q] + size[q]].sum() for p in range(places)])
        number = number * counted.reshape(*(-1 if k == q else 1 for k in range(d)))
    return Tracer(e.call(np.divide, total, number.astype(total.dtype)))
