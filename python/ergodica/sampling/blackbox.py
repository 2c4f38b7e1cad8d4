"""Functions that cannot be traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import SpecError


class black_box:
    """A function that cannot be traced, as an energy for ``erg.sample``: it is called in Python, for all chains at once.

    As an evaluation of ``erg.learn`` it is a function of the model alone.

    Parameters
    ----------
    fn : function
        Of a batch x (batch, ...), or a dict of such arrays, giving energies (batch,); with ``batched=False`` of one x, giving a number.
    gradient : function, optional
        dE/dx of the same batch (or of one x), in the shape (or structure) of x. Without it only methods that need none fit, such as
        ``erg.RandomWalk()``.
    batched : bool, default True

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> ring = erg.black_box(lambda x: 50 * (np.hypot(x[:, 0], x[:, 1]) - 1) ** 2)
    >>> run = erg.sample(ring, erg.RandomWalk(), space=erg.Real(2), draws=50, warmup=50, seed=1)
    >>> run["x"].shape
    (4, 50, 2)
    """

    def __init__(self, fn: Callable[..., Any], gradient: Callable[..., Any] | None = None, batched: bool = True) -> None:
        for name, f in (("fn", fn), ("gradient", gradient)):
            if not callable(f) and not (f is None and name == "gradient"):
                raise SpecError(f"black_box: expected a function for {name}, got {f!r}", fields={"argument": name})
        self.function, self.gradient, self.batched = fn, gradient, batched
        self.__name__ = getattr(fn, "__name__", type(fn).__name__)

    def __call__(self, x: Any) -> np.ndarray:
        """Energies (batch,) of a batch."""
        return np.asarray(self._rows(self.function, x))

    def value_and_grad(self, x: Any) -> tuple[np.ndarray, Any]:
        """Energies and gradients of a batch."""
        if self.gradient is None:
            raise SpecError(f"{self.__name__} has no gradient", "Try erg.black_box(fn, gradient=...).")
        return self(x), self._rows(self.gradient, x)

    def _rows(self, f: Callable[..., Any], x: Any) -> Any:
        if self.batched:
            return f(x)
        from ergodica.expr import trees

        tree, leaves, _ = trees.flatten(x)
        rows = [f(trees.build(tree, [a[i] for a in leaves])) for i in range(len(leaves[0]))]
        shape, _, _ = trees.flatten(rows[0])
        return trees.build(shape, [np.stack(column) for column in zip(*(trees.flatten(r)[1] for r in rows), strict=True)])
