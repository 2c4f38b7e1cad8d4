"""Laws on positive numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.distributions.base import Distribution, inside
from ergodica.distributions.line import HALF_LOG_2PI, StudentT
from ergodica.sampling.spaces import Positive, Space

LOG_2 = 0.6931471805599453094


class _Half(Distribution):
    @property
    def space(self) -> Space:
        return Positive(self.shape)


class HalfNormal(_Half):
    """The absolute value of a normal number of mean 0 and standard deviation ``scale``.

    Examples
    --------
    >>> from ergodica.distributions import HalfNormal
    >>> round(float(HalfNormal(2).mean), 6)
    1.595769
    """

    def __init__(self, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = x / self.scale
        return inside(x >= 0, LOG_2 - 0.5 * z * z - np.log(self.scale) - HALF_LOG_2PI)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.scale * np.abs(random.normal(key, self._rows(shape)))

    @property
    def mean(self) -> Any:
        return self._full(self.scale * np.sqrt(2 / np.pi))

    @property
    def variance(self) -> Any:
        return self._full(self.scale**2 * (1 - 2 / np.pi))


class HalfCauchy(_Half):
    """The absolute value of a Cauchy number about 0; it has no mean.

    Examples
    --------
    >>> from ergodica.distributions import HalfCauchy
    >>> round(float(HalfCauchy(5).log_prob(0.0)), 6)
    -2.061021
    """

    def __init__(self, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = x / self.scale
        return inside(x >= 0, LOG_2 - np.log1p(z * z) - np.log(np.pi * self.scale))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.scale * np.abs(random.cauchy(key, self._rows(shape)))

    @property
    def mean(self) -> Any:
        return self._full(np.inf)

    @property
    def variance(self) -> Any:
        return self._full(np.inf)


class HalfStudentT(_Half):
    """The absolute value of a Student t number about 0, of ``df`` degrees of freedom.

    Examples
    --------
    >>> from ergodica.distributions import HalfStudentT
    >>> round(float(HalfStudentT(3, 2.5).log_prob(0.0)), 6)
    -1.224032
    """

    def __init__(self, df: Any, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, df=df, scale=scale)
        self._positive("df", "scale")

    def log_prob(self, x: Any) -> Any:
        return inside(x >= 0, LOG_2 + StudentT(self.df, 0.0, self.scale).log_prob(x))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return np.abs(StudentT(self.df, 0.0, self.scale, self.shape).sample(key, shape))

    @property
    def mean(self) -> Any:
        from scipy.special import gammaln

        m = np.where(self.df > 1, self.df, np.nan)
        ratio = np.exp(gammaln(0.5 * (m + 1)) - gammaln(0.5 * m))
        return self._full(2 * self.scale * np.sqrt(m / np.pi) * ratio / (m - 1))

    @property
    def variance(self) -> Any:
        m = np.where(self.df > 2, self.df, np.inf)
        return self._full(np.where(self.df > 2, self.scale**2 / (1 - 2 / m) - self.mean**2, np.where(self.df > 1, np.inf, np.nan)))


class Exponential(_Half):
    r"""Waiting times, :math:`p(x) = r e^{-r x}`.

    Examples
    --------
    >>> from ergodica.distributions import Exponential
    >>> float(Exponential(4).mean)
    0.25
    """

    def __init__(self, rate: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, rate=rate)
        self._positive("rate")

    def log_prob(self, x: Any) -> Any:
        return inside(x >= 0, np.log(self.rate) - self.rate * x)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.exponential(key, self._rows(shape)) / self.rate

    @property
    def mean(self) -> Any:
        return self._full(1 / self.rate)

    @property
    def variance(self) -> Any:
        return self._full(1 / self.rate**2)


class Gamma(_Half):
    r"""Gamma numbers, :math:`p(x) = b^a x^{a-1} e^{-b x} / \Gamma(a)`, by shape a (``concentration``) and rate b.

    Examples
    --------
    >>> from ergodica.distributions import Gamma
    >>> float(Gamma(3, 2).mean)
    1.5
    """

    def __init__(self, concentration: Any, rate: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, concentration=concentration, rate=rate)
        self._positive("concentration", "rate")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln, xlogy

        a, b = self.concentration, self.rate
        return inside(x >= 0, a * np.log(b) + xlogy(a - 1, np.where(x >= 0, x, 1.0)) - b * x - gammaln(a))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.gamma(key, self._full(self.concentration), self._rows(shape)) / self.rate

    @property
    def mean(self) -> Any:
        return self._full(self.concentration / self.rate)

    @property
    def variance(self) -> Any:
        return self._full(self.concentration / self.rate**2)


class InverseGamma(_Half):
    r"""One over gamma numbers, :math:`p(x) = b^a x^{-a-1} e^{-b/x} / \Gamma(a)`.

    Examples
    --------
    >>> from ergodica.distributions import InverseGamma
    >>> float(InverseGamma(3, 2).mean)
    1.0
    """

    def __init__(self, concentration: Any, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, concentration=concentration, scale=scale)
        self._positive("concentration", "scale")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln

        a, b = self.concentration, self.scale
        y = np.where(x > 0, x, 1.0)
        return inside(x > 0, a * np.log(b) - (a + 1) * np.log(y) - b / y - gammaln(a))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.scale / random.gamma(key, self._full(self.concentration), self._rows(shape))

    @property
    def mean(self) -> Any:
        a = self._full(self.concentration)
        return np.where(a > 1, self.scale / np.where(a > 1, a - 1, 1.0), np.inf)

    @property
    def variance(self) -> Any:
        a = self._full(self.concentration)
        safe = np.where(a > 2, a, 3.0)
        return np.where(a > 2, self.scale**2 / ((safe - 1) ** 2 * (safe - 2)), np.inf)


class LogNormal(_Half):
    """The exponential of a normal number of mean ``loc`` and standard deviation ``scale``.

    Examples
    --------
    >>> from ergodica.distributions import LogNormal
    >>> round(float(LogNormal(0, 1).mean), 6)
    1.648721
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        y = np.log(np.where(x > 0, x, 1.0))
        z = (y - self.loc) / self.scale
        return inside(x > 0, -0.5 * z * z - y - np.log(self.scale) - HALF_LOG_2PI)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return np.exp(self.loc + self.scale * random.normal(key, self._rows(shape)))

    @property
    def mean(self) -> Any:
        return self._full(np.exp(self.loc + 0.5 * self.scale**2))

    @property
    def variance(self) -> Any:
        return self._full(np.expm1(self.scale**2) * np.exp(2 * self.loc + self.scale**2))


class Weibull(_Half):
    r"""Weibull numbers, :math:`P(X > x) = e^{-(x/s)^k}`.

    Examples
    --------
    >>> from ergodica.distributions import Weibull
    >>> float(Weibull(1, 2).mean)
    2.0
    """

    def __init__(self, power: Any, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, power=power, scale=scale)
        self._positive("power", "scale")

    def log_prob(self, x: Any) -> Any:
        y = np.log(np.where(x > 0, x, 1.0) / self.scale)
        return inside(x > 0, np.log(self.power / self.scale) + (self.power - 1) * y - np.exp(self.power * y))

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.scale * random.exponential(key, self._rows(shape)) ** (1 / self.power)

    @property
    def mean(self) -> Any:
        from scipy.special import gammaln

        return self._full(self.scale * np.exp(gammaln(1 + 1 / self.power)))

    @property
    def variance(self) -> Any:
        from scipy.special import gammaln

        return self._full(self.scale**2 * (np.exp(gammaln(1 + 2 / self.power)) - np.exp(2 * gammaln(1 + 1 / self.power))))
