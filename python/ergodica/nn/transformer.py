"""Transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.nn.attention import MultiHeadAttention, sees
from ergodica.nn.dense import Activation, Embedding, Linear, activation_of, keys, last_axis, size, weight_dtype
from ergodica.nn.initialisers import normal
from ergodica.nn.module import Module
from ergodica.nn.norms import LayerNorm


class TransformerBlock(Module):
    r"""Attention and a network of two dense layers, each added to what it sees normalised (Xiong et al. 2020).

    .. math:: x \leftarrow x + \mathrm{attention}(\mathrm{norm}_1(x)), \qquad x \leftarrow x + W_2\, \sigma(W_1 \mathrm{norm}_2(x))

    Names of parameters are those of ``torch.nn.TransformerEncoderLayer`` with ``norm_first=True``.

    Parameters
    ----------
    features, heads : int
    hidden : int, default 4 features
    activation : name or function, default "gelu"
    dtype : default float64
    seed : int or key, default drawn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.TransformerBlock(8, 2, seed=0)(np.ones((5, 10, 8)), mask=np.tri(10, dtype=bool)).shape
    (5, 10, 8)
    """

    self_attn: MultiHeadAttention
    linear1: Linear
    linear2: Linear
    norm1: LayerNorm
    norm2: LayerNorm
    activation: Callable[[Any], Any]

    def __init__(
        self, features: int, heads: int, hidden: int | None = None, activation: Activation = "gelu", dtype: Any = np.float64, seed: Any = None
    ) -> None:
        n = size(features, "TransformerBlock features")
        m = 4 * n if hidden is None else size(hidden, "TransformerBlock hidden")
        one, two, three = keys(seed, 3)
        self.self_attn = MultiHeadAttention(n, heads, dtype=dtype, seed=one)
        self.linear1, self.linear2 = Linear(n, m, True, None, dtype, two), Linear(m, n, True, None, dtype, three)
        self.norm1, self.norm2, self.activation = LayerNorm(n, dtype=dtype), LayerNorm(n, dtype=dtype), activation_of(activation)

    def _mixed(self, x: Any) -> Any:
        return x + self.linear2(self.activation(self.linear1(self.norm2(x))))

    def __call__(self, x: Any, mask: Any = None) -> Any:
        """(..., n, features) for x of that shape; ``mask`` as in :class:`MultiHeadAttention`."""
        return self._mixed(x + self.self_attn(self.norm1(x), mask=mask))

    def step(self, x: Any, cache: Any, i: Any) -> tuple[Any, Any]:
        """The result at place i, (..., features), with the keys and values of the places before it in ``cache``; and the cache with those of x."""
        y, cache = self.self_attn.step(self.norm1(x), cache, i)
        return self._mixed(x + y), cache


class Transformer(Module):
    r"""Blocks of attention on a sequence of symbols or vectors, with learned positions.

    Parameters
    ----------
    inputs : int
        Symbols 0, ..., inputs - 1, or the length of the vectors.
    length : int
        The longest sequence.
    outputs : int, optional
        Numbers at each place; default ``inputs``: logits of symbols.
    features : int, default 64
    layers, heads : int, default 4
    hidden : int, default 4 features
    causal : bool, default True
        Place i sees the places up to i; else all.
    vectors : bool, default False
        Inputs are vectors (..., n, inputs) in place of integers (..., n).
    activation : name or function, default "gelu"
    context : int, default 0
        Numbers that are joined to every place: ``model(x, context=c)`` with c of shape (..., context).
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    A. Vaswani et al., NeurIPS 2017; R. Xiong et al., ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.Transformer(5, 16, features=8, layers=2, heads=2, seed=0)
    >>> tokens = np.arange(12).reshape(1, 12) % 5
    >>> logits = model(tokens)
    >>> logits.shape
    (1, 12, 5)
    >>> cache = model.begin((1,))
    >>> for i in range(12):
    ...     one, cache = model.step(tokens[:, i], cache, i)
    >>> bool(np.allclose(one, logits[:, -1]))
    True
    """

    embed: Any
    positions: np.ndarray
    joined: Linear | None
    blocks: list[TransformerBlock]
    norm: LayerNorm
    head: Linear
    causal: bool
    vectors: bool

    def __init__(
        self, inputs: int, length: int, outputs: int | None = None, features: int = 64, layers: int = 4, heads: int = 4, hidden: int | None = None,
        causal: bool = True, vectors: bool = False, activation: Activation = "gelu", context: int = 0, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        n, m, d = size(inputs, "Transformer inputs"), size(features, "Transformer features"), weight_dtype(dtype)
        if d.kind != "f":
            raise SpecError(f"Transformer: expected a real dtype, got {d}")
        one, two, three, four, *each = keys(seed, 4 + size(layers, "Transformer layers"))
        self.embed = Linear(n, m, True, None, d, one) if vectors else Embedding(n, m, normal(0.1), d, one)
        self.positions = normal(0.1)(two, (size(length, "Transformer length"), m), d)
        self.joined = Linear(size(context, "Transformer context"), m, False, None, d, four) if context else None
        self.blocks = [TransformerBlock(m, heads, hidden, activation, d, k) for k in each]
        self.norm, self.head = LayerNorm(m, dtype=d), Linear(m, n if outputs is None else outputs, True, None, d, three)
        self.causal, self.vectors = bool(causal), bool(vectors)

    def _seen(self, x: Any, positions: Any, context: Any) -> Any:
        y = self.embed(x) + positions
        if self.joined is None:
            if context is not None:
                raise SpecError("Transformer was made without a context", "Try Transformer(..., context=number of values).")
            return y
        if context is None:
            raise SpecError(f"Transformer needs its context of {np.shape(self.joined.weight)[1]} numbers")
        last_axis(context, np.shape(self.joined.weight)[1], "Transformer context")
        added = self.joined(context)
        return y + (np.expand_dims(added, -2) if np.ndim(positions) == 2 else added)

    def __call__(self, x: Any, context: Any = None, mask: Any = None) -> Any:
        """(..., n, outputs) for n <= length symbols (..., n) or vectors (..., n, inputs); ``mask`` restricts further who sees whom: it broadcasts to
        (..., heads, n, n), of padding it is (batch, 1, 1, n)."""
        axis = -2 if self.vectors else -1
        n = np.shape(x)[axis] if np.ndim(x) >= -axis else 0
        if not 1 <= n <= np.shape(self.positions)[0]:
            raise ShapeError(f"Transformer: expected 1 to {np.shape(self.positions)[0]} places along axis {axis}, got shape {np.shape(x)}")
        x = self._seen(x, self.positions[:n], context)
        if self.causal:
            before = np.tri(n, dtype=bool)
            scores = (*np.shape(x)[:-2], self.blocks[0].self_attn.heads, n, n)
            mask = before if mask is None else before & sees(mask, scores)
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))

    def begin(self, lead: tuple[int, ...] = ()) -> list[Any]:
        """An empty cache: keys and values (*lead, heads, length, features / heads) of each block."""
        heads, (length, m) = self.blocks[0].self_attn.heads, np.shape(self.positions)
        return [tuple(np.zeros((*lead, heads, length, m // heads), self.positions.dtype) for _ in range(2)) for _ in self.blocks]

    def step(self, x: Any, cache: list[Any], i: Any, context: Any = None) -> tuple[Any, list[Any]]:
        """Outputs (..., outputs) at place i for the one input there, after those of the places before in turn; and the cache that knows it."""
        if not self.causal:
            raise SpecError("Transformer.step: places that see all cannot be gone through one by one", "Try causal=True.")
        x = self._seen(x, np.take(self.positions, i, axis=0), context)
        kept = []
        for block, pair in zip(self.blocks, cache, strict=True):
            x, pair = block.step(x, pair, i)
            kept.append(pair)
        return self.head(self.norm(x)), kept
