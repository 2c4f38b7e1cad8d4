"""Divergences to targets, bounds, contrasts: against closed forms and enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

import ergodica as erg
from test_learn_objectives import agrees, expected


def target(x: Any) -> Any:
    """A skew energy of one coordinate with light tails."""
    return np.sum(0.25 * x**4 + 0.5 * x)


Z, MEAN, SECOND = (quad(lambda x, k=k: x**k * np.exp(-0.25 * x**4 - 0.5 * x), -8, 8, epsabs=1e-13)[0] for k in (0, 1, 2))
MEAN, SECOND = MEAN / Z, SECOND / Z


class Affine:
    """N(m, s^2) as a flow, with m = m0 + p[0], log s = l0 + p[1]."""

    shape = (1,)

    def __init__(self, p: Any, m: float, s: float) -> None:
        self.m, self.log_s = m + p[0], np.log(s) + p[1]

    def log_density(self, x: Any) -> Any:
        z = (x[..., 0] - self.m) * np.exp(-self.log_s)
        return -0.5 * z * z - self.log_s - 0.5 * np.log(2 * np.pi)

    def sample_with_log_density(self, key: Any, n: int) -> Any:
        z = erg.random.normal(key, (n, 1))
        return self.m + np.exp(self.log_s) * z, -0.5 * z[:, 0] ** 2 - self.log_s - 0.5 * np.log(2 * np.pi)


class Frozen(erg.nn.Module):
    """The same as a model of arrays."""

    m: np.ndarray
    log_s: np.ndarray
    shape = (1,)
    log_density = Affine.log_density
    sample_with_log_density = Affine.sample_with_log_density


def of(m: float, s: float) -> Callable[[Any], Any]:
    return lambda p: Frozen(m + p[0], np.log(s) + p[1])


none = lambda key, n: np.zeros((n, 1))


@pytest.mark.parametrize("gradient", ["reparametrised", "path", "log_variance"])
def test_reverse_divergences_have_their_slopes(gradient: str) -> None:
    """Value and slope of KL in closed form, at kT = 2. Caught: kT on the wrong side, a path gradient that keeps the score, n for n - 1 pairs."""
    m, s, kT = 0.3, 0.8, 2.0
    value = -0.5 * (1 + np.log(2 * np.pi)) - np.log(s) + ((m**4 + 6 * m**2 * s**2 + 3 * s**4) / 4 + m / 2) / kT
    slope = [(m**3 + 3 * m * s**2 + 0.5) / kT, -1 + (3 * m**2 * s**2 + 3 * s**4) / kT, 0.0]
    mean, se = expected(erg.ReverseKL(target, kT, samples=512, gradient=gradient), of(m, s), none)
    if gradient != "log_variance":
        agrees(mean[0], se[0], value)
    agrees(mean[1:], se[1:], np.array(slope))


@pytest.mark.parametrize("gradient", ["path", "log_variance"])
def test_gradients_have_no_variance_at_the_target(gradient: str) -> None:
    bowl = lambda x: 0.5 * np.sum((x - 1.0) ** 2) / 0.25
    mean, se = expected(erg.ReverseKL(bowl, samples=64, gradient=gradient), of(1.0, 0.5), none)
    assert np.all(np.abs(mean[1:]) < 1e-13) and np.all(se[1:] < 1e-13)
    _, plain = expected(erg.ReverseKL(bowl, samples=64), of(1.0, 0.5), none)
    assert plain[2] > 1e-3


def test_weights_tell_of_the_target() -> None:
    objective = erg.ReverseKL(target, samples=100_000)
    _, numbers = erg.compile(lambda key: objective.loss(of(-0.4, 0.9)(np.zeros(2)), None, key))(erg.random.key(1))
    q = lambda x: np.exp(-0.5 * ((x + 0.4) / 0.9) ** 2) / 0.9 / np.sqrt(2 * np.pi)
    share = Z**2 / quad(lambda x: np.exp(-0.5 * x**4 - x) / q(x), -8, 8)[0]
    assert numbers["ess"] == pytest.approx(share, rel=0.03)
    assert abs(np.exp(numbers["log_z"]) / Z - 1) < 4.9 * np.sqrt((1 / share - 1) / 100_000)


def test_forward_divergences_have_their_slopes() -> None:
    """With many draws the bias of the weights, of order 1/samples, is below the errors."""
    m, s = -0.4, 1.0
    mean, se = expected(erg.ForwardKL(target, samples=20_000), of(m, s), none)
    value = 0.5 * np.log(2 * np.pi) + np.log(s) + (SECOND - 2 * m * MEAN + m * m) / (2 * s * s)
    slope = [-(MEAN - m) / s**2, 1 - (SECOND - 2 * m * MEAN + m * m) / s**2, 0.0]
    agrees(mean, se, np.array([value, *slope]))


def test_likelihoods_take_weights_and_conditions() -> None:
    x, w = np.random.default_rng(1).normal(size=(50, 1)), np.random.default_rng(2).uniform(size=50)
    model = of(0.2, 0.7)(np.zeros(2))
    log_q = model.log_density(x)
    loss = lambda data: float(erg.compile(lambda: erg.MaximumLikelihood().loss(model, data, None))())
    assert loss(x) == pytest.approx(-log_q.mean(), rel=1e-13)
    assert loss({"x": x, "weight": w}) == pytest.approx(-np.average(log_q, weights=w), rel=1e-13)
    assert loss({"x": x, "log_weight": np.log(w) - 800}) == pytest.approx(-np.average(log_q, weights=w), rel=1e-12)
    flow = erg.nn.CouplingFlow(2, 2, context=1, seed=0)
    c, y = x, np.concatenate([x, x], axis=1)
    found = erg.compile(lambda m: erg.MaximumLikelihood().loss(m, {"x": y, "condition": c}, None))(flow)
    assert found == pytest.approx(-np.mean(flow.log_density(y, c)), rel=1e-12)


class Turning(erg.nn.Module):
    """The field A x + b, whose Jacobian is not symmetric: probes have a variance."""

    A: np.ndarray
    b: np.ndarray

    def __call__(self, x: Any, t: Any, context: Any = None) -> Any:
        return x @ self.A.T + self.b


def test_densities_with_noise_train_without_bias() -> None:
    """Hutchinson's divergence: likelihood and path gradients of a linear field have the means of exact ones. Caught: one probe for all steps."""
    field = Turning(np.array([[0.4, -0.9], [0.2, -0.3]]), np.array([0.5, -0.2]))
    exact, noisy = (erg.nn.ContinuousFlow(2, field=field, steps=4, divergence=d) for d in ("exact", "hutchinson"))
    bowl = lambda x: np.sum((x - 1.0) ** 2) + 0.3 * x[0] * x[1]
    data = np.array([[1.0, 0.3], [-0.5, 2.0], [0.1, 0.2]])
    keys = erg.random.split(erg.random.key(4), 2000)
    path, direct = (erg.ReverseKL(bowl, samples=8, gradient=g) for g in ("path", "reparametrised"))
    for objective, plain in ((erg.MaximumLikelihood(), erg.MaximumLikelihood()), (path, direct)):
        found = []
        for one, flow in ((objective, noisy), (plain, exact)):
            def loss(f: Any, key: Any, one: Any = one) -> Any:
                x = one.loss(f, data, key)
                return x[0] if isinstance(x, tuple) else x

            slopes = erg.compile(lambda f, keys, loss=loss: erg.map(lambda k: erg.grad(loss)(f, k), keys))(flow, keys)
            found.append(np.concatenate([slopes.field.A.reshape(2000, 4), slopes.field.b], axis=1))
        (a, b), error = (x.mean(0) for x in found), sum(x.var(0) for x in found) / 2000
        assert np.all(np.abs(a - b) < 4.9 * np.sqrt(error) + 1e-12), (a, b)
        assert found[0].std(0).max() > 0.1, "without noise nothing is tested"
    fit = erg.learn(erg.MaximumLikelihood(), noisy, erg.LBFGS(), data=data, steps=3, seed=1, progress=False)
    assert len(np.unique(fit.history["loss"])) == 3 and np.isfinite(erg.log_likelihood(fit, data, seed=1)).all()


