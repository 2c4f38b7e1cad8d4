"""Objectives against closed forms: their values and slopes at the minimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment

import ergodica as erg
from ergodica.learning import paths
from ergodica.learning.objectives.coupling import plan

M, S = 1.5, 0.5  # data N(M, S^2)
PATHS = [paths.Linear(), paths.Trigonometric(), paths.VariancePreserving(0.5, 8.0), paths.VarianceExploding(0.1, 5.0),
         paths.Custom(lambda t: t * t * (2.0 - t), lambda t: 1.0 - t**3)]  # fmt: skip


def gaussian(path: Any, kind: str) -> Callable[[Any, Any], Any]:
    """E[x_1 | x] and so on for data N(M, S^2)."""

    def model(x: Any, t: Any) -> Any:
        a, s, da, ds = path.rates(t, x)
        data = M + a * S**2 * (x - a * M) / (a * a * S**2 + s * s)
        noise = s * (x - a * M) / (a * a * S**2 + s * s)
        return {"velocity": da * data + ds * noise, "data": data, "noise": noise, "score": -noise / s}[kind]

    return model


def bent(model: Any) -> Callable[[Any], Any]:
    """The model with a small addition (a, b, c): a + b x + c t x."""

    def of(p: Any) -> Any:
        return lambda x, t: model(x, t) + p[0] + p[1] * x + p[2] * x * paths.wide(t, x)

    return of


def expected(objective: Any, of: Callable[[Any], Any], draw: Callable[[Any, int], Any], rows: int = 2048, rounds: int = 60) -> Any:
    """Mean and standard error of the loss and of its slope at 0, over fresh data."""

    def once(key: Any) -> Any:
        one, two = erg.random.split(key)
        loss = lambda p: objective.loss(of(p), draw(one, rows), two)
        first = lambda p: loss(p)[0] if isinstance(loss(p), tuple) else loss(p)
        value, slope = erg.value_and_grad(first)(np.zeros(3))
        return np.concatenate([value[None], slope])

    found = np.array(erg.compile(lambda keys: erg.map(once, keys))(erg.random.split(erg.random.key(5), rounds)))
    return found.mean(0), found.std(0) / np.sqrt(rounds - 1)


def agrees(mean: Any, se: Any, exact: Any) -> None:
    """Within 5.5 standard errors of 60 rounds: Student's law with 59 degrees of freedom exceeds them with probability 9e-7."""
    assert np.all(np.abs(mean - exact) < 5.5 * se + 1e-12), ((mean - exact) / se, mean, se)


def conditional_variance(path: Any, kind: str) -> float:
    """The least value of the loss: the variance of the target given x_t, over times."""

    def at(t: float) -> float:
        a, s, da, ds = (float(np.ravel(x)[0]) for x in path.rates(np.array([t]), np.zeros((1, 1))))
        left = S**2 * s * s / (a * a * S**2 + s * s)  # of x_1; x_0 = (x - a x_1) / s
        return {"velocity": (da - ds * a / s) ** 2 * left, "data": left, "noise": a * a / (s * s) * left, "score": a * a / (s * s) * left}[kind]

    return float(quad(at, paths.CLIP, 1 - paths.CLIP, epsabs=1e-8, epsrel=1e-8, limit=200)[0])


@pytest.mark.parametrize(
    ("path", "kind"),
    # the loss of velocities of the other one has an infinite variance: sigma' ~ (1 - t)^-1/2
    [(p, k) for p in PATHS for k in paths.KINDS if not (k == "velocity" and isinstance(p, paths.VariancePreserving))],
    ids=lambda x: x if isinstance(x, str) else type(x).__name__,
)
def test_regressions_on_paths_are_least_at_conditional_means(path: Any, kind: str) -> None:
    """Value and slope, on a target off the centre. Caught: a sign of sigma', x_0 and x_1 exchanged, a missing sigma in the score's loss."""
    objective = erg.FlowMatching(path=path, predict=kind, time="uniform")
    mean, se = expected(objective, bent(gaussian(path, kind)), lambda key, n: M + S * erg.random.normal(key, (n, 1)))
    agrees(mean, se, np.array([conditional_variance(path, kind), 0, 0, 0]))


