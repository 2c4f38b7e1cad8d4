"""Linear Gaussian models, which the Kalman filter solves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ergodica import random
from ergodica._arrays import as_array
from ergodica._base import System
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.series.model import StateSpace

if TYPE_CHECKING:
    from ergodica._encode import Request


@dataclass(frozen=True, eq=False, repr=False)
class LinearGaussian(System):
    r"""A linear Gaussian state-space model.

    .. math:: x_0 \sim N(m, P), \qquad x_t = A x_{t-1} + N(0, Q), \qquad y_t = H x_t + N(0, R).

    Parameters
    ----------
    transition : number or array (d, d)
        A.
    transition_covariance : number or array (d, d)
        Q, a variance where it is a number; it may be singular.
    observation : number or array (m, d)
        H.
    observation_covariance : number or array (m, m)
        R, positive definite.
    initial_mean : number or array (d,)
        m.
    initial_covariance : number or array (d, d)
        P.

    Raises
    ------
    ShapeError, NonFiniteError, SpecError

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> walk = erg.LinearGaussian(1.0, 0.25, 1.0, 1.0, 0.0, 1.0)
    >>> exact = erg.filter(walk, np.zeros(20))
    >>> print(round(float(exact["variance"][-1]), 3))
    0.39
    """

    type: ClassVar[str] = "LinearGaussian"

    transition: Any
    transition_covariance: Any
    observation: Any
    observation_covariance: Any
    initial_mean: Any
    initial_covariance: Any

    def __post_init__(self) -> None:
        mean = self._read("initial_mean", 1)
        d = len(mean)
        observation = self._read("observation", 2)
        m = len(observation)
        object.__setattr__(self, "initial_mean", mean)
        object.__setattr__(self, "observation", observation)
        for name, n in (("transition", d), ("transition_covariance", d), ("observation_covariance", m), ("initial_covariance", d)):
            a = self._read(name, 2)
            if a.shape != (n, n):
                raise ShapeError(f"LinearGaussian: {name}: expected shape {(n, n)}, got {a.shape}", fields={"argument": name})
            if "covariance" in name and (not np.allclose(a, a.T, rtol=1e-9) or np.linalg.eigvalsh(a).min() < -1e-9 * np.abs(a).max()):
                raise SpecError(f"LinearGaussian: {name}: expected a symmetric matrix without negative eigenvalues", fields={"argument": name})
            object.__setattr__(self, name, a)
        if observation.shape != (m, d):
            raise ShapeError(f"LinearGaussian: observation: expected shape {(m, d)}, got {observation.shape}", fields={"argument": "observation"})

    def _read(self, name: str, rank: int) -> np.ndarray:
        a = as_array(getattr(self, name), name)
        if a.dtype.kind == "c" or a.ndim not in (0, rank) or a.size == 0:
            raise ShapeError(f"LinearGaussian: {name}: expected a number or a real array of rank {rank}, got {a.dtype} of shape {a.shape}",
                             fields={"argument": name})  # fmt: skip
        a = np.ascontiguousarray(np.broadcast_to(a, (1,) * rank) if a.ndim == 0 else a, np.float64)
        if not np.isfinite(a).all():
            raise NonFiniteError(f"LinearGaussian: {name}: expected finite numbers", fields={"argument": name})
        return a

    def __repr__(self) -> str:
        return f"LinearGaussian of {len(self.initial_mean)} states and {len(self.observation)} observations"

    def __hash__(self) -> int:
        return hash(tuple(np.shape(v) for v in self.__dict__.values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearGaussian):
            return NotImplemented
        return all(np.array_equal(v, other.__dict__[k]) for k, v in self.__dict__.items())

    def values(self) -> dict[str, Any]:
        """For messages alone."""
        return {}

    def rows(self, y: np.ndarray) -> np.ndarray:
        """Observations as (T, m)."""
        m = len(self.observation)
        a = y[:, None] if y.ndim == 1 and m == 1 else y
        if a.ndim != 2 or a.shape[1] != m:
            raise ShapeError(f"y: expected shape (T, {m}), got {y.shape}", fields={"argument": "y"})
        return np.ascontiguousarray(a)

    def particles(self) -> StateSpace:
        """The same model for particle methods, with all that they can use: densities, the best proposal and log p(y_t | x_{t-1}).

        States and observations are vectors, (d,) and (m,).
        """
        A, Q, H, R, m, P = (getattr(self, n) for n in ("transition", "transition_covariance", "observation", "observation_covariance", "initial_mean",
                                                      "initial_covariance"))  # fmt: skip
        gain, first = (C @ H.T @ np.linalg.inv(H @ C @ H.T + R) for C in (Q, P))
        rest, start = Q - gain @ H @ Q, P - first @ H @ P

        def draw(C: np.ndarray) -> Any:
            root = _root(C)
            return lambda key, mean: mean + root @ random.normal(key, (len(C),))

        def density(C: np.ndarray) -> Any:
            if np.linalg.eigvalsh(C).min() <= 1e-13 * max(np.abs(C).max(), 1e-300):
                return None
            inverse, log = np.linalg.inv(C), -0.5 * np.linalg.slogdet(2 * np.pi * C)[1]
            return lambda x, mean: log - 0.5 * (x - mean) @ inverse @ (x - mean)

        noise, moved, began = density(R), density(Q), density(P)
        proposed, opened = density(rest), density(start)
        seen = density(H @ Q @ H.T + R)
        more: dict[str, Any] = {}
        if moved is not None and proposed is not None:
            more["log_transition"] = lambda x, previous: moved(x, A @ previous)
            more["proposal"] = lambda key, previous, y: draw(rest)(key, A @ previous + gain @ (y - H @ A @ previous))
            more["log_proposal"] = lambda x, previous, y: proposed(x, A @ previous + gain @ (y - H @ A @ previous))
            more["log_lookahead"] = lambda y, previous: seen(y, H @ A @ previous)
        if began is not None and opened is not None:
            more["log_initial"] = lambda x: began(x, m)
            more["initial_proposal"] = lambda key, y: draw(start)(key, m + first @ (y - H @ m))
            more["log_initial_proposal"] = lambda x, y: opened(x, m + first @ (y - H @ m))
        return StateSpace(
            initial=lambda key: draw(P)(key, m), transition=lambda key, previous: draw(Q)(key, A @ previous),
            log_observation=lambda y, x: noise(y, H @ x), observation=lambda key, x: draw(R)(key, H @ x), **more,
        )  # fmt: skip

    def observed(self, y: np.ndarray) -> _Data:
        """The model with its observations, as a request needs it."""
        return _Data(self, self.rows(y))


def _root(C: np.ndarray) -> np.ndarray:
    """S with S S' = C, which may be singular."""
    w, v = np.linalg.eigh(C)
    return v * np.sqrt(np.maximum(w, 0))


@dataclass(frozen=True, eq=False, repr=False)
class _Data(System):
    type: ClassVar[str] = "LinearGaussian"

    model: Any
    y: Any

    def __post_init__(self) -> None: ...

    def __repr__(self) -> str:
        return repr(self.model)

    def values(self) -> dict[str, Any]:
        return {}

    def encoded(self, request: Request) -> dict[str, Any]:
        """The system of a request."""
        fields = {k: request.input(v, k) for k, v in self.model.__dict__.items()}
        return {"type": self.type, "y": request.input(self.y, "y"), **fields}
