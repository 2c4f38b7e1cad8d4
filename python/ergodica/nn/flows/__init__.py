"""Flows: distributions as invertible maps of simple ones, with exact densities.

>>> import numpy as np
>>> import ergodica as erg
>>> flow = erg.nn.CouplingFlow(4, seed=0)
>>> x, log_q = flow.sample_with_log_density(erg.random.key(0), 1000)
>>> weights = np.exp(-0.5 * np.sum((x - 0.5) ** 2, axis=1) - log_q)  # of a target, here a shifted normal law
>>> bool(abs(np.mean(weights) / (2 * np.pi) ** 2 - 1) < 0.2)
True

Every flow has ``forward(z)``, ``inverse(x)``, ``log_density(x)``, ``sample(key, n)`` and ``sample_with_log_density(key, n)``, each with ``context``;
see :class:`Flow`. On arrays they run in NumPy, ``erg.compile`` makes programs of them.
"""

from ergodica.nn.flows.autoregressive import AutoregressiveFlow
from ergodica.nn.flows.base import Composition, Flow, Independent, Normal, Uniform
from ergodica.nn.flows.continuous import ContinuousFlow, Velocity
from ergodica.nn.flows.coupling import CouplingFlow
from ergodica.nn.flows.gauge import GaugeFlow, plaquettes
from ergodica.nn.flows.spline import SplineFlow, spline
from ergodica.nn.flows.stochastic import LangevinSteps, MetropolisSteps, StochasticFlow

__all__ = [
    "AutoregressiveFlow", "Composition", "ContinuousFlow", "CouplingFlow", "Flow", "GaugeFlow", "Independent", "LangevinSteps", "MetropolisSteps",
    "Normal", "SplineFlow", "StochasticFlow", "Uniform", "Velocity", "plaquettes", "spline",
]  # fmt: skip
