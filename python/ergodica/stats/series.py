"""Means, autocorrelation times, effective sample sizes and reweighting of series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import _door
from ergodica._arrays import as_array
from ergodica._base import integer, real
from ergodica._encode import Request, as_seed
from ergodica._estimate import Binning, Estimate
from ergodica.errors import NonFiniteError, ShapeError, SpecError, from_wire

# What the core says of a record, as bits of "warn" (core/stats).
SHORT, UNMIXED, FEW, CONSTANT, NON_FINITE, TINY, OUTSIDE = (1 << k for k in range(7))

BLOCKS = 64
"""Blocks over which jackknife and bootstrap resample, where series are long enough for blocks of several tau_int."""


def core(method: str, *arrays: Any, **parameters: Any) -> dict[str, np.ndarray]:
    """Results by name of one of the core's statistics."""
    request = Request({"verb": "stats"})
    for k, a in enumerate(arrays):
        request.arrays.append(as_array(a, f"series {k}"))
        request.names.append(f"series{k}")
    request.spec["method"] = {"type": method, **parameters}
    request.spec["threads"] = _door.config.threads
    return asked(request)


def asked(request: Request) -> dict[str, np.ndarray]:
    """Results by name of a request."""
    with _door.Handle(request) as job:
        status = job.wait(50)
        while status["state"] not in ("done", "failed", "cancelled"):
            status = job.wait(50)
        if "error" in status:
            raise from_wire(status["error"])
        return {r["name"]: job.take(k, r["dtype"], tuple(r["shape"])) for k, r in enumerate(status["results"])}


def as_series(x: Any, name: str = "series", finite: bool = True) -> tuple[np.ndarray, tuple[int, ...]]:
    """``x`` as float64 (experiments, chains, draws), and the shape of the axes before the last two."""
    a = as_array(x, name)
    if a.dtype.kind == "c" or a.ndim == 0:
        raise ShapeError(
            f"{name}: expected real numbers of shape (draws,), (chains, draws) or (..., chains, draws); got {a.dtype} of shape {a.shape}",
            fields={"argument": name},
        )
    a = a.astype(np.float64, copy=False)
    a = a[None] if a.ndim == 1 else a
    if a.shape[-1] == 0 or a.shape[-2] == 0:
        raise ShapeError(f"{name}: expected at least one draw, got shape {a.shape}", fields={"argument": name})
    if finite and not np.isfinite(a).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise NonFiniteError(f"{name}: expected finite numbers, got {a[where]} at {where}", fields={"argument": name, "index": where})
    return np.ascontiguousarray(a.reshape(-1, *a.shape[-2:])), a.shape[:-2]


def _shaped(a: np.ndarray, lead: tuple[int, ...]) -> Any:
    out = a.reshape(lead + a.shape[1:])
    return float(out) if out.ndim == 0 else out


def autocorrelation(x: Any, lags: int | None = None) -> np.ndarray:
    r"""Normalised autocorrelation function, all chains together.

    .. math:: \rho(t) = G(t) / G(0), \qquad G(t) = \langle (x_i - \bar x)(x_{i+t} - \bar x) \rangle

    with the mean over all chains and an average over the products that there are. Its noise does not decay: beyond a few tau_int it is
    hardly more than noise. A constant series gives NaN.

    Parameters
    ----------
    x : array (..., chains, draws)
    lags : int, optional
        Largest lag; half of a chain where it is not given.

    Returns
    -------
    array (..., lags + 1), float64

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.stats.autocorrelation(np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0]), lags=2)
    array([ 1., -1.,  1.])
    """
    a, lead = as_series(x)
    most = a.shape[-1] - 1
    wanted = a.shape[-1] // 2 if lags is None else integer(lags, "lags", 0)
    rho = core("Autocorrelation", a, lags=min(wanted, most))["autocorrelation"]
    return rho.reshape(*lead, rho.shape[-1])


def describe(x: Any) -> dict[str, Any]:
    """All columns of a summary: mean, se, sd, tau_int, tau_int_se, ess_bulk, ess_tail, rhat, each of shape (...), and "warn", the bits above."""
    a, lead = as_series(x, finite=False)
    return _columns(core("Summary", a), lead)


def _columns(found: dict[str, np.ndarray], lead: tuple[int, ...]) -> dict[str, np.ndarray]:
    names = {"tau": "tau_int", "tau_err": "tau_int_se"}
    return {names.get(name, name): a.reshape(lead) for name, a in found.items()}


def mean_se(x: Any) -> Estimate:
    r"""Mean and its standard error, :math:`\sqrt{2 \tau_{int} \sigma^2 / n}`.

    Parameters
    ----------
    x : array (..., chains, draws)

    Returns
    -------
    Estimate
        value and se, each of shape (...).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> estimate = erg.stats.mean_se(np.random.default_rng(1).normal(size=(4, 1000)))
    >>> bool(abs(estimate.value) < 5 * estimate.se), bool(abs(estimate.se * np.sqrt(4000) - 1) < 0.2)
    (True, True)
    """
    a, lead = as_series(x)
    found = _columns(core("IntegratedTime", a), lead)
    return Estimate(scalar(found["mean"]), scalar(found["se"]))


