"""What physicists write, beside JAX's jit: pair energies, oscillators, stencils, rows of probabilities, a network for a differential equation.

JAX is optional; float64 unless said, one core for both. A step is one call from Python; the second derivative u'' of the network along its one
input is ``jvp`` of ``jvp`` here, and in JAX the faster of that and ``grad`` of ``grad``, in a ``scan`` of steps.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.programs import jax_twin, load_jax
from tests.benchmarks.timing import one_core, row, take_turns

import ergodica as erg

BOX = 8.0


def pairs(x: Any) -> Any:
    """Lennard-Jones energy of all pairs, positions (N, 3)."""
    d = x[:, None, :] - x[None, :, :]
    r2 = np.sum(d**2, axis=-1) + np.eye(x.shape[0])
    inverse = 1 / r2**3
    return 0.5 * np.sum(4 * (inverse**2 - inverse) * (1 - np.eye(x.shape[0])))


def periodic_pairs(x: Any) -> Any:
    """The same with the nearest image in a box and a cutoff."""
    d = x[:, None, :] - x[None, :, :]
    d = d - BOX * np.round(d / BOX)
    r2 = np.sum(d**2, axis=-1)
    near = (r2 < 6.25) & (r2 > 0)
    inverse = 1 / np.where(near, r2, 1.0) ** 3
    return 0.5 * np.sum(np.where(near, 4 * (inverse**2 - inverse), 0.0))


def kuramoto(theta: Any) -> Any:
    """Phases that all see each other."""
    return -np.sum(np.cos(theta[:, None] - theta[None, :])) / theta.shape[0]


def xy(theta: Any) -> Any:
    """XY model on a square lattice."""
    return -np.sum(np.cos(theta - np.roll(theta, 1, 0)) + np.cos(theta - np.roll(theta, 1, 1)))


def landau(u: Any) -> Any:
    """Ginzburg-Landau energy on a square lattice."""
    gx, gy = np.roll(u, -1, 0) - u, np.roll(u, -1, 1) - u
    return np.sum(0.5 * (gx**2 + gy**2) + 0.25 * (u**2 - 1) ** 2)


def allen_cahn(u: Any) -> Any:
    """An explicit step in any dimension."""
    laplacian = -2 * u.ndim * u
    for axis in range(u.ndim):
        laplacian = laplacian + np.roll(u, 1, axis) + np.roll(u, -1, axis)
    return u + 0.1 * (laplacian + u - u**3)


def entropy(x: Any) -> Any:
    """Of softmax along rows."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return np.sum(p * np.log(p + 1e-12))


def logistic(b: Any) -> Any:
    """Negative log posterior of a logistic regression."""
    z = DESIGN @ b
    return np.sum(np.logaddexp(0, z) - LABELS * z) + 0.5 * np.sum(b**2)


_random = np.random.default_rng(0)
DESIGN = _random.normal(size=(1000, 25))
LABELS = (_random.random(1000) < 0.5) * 1.0


def main(tiny: bool = False) -> None:
    """Print microseconds a call and ratios to JAX."""
    with one_core():
        jax = load_jax()
        table(jax, tiny)
        for hidden in ((64, 64), (32, 32, 32)):
            pinn(jax, hidden, 10 if tiny else 1000, 2 if tiny else 20, 1 if tiny else 7)


def repeat(run: Callable[[], object], calls: int) -> Callable[[], object]:
    """Calls, one result at a time."""

    def block() -> None:
        for _ in range(calls):
            run()

    return block


