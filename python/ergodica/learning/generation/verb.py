"""Draws and likelihoods of trained models."""

from __future__ import annotations

import math
import types
import warnings
from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica._config import config, human
from ergodica.errors import MemoryLimitError, ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.intercept import called
from ergodica.learning.fields import Field, Given, PathField
from ergodica.learning.fit import Fit
from ergodica.learning.generation.jumps import Jumps
from ergodica.learning.generation.samplers import ODE, Sampler, filled
from ergodica.learning.objectives.matching import FlowMatching
from ergodica.nn.derivatives import estimated, probes
from ergodica.nn.flows.base import keyed


def generate(
    model: Any, n: int | None = None, method: Sampler | Jumps | None = None, *, process: Any = None, shape: Any = None, start: Any = None,
    condition: Any = None, log_density: bool = False, log_weights: bool = False, divergence: str = "exact", probes: int = 1, seed: int | None = None,
) -> Any:  # fmt: skip
    r"""Draw from a trained model, in one compiled program.

    Parameters
    ----------
    model : Fit, function of (x, t), flow, or what the objective trains
        A fit knows its objective and the shape of a point.
    n : int, optional
        Draws; the number of rows of ``start`` where it is not given.
    method : ODE, SDE, PredictorCorrector or Ancestral, default ODE()
        Of models that move points; flows have their own way, discrete ones TauLeaping and Reveal.
    process : objective, default that of the fit, or FlowMatching()
        What the model is: it has the path, and what is predicted.
    shape : tuple of int
        Of one point, where neither a fit nor ``start`` tells.
    start : array (n, ...), optional
        Points at the beginning, instead of draws from the source; fits of pairs (x0, x1) need it.
    condition : array (n, ...) or one for all, optional
        Third argument of the model.
    log_density : bool, default False
        Return (x, log q) with the density of x along the ODE,

        .. math:: \log q(x) = \log q_0(x_0) - \int \nabla \cdot v(x_t, t)\, dt.
        Of PFGM it is that of the data with noise of width ``sigma_min``; of an unbalanced action that of mass.
    log_weights : bool, default False
        Return (x, log w), of an unbalanced action: weights that grew on the way from 1, which such draws need.
    divergence : {"exact", "hutchinson"}
        Exact, by n directional derivatives; or by ``probes`` random signs, unbiased for log q.
    probes : int, default 1
    seed : int, optional
        Fixes every bit. With steps that are not adapted to the batch, the first rows of a larger n are those of a smaller one.

    Returns
    -------
    x : (n, ...), or (x, log q), or (x, log w)

    Raises
    ------
    SpecError, ShapeError
        The method does not fit the model; n or the shape is not known.
    MemoryLimitError
        Draws with what is computed on the way do not fit; nothing was allocated. Parts with seeds of their own do.

    Warns
    -----
    RuntimeWarning
        Some draws are NaN or infinite.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = lambda x, t: np.full(x.shape, 3.0)  # moves N(0, 1) to N(3, 1)
    >>> x, log_q = erg.generate(v, 1000, erg.ODE(10), shape=(2,), log_density=True, seed=1)
    >>> bool(np.allclose(log_q, -0.5 * np.sum((x - 3.0) ** 2, axis=1) - np.log(2 * np.pi)))
    True
    """
    from ergodica.expr.compiled import compile

    starts = _starts(model, process)
    of_one = model.info.get("condition") if isinstance(model, Fit) else None
    if starts and start is None:
        raise SpecError("generate: this fit begins at points x0 that were given with the data", "Try start=x0.", {"argument": "start"})
    if starts and log_density:
        raise SpecError("generate: the density of x0, which was given with the data, is unknown", fields={"argument": "log_density"})
    model, process, known = _unpacked(model, process)
    key = random.key(seed)
    if log_weights and (process is None or hasattr(process, "generate")):
        raise SpecError("generate: draws of this model have no weights", "Leave log_weights out.", {"argument": "log_weights"})
    if _is_flow(model) and process is None:
        return _from_flow(model, n, method, start, condition, log_density, key)
    if hasattr(process, "generate"):
        if condition is not None:
            raise SpecError(f"generate: models of {type(process).__name__} take no condition", fields={"argument": "condition"})
        event = known if shape is None else _shape(shape, known)
        _afforded(integer(n, "n", 1), event or (), np.dtype(np.int64))
        return process.generate(model, n, method, event, start, log_density, key)
    sampler = ODE() if method is None else method
    if not isinstance(sampler, Sampler):
        raise SpecError(f"generate: expected a way to draw, got {method!r}", "Try erg.ODE(), erg.SDE(200).", {"argument": "method"})
    if log_weights and log_density:
        raise SpecError("generate: expected log_density or log_weights, got both", fields={"argument": "log_weights"})
    if log_density and not isinstance(sampler, ODE):
        raise SpecError(f"generate: densities are those of the ODE, got {method!r}", "Try method=erg.ODE().", {"argument": "log_density"})
    begin = None if start is None else _rows(start, "start", model)
    count = _count(n, begin)
    event = begin.shape[1:] if begin is not None else _shape(shape, known)
    _fits(event, known, "shape" if begin is None else "start")
    dtype = _dtype(model)
    _afforded(count, event, dtype)
    c = _condition(condition, count, dtype, of_one)
    _of_divergence(divergence)
    integer(probes, "probes", 1)

    def run(model: Any, begin: Any, c: Any, key: Any) -> Any:
        field = _field(process, model, c)
        if isinstance(field, PathField):
            field.free = field.free and not starts
        field = field.smooth() if log_density else field
        if field.grows and not log_weights and not log_density:
            raise SpecError("generate: the points of an unbalanced action have weights", "Try log_weights=True.", {"argument": "log_weights"})
        one, two, three = random.split(key, 3)
        x = field.source(one, count, event, dtype) if begin is None else begin
        if log_weights:
            return sampler.weighed(field, x, two)
        if not log_density:
            return sampler.run(field, x, two)
        total = field.source_log_density(x)
        assert isinstance(sampler, ODE)
        x, change = _with_change(sampler, field, x, divergence, probes, three, False)
        return x, total - change

    return _told(compile(run)(model, begin, c, key), "generate")


