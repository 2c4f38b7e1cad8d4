"""The verb learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from ergodica import random, verbs
from ergodica._base import integer, real
from ergodica._config import config, human
from ergodica._encode import Request, as_seed
from ergodica._observe import identity
from ergodica._progress import ProgressLike
from ergodica.errors import MemoryLimitError, SpecError
from ergodica.expr import trees
from ergodica.learning.evaluation import Evaluations
from ergodica.learning.feeding import Feed, feed_of
from ergodica.learning.fit import Fit, marks
from ergodica.learning.objective import Caller
from ergodica.learning.optimisers import Adam, Optimiser
from ergodica.learning.program import Assembly, Parameters, batched, traced
from ergodica.learning.running import LearnJob, Outline
from ergodica.verbs import CheckpointLike


def learn(
    loss: Any,
    model: Any,
    optimiser: Optimiser | None = None,
    *,
    data: Any = None,
    batch: int | None = None,
    order: str = "shuffled",
    steps: int | None = None,
    epochs: float | None = None,
    every: int = 1,
    evaluate: Any = None,
    validation: Any = None,
    evaluate_every: int | None = None,
    monitor: str | None = None,
    patience: int | None = None,
    least: float = 0.0,
    freeze: str | Sequence[str] | Callable[[str], bool] | None = None,
    members: int | None = None,
    seed: int | None = None,
    progress: ProgressLike = None,
    wait: bool = True,
    checkpoint: CheckpointLike = None,
    threads: int | None = None,
) -> Any:
    """Fit a model by minimising a loss.

    The loss, its gradient and the optimiser's update are traced into one program, which the core runs from the first to the last step: there rows of
    the data are put together, keys drawn, numbers recorded and checkpoints written.

    Parameters
    ----------
    loss : function or Objective
        ``loss(model)``, ``loss(model, batch)``, ``loss(model, key)`` or ``loss(model, batch, key)`` in plain NumPy, giving a real scalar, or a
        scalar and a dict of numbers to record beside it. ``key`` is for ``erg.random``; it is another one at each step. Or an objective.
    model : Module, structure of arrays, or Fit
        Arrays of floating-point numbers are what is trained; one that stands in two places is two of them. A fit goes on where it ended, with its
        optimiser's state, its steps' count and its seed: 10 steps and then 90 have the bits of 100. Another optimiser begins anew, at step 0 of its
        schedule; so does the same one where other parameters are trained (``freeze``) or the fit's model was changed. Another objective has its own
        memory.
    optimiser : Optimiser, default Adam(1e-3)
    data : array, structure of arrays, path of a npy, npz or Arrow file, pyarrow table, Source, or iterable of batches
        Arrays share their first axis, the rows. Files of npy and Arrow are mapped, not read. Floating-point columns are converted to float32 where
        the model is float32, float16 and integers narrower than 32 bits are widened.
        An iterable (a generator, a torch DataLoader) gives batches of equal shapes; where it ends, the training ends.
    batch : int, optional
        Rows a step; without it all of them at each step. More than there are takes rows again.
    order : {"shuffled", "sequential", "replacement"}
        A new order each epoch (batches may lie across two, so that every row comes once an epoch), the rows' own, or independent draws.
    steps : int, default 1000
    epochs : float, optional
        Instead of steps: passes over the data.
    every : int, default 1
        Steps whose mean is a row of the history.
    evaluate : function, or dict of functions of (model) or (model, key), optional
        Real numbers that are found every ``evaluate_every`` steps and at the end; traced. What cannot be traced is given as
        ``erg.black_box(function)``: it is called in Python, between two steps, with a copy of the model in NumPy arrays, of an ensemble once for each
        member; ``key`` is an int64.
    validation : as data, optional
        Rows that are not trained on; the loss on all of them is the evaluation "validation".
    evaluate_every : int, optional
        A hundredth of the steps where it is not given.
    monitor : str, optional
        The evaluation whose smallest value marks ``fit.best``; the first one where ``patience`` is given. Of an ensemble its mean.
    patience : int, optional
        Stop after so many evaluations in a row that were not smaller by ``least``.
    least : float, default 0
    freeze : str, sequence of str or function of a name, optional
        Parameters that stay: those whose names begin so, as in ``"layers.0"``.
    members : int, optional
        Train so many models as one batch. ``model`` is then one (copied), a list of them, or a function of a seed; each has its own keys and order of
        rows, and the bits it would have alone.
    seed, progress, wait, checkpoint, threads
        As for :func:`sample`. Curves do not depend on threads.

    Returns
    -------
    Fit or Job

    Raises
    ------
    SpecError, ShapeError, MemoryLimitError
        Before anything runs.
    NonFiniteError
        The loss or its gradient is NaN or infinite; the message names the step, and the operation and line where that began. ``run`` has the fit
        before that step, with its history and its best model. Or the last step has lost a parameter.
    Interrupted
        Ctrl-C; ``run`` has the fit so far.
    PythonError
        An evaluation raised.

    Warns
    -----
    RuntimeWarning
        An evaluation was NaN or infinite, which stands in the history and never is the best; or the density of a ``Source`` was NaN.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.linspace(-2.0, 2.0, 200)[:, None]
    >>> y = np.sin(2 * x)
    >>> squares = lambda model, batch: np.mean((model(batch[0]) - batch[1]) ** 2)
    >>> fit = erg.learn(squares, erg.nn.MLP(1, [32], 1, seed=1), erg.Adam(1e-2), data=(x, y), batch=50, steps=1500, seed=1)
    >>> bool(np.max(np.abs(fit.model(x) - y)) < 0.2)
    True
    """
    caller = Caller(loss)
    before = model if isinstance(model, Fit) else None
    if before is not None:
        model, optimiser, members, seed = _continued(before, optimiser, members, seed)
    optimiser = Adam() if optimiser is None else optimiser
    if not isinstance(optimiser, Optimiser):
        raise SpecError(f"learn: expected an optimiser, got {optimiser!r}", "Try erg.Adam(1e-3).", {"argument": "optimiser"})
    seeded = as_seed(seed) if seed is not None or checkpoint is None else None
    models = _models(model, members, seeded or 0)  # of a checkpoint without a seed, which draws its own, the same ones again
    parameters = _parameters(models, _frozen(freeze))
    _known(freeze, parameters[0].names)
    dtype = parameters[0].dtype
    feed = feed_of(caller, data, batch, order, dtype, models[0])
    count = feed.steps(steps, epochs)
    evaluations = Evaluations(evaluate, validation, caller, dtype)
    assembly = Assembly(caller, parameters[0], optimiser, feed, evaluations)
    state = _state(assembly, parameters, before, seeded or 0, members)

    request = Request({"verb": "learn", "seed": None if seeded is None else str(seeded), "first_step": 0 if before is None else before.steps})
    system = _programs(request, assembly, state, members) | feed.tell(request)
    watched = evaluations.watched(monitor, patience)
    if watched is not None:
        system |= {"monitor": watched, "patience": integer(patience or 0, "patience", 0), "least": real(least, "least")}
    request.spec |= {"system": system, "steps": count, "every": min(integer(every, "every", 1), count), **verbs._common(False, threads)}
    if evaluations.names:
        request.spec["evaluate_every"] = integer(max(count // 100, 1) if evaluate_every is None else evaluate_every, "evaluate_every", 1)
    if checkpoint is not None:
        request.spec["checkpoint"] = verbs._checkpoint(checkpoint)
    if not wait:
        request.arrays = [a if _still(a) else np.array(a) for a in request.arrays]
    return LearnJob.launch(Outline(request, assembly, parameters, members, trees.flatten(state)[0], _given(feed, members)), progress, wait)


def _continued(before: Fit, optimiser: Any, members: Any, seed: int | None) -> tuple[Any, Any, int | None, int]:
    """Model, optimiser, members and seed of a training that goes on."""
    optimiser = before.optimiser if optimiser is None else optimiser
    if optimiser is None:
        raise SpecError("learn: this fit was loaded without its optimiser", "Try erg.load(path, optimiser=...).", {"argument": "optimiser"})
    own = len(before.model) if before.info.get("members") else None
    if members is not None and members != own:
        raise SpecError(f"members: this fit has {own or 'no members'}, got {members}", "Try erg.learn(loss, fit.model, members=...).",
                        {"argument": "members"})  # fmt: skip
    return before.model, optimiser, own, before.seed if seed is None else seed


def _parameters(models: list[Any], frozen: Callable[[str], bool] | None) -> list[Parameters]:
    first = Parameters(models[0], frozen)
    _affordable([a for a, t in zip(first.leaves, first.trained, strict=True) if t], len(models), 3)  # each one's, stacked, and the core's
    parameters = [first if m is models[0] else Parameters(m, frozen) for m in models]
    kind = lambda p: ([(a.shape, a.dtype) for a in p.leaves], trees.key(p.tree))
    for p in parameters:
        if p is not first and kind(p) != kind(first):
            raise SpecError("learn: expected members of one structure, with equal settings, shapes and dtypes", fields={"argument": "model"})
    return parameters


def _given(feed: Feed, members: int | None) -> Any:
    """The shapes of the batch that the step is given."""
    if members is None or not feed.own:
        return feed.sample
    return _map(feed.sample, lambda a: np.broadcast_to(np.zeros((), a.dtype), (members, *a.shape)))


def _programs(request: Request, assembly: Assembly, state: Any, members: int | None) -> dict[str, Any]:
    """The step, what is evaluated, and the state, as the core takes them."""
    step, look, evaluations = assembly.step, assembly.evaluate, assembly.evaluations
    k, key = np.int64(0), np.int64(0) if members is None else np.zeros(members, np.int64)
    if members is not None:
        step, look = batched(step, (0, 0 if assembly.feed.own else None, 0, None)), batched(look, (0, 0, None))
    system = {
        "step": traced(step, (state, _given(assembly.feed, members), key, k), request, "step")[0], "records": assembly.records,
        "state": [request.input(a, "state") for a in _unshared(trees.flatten(state)[1])], "members": members or 0,
    }  # fmt: skip
    if evaluations.in_program:
        try:
            system |= {"evaluate": traced(look, (state, key, k), request, "evaluate")[0], "evaluations": evaluations.in_program}
        except SpecError as why:
            hint = "What cannot be traced is called in Python: evaluate={'name': erg.black_box(function)}."
            raise type(why)(why.message, f"{why.suggest} {hint}" if why.suggest else hint, why.fields) from why
    if evaluations.asked:
        same = [identity(cast(Any, f.caller.function)) for f in evaluations.asked.values()]
        system |= {"asked": list(evaluations.asked), "shows": len(assembly.parameters.own_names), "identities": same}
    return system


def _models(model: Any, members: int | None, seed: int) -> list[Any]:
    if members is None:
        return [model]
    n = integer(members, "members", 1, 1 << 20)
    if isinstance(model, list):
        if len(model) != n:
            raise SpecError(f"members: expected a list of {n} models, got {len(model)}", fields={"argument": "model"})
        return model
    if callable(model) and not trees.has_leaves(trees.flatten(model)[0]):
        keys = random.split(random.key(seed), n)
        first = model(np.int64(keys[0]))
        _affordable(first, n, 1)
        return [first, *[model(np.int64(k)) for k in keys[1:]]]
    return [model] * n


def _affordable(one: Any, n: int, copies: int) -> None:
    """Refuse n times these arrays before they are made."""
    wanted = copies * n * sum(np.asarray(x).nbytes for x in trees.flatten(one)[1])
    if n > 1 and wanted > config.memory:
        raise MemoryLimitError(f"learn: {n} members need at least {human(wanted)}, the limit is {human(config.memory)}",
                               "Train fewer at a time, or raise erg.config.memory.",
                               {"argument": "members", "bytes": wanted, "limit": config.memory})  # fmt: skip


def _frozen(freeze: Any) -> Callable[[str], bool] | None:
    if freeze is None or callable(freeze):
        return freeze
    names = _beginnings(freeze)
    return lambda name: any(_begins(name, n) for n in names)


def _beginnings(freeze: Any) -> tuple[str, ...]:
    names = (freeze,) if isinstance(freeze, str) else tuple(freeze) if hasattr(freeze, "__iter__") else (None,)
    if not all(isinstance(n, str) for n in names):
        raise SpecError(f"freeze: expected names of parameters or a function of one, got {freeze!r}", "Try freeze='layers.0'.",
                        {"argument": "freeze"})  # fmt: skip
    return names


def _begins(name: str, beginning: str) -> bool:
    return name == beginning or name.startswith(beginning + ".")


def _known(freeze: Any, names: list[str]) -> None:
    """Refuse what freezes nothing."""
    for n in () if freeze is None or callable(freeze) else _beginnings(freeze):
        if not any(_begins(name, n) for name in names):
            raise SpecError(f"freeze: no parameter is {n!r} or within it; names are {', '.join(names)}", fields={"argument": "freeze"})


def _state(assembly: Assembly, parameters: list[Parameters], before: Fit | None, seed: int, members: int | None) -> Any:
    assembly.begin = assembly.began = before.steps if before is not None else 0
    keys = random.split(random.fold_in(random.key(seed), 1), len(parameters))
    differing = parameters[0].differing(parameters)
    first = lambda n: assembly.first(parameters[n].own, np.int64(keys[n]), {k: parameters[n].leaves[k] for k in differing})
    state = first(0)
    _affordable(state, len(parameters), 3)
    each = [state, *[first(n) for n in range(1, len(parameters))]]
    if members is not None:
        flat = [trees.flatten(s) for s in each]
        state = trees.build(flat[0][0], [np.stack(leaves) for leaves in zip(*[f[1] for f in flat], strict=True)])
    if before is None or before.state is None:
        return state
    kept = [b if _alike(a, b) else a for a, b in zip(state[:3], before.state[:3], strict=True)]
    if before.optimiser == assembly.optimiser and kept[0] is before.state[0] and kept[1] is before.state[1] and marks(state[0]) == before.marks:
        assembly.began = before.began
        return *kept, state[3]
    return state[0], state[1], kept[2], state[3]  # another optimiser, or other parameters that are trained: it begins anew


def _alike(a: Any, b: Any) -> bool:
    """Whether two states have one structure, in shapes and dtypes."""
    (one, x, _), (two, y, _) = trees.flatten(a), trees.flatten(b)
    return trees.key(one) == trees.key(two) and [(u.shape, u.dtype) for u in x] == [(v.shape, v.dtype) for v in y]


def _map(x: Any, f: Callable[[np.ndarray], np.ndarray]) -> Any:
    tree, leaves, _ = trees.flatten(x)
    return trees.build(tree, [f(a) for a in leaves])


def _still(a: np.ndarray) -> bool:
    """Whether nobody can change it: a file that is mapped to be read, which may be larger than the memory."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return not a.flags.writeable


def _unshared(leaves: list[Any]) -> list[np.ndarray]:
    """Arrays that may stand in several places of a state, each as an input of its own."""
    seen: set[int] = set()
    out = []
    for x in leaves:
        a = np.asarray(x)
        out.append(a.copy() if id(a) in seen else a)
        seen.add(id(out[-1]))
    return out


__all__ = ["learn"]
