"""S015: particles moved by Hamiltonian Monte Carlo towards each observation."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe
from ergodica.papers.sampling import learned_transitions as learned


def growth(t, x):
    return x / 2 + 25 * x / (1 + x * x) + 8 * np.cos(1.2 * t)


def normal(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def model(f):
    """x_t = f(theta, x_{t-1}, t) + N(0, 10), y_t = x_t^2 / 20 + N(0, 1), x_0 ~ N(0, 5)."""
    return erg.StateSpace(
        initial=lambda key: np.sqrt(5.0) * erg.random.normal(key),
        transition=lambda key, x, t, theta: f(theta, x, t) + np.sqrt(10.0) * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x * x / 20, 1.0),
        observation=lambda key, x: x * x / 20 + erg.random.normal(key),
        log_initial=lambda x: normal(x, 0.0, 5.0),
        log_transition=lambda x, previous, t, theta: normal(x, f(theta, previous, t), 10.0),
        scale=lambda y, b: 1.26 / np.sqrt(1 + 2 * b * np.maximum(y, 1)),
    )


MODEL = model(lambda theta, x, t: growth(t, x))


def observations(times):
    x = [0.1]
    for t in range(1, times + 1):
        x.append(float(growth(t, x[-1])))
    y = np.array(x) ** 2 / 20
    y[0] = np.nan  # x_0 is not seen
    return y


def log_mean(logs):
    """Logarithm of the mean of exp(logs), its error by that of the mean, and degrees of freedom."""
    top = logs.max()
    w = np.exp(logs - top)
    return top + np.log(w.mean()), w.std(ddof=1) / w.mean() / np.sqrt(len(w)), len(w) - 1


def evidence(report, name, logs, exact):
    value, se, dof = log_mean(logs)
    report.claim(f"{name}: log of the mean evidence", value, se=se, dof=dof, expected=exact, source="unbiased; grid")


def riemannian(report, exact, y, seed, *, particles=1000, runs=100):
    """The variant with the metric 1/Q + b h'^2/R, and beside it the constant metric, in NumPy."""
    rng = np.random.default_rng([seed, 5])
    for name, metric, share, least in (("constant metric", learned.flat, 0.57, 0.98), ("Riemannian", learned.curved, None, 0.97)):
        found = [learned.hamiltonian_filter(lambda x, t: growth(t, x), np.tile(y, (25, 1)), particles, 5, metric, rng) for _ in range(runs // 25)]
        logs, ess, taken = np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]), np.mean([f[2] for f in found])
        evidence(report, f"K = 5, {name}, in NumPy", logs, exact)
        limits: Any = {"expected": share, "tolerance": 0.005} if share else {"above": 0.565}
        report.mean(f"K = 5, {name}, in NumPy: ESS/N", ess, source="catalogue, with unit mass 0.57", **limits)
        report.claim(f"K = 5, {name}, in NumPy: acceptance", taken, above=least, source="catalogue: 0.99")


def learn(report, seed, *, series=50, times=100, held=20):
    """Transitions learnt from series of y alone: held-out evidence a step, less that of the true model by the grid."""
    rng = np.random.default_rng([seed, 6])
    draw = lambda k: np.concatenate([[np.nan], MODEL.simulate(times + 1, theta=0.0, seed=100_000 * seed + k)[1][1:]])
    y, new = np.array([draw(k) for k in range(series)]), [draw(series + k) for k in range(held)]
    true = np.array([erg.filter(MODEL, v, erg.GridFilter(-60, 60, points=801), theta=0.0, progress=False).log_evidence.value for v in new])
    linear = lambda u: 30 * np.concatenate([u, np.ones_like(u[..., :1])], -1)
    candidates = (
        ("linear transition", learned.regression(linear, 4), 8),
        ("Gaussian process", learned.regression(learned.process(rng), 60), 12),
        ("network", learned.network(seed), 20),
    )
    gap = {}
    for name, candidate, rounds in candidates:
        theta, hidden = learned.train(candidate, y, rng, rounds), model(candidate[0])
        method = erg.HamiltonianFilter(1000, 5, threshold=1.0, step_size=1.0)
        runs = [erg.filter(hidden, v, method, theta=theta, chains=4, seed=seed + k, progress=False) for k, v in enumerate(new)]
        gap[name] = (np.array([r.log_evidence.value for r in runs]) - true) / times
    low, gp, net = gap.values()
    report.note(f"true model, grid: {true.mean() / times:.4f} a step")
    for name, v in gap.items():
        report.note(f"{name}: {v.mean():.4f} +- {v.std(ddof=1) / np.sqrt(held):.4f} a step less than the true model's")
    report.mean("network: held-out log evidence a step, over the true model's", net, above=-0.1, below=0.02, source="grid filter of the true model")
    report.mean("Gaussian process: the same", gp, above=-0.35, below=0.02, source="grid filter of the true model")
    report.mean("network, over the linear transition", net - low, above=0.5, source="the paper's claim")
    report.mean("Gaussian process, over the linear transition", gp - low, above=0.4, source="the paper's claim")


