"""Derivative rules by hand, and implicit derivatives against unrolled iterations."""

from __future__ import annotations

import numpy as np
import pytest

import ergodica as erg

rng = np.random.default_rng(5)


def close(a, b, tol=1e-11):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tol, atol=tol)


def test_a_jvp_rule_serves_all_derivatives():
    """The rule is twice the true derivative, so that what uses it is seen."""

    def rule(primals, tangents):
        (p, k), (t, _) = primals, tangents
        return f(p, k), {"y": 2 * np.cos(p["x"]) * t["x"] * k, "n": 0}

    f = lambda p, k: {"y": np.sin(p["x"]) * k, "n": k + 1}
    g = erg.custom_derivative(f, jvp=rule)
    x, k = rng.normal(size=3), np.int64(3)
    h = lambda x: g({"x": x}, k)["y"]
    close(h(x), 3 * np.sin(x))
    close(erg.jvp(h, (x,), (x,))[1], 6 * np.cos(x) * x)
    close(erg.grad(lambda x: h(x).sum())(x), 6 * np.cos(x))
    close(np.diag(erg.hessian(lambda x: h(x).sum())(x)), -6 * np.sin(x))
    close(erg.vmap(erg.grad(lambda x: h(x)))(x), 6 * np.cos(x))
    close(erg.grad(lambda a: erg.scan(lambda c, _: (g({"x": c}, k)["y"], None), a, length=2)[0])(0.3), 36 * np.cos(0.3) * np.cos(3 * np.sin(0.3)))
    captured = rng.normal(size=3)
    constant = erg.custom_derivative(lambda x: captured * x, jvp=lambda p, t: (None, 5 * captured * t[0]))
    close(erg.grad(lambda x: constant(x).sum())(x), 5 * captured)


def test_a_vjp_rule():
    scale = np.array([1.0, 2.0, 3.0])
    f = erg.custom_derivative(
        lambda x, n: (x**2 * scale, n), vjp=(lambda x, n: ((x**2 * scale, n), {"x": x}), lambda r, u: (7 * u[0] * r["x"] * scale, None))
    )
    x = rng.normal(size=3)
    loss = lambda x: (f(x, 2)[0] ** 2).sum()
    close(erg.grad(loss)(x), 14 * x**3 * scale**2)
    close(erg.vmap(erg.grad(lambda x: (f(x, 2)[0]).sum()))(np.stack([x, 2 * x])), [7 * x * scale, 14 * x * scale])
    with pytest.raises(erg.SpecError, match="no forward derivative"):
        erg.jvp(loss, (x,), (x,))
    close(erg.grad(lambda x: erg.scan(lambda c, _: (f(c, 2)[0], None), x, length=1)[0].sum())(x), 7 * x * scale)


