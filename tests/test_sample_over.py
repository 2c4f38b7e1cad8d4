"""Methods over the ensembles of any system: exact means, evidences and densities of states. Bounds: 4.9 standard errors; seeds are fixed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ergodica as erg

MAGNET = erg.lattice.Ising((4, 4), h=0.15)


def wells(x: Any) -> Any:
    """Two wells of unequal depth and width, skewed."""
    return 6 * (x[0] ** 2 - 1) ** 2 + 0.7 * x[0] + (1 + 0.5 * np.tanh(x[0])) * x[1] ** 2 + 0.5 * (x[1] - x[2]) ** 2


def by_quadrature(kT: float) -> tuple[float, float]:
    """log Z and E x_0 of ``wells``: the other coordinates are Gaussian given the first."""
    x = np.linspace(-4, 4, 20001)
    w = np.exp(-(6 * (x**2 - 1) ** 2 + 0.7 * x) / kT) * np.sqrt(np.pi * kT / (1 + 0.5 * np.tanh(x))) * np.sqrt(2 * np.pi * kT)
    return float(np.log(w.sum() * (x[1] - x[0]))), float((w * x).sum() / w.sum())


def pull(estimate: Any, exact: Any) -> Any:
    """Deviations in standard errors."""
    return (np.asarray(estimate.value) - exact) / np.asarray(estimate.se)


@pytest.mark.parametrize("kernel", [erg.HMC(steps=8), erg.MALA(), erg.RandomWalk(steps=5), erg.NUTS()], ids=repr)
def test_tempering_of_wells(kernel: erg.Method) -> None:
    """The mean at every rung; the coldest alone stays in the well it began in. Catches swaps that keep the gradient or u of the old rung."""
    kT = [0.25, 0.6, 1.5, 4.0]
    asked: Any = {"space": erg.Real(3), "warmup": 500, "seed": 3, "observe": {"left": lambda x: x[0]}, "progress": False}
    run = erg.sample(wells, erg.ParallelTempering(kernel=kernel), kT=kT, draws=3000, **asked)
    e = run.estimate("left")
    assert np.abs(pull(e, [by_quadrature(t)[1] for t in kT])).max() < 4.9
    assert np.max(np.asarray(e.se)[:2]) < 0.05
    alone = erg.sample(wells, kernel, kT=0.25, draws=1000, **asked)
    assert np.max(np.abs(alone["left"].mean(axis=1) - by_quadrature(0.25)[1])) > 0.3


def test_tempering_of_spins() -> None:
    """Every rung of a ladder that was placed by warm-up meets enumeration at the temperature that the run says; swaps are recorded."""
    run = erg.sample(MAGNET, erg.ParallelTempering(adapt=True), kT=[1.0, 1.2, 2.0, 6.0], sweeps=4000, warmup=600, seed=5, progress=False,
                     observe=["energy", "magnetization", "replica"])  # fmt: skip
    assert run.kT[0] == 1.0 and run.kT[3] == 6.0 and 1.2 < run.kT[1] < run.kT[2] < 6.0
    exact = erg.solve(MAGNET, kT=run.kT.tolist(), observe=["energy", "magnetization"])
    for name in exact:
        assert np.abs(pull(run.estimate(name), exact[name])).max() < 4.9, name
    assert sorted(run["replica"][:, 0, -1].tolist()) == [0, 1, 2, 3]
    assert np.nanstd(run.info["swap_acceptance"][:, 0]) < 0.1 and (run.info["round_trips"] > 10).all()


def test_ladders_that_are_refused() -> None:
    for kT in (1.0, [1.0], [1.0, 1.0], [0.0, 1.0]):
        with pytest.raises(erg.SpecError, match="kT"):
            erg.sample(MAGNET, erg.ParallelTempering(), kT=kT, sweeps=10)
