"""Traces and their values: the program of a function while it is being written down.

A :class:`Trace` is a list of operations of ``core/expr`` (see the wire form in its package comment); a :class:`Value` is one result in it, with
its dtype and shape. Programs nest: a value of an outer trace that an inner function uses becomes one more input of the inner program.
"""

from __future__ import annotations

import base64
import math
import sys
import threading
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica.errors import SpecError

Shape = tuple[int, ...]
DTYPES = {np.dtype(d): d for d in ("float64", "float32", "complex128", "complex64", "int64", "int32", "bool")}
WIDER = {np.dtype(a): np.dtype(b) for a, b in (("int8", "int32"), ("uint8", "int32"), ("int16", "int32"), ("uint16", "int32"), ("uint32", "int64"))}
BOOL, INT64, FLOAT64 = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)
EMBEDDED = 1 << 16  # bytes up to which an array that only the function knows becomes part of the program
CHECKED = 1 << 22  # bytes up to which a captured array is compared before and after tracing


class _Local(threading.local):
    def __init__(self) -> None:
        self.stack: list[Trace] = []
        self.watcher: Any = None  # sees every operation of its trace: (value, op, operands) -> value


_local = _Local()


def current() -> Trace | None:
    """The innermost trace of this thread."""
    return _local.stack[-1] if _local.stack else None


def active() -> Trace:
    """The innermost trace; refused where there is none."""
    if not _local.stack:
        from ergodica.expr.refuse import refuse

        raise refuse("a traced value was used after its function had returned", "Return it from the function instead of keeping it elsewhere.")
    return _local.stack[-1]


if TYPE_CHECKING:

    class Operators:
        """The operators that values and tracers are given after their classes, for type checkers."""

        def __add__(self, other: Any) -> Any: ...
        def __radd__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __rmul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __rtruediv__(self, other: Any) -> Any: ...
        def __floordiv__(self, other: Any) -> Any: ...
        def __mod__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __and__(self, other: Any) -> Any: ...
        def __or__(self, other: Any) -> Any: ...
        def __xor__(self, other: Any) -> Any: ...
        def __lt__(self, other: Any) -> Any: ...
        def __le__(self, other: Any) -> Any: ...
        def __gt__(self, other: Any) -> Any: ...
        def __ge__(self, other: Any) -> Any: ...
        def __eq__(self, other: Any) -> Any: ...
        def __ne__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __abs__(self) -> Any: ...
else:
    Operators = object


class Value(Operators):
    """One value of a program. ``weak``: it stands for a Python number, which adapts to the dtype of what it meets."""

    __slots__ = ("dtype", "id", "shape", "trace", "weak")

    def __init__(self, trace: Trace, id: int, dtype: np.dtype, shape: Shape, weak: bool = False) -> None:
        self.trace, self.id, self.dtype, self.shape, self.weak = trace, id, dtype, shape, weak

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)


