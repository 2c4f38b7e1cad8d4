"""How points are carried from the source to the data: ODEs, stochastic equations, ancestral steps, corrections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.errors import SpecError
from ergodica.learning.fields import Field
from ergodica.learning.optimisers.base import between
from ergodica.learning.paths import wide

Rates = Callable[[Any, Any], Any]
Times = Sequence[float] | Callable[[np.ndarray], np.ndarray] | None


MOST = 1 << 17
"""Adapted steps: features of a time in units of sigma_max turn some 10^4 times on the way."""


def filled(t: Any, x: Any) -> Any:
    """A time for each row."""
    return np.broadcast_to(np.asarray(t, x.dtype), np.shape(x)[:1])


class Sampler:
    """A way from the source of a field to its end; traced."""

    times: Any
    lacking: ClassVar[str]

    def run(self, field: Field, x: Any, key: Any) -> Any:
        """x at the end, (batch, ...)."""
        raise NotImplementedError

    def weighed(self, field: Field, x: Any, key: Any) -> tuple[Any, Any]:
        """x at the end, and the logarithms of weights that grew on the way."""
        field.growth(x, filled(field.begin, x))  # refuses where there is none
        raise SpecError(f"{type(self).__name__}: weights grow along the action; this way needs {self.lacking}, which the action does not give",
                        "Try erg.ODE(), erg.SDE(200), whose weights are right.", {"argument": "method"})  # fmt: skip

    def way(self, field: Field, steps: int, dtype: Any, score: bool = False, last: bool = True, reverse: bool = False) -> Way:
        """Its steps; without ``last`` those to the end are the sampler's own."""
        who = type(self).__name__
        first, until = field.asked(score, reverse)
        until = until if last else field.end
        if self.times is None:
            t = np.concatenate([[field.begin] * (first != field.begin), field.grid(steps, first, until), [field.end] * (until != field.end)])
        elif callable(self.times):
            u = np.linspace(0.0, 1.0, steps + 1)
            t = field.begin + (field.end - field.begin) * np.asarray(self.times(u), float)
        else:
            t = np.asarray(self.times, float)
        on = np.sign(field.end - field.begin)
        within = t.ndim == 1 and len(t) > 1 and np.isfinite(t).all() and on * (t[0] - field.begin) >= -1e-9 and on * (field.end - t[-1]) >= -1e-9
        if not within or not (on * np.diff(t) > 0).all():
            raise SpecError(f"{who}.times: expected at least two times that go on between {field.begin:g} and {field.end:g}, got {t!r}",
                            fields={"argument": "times"})  # fmt: skip
        low, high = (min(max(on * end, on * first), on * until) * on for end in (t[0], t[-1]))
        inside = [low, *t[(on * t > on * low) & (on * t < on * high)], high] if low != high else []
        spans = np.array([inside[:-1], inside[1:]]).T.reshape(-1, 2).astype(dtype)
        enter = (t[0], min(on * first, on * t[-1]) * on) if on * t[0] < on * first else None
        leave = (max(on * until, on * t[0]) * on, t[-1]) if on * t[-1] > on * until else None
        return Way(enter, spans, leave)


@dataclass
class Way:
    """Steps between times: ``spans`` (steps, 2), and those before and after, which are the field's, where its rates may not be asked for."""

    enter: tuple[float, float] | None
    spans: np.ndarray
    leave: tuple[float, float] | None

    def walk(self, field: Field, x: Any, key: Any, step: Callable[[Any, Any], Any]) -> Any:
        """x at the end, by step(x, (span, key))."""
        from ergodica.expr.control import scan

        rates = lambda y, t: [field.velocity(y[0], filled(t, y[0]))]
        x = x if self.enter is None else field.across(rates, [x], *self.enter)[0]
        x = scan(step, x, (self.spans, random.split(key, len(self.spans))))[0] if len(self.spans) else x
        return x if self.leave is None else field.across(rates, [x], *self.leave)[0]


