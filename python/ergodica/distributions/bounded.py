"""Laws between two bounds, and on the circle."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.distributions.base import Distribution, _traced, inside
from ergodica.distributions.line import HALF_LOG_2PI
from ergodica.errors import SpecError
from ergodica.sampling.spaces import Interval, Real, Space


class Uniform(Distribution):
    """Numbers between ``low`` and ``high``, all alike.

    Examples
    --------
    >>> from ergodica.distributions import Uniform
    >>> float(Uniform(1, 3).mean)
    2.0
    """

    def __init__(self, low: Any = 0.0, high: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, low=low, high=high)

    def log_prob(self, x: Any) -> Any:
        return inside((x >= self.low) & (x <= self.high), -np.log(self.high - self.low) + 0 * x)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.low + (self.high - self.low) * random.uniform(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(0.5 * (self.low + self.high))

    @property
    def variance(self) -> Any:
        return self._full((self.high - self.low) ** 2 / 12)

    @property
    def space(self) -> Space:
        return _interval(self, self.low, self.high)


class Beta(Distribution):
    r"""Numbers in [0, 1], :math:`p(x) = x^{a-1} (1-x)^{b-1} / B(a, b)`.

    Examples
    --------
    >>> from ergodica.distributions import Beta
    >>> float(Beta(1, 3).mean)
    0.25
    """

    def __init__(self, a: Any, b: Any, shape: Any = None) -> None:
        self._set(shape, a=a, b=b)
        self._positive("a", "b")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import betaln, xlog1py, xlogy

        ok = (x >= 0) & (x <= 1)
        y = np.where(ok, x, 0.5)
        return inside(ok, xlogy(self.a - 1, y) + xlog1py(self.b - 1, -y) - betaln(self.a, self.b))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.beta(key, self._full(self.a), self._full(self.b), self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.a / (self.a + self.b))

    @property
    def variance(self) -> Any:
        s = self.a + self.b
        return self._full(self.a * self.b / (s * s * (s + 1)))

    @property
    def space(self) -> Space:
        return Interval(0.0, 1.0, self.shape)


class TruncatedNormal(Distribution):
    """A normal number that is known to lie between ``low`` and ``high``, one of which may be infinite.

    Examples
    --------
    >>> from ergodica.distributions import TruncatedNormal
    >>> round(float(TruncatedNormal(0, 1, -1, 1).variance), 6)
    0.291125
    """

    infinite = ("low", "high")

    def __init__(self, loc: Any, scale: Any, low: Any = -np.inf, high: Any = np.inf, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale, low=low, high=high)
        self._positive("scale")
        self._below, self._above = (not _traced(v) and bool(np.all(np.isinf(v))) for v in (self.low, self.high))

    def _mass(self) -> tuple[Any, Any, Any]:
        from scipy.special import log_ndtr, ndtr

        a = np.zeros(()) if self._below else (self.low - self.loc) / self.scale
        b = np.zeros(()) if self._above else (self.high - self.loc) / self.scale
        if self._below or self._above:
            return a, b, 0.0 if self._below and self._above else log_ndtr(b if self._below else -a)
        flip = a > 0  # where the distribution function is nearest to 1, its mirror image has the digits
        lo, hi = np.where(flip, -b, a), np.where(flip, -a, b)
        return a, b, np.where(lo < -10, log_ndtr(hi) + np.log1p(-np.exp(log_ndtr(lo) - log_ndtr(hi))), np.log(ndtr(hi) - ndtr(lo)))

    def log_prob(self, x: Any) -> Any:
        z = (x - self.loc) / self.scale
        return inside((x >= self.low) & (x <= self.high), -0.5 * z * z - np.log(self.scale) - HALF_LOG_2PI - self._mass()[2])

    def sample(self, key: Any, shape: Any = ()) -> Any:
        a, b = (self.low - self.loc) / self.scale, (self.high - self.loc) / self.scale
        return self.loc + self.scale * random.truncated_normal(key, self._full(a), self._full(b), self._rows(shape))

    def _ratios(self) -> tuple[Any, Any, Any, Any]:
        a, b, log = self._mass()
        p, q = np.exp(-0.5 * a * a - HALF_LOG_2PI - log), np.exp(-0.5 * b * b - HALF_LOG_2PI - log)
        return a, b, 0.0 * p if self._below else p, 0.0 * q if self._above else q

    @property
    def mean(self) -> Any:
        _, _, p, q = self._ratios()
        return self._full(self.loc + self.scale * (p - q))

    @property
    def variance(self) -> Any:
        a, b, p, q = self._ratios()
        return self._full(self.scale**2 * (1 + a * p - b * q - (p - q) ** 2))

    @property
    def space(self) -> Space:
        return _interval(self, self.low, self.high)


class VonMises(Distribution):
    r"""Angles in :math:`[-\pi, \pi]`, :math:`p(x) = e^{\kappa \cos(x - m)} / 2\pi I_0(\kappa)`.

    ``mean`` and ``variance`` are those of the direction: m, and 1 - I_1(kappa) / I_0(kappa).

    Examples
    --------
    >>> from ergodica.distributions import VonMises
    >>> round(float(VonMises(0, 2).variance), 6)
    0.302225
    """

    def __init__(self, loc: Any = 0.0, kappa: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, kappa=kappa)
        self._positive("kappa")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import i0e

        return self.kappa * (np.cos(x - self.loc) - 1) - np.log(2 * np.pi * i0e(self.kappa))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        x = self.loc + random.von_mises(key, self._full(self.kappa), self._rows(shape))
        return x - 2 * np.pi * np.round(x / (2 * np.pi))

    @property
    def mean(self) -> Any:
        return self._full(self.loc)

    @property
    def variance(self) -> Any:
        from scipy.special import i0e, i1e

        return self._full(1 - i1e(self.kappa) / i0e(self.kappa))

    @property
    def space(self) -> Space:
        return Interval(-np.pi, np.pi, self.shape)


def _interval(law: Distribution, low: Any, high: Any) -> Space:
    if _traced(low) or _traced(high):
        raise SpecError(f"{type(law).__name__}: a space whose bounds are traced", "Try a uniform law on 0 to 1, and stretch it.")
    below, above = (bool(np.isinf(v).all()) for v in (low, high))
    if below and above:
        return Real(law.shape)
    low, high = (float(np.ravel(v)[0]) if open or np.ndim(v) == 0 else v for v, open in ((low, below), (high, above)))
    return Interval(low, high, law.shape)
