"""Optimisers made of others: averages of the parameters, accumulated gradients, masks, groups of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.control import cond
from ergodica.learning.optimisers.base import Given, Leaves, Optimiser, Problem, as_type, between, clipped, real_type, times, zeros

Result = tuple[Leaves, Any, Any, Any, dict[str, Any]]


class Wrapper(Optimiser):
    """An optimiser that changes what another one does."""

    optimiser: Optimiser

    def __post_init__(self) -> None:
        wrapped(type(self).__name__, self.optimiser)

    def prepare(self, parameters: Leaves, names: list[str]) -> Leaves:
        return self.optimiser.prepare(parameters, names)


def wrapped(name: str, optimiser: Any) -> None:
    """Refuse what is no optimiser."""
    if not isinstance(optimiser, Optimiser):
        raise SpecError(f"{name}: expected an optimiser, got {optimiser!r}", f"Try {name}(erg.Adam(1e-3), ...).", {"argument": "optimiser"})


class _Mean(Wrapper):
    """State is (the optimiser's, averaged parameters), these in double precision: single would lose what changes a slow mean."""

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return self.optimiser.start(parameters, names), [widened(np.array(p)) for p in parameters]

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        inner, mean = state
        new, inner, loss, aux, numbers = self.optimiser.step(problem, parameters, inner, k)
        weight = self.weight((k + 1).astype(np.float64))
        blend = lambda m, p, w: (1 - w) * m + w * p
        mean = [blend(m, p.astype(m.dtype), as_type(weight, real_type(m))) for m, p in zip(mean, new, strict=True)]
        return new, (inner, mean), loss, aux, numbers

    def weight(self, n: Any) -> Any:
        """Of the parameters after n steps in the mean; 1 makes them the mean."""
        raise NotImplementedError

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        return [m.astype(p.dtype) for m, p in zip(state[1], parameters, strict=True)]


class Averaged(_Mean):
    r"""Exponential moving average of the parameters, in ``fit.average``; the training itself is not changed.

    .. math:: \bar\theta_n = \frac{(1 - d) \sum_{i=1}^{n} d^{\,n-i} \theta_i}{1 - d^n},

    the average over the parameters after each step, in which those before the first have no part. It is found in double precision, in which changes
    of 1e-4 count over 1e4 steps; a step of 128 rows through 784-512-512-10 in float32 takes a fifth longer for it.

    Parameters
    ----------
    optimiser : Optimiser
    decay : float in [0, 1), default 0.999
        d; about 1 / (1 - d) steps are averaged.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> noisy = lambda m, key: np.sum((m["x"] - 1.0 - erg.random.normal(key, (4,))) ** 2)
    >>> fit = erg.learn(noisy, {"x": np.zeros(4)}, erg.Averaged(erg.SGD(0.1), decay=0.999), steps=5000, seed=1)
    >>> bool(np.max(np.abs(fit.average["x"] - 1.0)) < 0.15)
    True
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        super().__post_init__()
        between("Averaged.decay", self.decay, 0.0, 1.0 - 1e-16)

    def weight(self, n: Any) -> Any:
        return (1.0 - self.decay) / (1.0 - self.decay**n)


class SWA(_Mean):
    r"""The mean of the parameters after steps ``after``, ``after + every``, ..., in ``fit.average``; before the first, the parameters.

    Parameters
    ----------
    optimiser : Optimiser
    after : int, default 1
        At least 1.
    every : int, default 1

    References
    ----------
    P. Izmailov et al., arXiv:1803.05407; B. T. Polyak and A. B. Juditsky, SIAM J. Control Optim. 30, 838 (1992).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum(m["x"]), {"x": np.zeros(1)}, erg.SWA(erg.SGD(1.0), after=3, every=2), steps=6, seed=1)
    >>> fit.model["x"].tolist(), fit.average["x"].tolist()  # the mean of -3 and -5
    ([-6.0], [-4.0])
    """

    after: int = 1
    every: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._count("after", 1)
        self._count("every", 1)

    def weight(self, n: Any) -> Any:
        since = n - self.after
        taken = np.floor(since / self.every) + 1.0
        return np.where(since < 0, 1.0, np.where(since % self.every == 0, 1.0 / np.maximum(taken, 1.0), 0.0))


class MasterWeights(Wrapper):
    """Parameters and the optimiser's moments in double precision, for models in single precision.

    The loss and its gradient are found in the model's float32; the gradient is widened, the optimiser moves copies of the parameters in float64, and
    the model gets them rounded. Steps below 6e-8 of a parameter, which float32 would lose, add up, and moments with a decay near 1 keep their tails.
    With Adam it costs three float64 arrays of the parameters' size; the time of a step of 128 rows through 784-512-512-10 grows by a half, of 512
    rows by a tenth. Sums within the loss stay in float32: ``np.mean(x, dtype=np.float64)`` widens one. Records are summed in float64 always.

    Parameters
    ----------
    optimiser : Optimiser
        One that needs one gradient a step.

    References
    ----------
    P. Micikevicius et al., ICLR 2018, arXiv:1710.03740.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> down = lambda m: 1e-8 * m["x"]
    >>> start = {"x": np.float32(1.0)}
    >>> plain, kept = (erg.learn(down, start, o, steps=1000, seed=1) for o in (erg.SGD(1.0), erg.MasterWeights(erg.SGD(1.0))))
    >>> float(plain.model["x"]), round(float(kept.model["x"]), 7)
    (1.0, 0.99999)
    """

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        masters = [widened(np.array(p)) for p in parameters]
        return masters, self.optimiser.start(masters, names)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        masters, inner = list(state[0]), state[1]
        found, slopes = problem.value_and_grad(parameters)
        given = Given.of(problem, masters, (found, [widened(g) for g in slopes]))
        masters, inner, loss, aux, numbers = self.optimiser.step(given, masters, inner, k)
        return [m.astype(p.dtype) for m, p in zip(masters, parameters, strict=True)], (masters, inner), loss, aux, numbers

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        mean = self.optimiser.average(list(state[0]), state[1], names)
        return None if mean is None else [m.astype(p.dtype) for m, p in zip(mean, parameters, strict=True)]


def widened(x: Any) -> Any:
    """In double precision."""
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


class Accumulate(Wrapper):
    """A step of the optimiser after every ``n`` batches, with the mean of their gradients: a batch n times as large in the memory of one.

    The optimiser's schedule counts its own steps, of which there is one in n of the training. What is summed when a training ends is part of its
    state, and moves parameters when the fit goes on: a training of fewer than n steps leaves them as they were.

    Parameters
    ----------
    optimiser : Optimiser
        One that needs one gradient a step.
    n : int

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.arange(8.0)
    >>> loss = lambda m, b: np.mean((m["a"] - b) ** 2)
    >>> halves = erg.learn(loss, {"a": np.array(0.0)}, erg.Accumulate(erg.SGD(0.5), 2), data=x, batch=4, steps=2, seed=1)
    >>> bool(halves.model["a"] == x.mean())
    True
    """

    n: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._count("n", 1)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return self.optimiser.start(parameters, names), zeros(parameters)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        inner, summed = state
        (loss, aux), slopes = problem.value_and_grad(parameters)
        summed = [s + g / self.n for s, g in zip(summed, slopes, strict=True)]

        def move(parameters: Leaves, inner: Any, summed: Leaves) -> Any:
            found = (np.float64(0.0), None), summed
            new, after, _, _, _ = self.optimiser.step(Given.of(problem, parameters, found), parameters, inner, k // self.n)
            return [x.astype(p.dtype) for x, p in zip(new, parameters, strict=True)], after, zeros(summed)

        stay = lambda parameters, inner, summed: (parameters, inner, summed)
        parameters, inner, summed = cond(k % self.n == self.n - 1, move, stay, parameters, inner, summed)
        return parameters, (inner, summed), loss, aux, {"gradient_norm": clipped(slopes, None)[1]}

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        return self.optimiser.average(parameters, state[0], names)


class Masked(Wrapper):
    """Parameters times fixed masks of 0 and 1: what is masked is exactly 0 from the first step on (pruning, sparse couplings).

    Parameters
    ----------
    optimiser : Optimiser
        Any one; it sees the loss of the masked parameters.
    masks : dict of arrays
        By the names of parameters, of their shapes; those without a mask are free.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> ones = lambda m: np.sum((m["x"] - 1.0) ** 2)
    >>> fit = erg.learn(ones, {"x": np.full(3, 0.5)}, erg.Masked(erg.Adam(0.1, decay=0.1), {"x": [1, 0, 1]}), steps=300, seed=1)
    >>> float(fit.model["x"][1]), bool(fit.model["x"][0] > 0.9)
    (0.0, True)
    """

    masks: Mapping[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.masks, Mapping):
            raise SpecError(f"Masked.masks: expected a dict of arrays, got {self.masks!r}", fields={"argument": "masks"})
        masks = {str(n): np.array(m) for n, m in self.masks.items()}
        for n, m in masks.items():
            if m.dtype.kind not in "biuf" or not np.all((m == 0) | (m == 1)):
                raise SpecError(f"Masked.masks: expected zeros and ones for {n!r}", fields={"argument": "masks"})
        object.__setattr__(self, "masks", masks)

    def __repr__(self) -> str:
        kept = sum(int(m.sum()) for m in self.masks.values()), sum(m.size for m in self.masks.values())
        return f"Masked({self.optimiser!r}, {kept[0]} of {kept[1]} free in {', '.join(self.masks)})"

    def _of(self, parameters: Leaves, names: list[str]) -> Leaves:
        for name, mask in self.masks.items():
            if name not in names:
                raise SpecError(f"Masked.masks: expected names of parameters, {', '.join(names)}; got {name!r}", fields={"argument": "masks"})
            if mask.shape != (shape := parameters[names.index(name)].shape):
                raise ShapeError(f"Masked.masks: expected shape {shape} for {name!r}, got {mask.shape}", fields={"argument": "masks"})
        return self._in_order(names)

    def _in_order(self, names: list[str]) -> Leaves:
        return [None if n not in self.masks else self.masks[n] != 0 for n in names]

    def prepare(self, parameters: Leaves, names: list[str]) -> Leaves:
        return times(super().prepare(parameters, names), self._of(parameters, names))

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return self.optimiser.start(parameters, names)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        masks = self._of(parameters, problem.names)
        new, state, loss, aux, numbers = self.optimiser.step(problem.masked(masks), parameters, state, k)
        return times(new, masks), state, loss, aux, numbers

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        mean = self.optimiser.average(parameters, state, names)
        return None if mean is None else times(mean, self._in_order(names))


class Groups(Optimiser):
    """An optimiser for each group of parameters, all of them fed by one gradient.

    Parameters
    ----------
    groups : dict of Optimiser
        By the beginning of names, as in ``"layers.0"``; the longest that fits counts, and ``""`` fits all.
    clip : float, optional
        Bound of the norm of the whole gradient.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> loss = lambda m: np.sum(m["x"]) + np.sum(m["y"])
    >>> fit = erg.learn(loss, {"x": np.zeros(1), "y": np.zeros(1)}, erg.Groups({"x": erg.SGD(1.0), "": erg.SGD(0.1)}), steps=3, seed=1)
    >>> fit.model["x"].tolist(), fit.model["y"].round(12).tolist()
    ([-3.0], [-0.3])
    """

    groups: Mapping[str, Optimiser]
    clip: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.groups, Mapping) or not self.groups:
            raise SpecError(f"Groups: expected a dict of optimisers, got {self.groups!r}",
                            'Try Groups({"layers.0": erg.Adam(1e-4), "": erg.Adam(1e-3)}).', {"argument": "groups"})  # fmt: skip
        for optimiser in self.groups.values():
            wrapped("Groups", optimiser)
        if self.clip is not None:
            between("Groups.clip", self.clip, 0.0, open_low=True)

    def _parts(self, names: list[str]) -> list[tuple[list[int], Optimiser]]:
        def group(name: str) -> str:
            fits = [g for g in self.groups if g == "" or name == g or name.startswith(g + ".")]
            if not fits:
                raise SpecError(f"Groups: {name} is in none of {', '.join(map(repr, self.groups))}", 'Add "": erg.Adam(1e-3) for the rest.',
                                {"argument": "groups"})  # fmt: skip
            return max(fits, key=len)

        chosen = [group(n) for n in names]
        for g in self.groups:
            if g not in chosen:
                raise SpecError(f"Groups: no parameter is in {g!r}; names are {', '.join(names)}", fields={"argument": "groups"})
        return [([n for n, c in enumerate(chosen) if c == g], optimiser) for g, optimiser in self.groups.items()]

    def prepare(self, parameters: Leaves, names: list[str]) -> Leaves:
        return joined([(at, o.prepare([parameters[n] for n in at], [names[n] for n in at])) for at, o in self._parts(names)])

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return begun(self._parts(names), parameters, names)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        found, slopes = problem.value_and_grad(parameters)
        slopes, norm = clipped(slopes, self.clip)
        parts = self._parts(problem.names)
        parameters, state, numbers = together(parts, problem, parameters, (found, slopes), state, k)
        told = {f"{g or 'rest'} {n}": x for g, own in zip(self.groups, numbers, strict=True) for n, x in own.items() if n != "gradient_norm"}
        return parameters, state, *found, {"gradient_norm": norm} | told

    def average(self, parameters: Leaves, state: Any, names: list[str]) -> Leaves | None:
        def own(at: list[int], optimiser: Optimiser, state: Any) -> Leaves | None:
            return optimiser.average([parameters[n] for n in at], state, [names[n] for n in at])

        parts = [(at, own(at, o, s)) for (at, o), s in zip(self._parts(names), state, strict=True)]
        if all(mean is None for _, mean in parts):
            return None
        return joined([(at, [parameters[n] for n in at] if mean is None else mean) for at, mean in parts])


def joined(parts: Sequence[tuple[list[int], Leaves]]) -> Leaves:
    """Arrays at their positions."""
    return [x for _, x in sorted(((n, x) for at, own in parts for n, x in zip(at, own, strict=True)), key=lambda pair: pair[0])]


def begun(parts: list[tuple[list[int], Optimiser]], parameters: Leaves, names: list[str]) -> Any:
    """The states of optimisers, each of the parameters at its positions."""
    return [o.start([parameters[n] for n in at], [names[n] for n in at]) for at, o in parts]


def together(
    parts: list[tuple[list[int], Optimiser]], problem: Problem, parameters: Leaves, found: Any, state: Any, k: Any
) -> tuple[Leaves, Any, list[Any]]:
    """A step of each with what was found of the loss: parameters, states, and what each tells."""
    moved, states, told = [], [], []
    for (at, optimiser), own in zip(parts, state, strict=True):
        given = Given.of(problem, parameters, found, at)
        new, after, _, _, numbers = optimiser.step(given, given.at, own, k)
        moved.append((at, new))
        states.append(after)
        told.append(numbers)
    return joined(moved), states, told
