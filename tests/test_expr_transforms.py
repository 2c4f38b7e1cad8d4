"""The transformations against loops, central differences and each other: nested, mixed, on structures."""

import dataclasses
import pickle
import threading
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ergodica as erg

x3 = np.array([0.3, -1.2, 0.7])
A = np.array([[1.0, 0.5, -0.2], [0.1, 2.0, 0.3], [0.7, -0.4, 1.5]])


def f(x):
    return np.sum(np.sin(x) * x[::-1] ** 2) + np.prod(x)


def difference(g, x, h=1e-6):
    """Central differences of a scalar function."""
    out = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[k] = h
        out[k] = (g(x + e) - g(x - e)) / (2 * h)
    return out


def close(a, b, tol=1e-12):
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def test_grad_and_hessian():
    g = erg.grad(f)(x3)
    close(g, difference(f, x3), 1e-8)
    H = erg.hessian(f)(x3)
    close(H, H.T)
    close(H, np.stack([erg.hvp(f)(x3, e) for e in np.eye(3)]))
    close(H, erg.jacobian(erg.grad(f))(x3))
    close(H, erg.jacobian(erg.grad(f), mode="forward")(x3))
    close(H, erg.jacobian(erg.jacobian(f))(x3))
    close(erg.hvp(f, x3, x3), H @ x3)
    close(erg.hvp(f, (x3,), (x3,))[0], H @ x3)
    v, g2 = erg.value_and_grad(f)(x3)
    close(v, f(x3))
    close(g, g2)


def test_perturbations_are_not_confused():
    """d/dx [x d/dy (x + y)] = 1, and deeper. A trace that takes the inner variable for the outer one gives 2."""
    assert erg.grad(lambda x: x * erg.grad(lambda y: x + y)(1.0))(2.0) == 1.0
    assert erg.grad(lambda x: x * erg.jvp(lambda y: x * y, (3.0,), (1.0,))[1])(2.0) == 4.0
    assert erg.grad(lambda x: erg.grad(lambda y: erg.grad(lambda z: x * y * z * z)(y))(x))(3.0) == 24.0  # d/dx of 4 x^2
    inner = lambda x: erg.vmap(lambda y: erg.grad(lambda z: x * z * y)(y))(x3).sum()
    close(erg.grad(inner)(2.0), x3.sum())


def test_third_derivative():
    d3 = erg.grad(erg.grad(erg.grad(lambda x: np.sin(x) * x**3)))
    close(d3(0.7), 6 * np.sin(0.7) + 18 * 0.7 * np.cos(0.7) - 9 * 0.49 * np.sin(0.7) - 0.343 * np.cos(0.7))


def test_jvp_and_vjp_agree():
    F = lambda x: np.stack([np.tanh(A @ x), x * x])
    v, u = np.array([1.0, -2.0, 0.5]), np.arange(6.0).reshape(2, 3)
    y, dy = erg.jvp(F, (x3,), (v,))
    y2, pull = erg.vjp(F, x3)
    close(y, F(x3))
    close(y, y2)
    close(np.sum(u * dy), pull(u)[0] @ v)
    y3, forward = erg.linearize(F, x3)
    close(forward(v), dy)
    J = erg.jacobian(F)(x3)
    assert J.shape == (2, 3, 3)
    close(J @ v, dy)
    close(erg.jacobian(F, mode="forward")(x3), erg.jacobian(F, mode="reverse")(x3))
    close(y3, y)


def test_inside_traced_functions():
    """Verbs used in a function that is traced itself: a force from an energy, a Newton step, Fisher scores."""
    energy = lambda x: 0.5 * x @ A @ x + np.sum(x**4)
    step = lambda x: x - np.linalg.solve(erg.hessian(energy)(x), erg.grad(energy)(x))
    x = x3
    for _ in range(30):
        x = erg.compile(step)(x)
    assert np.max(np.abs(erg.grad(energy)(x))) < 1e-12
    work = lambda a: np.sum(erg.grad(lambda y: np.sum(a * y**3))(x3))
    close(erg.grad(work)(2.0), np.sum(3 * x3**2))
    laplacian = lambda y: np.trace(erg.hessian(f)(y))
    close(erg.grad(laplacian)(x3), difference(laplacian, x3), 1e-7)
    pulled = lambda y: erg.vjp(lambda z: z**3, y)[1](np.ones(3))[0].sum()
    close(erg.grad(pulled)(x3), 6 * x3)
    close(erg.grad(lambda y: erg.linearize(np.sin, y)[1](1.0))(0.4), -np.sin(0.4))


