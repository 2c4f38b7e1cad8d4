"""What this machine can do at most: random bits per second and memory bandwidth. The other figures are read against these."""

from __future__ import annotations

import numpy as np

import ergodica as erg
from tests.benchmarks.timing import row, take_turns


def main(tiny: bool = False) -> None:
    """Print the limits."""
    info = erg.info()
    print(f"SIMD path {info['simd']}, {info['threads']} threads, Go {info['go']}")
    n = 10_000 if tiny else 4_000_000
    out, doubles = np.empty(2 * n, np.uint64), np.zeros(n)
    source = np.ones(n)
    generators = {"NumPy SFC64": np.random.SFC64(1), "NumPy Philox": np.random.Philox(1)}
    best = take_turns({name: lambda g=g: g.random_raw(2 * n, output=True) for name, g in generators.items()} | {"copy": lambda: np.copyto(doubles, source)}, 3)
    for name in generators:
        row(f"random words, {name}", f"{out.nbytes * 8 / best[name]:.2e} bits/s")
    row(f"copy of {source.nbytes / 1e6:.0f} MB", f"{2 * source.nbytes / best['copy'] / 1e9:.1f} GB/s")
    words = erg.stats.random_words_per_second(1 << (12 if tiny else 24))
    row("random words, ours (Philox4x32-10, one thread)", f"{32 * words:.2e} bits/s")
