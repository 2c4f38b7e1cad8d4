"""From the status of a job that has ended (or of one that runs, for a snapshot) to a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._base import Method, System
from ergodica._encode import Request
from ergodica.ragged import Ragged
from ergodica.run import Run

if TYPE_CHECKING:
    from ergodica._door import Handle

RECORD = ("draw", "time")


@dataclass
class Plan:
    """What a verb knows of the run that its job will give. It pickles, so that the workers of an executor can collect."""

    system: System
    method: Method
    request: Request
    kT: list[float]
    scan: bool
    derived: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()

    def run(self, status: dict[str, Any], handle: Handle) -> Run:
        """Take the results: views of the job's memory, cut to the records that every walker has finished."""
        snapshot = bool(status.get("snapshot"))
        columns: dict[str, Any] = {}
        dims: dict[str, tuple[str, ...]] = {}
        final, offsets = None, {}
        for k, r in enumerate(status.get("results") or []):
            name, kind, axes = r["name"], r.get("kind", "dense"), tuple(r.get("dims") or ())
            a = handle.take(k, r["dtype"], tuple(r["shape"]))
            if kind == "final":
                final = a
            elif kind == "offsets":
                offsets[name] = a
            else:
                columns[name], dims[name] = _cut(a, axes, status.get("filled")), axes
                if snapshot:
                    columns[name].flags.writeable = False
        for name, off in offsets.items():
            columns[name], dims[name] = self._ragged(columns[name], off, status)
        return Run(
            columns, dims, coords=self._coords(columns, dims, status), info=self._info(status), system=self.system, method=self.method,
            final=final, derived=self.derived, status="running" if snapshot else "done" if status["state"] == "done" else "interrupted",
        )  # fmt: skip

    def _ragged(self, values: np.ndarray, off: np.ndarray, status: dict[str, Any]) -> tuple[Ragged, tuple[str, ...]]:
        record = "time" if self.request.spec["verb"] == "simulate" else "draw"
        chains, rows = int(self.request.spec["chains"]), len(off) - 1
        if self.scan:
            return Ragged(values, off, (len(self.kT), chains, rows // (len(self.kT) * chains))), ("kT", "chain", record)
        return Ragged(values, off, (chains, rows // chains)), ("chain", record)

    def _coords(self, columns: dict[str, Any], dims: dict[str, tuple[str, ...]], status: dict[str, Any]) -> dict[str, np.ndarray]:
        coords = {"kT": np.array(self.kT)} if self.scan else {}
        placed = (status.get("info") or {}).get("kernel", {}).get("kT")  # by a ladder that adapts: all chains have the same
        if self.scan and placed:
            coords["kT"] = np.array([float(x) for x in placed]).reshape(len(self.kT), -1)[:, 0]
        spec = self.request.spec
        records = int(status.get("filled") or 0)
        for name, a in columns.items():
            for axis, d in enumerate(dims[name]):
                if d in RECORD:
                    records = a.shape[axis]
        if spec["verb"] == "sample":
            coords["draw"] = np.arange(1, records + 1) * int(spec["every"])
        elif spec["verb"] == "simulate":
            coords["time"] = np.arange(records) * float(spec["every"])
        return coords

    def _info(self, status: dict[str, Any]) -> dict[str, Any]:
        from ergodica import _door

        spec, core, live = self.request.spec, dict(status.get("info") or {}), _door.facts
        info: dict[str, Any] = {**core, "verb": spec["verb"], "kT": self.kT if self.scan else self.kT[0]}
        info |= {key: spec[key] for key in ("chains", "first_chain", "sweeps", "warmup", "time", "every") if key in spec}
        seed = core.get("seed") or spec.get("seed")
        if seed is not None and spec["verb"] != "solve":
            info["seed"] = int(seed)
        info.setdefault("seconds", (status.get("progress") or {}).get("seconds", 0.0))
        for key in ("version", "simd", "threads"):
            if key in live:
                info.setdefault(key, live[key])
        shape = (len(self.kT), -1) if self.scan else (-1,)
        kernel = core.get("kernel") or {}
        info["kernel"] = {k: np.array([float(x) for x in v]).reshape(shape) if isinstance(v, list) else v for k, v in kernel.items()}
        if self.noted:
            info["noted"] = list(self.noted)
        info["events"] = list(status.get("all_events") or [])
        info["request"] = dict(spec)
        return info


def _cut(a: np.ndarray, axes: tuple[str, ...], filled: int | None) -> np.ndarray:
    for axis, d in enumerate(axes):
        if d in RECORD and filled is not None and a.shape[axis] != filled:
            a = a[(slice(None),) * axis + (slice(filled),)]
    return a
