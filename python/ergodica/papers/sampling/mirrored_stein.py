"""S143: Stein variational gradient descent in mirror images of a constrained domain."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe
from ergodica.papers.sampling.coin_sampling import logistic


def softmax(eta):
    z = np.exp(np.concatenate([eta, np.zeros((*eta.shape[:-1], 1))], -1))
    return z / z.sum(-1, keepdims=True)


def project(x):
    """The nearest points of the simplex."""
    u = -np.sort(-x, axis=1)
    excess = (np.cumsum(u, 1) - 1) / np.arange(1, x.shape[1] + 1)
    rho = (u > excess).sum(1) - 1
    return np.maximum(x - excess[np.arange(len(x)), rho][:, None], 0)


def projected(score, x, steps, step):
    """SVGD on the simplex itself with the kernel (1 + r^2/h)^(-1/2), h the median of r^2, each step followed by the projection."""
    for _ in range(steps):
        difference = x[:, None] - x[None]
        r = np.sum(difference**2, -1)
        h = np.median(r[np.triu_indices(len(x), 1)]) + 1e-12
        K = (1 + r / h) ** -0.5
        x = project(x + step * (K @ score(x) + np.einsum("ij,ijk->ik", K**3, difference) / h) / len(x))
        x = np.maximum(x, 1e-6)
        x /= x.sum(1, keepdims=True)
    return x


def lasso(S, c, penalty):
    """The b that minimises b.S b / 2 - c.b + penalty |b|_1, coordinate by coordinate."""
    b = np.zeros(len(c))
    for _ in range(300):
        for i in range(len(c)):
            r = c[i] - S[i] @ b + S[i, i] * b[i]
            b[i] = np.sign(r) * max(abs(r) - penalty, 0) / S[i, i]
    return b


def selection(seed, repeats, *, features=6, rows=40, penalty=1.5, tau=1.0, steps=500):
    """Coverage of 90 % intervals for a coefficient that a randomised lasso chose: by a mirrored cloud, and of those that forget the choice.

    With S = X'X and T = X'y ~ N(S beta, S), the lasso of T + omega, omega ~ N(0, tau^2), chooses the set E with signs s and subgradients z. Given
    these and what is sufficient for the other coefficients, the estimate u of beta_j and the moduli b > 0 of the lasso's coefficients have the
    density exp(-(u - beta_j)^2 / 2v - |S_E s b + penalty z - T(u)|^2 / 2 tau^2): a Gaussian on a half-space for each b. An interval covers beta_j
    where the share of the cloud below the observed u, at the true beta_j, lies within 5 and 95 %.
    """
    rng = np.random.default_rng([seed, 7])
    covered: list[bool] = []
    naive: list[bool] = []
    while len(covered) < repeats:
        X = rng.normal(size=(rows, features)) + 0.6 * rng.normal(size=(rows, 1))
        X /= np.linalg.norm(X, axis=0)
        S, beta = X.T @ X, np.zeros(features)
        beta[:2] = 2.0, -1.0
        T, omega = rng.multivariate_normal(S @ beta, S), tau * rng.normal(size=features)
        b = lasso(S, T + omega, penalty)
        chosen = np.flatnonzero(b)
        if not len(chosen):
            continue
        z, j, inverse = (T + omega - S @ b) / penalty, rng.choice(chosen), np.linalg.inv(S)
        v, u, axis = inverse[j, j], inverse[j] @ T, np.eye(features)[j]
        A, rest = S[:, chosen] * np.sign(b[chosen]), T - axis * u / v - penalty * z

        def energy(q):
            r = A @ q["b"] - rest - axis * q["u"] / v  # noqa: B023
            return 0.5 * (q["u"] - beta[j]) ** 2 / v + 0.5 * np.sum(r * r) / tau**2  # noqa: B023

        space = {"u": erg.Real(), "b": erg.Positive(len(chosen))}
        method = erg.SVGD(steps, kernel="imq", optimizer="adam", step=0.05)
        cloud = erg.sample(energy, method, space=space, draws=100, chains=1, seed=len(covered), progress=False)["u"][0]
        covered.append(0.05 < np.mean(cloud <= u) < 0.95)
        naive.append(abs(u - beta[j]) < 1.6449 * np.sqrt(v))
    return np.array(covered), np.array(naive)


def simplex(report, name, energy, score, truth, steps, seed):
    """A target on the simplex: the cloud's energy distance from draws of it, over that of projected SVGD with the best of its steps."""
    n = truth.shape[1]
    spread = np.random.default_rng(seed).dirichlet(np.full(n, 5.0), size=50)
    method = erg.SVGD(3000, kernel="imq", step=0.02, mirror="entropic")
    mirrored = erg.sample(energy, method, space=erg.Simplex(n, map="softmax"), draws=50, chains=1, start=spread, progress=False)["x"][0]
    apart = lambda x: erg.stats.energy_distance(x, truth, permutations=0).statistic
    flat = min(apart(projected(score, spread, 500, h)) for h in steps)
    report.claim(f"{name}, d = {n}: energy distance over projected SVGD's", apart(mirrored) / flat, below=1.0, source="the paper's claim")
    few = apart(truth[:: len(truth) // 50])
    report.note(f"{name}: energy distance {apart(mirrored):.2g}, of projected SVGD {flat:.2g}, of 50 exact draws {few:.2g}")


@recipe("S143", "mirrored-stein", family="sampling", cite="J. Shi, C. Liu, L. Mackey, ICLR 2022, arXiv:2106.12506")
def run(size="quick", *, alpha=(2.0, 3.0, 5.0), particles=100, clouds=5, step=0.3, steps=3000, repeats=500, seed=1):
    """Particles on the simplex move in eta = log(theta_k / theta_n), the mirror image of the entropy, where there is no boundary.

    In eta a Dirichlet density is prod theta^alpha, with the score alpha_k - theta_k sum(alpha). The kernel may be taken between dual points eta or
    primal points theta, whose gradient is then (diag theta - theta theta') grad_theta k. Measured: means and variances of a Dirichlet law, from
    several starts; with half the particles and with a wider kernel.

    In full size, beside projected SVGD: a sparse Dirichlet law in 20 dimensions, with exact draws, and exp(-theta.A theta / 2 0.01^2), |A| = 1, with
    draws of NUTS in other coordinates; coverage of intervals after the choice of a randomised lasso; a logistic regression with correlated columns in
    the metric of the mean Hessian over the cloud (SVNG), beside NUTS and SVGD. Not measured: SVMD's kernels of eigenfunctions, which the package
    does not have.
    """
    report = Report()
    a = np.array(alpha)
    mean, rng = a / a.sum(), np.random.default_rng(seed)
    exact = mean * (1 - mean) / (a.sum() + 1)
    paper = tuple(alpha) == (2.0, 3.0, 5.0) and particles == 100
    two: Any = {"source": "catalogue, two derivations"}
    space = erg.Simplex(len(a), map="softmax")

    def cloud(mirror, n, bandwidth=0.0):
        start = softmax(0.5 * rng.normal(size=(clouds, n, len(a) - 1)))
        method = erg.SVGD(steps, optimizer="fixed", step=step, mirror=mirror, bandwidth=bandwidth)
        words: Any = {"space": space, "draws": n, "chains": clouds, "progress": False}
        return erg.sample(lambda t: -np.sum((a - 1) * np.log(t)), method, start=start, **words)["x"]

    for mirror, points, typical in (("none", "dual", "0.0005"), ("entropic", "primal", "0.0025")):
        x = cloud(mirror, particles)
        off = np.abs(x.mean(1) - mean).max()
        report.claim(f"kernel on {points} points: largest error of a mean", off, below=0.006, source=f"catalogue: at most {typical} in its trials")
        ratios = x.var(1) / exact
        limits: Any = {"above": 0.91, "below": 0.975} if paper else {"above": 0.7, "below": 1.0}
        for k, ratio in enumerate(ratios.T):
            report.mean(f"kernel on {points} points: variance {k} over exact", ratio, **limits, **two)
        if mirror == "none":
            eta = np.log(x[0, :, :-1] / x[0, :, -1:])
            wide = float(np.median(np.sum((eta[:, None] - eta) ** 2, -1)[np.triu_indices(particles, 1)]))
    if paper:
        ratio = (cloud("none", 50).var(1) / exact).mean(1)
        report.mean("dual, n = 50: variances over exact", ratio, expected=0.89, tolerance=0.01, **two)
        ratio = (cloud("none", particles, wide).var(1) / exact).mean(1)
        report.mean("dual, h = median r^2: variances over exact", ratio, above=0.975, below=0.995, source="catalogue: 0.98 to 0.99")

    if size == "full":
        sparse = np.full(20, 0.1)
        sparse[:3] += np.array([90.0, 5.0, 5.0])
        energy = lambda t: -np.sum((sparse - 1) * np.log(t))
        simplex(report, "sparse Dirichlet", energy, lambda x: (sparse - 1) / x, rng.dirichlet(sparse, size=2000), np.geomspace(1e-6, 1e-3, 7), seed)
        B = rng.normal(size=(20, 20))
        A = B @ B.T / np.linalg.norm(B @ B.T, 2) / 0.01**2
        quadratic = lambda t: 0.5 * t @ A @ t
        long = erg.sample(quadratic, space=erg.Simplex(20), draws=500, chains=4, seed=seed, progress=False)
        simplex(report, "quadratic", quadratic, lambda x: -x @ A, long["x"].reshape(-1, 20), np.geomspace(1e-6, 1e-2, 9), seed)

        covered, naive = selection(seed, repeats)
        se = np.sqrt(0.9 * 0.1 / repeats)
        report.claim("coverage of 90 % intervals after selection", covered.mean(), se=se, expected=0.9, source="exact intervals")
        report.claim("coverage of those that forget the selection", naive.mean(), se=se, below=0.87, source="they are too short")

        energy, words = logistic(20, 4000, seed, 0.9), {"space": erg.Real(20), "progress": False, "seed": seed}
        long = erg.sample(energy, draws=2000, chains=4, **words)
        summary, sd = long.estimate("x"), long["x"].reshape(-1, 20).std(0)

        def off(steps, n=100, **method):
            cloud = erg.sample(energy, erg.SVGD(steps, **method), draws=n, chains=1, **words)["x"][0]
            return np.abs(cloud.mean(0) - summary.value) / sd

        end = off(1500, 200, metric="hessian", optimizer="adam", step=0.05)
        k = end.argmax()
        what = "logistic regression, metric of the mean Hessian: largest error of a mean, in sd"
        report.claim(what, end[k], se=summary.se[k] / sd[k], below=0.1, source="NUTS")
        early = min(off(200, metric="hessian", optimizer="fixed", step=h).max() for h in (0.3, 1.0, 2.0))
        plain = min(off(200, optimizer="fixed", step=h).max() for h in (5e-4, 1e-3, 2e-3, 4e-3, 8e-3))
        what = "after 200 fixed steps, over that without the metric, each with its best step"
        report.claim(what, early / plain, below=0.5, source="the paper's claim; columns are correlated")
        report.note(f"logistic regression after 200 fixed steps: largest errors {early:.2f} and {plain:.2f} sd")
    return report
