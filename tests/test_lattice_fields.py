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


@pytest.mark.parametrize("method", [erg.HMC(steps=3, integrator="omelyan"), erg.NUTS(), erg.HeatBath(order="random"), erg.OverRelaxation(2),
                                    erg.Metropolis(), erg.Metropolis(order="random", step=0.9)],
                         ids=repr)  # fmt: skip
def test_quartic_pair(method: Any) -> None:
    """A double well with a field, so that nothing is symmetric; an open axis of two sites has one bond."""
    exact = pair(-1.5, 1.2, 0.15, 1.3)
    for lattice in ({"lattice": (2,), "periodic": False}, {"lattice": [[0, 1]]}):
        model = erg.lattice.Phi4(mass2=-1.5, lam=1.2, h=0.15, **lattice)
        run = erg.sample(model, method, kT=1.3, sweeps=6000, warmup=500, seed=5, observe=list(exact), progress=False)
        agree(run, exact, list(exact))


MODELS: dict[str, Any] = {
    "Phi4": erg.lattice.Phi4((4, 5), mass2=-1.0, lam=1.0, h=0.2), "U1": erg.lattice.U1((4, 6), beta=1.5), "SU2": erg.lattice.SU2((4, 4), beta=2.5),
    "SU3": erg.lattice.SU3((4, 2), beta=4.0), "XY": erg.lattice.XY((4, 5), J=-0.9, h=[0.3, 0.2]),
    "Heisenberg": erg.lattice.Heisenberg((3, 4), J=np.linspace(-0.5, 1.5, 24), h=0.3), "Villain": erg.lattice.Villain((4, 5), K=0.8),
    "Dipoles": erg.lattice.Dipoles((2, 2, 3), h=[0.3, 0.0, -0.2], D=0.7, axes=(0.6, 0.0, 0.8)),
}  # fmt: skip


def starts(name: str) -> Any:
    """64 configurations of equilibrium."""
    return erg.sample(MODELS[name], erg.HMC(steps=5), sweeps=1, warmup=60, chains=64, seed=8, progress=False)


@pytest.mark.parametrize("name, kT", [("U1", 1.3), ("SU2", 0.8), ("SU3", 1.2)])
@pytest.mark.parametrize("method", [erg.HMC(steps=4, integrator="omelyan"), erg.HeatBath(), erg.OverRelaxation(2), erg.Metropolis()], ids=repr)
def test_gauge_theory_in_the_plane(name: str, kT: float, method: Any) -> None:
    """Against the character expansion. Catches a metric, a measure or a staple that is off, and beta taken twice by kT."""
    exact = erg.solve(MODELS[name], kT=kT)
    names = ["plaquette", "energy", *(["topological_charge^2"] if name == "U1" else [])]
    run = erg.sample(MODELS[name], method, kT=kT, sweeps=1500, warmup=300, seed=6, observe=names, progress=False)
    agree(run, exact, names)


@pytest.mark.parametrize("name", ["U1", "SU2", "SU3"])
def test_heat_bath_and_hmc_agree(name: str) -> None:
    """In three dimensions, where nothing is exact: loops and Polyakov loops of two algorithms that share no line of code but observables."""
    theory = getattr(erg.lattice, name)((4, 4, 4), beta={"U1": 1.5, "SU2": 3.0, "SU3": 7.0}[name])
    common: dict[str, Any] = {"warmup": 200, "seed": 7, "observe": ["plaquette", "wilson_loops", "|polyakov|"], "progress": False}
    methods = (erg.OverRelaxation(2), erg.HMC(steps=8, integrator="omelyan"))
    runs = [erg.sample(theory, m, sweeps=300, **common) for m in methods]
    for n in common["observe"]:
        a, b = (r.estimate(n) for r in runs)
        off = np.abs(np.asarray(a.value) - np.asarray(b.value)) / np.hypot(a.se, b.se)
        assert off.max() < 4.9, (n, a, b)


