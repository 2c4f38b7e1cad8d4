"""S028: any distribution as a generalised Boltzmann law, and the fluxes that it hides."""

from typing import Any

import numpy as np
from scipy.linalg import hadamard, null_space
from scipy.optimize import minimize

import ergodica as erg
from ergodica.papers import Report, recipe


def spins(n):
    """The 2^n configurations, shape (2^n, n): bit i of the number is 1 where s_i = -1, so that Hadamard's rows are products of spins."""
    return 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)


def parameters(p):
    """theta_A = 2^-n sum_s chi_A(s) log p(s), by the subset A as a number; theta_0 is -log Z."""
    return hadamard(len(p)) @ np.log(p) / len(p)


def subset(*sites):
    return sum(1 << i for i in sites)


def stationary(rates):
    """p with p W = 0; W[i, j] is the rate from i to j, the diagonal is ignored."""
    W = rates - np.diag(rates.sum(1))
    p = null_space(W.T)[:, 0]
    return p / p.sum()


def independent(rates):
    """p and theta once more: a linear solve with a row for the norm, and (O^T)^-1 log p."""
    W = rates - np.diag(rates.sum(1))
    A = np.vstack([W.T[1:], np.ones(len(W))])
    p = np.linalg.solve(A, np.eye(len(W))[-1])
    return p, np.linalg.solve(hadamard(len(p)).T.astype(float), np.log(p))


def fluxes(p, rates):
    flow = p[:, None] * rates
    return flow - flow.T


def production(p, rates):
    """Entropy production: sum over pairs of J_ij log(p_i W_ij / p_j W_ji)."""
    flow = p[:, None] * rates
    both = (rates > 0) & (rates.T > 0)
    return 0.5 * np.sum(fluxes(p, rates)[both] * np.log(flow[both] / flow.T[both]))


def ring(n, beta, left=1.0, right=1.0):
    """Heat bath on a ring: spin i turns over at rate (1 - s_i tanh(beta_i (left s_i-1 + right s_i+1))) / 2."""
    s, rates = spins(n), np.zeros((2**n, 2**n))
    for i in range(n):
        field = np.broadcast_to(beta, n)[i] * (left * s[:, i - 1] + right * s[:, (i + 1) % n])
        rates[np.arange(2**n), np.arange(2**n) ^ (1 << i)] = 0.5 * (1 - s[:, i] * np.tanh(field))
    return rates


def walk(n, right):
    """Reflecting walk on 0..n in discrete time: it stays where a step would leave."""
    T = np.diag(np.full(n, right), 1) + np.diag(np.full(n, 1 - right), -1)
    return T + np.diag(1 - T.sum(1))


def newton_coefficients(x, y):
    """Divided differences: the polynomial through (x, y) in Newton's basis, for which Vandermonde's matrix is too ill-conditioned."""
    c = y.copy()
    for k in range(1, len(x)):
        c[k:] = (c[k:] - c[k - 1 : -1]) / (x[k:] - x[:-k])
    return c


def attempts(beta, chains, sweeps, seed, groups=20):
    """Histograms (groups, 2^n) of the states after each sweep of n random-site heat-bath attempts in many chains, the first tenth left out."""
    n = len(beta)
    group = np.arange(chains) % groups
    states = np.ones((chains, n))
    rows = np.arange(chains)

    @erg.compile
    def sweep(states, key):
        def attempt(states, key):
            where, how = erg.random.split(key)
            i = erg.random.randint(where, (chains,), 0, n)
            h = np.take(beta, i) * (states[rows, (i - 1) % n] + states[rows, (i + 1) % n])
            up = erg.random.uniform(how, (chains,)) < 0.5 * (1 + np.tanh(h))
            return np.where(i[:, None] == np.arange(n), np.where(up, 1.0, -1.0)[:, None], states), 0.0

        return erg.scan(attempt, states, erg.random.split(key, n))[0]

    counts = np.zeros((groups, 2**n))
    for t, key in enumerate(erg.random.split(erg.random.key(seed), sweeps)):
        states = sweep(states, key)
        if t >= sweeps // 10:
            np.add.at(counts, (group, (states < 0) @ (1 << np.arange(n))), 1)
    return counts


