"""Whole networks: dense ones, and convolutional ones on lattices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.nn.activations import identity
from ergodica.nn.convolution import Conv
from ergodica.nn.dense import Activation, Linear, activation_of, keys, lengths, size
from ergodica.nn.features import Conditions, condition, conditions, fitting
from ergodica.nn.initialisers import Initialiser
from ergodica.nn.module import Module


def _equal(widths: list[int], what: str) -> None:
    if len(set(widths)) > 1:
        raise SpecError(f"{what}: residual=True needs hidden layers of one width, got {widths}")


class MLP(Module):
    r"""Linear maps with a function between them.

    .. math:: h_0 = x, \quad h_{k+1} = \sigma(W_k h_k + b_k), \quad y = \sigma_{out}(W_n h_n + b_n)

    Parameters
    ----------
    inputs : int
    hidden : sequence of int
        Widths between input and output; empty for one linear map.
    outputs : int
    activation : name or function, default "tanh"
    final : name or function, default none
        Applied to the output.
    bias : bool, default True
    init : initialiser, default that of :class:`Linear`
    dtype : default float64
    seed : int or key, default drawn
    residual : bool, default False
        From the second hidden layer on :math:`h_{k+1} = h_k + \sigma(W_k h_k + b_k)`.
    embed : :class:`FourierFeatures`, :class:`PeriodicFeatures` or the like, optional
        What the first layer sees in place of x: a function of (..., inputs) with its width as ``outputs``.
    time : even int, default 0
        Features of a time t (:func:`time_features`) that are joined to the inputs; the network is then called as ``model(x, t)``.
    classes : int, default 0
        Labels 0, 1, ..., each with a vector that is added to the first layer's sums: ``model(x, label=k)``; -1 or None adds none.
    context : int, default 0
        Further numbers joined to the inputs: ``model(x, context=c)``.

    Raises
    ------
    SpecError
        Widths that are none or, with ``residual``, not equal; conditions that the model has not, or lacks.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.MLP(2, [64, 64], 1, activation="silu", seed=0)
    >>> model(np.zeros((10, 2))).shape
    (10, 1)
    >>> model.count
    4417
    >>> velocity = erg.nn.MLP(2, [64, 64, 64], 2, residual=True, time=16, classes=5, seed=0)
    >>> velocity(np.zeros((10, 2)), np.linspace(0, 1, 10), label=np.arange(10) % 5).shape
    (10, 2)
    """

    layers: list[Linear]
    activation: Callable[[Any], Any]
    final: Callable[[Any], Any]
    residual: bool
    embed: Any
    given: Conditions | None

    def __init__(
        self, inputs: int, hidden: Sequence[int], outputs: int, activation: Activation = "tanh", final: Activation = identity, bias: bool = True,
        init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None, residual: bool = False, embed: Any = None, time: int = 0,
        classes: int = 0, context: int = 0,
    ) -> None:  # fmt: skip
        widths = lengths(hidden, "MLP")
        if residual:
            _equal(widths, "MLP")
        if embed is not None and not (callable(embed) and hasattr(embed, "outputs")):
            raise SpecError(f"MLP embed: expected a function with its width as outputs, such as PeriodicFeatures({inputs}), got {embed!r}")
        sizes = [inputs if embed is None else embed.outputs, *widths, outputs]
        each = keys(seed, len(sizes) - 1)
        self.layers = [Linear(a, b, bias, init, dtype, k) for a, b, k in zip(sizes[:-1], sizes[1:], each, strict=True)]
        self.given = conditions(sizes[1], time, classes, context, "MLP", dtype, each[0])
        self.activation, self.final, self.residual, self.embed = activation_of(activation), activation_of(final), bool(residual), embed

    def __call__(self, x: Any, t: Any = None, label: Any = None, context: Any = None) -> Any:
        """y of shape (..., outputs) for x of shape (..., inputs); t and label of shape (...) or one for all, context (..., context), which may
        stand third where there are no classes."""
        added = condition(self.given, "MLP", t, label, context)
        if added is not None:
            fitting(np.shape(added)[:-1], x, "MLP")
        if self.embed is not None:
            x = self.embed(x)
        for k, layer in enumerate(self.layers[:-1]):
            u = layer(x)
            if k == 0 and added is not None:
                u = u + added
            x = x + self.activation(u) if k and self.residual else self.activation(u)
        y = self.layers[-1](x)
        if len(self.layers) == 1 and added is not None:
            y = y + added
        return self.final(y)


class ConvNet(Module):
    r"""Convolutions with a function between them, by default on a torus: the map commutes with translations of the lattice.

    Parameters
    ----------
    inputs : int
        Channels.
    hidden : sequence of int
        Channels between input and output.
    outputs : int
        Channels.
    kernel : sequence of int, default (3, 3)
        Lengths; as many as the lattice has axes.
    activation : name or function, default "tanh"
    final : name or function, default none
    padding : default "periodic"
        As in :class:`Conv`.
    dilation : int, or one for each layer, default 1
        Dilations of 1, 2, 4, ... see far with few layers.
    bias : bool, default True
    residual, time, classes, context : as in :class:`MLP`
        Conditions are one for each configuration and add to every place alike.
    init : initialiser, default that of :class:`Conv`
    dtype : default float64
    seed : int or key, default drawn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.ConvNet(1, [8, 8], 2, residual=True, context=1, seed=0)
    >>> phi = np.random.default_rng(0).normal(size=(5, 1, 8, 8))
    >>> y = model(phi, context=np.array([2.269]))
    >>> y.shape
    (5, 2, 8, 8)
    >>> bool(np.allclose(model(np.roll(phi, 3, -1), context=np.array([2.269])), np.roll(y, 3, -1)))
    True
    """

    layers: list[Conv]
    activation: Callable[[Any], Any]
    final: Callable[[Any], Any]
    residual: bool
    given: Conditions | None

    def __init__(
        self, inputs: int, hidden: Sequence[int], outputs: int, kernel: Sequence[int] = (3, 3), activation: Activation = "tanh",
        final: Activation = identity, padding: Any = "periodic", dilation: Any = 1, bias: bool = True, residual: bool = False, time: int = 0,
        classes: int = 0, context: int = 0, init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        widths = lengths(hidden, "ConvNet")
        if residual:
            _equal(widths, "ConvNet")
        sizes = [inputs, *widths, outputs]
        each = keys(seed, len(sizes) - 1)
        gaps = [size(d, "ConvNet dilation") for d in dilation] if hasattr(dilation, "__len__") else [size(dilation, "ConvNet dilation")] * len(each)
        if len(gaps) != len(each):
            raise SpecError(f"ConvNet dilation: expected one, or one for each of {len(each)} layers, got {dilation!r}")
        self.layers = [
            Conv(a, b, kernel, 1, padding, g, bias=bias, init=init, dtype=dtype, seed=k)
            for a, b, g, k in zip(sizes[:-1], sizes[1:], gaps, each, strict=True)
        ]
        self.given = conditions(sizes[1], time, classes, context, "ConvNet", dtype, each[0])
        self.activation, self.final, self.residual = activation_of(activation), activation_of(final), bool(residual)

    def __call__(self, x: Any, t: Any = None, label: Any = None, context: Any = None) -> Any:
        """y of shape (..., outputs, *places) for x of shape (..., inputs, *space); t and label of shape (...) or one for all."""
        space = np.ndim(self.layers[0].weight) - 2
        added = condition(self.given, "ConvNet", t, label, context)
        if added is not None:
            if np.ndim(x) - space < np.ndim(added):
                raise ShapeError(f"ConvNet: conditions of shape {np.shape(added)[:-1]} for x of shape {np.shape(x)}")
            added = np.reshape(added, (*np.shape(added), *(1,) * space))
        last = len(self.layers) - 1
        for k, layer in enumerate(self.layers):
            u = layer(x)
            if k == 0 and added is not None:
                u = u + added
            x = u if k == last else x + self.activation(u) if k and self.residual else self.activation(u)
        return self.final(x)
