"""Potts, clock and O(n) spins and models by their local energies, through the face: exact numbers, equal models in other words, bad input."""

import itertools

import numpy as np
import pytest

import ergodica as erg


def exactly(values, energy, sites, kT, of):
    """The mean of a function of the spins over all states."""
    states = np.array(list(itertools.product(values, repeat=sites)), float)
    weight = np.exp(-np.array([energy(s) for s in states]) / kT)
    return np.sum(weight * np.array([of(s) for s in states])) / weight.sum()


def near(run, name, want, z=5.5):
    """Within z standard errors (5.5: a false alarm in 2.6e7)."""
    row = run.summary()[name]
    assert abs(row.mean - want) < z * row.se + 1e-12, (name, row.mean, row.se, want)
    assert row.ess_bulk > 500


RING = [(i, (i + 1) % 5) for i in range(5)]


# Planted and seen to fail: a site energy left out of Pairwise, pairs counted twice (each + each.T without halves on a table that is a sum).
def test_blume_capel_in_three_ways():
    def energy(s):
        return sum(-s[a] * s[b] for a, b in RING) + np.sum(0.7 * s**2 - 0.2 * s)

    pairs = erg.lattice.Model((5,), (-1, 0, 1), pair=lambda s, t: -s * t, site=lambda s: 0.7 * s**2 - 0.2 * s)
    fields = erg.lattice.Model((5,), (-1, 0, 1), pair=lambda s, t: -s * t, site=lambda s, h: 0.7 * s**2 - h * s, fields=np.full(5, 0.2))
    local = erg.lattice.Model((5,), (-1, 0, 1), energy=lambda s, n: -0.5 * s * n.sum(axis=-1) + 0.7 * s**2 - 0.2 * s)
    assert isinstance(local, erg.lattice.Pairwise)
    for model in (pairs, fields, local):
        run = erg.sample(model, kT=0.9, sweeps=8000, warmup=200, seed=3, progress=False, observe=["energy", "magnetization", "occupation"])
        near(run, "energy", exactly((-1, 0, 1), energy, 5, 0.9, energy))
        near(run, "magnetization", exactly((-1, 0, 1), energy, 5, 0.9, np.mean))
        assert np.allclose(run["occupation"].sum(axis=-1), 1)


def test_an_energy_of_three_spins_is_a_table():
    model = erg.lattice.Model((6,), (-1, 1), energy=lambda s, n: n[..., 0] * s * n[..., 1] - 0.3 * s)
    assert isinstance(model, erg.lattice.Tabled)

    def energy(s):
        return np.sum(np.roll(s, 1) * s * np.roll(s, -1) - 0.3 * s)

    for method in (erg.HeatBath(), erg.Metropolis(), erg.Metropolis(order="random")):
        run = erg.sample(model, method, kT=1.1, sweeps=8000, warmup=200, seed=5, progress=False, observe=["energy", "magnetization"])
        near(run, "energy", exactly((-1, 1), energy, 6, 1.1, energy))
        near(run, "magnetization", exactly((-1, 1), energy, 6, 1.1, np.mean))


def test_energies_are_what_the_functions_say():
    rng = np.random.default_rng(2)
    s = rng.integers(0, 3, (4, 6))
    model = erg.lattice.Model((4, 6), (-1, 0, 2), pair=lambda s, t: s * t**2 + t * s**2, site=lambda s: np.exp(s))
    run = erg.sample(model, kT=1e9, sweeps=1, chains=1, start=s, observe=["energy", "configuration"], progress=False, seed=1)
    x = np.array([-1, 0, 2.0])[run["configuration"][0, -1]]
    bonds = sum(x * y**2 + y * x**2 for y in (np.roll(x, 1, 0), np.roll(x, 1, 1)))
    assert np.isclose(run["energy"][0, -1], np.sum(bonds + np.exp(x)), rtol=1e-13)


# E at the transition of the infinite square lattice is -1 - 1/sqrt(q) a site; side 64 is within 2 % of it. Z of a small torus by annealing
# against enumeration.
def test_potts_at_its_transition_and_its_free_energy():
    L, q = 64, 3
    kTc = 1 / np.log(1 + np.sqrt(q))
    run = erg.sample(erg.lattice.Potts((L, L), q=q), erg.SwendsenWang(), kT=kTc, sweeps=600, warmup=100, seed=2, progress=False)
    assert abs(run["energy"].mean() / L**2 / (1 + 1 / np.sqrt(q)) + 1) < 0.02
    potts = erg.lattice.Potts((2, 3), q=3, h=[0.3, 0.0, -0.1])

    def energy(s):
        x = s.reshape(2, 3)
        bonds = 2 * (x[0] == x[1]).sum() + sum((x == np.roll(x, 1, 1)).sum(axis=1))
        return -bonds - np.sum(np.array([0.3, 0, -0.1])[s.astype(int)])

    states = np.array(list(itertools.product(range(3), repeat=6)), float)
    log_z = np.log(np.sum(np.exp(-np.array([energy(s) for s in states]) / 0.8)))
    run = erg.sample(potts, erg.PopulationAnnealing(), kT=0.8, draws=4000, chains=4, seed=3, progress=False)
    estimate = run.log_evidence
    assert abs(estimate.value - log_z) < 5.5 * estimate.se and estimate.se < 0.02


