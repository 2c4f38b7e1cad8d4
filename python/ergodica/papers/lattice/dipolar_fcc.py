"""S071: dipoles on the FCC lattice with random axes: ferromagnet, quasi-long-range order, spin glass."""

from itertools import pairwise

import numpy as np
from scipy.integrate import quad

import ergodica as erg
from ergodica.papers import Report, recipe

TWO = "catalogue, two derivations"


def directions(n, seed):
    """Independent axes, uniform on the sphere."""
    x = np.random.default_rng(seed).normal(size=(n, 3))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def binder(m2, m4):
    """1 - <m^4> / (3 <m^2>^2) of vectors, which is 4/9 for a Gaussian one of three components and 2/3 for a fixed length."""
    return 1 - m4 / (3 * m2**2)


def tempered(L, disorder, kT, sweeps, seed, lambda_u=0.0, sample=0, chains=2):
    """One sample of the axes at every temperature: draws of the two replicas, (kT, chains, draws, sites, 3), for overlaps, or of powers of m."""
    axes = directions(4 * L**3, 1000 * seed + sample) if disorder else 0.0
    model = erg.lattice.Dipoles(erg.lattice.fcc(L), D=lambda_u, axes=axes)
    method = erg.ParallelTempering(kernel=erg.Metropolis() if disorder else erg.HeatBath())
    observe = ["energy", "configuration"] if disorder else ["energy", "|magnetization|", "magnetization^2", "magnetization^4"]
    return erg.sample(model, method, kT=kT, sweeps=sweeps, warmup=sweeps // 4, every=10 if disorder else 1, chains=chains, seed=seed + 7 * sample,
                      observe=observe, start="random" if disorder else "ordered", progress=False)  # fmt: skip


def ratios(runs, L):
    """Of many samples at each temperature: m, its Binder parameter, that of overlaps q_pq = mean_i s_i,p s'_i,q of two replicas, xi_q / L."""
    m1, m2, m4, q2, q4, qk = (np.zeros(len(runs[0]["energy"])) for _ in range(6))
    positions = erg.lattice.fcc(L).positions
    k = 2 * np.pi / (L * np.sqrt(2))
    wave = np.exp(1j * k * positions[:, 0])
    for run in runs:
        s = np.asarray(run["configuration"])
        a, b = s[:, 0], s[:, 1]
        square = (s.mean(axis=-2) ** 2).sum(axis=-1)
        q = np.einsum("tdip,tdir->tdpr", a, b) / a.shape[-2]
        waves = np.einsum("tdip,tdir,i->tdpr", a, b, wave) / a.shape[-2]
        Q = (q**2).sum(axis=(-2, -1))
        for total, x in ((m1, np.sqrt(square).mean(axis=(1, 2))), (m2, square.mean(axis=(1, 2))), (m4, (square**2).mean(axis=(1, 2))),
                         (q2, Q.mean(axis=1)), (q4, (Q**2).mean(axis=1)), (qk, (np.abs(waves) ** 2).sum(axis=(-2, -1)).mean(axis=1))):  # fmt: skip
            total += x / len(runs)
    length = np.sqrt(np.maximum(q2 / qk - 1, 0)) / (2 * np.sin(np.pi / L)) / L
    return m1, binder(m2, m4), 0.5 * (11 - 9 * q4 / q2**2), length


