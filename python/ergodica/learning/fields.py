"""What a trained model is as a motion: velocities, scores, where it begins and ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.expr.intercept import called
from ergodica.learning.paths import CLIP, Path, wide
from ergodica.nn.derivatives import divergence, scalar, scalar_slopes

NEAR = 1e-3
"""The ratio of data to noise, or of noise to data, up to which samplers ask for what is divided by 0 at an end of the path."""

Rates = Callable[[list[Any], Any], list[Any]]


class Given:
    """A model of (x, t, condition) with the conditions c (batch, ...) of its rows, as one of (x, t)."""

    def __init__(self, model: Callable[..., Any], c: Any) -> None:
        self.model, self.c = model, c
        if hasattr(model, "with_divergence"):
            self.with_divergence = lambda x, t: model.with_divergence(x, t, self.c)

    def __call__(self, x: Any, t: Any) -> Any:
        return self.model(x, t, self.c)


class Field:
    r"""A motion of points from time ``begin`` to ``end``, made of a trained model by its objective.

    ``velocity(x, t)`` moves the law of the source to that of the data, ``score(x, t)`` is the gradient of the logarithm of the law at time t; x is
    (batch, ...), t (batch,). With both, for any :math:`\epsilon_t \geq 0`, the laws are also those of

    .. math:: dX = (v + \epsilon s)\, dt + \sqrt{2\epsilon}\, dW.
    """

    begin = 0.0
    end = 1.0
    infinite = (False, False)
    """Whether the drift of the stochastic equation is infinite at the beginning, and at the end."""
    grows = False
    """Whether points carry weights, which grow at the rate ``growth(x, t)`` (batch,)."""

    def velocity(self, x: Any, t: Any) -> Any:
        raise SpecError(f"{type(self).__name__}: this model has no velocity", "Try method=erg.SDE().", {"argument": "method"})

    given: Sequence[Given] = ()
    """Models with conditions, of which each row sees its own."""

    def with_divergence(self, x: Any, t: Any) -> tuple[Any, Any]:
        """The velocity and its divergence (batch,)."""
        held = [g.c for g in self.given]

        def of_rows(x: Any, t: Any, *c: Any) -> Any:
            for g, own in zip(self.given, c, strict=True):
                g.c = own
            return self.velocity(x, t)

        try:
            spread = divergence(of_rows, x, t, *held)
        finally:
            for g, c in zip(self.given, held, strict=True):
                g.c = c
        return self.velocity(x, t), spread

    def growth(self, x: Any, t: Any) -> Any:
        """Of the logarithm of a point's weight."""
        raise SpecError(f"{type(self).__name__}: the points of this model have no weights", "Leave log_weights out.", {"argument": "log_weights"})

    def asked(self, score: bool, reverse: bool = False) -> tuple[float, float]:
        """The first and the last time at which the velocity, with ``score`` the score, and ``reverse`` the reversal's noise may be asked for."""
        return self.begin, self.end

    def across(self, f: Rates, y: list[Any], s: float, t: float) -> list[Any]:
        """Arrays, of which the first is x, moved by their rates from time s to t, one of which lies where they may not be asked for."""
        raise NotImplementedError

    def refined(self, spans: np.ndarray) -> np.ndarray:
        """Steps (steps, 2), divided where one is too long."""
        return spans

    def smooth(self) -> Field:
        """The motion between laws that have densities."""
        return self

    def score(self, x: Any, t: Any) -> Any:
        raise SpecError(f"{type(self).__name__}: this model has no score, which a method with noise needs", "Try method=erg.ODE().",
                        {"argument": "method"})  # fmt: skip

    def parts(self, x: Any, t: Any) -> tuple[Any, Any]:
        """E[x_1 | x_t] and E[x_0 | x_t]."""
        raise SpecError(f"{type(self).__name__}: erg.Ancestral needs a model on a Gaussian path", "Try method=erg.SDE().", {"argument": "method"})

    def drift(self, x: Any, t: Any, noise: Any) -> Any:
        """That of the stochastic equation with this epsilon (batch, 1...)."""
        return self.velocity(x, t) + noise * self.score(x, t)

    def noise(self, t: Any, wanted: Any) -> Any:
        """epsilon at one time."""
        if wanted == "reverse":
            return self.reverse_noise(t)
        if callable(wanted):
            return called(wanted, t)
        return (1.0 if wanted is None else wanted) + 0.0 * t

    def reverse_noise(self, t: Any) -> Any:
        """epsilon of the diffusion whose reversal this is."""
        raise SpecError("noise='reverse' is for models on a Gaussian path", fields={"argument": "noise"})

    def width(self, t: Any) -> Any:
        """The length over which the law at time t is smooth, for Langevin steps."""
        return 1.0 + 0.0 * t

    def grid(self, steps: int, first: float, last: float) -> np.ndarray:
        """Times of so many steps."""
        return np.linspace(first, last, steps + 1)

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """Draws at the beginning."""
        return random.normal(key, (n, *shape), dtype)

    def source_log_density(self, x: Any) -> Any:
        """Their log density (batch,)."""
        flat = np.reshape(x, (np.shape(x)[0], -1))
        return -0.5 * np.sum(flat * flat, axis=1) - 0.5 * math.log(2 * math.pi) * np.shape(flat)[1]


