"""S160: particle gradient descent on displacement convex functionals."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def to_uniform(x):
    """Half the energy distance from the uniform law on [0, 1]: int (F_n - F)^2 dx."""
    across = np.where((x > 0) & (x < 1), x * x - x + 0.5, np.abs(x - 0.5))  # E|x - Y|
    return np.mean(across) - 0.5 * np.mean(np.abs(x[:, None] - x[None])) - 1 / 6


def circle(teacher):
    """E_x (mean_i step(w_i.x) - mean_k step(v_k.x))^2 for angles in a half-circle: E step(w.x) step(v.x) = 1/2 - |theta_w - theta_v| / 2 pi."""
    pairs = lambda p, q: np.mean(0.5 - np.abs(p[:, None] - q[None]) / (2 * np.pi))
    return lambda x: pairs(x, x) - 2 * pairs(x, teacher) + pairs(teacher, teacher)


@recipe("S160", "displacement-convex-pgd", family="sampling", cite="H. Daneshmand, J. D. Lee, C. Jin, ICML 2023, arXiv:2302.04753")
def run(size="quick", *, counts=(20, 40, 80), step=0.25, steps=400, teachers=6, seed=1):
    """Gradient descent of n particles, x_i -= step n dF/dx_i, finds the best cloud where F is convex along optimal transport.

    The energy distance from the uniform law on [0, 1] is displacement convex in one dimension; its best n particles are the mid-quantiles
    (2 i - 1)/2n, of value 1/(12 n^2). In full size: confinement and interaction in ten dimensions, whose minimum is at 0; the Lipschitz potential
    |x|, by averaged iterates, whose error falls as the root of the steps; and networks on the circle with teachers of five neurons, whose kink needs
    steps that fall to 0. Angles stay within a half-circle, where the distance does not wrap and the functional is convex.
    """
    report = Report()
    rng = np.random.default_rng(seed)
    words = {"chains": 1, "progress": False, "seed": seed}
    values = []
    for n in counts:
        start = rng.normal(0.9, 0.05, size=n)
        found = erg.sample(erg.Functional(to_uniform), erg.ParticleDescent(steps, step=step), space=erg.Real(), draws=n, start=start, **words)
        values.append(float(found["energy"][0]))
        off = np.abs(np.sort(found["x"][0]) - (2 * np.arange(1, n + 1) - 1) / (2 * n)).max()
        report.claim(f"n = {n}: value", values[-1], expected=1 / (12 * n**2), tolerance=1e-6 / (12 * n**2), source="closed form")
        report.claim(f"n = {n}: distance from the mid-quantiles", off, below=1e-6, source="closed form")

    if size == "full":
        slope = np.polyfit(np.log(counts), np.log(values), 1)[0]
        report.claim("slope of the value at the optimum in n", slope, expected=-2, tolerance=1e-5, source="closed form")
        both = erg.Functional(lambda x: 0.5 * np.mean(np.sum(x**2, 1)) + 0.5 * np.mean(np.sum((x[:, None] - x[None]) ** 2, -1)))
        for n in (5, 50):
            x = erg.sample(both, erg.ParticleDescent(300, step=0.1), space=erg.Real(10), draws=n, **words)["x"]
            report.claim(f"confinement and interaction, n = {n}: largest coordinate", np.abs(x).max(), below=1e-10, source="closed form")

        length = erg.Functional(lambda x: np.mean(np.sqrt(np.sum(x**2, 1))))
        start, budgets = rng.normal(size=(8, 100, 10)), (100, 1000, 10_000)
        norms = []
        for K, expected in zip(budgets, (0.152, 0.052, 0.016), strict=True):
            method = erg.ParticleDescent(K, step=3 / np.sqrt(K), average=True)
            x = erg.sample(length, method, space=erg.Real(10), draws=100, start=start, **words | {"chains": 8})["x"]
            norms.append(np.linalg.norm(x, axis=2).mean(1))
            what = f"|x|, K = {K}: mean norm of averages"
            report.mean(what, norms[-1], se=5e-4, expected=expected, tolerance=0.02 * expected, source="catalogue, one start")
        slopes = np.polyfit(np.log(budgets), np.log(norms), 1)[0]
        report.mean("|x|: slope in K", slopes, below=-0.45, source="catalogue, two derivations")

        for n in (50, 100):
            losses: dict[Any, list[float]] = {"linear": [], "none": []}
            for _ in range(teachers):
                teacher, start = rng.uniform(0, np.pi, 5), rng.uniform(0, np.pi, n)
                for decay, found in losses.items():
                    method = erg.ParticleDescent(1000, step=1.0 if decay == "linear" else 0.3, decay=decay)
                    run = erg.sample(erg.Functional(circle(teacher)), method, space=erg.Real(), draws=n, start=start, **words)
                    found.append(float(run["energy"][0]))
            low, high = np.median(losses["linear"]), min(losses["none"])  # a teacher in 60 is slower: 1e-5 for n = 100
            report.claim(f"circle network, n = {n}: loss, median of {teachers} teachers", low, below=1e-5, source="catalogue: 2e-6")
            report.claim(f"circle network, n = {n}: least loss with a constant step", high, above=1e-5, source="catalogue: stalls at 2e-4")
    return report
