"""Compiled programs: a function traced for arguments of given shapes and dtypes, callable on arrays."""

from __future__ import annotations

import array
import ctypes as C
import inspect
import json
import math
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica import _arrays, _door
from ergodica._signals import undisturbed
from ergodica.errors import Interrupted, ShapeError, SpecError
from ergodica.expr import dispatch, intercept, trees, values
from ergodica.expr.profiles import Profile
from ergodica.expr.refuse import refuse
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import DTYPES, WIDER, Trace, Value, lift

assert dispatch.INSTALLED


def name_of(f: Any) -> str:
    """What a function is called in errors."""
    inner = getattr(f, "func", f)
    return str(getattr(inner, "__name__", None) or type(f).__name__)


class Sub:
    """A function traced inside the current trace, or at top level: its program and structures."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], drop: list[int | None] | None = None) -> None:
        self.name, self.parameters = name_of(function), parameters_of(function)
        parent = values.current()
        self.tree, self.leaves, self.names = trees.flatten((args, kwargs), path="")
        self.trace = Trace(self.name, parent)
        if parent is not None and len(_ancestors(parent)) > 100:
            raise SpecError(f"{self.name}: functions are transformed more than 100 deep; does it transform itself?")
        handles = []
        self.types: list[tuple[np.dtype, tuple[int, ...], bool]] = []
        for k, leaf in enumerate(self.leaves):
            dtype, shape, weak, frozen = type_of(leaf, self._argument(k))
            axis = drop[k] if drop is not None else None
            if axis is not None:
                shape = shape[:axis] + shape[axis + 1 :]
                weak = False
            self.types.append((dtype, shape, weak))
            v = self.trace.argument(dtype, shape, weak)
            handles.append((v, f"its argument {self._argument(k)}" if frozen and (shape or axis is None) else ""))
        call, after = intercept.prepare(function)
        stack = values._local.stack
        intercept.enter()
        stack.append(self.trace)
        try:
            given, options = trees.build(self.tree, [Tracer(v, frozen=frozen) for v, frozen in handles])
            result = call(*given, **options)
            self.out_tree, outs, _ = trees.flatten(result, trees.is_result)
            self.outs: list[Value] = [self._result(x) for x in outs]
        except ValueError as why:
            if isinstance(why.__cause__, SpecError):  # NumPy wraps what a conversion raises
                raise why.__cause__ from None
            raise
        finally:
            stack.pop()
            intercept.leave()
            after()
        if self.trace.root.refused is not None:  # the function caught it and took another way
            raise self.trace.root.refused
        self.trace.check_arrays()

    def _argument(self, k: int) -> str:
        """The argument a leaf belongs to, as in ``p['mu']``."""
        path = self.names[k]
        if path.startswith("[1]['"):
            name, _, rest = path[5:].partition("']")
            return name + rest
        number, _, rest = path[4:].partition("]")
        known = self.parameters
        return (known[int(number)] if int(number) < len(known) else f"number {int(number) + 1}") + rest

    def _result(self, x: Any) -> Value:
        if isinstance(x, np.ndarray) and x.dtype not in DTYPES and x.dtype not in WIDER:
            raise refuse(f"a result of dtype {x.dtype}", "Return numbers.")
        v = lift(x)
        return Value(self.trace, self.trace.local(v), v.dtype, v.shape, v.weak)

    @property
    def out_types(self) -> list[tuple[np.dtype, tuple[int, ...]]]:
        return [(v.dtype, v.shape) for v in self.outs]

    def wire(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        return self.trace.wire(self.outs)


def parameters_of(f: Any) -> list[str]:
    """Names of positional parameters, as far as they are known."""
    try:
        return [p.name for p in inspect.signature(f).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    except (TypeError, ValueError):
        return []


def _ancestors(t: Trace | None) -> list[Trace]:
    out = []
    while t is not None:
        out.append(t)
        t = t.parent
    return out


def type_of(x: Any, name: str = "argument") -> tuple[np.dtype, tuple[int, ...], bool, bool]:
    """dtype, shape, whether a Python number, whether the caller's memory."""
    if isinstance(x, Tracer):
        x._sync()
        return x.dtype, x.shape, x._v is not None and x._v.weak, bool(x.shape)
    if isinstance(x, float) and not isinstance(x, np.generic):
        return values.FLOAT64, (), True, False
    if isinstance(x, complex) and not isinstance(x, np.generic):
        return np.dtype(complex), (), False, False
    a = x if isinstance(x, (np.ndarray, np.generic)) else _arrays.as_array(x, name)
    dtype = a.dtype if a.dtype.isnative else a.dtype.newbyteorder("=")
    dtype = WIDER.get(dtype, dtype)
    if dtype not in DTYPES:
        raise ShapeError(f"{name}: expected a dtype among {', '.join(DTYPES.values())}, got {a.dtype}", "Try x.astype(float).")
    return dtype, a.shape, False, isinstance(x, np.ndarray)


