"""Real numbers beside integers, by Gibbs over blocks: latent labels against closed forms. Bounds: 4.9 standard errors, 1e-6 a test."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import ergodica as erg

Y = np.array([-1.4, 0.3, 0.9, 1.8, 2.6])
WEIGHT = np.array([0.3, 0.5, 0.2])
PRIOR, SPREAD = np.array([-1.0, 1.0, 2.0]), 0.8
LABELS = np.array(list(itertools.product(range(3), repeat=5)), np.float64)
SPACE = {"mu": erg.Real(3), "z": erg.Integers(0, 2, 5)}


def mixture(p: Any) -> Any:
    """y_i ~ N(mu[z_i], 1), z_i ~ WEIGHT, mu ~ N(PRIOR, SPREAD^2)."""
    z = p["z"].astype(int)
    return 0.5 * np.sum((Y - p["mu"][z]) ** 2) - np.sum(np.take(np.log(WEIGHT), z)) + 0.5 * np.sum((p["mu"] - PRIOR) ** 2) / SPREAD**2


def exact(kT: float = 1.0) -> dict[str, Any]:
    """By enumeration of the labels, given which mu is Gaussian: precision n_k + 1/SPREAD^2."""
    one = LABELS[:, :, None] == np.arange(3)
    n, sums = one.sum(1), (one * Y[:, None]).sum(1)
    precision = n + 1 / SPREAD**2
    mean = (sums + PRIOR / SPREAD**2) / precision
    rest = 0.5 * (np.sum(Y**2) + np.sum(PRIOR**2) / SPREAD**2 - np.sum(precision * mean**2, 1)) - np.log(WEIGHT)[LABELS.astype(int)].sum(1)
    log = -rest / kT - 0.5 * np.log(precision).sum(1)
    p = np.exp(log - log.max())
    p /= p.sum()
    return {"is 2": p @ (LABELS == 2), "alike": p @ (LABELS[:, 1:] == LABELS[:, :-1]), "means": p @ mean, "cross": p @ (mean * n)}


FUNCTIONS = {
    "is 2": lambda p: p["z"] == 2.0, "alike": lambda p: p["z"][1:] == p["z"][:-1], "means": lambda p: p["mu"] + 0.0,
    "cross": lambda p: p["mu"] * np.sum(p["z"][:, None] == np.arange(3.0), axis=0),
}  # fmt: skip

PAIRS = [(erg.NUTS(), erg.DiscreteGibbs()), (erg.Slice(), erg.LocallyInformed(steps=4)), (erg.RandomWalk(), erg.GibbsWithGradients()),
         (erg.AdjustedMCLMC(), erg.LocallyInformed(steps=4, balancing="sqrt"))]  # fmt: skip


def meets(run: Any, want: dict[str, Any], at: tuple[int, ...] = ()) -> None:
    for name, x in want.items():
        e = run.estimate(name)
        pull = np.abs(np.asarray(e.value)[at] - x) / np.asarray(e.se)[at]
        assert pull.max() < 4.9 and np.max(np.asarray(e.se)[at]) < 0.12, (name, pull, e)


@pytest.mark.parametrize("real, whole", PAIRS, ids=repr)
@pytest.mark.parametrize("kT", [1.0, 1.6])
def test_latent_labels(real: Any, whole: Any, kT: float) -> None:
    """Catches labels that are drawn at old means, energies of neighbours that forget kT, slopes of the labels in the momenta."""
    method = erg.Gibbs({"mu": real, "z": whole})
    run = erg.sample(mixture, method, space=SPACE, kT=kT, draws=4000, warmup=300, seed=2, observe=FUNCTIONS, progress=False)
    meets(run, exact(kT))


def test_three_kinds() -> None:
    """Real x, whole z, bits b and a direction n. Nothing is named, so that kernels are found by space."""
    field = np.array([0.3, -0.2, 0.5])

    def energy(p: Any) -> Any:
        return 0.5 * np.sum((p["x"] - p["z"]) ** 2) + 0.4 * p["z"] - 0.8 * np.sum(p["b"]) * p["x"][0] - p["z"] * (p["n"] @ field)

    space = {"x": erg.Real(3), "z": erg.Integers(-1, 3), "b": erg.Binary(2), "n": erg.Sphere(3)}
    functions = {"m": lambda p: p["x"] + 0.0, "bits": lambda p: p["b"] + 0.0, "zz": lambda p: p["z"] + 0.0, "up": lambda p: p["n"] @ field}
    run = erg.sample(energy, space=space, draws=6000, warmup=300, seed=3, progress=False, observe=functions)
    z = np.arange(-1.0, 4.0)[:, None]
    k = np.arange(3.0)  # bits that are set, of weights 1, 2, 1; x_0 ~ N(z + 0.8 k, 1)
    size = np.linalg.norm(field)
    a = np.abs(z) * size
    with np.errstate(invalid="ignore", divide="ignore"):
        log_sphere = np.where(a == 0, 0.0, np.log(np.sinh(a) / a))
        along = np.where(a == 0, 0.0, (1 / np.tanh(a) - 1 / a)) * np.sign(z) * size
    w = np.exp(-0.4 * z + log_sphere + 0.5 * (z + 0.8 * k) ** 2 - 0.5 * z**2) * np.array([1.0, 2.0, 1.0])
    w /= w.sum()
    meets(run, {"m": np.array([np.sum(w * (z + 0.8 * k)), np.sum(w * z), np.sum(w * z)]), "bits": np.full(2, np.sum(w * k) / 2), "zz": np.sum(w * z),
                "up": np.sum(w * along)})  # fmt: skip
    assert np.abs(np.sum(run["n"] ** 2, axis=-1) - 1).max() < 1e-9
    assert set(np.unique(run["z"])) <= {-1.0, 0.0, 1.0, 2.0, 3.0}


def test_ladders_and_starts() -> None:
    """Tempering over Gibbs; all rungs exact; the promises."""
    method = erg.ParallelTempering(kernel=erg.Gibbs({"mu": erg.NUTS(), "z": erg.DiscreteGibbs()}))
    run = erg.sample(mixture, method, space=SPACE, kT=[1.0, 2.0], draws=2500, warmup=200, seed=4, observe=FUNCTIONS, progress=False)
    for k, kT in enumerate((1.0, 2.0)):
        meets(run, exact(kT), (k,))
    ask: dict[str, Any] = {"space": SPACE, "warmup": 30, "seed": 5, "progress": False, "chains": 3}
    a = erg.sample(mixture, draws=40, threads=1, **ask)
    for same in (None, erg.Gibbs({"mu": erg.NUTS(), "z": erg.DiscreteGibbs()})):
        other = erg.sample(mixture, same, draws=40, threads=2, **ask)
        assert (a["mu"] == other["mu"]).all() and (a["z"] == other["z"]).all()
    assert (erg.sample(mixture, draws=15, **ask)["z"] == a["z"][:, :15]).all()
    assert np.isfinite(erg.sample(mixture, draws=5, **ask | {"start": a, "seed": 6})["energy"]).all()
    fixed = erg.sample(mixture, draws=2, **ask | {"start": {"mu": np.zeros(3), "z": np.full(5, 2.0)}})
    assert fixed["mu"].shape == (3, 2, 3)


def test_slopes_that_are_not_finite() -> None:
    """A gradient with respect to an integer may be infinite where only real numbers move along slopes."""
    f = lambda p: -np.sqrt(p["z"]) + 0.5 * (p["x"] - p["z"]) ** 2
    run = erg.sample(f, space={"x": erg.Real(), "z": erg.Integers(0, 2)}, draws=3000, seed=1, progress=False, observe={"m": lambda p: p["x"] + 0.0})
    w = np.exp(np.sqrt(np.arange(3)))
    meets(run, {"m": w @ np.arange(3) / w.sum()})
    assert run.info["undefined"].sum() == 0


def test_refusals() -> None:
    f = lambda p: np.sum(p["x"] ** 2) + np.sum(p["z"])
    space = {"x": erg.Real(2), "z": erg.Binary(2)}
    for call, match in [
        (lambda: erg.sample(f, erg.NUTS(), space=space), "NUTS does not move both whole and real numbers(.|\n)*erg.Gibbs"),
        (lambda: erg.sample(f, erg.DiscreteGibbs(), space=space), "does not move both(.|\n)*erg.Gibbs"),
        (lambda: erg.sample(f, erg.GeodesicNUTS(), space=space), "does not move both(.|\n)*erg.Gibbs"),
        (lambda: erg.sample(f, erg.StretchMove(), space=space), "does not move both(.|\n)*erg.Gibbs"),
        (lambda: erg.sample(f, erg.SVGD(), space=space, draws=10), "both whole and real|geometry"),
        (lambda: erg.sample(f, erg.ParallelTempering(), space=space, kT=[1.0, 2.0]), "does not move both(.|\n)*erg.Gibbs"),
        (lambda: erg.sample(f, erg.NestedSampling(), space=space, draws=10), "both whole and real"),
        (lambda: erg.sample(f, erg.Gibbs({"x": erg.DiscreteGibbs(), "z": erg.DiscreteGibbs()}), space=space), "DiscreteGibbs does not .* real"),
        (lambda: erg.sample(f, erg.Gibbs({"x": erg.NUTS(), "z": erg.Slice()}), space=space), "Slice does not follow .* integers"),
        (lambda: erg.sample(f, erg.Gibbs({("x", "z"): erg.NUTS()}), space=space), "NUTS does not follow .* integers"),
        (lambda: erg.sample(f, erg.Gibbs({("x", "z"): erg.DiscreteGibbs()}), space=space), "DiscreteGibbs does not follow .* real numbers"),
        (lambda: erg.sample(f, space=space, start={"x": np.zeros(2), "z": np.full(2, 0.5)}), "whole numbers from 0 to 1"),
        (lambda: erg.simulate(f, space=space, time=1.0), "simulate moves x itself"),
        (lambda: erg.sample(erg.black_box(lambda p: p["z"][:, 0]), erg.RandomWalk(), space=space), "without a geometry"),
    ]:
        with pytest.raises(erg.Error, match=match):
            call()
