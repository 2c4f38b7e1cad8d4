"""The ODE solver against closed forms, its order, and both gradients."""

from __future__ import annotations

import numpy as np
import pytest

import ergodica as erg

decay = lambda y, t, rate: -rate * y
oscillator = lambda y, t, w: {"x": y["v"], "v": -(w**2) * y["x"]}


def close(a, b, tol):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tol, atol=tol)


def test_closed_forms():
    ts = np.linspace(0.0, 3.0, 7)
    for rtol in (1e-5, 1e-8, 1e-11):
        close(erg.odeint(decay, 2.0, ts, 1.5, rtol=rtol, atol=rtol * 1e-3), 2 * np.exp(-1.5 * ts), 20 * rtol)
        y = erg.odeint(oscillator, {"x": 1.0, "v": 0.0}, ts, 2.0, rtol=rtol, atol=rtol)
        close(y["x"], np.cos(2 * ts), 100 * rtol)
        close(y["v"], -2 * np.sin(2 * ts), 200 * rtol)
    close(erg.odeint(decay, 2.0, ts[::-1], 1.5, rtol=1e-9), 2 * np.exp(1.5 * (3 - ts[::-1])), 1e-6)
    close(erg.odeint(lambda y, t: np.cos(t) * np.ones(2), np.zeros(2), ts, rtol=1e-9)[:, 1], np.sin(ts), 1e-8)
    assert erg.odeint(decay, np.ones(3), ts[:1], 1.0).tolist() == [[1.0, 1.0, 1.0]]
    assert erg.odeint(decay, np.float32(1), ts.astype(np.float32), 1.0).dtype == np.float32


def test_kepler():
    """Energy and angular momentum along an orbit of eccentricity 0.6, and its period."""

    def kepler(y, t):
        r = np.sqrt(y[0] ** 2 + y[1] ** 2)
        return np.stack([y[2], y[3], -y[0] / r**3, -y[1] / r**3])

    y0 = np.array([0.4, 0.0, 0.0, 2.0])
    y, status = erg.odeint(kepler, y0, np.linspace(0, 4 * np.pi, 40), rtol=1e-10, atol=1e-12, status=True)
    energy = (y[:, 2] ** 2 + y[:, 3] ** 2) / 2 - 1 / np.hypot(y[:, 0], y[:, 1])
    close(energy, -0.5, 1e-7)
    close(y[:, 0] * y[:, 3] - y[:, 1] * y[:, 2], 0.8, 1e-8)
    close(y[-1], y0, 1e-6)
    assert status["reached"].all() and status["steps"] > 50 and status["rejected"] >= 0


def test_orders():
    """Fixed steps: the end is of order 5. Adaptive ones: the dense output is of order 4, so that errors follow the tolerance."""
    errors = []
    for steps in (4, 8, 16):
        y = erg.odeint(oscillator, {"x": 1.0, "v": 0.0}, np.array([0.0, 2.0]), 2.0, steps=steps)
        errors.append(abs(y["x"][-1] - np.cos(4.0)))
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (slopes > 4.6).all() and (slopes < 6.3).all(), slopes


@pytest.mark.parametrize("gradient", ["adjoint", "discrete"])
def test_gradients(gradient):
    ts = np.array([0.0, 0.3, 1.0, 1.7])
    kw = {"rtol": 1e-9, "atol": 1e-11, "gradient": gradient}

    def f(y0, ts, rate):
        return (erg.odeint(decay, y0, ts, rate, **kw) * np.array([1.0, -2.0, 3.0, 0.5])).sum()

    exact = lambda y0, ts, rate: (y0 * np.exp(-rate * (ts - ts[0])) * np.array([1.0, -2.0, 3.0, 0.5])).sum()
    for got, want in zip(erg.grad(f, (0, 1, 2))(1.3, ts, 0.8), erg.grad(exact, (0, 1, 2))(1.3, ts, 0.8), strict=True):
        close(got, want, 1e-6)

    def w(x, v, p, n):
        rhs = lambda y, t, p, n: {"x": y["v"], "v": -(p["w"] ** n) * y["x"] + np.sin(t) * p["drive"].sum()}
        y = erg.odeint(rhs, {"x": x, "v": v}, np.linspace(0, 2, 5), p, n, **kw)
        return (y["x"] ** 2).sum() + y["v"][-1]

    x, v, p = 0.7, -0.2, {"w": 1.3, "drive": np.array([0.1, 0.3])}
    g = erg.grad(w, (0, 1, 2))(x, v, p, 2)
    h = 1e-4
    close(g[0], (w(x + h, v, p, 2) - w(x - h, v, p, 2)) / (2 * h), 1e-5)
    close(g[1], (w(x, v + h, p, 2) - w(x, v - h, p, 2)) / (2 * h), 1e-5)
    close(g[2]["w"], (w(x, v, {**p, "w": 1.3 + h}, 2) - w(x, v, {**p, "w": 1.3 - h}, 2)) / (2 * h), 1e-5)
    up, down = ({**p, "drive": p["drive"] + np.array([0.0, d])} for d in (h, -h))
    close(g[2]["drive"][1], (w(x, v, up, 2) - w(x, v, down, 2)) / (2 * h), 1e-5)


def test_discrete_gradients_of_both_modes_and_orders():
    last = lambda y0, rate, **kw: erg.odeint(decay, y0, np.array([0.0, 1.0]), rate, rtol=1e-9, atol=1e-11, gradient="discrete", **kw)[1]
    for kw in ({}, {"steps": 12}):
        close(erg.jvp(lambda r, kw=kw: last(1.0, r, **kw), (0.5,), (1.0,))[1], -np.exp(-0.5), 1e-7)
        close(erg.grad(erg.grad(lambda r, kw=kw: last(1.0, r, **kw)))(0.5), np.exp(-0.5), 1e-6)
        close(erg.grad(erg.grad(lambda y, kw=kw: last(y, 0.5, **kw) ** 2))(1.0), 2 * np.exp(-1.0), 1e-6)


