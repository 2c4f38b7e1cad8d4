"""Targets: log densities that know where they live, and what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import SpecError


class Target:
    """A log density on a space of its own: ``erg.sample(target)`` needs nothing else.

    A subclass has ``space`` and ``log_density(x)``, traced like any function; what it knows besides is for tests and teaching.

    Attributes
    ----------
    space : Space or dict of them
    mean, variance : array or dict of them, or None
        Exact moments, number by number.
    log_z : float or None
        The logarithm of the integral of exp(log_density).
    difficulty : str
        What samplers find hard here.
    reference : str
        Where it is from.
    """

    space: Any = None
    mean: Any = None
    variance: Any = None
    log_z: float | None = None
    difficulty: str = ""
    reference: str = ""

    def log_density(self, x: Any) -> Any:
        """log p(x) of one x, up to a constant where ``log_z`` says so."""
        raise NotImplementedError

    def energy(self, x: Any) -> Any:
        """-log p(x)."""
        return -self.log_density(x)

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        """n independent draws, where they can be had."""
        raise SpecError(f"{type(self).__name__}: there are no independent draws from it", "Try erg.sample.")
