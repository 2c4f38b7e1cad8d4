"""With PyTorch itself: `make test-torch` installs it and runs these."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import ergodica as erg

check, check2 = torch.autograd.gradcheck, torch.autograd.gradgradcheck
torch.manual_seed(0)


def leaf(*shape: int, dtype: Any = torch.float64) -> Any:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def test_gradients_of_all_orders() -> None:
    """Against torch's finite differences, in first and second order, and against its own derivatives in third."""
    f = erg.torch.function(lambda x, p: (np.sum(np.sin(x) * p["a"]), x**2))
    x, a = leaf(5), leaf(5)
    assert check(lambda x, a: f(x, {"a": a}), (x, a)) and check2(lambda x, a: f(x, {"a": a}), (x, a))
    y = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    value = erg.torch.function(lambda x: np.sum(x**5))(y)
    for want in (80.0, 160.0, 240.0, 240.0):
        (value,) = torch.autograd.grad(value, y, create_graph=True)
        assert value.item() == want


def test_complex() -> None:
    z = leaf(3, dtype=torch.complex128)
    f = erg.torch.function(lambda z: np.sum(np.abs(z * z + z) ** 2))
    theirs = (z * z + z).abs().pow(2).sum()
    torch.testing.assert_close(torch.autograd.grad(f(z), z)[0], torch.autograd.grad(theirs, z)[0], rtol=1e-13, atol=1e-13)
    g = erg.torch.function(lambda z: np.exp(1j * z) * np.conj(z))
    assert check(f, (z,)) and check2(f, (z,)) and check(g, (z,)) and check2(g, (z,))


