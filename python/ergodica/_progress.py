"""Progress bars: tqdm's, which suit terminals and notebooks alike."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

ProgressLike: TypeAlias = "bool | Callable[[dict[str, Any]], object] | None"

PATIENCE = 0.5  # seconds before a bar appears by itself


class Bar:
    """Shows the progress of one job: always (True), never (False), after half a second (None), or by calling a function."""

    def __init__(self, progress: ProgressLike, title: str) -> None:
        self._progress, self._title = progress, title
        self._bar: Any = None

    def update(self, p: dict[str, Any]) -> None:
        if self._progress is False or not p:
            return
        if callable(self._progress):
            self._progress(dict(p))
            return
        if self._bar is None:
            if self._progress is None and float(p.get("seconds", 0)) < PATIENCE:
                return
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # in a notebook without ipywidgets tqdm.auto says so and falls back to text
                from tqdm.auto import tqdm

            self._bar = tqdm(total=float(p["total"]), unit=" " + str(p.get("unit", "")), unit_scale=True, desc=self._title, leave=False)
            self._bar.start_t = self._bar._time() - float(p.get("seconds") or 0)  # the rate is that of the whole job
        self._bar.n = float(p["done"])
        phase = p.get("phase")
        self._bar.set_description_str(f"{self._title} ({phase})" if phase and phase != self._title else self._title, refresh=False)
        self._bar.refresh()

    def hide(self) -> None:
        """Show nothing from now on, unless a bar or function was asked for."""
        if self._progress is None:
            self._progress = False
            self.close()

    def close(self) -> None:
        if self._bar is not None:
            bar, self._bar = self._bar, None
            bar.close()
