"""Laplacian and divergence against closed forms, the trace of the Hessian and each other."""

import numpy as np
import pytest

import ergodica as erg

rng = np.random.default_rng(5)
r3 = np.array([0.7, -1.1, 0.4])


def close(a, b, tol=1e-11):
    np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


def trace(f, x):
    """The Laplacian by the whole Hessian of real and imaginary part."""
    n = x.size
    part = lambda g: np.trace(np.asarray(erg.hessian(g)(x)).reshape(n, n))
    y = f(x)
    return part(lambda x: np.real(f(x))) + 1j * part(lambda x: np.imag(f(x))) if np.iscomplexobj(y) else part(f)


@pytest.mark.parametrize("charge", [1.0, 2.5])
def test_hydrogen(charge):
    """-1/2 psi'' - Z psi / r = -Z^2/2 psi for exp(-Z r), -Z^2/8 psi for the 2p orbital z exp(-Z r / 2)."""
    r = np.linalg.norm(r3)
    for psi, energy in [
        (lambda x: np.exp(-charge * np.linalg.norm(x)), -(charge**2) / 2),
        (lambda x: x[2] * np.exp(-charge * np.linalg.norm(x) / 2), -(charge**2) / 8),
    ]:
        close(-0.5 * erg.laplacian(psi)(r3) - charge / r * psi(r3), energy * psi(r3))


def test_closed_forms():
    """1/r is harmonic in three dimensions, log r in two; a Gaussian has (x^2 - d) of itself; exp(i k x) has -k^2."""
    close(erg.laplacian(lambda x: 1 / np.linalg.norm(x))(r3), 0, 1e-14)
    close(erg.laplacian(lambda x: np.log(np.hypot(x[0], x[1])))(r3[:2]), 0, 1e-14)
    x = rng.normal(size=(4, 3))
    close(erg.laplacian(lambda x: np.exp(-np.sum(x**2) / 2))(x), (np.sum(x**2) - 12) * np.exp(-np.sum(x**2) / 2))
    k = np.array([1.0, -2.0, 0.5])
    wave = lambda x: np.exp(1j * (k @ x))
    value, slope, curvature = erg.value_grad_laplacian(wave)(r3)
    close(value, wave(r3))
    close(slope, 1j * k * wave(r3))
    close(curvature, -np.sum(k**2) * wave(r3))


WEIGHTS = np.random.default_rng(1).normal(size=(12, 12))


def layers(x, sizes):
    for n in sizes:
        x = np.tanh(x @ WEIGHTS[: x.shape[-1], :n] + 0.1)
    return x


def slater(x):
    phi = layers(x, (6, len(x))) * np.exp(-np.linalg.norm(x, axis=1))[:, None]
    return np.linalg.slogdet(phi)[1]


def jastrow(x):
    i, j = np.triu_indices(len(x), 1)
    r = np.linalg.norm(x[i] - x[j], axis=-1)
    return np.sum(r / (1 + r))


def jastrow_by_broadcasting(x):
    d = x[:, None] - x[None]
    r = np.sqrt(np.sum(d**2, axis=-1) + np.eye(len(x)))
    return np.sum(np.triu(r / (1 + r), 1))


def attention(x):
    h = layers(x, (5,))
    s = h @ h.T
    w = np.exp(s - s.max(axis=1, keepdims=True))
    return np.sum((w / w.sum(axis=1, keepdims=True) @ np.sin(h)) ** 2)


def one_by_one(x):
    return sum(np.exp(-np.sum((x[i] - x[j]) ** 2)) for i in range(len(x)) for j in range(i))


def branches(x):
    y = np.maximum(x[:, 0], x[:, 1]) ** 2 + np.where(x[:, 2] > 0, np.sqrt(np.abs(x[:, 2])), x[:, 2] ** 3)
    return np.max(y) * np.sort(x[:, 0])[1] + np.median(y)


def complex_wave(x):
    phi = layers(x, (len(x),)) + 1j * np.sin(layers(x, (len(x),)))
    sign, size = np.linalg.slogdet(phi)
    return np.log(sign) + size + 1j * jastrow(x)


@pytest.mark.parametrize(
    "f", [slater, jastrow, jastrow_by_broadcasting, attention, one_by_one, branches, complex_wave, lambda x: np.sum(layers(x.reshape(-1), (7, 3)))]
)
def test_trace_of_the_hessian(f):
    x = rng.normal(size=(4, 3))
    value, slope, curvature = erg.value_grad_laplacian(f)(x)
    close(value, f(x))
    close(curvature, trace(f, x), 1e-10)
    close(erg.laplacian(f)(x), curvature, 1e-13)
    want = erg.grad(lambda x: np.real(f(x)))(x)
    if np.iscomplexobj(value):
        want = want + 1j * erg.grad(lambda x: np.imag(f(x)))(x)
    close(slope, want)


