"""Matching of velocities, noise and scores along paths between two distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.expr.intercept import called
from ergodica.learning.fields import Field, InterpolantField, PathField
from ergodica.learning.objective import Objective
from ergodica.learning.objectives import coupling as couplings
from ergodica.learning.optimisers.base import between
from ergodica.learning.paths import CLIP, KINDS, Path, path_of, slope, times, wide


def endpoints(batch: Any, who: str) -> tuple[Any, Any, Any]:
    """(x0 or None, x1, condition or None) of a batch."""
    known = {"x0", "x1", "condition"}
    if isinstance(batch, dict):
        if "x1" not in batch or set(batch) - known:
            got = ", ".join(map(str, batch))
            raise SpecError(f"{who}: expected data with x1, and maybe x0 and condition; got {got}", fields={"argument": "data"})
        return batch.get("x0"), batch["x1"], batch.get("condition")
    if isinstance(batch, (tuple, list)):
        if len(batch) != 2:
            raise SpecError(f"{who}: expected data x1, pairs (x0, x1) or a dict; got {len(batch)} arrays", fields={"argument": "data"})
        return batch[0], batch[1], None
    return None, batch, None


def real_rows(x: Any, who: str) -> Any:
    """x as floats with an axis of rows."""
    if np.ndim(x) < 1:
        raise ShapeError(f"{who}: expected data (rows, ...), got one number", fields={"argument": "data"})
    if x.dtype.kind == "c":
        raise SpecError(f"{who}: expected real data, got {x.dtype}", "Try real and imaginary parts as coordinates.", {"argument": "data"})
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def ask(model: Any, x: Any, t: Any, condition: Any, who: str) -> Any:
    """model(x, t[, condition]), checked."""
    if not callable(model):
        raise SpecError(f"{who}: expected a model that is a function of (x, t), {type(model).__name__} is none",
                        "Try erg.nn.flows.Velocity(n), erg.nn.MLP(n, [64, 64], n, time=16).", {"argument": "model"})  # fmt: skip
    y = model(x, t) if condition is None else model(x, t, condition)
    if np.shape(y) != np.shape(x):
        raise ShapeError(f"{who}: expected a model of (x, t) that returns the shape {np.shape(x)} of x, it returns {np.shape(y)}",
                         "t has the shape (rows,); t[:, None] joins it to columns of x.", {"argument": "model"})  # fmt: skip
    return y


def rows_of(x: Any) -> Any:
    """Sums over all axes but the first."""
    return np.sum(np.reshape(x, (np.shape(x)[0], -1)), axis=1)


@dataclass(frozen=True)
class OnPath(Objective):
    """What :class:`FlowMatching` and :class:`Denoising` share: a regression on x_t = alpha x_1 + sigma x_0."""

    path: Any = "linear"
    predict: str = "velocity"
    coupling: str = "independent"
    time: Any = "even"
    weight: Callable[[Any], Any] | None = None
    entropy: float = 0.05
    iterations: int = 50

    def __post_init__(self) -> None:
        who = type(self).__name__
        object.__setattr__(self, "path", path_of(self.path, who))
        if self.predict not in KINDS:
            raise SpecError(f"{who}.predict: expected one of {', '.join(map(repr, KINDS))}; got {self.predict!r}", fields={"argument": "predict"})
        couplings.check(self.coupling, who)
        between(f"{who}.entropy", self.entropy, 0.0, open_low=True)
        between(f"{who}.iterations", self.iterations, 1)
        if self.weight is not None and not callable(self.weight):
            raise SpecError(f"{who}.weight: expected a function of t, got {self.weight!r}", fields={"argument": "weight"})

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean over rows of the squared norm of the residual."""
        who = type(self).__name__
        path: Path = self.path
        x0, x1, condition = endpoints(batch, who)
        x1 = real_rows(x1, who)
        one, two, three = random.split(key, 3)
        if x0 is None:
            x0 = random.normal(one, np.shape(x1), x1.dtype)
        elif np.shape(x0) != np.shape(x1):
            raise ShapeError(f"{who}: expected x0 and x1 of one shape, got {np.shape(x0)} and {np.shape(x1)}", fields={"argument": "data"})
        x0 = couplings.coupled(self.coupling, x0, x1, three, self.entropy, self.iterations, who)
        t = times(self.time, two, np.shape(x1)[0], x1.dtype, who)
        t = np.clip(t, 0.0 if self.predict == "velocity" else CLIP, 1.0 - CLIP)
        rates = path.rates(t, x1)
        y = ask(model, rates[0] * x1 + rates[1] * x0, t, condition, who)
        if self.predict == "score":  # sigma^2 |s + x0 / sigma|^2
            each = rows_of((rates[1] * y + x0) ** 2)
        else:
            each = rows_of((y - path.target(self.predict, x1, x0, rates)) ** 2)
        if self.weight is None:
            return np.mean(each)
        w = called(self.weight, t)
        if np.shape(w) not in ((), np.shape(each)):
            raise ShapeError(f"{who}.weight: expected a number for each time, shape {np.shape(each)}, got {np.shape(w)}",
                             fields={"argument": "weight"})  # fmt: skip
        return np.mean(w * each)

    def field(self, model: Any) -> Field:
        """The motion of a trained model."""
        return PathField(model, self.path, self.predict, self.coupling == "independent")

    def starts(self, batch: Any) -> bool:
        """Whether points begin at rows of the data."""
        return endpoints(batch, type(self).__name__)[0] is not None

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(endpoints(batch, type(self).__name__)[1])[1:])


