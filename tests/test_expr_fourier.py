"""Fourier, cosine and sine transforms in programs: NumPy's and SciPy's functions traced unmodified, beside themselves."""

import math
import zlib

import numpy as np
import pytest
import scipy.fft as sf
from hypothesis import given, settings
from hypothesis import strategies as st

import ergodica as erg

NORMS = (None, "backward", "ortho", "forward")


def noise(shape, seed=0, dtype=complex):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def compare(f, x):
    want, got = f(x), erg.compile(f)(x)
    assert got.shape == want.shape and got.dtype == want.dtype
    eps = np.finfo(want.dtype).eps
    points = max(want.size, x.size)
    assert np.max(np.abs(got - want), initial=0) <= 4 * eps * (1 + math.log2(max(points, 2))) * max(np.max(np.abs(want), initial=0), 1)


# Against NumPy: each error is a few ulp of the norm, at every length, in both precisions. Catches: a wrong factor, codelet or convolution.
@pytest.mark.parametrize("n", [*range(1, 301), 509, 512, 640, 1000, 1009, 1024, 1536, 2039, 3125, 4096, 4099, 5040, 10007, 16384, 20014, 99991])
def test_every_length(n):
    x = noise((2, n), n)
    for dtype in ("complex128", "complex64"):
        z = x.astype(dtype)
        eps = np.finfo(dtype).eps
        r = z.real.copy()
        tolerance = 4 * eps * math.log2(n + 1)
        for f, a in ((np.fft.fft, z), (np.fft.ifft, z), (np.fft.rfft, r), (lambda y, n=n: np.fft.irfft(y[:, : n // 2 + 1], n), z)):
            want, got = f(a.astype("complex128" if a.dtype.kind == "c" else float)), erg.compile(f)(a)
            assert got.dtype == f(a).dtype and got.shape == want.shape
            error = np.abs(got - want)
            norm = np.sqrt(np.mean(np.abs(want) ** 2, axis=-1, keepdims=True)) + 1e-300
            assert np.sqrt(np.mean((error / norm) ** 2)) <= tolerance / 4 + eps
            assert np.max(error / norm) <= tolerance * 2
    # Parseval, and linearity
    y = erg.compile(np.fft.fft)(x)
    np.testing.assert_allclose(np.sum(np.abs(y) ** 2), n * np.sum(np.abs(x) ** 2), rtol=1e-13)
    both = erg.compile(lambda a: np.fft.fft(a[0] - 2j * a[1]))(x)
    assert np.max(np.abs(both - (y[0] - 2j * y[1]))) <= 1e-14 * np.max(np.abs(y)) * (1 + math.log2(n))


FUNCTIONS = {
    "fft": lambda x: np.fft.fft(x, axis=0),
    "hfft": lambda x: np.fft.hfft(x, axis=1),
    "hfft 7": lambda x: np.fft.hfft(x, 7, axis=0, norm="forward"),
    "ihfft": lambda x: np.fft.ihfft(x.real, norm="ortho"),
    "fft2": np.fft.fft2,
    "ifft2": lambda x: np.fft.ifft2(x, s=(6, 3), norm="ortho"),
    "ifft2 axes": lambda x: np.fft.ifft2(x, axes=(0, 1)),
    "rfft2": lambda x: np.fft.rfft2(x.real, axes=(1, 0)),
    "irfft2": lambda x: np.fft.irfft2(x),
    "irfft2 s": lambda x: np.fft.irfft2(x, s=(4, 7), axes=(2, 0), norm="forward"),
    "fftn": np.fft.fftn,
    "fftn -1": lambda x: np.fft.fftn(x, s=(-1, 8), axes=(0, 2)),
    "ifftn": lambda x: np.fft.ifftn(x, axes=(2, 0), norm="forward"),
    "rfftn": lambda x: np.fft.rfftn(x.real, norm="ortho"),
    "rfftn s": lambda x: np.fft.rfftn(x.real, s=(3, 9, 2), axes=(0, 1, 2)),
    "irfftn": np.fft.irfftn,
    "irfftn s": lambda x: np.fft.irfftn(x, s=(5, 6), axes=(1, 2), norm="ortho"),
    "shifts": lambda x: np.fft.ifftshift(np.fft.fftshift(x, axes=(0, 2)) * np.fft.fftfreq(6), axes=1) + np.fft.rfftfreq(10),
    "twice": lambda x: np.fft.fftn(x, axes=(1, 1)),
    "sf.fft": lambda x: sf.fft(x, 9, 0, "ortho", False, 2),
    "sf.ifft2": lambda x: sf.ifft2(x, axes=(0, 1), workers=1),
    "sf.rfftn": lambda x: sf.rfftn(x.real, s=(4, 5, 6)),
    "sf.irfftn": lambda x: sf.irfftn(x, norm="forward"),
    "sf.hfft": lambda x: sf.hfft(x),
    "sf.fftshift": lambda x: sf.fftshift(sf.fftn(x)),
    "sf.next_fast_len": lambda x: sf.fft(x, sf.next_fast_len(7), axis=1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_function(name, dtype):
    compare(FUNCTIONS[name], noise((4, 5, 6), zlib.crc32(name.encode()), dtype))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_cosines_and_sines(kind, norm):
    for n in (2, 3, 4, 7, 16, 45):
        x = noise((3, n, 2), n, float)
        for name in ("dct", "idct", "dst", "idst"):
            compare(lambda y, name=name: getattr(sf, name)(y, kind, axis=1, norm=norm), x)
        compare(lambda y: sf.dct(y, kind, 9, axis=1, norm=norm, orthogonalize=True), x)
        compare(lambda y: sf.idstn(y, kind, axes=(0, 1), norm=norm), x)
    compare(lambda y: sf.dct(y, kind, norm=norm), noise((3, 8), 1, "complex64"))
    compare(lambda y: sf.dctn(y, kind, norm=norm), noise((3, 8), 1, "float32"))


@settings(max_examples=40, deadline=None)
@given(shape=st.lists(st.integers(1, 12), min_size=1, max_size=4), data=st.data())
def test_axes_and_sizes(shape, data):
    axes = data.draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3, unique_by=lambda k: k % len(shape)))
    s = data.draw(st.none() | st.lists(st.integers(2, 14), min_size=len(axes), max_size=len(axes)))
    norm = data.draw(st.sampled_from(NORMS))
    name = data.draw(st.sampled_from(["fftn", "ifftn", "rfftn", "irfftn"]))
    if name == "irfftn" and s is None and shape[axes[-1]] == 1:
        s = [4] * len(axes)
    x = noise(shape, 3, float if name == "rfftn" else complex)
    compare(lambda y: getattr(np.fft, name)(y, s, axes, norm), x)


def spectral_energy(x):
    k = 2 * np.pi * np.fft.fftfreq(x.shape[0])[:, None]
    q = 2 * np.pi * np.fft.rfftfreq(x.shape[1])
    u = np.fft.rfft2(x)
    smooth = np.fft.irfft2(u * np.exp(-(k**2 + q**2)), s=x.shape)
    return np.sum(smooth**4) / 4 + np.sum(np.abs(np.fft.fftn(x, norm="ortho")) ** 2 * (1 + k**2)) / 2 + np.sum(sf.dctn(x, 2) ** 2 * x)


# First and second derivatives, both ways, against finite differences; a batch is a loop.
def test_derivatives():
    x, t = noise((5, 6), 1, float), noise((5, 6), 2, float)
    h = 1e-5
    g = erg.grad(spectral_energy)
    slope = (spectral_energy(x + h * t) - spectral_energy(x - h * t)) / (2 * h)
    np.testing.assert_allclose(np.sum(g(x) * t), slope, rtol=1e-8)
    np.testing.assert_allclose(erg.jvp(spectral_energy, (x,), (t,))[1], slope, rtol=1e-8)
    curve = (g(x + h * t) - g(x - h * t)) / (2 * h)
    np.testing.assert_allclose(erg.hvp(spectral_energy)(x, t), curve, rtol=1e-6, atol=1e-6 * np.max(np.abs(curve)))
    np.testing.assert_allclose(erg.jvp(g, (x,), (t,))[1], curve, rtol=1e-6, atol=1e-6 * np.max(np.abs(curve)))
    batch = noise((11, 5, 6), 3, float)
    rows = erg.vmap(g)(batch)
    for k in range(11):
        np.testing.assert_array_equal(rows[k], g(batch[k]))


def test_what_is_not_finite():
    for n in (8, 17, 1000, 1009):
        x = noise(n)
        x[n // 2] = complex(np.nan, np.inf)
        assert not np.isfinite(erg.compile(np.fft.fft)(x)).any()
        x[n // 2] = np.inf
        assert not np.isfinite(erg.compile(np.fft.ifft)(x)).all()


def test_refused():
    x = noise((3, 4), 0, float)
    for f, error in [
        (lambda y: np.fft.fft(y, 0), ValueError),
        (lambda y: np.fft.fft(y[:0], axis=0), ValueError),
        (lambda y: np.fft.irfft(y[:, :1]), ValueError),
        (lambda y: np.fft.rfft(y + 1j), TypeError),
        (lambda y: np.fft.fft(y, norm="half"), ValueError),
        (lambda y: np.fft.hfft(y, norm="half"), ValueError),
        (lambda y: np.fft.fftn(y, s=(2,), axes=(0, 1)), ValueError),
        (lambda y: sf.dct(y, 5), ValueError),
    ]:
        with pytest.raises(error):
            f(x)
        with pytest.raises(error):
            erg.compile(f)(x)
    with pytest.raises(ValueError, match="size < 2"):
        erg.compile(lambda y: sf.dct(y[:, :1], 1))(x)
    with pytest.raises(np.exceptions.AxisError):
        erg.compile(lambda y: np.fft.fft(y, axis=2))(x)
