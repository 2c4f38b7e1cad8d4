"""A run in progress."""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica import _door
from ergodica._collect import Plan
from ergodica._encode import Request
from ergodica._observe import Observed, Server
from ergodica._progress import Bar, ProgressLike
from ergodica._signals import undisturbed
from ergodica.errors import ClosedError, Interrupted, SpecError, from_wire
from ergodica.run import Run

if TYPE_CHECKING:
    from concurrent.futures import Future

POLL = 50  # milliseconds; never longer than 100, so that Ctrl-C is seen

Collect = Callable[[dict[str, Any], "_door.Handle"], Run]


class Job:
    """A run in progress, made by ``wait=False``. A daemon thread serves it: progress, Python observables, results.

    Use it as a context manager, or await it, or call :meth:`result`. Leaving the context, or the interpreter, cancels what still runs.

    Attributes
    ----------
    progress : dict
        done, total, unit, phase, seconds and rate, at most 0.1 s old.
    state : {"running", "paused", "done", "failed", "cancelled", "closed"}
    events : list of dict
        What the job said: kind, message and fields ("warmup", "checkpoint", "resumed", "nonfinite", "dropped").

    Examples
    --------
    >>> import ergodica as erg
    >>> job = erg.sample(erg.lattice.Ising((16, 16)), erg.Wolff(), kT=2.3, sweeps=500, seed=1, wait=False)
    >>> run = job.result(timeout=60)
    >>> run["energy"].shape, job.state
    ((4, 500), 'done')
    """

    def __init__(self, request: Request, observed: Observed, collect: Collect, progress: ProgressLike, title: str, plan: Plan | None = None) -> None:
        from concurrent.futures import Future

        self._collect, self._title, self._plan = collect, title, plan
        self._bar = Bar(progress, title)
        self._server = Server(observed)
        self._future: Future[Run] = Future()
        self._future.set_running_or_notify_cancel()
        self._events: list[dict[str, Any]] = []
        self._status: dict[str, Any] = {"state": "running", "progress": {}}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._handle = _door.Handle(request)

    # what the user asks

    @property
    def progress(self) -> dict[str, Any]:
        return dict(self._status.get("progress") or {})

    @property
    def state(self) -> str:
        """What the job does at this moment: ``"running"``, ``"paused"``, ``"done"``, ``"cancelled"`` or ``"failed"``."""
        status = self._status
        try:
            if self._handle.id:
                status = json.loads(self._handle._call("JobSnapshot"))
        except ClosedError:
            status = self._status
        state = str(status["state"])
        return "running" if state == "request" else state

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(self._events)

    def done(self) -> bool:
        """Whether the job has ended, for whatever reason."""
        return self._future.done()

    def pause(self) -> bool:
        """Stop at the next point from which the run can go on, within about 0.1 s. False when it has ended."""
        return self._ask("JobPause")

    def resume(self) -> bool:
        """Go on after :meth:`pause`."""
        return self._ask("JobResume")

    def cancel(self) -> bool:
        """End within about 0.1 s; :meth:`result` then gives the part that was finished, with ``run.status == "interrupted"``."""
        return self._ask("JobCancel")

    def checkpoint(self) -> bool:
        """Write the checkpoint now; returns when it is on disk. The verb must have been given ``checkpoint``."""
        return self._ask("JobCheckpoint")

    def _ask(self, function: str) -> bool:
        """What the core answers; False once the job has ended and was closed."""
        try:
            return bool(self._handle._call(function)) if self._handle.id else False
        except ClosedError:
            return False

    def snapshot(self) -> Run:
        """The records that all chains have finished, as a run on the same memory, read-only; it never changes afterwards."""
        with self._lock:
            if not self._handle.id:
                return self._future.result()
            status = json.loads(self._handle._call("JobSnapshot"))
            return self._collect({**status, "snapshot": True}, self._handle)

    def configurations(self, chain: int | None = None) -> np.ndarray:
        """Where the walkers stand now, copied: between two records, in the midst of a sweep perhaps. After the end it is ``result().final``.

        Parameters
        ----------
        chain : int, optional
            This chain alone (of every temperature).

        Returns
        -------
        array ((kT,) chain, ...) or ((kT,) ...)

        Raises
        ------
        SpecError
            The job has no walkers: it solves, or works on populations stage by stage.

        Examples
        --------
        >>> import ergodica as erg
        >>> with erg.sample(erg.lattice.Ising((16, 16)), erg.Metropolis(), kT=[2.0, 2.5], sweeps=10**7, every=10**4, wait=False) as job:
        ...     job.configurations(chain=0).shape
        (2, 16, 16)
        """
        plan = self._plan
        if plan is None:
            raise SpecError("configurations: this job has no walkers", "Try snapshot(), which has the records.")
        temperatures, chains = len(plan.kT), int(plan.request.spec.get("chains", 1))
        if chain is not None and not 0 <= chain < chains:
            raise SpecError(f"configurations: expected a chain from 0 to {chains - 1}, got {chain!r}", fields={"argument": "chain"})
        with self._lock:
            if self._handle.id:
                about = json.loads(self._handle._call("JobLook", 0, 1, 0, 0))
                rows = temperatures * (chains if chain is None else 1)
                a = np.empty((rows, *about["shape"]), about["dtype"])
                step = 1 if chain is None else chains
                if json.loads(self._handle._call("JobLook", chain or 0, step, rows, a.ctypes.data))["running"]:
                    lead = (*((temperatures,) if plan.scan else ()), *((chains,) if chain is None else ()))
                    return a.reshape(*lead, *about["shape"])
        final = self._future.result().final
        if final is None:
            raise SpecError("configurations: this job has no walkers", "Try snapshot(), which has the records.")
        return np.array(final if chain is None else final[(slice(None),) * plan.scan + (chain,)])

    def result(self, timeout: float | None = None) -> Run:
        """The run, when it is done.

        Raises
        ------
        TimeoutError
            It is not done after ``timeout`` seconds; the job goes on. Ctrl-C likewise leaves it running.
        """
        return self._future.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The error that ended the job, or None."""
        return self._future.exception(timeout)

    def add_done_callback(self, fn: Callable[[Job], object]) -> None:
        """Call ``fn(job)`` when the job ends, on the serving thread."""
        self._future.add_done_callback(lambda _: fn(self))

    def close(self) -> None:
        """Cancel what runs and wait for its end."""
        self.cancel()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def __await__(self) -> Generator[Any, None, Run]:
        import asyncio

        return asyncio.wrap_future(self._future).__await__()

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        p = self.progress
        share = f", {100 * p['done'] / p['total']:.0f} %" if p.get("total") else ""
        return f"Job: {self._title}; {self.state}{share}"

    # how it is served

    def start(self) -> Job:
        """Serve the job on a daemon thread."""
        self._thread = threading.Thread(target=self._background, name="ergodica job", daemon=True)
        self._thread.start()
        return self

    def _background(self) -> None:
        try:
            run = self._serve()
        except BaseException as e:
            self._status = {**self._status, "state": "failed"}
            self._end()
            self._future.set_exception(e)
        else:
            self._end()
            self._future.set_result(run)

    @staticmethod
    def go(make: Callable[[], Job], keep: Callable[[Run | None], None], wait: bool) -> Any:
        """The job that ``make`` opens, started; or, with ``wait``, its run."""
        job = None
        try:
            job = make()
            if not wait:
                return job.start()
            run = job.foreground(keep)
        except KeyboardInterrupt as stopped:
            if job is not None:  # where it had not begun yet, or was about to be closed
                job._end()
            if isinstance(stopped, Interrupted):
                raise
            raise Interrupted() from None
        keep(run)
        return run

    def foreground(self, keep: Callable[[Run | None], None]) -> Run:
        """Serve the job on this thread until it ends; Ctrl-C cancels it and raises :class:`Interrupted` with what was finished."""
        try:
            return self._serve()
        except KeyboardInterrupt:
            with undisturbed(swallowed=3):  # another Ctrl-C must not lose what was finished
                run = self._wind_down()
                keep(run)
                self._end()
            raise Interrupted("interrupted; erg.last_run holds what was finished" if run is not None else "interrupted", run) from None
        finally:
            self._end()

    def _wind_down(self, patience: int = 5) -> Run | None:
        for _ in range(patience):  # another Ctrl-C must not lose what was finished
            try:
                self._handle._call("JobCancel")
                self._bar.close()
                while True:
                    status = self._handle.wait(POLL)
                    if status["state"] in ("done", "failed", "cancelled"):
                        return self._gather(status) if status["state"] != "failed" else None
            except KeyboardInterrupt:
                continue
            except ClosedError:
                return None
        return None

    def _serve(self) -> Run:
        while True:
            status = self._handle.wait(POLL)
            self._note(status)
            state = status["state"]
            if state == "request":
                self._answer(status)
            elif state in ("done", "cancelled"):
                return self._gather(status)
            elif state == "failed":
                raise from_wire(status["error"])
            elif state == "paused":
                time.sleep(POLL / 1000)

    def _answer(self, status: dict[str, Any]) -> None:
        request, until = int(status["request"]), time.monotonic() + 2 * POLL / 1000
        while request > 0:
            try:
                if not self._server.answer(status["python"], self._handle):
                    return
            except BaseException as e:
                if not isinstance(e, KeyboardInterrupt):
                    self._handle._call("JobFail", request, str(e).encode("utf-8", "backslashreplace").decode().replace("\0", "\\0"))
                raise
            request = int(self._handle._call("JobNext", request, POLL if time.monotonic() < until else 0))
            if time.monotonic() >= until:
                return  # a request that is pending is seen again by the next wait

    def _note(self, status: dict[str, Any]) -> None:
        self._status = status
        self._events += status.get("events") or []
        self._bar.update(status.get("progress") or {})

    def _gather(self, status: dict[str, Any]) -> Run:
        with self._lock:
            self._note_events(status)
            return self._collect({**status, "all_events": self._events}, self._handle)

    def _note_events(self, status: dict[str, Any]) -> None:
        self._status = status
        for event in self._events:
            if event.get("kind") in ("nonfinite", "dropped"):
                warnings.warn(str(event.get("message")), RuntimeWarning, stacklevel=2)

    def _end(self) -> None:
        with undisturbed():
            self._bar.close()
            with self._lock:
                self._handle.close()
