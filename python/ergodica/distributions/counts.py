"""Laws of counts and choices: likelihoods."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import random
from ergodica.distributions.base import Distribution
from ergodica.distributions.line import Logistic
from ergodica.errors import ShapeError, SpecError


class Bernoulli(Distribution):
    """0 or 1; the logarithm of the odds of 1 is ``logit``.

    Examples
    --------
    >>> from ergodica.distributions import Bernoulli
    >>> round(float(Bernoulli(logit=0.0).log_prob(1)), 6)
    -0.693147
    """

    def __init__(self, p: Any = None, *, logit: Any = None, shape: Any = None) -> None:
        if (p is None) == (logit is None):
            raise SpecError("Bernoulli: expected either p or logit", fields={"argument": "p"})
        self._set(shape, logit=np.log(p) - np.log1p(-p) if logit is None else logit)

    def log_prob(self, x: Any) -> Any:
        return x * self.logit - np.logaddexp(0.0, self.logit)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.uniform(key, self._rows(shape)) * (1 + np.exp(-self.logit)) < 1

    @property
    def mean(self) -> Any:
        return self._full(1 / (1 + np.exp(-self.logit)))

    @property
    def variance(self) -> Any:
        return self.mean * (1 - self.mean)


class Poisson(Distribution):
    """Counts of independent events of a mean ``rate``.

    Examples
    --------
    >>> from ergodica.distributions import Poisson
    >>> round(float(Poisson(2.0).log_prob(3)), 6)
    -1.712318
    """

    def __init__(self, rate: Any, shape: Any = None) -> None:
        self._set(shape, rate=rate)
        self._positive("rate")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln, xlogy

        return xlogy(x, self.rate) - self.rate - gammaln(x + 1.0)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.poisson(key, self._full(self.rate), self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.rate)

    @property
    def variance(self) -> Any:
        return self._full(self.rate)


class Binomial(Distribution):
    """Successes of n trials; the logarithm of the odds of one is ``logit``.

    Examples
    --------
    >>> from ergodica.distributions import Binomial
    >>> float(Binomial(10, 0.5).mean)
    5.0
    """

    def __init__(self, n: Any, p: Any = None, *, logit: Any = None, shape: Any = None) -> None:
        if (p is None) == (logit is None):
            raise SpecError("Binomial: expected either p or logit", fields={"argument": "p"})
        self._set(shape, n=n, logit=np.log(p) - np.log1p(-p) if logit is None else logit)

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln

        choices = gammaln(self.n + 1.0) - gammaln(x + 1.0) - gammaln(self.n - x + 1.0)
        return choices + x * self.logit - self.n * np.logaddexp(0.0, self.logit)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.binomial(key, self.n, 1 / (1 + np.exp(-self.logit)), self._rows(shape))

    @property
    def mean(self) -> Any:
        return self._full(self.n / (1 + np.exp(-self.logit)))

    @property
    def variance(self) -> Any:
        return self._full(self.n / (1 + np.exp(-self.logit)) / (1 + np.exp(self.logit)))


class BetaBinomial(Distribution):
    """Successes of n trials whose probability is a beta number of ``a`` and ``b``.

    Examples
    --------
    >>> from ergodica.distributions import BetaBinomial
    >>> float(BetaBinomial(10, 1, 3).mean)
    2.5
    """

    def __init__(self, n: Any, a: Any, b: Any, shape: Any = None) -> None:
        self._set(shape, n=n, a=a, b=b)
        self._positive("a", "b")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import betaln, gammaln

        choices = gammaln(self.n + 1.0) - gammaln(x + 1.0) - gammaln(self.n - x + 1.0)
        return choices + betaln(x + self.a, self.n - x + self.b) - betaln(self.a, self.b)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        one, two = random.split(key)
        rows = self._rows(shape)
        return random.binomial(two, np.broadcast_to(self.n, rows), random.beta(one, self._full(self.a), self._full(self.b), rows), rows)

    @property
    def mean(self) -> Any:
        return self._full(self.n * self.a / (self.a + self.b))

    @property
    def variance(self) -> Any:
        s = self.a + self.b
        return self._full(self.n * self.a * self.b * (s + self.n) / (s * s * (s + 1)))


class NegativeBinomial(Distribution):
    """Counts of mean ``mu`` and variance mu + mu^2 / ``size``: Poisson counts whose rate is a gamma number.

    Examples
    --------
    >>> from ergodica.distributions import NegativeBinomial
    >>> float(NegativeBinomial(4.0, 2.0).variance)
    12.0
    """

    def __init__(self, mu: Any, size: Any, shape: Any = None) -> None:
        self._set(shape, mu=mu, size=size)
        self._positive("mu", "size")

    def log_prob(self, x: Any) -> Any:
        from scipy.special import gammaln, xlogy

        r = self.size
        return gammaln(x + r) - gammaln(r) - gammaln(x + 1.0) + xlogy(x, self.mu / (self.mu + r)) - r * np.log1p(self.mu / r)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        one, two = random.split(key)
        rows = self._rows(shape)
        return random.poisson(two, random.gamma(one, np.broadcast_to(self.size, rows), rows) * self.mu / self.size, rows)

    @property
    def mean(self) -> Any:
        return self._full(self.mu)

    @property
    def variance(self) -> Any:
        return self._full(self.mu + self.mu**2 / self.size)


class Categorical(Distribution):
    """One of the numbers 0, ..., n - 1, by unnormalised logarithms of probabilities along the last axis.

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.distributions import Categorical
    >>> round(float(Categorical(np.zeros(4)).log_prob(2)), 6)
    -1.386294
    """

    def __init__(self, logits: Any) -> None:
        self._set(None, logits=logits)
        self.shape = self.shape[:-1]

    def log_prob(self, x: Any) -> Any:
        from scipy.special import logsumexp

        log_p = self.logits - logsumexp(self.logits, axis=-1, keepdims=True)
        chosen = np.arange(np.shape(self.logits)[-1]) == np.asarray(x)[..., None]
        return np.sum(np.where(chosen, log_p, 0.0), axis=-1)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        return random.categorical(key, self.logits, shape=self._rows(shape))


class OrderedLogistic(Distribution):
    r"""One of 0, ..., k: the number of the ascending ``cuts`` :math:`c_1, ..., c_k` below ``eta`` + a logistic number,
    :math:`P(x \le j) = 1 / (1 + e^{\eta - c_{j+1}})`.

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.distributions import OrderedLogistic
    >>> OrderedLogistic(0.3, np.array([-1.0, 2.0])).log_prob(np.array([0, 1, 2])).round(6).tolist()
    [-1.541008, -0.459864, -1.867786]
    """

    def __init__(self, eta: Any, cuts: Any) -> None:
        self._set(None, eta=eta)
        self.cuts, self._names = cuts, ("eta", "cuts")
        if np.ndim(cuts) != 1 or np.shape(cuts)[0] < 1:
            raise ShapeError(f"OrderedLogistic: expected cuts of shape (k,), got {np.shape(cuts)}", fields={"argument": "cuts"})

    def log_prob(self, x: Any) -> Any:
        from scipy.special import log_expit

        x, k = np.asarray(x).astype(np.int64), np.shape(self.cuts)[0]
        above, below = self.cuts[np.minimum(x, k - 1)], self.cuts[np.maximum(x - 1, 0)]
        gap = np.where((x > 0) & (x < k), above - below, 1.0)
        # P(c < eta + noise <= d) = s(d - eta) s(eta - c) (1 - e^(c - d))
        upper, lower = np.where(x < k, log_expit(above - self.eta), 0.0), np.where(x > 0, log_expit(self.eta - below), 0.0)
        return upper + lower + np.where((x > 0) & (x < k), np.log(-np.expm1(-gap)), 0.0)

    def sample(self, key: Any, shape: Any = ()) -> Any:
        z = self.eta + Logistic(shape=self._rows(shape)).sample(key)
        return np.sum(z[..., None] > self.cuts, axis=-1)
