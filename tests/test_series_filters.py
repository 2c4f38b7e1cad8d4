"""Filters against exact answers: Kalman, a grid, published numbers. Bounds: 4.9 standard errors over chains, 1e-6 a test; seeds are fixed."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg

QUIET: dict[str, Any] = {"progress": False}


def normal(x: Any, mean: Any, variance: Any) -> Any:
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def plane() -> tuple[Any, np.ndarray]:
    """Two coupled states, one observation, a time without one; skewed by mean and drift."""
    A, Q = np.array([[0.9, 0.2], [0.0, 0.7]]), np.array([[0.3, 0.1], [0.1, 0.2]])
    model = erg.LinearGaussian(A, Q, np.array([[1.0, 0.5]]), 0.4, np.array([0.5, -1.0]), np.eye(2))
    _, y = model.particles().simulate(40, seed=3)
    y[7] = np.nan
    return model, y


def kalman(model: Any, y: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """log p(y), and means and covariances of all states given y, from the joint Gaussian of the whole path."""
    A, Q, H, R = model.transition, model.transition_covariance, model.observation, model.observation_covariance
    T, d, m = len(y), len(A), len(H)
    mean, cov = np.zeros(T * d), np.zeros((T * d, T * d))
    mean[:d], cov[:d, :d] = model.initial_mean, model.initial_covariance
    for t in range(1, T):
        a, b = slice((t - 1) * d, t * d), slice(t * d, (t + 1) * d)
        mean[b] = A @ mean[a]
        cov[b, : t * d] = A @ cov[a, : t * d]
        cov[: t * d, b] = cov[b, : t * d].T
        cov[b, b] = A @ cov[a, a] @ A.T + Q
    big, noise, data = np.kron(np.eye(T), H), np.kron(np.eye(T), R), y.reshape(-1)
    seen = ~np.isnan(data)
    big, noise, data = big[seen], noise[np.ix_(seen, seen)], data[seen]
    S = big @ cov @ big.T + noise
    gain = np.linalg.solve(S, big @ cov).T
    v = data - big @ mean
    log = -0.5 * v @ np.linalg.solve(S, v) - 0.5 * np.linalg.slogdet(2 * np.pi * S)[1]
    assert m * T >= len(data)
    return float(log), (mean + gain @ v).reshape(T, d), cov - gain @ big @ cov, mean, cov


def test_kalman_filter() -> None:
    """Against conditioning the joint Gaussian of states and observations, with missing times and components."""
    model, y = plane()
    two = erg.LinearGaussian(model.transition, model.transition_covariance, np.array([[1.0, 0.5], [0.2, -1.0]]), np.array([[0.4, 0.1], [0.1, 0.3]]),
                             model.initial_mean, model.initial_covariance)  # fmt: skip
    _, z = two.particles().simulate(12, seed=4)
    z[3, 1] = z[5] = np.nan
    for m, data in ((model, y), (two, z)):
        run = erg.filter(m, data, erg.KalmanFilter(), **QUIET)
        log, mean, cov, _, _ = kalman(m, data)
        assert abs(run.log_evidence.value - log) < 1e-9
        d = len(model.transition)
        np.testing.assert_allclose(run["mean"][-1], mean[-1], atol=1e-10)
        np.testing.assert_allclose(run["covariance"][-1], cov[-d:, -d:], atol=1e-10)
        early = kalman(m, data[:6])
        np.testing.assert_allclose(run["mean"][5], early[1][-1], atol=1e-10)
        assert abs(run["log_likelihood"][5] - early[0]) < 1e-9


FILTERS: dict[str, Any] = {
    "systematic": erg.BootstrapFilter(particles=2000), "stratified": erg.BootstrapFilter(particles=2000, resampling="stratified"),
    "residual": erg.BootstrapFilter(particles=2000, resampling="residual"),
    "multinomial": erg.BootstrapFilter(particles=2000, resampling="multinomial", threshold=1.0), "guided": erg.GuidedFilter(particles=2000),
    "auxiliary": erg.AuxiliaryFilter(particles=2000), "auxiliary at times": erg.AuxiliaryFilter(particles=2000, threshold=0.4),
    "hamiltonian": erg.HamiltonianFilter(particles=400, levels=3, steps=3, step_size=0.3),
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_filters_meet_kalman(name: str) -> None:
    """Evidence (unbiased), means and second moments at all times. Catches: weights kept after resampling, children of an auxiliary filter that
    keep the first-stage weight (evidence off by 0.8), a guided weight without the proposal's density, Hamiltonian moves before the weight."""
    model, y = plane()
    exact = erg.filter(model, y, **QUIET)
    run = erg.filter(model.particles(), y, FILTERS[name], observe={"xx": lambda x: x[0] * x[1]}, chains=24, seed=1, **QUIET)
    e = run.log_evidence
    assert abs(e.value - exact.log_evidence.value) < 4.9 * e.se and e.se < 0.12
    t = slice(None, None, 3)
    mean = run.mean("mean")
    bias = 5 / FILTERS[name].particles
    assert np.max((np.abs(mean.value - exact["mean"]) - bias)[t] / mean.se[t]) < 5.5
    xx = run.mean("xx")
    want = exact["mean"].prod(-1) + exact["covariance"][:, 0, 1]
    assert np.max((np.abs(xx.value - want) - bias)[t] / xx.se[t]) < 5.5
    ratio = run["variance"].mean(0) / exact["variance"]
    assert abs(ratio.mean() - 1) < 0.02


