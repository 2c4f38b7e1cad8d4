"""S112: flows with Markov steps between their layers."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.nn.flows import MetropolisSteps, Normal
from ergodica.papers import Report, recipe

LOG_Z, DELTA_F, MEAN = 12.064929, 4.777274, -2.441097


def double_well(a, b, c, d):
    """The energy a x1^4/4 - b x1^2/2 + c x1 + d x2^2/2 of one point."""
    return lambda x: a * x[0] ** 4 / 4 - b * x[0] ** 2 / 2 + c * x[0] + d * x[1] ** 2 / 2


def quadrature(energy, d):
    """x1 and its density without the constant, log Z, F(x1 > 0) - F(x1 < 0), <x1>, mass of |x1| < 1 as it is and with both wells of one weight."""
    x = np.linspace(-8, 8, 320_001)
    p = np.exp(-energy(np.stack([x, np.zeros_like(x)])))
    Z, right = np.sum(p) * (x[1] - x[0]), np.sum(p[x > 0]) / np.sum(p)
    even = p * np.where(x > 0, 0.5 / right, 0.5 / (1 - right))
    inside = np.abs(x) < 1
    found = np.log(Z) + 0.5 * np.log(2 * np.pi / d), np.log((1 - right) / right), np.sum(p * x) / np.sum(p)
    return x, p, *found, np.sum(p[inside]) / np.sum(p), np.sum(even[inside]) / np.sum(p)


def model(energy, n, seed, flows=True, blocks=True, length=0.5):
    """Coupling layers of both halves, each followed by 20 Metropolis steps at u_lambda; without one or the other what is left."""
    layers: list[Any] = []
    for k, fraction in enumerate((0.25, 0.5, 0.75, 1.0)):
        layers += [erg.nn.CouplingFlow(n, 2, [32, 32], seed=10 * seed + k)] if flows else []
        layers += [MetropolisSteps(20, length, fraction)] if blocks else []
    return erg.nn.StochasticFlow(layers, energy, base=Normal((n,)))


def fitted(model, data, share, steps, seed, batch=256):
    """Share times the likelihood of the data and the rest reverse divergence, both over paths, minimised."""

    def loss(flow, batch, key):
        one, two = erg.random.split(key)
        x, log_q = flow.sample_with_log_density(one, len(batch))
        return (1 - share) * np.mean(flow.reduced(x) + log_q) - (share * np.mean(flow.log_density(batch, key=two)) if share else 0)

    words: dict[str, Any] = {"batch": batch, "steps": steps, "every": 100, "seed": seed, "progress": False}
    return erg.learn(loss, model, erg.Adam(1e-3), data=data, **words).model


@erg.compile
def thousand(model, key):
    """Ends (1000, n) and log weights of paths."""
    x, log_q = model.sample_with_log_density(key, 1000)
    return x, -model.reduced(x) - log_q


def paths(model, n, seed):
    ends, weights = zip(*[thousand(model, k) for k in erg.random.split(erg.random.key(seed), n // 1000)], strict=True)
    return np.concatenate(ends), np.concatenate(weights)


def weighed(x, log_w):
    """log Z, F(x1 > 0) - F(x1 < 0), their errors, ESS over the number of paths, unweighted mass of |x1| < 1."""
    w = np.exp(log_w - log_w.max())
    one, two = (w[side] for side in (x[:, 0] < 0, x[:, 0] > 0))
    se = w.std(ddof=1) / w.mean() / np.sqrt(len(w)), np.sqrt(np.sum(one**2) / one.sum() ** 2 + np.sum(two**2) / two.sum() ** 2)
    found = log_w.max() + np.log(w.mean()), np.log(one.sum() / two.sum())
    return *found, *se, w.mean() ** 2 / np.mean(w**2), np.mean(np.abs(x[:, 0]) < 1)


PIECES = np.array([[-1.2, 1.0, 0.35, 0.35], [1.2, 1.0, 0.35, 0.35], [0.0, -1.0, 1.4, 0.2]])
"""Centres and half sides of an image's white boxes: two eyes, a mouth."""


def outside(x):
    """Distance to the image's nearest white box; x (..., 2)."""
    over = np.maximum(np.abs(x[..., None, :] - PIECES[:, :2]) - PIECES[:, 2:], 0)
    return np.sqrt(np.min(np.sum(over**2, -1), -1))


def image(report, seed, steps):
    """Unweighted mass of a model of the image in the black."""
    rng = np.random.default_rng(seed)
    area = PIECES[:, 2] * PIECES[:, 3]
    box = PIECES[rng.choice(3, 20_000, p=area / area.sum())]
    data = box[:, :2] + box[:, 2:] * rng.uniform(-1, 1, (20_000, 2))
    over = lambda x: np.min(np.sum(np.maximum(np.abs(x - PIECES[:, :2]) - PIECES[:, 2:], 0) ** 2, -1))
    for blocks in (True, False):
        flow = model(lambda x: over(x) / (2 * 0.03**2), 2, seed, blocks=blocks, length=0.15)
        x, _ = paths(fitted(flow, data, 0.5, steps, seed), 20_000, seed)
        far = np.mean(outside(x) > 0.1)
        if blocks:
            report.claim("image: unweighted mass in the black", far, se=np.sqrt(far / 20_000), below=0.01, source="catalogue")
        else:
            report.note(f"image: unweighted mass of the flow in the black {far:.4f}")


