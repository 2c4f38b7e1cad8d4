"""Pullbacks and tangent functions that are made once, Gauss-Newton and Fisher products, gradients of each example."""

import itertools
import threading

import numpy as np
import pytest

import ergodica as erg

rng = np.random.default_rng(3)
A = rng.normal(size=(4, 3))
x3 = rng.normal(size=3)


def close(a, b, tol=1e-12):
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def counted(f):
    calls = []

    def g(*args):
        calls.append(1)
        return f(*args)

    return g, calls


def test_the_function_is_traced_once():
    """Catches: a pullback that traces or computes the function again."""
    for make, size in ((erg.vjp, 4), (erg.linearize, 3)):
        f, calls = counted(lambda x: np.tanh(A @ x))
        y, apply = make(f, x3)
        close(y, np.tanh(A @ x3))
        J = erg.jacobian(f)(x3)
        before = len(calls)
        for e in np.eye(size):
            got = apply(e)[0] if make is erg.vjp else apply(e)
            close(got, e @ J if make is erg.vjp else J @ e)
        assert len(calls) == before == 2


def test_the_point_stays():
    """What was captured and given may change afterwards: the derivative is that of the point."""
    x, W = x3.copy(), A.copy()
    want = erg.jacobian(lambda x: np.sin(W @ x) * x[0])(x)
    y, pullback = erg.vjp(lambda x: np.sin(W @ x) * x[0], x)
    z, forward = erg.linearize(lambda x: np.sin(W @ x) * x[0], x)
    x[:], W[:] = 0, 0
    y[:], z[:] = 0, 0
    close(pullback(np.ones(4))[0], want.sum(axis=0))
    close(forward(np.ones(3)), want.sum(axis=1))


def test_structures_integers_and_complex_numbers():
    f = lambda p, k: {"a": p["u"] * np.exp(1j * p["v"]), "n": k + 1, "b": np.sum(p["u"])}
    p, k = {"u": np.array([1.0, 2.0]), "v": 0.3}, np.arange(2)
    y, pullback = erg.vjp(f, p, k)
    cts = {"a": np.array([1.0 + 2j, -1j]), "n": 0.0, "b": 2.0}
    got, of_k = pullback(cts)
    assert of_k == 0.0
    close(y["n"], [1, 2])
    close(got["u"], np.real(cts["a"] * np.exp(0.3j)) + 2.0)
    close(got["v"], np.sum(np.real(cts["a"] * 1j * p["u"] * np.exp(0.3j))))
    _, forward = erg.linearize(f, p, k)
    d = forward({"u": np.ones(2), "v": 1.0}, 0.0)
    assert d["n"] == 0.0
    close(d["a"], (1 + 1j * p["u"]) * np.exp(0.3j))
    close(d["b"], 2.0)
    assert erg.vjp(lambda k: k + 1, np.arange(3))[1]([])[0] == 0.0


def test_inside_of_traces():
    """Batched by vmap, made inside of a traced function, differentiated again, compiled."""
    f = lambda x: np.tanh(A @ x)
    J = erg.jacobian(f)(x3)
    _, pullback = erg.vjp(f, x3)
    _, forward = erg.linearize(f, x3)
    close(erg.vmap(lambda u: pullback(u)[0])(np.eye(4)), J)
    close(erg.vmap(forward)(np.eye(3)), J.T)
    close(erg.compile(lambda u: pullback(2 * u)[0])(np.ones(4)), 2 * J.sum(axis=0))

    g, calls = counted(f)

    def rows(x):
        y, pull = erg.vjp(g, x)
        return y, erg.vmap(lambda u: pull(u)[0])(np.eye(4)), pull(y)[0]

    y, rows_of, last = rows_at = erg.compile(rows)(x3)
    assert len(rows_at) == 3 and len(calls) == 1
    close(y, f(x3))
    close(rows_of, J)
    close(last, f(x3) @ J)
    again = lambda x: np.sum(erg.vjp(f, x)[1](np.ones(4))[0] ** 2)
    e = 1e-6 * np.eye(3)
    close(erg.grad(again)(x3), [(again(x3 + d) - again(x3 - d)) / 2e-6 for d in e], 1e-7)


