"""The verb learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica import random, verbs
from ergodica._base import integer, real
from ergodica._encode import Request, as_seed
from ergodica._progress import ProgressLike
from ergodica.errors import SpecError
from ergodica.expr import trees
from ergodica.learning.feeding import ORDERS, Feeder, Rows, Stream, is_stream
from ergodica.learning.fit import Fit
from ergodica.learning.objective import Caller
from ergodica.learning.optimisers import Adam, Optimiser
from ergodica.learning.program import Assembly, Parameters, batched, traced
from ergodica.learning.running import LearnJob, Outline
from ergodica.learning.source import Source
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
        Arrays of floating-point numbers are what is trained. A fit goes on where it ended, with its optimiser's state, its steps' count and its
        seed: 10 steps and then 90 have the bits of 100. Another optimiser begins anew, at step 0 of its schedule.
    optimiser : Optimiser, default Adam(1e-3)
    data : array, structure of arrays, path of an npy file, pyarrow table, Source, or iterable of batches
        Arrays share their first axis, the rows. A file is mapped, not read. Floating-point columns are converted to float32 where the model is
        float32, integers narrower than 32 bits are widened.
        An iterable (a generator, a torch DataLoader) gives batches of equal shapes; where it ends, the training ends.
    batch : int, optional
        Rows a step; without it all of them at each step.
    order : {"shuffled", "sequential", "replacement"}
        A new order each epoch (batches may lie across two, so that every row comes once an epoch), the rows' own, or independent draws.
    steps : int, default 1000
    epochs : float, optional
        Instead of steps: passes over the data.
    every : int, default 1
        Steps whose mean is a row of the history.
    evaluate : function, or dict of functions of (model) or (model, key), optional
        Real numbers that are found every ``evaluate_every`` steps and at the end; traced.
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
        The loss or its gradient is NaN or infinite; the message names the step, and the operation and line where that began.
    Interrupted
        Ctrl-C; ``run`` has the fit so far.

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
        optimiser = before.optimiser if optimiser is None else optimiser
        if optimiser is None:
            raise SpecError("learn: this fit was loaded without its optimiser", "Try erg.load(path, optimiser=...).", {"argument": "optimiser"})
        model = before.model
        members = len(model) if before.info.get("members") else None
        seed = before.seed if seed is None else seed
    optimiser = Adam() if optimiser is None else optimiser
    if not isinstance(optimiser, Optimiser):
        raise SpecError(f"learn: expected an optimiser, got {optimiser!r}", "Try erg.Adam(1e-3).", {"argument": "optimiser"})
    seeded = as_seed(seed) if seed is not None or checkpoint is None else None
    models = _models(model, members, seeded)
    parameters = [Parameters(m, _frozen(freeze)) for m in models]
    for p in parameters[1:]:
        if [a.shape for a in p.leaves] != [a.shape for a in parameters[0].leaves] or trees.key(p.tree) != trees.key(parameters[0].tree):
            raise SpecError("learn: expected members of one structure, with equal settings and shapes", fields={"argument": "model"})
    first = parameters[0]
    rows, stream = (None, None) if isinstance(data, Source) and caller.wants_batch else _data(caller, data, first.dtype)
    source = data if isinstance(data, Source) else None
    size = None if rows is None or batch is None else integer(batch, "batch", 1)
    if size is None and batch is not None and rows is None:
        raise SpecError("batch: expected none where the loss takes no rows of arrays", fields={"argument": "batch"})
    if order not in ORDERS:
        raise SpecError(f"order: expected one of {', '.join(map(repr, ORDERS))}; got {order!r}", fields={"argument": "order"})
    count = _steps(steps, epochs, rows, size)
    held = None if validation is None else Rows(validation, first.dtype).whole()
    if held is not None and not caller.wants_batch:
        raise SpecError(f"validation: {caller.name} takes no data", fields={"argument": "validation"})
    functions = evaluate if isinstance(evaluate, dict) else {} if evaluate is None else {getattr(evaluate, "__name__", "evaluation"): evaluate}
    if "validation" in functions:
        raise SpecError("evaluate: expected another name than 'validation'", fields={"argument": "evaluate"})
    whole = rows.whole() if rows is not None and size is None else None
    assembly = Assembly(caller, first, optimiser, whole, functions, held, whole is not None, None if source is None else source.joined)
    sample: Any = None
    if source is not None or stream is not None:
        sample = source.sample(first.dtype) if source is not None else stream.sample() if stream is not None else None
    elif rows is not None and size is not None:
        sample = rows.sample(size)

    request = Request({"verb": "learn"})
    key: Any = np.int64(0)
    k = np.int64(0)
    state = _state(assembly, parameters, before, seeded, members)
    step, look = assembly.step, assembly.evaluate
    if members is not None:
        shared = None if stream is not None or source is not None else 0
        step, look = batched(step, (0, shared, 0, None)), batched(look, (0, 0, None))
        key = np.zeros(members, np.int64)
        if sample is not None and stream is None and source is None:
            sample = _map(sample, lambda a: np.zeros((members, *a.shape), a.dtype))
    wire, _ = traced(step, (state, sample, key, k), request, "step")
    system: dict[str, Any] = {
        "step": wire, "state": [request.input(a, "state") for a in _unshared(trees.flatten(state)[1])], "members": members or 0, "order": order,
        "records": assembly.records, "asks": stream is not None, "sourced": source is not None, "shared": stream is not None or source is not None,
    }  # fmt: skip
    if size is not None and rows is not None:
        system |= {"data": [request.input(a, "data") for a in rows.columns], "batch": size}
    if assembly.evaluates:
        system["evaluate"] = traced(look, (state, key, k), request, "evaluate")[0]
        system["evaluations"] = assembly.seen
    watched = _watched(monitor, patience, assembly.seen)
    if watched is not None:
        system |= {"monitor": watched, "patience": integer(patience or 0, "patience", 0), "least": real(least, "least")}
    own = {"steps": count, "every": min(integer(every, "every", 1), count)}
    if assembly.evaluates:
        own["evaluate_every"] = integer(max(count // 100, 1) if evaluate_every is None else evaluate_every, "evaluate_every", 1)
    begin = before.steps if before is not None else 0
    if source is not None:
        request.spec["source"] = source.encoded(request)
    request.spec |= {"system": system, "seed": None if seeded is None else str(seeded), "first_step": begin, **own, **verbs._common(False, threads)}
    if not wait:
        request.arrays = [np.array(a) for a in request.arrays]
    if checkpoint is not None:
        request.spec["checkpoint"] = verbs._checkpoint(checkpoint)
    outline = Outline(request, assembly, parameters, members, trees.flatten(state)[0], sample)
    return LearnJob.launch(outline, Feeder(stream) if stream is not None else None, progress, wait)


def _models(model: Any, members: int | None, seed: int | None) -> list[Any]:
    if members is None:
        return [model]
    n = integer(members, "members", 1)
    if isinstance(model, list):
        if len(model) != n:
            raise SpecError(f"members: expected a list of {n} models, got {len(model)}", fields={"argument": "model"})
        return model
    if callable(model) and not trees.has_leaves(trees.flatten(model)[0]):
        keys = random.split(random.key(seed), n)
        return [model(np.int64(k)) for k in keys]
    return [model] * n


def _frozen(freeze: Any) -> Callable[[str], bool] | None:
    if freeze is None or callable(freeze):
        return freeze
    names = (freeze,) if isinstance(freeze, str) else tuple(freeze)
    return lambda name: any(name == n or name.startswith(n + ".") for n in names)


def _data(caller: Caller, data: Any, dtype: np.dtype | None) -> tuple[Rows | None, Stream | None]:
    if data is None:
        if caller.wants_batch:
            raise SpecError(f"learn: {caller.name} needs data", "Try data=x, batch=256.", {"argument": "data"})
        return None, None
    if not caller.wants_batch:
        raise SpecError(f"data: {caller.name} takes none", "Try a loss of (model, batch).", {"argument": "data"})
    return (None, Stream(data, dtype)) if is_stream(data) else (Rows(data, dtype), None)


def _steps(steps: Any, epochs: Any, rows: Rows | None, size: int | None) -> int:
    if epochs is None:
        return integer(1000 if steps is None else steps, "steps", 1)
    if steps is not None or rows is None:
        raise SpecError("epochs: expected arrays as data, and no steps", fields={"argument": "epochs"})
    passes = real(epochs, "epochs")
    return max(int(np.ceil(passes * rows.rows / (size or rows.rows) - 1e-9)), 1)


def _state(assembly: Assembly, parameters: list[Parameters], before: Fit | None, seed: int | None, members: int | None) -> Any:
    assembly.begin = assembly.began = before.steps if before is not None else 0
    if before is not None and before.optimiser == assembly.optimiser and before.state is not None:
        assembly.began = before.began
        return before.state
    keys = random.split(random.fold_in(random.key(seed if seed is not None else 0), 1), len(parameters))
    each = [assembly.first(p.own, np.int64(k)) for p, k in zip(parameters, keys, strict=True)]
    if members is None:
        return each[0]
    flat = [trees.flatten(s) for s in each]
    return trees.build(flat[0][0], [np.stack(leaves) for leaves in zip(*[f[1] for f in flat], strict=True)])


def _map(x: Any, f: Callable[[np.ndarray], np.ndarray]) -> Any:
    tree, leaves, _ = trees.flatten(x)
    return trees.build(tree, [f(a) for a in leaves])


def _unshared(leaves: list[Any]) -> list[np.ndarray]:
    """Arrays that may stand in several places of a state, each as an input of its own."""
    seen: set[int] = set()
    out = []
    for x in leaves:
        a = np.asarray(x)
        out.append(a.copy() if id(a) in seen else a)
        seen.add(id(out[-1]))
    return out


def _watched(monitor: Any, patience: Any, names: list[str]) -> str | None:
    if monitor is None and patience is None:
        return None
    if not names:
        raise SpecError("monitor, patience: expected an evaluation", "Try validation=(x, y), or evaluate={'name': function}.",
                        {"argument": "monitor"})  # fmt: skip
    name = names[0] if monitor is None else monitor
    if name not in names:
        raise SpecError(f"monitor: expected one of {', '.join(names)}; got {name!r}", fields={"argument": "monitor"})
    return str(name)


__all__ = ["learn"]
