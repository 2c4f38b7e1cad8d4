"""What trainings are fed with: arrays, files, tables, iterables of batches, walkers beside them."""

from __future__ import annotations

import os
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from tests.test_learn import X, Y, network, same, squares, train

import ergodica as erg


def test_an_iterable_is_asked_batch_by_batch() -> None:
    given = [(X[i : i + 7], Y[i : i + 7]) for i in range(0, 42, 7)]
    fit = train(data=iter(given), batch=None, steps=100)
    assert fit.steps == 6 and fit.status == "done"
    direct = train(data=(X[:42], Y[:42]), order="sequential", steps=6)
    assert same(fit.model, direct.model)
    with pytest.raises(erg.ShapeError, match="batch 2"):
        train(data=iter([given[0], (X[:3], Y[:3])]), batch=None)
    with pytest.raises(erg.ShapeError, match=r"batch 2 has \(float64\[7, 1\], int64\[7, 1\]\), the first had \(float64\[7, 1\], float64\[7, 1\]\)"):
        train(data=iter([given[0], (X[:7], Y[:7].astype(int))]), batch=None)
    for nothing, number in ((["rows"], "the first is 'rows'"), ([given[0], None], r"batch 2 is None, the first was \(float64")):
        with pytest.raises((erg.SpecError, erg.ShapeError), match=number):
            train(data=iter(nothing), batch=None)
    both, three = (r"\(" + ", ".join([r"float64\[7, 1\]"] * n) + r"\)" for n in (2, 3))
    with pytest.raises(erg.ShapeError, match=f"batch 2 is {three}, the first was {both}"):
        train(data=iter([given[0], (*given[1], Y[:7])]), batch=None)
    with pytest.raises(ZeroDivisionError):
        train(data=(1 / 0 if i else given[0] for i in range(3)), batch=None)