def test_through_loops_and_factorisations():
    f = lambda x: erg.scan(lambda c, w: (np.sin(c * w), c), x, np.linspace(0.5, 1.5, 5))[0] + np.linalg.solve(np.eye(3) * 3 + np.outer(x, x), x)
    J = erg.jacobian(f, mode="forward")(x3)
    close(np.stack([erg.vjp(f, x3)[1](u)[0] for u in np.eye(3)]), J)
    _, forward = erg.linearize(f, x3)
    close(np.stack([forward(v) for v in np.eye(3)], axis=1), J)


def test_pullbacks_in_threads():
    _, pullback = erg.vjp(lambda x: np.cos(A @ x), x3)
    want, got = [pullback(u)[0] for u in np.eye(4)], {}
    threads = [threading.Thread(target=lambda k=k: got.update({k: [pullback(np.eye(4)[k])[0] for _ in range(50)]})) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(4):
        close(np.array(got[k]), np.array([want[k]] * 50), 0)


def test_bad_directions():
    _, pullback = erg.vjp(lambda x: A @ x, x3)
    for u, kind, words in [
        (np.ones(3), erg.ShapeError, "expected shape"),
        (1j * np.ones(4), erg.ShapeError, "expected float64"),
        ((np.ones(4), np.ones(4)), erg.SpecError, "expected 1 cotangents"),
    ]:
        with pytest.raises(kind, match=words):
            pullback(u)
    _, forward = erg.linearize(lambda x: A @ x, x3)
    with pytest.raises(erg.ShapeError, match="tangent of x: expected shape"):
        forward(np.ones(4))
    with pytest.raises(erg.SpecError, match="expected 1 arrays"):
        forward(np.ones(3), np.ones(3))


def test_gauss_newton():
    f = lambda p, x: {"y": np.tanh(x @ p["W"]) + p["b"], "z": np.sum(p["b"] ** 2)}
    loss = lambda r: np.sum(np.logaddexp(0, r["y"])) + r["z"] ** 2
    p, x = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=3)}, rng.normal(size=(5, 2))
    v = {"W": rng.normal(size=(2, 3)), "b": rng.normal(size=3)}
    flat = lambda q: np.concatenate([q["W"].ravel(), q["b"]])
    whole = lambda q: f({"W": q[:6].reshape(2, 3), "b": q[6:]}, x)
    out = lambda q: np.concatenate([whole(q)["y"].reshape(-1), whole(q)["z"].reshape(1)])
    loss_of = lambda r: loss({"y": r[:15].reshape(5, 3), "z": r[15]})
    J, H = erg.jacobian(out)(flat(p)), erg.hessian(loss_of)(out(flat(p)))
    close(flat(erg.gauss_newton(f, loss)(p, x, v)), J.T @ H @ J @ flat(v))
    affine = lambda q: A @ q  # here it is the Hessian
    squares = lambda r: np.sum(r**4)
    close(erg.gauss_newton(affine, squares)(x3, x3), erg.hvp(lambda q: squares(affine(q)))(x3, x3))
    wave = lambda q: np.exp(1j * (A @ q))  # complex outputs: |sum|^2 of a linearised wave
    norm = lambda r: np.abs(np.sum(r)) ** 2
    Jw = erg.jacobian(wave)(x3).sum(axis=0)
    close(erg.gauss_newton(wave, norm)(x3, x3), 2 * np.real(np.conj(Jw) * (Jw @ x3)))
    with pytest.raises(erg.SpecError, match="integers"):
        erg.gauss_newton(np.argmax, lambda y: y * 1.0)(x3, x3)
    with pytest.raises(erg.ShapeError, match="direction"):
        erg.gauss_newton(affine, squares)(x3, np.ones(2))


