"""Affine coupling layers, on vectors and on lattices."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.dense import Activation, keys, size, weight_dtype
from ergodica.nn.flows.base import Flow, Independent, Normal, Uniform, base_of, checked, event, sum_event
from ergodica.nn.flows.conditioner import Conditioner, PeriodicConditioner, widths

MASKS = ("alternating", "halves", "checkerboard")


def colours(shape: tuple[int, ...]) -> np.ndarray:
    """Parity of the sum of the coordinates of each site."""
    return np.sum(np.indices(shape), axis=0) % 2


def settle(masks: str, shape: tuple[int, ...], what: str) -> None:
    """Refuses unknown masks, and a checkerboard where the colours of a periodic lattice do not close."""
    if masks not in MASKS:
        raise SpecError(f"{what} masks: {masks!r} is none of {', '.join(MASKS)}")
    if masks == "checkerboard":
        even_lengths(shape, what)


def even_lengths(shape: tuple[int, ...], what: str) -> None:
    if any(n % 2 for n in shape):
        raise SpecError(f"{what}: a checkerboard needs even lengths, got shape {shape}", 'Try masks="alternating".')


def split(x: Any, shape: tuple[int, ...], masks: str) -> tuple[Any, Any]:
    """The two halves of points (..., *shape), each (..., coordinates): every second one, first and last, or the two colours."""
    lead = np.shape(x)[: np.ndim(x) - len(shape)]
    n = math.prod(shape)
    if masks == "checkerboard":
        pairs = np.reshape(x, (*lead, *shape[:-1], shape[-1] // 2, 2))
        odd = colours(shape)[..., ::2] == 1
        one, two = pairs[..., 0], pairs[..., 1]
        return np.reshape(np.where(odd, two, one), (*lead, n // 2)), np.reshape(np.where(odd, one, two), (*lead, n // 2))
    flat = np.reshape(x, (*lead, n))
    return (flat[..., : n // 2], flat[..., n // 2 :]) if masks == "halves" else (flat[..., ::2], flat[..., 1::2])


def join(a: Any, b: Any, shape: tuple[int, ...], masks: str) -> Any:
    """The points whose halves are a and b."""
    lead = np.shape(a)[:-1]
    if masks == "halves":
        return np.reshape(np.concatenate([a, b], axis=-1), (*lead, *shape))
    if masks == "checkerboard":
        half = (*lead, *shape[:-1], shape[-1] // 2)
        a, b = np.reshape(a, half), np.reshape(b, half)
        odd = colours(shape)[..., ::2] == 1
        return np.reshape(np.stack([np.where(odd, b, a), np.where(odd, a, b)], axis=-1), (*lead, *shape))
    n = np.shape(b)[-1]
    pairs = np.reshape(np.stack([a[..., :n], b], axis=-1), (*lead, 2 * n))
    return np.reshape(pairs if np.shape(a)[-1] == n else np.concatenate([pairs, a[..., n:]], axis=-1), (*lead, *shape))


class CouplingFlow(Flow):
    r"""Affine coupling layers (RealNVP; Dinh, Sohl-Dickstein, Bengio 2017).

    One half of the coordinates, :math:`a`, stays and moves the other, :math:`b`; the halves take turns:

    .. math:: b' = b\, e^{s(a)} + t(a), \qquad \log|\det| = \sum_i s_i(a), \qquad s = c \tanh(r(a) / c)

    with networks for :math:`r` and :math:`t` that share all but their last layer and start at 0: the flow starts as the identity.

    Parameters
    ----------
    n : int of at least 2, or a shape such as (16, 16)
    layers : int, default 8
    hidden : sequence of int, default (64, 64)
        Widths of the networks; their channels with ``net="conv"``.
    masks : {"alternating", "halves", "checkerboard"}
        How the coordinates are split: every second one, first and last, or by the two colours of a lattice of even lengths. Default
        "alternating", "checkerboard" with ``net="conv"``.
    net : {"dense", "conv"}
        "conv": convolutions with periodic boundaries on the lattice ``n``; the flow commutes with translations that keep the colours, and :meth:`on`
        puts it on lattices of other lengths.
    kernel : int, default 3
        Length of the convolutions along each axis.
    odd : bool, default False
        f(-z) = -f(z): t is an odd function of a and s an even one, so that q(x) = q(-x).
    activation : name or function, default "tanh"
    bound : float, default 2
        c, the largest \|s\| of one layer.
    context : int, default 0
        Numbers on which the distribution is conditioned.
    base : default :class:`~ergodica.nn.flows.Normal`
        Or any of ``erg.distributions``, or an object with ``log_density(z)`` and ``sample(key, n, dtype)``.
    dtype : default float64
    seed : int or key, default drawn

    Raises
    ------
    SpecError
        One coordinate alone, unknown masks, a checkerboard of odd lengths, an activation that is not odd with ``odd``.

    References
    ----------
    L. Dinh, J. Sohl-Dickstein, S. Bengio, ICLR 2017. On lattices: M. S. Albergo, G. Kanwar, P. E. Shanahan, Phys. Rev. D 100, 034515 (2019); odd
    maps: L. Del Debbio, J. Marsh Rossney, M. Wilson, Phys. Rev. D 104, 094507 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.CouplingFlow(10, seed=0)
    >>> x, log_q = flow.sample_with_log_density(erg.random.key(1), 100)
    >>> x.shape, log_q.shape
    ((100, 10), (100,))
    >>> bool(np.allclose(flow.log_density(x), log_q))
    True
    >>> field = erg.nn.CouplingFlow((16, 16), 4, hidden=[8], net="conv", odd=True, seed=0)
    >>> field.on((32, 32)).sample(erg.random.key(1), 2).shape
    (2, 32, 32)
    """

    couplings: list[Any]
    masks: str
    bound: float

    def __init__(
        self, n: int | Sequence[int], layers: int = 8, hidden: Sequence[int] = (64, 64), masks: str | None = None, net: str = "dense",
        kernel: int = 3, odd: bool = False, activation: Activation = "tanh", bound: float = 2.0, context: int = 0, base: Any = None,
        dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        shape, depth, d = event(n, "CouplingFlow n"), size(layers, "CouplingFlow layers"), weight_dtype(dtype)
        if net not in ("dense", "conv"):
            raise SpecError(f'CouplingFlow net: expected "dense" or "conv", got {net!r}')
        masks = masks or ("checkerboard" if net == "conv" else "alternating")
        settle(masks, shape, "CouplingFlow")
        if net == "conv" and masks != "checkerboard":
            raise SpecError('CouplingFlow: net="conv" goes with masks="checkerboard"')
        if d.kind != "f":
            raise SpecError(f"CouplingFlow: expected a real dtype, got {d}")
        if not (math.isfinite(bound) and bound > 0):
            raise SpecError(f"CouplingFlow bound: expected a number above 0, got {bound!r}")
        total = math.prod(shape)
        if total < 2:
            raise SpecError("CouplingFlow: one coordinate has no other to be moved by", "Try SplineFlow(1).")
        self.context = size(context, "CouplingFlow context") if context else 0
        widths_, each, even = widths(hidden, "CouplingFlow"), keys(seed, depth), (True, False)
        if net == "conv":
            lengths = (size(kernel, "CouplingFlow kernel"),) * len(shape)
            self.couplings = [PeriodicConditioner(1, widths_, (1, 1), even, lengths, activation, odd, self.context, d, key) for key in each]
        else:
            first = total // 2 if masks == "halves" else (total + 1) // 2
            halves = first, total - first
            self.couplings = [
                Conditioner(halves[k % 2], widths_, (halves[1 - k % 2],) * 2, even, activation, odd, self.context, d, key)
                for k, key in enumerate(each)
            ]
        self.shape, self.base, self.masks, self.bound = shape, base_of(base, Normal(shape), "CouplingFlow"), masks, float(bound)

    @property
    def _convolves(self) -> bool:
        return isinstance(self.couplings[0], PeriodicConditioner)

    def on(self, shape: Sequence[int]) -> CouplingFlow:
        """The same networks on a lattice of other lengths, with ``net="conv"``, and the same base of every site."""
        new = event(shape, "CouplingFlow.on")
        if not self._convolves or len(new) != len(self.shape):
            raise SpecError(f'CouplingFlow.on: expected net="conv" and {len(self.shape)} lengths, got {shape!r}')
        even_lengths(new, "CouplingFlow.on")
        other = copy.copy(self)
        if not isinstance(self.base, (Normal, Uniform, Independent)) or (isinstance(self.base, Independent) and self.base.law.shape):
            raise SpecError(f"CouplingFlow.on: {self.base!r} is no base of other lengths", "Make the flow with a base of one number.")
        other.shape, other.base = new, dataclasses.replace(self.base, shape=new)
        return other

    def _scale_shift(self, net: Any, a: Any, context: Any) -> tuple[Any, Any]:
        r, t = net(a, context)
        return self.bound * np.tanh(r * (1 / self.bound)), t

    def forward(self, z: Any, context: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|) for z of shape (..., *shape)."""
        z = checked(z, self.shape, "CouplingFlow")
        c = self._given(z, context)
        return self._on_lattice(z, c, False) if self._convolves else self._on_halves(z, c, False)

    def inverse(self, x: Any, context: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|) for x of shape (..., *shape)."""
        x = checked(x, self.shape, "CouplingFlow")
        c = self._given(x, context)
        return self._on_lattice(x, c, True) if self._convolves else self._on_halves(x, c, True)

    def _order(self, back: bool) -> list[tuple[int, Any]]:
        steps = list(enumerate(self.couplings))
        return steps[::-1] if back else steps

    def _on_halves(self, x: Any, c: Any, back: bool) -> tuple[Any, Any]:
        halves = list(split(x, self.shape, self.masks))
        total: Any = 0.0
        for k, net in self._order(back):
            s, t = self._scale_shift(net, halves[k % 2], c)
            b = halves[1 - k % 2]
            halves[1 - k % 2] = (b - t) * np.exp(-s) if back else b * np.exp(s) + t
            total = total + np.sum(s, axis=-1)
        return join(halves[0], halves[1], self.shape, self.masks), -total if back else total

    def _on_lattice(self, x: Any, c: Any, back: bool) -> tuple[Any, Any]:
        black = colours(self.shape) == 0
        total: Any = 0.0
        for k, net in self._order(back):
            stays = black if k % 2 == 0 else ~black
            frozen = np.where(stays, x, 0)
            s, t = (y[(..., 0, *(slice(None),) * len(self.shape))] for y in self._scale_shift(net, np.expand_dims(frozen, -1 - len(self.shape)), c))
            x = np.where(stays, x, (x - t) * np.exp(-s) if back else x * np.exp(s) + t)
            total = total + sum_event(np.where(stays, 0, s), self.shape)
        return x, -total if back else total
