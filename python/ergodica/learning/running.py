"""A training in progress, and the fit that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import _door, verbs
from ergodica._encode import Request
from ergodica._observe import Observed
from ergodica._progress import ProgressLike
from ergodica.errors import NonFiniteError
from ergodica.expr import trees
from ergodica.job import Job
from ergodica.learning.evaluation import Attendant
from ergodica.learning.fit import Fit, History
from ergodica.learning.program import Assembly, Parameters


@dataclass
class Outline:
    """What the verb knows of the fit that its job will give."""

    request: Request
    assembly: Assembly
    parameters: list[Parameters]
    members: int | None
    tree: Any  # of the state
    sample: Any  # a batch

    def fit(self, status: dict[str, Any], handle: _door.Handle) -> Fit:
        """Take the results."""
        info, found = dict(status.get("info") or {}), self._found(status, handle)
        spec = self.request.spec
        before, steps = int(spec["first_step"]), int(info.get("steps", 0))
        every, filled, evaluated = int(spec["every"]), int(status.get("filled") or 0), int(info.get("evaluated", 0))
        running = bool(status.get("snapshot"))
        if status["state"] not in ("done", "cancelled"):  # rows may be younger, and the states are not there or not all of them
            steps, found["state"], found["best"] = max(steps, min(filled * every, int(spec["steps"]))), {}, {}
        ends = np.minimum(np.arange(1, filled + 1) * every, max(steps, 1))
        looks = np.minimum(np.arange(1, evaluated + 1) * int(spec.get("evaluate_every", 1)), steps)
        tables = {"step": {"step": before + ends}, "evaluation": {"step": before + looks}}
        for kind, n in (("step", filled), ("evaluation", evaluated)):
            tables[kind] |= {name: a[..., :n] for name, a in found[kind].items()}
        tables["evaluation"] = {name: tables["evaluation"][name] for name in ("step", *self.assembly.evaluations.names)}
        history = History(tables["step"], History(tables["evaluation"]) if self.assembly.evaluations.names else None)
        state = self._built(found["state"])
        best = self._built(found["best"])
        live = _door.facts
        info["condition"] = self.assembly.feed.condition()
        info["starts"] = self.assembly.feed.starts(self.assembly.caller.objective)
        for k in ("seed", "threads"):
            if k in info:
                info[k] = int(info[k])
        if "source" in info:
            info["source"] = {k: np.array([float(x) for x in v]) for k, v in info["source"].items()}
        info["seconds"] = (status.get("progress") or {}).get("seconds", 0.0)
        info["members"] = self.members
        info["version"] = live.get("version")
        info["events"] = list(status.get("all_events") or [])
        fit = Fit(
            None if state is None else self._models(state[0]), history, None if best is None else self._models(best[0]),
            before + int(info.pop("best_step", 0)), None if state is None else self._average(state), before + steps,
            "running" if running else "done" if status["state"] == "done" else "interrupted", info, self.assembly.optimiser, state,
            self.assembly.began, self.assembly.caller.objective, self.assembly.feed.event(self.assembly.caller.objective),
        )  # fmt: skip
        if fit.status == "done":
            self._finite(fit)
        return fit

    def _found(self, status: dict[str, Any], handle: _door.Handle) -> dict[str, dict[str, np.ndarray]]:
        found: dict[str, dict[str, np.ndarray]] = {"step": {}, "evaluation": {}, "state": {}, "best": {}, "batch": {}}
        for k, r in enumerate(status.get("results") or []):
            a = handle.take(k, r["dtype"], tuple(r["shape"]))
            group, _, number = r["name"].partition(" ")
            if r.get("kind") in ("step", "evaluation"):
                if status.get("snapshot"):
                    a.flags.writeable = False
                found[r["kind"]][r["name"]] = a
            else:
                found[group][number] = a
        return found

    def _finite(self, fit: Fit) -> None:
        """Refuse what the last step has lost, as the next one would."""
        for a, name in zip(fit.state[0], self.parameters[0].own_names, strict=True):
            ok = np.isfinite(a)
            if not np.all(ok):
                fields = {"step": fit.steps - 1, "parameter": name, "run": fit}
                if self.members is not None:
                    fields["member"] = int(np.argmin(np.all(ok.reshape(self.members, -1), axis=1)))
                of = f" of member {fields['member']}" if self.members is not None else ""
                from ergodica.learning.diagnosis import cures

                cure = cures(self.assembly.optimiser, "shift", "rate")
                raise NonFiniteError(f"{name}{of} is not finite after step {fit.steps - 1}, the last", cure, fields)

    def _built(self, leaves: dict[str, np.ndarray]) -> Any:
        return trees.build(self.tree, [leaves[str(k)] for k in range(len(leaves))]) if leaves else None

    def models(self, own: Any) -> list[Any]:
        """One model, or that of each member."""
        if self.members is None:
            return [self.parameters[0].build(own)]
        return [p.build([a[m] for a in own]) for m, p in enumerate(self.parameters)]

    def _models(self, own: Any) -> Any:
        return self.models(own)[0] if self.members is None else self.models(own)

    def _average(self, state: Any) -> Any:
        own = self.assembly.optimiser.average(state[0], state[1], self.parameters[0].own_names)
        return None if own is None else self._models(own)

    def located(self, error: NonFiniteError, status: dict[str, Any], handle: _door.Handle) -> NonFiniteError:
        """The error with the operation and the line at which a number was lost."""
        from ergodica.learning.diagnosis import located

        found = self._found(status, handle)
        batch = trees.build(trees.flatten(self.sample)[0], [found["batch"][str(k)] for k in range(len(found["batch"]))]) if found["batch"] else None
        return located(error, self.assembly, self._built(found["state"]), batch, self.members)


class LearnJob(Job):
    """A training in progress; ``job.result()`` is a :class:`Fit`, ``job.snapshot()`` one with the history so far."""

    def __init__(self, outline: Outline, progress: ProgressLike) -> None:
        title = f"learn {outline.assembly.caller.name} with {outline.assembly.optimiser!r}"
        super().__init__(outline.request, Observed([], {}), outline.fit, progress, title)  # type: ignore[arg-type]
        self._outline = outline
        feed, evaluations = outline.assembly.feed, outline.assembly.evaluations
        self._server = Attendant(feed.stream, evaluations.asked, outline.models)  # type: ignore[assignment]

    @staticmethod
    def launch(outline: Outline, progress: ProgressLike, wait: bool) -> Any:
        """Start it, and unless told otherwise wait for its end."""
        return Job.go(lambda: LearnJob(outline, progress), verbs._keep, wait)

    def _serve(self) -> Any:
        try:
            return super()._serve()
        except NonFiniteError as error:
            if "key" not in error.fields:
                raise
            with self._lock:
                located = self._outline.located(error, self._status, self._handle)
                located.fields["run"] = self._outline.fit({**self._status, "state": "cancelled", "all_events": self._events}, self._handle)
            raise located from None
