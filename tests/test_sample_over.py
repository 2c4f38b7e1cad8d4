"""Methods over the ensembles of any system: exact means, evidences and densities of states. Bounds: 4.9 standard errors; seeds are fixed."""

from __future__ import annotations

import dataclasses
import math
import re
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


ANNEAL = {
    "SMC": erg.SMC(scale=1.5), "pilot": erg.SMC(scale=1.5, pilot=200, kernel=erg.MALA(metric="dense"), sweeps=3), "NUTS": erg.SMC(kernel=erg.NUTS()),
    "AIS": erg.AnnealedImportanceSampling(kernel=erg.RandomWalk(steps=5)), "PA": erg.PopulationAnnealing(sweeps=2, kernel=erg.HMC(steps=5)),
}  # fmt: skip


@pytest.mark.parametrize("name", ANNEAL)
def test_evidence_and_mean_of_wells(name: str) -> None:
    """log Z and E x_0 at two temperatures against quadrature. Catches the reference's normaliser left out, a step weighed after the move."""
    space = {"a": erg.Real(), "b": erg.Real(2)}
    run = erg.sample(lambda p: wells([p["a"], *p["b"]]), ANNEAL[name], space=space, kT=[0.5, 1.0], draws=2000, seed=2, progress=False)
    exact = [by_quadrature(t) for t in (0.5, 1.0)]
    log, mean = run.log_evidence, run.estimate("a")
    assert (np.asarray(log.se) < 0.05).all() and (np.asarray(mean.se) < 0.05).all()
    assert np.abs(pull(log, [z for z, _ in exact])).max() < 4.9
    assert np.abs(pull(mean, [m for _, m in exact])).max() < 4.9


def test_evidence_of_a_conjugate_model() -> None:
    """y_i ~ N(mu, 1/tau) with a normal-gamma prior, tau > 0 by its logarithm: the marginal likelihood in closed form."""
    y, (m, k, a, b) = np.array([1.2, -0.4, 2.2, 0.9, 3.1]), (0.5, 0.3, 2.0, 1.5)
    n, s = len(y), ((y - y.mean()) ** 2).sum()
    from scipy.special import gammaln

    an, bn = a + n / 2, b + s / 2 + k * n * (y.mean() - m) ** 2 / (2 * (k + n))
    exact = gammaln(an) - gammaln(a) + a * np.log(b) - an * np.log(bn) + 0.5 * np.log(k / (k + n)) - n / 2 * np.log(2 * np.pi)

    def log_joint(p: Any) -> Any:
        mu, tau = p["mu"], p["tau"]
        prior = a * np.log(b) - gammaln(a) + (a - 0.5) * np.log(tau) - b * tau + 0.5 * np.log(k / (2 * np.pi)) - 0.5 * k * tau * (mu - m) ** 2
        return prior + n / 2 * np.log(tau / (2 * np.pi)) - 0.5 * tau * np.sum((y - mu) ** 2)

    run = erg.sample(erg.LogDensity(log_joint), erg.SMC(pilot=200, scale=2.0), space={"mu": erg.Real(), "tau": erg.Positive()}, draws=2000, seed=4,
                     progress=False)  # fmt: skip
    assert abs(pull(run.log_evidence, exact)) < 4.9 and run.log_evidence.se < 0.04
    assert abs(pull(run.estimate("tau"), an / bn)) < 4.9


@pytest.mark.parametrize(
    "method",
    [erg.AnnealedImportanceSampling(steps=4, pilot=20), erg.SMC(steps=4, ess=0.8), erg.PopulationAnnealing(steps=6, sweeps=1),
     erg.SMC(pilot=50, kernel=erg.HeatBath())],
    ids=repr,
)
def test_evidence_is_unbiased_and_its_error_true(method: erg.Method) -> None:
    """Z of 400 small populations of spins: the mean is exact within 4.9 of its errors; errors by families are those of the spread, or larger where
    every step resamples. Catches a comb that favours some particles, weights kept when they are resampled, a kernel at the temperature before."""
    run = erg.sample(MAGNET, method, kT=2.5, draws=100, chains=400, seed=9, observe=["energy"], progress=False)
    exact = erg.solve(MAGNET, kT=2.5)
    z = np.exp(run["log_evidence"] - exact["log_z"])
    assert z.std() < 0.6
    assert abs(z.mean() - 1) < 4.9 * z.std(ddof=1) / 20
    ratio = np.sqrt(np.mean((z - 1) ** 2) / np.mean((z * run["log_evidence_se"]) ** 2))
    assert 0.5 < ratio < 1.25
    assert abs(pull(run.estimate("energy"), exact["energy"])) < 4.9


