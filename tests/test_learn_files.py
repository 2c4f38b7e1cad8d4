"""Fits as files: what is read is what was written, and a training goes on from it to the same bits."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica import nn
from ergodica.expr import trees
from ergodica.learning import schedules

pytest.importorskip("pyarrow")

X = np.linspace(-2.0, 2.0, 60)[:, None]
Y = np.sin(2 * X)


def squares(model: Any, batch: Any) -> Any:
    return np.mean((model(batch[0]) - batch[1]) ** 2)


def train(model: Any, steps: int = 30, **options: Any) -> Any:
    options = {"data": (X, Y), "batch": 7, "progress": False, "optimiser": None} | options
    return erg.learn(squares, model, options.pop("optimiser"), steps=steps, **options)


def equal(a: Any, b: Any) -> None:
    """Structures are the same, and so are the bits of their arrays."""
    one, two = trees.flatten(a), trees.flatten(b)
    assert trees.key(one[0]) == trees.key(two[0])
    for x, y in zip(one[1], two[1], strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_array_equal(x, y)


class Own(nn.Module):
    inner: Any
    shape: Callable[[Any], Any]

    def __call__(self, x: Any) -> Any:
        return self.shape(self.inner(x))


OPTIMISERS = {
    "adam": lambda: erg.Adam(schedules.Cosine(1e-2, steps=40)),
    "plain": lambda: erg.SGD(1e-2),
    "average": lambda: erg.Averaged(erg.SGD(1e-2, momentum=0.9), 0.9),
    "lbfgs": lambda: erg.LBFGS(),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_fit_from_a_file_goes_on_to_the_same_bits(name: str, tmp_path: Any) -> None:
    """Catches: a state without its step, a seed that is forgotten, an array that is saved in the place of another."""
    path, optimiser = os.fspath(tmp_path / "fit.arrow"), OPTIMISERS[name]()
    all_rows = {"batch": None} if name == "lbfgs" else {}
    whole = train(nn.MLP(1, [8], 1, seed=1), optimiser=optimiser, seed=3, **all_rows)
    part = train(nn.MLP(1, [8], 1, seed=1), 12, optimiser=optimiser, seed=3, validation=(X, Y), monitor="validation", **all_rows)
    part.save(path)
    again = erg.load(path)
    for what in ("model", "best", "average", "state"):
        equal(getattr(again, what), getattr(part, what))
    for table, other in ((again.history, part.history), (again.history.evaluations, part.history.evaluations)):
        assert list(table) == list(other)
        for column in table:
            np.testing.assert_array_equal(table[column], other[column])
    assert (again.steps, again.best_step, again.status, again.seed, again.optimiser) == (12, part.best_step, "done", 3, optimiser)
    rest = train(again, 18, **all_rows)
    equal(rest.model, whole.model)
    equal(rest.state, whole.state)


def test_ensembles_and_structures(tmp_path: Any) -> None:
    path = os.fspath(tmp_path / "fit.arrow")
    models = [nn.MLP(1, [6], 1, seed=s, dtype="float32") for s in (1, 2)]
    together = train(models, 10, members=2, seed=3, every=3)
    together.save(path)
    again = erg.load(path)
    equal(again.model, together.model)
    assert again.history["loss"].shape == (2, 4) and again.history["step"].tolist() == [3, 6, 9, 10]
    equal(train(again, 5, every=3).model, train(together, 5, every=3).model)
    source = erg.Source(lambda x: np.sum(x**2), erg.MALA(), space=erg.Real(1), walkers=3, warmup=5)
    sourced = erg.learn(lambda m, b: m["x"] * np.mean(b), {"x": np.ones(())}, erg.SGD(0.1), data=source, steps=2, seed=1, progress=False)
    sourced.save(path)
    equal(erg.load(path).info["source"], sourced.info["source"])
    odd = {"a": (np.zeros((0, 2)), [np.array(1 + 2j), np.array([True, False])]), "x": np.array(3.0), 3: None}
    fit = erg.learn(lambda m: m["x"] ** 2 + np.sum(np.abs(m["a"][1][0]) ** 2), odd, erg.SGD(0.1), steps=2, seed=1, progress=False)
    fit.save(path)
    equal(erg.load(path).model, fit.model)
    assert erg.load(path).objective is None
    none = erg.learn(lambda m, b: m["x"] * np.sum(b), {"x": np.ones(())}, data=X, steps=1, seed=1, progress=False)
    none.history = erg.learning.History({k: v[:0] for k, v in none.history.items()})
    none.save(path)
    assert len(erg.load(path).history["loss"]) == 0


def test_what_is_no_part_of_a_file_is_given(tmp_path: Any) -> None:
    path = os.fspath(tmp_path / "fit.arrow")
    model = Own(nn.MLP(1, [5], 1, seed=1), lambda y: 2.0 * y)
    rate = lambda k: 0.01 / (1.0 + k)
    part = train(model, 10, optimiser=erg.Adam(rate), seed=3)
    part.save(path)
    with pytest.raises(erg.SpecError, match=r"holds .*Own.*\n.*model="):
        erg.load(path)
    like = Own(nn.MLP(1, [5], 1, seed=9), model.shape)
    lone = erg.load(path, model=like)
    equal(lone.model, part.model)
    assert lone.optimiser is None and "Fit: 10 steps" in repr(lone)
    with pytest.raises(erg.SpecError, match="without its optimiser"):
        train(lone, 5)
    again = erg.load(path, model=like, optimiser=erg.Adam(rate))
    equal(train(again, 5).model, train(part, 5).model)
    with pytest.raises(erg.SpecError, match=r"optimiser.*beta1"):
        erg.load(path, model=like, optimiser=erg.Adam(rate, beta1=0.8))
    for other in (Own(nn.MLP(1, [6], 1, seed=1), model.shape), Own(nn.MLP(1, [5], 1, activation="relu", seed=1), model.shape), {"x": X}):
        with pytest.raises(erg.SpecError, match=r"differs from that of the file|expected shape"):
            erg.load(path, model=other)


@dataclasses.dataclass(slots=True)
class Slots:
    w: np.ndarray
    scale: float = 1.0

    def __call__(self, x: Any) -> Any:
        return self.scale * (x @ self.w)


def test_floats_that_were_trained_and_slots_are_read(tmp_path: Any) -> None:
    path = os.fspath(tmp_path / "fit.arrow")
    part = train(Slots(np.ones((1, 1))), 5, seed=3)
    part.save(path)
    again = erg.load(path, model=Slots(np.zeros((1, 1))))
    assert again.model.scale == part.model.scale != 1.0
    equal(train(again, 5).model, train(part, 5).model)


def test_a_fit_from_a_file_is_drawn_from(tmp_path: Any) -> None:
    path = os.fspath(tmp_path / "fit.arrow")
    data = np.random.default_rng(1).normal(size=(64, 2))
    fit = erg.learn(erg.FlowMatching(path="trigonometric"), nn.flows.Velocity(2, [8], seed=1), data=data, batch=16, steps=5, seed=1, progress=False)
    fit.save(path)
    again = erg.load(path)
    assert again.objective == fit.objective and again.event == (2,)
    np.testing.assert_array_equal(erg.generate(again, 5, erg.ODE(4), seed=2), erg.generate(fit, 5, erg.ODE(4), seed=2))
    flow = erg.learn(erg.MaximumLikelihood(), nn.CouplingFlow(2, 2, [4], seed=1), data=data, steps=3, seed=1, progress=False)
    flow.save(path)
    np.testing.assert_array_equal(erg.load(path).model.log_density(data), flow.model.log_density(data))


MODELS: dict[str, Callable[[], Any]] = {
    "mlp": lambda: nn.MLP(2, [4], 1, residual=True, seed=0),
    "conv": lambda: nn.ConvNet(1, [2], 1, (3, 3), seed=0),
    "rbm": lambda: nn.RBM(3, dtype="complex128", seed=0),
    "transformer": lambda: nn.AutoregressiveTransformer(4, (-1, 1), 4, 1, 2, seed=0),
    "gru": lambda: nn.AutoregressiveGRU(4, 2, 5, seed=0),
    "made": lambda: nn.MADE(4, (-1, 1), [5], seed=0),
    "spline": lambda: nn.SplineFlow(3, 2, [4], 4, "torus", seed=0),
    "autoregressive": lambda: nn.AutoregressiveFlow(3, 2, [4], seed=0),
    "continuous": lambda: nn.ContinuousFlow(2, [4], seed=0),
    "gauge": lambda: nn.GaugeFlow((4, 4), 2, [3], 4, seed=0),
    "stochastic": lambda: nn.flows.Composition(nn.CouplingFlow(3, 2, [6], seed=0), nn.SplineFlow(3, 2, [6], 4, seed=1)),
    "bridge": lambda: erg.learning.objectives.LightBridge(2, 3, seed=0),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_package_is_written_whole(name: str, tmp_path: Any) -> None:
    path, model = os.fspath(tmp_path / "fit.arrow"), MODELS[name]()
    loss = lambda m: sum(np.sum(np.abs(a) ** 2) for a in m.parameters().values() if a.dtype.kind in "fc")
    fit = erg.learn(loss, model, erg.SGD(1e-3), steps=1, seed=1, progress=False)
    fit.save(path)
    again = erg.load(path)
    equal(again.model, fit.model)
    assert repr(again.model) == repr(fit.model)


def test_fits_of_lambdas_pickle_and_are_copied() -> None:
    loss, rate = (lambda m: np.sum(m["x"] ** 2)), (lambda k: 0.1 / (1 + k))
    fits = [erg.learn(loss, {"x": np.ones(2)}, o, steps=3, seed=1, progress=False) for o in (erg.Adam(rate), erg.Adam(0.1))]
    for fit in fits:
        sent = pickle.loads(pickle.dumps(fit))
        equal(sent.model, fit.model)
        equal(sent.state, fit.state)
        assert sent.objective is None and sent.optimiser == (None if fit is fits[0] else fit.optimiser)
        for copied in (copy.copy(fit), copy.deepcopy(fit)):
            assert copied.objective is loss and copied.optimiser == fit.optimiser
            equal(erg.learn(loss, copied, steps=2, progress=False).model, erg.learn(loss, fit, steps=2, progress=False).model)
        sent.optimiser = fit.optimiser
        equal(erg.learn(loss, sent, steps=2, progress=False).model, erg.learn(loss, fit, steps=2, progress=False).model)


def test_damaged_files_are_refused(tmp_path: Any) -> None:
    """Each byte of a file that is changed is noticed, or changes nothing that is read."""
    path = tmp_path / "fit.arrow"
    fit = erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.linspace(1.0, 2.0, 40)}, erg.Adam(), steps=20, seed=1, progress=False)
    fit.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for at in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            equal(erg.load(path).model, fit.model)
        except erg.CheckpointError:
            pass
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(erg.CheckpointError):
        erg.load(path)
    erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=5, seed=1, progress=False).save(path)
    with pytest.raises(erg.SpecError, match="is a run"):
        erg.load(path, model={})


def test_nothing_that_is_not_of_known_packages_is_looked_up() -> None:
    from ergodica.learning.files import Unknown, read

    for node in ({"name": "os:system"}, {"object": "os:system", "fields": {}}, {"object": "numpy:ndarray", "fields": {}}, {"name": "numpy:nothing"}):
        with pytest.raises(ValueError):
            read(node, lambda k: np.zeros(k))
    with pytest.raises(Unknown):
        read({"unknown": "a.b"}, lambda k: np.zeros(k))
