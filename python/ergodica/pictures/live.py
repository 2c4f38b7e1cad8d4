"""What is seen of a job while it runs."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np

from ergodica._base import System, real
from ergodica.errors import Error, SpecError
from ergodica.pictures.colours import MOST, picture
from ergodica.pictures.plots import series as recorded
from ergodica.run import Run

POINTS = 300  # of a curve; of longer ones the means of equal stretches are drawn
LINES = 6  # of a curve, and panels of a picture
ROWS = 128  # states of a chain of sites, one below the other
BYTES = 4e6  # a second, at most, on the way to the browser
SPARKS = "▁▂▃▄▅▆▇█"
ADVICE = "live pictures need anywidget (pip install 'ergodica[notebook]'); this is their text"


def live(job: Any, *, series: Any = None, picture: Any = True, every: float = 0.1) -> Live:
    """Watch a job: a picture of its lattice, curves of what it records, its progress, and buttons that pause and stop it.

    In Jupyter the result of this function, on the last line of a cell or displayed, is drawn anew while the job goes on; cells can be run meanwhile.
    It needs anywidget (``pip install 'ergodica[notebook]'``); without it, and outside notebooks, the same is told in text.

    Parameters
    ----------
    job : Job, or an object with ``snapshot()`` or ``history``, or a mapping
        What ``wait=False`` gives, of ``erg.learn`` too, or anything whose ``snapshot()`` (or ``history``, or itself) maps names to series of numbers
        that grow, of shape (n,) or (lines, n). Where it has them, ``done()``, ``state``, ``progress``, ``cancel()``, ``pause()``, ``resume()`` and
        ``configurations(chain=0)`` are used as a Job's.
    series : str or sequence of str, optional
        The curves; the first four where they are not given. For a run at several temperatures a line each is the mean of the chains, else the chain.
    picture : bool or function, default True
        Chain 0 of up to six temperatures side by side, in the colours of :func:`ergodica.lattice.picture`; the states of a row of sites are drawn
        below each other. A function of one configuration that gives an array (rows, columns) of numbers from 0 to 1, or (rows, columns, 3) of colours
        from 0 to 255, draws anything else.
    every : float, default 0.1
        Seconds between two pictures; more where they are large.

    Returns
    -------
    Live
        ``close()`` ends the watching, not the job; ``str()`` is the text.

    Raises
    ------
    SpecError
        The object has nothing to watch, or none of the series asked for.

    Examples
    --------
    >>> import ergodica as erg
    >>> job = erg.sample(erg.lattice.Ising((64, 64)), erg.Metropolis(), kT=2.3, sweeps=2000, seed=1, wait=False)
    >>> seen = erg.live(job)
    >>> run = job.result()
    >>> seen.wait()
    >>> print(str(seen).splitlines()[0])
    sample Ising((64, 64)); done, 100 %

    Any numbers that grow, such as the losses of a loop of your own:

    >>> losses = {"loss": []}
    >>> with erg.live(losses) as seen:
    ...     for step in range(100):
    ...         losses["loss"].append(1 / (1 + step))
    >>> "loss" in str(seen)
    True
    """
    return Live(job, series, picture, every)


class Live:
    """A job that is watched; made by :func:`ergodica.live`.

    Attributes
    ----------
    widget : anywidget.AnyWidget or None
        What a notebook shows; None without anywidget.
    """

    def __init__(self, job: Any, series: Any, picture: Any, every: float) -> None:
        if not (isinstance(job, Mapping) or callable(getattr(job, "snapshot", None)) or hasattr(job, "history")):
            raise SpecError(f"live: expected a job, an object with snapshot() or history, or a mapping of names to numbers; got {type(job).__name__}",
                            "Try erg.live(erg.sample(..., wait=False)).", {"argument": "job"})  # fmt: skip
        if not (isinstance(picture, bool) or callable(picture)):
            raise SpecError(f"live.picture: expected True, False or a function of a configuration; got {picture!r}", fields={"argument": "picture"})
        self._job, self._picture, self._every = job, picture, real(every, "live.every")
        if not self._every > 0:
            raise SpecError(f"live.every: expected seconds above 0, got {every}", fields={"argument": "every"})
        self._names = [series] if isinstance(series, str) else None if series is None else list(series)
        self._system: Any = getattr(getattr(job, "_plan", None), "system", None)
        self._strip: np.ndarray | None = None
        self._shown: dict[str, Any] = {}
        self._lines: list[str] = []
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._handle: Any = None
        self.widget: Any = None
        if hasattr(job, "_bar"):  # one bar is enough
            job._bar.hide()
        try:
            from ergodica.pictures.widget import Screen

            press = weakref.WeakMethod(self._press)  # ipywidgets never forgets a widget; jobs and their results must go
            self.widget = Screen(lambda what: (press() or (lambda _: None))(what))
        except ImportError:
            pass
        self._update()
        self._thread = threading.Thread(target=self._follow, name="ergodica live", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Draw once more, and watch no longer; the job goes on."""
        if not self._closed.is_set():
            self._closed.set()
            self._thread.join(1.0)
            self._update()

    def wait(self, timeout: float | None = None) -> None:
        """Until the job has ended and its last state is drawn."""
        self._thread.join(timeout)

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __str__(self) -> str:
        if not self._closed.is_set() and self._thread.is_alive():
            self._update()
        return "\n".join(self._lines)

    __repr__ = __str__

    def _ipython_display_(self) -> None:
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if self.widget is not None and hasattr(get_ipython(), "kernel"):
            display(self.widget)
        elif hasattr(get_ipython(), "kernel"):
            self._handle = display({"text/plain": f"{self}\n{ADVICE}"}, raw=True, display_id=True)
        else:
            print(self)

    def _press(self, what: str) -> None:
        getattr(self._job, {"stop": "cancel", "pause": "pause", "resume": "resume"}.get(what, "snapshot"))()

    def _follow(self) -> None:
        while not self._ended():
            begun = time.monotonic()
            size = self._update()
            if self._closed.wait(max(self._every, 3 * (time.monotonic() - begun), size / BYTES)):
                return
        self._update()

    def _ended(self) -> bool:
        return bool(self._job.done()) if callable(getattr(self._job, "done", None)) else False

    def _update(self) -> int:
        """Look, and show what is seen; the size of the message."""
        with self._lock:
            return self._look()

    def _look(self) -> int:
        ended = self._ended()
        try:
            curves, image, trouble = self._curves(), self._image() if self._picture is not False else None, ""
        except Error as why:
            if not self._shown and not ended:
                raise
            curves, image, trouble = {}, None, str(why)
        except Exception as why:  # of a job that failed, or of a function of the user
            curves, image, trouble = {}, None, f"{type(why).__name__}: {why}"
        progress = getattr(self._job, "progress", None)
        progress = progress if isinstance(progress, Mapping) else {}
        state = str(getattr(self._job, "state", "done" if ended else "closed" if self._closed.is_set() else "running"))
        share = min(progress["done"] / progress["total"], 1.0) if progress.get("total") else None
        status = state + (f", {100 * share:.0f} %" if share is not None else "")
        status += f", {progress['phase']}" if state == "running" and progress.get("phase") else ""
        status += f", {progress['rate']:.3g} {progress.get('unit', '')}/s" if progress.get("rate") and state == "running" else ""
        title = str(getattr(self._job, "_title", type(self._job).__name__))
        kept = [(name, y, x) for name, (y, x) in curves.items()]
        lasts = [" ".join(f"{v:.5g}" for v in y[:, -1]) if y.shape[1] else "" for _, y, _ in kept]
        points = b"".join(np.ascontiguousarray(y, np.float32).tobytes() for _, y, _ in kept)
        frame = b"" if image is None else np.ascontiguousarray(image).tobytes()
        self._lines = [f"{title}; {status}", *([trouble] if trouble else [])]
        self._lines += [f"  {name}  {_sparks(y.mean(axis=0))}  {last}" for (name, y, _), last in zip(kept, lasts, strict=True)]
        self._shown = {
            "title": title, "status": trouble or status, "state": state, "share": share,
            "rows": 0 if image is None else image.shape[0], "columns": 0 if image is None else image.shape[1],
            "buttons": [b for b, f in (("stop", "cancel"), ("pause", "pause")) if callable(getattr(self._job, f, None))],
            "curves": [{"name": n, "lines": len(y), "points": y.shape[1], "x": x, "last": last} for (n, y, x), last in zip(kept, lasts, strict=True)],
        }  # fmt: skip
        if self.widget is not None:
            self.widget.show(frame, points, self._shown)
        if self._handle is not None:
            self._handle.update({"text/plain": "\n".join([*self._lines, ADVICE])}, raw=True)
        return len(frame) + len(points)

    def _curves(self) -> dict[str, tuple[np.ndarray, list[float]]]:
        """Lines (lines, points) and the first and last abscissa of each series."""
        job = self._job
        found = job.snapshot() if callable(getattr(job, "snapshot", None)) else job if isinstance(job, Mapping) else job.history
        found = found() if callable(found) else found
        found = found.history if hasattr(found, "history") else found  # of a fit
        if isinstance(found, Run):
            names = recorded(found, self._names)
            record = found.coords[found.lead[-1]]
            ys = {n: found[n].mean(axis=1) if "kT" in found.coords else found[n] for n in names}
            ends = {n: [float(record[0]), float(record[-1])] if len(record) else [0.0, 0.0] for n in names}
        else:
            tables = [t for t in (getattr(found, "evaluations", None), found) if t is not None]
            arrays = {n: np.asarray(y) for t in tables for n, y in t.items() if n != "step"}
            steps = {n: np.asarray(t["step"]) for t in tables if "step" in t for n in t}
            numbers = [n for n, y in arrays.items() if y.ndim in (1, 2) and y.dtype.kind in "fiub"]
            for n in self._names or ():
                if n not in numbers:
                    raise SpecError(
                        f"live: {n} is no series of numbers; there are: {', '.join(numbers) or 'none yet'}", fields={"argument": "series"}
                    )
            names = numbers[:4] if self._names is None else self._names
            ys = {n: np.atleast_2d(arrays[n]) for n in names}
            at = {n: steps[n] if len(steps.get(n, ())) else [1.0, max(y.shape[1], 1)] for n, y in ys.items()}
            ends = {n: [float(x[0]), float(x[-1])] for n, x in at.items()}
        return {n: (_thinned(y[:LINES].astype(np.float64)), ends[n]) for n, y in ys.items()}

    def _image(self) -> np.ndarray | None:
        job = self._job
        if not callable(getattr(job, "configurations", None)):
            return None
        own, system = callable(self._picture), self._system
        drawn = isinstance(system, System) and system.type.startswith("lattice.")
        if not own and not drawn:
            return None
        try:
            states = job.configurations(chain=0)
        except Error:  # no walkers, or not yet
            return None
        states = states[:LINES] if getattr(getattr(job, "_plan", None), "scan", False) else states[None]
        panels = [_coloured(self._picture(s)) if own else picture(system, s) for s in states]
        if panels[0].shape[0] == 1 and not own:  # of a chain the times lie below each other
            now = _beside(panels, 2)
            self._strip = now if self._strip is None else np.concatenate([self._strip, now])[-ROWS:]
            return self._strip
        image = _beside(panels, max(panels[0].shape[1] // 32, 1))
        return image[:, :: -(-image.shape[1] // (2 * MOST))] if image.shape[1] > 2 * MOST else image


def _beside(panels: list[np.ndarray], gap: int) -> np.ndarray:
    white = np.full((panels[0].shape[0], gap, 3), 255, np.uint8)
    return np.concatenate([piece for p in panels for piece in (white, p)][1:], axis=1)


def _coloured(image: Any) -> np.ndarray:
    a = np.asarray(image)
    if a.ndim == 3 and a.shape[2] == 3 and a.size:
        return np.clip(a, 0, 255).astype(np.uint8)
    if a.ndim != 2 or not a.size or a.dtype.kind not in "fiub":
        raise SpecError(f"live.picture: expected numbers (rows, columns) or colours (rows, columns, 3), got {a.dtype} of shape {a.shape}",
                        fields={"argument": "picture"})  # fmt: skip
    return np.repeat((255 * np.clip(np.nan_to_num(a), 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def _thinned(y: np.ndarray) -> np.ndarray:
    """Means of stretches of equal length (the last may be shorter), so that at most POINTS are left."""
    n = y.shape[1]
    k = -(-n // POINTS)
    if k <= 1:
        return y
    at = np.arange(0, n, k)
    return np.add.reduceat(y, at, axis=1) / np.diff(np.append(at, n))


def _sparks(y: np.ndarray, width: int = 40) -> str:
    y = y[np.isfinite(y)]
    y = y[:: max(-(-len(y) // width), 1)]
    if not len(y):
        return ""
    low, room = y.min(), np.ptp(y)
    return "".join(SPARKS[int(7 * (v - low) / room) if room > 0 else 3] for v in y)
