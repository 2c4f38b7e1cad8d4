"""What an optimiser is: a step from parameters to parameters, written as traced NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, dataclass_transform

import numpy as np

from ergodica._base import integer
from ergodica.errors import ShapeError, SpecError
from ergodica.expr.intercept import called, seen
from ergodica.expr.trees import is_result
from ergodica.expr.verbs import value_and_grad

Leaves = list[Any]
Rate = float | Callable[[Any], Any]


@dataclass
class Problem:
    """What an optimiser sees of a training at one step: the loss as a function of the parameters, on this step's batch and key.

    Attributes
    ----------
    names : list of str
        Those of the parameters, as in ``layers.0.weight``.
    function : parameters -> (loss, aux)
        ``aux`` is what the objective tells beside it; an optimiser hands on the one of the point it has evaluated last.
    objective, model, batch, key, memory
        What was given to ``erg.learn``, the model of parameters, this step's batch and key, and the objective's memory, for optimisers that ask the
        objective for more.
    same : bool
        Whether the loss is the same function at every step of this call: an optimiser may then keep what it has found of it.
    first : int
        The step with which this call begins; a fit that goes on may do so with other data.
    """

    names: list[str]
    function: Callable[[Leaves], tuple[Any, Any]]
    objective: Any = None
    model: Callable[[Leaves], Any] | None = None
    batch: Any = None
    key: Any = None
    memory: Any = None
    same: bool = False
    first: int = 0

    def value(self, parameters: Leaves) -> tuple[Any, Any]:
        """(loss, aux)."""
        return self.function(parameters)

    def value_and_grad(self, parameters: Leaves) -> tuple[tuple[Any, Any], Leaves]:
        """((loss, aux), gradient): the direction of steepest ascent, for a complex parameter a + ib dL/da + i dL/db."""
        found, slopes = value_and_grad(self.function, has_aux=True)(parameters)
        return found, [np.conj(g) if g.dtype.kind == "c" else g for g in slopes]

    def told(self, what: str) -> Any:
        """A function of the objective beside its loss, None where it has none."""
        return getattr(self.objective, what, None)

    def masked(self, masks: Leaves) -> Problem:
        """The loss of masked parameters; those whose mask is None are free."""
        return replace(self, function=lambda own: self.function(times(own, masks)),
                       model=None if self.model is None else lambda own: self.model(times(own, masks)))  # type: ignore[misc]  # fmt: skip


@dataclass
class Given(Problem):
    """A problem of which the loss and the gradient are known at one point: what an optimiser sees within another."""

    at: Leaves = field(default_factory=list)
    found: tuple[tuple[Any, Any], Leaves] | None = None

    @classmethod
    def of(cls, problem: Problem, at: Leaves, found: tuple[tuple[Any, Any], Leaves], chosen: list[int] | None = None) -> Given:
        """The parameters of these positions alone, or all of them."""
        chosen = list(range(len(at))) if chosen is None else chosen
        own = {f.name: getattr(problem, f.name) for f in fields(Problem)} | {"names": [problem.names[n] for n in chosen]}
        return cls(**own, at=[at[n] for n in chosen], found=(found[0], [found[1][n] for n in chosen]))

    def value(self, parameters: Leaves) -> tuple[Any, Any]:
        return self.value_and_grad(parameters)[0]

    def value_and_grad(self, parameters: Leaves) -> tuple[tuple[Any, Any], Leaves]:
        if self.found is None or len(parameters) != len(self.at) or any(a is not b for a, b in zip(parameters, self.at, strict=True)):
            raise self._refused()
        return self.found

    def told(self, what: str) -> Any:
        raise self._refused()

    def _refused(self) -> SpecError:
        return SpecError("expected an optimiser that needs one gradient a step, got one that asks more of the loss",
                         "Try erg.Adam() within Accumulate, Groups, MasterWeights and Muon.", {"argument": "optimiser"})  # fmt: skip

    def masked(self, masks: Leaves) -> Problem:
        assert self.found is not None
        return replace(self, found=(self.found[0], times(self.found[1], masks)))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Optimiser:
    """How parameters move. A subclass is a dataclass of settings with two functions, both in plain NumPy; it is traced into the step of the training.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Signs(erg.learning.Optimiser):
    ...     rate: float = 0.01
    ...     def step(self, problem, parameters, state, k):
    ...         (loss, aux), slopes = problem.value_and_grad(parameters)
    ...         return [p - self.rate * np.sign(g) for p, g in zip(parameters, slopes)], state, loss, aux, {}
    >>> fit = erg.learn(lambda m: (m["x"] - 1.0) ** 2, {"x": np.array(0.0)}, Signs(), steps=150, seed=1)
    >>> print(round(float(fit.model["x"]), 2))
    1.0
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(frozen=True, repr=False, eq=False)(cls)
        seen(cls)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(_alike(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))  # type: ignore[arg-type]

    def __hash__(self) -> int:
        return hash(type(self))

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        """The state before the first step, a structure of arrays; None where there is none."""
        return None

    def prepare(self, parameters: Leaves, names: list[str]) -> Leaves:
        """The parameters with which the training begins, where they are not those that are given."""
        return parameters

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        """New parameters, new state, the loss with its aux, and numbers to record. ``k`` counts the steps of this
        optimiser from 0, an int64."""
        raise NotImplementedError

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        """Averaged parameters, of optimisers that keep them."""
        return None

    def _count(self, name: str, least: int) -> None:
        """Refuse a setting that is no integer from ``least`` on."""
        object.__setattr__(self, name, integer(getattr(self, name), f"{type(self).__name__}.{name}", least))

    def __repr__(self) -> str:
        given = [(i, f.name, getattr(self, f.name), f.default) for i, f in enumerate(fields(self))]  # type: ignore[arg-type]
        shown = [_text(v) if i == 0 else f"{name}={_text(v)}" for i, name, v, default in given if i == 0 or (v is not default and v != default)]
        return f"{type(self).__name__}({', '.join(shown)})"


