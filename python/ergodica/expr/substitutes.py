"""What stands in for functions that NumPy's protocols do not show: those that make arrays, draw numbers, or are plain Python in SciPy."""

from __future__ import annotations

import functools
import random
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.special

from ergodica.expr import fourier, reductions, special
from ergodica.expr import shapes as s
from ergodica.expr.linalg import scipys
from ergodica.expr.refuse import refuse
from ergodica.expr.tracer import Tracer, wrap

Replacements = dict[str, Callable[..., Any]]


def _fresh(original: Any) -> Callable[..., Any]:
    """A function that makes an array: the trace gets a handle on it, into which traced values may be written."""

    @functools.wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        out = original(*args, **kwargs)
        if type(out) is np.ndarray and out.dtype.kind in "biufc":
            return Tracer(None, out if out.base is None else out.copy())
        return out

    return make


def _from_lists(original: Any, copies: bool) -> Callable[..., Any]:
    """array, asarray, ...: of lists that hold traced values, a stack of them."""

    @functools.wraps(original)
    def make(a: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if isinstance(a, Tracer):
            out = a.astype(dtype) if dtype is not None and np.dtype(dtype) != a.dtype else a.copy() if copies else a
            return out
        if isinstance(a, (list, tuple)) and s.traced_inside(a):
            out = wrap(s.nested(a))
            return out.astype(dtype) if dtype is not None else out
        out = original(a, dtype, *args, **kwargs)
        if copies and type(out) is np.ndarray and out.dtype.kind in "biufc":
            return Tracer(None, out)
        return out

    return make


def _like(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:
        out = original(*args, **kwargs)
        return Tracer(None, out) if type(out) is np.ndarray and out.dtype.kind in "biufc" else out

    return make


def _when_traced(original: Any, f: Callable[..., Any]) -> Callable[..., Any]:
    """A Python function of SciPy, replaced where an argument is traced."""

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if s.traced_inside(args) or s.traced_inside(list(kwargs.values())):
            return wrap(f(*args, **kwargs))
        return original(*args, **kwargs)

    return call


def draws(name: str) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        raise refuse(
            f"{name} in a traced function: the program would keep this one draw for ever",
            "Draw by key, as in erg.random.normal(key, shape), or outside, and pass the noise as an argument.",
        )

    return draw


def _seeded(original: Any, name: str) -> Callable[..., Any]:
    """A generator with a seed gives the same numbers at each call; one without does not."""

    def make(seed: Any = None, *args: Any, **kwargs: Any) -> Any:
        if seed is None:
            return draws(name)()
        return original(seed, *args, **kwargs)

    return make


def replacements() -> dict[types.ModuleType, Replacements]:
    numpy: Replacements = {n: _fresh(getattr(np, n)) for n in ("zeros", "ones", "empty", "full", "eye", "identity", "tri")}
    numpy |= {n: _like(getattr(np, n)) for n in ("zeros_like", "ones_like", "empty_like", "full_like")}
    numpy["full"] = _full(np.full)
    numpy |= {"array": _from_lists(np.array, True), "copy": _from_lists(np.copy, True)}
    numpy |= {n: _from_lists(getattr(np, n), False) for n in ("asarray", "asanyarray", "ascontiguousarray", "asfortranarray")}
    numpy["isscalar"] = lambda element: element.shape == () if hasattr(element, "_value") else np.isscalar(element)
    names = [n for n in dir(np.random) if not n.startswith("_") and callable(getattr(np.random, n)) and n not in _CLASSES]
    rand: Replacements = {n: draws(f"np.random.{n}") for n in names if n != "default_rng"}
    rand |= {n: _seeded(getattr(np.random, n), f"np.random.{n}()") for n in ("default_rng", "RandomState")}
    python = {n: draws(f"random.{n}") for n in random.__all__ if isinstance(getattr(random, n), (types.MethodType, types.BuiltinMethodType))}
    sp = scipy.special
    functions: Replacements = {
        "logsumexp": _when_traced(sp.logsumexp, reductions.logsumexp), "softmax": _when_traced(sp.softmax, reductions.softmax),
        "log_softmax": _when_traced(sp.log_softmax, reductions.log_softmax), "polygamma": _when_traced(sp.polygamma, special.polygamma),
    }  # fmt: skip
    functions["lambertw"] = _when_traced(sp.lambertw, special.lambertw)
    functions["zeta"] = _when_traced(sp.zeta, special.zeta)
    functions["multigammaln"] = _when_traced(sp.multigammaln, special.multigammaln)
    la = scipy.linalg
    algebra: Replacements = {n: _when_traced(getattr(la, n), f) for n, f in scipys.FUNCTIONS.items()}
    transforms = {n: _when_traced(getattr(scipy.fft, n), f) for n, f in fourier.scipy_functions().items()}
    return {np: numpy, np.random: rand, random: python, scipy.special: functions, scipy.linalg: algebra, scipy.fft: transforms}


_CLASSES = ("RandomState", "Generator", "BitGenerator", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64", "test")


def _full(original: Any) -> Callable[..., Any]:
    fresh = _fresh(original)

    @functools.wraps(original)
    def full(shape: Any, fill_value: Any, dtype: Any = None, *args: Any, **kwargs: Any) -> Any:
        if not s.traced_inside([fill_value]):
            return fresh(shape, fill_value, dtype, *args, **kwargs)
        v = s.nested([fill_value]) if isinstance(fill_value, (list, tuple)) else s.lift(fill_value)
        return wrap(s.broadcast(s.convert(v, np.dtype(dtype) if dtype is not None else v.dtype), s.shape_of(shape)))

    return full
