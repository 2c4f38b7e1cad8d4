"""Runs: views of the core's memory, tables, estimates against exact values, files, other libraries' tables, plots, pickles."""

import gc
import pickle
import tracemalloc

import numpy as np
import pytest

import ergodica as erg
from ergodica.run import UnknownName

MAGNET = erg.lattice.Ising((16, 16))


@pytest.fixture(scope="module")
def run():
    return erg.sample(MAGNET, erg.SwendsenWang(), kT=[2.0, 2.5], chains=3, sweeps=400, seed=1,
                      observe=["energy", "magnetization", "two_point", "cluster_sizes", "configuration"])  # fmt: skip


@pytest.fixture(scope="module")
def single():
    return erg.sample(MAGNET, erg.Wolff(), kT=2.5, sweeps=3000, seed=2, observe=["energy", "binder", "susceptibility", "heat_capacity"])


def test_mapping_dims_and_coords(run):
    assert list(run) == ["energy", "magnetization", "two_point", "configuration", "cluster_sizes"] or set(run) == {
        "energy", "magnetization", "two_point", "configuration", "cluster_sizes"}  # fmt: skip
    assert run["energy"].shape == (2, 3, 400) and run.dims["energy"] == ("kT", "chain", "draw")
    assert run["configuration"].shape == (2, 3, 400, 16, 16) and run["configuration"].dtype == np.int8
    assert run.coords["kT"].tolist() == [2.0, 2.5] and run.coords["draw"][[0, -1]].tolist() == [1, 400]
    assert run.final.shape == (2, 3, 16, 16) and run.seed == 1 and run.info["warmup"] == 1000
    assert "energy" in run and "nothing" not in run and len(run) == 5
    with pytest.raises(UnknownName, match="it has: energy"):
        run["nothing"]
    with pytest.raises(KeyError, match=r"Try run\.estimate"):
        run["binder"]


def test_arrays_are_writable_views_that_outlive_the_run():
    run = erg.sample(MAGNET, kT=2.0, sweeps=50, seed=1)
    energy = run["energy"]
    assert energy.flags.writeable and not energy.flags.owndata and energy.ctypes.data % 64 == 0
    expected = energy.copy()
    tail = energy[:, 10:]
    del run, energy
    erg.verbs.last_run = None
    gc.collect()
    erg.sample(MAGNET, kT=3.0, sweeps=50, seed=2)
    assert (tail == expected[:, 10:]).all()
    tail[0] = 0


def test_magnetization_and_energy_are_those_of_the_configurations(run):
    s = run["configuration"].astype(float)
    energy = -(s * np.roll(s, 1, -1) + s * np.roll(s, 1, -2)).sum(axis=(-2, -1))
    assert np.allclose(run["energy"], energy) and np.allclose(run["magnetization"], s.mean(axis=(-2, -1)))


def test_ragged(run):
    sizes = run["cluster_sizes"]
    assert sizes.shape == (2, 3, 400) and len(sizes) == 2 and (sizes.lengths > 0).all()
    assert all(sizes[1, 2, k].sum() == 256 for k in (0, 17, 399))
    assert (sizes[1][2][17] == sizes[1, 2, 17]).all() and sizes[1, 2].shape == (400,) and sizes[1:][0, 0].shape == (400,)
    assert (sizes[-1, -1, -1] == sizes[1, 2, 399]).all()
    with pytest.raises(IndexError):
        sizes[2]
    assert sum(len(row) for row in sizes[0, 0]) == sizes.lengths[0, 0].sum()


def test_summary_agrees_with_the_exact_solution(single):
    exact = erg.solve(MAGNET, erg.Kaufman(), kT=2.5)
    table = single.summary()
    row = table["energy"]
    assert abs(row.mean - exact["energy"]) < 5 * row.se and 0.5 <= row.tau_int < 5 and row.rhat < 1.01 and row.ess_bulk > 500
    heat = single.estimate("heat_capacity")
    assert abs(heat.value - exact["heat_capacity"]) < 5 * heat.se and table["heat_capacity"].mean == heat.value
    assert not table.warnings


