"""NumPy's and SciPy's ufuncs as operations of the program, with the loops that NumPy itself would pick."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import generic, ndarray  # by name: attributes of np are watched while something is traced

from ergodica.expr.refuse import refuse
from ergodica.expr.shapes import broadcast, common_shape, convert, full, traced_inside
from ergodica.expr.values import BOOL, WIDER, Value, active, lift, literal

_loops: dict[Any, tuple[np.dtype, ...]] = {}


def one(op: str, x: Value, attrs: dict[str, Any] | None = None) -> Value:
    """An operation of one operand that keeps its type."""
    return active().emit(op, (x,), attrs, x.dtype, x.shape)


def two(op: str, x: Value, y: Value) -> Value:
    """An operation of two operands of one type, which it keeps."""
    return active().emit(op, (x, y), None, x.dtype, x.shape)


def compare(op: str, x: Value, y: Value) -> Value:
    """A comparison of two operands of one type."""
    return active().emit(op, (x, y), None, BOOL, x.shape)


def like(x: Value, number: Any) -> Value:
    """``number`` in the type of ``x``."""
    return full(x.shape, number, x.dtype)


def select(p: Value, x: Value, y: Value) -> Value:
    """``x`` where ``p``, else ``y``; all of one shape."""
    return active().emit("select", (p, x, y), None, x.dtype, x.shape)


def real_of(x: Value) -> Value:
    """The real part of a complex value."""
    return active().emit("real", (x,), None, part(x.dtype), x.shape) if x.dtype.kind == "c" else x


def imag_of(x: Value) -> Value:
    """The imaginary part; zeros of a real value."""
    return active().emit("imag", (x,), None, part(x.dtype), x.shape) if x.dtype.kind == "c" else like(x, 0)


def part(dtype: np.dtype) -> np.dtype:
    """The real dtype of a complex one."""
    return np.dtype(np.float32) if dtype == np.complex64 else np.dtype(np.float64)


def power_n(x: Value, n: int) -> Value:
    """x to an integer power."""
    return x if n == 1 else one("integer_pow", x, {"n": n})


def scale(x: Value, c: float) -> Value:
    return two("mul", x, like(x, c))


def _absolute(x: Value) -> Value:
    if x.dtype == BOOL:
        return x
    return active().emit("abs", (x,), None, part(x.dtype) if x.dtype.kind == "c" else x.dtype, x.shape)


def _test(op: str) -> Callable[[Value], Value]:
    def apply(x: Value) -> Value:
        if x.dtype.kind in "bi":
            return full(x.shape, op == "is_finite", BOOL)
        return active().emit(op, (x,), None, BOOL, x.shape)

    return apply


def _arith(op: str, of_bool: str) -> Callable[[Value, Value], Value]:
    return lambda x, y: two(of_bool if x.dtype == BOOL else op, x, y)


def _logic(op: str) -> Callable[[Value, Value], Value]:
    return lambda x, y: two(op, convert(x, BOOL), convert(y, BOOL))


def _compare(op: str) -> Callable[[Value, Value], Value]:
    def apply(x: Value, y: Value) -> Value:
        if x.dtype == BOOL:
            x, y = convert(x, np.dtype(np.int32)), convert(y, np.dtype(np.int32))
        return compare(op, x, y)

    return apply


def _skip_nan(op: str) -> Callable[[Value, Value], Value]:
    def apply(x: Value, y: Value) -> Value:
        if x.dtype == BOOL:
            return two("or" if op == "max" else "and", x, y)
        if x.dtype.kind != "f":
            return two(op, x, y)
        nan = active().emit("is_nan", (x,), None, BOOL, x.shape), active().emit("is_nan", (y,), None, BOOL, y.shape)
        return select(nan[0], y, select(nan[1], x, two(op, x, y)))

    return apply


def _real_or(op: str, of_int: str | None = None) -> Callable[[Value], Value]:
    return lambda x: x if x.dtype.kind in "bi" else one(op, x)


def _heaviside(x: Value, h: Value) -> Value:
    zero = like(x, 0)
    step = select(compare("greater", x, zero), like(x, 1), zero)
    nan = active().emit("is_nan", (x,), None, BOOL, x.shape)
    return select(nan, x, select(compare("equal", x, zero), h, step))


def _signbit(x: Value) -> Value:
    if x.dtype.kind != "f":
        return compare("less", x, like(x, 0))
    return compare("less", two("copysign", like(x, 1), x), like(x, 0))


def _ldexp(x: Value, n: Value) -> Value:
    return two("mul", x, one("exp2", convert(n, x.dtype)))


def _direct1(op: str) -> Callable[[Value], Value]:
    return lambda x: one(op, x)


def _direct2(op: str) -> Callable[[Value, Value], Value]:
    return lambda x, y: two(op, x, y)


UFUNCS: dict[str, Callable[..., Any]] = {
    **{n: _direct1(o) for n, o in {
        "negative": "neg", "sign": "sign", "sqrt": "sqrt", "cbrt": "cbrt", "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log",
        "log2": "log2", "log10": "log10", "log1p": "log1p", "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos",
        "arctan": "atan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
        "invert": "not"}.items()},
    **{n: _direct2(o) for n, o in {
        "divide": "div", "arctan2": "atan2", "hypot": "hypot", "remainder": "mod", "fmod": "fmod", "floor_divide": "floor_divide",
        "logaddexp": "logaddexp", "copysign": "copysign", "nextafter": "nextafter", "power": "pow", "float_power": "pow",
        "bitwise_and": "and", "bitwise_or": "or", "bitwise_xor": "xor", "left_shift": "shift_left", "right_shift": "shift_right",
        "subtract": "sub"}.items()},
    **{n: _real_or(o) for n, o in {"floor": "floor", "ceil": "ceil", "trunc": "trunc"}.items()},
    "rint": lambda x: (active().emit("complex", (one("round", real_of(x)), one("round", imag_of(x))), None, x.dtype, x.shape)
                       if x.dtype.kind == "c" else x if x.dtype.kind in "bi" else one("round", x)),
    "add": _arith("add", "or"), "multiply": _arith("mul", "and"), "maximum": _arith("max", "or"), "minimum": _arith("min", "and"),
    "fmax": _skip_nan("max"), "fmin": _skip_nan("min"),
    "logical_and": _logic("and"), "logical_or": _logic("or"), "logical_xor": _logic("xor"), "logical_not": lambda x: one("not", convert(x, BOOL)),
    **{n: _compare(n) for n in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")},
    "absolute": _absolute, "fabs": _absolute, "positive": lambda x: x,
    "conjugate": lambda x: one("conj", x) if x.dtype.kind == "c" else x,
    "isnan": _test("is_nan"), "isfinite": _test("is_finite"), "isinf": _test("is_inf"),
    "square": lambda x: x if x.dtype == BOOL else two("mul", x, x), "reciprocal": lambda x: two("div", like(x, 1), x) if x.dtype.kind in "fc" else
        two("floor_divide", like(x, 1), x),
    "deg2rad": lambda x: scale(x, math.pi / 180), "radians": lambda x: scale(x, math.pi / 180),
    "rad2deg": lambda x: scale(x, 180 / math.pi), "degrees": lambda x: scale(x, 180 / math.pi),
    "logaddexp2": lambda x, y: scale(two("logaddexp", scale(x, math.log(2)), scale(y, math.log(2))), 1 / math.log(2)),
    "divmod": lambda x, y: (two("floor_divide", x, y), two("mod", x, y)),
    "modf": lambda x: (two("sub", x, one("trunc", x)), one("trunc", x)),
    "heaviside": _heaviside, "signbit": _signbit, "ldexp": _ldexp,
}  # fmt: skip


def _kind(x: Any) -> Any:
    """What resolve_dtypes wants: a dtype, or the type of a Python number."""
    if isinstance(x, Value):
        return float if x.weak else WIDER.get(x.dtype, x.dtype)
    t = type(x)
    if t is float or t is int or t is complex:
        return t
    if t is bool:
        return BOOL
    return x.dtype


def loop(ufunc: np.ufunc, operands: tuple[Any, ...], dtype: Any = None) -> tuple[np.dtype, ...]:
    """The dtypes of NumPy's inner loop for these operands, results behind them."""
    kinds = tuple([_kind(x) for x in operands])
    key = (ufunc, kinds, dtype)
    found = _loops.get(key)
    if found is None:
        option = {} if dtype is None else {"signature": tuple([None] * ufunc.nin + [np.dtype(dtype)] * ufunc.nout)}
        asked = kinds if any(not isinstance(k, type) for k in kinds) else tuple(np.dtype(k) for k in kinds)
        found = ufunc.resolve_dtypes((*asked, *[None] * ufunc.nout), **option)  # type: ignore[arg-type]
        if np.dtype(np.float16) in found:
            raise refuse(f"{ufunc.__name__} of {kinds[0]} is float16 in NumPy, which programs do not have", "Convert first, with x.astype(float).")
        _loops[key] = found
    return found


