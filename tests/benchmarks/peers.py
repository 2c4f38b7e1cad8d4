"""The peers' programs for the same work: numba kernels as an expert writes them, peapods, trainings in PyTorch. A missing peer gives None and a line
that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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


def numba_sandpile(L: int, grains: int, states: int, start: np.ndarray) -> tuple[Callable[[], object], Callable[[], object], np.ndarray] | None:
    """An open pile with a stack of unstable sites and a border that swallows grains: grains at random sites with the number and the area of
    topplings, and a
    grain at each site of copies, one after the other. The topplings of the last runs are in the third."""
    try:
        import numba as nb
    except ImportError:
        _missing("numba")
        return None

    @nb.njit
    def relax(z, stack, mark, epoch, stride, i):
        size, area, n = 0, 0, 0
        z[i] += 1
        if z[i] >= 4:
            stack[0] = i
            n = 1
        while n:
            n -= 1
            i = stack[n]
            if z[i] < 4:
                continue
            z[i] -= 4
            size += 1
            if mark[i] != epoch:
                mark[i] = epoch
                area += 1
            if z[i] >= 4:
                stack[n] = i
                n += 1
            for j in (i - stride, i - 1, i + 1, i + stride):
                z[j] += 1
                if z[j] == 4:
                    stack[n] = j
                    n += 1
        return size, area

    @nb.njit
    def drive(z, sites, stride):
        stack, mark = np.empty(16 * z.size, np.int32), np.zeros(z.size, np.int64)
        total = 0
        for k in range(sites.size):
            size, _ = relax(z, stack, mark, k + 1, stride, sites[k])
            total += size
        return total

    @nb.njit
    def respond(z, inside, stride, sizes):
        stack, mark, y = np.empty(16 * z.size, np.int32), np.zeros(z.size, np.int64), z.copy()
        total = 0
        for k in range(inside.size):
            if z[inside[k]] == 3:
                size, _ = relax(y, stack, mark, k + 1, stride, inside[k])
                sizes[k] = size
                total += size
                y[:] = z
            else:
                sizes[k] = 0
        return total

    border = np.full((L + 2, L + 2), -(1 << 30), np.int32)
    border[1:-1, 1:-1] = start
    inside = np.arange((L + 2) ** 2, dtype=np.int32).reshape(L + 2, L + 2)[1:-1, 1:-1].ravel().copy()
    rng, made = np.random.default_rng(1), np.zeros(2)
    sites = inside[rng.integers(0, L * L, grains)]

    def driven() -> None:
        made[0] = drive(border.ravel().copy(), sites, L + 2)

    def responses() -> None:
        z, sizes = border.ravel().copy(), np.empty(L * L, np.int64)
        made[1] = 0
        for k in range(states):
            made[1] += respond(z, inside, L + 2, sizes)
            drive(z, sites[k : k + 1], L + 2)

    driven()
    responses()
    return driven, responses, made


def numba_life(cells: np.ndarray, steps: int) -> Callable[[], object] | None:
    """Life on a torus, a byte a cell, rows that LLVM vectorises."""
    try:
        import numba as nb
    except ImportError:
        return None

    @nb.njit
    def step(x, y):
        rows, cols = x.shape
        for r in range(rows):
            a, b, c, out = x[r - 1], x[r], x[(r + 1) % rows], y[r]
            for j in range(1, cols - 1):
                n = a[j - 1] + a[j] + a[j + 1] + b[j - 1] + b[j + 1] + c[j - 1] + c[j] + c[j + 1]
                out[j] = np.int8((n == 3) | ((n == 2) & (b[j] == 1)))
            for j in (0, cols - 1):
                k = (j + 1) % cols
                n = a[j - 1] + a[j] + a[k] + b[j - 1] + b[k] + c[j - 1] + c[j] + c[k]
                out[j] = np.int8((n == 3) | ((n == 2) & (b[j] == 1)))

    def run() -> None:
        x, y = cells.copy(), np.empty_like(cells)
        for _ in range(steps):
            step(x, y)
            x, y = y, x

    return run


def trainings(torch: Any, name: str, model: Any, dtype: str, data: Any, steps: int, tiny: bool) -> dict[str, Callable[[], Any]]:
    """The trainings of :mod:`tests.benchmarks.training`: in eager mode with the fused optimiser, and with loss, gradient and update compiled.

    Programs of so many steps from weights of their own, for ``"flow"`` and ``"classifier"``; ``data`` is (rows, labels, batch of the classifier,
    batch of the flow). A program that does not run here is left out with a line that says why; ``tiny`` leaves out the compiler, which takes a
    minute.
    """
    out = {"torch eager": _training(torch, name, model, dtype, data, steps, lambda f: f)}
    if not tiny:
        try:
            compiled = _training(torch, name, model, dtype, data, steps, torch.compile)
            compiled()
            out["torch.compile"] = compiled
        except Exception as why:  # a missing C++ compiler or header, an unsupported Python
            print(f"(torch.compile does not run here: {(str(why) or repr(why)).splitlines()[0][:100]})")
    return out


def _training(torch: Any, name: str, model: Any, dtype: str, data: Any, steps: int, compiled: Callable[[Any], Any]) -> Callable[[], None]:
    kind = getattr(torch, dtype)
    activation = {"flow": torch.nn.SiLU, "classifier": torch.nn.ReLU}[name]
    parts: list[Any] = []
    for layer in model.layers:
        parts += [torch.nn.Linear(layer.weight.shape[1], layer.weight.shape[0], dtype=kind), activation()]
    net = torch.nn.Sequential(*parts[:-1])
    X, Y, size, batch = data
    x, y = torch.as_tensor(X), torch.as_tensor(Y)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3, fused=True)

    def flow() -> Any:
        a, b, t = torch.randn(batch, 1, dtype=kind), torch.randn(batch, 1, dtype=kind), torch.rand(batch, 1, dtype=kind)
        return ((net(torch.cat([t * a + (1 - t) * b, t], 1)) - (a - b)) ** 2).mean()

    def classify(rows: Any) -> Any:
        return torch.nn.functional.cross_entropy(net(x[rows]), y[rows])

    draw, look = compiled(flow), compiled(classify)
    update = compiled(optimiser.step)

    def run() -> None:
        for _ in range(steps):
            optimiser.zero_grad()
            loss = draw() if name == "flow" else look(torch.randint(len(x), (size,)))
            loss.backward()
            update()

    return run
