"""Linear algebra in programs: derivatives against differences, functions of matrices against SciPy, degenerate values, what is refused."""

import re

import numpy as np
import pytest
import scipy.linalg as la

import ergodica as erg

rng = np.random.default_rng(3)
q = rng.normal(size=(4, 4))
m = rng.normal(size=(5, 3))
spd = q @ q.T + 2 * np.eye(4)


def scalar(y):
    """A real number that all parts of a result enter; vectors through their sizes."""
    if isinstance(y, (tuple, list)):
        return sum(scalar(x) for x in y)
    return np.sum(np.sin(np.real(y)) + np.imag(y) ** 2)


DERIVATIVES = {
    "lstsq": (lambda x: np.linalg.lstsq(x, x[:, 0] ** 2, rcond=None)[:2], m),
    "pinv": (np.linalg.pinv, m),
    "pinv of equal singular values": (lambda x: np.linalg.pinv(np.eye(3)[:2] + 0 * x[:2] + 0.5 * (x[:2] - m[:2])), m),
    "qr wide": (lambda x: tuple(np.linalg.qr(x.T)), m),
    "qr complete": (lambda x: tuple(np.linalg.qr(x, mode="complete")), q),
    "cond": (np.linalg.cond, m),
    "cond inf": (lambda x: np.linalg.cond(x, np.inf), spd),
    "nuc": (lambda x: np.linalg.norm(x, "nuc"), m),
    "norm 2": (lambda x: np.linalg.norm(x, 2), m),
    "norm -2": (lambda x: np.linalg.norm(x, -2), m),
    "eigvals": (lambda x: np.sum(np.exp(np.linalg.eigvals(x))), q),
    "eig": (lambda x: np.abs(np.linalg.eig(x).eigenvectors), q),
    "eigh": (lambda x: np.abs(np.linalg.eigh(x + x.T).eigenvectors), q),
    "expm": (la.expm, q),
    "expm batch": (lambda x: la.expm(x.reshape(4, 2, 2)), q),
    "logm": (la.logm, spd),
    "sqrtm": (la.sqrtm, spd),
    "expm_frechet": (lambda x: la.expm_frechet(x, x.T), q),
    "lu_factor": (lambda x: la.lu_factor(x)[0], q),
    "lu_solve": (lambda x: la.lu_solve(la.lu_factor(x), x[:, 1] ** 2, trans=1), spd),
    "lu": (la.lu, q),
    "cho_solve": (lambda x: la.cho_solve(la.cho_factor(x @ x.T), x[0]), spd),
    "svdvals": (la.svdvals, m),
    "tensorsolve": (lambda x: np.linalg.tensorsolve(x.reshape(2, 2, 4), x[0].reshape(2, 2)), q),
    "multi_dot": (lambda x: np.linalg.multi_dot([x, x.T, x]), m),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name):
    """First derivatives of values, second ones of gradients, against differences of fourth order."""
    f, x = DERIVATIVES[name]
    loss = lambda x: scalar(f(x))
    v = np.random.default_rng(5).normal(size=x.shape)

    def slope(g, h=1e-3):
        return (8 * (g(x + h * v) - g(x - h * v)) - (g(x + 2 * h * v) - g(x - 2 * h * v))) / (12 * h)

    value, gradient = erg.compile(loss), erg.grad(loss)
    np.testing.assert_allclose(np.sum(gradient(x) * v), slope(value), rtol=1e-7, atol=1e-7)
    second = erg.hvp(loss)(x, v)
    np.testing.assert_allclose(second, slope(gradient), rtol=1e-5, atol=1e-5 * np.abs(second).max())


@pytest.mark.parametrize("norm", [1e-3, 0.1, 0.7, 1.8, 4.0, 30.0])
@pytest.mark.parametrize("dtype", [float, complex])
def test_expm_is_scipys(norm, dtype):
    """Every degree of the approximation, and squarings."""
    a = rng.normal(size=(7, 7)) + (1j * rng.normal(size=(7, 7)) if dtype is complex else 0)
    a *= norm / np.linalg.norm(a, 1)
    ours, theirs = erg.compile(la.expm)(a), la.expm(a)
    assert np.linalg.norm(ours - theirs) <= 1e-13 * np.linalg.norm(theirs)
    if dtype is complex or norm < 2:
        shifted = a + 5 * np.eye(7)
        for f in (la.logm, la.sqrtm):
            assert np.linalg.norm(erg.compile(f)(shifted) - f(shifted)) <= 1e-13 * np.linalg.norm(f(shifted))


def test_functions_of_defective_and_singular_matrices():
    jordan = np.array([[2.0, 1.0], [0.0, 2.0]])
    np.testing.assert_allclose(erg.compile(la.logm)(jordan), [[np.log(2), 0.5], [0, np.log(2)]], rtol=1e-14)
    np.testing.assert_allclose(erg.compile(la.expm)(jordan), np.exp(2) * np.array([[1, 1], [0, 1]]), rtol=1e-14)
    np.testing.assert_allclose(erg.compile(la.sqrtm)(np.diag([4.0, 0.0])), np.diag([2.0, 0.0]), atol=1e-15)
    assert np.isnan(erg.compile(la.logm)(np.diag([1.0, 0.0]))).all()
    assert np.isnan(erg.compile(la.sqrtm)(np.diag([1.0, -1.0]))).all()  # not real
    assert np.isnan(erg.compile(la.expm)(np.full((2, 2), np.nan))).all()


