"""Gaussians, mixtures of them, and heavy tails."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.sampling.spaces import Real
from ergodica.sampling.target import Target

LOG_2PI = 1.8378770664093454836


class Gaussian(Target):
    """A normal law of any covariance, normalised.

    Parameters
    ----------
    mean : array (n,), default 0
    covariance, precision : array (n, n)
        One of the two.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> target = erg.targets.Gaussian(covariance=np.array([[2.0, 0.9], [0.9, 1.0]]))
    >>> run = erg.sample(target, draws=200, seed=1)
    >>> run["x"].shape
    (4, 200, 2)
    """

    log_z = 0.0
    difficulty = "none but the condition number of the covariance"

    def __init__(self, mean: Any = 0.0, covariance: Any = None, precision: Any = None) -> None:
        if (covariance is None) == (precision is None):
            raise SpecError("Gaussian: expected either covariance or precision", fields={"argument": "covariance"})
        given = np.asarray(precision if covariance is None else covariance, np.float64)
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            raise ShapeError(f"Gaussian: expected a square matrix, got shape {given.shape}", fields={"argument": "covariance"})
        self.covariance = np.linalg.inv(given) if covariance is None else given
        self.precision = np.linalg.inv(given) if precision is None else given
        n = len(given)
        self.mean = np.broadcast_to(np.asarray(mean, np.float64), (n,)).copy()
        self.variance = np.diag(self.covariance).copy()
        self.space = Real(n)
        sign, logdet = np.linalg.slogdet(self.covariance)
        if sign <= 0:
            raise SpecError("Gaussian: the covariance is not positive definite", fields={"argument": "covariance"})
        self._norm = -0.5 * (n * LOG_2PI + logdet)

    @classmethod
    def of_condition(cls, n: int, condition: float = 1000.0, seed: int = 0) -> Gaussian:
        """n dimensions, a precision with eigenvalues from 1 to ``condition``, evenly spaced in their logarithm, in random directions."""
        q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
        return cls(precision=(q * np.geomspace(1, condition, n)) @ q.T)

    def log_density(self, x: Any) -> Any:
        d = x - self.mean
        return self._norm - 0.5 * np.sum(d * (self.precision @ d))

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        return rng.multivariate_normal(self.mean, self.covariance, n)


class Mixture(Target):
    """A mixture of isotropic normal laws, normalised.

    Parameters
    ----------
    means : array (k, n)
    scales : float or array (k,), default 1
    weights : array (k,), default equal

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> target = erg.targets.Mixture(np.array([[-4.0, 0.0], [4.0, 0.0]]), weights=[0.3, 0.7])
    >>> target.mean
    array([1.6, 0. ])
    """

    log_z = 0.0
    difficulty = "modes with nothing between them: single chains stay where they begin"

    def __init__(self, means: Any, scales: Any = 1.0, weights: Any = None) -> None:
        self.means = np.asarray(means, np.float64)
        if self.means.ndim != 2:
            raise ShapeError(f"Mixture: expected means of shape (k, n), got {self.means.shape}", fields={"argument": "means"})
        k, n = self.means.shape
        self.scales = np.broadcast_to(np.asarray(scales, np.float64), (k,)).copy()
        w = np.full(k, 1.0) if weights is None else np.asarray(weights, np.float64)
        if w.shape != (k,) or not (w > 0).all() or not (self.scales > 0).all():
            raise SpecError(f"Mixture: expected {k} weights and scales above 0", fields={"argument": "weights"})
        self.weights = w / w.sum()
        self.mean = self.weights @ self.means
        self.variance = self.weights @ (self.means**2 + self.scales[:, None] ** 2) - self.mean**2
        self.space = Real(n)
        self._logs = np.log(self.weights) - n * (np.log(self.scales) + 0.5 * LOG_2PI)

    def log_density(self, x: Any) -> Any:
        from scipy.special import logsumexp

        return logsumexp(self._logs - 0.5 * np.sum((x - self.means) ** 2, axis=1) / self.scales**2)

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        k = rng.choice(len(self.weights), n, p=self.weights)
        return self.means[k] + self.scales[k, None] * rng.normal(size=(n, self.means.shape[1]))


class Student(Target):
    """Independent Student's t numbers.

    Examples
    --------
    >>> import ergodica as erg
    >>> float(erg.targets.Student(5, 3).variance[0])
    1.6666666666666667
    """

    log_z = 0.0
    difficulty = "heavy tails: gradients that vanish far out, rare long excursions"

    def __init__(self, df: float, n: int = 1) -> None:
        if not df > 0:
            raise SpecError(f"Student: expected df above 0, got {df}", fields={"argument": "df"})
        self.df, self.space = float(df), Real(n)
        self.mean = np.full(n, 0.0 if df > 1 else np.nan)
        self.variance = np.full(n, df / (df - 2) if df > 2 else np.inf)

    def log_density(self, x: Any) -> Any:
        from ergodica.distributions import StudentT

        return np.sum(StudentT(self.df).log_prob(x))

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        return rng.standard_t(self.df, (n, self.space.size))
