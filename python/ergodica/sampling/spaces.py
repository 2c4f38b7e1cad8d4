"""Where parameters live: maps from R^n, with the logarithm of their Jacobians, in plain NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ergodica._base import integer, real, short
from ergodica.errors import ShapeError, SpecError

__all__ = ["CorrCholesky", "Interval", "Ordered", "Positive", "PositiveDefinite", "PositiveOrdered", "Real", "Simplex", "Space"]


def _sigmoids(z: Any) -> tuple[Any, Any]:
    """log s(z) and log s(-z), s(z) = 1 / (1 + exp(-z))."""
    from scipy.special import log_expit

    return log_expit(z), log_expit(-z)


def _shape(args: tuple[Any, ...], name: str) -> tuple[int, ...]:
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    return tuple(integer(n, f"{name}: its shape", 0) for n in args)


def _bound(x: Any, name: str) -> Any:
    """A number, which may be infinite, or an array of finite ones."""
    if isinstance(x, (float, np.floating)) and math.isinf(x):
        return float(x)
    if np.ndim(x) == 0:
        return real(x, f"Interval: {name}")
    a = np.array(x, np.float64)
    if not np.isfinite(a).all():
        raise SpecError(f"Interval: expected finite numbers for {name}, got {short(a)}", fields={"argument": name})
    return a


class Space:
    """A set of arrays x of one shape with coordinates z in R^n.

    ``to(z)`` gives x and log|det dx/dz|, ``back(x)`` gives z. A subclass writes both in NumPy; ``shape`` and ``size`` (n) are set.
    """

    shape: tuple[int, ...]
    size: int

    def to(self, z: Any) -> tuple[Any, Any]:
        """x, of shape ``shape``, and log|det dx/dz| for z of shape (size,)."""
        raise NotImplementedError

    def back(self, x: np.ndarray) -> np.ndarray:
        """z of shape (size,) for one x."""
        raise NotImplementedError

    @property
    def flat(self) -> bool:
        """Whether z is x."""
        return False

    def block(self) -> dict[str, Any]:
        """What the coordinates are, for methods that follow a geometry."""
        return {"kind": "real", "count": 1, "rows": self.size, "cols": 1}

    def _described(self) -> tuple[Any, ...]:
        return self.shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._described()))})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def checked(self, x: Any, name: str) -> np.ndarray:
        """One x as float64, refused where it does not have the shape."""
        a = np.asarray(x, dtype=np.float64)
        if a.shape != self.shape:
            raise ShapeError(f"{name}: expected shape {self.shape}, of {self!r}; got {a.shape}", fields={"argument": "start"})
        return a


class Real(Space):
    """Real numbers: ``Real()`` one, ``Real(10)`` ten, ``Real(3, 2)`` a matrix.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.Real(3, 2).size
    6
    """

    def __init__(self, *shape: Any) -> None:
        self.shape = _shape(shape, "Real")
        self.size = math.prod(self.shape)

    @property
    def flat(self) -> bool:
        return type(self) is Real

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = z."""
        return np.reshape(z, self.shape), 0.0

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = x."""
        return x.reshape(-1)


class Positive(Real):
    """Numbers above 0: x = exp(z).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.Positive(2).back(np.array([1.0, 1.0])).tolist()
    [0.0, 0.0]
    """

    def to(self, z: Any) -> tuple[Any, Any]:
        """x = exp(z); log|dx/dz| = sum z."""
        return np.reshape(np.exp(z), self.shape), np.sum(z)

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = log(x)."""
        if not (x > 0).all():
            raise SpecError(f"{self!r}: expected numbers above 0, got {short(x)}", fields={"argument": "start"})
        return np.log(x).reshape(-1)


