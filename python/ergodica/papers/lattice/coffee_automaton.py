"""S094: the rise and fall of complexity in a cup of coffee."""

import numpy as np
from scipy.linalg import expm

import ergodica as erg
from ergodica.papers import Report, recipe

PEAKS = {40: (224, 4), 60: (365, 15), 80: (503, 25), 100: (653, 25), 140: (989, 33)}  # plain thresholds, interacting, +- per run


def averaged(x, b):
    """Means over windows of side 2b+1, cut at the edges; x is (..., n, n)."""
    n = x.shape[-1]
    sums = np.zeros((*x.shape[:-2], n + 1, n + 1))
    sums[..., 1:, 1:] = x.cumsum(-1).cumsum(-2)
    lo, hi = np.maximum(np.arange(n) - b, 0), np.minimum(np.arange(n) + b + 1, n)
    area = (hi - lo)[:, None] * (hi - lo)
    return (sums[..., hi[:, None], hi] - sums[..., lo[:, None], hi] - sums[..., hi[:, None], lo] + sums[..., lo[:, None], lo]) / area


def plain(x, b, k=3):
    return np.clip(np.floor(k * averaged(x, b)), 0, k - 1).astype(int)


def adjusted(x, b, k=7):
    """k levels; cells within one level of their row's mode (lowest on a tie) are snapped to it."""
    y = plain(x, b, k)
    counts = (y[..., None] == np.arange(k)).sum(-2)
    mode = counts.argmax(-1)[..., None]
    return np.where(np.abs(y - mode) <= 1, mode, y)


def curve(run, coarse, b):
    """Compressed sizes of the coarse grids, (chains, times)."""
    return np.array([[erg.stats.deflate(coarse(x, b)) for x in chain] for chain in np.asarray(run["configuration"], float)])


@recipe("S094", "coffee-automaton", family="lattice", cite="S. Aaronson, S. M. Carroll, L. Ouellette, arXiv:1405.6903")
def run(size="quick", *, n=None, chains=5, seed=1):
    """Rise and fall of complexity: entropy grows, apparent complexity grows and falls, with a peak proportional to n where cream and coffee
    exclude each other.

    Interacting: every bond of the n x n grid exchanges its two cells at rate 1 (symmetric exclusion); one unit of s draws each bond once on average.
    Not interacting: every particle of cream crosses each bond at rate 1. Top half cream at the start. Complexity is the size under raw DEFLATE
    (level 9, a
    byte a cell) of the grid averaged over (2b+1)^2 windows, b = n/20, in k = 3 levels min(k-1, floor(k mean)).
    """
    report = Report()
    top = np.zeros((20, 20), int)
    top[:10] = 1
    run = erg.simulate(erg.lattice.Exclusion((20, 20), periodic=False), time=10.0, every=10.0, chains=400, start=top, seed=seed, progress=False,
                       observe="configuration")  # fmt: skip
    rows = run["configuration"][:, -1].mean(2)
    path = np.diag(np.ones(19), 1) + np.diag(np.ones(19), -1)
    exact = expm(10.0 * (path - np.diag(path.sum(0)))) @ top[:, 0]
    known = np.array([0.9734, 0.9661, 0.9509, 0.9263, 0.8911, 0.8440, 0.7846, 0.7134, 0.6324, 0.5449])
    report.claim("largest difference of the exact row densities from the tabulated ones", np.abs(exact[:10] - known).max(), below=5.1e-5,
            source="catalogue")
    chi2 = ((rows.mean(0) - exact) ** 2 / (rows.var(0, ddof=1) / 400)).mean()
    report.claim("row densities at s=10, n=20: chi-square / 20", chi2, below=2, source="heat equation on the grid")

    sizes = [n] if n else [40] if size == "quick" else [40, 60, 80, 100, 140]
    for side in sizes:
        b, end = side // 20, 0.6 * side**2
        top = np.zeros((side, side), int)
        top[: side // 2] = 1
        common = {"time": end, "every": end / 100, "chains": chains, "start": top, "progress": False, "observe": "configuration"}
        stirred = erg.simulate(erg.lattice.Exclusion((side, side), periodic=False), seed=seed, **common)
        c = curve(stirred, plain, b)
        peaks, at = c.max(1), c.argmax(1) / 100 * 0.6
        se = peaks.std(ddof=1) / np.sqrt(chains) if chains > 1 else PEAKS.get(side, (0, 25))[1]
        if side in PEAKS:
            report.claim(f"n={side}: peak of the complexity, bytes", peaks.mean(), se=se, expected=PEAKS[side][0], tolerance=PEAKS[side][1],
                         source="catalogue")  # fmt: skip
        report.claim(f"n={side}: peak / n", peaks.mean() / side, above=5.2, below=7.6, source="linear growth")
        report.claim(f"n={side}: s of the peak / n^2", at.mean(), expected=0.12, tolerance=0.06, source="catalogue")
        if side >= 100:
            report.claim(f"n={side}: end / peak", (c[:, -1] / peaks).mean(), below=0.12, source="catalogue")
        fine = np.array([[erg.stats.deflate(x) for x in chain] for chain in stirred["configuration"]]).mean(0)
        report.claim(f"n={side}: steps down of the entropy proxy, largest over its range", -np.diff(fine).min() / np.ptp(fine), below=0.03,
                     source="entropy grows, up to noise")  # fmt: skip
        walkers = erg.simulate(erg.lattice.ZeroRange((side, side), law="linear", periodic=False), seed=seed, **common)
        lonely, snapped, both = curve(walkers, plain, b).max(1), curve(walkers, adjusted, b).max(1), curve(stirred, adjusted, b).max(1)
        report.note(f"n={side}: independent walkers also peak with plain thresholds, at {lonely.mean():.0f} +- {lonely.std():.0f} bytes a run; "
                    f"adjusted: {snapped.mean():.0f} for them, {both.mean():.0f} interacting")  # fmt: skip
        if side == 100:
            report.claim("n=100: peak of independent walkers, plain thresholds", lonely.mean(), se=lonely.std(ddof=1) / np.sqrt(chains), expected=770,
                         tolerance=50, source="catalogue")  # fmt: skip
    return report
