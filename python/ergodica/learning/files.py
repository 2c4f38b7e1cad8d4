"""Fits as Arrow IPC files: the history a row each, arrays as lists in the last row, structures as JSON in the schema's metadata. No pickle inside."""

from __future__ import annotations

import dataclasses
import importlib
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import _files
from ergodica._tables import arrow_column, need
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.learning.fit import Fit, History

FORMAT = 1
ROOTS = ("ergodica", "numpy", "scipy")
"""Packages whose functions a file may name; classes are of the first alone."""


class Writer:
    """Structures as JSON, with their arrays put aside."""

    def __init__(self) -> None:
        self.arrays: list[tuple[str, np.ndarray]] = []
        self._numbers: dict[int, int] = {}
        self._held: list[Any] = []  # so that no id is given twice

    def put(self, x: Any, name: str) -> int:
        """The number of an array."""
        if id(x) not in self._numbers:
            self._numbers[id(x)] = len(self.arrays)
            self._held.append(x)
            self.arrays.append((name, np.asarray(x)))
        return self._numbers[id(x)]

    def plain(self, x: Any, name: str = "") -> Any:
        """x as JSON; what a file cannot hold by its description."""
        if x is None or type(x) in (bool, int, str):
            return x
        if type(x) in (float, complex):
            return x if type(x) is float and math.isfinite(x) else {"number": repr(x), "complex": type(x) is complex}
        if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "biufc":
            return {"array": self.put(x, name)}
        if isinstance(x, np.dtype):
            return {"dtype": x.str}
        if type(x) in (list, tuple):
            return {type(x).__name__: [self.plain(v, f"{name}.{k}") for k, v in enumerate(x)]}
        if type(x) is dict:
            return {"dict": [[self.plain(k), self.plain(v, f"{name}.{k}")] for k, v in x.items()]}
        called = _name(x)
        if called is not None:
            return {"name": called}
        made = _name(type(x))
        if made is not None and made.startswith("ergodica") and hasattr(x, "__dict__"):
            return {"object": made, "fields": {k: self.plain(v, f"{name}.{k}") for k, v in vars(x).items()}}
        if dataclasses.is_dataclass(x):
            own = vars(x) if hasattr(x, "__dict__") else {f.name: getattr(x, f.name) for f in dataclasses.fields(x)}
            return {"unknown": _described(type(x)), "fields": {k: self.plain(v, f"{name}.{k}") for k, v in own.items()}}
        return {"unknown": _described(x)}


class Unknown(Exception):
    """A file names what only a program has."""


def read(node: Any, arrays: Callable[[int], np.ndarray]) -> Any:
    """What :meth:`Writer.plain` wrote."""
    if not isinstance(node, dict):
        return node
    if "unknown" in node:
        raise Unknown(node["unknown"])
    if "number" in node:
        return complex(node["number"]) if node["complex"] else float(node["number"])
    if "array" in node:
        return arrays(node["array"])
    if "dtype" in node:
        return np.dtype(node["dtype"])
    if "list" in node:
        return [read(v, arrays) for v in node["list"]]
    if "tuple" in node:
        return tuple(read(v, arrays) for v in node["tuple"])
    if "dict" in node:
        return {read(k, arrays): read(v, arrays) for k, v in node["dict"]}
    if "name" in node:
        return _found(node["name"])
    made = object.__new__(_class(node["object"]))
    vars(made).update({k: read(v, arrays) for k, v in node["fields"].items()})
    return made


