"""Couplings of every pair of sites by their distance, over all periodic images, and the model of dipoles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import canonical, real
from ergodica._encode import Request
from ergodica._graph import Graph, as_lattice
from ergodica._specs import LongRangeIsing, LongRangeON
from ergodica.errors import ShapeError, SpecError
from ergodica.lattice.crystals import Crystal
from ergodica.stats.series import core


def _table(method: str, lattice: Any, periodic: bool | Sequence[bool], **more: Any) -> np.ndarray:
    where = as_lattice(lattice, f"{method}.lattice")
    if isinstance(where, Graph) and not isinstance(where, Crystal):
        raise SpecError(f"{method}.lattice: expected side lengths or a crystal, whose sites have positions; got {where!r}",
                        "Try erg.lattice.fcc((4, 4, 4)).", {"argument": "lattice"})  # fmt: skip
    ends = canonical(periodic, "bool | Sequence[bool]", f"{method}.periodic")
    many = list(ends) if isinstance(ends, tuple) else ends
    described = where.encoded(Request({"verb": "stats"})) if isinstance(where, Crystal) else {"shape": list(where)}
    return core(method, lattice=described, periodic=many, **more)["couplings"]


def power_law(lattice: Any, power: float, *, periodic: bool | Sequence[bool] = True) -> np.ndarray:
    r"""Couplings that fall as a power of the distance, summed over all periodic images:

    .. math:: J_{ij} = \sum_n |r_j - r_i + n|^{-a}, \qquad n \ne 0 \text{ for } i = j.

    Ewald's sum, to rounding. Below ``power`` = d, the dimensions of the lattice, where the sum diverges, it is the analytic continuation in a: the
    images stand on a uniform background that makes the mean 0, as in a system of charges that is neutral as a whole. At ``power`` = d there is none.

    Parameters
    ----------
    lattice : side lengths, or crystal
        Distances are those of the crystal, whose nearest neighbours are 1 apart where it has a name.
    power : float
        a, above 0, at most 64.
    periodic : bool, default True
        For side lengths; a crystal has its own. With open boundaries there are no images.

    Returns
    -------
    float64 array (*cells, sites of a cell, sites of a cell)
        ``J[d, a, b]`` couples site a of a cell with site b of the cell d further on: ``couplings`` of :class:`LongRangeIsing` and
        :class:`LongRangeON`. The extent along an open axis of L cells is 2 L - 1; d = -1 is the last one, as NumPy counts.

    Raises
    ------
    SpecError
        A graph without positions, axes of which some are periodic and some not, a helical crystal, a power out of range.

    References
    ----------
    P. P. Ewald, Ann. Phys. 369, 253 (1921). B. R. A. Nijboer, F. W. de Wette, Physica 23, 309 (1957).

    Examples
    --------
    Madelung's constant of rock salt:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> J = erg.lattice.power_law((4, 4, 4), 1)[..., 0, 0]
    >>> print(round(float((J * (-1.0) ** np.indices(J.shape).sum(axis=0)).sum()), 9))
    -1.747564595
    """
    return _table("PowerLaw", lattice, periodic, power=real(power, "power_law.power"))


def dipolar_tensor(lattice: Any, *, boundary: str = "tinfoil", periodic: bool | Sequence[bool] = True) -> np.ndarray:
    r"""Couplings of dipoles, summed over all periodic images:

    .. math:: J^{pq}_{ij} = \sum_n \frac{3 x_p x_q - \delta_{pq} x^2}{|x|^5}, \qquad x = r_j - r_i + n, \quad n \ne 0 \text{ for } i = j,

    so that :math:`E = -\frac12 \sum_{ij} s_i J_{ij} s_j`. Ewald's sum, to rounding.

    Parameters
    ----------
    lattice : side lengths, or crystal
        Of one, two or three dimensions, in the first of three axes; distances are those of the crystal.
    boundary : {"tinfoil", "vacuum"}
        In three dimensions the sum depends on what is around the images. "tinfoil": a conductor, no depolarising field; the trace of J is 4 pi / V
        for every pair. "vacuum": a sphere of images in empty space, J - 4 pi / (3 V), adding 2 pi M^2 / (3 V) to the energy of the whole moment M.
    periodic : bool, default True
        For side lengths; a crystal has its own. With open boundaries there are no images.

    Returns
    -------
    float64 array (*cells, sites of a cell, sites of a cell, 3, 3)
        As of :func:`power_law`; ``axis @ J @ axis`` are the couplings of Ising dipoles along an axis.

    References
    ----------
    S. W. de Leeuw, J. W. Perram, E. R. Smith, Proc. R. Soc. London A 373, 27 (1980).

    Examples
    --------
    A ferromagnet on the FCC lattice between tin foil has the energy -(2 pi / 3) sqrt(2) a dipole:

    >>> import ergodica as erg
    >>> J = erg.lattice.dipolar_tensor(erg.lattice.fcc(2))
    >>> print(round(float(-J[..., 0, 0].sum() / 2 / 4), 6))
    -2.961922
    """
    if not isinstance(boundary, str) or boundary not in ("tinfoil", "vacuum"):
        raise SpecError(f'dipolar_tensor.boundary: expected "tinfoil" or "vacuum", got {boundary!r}', fields={"argument": "boundary"})
    return _table("DipolarTensor", lattice, periodic, boundary=boundary)


def Dipoles(lattice: Any, strength: float = 1.0, *, boundary: str = "tinfoil", axis: Any = None, h: Any = 0.0, D: Any = 0.0, axes: Any = 0.0,
            periodic: bool | Sequence[bool] = True) -> LongRangeON | LongRangeIsing:  # fmt: skip
    r"""Unit dipoles on a lattice, with all their periodic images:

    .. math:: E = \epsilon \sum_{i<j} \frac{s_i \cdot s_j - 3 (s_i \cdot \hat r)(s_j \cdot \hat r)}{r^3} - \sum_i h_i \cdot s_i
              - \sum_i D_i (n_i \cdot s_i)^2.

    Parameters
    ----------
    lattice : side lengths, or crystal
        Of one, two or three dimensions; distances in units of nearest neighbours where the crystal has a name.
    strength : float, default 1.0
        The energy epsilon of the unit distance.
    boundary : {"tinfoil", "vacuum"}
        What is around the images: see :func:`dipolar_tensor`. Around a vacuum, ferromagnets lose to their depolarising field.
    axis : array (3,), optional
        Makes Ising dipoles along it, of any length but 0. Without, they are vectors of three components.
    h, D, axes
        As of :class:`LongRangeON`; Ising dipoles have h alone.
    periodic : bool, default True
        For side lengths.

    Returns
    -------
    LongRangeON or LongRangeIsing
        The docstrings have observables and methods.

    Examples
    --------
    The needles of a square lattice align along columns, antiparallel from one to the next: -2.5494 a dipole.

    >>> import numpy as np
    >>> import ergodica as erg
    >>> needles = erg.lattice.Dipoles((4, 4), axis=(1, 0, 0))
    >>> stripes = np.ones((4, 4), np.int8) * np.array([1, -1, 1, -1], np.int8)
    >>> run = erg.sample(needles, kT=0.01, sweeps=1, chains=1, start=stripes, seed=1)
    >>> print(round(float(run["energy"][0, 0]) / 16, 4))
    -2.5494
    """
    J = real(strength, "Dipoles.strength") * dipolar_tensor(lattice, boundary=boundary, periodic=periodic)
    if axis is None:
        return LongRangeON(lattice, J, n=3, h=h, D=D, axes=axes)
    e = as_array(axis, "Dipoles.axis")
    if e.shape != (3,) or e.dtype.kind not in "fiu" or not np.isfinite(e).all() or not e.any():
        raise ShapeError(f"Dipoles.axis: expected three finite numbers, not all 0; got {axis!r}", fields={"argument": "axis"})
    if np.any(np.asarray(D)) or np.any(np.asarray(axes)):
        raise SpecError("Dipoles: Ising dipoles have no D and no axes", "Try axis=None for vectors with an easy axis.", {"argument": "D"})
    e = e.astype(np.float64) / np.linalg.norm(e.astype(np.float64))
    return LongRangeIsing(lattice, np.ascontiguousarray(np.einsum("...pq,p,q->...", J, e, e)), h=h)


__all__ = ["Dipoles", "dipolar_tensor", "power_law"]
