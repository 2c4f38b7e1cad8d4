"""Dynamics of lattice models against the exponentials of their generators on small systems: exchanges, events without rejection, the demon."""

import itertools

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import iv

import ergodica as erg

L = erg.lattice
KITE = np.array([[0, 1], [1, 2], [2, 0], [2, 3]])
J, H = np.array([0.7, -1.1, 0.4, 0.9]), np.array([0.3, -0.2, 0.5, 0.1])
SPINS = np.array(list(itertools.product([-1, 1], repeat=4)))
ENERGY = -(SPINS[:, KITE[:, 0]] * SPINS[:, KITE[:, 1]]) @ J - SPINS @ H
CODE = (1 << np.arange(4))[::-1]
CHAINS = 20000
QUIET = dict(chains=CHAINS, seed=3, progress=False)


def generator(changes, rate):
    """The rate matrix of changes(state) -> states, at rate(dE, states)."""
    G = np.zeros((len(SPINS), len(SPINS)))
    for a, s in enumerate(SPINS):
        for t in changes(s):
            b = int((t > 0) @ CODE)
            G[a, b] += rate(ENERGY[b] - ENERGY[a])
        G[a, a] = -G[a].sum()
    return G


def flips(s):
    return [np.where(np.arange(4) == i, -s, s) for i in range(4)]


def exchanges(pairs):
    def of(s):
        for i, j in pairs:
            if s[i] != s[j]:
                t = s.copy()
                t[[i, j]] = t[[j, i]]
                yield t

    return of


def glauber(kT):
    return lambda d: 1 / (1 + np.exp(d / kT))


def metropolis(kT):
    return lambda d: min(1.0, np.exp(-d / kT))


def agrees(found, p):
    """Counts of states against their probabilities: chi-square, false alarm 1e-7."""
    from scipy.stats import chi2

    counts = np.bincount(((found > 0) @ CODE).ravel(), minlength=len(SPINS))
    n, some = counts.sum(), p > 1e-12
    assert counts[~some].sum() == 0
    p, counts = p[some], counts[some]
    rare = n * p < 20
    if rare.any():
        p, counts = np.append(p[~rare], p[rare].sum()), np.append(counts[~rare], counts[rare].sum())
    x = ((counts - n * p) ** 2 / (n * p)).sum()
    assert x < chi2.isf(1e-7, len(p) - 1), (x, len(p))


ISING = L.Ising(KITE, J=J, h=H)
ALL = list(itertools.combinations(range(4), 2))
START = np.array([1, -1, 1, -1])
CASES = {
    "glauber": (erg.HeatBath(), flips, glauber, 1.0),
    "n-fold": (erg.NFoldWay(), flips, glauber, 1.0),
    "n-fold of Metropolis": (erg.NFoldWay(rates="metropolis"), flips, metropolis, 1.0),
    "Kawasaki": (erg.Kawasaki(), exchanges(KITE), glauber, 1.0),
    "Kawasaki by Metropolis": (erg.Kawasaki(rates="metropolis"), exchanges(KITE), metropolis, 1.0),
    "any pairs": (erg.Kawasaki(pairs="any"), exchanges(ALL), glauber, 2 / 3),
}


@pytest.mark.parametrize("name", CASES)
def test_laws_in_continuous_time(name):
    """P(t) = P(0) exp(G t). Catches rates off by 5 %, a bond left out, a waiting time from a stale sum of rates."""
    method, changes, law, speed = CASES[name]
    run = erg.simulate(ISING, method, kT=0.9, time=1.2, every=0.4, start=START, observe=["configuration"], **QUIET)
    G = speed * generator(changes, law(0.9))
    p0 = np.eye(16)[int((START > 0) @ CODE)]
    for k, t in enumerate(run.coords["time"][1:], 1):
        agrees(run["configuration"][:, k], p0 @ expm(G * t))


