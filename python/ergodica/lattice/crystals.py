"""Crystals: cells of sites, repeated, with bonds to neighbours by distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import canonical, integer
from ergodica._graph import Graph
from ergodica.errors import ShapeError, SpecError
from ergodica.stats.series import core

AXES = {"triangular": 2, "honeycomb": 2, "kagome": 2, "fcc": 3, "bcc": 3, "diamond": 3, "pyrochlore": 3}


class Crystal(Graph):
    """A lattice of cells: site i of cell n stands at ``n @ vectors + basis[i]`` and has the number ``cell * len(basis) + i``; cells are numbered in C
    order of n. Made by :func:`triangular` and its kin.

    Attributes
    ----------
    shape : tuple of int
        Cells along each vector.
    vectors : array (axes, axes)
        The primitive vectors (of FCC, BCC, diamond and pyrochlore the edges of the cube), one a row.
    basis : array (sites of a cell, axes)
    positions : array (sites, axes)
        Nearest neighbours of the named lattices are 1 apart.
    edges : int array (bonds, 2)
        Site by site, from each shell by shell.
    shells : int array (bonds,)
        The shell of each bond, 0 for nearest neighbours.
    distances : array (number of shells,)
    periodic : tuple of bool
    helical : bool
    weights : array (bonds,) or None
        The couplings of the shells; they multiply ``J`` of a system.
    reciprocal : array (axes, axes)
        Vectors b with ``vectors @ b.T = 2 pi`` times the unit matrix.
    """

    __slots__ = ("basis", "distances", "helical", "name", "periodic", "positions", "shape", "shells", "vectors")

    basis: np.ndarray
    distances: np.ndarray
    helical: bool
    name: str
    periodic: tuple[bool, ...]
    positions: np.ndarray
    shape: tuple[int, ...]
    shells: np.ndarray
    vectors: np.ndarray

    def __init__(self, name: str, shape: Sequence[int], *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False,
                 vectors: Any = None, basis: Any = None) -> None:  # fmt: skip
        if couplings is not None:
            c = as_array(couplings, f"{name}.couplings")
            if c.ndim > 1 or c.dtype.kind not in "fiub" or c.size == 0 or not np.isfinite(c).all():
                raise ShapeError(f"{name}.couplings: expected finite numbers, one for each shell; got {couplings!r}",
                                 fields={"argument": "couplings"})  # fmt: skip
            c = np.atleast_1d(c).astype(np.float64)
            shells = len(c)
        ends, helical = canonical(periodic, "bool | Sequence[bool]", f"{name}.periodic"), canonical(helical, "bool", f"{name}.helical")
        many = list(ends) if isinstance(ends, tuple) else ends
        described: dict[str, Any] = {"crystal": name, "shape": list(shape), "periodic": many, "helical": helical,
                                     "shells": integer(shells, f"{name}.shells", 1)}  # fmt: skip
        if vectors is not None:
            described |= {"vectors": vectors, "basis": basis}
        found = core("Lattice", lattice=described)
        weights = None if couplings is None else c[found["shells"]]
        super().__init__(found["edges"], sites=len(found["positions"]), weights=weights, name=name)
        axes = len(described["shape"])
        kept = {"name": name, "shape": tuple(described["shape"]), "helical": helical,
                "periodic": tuple(many) if isinstance(many, list) and len(many) == axes else (bool(np.all(many)),) * axes}  # fmt: skip
        for key in ("basis", "distances", "positions", "shells", "vectors"):
            found[key].flags.writeable = False
            kept[key] = found[key]
        for key, value in kept.items():
            object.__setattr__(self, key, value)

    @property
    def reciprocal(self) -> np.ndarray:
        return 2 * np.pi * np.linalg.inv(self.vectors).T

    def _described(self) -> dict[str, Any]:
        d: dict[str, Any] = {"crystal": self.name, "shape": list(self.shape), "periodic": list(self.periodic), "helical": self.helical,
                             "shells": len(self.distances)}  # fmt: skip
        if self.name == "custom":
            d |= {"vectors": self.vectors.tolist(), "basis": self.basis.tolist()}
        return d

    def encoded(self, request: Any) -> dict[str, Any]:
        """As the core decodes it."""
        return self._described()

    @classmethod
    def decoded(cls, d: dict[str, Any]) -> Crystal:
        """What :meth:`encoded` wrote."""
        return cls(d["crystal"], d["shape"], **{k: v for k, v in d.items() if k not in ("crystal", "shape")})

    def __repr__(self) -> str:
        parts = [repr(self.shape)]
        if len(self.distances) > 1:
            parts.append(f"shells={len(self.distances)}")
        if not all(self.periodic):
            parts.append(f"periodic={self.periodic if any(self.periodic) else False}")
        if self.helical:
            parts.append("helical=True")
        return f"{'crystal' if self.name == 'custom' else self.name}({', '.join(parts)}{'' if self.weights is None else ', weighted'})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Crystal) and self._described() != other._described():
            return False
        return super().__eq__(other)

    __hash__ = Graph.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return (_again, (self._described(), self.weights))

    def plot(self, ax: Any = None, *, values: Any = None) -> Any:
        """Draw sites and bonds of a lattice in the plane; bonds across a periodic edge are left out.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        values : array (sites,), optional
            Colours of the sites.

        Returns
        -------
        Axes
        """
        import matplotlib.pyplot as plt

        if self.positions.shape[1] != 2:
            raise SpecError(f"plot: expected a lattice in the plane, this one has {self.positions.shape[1]} axes")
        ax = ax or plt.gca()
        x = self.positions[self.edges]
        inside = np.linalg.norm(x[:, 0] - x[:, 1], axis=1) < self.distances[self.shells] * 1.001
        for bond, shell in zip(x[inside], self.shells[inside], strict=True):
            ax.plot(bond[:, 0], bond[:, 1], color=f"C{7 if shell == 0 else shell % 7}", lw=1 if shell == 0 else 0.5, zorder=1)
        ax.scatter(self.positions[:, 0], self.positions[:, 1], c="k" if values is None else values, zorder=2)
        ax.set_aspect("equal")
        return ax


def _again(described: dict[str, Any], weights: np.ndarray | None) -> Crystal:
    c = Crystal.decoded(described)
    if weights is not None:
        object.__setattr__(c, "weights", weights)
    return c


def _named(name: str, shape: Any, axes: int, shells: Any, couplings: Any, periodic: Any, helical: Any) -> Crystal:
    a = as_array(shape, name)
    if a.dtype.kind not in "iu" or a.ndim > 1 or a.size == 0 or (a.ndim == 1 and axes and len(a) != axes):
        raise SpecError(f"{name}: expected numbers of cells{f' along {axes} axes' if axes else ''}, or one for all; got {shape!r}",
                        f"Try erg.lattice.{name}({(6,) * (axes or 2)}).", {"argument": name})  # fmt: skip
    sides = [int(n) for n in a.reshape(-1)] * (axes if a.ndim == 0 and axes else 1)
    return Crystal(name, sides, shells=shells, couplings=couplings, periodic=periodic, helical=helical)


_ABOUT = """

    Parameters
    ----------
    shape : tuple of int, or int
        Cells along each vector; one number stands for all axes.
    shells : int, default 1
        Bonds join neighbours up to this one of the distances that occur.
    couplings : sequence of float, optional
        A coupling for each shell, in place of ``shells``: (J1, J2) joins nearest and next-nearest neighbours. A system's ``J`` multiplies them.
    periodic : bool or tuple of bool, default True
    helical : bool, default False
        A row of cells goes on in the next one, and the last in the first.

    Returns
    -------
    Crystal