@pytest.mark.parametrize("composed", [False, True])
def test_densities_of_paths_have_the_mean_of_the_law(composed: bool) -> None:
    """Langevin steps on a bowl off the centre after an affine map: the law is normal, and the mean of the estimates of q(x) is exact whatever the
    steps. Caught: work of the way forth for that of the way back, one key for all steps, a composition that gives no key."""
    h, k, centre, steps = 0.3, 0.4, 0.7, 3
    moves = erg.nn.flows.LangevinSteps(steps, h)
    energy = lambda x: 0.5 * k * np.sum((x - centre) ** 2)
    affine = erg.nn.AutoregressiveFlow(1, 1, [2], seed=0)
    affine = affine.replace({n: v + 0.3 for n, v in affine.parameters().items()})
    flow: Any = erg.nn.StochasticFlow([moves] if composed else [affine, moves], energy, base=affine.base)
    flow = erg.nn.flows.Composition(affine, flow) if composed else flow
    m, log_s = (float(a) for a in (affine.forward(np.zeros((1, 1)))[0][0, 0], affine.forward(np.zeros((1, 1)))[1][0]))
    v = np.exp(2 * log_s)
    for _ in range(steps):
        m, v = m - h * k * (m - centre), (1 - h * k) ** 2 * v + 2 * h
    x = np.array([[-1.0], [0.4], [1.5]])
    keys = erg.random.split(erg.random.key(1), 4000)
    q = np.exp(erg.compile(lambda f, keys: erg.map(lambda key: f.log_density(x, key=key), keys))(flow, keys))
    law = np.exp(-0.5 * (x[:, 0] - m) ** 2 / v) / np.sqrt(2 * np.pi * v)
    assert np.all(np.abs(q.mean(0) - law) < 4.9 * q.std(0) / np.sqrt(4000)) and np.all(q.std(0) < 2 * law)
    y, log_q = flow.sample_with_log_density(erg.random.key(2), 20_000)
    w = np.exp(-0.5 * k * (y[:, 0] - centre) ** 2 - log_q)
    assert abs(w.mean() - np.sqrt(2 * np.pi / k)) < 4.9 * w.std() / np.sqrt(20_000)
    for objective, data in ((erg.MaximumLikelihood(), x), (erg.ForwardKL(energy), None), (erg.ReverseKL(energy), None)):
        assert np.isfinite(erg.learn(objective, flow, erg.Adam(1e-3), data=data, steps=3, seed=1, progress=False).loss)
    assert erg.log_likelihood(flow, x, seed=1).shape == (3,)


