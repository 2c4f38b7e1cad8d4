"""Objectives of models with densities: likelihood, Kullback-Leibler divergences to a target, bounds with latent variables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import random
from ergodica._base import integer
from ergodica.errors import ShapeError, SpecError
from ergodica.expr import trees
from ergodica.learning.objective import Objective
from ergodica.learning.objectives.coupling import log_sum_exp
from ergodica.learning.optimisers.base import between
from ergodica.nn.flows.base import keyed
from ergodica.nn.flows.spline import held


def has_densities(model: Any, who: str, *names: str) -> None:
    """Refuse a model without these functions."""
    missing = [n for n in names if not hasattr(model, n)]
    if missing:
        raise SpecError(f"{who}: expected a model with {', '.join(names)}, as flows have; {type(model).__name__} has no {missing[0]}",
                        "Try erg.nn.CouplingFlow(n).", {"argument": "model"})  # fmt: skip


def exact_densities(model: Any, who: str, *allowed: str, instead: str = "Try divergence='exact' of a ContinuousFlow.") -> None:
    """Refuse a model whose densities are random, unless of an allowed kind."""
    kind = getattr(model, "density", "exact")
    if kind not in ("exact", *allowed):
        raise SpecError(f"{who}: {type(model).__name__} gives log q {'with noise' if kind == 'unbiased' else 'of a path, not of x'}; expected "
                        "exact densities", instead, {"argument": "model"})  # fmt: skip


def one_each(y: Any, rows: Any, what: str) -> Any:
    """y, if it is a number for each row; columns (n, 1) would meet rows as (n, n)."""
    n = np.shape(rows)[0]
    if np.shape(y) != (n,):
        raise ShapeError(f"{what}: expected a number for each of {n} rows, shape ({n},), got {np.shape(y)}", "Try [:, 0] of a column.")
    return y


def frozen(model: Any) -> Any:
    """The model with parameters that are constants to derivatives."""
    tree, leaves, _ = trees.flatten(model)
    return trees.build(tree, [held(x) for x in leaves])


def energies(energy: Any, x: Any) -> Any:
    """E of each row; of targets -log p."""
    from ergodica.expr.intercept import called
    from ergodica.expr.verbs import vmap
    from ergodica.sampling.logdensity import LogDensity
    from ergodica.sampling.target import Target

    if isinstance(energy, Target):
        f: Any = energy.energy
    elif isinstance(energy, LogDensity):
        f = lambda x: np.float64(-1.0) * called(energy.function, x)
    else:
        f = energy
    try:
        e = vmap(lambda row: called(f, row))(x)
    except (np.exceptions.AxisError, IndexError) as why:
        raise ShapeError(f"energy: expected a function of one x, of shape {np.shape(x)[1:]}; {why}", "Sum over all axes of one x, with np.sum(...).",
                         {"argument": "energy"}) from why  # fmt: skip
    if np.shape(e) != np.shape(x)[:1]:
        raise ShapeError(f"energy: expected a real number for one x, got shape {np.shape(e)[1:]}", fields={"argument": "energy"})
    return e


def told(log_weights: Any) -> dict[str, Any]:
    """The share of effective draws and the estimate of log Z, of weights that are constants."""
    w = held(log_weights)
    n = np.shape(w)[0]
    one, two = log_sum_exp(w[None], 1)[0], log_sum_exp(2.0 * w[None], 1)[0]
    return {"ess": np.exp(2.0 * one - two) / n, "log_z": one - math.log(n)}


@dataclass(frozen=True)
class MaximumLikelihood(Objective):
    r"""The mean of -log q over the data, for models with ``log_density(x)``: flows, and autoregressive nets of discrete sites.

    .. math:: L = -\frac{\sum_k w_k \log q(x_k)}{\sum_k w_k}

    which is the cross entropy: the entropy of the data where q is their law. Of flows whose densities are random (Hutchinson's divergence, stochastic
    steps) it is estimated without bias, or bounded from above. ``data``: x (rows, ...), or a dict of ``x`` with ``weight`` (rows,) or
    ``log_weight``, and ``condition``, the second argument of ``log_density``. Weighted rows are draws of another law: forward KL with importance
    weights.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> data = 1.0 + 0.5 * np.random.default_rng(1).normal(size=(2000, 2))
    >>> fit = erg.learn(erg.MaximumLikelihood(), erg.nn.CouplingFlow(2, 2, seed=0), erg.Adam(5e-3), data=data, batch=256, steps=400, seed=1)
    >>> bool(abs(fit.history["loss"][-50:].mean() - 2 * (0.5 * np.log(2 * np.pi * np.e) + np.log(0.5))) < 0.1)
    True
    """

    draws = False

    def suits(self, data: Any, model: Any) -> None:
        """Of models of discrete sites values must be theirs, those of a cube in it."""
        x = data.get("x") if isinstance(data, dict) else data
        if getattr(model, "domain", None) == "cube" and isinstance(x, np.ndarray) and x.size and not 0 <= np.min(x) <= np.max(x) <= 1:
            raise SpecError(f"MaximumLikelihood: expected values in [0, 1], the cube of {type(model).__name__}; got some from {np.min(x):g} to "
                            f"{np.max(x):g}", "Scale the data, or try domain='line'.", {"argument": "data"})  # fmt: skip
        if not getattr(model, "discrete", False) or not isinstance(x, np.ndarray):
            return
        for k in range(0, len(x), 1 << 16):
            rows = x[k : k + (1 << 16)]
            other = ~np.isin(rows, model.values_of(rows.dtype) if hasattr(model, "values_of") else model.values)
            if other.any():
                raise SpecError(f"MaximumLikelihood: expected values out of {model.values}, those of {type(model).__name__}; got {rows[other][0]}",
                                f"Try {type(model).__name__}(n, values) with all that the data have.", {"argument": "data"})  # fmt: skip

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The weighted mean."""
        has_densities(model, "MaximumLikelihood", "log_density")
        more = keyed(model, key)
        if not isinstance(batch, dict):
            return -np.mean(one_each(model.log_density(batch, **more), batch, "MaximumLikelihood log_density"))
        if "x" not in batch or set(batch) - {"x", "weight", "log_weight", "condition"} or {"weight", "log_weight"} <= set(batch):
            got = ", ".join(map(str, batch))
            raise SpecError(f"MaximumLikelihood: expected data with x, and maybe weight or log_weight, and condition; got {got}",
                            fields={"argument": "data"})  # fmt: skip
        log_q = model.log_density(batch["x"], *([batch["condition"]] if "condition" in batch else []), **more)
        one_each(log_q, batch["x"], "MaximumLikelihood log_density")
        if "weight" in batch:
            w = one_each(batch["weight"], batch["x"], "MaximumLikelihood weight")
            return -np.sum(w * log_q) / np.sum(w)
        if "log_weight" in batch:
            w = one_each(batch["log_weight"], batch["x"], "MaximumLikelihood log_weight")
            return -np.sum(np.exp(w - np.max(w)) * log_q) / np.sum(np.exp(w - np.max(w)))
        return -np.mean(log_q)

    def event(self, batch: Any) -> tuple[int, ...]:
        """The shape of one point."""
        return tuple(np.shape(batch["x"] if isinstance(batch, dict) else batch)[1:])


