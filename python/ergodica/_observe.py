"""What is recorded: names that the core knows, and functions of the user, called with whole batches of configurations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any, TypeAlias

import numpy as np

from ergodica._arrays import as_array, view
from ergodica.errors import PythonError, ShapeError, SpecError
from ergodica.run import DERIVED

Function: TypeAlias = "Callable[[np.ndarray], Any]"
ObserveLike: TypeAlias = "str | Function | Sequence[str | Function] | Mapping[str, Function] | None"


@dataclass
class Observed:
    """Names to record, functions to call, and the quantities that are derived from means."""

    names: list[str]
    functions: dict[str, Function]
    derived: tuple[str, ...] = ()
    shapes: dict[str, tuple[tuple[int, ...], str]] | None = None
    energy: Callable[[np.ndarray, np.ndarray, bool], tuple[Any, Any]] | None = None
    """Of a target that is a function of batches: (z, kT, with gradients) -> u, du/dz."""

    def entries(self) -> list[dict[str, Any]]:
        """The request's list of Python observables; :meth:`trial` must have found their shapes."""
        shapes = self.shapes or {}
        return [
            {"name": n, "shape": list(shapes[n][0]), "dtype": shapes[n][1], "id": identity(f)} for n, f in self.functions.items()
        ]

    def trial(self, batch: np.ndarray) -> None:
        """Call each function once, to learn the shape and dtype of its rows."""
        self.shapes = {}
        for name, function in self.functions.items():
            row = evaluate(name, function, batch.copy())
            self.shapes[name] = (row.shape[1:], row.dtype.name)


def items_of(observe: Any, what: str) -> list[tuple[str | None, Any]]:
    """What ``observe`` lists: functions with their names, by key or their own; anything else with its key, where there is one."""
    if isinstance(observe, str) or callable(observe):
        observe = [observe]
    if not isinstance(observe, Iterable):
        raise SpecError(f"observe: expected {what}; got {observe!r}", fields={"argument": "observe"})
    pairs = list(observe.items()) if isinstance(observe, Mapping) else [(None, o) for o in observe]
    return [(_called(key, o) if callable(o) else key, o) for key, o in pairs]


def _called(key: Any, function: Any) -> str:
    name = str(key) if key is not None else getattr(function, "__name__", type(function).__name__)
    return "observable" if name == "<lambda>" else name


def as_observed(observe: ObserveLike, default: Sequence[str]) -> Observed:
    """What ``observe`` asks for."""
    names: list[str] = []
    functions: dict[str, Function] = {}
    derived: list[str] = []
    if observe is None:
        observe = list(default)
    what = "names, or functions of a batch of configurations"
    if not (callable(observe) or isinstance(observe, (Mapping, Sequence, set, frozenset))):
        raise SpecError(f"observe: expected {what}; got {observe!r}", fields={"argument": "observe"})
    for key, item in items_of(observe, what):
        if callable(item):
            name = str(key)
            if name in functions or name in names:
                raise SpecError(f"observe: two quantities are called {name!r}", "Try observe={'name': function}.", {"argument": "observe"})
            functions[name] = item
        elif isinstance(item, str) and (key is None or key == item):
            wanted = DERIVED.get(item, (item,))
            derived += [item] if item in DERIVED else []
            names += [n for n in wanted if n not in names]
        else:
            raise SpecError(f"observe: expected a name or a function, got {item!r}" + (f" for {key!r}" if key else ""),
                            fields={"argument": "observe"})  # fmt: skip
    return Observed(names, functions, tuple(dict.fromkeys(derived)))


def identity(function: Function) -> str:
    """A hash of a function's code and of the plain values that it uses (closure, defaults, globals, attributes of a callable object), by which a
    checkpoint knows whether it continues with the same one."""
    import hashlib

    return hashlib.sha256(repr(_content(function, 0)).encode()).hexdigest()[:16]


