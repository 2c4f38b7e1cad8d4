"""Light bridges, Poisson flows, discrete flows, energies on spheres: against closed forms and enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import dblquad, quad

import ergodica as erg
from ergodica.learning.objectives import LightBridge, hyperspherical_energy
from test_learn_objectives import agrees, expected


def bridge(epsilon: float = 0.7) -> LightBridge:
    model = LightBridge(1, 2, epsilon, centres=[[-1.0], [1.5]])
    return model.replace({"log_alpha": np.log([0.3, 0.7]), "log_S": np.log([[0.5], [0.8]])})


def test_bridges_by_quadrature() -> None:
    """c(x) = int exp(x y / epsilon) v(y) dy, the conditional's moments and the drift E[y | x_t] - x over 1 - t. Caught: epsilon for 2 epsilon, the
    sign of the drift's exponent."""
    model = bridge()
    e = model.epsilon
    v = lambda y: float(np.exp(model.log_v(np.array([[y]])))[0])
    assert quad(v, -12, 12)[0] == pytest.approx(1.0, rel=1e-9)
    for x in (-0.7, 1.2):
        c, m = (quad(lambda y, k=k: y**k * np.exp(x * y / e) * v(y), -15, 15, limit=200)[0] for k in (0, 1))  # noqa: B023
        assert np.exp(model.log_c(np.array([[x]])))[0] == pytest.approx(c, rel=1e-9)
        y = np.array(model.conditional(erg.random.key(1), np.full((40_000, 1), x)))
        assert abs(y.mean() - m / c) < 4.9 * y.std() / 200
        for t in (0.0, 0.4, 0.95):  # the potential v exp(y^2 / 2 epsilon), forward from x over a time 1 - t
            left = 1 - t
            w = lambda y: v(y) * np.exp(y * y / (2 * e) - (y - x) ** 2 / (2 * e * left) + x * x / (2 * e))  # noqa: B023
            z, mean = (quad(lambda y, k=k: y**k * w(y), -15, 15, limit=400)[0] for k in (0, 1))  # noqa: B023
            assert model.drift(np.array([[x]]), np.array([t]))[0, 0] == pytest.approx((mean / z - x) / left, rel=1e-7)


def test_bridges_are_least_where_they_are_exact() -> None:
    """Data drawn from a bridge's own laws: the slope of the loss there is 0. And the stochastic equation leads to the same ends."""
    model = bridge()

    def draw(key: Any, n: int) -> Any:
        one, two = erg.random.split(key)
        x = 0.8 * erg.random.normal(one, (n, 1)) - 0.2
        return x, model.conditional(two, x)

    of = lambda p: model.replace({"log_alpha": model.log_alpha + np.stack([p[0], 0.0 * p[0]]), "r": model.r + p[1], "log_S": model.log_S + p[2]})
    mean, se = expected(erg.LightSchroedingerBridge(), of, draw)
    agrees(mean[1:], se[1:], np.zeros(3))
    x = 0.8 * np.random.default_rng(1).normal(size=(30_000, 1)) - 0.2
    y = erg.generate(model, method=erg.SDE(200), process=erg.LightSchroedingerBridge(), start=x, seed=1)
    direct = np.array(model.conditional(erg.random.key(5), x))
    for f in (lambda y: y, lambda y: y**2, lambda y: x * y):
        a, b = f(y), f(direct)
        assert abs(a.mean() - b.mean()) < 4.9 * np.hypot(a.std(), b.std()) / np.sqrt(30_000) + 0.01
    with pytest.raises(erg.SpecError, match="given points"):
        erg.generate(model, 3, erg.SDE(2), process=erg.LightSchroedingerBridge(), shape=(1,))


# -------------------------------------------------------------------------------------------------------------------------- Poisson flows

POINTS, SHARES = np.array([[-1.0, 0.0], [1.0, 0.5], [0.0, 2.0]]), np.array([0.2, 0.3, 0.5])


def charges(D: float) -> Callable[[Any, Any], Any]:
    """The exact field of three charges."""

    def mean(x: Any, sigma: Any) -> Any:
        d2 = np.sum((x[:, None, :] - POINTS) ** 2, axis=2)
        s2 = sigma[:, None] ** 2
        log = -0.5 * d2 / s2 if np.isinf(D) else -0.5 * (2 + D) * np.log(d2 + s2 * D)
        w = SHARES * np.exp(log - np.max(log, axis=1, keepdims=True))
        return (w / np.sum(w, axis=1, keepdims=True)) @ POINTS

    return lambda x, sigma: (x - mean(x, sigma)) / sigma[:, None]


