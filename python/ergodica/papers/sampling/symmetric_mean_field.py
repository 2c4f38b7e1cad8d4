"""S116: symmetric mean-field Langevin dynamics for games of two distributions."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

SPACE = {"x": erg.Real(), "y": erg.Real()}


def torus(x, y):
    return np.cos(x - 2 * y) + 0.7 * np.cos(x) - 0.5 * np.sin(y) + 0.8 * np.cos(2 * x) * np.sin(y)


def equilibrium(kT, points=256):
    """Densities of the game on the torus with flat priors on a grid, by damped best responses; the grid and F on it."""
    g = 2 * np.pi * np.arange(points) / points
    F = torus(g[:, None], g)
    mu = nu = np.full(points, 1 / points)
    for _ in range(3000):
        mu, nu = 0.98 * mu + 0.02 * response(-F @ nu / kT), 0.98 * nu + 0.02 * response(mu @ F / kT)
    return g, F, mu, nu


def response(log_p):
    p = np.exp(log_p - log_p.max())
    return p / p.sum()


def value(F, mu, nu, kT):
    """int F dmu dnu, and with kT KL(mu) - kT KL(nu) from flat priors."""
    plain = mu @ F @ nu
    return plain, plain + kT * (np.sum(mu * np.log(mu)) - np.sum(nu * np.log(nu)))


def on_torus(report, seed, kT=0.2):
    """MFL-AG on the torus beside the equilibrium by quadrature."""
    g, F, mu, nu = equilibrium(kT)
    plain, whole = value(F, mu, nu, kT)
    exact = {"E cos x": mu @ np.cos(g), "E cos 2x": mu @ np.cos(2 * g), "E sin y": nu @ np.sin(g), "value": plain, "value with KL": whole}
    for (name, v), expected in zip(exact.items(), (-0.308469, 0.527619, -0.301298, -0.002716, -0.026049), strict=True):
        report.claim(f"torus, quadrature: {name}", v, expected=expected, tolerance=6e-7, source="catalogue, two derivations")
    words = {"space": SPACE, "kT": kT, "draws": 500, "chains": 4, "progress": False, "seed": seed}
    found = erg.sample(erg.Game(torus), erg.MinimaxLangevin(20_000, step=0.05, opponents=256, memory=256), **words)
    x, y = found["average_x"], found["average_y"]
    got: dict = {name: [] for name in exact}
    for p, q in zip(x, y, strict=True):
        to_y, to_x = np.mean([torus(g, v) for v in q], 0), np.mean([torus(v, g) for v in p], 0)  # E F(g, y), E F(x, g)
        got["E cos x"].append(np.cos(p).mean())
        got["E cos 2x"].append(np.cos(2 * p).mean())
        got["E sin y"].append(np.sin(q).mean())
        got["value"].append(np.mean([torus(v, q).mean() for v in p[:: max(1, len(p) // 4000)]]))
        got["value with KL"].append(value(F, response(-to_y / kT), response(to_x / kT), kT)[1])  # of the responses to these clouds
    for name, v in got.items():
        report.mean(f"torus, averages: {name}", v, expected=exact[name], tolerance=0.01, source="quadrature; the catalogue allows 0.03")
        far = np.sqrt(np.mean((np.array(v) - exact[name]) ** 2))
        report.claim(f"torus, rms error of 4 clouds: {name}", far, below=0.03, source="catalogue: 0.015")


def chaos(report, seed, kT=0.2, counts=(8, 16, 32), large=256):
    """The bias of N particles under best responses, against many."""
    seen = {}
    for n in (*counts, large):
        words = {"space": SPACE, "kT": kT, "draws": n, "chains": max(24_000 // n, 90), "progress": False, "seed": seed}
        run = erg.sample(erg.Game(torus), erg.BestResponse(30, inner=20, step=0.2, rate=0.3, opponents=n), **words)
        v = np.cos(run["x"]).mean(1) + np.sin(run["y"]).mean(1)
        seen[n] = v.mean(), v.var(ddof=1) / len(v)
    off = np.array([abs(seen[n][0] - seen[large][0]) for n in counts])
    at = np.log(counts) - np.log(counts).mean()
    slope = at @ np.log(off) / (at @ at)
    own = np.sqrt([seen[n][1] for n in counts])
    se = np.hypot(np.linalg.norm(at / (at @ at) / off * own), abs(np.sum(at / (at @ at) / off)) * np.sqrt(seen[large][1]))
    report.claim("bias of N particles: slope in N", slope, se=se, expected=-1, tolerance=0.15, source="the paper's 1/N; higher orders")
    report.note("biases of E cos x + E sin y: " + ", ".join(f"{seen[n][0] - seen[large][0]:.4f} for N = {n}" for n in counts))


def way(a, b, c, kT, r, step, steps, power):
    """Means and variances of the averaged measures on the way from N(0, 1), for many particles and the quadratic game: linear recursions."""
    m, v, average, square, weights = np.zeros(2), 1.0, np.zeros(2), np.zeros(2), 0.0
    for s in range(1, steps + 1):
        weights += s**power
        average += (m - average) * s**power / weights
        square += (v + m**2 - square) * s**power / weights
        m = m - step * (np.array([a * average[1] + b, c - a * average[0]]) + kT * r * m)
        v = (1 - step * kT * r) ** 2 * v + 2 * kT * step
    return average, square - average**2


@recipe("S116", "symmetric-mean-field", family="sampling", cite="J. Kim, K. Yamamoto, K. Oko, Z. Yang, T. Suzuki, ICLR 2024, arXiv:2312.01127")
def run(size="quick", *, a=1.0, b=0.5, c=1.0, kT=0.5, r=2.0, particles=1000, clouds=6, step=0.01, steps=3000, seed=1):
    """Two clouds that follow the averages of each other's past find the equilibrium of an entropic zero-sum game.

    min over mu, max over nu of int F dmu dnu + lambda KL(mu|rho) - lambda KL(nu|rho'). For F = a x y + b x - c y and normal priors of variance
    1/r the equilibrium is normal, of variance 1/r, and its means solve x = -(a y + b)/(lambda r), y = (a x - c)/(lambda r). Averages with weights
    that grow with time forget the start; equal weights do not. In full size a game on a torus, beside its equilibrium by quadrature; best
    responses, whose error falls geometrically, at a known rate; and their bias for N particles, which is as 1/N. Each force is taken from 256
    particles of the averages. Gradients that grow without bound (a / lambda r above 4) are outside of the theory and are not tried.
    """
    report = Report()
    prior = lambda x: 0.5 * r * x**2
    game = erg.Game(lambda x, y: a * x * y + b * x - c * y, prior=(prior, prior))
    ratio = 1 / (kT * r)
    x = (-b * ratio + a * c * ratio**2) / (1 + (a * ratio) ** 2)
    nash = np.array([x, (a * x - c) * ratio])
    paper = (a, b, c, kT, r, step, steps) == (1.0, 0.5, 1.0, 0.5, 2.0, 0.01, 3000)
    rng = np.random.default_rng(seed)
    start = {name: rng.normal(size=(clouds, particles)) for name in "xy"}
    words = {"space": SPACE, "kT": kT, "draws": particles, "chains": clouds, "start": start, "progress": False, "seed": seed}
    off = {}
    for power in (1.0, 0.0):
        found = erg.sample(game, erg.MinimaxLangevin(steps, step=step, opponents=256, power=power), **words)
        mean, variance = found["trace_mean"][:, -1], found["trace_variance"][:, -1]
        expected, spread = way(a, b, c, kT, r, step, steps, power)
        off[power] = np.linalg.norm(expected - nash)
        name = "growing weights" if power else "equal weights"
        for k, player in enumerate("xy"):
            limits: dict[str, Any] = {"tolerance": 2e-3, "source": "recursion for many particles"}
            report.mean(f"{name}: mean of {player}, average over the past", mean[:, k], expected=expected[k], **limits)
            report.mean(f"{name}: variance of {player}", variance[:, k], expected=spread[k], **limits)
            if power and paper:
                far = np.sqrt(np.mean((mean[:, k] - nash[k]) ** 2))
                report.claim(f"{name}: error of the mean of {player}, rms of clouds", far, below=0.03, source="closed form; catalogue: at most 0.014")
                report.mean(f"{name}: variance of {player} over 1/r", r * variance[:, k], above=1.0, below=1.02, source="catalogue: 1.004 to 1.01")
    if paper:
        report.claim("distance of the recursion from the equilibrium, growing weights", off[1.0], below=0.03, source="closed form; catalogue: 0.03")
    report.claim("the same with equal weights, over that", off[0.0] / off[1.0], above=2.0, source="catalogue: 0.04 against 0.014")
    report.figure("means of the averages, equal weights", lambda axes: axes.plot(found["trace_mean"][0]))

    if size == "full":
        on_torus(report, seed)
        words = {"space": SPACE, "kT": kT, "draws": 2000, "chains": 4, "progress": False, "seed": seed,
                 "start": {"x": 3 + rng.normal(size=(4, 2000)), "y": 3 + rng.normal(size=(4, 2000))}}  # fmt: skip
        trace = erg.sample(game, erg.BestResponse(20, inner=400, step=0.02, rate=0.1, opponents=256), **words)["trace_mean"]
        slopes = [np.polyfit(np.arange(20), np.log(np.linalg.norm(t - nash, axis=1)), 1)[0] for t in trace]
        fall = 0.5 * np.log(0.9**2 + (0.1 * a * ratio) ** 2)
        report.mean("best responses: slope of log error in outer steps", slopes, expected=fall, tolerance=0.01, source="linear map of the means")
        chaos(report, seed)
    return report
