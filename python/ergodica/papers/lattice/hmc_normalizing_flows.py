"""S060: Hybrid Monte Carlo in the variables of a learnt field transformation."""

from typing import Any

import numpy as np

import ergodica as erg
from ergodica.nn.flows import plaquettes
from ergodica.papers import Report, recipe

EXACT = {(8, 2): (0.697775, 1.2393), (8, 4): (0.863530, 0.4820), (16, 4): (0.863523, 1.9339), (16, 6): (0.912359, 1.1947)}


def action(links, beta):
    return beta * np.sum(1 - np.cos(plaquettes(links)), (-1, -2))


def transformed(flow, beta):
    """S(f(phi)) - log |det df/dphi|."""

    def energy(phi):
        links, log_det = flow.forward(phi)
        return action(links, beta) - log_det

    return energy


def trained(beta, base, L, steps, kernel, seed):
    """A flow from the theory at ``base`` to that at ``beta``, by the reverse divergence, whose base are configurations of HMC; and some of these."""
    words: dict[str, Any] = {"sweeps": 400, "every": 4, "chains": 20, "warmup": 200, "observe": ["configuration"], "progress": False}
    phi = erg.sample(erg.lattice.U1((L, L), beta=base), erg.HMC(steps=8), seed=seed, **words)["configuration"].reshape(-1, 2, L, L)
    loss = lambda flow, phi: np.mean(transformed(flow, beta)(phi) - action(phi, base))
    flow = erg.nn.GaugeFlow((L, L), 8, [4], 4, kernel, seed=seed)
    return erg.learn(loss, flow, erg.Adam(1e-2), data=phi, batch=32, steps=steps, seed=seed, progress=False).model


def moved(flow, beta, L, base, draws, chains, warmup, seed):
    """HMC in phi from configurations at ``base``: the run, whose observables are those of f(phi)."""

    def plaquette(phi):
        return np.mean(np.cos(plaquettes(flow.forward(phi)[0])))

    def charge(phi):
        p = plaquettes(flow.forward(phi)[0]) / (2 * np.pi)
        return np.sum(p - np.floor(p + 0.5))

    def square(phi):
        return charge(phi) ** 2

    words: dict[str, Any] = {"chains": chains, "seed": seed, "progress": False}
    start = erg.sample(erg.lattice.U1((L, L), beta=base), erg.HMC(steps=8), sweeps=1, warmup=500, observe=["configuration"], **words)
    start = start["configuration"].reshape(chains, 2, L, L)
    observe: list[Any] = [plaquette, charge, square, "exp(-dH)"]
    method = erg.HMC(steps=6, metric="unit")
    return erg.sample(transformed(flow, beta), method, space=erg.Torus(2, L, L), draws=draws, warmup=warmup, start=start, observe=observe, **words)


def changes(run, name="charge"):
    """Changes of the charge per thousand evaluations of the force, with the error that the chains show."""
    q = np.rint(run[name].reshape(run.info["chains"], -1))
    each = 1000 * np.mean(np.diff(q, axis=1) != 0, 1) / effort(run)
    return each.mean(), each.std(ddof=1) / np.sqrt(len(each))


def effort(run):
    """Evaluations of the force in a trajectory: one in a step of leapfrog."""
    return np.mean(run.info["steps"])


def plain(beta, L, sweeps, chains, seed):
    """HMC of the links themselves."""
    observe = ["plaquette", "topological_charge", "topological_charge^2"]
    words: dict[str, Any] = {"chains": chains, "warmup": 2000, "seed": seed, "observe": observe, "progress": False}
    return erg.sample(erg.lattice.U1((L, L), beta=beta), erg.HMC(steps=8), sweeps=sweeps, **words)


def returned(flow, beta, phi, seed, steps=20, dt=0.05):
    """How far leapfrog there and back ends from phi."""
    force = erg.compile(erg.grad(lambda x: np.sum(transformed(flow, beta)(x))))
    x, p = phi, np.random.default_rng(seed).normal(size=phi.shape)
    for _ in range(2):
        for _ in range(steps):
            p = p - dt / 2 * force(x)
            x = x + dt * p
            p = p - dt / 2 * force(x)
        p = -p
    return np.abs(x - phi).max()


