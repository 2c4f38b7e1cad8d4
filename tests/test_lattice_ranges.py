"""Spins that all meet, through the face: energies and means of other models in other words, constants of dipoles, bad input."""

import itertools

import numpy as np
import pytest

import ergodica as erg

L = erg.lattice


def pairs(shape, J):
    """The matrix (N, N) of a table of numbers for one site a cell."""
    at = np.indices(shape).reshape(len(shape), -1).T
    by = (at[None] - at[:, None]) % np.array(J.shape[: len(shape)])
    return J[(*np.moveaxis(by, -1, 0), 0, 0)]


# Planted and seen to fail: a field with the other sign.
@pytest.mark.parametrize("shape, periodic", [((9,), True), ((3, 3), True), ((3, 3), False)])
def test_power_laws_are_couplings_on_the_complete_graph(shape, periodic):
    J = L.power_law(shape, 2.5, periodic=periodic)
    h = np.linspace(-0.3, 0.5, 9)
    K = pairs(shape, J)
    graph = L.complete(9)
    own, kT = 0.15 * np.trace(K), 0.3 * K.sum(axis=1).mean()
    exact = erg.solve(L.Ising(graph, J=0.3 * K[tuple(graph.edges.T)], h=h), erg.Enumeration(), kT=kT, observe=["energy", "magnetization"])
    for method in (erg.HeatBath(), erg.Metropolis(), erg.Metropolis(order="random")):
        run = erg.sample(L.LongRangeIsing(shape, 0.3 * J, h=h), method, kT=kT, sweeps=8000, warmup=200, seed=4, progress=False)
        for name, want in (("energy", float(exact["energy"]) - own), ("magnetization", float(exact["magnetization"]))):
            row = run.summary()[name]
            assert abs(row.mean - want) < 5.5 * row.se, (method, name, row.mean, want, row.se)
            assert row.ess_bulk > 500


@pytest.mark.parametrize("method", [erg.NFoldWay(), erg.NFoldWay(rates="metropolis"), erg.Kawasaki(), erg.Kawasaki(pairs="any")], ids=repr)
def test_dynamics_of_spins_that_all_meet(method):
    """Means in time against sums over states, of all or of those with the magnetization of the start. Catches fields that events do not follow
    (tried)."""
    J, h, kT = L.power_law((6,), 1.5), np.array([0.5, -0.2, 0.1, 0.4, -0.6, 0.3]), 6.0
    K = pairs((6,), J)
    states = np.array(list(itertools.product((-1, 1), repeat=6)))
    if isinstance(method, erg.Kawasaki):
        states = states[states.sum(axis=1) == 0]
    E = -0.5 * np.einsum("si,ij,sj->s", states, K, states) - states @ h
    p = np.exp(-(E - E.min()) / kT)
    run = erg.simulate(L.LongRangeIsing((6,), J, h=h), method, kT=kT, time=6000.0, every=1.0, chains=4, start=np.array([1, -1, 1, -1, 1, -1]), seed=2,
                       observe=["energy", "configuration"], progress=False)  # fmt: skip
    for x, want in ((run["energy"], p @ E / p.sum()), (run["configuration"][..., 4].astype(float), p @ states[:, 4] / p.sum())):
        found = erg.stats.mean_se(x[:, 100:])
        assert abs(found.value - want) < 4.9 * found.se < 0.4, (found, want)


@pytest.mark.parametrize("order", ["sequential", "random"])
def test_free_spins_along_axes_forget_their_signs(order):
    """Metropolis turns them over by drawing: means over 400 even sweeps are within 6.2 errors of 0. Catches turns that are always taken (tried)."""
    model = L.Dipoles((4, 4), strength=0.0, D=30.0, axes=(0.0, 0.0, 1.0))
    run = erg.sample(model, erg.Metropolis(order=order), kT=1.0, sweeps=800, every=2, chains=2, seed=3, observe="configuration", progress=False)
    z = run["configuration"][..., 2]
    assert np.abs(z).mean() > 0.9 and np.abs(z.mean(axis=1)).max() < 0.31


def test_short_ranges_are_the_model_of_bonds():
    """Couplings of nearest neighbours alone, kept as a table, are Heisenberg's model: energies of one configuration, and means."""
    J = np.zeros((3, 4, 1, 1))
    J[1, 0] = J[-1, 0] = J[0, 1] = J[0, -1] = 1.0
    far, near = L.LongRangeON((3, 4), J, h=[0.1, 0.2, -0.3]), L.Heisenberg((3, 4), h=[0.1, 0.2, -0.3])
    common = {"kT": 0.9, "sweeps": 4000, "warmup": 200, "progress": False}
    a = erg.sample(far, erg.OverRelaxation(), **common, seed=1, observe=["energy", "magnetization", "configuration"])
    b = erg.sample(near, erg.OverRelaxation(), **common, seed=2, observe=["energy", "magnetization"])
    for x, y in ((a["energy"], b["energy"]), (a["magnetization"][..., 2], b["magnetization"][..., 2])):
        p, q = erg.stats.mean_se(x), erg.stats.mean_se(y)
        assert abs(p.value - q.value) < 5.5 * np.hypot(p.se, q.se)
    s = a["configuration"][0, -1]
    bonds = np.sum(s * np.roll(s, 1, 0)) + np.sum(s * np.roll(s, 1, 1))
    assert a["energy"][0, -1] == pytest.approx(-bonds - np.sum(s @ [0.1, 0.2, -0.3]), rel=1e-12)


