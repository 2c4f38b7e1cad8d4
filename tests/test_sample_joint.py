"""Joint distribution tests (J. Geweke, J. Am. Stat. Assoc. 99, 799 (2004)) of every registered kernel: parameters and data move together.

Chains begin at exact draws of the joint law of parameters and data, so that every later state has that law too. What is compared with exact means is
the mean over each chain; chains are independent, so that the error bars need no autocorrelation and no burn-in, and a kernel that is only nearly
invariant drifts away in them. False alarm 1e-6 for the whole table, by Student's t. Nothing adapts: steps are long enough to be rejected often.

Planted bugs that were tried, with the errors by which the worst statistic was off (bound 6.2): no log|dx/dz| 59 to 183, all kernels; energies at
1.05 kT 7.7 to 16, all but RiemannianHMC, 5.0; kT off by 5 % in an acceptance or a level alone: RandomWalk, Slice and EllipticalSlice 12, stretch 8,
DE 9.5, and not seen where acceptances only mend an integrator (HMC 4.6, NUTS 4.1, AdjustedMCLMC 2.6, RiemannianHMC 2.3) or swaps (2.7); swaps that
are always made 72; the last tree of NUTS taken 5 % too often 36; an acceptance without the proposal's ratio: HMC 191, MALA 126, AdjustedMCLMC 243,
geodesics 100, stretch with d in place of d-1 33; RiemannianHMC without log det G 51, geodesics without a projection 47, Gibbs at old values 28.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import ergodica as erg
from ergodica import _door

A = 4.0
"""Shape of the parameter's prior."""

Start = dict[str, np.ndarray]


def energy(p: Any) -> Any:
    """t ~ Gamma(A, 1) and two data y ~ N(1, 1/t)."""
    t, y = p["t"], p["y"]
    return t - A * np.log(t) + 0.5 * t * np.sum((y - 1) ** 2)


SPACE = {"t": erg.Positive(), "y": erg.Real(2)}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean": lambda p: p["t"], "log t": lambda p: np.log(p["t"]), "exp(-t)": lambda p: np.exp(-p["t"]),
    "t exp(-t)": lambda p: p["t"] * np.exp(-p["t"]), "datum": lambda p: p["y"][0], "y exp(-t)": lambda p: p["y"][1] * np.exp(-p["t"]),
    "chi^2": lambda p: p["t"] * np.sum((p["y"] - 1) ** 2), "residual": lambda p: p["t"] ** 1.5 * (p["y"][0] - 1),
}  # fmt: skip


def draws(rng: np.random.Generator, n: int, kT: float = 1.0) -> Start:
    """Exact: at kT the law of t is Gamma(A/kT, 1/kT), as the data's normaliser is t^-1 at any kT."""
    t = rng.gamma(A / kT, kT, n)
    return {"t": t, "y": 1 + np.sqrt(kT / t)[:, None] * rng.normal(size=(n, 2))}


def exact(kT: float = 1.0) -> dict[str, float]:
    k = A / kT
    low = (1 + kT) ** -k
    return {"mean": A, "log t": special.digamma(k) + np.log(kT), "exp(-t)": low, "t exp(-t)": A / (1 + kT) * low, "datum": 1.0, "y exp(-t)": low,
            "chi^2": 2 * kT, "residual": 0.0}  # fmt: skip


def zs(x: np.ndarray, want: float) -> float:
    """Student's t of the means of independent units."""
    m = x.reshape(len(x), -1).mean(1)
    return float((m.mean() - want) / (m.std(ddof=1) / np.sqrt(len(m))))


