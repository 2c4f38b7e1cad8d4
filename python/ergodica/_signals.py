"""Ctrl-C at moments that must not be torn in two."""

from __future__ import annotations

import _signal as signal  # what the module signal wraps; its enumerations cost more than a small job may
import threading
from typing import Any


class undisturbed:
    """Puts Ctrl-C off until the block has ended, where it is raised; of use where memory or a job changes hands.

    Python runs signal handlers between any two of its instructions, also between a call that opens a job and the assignment that keeps its
    number, and in callbacks and destructors, where exceptions are dropped. In threads other than the main one there is nothing to do.

    Parameters
    ----------
    swallowed : int, default 0
        So many are dropped for good, and the next is raised at once: for a block that already answers one.
    """

    __slots__ = ("_before", "_seen", "_swallowed")

    def __init__(self, swallowed: int = 0) -> None:
        self._before: Any = None
        self._seen: tuple[Any, ...] | None = None
        self._swallowed = swallowed

    def _note(self, *arguments: Any) -> None:
        if self._swallowed == 0:
            self._seen = arguments
        elif self._swallowed == 1:
            raise KeyboardInterrupt
        else:
            self._swallowed -= 1

    def __enter__(self) -> undisturbed:
        if threading.get_ident() == threading.main_thread().ident:
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._before = before
                try:
                    signal.signal(signal.SIGINT, self._note)
                except ValueError:  # a subinterpreter
                    self._before = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            if self._seen is not None:
                self._before(*self._seen)
