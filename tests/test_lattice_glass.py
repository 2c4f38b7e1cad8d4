"""Spin glasses and what is measured on them: ladders, free energies by three roads, overlaps, lengths, against enumeration and closed forms.

Bounds: 4.9 standard errors, 1e-6 a test; 8 where the error is that of 16 chains (t of 15 degrees).
"""

import itertools
import math

import numpy as np
import pytest

import ergodica as erg

J = np.random.default_rng(7).choice([-1.0, 1.0], 32)
GLASS = erg.lattice.Ising((4, 4), J=J)
STATES = (2 * ((np.arange(1 << 16)[:, None] >> np.arange(16)) & 1) - 1).reshape(-1, 4, 4).astype(np.int8)


def energies(states, J):
    """Of all configurations of the glass: bonds site by site, from each along axis 0 and then along axis 1."""
    bonds = J.reshape(4, 4, 2)
    return -np.sum(states * (np.roll(states, -1, 1) * bonds[..., 0] + np.roll(states, -1, 2) * bonds[..., 1]), axis=(1, 2))


E = energies(STATES, J)


def log_z(kT):
    return np.logaddexp.reduce(-E / kT)


def near(found, exact, z=4.9):
    assert (np.abs(np.asarray(found.value) - exact) < z * np.asarray(found.se)).all(), (found, exact)


# Catches a bond's sign laid down for one of its ends alone, a field that reads the wrong site, swaps that keep a stale energy.
@pytest.mark.parametrize("couplings", ["signs", "diluted", "Gaussian", "random field"])
def test_ladders_of_packed_glasses(couplings):
    """Energies of all rungs against enumeration: of every kind of couplings that has a packed kernel, by both rules."""
    g = np.random.default_rng(3)
    bonds = {"signs": J, "diluted": J * (g.random(32) < 0.8), "Gaussian": g.normal(size=32), "random field": np.ones(32)}[couplings]
    h = g.normal(size=(4, 4)) if couplings == "random field" else 0.0
    e = energies(STATES, bonds) - np.sum(h * STATES, axis=(1, 2))
    kT = [0.6, 1.0, 1.7, 3.0]
    exact = [np.average(e, weights=np.exp(-(e - e.min()) / t)) for t in kT]
    for kernel in (erg.Metropolis(), erg.HeatBath()):
        glass, ladder = erg.lattice.Ising((4, 4), J=bonds, h=h), erg.ParallelTempering(kernel=kernel)
        run = erg.sample(glass, ladder, kT=kT, chains=4, sweeps=2000, warmup=200, seed=2, observe="energy", progress=False)
        near(run.estimate("energy"), exact)


def test_free_energy_by_tempering():
    """log Z ratios of a +-J glass from a ladder's draws at all temperatures."""
    kT = [0.7, 1.0, 1.5, 2.5, 6.0]
    run = erg.sample(GLASS, erg.ParallelTempering(), kT=kT, chains=4, sweeps=3000, warmup=200, seed=5, observe="energy", progress=False)
    found = erg.stats.multi_histogram(run).log_z(np.array(kT[1:]))
    near(found, [log_z(t) - log_z(kT[0]) for t in kT[1:]])
    assert np.max(found.se) < 0.1


def test_free_energy_by_populations():
    """Z itself, which populations estimate without bias, from infinite temperature down."""
    for kernel in (erg.Metropolis(), erg.HeatBath()):
        run = erg.sample(GLASS, erg.PopulationAnnealing(steps=10, sweeps=2, kernel=kernel), kT=0.9, draws=100, chains=100, seed=6, observe="energy",
                         progress=False)  # fmt: skip
        z = np.exp(run["log_evidence"] - log_z(0.9))
        assert z.std() < 0.6
        assert abs(z.mean() - 1) < 4.9 * z.std(ddof=1) / 10


