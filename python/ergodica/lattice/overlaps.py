"""Overlaps of replicas and the correlation length, from configurations."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ergodica._arrays import as_array, as_numbers
from ergodica._base import canonical, integer
from ergodica._estimate import Estimate
from ergodica._graph import Graph, as_lattice
from ergodica.errors import ShapeError, SpecError
from ergodica.lattice.crystals import Crystal
from ergodica.stats.series import jackknife


class Overlaps(NamedTuple):
    """Overlaps of two replicas in the shape of the leading axes; ``link`` is None without a lattice."""

    site: np.ndarray
    link: np.ndarray | None


def open_axes(periodic: Any, axes: int, name: str) -> list[bool]:
    many = canonical(periodic, "bool | Sequence[bool]", f"{name}.periodic")
    ends = np.broadcast_to(many, (axes,)) if np.size(many) in (1, axes) else None
    if ends is None:
        raise ShapeError(f"{name}.periodic: expected one value or {axes}, one per axis", fields={"argument": "periodic"})
    return [not p for p in ends]


def overlaps(a: Any, b: Any, lattice: Any = None, *, periodic: Any = True) -> Overlaps:
    r"""Site and link overlaps of two replicas, spins of +1 and -1 in equal couplings:

    .. math:: q = \frac{1}{N} \sum_i s_i^a s_i^b, \qquad q_l = \frac{1}{B} \sum_{(i,j)} s_i^a s_j^a s_i^b s_j^b.

    Parameters
    ----------
    a, b : arrays (..., sites) or (..., *shape of the lattice)
        Configurations of both, of one shape: two chains of a run, which share nothing but their couplings.
    lattice : tuple of int, lattice, edge array or graph, optional
        Its B bonds make the link overlap, those of a hypercubic lattice as ``Ising`` counts them; without, all axes but the last are replicas' draws.
    periodic : bool or tuple of bool, default True
        Boundary of a lattice that is given by side lengths.

    Returns
    -------
    Overlaps
        ``site`` and ``link``, float64 in the shape of the leading axes.

    Raises
    ------
    ShapeError, SpecError
        If shapes differ or values are not +1 and -1.

    References
    ----------
    S. F. Edwards, P. W. Anderson, J. Phys. F 5, 965 (1975).

    Examples
    --------
    >>> import ergodica as erg
    >>> q = erg.lattice.overlaps([1, 1, -1, 1], [1, -1, -1, -1], (4,))
    >>> float(q.site), float(q.link)
    (0.0, -1.0)
    """
    x, y = as_array(a, "overlaps.a"), as_array(b, "overlaps.b")
    if x.shape != y.shape or x.ndim == 0:
        raise ShapeError(f"overlaps: expected two arrays of one shape, got {x.shape} and {y.shape}", fields={"argument": "b"})
    for name, v in (("a", x), ("b", y)):
        if not (np.abs(v) == 1).all():
            raise SpecError(f"overlaps.{name}: expected spins +1 and -1", fields={"argument": name})
    t = (x * y).astype(np.int8)
    if lattice is None:
        return Overlaps(t.mean(axis=-1), None)
    where = as_lattice(lattice, "overlaps.lattice")
    shape = (where.sites,) if isinstance(where, Graph) else where
    if t.shape[max(t.ndim - len(shape), 0) :] != shape:
        raise ShapeError(f"overlaps.a: expected shape (..., {', '.join(map(str, shape))}), got {t.shape}", fields={"argument": "a"})
    lead = t.shape[: t.ndim - len(shape)]
    rows, links, bonds = t.reshape(-1, *shape), np.zeros(int(np.prod(lead)), np.int64), 0
    if isinstance(where, Graph):
        i, j = where.edges.T
        for row, q in zip(rows, range(len(rows)), strict=True):
            links[q] = np.sum(row[i] * row[j], dtype=np.int64)
        bonds = len(i)
    else:
        free = open_axes(periodic, len(shape), "overlaps")
        for d, n in enumerate(shape):
            if n == 1:
                continue
            pairs = rows * np.roll(rows, -1, axis=1 + d)
            if free[d]:
                pairs = np.take(pairs, range(n - 1), axis=1 + d)
            links += pairs.sum(axis=tuple(range(1, rows.ndim)), dtype=np.int64)
            bonds += pairs[0].size if len(pairs) else 0
    if bonds == 0:
        raise SpecError("overlaps.lattice: expected a lattice with bonds", fields={"argument": "lattice"})
    return Overlaps(rows.reshape(*lead, -1).mean(axis=-1), (links / bonds).reshape(lead))


def overlap_distribution(q: Any, sites: int, *, symmetric: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The distribution P(q) of overlaps, at all values that N spins can have.

    Parameters
    ----------
    q : array
        Overlaps ``overlaps(...).site``, of any shape.
    sites : int
        N.
    symmetric : bool, default False
        Count q and -q alike, as without a field, where replicas may be turned over as a whole.

    Returns
    -------
    values : float64 array (N + 1,)
        -1, -1 + 2/N, ..., 1.
    density : float64 array (N + 1,)
        P, with sum(P) 2/N = 1.

    Examples
    --------
    >>> import ergodica as erg
    >>> values, P = erg.lattice.overlap_distribution([1.0, 0.0, 0.0, -1.0], 2)
    >>> P.tolist()
    [0.25, 0.5, 0.25]
    """
    x, sites = np.asarray(as_array(q, "overlap_distribution.q"), float).ravel(), integer(sites, "overlap_distribution.sites", 1, 2**31)
    at = np.rint((x + 1) * sites / 2)
    if x.size == 0 or not np.isfinite(x).all() or np.abs(at - (x + 1) * sites / 2).max() > 1e-6 or at.min() < 0 or at.max() > sites:
        raise SpecError(f"overlap_distribution.q: expected values -1, -1 + 2/{sites}, ..., 1", fields={"argument": "q"})
    count = np.bincount(at.astype(np.int64), minlength=sites + 1).astype(float)
    if canonical(symmetric, "bool", "overlap_distribution.symmetric"):
        count = (count + count[::-1]) / 2
    return 2 * np.arange(sites + 1) / sites - 1, count / count.sum() * sites / 2


