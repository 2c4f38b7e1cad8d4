"""The prior of a posterior as the reference of populations: evidences are marginal likelihoods, against closed forms. 4.9 standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, gammaln

import ergodica as erg
from ergodica.distributions import Beta, Exponential, Gamma, HalfNormal, Normal

Y = np.array([1.9, 3.1, 2.2, 4.0, 2.7])
COUNTS = np.array([3.0, 0.0, 4.0, 2.0])


def hierarchy() -> tuple[erg.Posterior, float, float]:
    """theta ~ N(mu, 0.7), mu ~ N(1, 2), y ~ N(theta, 1), two groups: jointly Gaussian. With the posterior mean of mu."""
    group = np.array([0, 0, 0, 1, 1])
    posterior = erg.Posterior(
        lambda p, data: np.sum(Normal(p["theta"][group], 1.0).log_prob(data["y"])),
        prior={"mu": Normal(1, 2), "theta": lambda mu: Normal(mu, 0.7, shape=(2,))}, data={"y": Y},
    )  # fmt: skip
    same = group[:, None] == group
    cov = 4.0 + 0.49 * same + np.eye(5)
    return posterior, float(stats.multivariate_normal(np.ones(5), cov).logpdf(Y)), 1 + 4.0 * float(np.ones(5) @ np.linalg.solve(cov, Y - 1))


def poisson() -> tuple[erg.Posterior, float, float]:
    """lambda ~ Gamma(2.5, 0.8), counts: lives in z = log lambda."""
    a, b, n, s = 2.5, 0.8, len(COUNTS), COUNTS.sum()
    posterior = erg.Posterior(lambda p, data: np.sum(data["n"] * np.log(p["rate"]) - p["rate"] - gammaln(COUNTS + 1)), prior={"rate": Gamma(a, b)},
                              data={"n": COUNTS})  # fmt: skip
    log = a * np.log(b) - gammaln(a) + gammaln(a + s) - (a + s) * np.log(b + n) - gammaln(COUNTS + 1).sum()
    return posterior, float(log), (a + s) / (b + n)


def coin() -> tuple[erg.Posterior, float, float]:
    """p ~ Beta(2, 5), 9 of 12: an interval."""
    posterior = erg.Posterior(lambda p: 9 * np.log(p["p"]) + 3 * np.log1p(-p["p"]), prior={"p": Beta(2, 5)})
    return posterior, float(betaln(11, 8) - betaln(2, 5)), 11 / 19


MODELS = {"hierarchy": (hierarchy, "mu"), "poisson": (poisson, "rate"), "coin": (coin, "p")}
UNBIASED = {"SMC": erg.SMC(steps=8, pilot=60), "AIS": erg.AnnealedImportanceSampling(steps=12, pilot=60),
            "SMC walk": erg.SMC(steps=8, pilot=60, kernel=erg.RandomWalk(steps=5))}  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", UNBIASED)
def test_evidence_is_unbiased(model: str, name: str) -> None:
    """The mean over 80 populations of exp(log_evidence) is the marginal likelihood, for 60 particles each, whose logarithms are biased. Catches a
    prior without log|dx/dz| (tried), its normaliser counted twice, draws from another law."""
    make, parameter = MODELS[model]
    posterior, log, mean = make()
    run = erg.sample(posterior, UNBIASED[name], chains=80, draws=60, seed=3, progress=False)
    ratio = np.exp(run["log_evidence"] - log)
    t = (ratio.mean() - 1) / (ratio.std(ddof=1) / np.sqrt(80))
    assert abs(t) < stats.t.isf(0.5e-6, 79) and ratio.std() < 0.6, (t, ratio.std())
    e = run.estimate(parameter)
    assert abs(e.value - mean) < 5.6 * e.se


def test_defaults_and_nested_sampling() -> None:
    """A posterior needs no reference: SMC, population annealing and nested sampling as they stand."""
    posterior, log, mean = hierarchy()
    for method, draws in ((erg.SMC(), 800), (erg.PopulationAnnealing(sweeps=2), 400), (erg.NestedSampling(live=200), 400)):
        run = erg.sample(posterior, method, chains=6, seed=4, progress=False, draws=draws)
        x = run["log_evidence"]
        assert abs(x.mean() - log) < 0.02 + 8 * x.std(ddof=1) / np.sqrt(6) and x.std() < 0.4, (method, x, log)
        e = run.estimate("mu")
        assert abs(e.value - mean) < 8 * e.se
    again = erg.sample(posterior, erg.SMC(), chains=6, draws=800, seed=4, progress=False, threads=1)
    assert (again["mu"] == erg.sample(posterior, erg.SMC(), chains=6, draws=800, seed=4, progress=False)["mu"]).all()


def test_which_reference() -> None:
    """A Gaussian where it is asked for or placed, a refusal where a prior is asked for and there is none."""
    posterior, log, _ = poisson()
    prior = erg.sample(posterior, erg.SMC(), draws=300, seed=1, progress=False)
    for method in (erg.SMC(reference="gaussian"), erg.SMC(center=0.5), erg.SMC(scale=2.0)):
        run = erg.sample(posterior, method, draws=300, seed=1, progress=False)
        assert not (run["rate"] == prior["rate"]).any()
        assert abs(run["log_evidence"].mean() - log) < 0.2
    assert (erg.sample(posterior, erg.SMC(reference="prior"), draws=300, seed=1, progress=False)["rate"] == prior["rate"]).all()
    f = lambda p: -(p["x"] ** 2)
    for call, match in [
        (lambda: erg.sample(lambda x: np.sum(x**2), erg.SMC(reference="prior"), space=erg.Real(2)), "no prior"),
        (lambda: erg.sample(erg.Posterior(f, prior=f, space={"x": erg.Real()}), erg.SMC(reference="prior")), "no prior"),
        (lambda: erg.sample(erg.lattice.Ising((4, 4)), erg.SMC(reference="prior")), "no prior"),
        (lambda: erg.SMC(reference="uniform"), "expected one of"),
    ]:
        with pytest.raises(erg.Error, match=match):
            call()


def test_other_laws() -> None:
    """Half-normal and exponential laws, one of which depends on the other: SMC meets NUTS."""
    posterior = erg.Posterior(lambda p: np.sum(Normal(0.0, p["s"]).log_prob(Y - 2)), prior={"r": Exponential(1.0), "s": lambda r: HalfNormal(r)})
    a = erg.sample(posterior, erg.SMC(), draws=2000, seed=1, progress=False).estimate("s")
    b = erg.sample(posterior, erg.NUTS(target_accept=0.95), draws=2000, seed=1, progress=False).estimate("s")
    assert abs(a.value - b.value) < 8 * np.hypot(a.se, b.se) and a.se < 0.05
