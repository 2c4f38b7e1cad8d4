"""Where a loss stopped being a number: the operation, and the user's line."""

from __future__ import annotations

import dataclasses
import linecache
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica.errors import MemoryLimitError, NonFiniteError
from ergodica.expr import trees, values
from ergodica.expr.program import Program, Sub
from ergodica.expr.refuse import foreign
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import Value
from ergodica.expr.verbs import grad
from ergodica.learning.optimisers import Optimiser
from ergodica.learning.program import Assembly

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@dataclass
class Operation:
    """An operation of the loss: its operands by number (None: no result of one), and where it was written."""

    name: str
    operands: list[int | None]
    where: str
    line: str


class Watch:
    """Notes the operations of the trace in which it is entered. With ``shifts`` a shift is added to every result of one, so that its derivative
    is the result's cotangent."""

    def __init__(self, shifts: list[Any] | None = None) -> None:
        self.operations: list[Operation] = []
        self.results: list[Value] = []
        self.number: dict[int, int] = {}
        self.wholes: dict[int, Value] = {}  # what shifts were added to
        self.shifts, self.busy = shifts, False

    def __call__(self, v: Value, op: str, operands: tuple[Value, ...]) -> Value:
        if self.busy or v.dtype.kind not in "fc" or op == "const":
            return v
        where, line = place()
        self.operations.append(Operation(op, [self.number.get(x.id) if x.id >= 0 else None for x in operands], where, line))
        if self.shifts is not None and len(self.operations) <= len(self.shifts):
            self.busy, whole = True, v
            self.number[whole.id] = len(self.results)
            v = (Tracer(v) + self.shifts[len(self.operations) - 1])._value()
            self.busy = False
            self.wholes[v.id] = whole
        self.number[v.id] = len(self.results)
        self.results.append(v)
        return v

    def __enter__(self) -> Watch:
        self.trace = values.current()
        values._local.watcher = self
        return self

    def __exit__(self, *_: object) -> None:
        values._local.watcher = None


def place() -> tuple[str, str]:
    """File and number of the innermost line outside of this package, and its text; within it where there is none."""
    frame, inner = sys._getframe(1), None
    while frame is not None:
        name = frame.f_code.co_filename
        if not foreign(name) and not name.startswith(os.path.dirname(__file__) + os.sep):
            inner = inner or frame
            if not name.startswith(_PACKAGE):
                inner = frame
                break
        frame = frame.f_back  # type: ignore[assignment]
    if inner is None:
        return "", ""
    text = linecache.getline(inner.f_code.co_filename, inner.f_lineno, inner.f_globals).strip()
    return f"line {inner.f_lineno} of {os.path.basename(inner.f_code.co_filename)}", text


def located(error: NonFiniteError, assembly: Assembly, state: Any, batch: Any, members: int | None) -> NonFiniteError:
    """The error with the operation and the line of it; as it was where that is not found."""
    fields = dict(error.fields)
    member, key = int(fields.get("member", 0)), np.int64(int(fields["key"]))
    if members is not None:
        pick = lambda x: trees.build(trees.flatten(x)[0], [np.asarray(a)[member] for a in trees.flatten(x)[1]])
        state, batch = pick(state), pick(batch) if assembly.feed.own else batch
    own, _, memory, fixed = state
    batch = assembly.feed.seen(batch)

    name = "the loss" if fields.get("record") == "loss" else "the gradient of the loss"
    step = f"{name} is not finite at step {fields.get('step')}" + (f" of member {member}" if members is not None else "")

    def loss(own: Any, memory: Any, batch: Any, key: Any, fixed: Any) -> Any:
        return assembly.caller(assembly.parameters.build(own, fixed), batch, key, memory)[0]

    args = ([np.asarray(a) for a in own], memory, batch, key, fixed)
    for a, parameter in zip(own, assembly.parameters.own_names, strict=True):
        if not np.all(np.isfinite(a)):
            fields |= {"parameter": parameter}
            cure = cures(assembly.optimiser, "shift", "rate")
            return NonFiniteError(f"{step}: {parameter} has not been finite since the step before", cure, fields)
    try:
        found = _forward(loss, args) or _backward(loss, args)
    except MemoryLimitError:
        return NonFiniteError(f"{step}; to find where takes more memory than there is", "Raise erg.config.memory, or take fewer rows a step.", fields)
    if found is None:
        overflows = f"the squares of the gradient overflow at step {fields.get('step')}" + (f" of member {member}" if members is not None else "")
        message = overflows if fields.get("record") == "gradient_norm" else step
    else:
        kind, op = found
        verb = "gave the first number that is not finite" if kind == "value" else "has a derivative that is not finite"
        what = "a function with a derivative of its own" if op.name == "custom_vjp" else op.name  # odeint among them
        message = f"{step}: {what} {verb}" + (f" ({op.where}: `{op.line}`)" if op.where else "")
        fields |= {"operation": op.name, "line": op.line, "where": op.where}
    form = "a form of the operation that is finite there" if found is not None else "a loss in other units"
    moved = int(fields.get("step", 0)) > assembly.began
    cure = cures(assembly.optimiser, *["rate"] * moved, *["clip"] * (moved or found is None), last=form)
    if lost := _in_data(batch):
        message, cure = f"{message}; {lost}", "Leave such rows out, or let the loss mask them."
    return NonFiniteError(message, cure, fields)


