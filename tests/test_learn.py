"""The training loop: its bits, its data, its end, what it refuses."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import pytest
from numpy import array
from scipy.special import logsumexp, softmax

import ergodica as erg
from ergodica.learning import Objective

X = np.linspace(-2.0, 2.0, 60)[:, None]
Y = np.sin(2 * X)


def squares(model: Any, batch: Any) -> Any:
    return np.mean((model(batch[0]) - batch[1]) ** 2)


def network(seed: int = 1) -> Any:
    return erg.nn.MLP(1, [8], 1, seed=seed)


def train(model: Any = None, steps: int = 30, **options: Any) -> Any:
    options = {"data": (X, Y), "batch": 7, "seed": 3, "progress": False} | options
    return erg.learn(squares, network() if model is None else model, options.pop("optimiser", None), steps=steps, **options)


def same(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.parameters().values(), b.parameters().values(), strict=True))


def test_a_step_is_what_numpy_finds() -> None:
    """Adam by hand, on the same rows."""
    fit = train(batch=None, steps=20, optimiser=erg.Adam(0.01, decay=0.1))
    model, m, v = network(), None, None
    slope = erg.compile(erg.value_and_grad(squares))
    for k in range(20):
        loss, g = slope(model, (X, Y))
        assert loss == pytest.approx(fit.history["loss"][k], rel=1e-12)
        g, p = g.parameters(), model.parameters()
        m = {n: 0.1 * x + (0.9 * m[n] if m else 0) for n, x in g.items()}
        v = {n: 0.001 * x**2 + (0.999 * v[n] if v else 0) for n, x in g.items()}
        step = {n: 0.01 * (m[n] / (1 - 0.9 ** (k + 1)) / (np.sqrt(v[n] / (1 - 0.999 ** (k + 1))) + 1e-8) + 0.1 * p[n]) for n in p}
        model = model.replace({n: p[n] - step[n] for n in p})
    for name, x in fit.model.parameters().items():
        np.testing.assert_allclose(x, model.parameters()[name], rtol=1e-11)


def test_threads_do_not_change_bits_and_a_seed_does() -> None:
    one, two = train(threads=1), train(threads=2)
    assert same(one.model, two.model) and np.array_equal(one.history["loss"], two.history["loss"])
    assert not same(one.model, train(seed=4).model)


def test_ten_steps_and_twenty_have_the_bits_of_thirty() -> None:
    whole, half = train(), train(steps=10)
    rest = erg.learn(squares, half, data=(X, Y), batch=7, steps=20, progress=False)
    assert same(rest.model, whole.model) and rest.steps == 30
    assert np.array_equal(np.concatenate([half.history["loss"], rest.history["loss"]]), whole.history["loss"])
    assert rest.history["step"][0] == 11


def test_a_checkpoint_continues_to_the_same_bits(tmp_path: Any) -> None:
    path = os.fspath(tmp_path / "fit.ckpt")
    options: Any = {"steps": 600_000, "every": 100, "validation": (X, Y), "patience": 10_000}
    whole = train(**options)
    job = train(checkpoint=(path, 0.01), wait=False, **options)
    while job.progress.get("done", 0) < 3000 and not job.done():
        time.sleep(0.001)
    job.checkpoint()
    job.cancel()
    part = job.result(30)
    assert part.status == "interrupted" and part.steps < 600_000
    with pytest.raises(erg.CheckpointError, match=r"program.* another in the file") as other:
        train(checkpoint=path, **(options | {"model": erg.nn.MLP(1, [8], 1, "sin", seed=1)}))
    assert len(str(other.value)) < 1500  # no programs in it
    rest = train(checkpoint=path, **options)
    assert same(rest.model, whole.model) and same(rest.best, whole.best)
    for table, other in ((rest.history, whole.history), (rest.history.evaluations, whole.history.evaluations)):
        for name in table:
            assert np.array_equal(table[name], other[name])


def test_members_have_the_bits_that_each_has_alone() -> None:
    models = [network(s) for s in (1, 2, 3)]
    together = train(models, members=3)
    assert together.history["loss"].shape == (3, 30)
    assert same(together.model[0], train(models[0]).model)
    assert not np.array_equal(together.history["loss"][0], together.history["loss"][1])
    more = erg.learn(squares, together, data=(X, Y), batch=7, steps=5, progress=False)
    assert same(more.model[0], train(models[0], steps=35).model)
    assert len(train(lambda key: network(key), members=2).model) == 2


def test_members_keep_what_is_not_trained_each_its_own() -> None:
    """Integers, masks and frozen arrays that differ; with those of the first member all others would go to its minimum."""

    class Carried(Objective):
        needs_data = False

        def memory(self, model: Any, key: Any) -> Any:
            return 1.0 * model["c"]

        def loss(self, model: Any, batch: Any, key: Any, memory: Any) -> Any:  # type: ignore[override]
            far = model["w"] - np.where(model["mask"], model["c"], model["f"]) * memory
            return np.sum(far**2), {"c": np.sum(model["c"])}, memory

    start = [{"w": np.zeros(2), "c": np.array([n, 2]), "mask": np.array([True, n == 1]), "f": np.array([7.0, n])} for n in (1, 5, 6)]
    options: dict[str, Any] = {"freeze": "f", "steps": 6, "evaluate": {"e": lambda m: np.sum(m["f"] * m["w"])}, "seed": 1, "progress": False}
    together = erg.learn(Carried(), start, erg.Adam(0.5), members=3, **options)
    on = erg.learn(Carried(), together, **(options | {"seed": None}))
    for n, model in enumerate(start):
        for fit, steps in ((together, 6), (on, 12)):
            # keys of other members differ, but nothing is drawn
            alone = erg.learn(Carried(), model, erg.Adam(0.5), **(options | {"steps": steps}))
            assert all(np.array_equal(fit.model[n][name], alone.model[name]) for name in model)
            assert np.array_equal(fit.history["e"][n], alone.history["e"][-6:]) and np.array_equal(fit.history["c"][n], alone.history["c"][-6:])
    with pytest.raises(erg.NonFiniteError, match="member 1: log"):
        erg.learn(lambda m: np.log(m["c"][0] - 5.0) * m["w"][0], [{"w": np.ones(2), "c": np.array([n])} for n in (9, 1)],
                  members=2, steps=2, progress=False)  # fmt: skip
    with pytest.raises(erg.SpecError, match="dtypes"):
        erg.learn(lambda m: m["w"][0], [{"w": np.ones(2)}, {"w": np.ones(2, np.float32)}], members=2, steps=2, progress=False)


@pytest.mark.parametrize("order", ["shuffled", "sequential", "replacement"])
def test_rows_come_in_their_order(order: str) -> None:
    """The mean of a batch of row numbers: its gradient tells which rows came."""
    n, size = 10, 4
    seen = erg.learn(lambda m, b: m["x"] * np.sum(2.0**b), {"x": np.zeros(())}, erg.SGD(0.0), data=np.arange(n, dtype=float), batch=size, order=order,
                     steps=50, seed=1, progress=False).history["gradient_norm"]  # fmt: skip
    assert order == "replacement" or len(seen) == 50
    rows = [[k for k in range(n) if int(s) >> k & 1] for s in seen]
    if order == "replacement":
        return
    assert all(len(r) == size or order == "shuffled" for r in rows)
    flat = np.concatenate(rows).astype(int) if all(len(r) == size for r in rows) else None
    if order == "sequential":
        assert flat is not None and rows[0] == [0, 1, 2, 3] and rows[2] == [0, 1, 8, 9]
    totals = [sum(seen[5 * e : 5 * e + 5]) for e in range(10)]  # two epochs are five batches
    assert all(t == 2 * (2**n - 1) for t in totals)


def test_every_order_of_an_epoch_is_equally_likely() -> None:
    """Chi-square over the 24 orders of four rows, one row a step; 23 degrees of freedom exceed 80 with probability 3e-8. A swap with a row among all
    rows instead of those left (the classical error) gives 300 and more."""
    epochs = 6000
    seen = erg.learn(lambda m, b: m["x"] * np.sum(b), {"x": np.zeros(())}, erg.SGD(0.0), data=np.arange(4.0), batch=1, steps=4 * epochs, seed=2,
                     progress=False).history["gradient_norm"].reshape(epochs, 4)  # fmt: skip
    codes = seen @ 4 ** np.arange(4)
    _, counts = np.unique(codes, return_counts=True)
    assert len(counts) == 24
    assert np.sum((counts - epochs / 24) ** 2) / (epochs / 24) < 80


def test_the_history_has_means_and_the_last_short_row() -> None:
    full, means = train(steps=11), train(steps=11, every=4)
    assert means.history["step"].tolist() == [4, 8, 11]
    np.testing.assert_allclose(means.history["loss"], [np.mean(full.history["loss"][i:j]) for i, j in ((0, 4), (4, 8), (8, 11))], rtol=1e-14)


def test_training_stops_where_nothing_improves() -> None:
    fit = erg.learn(lambda m: (m["x"] - 1.0) ** 2, {"x": np.zeros(())}, erg.SGD(0.5), steps=1000, evaluate={"far": lambda m: np.abs(m["x"] - 1.0)},
                    evaluate_every=1, patience=5, seed=1, progress=False)  # fmt: skip
    assert fit.steps == 6 and fit.best_step == 1 and fit.best["x"] == 1.0
    assert fit.history["far"].tolist() == [0.0] * 6
    up = erg.learn(lambda m: m["x"], {"x": np.zeros(())}, erg.SGD(1.0), steps=10, evaluate={"square": lambda m: (m["x"] + 4.0) ** 2},
                   evaluate_every=2, monitor="square", seed=1, progress=False)  # fmt: skip
    assert up.best["x"] == -4.0 and up.best_step == 4 and up.steps == 10


def test_float32_stays_float32() -> None:
    fit = train(network().astype("float32"))
    assert {a.dtype.name for a in fit.model.parameters().values()} == {"float32"}
    assert np.max(np.abs(fit.history["loss"] - train().history["loss"])) < 1e-4


def test_frozen_parameters_stay() -> None:
    fit = train(freeze="layers.0")
    assert np.array_equal(fit.model.layers[0].weight, network().layers[0].weight)
    assert not np.array_equal(fit.model.layers[1].weight, network().layers[1].weight)


class Counting(Objective):
    """A memory that counts."""

    needs_data = False

    def memory(self, model: Any, key: Any) -> Any:
        return {"count": np.zeros(()), "key": np.asarray(key)}

    def loss(self, model: Any, batch: Any, key: Any, memory: Any = None) -> Any:
        noise = erg.random.normal(key)
        return np.sum((model["x"] - noise) ** 2), {"count": memory["count"], "noise": noise}, memory | {"count": memory["count"] + 1}


def test_a_fit_goes_on_with_other_parameters_and_objectives() -> None:
    """Frozen, thawed, changed by hand: the optimiser begins anew, at the parameters that the model has, also where shapes do not tell them apart."""
    model = erg.nn.MLP(1, [4, 4, 4], 1, seed=1)
    fit = train(model)
    for names in ("layers.1", "layers.2"):
        tuned = train(fit, steps=5, freeze=names)
        alone = train(fit.model, steps=5, freeze=names)
        k = int(names[-1])
        assert tuned.steps == 35 and np.array_equal(tuned.model.layers[k].weight, fit.model.layers[k].weight)
        assert not np.array_equal(tuned.model.layers[3 - k].weight, fit.model.layers[3 - k].weight)
        assert np.isclose(tuned.loss, alone.loss, rtol=0.5)
        thawed = train(tuned, steps=5)
        assert not np.array_equal(thawed.model.layers[k].weight, tuned.model.layers[k].weight)
        other = train(tuned, steps=5, freeze="layers.3")
        assert np.array_equal(other.model.layers[3].weight, tuned.model.layers[3].weight)
    fit.model = model
    assert np.isclose(train(fit, steps=1, batch=None).loss, squares(model, (X, Y)))
    with pytest.raises(erg.SpecError, match="no members, got 3"):
        train(fit, members=3)

    bits = (X < 0.3).astype(float)
    ask: dict[str, Any] = {"data": bits, "steps": 3, "progress": False, "seed": 1}
    brief = erg.learn(erg.ContrastiveDivergence(1), erg.nn.RBM(1, 2, units="bits", seed=0), **ask)
    long = erg.learn(erg.PersistentCD(bits[:10]), brief, **ask)
    assert long.steps == 6 and erg.learn(erg.ContrastiveDivergence(1), long, **ask).steps == 9
    assert erg.learn(erg.PersistentCD(bits[:20]), long, **ask).steps == 9


@pytest.mark.parametrize("optimiser", [erg.Adam(0.1), erg.MasterWeights(erg.SGD(0.1)), erg.CoinBetting()])
def test_a_model_that_is_changed_in_place_is_trained_as_it_stands(optimiser: Any) -> None:
    """Masters and bets hold where parameters were: they had undone the change."""
    loss = lambda m: np.sum((m["x"] - 1.0) ** 2) + np.sum(m["none"])
    fit = erg.learn(loss, {"x": np.zeros(2), "none": np.zeros((0, 3))}, optimiser, steps=5, seed=1, progress=False)
    fit.model["x"][0] = 7.0
    anew = erg.learn(loss, {"x": np.array([7.0, fit.model["x"][1]]), "none": np.zeros((0, 3))}, optimiser, steps=3, seed=1, progress=False)
    on = erg.learn(loss, fit, steps=3, progress=False)
    assert np.array_equal(on.model["x"], anew.model["x"]) and on.began == 5


def test_an_objective_has_a_memory_and_keys_of_its_own() -> None:
    fit = erg.learn(Counting(), {"x": np.zeros(())}, erg.SGD(0.1), steps=1000, seed=1, progress=False)
    assert fit.history["count"].tolist() == list(range(1000))
    noise = fit.history["noise"]
    assert len(set(noise)) == 1000 and abs(noise.mean()) < 4.9 / np.sqrt(1000) and abs(noise.std() - 1) < 4.9 / np.sqrt(2000)


def test_interrupted_and_watched() -> None:
    job = train(steps=10**9, every=10**4, wait=False)
    while job.progress.get("done", 0) < 20_000:
        time.sleep(0.001)
    seen = job.snapshot()
    assert seen.status == "running" and len(seen.history["loss"]) >= 2 and seen.model is None
    assert np.array_equal(seen.history["step"], 10_000 * np.arange(1, 1 + len(seen.history["loss"]))) and seen.steps >= seen.history["step"][-1]
    assert job.pause() and job.resume() and job.cancel()
    assert job.result(30).status == "interrupted" and job.result().model is not None
    rowless = train(steps=10**9, every=10**8, wait=False, members=2)
    while rowless.progress.get("done", 0) < 100:
        time.sleep(0.001)
    rowless.cancel()
    assert np.isnan(rowless.result(30).loss).all() and f"Fit: {rowless.result().steps} steps with" in repr(rowless.result())


def test_a_training_is_watched_to_its_end() -> None:
    """While it hands over its states, of which some are there already."""
    many = {str(k): np.zeros(5_000) for k in range(100)}
    for _ in range(3):
        job = erg.learn(lambda m: np.sum(m["0"] ** 2), many, erg.Averaged(erg.Adam()), steps=2, evaluate=lambda m: m["0"][0], monitor="evaluation",
                        seed=1, wait=False)  # fmt: skip
        while not job.done():
            seen = job.snapshot()
            assert seen.model is None or len(seen.model) == 100
        assert job.result().steps == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": None}, "needs data"),
        ({"batch": 0}, "batch"),
        ({"batch": 2.5}, "batch"),
        ({"steps": 0}, "steps"),
        ({"order": "random"}, "order"),
        ({"data": (X, Y[:3])}, "same number of rows"),
        ({"data": (X[:0], Y[:0])}, "at least one"),
        ({"data": "rows.csv"}, "npy"),
        ({"patience": 3}, "expected an evaluation"),
        ({"monitor": "other", "validation": (X, Y)}, "monitor"),
        ({"epochs": 2.0, "steps": 3}, "epochs"),
        ({"optimiser": erg.Adam}, "expected an optimiser"),
        ({"freeze": "layers"}, "nothing to train"),
        ({"freeze": "layer.0"}, "no parameter is 'layer.0'"),
        ({"freeze": 3}, "freeze: expected names"),
        ({"epochs": 0}, "epochs"),
        ({"epochs": -1.0}, "epochs"),
        ({"evaluate": {"e": 3.0}}, "evaluate: expected a function"),
        ({"evaluate": {"step": lambda m: 0.0}}, "another name than 'step'"),
        ({"evaluate": {"e": lambda m: (0.0, {"more": 1.0})}}, "got 'more' beside it"),
        ({"data": (np.ma.masked_less(X, 0.0), Y)}, "without a mask"),
        ({"data": (X.astype(np.longdouble), Y)}, "expected numbers, got"),
        ({"model": {"w": np.ma.masked_less(X, 0.0)}}, "without a mask"),
        ({"members": 0}, "members"),
        ({"evaluate": {"e": lambda m, b: 0.0}}, "evaluate"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_is_refused(options: Any, message: str) -> None:
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        train(**({"steps": 5} | options) if "epochs" not in options else options)


def test_losses_that_are_refused() -> None:
    model = {"x": np.ones(3)}
    for loss, message in ((lambda m: m["x"], "real scalar"), (lambda m: np.sum(m["x"]) + 1j, "real scalar"), (3.0, "expected a loss"),
                          (lambda m: (1.0, 2.0, 3.0), "scalar"), (lambda m: None, "real scalar, got None"),
                          (lambda m: (np.sum(m["x"]), {"r": None}), "real scalar for 'r', got None")):  # fmt: skip
        with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
            erg.learn(loss, model, steps=2, progress=False)
    for name in ("loss", "step", "gradient_norm", 3):  # which would stand in the place of the training's own
        with pytest.raises(erg.SpecError, match=f"{name!r}"):
            erg.learn(lambda m, name=name: (np.sum(m["x"]), {name: np.sum(m["x"])}), model, steps=2, progress=False)
    with pytest.raises(erg.SpecError, match="not finite"):
        erg.learn(lambda m: np.sum(m["x"]), {"x": np.array([1.0, np.nan])}, steps=2, progress=False)
    with pytest.raises(erg.SpecError, match="floating-point"):
        erg.learn(lambda m: 0.0, {"x": np.arange(3)}, steps=2, progress=False)
    for wrong in ({"rate": -1.0}, {"beta1": 1.0}, {"clip": 0.0}, {"rate": "fast"}):
        with pytest.raises(erg.SpecError, match=next(iter(wrong))):
            erg.Adam(**wrong)


def test_memory_is_refused_before_it_is_taken() -> None:
    before = erg.config.memory
    try:
        erg.config.memory = "1 MB"
        with pytest.raises(erg.MemoryLimitError):
            erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(10**6)}, steps=2, progress=False)
        for model in ({"x": np.ones(100)}, lambda key: {"x": np.ones(200)}):  # before members are made one by one
            with pytest.raises(erg.MemoryLimitError, match="1000 members need at least"):
                erg.learn(lambda m: np.sum(m["x"] ** 2), model, steps=2, members=1000, progress=False)
    finally:
        erg.config.memory = before
    for batch in (10**11, 10**12, 10**18):  # of which Go's runtime could not even be asked: it would end the process
        for members in (None, 3):
            with pytest.raises((erg.MemoryLimitError, erg.SpecError)):
                erg.learn(lambda m, b: np.mean(m["x"] * b), {"x": np.ones(2)}, data=np.ones((3, 2)), batch=batch, members=members, progress=False)


def test_a_lost_number_is_found_with_its_line() -> None:
    """In the value, behind a ``where`` that hides others, and in the gradient alone; of an ensemble in the member that lost it."""

    def value(model: Any, batch: Any) -> Any:
        hidden = np.where(batch[0] > 9, np.log(batch[0] - 9), 0.0)
        y = model(batch[0])
        return np.mean(np.log(y - 5)) + np.sum(hidden)  # lost

    with pytest.raises(erg.NonFiniteError, match=r"step 0: log gave .*test_learn.py: .*# lost") as found:
        erg.learn(value, network(), data=(X, Y), batch=7, steps=5, seed=1, progress=False)
    assert found.value.operation == "log" and found.value.step == 0 and "rate" not in str(found.value)  # nothing has moved yet

    def slope(model: Any) -> Any:
        return np.sqrt(np.sum(model["x"] ** 2)) + np.sum(model["x"])

    with pytest.raises(erg.NonFiniteError, match=r"gradient of the loss .* step 0: sqrt has a derivative"):
        erg.learn(slope, {"x": np.zeros(3)}, steps=5, seed=1, progress=False)
    matrix: dict[str, Any] = {"x": np.zeros(3), "w": np.eye(3) + 0.1}
    for more in (  # operations with several results
        lambda w: np.linalg.slogdet(w)[1] + np.linalg.eigh(w)[0][0],
        lambda w: erg.scan(lambda c, x: (c + x @ w[0], 2 * c), np.float64(0.0), w)[0],
        lambda w: sum(erg.cond(w[0, 0] > 0, lambda x: (x, 2 * x), lambda x: (x, 3 * x), np.sum(w))),
        lambda w: sum(np.sum(y) for y in erg.vmap(lambda x: (x @ w[0], np.sum(x)))(w)),
    ):
        with pytest.raises(erg.NonFiniteError, match=r"gradient of the loss .* step 0: sqrt has a derivative"):
            erg.learn(lambda m, more=more: more(m["w"]) * (1.0 + np.sqrt(np.sum(m["x"] ** 2))), matrix, steps=5, seed=1, progress=False)
    with pytest.raises(erg.NonFiniteError, match="member 1: exp"):
        models = [{"x": np.array(1.0)}, {"x": np.array(1000.0)}]
        erg.learn(lambda m: np.exp(m["x"]), models, members=2, steps=5, seed=1, progress=False)
    holed = X.copy()
    holed[3, 0] = np.nan
    with pytest.raises(erg.NonFiniteError, match=rf"1 of the {X.size} numbers of data\[0\] in its batch"):
        erg.learn(lambda m, b: np.mean((m(b[0]) - b[1]) ** 2), network(), data=(holed, Y), steps=5, seed=1, progress=False)


class Own(erg.nn.Module):
    """A layer and an objective of the user's, with names that their module imported, and with what freezes a draw."""

    w: np.ndarray

    def __call__(self, x: Any) -> Any:
        return softmax(self.w * array([x, 1.0, 2.0])) @ self.w

    @property
    def log_total(self) -> Any:
        return logsumexp(self.w)

    def noisy(self) -> Any:
        return np.sum(self.w) * GENERATOR.normal()


