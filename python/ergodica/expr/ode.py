"""Ordinary differential equations as library code over loops: Dormand and Prince's adaptive pair with dense output."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.expr.calls import handles
from ergodica.expr.control.inner import direct
from ergodica.expr.control.loops import fori_loop, scan, while_loop
from ergodica.expr.control.rules import custom_derivative
from ergodica.expr.program import name_of
from ergodica.expr.tracer import Tracer
from ergodica.expr.values import active, lift

# J. R. Dormand and P. J. Prince, J. Comput. Appl. Math. 6, 19 (1980); dense output: E. Hairer, S. P. Norsett and G. Wanner, Solving Ordinary
# Differential Equations I, II.6.
_A = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_C = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_E = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_D = (-12715105075 / 11282082432, 0.0, 87487479700 / 32700410799, -10690763975 / 1880347072, 701980252875 / 199316789632,
      -1453857185 / 822651844, 69997945 / 29380423)  # fmt: skip
_SAFETY, _SMALLEST, _LARGEST = 0.9, 0.2, 10.0
_ALPHA, _BETA = 0.7 / 5, 0.4 / 5  # K. Gustafsson, ACM Trans. Math. Softw. 17, 533 (1991)

Flat = Callable[[Any, Any], Any]  # (y, s) -> dy/ds of vectors


def odeint(
    f: Callable[..., Any],
    y0: Any,
    ts: Any,
    *args: Any,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    method: str = "dopri5",
    gradient: str = "adjoint",
    steps: int | None = None,
    max_steps: int = 4096,
    status: bool = False,
) -> Any:
    r"""The solution of an initial value problem at given times.

    .. math:: \frac{dy}{dt} = f(y, t, \ldots), \qquad y(t_0) = y_0

    Adaptive steps of Dormand and Prince's pair of orders 5 and 4 with a PI controller: the error of a step, in the root mean square of its
    components over ``atol + rtol |y|``, stays below 1. Values at ``ts`` come from its dense output of order 4. The last step ends at ``ts[-1]``:
    ``f`` is never asked beyond it.

    Parameters
    ----------
    f : function of (y, t, *args), returning dy/dt in the structure, shapes and dtypes of y
    y0 : array or nested structure of floats
    ts : array (n,)
        Times, increasing or decreasing; the solution starts at ``ts[0]``.
    *args : arrays or nested structures
        Parameters of ``f``, in which derivatives are taken too.
    rtol, atol : float, default 1e-6, 1e-9
    method : {"dopri5"}
    gradient : {"adjoint", "discrete"}
        "adjoint" solves the adjoint equation backwards between the times, to the same tolerances, and keeps nothing but the values at ``ts``: reverse
        mode; forward mode, of first order, solves the equation of the tangents along with that of y. "discrete" differentiates the steps that were
        taken, with their sizes held fixed: both modes, all orders, memory by checkpoints. Both differ from the derivative of the exact solution by
        the solver's error, which the discrete one does not control by itself: the steps are chosen for the solution.
    steps : int, optional
        So many equal steps between two times in place of adaptive ones; differentiated as they are, whatever ``gradient``.
    max_steps : int, default 4096
        Attempts between two times.
    status : bool, default False
        Return ``(solution, status)`` too.

    Returns
    -------
    solution
        The structure of ``y0`` with a leading axis of length n. From the first time on that the solver does not reach it is NaN: where the step
        would fall below 1e-14 of the time passed (a singularity, a NaN of ``f``), or after ``max_steps`` attempts.
    status : dict, where asked for
        ``steps`` accepted and ``rejected``, int64 scalars; ``reached``, bool (n,).

    Raises
    ------
    ShapeError
        ``f`` returns another shape than y, or ``ts`` is no vector.
    SpecError
        Unknown ``method`` or ``gradient``; with "adjoint", ``f`` uses a traced value that is not among ``args``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> decay = lambda y, t, rate: -rate * y
    >>> y = erg.odeint(decay, 1.0, np.linspace(0.0, 1.0, 3), 2.0)
    >>> bool(np.allclose(y, np.exp([0.0, -1.0, -2.0]), rtol=1e-6))
    True
    >>> slope = erg.grad(lambda rate: erg.odeint(decay, 1.0, np.array([0.0, 1.0]), rate)[1])(2.0)
    >>> bool(np.isclose(slope, -np.exp(-2.0), rtol=1e-5))
    True
    """
    if method != "dopri5":
        raise SpecError(f'odeint: method must be "dopri5", got {method!r}')
    if gradient not in ("adjoint", "discrete"):
        raise SpecError(f"odeint: gradient must be adjoint or discrete, got {gradient!r}")
    steps = None if steps is None else operator.index(steps)
    if steps is not None and steps < 1:
        raise SpecError(f"odeint: steps must be positive, got {steps}")

    def body(y0: Any, ts: Any, args: Any) -> Any:
        tree, leaves, names = trees.flatten(y0)
        values = [lift(x) for x in leaves]
        if not values or any(v.dtype.kind != "f" for v in values):
            raise SpecError("odeint: expected floats as y0", "Use y0.astype(float); real and imaginary parts of complex states.")
        dtype = np.result_type(*[v.dtype for v in values])
        shapes = [v.shape for v in values]
        when = lift(ts)
        if when.ndim != 1 or not when.shape[0]:
            raise ShapeError(f"odeint: expected a vector of times, got shape {when.shape}")
        times = Tracer(when).astype(dtype)

        def split(y: Any) -> Any:
            return trees.build(tree, _cut(y, shapes, [v.dtype for v in values]))

        def field(y: Any, t: Any, args: Any) -> Any:
            out, parts, _ = trees.flatten(f(split(y), t, *args), trees.is_result)
            if trees.key(out) != trees.key(tree):
                raise SpecError(f"odeint: {name_of(f)} must return the structure of y0")
            for x, s, at in zip(parts, shapes, names, strict=True):
                if np.shape(x) != s:
                    raise ShapeError(f"odeint: {name_of(f)} returns shape {np.shape(x)} for y{at} of shape {s}")
            return _joined(parts, dtype)

        start = _joined(handles(values), dtype)
        if steps is not None:
            ys, info = _fixed(field, start, times, args, steps), {}
        elif gradient == "discrete":
            ys, info = _adaptive(field, start, times, args, rtol, atol, max_steps)
        else:
            ys, info = _adjoint(field, name_of(f), start, times, args, rtol, atol, max_steps)
        n = when.shape[0]
        result = trees.build(tree, _cut(ys, shapes, [v.dtype for v in values], (n,)))
        if not status:
            return result
        info.pop("h", None)
        if steps is not None:
            info = {"steps": np.int64(steps * (n - 1)), "rejected": np.int64(0), "reached": np.ones(n, bool)}
        return result, info

    return direct("odeint", f, body, y0, ts, args)


def _joined(parts: list[Any], dtype: Any) -> Any:
    flat = [Tracer(lift(p)).astype(dtype).reshape(-1) for p in parts]
    return flat[0] if len(flat) == 1 else np.concatenate(flat)


def _cut(y: Any, shapes: list[Any], dtypes: list[Any], lead: tuple[int, ...] = ()) -> list[Any]:
    out, at = [], 0
    for s, d in zip(shapes, dtypes, strict=True):
        n = int(np.prod(s, dtype=int))
        part = y if len(shapes) == 1 else y[..., at : at + n]
        out.append(part.reshape((*lead, *s)).astype(d))
        at += n
    return out


def _held(x: Any) -> Any:
    """The value as a constant to derivatives."""
    v = lift(x)
    return Tracer(active().emit("stop_gradient", (v,), None, v.dtype, v.shape))


def _combined(h: Any, weights: Any, ks: list[Any]) -> Any:
    total = None
    for w, k in zip(weights, ks, strict=True):
        if w:
            total = w * k if total is None else total + w * k
    return h * total


def _step(F: Flat, y: Any, k: Any, s: Any, h: Any) -> tuple[Any, list[Any]]:
    """One step of size h from (y, s) with slope k: the next y and all slopes, the last at its end."""
    ks = [k]
    z = y
    for a, c in zip(_A, _C, strict=True):
        z = y + _combined(h, a, ks)
        ks.append(F(z, s + c * h))
    return z, ks


def _within(t: Any, ts: Any) -> Any:
    """t, but not beyond the last of the times, where f may have no value; its derivatives are kept."""
    beyond = np.where(ts[-1] >= ts[0], t > ts[-1], t < ts[-1])
    return np.where(beyond, t + _held(ts[-1] - t), t)


def _fixed(field: Any, y0: Any, ts: Any, args: Any, steps: int) -> Any:
    F = lambda y, t: field(y, _within(t, ts), args)

    def interval(y: Any, ends: Any) -> Any:
        t, h = ends[0], (ends[1] - ends[0]) / steps

        def one(i: Any, c: Any) -> Any:
            z, ks = _step(F, c[0], c[1], t + h * i.astype(h.dtype), h)
            return z, ks[-1]

        y = fori_loop(0, steps, one, (y, F(y, t)))[0]
        return y, y

    return np.concatenate([y0[None], scan(interval, y0, np.stack([ts[:-1], ts[1:]], 1))[1]])


def _first_step(F: Flat, y: Any, k: Any, rtol: float, atol: float) -> Any:
    """Hairer, Norsett and Wanner, II.4."""
    scale = atol + rtol * abs(y)
    rms = lambda x: np.sqrt(np.sum((x / scale) ** 2) / max(y.shape[0], 1))
    d0, d1 = rms(y), rms(k)
    h = np.where((d0 < 1e-5) | (d1 < 1e-5), 1e-6, 0.01 * d0 / d1)
    d2 = rms(F(y + h * k, h) - k) / h
    top = np.maximum(d1, d2)
    return np.minimum(100 * h, np.where(top <= 1e-15, np.maximum(1e-6, 1e-3 * h), (0.01 / top) ** 0.2))


def _adaptive(field: Any, y0: Any, ts: Any, args: Any, rtol: float, atol: float, max_steps: int, first: Any = None, ruling: int | None = None) -> Any:
    """Values at ``ts`` and counts. Step sizes are constants to derivatives; ``first`` is a guess of the first. Only the errors of the first
    ``ruling`` components count: integrals on which nothing depends need not (P. Kidger, R. T. Q. Chen and T. Lyons, ICML 2021)."""
    dtype = y0.dtype
    way = np.sign(ts[-1] - ts[0])
    F = lambda y, s: way * field(y, _within(ts[0] + way * s, ts), args)
    end = _held(way * (ts[-1] - ts[0]))
    number = lambda x: np.asarray(x, dtype)[()]
    k0 = F(y0, number(0.0))
    h0 = _held(_first_step(F, y0, k0, rtol, atol) if first is None else first)
    tiny = max(1e-14, 8 * float(np.finfo(dtype).eps))

    def attempt(c: Any) -> Any:
        old, (s, whole, before), (tries, accepted, alive) = c["step"], c["size"], c["count"]
        y, k = old["y1"], old["k1"]
        ends = s + whole >= end
        h = np.where(ends, end - s, whole)
        z, ks = _step(F, y, k, s, h)
        scale = atol + rtol * np.maximum(abs(y), abs(z))[:ruling]
        error = _held(np.sqrt(np.sum((_combined(h, _E, [k[:ruling] for k in ks]) / scale) ** 2) / max(scale.shape[0], 1)))
        fine = error <= 1.0
        bounded = np.maximum(error, 1e-10)
        grow = np.where(error < np.inf, _SAFETY * bounded ** (-_ALPHA) * before**_BETA, _SMALLEST)
        factor = np.minimum(np.maximum(grow, _SMALLEST), np.where(fine, _LARGEST, 1.0))
        later = np.where(ends & fine, whole, h * factor).astype(dtype)
        new = {"y0": y, "k0": k, "y1": z, "k1": ks[-1], "q": _combined(h, _D, ks), "h": h}
        step = {name: np.where(fine, new[name], old[name]) for name in new}
        s = np.where(fine, np.where(ends, end, s + h), s)
        size = (s, _held(later), np.where(fine, bounded, before))
        return {"step": step, "size": size, "count": (tries + 1, accepted + fine, alive & (later > tiny * s))}

    def reach(c: Any, t: Any) -> Any:
        target = way * (t - ts[0])
        goal = _held(target)
        more = lambda c: (c["size"][0] < goal) & c["count"][2]
        tries = c["count"][0]
        c = while_loop(more, attempt, c, max_steps=max_steps)
        x, s = c["step"], c["size"][0]
        there = s >= goal
        c["count"] = (*c["count"][:2], there)
        h = x["h"]
        u = 1 - (s - target) / h
        d = x["y1"] - x["y0"]
        b = h * x["k0"] - d
        y = x["y0"] + u * (d + (1 - u) * (b + u * (d - h * x["k1"] - b + (1 - u) * x["q"])))
        y = np.where(there, y, np.nan)
        return c, (y, there, c["count"][0] - tries)

    step = {"y0": y0, "k0": k0, "y1": y0, "k1": k0, "q": 0 * y0, "h": number(1.0)}
    start = {"step": step, "size": (number(0.0), h0, number(1e-4)), "count": (np.int64(0), np.int64(0), np.bool_(True))}
    last, (ys, reached, _) = scan(reach, start, ts[1:])
    tries, accepted, _ = last["count"]
    info = {"steps": accepted, "rejected": tries - accepted, "reached": np.concatenate([np.ones(1, bool), reached]), "h": last["size"][1]}
    return np.concatenate([y0[None], ys]), info


def _adjoint(field: Any, name: str, y0: Any, ts: Any, args: Any, rtol: float, atol: float, max_steps: int) -> Any:
    """_adaptive with the adjoint equation as its derivative: a' = -a df/dy from one time to the one before, plus the cotangent there."""
    tree, leaves, _ = trees.flatten(args)
    moving = [k for k, x in enumerate(leaves) if lift(x).dtype.kind == "f"]
    floats = [leaves[k] for k in moving]
    integers = [x for k, x in enumerate(leaves) if k not in moving]

    def whole(floats: Any, integers: Any) -> Any:
        of, oi = iter(floats), iter(integers)
        return trees.build(tree, [next(of) if k in moving else next(oi) for k in range(len(leaves))])

    def solve(y0: Any, ts: Any, floats: Any, integers: Any) -> Any:
        return _adaptive(field, y0, ts, whole(floats, integers), rtol, atol, max_steps)

    def forward(y0: Any, ts: Any, floats: Any, integers: Any) -> Any:
        out = solve(y0, ts, floats, integers)
        return out, (out[0], ts, floats, integers)

    def backward(kept: Any, cotangent: Any) -> Any:
        from ergodica.expr.forward import vjp

        ys, ts, floats, integers = kept
        ct = cotangent[0]
        n = ys.shape[1]
        sizes = [int(np.prod(x.shape, dtype=int)) for x in floats]

        def augmented(z: Any, t: Any, args: Any) -> Any:
            y, a = z[:n], z[n : 2 * n]
            slope, pull = vjp(lambda y, *p: field(y, t, whole(p, args[1])), y, *args[0])
            return np.concatenate([slope, *[np.reshape(b, (-1,)).astype(y.dtype) for b in pull(-a)]])

        def interval(c: Any, x: Any) -> Any:
            a, p, h = c
            y, ends, u = x
            slope = u @ field(y, ends[0], whole(floats, integers))
            given = (tuple(floats), tuple(integers))
            z, info = _adaptive(augmented, np.concatenate([y, a + u, p]), ends, given, rtol, atol, max_steps, h, 2 * n)
            return (z[1, n : 2 * n], z[1, 2 * n :], info["h"]), slope

        zero = (ct[0] * 0, np.zeros(sum(sizes), ys.dtype), abs(ts[-1] - ts[-2]))
        ends = np.stack([ts[1:], ts[:-1]], 1)
        (a, p, _), slopes = scan(interval, zero, (ys[1:], ends, ct[1:]), reverse=True)
        begin = -(a @ field(ys[0], ts[0], whole(floats, integers)))
        shapes = [x.shape for x in floats]
        cts = _cut(p, shapes, [x.dtype for x in floats]) if floats else []
        return a + ct[0], np.concatenate([begin[None], slopes]), cts, [0] * len(integers)

    def tangent(primals: Any, tangents: Any) -> Any:
        """s' = df/dy s + df/dp dp beside y' = f; a time that moves takes y with it, the first one in the other direction."""
        from ergodica.expr.forward import jvp

        y0, ts, floats, integers = primals
        v, dt, dp, _ = tangents
        n = y0.shape[0]

        def both(z: Any, t: Any, args: Any) -> Any:
            floats, integers, dp = args
            return np.concatenate(jvp(lambda y, *p: field(y, t, whole(p, integers)), (z[:n], *floats), (z[n:], *dp)))

        speed = lambda y, t: field(y, t, whole(floats, integers))
        start = np.concatenate([y0, v - dt[0] * speed(y0, ts[0])])
        z, info = _adaptive(both, start, ts, (tuple(floats), tuple(integers), tuple(dp)), rtol, atol, max_steps)
        _, speeds = scan(lambda c, x: (c, speed(*x)), 0.0, (z[:, :n], ts))
        return (z[:, :n], info), (z[:, n:] + dt[:, None] * speeds, {name: 0.0 * info["h"] for name in info})

    if ts.shape[0] == 1:
        return y0[None], {"steps": np.int64(0), "rejected": np.int64(0), "reached": np.ones(1, bool)}
    solve.__name__ = name
    ys, info = custom_derivative(solve, jvp=tangent, vjp=(forward, backward))(y0, ts, floats, integers)
    return ys, info
