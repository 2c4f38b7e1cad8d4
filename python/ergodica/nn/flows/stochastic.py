"""Flows with stochastic steps between their layers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.nn.dense import size
from ergodica.nn.flows.base import Flow, Normal, base_of, checked, keyed

Energy = Callable[[Any], Any]


def _number(x: Any, what: str, low: float, high: float) -> float:
    if not (low < x <= high and math.isfinite(x)):
        raise SpecError(f"{what}: expected a number above {low:g}{'' if high == math.inf else f', at most {high:g}'}, got {x!r}")
    return float(x)


@dataclasses.dataclass(frozen=True)
class MetropolisSteps:
    r"""Metropolis steps by normal proposals, at :math:`u_\lambda = (1 - \lambda) u_0 + \lambda u`, between base and target.

    Each step is in detailed balance with :math:`e^{-u_\lambda}`, so that the work of a block is :math:`\Delta S = u_\lambda(x') - u_\lambda(x)`.
    Derivatives pass through a step as through the identity.

    Parameters
    ----------
    steps : int
    size : float
        Standard deviation of a proposal in each coordinate.
    fraction : float in (0, 1], default 1
        :math:`\lambda`.
    """

    steps: int
    size: float
    fraction: float = 1.0

    def __post_init__(self) -> None:
        size(self.steps, "MetropolisSteps steps")
        _number(self.size, "MetropolisSteps size", 0, math.inf)
        _number(self.fraction, "MetropolisSteps fraction", 0, 1)

    def move(self, x: Any, u: Energy, key: Any) -> tuple[Any, Any]:
        """x after the steps, and the work; on the way back it is minus that of the way forth, by detailed balance."""
        from ergodica.expr.control import scan

        start = u(x)

        def one(carry: Any, key: Any) -> Any:
            x, ux = carry
            a, b = random.split(key)
            y = x + self.size * random.normal(a, np.shape(x), x.dtype)
            uy = u(y)
            accept = random.exponential(b, np.shape(ux), ux.dtype) > uy - ux
            wide = np.reshape(accept, (*np.shape(ux), *(1,) * (np.ndim(x) - np.ndim(ux))))
            return (np.where(wide, y, x), np.where(accept, uy, ux)), None

        x, end = scan(one, (x, start), random.split(key, self.steps))[0]
        return x, end - start


@dataclasses.dataclass(frozen=True)
class LangevinSteps:
    r"""Unadjusted Langevin steps :math:`x' = x - h \nabla u_\lambda(x) + \sqrt{2h}\, \eta`.

    The work compares the noise with that of the step back, :math:`\tilde\eta`: :math:`\Delta S = (|\eta|^2 - |\tilde\eta|^2) / 2`, exact for any h.

    Parameters
    ----------
    steps : int
    dt : float
        h.
    fraction : float in (0, 1], default 1
        :math:`\lambda`.
    """

    steps: int
    dt: float
    fraction: float = 1.0

    def __post_init__(self) -> None:
        size(self.steps, "LangevinSteps steps")
        _number(self.dt, "LangevinSteps dt", 0, math.inf)
        _number(self.fraction, "LangevinSteps fraction", 0, 1)

    def move(self, x: Any, u: Energy, key: Any) -> tuple[Any, Any]:
        """x after the steps, and the work; on the way back it is minus that of the way forth."""
        from ergodica.expr.control import scan
        from ergodica.expr.verbs import grad

        force = grad(lambda x: np.sum(u(x)))
        h, width = self.dt, math.sqrt(2 * self.dt)
        lead = np.ndim(u(x))
        axes = tuple(range(lead, np.ndim(x)))

        def one(carry: Any, key: Any) -> Any:
            x, g, work = carry
            noise = random.normal(key, np.shape(x), x.dtype)
            y = x - h * g + width * noise
            gy = force(y)
            other = (x - y + h * gy) * (1 / width)
            gain = 0.5 * np.sum(noise * noise - other * other, axis=axes)
            return (y, gy, work + gain), None

        x, _, work = scan(one, (x, force(x), np.zeros(np.shape(x)[:lead], x.dtype)), random.split(key, self.steps))[0]
        return x, work


class StochasticFlow(Flow):
    r"""Invertible layers and Monte Carlo steps in turn (Wu, Koehler, Noe 2020).

    A path :math:`z = x_0 \to x_1 \to \dots \to x_T = x` has the work :math:`\sum_t \Delta S_t`, the log-determinant of a layer and the log-ratio of
    the probabilities of a step back and forth. Draws come with

    .. math:: \log q = \log q_0(z) - \sum_t \Delta S_t

    of their path, in the place of a density: with the target's u, :math:`w = e^{-u(x) - \log q}` are exact weights, of mean Z, and
    reverse and forward KL of paths bound those of the marginals. ``forward``, ``inverse`` and ``log_density`` are random and take a key.

    Parameters
    ----------
    layers : sequence of flows, :class:`MetropolisSteps` and :class:`LangevinSteps`
        The first flow's base is the base; where there is no flow, ``base`` is needed.
    energy : function of one configuration, of the flow's shape
        E; the target is exp(-E / kT).
    kT : float, default 1
    base : optional
        Any of ``erg.distributions``, or an object with ``log_density(z)`` and ``sample(key, n, dtype)``.

    References
    ----------
    H. Wu, J. Koehler, F. Noe, NeurIPS 2020.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> wells = lambda x: np.sum((x**2 - 1) ** 2)
    >>> steps = erg.nn.flows.MetropolisSteps(10, 0.5, fraction=0.5)
    >>> flow = erg.nn.StochasticFlow([erg.nn.CouplingFlow(2, 2, seed=0), steps], wells)
    >>> x, log_q = flow.sample_with_log_density(erg.random.key(0), 4000)
    >>> Z = np.mean(np.exp(-erg.vmap(wells)(x) - log_q))
    >>> bool(abs(Z / 1.97373**2 - 1) < 0.1)  # of one dimension by quadrature: 1.97373
    True
    """

    layers: list[Any]
    energy: Any
    kT: float

    def __init__(self, layers: Sequence[Any], energy: Energy, kT: float = 1.0, base: Any = None) -> None:
        flows = [f for f in layers if isinstance(f, Flow)]
        for f in layers:
            if not isinstance(f, (Flow, MetropolisSteps, LangevinSteps)) or isinstance(f, StochasticFlow):
                raise SpecError(f"StochasticFlow: expected flows, MetropolisSteps and LangevinSteps as layers, got {type(f).__name__}")
        if not callable(energy):
            raise SpecError(f"StochasticFlow energy: expected a function of one configuration, got {energy!r}")
        if not flows and base is None:
            raise SpecError("StochasticFlow: without a flow among the layers it needs a base", "Try base=erg.nn.flows.Normal((n,)).")
        self.base = base_of(base, flows[0].base if flows else Normal(tuple(getattr(base, "shape", ()))), "StochasticFlow")
        if any(f.shape != tuple(self.base.shape) for f in flows):
            raise ShapeError(f"StochasticFlow: expected flows of shape {tuple(self.base.shape)}, got {[f.shape for f in flows]}")
        if len({f.context for f in flows} - {0}) > 1:
            raise ShapeError(f"StochasticFlow: contexts of different lengths {[f.context for f in flows]}")
        self.layers, self.energy, self.kT = list(layers), energy, _number(kT, "StochasticFlow kT", 0, math.inf)
        self.shape, self.context = tuple(self.base.shape), max((f.context for f in flows), default=0)

    @property
    def density(self) -> str:
        """Of a path back, whose mean is a bound."""
        return "bound"

    def reduced(self, x: Any, fraction: float = 1.0) -> Any:
        """u of the way from base to target: (1 - fraction) u_0 + fraction E / kT, for x of shape (batch, *shape)."""
        from ergodica.expr.verbs import vmap

        u = vmap(self.energy)(x) * (1 / self.kT)
        return u if fraction == 1 else fraction * u - (1 - fraction) * self.base.log_density(x)

    def _path(self, x: Any, key: Any, context: Any, back: bool) -> tuple[Any, Any]:
        x = checked(x, self.shape, "StochasticFlow")
        if key is None:
            raise SpecError("StochasticFlow: its maps are random; expected a key", "Pass key=erg.random.key(seed).")
        self._given(x, context)
        lead = np.shape(x)[: np.ndim(x) - len(self.shape)]
        x = np.reshape(x, (math.prod(lead), *self.shape)).astype(np.result_type(x.dtype, self.dtype))
        c = context
        if c is not None and np.ndim(c) > 1:
            c = np.reshape(np.broadcast_to(c, (*lead, self.context)), (math.prod(lead), self.context))
        total: Any = 0.0
        steps = list(enumerate(self.layers))
        for k, layer in steps[::-1] if back else steps:
            if isinstance(layer, Flow):
                x, work = (layer.inverse if back else layer.forward)(x, c if layer.context else None, **keyed(layer, key, k))
            else:
                x, work = layer.move(x, lambda x, a=layer.fraction: self.reduced(x, a), random.fold_in(key, k))
            total = total + work
        return np.reshape(x, (*lead, *self.shape)), np.reshape(np.broadcast_to(total, np.shape(x)[:1]), lead)

    def forward(self, z: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(x, work) of paths from z; the key is needed."""
        return self._path(z, key, context, False)

    def inverse(self, x: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(z, minus the work) of paths back from x; the key is needed."""
        return self._path(x, key, context, True)

    def log_density(self, x: Any, context: Any = None, key: Any = None) -> Any:
        """log q_0(z) - work of a path back from x, whose mean is at most log q(x)."""
        z, work = self.inverse(x, context, key)
        return self.base.log_density(z) + work

    def sample_with_log_density(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """Draws (n, *shape) and log q_0(z) - work of their paths (n,)."""
        one, two = random.split(key)
        z = self.base.sample(one, size(n, "StochasticFlow.sample_with_log_density"), self.dtype)
        x, work = self.forward(z, context, two)
        return x, self.base.log_density(z) - work

    def sample(self, key: Any, n: int, context: Any = None) -> Any:
        """Draws of shape (n, *shape), those of :meth:`sample_with_log_density`."""
        return self.sample_with_log_density(key, n, context)[0]