def test_laws_in_attempts():
    """After t N attempts at random sites."""
    run = erg.simulate(ISING, erg.NFoldWay(clock="attempts", rates="metropolis"), kT=0.9, time=1.5, every=0.5, start=START, observe=["configuration"],
                       **QUIET)  # fmt: skip
    P = np.eye(16) + generator(flips, metropolis(0.9)) / 4
    for k, t in enumerate(run.coords["time"][1:], 1):
        agrees(run["configuration"][:, k], np.linalg.matrix_power(P, round(4 * t))[int((START > 0) @ CODE)])


@pytest.mark.parametrize("method", [erg.Kawasaki(), erg.Kawasaki(pairs="any", rates="metropolis")])
def test_exchanges_sample_their_sector(method):
    """Of the states with as many spins up as at the start, by Boltzmann's weights."""
    run = erg.sample(ISING, method, kT=2.0, sweeps=150, every=150, warmup=0, start=START,
                     observe=["configuration", "magnetization"], **QUIET | {"chains": 4000})  # fmt: skip
    assert (run["magnetization"] == 0).all()
    w = np.where(SPINS.sum(1) == 0, np.exp(-ENERGY / 2.0), 0.0)
    agrees(run["configuration"][:, -1], w / w.sum())


def test_colours_are_conserved():
    for system in (L.Potts((4, 6), q=5), L.Clock((4, 6), q=5), L.Model((4, 6), (-1, 0, 1), pair=lambda s, t: -s * t)):
        values = np.random.default_rng(2).integers(0, 3, (4, 6)).astype(np.uint8)
        run = erg.sample(system, erg.Kawasaki(), kT=0.7, sweeps=30, warmup=0, start=values, observe=["occupation", "configuration"], seed=1,
                         progress=False)  # fmt: skip
        assert (run["occupation"] == run["occupation"][:1, :1]).all() and (run["configuration"] != values).any()
    patterns = np.random.default_rng(3).choice([-1, 1], (3, 20))
    run = erg.sample(L.Hopfield(patterns), erg.Kawasaki(), kT=0.2, sweeps=30, warmup=0, start="ordered", observe=["magnetization"], progress=False)
    np.testing.assert_allclose(run["magnetization"], patterns[0].mean(), atol=1e-15)


def test_demon_is_a_thermometer():
    """On a 4x4 torus all states with E <= E_0 are equally likely, so <E> is known from the numbers of states of each energy; in a large lattice the
    demon tells the temperature at which the spins were warmed. z-scores of 4.9: false alarm 1e-6 each."""
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    s = (2 * bits - 1).astype(np.int8).reshape(-1, 4, 4)
    E = -(s * np.roll(s, 1, 1) + s * np.roll(s, 1, 2)).sum((1, 2), dtype=int)
    start = s[np.flatnonzero(E == -8)[7]]
    run = erg.simulate(L.Ising((4, 4)), erg.CreutzDemon(), kT=0.0, time=500.0, every=10.0, chains=400, start=start, observe=["energy", "demon"],
                       seed=4, progress=False)  # fmt: skip
    assert (run["energy"] + run["demon"] == -8).all() and (run["demon"] >= 0).all()
    each = run["energy"][:, 5:].mean(1)
    assert abs(each.mean() - E[E <= -8].mean()) < 4.9 * each.std() / 20
    assert (run.info["kernel"]["quantum"] == 4).all()
    warm = erg.sample(L.Ising((48, 48)), erg.Wolff(), kT=3.0, sweeps=50, warmup=100, chains=16, seed=1, progress=False)
    run = erg.simulate(L.Ising((48, 48)), erg.CreutzDemon(), kT=3.0, time=300.0, every=300.0, chains=16, start=warm, seed=2, progress=False)
    T = run.info["kernel"]["temperature"]
    assert abs(T.mean() - 3.0) < 4.9 * T.std(ddof=1) / 4 and T.std() < 0.15