def _told(found: Any, who: str) -> Any:
    """What was found, with a warning of rows that are not finite."""
    arrays = found if isinstance(found, tuple) else (found,)
    lost = np.logical_or.reduce([~np.isfinite(a.reshape(len(a), math.prod(a.shape[1:]))).all(axis=1) for a in arrays])
    if lost.any():
        warnings.warn(f"{who}: {np.count_nonzero(lost)} of {len(lost)} rows are not finite: the model or its motion blows up on their way; more, "
                      "smaller steps or another start may help", RuntimeWarning, stacklevel=3)  # fmt: skip
    return found


def log_likelihood(
    model: Any, x: Any, method: ODE | None = None, *, process: Any = None, condition: Any = None, divergence: str = "exact", probes: int = 1,
    seed: int | None = None,
) -> np.ndarray:  # fmt: skip
    r"""log q(x) of a trained model, by its ODE back to the source.

    .. math:: \log q(x) = \log q_0(x_0) - \int \nabla \cdot v(x_t, t)\, dt

    q_0 is the law that draws begin with, that of the noise alone. Where a path still has something of the data at its beginning (alpha_0 above 0:
    variance preserving, 0.0066, and exploding ones) log q is that of such draws, and differs from that of the data by the order of
    alpha_0 x_1 x_0 / sigma_0: 0.01 in the tails of data of variance 1.

    Parameters
    ----------
    model, process, condition, divergence, probes, seed
        As for :func:`generate`; a flow has its own density.
    x : (n, ...)
    method : ODE, default ODE()

    Returns
    -------
    array (n,)
        With Hutchinson's divergence an unbiased estimate of each; its exponential is not unbiased. Of a StochasticFlow that of a path back, whose
        mean is at most log q.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = lambda x, t: np.full(x.shape, 3.0)  # moves N(0, 1) to N(3, 1)
    >>> print(erg.log_likelihood(v, np.array([[3.0], [4.0]])).round(6).tolist())
    [-0.918939, -1.418939]
    """
    from ergodica.expr.compiled import compile

    of_one = model.info.get("condition") if isinstance(model, Fit) else None
    if _starts(model, process):
        raise SpecError("log_likelihood: the density of x0, which was given with the data, is unknown", "For standard normal x0: "
                        "erg.log_likelihood(fit.model, x, process=fit.objective).", {"argument": "model"})  # fmt: skip
    model, process, known = _unpacked(model, process)
    solver = ODE() if method is None else method
    if not isinstance(solver, ODE):
        raise SpecError(f"log_likelihood: expected erg.ODE(...), got {method!r}", fields={"argument": "method"})
    rows = _rows(x, "x", model)
    _fits(rows.shape[1:], known, "x")
    c = _condition(condition, len(rows), rows.dtype, of_one)
    if _is_flow(model) and process is None:
        return compile(lambda m, x, c, key: m.log_density(x, *() if c is None else (c,), **keyed(m, key)))(model, rows, c, random.key(seed))
    if process is not None and not hasattr(process, "field"):
        raise SpecError(f"log_likelihood: {type(process).__name__} trains no motion of points", fields={"argument": "model"})
    _of_divergence(divergence)
    integer(probes, "probes", 1)

    def run(model: Any, x: Any, c: Any, key: Any) -> Any:
        field = _field(process, model, c).smooth()
        z, change = _with_change(solver, field, x, divergence, probes, key, True)
        return field.source_log_density(z) + change

    return _told(compile(run)(model, rows, c, random.key(seed)), "log_likelihood")