def test_weighted_runs(tmp_path: Any) -> None:
    """Tables, files, ArviZ and pieces of a run whose draws have weights."""
    method = erg.AnnealedImportanceSampling(pilot=20)
    run = erg.sample(MAGNET, method, kT=[1.5, 3.0], draws=50, chains=3, seed=3, observe=["energy", "configuration"], progress=False)
    assert run["log_evidence"].shape == (2, 3) and run.dims["log_evidence"] == ("kT", "chain") and run.log_weights.shape == (2, 3, 50)
    np.testing.assert_allclose(np.log(np.mean(np.exp(run.log_weights), axis=-1)), run["log_evidence"], atol=1e-10)
    w = np.exp(run.log_weights[0] - run.log_weights[0].max())
    mean = np.sum(w * run["energy"][0]) / w.sum()
    table = run.summary()
    assert table["energy"].mean[0] == pytest.approx(mean) and table["energy"].ess_bulk[0] == pytest.approx(w.sum() ** 2 / np.sum(w**2))
    assert table["energy"].se[0] == pytest.approx(np.sqrt(np.sum((w * (run["energy"][0] - mean)) ** 2)) / w.sum())  # no resampling: draw by draw
    assert "log_evidence" in repr(run) and np.isfinite(run.estimate("heat_capacity").se).all()
    run.save(tmp_path / "run.arrow")
    again = erg.load(tmp_path / "run.arrow")
    assert list(again) == list(run) and all((again[n] == run[n]).all() for n in run)
    with pytest.raises(erg.SpecError, match="reweight"):
        run.reweight(2.0)
    with pytest.raises(erg.SpecError, match="log_evidence"):
        erg.sample(MAGNET, kT=2.0, sweeps=10, warmup=0, seed=1).log_evidence  # noqa: B018

    part = erg.sample(MAGNET, method, kT=[1.5, 3.0], draws=50, chains=2, seed=3, observe=["energy", "configuration"], progress=False)
    assert all((part[n] == run[n][:, :2]).all() for n in run)


def test_populations_that_are_refused() -> None:
    flat: Any = {"space": erg.Real(2), "draws": 50, "seed": 1, "progress": False}
    for method, word in ((erg.SMC(scale=0.0), "scale"), (erg.SMC(center=[1.0, 2.0, 3.0]), "center"), (erg.SMC(kernel=erg.Wolff()), "Wolff")):
        with pytest.raises((erg.SpecError, erg.ShapeError), match=word):
            erg.sample(lambda x: np.sum(x**2), method, **flat)
    with pytest.raises(erg.SpecError, match="draws"):
        erg.sample(MAGNET, erg.SMC(), draws=1)
    with pytest.raises(erg.SpecError, match="start"):
        erg.sample(MAGNET, erg.SMC(), draws=10, start=np.ones((4, 4), np.int8))
    with pytest.raises(erg.NonFiniteError, match="reference"):
        erg.sample(lambda x: np.where(x[0] > 100, 0.0, np.inf), erg.SMC(), **flat)


def enumerated(magnet: Any) -> tuple[np.ndarray, np.ndarray]:
    """Energies and magnetizations of all states of a periodic 4x4 lattice with J = 1 in the field h."""
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    s = (2 * bits - 1).reshape(-1, 4, 4)
    bonds = np.sum(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2)), axis=(1, 2))
    return -bonds - magnet.h * s.sum(axis=(1, 2)), s.mean(axis=(1, 2))


