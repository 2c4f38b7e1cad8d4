"""Models by their local energies, written in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._arrays import as_numbers
from ergodica._graph import Graph, as_lattice
from ergodica._specs import Pairwise, Tabled
from ergodica.errors import PythonError, ShapeError, SpecError
from ergodica.lattice.overlaps import open_axes
from ergodica.sampling.spaces import Space

if TYPE_CHECKING:
    from ergodica.lattice.continuous import Local

TABLE = 1 << 20


def Model(lattice: Any, values: Any, *, pair: Callable[..., Any] | None = None, site: Callable[..., Any] | None = None,
          energy: Callable[..., Any] | None = None, J: Any = 1.0, fields: Any = None,
          periodic: bool | Sequence[bool] = True) -> Pairwise | Tabled | Local:  # fmt: skip
    """Spins with an energy of your own, in NumPy: with a few values, or numbers, angles and unit vectors.

    Either of pairs and sites, each bond counted once,

        E = sum_(i,j) J_ij pair(s_i, s_j) + sum_i site(s_i),

    or of a site with all its z neighbours together, summed over the sites (so that a pair counts twice: halve it),

        E = sum_i energy(s_i, neighbours of s_i).

    Values are numbers of ``values``; a configuration of a run holds their places, so that ``values[run["configuration"]]`` are the spins. Each of the
    three functions is called once, on arrays of all values. Or ``values`` is the space of one site: ``erg.Real()``, ``erg.Torus()`` (an angle),
    ``erg.Sphere(n)`` (a unit vector of n components); then the functions are traced, and what moves of sites cost, as well as forces, is compiled
    from them.

    Parameters
    ----------
    lattice : side lengths, Graph or lattice
        Where the spins are.
    values : array (q,), or space
        What a spin can be, such as (-1, 1) or (-1, 0, 1), 2 <= q <= 256; or the space of one.
    pair : function of s and t
        Energy of a bond, symmetric in its ends; element-wise. Of unit vectors the components are along the last axis, as in
        ``-np.sum(s * t, axis=-1)``.
    site : function of s, or of s and a field
        Energy of a site. With ``fields`` (sites,) it is called with those of shape (sites, 1) beside; in a space element-wise with those of the
        sites.
    energy : function of s and neighbours
        Energy of a site, s of shape (...), neighbours of shape (..., z): on hypercubic lattices one back and one on along axis 0, then axis 1, ...;
        elsewhere in the order of the bonds. Every site must have z neighbours. The table of q**(1 + z) energies may have 2**20 entries.
        Unit vectors have their components after that, neighbours of shape (..., z, n).
    J : float, or array (bonds,), default 1.0
        Factor of each bond's ``pair``.
    fields : array (sites,), optional
        A number for each site, for ``site``; in a space also several, (sites, k).
    periodic : bool, or one for each axis, default True
        Boundary of a hypercubic lattice.

    Returns
    -------
    Pairwise, Tabled or Local
        A system for ``erg.sample`` and ``erg.simulate`` by HeatBath and Metropolis, and for all that works over ensembles (tempering, annealing, flat
        histograms). An ``energy`` that turns out to be a sum over pairs becomes Pairwise, the faster one; two values are as fast as Ising.
        In a space the methods are Metropolis, many sites at once, and those of densities on it, HMC among them; observables are energy,
        configuration, magnetization (the mean; of angles that of cosine and sine), ``|magnetization|``, magnetization^2 and magnetization^4.

    Raises
    ------
    SpecError
        If functions are missing or too many, energies are not finite, or do not have the period of angles.
    ShapeError
        If an energy has another shape than its arguments broadcast to.

    Examples
    --------
    The Blume-Capel model:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.lattice.Model((16, 16), (-1, 0, 1), pair=lambda s, t: -s * t, site=lambda s: 0.5 * s**2)
    >>> run = erg.sample(model, kT=1.0, sweeps=300, warmup=100, observe=["energy", "|magnetization|"], seed=1)
    >>> bool(run["|magnetization|"].mean() > 0.8)
    True

    A generalised XY model, with a term of the nematic kind:

    >>> nematic = erg.lattice.Model((8, 8), erg.Torus(), pair=lambda s, t: -0.5 * np.cos(s - t) - 0.5 * np.cos(2 * (s - t)))
    >>> run = erg.sample(nematic, erg.HMC(steps=8), kT=0.4, sweeps=200, warmup=100, start="ordered", observe="|magnetization|", seed=1)
    >>> bool(run["|magnetization|"].mean() > 0.7)
    True

    Three spins in a row on a ring, which no sum over pairs is:

    >>> triple = erg.lattice.Model((32,), (-1, 1), energy=lambda s, n: -n[..., 0] * s * n[..., 1])
    >>> run = erg.sample(triple, kT=1.0, sweeps=4000, warmup=200, observe=["energy"], seed=1)
    >>> bool(abs(run["energy"].mean() / 32 + np.tanh(1.0)) < 0.02)
    True
    """
    if isinstance(values, Space):
        if (energy is None) == (pair is None and site is None) or (energy is not None and (fields is not None or np.ndim(J) or J != 1)):
            raise SpecError("Model: expected pair= and site=, or energy= alone", "Try Model((8, 8), erg.Torus(), pair=lambda s, t: -np.cos(s - t)).",
                            {"argument": "energy"})  # fmt: skip
        from ergodica.lattice.continuous import local  # which traces: not at import

        return local(lattice, values, pair, site, energy, J, fields, periodic)
    numbers = np.asarray(as_numbers(values, "Model.values"), float)
    if numbers.ndim != 1 or not 2 <= len(numbers) <= 256:
        raise ShapeError(f"Model.values: expected shape (q,), 2 <= q <= 256; got {numbers.shape}", fields={"argument": "values"})
    if (energy is None) == (pair is None and site is None) or (energy is not None and (fields is not None or np.ndim(J) or J != 1)):
        raise SpecError("Model: expected pair= and site=, or energy= alone",
                        "Try Model((8, 8), (-1, 1), pair=lambda s, t: -s * t).", {"argument": "energy"})  # fmt: skip
    if fields is not None and site is None:
        raise SpecError("Model.fields: expected site= as well, which is called with them", "Try site=lambda s, h: -h * s.", {"argument": "fields"})
    if energy is not None:
        return _together(lattice, numbers, energy, periodic)
    q = len(numbers)
    V = np.zeros((q, q)) if pair is None else _called(pair, "pair", (q, q), numbers[:, None], numbers[None, :])
    if not np.allclose(V, V.T, rtol=1e-12, atol=0):
        a, b = np.unravel_index(np.abs(V - V.T).argmax(), V.shape)
        raise SpecError(f"Model.pair: expected the same for both ends of a bond; pair({numbers[a]:g}, {numbers[b]:g}) = {V[a, b]:g}, the other "
                        f"way {V[b, a]:g}", fields={"argument": "pair"})  # fmt: skip
    if site is None:
        U = np.zeros(q)
    elif fields is None:
        U = _called(site, "site", (q,), numbers)
    else:
        where, h = as_lattice(lattice, "Model.lattice"), np.asarray(as_numbers(fields, "Model.fields"), float)
        sites = where.sites if isinstance(where, Graph) else int(np.prod(where))
        if h.shape not in ((sites,), where):
            raise ShapeError(f"Model.fields: expected shape ({sites},), one number for each site; got {h.shape}", fields={"argument": "fields"})
        h = h.reshape(-1, 1)
        U = _called(site, "site", (len(h), q), numbers[None, :], h)
    return Pairwise(lattice, numbers=numbers, pair=(V + V.T) / 2, site=U, J=J, periodic=periodic)


def _called(f: Callable[..., Any], name: str, shape: tuple[int, ...], *arguments: np.ndarray) -> np.ndarray:
    try:
        found = np.asarray(f(*arguments))
        found = found.astype(float) if found.dtype.kind != "c" else found
    except Exception as why:
        raise PythonError(f"Model.{name} raised {type(why).__name__}: {why}", fields={"argument": name}) from why
    try:
        found = np.broadcast_to(found, shape).copy()
    except ValueError:
        raise ShapeError(f"Model.{name}: expected shape {shape} of arguments {[a.shape for a in arguments]}; got {found.shape}",
                         fields={"argument": name}) from None  # fmt: skip
    if found.dtype.kind == "c":
        raise ShapeError(f"Model.{name}: expected real energies, got {found.dtype}", fields={"argument": name})
    if not np.isfinite(found).all():
        raise SpecError(f"Model.{name}: expected finite energies, got {found[~np.isfinite(found)][0]}", fields={"argument": name})
    return found


def _together(lattice: Any, numbers: np.ndarray, energy: Callable[..., Any], periodic: bool | Sequence[bool]) -> Pairwise | Tabled:
    where, q = as_lattice(lattice, "Model.lattice"), len(numbers)
    if isinstance(where, Graph):
        degrees = np.bincount(where.edges.ravel(), minlength=where.sites)
        z, other = int(degrees[0]), "a graph where they differ" if np.ptp(degrees) else None
    else:
        free = open_axes(periodic, len(where), "Model")
        z, other = 2 * sum(n > 1 for n in where), "open boundaries" if any(n > 1 and f for n, f in zip(where, free, strict=True)) else None
    if other:
        raise SpecError(f"Model.energy: expected the same number of neighbours at every site, got {other}", "Try pair= and site=.",
                        {"argument": "energy"})  # fmt: skip
    if q ** (1 + z) > TABLE:
        raise SpecError(f"Model.energy: {q} values and {z} neighbours make {q ** (1 + z)} energies, more than {TABLE}", "Try pair= and site=.",
                        {"argument": "energy"})  # fmt: skip
    grid = np.stack(np.meshgrid(*[numbers] * (1 + z), indexing="ij"), axis=-1)
    table = _called(energy, "energy", grid.shape[:-1], grid[..., 0], grid[..., 1:])
    split = _pairs(table)
    if split is not None:
        V, U = split
        return Pairwise(where, numbers=numbers, pair=V, site=U, periodic=periodic)
    return Tabled(where, numbers=numbers, table=table, periodic=periodic)


def _pairs(table: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Energies of pairs and sites whose sum the table is, if it is one that treats all neighbours alike."""
    z, q = table.ndim - 1, table.shape[0]
    if z == 0:
        return None
    base = table[(slice(None),) + (0,) * z]
    each = table[(slice(None), slice(None)) + (0,) * (z - 1)] - base[:, None]
    total = np.broadcast_to(base.reshape((q,) + (1,) * z), table.shape).copy()
    for k in range(z):
        total += each.reshape((q,) + (1,) * k + (q,) + (1,) * (z - 1 - k))
    if not np.allclose(total, table, rtol=0, atol=1e-13 * (1 + np.abs(table).max())):
        return None
    return each + each.T, base


__all__ = ["Model"]
