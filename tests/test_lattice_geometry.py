"""Lattices beside hypercubic ones, as a user builds them, and Ising spins on them against exact solutions."""

import itertools
import pickle

import numpy as np
import pytest
from scipy import integrate
from scipy.optimize import brentq
from scipy.special import comb

import ergodica as erg
from ergodica.stats.series import core

L = erg.lattice


@pytest.mark.parametrize("make, sites, bonds", [
    (lambda: L.triangular((4, 6)), 24, 72), (lambda: L.honeycomb(4), 32, 48), (lambda: L.kagome((3, 5)), 45, 90), (lambda: L.fcc(3), 108, 648),
    (lambda: L.bcc(3), 54, 216), (lambda: L.diamond(2), 64, 128), (lambda: L.pyrochlore(2), 128, 384), (lambda: L.hypercubic((4, 5)), 20, 40),
    (lambda: L.hypercubic(7, shells=3), 7, 21), (lambda: L.triangular(3, periodic=False), 9, 16), (lambda: L.complete(6), 6, 15),
    (lambda: L.bethe(4, 2), 17, 16), (lambda: L.random_regular(10, 4, seed=1), 10, 20),
])  # fmt: skip
def test_lattices(make, sites, bonds, tmp_path):
    """Sizes; the lattice is the same after pickling and in a saved run, and two models on two copies are one."""
    lattice = make()
    assert (lattice.sites, len(lattice.edges)) == (sites, bonds)
    again = pickle.loads(pickle.dumps(lattice))
    assert again == lattice and hash(again) == hash(lattice) and repr(again) == repr(lattice)
    system = L.Ising(lattice)
    run = erg.sample(system, erg.Metropolis(), kT=3.0, sweeps=5, chains=2, seed=1, progress=False, observe=["energy", "configuration"])
    assert run["configuration"].shape == (2, 5, sites)
    s = run["configuration"].astype(int)
    i, j = lattice.edges.T
    np.testing.assert_array_equal(run["energy"], -(s[..., i] * s[..., j]).sum(-1))
    run.save(tmp_path / "run.arrow")
    assert erg.load(tmp_path / "run.arrow").system == system


def test_positions_and_vectors():
    """Bonds have the length of their shell modulo the period; reciprocal vectors; the structure factor of one Bragg peak."""
    lattice = L.kagome((3, 4), couplings=(1.0, -0.5, 0.25))
    period = lattice.vectors * np.array(lattice.shape)[:, None]
    r = lattice.positions[lattice.edges[:, 1]] - lattice.positions[lattice.edges[:, 0]]
    images = np.array([n @ period for n in itertools.product((-1, 0, 1), repeat=2)])
    np.testing.assert_allclose(np.linalg.norm(r[:, None] + images, axis=-1).min(1), lattice.distances[lattice.shells], rtol=1e-12)
    np.testing.assert_allclose(lattice.weights, np.array([1.0, -0.5, 0.25])[lattice.shells])
    np.testing.assert_allclose(lattice.vectors @ lattice.reciprocal.T, 2 * np.pi * np.eye(2), atol=1e-12)
    np.testing.assert_allclose(np.abs(np.exp(1j * L.fcc(2).positions @ (L.fcc(2).reciprocal.T @ [2, 0, 0])).sum()), 32)
    assert np.allclose(lattice.positions[7], lattice.vectors[1] * 2 + lattice.basis[1])


def test_ring_with_two_couplings():
    """The J1-J2 ring: every state's energy, and the exact mean at one temperature."""
    J, n, kT = (1.0, -0.6), 10, 0.7
    ring = L.chain(n, J)
    s = np.array(list(itertools.product((-1, 1), repeat=n)))
    E = -J[0] * (s * np.roll(s, -1, 1)).sum(1) - J[1] * (s * np.roll(s, -2, 1)).sum(1)
    w = np.exp(-(E - E.min()) / kT)
    exact = erg.solve(L.Ising(ring), erg.Enumeration(), kT=kT)
    assert float(exact["energy"]) == pytest.approx((w * E).sum() / w.sum(), rel=1e-12)


def triangular_energy(K):
    """-dlnZ/dK per site of the triangular lattice (R. M. F. Houtappel, Physica 16, 425 (1950)): ln Z / N = ln 2 + (1/8 pi^2) int int
    ln(C^3 + S^3 - S (cos a + cos b + cos(a + b))), C = cosh 2K, S = sinh 2K; one angle by hand, int_0^2pi ln(A - B cos x) dx = 2 pi ln((A +
    sqrt(A^2 - B^2))/2)."""

    def log_z(K):
        C, S = np.cosh(2 * K), np.sinh(2 * K)

        def inner(a):
            A, B = C**3 + S**3 - S * np.cos(a), 2 * S * np.cos(a / 2)  # cos b + cos(a + b) = 2 cos(a/2) cos(b + a/2)
            return np.log((A + np.sqrt(np.maximum(A * A - B * B, 0))) / 2)

        return np.log(2) + integrate.quad(inner, 0, np.pi, epsabs=1e-13, limit=200)[0] / (2 * np.pi)

    return -slope(log_z, K)


