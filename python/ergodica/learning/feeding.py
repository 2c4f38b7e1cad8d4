"""Where batches come from: arrays, files, or any iterable of Python."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ergodica._arrays import view
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees

ORDERS = ("shuffled", "sequential", "replacement")


class Rows:
    """Columns of equally many rows, in any structure; leaves of ``tree``."""

    def __init__(self, data: Any, dtype: np.dtype | None) -> None:
        self.tree, leaves, names = trees.flatten(_opened(data))
        if not leaves:
            raise SpecError(f"data: expected arrays, got {data!r}", fields={"argument": "data"})
        self.columns = [_column(x, dtype, name) for x, name in zip(leaves, map(trees.dotted, names), strict=True)]
        counts = {a.shape[0] if a.ndim else None for a in self.columns}
        if len(counts) != 1 or None in counts or 0 in counts:
            shapes = ", ".join(str(a.shape) for a in self.columns)
            raise ShapeError(f"data: expected arrays with the same number of rows, at least one; got shapes {shapes}", fields={"argument": "data"})
        self.rows = self.columns[0].shape[0]

    def whole(self) -> Any:
        """All data as one batch."""
        return trees.build(self.tree, self.columns)

    def sample(self, batch: int) -> Any:
        """The shapes of a batch."""
        return trees.build(self.tree, [np.zeros((batch, *a.shape[1:]), a.dtype) for a in self.columns])


def _opened(data: Any) -> Any:
    if isinstance(data, (str, os.PathLike)):
        path = os.fspath(data)
        if not path.endswith(".npy"):
            raise SpecError(f"data: expected the path of a .npy file, got {path}", "Or arrays, a pyarrow table, or an iterable of batches.",
                            {"argument": "data"})  # fmt: skip
        return np.load(path, mmap_mode="r")
    if hasattr(data, "column_names") and hasattr(data, "column"):  # a pyarrow table or record batch
        return {name: _arrow(data.column(name)) for name in data.column_names}
    return data


def _arrow(column: Any) -> np.ndarray:
    column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    kind, shape = column.type, [len(column)]
    while hasattr(kind, "list_size"):
        shape.append(kind.list_size)
        column, kind = column.flatten(), kind.value_type
    return column.to_numpy(zero_copy_only=False).reshape(shape)


def _column(x: Any, dtype: np.dtype | None, name: str) -> np.ndarray:
    a = np.asarray(x)
    if a.dtype.kind not in "biufc":
        raise SpecError(f"data: expected numbers, got {a.dtype}" + (f" for {name}" if name else ""), fields={"argument": "data"})
    if a.dtype.kind == "f" and dtype is not None:
        a = a.astype(dtype, copy=False)
    if a.dtype in (np.int8, np.int16, np.uint8, np.uint16, np.uint32):
        a = a.astype(np.int32 if a.dtype != np.uint32 else np.int64)
    return np.ascontiguousarray(a) if a.ndim else a


class Stream:
    """Batches from a Python iterable, or a function that makes one, of arrays whose shapes are those of the first."""

    def __init__(self, source: Iterable[Any], dtype: np.dtype | None) -> None:
        self.source, self.dtype = source, dtype
        self.iterator: Iterator[Any] = iter(source)
        try:
            first = next(self.iterator)
        except StopIteration:
            raise SpecError("data: the iterable gave no batch", fields={"argument": "data"}) from None
        self.tree, leaves, names = trees.flatten(self._read(first))
        self.names = [trees.dotted(n) for n in names]
        self.first: list[np.ndarray] | None = self._columns(leaves)
        self.shapes = [(a.shape, a.dtype) for a in self.first]
        self.given = 0

    def _read(self, batch: Any) -> Any:
        if hasattr(batch, "numpy"):
            return batch.numpy()
        if isinstance(batch, (list, tuple)):
            return tuple(x.numpy() if hasattr(x, "numpy") else x for x in batch)
        return {k: v.numpy() if hasattr(v, "numpy") else v for k, v in batch.items()} if isinstance(batch, dict) else batch

    def _columns(self, leaves: list[Any]) -> list[np.ndarray]:
        return [_column(x, self.dtype, name) for x, name in zip(leaves, self.names, strict=False)]

    def sample(self) -> Any:
        return trees.build(self.tree, [np.zeros(s, d) for s, d in self.shapes])

    def _next(self) -> list[np.ndarray] | None:
        self.given += 1
        if self.first is not None:
            first, self.first = self.first, None
            return first
        try:
            batch = next(self.iterator)
        except StopIteration:
            return None
        tree, leaves, _ = trees.flatten(self._read(batch))
        columns = self._columns(leaves)
        if trees.key(tree) != trees.key(self.tree) or [(a.shape, a.dtype) for a in columns] != self.shapes:
            shapes, begun = ", ".join(str(a.shape) for a in columns), ", ".join(str(s) for s, _ in self.shapes)
            raise ShapeError(f"data: batch {self.given} has shapes {shapes}, the first had {begun}", "Drop the last, smaller batch.",
                             {"argument": "data"})  # fmt: skip
        return columns

    def at(self, step: int) -> list[np.ndarray] | None:
        """The batch of a step, counted from the first of this stream; None after the last. A training that goes on passes over what it has seen."""
        found: list[np.ndarray] | None = None
        while self.given <= step:
            found = self._next()
            if found is None:
                return None
        return found


class Feeder:
    """Answers a training that asks for its batches, on its own buffers."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.step: np.ndarray | None = None
        self.more: np.ndarray
        self.out: list[np.ndarray] = []

    def answer(self, python: dict[str, Any], owner: Any) -> bool:
        if self.step is None:
            c = python["configurations"]
            self.step = view(c["address"], c["dtype"], (1,), owner)
            buffers = [view(a["address"], a["dtype"], tuple(a["shape"]) or (1,), owner) for a in python["answers"]]
            self.more = buffers[0]
            self.out = buffers[1:]
        batch = self.stream.at(int(self.step[0]))
        self.more[...] = batch is not None
        for to, x in zip(self.out, batch or [], strict=False):
            to[...] = x
        return True


def is_stream(data: Any) -> bool:
    """Whether data come batch by batch."""
    if isinstance(data, (str, bytes, os.PathLike, dict, list, tuple, np.ndarray)) or trees.is_array(data) or hasattr(data, "column_names"):
        return False
    return isinstance(data, Iterable)
