"""Keyed random numbers: distributions, keys, batches, derivatives, bad input. False alarms: at most 1e-6 a test; seeds are fixed."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats

import ergodica as erg

N = 50_000
r = erg.random
PI = np.pi

# name, draw of (key, shape), distribution, and one that is a few percent off, which must be told apart
CONTINUOUS = {
    "uniform": (lambda k, s: r.uniform(k, s, minval=-1.0, maxval=3.0), scipy.stats.uniform(-1, 4), scipy.stats.uniform(-1, 4.2)),
    "normal": (r.normal, scipy.stats.norm, scipy.stats.norm(0, 1.06)),
    "exponential": (r.exponential, scipy.stats.expon, scipy.stats.expon(0, 1.06)),
    "laplace": (r.laplace, scipy.stats.laplace, scipy.stats.laplace(0, 1.08)),
    "logistic": (r.logistic, scipy.stats.logistic, scipy.stats.logistic(0, 1.08)),
    "cauchy": (r.cauchy, scipy.stats.cauchy, scipy.stats.cauchy(0, 1.1)),
    "gumbel": (r.gumbel, scipy.stats.gumbel_r, scipy.stats.gumbel_r(0, 1.06)),
    "gamma": (lambda k, s: r.gamma(k, 0.7, s), scipy.stats.gamma(0.7), scipy.stats.gamma(0.74)),
    "beta": (lambda k, s: r.beta(k, 0.4, 2.0, s), scipy.stats.beta(0.4, 2.0), scipy.stats.beta(0.43, 2.0)),
    "dirichlet": (lambda k, s: r.dirichlet(k, np.array([2.0, 0.5, 1.0]), s)[:, 0], scipy.stats.beta(2.0, 1.5), scipy.stats.beta(2.15, 1.5)),
    "student_t": (lambda k, s: r.student_t(k, 3.0, s), scipy.stats.t(3.0), scipy.stats.t(3.0, 0, 1.07)),
    "von_mises": (lambda k, s: r.von_mises(k, 1.5, s), scipy.stats.vonmises(1.5), scipy.stats.vonmises(1.66)),
    "truncated_normal": (lambda k, s: r.truncated_normal(k, 5.0, 7.0, s), scipy.stats.truncnorm(5, 7), scipy.stats.truncnorm(5.03, 7)),
    "below": (lambda k, s: r.truncated_normal(k, -np.inf, -1.0, s), scipy.stats.truncnorm(-np.inf, -1), scipy.stats.truncnorm(-np.inf, -0.97)),
    "multivariate": (
        lambda k, s: r.multivariate_normal(k, np.array([1.0, 0.0]), np.array([[2.0, 0.5], [0.5, 1.0]]), s) @ np.array([1.0, 1.0]),
        scipy.stats.norm(1, 2), scipy.stats.norm(1, 2.1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_distribution(name: str, seed: int = 3) -> None:
    """Kolmogorov and Smirnov; a distribution that is a few percent off is refused."""
    draw, right, wrong = CONTINUOUS[name]
    x = np.asarray(draw(r.key(seed), (N,)))
    assert scipy.stats.kstest(x, right.cdf).pvalue > 1e-6
    assert scipy.stats.kstest(x, wrong.cdf).pvalue < 1e-6


@pytest.mark.parametrize("dtype", ["float32"])
def test_float32(dtype: str) -> None:
    for draw in (r.uniform, r.normal, r.exponential, r.laplace, r.logistic, r.cauchy, r.gumbel):
        x = draw(r.key(2), (N,), dtype)
        assert x.dtype == dtype and np.isfinite(x).all()
    assert r.gamma(r.key(1), np.float32(2.0), (3,)).dtype == dtype
    assert r.uniform(r.key(5), (1 << 20,), dtype).max() < 1
    z = r.normal(r.key(1), (N,), complex)
    assert abs(np.mean(np.abs(z) ** 2) - 1) < 4.9 / N**0.5 and abs(np.mean(z**2)) < 6 / N**0.5
    assert r.normal(r.key(1), (2,), np.complex64).dtype == np.complex64


def test_counts() -> None:
    """Frequencies by chi square, each against a planted bias."""
    logits = np.array([0.0, 1.0, -1.0, -np.inf, 0.5])
    p = np.exp(logits) / np.exp(logits).sum()
    x = np.bincount(r.categorical(r.key(1), logits, shape=(N,)), minlength=5)
    assert x[3] == 0
    live = p > 0
    assert scipy.stats.chisquare(x[live], N * p[live]).pvalue > 1e-6
    q = np.where(live, p * np.array([1.15, 1, 1, 1, 1]), 0)
    assert scipy.stats.chisquare(x[live], N * q[live] / q.sum()).pvalue < 1e-6
    dice = np.bincount(r.randint(r.key(2), (N,), 1, 7), minlength=8)
    assert dice[0] == dice[7] == 0 and scipy.stats.chisquare(dice[1:7]).pvalue > 1e-6
    k = r.poisson(r.key(3), 4.0, (N,))
    cells = np.bincount(np.minimum(k, 12), minlength=13)
    expected = scipy.stats.poisson.pmf(np.arange(13), 4.0)
    expected[12] = scipy.stats.poisson.sf(11, 4.0)
    assert scipy.stats.chisquare(cells, N * expected).pvalue > 1e-6
    assert abs(np.mean(r.bernoulli(r.key(4), 0.3, (N,))) - 0.3) < 4.9 * (0.21 / N) ** 0.5
    assert abs(np.mean(r.rademacher(r.key(4), (N,)))) < 4.9 / N**0.5
    signs = r.bits(r.key(5), (N,))
    for b in range(64):
        assert abs(np.mean((signs >> b) & 1) - 0.5) < 5.5 * 0.5 / N**0.5
    chosen = np.bincount(r.choice(r.key(6), 3, (N,), p=np.array([0.2, 0.5, 0.3])))
    assert scipy.stats.chisquare(chosen, N * np.array([0.2, 0.5, 0.3])).pvalue > 1e-6


def test_orders() -> None:
    """All six orders of three are equally likely; draws without replacement have no element twice, and follow their weights."""
    keys = r.split(r.key(8), 6000)
    orders = erg.vmap(lambda k: r.permutation(k, 3))(keys)
    _, counts = np.unique(orders @ np.array([9, 3, 1]), return_counts=True)
    assert len(counts) == 6 and scipy.stats.chisquare(counts).pvalue > 1e-6
    x = np.arange(12.0).reshape(3, 4)
    y = r.permutation(r.key(1), x, axis=1)
    assert sorted(y[0].tolist()) == x[0].tolist() and (y - y[0] == (x - x[0])[:, :1]).all()
    two = erg.vmap(lambda k: r.choice(k, 4, (2,), replace=False, p=np.array([0.5, 0.25, 0.25, 0.0])))(keys)
    assert (two[:, 0] != two[:, 1]).all() and (two < 3).all()
    assert scipy.stats.chisquare(np.bincount(two[:, 0]), 6000 * np.array([0.5, 0.25, 0.25])).pvalue > 1e-6
    assert r.choice(r.key(0), np.array([5.0, 6.0]), (2, 3)).shape == (2, 3)


def test_keys() -> None:
    """Split and folded keys differ from each other and give unrelated numbers; a batch changes no row."""
    k = r.key(0)
    parts = r.split(k, (2, 50))
    folded = r.fold_in(k, np.arange(100))
    assert parts.shape == (2, 50) and len({int(k), *parts.ravel().tolist(), *folded.tolist()}) == 201
    assert r.fold_in(k, 3) == folded[3]
    x = erg.vmap(lambda k: r.normal(k, (1000,)))(parts[0])
    assert np.abs(np.corrcoef(x) - np.eye(50)).max() < 6 / 1000**0.5
    for n in (1, 2, 7, 50):
        assert (erg.vmap(lambda k: r.normal(k, (1000,)))(parts[0, :n]) == x[:n]).all()
    assert (r.normal(parts[0, 3], (1000,)) == x[3]).all()
    assert r.key(2**64 - 1) == -1 and isinstance(r.key(), np.int64) and r.key() != r.key()
    for name, (draw, *_) in CONTINUOUS.items():
        if name not in ("dirichlet", "multivariate"):
            rows = erg.vmap(lambda k, draw=draw: draw(k, (4,)))(parts[0, :3])
            assert (rows[2] == draw(parts[0, 2], (4,))).all(), name


def test_threads() -> None:
    before = erg.config.threads
    try:
        draws = []
        for n in (1, 2, 3, 7):
            erg.config.threads = n
            draws.append((r.normal(r.key(1), (300_001,)), r.gamma(r.key(2), np.linspace(0, 5, 20_001))))
    finally:
        erg.config.threads = before
    for x, y in draws[1:]:
        assert (x == draws[0][0]).all() and (y == draws[0][1]).all()


def test_in_programs() -> None:
    """Traced, compiled and differentiated draws; the derivative of a mean is that of the exact mean."""
    k = r.key(4)

    @erg.compile
    def step(x: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        now, later = r.split(k)
        return x + 0.1 * r.normal(now, x.shape), later

    x, key = step(np.zeros(3), k)
    again, _ = step(np.zeros(3), k)
    other, _ = step(np.zeros(3), key)
    assert (x == again).all() and (x != other).all()
    se = 4.9 / N**0.5
    means = {
        "gamma": (lambda a: np.mean(r.gamma(k, a, (N,))), 0.8, 1.0, 1.5),
        "beta": (lambda a: np.mean(r.beta(k, a, 2.0, (N,))), 1.5, 2 / 3.5**2, 0.3),
        "dirichlet": (lambda a: np.mean(r.dirichlet(k, np.stack([a, 1.0, 2.0]), (N,))[:, 0]), 1.5, 3 / 4.5**2, 0.3),
        "von_mises": (lambda a: np.mean(np.cos(r.von_mises(k, a, (N,)))), 1.0, None, 0.5),
        "scale": (lambda a: np.mean((a * r.normal(k, (N,))) ** 2), 1.5, 3.0, 5.0),
    }
    ratio = scipy.special.i1(1.0) / scipy.special.i0(1.0)
    for name, (f, at, want, spread) in means.items():
        want = 1 - ratio - ratio**2 if want is None else want
        assert abs(erg.grad(f)(at) - want) < spread * se, name
    with pytest.raises(erg.ShapeError, match="second derivative"):
        erg.grad(erg.grad(means["gamma"][0]))(0.8)
    assert erg.grad(lambda lam: np.sum(r.poisson(k, lam, (3,)) * 1.0))(2.0) == 0


def test_bad_input() -> None:
    k = r.key(0)
    for call, match in [
        (lambda: r.key(-1), "2\\^64"), (lambda: r.key(1.5), "integer seed"), (lambda: r.key(True), "integer seed"),
        (lambda: r.normal(3, (2,)), r"erg.random.key\(3\)"), (lambda: r.normal(1.0, (2,)), "expected a key"),
        (lambda: r.normal(r.split(k), (2,)), "erg.vmap"), (lambda: r.normal(k, (-1,)), "lengths >= 0"),
        (lambda: r.normal(k, (2,), int), "dtype float64"), (lambda: r.uniform(k, (2,), complex), "dtype float64"),
        (lambda: r.bits(k, 2, float), "int64 or int32"), (lambda: r.fold_in(k, 1.5), "expected integers"),
        (lambda: r.choice(k, 3, (4,), replace=False), "without replacement"), (lambda: r.choice(k, 0), "nothing to choose"),
        (lambda: r.categorical(k, np.zeros((2, 0))), "no category"), (lambda: r.permutation(k, 1.5), "an int or an array"),
        (lambda: r.multivariate_normal(k, np.zeros(2), np.eye(3)), "covariance"), (lambda: r.gamma(k, 1j), "float parameters"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            call()
    assert r.normal(k, (0, 3)).shape == (0, 3) and r.normal(k).shape == ()
    assert np.isnan(r.gamma(k, np.array([-1.0, np.nan]))).all() and r.gamma(k, 0.0) == 0
    assert r.poisson(k, np.array([-1.0, np.nan, np.inf])).tolist() == [-1, -1, -1]
    assert np.isnan(r.multivariate_normal(k, np.zeros(2), -np.eye(2))).all()
    with pytest.raises(erg.SpecError, match=r"erg.random.normal\(key"):
        erg.grad(lambda x: x * np.random.normal())(1.0)  # noqa: NPY002


def test_binomial_counts() -> None:
    """Frequencies by chi square against SciPy's probabilities; shapes, bad parameters, a batch row by row, no derivative."""
    x = np.bincount(r.binomial(r.key(11), 12, 0.3, (N,)), minlength=13)
    live = np.arange(9)
    assert scipy.stats.chisquare(x[live], x[live].sum() * (w := scipy.stats.binom.pmf(live, 12, 0.3)) / w.sum()).pvalue > 1e-6
    w = scipy.stats.binom.pmf(live, 12, 0.31)
    assert scipy.stats.chisquare(x[live], x[live].sum() * w / w.sum()).pvalue < 1e-6
    both = r.binomial(r.key(1), np.arange(4)[:, None], np.array([0.0, 1.0]))
    assert both.dtype == np.int64 and both.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3]]
    assert r.binomial(r.key(1), [1.5, -1, 3], [0.5, 0.5, np.nan]).tolist() == [-1, -1, -1]
    keys = r.split(r.key(2), 5)
    rows = erg.vmap(lambda k: r.binomial(k, 100, 0.4, (3,)))(keys)
    assert rows.tolist() == [r.binomial(k, 100, 0.4, (3,)).tolist() for k in keys]
    assert erg.grad(lambda p: np.sum(r.binomial(r.key(1), 50, p, (3,)) * 1.0))(0.4) == 0
