"""The Edwards-Anderson glass in three dimensions, L = 16, 24 temperatures, swaps after every sweep, energy and magnetization recorded at all of them.

Bonds are +-1 (512 sites at once, exact probabilities from Philox) or Gaussian. peapods is given the same couplings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def ours(L: int, kT: np.ndarray, J: np.ndarray, sweeps: int, threads: int) -> Callable[[], object]:
    """One ladder."""
    glass = erg.lattice.Ising((L, L, L), J=J)
    options: dict[str, Any] = {"observe": ["energy", "magnetization"], "seed": 1, "threads": threads, "progress": False}
    return lambda: erg.sample(glass, erg.ParallelTempering(), kT=kT, chains=1, sweeps=sweeps, warmup=0, **options)


def peapods(L: int, kT: np.ndarray, J: np.ndarray, sweeps: int, sequential: bool) -> Callable[[], object] | None:
    """One replica a temperature; as many threads as there are, or one."""
    try:
        from peapods import Ising
    except ImportError:
        print("(peapods is not installed; its rows are left out: pip install peapods)")
        return None
    model = Ising((L, L, L), couplings=J.reshape(L, L, L, 3).astype(np.float32), temperatures=kT)
    return lambda: model.sample(sweeps, pt_interval=1, warmup_ratio=0.0, sequential=sequential)


def main(tiny: bool = False) -> None:
    """Print spin updates per second and ratios."""
    L, rungs, sweeps, few, rounds = (4, 3, 8, 4, 1) if tiny else (16, 24, 6000, 120, 5)
    kT, g = np.linspace(0.8, 2.0, rungs), np.random.default_rng(1)
    spins = rungs * L**3
    for name, J, target in (("+-J", g.choice([-1.0, 1.0], 3 * L**3), 20.0), ("Gaussian", g.normal(size=3 * L**3), 2.0)):
        many = sweeps if name == "+-J" else max(sweeps // 20, 1)
        work = {"ours, 1 thread": many, "ours, 2 threads": many, "peapods": few, "peapods, sequential": few}
        programs: dict[str, Callable[[], object]] = {f"ours, {n} thread{'s' * (n > 1)}": ours(L, kT, J, many, n) for n in (1, 2)}
        for label, sequential in (("peapods", False), ("peapods, sequential", True)):
            peer = peapods(L, kT, J, few, sequential)
            if peer:
                programs[label] = peer
        best = take_turns(programs, rounds)
        rate = {label: spins * work[label] / t for label, t in best.items()}
        fastest = max((rate[label] for label in rate if label.startswith("peapods")), default=None)
        for label in rate:
            if label.startswith("peapods"):
                row(f"{label}, {name} glass {L}^3, {rungs} temperatures", f"{rate[label]:.2e} spins/s")
        for n in (1, 2):
            label = f"ours, {n} thread{'s' * (n > 1)}"
            note = f"8 random bits a spin and 45 more for one in 256: {rate[label] * (8 + 45 / 256):.1e} bits/s"
            row(f"{label}, {name} glass", f"{rate[label]:.2e} spins/s", rate[label] / fastest if fastest else None, target, note)


if __name__ == "__main__":
    main()
