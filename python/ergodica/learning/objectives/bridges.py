"""Light Schroedinger bridges: a mixture as potential, everything else in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.learning.fields import BridgeField, Field
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.coupling import log_sum_exp
from ergodica.learning.objectives.matching import endpoints
from ergodica.learning.optimisers.base import between
from ergodica.nn.dense import keys, size
from ergodica.nn.module import Module


class LightBridge(Module):
    r"""The Schroedinger bridge of :math:`dX = \sqrt\epsilon\, dW` that a potential :math:`v(y) = \sum_k \alpha_k N(y; r_k, \epsilon S_k)` gives, S
    diagonal.

    .. math:: \pi(y|x) = \frac{1}{c(x)} \sum_k \tilde\alpha_k(x) N(y; r_k + S_k x, \epsilon S_k), \qquad
        \tilde\alpha_k = \alpha_k \exp\frac{x^T S_k x + 2 r_k^T x}{2\epsilon}, \qquad c = \sum_k \tilde\alpha_k

    Parameters
    ----------
    n : int
    components : int
    epsilon : float, default 1
        The static problem has the cost |x - y|^2 / 2 and the weight epsilon of the entropy.
    centres : array (components, n), optional
        r at the start, such as rows of the data at the end; normal where they are not given.
    seed : int or key, default drawn

    Attributes
    ----------
    log_alpha (components,), r (components, n), log_S (components, n)

    References
    ----------
    A. Korotin, N. Gushchin, E. Burnaev, ICLR 2024, arXiv:2310.01174.
    """

    log_alpha: np.ndarray
    r: np.ndarray
    log_S: np.ndarray
    epsilon: float

    def __init__(self, n: int, components: int, epsilon: float = 1.0, centres: Any = None, seed: Any = None) -> None:
        n, k = size(n, "LightBridge n"), size(components, "LightBridge components")
        between("LightBridge.epsilon", epsilon, 0.0, open_low=True)
        if centres is not None and np.shape(centres) != (k, n):
            raise SpecError(f"LightBridge.centres: expected shape {(k, n)}, got {np.shape(centres)}", fields={"argument": "centres"})
        self.r = np.array(random.normal(keys(seed, 1)[0], (k, n)) if centres is None else centres, float)
        self.log_alpha, self.log_S, self.epsilon = np.full(k, -math.log(k)), np.zeros((k, n)), float(epsilon)

    def log_shares(self, x: Any) -> Any:
        """log of alpha~ (batch, components)."""
        return self.log_alpha + (0.5 * (x * x) @ np.exp(self.log_S).T + x @ self.r.T) * (1 / self.epsilon)

    def log_c(self, x: Any) -> Any:
        """log c(x) (batch,)."""
        return log_sum_exp(self.log_shares(x), 1)

    def log_v(self, y: Any) -> Any:
        """log v(y) (batch,)."""
        d = y[:, None, :] - self.r[None]
        each = -0.5 * np.sum(d * d * np.exp(-self.log_S) * (1 / self.epsilon) + self.log_S + math.log(2 * math.pi * self.epsilon), axis=2)
        return log_sum_exp(self.log_alpha + each, 1)

    def conditional(self, key: Any, x: Any) -> Any:
        """Draws of y given rows x (batch, n): the end of the bridge without its path."""
        one, two = random.split(key)
        k = random.categorical(one, self.log_shares(x), axis=1)
        S, r = np.take(np.exp(self.log_S), k, axis=0), np.take(self.r, k, axis=0)
        return r + S * x + np.sqrt(self.epsilon * S) * random.normal(two, np.shape(x))

    def drift(self, x: Any, t: Any) -> Any:
        """g(x, t) of dX = g dt + sqrt(epsilon) dW, (E[y | x_t] - x) / (1 - t), for t (batch,) below 1."""
        e, S, left = self.epsilon, np.exp(self.log_S), np.reshape(1.0 - t, (-1, 1, 1))
        A = (1.0 - left) / (e * left) + 1 / (e * S)
        h = x[:, None, :] / (e * left) + self.r / (e * S)
        log = self.log_alpha + 0.5 * np.sum(h * h / A - np.log(A) - self.r**2 / (e * S) - self.log_S, axis=2)
        w = np.exp(log - log_sum_exp(log, 1)[:, None])
        return (np.sum(w[:, :, None] * h / A, axis=1) - x) / left[:, 0]


@dataclass(frozen=True)
class LightSchroedingerBridge(Objective):
    r"""The divergence from the bridge between two laws to that of a :class:`~ergodica.learning.objectives.LightBridge`, up to a constant.

    .. math:: L = E_{p_0} \log c(x) - E_{p_1} \log v(y)

    ``data`` are pairs (x0, x1) with equally many rows, which need not belong together. ``erg.generate(fit, start=x0, method=erg.SDE(200))`` follows
    the bridge; ``fit.model.conditional(key, x0)`` draws its ends at once.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> rng = np.random.default_rng(1)
    >>> x0, x1 = rng.normal(size=(4000, 1)), 2.0 * rng.normal(size=(4000, 1))
    >>> bridge = erg.learning.objectives.LightBridge(1, 1, seed=0)
    >>> fit = erg.learn(erg.LightSchroedingerBridge(), bridge, erg.Adam(0.02), data=(x0, x1), steps=400, seed=1)
    >>> bool(abs(np.exp(fit.model.log_S[0, 0]) - 1.5616) < 0.1)  # the covariance of both ends: (17^(1/2) - 1) / 2
    True
    """

    draws = False

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """L."""
        x0, x1, _ = endpoints(batch, "LightSchroedingerBridge")
        if x0 is None or not hasattr(model, "log_c"):
            raise SpecError("LightSchroedingerBridge: expected pairs (x0, x1) as data, and a LightBridge as model", fields={"argument": "data"})
        return np.mean(model.log_c(x0)) - np.mean(model.log_v(x1))

    def field(self, model: Any) -> Field:
        """The motion of a trained bridge."""
        return BridgeField(model)

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(endpoints(batch, "LightSchroedingerBridge")[1])[1:])
