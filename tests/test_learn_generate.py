"""What trained models give: draws and likelihoods, against Gaussians in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica.learning import paths
from test_learn_objectives import MEANS, PATHS, VAR, M, S, Times, gaussian, interpolant, snapshots  # noqa: F401

Z = np.linspace(-2.0, 2.0, 9)[:, None]
LINEAR = gaussian(PATHS[0], "velocity")


def slope(errors: list[float]) -> float:
    """Order of a method whose steps are halved from one error to the next."""
    return float(np.mean(np.log2(np.array(errors[:-1]) / np.array(errors[1:]))))


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("midpoint", 2), ("heun", 2), ("rk4", 4)])
def test_solvers_have_their_order(method: str, order: int) -> None:
    """The flow between Gaussians of one coordinate is x = M + S z. The path is none with symmetries, which raise orders."""
    model, process = gaussian(PATHS[4], "velocity"), erg.FlowMatching(PATHS[4])
    errors = [np.max(np.abs(erg.generate(model, method=erg.ODE(n, method), process=process, start=Z) - M - S * Z)) for n in (32, 64, 128)]
    assert abs(slope(errors) - order) < 0.15, errors


def test_adaptive_steps_keep_their_tolerance() -> None:
    errors = [np.max(np.abs(erg.generate(LINEAR, method=erg.ODE(rtol=r, atol=r), start=Z) - M - S * Z)) for r in (1e-4, 1e-10)]
    assert errors[0] < 1e-3 and errors[1] < 1e-8
    quick = lambda x, t: 0.0 * x + np.cos(30_000 * t)[:, None]  # more steps than odeint makes unasked; caught: NaN
    np.testing.assert_allclose(erg.generate(quick, start=Z, method=erg.ODE(rtol=1e-8, atol=1e-8)) - Z, np.sin(30_000) / 30_000, atol=1e-7)


@pytest.mark.parametrize("path", PATHS, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("kind", paths.KINDS)
def test_all_kinds_of_models_move_alike(path: Any, kind: str) -> None:
    """Points go with the quantiles and carry their densities, right to the end: also where the model is divided by 0 there, data and scores at the
    end, noise and scores at the beginning. Caught: ends 0.1 % away (1e-3), a last step of Euler (1e-6), alpha left out of log q."""
    process = erg.FlowMatching(path=path, predict=kind)
    sd = lambda t: np.sqrt(path.alpha(t) ** 2 * S**2 + path.sigma(t) ** 2)
    begin, end = np.float64(0.0), np.float64(1.0)
    start, want = (path.alpha(t) * M + sd(t) * Z for t in (begin, end))
    fine: dict[str, Any] = {"method": erg.ODE(rtol=1e-9, atol=1e-9), "process": process}
    line = kind in ("noise", "score") and path.alpha(begin) == 0.0  # what begins by a line through two points
    np.testing.assert_allclose(erg.generate(gaussian(path, kind), start=start, **fine), want, atol=1e-7 if line else 1e-8)
    log_q = normal_log(start, 0.0, path.sigma(begin)) - np.log(sd(end) / sd(begin))
    np.testing.assert_allclose(erg.log_likelihood(gaussian(path, kind), want, **fine), log_q, atol=3e-5 if line else 2e-8)
    np.testing.assert_allclose(erg.generate(gaussian(path, kind), start=start, method=erg.ODE(40), process=process), want, atol=2e-6)
    assert erg.generate(gaussian(path, kind), method=erg.ODE(times=[0.0, 0.9997, 0.9999]), process=process, start=start).shape == start.shape
    for method in (erg.Ancestral(200), erg.SDE(200, scheme="euler")):  # paths that rest at the beginning, too
        y = erg.generate(gaussian(path, kind), 4000, method, process=process, shape=(1,), seed=2)
        moments(y, M, S**2, 0.05)


@pytest.mark.parametrize("kind", paths.KINDS)
def test_paths_that_end_steeply(kind: str) -> None:
    """Of a path that has no value beyond its end and rests at both: nothing is asked there, and the scale of log q is exact, not drawn on as a line
    in alpha/sigma, in which log sigma has an infinite slope. Caught: NaN of steps that go beyond the end, log q 0.03 away."""
    path = paths.Custom(lambda t: t * t * (3.0 - 2.0 * t), lambda t: (1.0 - t) ** 1.5)
    model, fine = gaussian(path, kind), {"process": erg.FlowMatching(path=path, predict=kind), "method": erg.ODE(rtol=1e-8, atol=1e-8)}
    np.testing.assert_allclose(erg.generate(model, start=Z, **fine), M + S * Z, atol=2e-7)
    np.testing.assert_allclose(erg.log_likelihood(model, M + S * Z, **fine), normal_log(M + S * Z, M, S), atol=5e-5)


@pytest.mark.parametrize("path", [PATHS[0], PATHS[2], PATHS[4]], ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("kind", ["data", "score"])
def test_fixed_steps_forgive_what_a_network_lacks(path: Any, kind: str) -> None:
    """A model that is off by 0.03 gives with 40 steps what it gives with adapted ones, though it is divided by what becomes 0. Caught: data off
    by 5 with Runge and Kutta's method on the variance preserving path, whose last stage multiplied the error by 1/sigma."""
    exact = gaussian(path, kind)
    model, process = (lambda x, t: exact(x, t) + 0.03 * np.sin(40 * t)[:, None]), erg.FlowMatching(path=path, predict=kind)
    want = erg.generate(model, start=Z, process=process, method=erg.ODE(rtol=1e-8, atol=1e-8))
    for method, tolerance in (("rk4", 0.005), ("heun", 0.05), ("midpoint", 0.02)):
        np.testing.assert_allclose(erg.generate(model, start=Z, process=process, method=erg.ODE(40, method)), want, atol=tolerance)