def test_binder_and_susceptibility_agree_with_enumeration():
    tiny = erg.lattice.Ising((4, 4), J=0.7)
    run = erg.sample(tiny, erg.Metropolis(order="random"), kT=2.0, sweeps=20_000, seed=3, observe=["binder", "susceptibility", "|magnetization|"])
    exact = erg.solve(tiny, erg.Enumeration(), kT=2.0)
    for name in ("binder", "susceptibility", "|magnetization|"):
        value, se = run.estimate(name)
        assert abs(value - exact[name]) < 5 * se, name
        assert se < 0.05 * abs(value)


def test_estimates_over_kT_and_rows(run):
    value, se = run.estimate("two_point")
    assert value.shape == se.shape == (2, 9) and np.allclose(value[:, 0], 1)
    assert run.estimate("heat_capacity").value.shape == (2,)
    rows = run.summary("two_point")["two_point"]
    assert rows.mean.shape == (2, 9) and rows.dims[0] == "kT"
    assert "Not in the table: configuration, cluster_sizes." in repr(run.summary())
    with pytest.raises(erg.SpecError, match="ragged"):
        run.summary("cluster_sizes")
    with pytest.raises(UnknownName):
        erg.sample(MAGNET, kT=2.0, sweeps=10, observe="energy").estimate("binder")


def test_short_chains_are_said():
    run = erg.sample(MAGNET, erg.Metropolis(), kT=2.27, sweeps=30, warmup=0, seed=1)
    assert any("too few" in w for w in run.summary().warnings) and "!" in repr(run)
    assert "cannot give an error bar" in repr(erg.sample(MAGNET, kT=2.27, sweeps=2, seed=1))
    constant = erg.sample(MAGNET, erg.Metropolis(), kT=0.0, sweeps=50, start="ordered", seed=1)
    assert constant.summary()["energy"].mean == -512
    with pytest.warns(RuntimeWarning, match="x is not finite"):
        poisoned = erg.sample(MAGNET, kT=2.0, sweeps=50, observe={"x": lambda s: np.full(len(s), np.nan)}, seed=1)
    assert any("not finite" in w for w in poisoned.summary().warnings)


def test_reweighting_agrees_with_the_exact_solution(single):
    near = single.reweight([2.45, 2.55])
    exact = erg.solve(MAGNET, erg.Kaufman(), kT=[2.45, 2.55])
    row = near["energy"]
    assert (abs(row.mean - exact["energy"]) < 5 * row.se).all() and not near.warnings
    assert isinstance(single.reweight(2.45)["energy"].mean, float)
    assert any("sample nearer" in w for w in single.reweight(1.5).warnings)
    with pytest.raises(erg.SpecError, match="above 0"):
        single.reweight(0.0)


def test_representations(run, single):
    assert repr(single).startswith("Run: sample Ising((16, 16)) with Wolff(); kT = 2.5; 4 chains, 3000 draws; seed 2")
    page = run._repr_html_()
    assert "<table>" in page and "Swendsen" in page and "energy" in page
    assert "10.1103/PhysRevLett" in single.cite()


def test_tables_of_others(run, single):
    pd, xr, pa = (pytest.importorskip(m) for m in ("pandas", "xarray", "pyarrow"))
    frame = run.to_pandas()
    assert isinstance(frame, pd.DataFrame) and len(frame) == 2 * 3 * 400
    at = frame[(frame.kT == 2.5) & (frame.chain == 1) & (frame.draw == 7)].iloc[0]
    assert at.energy == run["energy"][1, 1, 6] and at["two_point[3]"] == run["two_point"][1, 1, 6, 3]
    data = run.to_xarray()
    assert isinstance(data, xr.Dataset) and data.energy.sel(kT=2.5, chain=1, draw=7).item() == run["energy"][1, 1, 6]
    assert np.shares_memory(data.energy.values, run["energy"])
    table = run.to_arrow()
    assert isinstance(table, pa.Table) and table.column("configuration")[0].as_py() == run["configuration"][0, 0, 0].reshape(-1).tolist()
    lines = run.summary(["energy"]).to_pandas()
    assert lines["kT"].tolist() == [2.0, 2.5]
    az = pytest.importorskip("arviz")
    inference = run.to_arviz()
    assert inference.posterior["energy"].dims == ("chain", "draw", "kT")
    ours, theirs = single.summary(), az.summary(single.to_arviz(), round_to="none")
    for name in ("energy", "magnetization"):
        assert abs(ours[name].rhat - theirs.loc[name, "r_hat"]) < 1e-6
        assert abs(ours[name].ess_bulk / theirs.loc[name, "ess_bulk"] - 1) < 0.05


