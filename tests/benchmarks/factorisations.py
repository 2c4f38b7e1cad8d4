"""Dense factorisations in programs beside SciPy (one matrix) and beside a Python loop and NumPy's batched functions (small ones), one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg as la
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

#: what SciPy is asked for: its fastest driver, on matrices that it may trust
SCIPY: dict[str, Callable[..., Any]] = {
    "cholesky": lambda a, b: la.cholesky(a, lower=True, check_finite=False),
    "solve": lambda a, b: la.lu_solve(la.lu_factor(a, check_finite=False), b, check_finite=False),
    "inv": lambda a, b: la.inv(a, check_finite=False),
    "eigh": lambda a, b: la.eigh(a, driver="evd", check_finite=False),
    "eigvalsh": lambda a, b: la.eigvalsh(a, driver="evd", check_finite=False),
    "qr": lambda a, b: la.qr(a, mode="economic", check_finite=False),
    "svd": lambda a, b: la.svd(a, check_finite=False),
    "svdvals": lambda a, b: la.svdvals(a, check_finite=False),
    "expm": lambda a, b: la.expm(a / 100),
}
OURS: dict[str, Callable[..., Any]] = {
    "cholesky": lambda a, b: np.linalg.cholesky(a),
    "solve": np.linalg.solve,
    "inv": lambda a, b: np.linalg.inv(a),
    "eigh": lambda a, b: tuple(np.linalg.eigh(a)),
    "eigvalsh": lambda a, b: np.linalg.eigvalsh(a),
    "qr": lambda a, b: tuple(np.linalg.qr(a)),
    "svd": lambda a, b: tuple(np.linalg.svd(a)),
    "svdvals": lambda a, b: np.linalg.svd(a, compute_uv=False),
    "expm": lambda a, b: la.expm(a / 100),
}


def main(tiny: bool = False) -> None:
    """Print the ratios."""
    threads = erg.config.threads
    erg.config.threads = 1
    try:
        for n in (10,) if tiny else (100, 500):
            _one(n, 1 if tiny else 2000 // n)
        _batch(*((9, 4) if tiny else (1000, 16)), 1 if tiny else 7)
    finally:
        erg.config.threads = threads


HERMITIAN = ("cholesky", "eigh", "eigvalsh")


def _matrices(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Positive definite ones, and general ones."""
    x = np.random.default_rng(0).normal(size=shape)
    return x @ x.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1]), x


def _one(n: int, rounds: int) -> None:
    definite, general = _matrices(n, n)
    b = np.ones((n, 1))
    for name, theirs in SCIPY.items():
        a = definite if name in HERMITIAN else general
        program = erg.compile(OURS[name])
        best = take_turns({"ours": partial(program, a, b), "SciPy": partial(theirs, a, b)}, max(rounds, 5))
        row(f"{name}, n = {n}, beside SciPy", f"{best['ours'] * 1e6:.1f} us", best["SciPy"] / best["ours"], 0.95)


def _loop(f: Callable[..., Any], a: np.ndarray, b: np.ndarray) -> None:
    for k in range(len(a)):
        f(a[k], b[k])


def _batch(count: int, n: int, rounds: int) -> None:
    definite, general = _matrices(count, n, n)
    b = np.ones((count, n, 1))
    for name in ("cholesky", "solve", "inv", "eigh", "eigvalsh", "qr", "svd"):
        a = definite if name in HERMITIAN else general
        loop = partial(_loop, SCIPY[name], a, b)
        best = take_turns({"ours": partial(erg.compile(OURS[name]), a, b), "loop": loop, "NumPy": partial(OURS[name], a, b)}, rounds)
        time = f"{best['ours'] / count * 1e6:.2f} us a matrix"
        row(f"{name}, {count} matrices, n = {n}, beside a loop over SciPy", time, best["loop"] / best["ours"], 5)
        row(f"{name}, {count} matrices, n = {n}, beside NumPy's batch", time, best["NumPy"] / best["ours"], 1)