def moments(x: np.ndarray, mean: float, variance: float, slack: float = 0.0) -> None:
    n = len(x)
    assert np.isfinite(x).all()
    assert abs(x.mean() - mean) < 4.9 * np.sqrt(variance / n) + slack, x.mean()
    assert abs(x.var() - variance) < 4.9 * variance * np.sqrt(2 / n) + slack, x.var()


@pytest.mark.parametrize("kind", paths.KINDS)
def test_points_are_met_and_draws_are_those_of_the_data(kind: str) -> None:
    """One datum is the result of every method; of Gaussians in 50 coordinates the moments, to 1.5 % of the variance, and densities are exact."""
    process = erg.FlowMatching(predict=kind)

    def point(x: Any, t: Any) -> Any:
        return 2.0 + 0.0 * x if kind == "data" else -(x - t[:, None] * 2.0) / (1.0 - t[:, None]) ** 2

    for method in (erg.ODE(40), erg.ODE(), erg.Ancestral(40)) if kind in ("data", "score") else ():
        np.testing.assert_allclose(erg.generate(point, 9, method, process=process, shape=(1,), seed=1), 2.0, atol=1e-7)
    model = gaussian(PATHS[0], kind)
    x, log_q = erg.generate(model, 4000, erg.ODE(24), process=process, shape=(50,), log_density=True, seed=4)
    np.testing.assert_allclose(log_q, normal_log(x, M, S), rtol=5e-6)
    moments(x.ravel(), M, S**2)
    moments(erg.generate(model, 40_000, erg.SDE(150, 0.5, "heun"), process=process, shape=(2,), seed=5).ravel(), M, S**2)


