"""S059: how often a site takes part in the avalanches of a sandpile."""

import itertools

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def mean_topplings(L):
    """(1/L^2) sum of the inverse Laplacian of the open square, by its eigenvalues."""
    k = np.arange(1, L + 1)
    s = np.sqrt(2 / (L + 1)) * np.sin(np.pi * np.outer(k, np.arange(1, L + 1)) / (L + 1)).sum(1)  # overlaps with the constant
    e = 2 - 2 * np.cos(np.pi * k / (L + 1))
    return float((np.outer(s, s) ** 2 / (e[:, None] + e)).sum()) / L**2


def any_order(z, at, rng):
    """A grain and topplings in random order."""
    z, counts = np.pad(z, 1).astype(int), np.zeros(np.add(z.shape, 2), int)
    z[at[0] + 1, at[1] + 1] += 1
    while len(unstable := np.argwhere(z[1:-1, 1:-1] >= 4)):
        i, j = unstable[rng.integers(len(unstable))] + 1
        z[i, j] -= 4
        counts[i, j] += 1
        z[[i - 1, i + 1, i, i], [j, j, j - 1, j + 1]] += 1
    return z[1:-1, 1:-1], counts[1:-1, 1:-1]


def scaled(counts, L):
    """u = A / L^2 and F = L^2 P(A)."""
    return np.arange(len(counts)) / L**2, L**2 * counts / counts.sum()


def slope(counts, L):
    """Of log F against log u from 0.0075 to 0.05, on 8 logarithmic bins."""
    u, F = scaled(counts, L)
    ends = np.geomspace(0.0075, 0.05, 9)
    bins = [(u >= lo) & (u < hi) for lo, hi in itertools.pairwise(ends)]
    return np.polyfit([np.log(u[k]).mean() for k in bins if k.any()], [np.log(F[k].mean()) for k in bins if k.any()], 1)[0]


def near(u, F, at, width=0.1):
    keep = np.abs(u / at - 1) < width
    return F[keep].mean()


def crossing(u, F):
    """Where F, averaged over a tenth of u, falls below 1."""
    grid = np.geomspace(0.03, 0.3, 200)
    return grid[np.argmax([near(u, F, g) < 1 for g in grid])]


def tail(u, F):
    """-c3 and -c4 of log F = -log(u)/2 + c - c3 u - c4 u^2 for u from 0.02 to 0.2, on 40 bins."""
    ends = np.geomspace(0.02, 0.2, 41)
    rows = [(u[k].mean(), F[k].mean()) for lo, hi in itertools.pairwise(ends) if (k := (u >= lo) & (u < hi)).any() and F[k].mean() > 0]
    x, y = np.array(rows).T
    return np.polyfit(x, np.log(y) + 0.5 * np.log(x), 2)


