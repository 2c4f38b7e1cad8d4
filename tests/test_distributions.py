"""Laws against scipy.stats, their draws against their moments, posteriors and the library of targets against quadrature."""

import numpy as np
import pytest
from scipy import integrate, special, stats

import ergodica as erg
from ergodica import distributions as law

X = np.array([-1.7, -0.2, 0.0, 0.3, 1.1, 4.2])
P = np.array([0.1, 0.3, 0.9, 2.5, 7.0])
U = np.array([0.05, 0.3, 0.77, 0.99])
K = np.array([0, 1, 3, 7])

PAIRS = [
    (law.Normal(0.3, 1.7), stats.norm(0.3, 1.7), X),
    (law.StudentT(3.5, 0.3, 1.7), stats.t(3.5, 0.3, 1.7), X),
    (law.Cauchy(0.3, 1.7), stats.cauchy(0.3, 1.7), X),
    (law.Laplace(0.3, 1.7), stats.laplace(0.3, 1.7), X),
    (law.Logistic(0.3, 1.7), stats.logistic(0.3, 1.7), X),
    (law.Gumbel(0.3, 1.7), stats.gumbel_r(0.3, 1.7), X),
    (law.HalfNormal(1.7), stats.halfnorm(scale=1.7), P),
    (law.HalfCauchy(1.7), stats.halfcauchy(scale=1.7), P),
    (law.Exponential(1.7), stats.expon(scale=1 / 1.7), P),
    (law.Gamma(2.3, 1.7), stats.gamma(2.3, scale=1 / 1.7), P),
    (law.InverseGamma(2.3, 1.7), stats.invgamma(2.3, scale=1.7), P),
    (law.LogNormal(0.3, 0.7), stats.lognorm(0.7, scale=np.exp(0.3)), P),
    (law.Weibull(1.4, 1.7), stats.weibull_min(1.4, scale=1.7), P),
    (law.Uniform(-1, 3), stats.uniform(-1, 4), X[1:5]),
    (law.Beta(2.3, 0.7), stats.beta(2.3, 0.7), U),
    (law.TruncatedNormal(0.3, 1.7, -1, 5), stats.truncnorm(-1.3 / 1.7, 4.7 / 1.7, 0.3, 1.7), X[1:]),
    (law.TruncatedNormal(0.0, 1.0, 12, 13), stats.truncnorm(12, 13), np.array([12.01, 12.5])),
    (law.TruncatedNormal(0.3, 1.7, low=-1), stats.truncnorm(-1.3 / 1.7, np.inf, 0.3, 1.7), X[1:]),
    (law.TruncatedNormal(0.3, 1.7, high=-20), stats.truncnorm(-np.inf, -20.3 / 1.7, 0.3, 1.7), np.array([-20.5, -21.0])),
    (law.VonMises(0.3, 1.7), stats.vonmises(1.7, 0.3), X[:5]),
    (law.Bernoulli(0.3), stats.bernoulli(0.3), np.array([0, 1])),
    (law.Poisson(2.3), stats.poisson(2.3), K),
    (law.Binomial(9, 0.3), stats.binom(9, 0.3), K),
    (law.BetaBinomial(9, 2.3, 0.7), stats.betabinom(9, 2.3, 0.7), K),
    (law.NegativeBinomial(4.0, 2.3), stats.nbinom(2.3, 2.3 / 6.3), K),
]


