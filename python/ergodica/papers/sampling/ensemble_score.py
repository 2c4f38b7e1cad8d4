"""S108: the score of a diffusion from weighted particles of a proposal, without gradients."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

A, Y, NOISE = np.array([[1.0, 0.5], [0.3, 1.2]]), np.array([0.8, -0.4]), 0.6


def ensemble_mean(x, t, z, log_w):
    """m_t(x) = E[x_0 | x_t = x] by particles z_j with weights rho/pi; -|x - a z|^2 / 2 s^2 without the term that all share."""
    a = np.exp(-t)
    s2 = 1 - a**2
    inner = sum(x[k] * z[:, k] for k in range(z.shape[1]))  # faster than a product over so few terms
    logits = log_w + (a * inner - 0.5 * a**2 * np.sum(z**2, axis=1)) / s2
    w = np.exp(logits - np.max(logits))
    return w @ z / np.sum(w)


def reverse(z, log_w, particles, seed, *, steps=400, T=4.0, end=1e-3):
    """Particles of the target: x += h (x + 2 score) + sqrt(2 h) normal from N(0, I) at t = T, geometric times."""

    def drift(x, s):
        t = T - s
        a = np.exp(-t)
        return x + 2 * (a * ensemble_mean(x, t, z, log_w) - x) / (1 - a**2)

    flow = erg.FeynmanKac(
        T - np.geomspace(T, end, steps + 1),
        initial=lambda key: erg.random.normal(key, (z.shape[1],)),
        drift=drift,
        noise=np.sqrt(2),
        log_weight_rate=lambda x, s: 0.0,
    )
    return erg.sample(flow, draws=particles, chains=1, seed=seed, progress=False)["x"][0]


def follmer(log_f, d, J, particles, seed, *, steps=200):
    """Foellmer's process from 0 on [0, 1]: drift E[Z f] / (sqrt(1-t) E[f]) at f(x + sqrt(1-t) Z), f = rho / N(0, I), with unit noise."""
    z = np.random.default_rng([seed, 1]).normal(size=(J, d))

    def drift(x, t):
        root = np.sqrt(1 - t)
        logits = log_f(x + root * z)
        w = np.exp(logits - np.max(logits))
        return w @ z / np.sum(w) / root

    times = np.linspace(0, 1, steps + 1)
    flow = erg.FeynmanKac(times, initial=lambda key: np.zeros(d), drift=drift, noise=1.0, log_weight_rate=lambda x, t: 0.0)
    return erg.sample(flow, draws=particles, chains=1, seed=seed, progress=False)["x"][0]


def log_likelihood(x):
    """Of the linear problem y = A x + noise, for rows x."""
    r = (x @ A.T - Y) / NOISE
    return -0.5 * np.sum(r * r, axis=-1)


def weighted(z, log_w):
    w = np.exp(log_w - log_w.max())
    w /= w.sum()
    return w, w @ z


def four_modes(report, seed):
    """Four Gaussians with weights 0.1 to 0.4 from a wide proposal."""
    centres, share, width = np.array([[2.0, 2], [-2, 2], [-2, -2], [2, -2]]), np.array([0.1, 0.2, 0.3, 0.4]), 3.0
    z = np.random.default_rng([seed, 2]).normal(size=(8000, 2)) * width
    rho = np.sum(share * np.exp(-((z[:, None] - centres) ** 2).sum(-1) / (2 * 0.6**2)), axis=1)
    log_w = np.log(np.maximum(rho, 1e-300)) + (z**2).sum(1) / (2 * width**2)
    x = reverse(z, log_w, 3000, seed, steps=200)
    found = np.bincount(np.argmin(((x[:, None] - centres) ** 2).sum(-1), 1), minlength=4) / len(x)
    for k in range(4):
        report.claim(f"four modes: weight {k + 1}", found[k], expected=share[k], tolerance=0.03, source="the target's own")


