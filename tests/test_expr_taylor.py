"""Taylor mode against mpmath's Taylor series, nested jvp, and the solutions of differential equations."""

import math

import mpmath
import numpy as np
import pytest
import scipy.special

import ergodica as erg

ORDER = 10


def close(a, b, tol=1e-11):
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


@pytest.mark.parametrize(
    "f, exact, at",
    [
        (np.exp, mpmath.exp, 0.3),
        (np.expm1, mpmath.expm1, 0.3),
        (np.log, mpmath.log, 1.3),
        (np.log1p, mpmath.log1p, 0.4),
        (np.sin, mpmath.sin, 0.7),
        (np.cos, mpmath.cos, 0.7),
        (np.tan, mpmath.tan, 0.5),
        (np.arcsin, mpmath.asin, 0.3),
        (np.arctan, mpmath.atan, 0.6),
        (np.sinh, mpmath.sinh, 0.6),
        (np.cosh, mpmath.cosh, 0.6),
        (np.tanh, mpmath.tanh, 0.4),
        (np.arcsinh, mpmath.asinh, 0.4),
        (np.arctanh, mpmath.atanh, 0.2),
        (np.sqrt, mpmath.sqrt, 1.7),
        (np.cbrt, mpmath.cbrt, 1.7),
        (lambda x: x**2.5, lambda x: x ** mpmath.mpf(2.5), 1.4),
        (lambda x: x**5, lambda x: x**5, 1.4),
        (lambda x: x**-3, lambda x: x**-3, 1.4),
        (lambda x: 2.0**x, lambda x: mpmath.mpf(2) ** x, 0.4),
        (lambda x: x**x, lambda x: x**x, 1.2),
        (lambda x: np.sin(x) / (1 + x**2), lambda x: mpmath.sin(x) / (1 + x**2), 0.4),
        (scipy.special.erf, mpmath.erf, 0.5),
        (scipy.special.gammaln, mpmath.loggamma, 2.5),
        (scipy.special.j0, lambda x: mpmath.besselj(0, x), 1.5),
        (scipy.special.expit, lambda x: 1 / (1 + mpmath.exp(-x)), 0.5),
        (lambda x: np.exp(-(x**2) / 2) * np.cos(3 * x), lambda x: mpmath.exp(-(x**2) / 2) * mpmath.cos(3 * x), 0.2),
        (lambda x: np.log(np.exp(x) + np.exp(2 * x)), lambda x: mpmath.log(mpmath.exp(x) + mpmath.exp(2 * x)), 0.1),
        (lambda x: np.linalg.inv(np.array([[2 + x, x], [x**2, 1.0]]))[0, 1], lambda x: -x / (2 + x - x**3), 0.3),
        (lambda x: np.linalg.slogdet(np.array([[2 + x, x], [x**2, 1.0]]))[1], lambda x: mpmath.log(2 + x - x**3), 0.3),
        (lambda x: np.linalg.eigvalsh(np.array([[x, 1.0], [1.0, -x]]))[1], lambda x: mpmath.sqrt(1 + x**2), 0.3),
    ],
)
def test_series(f, exact, at):
    with mpmath.workdps(60):
        want = [float(c * math.factorial(k)) for k, c in enumerate(mpmath.taylor(exact, mpmath.mpf(at), ORDER))]
    y, series = erg.jet(f, (at,), ((1.0, *[0] * (ORDER - 1)),))
    close(y, want[0], 1e-14)
    for k, d in enumerate(series, 1):
        np.testing.assert_allclose(d, want[k], rtol=1e-9, atol=1e-9 * math.factorial(k), err_msg=f"derivative {k}")


