"""S049: mean-field Langevin dynamics with inertia."""

from typing import Any

import numpy as np
from scipy.linalg import solve_discrete_lyapunov
from scipy.optimize import brentq

import ergodica as erg
from ergodica.papers import Report, recipe

SOURCE = "discrete Lyapunov equation"


def linear(k, friction, h, kT):
    """The step for the force -k x as (x, v)' = A (x, v) + noise: A and the covariance of the noise; without friction of x alone."""
    if friction == 0:
        return np.array([[1 - h * k]]), np.array([[2 * h * kT]])
    g, e = friction, np.exp(-friction * h)
    A = np.array([[1 - k * (h - (1 - e) / g) / g, (1 - e) / g], [-k * (1 - e) / g, e]])
    both = kT * (1 - e) ** 2 / g
    return A, np.array([[kT * (2 * h / g - 3 / g**2 + 4 * e / g**2 - e * e / g**2), both], [both, kT * (1 - e * e)]])


def stationary(k, friction, h, kT):
    """Variance of x under that step."""
    return solve_discrete_lyapunov(*linear(k, friction, h, kT))[0, 0]


def relaxation(friction, bias, k=1.0):
    """-log of the factor by which a step brings the slowest mode of (x, v) nearer, for the h at which variances are too large by bias."""
    rate = lambda h: -np.log(np.abs(np.linalg.eigvals(linear(k, friction, h, 1.0)[0])).max())
    steps = np.geomspace(1e-3, 10, 400)
    last = next((i for i, h in enumerate(steps) if rate(h) <= 0 or k * stationary(k, friction, h, 1.0) > 1 + bias), None)
    if not last or rate(steps[last]) <= 0:
        return 0.0
    return rate(brentq(lambda h: k * stationary(k, friction, h, 1.0) - 1 - bias, steps[last - 1], steps[last]))


def discrepancy(x, width=1.0):
    """Squared discrepancy (MMD) between a cloud and N(0, I) in two dimensions, kernel exp(-r^2 / 2 width^2), in closed form."""
    s = width**2
    mine = lambda x: np.mean(np.exp(-np.sum((x[:, None] - x[None]) ** 2, -1) / (2 * s)))
    across = lambda x: np.mean(s / (s + 1) * np.exp(-np.sum(x**2, 1) / (2 * (s + 1))))
    return mine(x) - 2 * across(x) + s / (s + 2)


def drawn(curves):
    def draw(axes):
        for name, curve in curves.items():
            axes.semilogy(curve, label=name)
        axes.legend()

    return draw


