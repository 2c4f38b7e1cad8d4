"""What is evaluated beside a training: by the program, or by functions that the polling thread calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica._arrays import view
from ergodica.errors import PythonError, ShapeError, SpecError
from ergodica.learning.feeding import Rows, Stream
from ergodica.learning.objective import Caller
from ergodica.sampling.blackbox import black_box


class Evaluation:
    """A function of (model) or (model, key) that gives a real number."""

    def __init__(self, f: Any, name: str) -> None:
        self.caller, self.name = Caller(f), name
        if self.caller.wants_batch:
            raise SpecError(f"evaluate: expected a function of (model) or (model, key) for {name!r}", fields={"argument": "evaluate"})

    def __call__(self, model: Any, key: Any) -> Any:
        value, (numbers, _) = self.caller(model, None, key, None)
        if numbers:
            raise SpecError(f"evaluate: expected a number of {self.name}, got {', '.join(map(repr, numbers))} beside it",
                            "Try a function for each, in a dict.", {"argument": "evaluate"})  # fmt: skip
        return value

    def called(self, model: Any, key: Any) -> float:
        """Its number of a model of arrays, in Python."""
        f: Any = self.caller.function
        try:
            x = f(model, key) if self.caller.wants_key else f(model)
        except Exception as why:
            told = {"argument": "evaluate", "name": self.name}
            raise PythonError(f"evaluate: {self.name} raised {type(why).__name__}: {why}", fields=told) from why
        a = np.asarray(x)
        if a.shape != () or a.dtype.kind not in "fiub":
            raise ShapeError(f"evaluate: expected a real number of {self.name}, got {a.dtype} of shape {a.shape}", fields={"argument": "evaluate"})
        return float(a)


class Evaluations:
    """Those of a training: the loss on rows that are held back, functions that are traced, and functions that are asked."""

    def __init__(self, evaluate: Any, validation: Any, caller: Caller, dtype: np.dtype | None) -> None:
        functions = evaluate if isinstance(evaluate, dict) else {} if evaluate is None else {_called(evaluate): evaluate}
        self.held = None if validation is None else Rows(validation, dtype).whole()
        if self.held is not None and not caller.wants_batch:
            raise SpecError(f"validation: {caller.name} takes no data", fields={"argument": "validation"})
        for name, f in functions.items():
            if not isinstance(name, str) or not callable(f):
                raise SpecError(f"evaluate: expected a function, or a dict of functions by name; got {evaluate!r}",
                                "Try evaluate={'size': lambda model: np.sum(model['x'] ** 2)}.", {"argument": "evaluate"})  # fmt: skip
            if name in ("validation", "step"):
                raise SpecError(f"evaluate: expected another name than {name!r}", fields={"argument": "evaluate"})
        self.traced = {n: Evaluation(f, n) for n, f in functions.items() if not isinstance(f, black_box)}
        self.asked = {n: Evaluation(f.function, n) for n, f in functions.items() if isinstance(f, black_box)}
        self.names = [*(["validation"] if self.held is not None else []), *functions]

    @property
    def in_program(self) -> list[str]:
        return [n for n in self.names if n not in self.asked]

    def watched(self, monitor: Any, patience: Any) -> str | None:
        """The one that ends the training and marks its best state."""
        if monitor is None and patience is None:
            return None
        if not self.names:
            raise SpecError("monitor, patience: expected an evaluation", "Try validation=(x, y), or evaluate={'name': function}.",
                            {"argument": "monitor"})  # fmt: skip
        name = self.names[0] if monitor is None else monitor
        if name not in self.names:
            raise SpecError(f"monitor: expected one of {', '.join(self.names)}; got {name!r}", fields={"argument": "monitor"})
        return str(name)


def _called(f: Any) -> str:
    name = getattr(f, "__name__", "evaluation")
    return "evaluation" if name == "<lambda>" else name


class Attendant:
    """Answers a training that asks for batches, or for evaluations of its present model, on the core's buffers."""

    def __init__(self, stream: Stream | None, asked: dict[str, Evaluation], models: Callable[[list[np.ndarray]], list[Any]]) -> None:
        self.stream, self.asked, self.models = stream, asked, models
        self.lent: dict[str, list[np.ndarray]] = {}
        self.number: np.ndarray | None = None

    def answer(self, python: dict[str, Any], owner: Any) -> bool:
        if self.number is None:
            c = python["configurations"]
            self.number = view(c["address"], c["dtype"], (2,), owner)
            for a in python["answers"]:
                self.lent.setdefault(a["name"], []).append(view(a["address"], a["dtype"], tuple(a["shape"]), owner))
        what, step = map(int, self.number)
        if what == 0:
            self._feed(step)
        else:
            self._evaluate()
        return True

    def _feed(self, step: int) -> None:
        assert self.stream is not None
        batch = self.stream.at(step)
        self.lent["more"][0][...] = batch is not None
        for to, x in zip(self.lent["batch"], batch or [], strict=False):
            to[...] = x

    def _evaluate(self) -> None:
        models = self.models([a.copy() for a in self.lent["state"]])  # which a function may keep or change
        for to, f in zip(self.lent["found"], self.asked.values(), strict=True):
            to[...] = np.reshape([f.called(m, key) for m, key in zip(models, self.lent["keys"][0], strict=True)], to.shape)
