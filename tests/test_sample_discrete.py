"""Samplers of integers: enumeration. Bounds: 4.9 standard errors, 1e-6 a test; the matrices of the kernels are exact in core/sample."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import chi2

import ergodica as erg

METHODS = [erg.DiscreteGibbs(), erg.LocallyInformed(), erg.LocallyInformed(balancing="sqrt"), erg.GibbsWithGradients()]
h = 0.5 * np.arange(6.0).reshape(2, 3) - 1.0


def ising(x: Any) -> Any:
    """2 x 3 spins with unequal fields, in zeros and ones."""
    s = 2 * x - 1
    return -np.sum(h * s) - 0.6 * np.sum(s[0] * s[1]) + 0.4 * np.sum(s[:, 1:] * s[:, :-1])


def draw(f: Any, space: Any, method: Any = None, draws: int = 4000, **o: Any) -> Any:
    return erg.sample(f, method, space=space, draws=draws, warmup=100, progress=False, **{"seed": 5, **o})


def fits(run: Any, states: np.ndarray, energies: np.ndarray, kT: float) -> None:
    """Chi-square of all states on draws thinned to the least effective number, and every mean and product."""
    p = np.exp(-(energies - energies.min()) / kT)
    p /= p.sum()
    x = run["x"].reshape(*run["x"].shape[:2], -1)
    states = states.reshape(len(states), -1)
    for name, values in (("x", states), ("xx", states[:, :-1] * states[:, 1:])):
        e = run.estimate(name)
        pull = np.abs(np.asarray(e.value).reshape(-1) - p @ values) / np.asarray(e.se).reshape(-1)
        assert pull.max() < 4.9, (name, pull)
    radix = np.cumprod([1, *(states.max(0) - states.min(0) + 1)[:-1]])
    code = lambda y: ((y - states.min(0)) @ radix).astype(int)
    thin = int(np.ceil(2 * x.shape[0] * x.shape[1] * np.max(np.asarray(run.estimate("x").se).reshape(-1) ** 2 / x.var((0, 1)))))
    seen = np.bincount(code(x[:, ::thin].reshape(-1, x.shape[-1])), minlength=len(states))
    expected = np.empty(len(states))
    expected[code(states)] = p * seen.sum()
    rare = expected < 5
    observed, wanted = np.append(seen[~rare], seen[rare].sum()), np.append(expected[~rare], expected[rare].sum())
    keep = wanted > 0
    assert ((observed - wanted)[keep] ** 2 / wanted[keep]).sum() < chi2.isf(1e-6, keep.sum() - 1)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_ising(method: Any) -> None:
    """All 2^6 states; at kT = 1.5. Catches z in place of 2 z - 1, and an energy that is not divided by kT."""
    states = np.array(list(itertools.product([0.0, 1.0], repeat=6))).reshape(-1, 2, 3)
    run = draw(ising, erg.Binary(2, 3), method, kT=1.5, observe={"xx": lambda x: x.reshape(-1)[1:] * x.reshape(-1)[:-1]})
    fits(run, states, np.array([ising(x) for x in states]), 1.5)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_poissons(method: Any) -> None:
    """Two truncated Poisson counts that repel, on -1..7 with x = -1 forbidden: values that are not indices, and zero probabilities."""
    f = lambda x: np.where(np.min(x) < 0, np.inf, np.sum(gammaln(np.abs(x) + 1) - x * np.log([2.0, 3.5])) + 0.2 * x[0] * x[1])
    states = np.array(list(itertools.product(np.arange(-1.0, 8), repeat=2)))
    run = draw(f, erg.Integers(-1, 7, 2), method, draws=8000, observe={"xx": lambda x: x[1:] * x[:-1]})
    assert run["x"].min() == 0 and run["x"].dtype == np.float64
    with np.errstate(invalid="ignore"):
        fits(run, states, np.array([float(f(x)) for x in states]), 1.0)


def test_promises() -> None:
    """Bits for threads, for chains alone and for draws in parts; starts; dicts; the default; tempering over it."""
    space = {"a": erg.Binary(3), "b": erg.Integers(2, 6)}
    f = lambda p: p["b"] * np.sum(p["a"]) / 3 - p["a"][0] * p["b"] ** 2 / 9
    for method in [None, *METHODS]:
        a, b = draw(f, space, method, draws=50), draw(f, space, method, draws=50, threads=1)
        assert (a["a"] == b["a"]).all() and (a["b"] == b["b"]).all()
        assert set(np.unique(a["a"])) <= {0.0, 1.0} and set(np.unique(a["b"])) <= {2.0, 3.0, 4.0, 5.0, 6.0}
        assert (draw(f, space, method, draws=20)["b"] == a["b"][:, :20]).all()
        assert np.isfinite(draw(f, space, method, draws=5, start=a, seed=6)["energy"]).all()
    assert (draw(f, space, erg.DiscreteGibbs(), draws=50)["b"] == draw(f, space, draws=50)["b"]).all()
    start = draw(lambda x: 1e3 * np.sum((x - np.array([1, 0, 3])) ** 2), erg.Integers(0, 3, 3), draws=3, start=np.array([1, 0, 3]))
    assert (start["x"] == [1, 0, 3]).all()
    flat = erg.WangLandau(low=0, high=4, bins=5, kernel=erg.LocallyInformed(steps=2), final=1e-4)
    e = erg.sample(lambda x: np.sum(x), flat, space=erg.Binary(4), draws=2000, seed=1, progress=False).estimate("energy")
    assert abs(float(e.value) - 4 / (1 + np.e)) < 4.9 * float(e.se)
    assert draw(lambda x: np.sum(x), erg.Binary(0), draws=3)["x"].shape == (4, 3, 0)
    assert (draw(ising, erg.Integers(3, 3, 2, 3), draws=3)["x"] == 3).all()
    hot = erg.sample(ising, erg.ParallelTempering(), space=erg.Binary(2, 3), kT=[1.0, 2.0], draws=2000, warmup=100, seed=2, progress=False)
    states = np.array(list(itertools.product([0.0, 1.0], repeat=6))).reshape(-1, 2, 3)
    for k, kT in enumerate([1.0, 2.0]):
        p = np.exp(-np.array([ising(x) for x in states]) / kT)
        e = hot.estimate("x")
        assert (np.abs(np.asarray(e.value)[k] - np.einsum("a,aij->ij", p / p.sum(), states)) < 4.9 * np.asarray(e.se)[k]).all()


def test_no_gradient() -> None:
    """Energies whose gradient is not finite at a value: methods that do not need it draw on."""
    f = lambda x: -np.sqrt(x[0]) - np.sqrt(x[1])
    run = draw(f, erg.Integers(0, 2, 2), draws=2000)
    p = np.exp(np.sqrt(np.arange(3)))
    e = run.estimate("x")
    assert (np.abs(np.asarray(e.value) - p @ np.arange(3) / p.sum()) < 4.9 * np.asarray(e.se)).all()


def test_bad_input() -> None:
    f, B = lambda x: np.sum(x), erg.Binary(3)
    for call, match in [
        (lambda: erg.sample(f, erg.NUTS(), space=B), "NUTS does not follow .* integers; there are: Disc.*, Gibbs.*, LocallyInformed"),
        (lambda: erg.sample(lambda p: np.sum(p["b"]), erg.Gibbs({"b": erg.Slice()}), space={"b": B}), "does not follow"),
        (lambda: erg.sample(f, erg.GeodesicNUTS(), space=B), "GeodesicNUTS does not follow"),
        (lambda: erg.sample(f, erg.RandomWalk(), space=B), "does not follow"),
        (lambda: erg.sample(f, erg.StretchMove(), space=B, sweeps=10), "."),
        (lambda: erg.sample(f, erg.DiscreteGibbs(), space=erg.Real(3)), "erg.Binary and erg.Integers alone"),
        (lambda: erg.sample(f, erg.GibbsWithGradients(), space=erg.Sphere(3)), "does not follow .* sphere"),
        (lambda: erg.simulate(f, space=B, time=1.0), "simulate moves x itself"),
        (lambda: erg.sample(erg.black_box(lambda x: x[:, 0], lambda x: x), space=B), "without a geometry"),
        (lambda: draw(f, B, draws=20).ksd(), "without a geometry"),
        (lambda: erg.sample(f, erg.SMC(), space=B, draws=10), "no reference distribution on the space integers"),
        (lambda: erg.sample(f, space=B, start=np.full(3, 0.5)), "whole numbers from 0 to 1"),
        (lambda: erg.sample(f, space=B, start=np.full(3, np.nan)), "whole numbers"),
        (lambda: erg.sample(f, space=B, start=np.full(3, 2)), "whole numbers"),
        (lambda: erg.sample(f, space=B, start=np.zeros(2)), "expected one"),
        (lambda: erg.sample(lambda x: np.nan * np.sum(x), space=B), "all values equally likely"),
        (lambda: erg.Integers(3, 2), "at least 3"),
        (lambda: erg.Integers(0, 1 << 20), "at most 1048575"),
        (lambda: erg.Integers(0.5, 2), "."),
        (lambda: erg.Binary(-1), "at least 0"),
        (lambda: erg.LocallyInformed(balancing="max"), "expected one of"),
        (lambda: erg.DiscreteGibbs(sweeps=0), "."),
    ]:
        with pytest.raises(erg.Error, match=match):
            call()
    with pytest.raises(erg.Error, match="real scalar"):
        erg.sample(lambda x: x, space=B)
    assert erg.Integers(0, 1, 3) != B and repr(B) == "Binary(3)" and repr(erg.Integers(-1, 4)) == "Integers(-1, 4)"
