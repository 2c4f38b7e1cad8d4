"""What flows have in common: the base distribution, densities and draws."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.nn.dense import size
from ergodica.nn.module import Module


def event(n: Any, what: str) -> tuple[int, ...]:
    """The shape of one point: of a length or a sequence of lengths."""
    lengths = (n,) if hasattr(n, "__index__") else n
    if isinstance(lengths, (str, bytes)) or not hasattr(lengths, "__len__") or not len(lengths):
        raise SpecError(f"{what}: expected a number of coordinates or a shape such as (16, 16), got {n!r}")
    return tuple(size(k, what) for k in lengths)


def sum_event(x: Any, shape: tuple[int, ...]) -> Any:
    """The sum over the axes of one point."""
    return np.sum(x, axis=tuple(range(-len(shape), 0)))


def checked(x: Any, shape: tuple[int, ...], what: str) -> Any:
    """x as it is, if its last axes are those of a point."""
    x = x if hasattr(x, "dtype") else np.asarray(x)
    if np.shape(x)[max(np.ndim(x) - len(shape), 0) :] != shape:
        raise ShapeError(f"{what}: expected shape {('...', *shape)}, got {np.shape(x)}".replace("'...'", "..."))
    if x.dtype.kind not in "iuf":
        raise SpecError(f"{what}: expected real numbers, got {x.dtype}")
    return x


@dataclasses.dataclass(frozen=True)
class Normal:
    r"""The base :math:`z \sim N(0, 1)` of every coordinate.

    Parameters
    ----------
    shape : tuple of int
        Of one point.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> float(erg.nn.flows.Normal((2,)).log_density(np.zeros(2)).round(6))  # -log(2 pi)
    -1.837877
    """

    shape: tuple[int, ...]

    def log_density(self, z: Any) -> Any:
        """-|z|^2 / 2 - n log(2 pi) / 2, of shape (...) for z of shape (..., *shape)."""
        return -0.5 * sum_event(z * z, self.shape) - 0.5 * math.log(2 * math.pi) * math.prod(self.shape)

    def sample(self, key: Any, n: int, dtype: Any = np.float64) -> Any:
        """Draws of shape (n, *shape)."""
        return random.normal(key, (n, *self.shape), dtype)


@dataclasses.dataclass(frozen=True)
class Uniform:
    r"""The uniform base on :math:`[low, high)` in every coordinate.

    Parameters
    ----------
    shape : tuple of int
        Of one point.
    low, high : float, default 0 and 1
    periodic : bool, default False
        The interval is a circle: the density is the same everywhere, elsewhere it is 0 outside.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> np.exp(erg.nn.flows.Uniform((2,)).log_density(np.array([[0.5, 0.5], [0.5, 1.5]]))).tolist()
    [1.0, 0.0]
    """

    shape: tuple[int, ...]
    low: float = 0.0
    high: float = 1.0
    periodic: bool = False

    def log_density(self, z: Any) -> Any:
        """-n log(high - low), of shape (...) for z of shape (..., *shape)."""
        lead = np.shape(z)[: np.ndim(z) - len(self.shape)]
        inside = np.full(lead, -math.prod(self.shape) * math.log(self.high - self.low), z.dtype if z.dtype.kind == "f" else float)
        if self.periodic:
            return inside
        axes = tuple(range(-len(self.shape), 0))
        return np.where(np.all((z >= self.low) & (z <= self.high), axis=axes), inside, -np.inf)

    def sample(self, key: Any, n: int, dtype: Any = np.float64) -> Any:
        """Draws of shape (n, *shape)."""
        return self.low + (self.high - self.low) * random.uniform(key, (n, *self.shape), dtype)


@dataclasses.dataclass(frozen=True)
class Independent:
    """A base of the package's distributions: one for every coordinate, or of the shape of a point.

    Parameters
    ----------
    law : distribution of ``erg.distributions``
    shape : tuple of int
        Of one point.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.CouplingFlow(3, base=erg.distributions.StudentT(4.0), seed=0)  # tails that an affine map of a normal law has not
    >>> x, log_q = flow.sample_with_log_density(erg.random.key(0), 5)
    >>> bool(np.allclose(log_q, erg.distributions.StudentT(4.0).log_prob(x).sum(1)))
    True
    """

    law: Any
    shape: tuple[int, ...]

    def log_density(self, z: Any) -> Any:
        """The sum over coordinates, of shape (...) for z of shape (..., *shape)."""
        each = self.law.log_prob(z)
        return sum_event(each, self.shape[: len(self.shape) - self.law.event]).astype(z.dtype if z.dtype.kind == "f" else float)

    def sample(self, key: Any, n: int, dtype: Any = np.float64) -> Any:
        """Draws of shape (n, *shape)."""
        return self.law.sample(key, (n, *self.shape[: len(self.shape) - len(self.law.shape)])).astype(dtype)


def base_of(base: Any, default: Any, what: str) -> Any:
    """What is given as a base, or the default, for points of the default's shape."""
    from ergodica.distributions.base import Distribution

    shape = tuple(default.shape)
    if base is None:
        return default
    if isinstance(base, Distribution):
        if base.shape not in ((), shape):
            raise ShapeError(f"{what} base: expected a distribution of one number or of shape {shape}, got {base!r}", fields={"argument": "base"})
        return Independent(base, shape)
    if isinstance(base, Flow):
        raise SpecError(f"{what} base: expected a distribution, got the flow {type(base).__name__}", "Try erg.nn.flows.Composition(base, flow).",
                        {"argument": "base"})  # fmt: skip
    if not hasattr(base, "log_density") or not hasattr(base, "sample"):
        raise SpecError(f"{what} base: expected a distribution, or an object with log_density(z) and sample(key, n, dtype); got {base!r}",
                        "Try erg.distributions.StudentT(4.0).", {"argument": "base"})  # fmt: skip
    if tuple(getattr(base, "shape", shape)) != shape:
        raise ShapeError(f"{what} base: expected points of shape {shape}, got {base!r}", fields={"argument": "base"})
    return base


