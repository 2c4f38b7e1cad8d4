"""Statistical models that samplers are tried on."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ergodica.distributions import HalfCauchy, Normal, Poisson
from ergodica.errors import ShapeError, SpecError
from ergodica.sampling.spaces import Interval, Positive, Real
from ergodica.sampling.target import Target


class EightSchools(Target):
    """Effects of coaching in eight schools, y_j ~ N(theta_j, sigma_j), theta_j ~ N(mu, tau), mu ~ N(0, 5), tau ~ half-Cauchy(0, 5).

    Non-centred where ``centred`` is False: theta_j = mu + tau t_j, with t in place of theta. The moments of mu and tau are those of a long run of
    Stan in posteriordb, whose errors are 0.03 in the means.

    Examples
    --------
    >>> import ergodica as erg
    >>> run = erg.sample(erg.targets.EightSchools(), draws=200, seed=1)
    >>> list(run)[:3]
    ['mu', 'tau', 't']
    """

    difficulty = "centred: a funnel at small tau that diverges; non-centred: easy"
    reference = "D. B. Rubin, J. Educ. Stat. 6, 377 (1981); moments: posteriordb, eight_schools-eight_schools_noncentered"
    y = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    sigma = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])

    def __init__(self, centred: bool = False) -> None:
        self.centred = bool(centred)
        self.mean = {"mu": 4.4105, "tau": 3.6021}
        self.variance = {"mu": 10.95, "tau": 10.23}
        self.space = {"mu": Real(), "tau": Positive(), "theta" if centred else "t": Real(8)}

    def log_density(self, x: Any) -> Any:
        if self.centred:
            theta, prior = x["theta"], Normal(x["mu"], x["tau"]).log_prob(x["theta"])
        else:
            theta, prior = x["mu"] + x["tau"] * x["t"], Normal().log_prob(x["t"])
        rest = Normal(0, 5).log_prob(x["mu"]) + HalfCauchy(5).log_prob(x["tau"])
        return rest + np.sum(prior) + np.sum(Normal(theta, self.sigma).log_prob(self.y))


class Horseshoe(Target):
    """Sparse means: y_i ~ N(theta_i, 1), theta_i ~ N(0, tau lambda_i), lambda_i ~ half-Cauchy(0, 1), with tau given.

    Given tau the pairs (theta_i, lambda_i) are independent, and their moments are integrals over lambda alone; lambda has no variance.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> target = erg.targets.Horseshoe(np.array([0.5, 6.0]), tau=0.1)
    >>> [round(float(m), 3) for m in target.mean["theta"]]
    [0.03, 5.631]
    """

    difficulty = "spikes at 0 with heavy tails, a funnel for every component"
    reference = "C. M. Carvalho, N. G. Polson, J. G. Scott, Biometrika 97, 465 (2010)"

    def __init__(self, y: Any, tau: float = 0.1) -> None:
        self.y, self.tau = np.asarray(y, np.float64), float(tau)
        if self.y.ndim != 1 or not tau > 0:
            raise ShapeError(f"Horseshoe: expected y of shape (n,) and tau above 0, got {self.y.shape} and {tau}")
        self.space = {"theta": Real(len(self.y)), "lambda": Positive(len(self.y))}

    def log_density(self, x: Any) -> Any:
        terms = Normal(0.0, self.tau * x["lambda"]).log_prob(x["theta"]) + HalfCauchy().log_prob(x["lambda"])
        return np.sum(terms + Normal(x["theta"], 1.0).log_prob(self.y))

    @cached_property
    def _moments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        t = np.linspace(-60, 60, 24001)  # log lambda; the integrand falls exponentially on both sides
        lam = np.exp(t)[:, None]
        v = 1 + (self.tau * lam) ** 2
        w = np.exp(-0.5 * self.y**2 / v) / np.sqrt(v) * lam / (1 + lam**2)
        w /= w.sum(0)
        s = 1 - 1 / v
        mean = (w * s * self.y).sum(0)
        square = (w * (s + (s * self.y) ** 2)).sum(0)
        return mean, square - mean**2, (w * lam).sum(0)

    @property
    def mean(self) -> Any:
        return {"theta": self._moments[0], "lambda": self._moments[2]}

    @property
    def variance(self) -> Any:
        return {"theta": self._moments[1], "lambda": np.full(len(self.y), np.inf)}


class LogisticRegression(Target):
    """Outcomes y in {0, 1}, log odds X beta, beta ~ N(0, scale^2).

    Examples
    --------
    >>> import ergodica as erg
    >>> target = erg.targets.LogisticRegression.simulated(100, 3)
    >>> target.space
    Real(3)
    """

    difficulty = "none: nearly Gaussian; its cost is two products with X"

    def __init__(self, X: Any, y: Any, scale: float = 1.0) -> None:
        self.X, self.y, self.scale = np.asarray(X, np.float64), np.asarray(y, np.float64), float(scale)
        if self.X.ndim != 2 or self.y.shape != self.X.shape[:1]:
            raise ShapeError(f"LogisticRegression: expected X (rows, n) and y (rows,), got {self.X.shape} and {self.y.shape}")
        self.space = Real(self.X.shape[1])

    @classmethod
    def simulated(cls, rows: int = 1000, n: int = 25, seed: int = 0, scale: float = 1.0) -> LogisticRegression:
        """Normal covariates and coefficients."""
        rng = np.random.default_rng(seed)
        X, beta = rng.normal(size=(rows, n)), rng.normal(size=n)
        return cls(X, rng.random(rows) < 1 / (1 + np.exp(-X @ beta)), scale)

    def log_density(self, x: Any) -> Any:
        eta = self.X @ x
        return np.sum(self.y * eta - np.logaddexp(0.0, eta)) - 0.5 * np.sum(x * x) / self.scale**2


class StochasticVolatility(Target):
    """Returns y_t ~ N(0, e^{h_t / 2}) with h_t = mu + phi (h_{t-1} - mu) + sigma z_t by standard normal z, and h_1 stationary.

    Priors: (phi + 1)/2 ~ Beta(20, 1.5), mu ~ N(0, 10), sigma ~ half-Cauchy(0, 0.5).

    Examples
    --------
    >>> import ergodica as erg
    >>> target = erg.targets.StochasticVolatility.simulated(50, seed=1)
    >>> target.space["z"]
    Real(50)
    """

    difficulty = "as many latents as data, strongly correlated through phi near 1"
    reference = "S. Kim, N. Shephard, S. Chib, Rev. Econ. Stud. 65, 361 (1998)"

    def __init__(self, y: Any) -> None:
        self.y = np.asarray(y, np.float64)
        if self.y.ndim != 1 or len(self.y) < 2:
            raise ShapeError(f"StochasticVolatility: expected returns of shape (T,), T > 1, got {self.y.shape}")
        self.space = {"mu": Real(), "phi": Interval(-1, 1), "sigma": Positive(), "z": Real(len(self.y))}

    @classmethod
    def simulated(cls, T: int = 500, mu: float = -1.0, phi: float = 0.95, sigma: float = 0.3, seed: int = 0) -> StochasticVolatility:
        """Returns of given parameters."""
        if T < 2:
            raise SpecError(f"StochasticVolatility: expected at least 2 returns, got {T}", fields={"argument": "T"})
        rng = np.random.default_rng(seed)
        h = np.empty(T)
        h[0] = mu + sigma / np.sqrt(1 - phi**2) * rng.normal()
        for t in range(1, T):
            h[t] = mu + phi * (h[t - 1] - mu) + sigma * rng.normal()
        return cls(np.exp(h / 2) * rng.normal(size=T))

    def log_density(self, x: Any) -> Any:
        from scipy.special import xlog1py, xlogy

        from ergodica.expr.control import scan

        mu, phi, sigma = x["mu"], x["phi"], x["sigma"]

        def step(h: Any, z: Any) -> Any:
            h = phi * h + sigma * z
            return h, h

        first = x["z"][0] * sigma / np.sqrt(1 - phi * phi)
        _, rest = scan(step, first, x["z"][1:])
        h = mu + np.concatenate([np.reshape(first, (1,)), rest])
        half = 0.5 * (phi + 1)
        prior = xlogy(19.0, half) + xlog1py(0.5, -half) - 0.005 * mu * mu + HalfCauchy(0.5).log_prob(sigma) - 0.5 * np.sum(x["z"] ** 2)
        return prior - 0.5 * np.sum(h + self.y**2 * np.exp(-h))


class LogGaussianCox(Target):
    """Counts in the cells of a square, y_ij ~ Poisson(exp(f_ij) / m^2) on m x m cells, f Gaussian with mean ``mean`` and covariance
    variance exp(-distance / (m length)), in units of cells; by standard normal z, f = mean + L z.

    Examples
    --------
    >>> import ergodica as erg
    >>> target = erg.targets.LogGaussianCox.simulated(6, seed=1)
    >>> target.space
    Real(36)
    """

    difficulty = "many dimensions, strongly correlated in f; white in z, where a likelihood of few counts deforms it little"
    reference = "J. Moeller, A. R. Syversveen, R. P. Waagepetersen, Scand. J. Stat. 25, 451 (1998)"

    def __init__(self, counts: Any, mean: float | None = None, variance: float = 1.91, length: float = 1 / 33) -> None:
        self.counts = np.asarray(counts, np.float64)
        m = len(self.counts)
        if self.counts.shape != (m, m) or m < 2:
            raise ShapeError(f"LogGaussianCox: expected counts of shape (m, m), got {self.counts.shape}", fields={"argument": "counts"})
        self.level = float(np.log(max(self.counts.sum(), 1.0)) - 0.5 * variance if mean is None else mean)
        at = np.stack(np.meshgrid(np.arange(m), np.arange(m), indexing="ij"), -1).reshape(-1, 2)
        distance = np.sqrt(((at[:, None] - at) ** 2).sum(-1))
        self.factor = np.linalg.cholesky(variance * np.exp(-distance / (m * length)) + 1e-10 * np.eye(m * m))
        self.space = Real(m * m)

    @classmethod
    def simulated(cls, m: int = 16, points: float = 126.0, seed: int = 0) -> LogGaussianCox:
        """Counts of about ``points`` points drawn from the model."""
        rng = np.random.default_rng(seed)
        prior = cls(np.full((m, m), points / m**2))
        f = prior.level + prior.factor @ rng.normal(size=m * m)
        return cls(rng.poisson(np.exp(f) / m**2).reshape(m, m), prior.level)

    def log_density(self, x: Any) -> Any:
        f = self.level + self.factor @ x
        return np.sum(Poisson(np.exp(f) / self.counts.size).log_prob(self.counts.reshape(-1))) - 0.5 * np.sum(x * x)
