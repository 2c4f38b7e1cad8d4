"""Loops and differential equations: what a step of a scan costs beside its arithmetic; Lotka-Volterra with its gradient beside diffrax.

JAX and diffrax are optional. One core for all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.programs import load_jax
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

PARAMETERS = np.array([1.5, 1.0, 3.0, 1.0])


def logistic(x: Any, _: Any) -> Any:
    return 3.7 * x * (1 - x), None


def lorenz(y: Any, _: Any) -> Any:
    slope = np.stack([10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]])
    return y + 0.01 * slope, None


def prey(y: Any, t: Any, p: Any) -> Any:
    return np.stack([p[0] * y[0] - p[1] * y[0] * y[1], p[3] * y[0] * y[1] - p[2] * y[1]])


def scans(n: int, rounds: int, jax: Any) -> None:
    """Steps of few numbers: time a step, and a step and operation beyond the arithmetic, for which an operation counts 1 ns."""
    for name, f, start, operations in (("logistic map", logistic, np.array(0.3), 3), ("Lorenz, Euler", lorenz, np.ones(3), 15)):
        ours = erg.compile(lambda x, f=f: erg.scan(f, x, length=n)[0]).program(start)
        runs: dict[str, Callable[[], object]] = {"ours": functools.partial(ours, start)}
        if jax is not None:
            import jax.numpy as jnp

            def euler(y: Any, _: Any) -> Any:
                return y + 0.01 * jnp.stack([10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]), None

            theirs = logistic if f is logistic else euler
            peer = jax.jit(lambda x, g=theirs: jax.lax.scan(g, x, length=n)[0])
            runs["JAX"] = functools.partial(lambda peer, start: peer(start).block_until_ready(), peer, start)
        best = take_turns(runs, rounds)
        step = best["ours"] / n * 1e9
        beyond = max(step / operations - 1, 0)
        ratio = best["JAX"] / best["ours"] if "JAX" in best else None
        note = f"{beyond:.1f} ns a step and operation beyond its arithmetic (target 50)"
        row(f"scan of {n} steps: {name}", f"{step:.1f} ns a step", ratio, note=note)


def equations(points: int, rounds: int, jax: Any) -> None:
    """Lotka-Volterra on [0, 10], tolerances 1e-6 and 1e-9, the sum of squares and its gradient in start and parameters."""
    ts, y0 = np.linspace(0, 10, points), np.ones(2)
    runs: dict[str, Callable[[], object]] = {}
    for gradient in ("discrete", "adjoint"):

        def loss(y: Any, p: Any, gradient: str = gradient) -> Any:
            return np.sum(erg.odeint(prey, y, ts, p, gradient=gradient) ** 2)

        ours = erg.compile(erg.value_and_grad(loss, (0, 1))).program(y0, PARAMETERS)
        runs[f"ours, {gradient}"] = functools.partial(ours, y0, PARAMETERS)
    alone = erg.compile(lambda y, p: erg.odeint(prey, y, ts, p)).program(y0, PARAMETERS)
    runs["ours, solution"] = lambda: alone(y0, PARAMETERS)
    try:
        import diffrax
    except ImportError:
        diffrax = None
        print("(diffrax is not installed; its rows are left out: pip install diffrax)")
    if diffrax is not None and jax is not None:
        import jax.numpy as jnp

        field = lambda t, y, p: jnp.stack([p[0] * y[0] - p[1] * y[0] * y[1], p[3] * y[0] * y[1] - p[2] * y[1]])

        def solved(y: Any, p: Any, adjoint: Any) -> Any:
            control = diffrax.PIDController(rtol=1e-6, atol=1e-9)
            saved = diffrax.SaveAt(ts=jnp.asarray(ts))
            term = diffrax.ODETerm(field)
            return diffrax.diffeqsolve(
                term, diffrax.Dopri5(), 0.0, 10.0, None, y, args=p, saveat=saved, stepsize_controller=control, adjoint=adjoint
            ).ys

        def squares(y: Any, p: Any, adjoint: Any) -> Any:
            return jnp.sum(solved(y, p, adjoint) ** 2)

        for gradient, adjoint in (("discrete", diffrax.RecursiveCheckpointAdjoint()), ("adjoint", diffrax.BacksolveAdjoint())):
            peer: Any = jax.jit(jax.value_and_grad(functools.partial(squares, adjoint=adjoint), (0, 1)))
            runs[f"diffrax, {gradient}"] = functools.partial(lambda peer: jax.block_until_ready(peer(y0, PARAMETERS)), peer)
        first = jax.jit(lambda y, p: solved(y, p, diffrax.RecursiveCheckpointAdjoint()))
        runs["diffrax, solution"] = lambda: jax.block_until_ready(first(y0, PARAMETERS))
    best = take_turns(runs, rounds)
    for what, target in (("solution", None), ("discrete", 5.0), ("adjoint", 5.0)):
        ratio = best[f"diffrax, {what}"] / best[f"ours, {what}"] if f"diffrax, {what}" in best else None
        name = "solution" if what == "solution" else f"with gradient, {what}"
        row(f"dopri5, Lotka-Volterra, {points} times: {name}", f"{best[f'ours, {what}'] * 1e6:.0f} us", ratio, target)


def main(tiny: bool = False) -> None:
    """Print a line for each."""
    jax = load_jax()
    scans(10 if tiny else 1000, 2 if tiny else 20, jax)
    equations(3 if tiny else 51, 2 if tiny else 20, jax)
