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


def flow(log_p, gamma, times, T, initial, basis=(), energy=False):
    """Particles that follow p_{T-s}^gamma backwards: v = x + 2 gamma grad log p; controls b = sum theta_i grad phi_i with phi in basis.

    theta minimises the weighted variance of U (VCG), or with ``energy`` solves E[grad phi_i . grad phi_j] theta_j = E[(U - mean) phi_i] (ECG).
    """
    score = lambda x, s: erg.grad(log_p)(x, T - s)
    drift = lambda x, s: x + 2 * gamma * score(x, s)
    rate = lambda x, s: gamma * (gamma - 1) * np.sum(score(x, s) ** 2)
    phi = [{"log p": lambda x, s: log_p(x, T - s), "x^2/2": lambda x, s: np.sum(x**2) / 2}[name] for name in basis]
    words: dict[str, Any] = {"initial": initial, "noise": np.sqrt(2)}
    if not energy:
        return erg.FeynmanKac(times, drift=drift, log_weight_rate=rate, score=lambda x, s: gamma * score(x, s), potentials=phi, **words)
    every = lambda f, x, s: np.stack([f(q)(x, s) for q in phi])

    def theta(cloud, s):
        slopes, values = erg.vmap(lambda x: every(erg.grad, x, s))(cloud.x), erg.vmap(lambda x: every(lambda q: q, x, s))(cloud.x)
        U = erg.vmap(lambda x: rate(x, s))(cloud.x)
        U = cloud.weights * (U - cloud.weights @ U)
        return np.linalg.solve(np.einsum("n,nid,njd->ij", cloud.weights, slopes, slopes), U @ values)

    def steered(x, s, cloud):
        return drift(x, s) + theta(cloud, s) @ every(erg.grad, x, s)

    def rest(x, s, cloud):
        spread = every(lambda q: lambda x, s: erg.laplacian(lambda x: q(x, s))(x), x, s)
        return rate(x, s) + theta(cloud, s) @ (spread + every(erg.grad, x, s) @ (gamma * score(x, s)))

    return erg.FeynmanKac(times, drift=steered, log_weight_rate=rest, **words)


def annealed(basis, steps, particles, chains, seed, *, d, apart, variance, T, gamma=2.0, energy=False, ess=0.0):
    """Populations that end at p_0^2: ESS/N, weight of x_1 > 0, the same without weights, variance across the axis."""
    system = flow(noised(d, apart, variance), gamma, np.linspace(0, T, steps + 1), T, squared(d, apart, variance, T), basis, energy)
    run = erg.sample(system, erg.WeightedEuler(ess=ess), draws=particles, chains=chains, seed=seed, progress=False)
    w = np.exp(run.log_weights - run.log_weights.max(1, keepdims=True))
    w /= w.sum(1, keepdims=True)
    x = run["x"]
    across, right = x[..., 1:], x[..., 0] > 0
    mean = np.sum(w[..., None] * across, 1, keepdims=True)
    return run.info["ess"] / particles, np.sum(w * right, 1), right.mean(1), np.sum(w[..., None] * (across - mean) ** 2, 1).mean(1)


def distance(report, what, found, exact, bias):
    """Claim the total variation of shares, found (run, mode): what their noise alone gives, and little more."""
    se = found.std(0, ddof=1) / np.sqrt(len(found))
    noise, spread = 0.5 * np.sqrt(2 / np.pi) * se.sum(), 0.5 * np.sqrt((1 - 2 / np.pi) * np.sum(se**2))
    tv = 0.5 * np.abs(found.mean(0) - exact).sum()
    report.claim(f"{what}: total variation of the shares", tv, se=spread, dof=10, below=noise + bias, source=f"quadrature; noise gives {noise:.3f}")
    return tv


def forty(report, seed, *, gamma=1.5, T=6.0, steps=1500, particles=4000):
    """Forty Gaussians of unit variance in the plane to the power 3/2: shares of the modes, by controlled particles and by parallel tempering."""
    random = np.random.default_rng(40)
    means, prior = random.uniform(-40, 40, (40, 2)), random.dirichlet(np.full(40, 3.0))

    def log_p(x, t):
        a = np.exp(-t)
        z = np.log(prior) - 0.5 * np.sum((x - a * means) ** 2, axis=1)  # the noise keeps a unit variance
        return np.max(z) + np.log(np.sum(np.exp(z - np.max(z))))

    def shares(x, w=None):
        return np.bincount(np.argmin(((x[:, None] - means) ** 2).sum(-1), 1), w, 40)

    grid = np.stack(np.meshgrid(*[np.linspace(-46, 46, 921)] * 2), -1).reshape(-1, 2)
    dense = np.sum([w * np.exp(-0.5 * ((grid - m) ** 2).sum(-1)) for m, w in zip(means, prior, strict=True)], 0) ** gamma
    exact = shares(grid, dense / dense.sum())
    times = T - np.geomspace(T, 1e-3, steps + 1)  # small steps where the modes part
    initial = lambda key: erg.random.normal(key, (2,)) * np.sqrt(1 / gamma)
    tv = {}
    for name, basis in (("VCG", ("log p", "x^2/2")), ("guidance with resampling", ())):
        run = erg.sample(flow(log_p, gamma, times, T, initial, basis), draws=particles, chains=12, seed=seed, progress=False)
        w = np.exp(run.log_weights - run.log_weights.max(1, keepdims=True))
        found = np.array([shares(x, v / v.sum()) for x, v in zip(run["x"], w, strict=True)])
        tv[name] = 0.5 * np.abs(found - exact).sum(1)
        if basis:
            distance(report, "forty modes, gamma = 3/2", found, exact, 0.03)
    a, b = tv.values()
    report.mean("total variation of a run, less that of guidance with resampling", a - b, below=0.0, source="the paper's claim")
    report.note(f"forty modes: total variation of a run {a.mean():.3f}, of guidance with resampling {b.mean():.3f}")
    ladder = np.geomspace(1, 400, 16) / gamma
    words: dict[str, Any] = {"kT": ladder.tolist(), "draws": 20_000, "chains": 6, "seed": seed, "progress": False}
    run = erg.sample(lambda x: -log_p(x, 1e-3), erg.ParallelTempering(kernel=erg.HMC()), space=erg.Real(2), **words)
    distance(report, "parallel tempering", np.array([shares(x) / len(x) for x in run["x"][0]]), exact, 0.01)