def test_strong_coupling_in_four_dimensions() -> None:
    """SU(3): <plaquette> = x + 3 x^2/2 + O(x^3) with x = beta/18."""
    theory = erg.lattice.SU3((4, 4, 4, 4), beta=0.9)
    run = erg.sample(theory, erg.HeatBath(), chains=1, sweeps=150, warmup=30, seed=1, observe="plaquette", progress=False)
    x = 0.9 / 18
    assert abs(run["plaquette"].mean() - (x + 1.5 * x**2)) < 4.9 * run.estimate("plaquette").se + 3 * x**3


def test_literature() -> None:
    """U(1) on 8x8, strong coupling of SU(3) and SU(2), limits."""
    exact = erg.solve(erg.lattice.U1((8, 8), beta=2.0))
    assert abs(exact["plaquette"] - 0.697775) < 1e-6 and abs(exact["topological_charge^2"] - 1.2393) < 5e-5
    exact = erg.solve(erg.lattice.U1((8, 8), beta=4.0))
    P = dict(zip(exact["charges"], exact["charge_distribution"], strict=True))
    assert abs(P[0] - 0.574421) < 1e-6 and abs(P[1] - 0.203480) < 1e-6 and abs(P[-1] - P[1]) < 1e-12
    for beta in (1e-2, 1e-3):
        assert abs(float(erg.solve(erg.lattice.SU3((6, 6), beta=beta))["plaquette"]) / (beta / 18 + beta**2 / 216) - 1) < beta**2
        assert abs(float(erg.solve(erg.lattice.SU2((6, 6), beta=beta))["plaquette"]) / (beta / 4) - 1) < beta**2
    assert float(erg.solve(erg.lattice.SU3((4, 4), beta=0.0))["plaquette"]) == pytest.approx(0.0, abs=1e-12)


def test_bessel_functions() -> None:
    """log Z of U(1) and SU(2) from SciPy's Bessel functions."""
    from scipy.special import ive

    for beta, V in ((0.7, 16), (30.0, 24)):
        shape = {16: (4, 4), 24: (4, 6)}[V]
        n = np.arange(-60, 61)
        assert float(erg.solve(erg.lattice.U1(shape, beta=beta))["log_z"]) == pytest.approx(np.log(np.sum(ive(n, beta) ** V)), rel=1e-12)
        n, exact = np.arange(1, 60), erg.solve(erg.lattice.SU2(shape, beta=beta))
        assert float(exact["log_z"]) == pytest.approx(np.log(np.sum((2 / beta * ive(n, beta)) ** V)), rel=1e-12)


def test_heat_capacities() -> None:
    """They are derivatives of energies."""
    for name in ("U1", "SU2", "SU3"):
        up, at, down = (erg.solve(MODELS[name], kT=kT) for kT in (1.3 + 1e-4, 1.3, 1.3 - 1e-4))
        assert float(up["energy"] - down["energy"]) / 2e-4 == pytest.approx(float(at["heat_capacity"]), rel=1e-6)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integrator, order", [("leapfrog", 2), ("omelyan", 2), ("omelyan4", 4)])
def test_order(name: str, integrator: str, order: int) -> None:
    """dH of trajectories of one length grows as dt^order; the same chains have the same momenta at every dt."""
    size = []
    begin = starts(name)
    for steps in (4, 8):
        method = erg.HMC(steps=steps, step_size=0.5 / steps, jitter=0.0, integrator=integrator)
        run = erg.sample(MODELS[name], method, sweeps=1, warmup=0, chains=64, start=begin, seed=2, observe="dH", progress=False)
        size.append(np.sqrt(np.mean(run["dH"] ** 2)))
    assert abs(np.log2(size[0] / size[1]) - order) < 0.1 * order, size


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integrator", HAMILTONIAN)
def test_exponential_of_dH(name: str, integrator: str) -> None:
    """<exp(-dH)> = 1 in equilibrium: the flow keeps volume and can be turned back. Catches an acceptance that sees another energy than the forces."""
    method = erg.HMC(steps=4, integrator=integrator, target_accept=0.7)
    run = erg.sample(MODELS[name], method, sweeps=1500, warmup=500, seed=4, observe=["exp(-dH)", "dH"], progress=False)
    agree(run, {"exp(-dH)": 1.0}, ["exp(-dH)"])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("integrator, stages", [("leapfrog", 1), ("omelyan", 2), ("omelyan4", 5)])
