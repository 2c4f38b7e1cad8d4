"""Feynman-Kac flows: Gaussians in closed form, controls, promises, bad input."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import ergodica as erg

SQRT2 = np.sqrt(2.0)


def sample(f: Any, ess: float = 0.5, **words: Any) -> Any:
    return erg.sample(f, erg.WeightedEuler(ess=ess), **({"seed": 1, "progress": False} | words))


def draw(key: Any) -> Any:
    return erg.random.normal(key)


def euler(B: Any, c: Any, sigma: float, M: Any, b: Any, m: Any, P: Any, h: float, steps: int) -> tuple[float, Any, Any]:
    """log Z, mean and covariance of the discrete-time flow with v = B x + c, U = -x'M x / 2 + b'x, from N(m, P), by completing squares."""
    log_z, step = 0.0, np.eye(len(m)) + h * B
    for _ in range(steps):
        Q = np.linalg.inv(np.linalg.inv(P) + h * M)
        n = Q @ (np.linalg.solve(P, m) + h * b)
        log_z += 0.5 * (np.linalg.slogdet(Q)[1] - np.linalg.slogdet(P)[1] + n @ np.linalg.solve(Q, n) - m @ np.linalg.solve(P, m))
        m, P = step @ n + h * c, step @ Q @ step.T + sigma**2 * h * np.eye(len(m))
    return log_z, m, P


B, C, M, G = np.array([[-0.5, 0.8], [-0.2, -1.0]]), np.array([0.3, -0.6]), np.array([[1.5, 0.4], [0.4, 0.7]]), np.array([0.5, -0.4])
START, SPREAD = np.array([0.7, -0.3]), np.diag([0.8, 1.2]) ** 2


@pytest.mark.parametrize("ess", [0.0, 0.9, 2.0])
def test_weights_are_unbiased(ess: float) -> None:
    """Mean of the evidence (not of its logarithm) over 1000 populations of 40, whether they never, sometimes or always resample, within 4.9 standard
    errors; and weighted sums of x. Seen to catch: U with the other sign, noise off by 5 %, an evidence that
    forgets what was gathered before resampling."""
    h, steps, sigma = 0.1, 12, 0.9
    flow = erg.FeynmanKac(
        h * np.arange(steps + 1),
        initial=lambda key: START + np.sqrt(np.diag(SPREAD)) * erg.random.normal(key, (2,)),
        drift=lambda x, t: B @ x + C,
        noise=sigma,
        log_weight_rate=lambda x, t: -0.5 * x @ M @ x + G @ x,
    )
    run = sample(flow, ess, draws=40, chains=1000)
    log_z, mean, P = euler(B, C, sigma, M, G, START, SPREAD, h, steps)
    w, x = np.exp(run.log_weights - log_z), run["x"]
    for values, exact in (
        (w.mean(1), 1.0),
        (np.mean(w * x[..., 0], 1), mean[0]),
        (np.mean(w * x[..., 1], 1), mean[1]),
        (np.mean(w * x[..., 0] * x[..., 1], 1), P[0, 1] + mean[0] * mean[1]),
        (np.mean(w * x[..., 0] ** 2, 1), P[0, 0] + mean[0] ** 2),
    ):
        se = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - exact) < 4.9 * se and se < 0.03, (values.mean(), exact, se)
    np.testing.assert_allclose(np.exp(run["log_evidence"]), np.exp(run.log_weights).mean(1), rtol=1e-12)
    np.testing.assert_allclose(run["trace_log_evidence"][:, -1], run["log_evidence"], rtol=1e-12, atol=1e-12)
    assert (run.info["resampled"] == {0.0: 0, 2.0: steps}.get(ess, run.info["resampled"])).all() and (
        ess != 0.9 or 0 < run.info["resampled"].mean() < steps
    )
    spread = run["log_evidence"].std() / np.sqrt(np.mean(run["log_evidence_se"] ** 2))
    assert ess > 0 or 0.8 < spread < 1.25, spread


MU, VARIANCE, GAMMA, T = np.array([1.5, -0.5]), np.array([0.25, 2.0]), 1.7, 1.2


def noised(x: Any, s: Any) -> Any:
    a = np.exp(s - T)
    v = VARIANCE * a**2 + 1 - a**2
    return np.sum(-0.5 * (x - a * MU) ** 2 / v - 0.5 * np.log(2 * np.pi * v))


def annealed(steps: int, derived: bool, **more: Any) -> Any:
    """From p_T^gamma to p_0^gamma of a noised Gaussian."""
    score = erg.grad(noised)
    a = np.exp(-T)
    v = VARIANCE * a**2 + 1 - a**2
    weigh: dict[str, Any] = {
        "log_weight_rate": lambda x, s: GAMMA * (GAMMA - 1) * np.sum(score(x, s) ** 2),
        "score": lambda x, s: GAMMA * score(x, s),
    }
    if derived:
        weigh = {"log_density": lambda x, s: GAMMA * noised(x, s)}
    return erg.FeynmanKac(
        np.linspace(0, T, steps + 1),
        initial=lambda key: a * MU + np.sqrt(v / GAMMA) * erg.random.normal(key, (2,)),
        drift=lambda x, s: x + 2 * GAMMA * score(x, s),
        noise=SQRT2,
        **weigh,
        **more,
    )


def test_annealing_to_a_power() -> None:
    """p^gamma of a Gaussian: mean, variance / gamma, and int p_0^gamma / int p_T^gamma; by the rate that log q gives, which must differ from the
    closed form gamma (gamma - 1) |grad log p|^2 by a function of time alone. Seen to catch: the Laplacian, the divergence or d/dt left out, a factor
    1/2 of the noise, the divergence of a control, its share of U."""
    one, other = (sample(annealed(40, derived), draws=200, ess=0, chains=2) for derived in (True, False))
    assert np.array_equal(one["x"], other["x"])
    difference = one.log_weights - other.log_weights
    assert np.ptp(difference) < 1e-10 < abs(difference[0, 0])

    log_z = {}
    for steps in (200, 400):
        run = sample(
            annealed(steps, True, potentials=[noised, lambda x, s: np.sum(x**2), lambda x, s: x[0], lambda x, s: x[1], lambda x, s: x[0] ** 2]),
            draws=1000,
            chains=4,
        )
        assert run["trace_ess"].min() > 999.999 and run["trace_control"].shape == (4, steps, 5)  # these controls leave no variance
        log_z[steps] = run["log_evidence"][0]
        np.testing.assert_allclose(run["log_evidence"], log_z[steps], atol=1e-7)
    a = np.exp(-T)
    exact = 0.5 * (1 - GAMMA) * np.sum(np.log(VARIANCE) - np.log(VARIANCE * a**2 + 1 - a**2))
    assert abs(log_z[200] - exact) < 0.1 and abs(2 * log_z[400] - log_z[200] - exact) < 1e-3, (log_z, exact)  # O(h), then O(h^2)
    x = run["x"].reshape(-1, 2)
    h = T / 400
    assert np.all(np.abs(x.mean(0) - MU) < 4.9 * np.sqrt(VARIANCE / GAMMA / len(x)) + 3 * h), x.mean(0)
    assert np.all(np.abs(x.var(0) * GAMMA / VARIANCE - 1) < 4.9 * np.sqrt(2 / len(x)) + 8 * h), x.var(0) * GAMMA / VARIANCE


def path(x: Any, t: Any) -> Any:
    return -0.5 * (1 - t) * x**2 - 2 * t * (x - 2) ** 2


def test_controls_are_the_velocity_of_the_path() -> None:
    """Langevin's drift keeps N(m, P), m = 8t/(1+3t), P = 1/(1+3t), so that the control must be m' + (x - m) P'/2P; also of fields that depend on
    each other, as gradients of potentials, and with weights that are uneven. Seen to catch theta by equal weights."""
    t = np.linspace(0, 1, 101)[:-1]
    m, slope = 8 * t / (1 + 3 * t), -1.5 / (1 + 3 * t)
    level = 8 / (1 + 3 * t) ** 2 - slope * m
    one, x = (lambda x, t: 1.0 + 0 * x), (lambda x, t: x)
    words: dict[str, Any] = {"initial": draw, "noise": SQRT2, "log_density": path, "drift": lambda x, t: erg.grad(path)(x, t)}
    for more in ({"controls": [one, x]}, {"potentials": [x, lambda x, t: x**2 / 2]}, {"controls": [one], "potentials": [lambda x, t: x**2 / 2]}):
        theta = sample(erg.FeynmanKac(np.linspace(0, 1, 101), **words, **more), draws=50, chains=1)["trace_control"][0]
        np.testing.assert_allclose(theta, np.stack([level, slope], 1), rtol=1e-7)
    several = erg.FeynmanKac(np.linspace(0, 1, 101), **words, controls=[one, x, lambda x, t: 2 * x, lambda x, t: 0 * x])
    theta = sample(several, draws=50, chains=1)["trace_control"][0]
    np.testing.assert_allclose(theta[:, 1] + 2 * theta[:, 2], slope, rtol=1e-6)
    np.testing.assert_allclose(theta[:, 3], 0, atol=1e-12)

    given: dict[str, Any] = words | {"controls": [one], "log_density": lambda x, t: path(x, t) + 0.3 * np.sin(x) * t}
    flow = erg.FeynmanKac([0.0, 0.1, 0.2], **given)
    got = sample(flow, 0.0, draws=60, chains=1)["trace_control"][0, 1, 0]
    x0 = sample(erg.FeynmanKac([0.0, 0.1], **given), 0.0, draws=60, chains=1)
    at, w, s = x0["x"][0], np.exp(x0.log_weights[0]), 0.1
    score = -(1 - s) * at - 4 * s * (at - 2) + 0.3 * np.cos(at) * s
    drift = -(1 - s) * at - 4 * s * (at - 2)
    curve = -(1 - s) - 4 * s - 0.3 * np.sin(at) * s
    U = 0.5 * at**2 - 2 * (at - 2) ** 2 + 0.3 * np.sin(at) - (1 - s) - 4 * s + drift * score - curve - score**2
    root = np.sqrt(w)  # minimise sum w (U - mean + theta (score - mean))^2
    A = np.stack([score, np.ones(60)], 1) * root[:, None]
    assert abs(got - np.linalg.lstsq(A, -U * root, rcond=None)[0][0]) < 1e-9 * abs(got) and w.std() > 0.1 * w.mean()


def test_functions_of_the_cloud() -> None:
    """Without noise every step is what a plain loop gives: a pull to the weighted mean, a rate and a spread that know the cloud."""
    x = np.random.default_rng(3).normal(size=(30, 2, 3)) + 1
    flow = erg.FeynmanKac(
        np.linspace(0, 1, 11) ** 2,
        drift=lambda x, t, cloud: (1 + t) * (cloud.weights @ np.reshape(cloud.x, (30, 6)) - np.reshape(x, 6)).reshape(2, 3),
        log_weight_rate=lambda x, t, cloud: x[1, 2] - np.max(cloud.x),
    )
    run = sample(flow, 0.0, start=x, draws=30, chains=1)
    w, t = np.zeros(30), np.linspace(0, 1, 11) ** 2
    for a, h in zip(t[:-1], np.diff(t), strict=True):
        share = np.exp(w) / np.exp(w).sum()
        w, x = w + h * (x[:, 1, 2] - x.max()), x + h * (1 + a) * (np.einsum("n,n...", share, x) - x)
    np.testing.assert_allclose(run["x"][0], x, rtol=1e-12)
    np.testing.assert_allclose(run.log_weights[0], w, rtol=1e-11)


def test_families() -> None:
    """What does not move is where its first particle stood, with as many offspring as the comb gives: N W or one more or less. Seen to catch
    families that stay behind."""
    x = np.linspace(-2, 3, 50)
    flow = erg.FeynmanKac([0, 0.5], drift=lambda x: 0 * x, log_weight_rate=lambda x: -(x**2))
    once = sample(flow, 2.0, start=x, draws=50, chains=3)
    w = np.exp(-0.5 * x**2)
    for family in once["family"]:
        assert np.all(np.abs(np.bincount(family, minlength=50) - 50 * w / w.sum()) < 1)
    flow = erg.FeynmanKac(np.linspace(0, 1, 6), drift=lambda x: 0 * x, log_weight_rate=lambda x: -(x**2))
    run = sample(flow, 2.0, start=x, draws=50, chains=3)
    np.testing.assert_array_equal(run["x"], x[run["family"]])
    np.testing.assert_array_equal(run.info["families"], [len(set(f)) for f in run["family"]])


def test_noise_by_place_and_killing() -> None:
    """Noise that is a function of x and t; a rate of -inf takes particles out: the share that is left of N(0, 1) below 1 after one step, 0.8413."""
    still = {"drift": lambda x, t: 0 * x, "initial": draw}
    run = sample(
        erg.FeynmanKac([0, 1], noise=lambda x, t: np.where(x > 0, 2.0, 0.0) + t, log_weight_rate=lambda x, t: 0.0, **still), draws=4000, chains=1
    )
    begun = sample(erg.FeynmanKac([0, 1e-300], log_weight_rate=lambda x, t: 0.0, **still), draws=4000, chains=1)["x"][0]
    moved = run["x"][0] - begun
    assert np.all(moved[begun <= 0] == 0) and abs(moved[begun > 0].std() - 2) < 4.9 * 2 / np.sqrt(2 * 2000)
    run = sample(erg.FeynmanKac([0, 1], log_weight_rate=lambda x, t: np.where(x > 1, -np.inf, 0.0), **still), draws=4000, chains=4)
    share = np.exp(run["log_evidence"]).mean()
    assert abs(share - 0.841345) < 4.9 * np.sqrt(0.841 * 0.159 / 16000)
    with pytest.raises(erg.NonFiniteError, match="no particle of population 0 has a weight after step 0"):
        sample(erg.FeynmanKac([0, 1], log_weight_rate=lambda x, t: -np.inf + 0 * x, **still), draws=10)


def heavy(steps: int) -> Any:
    return erg.FeynmanKac(
        np.linspace(0, 1, steps + 1),
        initial=draw,
        drift=lambda x, t: erg.grad(path)(x, t),
        noise=SQRT2,
        log_density=path,
        controls=[lambda x, t: np.sin(x)],
    )


def test_the_same_bits(tmp_path: Any) -> None:
    """For any number of threads, of chains beside, with an executor, from a checkpoint that was cut anywhere; stopped at once."""
    words: dict[str, Any] = {"draws": 3000, "chains": 3, "observe": {"square": lambda x: x**2}}
    whole = sample(heavy(300), 0.95, **words)
    assert whole["square"].shape == (3, 3000) and whole.info["resampled"].min() > 0
    others = [sample(heavy(300), 0.95, threads=n, **words) for n in (1, 2, 5)]
    with ThreadPoolExecutor(2) as executor:
        others.append(sample(heavy(300), 0.95, executor=executor, **words))
    cuts, pause = 0, 0.002
    while True:
        job = sample(heavy(300), 0.95, checkpoint=(tmp_path / "run", 0.001), wait=False, threads=1, **words)
        time.sleep(pause)
        begun = time.perf_counter()
        job.cancel()
        run = job.result()
        assert time.perf_counter() - begun < 2
        if run.status == "done":
            break
        cuts, pause = cuts + 1, 1.5 * pause
    assert cuts
    for other in (*others, run):
        for name in whole:
            np.testing.assert_array_equal(whole[name], other[name])
    fewer = sample(heavy(300), 0.95, **(words | {"chains": 1}))
    np.testing.assert_array_equal(fewer["x"], whole["x"][:1])


def test_starts_that_are_given() -> None:
    """One cloud for all populations or one for each, also spread over an executor."""
    x = np.arange(24.0).reshape(3, 4, 2)
    flow = erg.FeynmanKac([0, 1], drift=lambda x: 0 * x + 1, log_weight_rate=lambda x: x[0])
    run = sample(flow, 0.0, start=x, draws=4, chains=3)
    np.testing.assert_array_equal(run["x"], x + 1)
    np.testing.assert_array_equal(run.log_weights, x[..., 0])
    with ThreadPoolExecutor(3) as executor:
        np.testing.assert_array_equal(sample(flow, 0.0, start=x, draws=4, chains=3, executor=executor)["x"], x + 1)
    np.testing.assert_array_equal(sample(flow, 0.0, start=x[0], draws=4, chains=2)["x"], np.stack([x[0] + 1] * 2))


def test_it_prints_and_saves(tmp_path: Any) -> None:
    run = sample(heavy(10), draws=100)
    assert "log_evidence" in repr(run) and "trace" not in repr(run) and "Del Moral" in run.cite()
    run.save(tmp_path / "run.arrow")
    np.testing.assert_array_equal(erg.load(tmp_path / "run.arrow")["trace_ess"], run["trace_ess"])


def test_what_is_not_finite_is_located() -> None:
    still: dict[str, Any] = {"drift": lambda x, t: 0 * x, "log_weight_rate": lambda x, t: 0.0}
    start = np.array([[1.0], [2.0], [-3.0], [-4.0]])
    for change, text in (
        ({"drift": lambda x, t: np.sqrt(x)}, r"particle 2 of population 0, step 0, at \[-3\]: drift or noise is not finite"),
        ({"noise": lambda x, t: np.log(x)}, "particle 2 .* drift or noise"),
        ({"log_weight_rate": lambda x, t: np.sum(np.log(x))}, "particle 2 .* log_weight_rate gives NaN"),
        ({"log_weight_rate": lambda x, t: np.sum(1 / (x + 4))}, "particle 3 .* log_weight_rate gives .Inf"),
        ({"drift": lambda x, t: np.where(t > 0.4, np.nan, x)}, "particle 0 of population 0, step 1"),
        ({"controls": [lambda x, t: np.sqrt(x)], "score": lambda x, t: -x}, "coefficient of control 0 is NaN"),
    ):
        with pytest.raises(erg.NonFiniteError, match=text):
            sample(erg.FeynmanKac([0, 0.5, 1], **(still | change)), start=start, draws=4, chains=1)
    with pytest.raises(erg.NonFiniteError, match="particle 1 of population 0 begins at"):
        sample(erg.FeynmanKac([0, 1], **still), start=np.array([1, np.nan]), draws=2, chains=1)


def test_bad_input() -> None:
    good: dict[str, Any] = {"initial": draw, "drift": lambda x, t: x, "log_weight_rate": lambda x, t: 0.0}
    for times, error in (
        ([0.0], erg.ShapeError),
        (1.0, erg.ShapeError),
        ([[0, 1]], erg.ShapeError),
        ([0, 0], erg.SpecError),
        ([1, 0], erg.SpecError),
        ([0, np.nan], erg.NonFiniteError),
        ([0, np.inf], erg.NonFiniteError),
        ("ab", erg.Error),
        (None, erg.Error),
        ([], erg.ShapeError),
        ([0, 1j], erg.ShapeError),
    ):
        with pytest.raises(error):
            erg.FeynmanKac(times, **good)
    for change, text in (
        ({"drift": 1.0}, "drift: expected a function"),
        ({"drift": lambda: 0}, "drift: expected a function of"),
        ({"initial": 3}, "initial: expected"),
        ({"drift": lambda a, b, c, d: a}, "drift: expected a function of"),
        ({"noise": -1.0}, "noise"),
        ({"noise": np.nan}, "noise"),
        ({"noise": "a"}, "noise"),
        ({"noise": [1.0, 2.0]}, "noise"),
        ({"log_weight_rate": None}, "one of them"),
        ({"log_density": path}, "one of them"),
        ({"controls": lambda x, t: x}, "list of functions"),
        ({"controls": [lambda x, t: x]}, "need the score"),
        ({"potentials": [path]}, "need the score"),
        ({"controls": [1], "score": lambda x, t: x}, r"controls\[0\]"),
        ({"log_weight_rate": lambda x, t, cloud, more: x}, "log_weight_rate"),
    ):
        with pytest.raises(erg.SpecError, match=text):
            erg.FeynmanKac([0, 1], **(good | change))
    wrong: Any = (
        ({"drift": lambda x, t: np.stack([x, x])}, "drift: expected a real number"),
        ({"drift": lambda x, t: 1j * x}, "drift"),
        ({"drift": lambda x, t: "x"}, "drift: expected"),
        ({"drift": lambda x, t: None}, "drift: expected"),
        ({"log_weight_rate": lambda x, t: np.stack([x])}, "log_weight_rate: expected a real number"),
        ({"noise": lambda x, t: np.zeros(3)}, "noise"),
        ({"controls": [lambda x, t: np.zeros(2)], "score": lambda x, t: x}, r"controls\[0\]"),
        ({"initial": lambda key: 1j}, "initial"),
        ({"controls": [lambda x, t: x], "score": lambda x, t: np.zeros(2)}, "score"),
    )
    for change, text in wrong:
        with pytest.raises(erg.ShapeError, match=text):
            sample(erg.FeynmanKac([0, 1], **(good | change)), draws=5)
    with pytest.raises(ZeroDivisionError):
        sample(erg.FeynmanKac([0, 1], **(good | {"drift": lambda x, t: x * (1 / 0)})), draws=5)
    flow = erg.FeynmanKac([0, 1], **good)
    for words, text in (
        ({"space": erg.Real()}, "space"),
        ({"kT": 2.0}, "kT"),
        ({"kT": [1.0, 2.0]}, "kT"),
        ({"sweeps": 3}, "sweeps"),
        ({"every": 2}, "every"),
        ({"draws": 0}, "draws"),
        ({"chains": 0}, "chains"),
        ({"start": "ordered"}, "start"),
        ({"start": np.zeros(3)}, "start"),
        ({"start": np.zeros((5, 2))}, "start"),
        ({"observe": "energy"}, "observe"),
        ({"observe": {"x": lambda x: x}}, "observe"),
        ({"observe": 3}, "observe"),
    ):
        with pytest.raises(erg.SpecError, match=text):
            sample(flow, **({"draws": 5} | words))
    with pytest.raises(erg.SpecError, match="start: expected particles"):
        sample(erg.FeynmanKac([0, 1], **(good | {"initial": None})), draws=5)
    with pytest.raises(erg.SpecError, match="NUTS"):
        erg.sample(flow, erg.NUTS(), draws=5)
    with pytest.raises(erg.SpecError, match="WeightedEuler"):
        erg.sample(lambda x: x**2, erg.WeightedEuler(), space=erg.Real(), draws=5)
    with pytest.raises(erg.SpecError, match="ess"):
        erg.WeightedEuler(ess=-1.0)
