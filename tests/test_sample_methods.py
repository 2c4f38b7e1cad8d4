"""Every registered method of single chains on densities whose moments are known, through the public API: a table, printed with ``-s``.

Densities are skewed, as symmetric ones hide errors of sign. Exact means within 4.9 standard errors, of at least 100 effective draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica import _door

R = 0.8 ** np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
P = np.linalg.inv(R)
CENTRE = np.arange(10.0)

Case = tuple[Callable[[Any], Any], Any, dict[str, Callable[[Any], Any]], dict[str, Any]]
"""Energy, space, functions of x and their exact means."""

DENSITIES: dict[str, Case] = {
    # x^2 exp(-2x), sampled in log x
    "gamma": (lambda x: np.sum(2 * x - 2 * np.log(x)), erg.Positive(2), {"m": lambda x: x + 0.0, "x2": lambda x: x**2, "log": np.log},
              {"m": 1.5, "x2": 3.0, "log": 0.2296371545}),  # log: digamma(3) - log 2
    # x0 ~ N(1, 1), x1 ~ N(x0^2, 1/2)
    "banana": (lambda x: 0.5 * (x[0] - 1) ** 2 + 2 * (x[1] - x[0] ** 2) ** 2, erg.Real(2),
               {"x0": lambda x: x[0], "x1": lambda x: x[1], "x0x1": lambda x: x[0] * x[1]}, {"x0": 1.0, "x1": 2.0, "x0x1": 4.0}),
    "correlated": (lambda x: 0.5 * (x - CENTRE) @ (P @ (x - CENTRE)), erg.Real(10),
                   {"m": lambda x: x + 0.0, "x2": lambda x: x**2, "x0x1": lambda x: x[0] * x[1]}, {"m": CENTRE, "x2": CENTRE**2 + 1, "x0x1": 0.8}),
    # a density with a jump: 3 to 1 below and above 1/2, in each of two coordinates
    "jump": (lambda x: np.sum(np.where(x < 0.5, 0.0, np.log(3.0))), erg.Interval(0, 1, 2), {"m": lambda x: x + 0.0, "x2": lambda x: x**2},
             {"m": 0.375, "x2": 0.75 / 12 + 0.25 * (1 - 0.125) / 1.5}),
}  # fmt: skip

METHODS: dict[str, Callable[[int], Any]] = {
    "NUTS": lambda n: erg.NUTS(),
    "HMC": lambda n: erg.HMC(),
    "MALA": lambda n: erg.MALA(),
    "RandomWalk": lambda n: erg.RandomWalk(),
    "Slice": lambda n: erg.Slice(),
    "EllipticalSlice": lambda n: erg.EllipticalSlice(R * 2 if n == 10 else 1.0, mean=CENTRE + 0.5 if n == 10 else 0.5, steps=5),
    "AdjustedMCLMC": lambda n: erg.AdjustedMCLMC(),
    "MCLMC": lambda n: erg.MCLMC(),
    "RiemannianHMC": lambda n: erg.RiemannianHMC(),
    "Gibbs": lambda n: erg.Gibbs({"x": erg.NUTS()}),
}


def singles() -> list[str]:
    """Methods that move one chain each at a density, as the registry has them."""
    from ergodica._fit import types

    known = types()
    lines = [m for m in _door.info()["methods"] if m["verb"] == "sample" and m["system"] == "Density"]
    shared = lambda c: getattr(c, "staged", False) or getattr(c, "unit", "") == "all" or "kernel" in vars(c) or c.__name__.startswith("Geodesic")
    own = lambda name: name == "Gibbs" or not shared(known[name])
    return [m["method"] for m in lines if own(m["method"])]


def of(f: Callable[[Any], Any], named: bool) -> Callable[[Any], Any]:
    """f of x, or of a dict with x in it."""
    return (lambda p: f(p["x"])) if named else lambda x: f(x)


DRAWS = {"EllipticalSlice": 20000, "MALA": 10000, "Slice": 5000, "RiemannianHMC": 500}
WARMUP = {"RiemannianHMC": 300}
VALUES_ALONE = ("RandomWalk", "Slice", "EllipticalSlice")
"""Of these the density with a jump is asked: where steps adapt along slopes they shrink at it."""


@pytest.mark.parametrize("method", sorted(METHODS))
def test_exact_means(method: str) -> None:
    """Catches a Jacobian or an acceptance that is off: kT by 5 %, a proposal's asymmetry. MCLMC keeps its bias below 5 % of a standard deviation."""
    for name, (energy, space, functions, want) in DENSITIES.items():
        if name == "jump" and method not in VALUES_ALONE:
            continue
        draws, named = DRAWS.get(method, 2000), method == "Gibbs"
        run = erg.sample(of(energy, named), METHODS[method](space.size), space={"x": space} if named else space, draws=draws, seed=3, progress=False,
                         warmup=WARMUP.get(method, 1000), observe={k: of(f, named) for k, f in functions.items()})  # fmt: skip
        worst, least = 0.0, np.inf
        for k, exact in want.items():
            x = np.ascontiguousarray(np.moveaxis(run[k].reshape(4, draws, -1), -1, 0))
            found = erg.stats.series.describe(x)
            least = min(least, float(found["ess_bulk"].min()))
            tolerance = found["se"] if method != "MCLMC" else np.hypot(found["se"], 0.05 * found["sd"] / 4.9)
            worst = max(worst, float((np.abs(found["mean"] - exact) / tolerance).max()))
        print(f"{method:16s} {name:11s} off {worst:4.1f}  least ess {least:6.0f}  evaluations {run.info['evaluations'].sum():9.0f}")
        assert least > 100, (name, least)
        assert worst < 4.9, (name, worst)


