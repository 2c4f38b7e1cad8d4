"""What filters and smoothers give: runs whose columns have the states' shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._collect import Plan
from ergodica._estimate import Estimate
from ergodica.run import Run
from ergodica.series.model import Flat

if TYPE_CHECKING:
    from ergodica._door import Handle


class Filtered(Run):
    """A run over a time series: columns with the dimensions (chain, time, ...) or (chain, ...); see :func:`erg.filter` and :func:`erg.smooth`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> walk = erg.LinearGaussian(1.0, 1.0, 1.0, 1.0, 0.0, 1.0)
    >>> run = erg.filter(walk.particles(), np.zeros((10, 1)), erg.BootstrapFilter(particles=1000), seed=1)
    >>> abs(run.log_evidence.value - erg.filter(walk, np.zeros(10)).log_evidence.value) < 0.1
    True
    """

    @property
    def lead(self) -> tuple[str, ...]:
        """The dimensions that all quantities share."""
        return ("chain",) if "seed" in self.info else ()

    @property
    def log_evidence(self) -> Estimate:
        """log p(y), from the mean of the chains' unbiased estimates of p(y), with its standard error; NaN as the error of one chain."""
        if "log_evidence" not in self.info:
            return Estimate(float(self["log_likelihood"][-1]), 0.0)
        return log_mean_exp(np.asarray(self.info["log_evidence"]))

    def mean(self, name: str) -> Estimate:
        """Mean over chains of a quantity with its standard error, from the spread of the independent chains."""
        a = np.asarray(self[name])
        n = a.shape[0]
        se = a.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(a.shape[1:], np.nan)
        return Estimate(a.mean(axis=0), se)

    def _shown(self) -> Any:
        return None

    def __repr__(self) -> str:
        text = f"Run: {self.title}"
        if "log_evidence" in self.info:
            text += f"\nlog evidence {self.log_evidence!r}"
        shapes = ", ".join(f"{k} {np.shape(v)}" for k, v in self.items())
        return f"{text}\n{shapes}"


def log_mean_exp(logs: np.ndarray) -> Estimate:
    """log of the mean of exp(logs) with its standard error by the delta method."""
    logs = logs.reshape(-1)
    most = logs.max()
    w = np.exp(logs - most)
    se = w.std(ddof=1) / w.mean() / np.sqrt(len(w)) if len(w) > 1 else np.nan
    return Estimate(float(most + np.log(w.mean())), float(se))


@dataclass
class SeriesPlan(Plan):
    """How the columns of the core become quantities of the user's shapes: (column, offset, size, name, shape)."""

    parts: dict[str, list[tuple[int, int, str, tuple[int, ...]]]] = field(default_factory=dict)
    verb: str = "filter"

    def run(self, status: dict[str, Any], handle: Handle) -> Run:
        """Take the results."""
        run = super().run({**status, "filled": None}, handle)
        columns: dict[str, Any] = {}
        dims: dict[str, tuple[str, ...]] = {}
        for name, a in run.items():
            axes = run.dims[name]
            if name not in self.parts:
                columns[name], dims[name] = a, axes
                continue
            for start, size, title, shape in self.parts[name]:
                columns[title] = a[..., start : start + size].reshape(a.shape[:-1] + shape)
                dims[title] = (*axes[:-1], *(f"{title}_dim_{k}" for k in range(len(shape))))
        coords = {k: v for k, v in run.coords.items() if k != "draw"}
        return Filtered(columns, dims, coords=coords, info={**run.info, "verb": self.verb}, system=run.system, method=run.method, status=run.status)


def parts_of(state: Flat, prefix: str, extra: list[tuple[str, tuple[int, ...]]] | None = None) -> list[tuple[int, int, str, tuple[int, ...]]]:
    """Where the arrays of a state, and of what stands behind it, are in a vector."""
    at, out = 0, []
    for k, (shape, size) in enumerate(zip(state.shapes, state.sizes, strict=True)):
        name = state.names[k] if len(state.shapes) > 1 else ""
        out.append((at, size, f"{prefix}.{name or k}" if len(state.shapes) > 1 else prefix, shape))
        at += size
    for title, shape in extra or []:
        size = int(np.prod(shape, dtype=np.int64))
        out.append((at, size, title, shape))
        at += size
    return out