def plain(x: Any) -> Any:
    """An operand as a Value, an array or a Python number."""
    value = getattr(x, "_value", None)
    if value is not None:
        return x._k if x._k is not None else value()
    if isinstance(x, (Value, ndarray, generic, float, int, complex)):
        return x
    if isinstance(x, (list, tuple)) and traced_inside(x):
        return lift(x)
    return np.asarray(x)


def cast(x: Any, dtype: np.dtype) -> Value:
    """An operand in the dtype of the loop; concrete ones are converted before they enter the program."""
    if isinstance(x, Value):
        return convert(x, dtype)
    if isinstance(x, ndarray) and x.ndim:
        return active().array(x if x.dtype == dtype else x.astype(dtype))
    return literal(x, dtype)


def apply(ufunc: np.ufunc, operands: tuple[Any, ...], dtype: Any = None) -> Any:
    """The ufunc on operands of which at least one is a Value; a Value, or a tuple of them."""
    name = ufunc.__name__
    f = UFUNCS.get(name)
    if f is None:
        raise refuse(f"{name} has no counterpart in the program", "Write it with other functions of numpy or scipy.special.")
    if name == "power" and dtype is None:
        p = _power(operands[0], operands[1])
        if p is not None:
            return p
    types = loop(ufunc, operands, dtype)
    shape = common_shape(*[x.shape if isinstance(x, (Value, ndarray)) else () for x in operands])
    values = [broadcast(cast(x, d), shape) for x, d in zip(operands, types, strict=False)]
    out = f(*values)
    if isinstance(out, tuple):
        return out
    want = types[-1]
    return out if out.dtype == want else convert(out, want)


