"""Annealed SMC and parallel tempering beside JAX programs of the same work: jit, vmap over particles, scan over steps; float64, one core.

Figures are ours; ratios are JAX's time over ours, compile time left out on both sides but printed. JAX is optional.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from tests.benchmarks.programs import load_jax
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

LEAPFROGS, STEP = 10, 0.25


def _wells(np: Any) -> Any:
    def energy(x: Any) -> Any:
        return np.sum((x**2 - 1) ** 2) + 0.1 * np.sum(x)

    return energy


def _hmc(jax: Any, u: Any) -> Any:
    """One Metropolised trajectory of a point: u(x, s) is the reduced energy at state s."""
    jnp = jax.numpy
    slope = jax.grad(u)

    def move(key: Any, x: Any, s: Any) -> Any:
        one, two = jax.random.split(key)
        p = jax.random.normal(one, x.shape)
        start = u(x, s) + 0.5 * jnp.sum(p**2)

        def leap(_: Any, state: Any) -> Any:
            y, q, g = state
            q = q - 0.5 * STEP * g
            y = y + STEP * q
            g = slope(y, s)
            return y, q - 0.5 * STEP * g, g

        y, q, _ = jax.lax.fori_loop(0, LEAPFROGS, leap, (x, p, slope(x, s)))
        accept = jax.random.uniform(two) < jnp.exp(start - u(y, s) - 0.5 * jnp.sum(q**2))
        return jnp.where(accept, y, x)

    return move


def jax_smc(jax: Any, n: int, d: int, steps: int) -> Any:
    """Fixed steps, systematic resampling below n/2 effective particles."""
    jnp, energy, scale = jax.numpy, _wells(jax.numpy), 1.5

    def u(x: Any, t: Any) -> Any:
        return t * energy(x) + (1 - t) * jnp.sum(x**2) / (2 * scale**2)

    move = jax.vmap(_hmc(jax, u), (0, 0, None))
    excess = jax.vmap(lambda x: energy(x) - jnp.sum(x**2) / (2 * scale**2))

    def step(carry: Any, key: Any) -> Any:
        x, log, t, z = carry
        log = log - excess(x) / steps
        t = t + 1 / steps
        w = jax.nn.softmax(log)
        few = 1 / jnp.sum(w**2) < n / 2
        one, two = jax.random.split(key)
        comb = (jnp.arange(n) + jax.random.uniform(one)) / n
        index = jnp.where(few, jnp.searchsorted(jnp.cumsum(w), comb), jnp.arange(n))
        mean = jax.scipy.special.logsumexp(log) - jnp.log(n)
        x = move(jax.random.split(two, n), x[index], t)
        return (x, jnp.where(few, 0.0, log), t, z + jnp.where(few, mean, 0.0)), None

    def run(key: Any) -> Any:
        first, key = jax.random.split(key)
        x = scale * jax.random.normal(first, (n, d))
        (x, log, _, z), _ = jax.lax.scan(step, (x, jnp.zeros(n), 0.0, 0.0), jax.random.split(key, steps))
        return z + jax.scipy.special.logsumexp(log) - jnp.log(n) + d * jnp.log(scale * jnp.sqrt(2 * jnp.pi))

    return jax.jit(run)


def jax_tempering(jax: Any, kT: np.ndarray, chains: int, d: int, draws: int) -> Any:
    """Ladders of all temperatures, even and odd swaps in turn, every draw kept."""
    jnp, energy, rungs = jax.numpy, _wells(jax.numpy), len(kT)
    beta = jnp.asarray(1 / kT)
    move = jax.vmap(jax.vmap(_hmc(jax, lambda x, b: b * energy(x)), (0, 0, 0)), (0, 0, None))
    energies = jax.vmap(jax.vmap(energy))

    def step(x: Any, inputs: Any) -> Any:
        key, parity = inputs
        one, two = jax.random.split(key)
        x = move(jax.random.split(one, (chains, rungs)), x, beta)
        e = energies(x)
        d_log = (beta[:-1] - beta[1:]) * (e[:, :-1] - e[:, 1:])
        tried = (jnp.arange(rungs - 1) & 1) == parity
        swap = tried & (jnp.log(jax.random.uniform(two, d_log.shape)) < d_log)
        up = jnp.pad(swap, ((0, 0), (0, 1)))
        down = jnp.pad(swap, ((0, 0), (1, 0)))
        index = jnp.arange(rungs) + up.astype(int) - down.astype(int)
        x = jnp.take_along_axis(x, index[..., None], axis=1)
        return x, x

    def run(key: Any) -> Any:
        first, key = jax.random.split(key)
        x = jax.random.normal(first, (chains, rungs, d))
        return jax.lax.scan(step, x, (jax.random.split(key, draws), jnp.arange(draws) & 1))[1]

    return jax.jit(run)


def main(tiny: bool = False) -> None:
    jax = load_jax()
    threads, erg.config.threads = erg.config.threads, 1
    n, d, steps, draws, chains = (64, 4, 5, 20, 2) if tiny else (4096, 10, 50, 1000, 8)
    kT, energy, kernel = np.geomspace(0.2, 2.0, 8), _wells(np), erg.HMC(steps=LEAPFROGS, step_size=STEP, metric="unit", jitter=0.0)
    smc, ladder = erg.SMC(kernel=kernel, steps=steps, scale=1.5), erg.ParallelTempering(kernel=kernel)
    common: dict[str, Any] = {"space": erg.Real(d), "seed": 1, "progress": False}

    def ours_smc() -> Any:
        return erg.sample(energy, smc, kT=1.0, draws=n, chains=1, **common)

    def ours_ladder() -> Any:
        return erg.sample(energy, ladder, kT=kT, draws=draws, chains=chains, warmup=0, observe=["x"], **common)

    try:
        for what, ours, make in (
            (f"SMC, {n} particles x {d}, {steps} steps", ours_smc, lambda: jax_smc(jax, n, d, steps)),
            (f"tempering, {chains} ladders of {len(kT)}, {draws} draws", ours_ladder, lambda: jax_tempering(jax, kT, chains, d, draws)),
        ):
            turns: dict[str, Any] = {"ours": ours}
            note = ""
            if jax is not None:
                program, key = make(), jax.random.PRNGKey(1)
                begun = time.perf_counter()
                jax.block_until_ready(program(key))
                note = f"jax compiles and runs first in {time.perf_counter() - begun:.2f} s"
                turns["jax"] = lambda program=program, key=key: jax.block_until_ready(program(key))
            best = take_turns(turns, rounds=3)
            row(what, f"{best['ours'] * 1e3:.1f} ms", best["jax"] / best["ours"] if "jax" in best else None, 2.0, note)
    finally:
        erg.config.threads = threads
