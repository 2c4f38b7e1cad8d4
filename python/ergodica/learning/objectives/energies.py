"""Objectives of unnormalised models: contrastive divergence, with and without a memory, and noise-contrastive estimation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.errors import SpecError
from ergodica.expr.intercept import called
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.likelihood import exact_densities, frozen, has_densities, one_each
from ergodica.learning.objectives.matching import real_rows
from ergodica.learning.optimisers.base import between
from ergodica.nn.derivatives import scalar, scalar_slopes
from ergodica.nn.flows.spline import held


def energy_of(model: Any) -> Callable[[Any], Any]:
    """The energy of rows: ``free_energy`` where the model has it, else the model itself."""
    return getattr(model, "free_energy", model)


class Chains(Objective):
    """What objectives with Markov chains share."""

    steps: int
    kernel: Any
    step_size: float

    def check(self) -> None:
        who = type(self).__name__
        integer(self.steps, f"{who}.steps", 1)
        between(f"{who}.step_size", self.step_size, 0.0, open_low=True)
        if self.kernel not in ("automatic", "gibbs", "langevin") and not callable(self.kernel):
            raise SpecError(f"{who}.kernel: expected 'automatic', 'gibbs', 'langevin' or a function (model, x, key); got {self.kernel!r}",
                            fields={"argument": "kernel"})  # fmt: skip

    def suits(self, data: Any, model: Any) -> None:
        """Bits are from 0 to 1 (grey values are taken for probabilities), spins are not bits."""
        units = getattr(model, "units", None)
        if units is None or not isinstance(data, np.ndarray) or not data.size:
            return
        low, high = np.min(data), np.max(data)
        if (units == "bits" and (low < 0 or high > 1)) or (units == "spins" and (0 <= low < 1 or high > 1 or low < -1)):
            wanted, other = ("0 and 1", "spins") if units == "bits" else ("-1 and 1", "bits")
            raise SpecError(f"{type(self).__name__}: expected units of {wanted} for {type(model).__name__}, got values from {low} to {high}",
                            f"Try {type(model).__name__}(..., units={other!r}).", {"argument": "data"})  # fmt: skip

    def moved(self, model: Any, x: Any, key: Any) -> Any:
        """x after ``steps`` steps that leave exp(-E) invariant; nothing is differentiated."""
        from ergodica.expr.control import scan

        model, x = frozen(model), held(x)
        gibbs = hasattr(model, "gibbs")
        if self.kernel == "gibbs" and not gibbs:
            raise SpecError(f"{type(self).__name__}.kernel: {type(model).__name__} has no gibbs(key, x)", "Try kernel='langevin'.",
                            {"argument": "kernel"})  # fmt: skip
        if self.kernel == "gibbs" or (self.kernel == "automatic" and gibbs):
            return held(model.gibbs(key, x, steps=self.steps)).astype(x.dtype)
        if callable(self.kernel):
            one = lambda x, key: called(self.kernel, model, x, key)
        else:
            h = self.step_size
            energy = energy_of(model)

            def one(x: Any, key: Any) -> Any:
                return x - h * scalar_slopes(energy, x)[1] + math.sqrt(2 * h) * random.normal(key, np.shape(x), x.dtype)

        return held(scan(lambda x, key: (one(x, key).astype(x.dtype), None), x, random.split(key, self.steps))[0])

    def contrast(self, model: Any, data: Any, chains: Any) -> Any:
        """Mean energies of data and of chains, as a loss whose gradient is that of the likelihood."""
        energy = energy_of(model)
        up, down = np.mean(scalar(energy(data), data)), np.mean(scalar(energy(chains), chains))
        return up - down, {"energy_data": held(up), "energy_chains": held(down)}


@dataclass(frozen=True)
class ContrastiveDivergence(Chains):
    r"""CD-k: chains of k steps from the data.

    .. math:: \nabla L = \langle \nabla E \rangle_{data} - \langle \nabla E \rangle_{k}, \qquad p \propto e^{-E}

    The loss that is shown is the difference of mean energies, not a likelihood. The gradient is biased, less so for larger k. An energy is a model's
    ``free_energy(x)`` (``erg.nn.RBM``), or what the model itself returns, (batch,) for x (batch, ...).

    Parameters
    ----------
    steps : int, default 1
        k.
    kernel : {"automatic", "gibbs", "langevin"} or function (model, x, key) -> x
        "gibbs" is the model's ``gibbs(key, x, steps)``, taken where it has one; "langevin" :math:`x - h \nabla E + \sqrt{2h}\, \eta`, unadjusted.
    step_size : float, default 0.01
        h.

    References
    ----------
    G. E. Hinton, Neural Comput. 14, 1771 (2002).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Quadratic(erg.nn.Module):
    ...     k: np.ndarray
    ...     def __call__(self, x):
    ...         return 0.5 * self.k * np.sum(x**2, axis=1)
    >>> data = 0.5 * np.random.default_rng(1).normal(size=(2000, 1))
    >>> fit = erg.learn(erg.ContrastiveDivergence(5, step_size=0.02), Quadratic(np.array(1.0)), erg.Adam(0.05), data=data, steps=400, seed=1)
    >>> bool(abs(fit.model.k - 4.0) < 0.4)
    True
    """

    steps: int = 1
    kernel: Any = "automatic"
    step_size: float = 0.01

    def __post_init__(self) -> None:
        self.check()

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The difference of energies."""
        x = real_rows(batch, "ContrastiveDivergence")
        return self.contrast(model, x, self.moved(model, x, key))