@dataclass(frozen=True)
class FlowMatching(OnPath):
    r"""Conditional flow matching: a velocity v(x, t) that carries noise (t = 0) to data (t = 1).

    .. math:: L = E\, w_t \left|v(x_t, t) - (\alpha'_t x_1 + \sigma'_t x_0)\right|^2, \qquad x_t = \alpha_t x_1 + \sigma_t x_0

    whose minimum is the velocity of the marginals, :math:`v = E[\alpha' x_1 + \sigma' x_0 | x_t = x]`. The square is summed over the coordinates of a
    row and averaged over rows.

    ``data``: x1 (rows, ...), then x0 is standard normal; pairs (x0, x1); or a dict of ``x1`` with ``x0`` or ``condition``. The model is called as
    ``model(x, t)``, or ``model(x, t, condition)``, with x (batch, ...) and t (batch,).

    Parameters
    ----------
    path : {"linear", "trigonometric", "variance_preserving", "variance_exploding"}, pair of functions (alpha, sigma) of t, or a path
        Slopes of functions are derived.
    predict : {"velocity", "data", "noise", "score"}, default "velocity"
        What the model is to be. Noise and scores say little of the data where alpha is near 0 (the beginning of most paths): what a network lacks
        there, in the tails of the noise, is multiplied by 1/alpha in draws; velocities and data do not suffer from that.
    coupling : {"independent", "sorted", "exact", "sinkhorn"}
        Of x0 and x1 within a batch. "exact" is the assignment with the least sum of squared distances (:func:`ergodica.learning.assignment`),
        "sorted" the same of one coordinate. "sinkhorn" draws for each x1 an x0 of the batch from the entropic plan, entropy a share of the mean cost:
        rows of x1 come once each, those of x0 once in the mean, up to the iteration's error.
    time : {"even", "uniform"} or function of (key, n)
        "even": u + k/n modulo 1 with one uniform u, so that a batch covers [0, 1] and each row's time is uniform.
    weight : function of t, optional
    entropy : float, default 0.05
    iterations : int, default 50
        Of Sinkhorn.

    References
    ----------
    Y. Lipman et al., ICLR 2023, arXiv:2210.02747; A. Tong et al., TMLR 2024, arXiv:2302.00482.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Affine(erg.nn.Module):  # exact for Gaussian data: v = a(t) x + b(t), here by polynomials in t
    ...     a: np.ndarray
    ...     b: np.ndarray
    ...     def __call__(self, x, t):
    ...         powers = t[:, None] ** np.arange(6)
    ...         return x * (powers @ self.a)[:, None] + (powers @ self.b)[:, None]
    >>> data = 2.0 + 0.5 * np.random.default_rng(1).normal(size=(4096, 1))
    >>> fit = erg.learn(erg.FlowMatching(), Affine(np.zeros(6), np.zeros(6)), erg.Adam(0.02), data=data, batch=512, steps=800, seed=1)
    >>> x = erg.generate(fit, 4000, seed=2)
    >>> bool(abs(x.mean() - 2.0) < 0.1 and abs(x.std() - 0.5) < 0.1)
    True
    """


