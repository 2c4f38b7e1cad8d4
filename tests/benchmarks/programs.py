"""Array programs beside JAX's jit on the CPU and NumPy: energies with gradients, network steps, element-wise chains, compiling and calling.

JAX is optional; float64 unless said. One core for all of them. A step is one call from Python.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def load_jax() -> Any:
    """JAX in float64 on one thread, or None."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    try:
        import jax
    except ImportError:
        print("(jax is not installed; its rows are left out: pip install jax)")
        return None
    jax.config.update("jax_enable_x64", True)
    return jax


def phi4(phi: Any) -> Any:
    """Action of a batch of lattices, shape (batch, L, L), periodic."""
    neighbours = np.roll(phi, 1, axis=1) + np.roll(phi, 1, axis=2)
    return np.sum(-2 * phi * neighbours + 1.5 * phi**2 + 0.1 * phi**4)


def network(parameters: Any, x: Any, y: Any) -> Any:
    """Mean squared error of an MLP with tanh."""
    for W, b in parameters[:-1]:
        x = np.tanh(x @ W + b)
    W, b = parameters[-1]
    return np.mean((x @ W + b - y) ** 2)


def schools(q: Any) -> Any:
    """Eight schools, non-centred: mu, log tau, eight z."""
    mu, log_tau, z = q[0], q[1], q[2:]
    effect = mu + np.exp(log_tau) * z
    prior = -0.5 * (mu / 5) ** 2 - np.log1p((np.exp(log_tau) / 5) ** 2) + log_tau - 0.5 * np.sum(z**2)
    return prior - 0.5 * np.sum(((SCORES - effect) / ERRORS) ** 2)


SCORES = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def chain(x: Any) -> Any:
    """Ten element-wise operations."""
    y = x * 2 + 1
    return (y * y - x) * (x + 3) - (y - 2) * 0.5 + x * y


def jax_twin(jax: Any, f: Callable[..., Any]) -> Callable[..., Any]:
    """The same source with jax.numpy for NumPy."""
    import types

    return types.FunctionType(f.__code__, {**f.__globals__, "np": jax.numpy}, f.__name__)


def weights(sizes: tuple[int, ...], dtype: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Parameters of an MLP."""
    rng = np.random.default_rng(0)
    return [((rng.normal(size=(a, b)) / a**0.5).astype(dtype), np.zeros(b, dtype)) for a, b in itertools.pairwise(sizes)]


def main(tiny: bool = False) -> None:
    """Print evaluations per second and ratios."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if cores:
        os.sched_setaffinity(0, {min(cores)})  # the only setting that keeps JAX to one thread
    try:
        table(load_jax(), tiny)
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def table(jax: Any, tiny: bool) -> None:
    """All rows."""
    rng = np.random.default_rng(1)
    B, L, points, rounds = (2, 8, 1000, 1) if tiny else (64, 64, 1_000_000, 5)
    net = weights((2, 64, 64, 1), "float64")
    net32 = weights((784, 32, 10) if tiny else (784, 512, 512, 10), "float32")
    cases: list[tuple[str, Callable[..., Any], tuple[Any, ...], int, float | None]] = [
        (f"phi^4 gradient, {B} x {L}x{L}", erg.grad(phi4), (rng.normal(size=(B, L, L)),), 20, 4),
        (
            "MLP 2-64-64-1, value and grad, batch 256", erg.value_and_grad(network),
            (net, rng.normal(size=(256, 2)), rng.normal(size=(256, 1))), 20, 1.5,
        ),
        (
            "MLP 784-512-512-10, batch 128, float32", erg.value_and_grad(network),
            (net32, rng.normal(size=(128, 784)).astype("f"), rng.normal(size=(128, 10)).astype("f")), 5, 0.9,
        ),
        ("eight schools, value and grad", erg.value_and_grad(schools), (rng.normal(size=10),), 200, None),
        (f"ten element-wise operations on {points:.0e}", chain, (rng.normal(size=points),), 10, None),
    ]  # fmt: skip
    before = erg.config.threads
    erg.config.threads = 1
    try:
        for name, f, arguments, calls, target in cases:
            compare(jax, name, f, arguments, 1 if tiny else calls, rounds, target)
        start = time.perf_counter()
        erg.compile(erg.value_and_grad(network))(*cases[1][2])
        row("trace, differentiate, compile and run the first MLP", f"{(time.perf_counter() - start) * 1e3:.1f} ms", note="target 20 ms")
    finally:
        erg.config.threads = before


def compare(jax: Any, name: str, f: Callable[..., Any], arguments: tuple[Any, ...], calls: int, rounds: int, target: float | None) -> None:
    """One row: microseconds a call, and the ratio to JAX or NumPy."""
    ours = erg.compile(f)

    def repeat(run: Callable[[], object]) -> Callable[[], object]:
        def block() -> None:
            for _ in range(calls):
                run()

        return block

    programs: dict[str, Callable[[], object]] = {"ours": repeat(lambda: ours(*arguments))}
    if f is chain:
        programs["numpy"], target = repeat(lambda: chain(*arguments)), 5
    elif jax:
        transform = {"phi^4": jax.grad}.get(name.split()[0], jax.value_and_grad)
        source = {"phi^4": phi4, "MLP": network, "eight": schools}[name.split()[0]]
        theirs = jax.jit(transform(jax_twin(jax, source)))
        placed = jax.tree_util.tree_map(jax.numpy.asarray, arguments)
        programs["jax"] = repeat(lambda: jax.block_until_ready(theirs(*placed)))
    best = {k: t / calls * 1e6 for k, t in take_turns(programs, rounds).items()}
    peer = next((k for k in best if k != "ours"), None)
    if peer:
        row(f"{name}: {peer}", f"{best[peer]:.1f} us a call")
    row(f"{name}: ours", f"{best['ours']:.1f} us a call", best[peer] / best["ours"] if peer else None, target if peer else None)
