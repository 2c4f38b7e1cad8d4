"""Feynman-Kac flows: particles that move, are weighed, and are steered so that their weights stay even."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ergodica import random, verbs
from ergodica._arrays import as_array
from ergodica._base import Method, Traced, integer
from ergodica._encode import Request
from ergodica._observe import Observed, items_of
from ergodica._specs import WeightedEuler
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.expr import divergence, grad, vmap
from ergodica.expr.operators import value_grad_laplacian
from ergodica.expr.program import Sub, name_of
from ergodica.sampling.density import Gone, program

KEY, STEP = np.int64(0), np.int64(0)


class Cloud(NamedTuple):
    """All particles of a population before a step: ``x`` (N, ...) and ``weights`` (N,), which sum to 1."""

    x: Any
    weights: Any


class FeynmanKac:
    r"""A flow of measures that weighted particles carry.

    Particles move by :math:`dx = v(x, t)\,dt + \sigma\,dW` and their weights by :math:`d\log w = U(x, t)\,dt`, so that the weighted measure q solves

    .. math:: \partial_t q = -\nabla\cdot(v q) + \tfrac12 \sigma^2 \Delta q + U q, \qquad
        \int f q_T = E\left[f(x_T) \exp \int_0^T U(x_t, t)\,dt\right].

    Either U is given, or a path :math:`\log q_t(x)` (up to a function of t), which particles from q_0 then follow whatever v is, by

    .. math:: U = \partial_t \log q + \nabla\cdot v + v\cdot\nabla\log q - \tfrac12\sigma^2 (\Delta\log q + |\nabla\log q|^2).

    Controls are vector fields b_i of which :math:`b = \sum_i \theta_i(t) b_i` is added to v, and :math:`\nabla\cdot b + b\cdot\nabla\log q`
    to U, which leaves q as it is. The theta of each step minimise the weighted variance of U over the cloud (linear least squares, the shortest
    solution where the fields depend on each other), which biases the normaliser by O(1/N).

    Parameters
    ----------
    times : array (steps + 1,)
        Growing; Euler's steps lie between them. To run backwards in a time tau, write functions of t = T - tau.
    initial : function of a key, giving one x
        A draw from q_0, by ``erg.random``; it may be left out where ``start`` gives the particles.
    drift : function v(x, t), or v(x, t, cloud)
        For one x, of its shape. ``cloud.x`` (N, ...) and ``cloud.weights`` (N,) are all particles before the step.
    noise : float or function, default 0.0
        sigma: a number, or a function of (x, t[, cloud]) of the shape of x or of none. With ``log_density`` it may depend on t alone.
    log_weight_rate : function U(x, t[, cloud]), giving a real number
    log_density : function log q(x, t), giving a real number
        In its place.
    controls : sequence of functions b(x, t), each of the shape of x
    potentials : sequence of functions phi(x, t), each giving a real number
        Controls that are gradients, b = grad phi, after the others; their divergence is a Laplacian, which costs much less.
    score : function s(x, t), of the shape of x
        The gradient of log q, for controls; that of ``log_density`` where it is not given.

    Raises
    ------
    SpecError, ShapeError, NonFiniteError

    References
    ----------
    P. Del Moral, Feynman-Kac Formulae, Springer (2004). S. Vaikuntanathan, C. Jarzynski, Phys. Rev. Lett. 100, 190601 (2008) for drifts that keep
    weights even.

    Examples
    --------
    From N(0, 1) to N(2, 1/4), by Langevin dynamics and a control:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> log_q = lambda x, t: -0.5 * (1 - t) * x**2 - 2 * t * (x - 2) ** 2
    >>> flow = erg.FeynmanKac(
    ...     np.linspace(0, 1, 201),
    ...     initial=lambda key: erg.random.normal(key),
    ...     drift=lambda x, t: erg.grad(log_q)(x, t),
    ...     noise=np.sqrt(2),
    ...     log_density=log_q,
    ...     potentials=[lambda x, t: x, lambda x, t: x**2 / 2],
    ... )
    >>> run = erg.sample(flow, draws=1000, seed=1)
    >>> mean = np.average(run["x"], weights=np.exp(run.log_weights))
    >>> bool(abs(mean - 2) < 0.05), bool(run["trace_ess"].min() > 900)
    (True, True)
    """

    def __init__(self, times: Any, *, initial: Callable[..., Any] | None = None, drift: Callable[..., Any], noise: Any = 0.0,
                 log_weight_rate: Callable[..., Any] | None = None, log_density: Callable[..., Any] | None = None,
                 controls: Sequence[Callable[..., Any]] = (), potentials: Sequence[Callable[..., Any]] = (),
                 score: Callable[..., Any] | None = None) -> None:  # fmt: skip
        self.times = _times(times)
        if (log_weight_rate is None) == (log_density is None):
            raise SpecError("FeynmanKac: expected log_weight_rate or log_density, one of them", fields={"argument": "log_weight_rate"})
        for name, given in (("controls", controls), ("potentials", potentials)):
            if not isinstance(given, (list, tuple)):
                what = f"FeynmanKac: {name}: expected a list of functions, got {type(given).__name__}"
                raise SpecError(what, f"Try {name}=[f].", {"argument": name})
        if (controls or potentials) and score is None and log_density is None:
            raise SpecError("FeynmanKac: controls need the score of q", "Try score=lambda x, t: ..., the gradient of log q.", {"argument": "score"})
        self.initial = initial if initial is None else _function(initial, "initial", 1)
        self.drift = _function(drift, "drift", 3)
        self.noise = _function(noise, "noise", 3) if callable(noise) else float(_number(noise))
        self.rate = None if log_weight_rate is None else _function(log_weight_rate, "log_weight_rate", 3)
        self.log_density = None if log_density is None else _function(log_density, "log_density", 2)
        self.controls = [_function(b, f"controls[{k}]", 2) for k, b in enumerate(controls)]
        self.potentials = [_function(phi, f"potentials[{k}]", 2) for k, phi in enumerate(potentials)]
        self.score = None if score is None else _function(score, "score", 2)

    def __repr__(self) -> str:
        return f"FeynmanKac({len(self.times) - 1} steps, {self.drift.__name__})"

    def sampled(self, method: Method | None, *, space: Any, kT: Any, chains: Any, sweeps: Any, draws: Any, warmup: Any, every: int, observe: Any,
                start: Any, seed: Any, progress: Any, wait: bool, checkpoint: Any, threads: Any, executor: Any) -> Any:  # fmt: skip
        """The job of :func:`erg.sample`."""
        for name, value, default in (("space", space, None), ("kT", kT, 1.0), ("sweeps", sweeps, None), ("every", every, 1)):
            if value is not default and not (np.isscalar(value) and value == default):
                raise SpecError(f"{name}: expected none for {self!r}", "Try draws=..." if name == "sweeps" else "", {"argument": name})
        chains, draws = integer(chains, "chains", 1), integer(1000 if draws is None else draws, "draws", 1)
        system, method, names, begin = as_flow(self, method, draws, chains, observe, start)
        verbs._check("sample", system, method)
        request = Request({"verb": "sample"})
        if not isinstance(begin, str):
            begin = request.input(begin.reshape(-1, system.size), "start")
        own = {"sweeps": draws, "warmup": 0, "every": 1}
        return verbs._launch(request, system, method, own, [1.0], False, chains, Observed(names, {}), begin, "random", seed, progress, wait,
                             checkpoint, threads, executor)  # fmt: skip


def _times(times: Any) -> np.ndarray:
    a = as_array(times, "times")
    if a.dtype.kind not in "fiu" or a.ndim != 1 or a.size < 2:
        raise ShapeError(f"FeynmanKac: times: expected at least two real numbers, got {a.dtype} of shape {a.shape}", "Try np.linspace(0, 1, 101).",
                         fields={"argument": "times"})  # fmt: skip
    a = np.array(a, np.float64)
    if not np.isfinite(a).all():
        raise NonFiniteError(f"FeynmanKac: times: expected finite numbers, got {a[~np.isfinite(a)][0]}", fields={"argument": "times"})
    if not (np.diff(a) > 0).all():
        k = int(np.argmax(np.diff(a) <= 0))
        raise SpecError(f"FeynmanKac: times: expected each above the one before, got {a[k]}, {a[k + 1]}", fields={"argument": "times"})
    return a


def _number(x: Any) -> Any:
    a = as_array(x, "noise")
    if a.ndim or a.dtype.kind not in "fiu" or not np.isfinite(a) or a < 0:
        raise SpecError(f"FeynmanKac: noise: expected a number of at least 0 or a function, got {x!r}", fields={"argument": "noise"})
    return a


def _function(f: Any, name: str, most: int) -> Callable[..., Any]:
    """A function of (x, t, cloud) that calls ``f`` with as many of them as it takes, at most ``most``."""
    if not callable(f):
        raise SpecError(f"FeynmanKac: {name}: expected a function, got {type(f).__name__}", fields={"argument": name})
    count = min(most, 2)
    try:
        given = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        given = None
    if given is not None:
        places = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        required = [p for p in places if p.default is p.empty]
        several = any(p.kind is p.VAR_POSITIONAL for p in given)
        third = len(places) >= 3 and (places[2].default is places[2].empty or places[2].name == "cloud")
        count = count if several else min(len(places), 3 if third else 2, most)
        if count == 0 or len(required) > most:
            wants = ("key",) if name == "initial" else ("x", "t", "cloud")[:most]
            raise SpecError(f"FeynmanKac: {name}: expected a function of ({', '.join(wants)}), got one of ({', '.join(p.name for p in given)})",
                            fields={"argument": name})  # fmt: skip

    def call(*args: Any) -> Any:
        return f(*args[:count])

    call.__name__ = name_of(f)
    return call


def _real(r: Any, shape: tuple[int, ...] | None, name: str) -> Any:
    """A result that must be real, and have a shape where one is wanted."""
    dtype = getattr(r, "dtype", np.dtype(type(r)) if isinstance(r, (bool, int, float, complex)) else None)
    if dtype is None or dtype.kind not in "fiub" or (shape is not None and np.shape(r) != shape):
        want = "a real number" if shape == () else f"real numbers of shape {shape}" if shape is not None else "real numbers"
        got = f"{dtype} of shape {np.shape(r)}" if dtype is not None else type(r).__name__
        raise ShapeError(f"FeynmanKac: {name}: expected {want} for one particle, got {got}", fields={"argument": name})
    return np.float64(1.0) * r


@dataclass(frozen=True, eq=False, repr=False)
class Flow(Traced):
    """A FeynmanKac for N particles; made by :func:`erg.sample`."""

    type: ClassVar[str] = "FeynmanKac"

    f: Any
    n: int
    shape: tuple[int, ...]
    observe: dict[str, Any]

    def __post_init__(self) -> None: ...

    @property
    def size(self) -> int:
        """Numbers in a particle."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __repr__(self) -> str:
        return repr(self.f) if isinstance(self.f, FeynmanKac) else "FeynmanKac"

    def __getstate__(self) -> dict[str, Any]:
        return {"f": Gone("FeynmanKac"), "n": self.n, "shape": self.shape, "observe": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def number(self, f: Callable[..., Any], name: str) -> Callable[..., Any]:
        return lambda *args: _real(f(*args), (), name)

    def field(self, f: Callable[..., Any], name: str) -> Callable[..., Any]:
        return lambda *args: _real(f(*args), self.shape, name)

    def sigma(self, x: Any, t: Any, cloud: Any) -> Any:
        """The noise, of the shape of x or of none."""
        if not callable(self.f.noise):
            return self.f.noise
        r = _real(self.f.noise(x, t, cloud), None, "noise")
        if np.shape(r) not in ((), self.shape):
            raise ShapeError(f"FeynmanKac: noise: expected a number or shape {self.shape} for one particle, got {np.shape(r)}",
                             fields={"argument": "noise"})  # fmt: skip
        return r

    def local(self, x: Any, t: Any, cloud: Any) -> tuple[Any, Any, Any, Any, Any]:
        """v, sigma and U of one particle, all controls b_i (K, ...), and what each changes U by (K,)."""
        f = self.f
        drift = self.field(f.drift, "drift")
        v, sigma = drift(x, t, cloud), self.sigma(x, t, cloud)
        if f.log_density is not None:
            if np.shape(sigma):
                raise ShapeError("FeynmanKac: noise: expected a number beside log_density", "Try log_weight_rate.", {"argument": "noise"})
            log_q = self.number(f.log_density, "log_density")
            _, score, spread = value_grad_laplacian(log_q)(x, t)
            U = grad(log_q, 1)(x, t) + divergence(lambda x: drift(x, t, cloud))(x) + np.sum(v * score)
            U = U - 0.5 * sigma**2 * (spread + np.sum(score * score))
        else:
            U = self.number(f.rate, "log_weight_rate")(x, t, cloud)
        if f.score is not None:
            score = self.field(f.score, "score")(x, t)
        fields = [self.field(b, f"controls[{k}]") for k, b in enumerate(f.controls)]
        pairs = [(b(x, t), divergence(b)(x, t)) for b in fields]
        pairs += [value_grad_laplacian(self.number(phi, f"potentials[{k}]"))(x, t)[1:] for k, phi in enumerate(f.potentials)]
        if not pairs:
            return v, sigma + np.zeros(self.shape), U, np.zeros((0, *self.shape)), np.zeros(0)
        return v, sigma + np.zeros(self.shape), U, np.stack([b for b, _ in pairs]), np.stack([div + np.sum(b * score) for b, div in pairs])

    def step(self, x: Any, logw: Any, key: Any, k: Any) -> Any:
        """One step of all particles."""
        f, n = self.f, self.n
        t, dt = np.take(f.times[:-1], k), np.take(np.diff(f.times), k)
        x = np.reshape(x, (n, *self.shape))
        w = np.exp(logw - np.max(logw))
        w = w / np.sum(w)
        cloud = Cloud(x, w)
        v, sigma, U, b, A = vmap(lambda x: self.local(x, t, cloud))(x)
        theta = np.zeros(0)
        if f.controls or f.potentials:
            theta = _least_squares(A, U, w)
            v = v + np.sum(np.reshape(theta, (-1, *[1] * len(self.shape))) * b, axis=1)
            U = U + A @ theta
        moved = x + v * dt + sigma * np.sqrt(dt) * random.normal(key, (n, *self.shape))
        return np.reshape(moved, (n, self.size)), U * dt, theta

    def encoded(self, request: Request) -> dict[str, Any]:
        """The programs, traced for N particles."""
        f = self.f

        def start(key: Any) -> Any:
            return np.reshape(vmap(self.field(f.initial, "initial"))(random.split(key, self.n)), (self.n, self.size))

        def step(x: Any, logw: Any, key: Any, k: Any) -> Any:
            return self.step(x, logw, key, k)

        def record(z: Any) -> Any:
            x = np.reshape(z, self.shape)
            return [x, *(g(x) for g in self.observe.values())]

        step.__name__ = f.drift.__name__
        places, weights = np.zeros((self.n, self.size)), np.zeros(self.n)
        return {
            "type": self.type, "start": None if f.initial is None else program(start, (KEY,), request),
            "step": program(step, (places, weights, KEY, STEP), request), "steps": len(f.times) - 1,
            "record": program(record, (np.zeros(self.size),), request), "names": ["x", *self.observe],
        }  # fmt: skip


def _least_squares(A: Any, U: Any, w: Any) -> Any:
    """theta that minimises the weighted variance of U + A theta, the shortest in units in which the columns of A have equal variances."""
    alive = w > 0
    A = np.where(alive[:, None], A - w @ np.where(alive[:, None], A, 0.0), 0.0)
    U = np.where(alive, U - w @ np.where(alive, U, 0.0), 0.0)
    G = A.T @ (w[:, None] * A)
    scale = np.sqrt(np.diagonal(G))
    scale = np.where(scale > 0, scale, 1.0)
    return -(np.linalg.pinv(G / (scale[:, None] * scale), rcond=1e-10, hermitian=True) @ (A.T @ (w * U) / scale)) / scale


def as_flow(f: FeynmanKac, method: Any, draws: int, chains: int, observe: Any, start: Any) -> tuple[Flow, Method, list[str], Any]:
    """The system, the method, what to record, and the particles where they are given."""
    begin, shape = start, None
    if f.initial is not None:
        sub = Sub(lambda key: _real(f.initial(key), None, "initial"), (KEY,), {})  # type: ignore[misc]
        shape = tuple(sub.out_types[0][1])
    if not isinstance(start, str):
        begin = np.ascontiguousarray(as_array(start, "start"), np.float64)
        lead = 2 if begin.shape[:2] == (chains, draws) else 1
        if shape is None and begin.shape[lead - 1 : lead] == (draws,):
            shape = begin.shape[lead:]
        if shape is None or begin.shape not in ((draws, *shape), (chains, draws, *shape)):
            rest = "..." if shape is None else ", ".join(map(str, shape))
            raise ShapeError(f"start: expected {draws} particles, ({draws}, {rest}), or ({chains}, {draws}, {rest}); got shape {begin.shape}",
                             fields={"argument": "start"})  # fmt: skip
    elif start != "random" or shape is None:
        raise SpecError(f"start: expected particles, or 'random' and an initial; got {start!r}", "Try erg.FeynmanKac(..., initial=lambda key: ...).",
                        {"argument": "start"})  # fmt: skip
    pairs = [] if observe is None else items_of(observe, "functions of one x, or 'x'")
    functions = {str(k): g for k, g in pairs if callable(g)}
    for k, g in pairs:
        if not callable(g) and g != "x":
            raise SpecError(f"observe: expected functions of one x, or 'x'; got {g!r}", fields={"argument": "observe"})
        if callable(g) and k == "x":
            raise SpecError("observe: x is the particle itself", fields={"argument": "observe"})
    return Flow(f, draws, shape, functions), method or WeightedEuler(), ["x", *functions], begin
