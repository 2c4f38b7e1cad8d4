"""Runs of weighted draws: means, errors by lineages or populations, effective sizes, evidences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._estimate import Estimate
from ergodica.errors import SpecError

if TYPE_CHECKING:
    from ergodica.run import Run
    from ergodica.summary import Row

OWN = ("log_weights", "family", "log_evidence", "log_evidence_se")
"""Columns that are no quantities of the system."""

FEW = 100  # effective draws below which a table warns
UNEVEN = 0.02  # visits of the rarest level over the mean


def shares(run: Run) -> np.ndarray:
    """Weights (kT, chain, draw), or (chain, draw), that sum to 1 over chains and draws; NaN where nothing was found yet."""
    log = np.asarray(run["log_weights"], np.float64)
    top = np.max(log, axis=(-2, -1), keepdims=True)
    w = np.exp(log - np.where(np.isfinite(top), top, 0.0))
    return w / w.sum(axis=(-2, -1), keepdims=True)


def size(run: Run) -> np.ndarray:
    """The effective number of draws, 1 / sum of squared shares."""
    return 1 / np.sum(shares(run) ** 2, axis=(-2, -1))


def residual_se(run: Run, r: np.ndarray) -> np.ndarray:
    """Standard error of sum_i W_i x_i from r = W (x - mean), (..., chain, draw): the root of the sum of squares over independent parts.

    Parts are the families that descend from one particle of the reference, where the run has them (A. Lee, N. Whiteley 2018), else the populations.
    """
    chains, draws = r.shape[-2:]
    if "family" not in run:
        if chains < 2:
            return np.full(r.shape[:-2], np.nan)
        return np.sqrt(np.sum(np.sum(r, axis=-1) ** 2, axis=-1) * chains / (chains - 1))
    family = np.asarray(run["family"], np.int64) + draws * np.arange(chains)[:, None]
    family = np.broadcast_to(family if "kT" not in run.coords else family.reshape(len(run.coords["kT"]), *[1] * (r.ndim - 3), chains, draws), r.shape)
    flat, out = r.reshape(-1, chains * draws), np.empty(int(np.prod(r.shape[:-2], dtype=np.int64)))
    for k, (row, label) in enumerate(zip(flat, family.reshape(-1, chains * draws), strict=True)):
        out[k] = np.sqrt(np.sum(np.bincount(label, row, chains * draws) ** 2))
    return out.reshape(r.shape[:-2])


def aligned(run: Run, x: np.ndarray) -> np.ndarray:
    """The shares in the shape of (kT, row..., chain, draw)."""
    w = shares(run)
    return w if "kT" not in run.coords else w.reshape(len(w), *[1] * (x.ndim - 3), *w.shape[-2:])


def mean_se(run: Run, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, standard error and standard deviation of a quantity (kT, row..., chain, draw). A draw without weight may be anything."""
    w = np.broadcast_to(aligned(run, x), x.shape)
    x = np.where(w > 0, x, 0.0) if np.isfinite(w).all() else x
    mean = np.sum(w * x, axis=(-2, -1))
    d = x - mean[..., None, None]
    return mean, residual_se(run, w * d), np.sqrt(np.sum(w * d * d, axis=(-2, -1)))


def derived(run: Run, f: Any, series: list[np.ndarray], at: int | None) -> Estimate:
    """A function of weighted means, by the delta method; ``at`` is the place of the temperature."""
    w = shares(run) if at is None else shares(run)[at]
    means = [float(np.sum(w * x)) for x in series]
    value, r = float(f(*means)), np.zeros(w.shape)
    for k, (m, x) in enumerate(zip(means, series, strict=True)):
        h = 1e-6 * max(abs(m), float(np.std(x)), 1e-300)
        up, down = list(means), list(means)
        up[k], down[k] = m + h, m - h
        r += (f(*up) - f(*down)) / (2 * h) * (x - m)
    full = np.zeros(shares(run).shape)
    full[() if at is None else at] = w * r
    se = residual_se(run, full)
    return Estimate(value, float(se if at is None else se[at]))


