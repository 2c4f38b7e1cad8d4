"""Flows: log-determinants against Jacobians, inverses, densities against quadrature and draws, symmetries, bad input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg

nn, flows, spline = erg.nn, erg.nn.flows, erg.nn.flows.spline


def shaken(flow: Any, scale: float = 0.4, seed: int = 3) -> Any:
    """The flow with parameters moved at random: a flow starts as the identity, which hides most mistakes."""
    rng = np.random.default_rng(seed)
    return flow.replace({k: (v + scale * rng.normal(size=v.shape)).astype(v.dtype) for k, v in flow.parameters().items()})


FLOWS: dict[str, Callable[[], Any]] = {
    "coupling": lambda: nn.CouplingFlow(5, 3, [8], seed=0),
    "coupling halves": lambda: nn.CouplingFlow(4, 4, [8, 6], "halves", activation="silu", context=2, seed=0),
    "coupling odd": lambda: nn.CouplingFlow(6, 3, [8, 8], odd=True, seed=0),
    "coupling odd context": lambda: nn.CouplingFlow(4, 2, [8], odd=True, context=1, seed=0),
    "coupling lattice": lambda: nn.CouplingFlow((2, 4), 3, [8], "checkerboard", seed=0),
    "coupling conv": lambda: nn.CouplingFlow((2, 4), 3, [3, 4], net="conv", seed=0),
    "coupling conv odd": lambda: nn.CouplingFlow((4, 4), 2, [3], net="conv", odd=True, context=2, seed=0),
    "coupling conv line": lambda: nn.CouplingFlow(6, 2, [3], net="conv", seed=0),
    "spline": lambda: nn.SplineFlow(5, 3, [8], 5, bound=2.0, seed=0),
    "spline context": lambda: nn.SplineFlow(3, 2, [8], 4, context=2, seed=0),
    "spline one": lambda: nn.SplineFlow(1, 2, [8], 6, bound=2.5, seed=0),
    "spline one context": lambda: nn.SplineFlow(1, 2, [8], 6, context=1, seed=0),
    "spline cube": lambda: nn.SplineFlow(4, 2, [8], 4, "cube", seed=0),
    "spline circle": lambda: nn.SplineFlow(1, 2, [8], 5, "torus", seed=0),
    "spline torus": lambda: nn.SplineFlow((2, 2), 3, [8], 5, "torus", masks="checkerboard", seed=0),
    "autoregressive": lambda: nn.AutoregressiveFlow(4, 3, [8, 8], seed=0),
    "autoregressive context": lambda: nn.AutoregressiveFlow((3, 1), 2, [8], fast="sample", context=2, seed=0),
    "autoregressive one": lambda: nn.AutoregressiveFlow(1, 2, [4], context=1, seed=0),
    "continuous": lambda: nn.ContinuousFlow(3, [8, 6], steps=150, context=2, seed=0),
    "continuous one layer": lambda: nn.ContinuousFlow(2, [8], steps=150, seed=0),
    "continuous deep": lambda: nn.ContinuousFlow(2, [6, 5, 4], activation="silu", steps=100, seed=0),
    "gauge": lambda: nn.GaugeFlow((4, 4), 9, [3], 4, seed=0),
    "gauge context": lambda: nn.GaugeFlow((8, 4), 2, [3, 2], 3, context=1, seed=0),
    "composition": lambda: flows.Composition(nn.CouplingFlow(3, 2, [6], context=2, seed=0), nn.SplineFlow(3, 2, [6], 4, seed=1)),
}


def made(name: str) -> tuple[Any, np.ndarray, Any]:
    """A flow away from the identity, five points z of its base and a context."""
    flow = shaken(FLOWS[name](), 0.15 if "gauge" in name else 0.4)
    context = np.linspace(-0.7, 0.8, 5 * flow.context).reshape(5, flow.context) if flow.context else None
    return flow, flow.base.sample(erg.random.key(5), 5), context


@pytest.mark.parametrize("name", FLOWS)
def test_maps(name: str) -> None:
    """Log-determinants are those of Jacobians by differentiation, inverses undo to 1e-10, and programs give what NumPy gives."""
    flow, z, context = made(name)
    x, log_det = flow.forward(z, context)
    back, log_back = flow.inverse(x, context)
    assert x.shape == z.shape and log_det.shape == (5,)
    assert np.abs(x - z).max() > 0.05, "near the identity nothing is tested"
    np.testing.assert_allclose(back, z, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(log_back, -log_det, rtol=1e-9, atol=1e-10)
    n = math.prod(flow.shape)
    for k in range(5):
        c = None if context is None else context[k]
        J = erg.jacobian(lambda v: flow.forward(v, c)[0])(z[k])  # noqa: B023
        np.testing.assert_allclose(np.linalg.slogdet(J.reshape(n, n))[1], log_det[k], rtol=1e-9, atol=1e-10)
    for way, arg in (("forward", z), ("inverse", x)):
        one, two = erg.compile(lambda f, v, c: getattr(f, way)(v, c))(flow, arg, context), getattr(flow, way)(arg, context)  # noqa: B023
        np.testing.assert_allclose(one[0], two[0], rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(one[1], two[1], rtol=1e-10, atol=1e-10)
    assert flow.log_density(x[:0], None if context is None else context[:0]).shape == (0,)
    many = np.stack([x, 0.5 * x])
    np.testing.assert_allclose(flow.log_density(many, context)[0], flow.log_density(x, context), rtol=1e-11)
    np.testing.assert_allclose(flow.log_density(x[2], None if context is None else context[2]), flow.log_density(x, context)[2], rtol=1e-11)
    mapped = erg.vmap(lambda v, c: flow.log_density(v, c))(x, np.zeros((5, 0)) if context is None else context) if context is not None else None
    if mapped is not None:
        np.testing.assert_allclose(mapped, flow.log_density(x, context), rtol=1e-11)


@pytest.mark.parametrize("name", FLOWS)
def test_draws_and_slopes(name: str) -> None:
    """A draw's density is that of the inverse; gradients of the likelihood meet finite differences; float32 stays float32."""
    flow, _, context = made(name)
    key = erg.random.key(8)
    x, log_q = flow.sample_with_log_density(key, 5, context)
    assert (x == flow.sample(key, 5, context)).all()
    np.testing.assert_allclose(flow.log_density(x, context), log_q, rtol=1e-9, atol=1e-9)
    loss = lambda f: np.mean(f.log_density(x, context))
    slopes = erg.grad(loss)(flow).parameters()
    rng = np.random.default_rng(1)
    way = {k: rng.normal(size=v.shape) for k, v in slopes.items()}
    h = 1e-6
    up, down = (flow.replace({k: v + s * h * way[k] for k, v in flow.parameters().items()}) for s in (1, -1))
    want = sum(float(np.sum(way[k] * slopes[k])) for k in way)
    assert abs((loss(up) - loss(down)) / (2 * h) - want) < 1e-6 * (1 + abs(want))
    small = flow.astype("float32")
    y, log_small = erg.compile(lambda f, k, c: f.sample_with_log_density(k, 5, c))(small, key, context)
    assert y.dtype == log_small.dtype == "float32" and small.log_density(y, context).dtype == "float32"
    np.testing.assert_allclose(small.log_density(y, context), log_small, rtol=2e-3, atol=2e-3)