@pytest.mark.parametrize("ours, theirs, x", PAIRS, ids=[type(p[0]).__name__ for p in PAIRS])
def test_laws(ours, theirs, x):
    """Densities to 1e-12, traced alike; moments; draws by 4.9 standard errors of their mean, and by Kolmogorov and Smirnov at 1e-6."""
    reference = theirs.logpdf(x) if hasattr(theirs.dist, "_pdf") or isinstance(theirs.dist, stats.rv_continuous) else theirs.logpmf(x)
    np.testing.assert_allclose(ours.log_prob(x), reference, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(erg.compile(ours.log_prob)(np.asarray(x, float)), reference, rtol=1e-11, atol=1e-13)
    if type(ours).__name__ != "VonMises":
        mean, variance = theirs.stats("mv")
        if type(ours).__name__ not in ("Cauchy", "HalfCauchy"):
            np.testing.assert_allclose(ours.mean, mean, rtol=1e-9)
            np.testing.assert_allclose(ours.variance, variance, rtol=1e-8)
    drawn = np.asarray(ours.sample(erg.random.key(3), 20_000), float)
    assert drawn.shape == (20_000,)
    if isinstance(theirs.dist, stats.rv_continuous):
        assert stats.kstest(drawn, theirs.cdf).pvalue > 1e-6
    else:
        assert abs(drawn.mean() - ours.mean) < 4.9 * np.sqrt(ours.variance / 20_000)


def test_vector_laws():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(3, 3))
    cov, mean, x = A @ A.T + np.eye(3), rng.normal(size=3), rng.normal(size=(5, 3))
    for ours in (law.MultivariateNormal(mean, cov), law.MultivariateNormal(mean, scale_tril=np.linalg.cholesky(cov))):
        np.testing.assert_allclose(ours.log_prob(x), stats.multivariate_normal(mean, cov).logpdf(x), rtol=1e-12)
        np.testing.assert_allclose(ours.covariance, cov)
    drawn = ours.sample(erg.random.key(1), 50_000)
    np.testing.assert_allclose(np.cov(drawn.T), cov, atol=4.9 * np.sqrt(2 / 50_000) * np.diag(cov).max())
    alpha = np.array([2.0, 3, 5])
    share = law.Dirichlet(alpha)
    np.testing.assert_allclose(share.log_prob(np.array([0.2, 0.5, 0.3])), stats.dirichlet(alpha).logpdf([0.2, 0.5, 0.3]), rtol=1e-12)
    drawn = share.sample(erg.random.key(1), (20_000,))
    assert (abs(drawn.mean(0) - share.mean) < 4.9 * np.sqrt(share.variance / 20_000)).all()
    np.testing.assert_allclose(law.Categorical(np.log([0.2, 0.8])).log_prob(np.array([0, 1, 1])), np.log([0.2, 0.8, 0.8]))


@pytest.mark.parametrize("n, eta", [(2, 1.0), (3, 0.7), (4, 2.5)])
def test_correlation_matrices(n, eta):
    """det^(eta - 1) is normalised: for n = 2 in closed form; the draws' off-diagonal elements have the beta law of Lewandowski and others."""
    ours = law.LKJCholesky(n, eta)
    L = np.asarray(ours.sample(erg.random.key(2), (20_000,)))
    R = L @ np.swapaxes(L, 1, 2)
    np.testing.assert_allclose(np.diagonal(R, axis1=1, axis2=2), 1, rtol=1e-12)
    half = eta + (n - 2) / 2
    for i in range(n):
        for j in range(i):
            assert stats.kstest((R[:, i, j] + 1) / 2, stats.beta(half, half).cdf).pvalue > 1e-6
    if n == 2:
        density = lambda r: np.exp(ours.log_prob(np.array([[1.0, 0.0], [r, np.sqrt(1 - r * r)]]))) / np.sqrt(1 - r * r) ** 0
        assert integrate.quad(density, -1, 1)[0] == pytest.approx(1.0, rel=1e-6)


def test_half_student():
    """Twice the density on half the line; moments against quadrature, none where the tails are too heavy."""
    ours, t = law.HalfStudentT(3.5, 1.7), stats.t(3.5, scale=1.7)
    np.testing.assert_allclose(ours.log_prob(P), t.logpdf(P) + np.log(2), rtol=1e-12)
    mean, square = (integrate.quad(lambda x, k=k: 2 * x**k * t.pdf(x), 0, np.inf)[0] for k in (1, 2))
    np.testing.assert_allclose([ours.mean, ours.variance], [mean, square - mean**2], rtol=1e-6)
    assert stats.kstest(np.asarray(ours.sample(erg.random.key(3), 20_000)), lambda x: 2 * t.cdf(x) - 1).pvalue > 1e-6
    heavy = law.HalfStudentT(1.5)
    assert np.isfinite(heavy.mean) and np.isinf(heavy.variance) and np.isnan(law.HalfStudentT(1.0).mean) and ours.space == erg.Positive()