class Flow(Module):
    r"""A distribution as an invertible map x = f(z) of a base distribution of z.

    .. math:: \log q(x) = \log q_0(z) + \log\left|\det \frac{\partial z}{\partial x}\right|, \qquad z = f^{-1}(x)

    A subclass has ``forward`` and ``inverse``; densities and draws follow. Points have the shape ``shape``, batches stand in front:
    ``(..., *shape)``; log-determinants and densities have the shape of the batch. Where a flow has a ``context`` of that many numbers,
    its functions take ``context`` of shape ``(context,)`` or ``(..., context)`` and give the conditional distribution.

    Attributes
    ----------
    shape : tuple of int
    base : object with ``log_density(z)`` and ``sample(key, n, dtype)``
    context : int, 0 where there is none
    density : {"exact", "unbiased", "bound"}
        What ``log_density`` gives: log q, or a random number whose mean is log q or at most that. The functions of random ones take a ``key``.

    Examples
    --------
    A flow of one's own, x = a z with one a for each coordinate:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Scale(erg.nn.Flow):
    ...     log_a: np.ndarray
    ...     def __init__(self, n):
    ...         self.shape, self.base, self.context, self.log_a = (n,), erg.nn.flows.Normal((n,)), 0, np.zeros(n)
    ...     def forward(self, z, context=None):
    ...         return z * np.exp(self.log_a), np.sum(self.log_a) + np.zeros(z.shape[:-1])
    ...     def inverse(self, x, context=None):
    ...         return x * np.exp(-self.log_a), -np.sum(self.log_a) + np.zeros(x.shape[:-1])
    >>> Scale(3).sample(erg.random.key(0), 100).shape
    (100, 3)
    >>> bool(np.allclose(Scale(3).log_density(np.zeros((2, 3))), -1.5 * np.log(2 * np.pi)))
    True
    """

    shape: tuple[int, ...]
    base: Any
    context: int

    @property
    def density(self) -> str:
        """What ``log_density`` gives."""
        return "exact"

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters, and so of draws."""
        return next((np.dtype(x.dtype) for x in trees.flatten(self)[1] if x.dtype.kind == "f"), np.dtype(float))

    def forward(self, z: Any, context: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|) of z."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def inverse(self, x: Any, context: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|) of x."""
        raise NotImplementedError(f"{type(self).__name__}.inverse")

    def log_density(self, x: Any, context: Any = None) -> Any:
        """log q(x) of shape (...) for x of shape (..., *shape)."""
        z, log_det = self.inverse(x, context)
        return self.base.log_density(z) + log_det

    def sample(self, key: Any, n: int, context: Any = None) -> Any:
        """Draws of shape (n, *shape) by a key (``erg.random.key``); the context is one for all, or one for each draw."""
        return self.forward(self.base.sample(key, size(n, f"{type(self).__name__}.sample"), self.dtype), context)[0]

    def sample_with_log_density(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """Draws (n, *shape) and log q of each (n,), by one pass forward."""
        z = self.base.sample(key, size(n, f"{type(self).__name__}.sample_with_log_density"), self.dtype)
        x, log_det = self.forward(z, context)
        return x, self.base.log_density(z) - log_det

    def _given(self, x: Any, context: Any) -> Any:
        """The context for each point of a batch, or None."""
        name = type(self).__name__
        if not self.context:
            if context is not None:
                raise SpecError(f"{name} was made without a context", f"Try {name}(..., context=number of values).")
            return None
        if context is None:
            raise SpecError(f"{name} needs its context of {self.context} numbers")
        c = checked(context, (self.context,), f"{name} context")
        lead = np.shape(x)[: np.ndim(x) - len(self.shape)]
        try:
            return np.broadcast_to(c, (*lead, self.context)).astype(x.dtype if x.dtype.kind == "f" else float)
        except ValueError:
            raise ShapeError(f"{name}: a context of shape {np.shape(context)} does not fit a batch of shape {lead}") from None


def keyed(flow: Any, key: Any, k: int = 0) -> dict[str, Any]:
    """The key of a flow whose maps are random, as an argument; one of its own for each k."""
    if getattr(flow, "density", "exact") == "exact":
        return {}
    if key is None:
        raise SpecError(f"{type(flow).__name__}: its maps are random; expected a key", "Pass key=erg.random.key(seed).")
    return {"key": random.fold_in(key, k)}


class Composition(Flow):
    """Flows one after the other: the first one's base, then every map in turn, all with the same context.

    Where one of them is random (:class:`StochasticFlow`, Hutchinson's divergence) so is the composition, and its functions take a ``key``.

    Parameters
    ----------
    flows : Flow
        Of the same shape; bases of all but the first do not matter.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.flows.Composition(erg.nn.CouplingFlow(2, 2, seed=0), erg.nn.SplineFlow(2, 2, seed=1))
    >>> x, log_det = flow.forward(np.ones((5, 2)))
    >>> bool(np.allclose(flow.inverse(x)[0], 1.0))
    True
    """

    flows: list[Any]

    def __init__(self, *flows: Flow) -> None:
        if not flows or not all(hasattr(f, "forward") and hasattr(f, "inverse") for f in flows):
            raise SpecError("Composition: expected flows, with forward and inverse")
        if len({f.shape for f in flows}) > 1:
            raise ShapeError(f"Composition: expected flows of one shape, got {[f.shape for f in flows]}")
        if len({f.context for f in flows} - {0}) > 1:
            raise ShapeError(f"Composition: contexts of different lengths {[f.context for f in flows]}")
        self.flows = list(flows)
        self.shape, self.base, self.context = flows[0].shape, flows[0].base, max(f.context for f in flows)

    @property
    def density(self) -> str:
        """That of the least exact one."""
        return max((getattr(f, "density", "exact") for f in self.flows), key=("exact", "unbiased", "bound").index)

    def _through(self, x: Any, context: Any, key: Any, way: str) -> tuple[Any, Any]:
        x = checked(x, self.shape, "Composition")
        self._given(x, context)
        total: Any = 0.0
        steps = list(enumerate(self.flows))
        for k, f in steps[::-1] if way == "inverse" else steps:
            x, log_det = getattr(f, way)(x, context if f.context else None, **keyed(f, key, k))
            total = total + log_det
        return x, total

    def forward(self, z: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|)."""
        return self._through(z, context, key, "forward")

    def inverse(self, x: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|)."""
        return self._through(x, context, key, "inverse")

    def log_density(self, x: Any, context: Any = None, key: Any = None) -> Any:
        """log q(x) of shape (...), or its estimate."""
        z, log_det = self.inverse(x, context, key)
        return self.base.log_density(z) + log_det

    def sample_with_log_density(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """Draws (n, *shape) and log q of each (n,), or its estimate."""
        one, two = (key, None) if self.density == "exact" else random.split(key)
        z = self.base.sample(one, size(n, "Composition.sample_with_log_density"), self.dtype)
        x, log_det = self.forward(z, context, two)
        return x, self.base.log_density(z) - log_det

    def sample(self, key: Any, n: int, context: Any = None) -> Any:
        """Draws of shape (n, *shape), those of :meth:`sample_with_log_density`."""
        return self.sample_with_log_density(key, n, context)[0]