def correlation_length(configurations: Any, lattice: Any, *, weights: Any = None) -> Estimate:
    r"""The second-moment correlation length of a periodic lattice, from the structure factor at 0 and at the smallest wave vectors:

    .. math:: \xi = \left[\frac{S(0)/\overline{S(k)} - 1}{\hat k^2}\right]^{1/2},
        \qquad S(k) = \frac{1}{N} \left\langle \left|\sum_x s_x e^{-i k x}\right|^2 \right\rangle,

    the mean over the axes whose k = b/L is the smallest, in units of the distance of nearest neighbours. On a hypercubic lattice
    :math:`\hat k = 2 \sin(k/2)`, on others the eigenvalue of their bonds, :math:`\hat k^2 = D \sum_b 2 (1 - \cos k \delta_b) / \sum_b \delta_b^2`,
    which is :math:`k^2` for small k. S(0) holds the square of the magnetisation: above a transition this is the correlation length, below it grows
    with the lattice, and curves of xi/L of several sizes cross at the transition. For a spin glass give products of two replicas.

    Parameters
    ----------
    configurations : array (draws, ...) or (chains, draws, ...) and then the shape of the lattice, or its sites
        Numbers at sites.
    lattice : tuple of int or crystal
        Periodic along every axis.
    weights : array (draws,) or (chains, draws), optional
        Of draws that stand for more than one.

    Returns
    -------
    Estimate
        With a jackknife error over blocks of draws; NaN where S(0) < S(k), as in an antiferromagnet.

    Raises
    ------
    ShapeError, SpecError, NonFiniteError

    References
    ----------
    F. Cooper, B. Freedman, D. Preston, Nucl. Phys. B 210, 210 (1982). H. G. Ballesteros et al., Phys. Rev. B 62, 14237 (2000).

    Examples
    --------
    A ring, where it is tanh(1/kT)^(1/2) / (1 - tanh(1/kT)) for every length:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> run = erg.sample(erg.lattice.Ising((64,)), erg.Wolff(), kT=1.0, sweeps=2000, observe="configuration", seed=1)
    >>> xi = erg.lattice.correlation_length(run["configuration"], (64,))
    >>> t = np.tanh(1.0)
    >>> bool(abs(xi.value - t**0.5 / (1 - t)) < 5 * xi.se)
    True
    """
    where = as_lattice(lattice, "correlation_length.lattice")
    if isinstance(where, Graph) and not isinstance(where, Crystal):
        raise SpecError("correlation_length.lattice: expected a lattice, a graph has no wave vectors", fields={"argument": "lattice"})
    crystal = where if isinstance(where, Crystal) else Crystal("hypercubic", where)
    if crystal.helical or not all(p or n == 1 for p, n in zip(crystal.periodic, crystal.shape, strict=True)):
        raise SpecError("correlation_length.lattice: expected a periodic lattice", fields={"argument": "lattice"})
    x = np.asarray(as_numbers(configurations, "correlation_length.configurations"), float)
    shape = where if not isinstance(where, Graph) else (crystal.sites,)
    lead = x.ndim - len(shape)
    if lead not in (1, 2) or x.shape[lead:] != shape:
        want = f"(draws, {', '.join(map(str, shape))}) or (chains, draws, ...)"
        raise ShapeError(f"correlation_length.configurations: expected shape {want}, got {x.shape}", fields={"argument": "configurations"})
    w = np.ones(x.shape[:lead]) if weights is None else np.asarray(as_array(weights, "correlation_length.weights"), float)
    if w.shape != x.shape[:lead]:
        raise ShapeError(f"correlation_length.weights: expected shape {x.shape[:lead]}, got {w.shape}", fields={"argument": "weights"})
    b = np.array([v / n for v, n in zip(crystal.reciprocal, crystal.shape, strict=True) if n > 1])
    if len(b) == 0:
        raise SpecError("correlation_length.lattice: expected a side of at least 2", fields={"argument": "lattice"})
    size = np.linalg.norm(b, axis=1)
    b = b[size < size.min() * (1 + 1e-9)]
    i, j = crystal.edges.T
    apart = crystal.positions[j] - crystal.positions[i]
    squares = np.asarray(crystal.distances)[crystal.shells] ** 2
    k2 = len(crystal.shape) * np.mean([2 * np.sum(1 - np.cos(apart @ k)) for k in b]) / squares.sum()
    if sum(n > 1 for n in crystal.shape) < len(crystal.shape):  # axes of length 1 have no bonds
        k2 *= sum(n > 1 for n in crystal.shape) / len(crystal.shape)
    rows = x.reshape(*x.shape[:lead], -1)
    S0 = rows.sum(axis=-1) ** 2
    waves = np.exp(-1j * crystal.positions @ b.T)
    Sk = np.mean(np.abs(rows @ waves) ** 2, axis=-1)

    def length(s0: Any, sk: Any) -> Any:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt((s0 / sk - 1) / k2)

    return jackknife(length, w * S0, w * Sk)


__all__ = ["Overlaps", "correlation_length", "overlap_distribution", "overlaps"]
