"""Distances between samples and densities: closed forms of Gaussians, SciPy, enumeration; p-values that are uniform without a difference and small
with one. Bounds: 4.9 standard errors, 1e-6 a test; seeds are fixed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.stats
from scipy.spatial.distance import cdist

import ergodica as erg

stats = erg.stats


def ar1(rng: np.random.Generator, a: float, shape: tuple[int, ...]) -> np.ndarray:
    x = rng.normal(size=shape)
    for t in range(1, shape[1]):
        x[:, t] = a * x[:, t - 1] + np.sqrt(1 - a * a) * x[:, t]
    return x


def test_mmd_of_gaussians() -> None:
    """E k = h^d det(S + h^2)^(-1/2) exp(-m (S + h^2)^(-1) m / 2), S the covariance of the difference: the unbiased estimate is right on average."""
    rng, h, d = np.random.default_rng(1), 1.5, 3
    A, m = np.array([[1.0, 0, 0], [0.5, 1, 0], [0, -0.3, 0.8]]), np.array([0.3, 0.0, -0.4])
    covariance = [np.eye(d), A @ A.T]

    def mean(S: np.ndarray, delta: np.ndarray) -> float:
        B = S + h * h * np.eye(d)
        return h**d * np.linalg.det(B) ** -0.5 * np.exp(-0.5 * delta @ np.linalg.solve(B, delta))

    exact = mean(2 * covariance[0], 0 * m) + mean(2 * covariance[1], 0 * m) - 2 * mean(covariance[0] + covariance[1], m)
    found = [stats.mmd(rng.normal(size=(200, d)), rng.normal(size=(150, d)) @ A.T + m, h=h, permutations=0).statistic for _ in range(60)]
    assert abs(np.mean(found) - exact) < 4.9 * np.std(found, ddof=1) / np.sqrt(60) < 0.3 * exact


def test_ksd_of_gaussians() -> None:
    """A sample of variance v against N(0, 1), rbf: E u = c (v / 2 + 1 / h^2 - (1/4 + 1/h^2 + 1/h^4) / a), a = 1/h^2 + 1/(2 v), c = (2 v a)^(-1/2): 0
    for v = 1. A dropped term, or a score with the wrong sign, is off by many errors."""
    rng, h = np.random.default_rng(2), 1.2
    for v in (1.0, 1.6):
        a = h**-2 + 0.5 / v
        exact = (2 * v * a) ** -0.5 * (v / 2 + h**-2 - (0.25 + h**-2 + h**-4) / a)
        found = [stats.ksd(np.sqrt(v) * rng.normal(size=300), lambda x: -x, "rbf", h, "U", 0).statistic for _ in range(60)]
        assert abs(np.mean(found) - exact) < 4.9 * np.std(found, ddof=1) / np.sqrt(60)
        assert v == 1 or exact > 8 * np.std(found) / np.sqrt(60)
    with_itself = stats.ksd(np.array([[1.0, 2.0], [0.5, 0.0]]), np.array([[-1.0, -2.0], [-0.5, 0.0]]), "imq", 1.0, "V", 0).statistic
    x, q = np.array([[1.0, 2.0], [0.5, 0.0]]), 1 / (1 + 4.25)
    pair = np.sqrt(q) * (0.5 - q * (4.25 - 2) - 3 * 4.25 * q**2)
    np.testing.assert_allclose(with_itself, (np.sum(x**2) + 2 * 2 + 2 * pair) / 4, rtol=1e-14)


def test_energy_distance() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=80), rng.gamma(2.0, size=130)
    np.testing.assert_allclose(stats.energy_distance(x, y, permutations=0).statistic, scipy.stats.energy_distance(x, y) ** 2, rtol=1e-12)
    a, b = rng.normal(size=(40, 3)), rng.normal(size=(30, 3))
    xx, yy = cdist(a, a).sum() / 40 / 39, cdist(b, b).sum() / 30 / 29
    np.testing.assert_allclose(stats.energy_distance(a, b, "U", 0).statistic, 2 * cdist(a, b).mean() - xx - yy, rtol=1e-12)


def test_wasserstein() -> None:
    """On a line against SciPy; in more dimensions against all permutations, shifts, and the linear program against the assignment."""
    rng = np.random.default_rng(4)
    x, y, u, v = rng.normal(size=50), rng.gamma(2.0, size=71), rng.random(50), rng.random(71)
    np.testing.assert_allclose(stats.wasserstein(x, y, 1, u, v), scipy.stats.wasserstein_distance(x, y, u, v), rtol=1e-12)
    np.testing.assert_allclose(stats.wasserstein(x, y[:50], 1), scipy.stats.wasserstein_distance(x, y[:50]), rtol=1e-12)
    line = stats.wasserstein(x[:20], y[:31], 2)
    np.testing.assert_allclose(stats.wasserstein(np.stack([x[:20], 0 * x[:20]], 1), np.stack([y[:31], 0 * y[:31]], 1), 2), line, rtol=1e-8)
    a, b = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    cost = cdist(a, b) ** 3
    least = min(sum(cost[i, p[i]] for i in range(6)) / 6 for p in itertools.permutations(range(6)))
    np.testing.assert_allclose(stats.wasserstein(a, b, 3), least ** (1 / 3), rtol=1e-12)
    np.testing.assert_allclose(stats.wasserstein(a, b, 3, np.ones(6)), least ** (1 / 3), rtol=1e-8)
    big = rng.normal(size=(300, 4))
    np.testing.assert_allclose(stats.wasserstein(big, big + np.array([3.0, 0, 4.0, 0])), 5.0, rtol=1e-12)
    assert stats.wasserstein(big, big[::-1]) == 0


def test_sinkhorn_of_gaussians() -> None:
    """Gaussians on a fine grid against the closed form of H. Janati, B. Muzellec, G. Peyre, M. Cuturi (NeurIPS 2020), and the limits: W_2^2 for small
    epsilon, the square of the difference of the means for large."""
    z = np.linspace(-6, 6, 241)
    epsilon, s, t, m = 0.7, 1.0, 0.64, 0.5
    u, v = np.exp(-(z**2) / 2 / s), np.exp(-(z**2) / 2 / t)

    def cost(a: float, b: float) -> float:
        half = epsilon / 2
        root = np.sqrt(4 * a * b + half**2)
        return a + b - root + half * (1 - np.log(2 * half)) + half * np.log(root + half)

    plain = stats.sinkhorn(z, z + m, epsilon, debiased=False, weights_x=u, weights_y=v)
    np.testing.assert_allclose(plain.cost, m * m + cost(s, t), rtol=1e-7)
    divergence = stats.sinkhorn(z, z + m, epsilon, weights_x=u, weights_y=v)
    np.testing.assert_allclose(divergence.cost, m * m + cost(s, t) - (cost(s, s) + cost(t, t)) / 2, rtol=1e-6)
    np.testing.assert_allclose(stats.sinkhorn(z, z + m, 1000.0, weights_x=u, weights_y=v).cost, m * m, rtol=2e-3)
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(60, 2)), rng.normal(size=(50, 2)) + 1
    np.testing.assert_allclose(stats.sinkhorn(x, y, 0.05).cost, stats.wasserstein(x, y) ** 2, rtol=0.02)
    np.testing.assert_allclose(stats.sinkhorn(x, y, 0.02, p=1).cost, stats.wasserstein(x, y, 1), rtol=0.03)
    f = stats.sinkhorn(x, y, 0.5, debiased=False)
    P = np.exp((f.f[:, None] + f.g - cdist(x, y, "sqeuclidean")) / 0.5) / (60 * 50)
    assert abs(P.sum(0) - 1 / 50).sum() < 1e-12 and abs(P.sum(1) - 1 / 60).sum() < 2e-6
    with pytest.raises(erg.ConvergenceError, match="larger epsilon"):
        stats.sinkhorn(x, y, 1e-3, iterations=20)


def _small(pvalues: list[float], level: float, runs: int) -> bool:
    """Not more of them below the level than 4.9 standard deviations allow."""
    return float(np.sum(np.array(pvalues) <= level)) < runs * level + 4.9 * np.sqrt(runs * level * (1 - level))


@pytest.mark.parametrize("method", ["ksd", "ksd U", "mmd", "energy"])
def test_pvalues(method: str) -> None:
    """Independent points: uniform without a difference (150 times), below 1 % nearly always with one (a scale 30 % off)."""
    rng, runs = np.random.default_rng(6), 150

    def p(scale: float, n: int, seed: int) -> float:
        x, y = scale * rng.normal(size=(n, 2)), rng.normal(size=(n, 2))
        if method.startswith("ksd"):
            return stats.ksd(x, -x, statistic=method[-1] if "U" in method else "V", bootstrap=199, seed=seed).pvalue
        compare: Any = stats.mmd if method == "mmd" else stats.energy_distance
        return compare(x, y, permutations=199, seed=seed).pvalue

    null = [p(1.0, 60, s) for s in range(runs)]
    assert _small(null, 0.05, runs) and _small(null, 0.2, runs) and np.mean(null) > 0.5 - 4.9 * np.sqrt(1 / 12 / runs)
    assert np.mean([p(1.3, 600, s) <= 0.01 for s in range(10)]) > 0.8


@pytest.mark.parametrize("method", ["ksd", "mmd"])
def test_pvalues_of_chains(method: str) -> None:
    """Chains of tau_int 4.5: signs or labels of single draws would find differences in most of these samples of one density; those of stretches do
    not."""
    rng, runs = np.random.default_rng(7), 20
    null, naive = [], []
    for s in range(runs):
        x = ar1(rng, 0.8, (4, 250, 2))
        flat = x.reshape(-1, 2)
        if method == "ksd":
            null.append(stats.ksd(x, -x, bootstrap=199, seed=s).pvalue)
            naive.append(stats.ksd(flat, -flat, bootstrap=199, seed=s).pvalue)
        else:
            y = rng.normal(size=(500, 2))
            null.append(stats.mmd(x, y, permutations=199, seed=s).pvalue)
            naive.append(stats.mmd(flat, y, permutations=199, seed=s).pvalue)
    assert _small(null, 0.05, runs) and _small(null, 0.25, runs)
    assert not _small(naive, 0.05, runs)
    x = 1.3 * ar1(rng, 0.8, (4, 1000, 2))
    y = rng.normal(size=(2000, 2))
    assert (stats.ksd(x, -x, bootstrap=199, seed=1) if method == "ksd" else stats.mmd(x, y, permutations=199, seed=1)).pvalue < 0.02


def test_ksd_of_a_run() -> None:
    """The score is the run's own, in coordinates where walls are none: right draws pass, those of another kT do not."""
    space = {"a": erg.Positive(), "b": erg.Interval(0, 2), "c": erg.Real(2), "w": erg.Simplex(3)}

    def energy(p: dict[str, Any]) -> Any:
        return p["a"] - 2 * np.log(p["a"]) - 2 * np.log(p["b"]) + np.sum(p["c"] ** 2) / (0.5 + p["a"]) - np.sum(np.log(p["w"]))

    run = erg.sample(energy, space=space, draws=500, seed=1, progress=False)
    density: Any = run.system
    z = density.coordinates([run[n][:, :3] for n in density.layout.names])
    assert z.shape == (4, 3, 6)
    u = density.functions()[1]
    np.testing.assert_allclose(u(z[1, 2], 1.0), -run["log_density"][1, 2], rtol=1e-10)
    e = 1e-5 * np.eye(6)
    slope = [-(u(z[1, 2] + v, 1.0) - u(z[1, 2] - v, 1.0)) / 2e-5 for v in e]
    np.testing.assert_allclose(density.scores(z.reshape(12, 6), 1.0)[5], slope, rtol=1e-6, atol=1e-8)
    assert run.ksd(seed=1).pvalue > 0.001
    run.info["kT"] = 1.4
    assert run.ksd(seed=1).pvalue < 0.01
    with pytest.raises(erg.SpecError, match="in the session"):
        import pickle

        pickle.loads(pickle.dumps(run)).ksd()
    with pytest.raises(erg.SpecError, match="Try observe"):
        erg.sample(energy, space=space, draws=20, observe=["a"], seed=1, progress=False).ksd()
    with pytest.raises(erg.SpecError, match="at one kT"):
        erg.sample(energy, space=space, draws=20, kT=[1.0, 2.0], seed=1, progress=False).ksd()


