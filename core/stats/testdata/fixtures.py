"""Writes arviz.json: ESS, R-hat, Monte Carlo errors and BFMI of small fixed records by ArviZ, the fixtures of ess_test.go and
tests/test_stats_diagnostics.py. Run with ArviZ 0.23."""

import json
from pathlib import Path

import arviz as az
import numpy as np
from arviz.stats.diagnostics import (
    _bfmi,
    _ess_bulk,
    _ess_mean,
    _ess_quantile,
    _ess_sd,
    _ess_tail,
    _mcse_mean,
    _mcse_quantile,
    _mcse_sd,
    _rhat_rank,
)

rng = np.random.default_rng(20210101)


def ar1(a, chains, draws):
    x = np.zeros((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    for t in range(1, draws):
        x[:, t] = a * x[:, t - 1] + np.sqrt(1 - a * a) * rng.normal(size=chains)
    return x


QUANTILES = [0.05, 0.3, 0.5, 0.9]
cases = {
    "independent": ar1(0.0, 4, 100),
    "correlated": ar1(0.7, 4, 151),
    "slow": ar1(0.97, 2, 300),
    "anticorrelated": ar1(-0.6, 3, 120),
    "cauchy": rng.standard_cauchy(size=(4, 90)),
    "shifted chain": ar1(0.3, 4, 80) + np.array([0, 0, 0, 1.5])[:, None],
    "wide chain": ar1(0.3, 4, 80) * np.array([1, 1, 1, 3.0])[:, None],
    "counts": rng.poisson(2.5, size=(4, 101)).astype(float),
    "drift": ar1(0.5, 2, 100) + np.linspace(0, 2, 100),
    "one chain": ar1(0.5, 1, 200),
    "four draws": ar1(0.0, 2, 4),
    "seven draws": ar1(0.0, 3, 7),
}
out = {}
for name, x in cases.items():
    x = np.round(x, 4)
    out[name] = {
        "shape": x.shape,
        "x": x.ravel().tolist(),
        "ess_bulk": _ess_bulk(x),
        "ess_tail": _ess_tail(x),
        "ess_mean": _ess_mean(x),
        "ess_sd": _ess_sd(x),
        "ess_quantile": [_ess_quantile(x, q) for q in QUANTILES],
        "mcse_mean": _mcse_mean(x),
        "mcse_sd": _mcse_sd(x),
        "mcse_quantile": [_mcse_quantile(x, q) for q in QUANTILES],
        "bfmi": _bfmi(x).tolist(),
        "rhat": None if len(x) < 2 else _rhat_rank(x),
    }
Path(__file__).with_name("arviz.json").write_text(json.dumps({"arviz": az.__version__, "quantiles": QUANTILES, "cases": out}, separators=(",", ":")))