RAMP = dict(times=[0.0, 0.0, 1.2, 2.0], J=[1.0, 1.0, 1.6, 0.5], h=[0.2, 0.6, 2.0, 1.0], kT=[1.0, 1.0, 1.0, 1.0])
HEAT = RAMP | {"kT": [1.0, 1.5, 0.7, 0.9]}
PARTS = -(SPINS[:, KITE[:, 0]] * SPINS[:, KITE[:, 1]]) @ J, -SPINS @ H


def protocol(ramp, t):
    """Factors after time t, written out once more."""
    return [np.interp(t, ramp["times"][1:], ramp[name][1:]) for name in ("J", "h", "kT")]


def energies(J, h):
    return J * PARTS[0] + h * PARTS[1]


def equilibrium(E, kT, seed):
    """Independent draws of all chains."""
    w = np.exp(-E / kT)
    return SPINS[np.random.default_rng(seed).choice(16, CHAINS, p=w / w.sum())]


@pytest.mark.parametrize("ramp, rates", [(RAMP, "heatbath"), (HEAT, "heatbath"), (HEAT, "metropolis")])
def test_work_and_heat(ramp, rates):
    """From equilibrium before a jump: the law of the states solves the master equation with rates that change; W + Q is the change of the energy, the
    mean of exp(-w) the ratio of the partition functions, and what the bath takes up is what is missing in w. 4.9 standard errors: false alarm 1e-6.
    Catches a jump that is no work, rates of the time of the last visit (tried)."""
    kT = 0.9
    first = energies(1.0, 0.2)
    start = equilibrium(first, kT, 5)
    run = erg.simulate(ISING, erg.Driven(rates=rates, **ramp), kT=kT, time=2.0, every=1.0, start=start, **QUIET,
                       observe=["energy", "work", "heat", "reduced_work", "entropy_flow", "configuration"])  # fmt: skip
    p = np.exp(-first / kT)
    p, steps = p / p.sum(), 100
    a = np.repeat(np.arange(16), 4)
    b = a ^ np.tile(CODE, 16)
    for k in range(steps):  # midpoint rule: 1e-4
        x, y, T = protocol(ramp, 2.0 * (k + 0.5) / steps)
        d = (energies(x, y)[b] - energies(x, y)[a]) / (T * kT)
        G = np.zeros((16, 16))
        G[a, b] = 1 / (1 + np.exp(d)) if rates == "heatbath" else np.minimum(1, np.exp(-d))
        p = p @ expm((G - np.diag(G.sum(1))) * 2.0 / steps)
    agrees(run["configuration"][:, -1], p)
    before = first[(start > 0) @ CODE]
    np.testing.assert_allclose(run["work"] + run["heat"], run["energy"] - before[:, None], atol=1e-12)
    J1, h1, T1 = (ramp[name][-1] for name in ("J", "h", "kT"))
    last = energies(J1, h1)
    np.testing.assert_allclose(run["energy"][:, -1], last[(run["configuration"][:, -1] > 0) @ CODE], atol=1e-12)
    np.testing.assert_allclose(run["reduced_work"][:, -1] - run["entropy_flow"][:, -1], run["energy"][:, -1] / (T1 * kT) - before / kT, atol=1e-12)
    exact = -np.log(np.exp(-last / (T1 * kT)).sum() / np.exp(-first / kT).sum())
    found = erg.stats.jarzynski(run["reduced_work"][:, -1])
    assert abs(found.value - exact) < 4.9 * found.se < 0.2
    assert (run["work"][:, 0] != 0).any()


