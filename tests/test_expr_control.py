"""Loops, branches and functions with rules of their own, from Python: against unrolled code, in every nesting."""

from __future__ import annotations

import dataclasses
import json
import threading
import time

import numpy as np
import pytest

import ergodica as erg
from ergodica import _door

rng = np.random.default_rng(3)


def close(a, b, tol=1e-12):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tol, atol=tol)


W, X = rng.normal(size=(3, 3)), rng.normal(size=(6, 3))


def recurrent(w, s):
    """A scan with a dict, a counter, a captured array and stacked results."""

    def step(c, x):
        s = np.tanh(w @ c["s"] + x)
        return {"s": s, "k": c["k"] + 1}, (s.sum(), {"k": c["k"]})

    c, (sums, more) = erg.scan(step, {"s": s, "k": 0}, X)
    return np.sum(sums**2 * more["k"]) + np.sum(c["s"]) * c["k"]


def unrolled(w, s):
    total = 0.0
    for k, x in enumerate(X):
        s = np.tanh(w @ s + x)
        total = total + s.sum() ** 2 * k
    return total + np.sum(s) * len(X)


def test_scan_is_the_loop():
    s = rng.normal(size=3)
    close(erg.compile(recurrent)(W, s), unrolled(W, s))
    for order in (erg.grad, erg.hessian):
        for argnum in (0, 1):
            close(order(recurrent, argnum)(W, s), order(unrolled, argnum)(W, s))
    v = rng.normal(size=3)
    close(erg.hvp(lambda s: recurrent(W, s), s, v), erg.hvp(lambda s: unrolled(W, s), s, v))
    close(erg.jvp(lambda s: recurrent(W, s), (s,), (v,))[1], erg.jvp(lambda s: unrolled(W, s), (s,), (v,))[1])
    reverse_over_forward = lambda f: erg.grad(lambda s: erg.jvp(lambda t: f(W, t), (s,), (v,))[1])(s)
    close(reverse_over_forward(recurrent), reverse_over_forward(unrolled))
    batch = rng.normal(size=(4, 3))
    close(erg.vmap(erg.grad(recurrent, 1), (None, 0))(W, batch), [erg.grad(unrolled, 1)(W, b) for b in batch])
    close(erg.grad(lambda w: erg.vmap(lambda b: recurrent(w, b))(batch).sum())(W), sum(erg.grad(unrolled)(W, b) for b in batch))
    _, tangent = erg.linearize(lambda s: recurrent(W, s), s)
    close(tangent(v), erg.grad(unrolled, 1)(W, s) @ v)


def test_nested_scans():
    def f(a, loop):
        def outer(c, x):
            inner, ys = loop(lambda d, y: (d * a + y, np.sin(d * x)), c, np.arange(3.0))
            return inner / 3, ys.sum() * inner

        return loop(outer, a, np.linspace(0.1, 1.0, 4))[1].sum()

    def plain(step, c, xs):
        ys = []
        for x in xs:
            c, y = step(c, x)
            ys.append(y)
        return c, np.array(ys)

    for d in (erg.value_and_grad, erg.hessian, lambda g: erg.grad(erg.grad(erg.grad(g)))):
        for got, want in zip(np.ravel(d(lambda a: f(a, erg.scan))(0.7)), np.ravel(d(lambda a: f(a, plain))(0.7)), strict=True):
            close(got, want)


