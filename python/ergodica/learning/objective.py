"""What is minimised: a function of a model, or an object that has one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.intercept import called, seen
from ergodica.expr.program import name_of


class Objective:
    """A loss with settings of its own. A subclass, mostly a dataclass, gives ``loss`` in plain NumPy.

    ``loss(model, batch, key)`` returns a real scalar, or (scalar, dict of numbers to record). What has a memory from step to step (persistent
    chains, a table of points) also gives ``memory(model, key)``, a structure of arrays; its loss is called with it, as
    ``loss(model, batch, key, memory)``, and returns (scalar, dict, new memory).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class LeastSquares(erg.learning.Objective):
    ...     def loss(self, model, batch, key):
    ...         x, y = batch
    ...         return np.mean((model(x)[:, 0] - y) ** 2)
    >>> x = np.linspace(-1.0, 1.0, 64)[:, None]
    >>> fit = erg.learn(LeastSquares(), erg.nn.MLP(1, [8], 1, seed=1), erg.Adam(1e-2), data=(x, x[:, 0] ** 2), steps=500, seed=1)
    >>> bool(fit.history["loss"][-1] < 0.01)
    True
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        seen(cls)

    needs_data = True
    """Whether it is a function of data; what has none is only given keys."""
    draws = True
    """Whether its loss draws with its key. What does not is the same function at every step with all data, of which optimisers may keep values."""

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        raise NotImplementedError

    def suits(self, data: Any, model: Any) -> None:
        """Refuses data for their values, which a loss does not know while it is traced; asked once of all rows, where they are arrays."""

    def memory(self, model: Any, key: Any) -> Any:
        """What is carried from step to step, at its start; None for nothing."""
        return None


def fresh(x: Any) -> Any:
    """A structure of its own with the same arrays, which a loss may change: it is called more than once in a step."""
    tree, leaves, _ = trees.flatten(x)
    return trees.build(tree, leaves)


def guarded(a: np.ndarray) -> np.ndarray:
    """A view that refuses changes in place."""
    a = a.view()
    a.flags.writeable = False
    return a


Loss = Callable[..., Any]


class Caller:
    """An objective as ``call(model, batch, key, memory) -> (loss, (numbers, memory))``, checked."""

    def __init__(self, objective: Any) -> None:
        self.objective = objective
        if isinstance(objective, Objective):
            self.function, self.name = objective.loss, type(objective).__name__
        elif callable(objective) and not isinstance(objective, type):
            self.function, self.name = objective, name_of(objective)
        else:
            raise SpecError(f"learn: expected a loss, a function of a model, or an objective; got {objective!r}",
                            "Try lambda model, batch: np.mean((model(batch[0]) - batch[1]) ** 2).", {"argument": "loss"})  # fmt: skip
        self.wants_batch, self.wants_key = self._wants()
        self.draws = self.wants_key and getattr(self.objective, "draws", True)

    def _wants(self) -> tuple[bool, bool]:
        if isinstance(self.objective, Objective):
            return self.objective.needs_data, True
        try:
            named = [p for p in inspect.signature(self.function).parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        except (TypeError, ValueError):
            return True, True
        needed = [p.name for p in named[1:] if p.default is p.empty]
        if not named or len(needed) > 2 or (len(needed) == 2 and needed[0] == "key"):
            raise SpecError(f"{self.name}: expected a function of (model), (model, batch), (model, key) or (model, batch, key)",
                            fields={"argument": "loss"})  # fmt: skip
        return bool(needed) and needed[0] != "key", "key" in needed or len(needed) == 2

    def memory(self, model: Any, key: Any) -> Any:
        return self.objective.memory(model, key) if isinstance(self.objective, Objective) else None

    def __call__(self, model: Any, batch: Any, key: Any, memory: Any) -> tuple[Any, tuple[dict[str, Any], Any]]:
        batch, memory = fresh(batch), fresh(memory)
        if isinstance(self.objective, Objective):
            result = self.function(model, batch, key) if memory is None else self.function(model, batch, key, memory)  # type: ignore[call-arg]
        else:
            result = called(self.function, model, *([batch] if self.wants_batch else []), *([key] if self.wants_key else []))
        numbers: dict[str, Any] = {}
        if isinstance(result, tuple):
            if memory is not None and len(result) == 3:
                result, numbers, memory = result
            elif len(result) == 2 and isinstance(result[1], dict):
                result, numbers = result
            else:
                raise SpecError(f"{self.name}: expected a scalar or (scalar, dict of numbers), got a tuple of {len(result)}")
        self._number(result, "a real scalar")
        for name, x in numbers.items():
            if not isinstance(name, str):
                raise SpecError(f"{self.name}: expected names of numbers to be strings, got {name!r}", fields={"argument": "loss"})
            self._number(x, f"a real scalar for {name!r}")
        return result, (numbers, memory)

    def _number(self, x: Any, what: str) -> None:
        if not isinstance(x, (list, tuple)) and not trees.is_result(x):
            raise SpecError(f"{self.name}: expected {what}, got {x!r}", fields={"argument": "loss"})
        if np.shape(x) != ():
            raise ShapeError(f"{self.name}: expected {what}, got shape {np.shape(x)}", "Take the mean, with np.mean(...).", {"argument": "loss"})
        if getattr(x, "dtype", np.dtype(float)).kind not in "fiub":
            raise SpecError(f"{self.name}: expected {what}, got {x.dtype}", "Take its real part, with np.real(...).", {"argument": "loss"})