def test_free_energy_by_flat_histograms():
    """Degeneracies of all levels, and log Z from them."""
    levels, count = np.unique(E, return_counts=True)
    low, high = levels[0], levels[-1]
    method = erg.WangLandau(low=low, high=high, bins=int(round(high - low) / 4) + 1, final=1e-4)
    run = erg.sample(GLASS, method, kT=[0.7, 2.0], draws=500, chains=16, warmup=10, seed=1, observe="energy", progress=False)
    log = run["log_g"][0]
    seen = np.isfinite(log[0])
    assert run["levels"][0, 0][seen].tolist() == levels.tolist()
    g = np.exp(log[:, seen] - np.log(count))
    assert (g.std(axis=0) < 0.3).all()
    assert np.abs((g.mean(axis=0) - 1) / (g.std(axis=0, ddof=1) / 4)).max() < 8
    near(run.log_evidence, [log_z(0.7), log_z(2.0)], 8)


def test_glasses_that_all_meet():
    """The magnet of Curie and Weiss by its binomial sum, SK and three spins a term by enumeration, through a ladder; bits do not depend on threads.

    Catches a local field that a swap leaves behind.
    """
    N, kT = 60, [0.7, 1.2]
    up = np.arange(N + 1)
    e = -((2 * up - N) ** 2 - N) / (2 * N) - 0.05 * (2 * up - N)
    log = np.array([math.log(math.comb(N, int(k))) for k in up])
    magnet = erg.lattice.PSpin(N, J=1 / N, h=0.05)
    run = erg.sample(magnet, kT=kT, sweeps=4000, warmup=200, seed=1, observe="energy", progress=False)
    w = [np.exp(log - e / t - np.max(log - e / t)) for t in kT]
    near(run.estimate("energy"), [np.average(e, weights=x) for x in w])
    states = np.array(list(itertools.product([-1, 1], repeat=10)))
    for glass in (erg.lattice.SherringtonKirkpatrick(10, J0=0.4, h=0.1, seed=2), erg.lattice.random_p_spin(10, h=0.1, seed=2),
                  erg.lattice.random_p_spin(10, 5, h=0.1, seed=2)):  # fmt: skip
        terms = np.array([np.prod(states[:, group], axis=1) for group in itertools.combinations(range(10), glass.p)])
        e = -glass.J @ terms - 0.1 * states.sum(axis=1)
        kT = [0.3, 0.6, 1.2]
        one, two = (erg.sample(glass, erg.ParallelTempering(), kT=kT, chains=2, sweeps=8000, warmup=200, seed=1, threads=n, observe="energy",
                               progress=False) for n in (1, 2))  # fmt: skip
        assert (one["energy"] == two["energy"]).all()
        near(one.estimate("energy"), [np.average(e, weights=np.exp(-(e - e.min()) / t)) for t in kT])
    for bad, word in ((lambda: erg.lattice.random_p_spin(20, 13, seed=1), "up to 12"),
                      (lambda: erg.lattice.SherringtonKirkpatrick(1, seed=1), "at least 2"),
                      (lambda: erg.lattice.SherringtonKirkpatrick(8, J=np.nan, seed=1), "finite"),
                      (lambda: erg.sample(erg.lattice.PSpin(5, J=[1.0, 2.0])), r"\(10,\)")):  # fmt: skip
        with pytest.raises((ValueError, erg.NonFiniteError), match=word):
            bad()