def test_ordered_logistic():
    """Differences of the logistic distribution function; a probability of e^-1000 keeps its digits; draws by their shares."""
    cuts, eta = np.array([-1.0, 0.5, 2.0]), np.array([0.3, -4.0])
    ours = law.OrderedLogistic(eta[:, None], cuts)
    p = np.diff(np.concatenate([np.zeros((2, 1)), special.expit(cuts - eta[:, None]), np.ones((2, 1))], axis=1))
    np.testing.assert_allclose(np.exp(ours.log_prob(np.arange(4))), p, rtol=1e-12)
    np.testing.assert_allclose(erg.compile(lambda c: law.OrderedLogistic(0.3, c).log_prob(np.arange(4)))(cuts), np.log(p[0]), rtol=1e-12)
    far = law.OrderedLogistic(1000.0, cuts)
    np.testing.assert_allclose(far.log_prob(np.arange(3)), [-1001, -999.5 + np.log(-np.expm1(-1.5)), -998 + np.log(-np.expm1(-1.5))], rtol=1e-12)
    drawn = np.asarray(law.OrderedLogistic(0.3, cuts).sample(erg.random.key(1), 20_000))
    assert stats.chisquare(np.bincount(drawn, minlength=4), 20_000 * p[0]).pvalue > 1e-6


def test_rows_of_shares():
    """A Dirichlet law of each row, on rows of simplexes."""
    alpha = np.array([[2.0, 3, 5], [1.0, 1, 4]])
    ours, x = law.Dirichlet(alpha), np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    np.testing.assert_allclose(ours.log_prob(x), [stats.dirichlet(a).logpdf(y) for a, y in zip(alpha, x, strict=True)], rtol=1e-12)
    np.testing.assert_allclose(ours.variance, [stats.dirichlet(a).var() for a in alpha], rtol=1e-12)
    run = erg.sample(erg.Posterior(lambda p: 0.0, prior=dict(p=ours)), seed=1, progress=False)
    e = run.estimate("p")
    assert run["p"].shape == (4, 1000, 2, 3) and (np.abs(e.value - ours.mean) < 4.9 * e.se).all()


def test_bad_laws():
    for make in (lambda: law.Normal(0, -1), lambda: law.Gamma(0), lambda: law.Bernoulli(), lambda: law.MultivariateNormal(np.zeros(2))):
        with pytest.raises(erg.SpecError):
            make()
    with pytest.raises(erg.NonFiniteError):
        law.Normal(np.nan, 1)
    with pytest.raises(erg.ShapeError):
        law.Normal(np.zeros(3), 1, shape=(2,))
    with pytest.raises(erg.ShapeError):
        law.MultivariateNormal(np.zeros(2), np.eye(3))
    with pytest.raises(erg.SpecError, match="likelihood"):
        law.Poisson(2.0).space  # noqa: B018


def test_bounds():
    """Bounds that are arrays; ones that hang on other parameters are refused, since a space stays: draws beyond it would be missing unsaid."""
    low, high = np.array([0.0, 5.0]), np.array([1.0, 9.0])
    assert law.Uniform(low, high).space == erg.Interval(low, high)
    assert law.TruncatedNormal(np.zeros(2), 1.0, low=0).space == erg.Interval(0, np.inf, 2) and law.TruncatedNormal(0, 1).space == erg.Real()
    run = erg.sample(erg.Posterior(lambda p: 0.0, prior=dict(u=law.Uniform(low, high))), seed=1, progress=False)
    e = run.estimate("u")
    assert (np.abs(e.value - [0.5, 7.0]) < 4.9 * e.se).all() and (run["u"] > low).all() and (run["u"] < high).all()
    with pytest.raises(erg.SpecError, match="'b' hangs on other parameters"):
        erg.Posterior(lambda p: 0.0, prior=dict(a=law.HalfNormal(2), b=lambda a: law.Uniform(0, a)))
    with pytest.raises(erg.ShapeError):
        erg.Interval(low, 10, 3)
    with pytest.raises(erg.SpecError, match="finite"):
        erg.Interval(-np.inf, np.inf)


