"""Laws of vectors and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.distributions.base import Distribution
from ergodica.distributions.line import HALF_LOG_2PI
from ergodica.errors import ShapeError, SpecError
from ergodica.sampling.spaces import CorrCholesky, Real, Simplex, Space


class MultivariateNormal(Distribution):
    """Normal vectors of a mean (n) and a covariance (n, n), or its lower Cholesky factor ``scale_tril``.

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.distributions import MultivariateNormal
    >>> law = MultivariateNormal(np.zeros(2), np.array([[2.0, 0.5], [0.5, 1.0]]))
    >>> round(float(law.log_prob(np.zeros(2))), 6)
    -2.117685
    """

    event = 1

    def __init__(self, mean: Any, covariance: Any = None, *, scale_tril: Any = None) -> None:
        if (covariance is None) == (scale_tril is None):
            raise SpecError("MultivariateNormal: expected either covariance or scale_tril", fields={"argument": "covariance"})
        given = covariance if scale_tril is None else scale_tril
        self.loc, n = mean, np.shape(mean)[-1] if np.ndim(mean) else 0
        if np.ndim(mean) != 1 or np.shape(given) != (n, n):
            raise ShapeError(f"MultivariateNormal: expected a mean (n) and a matrix (n, n), got {np.shape(mean)} and {np.shape(given)}")
        self.scale_tril = np.linalg.cholesky(given) if scale_tril is None else given
        self.shape, self._names = (n,), ("loc", "scale_tril")

    def log_prob(self, x: Any) -> Any:
        """log p of vectors along the last axis."""
        from scipy.linalg import solve_triangular

        n = self.shape[0]
        d = np.reshape(x - self.loc, (-1, n)).T
        z = solve_triangular(self.scale_tril, d, lower=True)
        value = -0.5 * np.sum(z * z, axis=0) - np.sum(np.log(np.diagonal(self.scale_tril))) - n * HALF_LOG_2PI
        return np.reshape(value, np.shape(x)[:-1])

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return self.loc + random.normal(key, self._rows(shape)) @ self.scale_tril.T

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def covariance(self) -> Any:
        """The covariance matrix."""
        return self.scale_tril @ self.scale_tril.T

    @property
    def variance(self) -> Any:
        return np.sum(self.scale_tril**2, axis=1)

    @property
    def space(self) -> Space:
        return Real(self.shape)


class Dirichlet(Distribution):
    r"""Shares that sum to 1, :math:`p(x) \propto \prod_k x_k^{\alpha_k - 1}`, with respect to all of them but the last;
    an ``alpha`` (..., n) is a law of rows of shares, as the rows of a transition matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.distributions import Dirichlet
    >>> Dirichlet(np.array([2.0, 3, 5])).mean
    array([0.2, 0.3, 0.5])
    """

    event = 1

    def __init__(self, alpha: Any) -> None:
        self._set(None, alpha=alpha)
        self._positive("alpha")
        if np.ndim(alpha) < 1:
            raise ShapeError(f"Dirichlet: expected alpha of shape (..., n), got {np.shape(alpha)}", fields={"argument": "alpha"})

    def log_prob(self, x: Any) -> Any:
        """log p of shares along the last axis."""
        from scipy.special import gammaln, xlogy

        a = self.alpha
        return np.sum(xlogy(a - 1, x), axis=-1) + gammaln(np.sum(a, axis=-1)) - np.sum(gammaln(a), axis=-1)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.dirichlet(key, self.alpha, shape)

    @property
    def mean(self) -> Any:
        return self.alpha / np.sum(self.alpha, axis=-1, keepdims=True)

    @property
    def variance(self) -> Any:
        m = self.mean
        return m * (1 - m) / (np.sum(self.alpha, axis=-1, keepdims=True) + 1)

    @property
    def space(self) -> Space:
        return Simplex(self.shape[-1], rows=self.shape[:-1])


class LKJCholesky(Distribution):
    r"""Lower Cholesky factors L of correlation matrices of size n, :math:`p(L) \propto \prod_{i=2}^n L_{ii}^{n - i + 2\eta - 2}`: the matrices
    L L' have a density in proportion to det^(eta - 1).

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.distributions import LKJCholesky
    >>> round(float(LKJCholesky(2, 1.0).log_prob(np.eye(2))), 6)
    -0.693147

    References
    ----------
    D. Lewandowski, D. Kurowicka, H. Joe, J. Multivar. Anal. 100, 1989 (2009).
    """

    event = 2

    def __init__(self, n: int, eta: Any = 1.0) -> None:
        self._set(None, eta=eta)
        self._positive("eta")
        self.n = integer(n, "LKJCholesky: n", 1)
        self.shape, self._names = (self.n, self.n), ("n", "eta")

    def _halves(self) -> Any:
        """Beta parameters of the radii of rows 2 to n: r_i^2 has the law Beta((i-1)/2, eta + (n-i)/2)."""
        i = np.arange(2, self.n + 1)
        return (i - 1) / 2, self.eta + (self.n - i) / 2

    def log_prob(self, x: Any) -> Any:
        """log p of one factor (n, n)."""
        from scipy.special import betaln, gammaln

        i = np.arange(2, self.n + 1)
        a, b = self._halves()
        area = np.log(2.0) + a * np.log(np.pi) - gammaln(a)  # of the sphere that a row's direction lies on
        norm = betaln(a, b) - np.log(2.0) + area
        return np.sum((self.n - i + 2 * self.eta - 2) * np.log(np.diagonal(x)[1:])) - np.sum(norm)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        one, two = random.split(key)
        rows = tuple(np.atleast_1d(np.asarray(shape, int))) if np.ndim(shape) == 0 else tuple(shape)
        a, b = self._halves()
        square = random.beta(one, a, b, (*rows, self.n - 1))
        z = random.normal(two, (*rows, self.n - 1, self.n)) * (np.arange(self.n) <= np.arange(self.n - 1)[:, None])
        direction = z / np.sqrt(np.sum(z * z, axis=-1, keepdims=True))
        lower = direction * np.sqrt(square)[..., None]
        diagonal = np.sqrt(1 - square)
        full = lower + diagonal[..., None] * (np.arange(self.n)[None, :] == np.arange(1, self.n)[:, None])
        first = np.broadcast_to(np.eye(1, self.n), (*rows, 1, self.n))
        return np.concatenate([first, full], axis=-2)

    @property
    def space(self) -> Space:
        return CorrCholesky(self.n)