@recipe("S060", "hmc-normalizing-flows", family="lattice", cite="S. Foreman et al., HMC with Normalizing Flows, arXiv:2112.01586")
def run(size="quick", *, L=8, betas=(2, 4), far=(16, 6), chains=16, draws=None, steps=150, kernel=1, seed=1):
    """HMC of U(1) links in two dimensions changes the topological charge faster in the variables phi of a learnt map theta = f(phi).

    The weight of theta is exp(-S), S = beta sum_p (1 - cos P), that of phi exp(-S_FT), S_FT = S(f(phi)) - log |det df/dphi|: leapfrog with the
    force of S_FT and its acceptance leave it exact for any f. Here f commutes with gauge transformations (splines of plaquettes, eight masks that
    move every link once; with ``kernel`` 3 their numbers come from a network of the plaquettes around, with 1 they are the same everywhere) and maps
    the theory at beta/2, in which the charge moves freely, near to that at beta.

    Z(vartheta) = sum_n c_n^V, c_n = int dphi/2pi exp(beta cos phi + i (n + vartheta/2pi) phi) gives plaquette and <Q^2> in closed form. Measured are
    these, <exp(-dH)> = 1, leapfrog there and back, and at the last beta changes of the charge per evaluation of the force beside plain HMC. In full
    size also tau_int of Q^2 at L = 16, beta = 6 by a flow that was trained at L = 8.
    """
    report = Report()
    both, closed = "catalogue, two derivations", "closed form"
    for (length, beta), (p, q) in EXACT.items():
        exact = erg.solve(erg.lattice.U1((length, length), beta=float(beta)))
        report.claim(f"L = {length}, beta = {beta}: plaquette, by solve", exact["plaquette"], expected=p, tolerance=6e-7, source=both)
        report.claim(f"L = {length}, beta = {beta}: <Q^2>, by solve", exact["topological_charge^2"], expected=q, tolerance=6e-5, source=both)
    full = size == "full"
    draws = draws or (5000 if full else 300)
    for beta in betas:
        name, exact = f"L = {L}, beta = {beta}", erg.solve(erg.lattice.U1((L, L), beta=float(beta)))
        flow = trained(float(beta), beta / 2, L, steps, kernel, seed)
        here = moved(flow, float(beta), L, beta / 2, draws, chains, 150, seed)
        for observable, expected in (("plaquette", exact["plaquette"]), ("square", exact["topological_charge^2"]), ("exp(-dH)", 1.0)):
            what = {"square": "<Q^2>", "exp(-dH)": "mean of exp(-dH)"}.get(observable, observable)
            report.mean(f"{name}: {what}", here[observable].reshape(chains, -1).mean(1), expected=expected, source=closed)
        phi = np.random.default_rng(seed).uniform(-np.pi, np.pi, (4, 2, L, L))
        report.claim(f"{name}: leapfrog there and back", returned(flow, float(beta), phi, seed), below=1e-10, source="reversible")
    (a, da), (b, db) = changes(here), changes(plain(float(beta), L, 4000, chains, seed), "topological_charge")
    se = a / b * np.hypot(da / a, db / b)
    report.claim(f"{name}: changes of Q per force, over plain HMC", a / b, se=se, dof=chains - 1, above=1.0, source="the paper's claim")
    if full:
        L, beta = far
        exact = erg.solve(erg.lattice.U1((L, L), beta=float(beta)))
        flow = trained(float(beta), beta / 2, 8, 2 * steps, kernel, seed).on((L, L))
        here, there = moved(flow, float(beta), L, beta / 2, 4000, chains, 1000, seed), plain(float(beta), L, 60_000, chains, seed)
        name, tau = f"L = {L}, beta = {beta}", []
        for r, square in ((here, "square"), (there, "topological_charge^2")):
            line = r.summary(square).rows[0]
            tau.append((line.tau_int * effort(r), line.tau_int_se * effort(r)))
        report.mean(f"{name}: plaquette", here["plaquette"].reshape(chains, -1).mean(1), expected=exact["plaquette"], source=closed)
        report.mean(f"{name}: <Q^2>", here["square"].reshape(chains, -1).mean(1), expected=exact["topological_charge^2"], source=closed)
        (a, da), (b, db) = tau
        report.note(f"{name}: tau_int of Q^2 in evaluations of the force {a:.0f}({da:.0f}), plain {b:.0f}({db:.0f})")
        what = f"{name}: tau_int of Q^2 per force, plain over this"
        report.claim(what, b / a, se=b / a * np.hypot(da / a, db / b), above=1.0, source="the paper's claim; the flow was trained at L = 8")
    return report