def pseudo_likelihood(counts, n, orbits):
    """The parameters, one an orbit, that maximise sum over states and sites of counts log p(s_i | the others)."""
    s = spins(n)
    seen = counts > 0
    features = np.zeros((len(orbits), 2**n, n))
    for k, orbit in enumerate(orbits):
        for A in orbit:
            product = np.prod(s[:, list(A)], axis=1)
            for i in A:
                features[k, :, i] += product  # s_i times the field on it
    features, weight = features[:, seen], counts[seen, None] / counts.sum()

    def loss(theta):
        return np.sum(weight * np.logaddexp(0.0, -2 * np.tensordot(theta, features, 1)))

    fit = minimize(erg.value_and_grad(loss), np.zeros(len(orbits)), jac=True, method="BFGS", options={"gtol": 1e-9})
    return fit.x


def steady(n, beta):
    """The steady state of a heat-bath ring of many sites, by powers of the sparse transition matrix."""
    s, size = spins(n), 2**n
    turn = [0.5 * (1 - s[:, i] * np.tanh(beta[i] * (s[:, i - 1] + s[:, (i + 1) % n]))) / n for i in range(n)]
    p = np.full(size, 1 / size)
    while True:
        new = p * (1 - np.sum(turn, 0))
        for i, rate in enumerate(turn):
            new += (p * rate)[np.arange(size) ^ (1 << i)]
        if np.abs(new - p).max() < 1e-16:
            return new / new.sum()
        p = new