@recipe("S045", "driftlite", family="sampling", cite="DriftLite: Lightweight Drift Control for Inference-Time Scaling of Diffusion Models")
def run(size="quick", *, d=10, apart=2.0, variance=0.25, T=3.0, steps=300, particles=2000, chains=None, seed=1):
    """Annealing p_t of a diffusion model to p_t^2: particles that are guided alone lose their weights, with a fitted control they keep them.

    Reverse time s = T - t, q_s = p_t^gamma. Particles move by v = x + 2 gamma grad log p with noise sqrt(2), and log weights grow at the rate
    U = d/ds log q + div v + v.grad log q - lap log q - |grad log q|^2 = gamma (gamma - 1) |grad log p|^2 + const. A control b = sum theta_i b_i
    changes U by div b + b.grad log q; theta minimises its weighted variance (VCG). Here p_0 is a mixture of two Gaussians on the first axis.

    Beside VCG: ECG, whose theta solves the weak form of div(q b) = -q (U - mean); no control, without and with resampling, and without weights,
    which is what guidance alone does. Euler's bias of the variance across the axis halves with the step. In full size forty modes to the power 3/2,
    beside parallel tempering.
    """
    report = Report()
    chains = chains or {"quick": 8, "full": 24}[size]
    case: Any = {"d": d, "apart": apart, "variance": variance, "T": T}
    paper = (d, apart, variance, T, steps, particles) == (10, 2.0, 0.25, 3.0, 300, 2000)
    exact, both = right(apart, variance, 2.0), ("log p", "x^2/2")
    if paper:
        report.claim("weight of the right mode of p^2", exact, expected=0.84483, tolerance=6e-6, source="catalogue, quadrature")

    ess, weight, _, across = annealed(both, steps, particles, chains, seed, **case)
    report.claim("VCG, {grad log p, x}: least ESS/N", ess.min(), above=0.93, source="catalogue: 0.949 to 0.958 in 24 runs")
    report.mean("VCG: weight of the right mode", weight, expected=exact, tolerance=0.002, source="quadrature; catalogue: 20 runs within 0.006")
    report.claim("VCG: the same, farthest run", np.abs(weight - exact).max(), below=0.045, source="catalogue: sd of a run 0.008, within 0.025")
    some = max(chains // 2, 4)
    one, *_ = annealed(("log p",), steps, particles, some, seed, **case)
    energetic, other, *_ = annealed(both, steps, particles, some, seed, energy=True, **case)
    report.mean("ECG: weight of the right mode", other, expected=exact, tolerance=0.003, source="quadrature")
    none, _, bare, _ = annealed((), steps, particles, chains, seed, **case)
    _, resampled, *_ = annealed((), steps, particles, chains, seed, ess=0.5, **case)
    if paper:
        report.mean("VCG, {grad log p}: ESS/N", one, above=0.9, below=0.91, source="catalogue: 0.90 to 0.91")
        report.claim("no control: largest ESS/N", none.max(), below=0.02, source="catalogue: 0.0006 to 0.0086 in 24 runs")
        limits: Any = {"se": 0.0013 / 4.9, "tolerance": 0.0005, "source": "catalogue: 1/8 + Euler's bias"}
        report.mean("VCG: variance across the axis", across, expected=0.132, **limits)
    report.mean("ESS/N of ECG, over no control", energetic / none.mean(), above=10.0, source="the paper's claim")
    report.note(f"ESS/N: VCG {ess.mean():.3f}, ECG {energetic.mean():.3f}, no control {none.mean():.4f}")
    report.note(f"guidance without weights: weight of the right mode {bare.mean():.4f}, in place of {exact:.4f}")
    off, rough = np.sqrt(np.mean((weight - exact) ** 2)), np.sqrt(np.mean((resampled - exact) ** 2))
    what, se = "error of VCG's weight, over that of guidance with resampling", off / rough / np.sqrt(chains)
    report.claim(what, off / rough, se=se, dof=chains, below=1.0, source="the paper's claim")

    _, _, _, finer = annealed(both, 2 * steps, particles, some, seed, **case)
    if paper:
        report.mean("variance across, half the step", finer, expected=0.128, **limits)
    se = np.sqrt(4 * finer.var(ddof=1) / some + across.var(ddof=1) / chains)
    words: Any = {"expected": variance / 2, "tolerance": 0.01 * variance, "source": "closed form, O(h^2)"}
    report.claim("variance across, to step 0", 2 * finer.mean() - across.mean(), se=se, dof=some - 1, **words)
    if size == "full":
        forty(report, seed)
    return report
