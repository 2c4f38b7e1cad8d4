"""MBAR and multi-histogram reweighting: pymbar, closed forms, enumeration; errors that hold for correlated draws. Bounds: 4.9 standard errors, 1e-6 a
test; seeds are fixed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg

PYMBAR = json.loads((Path(__file__).parents[1] / "core/stats/testdata/mbar.json").read_text())


def test_as_pymbar_has_it() -> None:
    """Free energies, means and their errors for independent draws to 1e-10, also of a state without draws (core/stats/testdata/mbar_fixtures.py)."""
    k, centre, counts, x = (np.array(PYMBAR[n]) for n in ("k", "centre", "counts", "x"))
    u = 0.5 * k[:, None] * (x - centre[:, None]) ** 2 + 10.0 * np.arange(4)[:, None]
    found = erg.stats.mbar(u, counts, errors="independent")
    near: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-10}
    value, se = found.differences()
    np.testing.assert_allclose(value, PYMBAR["f"], **near)
    np.testing.assert_allclose(se, PYMBAR["df"], **near)
    np.testing.assert_allclose(found.se, PYMBAR["df"][0], **near)
    np.testing.assert_allclose(found.overlap, PYMBAR["overlap"], **near)
    for s in range(4):
        mean = found.expectation(x + 5, s)
        np.testing.assert_allclose([mean.value, mean.se], [PYMBAR["mean"][s], PYMBAR["dmean"][s]], **near)
    other = found.free_energy(u[3])
    np.testing.assert_allclose([other.value, other.se], [found.f[3], found.se[3]], **near)
    both = found.expectation(np.stack([x + 5, x * 0 + 2]), u[1])
    np.testing.assert_allclose(both.value, [PYMBAR["mean"][1], 2.0], **near)
    assert both.se[1] < 1e-12 and found.difference(0, 2).value == found.f[2]


def ar1(rng: np.random.Generator, a: float, n: int) -> np.ndarray:
    x = rng.normal(size=n)
    for t in range(1, n):
        x[t] = a * x[t - 1] + np.sqrt(1 - a * a) * x[t]
    return x


@pytest.mark.parametrize("a", [0.0, 0.8])
def test_errors_of_oscillators(a: float) -> None:
    """f = log(k) / 2 and <x^2> = 1 / k in a state between, from 80 sets of three AR(1) chains: z^2 averages to 1 within 4.9 sqrt(2 / 80) and 10 %;
    errors of independent draws are too small for a = 0.8, where x^2 has tau_int = 2.3."""
    rng, k, n, runs = np.random.default_rng(1), np.array([1.0, 2.5, 6.0]), 600, 80
    z, naive = [], []
    for _ in range(runs):
        x = np.concatenate([ar1(rng, a, n) / np.sqrt(q) for q in k])
        found = erg.stats.mbar(0.5 * k[:, None] * x**2, [n] * 3)
        mean = found.expectation(x**2, 0.5 * 4.0 * x**2)
        middle = found.free_energy(0.5 * 4.0 * x**2)
        z.append([(found.f[2] - 0.5 * np.log(6)) / found.se[2], (mean.value - 0.25) / mean.se, (middle.value - 0.5 * np.log(4)) / middle.se])
        if a:
            plain = erg.stats.mbar(0.5 * k[:, None] * x**2, [n] * 3, errors="independent")
            naive.append((found.f[2] - 0.5 * np.log(6)) / plain.se[2])
    squares = np.mean(np.square(z), axis=0)
    assert (abs(squares - 1) < 4.9 * np.sqrt(2 / runs) + 0.1).all(), squares
    assert not a or np.mean(np.square(naive)) > 2.5
    assert abs(np.mean(z, axis=0)).max() < 4.9 / np.sqrt(runs)


def ising(L: int) -> np.ndarray:
    """Energies of all configurations of an L x L torus."""
    s = 1 - 2 * ((np.arange(2 ** (L * L))[:, None] >> np.arange(L * L)) & 1).astype(np.int8).reshape(-1, L, L)
    return -(s * np.roll(s, 1, 1) + s * np.roll(s, 1, 2)).sum((1, 2)).astype(float)


def test_ising_by_enumeration() -> None:
    """A 4 x 4 torus from Wolff's draws: log Z ratios, energies and heat capacities at temperatures between and beyond."""
    E = ising(4)
    magnet = erg.lattice.Ising((4, 4))
    run = erg.sample(magnet, erg.Metropolis(), kT=[1.8, 2.3, 3.2], sweeps=3000, seed=1, progress=False)
    joined = erg.stats.multi_histogram(run)
    at = np.array([1.7, 2.0, 2.6, 3.0])
    e = np.array([np.average(E, weights=np.exp(-(E - E.min()) / t)) for t in at])
    log_z = np.array([np.logaddexp.reduce(-E / t) for t in at]) - np.logaddexp.reduce(-E / 1.8)
    mean, z = joined.mean(run["energy"], at), joined.log_z(at)
    assert (abs(mean.value - e) < 4.9 * mean.se).all() and (mean.se < 0.4).all()
    assert (abs(z.value - log_z) < 4.9 * z.se).all() and (z.se < 0.05).all()
    assert abs(joined.mean(run["energy"], 2.0).value - mean.value[1]) < 1e-12
    single = erg.sample(magnet, erg.Metropolis(), kT=2.0, sweeps=3000, seed=1, progress=False).estimate("energy")
    assert mean.se[1] < 1.2 * single.se  # three runs nearby are worth one there


