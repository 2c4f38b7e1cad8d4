"""Numbers of the literature, each with the error within which it is asked for."""

from __future__ import annotations

import numpy as np
import pytest

import ergodica as erg

L = erg.lattice


def test_plaquette_of_su3():
    """beta = 6 in four dimensions: 0.59365 of large lattices; a lattice of 8^4 differs by less than 2e-4. Catches beta off by 1 % (0.0024)."""
    theory = L.SU3((8, 8, 8, 8), beta=6.0)
    run = erg.sample(theory, erg.OverRelaxation(), chains=1, sweeps=60, warmup=30, start="ordered", seed=1, observe="plaquette", progress=False)
    found = run.estimate("plaquette")
    assert found.se < 5e-4 and abs(found.value - 0.59365) < 4.9 * found.se + 2e-4


@pytest.mark.full
def test_transition_of_xy():
    """kT = 0.8929 of the square lattice, to 0.015: there, and there alone, Upsilon pi / 2 kT = 1 + 1/(2 log L + c) with one c for all L (H. Weber and
    P. Minnhagen, Phys. Rev. B 37, 5986 (1988)). Catches a helicity modulus off by 2 %."""
    temperatures, sides = np.array([0.87, 0.885, 0.90]), np.array([8, 16, 32])
    excess = []
    for side in sides:
        run = erg.sample(L.XY((side, side)), erg.Wolff(), kT=temperatures, chains=4, sweeps=4000, warmup=300, seed=int(side), observe="helicity",
                         progress=False)  # fmt: skip
        ratio = run.estimate("helicity").value * np.pi / (2 * temperatures)
        excess.append(1 / (ratio - 1))
    slopes = np.polyfit(np.log(sides), np.array(excess), 1)[0] - 2
    rise, offset = np.polyfit(temperatures, slopes, 1)
    assert rise > 0 and abs(-offset / rise - 0.8929) < 0.015, slopes


@pytest.mark.full
def test_transition_of_heisenberg():
    """kT = 1.4429 of the cubic lattice (K. Chen, A. M. Ferrenberg, D. P. Landau, Phys. Rev. B 48, 3249 (1993)), to 0.004: where <m^4> / <m^2>^2 of
    sides 6 and 12 cross. Catches J or kT off by 0.5 %."""
    temperatures = np.array([1.425, 1.44, 1.455])
    curves = []
    for side in (6, 12):
        run = erg.sample(L.Heisenberg((side,) * 3), erg.Wolff(), kT=temperatures, chains=4, sweeps=3000, warmup=300, seed=side,
                         observe="|magnetization|", progress=False)  # fmt: skip
        m = run["|magnetization|"]
        curves.append((m**4).mean(axis=(1, 2)) / (m**2).mean(axis=(1, 2)) ** 2)
    slope, offset = np.polyfit(temperatures, curves[1] - curves[0], 1)
    assert slope > 0 and abs(-offset / slope - 1.4429) < 0.004, -offset / slope
