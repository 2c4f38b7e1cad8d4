"""The programs of a model that a method runs: what it proposes, how it weighs, what is averaged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica import _specs, random
from ergodica._base import Method, Traced, short
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.control import scan
from ergodica.expr.program import Sub, name_of
from ergodica.expr.verbs import value_and_grad
from ergodica.sampling.density import program
from ergodica.series.model import KEY, TIME, Flat, Function, StateSpace, state_of

if TYPE_CHECKING:
    from ergodica._encode import Request

NONE = np.zeros(1)


class Programs:
    """A model's functions on vectors x of length d and theta of length p, as the core calls them."""

    def __init__(self, model: StateSpace, y: np.ndarray, theta: Any, given: Flat | None = None) -> None:
        self.model, self.y = model, y
        self.parameters = given if given is not None else Flat.of(theta) if theta is not None else None
        self.theta = np.asarray(self.parameters.vector(theta, "theta") if self.parameters is not None and theta is not None else NONE, np.float64)
        if self.parameters is not None and given is not None:
            self.theta = np.zeros(max(self.parameters.size, 1))
        self.state = state_of(model, theta if given is None else given.build(self.theta))
        self.x = np.zeros(self.state.size)

    def built(self, theta: Any) -> Any:
        return self.parameters.build(theta) if self.parameters is not None else None

    # the model's functions on vectors

    def draw(self, name: str, key: Any, *leading: Any, t: Any, theta: Any) -> Any:
        """A new state."""
        return self.state.vector(self.model[name](key, *leading, t=t, theta=self.built(theta)), name)

    def log(self, name: str, *leading: Any, t: Any, theta: Any) -> Any:
        """A log density."""
        return self.model[name].number(*leading, t=t, theta=self.built(theta))

    def observed(self, y: Any, x: Any, t: Any, theta: Any) -> Any:
        return self.log("log_observation", y, self.state.build(x), t=t, theta=theta)

    def moved(self, x: Any, previous: Any, t: Any, theta: Any) -> Any:
        return self.log("log_transition", self.state.build(x), self.state.build(previous), t=t, theta=theta)

    def began(self, x: Any, theta: Any) -> Any:
        return self.log("log_initial", self.state.build(x), t=TIME, theta=theta)

    # steps

    def first_blind(self, key: Any, y: Any, theta: Any) -> Any:
        return self.draw("initial", key, t=TIME, theta=theta), np.float64(0.0)

    def step_blind(self, key: Any, previous: Any, y: Any, t: Any, theta: Any) -> Any:
        return self.draw("transition", key, self.state.build(previous), t=t, theta=theta), np.float64(0.0)

    def first_bootstrap(self, key: Any, y: Any, theta: Any) -> Any:
        x, _ = self.first_blind(key, y, theta)
        return x, self.observed(y, x, TIME, theta)

    def step_bootstrap(self, key: Any, previous: Any, y: Any, t: Any, theta: Any) -> Any:
        x, _ = self.step_blind(key, previous, y, t, theta)
        return x, self.observed(y, x, t, theta)

    def first_guided(self, key: Any, y: Any, theta: Any) -> Any:
        x = self.draw("initial_proposal", key, y, t=TIME, theta=theta)
        return x, self.first_weigh_guided(x, y, theta)

    def first_weigh_guided(self, x: Any, y: Any, theta: Any) -> Any:
        proposed = self.log("log_initial_proposal", self.state.build(x), y, t=TIME, theta=theta)
        return self.began(x, theta) + self.observed(y, x, TIME, theta) - proposed

    def step_guided(self, key: Any, previous: Any, y: Any, t: Any, theta: Any) -> Any:
        x = self.draw("proposal", key, self.state.build(previous), y, t=t, theta=theta)
        return x, self.weigh_guided(previous, x, y, t, theta)

    def weigh_guided(self, previous: Any, x: Any, y: Any, t: Any, theta: Any) -> Any:
        proposed = self.log("log_proposal", self.state.build(x), self.state.build(previous), y, t=t, theta=theta)
        return self.moved(x, previous, t, theta) + self.observed(y, x, t, theta) - proposed

    def first_weigh(self, x: Any, y: Any, theta: Any) -> Any:
        return self.observed(y, x, TIME, theta)

    def weigh(self, previous: Any, x: Any, y: Any, t: Any, theta: Any) -> Any:
        return self.observed(y, x, t, theta)

    def pair(self, previous: Any, x: Any, t: Any, theta: Any) -> Any:
        return self.moved(x, previous, t, theta)

    def look(self, previous: Any, y: Any, t: Any, theta: Any) -> Any:
        return self.log("log_lookahead", y, self.state.build(previous), t=t, theta=theta)

    def annealed(self, method: Any, powers: Any, key: Any, x: Any, y: Any, t: Any, theta: Any, prior: Callable[[Any], Any]) -> Any:
        """Levels of weighing and Hamiltonian moves that end at prior(x) p(y | x)."""
        low, high = powers
        n = self.state.size
        to, accept = random.split(key)
        momenta = random.normal(to, (method.levels, n))
        u = random.uniform(accept, (method.levels,))
        scaled = self.model.has("scale")

        def level(carry: Any, given: Any) -> Any:
            x, logw = carry
            low, high, p, v = given
            step = np.float64(method.step_size)
            if scaled:
                step = step * self.log("scale", y, high, t=t, theta=theta)
            seen = self.observed(y, x, t, theta)
            logw = logw + (high - low) * seen

            def target(x: Any) -> Any:
                return prior(x) + high * self.observed(y, x, t, theta)

            value, slope = value_and_grad(target)(x)
            at, now, kinetic = x, slope, 0.5 * np.sum(p * p)
            for _ in range(method.steps):
                p = p + 0.5 * step * now
                at = at + step * p
                end, now = value_and_grad(target)(at)
                p = p + 0.5 * step * now
            gain = (end - 0.5 * np.sum(p * p)) - (value - kinetic)
            taken = np.log(v) < gain  # NaN is refused
            return (np.where(taken, at, x), logw), None

        (x, logw), _ = scan(level, (x, np.float64(0.0)), (low, high, momenta, u))
        return x, logw

    def hamiltonian(self, method: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
        b = (np.arange(method.levels + 1) / method.levels) ** 2
        powers = (b[:-1].copy(), b[1:].copy())

        def first(key: Any, y: Any, theta: Any) -> Any:
            a, c = random.split(key)
            x, _ = self.first_blind(a, y, theta)
            return self.annealed(method, powers, c, x, y, TIME, theta, lambda x: self.began(x, theta))

        def step(key: Any, previous: Any, y: Any, t: Any, theta: Any) -> Any:
            a, c = random.split(key)
            x, _ = self.step_blind(a, previous, y, t, theta)
            return self.annealed(method, powers, c, x, y, t, theta, lambda x: self.moved(x, previous, t, theta))

        return first, step

    def need(self, method: Method, *names: str) -> None:
        missing = [n for n in names if not self.model.has(n)]
        if missing:
            raise SpecError(f"{type(method).__name__} needs a model with {', '.join(missing)}", f"Try erg.StateSpace(..., {missing[0]}=function).",
                            {"argument": missing[0]})  # fmt: skip

    def steps(self, method: Method) -> dict[str, Callable[..., Any]]:
        """How the method moves and weighs."""
        first: Callable[..., Any] = self.first_bootstrap
        step: Callable[..., Any] = self.step_bootstrap
        out: dict[str, Callable[..., Any]] = {}
        able = (_specs.AuxiliaryFilter, _specs.PMMH, _specs.ParticleGibbs, _specs.SMC2)
        guided = isinstance(method, _specs.GuidedFilter) or (isinstance(method, able) and self.model.has("proposal"))
        if guided:
            self.need(method, "proposal", "log_proposal", "log_transition")
            step = self.step_guided
            if self.model.has("initial_proposal"):
                self.need(method, "log_initial")
                first = self.first_guided
        if isinstance(method, _specs.AuxiliaryFilter):
            self.need(method, "log_lookahead")
            out["look"] = self.look
        if isinstance(method, _specs.HamiltonianFilter):
            self.need(method, "log_transition", "log_initial")
            first, step = self.hamiltonian(method)
        return {"first": first, "step": step, "first_blind": self.first_blind, "step_blind": self.step_blind, **out}

    def arguments(self, name: str) -> tuple[Any, ...]:
        """Examples of the arguments of a program."""
        y, x, theta = self.y[0], self.x, self.theta
        return {
            "first": (KEY, y, theta), "first_blind": (KEY, y, theta), "step": (KEY, x, y, TIME, theta), "step_blind": (KEY, x, y, TIME, theta),
            "look": (x, y, TIME, theta), "first_weigh": (x, y, theta), "weigh": (x, x, y, TIME, theta), "pair": (x, x, TIME, theta),
            "features": (x, TIME, theta), "first_statistic": (x, theta), "statistic": (x, x, TIME, theta),
        }[name]  # fmt: skip

    def encoded(self, programs: dict[str, Callable[..., Any]], request: Request) -> dict[str, Any]:
        """The programs, traced now, with the observations and parameters."""
        out: dict[str, Any] = {"type": "StateSpace", "y": request.input(self.y, "y"), "theta": request.input(self.theta, "theta")}
        for name, f in programs.items():
            out[name] = program(f, self.arguments(name), request)
        return out


@dataclass(frozen=True, eq=False, repr=False)
class Observed(Traced):
    """A model with its observations, as a verb sends it. A copy that was pickled knows its name alone: functions are not kept."""

    type: ClassVar[str] = "StateSpace"

    programs: Any
    functions: Any

    def __post_init__(self) -> None: ...

    def __repr__(self) -> str:
        return self.programs if isinstance(self.programs, str) else repr(self.programs.model)

    def __getstate__(self) -> dict[str, Any]:
        return {"programs": repr(self), "functions": None}

    def encoded(self, request: Request) -> dict[str, Any]:
        """The system of a request."""
        return self.programs.encoded(self.functions, request)


Part = tuple[str, tuple[int, ...]]


def averaged(programs: Programs, observe: Any) -> tuple[dict[str, Callable[..., Any]], list[Part]]:
    """The program of what a filter averages, the state and then functions of it, and the functions' names and shapes."""
    if observe is None:
        return {}, []
    functions = {name: Function(f, name, ("x",)) for name, f in named(observe).items()}
    shapes: dict[str, tuple[int, ...]] = {}

    def feature(x: Any, t: Any, theta: Any) -> Any:
        parts = [x]
        for name, f in functions.items():
            r = f(programs.state.build(x), t=t, theta=programs.built(theta))
            if not trees.is_result(r):
                raise ShapeError(f"observe: {name}: expected a number or an array, got {type(r).__name__}", fields={"argument": "observe"})
            shapes[name] = tuple(np.shape(r))
            parts.append(np.reshape(np.float64(1.0) * r, (-1,)))
        return np.concatenate(parts)

    Sub(feature, programs.arguments("features"), {})
    return {"features": feature}, list(shapes.items())


def summed(programs: Programs, statistic: Any) -> tuple[dict[str, Callable[..., Any]], list[Part]]:
    """The programs of sums over a path, h(x_t) or h(x_t, x_{t-1}), and their names and shapes."""
    functions: dict[str, Function] = {}
    for name, f in named(statistic).items():
        places = inspect.signature(f).parameters.values()
        count = sum(p.name not in ("t", "theta") and p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in places)
        functions[name] = Function(f, name, ("x", "previous")[: max(min(count, 2), 1)])
    shapes: dict[str, tuple[int, ...]] = {}

    def terms(x: Any, previous: Any, t: Any, theta: Any, first: bool) -> Any:
        parts = []
        for name, f in functions.items():
            states = [programs.state.build(x), programs.state.build(previous)][: len(f.leading)]
            r = np.float64(1.0) * f(*states, t=t, theta=programs.built(theta))
            shapes[name] = tuple(np.shape(r))
            r = np.reshape(r, (-1,))
            parts.append(np.zeros(r.shape) if first and len(states) > 1 else r)
        return np.concatenate(parts)

    def statistics(previous: Any, x: Any, t: Any, theta: Any) -> Any:
        return terms(x, previous, t, theta, False)

    def first_statistic(x: Any, theta: Any) -> Any:
        return terms(x, x, TIME, theta, True)

    Sub(statistics, programs.arguments("statistic"), {})
    return {"statistic": statistics, "first_statistic": first_statistic}, list(shapes.items())


def named(functions: Any) -> dict[str, Callable[..., Any]]:
    """Functions by their names."""
    if callable(functions):
        functions = [functions]
    if not isinstance(functions, (Mapping, list, tuple)):
        raise SpecError(f"observe, statistic: expected functions of a state, got {short(functions)}", fields={"argument": "observe"})
    pairs = list(functions.items()) if isinstance(functions, Mapping) else [(name_of(f), f) for f in functions]
    for name, f in pairs:
        if not callable(f):
            raise SpecError(f"observe, statistic: expected functions of a state, got {short(f)} for {name!r}", fields={"argument": "observe"})
    return {("statistic" if name == "<lambda>" else str(name)): f for name, f in pairs}
