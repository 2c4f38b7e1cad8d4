"""The networks of flows: a trunk, and several linear heads on what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.convolution import Conv
from ergodica.nn.dense import Activation, Linear, activation_of, keys, lengths
from ergodica.nn.initialisers import zeros
from ergodica.nn.module import Module


def widths(hidden: Any, what: str) -> list[int]:
    """Of hidden layers, at least one."""
    out = lengths(hidden, what)
    if not out:
        raise SpecError(f"{what} hidden: expected widths such as [64, 64], got none")
    return out


def odd_function(f: Callable[[Any], Any], what: str) -> None:
    x = np.array([0.3, 1.7])
    if not np.allclose(f(-x), -f(x), rtol=1e-12, atol=1e-12):
        raise SpecError(f"{what}: with odd=True the activation must be odd", "Try tanh or sin.")


class Conditioner(Module):
    """Dense layers with a function after each, then linear heads, which start at zero.

    With ``odd`` the trunk has no bias, so that it is an odd function of x, as is every head without bias; heads named in ``even`` act on the squares
    of the trunk's result and are even. A context, which does not change sign, is then squared away from the odd part: it scales the trunk.
    """

    trunk: list[Linear]
    gate: Linear | None
    heads: list[Linear]
    even: tuple[bool, ...]
    activation: Callable[[Any], Any]
    odd: bool

    def __init__(
        self, inputs: int, hidden: Sequence[int], outputs: Sequence[int], even: Sequence[bool], activation: Activation, odd: bool, context: int,
        dtype: Any, seed: Any,
    ) -> None:  # fmt: skip
        sizes = [inputs + (0 if odd else context), *hidden]
        each = keys(seed, len(hidden) + 1)
        self.trunk = [Linear(a, b, not odd, None, dtype, k) for a, b, k in zip(sizes[:-1], sizes[1:], each, strict=False)]
        self.gate = Linear(context, hidden[0], True, None, dtype, each[-1]) if odd and context else None
        self.heads = [Linear(hidden[-1], n, e or not odd, zeros, dtype, each[-1]) for n, e in zip(outputs, even, strict=True)]
        self.even, self.activation, self.odd = tuple(even), activation_of(activation), odd
        if odd:
            odd_function(self.activation, "flow")

    def features(self, x: Any, context: Any = None) -> Any:
        """What the trunk gives, (..., hidden[-1])."""
        if context is not None and self.gate is None:
            x = np.concatenate([x, context], axis=-1)
        for k, layer in enumerate(self.trunk):
            x = layer(x)
            if k == 0 and self.gate is not None:
                x = x * (1 + self.gate(context))
            x = self.activation(x)
        return x

    def __call__(self, x: Any, context: Any = None) -> list[Any]:
        """The heads' results for x of shape (..., inputs)."""
        h = self.features(x, context)
        return [head(h * h if self.odd and e else h) for head, e in zip(self.heads, self.even, strict=True)]


class PeriodicConditioner(Module):
    """:class:`Conditioner` of fields on a periodic lattice: convolutions in place of linear maps, channels before space.

    With ``every`` the heads give their results for each so many columns alone: what a column sees of its neighbours stands as channels beside it.
    """

    trunk: list[Conv]
    gate: Linear | None
    heads: list[Conv]
    even: tuple[bool, ...]
    activation: Callable[[Any], Any]
    odd: bool
    every: int

    def __init__(
        self, inputs: int, hidden: Sequence[int], outputs: Sequence[int], even: Sequence[bool], kernel: tuple[int, ...], activation: Activation,
        odd: bool, context: int, dtype: Any, seed: Any, every: int = 1,
    ) -> None:  # fmt: skip
        sizes = [inputs, *hidden]
        each = keys(seed, len(hidden) + 1)
        conv = lambda a, b, lengths, bias, init, k: Conv(a, b, lengths, 1, "periodic", bias=bias, init=init, dtype=dtype, seed=k)
        self.trunk = [conv(a, b, kernel, not odd, None, k) for a, b, k in zip(sizes[:-1], sizes[1:], each, strict=False)]
        self.gate = Linear(context, hidden[0], True, None, dtype, each[-1]) if context else None
        wide, lengths = (hidden[-1], kernel) if every == 1 else (hidden[-1] * kernel[-1], (*kernel[:-1], 1))
        self.heads = [conv(wide, n, lengths, e or not odd, zeros, each[-1]) for n, e in zip(outputs, even, strict=True)]
        self.even, self.activation, self.odd, self.every = tuple(even), activation_of(activation), odd, every
        if odd:
            odd_function(self.activation, "flow")

    def __call__(self, x: Any, context: Any = None) -> list[Any]:
        """The heads' results, (..., outputs, *places), for x of shape (..., inputs, *space)."""
        for k, layer in enumerate(self.trunk):
            x = layer(x)
            if k == 0 and self.gate is not None:
                g = self.gate(context)
                x = x * (1 + np.reshape(g, (*np.shape(g), *(1,) * (np.ndim(layer.weight) - 2))))
            x = self.activation(x)
        if self.every > 1:
            space = np.ndim(self.trunk[0].weight) - 2
            reach = np.shape(self.trunk[0].weight)[-1] // 2
            x = np.concatenate([np.roll(x, -k, -1)[..., :: self.every] for k in range(-reach, reach + 1)], axis=-1 - space)
        return [head(x * x if self.odd and e else x) for head, e in zip(self.heads, self.even, strict=True)]
