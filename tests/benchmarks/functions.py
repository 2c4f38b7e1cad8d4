"""Functions of single numbers through compiled programs beside the ufuncs of NumPy and SciPy, one core, in float64 and float32.

The arrays stay in the third-level cache; a step is one call from Python into an array made before, as the ufunc with ``out=``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
from tests.benchmarks.timing import row, take_turns

import ergodica as erg

# ufunc, ranges of its arguments ("normal" is a standard normal times the number), target in float64 and float32
UNARY: list[tuple[Any, Any, float, float]] = [
    (np.exp, ("normal", 1), 1, 1), (np.expm1, ("normal", 1), 1, 1), (np.exp2, ("normal", 1), 1, 1), (np.log, (0.01, 20), 1, 1),
    (np.log1p, (0.01, 20), 1, 1), (np.log2, (0.01, 20), 1, 1), (np.log10, (0.01, 20), 1, 1), (np.tanh, ("normal", 1), 1, 1),
    (np.sin, ("normal", 10), 4, 1), (np.cos, ("normal", 10), 4, 1), (np.tan, ("normal", 1), 1, 1), (np.sinh, ("normal", 1), 1, 1),
    (np.cosh, ("normal", 1), 1, 1), (np.arcsin, (-1, 1), 1, 1), (np.arccos, (-1, 1), 1, 1), (np.arctan, ("normal", 1), 1, 1),
    (np.arcsinh, ("normal", 1), 1, 1), (np.arccosh, (1, 20), 1, 1), (np.arctanh, (-1, 1), 1, 1), (np.cbrt, ("normal", 1), 1, 1),
    (sp.erf, ("normal", 1), 4, 4), (sp.erfc, ("normal", 1), 1, 1), (sp.erfinv, (-1, 1), 1, 1), (sp.expit, ("normal", 1), 1, 1),
    (sp.log_expit, ("normal", 1), 1, 1), (sp.ndtr, ("normal", 1), 1, 1), (sp.ndtri, (0, 1), 1, 1), (sp.log_ndtr, ("normal", 1), 1, 1),
    (sp.gammaln, (0.01, 20), 1, 1), (sp.digamma, (0.01, 20), 1, 1), (sp.i0e, ("normal", 1), 1, 1), (sp.i1e, ("normal", 1), 1, 1),
    (sp.j0, ("normal", 10), 1, 1), (sp.j1, ("normal", 10), 1, 1),
]  # fmt: skip

BINARY: list[tuple[Any, Any, Any, float, float]] = [
    (np.power, (0.01, 20), ("normal", 1), 1, 1), (np.arctan2, ("normal", 1), ("normal", 1), 1, 1), (np.hypot, ("normal", 1), (0.01, 20), 1, 1),
    (np.logaddexp, ("normal", 1), ("normal", 1), 1, 1), (np.mod, ("normal", 10), (0.01, 20), 1, 1),
    (sp.xlogy, ("normal", 1), (0.01, 20), 1, 1), (sp.xlog1py, ("normal", 1), (0.01, 20), 1, 1),
]  # fmt: skip


def draw(r: np.random.Generator, of: Any, n: int, dtype: Any) -> Any:
    """Numbers of one of the ranges above."""
    x = r.normal(scale=of[1], size=n) if of[0] == "normal" else r.uniform(*of, size=n)
    return x.astype(dtype)


def main(*, tiny: bool) -> None:
    """Print all rows."""
    n = 1_000 if tiny else 400_000
    rounds, calls = (1, 1) if tiny else (15, 2)
    r = np.random.default_rng(1)
    rows: list[tuple[Any, list[Any], tuple[float, float]]] = [(f, [a], (d, s)) for f, a, d, s in UNARY]
    rows += [(f, [a, b], (d, s)) for f, a, b, d, s in BINARY]
    print(f"functions of {n} numbers, ns an element; NumPy or SciPy over ours")
    before, erg.config.threads = erg.config.threads, 1
    try:
        measure(rows, n, rounds, calls, r, tiny)
    finally:
        erg.config.threads = before


def measure(rows: list[tuple[Any, list[Any], tuple[float, float]]], n: int, rounds: int, calls: int, r: np.random.Generator, tiny: bool) -> None:
    """Each function in both dtypes."""
    for ufunc, ranges, targets in rows:
        for dtype, target in zip((np.float64, np.float32), targets, strict=True):
            x = [draw(r, of, n, dtype) for of in ranges]
            out, peer_out = np.empty(n, dtype), np.empty(n, dtype)
            f = erg.compile((lambda u: lambda *a: u(*a))(ufunc))

            def ours(f: Any = f, x: Any = x, out: Any = out) -> None:
                for _ in range(calls):
                    f(*x, out=out)

            def peer(u: Any = ufunc, x: Any = x, out: Any = peer_out) -> None:
                for _ in range(calls):
                    u(*x, out=out)

            t = take_turns({"ours": ours, "peer": peer}, rounds)
            each = [s / calls / n * 1e9 for s in t.values()]
            name = f"{ufunc.__name__} {np.dtype(dtype).name}"
            row(name, f"{each[0]:.3f} (peer {each[1]:.3f})", t["peer"] / t["ours"], None if tiny else target)