def test_even_times_are_uniform_and_have_less_variance() -> None:
    draws = np.array([np.array(paths.times("even", np.int64(k), 8, np.float64, "")) for k in erg.random.split(erg.random.key(1), 500)])
    assert np.all(np.histogram(draws, 8, (0, 1))[0] == 500)
    for column in draws.T:
        assert abs(column.mean() - 0.5) < 4.9 / np.sqrt(12 * 500)
    data = lambda key, n: M + S * erg.random.normal(key, (n, 1))
    errors = [expected(erg.FlowMatching(time=how), bent(gaussian(PATHS[0], "velocity")), data)[1][0] for how in ("even", "uniform")]
    assert errors[0] < errors[1]


def test_velocity_and_score_follow_from_each_other() -> None:
    t, x = np.linspace(0.05, 0.95, 7), np.linspace(-2.0, 3.0, 7)[:, None]
    for path in PATHS:
        values = {kind: gaussian(path, kind)(x, t) for kind in paths.KINDS}
        for kind in paths.KINDS:
            np.testing.assert_allclose(path.velocity(kind, values[kind], x, t), values["velocity"], rtol=1e-10, atol=1e-11)
            np.testing.assert_allclose(path.score(kind, values[kind], x, t), values["score"], rtol=1e-10, atol=1e-11)


# ------------------------------------------------------------------------------------------------------------------ stochastic interpolants

WEIGHTS, MEANS, VAR = np.array([0.3, 0.7]), np.array([-2.0, 2.0]), 0.25


def mixture(key: Any, n: int) -> Any:
    one, two = erg.random.split(key)
    return np.where(erg.random.uniform(one, (n, 1)) < 0.3, -2.0, 2.0) + 0.5 * erg.random.normal(two, (n, 1))


def interpolant(kind: str, a: float = 2.0) -> Callable[[Any, Any], Any]:
    """b, the denoiser and the score between N(0, 1) and the mixture, gamma = sqrt(a t (1 - t))."""

    def model(x: Any, t: Any) -> Any:
        t = t[:, None]
        gamma = np.sqrt(a * t * (1 - t))
        v = (1 - t) ** 2 + t * t * VAR + gamma**2
        d = x - t * MEANS
        log = -0.5 * d * d / v + np.log(WEIGHTS)
        w = np.exp(log - np.max(log, axis=1, keepdims=True))
        w = w / np.sum(w, axis=1, keepdims=True)
        b = MEANS + (t * VAR - (1 - t) + 0.5 * a * (1 - 2 * t)) * d / v
        part = {"velocity": b, "score": -d / v, "denoiser": gamma * d / v}[kind]
        return np.sum(w * part, axis=1, keepdims=True)

    return model


@pytest.mark.parametrize(("kind", "least"), [("velocity", -1.25533), ("score", -0.61645), ("denoiser", None)])
def test_interpolants_are_least_at_their_means(kind: str, least: float | None) -> None:
    """The values of a mixture by quadrature, of an independent derivation. Caught: gamma' without the other sign's pair, gamma^2 for gamma."""
    if least is None:  # -E|eta|^2 / 2 with eta = -gamma s
        t, x = np.linspace(0.0005, 0.9995, 1000), np.linspace(-6, 6, 1201)
        found = []
        for at in t:
            v = (1 - at) ** 2 + at**2 * VAR + 2 * at * (1 - at)
            p = np.exp(-0.5 * (x[:, None] - at * MEANS) ** 2 / v) / np.sqrt(2 * np.pi * v) @ WEIGHTS
            eta = np.sqrt(2 * at * (1 - at)) * np.gradient(np.log(p), x)
            found.append(-0.5 * np.sum(eta**2 * p) * (x[1] - x[0]))
        least = float(np.mean(found))
    mean, se = expected(erg.StochasticInterpolant(of=kind, width=2.0), bent(interpolant(kind)), mixture)
    assert se[0] < 0.01
    agrees(mean, np.sqrt(se**2 + 1e-10), np.array([least, 0, 0, 0]))