def _with_change(ode: ODE, field: Field, x: Any, divergence: str, count: int, key: Any, back: bool) -> tuple[Any, Any]:
    """Points at the other end, and the integral of the divergence in the direction in which they went."""
    signs = probes(key, count, x) if divergence == "hutchinson" else None

    def rates(y: list[Any], t: Any) -> list[Any]:
        at = filled(t, y[0])
        v, spread = estimated(lambda x: field.velocity(x, at), y[0], signs) if signs is not None else field.with_divergence(y[0], at)
        return [v, spread - field.growth(y[0], at) if field.grows else spread]

    moved, change = ode.solve(rates, [x, np.zeros(np.shape(x)[0], x.dtype)], field, back)
    return moved, change


def _starts(model: Any, process: Any) -> bool:
    """Whether a fit learnt to begin at given points."""
    return isinstance(model, Fit) and process is None and bool(model.info.get("starts"))


def _unpacked(model: Any, process: Any) -> tuple[Any, Any, Any]:
    """(model, objective or None, shape of a point or None)."""
    known = None
    if isinstance(model, Fit):
        if isinstance(model.model, list):
            raise SpecError("generate: this fit has several members", "Try one of them: erg.generate(fit.model[0], ..., process=objective).",
                            {"argument": "model"})  # fmt: skip
        own = model.objective if any(hasattr(model.objective, name) for name in ("field", "generate")) else None
        process, known, model = own if process is None else process, model.event, model.model
    if process is None and not _is_flow(model):
        process = FlowMatching()
    if process is not None and not hasattr(process, "field") and not hasattr(process, "generate"):
        raise SpecError(f"process: {process!r} trains nothing to draw from", "Try erg.FlowMatching(), erg.Denoising().", {"argument": "process"})
    return model, process, known


def _field(process: Any, model: Any, c: Any) -> Field:
    model = {k: _traced(f) for k, f in model.items()} if isinstance(model, dict) else _traced(model)
    if c is None:
        return process.field(model)
    each = {k: Given(f, c) for k, f in model.items()} if isinstance(model, dict) else {"": Given(model, c)}
    field = process.field(each if isinstance(model, dict) else each[""])
    field.given = list(each.values())
    return field


def _traced(model: Any) -> Any:
    """A function as traced functions are called; models are as they are."""
    return (lambda *given: called(model, *given)) if isinstance(model, (types.FunctionType, types.MethodType)) else model


def _is_flow(model: Any) -> bool:
    return hasattr(model, "sample_with_log_density") and hasattr(model, "log_density")