AXES: list[tuple[Any, Any]] = [(0, 0), (1, 0), (-1, 1), ((0, None), 0), ((None, 1), -1), ((2, 0), 1)]


@pytest.mark.parametrize("in_axes, out_axes", AXES)
def test_vmap_is_a_loop(in_axes, out_axes):
    rng = np.random.default_rng(3)
    g = lambda x, y: np.sin(x).sum(axis=0) * y + np.sort(x)[0] * np.max(y)
    a, b = in_axes if isinstance(in_axes, tuple) else (in_axes, in_axes)
    x, y = rng.normal(size=(2, 3)), rng.normal(size=3)
    xs = x if a is None else np.moveaxis(np.stack([x * (k + 1) for k in range(5)]), 0, a)
    ys = y if b is None else np.moveaxis(np.stack([y - k for k in range(5)]), 0, b)
    row = lambda v, axis, k: v if axis is None else np.take(v, k, axis)
    want = np.stack([g(row(xs, a, k), row(ys, b, k)) for k in range(5)], axis=out_axes)
    close(erg.vmap(g, in_axes, out_axes)(xs, ys), want)


def test_vmap_composes():
    X = np.stack([x3, 2 * x3, -x3, x3 + 1])
    close(erg.vmap(erg.grad(f))(X), np.stack([erg.grad(f)(x) for x in X]))
    close(erg.grad(lambda Y: np.sum(erg.vmap(f)(Y) ** 2))(X), np.stack([2 * f(x) * erg.grad(f)(x) for x in X]))
    close(erg.vmap(erg.vmap(np.dot, (None, 0)), (0, None))(X, A), X @ A.T)
    close(erg.vmap(erg.hessian(f))(X)[2], erg.hessian(f)(X[2]))
    close(erg.vmap(lambda x: np.linalg.solve(A + np.diag(x), x))(X)[1], np.linalg.solve(A + np.diag(X[1]), X[1]))
    close(erg.vmap(lambda k: x3[0] * k)(np.arange(3.0)), x3[0] * np.arange(3.0))
    close(erg.vmap(lambda x: 7.0)(X), np.full(4, 7.0))
    with pytest.raises(erg.ShapeError, match="lengths"):
        erg.vmap(lambda a, b: a @ b)(X, A)
    with pytest.raises(erg.ShapeError):
        erg.vmap(lambda a, b: a)(X, 1.0)
    with pytest.raises(erg.SpecError):
        erg.vmap(lambda a: a, in_axes=None)(X)


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass(frozen=True)
class Layer:
    weight: np.ndarray
    name: str = "layer"
    size: int = 3


def test_structures():
    params = {"a": x3, "b": [Layer(A), Pair(2.0, np.array(0.5))], "steps": 2, "none": None}

    def loss(p, scale):
        h = p["a"]
        for _ in range(p["steps"]):
            h = np.tanh(p["b"][0].weight @ h) * p["b"][1].left + p["b"][1].right
        assert p["b"][0].name == "layer"
        return scale * np.sum(h)

    g = erg.grad(loss)(params, 1.5)
    assert g["steps"] == 2 and g["none"] is None and isinstance(g["b"][0], Layer) and isinstance(g["b"][1], Pair)
    close(g["a"], difference(lambda a: loss({**params, "a": a}, 1.5), x3), 1e-8)
    close(g["b"][0].weight, difference(lambda w: loss({**params, "b": [Layer(w), params["b"][1]]}, 1.5), A), 1e-8)
    assert np.shape(g["b"][1].left) == () and g["b"][1].right.dtype == float
    both = erg.grad(loss, argnums=(1, 0))(params, 1.5)
    close(both[0], loss(params, 1.0))
    close(both[1]["a"], g["a"])
    close(erg.grad(loss)(params, scale=1.5)["a"], g["a"])
    out = erg.compile(lambda p: {"x": p["a"] * 2, "y": (Layer(p["b"][0].weight + 1), 3, "text")})(params)
    close(out["y"][0].weight, A + 1)
    assert out["y"][1] == 3 and out["y"][2] == "text"
    H = erg.hessian(lambda p: np.sum(p["u"] ** 2) * p["v"])({"u": x3, "v": 2.0})
    close(H["u"]["u"], 4 * np.eye(3))
    close(H["u"]["v"], 2 * x3)
    (value, aux), grad = erg.value_and_grad(lambda x: (f(x), {"twice": 2 * x}), has_aux=True)(x3)
    close(aux["twice"], 2 * x3)
    close(grad, erg.grad(f)(x3))
    assert value == f(x3) or abs(value - f(x3)) < 1e-12
    close(erg.grad(lambda x: (f(x), x), has_aux=True)(x3)[1], x3)