class OwnObjective(Objective):
    needs_data = False

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        return model.log_total + model(0.5)


GENERATOR = np.random.default_rng(1)


def test_to_find_a_lost_number_takes_no_memory_that_is_not_there() -> None:
    def deep(m: Any, b: Any) -> Any:
        h = b
        for _ in range(20):
            h = np.tanh(h * m["w"])
        return np.sqrt(np.sum((0 * h) ** 2))

    before = erg.config.memory
    try:
        for extra, message in ((1.0, "takes more memory than there is"), (1.5, "sqrt has a derivative")):
            erg.config.memory = int(extra * 5_000 * 50 * 8 * 21.1)
            with pytest.raises(erg.NonFiniteError, match=message):
                erg.learn(deep, {"w": np.ones(50)}, data=np.ones((5_000, 50)), steps=2, seed=1, progress=False)
    finally:
        erg.config.memory = before


def test_names_that_the_users_module_imported_are_traced() -> None:
    """In losses, objectives, layers, schedules and evaluations alike; a drawn number is frozen in none of them."""
    start = Own(np.array([0.3, -0.2, 0.5]))
    by_hand = erg.grad(lambda w: np.log(np.sum(np.exp(w))) + np.exp(w * np.array([0.5, 1, 2])) @ w / np.sum(np.exp(w * np.array([0.5, 1, 2]))))
    rate = lambda k: 0.1 * logsumexp(array([k, k]))
    fit = erg.learn(OwnObjective(), start, erg.SGD(rate), steps=1, evaluate=lambda m: logsumexp(m.w), progress=False)
    assert np.allclose(fit.model.w, start.w - 0.1 * np.log(2) * by_hand(start.w), atol=1e-14)
    assert np.allclose(fit.history["evaluation"], np.log(np.sum(np.exp(fit.model.w))))
    assert np.allclose(start(0.5), Own(start.w)(0.5)) and Own.__call__.__name__ == "__call__"
    v = lambda x, t: x * logsumexp(array([0.0, 0.0]))
    assert np.allclose(erg.generate(v, start=np.ones((1, 1)), method=erg.ODE(50), seed=1), 2.0, atol=1e-6)

    w = {"w": np.ones(2)}
    train = lambda loss, **given: erg.learn(loss, given.pop("model", w), given.pop("optimiser", erg.SGD(0.1)), steps=1, progress=False, **given)
    plain = lambda m: np.sum(m["w"])
    for act in (
        lambda: train(lambda m: np.sum(m["w"]) * GENERATOR.normal()),
        lambda: train(lambda m: m.noisy(), model=start),
        lambda: train(plain, optimiser=erg.SGD(lambda k: GENERATOR.uniform())),
        lambda: train(plain, evaluate=lambda m: GENERATOR.uniform()),
        lambda: train(erg.FlowMatching(path=(lambda t: t * GENERATOR.normal(), lambda t: 1 - t)), model=erg.nn.flows.Velocity(1, seed=0), data=X),
        lambda: train(lambda m, b: np.mean(m(b)), model=erg.nn.Sequential(erg.nn.Linear(1, 1), lambda x: x * (GENERATOR.random() < 0.9)), data=X),
        lambda: erg.generate(lambda x, t: x * GENERATOR.normal(), 3, erg.ODE(2), shape=(1,), seed=1),
    ):
        with pytest.raises(erg.SpecError, match="would keep this one draw for ever"):
            act()


