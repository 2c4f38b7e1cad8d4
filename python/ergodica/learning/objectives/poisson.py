"""Poisson flows: data as charges in more dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica.learning.fields import Field, PoissonField
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.matching import ask, endpoints, real_rows, rows_of
from ergodica.learning.optimisers.base import between
from ergodica.learning.paths import wide


@dataclass(frozen=True)
class PFGM(Objective):
    r"""PFGM++: the field of charges at the data in N + D dimensions (Xu et al., ICML 2023).

    .. math:: L = E\left|f(x, \sigma) - \frac{x - y}{\sigma}\right|^2, \qquad x \sim p_r(x|y) \propto (|x - y|^2 + r^2)^{-(N + D)/2}, \quad r =
    \sigma\sqrt D

    whose minimum is :math:`f = (x - E[y|x, \sigma]) / \sigma = dx/d\sigma` along the field's lines, from ``sigma_max`` down to 0. D = 1 is PFGM,
    D = inf Gaussian noise of width sigma. Draws: x = y + R u, u on the sphere, R = r sqrt(B / (1 - B)), B from Beta(N/2, D/2). ``model(x, sigma)``
    gets sigma (batch,), which spans decades, few of them seen in training: a network should be given x / (1 + sigma^2)^(1/2) and log sigma, and
    f = (x - D) / sigma be made from what it adds to D = x / (1 + sigma^2); a plain one is far off at sigma_max, and draws begin there.

    :func:`ergodica.log_likelihood`, and ``erg.generate`` with densities, end at ``sigma_min``, where the law is that of the data with their noise. At
    ``sigma_max`` the law is taken for that of the noise alone: an error of the order of the mean over sigma_max and of (data / sigma_max)^2.

    Parameters
    ----------
    D : float, default 128
        Above 0, or inf.
    sigma_min, sigma_max : float, default 0.002, 80
        ``erg.generate`` goes from the one to the other, in steps spaced by ``rho``, and then to 0 by the midpoint rule.
    log_mean, log_sd : float, default -1.2, 1.2
        log sigma in training is normal.
    rho : float, default 7

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> point = lambda x, sigma: (x - 2.0) / sigma[:, None]  # the field of one datum
    >>> x = erg.generate(point, 5, erg.ODE(30, "heun"), process=erg.PFGM(D=4.0), shape=(2,), seed=1)
    >>> bool(np.allclose(x, 2.0))
    True
    """

    D: float = 128.0
    sigma_min: float = 0.002
    sigma_max: float = 80.0
    log_mean: float = -1.2
    log_sd: float = 1.2
    rho: float = 7.0

    def __post_init__(self) -> None:
        between("PFGM.D", self.D, 0.0, open_low=True)
        between("PFGM.sigma_min", self.sigma_min, 0.0, open_low=True)
        between("PFGM.sigma_max", self.sigma_max, self.sigma_min, open_low=True)
        between("PFGM.log_mean", self.log_mean, -math.inf)
        between("PFGM.log_sd", self.log_sd, 0.0)
        between("PFGM.rho", self.rho, 1.0)

    def perturbation(self, key: Any, sigma: Any, n: int, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
        """x - y, (n, *shape), for sigma of shape (n,)."""
        one, two = random.split(key)
        z = random.normal(one, (n, *shape), dtype)
        if math.isinf(self.D):
            return wide(sigma, z) * z
        u = z / wide(np.sqrt(rows_of(z * z)), z)
        c = random.beta(two, 0.5 * self.D, 0.5 * math.prod(shape), (n,))  # 1 - B: in the tails B rounds to 1
        return wide(sigma * np.sqrt(self.D * (1.0 - c) / c).astype(dtype), z) * u

    def log_density(self, away: Any, sigma: float) -> Any:
        r"""log p_r of x - y (n, ...): Student's t with D degrees of freedom and width sigma,

        .. math:: p_r = \frac{\Gamma((N + D)/2)}{\Gamma(D/2)\, (\pi r^2)^{N/2}} \left(1 + |x - y|^2 / r^2\right)^{-(N + D)/2}.
        """
        n, square = math.prod(np.shape(away)[1:]), rows_of(away * away)
        if math.isinf(self.D):
            return -0.5 * square / sigma**2 - 0.5 * n * math.log(2 * math.pi * sigma**2)
        r2 = sigma**2 * self.D
        top = math.lgamma(0.5 * (n + self.D)) - math.lgamma(0.5 * self.D) - 0.5 * n * math.log(math.pi * r2)
        return top - 0.5 * (n + self.D) * np.log1p(square / r2)

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean over rows."""
        _, y, condition = endpoints(batch, "PFGM")
        y = real_rows(y, "PFGM")
        one, two = random.split(key)
        n = np.shape(y)[0]
        sigma = np.exp(self.log_mean + self.log_sd * random.normal(one, (n,), y.dtype))
        away = self.perturbation(two, sigma, n, tuple(np.shape(y)[1:]), y.dtype)
        return np.mean(rows_of((ask(model, y + away, sigma, condition, "PFGM") - away / wide(sigma, away)) ** 2))

    def field(self, model: Any) -> Field:
        """The motion along the field's lines."""
        return PoissonField(model, self)

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(endpoints(batch, "PFGM")[1])[1:])