def test_all_are_here() -> None:
    """Every registered method of single chains of real numbers is in the table, but for the one that needs a proposal."""
    assert set(singles()) - {"DiscreteGibbs", "LocallyInformed", "GibbsWithGradients", "Independence"} == set(METHODS)


def quadratic(p: Any) -> Any:
    """Two parameters that are correlated."""
    return 0.5 * np.sum((p["z"] - p["mu"]) ** 2) + 0.5 * (p["mu"] - 1) ** 2 + p["tau"] - 2 * np.log(p["tau"])


SPACE = {"mu": erg.Real(), "tau": erg.Positive(), "z": erg.Real(3)}


def test_gibbs_blocks() -> None:
    """Blocks by names and by tuples of names, slopes beside values alone; exact means. Catches a block that sees old values of another."""
    for blocks in ({"mu": erg.NUTS(), "tau": erg.Slice(), "z": erg.HMC(steps=5)}, {("tau", "z"): erg.RandomWalk(), "mu": erg.Slice()}):
        run = erg.sample(quadratic, erg.Gibbs(blocks), space=SPACE, draws=4000, seed=1, progress=False,
                         observe={"mz": lambda p: p["mu"] * p["z"][0], "t": lambda p: p["tau"]})  # fmt: skip
        for name, want in (("mz", 2.0), ("t", 3.0)):
            e = run.estimate(name)
            assert abs(e.value - want) < 4.9 * e.se and e.se < 0.1


@pytest.mark.parametrize("method", sorted(METHODS))
def test_promises(method: str, tmp_path: Any) -> None:
    """Bits: of a seed, of threads, of a shorter run, of a run that was checkpointed."""
    kernel = METHODS[method](2)
    space = {"x": erg.Positive(2)} if method == "Gibbs" else erg.Positive(2)
    f = (lambda p: np.sum(p["x"] - np.log(p["x"]))) if method == "Gibbs" else lambda x: np.sum(x - np.log(x))
    ask: dict[str, Any] = {"space": space, "warmup": 60, "seed": 5, "progress": False, "chains": 3}
    a = erg.sample(f, kernel, draws=40, threads=1, **ask)["x"]
    assert (erg.sample(f, kernel, draws=40, threads=2, **ask)["x"] == a).all()
    assert (erg.sample(f, kernel, draws=15, **ask)["x"] == a[:, :15]).all()
    path = tmp_path / "c.ckpt"
    assert (erg.sample(f, kernel, draws=40, checkpoint=path, **ask)["x"] == a).all()
    run = erg.sample(f, kernel, draws=5, **ask)
    run.save(tmp_path / "r.arrow")
    assert (erg.load(tmp_path / "r.arrow")["x"] == run["x"]).all()


def test_bad_input() -> None:
    f = lambda x: np.sum(x**2)
    R = erg.Real(2)
    for call, match in [
        (lambda: erg.sample(f, erg.MCLMC(), space=erg.Real(1)), "one dimension"),
        (lambda: erg.sample(f, erg.AdjustedMCLMC(), space=erg.Real(1)), "one dimension"),
        (lambda: erg.sample(f, erg.EllipticalSlice(np.eye(3)), space=R), "covariance"),
        (lambda: erg.sample(f, erg.EllipticalSlice(-1.0), space=R), "above 0"),
        (lambda: erg.sample(f, erg.EllipticalSlice([[1.0, 2.0], [2.0, 1.0]]), space=R), "positive definite"),
        (lambda: erg.sample(f, erg.EllipticalSlice([[1.0, 0.5], [0.2, 1.0]]), space=R), "symmetric"),
        (lambda: erg.sample(f, erg.EllipticalSlice(mean=[1.0, 2.0, 3.0]), space=R), "mean"), (lambda: erg.Slice(width=0), r"\(0, inf\)"),
        (lambda: erg.Slice(lines="rows"), "expected one of"), (lambda: erg.Gibbs({}), "expected a dict"),
        (lambda: erg.Gibbs({"x": erg.NUTS}), "the class NUTS"),
        (lambda: erg.Gibbs({1: erg.NUTS()}), "names"), (lambda: erg.Gibbs({"x": erg.Gibbs({"x": erg.NUTS()})}), "single chains"),
        (lambda: erg.sample(quadratic, erg.Gibbs({"mu": erg.NUTS()}), space=SPACE), "'tau' is in no block"),
        (lambda: erg.sample(quadratic, erg.Gibbs({("mu", "tau", "z"): erg.NUTS(), "mu": erg.Slice()}), space=SPACE), "in two blocks"),
        (lambda: erg.sample(quadratic, erg.Gibbs({("mu", "tau", "z"): erg.NUTS(), "w": erg.Slice()}), space=SPACE), "no parameter 'w'"),
        (lambda: erg.sample(quadratic, erg.Gibbs({("tau", "z"): erg.NUTS(), "mu": erg.MCLMC()}), space=SPACE), "one dimension"),
        (lambda: erg.sample(erg.lattice.Ising((4, 4)), erg.Gibbs({"x": erg.NUTS()})), "Gibbs"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()