# -------------------------------------------------------------------------------------------------------------------- latent variables


class Linear:
    """z ~ N(0, 1), x = w z + noise; q(z|x) = N(slope x, exp(2 log_sd))."""

    w = 1.5

    def __init__(self, p: Any, slope: float, log_sd: float) -> None:
        self.slope, self.log_sd = slope + p[0], log_sd + p[1]

    def encode(self, x: Any) -> Any:
        return self.slope * x, self.log_sd + 0.0 * x

    def log_joint(self, x: Any, z: Any) -> Any:
        return -0.5 * np.sum((x - self.w * z) ** 2 + z**2, axis=1) - np.log(2 * np.pi)


def normal(key: Any, n: int) -> Any:
    return 2.0 * erg.random.normal(key, (n, 1))


def test_bounds_of_a_linear_model() -> None:
    """The bound in closed form, where q is off; at the exact posterior the likelihood itself; importance weighted ones lie between."""
    slope, log_sd, v, w = 0.3, -0.2, 4.0, Linear.w
    joint = 0.5 * ((1 - w * slope) ** 2 * v + slope**2 * v + (1 + w * w) * np.exp(2 * log_sd)) + np.log(2 * np.pi)
    bound = joint - log_sd - 0.5 * (1 + np.log(2 * np.pi))
    slopes = [v * (-w * (1 - w * slope) + slope), (1 + w * w) * np.exp(2 * log_sd) - 1, 0.0]
    off = lambda p: Linear(p, slope, log_sd)
    for objective in (erg.ELBO(), erg.ELBO(4), erg.IWAE(1)):
        mean, se = expected(objective, off, normal)
        agrees(mean, se, np.array([bound, *slopes]))
    exact = 0.5 * v / (1 + w * w) + 0.5 * np.log(2 * np.pi * (1 + w * w))
    best = lambda p: Linear(p, w / (1 + w * w), -0.5 * np.log(1 + w * w))
    for objective in (erg.ELBO(), erg.IWAE(5)):
        mean, se = expected(objective, best, normal)
        agrees(mean, se, np.array([exact, 0, 0, 0]))
    values = [expected(erg.IWAE(k), off, normal, rows=1024)[0][0] for k in (1, 4, 32)]
    assert values[0] > values[1] > values[2] > exact - 0.02