def compare(report, name, F, kT, gradients, grid, same, limit, words):
    """What is left of F after so many gradients: with and without inertia at the same step, and each with the best of its steps."""
    left, curves = {}, {}
    for friction, h in grid:
        try:
            run = erg.sample(erg.Functional(F), erg.MeanFieldLangevin(gradients, step=h, friction=friction, trace=gradients // 2), kT=kT, **words)
        except erg.NonFiniteError:
            report.note(f"{name}: friction {friction:g}, step {h:g} is unstable")
            continue
        curve = run["trace_objective"]
        left[friction, h] = curve[:, -25:].mean(1)
        curves[f"friction {friction:g}, step {h:g}"] = curve.mean(0)
        report.note(f"{name}: friction {friction:g}, step {h:g}: {curve[:, 0].mean():.3g} to {left[friction, h].mean():.3g}")
    pairs = ((same, "at the same step", 1.0), (None, "each with its best step", limit))
    for one, how, below in pairs if same else pairs[1:]:
        least = lambda inertia: min((k for k in left if (k[0] > 0) == inertia), key=lambda k: left[k].mean())
        a, b = left[one or least(True)], left[(0.0, one[1]) if one else least(False)]
        ratio = a.mean() / b.mean()
        se = ratio * np.hypot(a.std(ddof=1) / a.mean(), b.std(ddof=1) / b.mean()) / np.sqrt(len(a))
        what = f"{name} after {gradients} gradients, with inertia over without, {how}"
        report.claim(what, ratio, se=se, dof=len(a) - 1, below=below, source="the paper's claim" if one else "no gain and no loss")
    report.figure(name, drawn(curves))


@recipe("S049", "mean-field-underdamped", family="sampling", cite="Q. Fu, A. C. Wilson, arXiv:2312.16360")
def run(size="quick", *, kappa=3.0, m=2.0, kT=0.5, particles=50, friction=2.0, steps=(0.02, 0.1, 0.4), chains=32, time=400.0, seed=1):
    """N particles with inertia, forces -N dF/dx_i and temperature lambda minimise F(mu) + lambda Ent(mu); steps are exact but for the force.

    For F = E x^2 / 2 + (kappa/2) (E x - m)^2 the step is linear: its stationary law is known for any step h (the variance of a particle and of the
    mean of all, 0.4925 and 0.0025 for h = 0, are 11 % and 61 % larger at h = 0.4), and so is the way there. At equal bias of the variance the
    slowest mode relaxes twice as fast a gradient as without inertia: the paper's faster mixing, here for Gaussian laws, whose means and variances
    decide the total variation.

    In full size: the discrepancy (MMD) of a cloud from a normal law, and the loss of a network of 256 neurons, at equal numbers of gradients. For
    the network inertia is ahead at the same small step. With the best step for each, both come about equally far in either case: the largest stable
    step shrinks with the friction (h < 2 friction / curvature), so that what inertia gains is lost again. Not measured: kernel Stein discrepancies as
    F; variances of velocities, which the run does not keep.
    """
    report = Report()
    full = size == "full"
    F = erg.Functional(lambda x: 0.5 * np.mean(x**2) + 0.5 * kappa * (np.mean(x) - m) ** 2)
    words: dict[str, Any] = {"space": erg.Real(), "kT": kT, "draws": particles, "chains": chains, "progress": False, "seed": seed}
    centre = kappa * m / (1 + kappa)
    known = {0.02: (0.495013, 0.0025510), 0.1: (0.505330, 0.0027768), 0.4: (0.547730, 0.0040361)}
    paper = (kappa, m, kT, particles, friction) == (3.0, 2.0, 0.5, 50, 2.0)
    for h in steps:
        of_mean = stationary(1 + kappa, friction, h, kT) / particles
        variance = (1 - 1 / particles) * stationary(1.0, friction, h, kT) + of_mean
        if paper and h in known:
            for what, value, digits in (("variance of a particle", variance, 6), ("variance of the mean", of_mean, 7)):
                expected = known[h]["mean" in what]
                report.claim(f"h = {h}: {what}, exact", value, expected=expected, tolerance=0.6 * 10.0**-digits, source="catalogue, two derivations")
        count = int((4 if full else 1) * time / h)
        trace = erg.sample(F, erg.MeanFieldLangevin(count, step=h, friction=friction, trace=count), observe="energy", **words)
        mean, within = trace["trace_mean"][:, count // 20 :, 0], trace["trace_variance"][:, count // 20 :, 0]
        report.mean(f"h = {h}: mean", mean.mean(1), expected=centre, source="closed form")
        report.mean(f"h = {h}: variance of a particle", (within + (mean - centre) ** 2).mean(1), expected=variance, source=SOURCE)
        report.mean(f"h = {h}: variance of the mean", ((mean - centre) ** 2).mean(1), expected=of_mean, source=SOURCE)

    h, n = steps[len(steps) // 2], 10
    start = np.full((chains, particles), centre + 3.0)
    trace = erg.sample(F, erg.MeanFieldLangevin(n, step=h, friction=friction, trace=n), start=start, observe="energy", **words)["trace_mean"]
    way = np.linalg.matrix_power(linear(1 + kappa, friction, h, kT)[0], n)[0, 0]
    report.mean(f"h = {h}: mean after {n} steps, over that of the start", (trace[:, -1, 0] - centre) / 3.0, expected=way, source="the step's matrix")
    ahead = max(relaxation(g, 0.05) for g in np.linspace(1.5, 4, 51)) / relaxation(0.0, 0.05)
    what = "relaxation a gradient at a bias of 5 %, best friction over none"
    report.claim(what, ahead, above=1.9, below=2.0, source="closed form, 2 for small bias")

    if full:
        rng = np.random.default_rng(seed)
        words = {"space": erg.Real(2), "draws": 100, "chains": 8, "progress": False, "seed": seed, "observe": "energy"}
        grid = ((0.0, 0.1), (0.0, 0.3), (0.0, 1.0), (0.0, 2.0), (0.5, 0.1), (0.5, 0.5), (1.0, 1.0), (1.0, 2.0), (3.0, 4.0))
        words["start"] = 2 + 0.5 * rng.normal(size=(8, 100, 2))
        compare(report, "MMD^2 from a normal law", discrepancy, 1e-4, 1000, grid, None, 1.5, words)

        X = rng.normal(size=(200, 5))
        y = np.tanh(X @ rng.normal(size=5)) + 0.5 * np.tanh(X @ rng.normal(size=5))

        def loss(theta):  # neurons (256, 6): weights, and the output's
            out = np.mean(theta[:, 5] * np.tanh(X @ theta[:, :5].T), axis=1)
            return 0.5 * np.mean((out - y) ** 2) + 1e-4 * np.mean(np.sum(theta**2, 1))

        words = {"space": erg.Real(6), "draws": 256, "chains": 8, "progress": False, "seed": seed, "observe": "energy"}
        rates = ((0.0, 0.1), (0.0, 1.0), (0.0, 3.0), (0.5, 0.1), (0.5, 1.0), (1.0, 3.0), (3.0, 8.0))
        compare(report, "training loss of 256 neurons", loss, 1e-5, 1000, rates, (0.5, 0.1), 1.25, words)
    return report
