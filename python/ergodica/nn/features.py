"""Features of inputs, times and labels that networks see in place of the numbers themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import ShapeError, SpecError
from ergodica.nn.dense import Embedding, Linear, keys, last_axis, seeded, size
from ergodica.nn.initialisers import normal, zeros
from ergodica.nn.module import Module


def _positive(x: Any, what: str) -> float:
    if not (isinstance(x, (int, float, np.integer, np.floating)) and math.isfinite(x) and x > 0):
        raise SpecError(f"{what}: expected a number above 0, got {x!r}")
    return float(x)


class FourierFeatures(Module):
    r"""cos and sin of random projections, fixed ones (Tancik et al. 2020): networks then learn fine detail of few inputs.

    .. math:: y = \left(\cos 2\pi B x, \sin 2\pi B x\right), \qquad B_{ij} \sim N(0, \mathrm{scale}^2)

    Parameters
    ----------
    inputs : int
    features : int
        Rows of B; ``outputs`` is twice as many.
    scale : float, default 1
    seed : int or key, default drawn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.MLP(2, [32], 1, embed=erg.nn.FourierFeatures(2, 16, scale=3.0, seed=0), seed=1)
    >>> model(np.zeros((10, 2))).shape
    (10, 1)
    """

    inputs: int
    outputs: int
    rows: tuple[tuple[float, ...], ...]

    def __init__(self, inputs: int, features: int, scale: float = 1.0, seed: Any = None) -> None:
        n, m, s = size(inputs, "FourierFeatures inputs"), size(features, "FourierFeatures features"), _positive(scale, "FourierFeatures scale")
        self.inputs, self.outputs = n, 2 * m
        self.rows = tuple(map(tuple, (s * np.asarray(random.normal(seeded(seed), (m, n)))).tolist()))  # numbers, not arrays: they are not trained

    def __call__(self, x: Any) -> Any:
        """(..., outputs) for x of shape (..., inputs)."""
        last_axis(x, self.inputs, "FourierFeatures")
        u = x @ (2 * math.pi * np.array(self.rows)).T.astype(x.dtype)
        return np.concatenate([np.cos(u), np.sin(u)], axis=-1)


class PeriodicFeatures(Module):
    r"""cos and sin of the first harmonics of each input: any network of them is a periodic function.

    .. math:: y = \left(\cos \frac{2\pi k x_i}{L}, \sin \frac{2\pi k x_i}{L}\right)_{k = 1, \dots, K}

    Parameters
    ----------
    inputs : int
    harmonics : int, default 1
        K; ``outputs`` is 2 K inputs.
    period : float, default 2 pi
        L.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.MLP(3, [16], 1, embed=erg.nn.PeriodicFeatures(3, period=2.0), seed=0)
    >>> x = np.linspace(0.0, 1.0, 3)
    >>> bool(np.allclose(model(x), model(x + 2.0)))
    True
    """

    inputs: int
    outputs: int
    harmonics: int
    period: float

    def __init__(self, inputs: int, harmonics: int = 1, period: float = 2 * math.pi) -> None:
        self.inputs, self.harmonics = size(inputs, "PeriodicFeatures inputs"), size(harmonics, "PeriodicFeatures harmonics")
        self.outputs, self.period = 2 * self.inputs * self.harmonics, _positive(period, "PeriodicFeatures period")

    def __call__(self, x: Any) -> Any:
        """(..., outputs) for x of shape (..., inputs)."""
        last_axis(x, self.inputs, "PeriodicFeatures")
        u = x * (2 * math.pi / self.period)
        turns = [u * k for k in range(1, self.harmonics + 1)]
        return np.concatenate([f(u) for u in turns for f in (np.cos, np.sin)], axis=-1)


def time_features(t: Any, features: int, slowest: float = 1.0, fastest: float = 1000.0) -> Any:
    r"""cos and sin of t at angular frequencies that are spaced geometrically from ``slowest`` to ``fastest`` (Vaswani et al. 2017).

    Parameters
    ----------
    t : array (...)
    features : even int
    slowest, fastest : float, default 1 and 1000

    Returns
    -------
    (..., features)

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.nn.time_features(np.linspace(0.0, 1.0, 5), 8).shape
    (5, 8)
    """
    n = size(features, "time_features")
    if n % 2:
        raise SpecError(f"time_features: expected an even number of features, got {n}")
    w = np.geomspace(_positive(slowest, "time_features slowest"), _positive(fastest, "time_features fastest"), n // 2)
    u = np.expand_dims(t, -1) * w.astype(t.dtype if getattr(t, "dtype", None) is not None and t.dtype.kind == "f" else float)
    return np.concatenate([np.cos(u), np.sin(u)], axis=-1)


class Conditions(Module):
    """What a time, a label and further numbers add to the first layer's sums.

    A class of -1 (or None in place of all) adds nothing: one network is conditional and unconditional, as guidance without a classifier needs it.
    """

    time: Linear | None
    label: Embedding | None
    context: Linear | None
    features: int

    def __init__(self, outputs: int, time: int, classes: int, context: int, dtype: Any, seed: Any) -> None:
        one, two, three = keys(seed, 3)
        self.features = size(time, "time") if time else 0
        if self.features % 2:
            raise SpecError(f"time: expected an even number of features, got {time}")
        self.time = Linear(self.features, outputs, False, None, dtype, one) if time else None
        self.label = Embedding(classes, outputs, normal(0.1) if classes else zeros, dtype, two) if classes else None
        self.context = Linear(context, outputs, False, None, dtype, three) if context else None

    def added(self, what: str, t: Any, label: Any, context: Any) -> Any:
        """The sum of the parts, (..., outputs), or None."""
        parts: list[Any] = []
        if self.label is None and self.context is not None and context is None:
            label, context = None, label
        asked = (t, self.time, "t", "time"), (label, self.label, "label", "classes"), (context, self.context, "context", "context")
        for given, layer, name, option in asked:
            if given is not None and layer is None:
                raise SpecError(f"{what} was made without {option}", f"Try {what}(..., {option}=...).")
            if given is None and layer is not None and name != "label":
                raise SpecError(f"{what}: expected {name}, since it was made with {option}")
        if self.time is not None:
            weight = self.time.weight
            t = t if hasattr(t, "dtype") else np.asarray(t, weight.dtype)
            parts.append(self.time(time_features(t, self.features)))
        if self.label is not None and label is not None:
            k = label if hasattr(label, "dtype") else np.asarray(label)
            if k.dtype.kind not in "iu":
                raise SpecError(f"{what} label: expected integers, got {k.dtype}")
            parts.append(np.where(np.expand_dims(k < 0, -1), 0, self.label(np.maximum(k, 0))))
        if self.context is not None:
            c = context if hasattr(context, "dtype") else np.asarray(context, float)
            last_axis(c, np.shape(self.context.weight)[1], f"{what} context")
            parts.append(self.context(c))
        return sum(parts[1:], parts[0]) if parts else None


def conditions(outputs: int, time: int, classes: int, context: int, what: str, dtype: Any, seed: Any) -> Conditions | None:
    """Those that are asked for."""
    for n, name in ((time, "time"), (classes, "classes"), (context, "context")):
        if n is True:
            raise SpecError(f"{what} {name}: expected how many there are, got True", f"Try {name}=16.", {"argument": name})
        if n:
            size(n, f"{what} {name}")
    return Conditions(outputs, time, classes, context, dtype, seed) if time or classes or context else None


def fitting(given: tuple[int, ...], x: Any, what: str) -> None:
    """Refuse conditions of more batch dimensions than x: a column (n, 1) beside n rows would give n^2. A single x may meet many."""
    rows = np.shape(x)[:-1]
    if (rows and len(given) > len(rows)) or any(1 != a != b != 1 for a, b in zip(given[::-1], rows[::-1], strict=False)):
        raise ShapeError(f"{what}: expected times, labels and contexts for rows of shape {rows}, or one for all; got {given}",
                         "Try t[:, 0] of a column." if len(given) > len(rows) else "")  # fmt: skip


def condition(given: Conditions | None, what: str, t: Any, label: Any, context: Any) -> Any:
    if given is not None:
        return given.added(what, t, label, context)
    for x, name, option in ((t, "t", "time"), (label, "label", "classes"), (context, "context", "context")):
        if x is not None:
            raise SpecError(f"{what} was made without {option}, got {name}", f"Try {what}(..., {option}=...).")
    return None
