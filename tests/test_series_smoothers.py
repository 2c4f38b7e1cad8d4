"""Smoothers against exact answers and published biases. Bounds: 4.9 standard errors over independent chains, 1e-6 a test; seeds are fixed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg

QUIET: dict[str, Any] = {"progress": False}


def normal(x: Any, mean: Any, variance: Any) -> Any:
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def published() -> tuple[Any, Any, np.ndarray]:
    """The autoregression with a stationary start on which the biases of PaRIS and PPG were measured."""
    exact = erg.LinearGaussian(0.9, 0.36, 1.0, 0.09, 0.0, 0.36 / (1 - 0.81))
    model = erg.StateSpace(
        initial=lambda key: 0.6 / np.sqrt(1 - 0.81) * erg.random.normal(key), transition=lambda key, x: 0.9 * x + 0.6 * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x, 0.09), log_transition=lambda x, previous: normal(x, 0.9 * previous, 0.36),
    )  # fmt: skip
    t = np.arange(50)
    return exact, model, np.sin(0.3 * t) + 0.5 * np.cos(1.7 * t)


LAGGED = {"lagged": lambda x, previous: x * previous, "start": lambda x, t: np.where(t == 0, x, 0.0)}


def test_kalman_smoother() -> None:
    """The published numbers, and conditioning of the joint Gaussian in two dimensions with noise in one of them and missing components."""
    exact, _, y = published()
    run = erg.smooth(exact, y, **QUIET)
    lagged = (run["mean"][:-1] * run["mean"][1:] + run["lag_covariance"][:, 0, 0]).sum()
    assert abs(lagged - 23.695711) < 1e-6 and abs(run.log_evidence.value + 44.096317) < 1e-6
    A, Q, H, R = np.array([[0.9, 0.4], [0.0, 1.0]]), np.diag([0.0, 0.3]), np.array([[1.0, 0.0], [0.5, 1.0]]), np.array([[0.4, 0.1], [0.1, 0.3]])
    m, P = np.array([0.5, -1.0]), np.array([[1.0, 0.2], [0.2, 0.5]])
    model = erg.LinearGaussian(A, Q, H, R, m, P)
    T, rng = 12, np.random.default_rng(1)
    y = rng.normal(size=(T, 2))
    y[3, 1] = y[5] = np.nan
    steps = [np.linalg.matrix_power(A, k) for k in range(T)]
    mean = np.concatenate([S @ m for S in steps])
    cov = np.zeros((2 * T, 2 * T))
    for i in range(T):
        for j in range(T):
            common = [steps[i - k] @ (P if k == 0 else Q) @ steps[j - k].T for k in range(min(i, j) + 1)]
            cov[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = sum(common)
    big, noise, data = np.kron(np.eye(T), H), np.kron(np.eye(T), R), y.reshape(-1)
    seen = ~np.isnan(data)
    big, noise, data = big[seen], noise[np.ix_(seen, seen)], data[seen]
    gain = np.linalg.solve(big @ cov @ big.T + noise, big @ cov).T
    mean, cov = mean + gain @ (data - big @ mean), cov - gain @ big @ cov
    run = erg.smooth(model, y, **QUIET)
    np.testing.assert_allclose(run["mean"], mean.reshape(T, 2), atol=1e-10)
    for t in range(T):
        np.testing.assert_allclose(run["covariance"][t], cov[2 * t : 2 * t + 2, 2 * t : 2 * t + 2], atol=1e-10)
        if t + 1 < T:
            np.testing.assert_allclose(run["lag_covariance"][t], cov[2 * t : 2 * t + 2, 2 * t + 2 : 2 * t + 4], atol=1e-10)
    np.testing.assert_allclose(run["variance"], np.diagonal(run["covariance"], axis1=1, axis2=2))


def test_backward_simulation() -> None:
    """Paths of FFBSi have the smoothing moments; its statistics are those of its paths. Catches: indices drawn by the weights of t+1, the filter's
    paths in place of new ones (E x_0 is then off and noisy)."""
    exact, model, y = published()
    ref = erg.smooth(exact, y, **QUIET)
    run = erg.smooth(model, y, erg.FFBSi(particles=300, paths=40), statistic=LAGGED, chains=60, seed=1, **QUIET)
    paths = run["paths"]
    assert paths.shape == (60, 40, 50)
    np.testing.assert_allclose((paths[:, :, 1:] * paths[:, :, :-1]).sum(2).mean(1), run["lagged"], rtol=1e-10)
    np.testing.assert_allclose(paths[:, :, 0].mean(1), run["start"], rtol=1e-10)
    means = paths.mean(1)
    z = (means.mean(0) - ref["mean"]) / (means.std(0, ddof=1) / np.sqrt(60))
    assert np.abs(z).max() < 5.5
    e = run.mean("lagged")
    assert abs(e.value - 23.695711) < 4.9 * e.se and e.se < 0.1
    evidence = run.log_evidence
    assert abs(evidence.value + 44.096317) < 4.9 * evidence.se
    large = erg.smooth(model, y, erg.FFBSi(particles=1500, paths=20), chains=4, seed=2, **QUIET)["paths"]
    assert abs(large.mean((0, 1)) - ref["mean"]).max() < 4.9 * np.sqrt(ref["variance"].max() / 80)


def test_paris_and_its_bias() -> None:
    """Published: -0.46 with 10 particles, multinomial at every time; PPG takes it away: -0.05 over iterations 2 to 6, each as published. Catches: a
    path that moves to another slot, a new path read from the ancestors, tau of the generation before."""
    exact, model, y = published()
    run = erg.smooth(model, y, erg.PPG(particles=10, iterations=6, discard=1), statistic=LAGGED, chains=700, seed=1, **QUIET)
    each, mean = run.mean("lagged, iterations"), run.mean("lagged")
    for k, (bias, tolerance) in enumerate(((-0.45, 0.02), (-0.15, 0.02), (-0.05, 0.02), (-0.04, 0.02))):
        assert abs(each.value[k] - 23.695711 - bias) < 4.9 * np.hypot(each.se[k], tolerance), k
    assert abs(mean.value - 23.695711 + 0.05) < 4.9 * np.hypot(mean.se, 0.01)
    assert abs(mean.value - 23.695711) < 0.5 * 0.46  # half of the bias of PaRIS
    np.testing.assert_allclose(run["lagged, iterations"][:, 1:].mean(1), run["lagged"], rtol=1e-12)
    paris = erg.smooth(model, y, erg.PaRIS(particles=10, resampling="multinomial", threshold=1.0), statistic=LAGGED, chains=700, seed=1, **QUIET)
    assert (paris["lagged"] == run["lagged, iterations"][:, 0]).all()  # its first pass
    many = erg.smooth(model, y, erg.PaRIS(particles=400), statistic=LAGGED, chains=24, seed=2, **QUIET)
    ref = erg.smooth(exact, y, **QUIET)
    for name, want in (("lagged", 23.695711), ("start", ref["mean"][0])):
        e = many.mean(name)
        assert abs(e.value - want) < 4.9 * e.se + 0.01, name


def test_promises(tmp_path: Path) -> None:
    """The same bits for threads and from a checkpoint that was written anywhere on the way."""
    _, model, y = published()
    methods: list[Any] = [erg.FFBSi(particles=1100, paths=30), erg.FFBSi(particles=20, paths=30), erg.PaRIS(particles=150)]
    for method in (*methods, erg.PPG(particles=30, iterations=3)):
        a = erg.smooth(model, y, method, statistic=LAGGED, chains=3, seed=1, threads=1, **QUIET)
        for threads in (2, 3, 7):
            b = erg.smooth(model, y, method, statistic=LAGGED, chains=3, seed=1, threads=threads, **QUIET)
            assert all((a[k] == b[k]).all() for k in a), (method, threads)
        one = erg.smooth(model, y, method, statistic=LAGGED, chains=1, seed=1, threads=2, **QUIET)
        assert (one["lagged"][0] == a["lagged"][0]).all()
        path = tmp_path / f"{type(method).__name__}{method.particles}"
        job = erg.smooth(model, y, method, statistic=LAGGED, chains=3, seed=1, wait=False, checkpoint=(path, 0.01), **QUIET)
        job.cancel()
        job.result()
        c = erg.smooth(model, y, method, statistic=LAGGED, chains=3, seed=1, checkpoint=path, **QUIET)
        assert all((a[k] == c[k]).all() for k in a), method


def test_bad_input() -> None:
    _, model, y = published()
    plain = erg.StateSpace(**{k: f.f for k, f in model.functions.items() if k != "log_transition"})
    for call, message in (
        (lambda: erg.smooth(plain, y, erg.FFBSi()), "needs a model with log_transition"),
        (lambda: erg.smooth(model, y, erg.PaRIS()), "needs a statistic"),
        (lambda: erg.smooth(model, y, erg.BootstrapFilter()), "does not smooth"),
        (lambda: erg.smooth(model, y, statistic=3), "expected functions"),
        (lambda: erg.smooth(model, y, statistic=lambda x, previous, z: x), "may be left out"),
        (lambda: erg.smooth(model, y, erg.PPG(iterations=2, discard=2), statistic=lambda x: x), "fewer than iterations"),
    ):
        with pytest.raises((erg.SpecError, TypeError), match=message):
            call()
    nan = erg.StateSpace(**{**{k: f.f for k, f in model.functions.items()}, "log_transition": lambda x, previous: np.log(-1.0 - x * x)})
    with pytest.raises(erg.NonFiniteError, match=r"time \d+: expected finite log transition densities"):
        erg.smooth(nan, y, erg.FFBSi(particles=20, paths=2), seed=1, **QUIET)