# ----------------------------------------------------------------------------------------------------------------- contrastive divergence

RNG = np.random.default_rng(3)
A, B, W = 0.4 * RNG.normal(size=3), 0.4 * RNG.normal(size=2), 0.4 * RNG.normal(size=(2, 3))
STATES = np.array(list(itertools.product([-1.0, 1.0], repeat=3)))


class Machine(erg.nn.Module):
    """Three visible and two hidden spins."""

    a: np.ndarray
    b: np.ndarray
    W: np.ndarray

    def free_energy(self, v: Any) -> Any:
        return -(v @ self.a) - np.sum(np.log(2 * np.cosh(v @ self.W.T + self.b)), axis=-1)

    def gibbs(self, key: Any, v: Any, steps: int = 1) -> Any:
        def one(v: Any, key: Any) -> Any:
            a, b = erg.random.split(key)
            on = lambda k, u: np.where(erg.random.uniform(k, np.shape(u)) < 1 / (1 + np.exp(-2 * u)), 1.0, -1.0)
            return on(b, on(a, v @ self.W.T + self.b) @ self.W + self.a), None

        return erg.scan(one, v, erg.random.split(key, steps))[0]


def machine(p: Any) -> Machine:
    return Machine(A + np.stack([p[0], 0 * p[0], 0 * p[0]]), B + np.stack([0 * p[1], p[1]]), W + p[2] * np.ones((2, 3)))


def enumerated(weights: np.ndarray, after: int) -> np.ndarray:
    """The slope of <F>_data - <F> after steps of block Gibbs (-1: of the model itself), by the transition matrix."""
    T = np.zeros((8, 8))
    for h in itertools.product([-1.0, 1.0], repeat=2):
        up = np.prod(1 / (1 + np.exp(-2 * np.array(h) * (STATES @ W.T + B))), axis=1)
        down = np.prod(1 / (1 + np.exp(-2 * STATES * (np.array(h) @ W + A))), axis=1)
        T += up[:, None] * down[None, :]
    F = np.array([float(machine(np.zeros(3)).free_energy(v)) for v in STATES])
    p = np.exp(-F) / np.exp(-F).sum()
    np.testing.assert_allclose(p @ T, p, rtol=1e-12)
    end = p if after < 0 else weights @ np.linalg.matrix_power(T, after)
    slopes = np.array([np.array(erg.grad(lambda q, v=v: machine(q).free_energy(v))(np.zeros(3))) for v in STATES])
    return (weights - end) @ slopes


SHARES = np.array([0.05, 0.1, 0.3, 0.02, 0.2, 0.13, 0.05, 0.15])


def observed(key: Any, n: int) -> Any:
    return np.take(STATES, erg.random.categorical(key, np.log(SHARES), shape=(n,)), axis=0)


@pytest.mark.parametrize("steps", [1, 3])
def test_contrastive_divergence_is_that_of_its_chain(steps: int) -> None:
    """Against the enumerated chain of k steps. Caught: a step too many, a gradient through the chain, the sign."""
    mean, se = expected(erg.ContrastiveDivergence(steps), machine, observed)
    agrees(mean[1:], se[1:], enumerated(SHARES, steps))


def test_persistent_chains_give_the_slope_of_the_likelihood() -> None:
    objective = erg.PersistentCD(np.ones((2048, 3)), steps=60)

    class Started:
        def loss(self, model: Any, batch: Any, key: Any) -> Any:
            return objective.loss(model, batch, key, objective.memory(model, key))

    mean, se = expected(Started(), machine, observed)
    agrees(mean[1:], se[1:], enumerated(SHARES, -1))


def test_persistent_chains_go_on_after_a_cut() -> None:
    data = STATES[[0, 2, 2, 4, 4, 5, 7, 2]]
    objective = erg.PersistentCD(np.ones((16, 3)), steps=2, restart=0.1)
    start = Machine(A, B, W)
    common: dict[str, Any] = {"data": data, "batch": 4, "progress": False}
    whole = erg.learn(objective, start, erg.SGD(0.05), steps=30, seed=1, **common)
    half = erg.learn(objective, start, erg.SGD(0.05), steps=12, seed=1, **common)
    rest = erg.learn(objective, half, steps=18, **common)
    assert all(np.array_equal(x, whole.model.parameters()[n]) for n, x in rest.model.parameters().items())