Model = Callable[[Any, Any], Any]


def _crossing(f: Callable[[float], float], a: float, b: float) -> float:
    """Where f changes its sign between a and b, by bisection."""
    above = f(a) > 0
    for _ in range(60):
        middle = 0.5 * (a + b)
        a, b = (middle, b) if (f(middle) > 0) == above else (a, middle)
    return 0.5 * (a + b)


class PathField(Field):
    """A model on a Gaussian path."""

    def __init__(self, model: Model, path: Path, kind: str, free: bool = True) -> None:
        self.model, self.path, self.kind = model, path, kind
        self.free = free  # x_0 is normal whatever x_1 is

    def asked(self, score: bool, reverse: bool = False) -> tuple[float, float]:
        a, s = self._at(0.0)
        first = max(self._where(NEAR, 0), CLIP) if (reverse or self.kind in ("noise", "score")) and a < 1e-4 * s else 0.0
        a, s = self._at(1.0)
        lost = score or self.kind in ("data", "score") or self._at(1.0 - 1e-6)[1] > 1e-4  # sigma' is infinite
        return first, min(self._where(NEAR, 1), 1.0 - CLIP) if lost and s < 1e-4 * a else 1.0

    def refined(self, spans: np.ndarray) -> np.ndarray:
        """Steps, halved where the model is divided by sigma (data, scores) or alpha (noise, scores) so often that this at most doubles in one: what a
        network lacks is multiplied by the ratio of the two ends, in methods that look at both."""
        t = np.append(spans[:, 0], spans[-1:, 1]).astype(float)
        for small in [1] * (self.kind in ("data", "score")) + [0] * (self.kind in ("noise", "score")):
            sizes = [np.broadcast_to(np.asarray(f(t), float), np.shape(t)) for f in (self.path.alpha, self.path.sigma)]
            with np.errstate(divide="ignore"):
                ratio = sizes[small] / sizes[1 - small]
            for k in range(len(t) - 1)[::-1]:
                low, high = sorted(ratio[k : k + 2].tolist())
                pieces = math.ceil(math.log2(high / low)) if 0 < low and high < 1 else 1
                between = [self._where(low * (high / low) ** (j / pieces), small) for j in range(1, pieces)]
                t = np.insert(t, k + 1, [u for u in between[:: -1 if small else 1] if t[k] < u < t[k + 1]])
        return np.array([t[:-1], t[1:]]).T.astype(spans.dtype)

    def _at(self, t: float) -> tuple[float, float]:
        """alpha and sigma."""
        return float(self.path.alpha(np.float64(t))), float(self.path.sigma(np.float64(t)))

    def _where(self, ratio: float, small: int) -> float:
        """The time at which alpha / sigma (``small`` 0) or sigma / alpha (1) has this value."""
        return _crossing(lambda t: self._at(t)[small] - ratio * self._at(t)[1 - small], 0.0, 1.0)

    def across(self, f: Rates, y: list[Any], s: float, t: float) -> list[Any]:
        """A step at the end in X = x / alpha and l = sigma / alpha, where dX/dl = E[x_0 | x_t], or at the beginning in x / sigma and alpha / sigma,
        where it is E[x_1 | x_t].

        At the end by the midpoint rule, which gives the data where they lie on points. At the beginning dX/dl is looked at where l is 10 NEAR and
        twice that and drawn on as a line: nearer the error of a network, divided by l, would be larger than what is left out.
        What follows x is the integral of the divergence: that of X is smooth in l, that of x where the path is, and differs by n log of the scale.
        """
        a, sigma = self._at(max(s, t))
        small = 0 if a < sigma else 1

        def along(t: float) -> float:
            return self._at(t)[small] / self._at(t)[1 - small]

        def slopes(y: list[Any], u: float) -> list[Any]:
            """Of X and the other arrays in l."""
            x = self._at(u)[1 - small] * y[0]
            a, sigma, da, ds = (np.ravel(r)[0] for r in self.path.rates(np.full(1, u), np.zeros((1, 1))))
            (low, d_low), (high, d_high) = ((sigma, ds), (a, da)) if small else ((a, da), (sigma, ds))
            rates = f([x, *y[1:]], u)
            pace = high * high / (d_low * high - low * d_high)
            return [(rates[0] - x * (d_high / high)) * (pace / high), *[pace * (r - n * (d_high / high)) for r in rates[1:]]]

        def moved(by: float, rates: list[Any]) -> list[Any]:
            return [(a + by * b).astype(c.dtype) for a, b, c in zip(start, rates, y, strict=True)]

        n = math.prod(np.shape(y[0])[1:])
        grown = n * math.log(self._at(t)[1 - small] / self._at(s)[1 - small])
        start = [y[0] / self._at(s)[1 - small], *y[1:]]
        h, middle = along(t) - along(s), 0.5 * (along(s) + along(t))
        if small:
            half = self._where(middle, 1)
            end = moved(h, slopes(moved(0.5 * h, slopes(start, s if s < 1.0 else half)), half))
        else:
            one, two = (slopes(start, self._where(k * NEAR, 0)) for k in (10, 20))
            share = middle / (10 * NEAR) - 1.0
            end = moved(h, [a + share * (b - a) for a, b in zip(one, two, strict=True)])
        return [(end[0] * self._at(t)[1 - small]).astype(y[0].dtype), *[(a + grown).astype(a.dtype) for a in end[1:]]]

    def velocity(self, x: Any, t: Any) -> Any:
        return self.path.velocity(self.kind, self.model(x, t), x, t)

    def with_divergence(self, x: Any, t: Any) -> tuple[Any, Any]:
        if self.kind == "velocity" and hasattr(self.model, "with_divergence"):
            return self.model.with_divergence(x, t)
        return super().with_divergence(x, t)

    def _with_noise(self) -> None:
        if not self.free:
            raise SpecError("models on a path tell the score only where x0 is normal and independent of x1, not of pairs or a coupling",
                            "Try method=erg.ODE().", {"argument": "method"})  # fmt: skip

    def score(self, x: Any, t: Any) -> Any:
        self._with_noise()
        return self.path.score(self.kind, self.model(x, t), x, t)

    def drift(self, x: Any, t: Any, noise: Any) -> Any:
        self._with_noise()
        y = self.model(x, t)
        return self.path.velocity(self.kind, y, x, t) + noise * self.path.score(self.kind, y, x, t)

    def parts(self, x: Any, t: Any) -> tuple[Any, Any]:
        self._with_noise()
        return self.path.parts(self.kind, self.model(x, t), x, self.path.rates(t, x))

    def reverse_noise(self, t: Any) -> Any:
        """sigma^2 alpha' / alpha - sigma sigma'."""
        a, s, da, ds = self.path.rates(np.reshape(t, (1,)), np.reshape(t, (1,)))
        return (s * s * da / a - s * ds)[0]

    def width(self, t: Any) -> Any:
        return self.path.sigma(t)

    def _spread(self) -> float:
        return float(self.path.sigma(np.float64(self.begin)))

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        return self._spread() * super().source(key, n, shape, dtype)

    def source_log_density(self, x: Any) -> Any:
        n = math.prod(np.shape(x)[1:])
        return super().source_log_density(x * (1.0 / self._spread())) - n * math.log(self._spread())