def _interface_address(a: np.ndarray) -> int:
    return int(a.__array_interface__["data"][0])


def _field_address(a: np.ndarray) -> int:
    """The first field of NumPy's array object behind the object's head, as its C header has it: ten times faster than asking."""
    return C.c_size_t.from_address(id(a) + object.__basicsize__).value


def _fields_are_known() -> bool:
    probe = np.ones(3)
    return sys.implementation.name == "cpython" and _field_address(probe) == _interface_address(probe)


address_of = _field_address if _fields_are_known() else _interface_address


def _free(id: int) -> None:
    try:
        if _door._library is not None and not _door._forked:
            _door.call("ProgramFree", id)
    except Exception:  # at interpreter exit there is nobody to tell
        pass


class _Block(threading.local):
    block: array.array[int] | None = None
    address = 0


class Program:
    """A function compiled for arguments of fixed shapes and dtypes.

    Made by :meth:`Compiled.program`; ``program(*args)`` runs it on arrays of those shapes. Arrays that the function captured are read at each
    call, as they are then. Programs are immutable and may be called from several threads.
    """

    def __init__(self, sub: Sub) -> None:
        self.name = sub.name
        wire, self._arrays = sub.wire()
        self._tree, self._key, self._out_tree = sub.tree, trees.key(sub.tree), sub.out_tree
        self._in = [(d, s) for d, s, _ in sub.types]
        given, options = sub.tree[2]
        self.positional = not options[2] and all(t is trees.LEAF for t in given[2]) and not any(weak for *_, weak in sub.types)
        self._names = [sub._argument(k) for k in range(len(sub.names))]
        self._out = sub.out_types
        self._wire = wire
        self._load()

    def _load(self) -> None:
        request = {"program": self._wire, "outputs": [{"dtype": DTYPES[d], "shape": s} for d, s in self._out]}
        text = json.dumps(request)
        _door.lend_for(text)
        self._adopt(_door.call("ProgramCompile", text))

    @classmethod
    def _of(cls, name: str, id: int, ins: list[tuple[np.dtype, tuple[int, ...]]], outs: list[tuple[np.dtype, tuple[int, ...]]]) -> Program:
        """A program that the core has already, to be run on a flat list of arrays."""
        p = cls.__new__(cls)
        p.name, p._arrays, p._in, p._out = name, [], ins, outs
        p._names = [f"number {k + 1}" for k in range(len(ins))]
        p._adopt(id)
        return p

    def _adopt(self, id: int) -> None:
        self._id = id
        self._native = _door.library().native_ProgramRun
        self._plain = [(d, s, _c_size(d, s)) for d, s in self._in]
        self._local = _Block()
        self._captured = [address_of(a) for a in self._arrays]
        weakref.finalize(self, _free, self._id)

    def __call__(self, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """Run on arrays of the shapes and dtypes it was compiled for."""
        leaves = self._checked(args, kwargs)
        return trees.build(self._out_tree, self._run(leaves, _leaves_of(out, self._out_tree, len(self._out))))

    def _fits(self, args: tuple[Any, ...]) -> bool:
        """Whether these are arrays of exactly the types it was compiled for."""
        if len(args) != len(self._plain):
            return False
        for x, (dtype, shape, _) in zip(args, self._plain, strict=True):
            if type(x) is not np.ndarray or x.dtype is not dtype or x.shape != shape:
                return False
        return True

    def profile(self, *args: Any, **kwargs: Any) -> Profile:
        """Run for about 20 ms, at least once, and time each stage.

        A stage is a nest (operations fused into one loop) or an operation of its own, as in ``show("stages")``. A clock is read twice a stage, which
        adds some 50 ns to each; the time to enter the core from Python is not in it. A first call, which warms caches and threads, is left out
        unless it takes 0.2 s.

        Parameters
        ----------
        *args, **kwargs
            Arrays of the shapes and dtypes it was compiled for, as for a call.

        Returns
        -------
        Profile
            ``stages`` with ``name``, ``text``, ``elements``, ``seconds`` a call and ``share``; ``calls``; ``seconds`` of a whole call. It prints
            as a table.

        Raises
        ------
        SpecError, ShapeError
            The arguments are not of the kind it was compiled for.
        Interrupted
            Ctrl-C.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> x = np.linspace(0.0, 1.0, 1000)
        >>> program = erg.compile(lambda x: np.sort(x * x)).program(x)
        >>> program.profile(x)  # doctest: +ELLIPSIS
        Profile <lambda>: ... us a call, ... calls
        stage               elements  ...us  share
        nest: 1 loads, mul      1000 ...%
        sort ...%
        """
        return self._profile(self._checked(args, kwargs))

    def _profile(self, leaves: Sequence[Any]) -> Profile:
        times: dict[str, Any] = {}
        self._run(leaves, None, times)
        return Profile(self.name, times)

    def _checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The leaves of arguments of the structure it was compiled for."""
        tree, leaves, _ = trees.flatten((args, kwargs))
        if trees.key(tree) != self._key:
            raise SpecError(
                f"{self.name}: this program was compiled for arguments of another structure", "Compile it for these, with erg.compile(f)."
            )
        return leaves

    def _run(self, leaves: Sequence[Any], out: list[Any] | None = None, times: dict[str, Any] | None = None) -> list[Any]:
        local = self._local
        block = local.block
        n = len(self._in)
        if block is None:
            block = local.block = array.array("q", [0] * max(1, n + len(self._captured) + len(self._out)))
            block[n : n + len(self._captured)] = array.array("q", self._captured)
            local.address = block.buffer_info()[0]
        keep = []
        for k, x in enumerate(leaves):
            dtype, shape, _ = self._plain[k]
            if type(x) is not np.ndarray or x.dtype != dtype or x.shape != shape or not x.flags.c_contiguous:
                x = self._argument(k, x)
            keep.append(x)
            block[k] = address_of(x)
        results = []
        at = n + len(self._captured)
        for j, (dtype, shape) in enumerate(self._out):
            y = _empty(dtype, shape) if out is None else _target(out[j], dtype, shape)
            results.append(y)
            block[at + j] = address_of(y)
        try:
            if times is not None:
                times.update(_timed(self._id, local.address))
            else:
                _finish(self._native, self._id, local.address)
        except RuntimeError as why:
            error = _door._translate(why)
            error.args = (f"{self.name}: {error.args[0]}", *error.args[1:])
            raise error from None
        return [y if y.ndim or out is not None else y[()] for y in results]

    def _argument(self, k: int, x: Any) -> np.ndarray:
        dtype, shape = self._in[k]
        if isinstance(x, Tracer):
            raise refuse(f"the compiled program {self.name} was called with a traced value", "Call the function itself, or erg.compile(f).")
        a = x if isinstance(x, np.ndarray) else np.asarray(x) if isinstance(x, (float, complex, np.generic)) else _arrays.as_array(x, self._names[k])
        if a.shape != shape or (a.dtype != dtype and WIDER.get(a.dtype) != dtype and a.dtype.newbyteorder("=") != dtype):
            raise ShapeError(f"{self.name}: expected {dtype} of shape {shape} for argument {self._names[k]}, got {a.dtype} of shape {a.shape}")
        return np.require(a, dtype, "C") if a.ndim else a.astype(dtype)

    def show(self, form: str = "compiled") -> str:
        """The program as text, one operation a line; ``form="source"`` before simplification, ``form="stages"`` how it runs.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> print(erg.compile(lambda x: np.sum(x * x)).program(np.ones(3)).show())
        %0 = input() : float64[3]
        %1 = mul(%0, %0) : float64[3]
        %2 = reduce_sum{axes:[0]}(%1) : float64[]
        return %2
        """
        return str(_door.call("ProgramShow", self._id, form))

    @property
    def operations(self) -> int:
        """How many operations run at each call."""
        return self.show().count(" = ") - len(self._in) - len(self._arrays)

    def wire(self) -> dict[str, Any]:
        """The program in wire form, as it was before simplification."""
        form: dict[str, Any] = json.loads(_door.call("ProgramShow", self._id, "wire"))
        return form

    @property
    def bytes(self) -> int:
        """Memory in bytes that a call needs beside its arguments and results: buffers, planned ahead and used again and again."""
        return int(_door.call("ProgramShow", self._id, "bytes"))

    def __repr__(self) -> str:
        ins = ", ".join(f"{d}{list(s)}" for d, s in self._in)
        outs = ", ".join(f"{d}{list(s)}" for d, s in self._out)
        return f"Program {self.name}: {ins} -> {outs}"

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_id", "_native", "_local", "_captured", "_plain", "_key")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._key = trees.key(self._tree)
        self._load()


def linearized(program: dict[str, Any], wrt: list[int], reverse: bool) -> dict[str, Any]:
    """The numbers and types of the two halves of a derivative; see ``ProgramLinearize``."""
    request = json.dumps({"program": program, "wrt": wrt, "reverse": reverse})
    _door.lend_for(request)
    answer: dict[str, Any] = json.loads(_door.call("ProgramLinearize", request))
    return answer


def _finish(run: Callable[[int, int], int], id: int, address: int) -> None:
    """Run a program; Ctrl-C stops it, not before the ticket is known: the core is done with the arrays when this returns or raises."""
    library, ticket = _door.library(), 0
    try:
        with undisturbed():
            ticket = run(id, address)
        while ticket and not library.native_ProgramWait(ticket, 50):
            pass
    except KeyboardInterrupt:
        _stop(library, ticket)


def _timed(id: int, address: int) -> dict[str, Any]:
    """Run and time a program, as _finish runs it."""
    library = _door.library()
    wire: dict[str, Any] = {}
    try:
        with undisturbed():
            wire = json.loads(library.native_ProgramProfile(id, address, 0, 0))
        while ticket := wire.get("ticket"):
            wire = json.loads(library.native_ProgramProfile(id, address, ticket, 50))
    except KeyboardInterrupt:
        _stop(library, wire.get("ticket", 0))
    return wire


def _stop(library: Any, ticket: int) -> None:
    with undisturbed(swallowed=3):
        if ticket:
            library.native_ProgramCancel(ticket)
    raise Interrupted("the program was interrupted") from None


def _c_size(dtype: np.dtype, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _leaves_of(out: Any, tree: Any, n: int) -> list[Any] | None:
    if out is None:
        return None
    leaves = trees.flatten(out)[1]
    if len(leaves) != n:
        raise SpecError(f"out: expected {n} arrays, got {len(leaves)}")
    return leaves



def _empty(dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """An array; large ones start with a cache line, so that no vector lies across two."""
    size = np.dtype(dtype).itemsize * math.prod(shape)
    if size < 1 << 15:
        return np.empty(shape, dtype)
    room = np.empty(size + 64, np.uint8)
    at = -address_of(room) % 64
    return room[at : at + size].view(dtype).reshape(shape)


def _target(y: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    if not isinstance(y, np.ndarray) or y.dtype != dtype or y.shape != shape or not y.flags.c_contiguous or not y.flags.writeable:
        raise ShapeError(f"out: expected a writable C-contiguous array of {dtype} and shape {shape}, got {_describe(y)}")
    return y


def _describe(y: Any) -> str:
    return f"{y.dtype} of shape {y.shape}" if isinstance(y, np.ndarray) else type(y).__name__


def run_once(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Trace, compile, run, forget."""
    sub = Sub(f, args, kwargs)
    leaves = sub.leaves
    p = Program(sub)
    return trees.build(p._out_tree, p._run(leaves))