@dataclass(frozen=True)
class PersistentCD(Chains):
    r"""Contrastive divergence with chains that go on from step to step.

    .. math:: \nabla L = \langle \nabla E \rangle_{data} - \langle \nabla E \rangle_{chains}

    The chains are part of the training's state: they go on after a cut, and each member of an ensemble has its own. Where the model changes slowly
    they follow it, and the gradient is that of the likelihood.

    Parameters
    ----------
    start : array (chains, ...)
        Where the chains begin.
    steps : int, default 1
        Of each chain between two steps of the training.
    kernel, step_size : as for :class:`ContrastiveDivergence`
    restart : float in [0, 1], default 0
        Probability that a chain begins at a row of the batch instead of where it was.

    References
    ----------
    T. Tieleman, ICML 2008.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Quadratic(erg.nn.Module):
    ...     k: np.ndarray
    ...     def __call__(self, x):
    ...         return 0.5 * self.k * np.sum(x**2, axis=1)
    >>> data = 0.5 * np.random.default_rng(1).normal(size=(2000, 1))
    >>> objective = erg.PersistentCD(np.zeros((500, 1)), steps=5, step_size=0.02)
    >>> fit = erg.learn(objective, Quadratic(np.array(1.0)), erg.Adam(0.05), data=data, steps=400, seed=1)
    >>> bool(abs(fit.model.k - 4.0) < 0.6)
    True
    """

    start: Any
    steps: int = 1
    kernel: Any = "automatic"
    step_size: float = 0.01
    restart: float = 0.0

    def __post_init__(self) -> None:
        self.check()
        a = np.asarray(self.start)
        if a.ndim < 2 or not len(a) or a.dtype.kind not in "biuf" or not np.isfinite(a).all():
            raise SpecError(f"PersistentCD.start: expected finite points (chains, ...), got {a.dtype} of shape {a.shape}",
                            fields={"argument": "start"})  # fmt: skip
        object.__setattr__(self, "start", a if a.dtype.kind == "f" else a.astype(np.float64))
        between("PersistentCD.restart", self.restart, 0.0, 1.0)

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def memory(self, model: Any, key: Any) -> Any:
        """The chains."""
        return np.array(self.start)

    def loss(self, model: Any, batch: Any, key: Any, memory: Any = None) -> Any:
        """The difference of energies, and the chains after their steps."""
        data = real_rows(batch, "PersistentCD")
        if np.shape(data)[1:] != np.shape(self.start)[1:]:
            raise SpecError(f"PersistentCD.start: expected points of the data's shape {np.shape(data)[1:]}, got {np.shape(self.start)[1:]}",
                            fields={"argument": "start"})  # fmt: skip
        one, two, three = random.split(key, 3)
        if self.restart:
            n = len(self.start)
            anew = np.reshape(random.uniform(two, (n,)) < self.restart, (n, *(1,) * (np.ndim(data) - 1)))
            rows = random.randint(three, (n,), 0, np.shape(data)[0])
            memory = np.where(anew, np.take(data, rows, axis=0), memory).astype(memory.dtype)
        chains = self.moved(model, memory, one)
        loss, numbers = self.contrast(model, data, chains)
        return loss, numbers, chains


@dataclass(frozen=True)
class NCE(Objective):
    r"""Noise-contrastive estimation: data told apart from noise of a known density.

    .. math:: L = -E_{data} \log \sigma(G) - \nu\, E_{noise} \log \sigma(-G), \qquad G(x) = -E(x) - \log q(x) - \log \nu

    At the minimum :math:`e^{-E}` is the density of the data with its normalisation, which the energy must be free to learn (a bias is enough).
    :math:`L = (1 + \nu) \log(1 + \nu) - \nu \log \nu` where data and noise have the same law.

    Parameters
    ----------
    noise : object with ``sample(key, n)`` and ``log_density(x)``, such as a flow or its base
    ratio : int, default 1
        nu: noise for each datum.

    References
    ----------
    M. U. Gutmann, A. Hyvarinen, JMLR 13, 307 (2012).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Quadratic(erg.nn.Module):
    ...     k: np.ndarray
    ...     c: np.ndarray
    ...     def __call__(self, x):
    ...         return 0.5 * self.k * np.sum(x**2, axis=1) + self.c
    >>> data = 0.5 * np.random.default_rng(1).normal(size=(2000, 1))
    >>> start = Quadratic(np.array(1.0), np.array(0.0))
    >>> fit = erg.learn(erg.NCE(erg.nn.flows.Normal((1,)), ratio=4), start, erg.Adam(0.05), data=data, steps=500, seed=1)
    >>> bool(abs(fit.model.k - 4.0) < 0.4 and abs(fit.model.c - 0.5 * np.log(2 * np.pi / 4)) < 0.1)  # log Z
    True
    """

    noise: Any
    ratio: int = 1

    def __post_init__(self) -> None:
        integer(self.ratio, "NCE.ratio", 1)
        has_densities(self.noise, "NCE.noise", "sample", "log_density")
        exact_densities(self.noise, "NCE.noise")

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The classification's loss."""
        x = real_rows(batch, "NCE")
        y = held(self.noise.sample(key, self.ratio * np.shape(x)[0])).astype(x.dtype)
        energy = energy_of(model)

        def logit(x: Any) -> Any:
            return -scalar(energy(x), x) - held(one_each(self.noise.log_density(x), x, "NCE.noise log_density")) - math.log(self.ratio)

        softplus = lambda a: np.maximum(a, 0.0) + np.log1p(np.exp(-np.abs(a)))
        return np.mean(softplus(-logit(x))) + self.ratio * np.mean(softplus(logit(y)))