def test_wrong_rules_are_refused():
    sin = lambda **kw: erg.custom_derivative(np.sin, **kw)
    for call, word in (
        (lambda: sin(), "jvp, vjp or both"),
        (lambda: sin(vjp=np.cos), "pair of functions"),
        (lambda: sin(jvp=lambda p, t: t[0])(1.0), "must return a pair"),
        (lambda: sin(jvp=lambda p, t: (None, (t[0], t[0])))(1.0), "expected 1 arrays, got 2"),
        (lambda: sin(jvp=lambda p, t: (None, t[0] * np.ones(2)))(1.0), r"expected shape \(\), got \(2,\)"),
        (lambda: sin(vjp=(lambda x: x, lambda r, u: (u,)))(1.0), "pair \\(result, residuals\\)"),
        (lambda: sin(vjp=(lambda x: (x, None), lambda r, u: u))(1.0), "tuple of 1"),
        (lambda: erg.grad(lambda a: erg.custom_derivative(lambda x: a * x, jvp=lambda p, t: (None, t[0]))(2.0))(1.0), "Pass it as an argument"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            call()


def newton(f, x):
    return erg.while_loop(lambda c: np.max(np.abs(f(c))) > 1e-14, lambda x: x - np.linalg.solve(erg.jacobian(f)(x), f(x)), x, max_steps=50)


def coupled(x, theta):
    return np.array([x[0] ** 3 + x[1] - theta[0], x[0] - x[1] ** 3 - theta[1] * theta[2]])


def implicit(theta):
    return erg.custom_root(lambda x: coupled(x, theta), np.array([1.0, 0.5]), newton)


def unrolled(theta):
    x = np.array([1.0, 0.5])
    for _ in range(9):
        x = x - np.linalg.solve(erg.jacobian(lambda x: coupled(x, theta))(x), coupled(x, theta))
    return x


def test_roots_against_unrolled_newton():
    theta = np.array([2.0, 0.6, 0.9])
    close(implicit(theta), unrolled(theta))
    for d in (erg.jacobian, lambda f: erg.jacobian(f, mode="forward"), lambda f: erg.hessian(lambda t: (f(t) ** 2).sum())):
        close(d(implicit)(theta), d(unrolled)(theta), 1e-9)
    batch = theta + 0.1 * rng.normal(size=(4, 3))
    close(erg.vmap(implicit)(batch), [unrolled(t) for t in batch])
    close(erg.vmap(erg.jacobian(implicit))(batch), [erg.jacobian(unrolled)(t) for t in batch], 1e-9)
    close(erg.grad(lambda t: (erg.vmap(implicit)(t) ** 2).sum())(batch), [erg.grad(lambda t: (unrolled(t) ** 2).sum())(t) for t in batch], 1e-9)
    third = lambda f: erg.grad(erg.grad(erg.grad(lambda a: f(theta * a)[0])))(1.0)
    close(third(implicit), third(unrolled), 1e-8)
    nested = lambda a: erg.custom_root(lambda y: y**3 - erg.custom_root(lambda x: x**2 - a * y, 1.0, scalar), 1.0, scalar)  # y = a^(1/5)
    close([d(2.0) for d in (nested, erg.grad(nested), erg.grad(erg.grad(nested)))], [2**0.2, 0.2 * 2**-0.8, -0.16 * 2**-1.8], 1e-10)


def scalar(f, x):
    return erg.fori_loop(0, 40, lambda i, x: x - f(x) / erg.jvp(f, (x,), (1.0,))[1], x)


def test_roots_of_structures():
    def f(x):
        return {"a": x["a"] ** 2 - np.array([4.0, 9.0]) * s, "b": x["b"] - x["a"].sum()}

    solve = lambda f, x: erg.fori_loop(0, 60, lambda i, x: {"a": x["a"] - f(x)["a"] / (2 * x["a"]), "b": x["b"] - f(x)["b"]}, x)
    s = 1.0

    def of(scale):
        g = lambda x: {"a": x["a"] ** 2 - np.array([4.0, 9.0]) * scale, "b": x["b"] - x["a"].sum()}
        return erg.custom_root(g, {"a": np.ones(2), "b": 0.0}, solve)["b"]

    close(of(1.0), 5.0)
    close(erg.grad(of)(1.0), 2.5)
    close(erg.custom_root(f, {"a": np.ones(2), "b": 0.0}, solve)["a"], [2.0, 3.0])
    with pytest.raises(erg.ShapeError, match="x\\['b'\\]"):
        erg.custom_root(lambda x: {"a": x["a"], "b": x["a"]}, {"a": np.ones(2), "b": 0.0}, solve)
    with pytest.raises(erg.SpecError, match="float"):
        erg.custom_root(lambda x: x, np.int64(1), solve)


def conjugate_gradient(matvec, b):
    def step(c):
        x, r, p, k = c
        q = matvec(p)
        a = (r @ r) / (p @ q)
        s = r - a * q
        return x + a * p, s, s + (s @ s) / (r @ r) * p, k + 1

    more = lambda c: (c[1] @ c[1] > 1e-30 * (b @ b)) & (c[3] < 100)
    return erg.while_loop(more, step, (b * 0, b, b, 0))[0]


def test_linear_systems_by_iteration():
    n = 6
    q = rng.normal(size=(n, n))
    a, b = q @ q.T + n * np.eye(n), rng.normal(size=n)
    matrix = lambda t: a * (1 + t) + np.diag(np.arange(n)) * t**2
    iterated = lambda t, b: erg.custom_linear_solve(lambda v: matrix(t) @ v, b, conjugate_gradient)
    direct = lambda t, b: np.linalg.solve(matrix(t), b)
    for d in (lambda f: f, lambda f: erg.jacobian(f, (0, 1)), lambda f: erg.jacobian(f, (0, 1), mode="forward"),
              lambda f: erg.hessian(lambda t, b: (f(t, b) ** 2).sum(), (0, 1))):  # fmt: skip
        for got, want in zip(np.ravel(list(_leaves(d(iterated)(0.3, b)))), np.ravel(list(_leaves(d(direct)(0.3, b)))), strict=True):
            close(got, want, 1e-9)
    ts = np.array([0.1, 0.2, 0.7])
    close(erg.vmap(erg.grad(lambda t: iterated(t, b).sum()))(ts), [erg.grad(lambda t: direct(t, b).sum())(t) for t in ts], 1e-9)
    general = rng.normal(size=(n, n)) + n * np.eye(n)  # not symmetric: the transposed system is another one
    dense = lambda t: erg.custom_linear_solve(lambda v: (general * t) @ v, b)
    close(erg.grad(lambda t: (dense(t) ** 2).sum())(2.0), erg.grad(lambda t: (np.linalg.solve(general * t, b) ** 2).sum())(2.0))
    with pytest.raises(erg.ShapeError, match="returns float64 of shape"):
        erg.custom_linear_solve(lambda v: v[:2], b)


def _leaves(x):
    if isinstance(x, tuple):
        for y in x:
            yield from _leaves(y)
    else:
        yield from np.ravel(x)


def test_each_mode_has_its_own_rule() -> None:
    """With a jvp and a vjp each mode takes its rule (they differ here), in a loop and mapped too; a second derivative forward is refused."""
    f = erg.custom_derivative(
        lambda x, k: x**2 * k,
        jvp=lambda x, t: (x[0] ** 2 * x[1], 30 * t[0] + x[0] * t[1]),
        vjp=(lambda x, k: (x**2 * k, x), lambda x, u: (7 * u, np.sum(x * u))),
    )
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(erg.jvp(f, (x, 3.0), (np.array([1.0, 0.5]), 2.0))[1], [32.0, 19.0])
    np.testing.assert_array_equal(erg.grad(lambda x: np.sum(f(x, 3.0)))(x), [7.0, 7.0])
    np.testing.assert_array_equal(erg.vmap(lambda x: erg.jvp(lambda x: f(x, 3.0), (x,), (1.0,))[1])(x), [30.0, 30.0])
    chain = lambda x: erg.fori_loop(0, 3, lambda i, x: f(x, 1.0), x)
    assert erg.jvp(chain, (1.0,), (1.0,))[1] == 30.0**3 and erg.grad(chain)(1.0) == 7.0**3
    slope = lambda x: erg.jvp(lambda x: f(x, 2.0), (x,), (1.0,))[1]
    with pytest.raises(erg.SpecError, match="first order"):
        erg.jvp(slope, (1.0,), (1.0,))
