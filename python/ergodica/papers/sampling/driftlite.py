"""S045: controls that keep the weights of a diffusion model's particles even."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe

SIDES, PRIOR = np.array([-1.0, 1.0]), np.array([0.3, 0.7])


def noised(d, apart, variance):
    """log p_t of the noised mixture, dx = -x dt + sqrt(2) dW from sum_i w_i N(+-apart e_1, variance), as a function of x and t."""
    e1 = np.eye(d)[0]

    def log_p(x, t):
        a = np.exp(-t)
        s2 = variance * a**2 + 1 - a**2
        squares = np.stack([np.sum((x - a * apart * side * e1) ** 2) for side in SIDES])
        z = np.log(PRIOR) - squares / (2 * s2)
        return np.max(z) + np.log(np.sum(np.exp(z - np.max(z)))) - 0.5 * d * np.log(2 * np.pi * s2)

    return log_p


def squared(d, apart, variance, t):
    """A draw from p_t^2, normalised: pairs of components i, j make N((m_i + m_j)/2, s^2/2), with weights w_i w_j exp(-|m_i - m_j|^2 / 4 s^2)."""
    a = np.exp(-t)
    s2 = variance * a**2 + 1 - a**2
    middle = 0.5 * a * apart * (SIDES[:, None] + SIDES)
    share = PRIOR[:, None] * PRIOR * np.exp(-((a * apart * (SIDES[:, None] - SIDES)) ** 2) / (4 * s2))
    edges, at = np.cumsum(share.ravel() / share.sum()), middle.ravel()

    def draw(key):
        which, how = erg.random.split(key)
        i = np.minimum(np.sum(erg.random.uniform(which) > edges), 3)
        return np.take(at, i) * np.eye(d)[0] + np.sqrt(s2 / 2) * erg.random.normal(how, (d,))

    return draw


def right(apart, variance, gamma):
    """Share of x_1 > 0 under p_0^gamma, by the midpoint rule over the axis of the modes."""
    x = (np.arange(400_000) + 0.5) / 400_000 * 2 * (apart + 8) - apart - 8
    p = (PRIOR * np.exp(-((x[:, None] - apart * SIDES) ** 2) / (2 * variance))).sum(1) ** gamma
    return p[x > 0].sum() / p.sum()


def annealed(basis, steps, particles, chains, seed, *, d, apart, variance, T, gamma=2.0):
    """Populations that end at p_0^2 without resampling: ESS/N, weight of x_1 > 0, variance across the axis. b = grad phi, phi in basis."""
    log_p = noised(d, apart, variance)
    score = lambda x, s: erg.grad(log_p)(x, T - s)
    phi = {"log p": lambda x, s: log_p(x, T - s), "x^2/2": lambda x, s: np.sum(x**2) / 2}
    flow = erg.FeynmanKac(
        np.linspace(0, T, steps + 1),
        initial=squared(d, apart, variance, T),
        drift=lambda x, s: x + 2 * gamma * score(x, s),
        noise=np.sqrt(2),
        log_weight_rate=lambda x, s: gamma * (gamma - 1) * np.sum(score(x, s) ** 2),
        score=lambda x, s: gamma * score(x, s),
        potentials=[phi[name] for name in basis],
    )
    run = erg.sample(flow, erg.WeightedEuler(ess=0), draws=particles, chains=chains, seed=seed, progress=False)
    w = np.exp(run.log_weights - run.log_weights.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    x = run["x"]
    across = x[..., 1:]
    mean = np.sum(w[..., None] * across, 1, keepdims=True)
    return run.info["ess"] / particles, np.sum(w * (x[..., 0] > 0), 1), np.sum(w[..., None] * (across - mean) ** 2, 1).mean(1)


def error(values):
    return values.std(ddof=1) / np.sqrt(len(values))


def forty(report, seed, *, gamma=1.5, T=6.0, steps=1500, particles=4000):
    """Forty Gaussians of unit variance in the plane to the power 3/2: shares of the modes, by controlled particles and by parallel tempering."""
    random = np.random.default_rng(40)
    means, prior = random.uniform(-40, 40, (40, 2)), random.dirichlet(np.full(40, 3.0))

    def log_p(x, t):
        a = np.exp(-t)
        z = np.log(prior) - 0.5 * np.sum((x - a * means) ** 2, axis=1)  # the noise keeps a unit variance
        return np.max(z) + np.log(np.sum(np.exp(z - np.max(z))))

    shares = lambda x, w: np.bincount(np.argmin(((x[:, None] - means) ** 2).sum(-1), 1), w, 40)
    grid = np.stack(np.meshgrid(*[np.linspace(-46, 46, 921)] * 2), -1).reshape(-1, 2)
    dense = np.sum([w * np.exp(-0.5 * ((grid - m) ** 2).sum(-1)) for m, w in zip(means, prior, strict=True)], 0) ** gamma
    exact = shares(grid, dense / dense.sum())
    tau = np.geomspace(T, 1e-3, steps + 1)  # small steps where the modes part
    score = lambda x, s: erg.grad(log_p)(x, T - s)
    flow = erg.FeynmanKac(
        T - tau,
        initial=lambda key: erg.random.normal(key, (2,)) * np.sqrt(1 / gamma),
        drift=lambda x, s: x + 2 * gamma * score(x, s),
        noise=np.sqrt(2),
        log_weight_rate=lambda x, s: gamma * (gamma - 1) * np.sum(score(x, s) ** 2),
        score=lambda x, s: gamma * score(x, s),
        potentials=[lambda x, s: log_p(x, T - s), lambda x, s: np.sum(x**2) / 2],
    )
    run = erg.sample(flow, draws=particles, chains=8, seed=seed, progress=False)
    w = np.exp(run.log_weights - run.log_weights.max())
    found = shares(run["x"].reshape(-1, 2), (w / w.sum()).reshape(-1))
    ladder = np.geomspace(1, 400, 16) / gamma
    energy = lambda x: -log_p(x, 1e-3)
    tempered = erg.sample(
        energy, erg.ParallelTempering(kernel=erg.HMC()), space=erg.Real(2), kT=ladder.tolist(), draws=20_000, chains=4, seed=seed, progress=False
    )
    other = shares(tempered["x"][0].reshape(-1, 2), None) / tempered["x"][0].reshape(-1, 2).shape[0]
    report.claim("forty modes, gamma = 3/2: total variation of the shares", 0.5 * np.abs(found - exact).sum(), below=0.06, source="quadrature")
    report.claim("parallel tempering: total variation", 0.5 * np.abs(other - exact).sum(), below=0.06, source="quadrature")


@recipe("S045", "driftlite", family="sampling", cite="DriftLite: Lightweight Drift Control for Inference-Time Scaling of Diffusion Models")
def run(size="quick", *, d=10, apart=2.0, variance=0.25, T=3.0, steps=300, particles=2000, chains=None, seed=1):
    """Annealing p_t of a diffusion model to p_t^2: particles that are guided alone lose their weights, with a fitted control they keep them.

    Reverse time s = T - t, q_s = p_t^gamma. Particles move by v = x + 2 gamma grad log p with noise sqrt(2), and log weights grow at the rate
    U = d/ds log q + div v + v.grad log q - lap log q - |grad log q|^2 = gamma (gamma - 1) |grad log p|^2 + const. A control b = sum theta_i b_i
    changes U by div b + b.grad log q; theta minimises its weighted variance (VCG). Here p_0 is a mixture of two Gaussians on the first axis.
    """
    report = Report()
    chains = chains or {"quick": 4, "full": 24}[size]
    case: Any = {"d": d, "apart": apart, "variance": variance, "T": T}
    exact = right(apart, variance, 2.0)
    report.claim("weight of the right mode of p^2", exact, expected=0.84483, tolerance=6e-6, source="catalogue, quadrature")

    ess, weight, across = annealed(("log p", "x^2/2"), steps, particles, chains, seed, **case)
    report.claim("VCG, {grad log p, x}: least ESS/N", ess.min(), above=0.93, source="catalogue: 0.949 to 0.958 in 24 runs")
    report.claim("VCG: weight of the right mode, farthest run", np.abs(weight - exact).max(), below=0.025, source="catalogue: sd of a run 0.008")
    mean = weight.mean()
    report.claim("VCG: weight of the right mode, mean of runs", mean, se=error(weight), expected=exact, tolerance=0.006, source="quadrature")
    report.claim(
        "VCG: transverse variance", across.mean(), se=error(across), expected=0.132, tolerance=0.0013, source="catalogue: 1/8 + Euler's bias"
    )

    ess, _, _ = annealed(("log p",), steps, particles, 2, seed, **case)
    report.claim("VCG, {grad log p}: ESS/N", ess.mean(), above=0.89, below=0.92, source="catalogue: 0.90 to 0.91")
    ess, _, _ = annealed((), steps, particles, chains, seed, **case)
    report.claim("no control: largest ESS/N", ess.max(), below=0.02, source="catalogue: 0.0006 to 0.0086 in 24 runs")

    _, _, finer = annealed(("log p", "x^2/2"), 2 * steps, particles, chains // 2, seed, **case)
    report.claim("transverse variance, half the step", finer.mean(), se=error(finer), expected=0.128, tolerance=0.0013, source="catalogue")
    if size == "full":
        forty(report, seed)
    return report
