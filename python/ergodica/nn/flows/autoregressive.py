"""Masked autoregressive flows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.dense import Activation, keys, size, weight_dtype
from ergodica.nn.flows.base import Flow, Normal, base_of, checked, event
from ergodica.nn.flows.conditioner import widths
from ergodica.nn.initialisers import zeros
from ergodica.nn.masked import MaskedMLP


class AutoregressiveFlow(Flow):
    r"""Affine maps in which each coordinate is moved by all before it (Papamakarios, Pavlakou, Murray 2017).

    .. math:: x_i = z_i\, e^{s_i(x_{<i})} + t_i(x_{<i}), \qquad \log|\det| = \sum_i s_i, \qquad s = c \tanh(r / c)

    with one masked network for all i; the order is reversed from layer to layer. With ``fast="density"`` the density is one pass a layer and a draw n
    passes; ``fast="sample"`` has z in the place of x in the networks, so that draws are one pass (Kingma et al. 2016). The n passes are exact, not
    iterated to a tolerance. It starts as the identity.

    Parameters
    ----------
    n : int or a shape
    layers : int, default 4
    hidden : sequence of int, default (64, 64)
    fast : {"density", "sample"}
    activation : name or function, default "tanh"
    bound : float, default 2
        c, the largest \|s\| of one layer.
    context : int, default 0
    base : default :class:`~ergodica.nn.flows.Normal`
        Or any of ``erg.distributions``, or an object with ``log_density(z)`` and ``sample(key, n, dtype)``.
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    G. Papamakarios, T. Pavlakou, I. Murray, NeurIPS 2017; D. P. Kingma et al., NeurIPS 2016.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.AutoregressiveFlow(3, seed=0)
    >>> x, log_q = flow.sample_with_log_density(erg.random.key(1), 10)
    >>> bool(np.allclose(flow.log_density(x), log_q))
    True
    """

    nets: list[MaskedMLP]
    fast: str
    bound: float

    def __init__(
        self, n: int | Sequence[int], layers: int = 4, hidden: Sequence[int] = (64, 64), fast: str = "density", activation: Activation = "tanh",
        bound: float = 2.0, context: int = 0, base: Any = None, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        shape, depth, d = event(n, "AutoregressiveFlow n"), size(layers, "AutoregressiveFlow layers"), weight_dtype(dtype)
        if fast not in ("density", "sample"):
            raise SpecError(f'AutoregressiveFlow fast: expected "density" or "sample", got {fast!r}')
        if d.kind != "f":
            raise SpecError(f"AutoregressiveFlow: expected a real dtype, got {d}")
        if not (math.isfinite(bound) and bound > 0):
            raise SpecError(f"AutoregressiveFlow bound: expected a number above 0, got {bound!r}")
        self.context = size(context, "AutoregressiveFlow context") if context else 0
        hidden = widths(hidden, "AutoregressiveFlow")
        self.nets = [MaskedMLP(math.prod(shape), hidden, 2, 1, self.context, activation, zeros, d, k) for k in keys(seed, depth)]
        self.shape, self.base, self.fast, self.bound = shape, base_of(base, Normal(shape), "AutoregressiveFlow"), fast, float(bound)

    def _scale_shift(self, net: MaskedMLP, x: Any, context: Any) -> tuple[Any, Any]:
        o = net(x, context)
        return self.bound * np.tanh(o[..., 0] * (1 / self.bound)), o[..., 1]

    def _direct(self, net: MaskedMLP, y: Any, c: Any, divide: bool) -> tuple[Any, Any]:
        s, t = self._scale_shift(net, y, c)
        return ((y - t) * np.exp(-s), -s) if divide else (y * np.exp(s) + t, s)

    def _solved(self, net: MaskedMLP, y: Any, c: Any, divide: bool) -> tuple[Any, Any]:
        """The argument of ``_direct`` whose result is y: pass k makes coordinate k right, and those before it stay."""
        from ergodica.expr.control import fori_loop

        def one(_: Any, carry: Any) -> Any:
            s, t = self._scale_shift(net, carry[0], c)
            return (y * np.exp(s) + t, s) if divide else ((y - t) * np.exp(-s), -s)

        return fori_loop(0, np.shape(y)[-1], one, (y, y * 0))

    def _through(self, x: Any, context: Any, back: bool) -> tuple[Any, Any]:
        x = checked(x, self.shape, "AutoregressiveFlow")
        c = self._given(x, context)
        lead = np.shape(x)[: np.ndim(x) - len(self.shape)]
        y = np.reshape(x, (*lead, math.prod(self.shape))).astype(np.result_type(x.dtype, self.dtype))
        density = self.fast == "density"
        step = self._direct if back == density else self._solved
        total: Any = 0.0
        steps = list(enumerate(self.nets))
        for k, net in steps[::-1] if back else steps:
            y = y[..., ::-1] if k % 2 else y
            y, s = step(net, y, c, density)
            y = y[..., ::-1] if k % 2 else y
            total = total + np.sum(s, axis=-1)
        return np.reshape(y, (*lead, *self.shape)), total

    def forward(self, z: Any, context: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|) for z of shape (..., *shape)."""
        return self._through(z, context, False)

    def inverse(self, x: Any, context: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|) for x of shape (..., *shape)."""
        return self._through(x, context, True)
