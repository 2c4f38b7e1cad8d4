"""Nested arguments and results: dicts, lists, tuples, named tuples and dataclasses with arrays as leaves."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

from numpy import generic, ndarray  # by name: attributes of np are watched while something is traced

from ergodica.errors import SpecError


class Leaf:
    """Where an array stands in a structure."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "array"

    def __reduce__(self) -> str:
        return "LEAF"


LEAF = Leaf()


def is_array(x: Any) -> bool:
    """Arrays, and float and complex numbers: what a program takes as an input. Integers, truth values and strings are part of the program."""
    if isinstance(x, (ndarray, generic, float, complex)):
        return not (isinstance(x, ndarray) and x.dtype.kind not in "biufc")
    return hasattr(x, "_value") or (hasattr(x, "__array__") and not isinstance(x, type)) or hasattr(x, "__arrow_c_array__")


def is_result(x: Any) -> bool:
    """What a program can return: also integers and truth values."""
    return isinstance(x, (int, bool)) or is_array(x)


def flatten(x: Any, leaf: Callable[[Any], bool] = is_array, path: str = "") -> tuple[Any, list[Any], list[str]]:
    """The structure with :data:`LEAF` for arrays, the arrays, and their names. In a dataclass whose numbers are settings they are part of it."""
    leaves: list[Any] = []
    names: list[str] = []

    def walk(y: Any, at: str, settings: bool) -> Any:
        if type(y) is dict or isinstance(y, dict):
            return ("dict", type(y), [(k, walk(v, f"{at}[{k!r}]", settings)) for k, v in y.items()])
        if isinstance(y, tuple) and hasattr(y, "_fields"):
            return ("named", type(y), [walk(v, f"{at}.{k}", settings) for k, v in zip(y._fields, y, strict=True)])
        if isinstance(y, (list, tuple)):
            return ("list", type(y), [walk(v, f"{at}[{k}]", settings) for k, v in enumerate(y)])
        if dataclasses.is_dataclass(y) and not isinstance(y, type):
            settings = settings or getattr(y, "numbers_are_settings", False)
            parts = [(f.name, walk(getattr(y, f.name), f"{at}.{f.name}", settings)) for f in dataclasses.fields(y)]
            return ("data", y, parts) if any(has_leaves(p) for _, p in parts) else ("static", y)
        if leaf(y) and not (settings and type(y) in (bool, int, float, complex)):
            leaves.append(y)
            names.append(at)
            return LEAF
        return ("static", y)

    return walk(x, path, False), leaves, names


def dotted(name: str) -> str:
    """A leaf's name for people: ``layers.0.weight`` for ``.layers[0].weight``, ``a.b`` for ``['a']['b']``."""
    return name.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "").lstrip(".")


def has_leaves(tree: Any) -> bool:
    """Whether a structure holds arrays."""
    if tree is LEAF:
        return True
    if tree[0] == "static":
        return False
    return any(has_leaves(p[1] if tree[0] in ("dict", "data") else p) for p in tree[2])


def build(tree: Any, leaves: Any) -> Any:
    """The structure with these leaves."""
    it = iter(leaves)

    def walk(t: Any) -> Any:
        if t is LEAF:
            return next(it)
        kind = t[0]
        if kind == "static":
            return t[1]
        if kind == "dict":
            items = {k: walk(p) for k, p in t[2]}
            if t[1] is dict:
                return items
            made = t[1].__new__(t[1])
            made.update(items)
            return made
        if kind == "named":
            return t[1](*[walk(p) for p in t[2]])
        if kind == "list":
            parts = [walk(p) for p in t[2]]
            return parts if t[1] is list else tuple(parts) if t[1] is tuple else t[1](parts)
        made = copy.copy(t[1])
        for name, p in t[2]:
            object.__setattr__(made, name, walk(p))
        return made

    return walk(tree)


def key(tree: Any) -> Any:
    """A hashable form of a structure with its static parts."""
    if tree is LEAF:
        return LEAF
    if tree[0] == "static":
        x = tree[1]
        try:
            hash(x)
            return (type(x), x)
        except TypeError:
            return (type(x), id(x), repr(x))
    parts = tuple((p[0], key(p[1])) if tree[0] in ("dict", "data") else key(p) for p in tree[2])
    return (tree[0], tree[1] if tree[0] != "data" else type(tree[1]), parts)


def spread(spec: Any, tree: Any, what: str) -> list[Any]:
    """One entry of ``spec`` for each leaf; ``spec`` may stop early and then counts for everything below."""
    if tree is LEAF:
        return [spec]
    if tree[0] == "static":
        return []
    n = len(tree[2])
    if tree[0] == "dict" and isinstance(spec, dict):
        if set(spec) != {k for k, _ in tree[2]}:
            raise SpecError(f"{what}: expected keys {[k for k, _ in tree[2]]}, got {list(spec)}")
        return [v for k, p in tree[2] for v in spread(spec[k], p, what)]
    if tree[0] in ("list", "named") and isinstance(spec, (list, tuple)):
        if len(spec) != n:
            raise SpecError(f"{what}: expected {n} entries, got {len(spec)}")
        return [v for s, p in zip(spec, tree[2], strict=True) for v in spread(s, p, what)]
    if isinstance(spec, (list, tuple, dict)):
        raise SpecError(f"{what}: {spec!r} does not fit the structure of the arrays")
    return [v for p in tree[2] for v in spread(spec, p[1] if tree[0] in ("dict", "data") else p, what)]
