"""Optimisers: step by step against PyTorch's numbers and NumPy twins, wrappers, schedules, rates of convergence, bits."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ergodica as erg

TORCH = json.loads((Path(__file__).parent / "pytorch" / "optimisers.json").read_text())
A = np.array([[3.0, 1.0, 0.5], [1.0, 2.0, -0.3], [0.5, -0.3, 0.7]])
START = {"a": np.array([1.0, -2.0, 0.5]), "w": np.array([[0.3, -0.8], [1.2, 0.4]])}
schedules = erg.learning.schedules
learn = functools.partial(erg.learn, progress=False, seed=1)


def skewed(m: Any) -> Any:
    x, y = m["a"], m["w"]
    linear = np.sum(y * np.array([[1.0, 2.0], [3.0, 0.5]]))
    return x @ A @ x / 2 + np.sum(np.cos(x)) + np.sum(np.exp(y)) - linear + (x[0] - y[1, 1]) ** 2


def flat(m: Any) -> Any:
    return np.concatenate([m["a"].ravel(), m["w"].ravel()])


def path(optimiser: Any, steps: int = 12, loss: Any = skewed, start: Any = START) -> np.ndarray:
    """Parameters after each step, (steps, 7)."""
    seen = {str(n): lambda m, n=n: flat(m)[n] for n in range(7)}
    fit = learn(loss, start, optimiser, steps=steps, evaluate=seen, evaluate_every=1)
    return np.stack([fit.history[str(n)] for n in range(7)], 1)


def slope(x: np.ndarray) -> np.ndarray:
    """The gradient of the skewed loss, by hand."""
    a, w = x[:3], x[3:].reshape(2, 2)
    ga, gw = A @ a - np.sin(a), np.exp(w) - np.array([[1.0, 2.0], [3.0, 0.5]])
    ga[0] += 2 * (a[0] - w[1, 1])
    gw[1, 1] -= 2 * (a[0] - w[1, 1])
    return np.concatenate([ga, gw.ravel()])


PEERS = {
    "SGD": erg.SGD(0.05),
    "SGD momentum": erg.SGD(0.05, momentum=0.9),
    "SGD nesterov": erg.SGD(0.05, momentum=0.8, nesterov=True, decay=0.1),
    "Adam": erg.Adam(0.1),
    "Adam settings": erg.Adam(0.1, beta1=0.8, beta2=0.95, epsilon=1e-3),
    "AdamW": erg.Adam(0.1, decay=0.2),
    "RMSprop": erg.RMSprop(0.02),
    "RMSprop momentum": erg.RMSprop(0.02, alpha=0.9, momentum=0.5, epsilon=1e-4),
    "NAdam": erg.NAdam(0.05),
    "Adam OneCycle": erg.Adam(schedules.OneCycle(0.1, 13)),
}


@pytest.mark.parametrize("name", PEERS)
def test_steps_are_pytorchs(name: str) -> None:
    np.testing.assert_allclose(path(PEERS[name]), TORCH[name], rtol=1e-12, atol=1e-13)


def test_averaged_weights_are_pytorchs() -> None:
    fit = learn(skewed, START, erg.SWA(erg.SGD(0.05, momentum=0.9), after=4, every=3), steps=12)
    np.testing.assert_allclose(flat(fit.model), TORCH["SWA"][-2], rtol=1e-12)
    np.testing.assert_allclose(flat(fit.average), TORCH["SWA"][-1], rtol=1e-12)
    early = learn(skewed, START, erg.SWA(erg.SGD(0.05), after=4), steps=3)
    assert np.array_equal(flat(early.average), flat(early.model))


def test_rates_are_pytorchs() -> None:
    k = np.arange(30)
    ours = {"OneCycle": schedules.OneCycle(0.1, 40), "Cosine": schedules.Cosine(0.1, 30, floor=0.01), "Exponential": schedules.Exponential(0.1, 0.9),
            "Piecewise": schedules.Piecewise([0.1, 0.01, 0.001], [5, 12])}  # fmt: skip
    for name, schedule in ours.items():
        np.testing.assert_allclose(schedule(k), TORCH["rates"][name], rtol=1e-12)
        moved = path(erg.SGD(schedule), 15, lambda m: -np.sum(m["a"]) - np.sum(m["w"]))[:, 0] - 1.0  # traced: its running sum
        np.testing.assert_allclose(moved, np.cumsum(schedule(np.arange(15))), rtol=1e-12)


def test_settings_by_position_are_in_the_order_of_their_lists() -> None:
    """SGD(rate, momentum), as documented; the second had been a bound of the gradient's norm."""
    assert erg.SGD(0.1, 0.9) == erg.SGD(0.1, momentum=0.9) and erg.Adam(0.1, 0.01) == erg.Adam(0.1, decay=0.01)
    assert erg.RMSprop(0.1, 0.9) == erg.RMSprop(0.1, alpha=0.9) and erg.Muon(0.1, 0.9) == erg.Muon(0.1, momentum=0.9)


