"""The energy of directions on a sphere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.expr import trees
from ergodica.learning.objective import Objective
from ergodica.learning.optimisers.base import between


def hyperspherical_energy(w: Any, s: float = 1.0, half: bool = False) -> Any:
    r"""The mean over pairs of rows of :math:`|\hat w_i - \hat w_j|^{-s}`, of -log |...| where s = 0; with ``half`` among rows and their mirror
    points.

    A row's length does not matter. Times n (n - 1) / 2 it is Thomson's energy, each pair once. With mirror points pairs of a row and its own are
    left out.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> print(round(float(6 * erg.learning.objectives.hyperspherical_energy(np.array([[1., 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]))), 6))
    3.674235
    """
    if np.ndim(w) != 2 or np.shape(w)[0] < 2:
        raise ShapeError(f"hyperspherical_energy: expected at least two rows (n, d), got shape {np.shape(w)}")
    n = np.shape(w)[0]
    u = w / np.sqrt(np.sum(w * w, axis=1, keepdims=True))
    i, j = np.triu_indices(n, 1)
    total = 0.0
    for sign in (1.0, -1.0) if half else (1.0,):
        d = np.take(u, i, axis=0) - sign * np.take(u, j, axis=0)
        r2 = np.sum(d * d, axis=1)
        total = total + np.mean(-0.5 * np.log(r2) if s == 0 else r2 ** (-0.5 * s))
    return total * (0.5 if half else 1.0)


@dataclass(frozen=True)
class HypersphericalEnergy(Objective):
    """The sum over all matrices of a model of their :func:`~ergodica.learning.objectives.hyperspherical_energy`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> start = {"w": np.random.default_rng(1).normal(size=(5, 3))}
    >>> fit = erg.learn(erg.HypersphericalEnergy(), start, erg.Adam(0.02), steps=1000, seed=1)
    >>> print(round(10 * fit.loss, 3))  # Thomson's problem of 5 charges
    6.475
    """

    needs_data = False
    draws = False
    s: float = 1.0
    half: bool = False

    def __post_init__(self) -> None:
        between("HypersphericalEnergy.s", self.s, 0.0)

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The sum over matrices."""
        matrices = [x for x in trees.flatten(model)[1] if np.ndim(x) == 2 and np.shape(x)[0] > 1]
        if not matrices:
            raise ShapeError("HypersphericalEnergy: expected a model with a matrix of at least two rows", fields={"argument": "model"})
        return sum(hyperspherical_energy(x, self.s, self.half) for x in matrices)