@pytest.mark.parametrize(
    "method",
    [erg.ODE(40), erg.SDE(200), erg.SDE(200, noise=lambda t: 2.0 * t), erg.SDE(200, "reverse", times=lambda u: 1e-3 + (1 - 1e-3) * u),
     erg.SDE(200, "reverse", "heun"), erg.SDE(300, "reverse", "euler"), erg.PredictorCorrector(200, noise="reverse"),
     erg.Ancestral(300), erg.Ancestral(300, eta=0.0), erg.PredictorCorrector(200, ratio=0.1), erg.SDE(200, scheme="euler")],
    ids=str,
)  # fmt: skip
def test_samplers_have_the_moments_of_the_data(method: Any) -> None:
    """What is left of steps is at most 0.01, known from twice as many. Caught: sqrt(epsilon) for sqrt(2 epsilon), the score's sign."""
    moments(erg.generate(LINEAR, 40_000, method, shape=(1,), seed=3), M, S**2, 0.01)


def test_stochastic_schemes_have_their_weak_order() -> None:
    """The variance of 200 000 walkers on a path with noise at its end, errors far above the standard error."""
    errors: dict[str, list[float]] = {"euler": [], "midpoint": [], "heun": []}
    process = erg.FlowMatching(path=paths.Custom(lambda t: 0.5 + 0.4 * t, lambda t: 1.0 - 0.5 * t))
    late = gaussian(process.path, "velocity")
    law = lambda t: (process.path.alpha(t) * M, process.path.alpha(t) ** 2 * S**2 + process.path.sigma(t) ** 2)
    n = 200_000
    rng = np.random.default_rng(1)
    half = rng.normal(size=(n // 2, 1))
    half *= 1 / np.sqrt(np.mean(half**2))
    start = law(0.0)[0] + np.sqrt(law(0.0)[1]) * np.concatenate([half, -half])
    for scheme, found in errors.items():
        for steps in (4, 8, 16):
            x = erg.generate(late, method=erg.SDE(steps, 1.0, scheme), process=process, start=start, seed=steps)
            found.append(abs(x.var() - law(1.0)[1]))
    se = law(1.0)[1] * np.sqrt(2 / n)
    for scheme in ("euler", "midpoint"):
        assert errors[scheme][1] > 20 * se and abs(slope(errors[scheme][1:]) - 1.1) < 0.3, errors
    assert errors["heun"][0] > 20 * se and abs(slope(errors["heun"][:2]) - 2.1) < 0.4, errors


def test_ancestral_steps_without_noise_are_of_first_order() -> None:
    errors = [np.max(np.abs(erg.generate(LINEAR, method=erg.Ancestral(n, eta=0.0), start=Z) - M - S * Z)) for n in (32, 64, 128)]
    assert abs(slope(errors) - 1) < 0.15, errors


def test_interpolants_are_followed_with_and_without_noise() -> None:
    """Weights and variances of a mixture after 200 steps at the middle of their times. Caught: eta for s, gamma^2 for gamma."""
    process = erg.StochasticInterpolant(of="both", width=2.0)
    model = {"velocity": interpolant("velocity"), "denoiser": interpolant("denoiser")}
    for method, slack in ((erg.ODE(200, "midpoint"), 0.004), (erg.SDE(200, 1.0), 0.006)):
        x = erg.generate(model, 40_000, method, process=process, shape=(1,), seed=1)
        right = x[x > 0]
        assert abs(np.mean(x > 0) - 0.7) < 4.9 * np.sqrt(0.21 / 40_000) + 0.001
        moments(right, 2.0, VAR, slack)


def test_actions_move_snapshots() -> None:
    """The same laws by two motions, whose covariances with the start differ: 0.4739 and 0.0920."""

    def flow(x: Any, t: Any) -> Any:
        mean, v = 2 * np.exp(-t), 1 - 0.75 * np.exp(-2 * t)
        return -mean * x[:, 0] + 0.5 * (0.75 * np.exp(-2 * t) / v) * (x[:, 0] - mean) ** 2

    start = 2.0 + 0.5 * np.random.default_rng(1).normal(size=(40_000, 1))
    plain = erg.generate(flow, method=erg.ODE(50), process=erg.ActionMatching(), start=start, seed=1)
    noisy = erg.generate(lambda x, t: -0.5 * x[:, 0] ** 2, method=erg.SDE(400), process=erg.ActionMatching(sigma=np.sqrt(2.0)), start=start, seed=1)
    for x, covariance in ((plain, 0.4739), (noisy, 0.0920)):
        moments(x, 2 * np.exp(-1.0), 1 - 0.75 * np.exp(-2.0), 0.003)
        assert abs(np.mean((x - x.mean()) * (start - start.mean())) - covariance) < 4.9 * 0.5 / 200 + 0.001
    with pytest.raises(erg.SpecError, match="has no velocity"):
        erg.generate(lambda x, t: x[:, 0], process=erg.ActionMatching(sigma=1.0), start=start)


# ------------------------------------------------------------------------------------------------------------------------ likelihoods


def normal_log(x: np.ndarray, mean: Any, sd: Any) -> np.ndarray:
    return np.sum(-0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi) + 0 * x, axis=-1)


A = np.array([[0.3, -1.0], [0.7, -0.4]])


def test_likelihoods_are_those_of_gaussians() -> None:
    x = M + S * np.linspace(-4, 4, 11)[:, None]
    for method in (None, erg.ODE(200), erg.ODE(rtol=1e-8, atol=1e-8)):
        np.testing.assert_allclose(erg.log_likelihood(LINEAR, x, method), normal_log(x, M, S), atol=2e-5)
    y, log_q = erg.generate(LINEAR, 50, erg.ODE(rtol=1e-9, atol=1e-9), shape=(1,), log_density=True, seed=1)
    np.testing.assert_allclose(log_q, normal_log(y, M, S), atol=1e-6)
    diffusion = erg.Denoising()
    found = erg.log_likelihood(gaussian(diffusion.path, "noise"), x, erg.ODE(rtol=1e-8, atol=1e-8), process=diffusion)
    np.testing.assert_allclose(found, normal_log(x, M, S), atol=0.06)  # its source is nearly, not exactly, N(0.01, 1)


def test_divergences_are_estimated_without_bias() -> None:
    """A linear field of two coordinates, v = A x + t^2: x = e^A z + ..., log det = trace A. One probe has the variance (A_12 + A_21)^2."""
    from scipy.linalg import expm

    v = lambda x, t: x @ A.T + paths.wide(t, x) ** 2
    x = np.random.default_rng(1).normal(size=(2000, 2))
    exact = erg.log_likelihood(v, x, erg.ODE(20))
    quadrature = sum(w * expm(A * (1 - t)) @ np.full(2, t * t) for t, w in zip(*_gauss(), strict=True))
    z = (x - quadrature) @ np.linalg.inv(expm(A)).T
    np.testing.assert_allclose(exact, normal_log(z, 0.0, 1.0) - np.trace(A), atol=1e-6)
    one = erg.log_likelihood(v, x, erg.ODE(20), divergence="hutchinson", seed=2)
    sd = abs(A[0, 1] + A[1, 0])
    assert np.std(one - exact) == pytest.approx(sd, rel=0.02) and abs(np.mean(one - exact)) < 4.9 * sd / np.sqrt(2000)
    many = erg.log_likelihood(v, x, erg.ODE(20), divergence="hutchinson", probes=16, seed=2)
    assert np.std(many - exact) == pytest.approx(sd / 4, rel=0.1)


def _gauss() -> Any:
    t, w = np.polynomial.legendre.leggauss(20)
    return (t + 1) / 2, w / 2


def test_densities_of_images_sum_over_all_axes() -> None:
    v = lambda x, t: 0.5 * x + np.roll(x, 1, axis=-1)
    x = np.random.default_rng(1).normal(size=(7, 3, 2))
    flat = lambda x, t: np.reshape(v(np.reshape(x, (-1, 3, 2)), t), (-1, 6))
    np.testing.assert_allclose(erg.log_likelihood(v, x), erg.log_likelihood(flat, x.reshape(7, 6)), rtol=1e-10)
    y, log_q = erg.generate(v, 6, shape=(3, 2), log_density=True, seed=1)
    np.testing.assert_allclose(erg.log_likelihood(v, y), log_q, atol=1e-5)


# --------------------------------------------------------------------------------------------------------------------- what is given


def test_fits_and_flows_are_drawn_from() -> None:
    pairs = Z, Z + 3.0
    fit = erg.learn(erg.FlowMatching(), Times(np.zeros(1)), erg.Adam(0.1), data=pairs, batch=4, steps=400, seed=1, progress=False)
    assert fit.event == (1,) and fit.objective == erg.FlowMatching()
    np.testing.assert_allclose(erg.generate(fit, start=Z), Z + fit.model.v)
    assert abs(fit.model.v[0] - 3.0) < 1e-3
    velocity = erg.nn.flows.Velocity(2, seed=1)
    plain = lambda x, t: velocity(x, t)
    x = np.random.default_rng(1).normal(size=(5, 2))
    np.testing.assert_allclose(erg.log_likelihood(velocity, x), erg.log_likelihood(plain, x), rtol=1e-10)
    flow = erg.nn.CouplingFlow(2, 2, seed=1)
    x, log_q = erg.generate(flow, 20, log_density=True, seed=3)
    np.testing.assert_allclose(erg.log_likelihood(flow, x), log_q, rtol=1e-10)
    assert np.array_equal(x, erg.generate(flow, 20, seed=3))


def test_bits_do_not_depend_on_how_many_and_float32_stays() -> None:
    net = lambda x, t: np.tanh(x) * paths.wide(t, x)
    for method in (erg.ODE(7), erg.SDE(7), erg.Ancestral(7), erg.PredictorCorrector(7)):
        many, few = (erg.generate(net, n, method, shape=(3,), seed=4) for n in (40, 11))
        assert np.array_equal(many[:11], few) and not np.array_equal(few, erg.generate(net, 11, method, shape=(3,), seed=5))
    single = Times(np.ones(2, np.float32))
    for way in (None, erg.ODE(3), erg.SDE(3), erg.Ancestral(3), erg.PredictorCorrector(3)):
        assert erg.generate(single, 4, way, shape=2, seed=1).dtype == np.float32
        assert erg.generate(Pushed(single.v), start=np.ones((4, 2)), method=way, condition=np.ones(2), seed=1).dtype == np.float32


class Pushed(Times):
    def __call__(self, x: Any, t: Any, c: Any) -> Any:
        return self.v + c + 0 * x


def pair() -> Any:
    return {"velocity": interpolant("velocity"), "denoiser": interpolant("denoiser")}


def few() -> Any:
    return erg.learn(erg.FlowMatching(), Times(np.zeros(1)), data=Z, steps=1, seed=1, progress=False)


def test_conditions_are_handed_on() -> None:
    v = lambda x, t, c: np.broadcast_to(c, x.shape)
    c = np.arange(4.0)[:, None]
    x = erg.generate(v, 4, erg.ODE(2), shape=(1,), condition=c, seed=1)
    np.testing.assert_allclose(x - erg.generate(v, 4, erg.ODE(2), shape=(1,), condition=np.zeros(1), seed=1), c, atol=1e-12)
    data = {"x1": Z + 1.0, "x0": Z, "condition": Z}

    class Given(erg.nn.Module):
        v: np.ndarray

        def __call__(self, x: Any, t: Any, c: Any) -> Any:
            return self.v + 0.0 * c

    fit = erg.learn(erg.FlowMatching(), Given(np.zeros(1)), erg.Adam(0.1), data=data, steps=300, seed=1, progress=False)
    assert abs(fit.model.v[0] - 1.0) < 1e-3
    for wrong, got in ((None, "None"), (np.ones(3), r"\(3,\)"), (2.0, r"\(\)"), (Z[:3], r"\(3, 1\)")):
        with pytest.raises(erg.ShapeError, match=rf"shape \(1,\) of those in the training, or \(9, 1\); got {got}"):
            erg.generate(fit, start=Z, condition=wrong)
    assert erg.generate(fit, start=Z, condition=np.ones(1)).shape == erg.generate(fit, start=Z, condition=Z).shape == Z.shape


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erg.generate(LINEAR, shape=(1,)), "number of draws"),
        (lambda: erg.generate(LINEAR, 3), "shape"),
        (lambda: erg.generate(LINEAR, 0, shape=(1,)), "n"),
        (lambda: erg.generate(LINEAR, 3, start=Z), "rows of start"),
        (lambda: erg.generate(LINEAR, start=np.full((2, 1), np.nan)), "finite"),
        (lambda: erg.generate(LINEAR, 3, erg.HMC(), shape=(1,)), "way to draw"),
        (lambda: erg.generate(LINEAR, 3, erg.SDE(3), shape=(1,), log_density=True), "densities"),
        (lambda: erg.generate(LINEAR, 3, shape=(1,), divergence="fast", log_density=True), "divergence"),
        (lambda: erg.generate(LINEAR, 3, shape=(1,), process=erg.Adam()), "process"),
        (lambda: erg.generate(LINEAR, 3, erg.ODE(3, times=[0.0, 2.0, 1.0]), shape=(1,)), "times"),
        (lambda: erg.generate(LINEAR, 3, erg.ODE(times=[0.0, 1.0, 2.0]), shape=(1,)), "between 0 and 1"),
        (lambda: erg.generate(few(), 3, shape=(2,)), r"shape: expected points of shape \(1,\)"),
        (lambda: erg.generate(few(), start=np.ones((3, 2))), r"start: expected points of shape \(1,\)"),
        (lambda: erg.log_likelihood(few(), np.ones(3)), r"x: expected points of shape \(1,\)"),
        (lambda: erg.generate(LINEAR, 3, erg.SDE(3), shape=(1,), process=erg.StochasticInterpolant()), "score"),
        (lambda: erg.generate(LINEAR, 3, erg.Ancestral(3), shape=(1,), process=erg.StochasticInterpolant()), "Gaussian path"),
        (lambda: erg.log_likelihood(LINEAR, Z, erg.SDE(3)), "ODE"),
        (lambda: erg.log_likelihood(LINEAR, Z, process=erg.ScoreMatching()), "process"),
        (lambda: erg.generate(lambda x, t: np.zeros((*x.shape, 2)), 3, process=erg.DiscreteFlowMatching(2), shape=(2,), condition=1.0), "condition"),
        (lambda: erg.ODE(0), "steps"),
        (lambda: erg.ODE(method="rk5"), "method"),
        (lambda: erg.ODE(rtol=0.0), "rtol"),
        (lambda: erg.generate(pair(), 3, erg.SDE(3, scheme="heun"), shape=(1,), process=erg.StochasticInterpolant(of="both")), "infinite"),
        (lambda: erg.generate(pair(), 3, erg.SDE(3, scheme="euler"), shape=(1,), process=erg.StochasticInterpolant(of="both")), "infinite"),
        (lambda: erg.SDE(noise=-1.0), "noise"),
        (lambda: erg.SDE(noise="backward"), "noise"),
        (lambda: erg.SDE(scheme="milstein"), "scheme"),
        (lambda: erg.Ancestral(eta=2.0), "eta"),
        (lambda: erg.PredictorCorrector(ratio=0.0), "ratio"),
    ],
)
def test_what_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        call()