def test_langevin_chains_have_their_stationary_law() -> None:
    """x' = x - h k x + sqrt(2 h) noise: variance 1 / (k (1 - h k / 2))."""
    k, h = 2.0, 0.1
    objective = erg.PersistentCD(np.zeros((40_000, 1)), steps=60, step_size=h)
    energy = lambda x: 0.5 * k * np.sum(x * x, axis=1)
    x = np.array(erg.compile(lambda key: objective.moved(energy, np.zeros((40_000, 1)), key))(erg.random.key(1)))
    v = 1 / (k * (1 - h * k / 2))
    assert abs(x.var() / v - 1) < 4.9 * np.sqrt(2 / 40_000) and abs(x.mean()) < 4.9 * np.sqrt(v / 40_000)
    own = erg.ContrastiveDivergence(3, kernel=lambda model, x, key: x + 1.0)
    assert np.array_equal(erg.compile(lambda key: own.moved(energy, np.zeros((2, 1)), key))(erg.random.key(1)), np.full((2, 1), 3.0))


@pytest.mark.parametrize("ratio", [1, 3])
def test_noise_contrasts_are_least_at_the_normalised_density(ratio: int) -> None:
    """Gumbel's law against N(0.5, 1.5^2); and the value where data are noise. Caught: nu missing from G or from the noise's term."""
    noise = of(0.5, 1.5)(np.zeros(2))
    noise.__dict__["sample"] = lambda key, n: noise.sample_with_log_density(key, n)[0]
    energy = lambda p: lambda x: x[:, 0] + np.exp(-x[:, 0]) + p[0] + p[1] * x[:, 0] + p[2] * x[:, 0] ** 2
    mean, se = expected(erg.NCE(noise, ratio), energy, lambda key, n: erg.random.gumbel(key, (n, 1)))
    agrees(mean[1:], se[1:], np.zeros(3))
    alike = lambda p: lambda x: -noise.log_density(x) + p[0] + p[1] * x[:, 0] + p[2] * x[:, 0] ** 2
    mean, se = expected(erg.NCE(noise, ratio), alike, noise.sample)
    agrees(mean, se, np.array([(1 + ratio) * np.log(1 + ratio) - ratio * np.log(ratio), 0, 0, 0]))


# ------------------------------------------------------------------------------------------------------------- corrections by erg.sample


MOMENTS = {"m": lambda x: x[0], "m2": lambda x: x[0] ** 2}


def test_independent_proposals_have_exact_means() -> None:
    """A skew target at another temperature. Caught: q(x) and q(y) exchanged, a density without its scale."""
    proposed = erg.Proposed(target, Frozen(np.array(0.4), np.array(0.3)))
    for kT in (1.0, 1.7):
        z, m, m2 = (quad(lambda x, k=k, kT=kT: x**k * np.exp(-(0.25 * x**4 + 0.5 * x) / kT), -8, 8)[0] for k in (0, 1, 2))
        run = erg.sample(proposed, erg.Independence(steps=4), kT=kT, draws=4000, warmup=10, observe=MOMENTS, seed=3, progress=False)
        for name, exact in (("m", m / z), ("m2", m2 / z)):
            e = run.estimate(name)
            assert abs(e.value - exact) < 4.9 * e.se and e.se < 0.02
    perfect = erg.Proposed(lambda x: 0.5 * np.sum((x - 0.4) ** 2) * np.exp(-0.6), Frozen(np.array(0.4), np.array(0.3)))
    run = erg.sample(perfect, erg.Independence(), draws=50, warmup=0, seed=1, progress=False)
    assert np.min(run["acceptance"][:, 1:]) > 1 - 1e-12


def test_discrete_sites_have_divergences_and_likelihoods() -> None:
    """Against all states of a skew ring: its log Z, its law; and of data their frequencies."""
    states = np.array([[1 - 2 * (k >> i & 1) for i in range(5)] for k in range(32)])
    energy = lambda s: -np.sum(s * np.roll(s, 1)) - np.sum(s * np.array([0.4, -0.2, 0.1, 0.0, 0.3]))
    p = np.exp(-np.array([energy(s) for s in states]) / 1.5)
    objective = erg.ReverseKL(energy, kT=1.5, gradient="log_variance")
    fit = erg.learn(objective, erg.nn.MADE(5, (-1, 1), hidden=[32], seed=0), erg.Adam(1e-2), steps=600, seed=1, progress=False)
    np.testing.assert_allclose(np.exp(fit.model.log_probability(states)), p / p.sum(), atol=0.01)
    assert abs(fit.history["log_z"][-50:].mean() - np.log(p.sum())) < 0.003
    data = states[np.random.default_rng(1).choice(32, 4000, p=p / p.sum())]
    fit = erg.learn(erg.MaximumLikelihood(), fit, erg.Adam(1e-2), data=data, batch=500, steps=100, seed=2, progress=False)
    x, log_q = erg.generate(fit, 1000, log_density=True, seed=1)
    assert np.allclose(erg.log_likelihood(fit, x), log_q) and abs(-fit.loss - np.sum(p * np.log(p / p.sum())) / p.sum()) < 0.1


