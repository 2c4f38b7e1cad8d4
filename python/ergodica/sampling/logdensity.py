"""A function that is marked as a log density."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ergodica.errors import SpecError


class LogDensity:
    """A function that is a log density, not an energy: p(x) is proportional to exp(f(x)).

    Parameters
    ----------
    f : function of one x, or of a dict of parameters, giving a real scalar

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(erg.LogDensity(lambda x: -0.5 * np.sum(x**2)), space=erg.Real(3), draws=100, warmup=100, seed=1)
    >>> run["x"].shape
    (4, 100, 3)
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        if not callable(f):
            raise SpecError(f"LogDensity: expected a function, got {type(f).__name__}")
        self.function = f
        self.__name__ = getattr(f, "__name__", type(f).__name__)
