"""Metropolis on the periodic square lattice at Tc: one lattice, exact Bernoulli bits from Philox, against hand-vectorised numba and peapods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.peers import numba_two_colour, peapods_ising
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

KT_C = 2 / np.log(1 + np.sqrt(2))


def ours(L: int, sweeps: int, threads: int) -> Callable[[], object]:
    """One chain; only the last sweep is recorded, as the peers record nothing."""
    magnet = erg.lattice.Ising((L, L))
    start = np.ones((L, L), np.int8)
    options: dict[str, Any] = {"start": start, "observe": ["energy"], "seed": 1, "threads": threads, "progress": False}
    return lambda: erg.sample(magnet, erg.Metropolis(), kT=KT_C, chains=1, sweeps=sweeps, every=sweeps, warmup=0, **options)


def main(tiny: bool = False) -> None:
    """Print spins per second and ratios."""
    L, sweeps, rounds = (64, 4, 1) if tiny else (1024, 1500, 7)
    spins = L * L * sweeps
    programs: dict[str, Callable[[], object]] = {"ours 1": ours(L, sweeps, 1), "ours 2": ours(L, sweeps, 2)}
    numba = {n: numba_two_colour(L, sweeps, n) for n in (1, 2)}
    programs |= {f"numba {n}": run for n, run in numba.items() if run}
    few = max(sweeps // 75, 1)
    peapods = peapods_ising(L, "metropolis", few)
    if peapods:
        programs["peapods"] = peapods
    best = take_turns(programs, rounds)
    rate = {name: spins / t for name, t in best.items()}
    if peapods:
        rate["peapods"] = L * L * few / best["peapods"]
    for n in (1, 2):
        peer = rate.get(f"numba {n}")
        if peer:
            row(f"numba two-colour kernel, xorshift32, L={L}, {n} thread(s)", f"{peer:.2e} spins/s")
        row(f"ours, L={L}, {n} thread(s)", f"{rate[f'ours {n}']:.2e} spins/s", rate[f"ours {n}"] / peer if peer else None, 1.5 if n == 1 else None)
    row("ours, two threads over one", "", rate["ours 2"] / rate["ours 1"], 1.8)
    if peapods:
        row(f"peapods, L={L}", f"{rate['peapods']:.2e} spins/s")
        row("ours, one thread, over peapods", "", rate["ours 1"] / rate["peapods"], 40)