@recipe("S015", "hamiltonian-smc", family="sampling", cite="R. M. Neal, Stat. Comput. 11, 125 (2001), doi:10.1023/A:1008923215028")
def run(size="quick", *, particles=1000, runs=None, leapfrogs=5, seed=1):
    """No proposal is needed to follow a nonlinear state-space model: Hamiltonian moves within each time keep more particles of weight.

    x_t = x/2 + 25 x / (1 + x^2) + 8 cos(1.2 t) + N(0, 10), y_t = x_t^2 / 20 + N(0, 1), x_0 ~ N(0, 5), observed from t = 1 to 20 along the path
    without noise from 0.1. Within a time, in K levels with b_k = (k/K)^2, a weight is multiplied by p(y | x)^(b_k - b_{k-1}) and x is moved by 5
    leapfrog steps of size 1.26 / sqrt(1 + 2 b max(y, 1)), accepted or not, for the density p(x | parent) p(y | x)^b. The evidence stays
    unbiased. A grid of 2001 points on +-60 is the referee. E x_20^2 is averaged over runs with their evidence as weights, which takes away its bias.

    In full size also the Riemannian variant (generalised leapfrog, in NumPy beside the recipe), and transitions that are learnt from 50 series of
    100 observations: a linear one, a Gaussian process with 60 inducing points and a network, by expectation-maximisation on paths drawn backwards
    through the Hamiltonian filter, which climbs the evidence by Fisher's identity. Held-out evidence is compared with the true model's.
    """
    report = Report()
    y = observations(20)
    two: Any = {"tolerance": 5e-6, "source": "catalogue, two derivations"}
    grid = erg.filter(MODEL, y, erg.GridFilter(-60, 60, points=2001), theta=0.0, progress=False)
    exact, square = grid.log_evidence.value, grid["variance"][20] + grid["mean"][20] ** 2
    report.claim("grid: log evidence", exact, expected=-42.90428, **two)
    for t, mean in ((1, -2.62485), (5, 14.69704), (10, -0.42340), (20, -5.05612)):
        report.claim(f"grid: E x_{t}", grid["mean"][t], expected=mean, **two)
    report.claim("grid: E x_20^2", square, expected=29.47332, **two)

    runs, paper = runs or {"quick": 200, "full": 1000}[size], (particles, leapfrogs) == (1000, 5)
    ask: Any = {"observe": {"xx": lambda x: x**2}, "theta": 0.0, "chains": runs, "seed": seed, "progress": False}
    cases = [("bootstrap", 0, 0.43, 0.24), ("K = 20", 20, 0.69, 0.14), ("K = 10", 10, 0.63, None), ("K = 5", 5, 0.57, None)]
    for name, K, share, sd in cases:
        moved = erg.HamiltonianFilter(particles, max(K, 1), leapfrogs, 1.0, threshold=1.0)
        found = erg.filter(MODEL, y, moved if K else erg.BootstrapFilter(particles, threshold=1.0), **ask)
        logs = np.asarray(found.info["log_evidence"])
        evidence(report, name, logs, exact)
        w = np.exp(logs - logs.max())
        last = found["xx"][:, 20]
        value = w @ last / w.sum()
        se = np.sqrt(np.sum(w**2 * (last - value) ** 2)) / w.sum()
        report.claim(f"{name}: E x_20^2", value, se=se, dof=runs - 1, expected=square, tolerance=0.002, source="grid")
        ess = found["ess"][:, 1:].mean(1) / particles
        if paper:
            report.mean(f"{name}: ESS/N", ess, expected=share, tolerance=0.005, source="catalogue, two derivations")
        else:
            report.note(f"{name}: ESS/N {ess.mean():.4f}")
        if paper and sd is not None:
            report.spread(f"{name}: sd of the log evidence", logs, se=0.05 * sd, expected=sd, tolerance=0.005, source="catalogue, from 200 runs")
        if paper and K == 20:
            report.mean("K = 20 keeps more than 0.65", ess, above=0.65, source="catalogue")
    if size == "full":
        riemannian(report, exact, y, seed)
        learn(report, seed)
    return report