def log_evidence(run: Run) -> Estimate:
    """log of the mean evidence of the populations. Its error is the larger of what their own errors and what their spread say."""
    if "log_evidence" not in run:
        raise SpecError(f"log_evidence: {run.method!r} finds none", "Try erg.SMC(), erg.AnnealedImportanceSampling() or erg.NestedSampling().")
    log = np.asarray(run["log_evidence"], np.float64)
    chains = log.shape[-1]
    top = log.max(axis=-1, keepdims=True)
    z = np.exp(log - top)
    value = top[..., 0] + np.log(z.mean(axis=-1))
    share = z / z.sum(axis=-1, keepdims=True)
    own = np.sqrt(np.sum((share * run["log_evidence_se"]) ** 2, axis=-1)) if "log_evidence_se" in run else np.full(value.shape, np.nan)
    spread = np.std(share, axis=-1, ddof=1) * np.sqrt(chains) if chains > 1 else np.full(value.shape, np.nan)
    se = np.fmax(own, spread)
    return Estimate(float(value), float(se)) if value.ndim == 0 else Estimate(value, se)


def row(run: Run, name: str, x: np.ndarray, dims: tuple[str, ...]) -> Row:
    """A line of the table."""
    from ergodica.summary import Row, _number

    mean, se, sd = mean_se(run, x)
    ess = np.broadcast_to(size(run).reshape(-1, *[1] * (mean.ndim - 1)) if "kT" in run.coords else size(run), mean.shape)
    return Row(name, dims, _number(mean), _number(se), _number(sd), ess_bulk=_number(ess))


def evidence_row(run: Run) -> Row:
    """Its line."""
    from ergodica.summary import Row

    return Row("log_evidence", run.lead[:-2], *log_evidence(run))


def warnings(run: Run) -> list[str]:
    """What to know before the error bars are believed."""
    said, ess = [], np.atleast_1d(size(run))
    if not np.isfinite(ess).all():
        return ["Weights are missing: the run was interrupted before it reached every temperature."]
    if ess.min() < FEW:
        said.append(f"The weights leave {ess.min():.0f} effective draws; more draws, smaller steps, or a nearer reference.")
    if "families" in run.info and np.min(run.info["families"]) < 20:
        few = np.min(run.info["families"])
        said.append(f"The draws descend from only {few:.0f} particles of the reference: error bars are too small; more draws or sweeps.")
    flatness = np.asarray(run.info.get("flatness", 1.0), float)
    if (flatness < UNEVEN).any():
        said.append(f"The rarest level was visited {np.nanmin(flatness):.2g} times as often as the mean while drawing (flatness, in "
                    f"{int((flatness < UNEVEN).sum())} of {flatness.size} chains): there walkers did not go over all levels, and weights and errors "
                    "are not to be trusted. Learn longer (a smaller final=, more rounds=), draw longer, or take a narrower range.")  # fmt: skip
    return said


def resampled(run: Run) -> dict[str, np.ndarray]:
    """The quantities with draws of equal weight, by a systematic comb over all chains of a temperature."""
    w = shares(run)
    flat = w.reshape(-1, w.shape[-2] * w.shape[-1])
    n = flat.shape[1]
    pick = np.stack([np.minimum(np.searchsorted(np.cumsum(p), (np.arange(n) + 0.5) / n), n - 1) for p in flat])
    order = np.random.default_rng(0).permutation(n)  # neighbours of the comb are copies
    out = {}
    for name in run:
        if name in OWN or run.dims[name][: len(run.lead)] != run.lead:
            continue
        a = np.asarray(run[name])
        rows = a.reshape(len(flat), n, *a.shape[len(run.lead) :])
        out[name] = np.stack([x[p[order]] for x, p in zip(rows, pick, strict=True)]).reshape(a.shape)
    return out