def test_dipoles():
    """Luttinger and Tisza's columns on the simple cubic lattice, -2.6768 a dipole, beat its ferromagnet, -2 pi / 3; in a vacuum it has 0. Energies
    of dipoles without images are those of pairs."""
    cube = L.dipolar_tensor((4, 4, 4))[..., 0, 0, :, :]
    x = np.indices((4, 4, 4))
    columns = (-1.0) ** (x[0] + x[1])
    assert -0.5 * np.sum(columns * cube[..., 2, 2]) == pytest.approx(-2.6768, abs=1e-4)
    assert -0.5 * np.sum(cube[..., 2, 2]) == pytest.approx(-2 * np.pi / 3, rel=1e-12)
    assert abs(np.sum(L.dipolar_tensor((3, 3, 3), boundary="vacuum")[..., 2, 2])) < 1e-12
    model = L.Dipoles(L.bcc((2, 1, 2), periodic=False), 0.7)
    run = erg.sample(model, kT=0.5, sweeps=20, chains=1, seed=3, observe=["energy", "configuration"], progress=False)
    s, r = run["configuration"][0, -1], model.lattice.positions
    E = 0.0
    for i in range(len(r)):
        for j in range(i):
            d = r[i] - r[j]
            R = np.linalg.norm(d)
            E += 0.7 * (s[i] @ s[j] - 3 * (s[i] @ d) * (s[j] @ d) / R**2) / R**3
    assert run["energy"][0, -1] == pytest.approx(E, rel=1e-12)
    needles = L.Dipoles(L.bcc((2, 1, 2), periodic=False), 0.7, axis=(0, 3, 4))
    up = erg.sample(needles, kT=1e-9, sweeps=1, chains=1, seed=3, progress=False, observe=["energy", "configuration"])
    s = up["configuration"][0, -1][:, None] * np.array([0, 0.6, 0.8])
    J = L.dipolar_tensor(model.lattice)
    cell, sub = np.divmod(np.arange(len(r)), 2)
    at = np.array(np.unravel_index(cell, (2, 1, 2))).T
    E = -0.35 * sum(s[i] @ J[(*(at[j] - at[i]), sub[i], sub[j])] @ s[j] for i in range(len(r)) for j in range(len(r)))
    assert up["energy"][0, -1] == pytest.approx(E, rel=1e-12)


def test_flat_histograms_follow_the_energy():
    K = pairs((12,), L.power_law((12,), 2.0))
    states = 1 - 2 * ((np.arange(4096)[:, None] >> np.arange(12)) & 1)
    E = -0.5 * np.einsum("ci,ij,cj->c", states, K, states)
    method = erg.WangLandau(final=1e-4, bins=100, low=E.min() - 0.1, high=E.max() + 0.1)
    run = erg.sample(L.LongRangeIsing((12,), L.power_law((12,), 2.0)), method, kT=[3.0, 8.0], draws=2000, seed=2, progress=False, observe=["energy"])
    for kT, found in zip((3.0, 8.0), np.asarray(run.log_evidence.value), strict=True):
        assert found == pytest.approx(np.log(np.exp(-E / kT).sum()), abs=0.1)
    assert np.asarray(run["energy"]).min() >= E.min() - 1e-9
    assert np.asarray(run["energy"]).max() <= E.max() + 1e-9


BAD = [
    (lambda: L.power_law((4, 4), 2), "diverges"),
    (lambda: L.power_law((4, 4), -1), "power"),
    (lambda: L.power_law((4, 4), np.nan), "power"),
    (lambda: L.power_law([[0, 1], [1, 2]], 3), "positions"),
    (lambda: L.power_law((4, 4), 3, periodic=(True, False)), "all open"),
    (lambda: L.power_law(L.triangular((3, 3), helical=True), 3), "helical"),
    (lambda: L.dipolar_tensor((2, 2, 2, 2)), "three dimensions"),
    (lambda: L.dipolar_tensor((2, 2), boundary="metal"), "tinfoil"),
    (lambda: L.Dipoles((2, 2), axis=(0, 0, 0)), "not all 0"),
    (lambda: L.Dipoles((2, 2), axis=(0, 0, 1), D=1.0), "no D"),
    (lambda: L.Dipoles((2, 2), np.inf), "strength"),
    (lambda: erg.sample(L.LongRangeIsing((4, 4), 1.0), kT=1.0, sweeps=2, progress=False), "shape (4, 4, 1, 1)"),
    (lambda: erg.sample(L.LongRangeIsing((4,), np.arange(4.0).reshape(4, 1, 1)), kT=1.0, sweeps=2, progress=False), "J[-d, b, a]"),
    (lambda: erg.sample(L.LongRangeIsing((4,), np.full((4, 1, 1), np.nan)), kT=1.0, sweeps=2, progress=False), "finite"),
    (lambda: erg.sample(L.LongRangeIsing(L.complete(4), np.ones((4, 1, 1))), kT=1.0, sweeps=2, progress=False), "crystal"),
    (lambda: erg.sample(L.LongRangeIsing((4,), np.ones((4, 1, 1))), erg.Wolff(), kT=1.0, sweeps=2, progress=False), "Wolff"),
    (lambda: erg.sample(L.Dipoles((2, 3), D=1.0), erg.OverRelaxation(), kT=1.0, sweeps=2, progress=False), "linear in each spin"),
    (lambda: erg.sample(L.Dipoles((2, 3), axes=(1.0, 1.0, 0.0)), kT=1.0, sweeps=2, progress=False), "unit vectors"),
]


@pytest.mark.parametrize(("call", "says"), BAD, ids=[str(k) for k in range(len(BAD))])
def test_bad_input_is_refused(call, says):
    with pytest.raises(erg.Error) as e:
        call()
    assert says in str(e.value)
