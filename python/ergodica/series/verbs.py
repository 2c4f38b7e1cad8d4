"""The verbs of time series: filter and smooth."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import verbs
from ergodica._base import Method, integer
from ergodica._encode import Request
from ergodica._observe import Observed as Names
from ergodica._progress import ProgressLike
from ergodica._specs import PPG, BootstrapFilter, FFBSi, GridFilter, KalmanFilter, KalmanSmoother, PaRIS
from ergodica.errors import SpecError
from ergodica.job import Job
from ergodica.run import Run
from ergodica.series.linear import LinearGaussian
from ergodica.series.model import StateSpace, observations
from ergodica.series.programs import Observed, Programs, averaged, summed
from ergodica.series.runs import SeriesPlan, parts_of
from ergodica.verbs import CheckpointLike


def filter(model: Any, y: Any, method: Method | None = None, *, theta: Any = None, observe: Any = None, particles: bool = False, chains: int = 4,
           seed: int | None = None, progress: ProgressLike = None, wait: bool = True, checkpoint: CheckpointLike = None,
           threads: int | None = None) -> Any:  # fmt: skip
    """Follow a hidden path with its observations: p(x_t | y_0, ..., y_t) at each time, and the evidence p(y_0, ..., y_{T-1}).

    Parameters
    ----------
    model : StateSpace or LinearGaussian
    y : array (T, ...)
        Observations. A time at which all is NaN is missing; where some of y_t is NaN, ``log_observation`` gets it as it is.
    method : Method, default BootstrapFilter()
        ``BootstrapFilter``, ``GuidedFilter``, ``AuxiliaryFilter``, ``HamiltonianFilter``; ``GridFilter`` for states of one number;
        ``KalmanFilter`` for a LinearGaussian model, its default.
    theta : number, array or structure of them, optional
        Parameters for functions that take them.
    observe : function of x, or sequence or dict of them, optional
        What is averaged beside x: ``{"x2": lambda x: x**2}``.
    particles : bool, default False
        Keep the last time's particles and their log weights (of mean weight 1).
    chains : int, default 4
        Independent filters, which give the error bars.
    seed, progress, wait, checkpoint, threads
        As for :func:`sample`.

    Returns
    -------
    Filtered or Job
        ``mean`` and ``variance`` (chain, time, ...) of x given the observations up to then, of each function its mean, ``ess`` (chain, time), the
        effective number of particles, ``log_likelihood`` (chain, time), log p(y_0, ..., y_t); ``run.log_evidence`` over all chains with its error.

    Raises
    ------
    SpecError, ShapeError
        A function of the model is missing or returns the wrong thing.
    NonFiniteError
        A weight is NaN or infinite, or all are zero; the message says when, and where the particle was.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> walk = erg.StateSpace(
    ...     initial=lambda key: erg.random.normal(key),
    ...     transition=lambda key, x: x + 0.5 * erg.random.normal(key),
    ...     log_observation=lambda y, x: -0.5 * (y - x) ** 2 - 0.5 * np.log(2 * np.pi),
    ... )
    >>> run = erg.filter(walk, np.zeros(20), erg.BootstrapFilter(particles=2000), observe={"x2": lambda x: x**2}, seed=1)
    >>> run["mean"].shape, bool(np.all(np.abs(run["x2"][:, -1] - 0.39) < 0.05))
    ((4, 20), True)
    """
    y = observations(y)
    if isinstance(model, LinearGaussian):
        return solved(model.observed(y), method or KalmanFilter(), ("KalmanFilter",), len(model.initial_mean), progress, wait, threads)
    method = method or BootstrapFilter()
    check(model, method, "filter")
    if isinstance(method, GridFilter):
        return gridded(model, y, method, theta, progress, wait, threads)
    programs = Programs(model, y, theta)
    functions = programs.steps(method)
    more, extra = averaged(programs, observe)
    names = ["mean", "variance", "ess", "log_likelihood", *(["particles", "log_weights"] if particles else [])]
    parts = {
        "mean": parts_of(programs.state, "mean", extra), "variance": parts_of(programs.state, "variance", [(f"variance.{n}", s) for n, s in extra]),
        "particles": parts_of(programs.state, "particles"),
    }  # fmt: skip
    return launch(Observed(programs, functions | more), method, len(y), names, parts, chains, seed, progress, wait, checkpoint, threads)


def smooth(model: Any, y: Any, method: Method | None = None, *, statistic: Any = None, theta: Any = None, chains: int = 4,
           seed: int | None = None, progress: ProgressLike = None, wait: bool = True, checkpoint: CheckpointLike = None,
           threads: int | None = None) -> Any:  # fmt: skip
    """Follow a hidden path with all observations at hand: p(x_0, ..., x_{T-1} | y_0, ..., y_{T-1}).

    Parameters
    ----------
    model : StateSpace or LinearGaussian
        With ``log_transition``.
    y : array (T, ...)
        As for :func:`filter`.
    method : Method, default FFBSi()
        ``FFBSi`` draws paths, ``PaRIS`` and ``PPG`` give expectations of statistics alone; ``KalmanSmoother`` for a LinearGaussian model.
    statistic : function, or sequence or dict of them, optional
        Terms of sums over the path: of one argument, h(x), summed over all times, or of two, h(x, previous), summed over all steps; also of ``t``,
        the time of x, and ``theta``.
    theta, chains, seed, progress, wait, checkpoint, threads
        As for :func:`filter`.

    Returns
    -------
    Filtered or Job
        Of FFBSi ``paths`` (chain, path, time, ...). Of every statistic its smoothed expectation (chain, ...), under its name; of PPG that of each
        iteration, "name, iterations". Of a LinearGaussian model ``mean``, ``variance``, ``covariance`` and ``lag_covariance``.

    Raises
    ------
    SpecError, ShapeError, NonFiniteError
        As for :func:`filter`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> walk = erg.LinearGaussian(0.9, 0.36, 1.0, 0.09, 0.0, 1.0)
    >>> y = np.sin(np.arange(30.0))[:, None]
    >>> exact = erg.smooth(walk, y)
    >>> run = erg.smooth(walk.particles(), y, erg.PaRIS(particles=200), statistic={"sum": lambda x: x[0]}, seed=1)
    >>> bool(np.all(np.abs(run["sum"] - exact["mean"].sum()) < 1.0))
    True
    """
    y = observations(y)
    if isinstance(model, LinearGaussian):
        return solved(model.observed(y), method or KalmanSmoother(), ("KalmanSmoother",), len(model.initial_mean), progress, wait, threads)
    method = method or FFBSi()
    check(model, method, "smooth")
    if not isinstance(method, (FFBSi, PaRIS, PPG)):
        raise SpecError(f"{method!r} does not smooth", "Try erg.FFBSi(), erg.PaRIS() or erg.PPG().", {"argument": "method"})
    programs = Programs(model, y, theta)
    programs.need(method, "log_transition")
    functions: dict[str, Any] = programs.steps(method) | {"pair": programs.pair, "first_weigh": programs.first_weigh, "weigh": programs.weigh}
    parts: dict[str, Any] = {"paths": parts_of(programs.state, "paths")}
    names = ["paths"] if isinstance(method, FFBSi) else []
    if statistic is not None:
        more, terms = summed(programs, statistic)
        functions |= more
        at = 0
        parts |= {"statistic": [], "statistics": []}
        for name, shape in terms:
            size = int(np.prod(shape, dtype=np.int64))
            parts["statistic"].append((at, size, name, shape))
            parts["statistics"].append((at, size, f"{name}, iterations", shape))
            at += size
        names += ["statistic"] + (["statistics"] if isinstance(method, PPG) else [])
    elif not names:
        raise SpecError(
            f"smooth: {type(method).__name__} needs a statistic", "Try statistic=lambda x, previous: x * previous.", {"argument": "statistic"}
        )
    return launch(Observed(programs, functions), method, len(y), names, parts, chains, seed, progress, wait, checkpoint, threads)


def check(model: Any, method: Any, verb: str) -> None:
    """Refuse what is no model or no method."""
    if not isinstance(model, StateSpace):
        raise SpecError(
            f"{verb}: expected a state-space model, got {model!r}", "Try erg.StateSpace(initial, transition, log_observation).", {"argument": "model"}
        )
    if isinstance(method, type) and issubclass(method, Method):
        raise SpecError(f"{verb}: expected a method, got the class {method.__name__}", f"Try erg.{method.__name__}().", {"argument": "method"})
    if not isinstance(method, Method):
        raise SpecError(f"{verb}: expected a method, got {method!r}", "Try erg.BootstrapFilter().", {"argument": "method"})


def gridded(model: StateSpace, y: np.ndarray, method: GridFilter, theta: Any, progress: ProgressLike, wait: bool, threads: Any) -> Run | Job:
    """Filter and smooth on a grid."""
    programs = Programs(model, y, theta)
    programs.need(method, "log_initial", "log_transition")
    blind = bool(np.isnan(y[0]).all())

    def first_weigh(x: Any, y: Any, theta: Any) -> Any:
        return programs.began(x, theta) + (0.0 if blind else programs.first_weigh(x, y, theta))

    functions = programs.steps(BootstrapFilter()) | {"first_weigh": first_weigh, "weigh": programs.weigh, "pair": programs.pair}
    return solved(Observed(programs, functions), method, ("GridFilter",), 1, progress, wait, threads)


def solved(system: Any, method: Method, fitting: tuple[str, ...], d: int, progress: ProgressLike, wait: bool, threads: Any) -> Run | Job:
    """What an exact method finds."""
    if type(method).__name__ not in fitting:
        raise SpecError(
            f"{method!r} is no method for {system!r}", f"Try erg.{fitting[0]}(), or model.particles() for particle methods.", {"argument": "method"}
        )
    request = Request({"verb": "solve"})
    request.spec |= {"system": request.encode(system, "system"), "method": request.encode(method, "method"), "kT": [1.0], "observe": [],
                     **verbs._common(False, threads)}  # fmt: skip
    shape = () if d == 1 else (d,)
    names = ("mean", "variance", "smoothed_mean", "smoothed_variance")
    plan = SeriesPlan(system, method, request, [1.0], False, parts={n: [(0, d, n, shape)] for n in names})
    return verbs._go(plan, Names([], {}), progress, wait)


def launch(system: Observed, method: Method, records: int, names: list[str], parts: dict[str, Any], chains: Any, seed: Any, progress: ProgressLike,
           wait: bool, checkpoint: CheckpointLike, threads: Any) -> Run | Job:  # fmt: skip
    """The request of a method that works time by time, and its job."""
    request = Request({"verb": "sample"})
    request.spec |= {
        "system": request.encode(system, "system"), "method": request.encode(method, "method"), "seed": verbs._seed(seed, "random", checkpoint),
        "kT": [1.0], "chains": integer(chains, "chains", 1), "first_chain": 0, "sweeps": records, "warmup": 0, "every": 1, "observe": names,
        **verbs._common(False, threads),
    }  # fmt: skip
    if not wait:
        request.arrays = [np.array(a) for a in request.arrays]
    if checkpoint is not None:
        request.spec["checkpoint"] = verbs._checkpoint(checkpoint)
    plan = SeriesPlan(system, method, request, [1.0], False, parts=parts)
    return verbs._go(plan, Names([], {}), progress, wait, checkpoint)
