"""Training steps of flows and transformers beside JAX's: draws, value, gradient and Adam in one scan, float64, on one thread.

Ours are the package's models as they are; JAX's the same functions written for it, in the form that was fastest of those tried (splines: tables that
are looked up along the last axis; divergence: the closed form that ours has). Both draw their own noise in the loop, and both are checked to agree
in the loss of given points.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

nn = erg.nn
TARGET = 1.3
LENGTH, BOUND, BINS, SYMBOLS = 16, 5.0, 8, 16


def action(np: Any, x: Any) -> Any:
    """phi^4 on a square lattice, m^2 = -4, lambda = 8 (arXiv:1904.12072), of fields (batch, L, L)."""
    neighbours = np.roll(x, 1, 1) + np.roll(x, 1, 2)
    return np.sum(x * (4 * x - 2 * neighbours) - 4 * x**2 + 8 * x**4, axis=(1, 2))


class Jax:
    """The models for JAX: functions of dictionaries of parameters, by the names that ours have."""

    def __init__(self, jax: Any) -> None:
        self.jax: Any = jax
        self.np: Any = getattr(jax, "numpy", None)

    def affine(self, p: Any, name: str, x: Any) -> Any:
        return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    def coupling(self, p: Any, z: Any, layers: int) -> Any:
        """x and the log-determinant of a RealNVP on (batch, L, L), split by colours."""
        np, L = self.np, z.shape[1]
        odd = (np.arange(L) % 2 == 1)[:, None]
        pairs = z.reshape(-1, L, L // 2, 2)
        h = [np.where(odd, pairs[..., k], pairs[..., 1 - k]).reshape(-1, L * L // 2) for k in (1, 0)]
        total = 0.0
        for k in range(layers):
            u = np.tanh(self.affine(p, f"couplings.{k}.trunk.0", h[k % 2]))
            u = np.tanh(self.affine(p, f"couplings.{k}.trunk.1", u))
            s = 2 * np.tanh(self.affine(p, f"couplings.{k}.heads.0", u) / 2)
            h[1 - k % 2] = h[1 - k % 2] * np.exp(s) + self.affine(p, f"couplings.{k}.heads.1", u)
            total = total + s.sum(1)
        a, b = (v.reshape(-1, L, L // 2) for v in h)
        return np.stack([np.where(odd, b, a), np.where(odd, a, b)], -1).reshape(z.shape), total

    def spline(self, p: Any, x: Any, layers: int) -> Any:
        """-log q of a rational-quadratic coupling flow on (batch, n)."""
        np, K, B = self.np, BINS, BOUND
        unit = np.log(np.expm1(1 - 1e-3))
        h, total = [x[:, ::2], x[:, 1::2]], 0.0
        m = h[0].shape[1]
        soft = lambda u: 1e-3 + (1 - 1e-3 * K) * self.jax.nn.softmax(u, axis=-1)
        for k in reversed(range(layers)):
            u = np.tanh(self.affine(p, f"layers.{k}.trunk.0", h[k % 2]))
            o = self.affine(p, f"layers.{k}.heads.0", np.tanh(self.affine(p, f"layers.{k}.trunk.1", u)))
            o = np.swapaxes(o.reshape(-1, 3 * K - 1, m), 1, 2)
            W, H, r = soft(o[..., :K]), soft(o[..., K : 2 * K]), o[..., 2 * K :] + unit
            edge = np.full((*r.shape[:-1], 1), unit)
            d = 1e-3 + self.jax.nn.softplus(np.concatenate([edge, r, edge], -1))
            y = h[1 - k % 2]
            inside = (y > -B) & (y < B)
            v = np.where(inside, y, 0) / (2 * B) + 0.5
            X, Y = np.cumsum(W, -1), np.cumsum(H, -1)
            i = np.clip(np.sum(v[..., None] >= X, -1), 0, K - 1)[..., None]
            pick = lambda t, i=i: np.take_along_axis(t, i, -1)[..., 0]
            w, g, d0, d1 = pick(W), pick(H), pick(d[..., :-1]), pick(d[..., 1:])
            xi, s = (v - pick(X - W)) / w, g / w
            q = xi * (1 - xi)
            den = s + (d0 + d1 - 2 * s) * q
            out = (pick(Y - H) + g * (s * xi**2 + d0 * q) / den) * 2 * B - B
            slope = np.log(s * s * (d1 * xi**2 + 2 * s * q + d0 * (1 - xi) ** 2) / den**2)
            h[1 - k % 2] = np.where(inside, out, y)
            total = total + np.where(inside, slope, 0).sum(1)
        return 0.5 * (h[0] ** 2).sum(1) + 0.5 * (h[1] ** 2).sum(1) + x.shape[1] * 0.5 * np.log(2 * np.pi) - total

    def continuous(self, p: Any, x: Any, steps: int) -> Any:
        """-log q of the flow along a network of two hidden layers, by steps of order 4 from 1 to 0."""
        np, n = self.np, x.shape[1]
        W, c = p["field.layers.0.weight"], p["field.layers.0.bias"]
        paths = p["field.layers.1.weight"] * (W[:, :n] @ p["field.layers.2.weight"]).T

        def rates(x: Any, t: Any) -> Any:
            a = np.tanh(x @ W[:, :n].T + c + t * W[:, n])
            b = np.tanh(self.affine(p, "field.layers.1", a))
            return self.affine(p, "field.layers.2", b), ((1 - b * b) * ((1 - a * a) @ paths.T)).sum(1)

        h = -1 / steps

        def one(carry: Any, i: Any) -> Any:
            x, s = carry
            t = 1 + h * i
            k1, d1 = rates(x, t)
            k2, d2 = rates(x + h / 2 * k1, t + h / 2)
            k3, d3 = rates(x + h / 2 * k2, t + h / 2)
            k4, d4 = rates(x + h * k3, t + h)
            return (x + h / 6 * (k1 + 2 * (k2 + k3) + k4), s + h / 6 * (d1 + 2 * (d2 + d3) + d4)), None

        (z, s), _ = self.jax.lax.scan(one, (x, np.zeros(x.shape[0])), np.arange(steps, dtype=float))
        return 0.5 * (z**2).sum(1) + n * 0.5 * np.log(2 * np.pi) - s

    def norm(self, p: Any, name: str, x: Any) -> Any:
        np = self.np
        d = x - x.mean(-1, keepdims=True)
        return d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]

    def transformer(self, p: Any, tokens: Any, layers: int, heads: int) -> Any:
        """Cross-entropy of the next symbol."""
        np, jax = self.np, self.jax
        n = tokens.shape[1] - 1
        x = p["embed.weight"][tokens[:, :-1]] + p["positions"][:n]
        m = x.shape[-1]
        sees = np.tri(n, dtype=bool)
        for k in range(layers):
            name = f"blocks.{k}"
            y = self.norm(p, f"{name}.norm1", x)
            qkv = y @ p[f"{name}.self_attn.in_proj_weight"].T + p[f"{name}.self_attn.in_proj_bias"]
            q, k_, v = (np.swapaxes(part.reshape(-1, n, heads, m // heads), 1, 2) for part in np.split(qkv, 3, -1))
            s = np.where(sees, q @ np.swapaxes(k_, -1, -2) / np.sqrt(m // heads), -np.inf)
            y = np.swapaxes(jax.nn.softmax(s, -1) @ v, 1, 2).reshape(-1, n, m)
            x = x + self.affine(p, f"{name}.self_attn.out_proj", y)
            y = jax.nn.gelu(self.affine(p, f"{name}.linear1", self.norm(p, f"{name}.norm2", x)), approximate=False)
            x = x + self.affine(p, f"{name}.linear2", y)
        log_p = jax.nn.log_softmax(self.affine(p, "head", self.norm(p, "norm", x)))
        return -np.take_along_axis(log_p, tokens[:, 1:, None], -1).mean()


def adam(np: Any, p: dict[str, Any], g: dict[str, Any], m: dict[str, Any], v: dict[str, Any], t: Any) -> Any:
    """One step of D. P. Kingma and J. Ba, arXiv:1412.6980."""
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    v = {k: 0.999 * v[k] + 0.001 * g[k] ** 2 for k in p}
    a, b = 1 / (1 - 0.9**t), 1 / (1 - 0.999**t)
    return {k: p[k] - 1e-3 * (m[k] * a) / (np.sqrt(v[k] * b) + 1e-8) for k in p}, m, v


def cases(jax: Any, tiny: bool) -> dict[str, Any]:
    """Name: model, loss of (model, key, fixed data) and of (parameters, key, fixed data), data, steps."""
    j, rng = Jax(jax), np.random.default_rng(0)
    L, many = (4, 8) if tiny else (LENGTH, 256)
    layers = 2 if tiny else 8
    coupling = nn.CouplingFlow((L, L), layers, [64, 64], "checkerboard", seed=0)
    spline = nn.SplineFlow(8, 2 if tiny else 6, [64, 64], BINS, seed=0)
    steps = 2 if tiny else 16
    flow = nn.ContinuousFlow(8, [64, 64], steps=steps, seed=0)
    blocks = 1 if tiny else 4
    transformer = nn.Transformer(SYMBOLS, 64, layers=blocks, seed=0)
    points = rng.normal(size=(2 * many, 8)) @ rng.normal(size=(8, 8)) / 3
    tokens = rng.integers(SYMBOLS, size=(4 if tiny else 16, 65))

    def reverse(m: Any, key: Any, _: Any) -> Any:
        x, log_q = m.sample_with_log_density(key, many)
        return np.mean(log_q + action(np, x))

    def reverse_jax(p: Any, key: Any, _: Any) -> Any:
        z = jax.random.normal(key, (many, L, L), dtype=float)
        x, total = j.coupling(p, z, layers)
        return j.np.mean(action(j.np, x) - 0.5 * (z**2).sum((1, 2)) - 0.5 * L * L * np.log(2 * np.pi) - total)

    def entropy(m: Any, _: Any, tokens: Any) -> Any:
        log_p = nn.log_softmax(m(tokens[:, :-1]))
        return -np.mean(np.sum(np.where(tokens[:, 1:, None] == np.arange(SYMBOLS), log_p, 0), axis=-1))

    likelihood: Callable[..., Any] = lambda m, _, x: -np.mean(m.log_density(x))
    return {
        f"RealNVP reverse KL, phi^4 {L} x {L}, batch {many}": (coupling, reverse, reverse_jax, None, 10),
        f"spline flow likelihood, 8 dimensions, batch {2 * many}": (
            spline, likelihood, lambda p, _, x: j.np.mean(j.spline(p, x, len(spline.layers))), points, 20,
        ),
        f"continuous flow likelihood, 8 dimensions, batch {2 * many}": (
            flow, likelihood, lambda p, _, x: j.np.mean(j.continuous(p, x, steps)), points, 5,
        ),
        f"causal transformer, d 64, {blocks} layers, length 64, batch {len(tokens)}": (
            transformer, entropy, lambda p, _, t: j.transformer(p, t, blocks, 4), tokens, 5,
        ),
    }  # fmt: skip


def programs(jax: Any, model: Any, ours: Any, theirs: Any, data: Any, steps: int) -> dict[str, Callable[[], Any]]:
    """Steps of Adam from the same parameters."""
    p = model.parameters()
    zeros = {k: np.zeros_like(v) for k, v in p.items()}

    def run(model: Any, p: Any, zeros: Any, key: Any, data: Any) -> Any:
        def one(carry: Any, i: Any) -> Any:
            p, m, v = carry
            value, g = erg.value_and_grad(lambda p: ours(model.replace(p), erg.random.fold_in(key, i), data))(p)
            return adam(np, p, g, m, v, i + 1.0), value

        return erg.scan(one, (p, zeros, zeros), np.arange(steps))[1]

    program = erg.compile(run)
    out: dict[str, Callable[[], Any]] = {"ours": lambda: program(model, p, zeros, erg.random.key(0), data)}
    if jax is not None:

        def scanned(p: Any, zeros: Any, key: Any, data: Any) -> Any:
            def one(carry: Any, i: Any) -> Any:
                p, m, v = carry
                value, g = jax.value_and_grad(theirs)(p, jax.random.fold_in(key, i), data)
                return adam(jax.numpy, p, g, m, v, i + 1.0), value

            return jax.lax.scan(one, (p, zeros, zeros), jax.numpy.arange(steps))[1]

        compiled = jax.jit(scanned)
        given = jax.tree_util.tree_map(jax.numpy.asarray, (p, zeros)), jax.random.key(0), None if data is None else jax.numpy.asarray(data)
        out["jax"] = lambda: jax.block_until_ready(compiled(*given[0], *given[1:]))
    return out


def main(tiny: bool = False) -> None:
    """Print steps per second and ratios."""
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"} | {"JAX_PLATFORMS": "cpu"}
    environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    subprocess.run([sys.executable, "-m", "tests.benchmarks.flows", *(["tiny"] if tiny else [])], check=True, env=environment)


def table(tiny: bool) -> None:
    """The rows, in a process of its own, since JAX fixes its threads when it starts."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        import jax

        jax.config.update("jax_enable_x64", True)
    except ImportError:
        jax = None
        print("(jax is not installed; its rows are left out: pip install jax)")
    erg.config.threads = 1
    for name, (model, ours, theirs, data, steps) in cases(jax, tiny).items():
        both = programs(jax, model, ours, theirs, data, 2 if tiny else steps)
        if jax is not None and data is not None:
            np.testing.assert_allclose(both["ours"](), both["jax"](), rtol=1e-7)
        best = {k: t / (2 if tiny else steps) for k, t in take_turns(both, 1 if tiny else 8).items()}
        if "jax" in best:
            row(f"{name}: jax", f"{1 / best['jax']:.1f} steps/s")
        row(f"{name}: ours", f"{1 / best['ours']:.1f} steps/s", best["jax"] / best["ours"] if "jax" in best else None, TARGET)


if __name__ == "__main__":
    table("tiny" in sys.argv)
