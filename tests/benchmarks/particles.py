"""Stein variational gradient descent beside JAX: 500 particles in 50 dimensions, Bayesian logistic regression of 500 points, float64.

Both take the median of all squared distances over pairs in every step, and AdaGrad steps. JAX's is one compiled loop; its median is that of
``jnp.median``, a sort, and beside it a loop with a fixed bandwidth on both sides.
Figures are ours; ratios are JAX's time over ours. Compilation is not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.benchmarks.programs import load_jax
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def _jax_loop(jax: Any, X: np.ndarray, y: np.ndarray, n: int, steps: int, bandwidth: float) -> Any:
    jnp = jax.numpy
    X, y = jnp.asarray(X), jnp.asarray(y)
    upper = np.triu_indices(n, 1)

    def score(z: Any) -> Any:
        return (y - jax.nn.sigmoid(z @ X.T)) @ X - z

    def step(_: int, state: Any) -> Any:
        z, G = state
        s = score(z)
        x = z - z.mean(0)
        q = jnp.sum(x * x, 1)
        r = jnp.maximum(q[:, None] + q[None] - 2 * x @ x.T, 0)
        h = bandwidth or jnp.median(r[upper]) / np.log(n)
        K = jnp.exp(-r / h)
        v = (K @ (s - 2 / h * x) + 2 / h * x * K.sum(1)[:, None]) / n
        G = jnp.where(_ == 0, v * v, 0.9 * G + 0.1 * v * v)
        return z + 0.1 * v / (1e-6 + jnp.sqrt(G)), G

    return jax.jit(lambda z: jax.lax.fori_loop(0, steps, step, (z, jnp.zeros_like(z)))[0])


def main(tiny: bool = False) -> None:
    jax = load_jax()
    n, d, points, steps = (20, 3, 30, 5) if tiny else (500, 50, 500, 100)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(points, d))
    y = (rng.random(points) < 1 / (1 + np.exp(-X @ rng.normal(size=d)))).astype(float)
    start = rng.normal(size=(n, d))

    def energy(w: Any) -> Any:
        t = X @ w
        return np.sum(np.logaddexp(0, t) - y * t) + 0.5 * np.sum(w**2)

    threads, erg.config.threads = erg.config.threads, 1
    for what, bandwidth in (("median bandwidth", 0.0), ("fixed bandwidth", 2.0)):
        found: dict[str, np.ndarray] = {}

        def ours(bandwidth: float = bandwidth, found: dict[str, np.ndarray] = found) -> None:
            method = erg.SVGD(steps=steps, bandwidth=bandwidth, trace=0)
            found["ours"] = erg.sample(energy, method, space=erg.Real(d), draws=n, chains=1, start=start, observe="x", progress=False)["x"][0]

        turns: dict[str, Any] = {"ours": ours}
        if jax is not None:
            loop, z = _jax_loop(jax, X, y, n, steps, bandwidth), jax.numpy.asarray(start)

            def theirs(loop: Any = loop, z: Any = z, found: dict[str, np.ndarray] = found) -> None:
                found["jax"] = np.asarray(loop(z))

            turns["jax"] = theirs
        best = take_turns(turns, rounds=3)
        row(f"SVGD {n} x {d}, {what}, ours", f"{best['ours'] / steps * 1e3:.3f} ms a step")
        if "jax" in best:
            assert np.abs(found["ours"] - found["jax"]).max() < 1e-6
            row(f"SVGD {n} x {d}, {what}, jax over ours", "", best["jax"] / best["ours"], 2.0)
    erg.config.threads = threads


if __name__ == "__main__":
    main()
