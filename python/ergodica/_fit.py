"""Which methods fit a system, and which is taken when none is named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from ergodica import _door, _specs
from ergodica._base import Method, Spec, System
from ergodica._encode import Request
from ergodica._graph import Graph
from ergodica.errors import Error, SpecError


def types() -> dict[str, type[Spec]]:
    """Systems and methods by the name they have in a request."""
    return {c.type: c for c in vars(_specs).values() if isinstance(c, type) and issubclass(c, Spec) and "type" in vars(c)}


@dataclass(frozen=True)
class Fit:
    """One method for a system: ``why`` says what stands in its way, and is empty where it fits."""

    verb: str
    method: Method
    accuracy: str
    cite: tuple[str, ...]
    why: str = ""


class Fits(Sequence[Fit]):
    """The methods for a system, as a table that prints itself. Indexing and iteration go over those that fit."""

    def __init__(self, system: System, lines: list[Fit]) -> None:
        self.system, self.lines = system, lines

    def __len__(self) -> int:
        return sum(not f.why for f in self.lines)

    def __getitem__(self, index: Any) -> Any:
        return [f for f in self.lines if not f.why][index]

    def __contains__(self, method: object) -> bool:
        return any(type(f.method) is type(method) or type(f.method) is method for f in self)

    def __repr__(self) -> str:
        rows = [(f.verb, f"{f.method!r}", f.accuracy, f.why.splitlines()[0] if f.why else "fits") for f in self.lines]
        widths = [max((len(r[i]) for r in rows), default=0) for i in range(3)]
        return "\n".join(
            [f"Methods for {self.system!r}:"] + ["  " + "  ".join(c.ljust(w) for c, w in zip(r, [*widths, 0], strict=True)).rstrip() for r in rows]
        )


def methods(system: Any, space: Any = None) -> Fits:
    """List the methods for a system, by verb, and for those that do not fit, why.

    Parameters
    ----------
    system : System, function, LogDensity or Target
        As for :func:`sample`.
    space : Space or a dict, tuple or list of them
        Where the x of a function lives.

    Returns
    -------
    Fits
        A sequence of those that fit: ``verb``, ``method``, ``accuracy`` and ``cite``. Printing it shows the others too.

    Examples
    --------
    >>> import ergodica as erg
    >>> found = erg.methods(erg.lattice.Ising((16, 16), h=0.1))
    >>> erg.Metropolis in found, erg.Wolff in found
    (True, False)
    >>> erg.HMC in erg.methods(erg.targets.Funnel(3))
    True
    """
    from ergodica.sampling.logdensity import LogDensity
    from ergodica.sampling.target import Target

    if isinstance(system, (LogDensity, Target)) or (callable(system) and not isinstance(system, type)):
        from ergodica.sampling.density import as_density
        from ergodica.sampling.remote import Remote, is_remote

        system = Remote(system, space) if is_remote(system) else as_density(system, space, None)[0]
    if not isinstance(system, System):
        raise SpecError(f"methods: expected a system, got {system!r}", "Try erg.methods(erg.lattice.Ising((32, 32))).", {"argument": "system"})
    known, lines = types(), []
    for m in _door.info().get("methods", []):
        if m.get("system") == system.type and m["method"] in known:
            method = known[m["method"]]()
            why = _refusal(m["verb"], system, method)  # type: ignore[arg-type]
            lines.append(Fit(m["verb"], method, m.get("accuracy", ""), tuple(m.get("cite") or ()), why))  # type: ignore[arg-type]
    verbs = ["sample", "simulate", "solve"]
    return Fits(system, sorted(lines, key=lambda f: verbs.index(f.verb)))


def _refusal(verb: str, system: System, method: Method) -> str:
    """What the core says to the shortest job of this kind; "" when it takes it."""
    from ergodica.sampling.density import suited

    request = Request({"verb": verb})
    first = list(face(system).observe[:1])
    if getattr(method, "low", 0.0) is None:  # a range is the user's to give
        method = dataclasses.replace(cast(Any, method), low=-1.0, high=1.0)
    own: dict[str, Any] = {"sample": {"sweeps": 2, "observe": first, "start": "random"},
                           "simulate": {"time": 1e-9, "every": 1e-9, "observe": first, "start": "random"}}.get(verb, {})  # fmt: skip
    request.spec |= {"system": request.encode(suited(system, method), "system"), "method": request.encode(method, "method"), "kT": [1.0], **own}
    if verb == "sample":  # ladders take no fewer temperatures, windows no fewer draws, crowds no fewer chains
        request.spec |= {"kT": [1.0, 2.0], "scan": ["kT"], "sweeps": getattr(method, "windows", 2)}
        if method.unit == "all" and hasattr(system, "layout"):
            request.spec["chains"] = 2 * system.layout.size
    try:
        with _door.Handle(request) as handle:
            status = handle.wait(20)  # solvers refuse when they start
    except Error as why:
        return str(getattr(why, "message", why))
    return str(status["error"].get("message", "")) if status["state"] == "failed" else ""


@dataclass(frozen=True)
class Face:
    """What the verbs take for a named system where the user says nothing, and the shape of its configurations."""

    observe: tuple[str, ...]
    sample: str
    simulate: str
    point: Callable[[System, tuple[int, ...]], tuple[int, ...]] = lambda system, sites: sites
    trial: Callable[[System, np.random.Generator, tuple[int, ...]], np.ndarray] = lambda system, random, shape: random.normal(size=shape)
    """Configurations on which functions of the user are tried."""
    target: bool = False
    """Its configurations are real numbers that any method for targets moves."""


def _signs(system: System, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random.integers(0, 2, shape, dtype=np.int8) * np.int8(2) - np.int8(1)


def _values(system: System, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = system.values()
    return random.integers(0, values.get("q") or len(values["numbers"]), shape, dtype=np.uint8)


def _among(dtype: str, *values: int) -> Callable[[System, np.random.Generator, tuple[int, ...]], np.ndarray]:
    return lambda system, random, shape: np.array(values, dtype)[random.integers(0, len(values), shape)]


def _directions(system: System, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    x = random.normal(size=shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _components(system: System, sites: tuple[int, ...]) -> tuple[int, ...]:
    return (*sites, system.values()["n"])


def _patterned(system: System, sites: tuple[int, ...]) -> tuple[int, ...]:
    return system.values()["patterns"].shape[1:]


def _spaced(system: Any, sites: tuple[int, ...]) -> tuple[int, ...]:
    return (*sites, *system.components)


def _drawn(system: Any, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(system.draw(random, shape))


SPINS = Face(("energy", "magnetization", "|magnetization|"), "", "HeatBath", trial=_signs)
OPINIONS = Face(("magnetization", "active"), "", "RandomSequential", trial=_signs)
DRIVEN = {
    "lattice.Elementary": Face(("density",), "", "Synchronous", trial=_among("int8", 0, 1)),
    "lattice.LifeLike": Face(("density",), "", "Synchronous", trial=_among("int8", 0, 1)),
    "lattice.Exclusion": Face(("density", "flow"), "", "RandomSequential", trial=_among("int8", 0, 1)),
    "lattice.MajorityVote": OPINIONS,
    "lattice.MassTransport": Face(("moment2", "largest"), "", "RandomSequential", trial=_among("float64", 0, 1, 2)),
    "lattice.Sandpile": Face(("size", "area", "duration"), "", "SlowDrive", trial=_among("int32", 0, 1)),
    "lattice.Voter": OPINIONS,
    "lattice.ZeroRange": Face(("largest", "occupied"), "", "RandomSequential", trial=_among("int32", 0, 1, 2)),
}
LINKS = ("energy", "plaquette")
FACES: dict[str, Face] = DRIVEN | {
    "lattice.Clock": Face(SPINS.observe, "HeatBath", "HeatBath", trial=_values),
    "lattice.Villain": Face(("energy", "|magnetization|"), "HeatBath", "Langevin", target=True),
    "lattice.ON": Face(("energy", "|magnetization|"), "OverRelaxation", "HeatBath", _components, _directions, target=True),
    "lattice.LongRangeIsing": Face(SPINS.observe, "HeatBath", "HeatBath", trial=_signs),
    "lattice.LongRangeON": Face(("energy", "|magnetization|"), "HeatBath", "HeatBath", _components, _directions, target=True),
    "lattice.Hopfield": Face(("energy", "overlaps"), "HeatBath", "HeatBath", _patterned, _signs),
    "lattice.PSpin": Face(("energy", "magnetization"), "HeatBath", "HeatBath", lambda system, sites: (system.values()["n"],), _signs),
    "lattice.Pairwise": Face(("energy", "magnetization"), "HeatBath", "HeatBath", trial=_values),
    "lattice.Tabled": Face(("energy", "magnetization"), "HeatBath", "HeatBath", trial=_values),
    "lattice.Potts": Face(("energy", "magnetization", "magnetization^2"), "HeatBath", "HeatBath", trial=_values),
    "lattice.Local": Face(("energy", "|magnetization|"), "Metropolis", "Langevin", _spaced, _drawn, target=True),
    "lattice.Phi4": Face(SPINS.observe, "HMC", "Langevin", target=True),
    "lattice.U1": Face(LINKS, "OverRelaxation", "Langevin", lambda system, sites: (len(sites), *sites), target=True),
    "lattice.SU2": Face(LINKS, "OverRelaxation", "", lambda system, sites: (len(sites), *sites, 4), target=True),
    "lattice.SU3": Face(LINKS, "OverRelaxation", "", lambda system, sites: (len(sites), *sites, 2, 3, 3), target=True),
}


def face(system: System) -> Face:
    """The facts of a system's class."""
    return FACES.get(system.type, SPINS)