def _power(x: Any, n: Any) -> Value | None:
    """Powers that are products, roots or reciprocals."""
    if isinstance(n, ndarray) and n.ndim == 0:
        n = n[()]
    if not isinstance(x, Value) or isinstance(n, (Value, ndarray, complex, bool)) or isinstance(n, (np.complexfloating, np.bool_)):
        return None
    dtype = loop(np.power, (x, n))[0]
    if dtype.kind == "i":
        if n < 0:
            raise ValueError("Integers to negative integer powers are not allowed.")
        return power_n(convert(x, dtype), int(n)) if n <= 64 else None
    if dtype.kind not in "fc":
        return None
    if n == 0.5:
        return one("sqrt", convert(x, dtype))
    if float(n).is_integer() and abs(n) <= 64:
        v = convert(x, dtype)
        return two("mul", v, v) if n == 2 else power_n(v, int(n))
    return None


def call(ufunc: np.ufunc, *operands: Any) -> Any:
    """:func:`apply`, or NumPy itself where nothing is traced."""
    xs = tuple([plain(x) for x in operands])
    if any(isinstance(x, Value) for x in xs):
        return apply(ufunc, xs)
    return ufunc(*xs)


def _operator(ufunc: np.ufunc, swap: bool = False) -> Callable[[Value, Any], Any]:
    if swap:
        return lambda x, y: call(ufunc, y, x)
    return lambda x, y: call(ufunc, x, y)


def install_operators(cls: Any, make: Callable[[np.ufunc, bool], Any]) -> None:
    """Give a class Python's binary operators."""
    for name, ufunc in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.divide), ("floordiv", np.floor_divide),
                        ("mod", np.remainder), ("pow", np.power), ("and", np.bitwise_and), ("or", np.bitwise_or), ("xor", np.bitwise_xor),
                        ("lshift", np.left_shift), ("rshift", np.right_shift)):  # fmt: skip
        setattr(cls, f"__{name}__", make(ufunc, False))
        setattr(cls, f"__r{name}__", make(ufunc, True))
    for name, relation in (
        ("lt", np.less),
        ("le", np.less_equal),
        ("gt", np.greater),
        ("ge", np.greater_equal),
        ("eq", np.equal),
        ("ne", np.not_equal),
    ):
        setattr(cls, f"__{name}__", make(relation, False))


install_operators(Value, _operator)
Value.__neg__ = lambda self: call(np.negative, self)  # type: ignore[method-assign]
Value.__abs__ = lambda self: call(np.absolute, self)  # type: ignore[method-assign]