def test_interpolants_take_two_models_other_levels_and_pairs() -> None:
    both = erg.StochasticInterpolant(of="both", width=2.0)
    model = {"velocity": interpolant("velocity"), "denoiser": interpolant("denoiser")}
    x1 = np.random.default_rng(1).normal(size=(64, 1))
    loss, parts = erg.compile(lambda key: both.loss(model, x1, key))(erg.random.key(3))
    assert set(parts) == {"velocity", "denoiser"} and loss == pytest.approx(sum(parts.values()), rel=1e-14)
    own = erg.StochasticInterpolant(gamma=lambda t: np.sqrt(2.0 * t * (1 - t)), interpolant=lambda t, x0, x1: x0 + t * (x1 - x0))
    for value in (own, erg.StochasticInterpolant(width=2.0)):
        assert erg.compile(lambda key: value.loss(model["velocity"], (x1 - 1, x1), key))(erg.random.key(3)) == pytest.approx(  # noqa: B023
            float(erg.compile(lambda key: own.loss(model["velocity"], {"x0": x1 - 1, "x1": x1}, key))(erg.random.key(3))), rel=1e-12)  # fmt: skip


# ------------------------------------------------------------------------------------------------------------------------- couplings


def test_plans_have_their_marginals_and_near_the_least_cost() -> None:
    rng = np.random.default_rng(0)
    x0, x1 = rng.normal(size=(40, 2)), rng.normal(size=(40, 2)) + np.array([3.0, 0.0])
    p = np.exp(np.array(erg.compile(lambda a, b: plan(a, b, 0.02, 500))(x0, x1)))
    np.testing.assert_allclose(p.sum(0), 1.0, rtol=1e-12)
    np.testing.assert_allclose(p.sum(1), 1.0, atol=2e-3)
    cost = 0.5 * np.sum((x0[:, None] - x1[None]) ** 2, axis=2)
    exact = cost[linear_sum_assignment(cost)].sum()
    assert exact - 1e-2 < np.sum(p * cost) < exact * 1.03


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_assignments_are_those_of_scipy(dtype: str) -> None:
    """The least sum, for clouds of points, rectangles, ties and forbidden pairs; in batches and ensembles row by row; without a derivative."""
    rng = np.random.default_rng(0)
    for n, m, d in ((128, 128, 2), (70, 70, 16), (20, 45, 2), (1, 1, 1)):
        cost = (0.5 * np.sum((rng.normal(size=(n, 1, d)) - rng.normal(size=(1, m, d))) ** 2, axis=2)).astype(dtype)
        mine = erg.learning.assignment(cost)
        assert mine.dtype == np.int64 and len(set(mine)) == n
        _, best = linear_sum_assignment(cost)
        np.testing.assert_array_equal(mine, best)
        several = np.stack([cost, cost[::-1], 3.0 * cost.astype("float64")]).astype(dtype)
        np.testing.assert_array_equal(erg.learning.assignment(several), [mine, mine[::-1], mine])
        np.testing.assert_array_equal(erg.compile(erg.vmap(erg.learning.assignment))(several), [mine, mine[::-1], mine])
    ties = rng.integers(0, 4, size=(60, 60)).astype(dtype)
    ties[rng.random((60, 60)) < 0.3] = np.inf
    mine = erg.learning.assignment(ties)
    assert len(set(mine)) == 60 and ties[np.arange(60), mine].sum() == ties[linear_sum_assignment(ties)].sum()
    np.testing.assert_array_equal(erg.learning.assignment(np.array([[2, 1], [1, 2]])), [1, 0])
    points = rng.normal(size=(9, 2))
    slope = erg.grad(lambda x: np.sum(np.take(x, erg.learning.assignment(x @ points.T), axis=0) ** 2))(points[::-1].copy())
    np.testing.assert_allclose(slope, 2 * points[::-1])
    for wrong in (np.zeros((3, 2)), np.zeros(3), np.zeros((2, 2), complex)):
        with pytest.raises(erg.ShapeError, match="assignment: expected real costs"):
            erg.learning.assignment(wrong)


