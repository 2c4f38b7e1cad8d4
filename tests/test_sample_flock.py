"""Ensembles of walkers that move together: affine invariance, moments of a skewed target, bad input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import ergodica as erg

METHODS = [erg.StretchMove(steps=4), erg.DifferentialEvolution(steps=4)]


def skewed(p: dict[str, Any]) -> Any:
    """Energy kT = 1: a ~ Gamma(3), b | a a normal of mean a and variance 0.25 a."""
    a, b = p["a"], p["b"]
    return a - 2 * np.log(a) + (b - a) ** 2 / (0.5 * a) + 0.5 * np.log(a)


@pytest.mark.parametrize("method", METHODS, ids=["stretch", "evolution"])
def test_moments(method: Any) -> None:
    """E a = Var a = 3, E b = 3, Var b = 3.75 at 4.9 standard errors, from 40 blocks of the ensemble's means; a temperature 30 % off is noticed."""

    def pulls(kT: float) -> float:
        space = {"a": erg.Positive(), "b": erg.Real()}
        run = erg.sample(skewed, method, space=space, kT=kT, chains=16, draws=8000, warmup=500, seed=3, progress=False)
        worst = 0.0
        for name, mean, variance in (("a", 3.0, 3.0), ("b", 3.0, 3.75)):
            x = run[name].mean(0), ((run[name] - mean) ** 2).mean(0)
            for series, exact in zip(x, (mean, variance), strict=True):
                blocks = series.reshape(40, -1).mean(1)
                worst = max(worst, abs(blocks.mean() - exact) / (blocks.std(ddof=1) / np.sqrt(40)))
        return worst

    assert pulls(1.0) < 4.9
    assert pulls(1.3) > 4.9


def test_affine_invariance() -> None:
    """The walkers of a target under a linear map are the mapped walkers."""
    A, b = np.array([[3.0, 0.2], [-1.0, 0.05]]), np.array([100.0, -7.0])
    B = np.linalg.inv(A)

    def plain(x: Any) -> Any:
        return np.sum(np.exp(x) - 2 * x)

    def mapped(y: Any) -> Any:
        return plain(B @ (y - b))

    start = np.random.default_rng(1).normal(size=(10, 2))
    words: dict[str, Any] = {"space": erg.Real(2), "chains": 10, "draws": 50, "warmup": 0, "seed": 1, "progress": False}
    x = erg.sample(plain, METHODS[0], start=start, **words)["x"]
    y = erg.sample(mapped, METHODS[0], start=start @ A.T + b, **words)["x"]
    np.testing.assert_allclose(y, x @ A.T + b, rtol=1e-8)
    for threads in (1, 2, 3):
        assert np.array_equal(x, erg.sample(plain, METHODS[0], start=start, threads=threads, **words)["x"])


def test_bad_flocks() -> None:
    words: dict[str, Any] = {"space": erg.Real(3), "progress": False, "draws": 10}

    def f(x: Any) -> Any:
        return np.sum(x**2)

    with pytest.raises(erg.SpecError, match="at least 6 walkers for 3 dimensions"):
        erg.sample(f, METHODS[0], chains=4, **words)
    with pytest.raises(erg.SpecError, match="places that differ"):
        erg.sample(f, METHODS[0], chains=8, start="ordered", **words)
    with ThreadPoolExecutor(2) as pool, pytest.raises(erg.SpecError, match="act on each other"):
        erg.sample(f, METHODS[1], chains=8, executor=pool, **words)


def test_error_bars() -> None:
    """The error of an ensemble's mean is what means of 30 runs scatter by; of clouds it is that between them, and none is claimed for one."""
    runs = [erg.sample(skewed, METHODS[0], space={"a": erg.Positive(), "b": erg.Real()}, chains=8, draws=500, warmup=100, seed=s, progress=False)
            for s in range(30)]  # fmt: skip
    found = [r.estimate("a") for r in runs]
    scatter = np.std([e.value for e in found], ddof=1)
    assert 0.6 < np.mean([e.se for e in found]) / scatter < 1.6
    row = runs[0].summary()["a"]
    assert row.se == found[0].se and row.rhat is None

    words: dict[str, Any] = {"space": erg.Real(2), "draws": 20, "seed": 1, "progress": False}
    run = erg.sample(lambda x: np.sum(x**2), erg.SVGD(20), chains=3, **words)
    means = run["x"].mean(1)
    np.testing.assert_allclose(run.estimate("x").se, means.std(0, ddof=1) / np.sqrt(3), rtol=1e-12)
    assert np.isnan(erg.sample(lambda x: np.sum(x**2), erg.SVGD(20), chains=1, **words).estimate("x").se).all()