@pytest.mark.parametrize("kernel", [erg.Metropolis(), erg.HeatBath()], ids=repr)
def test_density_of_states(kernel: erg.Method) -> None:
    """g(E) of all levels of 4x4 spins against enumeration, by 16 chains (t of 15 degrees: 8 is beyond 1e-6), then log Z and E at any kT.

    Catches visits counted at the value before the move, levels off by one, weights of draws that leave out the bias.
    """
    magnet = erg.lattice.Ising((4, 4))
    levels, count = np.unique(enumerated(magnet)[0], return_counts=True)
    method = erg.WangLandau(low=-32, high=32, bins=17, final=1e-4, kernel=kernel)
    run = erg.sample(magnet, method, kT=[1.5, 3.0], draws=2000, chains=16, warmup=10, seed=1, observe=["energy"], progress=False)
    log = run["log_g"][0]
    seen = np.isfinite(log[0])
    assert run["levels"][0, 0][seen].tolist() == levels.tolist()
    g = np.exp(log[:, seen] - np.log(count))
    assert (g.std(axis=0) < 0.3).all()
    assert np.abs((g.mean(axis=0) - 1) / (g.std(axis=0, ddof=1) / 4)).max() < 8
    exact = erg.solve(magnet, kT=[1.5, 3.0])
    assert np.abs(pull(run.log_evidence, exact["log_z"])).max() < 8
    assert np.abs(pull(run.estimate("energy"), exact["energy"])).max() < 8


def test_flat_magnetization() -> None:
    """P(m) of 4x4 spins in a field against enumeration by multicanonical recursion: ordered and mixed states alike."""
    e, m = enumerated(MAGNET)
    p = np.bincount(np.rint(8 * (m + 1)).astype(int), np.exp(-(e - e.min()) / 1.6))
    method = erg.Multicanonical(low=-1, high=1, bins=17, observable="magnetization")
    run = erg.sample(MAGNET, method, kT=1.6, draws=2000, chains=16, warmup=10, seed=2, observe=["energy", "magnetization"], progress=False)
    found = np.exp(run["log_p"] - np.log(p / p.sum()))
    assert (found.std(axis=0) < 0.2).all() and (run.info["flatness"] > 0.5).all()
    assert np.abs((found.mean(axis=0) - 1) / (found.std(axis=0, ddof=1) / 4)).max() < 8
    assert np.abs(pull(run.estimate("energy"), erg.solve(MAGNET, kT=1.6)["energy"])) < 8


def test_flat_coordinate() -> None:
    """The profile along a coordinate of a density, over a barrier of 12 kT, against quadrature over each bin."""
    kT, low, high, bins = 0.5, -1.4, 1.4, 29
    method = erg.Multicanonical(low=low, high=high, bins=bins, observable="x[0]", length=100, rounds=12)
    run = erg.sample(wells, method, space=erg.Real(3), kT=kT, draws=300, chains=16, warmup=300, seed=4, progress=False)
    x = (low + (high - low) / (bins - 1) * (np.arange(bins)[:, None] + np.linspace(-0.5, 0.5, 102)[:-1] + 0.5 / 101)).ravel()
    w = np.exp(-(6 * (x**2 - 1) ** 2 + 0.7 * x) / kT) / np.sqrt(1 + 0.5 * np.tanh(x))
    p = w.reshape(bins, -1).sum(axis=1)
    found = np.exp(run["log_p"] - np.log(p / p.sum()))
    assert (found.std(axis=0) < 0.5).all()
    assert np.abs((found.mean(axis=0) - 1) / (found.std(axis=0, ddof=1) / 4)).max() < 8
    assert np.abs(pull(run.estimate("x"), [(w * x).sum() / w.sum(), 0, 0])).max() < 8