def test_schedules_warm_up_and_end() -> None:
    k = np.arange(6)
    np.testing.assert_allclose(schedules.Constant(0.3, 3)(k), [0.1, 0.2, 0.3, 0.3, 0.3, 0.3])
    np.testing.assert_allclose(schedules.InverseSquareRoot(2.0, 4)(np.array([0, 3, 15])), [0.5, 2.0, 1.0])
    np.testing.assert_allclose(schedules.Exponential(1.0, 0.5, 2, floor=0.3)(k), [1, 0.5**0.5, 0.5, 0.5**1.5, 0.3, 0.3])
    cosine = schedules.Cosine(1.0, 12, 4, 0.2)
    np.testing.assert_allclose(cosine(np.array([0, 3, 4, 8, 12, 40])), [0.25, 1.0, 1.0, 0.6, 0.2, 0.2])
    assert cosine == schedules.Cosine(1.0, 12, 4, 0.2) and cosine(3) == 1.0
    for bad in (lambda: schedules.Cosine(1.0, 10, 10), lambda: schedules.Cosine(-1.0, 10), lambda: schedules.OneCycle(1.0, 1),
                lambda: schedules.Piecewise([1.0], [3]),
                lambda: schedules.Piecewise([1.0, 0.5, 0.1], [3, 2]), lambda: schedules.Exponential(1.0, 0.0),
                lambda: schedules.InverseSquareRoot(1.0, 0), lambda: schedules.Constant(np.nan)):  # fmt: skip
        with pytest.raises(erg.SpecError):
            bad()


def test_lion_and_clipping_are_numpys() -> None:
    x, m, out = flat(START), np.zeros(7), []
    for _ in range(12):
        g = slope(x)
        g = g * min(1.0, 1.5 / np.linalg.norm(g))
        x, m = x - 0.02 * (np.sign(0.8 * m + 0.2 * g) + 0.1 * x), 0.95 * m + 0.05 * g
        out.append(x)
    np.testing.assert_allclose(path(erg.Lion(0.02, decay=0.1, beta1=0.8, beta2=0.95, clip=1.5)), out, rtol=1e-12)


def test_muon_and_coin_betting_are_numpys() -> None:
    x, v, rest, out = flat(START), np.zeros((2, 2)), [np.zeros(3), np.zeros(3)], []
    for k in range(12):
        g = slope(x)
        gw, ga = g[3:].reshape(2, 2), g[:3]
        v = 0.9 * v + gw
        u = gw + 0.9 * v
        u = u / np.linalg.norm(u)
        for _ in range(5):
            S = u @ u.T
            u = 3.4445 * u + (-4.775 * S + 2.0315 * S @ S) @ u
        rest = [0.9 * rest[0] + 0.1 * ga, 0.999 * rest[1] + 0.001 * ga**2]
        da = 0.1 * rest[0] / (1 - 0.9 ** (k + 1)) / (np.sqrt(rest[1] / (1 - 0.999 ** (k + 1))) + 1e-8)
        x = x - np.concatenate([da, (0.05 * u + 0.05 * 0.1 * x[3:].reshape(2, 2)).ravel()])
        out.append(x)
    np.testing.assert_allclose(path(erg.Muon(0.05, momentum=0.9, decay=0.1, rest=erg.Adam(0.1))), out, rtol=1e-10)
    w1 = x = flat(START)
    L, G, R, theta, out = np.zeros(7), np.zeros(7), np.zeros(7), np.zeros(7), []
    for _ in range(12):
        g = -slope(x)
        L, G, R, theta = np.maximum(L, abs(g)), G + abs(g), np.maximum(R + (x - w1) * g, 0), theta + g
        x = w1 + theta / (L * np.maximum(G + L, 10 * L)) * (L + R)
        out.append(x)
    np.testing.assert_allclose(path(erg.CoinBetting(10.0)), out, rtol=1e-11)


