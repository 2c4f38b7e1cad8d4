"""Precision, divergences and warnings of runs: equal to ArviZ, honest on series of known correlation, silent where all is well. Bounds: 4.9 standard
errors, 1e-6 a test; seeds are fixed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica.stats import diagnostics, warnings

ARVIZ = json.loads((Path(__file__).parents[1] / "core/stats/testdata/arviz.json").read_text())
CASES = {name: np.array(c["x"]).reshape(c["shape"]) for name, c in ARVIZ["cases"].items()}


@pytest.mark.parametrize("name", CASES)
def test_as_arviz_has_them(name: str) -> None:
    """To 1e-10, from ArviZ 0.23 (core/stats/testdata/fixtures.py)."""
    x, want = CASES[name], ARVIZ["cases"][name]
    near = {"rtol": 1e-10, "atol": 0}
    for kind in ("bulk", "tail", "mean", "sd"):
        np.testing.assert_allclose(erg.stats.ess(x, kind), want["ess_" + kind], **near)
    for kind in ("mean", "sd"):
        np.testing.assert_allclose(erg.stats.mcse(x, kind), want["mcse_" + kind], **near)
    for k, q in enumerate(ARVIZ["quantiles"]):
        np.testing.assert_allclose(erg.stats.ess(x, "quantile", q), want["ess_quantile"][k], **near)
        np.testing.assert_allclose(erg.stats.mcse(x, "quantile", q), want["mcse_quantile"][k], **near)
    np.testing.assert_allclose(erg.stats.bfmi(x), want["bfmi"], **near)
    if want["rhat"] is not None:
        np.testing.assert_allclose(erg.stats.rhat(x), want["rhat"], **near)


def ar1(rng: np.random.Generator, a: float, shape: tuple[int, ...]) -> np.ndarray:
    """Stationary, unit variance, tau_int = (1 + a) / (1 - a) / 2."""
    x = rng.normal(size=shape)
    for t in range(1, shape[-1]):
        x[..., t] = a * x[..., t - 1] + np.sqrt(1 - a * a) * x[..., t]
    return x


@pytest.mark.parametrize(("a", "draws"), [(-0.5, 200), (0.0, 200), (0.7, 500)])
def test_errors_are_honest(a: float, draws: int) -> None:
    """1500 experiments of 4 chains of AR(1): the spread of the means, standard deviations and quantiles found is what mcse says of it: z^2 averages
    to 1 within 4.9 sqrt(2 / 1500), and the 3 % (means) or 10 % (others, which are not normal yet) of so few draws; ESS is n / (2 tau_int). An error
    bar of means 10 % too small is seen (1.235), draws taken for independent ones too, for every a but 0."""
    runs = 1500
    x = ar1(np.random.default_rng(7), a, (runs, 4, draws))
    tau = (1 + a) / (1 - a) / 2
    for kind, found, exact in (
        ("mean", x.mean((1, 2)), 0.0), ("sd", x.std((1, 2)), 1.0), ("quantile", np.quantile(x.reshape(runs, -1), 0.8, axis=1), 0.8416212335729143),
    ):  # fmt: skip
        z = (found - exact) / erg.stats.mcse(x, kind, 0.8)
        assert abs(np.mean(z**2) - 1) < 4.9 * np.sqrt(2 / runs) + (0.03 if kind == "mean" else 0.1), (kind, np.mean(z**2))
    assert abs(np.mean(erg.stats.ess(x, "mean")) / (4 * draws / (2 * tau)) - 1) < 0.05


def test_rhat_has_power() -> None:
    """A chain that is half a standard deviation away, or twice as wide, is seen nearly always with 400 effective draws a chain; of equal ones hardly
    any."""
    x = ar1(np.random.default_rng(8), 0.2, (200, 4, 600))
    moved, wide = x.copy(), x.copy()
    moved[:, 0] += 0.5
    wide[:, 0] *= 2
    assert np.mean(erg.stats.rhat(x) > 1.01) < 0.01
    assert np.mean(erg.stats.rhat(moved) > 1.01) > 0.98 and np.mean(erg.stats.rhat(wide) > 1.01) > 0.98


def funnel(p: dict[str, Any]) -> Any:
    return p["v"] ** 2 / 18 + 4.5 * p["v"] + np.sum(p["x"] ** 2) * np.exp(-p["v"]) / 2


FUNNEL = {"v": erg.Real(), "x": erg.Real(9)}


def test_divergences_are_located() -> None:
    """In a funnel there are some, and the energy moves slowly; where they lie is told from the draws, here with divergences put where v is small."""
    run = erg.sample(funnel, erg.NUTS(step_size=0.4, metric="unit", halvings=0), space=FUNNEL, draws=1000, seed=2, progress=False)
    found = run.divergences()
    assert len(found) == int(run["diverging"].sum()) == int(run.info["divergences"].sum()) > 0
    said = " ".join(run.warnings)
    assert "diverged" in said and "what lies there is missing" in said and "target_accept=0.95" in said and "BFMI" in said
    assert all(w in repr(run) and "&#9888;" in run._repr_html_() for w in run.warnings)

    rng = np.random.default_rng(1)
    low = np.quantile(run["v"], 0.1)
    run["diverging"][:] = (run["v"] < low) & (rng.random(run["v"].shape) < 0.5)
    run.info["divergences"] = run["diverging"].sum(axis=1)
    found = run.divergences()
    chain, draw = found.at[-1]
    assert run["diverging"][chain, draw] == 1 and (found.values["x"][-1] == run["x"][chain, draw]).all()
    v = found.places[0]
    assert v.name == "v" and v.below > 0.9 and not v.folded and v.share > 0.9 and v.bound <= low and v.others < 0.1
    again = erg.Run(run._columns, run.dims, coords=run.coords, info=run.info, system=run.system, method=run.method)
    assert any("of them have v below" in w and "% of the other draws" in w for w in again.warnings) and "v below" in repr(found)


def test_quiet_where_all_is_well() -> None:
    run = erg.sample(lambda x: np.sum(x**2) + np.sum(np.exp(x)), space=erg.Real(3), draws=1000, seed=1, progress=False)
    assert run.warnings == [] and len(run.divergences()) == 0 and "no divergences" in repr(run.divergences())
    head = repr(run).splitlines()[1].split()
    assert head == ["quantity", "mean", "mcse", "sd", "5", "%", "50", "%", "95", "%", "ess_bulk", "ess_tail", "rhat"]
    row = run.summary()["x"]
    np.testing.assert_allclose(row.mcse, erg.stats.mcse(np.moveaxis(run["x"], -1, 0)), rtol=1e-12)
    np.testing.assert_allclose(row.q5, np.quantile(run["x"], 0.05, axis=(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(run.info["bfmi"] * 1000 / 999, erg.stats.bfmi(run["hamiltonian"]) * 999 / 999, rtol=0.02)


def test_one_chain_in_another_mode() -> None:
    start = np.array([[8.0], [8.1], [-8.0], [8.2]])
    two = lambda x: -np.logaddexp(-0.5 * np.sum((x - 8) ** 2), -0.5 * np.sum((x + 8) ** 2) - 2)
    run = erg.sample(two, space=erg.Real(1), draws=400, start=start, seed=1, progress=False)
    said = [w for w in run.warnings if "another mode" in w]
    assert said and said[0].startswith("chain 2 is in another mode: x[0] is -8.0")
    assert 1.7 < float(said[0].split("log density is ")[1].split(" lower. ")[0]) < 2.3
    spread = warnings.of_modes({"x": ar1(np.random.default_rng(1), 0.9, (4, 300)) + np.arange(4)[:, None] * 2.0}, None)
    assert spread == []  # slow chains that drift apart are no modes


def test_kernel_troubles_are_named() -> None:
    deep = erg.sample(lambda x: 0.5 * np.sum(x**2 * np.array([1.0, 1e5])), erg.NUTS(max_depth=3, metric="unit"), space=erg.Real(2), draws=100, seed=1,
                      progress=False)  # fmt: skip
    assert any("max_depth = 3" in w and "max_depth=5" in w for w in deep.warnings)
    rough = erg.sample(lambda x: np.sum(x**2), erg.HMC(step_size=40.0, steps=5), space=erg.Real(2), draws=100, warmup=0, seed=1, progress=False)
    assert any("stood still" in w for w in rough.warnings) and any("diverged" in w for w in rough.warnings)
    hole = erg.sample(lambda x: np.sum(np.sqrt(x)) + np.sum(x), erg.RandomWalk(), space=erg.Real(1), draws=200, seed=1, progress=False)
    assert any("NaN" in w and "points" in w for w in hole.warnings)
    few = erg.sample(lambda x: np.sum(x**2), space=erg.Real(2), draws=20, seed=1, progress=False)
    assert any("effective draws" in w or "too few" in w for w in few.warnings)
    steps = warnings._step_sizes({"step_size": np.array([0.5, 0.4, 1e-9, 0.5])})
    assert len(steps) == 1 and steps[0].startswith("the step size of chain 2 fell to 1e-09 (0.45 in the others)")
    assert "jump" in warnings._step_sizes({"step_size": np.full(4, 1e-12)})[0] and warnings._step_sizes({}) == []
    assert warnings.longest(np.array([1, 1, 0, 1, 1, 1, 0], bool)) == 3 and warnings.longest(np.zeros(4, bool)) == 0


def test_what_is_noted_travels(tmp_path: Path) -> None:
    """Beside the quantities, and with the run: saved, pickled, joined; a name that was asked for, or that the user took, is the user's."""
    import pickle
    from concurrent.futures import ThreadPoolExecutor

    ask: dict[str, Any] = {"space": erg.Real(2), "draws": 50, "warmup": 50, "seed": 1, "progress": False}
    f = lambda x: np.sum(x**4)
    run = erg.sample(f, **ask)
    assert list(run) == ["x", "energy"] and len(run) == 2 and run["diverging"].shape == (4, 50) and run.noted
    run.save(tmp_path / "r.arrow")
    with ThreadPoolExecutor(2) as pool:
        copies = [erg.load(tmp_path / "r.arrow"), pickle.loads(pickle.dumps(run)), erg.sample(f, executor=pool, **ask)]
    for other in copies:
        assert list(other) == ["x", "energy"] and other.noted == run.noted
        assert all((other[n] == run[n]).all() for n in run.noted)
    asked = erg.sample(f, observe=["x", "depth"], **ask)
    assert list(asked) == ["x", "depth"] and "diverging" in asked
    own = erg.sample(lambda p: p["depth"] ** 2, **{**ask, "space": {"depth": erg.Real()}})
    assert "depth" not in own.noted and own["depth"].min() < 0 and own.divergences().draws == 200