class Interval(Space):
    """Numbers between two: x = low + (high - low) / (1 + exp(-z)); above one, x = low + exp(z), where ``high`` is inf; below one, x = high - exp(z),
    where ``low`` is -inf.

    Parameters
    ----------
    low, high : float, or arrays of finite numbers
    *shape : int
        That of x; of arrays where it is not given.

    Raises
    ------
    SpecError
        ``low`` is not below ``high``, or neither is finite.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.Interval(-1, 1, 5).shape
    (5,)
    >>> float(erg.Interval(2, np.inf).to(np.zeros(1))[0])
    3.0
    """

    def __init__(self, low: float, high: float, *shape: Any) -> None:
        self.low, self.high = _bound(low, "low"), _bound(high, "high")
        if not np.all(np.less(self.low, self.high)):
            raise SpecError(f"Interval: expected low below high, got {self.low} and {self.high}")
        if np.isinf(self.low).any() and np.isinf(self.high).any():
            raise SpecError("Interval: expected a finite bound", "Try erg.Real.", {"argument": "low"})
        of = np.broadcast_shapes(np.shape(self.low), np.shape(self.high))
        self.shape = _shape(shape, "Interval") if shape else of
        if len(of) > len(self.shape) or any(a not in (1, b) for a, b in zip(of[::-1], self.shape[::-1], strict=False)):
            raise ShapeError(f"Interval: bounds of shape {of} do not fit shape {self.shape}", fields={"argument": "shape"})
        self.size = math.prod(self.shape)

    def _described(self) -> tuple[Any, ...]:
        return (*(v.tolist() if np.ndim(v) else v for v in (self.low, self.high)), *self.shape)

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dx/dz| is the sum of log(high - low) + log s(z) + log s(-z), of z where one bound is infinite."""
        z = np.reshape(z, self.shape)
        if np.isinf(self.high).any() or np.isinf(self.low).any():
            return self.low + np.exp(z) if np.isinf(self.high).any() else self.high - np.exp(z), np.sum(z)
        width = self.high - self.low
        up, down = _sigmoids(z)
        return self.low + width * np.exp(up), np.sum(up + down) + float(np.sum(np.log(np.broadcast_to(width, self.shape))))

    def back(self, x: np.ndarray) -> np.ndarray:
        """z = log((x - low) / (high - x)), without the part that is infinite."""
        if not ((x > self.low) & (x < self.high)).all():
            raise SpecError(f"{self!r}: expected numbers between {self.low} and {self.high}, got {short(x)}", fields={"argument": "start"})
        if np.isinf(self.low).any():
            return np.log(self.high - x).reshape(-1)
        return (np.log(x - self.low) - (0.0 if np.isinf(self.high).any() else np.log(self.high - x))).reshape(-1)


class Simplex(Space):
    r"""n numbers of at least 0 whose sum is 1, by breaking a stick: :math:`x_k = (1 - \sum_{j<k} x_j) s(z_k - \log(n - k))`, k from 1.

    The density is with respect to the first n - 1 of them; z = 0 is the middle.

    Parameters
    ----------
    n : int
    map : {"stick", "softmax"}, default "stick"
        "softmax": :math:`x = e^{z_k} / (1 + \sum_j e^{z_j})`, :math:`z_n = 0`, the mirror map of the entropy.
    rows : int or tuple of int, default ()
        So many of them, as the rows of a transition matrix: x has the shape (\*rows, n).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.Simplex(4).to(np.zeros(3))[0].round(12).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """

    def __init__(self, n: int, map: str = "stick", rows: Any = ()) -> None:
        n = integer(n, "Simplex: n", 1)
        self.rows = _shape((rows,) if np.ndim(rows) == 0 else tuple(rows), "Simplex")
        self.shape, self.size = (*self.rows, n), (n - 1) * math.prod(self.rows)
        if map not in ("stick", "softmax"):
            raise SpecError(f"Simplex: expected the map 'stick' or 'softmax', got {map!r}", fields={"argument": "map"})
        self.map = map

    def _described(self) -> tuple[Any, ...]:
        return (self.shape[-1], *([self.map] if self.map != "stick" or self.rows else []), *([self.rows] if self.rows else []))

    def _offset(self) -> np.ndarray:
        return np.log(np.arange(self.shape[-1] - 1, 0, -1.0))

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dx/dz| is the sum of log s(y) + log s(-y) + log of the stick that is left; of all log x for "softmax"."""
        z = np.reshape(z, (*self.rows, self.shape[-1] - 1))
        zero = np.zeros((*self.rows, 1))
        if self.map == "softmax":
            from scipy.special import log_softmax

            log = log_softmax(np.concatenate([z, zero], axis=-1), axis=-1)
            return np.exp(log), np.sum(log)
        y = z - self._offset()
        taken, left = _sigmoids(y)
        rest = np.concatenate([zero, np.cumsum(left, axis=-1)], axis=-1)  # log of the stick before each break, and at last
        x = np.exp(rest + np.concatenate([taken, zero], axis=-1))
        return x, np.sum(taken + left + rest[..., :-1])

    def back(self, x: np.ndarray) -> np.ndarray:
        """The inverse."""
        if not (x > 0).all() or (abs(x.sum(-1) - 1) > 1e-8).any():
            raise SpecError(f"{self!r}: expected numbers above 0 with the sum 1, got {short(x)}", fields={"argument": "start"})
        if self.map == "softmax":
            return (np.log(x[..., :-1]) - np.log(x[..., -1:])).reshape(-1)
        rest = np.cumsum(x[..., ::-1], axis=-1)[..., ::-1][..., 1:]
        return (np.log(x[..., :-1]) - np.log(rest) + self._offset()).reshape(-1)


