"""L-BFGS with a line search for the strong Wolfe conditions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.expr import trees
from ergodica.expr.control import cond, while_loop
from ergodica.learning.optimisers.base import Leaves, Optimiser, Problem, between
from ergodica.learning.optimisers.vectors import Vectors


class LBFGS(Optimiser):
    r"""Quasi-Newton steps from the last ``memory`` differences of parameters and gradients.

    .. math::
        \theta \leftarrow \theta + t\, d, \qquad d = -H g, \qquad
        f(t) \le f(0) + c_1 t f'(0), \quad |f'(t)| \le c_2 |f'(0)|

    H is the inverse Hessian of BFGS with these pairs from :math:`s \cdot y / y \cdot y` times the identity, in the compact form: two passes over the
    pairs. The step length is found by bracketing and cubic interpolation; where rounding hides the decrease of f, slopes decide
    (approximate Wolfe conditions). For a loss that is the same function at every step: all rows, no draws. Where the largest component of the
    gradient is at most ``tolerance``, or no decrease is found along the gradient, the parameters stay, to the bit.

    The recorded loss is that of the new parameters; ``evaluations`` counts those of the step, ``gradient_norm`` is that of the new gradient.

    Parameters
    ----------
    memory : int, default 10
        Pairs.
    c1, c2 : float, default 1e-4, 0.9
        0 < c1 < c2 < 1.
    searches : int, default 20
        Evaluations of a line search at most.
    tolerance : float, default 0

    References
    ----------
    D. C. Liu and J. Nocedal, Math. Program. 45, 503 (1989); R. H. Byrd, J. Nocedal and R. B. Schnabel, Math. Program. 63, 129 (1994), eq. 3.13;
    W. W. Hager and H. Zhang, SIAM J. Optim. 16, 170 (2005), eq. 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> valley = lambda m: (1 - m["x"]) ** 2 + 100 * (m["y"] - m["x"] ** 2) ** 2
    >>> fit = erg.learn(valley, {"x": np.array(-1.2), "y": np.array(1.0)}, erg.LBFGS(), steps=50, seed=1)
    >>> bool(fit.loss < 1e-20)
    True
    """

    memory: int = 10
    c1: float = 1e-4
    c2: float = 0.9
    searches: int = 20
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        self._count("memory", 1)
        between("LBFGS.c1", self.c1, 0.0, 0.5, open_low=True)
        between("LBFGS.c2", self.c2, self.c1, 1.0 - 1e-16, open_low=True)
        self._count("searches", 1)
        between("LBFGS.tolerance", self.tolerance, 0.0)

    def start(self, parameters: Leaves, names: list[str]) -> Any:
        v = Vectors(parameters)
        pairs = np.zeros((2 * self.memory, v.size), v.dtype)  # the s, then the y; the oldest first
        return {"loss": np.zeros(()), "slope": np.zeros(v.size, v.dtype), "pairs": pairs, "products": np.zeros((2 * self.memory, self.memory)),
                "count": np.zeros((), np.int64), "trial": np.zeros(())}  # fmt: skip

    def step(self, problem: Problem, parameters: Leaves, state: Any, k: Any) -> tuple[Leaves, Any, Any, Any, dict[str, Any]]:
        v = Vectors(parameters)

        def evaluate(x: Any) -> Any:
            (loss, aux), slopes = problem.value_and_grad(v.build(x))
            return loss.astype(np.float64), v.flat(slopes), _numbers(aux)

        x = v.flat(parameters)
        if problem.same:
            f0, g = cond(k != problem.first, lambda x: (state["loss"], state["slope"]), lambda x: evaluate(x)[:2], x)
            aux = None
        else:
            f0, g, aux = evaluate(x)
        count = state["count"]
        d = self._direction(g, state["pairs"], state["products"], count)
        down = dot(d, g)
        plain = down >= 0  # rounding has spoilt the pairs
        count = np.where(plain, np.int64(0), count)
        d, down = np.where(plain, -g, d), np.where(plain, -dot(g, g), down)
        unit = np.minimum(1.0, 1.0 / np.maximum(np.sum(np.abs(g)).astype(np.float64), 1e-300))
        first = np.where(count > 0, 1.0, np.where(state["trial"] > 0, state["trial"], unit))
        still = np.max(np.abs(g)) <= self.tolerance
        found = self._search(evaluate, x, d, f0, down, (g, aux), np.where(still, 0.0, first), still)
        new = v.build(x + found["t"].astype(v.dtype) * d)
        moved = v.flat(new)
        ahead = found["t"] > 0
        if problem.same and found["aux"][0]:
            found["aux"] = cond(ahead | still, lambda x: found["aux"], lambda x: evaluate(x)[2], x)  # else of parameters that were not taken
        state = self._remembered(state, moved - x, found["g"] - g, found["f"], found["g"], count, ahead)
        # a search that was given up goes on at the next step: what it has found of the scale is not found again, and again in vain
        state["trial"] = np.where(still | (count > 0), 0.0, found["trial"]) if problem.same else np.zeros(())
        told = {"gradient_norm": np.sqrt(dot(found["g"], found["g"])), "evaluations": found["n"].astype(np.float64)}
        return [np.where(ahead, a, b) for a, b in zip(new, parameters, strict=True)], state, found["f"], found["aux"], told

    def _remembered(self, state: Any, s: Any, y: Any, f: Any, g: Any, count: Any, ahead: Any) -> Any:
        """The pairs with one more, where it has positive curvature; none of them after a search that failed."""
        m = self.memory
        sy, yy = dot(s, y), dot(y, y)
        good = ahead & (sy > 2.2e-16 * np.sqrt(dot(s, s)) * np.sqrt(yy))  # in any units of the loss and the parameters

        def add(pairs: Any, products: Any, s: Any, y: Any) -> Any:
            pairs = np.concatenate([pairs[1:m], s[None], pairs[m + 1 :], y[None]])
            new = (pairs @ y).astype(np.float64)  # s_i . y and y_i . y
            SY = np.concatenate([np.concatenate([products[1:m, 1:], np.zeros((1, m - 1))]), new[:m, None]], 1)  # its upper triangle
            YY = np.concatenate([np.concatenate([products[m + 1 :, 1:], new[None, m:-1]]), new[m:, None]], 1)
            return pairs, np.concatenate([SY, YY])

        pairs, products = cond(good, add, lambda pairs, products, s, y: (pairs, products), state["pairs"], state["products"], s, y)
        count = np.where(ahead, np.minimum(count + good, m), np.int64(0))
        return {"loss": f, "slope": g, "pairs": pairs, "products": products, "count": count}

    def _direction(self, g: Any, pairs: Any, products: Any, count: Any) -> Any:
        r"""-H g with H = c I + [S, c Y] [[R^-T (D + c Y^T Y) R^-1, -R^-T], [-R^-1, 0]] [S, c Y]^T, R the upper triangle of S^T Y."""
        from scipy.linalg import solve_triangular

        m = self.memory
        live = np.arange(m) >= m - count
        both = live[:, None] & live[None, :]
        SY, YY = np.where(both, products[:m], np.where(live[:, None], 0.0, np.eye(m))), np.where(both, products[m:], 0.0)
        R, D = np.triu(SY), np.where(live, np.diagonal(SY), 0.0)
        c = np.where(count > 0, SY[-1, -1] / np.where(count > 0, YY[-1, -1], 1.0), 1.0)
        along = (pairs @ g).astype(np.float64)
        a, b = np.where(live, along[:m], 0.0), np.where(live, along[m:], 0.0)
        p = solve_triangular(R, a)
        q = solve_triangular(R, D * p + c * (YY @ p - b), trans=1)
        weights = np.concatenate([np.where(live, q, 0.0), np.where(live, -c * p, 0.0)])
        return -(c.astype(g.dtype) * g + weights.astype(g.dtype) @ pairs)

    def _search(self, evaluate: Any, x: Any, d: Any, f0: Any, down: Any, start: Any, first: Any, still: Any) -> Any:
        r"""A step length with the strong Wolfe conditions (J. Nocedal and S. J. Wright, Numerical Optimization, algorithms 3.5 and 3.6, as one loop).

        ``lo`` is the best length with enough decrease, ``hi`` the other end of the bracket, infinite until there is one. ``start`` and ``kept`` are
        gradient and aux at the start and at ``lo``.
        """
        flat = 1e-14 * np.abs(f0)

        def trial(t: Any) -> Any:
            f, g, aux = evaluate(x + t.astype(x.dtype) * d)
            return f, dot(g, d), g, aux

        def accepted(t: Any, f: Any, slope: Any) -> Any:
            wolfe = (f <= f0 + self.c1 * t * down) & (np.abs(slope) <= -self.c2 * down)
            return wolfe | ((f <= f0 + flat) & (slope >= self.c2 * down) & (slope <= (2 * self.c1 - 1) * down) & (np.abs(f - f0) <= flat))

        f, slope, gt, aux = trial(first)
        zero = np.float64(0.0)
        start = start[0], aux if start[1] is None else start[1]
        state = {"t": first, "f": f, "slope": slope, "g": gt, "aux": aux, "n": np.int64(1), "done": still | accepted(first, f, slope),
                 "lo": (zero, f0, down), "hi": (np.float64(np.inf), zero, zero), "kept": start}  # fmt: skip

        def body(s: Any) -> Any:
            t, f, slope = s["t"], s["f"], s["slope"]
            (lo, flo, dlo), (hi, fhi, dhi) = s["lo"], s["hi"]
            bad = ~((f <= f0 + self.c1 * t * down + flat) & (f <= flo + flat) & np.isfinite(slope))
            turns = ~bad & (slope * (np.where(np.isfinite(hi), hi, np.inf) - lo) >= 0)
            pick = lambda p, a, b: tuple(np.where(p, u, w) for u, w in zip(a, b, strict=True))
            now, old = (t, f, slope), (lo, flo, dlo)
            new_hi = pick(bad, now, pick(turns, old, (hi, fhi, dhi)))
            new_lo = pick(bad, old, now)
            kept = _chosen(bad, s["kept"], (s["g"], s["aux"]))
            t = _between(*new_lo, *new_hi)
            f, slope, gt, aux = trial(t)
            return {"t": t, "f": f, "slope": slope, "g": gt, "aux": aux, "n": s["n"] + 1, "done": accepted(t, f, slope), "lo": new_lo, "hi": new_hi,
                    "kept": kept}  # fmt: skip

        s = while_loop(lambda s: ~s["done"] & (s["n"] < self.searches), body, state)
        # without an end that is accepted: the last trial where it is lower than the start, else the best before it, else none
        lo, flo, _ = s["lo"]
        last = (s["done"] | (np.isfinite(s["slope"]) & (s["f"] < f0) & (s["f"] <= flo))) & ~still
        far = ~((s["f"] <= f0 + self.c1 * s["t"] * down + flat) & np.isfinite(s["slope"]))
        further = s["t"] * np.where(far, 0.1, np.where(np.isfinite(s["hi"][0]), 1.0, 4.0))
        seen = ~far | np.any(x + further.astype(x.dtype) * d != x)  # else what is shorter yet is not another point
        further = np.where(s["done"] | ~seen | ~np.isfinite(further), 0.0, further)
        g, aux = _chosen(last, (s["g"], s["aux"]), s["kept"])
        return {"t": np.where(last, s["t"], np.where(still, 0.0, lo)), "f": np.where(last, s["f"], flo), "g": g,
                "aux": _chosen(still, s["aux"], aux), "n": s["n"], "trial": further}  # fmt: skip


def _chosen(which: Any, a: Any, b: Any) -> Any:
    """One of two structures."""
    tree, leaves, _ = trees.flatten(a)
    return trees.build(tree, [np.where(which, x, y) for x, y in zip(leaves, trees.flatten(b)[1], strict=True)])


def _numbers(aux: Any) -> Any:
    """What an objective tells, with arrays in the place of Python's numbers."""
    return {n: x if hasattr(x, "dtype") else np.float64(x) for n, x in aux[0].items()}, aux[1]


def _between(lo: Any, flo: Any, dlo: Any, hi: Any, fhi: Any, dhi: Any) -> Any:
    """The next trial: the minimum of the cubic through both ends, inside the bracket by a tenth of it; their middle where there is no such cubic;
    where there is no bracket yet, four times as far."""
    open_ = ~np.isfinite(hi)
    end = np.where(open_, lo + 1.0, hi)
    d1 = dlo + dhi - 3 * (flo - fhi) / (lo - end)
    square = d1 * d1 - dlo * dhi
    d2 = np.sign(end - lo) * np.sqrt(np.maximum(square, 0.0))
    t = end - (end - lo) * ((dhi + d2 - d1) / (dhi - dlo + 2 * d2))
    width = end - lo
    low, high = np.minimum(lo, end) + 0.1 * np.abs(width), np.maximum(lo, end) - 0.1 * np.abs(width)
    t = np.where((square >= 0) & np.isfinite(t), np.clip(t, low, high), lo + width / 2)
    return np.where(open_, 4.0 * np.maximum(lo, 1e-300), t)


def dot(a: Any, b: Any) -> Any:
    """In float64."""
    return np.sum(a.astype(np.float64) * b.astype(np.float64))
