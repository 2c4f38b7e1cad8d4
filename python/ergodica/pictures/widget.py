"""The widget in which a notebook shows what runs; imported only where anywidget is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anywidget
import traitlets


class Screen(anywidget.AnyWidget):
    """Picture, curves, status and buttons, as live.js draws them."""

    _esm = Path(__file__).with_name("live.js").read_text()
    frame = traitlets.Bytes(b"").tag(sync=True)
    points = traitlets.Bytes(b"").tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, press: Callable[[str], object]) -> None:
        super().__init__()
        self.on_msg(lambda _, message, __: press(str(message.get("do"))))

    def show(self, frame: bytes, points: bytes, shown: dict) -> None:
        """One message for all three."""
        with self.hold_sync():
            self.frame, self.points, self.shown = frame, points, shown
