"""Posteriors of real data, written as a user writes them: means and means of squares beside published ones, with the defaults of ``erg.sample``.

Beside them densities in which warm-up is easily lost: a mode far below another, energies of 1e180, collinear columns, scales of 1e12.

Data and reference values are those of posteriordb (github.com/stan-dev/posteriordb, BSD-3-Clause).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import digamma, logsumexp, polygamma

import ergodica as erg
from ergodica.distributions import Dirichlet, LKJCholesky, LogNormal, MultivariateNormal, Normal

REFERENCES = json.loads((Path(__file__).parent / "data" / "posteriors.json").read_text())["posteriors"]

Model = tuple[Callable[[Any], Any], dict[str, Any], Callable[[Any], Any]]
"""Log density, space, and from a run the quantities of the reference, of shape (chains, draws, quantities)."""


def normal(x: Any, mean: Any, sd: Any) -> Any:
    """Log density up to a constant, summed."""
    return np.sum(-0.5 * ((x - mean) / sd) ** 2 - np.log(sd * np.ones(np.shape(x))))


def cauchy(x: Any, scale: float) -> Any:
    """Log density up to a constant."""
    return -np.log1p((x / scale) ** 2)


def eight_schools(d: dict[str, Any]) -> Model:
    """Non-centred."""
    y, sigma = np.array(d["y"], float), np.array(d["sigma"], float)

    def log_density(p: Any) -> Any:
        return normal(p["t"], 0, 1) + normal(y, p["mu"] + p["tau"] * p["t"], sigma) + normal(p["mu"], 0, 5) + cauchy(p["tau"], 5)

    def found(run: Any) -> Any:
        mu, tau = run["mu"][..., None], run["tau"][..., None]
        return np.concatenate([mu + tau * run["t"], mu, tau], -1)

    return log_density, {"mu": erg.Real(), "tau": erg.Positive(), "t": erg.Real(8)}, found


def regression(y: np.ndarray, X: np.ndarray, prior: Callable[[Any], Any] = lambda sigma: 0.0) -> Model:
    """y ~ N(X beta, sigma), beta flat."""

    def log_density(p: Any) -> Any:
        return normal(y, X @ p["beta"], p["sigma"]) + prior(p["sigma"])

    return log_density, {"beta": erg.Real(X.shape[1]), "sigma": erg.Positive()}, lambda r: np.concatenate([r["beta"], r["sigma"][..., None]], -1)


def kidscore(d: dict[str, Any]) -> Model:
    """Scores of children by their mothers' IQ."""
    iq = np.array(d["mom_iq"], float)
    return regression(np.array(d["kid_score"], float), np.stack([np.ones(len(iq)), iq], 1), lambda sigma: cauchy(sigma, 2.5))


def earnings(d: dict[str, Any]) -> Model:
    """Scales that differ by orders of magnitude."""
    height = np.array(d["height"], float)
    return regression(np.array(d["earn"], float), np.stack([np.ones(len(height)), height], 1))


def mesquite(d: dict[str, Any]) -> Model:
    """Logarithms, collinear."""
    a, b, c, h, rho = (np.array(d[k], float) for k in ("diam1", "diam2", "canopy_height", "total_height", "density"))
    columns = [np.ones(len(a)), np.log(a * b * c), np.log(a * b), np.log(a / b), np.log(h), np.log(rho), np.array(d["group"], float)]
    return regression(np.log(np.array(d["weight"], float)), np.stack(columns, 1))


def garch(d: dict[str, Any]) -> Model:
    """beta1 lies between 0 and 1 - alpha1, so (alpha1, beta1, rest) is a simplex of flat density."""
    y, first = np.array(d["y"], float), float(d["sigma1"])

    def log_density(p: Any) -> Any:
        alpha1, beta1 = p["ab"][0], p["ab"][1]

        def step(s2: Any, before: Any) -> Any:
            s2 = p["alpha0"] + alpha1 * (before - p["mu"]) ** 2 + beta1 * s2
            return s2, s2

        _, s2 = erg.scan(step, first**2 + 0.0 * p["mu"], y[:-1])
        return normal(y[0], p["mu"], first) + normal(y[1:], p["mu"], np.sqrt(s2))

    def found(run: Any) -> Any:
        return np.stack([run["mu"], run["alpha0"], run["ab"][..., 0], run["ab"][..., 1]], -1)

    return log_density, {"mu": erg.Real(), "alpha0": erg.Positive(), "ab": erg.Simplex(3)}, found


