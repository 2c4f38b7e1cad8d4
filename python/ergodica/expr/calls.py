"""What the transformations share: a function that traces at each call, and the call node of a transformed program."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.program import Sub, name_of, run_once
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import Shape, Value, active, current, lift

Type = tuple[np.dtype, Shape]
Argnums = int | Sequence[int]


class Function:
    """A transformed function. It traces what it transforms at each call, so that an edited function is seen."""

    def __init__(self, kind: str, f: Callable[..., Any], body: Callable[..., Any]) -> None:
        if not callable(f):
            raise SpecError(f"{kind}: expected a function, got {type(f).__name__}")
        self.kind, self.function, self._body = kind, f, body
        functools.update_wrapper(self, f, updated=())
        self.__name__ = f"{kind}({name_of(f)})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._body(*args, **kwargs) if current() is not None else run_once(self._body_named(), args, kwargs)

    def _body_named(self) -> Callable[..., Any]:
        body = self._body

        def call(*args: Any, **kwargs: Any) -> Any:
            return body(*args, **kwargs)

        call.__name__ = self.__name__
        return call

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def operands(sub: Sub, leaves: list[Any]) -> list[Value]:
    """What a call node of ``sub`` is applied to: leaves, in the traced dtypes, then what it captured."""
    from ergodica.expr.shapes import convert

    out = []
    for x, (dtype, _, _) in zip(leaves, sub.types, strict=True):
        out.append(convert(lift(x), dtype))
    return out + list(sub.trace.captured)


def call(sub: Sub, transforms: list[dict[str, Any]], args: list[Value], types: list[Type]) -> list[Value]:
    """A call node: the program of ``sub``, transformed, applied to ``args``; results of these types."""
    return emit(sub.wire()[0], transforms, args, types)


def emit(program: dict[str, Any], transforms: list[dict[str, Any]] | None, args: list[Value], types: list[Type]) -> list[Value]:
    """The call node of a program in wire form."""
    attrs: dict[str, Any] = {"program": program}
    if transforms:
        attrs["transforms"] = transforms
    first = active().emit("call", tuple(args), attrs, *types[0])
    return active().results(first, types)


def select(argnums: Argnums, sub: Sub, kind: str) -> tuple[list[int], Any]:
    """The inputs to differentiate in, and the structure of their derivatives."""
    several = not hasattr(argnums, "__index__")
    numbers = [int(n) for n in argnums] if several else [int(argnums)]  # type: ignore[union-attr, arg-type]
    trees_of = sub.tree[2][0][2]
    starts, n = [], 0
    for t in trees_of:
        count = len(trees.spread(None, t, ""))
        starts.append((n, count))
        n += count
    wrt: list[int] = []
    out = []
    for k in numbers:
        if not -len(trees_of) <= k < len(trees_of):
            raise SpecError(f"{kind}: argnums {k} of a call with {len(trees_of)} arguments")
        at, count = starts[k]
        if count == 0:
            raise SpecError(f"{kind}: argument {k} of {sub.name} holds no array or float", "Pass floats (2.0 for 2) or arrays of floats.")
        wrt += range(at, at + count)
        out.append(trees_of[k])
    for w in wrt:
        if sub.types[w][0].kind not in "fc":
            raise SpecError(f"{kind}: no derivative in {sub._argument(w)}, which is {sub.types[w][0]}", "Pass floats, with x.astype(float).")
    return wrt, ("list", tuple, out) if several else out[0]


def scalar(sub: Sub, kind: str, has_aux: bool) -> None:
    tree = sub.out_tree
    if has_aux and not (tree is not trees.LEAF and tree[0] == "list" and len(tree[2]) == 2):
        raise SpecError(f"{kind}: with has_aux, {sub.name} must return (value, auxiliary)")
    head = tree[2][0] if has_aux else tree
    if head is not trees.LEAF:
        raise SpecError(
            f"{kind}: {sub.name} must return a real scalar, it returns {_named(head)}", "Use erg.jacobian or erg.vjp for several results."
        )
    v = sub.outs[0]
    if v.shape or v.dtype.kind != "f":
        instead = "Use erg.jacobian or erg.vjp, or take np.sum." if v.shape else "Take its real part, or np.abs(...)."
        raise ShapeError(f"{kind}: {sub.name} must return a real scalar, it returns {v.dtype} of shape {v.shape}", instead)


def _named(tree: Any) -> str:
    return {"static": "no array", "dict": "a dict", "list": "a sequence", "named": "a named tuple", "data": "a dataclass"}[tree[0]]


def handles(values: list[Value]) -> list[Tracer]:
    return [Tracer(v) for v in values]


def tangents_of(sub: Sub, wrt: list[int], given: list[Any], what: str) -> list[Value]:
    """Tangents or cotangents with the types they must have."""
    if len(given) != len(wrt):
        raise SpecError(f"{what}: expected {len(wrt)} arrays, got {len(given)}")
    return [typed(x, sub.types[w][:2], f"{what} of {sub._argument(w)}") for x, w in zip(given, wrt, strict=True)]


def typed(x: Any, t: Type, what: str) -> Value:
    """``x`` as a value of this type."""
    from ergodica.expr.shapes import convert

    v = lift(x)
    if v.shape != t[1]:
        raise ShapeError(f"{what}: expected shape {t[1]}, got {v.shape}")
    if v.dtype.kind == "c" and t[0].kind != "c":
        raise ShapeError(f"{what}: expected {t[0]}, got {v.dtype}")
    return convert(v, t[0])


def smooth(sub: Sub) -> list[int]:
    """Outputs that have derivatives."""
    return [k for k, v in enumerate(sub.outs) if v.dtype.kind in "fc"]
