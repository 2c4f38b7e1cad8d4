"""Optimal transport between samples: exact, and with an entropy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ergodica._base import integer, real
from ergodica.errors import ConvergenceError, ShapeError, SpecError
from ergodica.stats.distances import NEIGHBOURS, two
from ergodica.stats.series import core

LARGEST = 25_000_000  # pairs for which an exact plan is sought


def _weights(w: Any, n: int, name: str) -> np.ndarray:
    if w is None:
        return np.full(n, 1 / n)
    a = np.asarray(w, np.float64)
    if a.shape != (n,):
        raise ShapeError(f"{name}: expected shape ({n},), got {a.shape}", fields={"argument": name})
    if not (np.isfinite(a).all() and (a >= 0).all() and a.sum() > 0):
        raise SpecError(f"{name}: expected finite numbers of at least 0 with a sum above 0", fields={"argument": name})
    return np.ascontiguousarray(a / a.sum())


def _power(p: Any) -> float:
    value = real(p, "p")
    if not 1 <= value < np.inf:
        raise SpecError(f"p: expected a finite exponent of at least 1, got {value}", fields={"argument": "p"})
    return value


def wasserstein(x: Any, y: Any, p: float = 2.0, weights_x: Any = None, weights_y: Any = None) -> float:
    r"""Wasserstein distance of two samples, exact.

    .. math:: W_p = \Big(\min_P \sum_{ij} P_{ij} |x_i - y_j|^p\Big)^{1/p}

    In one dimension by sorting, n log n; else by the assignment problem for equal numbers of points without weights (time n^3, memory n^2: up to
    5000 points), and by a linear program otherwise (slower: up to some hundreds).

    Parameters
    ----------
    x, y : array (n,), (n, d) or (chains, draws, d)
    p : float, default 2.0
    weights_x, weights_y : array (n,), optional
        Not normalised; equal where they are not given.

    Returns
    -------
    float

    Raises
    ------
    SpecError
        More pairs than 25 million in more than one dimension.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.stats.wasserstein([0.0, 1.0], [5.0, 6.0]), erg.stats.wasserstein([[0.0, 0.0]], [[3.0, 4.0]])
    (5.0, 5.0)
    """
    a, _, b, _ = two(x, y)
    p = _power(p)
    u, v = _weights(weights_x, len(a), "weights_x"), _weights(weights_y, len(b), "weights_y")
    equal = weights_x is None and weights_y is None and len(a) == len(b)
    if a.shape[1] == 1:
        return _on_a_line(a[:, 0], b[:, 0], u, v, p, equal)
    if len(a) * len(b) > LARGEST:
        raise SpecError(f"wasserstein: expected at most {LARGEST} pairs of points, got {len(a)} times {len(b)}", "Try erg.stats.sinkhorn(x, y).")
    from scipy.spatial.distance import cdist

    cost = cdist(a, b) ** p if p != 2 else cdist(a, b, "sqeuclidean")
    if equal:
        from scipy.optimize import linear_sum_assignment

        return float(cost[linear_sum_assignment(cost)].mean() ** (1 / p))
    return float(max(_program(cost, u, v), 0.0) ** (1 / p))


def _on_a_line(x: np.ndarray, y: np.ndarray, u: np.ndarray, v: np.ndarray, p: float, equal: bool) -> float:
    i, j = np.argsort(x), np.argsort(y)
    if equal:
        return float(np.mean(abs(x[i] - y[j]) ** p) ** (1 / p))
    at, bt = np.cumsum(u[i]), np.cumsum(v[j])
    at[-1] = bt[-1] = 1.0
    levels = np.sort(np.concatenate([at, bt]))
    mass = np.diff(levels, prepend=0.0)
    middle = levels - 0.5 * mass
    gap = abs(x[i][np.searchsorted(at, middle).clip(max=len(x) - 1)] - y[j][np.searchsorted(bt, middle).clip(max=len(y) - 1)])
    return float(np.sum(mass * gap**p) ** (1 / p))


def _program(cost: np.ndarray, u: np.ndarray, v: np.ndarray) -> float:
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, kron, vstack

    n, m = cost.shape
    marginals = vstack([kron(eye_array(n), np.ones((1, m))), kron(np.ones((1, n)), eye_array(m))]).tocsr()[:-1]  # the last follows from the others
    found = linprog(cost.reshape(-1), A_eq=marginals, b_eq=np.concatenate([u, v])[:-1], bounds=(0, None), method="highs")
    if not found.success:
        raise ConvergenceError(f"wasserstein: the linear program failed: {found.message}", "Try erg.stats.sinkhorn(x, y).")
    return float(found.fun)


@dataclass(frozen=True)
class Transport:
    """Entropic transport: ``cost`` (debiased where that was asked for), the dual potentials f (n,) and g (m,) of x to y in units of the cost,
    and the error of the marginals."""

    cost: float
    epsilon: float
    f: np.ndarray = field(repr=False)
    g: np.ndarray = field(repr=False)
    error: float = 0.0
    iterations: int = 0


def sinkhorn(x: Any, y: Any, epsilon: float | None = None, p: int = 2, debiased: bool = True, weights_x: Any = None, weights_y: Any = None,
             tolerance: float = 1e-6, iterations: int = 10_000) -> Transport:  # fmt: skip
    r"""Entropic optimal transport between two samples, and Sinkhorn's divergence.

    .. math:: \mathrm{OT}_\epsilon(x, y) = \min_P \sum_{ij} P_{ij} |x_i - y_j|^p + \epsilon \sum_{ij} P_{ij} \log \frac{P_{ij}}{a_i b_j}, \qquad
              S_\epsilon = \mathrm{OT}_\epsilon(x, y) - \tfrac12 \mathrm{OT}_\epsilon(x, x) - \tfrac12 \mathrm{OT}_\epsilon(y, y).

    The divergence is at least 0, and 0 only for equal samples; it goes to :math:`W_p^p` as epsilon goes to 0 (iterations grow as 1 / epsilon).
    Scalings are logarithms, and costs are computed anew in each iteration: memory n + m, time (n + m)^2 d each.

    Parameters
    ----------
    x, y : array (n,), (n, d) or (chains, draws, d)
    epsilon : float, optional
        Strength of the entropy in units of the cost; 5 % of the mean cost of 1000 points of each where it is not given.
    p : {1, 2}
    debiased : bool, default True
        The divergence; else the cost between x and y alone.
    weights_x, weights_y : array (n,), optional
        Not normalised; equal where they are not given.
    tolerance : float, default 1e-6
        Sum of the errors of the marginals at which the iteration ends; that of the cost is of second order in it.
    iterations : int, default 10000

    Returns
    -------
    Transport

    Raises
    ------
    ConvergenceError
        The tolerance was not reached.

    References
    ----------
    M. Cuturi, NIPS 2013; J. Feydy, T. Sejourne, F.-X. Vialard, S. Amari, A. Trouve, G. Peyre, AISTATS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=(200, 2))
    >>> found = erg.stats.sinkhorn(x, x + [3.0, 4.0], epsilon=0.5)
    >>> abs(found.cost - 25) < 1e-4
    True
    """
    a, _, b, _ = two(x, y)
    if p not in (1, 2):
        raise SpecError(f"p: expected 1 or 2, got {p!r}", fields={"argument": "p"})
    u, v = _weights(weights_x, len(a), "weights_x"), _weights(weights_y, len(b), "weights_y")
    if epsilon is None:
        from scipy.spatial.distance import cdist

        few = [q[np.unique(np.linspace(0, len(q) - 1, NEIGHBOURS).astype(int))] for q in (a, b)]
        epsilon = 0.05 * float(np.mean(cdist(*few) ** p)) or 1.0
    ask = {"epsilon": real(epsilon, "epsilon"), "p": int(p), "tolerance": real(tolerance, "tolerance")}
    ask["iterations"] = integer(iterations, "iterations", 1)
    found = core("Sinkhorn", a, u, b, v, **ask)
    cost, error, count = float(found["value"][0]), float(found["error"][0]), int(found["iterations"][0])
    for points, weights in ((a, u), (b, v)) if debiased else ():
        own = core("Sinkhorn", points, weights, **ask)
        cost -= 0.5 * float(own["value"][0])
        error, count = max(error, float(own["error"][0])), max(count, int(own["iterations"][0]))
    if not error < ask["tolerance"]:
        raise ConvergenceError(f"sinkhorn: the marginals are off by {error:.2g} after {count} iterations, expected {tolerance}",
                               "Try a larger epsilon, more iterations, or erg.stats.wasserstein.")  # fmt: skip
    return Transport(cost, float(epsilon), found["f"], found["g"], error, count)