class Linear(erg.nn.Module):
    """s = a + b x: a drift b and a growth that tilts Gaussians to Gaussians."""

    a: np.ndarray
    b: np.ndarray

    def __call__(self, x: Any, t: Any) -> Any:
        return self.a + self.b * x[:, 0]


def test_unbalanced_actions_carry_weights() -> None:
    """log w = integral of s along the way, and with it mass and mean of q, which has d mean/dt = b + b variance and d log mass/dt = a + b mean.
    Caught: weights left out (mean b), the growth at one end of a step alone."""
    a, b, n = 0.3, 0.5, 40_000
    model, process = Linear(np.array(a), np.array(b)), erg.ActionMatching(unbalanced=True)
    start = np.random.default_rng(1).normal(size=(n, 1))
    x, log_w = erg.generate(model, None, erg.ODE(10), process=process, start=start, log_weights=True)
    np.testing.assert_allclose(x, start + b, atol=1e-14)
    np.testing.assert_allclose(log_w, a + b * start[:, 0] + 0.5 * b * b, rtol=1e-10, atol=1e-12)
    drawn = erg.generate(model, None, erg.SDE(40), process=erg.ActionMatching(0.8, True), start=start, log_weights=True, seed=2)
    for sigma, (y, log_v) in ((0.0, (x, log_w)), (0.8, drawn)):
        w = np.exp(log_v)
        mass, mean = np.exp(a + b * b * (1 + sigma**2 / 6)), b + b * (1 + sigma**2 / 2)
        assert abs(w.mean() - mass) < 4.9 * w.std() / np.sqrt(n) + 1e-3
        shares = w / w.sum()
        assert abs(shares @ y[:, 0] - mean) < 4.9 * np.sqrt(np.sum(shares**2 * (y[:, 0] - mean) ** 2)) + 1e-3
    points, log_q = erg.generate(model, None, erg.ODE(10), process=process, start=start[:5], log_density=True)
    want = -0.5 * (points[:, 0] - 2 * b) ** 2 - 0.5 * np.log(2 * np.pi) + a + b * b  # mass exp(a + b^2) about the mean 2 b
    np.testing.assert_allclose(log_q, want, rtol=1e-10)
    given: Any = {"process": process, "start": start}
    refused: list[tuple[Any, Any, str]] = [
        (model, given, "have weights"), (model, given | {"log_weights": True, "log_density": True}, "got both"),
        (model, given | {"log_weights": True, "method": erg.PredictorCorrector(3)}, "needs the score of the points with"),
        (model, given | {"log_weights": True, "method": erg.Ancestral(3)}, "needs the posterior"),
        (lambda x, t: x, {"shape": (1,), "n": 3, "log_weights": True}, "no weights"),
        (lambda x, t: x, {"shape": (1,), "n": 3, "log_weights": True, "method": erg.PredictorCorrector(3)}, "no weights"),
    ]  # fmt: skip
    for field, wrong, message in refused:
        with pytest.raises(erg.SpecError, match=message):
            erg.generate(field, **wrong)
    with pytest.raises(erg.SpecError, match="no weights"):
        erg.generate(erg.nn.CouplingFlow(2, 2, seed=0), 3, log_weights=True)