def test_posterior_of_a_mean():
    """Normal data, normal prior: closed form; catches a prior that is left out or a likelihood that sees other data."""
    y = np.array([1.2, 0.7, 1.9, 1.4, 5.0])
    post = erg.Posterior(lambda p, d: np.sum(law.Normal(p["mu"], 1.0).log_prob(d["y"])), prior=dict(mu=law.Normal(0.0, 0.5)), data=dict(y=y))
    precision = len(y) + 4
    mu = erg.sample(post, draws=2000, seed=1, progress=False)["mu"]
    assert abs(mu.mean() - y.sum() / precision) < 4.9 / np.sqrt(precision * erg.stats.ess(mu))
    assert abs(mu.var() * precision - 1) < 4.9 * np.sqrt(2 / erg.stats.ess(mu**2))
    assert post.rows == 5
    np.testing.assert_allclose(post.log_likelihood(dict(mu=0.3), dict(y=y[:2])), stats.norm(0.3).logpdf(y[:2]).sum())


def test_posterior_of_groups():
    """A prior that hangs on other parameters: spaces, draws, log density."""
    post = erg.Posterior(
        lambda p: np.sum(law.Normal(p["theta"], 2.0).log_prob(np.arange(3.0))),
        prior=dict(mu=law.Normal(0, 5), tau=law.HalfCauchy(2), theta=lambda mu, tau: law.Normal(mu, tau, shape=(3,))),
    )
    assert post.space == dict(mu=erg.Real(), tau=erg.Positive(), theta=erg.Real(3))
    p = dict(mu=0.3, tau=1.5, theta=np.array([0.1, 0.2, 0.9]))
    want = stats.norm(0, 5).logpdf(0.3) + stats.halfcauchy(0, 2).logpdf(1.5) + stats.norm(0.3, 1.5).logpdf(p["theta"]).sum()
    np.testing.assert_allclose(post.log_prior(p), want, rtol=1e-12)
    np.testing.assert_allclose(post.log_density(p), want + stats.norm(p["theta"], 2).logpdf(np.arange(3)).sum(), rtol=1e-12)
    drawn = post.draw_prior(1, 4000)
    assert drawn["theta"].shape == (4000, 3) and abs(np.median(drawn["tau"]) - 2) < 0.3
    z = (drawn["theta"] - drawn["mu"][:, None]) / drawn["tau"][:, None]
    assert stats.kstest(z.reshape(-1), "norm").pvalue > 1e-6
    for bad in (
        lambda: erg.Posterior(3, prior=dict(mu=law.Normal())),
        lambda: erg.Posterior(lambda p: 0.0, prior={}),
        lambda: erg.Posterior(lambda p: 0.0, prior=dict(mu=3)),
        lambda: erg.Posterior(lambda p: 0.0, prior=dict(theta=lambda mu: law.Normal(mu), mu=law.Normal())),
        lambda: erg.Posterior(lambda p: 0.0, prior=lambda p: 0.0),
        lambda: erg.Posterior(lambda p: 0.0, prior=dict(mu=law.Normal()), space=dict(nu=erg.Real())),
    ):
        with pytest.raises(erg.SpecError):
            bad()