def test_files_and_tables_are_data(tmp_path: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    path = os.fspath(tmp_path / "rows.npy")
    np.save(path, np.concatenate([X, Y], 1))
    both = lambda m, b: squares(m, (b[:, :1], b[:, 1:]))
    fit = erg.learn(both, network(), data=path, batch=7, steps=30, seed=3, progress=False)
    assert same(fit.model, train().model)
    table = pa.table({"x": X[:, 0], "y": Y[:, 0]})
    arrow, npz, damaged = (os.fspath(tmp_path / f"rows.{ending}") for ending in ("arrow", "npz", "feather"))
    with pa.OSFile(arrow, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    np.savez(npz, x=X[:, 0], y=Y[:, 0])
    columns = lambda m, b: squares(m, (b["x"][:, None], b["y"][:, None]))
    for data in (table, arrow, npz, np.load(npz)):
        fit = erg.learn(columns, network(), data=data, batch=7, steps=30, seed=3, progress=False)
        assert same(fit.model, train().model)
    with open(damaged, "wb") as file:
        file.write(b"rows")
    for kind in (">f8", ">f4", np.float16, ">i2", np.uint8):  # as FITS and HDF5 files and networks' data have them; of one value each
        rows = np.round(4 * (X + 2.0)).astype(kind)
        options: dict[str, Any] = {"batch": 60, "order": "sequential", "steps": 1, "progress": False}
        found, want = (erg.learn(lambda m, b: np.mean(m(1.0 * b) ** 2), network(), data=x, **options) for x in (rows, rows.astype(np.float64)))
        np.testing.assert_allclose(found.history["loss"], want.history["loss"], rtol=1e-6)
    many = [float(k) for k in range(50)]
    for data, message in ((np.arange(3, dtype=np.uint64), "no uint64"), (many, r"\(\), ... \(50 arrays\)")):
        with pytest.raises(erg.SpecError, match=message):
            erg.learn(lambda m, b: np.mean(m(b)), network(), data=data, steps=1, progress=False)
    words = pa.table({"x": ["a", "b"], "y": [[1.0], [2.0, 3.0]]})
    for data, message in ((damaged, "Arrow IPC"), (words, "column x, got string"), (words.select(["y"]), "column y, got list")):
        with pytest.raises(erg.SpecError, match=message):
            erg.learn(columns, network(), data=data, steps=2, progress=False)


def test_an_iterable_loses_no_batch_to_pauses() -> None:
    """A step that is made again after a pause has the batch that it had."""
    give = lambda: ((X[i % 50 : i % 50 + 7], Y[i % 50 : i % 50 + 7]) for i in range(3000))
    whole = train(data=give(), batch=None, steps=3000)
    job = train(data=give(), batch=None, steps=3000, wait=False)
    while not job.done():
        job.pause()
        job.resume()
    assert job.result(30).steps == 3000 and same(job.result().model, whole.model)


def test_the_state_at_the_end_of_the_data_is_evaluated() -> None:
    """Also where the data end between two evaluations: it may be the best."""
    rows = lambda: iter(np.arange(25.0))
    for every, steps in ((10, [10, 20, 25]), (5, [5, 10, 15, 20, 25]), (1000, [25])):
        for evaluate in (lambda m: m["x"], erg.black_box(lambda m: m["x"])):
            fit = erg.learn(lambda m, b: (m["x"] + b) ** 2, {"x": np.zeros(())}, erg.SGD(0.1), data=rows(), evaluate={"x": evaluate}, monitor="x",
                            evaluate_every=every, every=4, seed=1, progress=False)  # fmt: skip
            assert fit.history.evaluations is not None and fit.history.evaluations["step"].tolist() == steps
            assert fit.best_step == 25 and fit.best == fit.model and fit.history["x"][-1] == fit.model["x"]
            assert fit.history["step"].tolist() == [4, 8, 12, 16, 20, 24, 25]


@pytest.mark.parametrize(("column", "message"), [
    (list(range(60)), "expected arrays, got int for 1.0"),
    (range(60), "expected arrays, got range for 1"),
    (3, "expected arrays, got int for 1"),
    (Y.astype(object), "expected numbers, got object for 1"),
    (np.zeros(60, "M8[s]"), "expected numbers, got datetime64"),
])  # fmt: skip
def test_what_would_go_to_every_batch_whole_is_refused(column: Any, message: str) -> None:
    """A batch of 7 rows would meet all 60 labels; where shapes fit by broadcasting, without a word."""
    loss = lambda m, b: np.mean(m(b[0]) ** 2)
    for given in ({"data": (X, column), "batch": 7}, {"data": (X, column)}, {"data": iter([(X, column)])}):
        with pytest.raises(erg.SpecError, match=message):
            erg.learn(loss, network(), steps=2, progress=False, **given)
    erg.learn(loss, network(), data=(X, None, "a name", {"settings": 3}), batch=7, steps=2, progress=False)


def test_a_mapped_file_is_not_read_whole(tmp_path: Any) -> None:
    """Nor copied for a training in the background, as arrays are, which their owner may change."""
    path, rows = os.fspath(tmp_path / "rows.npy"), 1 << 23
    np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(rows,))[::1000] = 1.0
    options: dict[str, Any] = {"batch": 8, "order": "sequential", "steps": 3, "seed": 1, "progress": False}
    for wait in (True, False):
        tracemalloc.start()
        fit = erg.learn(lambda m, b: m["w"] * np.sum(b), {"w": np.ones(())}, data=path, wait=wait, **options)
        fit = fit if wait else fit.result(60)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < rows and fit.history["loss"].tolist() == [1.0, 0.0, 0.0]
    changing = np.ones(1000)
    job = erg.learn(lambda m, b: m["w"] ** 2 * np.mean(b), {"w": np.ones(())}, data=changing, wait=False, **(options | {"steps": 20_000}))
    changing[:] = np.nan
    assert job.result(60).steps == 20_000


def halved(m: Any, b: Any) -> Any:
    b["x"] = b["x"] / 2
    return m["w"] * b["x"] - b["y"]


@pytest.mark.parametrize("optimiser", [erg.SGD(0.1), erg.LBFGS(), erg.GaussNewton(), erg.LevenbergMarquardt()])
@pytest.mark.parametrize("batch", [None, 60])
def test_a_loss_may_change_its_batch_but_no_array_of_it(optimiser: Any, batch: Any) -> None:
    """A loss is called more than once in a step, of which each call had met what the one before had left."""
    data = {"x": X[:, 0].copy(), "y": Y[:, 0]}
    options: dict[str, Any] = {"data": data, "batch": batch, "order": "sequential", "steps": 3, "seed": 1, "progress": False}
    start = {"w": np.array(0.3), "c": np.array([2])}
    plain, changed = (erg.learn(erg.LeastSquares(r), start, optimiser, **options) for r in (lambda m, b: m["w"] * (b["x"] / 2) - b["y"], halved))
    assert changed.model == plain.model and np.array_equal(changed.history["loss"], plain.history["loss"])
    for change in (lambda m, b: b["x"].__imul__(2), lambda m, b: m["c"].__imul__(2)):
        with pytest.raises(ValueError, match=r"read-only|in-place"):
            erg.learn(lambda m, b, change=change: m["w"] * np.sum(change(m, b)), start, **options)
    assert np.array_equal(data["x"], X[:, 0]) and start["c"] == 2


def test_null_lists_and_empty_files_are_refused(tmp_path: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    rows = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(6)), 3, mask=pa.array([True, False]))
    (tmp_path / "empty.npy").touch()
    for data, message in ((pa.table({"x": rows}), "1 rows of the column x are null"), (tmp_path / "empty.npy", "as np.save writes it")):
        with pytest.raises(erg.SpecError, match=message):
            erg.learn(lambda m, b: np.mean(m["w"]), {"w": np.ones(3)}, data=data, steps=1, progress=False)


