"""Models of unnormalised densities: Boltzmann machines and networks with one output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.special

from ergodica import random
from ergodica.errors import SpecError
from ergodica.nn.activations import log_cosh, softplus
from ergodica.nn.dense import Activation, keys, last_axis, size, weight_dtype
from ergodica.nn.initialisers import Initialiser, normal, zeros
from ergodica.nn.module import Module
from ergodica.nn.networks import MLP


class RBM(Module):
    r"""A restricted Boltzmann machine of visible units v and hidden units h.

    .. math:: E(v, h) = -a \cdot v - b \cdot h - h \cdot W v, \qquad F(v) = -\log \sum_h e^{-E(v, h)}, \qquad p(v) \propto e^{-F(v)}

    F = -a.v - sum log 2 cosh(b + W v) for spins, -a.v - sum log(1 + exp(b + W v)) for bits. The same function is a wave function,
    log psi = -F, real or complex (Carleo, Troyer 2017); calling the model gives log psi.

    Parameters
    ----------
    visible : int
    hidden : int, default ``visible``
    units : {"spins", "bits"}
        Values -1, 1 or 0, 1 of all units.
    init : initialiser of W, default normal(0.1 / sqrt(visible)) ; a and b start at 0
    dtype : default float64; complex128 for wave functions with phases
    seed : int or key, default drawn

    Attributes
    ----------
    a : (visible,), b : (hidden,), W : (hidden, visible)

    References
    ----------
    P. Smolensky (1986); G. Carleo, M. Troyer, Science 355, 602 (2017).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> model = erg.nn.RBM(12, 24, dtype=complex, seed=0)
    >>> model(np.ones((5, 12))).dtype
    dtype('complex128')
    >>> machine = erg.nn.RBM(6, 4, units="bits", seed=0)
    >>> v = machine.gibbs(erg.random.key(0), np.zeros((100, 6)), steps=10)
    >>> v.shape, machine.free_energy(v).shape
    ((100, 6), (100,))
    """

    a: np.ndarray
    b: np.ndarray
    W: np.ndarray
    units: str

    def __init__(
        self, visible: int, hidden: int | None = None, units: str = "spins", init: Initialiser | None = None, dtype: Any = np.float64,
        seed: Any = None,
    ) -> None:  # fmt: skip
        n, d = size(visible, "RBM visible"), weight_dtype(dtype)
        m = n if hidden is None else size(hidden, "RBM hidden")
        if units not in ("spins", "bits"):
            raise SpecError(f'RBM units: expected "spins" or "bits", got {units!r}')
        (one,) = keys(seed, 1)
        self.a, self.b, self.units = zeros(one, (n,), d), zeros(one, (m,), d), units
        self.W = (init or normal(0.1 / math.sqrt(n)))(one, (m, n), d)

    def free_energy(self, v: Any) -> Any:
        """F(v) of shape (...) for v of shape (..., visible)."""
        last_axis(v, np.shape(self.a)[0], "RBM")
        u = v @ self.W.T + self.b
        if self.units == "spins":
            return -(v @ self.a) - np.sum(log_cosh(u) + math.log(2), axis=-1)
        if self.W.dtype.kind == "c":
            return -(v @ self.a) - np.sum(log_cosh(0.5 * u) + math.log(2) + 0.5 * u, axis=-1)
        return -(v @ self.a) - np.sum(softplus(u), axis=-1)

    def log_psi(self, v: Any) -> Any:
        """-F(v): the logarithm of an unnormalised amplitude."""
        return -self.free_energy(v)

    __call__ = log_psi

    def energy(self, v: Any, h: Any) -> Any:
        """E(v, h) of shape (...)."""
        last_axis(v, np.shape(self.a)[0], "RBM")
        last_axis(h, np.shape(self.b)[0], "RBM hidden units")
        return -(v @ self.a) - h @ self.b - np.sum(h * (v @ self.W.T), axis=-1)

    def _on(self, u: Any) -> Any:
        if self.W.dtype.kind == "c":
            raise SpecError("RBM: units of complex weights have no probabilities", "Sample |psi|^2 = exp(2 Re log_psi).")
        return scipy.special.expit(2 * u if self.units == "spins" else u)

    def hidden_given(self, v: Any) -> Any:
        """The probability that each hidden unit is 1, (..., hidden)."""
        last_axis(v, np.shape(self.a)[0], "RBM")
        return self._on(v @ self.W.T + self.b)

    def visible_given(self, h: Any) -> Any:
        """The probability that each visible unit is 1, (..., visible)."""
        last_axis(h, np.shape(self.b)[0], "RBM hidden units")
        return self._on(h @ self.W + self.a)

    def _drawn(self, key: Any, p: Any) -> Any:
        on = random.uniform(key, np.shape(p), p.dtype) < p
        return np.where(on, p.dtype.type(1), p.dtype.type(-1 if self.units == "spins" else 0))

    def sample_hidden(self, key: Any, v: Any) -> Any:
        """Hidden units (..., hidden) given v."""
        return self._drawn(key, self.hidden_given(v))

    def sample_visible(self, key: Any, h: Any) -> Any:
        """Visible units (..., visible) given h."""
        return self._drawn(key, self.visible_given(h))

    def gibbs(self, key: Any, v: Any, steps: int = 1) -> Any:
        """Visible units after steps of block Gibbs sampling, h given v and v given h; each leaves p(v) invariant."""
        from ergodica.expr.control import scan

        def one(v: Any, key: Any) -> Any:
            a, b = random.split(key)
            return self.sample_visible(b, self.sample_hidden(a, v)), None

        v = (v if hasattr(v, "dtype") else np.asarray(v)).astype(self.W.dtype)
        self.hidden_given(v)
        return scan(one, v, random.split(key, size(steps, "RBM.gibbs steps")))[0]


class EnergyNetwork(Module):
    r"""A scalar energy: an MLP with one output and a harmonic wall that makes exp(-E) integrable.

    .. math:: E(x) = f(x) + \tfrac{k}{2} |x|^2

    Parameters
    ----------
    inputs : int
    hidden : sequence of int, default (64, 64)
    confine : float, default 0
        k.
    activation : name or function, default "silu"
    options : as of :class:`MLP`
        ``embed``, ``residual``, ``time``, ``classes``, ``context``, ``init``, ``dtype``, ``seed``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> energy = erg.nn.EnergyNetwork(2, [16], confine=1.0, seed=0)
    >>> energy(np.zeros((5, 2))).shape, energy.force(np.ones(2)).shape
    ((5,), (2,))
    >>> run = erg.sample(energy, erg.NUTS(), space=erg.Real(2), draws=100, seed=1)
    """

    net: MLP
    confine: float

    def __init__(self, inputs: int, hidden: Sequence[int] = (64, 64), confine: float = 0.0, activation: Activation = "silu", **options: Any) -> None:
        if not (isinstance(confine, (int, float)) and math.isfinite(confine) and confine >= 0):
            raise SpecError(f"EnergyNetwork confine: expected a number of at least 0, got {confine!r}")
        self.net, self.confine = MLP(inputs, hidden, 1, activation, **options), float(confine)

    def __call__(self, x: Any, t: Any = None, label: Any = None, context: Any = None) -> Any:
        """E of shape (...) for x of shape (..., inputs)."""
        E = self.net(x, t, label, context)[..., 0]
        return E + (0.5 * self.confine) * np.sum(x * x, axis=-1) if self.confine else E

    def force(self, x: Any, t: Any = None, label: Any = None, context: Any = None) -> Any:
        """-dE/dx of the shape of x: the score of exp(-E)."""
        from ergodica.expr.verbs import grad

        return -grad(lambda x: np.sum(self(x, t, label, context)))(x)
