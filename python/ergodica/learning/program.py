"""The programs of a training: a step of the optimiser on the objective, and what is evaluated beside it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica._encode import Request
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.program import Sub, name_of
from ergodica.expr.values import DTYPES
from ergodica.expr.verbs import vmap
from ergodica.learning.evaluation import Evaluations
from ergodica.learning.feeding import Feed
from ergodica.learning.objective import Caller, guarded
from ergodica.learning.optimisers.base import Optimiser, Problem


class Parameters:
    """The arrays of a model that are trained, apart from those that stay."""

    def __init__(self, model: Any, frozen: Callable[[str], bool] | None = None) -> None:
        self.tree, leaves, names = trees.flatten(model)
        self.names = [trees.dotted(n) or "model" for n in names]
        for x, n in zip(leaves, self.names, strict=True):
            if isinstance(x, np.ma.MaskedArray):
                raise SpecError(f"learn: expected an array without a mask for {n}", "Try erg.Masked(optimiser, masks).", {"argument": "model"})
        self.leaves = [np.asarray(x) for x in leaves]
        self.seen = [guarded(a) for a in self.leaves]  # by a loss
        self.trained = [a.dtype.kind in "fc" and not (frozen is not None and frozen(n)) for a, n in zip(self.leaves, self.names, strict=True)]
        if not any(self.trained) and frozen is not None:
            raise SpecError("learn: freeze leaves nothing to train", fields={"argument": "freeze"})
        if not any(self.trained):
            raise SpecError(f"learn: expected a model with arrays of floating-point numbers, got {_brief(model)}",
                            "Try erg.nn.MLP(2, [64, 64], 1), or a dict or dataclass of arrays.", {"argument": "model"})  # fmt: skip
        for a, n in zip(self.leaves, self.names, strict=True):
            if a.dtype not in DTYPES:
                raise SpecError(f"learn: expected {n} in one of {', '.join(DTYPES.values())}; got {a.dtype}", fields={"argument": "model"})
            if a.dtype.kind in "fc" and not np.isfinite(a).all():
                raise SpecError(f"learn: {n} is not finite", fields={"argument": "model"})

    @property
    def own(self) -> list[np.ndarray]:
        """The trained ones, in memory of their own."""
        return [np.array(a, order="C") for a, t in zip(self.leaves, self.trained, strict=True) if t]

    @property
    def own_names(self) -> list[str]:
        return [n for n, t in zip(self.names, self.trained, strict=True) if t]

    def differing(self, others: list[Parameters]) -> list[int]:
        """Which of those that stay differ among members."""
        stay = [k for k, t in enumerate(self.trained) if not t]
        return [k for k in stay if not all(p is self or np.array_equal(p.leaves[k], self.leaves[k], equal_nan=True) for p in others)]

    def build(self, own: Any, fixed: dict[int, Any] | None = None) -> Any:
        """The model with these; for a loss with ``fixed`` in the places of some that stay."""
        it = iter(own)
        stay = self.leaves if fixed is None else [fixed.get(k, a) for k, a in enumerate(self.seen)]
        return trees.build(self.tree, [next(it) if t else a for a, t in zip(stay, self.trained, strict=True)])

    @property
    def dtype(self) -> np.dtype | None:
        """float32 where all that is trained is of single precision: then data are as well."""
        own = [a.dtype for a, t in zip(self.leaves, self.trained, strict=True) if t]
        return np.dtype(np.float32) if all(d in (np.float32, np.complex64) for d in own) else None


def _brief(x: Any) -> str:
    text = repr(x)
    return text if len(text) < 80 else type(x).__name__


class Assembly:
    """One training as programs: ``step`` and ``evaluate`` with their state.

    State is (parameters, the optimiser's, the objective's memory, what stays and differs among members by its place); of an ensemble each with a
    leading axis of members.
    """

    def __init__(self, caller: Caller, parameters: Parameters, optimiser: Optimiser, feed: Feed, evaluations: Evaluations) -> None:
        self.caller, self.parameters, self.optimiser = caller, parameters, optimiser
        self.feed, self.evaluations = feed, evaluations
        self.begin = self.began = 0  # the steps at which this call and its optimiser did
        self.records: list[str] = []

    def first(self, own: list[np.ndarray], key: Any, fixed: dict[int, Any]) -> Any:
        """The state of one member before its first step."""
        own = self.optimiser.prepare(own, self.parameters.own_names)
        state = self.optimiser.start(own, self.parameters.own_names)
        memory = self.caller.memory(self.parameters.build(own, fixed), key)
        return own, arrays(state), arrays(memory), fixed

    def problem(self, memory: Any, batch: Any, key: Any, fixed: dict[int, Any]) -> Problem:
        def model(own: Any) -> Any:
            return self.parameters.build(own, fixed)

        def function(own: Any) -> Any:
            return self.caller(model(own), batch, key, memory)

        function.__name__ = self.caller.name
        draws = self.caller.draws or getattr(model(self.parameters.own), "density", "exact") != "exact"
        same = (self.feed.whole is not None or not self.caller.wants_batch) and not draws and memory is None
        return Problem(self.parameters.own_names, function, self.caller.objective, model, batch, key, memory, same,
                       self.begin - self.began)  # fmt: skip

    def step(self, state: Any, batch: Any, key: Any, k: Any) -> Any:
        """(records, state)."""
        own, inner, memory, fixed = state
        problem = self.problem(memory, self.feed.seen(batch), key, fixed)
        result = self.optimiser.step(problem, list(own), inner, k - self.began)
        new, after, loss, numbers, memory, told = self._stepped(result, inner, memory, len(own))
        records = {"loss": loss, **told}
        if taken := {"step", *records} & set(numbers):
            raise SpecError(f"{self.caller.name}: {min(taken)!r} among its numbers is a column of every history", "Give it another name.",
                            {"argument": "loss"})  # fmt: skip
        records |= numbers
        self.records = list(records)
        new = [self._same(x, old, n) for x, old, n in zip(new, own, self.parameters.own_names, strict=True)]
        return [_real(x) for x in records.values()], (new, after, memory, fixed)

    def _stepped(self, result: Any, inner: Any, memory: Any, count: int) -> Any:
        """What a step of the optimiser gives, checked: it may be a user's, as the objective."""
        of = repr(self.optimiser)
        try:
            new, after, loss, (numbers, kept), told = result
            new = list(new)
        except (TypeError, ValueError):
            wanted = "(parameters, state, loss, aux, numbers) of its step, with the aux of the problem"
            raise SpecError(f"{of}: expected {wanted}; got {result!r}") from None
        if len(new) != count:
            raise SpecError(f"{of}: expected {count} arrays of parameters from its step, got {len(new)}")
        _unchanged(f"{of}: its state", inner, after)
        _unchanged(f"{self.caller.name}: its memory", memory, kept)
        if taken := {"loss", "step"} & set(told):
            raise SpecError(f"{of}: {min(taken)!r} among its numbers is a column of every history", "Give it another name.")
        for name, x in {"its loss": loss, **told}.items():
            if np.shape(x) != ():
                raise ShapeError(f"{of}: expected a number for {name}, got shape {np.shape(x)}")
        return new, after, loss, numbers, kept, told

    def _same(self, x: Any, old: Any, name: str) -> Any:
        if np.shape(x) != np.shape(old):
            raise ShapeError(f"{self.optimiser!r}: {name} of shape {np.shape(old)} has become one of shape {np.shape(x)}")
        if x.dtype.kind == "c" and old.dtype.kind != "c":
            raise ShapeError(f"{self.optimiser!r}: {name} of {old.dtype} has become {x.dtype}", "Take the real part of its step.")
        return x if x.dtype == old.dtype else x.astype(old.dtype)

    def evaluate(self, state: Any, key: Any, k: Any) -> list[Any]:
        """What is evaluated of a state."""
        own, _, memory, fixed = state
        model, held = self.parameters.build(own, fixed), self.evaluations.held
        found = [] if held is None else [self.caller(model, held, key, memory)[0]]
        return [_real(x) for x in (*found, *[f(model, key) for f in self.evaluations.traced.values()])]