def test_exact_couplings_are_permutations_and_the_least() -> None:
    """With v = 0 the loss is the mean squared distance of pairs: at its least Wasserstein's."""
    rng = np.random.default_rng(4)
    x0, x1 = rng.normal(size=(64, 3)), 1.0 + rng.normal(size=(64, 3)) ** 3
    zero = lambda x, t: 0.0 * x
    exact = erg.compile(lambda key: erg.FlowMatching(coupling="exact").loss(zero, (x0, x1), key))(erg.random.key(1))
    assert float(exact) == pytest.approx(erg.stats.wasserstein(x0, x1) ** 2, rel=1e-12)
    ordered = erg.compile(lambda key: erg.FlowMatching(coupling="exact").loss(zero, (x0[::-1], x1), key))(erg.random.key(1))
    assert float(ordered) == pytest.approx(float(exact), rel=1e-12)
    net = lambda: erg.nn.flows.Velocity(3, [8], seed=1)
    options: Any = {"data": x1, "batch": 32, "seed": 1, "progress": False}
    train = lambda model, steps, **more: erg.learn(erg.FlowMatching(coupling="exact"), model, erg.Adam(1e-2), steps=steps, **options, **more)
    whole, threads = train(net(), 40, threads=1), train(net(), 40, threads=2)
    rest = train(train(net(), 15), 25)
    two = train([net(), erg.nn.flows.Velocity(3, [8], seed=2)], 40, members=2)
    for fit in (threads, rest):
        np.testing.assert_array_equal(fit.model.layers[0].weight, whole.model.layers[0].weight)
    np.testing.assert_array_equal(two.model[0].layers[0].weight, whole.model.layers[0].weight)
    independent = erg.learn(erg.FlowMatching(), net(), erg.Adam(1e-2), steps=40, **options)
    assert np.mean(whole.history["loss"]) < 0.8 * np.mean(independent.history["loss"])


@pytest.mark.parametrize("how", ["sorted", "exact", "sinkhorn"])
def test_couplings_make_paths_straight(how: str) -> None:
    """In one dimension the velocity of coupled Gaussians is that of the monotone map, and the loss nearly 0: 0.6 for independent ones."""
    v = lambda x, t: M + (S - 1.0) * (x - M * t[:, None]) / (1.0 + (S - 1.0) * t[:, None])
    x1 = M + S * np.random.default_rng(1).normal(size=(400, 1))
    objective = erg.FlowMatching(coupling=how, entropy=0.002, iterations=300)
    loss = erg.compile(lambda key: objective.loss(v, x1, key))
    assert 0 < float(loss(erg.random.key(1))) < (0.1 if how == "sinkhorn" else 0.02)
    with pytest.raises(erg.ShapeError, match="one coordinate"):
        erg.compile(lambda key: erg.FlowMatching(coupling="sorted").loss(v, np.ones((4, 2)), key))(erg.random.key(1))


# ------------------------------------------------------------------------------------------------------------------------------ scores


@pytest.mark.parametrize("options", [{}, {"of": "energy"}, {"method": "sliced", "probes": 2}, {"method": "sliced", "of": "energy"}], ids=str)
def test_score_matching_is_least_at_the_score(options: dict[str, Any]) -> None:
    """Two independent coordinates with Gumbel's law, which is skew: s = exp(-x) - 1, E s^2 = 1, least value -1/2 each."""
    energy = options.get("of") == "energy"

    def of(p: Any) -> Any:
        if energy:
            return lambda x: np.sum(x + np.exp(-x), axis=1) - np.sum(p[0] * x + 0.5 * p[1] * x**2, axis=1) - p[2] * x[:, 0] * x[:, 1]
        return lambda x: np.exp(-x) - 1.0 + p[0] + p[1] * x + p[2] * x[:, ::-1]

    mean, se = expected(erg.ScoreMatching(**options), of, lambda key, n: erg.random.gumbel(key, (n, 2)))
    agrees(mean, se, np.array([-1.0, 0, 0, 0]))