def test_lost_parameters_are_named() -> None:
    """Not the first operation on them."""
    with pytest.raises(erg.NonFiniteError, match="step 1: x has not been finite since the step before"):
        erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(2)}, erg.SGD(np.inf), steps=3, progress=False)


def test_parameters_that_the_last_step_loses_are_named() -> None:
    """Where no further step has them, and where they have no part in the loss."""
    loss = lambda m: np.sum(m["x"] ** 2) + m["y"][0]
    start = {"x": np.ones(2), "y": np.ones(2)}
    with pytest.raises(erg.NonFiniteError, match="x is not finite after step 0, the last"):
        erg.learn(loss, start, erg.SGD(1e308), steps=1, progress=False)
    with pytest.raises(erg.NonFiniteError, match="y is not finite after step 2, the last"):  # 0/0
        erg.learn(loss, start, erg.Adam(0.1, epsilon=0.0), steps=3, progress=False)
    with pytest.raises(erg.NonFiniteError, match="x of member 1 is not finite") as found:
        erg.learn(loss, [start, {"x": np.full(2, 1e10), "y": np.ones(2)}], erg.SGD(1e300), steps=1, members=2, progress=False)
    assert found.value.parameter == "x" and found.value.step == 0


def test_steps_are_counted_from_the_first_of_all_trainings() -> None:
    loss = lambda m: np.log(m["x"])
    half = erg.learn(loss, {"x": np.array(1.0)}, erg.SGD(0.01), steps=10, progress=False)
    for begin, steps in (({"x": np.array(1.0)}, 100), (half, 90)):
        with pytest.raises(erg.NonFiniteError, match="at step 52: log") as found:
            erg.learn(loss, begin, erg.SGD(0.01), steps=steps, progress=False)
        assert found.value.step == 52
    far = erg.learn(loss, {"x": np.array(1.0)}, erg.SGD(0.01), steps=52, progress=False)  # what was reached is not lost
    assert found.value.run.model == far.model and found.value.run.steps == 52 and found.value.run.status == "interrupted"
    assert np.array_equal(found.value.run.history["loss"], far.history["loss"][10:])


