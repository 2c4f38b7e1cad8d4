"""What came out of a training."""

from __future__ import annotations

import copy
import os
import pickle
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ergodica.run import UnknownName


class History(Mapping[str, np.ndarray]):
    """Columns of a training: ``step`` and a column for everything that was recorded, (rows) or (members, rows); and ``evaluations``, another table.

    A row has the means over the steps since the row before it; ``step`` is the number of steps that were finished then.
    """

    def __init__(self, columns: dict[str, np.ndarray], evaluations: History | None = None) -> None:
        self._columns = columns
        self.evaluations = evaluations

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._columns:
            return self._columns[name]
        if self.evaluations is not None and name in self.evaluations:
            return self.evaluations[name]
        raise UnknownName(f"there is no {name!r} in this history; it has: {', '.join(self)}", fields={"argument": "name"})

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def to_pandas(self) -> Any:
        """A DataFrame with a row a step recorded; of an ensemble with a column for each member."""
        from ergodica._tables import need

        return need("pandas").DataFrame(self._flat())

    def to_arrow(self) -> Any:
        """A pyarrow Table; of an ensemble with a column for each member."""
        from ergodica._tables import need

        return need("pyarrow").table(self._flat())

    def _flat(self) -> dict[str, np.ndarray]:
        flat: dict[str, np.ndarray] = {}
        for name, a in self._columns.items():
            flat |= {name: a} if a.ndim == 1 else {f"{name}[{m}]": row for m, row in enumerate(a)}
        return flat

    def __repr__(self) -> str:
        rows = len(self._columns["step"])
        lines = ["  ".join(f"{n:>12}" for n in self._columns)]
        shown = range(rows) if rows <= 6 else [0, 1, 2, rows - 3, rows - 2, rows - 1]
        for n, r in enumerate(shown):
            lines += ["         ..."] if rows > 6 and n == 3 else []
            lines.append("  ".join(f"{np.mean(a[..., r]):12.6g}" for a in self._columns.values()))
        return "\n".join(lines)


def marks(arrays: list[np.ndarray]) -> list[int]:
    """Checksums, by which it is seen that numbers were changed."""
    return [zlib.crc32(np.ascontiguousarray(a).ravel().view(np.uint8).data) for a in arrays]


def _pickles(x: Any) -> bool:
    try:
        pickle.dumps(x)
    except Exception:  # of many kinds
        return False
    return True


