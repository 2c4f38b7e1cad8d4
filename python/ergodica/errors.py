"""The exceptions of ergodica. Messages say what was expected and what was got; the last line names a call that would work."""

from __future__ import annotations

import re
from typing import Any

__all__ = [
    "CheckpointError",
    "ClosedError",
    "ConvergenceError",
    "Error",
    "ForkError",
    "InternalError",
    "Interrupted",
    "MemoryLimitError",
    "NonFiniteError",
    "PythonError",
    "ShapeError",
    "SpecError",
]


class Error(Exception):
    """Base of all errors that ergodica raises on purpose; :class:`Interrupted` stands apart, as a KeyboardInterrupt.

    Parameters
    ----------
    message : str
        What was expected and what was got.
    suggest : str, optional
        The line that names a call that would work.
    fields : dict, optional
        Values that the error carries, readable as attributes: ``error.argument``, ``error.bytes``.

    Examples
    --------
    >>> import ergodica as erg
    >>> try:
    ...     erg.lattice.Ising((0, 3))
    ... except erg.SpecError as error:
    ...     print(error.argument)
    Ising.lattice
    """

    def __init__(self, message: str = "", suggest: str = "", fields: dict[str, Any] | None = None) -> None:
        super().__init__(f"{message}\n  {suggest}" if suggest else message)
        self.message, self.suggest, self.fields = message, suggest, dict(fields or {})

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}") from None

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.suggest, self.fields))


class SpecError(Error, ValueError):
    """An argument is wrong. ``argument`` names it where there is one."""


class ShapeError(SpecError):
    """Shapes or dtypes do not fit."""


class NonFiniteError(Error, ArithmeticError):
    """NaN or infinity where a finite number is needed."""


class ConvergenceError(Error, ArithmeticError):
    """An iteration did not converge."""


class MemoryLimitError(Error, MemoryError):
    """The planned memory exceeds ``erg.config.memory``; ``bytes`` and ``limit`` say by how much. Nothing was allocated."""


class CheckpointError(Error, OSError):
    """A checkpoint or run file is damaged, or belongs to another run."""


class ClosedError(Error, RuntimeError):
    """A job that was closed was asked for something."""


class ForkError(Error, RuntimeError):
    """The library was live when the process was forked, so it cannot be used in the child."""


class PythonError(Error, RuntimeError):
    """A function of the user raised while a job called it. ``__cause__`` is the original exception with its traceback."""


class InternalError(Error, RuntimeError):
    """A bug of ergodica. ``go_stack`` says where; please report it together with the message."""

    @property
    def go_stack(self) -> str:
        """The Go stack at the point of failure; empty where there was none."""
        return str(self.fields.get("go_stack", ""))


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or a cancelled job. ``run`` holds what was finished (None when that is nothing); ``erg.last_run`` is the same.

    It is a KeyboardInterrupt, so that a loop over runs stops.
    """

    def __init__(self, message: str = "interrupted", run: Any = None) -> None:
        super().__init__(message)
        self.message, self.run = message, run

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.message, self.run))


_CLASSES: dict[str, type[Error]] = {
    c.__name__: c for c in (SpecError, ShapeError, NonFiniteError, ConvergenceError, CheckpointError, ClosedError, PythonError, InternalError)
}
_CLASSES["MemoryError"] = MemoryLimitError


def _pythonic(message: str) -> str:
    """Shapes as Python writes them: [3 4] becomes (3, 4)."""
    return re.sub(r"(?<!\w)\[(\d+(?: \d+)*)\]", lambda m: "(" + m[1].replace(" ", ", ") + ("," if " " not in m[1] else "") + ")", message)


def from_wire(wire: dict[str, Any]) -> Error | Interrupted:
    """The exception of an error as it crosses the border: ``{"class", "message", "suggest", "fields", "stack"}``."""
    message = _pythonic(str(wire.get("message", "")))
    if wire.get("class") == "Interrupted":
        return Interrupted(message or "interrupted")
    cls = _CLASSES.get(str(wire.get("class")), InternalError)
    fields = dict(wire.get("fields") or {})
    if wire.get("stack"):
        fields["go_stack"] = wire["stack"]
    suggest = re.sub(r"^Try ([A-Z]\w*\()", r"Try erg.\1", str(wire.get("suggest", "")))
    if cls is InternalError and not suggest:
        suggest = "This is a bug of ergodica; please report it with error.go_stack and erg.show_versions()."
    return cls(message, suggest, fields)