def test_more_draws_than_fit_are_refused_before_anything_is_allocated() -> None:
    """Caught: NumPy's own MemoryError of times and zeros for all rows, while tracing."""
    flow, given = erg.nn.CouplingFlow(2, 2, seed=0), {"method": erg.ODE(2), "shape": (2,)}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (LINEAR, given), (LINEAR, given | {"log_density": True}), (LINEAR, given | {"method": erg.SDE(2)}), (flow, {}), (flow, {"log_density": True}),
        (lambda x, t: np.zeros((*x.shape, 2)), {"process": erg.DiscreteFlowMatching(2), "shape": (4,)}),
    ]  # fmt: skip
    for model, rest in calls:
        for n in (10**9, 10**13, 2**62):
            with pytest.raises(erg.MemoryLimitError, match=r"limit|elements") as caught:
                erg.generate(model, n, **rest)
            assert "ecord less" not in str(caught.value)


def test_lost_draws_are_told() -> None:
    """A motion that blows up for large x only."""
    blow = lambda x, t: np.exp(np.where(x > 1.0, 1e3 * x, 0.0))
    with pytest.warns(RuntimeWarning, match="generate: 11 of 80 rows are not finite"):
        x = erg.generate(blow, method=erg.ODE(10), start=np.linspace(-6.0, 2.0, 80)[:, None] - 0.9)
    assert np.count_nonzero(~np.isfinite(x)) == 11
    with pytest.warns(RuntimeWarning, match="log_likelihood: 1 of 2 rows"):
        erg.log_likelihood(lambda x, t: np.exp(np.where(x > 1.0, 1e3 * x, 0.0)) * 0 + x, np.array([[0.5], [7.0]]), erg.ODE(10))