def hmm(d: dict[str, Any]) -> Model:
    """Two states, summed out by the forward recursion."""
    y = np.array(d["y"], float)

    def log_density(p: Any) -> Any:
        theta = np.log(np.stack([p["theta1"], p["theta2"]]))
        emission = -0.5 * (y[:, None] - p["mu"]) ** 2

        def step(log_alpha: Any, e: Any) -> Any:
            return np.logaddexp(log_alpha[0] + theta[0], log_alpha[1] + theta[1]) + e, None

        log_alpha, _ = erg.scan(step, emission[0], emission[1:])
        return np.logaddexp(log_alpha[0], log_alpha[1]) + normal(p["mu"], np.array([3.0, 10.0]), 1)

    def found(run: Any) -> Any:
        return np.concatenate([run["theta1"], run["theta2"], run["mu"]], -1)

    space = {"theta1": erg.Simplex(2), "theta2": erg.Simplex(2), "mu": POSITIVE_ORDERED}
    return log_density, space, found


class _PositiveOrdered(erg.Space):
    """0 < x1 < x2, as a user writes a space that the package does not have."""

    shape, size = (2,), 2

    def to(self, z: Any) -> tuple[Any, Any]:
        """Sums of exponentials."""
        return np.cumsum(np.exp(z)), np.sum(z)


POSITIVE_ORDERED = _PositiveOrdered()


def lotka_volterra(d: dict[str, Any]) -> Model:
    """Pelts of lynx and hare."""
    times = np.concatenate([[0.0], np.array(d["ts"], float)])
    log_y = np.log(np.concatenate([[d["y_init"]], d["y"]]))

    def field(z: Any, t: Any, theta: Any) -> Any:
        return np.stack([(theta[0] - theta[1] * z[1]) * z[0], (-theta[2] + theta[3] * z[0]) * z[1]])

    def log_density(p: Any) -> Any:
        z = erg.odeint(field, p["z_init"], times, p["theta"])
        prior = normal(p["theta"], np.array([1, 0.05, 1, 0.05]), np.array([0.5, 0.05, 0.5, 0.05]))
        prior = prior + lognormal(p["z_init"], math.log(10), 1) + lognormal(p["sigma"], -1, 1)
        return prior + normal(log_y, np.log(z), p["sigma"])

    def found(run: Any) -> Any:
        return np.concatenate([run["theta"], run["z_init"], run["sigma"]], -1)

    return log_density, {"theta": erg.Positive(4), "z_init": erg.Positive(2), "sigma": erg.Positive(2)}, found


def lognormal(x: Any, mean: float, sd: float) -> Any:
    """Log density up to a constant, summed."""
    return normal(np.log(x), mean, sd) - np.sum(np.log(x))


MODELS: dict[str, Callable[[dict[str, Any]], Model]] = {
    "eight_schools_noncentered": eight_schools, "kidscore_momiq": kidscore, "earn_height": earnings, "logmesquite_logvas": mesquite, "garch11": garch,
    "hmm_example": hmm, "lotka_volterra": lotka_volterra,
}  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.full) if n == "lotka_volterra" else n for n in MODELS])
def test_posterior(name: str) -> None:
    """Means and means of squares within 4.9 combined errors. Catches a Jacobian that is left out: tau of the schools moves by 10 errors."""
    reference = REFERENCES[name]
    log_density, space, found = MODELS[name](reference["data"])
    run = erg.sample(erg.LogDensity(log_density), space=space, seed=1, progress=False)
    x = np.moveaxis(found(run), -1, 0)
    for values, key in ((x, "mean"), (x**2, "square")):
        e = erg.stats.mean_se(np.ascontiguousarray(values))
        error = np.hypot(np.asarray(e.se), reference[key + "_mcse"])
        off = (np.asarray(e.value) - reference[key]) / error
        assert np.abs(off).max() < 4.9, dict(zip(reference["names"], off.round(1), strict=True))


def sampled(f: Callable[[Any], Any], space: Any, **more: Any) -> Any:
    """With the defaults."""
    return erg.sample(erg.LogDensity(f), space=space, seed=1, progress=False, **more)