GRADIENTS = ("reparametrised", "path", "log_variance")


class Targeted(Objective):
    """What objectives with an energy share."""

    needs_data = False
    energy: Any
    kT: float
    samples: int

    def check(self) -> None:
        who = type(self).__name__
        if not callable(self.energy) and not hasattr(self.energy, "function") and not hasattr(self.energy, "log_density"):
            raise SpecError(f"{who}: expected an energy, a function of one x; got {self.energy!r}", fields={"argument": "energy"})
        between(f"{who}.kT", self.kT, 0.0, open_low=True)
        integer(self.samples, f"{who}.samples", 2)

    def reduced(self, x: Any) -> Any:
        """E(x) / kT of each row."""
        return energies(self.energy, x) * (1.0 / self.kT)


@dataclass(frozen=True)
class ReverseKL(Targeted):
    r"""The divergence of a flow from a target :math:`e^{-E/kT} / Z`, by the flow's own draws.

    .. math:: L = E_q\left[\log q(x) + E(x)/kT\right] = KL(q \| p) - \log Z

    Records ``ess``, the share of effective draws of the weights :math:`e^{-E/kT}/q`, and ``log_z``, the logarithm of their mean. Draws alone do not
    show modes that they never reach: ``ess`` near 1 is no proof of having all.

    Parameters
    ----------
    energy : function of one x, LogDensity or Target
    kT : float, default 1
    samples : int, default 256
        Draws a step.
    gradient : {"reparametrised", "path", "log_variance"}
        "path" leaves out the score, whose mean is 0: the parameters of log q(x) are held, those of x are not, so that the gradient has no variance
        where q is the target; it costs an inverse. "log_variance" takes x as given and minimises half the variance of log q + E/kT over the draws,
        whose gradient has the same mean, is 0 as well where q is the target, and needs no derivative of E: for discrete sites, too.

    References
    ----------
    G. Roeder, Y. Wu, D. Duvenaud, NeurIPS 2017; L. Richter et al., NeurIPS 2020; L. Vaitl, K. Nicoli, S. Nakajima, P. Kessel, ICML 2022.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bowl = lambda x: 0.5 * np.sum((x - 1.0) ** 2)
    >>> fit = erg.learn(erg.ReverseKL(bowl), erg.nn.CouplingFlow(2, 2, seed=0), erg.Adam(1e-2), steps=300, seed=1)
    >>> bool(abs(fit.history["loss"][-1] + np.log(2 * np.pi)) < 0.02)  # -log Z
    True
    """

    energy: Any
    kT: float = 1.0
    samples: int = 256
    gradient: str = "reparametrised"

    def __post_init__(self) -> None:
        self.check()
        if self.gradient not in GRADIENTS:
            raise SpecError(f"ReverseKL.gradient: expected one of {', '.join(map(repr, GRADIENTS))}; got {self.gradient!r}",
                            fields={"argument": "gradient"})  # fmt: skip

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean, or half the variance, and what the weights tell."""
        has_densities(model, "ReverseKL", "sample_with_log_density", "log_density")
        if getattr(model, "discrete", False) and self.gradient != "log_variance":
            raise SpecError(f"ReverseKL: draws of {type(model).__name__} have no derivative", "Try ReverseKL(..., gradient='log_variance').",
                            {"argument": "gradient"})  # fmt: skip
        other = "Try gradient='reparametrised'."
        if self.gradient != "reparametrised":
            exact_densities(model, f"ReverseKL(gradient={self.gradient!r})", *["unbiased"] * (self.gradient == "path"), instead=other)
        x, log_q = model.sample_with_log_density(key, self.samples)
        one_each(log_q, x, "ReverseKL log_density")
        if self.gradient == "log_variance":
            x = held(x)
            u = held(self.reduced(x))
            each = model.log_density(x) + u
            d = each - np.mean(each)
            return 0.5 * np.sum(d * d) * (1.0 / (self.samples - 1)), told(-each)
        if self.gradient == "path":
            log_q = frozen(model).log_density(x, **keyed(model, key, 1))
        each = log_q + self.reduced(x)
        return np.mean(each), told(-each)


@dataclass(frozen=True)
class ForwardKL(Targeted):
    r"""The divergence of a target :math:`p = e^{-E/kT} / Z` from a flow, by the flow's draws with weights.

    .. math:: L = -\sum_k W_k \log q(x_k), \qquad W_k \propto e^{-E(x_k)/kT} / q(x_k)

    with x and W as constants: the gradient of KL(p || q), up to the bias of self-normalised weights, of order 1/samples. Where p itself can be
    sampled, or by another sampler, :class:`MaximumLikelihood` of these (weighted) data is the same without draws of its own. Records as
    :class:`ReverseKL`.

    Parameters
    ----------
    energy : function of one x, LogDensity or Target
    kT : float, default 1
    samples : int, default 256

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bowl = lambda x: 0.5 * np.sum((x - 1.0) ** 2)
    >>> fit = erg.learn(erg.ForwardKL(bowl), erg.nn.CouplingFlow(2, 2, seed=0), erg.Adam(1e-2), steps=300, seed=1)
    >>> bool(fit.history["ess"][-20:].mean() > 0.9)
    True
    """

    energy: Any
    kT: float = 1.0
    samples: int = 256

    def __post_init__(self) -> None:
        self.check()

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The weighted mean."""
        has_densities(model, "ForwardKL", "sample_with_log_density", "log_density")
        exact_densities(model, "ForwardKL", "bound")  # weights of paths are exact, those of noisy densities have a bias
        x, log_q = model.sample_with_log_density(key, self.samples)
        one_each(log_q, x, "ForwardKL log_density")
        x = held(x)
        log_w = held(-self.reduced(x) - log_q)
        w = np.exp(log_w - log_sum_exp(log_w[None], 1)[0])
        return -np.sum(w * model.log_density(x, **keyed(model, key, 1))), told(log_w)


