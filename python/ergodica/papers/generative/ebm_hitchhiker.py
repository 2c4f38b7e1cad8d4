"""S055: energies that are learnt: their sampling, normalisation and training agree."""

import numpy as np

import ergodica as erg
from ergodica.papers import Report, recipe


def states(n):
    """All spins of n sites, (2^n, n)."""
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1) * 2.0 - 1


def bonds(L):
    """Ends of the bonds of an L x L torus, (2 L^2, 2)."""
    at = np.arange(L * L).reshape(L, L)
    return np.concatenate([np.stack([at, np.roll(at, -1, axis)], -1).reshape(-1, 2) for axis in (0, 1)])


def magnet(L, beta):
    """The machine that is the Ising model: a hidden unit a bond with the weight w to both of its ends, cosh 2 w = exp(2 beta)."""
    w, ends = 0.5 * np.arccosh(np.exp(2 * beta)), bonds(L)
    W = np.zeros((len(ends), L * L))
    W[np.arange(len(ends)), ends[:, 0]] = W[np.arange(len(ends)), ends[:, 1]] = w
    return erg.nn.RBM(L * L, len(ends), seed=1).replace({"W": W}), w


def energy(v, L):
    """-sum of products over bonds, (...)."""
    ends = bonds(L)
    return -np.sum(v[..., ends[:, 0]] * v[..., ends[:, 1]], -1)


def log_z(model, v):
    """By listing all visible states."""
    u = -model.free_energy(v)
    return np.log(np.sum(np.exp(u - u.max()))) + u.max()


@erg.compile
def annealed(model, key, start, shares):
    """Log weights of annealed importance sampling with all weights scaled from 0 to 1 (R. M. Neal, 2001), over its mean at 0."""

    def scaled(s):
        return model.replace({"a": s * model.a, "b": s * model.b, "W": s * model.W})

    def step(carry, given):
        v, log_w = carry
        low, high, key = given
        log_w = log_w + scaled(low).free_energy(v) - scaled(high).free_energy(v)
        return (scaled(high).gibbs(key, v), log_w), None

    keys = erg.random.split(key, len(shares) - 1)
    return erg.scan(step, (start, np.zeros(len(start))), (shares[:-1], shares[1:], keys))[0][1]


@erg.compile
def visited(model, key, v, sweeps=400, burn=100):
    """States of chains of block Gibbs sampling, (sweeps - burn, chains, n)."""
    step = lambda v, key: (model.gibbs(key, v),) * 2
    return erg.scan(step, v, erg.random.split(key, sweeps))[1][burn:]


@recipe("S055", "ebm-hitchhiker", family="generative", cite="D. Carbone, arXiv:2406.13661")
def run(size="quick", *, L=4, beta=0.44, updates=20_000, seed=1) -> Report:
    r"""Of p(x) = exp(-E(x)) / Z sampling, the normalisation Z and the gradient of training are one and the same thing, and consistent.

    A restricted Boltzmann machine of spins with a hidden unit for each bond of a torus is its Ising model, exactly: cosh 2w = exp(2 beta). Block
    Gibbs sampling must give the magnet's means, and annealed importance sampling its log Z = log Z_Ising + bonds (log 2 + beta). Then a machine of
    32 hidden units is trained on draws of the magnet by persistent contrastive divergence (<dE>_model - <dE>_data with chains that go on from update
    to update): its cross-entropy, by listing all states, must come down to the entropy of the magnet. In full size three seeds train.
    """
    report = Report()
    exactly = (L, beta) == (4, 0.44)
    two = "catalogue, two derivations"
    all_states = states(L * L)
    log_p = -beta * energy(all_states, L)
    ising = np.log(np.sum(np.exp(log_p - log_p.max()))) + log_p.max()
    p = np.exp(log_p - ising)
    model, w = magnet(L, beta)
    whole = ising + 2 * L * L * (np.log(2) + beta)
    if exactly:
        report.claim("weight of the machine that is the magnet", w, expected=0.763531, tolerance=5e-7, source=two)
        report.claim("log Z of the magnet", ising, expected=15.504727, tolerance=5e-7, source=two)
    report.claim("log Z of the machine, by listing its states", log_z(model, all_states), expected=whole, tolerance=1e-9, source="closed form")

    rng = np.random.default_rng(seed)
    start = rng.choice([-1.0, 1.0], (200, L * L))
    log_w = annealed(model, erg.random.key(seed), start, np.linspace(0, 1, 1001))
    weights = np.exp(log_w - log_w.max())
    found = np.log(weights.mean()) + log_w.max() + 3 * L * L * np.log(2)
    report.claim("log Z by annealed importance sampling", found, se=weights.std() / weights.mean() / np.sqrt(200), expected=whole, tolerance=0.0,
                 source="closed form")  # fmt: skip
    v = visited(model, erg.random.key(seed + 100), np.repeat(start, 5, 0))
    for name, x, listed in (
        ("|m|", np.abs(v.mean(-1)), np.sum(p * np.abs(all_states.mean(-1)))),
        ("E / N", energy(v, L) / L**2, np.sum(p * energy(all_states, L)) / L**2),
    ):
        report.mean(f"block Gibbs sampling: <{name}>", x.mean(0), expected=listed, source="all states")

    entropy = -np.sum(p * log_p) + ising
    for s in range(seed, seed + (3 if size == "full" else 1)):
        data = all_states[np.random.default_rng(s).choice(len(p), 100_000, p=p)]
        machine = erg.nn.RBM(L * L, 2 * L * L, init=erg.nn.initialisers.normal(0.05), seed=s)
        rate = erg.learning.schedules.Cosine(5e-3, updates)
        objective = erg.PersistentCD(steps=5, start=np.random.default_rng(s).choice([-1.0, 1.0], (256, L * L)))
        fit = erg.learn(objective, machine, erg.Adam(rate), data=data, batch=256, steps=updates, every=100, seed=s, progress=False)
        cross = np.sum(p * fit.model.free_energy(all_states)) + log_z(fit.model, all_states)
        what = f"cross-entropy of a trained machine less the entropy {entropy:.6f}, nats, seed {s}"
        report.claim(what, cross - entropy, expected=0.0, tolerance=0.03, source=two)
    return report
