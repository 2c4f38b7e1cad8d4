"""S015: particles moved by Hamiltonian Monte Carlo towards each observation."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def growth(t, x):
    return x / 2 + 25 * x / (1 + x * x) + 8 * np.cos(1.2 * t)


def normal(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


MODEL = erg.StateSpace(
    initial=lambda key: np.sqrt(5.0) * erg.random.normal(key),
    transition=lambda key, x, t: growth(t, x) + np.sqrt(10.0) * erg.random.normal(key),
    log_observation=lambda y, x: normal(y, x * x / 20, 1.0),
    log_initial=lambda x: normal(x, 0.0, 5.0),
    log_transition=lambda x, previous, t: normal(x, growth(t, previous), 10.0),
    scale=lambda y, b: 1.26 / np.sqrt(1 + 2 * b * np.maximum(y, 1)),
)


def observations(times):
    x = [0.1]
    for t in range(1, times + 1):
        x.append(float(growth(t, x[-1])))
    y = np.array(x) ** 2 / 20
    y[0] = np.nan  # x_0 is not seen
    return y


@recipe("S015", "hamiltonian-smc", family="sampling", cite="R. M. Neal, Stat. Comput. 11, 125 (2001), doi:10.1023/A:1008923215028")
def run(size="quick", *, particles=1000, runs=20, seed=3):
    """No proposal is needed to follow a nonlinear state-space model: Hamiltonian moves within each time keep more particles of weight.

    x_t = x/2 + 25 x / (1 + x^2) + 8 cos(1.2 t) + N(0, 10), y_t = x_t^2 / 20 + N(0, 1), x_0 ~ N(0, 5), observed from t = 1 to 20 along the path
    without noise from 0.1. Within a time, in K levels with b_k = (k/K)^2, a weight is multiplied by p(y | x)^(b_k - b_{k-1}) and x is moved by 5
    leapfrog steps of size 1.26 / sqrt(1 + 2 b max(y, 1)), accepted or not, for the density p(x | parent) p(y | x)^b. The evidence stays
    unbiased. A grid of 2001 points on +-60 is the referee.
    """
    report = Report()
    y = observations(20)
    grid = erg.filter(MODEL, y, erg.GridFilter(-60, 60, points=2001), progress=False)
    report.claim("grid: log evidence", grid.log_evidence.value, expected=-42.90428, tolerance=5e-6, source="catalogue, two derivations")
    for t, mean in ((1, -2.62485), (5, 14.69704), (10, -0.42340), (20, -5.05612)):
        report.claim(f"grid: E x_{t}", grid["mean"][t], expected=mean, tolerance=5e-6, source="catalogue, two derivations")
    report.claim(
        "grid: E x_20^2", grid["variance"][20] + grid["mean"][20] ** 2, expected=29.47332, tolerance=5e-6, source="catalogue, two derivations"
    )

    runs = 200 if size == "full" else runs
    cases = [("bootstrap", 0, 0.43, 0.24), ("K = 20", 20, 0.69, 0.14), ("K = 10", 10, 0.63, None), ("K = 5", 5, 0.57, None)]
    for name, K, share, sd in cases:
        bootstrap, moved = erg.BootstrapFilter(particles, threshold=1.0), erg.HamiltonianFilter(particles, max(K, 1), 5, 1.0, threshold=1.0)
        method = moved if K else bootstrap
        found = erg.filter(MODEL, y, method, observe={"xx": lambda x: x**2}, chains=runs, seed=seed, progress=False)
        e = found.log_evidence
        report.claim(f"{name}: log of the mean evidence", e.value, se=e.se, expected=grid.log_evidence.value, source="unbiased")
        ess = found["ess"][:, 1:].mean(1) / particles
        report.claim(
            f"{name}: ESS/N", ess.mean(), se=ess.std(ddof=1) / np.sqrt(runs), expected=share, tolerance=0.005, source="catalogue, two derivations"
        )
        if sd is not None:
            logs = np.asarray(found.info["log_evidence"])
            report.claim(
                f"{name}: sd of the log evidence", logs.std(ddof=1), se=sd / np.sqrt(2 * runs), expected=sd, tolerance=0.005, source="catalogue"
            )
        second = found.mean("xx")
        report.claim(f"{name}: E x_20^2", second.value[20], se=second.se[20], expected=29.47332, tolerance=0.02, source="grid")
        if name == "K = 20":
            report.claim("K = 20 keeps more than 0.65", ess.mean(), above=0.65, source="catalogue")
    return report