@pytest.mark.parametrize("optimiser", [
    erg.CoinBetting(), erg.CoinBetting(clip=0.1), erg.Muon(rest=erg.CoinBetting()), erg.Adam(0.1, epsilon=0.0, clip=0.1),
    erg.Groups({"": erg.SGD(0.1)}, clip=0.1),
])  # fmt: skip
def test_steps_without_units_are_those_of_gradients_of_any_size(optimiser: Any) -> None:
    """Squares of float32 vanish below 1e-23 and overflow above 1e19, which moved parameters to infinity, or called a finite gradient infinite."""
    start = {n: x.astype(np.float32) for n, x in START.items()} | {"none": np.zeros((0, 3), np.float32)}
    linear = lambda unit: lambda m: np.float32(unit) * (np.sum(m["a"] * np.float32([1, 2, -3])) + np.sum(m["w"] * np.float32([[1, -2], [0.5, 1]])))
    units = (1.0, 1e20, 1e30) if getattr(optimiser, "clip", None) else (1.0, 1e-25, 1e-37)
    moves = [flat(learn(linear(u), start, optimiser, steps=3).model) - flat(start) for u in units]
    for move in moves:
        np.testing.assert_allclose(move, moves[0], rtol=1e-4, atol=1e-7)
    assert np.all(np.abs(moves[0]) > 1e-3)


def test_gradients_whose_squares_overflow_are_told() -> None:
    with pytest.raises(erg.NonFiniteError, match="the squares of the gradient overflow at step 0"):
        learn(lambda m: 1e200 * m["x"], {"x": np.ones(())}, steps=2)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (4, 2, 3)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: Any) -> None:
    """A step from zero momentum, whose direction must have the singular vectors of the gradient."""
    goal = np.random.default_rng(3).normal(size=shape)
    fit = learn(lambda m: np.sum(m["x"] * goal), {"x": np.zeros(shape)}, erg.Muon(1.0), steps=1)
    moved = -fit.model["x"].reshape(shape[0], -1) / max(1.0, shape[0] * shape[0] / np.prod(shape)) ** 0.5
    U, _, V = np.linalg.svd(goal.reshape(shape[0], -1), full_matrices=False)
    inside = U.T @ moved @ V.T
    assert np.all(np.abs(np.diagonal(inside) - 0.95) < 0.3)
    np.testing.assert_allclose(inside, np.diag(np.diagonal(inside)), atol=1e-12)
    assert np.all(learn(lambda m: 0.0 * np.sum(m["x"]), {"x": np.ones(shape)}, erg.Muon(1.0), steps=2).model["x"] == 1.0)


# ---- wrappers


def test_the_moving_average_has_the_weights_that_it_claims() -> None:
    d, steps = 0.8, 12
    xs = path(erg.SGD(0.05))
    fit = learn(skewed, START, erg.Averaged(erg.SGD(0.05), decay=d), steps=steps)
    weights = (1 - d) * d ** np.arange(steps)[::-1] / (1 - d**steps)
    assert np.sum(weights) == pytest.approx(1.0)
    np.testing.assert_allclose(flat(fit.average), weights @ xs, rtol=1e-12)
    assert np.array_equal(flat(fit.model), xs[-1])


def test_slow_averages_of_single_precision_lose_nothing() -> None:
    """Of parameters 1 + 1e-4 k / n: in float32 a mean over 1e4 steps does not see changes below 6e-4, and drifts."""
    n = 40_000
    ramp = lambda m: -m["x"] * np.ones(3, np.float32)[0]
    for dtype in (np.float32, np.complex64):
        start = {"x": np.array(1.0, dtype)}
        loss = ramp if dtype == np.float32 else lambda m: np.real(ramp(m))
        optimiser = erg.Averaged(erg.MasterWeights(erg.SGD(1e-4 / n)), 0.9999)
        fit = learn(loss, start, optimiser, steps=n, every=n, evaluate={"x": lambda m: np.real(m["x"])}, evaluate_every=1)
        x, weights = fit.history["x"], 0.9999 ** np.arange(n - 1, -1, -1.0)
        found = fit.average["x"]
        assert found.dtype == dtype and abs(found - np.sum(weights * x) / np.sum(weights)) < 1e-7
        still = learn(lambda m: 0 * np.real(m["x"]), {"x": np.array(0.1, dtype)}, erg.Averaged(erg.SGD(0.1), 0.9999), steps=n, every=n)
        assert still.average["x"] == dtype(0.1)


