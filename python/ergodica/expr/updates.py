"""``x.at[i].set(v)`` and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr.concrete import write_concrete
from ergodica.expr.indexing import Index
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import Value


class At:
    """``x.at``: functional updates of a traced array; ``x.at[i]`` names the elements."""

    __slots__ = ("_index", "_x")

    def __init__(self, x: Tracer, index: Index | None = None) -> None:
        self._x, self._index = x, index

    def __getitem__(self, key: Any) -> At:
        return At(self._x, Index(self._x.shape, key))

    def _update(self, mode: str, value: Any) -> Any:
        assert self._index is not None
        x = self._x._operand()
        v = e.plain(value)
        if isinstance(x, Value) or isinstance(v, Value) or any(isinstance(a, Value) for a in self._index.arrays.values()):
            return Tracer(self._index.write(self._x._value(), v, mode))
        return Tracer(None, write_concrete(x, self._index, np.asarray(v), mode))

    def set(self, value: Any) -> Any:
        """``x`` with ``value`` there."""
        return self._update("set", value)

    def add(self, value: Any) -> Any:
        """``x`` with ``value`` added there, once for each occurrence of an index."""
        return self._update("add", value)

    def mul(self, value: Any) -> Any:
        """``x`` multiplied there."""
        return self._update("mul", value)

    multiply = mul

    def min(self, value: Any) -> Any:
        """The smaller of the two there."""
        return self._update("min", value)

    def max(self, value: Any) -> Any:
        """The larger of the two there."""
        return self._update("max", value)

    def get(self) -> Any:
        """``x[i]``."""
        assert self._index is not None
        return Tracer(self._index.read(self._x._value()))