@pytest.mark.parametrize("centered", [False, True])
def test_fisher(centered):
    x = rng.normal(size=(6, 3))
    log_p = lambda w: np.tanh(x @ w) - np.sum(w**2)
    psi = lambda w: np.sin(x @ w) + 1j * np.exp(x @ w)
    for f in (log_p, psi):
        o = erg.jacobian(f)(x3)
        o = o - centered * o.mean(axis=0)
        product = erg.fisher(f, centered=centered)
        close(product(x3, x3[::-1].copy()), np.real(o.conj().T @ o) @ x3[::-1] / 6)
    moved = lambda w, v: erg.fisher(log_p, centered=centered)(w, v)
    close(erg.vmap(moved, in_axes=(None, 0))(x3, np.eye(3)), [moved(x3, e) for e in np.eye(3)])
    with pytest.raises(erg.SpecError, match="one array"):
        erg.fisher(lambda w: (w, w))(x3, x3)
    with pytest.raises(erg.SpecError, match="direction"):
        erg.fisher(log_p)(x3)


def mlp(p, x, y):
    for W, b in p[:-1]:
        x = np.tanh(x @ W + b)
    W, b = p[-1]
    return np.sum((x @ W + b - y) ** 2)


def weights(*sizes):
    return [(rng.normal(size=(a, b)), rng.normal(size=b)) for a, b in itertools.pairwise(sizes)]


def test_per_example_gradients():
    p, x, y = weights(3, 8, 7, 2), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    g = erg.per_example_grad(mlp)(p, x, y)
    squares = np.zeros(5)
    for k in range(5):
        one = erg.grad(mlp)(p, x[k], y[k])
        for (W, b), (V, c) in zip(one, g, strict=True):
            close(V[k], W)
            close(c[k], b)
            squares[k] += np.sum(W**2) + np.sum(b**2)
    close(erg.per_example_grad_norm(mlp)(p, x, y), np.sqrt(squares))
    of_x = erg.per_example_grad_norm(lambda x, w: np.sum(np.sin(w * x)), argnums=1)(x, x3)
    close(of_x, [np.linalg.norm(z * np.cos(x3 * z)) for z in x])


def test_per_example_norms_of_sequences():
    """Weights shared along a sequence: norms by Gram matrices of its elements; complex weights by their moduli."""
    W, x = rng.normal(size=(6, 9)), rng.normal(size=(4, 3, 6))
    f = lambda W, x: np.sum(np.tanh(x @ W) ** 2)
    close(erg.per_example_grad_norm(f)(W, x), [np.linalg.norm(erg.grad(f)(W, z)) for z in x])
    C = W + 1j * rng.normal(size=(6, 9))
    h = lambda W, x: np.sum(np.abs(x @ W) ** 2)
    close(erg.per_example_grad_norm(h)(C, x), [np.linalg.norm(erg.grad(h)(C, z)) for z in x])


def test_norms_do_not_make_the_gradients():
    """The widest array of the program of norms is smaller than a gradient of a layer; that of gradients has one product of that size a layer."""
    p, x, y = weights(3, 50, 40, 2), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    shown = erg.compile(erg.per_example_grad_norm(mlp)).show(p, x, y)
    assert "[5,50,40]" not in shown and "[5,40,50]" not in shown
    gradients = erg.compile(erg.per_example_grad(mlp)).show(p, x, y)
    made = [line for line in gradients.splitlines() if line.endswith("[5,50,40]")]
    assert sum("mul" in line or "dot_general" in line for line in made) == 1


def test_bad_batches():
    p, x, y = weights(3, 2), rng.normal(size=(5, 3)), rng.normal(size=(4, 2))
    with pytest.raises(erg.ShapeError, match="different lengths"):
        erg.per_example_grad(mlp)(p, x, y)
    with pytest.raises(erg.SpecError, match="maps no array"):
        erg.per_example_grad(lambda w: np.sum(w))(x)
    with pytest.raises(erg.ShapeError, match="real scalar"):
        erg.per_example_grad(lambda w, x: w * x)(x3, x)