CURES = {"shift": "a larger shift", "rate": "a smaller rate", "clip": "clip=1.0 in the optimiser"}


def cures(optimiser: Any, *settings: str, last: str = "") -> str:
    """What to try: those of the settings that this optimiser, or one within it, has."""
    words = [CURES[name] for name in settings if name in _settings(optimiser)] + [last] * bool(last) or ["another start"]
    return f"Try {', '.join(words[:-1])}{', or ' if words[1:] else ''}{words[-1]}."


def _settings(optimiser: Any) -> set[str]:
    own = {f.name: getattr(optimiser, f.name) for f in dataclasses.fields(optimiser)}
    within = [y for x in own.values() for y in (x.values() if isinstance(x, Mapping) else [x]) if isinstance(y, Optimiser)]
    return set(own).union(*map(_settings, within))


def _in_data(batch: Any) -> str:
    """Which numbers of the batch are not finite."""
    _, leaves, names = trees.flatten(batch, path="data")
    for leaf, name in zip(leaves, names, strict=True):
        if np.asarray(leaf).dtype.kind in "fc" and not np.all(ok := np.isfinite(leaf)):
            return f"{np.size(ok) - np.sum(ok)} of the {np.size(ok)} numbers of {name} in its batch are not finite"
    return ""


def _forward(loss: Any, args: Any) -> tuple[str, Operation] | None:
    """The operation that lost it on the way to the value: back from the last result along operands that are not finite."""
    watch = Watch()

    def watched(*args: Any) -> Any:
        with watch:
            value = loss(*args)
        return value, [_lost(Tracer(v)) for v in watch.results]

    value, bad = _in_order(watched, args)
    at: int | None = next((k for k in reversed(range(len(bad))) if bad[k]), None)
    if at is None or np.isfinite(value):
        return None
    while True:
        before = next((k for k in watch.operations[at].operands if k is not None and bad[k]), None)
        if before is None:
            return "value", watch.operations[at]
        at = before


def _backward(loss: Any, args: Any) -> tuple[str, Operation] | None:
    """The operation that lost it on the way back: its result's cotangent is finite, an operand's is not."""
    watch = Watch()

    def watched(*args: Any) -> Any:
        with watch:
            return loss(*args)

    Sub(watched, args, {})
    shifts = [np.zeros(v.shape, v.dtype) for v in watch.results]

    def shifted(shifts: Any, *args: Any) -> Any:
        with Watch(shifts):
            return loss(*args)

    bad = _in_order(lambda *args: [_lost(g) for g in grad(shifted)(*args)], (shifts, *args))
    for k in reversed(range(len(bad))):
        if not bad[k] and any(j is not None and bad[j] for j in watch.operations[k].operands):
            return "slope", watch.operations[k]
    first = next((k for k in reversed(range(len(bad))) if bad[k]), None)
    if first is None:
        return _at_parameters(loss, args, watch)
    return "slope", watch.operations[first]


def _in_order(f: Any, args: Any) -> Any:
    sub = Sub(f, args, {})
    program = Program(sub)
    return trees.build(program._out_tree, program._run(sub.leaves))


def _lost(x: Any) -> Any:
    """Whether a number of x is not finite; found in the program, which need not keep x for it."""
    return ~np.all(np.isfinite(x))


def _at_parameters(loss: Any, args: Any, watch: Watch) -> tuple[str, Operation] | None:
    """Where only the gradient of a parameter is lost: the first operation on one."""
    if not any(_in_order(lambda *a: [_lost(g) for g in grad(loss)(*a)], args)):
        return None
    return next((("slope", op) for op in watch.operations if None in op.operands), None)
