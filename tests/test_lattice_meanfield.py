"""Mean fields, beliefs, and the replicas of glasses and memories, against quadrature, minimisation, exact sums and simulation."""

import itertools

import numpy as np
import pytest
from scipy import integrate, optimize, special

import ergodica as erg

L = erg.lattice


def scrambled(n, seed):
    return np.random.default_rng(seed).normal(size=n)


def slope(f, x, step=1e-4):
    """Five points."""
    return (8 * (f(x + step) - f(x - step)) - (f(x + 2 * step) - f(x - 2 * step))) / (12 * step)


def found(system, method, kT, name=None, **k):
    run = erg.solve(system, method, kT=kT, progress=False, **k)
    return run if name is None else float(run[name])


# --- mean fields


def twin(energy, sites, q, kT):
    """F of independent sites, a function of their probabilities."""
    states = np.indices((q,) * sites).reshape(sites, -1)
    E = np.array([energy(s) for s in states.T])

    def F(p):
        weight = np.ones(len(E))
        for i in range(sites):
            weight = weight * p[i, states[i]]
        return weight @ E + kT * special.xlogy(p, p).sum()

    return F


RING = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (1, 3)]
J, H = scrambled(6, 1), scrambled(5, 2)
SMALL = {
    "Ising": (L.Ising(L.Graph(RING), J=J, h=0.3 * H), 2,
              lambda s: -sum(c * (2 * s[a] - 1) * (2 * s[b] - 1) for c, (a, b) in zip(J, RING, strict=True)) - 0.3 * H @ (2 * s - 1)),
    "Potts": (L.Potts(L.Graph(RING), q=3, J=J, h=[0.2, 0.0, 0.1]), 3,
              lambda s: -sum(c * (s[a] == s[b]) for c, (a, b) in zip(J, RING, strict=True)) - np.array([0.2, 0.0, 0.1])[s].sum()),
    "Tabled": (L.Model((5,), (-1, 0, 2), energy=lambda s, n: n[..., 0] * s * n[..., 1] - 0.3 * s), 3,
               lambda s: (lambda v: (np.roll(v, 1) * v * np.roll(v, -1) - 0.3 * v).sum())(np.array([-1, 0, 2])[s])),
    "PSpin": (L.PSpin(5, p=3, J=scrambled(10, 3), h=0.2), 2,
              lambda s: -sum(c * np.prod(2 * s[list(g)] - 1) for c, g in zip(scrambled(10, 3), itertools.combinations(range(5), 3), strict=True))
              - 0.2 * (2 * s - 1).sum()),
}  # fmt: skip


# Planted and seen to fail: the entropy of a site without log z; a field without the terms of three sites.
@pytest.mark.parametrize("name", SMALL)
def test_mean_field_is_the_lowest_bound(name):
    system, q, energy = SMALL[name]
    for kT in (0.6, 2.0):
        run = found(system, erg.MeanField(starts=8), kT)
        F = float(run["free_energy"])
        of = twin(energy, 5, q, kT)
        p = run["local_occupation"] if q > 2 else (1 + run["local_magnetization"][:, None] * [-1, 1]) / 2
        assert of(p) == pytest.approx(F, rel=1e-12)
        starts = np.random.default_rng(4).normal(size=(5, 5 * q))
        assert all(optimize.minimize(lambda x: of(special.softmax(x.reshape(5, q), axis=1)), x).fun > F - 1e-7 for x in starts)  # noqa: B023
        assert found(system, erg.Enumeration(), kT, "free_energy") <= F
        assert float(run["log_z"]) == pytest.approx(-F / kT) and float(run["entropy"]) == pytest.approx((float(run["energy"]) - F) / kT)
        points = run["stationary_free_energy"]
        assert points[0] == pytest.approx(F) and (np.diff(points) > 0).all() and float(run["stability"]) > 0


