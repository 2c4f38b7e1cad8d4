"""Sparse products, segments, the largest elements, histograms: against SciPy and NumPy, with derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

import ergodica as erg

rng = np.random.default_rng(5)


@pytest.mark.parametrize("kind", ["csr_array", "coo_array", "csc_matrix", "bsr_array", "dia_array", "lil_matrix"])
def test_scipys_matrices_in_traced_functions(kind):
    dense = rng.normal(size=(7, 5)) * (rng.random((7, 5)) < 0.4)
    a = getattr(sp, kind)(dense)
    x, y = rng.normal(size=5), rng.normal(size=(5, 3))
    for f, *args in ((lambda x: a @ x, x), (lambda y: a @ y, y), (lambda v: v @ a, rng.normal(size=7)), (lambda v: v @ a, rng.normal(size=(2, 7))),
                     (lambda v: a.T @ v, rng.normal(size=7)), (lambda x: a.tocsr().dot(x), x)):  # fmt: skip
        np.testing.assert_allclose(erg.compile(f)(*args), f(*args), rtol=1e-13, atol=1e-14)
    energy = lambda x: np.sum(np.sin(a @ x))
    np.testing.assert_allclose(erg.grad(energy)(x), dense.T @ np.cos(dense @ x), rtol=1e-12)
    np.testing.assert_allclose(erg.vmap(lambda x: a @ x)(y.T), (dense @ y).T, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(erg.hessian(energy)(x), -dense.T @ np.diag(np.sin(dense @ x)) @ dense, rtol=1e-11, atol=1e-13)


def test_matrices_of_scipy_multiply_with_a_star():
    a = sp.csr_matrix(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(erg.compile(lambda x: a * x)(np.ones(3)), a * np.ones(3))


def test_sparse_product_and_its_derivatives():
    n, m, entries = 30, 20, 200
    v, r, c, x = rng.normal(size=entries), rng.integers(0, n, entries), rng.integers(0, m, entries), rng.normal(size=(m, 4))
    want = sp.coo_array((v, (r, c)), (n, m)) @ x
    np.testing.assert_allclose(erg.sparse_product(v, r, c, x, n), want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(erg.compile(lambda v, r, c, x: erg.sparse_product(v, r, c, x, n))(v, r, c, x), want, rtol=1e-12, atol=1e-13)
    w = rng.normal(size=(n, 4))
    gv, gx = erg.grad(lambda v, x: np.sum(w * erg.sparse_product(v, r, c, x, n)), (0, 1))(v, x)
    np.testing.assert_allclose(gv, np.sum(w[r] * x[c], axis=1), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(gx, sp.coo_array((v, (r, c)), (n, m)).T @ w, rtol=1e-12, atol=1e-13)
    with pytest.raises(erg.SpecError, match="out of bounds"):
        erg.sparse_product(v, r + n, c, x, n)
    with pytest.raises(erg.ShapeError, match="one length"):
        erg.sparse_product(v[:-1], r, c, x, n)
    with pytest.raises(erg.SpecError, match="integers"):
        erg.sparse_product(v, r + 0.5, c, x, n)
    with pytest.raises(erg.ShapeError, match=r"sparse matrix of shape \(2, 3\)"):
        erg.compile(lambda x: sp.csr_array((2, 3)) @ x)(np.ones(4))


def test_segments():
    x, ids, n = rng.normal(size=(50, 2)), rng.integers(0, 6, 50), 8  # two segments have no elements
    groups = [x[ids == k] for k in range(n)]
    np.testing.assert_allclose(erg.segment_sum(x, ids, n), [g.sum(0) for g in groups], atol=1e-14)
    np.testing.assert_allclose(erg.segment_mean(x, ids, n), [g.mean(0) if len(g) else [0, 0] for g in groups], atol=1e-14)
    np.testing.assert_array_equal(erg.segment_max(x, ids, n), [g.max(0, initial=-np.inf) for g in groups])
    np.testing.assert_array_equal(erg.segment_min(x, ids, n), [g.min(0, initial=np.inf) for g in groups])
    assert erg.segment_max(np.array([3, 4]), np.array([1, 1]), 2).tolist() == [np.iinfo(np.int64).min, 4]
    g = erg.grad(lambda x: np.sum(erg.segment_max(x, ids, 6) ** 2))(x)
    top = erg.segment_max(x, ids, 6)
    np.testing.assert_allclose(g, np.where(x == top[ids], 2 * x, 0.0))
    np.testing.assert_allclose(erg.grad(lambda x: np.sum(erg.segment_mean(x, ids, n)))(x), np.repeat(1 / np.bincount(ids)[ids], 2).reshape(-1, 2))
    z = x[:, 0] + 1j * x[:, 1]
    np.testing.assert_allclose(erg.segment_mean(z, ids, 6), [z[ids == k].mean() for k in range(6)])
    for bad, text in (
        ((x, ids[1:], n), "ids"),
        ((x, ids * 1.0, n), "integers"),
        ((x, ids, -1), "int >= 0"),
        ((x, ids, 3), "out of bounds"),
        ((x, ids - 3, n), "out of bounds"),
    ):
        with pytest.raises((erg.ShapeError, erg.SpecError), match=text):
            erg.segment_sum(*bad)


def test_top_k():
    x = np.round(rng.normal(size=(4, 30)), 1)  # with equal ones
    x[0, 3] = np.nan
    for k in (0, 1, 7, 30):
        values, indices = erg.top_k(x, k)
        order = np.argsort(-np.where(np.isnan(x), np.inf, x), axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_array_equal(values, np.take_along_axis(x, order, 1))
    g = erg.grad(lambda x: np.sum(erg.top_k(x, 2)[0] * np.array([10.0, 1.0])))(np.array([1.0, 5.0, 3.0]))
    assert g.tolist() == [0.0, 10.0, 1.0]
    with pytest.raises(erg.ShapeError, match="31 elements"):
        erg.top_k(x, 31)


def test_numpys_counting_and_partitions():
    x = np.concatenate([rng.normal(size=200), [-2.0, 2.0, 0.0, np.nan, np.inf]])
    edges = np.array([-2.0, -0.5, 0.0, 0.1, 2.0])
    w = rng.random(len(x))
    for density in (False, True):
        for weights in (None, w):
            got = erg.compile(lambda x, w, d=density, u=weights: np.histogram(x, edges, density=d, weights=w if u is not None else None))(x, w)
            want = np.histogram(x, edges, density=density, weights=weights)
            np.testing.assert_allclose(got[0], want[0], rtol=1e-13)
            np.testing.assert_array_equal(got[1], want[1])
    np.testing.assert_array_equal(erg.compile(lambda x: np.histogram(x, 7, range=(-1, 2))[0])(x[:200]), np.histogram(x[:200], 7, range=(-1, 2))[0])
    ids = rng.integers(0, 9, 50)
    np.testing.assert_array_equal(erg.compile(lambda i: np.bincount(i, minlength=9))(ids), np.bincount(ids, minlength=9))
    np.testing.assert_allclose(erg.grad(lambda w: np.sum(np.bincount(ids, w) ** 2))(w[:50]), 2 * np.bincount(ids, w[:50])[ids])
    y = rng.normal(size=(5, 40)).cumsum(1) * 3
    for options in ({}, {"axis": 0}, {"period": 1.5}, {"discont": 5.0}):
        np.testing.assert_allclose(erg.compile(lambda y, o=options: np.unwrap(y, **o))(y), np.unwrap(y, **options), rtol=1e-12, atol=1e-12)
    i = rng.integers(0, 100, 20)
    for period in (7, 8):
        np.testing.assert_array_equal(erg.compile(lambda i, p=period: np.unwrap(i, period=p))(i), np.unwrap(i, period=period))
    p = erg.compile(lambda y: np.partition(y, 5, axis=1))(y)
    np.testing.assert_array_equal(p[:, 5], np.partition(y, 5, axis=1)[:, 5])
    at = erg.compile(lambda y: np.argpartition(y, 5, axis=1))(y)
    np.testing.assert_array_equal(np.take_along_axis(y, at, 1)[:, 5], p[:, 5])
    for f, text in (
        (lambda x: np.histogram(x, 7), "range"),
        (lambda x: np.bincount(x.astype(int)), "minlength"),
        (lambda x: np.histogram(x, "auto", (0, 1)), "auto"),
    ):
        with pytest.raises(erg.SpecError, match=text):
            erg.compile(f)(np.abs(x[:200]))
    with pytest.raises(ValueError, match="out of bounds"):
        erg.compile(lambda y: np.partition(y, 40, axis=1))(y)


def test_a_loop_that_fills_a_buffer():
    """Each step changes one element in place: the arena stays small, and the values are right."""

    def walk(x):
        out = np.zeros(500)
        out[0] = x
        for i in range(1, 500):
            out[i] = np.sin(out[i - 1]) + 0.01
        return np.sum(out**2)

    c = erg.compile(walk)
    y, total = 0.3, 0.0
    for _ in range(500):
        total += y * y
        y = np.sin(y) + 0.01
    assert abs(float(c(0.3)) - total) < 1e-12
    h = 1e-6
    assert abs(float(erg.grad(walk)(0.3)) - (walk(0.3 + h) - walk(0.3 - h)) / (2 * h)) < 1e-6