def test_accumulated_gradients_are_those_of_large_batches() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(24, 7)) + 1.0
    loss = lambda m, b: np.mean(np.sum((flat(m) - b) ** 2 * np.arange(1.0, 8.0), 1)) + skewed(m)
    schedule = schedules.Exponential(0.05, 0.7)
    large = learn(loss, START, erg.Adam(schedule), data=data, batch=8, order="sequential", steps=6)
    small = learn(loss, START, erg.Accumulate(erg.Adam(schedule), 4), data=data, batch=2, order="sequential", steps=27)
    np.testing.assert_allclose(flat(small.model), flat(large.model), rtol=1e-12)


def test_masked_entries_are_exactly_zero() -> None:
    mask = {"a": np.array([1, 0, 1]), "w": np.array([[True, False], [True, True]])}
    free = np.concatenate([mask["a"], mask["w"].ravel()]).astype(bool)
    for optimiser in (erg.SGD(0.05, momentum=0.9, decay=0.1), erg.Adam(0.05, decay=0.1), erg.RMSprop(0.01, momentum=0.5), erg.Lion(0.01, decay=0.1)):
        for o in (erg.Masked(optimiser, mask), erg.Accumulate(erg.Masked(optimiser, mask), 2), erg.Masked(erg.Averaged(optimiser), mask)):
            seen = path(o)
            assert np.all(seen[:, ~free] == 0) and np.all(seen[:, free] != 0)
    # the same as a loss in which they do not occur
    masked = lambda m: skewed({"a": m["a"] * mask["a"], "w": m["w"] * mask["w"]})
    np.testing.assert_allclose(path(erg.Masked(erg.Adam(0.05), mask))[:, free], path(erg.Adam(0.05), loss=masked)[:, free], rtol=1e-12)
    for inner in (erg.Adam(0.05), erg.Muon(0.05)):  # Muon moves all entries of a matrix
        fit = learn(skewed, START, erg.Masked(erg.Averaged(inner), mask), steps=5)
        assert np.all(flat(fit.average)[~free] == 0) and np.all(flat(fit.model)[~free] == 0)
    fits = learn(skewed, START, erg.Masked(erg.Averaged(erg.Muon(0.05)), mask), steps=5, members=2)
    assert np.array_equal(flat(fits.average[1]), flat(fit.average))
    assert erg.Masked(erg.Adam(), mask) == erg.Masked(erg.Adam(), mask) != erg.Masked(erg.Adam(), {"a": mask["a"]})


def test_groups_move_as_alone() -> None:
    both = path(erg.Groups({"a": erg.Adam(0.05), "": erg.Averaged(erg.SGD(0.02, momentum=0.9), 0.5)}))
    apart = lambda m: skewed({"a": m["a"], "w": START["w"]})
    slopes = erg.compile(erg.grad(skewed))
    x = {n: v.copy() for n, v in START.items()}
    m, v, b = np.zeros(3), np.zeros(3), np.zeros((2, 2))
    for k in range(12):
        g = slopes(x)
        m, v, b = 0.9 * m + 0.1 * g["a"], 0.999 * v + 0.001 * g["a"] ** 2, 0.9 * b + g["w"]
        x = {"a": x["a"] - 0.05 * m / (1 - 0.9 ** (k + 1)) / (np.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8), "w": x["w"] - 0.02 * b}
        np.testing.assert_allclose(both[k], flat(x), rtol=1e-10)
    assert np.array_equal(path(erg.Groups({"a": erg.Adam(0.05), "w": erg.SGD(0.0)}))[:, :3], path(erg.Adam(0.05), loss=apart)[:, :3])
    clipped = learn(skewed, START, erg.Groups({"": erg.SGD(1.0)}, clip=0.1), steps=1)
    assert np.linalg.norm(flat(clipped.model) - flat(START)) == pytest.approx(0.1)
    mean = learn(skewed, START, erg.Groups({"a": erg.SGD(0.1), "w": erg.Averaged(erg.SGD(0.1), 0.5)}), steps=3)
    assert np.array_equal(mean.average["a"], mean.model["a"]) and not np.array_equal(mean.average["w"], mean.model["w"])