def _name(x: Any) -> str | None:
    """module:name of a function or class by which it is found again; None where it is not."""
    if isinstance(x, np.ufunc):
        import scipy.special

        home = next((m for m in (np, scipy.special) if getattr(m, x.__name__, None) is x), None)
        return None if home is None else f"{home.__name__}:{x.__name__}"
    module, name = getattr(x, "__module__", None), getattr(x, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module.split(".")[0] not in ROOTS or "<" in name:
        return None
    called = f"{module}:{name}"
    try:
        return called if _found(called) is x else None
    except ValueError:
        return None


def _found(called: str) -> Any:
    module, _, name = called.partition(":")
    if module.split(".")[0] not in ROOTS:
        raise ValueError(f"{called} is not of {', '.join(ROOTS)}")
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as why:
        raise ValueError(f"there is no {called}") from why
    return found


def _class(called: str) -> Any:
    found = _found(called)
    if not isinstance(found, type) or not called.startswith("ergodica"):
        raise ValueError(f"{called} is no class of ergodica")
    return found


def _described(x: Any) -> str:
    of = x if hasattr(x, "__qualname__") else type(x)
    return f"{of.__module__}.{of.__qualname__}"


def save(fit: Fit, path: str | os.PathLike[str]) -> None:
    """Write a fit; the file is there whole or not at all."""
    pa = need("pyarrow", "ergodica[arrow]")
    models = fit.model if fit.info.get("members") else [fit.model]
    writer = Writer()
    parts = {
        "model": [writer.plain(m, "model" if len(models) == 1 else f"model.{k}") for k, m in enumerate(models)],
        "state": writer.plain(fit.state, "state"),
        "optimiser": writer.plain(fit.optimiser, "optimiser"),
        "objective": writer.plain(fit.objective, "objective"),
    }
    leaves = {
        name: None if value is None else [[writer.put(a, name) for a in trees.flatten(m)[1]] for m in (value if fit.info.get("members") else [value])]
        for name, value in (("model", fit.model), ("best", fit.best), ("average", fit.average))
    }
    history, seen = dict(fit.history), fit.history.evaluations
    count = len(history["step"])
    columns = {name: arrow_column(np.ascontiguousarray(np.moveaxis(a, -1, 0))) for name, a in history.items()} if count else {}
    about = []
    for name, a in writer.arrays:
        while name in columns:
            name += "'"
        columns[name] = _last(pa, a, max(count, 1))
        about.append({"column": name, **_files._about(a)})
    meta = {
        "kind": "fit",
        "format": FORMAT,
        "history": {name: _files._about(a) for name, a in history.items()},
        "evaluations": None if seen is None else {name: _files._packed(a) for name, a in seen.items()},
        "arrays": about,
        "leaves": leaves,
        "facts": {"steps": fit.steps, "best_step": fit.best_step, "began": fit.began, "status": fit.status, "event": fit.event},
        "info": _files._plain(fit.info),
        **parts,
    }
    _files.write(pa.table(columns), meta, path, max(count, 1))


def _last(pa: Any, a: np.ndarray, rows: int) -> Any:
    """An array as the list in the last of so many rows, of which the others are null."""
    flat = np.ascontiguousarray(a).reshape(-1)
    flat = flat.view(a.real.dtype) if a.dtype.kind == "c" else flat.view(np.uint8) if a.dtype.kind == "b" else flat
    last = np.arange(rows) == rows - 1
    return pa.LargeListArray.from_arrays(pa.array(np.append(np.zeros(rows, np.int64), len(flat))), pa.array(flat), mask=pa.array(~last))


def load(table: Any, meta: dict[str, Any], model: Any, optimiser: Any, loss: Any) -> Fit:
    """Read what :func:`save` has written."""
    _files.readable(meta, FORMAT)
    taken: dict[int, np.ndarray] = {}

    def array(k: int) -> np.ndarray:
        if k not in taken:
            a = meta["arrays"][k]
            values = table.column(a["column"]).combine_chunks().drop_null()
            values = _files._values(values, "uint8" if a["dtype"] == "bool" else a["dtype"], a["shape"]).astype(a["dtype"], copy=False)
            taken[k] = _files.checked(values, a, a["column"])
        return taken[k]

    def column(name: str, a: dict[str, Any]) -> np.ndarray:
        *lead, rows = a["shape"]
        if not rows:
            return np.zeros(a["shape"], a["dtype"])
        values = _files._values(table.column(name).combine_chunks(), a["dtype"], [rows, *lead])
        return _files.checked(np.ascontiguousarray(np.moveaxis(values, 0, -1)), a, name)

    history = {name: column(name, a) for name, a in meta["history"].items()}
    seen = meta["evaluations"]
    evaluations = None if seen is None else History({name: _files._unpacked(a) for name, a in seen.items()})
    members = meta["info"].get("members")
    models = [_model(node, k, array, meta, model) for k, node in enumerate(meta["model"])]

    def alike(name: str) -> Any:
        found = meta["leaves"][name]
        if found is None:
            return None
        built = [trees.build(trees.flatten(m)[0], [array(k) for k in own]) for m, own in zip(models, found, strict=True)]
        return built if members else built[0]

    facts, info = meta["facts"], dict(meta["info"])
    if "source" in info:
        info["source"] = {name: _files._unpacked(a) for name, a in info["source"].items()}
    return Fit(
        models if members else models[0], History(history, evaluations), alike("best"), facts["best_step"], alike("average"), facts["steps"],
        facts["status"], info, _other(optimiser, meta["optimiser"], array, "optimiser"), _other(None, meta["state"], array, "state"),
        facts["began"], _other(loss, meta["objective"], array, "loss"), None if facts["event"] is None else tuple(facts["event"]),
    )  # fmt: skip


def _model(node: Any, member: int, array: Callable[[int], np.ndarray], meta: dict[str, Any], like: Any) -> Any:
    if like is None:
        try:
            return read(node, array)
        except Unknown as what:
            raise SpecError(f"load: the model of this fit holds {what}, which is not in the file", "Try erg.load(path, model=Net(...)), with any "
                            "parameters.", {"argument": "model"}) from None  # fmt: skip
    own = like[member] if isinstance(like, list) and len(like) == len(meta["model"]) else like
    own = trees.build(trees.flatten(own)[0], map(np.asarray, trees.flatten(own)[1]))  # a float that was trained is an array
    writer = Writer()
    differs = _difference(writer.plain(own, "model"), node, "model")
    if differs is not None:
        raise SpecError(f"load: the model that was given differs from that of the file in {differs}", fields={"argument": "model"})
    tree, leaves, names = trees.flatten(own)
    found = [array(k) for k in meta["leaves"]["model"][member]]
    for a, b, name in zip(leaves, found, names, strict=True):
        if np.shape(a) != b.shape:
            raise ShapeError(f"load: expected shape {b.shape} for {trees.dotted(name)}, as in the file; the model that was given has {np.shape(a)}",
                             fields={"argument": "model"})  # fmt: skip
    return trees.build(tree, found)


def _difference(a: Any, b: Any, at: str) -> str | None:
    """Where two structures differ, whatever their arrays hold."""
    if isinstance(a, dict) and isinstance(b, dict) and set(a) == set(b):
        return None if "array" in a else next((d for k in a if (d := _difference(a[k], b[k], at if k in _FORMS else f"{at}.{k}")) is not None), None)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return next((d for k, (x, y) in enumerate(zip(a, b, strict=True)) if (d := _difference(x, y, f"{at}[{k}]")) is not None), None)
    return None if type(a) is type(b) and a == b else at


_FORMS = ("list", "tuple", "dict", "name", "object", "fields", "unknown", "number", "complex", "dtype")


def _other(given: Any, node: Any, array: Callable[[int], np.ndarray], what: str) -> Any:
    """What was given in the place of what the file tells, or that; None where it tells only its name."""
    if given is not None:
        differs = _difference(Writer().plain(given, what), node, what)
        if differs is not None:
            raise SpecError(f"load: the {what} that was given differs from that of the file in {differs}", fields={"argument": what})
        return given
    try:
        return read(node, array)
    except Unknown:
        return None


__all__ = ["load", "save"]
