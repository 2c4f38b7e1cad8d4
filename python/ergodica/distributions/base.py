"""What distributions have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._base import integer
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.sampling.spaces import Space


class Distribution:
    """A law of independent numbers (or vectors, matrices) with parameters that are numbers, arrays or traced values.

    Parameters broadcast against each other and against ``shape``; the result is the shape of one x. ``log_prob(x)`` gives the logarithm of the
    density (or probability) number by number, so that ``np.sum`` of it is that of an array; ``sample(key, shape)`` draws; ``mean`` and
    ``variance`` are exact; ``space`` is where x lives.
    """

    event: int = 0
    """Trailing dimensions that belong to one draw."""
    infinite: tuple[str, ...] = ()
    """Parameters that may be infinite."""

    if TYPE_CHECKING:

        def __getattr__(self, parameter: str) -> Any: ...

    def _set(self, shape: Any, **parameters: Any) -> None:
        shapes = []
        for name, value in parameters.items():
            value = value if _traced(value) else np.asarray(value, np.float64)
            if not _traced(value) and not np.all(np.isfinite(value) | (np.isinf(value) & (name in self.infinite))):
                raise NonFiniteError(f"{type(self).__name__}: expected finite numbers for {name}", fields={"argument": name})
            setattr(self, name, value)
            shapes.append(np.shape(value))
        try:
            self.shape: tuple[int, ...] = np.broadcast_shapes(*shapes, *([] if shape is None else [_shape(shape)]))
        except ValueError:
            raise ShapeError(f"{type(self).__name__}: parameters of shapes {shapes} do not broadcast to shape {shape}") from None
        if shape is not None and self.shape != _shape(shape):
            raise ShapeError(f"{type(self).__name__}: parameters of shapes {shapes} do not fit shape {shape}", fields={"argument": "shape"})
        self._names = tuple(parameters)

    def _positive(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not _traced(value) and not np.all(value > 0):
                raise SpecError(f"{type(self).__name__}: expected {name} above 0, got {value}", fields={"argument": name})

    def log_prob(self, x: Any) -> Any:
        """log p(x), number by number; -inf outside of the support."""
        raise NotImplementedError

    def sample(self, key: Any, shape: Any = ()) -> Any:
        """Draws of shape ``shape + self.shape``, by the key (``erg.random.key``)."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The expectation of x, number by number; NaN where there is none."""
        raise NotImplementedError

    @property
    def variance(self) -> Any:
        """The variance of x, number by number; inf or NaN where there is none."""
        raise NotImplementedError

    @property
    def space(self) -> Space:
        """Where x lives."""
        raise SpecError(f"{type(self).__name__}: no coordinates for it; it is a likelihood, not a prior")

    def _full(self, value: Any) -> Any:
        return np.broadcast_to(value, self.shape)

    def _rows(self, shape: Any) -> tuple[int, ...]:
        return (*_shape(shape), *self.shape)

    def __repr__(self) -> str:
        values = [f"{n}={v!r}" if _traced(v) or np.ndim(v) else f"{n}={float(v):g}" for n, v in ((n, getattr(self, n)) for n in self._names)]
        return f"{type(self).__name__}({', '.join(values)}" + (f", shape={self.shape}" if self.shape else "") + ")"


def _traced(x: Any) -> bool:
    from ergodica.expr.tracer import Tracer

    return isinstance(x, Tracer)


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(integer(n, "shape", 0) for n in ((shape,) if np.ndim(shape) == 0 else shape))


def inside(condition: Any, value: Any) -> Any:
    """``value`` where the condition holds, else -inf."""
    return np.where(condition, value, -np.inf)
