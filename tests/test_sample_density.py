"""Sampling functions: exact moments of skewed targets, spaces, promises, bad input. Bounds: 4.9 standard errors, 1e-6 a test; seeds are fixed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg

METHODS = {
    "NUTS": erg.NUTS(), "dense": erg.NUTS(metric="dense"), "HMC": erg.HMC(steps=8), "MALA": erg.MALA(), "RandomWalk": erg.RandomWalk(steps=5),
}  # fmt: skip


def skewed(p: dict[str, Any]) -> Any:
    """Energy kT = 1: a ~ Gamma(3), b | a normal of mean a and variance 0.25 a, c in (0, 2) of density (3/8) c^2."""
    a, b, c = p["a"], p["b"], p["c"]
    return a - 2 * np.log(a) + np.sum((b - a) ** 2) / (0.5 * a) + 0.5 * np.log(a) - 2 * np.log(c)


SPACE = {"a": erg.Positive(), "b": erg.Real(1), "c": erg.Interval(0, 2)}


@pytest.mark.parametrize("name", METHODS)
def test_exact_moments(name: str) -> None:
    """Means and variances of a skewed target: E a = Var a = 3, E b = 3, Var b = 3 + 0.75, E c = 1.5. A temperature 30 % off is noticed."""
    draws = {"MALA": 30000, "RandomWalk": 6000}.get(name, 2000)

    def pulls(kT: float) -> dict[str, float]:
        moments = {"a2": lambda p: (p["a"] - 3) ** 2, "b2": lambda p: np.sum(p["b"] - 3) ** 2, "c2": lambda p: (p["c"] - 1.5) ** 2}
        run = erg.sample(skewed, METHODS[name], space=SPACE, kT=kT, draws=draws, warmup=800, seed=11, observe=moments, progress=False)
        exact = {"a": 3.0, "b": np.array([3.0]), "c": 1.5, "a2": 3.0, "b2": 3.75, "c2": 0.15}
        out = {}
        for k, want in exact.items():
            e = run.estimate(k)
            assert kT > 1 or np.min(run.summary([k])[k].ess_bulk) > 400, (k, name)
            out[k] = float(np.max(np.abs(np.asarray(e.value) - want) / np.asarray(e.se)))
        return out

    right = pulls(1.0)
    assert max(right.values()) < 4.9, right
    assert max(pulls(1.3).values()) > 4.9


@pytest.mark.parametrize(
    "space",
    [erg.Real(2, 2), erg.Positive(3), erg.Interval(-1, 3, 2), erg.Simplex(1), erg.Simplex(4), erg.Simplex(4, map="softmax"), erg.Ordered(4),
     erg.PositiveDefinite(3), erg.CorrCholesky(4), erg.PositiveOrdered(4), erg.Interval(2, np.inf, 3), erg.Interval(-np.inf, 1, 2),
     erg.Interval(0, [1, 5]), erg.Simplex(3, rows=2), erg.Simplex(3, "softmax", (2, 2))],
)
def test_spaces(space: Any) -> None:
    """log|dx/dz| against the determinant of the Jacobian on the free entries; back is the inverse; points lie in the space."""
    z = np.random.default_rng(1).normal(size=space.size)
    x, log = erg.compile(space.to)(z)
    assert x.shape == space.shape
    np.testing.assert_allclose(space.back(x), z, atol=1e-12)
    if space.size:
        J = erg.jacobian(lambda z: space.to(z)[0])(z).reshape(-1, space.size)
        simplex = np.arange(len(J)).reshape(-1, space.shape[-1])[:, :-1].ravel()
        free = {"Simplex": simplex, "PositiveDefinite": _triangle(space.shape[0], 0), "CorrCholesky": _triangle(space.shape[0], -1)}
        rows = J[list(free.get(type(space).__name__, range(len(J))))]
        np.testing.assert_allclose(log, np.linalg.slogdet(rows)[1], atol=1e-10)
    if isinstance(space, erg.Simplex):
        assert (abs(x.sum(-1) - 1) < 1e-12).all() and (x > 0).all()
    far = erg.compile(space.to)(np.full(space.size, -60.0))
    assert np.isfinite(far[0]).all() and np.isfinite(far[1])


def _triangle(n: int, k: int) -> list[int]:
    i, j = np.tril_indices(n, k)
    return (i * n + j).tolist()


def test_uniform_on_spaces() -> None:
    """No energy: the flat density, whose moments are known. Catches a Jacobian that is left out."""
    run = erg.sample(lambda p: 0.0 * np.sum(p["s"]) + 0.0 * np.sum(p["L"]), space={"s": erg.Simplex(3), "L": erg.CorrCholesky(2)}, draws=2000, seed=2,
                     observe={"s2": lambda p: p["s"] ** 2, "r2": lambda p: p["L"][1, 0] ** 2}, progress=False)  # fmt: skip
    for name, want in (("s", 1 / 3), ("s2", 1 / 6), ("r2", 1 / 3)):
        e = run.estimate(name)
        assert (np.abs(e.value - want) < 4.9 * np.asarray(e.se)).all(), name


def test_promises(tmp_path: Path) -> None:
    """The same seed and bits for threads and executors; kT as a leading axis; checkpoints; going on; saving."""
    f: Callable[[Any], Any] = lambda x: np.sum(x**4 - x)
    ask: dict[str, Any] = {"space": erg.Real(3), "draws": 50, "warmup": 100, "progress": False}
    a = erg.sample(f, seed=1, threads=1, **ask)
    for threads in (2, 3):
        assert (erg.sample(f, seed=1, threads=threads, **ask)["x"] == a["x"]).all()
    assert (erg.sample(f, seed=2, **ask)["x"] != a["x"]).any()
    assert (erg.sample(f, seed=1, **{**ask, "draws": 20})["x"] == a["x"][:, :20]).all()  # warm-up does not depend on draws
    scan = erg.sample(f, kT=[1.0, 2.0], seed=1, **ask)
    assert scan["x"].shape == (2, 4, 50, 3) and scan.dims["x"] == ("kT", "chain", "draw", "x_dim_0") and (scan["x"][0] == a["x"]).all()
    thin = erg.sample(f, seed=1, every=5, **{**ask, "draws": 10})
    assert (thin["x"] == a["x"][:, 4::5]).all()
    path = tmp_path / "c.ckpt"
    assert (erg.sample(f, seed=1, checkpoint=path, **ask)["x"] == a["x"]).all()
    assert (erg.sample(f, seed=1, checkpoint=path, **ask)["x"] == a["x"]).all()  # it was finished
    on = erg.sample(f, start=a, seed=3, **{**ask, "warmup": None})
    assert on.info["warmup"] == 0 and np.isfinite(on["x"]).all()
    a.save(tmp_path / "run.arrow")
    assert (erg.load(tmp_path / "run.arrow")["x"] == a["x"]).all()
    job = erg.sample(f, seed=1, wait=False, **ask)
    assert (job.result()["x"] == a["x"]).all()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(2) as pool:
        assert (erg.sample(f, seed=1, executor=pool, **ask)["x"] == a["x"]).all()


def test_start_and_names() -> None:
    space = {"mu": erg.Real(), "w": erg.Simplex(3)}
    f = erg.LogDensity(lambda p: -(p["mu"] ** 2) + np.sum(np.log(p["w"])))
    one = {"mu": 0.5, "w": np.array([0.2, 0.3, 0.5])}
    names = ["mu", "steps", "depth", "log_density", "acceptance"]
    run = erg.sample(f, space=space, draws=5, warmup=0, chains=2, start=one, seed=1, progress=False, observe=names)
    assert list(run) == names and run["mu"].shape == (2, 5)
    each = {"mu": np.array([0.5, 1.0]), "w": np.tile(one["w"], (2, 1))}
    again = erg.sample(f, space=space, draws=5, warmup=0, chains=2, start=each, seed=1, progress=False)
    assert (again["mu"][0] == run["mu"][0]).all() and (again["mu"][1] != run["mu"][1]).any()
    captured = np.arange(3.0)
    g = lambda x: np.sum((x - captured) ** 2)
    run = erg.sample(g, space=erg.Real(3), draws=400, seed=1, progress=False)
    assert np.abs(run["x"].mean((0, 1)) - captured).max() < 0.3


def test_bad_input() -> None:
    f = lambda x: np.sum(x**2)
    R = erg.Real(2)
    for call, match in [
        (lambda: erg.sample(f), "space=erg.Real"), (lambda: erg.sample(f, space=3), "expected a space"),
        (lambda: erg.sample(f, space={}), "no space"),
        (lambda: erg.sample(f, space={"a": 1.0}), "expected spaces|no space"), (lambda: erg.sample(f, space=R, sweeps=10), "Try draws=10"),
        (lambda: erg.sample(f, space=R, draws=0), "at least 1"), (lambda: erg.sample(lambda x: x, space=R), "real scalar"),
        (lambda: erg.sample(lambda x: "a", space=R), "real scalar"), (lambda: erg.sample(lambda x: np.sum(x) * 1j, space=R), "real scalar"),
        (lambda: erg.sample(f, erg.Wolff(), space=R), "there are: .*HMC, .*MALA, .*NUTS"), (lambda: erg.sample(f, space=R, kT=0.0), "above 0"),
        (lambda: erg.sample(f, space=R, start=np.zeros(3)), "expected one configuration"), (lambda: erg.sample(f, space=R, start="middle"), "start"),
        (lambda: erg.sample(f, space=R, observe=["y"]), "one of"), (lambda: erg.sample(f, space=R, observe={"x": f}), "two quantities"),
        (lambda: erg.sample(lambda x: np.sum(np.log(x)) - np.inf, space=R), "zero or not finite"),
        (lambda: erg.sample(lambda x: np.where(x[0] > 0, np.inf, 0.0), space=R, start=np.ones(2)), "zero or not finite"),
        (lambda: erg.sample(f, erg.NUTS(target_accept=1.5), space=R), r"\(0, 1\)"), (lambda: erg.NUTS(metric="full"), "expected one of"),
        (lambda: erg.sample(erg.lattice.Ising((4, 4)), space=R), "space"), (lambda: erg.sample(erg.lattice.Ising((4, 4)), draws=3), "sweeps"),
        (lambda: erg.Interval(2, 1), "low below high"), (lambda: erg.Real(-1), "at least 0"), (lambda: erg.LogDensity(3), "expected a function"),
        (lambda: erg.Positive(1).back(np.array([-1.0])), "above 0"), (lambda: erg.Simplex(2).back(np.array([0.5, 0.6])), "sum 1"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()


def test_nonfinite_is_counted() -> None:
    """NaN is an error of the density that is counted and located; +inf is zero probability."""
    run = erg.sample(lambda x: np.sum(np.sqrt(x)) + np.sum(x), erg.RandomWalk(), space=erg.Real(1), draws=200, seed=1, progress=False)
    assert (run["x"] >= 0).all() and run.info["undefined"].sum() > 0
    wall = erg.sample(lambda x: np.where(x[0] > 0, np.sum(x), np.inf), erg.RandomWalk(), space=erg.Real(1), draws=200, seed=1, progress=False)
    assert (wall["x"] > 0).all() and wall.info["outside"].sum() > 0 and wall.info["undefined"].sum() == 0


def test_funnel_warns() -> None:
    """Where sampling must fail the run says so: divergences in a funnel."""
    funnel = lambda x: x[0] ** 2 / 18 + np.sum(x[1:] ** 2) * np.exp(-x[0]) / 2 + 4.5 * x[0]
    run = erg.sample(funnel, space=erg.Real(10), draws=500, seed=1, progress=False)
    assert run.info["divergences"].sum() > 0 and any("diverg" in w for w in run.summary().warnings)