def test_batches_and_parameters():
    """A variational energy: the local energy of a batch, and its gradient in a parameter, by central differences."""
    x = rng.normal(size=(6, 3, 2))

    def local(a, x):
        _, slope, curvature = erg.value_grad_laplacian(lambda x: -a * np.sum(x**2) + np.sum(np.tanh(a * x)))(x)
        return -0.5 * (curvature + np.sum(slope**2)) + 0.5 * np.sum(x**2)

    each = erg.vmap(local, in_axes=(None, 0))
    close(each(0.4, x), [local(0.4, y) for y in x], 1e-13)
    mean = lambda a: np.mean(each(a, x))
    close(erg.grad(mean)(0.4), (mean(0.4 + 1e-6) - mean(0.4 - 1e-6)) / 2e-6, 1e-7)


def test_structures_and_several_arguments():
    f = lambda p, y: {"a": np.sum(p["u"] ** 2 * y), "b": np.sin(p["v"])}
    p, y = {"u": np.array([1.0, 2.0]), "v": 0.3}, np.array([3.0, 4.0])
    both = erg.laplacian(f, argnums=(0, 1))(p, y)
    close(both["a"], 14.0)
    close(both["b"], -np.sin(0.3))
    _, slope, _ = erg.value_grad_laplacian(f)(p, y)
    close(slope["a"]["u"], 2 * p["u"] * y)
    close(slope["b"]["v"], np.cos(0.3))
    close(erg.laplacian(f)(p, y)["a"], 14.0)
    single = erg.laplacian(lambda x: np.sum(x**3))(np.float32([1, 2]))
    assert single.dtype == np.float32
    close(single, 18.0)


def test_divergence():
    field = lambda x: np.sin(layers(x, (7, 3))) * np.sum(x**2)
    x = rng.normal(size=(4, 3))
    J = erg.jacobian(field)(x).reshape(12, 12)
    close(erg.divergence(field)(x), np.trace(J))
    probes = rng.choice([-1.0, 1.0], size=(5, 4, 3))
    v = probes.reshape(5, 12)
    close(erg.divergence(field, method="hutchinson")(x, probes), np.mean(np.einsum("mi,ij,mj->m", v, J, v)))
    xs = rng.normal(size=(3, 4, 3))
    close(erg.vmap(erg.divergence(field))(xs), [erg.divergence(field)(y) for y in xs])
    close(erg.grad(lambda a: erg.divergence(lambda y: a * y**2)(x))(2.0), 2 * np.sum(x))
    pair = lambda q: {"a": q["a"] * q["b"], "b": q["b"] ** 3}
    close(erg.divergence(pair)({"a": 2.0, "b": 3.0}), 3 + 27)


def test_bad_input():
    with pytest.raises(erg.SpecError, match="real coordinates"):
        erg.laplacian(lambda z: np.sum(np.abs(z)))(np.ones(2) * 1j)
    with pytest.raises(erg.SpecError, match="no derivative"):
        erg.laplacian(lambda x: np.argmax(x))(np.ones(2))
    with pytest.raises(erg.SpecError, match="argnums 1"):
        erg.laplacian(np.sum, argnums=1)(np.ones(2))
    with pytest.raises(erg.ShapeError, match="shapes of its argument"):
        erg.divergence(lambda x: np.sum(x))(np.ones(2))
    with pytest.raises(erg.ShapeError, match="shapes of its argument"):
        erg.divergence(lambda x: np.sum(x), method="hutchinson")(np.ones(2), np.ones((1, 2)))
    with pytest.raises(erg.SpecError, match="exact or hutchinson"):
        erg.divergence(np.sin, method="stochastic")
    with pytest.raises(erg.SpecError, match="probes"):
        erg.divergence(np.sin, method="hutchinson")(np.ones(2))


def test_same_bits_for_batches_threads_and_vectors():
    """Row k of a batched Laplacian has its bits whatever else is in the batch, for any number of threads and any vector width."""
    x = rng.normal(size=(33, 4, 3))
    wave = lambda x: slater(x) + jastrow(x)
    run = lambda x: [a.tobytes() for a in erg.vmap(erg.value_grad_laplacian(wave))(x)]
    want = erg.vmap(erg.value_grad_laplacian(wave))(x)
    for batch in (1, 2, 7):
        assert run(x[:batch].copy()) == [a[:batch].tobytes() for a in want]
    threads, simd = erg.config.threads, erg.config.simd
    try:
        for erg.config.threads in (1, 2, 3, 7):
            assert run(x) == [a.tobytes() for a in want]
        for erg.config.simd in ("avx2", "scalar"):
            assert run(x) == [a.tobytes() for a in want]
    finally:
        erg.config.threads, erg.config.simd = threads, simd
