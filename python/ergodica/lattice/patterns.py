"""Clusters of like sites, and how far a difference spreads."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica._arrays import as_array, as_numbers
from ergodica._base import Method, System, short
from ergodica._graph import Graph, as_lattice
from ergodica.errors import ShapeError, SpecError
from ergodica.lattice.crystals import Crystal


def clusters(configuration: Any, lattice: Any, *, value: Any = None, periodic: Any = True) -> tuple[np.ndarray, list[np.ndarray]]:
    """Label the clusters of neighbouring sites that have the same value.

    Parameters
    ----------
    configuration : array (..., sites) or (..., *shape of the lattice)
        One configuration or many.
    lattice : tuple of int, lattice, edge array or graph
    value : number, optional
        Clusters of this value alone; other sites have the label -1.
    periodic : bool or tuple of bool, default True
        Boundary of a lattice that is given by side lengths.

    Returns
    -------
    labels : int array in the shape of ``configuration``
        0, 1, ... in each configuration, in the order of the clusters' first sites.
    sizes : list of int arrays
        Sites of each cluster, one array for each configuration.

    Raises
    ------
    ShapeError, SpecError, NonFiniteError
        Another shape than the lattice's, complex numbers, NaN or infinity.

    Examples
    --------
    >>> import ergodica as erg
    >>> labels, sizes = erg.lattice.clusters([1, 1, 0, 0, 1], (5,), value=1)
    >>> labels.tolist(), sizes[0].tolist()
    ([0, 0, -1, -1, 0], [3])
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    x, where = as_numbers(configuration, "clusters.configuration"), as_lattice(lattice, "clusters.lattice")
    graph = where if isinstance(where, Graph) else Crystal("hypercubic", where, periodic=periodic)
    shape = (graph.sites,) if isinstance(where, Graph) else where
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ShapeError(f"clusters.configuration: expected shape (..., {', '.join(map(str, shape))}), got {x.shape}",
                fields={"argument": "configuration"})
    if value is not None and np.ndim(as_numbers(value, "clusters.value")):
        raise SpecError(f"clusters.value: expected one number, got {short(value)}", fields={"argument": "value"})
    rows = x.reshape(-1, graph.sites)
    labels, sizes = np.full(rows.shape, -1, np.int64), []
    i, j = graph.edges.T
    for row, label in zip(rows, labels, strict=True):
        joined = row[i] == row[j]
        _, found = connected_components(coo_matrix((np.ones(joined.sum(), bool), (i[joined], j[joined])), shape=(graph.sites,) * 2), directed=False)
        chosen = np.ones(graph.sites, bool) if value is None else row == value
        _, first, number, count = np.unique(found[chosen], return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        label[chosen] = rank[number]
        sizes.append(count[order])
    return labels.reshape(x.shape), sizes


def damage(system: System, method: Method | None = None, *, start: Any, other: Any, time: float, every: float | None = None, kT: Any = 1.0,
           chains: int = 4, seed: int = 1, threads: int | None = None) -> np.ndarray:  # fmt: skip
    """How a difference of two configurations spreads when both get the same random numbers.

    Parameters
    ----------
    system, method, time, every, kT, chains, threads
        As for :func:`ergodica.simulate`. The dynamics draws the same numbers whatever the configuration is: heat baths, automata, voters, exclusion.
    start, other : arrays
        The two configurations.
    seed : int, default 1

    Returns
    -------
    array ((kT,) chains, times)
        Share of the sites that differ, at the times 0, every, 2 every, ...

    Examples
    --------
    One cell that is different spreads in rule 90 to two at the step 4, as Pascal's triangle is modulo 2:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(0).integers(0, 2, 64)
    >>> y = np.where(np.arange(64) == 32, 1 - x, x)
    >>> d = erg.lattice.damage(erg.lattice.Elementary((64,), rule=90), start=x, other=y, time=4, every=1, chains=1)
    >>> (d[0] * 64).astype(int).tolist()
    [1, 2, 2, 4, 2]
    """
    from ergodica.verbs import simulate

    runs = [simulate(system, method, time=time, every=every, kT=kT, chains=chains, observe="configuration", start=as_array(x, f"damage.{name}"),
                     seed=seed, progress=False, threads=threads)["configuration"] for name, x in (("start", start), ("other", other))]  # fmt: skip
    differ = np.asarray(runs[0]) != np.asarray(runs[1])
    axes = np.ndim(start) if np.ndim(start) <= differ.ndim - 2 else differ.ndim - 2
    return differ.mean(axis=tuple(range(differ.ndim - axes, differ.ndim)))