def banana(report, seed, *, d=10, bend=0.7, noise=0.7):
    """N(0, I) in ten dimensions times exp(-(x_2 - bend (x_1^2 - 1))^2 / 2 noise^2), whose moments a grid gives."""
    g = np.linspace(-7, 7, 1401)
    u, v = np.meshgrid(g, g, indexing="ij")
    p = np.exp(-0.5 * (u**2 + v**2) - (v - bend * (u**2 - 1)) ** 2 / (2 * noise**2))
    p /= p.sum()
    z = np.random.default_rng([seed, 3]).normal(size=(6000, d))
    log_w = -((z[:, 1] - bend * (z[:, 0] ** 2 - 1)) ** 2) / (2 * noise**2)
    w, _ = weighted(z, log_w)
    x = reverse(z, log_w, 3000, seed, steps=200)
    effective = 1 / (1 / len(x) + np.sum(w**2))  # of particles that follow the weighted z
    for name, h in (("x_1^2", lambda a, b: a**2), ("x_2", lambda a, b: b), ("x_1^2 x_2", lambda a, b: a**2 * b)):
        exact, values = np.sum(p * h(u, v)), h(x[:, 0], x[:, 1])
        se = values.std() / np.sqrt(effective)
        report.claim(f"banana in {d} dimensions: {name}", values.mean(), se=se, expected=exact, tolerance=0.02, source="quadrature")
    report.claim("banana: variance of the others", x[:, 2:].var(), se=np.sqrt(2 / (d - 2) / effective), expected=1.0, tolerance=0.02, source="exact")


def rate(report, exact, seed, *, sizes=(125, 500, 2000), seeds=24):
    """Root mean square error of the mean against J."""
    errors = []
    for J in sizes:
        off = []
        for k in range(seeds):
            z = np.random.default_rng([seed, J, k]).normal(size=(J, 2))
            off.append(reverse(z, log_likelihood(z), 4000, seed + k, steps=100).mean(0) - exact)
        errors.append(np.sqrt(np.mean(np.square(off))))
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    se = np.sqrt(2) / np.log(sizes[-1] / sizes[0]) / np.sqrt(4 * seeds)  # the ends have 2 seeds degrees of freedom each
    report.claim("error falls as J^-1/2: slope", slope, se=se, expected=-0.5, tolerance=0.1, source="Monte Carlo")


@recipe("S108", "ensemble-score", family="sampling", cite="Score-based sampling with ensembles")
def run(size="quick", *, J=2000, particles=1500, steps=400, seed=1):
    """Diffusion sampling of an unnormalised density with a score that an ensemble of proposals gives, without gradients or training.

    Forward x_t = a x_0 + s normal, a = exp(-t), s^2 = 1 - a^2. grad ln p_t(x) = (a m_t(x) - x) / s^2 with m_t(x) = E[x_0 | x_t = x], estimated by
    particles z_j of a proposal pi with weights rho(z_j)/pi(z_j) exp(-|x - a z_j|^2 / 2 s^2). The target here is the posterior of y = A x + noise
    under a normal prior, which is also the proposal.
    """
    report = Report()
    covariance = np.linalg.inv(np.eye(2) + A.T @ A / NOISE**2)
    mean = covariance @ A.T @ Y / NOISE**2
    report.claim("posterior's mean, first", mean[0], expected=0.65511, tolerance=6e-6, source="catalogue, closed form")

    z = np.random.default_rng(seed).normal(size=(J, 2))
    log_w = log_likelihood(z)
    w, centre = weighted(z, log_w)
    report.claim("effective size of the ensemble", 1 / np.sum(w**2), expected=590, tolerance=60, source="catalogue")
    x = reverse(z, log_w, particles, seed, steps=steps)
    got = np.cov(x.T)
    for k in range(2):
        report.claim(f"mean of x_{k + 1}", x[:, k].mean(), expected=mean[k], tolerance=0.08, source="closed form; sd over seeds 0.024, 0.019")
        report.claim(
            f"the same, against importance sampling with these z, {k + 1}", x[:, k].mean(), expected=centre[k], tolerance=0.05, source="catalogue"
        )
    for i, j in ((0, 0), (0, 1), (1, 1)):
        report.claim(f"covariance {i + 1}{j + 1}", got[i, j], expected=covariance[i, j], tolerance=0.06, source="closed form; sd over seeds 0.019")

    if size == "full":
        x = follmer(log_likelihood, 2, J, particles, seed)
        for k in range(2):
            report.claim(f"Foellmer: mean of x_{k + 1}", x[:, k].mean(), expected=mean[k], tolerance=0.08, source="closed form")
        for i, j in ((0, 0), (0, 1), (1, 1)):
            report.claim(f"Foellmer: covariance {i + 1}{j + 1}", np.cov(x.T)[i, j], expected=covariance[i, j], tolerance=0.06, source="closed form")
        four_modes(report, seed)
        banana(report, seed)
        rate(report, mean, seed)
    return report
