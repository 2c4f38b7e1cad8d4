"""S041: flows and diffusions between two densities, by one interpolant."""

from typing import Any

import numpy as np
from scipy.special import ndtri

import ergodica as erg
from ergodica.papers import Report, recipe

MEANS, SHARES, VARIANCE = np.array([-2.0, 2.0]), np.array([0.3, 0.7]), 0.25


def exact(a, means=MEANS, shares=SHARES, variance=VARIANCE, error=0.0):
    """Velocity b and denoiser -gamma s between N(0, 1) and a mixture: given the component, x_t is N(t m, S), S = (1-t)^2 + t^2 v + a t (1-t)."""

    def parts(x, t):
        S = (1 - t) ** 2 + t**2 * variance + a * t * (1 - t)
        off = x - t * means
        z = np.log(shares) - off**2 / (2 * S)
        w = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return w / np.sum(w, axis=-1, keepdims=True), off, S

    def velocity(x, t):
        t = t[:, None]
        w, off, S = parts(x, t)
        slope = (t * variance - (1 - t) + 0.5 * a * (1 - 2 * t)) / S
        return np.sum(w * (means + slope * off), axis=-1, keepdims=True) + error

    def denoiser(x, t):
        t = t[:, None]
        w, off, S = parts(x, t)
        return np.sqrt(a * t * (1 - t)) / S * np.sum(w * off, axis=-1, keepdims=True)

    return {"velocity": velocity, "denoiser": denoiser}


def smallest(a, nodes=120):
    """-1/2 int E b^2 dt and -1/2 int E s^2 dt: Gauss and Legendre's nodes in t, an even grid over x, whose error falls faster than any power."""
    models = exact(a)
    u, weights = np.polynomial.legendre.leggauss(nodes)
    x = np.linspace(-9, 9, 3601)
    sums = np.zeros(2)
    for t, w in zip((u + 1) / 2, weights / 2, strict=True):
        S = (1 - t) ** 2 + t**2 * VARIANCE + a * t * (1 - t)
        rho = np.sum(SHARES * np.exp(-((x[:, None] - t * MEANS) ** 2) / (2 * S)), 1) / np.sqrt(2 * np.pi * S)
        at = x[:, None], np.full(len(x), t)
        b, eta = models["velocity"](*at)[:, 0], models["denoiser"](*at)[:, 0]
        sums += w * (x[1] - x[0]) * np.array([np.sum(rho * b**2), np.sum(rho * eta**2) / (a * t * (1 - t))])
    return -sums / 2


def mixture(n):
    """Even quantiles (n, 1) of both components, in float32."""
    right = round(n * SHARES[1])
    parts = [m + np.sqrt(VARIANCE) * ndtri((np.arange(k) + 0.5) / k) for m, k in zip(MEANS, (n - right, right), strict=True)]
    return np.concatenate(parts)[:, None]


def moments(report, name, x, *, tolerance):
    """Claim the right weight, the variance and the variance of the right mode of draws (n,), with their errors."""
    n, right, own = len(x), x[x > 0], "the density itself; tolerance for the bias of the steps"
    k = len(right)
    report.claim(f"{name}: weight of the right mode", k / n, se=np.sqrt(0.21 / n), expected=SHARES[1], tolerance=0.001, source=own)
    report.claim(f"{name}: variance", x.var(), se=np.std((x - x.mean()) ** 2) / np.sqrt(n), expected=3.61, tolerance=0.01, source=own)
    what = f"{name}: variance of the right mode"
    report.claim(what, right.var(), se=right.var() * np.sqrt(2 / k), expected=VARIANCE, tolerance=tolerance, source=own)