T = erg.targets
KNOWN = [
    T.Gaussian(np.array([1.0, -2]), covariance=np.array([[1, 0.6], [0.6, 0.8]])), T.Mixture(np.array([[-1.0, 0], [1, 0.5]]), [0.5, 1], [0.3, 0.7]),
    T.Banana(b=0.2, sd=1.5), T.MuellerBrown(40.0), T.DoubleWell(2, 2.0, 0.5), T.Ring(1.0, 0.3), T.VonMises(0.5, 2.0),
]  # fmt: skip


@pytest.mark.parametrize("target", KNOWN, ids=lambda t: type(t).__name__)
def test_what_targets_say_of_themselves(target):
    """Normaliser, mean and variance against adaptive quadrature of the log density itself."""
    if type(target).__name__ == "VonMises":
        f = lambda g: integrate.quad(lambda x: g(x) * np.exp(target.log_density(x)), -np.pi, np.pi, epsabs=1e-12)[0]
        z = f(lambda x: 1.0)
        mean, square = f(lambda x: x) / z, f(lambda x: x * x) / z
        found = np.log(z), [mean], [square - mean**2]
    else:
        w = 40.0 if type(target).__name__ == "Banana" else 10.0
        lo, hi = ((-3, 2.5), (-2, 4)) if type(target).__name__ == "MuellerBrown" else ((-w, -w), (w, w))
        if type(target).__name__ == "MuellerBrown":
            lo, hi = (-5, -3), (4, 6)
        x, y = np.linspace(lo[0], hi[0], 1201), np.linspace(lo[1], hi[1], 1301)
        logs = erg.compile(erg.vmap(target.log_density))(np.stack(np.meshgrid(x, y, indexing="ij"), -1).reshape(-1, 2)).reshape(1201, 1301)
        p = np.exp(logs)
        total = integrate.simpson(integrate.simpson(p, x=y), x=x)
        mx, my = integrate.simpson(integrate.simpson(p, x=y) * x, x=x) / total, integrate.simpson(integrate.simpson(p, x=x, axis=0) * y, x=y) / total
        vx = integrate.simpson(integrate.simpson(p, x=y) * (x - mx) ** 2, x=x) / total
        vy = integrate.simpson(integrate.simpson(p, x=x, axis=0) * (y - my) ** 2, x=y) / total
        found = np.log(total), [mx, my], [vx, vy]
    for ours, theirs in zip((target.log_z, target.mean, target.variance), found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6)


def test_horseshoe_moments():
    """By weighted draws from the prior, to 4.9 standard errors."""
    y, tau, n = 3.0, 0.5, 1_000_000
    rng = np.random.default_rng(1)
    target = T.Horseshoe(np.array([y]), tau)
    lam = np.abs(rng.standard_cauchy(n))
    theta = rng.normal(size=n) * tau * lam
    w = np.exp(-0.5 * (y - theta) ** 2)
    for f, want in ((theta, target.mean["theta"][0]), (theta**2, target.variance["theta"][0] + target.mean["theta"][0] ** 2)):
        mean = (w * f).sum() / w.sum()
        assert abs(mean - want) < 4.9 * np.sqrt((w**2 * (f - mean) ** 2).sum()) / w.sum()


@pytest.mark.parametrize("target", [T.Banana(b=0.2, sd=1.5), T.EightSchools(), T.Student(8.0, 2), T.LogisticRegression.simulated(50, 3),
                                    T.StochasticVolatility.simulated(40), T.LogGaussianCox.simulated(5)], ids=lambda t: type(t).__name__)  # fmt: skip
def test_targets_are_sampled(target):
    run = erg.sample(target, draws=1000, seed=2, progress=False)
    for name, mean in (target.mean.items() if isinstance(target.mean, dict) else [("x", target.mean)] if target.mean is not None else []):
        x = run[name]
        ess = np.minimum(erg.stats.ess(np.moveaxis(x, (0, 1), (-2, -1))), x.shape[0] * x.shape[1])
        se = np.sqrt(x.var((0, 1)) / ess)
        assert (abs(x.mean((0, 1)) - mean) < 4.9 * se + (0.15 if type(target).__name__ == "EightSchools" else 0)).all(), name