def test_crooks():
    """A field is turned and turned back: P(W) / P_reversed(-W) = exp((W - dF)/kT) in every window of W, and both directions together give dF."""
    kT, go = 0.9, {"times": [0.0, 1.5], "h": [-1.0, 1.0], "J": [0.5, 1.5]}
    back = go | {"h": [1.0, -1.0], "J": [1.5, 0.5]}
    works = []
    for ramp, at in ((go, (0.5, -1.0)), (back, (1.5, 1.0))):
        start = equilibrium(energies(*at), kT, 7)
        works.append(erg.simulate(ISING, erg.Driven(**ramp), kT=kT, time=1.5, every=1.5, start=start, observe=["work"], **QUIET)["work"][:, -1])
    dF = -kT * np.log(np.exp(-energies(1.5, 1.0) / kT).sum() / np.exp(-energies(0.5, -1.0) / kT).sum())
    found = erg.stats.bar(*works, kT=kT)
    assert abs(found.value - dF) < 4.9 * found.se < 0.1
    edges = np.linspace(-2.0, 2.0, 9)
    for low, high in itertools.pairwise(edges):
        f, r = works[0], -works[1]
        x = np.where((f >= low) & (f < high), np.exp(-(f - dF) / kT), 0.0)
        y = ((r >= low) & (r < high)).astype(float)
        assert abs(x.mean() - y.mean()) < 4.9 * np.hypot(x.std(), y.std()) / np.sqrt(CHAINS), (low, high)


def test_protocols_in_attempts_and_periods():
    """N visits in a unit of time, one visit's matrix after the other; a period repeats."""
    ramp = {"times": [0.0, 0.5, 0.5, 1.0], "h": [0.0, 1.0, -1.0, 0.0], "period": 1.0}
    run = erg.simulate(ISING, erg.Driven(clock="attempts", **ramp), kT=0.9, time=2.0, every=2.0, start=START, observe=["configuration"], **QUIET)
    p = np.eye(16)[int((START > 0) @ CODE)]
    for k in range(1, 9):
        E = energies(1.0, {0: 0.0, 1: 0.5, 2: -1.0, 3: -0.5}[k % 4])
        P = np.eye(16)
        for i in range(16):
            for s in flips(SPINS[i]):
                j = int((s > 0) @ CODE)
                P[i, j] += glauber(0.9)(E[j] - E[i]) / 4
                P[i, i] -= glauber(0.9)(E[j] - E[i]) / 4
        p = p @ P
    agrees(run["configuration"][:, -1], p)


def test_two_times():
    """Free spins: C(t, t_w) = exp(-(t - t_w)), whatever the age. A chain of spins quenched to kT = 0: C = (2/pi) arctan sqrt(2/(t/t_w - 1)) for long
    times (A. Prados, J. J. Brey, B. Sanchez-Rey, Europhys. Lett. 40, 13 (1997)), to 1 % here. 4.9 standard errors."""
    run = erg.simulate(L.Ising((5000,), J=0.0), erg.HeatBath(), time=3.0, every=1.0, chains=20, seed=1, observe=["configuration"], progress=False)
    C = erg.stats.two_time(run["configuration"], waits=[1, 2])
    assert np.isnan(C[:, 1, 1]).all() and (C[:, 0, 1] == 1).all()
    for w, t in ((0, 2), (0, 3), (1, 3)):
        x = C[:, w, t]
        assert abs(x.mean() - np.exp(-(t - w - 1))) < 4.9 * np.sqrt(1 / 1e5)
    run = erg.simulate(L.Ising((20000,)), kT=0.0, time=120.0, every=30.0, chains=20, seed=2, observe=["configuration"], progress=False)
    C = erg.stats.two_time(run["configuration"], waits=[1], connected=False)[:, 0]
    for k in (2, 3, 4):
        exact = 2 / np.pi * np.arctan(np.sqrt(2 / (k - 1)))
        assert abs(C[:, k].mean() - exact) < 0.01 * exact + 4.9 * C[:, k].std(ddof=1) / np.sqrt(20)