@pytest.mark.parametrize("space", [erg.Positive(1), erg.Interval(0.0, 4.0, 1), erg.Torus(1)], ids=repr)
def test_independent_proposals_on_other_spaces(space: Any) -> None:
    """A uniform proposal on a part of the space: exact means there need the map's Jacobian, on both sides."""
    low, high = (0.5, 2.5) if not isinstance(space, erg.Torus) else (-np.pi, np.pi)
    flow = Box(low, high)
    energy = lambda x: np.sum(np.cos(x) + 0.3 * np.where(x < low, np.inf, np.where(x > high, np.inf, 0.0)))
    z, m = (quad(lambda x, k=k: np.sin(x) ** k * np.exp(-np.cos(x)), low, high)[0] for k in (0, 1))
    m2 = quad(lambda x: np.cos(x) * np.exp(-np.cos(x)), low, high)[0]
    run = erg.sample(erg.Proposed(energy, flow, space), erg.Independence(), draws=2000, warmup=0, seed=2, progress=False, start=np.array([1.0]),
                     observe={"s": lambda x: np.sin(x[0]), "c": lambda x: np.cos(x[0])})  # fmt: skip
    for name, exact in (("s", m / z), ("c", m2 / z)):
        e = run.estimate(name)
        assert abs(e.value - exact) < 4.9 * e.se and e.se < 0.02


class Box:
    """Uniform on an interval."""

    shape = (1,)

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def log_density(self, x: Any) -> Any:
        inside = (x[..., 0] >= self.low) & (x[..., 0] <= self.high)
        return np.where(inside, -np.log(self.high - self.low), -np.inf)

    def sample_with_log_density(self, key: Any, n: int) -> Any:
        x = erg.random.uniform(key, (n, 1), minval=self.low, maxval=self.high)
        return x, self.log_density(x)


def test_proposals_keep_their_promises(tmp_path: Any) -> None:
    proposed = erg.Proposed(target, erg.nn.CouplingFlow(2, 2, seed=1), erg.Real(2))
    ask: dict[str, Any] = {"warmup": 20, "seed": 5, "progress": False, "chains": 3}
    a = erg.sample(proposed, erg.Independence(), draws=40, threads=1, **ask)["x"]
    assert np.array_equal(erg.sample(proposed, erg.Independence(), draws=40, threads=2, **ask)["x"], a)
    assert np.array_equal(erg.sample(proposed, erg.Independence(), draws=15, **ask)["x"], a[:, :15])
    path = tmp_path / "c.ckpt"
    job = erg.sample(proposed, erg.Independence(), draws=40, checkpoint=path, wait=False, **ask)
    job.cancel()
    job.result(30)
    assert np.array_equal(erg.sample(proposed, erg.Independence(), draws=40, checkpoint=path, **ask)["x"], a)


def test_a_trained_velocity_proposes() -> None:
    """Whatever its quality: the moments of a skew target, and of its weights the mean Z."""
    data = np.random.default_rng(1).normal(size=(2000, 1)) * 0.9 - 0.3
    start = erg.nn.flows.Velocity(1, [16], seed=0)
    fit = erg.learn(erg.FlowMatching(), start, erg.Adam(1e-2), data=data, batch=200, steps=200, seed=1, progress=False)
    flow = erg.nn.ContinuousFlow(1, field=fit.model)
    z, m = (quad(lambda x, k=k: x**k * np.exp(-(0.25 * x**4 + 0.5 * x)), -8, 8)[0] for k in (0, 1))
    run = erg.sample(erg.Proposed(target, flow), erg.Independence(steps=4), draws=2000, warmup=10, observe=MOMENTS, seed=3, progress=False)
    e = run.estimate("m")
    assert abs(e.value - m / z) < 4.9 * e.se and e.se < 0.02
    x, log_q = erg.generate(flow, 4000, log_density=True, seed=1)
    w = np.exp(-(0.25 * x**4 + 0.5 * x)[:, 0] - log_q)
    assert abs(w.mean() - z) < 4.9 * w.std() / np.sqrt(4000) and w.std() < 0.5 * z


