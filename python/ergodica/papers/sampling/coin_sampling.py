"""S058: Stein variational gradient descent by coin betting, without a step size."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

MEAN, COVARIANCE = np.array([1.0, -2.0]), np.array([[1.0, 0.6], [0.6, 0.8]])
PRECISION = np.linalg.inv(COVARIANCE)


def gauss(x):
    return 0.5 * (x - MEAN) @ PRECISION @ (x - MEAN)


def lopsided(x):
    return 0.5 * (x[0] ** 2 / 100 + x[1] ** 2 / 0.01)


def errors(x, mean, covariance):
    """The largest error of the mean and the (1/N) covariance of each cloud."""
    y = x - x.mean(1, keepdims=True)
    C = np.einsum("cni,cnj->cij", y, y) / x.shape[1]
    return np.maximum(np.abs(x.mean(1) - mean).max(1), np.abs(C - covariance).max((1, 2)))


def discrepancy(x):
    """Kernel Stein discrepancy with the inverse multiquadric of width 1."""
    return np.sqrt(erg.stats.ksd(x, lambda x: -(x - MEAN) @ PRECISION, h=1.0, bootstrap=0).statistic)


def logistic(d, n, seed, correlation=0.0):
    """Energy of a logistic regression on n rows of d normal columns, of which neighbours are correlated, with a normal prior."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) @ np.linalg.cholesky(correlation ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))).T
    y = rng.random(n) < 1 / (1 + np.exp(-X @ rng.normal(size=d) / np.sqrt(d)))

    def energy(w):
        t = X @ w
        return np.sum(np.logaddexp(0, t) - y * t) + 0.5 * np.sum(w**2)

    return energy


@recipe("S058", "coin-sampling", family="sampling", cite="L. Sharrock, C. Nemeth, ICML 2023, arXiv:2301.11294")
def run(size="quick", *, particles=20, starts=60, clouds=5, seed=1):
    """Particles that bet on the direction of Stein's gradient do as well as those with the best of many step sizes.

    Each coordinate bets on outcomes c = (1/N) sum_j [k(x_j, x_i) grad log p(x_j) + grad k(x_j, x_i)] with the wealth that it won so far. With
    the kernel 1 + x.x' the fixed point for a Gaussian has its mean and its (1/N) covariance, exactly; one setting serves variances of 100 and
    0.01. The rate depends on the start, with a long tail (a normal cloud of 20 may be nearly degenerate): measured are the median of many starts
    and the share of those that are not yet there. With a Gaussian kernel of median width N = 100 particles shrink variances to 0.925, as they do
    for any step size; their kernel Stein discrepancy is compared, start by start, with the best of eight fixed steps.

    In full size a logistic regression in 20 dimensions beside NUTS, by coins and by four fixed steps. Not measured: the bets on whole particles
    (optimizer "kt", which needs a bound of c and comes closer as the root of the steps), and coins for the flows of the kernel Stein discrepancy
    and of the Laplacian-adjusted Wasserstein gradient, which the package does not have.
    """
    report = Report()
    full = size == "full"
    line: dict[str, Any] = {"space": erg.Real(2), "progress": False, "seed": seed, "draws": particles}
    two = "catalogue, two derivations"

    def share(what, slow, below):
        """That of starts which are slower than the rest; its error is the one that it would have at the limit."""
        report.claim(what, np.mean(slow), se=np.sqrt(below * (1 - below) / len(slow)), below=below, source="0.01 of 1000 starts, here and in NumPy")

    for steps, far, middle in ((500, 3e-3, 3e-4), (2000, 1e-9, 1e-13)):
        x = erg.sample(gauss, erg.SVGD(steps, kernel="linear", optimizer="coin"), chains=starts, **line)["x"]
        off = errors(x, MEAN, COVARIANCE)
        report.claim(f"linear kernel, {steps} steps: median error of {starts} starts", np.median(off), below=middle, source=two)
        share(f"linear kernel, {steps} steps: starts that are off by more than {far:g}", off > far, 0.05)

    some = max(starts // 3, 8)
    for steps, small in ((20_000, 0.035), (100_000, 0.015))[: 1 + full]:
        v = erg.sample(lopsided, erg.SVGD(steps, kernel="linear", optimizer="coin"), chains=some, **line)["x"].var(1)
        large = v[np.abs(v[:, 0] - 100).argmax(), 0]
        report.claim(f"variance 100 after {steps} steps, worst of {some}", large, expected=100, tolerance=0.1, source="fixed point")
        report.claim(f"variance 0.01 after {steps} steps, least of {some}", v[:, 1].min(), above=0.0099, source="it falls to 0.01")
        share(f"starts with more than {small} there", v[:, 1] > small, 0.1)

    words = line | {"draws": 100, "chains": clouds}
    x = erg.sample(gauss, erg.SVGD(2000, optimizer="coin"), **words)["x"]
    report.claim("Gaussian kernel: largest error of a mean", np.abs(x.mean(1) - MEAN).max(), below=0.01, source="catalogue: at most 7e-4")
    for k in range(2):
        report.mean(f"Gaussian kernel: variance {k} over the target's", x.var(1)[:, k] / COVARIANCE[k, k], expected=0.925, tolerance=0.01, source=two)
    coins = np.array([discrepancy(cloud) for cloud in x])
    best = np.full(clouds, np.inf)
    for step in np.geomspace(0.01, 2, 8):
        try:
            x = erg.sample(gauss, erg.SVGD(2000, optimizer="fixed", step=step), **words)["x"]
            best = np.minimum(best, [discrepancy(cloud) for cloud in x])
        except erg.NonFiniteError:
            report.note(f"fixed steps of {step:.2g} are unstable")
    report.mean("KSD over that of the best of 8 fixed steps", coins / best, below=1.05, source="catalogue: 0.0283 against 0.0280")

    if full:
        energy = logistic(20, 4000, seed)
        words = {"space": erg.Real(20), "progress": False, "seed": seed}
        long = erg.sample(energy, draws=2000, chains=4, **words)
        summary = long.estimate("x")
        x, sd = long["x"].reshape(-1, 20), long["x"].reshape(-1, 20).std(0)
        words |= {"draws": 200, "chains": 1}
        off = {}
        for name, method in [("coins", erg.SVGD(2000, optimizer="coin"))] + [
            (f"fixed steps of {h:.2g}", erg.SVGD(2000, optimizer="fixed", step=h)) for h in np.geomspace(3e-4, 1e-2, 4)
        ]:
            try:
                cloud = erg.sample(energy, method, **words)["x"][0]
            except erg.NonFiniteError:
                report.note(f"logistic regression: {name} are unstable")
                continue
            off[name] = np.abs(cloud.mean(0) - summary.value) / sd
            report.note(f"logistic regression, {name}: error {off[name].max():.3f} sd, variances {np.mean(cloud.var(0) / sd**2):.3f} of NUTS's")
        k = off["coins"].argmax()
        what = "logistic regression, d = 20: largest error of a mean, in sd"
        report.claim(what, off["coins"][k], se=summary.se[k] / sd[k], below=0.1, source="NUTS")
    return report