def test_evaluations_in_python_are_those_in_the_program(tmp_path: Any) -> None:
    """Every n steps and at the end, on the state after the step; with the best state that they decide, in ensembles, beside traced ones, and from
    a checkpoint. Catches: the state before the step, another side's, members in another order."""
    far = lambda m: np.mean((m(X) - Y) ** 2)

    def counted(model: Any) -> float:
        assert type(model.layers[0].weight) is np.ndarray
        model.layers[0].weight[...] += 1.0  # its own copy
        seen.append(1)
        model.layers[0].weight[...] -= 1.0
        return float(far(model))

    seen: list[int] = []
    both = {"box": erg.black_box(counted), "traced": far}
    options: Any = {"steps": 41, "evaluate_every": 4, "monitor": "box"}
    fit = train(evaluate=both, **options)
    assert list(fit.history.evaluations) == ["step", "box", "traced"] and len(seen) == 11
    np.testing.assert_allclose(fit.history["box"], fit.history["traced"], rtol=1e-13)
    assert fit.history["box"][-1] == pytest.approx(far(fit.model), rel=1e-13) and fit.history.evaluations["step"][-1] == 41
    alone = train(evaluate={"traced": far}, **(options | {"monitor": "traced"}))
    assert same(fit.model, alone.model) and same(fit.best, alone.best) and fit.best_step == alone.best_step
    models = [network(s) for s in (1, 2)]
    two = train(models, members=2, evaluate=both, **options)
    assert two.history["box"].shape == (2, 11)
    np.testing.assert_allclose(two.history["box"], two.history["traced"], rtol=1e-13)
    path = os.fspath(tmp_path / "fit.ckpt")
    job = train(evaluate={"box": erg.black_box(far)}, steps=20_000, evaluate_every=50, monitor="box", checkpoint=(path, 0.01), wait=False)
    while job.progress.get("done", 0) < 1000 and not job.done():
        time.sleep(0.001)
    job.checkpoint()
    job.cancel()
    job.result(30)
    rest = train(evaluate={"box": erg.black_box(far)}, steps=20_000, evaluate_every=50, monitor="box", checkpoint=path)
    whole = train(evaluate={"box": erg.black_box(far)}, steps=20_000, evaluate_every=50, monitor="box")
    assert same(rest.best, whole.best) and np.array_equal(rest.history["box"], whole.history["box"])
    with pytest.raises(erg.CheckpointError):
        train(evaluate={"box": erg.black_box(lambda m: float(far(m)) + 1.0)}, steps=20_000, evaluate_every=50, monitor="box", checkpoint=path)


