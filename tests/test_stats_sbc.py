"""Simulation-based calibration: ranks of NUTS are uniform on three models, errors of 10 % are found, and the tests of uniformity are exact.
False-alarm rate 1e-6 a test; seeds are fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica.stats import calibration

HALF = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])  # standard errors of the eight schools
X = np.random.default_rng(0).normal(size=(12, 2))


def normal_prior(rng: np.random.Generator) -> dict[str, Any]:
    return {"mu": rng.normal(0, 2), "sigma": rng.gamma(3.0)}


def normal_data(p: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    return rng.normal(p["mu"], p["sigma"], size=100)


def normal_posterior(p: dict[str, Any], y: np.ndarray, wrong: float = 1.0) -> Any:
    prior = -(p["mu"] ** 2) / 8 + 2 * np.log(p["sigma"]) - p["sigma"]
    return prior - 0.5 * np.sum((y - p["mu"]) ** 2) / (wrong * p["sigma"]) ** 2 - len(y) * np.log(p["sigma"])


def schools_prior(rng: np.random.Generator) -> dict[str, Any]:
    return {"mu": rng.normal(0, 5), "tau": rng.gamma(2.0, 3.0), "eta": rng.normal(size=8)}


def schools_posterior(p: dict[str, Any], y: np.ndarray) -> Any:
    theta = p["mu"] + p["tau"] * p["eta"]
    prior = -(p["mu"] ** 2) / 50 + np.log(p["tau"]) - p["tau"] / 3 - 0.5 * np.sum(p["eta"] ** 2)
    return prior - 0.5 * np.sum(((y - theta) / HALF) ** 2)


MODELS: dict[str, dict[str, Any]] = {
    "normal": {
        "prior": normal_prior, "simulator": normal_data, "posterior": normal_posterior, "space": {"mu": erg.Real(), "sigma": erg.Positive()},
    },
    "regression": {
        "prior": lambda rng: {"beta": rng.normal(size=2), "sigma": rng.exponential()},
        "simulator": lambda p, rng: X @ p["beta"] + p["sigma"] * rng.normal(size=12),
        "posterior": lambda p, y: (
            -0.5 * np.sum(p["beta"] ** 2) - p["sigma"] - 0.5 * np.sum((y - X @ p["beta"]) ** 2) / p["sigma"] ** 2 - 12 * np.log(p["sigma"])
        ),
        "space": {"beta": erg.Real(2), "sigma": erg.Positive()},
    },
    "schools": {
        "prior": schools_prior, "simulator": lambda p, rng: p["mu"] + p["tau"] * p["eta"] + HALF * rng.normal(size=8),
        "posterior": schools_posterior, "space": {"mu": erg.Real(), "tau": erg.Positive(), "eta": erg.Real(8)},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_nuts_is_calibrated(name: str) -> None:
    found = erg.sbc(**MODELS[name], repeats=60, ranks=39, warmup=200, seed=1)
    assert found.pvalue > 1e-6 and min(np.min(p) for p in found.chi_square.values()) > 1e-7, found
    assert found.short <= 3 and set(found.ranks) == {*MODELS[name]["space"], "log density"}
    assert all(r.min() >= 0 and r.max() <= 39 for r in found.ranks.values())


def test_ten_percent_are_found() -> None:
    """A likelihood whose scale is 10 % off: sigma is drawn 10 % too low, more than a posterior standard deviation (1 / sqrt(2 n) = 7 %)."""
    model = {**MODELS["normal"], "posterior": lambda p, y: normal_posterior(p, y, 1.1)}
    found = erg.sbc(**model, repeats=60, ranks=39, warmup=200, seed=1)
    assert found.ecdf["sigma"] < 1e-6 and found.chi_square["sigma"] < 1e-4 and found.pvalue < 1e-5 and found.ecdf["mu"] > 1e-6
    assert "sigma: ecdf p = " in repr(found) and found.ranks["sigma"].mean() > 25  # ranks are high where draws are low


def test_uniformity_tests_are_exact() -> None:
    """p-values of uniform ranks are uniform: the sizes of 250 tests at 5 % and 20 %, against 4.9 standard deviations (discreteness only lowers
    those of the distribution function); the band holds whole paths as often as it says."""
    rng, n, kept = np.random.default_rng(1), 60, 24
    test = calibration._ecdf_test(n, kept)
    ranks = rng.integers(0, kept + 1, (250, n))
    p = np.array([test(r) for r in ranks])
    chi = np.array([calibration._chi_square(r, kept) for r in ranks])
    for level in (0.05, 0.2):
        slack = 4.9 * np.sqrt(level * (1 - level) / len(p))
        assert level - 0.05 - slack < np.mean(p <= level) < level + slack, np.mean(p <= level)
        assert abs(np.mean(chi <= level) - level) < slack + 0.01
    one = calibration.Calibration({"x": ranks.T}, kept, {}, {"x": np.ones(250)})
    at, low, high = one.bands(0.9)
    path = one.distribution("x")
    inside = ((path >= low[:, None] - 1e-12) & (path <= high[:, None] + 1e-12)).all(axis=0).mean()
    assert 0.9 - 4.9 * np.sqrt(0.09 / 250) < inside < 0.98 and (np.diff(at) > 0).all()


def test_own_sampler_and_discrete() -> None:
    """A sampler of the user's: exact conjugate draws pass, a variance 30 % off does not; ties of discrete parameters are broken at random."""

    def exact(y: float, rng: np.random.Generator, factor: float = 1.0) -> dict[str, Any]:
        return {"mu": rng.normal(0.8 * y, np.sqrt(0.8 * factor * 0.25 * 1.25), size=100)}

    model: dict[str, Any] = {"prior": lambda rng: {"mu": rng.normal()}, "simulator": lambda p, rng: p["mu"] + 0.5 * rng.normal(), "seed": 2}
    model["repeats"] = 200
    assert erg.sbc(posterior=exact, ranks=49, **model).pvalue > 1e-6
    assert erg.sbc(posterior=lambda y, rng: exact(y, rng, 0.3), ranks=49, **model).pvalue < 1e-6
    flip = lambda data, rng: rng.integers(0, 2, 50).astype(float)
    coin = erg.sbc(lambda rng: float(rng.integers(2)), lambda x, rng: 0, flip, ranks=19, repeats=200, seed=3)
    assert coin.pvalue > 1e-6 and len(np.unique(coin.ranks["x"])) == 20
    again = erg.sbc(posterior=exact, ranks=49, **model)
    assert (again.ranks["mu"] == erg.sbc(posterior=exact, ranks=49, **model).ranks["mu"]).all()
    same = lambda data, rng: np.repeat(rng.normal(size=5), 20)
    stuck = erg.sbc(lambda rng: rng.normal(), lambda x, rng: 0, same, ranks=19, repeats=20, seed=3)
    assert stuck.short == 20 and "correlated" in repr(stuck)