def test_overlaps_by_hand():
    """Against loops over sites and bonds: lattices with open ends and sides of 1 and 2, graphs; leading axes; what is refused."""
    g = np.random.default_rng(1)
    for shape, periodic in (((4, 3), True), ((4, 3), (False, True)), ((2, 3), True), ((1, 5), False), ((3, 1, 2), True)):
        a, b = g.choice([-1, 1], (2, 6, *shape)).astype(np.int8)
        q, link = erg.lattice.overlaps(a, b, shape, periodic=periodic)
        t, ends = a * b, np.broadcast_to(periodic, len(shape))
        bonds = [(x, y) for x in np.ndindex(*shape) for d, n in enumerate(shape) if n > 1 and (ends[d] or x[d] + 1 < n)
                 for y in [tuple((c + (k == d)) % n for k, (c, n) in enumerate(zip(x, shape, strict=True)))]]  # fmt: skip
        np.testing.assert_allclose(q, [x.mean() for x in t], atol=1e-15)
        np.testing.assert_allclose(link, [np.mean([int(x[i]) * int(x[j]) for i, j in bonds]) for x in t], atol=1e-15)
        # energy of one replica against the other's ground couplings: the same bonds as the model's
        model = erg.lattice.Ising(shape, periodic=periodic)
        e = erg.sample(model, kT=1e9, sweeps=1, warmup=0, start=t[0], chains=1, observe=["energy", "configuration"], seed=1, progress=False)
        assert e["energy"][0, 0] == -len(bonds) * erg.lattice.overlaps(e["configuration"][0, 0], np.ones(shape), shape, periodic=periodic).link
    ring = erg.lattice.Graph([(0, 1), (1, 2), (2, 0)])
    assert float(erg.lattice.overlaps([1, -1, 1], [1, 1, 1], ring).link) == pytest.approx(-1 / 3)
    assert erg.lattice.overlaps(np.ones((2, 3)), np.ones((2, 3))).link is None
    for bad, word in ((lambda: erg.lattice.overlaps([1, 1], [1, 1, 1]), "one shape"), (lambda: erg.lattice.overlaps([1, 0], [1, 1]), "spins"),
                      (lambda: erg.lattice.overlaps([1, 1], [1, 1], (3,)), "expected shape"), (lambda: erg.lattice.overlaps([1], [1], (1,)), "bonds"),
                      (lambda: erg.lattice.overlap_distribution([0.3], 4), "values"),
                      (lambda: erg.lattice.overlap_distribution([], 4), "values")):  # fmt: skip
        with pytest.raises((ValueError, erg.NonFiniteError), match=word):
            bad()


def test_distribution_of_overlaps():
    """P(q) of two replicas of a +-J glass in a field against enumeration of pairs: chi-square, draws thinned to independence."""
    shape, kT = (2, 4), 1.3
    bonds = np.random.default_rng(5).choice([-1.0, 1.0], 16)
    glass = erg.lattice.Ising(shape, J=bonds, h=0.2)
    states = (2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1) - 1).reshape(-1, *shape)
    b = bonds.reshape(*shape, 2)
    e = -np.sum(states * (np.roll(states, -1, 1) * b[..., 0] + np.roll(states, -1, 2) * b[..., 1] + 0.2), axis=(1, 2))
    p = np.exp(-e / kT) / np.sum(np.exp(-e / kT))
    q = states.reshape(256, 8) @ states.reshape(256, 8).T / 8
    exact = np.bincount(np.rint((q + 1) * 4).astype(int).ravel(), np.outer(p, p).ravel(), minlength=9)
    run = erg.sample(glass, erg.HeatBath(), kT=kT, chains=2, sweeps=100_000, warmup=100, every=20, seed=3, observe="configuration", progress=False)
    x = run["configuration"]
    values, P = erg.lattice.overlap_distribution(erg.lattice.overlaps(x[0], x[1], shape).site, 8)
    assert values.tolist() == (np.arange(9) / 4 - 1).tolist()
    n = x.shape[1]
    chi2 = np.sum((P / 4 - exact) ** 2 / exact) * n
    assert n * exact.min() > 5 and chi2 < 45.0, chi2  # 8 degrees: 1e-6 at 42.7
    symmetric = erg.lattice.overlap_distribution(erg.lattice.overlaps(x[0], x[1]).site if x.ndim == 3 else [1.0, 0.0], 8, symmetric=True)[1]
    assert (symmetric == symmetric[::-1]).all() and symmetric.sum() / 4 == pytest.approx(1)