def test_evidence_is_unbiased() -> None:
    """The mean of 4000 estimates with 20 particles; their logarithms lie below by half their variance."""
    model, y = plane()
    exact = erg.filter(model, y, **QUIET).log_evidence.value
    for resampling in ("systematic", "stratified", "residual", "multinomial"):
        run = erg.filter(model.particles(), y[:8], erg.BootstrapFilter(particles=20, resampling=resampling), chains=4000, seed=2, **QUIET)
        exact = erg.filter(model, y[:8], **QUIET).log_evidence.value
        e = run.log_evidence
        logs = run.info["log_evidence"]
        assert abs(e.value - exact) < 4.9 * e.se and e.se < 0.05, resampling
        assert np.mean(logs) < exact - 0.2


def growth(t: int, x: Any) -> Any:
    return x / 2 + 25 * x / (1 + x * x) + 8 * np.cos(1.2 * t)


def test_nonlinear_model() -> None:
    """The growth model with bimodal posteriors: the grid's numbers as published with it, bootstrap and Hamiltonian-move filters against them."""
    model = erg.StateSpace(
        initial=lambda key: np.sqrt(5.0) * erg.random.normal(key),
        transition=lambda key, x, t: growth(t, x) + np.sqrt(10.0) * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x * x / 20, 1.0),
        log_initial=lambda x: normal(x, 0.0, 5.0),
        log_transition=lambda x, previous, t: normal(x, growth(t, previous), 10.0),
        scale=lambda y, b: 1.26 / np.sqrt(1 + 2 * b * np.maximum(y, 1)),
    )
    x = [0.1]
    for t in range(1, 21):
        x.append(float(growth(t, x[-1])))
    y = np.array(x) ** 2 / 20
    y[0] = np.nan
    grid = erg.filter(model, y, erg.GridFilter(-60, 60, points=1201), **QUIET)
    assert abs(grid.log_evidence.value + 42.90428) < 1e-5
    np.testing.assert_allclose(grid["mean"][[1, 5, 10, 20]], [-2.62485, 14.69704, -0.42340, -5.05612], atol=1e-5)
    assert abs(grid["variance"][20] + grid["mean"][20] ** 2 - 29.47332) < 2e-5
    for method, sd, ess in ((erg.BootstrapFilter(particles=1000, threshold=1.0), 0.24, 0.43),
                            (erg.HamiltonianFilter(particles=1000, levels=20, step_size=1.0, threshold=1.0), 0.14, 0.69)):  # fmt: skip
        run = erg.filter(model, y, method, observe={"xx": lambda x: x**2}, chains=30, seed=5, **QUIET)
        e = run.log_evidence
        assert abs(e.value - grid.log_evidence.value) < 4.9 * e.se
        assert abs(np.std(run.info["log_evidence"]) - sd) < 4.9 * sd / np.sqrt(60)
        assert abs(run["ess"][:, 1:].mean() / 1000 - ess) < 0.015
        second = run.mean("xx")
        assert abs(second.value[20] - 29.47332) < 4.9 * second.se[20] + 0.01