@recipe("S112", "stochastic-normalizing-flows", family="sampling", cite="H. Wu, J. Koehler, F. Noe, Stochastic Normalizing Flows, arXiv:2002.06707")
def run(size="quick", *, a=1.0, b=6.0, c=1.0, d=1.0, steps=2000, draws=5000, runs=10, seed=1):
    """Metropolis steps between coupling layers let a flow reach wells that no smooth map parts, and every path still has an exact weight.

    Layers are invertible, dS = log |det J|, or 20 Metropolis steps at u_lambda = (1 - lambda) u_Z + lambda u, dS = u_lambda(x') - u_lambda(x), with
    lambda = 1/4 to 1. Of a path log w = -u(x_T) + u_Z(x_0) + sum dS, and the mean of w is Z. Trained is half the reverse divergence over paths, half
    the likelihood of as many points from either well of u = a x1^4/4 - b x1^2/2 + c x1 + d x2^2/2; derivatives pass through Metropolis steps as
    through the identity. Measured are log Z and the difference of free energies of the wells by 5000 weighted paths.

    In full size ``runs`` trainings of this, of the flow without blocks and blocks without flow: errors, ESS, and what lies between the wells; the
    reverse divergence alone; an image of three pieces.
    """
    report = Report()
    energy = double_well(a, b, c, d)
    grid, p, log_z, delta_f, mean, between, even = quadrature(energy, d)
    if (a, b, c, d) == (1.0, 6.0, 1.0, 1.0):
        two = "catalogue, two derivations"
        report.claim("log Z", log_z, expected=LOG_Z, tolerance=1e-6, source=two)
        report.claim("F(x1 > 0) - F(x1 < 0)", delta_f, expected=DELTA_F, tolerance=1e-4, source=two)
        report.claim("<x1>", mean, expected=MEAN, tolerance=1e-5, source=two)
    rng = np.random.default_rng(seed)
    wells = [np.interp(rng.uniform(size=5000), np.cumsum(q) / np.sum(q), grid) for q in (p * (grid < 0), p * (grid > 0))]
    data = np.stack([np.concatenate(wells), rng.normal(size=10_000) / np.sqrt(d)], 1)

    def claims(name, x, log_w):
        found = weighed(x, log_w)
        report.claim(f"{name}: log Z", found[0], se=found[2], expected=log_z, source="quadrature")
        report.claim(f"{name}: F(x1 > 0) - F(x1 < 0)", found[1], se=found[3], expected=delta_f, source="quadrature")
        return found

    flow = fitted(model(energy, 2, seed), data, 0.5, steps, seed)
    *_, ess, inside = claims("SNF", *paths(flow, draws, seed))
    report.note(f"SNF: ESS/N {ess:.3f}, unweighted mass of |x1| < 1 {inside:.4f}")
    claims("blocks alone", *paths(model(energy, 2, seed, flows=False), draws, seed))
    if size == "quick":
        return report
    errors: dict[str, np.ndarray] = {}
    for name, words in (("SNF", {}), ("flow", {"blocks": False}), ("blocks", {"flows": False})):
        rows = []
        for s in range(seed, seed + runs):
            m = model(energy, 2, s, **words)
            rows.append(weighed(*paths(m if name == "blocks" else fitted(m, data, 0.5, steps, s), draws, s)))
        errors[name] = np.array(rows)
        f = errors[name][:, 1] - delta_f
        report.mean(f"{name}, {runs} runs: mean error of the difference of free energies", f, expected=0.0, tolerance=0.02, source="quadrature")
        ess, inside = errors[name][:, 4:].mean(0)
        report.note(f"{name}: RMSE of it {np.sqrt(np.mean(f**2)):.3f}, ESS/N {ess:.3f}, unweighted mass of |x1| < 1 {inside:.5f}")
    share = errors["flow"][:, 5].mean() / errors["SNF"][:, 5].mean()
    se = share * np.sqrt(sum(1 / (draws * errors[name][:, 5].sum()) for name in ("flow", "SNF")))  # of two counts
    report.claim("unweighted mass of |x1| < 1, flow over SNF", share, se=se, above=2.0, source="catalogue")
    report.note(f"exact mass of |x1| < 1 {between:.5f}, with both wells of one weight {even:.5f}")
    for name, words, limits in (("SNF", {}, {"above": 0.03}), ("flow", {"blocks": False}, {"below": 1e-4})):
        x, _ = paths(fitted(model(energy, 2, seed, **words), data, 0.0, steps, seed), 100_000, seed)
        report.claim(f"{name}, reverse divergence alone: mass of the right well", np.mean(x[:, 0] > 0), source="catalogue: 0.12 and 0", **limits)
    image(report, seed, steps)
    return report
