"""Densities of known shapes in few dimensions, with moments in closed form or by quadrature."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.sampling.spaces import Interval, Real
from ergodica.sampling.target import Target
from ergodica.targets.gaussians import LOG_2PI


class Banana(Target):
    """A Gaussian bent along a parabola: x_1 ~ N(0, sd^2), x_2 + b (x_1^2 - sd^2) ~ N(0, 1), others N(0, 1). Normalised.

    Examples
    --------
    >>> import ergodica as erg
    >>> float(erg.targets.Banana().variance[1])
    19.0
    """

    log_z = 0.0
    difficulty = "curved: no metric fits everywhere"
    reference = "H. Haario, E. Saksman, J. Tamminen, Comput. Stat. 14, 375 (1999)"

    def __init__(self, n: int = 2, b: float = 0.03, sd: float = 10.0) -> None:
        if n < 2:
            raise SpecError(f"Banana: expected at least 2 dimensions, got {n}", fields={"argument": "n"})
        self.b, self.sd, self.space = float(b), float(sd), Real(n)
        self.mean = np.zeros(n)
        self.variance = np.ones(n)
        self.variance[:2] = sd**2, 1 + 2 * b**2 * sd**4

    def log_density(self, x: Any) -> Any:
        bent = x[1] + self.b * (x[0] ** 2 - self.sd**2)
        return -0.5 * (x[0] ** 2 / self.sd**2 + bent**2 + np.sum(x[2:] ** 2) + len(x) * LOG_2PI) - np.log(self.sd)

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        x = rng.normal(size=(n, self.space.size))
        x[:, 0] *= self.sd
        x[:, 1] -= self.b * (x[:, 0] ** 2 - self.sd**2)
        return x


class Funnel(Target):
    """Neal's funnel: x_1 = v ~ N(0, 3^2), the others N(0, e^v). Normalised.

    Examples
    --------
    >>> import ergodica as erg
    >>> float(erg.targets.Funnel(10).variance[0])
    9.0
    """

    log_z = 0.0
    difficulty = "scales from e^-9 to e^9: a step that is right in the mouth is far too long in the neck; divergences must tell"
    reference = "R. M. Neal, Ann. Stat. 31, 705 (2003)"

    def __init__(self, n: int = 10) -> None:
        if n < 2:
            raise SpecError(f"Funnel: expected at least 2 dimensions, got {n}", fields={"argument": "n"})
        self.space, self.mean = Real(n), np.zeros(n)
        self.variance = np.full(n, np.exp(4.5))
        self.variance[0] = 9.0

    def log_density(self, x: Any) -> Any:
        v, n = x[0], len(x)
        return -0.5 * (v * v / 9 + np.sum(x[1:] ** 2) * np.exp(-v) + (n - 1) * v + n * LOG_2PI) - np.log(3.0)

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        x = rng.normal(size=(n, self.space.size))
        x[:, 0] *= 3
        x[:, 1:] *= np.exp(x[:, :1] / 2)
        return x


class _Quadrature(Target):
    """Moments by the trapezoid rule on a grid that holds the density, whose error falls faster than any power of its step."""

    def _axes(self) -> list[np.ndarray]:
        raise NotImplementedError

    def _on_grid(self, *x: Any) -> Any:
        raise NotImplementedError

    @cached_property
    def _moments(self) -> tuple[float, np.ndarray, np.ndarray]:
        axes = self._axes()
        grid = np.meshgrid(*axes, indexing="ij")
        logs = self._on_grid(*grid)
        top = logs.max()
        p = np.exp(logs - top)
        cell = np.prod([a[1] - a[0] for a in axes])
        total = p.sum()
        mean = np.array([(p * g).sum() / total for g in grid])
        square = np.array([(p * (g - m) ** 2).sum() / total for g, m in zip(grid, mean, strict=True)])
        return float(np.log(total * cell) + top), mean, square

    @property
    def log_z(self) -> float:  # type: ignore[override]
        return self._moments[0]

    @property
    def mean(self) -> Any:
        return self._moments[1]

    @property
    def variance(self) -> Any:
        return self._moments[2]


class MuellerBrown(_Quadrature):
    """The potential of Mueller and Brown, three wells in the plane, at a temperature: log p = -V / kT.

    Examples
    --------
    >>> import ergodica as erg
    >>> [round(float(m), 4) for m in erg.targets.MuellerBrown(kT=20).mean]
    [-0.4249, 1.1651]
    """

    difficulty = "wells of unequal depth, a curved way between them; at kT = 10 chains seldom cross"
    reference = "K. Mueller, L. D. Brown, Theor. Chim. Acta 53, 75 (1979), doi:10.1007/BF00547608"

    A = np.array([-200.0, -100, -170, 15])
    a = np.array([-1, -1, -6.5, 0.7])
    b = np.array([0, 0, 11, 0.6])
    c = np.array([-10, -10, -6.5, 0.7])
    centre = np.array([[1.0, 0], [0, 0.5], [-0.5, 1.5], [-1, 1]])

    def __init__(self, kT: float = 20.0) -> None:
        if not kT > 0:
            raise SpecError(f"MuellerBrown: expected kT above 0, got {kT}", fields={"argument": "kT"})
        self.kT, self.space = float(kT), Real(2)

    def potential(self, x: Any, y: Any) -> Any:
        """V, at arrays x and y of one shape."""
        u, v = np.expand_dims(x, -1) - self.centre[:, 0], np.expand_dims(y, -1) - self.centre[:, 1]
        return np.sum(self.A * np.exp(self.a * u * u + self.b * u * v + self.c * v * v), axis=-1)

    def log_density(self, x: Any) -> Any:
        return -self.potential(x[0], x[1]) / self.kT

    def _axes(self) -> list[np.ndarray]:
        return [np.linspace(-4.5, 3.5, 801), np.linspace(-3.0, 5.5, 851)]

    def _on_grid(self, *x: Any) -> Any:
        return -self.potential(*x) / self.kT


class DoubleWell(_Quadrature):
    """Independent double wells: log p = -sum_i [barrier (x_i^2 - 1)^2 + tilt x_i].

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.targets.DoubleWell(3, barrier=2.0, tilt=0.3).mean.shape
    (3,)
    """

    difficulty = "2^n modes; a tilt makes them unequal, so that a chain that stays in one is wrong"

    def __init__(self, n: int = 1, barrier: float = 4.0, tilt: float = 0.0) -> None:
        if not barrier > 0:
            raise SpecError(f"DoubleWell: expected a barrier above 0, got {barrier}", fields={"argument": "barrier"})
        self.barrier, self.tilt, self.space = float(barrier), float(tilt), Real(n)

    def log_density(self, x: Any) -> Any:
        return -np.sum(self.barrier * (x * x - 1) ** 2 + self.tilt * x)

    def _axes(self) -> list[np.ndarray]:
        reach = np.sqrt(1 + np.sqrt(45 / self.barrier)) + (abs(self.tilt) / self.barrier) ** (1 / 3)
        return [np.linspace(-reach, reach, 4001)]

    def _on_grid(self, *x: Any) -> Any:
        return -(self.barrier * (x[0] ** 2 - 1) ** 2 + self.tilt * x[0])

    @property
    def log_z(self) -> float:  # type: ignore[override]
        return self.space.size * self._moments[0]

    @property
    def mean(self) -> Any:
        return np.repeat(self._moments[1], self.space.size)

    @property
    def variance(self) -> Any:
        return np.repeat(self._moments[2], self.space.size)


class Ring(_Quadrature):
    """A ring in the plane: log p = -(r - radius)^2 / (2 width^2).

    Examples
    --------
    >>> import ergodica as erg
    >>> round(float(erg.targets.Ring(1.0, 0.1).variance[0]), 4)
    0.515
    """

    difficulty = "a thin curved set: steps as short as its width, a way as long as its circumference"

    def __init__(self, radius: float = 1.0, width: float = 0.1) -> None:
        if not (radius > 0 and width > 0):
            raise SpecError("Ring: expected radius and width above 0", fields={"argument": "radius"})
        self.radius, self.width, self.space = float(radius), float(width), Real(2)

    def log_density(self, x: Any) -> Any:
        return -0.5 * ((np.sqrt(np.sum(x * x)) - self.radius) / self.width) ** 2

    def _axes(self) -> list[np.ndarray]:
        reach = self.radius + 9 * self.width
        return [np.linspace(max(self.radius - 9 * self.width, 0.0), reach, 20001)]

    def _on_grid(self, *x: Any) -> Any:
        with np.errstate(divide="ignore"):
            return -0.5 * ((x[0] - self.radius) / self.width) ** 2 + np.log(2 * np.pi * x[0])

    @property
    def mean(self) -> Any:
        return np.zeros(2)

    @property
    def variance(self) -> Any:
        _, m, v = self._moments
        return np.full(2, 0.5 * (v[0] + m[0] ** 2))  # half of the mean of r^2


class VonMises(_Quadrature):
    """One angle between -pi and pi, log p = kappa cos(x - loc); the moments are those of x as a number.

    Examples
    --------
    >>> import ergodica as erg
    >>> round(float(erg.targets.VonMises(0.0, 4.0).variance[0]), 4)
    0.2982
    """

    difficulty = "a boundary that is none: the two ends are one place"

    def __init__(self, loc: float = 0.5, kappa: float = 4.0) -> None:
        self.loc, self.kappa, self.space = float(loc), float(kappa), Interval(-np.pi, np.pi)

    def log_density(self, x: Any) -> Any:
        return self.kappa * np.cos(x - self.loc)

    @cached_property
    def _moments(self) -> tuple[float, np.ndarray, np.ndarray]:
        x, w = np.polynomial.legendre.leggauss(400)
        x, w = np.pi * x, np.pi * w * np.exp(self.kappa * (np.cos(np.pi * x - self.loc) - 1))
        mean = (w @ x) / w.sum()
        return float(np.log(w.sum()) + self.kappa), np.array([mean]), np.array([(w @ (x - mean) ** 2) / w.sum()])
