"""Runs of particles and walkers that act on each other: error bars between clouds, and of the means of ensembles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ergodica.stats import Estimate, series

if TYPE_CHECKING:
    from ergodica.run import Run
    from ergodica.summary import Row


def interacts(run: Run) -> bool:
    """Whether the draws of a chain, or the chains, are not what error bars may take for independent."""
    return (bool(getattr(run.method, "staged", False)) and run.log_weights is None) or getattr(run.method, "unit", "") == "all"


def mean_se(run: Run, x: np.ndarray) -> Estimate:
    """Mean and standard error of series (..., chain, draw).

    Of clouds the error is that of the means of independent clouds, NaN for one; of ensembles of walkers that of the series of their means.
    """
    if getattr(run.method, "unit", "") == "all":
        return series.mean_se(x.mean(axis=-2, keepdims=True))
    means = x.mean(axis=-1)
    count = means.shape[-1]
    se = means.std(axis=-1, ddof=1) / np.sqrt(count) if count > 1 else np.full(means.shape[:-1], np.nan)
    return Estimate(means.mean(axis=-1), se)


def row(run: Run, name: str, x: np.ndarray, dims: tuple[str, ...]) -> Row:
    """A line of the table. The effective number of ensembles is that of draws whose mean has the error; clouds have none."""
    from ergodica.summary import Row, _number

    e = mean_se(run, x)
    sd, se = x.std(axis=(-2, -1)), np.asarray(e.se)
    quantiles = dict(zip(("q5", "q50", "q95"), map(_number, np.quantile(x, (0.05, 0.5, 0.95), axis=(-2, -1))), strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        ess = _number((sd / se) ** 2) if getattr(run.method, "unit", "") == "all" else None
    return Row(name, dims, _number(np.asarray(e.value)), _number(se), _number(sd), mcse=_number(se), ess_bulk=ess, **quantiles)
