"""Wolff and Swendsen-Wang on the periodic square lattice at Tc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.metropolis import KT_C
from tests.benchmarks.peers import numba_wolff, peapods_ising
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def equilibrium(L: int) -> np.ndarray:
    """A configuration from which cluster sizes have their equilibrium mean."""
    magnet = erg.lattice.Ising((L, L))
    run = erg.sample(magnet, erg.SwendsenWang(), kT=KT_C, chains=1, sweeps=1, warmup=500, observe=["configuration"], seed=9, progress=False)
    return run["configuration"][0, -1]


def main(tiny: bool = False) -> None:
    """Print flipped spins per second (Wolff), milliseconds per update (Swendsen-Wang), and ratios."""
    L, rounds = (32, 1) if tiny else (512, 7)
    updates = 2 if tiny else 50
    magnet, start = erg.lattice.Ising((L, L)), equilibrium(L)
    same: dict[str, Any] = {"kT": KT_C, "chains": 1, "warmup": 0, "start": start, "observe": ["energy"], "seed": 2, "threads": 1, "progress": False}
    flipped: list[float] = []

    def wolff() -> None:
        run = erg.sample(magnet, erg.Wolff(), sweeps=4 * updates, every=4 * updates, **same)
        kernel = run.info["kernel"]
        flipped.append(float(np.sum(kernel["clusters"] * kernel["cluster_size"])))

    def swendsen_wang() -> None:
        erg.sample(magnet, erg.SwendsenWang(), sweeps=updates, every=updates, **same)

    programs: dict[str, Callable[[], object]] = {"wolff": wolff, "swendsen-wang": swendsen_wang}
    peer = numba_wolff(L, 4 * updates, start)
    if peer:
        programs["numba wolff"] = peer.run
    for mode in ("wolff", "sw"):
        run, local = peapods_ising(L, mode, updates), peapods_ising(L, "metropolis", updates)
        if run and local:
            programs |= {f"peapods {mode}": run, "peapods local": local}
    best = take_turns(programs, rounds)

    rate = np.mean(flipped) / best["wolff"]
    if peer:
        theirs = np.mean(peer.flipped) / best["numba wolff"]
        row(f"numba Wolff, L={L}", f"{theirs:.2e} flipped/s")
        row("ours, Wolff, over numba", f"{rate:.2e} flipped/s", rate / theirs, 1.8)
    if "peapods wolff" in best:
        size = np.mean(peer.flipped) / (4 * updates) if peer else np.nan
        per_cluster = (best["peapods wolff"] - best["peapods local"]) / updates
        row(f"peapods Wolff, L={L}", f"{per_cluster * 1e3:.2f} ms per cluster")
        row("ours, Wolff, over peapods", f"{size / rate * 1e3:.2f} ms per cluster", per_cluster * rate / size, 1.8)
    ms = best["swendsen-wang"] / updates * 1e3
    if "peapods sw" in best:
        update = (best["peapods sw"] - best["peapods local"]) / updates * 1e3
        row(f"peapods Swendsen-Wang, L={L}", f"{update:.2f} ms per update")
        row("ours, Swendsen-Wang, over peapods", f"{ms:.2f} ms per update", update / ms, 6)
    else:
        row("ours, Swendsen-Wang", f"{ms:.2f} ms per update")
