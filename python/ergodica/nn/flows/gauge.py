"""Gauge-equivariant flows of U(1) links."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.dense import Activation, keys, size, weight_dtype
from ergodica.nn.flows.base import Flow, Uniform, checked, event
from ergodica.nn.flows.conditioner import PeriodicConditioner, widths
from ergodica.nn.flows.spline import NARROWEST, UNIT, spline, wrapped

EVERY = 4  # columns of plaquettes: one that moves, two that are looked at, one that moves along


def plaquettes(links: Any) -> Any:
    """Angles t_0(x) + t_1(x+0) - t_0(x+1) - t_1(x) of shape (..., L0, L1) of links (..., 2, L0, L1), as :class:`ergodica.lattice.U1` has them."""
    a, b = links[..., 0, :, :], links[..., 1, :, :]
    return a + np.roll(b, -1, -2) - np.roll(a, -1, -1) - b


class GaugeFlow(Flow):
    r"""Maps of U(1) links in two dimensions that commute with gauge transformations (Kanwar et al. 2020).

    A layer moves the links of one direction in every fourth column. Each such link belongs to a plaquette P that is moved,

    .. math:: P' = h(P), \qquad t' = t + P' - P, \qquad \log|\det| = \sum \log h'(P),

    by a rational-quadratic spline h of the circle; its numbers come from a convolutional network of cos P and sin P of the two columns that neither
    this nor the plaquettes on the other side of the links touch. Eight layers move every link once. All that is seen are plaquettes, so that the map
    commutes with gauge transformations; it commutes with translations by 4, and :meth:`on` puts it on lattices of other lengths. The base is uniform:
    Haar's measure, strong coupling. It starts as the identity.

    Parameters
    ----------
    lattice : two lengths that 4 divides
    layers : int, default 16
    hidden : sequence of int, default (8, 8)
        Channels.
    bins : int, default 6
    kernel : odd int, default 3
    activation : name or function, default "tanh"
    context : int, default 0
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    G. Kanwar et al., Phys. Rev. Lett. 125, 121601 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.GaugeFlow((8, 8), seed=0)
    >>> links, log_q = flow.sample_with_log_density(erg.random.key(1), 10)
    >>> links.shape
    (10, 2, 8, 8)
    >>> action = np.sum(1 - np.cos(erg.nn.flows.plaquettes(links)), axis=(1, 2))
    >>> flow.on((16, 16)).sample(erg.random.key(1), 1).shape
    (1, 2, 16, 16)
    """

    nets: list[PeriodicConditioner]
    bins: int

    def __init__(
        self, lattice: Sequence[int], layers: int = 16, hidden: Sequence[int] = (8, 8), bins: int = 6, kernel: int = 3,
        activation: Activation = "tanh", context: int = 0, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        lengths, depth, K, d = _lengths(lattice), size(layers, "GaugeFlow layers"), size(bins, "GaugeFlow bins"), weight_dtype(dtype)
        if K < 2 or K * NARROWEST >= 1:
            raise SpecError(f"GaugeFlow bins: expected 2 to {int(1 / NARROWEST) - 1}, got {K}")
        if d.kind != "f":
            raise SpecError(f"GaugeFlow: expected a real dtype, got {d}")
        if size(kernel, "GaugeFlow kernel") % 2 == 0:
            raise SpecError(f"GaugeFlow kernel: expected an odd length, got {kernel}")
        self.context = size(context, "GaugeFlow context") if context else 0
        channels = widths(hidden, "GaugeFlow")
        self.nets = [
            PeriodicConditioner(2, channels, (3 * K,), (True,), (kernel, kernel), activation, False, self.context, d, k, EVERY)
            for k in keys(seed, depth)
        ]
        self.shape, self.bins = (2, *lengths), K
        self.base = Uniform(self.shape, -math.pi, math.pi, True)

    def on(self, lattice: Sequence[int]) -> GaugeFlow:
        """The same networks on a lattice of other lengths."""
        other = copy.copy(self)
        other.shape = (2, *_lengths(lattice))
        other.base = Uniform(other.shape, -math.pi, math.pi, True)
        return other

    def _layer(self, k: int, links: Any, context: Any, back: bool) -> tuple[Any, Any]:
        turned, shift = k % 2 == 1, k // 2 % EVERY
        if turned:  # the other direction: axes and directions change places, and every plaquette its sign
            links = np.swapaxes(links[..., ::-1, :, :], -1, -2)
        links = np.roll(links, -shift, -1)
        P = plaquettes(links)
        column = np.arange(np.shape(P)[-1]) % EVERY
        seen = (column == 1) | (column == 2)
        x = np.stack([np.where(seen, np.cos(P), 0), np.where(seen, np.sin(P), 0)], axis=-3)
        o = np.moveaxis(self.nets[k](x, context)[0], -3, 0)
        K = self.bins
        slopes = [UNIT + o[i] for i in range(2 * K, 3 * K)]
        before = wrapped(P[..., ::EVERY])
        v = (before + math.pi) * (0.5 / math.pi)
        y, log_slope = spline(v, [o[i] for i in range(K)], [o[i] for i in range(K, 2 * K)], [*slopes, slopes[0]], not back)
        change = y * (2 * math.pi) - math.pi - before
        a = links[..., 0, :, :]
        columns = np.reshape(a, (*np.shape(a)[:-1], np.shape(a)[-1] // EVERY, EVERY))
        moved = np.concatenate([wrapped(columns[..., :1] + change[..., None]), columns[..., 1:]], axis=-1)
        links = np.stack([np.reshape(moved, np.shape(a)), links[..., 1, :, :]], axis=-3)
        links = np.roll(links, shift, -1)
        if turned:
            links = np.swapaxes(links, -1, -2)[..., ::-1, :, :]
        return links, np.sum(log_slope, axis=(-1, -2))

    def _through(self, x: Any, context: Any, back: bool) -> tuple[Any, Any]:
        x = checked(x, self.shape, "GaugeFlow")
        c = self._given(x, context)
        total: Any = 0.0
        for k in range(len(self.nets))[::-1] if back else range(len(self.nets)):
            x, log_det = self._layer(k, x, c, back)
            total = total + log_det
        return x, total

    def forward(self, z: Any, context: Any = None) -> tuple[Any, Any]:
        """(links, log |det|) for links z of shape (..., 2, L0, L1)."""
        return self._through(z, context, False)

    def inverse(self, x: Any, context: Any = None) -> tuple[Any, Any]:
        """(z, log |det|) for links x of shape (..., 2, L0, L1)."""
        return self._through(x, context, True)


def _lengths(lattice: Any) -> tuple[int, ...]:
    lengths = event(lattice, "GaugeFlow lattice")
    if len(lengths) != 2 or any(n % EVERY for n in lengths):
        raise SpecError(f"GaugeFlow lattice: expected two lengths that {EVERY} divides, such as (8, 8), got {lattice!r}")
    return lengths