def tau_int(x: Any, window: float = 5.0) -> Estimate:
    r"""Integrated autocorrelation time :math:`1/2 + \sum_{t>0} \rho(t)`, in draws, pooled over the chains, with an automatic window.

    Parameters
    ----------
    x : array (..., chains, draws)
    window : float, default 5.0
        The sum runs to the smallest lag that is at least ``window`` times tau_int.

    Returns
    -------
    Estimate
        value and se. Independent draws have 0.5.

    References
    ----------
    A. Sokal, in Functional Integration (1997), for the window; U. Wolff, Comput. Phys. Commun. 156, 143 (2004), for the bias;
    N. Madras and A. Sokal, J. Stat. Phys. 50, 109 (1988), for the error.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> print(round(erg.stats.tau_int(np.random.default_rng(1).normal(size=(4, 5000))).value, 1))
    0.5
    """
    a, lead = as_series(x)
    found = _columns(core("IntegratedTime", a, window=real(window, "window")), lead)
    return Estimate(scalar(found["tau_int"]), scalar(found["tau_int_se"]))


def probability(q: Any) -> float:
    """A probability, or an error."""
    value = real(q, "q")
    if not 0 <= value <= 1:
        raise SpecError(f"q: expected a probability, from 0 to 1, got {value}", fields={"argument": "q"})
    return value


def ess(x: Any, kind: str = "bulk", q: float = 0.5) -> Any:
    """Effective number of independent draws, all chains together.

    Parameters
    ----------
    x : array (..., chains, draws)
    kind : {"bulk", "tail", "mean", "sd", "quantile"}
        Of rank-normalised values (for the middle of the distribution), the less of the 5 % and 95 % quantiles, of the values as they are, of the
        squares of their distances from the mean, or of the indicator of x <= quantile.
    q : float, default 0.5
        Probability of the quantile.

    References
    ----------
    A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Buerkner, Bayesian Analysis 16, 667 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bool(3000 < erg.stats.ess(np.random.default_rng(1).normal(size=(4, 1000))) < 5000)
    True
    """
    if kind not in ("bulk", "tail", "mean", "sd", "quantile"):
        raise SpecError(f"ess: expected kind 'bulk', 'tail', 'mean', 'sd' or 'quantile', got {kind!r}", fields={"argument": "kind"})
    a, lead = as_series(x)
    found = core("EffectiveSampleSize", a, quantiles=[probability(q)] if kind == "quantile" else [])
    return scalar(found["ess_square" if kind == "sd" else "ess_" + kind].reshape(lead))


def rhat(x: Any) -> Any:
    """Rank-normalised split R-hat, the larger of that of the values and of the folded values: near 1 where chains agree; above 1.01 they do not.

    Parameters
    ----------
    x : array (..., chains, draws)

    References
    ----------
    A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Buerkner, Bayesian Analysis 16, 667 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> bool(erg.stats.rhat(x) < 1.01), bool(erg.stats.rhat(x + np.arange(4)[:, None]) > 1.5)
    (True, True)
    """
    a, lead = as_series(x)
    return scalar(core("Rhat", a)["rhat"].reshape(lead))


def binning(x: Any) -> Binning:
    """Standard error of the mean from blocks of 1, 2, 4, ... draws; it rises until blocks are much longer than tau_int.

    Parameters
    ----------
    x : array (..., chains, draws)

    Returns
    -------
    Binning
        length (levels,), se and se_err (..., levels); the last level has at least 8 blocks.

    References
    ----------
    H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.stats.binning(np.random.default_rng(1).normal(size=1024)).length[:4]
    array([1, 2, 4, 8])
    """
    a, lead = as_series(x)
    found = core("Binning", a)
    levels = len(found["block_length"])
    return Binning(found["block_length"], found["se"].reshape(*lead, levels), found["se_err"].reshape(*lead, levels))


