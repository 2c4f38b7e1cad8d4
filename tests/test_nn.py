"""Layers against PyTorch's (tests/pytorch/fixtures.json), initialisers, files, text, bad input."""

from __future__ import annotations

import copy
import functools
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy import array
from scipy.special import logsumexp, softmax

import ergodica as erg

nn = erg.nn
CASES = json.loads((Path(__file__).parent / "pytorch" / "fixtures.json").read_text())["cases"]
LAYERS: dict[str, Any] = {
    "linear": lambda: nn.Linear(4, 3, seed=0),
    "linear_no_bias": lambda: nn.Linear(4, 3, bias=False, seed=0),
    "mlp": lambda: nn.MLP(4, [6, 5], 2, seed=0),
    "embedding": lambda: nn.Embedding(6, 3, seed=0),
    "layer_norm": lambda: nn.LayerNorm(4),
    "rms_norm": lambda: nn.RMSNorm(4),
    "conv": lambda: nn.Conv(4, 6, (3, 2), stride=(2, 1), padding=((1, 1), (0, 0)), dilation=(1, 2), groups=2, seed=0),
    "conv_periodic": lambda: nn.Conv(4, 3, (3, 3), padding="periodic", seed=0),
    "conv_line": lambda: nn.Conv(4, 2, (3,), bias=False, seed=0),
    "conv_transposed": lambda: nn.Conv(4, 6, (3, 3), stride=2, padding=1, groups=2, transposed=True, seed=0),
    "attention": lambda: nn.MultiHeadAttention(4, 2, seed=0),
    "gru": lambda: nn.GRU(4, 3, seed=0),
    "transformer_block": lambda: nn.TransformerBlock(4, 2, 9, seed=0),
}
FUNCTIONS: dict[str, Any] = {
    **{k: getattr(nn, k) for k in ("leaky_relu", "elu", "sigmoid", "silu", "softplus", "gelu", "softmax", "log_softmax")},
    "gelu_tanh": lambda x: nn.gelu(x, approximate=True),
}


def close(a: Any, b: Any, name: str) -> None:
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_against_torch(name: str) -> None:
    """Value and all gradients to 1e-12, on arrays and compiled."""
    case = CASES[name]
    xs = [np.array(x) for x in case["inputs"]]
    model = FUNCTIONS.get(name)
    if model is None:
        model = LAYERS[name if name in LAYERS else "attention"]().replace({k: np.array(v) for k, v in case["weights"].items()})
    options: dict[str, Any] = {}
    if name in ("attention_causal", "transformer_block"):
        options["mask"] = np.tri(5, dtype=bool)
    if name == "attention_bias":
        options["bias"] = np.array(case["bias"])
    call: Any = (lambda m, *x: m(*x, **options)) if name in LAYERS or "attention" in name else (lambda m, *x: model(*x))
    if name == "gru":
        call = lambda m, *x: m(*x)[0]
    want = np.array(case["output"])
    close(call(model, *xs), want, name)
    close(erg.compile(lambda m, xs: call(m, *xs))(model if isinstance(model, nn.Module) else None, xs), want, name)
    weights = np.cos(np.arange(want.size)).reshape(want.shape)

    def loss(m: Any, smooth: Any) -> Any:
        return np.sum(call(m, *(smooth if smooth else xs)) * weights)

    smooth = xs if all(x.dtype.kind == "f" for x in xs) else []
    if smooth:
        for g, h in zip(erg.grad(lambda s: loss(model, s))(smooth), case["input_gradients"], strict=True):
            close(g, h, name)
    if case["weights"]:
        slopes = erg.grad(lambda m: loss(m, smooth))(model).parameters()
        assert slopes.keys() == case["weight_gradients"].keys()
        for k, g in case["weight_gradients"].items():
            close(slopes[k], g, f"{name} {k}")