def test_torch_is_asked_for_politely(single):
    try:
        import torch  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="pip install torch"):
            single.to_torch()
    else:
        assert np.shares_memory(single.to_torch()["energy"].numpy(), single["energy"])


def test_save_and_load(run, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "run.arrow"
    run.save(path)
    back = erg.load(path)
    for name in ("energy", "magnetization", "two_point", "configuration"):
        assert (back[name] == run[name]).all() and back[name].dtype == run[name].dtype and back.dims[name] == run.dims[name]
        assert back[name].flags.writeable
    assert (back["cluster_sizes"].values == run["cluster_sizes"].values).all() and back["cluster_sizes"].shape == run["cluster_sizes"].shape
    assert back.system == run.system and back.method == run.method and back.seed == run.seed and back.citations == run.citations
    assert (back.final == run.final).all() and (back.coords["kT"] == run.coords["kT"]).all()
    assert back.summary()["energy"].mean.tolist() == run.summary()["energy"].mean.tolist()
    pd = pytest.importorskip("pandas")
    assert len(pd.read_feather(path)) == 2400
    assert [p.name for p in tmp_path.iterdir()] == ["run.arrow"]


def test_save_and_load_of_other_kinds(tmp_path):
    pytest.importorskip("pyarrow")
    graph = erg.lattice.Ising(erg.lattice.Graph([[0, 1], [1, 2]], sites=4, weights=[0.5, -2.0]), h=np.arange(4.0))
    runs = [
        erg.sample(graph, kT=1.0, sweeps=5, seed=2**63, observe={"z": lambda s: s[:, :2] * 1j, "up": lambda s: s[:, 0] > 0}),
        erg.simulate(MAGNET, kT=2.0, time=3.0, every=1.0, seed=1),
        erg.solve(MAGNET, erg.Kaufman(), kT=2.0),
        erg.solve(graph, erg.Enumeration(), kT=[1.0, 2.0]),
    ]
    for k, run in enumerate(runs):
        run.save(tmp_path / str(k))
        back = erg.load(tmp_path / str(k))
        assert list(back) == list(run) and all(np.array_equal(back[n], run[n]) and back[n].dtype == run[n].dtype for n in run)
        assert back.system.values().keys() == run.system.values().keys() and np.array_equal(back.system.h, run.system.h)


def test_damaged_files_are_refused(single, tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "run.arrow"
    single.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for k in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:k] + bytes([whole[k] ^ 0x55]) + whole[k + 1 :])
        try:
            back = erg.load(path)
        except erg.CheckpointError:
            refused += 1
        else:  # padding: then nothing that matters differs
            assert all((back[n] == single[n]).all() for n in single) and back.seed == single.seed
    assert refused > 40
    for k in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:k])
        with pytest.raises(erg.CheckpointError):
            erg.load(path)
    with pytest.raises(FileNotFoundError):
        erg.load(tmp_path / "nothing")
    import pyarrow.feather

    pyarrow.feather.write_feather(single.to_pandas(), str(path), compression="uncompressed")
    with pytest.raises(erg.CheckpointError, match="no run of ergodica"):
        erg.load(path)


def test_pickle(run, single):
    back = pickle.loads(pickle.dumps(run))
    assert (back["energy"] == run["energy"]).all() and back.dims == run.dims and back.system == run.system
    assert back["cluster_sizes"][0, 0].lengths.tolist() == run["cluster_sizes"][0, 0].lengths.tolist()
    interrupted = pickle.loads(pickle.dumps(erg.Interrupted("x", single)))
    assert (interrupted.run["energy"] == single["energy"]).all()


def test_plot(run, single):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    assert len(run.plot().axes) == 6 and len(single.plot("energy").axes) == 3
    assert len(erg.simulate(MAGNET, kT=2.0, time=10.0, observe="energy", seed=1).plot().axes) == 3
    assert erg.solve(MAGNET, erg.Kaufman(), kT=[2.0, 2.5]).plot().axes
    with pytest.raises(erg.SpecError, match="not a series"):
        run.plot("two_point")
    matplotlib.pyplot.close("all")


