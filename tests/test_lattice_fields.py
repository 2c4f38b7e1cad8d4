"""Fields on lattices: exact answers, integrators and kernels against each other, conventions, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ergodica as erg

HAMILTONIAN = ("leapfrog", "omelyan", "omelyan4")


def agree(run: Any, exact: Any, names: list[str], least: float = 100) -> None:
    """Means within 4.9 standard errors, of at least so many effective draws."""
    for n in names:
        x = run[n].reshape(*run[n].shape[:2], -1)
        found = erg.stats.series.describe(np.ascontiguousarray(np.moveaxis(x, -1, 0)))
        off = np.abs(found["mean"] - np.ravel(exact[n])) / found["se"]
        assert off.max() < 4.9, (n, off.max(), found["mean"], exact[n])
        assert found["ess_bulk"].min() > least, (n, found["ess_bulk"])


FREE = erg.lattice.Phi4((4, 6), mass2=0.5, h=0.2)
FREE_NAMES = ["energy", "magnetization", "magnetization^2", "phi^2", "kinetic", "correlator"]


@pytest.mark.parametrize("method", [*(erg.HMC(steps=6, integrator=i) for i in HAMILTONIAN), erg.HMC(metric="low_rank"), erg.NUTS()], ids=repr)
def test_free_field(method: Any) -> None:
    """Against the plane waves; catches h of the wrong sign, a bond counted twice, kT left out of a kick."""
    exact = erg.solve(FREE, kT=0.8)
    run = erg.sample(FREE, method, kT=0.8, sweeps=2000, warmup=500, seed=3, observe=FREE_NAMES, progress=False)
    agree(run, exact, FREE_NAMES)


def pair(mass2: float, lam: float, h: float, kT: float) -> dict[str, float]:
    """Two sites with one bond, by quadrature."""
    x, w = np.polynomial.legendre.leggauss(400)
    x, w = 6 * x, 6 * w
    a, b = np.meshgrid(x, x)
    one = lambda p: mass2 * p**2 / 2 + lam * p**4 / 4 - h * p
    S = (a - b) ** 2 / 2 + one(a) + one(b)
    p = np.exp(-S / kT) * np.outer(w, w)
    p /= p.sum()
    m = (a + b) / 2
    return {"energy": (p * S).sum(), "magnetization": (p * m).sum(), "magnetization^2": (p * m**2).sum(), "magnetization^4": (p * m**4).sum(),
            "phi^4": (p * (a**4 + b**4)).sum() / 2, "kinetic": (p * (a - b) ** 2).sum() / 4}  # fmt: skip


@pytest.mark.parametrize("method", [erg.HMC(steps=5), erg.HMC(steps=3, integrator="omelyan"), erg.NUTS(), erg.MALA()], ids=repr)
def test_quartic_pair(method: Any) -> None:
    """A double well with a field, so that nothing is symmetric; an open axis of two sites has one bond."""
    exact = pair(-1.5, 1.2, 0.15, 1.3)
    for lattice in ({"lattice": (2,), "periodic": False}, {"lattice": [[0, 1]]}):
        model = erg.lattice.Phi4(mass2=-1.5, lam=1.2, h=0.15, **lattice)
        run = erg.sample(model, method, kT=1.3, sweeps=6000, warmup=500, seed=5, observe=list(exact), progress=False)
        agree(run, exact, list(exact))


MODELS = {"Phi4": (erg.lattice.Phi4((4, 5), mass2=-1.0, lam=1.0, h=0.2), (4, 5))}


def starts(name: str, n: int) -> np.ndarray:
    """Configurations that are not special."""
    return 0.7 * np.random.default_rng(1).normal(size=(n, *MODELS[name][1]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integrator, order", [("leapfrog", 2), ("omelyan", 2), ("omelyan4", 4)])
def test_order(name: str, integrator: str, order: int) -> None:
    """dH of trajectories of one length grows as dt^order; the same chains have the same momenta at every dt."""
    size = []
    for steps in (4, 8):
        method = erg.HMC(steps=steps, step_size=0.4 / steps, jitter=0.0, integrator=integrator)
        run = erg.sample(MODELS[name][0], method, sweeps=1, warmup=0, chains=64, start=starts(name, 64), seed=2, observe="dH", progress=False)
        size.append(np.sqrt(np.mean(run["dH"] ** 2)))
    assert abs(np.log2(size[0] / size[1]) - order) < 0.1 * order, size


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integrator", HAMILTONIAN)
def test_exponential_of_dH(name: str, integrator: str) -> None:
    """<exp(-dH)> = 1 in equilibrium: the flow keeps volume and can be turned back. Catches an acceptance that sees another energy than the forces."""
    method = erg.HMC(steps=4, integrator=integrator, target_accept=0.7)
    run = erg.sample(MODELS[name][0], method, sweeps=1500, warmup=500, seed=4, observe=["exp(-dH)", "dH"], progress=False)
    agree(run, {"exp(-dH)": 1.0}, ["exp(-dH)"])


def test_refusals() -> None:
    """Numbers that no field can have, and names that there are not."""
    for bad in (lambda: erg.lattice.Phi4((4, 4), lam=-1.0), lambda: erg.lattice.Phi4((4, 4), mass2=np.nan), lambda: erg.lattice.Phi4((0, 4)),
                lambda: erg.sample(erg.lattice.Phi4((4, 4), mass2=-1.0), sweeps=2, progress=False),
                lambda: erg.sample(FREE, erg.Wolff(), sweeps=2, progress=False), lambda: erg.sample(FREE, observe="spin", sweeps=2, progress=False),
                lambda: erg.sample(FREE, start=np.zeros((3, 6)), sweeps=2, progress=False),
                lambda: erg.sample(FREE, kT=0.0, sweeps=2, progress=False),
                lambda: erg.sample(FREE, start=np.full((4, 6), np.nan), sweeps=2, progress=False),
                lambda: erg.solve(erg.lattice.Phi4((4, 4), lam=1.0)), lambda: erg.solve(erg.lattice.Phi4([[0, 1]])),
                lambda: erg.HMC(integrator="euler")):  # fmt: skip
        with pytest.raises(erg.Error):
            bad()
