"""Whole trainings by ``erg.learn``, their data and keys included, beside JAX with all steps inside one scan (optax), and beside PyTorch, eager and
compiled.

All do the same work with the same sizes, dtype and number of threads; the losses that they reach are compared. Each number of threads is a process of
its own, since JAX fixes its threads when it starts. A call of ``erg.learn`` traces and compiles as well: the steps are enough for that to be small,
and the note has what it takes.
"""

from __future__ import annotations

import importlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from tests.benchmarks.peers import trainings
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

TARGETS = {
    ("flow", "float64", 1): 1.5, ("flow", "float32", 1): 1.0, ("flow", "float32", 2): 1.7, ("classifier", "float32", 1): 0.9,
    ("classifier", "float32", 2): 1.0, ("pinn", "float64", 1): 2.0,
}  # fmt: skip
BATCH = 256


def flow(dtype: str) -> Callable[[Any, Any], Any]:
    """Flow matching from noise to noise in one dimension, 2-64-64-1: points, noise and times are new at each step."""

    def loss(model: Any, key: Any) -> Any:
        a, b, c = erg.random.split(key, 3)
        x, noise = erg.random.normal(a, (BATCH, 1), dtype), erg.random.normal(b, (BATCH, 1), dtype)
        t = erg.random.uniform(c, (BATCH, 1), dtype=dtype)
        return np.mean((model(np.concatenate([t * x + (1 - t) * noise, t], 1)) - (x - noise)) ** 2)

    return loss


def classifier(model: Any, batch: Any) -> Any:
    """Cross-entropy of 784-512-512-10 with rectifiers."""
    x, y = batch
    z = model(x)
    z = z - z.max(1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), 1)) - np.take_along_axis(z, y[:, None], 1)[:, 0])


def pinn(model: Any) -> Any:
    """u'' + pi^2 sin(pi x) = 0 on 1000 points with u(0) = u(1) = 0, 1-32-32-32-1 with tanh."""
    xs = np.linspace(0, 1, 1000)
    u = lambda x: model(np.reshape(x, (1,)))[0]
    residual = erg.vmap(erg.grad(erg.grad(u)))(xs) + np.pi**2 * np.sin(np.pi * xs)
    return np.mean(residual**2) + u(np.float64(0)) ** 2 + u(np.float64(1)) ** 2


class Twin:
    """The same trainings in JAX."""

    def __init__(self) -> None:
        import jax
        import optax

        jax.config.update("jax_enable_x64", True)
        self.jax, self.np, self.optax = jax, jax.numpy, optax

    def parameters(self, model: Any) -> Any:
        return [(self.np.asarray(layer.weight.T), self.np.asarray(layer.bias)) for layer in model.layers]

    def network(self, p: Any, x: Any, activation: Any) -> Any:
        for W, b in p[:-1]:
            x = activation(x @ W + b)
        return x @ p[-1][0] + p[-1][1]

    def flow(self, dtype: str) -> Callable[..., Any]:
        def loss(p: Any, key: Any, k: Any) -> Any:
            a, b, c = self.jax.random.split(key, 3)
            x, noise = self.jax.random.normal(a, (BATCH, 1), dtype), self.jax.random.normal(b, (BATCH, 1), dtype)
            t = self.jax.random.uniform(c, (BATCH, 1), dtype)
            return self.np.mean((self.network(p, self.np.concatenate([t * x + (1 - t) * noise, t], 1), self.jax.nn.silu) - (x - noise)) ** 2)

        return loss

    def classifier(self, X: Any, Y: Any, size: int) -> Callable[..., Any]:
        """Rows in a new order each epoch, as erg.learn has them."""
        per = len(X) // size

        def loss(p: Any, key: Any, k: Any) -> Any:
            new = lambda: self.jax.random.permutation(self.jax.random.key(k), len(X))
            order = self.jax.lax.cond(k % per == 0, new, lambda: self.np.arange(len(X)))
            rows = self.jax.lax.dynamic_slice(order, (k % per * size,), (size,))
            z = self.network(p, X[rows], self.jax.nn.relu)
            return self.optax.softmax_cross_entropy_with_integer_labels(z, Y[rows]).mean()

        return loss

    def pinn(self) -> Callable[..., Any]:
        xs = self.np.linspace(0, 1, 1000)

        def loss(p: Any, key: Any, k: Any) -> Any:
            u = lambda x: self.network(p, x[None], self.np.tanh)[0]
            residual = self.jax.vmap(self.jax.grad(self.jax.grad(u)))(xs) + self.np.pi**2 * self.np.sin(self.np.pi * xs)
            return self.np.mean(residual**2) + u(0 * xs[0]) ** 2 + u(xs[-1]) ** 2

        return loss

    def run(self, loss: Callable[..., Any], p: Any, steps: int) -> Callable[[], Any]:
        """All steps in one scan."""
        optimiser = self.optax.adam(1e-3)

        def step(carry: Any, k: Any) -> Any:
            p, state, key = carry
            key, here = self.jax.random.split(key)
            value, slope = self.jax.value_and_grad(loss)(p, here, k)
            update, state = optimiser.update(slope, state)
            return (self.optax.apply_updates(p, update), state, key), value

        many = self.jax.jit(lambda c: self.jax.lax.scan(step, c, self.np.arange(steps)))
        start = (p, optimiser.init(p), self.jax.random.key(3))
        return lambda: self.jax.block_until_ready(many(start))


