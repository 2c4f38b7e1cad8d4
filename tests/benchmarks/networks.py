"""Training steps as one program beside JAX's: value, gradient and Adam in ``erg.scan`` and in ``jax.lax.scan``, on one thread and on two.

Both run the same source; noise and times are arrays made beforehand. Each number of threads is a process of its own, since JAX fixes its threads
when it starts. The note is the limit: the time that the step's matrix products would take at the speed of a product of 256 x 256 matrices.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

TARGETS = {("flow", "float64", 1): 1.5, ("flow", "float32", 1): 1.0, ("classifier", "float32", 1): 0.9, ("classifier", "float32", 2): 1.0}


def dense(parameters: Any, x: Any, activation: Any) -> Any:
    """A network of dense layers."""
    for W, b in parameters[:-1]:
        x = activation(x @ W + b)
    W, b = parameters[-1]
    return x @ W + b


def flow(parameters: Any, data: Any) -> Any:
    """Flow matching in one dimension, 2-64-64-1 with tanh: points, noise and times of shape (batch, 1)."""
    x, noise, t = data
    inputs = np.concatenate([t * x + (1 - t) * noise, t], axis=1)
    return np.mean((dense(parameters, inputs, np.tanh) - (x - noise)) ** 2)


def classifier(parameters: Any, data: Any) -> Any:
    """Cross-entropy of 784-512-512-10 with rectifiers."""
    x, y = data
    z = dense(parameters, x, lambda h: np.maximum(h, 0))
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(y * z, axis=1))


def adam(carry: Any, gradient: Any) -> Any:
    """One step of D. P. Kingma and J. Ba, arXiv:1412.6980."""
    parameters, means, squares, step = carry
    step = step + 1
    new: Any = ([], [], [])
    for layer in zip(parameters, means, squares, gradient, strict=True):
        moved = []
        for p, m, v, g in zip(*layer, strict=True):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            moved.append((p - 1e-3 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8), m, v))
        for part, values in zip(new, zip(*moved, strict=True), strict=True):
            part.append(tuple(values))
    return (*new, step)


def training(loss: Callable[..., Any], value_and_grad: Any, scan: Any, update: Callable[..., Any], length: int) -> Callable[..., Any]:
    """Steps over the rows of the data; the data of ``fixed`` are the same at every step."""

    def run(carry: Any, rows: Any, fixed: Any) -> Any:
        def step(carry: Any, row: Any) -> Any:
            value, gradient = value_and_grad(loss)(carry[0], fixed if row is None else row)
            return update(carry, gradient), value

        return scan(step, carry, rows, length)

    return run


def finished(jax: Any, f: Callable[..., Any], arguments: Any) -> Any:
    """The result of a call, once it is there."""
    return jax.block_until_ready(f(*arguments))


def start(sizes: tuple[int, ...], dtype: str) -> Any:
    """Parameters, zero moments and the number 0."""
    rng = np.random.default_rng(0)
    layers = [((rng.normal(size=(a, b)) / a**0.5).astype(dtype), np.zeros(b, dtype)) for a, b in itertools.pairwise(sizes)]
    zeros = [tuple(np.zeros_like(p) for p in layer) for layer in layers]
    return layers, zeros, [tuple(p.copy() for p in layer) for layer in zeros], np.zeros((), dtype)


def flops(sizes: tuple[int, ...], batch: int) -> int:
    """Of the products of a step: values, gradients of weights, and of the inputs of all layers but the first."""
    weights = [a * b for a, b in itertools.pairwise(sizes)]
    return 2 * batch * (3 * sum(weights) - weights[0])


def main(tiny: bool = False) -> None:
    """Print steps per second and ratios, for one thread and for two."""
    for threads in (1, 2):
        environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"} | {"JAX_PLATFORMS": "cpu"}
        if threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        subprocess.run([sys.executable, "-m", "tests.benchmarks.networks", str(threads), *(["tiny"] if tiny else [])], check=True, env=environment)


def table(threads: int, tiny: bool) -> None:
    """The rows of one number of threads."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the only setting that keeps JAX to one thread
    try:
        import jax

        jax.config.update("jax_enable_x64", True)
    except ImportError:
        jax = None
        print("(jax is not installed; its rows are left out: pip install jax)")
    erg.config.threads = threads
    rng = np.random.default_rng(1)
    wide = (784, 32, 10) if tiny else (784, 512, 512, 10)
    labels = np.eye(10, dtype="f")[rng.integers(10, size=128)]
    images = rng.normal(size=(128, 784)).astype("f")
    for loss, sizes, batch, dtype, steps in (
        (flow, (2, 64, 64, 1), 256, "float64", 20), (flow, (2, 64, 64, 1), 256, "float32", 20), (classifier, wide, 128, "float32", 8),
    ):  # fmt: skip
        steps = 2 if tiny else steps
        rows = tuple(rng.normal(size=(steps, batch, 1)).astype(dtype) for _ in range(3)) if loss is flow else None
        arguments = start(sizes, dtype), rows, None if loss is flow else (images, labels)
        ours = erg.compile(training(loss, erg.value_and_grad, erg.scan, adam, steps))
        programs: dict[str, Callable[[], Any]] = {"ours": partial(ours, *arguments)}
        if jax:
            theirs = jax.jit(training(twin(jax, loss), jax.value_and_grad, jax.lax.scan, twin(jax, adam), steps))
            programs["jax"] = partial(finished, jax, theirs, jax.tree_util.tree_map(jax.numpy.asarray, arguments))
            np.testing.assert_allclose(programs["ours"]()[1], programs["jax"]()[1], rtol=1e-3 if dtype == "float32" else 1e-8)
        best = {k: t / steps for k, t in take_turns(programs, 1 if tiny else 600 // steps).items()}
        report(best, loss.__name__, sizes, batch, dtype, threads)


def report(best: dict[str, float], name: str, sizes: tuple[int, ...], batch: int, dtype: str, threads: int) -> None:
    """One line for each program."""
    what = f"{name} {'-'.join(map(str, sizes))}, batch {batch}, {dtype}, {threads} thread{'s'[: threads - 1]}"
    for peer in best.keys() - {"ours"}:
        row(f"{what}: {peer}", f"{1 / best[peer]:.0f} steps/s")
    work, speed = flops(sizes, batch), peak(dtype) * threads
    note = f"{best['ours'] * 1e6:.0f} us; products of {work / 1e6:.1f} MFLOP take {work / speed * 1e6:.0f} us at {speed / 1e9:.0f} GFLOP/s"
    ratio = best["jax"] / best["ours"] if "jax" in best else None
    row(f"{what}: ours", f"{1 / best['ours']:.0f} steps/s", ratio, TARGETS.get((name, dtype, threads)), note)


def peak(dtype: str) -> float:
    """Operations per second of a product of 256 x 256 matrices on one thread."""
    a, out = np.ones((256, 256), dtype), np.empty((256, 256), dtype)
    return float(2 * 256**3 / take_turns({"numpy": lambda: np.matmul(a, a, out=out)}, 100)["numpy"])


def twin(jax: Any, f: Callable[..., Any]) -> Callable[..., Any]:
    """The same source with jax.numpy for NumPy, down to the functions that it calls."""
    names = {"np": jax.numpy}
    if f is not dense:
        names["dense"] = twin(jax, dense)
    return FunctionType(f.__code__, {**f.__globals__, **names}, f.__name__)


if __name__ == "__main__":
    table(int(sys.argv[1]), "tiny" in sys.argv)