def test_mean_field_of_sites_alone_is_exact():
    for system in (L.Ising((7,), J=0.0, h=H[:1] * np.arange(7)), L.Potts((5,), q=4, J=0.0, h=scrambled(20, 5).reshape(5, 4)),
                   L.Clock((4,), q=5, J=0.0, h=0.7)):  # fmt: skip
        exact, mean = found(system, erg.Enumeration(), 0.8), found(system, erg.MeanField(), 0.8)
        for name in ("log_z", "energy", "entropy", "heat_capacity"):
            assert float(mean[name]) == pytest.approx(float(exact[name]), rel=1e-12), name


# Planted and seen to fail: the linear response without the sites' own covariance.
def test_curie_weiss():
    """The same magnet as five systems; m, energy and entropy in closed form, responses as derivatives."""
    N, h = 60, 0.05
    for kT in (0.4, 0.9, 1.4):
        same = [L.Ising(L.complete(N), J=1 / (N - 1), h=h), L.PSpin(N, J=1 / (N - 1), h=h), L.Hopfield(np.ones((1, N)), h=h),
                L.LongRangeIsing((N,), np.append(0.0, np.full(N - 1, 1 / (N - 1))).reshape(N, 1, 1), h=h),
                L.Model(L.complete(N), (-1, 1), pair=lambda s, t: -s * t, site=lambda s: -h * s, J=1 / (N - 1))]  # fmt: skip
        for system in same:
            x = (N - 1) / N if isinstance(system, L.Hopfield) else 1.0
            m = optimize.brentq(lambda m: np.tanh((x * m + h) / kT) - m, 1e-9, 1 - 1e-15, xtol=1e-15)  # noqa: B023
            run = found(system, erg.MeanField(starts=0), kT)
            assert float(run["magnetization"]) == pytest.approx(m, rel=1e-11)
            np.testing.assert_allclose(run["local_magnetization"], m, rtol=1e-11)
            up = (1 + m) / 2
            assert float(run["entropy"]) == pytest.approx(-N * (special.xlogy(up, up) + special.xlogy(1 - up, 1 - up)), rel=1e-10)
            assert float(run["energy"]) == pytest.approx(-N * (x * m * m / 2 + h * m), rel=1e-10)
            chi = (1 - m * m) / (kT - x * (1 - m * m))
            assert float(run["susceptibility"]) == pytest.approx(chi, rel=1e-9)
            assert float(run["heat_capacity"]) == pytest.approx(N * (x * m + h) ** 2 * chi / kT, rel=1e-9)
            assert float(run["stability"]) == pytest.approx(1 - x * (1 - m * m) / kT, rel=1e-9)
    critical = L.Ising(L.complete(N), J=1 / (N - 1))
    assert found(critical, erg.MeanField(starts=0), 0.999, "magnetization") == pytest.approx(np.sqrt(3 * 0.001), rel=0.01)
    assert abs(found(critical, erg.MeanField(starts=0), 1.001, "magnetization")) < 1e-9


def test_potts_jumps():
    """kTc = z J (q-2) / (2 (q-1) log(q-1)), where m jumps to (q-2)/(q-1); both phases are found around it."""
    for q in (3, 5, 10):
        kTc = 6 * (q - 2) / (2 * (q - 1) * np.log(q - 1))
        run = found(L.Potts((3, 3, 3), q=q), erg.MeanField(starts=0), [kTc * 0.9999, kTc * 1.0001])
        assert run["magnetization"][0] == pytest.approx((q - 2) / (q - 1), abs=2e-3) and abs(run["magnetization"][1]) < 1e-9
        assert np.isfinite(run["stationary_free_energy"]).all() and run["stationary_free_energy"].shape == (2, 2)
    staggered = found(L.Potts((4, 4), q=3, J=-1.0), erg.MeanField(), 0.3)
    assert abs(float(staggered["energy"])) < 1.0  # neighbours differ