def test_populations_begin_from_a_flow() -> None:
    """Annealed from the flow; its weights' mean is Z without bias, whatever the flow is."""
    proposed = erg.Proposed(target, Frozen(np.array(-0.3), np.array(0.1)))
    run = erg.sample(proposed, erg.AnnealedImportanceSampling(steps=2, kernel=erg.RandomWalk(steps=1)), draws=500, chains=8, seed=2, progress=False)
    z = np.exp(run["log_evidence"])
    assert abs(z.mean() - Z) < 5.5 * z.std(ddof=1) / np.sqrt(8) + 1e-9 and z.std() < 0.1 * Z
    again = erg.sample(proposed, erg.SMC(kernel=erg.RandomWalk(steps=1)), draws=300, chains=4, seed=2, progress=False)
    e = again.log_evidence
    assert abs(e.value - np.log(Z)) < 6 * e.se + 0.02


NOISY = erg.nn.ContinuousFlow(2, divergence="hutchinson", seed=0)
FLOW, POINTS = erg.nn.CouplingFlow(2, 2, seed=0), np.ones((4, 2))


class Column(erg.nn.Module):
    """Log densities that are columns (n, 1): beside rows (n,) they would be n^2 numbers, in silence."""

    a: np.ndarray

    def log_density(self, x: Any) -> Any:
        return -0.5 * np.sum((x - self.a) ** 2, axis=1, keepdims=True)

    def sample(self, key: Any, n: int) -> Any:
        return self.a + erg.random.normal(key, (n, 2))

    def sample_with_log_density(self, key: Any, n: int) -> Any:
        x = self.sample(key, n)
        return x, self.log_density(x)