def test_denoising_at_one_level_finds_the_convolved_score() -> None:
    sigma = 0.7
    of = lambda p: lambda x: -(x - M) / (S**2 + sigma**2) + p[0] + p[1] * x + p[2] * x**2
    mean, se = expected(erg.ScoreMatching(method="denoising", sigma=sigma), of, lambda key, n: M + S * erg.random.normal(key, (n, 1)))
    agrees(mean, se, np.array([0.5 / sigma**2 - 0.5 / (S**2 + sigma**2), 0, 0, 0]))


# ----------------------------------------------------------------------------------------------------------------------------- actions


def snapshots(key: Any, n: int) -> Any:
    """dX = -X dt + sqrt(2) dW from N(2, 1/4)."""
    keys = erg.random.split(key, 4)
    mean, sd = lambda t: 2 * np.exp(-t), lambda t: np.sqrt(1 - 0.75 * np.exp(-2 * t))
    t = erg.random.uniform(keys[3], (n,))
    z = [erg.random.normal(k, (n, 1)) for k in keys[:3]]
    return {"x": mean(t)[:, None] + sd(t)[:, None] * z[0], "t": t, "x0": 2.0 + 0.5 * z[1], "x1": mean(1.0) + sd(1.0) * z[2]}


def bent_action(s: Any) -> Any:
    return lambda p: lambda x, t: s(x[:, 0], t) + p[0] * x[:, 0] + p[1] * x[:, 0] ** 2 + p[2] * t * x[:, 0]


def test_action_matching_is_least_at_the_gradient_field() -> None:
    """Least values of an independent derivation. Caught: the ends exchanged, a half missing before the Laplacian."""

    def flow(x: Any, t: Any) -> Any:
        mean, v = 2 * np.exp(-t), 1 - 0.75 * np.exp(-2 * t)
        return -mean * x + 0.5 * (0.75 * np.exp(-2 * t) / v) * (x - mean) ** 2

    mean, se = expected(erg.ActionMatching(), bent_action(flow), snapshots)
    agrees(mean, np.sqrt(se**2 + 1e-11), np.array([-1.02236, 0, 0, 0]))
    mean, se = expected(erg.ActionMatching(sigma=np.sqrt(2.0)), bent_action(lambda x, t: -0.5 * x * x), snapshots)
    agrees(mean, np.sqrt(se**2 + 1e-11), np.array([-1.20254, 0, 0, 0]))


def test_unbalanced_actions_grow_mass() -> None:
    """Two bumps whose weights go from 0.3 to 0.7: s is w'/w on one, -w'/(1 - w) on the other, least value -0.4 log(7/3)."""

    def bumps(key: Any, n: int) -> Any:
        a, b, c = erg.random.split(key, 3)
        t = erg.random.uniform(a, (n,))
        side = lambda w, u: np.where(u < w, 1.0, -1.0)
        u, z = erg.random.uniform(b, (3, n)), erg.random.normal(c, (3, n))
        at = lambda k, w: (7.0 * side(w, u[k]) + z[k])[:, None]
        return {"x": at(0, 0.3 + 0.4 * t), "t": t, "x0": at(1, 0.3), "x1": at(2, 0.7)}

    def of(p: Any) -> Any:
        def s(x: Any, t: Any) -> Any:
            right, w = np.where(x[:, 0] > 0, 1.0, 0.0), 0.3 + 0.4 * t
            return right * 0.4 / w - (1 - right) * 0.4 / (1 - w) + p[0] + p[1] * right + p[2] * right * t

        return s

    mean, se = expected(erg.ActionMatching(unbalanced=True), of, bumps)
    agrees(mean, se, np.array([-0.4 * np.log(7 / 3), 0, 0, 0]))