def table(threads: int, tiny: bool) -> None:
    """The rows of one number of threads."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the only setting that keeps JAX to one thread
    erg.config.threads = threads
    try:
        jax: Twin | None = Twin()
    except ImportError:
        jax = None
        print("(jax and optax are not installed; their rows are left out: pip install jax optax)")
    try:
        torch: Any = importlib.import_module("torch")
        torch.set_num_threads(threads)
    except ImportError:
        torch = None
        print("(torch is not installed; its rows are left out: pip install torch)")
    rng = np.random.default_rng(1)
    wide = [32] if tiny else [512, 512]
    X, Y = rng.normal(size=(512 if tiny else 4096, 784)).astype("f"), rng.integers(10, size=512 if tiny else 4096)
    work: list[tuple[str, str, int, Any, Any, Any]] = []
    for dtype in ("float64", "float32"):
        net = erg.nn.MLP(2, [64, 64], 1, activation="silu", seed=1, dtype=dtype)
        work.append(("flow", dtype, 4000, net, flow(dtype), jax and jax.flow(dtype)))
    net = erg.nn.MLP(784, wide, 10, activation="relu", seed=1, dtype="float32")
    work.append(("classifier", "float32", 150, net, classifier, jax and jax.classifier(jax.np.asarray(X), jax.np.asarray(Y), 128)))
    if threads == 1:
        net = erg.nn.MLP(1, [32, 32, 32], 1, activation="tanh", seed=1)
        work.append(("pinn", "float64", 400, net, pinn, jax and jax.pinn()))
    for name, dtype, steps, net, loss, theirs in work:
        steps = 4 if tiny else steps
        options = {"data": (X, Y), "batch": 128} if name == "classifier" else {}

        def ours(net: Any = net, loss: Any = loss, steps: int = steps, options: Any = options) -> Any:
            return erg.learn(loss, net, erg.Adam(1e-3), steps=steps, seed=1, progress=False, **options)

        programs: dict[str, Callable[[], Any]] = {"ours": ours}
        if jax is not None:
            programs["jax"] = jax.run(theirs, jax.parameters(net), steps)
        fewer = max(steps // 10, 2)
        slow = trainings(torch, name, net, dtype, (X, Y, 128, BATCH), fewer, tiny) if torch is not None and name != "pinn" else {}
        compare(name, programs, steps, ours)
        best = take_turns(programs | slow, 1 if tiny else 7)
        best |= {peer: best[peer] * steps / fewer for peer in slow}
        report(best, name, dtype, steps, threads, ours)
    if threads == 1:
        ensemble(tiny)


def compare(name: str, programs: Any, steps: int, ours: Any) -> None:
    """Both have learnt the same: the mean loss of the last half agrees as far as the noise of the batches allows."""
    if "jax" not in programs:
        return
    mine, theirs = programs["ours"]().history["loss"], np.asarray(programs["jax"]()[1])
    a, b = mine[steps // 2 :], theirs[steps // 2 :]
    allowed = 1e-6 if name == "pinn" else 6 * math.hypot(a.std(), b.std()) / math.sqrt(max(len(a) / 10, 1)) + 0.3 * abs(b.mean())
    assert abs(a.mean() - b.mean()) <= max(allowed, 1e-6 * abs(b.mean())), (name, a.mean(), b.mean())


def report(best: dict[str, float], name: str, dtype: str, steps: int, threads: int, ours: Any) -> None:
    """A line for each program, and one for what is not a step."""
    what = f"learn {name}, {dtype}, {threads} thread{'s'[: threads - 1]}"
    for peer in [p for p in best if p != "ours"]:
        row(f"{what}: {peer}", f"{steps / best[peer]:.0f} steps/s")
    seconds = ours().info["seconds"]
    note = f"of {best['ours'] * 1e3:.0f} ms about {max(best['ours'] - seconds, 0) * 1e3:.0f} ms trace and compile"
    for peer in [p for p in best if p not in ("ours", "jax")]:
        note += f"; {best[peer] / best['ours']:.1f} times {peer}"
    ratio = best["jax"] / best["ours"] if "jax" in best else None
    row(f"{what}: ours", f"{steps / best['ours']:.0f} steps/s", ratio, TARGETS.get((name, dtype, threads)), note)


def ensemble(tiny: bool) -> None:
    """Eight small networks as one batch beside one of them: seconds of eight over seconds of one.

    They share what it takes to begin a call, a step and each of its stages, but not the arithmetic, so that the ratio grows with their size.
    """
    steps = 4 if tiny else 2000
    x = np.linspace(-2, 2, 256)[:, None]
    loss = lambda model, batch: np.mean((model(batch[0]) - batch[1]) ** 2)
    for width, size in ((8, 16), (16, 16), (16, 32)):

        def train(members: int, width: int = width, size: int = size) -> object:
            network = lambda key: erg.nn.MLP(1, [width, width], 1, seed=key)
            return erg.learn(loss, network, data=(x, np.sin(2 * x)), batch=size, steps=steps, seed=1, members=members, progress=False)

        best = take_turns({"one": partial(train, 1), "eight": partial(train, 8)}, 1 if tiny else 7)
        ratio = best["eight"] / best["one"]
        what = f"learn 8 networks 1-{width}-{width}-1 as one batch, {size} points a step, beside one"
        row(what, f"{steps / best['eight']:.0f} steps/s", 3 / ratio, 1.0, f"{ratio:.2f} times the time of one (asked: less than 3)")


def main(tiny: bool = False) -> None:
    """Print steps per second and ratios, for one thread and for two."""
    for threads in (1, 2):
        environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"} | {"JAX_PLATFORMS": "cpu"}
        if threads == 1:
            environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        subprocess.run([sys.executable, "-m", "tests.benchmarks.training", str(threads), *(["tiny"] if tiny else [])], check=True, env=environment)


if __name__ == "__main__":
    table(int(sys.argv[1]), "tiny" in sys.argv)
