"""L-BFGS on sums of squares of 1000 parameters: whole calls of ``erg.learn`` beside SciPy's L-BFGS-B with jitted gradients of JAX.

Equally many steps, 10 pairs in the memory of both; tracing and compilation (20 ms) are part of our call, SciPy's function is compiled before. With
dense rows the limit is memory: two passes over the matrix an evaluation. JAX is optional.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.programs import load_jax
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def valley(x: Any) -> Any:
    """Rosenbrock's, chained: residuals 1 - x_i and sqrt(30) (x_{i+1} - x_i^2)."""
    return ((1 - x[:-1]) ** 2 + 30 * (x[1:] - x[:-1] ** 2) ** 2).sum() / 2


def linear(A: np.ndarray, y: np.ndarray, x: Any) -> Any:
    r = A @ x - y
    return (r * r).sum() / 2 + 1e-4 * (x * x).sum()


def compare(name: str, loss: Callable[[Any], Any], start: np.ndarray, steps: int, rounds: int, jax: Any, target: float | None = None) -> None:
    """One row."""
    from scipy.optimize import minimize

    ends: dict[str, Any] = {}

    def ours() -> None:
        fit = erg.learn(lambda m: loss(m["x"]), {"x": start}, erg.LBFGS(), steps=steps, every=steps, seed=1, threads=1, progress=False)
        ends["ours"] = float(loss(fit.model["x"])), fit.info["seconds"], fit.history["evaluations"][0] * steps

    runs: dict[str, Callable[[], object]] = {"ours": ours}
    if jax is not None:
        both = jax.jit(jax.value_and_grad(loss))

        def evaluate(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = both(x)
            return float(value), np.asarray(slope)

        def theirs() -> None:
            options = {"maxcor": 10, "maxiter": steps, "maxfun": 10**6, "ftol": 0, "gtol": 0}
            found = minimize(evaluate, start, jac=True, method="L-BFGS-B", options=options)
            ends["SciPy"] = float(found.fun), found.nit, found.nfev

        runs["SciPy"] = theirs
    best = take_turns(runs, rounds)
    value, seconds, evaluations = ends["ours"]
    note = f"loss {value:.6g} after {evaluations:.0f} evaluations, {seconds * 1e3:.0f} ms of them in the core"
    if "SciPy" in ends:
        note += f"; SciPy {ends['SciPy'][0]:.6g} after {ends['SciPy'][1]} steps, {ends['SciPy'][2]} evaluations"
    ratio = best["SciPy"] / best["ours"] if "SciPy" in best else None
    row(f"L-BFGS, {name}, {steps} steps", f"{best['ours'] * 1e3:.0f} ms", ratio, target, note)


def main(tiny: bool = False) -> None:
    """Print a line for each."""
    jax, n, rounds = load_jax(), 20 if tiny else 1000, 1 if tiny else 5
    rng = np.random.default_rng(0)
    compare("chained valley", valley, np.full(n, -0.5), 5 if tiny else 1000, rounds, jax, 3.0)
    m = 10 if tiny else 1000
    A = rng.normal(size=(m, n)) / np.sqrt(n) * np.geomspace(1, 0.1, n)
    compare(f"linear, {m} dense rows", functools.partial(linear, A, rng.normal(size=m)), np.zeros(n), 5 if tiny else 200, rounds, jax)