def test_evaluations_in_python_get_keys_and_stop_a_training() -> None:
    keys: list[int] = []

    def noted(model: Any, key: Any) -> Any:
        keys.append(int(key))
        return abs(float(model["x"]) - 1.0)

    fit = erg.learn(lambda m: (m["x"] - 1.0) ** 2, {"x": np.zeros(())}, erg.SGD(0.5), steps=1000, evaluate=erg.black_box(noted), evaluate_every=1,
                    patience=5, seed=1, progress=False)  # fmt: skip
    assert fit.steps == 6 and fit.best_step == 1 and fit.best["x"] == 1.0 and len(set(keys)) == 6
    assert fit.history["noted"].tolist() == [0.0] * 6


def test_evaluations_that_fail() -> None:
    """What raises ends the training with its own error as the cause; what is no number stands in the history, is told, and is never the best."""
    one = {"x": np.zeros(())}
    loss = lambda m: (m["x"] - 1.0) ** 2
    with pytest.raises(erg.PythonError, match="evaluate: broken raised ZeroDivisionError") as found:
        erg.learn(loss, one, steps=5, evaluate={"broken": erg.black_box(lambda m: 1 / 0)}, seed=1, progress=False)
    assert isinstance(found.value.__cause__, ZeroDivisionError)
    for wrong in (np.zeros(2), "text", 1j, None):
        with pytest.raises(erg.ShapeError, match="expected a real number of e"):
            erg.learn(loss, one, steps=5, evaluate={"e": erg.black_box(lambda m: wrong)}, seed=1, progress=False)  # noqa: B023
    values = iter([np.nan, 3.0, -np.inf, 2.0, np.inf, 2.5])
    with pytest.warns(RuntimeWarning, match="evaluation e is not finite, first after step 1"):
        fit = erg.learn(loss, one, erg.SGD(0.1), steps=6, evaluate={"e": erg.black_box(lambda m: next(values))}, evaluate_every=1, monitor="e",
                        seed=1, progress=False)  # fmt: skip
    assert fit.best_step == 4 and np.isnan(fit.history["e"][0])
    with pytest.warns(RuntimeWarning, match="evaluation traced is not finite"):
        fit = erg.learn(loss, one, erg.SGD(0.1), steps=6, evaluate={"traced": lambda m: np.log(m["x"] - 0.3)}, evaluate_every=1, monitor="traced",
                        seed=1, progress=False)  # fmt: skip
    assert fit.best_step == 2
    with pytest.raises(erg.SpecError, match=r"erg\.black_box\(function\)"):
        erg.learn(loss, one, steps=5, evaluate={"e": lambda m: float(m["x"])}, seed=1, progress=False)