class Ordered(Space):
    r"""n numbers in ascending order: :math:`x_1 = z_1`, :math:`x_k = x_{k-1} + e^{z_k}`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.Ordered(3).to(np.zeros(3))[0].tolist()
    [0.0, 1.0, 2.0]
    """

    def __init__(self, n: int) -> None:
        self.shape, self.size = (integer(n, "Ordered: n", 1),), integer(n, "Ordered: n", 1)

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dx/dz| = sum of z but the first."""
        return np.cumsum(np.concatenate([z[:1], np.exp(z[1:])])), np.sum(z[1:])

    def back(self, x: np.ndarray) -> np.ndarray:
        """The inverse."""
        gaps = np.diff(x)
        if not (gaps > 0).all():
            raise SpecError(f"{self!r}: expected ascending numbers, got {short(x)}", fields={"argument": "start"})
        return np.concatenate([x[:1], np.log(gaps)])


class PositiveOrdered(Ordered):
    r"""n numbers above 0 in ascending order: :math:`x_k = x_{k-1} + e^{z_k}` from :math:`x_0 = 0`.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.PositiveOrdered(3).to(np.zeros(3))[0].tolist()
    [1.0, 2.0, 3.0]
    """

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dx/dz| = sum of z."""
        return np.cumsum(np.exp(z)), np.sum(z)

    def back(self, x: np.ndarray) -> np.ndarray:
        """The inverse."""
        gaps = np.diff(x, prepend=0.0)
        if not (gaps > 0).all():
            raise SpecError(f"{self!r}: expected ascending numbers above 0, got {short(x)}", fields={"argument": "start"})
        return np.log(gaps)


def _lower(z: Any, n: int, strict: bool) -> Any:
    """A lower triangular matrix filled row by row."""
    i, j = np.tril_indices(n, -1 if strict else 0)
    where = np.full((n, n), len(i))
    where[i, j] = np.arange(len(i))
    return np.concatenate([z, np.zeros(1)])[where]


class PositiveDefinite(Space):
    r"""Symmetric positive definite matrices: :math:`x = L L^T`, L lower triangular with the exponentials of z on its diagonal.

    The density is with respect to the lower triangle of x.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.PositiveDefinite(2).to(np.zeros(3))[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, n: int) -> None:
        n = integer(n, "PositiveDefinite: n", 1)
        self.shape, self.size = (n, n), n * (n + 1) // 2

    def _described(self) -> tuple[Any, ...]:
        return self.shape[:1]

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dx/dz| = n log 2 + sum over k = 1..n of (n - k + 2) z_kk."""
        n = self.shape[0]
        m = _lower(z, n, False)
        d = np.diagonal(m)
        L = np.where(np.eye(n, dtype=bool), np.exp(d), m)
        return L @ L.T, n * math.log(2) + np.sum(d * np.arange(n + 1.0, 1.0, -1.0))

    def back(self, x: np.ndarray) -> np.ndarray:
        """The inverse."""
        try:
            L = np.linalg.cholesky(x)
        except np.linalg.LinAlgError:
            raise SpecError(f"{self!r}: expected a positive definite matrix", fields={"argument": "start"}) from None
        np.fill_diagonal(L, np.log(np.diagonal(L)))
        return L[np.tril_indices(len(L))]


class CorrCholesky(Space):
    r"""Lower Cholesky factors of correlation matrices of size n: rows of length 1, positive diagonals (Lewandowski, Kurowicka, Joe 2009).

    With :math:`w_{ij} = \tanh z_{ij}` for i > j, row i is :math:`L_{ij} = w_{ij} \prod_{k<j} \sqrt{1 - w_{ik}^2}`, and what is left on the diagonal.
    The density is with respect to the entries below the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> L, _ = erg.CorrCholesky(3).to(np.array([0.3, -1.0, 2.0]))
    >>> np.diagonal(L @ L.T).round(12).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, n: int) -> None:
        n = integer(n, "CorrCholesky: n", 1)
        self.shape, self.size = (n, n), n * (n - 1) // 2

    def _described(self) -> tuple[Any, ...]:
        return self.shape[:1]

    def to(self, z: Any) -> tuple[Any, Any]:
        """log|dL/dz| is the sum over i > j of log(1 - w^2) and of the logarithm of what the row has left before j."""
        n = self.shape[0]
        m = _lower(z, n, True)
        shrink = -2 * np.logaddexp(m, -m) + 2 * math.log(2)  # log(1 - tanh^2), 0 where m is
        below = np.tri(n, k=-1)
        left = np.cumsum(0.5 * shrink * below, axis=1) - 0.5 * shrink * below  # log of the product over k < j
        L = np.exp(left) * (np.tanh(m) * below + np.eye(n))
        return L, np.sum((shrink + left) * below)

    def back(self, x: np.ndarray) -> np.ndarray:
        """The inverse."""
        n = len(x)
        if not np.allclose(np.sum(x * x, axis=1), 1) or (np.diagonal(x) <= 0).any() or np.triu(x, 1).any():
            raise SpecError(f"{self!r}: expected a lower triangle with rows of length 1 and a positive diagonal", fields={"argument": "start"})
        z = []
        for i in range(1, n):
            left = 1.0
            for j in range(i):
                w = x[i, j] / math.sqrt(left)
                z.append(math.atanh(w))
                left -= x[i, j] ** 2
        return np.array(z)
