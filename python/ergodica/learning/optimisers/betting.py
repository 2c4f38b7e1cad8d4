"""Coin betting: no learning rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.learning.optimisers.base import Leaves, Optimiser, Problem, between, clipped


class CoinBetting(Optimiser):
    r"""COCOB: each parameter bets a fraction of what it has won on the sign of its next gradient; there is no learning rate.

    .. math::
        L \leftarrow \max(L, |g|), \quad G \leftarrow G + |g|, \quad R \leftarrow \max(R - (w - w_1) g, 0), \quad \theta \leftarrow \theta - g, \quad
        w \leftarrow w_1 + \frac{\theta}{L \max(G + L, \alpha L)} (L + R),

    :math:`w_1` being where it started. Real and imaginary parts bet apart.

    Parameters
    ----------
    alpha : float, default 100
        How long the first bets stay small: the first steps have the size of 1/alpha.
    clip : float, optional
        Bound of the gradient's norm.

    References
    ----------
    F. Orabona and T. Tommasi, arXiv:1705.07795, algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> fit = erg.learn(lambda m: np.sum((m["x"] - 10.0) ** 2), {"x": np.zeros(2)}, erg.CoinBetting(), steps=300, seed=1)
    >>> bool(np.max(np.abs(fit.model["x"] - 10.0)) < 1e-3)
    True
    """

    alpha: float = 100.0
    clip: float | None = None

    def __post_init__(self) -> None:
        between("CoinBetting.alpha", self.alpha, 0.0)
        if self.clip is not None:
            between("CoinBetting.clip", self.clip, 0.0, open_low=True)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        split = _parts(parameters)
        return [[np.array(p) for p in split], *[[np.zeros_like(p) for p in split] for _ in range(4)]]

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        found, slopes = problem.value_and_grad(parameters)
        slopes, norm = clipped(slopes, self.clip)
        moved, after = [], []
        for w, g, w1, L, G, R, theta in zip(_parts(parameters), _parts(slopes), *state, strict=True):
            size = np.abs(g)
            L, G, R, theta = np.maximum(L, size), G + size, np.maximum(R - (w - w1) * g, 0.0), theta - g
            some = lambda x, L=L: np.where(L > 0, x, 1.0)  # not one product below the line, which tiny gradients would make 0
            moved.append(w1 + theta / some(L) * ((L + R) / some(np.maximum(G + L, self.alpha * L))))
            after.append([w1, L, G, R, theta])
        it = iter(moved)
        new = [next(it) + 1j * next(it) if p.dtype.kind == "c" else next(it) for p in parameters]
        return new, [list(s) for s in zip(*after, strict=True)], *found, {"gradient_norm": norm}


def _parts(leaves: Leaves) -> Leaves:
    """Arrays of real numbers."""
    return [part for x in leaves for part in ([x.real, x.imag] if x.dtype.kind == "c" else [x])]
