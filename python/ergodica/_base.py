"""What systems and methods have in common: values made canonical at birth, equality and hash by content, a short repr, encoding."""

from __future__ import annotations

import dataclasses
import math
import operator
import re
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica._arrays import as_array
from ergodica._graph import Graph, as_lattice
from ergodica.errors import NonFiniteError, ShapeError, SpecError


class Gone:
    """Stands for a function in a run that was saved or sent: its name."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @staticmethod
    def of(x: Any) -> Any:
        """x, or what stands for it."""
        return Gone(x.__name__) if hasattr(x, "__code__") else x

    def __call__(self, *args: Any) -> Any:
        raise SpecError(f"the function {self.__name__} is not in a saved run", "Pass it to erg.sample again.")


class Spec:
    """A frozen dataclass that is sent to the core as ``{"type": ..., field: value, ...}``. Its arrays are read-only copies."""

    type: ClassVar[str]

    if not TYPE_CHECKING:

        def __new__(cls, *args: Any, **fields: Any) -> Any:
            known = [f.name for f in dataclasses.fields(cls)]
            unknown = [k for k in fields if k not in known]
            if unknown or len(args) > len(known):
                what = ", ".join(repr(k) for k in unknown) or f"number {len(known) + 1}"
                raise SpecError(f"{cls.__name__} has no parameter {what}; it has: {', '.join(known) or 'none'}", fields={"argument": what})
            return super().__new__(cls)

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            name = f"{type(self).__name__}.{f.name}"
            object.__setattr__(self, f.name, canonical(getattr(self, f.name), str(f.type), name, f.metadata.get("range", "")))

    def __repr__(self) -> str:
        shown = []
        for i, f in enumerate(dataclasses.fields(self)):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if same(value, f.default):
                continue
            text = f"array{value.shape}" if isinstance(value, np.ndarray) else getattr(value, "__name__", None) or repr(value)
            shown.append(text if i == 0 and f.default is dataclasses.MISSING else f"{f.name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(same(getattr(self, f.name), getattr(other, f.name)) for f in dataclasses.fields(self))  # type: ignore[arg-type]

    def __hash__(self) -> int:
        values = [getattr(self, f.name) for f in dataclasses.fields(self)]  # type: ignore[arg-type]
        return hash((type(self), *((v.shape, v.tobytes()) if isinstance(v, np.ndarray) else v for v in values)))

    def __setstate__(self, state: dict[str, Any]) -> None:
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        self.__dict__.update(state)

    def __getstate__(self) -> dict[str, Any]:
        return {k: Gone.of(v) for k, v in self.__dict__.items()}

    def values(self) -> dict[str, Any]:
        """The fields as they are sent. Functions are traced into the system."""
        own = dataclasses.fields(self)  # type: ignore[arg-type]
        return {f.name: getattr(self, f.name) for f in own if not str(f.type).startswith("Callable")}


class System(Spec):
    """What there is: an energy, a Hamiltonian. Verbs act on it; ``erg.methods(system)`` lists how."""

    def values(self) -> dict[str, Any]:
        values = super().values()
        graph = values.get("lattice")
        if isinstance(graph, Graph) and graph.weights is not None and "J" in values:
            J = np.asarray(values["J"], np.float64)
            if J.ndim and J.shape != graph.weights.shape:
                raise ShapeError(f"{type(self).__name__}.J: expected a number or shape {graph.weights.shape}, one per bond; got {J.shape}",
                                 fields={"argument": "J"})  # fmt: skip
            values["J"] = J * graph.weights
        return values


class Traced(System):
    """A system whose functions are traced when it is sent, by ``encoded``; it equals itself alone."""

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def values(self) -> dict[str, Any]:
        """Nothing: what is sent is encoded."""
        return {}


class Method(Spec):
    """How to act on a system."""

    staged: ClassVar[bool] = False
    """It finds populations of ``draws`` particles as a whole, not draw after draw."""

    unit: ClassVar[str] = ""
    """What cannot be split over the workers of an executor: "" one walker, "ladder" the temperatures of a chain, "all"."""


def same(a: Any, b: Any) -> bool:
    """Equality of canonical values."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return type(a) is type(b) and bool(a == b)


