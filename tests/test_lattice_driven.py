"""Particles, masses and opinions in continuous time: laws at a time, exact stationary ones, and what a seed promises."""

import itertools

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import chi2

import ergodica as erg

L = erg.lattice


def law_at(system, start, time, states, rates, chains=4000, seed=3, **more):
    """Chi-square of the states at a time against exp(G t) of the rates, and the limit that one right program in a million passes over."""
    index = {s: k for k, s in enumerate(states)}
    G = np.zeros((len(states),) * 2)
    for a, s in enumerate(states):
        for other, rate in rates(s):
            G[a, index[other]] += rate
            G[a, a] -= rate
    p = expm(G * time)[index[start]]
    run = erg.simulate(system, time=time, every=time, chains=chains, start=np.array(start), seed=seed, progress=False,
                       observe="configuration", **more)  # fmt: skip
    found = run["configuration"][:, -1].reshape(chains, -1)
    counts = np.zeros(len(states))
    for row in found:
        counts[index[tuple(row.tolist())]] += 1
    assert (counts[p == 0] == 0).all()
    often = p * chains > 5
    counts, p = np.append(counts[often], counts[~often].sum()), np.append(p[often], p[~often].sum())
    counts, p = counts[p > 0], p[p > 0]
    return ((counts - chains * p) ** 2 / (chains * p)).sum(), chi2.isf(1e-6, len(p) - 1)


def hop(s, i, j):
    t = list(s)
    t[i], t[j] = t[i] - 1, t[j] + 1
    return tuple(t)


def put(s, i, n):
    return (*s[:i], n, *s[i + 1 :])


def test_exclusion_in_time():
    """An open chain of three sites at t = 0.8. A clock that is 10 % off raises chi-square to about 80 for 8 states."""
    f, b, alpha, beta, gamma, delta = 1.5, 0.5, 0.7, 0.9, 0.2, 0.4

    def rates(s):
        for i in range(2):
            if s[i] > s[i + 1]:
                yield hop(s, i, i + 1), f
            if s[i] < s[i + 1]:
                yield hop(s, i + 1, i), b
        yield (put(s, 0, 1), alpha) if s[0] == 0 else (put(s, 0, 0), gamma)
        yield (put(s, 2, 1), delta) if s[2] == 0 else (put(s, 2, 0), beta)

    system = L.Exclusion((3,), forward=f, backward=b, alpha=alpha, beta=beta, gamma=gamma, delta=delta, periodic=False)
    found, limit = law_at(system, (0, 1, 0), 0.8, list(itertools.product((0, 1), repeat=3)), rates, chains=20000)
    assert found < limit


@pytest.mark.parametrize("law, u", [("constant", lambda n: 1.0), ("linear", lambda n: n), ("condensing", lambda n: 1 + 3 / n)])
def test_zero_range_in_time(law, u):
    states = [s for s in itertools.product(range(4), repeat=3) if sum(s) == 3]
    edges = [(0, 1), (1, 2)]  # an open chain: its ends have fewer bonds

    def rates(s):
        for i, j in edges:
            if s[i]:
                yield hop(s, i, j), 1.25 * u(s[i])
            if s[j]:
                yield hop(s, j, i), 0.5 * u(s[j])

    system = L.ZeroRange((3,), law=law, forward=1.25, backward=0.5, periodic=False, **({"b": 3.0} if law == "condensing" else {}))
    found, limit = law_at(system, (2, 0, 1), 0.6, states, rates)
    assert found < limit


@pytest.mark.parametrize("system, noise", [(L.Voter([[0, 1], [1, 2], [2, 0], [2, 3]], noise=0.3), 0.3),
                                           (L.MajorityVote([[0, 1], [1, 2], [2, 0], [2, 3]], noise=0.1), 0.1)])  # fmt: skip
def test_opinions_in_time(system, noise):
    near = [(1, 2), (0, 2), (1, 0, 3), (2,)]

    def rates(s):
        for i, nn in enumerate(near):
            if isinstance(system, L.Voter):
                up, both = sum(s[j] > 0 for j in nn) / len(nn) + noise / 2, 1 + noise
            else:
                up, both = 0.5 + 0.5 * (1 - 2 * noise) * np.sign(sum(s[j] for j in nn)), 1.0
            yield (put(s, i, 1), up) if s[i] < 0 else (put(s, i, -1), both - up)

    found, limit = law_at(system, (1, -1, 1, -1), 0.9, list(itertools.product((-1, 1), repeat=4)), rates)
    assert found < limit