def test_refusals_and_seeds() -> None:
    x, y = np.random.default_rng(8).normal(size=(2, 50, 2))
    assert (stats.mmd(x, y, seed=3).null == stats.mmd(x, y, seed=3).null).all() and len(stats.ksd(x, -x, bootstrap=7).null) == 7
    nan = np.where(np.arange(100).reshape(50, 2) == 7, np.nan, x)
    for call, match in [
        (lambda: stats.ksd(x, -x[:3]), "expected the shape of x"), (lambda: stats.ksd(x, -x, "distance"), "kernel"),
        (lambda: stats.ksd(x, -x, h=-1.0), "length above 0"), (lambda: stats.ksd(x, -x, h="mean"), "'median'"),
        (lambda: stats.ksd(nan, -x), "got nan"), (lambda: stats.ksd(x, nan), "score"), (lambda: stats.ksd(x[:1], -x[:1], h=1.0), "at least 2"),
        (lambda: stats.ksd(np.zeros((5, 2)), np.zeros((5, 2))), "Try h=1.0"), (lambda: stats.ksd(x, -x, tau=0.1), "at least 1/2"),
        (lambda: stats.ksd(x, -x, bootstrap=-1), "bootstrap"), (lambda: stats.ksd(x, -x, statistic="W"), "statistic"),
        (lambda: stats.mmd(x, y[:, :1]), "one dimension"), (lambda: stats.mmd(x, []), "y"), (lambda: stats.mmd(x, ["a"]), "y"),
        (lambda: stats.mmd(x, y[None, None]), "chains, draws, d"), (lambda: stats.wasserstein(x, y, 0.5), "at least 1"),
        (lambda: stats.wasserstein(x, y, weights_x=[-1.0] * 50), "weights_x"), (lambda: stats.wasserstein(x, y, weights_y=[1.0]), "weights_y"),
        (lambda: stats.wasserstein(np.zeros((6000, 2)), np.zeros((6000, 2))), "Try erg.stats.sinkhorn"),
        (lambda: stats.sinkhorn(x, y, -1.0), "epsilon"), (lambda: stats.sinkhorn(x, y, p=3), "1 or 2"),
        (lambda: stats.energy_distance(x, y[:1]), "at least 2"),
    ]:  # fmt: skip
        with pytest.raises(erg.Error, match=match):
            call()
