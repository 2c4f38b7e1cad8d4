"""Convolutions and pooling against SciPy, loops and each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.signal

import ergodica as erg

rng = np.random.default_rng(4)


def slow(x, w, stride, dilation, groups):
    """The sum in the docstring, for x that is padded already."""
    n, space = x.shape[0], x.shape[2:]
    out, inside, kernel = w.shape[0], w.shape[1], w.shape[2:]
    places = [(m - (k - 1) * d - 1) // s + 1 for m, k, d, s in zip(space, kernel, dilation, stride, strict=True)]
    y = np.zeros((n, out, *places), np.result_type(x, w))
    for o in range(out):
        first = o // (out // groups) * inside
        for k in np.ndindex(*kernel):
            part = tuple(slice(i * d, i * d + (p - 1) * s + 1, s) for i, d, p, s in zip(k, dilation, places, stride, strict=True))
            y[:, o] += np.einsum("nc...,c->n...", x[:, first : first + inside][(slice(None), slice(None), *part)], w[(o, slice(None), *k)])
    return y


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_conv_is_its_sum(dim):
    shape = {1: (17,), 2: (9, 8), 3: (5, 6, 7)}[dim]
    for groups, stride, dilation, mode in itertools.product([1, 2], [1, 2], [1, 2], ["valid", "same", "periodic", 2]):
        x, w = rng.normal(size=(3, 4, *shape)), rng.normal(size=(6, 4 // groups, *[3, 2, 3][:dim]))
        pads = []
        for n, k in zip(shape, w.shape[2:], strict=True):
            reach = (k - 1) * dilation + 1
            total = max((-(-n // stride) - 1) * stride + reach - n, 0)
            ends = {
                "valid": (0, 0),
                "same": (total // 2, total - total // 2),
                "periodic": ((reach - 1) // 2, reach - 1 - (reach - 1) // 2),
                2: (2, 2),
            }
            pads.append(ends[mode])
        padded = np.pad(x, [(0, 0), (0, 0), *pads], mode="wrap" if mode == "periodic" else "constant")
        y = erg.conv(x, w, stride=stride, padding=mode, dilation=dilation, groups=groups)
        want = slow(padded, w, (stride,) * dim, (dilation,) * dim, groups)
        assert y.shape == want.shape
        np.testing.assert_allclose(y, want, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(y[1], erg.conv(x[1], w, stride=stride, padding=mode, dilation=dilation, groups=groups))


def test_conv_is_scipy_correlate():
    x, w = rng.normal(size=(20, 31)), rng.normal(size=(4, 5))
    y = erg.conv(x[None, None], w[None, None], padding=[(3, 3), (4, 4)])
    np.testing.assert_allclose(y[0, 0], scipy.signal.correlate2d(x, w, "full"), rtol=1e-12, atol=1e-13)
    y = erg.conv(x[None, None], w[None, None, :3], padding="periodic")
    np.testing.assert_allclose(y[0, 0], scipy.signal.correlate2d(x, w[:3], "same", boundary="wrap"), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("padding", ["valid", "same", "periodic", 1, [(2, 0), (0, 1)], ["same", "periodic"]])
def test_transposed_is_the_transpose(padding):
    """<conv(x), y> = <x, conv_transposed(y)>: the kernel of one is that of the other."""
    for stride, dilation, groups in itertools.product([1, 2, 3], [1, 2], [1, 2]):
        w = rng.normal(size=(4, 6 // groups, 3, 2))
        y = rng.normal(size=(2, 4, 4, 5))
        x_shape = erg.conv(y, w, stride=stride, padding=padding, dilation=dilation, groups=groups, transposed=True).shape
        x = rng.normal(size=x_shape)
        forward = erg.conv(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
        assert forward.shape == y.shape
        backward = erg.conv(y, w, stride=stride, padding=padding, dilation=dilation, groups=groups, transposed=True)
        left, right = np.sum(forward * y), np.sum(x * backward)
        assert abs(left - right) < 1e-10, (stride, dilation, groups)


def test_torch_values():
    """Numbers that torch 2.15 made; the calls stand beside them."""
    x = np.arange(2 * 4 * 5 * 5).reshape(2, 4, 5, 5) % 7 - 3.0
    w = np.arange(6 * 2 * 3 * 3).reshape(6, 2, 3, 3) % 5 - 2.0
    y = erg.conv(x, w, stride=2, padding=1, groups=2)  # torch.nn.functional.conv2d(x, w, stride=2, padding=1, groups=2)
    assert y.shape == (2, 6, 3, 3)
    z = erg.conv(x, w[:4], stride=2, padding=1, dilation=2, groups=2, transposed=True)  # conv_transpose2d(..., dilation=2, groups=2)
    assert z.shape == (2, 4, 11, 11)
    for got, (total, square, some) in zip((y, z), TORCH, strict=True):
        assert float(np.sum(got)) == total and float(np.sum(got**2)) == square
        assert got.reshape(-1)[[0, 7, 50, -1]].tolist() == some


TORCH = [(7.0, 13559.0, [7.0, 19.0, 9.0, 14.0]), (26.0, 49448.0, [0.0, 0.0, 0.0, 0.0])]


def test_derivatives_by_differences():
    x, w = rng.normal(size=(2, 4, 5, 6)), rng.normal(size=(4, 2, 3, 2))
    options = [{}, {"stride": 2, "padding": "same"}, {"padding": "periodic", "dilation": 2}, {"transposed": True, "stride": 2}, {"input_dilation": 2}]
    for o in options:
        f = lambda x, w, o=o: np.sum(np.sin(erg.conv(x, w, groups=2, **o)))
        gx, gw = erg.grad(f, (0, 1))(x, w)
        u, v = rng.normal(size=x.shape), rng.normal(size=w.shape)
        h = 1e-5
        slope = (f(x + h * u, w + h * v) - f(x - h * u, w - h * v)) / (2 * h)
        assert abs(slope - np.sum(gx * u) - np.sum(gw * v)) < 1e-7 * max(1, abs(slope))
    batch = rng.normal(size=(3, *w.shape))
    np.testing.assert_array_equal(erg.vmap(lambda w: erg.conv(x, w, groups=2))(batch), [erg.conv(x, w, groups=2) for w in batch])


def test_dtypes():
    x, w = rng.integers(-9, 9, (2, 3, 7)), rng.integers(-9, 9, (2, 3, 3))
    y = erg.conv(x, w)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(y, slow(x, w, (1,), (1,), 1))
    z = erg.conv(x + 1j, w.astype(complex))
    np.testing.assert_allclose(z, slow(x + 1j, w, (1,), (1,), 1))
    assert erg.conv(x.astype(np.float32), w.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolve_and_correlate(mode):
    for n, m in [(9, 4), (4, 9), (5, 5), (1, 3), (40, 1)]:
        a, v = rng.normal(size=n), rng.normal(size=m) + 1j * rng.normal(size=m)
        for f in (np.convolve, np.correlate):
            got = erg.compile(lambda a, v, f=f: f(a, v, mode))(a, v)
            np.testing.assert_allclose(got, f(a, v, mode), rtol=1e-13, atol=1e-13)


def test_pools():
    x = rng.normal(size=(2, 3, 8, 9))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 2), (2, 3))
    np.testing.assert_array_equal(erg.max_pool(x, (3, 2), 1), windows.max((-2, -1)))
    np.testing.assert_allclose(erg.average_pool(x, (3, 2), (2, 1)), windows.mean((-2, -1))[:, :, ::2])
    wrapped = np.lib.stride_tricks.sliding_window_view(np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)], mode="wrap"), (3, 3), (2, 3))
    np.testing.assert_array_equal(erg.max_pool(x, 3, 1, padding="periodic"), wrapped.max((-2, -1)))
    np.testing.assert_allclose(erg.average_pool(np.ones((1, 1, 5)), 3, 1, padding="same", count_padding=False), np.ones((1, 1, 5)))
    np.testing.assert_allclose(erg.average_pool(np.ones((1, 1, 5)), 3, 1, padding=1)[0, 0], [2 / 3, 1, 1, 1, 2 / 3])
    assert erg.max_pool(np.arange(6).reshape(1, 1, 6), 2, padding=1).tolist() == [[[0, 2, 4, 5]]]
    g = erg.grad(lambda x: np.sum(erg.max_pool(x, 2)))(x)
    assert g.sum() == 2 * 3 * 4 * 4 and set(np.unique(g)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x, w: erg.conv(x, w[:, :2]), "4 channels"),
        (lambda x, w: erg.conv(x, w, groups=3), "3 groups"),
        (lambda x, w: erg.conv(x, w, padding="full"), "padding 'full'"),
        (lambda x, w: erg.conv(x, w, padding=[1]), "padding for 1 axes of 2"),
        (lambda x, w: erg.conv(x, w, padding=-1), "padding -1"),
        (lambda x, w: erg.conv(x, w, stride=0), "stride"),
        (lambda x, w: erg.conv(x, w, stride=(1, 1, 1)), "stride"),
        (lambda x, w: erg.conv(x, w, dilation=1.5), "dilation"),
        (lambda x, w: erg.conv(x[0, 0], w), "expected x"),
        (lambda x, w: erg.conv(x, w[..., :0]), "no elements"),
        (lambda x, w: erg.max_pool(x * 1j, 2), "real numbers"),
        (lambda x, w: erg.max_pool(x, 0), "window"),
    ],
)
def test_refusals(call, text):
    x, w = np.ones((2, 4, 6, 6)), np.ones((3, 4, 3, 3))
    with pytest.raises((erg.ShapeError, erg.SpecError), match=text):
        call(x, w)
