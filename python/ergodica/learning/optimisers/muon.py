"""Muon: orthogonalised momentum for matrices."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from ergodica.learning.optimisers.base import Gradient, Leaves, Optimiser, Problem, Rate, between, clipped, zeros
from ergodica.learning.optimisers.first_order import Adam
from ergodica.learning.optimisers.wrappers import begun, joined, together, wrapped


def orthogonalised(g: Any, steps: int) -> Any:
    r"""About :math:`U V^\dagger` of :math:`g = U \Sigma V^\dagger`: singular values come into [0.7, 1.2] by the iteration
    X <- a X + (b A + c A^2) X, A = X X^+, from g over its Frobenius norm."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = g.shape[0] > g.shape[1]
    x = np.conj(g.T) if tall else g
    largest = np.max(np.abs(x))
    x = x / np.where(largest > 0, largest, 1)  # whose squares neither overflow nor vanish
    x = x / np.maximum(np.sqrt(np.sum(np.abs(x) ** 2)), 1)
    for _ in range(steps):
        A = x @ np.conj(x.T)
        x = a * x + (b * A + c * (A @ A)) @ x
    return np.conj(x.T) if tall else x


class _Orthogonal(Gradient):
    momentum: float = 0.95
    nesterov: bool = True
    decay: float = 0.0
    iterations: int = 5

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return [zeros(parameters)]

    def move(self, p: Any, g: Any, state: list[Any], rate: Any, common: list[Any]) -> tuple[Any, list[Any]]:
        v = self.momentum * state[0] + g
        u = (g + self.momentum * v if self.nesterov else v).reshape(p.shape[0], -1)
        step = rate * max(1.0, u.shape[0] / u.shape[1]) ** 0.5 * orthogonalised(u, self.iterations).reshape(p.shape)
        return p - (step + rate * self.decay * p if self.decay else step), [v]


class Muon(Gradient):
    r"""Momentum of matrices, made orthogonal by Newton and Schulz's iteration; another optimiser for what has no two axes.

    .. math::
        V \leftarrow \mu V + G, \qquad
        W \leftarrow (1 - \eta\lambda) W - \eta \sqrt{\max(1, m/n)}\; \mathrm{NS}_5(G + \mu V), \qquad W \in R^{m \times n}

    Kernels with more than two axes are matrices of their first axis and the others. For embeddings and last layers, which are matrices that
    are better left to Adam, see :class:`Groups`.

    Parameters
    ----------
    rate : float or function of the step, default 0.02
    momentum : float in [0, 1], default 0.95
    nesterov : bool, default True
        False: NS(V).
    decay : float, default 0
        :math:`\lambda`, decoupled from the gradient.
    iterations : int, default 5
    rest : Optimiser, default Adam(1e-3)
    clip : float, optional
        Bound of the gradient's norm.

    References
    ----------
    K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024); J. Bernstein and L. Newhouse, arXiv:2409.20325.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> goal = np.array([[1.0, 2.0], [0.5, -1.0]])
    >>> fit = erg.learn(lambda m: np.sum((m["w"] - goal) ** 2), {"w": np.zeros((2, 2))}, erg.Muon(0.02), steps=300, seed=1)
    >>> bool(np.max(np.abs(fit.model["w"] - goal)) < 0.1)
    True
    """

    rate: Rate = 0.02
    momentum: float = 0.95
    nesterov: bool = True
    decay: float = 0.0
    iterations: int = 5
    rest: Optimiser = Adam(1e-3)

    def __post_init__(self) -> None:
        super().__post_init__()
        between("Muon.momentum", self.momentum, 0.0, 1.0)
        between("Muon.decay", self.decay, 0.0)
        self._count("iterations", 1)
        wrapped("Muon", self.rest)

    def _parts(self, parameters: Leaves) -> list[tuple[list[int], Optimiser]]:
        own = {f.name: getattr(self, f.name) for f in fields(_Orthogonal)} | {"clip": None}
        matrices = [n for n, p in enumerate(parameters) if len(np.shape(p)) >= 2 and np.size(p)]
        others = [n for n in range(len(parameters)) if n not in matrices]
        return [(at, o) for at, o in ((matrices, _Orthogonal(**own)), (others, self.rest)) if at]

    def prepare(self, parameters: Leaves, names: list[str]) -> Leaves:
        return joined([(at, o.prepare([parameters[n] for n in at], [names[n] for n in at])) for at, o in self._parts(parameters)])

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        return begun(self._parts(parameters), parameters, names)

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        found, slopes = problem.value_and_grad(parameters)
        slopes, norm = clipped(slopes, self.clip)
        parameters, state, _ = together(self._parts(parameters), problem, parameters, (found, slopes), state, k)
        return parameters, state, *found, {"gradient_norm": norm}
