"""Targets with a trained distribution to draw from."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.sampling.spaces import Real
from ergodica.sampling.target import Target


class Proposed(Target):
    r"""A target :math:`e^{-E(x)/kT}` beside a distribution q that draws with densities: a trained flow, a fit of one.

    ``erg.Independence()`` takes draws of q as proposals of a Markov chain. ``erg.SMC()`` and ``erg.AnnealedImportanceSampling()`` begin from q
    and anneal to the target: exact whatever q is, the better the closer it is. With one step and no sweep the latter is importance sampling,
    :math:`w = e^{-E/kT} / q`.

    A velocity v(x, t) of flow matching is a flow as ``erg.nn.ContinuousFlow(n, field=fit.model)``.

    Parameters
    ----------
    energy : function of one x, LogDensity or Target
    proposal : Fit, or object with ``sample_with_log_density(key, n)`` and ``log_density(x)``
        As flows have them; traced. Its densities are normalised, so that evidences are those of the target.
    space : Space, optional
        ``erg.Real`` of the flow's shape where it is not given. Also Positive, Interval, Ordered and Torus; densities are with respect to x.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> wells = lambda x: np.sum((x**2 - 1) ** 2 + 0.3 * x)
    >>> flow = erg.nn.CouplingFlow(2, 2, seed=0)  # not trained: a Gaussian
    >>> run = erg.sample(erg.Proposed(wells, flow), erg.Independence(), draws=500, seed=1)
    >>> run["x"].shape
    (4, 500, 2)
    >>> weighted = erg.sample(erg.Proposed(wells, flow), erg.SMC(), draws=500, seed=1)
    >>> bool(abs(weighted.log_evidence.value - 2 * np.log(2.04842)) < 0.2)  # of one coordinate by quadrature
    True
    """

    def __init__(self, energy: Any, proposal: Any, space: Any = None) -> None:
        from ergodica.learning.fit import Fit
        from ergodica.sampling.logdensity import LogDensity

        if isinstance(proposal, Fit):
            proposal = proposal.model
        if not hasattr(proposal, "sample_with_log_density") or not hasattr(proposal, "log_density") or not hasattr(proposal, "shape"):
            raise SpecError(f"Proposed: expected a flow, with sample_with_log_density and log_density; {type(proposal).__name__} is none",
                            "Try erg.nn.CouplingFlow(n), or erg.nn.ContinuousFlow(n, field=model) of a trained velocity (x, t).",
                            {"argument": "proposal"})  # fmt: skip
        if getattr(proposal, "density", "exact") != "exact":
            raise SpecError(f"Proposed: expected a proposal with exact densities, those of {type(proposal).__name__} are random",
                            "Try divergence='exact' of a ContinuousFlow; draws of a StochasticFlow come with weights of their own.",
                            {"argument": "proposal"})  # fmt: skip
        if not callable(energy) and not isinstance(energy, (LogDensity, Target)):
            raise SpecError(f"Proposed: expected an energy, got {energy!r}", fields={"argument": "energy"})
        self.function, self.proposal = energy, proposal
        if space is None:
            space = energy.space if isinstance(energy, Target) else Real(*proposal.shape)
        shape = getattr(space, "shape", None)
        if shape != tuple(proposal.shape):
            raise ShapeError(f"Proposed: expected a space of the proposal's shape {tuple(proposal.shape)}, got {space!r}",
                             fields={"argument": "space"})  # fmt: skip
        self.space = space
        inner = energy.function if isinstance(energy, LogDensity) else energy
        self.__name__ = getattr(inner, "__name__", "energy").replace("<lambda>", "energy")

    def log_density(self, x: Any) -> Any:
        """-E(x)."""
        from ergodica.expr.intercept import called
        from ergodica.sampling.logdensity import LogDensity

        if isinstance(self.function, Target):
            return called(self.function.log_density, x)
        if isinstance(self.function, LogDensity):
            return called(self.function.function, x)
        return np.float64(-1.0) * called(self.function, x)

    def __repr__(self) -> str:
        return f"Proposed({self.__name__}, {type(self.proposal).__name__})"