def _content(x: Any, depth: int) -> Any:
    """``x`` as nested tuples whose repr is the same in every process; objects of other kinds by their type alone."""
    if x is None or isinstance(x, (bool, int, float, complex, str, bytes)):
        return x
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind != "O":
        return x.dtype.str, x.shape, x.tobytes()
    if depth > 8:
        return type(x).__qualname__
    if isinstance(x, (list, tuple)):
        return tuple(_content(v, depth + 1) for v in x)
    if isinstance(x, dict):
        return tuple((_content(k, depth + 1), _content(v, depth + 1)) for k, v in x.items())
    if isinstance(x, CodeType):
        return x.co_code, x.co_names, _content(x.co_consts, depth + 1)
    if isinstance(x, FunctionType):
        cells = [c.cell_contents for c in x.__closure__ or () if c != CellType()]
        used = [x.__globals__[n] for n in x.__code__.co_names if n in x.__globals__]
        return tuple(_content(v, depth + 1) for v in (x.__code__, cells, x.__defaults__, x.__kwdefaults__, used))
    if isinstance(x, MethodType):
        return _content(x.__func__, depth + 1), _content(x.__self__, depth + 1)
    if isinstance(x, partial):
        return tuple(_content(v, depth + 1) for v in (x.func, x.args, x.keywords))
    named = getattr(x, "__qualname__", getattr(x, "__name__", None))  # classes, modules, built-in functions, ufuncs
    if isinstance(named, str):
        return named
    call = vars(type(x)).get("__call__")
    return type(x).__qualname__, None if call is None else _content(call, depth + 1), _content(getattr(x, "__dict__", {}), depth + 1)


def evaluate(name: str, function: Function, batch: np.ndarray) -> np.ndarray:
    """The function's rows for a batch, shape (batch, ...)."""
    try:
        out = function(batch)
    except Exception as why:
        raise PythonError(f"observe: {name} raised {type(why).__name__}: {why}", fields={"argument": "observe", "name": name}) from why
    try:
        rows = as_array(out, f"the result of {name}")
    except SpecError as why:
        raise ShapeError(f"observe: {name}: {why.message}", fields={"argument": "observe", "name": name}) from why
    if rows.ndim == 0 or rows.shape[0] != len(batch):
        raise ShapeError(
            f"observe: {name} must give one row for each configuration: expected shape ({len(batch)}, ...) from a batch of shape {batch.shape}, "
            f"got {rows.shape}",
            f"Try an axis argument, as in np.mean(s, axis={tuple(range(1, batch.ndim))}).",
            {"argument": "observe", "name": name},
        )
    return rows


class Server:
    """Answers the requests of one job: the functions on the job's own buffers."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._batch: np.ndarray | None = None
        self._answers: list[tuple[str, Function, np.ndarray]] = []
        self._target: list[np.ndarray] = []

    def answer(self, python: dict[str, Any], owner: Any) -> bool:
        """Evaluate what the job asks for: the energy at the points, or every function on the configurations, that it has laid out. False where
        ``python`` is older than the configurations."""
        if "energy" in python:
            if not self._target:
                self._target = [view(b["address"], b["dtype"], tuple(b["shape"]), owner) for b in python["energy"]]
            z, u, g, kT, what = self._target
            if what[0] == 1:
                n, slopes = int(what[1]), bool(what[2])
                assert self._observed.energy is not None
                u[:n], gradient = self._observed.energy(z[:n], kT[:n], slopes)
                if slopes:
                    g[:n] = gradient
                return True
        if self._batch is None:
            c = python["configurations"]
            if not c["dtype"]:
                return False
            self._batch = view(c["address"], c["dtype"], tuple(c["shape"]), owner)
            self._answers = [
                (a["name"], self._observed.functions[a["name"]], view(a["address"], a["dtype"], tuple(a["shape"]), owner)) for a in python["answers"]
            ]
        for name, function, out in self._answers:
            rows = evaluate(name, function, self._batch.copy())  # a function may keep or change what it gets
            if rows.shape != out.shape or not np.can_cast(rows.dtype, out.dtype, "same_kind"):
                raise ShapeError(
                    f"observe: {name} gave {rows.dtype} of shape {rows.shape}, but {out.dtype} of shape {out.shape} when it was tried first",
                    fields={"argument": "observe", "name": name},
                )
            out[...] = rows
        return True


__all__ = ["ObserveLike", "Observed", "Server", "as_observed", "evaluate", "identity"]
