"""S108: the score of a diffusion from weighted particles of a proposal, without gradients."""

import numpy as np
from scipy.special import logsumexp

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


def carried(z, log_w, h, n):
    """Mean of h(z) under the weights, and the variance of the mean of h over n particles that follow them."""
    w, _ = weighted(z, log_w)
    off = h(z) - w @ h(z)
    return w @ h(z), np.sum(w**2 * off**2) + w @ off**2 / n


def four_modes(report, seed, *, J=8000, particles=3000, runs=4):
    """Four Gaussians with weights 0.1 to 0.4 from a wide proposal; NUTS beside."""
    centres, share, width = np.array([[2.0, 2], [-2, 2], [-2, -2], [2, -2]]), np.array([0.1, 0.2, 0.3, 0.4]), 3.0
    log_rho = lambda x: logsumexp(np.log(share) - np.sum((x[..., None, :] - centres) ** 2, axis=-1) / (2 * 0.6**2), axis=-1)
    nearest = lambda x: np.argmin(((x[..., None, :] - centres) ** 2).sum(-1), -1)
    found, variance = np.zeros((runs, 4)), np.zeros(4)
    for r in range(runs):
        z = np.random.default_rng([seed, 2, r]).normal(size=(J, 2)) * width
        log_w = log_rho(z) + (z**2).sum(1) / (2 * width**2)
        x = reverse(z, log_w, particles, seed + 100 * r, steps=200)
        found[r] = np.bincount(nearest(x), minlength=4) / particles
        variance += [carried(z, log_w, lambda z: 1.0 * (nearest(z) == k), particles)[1] / runs**2 for k in range(4)]  # noqa: B023
    for k in range(4):
        what = f"four modes: weight {k + 1}"
        report.claim(what, found[:, k].mean(), se=np.sqrt(variance[k]), expected=share[k], tolerance=0.003, source="the target's own")
    report.claim("four modes: error of a weight in a run, rms", np.sqrt(np.mean((found - share) ** 2)), below=0.03, source="catalogue: within 0.03")
    draws = erg.sample(lambda x: -log_rho(x), space=erg.Real(2), draws=particles, chains=4, seed=seed, progress=False)["x"].reshape(-1, 2)
    other = np.bincount(nearest(draws), minlength=4) / len(draws)
    tv = lambda p: 0.5 * np.abs(p - share).sum(-1).mean()
    report.note(f"four modes: total variation {tv(found):.3f} a run; NUTS, 4 chains: {tv(other):.3f}")


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


def rate(report, exact, covariance, seed, *, sizes=(125, 500, 2000), seeds=24, particles=4000):
    """Root mean square error of the mean against J, less what so many particles have of their own."""
    errors = []
    for J in sizes:
        off = []
        for k in range(seeds):
            z = np.random.default_rng([seed, J, k]).normal(size=(J, 2))
            off.append(reverse(z, log_likelihood(z), particles, seed + k, steps=100).mean(0) - exact)
        errors.append(np.sqrt(np.mean(np.square(off)) - np.trace(covariance) / 2 / particles))
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    se = np.sqrt(2) / np.log(sizes[-1] / sizes[0]) / np.sqrt(4 * seeds)  # the ends have 2 seeds degrees of freedom each
    report.claim("error falls as J^-1/2: slope", slope, se=se, expected=-0.5, tolerance=0.05, source="Monte Carlo")


