"""Functions that clouds of particles act on: functionals, games, inverse problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.errors import SpecError


class Functional:
    """A function of a whole cloud of particles, F(mu_N); :class:`MeanFieldLangevin` and :class:`ParticleDescent` make it small.

    Parameters
    ----------
    f : function of the cloud, giving a real scalar
        The cloud has a leading axis of N particles: shape (N, d) on ``erg.Real(d)``, (N,) on ``erg.Real()``; a dict of such arrays on a dict of
        spaces. N is ``draws``. The force on a particle is -N times the gradient of f, found by tracing.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> F = erg.Functional(lambda x: 0.5 * np.mean(x**2) + 1.5 * (np.mean(x) - 2.0) ** 2)
    >>> run = erg.sample(F, erg.ParticleDescent(steps=200), space=erg.Real(), draws=10, chains=1, seed=1)
    >>> run["x"].round(3).tolist()[0][:3]
    [1.5, 1.5, 1.5]
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.function, self.__name__ = _named(self, f)


class Game:
    r"""A zero-sum game of two distributions: :math:`\min_\mu \max_\nu \int F d\mu d\nu + kT KL(\mu|\rho) - kT KL(\nu|\rho')`.

    Parameters
    ----------
    payoff : function F(x, y) of one x and one y, giving a real scalar
    prior : pair of functions, optional
        U(x) and U'(y) with :math:`\rho \propto e^{-U}`; flat where None.

    Examples
    --------
    >>> import ergodica as erg
    >>> pull = lambda x: x**2
    >>> game = erg.Game(lambda x, y: x * y + 0.5 * x - y, prior=(pull, pull))
    >>> space = dict(x=erg.Real(), y=erg.Real())
    >>> run = erg.sample(game, erg.MinimaxLangevin(steps=200), space=space, kT=0.5, draws=50, chains=1, seed=1)
    >>> run["x"].shape, run["y"].shape
    ((1, 50), (1, 50))
    """

    def __init__(self, payoff: Callable[..., Any], *, prior: Any = (None, None)) -> None:
        self.function, self.__name__ = _named(self, payoff)
        if not (isinstance(prior, (tuple, list)) and len(prior) == 2 and all(u is None or callable(u) for u in prior)):
            raise SpecError(f"Game: expected prior=(U, V), two functions or None, got {prior!r}", fields={"argument": "prior"})
        self.prior = tuple(prior)


class Inverse:
    r"""An inverse problem y = G(x) + noise, for :class:`EnsembleKalman`, which asks for no derivative of G.

    The posterior is that of normal noise and a normal prior of the space's coordinates z (x itself on ``erg.Real``, log x on ``erg.Positive``), whose
    energy is :math:`|L^{-1}(G(x) - y)|^2/2 + |M^{-1}(z - m)|^2/2` for noise of covariance :math:`L L^T` and a prior of covariance :math:`M M^T`.

    Parameters
    ----------
    forward : function of one x, giving an array of the shape of ``data``
    data : array
    noise : float, array or matrix, default 1.0
        Standard deviation of the noise (one, or one for each datum), or its covariance, a matrix over all data.
    prior : (mean, standard deviation or covariance), default (0.0, 1.0)
        Of z, flattened.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> problem = erg.Inverse(lambda x: np.array([x[0], x[0] + x[1]]), data=[1.0, 3.0], noise=0.5)
    >>> run = erg.sample(problem, erg.EnsembleKalman(steps=100), space=erg.Real(2), draws=50, chains=1, seed=1)
    >>> run["x"].shape
    (1, 50, 2)
    """

    def __init__(self, forward: Callable[..., Any], *, data: Any, noise: Any = 1.0, prior: Any = (0.0, 1.0)) -> None:
        self.function, self.__name__ = _named(self, forward)
        self.data = np.array(data, np.float64)
        if not np.isfinite(self.data).all() or self.data.ndim == 0:
            raise SpecError("Inverse: expected an array of finite numbers as data", fields={"argument": "data"})
        if not (isinstance(prior, (tuple, list)) and len(prior) == 2):
            raise SpecError(f"Inverse: expected prior=(mean, deviation or covariance), got {prior!r}", fields={"argument": "prior"})
        self.noise, self.prior = noise, tuple(prior)

    def whitened(self, layout: Any) -> tuple[Any, Any, Any, Any]:
        """Data, L^-1, m and M^-1."""
        d = layout.size
        mean = np.broadcast_to(np.asarray(self.prior[0], np.float64), (d,))
        return self.data, _root(self.noise, self.data.size, "noise"), mean, _root(self.prior[1], d, "prior")


def _root(x: Any, n: int, name: str) -> Any:
    """The inverse of a factor of a covariance that is given as such or by standard deviations."""
    a = np.asarray(x, np.float64)
    if (a.shape in ((), (1,), (n,)) and not (a > 0).all()) or not np.isfinite(a).all():
        raise SpecError(f"Inverse: expected standard deviations above 0 for {name}, got {x!r}", fields={"argument": name})
    if a.ndim < 2 and a.size in (1, n):
        return np.diag(1 / np.broadcast_to(a.reshape(-1), (n,)))
    if a.shape != (n, n):
        raise SpecError(f"Inverse: expected one or {n} standard deviations, or a covariance ({n}, {n}), for {name}; got {a.shape}",
                        fields={"argument": name})  # fmt: skip
    try:
        return np.linalg.inv(np.linalg.cholesky(a))
    except np.linalg.LinAlgError:
        raise SpecError(f"Inverse: the covariance of {name} is not positive definite", fields={"argument": name}) from None


def _named(owner: Any, f: Any) -> tuple[Callable[..., Any], str]:
    if not callable(f):
        raise SpecError(f"{type(owner).__name__}: expected a function, got {type(f).__name__}")
    return f, getattr(f, "__name__", type(f).__name__)
