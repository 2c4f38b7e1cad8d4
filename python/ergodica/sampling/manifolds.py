"""Spaces that are surfaces: coordinates are those of the space around, and methods follow the geometry; and angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica._base import integer, short
from ergodica.errors import SpecError
from ergodica.sampling.spaces import Space, _shape

__all__ = ["SO", "SU", "Sphere", "Stiefel", "Torus"]

NEAR = 1e-8
"""How far a start may be from the surface."""


class Torus(Space):
    r"""Angles in :math:`[-\pi, \pi)`: ``Torus()`` one, ``Torus(10)`` ten, ``Torus(8, 8)`` a lattice of them.

    z is an angle; x is z with a multiple of :math:`2 \pi` added, so energies must be periodic. All methods for ``Real`` fit. Draws of the mean of an
    angle mean little; record cosines and sines.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: -2.0 * np.sum(np.cos(x)), space=erg.Torus(3), observe={"c": lambda x: np.cos(x)}, draws=500, seed=1)
    >>> print(abs(run["c"].mean() - 0.6978) < 0.05)  # I1(2) / I0(2)
    True
    """

    def __init__(self, *shape: Any) -> None:
        self.shape = _shape(shape, "Torus")
        self.size = math.prod(self.shape)

    @property
    def flat(self) -> bool:
        return True

    def block(self) -> dict[str, Any]:
        return {"kind": "torus", "count": 1, "rows": self.size, "cols": 1}

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = z - 2 pi floor((z + pi) / 2 pi)."""
        return np.reshape(z - 2 * np.pi * np.floor((z + np.pi) / (2 * np.pi)), self.shape), 0.0

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = x."""
        return x.reshape(-1)


class Surface(Space):
    """Points on a surface in the space around: ``batch`` of them, each of shape ``point``."""

    kind: str
    batch: tuple[int, ...]
    point: tuple[int, ...]

    def _set(self, point: tuple[int, ...], batch: tuple[Any, ...]) -> None:
        self.batch, self.point = _shape(batch, type(self).__name__), point
        self.shape = (*self.batch, *point)
        self.size = math.prod(self.shape)

    def block(self) -> dict[str, Any]:
        rows, cols = self.point if len(self.point) == 2 else (self.point[0], 1)
        return {"kind": self.kind, "count": math.prod(self.batch), "rows": rows, "cols": cols}

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = z: methods keep z on the surface, and densities are with respect to its measure."""
        return np.reshape(z, self.shape), 0.0

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = x, refused away from the surface."""
        y = self.nearest(x)
        if not np.isfinite(y).all() or np.abs(y - x).max(initial=0.0) > NEAR:
            raise SpecError(f"{self!r}: expected {self.wanted()}, got {short(x)}", fields={"argument": "start"})
        return y.reshape(-1)

    def wanted(self) -> str:
        """What a point is, in words."""
        raise NotImplementedError

    def nearest(self, x: np.ndarray) -> np.ndarray:
        """The point of the surface that is nearest to x."""
        raise NotImplementedError


class Sphere(Surface):
    r"""Unit vectors of n numbers, :math:`|x| = 1`; ``Sphere(n, *batch)`` is an array of them, of shape (\*batch, n): ``Sphere(3, 8, 8)`` are the
    spins of a Heisenberg magnet.

    The density is with respect to area. Methods: ``erg.GeodesicNUTS`` (the default), ``erg.GeodesicHMC``, ``erg.HMC``, and what works over them
    (``erg.SMC(kernel=erg.GeodesicHMC())`` begins from a uniform reference).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: -3.0 * x[0], space=erg.Sphere(3), draws=500, seed=1)
    >>> print(abs(run["x"][..., 0].mean() - (1 / np.tanh(3) - 1 / 3)) < 0.03)
    True
    """

    kind = "sphere"

    def __init__(self, n: int, *batch: Any) -> None:
        self._set((integer(n, "Sphere: n", 2, 1 << 20),), batch)

    def _described(self) -> tuple[Any, ...]:
        return (*self.point, *self.batch)

    def wanted(self) -> str:
        return "vectors of length 1"

    def nearest(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            return x / np.linalg.norm(x, axis=-1, keepdims=True)


class Stiefel(Surface):
    r"""n by p matrices with orthonormal columns, :math:`x^T x = 1`, p of at most n; ``Stiefel(n, p, *batch)`` an array of them. ``Stiefel(n, n)`` are
    the orthogonal matrices, of both determinants, of which a chain keeps one: for rotations take ``SO``.

    The density is with respect to the measure that is uniform under rotations of both sides and normalised. Methods as for ``Sphere``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: 0.0 * np.sum(x), space=erg.Stiefel(4, 2), draws=20, seed=1)
    >>> print(np.abs(np.swapaxes(run["x"], -1, -2) @ run["x"] - np.eye(2)).max() < 1e-13)
    True
    """

    kind = "stiefel"

    def __init__(self, n: int, p: int, *batch: Any) -> None:
        n = integer(n, "Stiefel: n", 1, 1 << 12)
        self._set((n, integer(p, "Stiefel: p", 1, n)), batch)

    def _described(self) -> tuple[Any, ...]:
        return (*self.point, *self.batch)

    def wanted(self) -> str:
        return "orthonormal columns"

    def nearest(self, x: np.ndarray) -> np.ndarray:
        if not np.isfinite(x).all():
            return x
        u, _, v = np.linalg.svd(x, full_matrices=False)
        return u @ v


class SO(Surface):
    r"""Rotations of n dimensions, :math:`x^T x = 1, \det x = 1`; ``SO(n, *batch)`` an array of them.

    The density is with respect to Haar's measure. Methods as for ``Sphere``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda x: -np.trace(x), space=erg.SO(3), draws=20, seed=1)
    >>> print(np.abs(np.linalg.det(run["x"]) - 1).max() < 1e-13)
    True
    """

    kind = "so"

    def __init__(self, n: int, *batch: Any) -> None:
        n = integer(n, "SO: n", 2, 1 << 10)
        self._set((n, n), batch)

    def _described(self) -> tuple[Any, ...]:
        return (self.point[0], *self.batch)

    def wanted(self) -> str:
        return "orthogonal matrices of determinant 1"

    def nearest(self, x: np.ndarray) -> np.ndarray:
        if not np.isfinite(x).all():
            return x
        u, _, v = np.linalg.svd(x)
        u[..., -1] *= np.linalg.det(u @ v)[..., None]
        return u @ v


class SU(Surface):
    r"""Special unitary matrices, complex128 of shape (n, n), :math:`x^\dagger x = 1, \det x = 1`; ``SU(n, *batch)`` an array of them:
    ``SU(3, 4, 4, 4, 4, 4)`` are the links of a gauge field.

    The density is with respect to Haar's measure; energies are real functions of x, such as ``-np.trace(x).real``. z holds real and imaginary parts.
    Methods as for ``Sphere``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(lambda u: -np.trace(u).real, space=erg.SU(2), draws=20, seed=1)
    >>> run["x"].dtype.name, run["x"].shape
    ('complex128', (4, 20, 2, 2))
    """

    kind = "su"

    def __init__(self, n: int, *batch: Any) -> None:
        n = integer(n, "SU: n", 1, 1 << 10)
        self._set((n, n), batch)
        self.size *= 2

    def _described(self) -> tuple[Any, ...]:
        return (self.point[0], *self.batch)

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = re + i im."""
        parts = np.reshape(z, (math.prod(self.batch), 2, *self.point))
        return np.reshape(parts[:, 0] + 1j * parts[:, 1], self.shape), 0.0

    def checked(self, x: Any, name: str) -> np.ndarray:
        a = np.asarray(x, dtype=np.complex128)
        super().checked(a.real, name)
        return a

    def back(self, x: np.ndarray) -> np.ndarray:
        y = super().back(x).reshape(-1, *self.point)
        return np.stack([y.real, y.imag], axis=1).reshape(-1)

    def wanted(self) -> str:
        return "unitary matrices of determinant 1"

    def nearest(self, x: np.ndarray) -> np.ndarray:
        if not np.isfinite(x).all():
            return x
        u, _, v = np.linalg.svd(x)
        y = u @ v
        return y / np.exp(1j * np.angle(np.linalg.det(y)) / self.point[0])[..., None, None]
