"""The peers' programs for the same work: numba kernels as an expert writes them, and peapods. A missing peer gives None and a line that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


def _missing(name: str) -> None:
    print(f"({name} is not installed; its rows are left out: pip install {name})")


def numba_two_colour(L: int, sweeps: int, threads: int) -> Callable[[], object] | None:
    """Metropolis with the two colours in arrays of their own, one 32-bit xorshift state per column and row, vectorised by LLVM."""
    try:
        import numba as nb
    except ImportError:
        _missing("numba")
        return None

    @nb.njit(parallel=True, fastmath=True, error_model="numpy")
    def half_sweep(own, other, states, colour, p4, p8):
        rows, width = own.shape
        for i in nb.prange(rows):
            above, level, below = other[i - 1], other[i], other[i + 1 if i + 1 < rows else 0]
            spins, state = own[i], states[i]
            beside = np.empty(width, np.int8)
            if (i + colour) & 1:
                beside[: width - 1] = level[1:]
                beside[width - 1] = level[0]
            else:
                beside[1:] = level[: width - 1]
                beside[0] = level[width - 1]
            for j in range(width):
                x = state[j]
                x = np.uint32(x ^ (x << 13))
                x = np.uint32(x ^ (x >> 17))
                x = np.uint32(x ^ (x << 5))
                state[j] = x
                like = np.int32(spins[j]) * (np.int32(above[j]) + below[j] + level[j] + beside[j])
                limit = p8 if like == 4 else (p4 if like == 2 else np.uint32(4294967295))
                spins[j] = -spins[j] if x <= limit else spins[j]

    K = np.log(1 + 2**0.5) / 2
    black, white = np.ones((L, L // 2), np.int8), np.ones((L, L // 2), np.int8)
    states = np.random.default_rng(1).integers(1, 2**32, (L, L // 2)).astype(np.uint32)
    p4, p8 = np.uint32(2**32 * np.exp(-4 * K)), np.uint32(2**32 * np.exp(-8 * K))

    def run() -> None:
        nb.set_num_threads(min(threads, nb.config.NUMBA_NUM_THREADS))
        for _ in range(sweeps):
            half_sweep(black, white, states, 0, p4, p8)
            half_sweep(white, black, states, 1, p4, p8)

    return run


@dataclass
class Clusters:
    """A program that flips clusters and notes how many spins each call flipped."""

    run: Callable[[], object]
    flipped: list[int] = field(default_factory=list)


def numba_wolff(L: int, clusters: int, start: np.ndarray) -> Clusters | None:
    """Wolff clusters with an explicit stack."""
    try:
        import numba as nb
    except ImportError:
        _missing("numba")
        return None

    @nb.njit
    def flip_clusters(s, stack, p, clusters):
        L, total = s.shape[0], 0
        for _ in range(clusters):
            i, j = np.random.randint(L), np.random.randint(L)  # noqa: NPY002  (what numba compiles)
            own = s[i, j]
            s[i, j] = -own
            stack[0] = i * L + j
            top = 1
            while top:
                top -= 1
                total += 1
                i, j = stack[top] // L, stack[top] % L
                for a, b in ((i, (j + 1) % L), (i, (j - 1) % L), ((i + 1) % L, j), ((i - 1) % L, j)):
                    if s[a, b] == own and np.random.random() < p:  # noqa: NPY002
                        s[a, b] = -own
                        stack[top] = a * L + b
                        top += 1
        return total

    s, stack = start.copy(), np.empty(L * L, np.int64)
    peer = Clusters(lambda: peer.flipped.append(flip_clusters(s, stack, 1 - np.exp(-np.log(1 + 2**0.5)), clusters)))
    return peer


def peapods_ising(L: int, mode: str, updates: int) -> Callable[[], object] | None:
    """peapods with one replica; "wolff" and "sw" make a Metropolis sweep and a cluster update each, which "metropolis" alone gives to take away."""
    try:
        from peapods import Ising
    except ImportError:
        _missing("peapods")
        return None
    model = Ising((L, L), temperatures=np.array([2 / np.log(1 + 2**0.5)]), n_replicas=1)
    if mode == "metropolis":
        return lambda: model.sample(updates, warmup_ratio=0.0)
    model.sample(300, cluster_update_interval=1, cluster_mode=mode, warmup_ratio=0.0)
    return lambda: model.sample(updates, cluster_update_interval=1, cluster_mode=mode, warmup_ratio=0.0)
