"""Where batches come from: arrays, files, or any iterable of Python."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ergodica._base import integer, real
from ergodica._encode import Request
from ergodica._tables import need
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.learning.objective import Caller, Objective, guarded
from ergodica.learning.optimisers.base import between
from ergodica.learning.source import Source

ORDERS = ("shuffled", "sequential", "replacement")


class Feed:
    """What the steps of a training are given; this one is for losses that take no data."""

    whole: Any = None
    """A batch that is the same at every step, part of the program."""
    sample: Any = None
    """The shapes of a batch that the core hands to the program."""
    own = False
    """Whether each member of an ensemble has batches of its own."""
    stream: Stream | None = None
    passes: float | None = None
    """Passes over the data that a step is; None where they have no end."""

    def seen(self, batch: Any) -> Any:
        """The batch as the loss gets it."""
        return batch if self.whole is None else self.whole

    def event(self, objective: Any) -> tuple[int, ...] | None:
        """The shape of one point, of objectives whose models are drawn from."""
        batch = self.seen(self.sample)
        return None if batch is None or not hasattr(objective, "event") else objective.event(batch)

    def starts(self, objective: Any) -> bool:
        """Whether points of its model begin at rows of the data."""
        batch = self.seen(self.sample)
        return batch is not None and hasattr(objective, "starts") and objective.starts(batch)

    def condition(self) -> tuple[int, ...] | None:
        """The shape of a row's condition."""
        batch = self.seen(self.sample)
        return tuple(np.shape(batch["condition"])[1:]) if isinstance(batch, dict) and "condition" in batch else None

    def steps(self, steps: Any, epochs: Any) -> int:
        """Of a training of so many steps or epochs."""
        if epochs is None:
            return integer(1000 if steps is None else steps, "steps", 1)
        if steps is not None or self.passes is None:
            raise SpecError("epochs: expected arrays as data, and no steps", fields={"argument": "epochs"})
        between("epochs", real(epochs, "epochs"), 0.0, open_low=True)
        return max(int(np.ceil(epochs / self.passes - 1e-9)), 1)

    def tell(self, request: Request) -> dict[str, Any]:
        """What the core is told of it; its arrays go beside the request."""
        return {}


class Rows:
    """Columns of equally many rows, in any structure; leaves of ``tree``."""

    def __init__(self, data: Any, dtype: np.dtype | None) -> None:
        self.tree, leaves, names = _flat(_opened(data))
        if not leaves:
            raise SpecError(f"data: expected arrays, got {data!r}", fields={"argument": "data"})
        self.columns = [_column(x, dtype, name) for x, name in zip(leaves, names, strict=True)]
        counts = {a.shape[0] if a.ndim else None for a in self.columns}
        if len(counts) != 1 or None in counts or 0 in counts:
            shapes = ", ".join(str(a.shape) for a in self.columns[:6]) + (f", ... ({len(self.columns)} arrays)" if len(self.columns) > 6 else "")
            raise ShapeError(f"data: expected arrays with the same number of rows, at least one; got shapes {shapes}",
                             "Lists are structures of arrays: try np.array(x)." if counts == {None} else "", {"argument": "data"})  # fmt: skip
        self.rows = self.columns[0].shape[0]

    def whole(self) -> Any:
        """All data as one batch."""
        return trees.build(self.tree, map(guarded, self.columns))

    def sample(self, batch: int) -> Any:
        """The shapes of a batch."""
        return trees.build(self.tree, [np.broadcast_to(np.zeros((), a.dtype), (batch, *a.shape[1:])) for a in self.columns])


def _flat(data: Any) -> tuple[Any, list[Any], list[str]]:
    """The structure, the arrays and their names. What would go to every batch whole, as part of the program, is refused where it looks like rows."""
    tree, leaves, names = trees.flatten(data)

    def check(t: Any, at: str, listed: bool) -> None:
        if t is trees.LEAF:
            return
        kind, x = t[0], t[1]
        if kind != "static":
            for k, part in enumerate(t[2]):
                of, part = part if kind in ("dict", "data") else (t[1]._fields[k] if kind == "named" else k, part)
                if kind != "data" or trees.has_leaves(part) or part[0] == "static":
                    check(part, f"{at}.{of}".lstrip("."), kind == "list")
        elif isinstance(x, np.ndarray):
            raise SpecError(f"data: expected numbers, got {x.dtype} for {at}", fields={"argument": "data"})
        elif (listed and isinstance(x, int)) or (hasattr(x, "__len__") and not isinstance(x, (str, bytes, type))):
            raise SpecError(f"data: expected arrays, got {type(x).__name__} for {at}", "Try np.array(x).", {"argument": "data"})

    if leaves:
        check(tree, "", False)
    return tree, leaves, [trees.dotted(n) for n in names]