class InterpolantField(Field):
    """Models of a stochastic interpolant; gamma is 0 at both ends."""

    infinite = (True, True)

    def __init__(self, models: dict[str, Model], gamma: Callable[[Any], Any]) -> None:
        self.models, self.gamma = models, gamma
        if "velocity" not in models:
            raise SpecError("a denoiser alone does not move points", "Train StochasticInterpolant(of='both').", {"argument": "model"})

    def velocity(self, x: Any, t: Any) -> Any:
        return self.models["velocity"](x, t)

    def score(self, x: Any, t: Any) -> Any:
        if "denoiser" not in self.models:
            return super().score(x, t)
        return -self.models["denoiser"](x, t) / wide(self.gamma(t), x)

    def width(self, t: Any) -> Any:
        return self.gamma(t)


class ActionField(Field):
    """The gradient of an action: a velocity, or with sigma the drift of a diffusion; unbalanced, the action is the growth of weights."""

    def __init__(self, model: Model, sigma: float, unbalanced: bool = False) -> None:
        self.model, self.sigma, self.grows = model, sigma, unbalanced

    def growth(self, x: Any, t: Any) -> Any:
        return scalar(self.model(x, t), x) if self.grows else super().growth(x, t)

    def velocity(self, x: Any, t: Any) -> Any:
        if self.sigma:
            return super().velocity(x, t)
        return scalar_slopes(self.model, x, t)[1]

    def drift(self, x: Any, t: Any, noise: Any) -> Any:
        if not self.sigma:
            return super().drift(x, t, noise)
        return scalar_slopes(self.model, x, t)[1]

    def noise(self, t: Any, wanted: Any) -> Any:
        if self.sigma and wanted is not None:
            raise SpecError("noise: an entropic action has its own, sigma", "Try erg.SDE(noise=None).", {"argument": "noise"})
        return 0.5 * self.sigma**2 + 0.0 * t if self.sigma else super().noise(t, wanted)


