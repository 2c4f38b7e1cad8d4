"""Flows: log-determinants against Jacobians, inverses, densities against quadrature and draws, symmetries, bad input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg

nn, flows = erg.nn, erg.nn.flows


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
    "composition": lambda: flows.Composition(nn.CouplingFlow(3, 2, [6], context=2, seed=0), nn.SplineFlow(3, 2, [6], 4, seed=1)),
}


def made(name: str) -> tuple[Any, np.ndarray, Any]:
    """A flow away from the identity, five points z of its base and a context."""
    flow = shaken(FLOWS[name]())
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
        (nn.SplineFlow(2, 2, [8], 5, "cube", seed=0), 0, 1, 500),
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


def test_bad_input() -> None:
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
        (lambda: flows.Composition(), "expected flows"), (lambda: flows.Composition(flow, given), "one shape"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            call()
    with np.errstate(all="ignore"):
        assert np.isnan(flow.log_density(np.full(3, np.nan)))
        assert nn.SplineFlow(2, 2, [4], domain="cube", seed=0).log_density(np.array([0.5, 1.5])) == -np.inf
        assert np.isfinite(nn.SplineFlow(2, 2, [4], seed=0).log_density(np.array([1e9, -1e9])))
