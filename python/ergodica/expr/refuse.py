"""What cannot be traced is refused here: with the function's name, the user's line and what to write instead."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType, FrameType

from ergodica.errors import SpecError
from ergodica.expr import values

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_DOOR = os.path.join(os.path.dirname(os.path.dirname(_OURS)), "numpy.py")
_LIBRARIES = tuple(os.path.dirname(os.path.abspath(m.__file__ or "")) + os.sep for n in ("numpy", "scipy") if (m := sys.modules.get(n)))


def foreign(filename: str) -> bool:
    """Whether code of this file is the engine's, NumPy's or SciPy's: not the user's."""
    return filename.startswith((_OURS, *_LIBRARIES, "<frozen")) or filename == _DOOR


def user_frame() -> FrameType | None:
    """The innermost frame of the user's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and foreign(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def _segment(code: CodeType, lasti: int) -> str:
    """The expression that the instruction belongs to."""
    for k, (line, end, start, stop) in enumerate(code.co_positions()):
        if k == lasti // 2:
            if line is None or line != end or start is None or stop is None:
                return ""
            text = linecache.getline(code.co_filename, line).encode()
            return text[start:stop].decode(errors="replace")
    return ""


def here() -> tuple[str, int, str, str]:
    """File, line number, source line and expression where the user's code stands."""
    frame = user_frame()
    if frame is None:
        return "", 0, "", ""
    code, line = frame.f_code, frame.f_lineno
    text = linecache.getline(code.co_filename, line, frame.f_globals).strip()
    return code.co_filename, line, text, _segment(code, frame.f_lasti)


def refuse(what: str, instead: str = "") -> SpecError:
    """The error to raise: ``what`` is wrong in the traced function, ``instead`` is what to write."""
    trace = values.current()
    name = trace.name if trace else "a traced function"
    file, line, text, _ = here()
    where = f" (line {line} of {os.path.basename(file)}: `{text}`)" if line else ""
    error = SpecError(f"{name}: {what}{where}", instead, {"function": name, "file": file, "line": line, "source": text})
    if trace is not None:
        trace.root.refused = error  # raised at the end, should the function catch it
    return error


def conversion(kind: str) -> SpecError:
    """``float()``, ``int()``, ``bool()`` or an index of a traced value: what the user meant decides the advice."""
    text = here()[3]
    line = here()[2]
    head = text.split("(")[0]
    name = head.rsplit(".", 1)[-1]
    if kind == "bool":
        if line.startswith("while") or " while " in line:
            return refuse(
                "`while` on a traced value: its truth is not known while the function is traced",
                "Use erg.while_loop(cond, body, init), or erg.fori_loop for a fixed number of steps.",
            )
        if line.startswith(("if ", "elif ", "assert ")):
            return refuse(
                f"`{line.split()[0]}` on a traced value: its truth is not known while the function is traced",
                "Use np.where(condition, a, b), which takes both branches, or erg.cond(condition, f, g, x), which runs one.",
            )
        if head in ("max", "min", "sorted"):
            other = {"max": "np.maximum(a, b) or np.max(x)", "min": "np.minimum(a, b) or np.min(x)", "sorted": "np.sort(x)"}[head]
            return refuse(f"{head}() of Python compares traced values", f"Use {other}.")
        return refuse(
            "the truth of a traced value is not known while the function is traced",
            "Use np.where(condition, a, b) or erg.cond(condition, f, g, x); np.logical_and, np.logical_or, np.logical_not for `and`, `or`, `not`.",
        )
    if head.startswith("math.") or head.startswith("cmath."):
        other = _MATH.get(name, name)
        return refuse(f"{head}() of a traced value", f"Use np.{other}(...)." if other else "Use the NumPy function instead.")
    if name in _MATH and head == name and name not in ("float", "int", "abs", "round"):
        return refuse(f"math.{name}() of a traced value", f"Use np.{_MATH[name]}(...).")
    if kind == "index":
        return _looked_up()
    if name not in ("float", "int", "complex"):
        written = _written(line)
        if written is not None:
            return written
    return refuse(f"{kind}() of a traced value has no number yet", "Keep it as an array scalar: leave the conversion out, or use x.astype(dtype).")


_MATH = {
    "cos": "cos", "sin": "sin", "tan": "tan", "acos": "arccos", "asin": "arcsin", "atan": "arctan", "atan2": "arctan2", "cosh": "cosh",
    "sinh": "sinh", "tanh": "tanh", "acosh": "arccosh", "asinh": "arcsinh", "atanh": "arctanh", "exp": "exp", "exp2": "exp2", "expm1": "expm1",
    "log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "sqrt": "sqrt", "cbrt": "cbrt", "pow": "power", "hypot": "hypot",
    "floor": "floor", "ceil": "ceil", "trunc": "trunc", "fabs": "fabs", "fmod": "fmod", "copysign": "copysign", "degrees": "degrees",
    "radians": "radians", "isnan": "isnan", "isinf": "isinf", "isfinite": "isfinite", "fsum": "sum", "prod": "prod", "dist": "linalg.norm",
}  # fmt: skip


def _written(line: str) -> SpecError | None:
    """The refusal of ``buffer[i] = traced``, where the line is one."""
    target, assigns, _ = line.partition("=")
    target = target.rstrip("+-*/%@ ")
    if not assigns or not target.endswith("]") or "(" in target.split("[")[0]:
        return None
    buffer = target.split("[")[0]
    return refuse(
        f"a traced value written into the concrete array `{buffer}`, which is not made by the function",
        f"Make it in the function, {buffer} = np.zeros(...) or np.array({buffer}), or build the result with np.concatenate.",
    )


def _looked_up() -> SpecError:
    line = here()[2]
    if "range(" in line:
        return refuse(
            "a loop with a traced bound: its length is not known while the function is traced",
            "Use erg.fori_loop(0, n, body, init) or erg.while_loop; erg.scan where the length is known.",
        )
    return refuse(
        "a traced value as a Python index or length: shapes must not depend on traced values",
        "Use np.take(array, index, axis=0) to look up in a concrete array; erg.fori_loop and erg.while_loop for loops.",
    )


def to_array(text: str, line: str) -> SpecError:
    """``__array__`` of a traced value: something wants its numbers."""
    written = _written(line)
    if written is not None:
        return written
    if text.endswith("]"):
        return _looked_up()
    instead = "Use functions of numpy or scipy.special that can be traced."
    if text.endswith(")"):
        return refuse(f"`{text.split('(')[0]}` asks for the numbers of a traced value", instead)
    return refuse("something asks for the numbers of a traced value, which has none yet", instead)