def _alike(a: Any, b: Any) -> bool:
    """Whether two settings are equal, also where they hold arrays."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_alike(x, b[n]) for n, x in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_alike, a, b))
    return a is b or bool(a == b)


def _text(value: Any) -> str:
    return str(getattr(value, "__name__", None) or repr(value))


def between(name: str, x: Any, low: float, high: float = np.inf, open_low: bool = False) -> None:
    """Refuse a setting out of its range."""
    ok = isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, bool) and low <= x <= high and not (open_low and x == low)
    if not ok:
        raise SpecError(f"{name}: expected a number in {'(' if open_low else '['}{low:g}, {high:g}], got {x!r}", fields={"argument": name})


def rate_at(rate: Rate, k: Any, name: str = "rate") -> Any:
    """The rate, or another number of a schedule, of step k."""
    if not callable(rate):
        return rate
    found = called(rate, k)
    if not is_result(found) or getattr(found, "dtype", np.dtype(float)).kind not in "fiub" or isinstance(found, complex):
        raise SpecError(f"{name}: expected a real number for a step, got {found!r}", fields={"argument": name})
    if np.shape(found) != ():
        raise ShapeError(f"{name}: expected a number for a step, got shape {np.shape(found)}",
                         "Try erg.Groups for rates of several parameters." if name == "rate" else "", {"argument": name})  # fmt: skip
    return found


class Gradient(Optimiser):
    """Optimisers that need one gradient a step. A subclass says what becomes of a parameter and its state by ``move``.

    ``rate`` is a number or a function of the step k (a schedule). ``clip`` bounds the Euclidean norm of the whole
    gradient; it is given by its name.
    """

    rate: Rate = 1e-3
    clip: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not callable(self.rate):
            between(f"{type(self).__name__}.rate", self.rate, 0.0)
        if self.clip is not None:
            between(f"{type(self).__name__}.clip", self.clip, 0.0, open_low=True)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        (loss, aux), slopes = problem.value_and_grad(parameters)
        slopes, norm = clipped(slopes, self.clip)
        parameters, state = self.update(slopes, state, parameters, k)
        return parameters, state, loss, aux, {"gradient_norm": norm}

    def update(self, slopes: Leaves, state: Any, parameters: Leaves, k: Any) -> tuple[Leaves, Any]:
        """All parameters moved, each by ``move``."""
        rate = rate_at(self.rate, k)
        moved, states = [], []
        common = self.common(k)
        for n, (p, g) in enumerate(zip(parameters, slopes, strict=True)):
            own = [s[n] for s in state] if state else []
            new, after = self.move(p, g, own, as_type(rate, real_type(p)), [as_type(c, real_type(p)) for c in common])
            moved.append(new)
            states.append(after)
        return moved, [list(s) for s in zip(*states, strict=True)] if state else state

    def common(self, k: Any) -> list[Any]:
        """Numbers that all parameters share at step k."""
        return []

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        """A parameter and its state, after a step with gradient ``g``."""
        raise NotImplementedError


def clipped(slopes: Leaves, clip: float | None) -> tuple[Leaves, Any]:
    """A gradient whose Euclidean norm is at most ``clip``, and the norm that it had; to be clipped in double precision, whose squares do not overflow
    where those of single precision do."""
    norm = np.sqrt(sum(squares(g if clip is None else g.astype(np.complex128 if g.dtype.kind == "c" else np.float64)) for g in slopes))
    if clip is not None:
        shrink = np.minimum(1.0, clip / np.maximum(norm, 1e-300))
        slopes = [g * as_type(shrink, real_type(g)) for g in slopes]
    return slopes, norm


def times(leaves: Leaves, masks: Leaves) -> Leaves:
    """Each array where its mask is true, else 0; None leaves it alone."""
    return [x if m is None else np.where(m, x, np.zeros_like(x)) for x, m in zip(leaves, masks, strict=True)]


def zeros(parameters: Leaves) -> Leaves:
    """State of the shape of the parameters."""
    return [np.zeros_like(p) for p in parameters]


def squares(g: Any) -> Any:
    """The sum of |g|^2 as float64."""
    return np.sum(g * np.conj(g)).real.astype(np.float64) if g.dtype.kind == "c" else np.sum(g * g).astype(np.float64)


def real_type(p: Any) -> np.dtype:
    """float32 of float32 and complex64, else float64."""
    return np.dtype(np.float32 if p.dtype in (np.float32, np.complex64) else np.float64)


def as_type(x: Any, dtype: np.dtype) -> Any:
    """A number, traced or not, in this dtype."""
    return x.astype(dtype) if hasattr(x, "astype") else dtype.type(x)
