"""Cost against size: Metropolis rates are flat in L until the caches end. The curve is kept as build/scaling.png."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.metropolis import ours
from tests.benchmarks.timing import row, take_turns


def main(tiny: bool = False) -> None:
    """Print spins per second for L = 64 ... 8192 and draw them."""
    sizes = [64, 128] if tiny else [64, 128, 256, 512, 1024, 2048, 4096, 8192]
    work = 1 << (16 if tiny else 28)
    rates = []
    for L in sizes:
        sweeps = max(work // L**2, 2 if tiny else 100)
        best = take_turns({"ours": ours(L, sweeps, 1)}, 1 if tiny else 3)
        rates.append(L * L * sweeps / best["ours"])
        row(f"ours, L={L}, one thread", f"{rates[-1]:.2e} spins/s")
    try:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        return
    fig, ax = plt.subplots(figsize=(6, 4))
    ax.loglog(sizes, rates, "o-", base=2)
    ax.set_yscale("log", base=10)
    ax.set_xlabel("L")
    ax.set_ylabel("spin updates per second")
    ax.set_title("checkerboard Metropolis at Tc, one thread")
    path = Path("build") / "scaling.png"
    path.parent.mkdir(exist_ok=True)
    fig.savefig(path, dpi=120)
    print("curve:", path)
