"""What this machine can do at most: random bits per second and memory bandwidth. The other figures are read against these."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial

import numpy as np
from tests.benchmarks.timing import row, take_turns

from ergodica import _door


def main(tiny: bool = False) -> None:
    """Print the limits."""
    info = _door.info()
    print(f"SIMD path {info['simd']}, {info['threads']} threads, Go {info['go']}")
    n = 10_000 if tiny else 4_000_000
    doubles, source = np.zeros(n), np.ones(n)
    generators = {"NumPy SFC64": np.random.SFC64(1), "NumPy Philox": np.random.Philox(1)}
    programs: dict[str, Callable[[], object]] = {name: partial(g.random_raw, 2 * n) for name, g in generators.items()}
    programs["copy"] = lambda: np.copyto(doubles, source)
    best = take_turns(programs, 3)
    for name in generators:
        row(f"random words, {name}", f"{2 * n * 64 / best[name]:.2e} bits/s")
    row(f"copy of {source.nbytes / 1e6:.0f} MB", f"{2 * source.nbytes / best['copy'] / 1e9:.1f} GB/s")
    if shutil.which("go"):
        bench = ["go", "test", "./core/rng", "-run", "^$", "-bench", "Words/", "-benchtime", "1x" if tiny else "200ms"]
        for line in subprocess.run(bench, capture_output=True, text=True, check=True, env=os.environ | {"GOEXPERIMENT": "simd"}).stdout.splitlines():
            if found := re.match(r"BenchmarkWords/(\S+)-\d+\s.*\s([0-9.e+]+) words/s", line):
                row(f"random words, ours (Philox4x32-10, {found[1]}, one thread)", f"{32 * float(found[2]):.2e} bits/s")
