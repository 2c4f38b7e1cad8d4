"""Correlations between two times, of systems that age."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica._arrays import as_numbers
from ergodica.errors import ShapeError, SpecError


def two_time(x: Any, waits: Any = None, connected: bool = False) -> np.ndarray:
    r"""Correlation of configurations at a waiting time and at every later one,

    .. math:: C(t, t_w) = \frac1N \sum_i x_i(t)\, x_i(t_w),

    for each chain; ``connected`` takes away :math:`\bar x(t)\,\bar x(t_w)`, the means over sites. In equilibrium it depends on t - t_w alone, after a
    quench on both: a system that coarsens has C = f(L(t)/L(t_w)).

    Parameters
    ----------
    x : array (..., times, sites) or (..., times, ...shape of a lattice)
        Such as ``run["configuration"]`` of a simulation: axis 1 is time where there is a chain axis before, axis 0 for two dimensions. Spins with
        components (last axis) are summed over them by the same formula, with N the number of all values.
    waits : sequence of int, optional
        Indices of the waiting times; all where it is not given.
    connected : bool, default False

    Returns
    -------
    array (chains, waits, times) or (waits, times)
        NaN before the waiting time. Means and errors over chains are those of independent values.

    Raises
    ------
    ShapeError
        Fewer than two dimensions.
    SpecError
        A waiting time out of range.
    NonFiniteError
        NaN or infinity in x.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> quench = erg.simulate(erg.lattice.Ising((64, 64)), kT=1.0, time=8.0, every=1.0, chains=8, observe=["configuration"], seed=1)
    >>> C = erg.stats.two_time(quench["configuration"], waits=[1, 4])
    >>> C.shape, bool((C[:, 1, 8] > C[:, 0, 5]).all())  # the older, the slower
    ((8, 2, 9), True)
    """
    a = as_numbers(x, "x")
    if a.ndim < 2:
        raise ShapeError(f"x: expected shape (chains, times, sites...) or (times, sites), got {a.shape}", fields={"argument": "x"})
    single = a.ndim == 2
    a = a[None] if single else a
    a = a.reshape(*a.shape[:2], -1)
    times = a.shape[1]
    at = np.arange(times) if waits is None else np.atleast_1d(np.asarray(waits))
    if at.dtype.kind not in "iu" or at.ndim != 1 or (at < 0).any() or (at >= times).any():
        raise SpecError(f"waits: expected indices of times from 0 to {times - 1}, got {waits!r}", fields={"argument": "waits"})
    out = np.full((len(a), len(at), times), np.nan)
    for chain, C in zip(a, out, strict=True):
        y = chain.astype(np.float64)
        if connected:
            y -= y.mean(axis=1, keepdims=True)
        for row, w in zip(C, at, strict=True):
            row[w:] = y[w:] @ y[w] / y.shape[1]
    return out[0] if single else out
