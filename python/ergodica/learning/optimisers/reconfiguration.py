"""Natural gradients and stochastic reconfiguration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.expr.control import while_loop
from ergodica.expr.forward import jvp, vjp
from ergodica.expr.program import Sub
from ergodica.expr.verbs import grad, vmap
from ergodica.learning.objective import fresh
from ergodica.learning.optimisers.base import Leaves, Optimiser, Problem, Rate, between, rate_at
from ergodica.learning.optimisers.vectors import Vectors

METHODS = ("dense", "cg", "minsr")


@dataclass
class Local:
    r"""What an objective tells of its samples, for :class:`SR`; returned by its method ``local(model, batch, key)``, or ``(..., memory)``.

    Attributes
    ----------
    log : function of (model, samples), giving (B,)
        :math:`\log\psi` of samples, real or complex, up to a constant; or log-probabilities. Row b may depend on sample b alone.
    samples : array or structure of arrays, (B, ...)
    energies : (B,), optional
        Local energies :math:`(H\psi)(s) / \psi(s)`. Without them the gradient is that of the objective's loss.
    weights : (B,), optional
        Of the samples, in any unit: they are divided by their sum (all states of a small system, reweighted samples); equal ones otherwise.
    centred : bool, default True
        Subtract the mean of the derivatives; False for normalised log-probabilities, whose mean vanishes.
    numbers : dict
        To record.
    memory : structure of arrays, optional
        The objective's, after this step.
    """

    log: Callable[[Any, Any], Any]
    samples: Any
    energies: Any = None
    weights: Any = None
    centred: bool = True
    numbers: dict[str, Any] = field(default_factory=dict)
    memory: Any = None


class SR(Optimiser):
    r"""Stochastic reconfiguration, the natural gradient of wave functions and of probabilities.

    .. math::
        (S + \lambda)\, \delta = F, \qquad \theta \leftarrow \theta - \eta\, \delta, \qquad
        S_{jk} = \mathrm{Re} \langle \bar O_j^* \bar O_k \rangle, \quad F_j = \mathrm{Re} \langle \bar O_j^* (E_{loc} - E) \rangle, \quad
        O_j = \frac{\partial \log\psi}{\partial \theta_j}, \quad \bar O = O - \langle O \rangle

    F is half the gradient of the energy; a step is one of length :math:`\eta` in imaginary time. A complex parameter counts as two real ones, which
    for a holomorphic :math:`\psi` is the complex equation. The objective gives samples and local energies by ``local`` (see
    :class:`erg.learning.Local`); where it gives no energies, F is the gradient of the loss and S the metric of ``log``: for log-probabilities
    the Fisher information of the samples, the natural gradient of maximum likelihood. All in float64.

    Parameters
    ----------
    rate : float or function of the step, default 0.05
    shift : float or function of the step, default 1e-3
        :math:`\lambda`, as a schedule for instance ``erg.learning.schedules.Exponential(1.0, 0.9, floor=1e-4)``.
    method : {"dense", "cg", "minsr"}
        Cholesky of the matrix of parameters; conjugate gradients with products by derivatives, in which no matrix is made; Cholesky of the
        matrix of samples, for more parameters than samples. With one shift all have one solution.
    tolerance : float, default 1e-10
        Of "cg": the residual in units of F.
    iterations : int, default 1000
        Of "cg", at most.
    momentum : float in [0, 1), default 0
        SPRING's :math:`\mu`: each step stays near a share of the one before, in directions that its samples do not see,

        .. math:: \delta_k = \mu \delta_{k-1} + (S + \lambda)^{-1} (F - \mu S \delta_{k-1}),

        the minimum of :math:`|\bar O \delta - \epsilon|^2 + \lambda |\delta - \mu \delta_{k-1}|^2`. For "minsr" with few samples; 0.99 in the
        reference.
    clip : float, optional
        Bound of the length :math:`\eta |\delta|` of a step; 0.03 in the reference.

    References
    ----------
    S. Sorella, Phys. Rev. Lett. 80, 4558 (1998); S. Amari, Neural Comput. 10, 251 (1998); A. Chen and M. Heyl, Nat. Phys. 20, 1476 (2024);
    G. Goldshlager, N. Abrahamsen, L. Lin, J. Comput. Phys. 516, 113351 (2024), arXiv:2401.10190.

    Examples
    --------
    The natural gradient of a normal distribution's width reaches it from any units.

    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Likelihood(erg.learning.Objective):
    ...     def log(self, model, x):
    ...         return -0.5 * (x / np.exp(model["s"])) ** 2 - model["s"]
    ...     def loss(self, model, batch, key):
    ...         return -np.mean(self.log(model, batch))
    ...     def local(self, model, batch, key):
    ...         return erg.learning.Local(self.log, batch, centred=False)
    >>> x = 1e3 * np.random.default_rng(1).normal(size=100)
    >>> fit = erg.learn(Likelihood(), {"s": np.array(6.0)}, erg.SR(0.5, shift=0.0), data=x, steps=60, seed=1)
    >>> bool(abs(fit.model["s"] - 0.5 * np.log(np.mean(x**2))) < 1e-6)
    True
    """

    rate: Rate = 0.05
    shift: Rate = 1e-3
    method: str = "dense"
    tolerance: float = 1e-10
    iterations: int = 1000
    momentum: float = 0.0
    clip: float | None = None

    def __post_init__(self) -> None:
        if not callable(self.rate):
            between("SR.rate", self.rate, 0.0)
        if self.method not in METHODS:
            raise SpecError(f"SR.method: expected one of {', '.join(map(repr, METHODS))}; got {self.method!r}", fields={"argument": "method"})
        if not callable(self.shift):
            between("SR.shift", self.shift, 0.0)
        between("SR.tolerance", self.tolerance, 0.0)
        self._count("iterations", 1)
        between("SR.momentum", self.momentum, 0.0, 1.0 - 1e-16)
        if self.clip is not None:
            between("SR.clip", self.clip, 0.0, open_low=True)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return np.zeros(Vectors(parameters).size) if self.momentum else None

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        ask = problem.told("local")
        if ask is None or problem.model is None:
            raise SpecError("SR needs an objective with samples: local(model, batch, key) -> erg.learning.Local",
                            "Try erg.Adam(1e-3) for a loss alone.", {"argument": "loss"})  # fmt: skip
        v, model = Vectors(parameters), problem.model
        given = (fresh(problem.batch), problem.key) + (() if problem.memory is None else (problem.memory,))
        local = ask(model(parameters), *given)
        if not isinstance(local, Local):
            raise SpecError(f"SR: expected erg.learning.Local from local(model, batch, key), got {type(local).__name__}", fields={"argument": "loss"})
        x = v.flat(parameters)
        samples = _Samples(local, lambda x: model(v.build(x)), x)
        told: dict[str, Any] = {}
        if local.energies is None:
            (loss, aux), slopes = problem.value_and_grad(parameters)
            force, off = v.flat(slopes).astype(np.float64), None
        else:
            mean = np.sum(samples.weights * local.energies)
            force, off = None, samples.stacked(np.sqrt(samples.weights) * (local.energies - mean))
            loss, aux = np.real(mean), (local.numbers, local.memory)
            told["deviation"] = np.sqrt(np.sum(samples.weights * np.abs(local.energies - mean) ** 2))
        kept = self.momentum * state if self.momentum else None
        delta, steps = self._solved(samples, force, off, kept, rate_at(self.shift, k, "shift"))
        if kept is not None:
            delta = state = kept + delta
        rate = rate_at(self.rate, k)
        told["step_norm"] = np.sqrt(np.sum(delta * delta))
        if self.clip is not None:
            rate = np.minimum(rate, self.clip / np.maximum(told["step_norm"], 1e-300))
        if steps is not None:
            told["iterations"] = steps
        return v.build((x.astype(np.float64) - rate * delta).astype(v.dtype)), state, loss, aux, told

    def _solved(self, samples: _Samples, force: Any, off: Any, kept: Any, shift: Any) -> tuple[Any, Any]:
        """(S + shift)^-1 (F - S kept), of a force F or of that of centred energies ``off``."""
        rows = None if self.method == "cg" else samples.rows()
        if kept is not None:
            seen = samples.forward(kept) if rows is None else rows @ kept
            if force is None:
                off = off - seen
            else:
                force = force - (samples.back(seen) if rows is None else rows.T @ seen)
        if rows is None:
            return self._conjugate(samples, samples.back(off) if force is None else force, shift)
        if self.method == "dense":
            force = rows.T @ off if force is None else force
            return _positive(rows.T @ rows, shift, force), None
        if force is None:
            return rows.T @ _positive(rows @ rows.T, shift, off), None
        if not callable(self.shift) and not shift:
            raise SpecError("SR: method 'minsr' on the gradient of a loss needs a shift above 0", "Try method='dense'.", {"argument": "shift"})
        return (force - rows.T @ _positive(rows @ rows.T, shift, rows @ force)) / shift, None

    def _conjugate(self, samples: _Samples, force: Any, shift: Any) -> tuple[Any, Any]:
        """Conjugate gradients (M. R. Hestenes and E. Stiefel, 1952) from 0."""
        first = np.sum(force * force)

        def body(c: Any) -> Any:
            x, r, p, rr, n = c
            q = samples.back(samples.forward(p)) + shift * p
            a = rr / np.sum(p * q)
            x, r = x + a * p, r - a * q
            new = np.sum(r * r)
            return x, r, r + new / rr * p, new, n + 1

        more = lambda c: (c[3] > self.tolerance**2 * first) & (c[4] < self.iterations)
        x, _, _, _, n = while_loop(more, body, (np.zeros_like(force), force, force, first, np.int64(0)))
        return x, n.astype(np.float64)


class _Samples:
    """The matrix sqrt(w_b) (O_b - <O>), (rows, parameters), and products with it; a complex log has its real parts as rows, then the imaginary."""

    def __init__(self, local: Local, model: Callable[[Any], Any], x: Any) -> None:
        self.local, self.model, self.x = local, model, x
        log = Sub(lambda x, s: local.log(model(x), s), (x, local.samples), {})
        dtype, shape = log.out_types[0]
        if len(shape) != 1 or not shape[0] or dtype.kind not in "fc":
            raise SpecError(f"SR: expected log(model, samples) of shape (samples,), at least one, got {dtype} of shape {shape}",
                            fields={"argument": "loss"})  # fmt: skip
        self.count, self.complex = shape[0], dtype.kind == "c"
        for name in ("energies", "weights"):
            x = getattr(local, name)
            if x is not None and np.shape(x) != shape:
                raise ShapeError(f"SR: expected {name} of shape {shape}, one for each sample; got {np.shape(x)}", fields={"argument": "loss"})
        weights = np.ones(self.count) if local.weights is None else local.weights.astype(np.float64)
        self.weights = weights / np.sum(weights)

    def stacked(self, y: Any) -> Any:
        """Complex numbers of the samples as a real vector."""
        return (np.concatenate([np.real(y), np.imag(y)]) if self.complex else np.real(y)).astype(np.float64)

    def _weighted(self, y: Any) -> Any:
        """Rows (or one column of them) centred and weighted."""
        parts = y.reshape(-1, self.count, *y.shape[1:]).astype(np.float64)
        w = self.weights.reshape(-1, *[1] * (y.ndim - 1))
        if self.local.centred:
            parts = parts - np.sum(w * parts, 1, keepdims=True)
        return (np.sqrt(w) * parts).reshape(y.shape)

    def rows(self) -> Any:
        one = lambda x, s: self.local.log(self.model(x), _expanded(s))[0]
        parts = (lambda x, s: np.real(one(x, s)), lambda x, s: np.imag(one(x, s)))[: 1 + self.complex]
        return self._weighted(np.concatenate([vmap(grad(f), in_axes=(None, 0))(self.x, self.local.samples) for f in parts]))

    def _logs(self, x: Any) -> Any:
        y = self.local.log(self.model(x), self.local.samples)
        return np.concatenate([np.real(y), np.imag(y)]) if self.complex else y

    def forward(self, p: Any) -> Any:
        return self._weighted(jvp(self._logs, (self.x,), (p.astype(self.x.dtype),))[1])

    def back(self, q: Any) -> Any:
        """The transpose, of what is centred already, as all here is."""
        parts = np.sqrt(self.weights) * q.reshape(-1, self.count)
        y, pull = vjp(self._logs, self.x)
        slopes = pull(parts.reshape(-1).astype(y.dtype))
        return (slopes[0] if isinstance(slopes, tuple) else slopes).astype(np.float64)


def _expanded(samples: Any) -> Any:
    from ergodica.expr import trees

    tree, leaves, _ = trees.flatten(samples)
    return trees.build(tree, [a[None] for a in leaves])


def _positive(A: Any, shift: Any, b: Any) -> Any:
    """(A + shift)^-1 b by Cholesky."""
    from scipy.linalg import solve_triangular

    L = np.linalg.cholesky(A + shift * np.eye(A.shape[0]))
    return solve_triangular(L, solve_triangular(L, b, lower=True), lower=True, trans=1)