def _opened(data: Any) -> Any:
    if isinstance(data, (str, os.PathLike)):
        data = _file(os.fspath(data))
    if hasattr(data, "column_names") and hasattr(data, "column"):  # a pyarrow table or record batch
        return {name: _arrow(data.column(name), name) for name in data.column_names}
    return dict(data) if isinstance(data, Mapping) else data


def _file(path: str) -> Any:
    """What stands in a file, mapped where it lies there as it is."""
    ending = os.path.splitext(path)[1]
    if ending not in (".npy", ".npz", ".arrow", ".feather"):
        raise SpecError(f"data: expected the path of a .npy, .npz or Arrow file (.arrow, .feather), got {path}",
                        "Or arrays, a pyarrow table, or an iterable of batches.", {"argument": "data"})  # fmt: skip
    arrow = ending in (".arrow", ".feather")
    try:
        if arrow:
            pa = need("pyarrow")
            with pa.memory_map(path) as file:
                return pa.ipc.open_file(file).read_all()
        return np.load(path, mmap_mode="r")
    except (ValueError, EOFError) as why:
        writer = "an Arrow IPC file, as pyarrow.ipc.new_file" if arrow else "of arrays of numbers, as np.save"
        raise SpecError(f"data: {path} is not {writer} writes it: {why}", fields={"argument": "data"}) from why


def _arrow(column: Any, name: str) -> np.ndarray:
    if not _numbers(column.type):
        raise SpecError(f"data: expected numbers or lists of one length in the column {name}, got {column.type}", fields={"argument": "data"})
    column = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    if column.null_count and hasattr(column.type, "list_size"):
        raise SpecError(f"data: {column.null_count} rows of the column {name} are null", "Leave them out.", {"argument": "data"})
    kind, shape = column.type, [len(column)]
    while hasattr(kind, "list_size"):
        shape.append(kind.list_size)
        column, kind = column.flatten(), kind.value_type
    return column.to_numpy(zero_copy_only=False).reshape(shape)


def _column(x: Any, dtype: np.dtype | None, name: str) -> np.ndarray:
    if isinstance(x, np.ma.MaskedArray):
        raise SpecError("data: expected an array without a mask" + (f" for {name}" if name else ""), "Try the rows in which nothing is masked.",
                        {"argument": "data"})  # fmt: skip
    a = np.asarray(x)
    if a.dtype.kind not in "biufc" or a.dtype.itemsize > (16 if a.dtype.kind == "c" else 8):
        raise SpecError(f"data: expected numbers, got {a.dtype}" + (f" for {name}" if name else ""), fields={"argument": "data"})
    if a.dtype == np.uint64:
        raise SpecError("data: programs have no uint64" + (f" for {name}" if name else ""), "Try x.astype(np.int64).", {"argument": "data"})
    if not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="))
    if a.dtype.kind == "f" and (dtype is not None or a.dtype == np.float16):
        a = a.astype(np.float32 if dtype is None else dtype, copy=False)
    if a.dtype in (np.int8, np.int16, np.uint8, np.uint16, np.uint32):
        a = a.astype(np.int32 if a.dtype != np.uint32 else np.int64)
    return np.ascontiguousarray(a) if a.ndim else a


def _numbers(kind: Any) -> bool:
    """Whether an Arrow type is one of numbers, or of lists of one length of them."""
    while hasattr(kind, "list_size"):
        kind = kind.value_type
    return str(kind).startswith(("int", "uint", "float", "double", "halffloat", "bool"))


class Whole(Feed):
    """All rows at every step."""

    passes = 1.0

    def __init__(self, rows: Rows) -> None:
        self.whole = rows.whole()


class Batches(Feed):
    """So many rows a step, which the core puts together."""

    own = True

    def __init__(self, rows: Rows, size: int, order: str) -> None:
        self.rows, self.size, self.order = rows, size, order
        self.sample, self.passes = rows.sample(size), size / rows.rows

    def tell(self, request: Request) -> dict[str, Any]:
        return {"data": [request.input(a, "data") for a in self.rows.columns], "batch": self.size, "order": self.order}


class Walkers(Feed):
    """Configurations of a sampler that runs beside."""

    def __init__(self, source: Source, dtype: np.dtype | None) -> None:
        self.source, self.sample = source, source.sample(dtype)

    def seen(self, batch: Any) -> Any:
        return self.source.joined(batch)

    def tell(self, request: Request) -> dict[str, Any]:
        request.spec["source"] = self.source.encoded(request)
        return {"sourced": True, "shared": True}