def slope(f, x, h=1e-3):
    return (8 * (f(x + h) - f(x - h)) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h)


def log_z_honeycomb(K):
    """ln Z / N of the honeycomb lattice, by summing every second spin: e^{4 K3} = cosh 3K / cosh K, and the triangular lattice of the others."""
    R = 8 * np.cosh(3 * K) * np.cosh(K) ** 3  # (2 cosh 3K) (2 cosh K)^3 = R^4 of the star that becomes a triangle
    K3 = np.log(np.cosh(3 * K) / np.cosh(K)) / 4
    C, S = np.cosh(2 * K3), np.sinh(2 * K3)

    def inner(a):
        A, B = C**3 + S**3 - S * np.cos(a), 2 * S * np.cos(a / 2)
        return np.log((A + np.sqrt(np.maximum(A * A - B * B, 0))) / 2)

    triangular = np.log(2) + integrate.quad(inner, 0, np.pi, epsabs=1e-13, limit=200)[0] / (2 * np.pi)
    return (triangular + np.log(2 * R) / 4) / 2


def log_z_kagome(K):
    """ln Z / N of the kagome lattice: its triangles become stars, e^{4K} = cosh 3 K1 / cosh K1, whose legs then join in pairs on the bonds of a
    honeycomb lattice, e^{2 K2} = cosh 2 K1."""
    K1 = brentq(lambda x: np.log(np.cosh(3 * x) / np.cosh(x)) / 4 - K, 0, 10, xtol=1e-15)
    K2 = np.log(np.cosh(2 * K1)) / 2
    star = np.log(16 * np.cosh(3 * K1) * np.cosh(K1) ** 3) / 4  # ln R of a triangle
    leg = np.log(2) + np.log(np.cosh(2 * K1)) / 2  # ln A of a spin between two stars
    return (2 * log_z_honeycomb(K2) + 3 * leg - 2 * star) / 3


CRITICAL = {"triangular": 4 / np.log(3), "honeycomb": 2 / np.log(2 + np.sqrt(3)), "kagome": 4 / np.log(3 + 2 * np.sqrt(3))}
ENERGY = {"triangular": triangular_energy, "honeycomb": lambda K: -slope(log_z_honeycomb, K), "kagome": lambda K: -slope(log_z_kagome, K)}


@pytest.mark.parametrize("name", CRITICAL)
def test_exact_energies(name):
    """Above, below and at the known critical temperatures: the energy of large lattices is the exact one of infinite ones
    within the statistical error. Catches a wrong neighbour (coordination), a doubled or missing bond."""
    lattice, kTc = getattr(L, name)((24, 24)), CRITICAL[name]
    assert kTc == pytest.approx({"triangular": 3.6410, "honeycomb": 1.5187, "kagome": 2.1433}[name], abs=5e-5)
    kT = [0.75 * kTc, 1.4 * kTc]
    run = erg.sample(L.Ising(lattice), erg.SwendsenWang(), kT=kT, sweeps=1500, warmup=200, chains=2, seed=5, progress=False, observe=["energy"])
    for k, t in enumerate(kT):
        found = erg.stats.mean_se(run["energy"][k] / lattice.sites)
        assert abs(found.value - ENERGY[name](1 / t)) < 4.9 * found.se, (t, found, ENERGY[name](1 / t))
    # The specific heat of the exact solution diverges at kTc and nowhere else.
    heat = [slope(ENERGY[name], 1 / t, 2e-4) for t in (0.9 * kTc, kTc, 1.1 * kTc)]
    assert abs(heat[1]) > 1.5 * max(abs(heat[0]), abs(heat[2]))