def test_initialisers() -> None:
    """Variances to 4.9 standard errors (planted: a factor sqrt 2), orthogonality, bounds; the same seed gives the same model."""
    key, shape = erg.random.key(1), (400, 300)
    i = nn.initialisers
    by_fan = [(i.lecun, 1 / 300), (i.he, 2 / 300), (i.glorot, 2 / 700), (i.variance(1, "fan_out"), 1 / 400)]
    for init, want in [*by_fan, (i.normal(0.3), 0.09), (i.uniform(0.3), 0.03)]:
        for dtype in ("float64", "float32", "complex128"):
            w = init(key, shape, dtype)
            assert w.dtype == dtype and w.shape == shape
            v = np.mean(np.abs(w) ** 2)
            assert abs(v / want - 1) < 4.9 * (2 / w.size) ** 0.5 < abs(v / want - 2**0.5), init
    for s in [(3, 8), (8, 3), (4, 2, 5)]:
        w = i.orthogonal(2.0)(key, s, float).reshape(s[0], -1)
        close(w @ w.T if s[0] <= w.shape[1] else w.T @ w, 4 * np.eye(min(w.shape)), "orthogonal")
    u = i.orthogonal()(key, (4, 4), complex)
    close(u @ u.conj().T, np.eye(4), "unitary")
    a, b, c = (nn.MLP(3, [4, 4], 2, seed=s) for s in (7, 7, 8))
    same = [(x == y).all() for x, y in zip(a.parameters().values(), b.parameters().values(), strict=True)]
    other = [(x == y).any() for x, y in zip(a.parameters().values(), c.parameters().values(), strict=True)]
    assert all(same) and not any(other)
    assert not (a.layers[1].weight[:, :3] == a.layers[0].weight).any()
    assert (nn.Linear(3, 3, seed=erg.random.key(5)).weight == nn.Linear(3, 3, seed=5).weight).all()
    assert (nn.Linear(3, 3).weight != nn.Linear(3, 3).weight).any()


class Scaled(nn.Module):
    """A layer of a user's own."""

    inner: list[nn.Linear]
    scales: dict[str, np.ndarray]
    power: float = 2.0
    name: str = "mine"

    def __call__(self, x: Any) -> Any:
        for f in self.inner:
            x = np.abs(f(x)) ** self.power * self.scales["a"]
        return x


def test_own_modules(tmp_path: Path) -> None:
    """Numbers are settings, arrays in lists and dicts are parameters; copies, pickles, files and dtypes keep them."""
    m = Scaled([nn.Linear(2, 3, seed=0), nn.Linear(3, 1, seed=1)], {"a": np.array(0.5)})
    names = ["inner.0.weight", "inner.0.bias", "inner.1.weight", "inner.1.bias", "scales.a"]
    assert list(m.parameters()) == names and m.count == 14
    g = erg.grad(lambda m, x: np.sum(m(x)))(m, np.ones((4, 2)))
    assert isinstance(g, Scaled) and g.power == 2.0 and g.scales["a"].shape == ()
    c = erg.compile(lambda m, x: m(x))
    x = np.ones((4, 2))
    first = c(m, x)
    close(first, m(x), "compiled")
    m3 = Scaled(m.inner, m.scales, power=3.0)
    close(c(m3, x), m3(x), "another setting is another program")
    close(c(m, x), first, "and back")
    path = tmp_path / "m.safetensors"
    m.save(path, {"note": "hello"})
    fresh = Scaled([nn.Linear(2, 3, seed=5), nn.Linear(3, 1, seed=6)], {"a": np.array(0.1)})
    for other in (fresh.load(path), pickle.loads(pickle.dumps(m)), m.copy()):
        assert all((a == b).all() for a, b in zip(m.parameters().values(), other.parameters().values(), strict=True))
    assert m.copy().inner[0].weight is not m.inner[0].weight
    small = m.astype("float32")
    assert small(x.astype("float32")).dtype == "float32" and small.power == 2.0
    assert erg.vmap(lambda m, x: m(x), in_axes=(None, 0))(m, np.ones((7, 4, 2))).shape == (7, 4, 1)
    text = repr(m)
    assert "# 14 parameters" in text and "inner[1]: Linear(weight=float64[1, 3], bias=float64[1])" in text and "power=2.0" in text


class Even(nn.MLP):
    """Declares nothing: it is made as an MLP is."""

    def __call__(self, x: Any, *given: Any, **named: Any) -> Any:
        return super().__call__(x, *given, **named) + super().__call__(-x, *given, **named)


class Wider(Even):
    scale: float

    def __init__(self, scale: float, *rest: Any, **options: Any) -> None:
        super().__init__(*rest, **options)
        self.scale = scale


