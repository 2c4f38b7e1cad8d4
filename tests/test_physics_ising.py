"""Ising runs against exact answers: Kaufman's torus, enumeration, the transfer matrix. Every bound is a false-alarm rate of at most 1e-6 a test.

A pull is (measured - exact) / standard error. With k pulls the sum of squares is compared with the chi-square quantile at 1e-6; standard errors have
errors of their own, which is why each mean is asked to rest on an effective sample of at least 400.
"""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from scipy.stats import chi2

import ergodica as erg

KT_C = 2 / np.log(1 + np.sqrt(2))
FALSE_ALARM = 1e-6
SEEDS = range(1, 1 + int(os.environ.get("ERGODICA_SEEDS", "1")))
METHODS = [
    erg.Metropolis(),
    erg.Metropolis(order="sequential"),
    erg.Metropolis(order="random"),
    erg.HeatBath(),
    erg.HeatBath(order="sequential"),
    erg.HeatBath(order="random"),
    erg.Wolff(),
    erg.SwendsenWang(),
]


def pulls(run: erg.Run, exact: erg.Run, names: dict[str, str]) -> np.ndarray:
    """Pulls of the estimates ``names`` against the columns that they should equal."""
    found = []
    for name, column in names.items():
        value, se = run.estimate(name)
        found.append((value - exact[column]) / se)
    return np.concatenate([np.ravel(p) for p in found])


def require_unit(p: np.ndarray) -> None:
    """The sum of squares of unit normals stays below this, but for one time in a million."""
    assert np.isfinite(p).all(), p
    assert np.sum(p**2) < chi2.isf(FALSE_ALARM, len(p)), p


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("method", [erg.Wolff(), erg.SwendsenWang(), erg.Metropolis(), erg.HeatBath()], ids=lambda m: type(m).__name__)
def test_torus_of_side_32_at_five_temperatures(method: erg.Method, seed: int) -> None:
    """Energy and heat capacity against Kaufman. Catches kT off by 5 % in the acceptance, a heat capacity off by a factor."""
    local = type(method).__name__ in ("Metropolis", "HeatBath")
    kT = [1.9, 2.1, KT_C, 2.5, 3.0]
    magnet = erg.lattice.Ising((32, 32))
    run = erg.sample(
        magnet, method, kT=kT, chains=4, sweeps=30_000 if local else 2500, warmup=2000 if local else 300, start="ordered", seed=seed,
        observe=["energy", "heat_capacity"], progress=False,
    )
    assert (erg.stats.ess(run["energy"]) > 400).all()
    require_unit(pulls(run, erg.solve(magnet, erg.Kaufman(), kT=kT), {"energy": "energy", "heat_capacity": "heat_capacity"}))


def glass() -> erg.lattice.Ising:
    """Twelve spins on a random graph with random couplings of both signs and random fields: nothing is symmetric."""
    rng = np.random.default_rng(3)
    pairs = np.array(list(itertools.combinations(range(12), 2)))
    edges = pairs[rng.random(len(pairs)) < 0.3]
    return erg.lattice.Ising(edges, J=rng.normal(size=len(edges)), h=0.3 * rng.normal(size=12) + 0.2)