def test_nothing_is_copied_on_the_way_out():
    tracemalloc.start()
    run = erg.sample(MAGNET, kT=2.0, chains=1, sweeps=4000, warmup=0, observe="configuration", seed=1)
    before = tracemalloc.get_traced_memory()[0]
    run["configuration"]
    assert tracemalloc.get_traced_memory()[1] < 500_000 + before and run["configuration"].nbytes > 1_000_000
    tracemalloc.stop()


def test_methods_and_defaults():
    found = erg.methods(MAGNET)
    assert {f.verb for f in found} == {"sample", "simulate", "solve"} and erg.Wolff in found and erg.Enumeration() not in found
    assert "Enumeration needs at most 26 spins" in repr(found)
    assert erg.sample(MAGNET, sweeps=5, warmup=5).method == erg.Wolff()
    assert erg.sample(erg.lattice.Ising((16, 16), h=0.1), sweeps=5, warmup=5).method == erg.Metropolis()
    assert erg.solve(MAGNET, kT=2.0).method == erg.Kaufman()
    assert erg.solve(erg.lattice.Ising((3, 4), h=0.1), kT=2.0).method == erg.TransferMatrix()
    with pytest.raises(erg.SpecError, match="no exact method fits"):
        erg.solve(erg.lattice.Ising((8, 8, 8)))


REFUSED = [
    (lambda: erg.sample("magnet"), "expected a system"),
    (lambda: erg.sample(MAGNET, erg.Wolff), "Try erg.Wolff()"),
    (lambda: erg.sample(MAGNET, "Wolff"), "expected a method, got 'Wolff'"),
    (lambda: erg.sample(MAGNET, erg.Kaufman()), "Kaufman"),
    (lambda: erg.sample(MAGNET, kT=-1), "at least 0"),
    (lambda: erg.sample(MAGNET, kT=[]), "a number or a sequence"),
    (lambda: erg.sample(MAGNET, kT=[[1.0]]), "a number or a sequence"),
    (lambda: erg.sample(MAGNET, kT=np.nan), "finite"),
    (lambda: erg.sample(MAGNET, chains=0), "chains: expected an integer of at least 1"),
    (lambda: erg.sample(MAGNET, sweeps=1.5), "sweeps: expected an integer"),
    (lambda: erg.sample(MAGNET, sweeps=True), "sweeps: expected an integer"),
    (lambda: erg.sample(MAGNET, warmup=-1), "warmup"),
    (lambda: erg.sample(MAGNET, every=0), "every"),
    (lambda: erg.sample(MAGNET, seed=-1), "seed"),
    (lambda: erg.sample(MAGNET, seed=2**64), "seed"),
    (lambda: erg.sample(MAGNET, seed="x"), "seed"),
    (lambda: erg.sample(MAGNET, observe=[]), "observe"),
    (lambda: erg.sample(MAGNET, observe=3), "observe"),
    (lambda: erg.sample(MAGNET, observe=["energy", 3]), "observe"),
    (lambda: erg.sample(MAGNET, observe={"e": "energy"}), "observe"),
    (lambda: erg.sample(MAGNET, threads=-1), "threads"),
    (lambda: erg.sample(MAGNET, checkpoint=3), "checkpoint"),
    (lambda: erg.sample(MAGNET, checkpoint=("x", -1)), "checkpoint"),
    (lambda: erg.simulate(MAGNET, time=-1.0), "time"),
    (lambda: erg.simulate(MAGNET, time=1.0, every=0.0), "every"),
    (lambda: erg.solve(MAGNET, observe=[3]), "observe"),
    (lambda: erg.sample(erg.lattice.Ising((4, 4), J=[1.0, 2.0]), kT=1.0), "one per bond"),
]


@pytest.mark.parametrize("call, words", REFUSED)
def test_refused(call, words):
    with pytest.raises(erg.SpecError) as caught:
        call()
    assert words in str(caught.value)


def test_unknown_keywords_are_refused():
    with pytest.raises(TypeError, match="sweps"):
        erg.sample(MAGNET, sweps=10)
