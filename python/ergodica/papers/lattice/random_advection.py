"""S004: masses that are advected and mixed at random on a ring."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def stationary(N, eps):
    """<m^2>/rho^2, N >= 3."""
    return N / (1 + eps * (N - 1))


def roughening(N, eps, events):
    """<m^2>/rho^2 after a number of events from equal masses: correlations C_k = <m_i m_(i+k)> close,

    dC_0 = (2(1-eps)/N)(C_1 - eps C_0), dC_1 = ((1-eps)/N)(C_2 - 2 C_1 + eps C_0), dC_k = ((1-eps)/N)(C_(k+1) - 2 C_k + C_(k-1)), C_(N-k) = C_k.
    """
    A = np.zeros((N, N))
    for k in range(N):
        A[k, (k + 1) % N] += 1
        A[k, (k - 1) % N] += 1
        A[k, k] -= 2
    A[0] = 0
    A[0, 1], A[0, 0] = 2, -2 * eps
    A[1, 0] = A[-1, 0] = eps
    return np.linalg.matrix_power(np.eye(N) + (1 - eps) / N * A, events).sum(1)[0]


def cantor(x):
    """The Cantor function."""
    value, weight, done = np.zeros_like(x), 0.5, np.zeros(x.shape, bool)
    for _ in range(40):
        x = 3 * x
        digit = np.minimum(np.floor(x), 2)
        x = x - digit
        value += np.where(done | (digit == 0), 0, weight)
        done |= digit == 1
        weight /= 2
    return value


def measured(N, eps, time, seed, chains=4):
    """<m^2>/rho^2 in the long run, with its error."""
    tau = N**2 / (2 * np.pi**2 * (1 - eps))
    every = max(1.0, np.round(tau / 4))
    run = erg.simulate(erg.lattice.MassTransport((N,), eps=eps), erg.RandomSequential(clock="attempts"), time=time, every=every, chains=chains,
            seed=seed,
                       progress=False, observe="moment2")  # fmt: skip
    return erg.stats.mean_se(run["moment2"][:, int(np.ceil(10 * tau / every)) :])


@recipe("S004", "random-advection-lattice", family="lattice", cite="C. Kipnis, C. Marchioro, E. Presutti, J. Stat. Phys. 27, 65 (1982)")
def run(size="quick", *, N=16, eps=0.1, events=2_000_000, seed=1):
    """Random advection and mixing on a ring: two regimes, set by eps against 1/N; the fractions of two sites are an iterated function system.

    One event: a site i and a neighbour j, drawn uniformly; m_j <- m_j + (1-eps) m_i, m_i <- eps m_i; a unit of time is N events. Then C_k = eps
    C_0 for all
    k >= 1 in the long run, and <m^2>/rho^2 = N/(1 + eps (N-1)): one lump for eps N << 1, 1/eps for eps N >> 1. At eps = 1/3 and N = 2 the share of
    a site has the Cantor law.
    """
    report = Report()
    for n, e in {(N, eps), (16, 0.1), (16, 0.5), (4, 0.1)}:
        found = measured(n, e, 4 * events / n, seed)
        report.claim(f"<m^2>/rho^2, N={n}, eps={e}", found.value, se=found.se, expected=stationary(n, e), source="correlations close")

    run = erg.simulate(erg.lattice.MassTransport((16,), eps=0.1), erg.RandomSequential(clock="attempts"), time=100.0, every=1.0, chains=4000,
            seed=seed,
                       start="ordered", progress=False, observe="moment2")  # fmt: skip
    for t, known in ((1, 2.09410), (10, 4.61303), (100, 6.39683)):
        m = run["moment2"][:, t]
        report.claim(f"roughening, N=16, eps=0.1, t={t}", m.mean(), se=m.std(ddof=1) / np.sqrt(len(m)), expected=known, source="correlations close")
        report.claim(f"the same by the recursion here, t={t}", roughening(16, 0.1, 16 * t), expected=known, tolerance=1e-5, source="catalogue")

    run = erg.simulate(erg.lattice.MassTransport((2,), eps=1 / 3), erg.RandomSequential(clock="attempts"), time=100_000.0, every=10.0, chains=10,
            seed=seed,
                       progress=False, observe="configuration")  # fmt: skip
    x = np.sort(run["configuration"][:, 10:, 0].ravel() / 2)
    n = len(x)
    F = cantor(x)
    distance = np.max(np.maximum(np.abs(np.arange(1, n + 1) / n - F), np.abs(np.arange(n) / n - F)))
    report.claim("N=2, eps=1/3: Kolmogorov distance to the Cantor law", distance, below=0.01, source="iterated function system")
    report.claim("N=2, eps=1/3: mean", x.mean(), se=x.std() / np.sqrt(n), expected=0.5, source="symmetry")
    report.claim("N=2, eps=1/3: variance", x.var(), se=((x - 0.5) ** 2).std() / np.sqrt(n), expected=0.125, source="Cantor law")

    if size == "full":
        for n in (8, 16, 32, 64, 128):
            for e in (0.003, 0.03, 0.1, 0.3, 0.9):
                found = measured(n, e, 400 * max(10.0, n**2 / (2 * np.pi**2 * (1 - e))), seed + n)
                report.claim(f"<m^2>/(N rho^2) x (1 + eps (N-1)), N={n}, eps={e}", found.value / stationary(n, e), se=found.se / stationary(n, e),
                        expected=1,
                             source="collapse")  # fmt: skip
    return report
