"""What the border costs: a whole small job, an array in and out, checkpoints."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def main(tiny: bool = False) -> None:
    """Print microseconds per job and array, and what checkpoints add."""
    repeat = 3 if tiny else 300
    magnet = erg.lattice.Ising((4, 4))

    names = ["energy", "magnetization", "|magnetization|", "magnetization^2", "magnetization^4", "configuration"]

    def jobs(observe: list[str], start: object = "ordered"):
        def run() -> None:
            for _ in range(repeat):
                erg.sample(magnet, erg.Metropolis(), kT=2.0, chains=1, sweeps=1, warmup=0, observe=observe, start=start, seed=1, progress=False)

        return run

    L, sweeps = (32, 10) if tiny else (512, 20_000)
    big = erg.lattice.Ising((L, L))

    options: dict[str, Any] = {"kT": 2.3, "chains": 2, "sweeps": sweeps, "warmup": 0, "observe": ["energy"], "seed": 1, "progress": False}

    def run(path: Path | None = None) -> None:
        if path:
            path.unlink(missing_ok=True)
        erg.sample(big, erg.Metropolis(), checkpoint=(path, 0.2) if path else None, **options)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.ckpt"
        programs: dict[str, Callable[[], object]] = {"one": jobs(names[:1]), "six": jobs(names), "in": jobs(names[:1], np.ones((4, 4), np.int8))}
        programs |= {"plain": run, "checkpointed": lambda: run(file)}
        best = take_turns(programs, 1 if tiny else 5)
    row("a whole job, 4x4, one sweep", f"{best['one'] / repeat * 1e3:.3f} ms", note="target 0.3 ms")
    row("one more array in", f"{(best['in'] - best['one']) / repeat * 1e6:.1f} us", note="target 12 us")
    row("one more array out (planned, recorded, taken)", f"{(best['six'] - best['one']) / repeat / 5 * 1e6:.1f} us", note="target 12 us")
    row("checkpoints every 0.2 s", f"{100 * (best['checkpointed'] / best['plain'] - 1):.1f} %", note="target 5 %")