@pytest.mark.parametrize("method", [erg.HeatBath(), erg.Metropolis(), erg.HeatBath(order="random"), erg.HMC(steps=6)], ids=repr)
@pytest.mark.parametrize("kT", [1.0, 0.6])
def test_villain_on_a_ring(method, kT):
    """Bonds of a ring are independent but for the sum of their angles: Z = sum_m prod_b c_m(K_b), c_m the Fourier coefficients of the weight,
    and those of its logarithm times the weight for E; the helicity modulus is N kT <m^2>.
    4.9 standard errors: false alarm 1e-6. Catches proposals that are not made up for at kT = 0.6 (tried)."""
    K = np.array([1.0, 0.4, 0.1, 1.7])
    x = np.linspace(-np.pi, np.pi, 2048, endpoint=False)
    log_v = np.array([np.log(np.exp(-k / 2 * (x[:, None] - 2 * np.pi * np.arange(-60, 61)) ** 2).sum(1)) for k in K])
    c, d = (np.fft.fft(np.fft.ifftshift(f, axes=1)).real for f in (np.exp(log_v / kT), -log_v * np.exp(log_v / kT)))
    exact = sum((d[b] * np.delete(c, b, 0).prod(0)).sum() for b in range(4)) / c.prod(0).sum()
    common = dict(kT=kT, sweeps=20000, warmup=300, chains=4, seed=3, progress=False)
    run = erg.sample(L.Villain((4,), K=K), method, observe=["energy", "helicity"], **common)
    found = erg.stats.mean_se(run["energy"])
    assert abs(found.value - exact) < 4.9 * found.se < 0.05
    squares = np.sum(np.fft.fftfreq(2048, 1 / 2048) ** 2 * c.prod(0)) / c.prod(0).sum()  # <m^2>: a twist by Phi takes a phase exp(i m Phi)
    found = erg.stats.mean_se(run["helicity"])
    assert abs(found.value - 4 * kT * squares) < 4.9 * found.se < 0.05


@pytest.mark.parametrize("method", [erg.EventChain(), erg.HMC(steps=6)], ids=repr)
def test_event_chains_and_trajectories_on_a_ring(method):
    """XY on a ring of uneven couplings: ln Z = ln sum_n prod_b I_n(J_b/kT), I_n(-K) = (-1)^n I_n(K). 4.9 standard errors: false
    alarm 1e-6. Catches kT off by 5 % (tried)."""
    couplings, kT, n = np.array([1.0, -0.6, 0.8, 1.3, 0.5]), 0.7, np.arange(-60, 61)
    log_z = lambda b: np.log(np.prod([np.sign(x) ** (np.abs(n) % 2) * iv(np.abs(n), abs(x) * b) for x in couplings], axis=0).sum())
    exact = -(log_z(1 / kT + 1e-5) - log_z(1 / kT - 1e-5)) / 2e-5
    run = erg.sample(L.XY((5,), J=couplings), method, kT=kT, sweeps=20000, warmup=200, chains=4, observe=["energy"], seed=3, progress=False)
    found = erg.stats.mean_se(run["energy"])
    assert abs(found.value - exact) < 4.9 * found.se and found.se < 0.007