# Planted and seen to fail: A_n of n + 1 components.
@pytest.mark.parametrize("n", [2, 3, 4, 9, 40])
def test_unit_vectors(n):
    """m = I_(n/2)(b) / I_(n/2-1)(b), b = z J m / kT, kTc = z J / n; log z of a site from the Bessel function."""
    for kT in (0.02, 0.4 * 4 / n, 0.95 * 4 / n):
        nu, A = n / 2 - 1, lambda b: special.ive(n / 2, b) / special.ive(n / 2 - 1, b)
        m = optimize.brentq(lambda m: A(4 * m / kT) - m, 1e-3, 1, xtol=1e-15)  # noqa: B023
        run = found(L.ON((4, 4), n=n), erg.MeanField(starts=0), kT)
        assert float(run["|magnetization|"]) == pytest.approx(m, rel=1e-9)
        b = 4 * m / kT
        log_z = np.log(2 * np.pi) * n / 2 + np.log(special.ive(nu, b)) + b - nu * np.log(b)
        assert float(run["log_z"]) / 16 == pytest.approx(log_z - 2 * m * m / kT, rel=1e-9, abs=1e-9)
        assert abs(float(run["stability"])) < 1e-6  # turning all spins costs nothing
    assert found(L.ON((4, 4), n=n), erg.MeanField(), 4.1 / n, "|magnetization|") < 1e-9
    hot = L.ON((4, 4), n=n, h=scrambled(n, 6))
    at = lambda kT: found(hot, erg.MeanField(starts=0), kT, "energy")
    assert found(hot, erg.MeanField(starts=0), 0.8, "heat_capacity") == pytest.approx(slope(at, 0.8, 1e-3), rel=1e-6)


def test_frustrated_vectors_stand_at_angles():
    run = found(L.XY(L.triangular((3, 3)), J=-1.0), erg.MeanField(), 0.2)
    assert float(run["|magnetization|"]) < 1e-9 and float(run["energy"]) < -0.9 * 9 * 1.5