def arrays(state: Any) -> Any:
    """With arrays in the place of Python's numbers, which change as well."""
    tree, leaves, _ = trees.flatten(state)
    return trees.build(tree, map(np.asarray, leaves))


def _unchanged(what: str, before: Any, after: Any) -> None:
    """Refuse another structure: leaves would stand in the places of others."""
    one, two = trees.flatten(before)[0], trees.flatten(after)[0]
    if trees.key(one) != trees.key(two):
        was, now = (trees.build(t, itertools.repeat(trees.LEAF)) for t in (one, two))
        raise SpecError(f"{what} was {was!r}, a step has made it {now!r}", "Keep the order of keys, and as arrays what changes: np.zeros(()).")


def _real(x: Any) -> Any:
    return x.astype(np.float64) if hasattr(x, "astype") else np.float64(x)


def traced(f: Callable[..., Any], args: tuple[Any, ...], request: Request, what: str) -> tuple[dict[str, Any], Any]:
    """A program in wire form with its captured arrays beside the request, and its results' structure."""
    from ergodica import _door

    sub = Sub(f, args, {})
    _check_state(sub, args[0], what)
    wire, arrays = sub.wire()
    _door.lend_for(wire)
    return {"program": wire, "arrays": [request.input(a, "captured array") for a in arrays]}, sub


def _check_state(sub: Sub, state: Any, what: str) -> None:
    """The state goes on as it came in."""
    if what != "step":
        return
    _, leaves, names = trees.flatten(state)
    after = sub.out_types[len(sub.out_types) - len(leaves) :]
    if len(sub.out_types) < len(leaves):
        raise SpecError("the state of the optimiser or the objective has lost arrays in a step")
    for a, n, (d, s) in zip(leaves, names, after, strict=True):
        if a.dtype != d or a.shape != s:
            raise ShapeError(f"the state {n} of {a.dtype} and shape {a.shape} has become {d} of shape {s} in a step")


def batched(f: Callable[..., Any], axes: tuple[Any, ...]) -> Callable[..., Any]:
    """The step of all members."""
    g = vmap(f, in_axes=axes)
    g.__name__ = name_of(f)
    return g
