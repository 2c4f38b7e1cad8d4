"""Numbers of the literature, each with the error within which it is asked for."""

from __future__ import annotations

import ergodica as erg

L = erg.lattice


def test_plaquette_of_su3():
    """beta = 6 in four dimensions: 0.59365 of large lattices; a lattice of 8^4 differs by less than 2e-4. Catches beta off by 1 % (0.0024)."""
    theory = L.SU3((8, 8, 8, 8), beta=6.0)
    run = erg.sample(theory, erg.OverRelaxation(), chains=1, sweeps=60, warmup=30, start="ordered", seed=1, observe="plaquette", progress=False)
    found = run.estimate("plaquette")
    assert found.se < 5e-4 and abs(found.value - 0.59365) < 4.9 * found.se + 2e-4