def table(jax: Any, tiny: bool) -> None:
    """Energies and right-hand sides."""
    rng = np.random.default_rng(1)
    n, size = (6, 8) if tiny else (64, 256)
    positions = rng.random((n, 3)) * BOX
    cases: list[tuple[str, str, Callable[..., Any], np.ndarray]] = [
        (f"pair energy, {n} particles", "grad", pairs, positions),
        ("with nearest images and a cutoff", "grad", periodic_pairs, positions),
        (f"Kuramoto, {size} phases", "grad", kuramoto, rng.normal(size=size)),
        (f"XY model, {size // 4} x {size // 4}", "grad", xy, rng.normal(size=(size // 4, size // 4))),
        (f"Ginzburg-Landau, {size} x {size}", "grad", landau, rng.normal(size=(size, size))),
        (f"Allen-Cahn step, {size} x {size}", "", allen_cahn, rng.normal(size=(size, size))),
        ("Allen-Cahn step, 48^3", "", allen_cahn, rng.normal(size=(4, 4, 4) if tiny else (48, 48, 48))),
        (f"entropy of softmax, {size} x 100", "grad", entropy, rng.normal(size=(size, 100))),
        ("logistic regression, 1000 x 25", "value_and_grad", logistic, rng.normal(size=25)),
    ]
    calls = 1 if tiny else 20
    for name, transform, f, x in cases:
        ours = erg.compile(getattr(erg, transform)(f) if transform else f)
        programs = {"ours": repeat(lambda g=ours, x=x: g(x), calls)}  # type: ignore[misc]
        if jax:
            twin = jax_twin(jax, f)
            theirs, placed = jax.jit(getattr(jax, transform)(twin) if transform else twin), jax.numpy.asarray(x)
            programs["jax"] = repeat(lambda g=theirs, x=placed: jax.block_until_ready(g(x)), calls)  # type: ignore[misc]
        best = {k: t / calls * 1e6 for k, t in take_turns(programs, 1 if tiny else 9).items()}
        if jax:
            row(f"{name} {transform}: jax", f"{best['jax']:.1f} us a call")
        row(f"{name} {transform}: ours", f"{best['ours']:.1f} us a call", best["jax"] / best["ours"] if jax else None)


def network(parameters: Any, x: Any) -> Any:
    """u(x) of one number."""
    h = x[None]
    for W, b in parameters[:-1]:
        h = np.tanh(h @ W + b)
    W, b = parameters[-1]
    return (h @ W + b)[0]


def pinn(jax: Any, hidden: tuple[int, ...], points: int, steps: int, rounds: int) -> None:
    """Steepest descent on mean((u'' + sin)^2) at collocation points, float32: value and gradient in all parameters, one step."""
    rng = np.random.default_rng(0)
    sizes = (1, *hidden, 1)
    start = [((rng.normal(size=(a, b)) / a**0.5).astype("f"), np.zeros(b, "f")) for a, b in itertools.pairwise(sizes)]
    x = np.linspace(0, 3, points, dtype="f")
    one = np.float32(1)

    def loss(parameters: Any, x: Any) -> Any:
        slope = lambda x: erg.jvp(lambda x: network(parameters, x), (x,), (one,))[1]
        second = erg.vmap(lambda x: erg.jvp(slope, (x,), (one,))[1])(x)
        return np.mean((second + np.sin(x)) ** 2)

    ours = erg.compile(erg.value_and_grad(loss))
    programs: dict[str, Callable[[], object]] = {"ours": repeat(lambda: ours(start, x), steps)}
    if jax:
        u = jax_twin(jax, network)

        def forward(p: Any) -> Any:
            slope = lambda x: jax.jvp(lambda x: u(p, x), (x,), (one,))[1]
            return lambda x: jax.jvp(slope, (x,), (one,))[1]

        def scan(second: Callable[..., Any]) -> Callable[[], object]:
            def step(p: Any, _: Any) -> Any:
                value, slopes = jax.value_and_grad(lambda p: jax.numpy.mean((jax.vmap(second(p))(x) + jax.numpy.sin(x)) ** 2))(p)
                return jax.tree_util.tree_map(lambda a, b: a - one * 1e-6 * b, p, slopes), value

            run = jax.jit(lambda p: jax.lax.scan(step, p, length=steps))
            return lambda: jax.block_until_ready(run(start))

        programs["jax forward"] = scan(forward)
        programs["jax reverse"] = scan(lambda p: jax.grad(jax.grad(lambda x: u(p, x))))
    best = {k: t / steps * 1e6 for k, t in take_turns(programs, rounds).items()}
    name = f"PINN {'-'.join(map(str, sizes))}, {points} points, float32"
    peer = min((k for k in best if k != "ours"), key=best.__getitem__, default=None)
    for k in best:
        if k != "ours":
            row(f"{name}: scan, {k}", f"{best[k]:.1f} us a step")
    row(f"{name}: ours", f"{best['ours']:.1f} us a step", best[peer] / best["ours"] if peer else None, 2 if peer else None)