# ---- rates of convergence on quadratics: eigenvalues 1 and L


@pytest.mark.parametrize(("name", "optimiser", "rate"), [
    ("gradient descent", lambda L: erg.SGD(2 / (L + 1)), lambda L: (L - 1) / (L + 1)),
    ("heavy ball", lambda L: erg.SGD(4 / (L**0.5 + 1) ** 2, momentum=((L**0.5 - 1) / (L**0.5 + 1)) ** 2), lambda L: (L**0.5 - 1) / (L**0.5 + 1)),
    ("Nesterov", lambda L: erg.SGD(1 / L, momentum=(L**0.5 - 1) / (L**0.5 + 1), nesterov=True), lambda L: 1 - L**-0.5),
])  # fmt: skip
def test_quadratics_converge_at_the_rate_of_the_theory(name: str, optimiser: Any, rate: Any) -> None:
    """Errors fall by this factor a step (B. T. Polyak 1964; Y. Nesterov 2004, 2.2); heavy ball and Nesterov with a factor n, double roots."""
    L, n = 50.0, 400
    fit = learn(lambda m: (m["x"] ** 2 + L * m["y"] ** 2) / 2, {"x": np.array(1.0), "y": np.array(0.7)}, optimiser(L), steps=n,
                evaluate={"far": lambda m: np.hypot(m["x"], m["y"])}, evaluate_every=n // 4)  # fmt: skip
    far = fit.history["far"]
    measured = (far[1] / far[0] * (0.5 if name != "gradient descent" else 1.0)) ** (4 / n)
    assert measured == pytest.approx(rate(L), rel=1e-2)


# ---- for all of them

ALL: dict[str, Any] = PEERS | {
    "Lion": erg.Lion(0.01), "Muon": erg.Muon(0.02), "CoinBetting": erg.CoinBetting(10.0),
    "Averaged": erg.Averaged(erg.Adam(0.05), 0.9), "SWA": erg.SWA(erg.Lion(0.01), 5, 2),
    "Accumulate": erg.Accumulate(erg.RMSprop(0.01), 4), "MasterWeights": erg.MasterWeights(erg.Averaged(erg.Adam(0.05), 0.9)),
    "Masked": erg.Masked(erg.Adam(0.05), {"a": [0, 1, 1]}), "Groups": erg.Groups({"a": erg.SGD(0.01), "": erg.Averaged(erg.Adam(0.05))}, clip=1.0),
    "nested": erg.Averaged(erg.Accumulate(erg.Groups({"w": erg.Masked(erg.Lion(0.01), {"w": np.eye(2)}), "a": erg.Adam(0.01, clip=1.0)}), 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_bits_of_resumed_trainings_and_of_members(name: str) -> None:
    optimiser = ALL[name]
    noisy = lambda m, b: skewed(m) + np.mean((flat(m) - b) ** 2)
    data = np.random.default_rng(1).normal(size=(40, 7))
    train = functools.partial(learn, noisy, data=data, batch=4)
    whole = train(START, optimiser, steps=30)
    rest = learn(noisy, train(START, optimiser, steps=10), data=data, batch=4, steps=20)
    assert np.array_equal(flat(rest.model), flat(whole.model)) and np.all(np.isfinite(flat(whole.model)))
    other = {n: x + 0.1 for n, x in START.items()}
    together = train([START, other], optimiser, steps=30, members=2)
    for m, start in enumerate((START, other)):
        if m == 0:
            assert np.array_equal(flat(together.model[m]), flat(whole.model))
            assert whole.average is None or np.array_equal(flat(together.average[m]), flat(whole.average))
        assert not np.array_equal(flat(together.model[m]), flat(start))


def test_master_weights_keep_what_single_precision_loses() -> None:
    """A drift of 1e-8 a step, and a decay of moments of 1 - 1e-8, against double precision; with float64 models nothing changes."""
    one = {"x": np.full(3, 1.0, np.float32)}
    slow = lambda m: 1e-8 * np.sum(m["x"])
    assert np.all(learn(slow, one, erg.SGD(1.0), steps=500).model["x"] == 1.0)
    kept = learn(slow, one, erg.MasterWeights(erg.SGD(1.0)), steps=500)
    assert kept.model["x"].dtype == np.float32 and np.all(kept.model["x"] == np.float32(1.0 - 5e-6))
    small = {n: x.astype(np.float32) for n, x in START.items()}
    adam = erg.Adam(1e-4, beta2=1 - 1e-8)
    double = flat(learn(skewed, START, adam, steps=2000).model)
    far = [np.max(np.abs(flat(learn(skewed, small, o, steps=2000).model) - double)) for o in (adam, erg.MasterWeights(adam))]
    assert far[1] < 1e-6 and far[1] < 0.2 * far[0]
    same = learn(skewed, START, erg.MasterWeights(erg.Adam(0.05)), steps=20)
    assert np.array_equal(flat(same.model), flat(learn(skewed, START, erg.Adam(0.05), steps=20).model))
    with pytest.raises(erg.SpecError, match="one gradient a step"):
        learn(skewed, small, erg.MasterWeights(erg.LBFGS()), steps=2)


@pytest.mark.parametrize("name", ALL)
def test_single_precision_stays_and_complex_parameters_go_down(name: str) -> None:
    small = {n: x.astype(np.float32) for n, x in START.items()}
    fit = learn(skewed, small, ALL[name], steps=20)
    assert {x.dtype.name for x in fit.model.values()} == {"float32"}
    np.testing.assert_allclose(flat(fit.model), flat(learn(skewed, START, ALL[name], steps=20).model), atol=2e-3)
    start = {"a": START["a"] * (1 + 2j), "w": START["w"] * (1 - 1j)}
    goal = {"a": np.array([0.5j, 1.0, -1j]), "w": np.array([[1.0, 2j], [0.0, 1 - 1j]])}
    far = lambda m: np.sum(np.abs(m["a"] - goal["a"]) ** 2) + 2 * np.sum(np.abs(m["w"] - goal["w"]) ** 2)
    fit = learn(far, start, ALL[name], steps=60)
    assert fit.model["a"].dtype == np.complex128
    assert fit.loss < fit.history["loss"][0] * (0.2 if "SGD" in name else 0.99)


def test_another_optimiser_begins_at_its_own_first_step() -> None:
    first = learn(skewed, START, erg.SGD(0.05), steps=7)
    then = learn(skewed, first, erg.Adam(schedules.Cosine(0.1, 20, 5)), steps=6)
    assert then.steps == 13 and then.began == 7
    alone = learn(skewed, first.model, erg.Adam(schedules.Cosine(0.1, 20, 5)), steps=11)
    assert np.array_equal(flat(learn(skewed, then, steps=5).model), flat(alone.model))


def own(step: Any, start: Any = lambda self, parameters, names: None) -> Any:
    return type("Own", (erg.learning.Optimiser,), {"step": step, "start": start})()


def test_a_state_keeps_its_structure() -> None:
    """Leaves of a dict in another order would change places: of an optimiser's state as of an objective's memory."""
    down = lambda s, p: [x - s["a"] - 0.01 * s["b"] for x in p]
    start = lambda self, parameters, names: {"a": 1.0, "b": 0.0}  # Python's numbers change as well
    kept = lambda self, q, p, s, k: (down(s, p), {"a": 2 * s["a"], "b": s["b"] + 1}, *q.value(p), {})
    swapped = lambda self, q, p, s, k: (down(s, p), {"b": s["b"] + 1, "a": 2 * s["a"]}, *q.value(p), {})
    np.testing.assert_allclose(flat(learn(skewed, START, own(kept, start), steps=3).model) - flat(START), -1 - 2 - 4 - 0.01 - 0.02, rtol=1e-12)
    with pytest.raises(erg.SpecError, match=r"its state was {'a': array, 'b': array}, a step has made it {'b': array, 'a': array}"):
        learn(skewed, START, own(swapped, start), steps=3)

    class Counts(erg.learning.Objective):
        needs_data = False

        def memory(self, model: Any, key: Any) -> Any:
            return {"a": 1.0, "b": 0.0}

        def loss(self, model: Any, batch: Any, key: Any, memory: Any) -> Any:  # type: ignore[override]
            return skewed(model), {}, {"b": memory["b"] + 1, "a": memory["a"]}

    with pytest.raises(erg.SpecError, match="Counts: its memory was"):
        learn(Counts(), START, steps=2)


def test_settings_that_are_arrays_are_compared() -> None:
    class Scaled(erg.learning.Optimiser):
        scales: np.ndarray

        def step(self, problem: Any, parameters: Any, state: Any, k: Any) -> Any:
            (loss, aux), g = problem.value_and_grad(parameters)
            return [p - self.scales[0] * x for p, x in zip(parameters, g, strict=True)], state, loss, aux, {}

    fit = learn(skewed, START, Scaled(np.array([0.1, 0.2])), steps=2)
    assert learn(skewed, fit, Scaled(np.array([0.1, 0.2])), steps=1).began == 0
    assert learn(skewed, fit, Scaled(np.array([0.2, 0.2])), steps=1).began == 2
    assert erg.Groups({"a": Scaled(np.ones(1)), "": erg.SGD()}) == erg.Groups({"a": Scaled(np.ones(1)), "": erg.SGD()}) != erg.Groups({"": erg.SGD()})


@pytest.mark.parametrize(("make", "message"), [
    (lambda: own(lambda self, q, p, s, k: None), "expected .parameters, state, loss, aux, numbers. of its step"),
    (lambda: own(lambda self, q, p, s, k: (p[:1], s, *q.value(p), {})), "expected 2 arrays of parameters"),
    (lambda: own(lambda self, q, p, s, k: ([x + 1j for x in p], s, *q.value(p), {})), "has become complex128"),
    (lambda: own(lambda self, q, p, s, k: (p, s, *q.value(p), {"loss": 0.0})), "'loss' among its numbers"),
    (lambda: own(lambda self, q, p, s, k: (p, s, *q.value(p), {"r": p[0]})), "expected a number for r"),
    (lambda: erg.SGD(lambda k: None), "real number for a step, got None"),
    (lambda: erg.SGD(lambda k: 0.1j), "real number for a step"),
    (lambda: erg.Averaged(erg.Adam), "expected an optimiser"),
    (lambda: erg.Averaged(erg.Adam(), 1.0), "decay"),
    (lambda: erg.SWA(erg.Adam(), 0), "after"),
    (lambda: erg.SWA(erg.Adam(), 1, 0), "every"),
    (lambda: erg.Accumulate(erg.Adam(), 0), "Accumulate.n"),
    (lambda: erg.Masked(erg.Adam(), {"a": [0.5, 1, 1]}), "zeros and ones"),
    (lambda: erg.Masked(erg.Adam(), [1]), "dict"),
    (lambda: erg.Masked(erg.Adam(), {"b": [1]}), "names of parameters"),
    (lambda: erg.Masked(erg.Adam(), {"a": [1]}), "shape"),
    (lambda: erg.Groups({}), "dict of optimisers"),
    (lambda: erg.Groups({"a": 3}), "expected an optimiser"),
    (lambda: erg.Groups({"a": erg.Adam()}), "w is in none"),
    (lambda: erg.Groups({"b": erg.Adam(), "": erg.Adam()}), "no parameter"),
    (lambda: erg.Groups({"": erg.Adam()}, clip=-1.0), "clip"),
    (lambda: erg.SGD(0.1, momentum=1.5), "momentum"),
    (lambda: erg.Lion(0.1, beta1=np.nan), "beta1"),
    (lambda: erg.RMSprop(0.1, epsilon=-1.0), "epsilon"),
    (lambda: erg.Adam(True), "rate"),
    (lambda: erg.NAdam(0.1, warmth=-1.0), "warmth"),
    (lambda: erg.SGD(lambda k: np.full(2, 0.1)), "expected a number for a step"),
    (lambda: erg.Muon(rest=0.1), "expected an optimiser"),
    (lambda: erg.Muon(momentum=2.0), "momentum"),
    (lambda: erg.CoinBetting(-1.0), "alpha"),
    (lambda: erg.Accumulate(erg.LBFGS(), 2), "one gradient a step"),
    (lambda: erg.Groups({"": erg.LBFGS()}), "one gradient a step"),
    (lambda: erg.Accumulate(erg.SGD(), 2.5), "Accumulate.n: expected an integer"),  # had taken steps of 5 gradients, divided by 2.5
    (lambda: erg.SWA(erg.SGD(), every=1.5), "SWA.every: expected an integer"),
    (lambda: erg.Muon(iterations=2.5), "Muon.iterations: expected an integer"),
    (lambda: erg.SGD(schedules.Piecewise([1.0, 2.0], ["10"])), "at_steps"),
])  # fmt: skip
def test_bad_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        learn(skewed, START, make(), steps=1)