def test_complex():
    """dL/da - i dL/db of a real loss; a holomorphic function's Jacobian by forward mode."""
    z = x3 + 1j * x3[::-1]
    g = erg.grad(lambda w: np.sum(np.abs(w) ** 2))(z)
    close(g, 2 * z.conj())
    L = lambda w: (w.conj() @ A @ w).real + np.cos(w).imag.sum()
    close(erg.grad(L)(z), difference(lambda a: L(a + 1j * z.imag), z.real) - 1j * difference(lambda b: L(z.real + 1j * b), z.imag), 1e-8)
    close(erg.jacobian(np.exp, mode="forward")(z), np.diag(np.exp(z)))
    J = erg.jacobian(lambda t: np.exp(1j * t))(x3)
    close(J, np.diag(1j * np.exp(1j * x3)))


def test_dtypes_stay():
    for dtype in ("float32", "float64"):
        x = x3.astype(dtype)
        g = erg.grad(lambda y: np.sum(0.5 * y**2 * 2.0))(x)
        assert g.dtype == dtype and erg.vmap(np.square)(x).dtype == dtype
    assert erg.compile(lambda x, c: x * c)(x3.astype("f4"), 0.5).dtype == np.float32  # a Python float adapts, also as an argument
    assert erg.compile(lambda x, c: x * c)(x3.astype("f4"), np.float64(0.5)).dtype == np.float64
    assert erg.compile(lambda c: np.sin(c) * 2)(0.5).dtype == np.float64


def test_what_grad_refuses():
    with pytest.raises(erg.ShapeError, match="shape"):
        erg.grad(np.sin)(x3)
    with pytest.raises(erg.ShapeError, match="complex"):
        erg.grad(lambda x: np.sum(x) * 1j)(x3)
    with pytest.raises(erg.SpecError, match="int64"):
        erg.grad(np.sum)(np.arange(3))
    with pytest.raises(erg.SpecError, match="no array or float"):
        erg.grad(lambda x: x * 1.0)(2)
    with pytest.raises(erg.SpecError, match="argnums"):
        erg.grad(f, argnums=1)(x3)
    with pytest.raises(erg.ShapeError):
        erg.jvp(np.sin, (x3,), (np.ones(2),))
    with pytest.raises(erg.SpecError):
        erg.grad(lambda x: (x[0], x[1]))(x3)
    with pytest.raises(erg.SpecError):
        erg.compile(3)


def test_compile_freezes_and_the_verbs_do_not():
    factor = 2.0
    scaled = lambda x: factor * np.sum(x)
    frozen, verb = erg.compile(scaled), erg.grad(scaled)
    close(frozen(x3), 2 * x3.sum())
    factor = 5.0
    close(frozen(x3), 2 * x3.sum())
    close(verb(x3), np.full(3, 5.0))
    assert len(frozen._programs) == 1
    frozen(np.ones(4))
    assert len(frozen._programs) == 2
    power = erg.compile(lambda x, n: x**n)
    close(power(2.0, 3), 8.0)
    close(power(2.0, 4), 16.0)


def test_the_latest_program_is_not_taken_for_another():
    """Same shapes, another structure: the quick way must not mix them up."""
    g = erg.compile(lambda x: 2 * x["a"] if isinstance(x, dict) else -x)
    close(g({"a": x3}), 2 * x3)
    close(g(x3), -x3)
    close(g({"a": x3}), 2 * x3)
    h = erg.compile(lambda c: np.float32(3) * c)
    assert h(0.5).dtype == np.float32 and h(np.array(0.5)).dtype == np.float64 and h(0.5).dtype == np.float32


def test_captured_arrays_are_read_at_each_call():
    data = np.arange(3.0)
    g = erg.compile(lambda x: np.dot(x, data))
    assert g(np.ones(3)) == 3.0
    data[:] = 10.0
    assert g(np.ones(3)) == 30.0


