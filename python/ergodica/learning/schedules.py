"""Learning rates as functions of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, dataclass_transform

import numpy as np

from ergodica.errors import SpecError
from ergodica.expr.intercept import seen
from ergodica.learning.optimisers.base import between


@dataclass_transform(frozen_default=True)
class Schedule:
    """A number for each step k = 0, 1, ...; settings of a dataclass and ``at(k)`` in plain NumPy, of a float64.

    Any function of k does as a rate as well; schedules have equality, a text and arguments that are checked.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.learning.schedules.Cosine(1e-2, steps=100, warmup=10)(np.array([0, 9, 55, 100])).round(6).tolist()
    [0.001, 0.01, 0.005, 0.0]
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclass(frozen=True)(cls)
        seen(cls)

    def at(self, k: Any) -> Any:
        raise NotImplementedError

    def __call__(self, k: Any) -> Any:
        """The rate at step k; an array of steps gives an array."""
        return self.at(k.astype(np.float64) if hasattr(k, "astype") else np.float64(k))

    def _positive(self, *names: str) -> None:
        for name in names:
            between(f"{type(self).__name__}.{name}", getattr(self, name), 0.0, open_low=True)


def _warm(k: Any, rate: float, warmup: int, after: Any) -> Any:
    return np.where(k < warmup, rate * np.minimum(k + 1.0, warmup) / warmup, after) if warmup else after


class Constant(Schedule):
    r"""``rate``, reached linearly in the first ``warmup`` steps: rate (k + 1) / warmup."""

    rate: float
    warmup: int = 0

    def __post_init__(self) -> None:
        between("Constant.rate", self.rate, 0.0)
        between("Constant.warmup", self.warmup, 0)

    def at(self, k: Any) -> Any:
        return _warm(k, self.rate, self.warmup, self.rate + 0.0 * k)


class Exponential(Schedule):
    r""":math:`\eta_k = \max(\eta\, \gamma^{k / n}, \text{floor})`.

    Parameters
    ----------
    rate : float
        :math:`\eta`.
    factor : float in (0, 1]
        :math:`\gamma`, what remains after ``steps``.
    steps : int, default 1
        n.
    floor : float, default 0
    """

    rate: float
    factor: float
    steps: float = 1
    floor: float = 0.0

    def __post_init__(self) -> None:
        between("Exponential.rate", self.rate, 0.0)
        between("Exponential.factor", self.factor, 0.0, 1.0, open_low=True)
        self._positive("steps")
        between("Exponential.floor", self.floor, 0.0)

    def at(self, k: Any) -> Any:
        return np.maximum(self.rate * self.factor ** (k / self.steps), self.floor)


class Cosine(Schedule):
    r"""Linear warm-up, then half a cosine down to ``floor``, which stays.

    .. math::
        \eta_k = \eta \frac{k + 1}{w} \quad (k < w), \qquad
        \eta_k = f + (\eta - f) \frac{1 + \cos(\pi (k - w) / (n - w))}{2} \quad (w \le k \le n)

    Parameters
    ----------
    rate : float
        :math:`\eta`, the largest.
    steps : int
        n, warm-up included.
    warmup : int, default 0
        w < n.
    floor : float, default 0
        f.

    References
    ----------
    I. Loshchilov and F. Hutter, arXiv:1608.03983.
    """

    rate: float
    steps: int
    warmup: int = 0
    floor: float = 0.0

    def __post_init__(self) -> None:
        between("Cosine.rate", self.rate, 0.0)
        self._positive("steps")
        between("Cosine.warmup", self.warmup, 0, self.steps - 1)
        between("Cosine.floor", self.floor, 0.0)

    def at(self, k: Any) -> Any:
        part = np.clip((k - self.warmup) / (self.steps - self.warmup), 0.0, 1.0)
        return _warm(k, self.rate, self.warmup, self.floor + (self.rate - self.floor) * (1.0 + np.cos(np.pi * part)) / 2)


class OneCycle(Schedule):
    r"""Half a cosine up from rate / 25 in the first 30 % of the steps, and half a cosine down to almost nothing.

    Parameters
    ----------
    rate : float
        The largest, at step ``rise`` * ``steps`` - 1.
    steps : int
        At least 2; the last value is reached at step ``steps`` - 1 and stays.
    rise : float in (0, 1), default 0.3
    start, end : float, default 1/25 and 4e-6
        The first and last value in units of ``rate``.

    References
    ----------
    L. N. Smith and N. Topin, arXiv:1708.07120.
    """

    rate: float
    steps: int
    rise: float = 0.3
    start: float = 1 / 25
    end: float = 4e-6

    def __post_init__(self) -> None:
        between("OneCycle.rate", self.rate, 0.0)
        between("OneCycle.steps", self.steps, 2)
        between("OneCycle.rise", self.rise, 1 / self.steps, 1.0 - 1 / self.steps)
        between("OneCycle.start", self.start, 0.0)
        between("OneCycle.end", self.end, 0.0)

    def at(self, k: Any) -> Any:
        top = self.rise * self.steps - 1.0
        wave = lambda low, high, part: low + (high - low) * (1.0 - np.cos(np.pi * np.clip(part, 0.0, 1.0))) / 2
        up = wave(self.start, 1.0, k / top if top > 0 else 1.0 + 0.0 * k)
        return self.rate * np.where(k < top, up, wave(1.0, self.end, (k - top) / (self.steps - 1 - top)))


class Piecewise(Schedule):
    """``rates[i]`` from step ``at_steps[i - 1]`` on.

    Parameters
    ----------
    rates : sequence of float
        One more than ``at_steps``.
    at_steps : sequence of int
        Rising.
    """

    rates: Sequence[float]
    at_steps: Sequence[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", tuple(self.rates))
        object.__setattr__(self, "at_steps", tuple(self.at_steps))
        for name, x in (*(("rates", x) for x in self.rates), *(("at_steps", x) for x in self.at_steps)):
            between(f"Piecewise.{name}", x, 0.0)
        if len(self.rates) != len(self.at_steps) + 1 or any(b <= a for a, b in zip(self.at_steps, self.at_steps[1:], strict=False)):
            raise SpecError(f"Piecewise: expected rising steps and one rate more, got {self.rates} and {self.at_steps}",
                            "Try Piecewise([1e-2, 1e-3], [500]).", {"argument": "at_steps"})  # fmt: skip

    def at(self, k: Any) -> Any:
        rate = self.rates[0] + 0.0 * k
        for step, value in zip(self.at_steps, self.rates[1:], strict=True):
            rate = np.where(k >= step, value, rate)
        return rate


class InverseSquareRoot(Schedule):
    r""":math:`\eta_k = \eta \min\left(\frac{k + 1}{w}, \sqrt{\frac{w}{k + 1}}\right)`: linear warm-up of w steps, then the decay of stochastic
    approximation (A. Vaswani et al., arXiv:1706.03762)."""

    rate: float
    warmup: int = 1

    def __post_init__(self) -> None:
        between("InverseSquareRoot.rate", self.rate, 0.0)
        between("InverseSquareRoot.warmup", self.warmup, 1)

    def at(self, k: Any) -> Any:
        return self.rate * np.minimum((k + 1.0) / self.warmup, np.sqrt(self.warmup / (k + 1.0)))


__all__ = ["Constant", "Cosine", "Exponential", "InverseSquareRoot", "OneCycle", "Piecewise", "Schedule"]
