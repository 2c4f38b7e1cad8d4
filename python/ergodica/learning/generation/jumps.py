"""Draws from models of discrete values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.errors import SpecError
from ergodica.learning.objectives.discrete import log_shares


class Jumps:
    """A way through the jumps of a discrete flow."""

    def check(self, flow: Any, log_density: bool) -> None:
        """Refuse what does not fit."""

    def run(self, flow: Any, model: Any, n: int, shape: tuple[int, ...], key: Any) -> tuple[Any, Any]:
        """x (n, sites), int64, and its log-probability in the order in which it came, or 0."""
        raise NotImplementedError


@dataclass(frozen=True)
class TauLeaping(Jumps):
    """Equal steps in time in which all sites jump independently, each with probability h / (1 - t); of first order in h.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fair = lambda x, t: np.zeros((*x.shape, 2))
    >>> x = erg.generate(fair, 1000, erg.TauLeaping(20), process=erg.DiscreteFlowMatching(2), shape=(4,), seed=1)
    >>> x.shape, bool(abs(x.mean() - 0.5) < 0.05)
    ((1000, 4), True)
    """

    steps: int = 100

    def __post_init__(self) -> None:
        integer(self.steps, "TauLeaping.steps", 1)

    def check(self, flow: Any, log_density: bool) -> None:
        """Steps have no density."""
        if log_density:
            raise SpecError("generate: jumps in steps have no density", "Try erg.Reveal().", {"argument": "log_density"})

    def run(self, flow: Any, model: Any, n: int, shape: tuple[int, ...], key: Any) -> tuple[Any, Any]:
        """Draws after all steps."""
        from ergodica.expr.control import scan

        one, two = random.split(key)

        def step(x: Any, row: Any) -> Any:
            k, key = row
            a, b = random.split(key)
            t = np.zeros(n) + k * (1.0 / self.steps)
            new = random.categorical(a, log_shares(model, x, t, flow.q), axis=-1)
            jumps = random.uniform(b, np.shape(x)) * (self.steps - k) < 1.0
            if flow.source == "mask":
                jumps = jumps & (x == flow.q)
            return np.where(jumps, new, x).astype(np.int64), None

        x = scan(step, flow.begin(one, n, shape), (np.arange(float(self.steps)), random.split(two, self.steps)))[0]
        return x, np.float64(0.0)


@dataclass(frozen=True)
class Reveal(Jumps):
    """One site after the other, in an order that is drawn for each row; for the mask.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fair = lambda x, t: np.zeros((*x.shape, 2))
    >>> process = erg.DiscreteFlowMatching(2)
    >>> x, log_q = erg.generate(fair, 10, erg.Reveal(), process=process, shape=(4,), log_density=True, seed=1)
    >>> bool(np.allclose(log_q, -4 * np.log(2)))
    True
    """

    def check(self, flow: Any, log_density: bool) -> None:
        """There must be a mask."""
        if flow.source != "mask":
            raise SpecError("generate: erg.Reveal() needs source='mask'", "Try erg.TauLeaping(steps).", {"argument": "method"})

    def run(self, flow: Any, model: Any, n: int, shape: tuple[int, ...], key: Any) -> tuple[Any, Any]:
        """Draws, and the sums of log p over their steps."""
        from ergodica.expr.control import scan

        one, two = random.split(key)
        sites = shape[0]
        order = np.argsort(np.argsort(random.uniform(one, (n, sites)), axis=1), axis=1)

        def step(c: Any, row: Any) -> Any:
            x, log_q = c
            k, key = row
            log_p = log_shares(model, x, np.zeros(n) + k * (1.0 / sites), flow.q)
            new = random.categorical(key, log_p, axis=-1)
            now = order == k.astype(np.int64)
            gain = np.where(now[:, :, None] & (np.arange(flow.q) == new[:, :, None]), log_p, 0.0)
            return (np.where(now, new, x).astype(np.int64), log_q + np.sum(np.reshape(gain, (n, -1)), axis=1)), None

        begin = flow.begin(key, n, shape), np.zeros(n)
        return scan(step, begin, (np.arange(float(sites)), random.split(two, sites)))[0]
