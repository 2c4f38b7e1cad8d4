"""Particle filters: the bootstrap filter of a stochastic-volatility model beside `particles` and a filter written by hand in numba.

Stochastic volatility with mu = -1, rho = 0.95, sigma = 0.3, systematic resampling below half of the effective number. `particles` needs NumPy 1:
where it cannot be imported here, the variable PARTICLES_PYTHON names an interpreter that has it, which runs the same filter after ours.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

PEER = """
import sys, time, numpy as np, particles
from particles import state_space_models as ssm
y, n = np.load(sys.argv[1]), int(sys.argv[2])
model = ssm.StochVol(mu=-1.0, rho=0.95, sigma=0.3)
def run(n):
    f = particles.SMC(fk=ssm.Bootstrap(ssm=model, data=y), N=n, resampling="systematic", ESSrmin=0.5, store_history=False, collect="off")
    f.run()
    return f.logLt
run(100)
for _ in range(int(sys.argv[3])):
    begun = time.perf_counter()
    log = run(n)
    print(time.perf_counter() - begun, log, flush=True)
"""


def volatility() -> Any:
    """The model."""
    return erg.StateSpace(
        initial=lambda key: -1 + 0.3 / np.sqrt(1 - 0.95**2) * erg.random.normal(key),
        transition=lambda key, x: -1 + 0.95 * (x + 1) + 0.3 * erg.random.normal(key),
        log_observation=lambda y, x: -0.5 * (x + y * y * np.exp(-x) + np.log(2 * np.pi)),
        observation=lambda key, x: np.exp(0.5 * x) * erg.random.normal(key),
    )


def by_hand() -> Callable[..., float] | None:
    """A loop over particles in numba."""
    if importlib.util.find_spec("numba") is None:
        return None
    import numba

    @numba.njit(fastmath=True)
    def run(y: Any, n: int) -> float:
        x = -1 + 0.3 / np.sqrt(1 - 0.95 * 0.95) * np.random.standard_normal(n)  # noqa: NPY002
        logs, w, kept, total = np.zeros(n), np.empty(n), np.empty(n), 0.0
        for t in range(y.size):
            most = -np.inf
            for i in range(n):
                if t > 0:
                    x[i] = -1 + 0.95 * (x[i] + 1) + 0.3 * np.random.normal()  # noqa: NPY002
                logs[i] -= 0.5 * (x[i] + y[t] * y[t] * np.exp(-x[i]) + 1.8378770664093453)
                most = max(most, logs[i])
            s, q = 0.0, 0.0
            for i in range(n):
                w[i] = np.exp(logs[i] - most)
                s += w[i]
                q += w[i] * w[i]
            if s * s / q < 0.5 * n or t == y.size - 1:
                total += most + np.log(s / n)
                u, c, k = np.random.random(), 0.0, 0  # noqa: NPY002
                for i in range(n):
                    c += w[i] / s * n
                    while k < n and k + u < c:
                        kept[k] = x[i]
                        k += 1
                while k < n:
                    kept[k] = x[n - 1]
                    k += 1
                x[:] = kept
                logs[:] = 0.0
        return total

    return run


def main(tiny: bool = False) -> None:
    """Print a line for each peer."""
    n, times, rounds = (1000, 20, 1) if tiny else (100_000, 1000, 3)
    model = volatility()
    y = model.simulate(times, seed=1)[1]
    method = erg.BootstrapFilter(particles=n)

    def ours(threads: int) -> object:
        return erg.filter(model, y, method, chains=1, seed=1, threads=threads, progress=False)

    runs: dict[str, Callable[[], object]] = {"ours": functools.partial(ours, 1), "ours, two threads": functools.partial(ours, 2)}
    hand = by_hand()
    if hand is not None:
        hand(y[:3], 100)
        runs["numba"] = functools.partial(hand, y, n)
    best = take_turns(runs, rounds)
    peer = os.environ.get("PARTICLES_PYTHON") or (sys.executable if importlib.util.find_spec("particles") else None)
    if peer is not None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "y.npy")
            np.save(path, y)
            done = subprocess.run([peer, "-c", PEER, path, str(n), str(rounds)], capture_output=True, text=True, check=True)
        best["particles"] = min(float(line.split()[0]) for line in done.stdout.splitlines())
    else:
        print("(particles is not installed; its row is left out: pip install particles, or PARTICLES_PYTHON=...)")
    name = f"bootstrap filter, {n} particles, {times} times"
    for who, target in (("ours", 3.0), ("ours, two threads", 6.0)):
        for other in ("particles", "numba"):
            if other in best:
                note = f"{best[who] / n / times * 1e9:.1f} ns a particle and time"
                row(
                    f"{name}: {who} beside {other}",
                    f"{best[who]:.3f} s",
                    best[other] / best[who],
                    target if other == "particles" else None,
                    note=note,
                )
    if len(best) == 2:
        row(f"{name}: ours", f"{best['ours']:.3f} s", None, note="no peer is installed")