def test_curved_paths_of_several_arguments():
    """Nested jvp of t -> f(x(t), y(t)), on arrays and structures."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 2)), {"a": rng.normal(size=2), "b": 0.7}
    xs, ys = [rng.normal(size=(3, 2)) for _ in range(3)], [{"a": rng.normal(size=2), "b": rng.normal()} for _ in range(3)]
    f = lambda x, y: {"u": np.tanh(x @ y["a"]) / y["b"], "n": np.argmax(x), "z": np.exp(1j * y["b"] * np.sum(x))}

    def path(t):
        at = lambda x0, d: x0 + t * d[0] + t**2 / 2 * d[1] + t**3 / 6 * d[2]
        return f(at(x, xs), {k: at(y[k], [d[k] for d in ys]) for k in y})

    value, series = erg.jet(f, (x, y), (xs, ys))
    close(value["u"], f(x, y)["u"], 1e-14)
    g = path
    for d in series:
        g = (lambda h: lambda t: erg.jvp(h, (t,), (1.0,))[1])(g)
        want = g(0.0)
        close(d["u"], want["u"])
        close(d["z"], want["z"])
        assert d["n"] == 0.0


def test_zeros_that_cost_nothing():
    f = lambda x, y: np.sin(x * y)
    x, y = np.array([0.3, 0.4]), np.array([1.0, 2.0])
    zero = np.zeros(2)
    for a, b in zip(erg.jet(f, (x, y), ((y, 0, None), (None, x, 0)))[1], erg.jet(f, (x, y), ((y, zero, zero), (zero, x, zero)))[1], strict=True):
        close(a, b, 1e-14)
    y, series = erg.jet(f, (x, y), ((0, 0), (0, 0)))
    close(series, np.zeros((2, 2)))


def test_fourth_derivative_of_a_network():
    """u'''' by jet, by nested grad, and in the gradient of a loss."""
    rng = np.random.default_rng(1)
    W, V = rng.normal(size=8), rng.normal(size=8) / 3
    u = lambda w, x: np.tanh(np.multiply.outer(x, w)) @ V
    x = np.linspace(-1, 1, 7)
    fourth = lambda w: erg.jet(lambda x: u(w, x), (x,), ((np.ones_like(x), 0, 0, 0),))[1][3]
    g = lambda x: u(W, x)
    for _ in range(4):
        g = erg.grad(g)
    close(fourth(W), [g(s) for s in x], 1e-10)
    loss = lambda w: np.sum(fourth(w) ** 2)
    e = 1e-6 * np.eye(8)
    close(erg.grad(loss)(W), [(loss(W + d) - loss(W - d)) / 2e-6 for d in e], 1e-4 * float(loss(W)))
    close(erg.vmap(lambda s: erg.jet(g, (s,), ((1.0, 0),))[1][1])(x), [erg.jet(g, (s,), ((1.0, 0),))[1][1] for s in x])


def test_solution_of_a_differential_equation():
    """The Taylor series of a Kepler orbit, from its equation of motion: a step of order 20 conserves the energy to rounding."""
    F = lambda s: np.concatenate([s[2:], -s[:2] / np.sum(s[:2] ** 2) ** 1.5])
    s = np.array([1.0, 0.0, 0.0, 1.0])
    h = 0.2
    for _ in range(5):
        d = [F(s)]
        for _ in range(19):
            d = [d[0], *erg.jet(F, (s,), (d,))[1]]
        s = s + sum(h**k / math.factorial(k) * x for k, x in enumerate(d, 1))
    close(s, [np.cos(1), np.sin(1), -np.sin(1), np.cos(1)], 1e-13)


def test_bad_input():
    with pytest.raises(erg.SpecError, match="series of the same"):
        erg.jet(np.sin, (1.0,), ())
    with pytest.raises(erg.SpecError, match="series of the same"):
        erg.jet(np.add, (1.0, 2.0), ((1.0,), (1.0, 0)))
    with pytest.raises(erg.SpecError, match="1 to 64"):
        erg.jet(np.sin, (1.0,), ((),))
    with pytest.raises(erg.ShapeError, match="expected shape"):
        erg.jet(np.sin, (np.ones(2),), ((np.ones(3),),))
    with pytest.raises(erg.SpecError, match="structure"):
        erg.jet(lambda p: p["a"] * p["b"], ({"a": 1.0, "b": 2.0},), ((1.0,),))
