"""Parameters as one real vector: a complex array as its real parts, then its imaginary parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica.learning.optimisers.base import Leaves, real_type


class Vectors:
    """The map between the arrays of these shapes and dtypes and vectors of ``size`` numbers of ``dtype``, the widest of theirs."""

    def __init__(self, parameters: Leaves) -> None:
        self.types = [(np.shape(p), p.dtype) for p in parameters]
        self.sizes = [math.prod(s) * (2 if d.kind == "c" else 1) for s, d in self.types]
        self.size = sum(self.sizes)
        self.dtype = np.dtype(np.result_type(*[real_type(p) for p in parameters]))

    def flat(self, leaves: Leaves) -> Any:
        """The vector of arrays; of gradients dL/da + i dL/db it is the gradient in the vector."""
        parts: list[Any] = []
        for x in leaves:
            parts += [x.real.ravel(), x.imag.ravel()] if x.dtype.kind == "c" else [x.ravel()]
        return np.concatenate([x.astype(self.dtype) for x in parts])

    def build(self, x: Any) -> Leaves:
        """The arrays of a vector, in their dtypes."""
        out, at = [], 0
        for (shape, dtype), n in zip(self.types, self.sizes, strict=True):
            own = x[at : at + n]
            at += n
            if dtype.kind == "c":
                out.append((own[: n // 2] + 1j * own[n // 2 :]).reshape(shape).astype(dtype))
            else:
                out.append(own.reshape(shape).astype(dtype))
        return out