def correlation(model: Any, spins: Any) -> Any:
    return (model["c"] - np.mean(spins * np.roll(spins, 1, 2))) ** 2


def test_walkers_beside_a_training_give_its_batches(tmp_path: Any) -> None:
    """The parameter becomes the equilibrium's correlation of neighbours; nothing depends on who is faster; a checkpoint and members keep the bits."""
    magnet = erg.lattice.Ising((6, 6))
    source = erg.Source(magnet, erg.HeatBath(), kT=4.0, walkers=50, sweeps=2, warmup=50, buffer=3)
    options: Any = {"data": source, "steps": 3000, "seed": 1, "progress": False}
    start = {"c": np.array(0.0)}
    fit = erg.learn(correlation, start, erg.SGD(lambda k: 0.5 / (1.0 + k.astype(np.float64))), threads=1, **options)
    exact = -float(erg.solve(magnet, kT=4.0)["energy"]) / 72
    # the rate 1 / 2k makes c the mean of all batches: 150000 configurations, each with a variance of 1/36 or less, correlated over about 3 batches
    assert abs(fit.model["c"] - exact) < 4.9 * np.sqrt(6 / 36 / 150_000)
    again = erg.learn(correlation, start, erg.SGD(lambda k: 0.5 / (1.0 + k.astype(np.float64))), threads=2, **options)
    assert again.model["c"] == fit.model["c"]
    path = os.fspath(tmp_path / "fit.ckpt")
    adam: Any = erg.Adam(0.01)
    whole = erg.learn(correlation, start, adam, **options)
    job = erg.learn(correlation, start, adam, checkpoint=(path, 0.001), wait=False, **options)
    while job.progress.get("done", 0) < 300 and not job.done():
        time.sleep(0.001)
    job.checkpoint()
    job.cancel()
    assert job.result(30).steps > 0
    assert erg.learn(correlation, start, adam, checkpoint=path, **options).model["c"] == whole.model["c"]
    two = erg.learn(correlation, start, adam, members=2, **options)
    assert two.model[0]["c"] == whole.model["c"] == two.model[1]["c"]