class Fit:
    """A trained model with the record of its training, made by :func:`ergodica.learn`.

    Attributes
    ----------
    model : object
        The model after the last step, of the structure that was given; of an ensemble a list of models.
    history : History
        ``fit.history["loss"]``, and what else was recorded; ``fit.history.evaluations``.
    best : object or None
        The model at the smallest value of the monitored evaluation, after ``best_step`` steps.
    average : object or None
        The averaged model, of optimisers that keep one.
    steps : int
        Finished steps, those of the fits that it goes on from included.
    status : {"done", "interrupted", "running"}
    info : dict
        seed, seconds, threads, bytes, version; of a ``Source`` what its walkers' kernels report, as ``fit.info["source"]["acceptance"]`` (walkers,).
    optimiser : Optimiser
    objective : Objective or function
        Of a fit from a file this or the optimiser is None where it has functions of one's own and was not given to ``erg.load``; of one from another
        process where it has a lambda.
    event : tuple of int or None
        The shape of one point, of objectives whose models are drawn from.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum(m["x"] ** 2), {"x": np.ones(2)}, erg.SGD(0.25), steps=2, seed=1)
    >>> fit.model["x"].tolist(), fit.history["loss"].tolist()
    ([0.25, 0.25], [2.0, 0.5])
    """

    def __init__(self, model: Any, history: History, best: Any, best_step: int, average: Any, steps: int, status: str, info: dict[str, Any],
                 optimiser: Any, state: Any, began: int = 0,
                 objective: Any = None, event: tuple[int, ...] | None = None) -> None:  # fmt: skip
        self.model, self.history, self.best, self.best_step, self.average = model, history, best, best_step, average
        self.steps, self.status, self.info, self.optimiser, self.state = steps, status, info, optimiser, state
        self.objective, self.event = objective, event
        self.began = began  # the step at which the optimiser did
        self.marks = None if state is None else marks(state[0])  # of the parameters, which the model shares and a user may change

    def __getstate__(self) -> dict[str, Any]:
        """For other processes, which know no lambda of this one."""
        return {n: None if n in ("objective", "optimiser") and not _pickles(x) else x for n, x in vars(self).items()}

    def __copy__(self) -> Fit:
        made = object.__new__(Fit)
        vars(made).update(vars(self))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Fit:
        made = memo[id(self)] = object.__new__(Fit)
        vars(made).update(copy.deepcopy(vars(self), memo))
        return made

    @property
    def seed(self) -> int:
        return int(self.info["seed"])

    @property
    def loss(self) -> Any:
        """The last row of the loss, a number or one for each member; NaN where there is no row."""
        rows = self.history["loss"]
        last = rows[..., -1] if rows.shape[-1] else np.full(rows.shape[:-1], np.nan)
        return float(last) if last.ndim == 0 else last

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an Arrow IPC file that :func:`ergodica.load` makes into a fit again; in pandas and polars it is the table of the history. Atomic.

        Models, optimisers and objectives are kept by their settings and the names of their classes and functions, where these are ergodica's, NumPy's
        or SciPy's; of others :func:`ergodica.load` must be given one. Parameters alone go to other frameworks by ``fit.model.save``.

        Parameters
        ----------
        path : path

        Raises
        ------
        ImportError
            ``pyarrow`` is not installed.

        Examples
        --------
        >>> import os, tempfile
        >>> import numpy as np
        >>> import ergodica as erg
        >>> loss = lambda m: np.sum((m["x"] - 1.0) ** 2)
        >>> whole = erg.learn(loss, {"x": np.zeros(2)}, erg.Adam(0.1), steps=50, seed=1)
        >>> path = os.path.join(tempfile.mkdtemp(), "fit.arrow")
        >>> erg.learn(loss, {"x": np.zeros(2)}, erg.Adam(0.1), steps=20, seed=1).save(path)
        >>> rest = erg.learn(loss, erg.load(path), steps=30)
        >>> bool((rest.model["x"] == whole.model["x"]).all())
        True
        """
        from ergodica.learning.files import save

        save(self, path)

    def plot(self, names: Any = None, **options: Any) -> Any:
        """The curves of the history over the steps; returns a matplotlib Figure."""
        from ergodica._tables import need

        tables = [self.history] + ([self.history.evaluations] if self.history.evaluations is not None else [])
        wanted = [n for t in tables for n in t if n != "step"] if names is None else [names] if isinstance(names, str) else list(names)
        plt = need("matplotlib.pyplot", "ergodica[plot]")
        figure, axes = plt.subplots(len(wanted), 1, squeeze=False, sharex=True, layout="constrained", **options)
        for axis, name in zip(axes[:, 0], wanted, strict=True):
            table = next((t for t in tables if name in t), self.history)
            axis.plot(table["step"], table[name].T, lw=0.8)
            axis.set(ylabel=name)
            if np.all(table[name] > 0):
                axis.set_yscale("log")
        axes[-1, 0].set(xlabel="step")
        return figure

    def __repr__(self) -> str:
        by = "" if self.optimiser is None else f" with {self.optimiser!r}"
        what = f"Fit: {self.steps} steps{by}" + (f", loss {np.mean(self.loss):.6g}" if len(self.history["step"]) else "")
        more = [f"seed {self.info.get('seed')}", f"{self.info.get('seconds', 0):.3g} s"] + ([self.status] if self.status != "done" else [])
        return "; ".join([what, *more])
