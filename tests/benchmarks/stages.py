"""Sorting, scans, indexing, segments and convolutions beside NumPy and JAX's jit, on one core; float64 unless said.

Figures are ours; ratios are the peer's time over ours. JAX is optional.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.programs import load_jax
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def _line(
    what: str, ours: Callable[..., Any], numpy: Callable[..., Any] | None, peer: Callable[..., Any] | None, arguments: tuple[Any, ...], jax: Any
) -> None:
    """One operation on the same arrays by all."""
    program = erg.compile(ours)
    turns: dict[str, Callable[[], object]] = {"ours": lambda: program(*arguments)}
    if numpy is not None:
        turns["numpy"] = lambda: numpy(*arguments)
    if jax is not None and peer is not None:
        jitted = jax.jit(peer)
        there = [jax.numpy.asarray(a) for a in arguments]
        turns["jax"] = lambda: jax.block_until_ready(jitted(*there))
    best = take_turns(turns, rounds=7)
    for name, seconds in best.items():
        if name != "ours":
            row(f"{what}, {name} over ours", f"{best['ours'] * 1e3:.3f} ms", seconds / best["ours"])


def main(tiny: bool = False) -> None:
    jax = load_jax()
    jnp = jax.numpy if jax is not None else None
    threads, erg.config.threads = erg.config.threads, 1
    rng = np.random.default_rng(1)
    n = 1000 if tiny else 1_000_000
    x, rows = rng.normal(size=n), rng.normal(size=(max(n // 1000, 10), 1000))
    segments = np.sort(rng.integers(0, n // 10, n))
    places = rng.integers(0, n, n)
    try:
        _line(f"sort of {n}", np.sort, np.sort, jnp and jnp.sort, (x,), jax)
        _line(
            "sort of rows of 1000", lambda a: np.sort(a, axis=1), lambda a: np.sort(a, axis=1), jnp and (lambda a: jnp.sort(a, axis=1)), (rows,), jax
        )
        _line(f"argsort of {n}", np.argsort, np.argsort, jnp and jnp.argsort, (x,), jax)
        _line(f"cumsum of {n}", np.cumsum, np.cumsum, jnp and jnp.cumsum, (x,), jax)
        _line(
            "cumsum down columns",
            lambda a: np.cumsum(a, axis=0),
            lambda a: np.cumsum(a, axis=0),
            jnp and (lambda a: jnp.cumsum(a, axis=0)),
            (rows,),
            jax,
        )
        _line(f"argmax of {n}", np.argmax, np.argmax, jnp and jnp.argmax, (x,), jax)
        _line(f"gather of {n}", lambda a, i: a[i], lambda a, i: a[i], jnp and (lambda a, i: a[i]), (x, places), jax)
        for what, ids in (("sorted", segments), ("in any order", places)):
            size = n if ids is places else n // 10
            _line(
                f"segment sum, {what}",
                lambda a, i, m=size: erg.segment_sum(a, i, m),
                lambda a, i, m=size: np.bincount(i, a, m),
                jnp and (lambda a, i, m=size: jax.ops.segment_sum(a, i, m)),
                (x, ids),
                jax,
            )
        for what, shape, kernel, dtype in (
            ("conv 32 x 16 x 32 x 32, 3 x 3", (32, 16, 32, 32), (32, 16, 3, 3), np.float64),
            ("the same in float32", (32, 16, 32, 32), (32, 16, 3, 3), np.float32),
            ("conv of 64 signals of 1000", (64, 4, 1000), (4, 4, 9), np.float64),
        ):
            image = rng.normal(size=(2, *shape[1:]) if tiny else shape).astype(dtype)
            weight = rng.normal(size=kernel).astype(dtype)
            ones = (1,) * (len(shape) - 2)
            peer = jnp and (lambda a, w, s=ones: jax.lax.conv_general_dilated(a, w, s, "SAME"))
            _line(what, lambda a, w: erg.conv(a, w, padding="same"), None, peer, (image, weight), jax)
        if jax is None:
            program, image = erg.compile(lambda a, w: erg.conv(a, w, padding="periodic")), rng.normal(size=(4, 1, 64, 64))
            weight = rng.normal(size=(1, 1, 3, 3))
            row("conv of 4 periodic lattices 64 x 64", f"{take_turns({'ours': lambda: program(image, weight)})['ours'] * 1e3:.3f} ms")
    finally:
        erg.config.threads = threads
