"""Where the sites are: a hypercubic lattice by its side lengths, or any graph."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica.errors import ShapeError, SpecError

MAX_SITES = 1 << 30


class Graph:
    """A set of sites ``0..sites-1`` with undirected bonds, and a weight for each bond where there is one.

    Parameters
    ----------
    edges : int array (bonds, 2)
        The two sites of each bond. Two bonds between the same sites are two bonds.
    sites : int, optional
        Number of sites; the largest site in ``edges`` plus one where it is not given. Sites without bonds are allowed.
    weights : float array (bonds,), optional
        Multiplies the coupling ``J`` of a system on this graph, so it is the coupling when ``J`` is left at 1.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.lattice.Graph([[0, 1], [1, 2], [2, 0]])
    Graph(sites=3, bonds=3)
    """

    __slots__ = ("edges", "sites", "weights")

    edges: np.ndarray
    sites: int
    weights: np.ndarray | None

    def __init__(self, edges: Any, sites: int | None = None, weights: Any = None, *, name: str = "Graph.edges") -> None:
        e = as_array(edges, name)
        if e.size == 0:
            e = np.zeros((0, 2), np.int64)
        if e.ndim != 2 or e.shape[1] != 2 or e.dtype.kind not in "iu":
            raise ShapeError(f"{name}: expected an integer array of edges, shape (bonds, 2); got {e.dtype} of shape {e.shape}",
                             fields={"argument": name})  # fmt: skip
        e = e.astype(np.int64)  # a copy: the graph does not change when the caller's array does
        if sites is None:
            if not len(e):
                raise SpecError(f"{name}: expected at least one edge, or the number of sites", "Try erg.lattice.Graph(edges, sites=n).",
                                {"argument": name})  # fmt: skip
            sites = int(e.max()) + 1
        n = _integer(sites, name.replace("edges", "sites"))
        if not 1 <= n <= MAX_SITES:
            raise SpecError(f"{name}: expected between 1 and {MAX_SITES} sites, got {n}", fields={"argument": name})
        outside = (e < 0) | (e >= n)
        if outside.any():
            bond = int(np.argmax(outside.any(axis=1)))
            raise SpecError(f"{name}: bond {bond} joins sites {e[bond, 0]} and {e[bond, 1]}; sites run from 0 to {n - 1}",
                            fields={"argument": name})  # fmt: skip
        w = None
        if weights is not None:
            given = name.replace("edges", "weights")
            w = as_array(weights, given)
            if w.shape != (len(e),) or w.dtype.kind == "c":
                raise ShapeError(f"{given}: expected one real weight for each of {len(e)} bonds, shape ({len(e)},); got {w.dtype} of shape {w.shape}",
                                 fields={"argument": given})  # fmt: skip
            w = w.astype(np.float64)
            w.flags.writeable = False
        e.flags.writeable = False
        for key, value in (("edges", e), ("sites", n), ("weights", w)):
            object.__setattr__(self, key, value)

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"a Graph is immutable; make a new one to change its {key}")

    def __repr__(self) -> str:
        return f"Graph(sites={self.sites}, bonds={len(self.edges)}{'' if self.weights is None else ', weighted'})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        if self.sites != other.sites or not np.array_equal(self.edges, other.edges):
            return False
        if self.weights is None or other.weights is None:
            return self.weights is other.weights
        return np.array_equal(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash((self.sites, self.edges.tobytes(), None if self.weights is None else self.weights.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (Graph, (self.edges, self.sites, self.weights))


def as_lattice(x: Any, name: str) -> tuple[int, ...] | Graph:
    """What a system keeps of its lattice argument: side lengths, or a :class:`Graph`.

    One integer is the length of a chain; a sequence of integers holds side lengths; a two-dimensional integer array (bonds, 2) holds edges.
    A scipy.sparse matrix is symmetric or holds one triangle; its stored values are the weights, in row order of the upper triangle.
    A networkx graph numbers its nodes in iteration order; the edge attribute ``weight`` is the weight (1 where an edge has none).
    """
    if isinstance(x, Graph):
        return x
    if isinstance(x, str):
        raise _expected(name, x)
    if hasattr(x, "tocoo") and hasattr(x, "nnz"):
        return _from_sparse(x, name)
    if hasattr(x, "edges") and hasattr(x, "nodes") and hasattr(x, "number_of_nodes"):
        return _from_networkx(x, name)
    if isinstance(x, Sequence) or hasattr(x, "__array__") or hasattr(x, "__arrow_c_array__"):
        a = as_array(x, name)
        if a.ndim == 2:
            return Graph(a, name=name)
        if a.ndim > 2 or a.dtype.kind not in "iu" or a.size == 0:
            raise _expected(name, x if a.size < 10 else f"{a.dtype} of shape {a.shape}")
        sides = tuple(int(n) for n in a.reshape(-1))
    else:
        sides = (_integer(x, name),)
    if min(sides) < 1:
        raise SpecError(f"{name}: expected side lengths of at least 1, got {sides}", fields={"argument": name})
    total = 1
    for n in sides:
        total *= n
    if total > MAX_SITES:
        raise SpecError(f"{name}: expected at most {MAX_SITES} sites, got {total} = {' x '.join(map(str, sides))}", fields={"argument": name})
    return sides


def _integer(x: Any, name: str) -> int:
    try:
        if isinstance(x, (bool, np.bool_)):
            raise TypeError
        return operator.index(x)
    except Exception:  # objects raise what they like
        raise _expected(name, x) from None


def _expected(name: str, x: Any) -> SpecError:
    text = repr(x) if len(repr(x)) < 80 else type(x).__name__
    return SpecError(f"{name}: expected side lengths, a graph, or an integer array of edges (bonds, 2); got {text}", fields={"argument": name})


def _from_sparse(m: Any, name: str) -> Graph:
    coo = m.tocoo()
    if len(coo.shape) != 2 or coo.shape[0] != coo.shape[1]:
        raise ShapeError(f"{name}: expected a square matrix of couplings, got shape {coo.shape}", fields={"argument": name})
    if coo.dtype.kind not in "fiub":
        raise ShapeError(f"{name}: expected a matrix of real couplings, got dtype {coo.dtype}", fields={"argument": name})
    csr = coo.tocsr().astype(np.float64)
    csr.sum_duplicates()
    csr.eliminate_zeros()
    coo = csr.tocoo()
    row, col, value = coo.row, coo.col, coo.data
    loop = row == col
    if loop.any():
        i = int(row[loop][0])
        raise SpecError(f"{name}: expected zeros on the diagonal, site {i} is coupled to itself", "Try A - scipy.sparse.diags(A.diagonal()).",
                        {"argument": name})  # fmt: skip
    upper = row < col
    if upper.any() and not upper.all():
        difference = (csr - csr.T).tocoo()
        unequal = ~((difference.data == 0) | np.isnan(difference.data))
        if unequal.any():
            i, j = int(difference.row[unequal][0]), int(difference.col[unequal][0])
            raise SpecError(f"{name}: expected a symmetric matrix or one triangle, but A[{i}, {j}] differs from A[{j}, {i}]",
                            "Try (A + A.T) / 2, or scipy.sparse.triu(A).", {"argument": name})  # fmt: skip
        row, col, value = row[upper], col[upper], value[upper]
    edges = np.sort(np.stack([row, col], axis=1).astype(np.int64), axis=1)
    return Graph(edges, sites=coo.shape[0], weights=value, name=name)


def _from_networkx(g: Any, name: str) -> Graph:
    if g.is_directed():
        raise SpecError(f"{name}: expected an undirected graph", "Try G.to_undirected().", {"argument": name})
    number = {node: i for i, node in enumerate(g.nodes)}
    edges = [(number[a], number[b]) for a, b in g.edges()]
    loops = [a for a, b in edges if a == b]
    if loops:
        raise SpecError(f"{name}: site {loops[0]} is joined to itself", "Try G.remove_edges_from(networkx.selfloop_edges(G)).", {"argument": name})
    stored = [data.get("weight") for _, _, data in g.edges(data=True)]
    weights = None if all(w is None for w in stored) else [1.0 if w is None else w for w in stored]
    return Graph(np.asarray(edges, np.int64).reshape(-1, 2), sites=len(number), weights=weights, name=name)
