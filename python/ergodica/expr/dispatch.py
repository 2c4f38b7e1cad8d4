"""What NumPy's protocols hand over: ufuncs in all their forms, and array functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.expr import elementwise as e
from ergodica.expr import methods, products, reductions, special
from ergodica.expr import shapes as s
from ergodica.expr.refuse import refuse
from ergodica.expr.tracer import FUNCTIONS, VIEWS, Tracer, opaque, wrap
from ergodica.expr.values import BOOL, Value, lift


def concrete(x: Any) -> Any:
    """``x`` with concrete arrays in place of handles, or None where one is traced."""
    ok = True

    def walk(y: Any) -> Any:
        nonlocal ok
        if isinstance(y, Tracer):
            v = y._operand()
            ok = ok and not isinstance(v, Value)
            return v
        if isinstance(y, Value):
            ok = False
        if type(y) in (list, tuple):
            return type(y)([walk(z) for z in y])
        if type(y) is dict:
            return {k: walk(z) for k, z in y.items()}
        return y

    out = walk(x)
    return out if ok else None


def settle(out: Any, result: Any) -> Any:
    """``out=``: write the result there and give it back."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return result
    if not isinstance(target, Tracer):
        raise refuse(f"a traced result written by out= into a concrete array of shape {np.shape(target)}", "Leave out= away and use the result.")
    target[...] = result
    return target


def ufunc(u: np.ufunc, method: str, inputs: tuple[Any, ...], out: Any, kwargs: dict[str, Any]) -> Any:
    """``Tracer.__array_ufunc__``."""
    name = u.__name__
    if method == "at":
        mode = {"add": "add", "multiply": "mul", "minimum": "min", "maximum": "max"}.get(name)
        instead = f"x = x.at[i].{mode}(values)" if mode else "x = x.at[i].set(values)"
        raise refuse(f"np.{name}.at changes its first argument in place, which a trace cannot follow",
                     f"Use {instead}, with x = np.zeros(...) made in the function.")  # fmt: skip
    where = kwargs.pop("where", True)
    where = True if where is True or where is np._NoValue else where
    known = concrete((inputs, where, kwargs))
    if known is not None and out is None:
        kw = dict(known[2])
        if where is not True:
            kw["where"] = known[1]
        return wrap(getattr(u, method)(*known[0], **kw))
    for key in ("casting", "order", "subok", "signature"):
        kwargs.pop(key, None)
    if method == "__call__":
        dtype = kwargs.pop("dtype", None)
        if name == "matmul":
            result: Any = products.matmul(*inputs)
        elif name == "vecdot":
            result = products.vecdot(*inputs, **kwargs)
        elif name == "matvec":
            x, v = inputs
            result = products.matmul(x, np.expand_dims(v, -1))
            result = s.reshape(result, result.shape[:-1])
        elif name == "vecmat":
            v, x = inputs
            result = products.matmul(np.conjugate(np.expand_dims(v, -2)), x)
            result = s.reshape(result, (*result.shape[:-2], result.shape[-1]))
        else:
            xs = tuple([e.plain(x) for x in inputs])
            result = e.apply(u, xs, dtype) if any(isinstance(x, Value) for x in xs) else u(*xs, dtype=dtype)
        if where is not True:
            if out is None or out[0] is None:
                raise refuse(f"np.{name} with where= but without out=: the other elements would be undefined", "Use np.where(mask, a, b).")
            mask = s.broadcast(s.convert(lift(where), BOOL), result.shape)
            result = e.select(mask, lift(result), s.convert(s.broadcast(lift(out[0]), result.shape), result.dtype))
    elif method == "reduce":
        result = reductions.ufunc_reduce(u, inputs[0], *inputs[1:], **{**kwargs, "where": where})
    elif method == "accumulate":
        result = reductions.ufunc_accumulate(u, *inputs, **kwargs)
    elif method == "outer":
        result = reductions.ufunc_outer(u, *inputs, **kwargs)
    else:
        raise refuse(f"np.{name}.{method} of a traced array", "Use slices and sums, or x.at[i].add(values).")
    result = wrap(result)
    return result if out is None else settle(out, result)


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, Tracer):
        raise refuse(
            f"np.copyto of a traced value into a concrete array of shape {np.shape(dst)}", "Use the value itself, or an array made in the function."
        )
    dst[...] = src if where is True else np.where(where, src, dst)


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if not isinstance(a, Tracer):
        raise refuse("np.fill_diagonal of a concrete array with a traced value", "Make the array in the function, with np.zeros or np.array(a).")
    i = np.arange(min(a.shape))
    a[tuple([i] * a.ndim)] = val


def _no_write(name: str) -> Any:
    def f(*args: Any, **kwargs: Any) -> Any:
        raise refuse(f"np.{name} writes into its argument", "Use x[i] = value on an array made in the function, or x = x.at[i].set(value).")

    return f


INSTALLED = (methods, special)  # what these modules add to the tables and to Tracer
CHANGING: dict[Any, Any] = {
    np.copyto: _copyto, np.fill_diagonal: _fill_diagonal, np.put: _no_write("put"), np.place: _no_write("place"), np.putmask: _no_write("putmask"),
    np.put_along_axis: _no_write("put_along_axis"),
}  # fmt: skip


def function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``Tracer.__array_function__``."""
    if func in CHANGING:
        return CHANGING[func](*args, **kwargs)
    out = kwargs.pop("out", None) if kwargs else None
    known = concrete((args, kwargs))
    if known is not None and out is None:
        result = wrap(func(*known[0], **known[1]))
    else:
        f = FUNCTIONS.get(func)
        if f is None:
            module = getattr(func, "__module__", "numpy")
            raise refuse(
                f"{module}.{getattr(func, '__name__', func)} of a traced array cannot be traced",
                "Write it with functions that can; erg.numpy lists them.",
            )
        result = wrap(f(*args, **kwargs))
    if func in VIEWS and args and isinstance(args[0], Tracer):
        opaque(result, args[0])
    return result if out is None else settle(out, result)