def test_correlation_length_of_rings_and_planes():
    """The ring's is t^(1/2)/(1 - t), t = tanh(J/kT), for every length: from all states with their weights, which every block has, to 1e-10;
    then of draws. On a triangular lattice from the structure factor by hand; the square lattice is the same as shape and as crystal."""
    n, kT = 10, 1.1
    t = math.tanh(1 / kT)
    states = (2 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1) - 1).astype(np.int8)
    w = np.exp(np.sum(states * np.roll(states, 1, 1), axis=1) / kT)
    found = erg.lattice.correlation_length(np.tile(states, (64, 1, 1)), (n,), weights=np.tile(w, (64, 1)))
    assert found.value == pytest.approx(math.sqrt(t) / (1 - t), rel=1e-10)
    run = erg.sample(erg.lattice.Ising((50,)), erg.Wolff(), kT=0.8, sweeps=4000, observe="configuration", seed=1, progress=False)
    t = math.tanh(1 / 0.8)
    found = erg.lattice.correlation_length(run["configuration"], (50,))
    near(found, math.sqrt(t) / (1 - t))
    assert found.se < 0.2
    lattice = erg.lattice.triangular((6, 6))
    x = np.random.default_rng(2).normal(size=(3, 40, 36)) + np.sin(lattice.positions @ (lattice.reciprocal[0] / 6))
    S = [np.mean([abs(np.exp(-1j * lattice.positions @ k) @ row) ** 2 for row in x.reshape(-1, 36)]) for k in lattice.reciprocal / 6]
    S0 = np.mean(x.sum(axis=-1) ** 2)
    assert S0 < np.mean(S) and np.isnan(erg.lattice.correlation_length(x, lattice).value)  # ordered at k, not at 0
    flat = np.tile(np.random.default_rng(2).normal(size=(1, 1, 36)) * 0.1 + 1, (64, 8, 1))
    S = np.mean([abs(np.exp(-1j * lattice.positions @ k) @ flat[0, 0]) ** 2 for k in lattice.reciprocal / 6])
    k2 = np.sum((lattice.reciprocal[0] / 6) ** 2)
    by_hand = math.sqrt((flat[0, 0].sum() ** 2 / S - 1) / k2)
    assert erg.lattice.correlation_length(flat, lattice).value == pytest.approx(by_hand, rel=0.1)  # k^2 (1 + O(k^2))
    y = np.random.default_rng(3).normal(size=(2, 50, 6, 4)) + 1
    pair = erg.lattice.correlation_length(y, (6, 4)), erg.lattice.correlation_length(y.reshape(2, 50, 24), erg.lattice.hypercubic((6, 4)))
    assert pair[0] == pytest.approx(pair[1], rel=1e-12)
    for bad, word in ((lambda: erg.lattice.correlation_length(y, (4, 6)), "expected shape"),
                      (lambda: erg.lattice.correlation_length(y * np.nan, (6, 4)), "finite"),
                      (lambda: erg.lattice.correlation_length(y, erg.lattice.hypercubic((6, 4), periodic=False)), "periodic"),
                      (lambda: erg.lattice.correlation_length([[1.0, 2, 3]], erg.lattice.Graph([(0, 1), (1, 2)])), "wave vectors")):  # fmt: skip
        with pytest.raises((ValueError, erg.NonFiniteError), match=word):
            bad()


def test_three_dimensional_magnet_at_its_transition():
    """L = 6 at kT = 4.51152 = 1/0.22165463: energy, m^2 and Binder's parameter by Wolff's clusters, by Metropolis in classes of sums, and by the
    heat bath with couplings that are numbers agree.

    A. M. Ferrenberg, J. Xu, D. P. Landau, Phys. Rev. E 97, 043301 (2018) for the temperature. No histogram is reweighted.
    """
    L, kT = 6, 4.51152
    ones = np.ones(3 * L**3)
    ones[0] = 1 + 1e-13  # not of one size: couplings are kept as numbers
    asked = {"kT": kT, "chains": 4, "seed": 4, "observe": ["energy", "magnetization^2", "magnetization^4"], "progress": False}
    runs = [
        erg.sample(erg.lattice.Ising((L,) * 3), erg.Wolff(), sweeps=3000, **asked),
        erg.sample(erg.lattice.Ising((L,) * 3), erg.Metropolis(), sweeps=24_000, every=4, **asked),
        erg.sample(erg.lattice.Ising((L,) * 3, J=ones), erg.HeatBath(), sweeps=24_000, every=4, **asked),
    ]
    of = [
        [r.estimate("energy") for r in runs],
        [r.estimate("magnetization^2") for r in runs],
        [erg.stats.jackknife(lambda a, b: 1 - b / (3 * a**2), r["magnetization^2"], r["magnetization^4"]) for r in runs],
    ]
    for estimates in of:
        for a, b in itertools.combinations(estimates, 2):
            assert abs(a.value - b.value) < 4.9 * math.hypot(a.se, b.se), estimates
    assert max(x.se for x in of[2]) < 0.01