@pytest.mark.parametrize("make, text", [
    (lambda: erg.sample(L.XY((4, 4), h=0.1), erg.EventChain(), sweeps=2, progress=False), "OverRelaxation"),
    (lambda: erg.sample(L.XY((4, 4)), erg.EventChain(), kT=0.0, sweeps=2, progress=False), "kT above 0"),
    (lambda: erg.EventChain(length=-1.0), "length"),
    (lambda: erg.simulate(ISING, erg.Driven(times=[1, 0], h=[1, 2]), time=1.0, progress=False), "do not fall"),
    (lambda: erg.simulate(ISING, erg.Driven(times=[0, 1], h=[1, 2, 3]), time=1.0, progress=False), "shape (2,)"),
    (lambda: erg.simulate(ISING, erg.Driven(times=[0, 1], kT=[1, -2]), time=1.0, progress=False), "at least 0"),
    (lambda: erg.simulate(ISING, erg.Driven(times=[0, 2], h=[1, 2], period=1.0), time=1.0, progress=False), "within the period"),
    (lambda: erg.Driven(times=[0, np.nan]), "finite"),
    (lambda: erg.stats.jarzynski([1.0, 2.0], kT=0.0), "above 0"),
    (lambda: erg.stats.bar([1.0], [1.0, 2.0]), "two independent"),
    (lambda: erg.stats.two_time(np.zeros((2, 3, 4)), waits=[3]), "from 0 to 2"),
    (lambda: erg.stats.two_time(np.zeros(3)), "times"),
    (lambda: erg.simulate(L.Clock((4, 4), q=5), erg.CreutzDemon(), time=1.0, progress=False), "multiples"),
    (lambda: erg.simulate(L.Ising((4, 4), h=np.pi), erg.CreutzDemon(), time=1.0, progress=False), "multiples"),
    (lambda: erg.simulate(L.XY((4, 4)), erg.NFoldWay(), time=1.0, progress=False), "HeatBath"),
    (lambda: erg.sample(L.Ising((1,)), erg.Kawasaki(), sweeps=2, progress=False), "two sites"),
    (lambda: erg.Kawasaki(pairs="all"), "neighbours"),
    (lambda: erg.NFoldWay(rates="glauber"), "heatbath"),
    (lambda: erg.sample(L.Ising((4, 4)), erg.NFoldWay(), sweeps=2, progress=False), "simulate"),
    (lambda: erg.simulate(L.Ising((4, 4)), erg.NFoldWay(), kT=-1.0, time=1.0, progress=False), "kT"),
])  # fmt: skip
def test_refuses(make, text):
    with pytest.raises((erg.SpecError, erg.ShapeError, erg.NonFiniteError)) as error:
        make()
    assert text in str(error.value)


def test_response_to_a_field():
    """Free spins: chi = tanh(h/kT)/h (1 - exp(-t)), C = exp(-t). Coupled ones in equilibrium: kT chi = 1 - C; after a quench into the ordered phase
    the response stays behind. Errors are from 24 patterns (t of 23 degrees: 6.5 is beyond 1e-6). Catches a field that is on before t_w, a factor 2 of
    the two copies, C with the configuration of another time."""
    free = erg.lattice.response(erg.lattice.Ising((128,), J=0.0), wait=1.0, time=2.0, every=0.5, kT=0.8, patterns=24, seed=1)
    assert free.time.tolist() == [0, 0.5, 1, 1.5, 2] and free.chi.value[0] == 0 and free.C.value[0] == 1
    assert np.max(np.abs(free.chi.value - np.tanh(0.125) / 0.1 * (1 - np.exp(-free.time)))[1:] / free.chi.se[1:]) < 6.5
    assert np.max(np.abs(free.C.value - np.exp(-free.time))[1:] / free.C.se[1:]) < 6.5

    magnet = erg.lattice.Ising((16, 16))
    for kT, wait in ((3.0, 20.0), (1.5, 4.0)):
        found = erg.lattice.response(magnet, wait=wait, time=20.0, every=4.0, kT=kT, patterns=24, seed=2)
        off = (kT * found.chi.value - 1 + found.C.value)[1:] / np.hypot(kT * found.chi.se, found.C.se)[1:]
        assert np.abs(off).max() < 6.5 if kT > 2 else off[-1] < -6.5, (kT, off)
        assert np.max(kT * found.chi.se) < 0.1
    for change in ({"field": 0.0}, {"patterns": 1}, {"wait": -1}, {"kT": 0.0}, {"system": erg.lattice.Potts((4, 4))},
                   {"system": erg.lattice.Ising((4, 4), h=1.0)}, {"chains": 0}, {"seed": -1}):  # fmt: skip
        with pytest.raises(erg.SpecError):
            erg.lattice.response(**{"system": magnet, "wait": 1, "time": 1} | change)
