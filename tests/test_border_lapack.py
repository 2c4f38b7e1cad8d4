"""SciPy's LAPACK lent to the core: when, whether it is right, and that nothing is left of it."""

import json
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
import scipy.linalg

import ergodica as erg
from ergodica import _door


def pointers():
    return {name: _door._pointer(module, name) for module, names in _door._ROUTINES.items() for name in names}


def test_every_routine_against_its_definition_and_the_plain_twins():
    # random, graded, singular, huge, tiny, non-finite matrices of sizes 0 to 12, four dtypes, compared inside the core; a routine at another's
    # address is noticed there (or has an interface so different that nobody should try)
    assert _door.call("LapackPointers", json.dumps(pointers()), 12) == "LAPACK"
    swapped = pointers()
    swapped["dtrsv"], swapped["ztrsv"] = swapped["ztrsv"], swapped["dtrsv"]
    with pytest.raises(erg.InternalError, match="LAPACK"):
        _door.call("LapackPointers", json.dumps(swapped), 2)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"dpotrf": 1}', '{"dpotrf": "x"}', '{"dpotrf": -1}'])
def test_what_is_no_lapack_is_refused(text):
    with pytest.raises(erg.SpecError):
        _door.call("LapackPointers", text, 1)


def test_an_address_outside_of_libraries_is_refused():
    x = np.zeros(8)
    with pytest.raises(erg.SpecError, match="dsyevd"):
        _door.call("LapackPointers", json.dumps({**pointers(), "dsyevd": x.ctypes.data}), 1)


def test_it_is_lent_with_the_first_program_that_factors_matrices():
    code = """
        import numpy as np
        import ergodica as erg
        from ergodica import _door
        lent = lambda: _door.info()["linalg"]
        erg.compile(lambda x: np.sum(x @ x))(np.eye(2))
        assert lent() == "plain", lent()
        erg.grad(lambda x: np.linalg.slogdet(x)[1])(np.eye(2))
        assert lent() == "LAPACK", lent()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_programs_against_numpy(n, dtype):
    rng = np.random.default_rng(n)
    a = rng.normal(size=(3, n, n)) + (1j * rng.normal(size=(3, n, n)) if dtype.startswith("c") else 0)
    a = (a + 2 * n * np.eye(n)).astype(dtype)
    h = a @ np.conj(np.swapaxes(a, -1, -2))
    tolerance = 200 * n * np.finfo(dtype).eps

    def near(got, expected):
        assert got.dtype == expected.dtype
        np.testing.assert_allclose(got, expected, atol=tolerance * np.abs(expected).max(), rtol=0)

    f = erg.compile(
        lambda a, h: (np.linalg.cholesky(h), np.linalg.solve(a, h), np.linalg.inv(a), *np.linalg.slogdet(a), np.linalg.eigvalsh(h), *np.linalg.qr(a))
    )
    expected = (np.linalg.cholesky(h), np.linalg.solve(a, h), np.linalg.inv(a), *np.linalg.slogdet(a), np.linalg.eigvalsh(h), *np.linalg.qr(a))
    for got, value in zip(f(a, h), expected, strict=True):
        near(got, value)


def test_what_does_not_exist_is_nan_matrix_by_matrix():
    a = np.array([[[1.0, 2.0], [2.0, 4.0]], [[4.0, 1.0], [1.0, 3.0]], [[np.nan, 0.0], [0.0, 1.0]], [[np.inf, 0.0], [0.0, 1.0]]])
    good = [False, True, False, False]
    x = erg.compile(np.linalg.inv)(a)
    w = erg.compile(np.linalg.eigvalsh)(a)
    low = erg.compile(np.linalg.cholesky)(-a)
    assert np.isfinite(x).all((1, 2)).tolist() == good and np.isnan(x).all((1, 2)).tolist() == [not g for g in good]
    assert np.isnan(w).all(1).tolist() == [False, False, True, True]
    assert np.isnan(np.tril(low)).any((1, 2)).all()


def test_many_threads_at_once_and_nothing_held():
    f = erg.compile(lambda a: np.linalg.solve(a, a) + np.linalg.cholesky(a) + np.linalg.eigvalsh(a))
    a = 20 * np.eye(20) + np.random.default_rng(1).normal(size=(20, 20))
    a = a + a.T
    expected, wrong = f(a), []

    def work():
        for _ in range(200):
            if not np.array_equal(f(a), expected):
                wrong.append(1)

    def resident():
        with open("/proc/self/statm") as text:
            return int(text.read().split()[1]) * 4096

    def round_():
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()

    round_()
    if sys.platform == "linux":
        before = resident()
    round_()
    round_()
    assert not wrong
    if sys.platform == "linux":
        assert resident() - before < 30e6  # 1600 calls that kept their matrices (five a call, 3 kB each) and work space would hold more


@pytest.mark.parametrize("f", [np.linalg.cholesky, np.linalg.inv, np.linalg.det, np.linalg.eigvalsh, np.linalg.eigvals, np.linalg.pinv, np.linalg.qr,
                               np.linalg.svdvals, scipy.linalg.expm, scipy.linalg.logm, scipy.linalg.sqrtm, scipy.linalg.lu])  # fmt: skip
def test_every_factoring_function_has_the_library(f, monkeypatch):
    """Also where it is the first of the process: the library does not depend on what ran before. Catches an operation that is not listed."""
    lent = []
    monkeypatch.setattr(_door, "lend_lapack", lambda size=2: lent.append(size))
    erg.compile(lambda x: f(x)).program(np.eye(6) + 1)
    assert lent
    lent.clear()
    erg.compile(lambda x: np.sum(x)).program(np.eye(3))
    assert not lent