def test_memory_is_shared() -> None:
    """Results are tensors on the program's memory; inputs are read where they are; parameters are the model's arrays."""
    model = erg.nn.MLP(2, [8], 1, dtype="float32", seed=0)
    net = erg.torch.module(model)
    for k, p in net.named_parameters():
        assert p.data_ptr() == model.parameters()[k].ctypes.data
    x = torch.randn(16, 2)
    before = model.layers[0].weight.copy()
    optimiser = torch.optim.SGD(net.parameters(), 0.1)
    losses = []
    for _ in range(50):
        optimiser.zero_grad()
        loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0] and (model.layers[0].weight != before).any()
    np.testing.assert_allclose(model(x.numpy()), net(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    assert set(net.state_dict()) == set(model.parameters())
    frozen = erg.nn.Linear(2, 2, seed=0)
    frozen.weight.flags.writeable = False
    bridge = erg.torch.module(frozen)
    assert bridge.weight.data_ptr() == frozen.weight.ctypes.data  # the model took the writable copy


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_layers(dtype: Any) -> None:
    """The weights of torch layers give torch's results, and go back."""
    x = torch.randn(3, 5, 8, dtype=dtype)
    tol = 1e-12 if dtype == torch.float64 else 2e-6
    name = str(dtype).removeprefix("torch.")
    pairs: list[Any] = [
        (torch.nn.Linear(8, 3), erg.nn.Linear(8, 3, dtype=name, seed=0), ()), (torch.nn.LayerNorm(8), erg.nn.LayerNorm(8, dtype=name), ()),
        (torch.nn.MultiheadAttention(8, 2, batch_first=True), erg.nn.MultiHeadAttention(8, 2, dtype=name, seed=0), (x, x)),
    ]  # fmt: skip
    for layer, ours, more in pairs:
        theirs = layer.to(dtype)
        y = theirs(x, *more)
        want = (y[0] if isinstance(y, tuple) else y).detach().numpy()
        filled: Any = erg.torch.load(ours, theirs)
        got = filled(x.numpy())
        np.testing.assert_allclose(got, want, rtol=tol, atol=tol)
        theirs.load_state_dict({k: torch.from_numpy(v) for k, v in ours.parameters().items()})


def test_energy() -> None:
    f = erg.torch.energy(lambda x: ((x**2 - 1) ** 2).sum(-1))
    x = np.random.default_rng(0).normal(size=(4, 3))
    v, g = f.value_and_grad(x)
    np.testing.assert_allclose(v, ((x**2 - 1) ** 2).sum(-1), rtol=1e-14)
    np.testing.assert_allclose(g, 4 * x * (x**2 - 1), rtol=1e-14)
    assert (f(x) == v).all()
    run = erg.sample(erg.lattice.Ising((4, 4)), erg.Metropolis(), kT=2.0, sweeps=5, chains=1, warmup=0, seed=1)
    assert {k: v.shape for k, v in run.to_torch().items()}["energy"] == (1, 5)


def test_bad_input() -> None:
    f = erg.torch.function(np.sin)
    with pytest.raises(erg.SpecError, match="float"):
        f(torch.zeros(2, dtype=torch.bfloat16))
    with pytest.raises(erg.SpecError, match="cpu"):
        f(torch.zeros(2, device="meta"))
    with pytest.raises(erg.ShapeError, match="each of 4 rows"):
        erg.torch.energy(lambda x: x.sum())(np.zeros((4, 2)))
    with pytest.raises(erg.SpecError, match="lacks bias"):
        erg.torch.load(erg.nn.Linear(2, 3, seed=0), torch.nn.Linear(2, 3, bias=False))
    with pytest.raises(erg.SpecError, match=r"erg\.nn\.Module"):
        erg.torch.module(torch.nn.Linear(2, 2))
    y = f(torch.zeros(2, 3, dtype=torch.float64).T)  # strided
    assert y.shape == (3, 2)
    n = erg.torch.function(lambda x: (np.argmax(x), np.max(x)))
    i, m = n(torch.tensor([1.0, 3.0], dtype=torch.float64, requires_grad=True))
    assert i.item() == 1 and not i.requires_grad and m.requires_grad


def test_a_torch_energy_is_sampled() -> None:
    """All chains in one batch; the draws are those of the traced function as long as rounding has not grown."""
    wells = erg.torch.energy(lambda x: ((x**2 - 1) ** 2).sum(-1))
    common: dict[str, Any] = dict(space=erg.Real(4), chains=6, draws=6, warmup=0, seed=1, progress=False)
    a = erg.sample(lambda x: np.sum((x**2 - 1) ** 2), erg.HMC(steps=3), **common)
    b = erg.sample(wells, erg.HMC(steps=3), **common)
    np.testing.assert_allclose(b["x"], a["x"], rtol=1e-9, atol=1e-9)
    pair = erg.torch.energy(lambda p: (p["a"] ** 2).sum(-1) + (p["b"] - 1) ** 2)
    run = erg.sample(pair, space=dict(a=erg.Real(2), b=erg.Positive()), draws=20, warmup=20, seed=1, progress=False)
    assert run["a"].shape == (4, 20, 2) and (run["b"] > 0).all()


def test_what_was_trained_is_a_function_of_tensors() -> None:
    """Of a fit: its model as a module with torch's gradients, and a trained flow's density."""
    x = np.linspace(-2.0, 2.0, 40)[:, None]
    squares = lambda m, b: np.mean((m(b[0]) - b[1]) ** 2)
    fit = erg.learn(squares, erg.nn.MLP(1, [8], 1, seed=1), erg.Adam(1e-2), data=(x, np.sin(x)), batch=10, steps=50, seed=1, progress=False)
    net = erg.torch.module(fit.model)
    t = leaf(5, 1)
    np.testing.assert_allclose(net(t).detach().numpy(), fit.model(t.detach().numpy()), rtol=1e-13)
    assert check(net, (t,))
    theirs = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    with torch.no_grad():
        for p, a in zip(theirs.parameters(), fit.model.parameters().values(), strict=True):
            p.copy_(torch.from_numpy(np.array(a)))
    torch.testing.assert_close(net(t), theirs(t), rtol=1e-12, atol=1e-13)
    data = np.random.default_rng(1).normal(size=(64, 2))
    flow = erg.learn(erg.MaximumLikelihood(), erg.nn.CouplingFlow(2, 2, [4], seed=1), data=data, steps=20, seed=1, progress=False).model
    density = erg.torch.function(flow.log_density)
    y = leaf(4, 2)
    assert check(density, (y,))
    np.testing.assert_allclose(density(y).detach().numpy(), flow.log_density(y.detach().numpy()), rtol=1e-12)