def test_simulations_beside_a_training_give_its_batches() -> None:
    """Langevin in a skewed well, heat bath and Kawasaki dynamics. Catches: velocities in the place of positions, a batch that no time lies before."""
    well = lambda x: np.sum(x**4) / 4 + 0.3 * np.sum(x)
    x = np.linspace(-5.0, 5.0, 20001)
    weight = np.exp(-(x**4 / 4 + 0.3 * x) / 0.7)
    exact = np.array([np.sum(weight * x), np.sum(weight * x**2)]) / np.sum(weight)
    moments = lambda m, b: np.sum((m["v"] - np.stack([np.mean(b), np.mean(b**2)])) ** 2)
    rate = lambda k: 0.5 / (1.0 + k.astype(np.float64))
    options: Any = {"steps": 600, "seed": 1, "progress": False}
    source = erg.Source(well, space=erg.Real(2), kT=0.7, walkers=128, every=0.5, warmup=40)
    fits = [erg.learn(moments, {"v": np.zeros(2)}, erg.SGD(rate), data=source, threads=n, **options) for n in (1, 2)]
    # 153600 numbers of variance 0.68 and 0.5, correlated over about 4 batches
    assert np.all(np.abs(fits[0].model["v"] - exact) < 4.9 * np.sqrt(4 * 0.7 / 153_600))
    assert np.array_equal(fits[0].model["v"], fits[1].model["v"])
    magnet = erg.lattice.Ising((6, 6))
    waiting = erg.Source(magnet, kT=4.0, walkers=50, every=2.0, warmup=25, buffer=2)
    fit = erg.learn(correlation, {"c": np.array(0.0)}, erg.SGD(rate), data=waiting, **options)
    assert abs(fit.model["c"] + float(erg.solve(magnet, kT=4.0)["energy"]) / 72) < 4.9 * np.sqrt(6 / 36 / 30_000)
    kept = lambda m, s: np.mean((m["c"] - np.sum(s, (1, 2))) ** 2)  # exchanges keep each walker's magnetisation
    swaps = erg.Source(magnet, erg.Kawasaki(), walkers=9, every=1.0, warmup=0)
    fit = erg.learn(kept, {"c": np.array(0.0)}, erg.SGD(0.0), data=swaps, **options)
    assert np.ptp(fit.history["loss"]) == 0 < fit.loss
    for bad in ({"every": 0.0}, {"every": -1.0}, {"every": 1.0, "sweeps": 2}):
        with pytest.raises(erg.SpecError, match="every above 0"):
            erg.Source(magnet, **bad)
    with pytest.raises(erg.SpecError, match="Wolff fits the verb sample"):
        erg.learn(correlation, {"c": np.array(0.0)}, data=erg.Source(magnet, erg.Wolff(), every=1.0), **options)


def test_sources_of_densities_and_what_they_refuse() -> None:
    source = erg.Source(lambda x: np.sum(x**2) / 2, erg.HMC(), space=erg.Real(2), kT=[1.0, 4.0], walkers=100, sweeps=1, warmup=100)
    moments = lambda m, b: np.mean((m["v"] * b[1] - np.mean(b[0] ** 2, 1)) ** 2 / b[1] ** 2)
    rate = lambda k: 0.5 / (1.0 + k.astype(np.float64))
    fit = erg.learn(moments, {"v": np.array(0.0)}, erg.SGD(rate), data=source, steps=300, seed=1, progress=False)
    assert abs(fit.model["v"] - 1.0) < 4.9 * np.sqrt(2 / 400 / 300 * 5)
    assert fit.info["source"]["acceptance"].shape == (200,) and np.sum(fit.info["source"]["undefined"]) == 0
    holed = erg.Source(lambda x: np.sum(x**2) / 2 + np.sum(np.where(x > 1, np.nan, 0.0)), erg.MALA(), space=erg.Real(1), walkers=8, warmup=100)
    with pytest.warns(RuntimeWarning, match="density of the source or its gradient was not a number at [0-9]+ points"):
        lost = erg.learn(lambda m, b: m["v"] * np.mean(b), {"v": np.array(0.0)}, data=holed, steps=100, seed=1, progress=False)
    assert np.sum(lost.info["source"]["undefined"]) > 0
    with pytest.raises(erg.SpecError, match="Real"):
        erg.Source(lambda x: x, space=erg.Positive())
    with pytest.raises(erg.SpecError, match="walkers"):
        erg.Source(erg.lattice.Ising((4, 4)), walkers=0)
    with pytest.raises(erg.SpecError):
        erg.learn(correlation, {"c": np.array(0.0)}, data=erg.Source(erg.lattice.Ising((4, 4)), erg.ParallelTempering(), kT=[1.0, 2.0]), steps=2)
