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
    """SVGD on the simplex itself, each step followed by the projection."""
    for _ in range(steps):
        difference = x[:, None] - x[None]
        r = np.sum(difference**2, -1)
        h = np.median(r[np.triu_indices(len(x), 1)]) / np.log(len(x)) + 1e-12
        K = np.exp(-r / h)
        x = project(x + step * (K @ score(x) + 2 / h * np.einsum("ij,ijk->ik", K, difference)) / len(x))
        x = np.maximum(x, 1e-6)
        x /= x.sum(1, keepdims=True)
    return x


@recipe("S143", "mirrored-stein", family="sampling", cite="J. Shi, C. Liu, L. Mackey, ICLR 2022, arXiv:2106.12506")
def run(size="quick", *, alpha=(2.0, 3.0, 5.0), particles=100, step=0.3, steps=3000, seed=1):
    """Particles on the simplex move in eta = log(theta_k / theta_n), the mirror image of the entropy, where there is no boundary.

    In eta a Dirichlet density is prod theta^alpha, with the score alpha_k - theta_k sum(alpha). The kernel may be taken between dual points eta or
    primal points theta, whose gradient is then (diag theta - theta theta') grad_theta k. Measured: means and variances of a Dirichlet law. In
    full size a sparse Dirichlet law in 20 dimensions beside projected SVGD, and a logistic regression in the metric of the mean Hessian over
    the cloud. Selective inference, the paper's other use, is not measured.
    """
    report = Report()
    a = np.array(alpha)
    mean, rng = a / a.sum(), np.random.default_rng(seed)
    exact = mean * (1 - mean) / (a.sum() + 1)
    start = softmax(0.5 * rng.normal(size=(particles, len(a) - 1)))
    words = {"space": erg.Simplex(len(a), map="softmax"), "draws": particles, "chains": 1, "progress": False}
    cases: Any = (("none", "dual", 5e-4), ("entropic", "primal", 2.5e-3))
    for mirror, points, closest in cases:
        method = erg.SVGD(steps, optimizer="fixed", step=step, mirror=mirror)
        x = erg.sample(lambda t: -np.sum((a - 1) * np.log(t)), method, start=start, **words)["x"][0]
        off = np.abs(x.mean(0) - mean).max()
        report.claim(f"kernel on {points} points: error of the means", off, below=closest, source="catalogue, two derivations")
        for k, ratio in enumerate(x.var(0) / exact):
            report.claim(f"kernel on {points} points: variance {k} over exact", ratio, above=0.91, below=0.975, source="catalogue, two derivations")

    if size == "full":
        sparse = np.full(20, 0.1)
        sparse[:3] += np.array([90.0, 5.0, 5.0])
        truth = rng.dirichlet(sparse, size=2000)
        spread = np.random.default_rng(seed).dirichlet(np.full(20, 5.0), size=50)
        space: Any = {"space": erg.Simplex(20, map="softmax"), "draws": 50, "chains": 1, "progress": False, "start": spread}
        method = erg.SVGD(3000, optimizer="fixed", step=0.3, mirror="entropic")
        mirrored = erg.sample(lambda t: -np.sum((sparse - 1) * np.log(t)), method, **space)["x"][0]
        apart = lambda x: erg.stats.energy_distance(x, truth, permutations=0).statistic
        flat = min(apart(projected(lambda x: (sparse - 1) / x, spread, 500, h)) for h in (1e-5, 1e-4, 1e-3))
        report.claim("sparse Dirichlet, d = 20: energy distance over projected SVGD's", apart(mirrored) / flat, below=1.0, source="the paper's claim")

        energy, words = logistic(20, 4000, seed), {"space": erg.Real(20), "progress": False, "seed": seed}
        long = erg.sample(energy, draws=2000, chains=4, **words)["x"].reshape(-1, 20)
        cloud = erg.sample(energy, erg.SVGD(1000, metric="hessian", optimizer="adam", step=0.02), draws=200, chains=1, **words)["x"][0]
        off = np.abs(cloud.mean(0) - long.mean(0)) / long.std(0)
        report.claim("logistic regression, metric of the mean Hessian: largest error of a mean, in sd", off.max(), below=0.1, source="NUTS")
    return report
