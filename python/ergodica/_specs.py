"""Systems and methods as they are written in a request.

Generated from the Go structs by bindings/specgen; do not edit, run ``make generate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from numpy.typing import ArrayLike

from ergodica._base import System

LatticeLike: TypeAlias = "int | Sequence[int] | ArrayLike | Any"
"""Side lengths of a hypercubic lattice, or any graph: an edge array (bonds, 2), a scipy.sparse matrix, a networkx graph."""

__all__ = [
    "Ising",
]


@dataclass(frozen=True, eq=False, repr=False)
class Ising(System):
    """Ising is Ising spins on a lattice or any graph:

        E = - sum_(i,j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,

    each bond counted once. Energies, J, h and kT share one unit; with J = 1 the periodic square lattice
    orders below kT = 2 / log(1 + sqrt(2)) = 2.2692.

    Parameters
    ----------
    lattice : tuple of int, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph: edges (bonds, 2), a scipy.sparse matrix of
        couplings, a networkx graph.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,), in the
        lattice's order of bonds.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each site, shape (sites,) or the shape of the lattice.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.
    """

    type: ClassVar[str] = "lattice.Ising"

    lattice: LatticeLike
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True
