"""S139: dense networks and the glass of their crosstalk, with one step of replica symmetry breaking."""

import math

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import erf, log_ndtr

import ergodica as erg
from ergodica.papers import Report, recipe

Z = np.linspace(-12, 12, 4801)  # the trapezoidal rule converges faster than any power here
W = np.exp(-(Z**2) / 2) / np.sqrt(2 * np.pi) * (Z[1] - Z[0])


def spinodal(P):
    """The largest load gamma at which a pattern is retrieved at kT = 0, and its overlap: max over u of erf(u)^(2(P-1)) / (2 (P-1)! u^2)."""
    best = minimize_scalar(lambda u: -(erf(u) ** (2 * (P - 1))) / (2 * math.factorial(P - 1) * u**2), bounds=(0.2, 4), method="bounded",
                           options={"xatol": 1e-12})  # fmt: skip
    return -best.fun, erf(best.x)


def weights(P, q, x, T):
    """Those of the fields z among states of one step, proportional to Dz (2 cosh)^x; also a = sqrt(P q^(P-1)/2)/T and log of their sum."""
    a = math.sqrt(P * q ** (P - 1) / 2) / T
    log_cosh = np.logaddexp(a * Z, -a * Z)
    w = np.log(W) + x * log_cosh
    top = w.max()
    w = np.exp(w - top)
    return a, w / w.sum(), top + math.log(w.sum()), log_cosh


def phi(P, q, x, T):
    """-f/T of one step of breaking at the point (q, x)."""
    _, _, log_sum, _ = weights(P, q, x, T)
    return (1 + (P - 1) * (1 - x) * q**P - P * q ** (P - 1)) / (4 * T**2) + log_sum / x


def overlap(P, x, T, start=0.999):
    """The largest q that solves q = <tanh^2>, 0 where there is none."""
    q = start
    for _ in range(5000):
        a, w, *_ = weights(P, q, x, T)
        new = float(w @ np.tanh(a * Z) ** 2)
        if new < 0.02:
            return 0.0
        if abs(new - q) < 1e-13:
            break
        q = new
    return q


def slope(P, x, T):
    """d phi / dx at the saddle in q."""
    q = overlap(P, x, T)
    _, w, log_sum, log_cosh = weights(P, q, x, T)
    return -(P - 1) * q**P / (4 * T**2) - log_sum / x**2 + float(w @ log_cosh) / x


def broken(P, T):
    """The saddle (q, x) below the static temperature."""
    x = brentq(lambda x: slope(P, x, T), 0.02, 0.999)
    return overlap(P, x, T), x


def replicon(P, T):
    """Positive where one step is stable."""
    q, x = broken(P, T)
    a, w, *_ = weights(P, q, x, T)
    return 1 - P * (P - 1) * q ** (P - 2) / (2 * T**2) * float(w @ np.cosh(np.minimum(np.abs(a * Z), 300)) ** -4.0)


def dynamical(P):
    """The highest temperature with a q > 0 at x = 1."""
    low, high = 0.5, 0.9
    while high - low > 1e-5:
        T = (low + high) / 2
        low, high = (T, high) if overlap(P, 1.0, T) > 0 else (low, T)
    return low


def ground(P):
    """Energy at T -> 0: the maximum over y of -y/4 - log[2 Phi(y sqrt(P/2))]/y."""
    return -minimize_scalar(lambda y: y / 4 + (math.log(2) + log_ndtr(y * math.sqrt(P / 2))) / y, bounds=(0.05, 20), method="bounded",
                            options={"xatol": 1e-10}).fun  # fmt: skip


@recipe("S139", "rsb-dense-networks", family="lattice", cite="replica symmetry breaking in dense networks; E. Gardner, Nucl. Phys. B 257, 747 (1985)")
def run(size="quick", *, P=3, N=200, samples=6, seed=1):
    """Patterns stored in groups of P spins are lost at a spinodal; what remains is the Ising P-spin glass, with its three temperatures.

    E = -(1/N^(P-1)) sum_mu sum_(i1<...<iP) xi s ... xi s with K = gamma N^(P-1) patterns. At kT = 0 a pattern has the overlap m = erf(u),
    u = m^(P-1)/sqrt(2 gamma (P-1)!). The crosstalk is a P-spin glass of J^2 = 2 gamma/P!: in units of J, one step of breaking appears
    dynamically at T_d, in equilibrium at T_c, and breaks further below Gardner's T_G. In full size the free energy at low temperature, and
    retrieval by a heat bath at both sides of the spinodal.
    """
    report = Report()
    two = "catalogue, two derivations"
    for p, load, m in ((3, 0.126095, 0.8385), (4, 0.0329767, 0.9179)):
        found = spinodal(p)
        report.claim(f"P = {p}: spinodal load", found[0], expected=load, tolerance=1e-6, source=two)
        report.claim(f"P = {p}: overlap there", found[1], expected=m, tolerance=1e-4, source=two)
    report.claim("P = 3: dynamical temperature", dynamical(3), expected=0.6816, tolerance=1e-3, source=two)
    static = brentq(lambda T: slope(3, 1.0, T), 0.62, 0.68)
    report.claim("P = 3: static temperature", static, expected=0.6514, tolerance=1e-3, source=two)
    report.claim("P = 3: q there", overlap(3, 1.0, static), expected=0.8135, tolerance=1e-3, source=two)
    report.claim("P = 3: Gardner temperature", brentq(lambda T: replicon(3, T), 0.2, 0.3), expected=0.2403, tolerance=1e-3, source=two)
    for p, e in ((3, -0.813535), (4, -0.825471)):
        report.claim(f"P = {p}: energy at T -> 0", ground(p), expected=e, tolerance=1e-6, source=two)

    def retrieval(load, count):
        """Overlaps with the first pattern in the last 100 of 300 sweeps from it."""
        found = []
        for k in range(count):
            patterns = np.random.default_rng([seed, k, round(1000 * load)]).choice([-1, 1], size=(round(load * N ** (P - 1)), N))
            run = erg.sample(erg.lattice.Hopfield(patterns, p=P), erg.HeatBath(), kT=0.1, sweeps=300, every=10, chains=1, start=patterns[0],
                             seed=seed + k, observe=["overlaps"], progress=False)  # fmt: skip
            found.append(float(np.asarray(run["overlaps"])[0, -10:, 0].mean()))
        return np.array(found)

    below = retrieval(0.05, samples if size == "full" else 2)
    report.claim(f"N = {N}, gamma = 0.05: overlap", below.mean(), expected=0.992, tolerance=0.02, source="replica symmetric value 0.9929")
    if size == "full":
        report.claim(f"N = {N}, gamma = 0.2: overlap", retrieval(0.2, samples).mean(), below=0.65, source="above the spinodal")
        T = 0.15
        q, x = broken(3, T)
        f = -T * phi(3, q, x, T)
        h = 1e-4
        above, under = ((*broken(3, t), t) for t in (T + h, T - h))
        energy = f - T * (under[2] * phi(3, *under) - above[2] * phi(3, *above)) / (2 * h)
        report.claim("P = 3, T = 0.15: free energy", f, expected=-0.81346, tolerance=1e-5, source=two)
        report.claim("P = 3, T = 0.15: energy", energy, expected=-0.81273, tolerance=1e-5, source=two)
    return report
