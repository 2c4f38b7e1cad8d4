"""S099: the order parameter of globally coupled phases as a protocol that does work on them."""

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import i0, i1

import ergodica as erg
from ergodica.papers import Report, recipe


def equilibrium(K, T):
    """m = I_1(K m/T) / I_0(K m/T), the root above 0."""
    return brentq(lambda m: i1(K * m / T) / i0(K * m / T) - m, 1e-6, 1.0, xtol=1e-14)


def hierarchy(K, T, z, times, modes=40):
    """|z|(t) of infinitely many phases: f_n = <exp(i n theta)>, df_n/dt = -n^2 T f_n + (n K/2)(z f_(n-1) - z f_(n+1)), from f_2 = K z^2/(4 T)."""
    n = np.arange(1, modes + 1)

    def rate(t, f):
        around = np.concatenate([[1.0], f, [0.0]])
        return -(n**2) * T * f + n * K / 2 * f[0] * (around[:-2] - around[2:])

    f = np.zeros(modes)
    f[:2] = z, K * z**2 / (4 * T)
    return solve_ivp(rate, (0, times[-1]), f, method="LSODA", t_eval=times, rtol=1e-10, atol=1e-13).y[0]


def amplitude(K, T, z, times):
    """dz/dt = a z - b z^3, a = K/2 - T, b = K^2/(8 T): solved by y = 1/z^2."""
    a, b = K / 2 - T, K**2 / (8 * T)
    return 1 / np.sqrt(b / a + (1 / z**2 - b / a) * np.exp(-2 * a * np.asarray(times)))


def phases(K, T, z, N, random):
    """Angles with density (1 + 2 z cos + 2 f_2 cos 2 theta) / 2 pi, one in each N-th of its distribution function."""
    theta = np.linspace(-np.pi, np.pi, 4001)
    F = (theta + np.pi + 2 * z * np.sin(theta) + K * z**2 / (4 * T) * np.sin(2 * theta)) / (2 * np.pi)
    return np.interp((np.arange(N) + random.uniform(size=N)) / N, F, theta)


def coupled(K, N):
    """The energy of the mean-field XY model, -(K/2N) sum_ij cos(theta_i - theta_j)."""
    return lambda theta: -K / (2 * N) * (np.sum(np.cos(theta)) ** 2 + np.sum(np.sin(theta)) ** 2)


def order(run, K, N):
    """|z| from the energy, -(K N/2) |z|^2."""
    return np.sqrt(-2 * run["energy"] / (K * N))


@recipe("S099", "collective-irreversible-work", family="lattice", cite="H. Sakaguchi, Prog. Theor. Phys. 79, 39 (1988)")
def run(size="quick", *, K=2.2, T=1.0, z=0.05, N=100_000, seed=1):
    """Collective dynamics from stochastic thermodynamics: N phases, each in the field h(t) = K z(t) that all make,

        d theta_i = -(K/N) sum_j sin(theta_i - theta_j) dt + sqrt(2 T) dW_i,   z = <exp(i theta)>.

    Read as a protocol for independent phases, whose irreversible work against their free energy -T ln I_0(h/T) fixes dz/dt, this gives
    close to K_c = 2T the amplitude equation dz/dt = (K/2 - T) z - (K^2/8T) z^3. Measured: the growth of z in Langevin runs against the mode
    hierarchy (exact for N -> oo) and the amplitude equation; the stationary order parameter; Jarzynski's equality for phases under a ramped field.
    """
    report, times = Report(), np.array([10.0, 20.0, 30.0])
    if (K, T, z) == (2.2, 1.0, 0.05):
        known = (0.13005, 0.27729, 0.38352), (0.12979, 0.27456, 0.37725)
        for t, f, modes, a, near in zip(times, hierarchy(K, T, z, times), known[0], amplitude(K, T, z, times), known[1], strict=True):
            report.claim(f"|z|({t:.0f}) by modes", f, expected=modes, tolerance=1e-5, source="catalogue")
            report.claim(f"|z|({t:.0f}) by the amplitude equation", a, expected=near, tolerance=1e-5, source="catalogue")
    for k, m in ((2.2, 0.413389), (3.0, 0.724159)):
        report.claim(f"equilibrium at K={k}, T=1", equilibrium(k, 1.0), expected=m, tolerance=1e-6, source="self-consistency")

    random, replicas = np.random.default_rng(seed), 16 if size == "full" else 4
    start = np.stack([phases(K, T, z, N, random) for _ in range(replicas)])
    heun = erg.Overdamped(scheme="Heun", dt=0.05 if size == "full" else 0.1)
    path = erg.simulate(coupled(K, N), heun, space=erg.Real(N), kT=T, time=30.0, every=10.0, chains=replicas, start=start,
                        observe=["energy"], seed=seed, progress=False)  # fmt: skip
    found = order(path, K, N)[:, 1:]
    for t, x, modes in zip(times, found.T, hierarchy(K, T, z, times), strict=True):
        report.mean(f"Langevin, N={N}: |z|({t:.0f})", x, expected=modes, tolerance=0.02, source="modes; the tolerance is for finite N")
    off = np.max(np.abs(amplitude(K, T, z, times) / hierarchy(K, T, z, times) - 1))
    report.claim("amplitude equation against modes, up to t=30", off, below=0.02, source="close to K_c")

    M, strong = 20_000, 3.0 * T
    start = np.stack([phases(strong, T, 0.3, M, random) for _ in range(4)])
    fine = erg.Overdamped(scheme="LeimkuhlerMatthews", dt=0.02 if size == "full" else 0.04)
    run = erg.simulate(coupled(strong, M), fine, space=erg.Real(M), kT=T, time=60.0 if size == "full" else 24.0, every=0.5, chains=4, start=start,
                       observe=["energy"], seed=seed + 1, progress=False)  # fmt: skip
    report.mean("Langevin, K=3T: stationary |z|", order(run, strong, M)[:, 20:].mean(1), expected=equilibrium(3.0, 1.0), tolerance=0.003,
                source="self-consistency")  # fmt: skip

    # Phases that take one of 64 directions have I_0 as their partition function to rounding, and a dynamics that is exact in time.
    h, slow = 2.0 * T, 8.0 if size == "full" else 2.0
    chains = 100_000 if size == "full" else 20_000
    dF = -T * np.log(i0(h / T))
    for duration in (slow / 4, slow):
        works = []
        for name, ends in (("on", [0.0, 1.0]), ("off", [1.0, 0.0])):
            w = np.exp(ends[0] * h / T * np.cos(2 * np.pi * np.arange(64) / 64))
            start = random.choice(64, (chains, 1), p=w / w.sum()).astype(np.uint8)
            ramp = erg.simulate(erg.lattice.Clock((1,), q=64, h=h), erg.Driven(times=[0.0, duration], h=ends), kT=T, time=duration, every=duration,
                                chains=chains, start=start, observe=["work"], seed=seed + (name == "off"), progress=False)  # fmt: skip
            works.append(ramp["work"][:, -1])
        up = erg.stats.jarzynski(works[0], kT=T)
        report.claim(f"field on in {duration}: Jarzynski's dF", up.value, se=up.se, expected=dF, source="-T ln I_0(h/T)")
        both = erg.stats.bar(works[0], works[1], kT=T)
        report.claim(f"field on and off in {duration}: dF", both.value, se=both.se, expected=dF, source="Crooks, -T ln I_0(h/T)")
        lost = works[0].mean() - dF
        report.claim(f"field on in {duration}: irreversible work", lost, se=works[0].std() / np.sqrt(chains), above=0.0, source="second law")
    return report