# Butcher's tableaux: rows of coefficients, then weights.
TABLES: dict[str, tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]] = {
    "euler": ((), (1.0,)),
    "midpoint": (((0.5,),), (0.0, 1.0)),
    "heun": (((1.0,),), (0.5, 0.5)),
    "rk4": (((0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}


def runge_kutta(method: str, f: Callable[[Any, Any], Any], y: list[Any], t: Any, h: Any) -> list[Any]:
    """A step of lists of arrays."""
    rows, weights = TABLES[method]

    def moved(coefficients: Sequence[float], slopes: list[Any]) -> list[Any]:
        out = list(y)
        for c, k in zip(coefficients, slopes, strict=True):
            if c:
                out = [a + (c * h) * b for a, b in zip(out, k, strict=True)]
        return out

    slopes = [f(y, t)]
    for row in rows:
        slopes.append(f(moved(row, slopes), t + sum(row) * h))
    return moved(weights, slopes)


@dataclass(frozen=True)
class ODE(Sampler):
    """The probability flow: deterministic motion by the velocity.

    Where a model's value is divided by alpha or sigma, the pieces in which those are less than a thousandth of each other are one step each, in
    coordinates in which the motion is smooth: up to its error, 1e-9 at the end and 1e-7 at the beginning for
    data of variance 1, draws are those of the data and not of data with a rest of noise.

    The error of an adapted step is told by its stages: where a network turns faster in time than they stand apart (:func:`ergodica.nn.time_features`
    go up to cos 1000 t) it is underestimated. An untrained one had 4e-4 at a tolerance of 1e-6, 2e-6 at 1e-7.

    Parameters
    ----------
    steps : int, optional
        Equal steps, or those of ``times``; of models of data, noise and scores the first or the last one in pieces, in which the divisor of the model
        doubles. Without it Dormand and Prince's pair with steps adapted to the batch as a whole.
    method : {"rk4", "heun", "midpoint", "euler"}, default "rk4"
        Of order 4, 2, 2 and 1.
    rtol, atol : float, default 1e-6
        Of adapted steps.
    times : sequence, or function of numbers from 0 to 1 that gives such, optional
        Where steps begin and end.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> drift = lambda x, t: np.full(x.shape, 3.0)
    >>> x = erg.generate(drift, 5, erg.ODE(10), shape=(2,), seed=1)
    >>> bool(np.allclose(x, 3.0 + erg.generate(drift, 5, erg.ODE(), shape=(2,), seed=1) - 3.0))
    True
    """

    steps: int | None = None
    method: str = "rk4"
    rtol: float = 1e-6
    atol: float = 1e-6
    times: Times = None

    def __post_init__(self) -> None:
        if self.steps is not None:
            integer(self.steps, "ODE.steps", 1)
        if self.method not in TABLES:
            raise SpecError(f"ODE.method: expected one of {', '.join(map(repr, TABLES))}; got {self.method!r}", fields={"argument": "method"})
        if self.times is not None and self.steps is None and callable(self.times):
            raise SpecError("ODE.times: a function needs steps", fields={"argument": "times"})
        between("ODE.rtol", self.rtol, 0.0, open_low=True)
        between("ODE.atol", self.atol, 0.0, open_low=True)

    def run(self, field: Field, x: Any, key: Any) -> Any:
        """x at the end."""
        return self.solve(lambda y, t: [field.velocity(y[0], filled(t, y[0]))], [x], field)[0]

    def weighed(self, field: Field, x: Any, key: Any) -> tuple[Any, Any]:
        """x at the end, and the logarithms of weights that grew on the way."""

        def rates(y: list[Any], t: Any) -> list[Any]:
            at = filled(t, y[0])
            return [field.velocity(y[0], at), field.growth(y[0], at)]

        x, log_w = self.solve(rates, [x, np.zeros(np.shape(x)[0], x.dtype)], field)
        return x, log_w

    def solve(self, f: Callable[[list[Any], Any], list[Any]], y: list[Any], field: Field, back: bool = False) -> list[Any]:
        """Arrays moved by rates f(arrays, t), from the beginning to the end or ``back``."""
        from ergodica.expr.control import scan
        from ergodica.expr.ode import odeint

        dtype = y[0].dtype
        way = self.way(field, self.steps or 1, dtype)
        if self.steps is not None and self.times is None and len(way.spans):
            way.spans = field.refined(way.spans)
        ends = [way.leave, way.enter] if back else [way.enter, way.leave]
        turned = -1 if back else 1
        if ends[0] is not None:
            y = field.across(f, y, *ends[0][::turned])
        if self.steps is None and self.times is None:
            span = way.spans[0, ::turned].copy()
            y = [a[1] for a in odeint(f, y, span, rtol=self.rtol, atol=self.atol, gradient="discrete", max_steps=MOST)]
        elif len(way.spans):
            step = lambda y, s: (runge_kutta(self.method, f, y, s[0], s[1] - s[0]), None)
            y = scan(step, y, np.ascontiguousarray(way.spans[::turned, ::turned]))[0]
        return y if ends[1] is None else field.across(f, y, *ends[1][::turned])


Noise = float | str | Callable[[Any], Any] | None


def _noise(x: Any, who: str) -> None:
    if isinstance(x, str) and x == "reverse":
        return
    if x is not None and not callable(x):
        between(f"{who}.noise", x, 0.0)


@dataclass(frozen=True)
class SDE(Sampler):
    r"""The stochastic equation with the same laws as the velocity's,

    .. math:: dX = (v + \epsilon_t s)\, dt + \sqrt{2 \epsilon_t}\, dW.

    Parameters
    ----------
    steps : int, default 200
    noise : float, function of t, or "reverse", default 1
        epsilon; "reverse" is that of the diffusion that a Gaussian path reverses, sigma^2 alpha'/alpha - sigma sigma'. Models of an entropic
        action and bridges have their own.
        Scores of a network of data or noise are divided by sigma: noise that stays above 0 to the end multiplies what it lacks there (draws far off
        with data and 0.3 were seen); "reverse", or functions that fall with sigma, do not.
    scheme : {"midpoint", "euler", "heun"}
        The drift at the middle of a step's time, at its beginning (Euler and Maruyama), or by Heun's rule, whose error of means is of second order
        for constant noise. Where the drift is infinite at an end (interpolants, bridges) the two others are refused.
    times : as for :class:`ODE`

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = lambda x, t: 0.0 * x - x * ((1 - t) / (t**2 + (1 - t) ** 2))[:, None] + x * (t / (t**2 + (1 - t) ** 2))[:, None]  # N(0, 1) to itself
    >>> x = erg.generate(v, 4000, erg.SDE(50, noise=0.5), shape=(1,), seed=1)
    >>> bool(abs(x.std() - 1.0) < 0.06)
    True
    """

    steps: int = 200
    noise: Noise = None
    scheme: str = "midpoint"
    times: Times = None

    def __post_init__(self) -> None:
        integer(self.steps, "SDE.steps", 1)
        _noise(self.noise, "SDE")
        if self.scheme not in ("midpoint", "euler", "heun"):
            raise SpecError(f"SDE.scheme: expected 'midpoint', 'euler' or 'heun'; got {self.scheme!r}", fields={"argument": "scheme"})

    def run(self, field: Field, x: Any, key: Any) -> Any:
        """x at the end."""
        return self.walk(field, x, key, lambda x, t, key: x)

    def weighed(self, field: Field, x: Any, key: Any) -> tuple[Any, Any]:
        """x at the end, and the logarithms of weights that grew on the way, by the trapezoid of each step."""
        from ergodica.expr.control import scan

        spans = self._way(field, x).spans
        step = self.stepping(field, lambda x, t, key: x)

        def both(c: Any, row: Any) -> Any:
            (x, log_w), (s, _) = c, row
            y = step(x, row)[0]
            gain = field.growth(x, filled(s[0], x)) + field.growth(y, filled(s[1], x))
            return (y, (log_w + 0.5 * (s[1] - s[0]) * gain).astype(x.dtype)), None

        return scan(both, (x, np.zeros(np.shape(x)[0], x.dtype)), (spans, random.split(key, len(spans))))[0]

    def walk(self, field: Field, x: Any, key: Any, after: Callable[[Any, Any, Any], Any]) -> Any:
        """Steps, each with what comes ``after`` it at its end."""
        return self._way(field, x).walk(field, x, key, self.stepping(field, after))

    def _way(self, field: Field, x: Any) -> Way:
        way = self.way(field, self.steps, x.dtype, score=True, reverse=isinstance(self.noise, str))
        asks = (self.scheme != "midpoint", self.scheme == "heun")
        for lost, ask, t, end in zip(field.infinite, asks, (way.spans[0, 0], way.spans[-1, 1]), (field.begin, field.end), strict=True):
            if lost and ask and t == end:
                raise SpecError(f"SDE: {self.scheme!r} asks for the drift at t = {end:g}, where it is infinite", "Try scheme='midpoint', "
                                "or times that leave the end out.", {"argument": "scheme"})  # fmt: skip
        return way

    def stepping(self, field: Field, after: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """A step from x, given where it begins and ends, and a key."""

        def drift(x: Any, t: Any) -> Any:
            return field.drift(x, filled(t, x), field.noise(t, self.noise))

        def step(x: Any, row: Any) -> Any:
            s, k = row
            t, h = s[0], s[1] - s[0]
            at = t if self.scheme == "euler" else t + 0.5 * h
            level = field.noise(at, self.noise)
            kick = np.sqrt(2.0 * level * np.abs(h)) * random.normal(random.fold_in(k, 0), np.shape(x), x.dtype)
            first = drift(x, t if self.scheme == "heun" else at)
            y = x + h * first + kick
            if self.scheme == "heun":
                y = x + (0.5 * h) * (first + drift(y, s[1])) + kick
            return after(y, s[1], random.fold_in(k, 1)).astype(x.dtype), None

        return step


@dataclass(frozen=True)
class PredictorCorrector(Sampler):
    r"""Steps of :class:`SDE`, each followed by Langevin steps at its end (Song et al., ICLR 2021).

    .. math:: x \leftarrow x + \delta s + \sqrt{2\delta}\, z, \qquad \delta = (r\, \sigma_t)^2

    sigma_t is the width of the noise at time t; unadjusted, so that each leaves an error of order r^2. None is made after the last step.

    Parameters
    ----------
    steps : int, default 200
    corrections : int, default 1
    ratio : float, default 0.16
        r.
    noise, scheme, times : as for :class:`SDE`

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = lambda x, t: x * ((2 * t - 1) / (t**2 + (1 - t) ** 2))[:, None]  # N(0, 1) to itself
    >>> x = erg.generate(v, 4000, erg.PredictorCorrector(50), shape=(1,), seed=1)
    >>> bool(abs(x.std() - 1.0) < 0.06)
    True
    """

    steps: int = 200
    corrections: int = 1
    ratio: float = 0.16
    noise: Noise = None
    scheme: str = "midpoint"
    times: Times = None
    lacking: ClassVar[str] = "the score of the points with their weights, for its corrections"

    def __post_init__(self) -> None:
        SDE(self.steps, self.noise, self.scheme)
        integer(self.corrections, "PredictorCorrector.corrections", 1)
        between("PredictorCorrector.ratio", self.ratio, 0.0, open_low=True)

    def run(self, field: Field, x: Any, key: Any) -> Any:
        """x at the end."""
        from ergodica.expr.control import cond, fori_loop

        def correct(x: Any, t: Any, key: Any) -> Any:
            delta = (self.ratio * field.width(t)) ** 2

            def one(i: Any, x: Any) -> Any:
                z = random.normal(random.fold_in(key, i), np.shape(x), x.dtype)
                return (x + delta * field.score(x, filled(t, x)) + np.sqrt(2.0 * delta) * z).astype(x.dtype)

            return fori_loop(0, self.corrections, one, x)

        sde = SDE(self.steps, self.noise, self.scheme, self.times)
        last = sde._way(field, x).spans[-1, 1]

        def after(x: Any, t: Any, key: Any) -> Any:
            return cond(t != last, lambda x: correct(x, t, key), lambda x: x, x)

        return sde.walk(field, x, key, after)


@dataclass(frozen=True)
class Ancestral(Sampler):
    r"""Steps by the posterior of the path, given what the model takes for x_1 and for the noise.

    .. math:: x_{t'} = \alpha_{t'} D + \sqrt{\sigma_{t'}^2 - \varsigma^2}\; \epsilon + \varsigma z, \qquad
        \varsigma^2 = \eta^2 \sigma_{t'}^2 \left(1 - \frac{\alpha_t^2 \sigma_{t'}^2}{\alpha_{t'}^2 \sigma_t^2}\right)

    eta = 1 is ancestral sampling (DDPM), eta = 0 deterministic (DDIM), of first order in the step.

    Parameters
    ----------
    steps : int, default 200
    eta : float in [0, 1], default 1
    times : as for :class:`ODE`

    References
    ----------
    J. Ho, A. Jain, P. Abbeel, NeurIPS 2020; J. Song, C. Meng, S. Ermon, ICLR 2021.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = lambda x, t: x * ((2 * t - 1) / (t**2 + (1 - t) ** 2))[:, None]  # N(0, 1) to itself
    >>> x = erg.generate(v, 4000, erg.Ancestral(100), shape=(1,), seed=1)
    >>> bool(abs(x.std() - 1.0) < 0.06)
    True
    """

    steps: int = 200
    eta: float = 1.0
    times: Times = None
    lacking: ClassVar[str] = "the posterior of a Gaussian path"

    def __post_init__(self) -> None:
        integer(self.steps, "Ancestral.steps", 1)
        between("Ancestral.eta", self.eta, 0.0, 1.0)

    def run(self, field: Field, x: Any, key: Any) -> Any:
        """x at the end."""
        way = self.way(field, self.steps, x.dtype, last=False)
        path: Any = getattr(field, "path", None)

        def step(x: Any, row: Any) -> Any:
            s, k = row
            data, noise = field.parts(x, filled(s[0], x))
            a, sigma = wide(path.alpha(filled(s[0], x)), x), wide(path.sigma(filled(s[0], x)), x)
            b, after = wide(path.alpha(filled(s[1], x)), x), wide(path.sigma(filled(s[1], x)), x)
            spread = self.eta**2 * after**2 * np.maximum(1.0 - (a * after / (b * sigma)) ** 2, 0.0)
            z = random.normal(k, np.shape(x), x.dtype)
            return (b * data + np.sqrt(np.maximum(after**2 - spread, 0.0)) * noise + np.sqrt(spread) * z).astype(x.dtype), None

        if path is None:
            field.parts(x, filled(way.spans[0, 0], x))
        return way.walk(field, x, key, step)