def test_tasep():
    """The open chain's current and densities by the matrix product (Derrida et al. 1993, equations 42 and 48): for alpha = beta = 1 the current is
    (N+2)/(2(2N+1)); in the low-density phase far from the ends alpha (1 - alpha). On a ring K (N-K)/(N(N-1)), exactly."""
    chain = L.Exclusion((6,), backward=0.0, alpha=1.0, beta=1.0, periodic=False)
    run = erg.simulate(chain, time=4000.0, every=50.0, chains=8, seed=2, progress=False,
                       observe=["inflow", "outflow", "flow", "configuration"])  # fmt: skip
    for name, bonds in (("inflow", 1), ("outflow", 1), ("flow", 5)):
        rate = (run[name][:, -1] - run[name][:, 1]) / (79 * 50 * bonds)
        assert abs(rate.mean() - 8 / 26) < 4.9 * 0.5 * np.sqrt(8 / 26 / (8 * 3950)), name  # counts of exclusion vary less than a Poisson process
    density = run["configuration"][:, 1:].mean(1)
    exact = densities(6)
    assert np.all(np.abs(density.mean(0) - exact) < 4.9 * density.std(0, ddof=1) / np.sqrt(8) + 0.02) and exact[0] == pytest.approx(1 - 8 / 26)
    ring = erg.simulate(L.Exclusion((10,), backward=0.0, density=0.3), time=4000.0, every=4000.0, chains=8, seed=4, progress=False, observe="flow")
    rate = ring["flow"][:, -1] / 4000 / 10
    assert abs(rate.mean() - 3 * 7 / 90) < 4.9 * rate.std(ddof=1) / np.sqrt(8) + 2e-3


def densities(n):
    """Densities of the TASEP with alpha = beta = 1 from the stationary vector of its generator, written here from the definition."""
    states = list(itertools.product((0, 1), repeat=n))
    index = {s: k for k, s in enumerate(states)}
    G = np.zeros((2**n,) * 2)
    for s in states:
        moves = [hop(s, i, i + 1) for i in range(n - 1) if s[i] > s[i + 1]]
        moves += [put(s, 0, 1)] * (s[0] == 0) + [put(s, n - 1, 0)] * (s[-1] == 1)
        for t in moves:
            G[index[s], index[t]] += 1
            G[index[s], index[s]] -= 1
    pi = np.linalg.lstsq(np.vstack([G.T, np.ones(2**n)]), np.append(np.zeros(2**n), 1), rcond=None)[0]
    return pi @ np.array(states)


def test_condensation():
    """Above the critical density 1/(b-2) = 0.5 of u = 1 + 4/n nearly all the excess sits on one site; below none does."""
    run = erg.simulate(L.ZeroRange((64,), law="condensing", b=4.0, density=3.0), time=4000.0, every=40.0, chains=4, seed=1, progress=False,
                       start=np.eye(64)[0] * 192)  # fmt: skip
    assert 120 < run["largest"][:, 50:].mean() < 180  # 64 (3 - 0.5) = 160 less fluctuations
    run = erg.simulate(L.ZeroRange((64,), law="condensing", b=4.0, density=0.25), time=1000.0, every=10.0, chains=4, seed=1, progress=False)
    assert run["largest"][:, 50:].mean() < 6


def test_masses():
    """Exact moments. Transfer on a ring: <m^2> = N/(1 + eps (N-1)). KMP: Dirichlet with unit parameters, <m^2> = 2N/(N+1),
    <m^3> = 6 N^2/((N+1)(N+2))."""
    run = erg.simulate(L.MassTransport((4,), eps=0.1), time=40000.0, every=4.0, chains=4, seed=1, progress=False, observe="moment2")
    found = erg.stats.mean_se(run["moment2"][:, 500:])
    assert abs(found.value - 4 / 1.3) < 4.9 * found.se
    run = erg.simulate(L.MassTransport((8,), rule="kmp"), time=10000.0, every=2.0, chains=4, seed=1, progress=False, observe=["moment2", "moment3"])
    for name, exact in (("moment2", 16 / 9), ("moment3", 6 * 64 / 90)):
        found = erg.stats.mean_se(run[name][:, 100:])
        assert abs(found.value - exact) < 4.9 * found.se, name
    start = np.random.default_rng(0).random(8)
    run = erg.simulate(L.MassTransport((8,), eps=0.3), time=50.0, start=start, seed=1, progress=False, observe="configuration")
    np.testing.assert_allclose(run["configuration"].sum(-1), start.sum(), rtol=1e-12)