def test_models_are_inherited() -> None:
    plain, x = nn.MLP(2, [4], 1, seed=3), np.array([[0.5, -1.0]])
    for model in (Even(2, [4], 1, seed=3), Wider(2.0, 2, [4], 1, seed=3)):
        assert list(model.parameters()) == list(plain.parameters())
        np.testing.assert_allclose(model(x), plain(x) + plain(-x))
        np.testing.assert_allclose(erg.compile(lambda m, x: m(x))(model, x), model(x))


def test_bad_input(tmp_path: Path) -> None:
    class Forgets(nn.Module):
        a: np.ndarray

        def __init__(self) -> None:
            self.a = np.zeros(2)
            self.b = np.zeros(2)

    class Lacks(nn.Module):
        a: np.ndarray

        def __init__(self) -> None:
            pass

    m = nn.Linear(2, 3, seed=0)
    m.save(tmp_path / "x.safetensors")
    for call, match in [
        (Forgets, "b: np.ndarray"), (Lacks, "has not set a"), (lambda: nn.Linear(0, 1), "at least 1"), (lambda: nn.Linear(2.5, 1), "at least 1"),
        (lambda: nn.Linear(2, 1, dtype=int), "dtype must be"), (lambda: nn.MLP(2, 64, 1), r"\[64, 64\]"),
        (lambda: nn.MLP(2, [4], 1, activation="tan"), "none of"),
        (lambda: m(np.zeros((4, 3))), "expected 2 along the last axis"), (lambda: m(1.0), "last axis"),
        (lambda: nn.MultiHeadAttention(4, 3), "do not divide"),
        (lambda: m.replace({"w": np.zeros(2)}), "It has weight, bias"), (lambda: m.replace({"bias": np.zeros(2)}), "expected shape"),
        (lambda: nn.LayerNorm(3).load(tmp_path / "x.safetensors"), "expected shape"),
        (lambda: nn.MLP(2, [], 3).load(tmp_path / "x.safetensors"), "lacks"),
        (lambda: nn.Embedding(3, 2, seed=0)(np.zeros(2)), "expected integers"), (lambda: nn.Sequential(3), "no function"),
        (lambda: m.astype(int), "float or complex"),
        (lambda: nn.initialisers.orthogonal()(erg.random.key(0), (3,)), "two axes"), (lambda: nn.initialisers.variance(mode="fan"), "fan_in"),
        (lambda: nn.Linear(2, 1, seed="a"), "integer seed"), (lambda: nn.Conv(2, 4, 3), r"such as \(3, 3\)"),
        (lambda: nn.MLP(2, [4, 5], 1, residual=True), "of one width"), (lambda: nn.MLP(2, [4], 1, embed=3), "width as outputs"),
        (lambda: nn.MLP(2, [4], 1, time=3), "even number"), (lambda: nn.MLP(2, [4], 1)(np.zeros(2), 0.5), "without time"),
        (lambda: nn.MLP(2, [4], 1, time=2)(np.zeros(2)), "expected t"), (lambda: nn.MLP(2, [4], 1, classes=2)(np.zeros(2), label=0.5), "integers"),
        (lambda: nn.MLP(2, [4], 1, context=2)(np.zeros(2), context=np.zeros(3)), "expected 2 along"),
        (lambda: nn.MLP(2, [4], 1, time=2)(np.zeros((5, 2)), np.zeros((5, 1))), "for rows of shape"),
        (lambda: nn.MLP(2, [4], 1, classes=2)(np.zeros((5, 2)), label=np.zeros(3, int)), "for rows of shape"),
        (lambda: nn.flows.Velocity(2)(np.zeros((5, 2)), np.zeros((5, 1))), "for rows of shape"),
        (lambda: nn.FourierFeatures(2, 4, scale=-1.0), "above 0"), (lambda: nn.PeriodicFeatures(2, period=float("inf")), "above 0"),
        (lambda: nn.PeriodicFeatures(2)(np.zeros(3)), "expected 2 along"), (lambda: nn.time_features(np.zeros(2), 3), "even number"),
        (lambda: nn.ConvNet(1, [4], 1, dilation=[1]), "each of 2 layers"), (lambda: nn.ConvNet(1, [4, 3], 1, residual=True), "of one width"),
        (lambda: nn.ConvNet(1, [4], 1, context=1)(np.zeros((1, 4, 4)), context=np.zeros((5, 1))), "conditions of shape"),
        (lambda: nn.GRU(2, 3)(np.zeros(2)), r"\(\.\.\., n, inputs\)"), (lambda: nn.Transformer(3, 4, features=6, heads=4), "do not divide"),
        (lambda: nn.Transformer(3, 4, features=4, layers=1)(np.zeros((2, 5), int)), "1 to 4 places"),
        (lambda: nn.Transformer(3, 4, features=4, layers=1, causal=False).step(0, [], 0), "causal=True"),
        (lambda: nn.Transformer(3, 4, features=4, layers=1, context=1)(np.zeros(4, int)), "its context of 1"),
        (lambda: nn.MADE(3, 1), "at least 2"), (lambda: nn.MADE(3, (1, 1)), "different values"), (lambda: nn.MADE(3, "ab"), "different values"),
        (lambda: nn.MADE(3).log_probability(np.zeros(2)), "expected 3 sites"),
        (lambda: nn.MADE(3, context=1).sample(erg.random.key(0), 2), "needs its"),
        (lambda: nn.MADE(3).sample(erg.random.key(0), 0), "at least 1"), (lambda: nn.RBM(3, units="x"), "spins"),
        (lambda: nn.RBM(3, dtype=complex).hidden_given(np.ones(3)), "no probabilities"), (lambda: nn.RBM(3)(np.ones(4)), "expected 3 along"),
        (lambda: nn.RBM(3).gibbs(erg.random.key(0), np.ones(3), steps=0), "at least 1"), (lambda: nn.EnergyNetwork(2, confine=-1), "at least 0"),
        (lambda: nn.Conv(2, 4, (3,), groups=3), "do not divide"), (lambda: nn.Conv(2, 4, (3, 3), seed=0)(np.zeros((3, 8, 8))), "expected"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=match):
            call()
    assert nn.softmax(np.zeros((2, 3)), where=np.zeros((2, 3), bool)).tolist() == [[0, 0, 0], [0, 0, 0]]
    with np.errstate(all="ignore"):
        assert np.isfinite(nn.log_cosh(np.array([800.0, -800.0, 0.0]))).all()


def test_torch_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyTorch its functions say how to get it."""
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ImportError, match="pip install torch"):
        erg.torch.function(np.sin)


GENERATOR = np.random.default_rng(1)


def shares(x: Any) -> Any:
    """An activation."""
    return softmax(x, axis=-1) + logsumexp(array([x[..., 0], x[..., 1]]), axis=0)[..., None]


class Chosen(nn.Module):
    """Layers of functions that it was given."""

    w: np.ndarray
    bend: Any
    each: dict[str, list[Any]]

    def __call__(self, x: Any) -> Any:
        return self.each["last"][0](self.bend(x @ self.w))


def test_functions_that_models_hold_are_traced_as_their_methods_are() -> None:
    """An activation with names that its module imported, in networks, flows and models of one's own; a drawn number is frozen in none of them. Models
    with it are copied, saved and compared as with a function, and a program is made once."""
    x = np.random.default_rng(1).normal(size=(6, 2))
    own = lambda f: Chosen(np.ones((2, 3)), functools.partial(f), {"last": [f]})
    networks: list[Any] = [
        lambda f: nn.MLP(2, [3], 1, activation=f, seed=0), lambda f: nn.CouplingFlow(3, 2, activation=f, seed=0).log_density,
        lambda f: nn.EnergyNetwork(2, [3], activation=f, seed=0), own,
    ]  # fmt: skip
    for make in networks:
        model, given = make(shares), x if make is not networks[1] else np.concatenate([x, x[:, :1]], axis=1)
        np.testing.assert_allclose(erg.compile(model)(given), model(given), rtol=1e-12)
        with pytest.raises(erg.SpecError, match="would keep this one draw for ever"):
            erg.compile(make(lambda x: x * GENERATOR.normal()))(given)
    net = nn.MLP(2, [3], 1, activation=shares, seed=0)
    assert net.activation == shares and hash(net.activation) == hash(shares) and "activation=shares" in repr(net)
    for copied in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net), erg.grad(lambda m: np.sum(m(x)))(net)):
        assert copied.activation == shares and copied.activation.__doc__ == shares.__doc__
    program = erg.compile(lambda m: m(x))
    program(net), program(nn.MLP(2, [3], 1, activation=shares, seed=1))
    assert "1 programs" in repr(program)