def test_grid_smooths() -> None:
    """The grid's smoother against the Kalman smoother's formula by conditioning."""
    model = erg.LinearGaussian(0.9, 0.36, 1.0, 0.09, 0.3, 1.0)
    _, y = model.particles().simulate(15, seed=2)
    y[4] = np.nan
    flat = erg.StateSpace(
        initial=lambda key: 0.3 + erg.random.normal(key), transition=lambda key, x: 0.9 * x + 0.6 * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x, 0.09), log_initial=lambda x: normal(x, 0.3, 1.0),
        log_transition=lambda x, previous: normal(x, 0.9 * previous, 0.36),
    )  # fmt: skip
    log, mean, cov, _, _ = kalman(model, y)
    run = erg.filter(flat, y[:, 0], erg.GridFilter(-8, 8, points=401), **QUIET)
    assert abs(run.log_evidence.value - log) < 1e-9
    np.testing.assert_allclose(run["smoothed_mean"], mean[:, 0], atol=1e-9)
    np.testing.assert_allclose(run["smoothed_variance"], np.diag(cov), atol=1e-9)
    np.testing.assert_allclose(run["density"].sum(1) * 0.04, 1, atol=1e-9)


def volatility() -> tuple[Any, np.ndarray]:
    model = erg.StateSpace(
        initial=lambda key, theta: theta["mu"] + 0.5 * erg.random.normal(key),
        transition=lambda key, x, theta: theta["mu"] + theta["rho"] * (x - theta["mu"]) + 0.3 * erg.random.normal(key),
        log_observation=lambda y, x: -0.5 * (x + y * y * np.exp(-x)),
        observation=lambda key, x: np.exp(0.5 * x) * erg.random.normal(key),
    )
    return model, model.simulate(60, theta={"mu": -1.0, "rho": 0.95}, seed=1)[1]


def test_promises(tmp_path: Path) -> None:
    """The same bits for any number of threads, of chains, from a checkpoint; another seed gives others; runs are saved and pickled."""
    model, y = volatility()
    ask: dict[str, Any] = {"theta": {"mu": -1.0, "rho": 0.95}, "seed": 3, **QUIET}
    for n in (1, 7, 1500, 5000):
        method = erg.BootstrapFilter(particles=n, threshold=0.7)
        a = erg.filter(model, y, method, threads=1, chains=2, particles=True, **ask)
        for threads in (2, 3, 7):
            b = erg.filter(model, y, method, threads=threads, chains=2, particles=True, **ask)
            assert all((a[k] == b[k]).all() for k in a), (n, threads)
        assert (erg.filter(model, y, method, chains=1, threads=2, **ask)["mean"][0] == a["mean"][0]).all()
        assert (erg.filter(model, y, method, **{**ask, "seed": 4})["mean"] != a["mean"][0]).any()
    assert a["particles"].shape == (2, 5000) and abs(np.exp(a["log_weights"]).mean() - 1) < 1e-12
    path = tmp_path / "c.ckpt"
    for _ in range(2):
        b = erg.filter(model, y, method, chains=2, checkpoint=path, **ask)
        assert (b["mean"] == a["mean"]).all() and b.log_evidence == a.log_evidence
    a.save(tmp_path / "run.arrow")
    assert (erg.load(tmp_path / "run.arrow")["mean"] == a["mean"]).all()


def test_long_run_is_cancelled_and_resumed(tmp_path: Path) -> None:
    model, y = volatility()
    y = np.tile(y, 20)
    ask: dict[str, Any] = {"theta": {"mu": -1.0, "rho": 0.95}, "seed": 3, "chains": 2, **QUIET}
    path, method = tmp_path / "c.ckpt", erg.BootstrapFilter(particles=50000)
    job = erg.filter(model, y, method, wait=False, checkpoint=path, **ask)
    while not job.progress.get("done"):
        time.sleep(0.01)
    begun = time.monotonic()
    job.cancel()
    part = job.result()
    assert time.monotonic() - begun < 2 and part.status == "interrupted"  # 0.2 s on a quiet machine
    known = ~np.isnan(part["mean"])
    whole = erg.filter(model, y, method, **ask)
    assert 0 < known.sum() < known.size and (part["mean"][known] == whole["mean"][known]).all()
    on = erg.filter(model, y, method, checkpoint=path, **ask)
    assert (on["mean"] == whole["mean"]).all() and on.log_evidence == whole.log_evidence
    assert threading.active_count() < 20