def simulated(report, beta, chains, seed, paper):
    """Twelve sites: the parameters learnt from a simulation, beside those of the exact steady state."""
    ring12, sweeps = np.tile(beta, 6), int(1e7 // (12 * chains))
    turn = lambda *A: [tuple((a + t) % 12 for a in A) for t in range(12)]
    orbits = [turn(0, 1), turn(0, 2)[::2], turn(1, 3)[::2], turn(0, 3), turn(0, 1, 2, 3)]
    names, values = ("bond", "{02}", "{13}", "{03}", "{0123}"), (0.372417, -0.062333, 0.083002, -0.016150, 0.010216)
    p = steady(12, ring12)
    theta = parameters(p)
    exact = [theta[subset(*orbit[0])] for orbit in orbits]
    counts = attempts(ring12, chains, sweeps, seed)
    for kept, cut, given in ((5, "five orbits", values), (3, "three pair orbits", (0.3798, -0.0689, 0.0754))):
        limit = pseudo_likelihood(p, 12, orbits[:kept])  # of infinitely many samples
        found = np.array([pseudo_likelihood(c, 12, orbits[:kept]) for c in counts])
        whole = pseudo_likelihood(counts.sum(0), 12, orbits[:kept])
        for k in range(kept):
            name, se = f"12 sites, {cut}: {names[k]}", found[:, k].std(ddof=1) / np.sqrt(len(found))
            if kept == 5:
                if paper:
                    report.claim(f"12 sites, exact: {names[k]}", exact[k], expected=values[k], tolerance=6e-7, source="catalogue, two derivations")
                    off = whole[k] - exact[k]
                    report.claim(f"{name}, less the exact one", off, se=se, expected=0.0, tolerance=0.003, source="catalogue: at most 0.0016")
                report.claim(f"{name}, bias of the five orbits", limit[k] - exact[k], expected=0.0, tolerance=0.0015, source="exact steady state")
            elif paper:
                report.claim(f"{name}, exact", limit[k], expected=given[k], tolerance=6e-5, source="catalogue, two derivations")
            report.claim(f"{name}, simulated", whole[k], se=se, dof=len(found) - 1, expected=limit[k], tolerance=1e-4, source="exact steady state")


@recipe("S028", "matrix-generalized-ensemble", family="sampling", cite="Matrix approach to generalised ensembles")
def run(size="quick", *, sites=4, beta=(0.2, 0.8), right=0.6, chains=2000, seed=1):
    """Any law of n states is a generalised Boltzmann law, also that of a driven steady state; only fluxes show the drive.

    With an invertible matrix O of observables, ln p_s = sum_a lambda_a O_as. For spins O is Hadamard's matrix: theta_A = 2^-N sum_s chi_A(s)
    ln p_s, chi_A the product of the spins in A. Heat-bath rings with temperatures that differ from site to site, or with fields that favour one
    side, have steady states whose theta are found here, and entropy productions sum of J_ij ln(p_i W_ij / p_j W_ji); each is solved twice, in
    different ways. Rates are per site. In full size the theta of a ring of 12 sites are learnt from a simulation, by pseudo-likelihood (the logarithm
    of an empirical p fails at states that were not seen), beside what the same fit makes of the exact steady state of 4096 states.
    """
    report = Report()
    paper = tuple(beta) == (0.2, 0.8)
    exact: Any = {"source": "catalogue, two derivations", "tolerance": 6e-7}
    twice: Any = {"below": 1e-8, "source": "two ways to solve"}

    s = spins(4)
    p = np.exp(0.7 * np.sum(s * np.roll(s, -1, 1), 1) + 0.3 * s.sum(1))
    theta = parameters(p / p.sum())
    report.claim("(a) Ising ring: log Z", -theta[0], expected=4.292601, **exact)
    report.claim("(a) field", theta[subset(0)], expected=0.3, tolerance=1e-8, source="closed form")
    report.claim("(a) bond", theta[subset(0, 1)], expected=0.7, tolerance=1e-8, source="closed form")
    kept = [0, *(1 << i for i in range(4)), *(subset(i, (i + 1) % 4) for i in range(4))]
    report.claim("(a) all others", np.abs(np.delete(theta, kept)).max(), below=1e-8, source="closed form")
    rates = ring(4, 0.5)
    report.claim("one temperature, even fields: largest flux", np.abs(fluxes(stationary(rates), rates)).max(), below=1e-14, source="detailed balance")

    rates = ring(4, np.tile(beta, 2))
    p = stationary(rates)
    theta = parameters(p)
    again, other = independent(rates)
    report.claim("(b) two temperatures: p and theta, largest difference", max(np.abs(p - again).max(), np.abs(theta - other).max()), **twice)
    if paper:
        for name, A, v in (("bond", (0, 1), 0.357146), ("{02}", (0, 2), -0.128798), ("{13}", (1, 3), 0.167046), ("{0123}", (0, 1, 2, 3), 0.040693)):
            report.claim(f"(b) two temperatures: {name}", theta[subset(*A)], expected=v, **exact)
        report.claim("(b) entropy production", production(p, rates), expected=0.325032, **exact)
    some = [0, 15, *(subset(i, j) for i in range(4) for j in range(i))]
    report.claim("(b) all others", np.abs(np.delete(theta, some)).max(), below=1e-8, source="symmetry")

    rates = ring(4, 0.5, 0.5, 1.5)
    p = stationary(rates)
    theta = parameters(p)
    again, other = independent(rates)
    report.claim("(c) lopsided fields: p and theta, largest difference", max(np.abs(p - again).max(), np.abs(theta - other).max()), **twice)
    report.claim("(c) bond, as without drive", theta[subset(0, 1)], expected=0.5, tolerance=1e-8, source="closed form")
    bonds = [0, *(subset(i, (i + 1) % 4) for i in range(4))]
    report.claim("(c) all others", np.abs(np.delete(theta, bonds)).max(), below=1e-8, source="closed form")
    report.claim("(c) entropy production", production(p, rates), expected=0.273353, **exact)
    report.claim("(c) largest flux, which shows the drive", np.abs(fluxes(p, rates)).max(), above=0.01, source="no detailed balance")

    rates = np.array([[0, 2, 1], [1, 0, 3], [2, 1, 0]], float)
    p = stationary(rates)
    report.claim("(d) three states: largest error of p", np.abs(p - np.array([9, 7, 10]) / 26).max(), below=1e-8, source="closed form")
    around = [fluxes(p, rates)[i, (i + 1) % 3] for i in range(3)]
    report.claim("(d) flux, largest error round the cycle", np.abs(np.array(around) - 11 / 26).max(), below=1e-8, source="closed form: 11/26")
    report.claim("(d) entropy production", production(p, rates), expected=11 / 26 * np.log(12), tolerance=1e-8, source="closed form")

    p = stationary(walk(8, right))
    c = newton_coefficients(np.arange(9.0), np.log(p))
    report.claim("(e) walk: lambda_1", c[1], expected=np.log(right / (1 - right)), tolerance=1e-6, source="closed form")
    report.claim("(e) all higher", np.abs(c[2:]).max(), below=1e-6, source="closed form")

    O = hadamard(2**sites).astype(float)
    mean = lambda rest: (lambda w: O @ (w / np.sum(w)))(np.exp(np.concatenate([np.zeros(1), rest]) @ O))
    at = np.random.default_rng(seed).normal(size=2**sites - 1) * 0.3
    w = np.exp(np.concatenate([[0.0], at]) @ O)
    w /= w.sum()
    covariance = (O * w) @ O.T - np.outer(O @ w, O @ w)
    error = np.abs(erg.jacobian(mean)(at) - covariance[:, 1:]).max()
    report.claim("dX_a/dlambda_b - Cov(O_a, O_b), largest", error, below=1e-8, source="identity")

    if size == "full":
        simulated(report, beta, chains, seed, paper)
    return report