def test_nested_evidence() -> None:
    """log Z, its error and the mean of wells at two temperatures, a Gaussian shell, and spins without couplings, whose levels are plateaus."""
    run = erg.sample(wells, erg.NestedSampling(scale=1.5, live=200), space=erg.Real(3), kT=[1.0, 0.5], draws=500, seed=1, chains=8, progress=False)
    exact = [by_quadrature(t) for t in (1.0, 0.5)]
    assert np.abs(pull(run.log_evidence, [z for z, _ in exact])).max() < 4.9
    assert np.abs(pull(run.estimate("x"), [[m, 0, 0] for _, m in exact])).max() < 10  # t of 7 degrees

    def shell(x: Any) -> Any:
        return 0.5 * ((np.sqrt(np.sum(x**2)) - 2.0) / 0.1) ** 2

    r = np.linspace(0, 4, 40001)
    log_z = np.log(4 * np.pi * np.sum(r**2 * np.exp(-0.5 * ((r - 2) / 0.1) ** 2)) * r[1])
    run = erg.sample(shell, erg.NestedSampling(scale=1.5, sweeps=3), space=erg.Real(3), draws=100, chains=3, seed=2, progress=False)
    assert abs(pull(run.log_evidence, log_z)) < 4.9 and run.log_evidence.se < 0.1

    free = erg.lattice.Ising((12,), J=0.0, h=0.5)
    run = erg.sample(free, erg.NestedSampling(live=100, sweeps=10), kT=[0.3, 1.0], draws=100, seed=1, chains=48, progress=False)
    log_z = 12 * np.log(2 * np.cosh(0.5 / np.array([0.3, 1.0])))
    found = run["log_evidence"]
    assert np.abs((found.mean(axis=1) - log_z) / found.std(axis=1, ddof=1) * np.sqrt(48)).max() < 5.5
    assert np.abs(found.std(axis=1) / run["log_evidence_se"].mean(axis=1) - 1).max() < 0.5
    np.testing.assert_allclose(run["information"].mean(axis=1), 12 * (np.log(2) + free_entropy(0.5 / np.array([0.3, 1.0]))), rtol=0.1)


def test_nested_plateaus() -> None:
    """log Z of spins whose sums round differently on one plateau (0.6 of each bond), and of a density that is 0 where most live points begin. Catches
    plateaus told apart by their rounding (off by 0.3), and points of no density that are replaced one share at a time (off by 0.9)."""
    magnet = erg.lattice.Ising((2, 3), J=0.6)
    run = erg.sample(magnet, erg.NestedSampling(live=100, sweeps=10), kT=1.7, draws=100, seed=1, chains=24, progress=False)
    exact = erg.solve(magnet, erg.Enumeration(), kT=1.7)
    assert abs(pull(run.log_evidence, exact["log_z"])) < 5.5 and run.log_evidence.se < 0.05

    def half(x: Any) -> Any:
        return np.where(x[0] > 0.5, np.sum(x**2) / 2, np.inf)

    run = erg.sample(half, erg.NestedSampling(live=100, sweeps=20), space=erg.Real(1), draws=100, seed=1, chains=24, progress=False)
    assert abs(pull(run.log_evidence, math.log(math.sqrt(2 * math.pi) * math.erfc(math.sqrt(0.125)) / 2))) < 5.5 and run.log_evidence.se < 0.05


def free_entropy(x: np.ndarray) -> np.ndarray:
    """sum over up and down of p log p."""
    p = 1 / (1 + np.exp(-2 * x))
    return p * np.log(p) + (1 - p) * np.log1p(-p)


def test_levels_that_are_refused() -> None:
    for method in (erg.WangLandau(low=1, high=0), erg.WangLandau(low=-4, high=4, observable="colour"), erg.Multicanonical(kernel=erg.Wolff())):
        with pytest.raises(erg.SpecError):
            erg.sample(MAGNET, method, draws=10)
    with pytest.raises(erg.ConvergenceError, match="low"):
        erg.sample(MAGNET, erg.WangLandau(low=100, high=200), draws=10, warmup=1, progress=False)


SIGNS = np.where(np.arange(36) % 5 == 1, -0.7, 0.7)


