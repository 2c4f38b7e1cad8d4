"""The verbs: sample, simulate, solve."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias, overload

import numpy as np

from ergodica import _door
from ergodica._base import Method, System, integer, real
from ergodica._collect import Plan
from ergodica._config import _threads
from ergodica._encode import Request, as_seed, as_temperatures
from ergodica._fit import default_method, face, lattice_shape, moves_densities, solvers, trial_batch
from ergodica._observe import Observed, ObserveLike, as_observed
from ergodica._progress import ProgressLike
from ergodica._specs import EnsembleKalman, Langevin, MeanFieldLangevin, MinimaxLangevin, Overdamped
from ergodica.errors import ShapeError, SpecError
from ergodica.job import Job
from ergodica.run import Run
from ergodica.sampling.logdensity import LogDensity
from ergodica.sampling.marks import Functional, Game, Inverse
from ergodica.sampling.target import Target

StartLike: TypeAlias = "Literal['random', 'ordered'] | np.ndarray | Run | Any"
CheckpointLike: TypeAlias = "str | os.PathLike[str] | tuple[str | os.PathLike[str], float] | None"

WARMUP = 1000
"""Sweeps of warm-up where the caller gives none: a constant, so that it never depends on how much is recorded."""

last_run: Run | None = None


def _keep(run: Run | None) -> None:
    global last_run
    last_run = run if run is not None else last_run


@overload
def sample(system: System | Any, method: Method | None = ..., *, space: Any = ..., kT: Any = ..., chains: int = ..., sweeps: int | None = ...,
           draws: int | None = ..., warmup: int | None = ...,
           every: int = ..., observe: ObserveLike = ..., start: StartLike = ..., seed: int | None = ..., progress: ProgressLike = ...,
           wait: Literal[True] = ..., checkpoint: CheckpointLike = ..., threads: int | None = ..., executor: Any = ...) -> Run: ...  # fmt: skip
@overload
def sample(system: System | Any, method: Method | None = ..., *, space: Any = ..., kT: Any = ..., chains: int = ..., sweeps: int | None = ...,
           draws: int | None = ..., warmup: int | None = ...,
           every: int = ..., observe: ObserveLike = ..., start: StartLike = ..., seed: int | None = ..., progress: ProgressLike = ...,
           wait: Literal[False], checkpoint: CheckpointLike = ..., threads: int | None = ..., executor: Any = ...) -> Job: ...  # fmt: skip
def sample(
    system: System | Any,
    method: Method | None = None,
    *,
    space: Any = None,
    kT: Any = 1.0,
    chains: int = 4,
    sweeps: int | None = None,
    draws: int | None = None,
    warmup: int | None = None,
    every: int = 1,
    observe: ObserveLike = None,
    start: StartLike = "random",
    seed: int | None = None,
    progress: ProgressLike = None,
    wait: bool = True,
    checkpoint: CheckpointLike = None,
    threads: int | None = None,
    executor: Any = None,
) -> Run | Job:
    """Draw configurations from exp(-E/kT) and record quantities along the way.

    Parameters
    ----------
    system : System, function, LogDensity, Target or FeynmanKac
        Such as ``erg.lattice.Ising((32, 32))``; or an energy in plain NumPy, a function of one x (or of a dict of parameters) that gives a real
        scalar. It is traced at each call.
    method : Method, optional
        Such as ``erg.Wolff()``; ``erg.methods(system)`` lists those that fit. Without one: Wolff's clusters where no field and no
        antiferromagnetic bond stands in their way, else Metropolis; for a function NUTS, on
        spheres and other curved spaces GeodesicNUTS, on integers DiscreteGibbs, on products of integers and others Gibbs over these.
    space : Space or a dict, tuple or list of them
        Where the x of a function lives: ``erg.Real(10)``, ``dict(mu=erg.Real(), tau=erg.Positive())``. Densities are with respect to x.
    kT : float or sequence of float, default 1.0
        Temperature in the system's unit of energy. A sequence makes one run with a leading dimension kT.
    chains : int, default 4
        Independent chains at each temperature.
    sweeps : int, default 1000
        Sweeps after warm-up; ``sweeps // every`` draws are recorded. For named systems.
    draws : int, default 1000
        Draws that are recorded, of functions; the particles of a population, of methods that find populations as a whole.
    warmup : int, optional
        Sweeps before the first recorded one, in which methods may adapt. 1000 where it is not given, whatever ``sweeps`` is; 0 when ``start``
        is a run.
    every : int, default 1
        Sweeps between records.
    observe : str, function, or a sequence or dict of them, default ("energy", "magnetization", "|magnetization|")
        Names of the system's observables; "binder", "susceptibility" and "heat_capacity" record what they are estimated from. A function gets
        a batch of configurations, int8 of shape (batch, ...), of all chains and temperatures, and returns an array (batch, ...).
        Of a function on a space: its parameters, "energy", "log_density", "acceptance", "steps", "depth", "diverging", "hamiltonian",
        "step_size"; and functions of one x, which are traced and run in the core. Parameters and energy where nothing is named.
    start : {"random", "ordered"}, array or Run, default "random"
        Where the chains begin: an array holds one configuration, or one for each chain, or for each kT and chain. A run goes on from
        its final configurations, with another seed.
    seed : int, optional
        Fixes every bit of the result, whatever the threads and SIMD path. Drawn where it is not given, and kept in ``run.info["seed"]``.
    progress : bool or function, optional
        A bar always (True), never (False), or after half a second (None); or a function that gets a dict.
    wait : bool, default True
        False returns a :class:`Job` at once.
    checkpoint : path or (path, seconds), optional
        File from which the same call goes on, to the same bits, after whatever ended it. Every 30 s where no seconds are given.
    threads : int, optional
        Instead of ``erg.config.threads``.
    executor : concurrent.futures.Executor, optional
        Chains are split over its workers (Dask, mpi4py, processes); the result has the bits of a local run.

    Returns
    -------
    Run or Job

    Raises
    ------
    SpecError, ShapeError, NonFiniteError, MemoryLimitError
        Before anything runs.
    PythonError
        A function in ``observe`` raised; ``__cause__`` is its exception.
    Interrupted
        Ctrl-C; ``run`` and ``erg.last_run`` hold what was finished.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> magnet = erg.lattice.Ising((16, 16))
    >>> run = erg.sample(magnet, erg.Metropolis(), kT=[2.0, 3.0], sweeps=200, seed=1, observe=["energy", "|magnetization|"])
    >>> run["energy"].shape
    (2, 4, 200)
    >>> staggered = lambda s: np.mean(s[:, ::2] - s[:, 1::2], axis=(1, 2))
    >>> run = erg.sample(magnet, kT=3.0, sweeps=10, observe={"staggered": staggered}, seed=1)
    >>> run["staggered"].shape
    (4, 10)
    >>> wells = lambda x: np.sum((x**2 - 1) ** 2)
    >>> run = erg.sample(wells, erg.NUTS(), space=erg.Real(10), kT=0.3, draws=200, seed=1)
    >>> run["x"].shape
    (4, 200, 10)
    """
    every = integer(every, "every", 1)
    if warmup is None:
        warmup = 0 if isinstance(start, Run) else WARMUP
    warmup = integer(warmup, "warmup", 0)
    staged = isinstance(method, Method) and method.staged
    if staged and every != 1:
        raise SpecError(f"every: {method!r} finds its draws as a whole; expected 1, got {every}", fields={"argument": "every"})
    if hasattr(system, "sampled") and not isinstance(system, type):  # it makes a request of its own kind
        return system.sampled(method, space=space, kT=kT, chains=chains, sweeps=sweeps, draws=draws, warmup=warmup, every=every, observe=observe,
                              start=start, seed=seed, progress=progress, wait=wait, checkpoint=checkpoint, threads=threads,
                              executor=executor)  # fmt: skip
    if (callable(system) and not isinstance(system, type)) or isinstance(system, (LogDensity, Functional, Game, Inverse, Target)):
        if sweeps is not None:
            raise SpecError("sweeps: a function on a space is sampled by draws", f"Try draws={sweeps!r}.", {"argument": "sweeps"})
        count = integer(1000 if draws is None else draws, "draws", 1)
        own = {"sweeps": count * every, "warmup": warmup, "every": every}
        return _density("sample", system, method, space, own, kT, chains, observe, start, None, seed, progress, wait, checkpoint, threads, executor)
    if staged and sweeps is None:
        sweeps, draws = draws, None
    for name, value in (("space", space), ("draws", draws)):
        if value is not None:
            raise SpecError(f"{name}: expected none for {system!r}", "Try sweeps=..." if name == "draws" else "", {"argument": name})
    sweeps = integer(1000 if sweeps is None else sweeps, "sweeps", 0)
    own = {"sweeps": sweeps, "warmup": warmup, "every": every}
    return _walkers("sample", system, method, own, kT, chains, observe, start, seed, progress, wait, checkpoint, threads, executor)


@overload
def simulate(system: System | Any, method: Method | None = ..., *, space: Any = ..., time: float, every: float | None = ..., kT: Any = ...,
             chains: int = ..., observe: ObserveLike = ..., start: StartLike = ..., velocities: Any = ..., seed: int | None = ...,
             progress: ProgressLike = ..., wait: Literal[True] = ..., checkpoint: CheckpointLike = ..., threads: int | None = ...,
             executor: Any = ...) -> Run: ...  # fmt: skip
@overload
def simulate(system: System | Any, method: Method | None = ..., *, space: Any = ..., time: float, every: float | None = ..., kT: Any = ...,
             chains: int = ..., observe: ObserveLike = ..., start: StartLike = ..., velocities: Any = ..., seed: int | None = ...,
             progress: ProgressLike = ..., wait: Literal[False], checkpoint: CheckpointLike = ..., threads: int | None = ...,
             executor: Any = ...) -> Job: ...  # fmt: skip
def simulate(
    system: System | Any,
    method: Method | None = None,
    *,
    space: Any = None,
    time: float,
    every: float | None = None,
    kT: Any = 1.0,
    chains: int = 4,
    observe: ObserveLike = None,
    start: StartLike = "random",
    velocities: Any = None,
    seed: int | None = None,
    progress: ProgressLike = None,
    wait: bool = True,
    checkpoint: CheckpointLike = None,
    threads: int | None = None,
    executor: Any = None,
) -> Run | Job:
    """Follow a system in time.

    Parameters
    ----------
    system : System or function
        An energy, as for :func:`sample`, is a potential in which x moves.
    method : Method, optional
        Heat-bath dynamics of spins and ``erg.Langevin()`` in a potential where none is given; also ``erg.Kawasaki``, ``erg.NFoldWay``,
        ``erg.CreutzDemon`` and ``erg.Driven`` of spins, and ``erg.Overdamped``, ``erg.GeneralisedLangevin``, ``erg.NoseHoover``, ``erg.Verlet``.
    space : Space or a dict, tuple or list of them
        Where the x of a function lives. The dynamics is that of x itself, so only ``erg.Real`` and ``erg.Torus`` are taken: other spaces
        have coordinates in which motion would be another one.
    time : float
        How far, in the method's unit of time (heat-bath dynamics: one update a site on average).
    every : float, optional
        Time between records, which stand at 0, every, 2 every, ... up to ``time``; a hundredth of ``time`` where it is not given. In a potential
        a whole number of steps lies between two, ceil(every / dt), so that the step may be below the method's dt; ``run.info["dt"]`` has it.
    observe : str, function, or a sequence or dict of them
        Of a function on a space: its parameters, "energy", and with masses "kinetic", "velocities" (in the shape of x) and "conserved";
        and functions of one x. Parameters and energy where nothing is named.
    start : {"random", "ordered"}, array or Run, default "random"
        In a potential "random" is uniform in [-2, 2] where the energy is finite, "ordered" is 0; a run of the same space goes on from where it ended,
        with its velocities where it has them.
    velocities : array or structure of arrays, optional
        How a function's x begins to move, in the structure of x, for all chains or one for each. Maxwell and Boltzmann's at kT without them.
    kT, chains, seed, progress, wait, checkpoint, threads, executor
        As for :func:`sample`. kT = 0 is motion without noise.

    Returns
    -------
    Run or Job
        Quantities have the dimensions ((kT,) chain, time, ...).

    Examples
    --------
    >>> import ergodica as erg
    >>> quench = erg.simulate(erg.lattice.Ising((16, 16)), erg.HeatBath(), kT=1.5, time=10.0, every=1.0, seed=2)
    >>> quench["energy"].shape, float(quench.coords["time"][-1])
    ((4, 11), 10.0)
    >>> import numpy as np
    >>> wells = lambda x: np.sum((x**2 - 1) ** 2)
    >>> path = erg.simulate(wells, erg.Langevin(friction=1.0, dt=0.01), space=erg.Real(10), kT=0.3, time=20.0, every=0.5, seed=1)
    >>> path["x"].shape, float(path.coords["time"][1])
    ((4, 41, 10), 0.5)
    """
    time = real(time, "time")
    every = time / 100 if every is None else real(every, "every")
    if time < 0 or (every <= 0 and time > 0):
        raise SpecError(f"time, every: expected a time of at least 0 and every above 0, got {time} and {every}", fields={"argument": "time"})
    own = {"time": time, "every": every or 1.0}
    if (callable(system) and not isinstance(system, type)) or isinstance(system, LogDensity):
        return _density("simulate", system, method, space, own, kT, chains, observe, start, velocities, seed, progress, wait, checkpoint, threads,
                        executor)  # fmt: skip
    for name, value in (("space", space), ("velocities", velocities)):
        if value is not None:
            raise SpecError(f"{name}: expected none for {system!r}", fields={"argument": name})
    return _walkers("simulate", system, method, own, kT, chains, observe, start, seed, progress, wait, checkpoint, threads, executor)


def _walkers(verb: str, system: Any, method: Method | None, own: dict[str, Any], kT: Any, chains: Any, observe: ObserveLike, start: StartLike,
             seed: Any, progress: ProgressLike, wait: bool, checkpoint: CheckpointLike, threads: Any, executor: Any) -> Run | Job:  # fmt: skip
    _check(verb, system, method)
    temperatures, scan = as_temperatures(kT)
    chains = integer(chains, "chains", 1)
    method = method or default_method(verb, system)
    observed = as_observed(observe, face(system).observe)
    if observed.functions:
        observed.trial(trial_batch(system, len(temperatures) * chains))
    request = Request({"verb": verb})
    begin = _start(request, start, system, len(temperatures), chains)
    notes: tuple[str, ...] = ()
    kernel = getattr(method, "kernel", method)
    if verb == "sample" and face(system).target and moves_densities(kernel):
        from ergodica.sampling.density import noted

        notes = tuple(n for n in noted(method) if n not in observed.names)
        observed.names += notes
    return _launch(request, system, method, own, temperatures, scan, chains, observed, begin, start, seed, progress, wait, checkpoint, threads,
                   executor, notes)  # fmt: skip


def _launch(request: Request, system: System, method: Method, own: dict[str, Any], kT: list[float], scan: bool, chains: int, observed: Observed,
            begin: Any, start: StartLike, seed: Any, progress: ProgressLike, wait: bool, checkpoint: CheckpointLike, threads: Any,
            executor: Any, notes: tuple[str, ...] = ()) -> Run | Job:  # fmt: skip
    """The rest of the request of chains that begin at ``begin``, and its job."""
    request.spec |= {
        "system": request.encode(system, "system"),
        "method": request.encode(method, "method"),
        "seed": _seed(seed, start, checkpoint),
        "kT": kT,
        "chains": chains,
        "first_chain": 0,
        **own,
        "observe": observed.names,
        "start": begin,
        "python": observed.entries(),
        **_common(scan, threads),
    }
    if not wait:  # the caller may write to them meanwhile
        request.arrays = [a if a.flags.owndata and not a.flags.writeable else a.copy() for a in request.arrays]
    if checkpoint is not None:
        request.spec["checkpoint"] = _checkpoint(checkpoint)
    return _go(Plan(system, method, request, kT, scan, observed.derived, notes), observed, progress, wait, checkpoint, executor)


def _density(verb: str, f: Any, method: Method | None, space: Any, own: dict[str, Any], kT: Any, chains: Any, observe: Any, start: Any,
             velocities: Any, seed: Any, progress: ProgressLike, wait: bool, checkpoint: CheckpointLike, threads: Any,
             executor: Any) -> Run | Job:  # fmt: skip
    from ergodica.sampling.crowds import as_crowd
    from ergodica.sampling.density import as_density, default, noted, placed, suited
    from ergodica.sampling.remote import Remote, is_remote

    if is_remote(f):
        if space is None:
            raise SpecError(f"{verb}: expected a space", "Try space=erg.Real(n), or a dict of spaces by name.", {"argument": "space"})
        system: Any = Remote(f, space)
        observed = system.observed(observe)
    else:
        if isinstance(f, (Functional, Game, Inverse)):
            method = method or {Functional: MeanFieldLangevin, Game: MinimaxLangevin, Inverse: EnsembleKalman}[type(f)]()
            system, names = as_crowd(f, space, observe, own["sweeps"], getattr(method, "opponents", 1))
        else:
            system, names = as_density(f, space, observe, verb)
        observed = Observed(names, {})
    _check(verb, system, method)
    if method is None and verb == "sample":
        method = default(system.layout)
    method = placed(method, system.layout)
    system = suited(system, method)
    if verb == "simulate":
        system.layout.moves()
    temperatures, scan = as_temperatures(kT)
    chains = integer(chains, "chains", 1)
    if method is None:
        method = Langevin()
    request = Request({"verb": verb})
    walkers, n = len(temperatures) * chains, system.layout.size
    if method.staged and isinstance(start, Run):
        places = list(zip(system.layout.names, system.layout.spaces, strict=True))
        if not all(n in start for n, _ in places):
            raise SpecError(f"start: this run has not kept {', '.join(system.layout.names)}", fields={"argument": "start"})
        start = system.layout.again([np.asarray(start[n]).reshape(-1, own["sweeps"], *s.shape) for n, s in places])
    begin: Any = start
    if method.staged and not isinstance(start, str):
        begin = system.places(start, own["sweeps"], walkers)
    elif isinstance(start, Run):
        if start.final is None:
            raise SpecError("start: this run has kept no final configuration", fields={"argument": "start"})
        begin = np.asarray(start.final, np.float64).reshape(-1, np.shape(start.final)[-1])
        begin = begin if verb == "simulate" and velocities is None else begin[:, :n]
    elif not isinstance(start, str):
        begin = system.start(start, walkers, chains)
    elif start not in ("random", "ordered"):
        raise SpecError(f"start: expected 'random', 'ordered', a configuration or a run; got {start!r}", fields={"argument": "start"})
    if velocities is not None:
        if isinstance(begin, str) or isinstance(method, Overdamped):
            what = "velocities: expected a start beside them, an array or a run, and a method with masses"
            raise SpecError(what, fields={"argument": "velocities"})
        moving = system.layout.start(velocities, walkers, chains, "velocities")
        shape = (max(begin.size, moving.size) // n, n)
        begin = np.concatenate([np.broadcast_to(begin, shape), np.broadcast_to(moving, shape)], axis=1)
    if not isinstance(begin, str):
        begin = request.input(np.ascontiguousarray(begin), "start")
    notes = tuple(n for n in noted(method) if verb == "sample" and n not in system.names() and n not in observed.names)
    observed.names += notes
    return _launch(request, system, method, own, temperatures, scan, chains, observed, begin, start, seed, progress, wait, checkpoint, threads,
                   executor, notes)  # fmt: skip


def solve(system: System, method: Method | None = None, *, kT: Any = 1.0, observe: str | Sequence[str] | None = None, progress: ProgressLike = None,
          wait: bool = True, threads: int | None = None) -> Run:  # fmt: skip
    """Exact answers, often the referee of :func:`sample`, or approximations by a method that is named.

    Parameters
    ----------
    system : System
    method : Method, optional
        Where it is not given, the first exact one that fits of those that ``erg.methods(system)`` lists under "solve", the cheapest first. What
        approximates (``MeanField``, ``BeliefPropagation``), or holds for infinite systems with random couplings alone (``ReplicaSymmetric``,
        ``OneStepRSB``), must be asked for; ``erg.methods`` gives the accuracy of each.
    kT : float or sequence of float, default 1.0
        A sequence makes a leading dimension kT.
    observe : str or sequence of str, optional
        What to find; all that the method gives where it is not given.

    Returns
    -------
    Run
        ``run["energy"]`` and so on: arrays with the dimensions ((kT,) ...).

    Examples
    --------
    >>> import ergodica as erg
    >>> exact = erg.solve(erg.lattice.Ising((8, 8)), erg.Kaufman(), kT=2.269)
    >>> print(round(float(exact["energy"]) / 64, 2))
    -1.49
    """
    _check("solve", system, method)
    temperatures, scan = as_temperatures(kT)
    names = [] if observe is None else [observe] if isinstance(observe, str) else list(observe) if isinstance(observe, Iterable) else [observe]
    for name in names:
        if not isinstance(name, str):
            raise SpecError(f"observe: expected names, got {name!r}", fields={"argument": "observe"})
    refusals = []
    for candidate in [method] if method is not None else solvers(system):
        request = Request({"verb": "solve"})
        request.spec |= {
            "system": request.encode(system, "system"),
            "method": request.encode(candidate, "method"),
            "kT": temperatures,
            "observe": names,
            **_common(scan, threads),
        }
        try:
            return _go(Plan(system, candidate, request, temperatures, scan), Observed([], {}), progress, wait)  # type: ignore[return-value]
        except SpecError as refusal:
            if method is not None:
                raise
            refusals.append(f"{candidate!r}: {refusal.message}")
    raise SpecError("no exact method fits " + repr(system) + "".join("\n  " + r for r in refusals), "Try erg.sample(system).")


def _check(verb: str, system: Any, method: Any) -> None:
    if not isinstance(system, System):
        raise SpecError(f"{verb}: expected a system, got {system!r}", "Try erg.lattice.Ising((32, 32)).", {"argument": "system"})
    if isinstance(method, type) and issubclass(method, Method):
        raise SpecError(f"{verb}: expected a method, got the class {method.__name__}", f"Try erg.{method.__name__}().", {"argument": "method"})
    if method is not None and not isinstance(method, Method):
        raise SpecError(f"{verb}: expected a method, got {method!r}", "Try erg.methods(system).", {"argument": "method"})


def _common(scan: bool, threads: Any) -> dict[str, Any]:
    n = _door.config.threads if threads is None else _threads(threads, "threads")
    return {"threads": n, **({"scan": ["kT"]} if scan else {})}


def _seed(seed: Any, start: StartLike, checkpoint: CheckpointLike) -> str | None:
    if seed is None and checkpoint is not None:
        return None  # the checkpoint's, or one that the core draws
    value = as_seed(seed)
    if isinstance(start, Run) and value == start.info.get("seed"):
        raise SpecError(f"seed: expected another one than that of the run to go on from ({value}): equal seeds repeat its random numbers",
                        "Try seed=None, or checkpoint=... to continue a run to the same bits.", {"argument": "seed"})  # fmt: skip
    return str(value)


def _start(request: Request, start: StartLike, system: System, temperatures: int, chains: int) -> Any:
    if isinstance(start, str):
        if start not in ("random", "ordered"):
            raise SpecError(f"start: expected 'random', 'ordered', an array or a run; got {start!r}", fields={"argument": "start"})
        return start
    if isinstance(start, Run):
        final = start.final
        if final is None and "configuration" in start:
            final = np.asarray(start["configuration"]).take(-1, axis=len(start.lead) - 1)
        if final is None:
            raise SpecError("start: this run has kept no final configuration", "Try observe=[..., 'configuration'].", {"argument": "start"})
        start = final
    found = request.input(start, "start")
    shape, row = request.arrays[found["input"]].shape, lattice_shape(system)
    lead = shape[: max(len(shape) - len(row), 0)]
    if shape[len(lead) :] != row or lead not in ((), (1,), (chains,), (temperatures * chains,), (temperatures, chains), (1, chains)):
        each = f"{(chains, *row)} or {(temperatures, chains, *row)}" if temperatures > 1 else f"{(chains, *row)}"
        raise ShapeError(f"start: expected one configuration, shape {row}, or one for each chain, {each}; got {shape}", fields={"argument": "start"})
    return found


def _checkpoint(checkpoint: CheckpointLike) -> dict[str, Any]:
    path, seconds = checkpoint if isinstance(checkpoint, tuple) and len(checkpoint) == 2 else (checkpoint, 30.0)
    if not isinstance(path, (str, os.PathLike)):
        raise SpecError(f"checkpoint: expected a path or (path, seconds), got {checkpoint!r}", fields={"argument": "checkpoint"})
    pause = real(seconds, "checkpoint")
    if pause <= 0:
        raise SpecError(f"checkpoint: expected seconds above 0, got {pause}", fields={"argument": "checkpoint"})
    return {"path": os.path.abspath(os.fspath(path)), "seconds": pause}


def _go(plan: Plan, observed: Observed, progress: ProgressLike, wait: bool, checkpoint: CheckpointLike = None, executor: Any = None) -> Run | Job:
    if executor is not None:
        if checkpoint is not None or not wait:
            raise SpecError("executor: expected neither checkpoint nor wait=False beside it", fields={"argument": "executor"})
        from ergodica._executor import spread

        return spread(plan, observed, executor, progress, _keep)
    title = f"{plan.request.spec['verb']} {plan.system!r}"
    return Job.go(lambda: Job(plan.request, observed, plan.run, progress, title, plan), _keep, wait)