def test_hard_walls_and_offsets() -> None:
    """States that forbid draws (+inf), offsets of 1e5, a state alone: f of a uniform density on half the space is log 2."""
    x = np.random.default_rng(2).random(4000)
    x[2000:] *= 0.5
    u = np.array([np.zeros(4000), np.where(x < 0.5, 0.0, np.inf)]) + np.array([[1e5], [-1e5]])
    found = erg.stats.mbar(u, [2000, 2000])
    assert abs(found.f[1] + 2e5 - np.log(2)) < 4.9 * found.se[1] < 0.2
    one = erg.stats.mbar(u[:1], [4000])
    assert one.f.tolist() == [0.0] and one.se.tolist() == [0.0] and 3999 < one.effective() < 4001
    np.testing.assert_allclose(np.exp(one.log_weights(0)), 1 / 4000, rtol=1e-9)


def test_refusals() -> None:
    x = np.random.default_rng(3).normal(size=40)
    u = np.array([x**2, (x - 1) ** 2])
    found = erg.stats.mbar(u, [20, 20])
    apart = np.array([np.where(np.arange(40) < 20, 0.0, np.inf), np.where(np.arange(40) < 20, np.inf, 0.0)])
    run = erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=10, seed=1, progress=False)
    for call, match in [
        (lambda: erg.stats.mbar(u, [20, 21]), "as many draws in counts"), (lambda: erg.stats.mbar(u, [40.0, 0.0]), "counts"),
        (lambda: erg.stats.mbar(x, [40]), "states, draws"), (lambda: erg.stats.mbar(u * np.nan, [20, 20]), "finite"),
        (lambda: erg.stats.mbar(u, [20, 20], chains=3), "multiples of 3"), (lambda: erg.stats.mbar(u, [20, 20], errors="some"), "errors"),
        (lambda: erg.stats.mbar(apart, [20, 20]), "fall apart"), (lambda: found.expectation(x[:3]), "a: expected shape"),
        (lambda: found.expectation(x, 2), "u"), (lambda: found.free_energy(x[:3]), "u: expected a state"),
        (lambda: found.free_energy(x * np.nan), "finite"), (lambda: erg.stats.multi_histogram(run), "Try kT="),
        (lambda: erg.stats.multi_histogram(x, [1.0]), "energy: expected shape"), (lambda: erg.stats.multi_histogram(u, [1.0, -1.0]), "above 0"),
        (lambda: erg.stats.multi_histogram(u, [1.0, 2.0]).mean(x, 1.5), "of the draws of the energies"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()
