"""Dense networks in which output i sees the inputs before i alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.dense import Activation, Linear, activation_of, keys, last_axis, lengths, size
from ergodica.nn.initialisers import Initialiser
from ergodica.nn.module import Module


class MaskedMLP(Module):
    r"""An MLP with masked weights (MADE; Germain, Gregor, Murray, Larochelle 2015).

    Inputs are ``n`` groups of ``features`` numbers, outputs ``n`` groups of ``outputs``; group i of the result depends on groups 0 to i-1 alone, and
    on the context. Hidden unit j sees groups below its degree; degrees go round through all that there are, and are spread evenly up to the highest
    where units are fewer: output i then sees the groups below the nearest degree.

    Parameters
    ----------
    n : int
    hidden : sequence of int
    outputs : int
        Numbers for each group.
    features : int, default 1
    context : int, default 0
        Numbers that every output sees.
    activation : name or function, default "tanh"
    init : initialiser of the last layer, default that of :class:`Linear`
    dtype : default float64
    seed : int or key, default drawn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> net = erg.nn.MaskedMLP(4, [16], 1, seed=0)
    >>> J = erg.jacobian(lambda x: net(x)[:, 0])(np.ones(4))
    >>> bool(np.all(np.triu(J) == 0))
    True
    """

    layers: list[Linear]
    activation: Callable[[Any], Any]
    n: int
    features: int
    context: int
    outputs: int

    def __init__(
        self, n: int, hidden: Sequence[int], outputs: int, features: int = 1, context: int = 0, activation: Activation = "tanh",
        init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        self.n, self.features, self.outputs = size(n, "MaskedMLP n"), size(features, "MaskedMLP features"), size(outputs, "MaskedMLP outputs")
        self.context = size(context, "MaskedMLP context") if context else 0
        sizes = [self.n * self.features + self.context, *lengths(hidden, "MaskedMLP"), self.n * self.outputs]
        each = keys(seed, len(sizes) - 1)
        last = len(sizes) - 2
        self.layers = [
            Linear(a, b, True, init if k == last else None, dtype, key) for k, (a, b, key) in enumerate(zip(sizes[:-1], sizes[1:], each, strict=True))
        ]
        self.activation = activation_of(activation)

    def masks(self) -> list[np.ndarray]:
        """Which weights there are: bool arrays of the shapes of the weights."""
        lowest = 0 if self.context or self.n == 1 else 1  # of degree 0: what sees the context alone
        before = np.concatenate([np.repeat(np.arange(self.n) + 1, self.features), np.zeros(self.context, int)])
        degrees, out = max(self.n - lowest, 1), []
        for k, layer in enumerate(self.layers):
            rows = np.shape(layer.weight)[0]
            if k == len(self.layers) - 1:
                after = np.repeat(np.arange(self.n), self.outputs)
            else:
                after = lowest + (np.arange(rows) % degrees if rows >= degrees else (np.arange(rows) + 1) * degrees // rows - 1)
            out.append(after[:, None] >= before[None, :])
            before = after
        return out

    def __call__(self, x: Any, context: Any = None) -> Any:
        """(..., n, outputs) for x of shape (..., n * features)."""
        last_axis(x, self.n * self.features, "MaskedMLP")
        if self.context:
            if context is None:
                raise SpecError(f"MaskedMLP needs its context of {self.context} numbers")
            x = np.concatenate([x, context], axis=-1)
        for k, (layer, mask) in enumerate(zip(self.layers, self.masks(), strict=True)):
            x = x @ np.where(mask, layer.weight, 0).T + layer.bias
            if k < len(self.layers) - 1:
                x = self.activation(x)
        return np.reshape(x, (*np.shape(x)[:-1], self.n, self.outputs))