FIXED: dict[str, Any] = {"warmup": 0, "progress": False}
CHAINS = 200
LENGTH = {"HMC": 1000, "MALA": 1000, "RiemannianHMC": 150}
SINGLE: dict[str, Any] = {
    "NUTS": erg.NUTS(step_size=0.6), "HMC": erg.HMC(steps=2, step_size=0.6), "MALA": erg.MALA(step_size=0.8),
    "RandomWalk": erg.RandomWalk(step_size=0.7, steps=5), "Slice": erg.Slice(), "EllipticalSlice": erg.EllipticalSlice(2.0, mean=1.0, steps=5),
    "AdjustedMCLMC": erg.AdjustedMCLMC(step_size=1.0, length=2.0), "RiemannianHMC": erg.RiemannianHMC(steps=2, step_size=0.7),
    "Gibbs": erg.Gibbs({"t": erg.HMC(steps=2, step_size=0.6), "y": erg.MALA(step_size=0.8)}),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("kT", [1.0, 1.7])
def test_single_chains(name: str, kT: float) -> None:
    start = draws(np.random.default_rng(7), CHAINS, kT)
    length = LENGTH.get(name, 500)
    run = erg.sample(energy, SINGLE[name], space=SPACE, kT=kT, chains=CHAINS, draws=length, start=start, seed=5, observe=FUNCTIONS, **FIXED)
    check(name, {k: zs(run[k], want) for k, want in exact(kT).items()}, CHAINS, run.info["acceptance"].mean())


def check(name: str, off: dict[str, float], units: int, accepted: float = 1.0) -> None:
    worst = max(off, key=lambda k: abs(off[k]))
    print(f"{name:24s} accepted {accepted:.2f}  off {abs(off[worst]):4.1f} ({worst})")
    assert abs(off[worst]) < stats.t.isf(0.5e-6 / 300, units - 1), (name, off)


FLOCKS = {"StretchMove": erg.StretchMove(), "DifferentialEvolution": erg.DifferentialEvolution(noise=0.1, jump=0.3)}


@pytest.mark.parametrize("name", FLOCKS)
def test_flocks(name: str) -> None:
    """A flock is one unit: each temperature has one, and 60 temperatures agree to 1e-9."""
    rng, units, size = np.random.default_rng(3), 60, 8
    kT = 1 + 1e-11 * np.arange(units)
    start = draws(rng, units * size)
    run = erg.sample(energy, FLOCKS[name], space=SPACE, kT=kT, chains=size, draws=1000, start=start, seed=5, observe=FUNCTIONS, **FIXED)
    check(name, {k: zs(run[k], want) for k, want in exact().items()}, units, run.info["acceptance"].mean())


@pytest.mark.parametrize("swaps", ["deterministic", "random"])
def test_ladders(swaps: str) -> None:
    """All rungs keep their laws. Catches a swap that is accepted with the wrong difference of temperatures."""
    rng, kT = np.random.default_rng(4), [1.0, 1.5, 2.4]
    parts = [draws(rng, CHAINS, T) for T in kT]
    start = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    method = erg.ParallelTempering(kernel=erg.HMC(steps=2, step_size=0.6), swaps=swaps)
    run = erg.sample(energy, method, space=SPACE, kT=kT, chains=CHAINS, draws=300, start=start, seed=5, observe=FUNCTIONS, **FIXED)
    off = {f"{k} at {T}": zs(run[k][i], want) for i, T in enumerate(kT) for k, want in exact(T).items()}
    check(f"ParallelTempering {swaps}", off, CHAINS)


KAPPA, NOISE = 1.5, 0.7


def directed(p: Any) -> Any:
    """A direction x with the prior exp(KAPPA x_2), and a datum y ~ N(x, NOISE^2)."""
    return -KAPPA * p["x"][2] + 0.5 * np.sum((p["y"] - p["x"]) ** 2) / NOISE**2


def directions(rng: np.random.Generator, n: int) -> Start:
    w = 1 + np.log1p(-rng.random(n) * (1 - np.exp(-2 * KAPPA))) / KAPPA
    phi = 2 * np.pi * rng.random(n)
    s = np.sqrt(np.maximum(1 - w * w, 0))
    x = np.stack([s * np.cos(phi), s * np.sin(phi), w], axis=1)
    return {"x": x, "y": x + NOISE * rng.normal(size=(n, 3))}


GEODESIC = {"GeodesicNUTS": erg.GeodesicNUTS(step_size=0.6), "GeodesicHMC": erg.GeodesicHMC(steps=3, step_size=0.7)}


@pytest.mark.parametrize("name", GEODESIC)
def test_geodesics(name: str) -> None:
    rng = np.random.default_rng(9)
    mean = 1 / np.tanh(KAPPA) - 1 / KAPPA
    functions = {"x2": lambda p: p["x"][2], "x2^2": lambda p: p["x"][2] ** 2, "x0 y0": lambda p: p["x"][0] * p["y"][0], "y2": lambda p: p["y"][2],
                 "miss": lambda p: np.sum((p["y"] - p["x"]) ** 2), "length": lambda p: np.sum(p["x"] ** 2)}  # fmt: skip
    second = 1 - 2 * mean / KAPPA
    want = {"x2": mean, "x2^2": second, "x0 y0": (1 - second) / 2, "y2": mean, "miss": 3 * NOISE**2}
    space = {"x": erg.Sphere(3), "y": erg.Real(3)}
    start = directions(rng, CHAINS)
    run = erg.sample(directed, GEODESIC[name], space=space, chains=CHAINS, draws=500, start=start, seed=6, observe=functions, **FIXED)
    assert np.abs(run["length"] - 1).max() < 1e-9
    check(name, {k: zs(run[k], v) for k, v in want.items()}, CHAINS, run.info["acceptance"].mean())


def test_all_are_here() -> None:
    """Every exact kernel of the registry is in a table here, or has its matrices in core/sample/discrete_test.go, which counts them. Independence
    needs a proposal: it meets exact moments in test_learn_divergences.py."""
    found = {m["method"] for m in _door.info()["methods"] if m["verb"] == "sample" and m["system"] == "Density" and m["accuracy"] == "exact"}
    discrete = {"DiscreteGibbs", "LocallyInformed", "GibbsWithGradients"}
    assert found - discrete - {"Independence"} == {*SINGLE, *FLOCKS, *GEODESIC, "ParallelTempering", "SimulatedTempering"}
