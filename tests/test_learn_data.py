"""What trainings are fed with: arrays, files, tables, iterables of batches."""

from __future__ import annotations

import os
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


def test_null_lists_and_empty_files_are_refused(tmp_path: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    rows = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(6)), 3, mask=pa.array([True, False]))
    (tmp_path / "empty.npy").touch()
    for data, message in ((pa.table({"x": rows}), "1 rows of the column x are null"), (tmp_path / "empty.npy", "as np.save writes it")):
        with pytest.raises(erg.SpecError, match=message):
            erg.learn(lambda m, b: np.mean(m["w"]), {"w": np.ones(3)}, data=data, steps=1, progress=False)