def test_fields_of_charges_have_their_limit() -> None:
    """Posterior means of an independent derivation."""
    x, s = np.array([[0.3, 0.7]]), np.array([0.8])
    for D, exact in ((np.inf, (0.450664, 0.969076)), (16.0, (0.451574, 0.964295))):
        np.testing.assert_allclose(x - 0.8 * charges(D)(x, s), [exact], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tails_of_charges_in_few_dimensions(dtype: str) -> None:
    """P(R > t sigma) = (1 + t^2 / D)^(-D/2) in the plane, far out. Caught: 1 - B that rounds to 0, draws at infinity."""
    process = erg.PFGM(D=0.5)
    n = 200_000
    x = erg.compile(lambda key: process.perturbation(key, np.full(n, 2.0, dtype), n, (2,), np.dtype(dtype)))(erg.random.key(3))
    r = np.linalg.norm(x.astype(float), axis=1) / 2.0
    assert x.dtype == dtype and np.isfinite(r).all()
    for t in (0.3, 10.0, 1e4, 1e8):
        p = (1 + t * t / 0.5) ** -0.25
        assert abs(np.mean(r > t) - p) < 4.9 * np.sqrt(p * (1 - p) / n), t


@pytest.mark.parametrize("D", [4.0, 64.0, np.inf])
def test_lines_of_charges_end_in_them(D: float) -> None:
    x = erg.generate(charges(D), 20_000, erg.ODE(60, "heun"), process=erg.PFGM(D=D, sigma_min=1e-3), shape=(2,), seed=1)
    d = np.sqrt(np.sum((x[:, None] - POINTS) ** 2, axis=2))
    assert np.mean(d.min(axis=1) < 0.01) > 0.99
    shares = np.bincount(d.argmin(axis=1), minlength=3) / 20_000
    assert np.all(np.abs(shares - SHARES) < 4.9 * np.sqrt(SHARES * (1 - SHARES) / 20_000) + 0.004)
    fine = erg.generate(charges(D), 200, process=erg.PFGM(D=D, sigma_min=1e-3), shape=(2,), seed=1)
    assert np.max(np.min(np.linalg.norm(fine[:, None] - POINTS[None], axis=2), axis=1)) < 1e-4


@pytest.mark.parametrize("D", [1.0, 7.0, np.inf])
def test_densities_of_charges(D: float) -> None:
    """Of one charge at the origin and of three, with noise of width sigma_min: Student's t and Gaussians, by SciPy. Caught: r for sigma, a
    divergence of the wrong sign, an integral that goes on to 0."""
    process = erg.PFGM(D=D, sigma_min=0.3, sigma_max=2e4)

    def law(points: Any, x: Any) -> Any:
        shape = 0.09 * np.eye(2)
        kernel = stats.multivariate_normal(cov=shape) if np.isinf(D) else stats.multivariate_t(shape=shape, df=D)
        return np.log(sum(w * kernel.pdf(x - p) for w, p in points))

    x = np.random.default_rng(2).normal(size=(9, 2))
    alone = erg.log_likelihood(lambda x, s: x / s[:, None], x, erg.ODE(rtol=1e-9, atol=1e-9), process=process)
    np.testing.assert_allclose(alone, law([(1.0, np.zeros(2))], x), atol=1e-6)
    found = erg.log_likelihood(charges(D), x, erg.ODE(rtol=1e-8, atol=1e-8), process=process)
    np.testing.assert_allclose(found, law(list(zip(SHARES, POINTS, strict=True)), x), atol=1e-3)  # charges are 1e-4 sigma_max from the origin
    near = erg.PFGM(D=D, sigma_min=0.3, sigma_max=20.0)
    steps, adapted = (erg.log_likelihood(charges(D), x, ode, process=near) for ode in (erg.ODE(400), erg.ODE()))
    np.testing.assert_allclose(steps, adapted, atol=1e-3)
    y, log_q = erg.generate(charges(D), 8, erg.ODE(400), process=near, shape=(2,), log_density=True, seed=1)
    np.testing.assert_allclose(log_q, erg.log_likelihood(charges(D), y, erg.ODE(400), process=near), atol=1e-3)


@pytest.mark.parametrize("D", [3.0, np.inf])
def test_poisson_flows_are_least_at_the_field(D: float) -> None:
    """Slope zero at the exact field; and E[R^2] = r^2 N / (D - 2). Caught: Beta's arguments exchanged, r for sigma, N + D in the exponent."""
    of = lambda p: lambda x, s: charges(D)(x, s) + (p[0] + p[1] * x[:, :1] + p[2] * x[:, 1:] * s[:, None]) / (1 + np.sum(x * x, axis=1))[:, None]
    draw = lambda key, n: np.take(POINTS, erg.random.categorical(key, np.log(SHARES), shape=(n,)), axis=0)
    mean, se = expected(erg.PFGM(D=D), of, draw)
    agrees(mean[1:], se[1:], np.zeros(3))
    process = erg.PFGM(D=12.0)
    x = np.array(erg.compile(lambda key: process.perturbation(key, np.full(50_000, 0.7), 50_000, (2,)))(erg.random.key(1)))
    r2 = np.sum(x * x, axis=1)
    assert abs(r2.mean() - 0.49 * 12 * 2 / 10) < 4.9 * r2.std() / np.sqrt(50_000)
    assert dblquad(lambda a, b: (a * a + b * b + 1) ** -2.5, -np.inf, np.inf, -np.inf, np.inf)[0] == pytest.approx(2 * np.pi / 3, rel=1e-6)


# ------------------------------------------------------------------------------------------------------------------------ discrete flows

STATES = np.array(list(itertools.product(range(3), repeat=3)))
LAW = np.random.default_rng(4).dirichlet(np.full(27, 0.7))


def denoiser(source: str) -> Callable[[Any, Any], Any]:
    """log p(x_1^i | x_t) by enumeration of three sites of three values."""

    def model(x: Any, t: Any) -> Any:
        same = x[:, None, :] == STATES[None]
        t = t[:, None, None]
        like = np.where(x[:, None, :] == 3, 1.0, np.where(same, 1.0, 0.0)) if source == "mask" else (1 - t) / 3 + t * np.where(same, 1.0, 0.0)
        w = LAW * np.prod(like, axis=2)
        one_hot = (STATES[:, :, None] == np.arange(3)).astype(float)
        p = np.reshape(w @ np.reshape(one_hot, (27, 9)), (-1, 3, 3))
        return np.log(np.maximum(p, 1e-30))

    return model


@pytest.mark.parametrize("source", ["mask", "uniform"])
def test_discrete_flows_are_least_at_the_conditionals(source: str) -> None:
    """Caught: t for 1 - t in what is kept, masked sites that are not left out."""
    draw = lambda key, n: np.take(STATES, erg.random.categorical(key, np.log(LAW), shape=(n,)), axis=0)
    of = lambda p: lambda x, t: denoiser(source)(x, t) + np.stack([p[0], p[1], 0.0 * p[0]]) + p[2] * (x == 1)[:, :, None] * np.array([1.0, 0.0, -1.0])
    mean, se = expected(erg.DiscreteFlowMatching(3, source), of, draw)
    agrees(mean[1:], se[1:], np.zeros(3))


def frequencies(x: np.ndarray) -> np.ndarray:
    return np.bincount(x @ np.array([9, 3, 1]), minlength=27)


def test_revealed_sites_have_the_law_and_its_weights() -> None:
    """Chi-square over 27 states: 26 degrees of freedom exceed 85 with probability 4e-8. Here log q(x) in any order is the law's own."""
    x, log_q = erg.generate(denoiser("mask"), 40_000, erg.Reveal(), process=erg.DiscreteFlowMatching(3), shape=(3,), log_density=True, seed=1)
    assert np.sum((frequencies(x) - 40_000 * LAW) ** 2 / (40_000 * LAW)) < 85
    np.testing.assert_allclose(log_q, np.log(LAW[x @ np.array([9, 3, 1])]), rtol=1e-9)
    off = lambda x, t: 0.7 * denoiser("mask")(x, t)  # weights of any order are unbiased: mean 1
    x, log_q = erg.generate(off, 40_000, erg.Reveal(), process=erg.DiscreteFlowMatching(3), shape=(3,), log_density=True, seed=2)
    w = LAW[x @ np.array([9, 3, 1])] / np.exp(log_q)
    assert w.std() > 0.1 and abs(w.mean() - 1) < 4.9 * w.std() / 200


@pytest.mark.parametrize("source", ["mask", "uniform"])
def test_leaps_approach_the_law(source: str) -> None:
    """The distance to the law falls with the step, to what is left of 10 000 draws."""
    found = []
    for steps in (2, 8, 64):
        x = erg.generate(denoiser(source), 10_000, erg.TauLeaping(steps), process=erg.DiscreteFlowMatching(3, source), shape=(3,), seed=steps)
        found.append(np.abs(frequencies(x) / 10_000 - LAW).sum())
    noise = np.sum(np.sqrt(2 * LAW / np.pi / 10_000))
    assert found[0] > 4 * noise and found[0] > 1.5 * found[1] and found[2] < 1.6 * noise + 0.015, (found, noise)


# --------------------------------------------------------------------------------------------------------------------------- on spheres


@pytest.mark.parametrize(("n", "d", "exact"), [(4, 3, 3.674234614), (6, 3, 9.985281374), (8, 10, 18.520259)])
def test_charges_on_spheres_find_their_places(n: int, d: int, exact: float) -> None:
    start = {"w": np.random.default_rng(n).normal(size=(n, d))}
    fit = erg.learn(erg.HypersphericalEnergy(), start, erg.Adam(0.03), steps=1500, seed=1, progress=False)
    assert 0.5 * n * (n - 1) * fit.loss == pytest.approx(exact, rel=1e-5)


def test_energies_of_directions() -> None:
    w = np.random.default_rng(1).normal(size=(5, 3))
    u = w / np.linalg.norm(w, axis=1, keepdims=True)
    d = np.array([np.linalg.norm(u[i] - u[j]) for i in range(5) for j in range(i)])
    m = np.array([np.linalg.norm(u[i] + u[j]) for i in range(5) for j in range(i)])
    assert hyperspherical_energy(3.0 * w, 2.0) == pytest.approx(np.mean(d**-2), rel=1e-12)
    assert hyperspherical_energy(w, 0.0) == pytest.approx(-np.mean(np.log(d)), rel=1e-12)
    assert hyperspherical_energy(w, 1.0, half=True) == pytest.approx(0.5 * (np.mean(1 / d) + np.mean(1 / m)), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LightBridge(2, 3, epsilon=0.0), "epsilon"),
        (lambda: LightBridge(2, 3, centres=np.ones((3, 1))), "centres"),
        (lambda: erg.learn(erg.LightSchroedingerBridge(), bridge(), data=np.ones((4, 1)), steps=1, progress=False), "pairs"),
        (lambda: erg.generate(bridge(), start=np.ones((2, 1)), process=erg.LightSchroedingerBridge()), "velocity"),
        (lambda: erg.PFGM(D=0.0), "D"),
        (lambda: erg.PFGM(sigma_min=3.0, sigma_max=2.0), "sigma_max"),
        (lambda: erg.DiscreteFlowMatching(1), "q"),
        (lambda: erg.DiscreteFlowMatching(2, "noise"), "source"),
        (lambda: erg.learn(erg.DiscreteFlowMatching(2), erg.nn.MLP(1, [2], 1, seed=0), data=np.ones((4, 1)), steps=1, progress=False), "integers"),
        (lambda: erg.learn(erg.DiscreteFlowMatching(2), erg.nn.MLP(1, [2], 1, seed=0), data=np.eye(4, dtype=int) - 1, steps=1, progress=False),
         "from 0 to 1, got some from -1 to 0"),
        (lambda: erg.generate(denoiser("uniform"), 3, erg.Reveal(), process=erg.DiscreteFlowMatching(3, "uniform"), shape=(3,)), "mask"),
        (lambda: erg.generate(denoiser("mask"), 3, process=erg.DiscreteFlowMatching(3), shape=(3,), log_density=True), "Reveal"),
        (lambda: erg.generate(denoiser("mask"), 3, erg.ODE(3), process=erg.DiscreteFlowMatching(3), shape=(3,)), "TauLeaping"),
        (lambda: erg.generate(denoiser("mask"), 3, process=erg.DiscreteFlowMatching(4), shape=(3,)), "logits"),
        (lambda: erg.TauLeaping(0), "steps"),
        (lambda: hyperspherical_energy(np.ones((1, 3))), "two rows"),
        (lambda: erg.HypersphericalEnergy(s=-1.0), "s"),
        (lambda: erg.learn(erg.HypersphericalEnergy(), {"w": np.ones(3)}, steps=1, progress=False), "matrix"),
    ],
)
def test_what_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        call()
