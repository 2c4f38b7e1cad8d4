"""Distributions of discrete sites, one after the other: MADE, recurrent, transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.nn.activations import log_softmax
from ergodica.nn.dense import Activation, Linear, keys, last_axis, size, weight_dtype
from ergodica.nn.initialisers import zeros
from ergodica.nn.masked import MaskedMLP
from ergodica.nn.module import Module
from ergodica.nn.recurrent import GRU
from ergodica.nn.transformer import Transformer


class Autoregressive(Module):
    r"""A distribution of n sites with q values each, as a product of conditional ones.

    .. math:: \log p(s) = \sum_i \log p(s_i \mid s_0, \dots, s_{i-1})

    A subclass gives logits of all sites for given values at once, and how it goes through the sites one by one.

    Attributes
    ----------
    n : int
    values : tuple of numbers
        What a site can be, q of them; (-1, 1) for spins.
    context : int
        Numbers on which the distribution is conditioned, such as a temperature.

    Examples
    --------
    Draws of the Boltzmann distribution of a ring of spins, by the reverse divergence: its gradient needs no derivative of the draws.

    >>> import numpy as np
    >>> import ergodica as erg
    >>> ring = lambda s: -np.sum(s * np.roll(s, 1))
    >>> objective = erg.ReverseKL(ring, kT=2.0, gradient="log_variance")
    >>> fit = erg.learn(objective, erg.nn.MADE(6, (-1, 1), hidden=[32], seed=0), erg.Adam(1e-2), steps=300, seed=1)
    >>> exact = np.log((2 * np.cosh(0.5)) ** 6 + (2 * np.sinh(0.5)) ** 6)
    >>> bool(abs(fit.history["log_z"][-50:].mean() - exact) < 0.01)
    True
    """

    discrete = True
    n: int
    values: tuple[Any, ...]
    context: int

    def _settle(self, n: Any, values: Any, context: Any, dtype: Any) -> np.dtype:
        name = type(self).__name__
        self.n, d = size(n, f"{name} n"), weight_dtype(dtype)
        if hasattr(values, "__index__"):
            values = tuple(range(size(values, f"{name} values")))
        array = np.asarray(values)
        if array.ndim != 1 or array.size < 2 or array.dtype.kind not in "iuf" or len(set(array.tolist())) < array.size:
            raise SpecError(f"{name} values: expected a number of at least 2, or different values such as (-1, 1), got {values!r}")
        if d.kind != "f":
            raise SpecError(f"{name}: expected a real dtype, got {d}")
        self.values = tuple(array.tolist())
        self.context = size(context, f"{name} context") if context else 0
        return d

    def _given(self, lead: tuple[int, ...], context: Any, dtype: Any) -> Any:
        name = type(self).__name__
        if not self.context:
            if context is not None:
                raise SpecError(f"{name} was made without a context", f"Try {name}(..., context=number of values).")
            return None
        if context is None:
            raise SpecError(f"{name} needs its context of {self.context} numbers")
        c = context if hasattr(context, "dtype") else np.asarray(context, float)
        last_axis(c, self.context, f"{name} context")
        try:
            return np.broadcast_to(c, (*lead, self.context)).astype(dtype)
        except ValueError:
            raise ShapeError(f"{name}: a context of shape {np.shape(context)} does not fit a batch of shape {lead}") from None

    @property
    def _dtype(self) -> np.dtype:
        return next(iter(self.parameters().values())).dtype

    def _which(self, s: Any) -> Any:
        """Which value stands at each site, (..., n, q), of bool."""
        s = s if hasattr(s, "dtype") else np.asarray(s)
        if not np.ndim(s) or np.shape(s)[-1] != self.n:
            raise ShapeError(f"{type(self).__name__}: expected {self.n} sites along the last axis, got shape {np.shape(s)}")
        return np.expand_dims(s, -1) == self.values_of(s.dtype)

    def values_of(self, dtype: np.dtype) -> np.ndarray:
        """What a site can be, as data of this dtype hold it: 0.1 of single precision is not 0.1."""
        values = np.array(self.values)
        return values.astype(dtype) if dtype.kind == "f" else values

    def _logits(self, which: Any, context: Any) -> Any:
        raise NotImplementedError

    def _begin(self, count: int, context: Any) -> Any:
        """The state before the first site."""
        raise NotImplementedError

    def _next(self, state: Any, before: Any, i: Any, context: Any) -> tuple[Any, Any]:
        """Logits (count, q) of site i and the next state, where the site before has ``before`` (count, q), all zero in front of the first."""
        raise NotImplementedError

    def conditionals(self, s: Any, context: Any = None) -> Any:
        """log p of each value of each site given the sites before it: (..., n, q) for s of shape (..., n)."""
        which = self._which(s)
        return log_softmax(self._logits(which, self._given(np.shape(which)[:-2], context, self._dtype)))

    def log_probability(self, s: Any, context: Any = None) -> Any:
        """log p(s), (...), for s of shape (..., n) with values out of ``values``; NaN where another one stands."""
        which = self._which(s)
        log_p = log_softmax(self._logits(which, self._given(np.shape(which)[:-2], context, self._dtype)))
        each = np.sum(np.where(which, log_p, 0), axis=-1)
        return np.sum(np.where(np.any(which, axis=-1), each, np.nan), axis=-1)

    def sample_with_log_probability(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """Draws (n, sites) by a key, each with its log p (n,)."""
        from ergodica.expr.control import scan

        count, q, d = size(n, f"{type(self).__name__}.sample"), len(self.values), self._dtype
        c = self._given((count,), context, d)
        noise = np.moveaxis(random.gumbel(key, (count, self.n, q), d), 1, 0)  # the first rows of more draws are those of fewer

        def one(carry: Any, x: Any) -> Any:
            state, before, total = carry
            i, g = x
            logits, state = self._next(state, before, i, c)
            log_p = log_softmax(logits)
            chosen = np.argmax(log_p + g, axis=-1)
            which = np.expand_dims(chosen, -1) == np.arange(q)
            return (state, which.astype(d), total + np.sum(np.where(which, log_p, 0), axis=-1)), chosen

        start = self._begin(count, c), np.zeros((count, q), d), np.zeros(count, d)
        (_, _, log_p), chosen = scan(one, start, (np.arange(self.n), noise))
        return np.take(np.array(self.values), chosen.T, axis=0), log_p

    def log_density(self, s: Any, context: Any = None) -> Any:
        """:meth:`log_probability`, by the name that objectives ask for."""
        return self.log_probability(s, context)

    def sample_with_log_density(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """:meth:`sample_with_log_probability`, by the name that objectives ask for."""
        return self.sample_with_log_probability(key, n, context)

    def sample(self, key: Any, n: int, context: Any = None) -> Any:
        """Draws of shape (n, sites) by a key (``erg.random.key``)."""
        return self.sample_with_log_probability(key, n, context)[0]


class MADE(Autoregressive):
    r"""Masked dense layers (Germain, Gregor, Murray, Larochelle 2015); the variational autoregressive network of Wu, Wang and Zhang (2019).

    All conditional distributions are one pass, a draw n passes. It starts as the uniform distribution.

    Parameters
    ----------
    n : int
        Sites.
    values : int q for 0, ..., q - 1, or the values themselves; default 2
    hidden : sequence of int, default (64,)
    activation : name or function, default "tanh"
    context : int, default 0
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    M. Germain et al., ICML 2015; D. Wu, L. Wang, P. Zhang, Phys. Rev. Lett. 122, 080602 (2019).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.MADE(16, values=(-1, 1), seed=0)
    >>> s, log_p = model.sample_with_log_probability(erg.random.key(1), 100)
    >>> s.shape, bool(np.allclose(model.log_probability(s), log_p))
    ((100, 16), True)
    """

    net: MaskedMLP

    def __init__(
        self, n: int, values: int | Sequence[Any] = 2, hidden: Sequence[int] = (64,), activation: Activation = "tanh", context: int = 0,
        dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        d = self._settle(n, values, context, dtype)
        q = len(self.values)
        self.net = MaskedMLP(self.n, hidden, q, q, self.context, activation, zeros, d, seed)

    def _logits(self, which: Any, context: Any) -> Any:
        return self.net(np.reshape(which.astype(self._dtype), (*np.shape(which)[:-2], self.n * len(self.values))), context)

    def _begin(self, count: int, context: Any) -> Any:
        return np.zeros((count, self.n, len(self.values)), self._dtype)

    def _next(self, state: Any, before: Any, i: Any, context: Any) -> tuple[Any, Any]:
        state = np.where((np.arange(self.n) == i - 1)[:, None], np.expand_dims(before, -2), state)
        return np.take(self.net(np.reshape(state, (np.shape(state)[0], -1)), context), i, axis=1), state


class AutoregressiveGRU(Autoregressive):
    r"""A gated recurrent unit that goes through the sites (as the wave functions of Hibat-Allah et al. 2020, Phys. Rev. Research 2, 023358).

    A draw costs as much as a density. It starts as the uniform distribution.

    Parameters
    ----------
    n, values, context, dtype, seed : as in :class:`MADE`
    features : int, default 32

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.AutoregressiveGRU(10, seed=0)
    >>> s, log_p = model.sample_with_log_probability(erg.random.key(1), 100)
    >>> bool(np.allclose(model.log_probability(s), log_p))
    True
    """

    cell: GRU
    head: Linear

    def __init__(
        self, n: int, values: int | Sequence[Any] = 2, features: int = 32, context: int = 0, dtype: Any = np.float64, seed: Any = None
    ) -> None:
        d = self._settle(n, values, context, dtype)
        q = len(self.values)
        one, two = keys(seed, 2)
        self.cell = GRU(q + self.context, size(features, "AutoregressiveGRU features"), None, d, one)
        self.head = Linear(features, q, True, zeros, d, two)

    def _logits(self, which: Any, context: Any) -> Any:
        x = which.astype(self._dtype)
        x = np.concatenate([0 * x[..., :1, :], x[..., :-1, :]], axis=-2)
        if context is not None:
            x = np.concatenate([x, np.broadcast_to(np.expand_dims(context, -2), (*np.shape(x)[:-1], self.context))], axis=-1)
        return self.head(self.cell(x)[0])

    def _begin(self, count: int, context: Any) -> Any:
        return self.cell.begin((count,))

    def _next(self, state: Any, before: Any, i: Any, context: Any) -> tuple[Any, Any]:
        state = self.cell.step(state, before if context is None else np.concatenate([before, context], axis=-1))
        return self.head(state), state


class AutoregressiveTransformer(Autoregressive):
    """A causal transformer that goes through the sites; draws keep the keys and values of the sites before.

    Parameters
    ----------
    n, values, context, dtype, seed : as in :class:`MADE`
    features, layers, heads, hidden : as in :class:`Transformer`

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.AutoregressiveTransformer(10, (-1, 1), features=8, layers=2, heads=2, seed=0)
    >>> s, log_p = model.sample_with_log_probability(erg.random.key(1), 100)
    >>> bool(np.allclose(model.log_probability(s), log_p))
    True
    """

    net: Transformer

    def __init__(
        self, n: int, values: int | Sequence[Any] = 2, features: int = 64, layers: int = 4, heads: int = 4, hidden: int | None = None,
        context: int = 0, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        d = self._settle(n, values, context, dtype)
        q = len(self.values)
        self.net = Transformer(q, self.n, q, features, layers, heads, hidden, True, True, "gelu", self.context, d, seed)

    def _logits(self, which: Any, context: Any) -> Any:
        x = which.astype(self._dtype)
        return self.net(np.concatenate([0 * x[..., :1, :], x[..., :-1, :]], axis=-2), context)

    def _begin(self, count: int, context: Any) -> Any:
        return self.net.begin((count,))

    def _next(self, state: Any, before: Any, i: Any, context: Any) -> tuple[Any, Any]:
        return self.net.step(before, state, i, context)