def _from_flow(flow: Any, n: Any, method: Any, start: Any, condition: Any, log_density: bool, key: Any) -> Any:
    from ergodica.expr.compiled import compile

    if method is not None or start is not None:
        raise SpecError("generate: a flow draws by its own maps", "Leave method and start out.", {"argument": "method"})
    count = integer(n, "n", 1)
    _afforded(count, getattr(flow, "shape", ()), _dtype(flow))
    extra = () if condition is None else (np.asarray(condition),)
    name = "sample_with_log_density" if log_density else "sample"
    return compile(lambda flow, key, *c: getattr(flow, name)(key, count, *c))(flow, key, *extra)


def _afforded(n: int, event: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse more draws than fit beside the points that become them; what is computed on the way the program asks for itself."""
    wanted = 2 * n * (math.prod(event) + 1) * dtype.itemsize
    if wanted > config.memory:
        raise MemoryLimitError(f"generate: {n} draws of shape {tuple(event)} need at least {human(wanted)}, the limit is {human(config.memory)}",
                               "Draw them in parts with seeds of their own, or raise erg.config.memory.",
                               {"argument": "n", "bytes": wanted, "limit": config.memory})  # fmt: skip


def _rows(x: Any, name: str, model: Any) -> np.ndarray:
    a = np.ascontiguousarray(x, dtype=_dtype(model))
    if a.ndim < 1 or not len(a) or not np.isfinite(a).all():
        raise ShapeError(f"{name}: expected finite points (n, ...), got shape {a.shape}", fields={"argument": name})
    return a


def _fits(event: tuple[int, ...], known: Any, name: str) -> None:
    """Refuse points of another shape than those of the training."""
    if known is not None and event != tuple(known):
        raise ShapeError(f"{name}: expected points of shape {tuple(known)}, those of the training; got {event}", fields={"argument": name})


def _count(n: Any, begin: np.ndarray | None) -> int:
    if n is None and begin is None:
        raise SpecError("n: expected a number of draws, or start", fields={"argument": "n"})
    if begin is None:
        return integer(n, "n", 1)
    if n is not None and integer(n, "n", 1) != len(begin):
        raise ShapeError(f"n: expected the {len(begin)} rows of start, got {n}", fields={"argument": "n"})
    return len(begin)


def _shape(shape: Any, known: Any) -> tuple[int, ...]:
    if shape is None and known is None:
        raise SpecError("shape: expected the shape of a point", "Try shape=(2,).", {"argument": "shape"})
    given = known if shape is None else (shape,) if isinstance(shape, (int, np.integer)) else shape
    return tuple(integer(k, "shape", 0) for k in given)


def _dtype(model: Any) -> np.dtype:
    own = [np.dtype(x.dtype) for x in trees.flatten(model)[1] if hasattr(x, "dtype") and x.dtype.kind == "f"]
    return np.dtype(np.float32) if own and all(d == np.float32 for d in own) else np.dtype(np.float64)


def _condition(c: Any, n: int, dtype: np.dtype, of_one: Any) -> np.ndarray | None:
    """One for each of n rows, of the shape of those that a fit has seen, where that is known."""
    if of_one is not None and (c is None or np.shape(c) not in (tuple(of_one), (n, *of_one))):
        raise ShapeError(f"condition: expected the shape {tuple(of_one)} of those in the training, or {(n, *of_one)}; got "
                         f"{None if c is None else np.shape(c)}", fields={"argument": "condition"})  # fmt: skip
    if c is None:
        return None
    a = np.asarray(c)
    a = a.astype(dtype, copy=False) if a.dtype.kind == "f" else a
    each = np.shape(a) == (n, *of_one) if of_one is not None else a.ndim and len(a) == n
    return np.ascontiguousarray(a if each else np.broadcast_to(a, (n, *a.shape)))


def _of_divergence(divergence: str) -> None:
    if divergence not in ("exact", "hutchinson"):
        raise SpecError(f"divergence: expected 'exact' or 'hutchinson', got {divergence!r}", fields={"argument": "divergence"})