def test_triangular_antiferromagnet():
    """Ground states of the antiferromagnet on a 3 x 4 torus, counted by enumeration of all states and by a transfer matrix that knows
    nothing of graphs; the latter's entropy per site tends to Wannier's 0.3230659472."""

    def growth(T):
        x = np.ones(len(T))
        for _ in range(60):
            x = T @ (T @ (T @ (x / x.sum())))
        return np.log(x.sum()) / 3

    def rows(width):
        s = np.array(list(itertools.product((0, 1), repeat=width)), np.uint8)
        top, right = s[:, None, :], np.roll(s, -1, 1)
        # The up and down triangles between two rows: (i, i+1 of the lower, i of the upper), (i of the upper, i+1 of the upper, i+1 of the lower).
        low, low_next, up, up_before = s[None], right[None], top, np.roll(s, 1, 1)[:, None, :]
        alike = ((low == low_next) & (low_next == up)) | ((up_before == up) & (up == low))
        return (~alike.any(-1)).astype(float)

    T = rows(3)
    count = round(np.trace(np.linalg.matrix_power(T, 4)))
    lattice = L.triangular((3, 4))
    s = 1 - 2 * ((np.arange(1 << 12)[:, None] >> np.arange(12)) & 1).astype(np.int8)
    E = np.zeros(1 << 12, int)
    for i, j in lattice.edges:
        E += s[:, i] * s[:, j]
    assert E.min() == -12 and (E == -12).sum() == count
    exact = erg.solve(L.Ising(lattice, J=-1.0), erg.Enumeration(), kT=0.05)
    assert float(exact["energy"]) == pytest.approx(-12, abs=1e-9)
    assert float(exact["entropy"]) == pytest.approx(np.log(count), abs=1e-9)
    entropy = [growth(rows(w)) / w for w in (6, 9)]
    extrapolated = entropy[1] - (entropy[0] - entropy[1]) / (81 / 36 - 1)  # corrections of order 1/w^2
    assert extrapolated == pytest.approx(0.3230659472, abs=1e-3)


def test_random_graphs():
    """Same seed, same graph; Ising spins on random regular graphs order near the Bethe lattice's kTc = 2/ln(z/(z-2))."""
    assert L.random_regular(100, 3, seed=5) == L.random_regular(100, 3, seed=5) != L.random_regular(100, 3, seed=6)
    assert L.random_regular(100, 3, seed=2) != L.random_regular(100, 3, seed=3)
    graph, kTc = L.random_regular(2000, 3, seed=1), 2 / np.log(3)
    run = erg.sample(L.Ising(graph), erg.SwendsenWang(), kT=[0.8 * kTc, 1.3 * kTc], sweeps=800, warmup=100, chains=2, seed=2, progress=False,
                     observe=["energy", "|magnetization|"])  # fmt: skip
    assert run["|magnetization|"].mean((1, 2))[0] > 0.7 and run["|magnetization|"].mean((1, 2))[1] < 0.15
    # Above kTc loops are long, so bonds are those of a tree: <s s'> = tanh K, up to the loops of order 1/n.
    found = erg.stats.mean_se(run["energy"][1] / len(graph.edges))
    assert abs(found.value + np.tanh(1 / (1.3 * kTc))) < 4.9 * found.se + 3 / 2000
    assert abs(len(L.erdos_renyi(2000, 0.01, seed=3).edges) - 19990) < 4.9 * np.sqrt(19990)
    exact = erg.solve(L.Ising(L.complete(12), J=1 / 12), erg.Enumeration(), kT=0.8)
    m = np.arange(-12, 13, 2.0)
    w = comb(12, (m + 12) / 2) * np.exp((m * m - 12) / (24 * 0.8))
    assert float(exact["energy"]) == pytest.approx((w * -(m * m - 12) / 24).sum() / w.sum(), rel=1e-12)


@pytest.mark.parametrize("wrong", [
    lambda: L.triangular((4, 4, 4)), lambda: L.kagome(0), lambda: L.fcc("3"), lambda: L.fcc(2.5), lambda: L.triangular(()),
    lambda: L.triangular(4, shells=0), lambda: L.triangular(4, couplings=()), lambda: L.triangular(4, couplings=(1, np.nan)),
    lambda: L.triangular(4, couplings=[[1.0]]), lambda: L.honeycomb(4, periodic=(True, False, True)),
    lambda: L.honeycomb(4, helical=True, periodic=False),
    lambda: L.crystal([[1, 0], [2, 0]], [[0, 0]], (3, 3)), lambda: L.crystal([[1, 0], [0, 1]], [[0, 0, 0]], (3, 3)),
    lambda: L.crystal([[1, 0], [0, np.inf]], [[0, 0]], (3, 3)), lambda: L.crystal([[1, 0], [0, 1]], [[0, 0], [0, 0]], (3, 3)),
    lambda: L.pyrochlore(100_000), lambda: L.chain(0), lambda: L.random_regular(5, 3), lambda: L.random_regular(4, 4), lambda: L.random_regular(0, 0),
    lambda: L.erdos_renyi(5, 1.5), lambda: L.erdos_renyi(5, np.nan), lambda: L.complete(1 << 20), lambda: L.bethe(0, 2), lambda: L.bethe(1000, 1000),
    lambda: L.random_regular(4, 3, seed=-1), lambda: core("Lattice", lattice={"shape": [2, 2]}),
])  # fmt: skip
def test_refusals(wrong):
    with pytest.raises(erg.Error):
        wrong()
