"""Sandpiles and automata beside numba twins: topplings per second of a driven pile, of what a grain at each site would do, cells per second of
Life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.peers import numba_life, numba_sandpile
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def main(tiny: bool = False) -> None:
    """Print rates and ratios, each beside what bounds it."""
    L, grains, states, side, steps, rounds = (16, 100, 2, 32, 4, 1) if tiny else (64, 20_000, 20, 1024, 1000, 5)
    pile = erg.lattice.Sandpile((L, L))
    common: dict[str, Any] = {"chains": 1, "seed": 1, "progress": False, "threads": 1}
    start = erg.simulate(pile, time=1, every=1, observe="configuration", **common)["configuration"][0, 0]
    driven = erg.simulate(pile, time=grains, every=grains, start=start, observe="size", **common)
    topplings = float(np.ravel(driven.info["topplings"])[0])
    tried = float(erg.simulate(pile, time=states - 1, every=1, start=start, observe="responses",
            **common)["responses"].sum())
    cells = np.random.default_rng(1).integers(0, 2, (side, side)).astype(np.int8)
    life = erg.lattice.LifeLike((side, side))
    programs: dict[str, Callable[[], object]] = {
        "driven": lambda: erg.simulate(pile, time=grains, every=grains, start=start, observe="size", **common),
        "responses": lambda: erg.simulate(pile, time=states - 1, every=1, start=start, observe="responses", **common),
        "life": lambda: erg.simulate(life, time=steps, every=steps, start=cells, observe="density", **common),
    }
    twins = numba_sandpile(L, grains, states, start)
    few = max(steps // 10, 1)
    peer = numba_life(cells, few)
    if twins is not None:
        programs |= {"numba driven": twins[0], "numba responses": twins[1]}
    if peer is not None:
        programs["numba life"] = peer
    best = take_turns(programs, rounds)
    twin_topplings = twins[2] if twins is not None else np.ones(2)
    for name, count, k in (("driven", topplings, 0), ("responses", tried, 1)):
        rate = count / best[name]
        other = twin_topplings[k] / best[f"numba {name}"] if twins is not None else None
        if other:
            row(f"numba twin, sandpile {L} x {L}, {name}", f"{other:.2e} topplings/s")
        row(f"ours, sandpile {L} x {L}, {name}", f"{rate:.2e} topplings/s", rate / other if other else None, (1.0, 2.0)[k])
    row("limit, driven: 12 stores a toppling in L1, 2 a cycle at 3 GHz", f"{3e9 / 6:.1e} topplings/s")
    rate = side * side * steps / best["life"]
    if peer is not None:
        other = side * side * few / best["numba life"]
        row(f"numba twin, a byte a cell, Life {side} x {side}", f"{other:.2e} cells/s")
        row(f"ours, Life {side} x {side}, 64 cells a word", f"{rate:.2e} cells/s", rate / other, 2.0)
    else:
        row(f"ours, Life {side} x {side}, 64 cells a word", f"{rate:.2e} cells/s")
    row("limit, Life: 70 operations a word, 4 a cycle at 3 GHz", f"{3e9 * 4 / 70 * 64:.1e} cells/s")
