"""Indexing of arrays that are still concrete, with the same split index as traced ones."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ergodica.expr.indexing import Index


def _numpy_key(index: Index) -> tuple[Any, ...]:
    """The key on the array's own axes; new axes are added by a reshape."""
    key: list[Any] = []
    for a in range(len(index.shape)):
        if a in index.arrays:
            key.append(index.arrays[a])
        elif a in index.dropped:
            key.append(index.start[a])
        else:
            step = index.step[a]
            k = slice(index.start[a], index.limit[a], step)
            if a in index.turned:
                last = index.start[a] + (index.sliced[a] - 1) * step
                stop = index.start[a] - 1
                k = slice(last, stop if stop >= 0 else None, -step) if index.sliced[a] else slice(0, 0)
            key.append(k)
    return tuple(key)


def read_concrete(x: np.ndarray, index: Index) -> np.ndarray:
    if index.basic:
        return np.array(x[_numpy_key(index)]).reshape(index.rest)
    return np.asarray(x[_with_new_axes(index)])


def _with_new_axes(index: Index) -> tuple[Any, ...]:
    key = list(_numpy_key(index))
    if None not in index.layout:
        return tuple(key)
    # new axes stand in the layout between the kept ones; put them before the axis that follows
    out: list[Any] = []
    layout = list(index.layout)
    for a, k in enumerate(key):
        if a in index.layout:
            while layout and layout[0] is None:
                out.append(None)
                layout.pop(0)
            layout.pop(0)
        out.append(k)
    return (*out, *layout)


def write_concrete(x: np.ndarray, index: Index, new: np.ndarray, mode: str) -> np.ndarray:
    y = x.copy()
    key = _with_new_axes(index)
    if mode == "set":
        y[key] = new
    else:
        {"add": np.add, "mul": np.multiply, "min": np.minimum, "max": np.maximum}[mode].at(y, key, new)
    return y


def same(a: Index, b: Index) -> bool:
    return (
        a.basic and b.basic and (a.start, a.limit, a.step, a.turned, a.dropped, a.layout) == (b.start, b.limit, b.step, b.turned, b.dropped, b.layout)
    )


def is_sparse(x: Any) -> bool:
    """Whether ``x`` is a matrix or array of scipy.sparse, without importing it."""
    module = sys.modules.get("scipy.sparse")
    return module is not None and bool(module.issparse(x))