def test_lengths_directions_and_what_is_carried():
    for n in (0, 1, 5):
        xs = np.arange(float(n))
        for reverse in (False, True):
            c, ys = erg.scan(lambda c, x: (c + x, c * x), 1.0, xs, reverse=reverse)
            want, at = [0.0] * n, 1.0
            for k in range(n)[:: -1 if reverse else 1]:
                want[k], at = at * xs[k], at + xs[k]
            close(c, at)
            assert ys.shape == (n,) and ys.tolist() == want

            def total(xs, reverse=reverse):
                c, ys = erg.scan(lambda c, x: (c + x, c * x), 1.0, xs, reverse=reverse)
                return c + ys.sum()

            close(erg.grad(total)(xs), erg.grad(lambda xs, n=n: 1 + xs.sum() * 2 + (xs.sum() ** 2 - (xs**2).sum()) / 2 if n else 0.0 * xs.sum())(xs))
    init = {"b": True, "i": np.int32(1), "z": 1 + 2j, "f": np.float32(0.5), "unused": np.zeros((0, 2)), "g": 2}
    step = lambda c, _: ({**c, "b": ~c["b"], "i": c["i"] * 2, "z": c["z"] * 1j, "f": c["f"] + np.float32(1), "g": c["g"] * 0.5}, None)
    c, ys = erg.scan(step, init, length=3)
    assert ys is None and not c["b"] and c["i"] == 8 and c["z"] == (1 + 2j) * -1j and c["f"] == 3.5 and c["g"] == 0.25
    assert [c[k].dtype for k in ("b", "i", "z", "f", "g")] == [np.dtype(d) for d in ("bool", "int32", "complex128", "float32", "float64")]
    assert erg.scan(lambda c, _: (c, 3), (), length=2)[1].tolist() == [3, 3]
    assert erg.scan(lambda c, _: (c, None), None, length=2) == (None, None)

    @dataclasses.dataclass
    class Walker:
        x: np.ndarray
        name: str = "w"

    w = erg.fori_loop(0, 3, lambda i, w: Walker(w.x + i, w.name), Walker(np.ones(2)))
    assert w.name == "w" and w.x.tolist() == [4.0, 4.0]


def test_captured_arrays_are_read_at_each_call():
    a = np.arange(3.0)
    program = erg.compile(lambda x: erg.scan(lambda c, _: (c + a, None), x, length=2)[0])
    assert program(np.zeros(3)).tolist() == [0, 2, 4]
    a += 1
    assert program(np.zeros(3)).tolist() == [2, 4, 6]