"""


def hypercubic(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("hypercubic", shape, 0, shells, couplings, periodic, helical)


def chain(length: int, couplings: Any = (1.0,), *, periodic: bool = True) -> Crystal:
    """A chain, or ring, in which site i is bound to i+1, i+2, ... with a coupling each.

    Parameters
    ----------
    length : int
    couplings : sequence of float, default (1,)
        (J1, J2, ...); a system's ``J`` multiplies them.
    periodic : bool, default True

    Returns
    -------
    Crystal

    Examples
    --------
    >>> import ergodica as erg
    >>> ring = erg.lattice.chain(6, (1.0, -0.5))
    >>> ring.edges[:3].tolist(), ring.weights[:3].tolist()
    ([[0, 1], [0, 2], [1, 2]], [1.0, -0.5, 1.0])
    """
    return Crystal("hypercubic", [integer(length, "chain.length", 1)], couplings=couplings, periodic=periodic)


def triangular(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("triangular", shape, 2, shells, couplings, periodic, helical)


def honeycomb(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("honeycomb", shape, 2, shells, couplings, periodic, helical)


def kagome(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("kagome", shape, 2, shells, couplings, periodic, helical)


def fcc(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("fcc", shape, 3, shells, couplings, periodic, helical)


def bcc(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("bcc", shape, 3, shells, couplings, periodic, helical)


def diamond(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("diamond", shape, 3, shells, couplings, periodic, helical)


def pyrochlore(shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    return _named("pyrochlore", shape, 3, shells, couplings, periodic, helical)


for _function, _text, _call, _shown in (
    (hypercubic, "The simple hypercubic lattice in any number of dimensions, numbered as by its side lengths alone.", "(4, 4), couplings=(1.0, 0.3)",
     "hypercubic((4, 4), shells=2, weighted)"),
    (triangular, "The triangular lattice: six neighbours; the vectors (1, 0) and (1/2, sqrt(3)/2). With J = 1 Ising spins order below kT = 4/log 3 "
     "= 3.6410.", "(6, 6)", "triangular((6, 6))"),
    (honeycomb, "The honeycomb lattice: three neighbours, two sites a cell. Ising spins order below kT = 2/log(2 + sqrt(3)) = 1.5187.", "(6, 4)",
     "honeycomb((6, 4))"),
    (kagome, "The kagome lattice: four neighbours, three sites a cell. Ising spins order below kT = 4/log(3 + 2 sqrt(3)) = 2.1433.", "6",
     "kagome((6, 6))"),
    (fcc, "The face-centred cubic lattice: twelve neighbours, four sites a cube of edge sqrt(2).", "3", "fcc((3, 3, 3))"),
    (bcc, "The body-centred cubic lattice: eight neighbours, two sites a cube of edge 2/sqrt(3).", "3", "bcc((3, 3, 3))"),
    (diamond, "The diamond lattice: four neighbours, eight sites a cube of edge 4/sqrt(3).", "2", "diamond((2, 2, 2))"),
    (pyrochlore, "The pyrochlore lattice of tetrahedra that share corners: six neighbours, sixteen sites a cube of edge 2 sqrt(2).", "1",
     "pyrochlore((1, 1, 1))"),
):  # fmt: skip
    _function.__doc__ = f"""{_text}{_ABOUT}
    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.{_function.__name__}({_call})
    {_shown}
    """


def crystal(vectors: Any, basis: Any, shape: Any, *, shells: int = 1, couplings: Any = None, periodic: Any = True, helical: bool = False) -> Crystal:
    """A lattice of cells of your own.

    Parameters
    ----------
    vectors : array (axes, axes)
        By which cells are repeated, one a row; linearly independent.
    basis : array (sites of a cell, axes)
        Positions in the cell.
    shape : tuple of int
        Cells along each vector.
    shells, couplings, periodic, helical
        As for :func:`triangular`; neighbours at one distance are one shell.

    Returns
    -------
    Crystal

    Examples
    --------
    The square lattice that is decorated with a site on every bond:

    >>> import ergodica as erg
    >>> lieb = erg.lattice.crystal([[2, 0], [0, 2]], [[0, 0], [1, 0], [0, 1]], (4, 4))
    >>> lieb.sites, len(lieb.edges)
    (48, 64)
    """
    v, r, n = (as_array(x, f"crystal.{name}") for x, name in ((vectors, "vectors"), (basis, "basis"), (shape, "shape")))
    if n.ndim != 1 or n.dtype.kind not in "iu" or v.shape != (len(n), len(n)) or r.ndim != 2 or r.shape[1] != len(n):
        got = f"{v.shape}, {r.shape} and {n.shape}"
        raise ShapeError(f"crystal: expected vectors (d, d), a basis (sites, d) and a shape of d integers; got shapes {got}")
    for x, name in ((v, "vectors"), (r, "basis")):
        if x.dtype.kind not in "fiu" or not np.isfinite(x).all():
            raise SpecError(f"crystal.{name}: expected finite numbers, got {x.tolist()}", fields={"argument": name})
    return Crystal("custom", n.tolist(), shells=shells, couplings=couplings, periodic=periodic, helical=helical,
                   vectors=v.astype(float).tolist(), basis=r.astype(float).tolist())  # fmt: skip