def test_the_adjoint_solver_forward():
    """y = y0 exp(-r (t - t0)): its tangent in start, times and rate by the closed form, mapped over directions, paired with reverse mode."""
    ts, r = np.linspace(0.2, 2.0, 6), 1.3
    f = lambda y, ts, r: erg.odeint(decay, y, ts, r, rtol=1e-10, atol=1e-12)
    v, dt, dr = 0.7, np.linspace(0.3, -0.4, 6), 0.2
    t = ts - ts[0]
    want = (v - 1.5 * (dr * t + r * (dt - dt[0]))) * np.exp(-r * t)
    y, got = erg.jvp(f, (1.5, ts, r), (v, dt, dr))
    close(y, 1.5 * np.exp(-r * t), 1e-9)
    close(got, want, 1e-8)
    both = erg.vmap(lambda v, dr: erg.jvp(lambda y, r: f(y, ts, r), (1.5, r), (v, dr))[1])(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    close(both, np.stack([np.exp(-r * t), -1.5 * t * np.exp(-r * t)]), 1e-8)
    u = np.arange(6.0)
    grads = erg.grad(lambda *a: np.sum(u * f(*a)), (0, 1, 2))(1.5, ts, r)
    close(grads[0] * v + np.sum(grads[1] * dt) + grads[2] * dr, np.sum(u * want), 1e-7)


def test_many_initial_states():
    """In a batch each solution has steps of its own: rows are those of single calls."""
    y0 = np.array([0.1, 0.7, 5.0])
    logistic = lambda y, t, r: r * y * (1 - y)
    one = lambda y: erg.odeint(logistic, y, np.linspace(0, 4, 5), 2.0, gradient="discrete")
    many = erg.vmap(one)(y0)
    close(many, [one(y) for y in y0], 1e-13)
    close(many, 1 / (1 + (1 / y0[:, None] - 1) * np.exp(-2 * np.linspace(0, 4, 5))), 1e-5)
    slope = lambda gradient: erg.vmap(erg.grad(lambda y: erg.odeint(logistic, y, np.array([0.0, 1.0]), 2.0, rtol=1e-8, gradient=gradient)[1]))(y0)
    exact = np.exp(2.0) / (1 + y0 * (np.exp(2.0) - 1)) ** 2
    close(slope("adjoint"), exact, 1e-5)
    close(slope("discrete"), exact, 1e-5)


def test_what_is_not_reached_is_nan():
    y, status = erg.odeint(lambda y, t: y**2, 1.0, np.array([0.0, 0.5, 0.9, 1.1, 2.0]), status=True)
    close(y[:3], [1.0, 2.0, 10.0], 1e-4)
    assert np.isnan(y[3:]).all() and status["reached"].tolist() == [True, True, True, False, False]
    y = erg.odeint(lambda y, t: np.where(t > 1, np.nan, 1.0) * y, 1.0, np.array([0.0, 0.5, 2.0]))
    assert np.isfinite(y[:2]).all() and np.isnan(y[2])
    y, status = erg.odeint(decay, 1.0, np.array([0.0, 1e3]), -0.1, max_steps=5, status=True)
    assert np.isnan(y[1]) and status["steps"] <= 5


def test_f_is_not_asked_beyond_the_last_time():
    """y' = sqrt(1 - t) y, y(1) = exp(2/3); beyond t = 1 the square root is NaN."""
    forth, back = (lambda y, t: np.sqrt(1 - t) * y), (lambda y, t: np.sqrt(t) * y)
    for kw, tol in (({}, 1e-5), ({"gradient": "discrete"}, 1e-5), ({"steps": 93}, 1e-4)):
        for f, ts, want in ((forth, [0.0, 0.5, 1.0], np.exp(2 / 3)), (back, [1.0, 0.5, 0.0], np.exp(-2 / 3))):
            end = lambda y0: erg.odeint(f, y0, np.array(ts), **kw)[-1]  # noqa: B023
            close(end(1.0), want, tol)
            close(erg.grad(end)(1.0), want, 3 * tol)
    slope = lambda g: erg.grad(lambda ts: erg.odeint(forth, 1.0, ts, gradient=g)[1])(np.array([0.0, 0.75]))
    for g in ("adjoint", "discrete"):
        close(slope(g), np.exp(2 / 3 * 0.875) * np.array([-1.0, 0.5]), 1e-4)


def test_odeint_refuses():
    ts = np.array([0.0, 1.0])
    for call, word in (
        (lambda: erg.odeint(decay, 1.0, ts, 1.0, method="euler"), "dopri5"),
        (lambda: erg.odeint(decay, 1.0, ts, 1.0, gradient="none"), "adjoint or discrete"),
        (lambda: erg.odeint(decay, 1, ts, 1.0), "floats"),
        (lambda: erg.odeint(decay, 1.0, 1.0, 1.0), "vector of times"),
        (lambda: erg.odeint(decay, 1.0, ts, 1.0, steps=0), "positive"),
        (lambda: erg.odeint(lambda y, t: np.ones(2), 1.0, ts), "returns shape"),
        (lambda: erg.odeint(lambda y, t: {"a": y}, 1.0, ts), "structure"),
        (lambda: erg.grad(lambda a: erg.odeint(lambda y, t: a * y, 1.0, ts)[1])(1.0), "Pass it as an argument"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            call()
    close(erg.grad(lambda a: erg.odeint(lambda y, t: a * y, 1.0, ts, gradient="discrete")[1])(1.0), np.e, 1e-4)