def test_clock_of_two_and_four_values_is_ising():
    ising = erg.sample(erg.lattice.Ising((8, 8)), erg.Wolff(), kT=2.4, sweeps=8000, warmup=100, seed=1, progress=False).summary()["energy"]
    two = erg.sample(erg.lattice.Clock((8, 8), q=2), erg.Wolff(), kT=2.4, sweeps=8000, warmup=100, seed=2, progress=False).summary()["energy"]
    four = erg.sample(erg.lattice.Clock((8, 8), q=4), erg.Wolff(), kT=1.2, sweeps=8000, warmup=100, seed=3, progress=False).summary()["energy"]
    assert abs(two.mean - ising.mean) < 5.5 * np.hypot(two.se, ising.se)
    assert abs(four.mean - ising.mean) < 5.5 * np.hypot(four.se, ising.se)  # two Ising models of J/2 at half the temperature


def test_chains_of_vectors():
    """Open chains: each bond's mean product is that of two spins, I_(n/2)(K) / I_(n/2-1)(K)."""
    from scipy.special import iv

    for n in (2, 3, 4):
        chain = erg.lattice.ON((12,), n=n, periodic=False)
        for method in (erg.OverRelaxation(), erg.Wolff(), erg.Metropolis(), erg.HMC(steps=8)):
            run = erg.sample(chain, method, kT=0.8, sweeps=6000, warmup=300, seed=n, progress=False)
            near(run, "energy", -11 * iv(n / 2, 1.25) / iv(n / 2 - 1, 1.25))


