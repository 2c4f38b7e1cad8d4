"""Fourier transforms in programs beside SciPy's pocketfft and, where it is installed, FFTW (pyfftw, plans measured, arrays aligned)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.fft
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def _fftw(x: np.ndarray, axes: tuple[int, ...], threads: int, real: bool) -> Callable[[], object] | None:
    try:
        import pyfftw
    except ImportError:
        return None
    given = pyfftw.empty_aligned(x.shape, x.dtype)
    shape = (*x.shape[:-1], x.shape[-1] // 2 + 1) if real else x.shape
    out = pyfftw.empty_aligned(shape, np.result_type(x.dtype, np.complex64))
    plan = pyfftw.FFTW(given, out, axes=axes, threads=threads, flags=("FFTW_MEASURE",))
    given[...] = x
    return plan.execute


def _line(what: str, x: np.ndarray, axes: tuple[int, ...], threads: int, target: float) -> None:
    """One transform of x along axes: ours into a given array, SciPy's and FFTW's in turn."""
    real = x.dtype.kind == "f"
    if real:
        program = erg.compile(lambda a: np.fft.rfftn(a, axes=axes))
    else:
        program = erg.compile(lambda a: np.fft.fftn(a, axes=axes))
    theirs = scipy.fft.rfftn if real else scipy.fft.fftn
    out = program(x)
    programs: dict[str, Callable[[], object]] = {
        "ours": lambda: program(x, out=out),
        "scipy": lambda: theirs(x, axes=axes, workers=threads),
    }
    fftw = _fftw(x, axes, threads, real)
    if fftw is not None:
        programs["fftw"] = fftw
    erg.config.threads = threads
    calls = max(1, 20000 // x.size)
    best = take_turns({name: _repeated(f, calls) for name, f in programs.items()}, rounds=15)
    points = math.prod(x.shape[k] for k in axes)
    flops = (2.5 if real else 5) * x.size * math.log2(points) * calls
    note = f"scipy {flops / best['scipy'] / 1e9:.1f}" + (f", FFTW {flops / best['fftw'] / 1e9:.1f}" if fftw is not None else "")
    row(what, f"{flops / best['ours'] / 1e9:.1f} GFLOP/s", best["scipy"] / best["ours"], target, f"{note} (5 N log2 N)")


def _repeated(f: Callable[[], object], calls: int) -> Callable[[], object]:
    def run() -> None:
        for _ in range(calls):
            f()

    return run


def main(tiny: bool = False) -> None:
    """Print GFLOP/s and the ratio to SciPy.

    Limits of one core with 512-bit vectors: 35 (complex128) where blocks stay in the nearest caches, and memory: a pass over 16 bytes a point,
    there and back, at 20 GB/s is 5 log2(N) / 1.6 GFLOP/s, 31 for N = 1024.
    """
    rng = np.random.default_rng(0)

    def numbers(shape: tuple[int, ...], dtype: str) -> np.ndarray:
        x = rng.normal(size=shape)
        return (x + 1j * rng.normal(size=shape) if dtype.startswith("c") else x).astype(dtype)

    threads = erg.config.threads
    try:
        for n in (8, 12) if tiny else (256, 1024):
            for t in (1, 2):
                _line(f"fft2 {n} x {n}, {t} threads", numbers((n, n), "complex128"), (0, 1), t, 2.5)
            _line(f"fft2 {n} x {n}, complex64", numbers((n, n), "complex64"), (0, 1), 1, 2.5)
            _line(f"rfft2 {n} x {n}", numbers((n, n), "float64"), (0, 1), 1, 2.5)
        for lines, n in ((3, 8), (2, 17)) if tiny else ((1000, 1024), (100, 4096), (10000, 64), (1000, 1000)):
            _line(f"fft {lines} x {n}", numbers((lines, n), "complex128"), (1,), 1, 2.5)
        for lines, n in ((2, 7),) if tiny else ((1000, 127), (1000, 243), (1000, 1009), (1, 10007), (1, 1 << 20), (16, 99991)):
            _line(f"fft {lines} x {n}", numbers((lines, n), "complex128"), (1,), 1, 1.0)
        side = 4 if tiny else 64
        _line(f"fftn {side} x {side} x {side}", numbers((side,) * 3, "complex128"), (0, 1, 2), 1, 2.5)
    finally:
        erg.config.threads = threads
