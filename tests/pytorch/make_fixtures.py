"""Writes fixtures.json: layers of PyTorch with their weights, outputs and gradients, float64. The version stands in it.

python tests/pytorch/make_fixtures.py
"""

import json
from pathlib import Path

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
cases: dict = {}


def numbers(t):
    return t.detach().tolist()


def case(name, layer, *inputs, call=None, names=None):
    """Output, and gradients of sum(output * cos(k)) in the inputs and the weights."""
    xs = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    y = call(layer, *xs) if call else layer(*xs)
    weights = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)
    state = dict(layer.named_parameters()) if isinstance(layer, torch.nn.Module) else {}
    wanted = [x for x in xs if x.requires_grad] + list(state.values())
    grads = torch.autograd.grad((y * weights).sum(), wanted)
    n = sum(x.requires_grad for x in xs)
    rename = names or (lambda k: k)
    cases[name] = {
        "inputs": [numbers(x) for x in xs], "weights": {rename(k): numbers(v) for k, v in state.items()}, "output": numbers(y),
        "input_gradients": [numbers(g) for g in grads[:n]],
        "weight_gradients": {rename(k): numbers(g) for k, g in zip(state, grads[n:], strict=True)},
    }


x = torch.randn(3, 5, 4)
case("linear", torch.nn.Linear(4, 3), x)
case("linear_no_bias", torch.nn.Linear(4, 3, bias=False), x)
mlp = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
case("mlp", mlp, x, names=lambda k: f"layers.{int(k[0]) // 2}{k[1:]}")
case("embedding", torch.nn.Embedding(6, 3), torch.tensor([[0, 5], [2, 2]]))
for name, layer in [("layer_norm", torch.nn.LayerNorm(4)), ("rms_norm", torch.nn.RMSNorm(4, eps=1e-6))]:
    for p in layer.parameters():
        torch.nn.init.normal_(p)
    case(name, layer, x)
mask = torch.tril(torch.ones(5, 5, dtype=torch.bool))
for name, allowed in [("attention", None), ("attention_causal", mask)]:
    layer = torch.nn.MultiheadAttention(4, 2, batch_first=True)
    torch.nn.init.normal_(layer.in_proj_bias)
    forbidden = None if allowed is None else ~allowed
    case(name, layer, x, call=lambda l, x, m=forbidden: l(x, x, x, attn_mask=m, need_weights=False)[0])
layer = torch.nn.MultiheadAttention(4, 2, batch_first=True)
case("attention_context", layer, x, torch.randn(3, 7, 4), call=lambda l, x, c: l(x, c, c, need_weights=False)[0])
bias = torch.randn(5, 5)
case("attention_bias", layer, x, call=lambda l, x: l(x, x, x, attn_mask=bias, need_weights=False)[0])
cases["attention_bias"]["bias"] = numbers(bias)
image = torch.randn(2, 4, 6, 5)
case("conv", torch.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2), image)
case("conv_periodic", torch.nn.Conv2d(4, 3, 3, padding=1, padding_mode="circular"), image)
case("conv_line", torch.nn.Conv1d(4, 2, 3, padding="same", bias=False), x.transpose(1, 2).contiguous())
case("conv_transposed", torch.nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2), image)
F = torch.nn.functional
v = torch.cat([torch.linspace(-6, 6, 24), torch.tensor([1e-3, -1e-3, 40.0, -40.0])])
for name, f in {
    "leaky_relu": F.leaky_relu, "elu": F.elu, "sigmoid": torch.sigmoid, "silu": F.silu, "softplus": F.softplus, "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "softmax": lambda x: F.softmax(x, -1), "log_softmax": lambda x: F.log_softmax(x, -1),
}.items():
    case(name, f, v)
case("gru", torch.nn.GRU(4, 3, batch_first=True), x, call=lambda l, x: l(x)[0])
layer = torch.nn.TransformerEncoderLayer(4, 2, 9, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
for p in layer.parameters():
    torch.nn.init.normal_(p, std=0.5)
case("transformer_block", layer, x, call=lambda l, x: l(x, src_mask=~mask))
out = {"torch": torch.__version__.split("+")[0], "cases": cases}
(Path(__file__).parent / "fixtures.json").write_text(json.dumps(out) + "\n")