RANDOM = np.random.default_rng(5)
BONDS = {"chain": RANDOM.normal(size=23), "triangular": RANDOM.normal(size=48), "rows": RANDOM.normal(size=(12, 3))}
CONTINUOUS = {
    "angles": (erg.lattice.Model((4, 6), erg.Torus(), pair=lambda s, t: -np.cos(s - t)), erg.lattice.XY((4, 6)), 0.8),
    "vectors": (erg.lattice.Model(erg.lattice.triangular((4, 4)), erg.Sphere(3), J=BONDS["triangular"], fields=np.array([[0.2, -0.1, 0.4]] * 16),
                                  pair=lambda s, t: -np.sum(s * t, axis=-1), site=lambda s, h: -np.sum(h * s, axis=-1)),
                erg.lattice.Heisenberg(erg.lattice.triangular((4, 4)), J=BONDS["triangular"], h=[0.2, -0.1, 0.4]), 0.6),
    "open": (erg.lattice.Model((2, 3, 2), erg.Sphere(2), periodic=False, fields=BONDS["rows"][:, :2], pair=lambda s, t: -np.sum(s * t, axis=-1),
                               site=lambda s, h: -np.sum(h * s, axis=-1)),
             erg.lattice.XY((2, 3, 2), periodic=False, h=BONDS["rows"][:, :2]), 0.7),
    "numbers": (erg.lattice.Model((4, 5), erg.Real(), pair=lambda s, t: 0.5 * (s - t) ** 2, site=lambda s: -0.5 * s**2 + 0.25 * s**4 - 0.2 * s),
                erg.lattice.Phi4((4, 5), mass2=-1.0, lam=1.0, h=0.2), 0.9),
    "angles together": (erg.lattice.Model((3, 6), erg.Torus(), energy=lambda s, n: -0.5 * np.sum(np.cos(s[..., None] - n), axis=-1)),
                        erg.lattice.XY((3, 6)), 0.8),
    "vectors together": (erg.lattice.Model(erg.lattice.triangular((4, 3)), erg.Sphere(3),
                                           energy=lambda s, n: -0.5 * np.sum(s[..., None, :] * n, axis=(-1, -2)) - 0.3 * s[..., 0]),
                         erg.lattice.Heisenberg(erg.lattice.triangular((4, 3)), h=0.3), 0.9),
    "numbers together": (erg.lattice.Model((2, 3), erg.Real(),
                                           energy=lambda s, n: np.sum((s[..., None] - n) ** 2, axis=-1) / 4 + s**4 / 4 - s**2 / 2),
                         erg.lattice.Phi4((2, 3), mass2=-1.0, lam=1.0), 0.9),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_energies_of_continuous_models(name):
    """Of the same configuration as the named model's to rounding, along Metropolis' moves of many sites and of one as well."""
    model, named, kT = CONTINUOUS[name]
    for method in (erg.Metropolis(step=0.5), erg.Metropolis(order="random", step=0.5), erg.Metropolis(order="sequential")):
        run = erg.sample(model, method, kT=kT, sweeps=20, chains=2, seed=1, observe=["energy", "configuration"], progress=False)
        x = run["configuration"][:, -1]
        if name.startswith("angles"):
            x = np.stack([np.cos(x), np.sin(x)], axis=-1)
        same = erg.sample(named, erg.Metropolis(step=1e-300), kT=kT, sweeps=1, warmup=0, chains=2, start=x, observe="energy", progress=False)
        np.testing.assert_allclose(run["energy"][:, -1], same["energy"][:, 0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("method", [erg.Metropolis(), erg.Metropolis(order="random"), erg.HMC(steps=6)], ids=repr)
def test_laws_of_continuous_models(name, method):
    """That of the named model: 4.9 standard errors of both. Catches a difference that leaves out a bond, the field of another site (tried)."""
    model, named, kT = CONTINUOUS[name]
    names = ["energy", "|magnetization|", "magnetization"]
    common = dict(kT=kT, warmup=300, observe=names, progress=False)
    runs = [erg.sample(model, method, sweeps=2500, seed=1, **common), erg.sample(named, sweeps=2500, seed=2, **common)]
    for n in names:
        a, b = (r.estimate(n) for r in runs)
        off = np.abs(np.asarray(a.value) - np.asarray(b.value)) / np.hypot(a.se, b.se)
        assert np.max(off) < 4.9, (n, a, b)


def test_free_energy_of_a_continuous_model():
    """Annealed from uniform angles: ln Z of a ring is ln sum_m I_m(1/kT)^N + N ln 2 pi, by Metropolis and as a density."""
    from scipy.special import iv

    ring, kT = erg.lattice.Model((6,), erg.Torus(), pair=lambda s, t: -np.cos(s - t)), 0.7
    exact = np.log(np.sum(iv(np.abs(np.arange(-20, 21)), 1 / kT) ** 6)) + 6 * np.log(2 * np.pi)
    for kernel in (None, erg.HMC(steps=4)):
        found = erg.sample(ring, erg.PopulationAnnealing(kernel=kernel), kT=kT, draws=800, chains=4, seed=1, progress=False).log_evidence
        assert abs(found.value - exact) < 4.9 * found.se < 0.3, (kernel, found, exact)


def test_energies_that_are_no_numbers():
    """Where a site runs into NaN its place is named; infinite energies are walls."""
    well = erg.lattice.Model((4,), erg.Real(), site=lambda s: np.where(s > 1.5, np.nan, s**2))
    with pytest.raises(erg.NonFiniteError, match="site"):
        erg.sample(well, kT=10.0, sweeps=500, seed=1, start="ordered", progress=False)
    wall = erg.lattice.Model((4,), erg.Real(), site=lambda s: np.where(np.abs(s) > 1.0, np.inf, 0.0))
    run = erg.sample(wall, kT=1.0, sweeps=3000, seed=1, start="ordered", observe="configuration", progress=False)
    x = run["configuration"]
    assert np.abs(x).max() <= 1 and abs(np.mean(x**2) - 1 / 3) < 0.02


def test_three_angles_together():
    """An energy of a site with two neighbours, which no sum over pairs is: trajectories, whose forces are those of the whole, beside Metropolis'
    differences, and energies of configurations. Catches neighbours' energies left out (tried)."""
    bend = lambda s, n: -np.cos(n[..., 0] - 2 * s + n[..., 1]) - 0.3 * np.cos(s)
    ring = erg.lattice.Model((9,), erg.Torus(), energy=bend)
    runs = [erg.sample(ring, m, kT=0.7, sweeps=4000, warmup=300, seed=1, observe=["energy", "|magnetization|", "configuration"], progress=False)
            for m in (erg.Metropolis(), erg.Metropolis(order="random"), erg.HMC(steps=6))]  # fmt: skip
    x = runs[0]["configuration"]
    both = np.stack([np.roll(x, 1, -1), np.roll(x, -1, -1)], axis=-1)
    np.testing.assert_allclose(runs[0]["energy"], bend(x, both).sum(axis=-1), rtol=1e-12, atol=1e-12)
    for name in ("energy", "|magnetization|"):
        a, b, c = (r.estimate(name) for r in runs)
        assert abs(a.value - c.value) < 4.9 * np.hypot(a.se, c.se) and abs(b.value - c.value) < 4.9 * np.hypot(b.se, c.se), (a, b, c)


BAD = [
    (lambda: erg.lattice.Model((4, 4), erg.Torus()), erg.SpecError, "pair="),
    (lambda: erg.lattice.Model((4, 4), erg.Torus(), energy=lambda s, n: s), erg.SpecError, "2 pi"),
    (lambda: erg.lattice.Model((4, 4), erg.Torus(), energy=lambda s, n: s, site=np.cos), erg.SpecError, "alone"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), energy=lambda s, n: n), erg.ShapeError, "shape (7,)"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), energy=lambda s, n: s, periodic=False), erg.SpecError, "as many neighbours"),
    (lambda: erg.lattice.Model((4, 4), erg.Torus(3), pair=lambda s, t: s * t), erg.SpecError, "one site"),
    (lambda: erg.lattice.Model((4, 4), erg.Positive(), pair=lambda s, t: s * t), erg.SpecError, "one site"),
    (lambda: erg.lattice.Model((4, 4), erg.Torus(), pair=lambda s, t: (s - t) ** 2), erg.SpecError, "2 pi"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), pair=lambda s, t: s * t**2), erg.SpecError, "differ"),
    (lambda: erg.lattice.Model((4, 4), erg.Sphere(3), pair=lambda s, t: -s * t), erg.ShapeError, "last axis"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), pair=lambda s, t: 1 / 0), erg.PythonError, "ZeroDivisionError"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), pair=lambda s, t: s * t, J=[1.0, 2.0]), erg.ShapeError, "(32,)"),
    (lambda: erg.lattice.Model((4, 4), erg.Real(), site=lambda s, h: h * s, fields=[1.0, 2.0]), erg.ShapeError, "(16,)"),
    (lambda: erg.sample(CONTINUOUS["numbers"][0], kT=0.0, sweeps=2, progress=False), erg.SpecError, "above 0"),
    (lambda: erg.sample(CONTINUOUS["vectors"][0], sweeps=2, start=np.ones((4, 4, 1, 3)), progress=False), erg.Error, "start"),
    (lambda: erg.sample(CONTINUOUS["angles"][0], erg.Wolff(), sweeps=2, progress=False), erg.SpecError, "Metropolis"),
    (lambda: erg.lattice.Model((4, 4), (-1, 1)), erg.SpecError, "pair="),
    (lambda: erg.lattice.Model((4, 4), (1,), pair=lambda s, t: s * t), erg.ShapeError, "(q,)"),
    (lambda: erg.lattice.Model((4, 4), (-1, 1), pair=lambda s, t: s * t**2), erg.SpecError, "both ends"),
    (lambda: erg.lattice.Model((4, 4), (-1, 1), pair=lambda s, t: np.inf * (s + t)), erg.SpecError, "finite"),
    (lambda: erg.lattice.Model((4, 4), (-1, 1), pair=lambda s, t: np.zeros(7)), erg.ShapeError, "shape (2, 2)"),
    (lambda: erg.lattice.Model((4, 4), (-1, 1), pair=lambda s, t: 1 / 0), erg.PythonError, "ZeroDivisionError"),
    (lambda: erg.lattice.Model((4, 4, 4, 4), range(9), energy=lambda s, n: s), erg.SpecError, "more than"),
    (lambda: erg.lattice.Potts((4, 4), q=1), erg.SpecError, "q"),
    (lambda: erg.sample(erg.lattice.Potts((4, 4), h=[1.0, 2.0]), kT=1.0, sweeps=2, progress=False), erg.ShapeError, "(3,)"),
    (lambda: erg.sample(erg.lattice.Potts((4, 4), J=-1.0), erg.SwendsenWang(), kT=1.0, sweeps=2, progress=False), erg.SpecError, "Wolff"),
    (lambda: erg.sample(erg.lattice.XY((4, 4), h=1.0), erg.Wolff(), kT=1.0, sweeps=2, progress=False), erg.SpecError, "OverRelaxation"),
    (lambda: erg.sample(erg.lattice.XY((4, 4)), kT=1.0, sweeps=2, start=np.ones((4, 4, 2)), progress=False), erg.SpecError, "unit vectors"),
    (lambda: erg.sample(erg.lattice.Heisenberg((4, 4)), kT=1.0, sweeps=2, observe=["vortices"], progress=False), erg.SpecError, "n = 2"),
]


@pytest.mark.parametrize(("call", "kind", "says"), BAD, ids=[b[2] for b in BAD])
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind) as e:
        call()
    assert says in str(e.value)