@recipe("S041", "stochastic-interpolants", family="generative", cite="Stochastic Interpolants: A Unifying Framework for Flows and Diffusions")
def run(size="quick", *, a=2.0, steps=None, walkers=None, seed=1):
    """Stochastic interpolants: flows and diffusions in one frame.

    x_t = (1 - t) x_0 + t x_1 + gamma z, gamma^2 = a t (1 - t). The velocity b = E[d/dt x_t | x_t] and the denoiser eta = E[z | x_t], score
    s = -eta / gamma, are minima of quadratic losses, and for any eps >= 0 the laws of x_t are those of dX = (b + eps s) dt + sqrt(2 eps) dW.
    A drift off by f costs the diffusion KL <= int E|f|^2 dt / (4 eps).

    From N(0, 1) to 0.3 N(-2, 1/4) + 0.7 N(2, 1/4), where b and s are closed forms. Measured: the least losses; what a net reaches; the law at t = 1
    of the flow and of diffusions, by the exact fields and by the nets; likelihoods of the flow; the bound where the divergence is known.
    """
    report, full = Report(), size == "full"
    walkers = walkers or (200_000 if full else 100_000)
    process, ideal = erg.StochasticInterpolant(of="both", width=a), exact(a)
    least = smallest(a)
    if a == 2.0:
        for name, found, value in zip(("velocity", "score"), least, (-1.25533, -0.61645), strict=True):
            report.claim(f"least loss of the {name}", found, expected=value, tolerance=6e-6, source="catalogue, two derivations")

    draw = lambda model, method, n=walkers: erg.generate(model, n, method, process=process, shape=(1,), seed=seed)[:, 0]
    moments(report, "exact fields, flow", draw(ideal, erg.SDE(200, noise=0.0)), tolerance=0.003)
    moments(report, "exact fields, eps = 1", draw(ideal, erg.SDE(200)), tolerance=0.004)
    early = draw(ideal, erg.SDE(200, scheme="euler", times=lambda u: np.maximum(u, 1e-9)))
    early = early[early > 0]
    words: dict[str, Any] = {"expected": 0.257, "tolerance": 0.001, "source": "catalogue, two derivations"}
    report.claim("the same, drift at the steps' beginnings", early.var(), se=early.var() * np.sqrt(2 / len(early)), **words)

    x = mixture(1000)
    log_rho = np.log(np.sum(SHARES * np.exp(-((x - MEANS) ** 2) / (2 * VARIANCE)), 1) / np.sqrt(2 * np.pi * VARIANCE))
    log_q = erg.log_likelihood(ideal, x, erg.ODE(200), process=process)
    report.claim("exact velocity: largest error of the flow's log likelihood", np.abs(log_q - log_rho).max(), below=1e-4, source="the density itself")

    delta, n = 0.5, 2000
    for eps in (0.0, 0.5, 1.0, 4.0):  # N(0, 1) to N(1, 1) with a = 2: s = -(x - t), and an offset stays one
        ends = [erg.generate(exact(2.0, np.ones(1), np.ones(1), 1.0, error), 10, erg.SDE(n, noise=eps), shape=(1,), seed=seed,
                             process=erg.StochasticInterpolant(of="both", width=2.0)) for error in (0.0, delta)]  # fmt: skip
        kl, factor = np.mean(ends[1] - ends[0]) ** 2 / 2, -np.expm1(-eps) / eps if eps else 1.0
        bound = {"below": delta**2 / (4 * eps)} if eps else {}
        what = f"drift off by {delta}, eps = {eps}: divergence" + (", and its bound" if eps else "")
        report.claim(what, kl, expected=(delta * factor) ** 2 / 2, tolerance=kl * 2 * eps / n + 1e-9, source="closed form", **bound)

    count = steps or (10_000 if full else 2000)
    nets = {k: erg.nn.MLP(1, [64, 64], 1, activation="silu", time=16, dtype="float32", seed=10 * seed + i) for i, k in enumerate(ideal)}
    schedule = erg.learning.schedules.Cosine(5e-3, count)
    training: dict[str, Any] = {"batch": 1000 if full else 500, "steps": count, "every": 100, "seed": seed, "progress": False}
    fit = erg.learn(process, nets, erg.Adam(schedule), data=mixture(200_000).astype("float32"), **training)
    loss = erg.compile(lambda models, batch, key: process.loss(models, batch, key)[1]["velocity"])
    rng, found = np.random.default_rng([seed, 41]), []
    for k in erg.random.split(erg.random.key(seed + 1000), 20):
        x1 = np.where(rng.random((50_000, 1)) < SHARES[0], MEANS[0], MEANS[1]) + np.sqrt(VARIANCE) * rng.normal(size=(50_000, 1))
        found.append(loss(fit.model, x1.astype("float32"), k))
    report.mean("net: loss of the velocity on 10^6 fresh pairs", found, expected=least[0], tolerance=0.01, source="quadrature, catalogue +- 0.01")

    @erg.compile
    def off(models, x1, key):
        one, two, three = erg.random.split(key, 3)
        t = erg.random.uniform(one, (len(x1),))
        x = (1 - t)[:, None] * erg.random.normal(two, x1.shape) + t[:, None] * x1
        x = x + np.sqrt(a * t * (1 - t))[:, None] * erg.random.normal(three, x1.shape)
        return np.mean((models["velocity"](x.astype(np.float32), t.astype(np.float32)) - ideal["velocity"](x, t)) ** 2) / 2

    gap = [off(fit.model, mixture(20_000), k) for k in erg.random.split(erg.random.key(seed + 2000), 10)]
    report.mean("the same less its minimum, E|b - exact|^2 / 2", gap, below=0.01, source="catalogue")
    for name, method in (("flow", erg.ODE(20)), ("eps = 1", erg.SDE(100))):
        x = draw(fit, method, walkers // 5)
        limits: dict[str, Any] = {"source": "the density itself; the nets' own error"}
        report.claim(f"nets, {name}: weight of the right mode", np.mean(x > 0), expected=SHARES[1], tolerance=0.02, **limits)
        report.claim(f"nets, {name}: variance", x.var(), expected=3.61, tolerance=0.15, **limits)
    return report