def test_refusals() -> None:
    x = np.zeros((2, 10))
    walk = erg.sample(lambda x: x**2, erg.RandomWalk(), space=erg.Real(), draws=10, seed=1, progress=False)
    for call, match in [
        (lambda: erg.stats.mcse(x, "mode"), "expected kind"), (lambda: erg.stats.mcse(x, "quantile", 1.5), "probability"),
        (lambda: erg.stats.ess(x, "quantile", np.nan), "q"), (lambda: erg.stats.mcse([[np.nan, 1.0]]), "finite"),
        (lambda: erg.stats.bfmi([1.0]), "at least 2 draws"), (lambda: walk.divergences(), "Try erg.NUTS"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()
    assert np.isnan(erg.stats.mcse(x)) and np.isnan(erg.stats.mcse(x, "sd")) and np.isnan(erg.stats.mcse(x, "median"))
    assert np.isnan(erg.stats.mcse(np.arange(3.0))) and np.isnan(erg.stats.bfmi(np.zeros(5)))
    assert diagnostics.mcse(np.random.default_rng(1).normal(size=(3, 2, 50))).shape == (3,)


def test_to_arviz() -> None:
    """Names of the user, groups of ArviZ, and its diagnostics are ours."""
    az = pytest.importorskip("arviz")
    space = {"mu": erg.Real(), "tau": erg.Positive(), "theta": erg.Real(3)}
    f = erg.LogDensity(lambda p: -0.5 * p["mu"] ** 2 - p["tau"] - 0.5 * np.sum((p["theta"] - p["mu"]) ** 2))
    run = erg.sample(f, space=space, draws=300, observe={"sum": lambda p: np.sum(p["theta"])}, seed=1, progress=False)
    data = run.to_arviz()
    assert set(data.posterior.data_vars) == {"mu", "tau", "theta", "sum"} and data.posterior["theta"].shape == (4, 300, 3)
    stats = data.sample_stats
    assert set(stats.data_vars) == {
        "lp", "energy", "potential_energy", "tree_depth", "reached_max_treedepth", "n_steps", "acceptance_rate", "diverging", "step_size",
    }  # fmt: skip
    assert stats["diverging"].dtype == bool and stats["tree_depth"].dtype == np.int64
    assert (stats["step_size"].values == run.info["step_size"][:, None]).all() and (stats["lp"].values == run["log_density"]).all()
    np.testing.assert_allclose(-run["energy"] + np.log(run["tau"]), run["log_density"], rtol=1e-12)
    assert (stats["energy"].values[:, 1:] > -run["log_density"][:, :-1]).all()  # it begins where the draw before ended, with a momentum
    np.testing.assert_allclose(az.bfmi(data), erg.stats.bfmi(run["hamiltonian"]), rtol=1e-12)
    theirs = az.summary(data, round_to="none").loc["theta[1]"]
    ours = run.summary()["theta"]
    np.testing.assert_allclose(
        [theirs["mean"], theirs["sd"], theirs["mcse_mean"], theirs["ess_bulk"], theirs["ess_tail"], theirs["r_hat"]],
        [getattr(ours, c)[1] for c in ("mean", "sd", "mcse", "ess_bulk", "ess_tail", "rhat")], rtol=1e-10,
    )  # fmt: skip
    scan = erg.sample(lambda x: np.sum(x**2), space=erg.Real(2), kT=[1.0, 2.0], draws=50, seed=1, progress=False).to_arviz()
    assert scan.posterior["x"].shape == (4, 50, 2, 2) and scan.sample_stats["step_size"].shape == (4, 50, 2)
    magnet = erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=20, seed=1, progress=False).to_arviz()
    assert not hasattr(magnet, "sample_stats") and "energy" in magnet.posterior