@recipe("S071", "dipolar-fcc", family="lattice", cite="three-dimensional dipolar model on the FCC lattice with random axes: phase diagram")
def run(size="quick", *, L=3, kT=(0.56, 0.66), anisotropies=(5.0, 30.0), samples=30, seed=1):
    """Dipoles on FCC order as a ferromagnet; easy axes of random directions make it quasi-long-ranged and then a spin glass.

    E = sum_(i<j) (s_i . s_j - 3 (s_i . r)(s_j . r)) / r^3 - lambda_u sum_i (n_i . s_i)^2 over all periodic images between tin foil (Ewald's sum,
    the dipoles' own images included), n_i random axes, temperatures in units of the dipolar energy at the distance of nearest neighbours. Here: the
    energy of the ferromagnet in closed form, the trace of the tensors, free dipoles in fields and on axes, and the ordered phase at two temperatures
    by heat bath.

    In full size Binder's parameters of three sizes cross at the Curie point, which tempering finds without axes; with them magnetization and
    overlaps of samples tell which order is left.
    """
    report = Report()
    ferromagnet = -2 * np.pi / 3 * np.sqrt(2)
    for cells in (3, 4, 5):
        J = erg.lattice.dipolar_tensor(erg.lattice.fcc(cells))
        energies = -0.5 * np.linalg.eigvalsh(J.sum(axis=(0, 1, 2, 4)).mean(axis=0))
        worst = energies[np.argmax(np.abs(energies - ferromagnet))]
        report.claim(f"ferromagnet of {cells}^3 cubes, worst direction: energy a dipole", worst, expected=ferromagnet, tolerance=1e-6, source=TWO)
        trace = np.trace(J, axis1=-2, axis2=-1) * 2 * np.sqrt(2) * cells**3
        report.claim(f"trace of the tensors of {cells}^3 cubes, times V: largest deviation from 4 pi", np.abs(trace - 4 * np.pi).max(), expected=0.0,
                     tolerance=1e-9, source="Poisson's formula")  # fmt: skip
    bare = erg.lattice.dipolar_tensor(erg.lattice.fcc(2, periodic=False))
    report.claim("trace of the bare tensors", np.abs(np.trace(bare, axis1=-2, axis2=-1)).max(), expected=0.0, tolerance=1e-12, source="harmonic")

    full = size == "full"
    sweeps = 100_000 if full else 4000
    free = erg.lattice.Dipoles(erg.lattice.fcc(L), 0.0, h=1.7)
    drawn = erg.sample(free, erg.HeatBath(), kT=1.0, sweeps=400, warmup=5, chains=8, seed=seed, observe=["magnetization"], progress=False)
    along = drawn["magnetization"][..., 0].mean(axis=-1)
    report.mean("free dipoles in a field of 1.7 kT: m", along, expected=1 / np.tanh(1.7) - 1 / 1.7, source="Langevin")
    for a, known in ((5.0, 0.764266), (30.0, 0.966058)):
        exact = (np.exp(a) / quad(lambda x, a=a: np.exp(a * x * x), 0, 1)[0] - 1) / (2 * a)
        report.claim(f"closed form of <(n.s)^2>, a = {a:g}", exact, expected=known, tolerance=1e-6, source=TWO)
        axes = directions(4 * L**3, seed)
        model = erg.lattice.Dipoles(erg.lattice.fcc(L), 0.0, D=a, axes=axes)
        drawn = erg.sample(model, erg.Metropolis(), kT=1.0, sweeps=2000, warmup=200, chains=8, seed=seed, progress=False,
                           observe={"nematic": lambda s, axes=axes: ((s * axes).sum(axis=-1) ** 2).mean(axis=-1)})  # fmt: skip
        report.mean(f"free dipoles with axes, a = {a:g}: <(n.s)^2>", drawn["nematic"].mean(axis=-1), expected=exact, source="closed form")

    digits = {0.56: (-2.300, 0.647), 0.66: (-2.123, 0.468)} if L == 3 else {}
    model = erg.lattice.Dipoles(erg.lattice.fcc(L))
    drawn = erg.sample(model, erg.HeatBath(), kT=list(kT), sweeps=sweeps, warmup=sweeps // 4, chains=8, start="ordered", seed=seed, progress=False,
                       observe=["energy", "|magnetization|"])  # fmt: skip
    for k, T in enumerate(kT):
        for name, x, which, within in (("energy a dipole", drawn["energy"][k] / (4 * L**3), 0, 0.01), ("m", drawn["|magnetization|"][k], 1, 0.02)):
            if T in digits:
                report.mean(f"T = {T}: {name}", x.mean(axis=-1), expected=digits[T][which], tolerance=within, source=TWO)
            else:
                report.note(f"T = {T}: {name} {x.mean():.4f}")
    if full:
        order(report, seed)
        glass(report, anisotropies, samples, seed)
    return report


def order(report, seed):
    """The Curie point without axes: Binder's parameters of neighbouring sizes are equal there."""
    T = np.linspace(0.54, 0.66, 9)
    found = []
    for L in (3, 4, 5):
        drawn = tempered(L, False, list(T), 60_000, seed, chains=4)
        found.append(binder(drawn["magnetization^2"].mean(axis=-1), drawn["magnetization^4"].mean(axis=-1)))  # (kT, chains)
        for at, want in ((0.58, {3: 0.642, 4: 0.648, 5: 0.656}[L]), (0.62, {3: 0.622, 4: 0.620, 5: 0.60}[L])):
            each = np.array([np.interp(at, T, g) for g in found[-1].T])
            error = np.hypot(each.std(ddof=1) / 2, 0.01 if L == 5 else 0.0)  # of L = 5 the catalogue's number has that error
            report.claim(f"L = {L}, T = {at}: Binder's parameter", each.mean(), se=error, expected=want, tolerance=0.01, source=TWO)
    crossing = []
    for a, b in pairwise(found):
        line = np.polyfit(T, b - a, 1)  # per chain
        crossing.append(-line[1] / line[0])
    each = np.mean(crossing, axis=0)
    report.claim("Curie point by the crossings", each.mean(), se=each.std(ddof=1) / 2, expected=0.60, tolerance=0.02, source=TWO)


def glass(report, anisotropies, samples, seed):
    """With axes: at the lowest temperature magnetizations fall with the size while those of overlaps do not, for strong axes."""
    T = list(np.geomspace(0.3, 1.6, 12))
    for lambda_u in anisotropies:
        sizes = (ratios([tempered(L, True, T, 2000, seed, lambda_u, k) for k in range(samples)], L) for L in (2, 3, 4))
        m, g, _, xi = zip(*sizes, strict=True)
        report.claim(f"lambda_u = {lambda_u:g}: m at T = 0.3, L = 4 less L = 2", m[2][0] - m[0][0], below=0.0, source="the paper's abstract")
        report.claim(f"lambda_u = {lambda_u:g}: Binder's parameter of m at T = 0.3, L = 4 less L = 2", g[2][0] - g[0][0], below=0.02,
                     source="no crossing of a ferromagnet")  # fmt: skip
        report.claim(f"lambda_u = {lambda_u:g}: xi_q / L at T = 0.3, L = 4 less L = 3", xi[2][0] - xi[1][0], above=-0.02,
                     source="overlap ratio crosses")  # fmt: skip
        report.claim(f"lambda_u = {lambda_u:g}: xi_q / L at T = 1.6, L = 4 less L = 3", xi[2][-1] - xi[1][-1], below=0.0, source="paramagnet")
