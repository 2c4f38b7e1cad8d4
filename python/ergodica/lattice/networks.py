"""Graphs without positions: random ones, trees, complete graphs."""

from __future__ import annotations

from ergodica._base import integer, real
from ergodica._encode import as_seed
from ergodica._graph import Graph
from ergodica.stats.series import core


def _seed(seed: int | None) -> int:
    return integer(as_seed(seed), "seed", 0, 2**63 - 1)


def random_regular(n: int, degree: int, *, seed: int | None = None) -> Graph:
    """A random simple graph in which every site has ``degree`` bonds.

    Free ends are paired at random; loops and second bonds are refused as they come up (A. Steger, N. C. Wormald, Combin. Probab. Comput. 8, 377
    (1999)), which is uniform over all such graphs in the limit of large n.

    Parameters
    ----------
    n : int
        Sites; ``n * degree`` is even.
    degree : int
        Below n.
    seed : int, optional
        Fixes the graph; drawn where it is not given.

    Returns
    -------
    Graph

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.random_regular(1000, 3, seed=1)
    Graph(sites=1000, bonds=1500)
    """
    sites = integer(n, "random_regular.n", 1, 1 << 30)
    found = core("RandomRegular", sites=sites, degree=integer(degree, "random_regular.degree", 0, 1 << 30), seed=_seed(seed))
    return Graph(found["edges"], sites=sites, name="random_regular")


def erdos_renyi(n: int, p: float, *, seed: int | None = None) -> Graph:
    """A random graph in which each of the n (n-1)/2 pairs is bound with probability ``p``.

    Parameters
    ----------
    n : int
    p : float
        From 0 to 1; the mean degree is p (n-1).
    seed : int, optional

    Returns
    -------
    Graph

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.erdos_renyi(1000, 3 / 999, seed=1).sites
    1000
    """
    sites = integer(n, "erdos_renyi.n", 1, 1 << 30)
    return Graph(core("ErdosRenyi", sites=sites, p=real(p, "erdos_renyi.p"), seed=_seed(seed))["edges"], sites=sites, name="erdos_renyi")


def complete(n: int) -> Graph:
    """The graph in which every pair is bound: mean-field models.

    Parameters
    ----------
    n : int
        At most 32768.

    Returns
    -------
    Graph
        Bonds (0, 1), (0, 2), ..., (1, 2), ... With ``J = 1/n`` Ising spins order below kT = 1 in the limit of large n.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.complete(5)
    Graph(sites=5, bonds=10)
    """
    sites = integer(n, "complete.n", 1, 1 << 30)
    return Graph(core("Complete", sites=sites)["edges"], sites=sites, name="complete")


def bethe(degree: int, generations: int) -> Graph:
    """The finite part of the Bethe lattice around a site (a Cayley tree).

    Parameters
    ----------
    degree : int
        Bonds of every site but those of the last generation, which have one.
    generations : int
        Steps from site 0 to the surface. Sites are numbered generation by generation.

    Returns
    -------
    Graph

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.bethe(3, 3)
    Graph(sites=22, bonds=21)
    """
    found = core("Bethe", degree=integer(degree, "bethe.degree", 1, 1 << 30), generations=integer(generations, "bethe.generations", 0, 1 << 30))
    return Graph(found["edges"], sites=int(found["sites"][0]), name="bethe")