def test_voter_ends_where_it_should():
    """Consensus on +1 with the share of bonds that began at +1: a star whose centre alone is +1 has 1/2, whatever its number of leaves."""
    star = [[0, k] for k in range(1, 6)]
    run = erg.simulate(L.Voter(star), time=100.0, every=100.0, chains=4000, start=np.array([1, -1, -1, -1, -1, -1]), seed=1, progress=False,
                       observe="magnetization")  # fmt: skip
    end = run["magnetization"][:, -1]
    assert np.isin(end, (-1, 1)).all() and abs((end > 0).mean() - 0.5) < 4.9 * 0.5 / np.sqrt(4000)


def test_attempts():
    """With clock="attempts" a unit of time is N attempts on a ring of masses, to the last one."""
    run = erg.simulate(L.MassTransport((5,), eps=0.2), erg.RandomSequential(clock="attempts"), time=7.0, every=1.0, chains=2, seed=1, progress=False)
    assert list(run.info["attempts"]) == [35, 35]


@pytest.mark.parametrize("wrong", [
    lambda: L.Exclusion((4,), forward=-1.0), lambda: L.Exclusion((4,), density=1.5),
    lambda: L.ZeroRange((4,), law="quadratic"),
    lambda: L.MassTransport((4,), eps=2.0), lambda: L.Voter((4,), noise=-0.1), lambda: L.MajorityVote((4,), noise=1.1),
    lambda: erg.simulate(L.Exclusion((4,)), time=1.0, start=np.array([0, 1, 2, 0])),
    lambda: erg.simulate(L.Exclusion((4,)), time=1.0, start=np.zeros(5)),
    lambda: erg.simulate(L.ZeroRange((4,)), time=1.0, start=np.array([0, -1, 2, 0])), lambda: erg.simulate(L.ZeroRange((4,), b=2.0), time=1.0),
    lambda: erg.simulate(L.MassTransport((4,)), time=1.0, start=np.array([0, -1.0, 2, 0])),
    lambda: erg.simulate(L.MassTransport((4,)), time=1.0, start=np.array([0, np.nan, 2, 0])),
    lambda: erg.simulate(L.Exclusion((4,)), time=1.0, observe="energy"), lambda: erg.sample(L.Exclusion((4,))), lambda: erg.solve(L.Voter((4,))),
    lambda: erg.simulate(L.Voter((4,)), erg.HeatBath(), time=1.0), lambda: erg.simulate(L.Voter((4,)), time=np.nan),
    lambda: erg.simulate(L.MassTransport((4,), rule="kmp", eps=0.1), time=1.0), lambda: erg.RandomSequential(clock="real"),
])  # fmt: skip
def test_refusals(wrong):
    with pytest.raises(erg.Error):
        wrong()


def test_nothing_happens_where_no_rate_is():
    run = erg.simulate(L.Exclusion((4,), forward=0.0, backward=0.0), time=5.0, seed=1, progress=False, observe=["configuration"])
    assert (run["configuration"] == run["configuration"][:, :1]).all()
    run = erg.simulate(L.ZeroRange((4,), density=0.0, law="linear"), time=5.0, seed=1, progress=False)
    assert (run["largest"] == 0).all()


def test_functions_and_starts():
    """A user's function gets configurations in their dtype; a run goes on from another."""
    run = erg.simulate(L.ZeroRange((4, 4), density=2.0), time=2.0, every=1.0, chains=3, seed=1, progress=False,
                       observe={"total": lambda n: n.sum((1, 2)), "largest": lambda n: n.max((1, 2))})  # fmt: skip
    assert (run["total"] == 32).all() and run["total"].dtype.kind == "i"
    more = erg.simulate(L.ZeroRange((4, 4), density=2.0), time=2.0, every=1.0, chains=3, start=run, progress=False, observe="configuration")
    np.testing.assert_array_equal(more["configuration"][:, 0], run.final)