def moves_densities(method: Any) -> bool:
    """Whether it is a method for any target, and not one of the system's own."""
    return any(m["method"] == type(method).__name__ for m in _door.info().get("methods", []) if m.get("system") == "Density")


def default_method(verb: str, system: System) -> Method:
    """The method that is taken when none is named."""
    name = getattr(face(system), "simulate" if verb == "simulate" else "sample")
    if name:
        return types()[name]()  # type: ignore[return-value]
    if verb == "simulate":
        raise SpecError(f"simulate: there is no dynamics of {system!r}", "Try erg.sample(system), whose sweeps are one, too.", {"argument": "system"})
    h, J = np.asarray(getattr(system, "h", 0.0)), np.asarray(system.values().get("J", 1.0))
    return _specs.Wolff() if not h.any() and (J >= 0).all() else _specs.Metropolis()


def solvers(system: System) -> list[Method]:
    """The exact methods, the cheapest first."""
    known = types()
    lines = [m for m in _door.info().get("methods", []) if m.get("system") == system.type and m["verb"] == "solve"]
    fitting = [m["method"] for m in lines if m.get("accuracy") == "exact"]
    first = [n for n in ("Kaufman", "TransferMatrix", "Enumeration") if n in fitting]
    return [known[n]() for n in first or fitting if n in known]  # type: ignore[misc]


def lattice_shape(system: System) -> tuple[int, ...]:
    """The shape of one configuration."""
    lattice = getattr(system, "lattice", ())
    return face(system).point(system, (lattice.sites,) if isinstance(lattice, Graph) else tuple(lattice))


def trial_batch(system: System, walkers: int) -> np.ndarray:
    """Random configurations in the dtype and shape that a function of the user will get."""
    return face(system).trial(system, np.random.default_rng(0), (walkers, *lattice_shape(system)))