def matches(run: Any, name: str, want: Any, least: int = 400, slack: float = 0.0) -> None:
    """The mean within 4.9 errors, and a slack where what is wanted is near the mean, of enough effective draws."""
    x = np.moveaxis(run[name].reshape(*run[name].shape[:2], -1), -1, 0)
    found = erg.stats.series.describe(np.ascontiguousarray(x))
    assert found["ess_bulk"].min() > least and found["rhat"].max() < 1.02
    assert (np.abs(found["mean"] - np.ravel(want)) < 4.9 * found["se"] + slack).all()


@pytest.mark.parametrize("depth", [300, 25])
def test_far_mode(depth: float) -> None:
    """Half of all starts lie near a mode of mass e^-depth of the other; the chains begin elsewhere. Catches a start that is kept."""
    other = lambda x: np.logaddexp(-12.5 * np.sum((x - 1) ** 2), -depth - 12.5 * np.sum((x + 1) ** 2))
    matches(sampled(other, erg.Real(3)), "x", np.ones(3))


def test_modes_that_compare() -> None:
    """Of masses 1 and e^-3 both keep the chains that begin near them, and the summary says so: a user must know of the second."""
    other = lambda x: np.logaddexp(-12.5 * np.sum((x - 1) ** 2), -3 - 12.5 * np.sum((x + 1) ** 2))
    run = sampled(other, erg.Real(3), chains=8)
    assert {-1, 1} == set(np.sign(run["x"].mean((1, 2)))) and "another mode" in str(run.summary())


def test_rugged() -> None:
    """A mixture of three normals in order: of all places that a descent from a random start ends in most are far above the lowest valley, where one
    normal serves for two groups. Catches chains that stay there: they have nothing of the posterior's mass."""
    rng = np.random.default_rng(4)
    y = np.concatenate([rng.normal(m, s, 60) for m, s in ((-6, 0.6), (-1, 0.5), (5, 1.0))])

    def log_likelihood(p: Any) -> Any:
        return np.sum(logsumexp(Normal(p["mu"], p["sigma"]).log_prob(y[:, None]) + np.log(p["w"]), axis=1))

    prior = dict(mu=Normal(0, 5, shape=(3,)), sigma=LogNormal(0, 0.5, shape=(3,)), w=Dirichlet(np.full(3, 3.0)))
    run = erg.sample(erg.Posterior(log_likelihood, prior, space=dict(mu=erg.Ordered(3))), seed=1, progress=False)
    matches(run, "mu", [g.mean() for g in np.split(y, 3)], 1000, slack=0.05)


def test_neck() -> None:
    """A funnel, v ~ N(0, 3), x ~ N(0, e^(v/2)) twice: v, v^2 and how often v < -5 within 4.9 errors; undivided steps leave the neck out."""
    energy = lambda x: x[0] ** 2 / 18 + 0.5 * np.sum(x[1:] ** 2) * np.exp(-x[0]) + x[0]

    def pulls(**more: Any) -> np.ndarray:
        method = erg.NUTS(metric="unit", step_size=1.0, **more)
        v = erg.sample(energy, method, space=erg.Real(3), chains=8, draws=5000, seed=1, progress=False)["x"][..., 0]
        e = erg.stats.mean_se(np.stack([v, v**2, v < -5.0]))
        return np.abs(e.value - [0, 9, 0.0477903523]) / e.se

    assert pulls().max() < 4.9 < np.nanmax(pulls(halvings=0))


@pytest.mark.parametrize("step", [2.0, 4.0])
def test_halved_steps(step: float) -> None:
    """The logarithm of a gamma number of shape 0.7, in steps far too long for its wall: mean, variance and the mean of e^x against closed form.
    Catches trajectories that go on where the way back would be another: by some 20 errors."""
    a, method = 0.7, erg.NUTS(metric="unit", step_size=step)
    x = erg.sample(lambda x: np.sum(np.exp(x) - a * x), method, space=erg.Real(1), chains=8, draws=10000, seed=1, progress=False)["x"][..., 0]
    e = erg.stats.mean_se(np.stack([x, (x - digamma(a)) ** 2, np.exp(x)]))
    assert (np.abs(e.value - [digamma(a), polygamma(1, a), a]) < 4.9 * e.se).all()