@dataclass(frozen=True)
class Denoising(OnPath):
    r"""Denoising score matching: the noise in x_t at all its levels.

    .. math:: L = E\, w_t \left|\epsilon(x_t, t) - x_0\right|^2, \qquad x_t = \alpha_t x_1 + \sigma_t x_0, \quad x_0 \sim N(0, 1)

    whose minimum is :math:`E[x_0|x_t] = -\sigma_t \nabla \log p_t`. With ``predict="score"`` the loss is :math:`\sigma^2 |s + x_0/\sigma|^2`, with
    "data" :math:`|D - x_1|^2`. Data and model as for :class:`FlowMatching`.

    Parameters
    ----------
    path : as for :class:`FlowMatching`, default "variance_preserving"
    predict : {"noise", "data", "score", "velocity"}, default "noise"
    coupling, time, weight, entropy, iterations
        As for :class:`FlowMatching`.

    References
    ----------
    P. Vincent, Neural Comput. 23, 1661 (2011); J. Ho, A. Jain, P. Abbeel, NeurIPS 2020; Y. Song et al., ICLR 2021, arXiv:2011.13456.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> noise = lambda model, x, t: model["gain"] * x
    >>> class Gain(erg.nn.Module):
    ...     gain: np.ndarray
    ...     def __call__(self, x, t):
    ...         return self.gain * x
    >>> data = np.random.default_rng(1).normal(size=(512, 2))
    >>> level = erg.Denoising(path=(lambda t: 0 * t + 0.6, lambda t: 0 * t + 0.8))  # one level: epsilon = 0.8 x for data N(0, 1)
    >>> fit = erg.learn(level, Gain(np.array(0.0)), erg.Adam(0.01), data=data, steps=400, seed=1)
    >>> bool(abs(fit.model.gain - 0.8) < 0.05)
    True
    """

    path: Any = "variance_preserving"
    predict: str = "noise"


INTERPOLANTS = ("velocity", "denoiser", "score", "both")