def test_forces_are_counted(name: str, integrator: str, stages: int) -> None:
    """As many as the trajectories have kicks at new places, whether a system moves by its own code or by gradients."""
    more = []
    for metric in ("unit", "diagonal"):
        method = erg.HMC(steps=3, step_size=0.1, integrator=integrator, metric=metric)
        one, two = (erg.sample(MODELS[name], method, sweeps=n, warmup=0, chains=2, seed=1, progress=False).info["evaluations"] for n in (5, 12))
        more.append(two - one)
    assert (np.array(more) == 7 * 3 * stages).all(), more


@pytest.mark.parametrize("model, kT", [(erg.lattice.XY((6, 6)), 0.8), (erg.lattice.XY((5, 4), J=np.linspace(-1.0, 1.5, 40), h=[0.2, -0.4]), 0.6),
                                       (erg.lattice.Heisenberg((4, 4, 4)), 1.6), (erg.lattice.Villain((4, 4), K=0.9), 1.0),
                                       (erg.lattice.ON(erg.lattice.triangular((4, 4)), n=4, J=-1.0, h=0.5), 0.4),
                                       (erg.lattice.Dipoles(erg.lattice.fcc(2), h=[0.3, 0.0, -0.2]), 0.9), (MODELS["Dipoles"], 0.6),
                                       (erg.lattice.LongRangeON((4, 3), erg.lattice.power_law((4, 3), 3.0, periodic=False), n=2, h=0.2), 1.5)],
                         ids=repr)  # fmt: skip
def test_spins_by_hmc_and_by_themselves(model: Any, kT: float) -> None:
    """Trajectories against heat baths: energies, magnetizations, and what some lattices have. Catches a field or bond that forces leave out where
    energies do not, a measure that is not uniform."""
    names = ["energy", "|magnetization|", "magnetization^4", "magnetization"]
    names += [n for n in ("helicity", "vortices") if np.shape(getattr(model, "lattice", ())) == (2,) and not np.any(getattr(model, "h", 0))]
    common: dict[str, Any] = {"kT": kT, "warmup": 300, "observe": names, "progress": False}
    runs = [erg.sample(model, m, sweeps=1500, seed=3 + k, **common) for k, m in enumerate((erg.HMC(steps=6, integrator="omelyan"), None))]
    for n in names:
        a, b = (r.estimate(n) for r in runs)
        off = np.abs(np.asarray(a.value) - np.asarray(b.value)) / np.hypot(a.se, b.se)
        assert np.max(off) < 4.9, (n, a, b)


@pytest.mark.parametrize("kernel", [None, erg.HMC(steps=5)], ids=repr)
def test_free_energy_of_angles(kernel: Any) -> None:
    """Population annealing of U(1) begins at infinite temperature by itself, and from uniform angles as a density: both have log Z of Haar's measure.
    Catches a Gaussian as the reference of angles (1.5 off: tried), the measure dt in place of dt/2pi (59 off)."""
    theory = erg.lattice.U1((4, 4), beta=1.5)
    run = erg.sample(theory, erg.PopulationAnnealing(kernel=kernel), draws=500, chains=4, seed=1, progress=False)
    assert abs(run.log_evidence.value - float(erg.solve(theory)["log_z"])) < 4.9 * run.log_evidence.se < 0.5


