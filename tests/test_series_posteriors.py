"""Parameters of state-space models: PMMH, particle Gibbs, SMC^2 against quadrature of the Kalman likelihood. Bounds: 4.9 standard errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica.distributions import HalfNormal, Normal

QUIET: dict[str, Any] = {"progress": False}
PRIOR = {"a": Normal(0, 1), "s": HalfNormal(1)}


def normal(x: Any, mean: Any, variance: Any) -> Any:
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def model(guided: bool = False) -> Any:
    """An autoregression with unknown coefficient and noise; guided: by the best proposal."""
    more: dict[str, Any] = {}
    if guided:
        gain = lambda theta: theta["s"] ** 2 / (theta["s"] ** 2 + 0.25)
        mean = lambda previous, y, theta: theta["a"] * previous + gain(theta) * (y - theta["a"] * previous)
        more = {
            "proposal": lambda key, previous, y, theta: mean(previous, y, theta) + 0.5 * np.sqrt(gain(theta)) * erg.random.normal(key),
            "log_proposal": lambda x, previous, y, theta: normal(x, mean(previous, y, theta), 0.25 * gain(theta)),
        }
    return erg.StateSpace(
        initial=lambda key: erg.random.normal(key), transition=lambda key, x, theta: theta["a"] * x + theta["s"] * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x, 0.25), log_transition=lambda x, previous, theta: normal(x, theta["a"] * previous, theta["s"] ** 2),
        log_initial=lambda x: normal(x, 0.0, 1.0), observation=lambda key, x: x + 0.5 * erg.random.normal(key), **more,
    )  # fmt: skip


def data() -> np.ndarray:
    y = model().simulate(25, theta={"a": 0.8, "s": 0.6}, seed=2)[1]
    y[5] = np.nan
    return y


@pytest.fixture(scope="module")
def exact() -> dict[str, Any]:
    """Means, deviations and evidence by quadrature over (a, s), and E x_20 by the Kalman smoother at each point."""
    y, a, s = data(), np.linspace(-0.5, 1.5, 33), np.linspace(0.03, 1.8, 33)
    log, mean = np.empty((33, 33)), np.empty((33, 33))
    for i, u in enumerate(a):
        for j, v in enumerate(s):
            run = erg.smooth(erg.LinearGaussian(u, v * v, 1.0, 0.25, 0.0, 1.0), y, **QUIET)
            log[i, j] = run.log_evidence.value + normal(u, 0.0, 1.0) + normal(v, 0.0, 1.0) + np.log(2)
            mean[i, j] = run["mean"][20]
    w = np.exp(log - log.max())
    z = log.max() + np.log(w.sum() * (a[1] - a[0]) * (s[1] - s[0]))
    w /= w.sum()
    A, S = w.sum(1), w.sum(0)
    return {"a": A @ a, "s": S @ s, "aa": A @ a**2, "log_evidence": z, "x": (w * mean).sum()}


METHODS = {
    "PMMH": (erg.PMMH(particles=60), False), "guided PMMH": (erg.PMMH(particles=20), True), "Gibbs": (erg.ParticleGibbs(particles=12), False),
    "guided Gibbs": (erg.ParticleGibbs(particles=6), True),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_posterior_by_quadrature(name: str, exact: dict[str, Any]) -> None:
    """Catches: the evidence of a rejected proposal kept, a path that is not taken with its parameters, ancestor weights without the transition, a
    prior without the Jacobian (E s off by 0.05)."""
    method, guided = METHODS[name]
    run = erg.sample(model(guided).posterior(data(), PRIOR), method, observe=["a", "s", "states"], draws=3000, warmup=400, seed=3, **QUIET)
    assert min(run.summary(["a"])["a"].ess_bulk, run.summary(["s"])["s"].ess_bulk) > 400
    for k in ("a", "s"):
        e = run.estimate(k)
        assert abs(e.value - exact[k]) < 4.9 * e.se, (k, e, exact[k])
    run._columns |= {"aa": run["a"] ** 2, "x": run["states"][:, :, 20]}
    run.dims |= {"aa": ("chain", "draw"), "x": ("chain", "draw")}
    for k in ("aa", "x"):
        e = run.estimate(k)
        assert abs(e.value - exact[k]) < 4.9 * e.se, (k, e, exact[k])


def test_smc2(exact: dict[str, Any]) -> None:
    """Evidence and means over independent populations. Catches: new filters that do not reach the present, weights kept after new draws."""
    run = erg.sample(model().posterior(data(), PRIOR), erg.SMC2(particles=50), draws=200, chains=16, seed=1, **QUIET)
    logs = run.info["log_evidence"]
    w = np.exp(logs - exact["log_evidence"])
    assert abs(w.mean() - 1) < 4.9 * w.std(ddof=1) / 4 and w.std() < 1
    assert (run.info["rejuvenations"] > 1).all() and (run.info["acceptance"] > 0.05).all()
    for k in ("a", "s"):
        means = run[k].mean(1)
        assert abs(means.mean() - exact[k]) < 4.9 * means.std(ddof=1) / 4 + 0.005, k


def test_paths_alone() -> None:
    """Particle Gibbs without parameters: the smoothing means of a stiff model, from 5 particles. Catches: a path read off without ancestor sampling
    (x_0 then stays for ever)."""
    lag = erg.LinearGaussian(0.9, 0.36, 1.0, 0.09, 0.0, 1.0)
    y = np.sin(0.3 * np.arange(20.0))[:, None]
    ref = erg.smooth(lag, y, **QUIET)
    run = erg.sample(lag.particles().posterior(y), erg.ParticleGibbs(particles=5), draws=1200, warmup=50, seed=1, **QUIET)
    e = run.estimate("states")
    assert run["states"].shape == (4, 1200, 20, 1)
    assert np.max(np.abs(e.value[:, 0] - ref["mean"]) / e.se[:, 0]) < 5.5 and e.se.max() < 0.05


def test_promises(tmp_path: Path) -> None:
    posterior = model().posterior(data(), PRIOR)
    for method in (erg.PMMH(particles=30), erg.ParticleGibbs(particles=5), erg.SMC2(particles=30)):
        ask: dict[str, Any] = {"draws": 40, "warmup": 30, "chains": 3, "seed": 5, **QUIET}
        a = erg.sample(posterior, method, threads=1, **ask)
        for threads in (2, 3, 7):
            b = erg.sample(posterior, method, threads=threads, **ask)
            assert all((a[k] == b[k]).all() for k in a), (method, threads)
        path = tmp_path / type(method).__name__
        job = erg.sample(posterior, method, wait=False, checkpoint=(path, 0.01), **ask)
        job.cancel()
        job.result()
        c = erg.sample(posterior, method, checkpoint=path, **ask)
        assert all((a[k] == c[k]).all() for k in a), method
        if not method.staged:
            few = erg.sample(posterior, method, **{**ask, "draws": 10})
            assert all((few[k] == a[k][:, :10]).all() for k in a)
            on = erg.sample(posterior, method, start=a, **{**ask, "seed": 6, "warmup": 0})
            assert np.isfinite(on["a"]).all()


def test_bad_input() -> None:
    y, m = data(), model()
    flat = m.posterior(y, lambda p: 0.0, space={"a": erg.Real(), "s": erg.Positive()})
    for call, message in (
        (lambda: erg.sample(flat, erg.SMC2(), draws=10), "prior that can be drawn from"),
        (lambda: erg.sample(flat, erg.NUTS()), "does not sample"),
        (lambda: erg.sample(flat, erg.PMMH(), kT=2.0), "no temperature"),
        (lambda: erg.sample(flat, erg.PMMH(), observe=["b"], draws=3), "expected one of a, s, states"),
        (lambda: erg.sample(m.posterior(y, theta={"a": 0.5, "s": 1.0}), erg.PMMH(), draws=3), "no"),
        (lambda: m.posterior(y, PRIOR, theta={"a": 0.5}), "got both"),
        (lambda: m.posterior(y, space={"a": erg.Real()}), "needs a prior"),
        (lambda: erg.sample(m.posterior(y), erg.ParticleGibbs(), draws=3), "takes theta"),
    ):
        with pytest.raises(erg.SpecError, match=message):
            call()
    with pytest.raises(erg.NonFiniteError, match="time 0: all 20 particles have the weight zero"):
        none = erg.StateSpace(**{**{k: f.f for k, f in m.functions.items()}, "log_observation": lambda y, x: -np.inf + 0 * x})
        erg.sample(none.posterior(y, PRIOR), erg.PMMH(particles=20), draws=3, seed=1, **QUIET)