@recipe("S059", "sandpile-activity", family="lattice", cite="D. Dhar, Phys. Rev. Lett. 64, 1613 (1990)")
def run(size="quick", *, L=None, configurations=4000, chains=8, seed=1):
    """Avalanche activity in the 2-D Abelian sandpile: P(A, L) ~ L^-2 F(A/L^2), F ~ u^(-1/2) for small u with an exponential end.

    L x L heights, threshold 4, a toppling sends 1 to each neighbour, open edges. In a recurrent state a grain is added at each site of a copy;
    A_j is the
    number of sites whose avalanche includes j. States are separated by L^2/2 grains, and every chain starts from an exactly drawn recurrent
    state, so that
    nothing is left to burn in. Topplings per grain average to the inverse Laplacian, exactly.
    """
    report, rng = Report(), np.random.default_rng(seed)
    sizes = [L] if L else [32] if size == "quick" else [64, 128, 160]
    slopes = {32: -0.53, 64: -0.59}
    crossings = {32: 0.135, 64: 0.105}
    curves = {}
    for n in sizes:
        pile, states = erg.lattice.Sandpile((n, n)), configurations if n <= 64 else configurations // 8
        each, counts, means, full = -(-states // chains), np.zeros((chains, n * n + 1)), [], 0
        start: object = "random"
        for k, part in enumerate(np.array_split(np.arange(each), max(1, each * chains * n * n // 4_000_000))):
            run = erg.simulate(pile, time=len(part) * (n * n // 2), every=n * n // 2, chains=chains, start=start, seed=seed + k, progress=False,
                               observe=["activity", "responses", "configuration"])  # fmt: skip
            start = run
            r, z = run["responses"][:, 1:], run["configuration"][:, 1:]
            counts += [np.bincount(a[1:].ravel(), minlength=n * n + 1) for a in run["activity"]]
            means.append(r.mean((2, 3)))
            full += int(((r > 0) != (z == 3)).sum())
        found = erg.stats.mean_se(np.concatenate(means, axis=1))
        exact = mean_topplings(n)
        report.claim(f"L={n}: mean topplings per grain", found.value, se=found.se, expected=exact, tolerance=0.03 * exact,
                source="inverse Laplacian (Dhar)")
        report.claim(f"L={n}: sites where an avalanche and height 3 disagree", full, expected=0, source="definition")
        u, F = curves[n] = scaled(counts.sum(0), n)
        without = np.array([slope(counts.sum(0) - one, n) for one in counts])
        steep, se = slope(counts.sum(0), n), np.sqrt((chains - 1) * without.var())
        if n in slopes:
            report.claim(f"L={n}: slope of F, u from 0.0075 to 0.05", steep, se=se, expected=slopes[n], tolerance=0.1, source="catalogue")
        else:
            report.note(f"L={n}: slope of F, u from 0.0075 to 0.05: {steep:.3f}({1000 * se:.0f}), steeper with L; -1/2 belongs to smaller u")
        if n in crossings:
            report.claim(f"L={n}: u where F falls below 1", crossing(u, F), expected=crossings[n], tolerance=0.015, source="catalogue")
        report.claim(f"L={n}: F at u = 0.22", near(u, F, 0.22), below=0.05, source="catalogue")
        c4, c3, _ = tail(u, F)
        report.note(f"L={n}: {each * chains} states; tail exp(-c3 u - c4 u^2) with c3 = {-c3:.1f}, c4 = {-c4:.0f}; "
                    f"P(A=0) = {F[0] / n**2:.3f}")  # fmt: skip

    small = erg.simulate(erg.lattice.Sandpile((12, 12)), time=30, every=1, chains=1, seed=seed, progress=False, observe=["topplings",
            "configuration"])
    wrong = 0
    for before, after, counts in zip(small["configuration"][0], small["configuration"][0, 1:], small["topplings"][0, 1:], strict=False):
        t = np.pad(counts, 1)
        grain = after - before + 4 * counts - t[:-2, 1:-1] - t[2:, 1:-1] - t[1:-1, :-2] - t[1:-1, 2:]
        z, again = any_order(before, np.argwhere(grain == 1)[0], rng)
        wrong += int((z != after).sum() + (again != counts).sum() + (np.abs(grain).sum() != 1))
    report.claim("sites that depend on the order of topplings, 30 grains", wrong, expected=0, source="Abelian property")
    if len(curves) > 1:
        grid = np.geomspace(0.005, 0.04, 9)
        apart = np.abs(np.diff(np.log([[near(u, F, g) for g in grid] for u, F in curves.values()]), axis=0)).max(axis=1)
        report.claim("collapse: log F of the two largest sizes apart, at most, u from 0.005 to 0.04", apart[-1], below=0.15, source="L^-2 F(A/L^2)")
        if len(apart) > 1:
            report.claim("that of the two smallest, less", apart[0] - apart[-1], above=0.0, source="collapse for large L")
        ends = ", ".join(f"{np.log(near(u, F, 0.1)):.2f}" for u, F in curves.values())
        report.note(f"no collapse at the end: log F at u = 0.1 is {ends}; it falls faster and sooner the larger L is")

    def draw(axes):
        for n, (u, F) in curves.items():
            axes.loglog(u[1:], F[1:], ".", label=f"L={n}")
        axes.legend()

    report.figure("L^2 P(A) against A/L^2", draw)
    return report