@pytest.mark.parametrize("theory", [erg.lattice.SU2((3, 3), beta=1.5), erg.lattice.SU3((2, 2), beta=3.0)], ids=repr)
def test_links_under_limits_and_biases(theory: Any) -> None:
    """log Z of the character expansion by nested sampling and by annealing from Haar's measure, and the mean plaquette by their weights and those
    of a flat histogram, from 16 independent chains (t of 15 degrees). Catches a bias that moves links as if it were not there, a limit that is
    passed, the area of spheres in place of Haar's measure."""
    kT = [1.0, 2.0]
    exact = erg.solve(theory, kT=kT)
    methods = [erg.NestedSampling(live=40), erg.SMC(kernel=erg.HMC(steps=4)), erg.WangLandau(low=2.5, high=17.0, bins=8, final=1e-3)]
    for method in methods[: 3 if isinstance(theory, erg.lattice.SU2) else 2]:
        run = erg.sample(theory, method, kT=kT, draws=100, chains=16, seed=3, observe=["plaquette"], progress=False)
        e = run.estimate("plaquette")
        assert np.max(np.abs(e.value - exact["plaquette"]) / e.se) < 8 and np.max(e.se) < 0.02, method
        if not hasattr(method, "bins"):  # whose sum over levels is one of middles
            assert np.max(np.abs(run.log_evidence.value - exact["log_z"]) / run.log_evidence.se) < 8 and np.max(run.log_evidence.se) < 0.1, method
    rough = erg.sample(theory, erg.Multicanonical(low=0.1, high=17.0, bins=40, rounds=1, length=2), draws=20, chains=2, seed=1, progress=False)
    assert any("all levels" in w for w in rough.summary().warnings)


def test_refusals() -> None:
    """Numbers that no field can have, and names that there are not."""
    for bad in (lambda: erg.lattice.Phi4((4, 4), lam=-1.0), lambda: erg.lattice.Phi4((4, 4), mass2=np.nan), lambda: erg.lattice.Phi4((0, 4)),
                lambda: erg.sample(erg.lattice.Phi4((4, 4), mass2=-1.0), sweeps=2, progress=False),
                lambda: erg.sample(FREE, erg.Wolff(), sweeps=2, progress=False), lambda: erg.sample(FREE, observe="spin", sweeps=2, progress=False),
                lambda: erg.sample(FREE, start=np.zeros((3, 6)), sweeps=2, progress=False),
                lambda: erg.sample(FREE, kT=0.0, sweeps=2, progress=False),
                lambda: erg.sample(FREE, start=np.full((4, 6), np.nan), sweeps=2, progress=False),
                lambda: erg.solve(erg.lattice.Phi4((4, 4), lam=1.0)), lambda: erg.solve(erg.lattice.Phi4([[0, 1]])),
                lambda: erg.HMC(integrator="euler"), lambda: erg.sample(erg.lattice.U1((4, 1)), sweeps=2, progress=False),
                lambda: erg.sample(erg.lattice.SU3((4,)), sweeps=2, progress=False), lambda: erg.lattice.SU2((4, 4), beta=-1.0),
                lambda: erg.sample(erg.lattice.SU2([[0, 1]]), sweeps=2, progress=False), lambda: erg.lattice.U1((4, 4), beta=np.inf),
                lambda: erg.sample(erg.lattice.SU3((4, 4), flow=[0.2, 0.1]), sweeps=2, progress=False),
                lambda: erg.sample(MODELS["SU3"], erg.HMC(metric="dense"), sweeps=2, progress=False), lambda: erg.simulate(MODELS["SU3"], time=1.0),
                lambda: erg.sample(MODELS["SU3"], erg.NUTS(), sweeps=2, progress=False), lambda: erg.solve(erg.lattice.U1((4, 4, 4))),
                lambda: erg.sample(MODELS["SU3"], start=np.ones((2, 4, 2, 2, 3, 3)), sweeps=2, progress=False),
                lambda: erg.sample(MODELS["XY"], erg.NUTS(), sweeps=2, progress=False), lambda: erg.simulate(MODELS["XY"], erg.Langevin(), time=1.0),
                lambda: erg.sample(MODELS["XY"], erg.HMC(), start=np.full((4, 5, 2), 0.9), sweeps=2, progress=False),
                lambda: erg.sample(MODELS["XY"], erg.HMC(), kT=0.0, sweeps=2, progress=False),
                lambda: erg.sample(MODELS["XY"], erg.HMC(), observe="helicity", sweeps=2, progress=False),
                lambda: erg.sample(MODELS["Villain"], erg.HMC(), start=np.full((4, 5), np.nan), sweeps=2, progress=False)):  # fmt: skip
        with pytest.raises(erg.Error):
            bad()
