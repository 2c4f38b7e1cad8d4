"""Fields on lattices: leapfrog steps of phi^4 beside JAX's fori_loop, heat bath of SU(3) beside the floating-point peak of a matrix product, models
by functions in a space beside the dedicated ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from tests.benchmarks.timing import one_core, row, take_turns

import ergodica as erg

PRODUCT = 27 * 8  # of complex 3x3 matrices, added to a third
LINK = 12 * PRODUCT + PRODUCT + 3 * 2 * 3 * (4 * 6 + 2 * 2)  # six staples, U V*, rows of U and U V* in three subgroups; draws are not counted


def jax_leapfrog(L: int, B: int, steps: int) -> Callable[[], object] | None:
    """A compiled loop of leapfrog steps of the whole batch, float64."""
    try:
        import jax
        import jax.numpy as jnp
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)

    def action(f: Any) -> Any:
        return jnp.sum(-f * (jnp.roll(f, 1, 1) + jnp.roll(f, 1, 2)) + 1.5 * f**2 + 0.2 * f**4)

    force = jax.grad(action)

    def step(_: Any, c: Any) -> Any:
        x = c[0] + 0.01 * c[1]
        return x, c[1] - 0.01 * force(x)

    loop = jax.jit(lambda x, p: jax.lax.fori_loop(0, steps, step, (x, p)))
    f = jnp.asarray(np.random.default_rng(0).normal(size=(B, L, L)))
    return lambda: jax.block_until_ready(loop(f, f))


def main(tiny: bool = False) -> None:
    """Print steps of the batch per second, link updates and GFLOP/s, and ratios; all on one core."""
    with one_core():
        rows(tiny)


def rows(tiny: bool) -> None:
    """All of them."""
    L, B, steps, sweeps, rounds = (8, 2, 4, 1, 1) if tiny else (64, 64, 100, 20, 5)
    field, method = erg.lattice.Phi4((L, L), mass2=-1.0, lam=0.8), erg.HMC(steps=steps, step_size=0.01, jitter=0.0)
    common: dict[str, Any] = {"warmup": 0, "seed": 1, "progress": False, "threads": 1}

    def ours() -> None:
        erg.sample(field, method, chains=B, sweeps=sweeps, every=sweeps, observe="magnetization", **common)

    programs: dict[str, Callable[[], object]] = {"ours": ours}
    loop = jax_leapfrog(L, B, steps)
    if loop:
        programs["jax"] = loop
    best = take_turns(programs, rounds)
    rate = steps * sweeps / best["ours"]
    if loop:
        row(f"JAX fori_loop, phi^4 leapfrog, {B} x {L}^2", f"{steps / best['jax']:.0f} steps/s")
    row("ours, phi^4 HMC, whole trajectories", f"{rate:.0f} steps/s", rate * best["jax"] / steps if loop else None, 2)

    side, count = (4, 2) if tiny else (8, 10)
    theory = erg.lattice.SU3((side,) * 4, beta=6.0)
    n = 200 if tiny else 1500
    a, b = np.ones((n, n)), np.ones((n, n))
    begin = {} if tiny else {"start": erg.sample(theory, erg.HeatBath(), chains=1, sweeps=1, warmup=20, seed=3, observe="plaquette", progress=False)}
    best = take_turns({
        "ours": lambda: erg.sample(theory, erg.HeatBath(), chains=1, sweeps=count, every=count, observe="plaquette", **common, **begin),
        "product": lambda: a @ b,
    }, 1 if tiny else 5)  # fmt: skip
    updates = 4 * side**4 * count / best["ours"]
    row(f"matrix product of {n}, NumPy, one thread", f"{2 * n**3 / best['product'] / 1e9:.1f} GFLOP/s")
    share = updates * LINK * best["product"] / (2 * n**3)
    row(f"ours, SU(3) heat bath, {side}^4", f"{updates / 1e6:.2f} M links/s", share, None, f"of that; {updates * LINK / 1e9:.1f} GFLOP/s")

    L, cube, few = (8, 4, 5) if tiny else (64, 16, 2000)  # so many that they take longer than the tracing
    dot = lambda s, t: -np.sum(s * t, axis=-1)
    alike: dict[str, tuple[Any, Any]] = {
        f"XY, {L}^2": (erg.lattice.XY((L, L)), erg.lattice.Model((L, L), erg.Torus(), pair=lambda s, t: -np.cos(s - t))),
        f"Heisenberg, {cube}^3": (erg.lattice.Heisenberg((cube,) * 3), erg.lattice.Model((cube,) * 3, erg.Sphere(3), pair=dot)),
        f"phi^4, {L}^2": (erg.lattice.Phi4((L, L), mass2=-1.0, lam=1.0), erg.lattice.Model((L, L), erg.Real(), pair=lambda s, t: 0.5 * (s - t) ** 2,
                                                                                         site=lambda s: -0.5 * s**2 + 0.25 * s**4)),
    }  # fmt: skip
    for what, (dedicated, model) in alike.items():
        sites = int(np.prod(model.lattice))
        for name, by, sweeps in (("Metropolis", erg.Metropolis(step=0.8), few), ("HMC", erg.HMC(steps=10, step_size=0.05, metric="unit"), few // 2)):
            run = partial(erg.sample, method=by, chains=1, sweeps=sweeps, every=sweeps, start="ordered", observe="|magnetization|", **common)
            best = take_turns({"dedicated": partial(run, dedicated), "model": partial(run, model)}, rounds)
            updates = sites * sweeps * (10 if name == "HMC" else 1)
            row(f"Model, {what}, {name}", f"{updates / best['model']:.2e} updates/s", best["dedicated"] / best["model"], 1 / 3)