class BridgeField(Field):
    """The diffusion of a light Schroedinger bridge."""

    infinite = (False, True)

    def __init__(self, model: Any) -> None:
        self.model = model

    def drift(self, x: Any, t: Any, noise: Any) -> Any:
        return self.model.drift(x, t)

    def noise(self, t: Any, wanted: Any) -> Any:
        if wanted is not None:
            raise SpecError("noise: a bridge has its own, epsilon / 2", "Try erg.SDE(noise=None).", {"argument": "noise"})
        return 0.5 * self.model.epsilon + 0.0 * t

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        raise SpecError("generate: a bridge begins at given points", "Try start=x0.", {"argument": "start"})


class PoissonField(Field):
    """The lines of the field of charges, from sigma_max down to 0, or as far as densities are finite, to sigma_min."""

    def __init__(self, model: Model, process: Any, smooth: bool = False) -> None:
        self.model, self.process, self.begin = model, process, process.sigma_max
        self.end = process.sigma_min if smooth else 0.0

    def smooth(self) -> Field:
        field = PoissonField(self.model, self.process, True)
        field.given = self.given
        return field

    def velocity(self, x: Any, t: Any) -> Any:
        return self.model(x, t)

    def asked(self, score: bool, reverse: bool = False) -> tuple[float, float]:
        return self.begin, self.process.sigma_min

    def across(self, f: Rates, y: list[Any], s: float, t: float) -> list[Any]:
        """The midpoint rule, which ends at the data where they lie on points."""
        half = 0.5 * (s + t)
        middle = [a + (half - s) * b for a, b in zip(y, f(y, s), strict=True)]
        return [(a + (t - s) * b).astype(a.dtype) for a, b in zip(y, f(middle, half), strict=True)]

    def grid(self, steps: int, first: float, last: float) -> np.ndarray:
        high, low = (s ** (1 / self.process.rho) for s in (first, last))
        t = (high + np.linspace(0.0, 1.0, steps + 1) * (low - high)) ** self.process.rho
        t[0], t[-1] = first, last
        return t

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        return self.process.perturbation(key, np.zeros(n, dtype) + self.process.sigma_max, n, shape, dtype)

    def source_log_density(self, x: Any) -> Any:
        return self.process.log_density(x, self.process.sigma_max)