def test_outputs_and_inputs():
    g = erg.compile(lambda x: (np.sin(x), x.sum()))
    out = (np.empty(3), np.empty(()))
    y = g(x3, out=out)
    assert y[0] is out[0] and y[1] is out[1]
    close(out[0], np.sin(x3))
    with pytest.raises(erg.ShapeError, match="out"):
        g(x3, out=(np.empty(3, "f4"), np.empty(())))
    wide = np.arange(12.0).reshape(3, 4)
    h = erg.compile(lambda x: x * 2)
    for view in (wide[:, ::2], wide.T, np.broadcast_to(x3, (2, 3)), wide.astype(">f8"), wide[:0], wide[1]):
        close(h(view), np.asarray(view) * 2)
    frozen = x3.copy()
    frozen.flags.writeable = False
    close(h(frozen), x3 * 2)
    p = g.program(x3)
    close(p(x3)[0], np.sin(x3))
    with pytest.raises(erg.ShapeError):
        p(np.ones(4))
    with pytest.raises(erg.SpecError):
        p([x3])
    close(pickle.loads(pickle.dumps(p))(x3)[0], np.sin(x3))
    assert "sin" in p.show() and "return" in p.show("source") and p.operations == 2


def test_many_threads_and_many_calls():
    import psutil

    g = erg.compile(lambda x: np.sum(np.exp(-(x**2))))
    rows = [np.full(8, k / 7) for k in range(8)]
    want = [g(r) for r in rows]
    wrong = []

    def work(k):
        for _ in range(300):
            if g(rows[k]) != want[k]:
                wrong.append(k)
            if erg.grad(lambda x: x * k)(1.0) != k:
                wrong.append(k)
                return

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong
    before = psutil.Process().memory_info().rss
    for _ in range(200):
        erg.grad(f)(x3)
        g(rows[0])
    assert psutil.Process().memory_info().rss - before < 30e6


UNARY = [
    np.sin,
    np.tanh,
    np.exp,
    np.negative,
    lambda v: v * v,
    lambda v: v[..., ::-1],
    lambda v: v.T,
    lambda v: np.cumsum(v, axis=-1),
    lambda v: v + v.mean(),
]
BINARY = [np.add, np.subtract, np.multiply, lambda a, b: a * np.tanh(b), lambda a, b: np.where(a > b, a, b), lambda a, b: a / (2 + b * b)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9),
    st.sampled_from([(3, 3), (1, 1), (2, 2)]),
)
def test_random_programs(steps, shape):
    """Values against NumPy, reverse against forward mode and differences, vmap against a loop."""
    x = np.cos(np.arange(shape[0] * shape[1]) + 0.3).reshape(shape)

    def program(v):
        values = [v, 0.5 * v + 0.1]
        for op, i, j in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            y = UNARY[op](a) if op < len(UNARY) else BINARY[op - len(UNARY)](a, b)
            values.append(np.tanh(y))
        return values[-1]

    close(erg.compile(program)(x), program(x), 1e-12)
    loss = lambda v: np.sum(program(v) * np.sin(x + 1))
    g = erg.grad(loss)(x)
    v = np.sin(3 * x)
    close(np.sum(g * v), erg.jvp(loss, (x,), (v,))[1], 1e-10)
    h = 1e-6
    close(np.sum(g * v), (loss(x + h * v) - loss(x - h * v)) / (2 * h), 1e-5)
    close(erg.vmap(program)(np.stack([x, v])), np.stack([program(x), program(v)]), 1e-12)


def test_ctrl_c_stops_a_long_call(child):
    """The program would run for about a minute; the interrupt comes after 0.3 s, and the next call is right."""
    out = child("""
        import _thread, threading, time
        import numpy as np
        import ergodica as erg

        def f(x):
            for _ in range(400):
                x = np.sin(x) @ x
            return x

        g = erg.compile(f)
        x = np.full((1500, 1500), 1e-3)
        p = g.program(x)
        threading.Timer(0.3, _thread.interrupt_main).start()
        begin = time.perf_counter()
        try:
            p(x)
        except KeyboardInterrupt as stopped:
            print(isinstance(stopped, erg.Interrupted), time.perf_counter() - begin < 3)
        print(erg.grad(lambda y: y * y)(3.0))
    """)
    assert out.split() == ["True", "True", "6.0"]
