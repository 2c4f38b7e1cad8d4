"""Taking turns: several programs timed in alternation, so that a slow minute of the machine is shared by all."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping

import ergodica as erg


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """All of this process on one core, where the system lets it choose, and one thread for ours: peers that ask for no number of threads take all."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})
    before, erg.config.threads = erg.config.threads, 1
    try:
        yield
    finally:
        erg.config.threads = before
        if cores:
            os.sched_setaffinity(0, cores)


def take_turns(programs: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Best wall time in seconds of each program; one call of each per round, in turn. The first call of each is not counted."""
    for run in programs.values():
        run()
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(rounds):
        for name, run in programs.items():
            start = time.perf_counter()
            run()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def row(what: str, figure: str, ratio: float | None = None, target: float | None = None, note: str = "") -> None:
    """Print one line: what was timed, the figure, the ratio to the peer with its target, and where the limit is."""
    text = f"{what:58s} {figure:>22s}"
    if ratio is not None:
        text += f"   {ratio:6.2f} x"
        if target is not None:
            text += f" (target {target:g}: {'met' if ratio >= target else 'MISSED'})"
    print(text + (f"   {note}" if note else ""), flush=True)