def test_names_that_a_module_imported() -> None:
    """Functions that a posterior, a target, a space and an observable hold see ``logsumexp`` as traced functions do."""
    quick: dict[str, Any] = dict(draws=5, warmup=5, seed=1, progress=False)
    prior = dict(x=Normal(0, 1, shape=(2,)), y=lambda x: Normal(logsumexp(x), 1))
    run = erg.sample(erg.Posterior(lambda p: -logsumexp(p["x"]), prior), observe=dict(top=lambda p: logsumexp(p["x"])), **quick)
    assert np.isfinite(run["top"]).all()
    erg.sample(erg.Posterior(lambda p: 0.0, lambda p: -logsumexp(p["x"] ** 2), space=dict(x=erg.Real(2))), **quick)

    class Own(erg.Target):
        space = erg.Real(2)

        def log_density(self, x: Any) -> Any:
            return -logsumexp(x * x)

    class Log(erg.Space):
        shape, size = (2,), 2

        def to(self, z: Any) -> tuple[Any, Any]:
            return z - logsumexp(z * z), 0.0 * np.sum(z)

    erg.sample(Own(), **quick)
    erg.sample(lambda x: np.sum(x * x), space=Log(), **quick)


def test_good_runs_are_not_alarming() -> None:
    """The zeros of a Cholesky factor, a NaN that warm-up alone met, one trajectory of 4000 that diverged: nothing, nothing, and that it is little."""
    rng = np.random.default_rng(4)
    y = rng.normal(size=(50, 2))
    run = erg.sample(erg.Posterior(lambda p: np.sum(MultivariateNormal(np.zeros(2), scale_tril=p["L"]).log_prob(y)), dict(L=LKJCholesky(2, 2.0))),
                     seed=1, progress=False)  # fmt: skip
    assert run.summary().warnings == []
    run = sampled(lambda x: -0.5 * np.sum((x - 30) ** 2) + np.sum(0 * np.log(x - 20)), erg.Real(1), start=np.full(1, 21.0))
    assert run.info["undefined"].sum() == 0 and run.summary().warnings == []
    run["diverging"][0, 7] = 1
    run.info["divergences"][0] = 1
    assert "1 trajectory of 4000 diverged" in str(run.summary()) and "missing" not in str(run.summary())


def test_walls() -> None:
    """exp(-sum x^400 - x^2/2 + x): at a start the energy may be 1e120, where an energy error is known to 1e104; uniform but for e^(x - x^2/2)."""
    x = np.linspace(-1.01, 1.01, 200001)
    p = np.exp(-(np.abs(x) ** 400) - x**2 / 2 + x)
    run = sampled(lambda x: np.sum(-(x**400) - 0.5 * x**2 + x), erg.Real(2), draws=3000)
    matches(run, "x", np.full(2, (p * x).sum() / p.sum()), 600)


def test_errors_that_explode() -> None:
    """A moving average: errors e_t = y_t - theta e_(t-1) grow as theta^t, to energies of 1e120 where |theta| > 1. All chains agree."""
    noise = np.random.default_rng(3).normal(size=201)
    y = noise[1:] + 0.5 * noise[:-1]

    def log_density(p: Any) -> Any:
        def step(e: Any, y: Any) -> Any:
            e = y - p["theta"] * e
            return e, e

        _, e = erg.scan(step, 0.0 * p["theta"], y)
        return normal(e, 0, p["sigma"]) + normal(p["theta"], 0, 2) + cauchy(p["sigma"], 2.5)

    run = sampled(log_density, {"theta": erg.Real(), "sigma": erg.Positive()}, chains=4)
    found = erg.stats.series.describe(np.stack([run["theta"], run["sigma"]]))
    assert found["rhat"].max() < 1.02 and abs(found["mean"][0] - 0.5) < 0.25


def test_scales_and_collinear() -> None:
    """Standard deviations from 1e-6 to 1e6, and two columns that differ by 1e-4, cost no more than others: 20 steps a draw at most."""
    sd = 10.0 ** np.linspace(-6, 6, 7)
    run = sampled(lambda x: -0.5 * np.sum((x / sd - 1) ** 2), erg.Real(7))
    matches(run, "x", sd)
    assert run.info["steps"].max() < 20
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100, 4))
    X[:, 3] = X[:, 2] + 1e-4 * rng.normal(size=100)
    y = X @ np.arange(4.0) + rng.normal(size=100)
    run = sampled(lambda b: -0.5 * np.sum((y - X @ b) ** 2), erg.Real(4))
    matches(run, "x", np.linalg.lstsq(X, y, rcond=None)[0])
    assert run.info["steps"].max() < 20
