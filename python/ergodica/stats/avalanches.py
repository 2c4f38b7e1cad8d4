"""Distributions with heavy tails: bins that grow, and how moments scale with the size of the system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import integer
from ergodica._estimate import Estimate
from ergodica.errors import NonFiniteError, ShapeError, SpecError


class LogHistogram(NamedTuple):
    """Density in bins of equal ratio: ``centre`` the geometric mean of a bin's ends, ``density`` per unit of x of all samples, ``se`` its error
    by counting."""

    centre: np.ndarray
    density: np.ndarray
    se: np.ndarray
    counts: np.ndarray


def _sample(x: Any, name: str) -> np.ndarray:
    a = as_array(getattr(x, "values", x), name).ravel()
    if a.dtype.kind not in "iuf" or a.size == 0:
        raise ShapeError(f"{name}: expected numbers, got {a.dtype} of size {a.size}", fields={"argument": name})
    if not np.isfinite(a).all() or a.min() < 0:
        raise NonFiniteError(f"{name}: expected finite numbers of at least 0", fields={"argument": name})
    return a


def log_histogram(x: Any, per_decade: int = 5) -> LogHistogram:
    """The density of positive numbers, such as the sizes of avalanches, in bins whose ends have equal ratios.

    Parameters
    ----------
    x : array or Ragged
        Zeros count in the total but have no bin. Of whole numbers a bin's width is the number of whole numbers in it, so that the density is a
        probability
        of each.
    per_decade : int, default 5

    Returns
    -------
    LogHistogram
        Bins that hold something. Errors take the numbers to be independent.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> u = np.random.default_rng(0).random(100_000)
    >>> h = erg.stats.log_histogram(1 / u)  # density x^-2
    >>> slope = np.polyfit(np.log(h.centre[:8]), np.log(h.density[:8]), 1)[0]
    >>> print(round(float(slope), 1))
    -2.0
    """
    a = _sample(x, "log_histogram.x")
    positive = a[a > 0]
    if not positive.size:
        raise SpecError("log_histogram.x: expected some numbers above 0", fields={"argument": "x"})
    ratio = 1 / integer(per_decade, "log_histogram.per_decade", 1)
    first = np.floor(np.log10(positive.min()) / ratio)
    ends = 10 ** (ratio * np.arange(first, np.floor(np.log10(positive.max()) / ratio) + 2.5))
    if a.dtype.kind in "iu":
        ends = np.unique(np.ceil(ends - 1e-9))
        width = np.diff(ends)
        centre = np.sqrt(ends[:-1] * (ends[1:] - 1))
    else:
        width, centre = np.diff(ends), np.sqrt(ends[:-1] * ends[1:])
    count = np.histogram(positive, ends)[0]
    keep = count > 0
    density = count / (width * a.size)
    return LogHistogram(centre[keep], density[keep], (density / np.sqrt(np.maximum(count, 1)))[keep], count[keep])


class MomentScaling(NamedTuple):
    """<s^q> ~ L^sigma(q): the slopes with their errors, and tau and D of sigma = D (q + 1 - tau), as they follow from P(s) = s^-tau f(s / L^D)."""

    q: np.ndarray
    sigma: Estimate
    D: Estimate
    tau: Estimate


def moment_scaling(samples: Mapping[float, Any], q: Any = (1.0, 1.5, 2.0, 2.5, 3.0), blocks: int = 20) -> MomentScaling:
    """How moments grow with the size of the system (C. Tebaldi, M. De Menech, A. L. Stella, Phys. Rev. Lett. 83, 3952 (1999)).

    Parameters
    ----------
    samples : dict of size -> array or Ragged
        Numbers of systems of at least two sizes, in the order in which they were recorded.
    q : sequence of float
        Orders, above tau - 1; at least two.
    blocks : int, default 20
        Errors are those of a jackknife over so many blocks of each sample, which should be longer than correlations.

    Returns
    -------
    MomentScaling

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> rng = np.random.default_rng(0)
    >>> cut = {L: (1 - rng.random(200_000) * (1 - 1 / np.sqrt(L**2.0))) ** -2.0 for L in (64, 128, 256)}  # x^-1.5 from 1 to L^2
    >>> found = erg.stats.moment_scaling(cut)
    >>> print(round(found.tau.value, 1), round(found.D.value, 1))
    1.5 2.0
    """
    if len(samples) < 2:
        raise SpecError("moment_scaling.samples: expected at least two sizes", fields={"argument": "samples"})
    orders = np.asarray(as_array(q, "moment_scaling.q"), float).ravel()
    m = integer(blocks, "moment_scaling.blocks", 2)
    if len(orders) < 2:
        raise SpecError("moment_scaling.q: expected at least two orders", fields={"argument": "q"})
    sizes = np.array([float(L) for L in samples])
    kept, logs = [], []
    for L, x in samples.items():
        a = _sample(x, f"moment_scaling.samples[{L}]").astype(float)
        if len(a) < m:
            raise ShapeError(f"moment_scaling.samples[{L}]: expected at least {m} numbers, got {len(a)}", fields={"argument": "samples"})
        parts = np.array_split(a, m)
        sums = np.array([[(p**k).sum() for k in orders] for p in parts])
        counts = np.array([len(p) for p in parts])[:, None]
        logs.append(np.log(sums.sum(0) / len(a)))
        kept.append(np.log((sums.sum(0) - sums) / (len(a) - counts)))

    def fit(values: list[np.ndarray]) -> np.ndarray:
        sigma = np.polyfit(np.log(sizes), np.array(values), 1)[0]
        D, c = np.polyfit(orders, sigma, 1)
        return np.array([*sigma, D, 1 - c / D])

    best, variance = fit(logs), 0.0
    for k in range(len(sizes)):  # sizes are independent of each other
        left = np.array([fit([*logs[:k], drop, *logs[k + 1 :]]) for drop in kept[k]])
        variance = variance + (m - 1) / m * ((left - left.mean(0)) ** 2).sum(0)
    se = np.sqrt(variance)
    n = len(orders)
    return MomentScaling(orders, Estimate(best[:n], se[:n]), Estimate(float(best[n]), float(se[n])), Estimate(float(best[n + 1]), float(se[n + 1])))
