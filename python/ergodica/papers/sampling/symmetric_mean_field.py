"""S116: symmetric mean-field Langevin dynamics for games of two distributions."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

SPACE = {"x": erg.Real(), "y": erg.Real()}


def torus(x, y):
    return np.cos(x - 2 * y) + 0.7 * np.cos(x) - 0.5 * np.sin(y) + 0.8 * np.cos(2 * x) * np.sin(y)


@recipe("S116", "symmetric-mean-field", family="sampling", cite="J. Kim, K. Yamamoto, K. Oko, Z. Yang, T. Suzuki, ICLR 2024, arXiv:2312.01127")
def run(size="quick", *, a=1.0, b=0.5, c=1.0, kT=0.5, r=2.0, particles=1000, step=0.01, steps=3000, seed=1):
    """Two clouds that follow the averages of each other's past find the equilibrium of an entropic zero-sum game.

    min over mu, max over nu of int F dmu dnu + lambda KL(mu|rho) - lambda KL(nu|rho'). For F = a x y + b x - c y and normal priors of variance
    1/r the equilibrium is normal, of variance 1/r, and its means solve x = -(a y + b)/(lambda r), y = (a x - c)/(lambda r). In full size a game
    on a torus, beside its equilibrium by quadrature, and best responses, whose error falls geometrically.
    """
    report = Report()
    prior = lambda x: 0.5 * r * x**2
    game = erg.Game(lambda x, y: a * x * y + b * x - c * y, prior=(prior, prior))
    ratio = 1 / (kT * r)
    x = (-b * ratio + a * c * ratio**2) / (1 + (a * ratio) ** 2)
    nash = np.array([x, (a * x - c) * ratio])
    rng = np.random.default_rng(seed)
    start = {"x": rng.normal(size=particles), "y": rng.normal(size=particles)}
    words = {"space": SPACE, "kT": kT, "draws": particles, "chains": 1, "start": start, "progress": False, "seed": seed}
    found = erg.sample(game, erg.MinimaxLangevin(steps, step=step, opponents=256), **words)
    mean, variance = found["trace_mean"][0, -1], found["trace_variance"][0, -1]
    for k, name in enumerate("xy"):
        report.claim(f"mean of {name}, average over the past", mean[k], expected=nash[k], tolerance=0.03, source="closed form; 6 seeds within 0.014")
        report.claim(f"variance of {name}, average over the past", variance[k], above=1 / r - 0.005, below=1 / r + 0.012, source="closed form")
    report.figure("means of the averages", lambda axes: axes.plot(found["trace_mean"][0]))

    if size == "full":
        words = {"space": SPACE, "kT": 0.2, "draws": 500, "chains": 2, "progress": False, "seed": seed}
        found = erg.sample(erg.Game(torus), erg.MinimaxLangevin(20_000, step=0.05, opponents=128, memory=64), **words)
        x, y = found["average_x"], found["average_y"]
        for name, value, expected in (
            ("E cos x", np.cos(x).mean(1), -0.308469), ("E cos 2x", np.cos(2 * x).mean(1), 0.527619), ("E sin y", np.sin(y).mean(1), -0.301298),
            ("value", (np.cos(x).mean(1) * np.cos(2 * y).mean(1) + np.sin(x).mean(1) * np.sin(2 * y).mean(1) + 0.7 * np.cos(x).mean(1)
                       - 0.5 * np.sin(y).mean(1) + 0.8 * np.cos(2 * x).mean(1) * np.sin(y).mean(1)), -0.002716),
        ):  # fmt: skip
            for k in range(2):
                report.claim(f"torus, cloud {k}: {name}", value[k], expected=expected, tolerance=0.03, source="quadrature")

        words = {"space": SPACE, "kT": kT, "draws": 2000, "chains": 4, "progress": False, "seed": seed,
                 "start": {"x": 3 + rng.normal(size=2000), "y": 3 + rng.normal(size=2000)}}  # fmt: skip
        trace = erg.sample(game, erg.BestResponse(60, inner=200, step=0.02, rate=0.1, opponents=256), **words)["trace_mean"].mean(0)
        off = np.log(np.linalg.norm(trace - nash, axis=1))
        slope = np.polyfit(np.arange(20), off[:20], 1)[0]
        report.claim("best responses: slope of log error in outer steps", slope, above=-0.2, below=-0.05, source="geometric, near log(1 - rate)")
    return report
