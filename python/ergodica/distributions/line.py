"""Laws on all real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.distributions.base import Distribution
from ergodica.sampling.spaces import Real, Space

HALF_LOG_2PI = 0.9189385332046727418


class _Line(Distribution):
    @property
    def space(self) -> Space:
        return Real(self.shape)


class Normal(_Line):
    r"""Normal numbers, :math:`p(x) = e^{-(x-m)^2/2 s^2} / \sqrt{2\pi} s`; the second parameter is the standard deviation.

    Examples
    --------
    >>> from ergodica.distributions import Normal
    >>> round(float(Normal(0, 2).log_prob(1.0)), 6)
    -1.737086
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = (x - self.loc) / self.scale
        return -0.5 * z * z - np.log(self.scale) - HALF_LOG_2PI

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.normal(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.loc)

    @property
    def variance(self) -> Any:
        return self._full(self.scale**2)


class StudentT(_Line):
    """Student's t with ``df`` degrees of freedom, moved by ``loc`` and stretched by ``scale``.

    Examples
    --------
    >>> from ergodica.distributions import StudentT
    >>> float(StudentT(4, 0, 1).variance)
    2.0
    """

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, df=df, loc=loc, scale=scale)
        self._positive("df", "scale")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln

        z, half = (x - self.loc) / self.scale, 0.5 * self.df
        norm = gammaln(half + 0.5) - gammaln(half) - 0.5 * np.log(np.pi * self.df) - np.log(self.scale)
        return norm - (half + 0.5) * np.log1p(z * z / self.df)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.student_t(key, self._full(self.df), self._rows(shape))

    @property
    def mean(self) -> Any:
        return np.where(self._full(self.df) > 1, self._full(self.loc), np.nan)

    @property
    def variance(self) -> Any:
        df = self._full(self.df)
        return np.where(df > 2, self.scale**2 * df / np.where(df > 2, df - 2, 1.0), np.where(df > 1, np.inf, np.nan))


class Cauchy(_Line):
    """The Cauchy (Lorentz) law; it has no mean.

    Examples
    --------
    >>> from ergodica.distributions import Cauchy
    >>> round(float(Cauchy(0, 5).log_prob(0.0)), 6)
    -2.754168
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = (x - self.loc) / self.scale
        return -np.log1p(z * z) - np.log(np.pi * self.scale)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.cauchy(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(np.nan)

    @property
    def variance(self) -> Any:
        return self._full(np.nan)


class Laplace(_Line):
    r"""Two-sided exponential numbers, :math:`p(x) = e^{-|x-m|/s} / 2 s`.

    Examples
    --------
    >>> from ergodica.distributions import Laplace
    >>> float(Laplace(1, 2).variance)
    8.0
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        return -np.abs(x - self.loc) / self.scale - np.log(2 * self.scale)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.laplace(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.loc)

    @property
    def variance(self) -> Any:
        return self._full(2 * self.scale**2)


class Logistic(_Line):
    r"""Numbers of the distribution function :math:`1 / (1 + e^{-(x-m)/s})`.

    Examples
    --------
    >>> from ergodica.distributions import Logistic
    >>> round(float(Logistic(0, 1).log_prob(0.0)), 6)
    -1.386294
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = np.abs(x - self.loc) / self.scale
        return -z - 2 * np.log1p(np.exp(-z)) - np.log(self.scale)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.logistic(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.loc)

    @property
    def variance(self) -> Any:
        return self._full(self.scale**2 * np.pi**2 / 3)


class Gumbel(_Line):
    r"""The law of largest values, :math:`P(X \le x) = e^{-e^{-(x-m)/s}}`.

    Examples
    --------
    >>> from ergodica.distributions import Gumbel
    >>> round(float(Gumbel(0, 1).mean), 6)
    0.577216
    """

    def __init__(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None) -> None:
        self._set(shape, loc=loc, scale=scale)
        self._positive("scale")

    def log_prob(self, x: Any) -> Any:
        z = (x - self.loc) / self.scale
        return -z - np.exp(-z) - np.log(self.scale)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + self.scale * random.gumbel(key, self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.loc + np.euler_gamma * self.scale)

    @property
    def variance(self) -> Any:
        return self._full(self.scale**2 * np.pi**2 / 6)