def canonical(x: Any, annotation: str, name: str, bounds: str = "") -> Any:
    """A field's value in the one form that is kept, by the field's annotation."""
    if annotation.endswith("| None"):
        if x is None:
            return None
        annotation = annotation[: -len("| None")].strip()
    if annotation == "LatticeLike":
        return as_lattice(x, name)
    if annotation == "ArrayLike":
        return as_field(x, name)
    many = re.fullmatch(r"(.+) \| Sequence\[\1\]", annotation)
    if many:
        if isinstance(x, str) or not (isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) == 1):
            return canonical(x, many[1], name, bounds)
        if not len(x):
            raise SpecError(f"{name}: expected one value, or one for each axis; got {short(x)}", fields={"argument": name})
        return tuple(canonical(v, many[1], f"{name}[{i}]", bounds) for i, v in enumerate(x))
    if annotation.startswith("Literal["):
        choices = re.findall(r"""["']([^"']*)["']""", annotation)
        if not isinstance(x, str) or x not in choices:
            raise SpecError(f"{name}: expected one of {', '.join(map(repr, choices))}; got {x!r}", fields={"argument": name})
        return x
    if annotation == "float":
        return in_range(real(x, name), bounds, name)
    if annotation == "int":
        return in_range(integer(x, name), bounds, name)
    if annotation == "bool":
        if not isinstance(x, (bool, np.bool_)):
            raise SpecError(f"{name}: expected True or False, got {x!r}", fields={"argument": name})
        return bool(x)
    if annotation == "Method" and not isinstance(x, Method):
        what = f"the class {x.__name__}" if isinstance(x, type) else short(x)
        raise SpecError(f"{name}: expected a method, got {what}", "Try erg.methods(system) for those there are.", {"argument": name})
    if annotation.startswith("Callable") and not callable(x):
        raise SpecError(f"{name}: expected a function, got {short(x)}", fields={"argument": name})
    if annotation == "str" and not isinstance(x, str):
        raise SpecError(f"{name}: expected a string, got {x!r}", fields={"argument": name})
    return x


def as_field(x: Any, name: str) -> float | np.ndarray:
    """One number, or a read-only copy of an array of real numbers."""
    if isinstance(x, (str, bytes)) or x is None:
        raise SpecError(f"{name}: expected a number or an array, got {x!r}", fields={"argument": name})
    a = as_array(x, name)
    if a.dtype.kind == "c":
        raise ShapeError(f"{name}: expected real numbers, got dtype {a.dtype}", fields={"argument": name})
    if a.ndim == 0:
        return real(a.item(), name)
    bad = ~np.isfinite(a)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise NonFiniteError(f"{name}: expected finite numbers, got {a[where]} at {where if len(where) > 1 else where[0]}",
                             fields={"argument": name, "index": where})  # fmt: skip
    a = a.astype(np.float64)
    a.flags.writeable = False
    return a


def real(x: Any, name: str) -> float:
    """A finite number."""
    try:
        if isinstance(x, (str, bytes)) or np.ndim(x) > 0:
            raise TypeError
        value = float(x)
    except OverflowError:
        value = math.inf
    except Exception:  # objects raise what they like
        raise SpecError(f"{name}: expected a number, got {short(x)}", fields={"argument": name}) from None
    if not math.isfinite(value):
        raise NonFiniteError(f"{name}: expected a finite number, got {value}", fields={"argument": name})
    return value


def integer(x: Any, name: str, least: int | None = None, most: int = 2**62) -> int:
    """An integer; a float with an integral value (``1e5``) counts as one."""
    try:
        if isinstance(x, (bool, np.bool_)):
            raise TypeError
        value = int(x) if isinstance(x, (float, np.floating)) and float(x).is_integer() else operator.index(x)
    except Exception:  # objects raise what they like
        raise SpecError(f"{name}: expected an integer, got {short(x)}", fields={"argument": name}) from None
    if (least is not None and value < least) or value > most:
        want = f"an integer of at least {least}" if least is not None and value < least else f"an integer of at most {most}"
        raise SpecError(f"{name}: expected {want}, got {value}", fields={"argument": name})
    return value


def in_range(x: Any, bounds: str, name: str) -> Any:
    """``x``, refused outside an interval such as ``(0, inf)``."""
    if bounds:
        lo, hi = (float(b) for b in bounds[1:-1].split(","))
        if x < lo or x > hi or (x == lo and bounds[0] == "(") or (x == hi and bounds[-1] == ")"):
            raise SpecError(f"{name}: expected a number in {bounds}, got {x}", fields={"argument": name})
    return x


def short(x: Any) -> str:
    """A repr that fits an error message."""
    text = repr(x)
    return text if len(text) <= 60 and "\n" not in text else f"{type(x).__name__}" + (f" of shape {x.shape}" if hasattr(x, "shape") else "")