COLUMN = Column(np.zeros(2))
WALKS = erg.nn.StochasticFlow([erg.nn.CouplingFlow(2, 2, seed=0), erg.nn.flows.MetropolisSteps(2, 0.5)], lambda x: np.sum(x**2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erg.ReverseKL(3.0), "energy"),
        (lambda: erg.ReverseKL(target, kT=0.0), "kT"),
        (lambda: erg.ReverseKL(target, samples=1), "samples"),
        (lambda: erg.ReverseKL(target, gradient="score"), "gradient"),
        (lambda: erg.ForwardKL(target, kT=np.inf * 0), "kT"),
        (lambda: erg.ELBO(0), "samples"),
        (lambda: erg.IWAE(2.5), "samples"),
        (lambda: erg.ContrastiveDivergence(0), "steps"),
        (lambda: erg.ContrastiveDivergence(kernel="metropolis"), "kernel"),
        (lambda: erg.ContrastiveDivergence(step_size=-1.0), "step_size"),
        (lambda: erg.PersistentCD(np.ones(3)), "start"),
        (lambda: erg.PersistentCD(np.full((3, 1), np.nan)), "start"),
        (lambda: erg.PersistentCD(np.ones((3, 1)), restart=2.0), "restart"),
        (lambda: erg.NCE(erg.nn.MLP(1, [2], 1, seed=0)), "sample"),
        (lambda: erg.NCE(erg.nn.flows.Normal((1,)), ratio=0), "ratio"),
        (lambda: erg.learn(erg.ReverseKL(target), erg.nn.MLP(1, [2], 1, seed=0), steps=2, progress=False), "as flows have"),
        (lambda: erg.learn(erg.ReverseKL(lambda x: x), erg.nn.CouplingFlow(2, 2, seed=0), steps=2, progress=False), "real number for one x"),
        (lambda: erg.learn(erg.ReverseKL(lambda x: np.sum(x * x, axis=1)), erg.nn.CouplingFlow(2, 2, seed=0), steps=2, progress=False), "of one x"),
        (lambda: erg.learn(erg.ReverseKL(lambda x: x[:, 0] ** 2), erg.nn.CouplingFlow(2, 2, seed=0), steps=2, progress=False), "of one x"),
        (lambda: erg.learn(erg.MaximumLikelihood(), erg.nn.MADE(2, seed=0), data=np.array([[0, 1], [2, 0]]), progress=False), r"\(0, 1\), .* got 2"),
        (lambda: erg.learn(erg.FlowMatching(), erg.nn.flows.Velocity(2, seed=0), data=np.ones((4, 3)), progress=False), "Velocity: expected 2 along"),
        (lambda: erg.learn(erg.MaximumLikelihood(), erg.nn.CouplingFlow(2, 2, seed=0), data={"y": np.ones((3, 2))}, progress=False), "with x"),
        (lambda: erg.learn(erg.ELBO(), erg.nn.CouplingFlow(2, 2, seed=0), data=np.ones((3, 2)), steps=2, progress=False), "encode"),
        (lambda: erg.learn(erg.PersistentCD(np.ones((4, 2))), Machine(A, B, W), data=STATES, steps=2, progress=False), "start"),
        (lambda: erg.learn(erg.ContrastiveDivergence(kernel="gibbs"), erg.nn.MLP(3, [2], 1, seed=0), data=STATES, steps=2, progress=False), "gibbs"),
        (lambda: erg.sample(target, erg.Independence(), space=erg.Real(1), progress=False), "Proposed"),
        (lambda: erg.sample(erg.Proposed(target, Frozen(np.array(0.0), np.array(0.0))), erg.Independence(steps=0), progress=False), "steps"),
        (lambda: erg.Proposed(target, erg.nn.MLP(1, [2], 1, seed=0)), "flow"),
        (lambda: erg.learn(erg.ReverseKL(target), erg.nn.MADE(2, seed=0), steps=2, progress=False), "log_variance"),
        (lambda: erg.learn(erg.ReverseKL(target, gradient="path"), erg.nn.MADE(2, seed=0), steps=2, progress=False), "log_variance"),
        (lambda: erg.Proposed(target, erg.nn.MADE(2, seed=0)), "flow"),
        (lambda: erg.learn(erg.MaximumLikelihood(), FLOW, data={"x": POINTS, "weight": np.ones((4, 1))}, steps=2, progress=False), "rows, shape"),
        (lambda: erg.learn(erg.MaximumLikelihood(), FLOW, data={"x": POINTS, "log_weight": POINTS}, steps=2, progress=False), "log_weight: "),
        (lambda: erg.learn(erg.MaximumLikelihood(), COLUMN, data=POINTS, steps=2, progress=False), "log_density: "),
        (lambda: erg.learn(erg.ReverseKL(target, gradient="log_variance"), COLUMN, steps=2, progress=False), "log_density: "),
        (lambda: erg.learn(erg.ForwardKL(target), COLUMN, steps=2, progress=False), "log_density: "),
        (lambda: erg.learn(erg.NCE(COLUMN), erg.nn.EnergyNetwork(2, [3], seed=0), data=POINTS, steps=2, progress=False), "log_density: "),
        (lambda: erg.learn(erg.MaximumLikelihood(), erg.nn.SplineFlow(2, domain="cube"), data=2 * POINTS, progress=False), "the cube"),
        (lambda: erg.learn(erg.ContrastiveDivergence(), erg.nn.RBM(2), data=np.eye(2), progress=False), "units='bits'"),
        (lambda: erg.learn(erg.PersistentCD(-POINTS), erg.nn.RBM(2, units="bits"), data=-POINTS, progress=False), "units='spins'"),
        (lambda: erg.Proposed(target, NOISY), "exact densities"),
        (lambda: erg.NCE(NOISY), "with noise"),
        (lambda: erg.learn(erg.ForwardKL(target), NOISY, steps=2, progress=False), "with noise"),
        (lambda: erg.learn(erg.ReverseKL(target, gradient="log_variance"), NOISY, steps=2, progress=False), "reparametrised"),
        (lambda: erg.learn(erg.ReverseKL(target, gradient="path"), WALKS, steps=2, progress=False), "of a path"),
        (lambda: erg.Proposed(target, erg.nn.flows.Velocity(2, seed=0)), r"ContinuousFlow\(n, field=model\)"),
        (lambda: erg.Proposed(3.0, erg.nn.CouplingFlow(2, 2, seed=0)), "energy"),
        (lambda: erg.Proposed(target, erg.nn.CouplingFlow(2, 2, seed=0), erg.Real(3)), "shape"),
    ],
)
def test_what_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises((erg.SpecError, erg.ShapeError), match=message):
        call()