@recipe("S108", "ensemble-score", family="sampling", cite="Score-based sampling with ensembles")
def run(size="quick", *, J=2000, particles=1500, steps=400, runs=None, seed=1):
    """Diffusion sampling of an unnormalised density with a score that an ensemble of proposals gives, without gradients or training.

    Forward x_t = a x_0 + s normal, a = exp(-t), s^2 = 1 - a^2. grad ln p_t(x) = (a m_t(x) - x) / s^2 with m_t(x) = E[x_0 | x_t = x], estimated by
    particles z_j of a proposal pi with weights rho(z_j)/pi(z_j) exp(-|x - a z_j|^2 / 2 s^2). The target here is the posterior of y = A x + noise
    under a normal prior, which is also the proposal. Measured are means and covariances over runs with z_j of their own, with the errors of
    importance sampling and of the particles (0.024 and 0.019 a run for J = 2000), and against importance sampling with the same z_j, which a
    fixed ensemble becomes as t -> 0: particles end near some z_j.

    In full size Foellmer's process, four modes beside NUTS, a banana in ten dimensions, and the error against J. Not measured: preconditioning by the
    moments of the ensemble.
    """
    report = Report()
    covariance = np.linalg.inv(np.eye(2) + A.T @ A / NOISE**2)
    mean = covariance @ A.T @ Y / NOISE**2
    for what, value, expected in (
        ("mean 1", mean[0], 0.65511), ("mean 2", mean[1], -0.31385), ("covariance 11", covariance[0, 0], 0.33051),
        ("covariance 12", covariance[0, 1], -0.13865), ("covariance 22", covariance[1, 1], 0.23378),
    ):  # fmt: skip
        report.claim(f"posterior, exact: {what}", value, expected=expected, tolerance=6e-6, source="catalogue, two derivations")
    g = np.linspace(-8, 8, 801)
    prior = np.exp(-0.5 * (g[:, None] ** 2 + g**2))
    L = np.exp(log_likelihood(np.stack(np.meshgrid(g, g, indexing="ij"), -1)))
    share = np.sum(prior * L) ** 2 / np.sum(prior * L**2) / prior.sum()

    runs = runs or {"quick": 3, "full": 16}[size]
    names = [f"mean of x_{k + 1}" for k in range(2)] + [f"covariance {i + 1}{j + 1}" for i, j in ((0, 0), (0, 1), (1, 1))]
    exact = np.array([*mean, *covariance[[0, 0, 1], [0, 1, 1]]])
    products = lambda x, m: [x[:, 0], x[:, 1], (x[:, 0] - m[0]) ** 2, (x[:, 0] - m[0]) * (x[:, 1] - m[1]), (x[:, 1] - m[1]) ** 2]
    got, same, variance, effective, nearest = np.zeros((runs, 5)), np.zeros((runs, 5)), np.zeros(5), [], []
    for r in range(runs):
        z = np.random.default_rng([seed, r]).normal(size=(J, 2))
        log_w = log_likelihood(z)
        w, centre = weighted(z, log_w)
        effective.append(1 / np.sum(w**2))
        x = reverse(z, log_w, particles, 1000 * seed + r, steps=steps)
        got[r] = [v.mean() for v in products(x, x.mean(0))]
        for i in range(5):
            same[r, i], v = carried(z, log_w, lambda z: products(z, centre)[i], particles)  # noqa: B023
            variance[i] += v / runs**2
        nearest.append(np.median(np.min(np.sum((x[:200, None] - z) ** 2, -1), 1)) ** 0.5)
    source = "quadrature; catalogue: 590 of 2000"
    report.claim("effective size of the ensemble, over J", np.mean(effective) / J, expected=share, tolerance=0.03, source=source)
    v = np.diag(covariance)
    own = np.sqrt([*v, *[v[i] * v[j] + covariance[i, j] ** 2 for i, j in ((0, 0), (0, 1), (1, 1))]])
    for i, name in enumerate(names):
        off = got[:, i].mean() - same[:, i].mean()
        report.claim(name, got[:, i].mean(), se=np.sqrt(variance[i]), expected=exact[i], tolerance=0.01, source="closed form")
        what = f"{name}, less that of importance sampling with these z"
        report.claim(what, off, se=own[i] / np.sqrt(particles * runs), expected=0.0, tolerance=0.01, source="catalogue: within 0.05 in a run")
    report.claim("distance of a particle from the nearest z, median", np.mean(nearest), below=3 * np.sqrt(2e-3), source="the last s is 0.045")

    if size == "full":
        for i, sd in ((0, 0.024), (1, 0.019), (2, 0.019)):
            report.spread(f"{names[i]}: sd over runs", got[:, i], expected=sd, tolerance=0.003, source="catalogue, two derivations")
        clouds = [follmer(log_likelihood, 2, J, particles, 1000 * seed + r) for r in range(8)]
        values = np.array([[v.mean() for v in products(x, x.mean(0))] for x in clouds])
        for i, name in enumerate(names):
            report.mean(f"Foellmer: {name}", values[:, i], expected=exact[i], tolerance=0.01, source="closed form")
        four_modes(report, seed)
        banana(report, seed)
        rate(report, mean, covariance, seed)
    return report
