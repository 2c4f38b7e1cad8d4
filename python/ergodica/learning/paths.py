"""Paths from noise to data: x_t = alpha(t) x_1 + sigma(t) x_0, from t = 0 (noise) to t = 1 (data)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.expr.intercept import called, seen
from ergodica.learning.optimisers.base import between

KINDS = ("velocity", "noise", "data", "score")
CLIP = 1e-5
"""What is divided by alpha or sigma is not looked at nearer to an end of the path than this."""


def wide(t: Any, x: Any) -> Any:
    """Numbers of rows (batch,) to be multiplied with x (batch, ...)."""
    return np.reshape(t, (-1, *(1,) * (np.ndim(x) - 1)))


def slope(f: Callable[[Any], Any], t: Any) -> tuple[Any, Any]:
    """f(t) and f'(t), element by element; of constants zeros."""
    from ergodica.expr.forward import jvp

    return jvp(lambda t: t * 0.0 + f(t), (t,), (t * 0.0 + 1.0,))


class Path:
    r"""A Gaussian path :math:`x_t = \alpha_t x_1 + \sigma_t x_0`. A subclass gives ``alpha(t)`` and ``sigma(t)`` in plain NumPy; slopes are derived.

    With :math:`x_0 \sim N(0, 1)` what can be learned of it determine each other, :math:`\epsilon = E[x_0|x_t]` and :math:`D = E[x_1|x_t]`:

    .. math:: v = \alpha' D + \sigma' \epsilon, \qquad x = \alpha D + \sigma \epsilon, \qquad \nabla \log p_t = -\epsilon / \sigma
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        seen(cls)

    def alpha(self, t: Any) -> Any:
        raise NotImplementedError

    def sigma(self, t: Any) -> Any:
        raise NotImplementedError

    def rates(self, t: Any, x: Any) -> tuple[Any, Any, Any, Any]:
        """alpha, sigma and their slopes at times (batch,), in the rank of x."""
        (a, da), (s, ds) = slope(self.alpha, t), slope(self.sigma, t)
        return wide(a, x), wide(s, x), wide(da, x), wide(ds, x)

    def target(self, kind: str, x1: Any, x0: Any, rates: tuple[Any, Any, Any, Any]) -> Any:
        """What a model of this kind regresses on."""
        _, s, da, ds = rates
        return {"velocity": lambda: da * x1 + ds * x0, "noise": lambda: x0, "data": lambda: x1, "score": lambda: -x0 / s}[kind]()

    def parts(self, kind: str, y: Any, x: Any, rates: tuple[Any, Any, Any, Any]) -> tuple[Any, Any]:
        """(D, epsilon) of a model's value."""
        a, s, da, ds = rates
        if kind == "velocity":
            det = a * ds - da * s
            still, safe = det == 0, np.where(det == 0, 1.0, det).astype(x.dtype)  # where the path rests, at an end of one's own: x alone tells
            rest = x / (a * a + s * s)
            return np.where(still, a * rest, (ds * x - s * y) / safe), np.where(still, s * rest, (a * y - da * x) / safe)
        if kind == "data":
            return y, (x - a * y) / s
        noise = y if kind == "noise" else -s * y
        return (x - s * noise) / a, noise

    def velocity(self, kind: str, y: Any, x: Any, t: Any) -> Any:
        """v of a model's value y at x, t."""
        if kind == "velocity":
            return y
        rates = self.rates(t, x)
        data, noise = self.parts(kind, y, x, rates)
        return rates[2] * data + rates[3] * noise

    def score(self, kind: str, y: Any, x: Any, t: Any) -> Any:
        """The gradient of log p_t of a model's value y at x, t."""
        if kind == "score":
            return y
        rates = self.rates(t, x)
        return -self.parts(kind, y, x, rates)[1] / rates[1]


@dataclass(frozen=True)
class Linear(Path):
    """alpha = t, sigma = 1 - t: straight lines (Lipman et al., ICLR 2023)."""

    def alpha(self, t: Any) -> Any:
        """t."""
        return t

    def sigma(self, t: Any) -> Any:
        """1 - t."""
        return 1.0 - t


@dataclass(frozen=True)
class Trigonometric(Path):
    """alpha = sin(pi t / 2), sigma = cos(pi t / 2): variances add to 1 where data have variance 1."""

    def alpha(self, t: Any) -> Any:
        """sin(pi t / 2)."""
        return np.sin(0.5 * np.pi * t)

    def sigma(self, t: Any) -> Any:
        """cos(pi t / 2)."""
        return np.cos(0.5 * np.pi * t)


