"""S125: the Potts chain with nearest and next-nearest couplings, exactly."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def log_lambda(K, q):
    """The logarithm of the larger eigenvalue of the 2 by 2 matrix on (equal, unequal) neighbours, K = (J1, J2)/kT."""
    a, b, c = np.exp(K[0] + K[1]), np.exp(K[1]), np.exp(K[0])
    return np.log((a + b + q - 2 + np.sqrt((a - b - q + 2) ** 2 + 4 * (q - 1) * c)) / 2)


def transfer(K, q):
    """The (q^2, q^2) matrix from (s_1, s_2) to (s_2, s_3)."""
    s = np.arange(q)
    T = np.zeros((q, q, q, q))
    for a in s:
        for b in s:
            T[a, b, b, :] = np.exp(K[0] * (b == s) + K[1] * (a == s))
    return T.reshape(q * q, q * q)


def thermal(J, q, kT):
    """Free energy, energy, heat capacity a site, and the shares of equal neighbours and next neighbours, by differentiating log lambda."""
    J = np.array(J)
    f = -kT * float(erg.compile(lambda b: log_lambda(b * J, q))(1 / kT))
    u = -float(erg.grad(lambda b: log_lambda(b * J, q))(1 / kT))
    C = float(erg.grad(erg.grad(lambda b: log_lambda(b * J, q)))(1 / kT)) / kT**2
    return f, u, C, *erg.grad(lambda K: log_lambda(K, q))(J / kT)


@recipe("S125", "j1j2-potts-chain", family="lattice", cite="exact one-dimensional J1-J2 Potts model: reduction of the transfer matrix to two states")
def run(size="quick", *, q=3, J1=1.0, J2=-0.6, kT=0.5, N=1000, seed=1):
    """A ring of Potts spins with couplings J1 and J2 to the next and the next but one is solved for every q by a matrix of two rows.

    E = - J1 sum_i delta(s_i, s_i+1) - J2 sum_i delta(s_i, s_i+2). Only whether neighbours are equal matters, so that the largest eigenvalue of the
    (q^2, q^2) transfer matrix is that of [[exp(K1 + K2), q - 1], [exp(K1), exp(K2) + q - 2]], K = J/kT. Free energy, energy and heat capacity
    come from it by differentiation; rings are sampled beside, one of N spins by a heat bath, one of N/5 by population annealing. The
    correlation length belongs to other eigenvalues, of which one pair may be complex.

    In full size a sweep of temperatures, and the entropy that is left at J2 = -J1/2, log((1 + sqrt(4 q - 3))/2).
    """
    report = Report()
    two = "catalogue, two derivations"
    for values, K, want in ((3, (1.0, -0.8), 3.669793), (5, (2.0, -1.2), 8.226469), (q, (J1 / kT, J2 / kT), None)):
        whole = np.linalg.eigvals(transfer(K, values))
        small = np.exp(log_lambda(np.array(K), values))
        largest = np.abs(whole).max()
        report.claim(f"lambda, q = {values}, K = {K[0]:g}, {K[1]:g}", small, expected=largest, tolerance=1e-12 * small, source="full matrix")
        if want:
            report.claim(f"the same, q = {values}", small, expected=want, tolerance=1e-6, source=two)
    whole = np.linalg.eigvals(transfer((1.0, -0.8), 3))
    pair = whole[whole.imag > 1e-6]
    report.claim("a complex pair of other sectors: real part", pair[0].real, expected=0.45589, tolerance=1e-5, source=two)
    report.claim("its imaginary part, larger than the other eigenvalue of the two", pair[0].imag, expected=1.64821, tolerance=1e-5, source=two)

    digits: list[tuple[float, tuple[float | None, ...]]] = [(0.5, (-0.864524, -0.412941, 0.187307, 0.559683, 0.244570)),
                                                            (0.2, (None, -0.469477, 0.173550, None, None))]  # fmt: skip
    for at, numbers in digits:
        for name, x, known in zip(("f", "u", "C", "equal neighbours", "equal next neighbours"), thermal((1.0, -0.6), 3, at), numbers, strict=True):
            if known is not None:
                report.claim(f"q = 3, J2 = -0.6, kT = {at}: {name}", x, expected=known, tolerance=1e-6, source=two)

    f, u, _, near, next_near = thermal((J1, J2), q, kT)
    ring = erg.lattice.Potts(erg.lattice.chain(N, (J1, J2)), q=q)
    shares: dict[str, Any] = {"energy": "energy", "near": lambda s: (s == np.roll(s, 1, axis=-1)).mean(axis=-1),
                              "next": lambda s: (s == np.roll(s, 2, axis=-1)).mean(axis=-1)}  # fmt: skip
    full = size == "full"
    drawn = erg.sample(ring, erg.HeatBath(), kT=kT, sweeps=(20_000 if full else 3000), warmup=500, chains=8, seed=seed, every=2, progress=False,
                       observe=shares)  # fmt: skip
    for name, x, scale in (("energy", u, N), ("near", near, 1), ("next", next_near, 1)):
        report.mean(f"{N} spins by heat bath: {name}", np.asarray(drawn[name]).mean(axis=-1) / scale, expected=x, source="derivatives of log lambda")
    n = N // 5
    small = erg.lattice.Potts(erg.lattice.chain(n, (J1, J2)), q=q)
    annealed = erg.sample(small, erg.PopulationAnnealing(kernel=erg.HeatBath()), kT=kT, draws=(2000 if full else 200), chains=8, seed=seed + 1,
                          progress=False)  # fmt: skip
    estimate = annealed.log_evidence
    report.claim(f"{n} spins by population annealing: f", -kT * estimate.value / n, se=kT * estimate.se / n, expected=f, source="log lambda")
    if full:
        for values in (2, 3, 5):
            f, u, *_ = thermal((1.0, -0.5), values, 0.02)
            left = np.log((1 + np.sqrt(4 * values - 3)) / 2)
            report.claim(f"entropy at kT = 0.02, J2 = -1/2, q = {values}", (u - f) / 0.02, expected=left, tolerance=1e-6, source="closed form")
        for at in (0.3, 0.4, 0.7, 1.0, 2.0):
            _, u, *_ = thermal((J1, J2), q, at)
            drawn = erg.sample(ring, erg.HeatBath(), kT=at, sweeps=20_000, warmup=1000, chains=8, seed=seed + 2, progress=False, observe=["energy"])
            report.mean(f"kT = {at}: energy", np.asarray(drawn["energy"]).mean(axis=-1) / N, expected=u, source="derivative of log lambda")
    return report
