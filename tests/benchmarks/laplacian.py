"""The local kinetic energy of a Slater-Jastrow network beside JAX's forward-over-reverse: value, gradient and Laplacian of log|psi|; and the
fourth derivative of a network by Taylor mode beside nested forward mode.

JAX is optional; float64, one core for both. JAX takes the second derivative along one coordinate after the other (``fori_loop`` over
``jvp(grad)``, as FermiNet does) or along all at once (``vmap``); the faster one counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.programs import jax_twin, load_jax
from tests.benchmarks.timing import one_core, row, take_turns

import ergodica as erg

Parameters = dict[str, Any]


def network(electrons: int) -> Parameters:
    """Orbitals 3-32-32-electrons, decays of the envelopes, the two numbers of the Jastrow factor."""
    rng = np.random.default_rng(0)
    sizes = (3, 32, 32, electrons)
    layers = [(rng.normal(size=(a, b)) / a**0.5, 0.1 * rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]
    return {"layers": layers, "decay": 0.5 + rng.random(electrons), "jastrow": np.array([0.5, 1.0])}


def log_psi(p: Parameters, x: Any) -> Any:
    """log|det phi_j(x_i)| + sum over pairs a r / (1 + b r), x of shape (electrons, 3)."""
    h = x
    for W, b in p["layers"][:-1]:
        h = np.tanh(h @ W + b)
    W, b = p["layers"][-1]
    r = np.sqrt(np.sum(x**2, axis=1))
    orbitals = (h @ W + b) * np.exp(-r[:, None] * p["decay"])
    i, j = np.triu_indices(x.shape[0], 1)
    s = np.sqrt(np.sum((x[i] - x[j]) ** 2, axis=1))
    return np.linalg.slogdet(orbitals)[1] + np.sum(p["jastrow"][0] * s / (1 + p["jastrow"][1] * s))


def forward_over_reverse(jax: Any, f: Callable[..., Any], electrons: int, at_once: bool) -> Callable[..., Any]:
    """Value, gradient and Laplacian as JAX programs have them."""
    n = 3 * electrons

    def one(p: Parameters, x: Any) -> Any:
        g = lambda flat: jax.grad(f, argnums=1)(p, flat.reshape(electrons, 3)).reshape(n)
        flat, eye = x.reshape(n), jax.numpy.eye(n)
        first, second = jax.linearize(g, flat)
        if at_once:
            trace = jax.numpy.trace(jax.vmap(second)(eye))
        else:
            trace = jax.lax.fori_loop(0, n, lambda i, s: s + second(eye[i])[i], 0.0)
        return f(p, x), first.reshape(electrons, 3), trace

    return jax.jit(jax.vmap(one, in_axes=(None, 0)))


def main(tiny: bool = False) -> None:
    """Print times a batch, their parts, and the ratio."""
    electrons, batch, rounds = (4, 8, 1) if tiny else (8, 256, 7)
    with one_core():
        jax = load_jax()
        compare(jax, electrons, batch, rounds)
        fourth_derivative(jax, 10 if tiny else 1000, rounds)


def compare(jax: Any, electrons: int, batch: int, rounds: int) -> None:
    """All rows."""
    p, x = network(electrons), np.random.default_rng(1).normal(size=(batch, electrons, 3))
    ours = erg.compile(erg.vmap(erg.value_grad_laplacian(log_psi, argnums=1), in_axes=(None, 0)))
    programs: dict[str, Callable[[], object]] = {"ours": lambda: ours(p, x)}
    want = ours(p, x)
    if jax:
        twin = jax_twin(jax, log_psi)
        placed = jax.tree_util.tree_map(jax.numpy.asarray, (p, x))
        for name, at_once in (("jax, one coordinate after the other", False), ("jax, all coordinates at once", True)):
            f = forward_over_reverse(jax, twin, electrons, at_once)
            for ours_, theirs in zip(want, f(*placed), strict=True):
                np.testing.assert_allclose(ours_, theirs, rtol=1e-8, atol=1e-8)
            programs[name] = lambda f=f: jax.block_until_ready(f(*placed))  # type: ignore[misc]
    best = take_turns(programs, rounds)
    peer = min((t for k, t in best.items() if k != "ours"), default=None)
    title = f"Laplacian of log|psi|, {electrons} electrons, batch {batch}"
    for name, seconds in best.items():
        if name != "ours":
            row(f"{title}: {name}", f"{seconds * 1e3:.2f} ms")
    row(f"{title}: ours", f"{best['ours'] * 1e3:.2f} ms", peer / best["ours"] if peer else None, 3 if peer else None)
    profile = ours.profile(p, x)
    shares: dict[str, float] = {}
    for stage in profile.stages:
        name = stage.name.split(":")[0]
        shares[name] = shares.get(name, 0) + stage.share
    parts = ", ".join(f"{name} {100 * share:.0f} %" for name, share in sorted(shares.items(), key=lambda s: -s[1])[:5])
    row("  where ours goes", f"{profile.seconds * 1e3:.2f} ms", note=parts)


def u(p: list[Any], x: Any) -> Any:
    """An MLP 1-64-64-1 at points x of shape (n, 1)."""
    return np.tanh(np.tanh(x @ p[0] + p[1]) @ p[2] + p[3]) @ p[4]


def nested(jvp: Callable[..., Any], ones: Callable[..., Any], f: Callable[..., Any]) -> Callable[..., Any]:
    """The fourth derivative by jvp of jvp of jvp of jvp."""
    for _ in range(4):
        f = (lambda g: lambda x: jvp(g, (x,), (ones(x),))[1])(f)
    return f


def fourth_derivative(jax: Any, points: int, rounds: int) -> None:
    """The row of Taylor mode; the peers are nested forward mode, ours and JAX's, and JAX's own jet."""
    rng = np.random.default_rng(0)
    shapes = [(1, 64), (64,), (64, 64), (64,), (64, 1)]
    p, x = [rng.normal(size=s) / s[0] ** 0.5 for s in shapes], rng.normal(size=(points, 1))
    ours = erg.compile(lambda p, x: erg.jet(lambda x: u(p, x), (x,), ((np.ones_like(x), 0, 0, 0),))[1][3])
    loop = erg.compile(lambda p, x: nested(erg.jvp, np.ones_like, lambda x: u(p, x))(x))
    programs: dict[str, Callable[[], object]] = {"ours": lambda: ours(p, x), "ours, nested jvp": lambda: loop(p, x)}
    np.testing.assert_allclose(ours(p, x), loop(p, x), rtol=1e-8, atol=1e-8)
    if jax:
        from jax.experimental.jet import jet

        v, jnp = jax_twin(jax, u), jax.numpy
        series = lambda x: ((jnp.ones_like(x), *[jnp.zeros_like(x)] * 3),)
        placed = jax.tree_util.tree_map(jnp.asarray, (p, x))
        for name, f in (
            ("jax, nested jvp", lambda p, x: nested(jax.jvp, jnp.ones_like, lambda x: v(p, x))(x)),
            ("jax, jet", lambda p, x: jet(lambda x: v(p, x), (x,), series(x))[1][3]),
        ):
            g = jax.jit(f)
            np.testing.assert_allclose(ours(p, x), g(*placed), rtol=1e-8, atol=1e-8)
            programs[name] = lambda g=g: jax.block_until_ready(g(*placed))  # type: ignore[misc]
    best = take_turns(programs, rounds)
    peer = min(t for k, t in best.items() if k != "ours")
    for name, seconds in best.items():
        if name != "ours":
            row(f"u'''' of an MLP, {points} points: {name}", f"{seconds * 1e3:.2f} ms")
    row(f"u'''' of an MLP, {points} points: ours, jet", f"{best['ours'] * 1e3:.2f} ms", peer / best["ours"])