class Trace:
    """The program of one function, growing. Nodes have ids 0, 1, ...; input k has id -1 - k until :meth:`wire` numbers everything."""

    def __init__(self, name: str, parent: Trace | None) -> None:
        self.name, self.parent = name, parent
        self.root: Trace = parent.root if parent else self
        self.inputs: list[tuple[np.dtype, Shape]] = []
        self.captured: list[Value] = []  # of the enclosing trace; they are the inputs behind the arguments
        self.arrays: list[np.ndarray] = []  # concrete arrays read by reference (root only); inputs behind the arguments
        self.arguments = 0
        self.code: list[int] = []
        self.args: list[tuple[int, ...]] = []
        self.attr: list[int] = []
        self.attrs: list[dict[str, Any]] = []
        self.refused: SpecError | None = None  # at the root: the latest refusal
        self._ops: dict[str, int] = {}
        self._attrs: dict[Any, int] = {}
        self._inner: dict[tuple[int, int], int] = {}
        self._array_ids: dict[int, int] = {}
        self._sums: list[int] = []
        self._consts: dict[Any, Value] = {}

    def argument(self, dtype: np.dtype, shape: Shape, weak: bool = False) -> Value:
        """The next argument. Arguments come before everything else."""
        self.arguments += 1
        return self._input(dtype, shape, weak)

    def _input(self, dtype: np.dtype, shape: Shape, weak: bool = False) -> Value:
        self.inputs.append((dtype, shape))
        return Value(self, -len(self.inputs), dtype, shape, weak)

    def local(self, v: Value) -> int:
        """The id of ``v`` in this trace; a value of an enclosing trace becomes an input."""
        if v.trace is self:
            return v.id
        key = (id(v.trace), v.id)
        found = self._inner.get(key)
        if found is None:
            above = self.parent
            while above is not None and above is not v.trace:
                above = above.parent
            if above is None or self.parent is None:
                from ergodica.expr.refuse import refuse

                raise refuse(
                    "a traced value was used after its function had returned", "Return it from the function instead of keeping it elsewhere."
                )
            self.captured.append(v)
            found = self._inner[key] = self._input(v.dtype, v.shape).id
        return found

    def emit(self, op: str, operands: tuple[Value, ...], attrs: dict[str, Any] | None, dtype: np.dtype, shape: Shape) -> Value:
        """Append an operation whose first result has this dtype and shape."""
        code = self._ops.get(op)
        if code is None:
            code = self._ops[op] = len(self._ops)
        at = -1
        if attrs is not None:
            try:
                key = tuple(attrs.items())
                at = self._attrs.get(key, -1)
            except TypeError:
                key = None
            if at < 0:
                at = len(self.attrs)
                self.attrs.append(attrs)
                if key is not None:
                    self._attrs[key] = at
        args = tuple([v.id if v.trace is self else self.local(v) for v in operands])
        self.code.append(code)
        self.args.append(args)
        self.attr.append(at)
        v = Value(self, len(self.code) - 1, dtype, shape)
        return v if _local.watcher is None or _local.watcher.trace is not self else _local.watcher(v, op, operands)

    def results(self, first: Value, types: list[tuple[np.dtype, Shape]]) -> list[Value]:
        """All results of an operation that has several."""
        watcher = _local.watcher
        whole = first if watcher is None or watcher.trace is not self else watcher.wholes.get(first.id, first)  # not what it became when seen
        return [first, *[self.emit("result", (whole,), {"n": n}, d, s) for n, (d, s) in enumerate(types[1:], 1)]]

    def scalar(self, x: Any, dtype: np.dtype) -> Value:
        """A literal of rank 0."""
        number = dtype.type(x)
        key = (dtype.num, number.tobytes())
        v = self._consts.get(key)
        if v is None:
            v = self._consts[key] = self.emit("const", (), {"dtype": DTYPES[dtype], "value": _number(number)}, dtype, ())
        return v

    def array(self, a: np.ndarray, own: bool = False) -> Value:
        """A concrete array: a literal where it is one number (and ours, so that nobody changes it), else read by reference when the program runs."""
        a = supported(a)
        if a.ndim == 0:
            return self.scalar(a[()], a.dtype)
        if a.size and (not any(a.strides) or (own and a.size <= 1 << 14)) and (a == a.flat[0]).all():
            from ergodica.expr.shapes import broadcast

            return broadcast(self.scalar(a.flat[0], a.dtype), a.shape)
        if a.size == 0:
            return self.emit("const", (), {"dtype": DTYPES[a.dtype], "shape": a.shape, "data": ""}, a.dtype, a.shape)
        return self._reference(a)

    def _reference(self, a: np.ndarray) -> Value:
        if self.parent is not None:
            v = self.parent._reference(a)
            return Value(self, self.local(v), v.dtype, v.shape)
        known = self._array_ids.get(id(a))
        if known is None:
            if not a.flags.c_contiguous or not a.dtype.isnative:
                keep, a = a, np.ascontiguousarray(a, dtype=a.dtype.newbyteorder("="))
                self._consts[("kept", id(keep))] = keep  # type: ignore[assignment]
                self._array_ids[id(keep)] = known = self._add(a)
            else:
                known = self._array_ids[id(a)] = self._add(a)
        dtype, shape = self.inputs[-1 - known]
        return Value(self, known, dtype, shape)

    def _add(self, a: np.ndarray) -> int:
        self.arrays.append(a)
        self._sums.append(zlib.crc32(a.data.cast("B")) if a.nbytes <= CHECKED else -1)
        return self._input(a.dtype, a.shape).id

    def check_arrays(self) -> None:
        """Refuse a program that read an array which the function went on to change."""
        for a, s in zip(self.arrays, self._sums, strict=True):
            if s >= 0 and zlib.crc32(a.data.cast("B")) != s:
                raise SpecError(
                    f"{self.name}: an array of shape {a.shape} was changed while the function was traced, after a traced value had met it",
                    "Make it inside the function with np.array(a), or write to it before it meets a traced value.",
                )

    def wire(self, outputs: list[Value], order: list[int] | None = None) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The program as ``core/expr`` decodes it, and the arrays that are inputs behind its arguments.

        Small arrays that nobody else holds become literals. ``order``, of an inner trace, has the numbers of all its inputs as they are to stand.
        """
        out = [self.local(v) for v in outputs]
        kept: list[np.ndarray] = []
        literals: list[int] = []  # input numbers
        number = {-1 - k: k for k in range(self.arguments)}
        if self.parent is None:
            for k in range(len(self.arrays)):
                # held by: the list, the argument of getrefcount
                lonely = sys.getrefcount(self.arrays[k]) <= 2
                if lonely and self.arrays[k].base is None and self.arrays[k].nbytes <= EMBEDDED:
                    literals.append(self.arguments + k)
                else:
                    number[-1 - self.arguments - k] = self.arguments + len(kept)
                    kept.append(self.arrays[k])
        else:
            order = order or list(range(len(self.inputs)))
            number = {-1 - k: at for at, k in enumerate(order)}
        count = self.arguments + len(kept) if order is None else len(order)
        embedded = set(literals)
        inputs = [{"dtype": DTYPES[d], "shape": s} for d, s in (self.inputs[k] for k in order or range(len(self.inputs)) if k not in embedded)]
        ops = list(self._ops)
        code, attr, attrs = [], [], list(self.attrs)
        args: list[Any] = []
        if literals:
            if "const" not in self._ops:
                ops.append("const")
            const = ops.index("const")
            for j, k in enumerate(literals):
                a = self.arrays[k - self.arguments]
                number[-1 - k] = count + j
                code.append(const)
                args.append(())
                attr.append(len(attrs))
                attrs.append({"dtype": DTYPES[a.dtype], "shape": a.shape, "data": base64.b64encode(a.tobytes()).decode()})
        shift = count + len(literals)
        code += self.code
        attr += self.attr
        args += [tuple([i + shift if i >= 0 else number[i] for i in at]) for at in self.args]
        outs = [i + shift if i >= 0 else number[i] for i in out]
        return {"version": 1, "inputs": inputs, "ops": ops, "code": code, "args": args, "attrs": attrs, "attr": attr, "outputs": outs}, kept


def _number(x: Any) -> Any:
    if x.dtype.kind == "b":
        return bool(x)
    if x.dtype.kind == "i":
        return int(x)
    if x.dtype.kind == "c":
        return [_number(x.real), _number(x.imag)]
    f = float(x)
    return f if math.isfinite(f) else "nan" if math.isnan(f) else "inf" if f > 0 else "-inf"


def supported(a: np.ndarray) -> np.ndarray:
    """``a`` in a dtype that programs have; small integers are widened, others refused."""
    if a.dtype in DTYPES:
        return a
    if a.dtype in WIDER:
        return a.astype(WIDER[a.dtype])
    from ergodica.expr.refuse import refuse

    raise refuse(
        f"dtype {a.dtype} meets a traced value; programs have {', '.join(DTYPES.values())}", "Convert it first, with a.astype(float) for instance."
    )


def literal(x: Any, dtype: np.dtype) -> Value:
    """A number as a value of this dtype in the innermost trace."""
    return active().scalar(x, dtype)


def lift(x: Any) -> Value:
    """Anything array-like as a value of the innermost trace; lists may hold traced values."""
    if isinstance(x, Value):
        return x
    value = getattr(x, "_value", None)
    if value is not None:
        return value()
    if isinstance(x, bool):
        return literal(x, BOOL)
    if isinstance(x, int):
        return literal(x, INT64)
    if isinstance(x, float) and not isinstance(x, np.floating):
        return literal(x, FLOAT64)
    if isinstance(x, complex) and not isinstance(x, np.complexfloating):
        return literal(x, np.dtype(complex))
    if isinstance(x, (list, tuple)):
        from ergodica.expr.shapes import nested

        return nested(x)
    return active().array(np.asarray(x))
