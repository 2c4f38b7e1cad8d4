"""Chains split over the workers of any ``concurrent.futures.Executor`` and joined to the bits of a local run."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica._collect import Plan
from ergodica._encode import Request
from ergodica._observe import Observed
from ergodica._progress import Bar, ProgressLike
from ergodica.errors import Interrupted, SpecError
from ergodica.ragged import Ragged
from ergodica.run import Run


def spread(plan: Plan, observed: Observed, executor: Any, progress: ProgressLike, keep: Callable[[Run | None], None]) -> Run:
    """Run ``plan`` in pieces of some chains each. Keys belong to chains by their number, so the pieces do not change the bits."""
    if not hasattr(executor, "submit"):
        raise SpecError(f"executor: expected a concurrent.futures.Executor, got {executor!r}", fields={"argument": "executor"})
    blocks = _split(plan, executor)
    across = len({c.start for _, c in blocks})
    tasks = [_piece(plan, *block) for block in blocks]
    bar = Bar(progress, f"{plan.request.spec['verb']} on {len(tasks)} workers")
    futures = [executor.submit(work, task, observed) for task in tasks]
    begun = time.monotonic()
    runs: list[Run | None] = [None] * len(futures)
    try:
        waiting = set(futures)
        while waiting:
            finished, waiting = concurrent.futures.wait(waiting, timeout=0.05, return_when=concurrent.futures.FIRST_COMPLETED)
            for f in finished:
                runs[futures.index(f)] = _result(f)
            if finished:
                done = len(futures) - len(waiting)
                bar.update({"done": done, "total": len(futures), "unit": "pieces", "seconds": time.monotonic() - begun})
    except KeyboardInterrupt:
        complete = list(itertools.takewhile(lambda r: r is not None, runs))  # chains must stay consecutive
        if len(complete) > across:
            complete = complete[: len(complete) // across * across]
        part = join(plan, complete, across, "interrupted") if complete else None
        keep(part)
        raise Interrupted("interrupted; erg.last_run holds the chains that were finished" if part else "interrupted", part) from None
    finally:
        for f in futures:
            f.cancel()
        bar.close()
    run = join(plan, runs, across, "done")
    keep(run)
    return run


def _result(future: Any) -> Run:
    import pickle

    try:
        return future.result()
    except (pickle.PicklingError, AttributeError, TypeError) as why:
        if "pickle" not in str(why):
            raise
        raise SpecError(f"executor: its workers cannot receive this run: {why}", "Try a function of a module in place of a lambda.",
                        {"argument": "executor"}) from why  # fmt: skip


def _split(plan: Plan, executor: Any) -> list[tuple[slice, slice]]:
    """Blocks of temperatures and chains, those of one block of temperatures after each other: chains first, then temperatures where there are
    workers left and they do not interact."""
    workers = getattr(executor, "_max_workers", None)
    wanted = workers if isinstance(workers, int) and workers > 0 else 64
    chains, unit = int(plan.request.spec["chains"]), plan.method.unit
    if unit == "all":
        raise SpecError(f"executor: the chains of {plan.method!r} act on each other, so that they cannot be split", fields={"argument": "executor"})
    across = min(chains, wanted)
    along = 1 if unit == "ladder" else min(len(plan.kT), -(-wanted // across))
    return [(k, c) for k in _even(len(plan.kT), along) for c in _even(chains, across)]


def _even(n: int, pieces: int) -> list[slice]:
    bounds = np.linspace(0, n, pieces + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in itertools.pairwise(bounds)]


def _piece(plan: Plan, some: slice, chains: slice) -> Plan:
    kT = plan.kT[some]
    spec = {**plan.request.spec, "first_chain": chains.start, "chains": chains.stop - chains.start, "first_kT": some.start, "kT": kT}
    arrays, names = list(plan.request.arrays), list(plan.request.names)
    start = spec.get("start")
    if isinstance(start, dict):  # the core deals configurations to walkers in turn; the piece gets those of its own
        k, lattice = start["input"], spec["system"].get("lattice", {})
        rest = len(lattice["shape"]) if "shape" in lattice else 1
        particles = (int(spec["sweeps"]),) if plan.method.staged else ()
        given = arrays[k].reshape(-1, *particles, *arrays[k].shape[arrays[k].ndim - rest :])
        dealt = (np.arange(len(plan.kT) * int(plan.request.spec["chains"])) % max(len(given), 1)).reshape(len(plan.kT), -1)
        if len(given) > 1:
            arrays[k] = np.concatenate(given[dealt[some, chains].reshape(-1)]) if particles else given[dealt[some, chains].reshape(-1)]
    return dataclasses.replace(plan, request=Request(spec, arrays, names), kT=kT)


def work(plan: Plan, observed: Observed) -> Run:
    """What a worker does."""
    from ergodica.job import Job

    return Job.go(lambda: Job(plan.request, observed, plan.run, False, ""), lambda _: None, wait=True)


def join(plan: Plan, runs: list[Any], across: int, status: str) -> Run:
    """The pieces side by side: ``across`` of them along the dimension chain, and what they make along kT."""
    rows = [_joined(plan, runs[k : k + across], "chain", status) for k in range(0, len(runs), across)]
    run = rows[0] if len(rows) == 1 else _joined(plan, rows, "kT", status)
    run.info |= {"first_chain": 0, "pieces": len(runs), "request": plan.request.spec}
    return run


def _joined(plan: Plan, runs: list[Run], dimension: str, status: str) -> Run:
    first = runs[0]
    columns: dict[str, Any] = {}
    for n in (*first, *first.noted):
        axis = first.dims[n].index(dimension)
        columns[n] = _ragged([r[n] for r in runs], axis) if isinstance(first[n], Ragged) else np.concatenate([r[n] for r in runs], axis)
    axis = first.lead.index(dimension)
    final = None if first.final is None else np.concatenate([r.final for r in runs if r.final is not None], axis)
    info = {**first.info, "seconds": max(r.info["seconds"] for r in runs), "events": [e for r in runs for e in r.info["events"]]}
    coords = dict(first.coords)
    if dimension == "chain":
        info["chains"] = sum(r.info["chains"] for r in runs)
    else:
        coords["kT"] = np.concatenate([r.coords["kT"] for r in runs])
        info["kT"] = coords["kT"].tolist()
    for key in first.info["kernel"]:
        info.pop(key, None)
    info["kernel"] = {k: np.concatenate([r.info["kernel"][k] for r in runs], axis) if isinstance(v, np.ndarray) else v
                      for k, v in first.info["kernel"].items()}  # fmt: skip
    return Run(columns, first.dims, coords=coords, info=info, system=plan.system, method=plan.method, final=final, derived=plan.derived,
               status=status)  # fmt: skip


def _ragged(pieces: list[Ragged], axis: int) -> Ragged:
    rows = [[p[k] for k in range(p.shape[0])] if axis else [p] for p in pieces]
    ordered = [block for group in zip(*rows, strict=True) for block in group]
    values = np.concatenate([b.values[b.offsets[0] : b.offsets[-1]] for b in ordered])
    lengths = np.concatenate([np.diff(b.offsets) for b in ordered])
    shape = list(pieces[0].shape)
    shape[axis] = sum(p.shape[axis] for p in pieces)
    return Ragged(values, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), shape)
