"""Walkers that move beside a training and give its batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica._base import Method, System, integer, real
from ergodica._encode import Request, as_temperatures
from ergodica._fit import default_method, lattice_shape, trial_batch
from ergodica.errors import SpecError


class Source:
    """Configurations of a sampler or a simulation that runs beside the training, as ``data`` of :func:`ergodica.learn`.

    Row r of a batch belongs to walker r; batch n is what stands ``sweeps`` sweeps, or the time ``every``, after batch n - 1, made while step n - 1
    was. With a buffer
    each row is drawn from its walker's last ``buffer`` batches, so that it is at most ``buffer`` - 1 steps old. Bits depend on the training's seed
    alone. A training that goes on from a fit begins with new walkers.

    Parameters
    ----------
    system : System, or function with a space of real numbers
        As for :func:`ergodica.sample`.
    method : Method, optional
        One of :func:`ergodica.sample` whose walkers move on their own, or with ``every`` one of :func:`ergodica.simulate`, such as ``erg.Langevin()``
        and ``erg.Kawasaki()``.
    space : Space, optional
        ``erg.Real(n)`` for a function.
    kT : float or sequence of float, default 1.0
        With a sequence a batch is the pair (configurations, kT of each row), ``walkers`` rows at each temperature.
    walkers : int, default 256
        Rows of a batch.
    sweeps : int, default 1
        Between two batches.
    warmup : int, optional
        Before the first batch: sweeps (1000), or times ``every`` (100).
    buffer : int, default 1
    every : float, optional
        Time between two batches, in the method's unit. A batch has positions, not velocities.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> magnet = erg.lattice.Ising((8, 8))
    >>> source = erg.Source(magnet, erg.HeatBath(), kT=5.0, walkers=64, sweeps=2)
    >>> bond = lambda m, s: (m["c"] - np.mean(s * np.roll(s, 1, 1))) ** 2  # c becomes the correlation of neighbours
    >>> fit = erg.learn(bond, {"c": np.array(0.0)}, erg.SGD(0.02), data=source, steps=1000, seed=1)
    >>> exact = -float(erg.solve(magnet, kT=5.0)["energy"]) / 128
    >>> bool(abs(fit.model["c"] - exact) < 0.02)
    True
    """

    def __init__(self, system: Any, method: Method | None = None, *, space: Any = None, kT: Any = 1.0, walkers: int = 256, sweeps: int = 1,
                 warmup: int | None = None, buffer: int = 1, every: float | None = None) -> None:  # fmt: skip
        from ergodica._specs import Langevin
        from ergodica.sampling.density import as_density, default, suited

        self.every = None if every is None else real(every, "every")
        if self.every is not None and (self.every <= 0 or sweeps != 1):
            raise SpecError(f"Source: expected every above 0 and no sweeps beside it, got every={every}, sweeps={sweeps}",
                            fields={"argument": "every"})  # fmt: skip
        verb = self.verb = "sample" if every is None else "simulate"
        if not isinstance(system, System):
            system, _ = as_density(system, space, None, verb)
            if any(type(s).__name__ != "Real" for s in system.layout.spaces) or len(system.layout.spaces) != 1:
                raise SpecError("Source: expected erg.Real(n) as the space of a function", fields={"argument": "space"})
            method = method or (default(system.layout) if every is None else Langevin())
            self.row: tuple[int, ...] = (system.layout.size,)
            dtype = np.dtype(np.float64)
        else:
            method = method or default_method(verb, system)
            self.row, dtype = lattice_shape(system), trial_batch(system, 1).dtype
        if not isinstance(method, Method):
            raise SpecError(f"Source: expected a method, got {method!r}", "Try erg.methods(system).", {"argument": "method"})
        self.system, self.method, self.dtype = suited(system, method), method, dtype
        self.temperatures, self.scan = as_temperatures(kT)
        self.walkers, self.sweeps = integer(walkers, "walkers", 1), integer(sweeps, "sweeps", 1)
        warmup = (1000 if every is None else 100) if warmup is None else warmup
        self.warmup, self.buffer = integer(warmup, "warmup", 0), integer(buffer, "buffer", 1, 1 << 20)

    def sample(self, dtype: np.dtype | None) -> Any:
        """The kind of a batch: spins and real numbers in the model's precision, labels as int32."""
        rows = len(self.temperatures) * self.walkers
        kind = np.dtype(np.int32) if self.dtype in (np.uint8, np.int32) else np.dtype(dtype or np.float64)
        return np.zeros((rows, *self.row), kind)

    def joined(self, x: Any) -> Any:
        """The batch as the loss sees it."""
        return (x, np.repeat(np.array(self.temperatures, x.dtype if x.dtype.kind == "f" else np.float64), self.walkers)) if self.scan else x

    def encoded(self, request: Request) -> dict[str, Any]:
        own: dict[str, Any] = {"time": self.every, "every": self.every}
        if self.every is None:
            own = {"sweeps": self.sweeps, "warmup": self.warmup, "every": self.sweeps}
        walkers = {
            "verb": self.verb, "system": request.encode(self.system, "system"), "method": request.encode(self.method, "method"),
            "kT": self.temperatures, "chains": self.walkers, **own, "observe": ["energy"], **({"scan": ["kT"]} if self.scan else {}),
        }  # fmt: skip
        return {"walkers": walkers, "warmup": self.warmup, "buffer": self.buffer}

    def __repr__(self) -> str:
        return f"Source({self.system!r}, {self.method!r})"