def test_fits_of_pairs_begin_where_they_were_told(tmp_path: Any) -> None:
    """They had begun at normal draws, and counted log q from there; and scores had been taken from models for which x0 depends on x1: N(0, 1) sorted
    to N(M, S^2) has another score than its velocity tells on a path of independent ends."""
    velocity = erg.nn.flows.Velocity(1, [4], seed=0)
    fit = erg.learn(erg.FlowMatching(), velocity, data=(Z - 4.0, Z), steps=2, seed=1, progress=False)
    loaded = (fit.save(path := str(tmp_path / "fit.arrow")), erg.load(path))[1]
    both = erg.learn(erg.StochasticInterpolant(), velocity, data=(Z - 4.0, Z), steps=2, seed=1, progress=False)
    for given in (fit, loaded, both):
        for call, message in (
            (lambda f: erg.generate(f, 5), "start=x0"),
            (lambda f: erg.generate(f, start=Z, log_density=True), "density of x0"),
            (lambda f: erg.log_likelihood(f, Z), "density of x0"),
        ):
            with pytest.raises(erg.SpecError, match=message):
                call(given)
        assert erg.generate(given, start=Z, method=erg.ODE(2)).shape == Z.shape
    sorted_ends = lambda x, t: M + (S - 1.0) * (x - M * t[:, None]) / (1.0 + (S - 1.0) * t[:, None])
    process = erg.FlowMatching(coupling="sorted")
    np.testing.assert_allclose(erg.generate(sorted_ends, start=Z, process=process), M + S * Z, atol=1e-9)
    for method in (erg.SDE(20), erg.PredictorCorrector(20), erg.Ancestral(20)):
        for model, rest in ((sorted_ends, {"process": process, "start": Z}), (fit, {"start": Z})):
            with pytest.raises(erg.SpecError, match="independent of x1"):
                erg.generate(model, None, method, **rest)