def test_a_history_is_a_mapping() -> None:
    fit = train(validation=(X, Y))
    assert "loss" in fit.history and "validation" in fit.history and "nothing" not in fit.history and fit.history.get("nothing") is None
    with pytest.raises(KeyError):
        fit.history["nothing"]


def test_a_trained_model_is_a_function_of_numpy_arrays() -> None:
    """Its values are those of its weights by hand, compiled or not, in batches of any shape; it pickles; a fit's flow is a sampler's proposal."""
    import pickle

    fit = train()
    one, two = fit.model.layers
    by_hand = np.tanh(X @ one.weight.T + one.bias) @ two.weight.T + two.bias
    for model in (fit.model, erg.compile(fit.model), pickle.loads(pickle.dumps(fit.model))):
        got = model(X)
        assert type(got) is np.ndarray and got.dtype == np.float64
        np.testing.assert_allclose(got, by_hand, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(fit.model(X.reshape(3, 20, 1)), by_hand.reshape(3, 20, 1), rtol=1e-12, atol=1e-15)
    assert fit.model(X[0]).shape == (1,)


def test_a_trained_flow_proposes() -> None:
    """Trained, its proposals are accepted more often than before, and the chain has the exact mean of a skewed density."""
    wells = lambda x: np.sum((x**2 - 1) ** 2 + 0.5 * x)
    flow = erg.nn.SplineFlow(2, 4, [16], 8, bound=3.0, seed=0)
    fit = erg.learn(erg.ReverseKL(wells), flow, erg.Adam(5e-3), batch=None, steps=250, seed=1, progress=False)
    runs = [erg.sample(erg.Proposed(wells, q), erg.Independence(), draws=400, warmup=50, seed=2, progress=False) for q in (flow, fit)]
    before, after = (float(np.mean(r["acceptance"])) for r in runs)
    assert after > 0.75 and after > before + 0.2
    grid = np.linspace(-3.0, 3.0, 4001)
    p = np.exp(-((grid**2 - 1) ** 2) - 0.5 * grid)
    found = runs[1].summary()["x"]
    assert np.all(np.abs(found.mean - np.sum(grid * p) / np.sum(p)) < 4.9 * found.se)