def test_structures_and_integers() -> None:
    """A dict of a chain's state and a position: the evidence of a hidden Markov chain against the sum over its paths."""
    jump, y = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0.1, 0.8, 1.1, 0.9, np.nan, 0.2])
    model = erg.StateSpace(
        initial=lambda key: {"s": erg.random.bernoulli(key, 0.5).astype(np.int64), "v": np.zeros(2)},
        transition=lambda key, x: {"s": (erg.random.uniform(key) < np.take(jump[:, 1], x["s"])).astype(np.int64), "v": x["v"] + 1.0},
        log_observation=lambda y, x: normal(y, np.float64(1.0) * x["s"], 0.1),
    )
    p, total = np.array([0.5, 0.5]), 0.0
    for t, v in enumerate(y):
        p = p if t == 0 else p @ jump
        p = p if np.isnan(v) else p * np.exp(normal(v, np.arange(2.0), 0.1))
        total, p = total + np.log(p.sum()), p / p.sum()
    run = erg.filter(model, y, erg.BootstrapFilter(particles=500), chains=50, seed=1, particles=True, **QUIET)
    assert abs(run.log_evidence.value - total) < 4.9 * run.log_evidence.se
    assert np.allclose(run["mean.v"][:, -1], 5) and run["particles.v"].shape == (50, 500, 2)
    s = run.mean("mean.s")
    assert abs(s.value[-1] - p[1]) < 4.9 * s.se[-1] + 0.01


def test_bad_input() -> None:
    walk: dict[str, Any] = {
        "initial": lambda key: erg.random.normal(key), "transition": lambda key, x: x + erg.random.normal(key),
        "log_observation": lambda y, x: -((y - x) ** 2),
    }  # fmt: skip
    y = np.zeros(5)

    def run(method: Any = None, data: Any = y, theta: Any = None, **change: Any) -> Any:
        return erg.filter(erg.StateSpace(**{**walk, **change}), data, method or erg.BootstrapFilter(particles=50), theta=theta, seed=1, **QUIET)

    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"transition": None}, "transition: expected a function"),
        ({"transition": lambda key, x, z: x}, "t and theta may be left out"),
        ({"transition": lambda x: x}, "expected a function of"),
        ({"proposal": lambda key, previous, y: previous}, "belong together"),
        ({"transition": lambda key, x, theta: x}, "takes theta"),
    )
    for change, message in wrong:
        with pytest.raises(erg.SpecError, match=message):
            run(**change)
    shapes: tuple[tuple[dict[str, Any], str], ...] = (
        ({"log_observation": lambda y, x: np.zeros(3)}, "expected a real number for one particle"),
        ({"transition": lambda key, x: np.zeros(2)}, r"transition: expected shape \(\), got shape \(2,\)"),
        ({"data": np.zeros((0, 2))}, "expected real observations"),
        ({"data": np.zeros(3) * 1j}, "expected real observations"),
    )
    for change, message in shapes:
        with pytest.raises(erg.ShapeError, match=message):
            run(**change)
    with pytest.raises(erg.NonFiniteError, match="expected finite observations"):
        run(data=np.array([0.0, np.inf]))
    with pytest.raises(erg.NonFiniteError, match="time 0: expected log weights that are finite or -inf, got the log weight NaN of particle 0"):
        run(log_observation=lambda y, x: np.sqrt(-1.0 - x * x))
    with pytest.raises(erg.NonFiniteError, match="time 2: all 50 particles have the weight zero"):
        run(log_observation=lambda y, x, t: np.where(t == 2, -np.inf, 0.0))
    assert np.isfinite(run(log_observation=lambda y, x: np.where(x > 0, 0.0, -np.inf))["mean"]).all()
    with pytest.raises(ZeroDivisionError):
        run(transition=lambda key, x: 1 / 0)
    for method, message in ((erg.GuidedFilter(), "needs a model with proposal"), (erg.AuxiliaryFilter(), "log_lookahead"),
                            (erg.HamiltonianFilter(), "log_transition"), (erg.BootstrapFilter, "got the class"), (erg.NUTS(), "NUTS")):  # fmt: skip
        with pytest.raises(erg.SpecError, match=message):
            run(method)
    with pytest.raises(erg.SpecError, match="particles"):
        erg.BootstrapFilter(particles=0)
    with pytest.raises(erg.MemoryLimitError):
        run(erg.BootstrapFilter(particles=10**9))
    assert np.isnan(run(data=np.full(3, np.nan)).log_evidence.value) == np.False_  # nothing seen: evidence 1
    with pytest.raises(erg.SpecError, match="no method"):
        erg.filter(erg.LinearGaussian(1.0, 1.0, 1.0, 1.0, 0.0, 1.0), y, erg.BootstrapFilter(), **QUIET)
    with pytest.raises(erg.SpecError, match="without negative eigenvalues"):
        erg.LinearGaussian(1.0, -1.0, 1.0, 1.0, 0.0, 1.0)
    with pytest.raises(erg.NonFiniteError, match="not positive definite"):
        erg.filter(erg.LinearGaussian(1.0, 0.0, 1.0, 0.0, 0.0, 0.0), y, **QUIET)