@dataclass(frozen=True)
class StochasticInterpolant(Objective):
    r"""Stochastic interpolants between any two distributions.

    .. math:: x_t = I(t, x_0, x_1) + \gamma_t z, \quad z \sim N(0, 1), \qquad b = E[\partial_t I + \gamma' z | x_t], \quad \eta = E[z | x_t],
        \quad s = -\eta/\gamma

    .. math:: L_b = E\left[\tfrac12 |b|^2 - (\partial_t I + \gamma' z) \cdot b\right], \qquad L_\eta = E\left[\tfrac12 |\eta|^2 - z \cdot \eta\right],
        \qquad L_s = E\left[\tfrac12 |s|^2 + z \cdot s / \gamma\right]

    each with pairs z, -z, without which gamma' makes their variances infinite at both ends. Minima are -E|b|^2 / 2 and so on, not 0.

    Data are pairs (x0, x1), x1 alone (x0 is then standard normal), or a dict with ``x0``, ``x1``, ``condition``.

    Parameters
    ----------
    of : {"velocity", "denoiser", "score", "both"}
        What ``model(x, t)`` is. "both" needs a dict of two models, ``{"velocity": ..., "denoiser": ...}``, and minimises the sum.
    width : float, default 1
        a in gamma = sqrt(a t (1 - t)).
    gamma : function of t, optional
        In its place; it must vanish at 0 and 1.
    interpolant : function (t, x0, x1), optional
        I, with t of shape (rows, 1, ...); (1 - t) x0 + t x1 where it is not given.
    coupling, time, entropy, iterations
        As for :class:`FlowMatching`.
    clip : float, default 1e-5
        Times lie in [clip, 1 - clip].

    References
    ----------
    M. S. Albergo, N. M. Boffi, E. Vanden-Eijnden, arXiv:2303.08797.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Constant(erg.nn.Module):
    ...     b: np.ndarray
    ...     def __call__(self, x, t):
    ...         return np.broadcast_to(self.b, x.shape)
    >>> rng = np.random.default_rng(1)
    >>> pairs = rng.normal(size=(2000, 1)), 3.0 + rng.normal(size=(2000, 1))
    >>> fit = erg.learn(erg.StochasticInterpolant(width=2.0), Constant(np.zeros(1)), erg.Adam(0.05), data=pairs, steps=300, seed=1)
    >>> bool(abs(fit.model.b[0] - 3.0) < 0.2)  # N(0, 1) to N(3, 1) with a = 2: b = 3
    True
    """

    of: str = "velocity"
    width: float = 1.0
    gamma: Callable[[Any], Any] | None = None
    interpolant: Callable[[Any, Any, Any], Any] | None = None
    coupling: str = "independent"
    time: Any = "even"
    entropy: float = 0.05
    iterations: int = 50
    clip: float = CLIP

    def __post_init__(self) -> None:
        who = "StochasticInterpolant"
        if self.of not in INTERPOLANTS:
            raise SpecError(f"{who}.of: expected one of {', '.join(map(repr, INTERPOLANTS))}; got {self.of!r}", fields={"argument": "of"})
        couplings.check(self.coupling, who)
        between(f"{who}.width", self.width, 0.0, open_low=True)
        between(f"{who}.entropy", self.entropy, 0.0, open_low=True)
        between(f"{who}.iterations", self.iterations, 1)
        between(f"{who}.clip", self.clip, 0.0, 0.49)
        for name, f in (("gamma", self.gamma), ("interpolant", self.interpolant)):
            if f is not None and not callable(f):
                raise SpecError(f"{who}.{name}: expected a function, got {f!r}", fields={"argument": name})
        if self.gamma is not None and np.max(np.abs(ends := np.asarray(self.gamma(np.array([0.0, 1.0])), float))) > 1e-6:
            raise SpecError(f"{who}.gamma: expected a function of t that is 0 at t = 0 and 1, got {ends.tolist()}", fields={"argument": "gamma"})

    def suits(self, data: Any, model: Any) -> None:
        """An interpolant begins at x0 and ends at x1."""
        x0, x1, _ = endpoints(data, "StochasticInterpolant")
        if self.interpolant is None or not isinstance(x1, np.ndarray) or x1.ndim < 1 or not x1.size:
            return
        a, b = (np.asarray(x[:2], float) for x in (-0.7 * x1 + 0.3 if x0 is None else x0, x1))
        for t, want, name in ((0.0, a, "x0"), (1.0, b, "x1")):
            found = self.interpolant(np.full((len(b), *(1,) * (b.ndim - 1)), t), a, b)
            if np.shape(found) != np.shape(want) or not np.allclose(found, want, rtol=1e-6, atol=1e-6 * float(np.max(np.abs(want)))):
                raise SpecError(f"StochasticInterpolant.interpolant: expected I(t, x0, x1) = {name} at t = {t:g}; it is another point",
                                "Try lambda t, x0, x1: (1 - t) * x0 + t * x1.", {"argument": "interpolant"})  # fmt: skip

    def noise_level(self, t: Any) -> Any:
        """gamma(t)."""
        return np.sqrt(self.width * t * (1.0 - t)) if self.gamma is None else called(self.gamma, t)

    def models(self, model: Any) -> dict[str, Any]:
        """The model by what it is."""
        if self.of != "both":
            return {self.of: model}
        if not isinstance(model, dict) or set(model) != {"velocity", "denoiser"}:
            raise SpecError("StochasticInterpolant: with of='both' expected a model {'velocity': ..., 'denoiser': ...}", fields={"argument": "model"})
        return model

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The sum of the losses, and with two each of them."""
        who = "StochasticInterpolant"
        models = self.models(model)
        x0, x1, condition = endpoints(batch, who)
        x1 = real_rows(x1, who)
        one, two, three, four = random.split(key, 4)
        x0 = random.normal(one, np.shape(x1), x1.dtype) if x0 is None else x0
        if np.shape(x0) != np.shape(x1):
            raise ShapeError(f"{who}: expected x0 and x1 of one shape, got {np.shape(x0)} and {np.shape(x1)}", fields={"argument": "data"})
        x0 = couplings.coupled(self.coupling, x0, x1, four, self.entropy, self.iterations, who)
        t = np.clip(times(self.time, two, np.shape(x1)[0], x1.dtype, who), self.clip, 1.0 - self.clip)
        z = random.normal(three, np.shape(x1), x1.dtype)
        gamma, d_gamma = (wide(a, x1) for a in slope(self.noise_level, t))
        form = _straight if self.interpolant is None else lambda *given: called(self.interpolant, *given)
        middle, d_middle = slope_of(form, wide(t, x1), x0, x1)
        losses: dict[str, Any] = {}
        for name, f in models.items():
            total = 0.0
            for sign in (1.0, -1.0):
                y = ask(f, middle + gamma * (sign * z), t, condition, who)
                target = d_middle + d_gamma * (sign * z) if name == "velocity" else sign * z if name == "denoiser" else -(sign * z) / gamma
                total = total + 0.5 * np.mean(rows_of(0.5 * y * y - target * y))
            losses[name] = total
        return (sum(losses.values()), losses) if len(losses) > 1 else next(iter(losses.values()))

    def field(self, model: Any) -> Field:
        """The motion of a trained model, or of two."""
        return InterpolantField(self.models(model), self.noise_level)

    def starts(self, batch: Any) -> bool:
        """Whether points begin at rows of the data."""
        return endpoints(batch, "StochasticInterpolant")[0] is not None

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(endpoints(batch, "StochasticInterpolant")[1])[1:])


def _straight(t: Any, x0: Any, x1: Any) -> Any:
    return (1.0 - t) * x0 + t * x1


def slope_of(form: Callable[[Any, Any, Any], Any], t: Any, x0: Any, x1: Any) -> tuple[Any, Any]:
    """I and its derivative in t."""
    from ergodica.expr.forward import jvp

    return jvp(lambda t: form(t, x0, x1), (t,), (np.ones(np.shape(t), x1.dtype),))