def test_starts_as_the_identity() -> None:
    for name, make in FLOWS.items():
        if name.startswith("continuous"):
            continue
        flow = make()
        z = flow.base.sample(erg.random.key(1), 4)
        x, log_det = flow.forward(z, np.zeros(flow.context) if flow.context else None)
        np.testing.assert_allclose(x, z, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(log_det, 0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("flow", "low", "high", "n"),
    [
        (nn.SplineFlow(1, 3, bins=6, bound=2.0, seed=0), -9, 9, 60_000), (nn.SplineFlow(1, 3, bins=6, domain="torus", seed=0), -np.pi, np.pi, 60_000),
        (nn.SplineFlow(1, 3, bins=6, domain="cube", seed=0), 0, 1, 60_000), (nn.CouplingFlow(2, 3, [8], seed=0), -40, 40, 800),
        (nn.SplineFlow(2, 3, [8], 5, bound=2.0, seed=0), -8, 8, 700), (nn.SplineFlow(2, 3, [8], 5, "torus", seed=0), -np.pi, np.pi, 500),
        (nn.SplineFlow(2, 2, [8], 5, "cube", seed=0), 0, 1, 500), (nn.AutoregressiveFlow(2, 2, [8], seed=0), -40, 40, 700),
        (nn.ContinuousFlow(2, [8], seed=0), -14, 14, 200),
    ],
)  # fmt: skip
def test_densities(flow: Any, low: float, high: float, n: int) -> None:
    """Densities integrate to 1 (midpoints; the densities have kinks), and draws have their moments: of cos(x_0 + 0.3) and of the product with
    sin(2 x_1 - 0.5), skewed on purpose, to 4.9 standard errors. Catches: a knot's slope used twice, a rotation that the inverse forgets."""
    flow = shaken(flow, 0.3)
    d = flow.shape[0]
    line = low + (np.arange(n) + 0.5) * (high - low) / n
    grid = np.stack(np.meshgrid(*[line] * d, indexing="ij"), -1).reshape(-1, d)
    p = np.exp(erg.compile(lambda f, x: f.log_density(x))(flow, grid)) * ((high - low) / n) ** d
    assert abs(np.sum(p) - 1) < (1e-6 if d == 1 else 1e-4)
    x = erg.compile(lambda f, key: f.sample(key, 40_000))(flow, erg.random.key(2))
    assert np.all((x >= low) & (x <= high))
    f = lambda x: np.cos(x[:, 0] + 0.3) * (np.sin(2 * x[:, 1] - 0.5) if d == 2 else 1)
    values = f(x)
    assert abs(np.mean(values) - np.sum(p * f(grid))) < 4.9 * np.std(values) / 200 + 1e-4


def test_rational_quadratic_by_hand() -> None:
    """One spline against the formula of Durkan et al. (2019), eqs. 4 and 5, written out bin by bin; knots are met exactly."""
    rng = np.random.default_rng(4)
    K = 5
    w, h, r = rng.normal(size=K), rng.normal(size=K), rng.normal(size=K + 1)
    soft = lambda u: 1e-3 + (1 - K * 1e-3) * np.exp(u) / np.sum(np.exp(u))
    W, H, d = soft(w), soft(h), 1e-3 + np.logaddexp(r, 0)
    X, Y = np.concatenate([[0], np.cumsum(W)]), np.concatenate([[0], np.cumsum(H)])
    for v in [*rng.uniform(size=20), 0.0, 1.0]:
        k = min(int(np.searchsorted(X, v, "right")) - 1, K - 1)
        xi, s = (v - X[k]) / W[k], H[k] / W[k]
        den = s + (d[k + 1] + d[k] - 2 * s) * xi * (1 - xi)
        y = Y[k] + H[k] * (s * xi**2 + d[k] * xi * (1 - xi)) / den
        slope = s**2 * (d[k + 1] * xi**2 + 2 * s * xi * (1 - xi) + d[k] * (1 - xi) ** 2) / den**2
        got, log_slope = flows.spline(np.float64(v), w, h, r)
        np.testing.assert_allclose([got, log_slope], [y, np.log(slope)], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(flows.spline(got, w, h, r, back=True), [v, -np.log(slope)], rtol=1e-10, atol=1e-12)
    assert abs(flows.spline(X[2], w, h, r)[0] - Y[2]) < 1e-14


def test_symmetries() -> None:
    """Odd flows, translations of convolutions that keep the colours, and other lattices with the same networks."""
    for name in ("coupling odd", "coupling odd context", "coupling conv odd"):
        flow, z, context = made(name)
        (x, a), (y, b) = flow.forward(z, context), flow.forward(-z, context)
        np.testing.assert_allclose(y, -x, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(a, b, rtol=1e-12)
    flow = shaken(nn.CouplingFlow((4, 6), 3, [3, 4], net="conv", seed=0))
    z = np.random.default_rng(0).normal(size=(2, 4, 6))
    x, log_det = flow.forward(z)
    for shift in [(1, 1), (2, 0), (0, 2), (3, 1)]:
        moved, same = flow.forward(np.roll(z, shift, (1, 2)))
        np.testing.assert_allclose(moved, np.roll(x, shift, (1, 2)), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(same, log_det, rtol=1e-12)
    assert np.abs(flow.forward(np.roll(z, 1, 2))[0] - np.roll(x, 1, 2)).max() > 1e-3
    twice, log_twice = flow.on((8, 6)).forward(np.concatenate([z, z], 1))
    np.testing.assert_allclose(twice, np.concatenate([x, x], 1), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(log_twice, 2 * log_det, rtol=1e-12)
    assert flow.on((8, 6)).couplings is flow.couplings


def test_autoregressive_order() -> None:
    """Outputs of masked networks see the inputs before them alone, through any hidden layers, and all of these; contexts are seen by all."""
    for n, features, outputs, context, hidden in [(5, 1, 2, 0, [12, 9]), (4, 3, 2, 2, [15, 11]), (1, 1, 3, 2, [4]), (3, 2, 1, 0, [])]:
        net = shaken(nn.MaskedMLP(n, hidden, outputs, features, context, seed=0))
        x, c = np.linspace(-1, 1, n * features), np.linspace(0.3, 1, context)
        J = np.abs(erg.jacobian(lambda x: net(x, c))(x)).reshape(n, outputs, n, features).max((1, 3))  # noqa: B023
        assert np.array_equal(J > 0, np.tri(n, k=-1, dtype=bool))
        if context:
            assert np.all(np.abs(erg.jacobian(lambda c: net(x, c))(c)).max((1, 2)) > 0)  # noqa: B023


@pytest.mark.parametrize("context", [0, 2])
def test_fewer_units_than_coordinates_see_all(context: int) -> None:
    """Caught: degrees 1, 2, 3, ... of 4 units, which leave the inputs from the fifth on unseen by all."""
    net = shaken(nn.MaskedMLP(11, [4], 1, context=context, seed=0))
    J = np.abs(erg.jacobian(lambda x: net(x, np.ones(context))[:, 0])(np.linspace(-1, 1, 11))) > 0
    assert not np.triu(J).any() and J[:, :-1].any(0).all() and J[-1, :-1].all()


def test_steep_splines_of_single_precision() -> None:
    """Bins as narrow and slopes as steep as they can be: rounding leads out of a bin, where the formula has slopes below 0. Caught: NaN in 5 % of
    these splines; an end of the cube that rounding moves outside, where the density is 0."""
    rng = np.random.default_rng(0)
    v = np.concatenate([[0, 1], rng.uniform(size=300)]).astype("float32")
    for _ in range(100):
        w, h, r = [[np.full(302, u, "float32") for u in 6 * rng.normal(size=n)] for n in (6, 6, 7)]
        y, log_slope = spline(v, w, h, r)
        back, log_back = spline(y, w, h, r, back=True)
        assert all(np.isfinite(a).all() for a in (y, log_slope, back, log_back)) and abs(y[1] - 1) < 1e-5 and y[0] == back[0] == 0
    cube = shaken(nn.SplineFlow(3, 3, [8], 5, "cube", seed=0), 1.0)
    corners = np.array(np.meshgrid(*[[0.0, 1.0]] * 3)).reshape(3, 8).T
    assert np.isfinite(cube.log_density(corners)).all()


@pytest.mark.parametrize("law", [erg.distributions.StudentT(4.0, 0.3, 1.5), erg.distributions.Normal(np.array([0.5, -1.0, 2.0]), 0.7)], ids=repr)
def test_bases_are_distributions(law: Any) -> None:
    """Of one number or of a whole point, in every kind of flow, through a file, and on a lattice of other lengths."""
    makers: list[Any] = [nn.CouplingFlow, nn.AutoregressiveFlow, nn.SplineFlow, nn.ContinuousFlow]
    for make in makers:
        flow = shaken(make(3, base=law, seed=0), 0.1)
        z = flow.base.sample(erg.random.key(2), 4)
        x, log_q = flow.sample_with_log_density(erg.random.key(2), 4)
        if make is not nn.ContinuousFlow:
            assert np.array_equal(x, flow.forward(z)[0])
            np.testing.assert_allclose(log_q, law.log_prob(z).sum(1) - flow.forward(z)[1], rtol=1e-12)
        np.testing.assert_allclose(flow.log_density(x), log_q, rtol=1e-4)
        small = flow.astype("float32")
        assert small.sample(erg.random.key(1), 2).dtype == small.log_density(x.astype("f")).dtype == "float32"
    steps = nn.StochasticFlow([flows.MetropolisSteps(2, 0.5)], lambda x: np.sum(x**2), base=erg.distributions.Normal(np.zeros(3), 2.0))
    assert steps.sample(erg.random.key(0), 5).shape == (5, 3)
    field = nn.CouplingFlow((4, 4), 2, [3], net="conv", base=erg.distributions.StudentT(4.0), seed=0).on((6, 8))
    assert field.base.shape == (6, 8) and field.base.law.df == 4.0


@pytest.mark.parametrize("f", [nn.softmax, lambda h: np.tanh(h - np.mean(h, axis=-1, keepdims=True)), nn.silu], ids=["softmax", "centred", "silu"])
def test_divergences_of_functions_that_look_at_all_units(f: Any) -> None:
    """Caught: the slope of each unit in itself alone, taken for the whole derivative."""
    x = np.array([[0.3, -1.0], [2.0, 0.1]])
    for hidden in ([5], [5, 4]):
        v = flows.Velocity(2, hidden, activation=f, seed=0)
        want = erg.vmap(erg.divergence(lambda x, v=v: v(x, 0.3)))(x)
        np.testing.assert_allclose(erg.compile(lambda v, x: v.with_divergence(x, 0.3)[1])(v, x), want, rtol=1e-12)


def test_one_log_determinant_for_all_points() -> None:
    """A flow of one's own may give it as a number, also where it is the only layer between stochastic steps."""

    class Twice(nn.Flow):
        def __init__(self) -> None:
            self.shape, self.base, self.context = (2,), flows.Normal((2,)), 0

        def forward(self, z: Any, context: Any = None) -> Any:
            return 2.0 * z, np.log(4.0)

        def inverse(self, x: Any, context: Any = None) -> Any:
            return 0.5 * x, -np.log(4.0)

    x, log_q = nn.StochasticFlow([Twice()], lambda x: np.sum(x**2)).sample_with_log_density(erg.random.key(0), 3)
    np.testing.assert_allclose(log_q, Twice().log_density(x), rtol=1e-12)


def test_batches_without_rows() -> None:
    """Their densities are none, their gradients 0. Caught: a mean of no errors (NaN), shapes of (0, -1)."""
    key = erg.random.key(0)
    adaptive, noisy = nn.ContinuousFlow(2, [4], steps=None, seed=0), nn.ContinuousFlow(2, [4], divergence="hutchinson", seed=0)
    models: list[Any] = [adaptive, noisy, flows.Composition(noisy, adaptive), nn.MADE(2, seed=0)]
    for model in models:
        more = {"key": key} if getattr(model, "density", "exact") != "exact" else {}
        loss = lambda m, more=more: np.sum(m.log_density(np.zeros((0, 2)), **more))
        assert all(np.all(g == 0) for g in erg.grad(loss)(model).parameters().values())
    assert flows.Composition(adaptive).log_density([[0.0, 0.0]]).shape == (1,)


def test_fields_of_flow_matching_are_flows() -> None:
    """A model of (x, t) with times of rows, as it was trained, has the density that erg.log_likelihood finds."""
    model = lambda x, t: 0.3 * x * t[:, None] + np.sin(t)[:, None]
    x = np.array([[0.3, -1.0], [2.0, 0.1]])
    want = erg.log_likelihood(model, x, erg.ODE(100))
    for steps in (100, None):
        flow = nn.ContinuousFlow(2, field=model, steps=steps)
        np.testing.assert_allclose(flow.log_density(x), want, rtol=1e-6)
        np.testing.assert_allclose(flow.log_density(x[0]), want[0], rtol=1e-6)


def test_continuous() -> None:
    """The order of the fixed steps is 4 (slope of the error), a linear field gives the matrix exponential, Hutchinson's density is unbiased, the
    adjoint gradient is that of the steps, and fields of one's own have their divergence by differentiation."""
    flow = shaken(nn.ContinuousFlow(3, [8, 8], seed=0), 0.3)
    z = flow.base.sample(erg.random.key(1), 4)
    at = lambda steps: nn.ContinuousFlow(3, field=flow.field, steps=steps).forward(z)
    exact = at(512)
    for k in (0, 1):
        errors = [np.abs(at(n)[k] - exact[k]).max() for n in (16, 32)]
        assert abs(np.log2(errors[0] / errors[1]) - 4) < 0.3, errors
    A = np.array([[0.3, -1.2], [0.8, -0.5]])
    linear = nn.ContinuousFlow(2, field=lambda x, t, context: 2 * t * (x @ A.T), steps=200)
    x, log_det = linear.forward(np.eye(2))
    want = np.linalg.eig(A)
    np.testing.assert_allclose(x.T, (want[1] * np.exp(want[0]) @ np.linalg.inv(want[1])).real, rtol=1e-8)
    np.testing.assert_allclose(log_det, -0.2, rtol=1e-8)
    for steps in (5, 10, 93, None):  # at the ends to the bit: beyond them the fields are NaN
        for late in (False, True):
            root = nn.ContinuousFlow(1, field=lambda x, t, context, late=late: np.sqrt(1 - t if late else t) * x, steps=steps)
            for way, sign in ((root.forward, 1), (root.inverse, -1)):
                np.testing.assert_allclose(way(np.ones(1))[1], sign * 2 / 3, rtol=0.02)
    for probes in (1, 3):
        guess = nn.ContinuousFlow(3, field=flow.field, divergence="hutchinson", probes=probes)
        many = erg.vmap(lambda key: guess.log_density(z, key=key))(  # noqa: B023
            erg.random.split(erg.random.key(2), 3000)
        )
        error = np.std(many, axis=0) / 3000**0.5
        assert np.all(np.abs(np.mean(many, axis=0) - flow.log_density(z)) < 4.9 * error) and np.all(error * 3000**0.5 > 1e-3)
        x, log_q = guess.sample_with_log_density(erg.random.key(4), 6)
        assert (guess.sample(erg.random.key(4), 6) == x).all() and log_q.shape == (6,)
    adaptive = nn.ContinuousFlow(3, field=flow.field, steps=None, rtol=1e-11, atol=1e-12)
    (x, a), (y, b) = adaptive.forward(z), exact
    np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(adaptive.inverse(x)[0], z, rtol=1e-9, atol=1e-9)
    fixed, adaptive = (shaken(nn.ContinuousFlow(2, [5], steps=s, rtol=1e-9, atol=1e-10, seed=1)) for s in (100, None))
    loss = lambda f: np.mean(f.log_density(z[:, :2]))
    one, two = (erg.grad(loss)(f).parameters() for f in (fixed, adaptive))
    for k in one:
        np.testing.assert_allclose(one[k], two[k], rtol=1e-6, atol=1e-7, err_msg=k)


def test_gauge() -> None:
    """A gauge transformation before the map is one after it, plaquettes and densities do not see it; translations by 4 and other lattices; every link
    is moved once by eight layers, and the uniform base has the log-density of its volume."""
    flow = shaken(nn.GaugeFlow((8, 4), 8, [4], 4, seed=0), 0.2)
    rng = np.random.default_rng(0)
    links, alpha = rng.uniform(-np.pi, np.pi, (3, 2, 8, 4)), rng.uniform(-np.pi, np.pi, (3, 8, 4))
    turn = lambda t: t + np.stack([alpha - np.roll(alpha, -1, 1), alpha - np.roll(alpha, -1, 2)], 1)
    near = lambda a, b: np.testing.assert_allclose(np.exp(1j * a), np.exp(1j * b), rtol=1e-10, atol=1e-10)
    near(flows.plaquettes(turn(links)), flows.plaquettes(links))
    (x, a), (y, b) = flow.forward(links), flow.forward(turn(links))
    near(y, turn(x))
    np.testing.assert_allclose(a, b, rtol=1e-9)
    moved, same = flow.forward(np.roll(links, 4, 2))
    near(moved, np.roll(x, 4, 2))
    np.testing.assert_allclose(same, a, rtol=1e-9)
    assert np.abs(np.exp(1j * flow.forward(np.roll(links, 1, 2))[0]) - np.exp(1j * np.roll(x, 1, 2))).max() > 1e-3
    twice, log_twice = flow.on((8, 8)).forward(np.concatenate([links, links], 3))
    near(twice, np.concatenate([x, x], 3))
    np.testing.assert_allclose(log_twice, 2 * a, rtol=1e-9)
    assert np.all(np.abs(np.exp(1j * x) - np.exp(1j * links)) > 1e-9), "a link that is never moved"
    np.testing.assert_allclose(nn.GaugeFlow((4, 4), 1, seed=0).log_density(links[:, :, :4]), -32 * np.log(2 * np.pi))
    run = erg.sample(erg.lattice.U1((4, 4), beta=1.5), erg.HMC(), sweeps=5, chains=1, seed=1, observe=["configuration", "plaquette"], progress=False)
    t = run["configuration"].reshape(-1, 2, 4, 4)
    np.testing.assert_allclose(np.cos(flows.plaquettes(t)).mean((1, 2)), run["plaquette"].reshape(-1), rtol=1e-12)


def skewed(x: Any) -> Any:
    return np.sum(0.25 * x**4 - 0.5 * x**2 + 0.4 * x)


@pytest.mark.parametrize("blocks", ["metropolis", "langevin", "both"])
def test_stochastic(blocks: str) -> None:
    """Weights of paths have the mean Z (quadrature), weighted draws the target's moments, paths back from exact draws weights 1/Z on average.
    Catches: u of the target in place of u between the two, a sign of the work on the way back, a force at the wrong end of a Langevin step."""
    metropolis: Any = flows.MetropolisSteps(5, 0.8, 0.6)
    langevin: Any = flows.LangevinSteps(4, 0.05, 0.5)
    steps: list[Any] = {"metropolis": [metropolis], "langevin": [langevin], "both": [metropolis, langevin]}[blocks]
    layers = [shaken(nn.CouplingFlow(2, 2, [6], seed=0), 0.1), *steps, shaken(nn.SplineFlow(2, 2, [6], 4, seed=1), 0.1), *steps]
    flow, kT = nn.StochasticFlow(layers, skewed, kT=0.8), 0.8
    line = np.linspace(-6, 6, 4001)
    p = np.exp(-(0.25 * line**4 - 0.5 * line**2 + 0.4 * line) / kT)
    Z, mean = np.sum(p) * (line[1] - line[0]), np.sum(p * line) / np.sum(p)
    n = 20_000
    x, log_q = erg.compile(lambda f, key: f.sample_with_log_density(key, n))(flow, erg.random.key(3))
    assert (erg.compile(lambda f, key: f.sample(key, n))(flow, erg.random.key(3)) == x).all()
    w = np.exp(-flow.reduced(x) - log_q)
    assert np.sum(w) ** 2 / np.sum(w**2) > 0.1 * n
    assert abs(np.mean(w) - Z**2) < 4.9 * np.std(w) / n**0.5
    difference = w * (x[:, 0] - mean)
    assert abs(np.mean(difference)) < 4.9 * np.std(difference) / n**0.5
    rng = np.random.default_rng(5)
    exact = np.interp(rng.uniform(size=(n, 2)), np.cumsum(p) / np.sum(p), line + 0.5 * (line[1] - line[0]))
    back = np.exp(flow.log_density(exact, key=erg.random.key(9)) + flow.reduced(exact)) * Z**2
    assert abs(np.mean(back) - 1) < 4.9 * np.std(back) / n**0.5 + 1e-3
    slopes = erg.grad(lambda f: np.mean(f.reduced((draw := f.sample_with_log_density(erg.random.key(1), 50))[0]) + draw[1]))(flow)
    assert all(np.isfinite(v).all() and np.any(v != 0) for k, v in slopes.parameters().items() if "heads" in k and "weight" in k)


def test_bad_input() -> None:
    for make, word in (
        (lambda: nn.CouplingFlow(3, base=erg.distributions.Normal(np.zeros(2), 1.0)), "of shape"),
        (lambda: nn.SplineFlow(3, base=flows.Normal((4,))), "points of shape"),
        (lambda: nn.AutoregressiveFlow(3, base=2.0), "StudentT"),
        (lambda: nn.CouplingFlow(3, base=nn.CouplingFlow(3, 1)), r"Composition\(base, flow\)"),
        (lambda: nn.StochasticFlow([flows.MetropolisSteps(2, 0.5)], lambda x: 0.0, base=3.0), "StudentT"),
        (lambda: nn.ContinuousFlow(2, field=lambda x, t: x, context=1), "one of"),
        (lambda: nn.CouplingFlow((4, 4), 1, [2], net="conv", base=erg.distributions.Normal(np.zeros((4, 4)), 1.0)).on((2, 2)), "other lengths"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            make()
    flow, given = nn.CouplingFlow(3, 2, [4], seed=0), nn.SplineFlow(2, 2, [4], context=2, seed=0)
    for call, match in [
        (lambda: nn.CouplingFlow(1), r"Try SplineFlow\(1\)"), (lambda: nn.CouplingFlow(0), "at least 1"),
        (lambda: nn.CouplingFlow("a"), "shape such as"),
        (lambda: nn.CouplingFlow(4, 0), "at least 1"), (lambda: nn.CouplingFlow(4, hidden=64), r"\[64, 64\]"),
        (lambda: nn.CouplingFlow(4, hidden=[]), r"\[64, 64\]"), (lambda: nn.CouplingFlow(4, masks="x"), "none of alternating"),
        (lambda: nn.CouplingFlow((3, 4), masks="checkerboard"), "even lengths"), (lambda: nn.CouplingFlow(4, net="x"), "dense"),
        (lambda: nn.CouplingFlow(4, net="conv", masks="halves"), "goes with"),
        (lambda: nn.CouplingFlow(4, odd=True, activation="silu"), "must be odd"),
        (lambda: nn.CouplingFlow(4, bound=0), "above 0"), (lambda: nn.CouplingFlow(4, bound=float("nan")), "above 0"),
        (lambda: nn.CouplingFlow(4, dtype=complex), "real dtype"), (lambda: flow.on((4,)), 'net="conv"'),
        (lambda: nn.SplineFlow(2, bins=1), "2 to 999"), (lambda: nn.SplineFlow(2, bins=5000), "2 to 999"),
        (lambda: nn.SplineFlow(2, domain="sphere"), "none of line"), (lambda: nn.SplineFlow((3, 3), masks="checkerboard"), "even lengths"),
        (lambda: flow.forward(np.zeros((4, 2))), r"\(\.\.\., 3\)"), (lambda: flow.forward(1.0), "expected shape"),
        (lambda: flow.inverse(np.zeros(3) + 1j), "real numbers"), (lambda: flow.sample(erg.random.key(0), 0), "at least 1"),
        (lambda: flow.sample(0, 2), "expected a key"), (lambda: flow.log_density(np.zeros(3), context=np.zeros(2)), "without a context"),
        (lambda: given.log_density(np.zeros(2)), "needs its context of 2"), (lambda: given.log_density(np.zeros(2), np.zeros(3)), "expected shape"),
        (lambda: given.log_density(np.zeros((4, 2)), np.zeros((3, 2))), "does not fit a batch"),
        (lambda: nn.AutoregressiveFlow(3, fast="x"), "density"), (lambda: nn.AutoregressiveFlow(3, bound=-1), "above 0"),
        (lambda: nn.MaskedMLP(3, 4, 1), r"\[64, 64\]"), (lambda: nn.MaskedMLP(3, [4], 1, context=2)(np.zeros(3)), "context of 2"),
        (lambda: nn.ContinuousFlow((2, 2)), "number of coordinates"), (lambda: nn.ContinuousFlow(2, divergence="x"), "exact"),
        (lambda: nn.ContinuousFlow(2, field=3), "a function of"), (lambda: nn.ContinuousFlow(2, steps=0), "at least 1"),
        (lambda: nn.ContinuousFlow(2, rtol=0), "above 0"), (lambda: nn.ContinuousFlow(2, divergence="hutchinson").log_density(np.zeros(2)), "a key"),
        (lambda: nn.GaugeFlow((6, 4)), "that 4 divides"), (lambda: nn.GaugeFlow(8), "two lengths"), (lambda: nn.GaugeFlow((4, 4), kernel=2), "odd"),
        (lambda: nn.GaugeFlow((4, 4), bins=1), "2 to 999"), (lambda: flows.MetropolisSteps(0, 0.1), "at least 1"),
        (lambda: flows.MetropolisSteps(1, 0.0), "above 0"), (lambda: flows.LangevinSteps(1, 0.1, 2.0), "at most 1"),
        (lambda: nn.StochasticFlow([flows.LangevinSteps(1, 0.1)], skewed), "needs a base"), (lambda: nn.StochasticFlow([3], skewed), "got int"),
        (lambda: nn.StochasticFlow([flow], 3), "function of one"), (lambda: nn.StochasticFlow([flow], skewed).log_density(np.zeros(3)), "a key"),
        (lambda: nn.StochasticFlow([flow], skewed, kT=0), "above 0"), (lambda: nn.StochasticFlow([flow, given], skewed), "of shape"),
        (lambda: flows.Composition(), "expected flows"), (lambda: flows.Composition(flow, given), "one shape"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            call()
    with np.errstate(all="ignore"):
        assert np.isnan(flow.log_density(np.full(3, np.nan)))
        assert nn.SplineFlow(2, 2, [4], domain="cube", seed=0).log_density(np.array([0.5, 1.5])) == -np.inf
        assert np.isfinite(nn.SplineFlow(2, 2, [4], seed=0).log_density(np.array([1e9, -1e9])))