def test_what_does_not_fit_is_refused():
    for init, step, word in (
        (np.ones(2), lambda c, _: (np.ones(3) * c.sum(), None), "carry has shape"),
        ({"a": [np.ones(2), 1.0]}, lambda c, _: ({"a": [c["a"][0], c["a"][1] * np.ones(2)]}, None), r"carry\['a'\]\[1\] has shape \(\)"),
        ({"a": np.int64(1)}, lambda c, _: ({"a": c["a"] * 0.5}, None), r"carry\['a'\] is int64, .* returns float64"),
        (np.float32(1), lambda c, _: (c.astype(complex), None), "carry is float32"),
        (1.0, lambda c, _: ([c], None), "structure"),
        (1.0, lambda c, _: c, "pair"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            erg.scan(step, init, length=2)
    for call, word in (
        (lambda: erg.scan(lambda c, x: (c, x), 1.0), "length"),
        (lambda: erg.scan(lambda c, x: (c, x), 1.0, np.ones(3), length=2), "different numbers of steps"),
        (lambda: erg.scan(lambda c, x: (c, x), 1.0, {"a": np.ones(3), "b": 1.0}), "xs\\['b'\\] is a number"),
        (lambda: erg.scan(lambda c, x: (c, x), 1.0, [1, 2]), "no arrays"),
        (lambda: erg.scan(lambda c, x: (c, x), 1.0, length=-1), "negative"),
        (lambda: erg.scan(3, 1.0, length=1), "expected a function"),
        (lambda: erg.while_loop(lambda c: c, lambda c: c, 1.0), "one truth value"),
        (lambda: erg.while_loop(lambda c: c < np.ones(2), lambda c: c, 1.0), "np.any"),
        (lambda: erg.while_loop(lambda c: True, lambda c: c, None), "could not end"),
        (lambda: erg.grad(lambda x: erg.while_loop(lambda c: c > 1, lambda c: c / 2, x))(9.0), "max_steps"),
        (lambda: erg.map(np.sum, {"a": np.ones(2), "b": np.ones(3)}, batch_size=2), "different lengths"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            call()


def test_fori_loop():
    assert erg.fori_loop(0, 5, lambda i, c: c + i, 0) == 10
    assert erg.fori_loop(5, 0, lambda i, c: c + i, 7) == 7
    table = rng.normal(size=6)
    f = lambda n, x: erg.fori_loop(1, n, lambda i, c: c * x + np.take(table, i), x)
    g = lambda x: np.polyval(table[[1, 2, 3, 4, 5]], x) + x**6
    close(erg.grad(lambda x: f(6, x))(0.4), erg.grad(g)(0.4))
    n = np.int64(6)  # known only when it runs
    close(erg.compile(lambda n, x: f(n, x))(n, 0.4), g(0.4))
    close(erg.jvp(lambda x: f(n, x), (0.4,), (1.0,))[1], erg.grad(g)(0.4))


def test_while_loop():
    newton = lambda a, **kw: erg.while_loop(lambda c: abs(c * c - a) > 1e-15 * a, lambda c: (c + a / c) / 2, a, **kw)
    close(newton(2.0), np.sqrt(2.0))
    close(erg.grad(lambda a: newton(a, max_steps=50))(2.0), 0.5 / np.sqrt(2.0))
    close(erg.jvp(newton, (2.0,), (1.0,))[1], 0.5 / np.sqrt(2.0))
    close(erg.grad(erg.grad(lambda a: newton(a, max_steps=50)))(2.0), -0.25 * 2.0**-1.5)
    a = np.array([1e-3, 2.0, 1e4, 9.0])
    close(erg.vmap(newton)(a), np.sqrt(a))
    close(erg.vmap(erg.grad(lambda a: newton(a, max_steps=64)))(a), 0.5 / np.sqrt(a))
    close(erg.grad(lambda a: erg.vmap(lambda x: newton(x, max_steps=64))(a).sum())(a), 0.5 / np.sqrt(a))
    assert erg.while_loop(lambda c: c[0] < 100, lambda c: (c[0] + 1, c[1] * 2), (0, 1), max_steps=5) == (5, 32)
    for steps in (0, 1, 17, 40):  # the bound is exact, also where checkpoints do not divide it
        f = lambda x, steps=steps: erg.while_loop(lambda c: c > 0, lambda c: c * 1.1, x, max_steps=steps)
        close(erg.value_and_grad(f)(2.0), (2 * 1.1**steps, 1.1**steps))


def test_map_in_batches():
    xs = {"a": rng.normal(size=(7, 3)), "b": rng.normal(size=7)}
    f = lambda x: (np.sin(x["a"]) * x["b"], x["b"] ** 2)
    want = erg.vmap(f)(xs)
    for batch in (None, 1, 2, 7, 9):
        got = erg.map(f, xs, batch_size=batch)
        assert all((g == w).all() for g, w in zip(got, want, strict=True))
    slope = erg.grad(lambda a: erg.map(f, {"a": a, "b": xs["b"]}, batch_size=3)[0].sum())(xs["a"])
    close(slope, np.cos(xs["a"]) * xs["b"][:, None])


def test_bits_do_not_depend_on_threads():
    w, s = rng.normal(size=(120, 120)) / 10, rng.normal(size=(70, 120))
    f = erg.compile(erg.grad(lambda w: erg.scan(lambda c, _: (np.tanh(c @ w), c.sum()), s, length=6)[1].sum()))
    before, seen = erg.config.threads, set()
    try:
        for n in (1, 2, 3, 7):
            erg.config.threads = n
            seen.add(f(w).tobytes())
    finally:
        erg.config.threads = before
    assert len(seen) == 1


def test_a_loop_is_interrupted():
    def fire():
        time.sleep(0.15)
        times.append(time.perf_counter())
        import os
        import signal

        os.kill(os.getpid(), signal.SIGINT)

    times: list[float] = []
    program = erg.compile(lambda x: erg.while_loop(lambda c: c < 1e300, lambda c: np.sin(c), x))
    program.program(1.0)
    threading.Thread(target=fire).start()
    with pytest.raises(erg.Interrupted):
        program(1.0)
    assert time.perf_counter() - times[0] < 0.2


def test_malformed_loops_at_the_door():
    """Numbers exchanged in a valid request are refused or run; never a crash."""
    sub = {"version": 1, "inputs": [{"dtype": "float64", "shape": [2]}] * 2, "ops": ["mul"], "code": [0], "args": [[0, 1]],
           "attrs": [], "attr": [-1], "outputs": [2, 2]}  # fmt: skip
    test = {"version": 1, "inputs": [{"dtype": "float64", "shape": [2]}] * 2, "ops": ["const"], "code": [0], "args": [[]],
            "attrs": [{"dtype": "bool", "value": False}], "attr": [0], "outputs": [2]}  # fmt: skip
    good = {"version": 1, "inputs": [{"dtype": "float64", "shape": [2]}] * 2, "ops": ["scan", "result"], "code": [0, 1], "args": [[0, 1], [2]],
            "attrs": [{"program": sub, "rules": [test], "length": 3, "carries": 1}, {"n": 1}], "attr": [0, 1], "outputs": [2, 3]}  # fmt: skip
    outputs = [{"dtype": "float64", "shape": [2]}, {"dtype": "float64", "shape": [3, 2]}]
    compile = lambda p: _door.call("ProgramCompile", json.dumps({"program": p, "outputs": outputs}))
    _door.call("ProgramFree", compile(good))
    strange = [-2, -1, 0, 1, 2, 3, 1 << 40, 1 << 62, True, "x", None, [], {}, sub, [sub], [test, test], [None], 0.5]
    refused = 0
    for name in ("program", "rules", "length", "carries", "slices", "counted", "reverse", "n", "transforms"):
        for x in strange:
            bad = json.loads(json.dumps(good))
            bad["attrs"][0][name] = x
            try:
                _door.call("ProgramFree", compile(bad))
            except erg.Error as why:  # an InternalError only says that the caller expects other results
                assert "the caller expects" in str(why) or not isinstance(why, erg.InternalError), (name, x, why)
                refused += 1
    assert refused > 100


def test_laplacian_of_a_loop():
    f = lambda x: erg.scan(lambda c, w: (np.sin(c * w) + x[0] * c, c.sum() * x[1]), x, np.linspace(0.5, 1.0, 4))[1].sum()
    x = rng.normal(size=3)
    close(erg.laplacian(f)(x), np.trace(erg.hessian(f)(x)))


def test_cond_and_switch():
    f = lambda x, a: erg.cond(x > 0, lambda x: (a * np.sqrt(x), 1), lambda x: (np.exp(x) * a**2, 2), x)
    for x in (np.float64(2.0), np.float64(-1.0)):
        y, k = erg.compile(f)(x, 3.0)
        close(y, 3 * np.sqrt(2.0) if x > 0 else 9 * np.exp(-1.0))
        assert k == (1 if x > 0 else 2)
        slopes = (1.5 / np.sqrt(2.0), np.sqrt(2.0)) if x > 0 else (9 * np.exp(-1.0), 6 * np.exp(-1.0))
        close(erg.grad(lambda x, a: f(x, a)[0], (0, 1))(x, 3.0), slopes)
        close(erg.jvp(lambda x: f(x, 3.0)[0], (x,), (1.0,))[1], slopes[0])
        close(erg.grad(erg.grad(lambda x: f(x, 3.0)[0]))(x), -0.75 * 2.0**-1.5 if x > 0 else 9 * np.exp(-1.0))
    xs = np.array([2.0, -1.0, 0.5])
    close(erg.vmap(lambda x: f(x, 3.0)[0])(xs), [f(np.float64(x), 3.0)[0] for x in xs])
    close(erg.vmap(erg.grad(lambda x: f(x, 3.0)[0]))(xs), [erg.grad(lambda x: f(x, 3.0)[0])(x) for x in xs])
    close(erg.vmap(lambda a: f(np.float64(2.0) * np.float64(1), a)[0])(xs), xs * np.sqrt(2.0))
    branches = [np.sin, np.cos, lambda x: x * 2.0, lambda x: 1.0]
    values = [np.sin(0.3), np.sin(0.3), np.cos(0.3), 0.6, 1.0, 1.0]
    g = erg.compile(lambda i, x: erg.switch(i, branches, x))
    close([g(np.int64(i), 0.3) for i in (-4, 0, 1, 2, 3, 99)], values)
    close(erg.vmap(lambda i: erg.switch(i, branches, 0.3))(np.array([-4, 0, 1, 2, 3, 99])), values)
    d = erg.compile(erg.grad(lambda x, i: erg.switch(i, branches, x)))
    close([d(0.3, np.int64(i)) for i in range(4)], [np.cos(0.3), -np.sin(0.3), 2.0, 0.0])
    scanned = lambda x: erg.scan(lambda c, i: (erg.switch(i, branches, c), c), x, np.array([0, 2, 1, 2, 0]))[0]
    plain = lambda x: np.sin(2 * np.cos(2 * np.sin(x)))
    close(erg.grad(scanned)(0.4), erg.grad(plain)(0.4))
    for call, word in (
        (lambda: erg.compile(lambda p: erg.cond(p, lambda: 1.0, lambda: np.ones(2)))(np.bool_(True)), "result is float64"),
        (lambda: erg.compile(lambda p: erg.cond(p, lambda: 1, lambda: np.float32(1)))(np.bool_(True)), "result is"),
        (lambda: erg.compile(lambda p: erg.cond(p, lambda: 1.0, lambda: (1.0, 2.0)))(np.bool_(True)), "structures"),
        (lambda: erg.cond(np.ones(2) > 0, np.sin, np.cos, 1.0), "one truth value"),
        (lambda: erg.switch(np.ones(2), [np.sin], 1.0), "one integer"),
        (lambda: erg.switch(0, [], 1.0), "sequence of functions"),
    ):
        with pytest.raises(erg.SpecError, match=word):
            call()


def test_only_the_branch_taken_runs():
    """A branch that would take minutes costs nothing while it is not taken."""
    slow = lambda x: erg.fori_loop(0, 10**10, lambda i, c: np.sin(c), x)
    f = lambda x: erg.cond(x > 0, np.sqrt, slow, x)
    begin = time.perf_counter()
    close(erg.compile(f)(4.0), 2.0)
    close(erg.compile(lambda x: erg.jvp(f, (x,), (1.0,)))(4.0), (2.0, 0.25))
    assert time.perf_counter() - begin < 5


def test_remat():
    a = rng.normal(size=(24, 24)) / 5

    def block(x, y):
        for _ in range(6):
            x = np.tanh(a @ x)
        return {"x": x, "n": y + 1}

    def chain(block):
        def f(x):
            y = 0
            for _ in range(6):
                out = block(x, y)
                x, y = out["x"], out["n"]
            return (x**2).sum() * y

        return f

    x = rng.normal(size=(24, 24))
    kept, again = chain(block), chain(erg.remat(block))
    close(again(x), kept(x))
    close(erg.grad(again)(x), erg.grad(kept)(x))
    close(erg.hvp(again, x, x), erg.hvp(kept, x, x))
    close(erg.jvp(again, (x,), (x,))[1], erg.jvp(kept, (x,), (x,))[1])
    close(erg.vmap(erg.grad(again))(np.stack([x, -x]))[1], erg.grad(kept)(-x))
    bytes = [erg.compile(erg.grad(f)).program(x).bytes for f in (kept, again)]
    assert bytes[1] * 2 < bytes[0]
    step = lambda c, _: (np.tanh(a @ np.tanh(a @ np.tanh(a @ c))), None)
    loop = lambda step: lambda x: erg.scan(step, x, length=50)[0].sum()
    close(erg.grad(loop(erg.remat(step)))(x), erg.grad(loop(step))(x))
    bytes = [erg.compile(erg.grad(loop(s))).program(x).bytes for s in (step, erg.remat(step))]
    assert bytes[1] * 2 < bytes[0]
