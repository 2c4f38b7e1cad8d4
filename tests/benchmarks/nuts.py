"""NUTS beside nutpie (PyMC models through Numba) and BlackJAX (jit, pmap over two host devices), float64: two chains on two threads, 1000 steps of
warm-up and 1000 draws, all with their own metric and step size. The figure is the least bulk ESS per second of wall time, by our estimator for all.

The peers run in processes of their own, turn by turn with ours: JAX fixes its devices at import. Compile time is left out, and printed. Where they
cannot be imported here, the variable NUTS_PYTHON names an interpreter that has them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from tests.benchmarks.timing import row

import ergodica as erg

DATA = """
import numpy as np
def data(which):
    g = np.random.default_rng(0)
    if which == "gauss":
        Q = np.linalg.qr(g.normal(size=(100, 100)))[0]
        return ((Q * np.logspace(0, 3, 100)) @ Q.T,)
    if which == "schools":
        return np.array([28.0, 8, -3, 7, -1, 1, 18, 12]), np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    X, b = g.normal(size=(1000, 25)), g.normal(size=25)
    return X, (g.random(1000) < 1 / (1 + np.exp(-X @ b))).astype(np.int64)
"""

# Peers answer each line with a run: wall seconds, gradients; the draws (chain, draw, n) go to a file.
SERVE = """
import json, sys, time
def serve(compile, run):
    begun = time.perf_counter()
    compile()
    print(json.dumps(time.perf_counter() - begun), flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        draws, gradients = run(int(line))
        wall = time.perf_counter() - begun
        np.save(sys.argv[4], np.asarray(draws()))
        print(json.dumps([wall, int(gradients())]), flush=True)
which, tune, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
d = data(which)
"""

NUTPIE = """
import warnings
warnings.simplefilter("ignore")
import nutpie, pymc as pm, pytensor.tensor as pt
with pm.Model() as m:
    if which == "gauss":
        x = pm.Flat("x", shape=100)
        pm.Potential("e", -0.5 * pt.dot(x, pt.dot(d[0], x)))
    elif which == "schools":
        mu, tau, z = pm.Normal("mu", 0, 5), pm.HalfCauchy("tau", 5), pm.Normal("z", 0, 1, shape=8)
        pm.Normal("y", mu + tau * z, d[1], observed=d[0])
    else:
        b = pm.Normal("b", 0, 1, shape=25)
        pm.Bernoulli("y", logit_p=pt.dot(d[0], b), observed=d[1])
def compile():
    global model
    model = nutpie.compile_pymc_model(m, backend="numba")
    run(0, 5, 5)
def run(seed, tune=tune, count=count):
    t = nutpie.sample(model, draws=count, tune=tune, chains=2, cores=2, seed=seed, progress_bar=False)
    gradients = lambda: t.sample_stats.n_steps.sum() + t.warmup_sample_stats.n_steps.sum()
    return lambda: np.concatenate([v.values.reshape(2, count, -1) for v in t.posterior.values()], -1), gradients
serve(compile, run)
"""

BLACKJAX = """
import os
os.environ["XLA_FLAGS"], os.environ["JAX_PLATFORMS"] = "--xla_force_host_platform_device_count=2", "cpu"
import blackjax, jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
n, d = {"gauss": 100, "schools": 10, "logit": 25}[which], [jnp.asarray(a) for a in d]
def log_density(x):
    if which == "gauss":
        return -0.5 * x @ d[0] @ x
    if which == "logit":
        l = d[0] @ x
        return jnp.sum(d[1] * l - jax.nn.softplus(l)) - 0.5 * x @ x
    t = jnp.exp(x[1])
    square = jnp.sum(x[2:]**2) + jnp.sum(((d[0] - x[0] - t * x[2:]) / d[1])**2)
    return -x[0]**2 / 50 - jnp.log1p(t * t / 25) + x[1] - 0.5 * square
def chain(key):
    one, two, three = jax.random.split(key, 3)
    (state, tuned), info = blackjax.window_adaptation(blackjax.nuts, log_density).run(one, jax.random.normal(three, (n,)), tune)
    step = blackjax.nuts(log_density, **tuned).step
    def draw(state, key):
        state, info = step(key, state)
        return state, (state.position, info.num_integration_steps)
    _, (x, steps) = jax.lax.scan(draw, state, jax.random.split(two, count))
    return x, steps.sum() + info.info.num_integration_steps.sum()
program = jax.pmap(chain)
def run(seed):
    x, g = jax.block_until_ready(program(jax.random.split(jax.random.key(seed), 2)))
    return lambda: np.concatenate([x[..., :1], jnp.exp(x[..., 1:2]), x[..., 2:]], -1) if which == "schools" else x, g.sum
serve(lambda: run(0), run)
"""


class Peer:
    """A process that samples when it is told a seed."""

    def __init__(self, program: str, which: str, tune: int, count: int, folder: str) -> None:
        python = os.environ.get("NUTS_PYTHON") or sys.executable
        self.path = os.path.join(folder, "draws.npy")
        environment = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "PYTHONPATH")}
        command = [python, "-c", DATA + SERVE + program, which, str(tune), str(count), self.path]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.compile = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a peer ended: status {self.process.wait()}")
        return json.loads(line)

    def __call__(self, seed: int) -> tuple[np.ndarray, float, float]:
        """Draws, seconds, gradients."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        seconds, gradients = self._answer()
        return np.load(self.path), seconds, gradients

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def problem(which: str) -> tuple[Callable[..., Any], Any]:
    """The energy and its space."""
    scope: dict[str, Any] = {}
    exec(DATA, scope)
    d = scope["data"](which)
    if which == "gauss":
        return lambda x: 0.5 * np.dot(x, np.dot(d[0], x)), erg.Real(100)
    if which == "schools":

        def schools(p: Any) -> Any:
            far = (d[0] - p["mu"] - p["tau"] * p["z"]) / d[1]
            return p["mu"] ** 2 / 50 + np.log1p(p["tau"] ** 2 / 25) + 0.5 * np.sum(p["z"] ** 2) + 0.5 * np.sum(far**2)

        return schools, {"mu": erg.Real(), "tau": erg.Positive(), "z": erg.Real(8)}

    def logistic(b: Any) -> Any:
        x = d[0] @ b
        return np.sum(np.logaddexp(0, x) - d[1] * x) + 0.5 * np.sum(b**2)

    return logistic, erg.Real(25)


def available(name: str) -> bool:
    """Whether the peers' interpreter has a package."""
    other = os.environ.get("NUTS_PYTHON")
    if other:
        return subprocess.run([other, "-c", f"import {name}"], capture_output=True).returncode == 0
    return importlib.util.find_spec(name) is not None and (name != "nutpie" or importlib.util.find_spec("pymc") is not None)


def least_ess(draws: np.ndarray) -> float:
    """Bulk, over all coordinates, of (chain, draw, n)."""
    return float(np.min(erg.stats.series.describe(np.ascontiguousarray(np.moveaxis(draws, -1, 0)))["ess_bulk"]))


def main(tiny: bool = False) -> None:
    """Print a line for each density and sampler."""
    tune, count, rounds = (50, 20, 1) if tiny else (1000, 1000, 5)
    programs = {"nutpie": NUTPIE, "blackjax": BLACKJAX}
    here = [] if tiny else [name for name in programs if available(name)]
    if not tiny:
        for name in programs.keys() - set(here):
            print(f"({name} is not installed; its rows are left out: pip install nutpie pymc blackjax, or NUTS_PYTHON=...)")
    for which, name, judge in (
        ("gauss", "dense Gaussian, 100", "nutpie"),
        ("schools", "eight schools", "nutpie"),
        ("logit", "logistic, 1000 x 25", "blackjax"),
    ):
        energy, space = problem(which)

        def sample(seed: int, draws: int = count, warmup: int = tune, energy: Any = energy, space: Any = space) -> Any:
            return erg.sample(energy, erg.NUTS(), space=space, chains=2, threads=2, draws=draws, warmup=warmup, seed=seed, progress=False)

        def ours(seed: int, sample: Any = sample) -> tuple[np.ndarray, float, float]:
            begun = time.perf_counter()
            run = sample(seed)
            seconds = time.perf_counter() - begun
            draws = np.concatenate([run[k].reshape(2, count, -1) for k in run if k != "energy"], -1)
            return draws, seconds, float(np.sum(run.info["evaluations"]))

        with tempfile.TemporaryDirectory() as folder:
            peers = {p: Peer(programs[p], which, tune, count, folder) for p in here}
            samplers: dict[str, Callable[[int], tuple[np.ndarray, float, float]]] = {"ours": ours, **peers}
            ours(0)
            ess: dict[str, float] = dict.fromkeys(samplers, 0.0)
            rate, slopes, first = ess.copy(), ess.copy(), 1e300
            for seed in range(rounds):
                for who, run in samplers.items():
                    draws, seconds, gradients = run(seed)
                    ess[who] += least_ess(draws) / rounds
                    rate[who], slopes[who] = max(rate[who], 1 / seconds), max(slopes[who], gradients / seconds)
                begun = time.perf_counter()
                sample(seed, 1, 0)
                first = min(first, time.perf_counter() - begun)
            for peer in peers.values():
                peer.close()
        figure = {who: ess[who] * rate[who] for who in samplers}
        notes = {who: f"ESS {ess[who]:.0f}, {1e3 / rate[who]:.0f} ms, {slopes[who]:.2g} gradients/s" for who in samplers}
        notes["ours"] += f"; {first * 1e3:.0f} ms from the call to its end without warm-up"
        for who in peers:
            notes[who] += f"; compiles in {peers[who].compile:.1f} s"
        row(f"NUTS, {name}: ours", f"{figure['ours']:.3g} ESS/s", None, note=notes["ours"])
        for who in peers:
            target = 2.0 if who == judge else None
            row(f"NUTS, {name}: {who}", f"{figure[who]:.3g} ESS/s", figure["ours"] / figure[who], target, notes[who])