def _blocks(series: list[np.ndarray], blocks: int | None, who: str) -> np.ndarray:
    """Block means (series, blocks): each block lies in one chain and, where the chains allow it, spans ten tau_int."""
    if not series:
        raise SpecError(f"{who}: expected at least one series")
    shapes = {a.shape for a in series}
    if len(shapes) > 1 or series[0].shape[0] != 1:
        raise ShapeError(f"{who}: expected series of one shape, (draws,) or (chains, draws); got {sorted(s[1:] for s in shapes)}")
    together = np.concatenate(series)
    if blocks is None:
        chains, draws = together.shape[-2:]
        tau = float(np.max(np.nan_to_num(core("IntegratedTime", together)["tau"], nan=0.5)))
        blocks = int(np.clip(chains * (draws // max(10 * tau, 1.0)), max(8, chains), BLOCKS))
    return core("BlockMeans", together, blocks=integer(blocks, "blocks", 2))["block_means"]


def jackknife(fn: Callable[..., Any], *series: Any, blocks: int | None = None) -> Estimate:
    r"""Value and error of a function of means, by leaving out one block of draws at a time.

    With the function's value f on all draws and :math:`f_k` without block k of B,

    .. math:: \hat f = B f - (B - 1) \bar f_\cdot, \qquad \mathrm{se}^2 = \frac{B - 1}{B} \sum_k (f_k - \bar f_\cdot)^2,

    so the bias of order 1/n is gone. Blocks are at least ten tau_int long where the chains allow it, at most 64 in number.

    Parameters
    ----------
    fn : function
        Of as many means as there are series.
    *series : array (draws,) or (chains, draws)
        All of one shape.
    blocks : int, optional
        How many, all chains together.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=(4, 1000))
    >>> kurtosis = erg.stats.jackknife(lambda m2, m4: m4 / m2**2, x**2, x**4)
    >>> bool(abs(kurtosis.value - 3) < 5 * kurtosis.se)
    True
    """
    means = _blocks([as_series(s)[0] for s in series], blocks, "jackknife")
    B = means.shape[1]
    total = means.mean(axis=1)
    full = np.asarray(fn(*total), np.float64)
    left = (total[:, None] * B - means) / (B - 1)
    f = np.stack([np.asarray(fn(*left[:, k]), np.float64) for k in range(B)])
    centre = f.mean(axis=0)
    se = np.sqrt((B - 1) / B * ((f - centre) ** 2).sum(axis=0))
    return Estimate(scalar(B * full - (B - 1) * centre), scalar(se))


def bootstrap(fn: Callable[..., Any], *series: Any, samples: int = 1000, blocks: int | None = None, seed: int | None = None) -> Estimate:
    """Value and error of a function of means, by drawing blocks with replacement.

    Parameters
    ----------
    fn, *series, blocks
        As for :func:`jackknife`.
    samples : int, default 1000
    seed : int, optional
        Drawn where it is not given.

    Returns
    -------
    Estimate
        The value on all draws, and the standard deviation over the samples times sqrt(B / (B - 1)) for B blocks.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=1000)
    >>> bool(abs(erg.stats.bootstrap(lambda m: m, x, seed=1).se * np.sqrt(1000) - 1) < 0.3)
    True
    """
    means = _blocks([as_series(s)[0] for s in series], blocks, "bootstrap")
    B = means.shape[1]
    pick = np.random.Generator(np.random.Philox(as_seed(seed))).integers(0, B, (integer(samples, "samples", 2), B))
    f = np.stack([np.asarray(fn(*means[:, row].mean(axis=1)), np.float64) for row in pick])
    return Estimate(scalar(np.asarray(fn(*means.mean(axis=1)), np.float64)), scalar(f.std(axis=0, ddof=1) * np.sqrt(B / (B - 1))))


def reweight(x: Any, energy: Any, kT: float, new_kT: float) -> Estimate:
    r"""Mean at another temperature from draws at ``kT``: :math:`\sum_i w_i x_i / \sum_i w_i` with :math:`w_i = \exp(-(1/kT' - 1/kT) E_i)`.

    Parameters
    ----------
    x : array (draws,) or (chains, draws)
    energy : array of the same shape
        Energy of the whole system.
    kT, new_kT : float

    Returns
    -------
    Estimate
        With a jackknife error. It is only right where the energies seen at ``kT`` reach those of ``new_kT``.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> energy = np.random.default_rng(1).exponential(size=(4, 5000))  # at kT = 1 the mean is kT
    >>> estimate = erg.stats.reweight(energy, energy, 1.0, 1.1)
    >>> bool(abs(estimate.value - 1.1) < 5 * estimate.se)
    True
    """
    a, e = as_series(x)[0], as_series(energy, "energy")[0]
    if a.shape != e.shape or len(a) > 1:
        raise ShapeError(f"reweight: expected series of one shape, got {np.shape(x)} and {np.shape(energy)}")
    found = reweighted(e[0], [a[0]], kT, [new_kT])
    return Estimate(float(found["mean"][0, 0]), float(found["se"][0, 0]))


def reweighted(energy: np.ndarray, series: list[np.ndarray], kT: float, at: list[float]) -> dict[str, np.ndarray]:
    """The core's reweighting: mean and se (series, at), log_z, log_z_se, ess and warn (at,)."""
    for value in (kT, *at):
        if real(value, "kT") <= 0:
            raise SpecError(f"reweight: expected temperatures above 0, got {value}", fields={"argument": "kT"})
    return core("Reweighting", energy, *series, kT=float(kT), at=[float(t) for t in at])


def scalar(a: Any) -> Any:
    """A number where ``a`` has no axes."""
    a = np.asarray(a)
    return float(a) if a.ndim == 0 else a
