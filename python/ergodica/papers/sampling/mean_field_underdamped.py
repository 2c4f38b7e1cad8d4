"""S049: mean-field Langevin dynamics with inertia."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

SOURCE = "discrete Lyapunov equation"


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


@recipe("S049", "mean-field-underdamped", family="sampling", cite="Q. Fu, A. C. Wilson, arXiv:2312.16360")
def run(size="quick", *, kappa=3.0, m=2.0, kT=0.5, particles=50, friction=2.0, chains=32, time=400.0, seed=1):
    """N particles with inertia, forces -N dF/dx_i and temperature lambda minimise F(mu) + lambda Ent(mu); steps are exact but for the force.

    For F = E x^2 / 2 + (kappa/2) (E x - m)^2 the step is linear, and its stationary law is known for any step h: the variance of a particle and of
    the mean of all, 0.4925 and 0.0025 for h = 0, are 11 % and 61 % larger at h = 0.4. In full size the discrepancy of a cloud from a normal
    law, and the loss of a network of 256 neurons, are followed with and without inertia at equal cost.
    """
    report = Report()
    F = erg.Functional(lambda x: 0.5 * np.mean(x**2) + 0.5 * kappa * (np.mean(x) - m) ** 2)
    words = {"space": erg.Real(), "kT": kT, "draws": particles, "chains": chains, "progress": False, "seed": seed}
    for h, variance, of_mean in ((0.02, 0.495013, 0.0025510), (0.1, 0.505330, 0.0027768), (0.4, 0.547730, 0.0040361)):
        steps = int((1 if size == "quick" else 4) * time / h)
        trace = erg.sample(F, erg.MeanFieldLangevin(steps, step=h, friction=friction, trace=steps), observe="energy", **words)
        mean, within = trace["trace_mean"][:, steps // 20 :, 0], trace["trace_variance"][:, steps // 20 :, 0]
        centre = kappa * m / (1 + kappa)
        for what, x, expected in (
            ("mean", mean.mean(1), centre), ("variance of a particle", (within + (mean - centre) ** 2).mean(1), variance),
            ("variance of the mean", ((mean - centre) ** 2).mean(1), of_mean),
        ):  # fmt: skip
            se = x.std(ddof=1) / np.sqrt(chains)
            report.claim(f"h = {h}: {what}", x.mean(), se=se, expected=expected, tolerance=1e-6 * expected, source=SOURCE)

    if size == "full":
        rng = np.random.default_rng(seed)
        start = 2 + 0.5 * rng.normal(size=(100, 2))
        words = {"space": erg.Real(2), "kT": 1e-4, "draws": 100, "chains": 1, "progress": False, "seed": seed, "start": start, "observe": "energy"}
        curves = {}
        for name, gamma in (("overdamped", 0.0), ("underdamped", 1.0)):
            method = erg.MeanFieldLangevin(4000, step=0.1, friction=gamma, trace=400)
            curves[name] = erg.sample(erg.Functional(discrepancy), method, **words)["trace_objective"][0]
        for name, curve in curves.items():
            report.claim(f"MMD^2 after 4000 gradients over the first, {name}", curve[-100:].mean() / curve[0], below=0.02, source="0 for F alone")
        report.figure("MMD^2 to a normal law", drawn(curves))

        X = rng.normal(size=(200, 5))
        y = np.tanh(X @ rng.normal(size=5)) + 0.5 * np.tanh(X @ rng.normal(size=5))

        def loss(theta):  # neurons (256, 6): weights, and the output's
            out = np.mean(theta[:, 5] * np.tanh(X @ theta[:, :5].T), axis=1)
            return 0.5 * np.mean((out - y) ** 2) + 1e-4 * np.mean(np.sum(theta**2, 1))

        words = {"space": erg.Real(6), "kT": 1e-5, "draws": 256, "chains": 1, "progress": False, "seed": seed, "observe": "energy"}
        last = {}
        for name, gamma in (("overdamped", 0.0), ("underdamped", 0.5)):
            method = erg.MeanFieldLangevin(4000, step=0.1, friction=gamma, trace=400)
            last[name] = erg.sample(erg.Functional(loss), method, **words)["trace_objective"][0]
            report.note(f"training loss of 256 neurons, {name}: {last[name][0]:.3f} to {last[name][-1]:.2e}")
        ratio = last["underdamped"][-1] / last["overdamped"][-1]
        report.claim("training loss, with inertia over without", ratio, below=1.0, source="the paper's claim")
        report.figure("training loss", drawn(last))
    return report
