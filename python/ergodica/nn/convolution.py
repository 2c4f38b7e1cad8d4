"""Convolutional layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.sums.convolution import conv
from ergodica.nn.dense import keys, size, weight_dtype
from ergodica.nn.initialisers import Initialiser, uniform, zeros
from ergodica.nn.module import Module

Lengths = int | Sequence[int]


class Conv(Module):
    r"""A convolution over the last axes, of channels that stand before them.

    .. math:: y_{o, p} = b_o + \sum_{c, k} w_{o, c, k}\, x_{c,\, p s + k d - l}

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    kernel : sequence of int
        Its lengths, one for each axis of space: ``(3, 3)`` for two dimensions.
    stride, dilation : int or one for each axis, default 1
    padding : {"same", "valid", "periodic"}, int, or a sequence with one of these or a pair of ints for each axis, default "same"
        See :func:`ergodica.conv`; "periodic" is a torus.
    groups : int, default 1
    transposed : bool, default False
        The transposed map, which makes strides larger lattices.
    bias : bool, default True
    init : initialiser of the weight, default uniform in :math:`\pm 1/\sqrt{\text{terms of the sum}}`
    dtype : default float64
    seed : int or key, default drawn

    Attributes
    ----------
    weight : (outputs, inputs / groups, *kernel); transposed (inputs, outputs / groups, *kernel)
    bias : (outputs,) or None

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> layer = erg.nn.Conv(1, 8, (3, 3), padding="periodic", seed=0)
    >>> phi = np.random.default_rng(0).normal(size=(5, 1, 16, 16))
    >>> layer(phi).shape
    (5, 8, 16, 16)
    >>> bool(np.allclose(layer(np.roll(phi, 3, axis=-1)), np.roll(layer(phi), 3, axis=-1)))  # translations of the torus
    True
    """

    weight: np.ndarray
    bias: np.ndarray | None
    stride: Any
    padding: Any
    dilation: Any
    groups: int
    transposed: bool

    def __init__(
        self, inputs: int, outputs: int, kernel: Sequence[int], stride: Lengths = 1, padding: Any = "same", dilation: Lengths = 1, groups: int = 1,
        transposed: bool = False, bias: bool = True, init: Initialiser | None = None, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        i, o, g, d = size(inputs, "Conv inputs"), size(outputs, "Conv outputs"), size(groups, "Conv groups"), weight_dtype(dtype)
        if not hasattr(kernel, "__len__") or not len(kernel):
            raise SpecError(f"Conv kernel: expected lengths for each axis of space, such as (3, 3); got {kernel!r}")
        lengths = tuple(size(n, "Conv kernel") for n in kernel)
        if i % g or o % g:
            raise SpecError(f"Conv: {g} groups do not divide {i} input and {o} output channels")
        one, two = keys(seed, 2)
        shape = (i, o // g, *lengths) if transposed else (o, i // g, *lengths)
        plain = uniform(1 / math.sqrt(shape[1] * math.prod(lengths)))
        self.weight = (init or plain)(one, shape, d)
        self.bias = (zeros if init else plain)(two, (o,), d) if bias else None
        self.stride, self.padding, self.dilation, self.groups, self.transposed = stride, padding, dilation, g, bool(transposed)

    def __call__(self, x: Any) -> Any:
        """y of shape (..., outputs, *places) for x of shape (..., inputs, *space)."""
        space = np.ndim(self.weight) - 2
        inputs = np.shape(self.weight)[0] if self.transposed else np.shape(self.weight)[1] * self.groups
        if np.ndim(x) < space + 1 or np.shape(x)[-space - 1] != inputs:
            raise ShapeError(f"Conv: expected (..., {inputs}, and {space} axes of space), got shape {np.shape(x)}")
        y = conv(x, self.weight, self.stride, self.padding, self.dilation, self.groups, self.transposed)
        return y if self.bias is None else y + np.reshape(self.bias, (-1, *(1,) * space))
