"""How far samples are from a density or from each other. The sums over pairs of points are the core's; no matrix of pairs is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import integer, real
from ergodica._encode import as_seed
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.stats.series import core

if TYPE_CHECKING:
    from ergodica.run import Run

NEIGHBOURS = 1000  # points whose distances give the median
BLOCK = 10.0
"""Correlation times within which signs stay the same, on average. They damp correlations of exp(-t / tau) by exp(-t / (10 tau)), which takes 1/11
of the variance; it is given back."""


@dataclass(frozen=True)
class Discrepancy:
    """A distance between distributions with the probability of one as large where there is none.

    Attributes
    ----------
    statistic : float
        The squared discrepancy (for the energy distance, itself); it may be negative where the estimator is unbiased.
    pvalue : float
        (1 + number of ``null`` at least as large) / (1 + their number).
    null : array, float64
        The statistic of resampled signs or labels.
    h : float
        Length scale of the kernel.
    """

    statistic: float
    pvalue: float
    null: np.ndarray = field(repr=False)
    h: float = 1.0

    @staticmethod
    def against(statistic: float, null: np.ndarray, h: float) -> Discrepancy:
        """With the p-value of ``statistic`` among ``null``."""
        return Discrepancy(statistic, float((1 + np.sum(null >= statistic)) / (1 + len(null))), null, h)


def as_points(x: Any, name: str) -> tuple[np.ndarray, int]:
    """Points (n, d), and the draws of a chain: 0 where they are independent."""
    a = as_array(x, name)
    if a.dtype.kind not in "fiub" or not 1 <= a.ndim <= 3 or a.size == 0:
        raise ShapeError(f"{name}: expected real numbers of shape (n,), (n, d) or (chains, draws, d), got {a.dtype} of shape {a.shape}",
                         fields={"argument": name})  # fmt: skip
    a = np.ascontiguousarray(a, np.float64)
    if not np.isfinite(a).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise NonFiniteError(f"{name}: expected finite numbers, got {a[where]} at {where}", fields={"argument": name, "index": where})
    return (a[:, None], 0) if a.ndim == 1 else (a, 0) if a.ndim == 2 else (a.reshape(-1, a.shape[-1]), a.shape[1])


def two(x: Any, y: Any) -> tuple[np.ndarray, int, np.ndarray, int]:
    """Points of one dimension."""
    a, m = as_points(x, "x")
    b, n = as_points(y, "y")
    if a.shape[1] != b.shape[1]:
        raise ShapeError(f"x, y: expected points of one dimension, got {a.shape[1]} and {b.shape[1]}", fields={"argument": "y"})
    return a, m, b, n


def _chosen(value: Any, name: str, among: tuple[str, ...]) -> str:
    if value not in among:
        raise SpecError(f"{name}: expected one of {', '.join(map(repr, among))}, got {value!r}", fields={"argument": name})
    return value


def scale(h: Any, x: np.ndarray) -> float:
    """The length scale: a number above 0, or the median of the distances between 1000 of the points."""
    if isinstance(h, str):
        from scipy.spatial.distance import pdist

        _chosen(h, "h", ("median",))
        some = x[np.unique(np.linspace(0, len(x) - 1, NEIGHBOURS).astype(int))]
        found = float(np.median(pdist(some))) if len(some) > 1 else 0.0
        if not found > 0:
            raise SpecError("h: the median distance of the points is 0", "Try h=1.0, or another length.", {"argument": "h"})
        return found
    value = real(h, "h")
    if not (value > 0 and np.isfinite(value)):
        raise SpecError(f"h: expected 'median' or a length above 0, got {value}", fields={"argument": "h"})
    return value


def _memory(x: np.ndarray, draws: int, tau: Any) -> float:
    """Draws after which signs are drawn anew, on average; 0 for each."""
    if tau is None and not draws:
        return 0.0
    if tau is None:
        series = np.moveaxis(x.reshape(-1, draws, x.shape[1]), -1, 0)
        tau = float(np.nanmax(np.append(core("IntegratedTime", np.ascontiguousarray(series))["tau"], 0.5)))
    tau = real(tau, "tau")
    if not tau >= 0.5:
        raise SpecError(f"tau: expected an autocorrelation time of at least 1/2, got {tau}", fields={"argument": "tau"})
    return BLOCK * tau if tau > 0.75 else 0.0


def ksd(x: Any, score: Any, kernel: str = "imq", h: Any = "median", statistic: str = "V", bootstrap: int = 1000, tau: float | None = None,
        seed: int | None = None) -> Discrepancy:  # fmt: skip
    r"""Kernel Stein discrepancy of a sample from a density, of which only the score is needed: 0 where the sample is the density's.

    .. math:: \mathrm{KSD}^2 = \mathrm{E}\, [s_x \cdot s_y k + s_x \cdot \nabla_y k + s_y \cdot \nabla_x k + \nabla_x \cdot \nabla_y k],
              \qquad s = \nabla \log p.

    The inverse multiquadric notices in any dimension when mass escapes; both kernels are nearly blind to wrong weights of well separated modes.

    Parameters
    ----------
    x : array (n,), (n, d) or (chains, draws, d)
        Points; chains may be correlated.
    score : function or array of the shape of x
        grad log p at the points; a function is called with points (n, d) and gives (n, d).
    kernel : {"imq", "rbf"}
        :math:`(1 + r^2/h^2)^{-1/2}` or :math:`\exp(-r^2 / 2 h^2)`.
    h : "median" or float
        Length scale; the median distance of up to 1000 of the points.
    statistic : {"V", "U"}
        With the pairs of a point with itself, or without (unbiased).
    bootstrap : int, default 1000
        Resampled signs for the p-value.
    tau : float, optional
        Autocorrelation time over which signs stay the same (10 of them); the longest of the coordinates for chains, none for (n, d).
    seed : int, optional

    Returns
    -------
    Discrepancy
        ``statistic`` is the squared discrepancy.

    References
    ----------
    Q. Liu, J. D. Lee, M. I. Jordan, ICML 2016; K. Chwialkowski, H. Strathmann, A. Gretton, ICML 2016, for the wild bootstrap;
    J. Gorham, L. Mackey, ICML 2017, for the kernel.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=(500, 2))
    >>> right, wrong = (erg.stats.ksd(x, lambda x: -x / variance, seed=1).pvalue for variance in (1.0, 1.3))
    >>> right > 0.05 > wrong
    True
    """
    a, draws = as_points(x, "x")
    g = np.asarray(score(a.copy()) if callable(score) else score)
    if g.size != a.size or (not callable(score) and g.shape != np.shape(x)):
        raise ShapeError(f"score: expected the shape of x, {np.shape(x)}, got {g.shape}", fields={"argument": "score"})
    g = as_points(g.reshape(a.shape), "score")[0]
    kernel, statistic = _chosen(kernel, "kernel", ("imq", "rbf")), _chosen(statistic, "statistic", ("V", "U"))
    n, d, length = len(a), a.shape[1], scale(h, a)
    if n < 2:
        raise ShapeError(f"x: expected at least 2 points, got {n}", fields={"argument": "x"})
    memory = _memory(a, draws, tau)
    found = core("PairForms", a, g, _signs(n, draws or n, memory, integer(bootstrap, "bootstrap", 0), seed), kernel=kernel, h=length, stein=True)
    own = float(np.sum(g * g) + n * d / length**2)  # the pairs of a point with itself
    null = (found["forms"] + own) * (1 + 1 / BLOCK if memory else 1.0)
    if statistic == "U":
        return Discrepancy.against(float(found["total"][0] / (n * (n - 1))), (null - own) / (n * (n - 1)), length)
    return Discrepancy.against(float(found["total"][0] + own) / n**2, null / n**2, length)


def _signs(n: int, draws: int, memory: float, count: int, seed: Any) -> np.ndarray:
    """Signs (count, n) of stationary chains that turn over with a correlation of exp(-lag / memory)."""
    rng = np.random.Generator(np.random.Philox(as_seed(seed)))
    flip = 0.5 * -np.expm1(-1 / memory) if memory > 0 else 0.5
    out = np.empty((count, n), np.int8)
    first = np.arange(n) % draws == 0
    for row in out:
        turned = rng.random(n) < np.where(first, 0.5, flip)
        row[:] = 1 - 2 * (np.cumsum(turned) % 2)
    return out


def _labels(of_x: int, n: int, count: int, seed: Any) -> np.ndarray:
    """Labels (count, n) in random order, 1 for points taken for x."""
    rng = np.random.Generator(np.random.Philox(as_seed(seed)))
    out = np.zeros((count, n), np.int8)
    for row in out:
        row[rng.permutation(n)[:of_x]] = 1
    return out


def _compared(kernel: str, x: Any, y: Any, h: Any, statistic: str, permutations: int, tau: Any, seed: Any) -> Discrepancy:
    a, da, b, db = two(x, y)
    _chosen(statistic, "statistic", ("V", "U"))
    n, m, count = len(a), len(b), integer(permutations, "permutations", 0)
    if min(n, m) < 2:
        raise ShapeError(f"x, y: expected at least 2 points each, got {n} and {m}", fields={"argument": "x"})
    together = np.concatenate([a, b])
    length = 1.0 if kernel == "distance" else scale(h, together)
    memory = [_memory(a, da, tau), _memory(b, db, tau)]
    own, sign = (0.0, -1.0) if kernel == "distance" else (1.0, 1.0)  # k(x, x); the kernel of the energy distance is -r
    truth = (np.arange(n + m) < n)[None]
    labels = np.concatenate([truth, _labels(n, n + m, 0 if any(memory) else count, seed)]).astype(np.int8)
    found = core("PairForms", together, labels, kernel=kernel, h=length)
    xx = found["forms"]
    xy = found["linear"] - xx
    yy = found["total"][0] - xx - 2 * xy
    unbiased = sign * (xx / (n * (n - 1)) + yy / (m * (m - 1)) - 2 * xy / (n * m))
    biased = sign * ((xx + own * n) / n**2 + (yy + own * m) / m**2 - 2 * xy / (n * m))
    value = unbiased if statistic == "U" else biased
    if not any(memory):
        return Discrepancy.against(float(value[0]), value[1:], length)
    first = as_seed(seed)
    w = np.concatenate([_centred(n, da, memory[0], count, first), -_centred(m, db, memory[1], count, first ^ 1)], axis=1)
    null = sign * core("PairForms", together, w, kernel=kernel, h=length)["forms"] + own * np.sum(w * w, axis=1)
    return Discrepancy.against(float(value[0]), null * (1 + 1 / BLOCK) + (value[0] - biased[0]), length)


def _centred(n: int, draws: int, memory: float, count: int, seed: int) -> np.ndarray:
    """Signs of chains without their mean, over n, made larger by what the mean took from their variance."""
    chain = draws or n
    w = _signs(n, chain, memory, count, seed).astype(np.float64)
    lag = np.arange(1, chain)
    taken = (1 + 2 * np.sum((1 - lag / chain) * np.exp(-lag / memory)) if memory > 0 else 1.0) / n
    return (w - w.mean(axis=1, keepdims=True)) / (n * np.sqrt(max(1 - taken, 0.1)))


def mmd(x: Any, y: Any, kernel: str = "rbf", h: Any = "median", statistic: str = "U", permutations: int = 1000, tau: float | None = None,
        seed: int | None = None) -> Discrepancy:  # fmt: skip
    r"""Maximum mean discrepancy of two samples.

    .. math:: \mathrm{MMD}^2 = \mathrm{E}\, k(x, x') + \mathrm{E}\, k(y, y') - 2 \mathrm{E}\, k(x, y).

    Parameters
    ----------
    x, y : array (n,), (n, d) or (chains, draws, d)
        Points; chains may be correlated.
    kernel : {"rbf", "imq"}
        :math:`\exp(-r^2 / 2 h^2)` or :math:`(1 + r^2/h^2)^{-1/2}`.
    h : "median" or float
        Length scale; the median distance of up to 1000 of all points.
    statistic : {"U", "V"}
        Unbiased, or with the pairs of a point with itself.
    permutations : int, default 1000
        Random relabellings for the p-value; for correlated chains, which cannot be relabelled, resampled signs of the deviations from the means.
    tau : float, optional
        Autocorrelation time over which signs stay the same (10 of them); the longest of the coordinates for chains, none for (n, d).
    seed : int, optional

    Returns
    -------
    Discrepancy
        ``statistic`` is the squared discrepancy.

    References
    ----------
    A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, JMLR 13, 723 (2012);
    K. Chwialkowski, D. Sejdinovic, A. Gretton, NIPS 2014, for chains.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.normal(size=(300, 2)), rng.normal(size=(400, 2))
    >>> erg.stats.mmd(x, y, seed=1).pvalue > 0.05 > erg.stats.mmd(x, y + 0.5, seed=1).pvalue
    True
    """
    return _compared(_chosen(kernel, "kernel", ("rbf", "imq")), x, y, h, statistic, permutations, tau, seed)


def energy_distance(x: Any, y: Any, statistic: str = "V", permutations: int = 1000, tau: float | None = None, seed: int | None = None) -> Discrepancy:
    r"""Energy distance of two samples.

    .. math:: D = 2 \mathrm{E} |x - y| - \mathrm{E} |x - x'| - \mathrm{E} |y - y'|

    It is 0 only for equal distributions, in any dimension, and has no length scale.

    Parameters
    ----------
    x, y, statistic, permutations, tau, seed
        As for :func:`mmd`.

    Returns
    -------
    Discrepancy

    References
    ----------
    G. J. Szekely, M. L. Rizzo, J. Stat. Plan. Inference 143, 1249 (2013).

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.stats.energy_distance([0.0, 1.0], [2.0, 3.0], permutations=0).statistic  # 2 * 2 - 1/2 - 1/2
    3.0
    """
    return _compared("distance", x, y, 1.0, statistic, permutations, tau, seed)


def of_run(run: Run, kernel: str, h: Any, statistic: str, bootstrap: int, draws: int, seed: Any) -> Discrepancy:
    """What :meth:`Run.ksd` gives."""
    from ergodica.sampling.density import Density, Gone

    density = run.system
    if not isinstance(density, Density) or isinstance(density.energy, Gone):
        raise SpecError("ksd: expected a run of erg.sample of a function, in the session that made it", "Try erg.stats.ksd(x, score).")
    if "kT" in run.coords:
        raise SpecError("ksd: expected a run at one kT", "Try erg.stats.ksd(x, score).")
    if density.layout.curved:
        raise SpecError(f"ksd: expected spaces of real numbers without a geometry, got {density.space!r}")
    names = density.layout.names
    missing = [n for n in names if n not in run]
    if missing:
        raise SpecError(f"ksd: this run has not recorded {', '.join(missing)}", f"Try observe={names!r}.")
    chains, length = run[names[0]].shape[:2]
    step = -(-chains * length // integer(draws, "draws", 2))
    z = density.coordinates([np.asarray(run[n])[:, ::step] for n in names])
    width = z.std(axis=(0, 1))
    if not (width > 0).all():
        raise SpecError("ksd: a coordinate never changed")
    scores = density.scores(z.reshape(-1, z.shape[-1]), float(run.kT)).reshape(z.shape)
    return ksd(z / width, scores * width, kernel, h, statistic, bootstrap, None, seed)