@dataclass(frozen=True)
class VariancePreserving(Path):
    r"""The diffusion :math:`dx = -\beta x / 2\, ds + \sqrt\beta\, dW` with :math:`\beta` linear in s = 1 - t, backwards (Song et al., ICLR 2021).

    .. math:: \alpha = e^{-B/2}, \quad \sigma = \sqrt{1 - e^{-B}}, \quad B = \beta_0 s + (\beta_1 - \beta_0) s^2 / 2
    """

    beta_0: float = 0.1
    beta_1: float = 20.0

    def __post_init__(self) -> None:
        between("VariancePreserving.beta_0", self.beta_0, 0.0, open_low=True)
        between("VariancePreserving.beta_1", self.beta_1, self.beta_0)

    def _b(self, t: Any) -> Any:
        s = 1.0 - t
        return self.beta_0 * s + 0.5 * (self.beta_1 - self.beta_0) * s * s

    def alpha(self, t: Any) -> Any:
        """exp(-B / 2)."""
        return np.exp(-0.5 * self._b(t))

    def sigma(self, t: Any) -> Any:
        """sqrt(1 - exp(-B))."""
        return np.sqrt(-np.expm1(-self._b(t)))


@dataclass(frozen=True)
class VarianceExploding(Path):
    """alpha = 1 and sigma from ``largest`` to ``smallest``, equally spaced in its logarithm (Song and Ermon, NeurIPS 2019)."""

    smallest: float = 0.01
    largest: float = 50.0

    def __post_init__(self) -> None:
        between("VarianceExploding.smallest", self.smallest, 0.0, open_low=True)
        between("VarianceExploding.largest", self.largest, self.smallest)

    def alpha(self, t: Any) -> Any:
        """1."""
        return 1.0 + 0.0 * t

    def sigma(self, t: Any) -> Any:
        """largest^(1 - t) smallest^t."""
        return self.largest * np.exp(np.log(self.smallest / self.largest) * t)


@dataclass(frozen=True)
class Custom(Path):
    """Any two functions of t in plain NumPy."""

    of_data: Callable[[Any], Any]
    of_noise: Callable[[Any], Any]

    def alpha(self, t: Any) -> Any:
        """The first function."""
        return called(self.of_data, t)

    def sigma(self, t: Any) -> Any:
        """The second function."""
        return called(self.of_noise, t)


NAMED: dict[str, type[Path]] = {"linear": Linear, "trigonometric": Trigonometric, "variance_preserving": VariancePreserving,
                                "variance_exploding": VarianceExploding}  # fmt: skip


def path_of(path: Any, who: str) -> Path:
    """A path from its name, a pair of functions, or itself."""
    if isinstance(path, Path):
        return _forth(path, who)
    if isinstance(path, str) and path in NAMED:
        return NAMED[path]()
    if isinstance(path, tuple) and len(path) == 2 and all(map(callable, path)):
        return _forth(Custom(*path), who)
    raise SpecError(f"{who}.path: expected one of {', '.join(map(repr, NAMED))}, a pair of functions (alpha, sigma) of t, or a path; got {path!r}",
                    "Try (lambda t: t, lambda t: 1 - t).", {"argument": "path"})  # fmt: skip


def _forth(path: Path, who: str) -> Path:
    """A path, if its noise is at t = 0 and not, as in other conventions, at t = 1."""
    found = [np.asarray(f(np.array([0.0, 1.0])), float) for f in (path.alpha, path.sigma)]
    if any(a.shape not in ((), (2,)) for a in found):
        raise SpecError(f"{who}.path: expected functions that give a number for each time (n,), got shapes {[a.shape for a in found]} for n = 2",
                        fields={"argument": "path"})  # fmt: skip
    (a0, a1), (s0, s1) = (np.broadcast_to(a, (2,)).tolist() for a in found)
    if abs(a0) * abs(s1) > abs(a1) * abs(s0):
        raise SpecError(f"{who}.path: expected noise at t = 0 and data at t = 1; alpha goes from {a0:g} to {a1:g}, sigma from {s0:g} to {s1:g}",
                        "Try the functions of 1 - t.", {"argument": "path"})  # fmt: skip
    return path


def times(how: Any, key: Any, n: int, dtype: Any, who: str) -> Any:
    """Times (n,) for the rows of a batch. "even": u + i/n modulo 1 with one u for all, so that each row's is uniform and together they are spread."""
    from ergodica import random

    if how == "even":
        t = np.arange(n) / n + random.uniform(key)
        return (t - np.floor(t)).astype(dtype)
    if how == "uniform":
        return random.uniform(key, (n,), dtype)
    if callable(how):
        t = called(how, key, n)
        if np.shape(t) != (n,):
            raise SpecError(f"{who}.time: expected times of shape ({n},), got {np.shape(t)}", fields={"argument": "time"})
        return t.astype(dtype)
    raise SpecError(f"{who}.time: expected 'even', 'uniform' or a function of (key, n), got {how!r}", fields={"argument": "time"})