@pytest.mark.parametrize("model, kT", [
    (erg.lattice.Ising((4, 4)), [1.5, 3.0]),
    (erg.lattice.Ising((3, 3), periodic=False), [1.2, 3.0]),
    (erg.lattice.Ising((3, 2, 2), J=SIGNS), [1.5, 3.0]),
    (erg.lattice.Potts((3, 3), q=3), [0.9, 2.0]),
], ids=repr)  # fmt: skip
def test_levels_of_the_system(model: Any, kT: list[float]) -> None:
    """Where no range is given the levels are the system's: log Z and <E> of the run against enumeration, every level of the enumeration among them.
    Catches a step of twice the spacing, a range that leaves out the ends."""
    run = erg.sample(model, erg.WangLandau(final=1e-4), kT=kT, draws=1500, chains=16, warmup=10, seed=1, observe=["energy"], progress=False)
    exact = erg.solve(model, erg.Enumeration(), kT=kT)
    levels = run["levels"][0, 0]
    seen = levels[np.isfinite(run["log_g"][0]).any(axis=0)]
    if "energy_level" in exact:  # all there are, and no empty ones between
        np.testing.assert_allclose(seen, np.unique(exact["energy_level"][0]), atol=1e-9)
        assert np.ptp(np.diff(levels)) < 1e-9 and np.diff(levels)[0] > np.diff(seen).min() - 1e-9
    assert np.abs(pull(run.log_evidence, exact["log_z"])).max() < 8
    assert np.abs(pull(run.estimate("energy"), exact["energy"])).max() < 8


def test_ranges_that_nobody_knows() -> None:
    """They are asked for, by a call that works; no range of one's own is taken in silence."""
    field: Any = erg.lattice.Phi4((4, 4), mass2=-1.0, lam=1.0)
    for method in (erg.WangLandau(), erg.Multicanonical(), erg.UmbrellaSampling()):
        with pytest.raises(erg.SpecError, match='range of "energy"') as refusal:
            erg.sample(field, method, kT=[0.5, 1.0], draws=20, warmup=10, progress=False)
        low, high = (float(x) for x in re.findall(r"(?:low|high)=([-.\d]+)", str(refusal.value)))
        known = dataclasses.replace(method, low=low, high=high, **({"final": 0.1} if hasattr(method, "final") else {}))
        found = erg.sample(field, known, kT=[0.5, 1.0], draws=20, warmup=10, chains=1, progress=False)
        assert np.isfinite(found["log_weights"]).all()
    with pytest.raises(erg.SpecError, match=r"x\[0\]"):
        erg.sample(wells, erg.WangLandau(observable="x[0]"), space=erg.Real(3), draws=20, progress=False)
    with pytest.raises(erg.SpecError, match="both, or neither"):
        erg.sample(MAGNET, erg.WangLandau(low=-3), draws=20, progress=False)
    with pytest.raises(erg.SpecError, match=r"(?s)know the levels.*WangLandau\(low=\.\.\., high=\.\.\.\)"):  # one level is no range
        erg.sample(erg.lattice.Potts((1,), q=5), erg.WangLandau(), draws=20, progress=False)
    with pytest.raises(erg.SpecError, match="a number that is recorded"):
        erg.sample(wells, erg.WangLandau(observable="x"), space=erg.Real(3), draws=20, progress=False)


def test_what_is_listed() -> None:
    """Methods that need more draws, chains or a range of their own are listed, as they work."""
    assert {"UmbrellaSampling", "WangLandau"} <= {type(f.method).__name__ for f in erg.methods(MAGNET)}
    assert {"UmbrellaSampling", "StretchMove", "DifferentialEvolution"} <= {type(f.method).__name__ for f in erg.methods(wells, erg.Real(3))}
    links = {type(f.method).__name__ for f in erg.methods(erg.lattice.SU3((2, 2)))}
    assert {"UmbrellaSampling", "WangLandau", "Multicanonical", "NestedSampling"} <= links


def test_simulated_tempering() -> None:
    """Every draw serves every temperature: means of spins and log Z ratios against enumeration, of wells against quadrature.

    Catches g of the wrong sign, a weight of the rung in place of the mixture's.
    """
    kT = [1.2, 1.8, 3.0, 6.0]
    run = erg.sample(MAGNET, erg.SimulatedTempering(kernel=erg.Metropolis()), kT=kT, draws=4000, chains=16, warmup=2000, seed=5,
                     observe=["energy", "magnetization"], progress=False)  # fmt: skip
    exact = erg.solve(MAGNET, kT=kT)
    for name in ("energy", "magnetization"):
        assert np.abs(pull(run.estimate(name), exact[name])).max() < 8, name  # t of 15 degrees
    ratio = run["log_ratio"]
    assert (ratio.std(axis=1) < 0.3).all()
    assert np.abs((ratio[1:].mean(axis=1) - np.diff(exact["log_z"]).cumsum()) / ratio[1:].std(axis=1, ddof=1) * 4).max() < 8
    assert (run.info["round_trips"] > 20).all() and np.ptp(run.info["visits"].mean(axis=1)) < 0.3

    kT = [0.4, 0.8, 1.6, 3.2]
    method = erg.SimulatedTempering(kernel=erg.RandomWalk(steps=5, step_size=0.6))
    run = erg.sample(wells, method, space=erg.Real(3), kT=kT, draws=2000, chains=16, seed=5, progress=False)
    assert np.abs(pull(run.estimate("x"), [[by_quadrature(t)[1], 0, 0] for t in kT])).max() < 8