@dataclass(frozen=True)
class ELBO(Objective):
    r"""The evidence lower bound of a model with latent variables, its negative.

    .. math:: L = -E_{q(z|x)}\left[\log p(x, z) - \log q(z|x)\right] \geq -\log p(x), \qquad q = N(\mu(x), e^{2\lambda(x)})

    The model has ``encode(x) -> (mean, log_sd)``, each (batch, latent), and ``log_joint(x, z)`` (batch,), log p(x|z) + log p(z) for z (batch,
    latent). The entropy of q is taken in closed form. The mean over rows.

    Parameters
    ----------
    samples : int, default 1
        Draws of z for each row.

    References
    ----------
    D. P. Kingma, M. Welling, ICLR 2014, arXiv:1312.6114.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> class Linear(erg.nn.Module):  # z ~ N(0, 1), x ~ N(w z, 1): p(x) = N(0, 1 + w^2), q exact at slope w / (1 + w^2)
    ...     w: np.ndarray
    ...     slope: np.ndarray
    ...     log_sd: np.ndarray
    ...     def encode(self, x):
    ...         return self.slope * x, self.log_sd + 0.0 * x
    ...     def log_joint(self, x, z):
    ...         return -0.5 * np.sum((x - self.w * z) ** 2 + z**2, axis=1) - np.log(2 * np.pi)
    >>> data = 2.0 * np.random.default_rng(1).normal(size=(4000, 1))
    >>> start = Linear(np.array(1.0), np.array(0.1), np.array(0.0))
    >>> fit = erg.learn(erg.ELBO(), start, erg.Adam(0.02), data=data, batch=500, steps=600, seed=1)
    >>> bool(abs(1 + fit.model.w**2 - data.var()) < 0.3)
    True
    """

    samples: int = 1

    def __post_init__(self) -> None:
        integer(self.samples, "ELBO.samples", 1)

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean over rows."""
        log_p, _, log_sd, _ = latent(model, batch, key, self.samples, "ELBO")
        entropy = np.sum(log_sd, axis=1) + 0.5 * (1.0 + math.log(2 * math.pi)) * np.shape(log_sd)[1]
        return -np.mean(log_p) - np.mean(entropy)


@dataclass(frozen=True)
class IWAE(Objective):
    r"""The importance-weighted bound of a model as for :class:`ELBO`, its negative.

    .. math:: L = -E \log \frac{1}{K} \sum_{k=1}^K \frac{p(x, z_k)}{q(z_k | x)}, \qquad z_k \sim q(z|x)

    which is the ELBO at K = 1 and falls to -log p(x) as K grows.

    Parameters
    ----------
    samples : int, default 8
        K.

    References
    ----------
    Y. Burda, R. Grosse, R. Salakhutdinov, ICLR 2016, arXiv:1509.00519.

    Examples
    --------
    >>> import ergodica as erg
    >>> erg.IWAE(16)
    IWAE(samples=16)
    """

    samples: int = 8

    def __post_init__(self) -> None:
        integer(self.samples, "IWAE.samples", 1)

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        """The mean over rows."""
        log_p, noise, log_sd, n = latent(model, batch, key, self.samples, "IWAE")
        log_q = -np.sum(0.5 * noise * noise, axis=2) - np.sum(log_sd, axis=1)[None] - 0.5 * math.log(2 * math.pi) * n
        return math.log(self.samples) - np.mean(log_sum_exp(log_p - log_q, 0))


def latent(model: Any, x: Any, key: Any, samples: int, who: str) -> tuple[Any, Any, Any, int]:
    """(log p(x, z) (samples, batch), noise of z (samples, batch, latent), log_sd, latent)."""
    has_densities(model, who, "encode", "log_joint")
    mean, log_sd = model.encode(x)
    if np.ndim(mean) != 2 or np.shape(mean) != np.shape(log_sd) or np.shape(mean)[0] != np.shape(x)[0]:
        raise ShapeError(f"{who}: expected encode to return mean and log_sd (batch, latent), got {np.shape(mean)} and {np.shape(log_sd)}",
                         fields={"argument": "model"})  # fmt: skip
    batch, n = np.shape(mean)
    noise = random.normal(key, (samples, batch, n), mean.dtype)
    z = np.reshape(mean[None] + np.exp(log_sd)[None] * noise, (samples * batch, n))
    again = np.reshape(np.broadcast_to(x[None], (samples, *np.shape(x))), (samples * batch, *np.shape(x)[1:]))
    log_p = model.log_joint(again, z)
    if np.shape(log_p) != (samples * batch,):
        raise ShapeError(f"{who}: expected log_joint to return a number for each row, got shape {np.shape(log_p)}", fields={"argument": "model"})
    return np.reshape(log_p, (samples, batch)), noise, log_sd, n
