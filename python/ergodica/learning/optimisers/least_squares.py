"""Sums of squares: the objective, Gauss-Newton and Levenberg-Marquardt."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.expr.control import cond, while_loop
from ergodica.expr.intercept import called
from ergodica.expr.verbs import jacobian
from ergodica.learning.objective import Objective, fresh
from ergodica.learning.optimisers.base import Leaves, Optimiser, Problem, between
from ergodica.learning.optimisers.vectors import Vectors

Result = tuple[Leaves, Any, Any, Any, dict[str, Any]]


@dataclass(frozen=True)
class LeastSquares(Objective):
    r"""Half the sum of squares of residuals, :math:`\frac12 \sum_i |r_i(\theta)|^2`; any optimiser minimises it, those of this page use the r.

    An objective of one's own serves them as well if it has ``residuals(model, batch)`` and this loss.

    Parameters
    ----------
    residuals : function of (model) or (model, batch)
        An array or a structure of arrays, real or complex.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> t = np.linspace(0.0, 2.0, 30)
    >>> decay = erg.LeastSquares(lambda m, b: m["a"] * np.exp(-m["k"] * b[0]) - b[1])
    >>> fit = erg.learn(decay, {"a": np.array(1.0), "k": np.array(0.0)}, erg.LevenbergMarquardt(), data=(t, 3 * np.exp(-2 * t)), steps=20, seed=1)
    >>> round(float(fit.model["a"]), 10), round(float(fit.model["k"]), 10)
    (3.0, 2.0)
    """

    function: Callable[..., Any]
    draws = False

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise SpecError(f"LeastSquares: expected a function of (model) or (model, batch), got {self.function!r}",
                            fields={"argument": "residuals"})  # fmt: skip

    @property
    def needs_data(self) -> bool:  # type: ignore[override]
        try:
            return len([p for p in inspect.signature(self.function).parameters.values() if p.default is p.empty and p.kind < 2]) > 1
        except (TypeError, ValueError):
            return True

    def residuals(self, model: Any, batch: Any) -> Any:
        return called(self.function, model, *([batch] if self.needs_data else []))

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        r = stacked(self.residuals(model, batch))
        return np.sum(r * r) / 2


def stacked(residuals: Any) -> Any:
    """One real float64 vector; of complex residuals the real parts, then the imaginary ones."""
    from ergodica.expr import trees

    parts: list[Any] = []
    for x in trees.flatten(residuals)[1]:
        parts += [np.real(x).ravel(), np.imag(x).ravel()] if x.dtype.kind == "c" else [x.ravel()]
    if not sum(math.prod(np.shape(x)) for x in parts):
        raise SpecError("LeastSquares: expected residuals as an array or a structure of arrays, got none", fields={"argument": "residuals"})
    return np.concatenate([x.astype(np.float64) for x in parts])


class _Squares(Optimiser):
    """Optimisers that solve (J^T J + damping) delta = -J^T r."""

    def linearised(self, problem: Problem, v: Vectors, x: Any) -> tuple[Callable[[Any], Any], Any, Any]:
        """r as a function of the vector, r and J there."""
        objective = problem.told("residuals")
        if objective is None or problem.model is None:
            raise SpecError(f"{type(self).__name__} needs an objective with residuals",
                            "Try erg.LeastSquares(lambda model, batch: model(batch[0]) - batch[1]).", {"argument": "loss"})  # fmt: skip
        model = problem.model
        r = lambda x: stacked(objective(model(v.build(x.astype(v.dtype))), fresh(problem.batch)))
        return r, r(x), jacobian(r)(x)

    def ended(self, problem: Problem, v: Vectors, x: Any, slope: Any, told: dict[str, Any]) -> Any:
        """``slope`` is J^T r before the step, whose norm is told: where it is not finite no step is, and the training ends."""
        new = v.build(x.astype(v.dtype))
        loss, aux = problem.value(new)
        return new, loss, aux, {"gradient_norm": np.sqrt(np.sum(slope * slope)), **told}


class GaussNewton(_Squares):
    r"""Steps to the minimum of the linearised sum of squares, halved until the sum falls.

    .. math:: \theta \leftarrow \theta + t\,\delta, \qquad (J^T J + \lambda)\,\delta = -J^T r, \qquad J = \frac{\partial r}{\partial \theta}

    by QR of J above :math:`\sqrt\lambda`, in float64. One step for linear residuals; quadratic convergence where the sum of squares vanishes. Where
    J has not full rank to the last digits, :math:`\delta` is the smallest of those that solve the equation, each parameter in units of one over the
    norm of its column; one that no residual knows stays. Where no t decreases the sum, all stay. The recorded loss is that of the new parameters,
    ``gradient_norm`` is :math:`|J^T r|` of the old ones.

    Parameters
    ----------
    shift : float, default 0
        :math:`\lambda`; needed where there are fewer residuals than parameters.
    halvings : int, default 20

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> line = erg.LeastSquares(lambda m: m["x"] * np.array([1.0, 2.0]) - 3.0)
    >>> fit = erg.learn(line, {"x": np.array(0.0)}, erg.GaussNewton(), steps=1, seed=1)
    >>> round(float(fit.model["x"]), 12)
    1.8
    """

    shift: float = 0.0
    halvings: int = 20

    def __post_init__(self) -> None:
        between("GaussNewton.shift", self.shift, 0.0)
        self._count("halvings", 0)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        v = Vectors(parameters)
        x = v.flat(parameters).astype(np.float64)
        residuals, r, J = self.linearised(problem, v, x)
        delta = -self._solved(J, r)
        before = np.sum(r * r)

        def shorter(c: Any) -> Any:
            t, _, m = c
            t = np.where(m == 0, 1.0, t / 2)
            return t, squared(residuals(x + t * delta)), m + 1

        t, after, _ = while_loop(lambda c: ~(c[1] < before) & (c[2] <= self.halvings), shorter, (np.float64(1.0), before, np.int64(0)))
        ahead = after < before
        new, loss, aux, told = self.ended(problem, v, np.where(ahead, x + t * delta, x), J.T @ r, {"length": np.where(ahead, t, 0.0)})
        return new, state, loss, aux, told

    def _solved(self, J: Any, r: Any) -> Any:
        """(J^T J + shift)^-1 J^T r."""
        from scipy.linalg import solve_triangular

        m, n = J.shape
        if m < n and not self.shift:
            raise SpecError(f"GaussNewton: {m} residuals do not fix {n} parameters", "Try GaussNewton(shift=1e-6).", {"argument": "shift"})
        if m < n:  # the smallest (delta, s) with J delta + shift^1/2 s = r, in m^2 n operations
            Q, R = np.linalg.qr(np.concatenate([J.T, np.sqrt(self.shift) * np.eye(m)]))
            size = np.abs(np.diagonal(R))
            full = ~(np.min(size) <= 2.2e-16 * n * np.max(size))  # else the triangle's solution is noise
            return cond(full, lambda: Q[:n] @ solve_triangular(R, r, trans=1), lambda: np.linalg.lstsq(J, r)[0])
        rows, target = (np.concatenate([J, np.sqrt(self.shift) * np.eye(n)]), np.concatenate([r, np.zeros(n)])) if self.shift else (J, r)
        norms = np.sqrt(np.sum(rows * rows, 0))
        D = np.where(norms > 0, norms, 1.0)
        rows = rows / D
        Q, R = np.linalg.qr(rows)
        full = ~(np.min(np.abs(np.diagonal(R))) <= 2.2e-16 * len(target))
        return cond(full, lambda: solve_triangular(R, Q.T @ target), lambda: np.linalg.lstsq(rows, target)[0]) / D


class LevenbergMarquardt(_Squares):
    r"""Damped Gauss-Newton steps whose damping follows how well the linearisation predicts.

    .. math::
        (J^T J + \mu D^2)\,\delta = -J^T r, \qquad
        \varrho = \frac{F(\theta) - F(\theta + \delta)}{\frac12 \delta \cdot (\mu D^2 \delta - J^T r)}, \qquad F = \tfrac12 |r|^2

    D holds the largest norm that each column of J has had (1 where it has always been 0), so that steps do not depend on the units of parameters. A
    step with :math:`\varrho > 0` is taken, then :math:`\mu \leftarrow \mu \max(1/3,\, 1 - (2 \varrho - 1)^3)`; otherwise :math:`\mu` grows by
    2, 4, 8, ... and another is tried. Cholesky in float64. Where none of ``tries`` decreases F the parameters stay, to the bit, and
    :math:`\mu` above 1e10 begins anew. The recorded loss is that of the new parameters, ``gradient_norm`` is :math:`|J^T r|` of the old ones.

    Parameters
    ----------
    damping : float, default 1e-3
        The first :math:`\mu`.
    tries : int, default 10
        Dampings a step at most.
    scaled : bool, default True
        False: D is the root of the first largest diagonal element of :math:`J^T J` times the identity, for parameters of one unit:
        fewer steps along valleys whose slopes have become small.

    References
    ----------
    H. B. Nielsen, "Damping parameter in Marquardt's method", IMM-REP-1999-05, Technical University of Denmark (1999); J. J. Moré, "The
    Levenberg-Marquardt algorithm: implementation and theory", Lecture Notes in Mathematics 630, 105 (1978), eq. 6.3.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> valley = erg.LeastSquares(lambda m: np.array([1 - m["x"], 10 * (m["y"] - m["x"] ** 2)]))
    >>> fit = erg.learn(valley, {"x": np.array(-1.2), "y": np.array(1.0)}, erg.LevenbergMarquardt(), steps=40, seed=1)
    >>> bool(fit.loss < 1e-20)
    True
    """

    damping: float = 1e-3
    tries: int = 10
    scaled: bool = True

    def __post_init__(self) -> None:
        between("LevenbergMarquardt.damping", self.damping, 0.0, open_low=True)
        self._count("tries", 1)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return np.full((), self.damping), np.full((), 2.0), np.zeros(Vectors(parameters).size)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> Result:
        from scipy.linalg import solve_triangular

        v = Vectors(parameters)
        x = v.flat(parameters).astype(np.float64)
        residuals, r, J = self.linearised(problem, v, x)
        mu, growth, widest = state
        norms = np.sqrt(np.sum(J * J, 0))
        widest = np.maximum(widest, norms) if self.scaled else np.where(k == 0, np.max(norms), widest)
        D = np.where(widest > 0, widest, 1.0)
        scaled = J / D
        wide = len(r) < x.size  # then the matrix of residuals is the smaller one
        normal, g, before = scaled @ scaled.T if wide else scaled.T @ scaled, scaled.T @ r, np.sum(r * r) / 2

        def attempt(c: Any) -> Any:
            _, _, mu, growth, m = c
            L = np.linalg.cholesky(normal + mu * np.eye(len(normal)))
            solved = solve_triangular(L, solve_triangular(L, r if wide else g, lower=True), lower=True, trans=1)
            delta = -(scaled.T @ solved if wide else solved)
            after = squared(residuals(x + delta / D)) / 2
            gain = (before - after) / (np.sum(delta * (mu * delta - g)) / 2)
            good = after < before
            factor = np.maximum(1 / 3, 1 - (2 * gain - 1) ** 3)
            mu, growth = np.where(good, mu * factor, mu * growth), np.where(good, 2.0, 2 * growth)
            return np.where(good, x + delta / D, x), good, np.clip(mu, 1e-16, 1e16), np.minimum(growth, 1e6), m + 1

        x, good, mu, growth, tried = while_loop(lambda c: ~c[1] & (c[4] < self.tries), attempt, (x, np.bool_(False), mu, growth, np.int64(0)))
        lost = ~good & (mu >= 1e10)  # nothing is to be gained here: what comes next, of other data it may be, begins anew
        mu, growth = np.where(lost, self.damping, mu), np.where(lost, 2.0, growth)
        new, loss, aux, told = self.ended(problem, v, x, D * g, {"damping": mu, "tries": tried.astype(np.float64)})
        return new, (mu, growth, widest), loss, aux, told


def squared(r: Any) -> Any:
    """|r|^2, infinite where it is not a number."""
    s = np.sum(r * r)
    return np.where(np.isnan(s), np.inf, s)