def test_entropy_of_a_degenerate_state():
    """The von Neumann entropy by eigenvalues: gradient and Hessian product at the maximally mixed state, against -tr r log r."""
    by_values = lambda r: -np.sum(np.linalg.eigvalsh(r) * np.log(np.linalg.eigvalsh(r)))
    by_matrix = lambda r: -np.trace(r @ la.logm(r))
    for r in (np.eye(4) / 4, np.diag([0.1, 0.3, 0.3, 0.3])):
        v = q + q.T
        np.testing.assert_allclose(erg.grad(by_values)(r), erg.grad(by_matrix)(r), rtol=1e-13)
        np.testing.assert_allclose(erg.hvp(by_values)(r, v), erg.hvp(by_matrix)(r, v), rtol=1e-12, atol=1e-12)
    hessian = erg.hessian(by_values)(np.eye(3) / 3)
    assert np.isfinite(hessian).all()
    np.testing.assert_allclose(np.einsum("abcd,ab,cd", hessian, q[:3, :3] + q[:3, :3].T, np.eye(3)), -3 * 2 * np.trace(q[:3, :3]), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dtypes_and_empty(dtype):
    a = (spd + (0 if np.dtype(dtype).kind == "f" else 1j * (q - q.T))).astype(dtype)
    real = np.zeros(0, dtype).real.dtype
    tolerance = 1e-5 if real == np.float32 else 1e-12
    for f in (np.linalg.inv, np.linalg.cholesky, np.linalg.pinv, np.linalg.eigvalsh, np.linalg.det, la.expm, lambda x: np.linalg.qr(x).R):
        got, want = erg.compile(f)(a), f(a)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * np.abs(want).max())
        for shape in ((0, 4, 4), (3, 0, 0)):
            empty = erg.compile(f)(np.zeros(shape, dtype))
            assert empty.shape[0] == shape[0] and empty.dtype == want.dtype
    assert erg.compile(np.linalg.eigvals)(a).dtype == np.result_type(dtype, np.complex64)
    assert erg.compile(lambda x: np.linalg.svd(x).S)(np.zeros((2, 0, 3), dtype)).shape == (2, 0)


def test_nan_and_infinity_come_through():
    bad = np.stack([spd, spd, spd])
    bad[1, 2, 1], bad[2, 3, 0] = np.nan, np.inf
    for f in (np.linalg.inv, np.linalg.cholesky, np.linalg.eigvalsh, np.linalg.det, np.linalg.pinv, la.expm, la.logm, np.linalg.eigvals,
              lambda x: np.linalg.qr(x).R, lambda x: np.linalg.svd(x).S, lambda x: np.linalg.eigh(x).eigenvectors):  # fmt: skip
        got = erg.compile(f)(bad)
        assert np.isfinite(got[0]).all()
        assert np.isnan(got[1:]).reshape(2, -1).any(1).all()


def test_matrix_without_a_factor_is_nan():
    assert np.isnan(erg.compile(np.linalg.cholesky)(-np.eye(2))[np.tril_indices(2)]).all()
    assert np.isnan(erg.compile(np.linalg.inv)(np.ones((3, 3)))).all()


@pytest.mark.parametrize(
    ("f", "x", "says"),
    [
        (lambda x: np.sum(np.linalg.svd(x).U), m, "full_matrices=False"),
        (lambda x: np.sum(np.linalg.qr(x, mode="complete").Q), m, 'mode="reduced"'),
    ],
)
def test_arbitrary_bases_have_no_derivative(f, x, says):
    assert np.isfinite(erg.compile(f)(x))
    with pytest.raises(erg.SpecError, match=says):
        erg.grad(f)(x)


@pytest.mark.parametrize(
    ("f", "x", "says"),
    [
        (lambda x: la.lu_factor(x)[1] + 1, q, "slogdet"),
        (lambda x: la.lu(x), m, "square"),
        (lambda x: la.eigh(x, x), q, "cholesky"),
        (lambda x: la.qr(x, pivoting=True), q, "economic"),
        (lambda x: np.linalg.qr(x, mode="raw"), q, "reduced"),
        (lambda x: la.eigh(x, subset_by_value=(0, 1)), q, "subset_by_index"),
    ],
)
def test_refusals(f, x, says):
    with pytest.raises(erg.SpecError, match=re.escape(says)):
        erg.compile(f)(x)


def test_shapes_that_do_not_fit():
    for f in (np.linalg.inv, np.linalg.eig, la.expm, np.linalg.slogdet):
        with pytest.raises((np.linalg.LinAlgError, erg.ShapeError), match="square"):
            erg.compile(f)(m)
    with pytest.raises(np.linalg.LinAlgError, match="lstsq"):
        erg.compile(lambda x: np.linalg.lstsq(x, x[:2]))(m)
    with pytest.raises(np.linalg.LinAlgError, match="matrices"):
        erg.compile(np.linalg.svd)(m[0])