def test_densities_given_conditions() -> None:
    """Each row's own condition moves and widens its Gaussian, exp(c) z + c; also where it is one for all. Caught: conditions of all rows for each."""
    v = lambda x, t, c: c * (x + (1.0 - t[:, None])) + np.exp(0.0 * c)
    c = np.array([[0.3], [-0.5], [0.9]])
    x = np.array([[0.2], [1.0], [-3.0]])
    grown = np.exp(c)
    shift = np.array([erg.generate(v, start=np.zeros((1, 1)), condition=k, method=erg.ODE(50))[0] for k in c])
    want = normal_log((x - shift) / grown, 0.0, 1.0) - c[:, 0]
    fields: list[Any] = [v, {"velocity": v, "denoiser": v}]
    for model, process in zip(fields, (erg.FlowMatching(), erg.StochasticInterpolant(of="both")), strict=True):
        given: dict[str, Any] = {"process": process, "condition": c}
        np.testing.assert_allclose(erg.log_likelihood(model, x, erg.ODE(50), **given), want, rtol=1e-7)
        y, log_q = erg.generate(model, 3, erg.ODE(50), shape=(1,), log_density=True, seed=1, **given)
        np.testing.assert_allclose(log_q, normal_log((y - shift) / grown, 0.0, 1.0) - c[:, 0], rtol=1e-7)
    one = erg.log_likelihood(v, x[:1].repeat(3, axis=0), erg.ODE(50), condition=c[0])
    np.testing.assert_allclose(one, want[0], rtol=1e-7)
    velocity = erg.nn.flows.Velocity(2, [5], context=1, seed=0)
    plain, points = (lambda x, t, c: velocity(x, t, c)), np.ones((3, 2)) * x
    np.testing.assert_allclose(erg.log_likelihood(velocity, points, condition=c), erg.log_likelihood(plain, points, condition=c), rtol=1e-10)