def test_plot() -> None:
    pytest.importorskip("matplotlib")
    found = calibration.Calibration({"a": np.arange(40), "b": np.arange(80).reshape(40, 2) // 2}, 39, {}, {})
    assert len(found.plot().axes) == 2


def test_refusals() -> None:
    m = MODELS["normal"]
    for call, match in [
        (lambda: erg.sbc(1, m["simulator"], m["posterior"]), "function for prior"),
        (lambda: erg.sbc(**{**m, "space": erg.Real()}), "prior: expected"),
        (lambda: erg.sbc(**m, repeats=3), "repeats"), (lambda: erg.sbc(**m, ranks=0), "ranks"),
        (lambda: erg.sbc(m["prior"], m["simulator"], m["posterior"], erg.NUTS()), "space beside a method"),
        (lambda: erg.sbc(**{**m, "posterior": lambda p, y: p["mu"] * np.nan}), "expected finite"),
        (lambda: erg.sbc(lambda rng: {"mu": 0.0}, lambda p, rng: 0, lambda y, rng: {"nu": np.zeros(99)}), "mu is missing"),
        (lambda: erg.sbc(lambda rng: 0.0, lambda p, rng: 0, lambda y, rng: rng.normal(size=(99, 2))), r"shape \(n"),
        (lambda: erg.sbc(lambda rng: 0.0, lambda p, rng: 0, lambda y, rng: rng.normal(size=9)), "at least 99 draws"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()
