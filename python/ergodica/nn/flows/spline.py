"""Monotone rational-quadratic splines, and flows of them on lines, cubes and tori."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.nn.activations import held
from ergodica.nn.dense import Activation, keys, size, weight_dtype
from ergodica.nn.flows.base import Flow, Normal, Uniform, base_of, checked, event
from ergodica.nn.flows.conditioner import Conditioner, widths
from ergodica.nn.flows.coupling import join, settle, split
from ergodica.nn.module import Module

NARROWEST, FLATTEST = 1e-3, 1e-3
UNIT = math.log(math.expm1(1 - FLATTEST))  # the raw slope that makes 1
DOMAINS = ("line", "cube", "torus")


def _exponentials(logits: Sequence[Any]) -> list[Any]:
    top = logits[0]
    for u in logits[1:]:
        top = np.maximum(top, u)
    top = held(top)
    return [np.exp(u - top) for u in logits]


def _total(terms: Sequence[Any]) -> Any:
    total = terms[0]
    for t in terms[1:]:
        total = total + t
    return total


def _slope(raw: Any) -> Any:
    return FLATTEST + np.maximum(raw, 0) + np.log(1 + np.exp(-np.abs(raw)))


def spline(v: Any, widths: Sequence[Any], heights: Sequence[Any], slopes: Sequence[Any], back: bool = False) -> tuple[Any, Any]:
    r"""A monotone map of [0, 1] onto itself, and the logarithm of its derivative (Durkan et al. 2019).

    In bin k, with :math:`\xi = (v - v_k)/w_k`, :math:`\delta = h_k / w_k` and slopes :math:`d` at the knots,

    .. math:: y = y_k + h_k \frac{\delta \xi^2 + d_k \xi(1-\xi)}{\delta + (d_k + d_{k+1} - 2\delta)\, \xi (1 - \xi)}

    Widths and heights are softmax functions of their logits, mixed with a least width of 1e-3; slopes 1e-3 + log(1 + exp(raw)). The K bins are gone
    through one by one, each a few operations on all elements, in place of tables that are looked up.

    Parameters
    ----------
    v : array
        In [0, 1]; the image with ``back``.
    widths, heights : K arrays of logits of the shape of v
    slopes : K + 1 arrays (or numbers) of raw slopes at the knots
    back : bool
        The inverse map, whose derivative is that at its result.
    """
    K = len(widths)
    if K * NARROWEST >= 1:
        raise SpecError(f"spline: expected fewer than {int(1 / NARROWEST)} bins, got {K}")
    free = 1 / (1 - K * NARROWEST)
    e, f = _exponentials(widths), _exponentials(heights)
    g, G = _total(e) * free, _total(f) * free
    zero = 0 * v
    e0, f0, ek, fk, low = zero, zero, e[0], f[0], zero
    r0, r1 = slopes[0] + zero, slopes[1] + zero
    edge, top = e[0], f[0]
    for k in range(1, K):
        later = (v - NARROWEST * k) * (G if back else g) >= (top if back else edge)
        e0, f0 = np.where(later, edge, e0), np.where(later, top, f0)
        ek, fk = np.where(later, e[k], ek), np.where(later, f[k], fk)
        r0, r1 = np.where(later, slopes[k], r0), np.where(later, slopes[k + 1], r1)
        low = np.where(later, NARROWEST * k, low)
        edge, top = edge + e[k], top + f[k]
    d0, d1, rg, rG = _slope(r0), _slope(r1), 1 / g, 1 / G
    x0, w, y0, h = low + e0 * rg, NARROWEST + ek * rg, low + f0 * rG, NARROWEST + fk * rG
    s = h / w
    bend = d0 + d1 - 2 * s
    if back:
        dy = v - y0
        b = h * d0 - dy * bend
        root = np.sqrt(np.maximum(b * b + 4 * s * dy * (h * (s - d0) + dy * bend), 0))
        xi = 2 * s * dy / (b + root)
    else:
        xi = (v - x0) / w
    xi = np.where(xi < 0, 0, np.where(xi > 1, 1, xi))  # by rounding; where slopes are steep the formula is no map beyond its bin
    q = xi * (1 - xi)
    den = s + bend * q
    log_slope = np.log(s * s * (d1 * xi * xi + 2 * s * q + d0 * (1 - xi) * (1 - xi)) / (den * den))
    if back:
        return x0 + xi * w, -log_slope
    return y0 + h * (s * xi * xi + d0 * q) / den, log_slope


def wrapped(x: Any) -> Any:
    """The angle in [-pi, pi)."""
    return x - 2 * math.pi * np.floor((x + math.pi) * (0.5 / math.pi))


class Shape(Module):
    """The parameters of splines of coordinates that nothing moves: logits and raw slopes, (numbers of a coordinate, coordinates)."""

    logits: np.ndarray

    def __call__(self, lead: int) -> Any:
        return np.broadcast_to(self.logits[..., None], (*np.shape(self.logits), lead))


class SplineFlow(Flow):
    r"""Coupling layers of monotone rational-quadratic splines (Durkan et al. 2019), on a line, a cube or a torus.

    One half of the coordinates chooses the splines of the other; the halves take turns. A single coordinate has splines of its own (chosen by the
    context, where there is one).

    - ``domain="line"``: splines on :math:`[-B, B]` with slope 1 at the ends, the identity outside; base N(0, 1).
    - ``domain="cube"``: splines of [0, 1]; base uniform.
    - ``domain="torus"``: angles in :math:`[-\pi, \pi)`; splines of the circle with one slope at its ends, then a rotation; networks see
      :math:`\cos, \sin`; base uniform (Rezende et al. 2020). ``n = 1`` is the circle.

    It starts as the identity. The density is the direct side of the spline; draws solve a quadratic equation.

    Parameters
    ----------
    n : int or a shape
    layers : int, default 8
    hidden : sequence of int, default (64, 64)
    bins : int, default 8
    domain : {"line", "cube", "torus"}
    bound : float, default 5
        B, on a line.
    masks : {"alternating", "halves", "checkerboard"}
        As in :class:`CouplingFlow`.
    activation : name or function, default "tanh"
    context : int, default 0
    base : default as above
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    C. Durkan, A. Bekasov, I. Murray, G. Papamakarios, NeurIPS 2019; D. J. Rezende et al., ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.SplineFlow(8, seed=0)
    >>> x = flow.sample(erg.random.key(0), 100)
    >>> bool(np.allclose(flow.forward(flow.inverse(x)[0])[0], x))
    True
    >>> angles = erg.nn.SplineFlow(2, domain="torus", seed=0)
    >>> bool(np.allclose(angles.log_density(np.zeros(2)), -2 * np.log(2 * np.pi)))
    True
    """

    layers: list[Any]
    bins: int
    domain: str
    bound: float
    masks: str

    def __init__(
        self, n: int | Sequence[int], layers: int = 8, hidden: Sequence[int] = (64, 64), bins: int = 8, domain: str = "line", bound: float = 5.0,
        masks: str = "alternating", activation: Activation = "tanh", context: int = 0, base: Any = None, dtype: Any = np.float64, seed: Any = None,
    ) -> None:  # fmt: skip
        shape, depth, K, d = event(n, "SplineFlow n"), size(layers, "SplineFlow layers"), size(bins, "SplineFlow bins"), weight_dtype(dtype)
        if domain not in DOMAINS:
            raise SpecError(f"SplineFlow domain: {domain!r} is none of {', '.join(DOMAINS)}")
        if K < 2 or K * NARROWEST >= 1:
            raise SpecError(f"SplineFlow bins: expected 2 to {int(1 / NARROWEST) - 1}, got {K}")
        if d.kind != "f":
            raise SpecError(f"SplineFlow: expected a real dtype, got {d}")
        if not (math.isfinite(bound) and bound > 0):
            raise SpecError(f"SplineFlow bound: expected a number above 0, got {bound!r}")
        settle(masks, shape, "SplineFlow")
        self.context = size(context, "SplineFlow context") if context else 0
        count = {"line": 3 * K - 1, "cube": 3 * K + 1, "torus": 3 * K + 1}[domain]  # on a torus K slopes and a rotation
        total = math.prod(shape)
        first = total // 2 if masks == "halves" and total > 1 else (total + 1) // 2
        halves = first, total - first
        angles = 2 if domain == "torus" else 1
        hidden = widths(hidden, "SplineFlow")
        self.layers = []
        for k, key in enumerate(keys(seed, depth)):
            still, moved = (halves[k % 2], halves[1 - k % 2]) if total > 1 else (0, 1)
            if still or self.context:
                net: Any = Conditioner(still * angles, hidden, (count * moved,), (True,), activation, False, self.context, d, key)
            else:
                net = Shape(np.zeros((count, 1), d))
            self.layers.append(net)
        low = -math.pi
        bases: dict[str, Any] = {"line": Normal(shape), "cube": Uniform(shape), "torus": Uniform(shape, low, -low, True)}
        self.shape, self.base, self.bins, self.domain = shape, base_of(base, bases[domain], "SplineFlow"), K, domain
        self.bound, self.masks = float(bound), masks

    def _splines(self, net: Any, still: Any, context: Any, moved: int, rows: int) -> Any:
        """Parameters as (numbers of a coordinate, coordinates, batch): all that follows runs along the batch."""
        if isinstance(net, Shape):
            return net(rows)
        h = net.features(context, None) if still is None else net.features(self._seen(still), context)
        head = net.heads[0]
        o = head.weight @ h.T + head.bias[:, None]
        return np.reshape(o, (np.shape(o)[0] // moved, moved, rows))

    def _seen(self, still: Any) -> Any:
        rows = still.T
        return np.concatenate([np.cos(rows), np.sin(rows)], axis=-1) if self.domain == "torus" else rows

    def _move(self, x: Any, o: Any, back: bool) -> tuple[Any, Any]:
        """``back``: from x to z, the direct side of the spline."""
        K = self.bins
        rows = [o[k] for k in range(o.shape[0])]
        W, H, R = rows[:K], rows[K : 2 * K], [UNIT + r for r in rows[2 * K :]]
        if self.domain == "cube":
            inside = (x >= 0) & (x <= 1)
            y, slope = spline(np.where(inside, x, 0.5), W, H, R, not back)
            return np.where(inside, np.where(y > 1, 1, y), x), np.where(inside, slope, 0)
        if self.domain == "line":
            B = self.bound
            inside = (x > -B) & (x < B)
            y, slope = spline(np.where(inside, x, 0) * (0.5 / B) + 0.5, W, H, [UNIT, *R, UNIT], not back)
            return np.where(inside, y * (2 * B) - B, x), np.where(inside, slope, 0)
        turn = rows[-1]
        R = [*R[:K], R[0]]
        x = wrapped(x - turn if back else x)
        y, slope = spline((x + math.pi) * (0.5 / math.pi), W, H, R, not back)
        y = y * (2 * math.pi) - math.pi
        return wrapped(y if back else y + turn), slope

    def _through(self, x: Any, context: Any, back: bool) -> tuple[Any, Any]:
        x = checked(x, self.shape, "SplineFlow")
        c = self._given(x, context)
        lead = np.shape(x)[: np.ndim(x) - len(self.shape)]
        rows = math.prod(lead)
        if c is not None:
            c = np.reshape(c, (rows, self.context))
        alone = math.prod(self.shape) == 1
        flat = np.reshape(x, (rows, *self.shape))
        halves = [np.reshape(flat, (rows, 1)).T] if alone else [half.T for half in split(flat, self.shape, self.masks)]
        total: Any = 0.0
        steps = list(enumerate(self.layers))
        for k, net in steps[::-1] if back else steps:
            moved = 0 if alone else 1 - k % 2
            o = self._splines(net, None if alone else halves[k % 2], c, np.shape(halves[moved])[0], rows)
            halves[moved], slope = self._move(halves[moved], o, back)
            total = total + np.sum(slope, axis=0)
        out = halves[0].T if alone else join(halves[0].T, halves[1].T, self.shape, self.masks)
        return np.reshape(out, (*lead, *self.shape)), np.reshape(total, lead)

    def forward(self, z: Any, context: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|) for z of shape (..., *shape)."""
        return self._through(z, context, False)

    def inverse(self, x: Any, context: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|) for x of shape (..., *shape)."""
        return self._through(x, context, True)
