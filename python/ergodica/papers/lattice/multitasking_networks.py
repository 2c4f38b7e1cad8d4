"""S166: networks that retrieve several diluted patterns at once, and learn them from examples."""

import itertools
import math

import numpy as np
from scipy.optimize import brentq

import ergodica as erg
from ergodica.papers import Report, recipe


def averages(K, d):
    """All values of K diluted signs, (3^K, K), with their probabilities."""
    xi = np.array(list(itertools.product((-1, 0, 1), repeat=K)))
    return xi, np.prod(np.where(xi == 0, d, (1 - d) / 2), axis=1)


def fixed_point(K, d, beta, start):
    """Iterate m = E[xi tanh(beta xi.m)]; beta may be infinite."""
    xi, p = averages(K, d)
    m = np.asarray(start, float)
    for _ in range(20_000):
        h = xi @ m
        new = (p * (np.sign(h) if math.isinf(beta) else np.tanh(beta * h))) @ xi
        if np.abs(new - m).max() < 1e-13:
            break
        m = new
    return m


def boundary(beta):
    """The dilution at which two unequal amplitudes become equal: where the equal ones, (m, m), no longer resist a difference."""
    def slope(d):
        xi, p = averages(2, d)
        m = brentq(lambda m: (p * np.tanh(beta * m * xi.sum(1))) @ xi[:, 0] - m, 1e-3, 1)
        return beta * (p / np.cosh(beta * m * xi.sum(1)) ** 2) @ (xi[:, 0] ** 2 - xi[:, 0] * xi[:, 1]) - 1
    return brentq(slope, 0.7, 0.85)


def retrieved(patterns, kT, sweeps, seed, start):
    """Overlaps at the end of a run from a configuration."""
    return erg.sample(erg.lattice.Hopfield(patterns), erg.HeatBath(), kT=kT, sweeps=sweeps, every=sweeps, warmup=0, chains=1, seed=seed, start=start,
                      observe=["overlaps", "configuration"], progress=False)  # fmt: skip


def diluted(rng, shape, d):
    return rng.choice([-1, 0, 1], size=shape, p=[(1 - d) / 2, d, (1 - d) / 2])


@recipe("S166", "multitasking-networks", family="lattice", cite="E. Agliari et al., Phys. Rev. Lett. 109, 268101 (2012); arXiv:2308.04106")
def run(size="quick", *, N=30_000, K=3, d=0.3, beta=20.0, samples=4, seed=1):
    """Patterns that say nothing at a share d of the spins are retrieved several at once: hierarchically when d is small, equally when it is large.

    E = -(1/2N) sum_mu (sum_i xi^mu_i s_i)^2 for few patterns; amplitudes solve m = E[xi tanh(beta xi.m)]. At kT = 0 they are (1 - d) d^(mu-1) while
    sum_(k<K) d^k < 1. In full size the network learns a pattern from M noisy copies eta = chi xi, P(chi = 1) = (1 + r)/2: from the sums of the copies
    (supervised, whole numbers as patterns) or from all copies as patterns (unsupervised), both at kT = 0 from the true pattern.
    """
    report = Report()
    two = "catalogue, two derivations"
    inf = math.inf
    for dilution in (0.3, 0.6):
        want = (1 - dilution) * dilution ** np.arange(3)
        off = np.abs(fixed_point(3, dilution, inf, want) - want).max()
        report.claim(f"hierarchy at kT = 0, d = {dilution}", off, below=1e-12, source="closed form")
    want = (1 - 0.64) * 0.64 ** np.arange(3)
    report.claim("it is none at d = 0.64 > 0.618", np.abs(fixed_point(3, 0.64, inf, want) - want).max(), above=0.01, source="d + d^2 > 1")
    for factor, above, below in ((0.97, 0.05, inf), (1.03, -inf, 1e-6)):
        m = fixed_point(1, 0.3, 1 / (0.7 * factor), [0.5])[0]
        report.claim(f"one pattern at kT = {factor} (1 - d)", m, above=above, below=below, source="orders at kT = 1 - d")
    for dilution, known in ((0.7, (0.2970, 0.2129)), (0.8, (0.1798, 0.1798))):
        for mu, (x, w) in enumerate(zip(fixed_point(2, dilution, 20, (0.5, 0.3)), known, strict=True), 1):
            report.claim(f"K = 2, beta = 20, d = {dilution}: amplitude {mu}", x, expected=w, tolerance=1e-4, source=two)
    report.claim("amplitudes become equal at d", boundary(20), expected=0.77696, tolerance=1e-5, source=two)

    expected = fixed_point(K, d, beta, (1 - d) * d ** np.arange(K))
    found = []
    for k in range(samples):
        rng = np.random.default_rng([seed, k])
        patterns = diluted(rng, (K, N), d)
        start = np.where(patterns[0] == 0, rng.choice([-1, 1], N), patterns[0])
        m = retrieved(patterns, 1 / beta, 200, seed + k, start)["overlaps"]
        found.append(np.sort(np.abs(np.asarray(m)[0, -1]))[::-1])
    for mu, x in enumerate(np.array(found).T):  # the quenched noise of a sample is of order 1/sqrt(N); for weak amplitudes the mean is shifted too
        report.claim(f"N = {N}: amplitude {mu + 1}, mean of {samples} samples", x.mean(), expected=expected[mu], tolerance=4 / np.sqrt(N),
                     source="fixed point")  # fmt: skip
    if size == "full":
        learning(report, seed)
    return report


def learning(report, seed, d=0.2, r=0.3, M=21, N=4000, samples=8):
    """Amplitudes of the true pattern after learning from examples; curves against M."""
    curves = {}
    for copies in (5, M, 41):
        kinds: dict[str, list[float]] = {"supervised": [], "unsupervised": []}
        for k in range(samples):
            rng = np.random.default_rng([seed, copies, k])
            xi = diluted(rng, N, d)
            eta = xi * rng.choice([-1, 1], size=(copies, N), p=[(1 - r) / 2, (1 + r) / 2])
            start = np.where(xi == 0, rng.choice([-1, 1], N), xi)
            for kind, patterns in (("supervised", eta.sum(0, keepdims=True)), ("unsupervised", eta)):
                s = np.asarray(retrieved(patterns, 0.0, 30, seed + k, start)["configuration"])[0, -1]
                kinds[kind].append(abs((s * xi).mean()))
        curves[copies] = {kind: np.array(x) for kind, x in kinds.items()}
        right = sum(math.comb(copies, n) * ((1 + r) / 2) ** n * ((1 - r) / 2) ** (copies - n) for n in range(copies // 2 + 1, copies + 1))
        expected = (1 - d) * (2 * right - 1)
        for kind, x in curves[copies].items():
            loose = 0.01 if kind == "supervised" else 0.02
            if copies >= M:
                report.mean(f"M = {copies}, {kind}: amplitude", x, expected=expected, tolerance=loose, source="binomial law of the majority")
        if copies >= M:
            gap = abs(curves[copies]["supervised"].mean() - curves[copies]["unsupervised"].mean())
            report.claim(f"M = {copies}: the two curves", gap, below=0.02, source="catalogue")
    rho = (1 - r**2) / (M * r**2)
    gaussian = (1 - d) * math.erf(1 / math.sqrt(2 * rho))
    report.claim("Gaussian law of the amplitude, M = 21", gaussian, expected=0.6804, tolerance=1e-4, source="catalogue, two derivations")
