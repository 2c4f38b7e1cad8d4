"""Densities of the user: an energy or a log density as a traced function, with its space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica import _door
from ergodica._base import Gone, Method, Traced
from ergodica._observe import items_of
from ergodica._specs import NUTS, DiscreteGibbs, GeodesicNUTS, Independence, RiemannianHMC
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import compile, grad, hessian, jacobian, trees, value_and_grad, vmap
from ergodica.expr.intercept import called
from ergodica.expr.program import Sub, name_of
from ergodica.sampling.gibbs import Gibbs
from ergodica.sampling.logdensity import LogDensity
from ergodica.sampling.spaces import Space
from ergodica.sampling.target import Target

if TYPE_CHECKING:
    from ergodica._encode import Request


class Layout:
    """A structure of spaces: the coordinates of all, one after the other."""

    def __init__(self, space: Any) -> None:
        if not isinstance(space, (Space, Mapping, tuple, list)):
            raise SpecError(
                f"space: expected a space or a dict of them, got {space!r}", "Try erg.Real(n), or dict(mu=erg.Real(), tau=erg.Positive()).",
                {"argument": "space"},
            )  # fmt: skip
        self.tree, self.spaces, names = trees.flatten(space, lambda s: isinstance(s, Space))
        if not self.spaces:
            raise SpecError("space: there is no space in it", fields={"argument": "space"})
        if not all(isinstance(s, Space) for s in self.spaces) or _foreign(self.tree):
            raise SpecError(f"space: expected spaces, got {space!r}", fields={"argument": "space"})
        whole = [s.block()["kind"] == "integers" for s in self.spaces]
        self.discrete = all(whole)
        self.mixed = any(whole) and not all(whole)
        self.names = [trees.dotted(n) or "x" for n in names]
        self.size = sum(s.size for s in self.spaces)

    def to(self, z: Any) -> tuple[Any, list[Any], Any]:
        """The argument of the energy, its leaves, and log|dx/dz|."""
        at, leaves, jacobian = 0, [], 0.0
        for s in self.spaces:
            x, j = called(s.to, z[at : at + s.size])
            leaves.append(x)
            jacobian = jacobian + j
            at += s.size
        return trees.build(self.tree, leaves), leaves, jacobian

    def again(self, leaves: list[Any]) -> Any:
        """The structure with other leaves."""
        return trees.build(self.tree, leaves)

    def back(self, x: Any) -> np.ndarray:
        """Coordinates of one argument."""
        _, leaves, _ = trees.flatten(x)
        if len(leaves) != len(self.spaces):
            raise ShapeError(f"start: expected {', '.join(self.names)}, got {len(leaves)} arrays", fields={"argument": "start"})
        return np.concatenate([s.back(s.checked(v, f"start {n}")) for s, v, n in zip(self.spaces, leaves, self.names, strict=True)])

    def start(self, start: Any, walkers: int, chains: int, name: str = "start") -> Any:
        """Coordinates where chains begin, for a configuration or one for each chain."""
        _, leaves, _ = trees.flatten(start)
        if len(leaves) == len(self.spaces) and all(np.shape(v) == s.shape for v, s in zip(leaves, self.spaces, strict=True)):
            return self.back(start)
        lead = {np.shape(v)[: np.ndim(v) - len(s.shape)] for v, s in zip(leaves, self.spaces, strict=False)}
        for n in {walkers, chains}:
            if lead == {(n,)}:
                rows = [self.back([np.asarray(v)[k] for v in leaves]) for k in range(n)]
                return np.stack(rows * (walkers // n))
        shapes = ", ".join(f"{n}: {s.shape}" for n, s in zip(self.names, self.spaces, strict=True))
        raise ShapeError(f"{name}: expected one configuration ({shapes}) or one for each of {chains} chains; got {[np.shape(v) for v in leaves]}",
                         fields={"argument": name})  # fmt: skip

    def blocks(self) -> list[dict[str, Any]]:
        """Spaces that are not R^n in coordinates; none where all are."""
        blocks = [s.block() for s in self.spaces]
        return blocks if any(b["kind"] != "real" for b in blocks) else []

    @property
    def curved(self) -> bool:
        """Whether methods must follow a geometry."""
        return any(b["kind"] not in ("real", "torus") for b in self.blocks())

    def moves(self) -> None:
        """Refuse spaces in which simulate would move other coordinates than x."""
        for s in self.spaces:
            if not s.flat:
                raise SpecError(f"space: simulate moves x itself, in erg.Real and erg.Torus; motion in the coordinates of {s!r} would be another one",
                                "Try erg.Real with an energy that keeps x inside, or erg.sample.", {"argument": "space"})  # fmt: skip


def _foreign(tree: Any) -> bool:
    if tree is trees.LEAF:
        return False
    if tree[0] == "static":
        return True
    return any(_foreign(p[1] if tree[0] in ("dict", "data") else p) for p in tree[2])


@dataclass(frozen=True, eq=False, repr=False)
class Density(Traced):
    """A target that a function gives; made by :func:`erg.sample`."""

    type: ClassVar[str] = "Density"

    energy: Any
    space: Any = None
    log: Any = False
    observe: Any = None
    curved: Any = None
    """Of a method that wants the metric of a space that is curved: that method."""
    prior: Any = None
    """Of a method that begins from a prior: -log of its density of z, and z of a key."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_layout", Layout(self.space))

    def __repr__(self) -> str:
        return f"{name_of(self.energy)} on {self.space!r}"

    @property
    def layout(self) -> Any:
        """The coordinates."""
        return self._layout  # type: ignore[attr-defined]

    def names(self) -> list[str]:
        """What can be recorded of a configuration."""
        return [*self.layout.names, "energy", *(self.observe or {})]

    def functions(self) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
        """The energy of x, and u(z, kT) = E(x(z)) / kT - log|dx/dz|."""
        layout, f, sign = self.layout, self.energy, -1.0 if self.log else 1.0

        def energy(x: Any) -> Any:
            e = f(x)
            shape, dtype = np.shape(e), getattr(e, "dtype", np.dtype(type(e)) if isinstance(e, (int, float, complex)) else None)
            if dtype is None or shape or dtype.kind not in "fiub":
                got = f"{dtype} of shape {shape}" if dtype is not None else type(e).__name__
                what = f"{name_of(f)} must return a real scalar for one x, it returns {got}"
                raise ShapeError(what, "Sum over all axes; batches are made by the core.")
            return sign * np.float64(1.0) * e

        def reduced(z: Any, kT: Any) -> Any:
            x, _, log_jacobian = layout.to(z)
            return energy(x) / kT - log_jacobian

        return energy, reduced

    def scores(self, z: np.ndarray, kT: float) -> np.ndarray:
        """The gradient of the log density in the coordinates, for z of shape (n, size)."""
        reduced = self.functions()[1]
        return np.asarray(compile(vmap(grad(lambda x: -reduced(x, kT))))(z))

    def coordinates(self, leaves: list[np.ndarray]) -> np.ndarray:
        """z (..., size) of draws, one array (..., shape) for each space."""
        spaces, lead = self.layout.spaces, leaves[0].shape[: leaves[0].ndim - len(self.layout.spaces[0].shape)]
        count = int(np.prod(lead, dtype=np.int64))
        parts = []
        for s, a in zip(spaces, leaves, strict=True):
            rows = np.asarray(a, np.float64).reshape(count, *s.shape)
            parts.append(np.stack([s.back(r) for r in rows]))
        return np.concatenate(parts, axis=-1).reshape(*lead, self.layout.size)

    def encoded(self, request: Request) -> dict[str, Any]:
        """The programs, traced now, with their arrays beside the request."""
        layout, f = self.layout, self.energy
        z, kT = np.zeros(layout.size), np.float64(1.0)
        energy, reduced = self.functions()

        def record(z: Any) -> list[Any]:
            x, leaves, _ = layout.to(z)
            extra = [called(g, x) for g in (self.observe or {}).values()]
            return [*leaves, energy(x), *extra]

        def slope(z: Any, kT: Any) -> Any:
            return value_and_grad(reduced)(z, kT)

        for g in (reduced, record, slope):
            g.__name__ = name_of(f)
        return {
            "type": self.type, "reduced": program(slope, (z, kT), request), "record": program(record, (z,), request), "names": self.names(),
            "blocks": layout.blocks(), **(self.bent(reduced, request) if self.curved is not None else {}), **self.begun(z, request),
        }  # fmt: skip

    def begun(self, z: np.ndarray, request: Request) -> dict[str, Any]:
        """The prior's programs."""
        if self.prior is None:
            return {}
        before, draw = self.prior
        return {"prior": program(lambda z: value_and_grad(before)(z), (z,), request), "draw": program(draw, (np.int64(0),), request)}

    def bent(self, reduced: Callable[[Any, Any], Any], request: Request) -> dict[str, Any]:
        """The matrix of second derivatives of u, or the metric of the method's own in the coordinates; and its derivatives."""
        layout, own = self.layout, self.curved.metric

        def numbers(z: Any) -> Any:
            return np.concatenate([np.reshape(x, (-1,)) for x in layout.to(z)[1]])

        def metric(z: Any, kT: Any) -> Any:
            g, j = called(own, layout.to(z)[0]), jacobian(numbers)(z)
            d = np.shape(j)[0]
            if np.shape(g) != (d, d):
                raise ShapeError(f"RiemannianHMC.metric: {name_of(own)} must return shape {(d, d)} for one x, it returns shape {np.shape(g)}",
                                 fields={"argument": "metric"})  # fmt: skip
            return j.T @ (np.float64(1.0) * g) @ j / kT

        second = hessian(reduced) if own is None else metric

        def curvature(z: Any, kT: Any) -> Any:
            return second(z, kT), jacobian(second)(z, kT)

        return {"curvature": program(curvature, (np.zeros(layout.size), np.float64(1.0)), request), "metric": own is not None}

    def start(self, start: Any, walkers: int, chains: int) -> Any:
        """Coordinates where chains begin, for a configuration or one for each chain."""
        return self.layout.start(start, walkers, chains)

    def places(self, start: Any, particles: int, clouds: int) -> np.ndarray:
        """Coordinates where the particles of clouds begin, for a configuration of each particle, of one cloud or of all."""
        layout = self.layout
        _, leaves, _ = trees.flatten(start)
        lead = {np.shape(v)[: np.ndim(v) - len(s.shape)] for v, s in zip(leaves, layout.spaces, strict=False)}
        if len(leaves) == len(layout.spaces) and lead in ({(particles,)}, {(clouds, particles)}):
            flat = [np.asarray(v).reshape(-1, *s.shape) for v, s in zip(leaves, layout.spaces, strict=True)]
            return np.stack([layout.back([v[k] for v in flat]) for k in range(len(flat[0]))])
        shapes = ", ".join(f"{n}: {(particles, *s.shape)}" for n, s in zip(layout.names, layout.spaces, strict=True))
        raise ShapeError(f"start: expected a place for each of {particles} particles ({shapes}), or with {clouds} clouds before; got "
                         f"{[np.shape(v) for v in leaves]}", fields={"argument": "start"})  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {"space": self.space, "log": self.log, "energy": Gone(name_of(self.energy)), "observe": None, "curved": None, "prior": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()


class _Named:
    """The log density of a target, called as the target is."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.__name__ = repr(target) if type(target).__repr__ is not object.__repr__ else type(target).__name__

    def __call__(self, x: Any) -> Any:
        return called(self.target.log_density, x)


def program(f: Callable[..., Any], args: tuple[Any, ...], request: Request) -> dict[str, Any]:
    wire, arrays = Sub(f, args, {}).wire()
    _door.lend_for(wire)
    return {"program": wire, "arrays": [request.input(a, "captured array") for a in arrays]}


def as_density(system: Any, space: Any, observe: Any, verb: str = "sample") -> tuple[Density, list[str]]:
    """A function as a system, and the names to record."""
    log = isinstance(system, (LogDensity, Target))
    f = system.function if isinstance(system, LogDensity) else system
    if isinstance(system, Target):
        f, space = _Named(system), system.space if space is None else space
    if space is None:
        raise SpecError(f"{verb}: expected a space for {name_of(f)}", "Try space=erg.Real(n), or a dict of spaces by name.", {"argument": "space"})
    functions: dict[str, Any] = {}
    names: list[str] | None = None
    if observe is not None:
        names = []
        for key, item in items_of(observe, "names or functions of one x"):
            if callable(item):
                functions[str(key)] = item
                names.append(str(key))
            elif isinstance(item, str):
                names.append(item)
            else:
                raise SpecError(f"observe: expected names or functions of one x, got {item!r}", fields={"argument": "observe"})
    density = Density(f, space, log, functions or None)
    taken = [n for n in functions if n in density.layout.names or n == "energy"]
    if taken or len(set(density.layout.names)) < len(density.layout.names) or "energy" in density.layout.names:
        raise SpecError(f"observe, space: two quantities are called {(taken or ['energy'])[0]!r}", fields={"argument": "observe"})
    if names is None or all(n in functions for n in names):
        names = [*density.layout.names, "energy", *(names or [])]
    return density, list(dict.fromkeys(names))


def noted(method: Any) -> tuple[str, ...]:
    """What is recorded of each transition beside what was asked for."""
    if method.staged:  # particles come from many transitions
        return ()
    method = getattr(method, "kernel", method)  # of a ladder
    if method is not None and not hasattr(method, "metric"):  # no trajectories
        return ("acceptance", "log_density")
    return ("acceptance", "depth", "diverging", "hamiltonian", "log_density", "steps")


def placed(method: Method | None, layout: Layout) -> Method | None:
    """The method, or one with its kernel, where it is Gibbs for the coordinates of a space."""
    if isinstance(method, Gibbs):
        return method.on(layout)
    kernel = getattr(method, "kernel", None)
    return replace(method, kernel=kernel.on(layout)) if isinstance(kernel, Gibbs) else method  # type: ignore[type-var]


def default(layout: Layout) -> Method:
    """The method that is taken in a space where none is named."""
    if layout.mixed:
        whole = [s.block()["kind"] == "integers" for s in layout.spaces]
        names = [tuple(n for n, w in zip(layout.names, whole, strict=True) if w == of) for of in (False, True)]
        flat = not any(b["kind"] not in ("real", "torus", "integers") for b in layout.blocks())
        return Gibbs({names[0]: NUTS() if flat else GeodesicNUTS(), names[1]: DiscreteGibbs()})
    return DiscreteGibbs() if layout.discrete else GeodesicNUTS() if layout.curved else NUTS()


def suited(system: Any, method: Method | None) -> Any:
    """The system with what the method, or its kernel, asks of it beside values and slopes."""
    wanted = "automatic" if isinstance(method, Independence) else getattr(method, "reference", None)
    if isinstance(wanted, str) and isinstance(system, Density):
        from ergodica.sampling.priors import prior_of

        prior = prior_of(system.energy, system.layout, wanted)
        system = system if prior is None else replace(system, prior=prior)
    while isinstance(method, Method):
        if isinstance(method, RiemannianHMC) and isinstance(system, Density):
            return replace(system, curved=method)
        method = getattr(method, "kernel", None)
    return system
