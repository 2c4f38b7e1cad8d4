"""Networks of sites and sequences: probabilities by enumeration, caches against full passes, Boltzmann machines against sums over all states."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ergodica as erg

nn = erg.nn


def shaken(model: Any, scale: float = 0.5, seed: int = 3) -> Any:
    """Parameters moved at random, so that nothing is uniform or zero."""
    rng = np.random.default_rng(seed)
    moved = {}
    for k, v in model.parameters().items():
        noise = rng.normal(size=v.shape) + (1j * rng.normal(size=v.shape) if v.dtype.kind == "c" else 0)
        moved[k] = (v + scale * noise).astype(v.dtype)
    return model.replace(moved)


SITES: dict[str, Callable[[], Any]] = {
    "made": lambda: nn.MADE(4, (-1, 1), [9, 8], seed=0),
    "made of three values": lambda: nn.MADE(3, 3, [12], context=1, seed=0),
    "made of one site": lambda: nn.MADE(1, (0.5, 2.0, -1.0), [4], seed=0),
    "gru": lambda: nn.AutoregressiveGRU(4, 2, 5, seed=0),
    "gru context": lambda: nn.AutoregressiveGRU(3, 3, 4, context=2, seed=0),
    "transformer": lambda: nn.AutoregressiveTransformer(4, (-1, 1), 8, 2, 2, seed=0),
    "transformer context": lambda: nn.AutoregressiveTransformer(3, 3, 4, 1, 2, context=1, seed=0),
}


@pytest.mark.parametrize("name", SITES)
def test_probabilities(name: str) -> None:
    """Probabilities of all states sum to 1, conditional ones are those of the sums, and frequencies of draws are the probabilities (chi-square, false
    alarm 1e-6). Catches: a site that sees itself or what comes after it, a cache that is one place behind, a context left out of the draws."""
    from scipy.stats import chi2

    model = shaken(SITES[name]())
    context = np.linspace(-0.5, 1.0, model.context) if model.context else None
    states = np.array(list(itertools.product(model.values, repeat=model.n)))
    log_p = model.log_probability(states, context)
    p = np.exp(log_p)
    assert abs(np.sum(p) - 1) < 1e-12 and np.std(p) > 0.02
    each = model.conditionals(states, context)
    assert each.shape == (len(states), model.n, len(model.values))
    np.testing.assert_allclose(np.exp(each).sum(-1), 1, rtol=1e-12)
    for k in range(model.n):  # p(s_k | s_<k) from sums of p
        head, longer = ({tuple(s[:m]): 0.0 for s in states} for m in (k, k + 1))
        for s, q in zip(states, p, strict=True):
            head[tuple(s[:k])] += q
            longer[tuple(s[: k + 1])] += q
        want = [[longer[(*s[:k], v)] / head[tuple(s[:k])] for v in model.values] for s in states]
        np.testing.assert_allclose(np.exp(each[:, k]), want, rtol=1e-9)
    n = 8000
    draw = erg.compile(lambda m, key: m.sample_with_log_probability(key, n, context))
    s, log_q = draw(model, erg.random.key(4))
    assert s.dtype == np.array(model.values).dtype
    assert np.array_equal(model.sample(erg.random.key(4), 30, context), s[:30])
    np.testing.assert_allclose(model.log_probability(s, context), log_q, rtol=1e-10, atol=1e-11)
    counts = (s[:, None, :] == states[None]).all(-1).sum(0)
    assert counts.sum() == n
    common = p * n > 5
    statistic = np.sum((counts - n * p)[common] ** 2 / (n * p)[common])
    assert statistic < chi2.isf(1e-6, common.sum() - common.all())
    slopes = erg.grad(lambda m: np.mean(m.log_probability(states, context)))(model).parameters()
    assert all(np.isfinite(g).all() for g in slopes.values())
    small = model.astype("float32")
    s, log_q = small.sample_with_log_probability(erg.random.key(4), 20, context)
    assert log_q.dtype == "float32"
    np.testing.assert_allclose(small.log_probability(s, context), log_q, rtol=1e-3, atol=1e-4)
    with np.errstate(all="ignore"):
        assert np.isnan(model.log_probability(np.full(model.n, 7), context))


def test_starts_uniform() -> None:
    for make in (lambda: nn.MADE(5, 3, seed=0), lambda: nn.AutoregressiveGRU(5, 3, seed=0)):
        np.testing.assert_allclose(make().log_probability(np.array([0, 1, 2, 1, 0])), -5 * np.log(3))


def test_transformer() -> None:
    """A causal one does not see what comes after, one that is not sees all; with a cache, place by place, the full pass comes out, also compiled and
    with symbols, a context and batches of any shape."""
    rng = np.random.default_rng(0)
    model = shaken(nn.Transformer(5, 7, 3, 8, 2, 2, context=2, seed=0), 0.2)
    tokens, c = rng.integers(5, size=(2, 3, 6)), rng.normal(size=(2, 3, 2))
    full = model(tokens, c)
    assert full.shape == (2, 3, 6, 3)
    other = tokens.copy()
    other[..., 4:] = (other[..., 4:] + 1) % 5
    np.testing.assert_allclose(model(other, c)[..., :4, :], full[..., :4, :], rtol=1e-12, atol=1e-13)
    assert np.abs(model(other, c)[..., 4, :] - full[..., 4, :]).min() > 1e-6

    def through(model: Any, tokens: Any) -> Any:
        def one(cache: Any, x: Any) -> Any:
            y, cache = model.step(x[0], cache, x[1], c)
            return cache, y

        return erg.scan(one, model.begin((2, 3)), (np.moveaxis(tokens, -1, 0), np.arange(6)))[1]

    np.testing.assert_allclose(np.moveaxis(erg.compile(through)(model, tokens), 0, -2), full, rtol=1e-11, atol=1e-12)
    both = shaken(nn.Transformer(2, 6, 1, 8, 1, 4, causal=False, vectors=True, seed=0), 0.2)
    J = np.abs(erg.jacobian(lambda x: both(x)[..., 0])(rng.normal(size=(6, 2)))).max(-1)
    assert np.all(J > 1e-9)
    mask = np.eye(6, dtype=bool)
    J = np.abs(erg.jacobian(lambda x: both(x, mask=mask)[..., 0])(rng.normal(size=(6, 2)))).max(-1)
    assert np.array_equal(J > 1e-12, mask)


@pytest.mark.parametrize("causal", [True, False])
def test_padding(causal: bool) -> None:
    """Sentences with padding are those without. Caught: an additive mask of 0 and -inf, taken for False and True; integers of a causal net."""
    net = shaken(nn.Transformer(5, 8, features=8, layers=2, heads=2, causal=causal, seed=0), 0.3)
    x, lengths = np.random.default_rng(0).integers(5, size=(3, 8)), [8, 4, 1]
    pad = np.arange(8) < np.array(lengths)[:, None]
    for mask in (pad[:, None, None], 3 * pad[:, None, None].astype(int)):
        y = net(x, mask=mask)
        for k, n in enumerate(lengths):
            np.testing.assert_allclose(y[k, :n], net(x[k, :n]), rtol=1e-10, atol=1e-12)
    for wrong, word in ((np.where(pad, 0.0, -np.inf)[:, None, None], "bias="), (pad, "None, None"), (pad[:, None], "None, None")):
        with pytest.raises(erg.SpecError, match=word):
            net(x, mask=wrong)


@pytest.mark.parametrize("units", ["spins", "bits"])
def test_boltzmann_machine(units: str) -> None:
    """Free energies and conditional probabilities against sums over all hidden units; block Gibbs sampling leaves p(v) as it is, by the transition
    matrix of its two halves; complex weights go on analytically."""
    model = shaken(nn.RBM(3, 4, units, seed=0), 0.6)
    values = (-1.0, 1.0) if units == "spins" else (0.0, 1.0)
    vs, hs = (np.array(list(itertools.product(values, repeat=n))) for n in (3, 4))
    joint = np.exp(-model.energy(vs[:, None, :], hs[None]))
    np.testing.assert_allclose(model.free_energy(vs), -np.log(joint.sum(1)), rtol=1e-12)
    np.testing.assert_allclose(model(vs), -model.free_energy(vs))
    on = joint @ (hs == 1) / joint.sum(1, keepdims=True)
    np.testing.assert_allclose(model.hidden_given(vs), on, rtol=1e-12)
    np.testing.assert_allclose(model.visible_given(hs), joint.T @ (vs == 1) / joint.sum(0)[:, None], rtol=1e-12)
    chance = lambda p, states: np.prod(np.where(states[None] == 1, p[:, None], 1 - p[:, None]), -1)
    T = chance(model.hidden_given(vs), hs) @ chance(model.visible_given(hs), vs)
    p = joint.sum(1) / joint.sum()
    np.testing.assert_allclose(p @ T, p, rtol=1e-12)
    n = 20_000
    start = np.repeat(vs, np.random.default_rng(1).multinomial(n, p), axis=0)
    v = erg.compile(lambda m, key, v: m.gibbs(key, v, 2))(model, erg.random.key(2), start)
    drawn = (v[:, None] == vs[None]).all(-1).mean(0)
    assert np.all(np.abs(drawn - p) < 4.9 * 2**0.5 * np.sqrt(p * (1 - p) / n))
    z = shaken(nn.RBM(3, 4, units, dtype=complex, seed=0), 0.4)
    u = vs @ z.W.T + z.b
    want = np.exp(vs @ z.a) * np.prod(2 * np.cosh(u) if units == "spins" else 1 + np.exp(u), -1)
    np.testing.assert_allclose(np.exp(z.log_psi(vs)), want, rtol=1e-12)


def test_conditions() -> None:
    """Times, labels and contexts do what joined inputs do; a label of -1 is none; residual layers by hand; features are fixed, not parameters."""
    rng = np.random.default_rng(0)
    x, t, k, c = rng.normal(size=(5, 2)), rng.uniform(size=5), np.array([0, 1, 2, -1, 1]), rng.normal(size=(5, 3))
    m = nn.MLP(2, [6, 6, 6], 2, residual=True, time=4, classes=3, context=3, seed=0)
    p = m.parameters()
    h = x @ p["layers.0.weight"].T + p["layers.0.bias"] + nn.time_features(t, 4) @ p["given.time.weight"].T + c @ p["given.context.weight"].T
    h = np.tanh(h + np.where(k[:, None] < 0, 0, p["given.label.weight"][k]))
    for i in (1, 2):
        h = h + np.tanh(h @ p[f"layers.{i}.weight"].T + p[f"layers.{i}.bias"])
    want = h @ p["layers.3.weight"].T + p["layers.3.bias"]
    np.testing.assert_allclose(m(x, t, k, c), want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(erg.compile(lambda m, x, t: m(x, t, k, c))(m, x, t), want, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(m(x[3], t[3], context=c[3]), want[3], rtol=1e-12)
    alone = nn.MLP(2, [6], 2, time=4, context=3, seed=0)  # without classes a condition, which objectives hand on third, is the context
    assert np.array_equal(alone(x, t, c), alone(x, t, context=c))
    w = np.geomspace(1, 1000, 2)
    np.testing.assert_allclose(nn.time_features(t, 4), np.concatenate([np.cos(t[:, None] * w), np.sin(t[:, None] * w)], 1), rtol=1e-12)
    f = nn.FourierFeatures(2, 3, scale=2.0, seed=1)
    assert f.outputs == 6 and not f.parameters() and f(x.astype("f")).dtype == "float32"
    np.testing.assert_allclose(f(x) ** 2 @ np.tile(np.eye(3), (2, 1)), 1, rtol=1e-12)
    rows = np.array(nn.FourierFeatures(20, 500, scale=2.0, seed=1).rows)
    assert abs(np.var(rows) / 4 - 1) < 4.9 * (2 / rows.size) ** 0.5
    g = nn.PeriodicFeatures(2, 2, 3.0)
    u = 2 * np.pi * x / 3
    np.testing.assert_allclose(g(x), np.concatenate([np.cos(u), np.sin(u), np.cos(2 * u), np.sin(2 * u)], 1), rtol=1e-12, atol=1e-14)
    n = nn.ConvNet(1, [3, 3], 2, (3,), dilation=(1, 2, 1), residual=True, time=2, seed=0)
    y = rng.normal(size=(4, 1, 8))
    a, b, e = n.layers
    weight = n.parameters()["given.time.weight"]
    h = np.tanh(a(y) + (nn.time_features(t[:4], 2) @ weight.T)[..., None])
    np.testing.assert_allclose(n(y, t[:4]), e(h + np.tanh(b(h))), rtol=1e-12)
    energy = nn.EnergyNetwork(2, [6], confine=0.7, seed=0)
    np.testing.assert_allclose(energy(x), energy.net(x)[:, 0] + 0.35 * np.sum(x**2, 1))
    np.testing.assert_allclose(energy.force(x), [-erg.grad(energy)(row) for row in x], rtol=1e-11)


def test_values_of_single_precision_and_contexts_that_do_not_fit() -> None:
    """0.1 of float32 is the value 0.1. Caught: NaN for its own draws, and data of a training refused."""
    model = shaken(nn.MADE(3, (0.1, 0.2, 0.7), [4], dtype="float32", seed=0), 0.3)
    s = model.sample(erg.random.key(1), 20)
    assert np.array_equal(model.log_probability(s.astype("float32")), model.log_probability(s))
    assert np.isnan(model.log_probability(np.full(3, 0.15)))
    assert np.isfinite(erg.learn(erg.MaximumLikelihood(), model, erg.Adam(1e-3), data=s, steps=2, seed=1, progress=False).loss)
    with pytest.raises(erg.ShapeError, match="does not fit a batch"):
        nn.MADE(3, 2, [4], context=2, seed=0).log_probability(np.zeros(3, int), np.zeros((7, 2)))
