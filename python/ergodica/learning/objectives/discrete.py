"""Discrete flow matching: values that jump one by one from a source to the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.errors import ShapeError, SpecError
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.coupling import log_sum_exp


def log_shares(model: Any, x: Any, t: Any, q: int) -> Any:
    """log p(x_1^i | x_t), (batch, sites, q)."""
    y = model(x, t)
    if np.shape(y) != (*np.shape(x), q):
        raise ShapeError(f"DiscreteFlowMatching: expected a model of (x, t) that returns logits {(*np.shape(x), q)}, it returns {np.shape(y)}",
                         fields={"argument": "model"})  # fmt: skip
    return y - np.reshape(log_sum_exp(np.reshape(y, (-1, q)), 1), (*np.shape(x), 1))


@dataclass(frozen=True)
class DiscreteFlowMatching(Objective):
    r"""Sites with values 0, ..., q - 1, each going on its own from the source to the datum.

    .. math:: p_t(x^i | x_1) = t\, \delta(x^i, x_1^i) + (1 - t)\, p_0(x^i), \qquad L = -E \sum_i \log p_\theta(x_1^i | x_t, t)

    ``data`` are integers (rows, sites); ``model(x, t)`` gives logits (batch, sites, q) for x (batch, sites), int64, and t (batch,). With
    ``source="mask"`` a site that has not jumped has the value q, and the sum goes over these alone; with "uniform" p_0 = 1/q.

    ``erg.generate(fit, n, method=erg.TauLeaping(steps))`` jumps with the probability h / (1 - t) in a step, to a value drawn from p_theta: of first
    order in h. ``erg.Reveal()``, of the mask, uncovers one site after the other in random order, without such an error; with ``log_density=True`` it
    gives the log-probability of the draw in its order, whose weights p / q are unbiased.

    References
    ----------
    A. Campbell, J. Yim, R. Barzilay, T. Rainforth, T. Jaakkola, ICML 2024; I. Gat et al., NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Sites(erg.nn.Module):  # independent sites
    ...     logits: np.ndarray
    ...     def __call__(self, x, t):
    ...         return np.broadcast_to(self.logits, (*x.shape, 2))
    >>> data = (np.random.default_rng(1).uniform(size=(2000, 3)) < 0.8).astype(int)
    >>> fit = erg.learn(erg.DiscreteFlowMatching(2), Sites(np.zeros(2)), erg.Adam(0.05), data=data, steps=200, seed=1)
    >>> x = erg.generate(fit, 2000, erg.Reveal(), seed=1)
    >>> bool(abs(x.mean() - 0.8) < 0.03)
    True
    """

    q: int
    source: str = "mask"

    def __post_init__(self) -> None:
        integer(self.q, "DiscreteFlowMatching.q", 2)
        if self.source not in ("mask", "uniform"):
            raise SpecError(f"DiscreteFlowMatching.source: expected 'mask' or 'uniform', got {self.source!r}", fields={"argument": "source"})

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The cross entropy, summed over sites and averaged over rows."""
        if np.ndim(batch) != 2 or batch.dtype.kind not in "iu":
            raise SpecError(f"DiscreteFlowMatching: expected data of integers (rows, sites), got {batch.dtype} of shape {np.shape(batch)}",
                            fields={"argument": "data"})  # fmt: skip
        x1 = batch.astype(np.int64)
        n = np.shape(x1)[0]
        one, two, three = random.split(key, 3)
        t = random.uniform(one, (n,))
        kept = random.uniform(two, np.shape(x1)) < t[:, None]
        other = self.begin(three, n, tuple(np.shape(x1)[1:]))
        log_p = log_shares(model, np.where(kept, x1, other), t, self.q)
        each = -np.sum(np.where(np.arange(self.q) == x1[:, :, None], log_p, 0.0), axis=2)
        if self.source == "mask":
            each = np.where(kept, 0.0, each)
        return np.mean(np.sum(each, axis=1))

    def suits(self, data: Any, model: Any) -> None:
        """Values must be 0, ..., q - 1."""
        if np.ndim(data) == 2 and data.dtype.kind in "iu" and data.size and not 0 <= np.min(data) <= np.max(data) < self.q:
            raise SpecError(f"DiscreteFlowMatching: expected values from 0 to {self.q - 1}, got some from {np.min(data)} to {np.max(data)}",
                            fields={"argument": "data"})  # fmt: skip

    def begin(self, key: Any, n: int, shape: tuple[int, ...]) -> Any:
        """Draws of the source."""
        return np.full((n, *shape), self.q, np.int64) if self.source == "mask" else random.randint(key, (n, *shape), 0, self.q)

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(batch)[1:])

    def generate(self, model: Any, n: int, method: Any, shape: Any, start: Any, log_density: bool, key: Any) -> Any:
        """Draws by jumps; see :func:`ergodica.generate`."""
        from ergodica.expr.compiled import compile
        from ergodica.learning.generation.jumps import Jumps, TauLeaping

        sampler = TauLeaping() if method is None else method
        if not isinstance(sampler, Jumps) or start is not None:
            raise SpecError(f"generate: expected erg.TauLeaping(steps) or erg.Reveal() and no start, got {method!r}", fields={"argument": "method"})
        if shape is None or len(shape) != 1:
            raise SpecError(f"shape: expected (sites,), got {shape!r}", fields={"argument": "shape"})
        sampler.check(self, log_density)
        x, log_q = compile(lambda model, key: sampler.run(self, model, n, shape, key))(model, key)
        return (x, log_q) if log_density else x
