"""Scores of data, and actions that move snapshots into each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.learning.fields import ActionField, Field
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.likelihood import one_each
from ergodica.learning.objectives.matching import real_rows, rows_of
from ergodica.learning.optimisers.base import between
from ergodica.nn.derivatives import divergence, estimated, probes, scalar, scalar_curves, scalar_slopes


@dataclass(frozen=True)
class ScoreMatching(Objective):
    r"""The score :math:`s = \nabla \log p` of data, or an energy with :math:`p \propto e^{-E}`, without its normalisation.

    .. math:: L = E\left[\tfrac12 |s(x)|^2 + \nabla \cdot s(x)\right]

    whose minimum is :math:`-\tfrac12 E|\nabla \log p|^2` at the score of the data, where their density vanishes at the border.

    Parameters
    ----------
    method : {"implicit", "sliced", "denoising"}
        "implicit" takes the divergence as it is, n directional derivatives of n coordinates or one Laplacian; "sliced" estimates it without bias
        by ``probes`` random signs v, :math:`v^T \nabla (v^T s)`; "denoising" takes data with noise of width ``sigma`` and regresses on the noise,
        :math:`\tfrac12 |s(x + \sigma z) + z / \sigma|^2`: the score of the data convolved with it.
    of : {"score", "energy"}
        What ``model(x)`` is: (batch, ...) or (batch,). A score is -grad E.
    probes : int, default 1
    sigma : float, default 0.1

    References
    ----------
    A. Hyvarinen, JMLR 6, 695 (2005); Y. Song et al., UAI 2019; P. Vincent, Neural Comput. 23, 1661 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Quadratic(erg.nn.Module):
    ...     stiffness: np.ndarray
    ...     def __call__(self, x):
    ...         return 0.5 * np.sum(self.stiffness * x**2, axis=1)
    >>> data = np.random.default_rng(1).normal(size=(4000, 2)) * np.array([0.5, 2.0])
    >>> fit = erg.learn(erg.ScoreMatching(of="energy"), Quadratic(np.ones(2)), erg.Adam(0.05), data=data, steps=500, seed=1)
    >>> bool(np.allclose(fit.model.stiffness * np.mean(data**2, axis=0), 1.0, atol=0.01))  # 1 / variance
    True
    """

    method: str = "implicit"
    of: str = "score"
    probes: int = 1
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for name, value, known in (("method", self.method, ("implicit", "sliced", "denoising")), ("of", self.of, ("score", "energy"))):
            if value not in known:
                raise SpecError(f"ScoreMatching.{name}: expected one of {', '.join(map(repr, known))}; got {value!r}", fields={"argument": name})
        between("ScoreMatching.probes", self.probes, 1)
        between("ScoreMatching.sigma", self.sigma, 0.0, open_low=True)

    def score(self, model: Any) -> Callable[[Any], Any]:
        """The score as a function of x (batch, ...)."""
        if self.of == "score":
            return model
        return lambda x: -scalar_slopes(model, x)[1]

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean over rows."""
        x = real_rows(batch, "ScoreMatching")
        score = self.score(model)
        if self.method == "denoising":
            z = random.normal(key, np.shape(x), x.dtype)
            return np.mean(rows_of(0.5 * (score(x + self.sigma * z) + z * (1.0 / self.sigma)) ** 2))
        if self.method == "sliced":
            s, trace = estimated(score, x, probes(key, self.probes, x))
        elif self.of == "energy":
            _, slope, curve = scalar_curves(model, x)
            s, trace = slope, -curve
        else:
            s, trace = score(x), divergence(model, x)
        return np.mean(rows_of(0.5 * s * s) + trace)


