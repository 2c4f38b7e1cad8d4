"""Finite-size scaling: curves of several sizes laid on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import real, short
from ergodica._estimate import Estimate
from ergodica.errors import ConvergenceError, NonFiniteError, ShapeError, SpecError

NAMES = ("xc", "b", "a")


class Collapse(NamedTuple):
    """y = L^a f((x - xc) L^b): the values with errors (0 for what was fixed), how well curves fall on one (chi-square per degree of freedom:
    about 1), and the scaled points, a list for each size."""

    xc: Estimate
    b: Estimate
    a: Estimate
    quality: float
    x: list[np.ndarray]
    y: list[np.ndarray]
    se: list[np.ndarray]


def _lists(values: Any, name: str, like: list[np.ndarray] | None = None) -> list[np.ndarray]:
    if not np.iterable(values) or isinstance(values, (str, dict)):
        raise ShapeError(f"collapse.{name}: expected a sequence of arrays, one for each size; got {short(values)}", fields={"argument": name})
    out = [np.asarray(as_array(v, name), float).ravel() for v in values]
    if like is not None and [len(v) for v in out] != [len(v) for v in like]:
        raise ShapeError(f"collapse.{name}: expected as many numbers as in x for each size, got {[len(v) for v in out]}", fields={"argument": name})
    if not all(np.isfinite(v).all() for v in out):
        raise NonFiniteError(f"collapse.{name}: expected finite numbers", fields={"argument": name})
    return out


def _deviations(p: np.ndarray, L: np.ndarray, x: list[np.ndarray], y: list[np.ndarray], se: list[np.ndarray]) -> tuple[float, int]:
    """Chi-square of the points about the master curve that the other sizes give, and how many points have one: at each point a weighted line through
    the two points of every other size between which it lies (J. Houdayer, A. K. Hartmann, Phys. Rev. B 70, 014418 (2004))."""
    xs = [(v - p[0]) * n ** p[1] for v, n in zip(x, L, strict=True)]
    scale = [n ** -p[2] for n in L]
    ys, es = [v * s for v, s in zip(y, scale, strict=True)], [v * s for v, s in zip(se, scale, strict=True)]
    total, points = 0.0, 0
    for i, at in enumerate(xs):
        K = np.zeros((5, len(at)))
        for j in range(len(xs)):
            if j == i or len(xs[j]) < 2:
                continue
            right = np.searchsorted(xs[j], at)
            inside = (right > 0) & (right < len(xs[j]))
            for k in (np.clip(right - 1, 0, None), np.clip(right, None, len(xs[j]) - 1)):
                w = np.where(inside, 1 / es[j][k] ** 2, 0)
                u = xs[j][k] - at  # from the point itself: the line's value there is its constant
                K += w * np.array([np.ones_like(at), u, u**2, ys[j][k], u * ys[j][k]])
        det = K[0] * K[2] - K[1] ** 2
        with np.errstate(invalid="ignore", divide="ignore"):
            value, variance = (K[2] * K[3] - K[1] * K[4]) / det, K[2] / det
            d2 = (ys[i] - value) ** 2 / (es[i] ** 2 + variance)
        good = (K[0] > 0) & (det > 1e-12 * K[0] * K[2]) & np.isfinite(d2)
        total += float(d2[good].sum())
        points += int(good.sum())
    return total, points


def _splines(X: np.ndarray, count: int) -> np.ndarray:
    """Cubic B-splines at X, knots at its quantiles."""
    from scipy.interpolate import BSpline

    low, high = X.min(), X.max()
    edge = 1e-6 * (high - low) or 1.0
    inner = np.quantile(X, np.linspace(0, 1, count - 2)[1:-1])
    return BSpline.design_matrix(X, np.concatenate([[low - edge] * 4, inner, [high + edge] * 4]), 3).toarray()


def collapse(x: Any, y: Any, se: Any, L: Sequence[float], *, xc: float, b: float = 1.0, a: float = 0.0, fixed: Sequence[str] = ()) -> Collapse:
    """Find the exponents for which curves of several sizes fall on one, y = L^a f((x - xc) L^b).

    With a magnetisation a = -beta/nu and b = 1/nu, with a susceptibility a = gamma/nu, with a Binder parameter a = 0. The search begins with lines
    between neighbouring points of the other sizes (Houdayer and Hartmann), which bend less than f does; the result is the least-squares fit in which
    f is a cubic spline through all points, with as many pieces as Akaike's criterion for few data asks for and two more, against the bias of
    smoothing.

    Parameters
    ----------
    x, y, se : sequence of arrays, one for each size
        Abscissae in rising order, values and their standard errors (above 0).
    L : sequence of float
        Sizes, at least two.
    xc, b, a : float
        Where the search begins.
    fixed : sequence of {"xc", "b", "a"}, default ()
        What stays as it is.

    Returns
    -------
    Collapse
        Errors are those of the fit, multiplied by sqrt(quality) where that is above 1. Corrections to scaling are not among them: leave out the
        smallest size and look. With so few points that neighbours lie on both sides of a bend, no method knows f between them.

    References
    ----------
    J. Houdayer, A. K. Hartmann, Phys. Rev. B 70, 014418 (2004), doi:10.1103/PhysRevB.70.014418. K. Harada, Phys. Rev. E 84, 056704 (2011),
    doi:10.1103/PhysRevE.84.056704, for a Gaussian process as f.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> L, rng = (16, 32, 64), np.random.default_rng(0)
    >>> x = [np.linspace(2.2, 2.34, 21)] * 3
    >>> se = [np.full(21, 0.002)] * 3
    >>> y = [n**-0.125 * (1 - np.tanh((t - 2.27) * n / 4)) + rng.normal(0, 0.002, 21) for n, t in zip(L, x)]
    >>> found = erg.stats.collapse(x, y, se, L, xc=2.2, b=0.9, a=-0.1)
    >>> bool(abs(found.xc.value - 2.27) < 5 * found.xc.se), bool(abs(found.b.value - 1) < 0.1), bool(found.quality < 2)
    (True, True, True)
    """
    from scipy.optimize import least_squares, minimize

    sizes = np.asarray(as_array(L, "collapse.L"), float).ravel()
    xs = _lists(x, "x")
    ys, es = _lists(y, "y", xs), _lists(se, "se", xs)
    if len(sizes) < 2 or not len(xs) == len(ys) == len(es) == len(sizes) or (sizes <= 0).any():
        raise ShapeError(f"collapse: expected x, y and se for each of at least two sizes above 0, got {len(xs)}, {len(ys)}, {len(es)}, {len(sizes)}")
    if any((e <= 0).any() for e in es):
        raise SpecError("collapse.se: expected standard errors above 0", fields={"argument": "se"})
    if any((np.diff(v) <= 0).any() for v in xs):
        raise SpecError("collapse.x: expected rising abscissae", fields={"argument": "x"})
    unknown = [n for n in fixed if n not in NAMES]
    if unknown:
        raise SpecError(f"collapse.fixed: expected some of {', '.join(NAMES)}, got {unknown[0]!r}", fields={"argument": "fixed"})
    start = np.array([real(v, f"collapse.{n}") for n, v in zip(NAMES, (xc, b, a), strict=True)])
    free = [k for k, n in enumerate(NAMES) if n not in fixed]
    step = np.array([np.ptp(np.concatenate(xs)) / 20, 0.1 * max(abs(start[1]), 0.5), 0.05])

    def at(v: np.ndarray) -> np.ndarray:
        p = start.copy()
        p[free] = start[free] + v * step[free]
        return p

    n, flat, value, error = (np.concatenate(v) for v in ([np.full(len(v), k) for v, k in zip(xs, sizes, strict=True)], xs, ys, es))
    if len(flat) < 5 + len(free):
        raise ShapeError(f"collapse.x: expected at least {5 + len(free)} numbers in all, got {len(flat)}", fields={"argument": "x"})
    enough = len(flat) / 4

    def cost(v: np.ndarray) -> float:
        total, points = _deviations(at(v), sizes, xs, ys, es)
        return total / points if points >= enough else 1e300  # curves that were driven apart agree nowhere

    def residuals(v: np.ndarray, count: int) -> np.ndarray:
        """What the best spline of so many leaves of the points, in their errors."""
        p = at(v)
        down = n ** -p[2]
        q, _ = np.linalg.qr(_splines((flat - p[0]) * n ** p[1], count) / (error * down)[:, None])
        z = value / error
        return z - q @ (q.T @ z)

    def fitted(v: np.ndarray, count: int) -> tuple[np.ndarray, float, np.ndarray]:
        if not free:
            return v, float(np.sum(residuals(v, count) ** 2)), np.zeros((len(flat), 0))
        found = least_squares(residuals, v, args=(count,), method="lm", diff_step=1e-6, ftol=1e-6, xtol=1e-6)
        return found.x, 2 * float(found.cost), found.jac

    v = np.zeros(len(free))
    if free:
        simplex = np.vstack([v, v + np.eye(len(free))])
        v = minimize(cost, v, method="Nelder-Mead", options={"xatol": 0.01, "fatol": 0.01, "maxfev": 500, "initial_simplex": simplex}).x
    if cost(v) >= 1e300:
        raise ConvergenceError("collapse: curves of different sizes do not overlap", "Try another xc or b.")
    most = max(4, (len(flat) - len(free)) // 2)
    best, least, pieces, w = v, np.inf, 4, v
    for count in range(4, most + 1):
        w, chi2, _ = fitted(w, count)
        taken = count + len(free)
        aic = chi2 + 2 * taken + 2 * taken * (taken + 1) / max(len(flat) - taken - 1, 0.5)
        if aic < least:
            best, least, pieces = w, aic, count
        elif count > pieces + 4:
            break
    pieces = min(pieces + 2, most)
    v, chi2, slope = fitted(best, pieces)
    if cost(v) >= 1e300:
        raise ConvergenceError("collapse: curves of different sizes drift apart", "Try another xc or b, more points, or fixed=...")
    p, quality = at(v), chi2 / (len(flat) - pieces - len(free))
    errors = np.zeros(3)
    if free:
        try:
            errors[free] = np.sqrt(np.diag(np.linalg.inv(slope.T @ slope)) * max(1.0, quality)) * step[free]
        except np.linalg.LinAlgError:
            raise ConvergenceError("collapse: the points do not determine " + ", ".join(NAMES[k] for k in free), "Try fixed=...") from None
    scaled = [(t - p[0]) * n ** p[1] for t, n in zip(xs, sizes, strict=True)]
    down = [n ** -p[2] for n in sizes]
    found = [Estimate(float(k), float(e)) for k, e in zip(p, errors, strict=True)]
    return Collapse(found[0], found[1], found[2], quality, scaled, [t * s for t, s in zip(ys, down, strict=True)],
                    [t * s for t, s in zip(es, down, strict=True)])  # fmt: skip
