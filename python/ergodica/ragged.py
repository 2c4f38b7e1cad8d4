"""Columns whose rows differ in length: clusters, avalanches, events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np


class Ragged(Sequence[Any]):
    """Rows of different length, end to end in memory.

    Parameters
    ----------
    values : array (total,)
        The values of all rows.
    offsets : int array (rows + 1,)
        Row ``k`` in C order is ``values[offsets[k]:offsets[k + 1]]``.
    shape : tuple of int
        The dimensions that count the rows, such as (chains, draws).

    Examples
    --------
    >>> import numpy as np
    >>> from ergodica.ragged import Ragged
    >>> r = Ragged(np.array([5, 6, 7]), np.array([0, 2, 2, 3]), (1, 3))
    >>> r[0, 0], r[0][2], len(r), r.lengths
    (array([5, 6]), array([7]), 1, array([[2, 0, 1]]))
    """

    __slots__ = ("offsets", "shape", "values")

    def __init__(self, values: np.ndarray, offsets: np.ndarray, shape: Sequence[int]) -> None:
        self.values, self.offsets, self.shape = values, offsets, tuple(int(n) for n in shape)
        if offsets.shape != (int(np.prod(self.shape)) + 1,):
            raise ValueError(f"expected {int(np.prod(self.shape)) + 1} offsets for rows of shape {self.shape}, got {offsets.shape}")

    @property
    def lengths(self) -> np.ndarray:
        """Length of every row, with the shape of the rows."""
        return np.diff(self.offsets).reshape(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Any: ...
    def __getitem__(self, index: Any) -> Any:
        """A row where every dimension has an integer; else the :class:`Ragged` of the rows chosen by integers or a slice of the first."""
        if isinstance(index, slice):
            width = int(np.prod(self.shape[1:], dtype=np.int64))
            lo, hi, step = index.indices(len(self))
            if step != 1:
                raise IndexError("ragged rows are sliced with step 1")
            hi = max(lo, hi)
            return Ragged(self.values, self.offsets[lo * width : hi * width + 1], (hi - lo, *self.shape[1:]))
        at = index if isinstance(index, tuple) else (index,)
        if len(at) > self.ndim:
            raise IndexError(f"expected at most {self.ndim} indices, got {len(at)}")
        k = 0
        for i, n in zip(at, self.shape, strict=False):
            if not -n <= i < n:
                raise IndexError(f"index {i} is out of bounds for a dimension of {n}")
            k = k * n + int(i) % n
        rest = self.shape[len(at) :]
        width = int(np.prod(rest, dtype=np.int64))
        if not rest:
            return self.values[self.offsets[k] : self.offsets[k + 1]]
        return Ragged(self.values, self.offsets[k * width : (k + 1) * width + 1], rest)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Ragged(shape={self.shape}, values={self.offsets[-1] - self.offsets[0]}, dtype={self.dtype})"