class Stream(Feed):
    """Batches from a Python iterable, of arrays whose shapes are those of the first."""

    def __init__(self, source: Iterable[Any], dtype: np.dtype | None) -> None:
        self.source, self.dtype = source, dtype
        self.iterator: Iterator[Any] = iter(source)
        try:
            first = next(self.iterator)
        except StopIteration:
            raise SpecError("data: the iterable gave no batch", fields={"argument": "data"}) from None
        self.tree, leaves, names = _flat(self._read(first))
        if not leaves:
            raise SpecError(f"data: expected batches of arrays, the first is {first!r}", fields={"argument": "data"})
        self.first: list[np.ndarray] | None = self._columns(leaves, names)
        self.shapes = [(a.shape, a.dtype) for a in self.first]
        self.sample = trees.build(self.tree, [np.zeros(s, d) for s, d in self.shapes])
        self.given = 0
        self.last: list[np.ndarray] | None = None
        self.stream = self

    def tell(self, request: Request) -> dict[str, Any]:
        return {"asks": True, "shared": True}

    def _read(self, batch: Any) -> Any:
        if hasattr(batch, "numpy"):
            return batch.numpy()
        if isinstance(batch, (list, tuple)):
            return tuple(x.numpy() if hasattr(x, "numpy") else x for x in batch)
        return {k: v.numpy() if hasattr(v, "numpy") else v for k, v in batch.items()} if isinstance(batch, dict) else batch

    def _columns(self, leaves: list[Any], names: list[str]) -> list[np.ndarray]:
        return [_column(x, self.dtype, name) for x, name in zip(leaves, names, strict=True)]

    def _next(self) -> list[np.ndarray] | None:
        self.given += 1
        if self.first is not None:
            first, self.first = self.first, None
            return first
        try:
            batch = next(self.iterator)
        except StopIteration:
            return None
        tree, leaves, names = _flat(self._read(batch))
        columns = self._columns(leaves, names)
        shapes = [(a.shape, a.dtype) for a in columns]
        if trees.key(tree) != trees.key(self.tree):
            raise ShapeError(f"data: batch {self.given} is {_told(tree, shapes)}, the first was {_told(self.tree, self.shapes)}",
                             fields={"argument": "data"})  # fmt: skip
        if shapes != self.shapes:
            smaller = [s for s, _ in shapes] != [s for s, _ in self.shapes]
            raise ShapeError(f"data: batch {self.given} has {_told(tree, shapes)}, the first had {_told(self.tree, self.shapes)}",
                             "Drop the last, smaller batch." if smaller else "Convert to one dtype.", {"argument": "data"})  # fmt: skip
        return columns

    def at(self, step: int) -> list[np.ndarray] | None:
        """The batch of a step, counted from the first of this stream; None after the last. A training that goes on passes over what it has seen; a
        step that is made again gets its batch again."""
        while self.given <= step:
            self.last = self._next()
            if self.last is None:
                break
        return self.last


class _Kind(str):
    __repr__ = str.__str__


def _told(tree: Any, shapes: list[Any]) -> str:
    """A structure with dtypes and shapes in the places of its arrays."""
    return repr(trees.build(tree, [_Kind(f"{d}{list(s)}") for s, d in shapes]))


def feed_of(caller: Caller, data: Any, batch: Any, order: str, dtype: np.dtype | None, model: Any) -> Feed:
    """The feed of what was given as data, checked."""
    if order not in ORDERS:
        raise SpecError(f"order: expected one of {', '.join(map(repr, ORDERS))}; got {order!r}", fields={"argument": "order"})
    if data is None and caller.wants_batch:
        raise SpecError(f"learn: {caller.name} needs data", "Try data=x, batch=256.", {"argument": "data"})
    if data is not None and not caller.wants_batch:
        raise SpecError(f"data: {caller.name} takes none", "Try a loss of (model, batch).", {"argument": "data"})
    if batch is not None and (data is None or isinstance(data, Source) or is_stream(data)):
        raise SpecError("batch: expected none where the loss takes no rows of arrays", fields={"argument": "batch"})
    if data is None:
        return Feed()
    if isinstance(data, Source):
        return Walkers(data, dtype)
    if is_stream(data):
        return Stream(data, dtype)
    rows = Rows(data, dtype)
    if isinstance(caller.objective, Objective):
        caller.objective.suits(rows.whole(), model)
    return Whole(rows) if batch is None else Batches(rows, integer(batch, "batch", 1, 1 << 40), order)


def is_stream(data: Any) -> bool:
    """Whether data come batch by batch."""
    if isinstance(data, (str, bytes, os.PathLike, Mapping, list, tuple, np.ndarray)) or trees.is_array(data) or hasattr(data, "column_names"):
        return False
    return isinstance(data, Iterable)
