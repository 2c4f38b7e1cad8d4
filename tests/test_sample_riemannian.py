"""Riemannian HMC where a constant metric fails, from far starts, and with metrics of the user's."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import ergodica as erg


def log_gamma(z: Any) -> Any:
    """log of a Gamma(3, 2) variate, number by number."""
    return np.sum(2 * np.exp(z) - 3 * z)


def test_funnel() -> None:
    """The neck is met: of v ~ N(0, 9) the mean, the variance and P(v < -6) = 0.0228, all within 4.9 errors, where NUTS with one metric and one step
    diverges and misses it. Catches log det G left out of H."""
    funnel = erg.targets.Funnel(3)
    common: dict[str, Any] = {"seed": 2, "progress": False}
    common["observe"] = {"v": lambda x: x[0], "v2": lambda x: x[0] ** 2, "neck": lambda x: x[0] < -6.0}
    run = erg.sample(funnel, erg.RiemannianHMC(), draws=1500, warmup=300, **common)
    for name, want, least in (("v", 0.0, 0.5), ("v2", 9.0, 2.0), ("neck", 0.02275, 0.015)):
        e = run.estimate(name)
        assert abs(e.value - want) < 4.9 * e.se and e.se < least, (name, e)
    plain = erg.sample(funnel, erg.NUTS(metric="diagonal", halvings=0), draws=6000, warmup=500, **common)
    assert plain.info["divergences"].sum() > 20
    assert plain["neck"].mean() < 0.5 * run["neck"].mean()


def test_far_starts() -> None:
    """Steps that do not settle make warm-up shorten them, until the chain comes in from where the density is exp(-1e130): exact means."""
    starts = np.array([[5.0], [20.0], [40.0], [300.0], [-30.0], [-200.0]])
    run = erg.sample(log_gamma, erg.RiemannianHMC(), space=erg.Real(1), start=starts, chains=6, draws=1000, seed=1, progress=False,
                     observe={"m": lambda z: np.exp(z[0]), "log": lambda z: z[0]})  # fmt: skip
    for name, want in (("m", 1.5), ("log", 0.2296371545)):
        e = run.estimate(name)
        assert abs(e.value - want) < 4.9 * e.se and e.se < 0.1, (name, e)


def test_metric_of_the_user() -> None:
    """The Fisher information of a gamma's shape and rate on their own spaces, beside SoftAbs and NUTS: one law. Catches a pull-back without dx/dz,
    and a metric whose derivatives are those of another temperature."""
    y = np.random.default_rng(1).gamma(2.0, 0.5, 30)
    from scipy import special

    log_y, total = np.sum(np.log(y)), np.sum(y)

    def energy(p: Any) -> Any:
        a, b = p["a"], p["b"]
        return -30 * (a * np.log(b) - special.gammaln(a)) - a * log_y + b * total + 0.1 * (a + b)

    def fisher(p: Any) -> Any:  # with 1/a + 1/(2 a^2) for the trigamma function, a metric like any other
        a, b = p["a"], p["b"]
        return 30 * np.array([[1 / a + 1 / a**2, -1 / b], [-1 / b, a / b**2]])

    common: dict[str, Any] = {"space": {"a": erg.Positive(), "b": erg.Positive()}, "kT": 2.0,
                              "draws": 600, "warmup": 300, "seed": 3, "progress": False}  # fmt: skip
    method = erg.RiemannianHMC(metric=fisher)
    run, soft, nuts = (erg.sample(energy, m, **common) for m in (method, erg.RiemannianHMC(alpha=5.0), erg.NUTS()))
    for name in ("a", "b"):
        e, s, n = run.estimate(name), soft.estimate(name), nuts.estimate(name)
        assert abs(e.value - n.value) < 4.9 * np.hypot(e.se, n.se) and abs(s.value - n.value) < 4.9 * np.hypot(s.se, n.se)
        assert max(e.se, s.se) < 0.08 * n.value
    assert run.info["acceptance"].min() > 0.8
    assert "fisher" in repr(method)
    assert "fisher" in repr(pickle.loads(pickle.dumps(method)).metric.__name__)


def test_bad_metrics() -> None:
    f, R = lambda x: np.sum(x**2), erg.Real(2)
    for call, match in [
        (lambda: erg.RiemannianHMC(metric=np.eye(2)), "expected a function"),
        (lambda: erg.sample(f, erg.RiemannianHMC(metric=lambda x: np.eye(3)), space=R), r"must return shape \(2, 2\)"),
        (lambda: erg.sample(f, erg.RiemannianHMC(metric=lambda x: -np.eye(2)), space=R, progress=False), "not positive"),
        (lambda: erg.sample(f, erg.RiemannianHMC(metric=lambda x: np.eye(2) * np.log(-np.exp(x[0]))), space=R, progress=False), "not finite"),
        (lambda: erg.sample(lambda p: f(p["x"]), erg.Gibbs({"x": erg.RiemannianHMC()}), space={"x": R}), "moves no block"),
        (lambda: erg.sample(erg.black_box(lambda x: np.sum(x**2, axis=1), lambda x: 2 * x), erg.RiemannianHMC(), space=R), "third derivatives"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()


def test_ladders_of_it() -> None:
    """As the kernel of a ladder it has its derivatives too."""
    wells = lambda x: np.sum((x**2 - 1) ** 2 + 0.2 * x)
    run = erg.sample(wells, erg.ParallelTempering(kernel=erg.RiemannianHMC()), space=erg.Real(1), kT=[0.1, 0.3, 1.0], draws=400, warmup=200, seed=1,
                     progress=False)  # fmt: skip
    x = np.linspace(-4, 4, 20001)[:, None]
    for k, kT in enumerate((0.1, 0.3, 1.0)):
        w = np.exp(-((x[:, 0] ** 2 - 1) ** 2 + 0.2 * x[:, 0]) / kT)
        e = run.estimate("x")
        assert abs(np.ravel(e.value)[k] - np.sum(w * x[:, 0]) / np.sum(w)) < 4.9 * np.ravel(e.se)[k]
