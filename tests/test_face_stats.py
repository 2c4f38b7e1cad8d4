"""erg.stats as Python sees it: shapes, agreement with plain formulas and known answers, refusals. What is behind it is tested in core/stats."""

import numpy as np
import pytest

import ergodica as erg

stats = erg.stats


def ar1(tau, chains, draws, seed):
    """Gaussian AR(1) with unit variance and integrated time tau = 1/2 (1 + a) / (1 - a)."""
    a = (2 * tau - 1) / (2 * tau + 1)
    rng = np.random.default_rng(seed)
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains)
    noise = rng.normal(size=(chains, draws)) * np.sqrt(1 - a * a)
    for i in range(1, draws):
        x[:, i] = a * x[:, i - 1] + noise[:, i]
    return x


@pytest.mark.parametrize("tau", [0.5, 5, 50])
def test_tau_int_of_an_autoregression(tau):
    """At 5 standard errors the false-alarm rate is 6e-7 a case; a tau_int with 1 for 1/2 (the other convention) is off by many errors."""
    value, se = stats.tau_int(ar1(tau, 4, 50_000, seed=1))
    assert abs(value - tau) < 5 * se and se < 0.1 * value


def test_shapes():
    x = ar1(2, 4, 500, seed=2)
    batch = np.stack([x, x + 1, 2 * x]).reshape(3, 1, 4, 500)
    for fn in (stats.ess, stats.rhat):
        assert isinstance(fn(x), float) and fn(batch).shape == (3, 1)
    assert stats.tau_int(batch).value.shape == (3, 1) and isinstance(stats.mean_se(x[0]).value, float)
    assert stats.autocorrelation(batch, lags=10).shape == (3, 1, 11) and stats.autocorrelation(x[0]).shape == (251,)
    assert stats.binning(batch).se.shape == (3, 1, len(stats.binning(batch).length))


def test_autocorrelation_is_the_plain_formula():
    x = ar1(3, 2, 200, seed=3)
    d = x - x.mean()
    plain = np.array([(d[:, : 200 - t] * d[:, t:]).mean() for t in range(30)]) / (d * d).mean()
    assert np.allclose(stats.autocorrelation(x, lags=29), plain, atol=1e-12)


def test_error_bars_have_the_right_size():
    """The spread of 400 means is the error bar: the ratio of variances is chi-square/400 with standard deviation 0.07; 5 of them are allowed."""
    x = ar1(5, 400, 2000, seed=4)[:, None, :]
    found = stats.mean_se(x)
    ratio = found.value.var(ddof=1) / (found.se**2).mean()
    assert abs(ratio - 1) < 0.36
    assert abs(stats.binning(x).se[:, 6].mean() / found.se.mean() - 1) < 0.2


def test_jackknife_and_bootstrap_of_a_mean_are_the_standard_error():
    x = np.random.default_rng(5).normal(2.0, 3.0, size=(4, 4096))
    se = 3 / np.sqrt(x.size)
    for e in (stats.jackknife(lambda m: m, x), stats.bootstrap(lambda m: m, x, seed=1)):
        assert abs(e.value - x.mean()) < 1e-3 and abs(e.se / se - 1) < 0.35
    assert stats.bootstrap(lambda m: m, x, seed=7) == stats.bootstrap(lambda m: m, x, seed=7)
    variance = stats.jackknife(lambda m, m2: m2 - m * m, x, x * x)
    assert abs(variance.value - 9) < 5 * variance.se and abs(variance.se / (9 * np.sqrt(2 / x.size)) - 1) < 0.4


def test_jackknife_takes_functions_with_array_values():
    x = np.random.default_rng(5).normal(size=(2, 500))
    e = stats.jackknife(lambda m: np.array([m, m**2]), x, blocks=10)
    assert e.value.shape == e.se.shape == (2,)


def test_reweighting_of_exponential_energies():
    energy = np.random.default_rng(6).exponential(1.0, size=(4, 20_000))
    value, se = stats.reweight(energy, energy, kT=1.0, new_kT=1.2)
    assert abs(value - 1.2) < 5 * se and se < 0.05


@pytest.mark.parametrize("call, kind", [
    (lambda: stats.tau_int([1.0, np.nan, 2.0, 3.0]), erg.NonFiniteError),
    (lambda: stats.tau_int([]), erg.ShapeError),
    (lambda: stats.tau_int(3.0), erg.ShapeError),
    (lambda: stats.tau_int(["a"]), erg.ShapeError),
    (lambda: stats.tau_int([1j, 2j]), erg.ShapeError),
    (lambda: stats.ess([1.0, 2.0], kind="best"), erg.SpecError),
    (lambda: stats.jackknife(lambda m: m), erg.SpecError),
    (lambda: stats.jackknife(lambda a, b: a, [1.0, 2.0], [1.0]), erg.ShapeError),
    (lambda: stats.reweight([1.0, 2.0], [1.0], 1.0, 2.0), erg.ShapeError),
    (lambda: stats.reweight([1.0, 2.0], [1.0, 2.0], 0.0, 2.0), erg.SpecError),
])  # fmt: skip
def test_refused(call, kind):
    with pytest.raises(kind):
        call()


def test_what_cannot_be_told_is_nan():
    assert np.isnan(stats.rhat(np.ones((2, 100)))) and np.isnan(stats.autocorrelation(np.ones(100))).all()


@pytest.mark.parametrize("value, se, text", [
    (1.23456, 0.012, "1.235(12)"), (-1787.18, 0.913, "-1787.18(91)"), (1.532, 0.0996, "1.53(10)"), (12345.6, 234.5, "12346(230)"),
    (0.5, 0.0, "0.5"), (float("nan"), 1.0, "nan"), (3.0, float("nan"), "3"),
])  # fmt: skip
def test_numbers_with_errors(value, se, text):
    assert stats.with_error(value, se) == text