def magnets() -> dict[str, erg.lattice.Ising]:
    """Small systems that take every path: packed, general, on graphs, with fields, open and odd sides, several dimensions, both signs of J."""
    return {
        "packed 4x6": erg.lattice.Ising((4, 6), J=0.8, periodic=(True, False)),
        "packed, field": erg.lattice.Ising((2, 4, 2), J=0.3, h=0.25),
        "antiferromagnet": erg.lattice.Ising((4, 4), J=-1.0, h=0.4),
        "odd torus": erg.lattice.Ising((5, 3), J=0.7),
        "glass": glass(),
        "bonds": erg.lattice.Ising((3, 4), J=np.linspace(-1, 1, 17), h=0.1, periodic=False),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", magnets())
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_small_systems_against_enumeration(method: erg.Method, name: str, seed: int) -> None:
    """Energy and moments of the magnetization; the fields make the distribution skewed, which a wrong sign cannot hide in.

    Catches a coordination number off by one, a field counted twice, bonds of a short axis counted once."""
    magnet = magnets()[name]
    if isinstance(method, erg.Wolff) and np.any(magnet.h):
        with pytest.raises(erg.SpecError, match="field"):
            erg.sample(magnet, method, kT=1.5, sweeps=1, progress=False)
        return
    kT = [1.3, 2.4]
    observe = ["energy", "magnetization", "magnetization^2", "|magnetization|"]
    run = erg.sample(magnet, method, kT=kT, chains=4, sweeps=24_000, warmup=500, every=4, seed=seed, observe=observe, progress=False)
    exact = erg.solve(magnet, erg.Enumeration(), kT=kT)
    names = ["energy", "|magnetization|", "magnetization^2"]
    if not np.allclose(exact["magnetization"], 0):
        names.append("magnetization")
    assert all((erg.stats.ess(run[n]) > 400).all() for n in names)
    require_unit(pulls(run, exact, {n: n for n in names}))


def test_exact_solvers_agree() -> None:
    """Three independent routes to the same torus, 12 digits."""
    magnet, kT = erg.lattice.Ising((4, 4)), [0.7, KT_C, 5.0]
    by_states, by_strips, by_fermions = (erg.solve(magnet, method, kT=kT) for method in (erg.Enumeration(), erg.TransferMatrix(), erg.Kaufman()))
    for name in ("free_energy", "energy", "heat_capacity"):
        np.testing.assert_allclose(by_strips[name], by_states[name], rtol=1e-12)
        np.testing.assert_allclose(by_fermions[name], by_states[name], rtol=1e-11)


def test_distribution_adds_up() -> None:
    """Level degeneracies of the 4x4 torus: 2 ground states, 32 of the first excited level, 2^16 in all."""
    run = erg.solve(erg.lattice.Ising((4, 4)), erg.Enumeration(), kT=2.0)
    levels = dict(zip(run["energy_level"].ravel(), run["energy_degeneracy"].ravel(), strict=True))
    assert (levels[-32.0], levels[-24.0], sum(levels.values())) == (2, 32, 2**16)
    assert np.sum(run["energy_probability"]) == pytest.approx(1, abs=1e-14)


def test_error_bars_of_runs_are_right() -> None:
    """3000 short runs of a correlated chain: the mean square pull is 1. Catches an error bar that is 10 % off.

    The pulls of 3000 independent chains have a sum of squares that is chi-square: its mean lies between 0.88 and 1.13 but for one time in a million,
    and a standard error 10 % too small or too large gives 1.23 or 0.83. No chain may be stuck: where flips at dE = 0 are certain, 2 of these are."""
    magnet = erg.lattice.Ising((4, 4))
    exact = erg.solve(magnet, erg.Enumeration(), kT=2.5)["energy"]
    run = erg.sample(magnet, erg.Metropolis(), kT=2.5, chains=3000, sweeps=4000, warmup=100, seed=17, observe=["energy"], progress=False)
    energy = run["energy"]
    each = erg.stats.mean_se(energy[:, None, :])
    z = (each.value - exact) / each.se
    bounds = chi2.ppf(FALSE_ALARM / 2, len(z)) / len(z), chi2.isf(FALSE_ALARM / 2, len(z)) / len(z)
    assert bounds[0] < np.mean(z**2) < bounds[1], np.mean(z**2)
    for wrong in (0.9, 1.1):
        assert not bounds[0] < np.mean((z / wrong) ** 2) < bounds[1], "the test has lost its power"


def test_glauber_relaxation_of_free_spins() -> None:
    """Spins without couplings forget their start as exp(-t) in the unit of time of simulate. Catches a rate that is off by a factor."""
    free = erg.lattice.Ising((64, 64), J=0.0)
    options = {"chains": 16, "start": "ordered", "seed": 4, "observe": ["magnetization"], "progress": False}
    run = erg.simulate(free, erg.HeatBath(), kT=1.0, time=2.0, every=0.5, **options)
    t = run.coords["time"]
    mean = run["magnetization"].mean(axis=0)
    se = np.sqrt((1 - np.exp(-2 * t[1:])) / (16 * 64 * 64))
    require_unit((mean[1:] - np.exp(-t[1:])) / se)
    assert mean[0] == 1


def test_two_point_function_and_structure_factor_agree() -> None:
    """S(k) is the Fourier sum of the correlations that two_point shows on the axes; S(0) = N m^2, and the sum over k is N."""
    observe = ["structure_factor", "magnetization^2", "two_point"]
    run = erg.sample(erg.lattice.Ising((8, 8)), erg.Wolff(), kT=2.6, sweeps=50, chains=2, seed=1, observe=observe, progress=False)
    S = run["structure_factor"]
    np.testing.assert_allclose(S[..., 0, 0], 64 * run["magnetization^2"], rtol=1e-12)
    np.testing.assert_allclose(S.sum(axis=(-1, -2)), 64.0, rtol=1e-12)
    correlation = np.fft.ifft2(S).real  # (1/N) sum_x s_x s_(x+r)
    np.testing.assert_allclose(run["two_point"], (correlation[..., 0, :5] + correlation[..., :5, 0]) / 2, atol=1e-12)
