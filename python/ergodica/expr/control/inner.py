"""Functions traced as programs in the current program: what loops and branches share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees, values
from ergodica.expr.calls import Function, Type, handles
from ergodica.expr.program import Sub
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import Value, active, lift


def direct(kind: str, f: Callable[..., Any], body: Callable[..., Any], *args: Any) -> Any:
    """Run ``body`` in the current trace, or as a program of its own."""
    return Function(kind, f, body)(*args)


class Carry:
    """What goes from step to step: its structure, its values and which of them are Python's numbers, whose dtype the first step decides."""

    def __init__(self, init: Any) -> None:
        self.tree, leaves, self.names = trees.flatten(init, trees.is_result)
        self.values: list[Value] = [lift(x) for x in leaves]
        self.soft = [isinstance(x, (bool, int)) or v.weak for x, v in zip(leaves, self.values, strict=True)]
        self.key = trees.key(self.tree)

    def built(self) -> Any:
        return trees.build(self.tree, handles(self.values))

    @property
    def types(self) -> list[Type]:
        return [(v.dtype, v.shape) for v in self.values]

    def settle(self, kind: str, name: str, tree: Any, outs: list[Value]) -> bool:
        """Whether a step's result has the types of the carry. Python's numbers take the dtype of the result: then the step is to be traced anew."""
        from ergodica.expr.shapes import convert

        if trees.key(tree) != self.key:
            raise SpecError(f"{kind}: {name} must return a carry of the structure it is given, {_shown(self.tree)}, it returns {_shown(tree)}")
        fits = True
        for k, (v, out, at) in enumerate(zip(self.values, outs, self.names, strict=True)):
            where = f"carry{at}"
            if v.shape != out.shape:
                raise ShapeError(
                    f"{kind}: {where} has shape {v.shape}, {name} returns shape {out.shape}", "Start with an array of the shape that a step returns."
                )
            if v.dtype == out.dtype:
                continue
            if not (self.soft[k] and np.can_cast(v.dtype, out.dtype, "same_kind")):
                raise ShapeError(f"{kind}: {where} is {v.dtype}, {name} returns {out.dtype}", f"Start with, or return, .astype({out.dtype}).")
            self.values[k] = convert(v, out.dtype)
            fits = False
        return fits

    def harden(self) -> None:
        """Numbers of Python count as arrays of their dtype from here on."""
        self.values = [Value(v.trace, v.id, v.dtype, v.shape) for v in self.values]


def _shown(tree: Any) -> str:
    return repr(trees.build(tree, iter(lambda: trees.LEAF, None)))


def captured(*subs: Sub) -> list[Value]:
    """All values of enclosing traces that the functions use, each once."""
    found = {(id(v.trace), v.id): v for sub in subs for v in sub.trace.captured}
    return list(found.values())


def wire(sub: Sub, consts: list[Value], at: int | None = None, unused: Sequence[Type] = ()) -> dict[str, Any]:
    """The program with these values of the enclosing trace as its last inputs (or behind ``at`` arguments), and then inputs that it does not read."""
    trace = sub.trace
    first = list(range(trace.arguments))
    at = len(first) if at is None else at
    order = [*first[:at], *[-1 - trace.local(v) for v in consts], *first[at:]]
    order += [-1 - trace._input(d, s).id for d, s in unused]
    return trace.wire(sub.outs, order)[0]


def emit(op: str, attrs: dict[str, Any], operands: Sequence[Value], types: list[Type]) -> list[Tracer]:
    """All results of a node with programs."""
    trace = active()
    return handles(trace.results(trace.emit(op, tuple(operands), attrs, *types[0]), types))


@contextlib.contextmanager
def inside(sub: Sub) -> Iterator[None]:
    """Operations go into the program of ``sub`` once more."""
    stack = values._local.stack
    stack.append(sub.trace)
    try:
        yield
    finally:
        stack.pop()
