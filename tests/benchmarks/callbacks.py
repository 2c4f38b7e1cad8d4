"""Energies in Python as targets: HMC on 64 chains by rendezvous, beside the same sampler as a Python loop over chains, and as one that batches them.

With PyTorch where it is installed, and with NumPy. The steps are those of erg.HMC with its step and length fixed; one thread for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

STEP, LEAPS = 0.05, 10


def hmc(value_and_grad: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], x: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Plain HMC on rows at once: LEAPS leapfrog steps, a gradient each, and Metropolis."""
    u, g = value_and_grad(x)
    for _ in range(draws):
        p = rng.normal(size=x.shape)
        y, h, q = x, g, p
        for _ in range(LEAPS):
            q = q - 0.5 * STEP * h
            y = y + STEP * q
            v, h = value_and_grad(y)
            q = q - 0.5 * STEP * h
        accept = np.log(rng.random(len(x))) < u - v + 0.5 * np.sum(p * p - q * q, axis=1)
        x, g, u = np.where(accept[:, None], y, x), np.where(accept[:, None], h, g), np.where(accept, v, u)
    return x


def networks(n: int, width: int) -> dict[str, Any]:
    """The energy 0.5 |x|^2 + sum of tanh(W x), with its gradient."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(n, width)) / np.sqrt(n)

    def energy(x: np.ndarray) -> np.ndarray:
        return 0.5 * np.sum(x * x, axis=1) + np.sum(np.tanh(x @ W), axis=1)

    def gradient(x: np.ndarray) -> np.ndarray:
        return x + (1 - np.tanh(x @ W) ** 2) @ W.T

    found: dict[str, Any] = {"NumPy": erg.black_box(energy, gradient)}
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: its rows are left out")
        return found
    torch.set_num_threads(1)
    layer = torch.from_numpy(W)
    found["PyTorch"] = erg.torch.energy(lambda x: 0.5 * (x * x).sum(1) + torch.tanh(x @ layer).sum(1))
    return found


def main(tiny: bool = False) -> None:
    """Time of a draw of all chains."""
    n, width, chains, draws, rounds = (5, 8, 4, 5, 1) if tiny else (50, 64, 64, 100, 3)
    few = max(draws // 20, 1)
    start = np.random.default_rng(1).normal(size=(chains, n))
    for name, target in networks(n, width).items():
        common: dict[str, Any] = dict(space=erg.Real(n), chains=chains, warmup=0, seed=1, start=start, progress=False)
        method = erg.HMC(steps=LEAPS, step_size=STEP, jitter=0.0, metric="unit")
        runs = {
            "ours": lambda t=target, m=method, c=common: erg.sample(t, m, draws=draws, **c),
            "batched": lambda t=target: hmc(t.value_and_grad, start, draws, np.random.default_rng(2)),
            "chain by chain": lambda t=target: [hmc(t.value_and_grad, s[None], few, np.random.default_rng(2)) for s in start],
        }
        best = take_turns(runs, rounds)
        ours, one = best["ours"] / draws, best["chain by chain"] / few
        time = f"{ours * 1e6:.0f} us a draw of all"
        row(f"{name} energy, {chains} chains, beside a loop over chains", time, one / ours, note="target 5")
        row(f"{name} energy, {chains} chains, beside a loop that batches", time, best["batched"] / best["ours"], note="target 1")
