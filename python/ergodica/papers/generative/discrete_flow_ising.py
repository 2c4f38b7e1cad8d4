"""S018: discrete flow matching of the Ising model, over temperatures and sizes of the lattice."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

import ergodica as erg
from ergodica.papers import Report, recipe

CRITICAL = 2.269185
M = {1.8: (0.95633, 0.95652, 0.95674), CRITICAL: (0.84386, 0.80498, 0.77733), 3.0: (0.60129, 0.44893, 0.34603)}  # <|m|> of L = 4, 6, 8
LN_Z = {4: 0.970120, 6: 0.947543, 8: 0.939715}  # lnZ / L^2 at T = 2.269185
BARRIER = 3.1944  # ln[max P(M) / P(0)] of L = 8 there
CATALOGUE = "exact, two derivations"


def bonds(x):
    """Sum of s_i s_j over the bonds of periodic L x L lattices, for x (n, L^2) of zeros and ones."""
    L = round(np.sqrt(x.shape[-1]))
    s = 2.0 * x.reshape(-1, L, L) - 1
    return np.sum(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2)), (1, 2))


def enumerated(T):
    """All states of L = 4 and exp(-H/T) but for a factor, by values of the upper and of the lower eight sites (256, 256)."""
    states = (np.arange(2**16)[:, None] >> np.arange(16)[::-1]) & 1
    return states, np.exp((bonds(states) - 32) / T).reshape(256, 256)


def exact(T, source):
    """The logits of p(x_1^i | x_t) of L = 4, by the sum over all states: every site of x_t is a factor, so that it is a product of matrices."""
    states, weights = enumerated(T)
    half = states[:256, 8:].astype(float)

    def denoiser(x, t):
        values = np.arange(2) == x[:, :, None]
        if source == "mask":
            share = np.where((x == 2)[:, :, None], 1.0, np.where(values, 1.0, 1e-30))
        else:
            share = t[:, None, None] * np.where(values, 1.0, 0.0) + (1 - t[:, None, None]) / 2
        z = np.log(share)
        upper, lower = (np.exp(z[:, a : a + 8, 0] @ (1 - half.T) + z[:, a : a + 8, 1] @ half.T) for a in (0, 8))
        upper, lower = upper * (lower @ weights.T), lower * (upper @ weights)
        one, none = (np.concatenate([upper @ h, lower @ h], axis=1) for h in (half, 1 - half))
        return np.stack([np.log(np.maximum(none, 1e-300)), np.log(np.maximum(one, 1e-300))], axis=-1)

    return denoiser


class Denoiser(erg.nn.Module):
    """Logits of periodic convolutions of the spins, of what is masked and of the mean spin; odd in the spins, for any L."""

    net: erg.nn.ConvNet

    def __call__(self, x, beta):
        L = round(np.shape(x)[1] ** 0.5)
        seen = np.reshape(np.where(x == 2, 0.0, 2.0 * x - 1.0), (-1, L, L)).astype(np.float32)
        mask, mean = (seen == 0).astype(np.float32), np.mean(seen, axis=(1, 2))[:, None, None] + np.zeros_like(seen)
        beta = np.reshape(beta, (-1, 1)).astype(np.float32)
        up, down = (self.net(np.stack([s * seen, mask, s * mean], axis=1), context=beta) for s in (1, -1))
        y = np.reshape(up - down, np.shape(x))
        return np.stack([-y, y], axis=-1)


def size_of(x):
    return np.abs(2 * x.mean(-1) - 1)


def revealed(model, L, T, n, seed):
    """Draws (n, L^2) site by site, in parts, and ln[exp(-H/T) / q]."""
    at = lambda x, t: model(x, np.zeros(np.shape(x)[0]) + 1 / T)
    words: dict[str, Any] = {"process": erg.DiscreteFlowMatching(2), "shape": (L * L,), "log_density": True}
    parts = [erg.generate(at, min(n, 2500), erg.Reveal(), seed=1000 * seed + k, **words) for k in range(max(1, n // 2500))]
    x, log_q = (np.concatenate(p) for p in zip(*parts, strict=True))
    return x, bonds(x) / T - log_q


def weighted(report, name, x, log_w, expected_m, expected_z, ess):
    """Claim what weights give, with the errors that they show: <|m|>, lnZ/N, ESS/n."""
    n, sites = x.shape
    w, m = np.exp(log_w - log_w.max()), size_of(x)
    w /= w.mean()
    mean = np.mean(w * m)
    se = np.std(w * (m - mean)) / np.sqrt(n)
    report.claim(f"{name}: weighted <|m|>", mean, se=se, expected=expected_m, tolerance=5e-6, source=CATALOGUE)
    if expected_z is not None:
        ln_z = (logsumexp(log_w) - np.log(n)) / sites
        report.claim(f"{name}: weighted lnZ/N", ln_z, se=np.std(w) / np.sqrt(n) / sites, expected=expected_z, tolerance=1e-6, source=CATALOGUE)
    report.claim(f"{name}: ESS/n", 1 / np.mean(w**2), above=ess, source="catalogue")
    return w


def barrier(x, w):
    """ln[max P(M) / P(0)] of weighted draws, P(M) = P(-M), and its error by the counts."""
    first, second = (np.bincount(x.sum(1), weights=v, minlength=x.shape[1] + 1) for v in (w, w**2))
    top, zero = np.argmax(first + first[::-1]), x.shape[1] // 2
    high, low = (first[top] + first[-1 - top]) / 2, first[zero]
    return np.log(high / low), np.sqrt((second[top] + second[-1 - top]) / 4 / high**2 + second[zero] / low**2)


@recipe("S018", "discrete-flow-ising", family="generative",
        cite="Flow matching for discrete systems across lattice sizes and temperatures")  # fmt: skip
def run(size="quick", *, steps=None, draws=None, seed=1):
    """Discrete flow matching of the Ising model: one net for several temperatures and lattices, with exact weights.

    p_t(x^i | x_1) = t delta(x^i, x_1^i) + (1 - t) p_0(x^i), p_0 a mask or a fair coin. A net that commutes with translations gives
    p(x_1^i | x_t, T), trained by cross entropy on draws of exp(sum s_i s_j / T). In time, a site jumps with the rate 1 / (1 - t) to a value drawn
    from it; revealed one by one in random order, masked sites have a likelihood q, and F = -T ln <exp(-H/T) / q>.

    Measured: for L = 4 with the exact denoiser <|m|> of jumps in 96 and 8 steps, and lnZ of revealed sites, whose weights are then all the same;
    with a net <|m|>, lnZ and the effective sample size. Full: trained on L = 4, 6 at four temperatures, tested on L = 8.
    """
    report, rng, full = Report(), np.random.default_rng([seed, 18]), size == "full"
    for source, low, bias in (("mask", 0.70, 0.012), ("uniform", 0.80, 0.004)):  # of first order in the step: a twelfth of that of 8 steps
        flow, model = erg.DiscreteFlowMatching(2, source), exact(CRITICAL, source)
        for count, value, tolerance in ((96, M[CRITICAL][0], bias), (8, low, 0.03)):
            m = size_of(erg.generate(model, 2000, erg.TauLeaping(count), process=flow, shape=(16,), seed=seed))
            report.mean(f"exact denoiser, {source}, {count} steps: <|m|>", m, expected=value, tolerance=tolerance, source="catalogue")
    x, log_q = erg.generate(exact(CRITICAL, "mask"), 500, erg.Reveal(), process=erg.DiscreteFlowMatching(2), shape=(16,), log_density=True, seed=seed)
    z = (bonds(x) / CRITICAL - log_q) / 16
    report.claim("exact denoiser, revealed: lnZ/N", z.mean(), expected=LN_Z[4], tolerance=1e-6, source=CATALOGUE)
    report.claim("the same: largest difference between draws", np.ptp(z), below=1e-10, source="the law itself in any order")
    report.mean("the same: <|m|>", size_of(x), expected=M[CRITICAL][0], source=CATALOGUE)

    sizes, temperatures = ((4, 6), (1.8, 2.27, 3.0, 4.0)) if full else ((4,), (CRITICAL,))
    rows, count, width, draws = 20_000, steps or (1800 if full else 350), 24 if full else 16, draws or (20_000 if full else 5000)
    data = []
    for L in sizes:
        if full:
            words: dict[str, Any] = {"sweeps": 5 * rows // 8, "every": 5, "warmup": 500, "chains": 8, "observe": "configuration", "progress": False}
            each = [erg.sample(erg.lattice.Ising((L, L)), erg.Wolff(), kT=T, seed=seed, **words)["configuration"] for T in temperatures]
            data.append(np.concatenate([np.asarray(s).reshape(-1, L * L) > 0 for s in each]).astype(np.int8))
        else:
            states, weights = enumerated(CRITICAL)
            data.append(states[rng.choice(2**16, rows, p=weights.ravel() / weights.sum())].astype(np.int8))
    beta = np.repeat(1 / np.array(temperatures), rows)

    def loss(model, batch, key):
        *lattices, beta = batch
        at = lambda x, t: model(x, beta)
        return sum(erg.DiscreteFlowMatching(2).loss(at, x, k) / x.shape[1] for x, k in zip(lattices, erg.random.split(key, len(sizes)), strict=True))

    net = Denoiser(erg.nn.ConvNet(3, [width] * 4, 1, activation="silu", residual=True, context=1, dtype=np.float32, seed=seed))
    method = erg.Adam(erg.learning.schedules.Cosine(5e-3, count))
    fit = erg.learn(loss, net, method, data=(*data, beta), batch=128, steps=count, every=50, seed=seed, progress=False)

    L = 8 if full else 4
    x, log_w = revealed(fit.model, L, CRITICAL, draws, seed)
    w = weighted(report, f"net, L = {L}", x, log_w, M[CRITICAL][(L - 4) // 2], LN_Z[L], 0.3 if full else 0.7)
    if full:
        height, se = barrier(x, w)
        words = {"expected": BARRIER, "tolerance": 0.05, "source": CATALOGUE}  # the largest of several noisy counts is too large
        report.claim("net, L = 8: weighted barrier ln[max P(M) / P(0)]", height, se=se, **words)
        report.note(f"without weights: <|m|> {size_of(x).mean():.4f}, barrier {barrier(x, np.ones(len(x)))[0]:.2f}, lnZ/N {log_w.mean() / 64:.5f}")
        for T in (1.8, 3.0):
            for L in (4, 6):
                x, log_w = revealed(fit.model, L, T, min(draws, 5000), seed)
                weighted(report, f"net, L = {L}, T = {T}", x, log_w, M[T][(L - 4) // 2], None, 0.3)
    else:
        report.claim("net, L = 4: <|m|> without weights", size_of(x).mean(), expected=M[CRITICAL][0], tolerance=0.03, source="catalogue")
        report.claim("net, L = 4: mean of (-H/T - ln q)/N", log_w.mean() / 16, expected=LN_Z[4], tolerance=0.005, source="catalogue")
    return report