def test_umbrella_sampling() -> None:
    """The probability of the left well over a barrier of 24 kT against quadrature; means of spins against enumeration.

    Catches a bias that is not taken out, f of the wrong sign, windows in the wrong order.
    """
    kT, windows = 0.25, 24
    method = erg.UmbrellaSampling(observable="x[0]", low=-1.35, high=1.35, windows=windows, K=120.0)
    run = erg.sample(wells, method, space=erg.Real(3), kT=kT, draws=windows * 150, chains=12, warmup=200, seed=3,
                     observe={"left": lambda x: np.where(x[0] < 0, 1.0, 0.0)}, progress=False)  # fmt: skip
    x = np.linspace(-3, 3, 60001)
    w = np.exp(-(6 * (x**2 - 1) ** 2 + 0.7 * x) / kT) / np.sqrt(1 + 0.5 * np.tanh(x))
    left = run.estimate("left")
    assert abs(pull(left, (w * (x < 0)).sum() / w.sum())) < 9 and left.se < 0.02  # t of 11 degrees
    assert (np.diff(run["coordinate"].reshape(12, windows, 150).mean(axis=(0, 2))) > 0).all()

    centre = np.linspace(-1.35, 1.35, windows)[:, None]
    for c in range(2):  # the package's other solver of the same equations
        other = erg.stats.mbar(60.0 * (run["coordinate"][c] - centre) ** 2, np.full(windows, 150))
        np.testing.assert_allclose(run["free_energy"][c], other.f, atol=1e-7)

    method = erg.UmbrellaSampling(observable="magnetization", low=-1, high=1, windows=9, K=40.0)
    run = erg.sample(MAGNET, method, kT=[1.6, 2.5], draws=9 * 200, chains=12, warmup=100, seed=3, observe=["energy", "magnetization"], progress=False)
    exact = erg.solve(MAGNET, kT=[1.6, 2.5])
    for name in ("energy", "magnetization"):
        assert np.abs(pull(run.estimate(name), exact[name])).max() < 9, name
    assert run["free_energy"].shape == (2, 12, 9) and (run["free_energy"][..., 0] == 0).all()
    with pytest.raises(erg.SpecError, match="windows"):
        erg.sample(MAGNET, method, draws=100)
    with pytest.raises(erg.SpecError, match="kT"):
        erg.sample(MAGNET, erg.SimulatedTempering(), kT=2.0, draws=100)


LADDERS = [erg.ParallelTempering(), erg.SMC(kernel=erg.Metropolis()), erg.NestedSampling(live=20), erg.SimulatedTempering()]


@pytest.mark.parametrize("method", LADDERS, ids=repr)
def test_pieces_have_the_bits_of_the_whole(method: erg.Method) -> None:
    """Chains split over the workers of an executor, temperatures kept together."""
    from concurrent.futures import ThreadPoolExecutor

    asked: Any = {"kT": [1.5, 3.0], "chains": 3, "warmup": 20, "seed": 2, "observe": ["energy"], "progress": False}
    asked["sweeps" if isinstance(method, erg.ParallelTempering) else "draws"] = 40
    whole = erg.sample(MAGNET, method, **asked)
    with ThreadPoolExecutor(2) as pool:
        parts = erg.sample(MAGNET, method, executor=pool, **asked)
    assert all(np.array_equal(whole[n], parts[n], equal_nan=True) for n in whole)
    for name in ("acceptance", "ess", "points", "round_trips"):
        if name in whole.info:
            np.testing.assert_array_equal(whole.info[name], parts.info[name])