@dataclass(frozen=True)
class ActionMatching(Objective):
    r"""An action s(x, t) whose gradient moves the law of the first snapshot through those of all times.

    .. math:: L = E_{q_0} s_0 - E_{q_1} s_1 + \int_0^1 E_{q_t}\left[\partial_t s + \tfrac12 |\nabla s|^2 + \tfrac12 \sigma^2 \Delta s
        + \tfrac12 \kappa s^2\right] dt

    Its minimum is :math:`-\tfrac12 \int E |\nabla s|^2` (and so on) at the only gradient field with
    :math:`\partial_t q = -\nabla \cdot (q \nabla s)`. With sigma the field is the drift of :math:`dX = \nabla s\, dt + \sigma dW`
    (entropic); with ``unbalanced``, kappa = 1, mass grows at the rate s:
    :math:`\partial_t q = -\nabla \cdot (q \nabla s) + s q`.

    ``data`` is a dict of columns with equally many rows: ``x`` (rows, ...) drawn at times ``t`` (rows,), uniform in [0, 1]; ``x0`` and ``x1``, draws
    at both ends; and maybe ``weight`` (rows,), 1 over the density of t where that is not uniform. ``model(x, t)`` gives (batch,) or (batch, 1).
    From an unbalanced fit ``erg.generate(fit, start=x0, log_weights=True)`` gives points with the logarithms of their weights, :math:`\int s\, dt`.
    Between few fixed times :math:`\partial_t s` is not determined: draw t from many.

    Parameters
    ----------
    sigma : float, default 0
    unbalanced : bool, default False

    References
    ----------
    K. Neklyudov, R. Brekelmans, D. Severo, A. Makhzani, ICML 2023, arXiv:2210.06662.

    Examples
    --------
    A Gaussian whose mean moves from 0 to 2: the field is 2 everywhere, the minimum -2.

    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Action(erg.nn.Module):
    ...     v: np.ndarray
    ...     def __call__(self, x, t):
    ...         return self.v * x[:, 0]
    >>> rng = np.random.default_rng(1)
    >>> t, noise = (np.arange(3000) + 0.5) / 3000, lambda: rng.normal(size=(3000, 1))
    >>> data = dict(x=2 * t[:, None] + noise(), t=t, x0=noise(), x1=2 + noise())
    >>> fit = erg.learn(erg.ActionMatching(), Action(np.array(0.0)), erg.Adam(0.05), data=data, steps=300, seed=1)
    >>> bool(abs(fit.model.v - 2.0) < 0.1)
    True
    """

    sigma: float = 0.0
    unbalanced: bool = False

    def __post_init__(self) -> None:
        between("ActionMatching.sigma", self.sigma, 0.0)
        if not isinstance(self.unbalanced, bool):
            raise SpecError(f"ActionMatching.unbalanced: expected True or False, got {self.unbalanced!r}", fields={"argument": "unbalanced"})

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """L, with the integral by the rows' times."""
        from ergodica.expr.forward import jvp

        need = {"x", "t", "x0", "x1"}
        if not isinstance(batch, dict) or not need <= set(batch) <= need | {"weight"}:
            got = ", ".join(map(str, batch)) if isinstance(batch, dict) else type(batch).__name__
            raise SpecError(f"ActionMatching: expected data with x, t, x0, x1, and maybe weight; got {got}",
                            "Try data=dict(x=..., t=..., x0=..., x1=...).", {"argument": "data"})  # fmt: skip
        x, t = real_rows(batch["x"], "ActionMatching"), batch["t"]
        if np.ndim(t) != 1:
            raise SpecError(f"ActionMatching: expected t of shape (rows,), got {np.shape(t)}", fields={"argument": "data"})
        value, rate = jvp(lambda t: scalar(model(x, t), x), (t,), (np.ones(np.shape(t), t.dtype),))
        if self.sigma:
            _, slope, curve = scalar_curves(model, x, t)
            rate = rate + 0.5 * self.sigma**2 * curve
        else:
            slope = scalar_slopes(model, x, t)[1]
        inside = rate + rows_of(0.5 * slope * slope)
        if self.unbalanced:
            inside = inside + 0.5 * value * value
        if "weight" in batch:
            inside = inside * one_each(batch["weight"], x, "ActionMatching weight")
        ends = [scalar(model(batch[n], t * 0.0 + at), batch[n]) for n, at in (("x0", 0.0), ("x1", 1.0))]
        return np.mean(ends[0]) - np.mean(ends[1]) + np.mean(inside)

    def field(self, model: Any) -> Field:
        """The motion by the action's gradient."""
        return ActionField(model, self.sigma, self.unbalanced)

    def starts(self, batch: Any) -> bool:
        """Points begin at rows of the data."""
        return True

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(batch["x"])[1:])
