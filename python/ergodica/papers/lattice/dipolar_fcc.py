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


def moments(s, lattice):
    """Of draws s (2, draws, sites, 3) of two replicas: |m|, m^2, m^4, |q_0|^2, |q_k|^2 of overlaps q_k = (1/N) sum_i exp(i k . r_i) s_i . s'_i.

    The mean is over k = 2 pi / edge along the three edges of the cube. Random axes leave no symmetry but s -> -s, under which q is odd in each
    replica. The overlaps of components, (1/N) sum_i s_ip s'_iq, would add to |q_k|^2 / 3 what N random axes leave of n_p n_q - delta_pq / 3, which
    is 2 / (3 N) at every k: where q is large xi_q / L would then grow as sqrt(L) without any transition.
    """
    square = (s.mean(axis=-2) ** 2).sum(axis=-1)
    field = (s[0] * s[1]).sum(axis=-1)
    waves = field @ np.exp(1j * lattice.positions @ (lattice.reciprocal / lattice.shape[0]).T) / lattice.sites
    return np.array([np.sqrt(square).mean(axis=0), square.mean(axis=0), (square**2).mean(axis=0), field.mean(axis=-1) ** 2,
                     (np.abs(waves) ** 2).mean(axis=-1)])  # fmt: skip


def length(q0, qk, L):
    """xi_q / L by the second moment, k_hat = 2 sqrt(2) sin(k / (4 sqrt(2))) being that of the twelve bonds, as in erg.lattice.correlation_length."""
    return np.sqrt(np.maximum(q0 / qk - 1, 0)) / (4 * L * np.sin(np.pi / (2 * L)))


def replicas(L, lambda_u, kT, seed):
    """One sample of the axes: moments over the second half of the sweeps and |q_0|^2 over the quarter before, (6, kT); round trips of its ladders."""
    lattice = erg.lattice.fcc(L)
    model = erg.lattice.Dipoles(lattice, D=lambda_u, axes=directions(4 * L**3, seed))
    run = erg.sample(model, erg.ParallelTempering(kernel=erg.Metropolis()), kT=kT, sweeps=2048 * L, warmup=128 * L, every=8 * L, chains=2, seed=seed,
                     observe=["configuration"], start="random", progress=False)  # fmt: skip
    x = np.array([moments(s, lattice) for s in run["configuration"]])  # (kT, 5, 256)
    return np.vstack([x[..., 128:].mean(axis=-1).T, x[:, 3, 64:128].mean(axis=-1)]), np.min(run.info["round_trips"])


@recipe("S071", "dipolar-fcc", family="lattice", cite="V. Russier et al., Phys. Rev. B 102, 174410 (2020), arXiv:2011.00879")
def run(size="quick", *, L=3, kT=(0.56, 0.66), anisotropies=((5.0, 0.6, 1.0), (30.0, 0.7, 1.4)), samples=24, seed=1):
    """Dipoles on FCC order as a ferromagnet; easy axes of random directions make it quasi-long-ranged and then a spin glass.

    E = sum_(i<j) (s_i . s_j - 3 (s_i . r)(s_j . r)) / r^3 - lambda_u sum_i (n_i . s_i)^2 over all periodic images between tin foil (Ewald's sum,
    the dipoles' own images included), n_i random axes, temperatures in units of the dipolar energy at the distance of nearest neighbours. Here: the
    energy of the ferromagnet in closed form, the trace of the tensors, free dipoles in fields and on axes, and the ordered phase at two temperatures
    by heat bath.

    In full size Binder's parameters of three sizes cross at the Curie point, which tempering finds without axes. With axes (lambda_u, then the cold
    and the hot end of its ladder) the claims are that m falls with the size, that Binder's parameters of it no longer cross, and that xi_q / L of the
    overlaps of two replicas does: above the crossing it falls with L, below it does not. ``samples`` are those of L = 4, smaller sizes have twice and
    four times as many; errors are the jackknife's over samples, 0.1 and less: they show curves far apart when hot and together when cold, not that
    they part again. Ladders end where some thousand sweeps reach equilibrium. At T = 0.3 they do not: from random starts q^2 still grows, the more
    slowly the larger L, and xi_q / L seems to fall with the size.
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
    method = erg.ParallelTempering(kernel=erg.HeatBath())
    found = []
    for L in (3, 4, 5):
        drawn = erg.sample(erg.lattice.Dipoles(erg.lattice.fcc(L)), method, kT=list(T), sweeps=20_000, warmup=5000, chains=4, seed=seed,
                           observe=["magnetization^2", "magnetization^4"], start="ordered", progress=False)  # fmt: skip
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


def curves(x, L):
    """Of samples x (samples, 6, kT): m, Binder's parameter of m, xi_q / L at each temperature, their errors over samples."""
    of = ((lambda m: m, [0]), (binder, [1, 2]), (lambda q0, qk: length(q0, qk, L), [3, 4]))
    return [[erg.stats.jackknife(f, *x[:, rows, t].T, blocks=len(x)) for t in range(x.shape[2])] for f, rows in of]


def glass(report, anisotropies, samples, seed):
    """With axes: what a ferromagnet would have falls with the size at the cold end, xi_q / L at the hot end alone."""
    for lambda_u, cold, hot in anisotropies:
        T = np.geomspace(cold, hot, 10)
        found, head = {}, f"lambda_u = {lambda_u:g}"
        for L in (2, 3, 4):
            runs = [replicas(L, lambda_u, list(T), 10_000 * seed + 1000 * L + k) for k in range(samples << 4 - L)]
            x = np.array([a for a, _ in runs])
            found[L] = curves(x, L)
            xi = ", ".join(f"{e} at {t:.3g}" for t, e in zip(T, found[L][2], strict=True))
            report.note(f"{head}, L = {L}: xi_q / L = {xi}; {len(x)} samples, {min(n for _, n in runs):.0f} round trips of a ladder or more")
        late, before = x[:, 3, 0], x[:, 5, 0]
        report.mean(f"{head}: q^2 at T = {cold:g}, L = 4: relative growth from a quarter of the sweeps to the half after it",
                    (late - before) / late.mean(), expected=0.0, source="equilibrium")  # fmt: skip
        for what, k, t, small, limit, source in (("m", 0, 0, 2, {"below": 0.0}, "the paper's abstract"),
                                                 ("Binder's parameter of m", 1, 0, 2, {"below": 0.0}, "no crossing of a ferromagnet"),
                                                 ("xi_q / L", 2, 0, 2, {"above": 0.0}, "overlap ratio crosses"),
                                                 ("xi_q / L", 2, 0, 3, {"above": 0.0}, "overlap ratio crosses"),
                                                 ("xi_q / L", 2, -1, 2, {"below": 0.0}, "paramagnet"),
                                                 ("xi_q / L", 2, -1, 3, {"below": 0.0}, "paramagnet")):  # fmt: skip
            a, b = found[4][k][t], found[small][k][t]
            report.claim(f"{head}: {what} at T = {T[t]:g}, L = 4 less L = {small}", a.value - b.value, se=np.hypot(a.se, b.se), dof=samples - 1,
                         source=source, **limit)  # fmt: skip
