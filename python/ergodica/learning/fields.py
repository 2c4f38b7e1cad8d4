"""What a trained model is as a motion: velocities, scores, where it begins and ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.expr.intercept import called
from ergodica.learning.paths import Path, wide
from ergodica.nn.derivatives import divergence, scalar, scalar_slopes

NEAR = 1e-3
"""How near an end samplers come at which the model's value is divided by 0."""


class Field:
    r"""A motion of points from time ``begin`` to ``end``, made of a trained model by its objective.

    ``velocity(x, t)`` moves the law of the source to that of the data, ``score(x, t)`` is the gradient of the logarithm of the law at time t; x is
    (batch, ...), t (batch,). With both, for any :math:`\epsilon_t \geq 0`, the laws are also those of

    .. math:: dX = (v + \epsilon s)\, dt + \sqrt{2\epsilon}\, dW.
    """

    begin = 0.0
    end = 1.0
    euler_at_end = False
    """Whether the velocity must not be asked for at the end."""
    grows = False
    """Whether points carry weights, which grow at the rate ``growth(x, t)`` (batch,)."""

    def velocity(self, x: Any, t: Any) -> Any:
        raise SpecError(f"{type(self).__name__}: this model has no velocity", "Try method=erg.SDE().", {"argument": "method"})

    def with_divergence(self, x: Any, t: Any) -> tuple[Any, Any]:
        """The velocity and its divergence (batch,)."""
        return self.velocity(x, t), divergence(self.velocity, x, t)

    def growth(self, x: Any, t: Any) -> Any:
        """Of the logarithm of a point's weight."""
        raise SpecError(f"{type(self).__name__}: the points of this model have no weights", "Leave log_weights out.", {"argument": "log_weights"})

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

    def grid(self, steps: int) -> np.ndarray:
        """Times of so many steps."""
        return np.linspace(self.begin, self.end, steps + 1)

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """Draws at the beginning."""
        return random.normal(key, (n, *shape), dtype)

    def source_log_density(self, x: Any) -> Any:
        """Their log density (batch,)."""
        flat = np.reshape(x, (np.shape(x)[0], -1))
        return -0.5 * np.sum(flat * flat, axis=1) - 0.5 * math.log(2 * math.pi) * np.shape(flat)[1]


Model = Callable[[Any, Any], Any]


class PathField(Field):
    """A model on a Gaussian path."""

    def __init__(self, model: Model, path: Path, kind: str) -> None:
        self.model, self.path, self.kind = model, path, kind
        sigma = [float(path.sigma(np.float64(t))) for t in (1.0 - 1e-6, 1.0)]
        if kind in ("noise", "score") and float(path.alpha(np.float64(0.0))) < 1e-4:
            self.begin = NEAR
        if sigma[1] < 1e-4 and (kind in ("data", "score") or sigma[0] > 1e-4):  # or sigma' is infinite
            self.end = 1.0 - NEAR

    def velocity(self, x: Any, t: Any) -> Any:
        return self.path.velocity(self.kind, self.model(x, t), x, t)

    def with_divergence(self, x: Any, t: Any) -> tuple[Any, Any]:
        if self.kind == "velocity" and hasattr(self.model, "with_divergence"):
            return self.model.with_divergence(x, t)
        return super().with_divergence(x, t)

    def score(self, x: Any, t: Any) -> Any:
        return self.path.score(self.kind, self.model(x, t), x, t)

    def drift(self, x: Any, t: Any, noise: Any) -> Any:
        y = self.model(x, t)
        return self.path.velocity(self.kind, y, x, t) + noise * self.path.score(self.kind, y, x, t)

    def parts(self, x: Any, t: Any) -> tuple[Any, Any]:
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
        self.end, self.euler_at_end = process.sigma_min if smooth else 0.0, not smooth

    def smooth(self) -> Field:
        return PoissonField(self.model, self.process, True)

    def velocity(self, x: Any, t: Any) -> Any:
        return self.model(x, t)

    def grid(self, steps: int) -> np.ndarray:
        p = self.process
        high, low = p.sigma_max ** (1 / p.rho), p.sigma_min ** (1 / p.rho)
        if not self.euler_at_end:
            return np.append(p.sigma_max, (high + np.linspace(0.0, 1.0, steps + 1)[1:] * (low - high)) ** p.rho)
        return np.append((high + np.linspace(0.0, 1.0, steps) * (low - high)) ** p.rho if steps > 1 else [p.sigma_max], 0.0)

    def source(self, key: Any, n: int, shape: tuple[int, ...], dtype: Any) -> Any:
        return self.process.perturbation(key, np.zeros(n, dtype) + self.process.sigma_max, n, shape, dtype)

    def source_log_density(self, x: Any) -> Any:
        return self.process.log_density(x, self.process.sigma_max)