# -------------------------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: erg.FlowMatching(path="cubic"), "path"),
        (lambda: erg.Denoising(path=(lambda t: 1.0 - t, lambda t: t)), "noise at t = 0"),
        (lambda: erg.FlowMatching(path=(lambda t: t[:, None], lambda t: 1.0 - t)), "number for each time"),
        (lambda: erg.FlowMatching(predict="flow"), "predict"),
        (lambda: erg.FlowMatching(coupling="best"), "coupling: expected one of"),
        (lambda: erg.FlowMatching(entropy=0.0), "entropy"),
        (lambda: erg.FlowMatching(weight=2.0), "weight"),
        (lambda: erg.Denoising(iterations=0), "iterations"),
        (lambda: paths.VariancePreserving(1.0, 0.5), "beta_1"),
        (lambda: paths.VarianceExploding(0.0, 1.0), "smallest"),
        (lambda: erg.StochasticInterpolant(of="data"), "of"),
        (lambda: erg.StochasticInterpolant(width=-1.0), "width"),
        (lambda: erg.StochasticInterpolant(gamma=1.0), "gamma"),
        (lambda: erg.StochasticInterpolant(gamma=lambda t: 1.0 - t), "0 at t = 0 and 1"),
        (lambda: erg.ScoreMatching(method="exact"), "method"),
        (lambda: erg.ScoreMatching(probes=0), "probes"),
        (lambda: erg.ScoreMatching(sigma=np.nan), "sigma"),
        (lambda: erg.ActionMatching(sigma=-1.0), "sigma"),
        (lambda: erg.ActionMatching(unbalanced=1), "unbalanced"),
    ],
)
def test_settings_that_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(erg.SpecError, match=message):
        make()


class Times(erg.nn.Module):
    """A constant velocity."""

    v: np.ndarray

    def __call__(self, x: Any, t: Any) -> Any:
        return np.broadcast_to(self.v, x.shape)


@pytest.mark.parametrize(
    ("objective", "data", "message"),
    [
        (erg.FlowMatching(), (np.ones((5, 1)),) * 3, "pairs"),
        (erg.FlowMatching(), {"x0": np.ones((5, 1))}, "x1"),
        (erg.FlowMatching(), (np.ones((5, 2)), np.ones((5, 1))), "one shape"),
        (erg.FlowMatching(time=lambda key, n: np.zeros(3)), np.ones((5, 1)), "times of shape"),
        (erg.FlowMatching(time="early"), np.ones((5, 1)), "even"),
        (erg.ActionMatching(), np.ones((5, 1)), "x0"),
        (erg.ActionMatching(), {n: np.ones((5, 1)) for n in ("x", "t", "x0", "x1")}, "rows"),
        (erg.ActionMatching(), {"t": np.ones(5)} | {n: np.ones((5, 1)) for n in ("x", "x0", "x1", "weight")}, "weight: expected a number"),
        (erg.FlowMatching(weight=lambda t: t[:, None]), np.ones((5, 1)), "number for each time"),
        (erg.StochasticInterpolant(of="both"), np.ones((5, 1)), "denoiser"),
        (erg.StochasticInterpolant(interpolant=lambda t, x0, x1: t * x0 + (1 - t) * x1), np.ones((5, 1)), "x0 at t = 0"),
        (erg.ScoreMatching(of="energy"), np.ones((5, 3)), "a number for each"),
        (erg.FlowMatching(), np.ones((5, 1)) + 1j, "expected real data"),
        (erg.Denoising(), np.ones((5, 2)), "CouplingFlow is none"),
    ],
)
def test_data_that_are_refused(objective: Any, data: Any, message: str) -> None:
    model: Any = Times(np.zeros(1))
    if isinstance(objective, erg.ScoreMatching):
        model = erg.nn.MLP(3, [4], 3, seed=1)
    if isinstance(objective, erg.Denoising):
        model = erg.nn.CouplingFlow(2, 2, seed=1)
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        erg.learn(objective, model, data=data, steps=2, progress=False)


def test_models_of_another_shape_are_refused() -> None:
    class Wrong(erg.nn.Module):
        v: np.ndarray

        def __call__(self, x: Any, t: Any) -> Any:
            return self.v * t

    with pytest.raises(erg.ShapeError, match="rows"):
        erg.learn(erg.FlowMatching(), Wrong(np.zeros(())), data=np.ones((5, 2)), steps=2, progress=False)
