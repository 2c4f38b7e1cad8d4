"""Networks in plain NumPy: modules are dataclasses whose arrays are the parameters.

>>> import numpy as np
>>> import ergodica as erg
>>> model = erg.nn.MLP(2, [16], 1, seed=0)
>>> model
MLP(activation=tanh, final=identity, residual=False, embed=None, given=None)  # 65 parameters
  layers[0]: Linear(weight=float64[16, 2], bias=float64[16])
  layers[1]: Linear(weight=float64[1, 16], bias=float64[1])
>>> slopes = erg.grad(lambda model, x: np.mean(model(x) ** 2))(model, np.ones((4, 2)))
>>> slopes.layers[0].weight.shape
(16, 2)

Layers act on the last axis (convolutions on channels before space), whatever stands before it. Names and shapes of parameters are those of the torch
layers of the same name. Parameters are float64 unless ``dtype`` says otherwise; a float32 model on float64 data computes in float64, as NumPy does.
"""

from ergodica.nn import flows, initialisers
from ergodica.nn.activations import (
    elu,
    gelu,
    identity,
    leaky_relu,
    log_cosh,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
)
from ergodica.nn.attention import MultiHeadAttention, attention
from ergodica.nn.convolution import Conv
from ergodica.nn.dense import Embedding, Linear, Sequential
from ergodica.nn.energies import RBM, EnergyNetwork
from ergodica.nn.features import FourierFeatures, PeriodicFeatures, time_features
from ergodica.nn.flows import AutoregressiveFlow, ContinuousFlow, CouplingFlow, Flow, GaugeFlow, SplineFlow, StochasticFlow
from ergodica.nn.masked import MaskedMLP
from ergodica.nn.module import Module
from ergodica.nn.networks import MLP, ConvNet
from ergodica.nn.norms import LayerNorm, RMSNorm
from ergodica.nn.recurrent import GRU
from ergodica.nn.sites import MADE, AutoregressiveGRU, AutoregressiveTransformer
from ergodica.nn.transformer import Transformer, TransformerBlock

__all__ = [
    "GRU", "MADE", "MLP", "RBM", "AutoregressiveFlow", "AutoregressiveGRU", "AutoregressiveTransformer", "ContinuousFlow", "Conv", "ConvNet",
    "CouplingFlow", "Embedding", "EnergyNetwork", "Flow", "FourierFeatures", "GaugeFlow", "LayerNorm", "Linear", "MaskedMLP", "Module",
    "MultiHeadAttention", "PeriodicFeatures", "RMSNorm", "Sequential", "SplineFlow", "StochasticFlow", "Transformer", "TransformerBlock",
    "attention", "elu", "flows", "gelu", "identity", "initialisers", "leaky_relu", "log_cosh", "log_softmax", "relu", "sigmoid", "silu", "softmax",
    "softplus", "time_features",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