# Planted and seen to fail: couplings transposed between the sites of a cell; images of a spin's own left out of the energy; the field counted in
# responses.
def test_vectors_that_all_meet():
    """Neighbours by a table are those of a lattice; dipoles, two a cell, have the lowest bound that SciPy finds."""
    J = np.zeros((3, 4, 1, 1))
    J[1, 0] = J[-1, 0] = J[0, 1] = J[0, -1] = 0.8
    h = [0.1, 0.2, -0.3]
    for kT in (0.4, 1.3):
        far, near = (found(system, erg.MeanField(), kT) for system in (L.LongRangeON((3, 4), J, h=h), L.Heisenberg((3, 4), J=0.8, h=h)))
        for name in ("log_z", "energy", "entropy", "heat_capacity", "susceptibility", "stability", "magnetization", "local_magnetization"):
            np.testing.assert_allclose(far[name], near[name], rtol=1e-8, atol=1e-8, err_msg=name)
    shape, kT = (3, 3, 3), 1.1
    cells, N = L.crystal(np.eye(3), [(0, 0, 0), (0.4, 0.3, 0.2)], shape), 54
    T, fields = L.dipolar_tensor(cells), 2 * scrambled(3 * N, 7).reshape(N, 3)
    K = np.zeros((N, 3, N, 3))
    for i, j in itertools.product(range(N), repeat=2):
        d = tuple((np.array(np.unravel_index(j // 2, shape)) - np.unravel_index(i // 2, shape)) % 3)
        K[i, :, j] = T[(*d, i % 2, j % 2)]
    images = sum(np.trace(K[i, :, i]) / 3 for i in range(N)) / 2
    for i in range(N):
        K[i, :, i] = 0

    def F(b):
        b = b.reshape(N, 3)
        r = np.linalg.norm(b, axis=1)
        A = 1 / np.tanh(r) - 1 / r
        x = b * (A / r)[:, None]
        S = np.log(4 * np.pi) + r + np.log1p(-np.exp(-2 * r)) - np.log(2 * r) - r * A
        away, e = kT * b - pull(x) - fields, b / r[:, None]
        along = (1 - A * A - 3 * A / r)[:, None] * e * np.sum(e * away, axis=1)[:, None]
        return -images - 0.5 * np.sum(x * pull(x)) - np.sum(fields * x) - kT * S.sum(), (away * (A / r)[:, None] + along).ravel()

    pull = lambda x: (K.reshape(3 * N, -1) @ x.ravel()).reshape(N, 3)
    run = found(L.Dipoles(cells, h=fields), erg.MeanField(starts=8), kT)
    b = (pull(run["local_magnetization"]) + fields) / kT
    assert F(b)[0] == pytest.approx(float(run["free_energy"]), rel=1e-12)
    assert all(optimize.minimize(F, start.ravel(), jac=True).fun > F(b)[0] - 1e-6 for start in (1.1 * b, fields))
    energy = lambda kT: found(L.Dipoles(cells, h=fields), erg.MeanField(starts=0), kT, "energy")
    assert float(run["heat_capacity"]) == pytest.approx(slope(energy, kT, 1e-3), rel=1e-6)
    with pytest.raises(erg.SpecError, match="linear in each spin"):
        found(L.Dipoles((2, 2, 3)), erg.MeanField(), 1.0)


# Planted and seen to fail: the entropy without the width of a point; as many points as kT = 1 needs at lower ones.
def test_villain():
    """The law of an angle by iteration on 2048 points; responses as derivatives; below log Z of an open chain, 2 pi (2 pi/K)^((N-1)/2)."""
    phi = 2 * np.pi * np.arange(2048) / 2048
    for K, kT in ((0.9, 1.0), (0.4, 0.01), (0.7, 2.0)):
        w = np.log(sum(np.exp(-K / 2 * (phi - np.pi - 2 * np.pi * n) ** 2) for n in range(-6, 7)))
        p, w = np.exp(3 * np.cos(phi)), np.fft.rfft(np.roll(w, 1024))
        for _ in range(4000):
            p /= p.sum()
            b = 4 * np.fft.irfft(w * np.fft.rfft(p)) / kT
            p = np.exp(b - b.max())
        p /= p.sum()
        S = -special.xlogy(p, p).sum() + np.log(2 * np.pi / 2048)
        run = found(L.Villain((4, 4), K=K), erg.MeanField(starts=1), kT)
        assert float(run["entropy"]) / 16 == pytest.approx(S, rel=1e-9)
        assert float(run["energy"]) / 16 == pytest.approx(-kT * (p @ b) / 2, rel=1e-9)
        assert float(run["|magnetization|"]) == pytest.approx(p @ np.cos(phi), abs=1e-8)
        assert abs(float(run["stability"])) < 1e-6 or kT == 2.0
        energy = lambda kT: found(L.Villain((4, 4), K=K), erg.MeanField(starts=0), kT, "energy")  # noqa: B023
        assert float(run["heat_capacity"]) == pytest.approx(slope(energy, kT, 2e-3 * kT), rel=1e-5)
    K = np.linspace(0.3, 1.5, 6)
    assert found(L.Villain((7,), K=K, periodic=False), erg.MeanField(), 1.0, "log_z") < np.log(2 * np.pi) + 0.5 * np.log(2 * np.pi / K).sum()
    with pytest.raises(erg.SpecError, match="256 points"):
        found(L.Villain((4, 4), K=5.0), erg.MeanField(), 1.0)


# --- beliefs


# Planted and seen to fail: the log of a site's messages subtracted once too little; the slopes of the fields left out.
def test_beliefs_are_exact_on_trees():
    where = np.random.default_rng(1)
    edges = [(int(where.integers(i)), i) for i in range(1, 14)]
    tree = L.Graph(edges)
    systems = (L.Ising(tree, J=scrambled(13, 1), h=scrambled(14, 2)), L.Potts(tree, q=3, J=scrambled(13, 3), h=scrambled(42, 4).reshape(14, 3)),
               L.Clock((9,), q=4, J=scrambled(8, 5), h=0.4, periodic=False),
               L.Model(tree, (-1, 0, 2), pair=lambda s, t: (s - t) ** 2, site=lambda s, h: h * s, J=scrambled(13, 6), fields=scrambled(14, 7)))
    for system in systems:
        for kT in (0.3, 1.5):
            exact, run = found(system, erg.TransferMatrix(), kT), found(system, erg.BeliefPropagation(starts=0), kT)
            for name in ("log_z", "energy", "entropy", "heat_capacity") + (("magnetization",) if "magnetization" in exact else ()):
                assert float(run[name]) == pytest.approx(float(exact[name]), rel=1e-9), name
    small = L.Ising(tree, J=scrambled(13, 1), h=scrambled(14, 2))
    local = found(small, erg.BeliefPropagation(starts=0), 1.5)["local_magnetization"]
    for i in (0, 5):  # <s_i> = kT d log Z / dh_i
        h = lambda d, i=i: scrambled(14, 2) + d * (np.arange(14) == i)
        shifted = lambda d: found(L.Ising(tree, J=scrambled(13, 1), h=h(d)), erg.TransferMatrix(), 1.5, "log_z")  # noqa: B023
        assert local[i] == pytest.approx(1.5 * slope(shifted, 0.0, 1e-3), rel=1e-8)


def test_bethe_lattice():
    """z = 4 neighbours, kTc = 2 / log 2; below, the cavity's fixed point by itself. Groups of three: a p-spin magnet on its factor graph."""
    for kT, ordered in ((2.5, True), (3.2, False)):
        run = found(L.Ising(L.random_regular(60, 4, seed=1)), erg.BeliefPropagation(starts=0), kT)
        cavity = 1.0
        for _ in range(4000):
            cavity = 3 * np.arctanh(np.tanh(1 / kT) * np.tanh(cavity))
        m = np.tanh(4 / 3 * cavity)
        assert (m > 0.1) == ordered and float(run["magnetization"]) == pytest.approx(m, abs=1e-9)
    three = L.PSpin(3, p=3, J=0.7, h=0.2)
    for name in ("log_z", "energy", "heat_capacity", "magnetization"):
        assert found(three, erg.BeliefPropagation(), 0.9, name) == pytest.approx(
            found(three, erg.Enumeration(), 0.9, name), rel=1e-10)  # fmt: skip


def test_beliefs_that_do_not_rest():
    with pytest.raises(erg.ConvergenceError, match="damping"):
        found(L.Ising((6, 6), J=scrambled(72, 8), h=0.1), erg.BeliefPropagation(rounds=3), 1.0)


# --- replicas


def gauss(f, at=0.0):
    """E f(z) by SciPy, split where f turns over."""
    return sum(integrate.quad(lambda z: f(z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
               for a, b in ((-12, at), (at, 12)))  # fmt: skip


def SK(h=0.0, J=1.0, J0=0.0, N=4):
    return L.SherringtonKirkpatrick(N, J=J, J0=J0, h=h, seed=1)


RS = erg.ReplicaSymmetric()


# Planted and seen to fail: variance of the field p q^(p-1) without its half; the ferromagnet's share of f with the wrong sign.
@pytest.mark.parametrize(("p", "J", "J0", "h", "kT"),
                         [(2, 1.0, 0.0, 0.0, 0.6), (2, 1.3, 1.5, 0.2, 0.5), (2, 0.7, 0.0, -0.4, 0.1), (3, 1.0, 0.0, 0.5, 0.7)])  # fmt: skip
def test_replica_symmetry_by_quadrature(p, J, J0, h, kT):
    system = SK(h, J, J0) if p == 2 else L.random_p_spin(4, p, J=J, h=h, seed=1)
    run = found(system, RS, kT)
    q, m = float(run["overlap"]), float(run["magnetization"])
    sigma, mu = J * np.sqrt(p * q ** (p - 1) / 2), J0 * m ** (p - 1) + h
    at = float(np.clip(-mu / sigma, -12, 12))
    t = lambda z: np.tanh((mu + sigma * z) / kT)
    assert gauss(lambda z: t(z) ** 2, at) == pytest.approx(q, rel=1e-9) and gauss(t, at) == pytest.approx(m, abs=1e-10)
    f = lambda kT: found(system, RS, kT, "free_energy_per_site")
    logs = gauss(lambda z: np.logaddexp((mu + sigma * z) / kT, -(mu + sigma * z) / kT), at)
    glass = J * J / (4 * kT) * (1 - p * q ** (p - 1) + (p - 1) * q**p)
    assert f(kT) == pytest.approx(-glass + J0 * (p - 1) / p * m**p - kT * logs, rel=1e-10)
    assert float(run["entropy_per_site"]) == pytest.approx(-slope(f, kT, 2e-3 * kT), rel=1e-6)
    assert float(run["energy_per_site"]) == pytest.approx(f(kT) - kT * slope(f, kT, 2e-3 * kT), rel=1e-7)
    replicon = 1 - p * (p - 1) / 2 * q ** (p - 2) * (J / kT) ** 2 * gauss(lambda z: (1 - t(z) ** 2) ** 2, at)
    assert float(run["stability"]) == pytest.approx(replicon, rel=1e-8)


def test_sherrington_kirkpatrick():
    frozen = found(SK(), RS, 1e-5)
    assert float(frozen["energy_per_site"]) == pytest.approx(-np.sqrt(2 / np.pi), rel=1e-8)
    assert float(frozen["entropy_per_site"]) == pytest.approx(-1 / (2 * np.pi), rel=1e-4)
    assert found(SK(), RS, 1.5, "energy_per_site") == pytest.approx(-1 / 3, rel=1e-12)
    one = found(SK(), erg.OneStepRSB(), 0.005)
    assert float(one["free_energy_per_site"]) == pytest.approx(-0.7652, abs=1e-4)  # G. Parisi, J. Phys. A 13, L115 (1980)
    assert found(SK(), RS, 0.005, "free_energy_per_site") < float(one["free_energy_per_site"]) < -0.7632
    # Instability, near kT = J and far: h^2 = 4/3 (1 - kT)^3 (1 + ...), kT = 4/(3 sqrt(2 pi)) exp(-h^2/2) (de Almeida and Thouless).
    line = lambda h, low, high: optimize.brentq(lambda kT: found(SK(h), RS, kT, "stability"), low, high, rtol=1e-10)
    edge = line(0.002, 0.9, 0.9999)
    assert 3 * 0.002**2 / (4 * (1 - edge) ** 3) == pytest.approx(1.0, abs=0.06)
    assert line(3.0, 0.002, 0.1) == pytest.approx(4 / (3 * np.sqrt(2 * np.pi)) * np.exp(-4.5), rel=0.02)


def test_p_spin_transitions():
    """p = 3, A. Montanari, F. Ricci-Tersenghi, Eur. Phys. J. B 33, 339 (2003): dynamic 0.682, static 0.651, Gardner's 0.24."""
    glass = L.random_p_spin(4, 3, seed=1)
    one = erg.OneStepRSB(x=1.0)
    assert optimize.brentq(lambda kT: found(glass, one, kT, "complexity"), 0.64, 0.67, xtol=1e-8) == pytest.approx(0.6513, abs=1e-4)
    low, high = 0.675, 0.69
    while high - low > 2e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if found(glass, one, middle, "inner_overlap") > 0.3 else (low, middle)
    assert low == pytest.approx(0.6815, abs=1e-4)
    assert optimize.brentq(lambda kT: found(glass, erg.OneStepRSB(), kT, "stability"), 0.2, 0.3, xtol=1e-4) == pytest.approx(0.24, abs=5e-3)
    f = lambda kT: found(glass, erg.OneStepRSB(), kT, "free_energy_per_site")
    run = found(glass, erg.OneStepRSB(), 0.5)
    assert float(run["entropy_per_site"]) == pytest.approx(-slope(f, 0.5, 1e-3), rel=1e-6) and abs(float(run["complexity"])) < 1e-7
    q, x = float(run["inner_overlap"]), float(run["breaking_point"])
    y = np.sqrt(3 * q * q / 2) / 0.5
    weight = lambda z: np.cosh(y * z) ** x
    assert gauss(lambda z: weight(z) * np.tanh(y * z) ** 2) / gauss(weight) == pytest.approx(q, rel=1e-9)
    for kT in (0.66, 1.0):  # one state, annealed
        hot = found(glass, erg.OneStepRSB(), kT)
        assert float(hot["energy_per_site"]) == pytest.approx(-1 / (2 * kT)) and float(hot["breaking_point"]) == 1


# Planted and seen to fail: r = q / (1 - c)^2, without kT.
def test_hopfield_remembers():
    """Retrieval at kT = 0 ends at 0.138 patterns a spin, where m = 0.967 (Amit, Gutfreund, Sompolinsky); the glass melts at kT = 1 + sqrt(alpha)."""
    network = lambda K, N=1000, h=0.0: L.Hopfield(np.random.default_rng(1).choice([-1, 1], (K, N)), h=h)
    ordered = erg.ReplicaSymmetric(start="ordered")
    y = optimize.brentq(lambda y: y * (np.sqrt(0.274) + 2 / np.sqrt(np.pi) * np.exp(-y * y)) - special.erf(y), 1.55, 3)  # y = m / sqrt(2 alpha r)
    assert found(network(137), ordered, 1e-4, "magnetization") == pytest.approx(special.erf(y), abs=1e-4)
    assert abs(found(network(138), ordered, 1e-3, "magnetization")) < 0.5  # 0.13791
    melting = 1 + np.sqrt(0.05)
    assert found(network(50), RS, melting - 0.01, "overlap") > 1e-3 and found(network(50), RS, melting + 0.01, "overlap") < 1e-9
    for start, kT in (("ordered", 0.3), ("disordered", 0.6), ("ordered", 0.05)):
        method = erg.ReplicaSymmetric(start=start)
        run = found(network(50, h=0.1), method, kT)
        f = lambda kT, method=method: found(network(50, h=0.1), method, kT, "free_energy_per_site")
        assert float(run["energy_per_site"]) == pytest.approx(f(kT) - kT * slope(f, kT, 3e-3 * kT), rel=1e-7)
        assert float(run["entropy_per_site"]) == pytest.approx(-slope(f, kT, 3e-3 * kT), rel=1e-5, abs=1e-9)
        q, m, r = float(run["overlap"]), float(run["magnetization"]), float(run["noise"]) ** 2
        t = lambda z, xi: np.tanh((m + 0.1 * xi + np.sqrt(0.05 * r) * z) / kT)  # noqa: B023
        at = float(np.clip(-m / np.sqrt(0.05 * r), -12, 12))
        assert np.mean([gauss(lambda z, xi=xi: t(z, xi), at) for xi in (1, -1)]) == pytest.approx(m, abs=1e-9)  # noqa: B023
        assert r == pytest.approx(q / (1 - (1 - q) / kT) ** 2, rel=1e-9)


def test_hopfield_forgets():
    """Between 0.051 and 0.138 patterns a spin the glass, whose energy at kT = 0 is -1/pi - sqrt(2 alpha/pi), is below retrieval, beyond it is alone.
    Catches a glass that iterations miss, and points with c > kT, where no replicas are (f = 0.06 and 0.07 in place of -0.59 and -0.63)."""
    network = lambda K: L.Hopfield(np.random.default_rng(1).choice([-1, 1], (K, 1000)))
    for K, kinds in ((40, 1), (120, 0), (150, 0)):
        run = found(network(K), RS, 1e-3)
        assert (abs(float(run["magnetization"])) > 0.9) == kinds
        glass = run["stationary_free_energy"][np.abs(run["stationary_magnetization"]) < 1e-6]
        assert glass.tolist() == pytest.approx([-1 / np.pi - np.sqrt(2 * K / 1000 / np.pi)], abs=1e-4)
    for kT in (0.1, 0.3, 0.5, 0.9):
        run = found(network(150), RS, kT)
        assert float(run["overlap"]) > 0.1 and float(run["free_energy_per_site"]) < -0.6


def test_random_fields_and_magnets():
    """m = (tanh((m + a)/kT) + tanh((m - a)/kT))/2 of fields +a and -a; a magnet of threes by its one coupling."""
    a, kT = 0.3, 0.6
    system = L.PSpin(50, J=1 / 50, h=np.tile([a, -a], 25))
    m = optimize.brentq(lambda m: (np.tanh((m + a) / kT) + np.tanh((m - a) / kT)) / 2 - m, 0.1, 1)
    assert found(system, RS, kT, "magnetization") == pytest.approx(m, rel=1e-11)
    assert found(system, RS, 0.95, "magnetization") == 0
    three = L.PSpin(40, p=3, J=2 * 0.8 / 40**2)  # E = -N 0.8 m^3 / 3
    run = found(three, RS, 0.3)
    m = float(run["magnetization"])
    assert m == pytest.approx(np.tanh(0.8 * m * m / 0.3), rel=1e-12) and float(run["energy_per_site"]) == pytest.approx(-0.8 * m**3 / 3)


def test_networks_and_glasses_that_are_simulated():
    """Finite networks lie within their errors, and 1/N, of the limit; false alarm at 4.9 standard errors."""
    network = L.Hopfield(np.random.default_rng(2).choice([-1, 1], (50, 2000)))
    run = erg.sample(network, kT=0.3, sweeps=300, warmup=100, chains=4, start="ordered", observe=["overlaps"], seed=1, progress=False)
    limit = found(network, erg.ReplicaSymmetric(start="ordered"), 0.3)
    assert run["overlaps"][..., 0].mean() == pytest.approx(float(limit["magnetization"]), abs=0.005)
    glass = [L.SherringtonKirkpatrick(400, h=0.5, seed=s) for s in range(8)]
    runs = [erg.sample(g, kT=1.2, sweeps=400, warmup=200, chains=2, observe="energy", seed=1, progress=False) for g in glass]
    energies = [run["energy"].mean() / 400 for run in runs]
    limit = found(glass[0], RS, 1.2, "energy_per_site")
    assert np.mean(energies) == pytest.approx(limit, abs=4.9 * np.std(energies) / np.sqrt(7) + 1 / 400)


@pytest.mark.parametrize(("system", "method", "says"), [
    (L.PSpin(4, J=np.ones(6)), RS, "law"), (L.Hopfield(np.ones((1, 6)), p=3), RS, "pairs"), (L.Hopfield(np.zeros((1, 6))), RS, "patterns"),
    (L.LongRangeIsing((4200,), np.zeros((4200, 1, 1))), erg.MeanField(), "groups"),
    (L.Hopfield(np.ones((1, 6)), p=3), erg.MeanField(), "pairs"),
])  # fmt: skip
def test_refusals(system, method, says):
    with pytest.raises(erg.SpecError, match=says):
        found(system, method, 1.0)
    for kT in (0.0, -1.0, np.nan):
        with pytest.raises(erg.Error):
            found(L.PSpin(4, J=0.25), method, kT)


def test_solve_takes_no_approximation_by_itself():
    assert isinstance(erg.solve(L.PSpin(4, J=0.2)).method, erg.Enumeration)
    with pytest.raises(erg.SpecError, match="no exact method"):
        erg.solve(L.XY((4, 4)))
